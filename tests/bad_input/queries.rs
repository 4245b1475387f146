//! Queries and updates that are wrong, too large, too deep or too much: an error with a code, or what SPARQL says of
//! errors in expressions; in bounded time and memory, and the store answers on.

use crate::{assert_usable, config};
use oxrdf::{GraphName, Literal, NamedNode, Quad};
use std::time::Duration;
use triplestore::control::{Budget, Control};
use triplestore::database::Database;
use triplestore::error::{Code, Error};
use triplestore::query::{ParseOptions, Prepared, QueryOptions, ResultBatch};

/// What no query here needs, by far. One that does has got lost.
const TIME_MAX: Duration = Duration::from_secs(30);
const MEMORY_MAX_BYTES: usize = 64 << 20;

/// The rows of a query, each as its values with spaces between.
fn run(database: &Database, query: &str) -> Result<Vec<String>, Error> {
    let control = Control::new()
        .with_timeout(TIME_MAX)
        .with_memory(Budget::new("query", MEMORY_MAX_BYTES));
    let snapshot = database.snapshot()?.source();
    let mut rows = Prepared::new(query, &ParseOptions::default())?.rows(
        &snapshot,
        &QueryOptions::default(),
        &control,
    )?;
    let columns = rows.variables().len();
    let (mut batch, mut lines) = (ResultBatch::new(), Vec::new());
    while rows.next(2048, &mut batch)? {
        for row in 0..batch.rows() {
            let cells: Vec<String> = (0..columns)
                .map(|column| match batch.term(row, column) {
                    Some(term) => term.to_oxrdf(&mut |_| unreachable!()).unwrap().to_string(),
                    None => "-".to_owned(),
                })
                .collect();
            lines.push(cells.join(" "));
        }
    }
    Ok(lines)
}

#[track_caller]
fn refused(database: &Database, query: &str, code: Code) -> Error {
    let shown: String = query.chars().take(70).collect();
    let error = run(database, query)
        .err()
        .unwrap_or_else(|| panic!("{shown} was run"));
    assert_eq!(error.code(), code, "{shown}: {error:?}");
    error
}

/// A store with `count` numbers.
fn numbers(count: usize) -> Database {
    let database = Database::memory(&config()).unwrap();
    let quads: Vec<Quad> = (0..count)
        .map(|number| {
            Quad::new(
                NamedNode::new_unchecked(format!("http://a/s{number}")),
                NamedNode::new_unchecked("http://a/p"),
                Literal::from(number as i64),
                GraphName::DefaultGraph,
            )
        })
        .collect();
    database.insert(&quads, &Control::new()).unwrap();
    database
}

fn nested(before: &str, open: &str, middle: &str, close: &str, after: &str) -> String {
    let (open, close) = (open.repeat(10_000), close.repeat(10_000));
    format!("{before}{open}{middle}{close}{after}")
}

#[test]
fn queries_nested_too_deeply_are_refused() {
    let database = Database::memory(&config()).unwrap();
    let queries = [
        nested("SELECT * WHERE ", "{ ", "?s ?p ?o", " }", ""),
        nested("SELECT * WHERE { ?s ?p ?o FILTER (", "(", "?o", ")", ") }"),
        nested("SELECT * WHERE { ?s ?p ?o FILTER (", "!", "?o", "", ") }"),
        nested("SELECT * WHERE { ?s ?p ?o FILTER (", "- ", "?o", "", ") }"),
        nested(
            "SELECT * WHERE { ?s ?p ?o FILTER (",
            "STR(",
            "?o",
            ")",
            ") }",
        ),
        nested(
            "SELECT * WHERE { ?s ?p ?o FILTER (",
            "IF(?o, 1, ",
            "?o",
            ")",
            ") }",
        ),
        nested("SELECT * WHERE { ?s ?p ", "[ ?p ", "?o", " ]", " }"),
        nested("SELECT * WHERE { ?s ?p ", "( ", "?o", " )", " }"),
        nested("SELECT * WHERE { ", "OPTIONAL { ", "?s ?p ?o", " }", " }"),
        nested("SELECT * WHERE { ", "MINUS { ", "?s ?p ?o", " }", " }"),
        nested("SELECT * WHERE { ", "GRAPH ?g { ", "?s ?p ?o", " }", " }"),
        nested(
            "SELECT * WHERE { ?s ?p ?o ",
            "FILTER EXISTS { ",
            "?s ?p ?o",
            " }",
            " }",
        ),
        nested("", "SELECT * { { ", "SELECT * { ?s ?p ?o }", " } }", ""),
        nested("SELECT * WHERE { ?s ", "(", "<http://a/p>", ")", " ?o }"),
        nested(
            "SELECT * WHERE { ?s ",
            "(<http://a/p>/",
            "<http://a/p>",
            ")*",
            " ?o }",
        ),
        nested("SELECT * WHERE { ?s ?p ", "<<( ?s ?p ", "?o", " )>>", " }"),
        nested(
            "CONSTRUCT { ?s ?p ",
            "[ ?p ",
            "?o",
            " ]",
            " } WHERE { ?s ?p ?o }",
        ),
    ];
    for query in queries {
        refused(&database, &query, Code::NestingTooDeep);
        assert_usable(&database);
    }
}

