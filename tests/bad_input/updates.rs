//! Updates that are wrong: each has a code, a place where its text is at fault and a hint what to write instead; it changes
//! nothing, also where operations before it would have, and the store takes the next one.

use crate::environment::Scratch;
use crate::{assert_told, assert_usable, config, iri};
use oxrdf::{GraphName, Literal, Quad};
use std::collections::BTreeSet;
use triplestore::control::Control;
use triplestore::database::{Database, QuadPattern, UpdateOptions};
use triplestore::error::{Code, Error};

/// A store with a quad in the default graph and one in a named graph.
fn store() -> Database {
    let database = Database::memory(&config()).unwrap();
    let graphs = [GraphName::DefaultGraph, iri("g").into()];
    let quads = graphs.map(|graph| Quad::new(iri("s"), iri("p"), Literal::from("kept"), graph));
    database.insert(&quads, &Control::new()).unwrap();
    database
}

fn quads(database: &Database) -> BTreeSet<String> {
    let snapshot = database.snapshot().unwrap();
    snapshot
        .quads(&QuadPattern::default(), &Control::new())
        .unwrap()
        .map(|quad| quad.unwrap().to_string())
        .collect()
}

/// Runs a request that must fail, alone, behind an operation that would change something, and in an open transaction.
#[track_caller]
fn refused(database: &Database, text: &str, options: &UpdateOptions, code: Code) -> Error {
    let control = Control::new();
    let before = quads(database);
    let shown: String = text.chars().take(80).collect();
    let error = assert_told(database.update(text, options, &control), code);
    let later = format!("INSERT DATA {{ <http://a/s> <http://a/p> 1 }} ;\n{text}");
    assert_told(database.update(&later, options, &control), code);
    assert_eq!(quads(database), before, "{shown}");
    let mut transaction = database.begin(&control).unwrap();
    let good = "INSERT DATA { <http://example.org/t> <http://a/p> 1 }";
    transaction.update(good, options, &control).unwrap();
    assert_told(transaction.update(&later, options, &control), code);
    assert_eq!(transaction.commit().unwrap().inserted, 1, "{shown}");
    let undone = database.update(
        "DELETE WHERE { <http://example.org/t> ?p ?o }",
        options,
        &control,
    );
    assert_eq!(undone.unwrap().deleted, 1, "{shown}");
    assert_eq!(quads(database), before, "{shown}");
    assert_usable(database);
    error
}

/// A text, the line and column at fault, and a word of the hint.
type Fault<'t> = (&'t str, (u64, u64), &'t str);

