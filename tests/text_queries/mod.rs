//! A store in memory that is asked and changed by texts, and answers as short lines to compare with.
//!
//! Names are short: `:a` is `<http://x/a>`, and the prefixes of [`PREFIXES`] need no declaration.

// Each test binary uses its own part of this module.
#![allow(dead_code)]

use crate::document::load;
use oxrdf::{Term, Triple};
use std::collections::BTreeMap;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, QuadPattern, UpdateOptions};
use triplestore::error::{Error, Result};
use triplestore::load::Format;
use triplestore::query::{
    ParseOptions, Prepared, QueryOptions, QueryResults, ResultBatch, Rows, Snapshot,
};
use triplestore::store::Committed;
use triplestore::term::TermRef;

pub const PREFIXES: [(&str, &str); 4] = [
    ("", "http://x/"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
];

pub struct Texts {
    pub database: Database,
}

/// Parses with the prefixes.
pub fn prepared(query: &str) -> Result<Prepared> {
    let options = ParseOptions {
        prefixes: PREFIXES
            .map(|(prefix, iri)| (prefix.to_owned(), iri.to_owned()))
            .to_vec(),
        ..ParseOptions::default()
    };
    Prepared::new(query, &options)
}

fn declared() -> String {
    PREFIXES
        .map(|(prefix, iri)| format!("PREFIX {prefix}: <{iri}>\n"))
        .concat()
}

impl Texts {
    /// A store with the quads of a TriG document.
    pub fn new(document: &str) -> Self {
        let texts = Self {
            database: Database::memory(&Config::default()).unwrap(),
        };
        texts.load(document);
        texts
    }

    pub fn load(&self, document: &str) {
        load(&self.database, &(declared() + document), Format::TriG);
    }

    pub fn source(&self) -> Snapshot {
        self.database.snapshot().unwrap().source()
    }

    pub fn try_run(&self, query: &str, options: &QueryOptions) -> Result<QueryResults> {
        prepared(query)?.run(&self.source(), options, &self.database.query_control())
    }

    #[track_caller]
    pub fn run(&self, query: &str) -> QueryResults {
        match self.try_run(query, &QueryOptions::default()) {
            Ok(results) => results,
            Err(error) => panic!("{query}\n{error}"),
        }
    }

    /// The rows of a SELECT in order, each as its values with spaces between, `-` for unbound.
    #[track_caller]
    pub fn sequence(&self, query: &str) -> Vec<String> {
        let QueryResults::Rows(rows) = self.run(query) else {
            panic!("{query}: no SELECT");
        };
        lines(rows).unwrap_or_else(|error| panic!("{query}\n{error}"))
    }

    /// As [`Texts::sequence`], sorted.
    #[track_caller]
    pub fn rows(&self, query: &str) -> Vec<String> {
        let mut rows = self.sequence(query);
        rows.sort();
        rows
    }

    #[track_caller]
    pub fn ask(&self, query: &str) -> bool {
        match self.run(query) {
            QueryResults::Boolean(value) => value,
            _ => panic!("{query}: no ASK"),
        }
    }

    /// The triples of a CONSTRUCT or DESCRIBE as sorted lines. Blank nodes have labels of this answer.
    #[track_caller]
    pub fn graph(&self, query: &str) -> Vec<String> {
        let QueryResults::Graph(rows) = self.run(query) else {
            panic!("{query}: no graph");
        };
        let mut triples = lines(rows).unwrap_or_else(|error| panic!("{query}\n{error}"));
        triples.sort();
        triples
    }

    /// The error of a query, from parsing, starting or reading it.
    #[track_caller]
    pub fn error(&self, query: &str, options: &QueryOptions) -> Error {
        let run = self.try_run(query, options);
        let read = run.and_then(|results| match results.rows() {
            Some(rows) => lines(rows).map(drop),
            None => Ok(()),
        });
        read.err().unwrap_or_else(|| panic!("{query}: no error"))
    }

    /// Runs an update request as a transaction of its own.
    pub fn try_update(&self, request: &str) -> Result<Committed> {
        let request = declared() + request;
        self.database
            .update(&request, &UpdateOptions::default(), &Control::new())
    }

    #[track_caller]
    pub fn update(&self, request: &str) -> Committed {
        self.try_update(request)
            .unwrap_or_else(|error| panic!("{request}\n{error}"))
    }

    /// The value of an expression, `-` if it is an error.
    #[track_caller]
    pub fn value(&self, expression: &str) -> String {
        let mut rows = self.sequence(&format!("SELECT ({expression} AS ?value) {{}}"));
        assert_eq!(rows.len(), 1, "{expression}");
        rows.remove(0)
    }

    /// All quads, as sorted lines; the graph last if it is a named one.
    pub fn quads(&self) -> Vec<String> {
        let snapshot = self.database.snapshot().unwrap();
        let mut blanks = Blanks::default();
        let mut quads: Vec<String> = snapshot
            .quads(&QuadPattern::default(), &Control::new())
            .unwrap()
            .map(|quad| {
                let quad = quad.unwrap();
                let mut line = [
                    blanks.term(&quad.subject.into()),
                    blanks.term(&quad.predicate.into()),
                    blanks.term(&quad.object),
                ]
                .join(" ");
                match quad.graph_name {
                    oxrdf::GraphName::DefaultGraph => {}
                    oxrdf::GraphName::NamedNode(graph) => {
                        line += &format!(" {}", blanks.term(&graph.into()));
                    }
                    oxrdf::GraphName::BlankNode(graph) => {
                        line += &format!(" {}", blanks.term(&graph.into()));
                    }
                }
                line
            })
            .collect();
        quads.sort();
        quads
    }
}

/// Short names of blank nodes, in the order in which they are met.
#[derive(Default)]
struct Blanks(BTreeMap<String, usize>);

impl Blanks {
    fn term(&mut self, term: &Term) -> String {
        match term {
            Term::NamedNode(node) => shortened(node.as_str()),
            Term::BlankNode(node) => {
                let next = self.0.len();
                let number = self.0.entry(node.as_str().to_owned()).or_insert(next);
                format!("_:{number}")
            }
            Term::Literal(literal) => {
                let text = literal.to_string();
                match text.split_once("^^<") {
                    Some((value, datatype)) if value.ends_with('"') => {
                        format!("{value}^^{}", shortened(datatype.trim_end_matches('>')))
                    }
                    _ => text,
                }
            }
            Term::Triple(triple) => {
                let Triple {
                    subject,
                    predicate,
                    object,
                } = &**triple;
                format!(
                    "<<({} {} {})>>",
                    self.term(&subject.clone().into()),
                    self.term(&predicate.clone().into()),
                    self.term(object)
                )
            }
        }
    }
}

fn shortened(iri: &str) -> String {
    for (prefix, namespace) in PREFIXES {
        if let Some(local) = iri.strip_prefix(namespace) {
            return format!("{prefix}:{local}");
        }
    }
    format!("<{iri}>")
}

/// Reads rows to the end. Integers and booleans are shown by their text alone.
pub fn lines(mut rows: Rows) -> Result<Vec<String>> {
    let columns = rows.variables().len();
    let (mut batch, mut blanks) = (ResultBatch::new(), Blanks::default());
    let mut all = Vec::new();
    while rows.next(2048, &mut batch)? {
        for row in 0..batch.rows() {
            let cells: Vec<String> = (0..columns)
                .map(|column| match batch.term(row, column) {
                    Some(value) => plain(blanks.term(&term(&batch, value))),
                    None => "-".to_owned(),
                })
                .collect();
            all.push(cells.join(" "));
        }
    }
    Ok(all)
}

fn plain(text: String) -> String {
    for datatype in ["\"^^xsd:integer", "\"^^xsd:boolean"] {
        if let Some(value) = text.strip_suffix(datatype) {
            return value.trim_start_matches('"').to_owned();
        }
    }
    text
}

fn term(batch: &ResultBatch, value: TermRef<'_>) -> Term {
    value
        .to_oxrdf(&mut |id| {
            let index = batch.index_of(id).expect("parts of triple terms are there");
            Ok(term(
                batch,
                batch.terms().get(index as usize).expect("a term"),
            ))
        })
        .expect("a term that can be written")
}
