//! Writing without SPARQL: buffers of N-Quads, typed quads, pushed documents, against a set of quads.

use oxrdf::{GraphName, NamedNode, Quad, Term};
use proptest::prelude::*;
use std::collections::BTreeSet;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{
    Database, DumpTarget, GraphPattern, LoadOptions, NO_TERM, QuadPattern, TermList,
};
use triplestore::error::{Code, Error, Result};
use triplestore::load::{DumpOptions, Format};

fn memory() -> Database {
    Database::memory(&Config::default()).unwrap()
}

fn control() -> Control {
    Control::new()
}

fn nquads() -> LoadOptions {
    LoadOptions {
        format: Some(Format::NQuads),
        ..LoadOptions::default()
    }
}

fn all(database: &Database) -> BTreeSet<String> {
    let snapshot = database.snapshot().unwrap();
    let quads = snapshot.quads(&QuadPattern::default(), &control()).unwrap();
    quads.map(|quad| quad.unwrap().to_string()).collect()
}

#[derive(Clone, Debug)]
struct Change {
    insert: bool,
    /// As text, else as terms.
    text: bool,
    quads: Vec<(u8, u8, Option<u8>)>,
}

fn change() -> impl Strategy<Value = Change> {
    let quads = prop::collection::vec((0..4_u8, 0..4_u8, prop::option::of(0..2_u8)), 0..6);
    (any::<bool>(), any::<bool>(), quads).prop_map(|(insert, text, quads)| Change {
        insert,
        text,
        quads,
    })
}

fn quad((s, o, g): (u8, u8, Option<u8>)) -> Quad {
    let iri = |name: String| NamedNode::new_unchecked(format!("http://e/{name}"));
    Quad::new(
        iri(format!("s{s}")),
        iri("p".to_owned()),
        iri(format!("o{o}")),
        g.map_or(GraphName::DefaultGraph, |g| iri(format!("g{g}")).into()),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn text_and_terms_change_a_store_as_they_change_a_set(
        transactions in prop::collection::vec((prop::collection::vec(change(), 0..5), any::<bool>()), 1..6),
    ) {
        let database = memory();
        let mut model: BTreeSet<String> = BTreeSet::new();
        for (changes, commits) in transactions {
            let before = model.clone();
            let mut transaction = database.begin(&control()).unwrap();
            for change in changes {
                let quads: Vec<Quad> = change.quads.into_iter().map(quad).collect();
                let text: String = quads.iter().map(|quad| format!("{quad} .\n")).collect();
                let typed = || quads.iter().cloned().map(Ok);
                match (change.insert, change.text) {
                    (true, true) => {
                        let read = transaction.insert_nquads(text.as_bytes()).unwrap();
                        prop_assert_eq!(read, quads.len() as u64);
                    }
                    (false, true) => {
                        transaction.delete_nquads(text.as_bytes()).unwrap();
                    }
                    (true, false) => transaction.insert_all(typed()).unwrap(),
                    (false, false) => transaction.delete_all(typed()).unwrap(),
                }
                for quad in &quads {
                    match change.insert {
                        true => model.insert(quad.to_string()),
                        false => model.remove(&quad.to_string()),
                    };
                }
            }
            if commits {
                let committed = transaction.commit().unwrap();
                prop_assert_eq!(committed.inserted, model.difference(&before).count() as u64);
                prop_assert_eq!(committed.deleted, before.difference(&model).count() as u64);
            } else {
                transaction.rollback();
                model = before;
            }
            prop_assert_eq!(&all(&database), &model);
        }
    }

    #[test]
    fn a_pushed_document_is_that_document_wherever_it_is_cut(
        cuts in prop::collection::vec(1..40_usize, 1..20),
        complete in any::<bool>(),
    ) {
        let document: String = (0..50).map(|n| format!("<http://e/{n}> <http://e/p> \"{n}\" .\n")).collect();
        let pushed = memory();
        let mut loader = pushed.loader(&nquads(), &control()).unwrap();
        let (mut rest, mut cuts) = (document.as_bytes(), cuts.into_iter().cycle());
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            loader.write(piece).unwrap();
            rest = later;
        }
        if complete {
            prop_assert_eq!(loader.finish().unwrap().inserted, 50);
            prop_assert_eq!(loader.finish().unwrap_err().code(), Code::TransactionEnded);
        } else {
            drop(loader);
        }
        prop_assert_eq!(all(&pushed).len(), if complete { 50 } else { 0 });
    }
}

