//! The library as the tests of SPARQL use it: load, ask, change, read all.

use crate::answer::{self, Answer, Row};
use crate::documents::Suites;
use oxrdf::{Dataset, GraphName, NamedNode, Quad, Term};
use sparesults::QueryResultsFormat;
use std::collections::BTreeMap;
use std::sync::Arc;
use triplestore::algebra::CustomSignature;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions, QuadPattern, UpdateOptions};
use triplestore::error::{Code, Error};
use triplestore::query::{
    ParseOptions, Prepared, PreparedUpdate, QueryOptions, ResultBatch, ResultFormat, RowFormat,
    Rows, ServiceCall, ServiceHandler, ServiceReply, Services, WriteOptions,
};
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

/// Functions of a host that texts of the suites call in any way.
const FUNCTIONS: [&str; 5] = [
    "http://example/function",
    "http://example.org/name",
    "http://example.org/ns#func",
    "http://example.org/ns#func2",
    "http://example.org/ns#myFunc",
];

/// Parses a query of which only the syntax counts, as a host does that has registered the functions it calls.
pub fn parse(query: &str, base: &str) -> Result<(), String> {
    let functions = FUNCTIONS.map(|iri| {
        let signature = CustomSignature {
            arguments: 0..=usize::MAX,
            deterministic: true,
        };
        (iri.to_owned(), signature)
    });
    let options = ParseOptions {
        base_iri: Some(base.to_owned()),
        functions: Arc::new(functions.into_iter().collect()),
        ..ParseOptions::default()
    };
    Prepared::new(query, &options).map(drop).map_err(text)
}

/// The graphs that FROM and FROM NAMED name.
pub fn graphs(query: &Prepared) -> Vec<String> {
    let dataset = query.query().dataset.as_ref();
    dataset.map_or_else(Vec::new, |dataset| {
        let named = dataset.default.iter().chain(dataset.named.iter().flatten());
        named.cloned().collect()
    })
}

/// The answer as a client reads it: written as a document in the format of the expected one, and parsed.
pub fn ask(
    database: &Database,
    query: &Prepared,
    format: Option<QueryResultsFormat>,
) -> Result<Answer, String> {
    let snapshot = database.snapshot().map_err(text)?.source();
    let control = database.query_control();
    let mut rows = query
        .rows(&snapshot, &QueryOptions::default(), &control)
        .map_err(text)?;
    if rows.shape().kind.is_graph() {
        let mut graph = Dataset::new();
        for row in read(rows)? {
            graph.insert(&triple(row)?);
        }
        return Ok(Answer::Graph(Box::new(graph)));
    }
    let format = format.unwrap_or(QueryResultsFormat::Json);
    let ours = match format {
        QueryResultsFormat::Xml => RowFormat::Xml,
        QueryResultsFormat::Csv => RowFormat::Csv,
        QueryResultsFormat::Tsv => RowFormat::Tsv,
        _ => RowFormat::Json,
    };
    let options = WriteOptions {
        format: Some(ResultFormat::Rows(ours)),
        ..WriteOptions::default()
    };
    let mut document = Vec::new();
    rows.write(&options, &mut document).map_err(text)?;
    answer::parse(format, &document)
        .map_err(|error| format!("{error} in our\n{}", String::from_utf8_lossy(&document)))
}

/// Other stores that answer SERVICE, by endpoint.
pub struct Endpoints(pub BTreeMap<String, Database>);

impl ServiceHandler for Endpoints {
    fn answer(&self, call: &ServiceCall<'_>, reply: &mut ServiceReply) -> Result<(), Error> {
        let Some(database) = self.0.get(call.endpoint) else {
            let detail = format!("there is no endpoint {}", call.endpoint);
            return Err(Error::new(Code::Io, detail));
        };
        let query = Prepared::new(call.query, &ParseOptions::default())?;
        let snapshot = database.snapshot()?.source();
        let mut rows = query.rows(&snapshot, &QueryOptions::default(), call.control)?;
        let options = WriteOptions {
            format: Some(ResultFormat::Rows(RowFormat::Json)),
            ..WriteOptions::default()
        };
        let mut document = Vec::new();
        rows.write(&options, &mut document)?;
        reply.set_format(QueryResultsFormat::Json);
        reply.write(&document)
    }
}

/// Lets a store ask other ones, and those each other.
pub fn serve(database: &Database, endpoints: Endpoints) -> Result<(), String> {
    let endpoints = Arc::new(endpoints);
    for database in endpoints.0.values().chain([database]) {
        let services = Services::new(vec!["*".to_owned()], endpoints.clone()).map_err(text)?;
        database.set_services(Some(services)).map_err(text)?;
    }
    Ok(())
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

/// Parses an update request.
pub fn parse_update(update: &str, base: &str) -> Result<PreparedUpdate, String> {
    update_options(base)
        .prepare(update, ParseOptions::default())
        .map_err(text)
}

/// Runs an update request.
pub fn update(database: &Database, update: &str, base: &str) -> Result<(), String> {
    database
        .run_update(
            &parse_update(update, base)?,
            &update_options(base),
            &Control::new(),
        )
        .map_err(text)?;
    Ok(())
}

fn update_options(base: &str) -> UpdateOptions {
    UpdateOptions {
        base_iri: Some(base.to_owned()),
        ..UpdateOptions::default()
    }
}
