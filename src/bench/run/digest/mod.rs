//! Answers made comparable: a digest of canonical rows that all engines must agree on.
//!
//! 1. A row of a SELECT is its bound variables by name, in alphabetical order, each with its term; of an ASK, the answer.
//!    A row of a graph is a triple, and equal triples are one.
//! 2. Terms are in canonical N-Triples; numbers in one lexical form for each value ([`number`]).
//! 3. A blank node of a row is numbered within it, so that rows that differ in the label alone are equal and two places
//!    of one node stay one. Blank nodes of a graph are coloured ([`graph`]).
//! 4. The digest of rows in any order is the sum of their hashes; that of a sequence hashes each hash after the one
//!    before. Both are 128 bits, with the number of rows beside them.
//!
//! Rows are read as a stream; of a graph, 16 bytes a triple stay in memory.

mod graph;
mod number;

use crate::bench::record::Answer;
use crate::bench::run::figures::Place;
use oxrdf::{BlankNode, NamedOrBlankNode, Term, Triple};
use oxttl::NTriplesParser;
use sparesults::{QueryResultsFormat, QueryResultsParser, ReaderQueryResultsParserOutput};
use std::fmt::Write;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

const BUFFER_BYTES: usize = 256 << 10;

/// What an answer is, from its query.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// SPARQL JSON of a SELECT or ASK; in the order that the query asks for if it does.
    Rows { ordered: bool },
    /// N-Triples.
    Graph,
}

/// The digest of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Digest {
    pub rows: u64,
    pub hash: u128,
}

impl Digest {
    /// Errors: those of reading, and what is no such document.
    pub fn of(file: &Path, form: Form) -> io::Result<Self> {
        let mut digest = Digest { rows: 0, hash: 0 };
        let ordered = form == Form::Rows { ordered: true };
        for_each_row(file, form, &mut |row| {
            digest.rows += 1;
            let hash = xxh3_128(row.as_bytes());
            digest.hash = match ordered {
                true => xxh3_128(&[digest.hash.to_le_bytes(), hash.to_le_bytes()].concat()),
                false => digest.hash.wrapping_add(hash),
            };
        })?;
        Ok(digest)
    }

    pub fn answer(&self, place: &Place) -> Answer {
        Answer {
            workload: place.workload.clone(),
            subject: place.subject.clone(),
            engine: place.engine.clone(),
            rows: self.rows,
            digest: format!("{:032x}", self.hash),
        }
    }
}

/// The one number that an answer of one row has.
pub fn number_in(file: &Path) -> io::Result<u64> {
    let mut number = None;
    for_each_row(file, Form::Rows { ordered: false }, &mut |row| {
        number = row.split('"').nth(1).and_then(|text| text.parse().ok());
    })?;
    number.ok_or_else(|| io::Error::other("no number"))
}

/// The first row that one answer has and the other has not, in words; of answers in any order, the least one.
/// Cost: all rows in memory; it is asked for when a run has failed.
pub fn first_difference(a: &Path, b: &Path, form: Form) -> io::Result<String> {
    let rows = |file: &Path| {
        let mut rows = Vec::new();
        for_each_row(file, form, &mut |row| rows.push(row.to_owned()))?;
        if form != (Form::Rows { ordered: true }) {
            rows.sort_unstable();
        }
        Ok::<_, io::Error>(rows)
    };
    let (a, b) = (rows(a)?, rows(b)?);
    let place = a.iter().zip(&b).position(|(a, b)| a != b);
    let place = place.unwrap_or(a.len().min(b.len()));
    let shown = |rows: &[String]| match rows.get(place) {
        Some(row) if row.is_empty() => "a row without values".to_owned(),
        Some(row) => format!("`{row}`"),
        None => "no more rows".to_owned(),
    };
    Ok(format!(
        "row {}: {} against {}",
        place + 1,
        shown(&a),
        shown(&b)
    ))
}

/// Calls `row` with every canonical row of an answer.
fn for_each_row(file: &Path, form: Form, row: &mut dyn FnMut(&str)) -> io::Result<()> {
    let reader = BufReader::with_capacity(BUFFER_BYTES, File::open(file)?);
    match form {
        Form::Graph => {
            let triples = NTriplesParser::new().for_reader(reader);
            graph::for_each_triple(triples, row)
        }
        Form::Rows { .. } => {
            let parser = QueryResultsParser::from_format(QueryResultsFormat::Json);
            match parser.for_reader(reader).map_err(io::Error::other)? {
                ReaderQueryResultsParserOutput::Boolean(answer) => row(&answer.to_string()),
                ReaderQueryResultsParserOutput::Solutions(solutions) => {
                    let mut text = String::new();
                    for solution in solutions {
                        let solution = solution.map_err(io::Error::other)?;
                        let mut cells: Vec<_> = solution.iter().collect();
                        cells.sort_unstable_by_key(|(variable, _)| variable.as_str());
                        text.clear();
                        let mut blanks = Vec::new();
                        for (variable, term) in cells {
                            let term = canonical(term, &mut |blank| numbered(blank, &mut blanks));
                            // Writing to a string cannot fail.
                            let _ = write!(text, "{}={term}\t", variable.as_str());
                        }
                        row(text.trim_end());
                    }
                }
            }
            Ok(())
        }
    }
}

/// The number of a blank node among those of its row.
fn numbered(blank: &BlankNode, seen: &mut Vec<BlankNode>) -> String {
    let number = seen.iter().position(|known| known == blank);
    let number = number.unwrap_or_else(|| {
        seen.push(blank.clone());
        seen.len() - 1
    });
    format!("_:{number}")
}

/// A term in canonical N-Triples, with blank nodes as `blank` writes them.
fn canonical(term: &Term, blank: &mut dyn FnMut(&BlankNode) -> String) -> String {
    match term {
        Term::NamedNode(iri) => iri.to_string(),
        Term::BlankNode(node) => blank(node),
        Term::Literal(literal) => match number::canonical(literal) {
            Some(value) => format!("\"{value}\"^^{}", literal.datatype()),
            None => literal.to_string(),
        },
        Term::Triple(triple) => format!("<<( {} )>>", parts(triple, blank)),
    }
}

/// Subject, predicate and object of a triple.
fn parts(triple: &Triple, blank: &mut dyn FnMut(&BlankNode) -> String) -> String {
    let subject = match &triple.subject {
        NamedOrBlankNode::NamedNode(iri) => iri.to_string(),
        NamedOrBlankNode::BlankNode(node) => blank(node),
    };
    let object = canonical(&triple.object, blank);
    format!("{subject} {} {object}", triple.predicate)
}

#[cfg(test)]
mod tests;
