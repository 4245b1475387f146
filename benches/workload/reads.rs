//! Scans, joins, look-ups and probes.

use super::{Random, Work, quads};
use std::hint::black_box;
use std::sync::Arc;
use triplestore::bench::dataset::lubm::NAMESPACE;
use triplestore::control::Control;
use triplestore::database::{Database, Snapshot};
use triplestore::exec::Batch;
use triplestore::query::{ParseOptions, Prepared, QueryOptions};
use triplestore::run::{Chunk, Sort};
use triplestore::store::{
    BATCH_ROWS, Graphs, Order, QuadSource, ScanBatch, ScanSpec, Version, View,
};
use triplestore::term::TermRef;

/// Reads every row of a sort through `run`; returns how many there are.
pub fn scan(version: &Version, sort: Sort, wanted: [bool; 4]) -> usize {
    let control = Control::new();
    let mut scan = version.scan_keys(sort, [0; 4], [u64::MAX; 4], View::Both);
    let mut chunk = Chunk::default();
    let mut rows = 0;
    loop {
        scan.next(wanted, &mut chunk, &control).unwrap();
        if chunk.len == 0 {
            return rows;
        }
        rows += chunk.len;
        black_box(&chunk);
    }
}

/// Full scans. Columns are those of the key: in PSOG the first three are p, s, o.
pub fn scans(version: &Arc<Version>) -> Vec<Work> {
    const THREE: [bool; 4] = [true, true, true, false];
    [
        ("3 columns, PSOG", Sort::Psog, THREE),
        ("3 columns, POSG", Sort::Posg, THREE),
        ("3 columns, SPOG", Sort::Spog, THREE),
        ("3 columns, OSPG", Sort::Ospg, THREE),
        (
            "1 column, s of PSOG",
            Sort::Psog,
            [false, true, false, false],
        ),
        (
            "1 column, o of PSOG",
            Sort::Psog,
            [false, false, true, false],
        ),
        (
            "1 column, s of SPOG",
            Sort::Spog,
            [true, false, false, false],
        ),
        (
            "1 column, o of OSPG",
            Sort::Ospg,
            [true, false, false, false],
        ),
    ]
    .into_iter()
    .map(|(name, sort, wanted)| {
        let version = version.clone();
        let rows = version.quads(View::Both);
        Work::new(name, rows, move || {
            assert_eq!(scan(&version, sort, wanted) as u64, rows);
        })
    })
    .collect()
}

/// The join of two predicates on their subjects, as the planner and the executor do it. Units are rows in.
pub fn merge_join(
    snapshot: &Snapshot,
    name: &'static str,
    left: &'static str,
    right: &'static str,
) -> Work {
    let text = format!(
        "PREFIX ub: <{NAMESPACE}> SELECT ?x ?a ?b WHERE {{ ?x ub:{left} ?a . ?x ub:{right} ?b }}"
    );
    let prepared = Prepared::new(&text, &ParseOptions::default()).unwrap();
    let source = snapshot.source();
    let options = QueryOptions::default();
    let plan = prepared
        .explain(&source, &options, &Control::new())
        .unwrap()
        .to_string();
    assert!(plan.contains("MergeJoin"), "{plan}");
    let rows_in = [left, right]
        .map(|name| rows_of(snapshot, name))
        .iter()
        .sum();
    Work::new(name, rows_in, move || {
        let results = prepared.run(&source, &options, &Control::new()).unwrap();
        let mut rows = results.rows().unwrap();
        let mut batch = Batch::new();
        let mut count = 0;
        while rows.next_ids(BATCH_ROWS, &mut batch).unwrap() {
            count += batch.len();
            black_box(&batch);
        }
        assert!(count > 0);
    })
}

