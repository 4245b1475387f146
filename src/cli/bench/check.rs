//! `triplestore bench check`.

use super::{columns, records};
use crate::cli::exit::{Exit, Outcome};
use crate::cli::output::{Output, write_error};
use clap::Args;
use std::path::PathBuf;
use triplestore::bench::record::Record;
use triplestore::bench::report::number;
use triplestore::bench::report::targets::{self, Limit, Target, Targets};

/// Check that records meet targets; exit with 1 if one is missed or has no figure
#[derive(Args)]
pub struct Check {
    /// Targets, as JSON: benches/targets.json is such a file
    #[arg(long, value_name = "FILE")]
    targets: PathBuf,
    /// Records of `bench run`; of a figure that several have, the last one's counts
    #[arg(required = true, value_name = "RECORD")]
    records: Vec<PathBuf>,
}

impl Check {
    pub fn run(&self) -> Outcome {
        let targets: Targets = records::read_json(&self.targets, "a file of targets")?;
        let mut all = Record::default();
        for path in &self.records {
            all.figures.extend(records::read(path)?.figures);
        }
        let checks = targets.check(&all);
        let rows: Vec<[String; 5]> = checks.iter().map(row).collect();
        let mut output = Output::stdout()?;
        let head = ["Target", "Figure", "Limit", "Seen", "Reached"];
        columns::write(&mut output, head, &rows).map_err(write_error)?;
        output.finish()?;
        let met = |check: &targets::Check<'_>| matches!(check.outcome, targets::Outcome::Met(_));
        Ok(match checks.iter().all(met) {
            true => Exit::Ok,
            false => Exit::No,
        })
    }
}

fn row(check: &targets::Check<'_>) -> [String; 5] {
    let Target {
        name,
        workload,
        measure,
        engine,
        limit,
        unit,
        ..
    } = check.target;
    let (seen, reached) = match check.outcome {
        targets::Outcome::Met(seen) => (Some(seen), "yes"),
        targets::Outcome::Missed(seen) => (Some(seen), "no"),
        targets::Outcome::Absent => (None, "no figure"),
    };
    let with_unit = |value| format!("{} {unit}", number::mark(value));
    [
        name.clone(),
        format!("{workload} {} {measure}, {engine}", check.subject),
        match limit {
            Limit::Below(limit) => format!("< {}", with_unit(*limit)),
            Limit::Above(limit) => format!("> {}", with_unit(*limit)),
        },
        seen.map_or("-".to_owned(), |seen| {
            format!("{} {unit}", number::exact(seen))
        }),
        reached.to_owned(),
    ]
}
