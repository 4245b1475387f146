//! Loads files into a store, one after the other, and tells how each went:
//! `load DIRECTORY FILE... [KEY=VALUE...]`. Settings are those of `docs/configuration.md`; `preset=NAME` comes first.
//!
//! The side of this library in `make bench-compare`.

#[path = "../bench-compare/report.rs"]
mod report;

use std::error::Error;
use std::path::Path;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions};

const USAGE: &str = "usage: load DIRECTORY FILE... [KEY=VALUE...]";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // What is there as a file is one, whatever its name.
    let (settings, paths): (Vec<&String>, Vec<&String>) = arguments
        .iter()
        .partition(|argument| argument.contains('=') && !Path::new(argument).exists());
    let [directory, files @ ..] = &paths[..] else {
        return Err(USAGE.into());
    };
    if files.is_empty() {
        return Err(USAGE.into());
    }
    let mut config = Config::default();
    for (key, value) in settings
        .iter()
        .filter_map(|setting| setting.split_once('='))
    {
        match key {
            "preset" => config = Config::preset(value)?,
            _ => config.set(key, value)?,
        }
    }
    for file in files {
        let database = Database::open(directory, &config)?;
        let report = report::Report::start();
        let control = Control::new();
        database.load_files(&[file], &LoadOptions::default(), &control)?;
        report.returned();
        database.quiesce(&control)?;
        report.quiescent();
        let triples = database.health()?.quads;
        database.close()?;
        report.closed(Path::new(directory), triples);
    }
    Ok(())
}
