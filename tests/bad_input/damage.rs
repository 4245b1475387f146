//! Damaged blocks, roots and logs.

use crate::environment::Scratch;
use crate::{assert_told, assert_usable, config, count, iri};
use oxrdf::{GraphName, Literal, NamedOrBlankNode, Quad};
use std::path::{Path, PathBuf};
use triplestore::config::Durability;
use triplestore::control::Control;
use triplestore::database::{Database, QuadPattern};
use triplestore::error::{Code, Error};

/// A closed store with several blocks of each sort, and terms.
fn filled(scratch: &Scratch) -> PathBuf {
    let store = scratch.join("store");
    let database = Database::open(&store, &config()).unwrap();
    let quads: Vec<Quad> = (0..60_000)
        .map(|i| {
            Quad::new(
                iri(&format!("subject/{}", i / 3)),
                iri(&format!("p{}", i % 3)),
                Literal::from(format!("a text with the number {i} in it")),
                GraphName::DefaultGraph,
            )
        })
        .collect();
    database.insert(&quads, &Control::new()).unwrap();
    database.compact(&Control::new()).unwrap();
    database.close().unwrap();
    store
}

/// Requests that need different parts of the store: what each finds, or its error.
fn requests(database: &Database) -> Vec<Result<u64, Error>> {
    let snapshot = database.snapshot().unwrap();
    let control = Control::new();
    let subject = NamedOrBlankNode::from(iri("subject/1"));
    let object = Literal::from("a text with the number 40000 in it");
    let patterns = [
        QuadPattern::default(),
        QuadPattern {
            predicate: Some(iri("p1").into()),
            ..QuadPattern::default()
        },
        QuadPattern {
            object: Some(object.into()),
            ..QuadPattern::default()
        },
        QuadPattern {
            subject: Some(subject.into()),
            ..QuadPattern::default()
        },
    ];
    let read = |pattern: &QuadPattern| {
        snapshot
            .quads(pattern, &control)?
            .try_fold(0, |count, quad| {
                quad?;
                Ok(count + 1)
            })
    };
    let mut results: Vec<_> = patterns.iter().map(read).collect();
    results.push(snapshot.count(&QuadPattern::default(), &control));
    results
}

#[test]
fn a_damaged_block_fails_only_the_requests_that_need_it_and_check_reports_it() {
    let scratch = Scratch::new("damaged-block");
    let store = filled(&scratch);
    let expected: Vec<u64> = {
        let database = Database::open(&store, &config()).unwrap();
        requests(&database)
            .into_iter()
            .map(Result::unwrap)
            .collect()
    };
    let mut files = files(&store.join("data"), "sst");
    files.retain(|path| std::fs::metadata(path).unwrap().len() > 4_000);
    assert!(files.len() >= 5, "four sorts and the terms: {files:?}");
    let mut failed_somewhere = 0;
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let mut damaged = bytes.clone();
        damaged[bytes.len() / 3] ^= 1;
        std::fs::write(&path, damaged).unwrap();
        let database = Database::open(&store, &config()).unwrap();
        let mut failed = 0;
        for (result, expected) in requests(&database).into_iter().zip(&expected) {
            match result {
                Ok(found) => assert_eq!(found, *expected, "{path:?}"),
                Err(error) => {
                    assert_told::<()>(Err(error), Code::CorruptBlock);
                    failed += 1;
                }
            }
        }
        failed_somewhere += failed;
        assert!(failed < expected.len(), "{path:?}: nothing can be read");
        let report = database.check(&Control::new()).unwrap();
        assert!(!report.is_sound(), "{path:?}: check does not see it");
        assert_usable(&database);
        database.close().unwrap();
        std::fs::write(&path, bytes).unwrap();
    }
    assert!(failed_somewhere > 0, "no request needed what was damaged");
    let database = Database::open(&store, &config()).unwrap();
    assert!(database.check(&Control::new()).unwrap().is_sound());
}

#[test]
fn a_damaged_root_is_told_and_nothing_is_made_up() {
    let scratch = Scratch::new("damaged-root");
    let store = filled(&scratch);
    let magic = b"TSROOT\r\n";
    let place = |bytes: &[u8]| {
        bytes
            .windows(magic.len())
            .position(|window| window == magic)
    };
    let (path, bytes, at) = files(&store.join("data"), "sst")
        .into_iter()
        .find_map(|path| {
            let bytes = std::fs::read(&path).unwrap();
            let at = place(&bytes)?;
            Some((path, bytes, at))
        })
        .expect("a closed store has its root in a table");
    let mut damaged = bytes.clone();
    damaged[at + 20] ^= 1;
    std::fs::write(&path, damaged).unwrap();
    let error = assert_told(Database::open(&store, &config()), Code::Corruption);
    assert!(error.hint().unwrap().contains("backup"), "{error}");
    std::fs::write(&path, bytes).unwrap();
    assert_usable(&Database::open(&store, &config()).unwrap());
}

