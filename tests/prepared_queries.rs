//! A prepared query keeps its last plan for as long as the same version is read in the same way, and no longer.

mod document;
mod text_queries;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use text_queries::{Texts, lines, prepared};
use triplestore::control::Control;
use triplestore::error::Result;
use triplestore::query::{DefaultGraph, Prepared, QueryOptions, Snapshot};
use triplestore::store::{QuadScan, QuadSource, ScanSpec, View};

/// A source that counts how often the planner asks how many rows a pattern has.
struct Asked {
    inner: Arc<dyn QuadSource>,
    counts: Arc<AtomicU64>,
}

impl QuadSource for Asked {
    fn scan(&self, spec: &ScanSpec, control: &Control) -> Result<Box<dyn QuadScan>> {
        self.inner.scan(spec, control)
    }

    fn count(&self, spec: &ScanSpec, control: &Control) -> Result<u64> {
        self.counts.fetch_add(1, Ordering::Relaxed);
        self.inner.count(spec, control)
    }

    fn ranges(&self, spec: &ScanSpec, parts: usize) -> Result<Vec<(u64, u64)>> {
        self.inner.ranges(spec, parts)
    }
}

/// Rows of a query on a snapshot, and whether it was planned for it.
fn run(query: &Prepared, snapshot: &Snapshot, options: &QueryOptions) -> (usize, bool) {
    let counts = Arc::new(AtomicU64::new(0));
    let asked = Snapshot {
        source: Arc::new(Asked {
            inner: snapshot.source.clone(),
            counts: counts.clone(),
        }),
        ..snapshot.clone()
    };
    let rows = query.rows(&asked, options, &Control::new()).unwrap();
    (
        lines(rows).unwrap().len(),
        counts.load(Ordering::Relaxed) > 0,
    )
}

const DATA: &str =
    ":a :knows :b . :b :knows :c . :b :name 'B' . :c :name 'C' . :g { :a :name 'A' }";

#[test]
fn a_prepared_query_is_planned_once_for_a_version() {
    let texts = Texts::new(DATA);
    let query = prepared("SELECT * { ?s :knows ?o . ?o :name ?name }").unwrap();
    let options = QueryOptions::default();
    let first = texts.database.snapshot().unwrap();
    assert_eq!(run(&query, &first.source(), &options), (2, true));
    assert_eq!(run(&query, &first.source(), &options), (2, false));
    let clone = query.clone();
    assert_eq!(run(&clone, &first.source(), &options), (2, false));
    // Another snapshot of the same version.
    let again = texts.database.snapshot().unwrap();
    assert_eq!(run(&query, &again.source(), &options), (2, false));

    texts.load(":c :knows :d . :d :name 'D' .");
    let second = texts.database.snapshot().unwrap();
    assert_eq!(run(&query, &second.source(), &options), (3, true));
    assert_eq!(run(&query, &second.source(), &options), (3, false));
    assert_eq!(run(&query, &first.source(), &options), (2, true));
}

#[test]
fn a_plan_is_kept_for_one_way_of_reading() {
    let texts = Texts::new(DATA);
    let snapshot = texts.database.snapshot().unwrap().source();
    let query = prepared("SELECT * { ?s :name ?name ; :knows ?o }").unwrap();
    let stored = QueryOptions::default();
    let union = QueryOptions {
        default_graph: DefaultGraph::Union,
        ..QueryOptions::default()
    };
    let inferred = QueryOptions {
        view: View::Inferred,
        ..QueryOptions::default()
    };
    for (options, rows) in [(&stored, 1), (&union, 2), (&inferred, 0), (&stored, 1)] {
        assert_eq!(run(&query, &snapshot, options), (rows, true));
        assert_eq!(run(&query, &snapshot, options), (rows, false));
    }
}

#[test]
fn a_plan_of_one_store_is_none_of_another() {
    let (one, other) = (
        Texts::new(DATA),
        Texts::new(":x :knows :y . :y :name 'Y' ."),
    );
    let query = prepared("SELECT * { ?s :knows ?o . ?o :name ?name }").unwrap();
    let options = QueryOptions::default();
    for (texts, rows) in [(&one, 2), (&other, 1), (&one, 2)] {
        let snapshot = texts.database.snapshot().unwrap().source();
        assert_eq!(run(&query, &snapshot, &options), (rows, true));
    }
}

#[test]
fn constants_that_are_not_in_the_store_are_there_when_the_plan_is_used_again() {
    let texts = Texts::new(DATA);
    let query = prepared(
        "SELECT ?x ?text { ?s :name ?name FILTER(?name IN ('none', 'B', 'nobody')) \
         BIND(:new AS ?x) BIND(CONCAT('it is ', ?name) AS ?text) }",
    )
    .unwrap();
    let snapshot = texts.database.snapshot().unwrap().source();
    let options = QueryOptions::default();
    for is_planned in [true, false] {
        assert_eq!(run(&query, &snapshot, &options), (1, is_planned));
        let rows = query.rows(&snapshot, &options, &Control::new()).unwrap();
        assert_eq!(lines(rows).unwrap(), [":new \"it is B\""]);
    }
}
