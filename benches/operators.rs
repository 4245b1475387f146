//! Operators that hold what they read: sorts, in memory and on disk, and closures of paths. `cargo bench --bench operators`
//!
//! The data is that of `bench::dataset::shapes`: entities with labels in many languages, and long chains, trees and grids.
//! Rows are pulled as ids, so that terms are made only where the order asks for them.

#[path = "workload/scratch.rs"]
mod scratch;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scratch::Scratch;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use triplestore::bench::dataset::{Document, Kind, Parameters, Syntax, kinds};
use triplestore::bench::queries::shapes;
use triplestore::config::Config;
use triplestore::control::{Budget, Control};
use triplestore::database::{Database, LoadOptions};
use triplestore::exec::Batch;
use triplestore::load::Format;
use triplestore::query::{ParseOptions, Prepared, QueryOptions, Snapshot};
use triplestore::store::BATCH_ROWS;

const SORTED_SCALE: u64 = 300_000;
const PATHS_SCALE: u64 = 3_000;
/// Makes sorts of this many rows go to disk in several runs.
const LITTLE_BYTES: usize = 2 << 20;

fn kind(name: &str) -> &'static Kind {
    let mut kinds = kinds().iter();
    kinds.find(|kind| kind.name == name).expect("a shape")
}

/// A store of one shape, everything merged.
fn store(directory: &Path, shape: &str, scale: u64) -> Database {
    let parameters = Parameters {
        scale,
        seed: 1,
        ontology: false,
    };
    let dataset: Arc<_> = (kind(shape).make)(&parameters);
    let document = Document::new(dataset, Syntax::NTriples, 1).expect("no threads");
    let options = LoadOptions {
        format: Some(Format::NTriples),
        ..LoadOptions::default()
    };
    let database = Database::open(directory, &Config::default()).expect("an empty directory");
    database
        .load_reader(document, &options, &Control::new())
        .expect("the data is valid");
    database
        .compact(&Control::new())
        .expect("nothing else runs");
    database
}

/// Pulls all rows; how many there are, and whether some went to disk.
fn drain(prepared: &Prepared, snapshot: &Snapshot, control: &Control) -> (u64, bool) {
    let rows = prepared.rows(snapshot, &QueryOptions::default(), control);
    let mut rows = rows.expect("it can be planned");
    let (mut batch, mut count) = (Batch::new(), 0);
    while rows.next_ids(BATCH_ROWS, &mut batch).expect("no limits") {
        count += batch.len() as u64;
        black_box(&batch);
    }
    (count, rows.spooled_bytes() > 0)
}

fn prepared(text: &str) -> Prepared {
    Prepared::new(text, &ParseOptions::default()).expect("the query is valid")
}

/// With much memory and with little.
fn sorts(criterion: &mut Criterion) {
    let scratch = Scratch::new("sorts");
    let database = store(&scratch.path().join("store"), "zipf", SORTED_SCALE);
    let snapshot = database.snapshot().expect("it is open").source();
    let mut group = criterion.benchmark_group("kernel/sort");
    group.sample_size(10);
    for (name, order) in [
        ("by texts", "ORDER BY ?label ?s"),
        ("by IRIs", "ORDER BY DESC(?s)"),
        ("first 10 by texts", "ORDER BY ?label ?s LIMIT 10"),
    ] {
        let labels = "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> SELECT * { ?s rdfs:label ?label }";
        let (rows, _) = drain(&prepared(labels), &snapshot, &Control::new());
        let query = prepared(&format!("{labels} {order}"));
        group.throughput(Throughput::Elements(rows));
        group.bench_function(name, |bencher| {
            bencher.iter(|| drain(&query, &snapshot, &Control::new()));
        });
        if order.contains("LIMIT") {
            continue;
        }
        let control = Control::new()
            .with_memory(Budget::new("query", LITTLE_BYTES))
            .with_spool(Budget::disk("query", usize::MAX));
        let spilled = drain(&query, &snapshot, &control);
        assert_eq!(spilled, (rows, true), "{name} has too much memory");
        group.bench_function(format!("{name}, on disk"), |bencher| {
            bencher.iter(|| drain(&query, &snapshot, &control));
        });
    }
    group.finish();
}

/// Units are pairs found.
fn paths(criterion: &mut Criterion) {
    let scratch = Scratch::new("paths");
    let database = store(&scratch.path().join("store"), "chains", PATHS_SCALE);
    let snapshot = database.snapshot().expect("it is open").source();
    let mut group = criterion.benchmark_group("kernel/path closure");
    group.sample_size(10);
    for known in shapes::queries("chains", PATHS_SCALE).expect("a shape") {
        let query = prepared(&known.query.text);
        let rows = known.rows.unwrap_or(1);
        if known.query.text.contains("ASK") {
            continue;
        }
        assert_eq!(drain(&query, &snapshot, &Control::new()).0, rows);
        group.throughput(Throughput::Elements(rows));
        group.bench_function(known.query.name, |bencher| {
            bencher.iter(|| drain(&query, &snapshot, &Control::new()));
        });
    }
    group.finish();
}

criterion_group!(benches, sorts, paths);
criterion_main!(benches);