#[test]
fn a_union_of_a_thousand_groups_has_the_rows_of_all() {
    let database = numbers(1_000);
    let groups: Vec<String> = (0..1_000)
        .map(|number| format!("{{ ?s <http://a/p> {number} }}"))
        .collect();
    let query = format!("SELECT ?s {{ {} }}", groups.join(" UNION "));
    assert_eq!(run(&database, &query).unwrap().len(), 1_000);
    let query = format!(
        "SELECT ?s {{ ?s <http://a/p> ?o {{ {} }} }}",
        groups.join(" UNION ")
    );
    assert_eq!(run(&database, &query).unwrap().len(), 1_000);
}

#[test]
fn many_patterns_filters_and_joins_in_one_group_are_planned() {
    let database = numbers(50);
    let patterns: String = (0..200)
        .map(|_| "?s <http://a/p> ?o . ".to_owned())
        .collect();
    let query = format!("SELECT ?s {{ {patterns} }}");
    assert_eq!(run(&database, &query).unwrap().len(), 50);
    // A chain of many variables that has no solution.
    let chain: String = (0..200)
        .map(|number| format!("?v{number} <http://a/p> ?v{} . ", number + 1))
        .collect();
    assert!(
        run(&database, &format!("SELECT ?v0 {{ {chain} }}"))
            .unwrap()
            .is_empty()
    );
    let filters: String = (0..1_000)
        .map(|number| format!("FILTER(?o != {number}) "))
        .collect();
    assert!(
        run(
            &database,
            &format!("SELECT ?s {{ ?s <http://a/p> ?o {filters} }}")
        )
        .unwrap()
        .is_empty()
    );
    let optional: String = (0..200)
        .map(|number| format!("OPTIONAL {{ ?s <http://a/q{number}> ?x{number} }} "))
        .collect();
    let query = format!("SELECT ?s {{ ?s <http://a/p> ?o {optional} }}");
    assert_eq!(run(&database, &query).unwrap().len(), 50);
}

#[test]
fn a_product_of_millions_of_rows_ends_at_its_deadline_within_its_memory() {
    let database = numbers(3_000);
    let snapshot = database.snapshot().unwrap().source();
    for query in [
        "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
        "SELECT DISTINCT ?b ?e { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
        "ASK { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a = ?i) }",
        "SELECT * { { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } FILTER(STR(?a) = STR(?f) && STR(?d) = STR(?i)) }",
    ] {
        let budget = Budget::new("query", MEMORY_MAX_BYTES);
        let control = Control::new()
            .with_timeout(Duration::from_millis(200))
            .with_memory(budget.clone());
        let run = || {
            let mut rows = Prepared::new(query, &ParseOptions::default())?.rows(
                &snapshot,
                &QueryOptions::default(),
                &control,
            )?;
            let mut batch = ResultBatch::new();
            while rows.next(2048, &mut batch)? {}
            Ok::<_, Error>(())
        };
        let error = run().expect_err(query);
        assert_eq!(error.code(), Code::QueryTimeout, "{query}: {error:?}");
        assert!(budget.peak() <= MEMORY_MAX_BYTES, "{query}");
        assert_eq!(budget.used(), 0, "{query}");
    }
    assert_usable(&database);
}
