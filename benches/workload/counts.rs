//! Counts from the directory: as queries, parsed and planned each time, and beneath the query engine.

use super::Work;
use std::hint::black_box;
use std::sync::Arc;
use triplestore::control::Control;
use triplestore::database::Snapshot;
use triplestore::query::{QueryOptions, ResultBatch};
use triplestore::store::{Graphs, Order, QuadSource, ScanSpec, Version, View};

const ALL: &str = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }";
const BY_PREDICATE: &str = "SELECT ?p (COUNT(*) AS ?n) WHERE { ?s ?p ?o } GROUP BY ?p";
const BY_CLASS: &str = "SELECT ?c (COUNT(*) AS ?n) WHERE { ?s a ?c } GROUP BY ?c";

pub fn queries(snapshot: &Snapshot) -> Vec<Work> {
    [
        ("COUNT(*)", ALL),
        ("COUNT(*) of each predicate", BY_PREDICATE),
        ("COUNT(*) of each class", BY_CLASS),
    ]
    .into_iter()
    .map(|(name, text)| query(snapshot, name, text))
    .collect()
}

fn query(snapshot: &Snapshot, name: &'static str, text: &'static str) -> Work {
    let snapshot = snapshot.clone();
    let mut batch = ResultBatch::new();
    Work::new(name, 1, move || {
        let results = snapshot
            .query(text, &QueryOptions::default(), &Control::new())
            .unwrap();
        let mut rows = results.rows().unwrap();
        while rows.next(2048, &mut batch).unwrap() {
            black_box(&batch);
        }
    })
}

/// The number of quads, with no query around it.
pub fn directory(version: &Arc<Version>) -> Work {
    let version = version.clone();
    let control = Control::new();
    Work::new("count of all quads", 1, move || {
        let spec = ScanSpec {
            order: Order::Psog,
            prefix: Vec::new(),
            range: None,
            graphs: Graphs::One(0),
            view: View::Both,
            wanted: [false; 4],
        };
        black_box(version.count(&spec, &control).unwrap());
    })
}
