//! What users of other stores suffered from (the study of peers, part B), as far as queries are concerned: each row is a
//! test here, or says where it is one.
//!
//! 1 (a query must be stoppable) and 2 (bounded memory) are `tests/query_limits.rs` for each operator; here they are
//! asked through the facade, as an application meets them.

mod document;
mod text_queries;

use std::time::{Duration, Instant};
use text_queries::{Texts, lines, prepared};
use triplestore::config::Config;
use triplestore::control::{Budget, Control};
use triplestore::database::{Database, UpdateOptions};
use triplestore::error::Code;
use triplestore::query::{DefaultGraph, QueryOptions};

/// A store in which everything knows a few others: each of these queries would run for hours.
fn tangle() -> Texts {
    let mut document = String::new();
    for number in 0..3_000 {
        for step in [1, 7, 31] {
            let other = (number * step + step) % 3_000;
            document += &format!(":s{number} :knows :s{other} .\n");
        }
        document += &format!(":s{number} :name \"name {number}\" .\n");
    }
    Texts::new(&document)
}

const ENDLESS: [&str; 7] = [
    "SELECT (COUNT(*) AS ?n) { ?a :knows ?b . ?c :knows ?d . ?e :knows ?f }",
    "SELECT * { ?a :knows ?b . ?c :knows ?d . ?e :knows ?f } ORDER BY ?a ?f",
    "SELECT DISTINCT ?n ?m { ?a :name ?n . ?b :name ?m . ?c :name ?o FILTER(STR(?n) < STR(?o)) }",
    "SELECT ?a (COUNT(*) AS ?k) { ?a :knows+ ?b . ?b :knows+ ?c } GROUP BY ?a",
    "SELECT * { ?a :name ?n . ?b :name ?m . ?c :name ?o FILTER(REGEX(CONCAT(?n, ?m, ?o), '(a|b|ab)*c')) }",
    "SELECT * { ?a :name ?n . ?b :name ?m MINUS { ?a :knows ?x . ?y :knows ?b . ?z :knows ?w } }",
    "ASK { ?a :knows ?b . ?c :knows ?d . ?e :knows ?f FILTER(CONCAT(STR(?a), STR(?c), STR(?e)) = 'x') }",
];

#[test]
fn peers_01_a_query_stops_at_its_deadline_and_when_it_is_cancelled() {
    let texts = tangle();
    for query in ENDLESS {
        let begin = Instant::now();
        let options = QueryOptions {
            timeout: Some(Duration::from_millis(100)),
            ..QueryOptions::default()
        };
        let error = texts.error(query, &options);
        assert_eq!(error.code(), Code::QueryTimeout, "{query}: {error}");
        assert!(begin.elapsed() < Duration::from_secs(10), "{query}");
        // Another thread cancels.
        let begin = Instant::now();
        let control = texts.database.query_control();
        let token = control.cancel_token();
        let error = std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(50));
                token.cancel();
            });
            let rows =
                prepared(query)
                    .unwrap()
                    .rows(&texts.source(), &QueryOptions::default(), &control);
            rows.and_then(lines).expect_err(query)
        });
        assert_eq!(error.code(), Code::Cancelled, "{query}: {error}");
        assert!(begin.elapsed() < Duration::from_secs(10), "{query}");
    }
    assert!(texts.ask("ASK { :s1 :knows ?x }"));
}

#[test]
fn peers_01_an_update_stops_at_its_deadline_and_has_changed_nothing() {
    let texts = tangle();
    let before = texts.database.health().unwrap().quads;
    let options = UpdateOptions {
        timeout: Some(Duration::from_millis(100)),
        ..UpdateOptions::default()
    };
    let request = "PREFIX : <http://x/> INSERT { ?a :met ?f } WHERE { ?a :knows ?b . ?c :knows ?d . ?e :knows ?f }";
    let error = texts
        .database
        .update(request, &options, &Control::new())
        .unwrap_err();
    assert_eq!(error.code(), Code::QueryTimeout, "{error}");
    assert_eq!(texts.database.health().unwrap().quads, before);
    // The right to write is free again.
    assert_eq!(texts.update("INSERT DATA { :a :p 1 }").inserted, 1);
}

