//! Loads files with two engines by turns and compares: `runner OURS THEIRS DIRECTORY ROUNDS FILE...`.
//!
//! OURS and THEIRS are programs that load a file into a new store and report as `report.rs` says. Each load is a
//! process of its own. Rounds alternate who begins; ratios are of the two loads of one round, so that what disturbs
//! the machine for a while disturbs both.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};

type Result<T> = std::result::Result<T, Box<dyn Error>>;
/// What one load reported, by name.
type Report = HashMap<String, f64>;

/// What is shown: the name, how it follows from a report, and the digits.
type Measure = (&'static str, fn(&Report) -> f64, usize);

const MEASURES: &[Measure] = &[
    ("triples/s to return", |r| r["triples"] / r["returned_s"], 0),
    (
        "triples/s to quiescence",
        |r| r["triples"] / r["quiescent_s"],
        0,
    ),
    ("CPU us a triple", |r| r["cpu_s"] * 1e6 / r["triples"], 2),
    ("peak memory, MB", |r| r["peak_bytes"] / 1e6, 0),
    (
        "bytes a triple on disk",
        |r| r["disk_bytes"] / r["triples"],
        1,
    ),
];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [ours, theirs, directory, rounds, files @ ..] = &arguments[..] else {
        return Err("usage: runner OURS THEIRS DIRECTORY ROUNDS FILE...".into());
    };
    let rounds: usize = rounds.parse()?;
    for file in files {
        let mut pairs = Vec::new();
        for round in 0..rounds {
            let store = Path::new(directory).join("compared-store");
            let pair = match round % 2 {
                0 => {
                    let ours = load(ours, &store, file)?;
                    (ours, load(theirs, &store, file)?)
                }
                _ => {
                    let theirs = load(theirs, &store, file)?;
                    (load(ours, &store, file)?, theirs)
                }
            };
            if pair.0["triples"] != pair.1["triples"] {
                let counts = (pair.0["triples"], pair.1["triples"]);
                return Err(format!("{file}: the engines hold {counts:?} triples").into());
            }
            pairs.push(pair);
        }
        show(file, &pairs);
    }
    Ok(())
}

fn load(program: &str, store: &Path, file: &str) -> Result<Report> {
    if store.exists() {
        std::fs::remove_dir_all(store)?;
    }
    let output = Command::new(program)
        .args([store.as_os_str(), file.as_ref()])
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{program}: {}", output.status).into());
    }
    std::fs::remove_dir_all(store)?;
    let mut report = Report::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        eprintln!("{program}: {line}");
        if let Some((name, value)) = line.split_once(' ') {
            report.insert(name.to_owned(), value.parse()?);
        }
    }
    for name in [
        "returned_s",
        "quiescent_s",
        "cpu_s",
        "peak_bytes",
        "triples",
        "disk_bytes",
    ] {
        if !report.contains_key(name) {
            return Err(format!("{program} did not report {name}").into());
        }
    }
    Ok(report)
}

fn show(file: &str, pairs: &[(Report, Report)]) {
    let name = Path::new(file).file_name().unwrap_or_default();
    println!(
        "\n{} ({} triples, median of {} rounds)\n",
        name.display(),
        pairs[0].0["triples"],
        pairs.len()
    );
    println!("| Measure | ours | theirs | ours / theirs |");
    println!("|---|---|---|---|");
    for (measure, value, digits) in MEASURES {
        let ours = median(pairs.iter().map(|pair| value(&pair.0)).collect());
        let theirs = median(pairs.iter().map(|pair| value(&pair.1)).collect());
        let ratio = median(
            pairs
                .iter()
                .map(|pair| value(&pair.0) / value(&pair.1))
                .collect(),
        );
        println!("| {measure} | {ours:.digits$} | {theirs:.digits$} | {ratio:.2} |");
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}
