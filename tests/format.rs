//! Stores that earlier versions of the library wrote: one for each version of the on-disk format, in
//! `tests/golden/`, with the quads it holds as N-Quads beside it. They are never written again.
//!
//! The first store of a new format version is made with
//! `TRIPLESTORE_BLESS=1 cargo test --release --test format`.

use std::fs;
use std::path::{Path, PathBuf};
use triplestore::config::{Config, Durability};
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions, QuadPattern};
use triplestore::load::{Document, Format, Input, LoadSettings, ParseOptions, load};
use triplestore::store::FORMAT;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// A directory that is removed with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ts-format-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}

/// Every quad as a line of N-Quads, sorted. Labels of blank nodes follow from their ids.
fn lines(database: &Database) -> String {
    let snapshot = database.snapshot().unwrap();
    let quads = snapshot.quads(&QuadPattern::default(), &Control::new());
    let mut lines: Vec<String> = quads
        .unwrap()
        .map(|quad| format!("{} .\n", quad.unwrap()))
        .collect();
    lines.sort();
    lines.concat()
}

/// What every part of the format is needed for: every kind of term, encoded IRIs, literals in pieces, triple terms,
/// named graphs; a sorted segment and one in order of arrival; runs with and without deletions; a log.
fn make(path: &Path) {
    let config = Config {
        durability: Durability::OsBuffered,
        ..Config::default()
    };
    let control = Control::new();
    let database = Database::open(path, &config).unwrap();
    let mut first = String::new();
    for number in 0..300 {
        let subject = format!("<http://example.org/item{number}>");
        let value = match number % 10 {
            0 => format!("\"{number}\"^^<http://www.w3.org/2001/XMLSchema#integer>"),
            1 => format!("\"0{number}\"^^<http://www.w3.org/2001/XMLSchema#integer>"),
            2 => format!("\"{number}.50\"^^<http://www.w3.org/2001/XMLSchema#decimal>"),
            3 => format!("\"{number}e0\"^^<http://www.w3.org/2001/XMLSchema#double>"),
            4 => format!(
                "\"2026-11-27T05:{:02}:00Z\"^^<http://www.w3.org/2001/XMLSchema#dateTime>",
                number % 60
            ),
            5 => format!("\"short{}\"", number % 7),
            6 => format!("\"a text that is not inline, number {number}\"@en--ltr"),
            7 => format!("\"{number}\"^^<http://example.org/datatype>"),
            8 => format!("_:node{}", number % 20),
            _ => format!("<<( {subject} <http://example.org/p> \"said {number}\" )>>"),
        };
        let graph = match number % 3 {
            0 => "<http://example.org/graph>",
            _ => "",
        };
        first += &format!(
            "{subject} <http://example.org/p{}> {value} {graph} .\n",
            number % 4
        );
    }
    first += &format!(
        "<http://example.org/long> <http://example.org/p> \"{}\" .\n",
        "long ".repeat(20_000)
    );
    let document = Document {
        input: Input::memory(first.as_bytes(), None, &control).unwrap(),
        options: ParseOptions::new(Format::NQuads),
        bytes: None,
    };
    let settings = LoadSettings {
        large_statements: 0,
        threads: 1,
        max_term_bytes: 1 << 20,
        ..LoadSettings::default()
    };
    load(database.store(), vec![document], &settings, &control).unwrap();
    let nquads = LoadOptions {
        format: Some(Format::NQuads),
        ..LoadOptions::default()
    };
    let change = |delete: &str, insert: &str| {
        let mut transaction = database.begin(&control).unwrap();
        transaction.delete_nquads(delete.as_bytes()).unwrap();
        transaction.commit().unwrap();
        database
            .load_bytes(insert.as_bytes(), &nquads, &control)
            .unwrap();
    };
    let deleted: String = first
        .lines()
        .filter(|line| !line.contains("_:"))
        .step_by(11)
        .map(|line| format!("{line}\n"))
        .collect();
    change(
        &deleted,
        "<http://example.org/later> <http://example.org/p> \"a text that arrived later\" .\n",
    );
    database.store().spill(&control).unwrap();
    change(
        "<http://example.org/later> <http://example.org/p> \"a text that arrived later\" .\n",
        "_:last <http://example.org/p> <http://example.org/only/in/the/log> <http://example.org/graph> .\n",
    );
    database.close().unwrap();
}

#[test]
fn a_store_of_every_format_version_opens_and_holds_what_it_held() {
    if std::env::var_os("TRIPLESTORE_BLESS").is_some() {
        bless();
    }
    for version in 1..=FORMAT {
        let scratch = Scratch::new(&format!("v{version}"));
        copy(&golden(&format!("store-v{version}")), &scratch.0);
        let expected = fs::read_to_string(golden(&format!("store-v{version}.nq"))).unwrap();
        for read_only in [true, false, true] {
            let config = Config {
                read_only,
                ..Config::default()
            };
            let database = Database::open(&scratch.0, &config).unwrap();
            assert_eq!(lines(&database), expected);
            let report = database.check(&Control::new()).unwrap();
            assert!(report.is_sound(), "{report:?}");
            if !read_only {
                database.compact(&Control::new()).unwrap();
                assert_eq!(lines(&database), expected);
            }
        }
    }
}

/// Makes the store of the newest version, unless it is there.
fn bless() {
    let directory = golden(&format!("store-v{FORMAT}"));
    if directory.exists() {
        return;
    }
    make(&directory);
    // Only the data are kept: locks and messages are of the process that wrote them.
    fs::remove_file(directory.join("lock")).unwrap();
    for entry in fs::read_dir(directory.join("data")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap();
        } else if name.starts_with("LOG") || name == "LOCK" {
            fs::remove_file(&path).unwrap();
        }
    }
    let scratch = Scratch::new("made");
    copy(&directory, &scratch.0);
    let database = Database::open(&scratch.0, &Config::default()).unwrap();
    fs::write(golden(&format!("store-v{FORMAT}.nq")), lines(&database)).unwrap();
}
