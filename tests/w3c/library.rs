//! The library as the tests of SPARQL use it: load, ask, change, read all.

use crate::answer::{Answer, Row, Solutions};
use crate::documents::Suites;
use oxrdf::{Dataset, GraphName, NamedNode, Quad, Term};
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions, QuadPattern};
use triplestore::error::Error;
use triplestore::query::{ParseOptions, Prepared, QueryOptions, QueryResults, ResultBatch, Rows};
use triplestore::term::TermRef;

/// A new store in memory.
pub fn store() -> Result<Database, String> {
    Database::memory(&Config::default()).map_err(text)
}

fn text(error: Error) -> String {
    error.to_string()
}

/// Loads a document of a suite into the default graph or a named one.
pub fn load(
    database: &Database,
    suites: &Suites,
    document: &str,
    graph: Option<&str>,
) -> Result<(), String> {
    let options = LoadOptions {
        base_iri: Some(document.to_owned()),
        graph: graph.map(|graph| NamedNode::new_unchecked(graph).into()),
        ..LoadOptions::default()
    };
    database
        .load_files(&[suites.path(document)?], &options, &Control::new())
        .map_err(|error| format!("{document}: {error}"))?;
    Ok(())
}

/// Parses a query; relative IRIs are resolved against where it is published.
pub fn prepare(query: &str, base: &str) -> Result<Prepared, String> {
    let options = ParseOptions {
        base_iri: Some(base.to_owned()),
        ..ParseOptions::default()
    };
    Prepared::new(query, &options).map_err(text)
}

/// The graphs that FROM and FROM NAMED name.
pub fn graphs(query: &Prepared) -> Vec<String> {
    let dataset = query.query().dataset.as_ref();
    dataset.map_or_else(Vec::new, |dataset| {
        let named = dataset.default.iter().chain(dataset.named.iter().flatten());
        named.cloned().collect()
    })
}

pub fn ask(database: &Database, query: &Prepared) -> Result<Answer, String> {
    let snapshot = database.snapshot().map_err(text)?;
    let results = query
        .run(
            &snapshot.source(),
            &QueryOptions::default(),
            &database.query_control(),
        )
        .map_err(text)?;
    Ok(match results {
        QueryResults::Boolean(value) => Answer::Boolean(value),
        QueryResults::Rows(rows) => Answer::Solutions(Solutions {
            variables: rows.variables().to_vec(),
            rows: read(rows)?,
            is_ordered: false,
        }),
        QueryResults::Graph(rows) => {
            let mut graph = Dataset::new();
            for row in read(rows)? {
                graph.insert(&triple(row)?);
            }
            Answer::Graph(Box::new(graph))
        }
    })
}

fn triple(mut row: Row) -> Result<Quad, String> {
    let (subject, predicate, object) = (
        row.remove("subject"),
        row.remove("predicate"),
        row.remove("object"),
    );
    match (subject, predicate, object) {
        (Some(Term::NamedNode(s)), Some(Term::NamedNode(p)), Some(o)) => {
            Ok(Quad::new(s, p, o, GraphName::DefaultGraph))
        }
        (Some(Term::BlankNode(s)), Some(Term::NamedNode(p)), Some(o)) => {
            Ok(Quad::new(s, p, o, GraphName::DefaultGraph))
        }
        other => Err(format!("no triple: {other:?}")),
    }
}

fn read(mut rows: Rows) -> Result<Vec<Row>, String> {
    let variables = rows.variables().to_vec();
    let mut batch = ResultBatch::new();
    let mut all = Vec::new();
    while rows.next(1000, &mut batch).map_err(text)? {
        for row in 0..batch.rows() {
            let mut found = Row::new();
            for (column, variable) in variables.iter().enumerate() {
                if let Some(value) = batch.term(row, column) {
                    found.insert(variable.clone(), term(&batch, value)?);
                }
            }
            all.push(found);
        }
    }
    Ok(all)
}

fn term(batch: &ResultBatch, value: TermRef<'_>) -> Result<Term, String> {
    value
        .to_oxrdf(&mut |id| {
            let index = batch.index_of(id).expect("parts of triple terms are there");
            let part = batch.terms().get(index as usize).expect("a term");
            Ok(term(batch, part).expect("a term that can be written"))
        })
        .map_err(text)
}

/// Every quad of the store.
pub fn quads(database: &Database) -> Result<Dataset, String> {
    let snapshot = database.snapshot().map_err(text)?;
    snapshot
        .quads(&QuadPattern::default(), &Control::new())
        .map_err(text)?
        .collect::<Result<Dataset, _>>()
        .map_err(text)
}

pub const NOT_BUILT: &str = "not built";

/// Parses an update request.
pub fn parse_update(_update: &str, _base: &str) -> Result<(), String> {
    Err(NOT_BUILT.to_owned())
}

/// Runs an update request.
pub fn update(_database: &Database, _update: &str, _base: &str) -> Result<(), String> {
    Err(NOT_BUILT.to_owned())
}
