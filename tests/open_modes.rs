//! Who may have a store open beside whom (definition 35), in one process and in several, and that a store
//! in memory differs in nothing but that nothing is on disk.

mod environment;
mod subprocess;

use environment::Scratch;
use oxrdf::{GraphName, Literal, NamedNode, Quad};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, QuadPattern};
use triplestore::error::{Code, Error};

fn config(read_only: bool) -> Config {
    let mut config = Config::preset("tiny").unwrap();
    config.read_only = read_only;
    config
}

fn quad(number: i64) -> Quad {
    Quad::new(
        NamedNode::new_unchecked("http://example.org/s"),
        NamedNode::new_unchecked("http://example.org/p"),
        Literal::from(number),
        GraphName::DefaultGraph,
    )
}

fn insert(database: &Database, number: i64) {
    database.insert([&quad(number)], &Control::new()).unwrap();
}

fn count(database: &Database) -> u64 {
    let snapshot = database.snapshot().unwrap();
    snapshot
        .count(&QuadPattern::default(), &Control::new())
        .unwrap()
}

/// Another process that has the store open until it is dropped.
struct Holder(Child);

impl Holder {
    fn new(test: &str, store: &Path, mode: &str) -> Self {
        let task = format!("{mode} {}", store.display());
        let mut command = subprocess::command(test, &task);
        // It ends when its input does.
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut lines = output.lines().map_while(Result::ok);
        assert!(
            lines.any(|line| line == "@ open"),
            "{test}: the other process has not opened"
        );
        Self(child)
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// In the child: opens the store and waits.
fn hold(task: &str) {
    let (mode, store) = task.split_once(' ').unwrap();
    let _database = Database::open(store, &config(mode == "reading")).unwrap();
    subprocess::say("open");
    let _ = std::io::stdin().lines().count();
}

fn refused(store: &Path, read_only: bool) -> Error {
    let error = Database::open(store, &config(read_only)).err().unwrap();
    assert_eq!(error.code(), Code::StoreInUse, "{error}");
    assert!(error.retriable());
    assert!(error.hint().unwrap().contains("checkpoint"), "{error}");
    error
}

#[test]
fn beside_a_writer_in_another_process_every_open_is_refused_and_names_it() {
    let test = "beside_a_writer_in_another_process_every_open_is_refused_and_names_it";
    if let Some(task) = subprocess::task() {
        return hold(&task);
    }
    let scratch = Scratch::new("beside-writer");
    let store = scratch.join("store");
    let holder = Holder::new(test, &store, "writing");
    for read_only in [true, false] {
        let error = refused(&store, read_only);
        let process = format!("process {}", holder.pid());
        assert!(error.detail().contains(&process), "{error}");
    }
    drop(holder);
    insert(&Database::open(&store, &config(false)).unwrap(), 1);
}

#[test]
fn beside_readers_in_other_processes_more_may_read_and_none_may_write() {
    let test = "beside_readers_in_other_processes_more_may_read_and_none_may_write";
    if let Some(task) = subprocess::task() {
        return hold(&task);
    }
    let scratch = Scratch::new("beside-readers");
    let store = scratch.join("store");
    insert(&Database::open(&store, &config(false)).unwrap(), 1);
    let _one = Holder::new(test, &store, "reading");
    let two = Holder::new(test, &store, "reading");
    let here: Vec<Database> = (0..3)
        .map(|_| Database::open(&store, &config(true)).unwrap())
        .collect();
    assert!(here.iter().all(|database| count(database) == 1));
    let error = refused(&store, false);
    assert!(error.detail().contains("handles that read it"), "{error}");
    drop(two);
    refused(&store, false);
    // One that has ended for any reason holds nothing.
    drop((_one, here));
    insert(&Database::open(&store, &config(false)).unwrap(), 2);
}

#[test]
fn a_killed_writer_holds_nothing() {
    let test = "a_killed_writer_holds_nothing";
    if let Some(task) = subprocess::task() {
        return hold(&task);
    }
    let scratch = Scratch::new("killed-writer");
    let store = scratch.join("store");
    for number in 1..=3 {
        let mut holder = Holder::new(test, &store, "writing");
        holder.0.kill().unwrap();
        holder.0.wait().unwrap();
        let database = Database::open(&store, &config(false)).unwrap();
        insert(&database, number);
        assert_eq!(count(&database), number as u64);
        database.close().unwrap();
    }
}

#[test]
fn a_second_handle_in_one_process_is_refused_and_told_so() {
    let scratch = Scratch::new("second-handle");
    let store = scratch.join("store");
    let _database = Database::open(&store, &config(false)).unwrap();
    let error = refused(&store, false);
    assert!(
        error.detail().contains("another handle in this process"),
        "{error}"
    );
    // By another name it is the same store.
    let link = scratch.join("link");
    std::os::unix::fs::symlink(&store, &link).unwrap();
    refused(&link, true);
}

#[test]
fn a_read_only_store_refuses_every_write_and_stays_as_it_is_on_disk() {
    let scratch = Scratch::new("read-only");
    let store = scratch.join("store");
    let database = Database::open(&store, &config(false)).unwrap();
    insert(&database, 1);
    // Not closed: what is in the log only is read as well.
    let copy = scratch.join("copy");
    copy_directory(&store, &copy);
    drop(database);
    let before = listing(&copy);
    let database = Database::open(&copy, &config(true)).unwrap();
    assert_eq!(count(&database), 1);
    let control = Control::new();
    let refusals = [
        database.insert([&quad(2)], &control).err(),
        database.compact(&control).err(),
        database.quiesce(&control).err(),
        database
            .load_bytes(
                b"<http://example.org/s> <http://example.org/p> 1 .",
                &triplestore::database::LoadOptions {
                    format: Some(triplestore::load::Format::Turtle),
                    ..Default::default()
                },
                &control,
            )
            .err(),
    ];
    for refusal in refusals {
        assert_eq!(refusal.unwrap().code(), Code::ReadOnly);
    }
    assert!(!database.health().unwrap().writable);
    assert!(database.check(&control).unwrap().is_sound());
    database.close().unwrap();
    assert_eq!(listing(&copy), before);
}

#[test]
fn a_store_opens_again_the_moment_it_is_closed() {
    let scratch = Scratch::new("reopen");
    let store = scratch.join("store");
    for number in 1..=30 {
        let database = Database::open(&store, &config(false)).unwrap();
        insert(&database, number);
        assert_eq!(count(&database), number as u64);
        // Readers and clones that are still about do not keep it open.
        let snapshot = database.snapshot().unwrap();
        let clone = database.clone();
        match number % 3 {
            0 => database.close().unwrap(),
            1 => std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| {
                        database.close().unwrap();
                        assert!(!database.is_open());
                    });
                }
            }),
            _ => drop((database, clone.close())),
        }
        assert_eq!(clone.snapshot().err().unwrap().code(), Code::Closed);
        drop(snapshot);
        let reader = Database::open(&store, &config(true)).unwrap();
        assert_eq!(count(&reader), number as u64);
    }
}