fn rows_of(snapshot: &Snapshot, predicate: &str) -> u64 {
    let version = snapshot.version();
    let control = Control::new();
    let iri = format!("{NAMESPACE}{predicate}");
    let id = version.id(TermRef::Iri(&iri), &control).unwrap().unwrap();
    let spec = spec(Order::Psog, vec![id.raw()], [false; 4]);
    version.count(&spec, &control).unwrap()
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

/// Objects of a random subject and predicate, one at a time, through the door of the executor.
pub fn look_ups(version: &Arc<Version>) -> Work {
    const COUNT: usize = 10_000;
    let all = quads(version, Sort::Psog);
    let mut random = Random::new();
    let keys: Vec<[u64; 2]> = (0..COUNT)
        .map(|_| all[random.below(all.len())])
        .map(|[s, p, ..]| [p, s])
        .collect();
    let version = version.clone();
    let control = Control::new();
    let mut batch = ScanBatch::default();
    Work::new("(p, s) -> o, random order", COUNT as u64, move || {
        for key in &keys {
            let spec = spec(Order::Psog, key.to_vec(), [false, false, true, false]);
            let mut scan = version.scan(&spec, &control).unwrap();
            scan.next(&mut batch).unwrap();
            assert!(batch.len > 0);
            black_box(batch.columns[2][0]);
        }
    })
}

/// States of sorted keys: every fortieth row, so that a block of 4,096 is asked for about a hundred.
pub fn probes(version: &Arc<Version>) -> Work {
    let keys: Vec<[u64; 4]> = quads(version, Sort::Spog).into_iter().step_by(40).collect();
    let version = version.clone();
    let control = Control::new();
    let mut states = Vec::new();
    Work::new("states of sorted quads", keys.len() as u64, move || {
        version.states(&keys, &mut states, &control).unwrap();
        black_box(&states);
    })
}

/// A probe join of the executor: every fortieth subject of a predicate, to its objects.
pub fn probe_join(snapshot: &Snapshot) -> Work {
    executor::probe_join(snapshot, "takesCourse", 40)
}

mod executor {
    use super::*;
    use triplestore::exec::{Runtime, build};
    use triplestore::expr::{Context, Terms};
    use triplestore::plan::{JoinKind, Node, Op, Plan, ProbeColumns};

    /// Operators are made from a plan; this one is written by hand, since the planner would scan.
    pub fn probe_join(snapshot: &Snapshot, predicate: &str, step: usize) -> Work {
        let version = snapshot.version().clone();
        let iri = format!("{NAMESPACE}{predicate}");
        let id = version.id(TermRef::Iri(&iri), &Control::new()).unwrap();
        let predicate = id.unwrap().raw();
        let mut subjects: Vec<u64> = quads(&version, Sort::Psog)
            .into_iter()
            .filter(|quad| quad[1] == predicate)
            .step_by(step)
            .map(|quad| quad[0])
            .collect();
        subjects.dedup();
        let count = subjects.len();
        let node = |op, number| Node {
            op,
            columns: Vec::new(),
            always: Vec::new(),
            sorted: Vec::new(),
            rows: 0.0,
            cost: 0.0,
            number,
        };
        let input = node(
            Op::Fixed {
                columns: vec![subjects],
                rows: count,
            },
            1,
        );
        let join = Op::ProbeJoin {
            input: Box::new(input),
            spec: spec(Order::Psog, vec![predicate], [true, false, true, false]),
            columns: ProbeColumns {
                keys: vec![0],
                key_positions: vec![0],
                outputs: vec![2],
                ..ProbeColumns::default()
            },
            kind: JoinKind::Inner,
        };
        let plan = Plan {
            root: node(join, 0),
            constants: Vec::new().into(),
            subplans: Vec::new(),
            nodes: 2,
            depth: 2,
        };
        Work::new("probe join, (p, s) -> o", count as u64, move || {
            let control = Control::new();
            let terms = Terms::new(version.clone(), &control);
            let context = Arc::new(Context::new(None, Arc::default(), &control));
            let runtime = Runtime::new(
                version.clone(),
                terms,
                context,
                control,
                View::Both,
                plan.nodes,
                plan.states(),
            );
            let mut operator = build(&plan, &Arc::new(runtime)).unwrap();
            let mut batch = Batch::new();
            let mut rows = 0;
            while operator.next(&mut batch).unwrap() {
                rows += batch.len();
                black_box(&batch);
            }
            assert!(rows >= count);
        })
    }
}

/// Parts of the quads that are changed in each run, oldest first: one in twenty in all. Sizes fall as they do in a store
/// that is written to, since runs of like size are merged.
const DISK_DELTAS: [f64; 3] = [0.035, 0.007, 0.0014];
const MEMORY_DELTAS: [f64; 4] = [0.004, 0.0015, 0.0007, 0.0003];

/// Changes one quad in twenty, in three runs on disk and four in memory: half are deleted, half get another object.
pub fn add_deltas(database: &Database) {
    let control = Control::new();
    let all = quads(&database.store().version().unwrap(), Sort::Spog);
    let mut random = Random::new();
    for (run, part) in DISK_DELTAS.iter().chain(&MEMORY_DELTAS).enumerate() {
        let mut transaction = database.store().begin(&control).unwrap();
        for _ in 0..(all.len() as f64 * part) as usize {
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
        if run < DISK_DELTAS.len() {
            database.store().spill(&control).unwrap();
        }
    }
}

/// The runs on disk above the oldest one, and those in memory.
pub fn delta_runs(version: &Version) -> (usize, usize) {
    (
        version.disk[Sort::Psog.index()].len() - 1,
        version.memory.len(),
    )
}
