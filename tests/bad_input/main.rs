//! What users give wrongly and what disks do to stores: each has a code of its own and a message that says
//! what to do, and the store is usable afterwards.

mod damage;
mod documents;
#[path = "../environment/mod.rs"]
mod environment;
mod paths;
mod queries;
#[path = "../subprocess/mod.rs"]
mod subprocess;
mod updates;

use oxrdf::{GraphName, Literal, NamedNode, Quad};
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, QuadPattern};
use triplestore::error::{Code, Error};

fn config() -> Config {
    let mut config = Config::preset("tiny").unwrap();
    config.set("spill_bytes", "1 MiB").unwrap();
    config
}

fn iri(name: &str) -> NamedNode {
    NamedNode::new_unchecked(format!("http://example.org/{name}"))
}

fn count(database: &Database, pattern: &QuadPattern) -> u64 {
    let snapshot = database.snapshot().unwrap();
    snapshot.count(pattern, &Control::new()).unwrap()
}

/// The store takes a commit and finds it.
fn assert_usable(database: &Database) {
    let quad = Quad::new(
        iri("usable"),
        iri("p"),
        Literal::from("afterwards, by a text"),
        GraphName::DefaultGraph,
    );
    let pattern = QuadPattern {
        subject: Some(iri("usable").into()),
        ..QuadPattern::default()
    };
    database.insert([&quad], &Control::new()).unwrap();
    assert_eq!(count(database, &pattern), 1);
    database.delete([&quad], &Control::new()).unwrap();
    assert_eq!(count(database, &pattern), 0);
}

/// An error with this code, whose message tells what to do.
#[track_caller]
fn assert_told<T>(result: Result<T, Error>, code: Code) -> Error {
    let error = result.err().expect("this must fail");
    assert_eq!(error.code(), code, "{error:?}");
    assert!(
        error.hint().is_some_and(|hint| hint.len() > 10),
        "no hint: {error:?}"
    );
    assert!(!error.detail().is_empty());
    error
}