/// A copy of a store as a kill after `commits` commits would leave it, all of them in the log, and the log.
fn killed(scratch: &Scratch, durability: Durability, commits: u64) -> (PathBuf, PathBuf) {
    let mut config = config();
    config.durability = durability;
    let database = Database::open(scratch.join("live"), &config).unwrap();
    for number in 0..commits {
        let quad = Quad::new(
            iri(&format!("subject/{number}")),
            iri("p"),
            Literal::from("a text that is not inline".repeat(20)),
            GraphName::DefaultGraph,
        );
        database.insert([&quad], &Control::new()).unwrap();
    }
    let store = scratch.join("killed");
    copy_directory(&scratch.join("live"), &store);
    let log = files(&store.join("data"), "log")
        .into_iter()
        .max_by_key(|path| std::fs::metadata(path).unwrap().len())
        .unwrap();
    (store, log)
}

#[test]
fn a_damaged_log_is_refused_and_recover_keeps_what_comes_before_the_damage() {
    let scratch = Scratch::new("damaged-log");
    let (store, log) = killed(&scratch, Durability::Sync, 40);
    let mut bytes = std::fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&log, bytes).unwrap();
    for read_only in [false, true] {
        let mut config = config();
        config.read_only = read_only;
        let error = assert_told(Database::open(&store, &config), Code::WalDamaged);
        assert!(
            error.hint().unwrap().contains("triplestore recover"),
            "{error}"
        );
    }
    let database = Database::recover(&store, &config()).unwrap();
    let kept = count(&database, &QuadPattern::default());
    assert!((5..35).contains(&kept), "{kept} of 40 commits");
    for number in 0..40 {
        let pattern = QuadPattern {
            subject: Some(iri(&format!("subject/{number}")).into()),
            ..QuadPattern::default()
        };
        assert_eq!(
            count(&database, &pattern),
            u64::from(number < kept),
            "commit {number}"
        );
    }
    assert_usable(&database);
    database.close().unwrap();
    let database = Database::open(&store, &config()).unwrap();
    assert_eq!(count(&database, &QuadPattern::default()), kept);
    assert!(database.check(&Control::new()).unwrap().is_sound());
}

#[test]
fn a_log_damaged_at_its_end_is_a_torn_write_and_opens() {
    let scratch = Scratch::new("torn-log");
    let (store, log) = killed(&scratch, Durability::Sync, 10);
    let bytes = std::fs::read(&log).unwrap();
    let last = bytes.len() - 100;
    let torn: [Vec<u8>; 3] = [
        bytes[..last].to_vec(),
        [&bytes[..last], &[0; 100][..]].concat(),
        [&bytes[..last], &[bytes[last] ^ 1], &bytes[last + 1..]].concat(),
    ];
    for (kind, torn) in torn.into_iter().enumerate() {
        let copy = scratch.join(&format!("copy-{kind}"));
        copy_directory(&store, &copy);
        std::fs::write(copy.join("data").join(log.file_name().unwrap()), torn).unwrap();
        let database =
            Database::open(&copy, &config()).unwrap_or_else(|error| panic!("{kind}: {error:?}"));
        assert_eq!(count(&database, &QuadPattern::default()), 9, "kind {kind}");
        assert_usable(&database);
    }
}

#[test]
fn a_log_that_was_never_synced_may_be_damaged_anywhere() {
    let scratch = Scratch::new("unsynced-log");
    let (store, log) = killed(&scratch, Durability::OsBuffered, 40);
    let mut bytes = std::fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&log, bytes).unwrap();
    let database = Database::open(&store, &config()).unwrap();
    let kept = count(&database, &QuadPattern::default());
    assert!((5..35).contains(&kept), "{kept} of 40 commits");
    assert_usable(&database);
    database.close().unwrap();
    let database = Database::open(&store, &config()).unwrap();
    assert_eq!(count(&database, &QuadPattern::default()), kept);
}

#[test]
fn a_log_table_that_cannot_be_read_is_refused_and_recovered_from() {
    let scratch = Scratch::new("log-table");
    let store = scratch.join("store");
    // So large that closing leaves these commits in the log, and only moves that to a table.
    let mut config = self::config();
    config.set("memory_budget_bytes", "1 GiB").unwrap();
    config.set("spill_bytes", "64 MiB").unwrap();
    let database = Database::open(&store, &config).unwrap();
    for number in 0..20 {
        let quad = Quad::new(
            iri(&format!("subject/{number}")),
            iri("p"),
            Literal::from(format!("{number:0>700}")),
            GraphName::DefaultGraph,
        );
        database.insert([&quad], &Control::new()).unwrap();
    }
    database.close().unwrap();
    let (path, mut bytes) = files(&store.join("data"), "sst")
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .find(|(_, bytes)| !bytes.windows(8).any(|window| window == b"TSROOT\r\n"))
        .expect("there is a table of the log beside that of the root");
    bytes[100] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error = assert_told(Database::open(&store, &config), Code::WalDamaged);
    assert!(
        error.hint().unwrap().contains("triplestore recover"),
        "{error}"
    );
    let database = Database::recover(&store, &config).unwrap();
    assert_usable(&database);
    database.close().unwrap();
    assert_usable(&Database::open(&store, &config).unwrap());
}

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    found.sort();
    found
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
