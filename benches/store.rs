//! Scans, look-ups, counts and terms of a store on the ids of LUBM 10.
//!
//! `cargo bench --bench store`; the data is found through `TRIPLESTORE_TEST_DATA` (docs/testing.md).

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use triplestore::config::{Config, Durability};
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions};
use triplestore::run::{Chunk, Sort};
use triplestore::store::{Graphs, Order, QuadSource, ScanBatch, ScanSpec, Version, View};
use triplestore::term::Id;
use triplestore::vocab::VocabularyScratch;

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

fn data() -> PathBuf {
    let root = std::env::var("TRIPLESTORE_TEST_DATA").unwrap_or_else(|_| "../shared".to_string());
    Path::new(&root).join("data/lubm10/lubm10.nt.gz")
}

fn open(directory: &Path) -> Database {
    let _ = std::fs::remove_dir_all(directory);
    let config = Config {
        durability: Durability::OsBuffered,
        ..Config::default()
    };
    Database::open(directory, &config).unwrap()
}

fn spec(order: Order, prefix: Vec<u64>, wanted: [bool; 4]) -> ScanSpec {
    ScanSpec {
        order,
        prefix,
        range: None,
        graphs: Graphs::One(0),
        view: View::Both,
        wanted,
    }
}

fn scan_all(version: &Version, spec: &ScanSpec) -> usize {
    let control = Control::new();
    let mut scan = version.scan(spec, &control).unwrap();
    let mut batch = ScanBatch::default();
    let mut rows = 0;
    loop {
        scan.next(&mut batch).unwrap();
        if batch.len == 0 {
            return rows;
        }
        rows += batch.len;
        black_box(&batch);
    }
}

/// Every row of a sort, as (s, p, o, g).
fn rows(version: &Version, sort: Sort) -> Vec<[u64; 4]> {
    let mut scan = version.scan_keys(sort, [0; 4], [u64::MAX; 4], View::Both);
    let mut chunk = Chunk::default();
    let mut rows = Vec::new();
    loop {
        scan.next([true; 4], &mut chunk, &Control::new()).unwrap();
        if chunk.len == 0 {
            return rows;
        }
        rows.extend(
            (0..chunk.len).map(|row| sort.row(&[0, 1, 2, 3].map(|c| chunk.columns[c][row]))),
        );
    }
}

