//! Isolation: histories of concurrent transactions, recorded as the transactions saw them, and a checker of what they may
//! have seen (definitions 21 to 24): writers are serialisable, readers see one commit, in real time.
//!
//! `TRIPLESTORE_ISOLATION_TRANSACTIONS` sets the number of transactions of each thread, `TRIPLESTORE_ISOLATION_SEED` the
//! first seed.

// Each test binary uses its own part of this module.
#[allow(dead_code)]
#[path = "../differential/random.rs"]
mod random;

mod checker;
mod history;
mod planted;

use checker::{Anomaly, anomalies};
use history::{Operation, Outcome, Transaction, Version};
use oxrdf::Term;
use random::Random;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{
    Database, GraphPattern, QuadPattern, Snapshot, UpdateOptions, WriteTxn,
};
use triplestore::error::Code;
use triplestore::query::QueryOptions;

const KEYS: usize = 5;
const THREADS: usize = 5;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

fn key_iri(key: usize) -> String {
    format!("http://x/key{key}")
}

/// The version of a key by a query, or by a pattern of quads.
fn version(snapshot: &Snapshot, key: usize, by_query: bool) -> Version {
    let control = Control::new();
    let pattern = QuadPattern {
        subject: Some(oxrdf::NamedNode::new_unchecked(key_iri(key)).into()),
        predicate: Some(oxrdf::NamedNode::new_unchecked("http://x/value").into()),
        object: None,
        graph: GraphPattern::Any,
        ..QuadPattern::default()
    };
    let found: Vec<Version> = snapshot
        .quads(&pattern, &control)
        .unwrap()
        .map(|quad| match quad.unwrap().object {
            Term::Literal(literal) => literal
                .value()
                .trim_start_matches("version ")
                .parse()
                .unwrap(),
            other => panic!("{other} is no version"),
        })
        .collect();
    assert!(found.len() <= 1, "key {key} has {found:?}");
    if by_query {
        // The engine's other way to the same quads.
        let text = format!("ASK {{ <{}> <http://x/value> ?v }}", key_iri(key));
        let answer = snapshot
            .query(&text, &QueryOptions::default(), &control)
            .unwrap();
        let triplestore::query::QueryResults::Boolean(answer) = answer else {
            panic!("ASK gives an answer");
        };
        assert_eq!(answer, found.len() == 1);
        assert_eq!(
            snapshot.count(&pattern, &control).unwrap(),
            found.len() as u64
        );
    }
    found.first().copied().unwrap_or(0)
}

/// Versions of the even ones fit into an id, the others are terms of the dictionary.
fn literal(version: Version) -> String {
    match version % 2 {
        0 => version.to_string(),
        _ => format!("version {version}"),
    }
}

