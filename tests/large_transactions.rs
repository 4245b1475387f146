//! Write transactions whose new terms have far more bytes than the store has memory: they are committed, whole or not
//! at all wherever the process dies, and memory stays within the budget.

mod environment;
mod subprocess;
mod workload;

use environment::Scratch;
use oxrdf::{GraphName, Literal, NamedNode, Quad, Triple};
use std::path::Path;
use std::time::Duration;
use triplestore::config::Durability;
use triplestore::control::Control;
use triplestore::database::{Database, QuadPattern};
use workload::{Numbers, config};

/// The budget is that of preset `tiny`: 48 MiB.
const BUDGET_BYTES: u64 = 48 << 20;
/// Quads of the large transaction, and bytes of the literal of each.
const QUADS: u64 = 150_000;
const LITERAL_BYTES: usize = 1000;
/// One quad in so many has a triple term for its object.
const TRIPLE_EVERY: u64 = 8;

fn open(directory: &Path) -> Database {
    Database::open(directory, &config(Durability::OsBuffered)).unwrap()
}

fn iri(name: String) -> NamedNode {
    NamedNode::new_unchecked(format!("http://example.org/{name}"))
}

/// Quad `number` of the large transaction.
fn quad(number: u64) -> Quad {
    let mut numbers = Numbers(number);
    let mut text = format!("{number} ");
    while text.len() < LITERAL_BYTES {
        text.push_str(&format!("{:016x}", numbers.next()));
    }
    let (s, p) = (iri(format!("large/{number}")), iri("p".to_owned()));
    let literal = Literal::from(text);
    match number % TRIPLE_EVERY {
        0 => {
            let triple = Triple::new(s.clone(), p.clone(), literal);
            Quad::new(s, p, triple, GraphName::DefaultGraph)
        }
        _ => Quad::new(s, p, literal, GraphName::DefaultGraph),
    }
}

/// A quad of a transaction before.
fn small() -> Quad {
    let s = iri("small".to_owned());
    Quad::new(s.clone(), s.clone(), s, GraphName::DefaultGraph)
}

/// Commits the large transaction, after calling `before_commit` with everything inserted.
fn commit_large(database: &Database, before_commit: impl FnOnce()) {
    let mut transaction = database.begin(&Control::new()).unwrap();
    for number in 0..QUADS {
        transaction.insert(&quad(number)).unwrap();
    }
    // Terms that are not in memory any more are found again, and a change of mind is the last word.
    transaction.delete(&quad(0)).unwrap();
    transaction.delete(&quad(1)).unwrap();
    transaction.insert(&quad(0)).unwrap();
    before_commit();
    let committed = transaction.commit().unwrap();
    assert_eq!((committed.inserted, committed.deleted), (QUADS - 1, 0));
}

/// How many quads of the large transaction the store has, which are those that were inserted.
fn large_quads(database: &Database) -> u64 {
    let control = Control::new();
    let report = database.check(&control).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    let snapshot = database.snapshot().unwrap();
    let mut found = 0;
    let mut has_small = false;
    for read in snapshot.quads(&QuadPattern::default(), &control).unwrap() {
        let read = read.unwrap();
        if read == small() {
            has_small = true;
            continue;
        }
        let number = read.subject.to_string();
        let number = number.trim_end_matches('>').rsplit('/').next().unwrap();
        assert_eq!(read, quad(number.parse().unwrap()));
        found += 1;
    }
    assert!(has_small, "an earlier commit is lost");
    found
}

/// The most memory this process has had, in bytes.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() << 10
}

#[test]
fn terms_far_larger_than_the_budget_are_committed_within_it() {
    const TEST: &str = "terms_far_larger_than_the_budget_are_committed_within_it";
    const { assert!(QUADS * LITERAL_BYTES as u64 > 2 * BUDGET_BYTES) };
    if let Some(task) = subprocess::task() {
        let database = open(Path::new(&task));
        subprocess::say("running");
        database.insert([&small()], &Control::new()).unwrap();
        commit_large(&database, || {});
        database.close().unwrap();
        subprocess::say(&peak_bytes().to_string());
        return;
    }
    let scratch = Scratch::new("large-terms");
    let store = scratch.join("store");
    let child = subprocess::command(TEST, store.to_str().unwrap()).spawn();
    let ended = subprocess::wait(child.unwrap());
    assert!(ended.success, "{}", ended.errors);
    let peak: u64 = ended.lines.last().unwrap().parse().unwrap();
    println!("peak {} MiB", peak >> 20);
    assert!(peak < BUDGET_BYTES, "{} MiB", peak >> 20);
    let database = open(&store);
    assert_eq!(large_quads(&database), QUADS - 1);
}

#[test]
fn a_kill_leaves_all_of_a_large_transaction_or_nothing() {
    const TEST: &str = "a_kill_leaves_all_of_a_large_transaction_or_nothing";
    if let Some(task) = subprocess::task() {
        let (path, until) = task.split_once(' ').unwrap();
        let database = open(Path::new(path));
        database.insert([&small()], &Control::new()).unwrap();
        // The time to the kill runs from the first word.
        if until == "inserting" {
            subprocess::say("running");
        }
        commit_large(&database, || subprocess::say("running"));
        subprocess::say("committed");
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let rounds = subprocess::setting("TRIPLESTORE_LARGE_KILL_ROUNDS", 5);
    let seed = subprocess::setting("TRIPLESTORE_LARGE_KILL_SEED", u64::from(std::process::id()));
    println!("TRIPLESTORE_LARGE_KILL_SEED={seed} TRIPLESTORE_LARGE_KILL_ROUNDS={rounds}");
    let mut numbers = Numbers(seed);
    let (mut kept, mut lost) = (0, 0);
    for round in 0..rounds {
        let scratch = Scratch::new("large-kill");
        let store = scratch.join("store");
        let (until, longest_ms) = match round % 2 {
            0 => ("committing", 1500),
            _ => ("inserting", 4000),
        };
        let time = Duration::from_millis(numbers.below(longest_ms));
        let task = format!("{} {until}", store.display());
        let child = subprocess::command(TEST, &task).spawn();
        let ended = subprocess::kill_after(child.unwrap(), time);
        assert!(!ended.errors.contains("panicked"), "{}", ended.errors);
        let is_committed = ended.lines.iter().any(|line| line == "committed");
        let database = open(&store);
        match large_quads(&database) {
            0 => {
                assert!(
                    !is_committed,
                    "an acknowledged commit is lost after {time:?}"
                );
                lost += 1;
                // What was written of it went when the store was opened.
                database.compact(&Control::new()).unwrap();
                let bytes = database.health().unwrap().page_file_bytes;
                assert!(bytes < 1 << 20, "{bytes} bytes are left after {time:?}");
            }
            quads => {
                assert_eq!(quads, QUADS - 1, "killed after {time:?}");
                kept += 1;
            }
        }
        database.close().unwrap();
    }
    println!("{kept} kept, {lost} lost");
}