#[test]
fn a_buffer_that_is_bad_at_its_end_changes_nothing() {
    let database = memory();
    let mut transaction = database.begin(&control()).unwrap();
    let good = "<http://e/a> <http://e/p> \"1\" .\n";
    for (bad, code) in [
        ("nonsense", Code::DataParse),
        ("<http://e/a> <http://e/ p> \"1\" .", Code::DataParse),
        ("<relative> <http://e/p> \"1\" .", Code::DataParse),
        (
            "<http://e/a> <http://e/p> \"1\"@abcdefghij .",
            Code::DataParse,
        ),
    ] {
        for insert in [true, false] {
            let text = format!("{good}{bad}");
            let error = match insert {
                true => transaction.insert_nquads(text.as_bytes()),
                false => transaction.delete_nquads(text.as_bytes()),
            }
            .unwrap_err();
            assert!(
                error.code() == code || error.code() == Code::InvalidIri,
                "{bad}: {error}"
            );
            assert_eq!(error.position().unwrap().line, 2, "{bad}");
        }
    }
    assert_eq!(transaction.commit().unwrap().inserted, 0);
}

#[test]
fn text_never_addresses_a_stored_blank_node_and_a_typed_term_does() {
    let database = memory();
    let mut transaction = database.begin(&control()).unwrap();
    let node = transaction.blank_node();
    let p = NamedNode::new_unchecked("http://e/p");
    let quad = Quad::new(node.clone(), p, node.clone(), GraphName::DefaultGraph);
    transaction.insert(&quad).unwrap();
    // The same label in text is another node.
    transaction
        .insert_nquads(format!("{node} <http://e/p> {node} .").as_bytes())
        .unwrap();
    let error = transaction
        .delete_nquads(format!("<http://e/a> <http://e/p> {node} .").as_bytes())
        .unwrap_err();
    assert_eq!(error.code(), Code::InvalidInput);
    assert_eq!(error.position().unwrap().line, 1);
    assert_eq!(transaction.commit().unwrap().inserted, 2);
    assert_eq!(database.delete([&quad], &control()).unwrap().deleted, 1);
    assert_eq!(all(&database).len(), 1);
}

#[test]
fn a_list_of_terms_makes_quads_and_refuses_what_cannot_be() {
    let mut list = TermList::new();
    let (s, p) = (
        list.iri("http://e/s").unwrap(),
        list.iri("http://e/p").unwrap(),
    );
    let text = list.literal("x", None, Some("EN-GB"), None).unwrap();
    let triple = list.triple(s, p, text).unwrap();
    let quad = list.quad([s, p, triple, NO_TERM]).unwrap();
    assert_eq!(
        quad.to_string(),
        "<http://e/s> <http://e/p> <<( <http://e/s> <http://e/p> \"x\"@en-gb )>>"
    );
    assert!(matches!(list.get(triple).unwrap(), Term::Triple(_)));
    let code = |result: Result<Quad>| result.map_err(|error: Error| error.code());
    for (indexes, refused) in [
        ([text, p, s, NO_TERM], Code::InvalidInput),
        ([s, text, s, NO_TERM], Code::InvalidInput),
        ([s, p, s, text], Code::InvalidInput),
        ([triple, p, s, NO_TERM], Code::InvalidInput),
        ([s, p, NO_TERM, NO_TERM], Code::InvalidArgument),
        ([9, p, s, NO_TERM], Code::InvalidArgument),
    ] {
        assert_eq!(code(list.quad(indexes)), Err(refused), "{indexes:?}");
    }
}

#[test]
fn closing_ends_what_runs_and_waits_for_no_one() {
    let database = memory();
    let mut transaction = database.begin(&control()).unwrap();
    transaction
        .insert_nquads(b"<http://e/a> <http://e/p> \"1\" .")
        .unwrap();
    let mut quads = database
        .snapshot()
        .unwrap()
        .quads(&QuadPattern::default(), &control())
        .unwrap();
    database.close().unwrap();
    assert_eq!(transaction.commit().unwrap_err().code(), Code::Closed);
    assert!(quads.next().is_none_or(|quad| quad.is_err()));
    assert_eq!(
        database.loader(&nquads(), &control()).err().unwrap().code(),
        Code::Closed
    );
    assert_eq!(database.disk_bytes().unwrap_err().code(), Code::Closed);
}

#[test]
fn a_file_that_was_dumped_is_loaded_back() {
    let directory = std::env::temp_dir().join(format!("ts-writes-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("dump.nq");
    let database = memory();
    let quads = [
        quad((1, 2, None)),
        quad((1, 2, Some(0))),
        quad((3, 0, Some(1))),
    ];
    database.insert(&quads, &control()).unwrap();
    let target = |overwrite| DumpTarget {
        path: &path,
        format: None,
        overwrite,
    };
    let options = DumpOptions::default();
    let everything = QuadPattern::default();
    let named = QuadPattern {
        graph: GraphPattern::Named,
        ..QuadPattern::default()
    };
    let dump =
        |pattern, overwrite| database.dump_file(pattern, target(overwrite), &options, &control());
    assert_eq!(dump(&named, false).unwrap(), 2);
    let refused = dump(&everything, false).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(dump(&everything, true).unwrap(), 3);
    let copy = memory();
    copy.load_files(&[&path], &LoadOptions::default(), &control())
        .unwrap();
    assert_eq!(all(&copy), all(&database));
    std::fs::remove_dir_all(&directory).unwrap();
}