#[test]
fn closing_does_not_wait_for_a_sync_that_is_an_hour_away() {
    let scratch = Scratch::new("interval");
    let mut config = config(false);
    config.set("durability", "interval").unwrap();
    config.set("durability_interval_ms", "3600000").unwrap();
    // If it waited, the test would not end.
    for number in 1..=2 {
        let database = Database::open(scratch.join("store"), &config).unwrap();
        insert(&database, number);
        database.close().unwrap();
    }
    let database = Database::open(scratch.join("store"), &config).unwrap();
    assert_eq!(count(&database), 2);
}

#[test]
fn a_transaction_that_outlives_its_store_is_told_that_it_is_closed() {
    let scratch = Scratch::new("outlived");
    for in_memory in [true, false] {
        let database = match in_memory {
            true => Database::memory(&config(false)).unwrap(),
            false => Database::open(scratch.join("store"), &config(false)).unwrap(),
        };
        let mut transaction = database.begin(&Control::new()).unwrap();
        transaction.insert(&quad(1)).unwrap();
        database.close().unwrap();
        assert_eq!(transaction.commit().unwrap_err().code(), Code::Closed);
    }
    let database = Database::open(scratch.join("store"), &config(false)).unwrap();
    assert_eq!(count(&database), 0);
}

#[test]
fn stores_in_memory_are_apart_and_gone_when_closed() {
    let one = Database::memory(&config(false)).unwrap();
    let two = Database::memory(&config(false)).unwrap();
    insert(&one, 1);
    assert_eq!((count(&one), count(&two)), (1, 0));
    assert_eq!(one.path(), None);
    one.compact(&Control::new()).unwrap();
    assert!(one.check(&Control::new()).unwrap().is_sound());
    one.close().unwrap();
    assert_eq!(one.snapshot().err().unwrap().code(), Code::Closed);
    assert_eq!(
        one.begin(&Control::new()).err().map(|error| error.code()),
        Some(Code::Closed)
    );
}

fn copy_directory(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_directory(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Names and contents of everything below a directory.
fn listing(directory: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(listing(&path)),
            false => found.push((path.clone(), std::fs::read(&path).unwrap())),
        }
    }
    found.sort();
    found
}
