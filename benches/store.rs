//! Scans, joins, look-ups, terms, counts and commits on the ids of LUBM 10, for comparing two states of the code.
//!
//! `cargo bench --bench store`; the data is found through `TRIPLESTORE_TEST_DATA` (docs/testing.md). The figures
//! of `docs/performance.md` come from `cargo bench --bench table`, which does the same work.

mod workload;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use workload::{Scratch, Work, counts, reads, terms, writes};

fn run(criterion: &mut Criterion, group: &str, works: Vec<Work>) {
    let mut group = criterion.benchmark_group(format!("kernel/{group}"));
    group.sample_size(20);
    for mut work in works {
        group.throughput(Throughput::Elements(work.units));
        group.bench_function(work.name, |bencher| bencher.iter(|| (work.run)()));
    }
    group.finish();
}

fn store(criterion: &mut Criterion) {
    let scratch = Scratch::new("store");
    let database = workload::load(&scratch.path().join("store"), &workload::lubm10());
    let snapshot = database.snapshot().unwrap();
    let version = snapshot.version();
    run(criterion, "scan", reads::scans(version));
    run(
        criterion,
        "join",
        vec![
            reads::merge_join(&snapshot, "merge, name and email", "name", "emailAddress"),
            reads::merge_join(
                &snapshot,
                "merge, courses and e-mail",
                "takesCourse",
                "emailAddress",
            ),
        ],
    );
    run(
        criterion,
        "look-up",
        vec![
            reads::look_ups(version),
            reads::probes(version),
            reads::probe_join(&snapshot),
        ],
    );
    run(
        criterion,
        "terms",
        vec![terms::terms(version, "batches of sorted unique ids", 100)],
    );
    let mut works = counts::queries(&snapshot);
    works.push(counts::directory(version));
    run(criterion, "count", works);
    drop(snapshot);

    reads::add_deltas(&database);
    let version = database.store().version().unwrap();
    let (disk, memory) = reads::delta_runs(&version);
    let group = format!("scan, 5% deltas in {disk} + {memory} runs");
    run(criterion, &group, reads::scans(&version));
    drop(version);

    run(
        criterion,
        "commit",
        vec![
            writes::commits(&database, "1 quad", 1, 1),
            writes::commits(&database, "1,000 quads", 1000, 1),
        ],
    );
    database.close().unwrap();
}

criterion_group!(benches, store);
criterion_main!(benches);
