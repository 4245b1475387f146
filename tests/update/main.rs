//! SPARQL Update through the facade: what each operation does, against `spareval` on random requests, within limits,
//! with LOAD, and in explicit transactions.

#[path = "../document/mod.rs"]
mod document;
#[path = "../differential/random.rs"]
mod random;

mod load;
mod operations;
mod reference;
mod state;
mod transactions;

use oxrdf::Quad;
use std::collections::BTreeSet;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Committed, Database, QuadPattern, UpdateOptions};
use triplestore::error::{Error, Result};

/// Prefixes of all texts.
const PROLOGUE: &str = "PREFIX : <http://x/>\nPREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n";

fn memory() -> Database {
    Database::memory(&Config::default()).unwrap()
}

fn try_update(database: &Database, text: &str) -> Result<Committed> {
    database.update(
        &format!("{PROLOGUE}{text}"),
        &UpdateOptions::default(),
        &Control::new(),
    )
}

/// Runs a request and returns how many quads came and went.
fn update(database: &Database, text: &str) -> (u64, u64) {
    let committed = try_update(database, text).unwrap();
    (committed.inserted, committed.deleted)
}

fn refused(database: &Database, text: &str) -> Error {
    let before = lines(database);
    let error = try_update(database, text).unwrap_err();
    assert_eq!(lines(database), before, "{text} has changed something");
    error
}

/// A store with these quads, as INSERT DATA takes them.
fn store(data: &str) -> Database {
    let database = memory();
    update(&database, &format!("INSERT DATA {{ {data} }}"));
    database
}

fn quads(database: &Database) -> Vec<Quad> {
    let snapshot = database.snapshot().unwrap();
    snapshot
        .quads(&QuadPattern::default(), &Control::new())
        .unwrap()
        .collect::<Result<_>>()
        .unwrap()
}

/// The quads, shortened and sorted.
fn lines(database: &Database) -> BTreeSet<String> {
    quads(database)
        .iter()
        .map(|quad| short(&quad.to_string()))
        .collect()
}

fn short(text: &str) -> String {
    text.replace("<http://x/", ":")
        .replace("<http://www.w3.org/2001/XMLSchema#", "xsd:")
        .replace('>', "")
        .replace(" DEFAULT", "")
}

fn set(expected: &[&str]) -> BTreeSet<String> {
    expected.iter().map(|&line| line.to_owned()).collect()
}