#[test]
fn peers_02_memory_is_bounded_and_the_error_says_which() {
    let texts = tangle();
    for query in [
        "SELECT * { ?a :knows ?b . ?c :knows ?d } ORDER BY ?d ?a",
        "SELECT DISTINCT ?a ?d { ?a :knows ?b . ?c :knows ?d }",
    ] {
        let budget = Budget::new("query", 1 << 20);
        let control = Control::new()
            .with_memory(budget.clone())
            .with_timeout(Duration::from_secs(2));
        let rows =
            prepared(query)
                .unwrap()
                .rows(&texts.source(), &QueryOptions::default(), &control);
        match rows.and_then(lines) {
            // It went to disk.
            Ok(rows) => assert!(rows.len() > 1_000_000, "{query}"),
            Err(error) => match error.code() {
                Code::QueryTimeout => {}
                Code::ResourceExhausted => {
                    assert!(error.detail().contains("query"), "{error}");
                    assert!(error.hint().is_some(), "{error}");
                }
                other => panic!("{query}: {other:?}: {error}"),
            },
        }
        assert!(budget.peak() <= budget.limit(), "{query}");
        assert_eq!(budget.used(), 0, "{query}");
    }
}

#[test]
fn peers_03_a_limit_is_an_error_and_the_store_lives_on() {
    let texts = tangle();
    for round in 0..20 {
        let control = Control::new().with_memory(Budget::new("query", 4096 * (round + 1)));
        for query in ENDLESS.iter().take(4) {
            let rows = prepared(query).unwrap().rows(
                &texts.source(),
                &QueryOptions::default(),
                &control.clone().with_timeout(Duration::from_millis(30)),
            );
            let error = rows.and_then(lines).expect_err(query);
            assert!(
                matches!(error.code(), Code::ResourceExhausted | Code::QueryTimeout),
                "{query}: {error}"
            );
        }
    }
    assert_eq!(
        texts.rows("SELECT (COUNT(*) AS ?n) { ?a :name ?b }"),
        ["3000"]
    );
}

#[test]
fn peers_24_the_default_graph_is_a_choice_of_the_query_and_shown_in_its_plan() {
    let texts = Texts::new(":d :p 1 . GRAPH :g { :a :p 1 . :d :p 1 } GRAPH :h { :b :p 1 }");
    let run = |query: &str, default_graph| {
        let options = QueryOptions {
            default_graph,
            ..QueryOptions::default()
        };
        let results = texts.try_run(query, &options).unwrap();
        let mut rows = lines(results.rows().unwrap()).unwrap();
        rows.sort();
        let plan = prepared(query)
            .unwrap()
            .explain(&texts.source(), &options, &Control::new())
            .unwrap();
        (rows, plan.to_string())
    };
    let query = "SELECT ?s { ?s :p 1 }";
    let (rows, plan) = run(query, DefaultGraph::Default);
    assert_eq!(rows, [":d"]);
    let (all, union) = run(query, DefaultGraph::Union);
    // A set: the triple that is in two graphs is there once.
    assert_eq!(all, [":a", ":b", ":d"]);
    assert_ne!(plan, union, "the plan shows which graph is read");
    let (rows, from) = run("SELECT ?s FROM :h FROM :g { ?s :p 1 }", DefaultGraph::Union);
    assert_eq!(rows, [":a", ":b", ":d"]);
    assert_ne!(from, union);
    let (rows, _) = run("SELECT ?g { GRAPH ?g { ?s :p 1 } }", DefaultGraph::Union);
    assert_eq!(rows, [":g", ":g", ":h"]);
}

