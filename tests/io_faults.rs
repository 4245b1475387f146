//! The Nth write, sync, open, rename, link, removal, truncation or mkdir of a fixed workload fails, for every
//! N. The call that meets it returns an error with a code, or the fault is got over; the store goes on or
//! takes no more writes until it is opened again (definition 34); readers go on; nothing that was
//! committed is lost and nothing that failed is there in part.
//!
//! TRIPLESTORE_IO_FAULTS=all tries every N, and a name of a class every N of it; the default is a sample. TRIPLESTORE_IO_FAULTS=CLASS:N:COUNT:ERROR
//! repeats one.

mod environment;
mod shim;
mod subprocess;
mod workload;

use environment::Scratch;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use triplestore::config::Durability;
use triplestore::control::Control;
use triplestore::database::{Database, QuadPattern};
use triplestore::error::{Code, Error};
use workload::{Workload, config};

const TEST: &str = "every_failing_file_operation_is_an_error_with_a_code_and_loses_nothing";
const COMMITS: u64 = 14;
/// Faults tried of each class and kind, without TRIPLESTORE_IO_FAULTS.
const SAMPLE: u64 = 3;

const WORKLOAD: Workload = Workload {
    seed: 2718,
    huge_every: 9,
    load_every: 7,
};

/// How many calls of a class fail, and how: what the system may answer to them.
fn kinds(class: &str) -> &'static [(u64, &'static str)] {
    match class {
        "write" => &[(1, "EIO"), (1, "SHORT"), (60, "ENOSPC")],
        "sync" | "unlink" => &[(1, "EIO")],
        _ => &[(1, "EIO"), (60, "ENOSPC")],
    }
}

/// In the child: creates a store, commits, spills, merges, loads, closes, opens again. Says what became of each
/// commit.
fn live(directory: &Path) {
    let config = config(Durability::Sync);
    let store = directory.join("recorded/store");
    let mut number = 1;
    for until in [COMMITS / 2, COMMITS] {
        let mut opened = Database::open(&store, &config);
        if let Err(error) = &opened {
            say_error("open", error);
            opened = Database::open(&store, &config);
        }
        let database = match opened {
            Ok(database) => database,
            // The disk stays full for a while: the parent opens it.
            Err(error) => return say_error("open", &error),
        };
        while number <= until {
            match WORKLOAD.apply(&database, 0, number, directory) {
                Ok(()) => subprocess::say(&format!("ok {number}")),
                Err(error) => {
                    say_error(&format!("failed {number}"), &error);
                    if error.code() == Code::CommitInDoubt || error.code() == Code::ReopenRequired {
                        assert_poisoned(&database);
                        break;
                    }
                    assert!(database.is_open());
                }
            }
            if number % 5 == 0
                && let Err(error) = database.compact(&Control::new())
            {
                say_error("compact", &error);
            }
            assert_reads(&database);
            number += 1;
        }
        if let Err(error) = database.close() {
            say_error("close", &error);
        }
        if number <= until {
            // Opening decides whether the commit that is in doubt is there; the parent looks.
            return;
        }
    }
}

fn say_error(what: &str, error: &Error) {
    assert!(!error.detail().is_empty());
    subprocess::say(&format!(
        "{what} {} {}",
        error.code().name(),
        one_line(error)
    ));
}

fn one_line(error: &Error) -> String {
    error.to_string().replace('\n', " ")
}

/// Reads go on, writes are refused by their own code, and health says so.
fn assert_poisoned(database: &Database) {
    let refused = database
        .begin(&Control::new())
        .err()
        .map(|error| error.code());
    assert_eq!(refused, Some(Code::ReopenRequired));
    let refused = database
        .compact(&Control::new())
        .err()
        .map(|error| error.code());
    assert_eq!(refused, Some(Code::ReopenRequired));
    assert!(!database.health().unwrap().writable);
    assert_reads(database);
}

fn assert_reads(database: &Database) {
    let snapshot = database.snapshot().unwrap();
    let control = Control::new();
    let count = snapshot.count(&QuadPattern::default(), &control).unwrap();
    let read = snapshot
        .quads(&QuadPattern::default(), &control)
        .unwrap()
        .map(Result::unwrap)
        .count();
    assert_eq!(read as u64, count);
}

