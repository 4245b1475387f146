//! The facade as an application in Rust uses it.

use oxrdf::{BlankNode, GraphName, Literal, NamedNode, Quad, Term};
use std::collections::BTreeSet;
use std::path::PathBuf;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, GraphPattern, LoadOptions, QuadPattern};
use triplestore::error::Code;
use triplestore::load::{Dump, DumpOptions, Format, OnError};

/// A directory that is removed with the value.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ts-database-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn iri(name: &str) -> NamedNode {
    NamedNode::new_unchecked(format!("http://example.org/{name}"))
}

fn control() -> Control {
    Control::new()
}

fn turtle() -> LoadOptions {
    LoadOptions {
        format: Some(Format::Turtle),
        ..LoadOptions::default()
    }
}

fn quads(database: &Database, pattern: &QuadPattern) -> Vec<Quad> {
    let snapshot = database.snapshot().unwrap();
    let found: Vec<Quad> = snapshot
        .quads(pattern, &control())
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        snapshot.count(pattern, &control()).unwrap(),
        found.len() as u64
    );
    found
}

const DOCUMENT: &str = r#"
@prefix : <http://example.org/> .
:a :knows :b , :c ; :name "A", "Ä"@de, "a long name that is not inline"@en--ltr ; :age 42, "042"^^<http://www.w3.org/2001/XMLSchema#integer> .
_:x :knows :a ; :price 1.50 , 2.5e0 , "1234567890123456789012345678901234567890"^^<http://www.w3.org/2001/XMLSchema#integer> .
:b :said <<( :a :knows _:x )>> .
"#;

#[test]
fn what_is_loaded_is_found_by_every_pattern_before_and_after_reopening() {
    let directory = Directory::new("patterns");
    let config = Config::default();
    let mut database = Database::open(&directory.0, &config).unwrap();
    let report = database
        .load_bytes(DOCUMENT.as_bytes(), &turtle(), &control())
        .unwrap();
    assert_eq!((report.statements, report.inserted), (12, 12));
    let again = database
        .load_bytes(
            b"<http://example.org/a> <http://example.org/knows> <http://example.org/b> .",
            &turtle(),
            &control(),
        )
        .unwrap();
    assert_eq!((again.statements, again.inserted), (1, 0));
    for _ in 0..2 {
        let all = quads(&database, &QuadPattern::default());
        assert_eq!(all.len(), 12);
        // Every pattern made from every quad finds exactly the quads that match it.
        for quad in &all {
            for mask in 0..8 {
                let pattern = QuadPattern {
                    subject: (mask & 1 != 0).then(|| quad.subject.clone().into()),
                    predicate: (mask & 2 != 0).then(|| quad.predicate.clone().into()),
                    object: (mask & 4 != 0).then(|| quad.object.clone()),
                    ..QuadPattern::default()
                };
                let expected: BTreeSet<String> = all
                    .iter()
                    .filter(|other| mask & 1 == 0 || other.subject == quad.subject)
                    .filter(|other| mask & 2 == 0 || other.predicate == quad.predicate)
                    .filter(|other| mask & 4 == 0 || other.object == quad.object)
                    .map(Quad::to_string)
                    .collect();
                let found: BTreeSet<String> = quads(&database, &pattern)
                    .iter()
                    .map(Quad::to_string)
                    .collect();
                assert_eq!(found, expected, "{pattern:?}");
            }
        }
        let lexical: BTreeSet<String> = all
            .iter()
            .filter_map(|quad| match &quad.object {
                Term::Literal(literal) => Some(literal.to_string()),
                _ => None,
            })
            .collect();
        for form in [
            "\"042\"^^<http://www.w3.org/2001/XMLSchema#integer>",
            "\"Ä\"@de",
            "\"a long name that is not inline\"@en--ltr",
        ] {
            assert!(lexical.contains(form), "{form} in {lexical:?}");
        }
        database.close().unwrap();
        database = Database::open(&directory.0, &config).unwrap();
    }
}

#[test]
fn named_graphs_are_kept_apart_and_a_target_graph_takes_what_has_none() {
    let database = Database::memory(&Config::default()).unwrap();
    let trig = LoadOptions {
        format: Some(Format::TriG),
        ..LoadOptions::default()
    };
    database
        .load_bytes(
            b"@prefix : <http://example.org/> . :s :p 1 . :g { :s :p 1 , 2 } _:h { :s :p 3 }",
            &trig,
            &control(),
        )
        .unwrap();
    let into = LoadOptions {
        graph: Some(iri("g").into()),
        ..turtle()
    };
    database
        .load_bytes(
            b"<http://example.org/s> <http://example.org/p> 9 .",
            &into,
            &control(),
        )
        .unwrap();
    let count = |graph: GraphPattern| {
        quads(
            &database,
            &QuadPattern {
                graph,
                ..QuadPattern::default()
            },
        )
        .len()
    };
    assert_eq!(count(GraphPattern::Any), 5);
    assert_eq!(count(GraphPattern::Default), 1);
    assert_eq!(count(GraphPattern::Named), 4);
    assert_eq!(count(GraphPattern::One(iri("g").into())), 3);
    assert_eq!(count(GraphPattern::One(iri("nowhere").into())), 0);
    let stats = database.snapshot().unwrap().stats(&control()).unwrap();
    assert_eq!(
        (
            stats.quads,
            stats.named_graphs,
            stats.distinct_subjects,
            stats.distinct_predicates,
            stats.distinct_objects
        ),
        (5, 2, 1, 1, 4)
    );
}