fn write(txn: &mut WriteTxn, key: usize, replaced: Version, version: Version, how: usize) {
    let (iri, new) = (key_iri(key), literal(version));
    let options = UpdateOptions::default();
    let control = Control::new();
    match how {
        0 => {
            let text = format!(
                "DELETE {{ <{iri}> <http://x/value> ?v }} INSERT {{ <{iri}> <http://x/value> '{new}' }}
                 WHERE {{ OPTIONAL {{ <{iri}> <http://x/value> ?v }} }}"
            );
            txn.update(&text, &options, &control).unwrap();
        }
        1 => {
            let text = format!(
                "DELETE WHERE {{ <{iri}> <http://x/value> ?v }} ;
                 INSERT DATA {{ <{iri}> <http://x/value> '{new}' }}"
            );
            txn.update(&text, &options, &control).unwrap();
        }
        _ => {
            let line = |value: &str| format!("<{iri}> <http://x/value> \"{value}\" .\n");
            if replaced != 0 {
                txn.delete_nquads(line(&literal(replaced)).as_bytes())
                    .unwrap();
            }
            txn.insert_nquads(line(&new).as_bytes()).unwrap();
        }
    }
}

struct Workload<'w> {
    database: &'w Database,
    clock: &'w AtomicU64,
    versions: &'w AtomicU64,
}

impl Workload<'_> {
    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// Reads some keys of one snapshot, with time between.
    fn reader(&self, random: &mut Random) -> Transaction {
        let begun = self.tick();
        let snapshot = self.database.snapshot().unwrap();
        let mut operations = Vec::new();
        for _ in 0..2 + random.below(6) {
            let key = random.below(KEYS);
            let version = version(&snapshot, key, random.percent(30));
            operations.push(Operation::Read { key, version });
            if random.percent(30) {
                std::thread::yield_now();
            }
        }
        Transaction {
            operations,
            outcome: Outcome::Committed,
            begun,
            ended: self.tick(),
        }
    }

    fn writer(&self, random: &mut Random) -> Transaction {
        let begun = self.tick();
        let control = Control::new();
        let mut txn = self.database.begin(&control).unwrap();
        let mut operations = Vec::new();
        for _ in 0..1 + random.below(5) {
            let key = random.below(KEYS);
            let seen = version(&txn.snapshot().unwrap(), key, random.percent(30));
            if random.percent(40) {
                operations.push(Operation::Read { key, version: seen });
                continue;
            }
            let version = self.versions.fetch_add(1, Ordering::Relaxed);
            write(&mut txn, key, seen, version, random.below(3));
            operations.push(Operation::Write {
                key,
                version,
                replaced: seen,
            });
        }
        let outcome = match random.below(10) {
            0 => {
                txn.rollback();
                Outcome::Aborted
            }
            1 => {
                // Its thread dies.
                let died = std::thread::scope(|scope| {
                    let thread = scope.spawn(move || {
                        let _txn = txn;
                        std::panic::resume_unwind(Box::new("killed"));
                    });
                    thread.join().is_err()
                });
                assert!(died);
                Outcome::Aborted
            }
            2 => {
                control.cancel_token().cancel();
                match txn.commit() {
                    Ok(_) => Outcome::Committed,
                    Err(error) => {
                        assert_eq!(error.code(), Code::Cancelled);
                        Outcome::Aborted
                    }
                }
            }
            _ => {
                txn.commit().unwrap();
                Outcome::Committed
            }
        };
        Transaction {
            operations,
            outcome,
            begun,
            ended: self.tick(),
        }
    }
}

fn record(database: &Database, seed: u64, transactions: u64) -> Vec<Transaction> {
    let (clock, versions) = (AtomicU64::new(1), AtomicU64::new(1));
    let workload = Workload {
        database,
        clock: &clock,
        versions: &versions,
    };
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS as u64)
            .map(|thread| {
                let workload = &workload;
                scope.spawn(move || {
                    let mut random = Random::new(seed * 1000 + thread);
                    (0..transactions)
                        .map(|_| match random.percent(50) {
                            true => workload.writer(&mut random),
                            false => workload.reader(&mut random),
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        // Meanwhile runs move from memory to disk and are merged.
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                database.quiesce(&Control::new()).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        });
        let history = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect();
        done.store(true, Ordering::Relaxed);
        history
    })
}

fn is_isolated(database: &Database, seed: u64) {
    let transactions = number("TRIPLESTORE_ISOLATION_TRANSACTIONS", 120);
    let history = record(database, seed, transactions);
    let none: BTreeSet<Anomaly> = BTreeSet::new();
    assert_eq!(anomalies(&history), none, "seed {seed}");
    // The history says something: there were writers of both kinds, and reads of what they wrote.
    let count = |outcome| history.iter().filter(|t| t.outcome == outcome).count();
    assert!(count(Outcome::Committed) > 10 && count(Outcome::Aborted) > 0);
    let reads = history.iter().flat_map(|t| &t.operations);
    assert!(
        reads
            .clone()
            .any(|o| matches!(o, Operation::Read { version, .. } if *version > 0))
    );
    // What is left is what the last writers wrote.
    let snapshot = database.snapshot().unwrap();
    let committed: BTreeSet<Version> = history
        .iter()
        .filter(|t| t.outcome == Outcome::Committed)
        .flat_map(|t| &t.operations)
        .filter_map(|o| match o {
            Operation::Write { version, .. } => Some(*version),
            Operation::Read { .. } => None,
        })
        .collect();
    for key in 0..KEYS {
        let left = version(&snapshot, key, true);
        assert!(left == 0 || committed.contains(&left));
    }
    assert_eq!(
        database.check(&Control::new()).unwrap().problems,
        Vec::<String>::new()
    );
}

#[test]
fn concurrent_transactions_of_a_store_in_memory_are_isolated() {
    let seed = number("TRIPLESTORE_ISOLATION_SEED", 1);
    for seed in seed..seed + 2 {
        is_isolated(&Database::memory(&Config::default()).unwrap(), seed);
    }
}

#[test]
fn concurrent_transactions_of_a_store_on_disk_are_isolated() {
    let path: PathBuf = std::env::temp_dir().join(format!("ts-isolation-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    let mut config = Config::default();
    config.set("durability", "os_buffered").unwrap();
    let database = Database::open(&path, &config).unwrap();
    is_isolated(&database, number("TRIPLESTORE_ISOLATION_SEED", 1));
    database.close().unwrap();
    std::fs::remove_dir_all(&path).unwrap();
}
