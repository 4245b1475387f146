//! Loads a file into a new store and tells how that went: `load DIRECTORY FILE`.
//!
//! The side of this library in `make bench-compare`.

#[path = "../bench-compare/report.rs"]
mod report;

use std::error::Error;
use std::path::Path;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, file] = &arguments[..] else {
        return Err("usage: load DIRECTORY FILE".into());
    };
    let database = Database::open(directory, &Config::default())?;
    let report = report::Report::start();
    let control = Control::new();
    database.load_files(&[file], &LoadOptions::default(), &control)?;
    report.returned();
    database.quiesce(&control)?;
    report.quiescent();
    let triples = database.health()?.quads;
    database.close()?;
    report.closed(Path::new(directory), triples);
    Ok(())
}
