//! Stores, and answers of this library and of `spareval` as sorted solutions of printed terms.

use crate::document;
use oxrdf::{Dataset, NamedNode, Quad, Term};
use spareval::{QueryEvaluator, QueryResults as Reference};
use spargebra::SparqlParser;
use std::collections::BTreeMap;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, QuadPattern};
use triplestore::error::Result;
use triplestore::load::Format;
use triplestore::query::{QueryOptions, ResultBatch};
use triplestore::term::TermRef;

pub type Solution = BTreeMap<String, String>;
pub type Rows = Vec<Solution>;

/// Numbers from a seed (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ mixed >> 31) % end
    }

    pub fn percent(&mut self, part: u64) -> bool {
        self.below(100) < part
    }
}

pub fn iri(name: &str) -> NamedNode {
    NamedNode::new_unchecked(format!("http://x/{name}"))
}

pub fn store(quads: &[Quad]) -> Database {
    let database = Database::memory(&Config::default()).unwrap();
    load(&database, quads);
    database
}

pub fn load(database: &Database, quads: &[Quad]) {
    let document: String = quads.iter().map(|quad| format!("{quad} .\n")).collect();
    document::load(database, &document, Format::NQuads);
}

/// The quads of a store, blank nodes with the labels it prints.
pub fn quads(database: &Database) -> Vec<Quad> {
    let snapshot = database.snapshot().unwrap();
    let quads = snapshot.quads(&QuadPattern::default(), &Control::new());
    quads.unwrap().collect::<Result<_>>().unwrap()
}

fn printed(batch: &ResultBatch, term: TermRef<'_>) -> Term {
    term.to_oxrdf(&mut |id| {
        let index = batch.index_of(id).expect("parts of triple terms are there");
        Ok(printed(batch, batch.terms().get(index as usize).unwrap()))
    })
    .unwrap()
}

pub fn answer_under(database: &Database, text: &str, control: &Control) -> Result<Rows> {
    let results = database
        .snapshot()?
        .query(text, &QueryOptions::default(), control)?;
    let mut rows = results.rows().expect("rows");
    let mut batch = ResultBatch::new();
    let mut all = Vec::new();
    while rows.next(2048, &mut batch)? {
        for row in 0..batch.rows() {
            let mut solution = BTreeMap::new();
            for (column, name) in rows.variables().iter().enumerate() {
                if let Some(term) = batch.term(row, column) {
                    solution.insert(name.clone(), printed(&batch, term).to_string());
                }
            }
            all.push(solution);
        }
    }
    all.sort();
    Ok(all)
}

pub fn answer(database: &Database, text: &str) -> Rows {
    answer_under(database, text, &database.query_control())
        .unwrap_or_else(|error| panic!("{text}\n{error:?}"))
}

pub fn reference(dataset: &Dataset, text: &str) -> Rows {
    let query = SparqlParser::new().parse_query(text).unwrap();
    let results = QueryEvaluator::new().prepare(&query).execute(dataset);
    let mut all: Rows = match results.unwrap() {
        Reference::Solutions(solutions) => solutions
            .map(|solution| {
                let solution = solution.unwrap();
                let terms = solution.iter();
                terms
                    .map(|(variable, term)| (variable.as_str().to_owned(), term.to_string()))
                    .collect()
            })
            .collect(),
        Reference::Graph(triples) => triples
            .map(|triple| {
                let triple = triple.unwrap();
                Solution::from([
                    ("subject".to_owned(), triple.subject.to_string()),
                    ("predicate".to_owned(), triple.predicate.to_string()),
                    ("object".to_owned(), triple.object.to_string()),
                ])
            })
            .collect(),
        Reference::Boolean(_) => panic!("{text} has rows"),
    };
    all.sort();
    all
}