#[test]
fn blank_nodes_of_two_documents_are_different_and_printed_labels_address_them() {
    let database = Database::memory(&Config::default()).unwrap();
    let document = b"_:a <http://example.org/p> \"x\" .";
    for _ in 0..2 {
        assert_eq!(
            database
                .load_bytes(document, &turtle(), &control())
                .unwrap()
                .inserted,
            1
        );
    }
    let all = quads(&database, &QuadPattern::default());
    assert_eq!(all.len(), 2);
    let removed = database.delete([&all[0]], &control()).unwrap();
    assert_eq!((removed.inserted, removed.deleted), (0, 1));
    let unknown = Quad::new(
        BlankNode::new_unchecked("nobody"),
        iri("p"),
        iri("o"),
        GraphName::DefaultGraph,
    );
    assert_eq!(
        database.insert([&unknown], &control()).unwrap_err().code(),
        Code::InvalidInput
    );
    assert_eq!(database.delete([&unknown], &control()).unwrap().deleted, 0);
}

#[test]
fn counts_of_a_transaction_are_net_and_a_dropped_one_leaves_nothing() {
    let database = Database::memory(&Config::default()).unwrap();
    let quad = |n: i64| {
        Quad::new(
            iri("s"),
            iri("p"),
            Literal::from(n),
            GraphName::DefaultGraph,
        )
    };
    let mut transaction = database.begin(&control()).unwrap();
    transaction.insert(&quad(1)).unwrap();
    transaction.insert(&quad(2)).unwrap();
    transaction.delete(&quad(1)).unwrap();
    transaction.delete(&quad(3)).unwrap();
    let committed = transaction.commit().unwrap();
    assert_eq!((committed.inserted, committed.deleted), (1, 0));
    let mut transaction = database.begin(&control()).unwrap();
    transaction.insert(&quad(7)).unwrap();
    transaction.rollback();
    assert_eq!(quads(&database, &QuadPattern::default()), [quad(2)]);
}

#[test]
fn a_bad_document_leaves_the_store_as_it_was_and_says_where_it_is_bad() {
    let database = Database::memory(&Config::default()).unwrap();
    database
        .load_bytes(
            b"<http://example.org/a> <http://example.org/b> 1 .",
            &turtle(),
            &control(),
        )
        .unwrap();
    let lines = LoadOptions {
        format: Some(Format::NTriples),
        ..LoadOptions::default()
    };
    let document = b"<http://example.org/a> <http://example.org/b> <http://example.org/c> .\n<http://example.org/a> <not an iri> \"x\" .\n<http://example.org/a> <http://example.org/b> \"y\" .\n";
    let error = database
        .load_bytes(document, &lines, &control())
        .unwrap_err();
    assert_eq!(error.position().unwrap().line, 2, "{error:?}");
    assert_eq!(quads(&database, &QuadPattern::default()).len(), 1);
    let keep_going = LoadOptions {
        on_error: OnError::KeepGoing { keep: 10 },
        ..lines
    };
    let report = database
        .load_bytes(document, &keep_going, &control())
        .unwrap();
    assert_eq!((report.inserted, report.bad.total), (2, 1));
    assert_eq!(report.bad.first[0].position.line, 2);
    assert_eq!(quads(&database, &QuadPattern::default()).len(), 3);
}

#[test]
fn a_dump_loads_back_to_the_same_quads_in_every_format() {
    let source = Database::memory(&Config::default()).unwrap();
    source
        .load_bytes(DOCUMENT.as_bytes(), &turtle(), &control())
        .unwrap();
    for format in [
        Format::NTriples,
        Format::NQuads,
        Format::Turtle,
        Format::TriG,
    ] {
        let mut dump = Dump::new(format, &DumpOptions::default(), Vec::new()).unwrap();
        let written = source
            .snapshot()
            .unwrap()
            .dump(&QuadPattern::default(), &mut dump, &control())
            .unwrap();
        assert_eq!(written, 12);
        let text = dump.finish().unwrap();
        let target = Database::memory(&Config::default()).unwrap();
        let options = LoadOptions {
            format: Some(format),
            ..LoadOptions::default()
        };
        assert_eq!(
            target
                .load_bytes(&text, &options, &control())
                .unwrap()
                .inserted,
            12,
            "{}",
            format.name()
        );
        let objects = |database: &Database| -> BTreeSet<String> {
            quads(database, &QuadPattern::default())
                .iter()
                .filter(|quad| quad.object.is_literal())
                .map(|quad| quad.object.to_string())
                .collect()
        };
        assert_eq!(objects(&target), objects(&source), "{}", format.name());
    }
}

#[test]
fn a_load_can_be_cancelled_and_a_closed_store_says_so() {
    let database = Database::memory(&Config::default()).unwrap();
    let cancelled = control();
    cancelled.cancel_token().cancel();
    let error = database
        .load_bytes(DOCUMENT.as_bytes(), &turtle(), &cancelled)
        .unwrap_err();
    assert_eq!(error.code(), Code::Cancelled);
    assert!(database.health().unwrap().writable);
    let clone = database.clone();
    database.close().unwrap();
    database.close().unwrap();
    assert_eq!(clone.snapshot().err().unwrap().code(), Code::Closed);
    assert_eq!(clone.health().err().unwrap().code(), Code::Closed);
}