#[test]
fn every_failing_file_operation_is_an_error_with_a_code_and_loses_nothing() {
    if let Some(task) = subprocess::task() {
        return live(Path::new(&task));
    }
    let scratch = Scratch::new("io-faults");
    let Some(library) = shim::build(scratch.path()) else {
        return;
    };
    let asked = std::env::var("TRIPLESTORE_IO_FAULTS").unwrap_or_default();
    if asked.contains(':') {
        println!("{:?}", run(&scratch, &library, &asked));
        return;
    }
    // A run without a fault shows how many calls there are.
    let told = run(&scratch, &library, "write:0:0:EIO");
    assert!(told.iter().all(|line| line.starts_with("ok ")), "{told:?}");
    assert_eq!(told.len() as u64, COMMITS);
    let counts = shim::counts(&scratch.join("counts-write:0:0:EIO"));
    assert!(counts.iter().all(|&calls| calls > 0), "{counts:?}");
    let faults = faults(counts, &asked);
    let next = AtomicUsize::new(0);
    let failed_commits = AtomicUsize::new(0);
    let got_over = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, |number| number.get());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let told = run(&scratch, &library, fault);
                    if told.iter().any(|line| line.starts_with("failed ")) {
                        failed_commits.fetch_add(1, Ordering::Relaxed);
                    }
                    if told.iter().all(|line| line.starts_with("ok ")) {
                        got_over.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    println!(
        "{} faults: {failed_commits:?} failed a commit, {got_over:?} were got over; calls {counts:?}",
        faults.len()
    );
    assert!(got_over.into_inner() < faults.len(), "no fault was met");
}

/// The faults to try, of every class and kind, as the shim reads them.
fn faults(counts: [u64; shim::CLASSES.len()], asked: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let all = !asked.is_empty();
    for (class, calls) in shim::CLASSES.into_iter().zip(counts) {
        if all && asked != "all" && asked != class {
            continue;
        }
        for (index, (count, error)) in kinds(class).iter().enumerate() {
            let stride = if all { 1 } else { calls.div_ceil(SAMPLE) };
            // Another place in the stride for each kind.
            let first = 1 + index as u64 * 7 % stride;
            let calls = (first..=calls).step_by(stride as usize);
            faults.extend(calls.map(|call| format!("{class}:{call}:{count}:{error}")));
        }
    }
    faults
}

/// One life of a store with a fault, and what it leaves. Returns what the child said.
fn run(scratch: &Scratch, library: &Path, fault: &str) -> Vec<String> {
    let directory = scratch.join(&format!("run-{fault}"));
    let recorded = directory.join("recorded");
    std::fs::create_dir_all(&recorded).unwrap();
    let child = subprocess::command(TEST, &directory.display().to_string())
        .env("LD_PRELOAD", library)
        .env("TS_SHIM_ROOT", &recorded)
        .env("TS_SHIM_COUNTS", scratch.join(&format!("counts-{fault}")))
        .env("TS_SHIM_FAIL", fault)
        .spawn()
        .unwrap();
    let ended = subprocess::wait(child);
    let told = format!("TRIPLESTORE_IO_FAULTS={fault}: {:?}", ended.lines);
    assert!(ended.success, "{told}\n{}", ended.errors);
    let outcome = Outcome::of(&ended.lines);
    verify(&recorded.join("store"), &outcome, &told);
    std::fs::remove_dir_all(&directory).unwrap();
    ended.lines
}

/// What became of each commit.
#[derive(Debug, Default)]
struct Outcome {
    committed: Vec<u64>,
    failed: Vec<u64>,
    in_doubt: Option<u64>,
}

impl Outcome {
    fn of(lines: &[String]) -> Self {
        let mut outcome = Self::default();
        for line in lines {
            let mut words = line.split(' ');
            let kind = words.next().unwrap_or_default();
            let mut number = || words.next().unwrap().parse().unwrap();
            match kind {
                "ok" => outcome.committed.push(number()),
                "failed" if line.contains(Code::CommitInDoubt.name()) => {
                    outcome.in_doubt = Some(number());
                }
                "failed" => outcome.failed.push(number()),
                _ => {}
            }
        }
        outcome
    }
}

fn verify(store: &PathBuf, outcome: &Outcome, told: &str) {
    let database = match Database::open(store, &config(Durability::Sync)) {
        Ok(database) => database,
        Err(error) => panic!("{told}: reopening: {error:?}"),
    };
    let without = outcome.committed.clone();
    let with: Vec<u64> = without.iter().copied().chain(outcome.in_doubt).collect();
    let found = WORKLOAD
        .verify_exactly(&database, 0, &[&without, &with])
        .unwrap_or_else(|problem| panic!("{told}: {problem}"));
    if outcome.in_doubt.is_none() {
        assert_eq!(found, 0);
    }
    // It takes commits again.
    WORKLOAD
        .apply(&database, 1, 1, store.parent().unwrap())
        .unwrap_or_else(|error| panic!("{told}: {error:?}"));
    database
        .close()
        .unwrap_or_else(|error| panic!("{told}: {error:?}"));
}