fn all_refused(faults: &[Fault<'_>], code: Code) {
    let database = store();
    let options = UpdateOptions::default();
    let mut wrong = Vec::new();
    for &(text, place, word) in faults {
        match database.update(text, &options, &Control::new()) {
            Err(error)
                if error.code() == code
                    && error.position().map(|at| (at.line, at.column)) == Some(place)
                    && error.hint().is_some_and(|hint| hint.contains(word)) =>
            {
                refused(&database, text, &options, code);
            }
            told => wrong.push(format!("{text}\n  {place:?} {word}: {told:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn malformed_updates_are_refused_where_they_are_malformed() {
    all_refused(
        &[
            ("INSERT DATA", (1, 12), "{"),
            ("INSERT DATA <http://a/s> <http://a/p> 1", (1, 13), "{"),
            (
                "INSERT DATA { <http://a/s> <http://a/p> }",
                (1, 41),
                "has 2",
            ),
            (
                "INSERT DATA { <http://a/s> <http://a/p> 1",
                (1, 42),
                "missing }",
            ),
            (
                "INSERT DATA { <http://a/s> <http://a/p> 1 } }",
                (1, 45),
                "closes nothing",
            ),
            (
                "INSRT DATA { <http://a/s> <http://a/p> 1 }",
                (1, 1),
                "INSERT",
            ),
            (
                "INSERT DATA {\n <http://a/s> <http://a/p> 'open }",
                (2, 28),
                "does not end",
            ),
            (
                "INSERT DATA { http://a/s <http://a/p> 1 }",
                (1, 15),
                "<http://a/s>",
            ),
            (
                "INSERT DATA { <http://a/s> <http://a/p> 1 } CLEAR ALL",
                (1, 45),
                "semicolon",
            ),
            (
                "INSERT DATA { <http://a/s> <http://a/p> 1 <http://a/q> 2 }",
                (1, 56),
                "full stop",
            ),
            ("INSERT INTO <http://a/g> { ?s ?p ?o }", (1, 8), "GRAPH"),
            ("INSERT { <http://a/s> <http://a/p> 1 }", (1, 39), "WHERE"),
            ("DELETE { ?s ?p ?o }", (1, 20), "WHERE"),
            ("UPDATE <http://a/s> SET <http://a/p> 1", (1, 1), "DELETE"),
            ("CLEAR", (1, 6), "DEFAULT"),
            ("DROP <http://a/g>", (1, 6), "GRAPH"),
            ("COPY <http://a/g> <http://a/h>", (1, 19), "TO"),
            ("LOAD 'data.ttl'", (1, 6), "IRI"),
            (
                "DELETE { ?s <http://a/p>/<http://a/q> ?o } WHERE { ?s ?p ?o }",
                (1, 25),
                "",
            ),
            ("DELETE WHERE { ?s ?p ?o FILTER(?o > 1) }", (1, 25), ""),
            (
                "DELETE WHERE { ?s ?p ?o OPTIONAL { ?s ?q ?r } }",
                (1, 25),
                "",
            ),
        ],
        Code::QueryParse,
    );
    let database = store();
    let options = UpdateOptions::default();
    let query = database.update("SELECT * { ?s ?p ?o }", &options, &Control::new());
    let error = assert_told(query, Code::QueryParse);
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("run it as one")),
        "{error}"
    );
}

#[test]
fn data_and_deleted_templates_have_no_variables_or_blank_nodes_that_they_may_not_have() {
    all_refused(
        &[
            ("INSERT DATA { ?s <http://a/p> 1 }", (1, 15), "WHERE"),
            (
                "INSERT DATA { <http://a/s> <http://a/p> <<( <http://a/s> ?p 1 )>> }",
                (1, 58),
                "WHERE",
            ),
            (
                "INSERT DATA { GRAPH ?g { <http://a/s> <http://a/p> 1 } }",
                (1, 21),
                "WHERE",
            ),
            (
                "DELETE DATA { <http://a/s> <http://a/p> ?o }",
                (1, 41),
                "WHERE",
            ),
            ("DELETE DATA { _:b <http://a/p> 1 }", (1, 15), "blank"),
            ("DELETE DATA { [] <http://a/p> 1 }", (1, 15), "blank"),
            (
                "DELETE DATA { <http://a/s> <http://a/p> (1) }",
                (1, 41),
                "blank",
            ),
            (
                "DELETE { _:b <http://a/p> ?o } WHERE { ?s <http://a/p> ?o }",
                (1, 10),
                "blank",
            ),
            (
                "DELETE { ?s <http://a/p> [] } WHERE { ?s <http://a/p> ?o }",
                (1, 26),
                "blank",
            ),
            ("DELETE WHERE { _:b <http://a/p> ?o }", (1, 16), "blank"),
        ],
        Code::QueryParse,
    );
}

#[test]
fn graphs_are_named_where_they_may_be_by_what_names_them() {
    all_refused(
        &[
            (
                "INSERT DATA { GRAPH { <http://a/s> <http://a/p> 1 } }",
                (1, 21),
                "",
            ),
            (
                "INSERT DATA { GRAPH 'g' { <http://a/s> <http://a/p> 1 } }",
                (1, 21),
                "",
            ),
            (
                "INSERT DATA { GRAPH _:g { <http://a/s> <http://a/p> 1 } }",
                (1, 21),
                "",
            ),
            (
                "INSERT DATA { GRAPH <http://a/g> { GRAPH <http://a/h> { <http://a/s> <http://a/p> 1 } } }",
                (1, 36),
                "",
            ),
            (
                "INSERT { GRAPH ?g { GRAPH ?h { ?s ?p ?o } } } WHERE { ?s ?p ?o }",
                (1, 21),
                "",
            ),
            (
                "INSERT DATA { GRAPH <http://a/g> <http://a/s> <http://a/p> 1 }",
                (1, 34),
                "{",
            ),
            (
                "WITH <http://a/g> INSERT DATA { <http://a/s> <http://a/p> 1 }",
                (1, 26),
                "",
            ),
            ("WITH <http://a/g> CLEAR ALL", (1, 19), ""),
            (
                "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o } USING <http://a/g>",
                (1, 40),
                "",
            ),
            ("CREATE <http://a/g>", (1, 8), "GRAPH"),
            ("CLEAR GRAPH ?g", (1, 13), ""),
        ],
        Code::QueryParse,
    );
    let database = store();
    let create = "CREATE GRAPH <http://example.org/g>";
    refused(
        &database,
        create,
        &UpdateOptions::default(),
        Code::InvalidInput,
    );
}

#[test]
fn names_that_are_not_declared_or_no_iris_are_told() {
    all_refused(
        &[
            ("INSERT DATA { ex:s <http://a/p> 1 }", (1, 15), "ex:"),
            (
                "PREFIX ex: <http://a/>\nDELETE { ?s ex:p ?o } INSERT { ?s foaf:name ?o } WHERE { ?s ?p ?o }",
                (2, 35),
                "PREFIX foaf:",
            ),
            ("CLEAR GRAPH ex:g", (1, 13), "ex:"),
            (
                "INSERT DATA { <http://a/s x> <http://a/p> 1 }",
                (1, 15),
                "character",
            ),
            ("INSERT DATA { <s> <http://a/p> 1 }", (1, 15), "base"),
            ("INSERT DATA { <http://[/s> <http://a/p> 1 }", (1, 15), ""),
            (
                "INSERT DATA { <http://a/s> <http://a/p> 1 } ; CREATE GRAPH <g>",
                (1, 60),
                "base",
            ),
            ("LOAD <data.ttl>", (1, 6), "base"),
        ],
        Code::QueryParse,
    );
    all_refused(
        &[(
            "INSERT { ?s <http://a/p> ?v } WHERE { ?s ?p ?o BIND(<http://a/f>(?o) AS ?v) }",
            (1, 53),
            "registered",
        )],
        Code::QueryUnsupported,
    );
}

#[test]
fn an_iri_computed_wrongly_makes_no_quad() {
    let database = store();
    let text = "INSERT { ?i ?p ?o . ?s ?i ?o . GRAPH ?i { ?s ?p ?o } } \
        WHERE { ?s ?p ?o BIND(IRI('not an iri') AS ?i) }";
    let before = quads(&database);
    let changed = database.update(text, &UpdateOptions::default(), &Control::new());
    assert_eq!(changed.unwrap().inserted, 0);
    assert_eq!(quads(&database), before);
    assert_usable(&database);
}

#[test]
fn updates_nested_too_deeply_are_refused() {
    let database = store();
    let nested = |before: &str, open: &str, close: &str, after: &str| {
        let (open, close) = (open.repeat(10_000), close.repeat(10_000));
        format!("{before}{open}1{close}{after}")
    };
    for text in [
        nested(
            "INSERT DATA { <http://a/s> <http://a/p> ",
            "[ <http://a/p> ",
            " ]",
            " }",
        ),
        nested("INSERT DATA { <http://a/s> <http://a/p> ", "( ", " )", " }"),
        nested(
            "DELETE DATA { <http://a/s> <http://a/p> ",
            "<<( <http://a/s> <http://a/p> ",
            " )>>",
            " }",
        ),
        nested(
            "INSERT { ?s ?p ",
            "<<( ?s ?p ",
            " )>>",
            " } WHERE { ?s ?p ?o }",
        ),
        nested("INSERT { ?s ?p ?o } WHERE { ?s ?p ", "[ ?p ", " ]", " }"),
        nested(
            "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(",
            "(",
            ")",
            ") }",
        ),
        nested("DELETE { ?s ?p ?o } WHERE ", "{ ", " ?p ?o }", ""),
        nested(
            "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o ",
            "FILTER EXISTS { ?s ?p ",
            " }",
            " }",
        ),
        nested("INSERT DATA { GRAPH <http://a/g> ", "{ ", " }", " }"),
    ] {
        let options = UpdateOptions::default();
        let error = refused(&database, &text, &options, Code::NestingTooDeep);
        assert!(error.position().is_some(), "{error}");
    }
}

#[test]
fn data_is_taken_up_to_the_limit_of_a_text_and_beyond_it_goes_another_way() {
    let database = store();
    let data = |count: usize| {
        let lines: Vec<String> = (0..count)
            .map(|number| format!("<http://a/s{number}> <http://a/p> {number} ."))
            .collect();
        format!("INSERT DATA {{ {} }}", lines.join("\n"))
    };
    let options = UpdateOptions::default();
    let taken = database.update(&data(60_000), &options, &Control::new());
    assert_eq!(taken.unwrap().inserted, 60_000);
    let removed = database.update(
        "DELETE WHERE { ?s <http://a/p> ?o }",
        &options,
        &Control::new(),
    );
    assert_eq!(removed.unwrap().deleted, 60_000);
    let error = refused(&database, &data(150_000), &options, Code::QueryLimit);
    assert!(
        error.hint().is_some_and(|hint| hint.contains("load")),
        "{error}"
    );
    let many = "PREFIX a: <http://a/> CLEAR GRAPH a:none ;\n".repeat(1_000);
    refused(&database, &many, &options, Code::QueryLimit);
}

#[test]
fn a_term_that_is_too_long_is_told_however_it_is_made() {
    let mut config = config();
    config.set("max_term_bytes", "64 KiB").unwrap();
    let database = Database::memory(&config).unwrap();
    let long = "x".repeat(70_000);
    for text in [
        format!("INSERT DATA {{ <http://a/s> <http://a/p> '{long}' }}"),
        format!("INSERT DATA {{ <http://a/{long}> <http://a/p> 1 }}"),
        format!("INSERT DATA {{ <http://a/s> <http://a/p> 'x'^^<http://a/{long}> }}"),
        format!("INSERT DATA {{ GRAPH <http://a/{long}> {{ <http://a/s> <http://a/p> 1 }} }}"),
        format!(
            "INSERT {{ <http://a/s> <http://a/p> ?v }} WHERE {{ BIND(CONCAT('{0}', '{0}') AS ?v) }}",
            &long[..40_000]
        ),
    ] {
        refused(
            &database,
            &text,
            &UpdateOptions::default(),
            Code::TermTooLarge,
        );
    }
}

#[test]
fn documents_that_load_may_not_read_cannot_find_or_cannot_parse_are_told() {
    let scratch = Scratch::new("load");
    let database = store();
    std::fs::write(
        scratch.join("bad.nt"),
        "<http://a/s> <http://a/p> \"1\" .\nnonsense\n",
    )
    .unwrap();
    std::fs::write(scratch.join("data.xlsx"), "").unwrap();
    let load = |name: &str| format!("LOAD <file://{}>", scratch.join(name).display());
    let none = UpdateOptions::default();
    refused(&database, &load("bad.nt"), &none, Code::QueryInvalidOption);
    refused(
        &database,
        "LOAD <http://a/data.ttl>",
        &none,
        Code::QueryInvalidOption,
    );
    let files = UpdateOptions {
        load_files: true,
        ..UpdateOptions::default()
    };
    refused(
        &database,
        "LOAD <http://a/data.ttl>",
        &files,
        Code::QueryInvalidOption,
    );
    refused(&database, &load("data.xlsx"), &files, Code::UnknownFormat);
    let fails = |name: &str, options: &UpdateOptions| {
        let before = quads(&database);
        let done = database.update(&load(name), options, &Control::new());
        assert_eq!(quads(&database), before, "{name}");
        assert_usable(&database);
        done.expect_err(name)
    };
    assert_eq!(fails("absent.nt", &files).code(), Code::FileNotFound);
    let error = fails("bad.nt", &files);
    assert_eq!(error.code(), Code::DataParse);
    assert_eq!(error.position().map(|at| at.line), Some(2), "{error}");
    let elsewhere = UpdateOptions {
        load_root: Some(std::env::temp_dir().join("nowhere-at-all")),
        ..files
    };
    assert!(matches!(
        fails("bad.nt", &elsewhere).code(),
        Code::InvalidPath | Code::FileNotFound
    ));
}