#[test]
fn peers_25_literals_come_back_as_they_were_written() {
    let literals = [
        "'01'^^xsd:int",
        "'+5'^^xsd:integer",
        "'-0'^^xsd:integer",
        "'1.0E3'^^xsd:double",
        "'1000'^^xsd:double",
        "'1e3'^^xsd:float",
        "'1.50'^^xsd:decimal",
        "'.5'^^xsd:decimal",
        "'INF'^^xsd:double",
        "'NaN'^^xsd:float",
        "'1'^^xsd:boolean",
        "'TRUE'^^xsd:boolean",
        "' 7 '^^xsd:integer",
        "'2020-01-01T00:00:00.000Z'^^xsd:dateTime",
        "'2020-01-01T00:00:00+00:00'^^xsd:dateTime",
        "'2020-01-01T24:00:00'^^xsd:dateTime",
        "'2020-01-01+14:00'^^xsd:date",
        "'P1Y0M'^^xsd:duration",
        "'abc'^^xsd:integer",
        "'x'^^:own",
        "'e\u{301}'",
        "'\u{e9}'",
        "''",
    ];
    let mut document = String::new();
    for (number, literal) in literals.iter().enumerate() {
        document += &format!(":s{number} :p {literal} .\n");
    }
    let texts = Texts::new(&document);
    for compacted in [false, true] {
        for (number, literal) in literals.iter().enumerate() {
            let (lexical, datatype) = match literal.split_once("^^") {
                Some((lexical, datatype)) => (lexical, Some(datatype)),
                None => (*literal, None),
            };
            let written = format!("\"{}\"", lexical.trim_matches('\''));
            let expected = match datatype {
                Some("xsd:integer" | "xsd:boolean") => written.trim_matches('"').to_owned(),
                Some(datatype) => format!("{written}^^{datatype}"),
                None => written,
            };
            assert_eq!(
                texts.sequence(&format!("SELECT ?o {{ :s{number} :p ?o }}")),
                [expected],
                "{literal}"
            );
            // Only this subject has it: no two of them are one term.
            assert_eq!(
                texts.rows(&format!("SELECT ?s {{ ?s :p {literal} }}")),
                [format!(":s{number}")],
                "{literal}, compacted: {compacted}"
            );
        }
        texts.database.compact(&Control::new()).unwrap();
    }
}

#[test]
fn peers_30_a_query_or_update_reaches_nothing_outside_unless_it_was_allowed() {
    let texts = Texts::new(":a :p 1 .");
    // No callback, no network code: SERVICE and LOAD are refused by a code.
    let error = texts.error(
        "SELECT * { ?s :p ?o SERVICE <http://127.0.0.1:1/sparql> { ?s :q ?x } }",
        &QueryOptions::default(),
    );
    assert_eq!(error.code(), Code::ServiceRefused, "{error}");
    for source in [
        "http://127.0.0.1:1/document.ttl",
        "file:///etc/passwd",
        "file:///work/secret.ttl",
    ] {
        let error = texts.try_update(&format!("LOAD <{source}>")).unwrap_err();
        assert_eq!(error.code(), Code::QueryInvalidOption, "{source}: {error}");
    }
    assert_eq!(texts.quads(), [":a :p \"1\"^^xsd:integer"]);
}

#[test]
fn peers_32_a_transaction_may_be_larger_than_its_memory() {
    let mut config = Config::preset("tiny").unwrap();
    config.set("memory_budget_bytes", "64 MiB").unwrap();
    let database = Database::memory(&config).unwrap();
    let mut data = String::from("PREFIX : <http://x/> INSERT DATA { :n :n 0 } ;\n");
    // Each operation doubles: 2^18 quads, with text that is not inline.
    data += "INSERT { ?s :text ?t } WHERE { VALUES ?k { 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 } VALUES ?l { 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 } \
        VALUES ?m { 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 } VALUES ?o { 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 } \
        BIND(CONCAT('a text that is stored in the dictionary, number ', STR(?k), '-', STR(?l), '-', STR(?m), '-', STR(?o)) AS ?t) \
        BIND(IRI(CONCAT('http://x/subject/', STR(?k), '-', STR(?l), '-', STR(?m), '-', STR(?o))) AS ?s) } ;\n";
    data += "DELETE { ?s :text ?t } INSERT { ?s :copy ?t } WHERE { ?s :text ?t }";
    let changed = database
        .update(&data, &UpdateOptions::default(), &Control::new())
        .unwrap();
    assert_eq!((changed.inserted, changed.deleted), (65_537, 0));
    assert_eq!(database.health().unwrap().quads, 65_537);
    assert!(database.check(&Control::new()).unwrap().is_sound());
}