fn store(criterion: &mut Criterion) {
    let directory = std::env::temp_dir().join(format!("ts-bench-{}", std::process::id()));
    let database = open(&directory);
    database
        .load_files(&[data()], &LoadOptions::default(), &Control::new())
        .unwrap();
    database.compact(&Control::new()).unwrap();
    let version = database.store().version().unwrap();
    let total = version.quads(View::Both);
    let all = rows(&version, Sort::Psog);

    let mut group = criterion.benchmark_group("scan");
    group
        .sample_size(20)
        .throughput(Throughput::Elements(total));
    for (name, order, wanted) in [
        ("3 columns, PSOG", Order::Psog, [true, true, true, false]),
        ("3 columns, SPOG", Order::Spog, [true, true, true, false]),
        ("1 column, PSOG", Order::Psog, [true, false, false, false]),
        ("1 column, OSPG", Order::Ospg, [false, false, true, false]),
    ] {
        let spec = spec(order, vec![], wanted);
        group.bench_function(name, |b| b.iter(|| scan_all(&version, &spec)));
    }
    group.finish();

    let control = Control::new();
    let mut random = Random(88_172_645_463_325_252);
    let mut group = criterion.benchmark_group("look-up");
    group.throughput(Throughput::Elements(1));
    group.bench_function("(p, s) -> o, random order", |b| {
        let mut batch = ScanBatch::default();
        b.iter(|| {
            let [s, p, ..] = all[random.below(all.len())];
            let spec = spec(Order::Psog, vec![p, s], [false, false, true, false]);
            let mut scan = version.scan(&spec, &control).unwrap();
            scan.next(&mut batch).unwrap();
            black_box(batch.columns[2][0])
        })
    });
    group.finish();

    // Every fortieth row of the largest predicate: about a hundred probes a block.
    let probes: Vec<[u64; 4]> = all.iter().step_by(40).copied().collect();
    let keys: Vec<[u64; 4]> = {
        let mut keys: Vec<_> = probes.iter().map(|quad| Sort::Spog.key(quad)).collect();
        keys.sort_unstable();
        keys
    };
    let mut group = criterion.benchmark_group("probe");
    group.throughput(Throughput::Elements(keys.len() as u64));
    group.bench_function("states of sorted keys, 100 a block", |b| {
        let mut states = Vec::new();
        b.iter(|| version.states(&keys, &mut states, &control).unwrap())
    });
    group.finish();

    let mut group = criterion.benchmark_group("count");
    group.bench_function("all quads", |b| {
        let spec = spec(Order::Psog, vec![], [false; 4]);
        b.iter(|| version.count(&spec, &control).unwrap())
    });
    let mut predicates: Vec<u64> = all.iter().map(|quad| quad[1]).collect();
    predicates.dedup();
    group.bench_function("quads of each of 17 predicates", |b| {
        b.iter(|| {
            let mut sum = 0;
            for &p in &predicates {
                sum += version
                    .count(&spec(Order::Psog, vec![p], [false; 4]), &control)
                    .unwrap();
            }
            sum
        })
    });
    group.finish();

    let mut group = criterion.benchmark_group("terms");
    let batches: Vec<Vec<Id>> = all
        .chunks(2048)
        .step_by(7)
        .map(|rows| {
            let mut ids: Vec<Id> = rows
                .iter()
                .flat_map(|quad| [quad[0], quad[2]])
                .map(Id::from_raw)
                .collect();
            ids.sort_unstable();
            ids.dedup();
            ids.truncate(2048);
            ids
        })
        .collect();
    let count: usize = batches.iter().map(Vec::len).sum();
    group
        .sample_size(20)
        .throughput(Throughput::Elements(count as u64));
    group.bench_function("batches of sorted unique ids, warm", |b| {
        let mut scratch = VocabularyScratch::default();
        b.iter(|| {
            for ids in &batches {
                version
                    .vocabulary
                    .terms(ids, &mut scratch, &control, &mut |_, term| {
                        black_box(term);
                        Ok(())
                    })
                    .unwrap();
            }
        })
    });
    group.finish();

    deltas(criterion, &database, &all);
    database.close().unwrap();
    let _ = std::fs::remove_dir_all(&directory);
}

/// The same scan with 5 % of the rows changed, spread over three runs on disk and four in memory.
fn deltas(criterion: &mut Criterion, database: &Database, all: &[[u64; 4]]) {
    let control = Control::new();
    let mut random = Random(1_234_567);
    for run in 0..7 {
        let mut transaction = database.store().begin(&control).unwrap();
        for _ in 0..all.len() / 140 {
            let mut quad = all[random.below(all.len())];
            if random.below(2) == 0 {
                transaction.delete(quad).unwrap();
            } else {
                // An object of another row: a new quad in the same neighbourhood.
                quad[2] = all[random.below(all.len())][2];
                transaction.insert(quad).unwrap();
            }
        }
        transaction.commit().unwrap();
        if run < 3 {
            database.store().spill(&control).unwrap();
        }
    }
    let version = database.store().version().unwrap();
    let runs = (version.disk[Sort::Psog.index()].len(), version.memory.len());
    let mut group = criterion.benchmark_group("scan with deltas");
    group
        .sample_size(20)
        .throughput(Throughput::Elements(version.quads(View::Both)));
    let spec = spec(Order::Psog, vec![], [true, true, true, false]);
    let name = format!("3 columns, PSOG, 5% in {} + {} runs", runs.0 - 1, runs.1);
    group.bench_function(name, |b| b.iter(|| scan_all(&version, &spec)));
    group.finish();
}

criterion_group!(benches, store);
criterion_main!(benches);
