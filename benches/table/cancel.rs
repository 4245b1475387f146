//! Cancelling: how long a query goes on after it was told to stop, for the operators that hold state, in memory and on disk.

use crate::figure::{Bar, Table};
use crate::large::Large;
use crate::workload::{self, Scratch};
use std::time::{Duration, Instant};
use triplestore::bench::dataset::lubm::NAMESPACE;
use triplestore::control::{Budget, Control};
use triplestore::error::Code;
use triplestore::exec::Batch;
use triplestore::query::{ParseOptions, Prepared, QueryOptions, Snapshot};
use triplestore::store::BATCH_ROWS;

/// Moments of each query at which it is cancelled, evenly spread.
const MOMENTS: u32 = 12;
const LITTLE_BYTES: usize = 16 << 20;

const QUERIES: [(&str, &str); 7] = [
    ("sort of strings", "SELECT * { ?s ?p ?o } ORDER BY ?o ?s"),
    ("distinct", "SELECT DISTINCT ?s ?o { ?s ?p ?o }"),
    (
        "group",
        "SELECT ?s (COUNT(*) AS ?c) (MAX(?o) AS ?m) { ?s ?p ?o } GROUP BY ?s",
    ),
    (
        "count distinct",
        "SELECT (COUNT(DISTINCT ?o) AS ?c) { ?s ?p ?o }",
    ),
    (
        "hash join",
        "SELECT * { { SELECT ?s ?o { ?s ub:name ?o } ORDER BY ?o } { SELECT ?s ?t { ?s a ?t } ORDER BY ?t } }",
    ),
    (
        "cross product",
        "SELECT (COUNT(*) AS ?c) { ?s ub:name ?o . ?t ub:emailAddress ?u FILTER(?s = ?t) }",
    ),
    (
        "optional",
        "SELECT * { ?s ?p ?o OPTIONAL { ?o ub:name ?n . ?o a ?t } }",
    ),
];

pub fn measure(table: &mut Table, _: &mut Large) {
    let scratch = Scratch::new("cancel");
    let database = workload::load(&scratch.path().join("store"), &workload::lubm10());
    let snapshot = database.snapshot().unwrap().source();
    for (name, query) in QUERIES {
        for memory in [usize::MAX, LITTLE_BYTES] {
            let place = if memory == LITTLE_BYTES {
                ", spilling"
            } else {
                ""
            };
            let latest = latest(&snapshot, query, memory);
            let name = format!("cancel latency, {name}{place}");
            table.add(name, Bar::AtMost(50.0), latest.as_secs_f64() * 1e3, "ms");
        }
    }
    database.close().unwrap();
}

/// The longest time from a cancel to its answer.
fn latest(snapshot: &Snapshot, query: &str, memory: usize) -> Duration {
    let (time, _) = run(snapshot, query, memory, Duration::from_secs(5));
    let moments = (1..MOMENTS).map(|moment| time * moment / MOMENTS);
    let late: Vec<Duration> = moments
        .filter_map(|moment| run(snapshot, query, memory, moment).1)
        .collect();
    assert!(
        late.len() as u32 > MOMENTS / 2,
        "{query}: cancelled {} times only",
        late.len()
    );
    late.into_iter().max().unwrap_or_default()
}

/// How long the query ran, and how long of that after it was cancelled, if it did not end before.
fn run(
    snapshot: &Snapshot,
    query: &str,
    memory: usize,
    cancel_after: Duration,
) -> (Duration, Option<Duration>) {
    let options = ParseOptions {
        prefixes: vec![("ub".to_owned(), NAMESPACE.to_owned())],
        ..ParseOptions::default()
    };
    let control = Control::new().with_memory(Budget::new("query", memory));
    let token = control.cancel_token();
    let (ended, has_ended) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let cancelled = scope.spawn(move || {
            // Ends at once if the query does.
            let _ = has_ended.recv_timeout(cancel_after);
            token.cancel();
            Instant::now()
        });
        let begun = Instant::now();
        let mut rows = Prepared::new(query, &options)
            .unwrap()
            .rows(snapshot, &QueryOptions::default(), &control)
            .unwrap();
        let mut batch = Batch::new();
        let end = loop {
            match rows.next_ids(BATCH_ROWS, &mut batch) {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(error) => break Err(error.code()),
            }
        };
        drop(rows);
        let time = begun.elapsed();
        drop(ended);
        let at = cancelled.join().unwrap();
        match end {
            Ok(()) => (time, None),
            Err(code) => {
                assert_eq!(code, Code::Cancelled, "{query}");
                (time, Some(at.elapsed()))
            }
        }
    })
}
