//! Expressions: what every function and operator answers, by tables of examples from SPARQL 1.1 and 1.2, XPath Functions and
//! the W3C tests; and random expressions over random terms against `spareval`, an independent evaluator.

mod custom;
mod examples;
#[path = "../differential/random.rs"]
mod generator;
mod random;

use spargebra::term::Term;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::Database;
use triplestore::error::Result;
use triplestore::query::{QueryOptions, QueryResults, ResultBatch};
use triplestore::term::TermRef;

const PROLOGUE: &str = "BASE <http://example.org/base/>
    PREFIX : <http://example.org/>
    PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
    PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> ";

fn database() -> Database {
    Database::memory(&Config::default()).unwrap()
}

/// The rows of a query, as terms in column order.
fn rows(database: &Database, query: &str) -> Result<Vec<Vec<Option<Term>>>> {
    let snapshot = database.snapshot()?;
    let results = snapshot.query(query, &QueryOptions::default(), &Control::new())?;
    let QueryResults::Rows(mut results) = results else {
        panic!("not a SELECT: {query}");
    };
    let (mut batch, mut rows) = (ResultBatch::new(), Vec::new());
    while results.next(1000, &mut batch)? {
        for row in 0..batch.rows() {
            let term = |column| batch.term(row, column).map(|term| owned(&batch, term));
            rows.push((0..batch.columns().len()).map(term).collect());
        }
    }
    Ok(rows)
}

fn owned(batch: &ResultBatch, term: TermRef<'_>) -> Term {
    term.to_oxrdf(&mut |id| {
        let part = batch.terms().get(batch.index_of(id).unwrap() as usize);
        Ok(owned(batch, part.unwrap()))
    })
    .unwrap()
}

/// What an expression answers, as N-Triples; "error" for no value.
fn answer(database: &Database, expression: &str) -> String {
    let query = format!("{PROLOGUE} SELECT ({expression} AS ?answer) {{}}");
    let rows = rows(database, &query).unwrap_or_else(|error| panic!("{expression}: {error}"));
    match &rows[..] {
        [row] => (row[0].as_ref()).map_or("error".to_owned(), ToString::to_string),
        _ => panic!("{expression}: {} rows", rows.len()),
    }
}

/// As [`answer`], with the constants of the expression in variables, in a row among others.
fn answer_on_columns(database: &Database, expression: &str) -> String {
    let (open, constants) = with_variables(expression);
    let vars: String = (0..constants.len())
        .map(|index| format!("?c{index} "))
        .collect();
    let undefined = "UNDEF ".repeat(constants.len());
    let query = format!(
        "{PROLOGUE} SELECT ?row ({open} AS ?answer) {{ VALUES (?row {vars}) {{
            (1 {undefined}) (2 {0}) (3 {undefined}) (4 {0}) }} }}",
        constants.join(" ")
    );
    let rows = rows(database, &query).unwrap_or_else(|error| panic!("{expression}: {error}"));
    assert_eq!(rows.len(), 4, "{expression}");
    let text =
        |row: &Vec<Option<Term>>| (row[1].as_ref()).map_or("error".to_owned(), ToString::to_string);
    text(&rows[1])
}

/// An expression with variables for its literals and prefixed names that are no functions, and these.
fn with_variables(expression: &str) -> (String, Vec<String>) {
    let constant = regex::Regex::new(
        r#"("[^"]*"|'[^']*')(@[A-Za-z-]+|\^\^[a-z]*:[A-Za-z]+)?|(?P<name>[a-z]*:[A-Za-z]+)(?P<call>\(?)|\b[0-9]+(\.[0-9]+)?(e-?[0-9]+)?\b|\b(true|false)\b|<<\(.*?\)>>"#,
    )
    .unwrap();
    let mut constants = Vec::new();
    let open = constant.replace_all(expression, |found: &regex::Captures<'_>| {
        if found.name("call").is_some_and(|call| !call.is_empty()) {
            return found[0].to_owned();
        }
        constants.push(found[0].to_owned());
        format!("?c{}", constants.len() - 1)
    });
    (open.into_owned(), constants)
}
