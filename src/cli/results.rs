//! Answers of queries in the formats for rows and graphs.

use super::output::{Output, write_error};
use super::table::{Names, Table};
use clap::ValueEnum;
use oxrdf::{GraphNameRef, NamedNode, QuadRef, Term, Variable};
use sparesults::{QueryResultsFormat, QueryResultsSerializer};
use std::io::Write;
use triplestore::error::{Code, Error, Result};
use triplestore::load::{self, Dump, DumpOptions};
use triplestore::query::{ResultBatch, Rows, UNBOUND};
use triplestore::term::TermRef;

/// Rows pulled at a time.
const BATCH_ROWS: usize = 2048;

/// How an answer is written: some formats are for rows, the others for graphs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ResultFormat {
    /// Rows: a table to read
    Table,
    /// Rows: SPARQL Query Results JSON
    Json,
    /// Rows: comma-separated values
    Csv,
    /// Rows: tab-separated values, terms as in Turtle
    Tsv,
    /// Rows: SPARQL Query Results XML
    Xml,
    /// Graph: N-Triples
    Nt,
    /// Graph: N-Quads
    Nq,
    /// Graph: Turtle
    Ttl,
    /// Graph: TriG
    Trig,
    /// Graph: RDF/XML
    Rdf,
    /// Graph: JSON-LD
    Jsonld,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RowFormat {
    Table,
    Results(QueryResultsFormat),
}

/// What a format is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Rows(RowFormat),
    Graph(load::Format),
}

impl ResultFormat {
    pub fn kind(self) -> Kind {
        let rows = |format| Kind::Rows(RowFormat::Results(format));
        match self {
            Self::Table => Kind::Rows(RowFormat::Table),
            Self::Json => rows(QueryResultsFormat::Json),
            Self::Csv => rows(QueryResultsFormat::Csv),
            Self::Tsv => rows(QueryResultsFormat::Tsv),
            Self::Xml => rows(QueryResultsFormat::Xml),
            Self::Nt => Kind::Graph(load::Format::NTriples),
            Self::Nq => Kind::Graph(load::Format::NQuads),
            Self::Ttl => Kind::Graph(load::Format::Turtle),
            Self::Trig => Kind::Graph(load::Format::TriG),
            Self::Rdf => Kind::Graph(load::Format::RdfXml),
            Self::Jsonld => Kind::Graph(load::Format::JsonLd),
        }
    }
}

/// Writes the answer of an ASK. Errors: `Io`.
pub fn write_boolean(answer: bool, format: RowFormat, mut out: Output) -> Result<()> {
    match format {
        RowFormat::Table => writeln!(out, "{answer}"),
        RowFormat::Results(format) => QueryResultsSerializer::from_format(format)
            .serialize_boolean_to_writer(&mut out, answer)
            .and_then(|out| writeln!(out)),
    }
    .map_err(write_error)?;
    out.finish()
}

/// Writes the rows of a SELECT. Errors: those of [`Rows::next`], `Io`.
pub fn write_rows(rows: Rows, format: RowFormat, names: &Names, out: Output) -> Result<()> {
    match format {
        RowFormat::Table => write_table(rows, names, out),
        RowFormat::Results(format) => write_results(rows, format, out),
    }
}

fn write_table(mut rows: Rows, names: &Names, out: Output) -> Result<()> {
    let mut table = Table::new(rows.variables(), out);
    let mut batch = ResultBatch::new();
    while rows.next(BATCH_ROWS, &mut batch)? {
        let texts: Vec<String> = terms(&batch)?.iter().map(|term| names.term(term)).collect();
        let mut cells = Vec::new();
        for row in 0..batch.rows() {
            cells.clear();
            cells.extend(batch.columns().iter().map(|column| match column[row] {
                UNBOUND => "",
                index => texts[index as usize].as_str(),
            }));
            table.row(&cells).map_err(write_error)?;
        }
    }
    table.finish().map_err(write_error)?.finish()
}

fn write_results(mut rows: Rows, format: QueryResultsFormat, out: Output) -> Result<()> {
    let variables: Vec<Variable> = rows
        .variables()
        .iter()
        .map(|name| Variable::new_unchecked(name.as_str()))
        .collect();
    let mut results = QueryResultsSerializer::from_format(format)
        .serialize_solutions_to_writer(out, variables.clone())
        .map_err(write_error)?;
    let mut batch = ResultBatch::new();
    while rows.next(BATCH_ROWS, &mut batch)? {
        let terms = terms(&batch)?;
        for row in 0..batch.rows() {
            let bound = variables
                .iter()
                .zip(batch.columns())
                .filter(|(_, column)| column[row] != UNBOUND)
                .map(|(variable, column)| (variable, &terms[column[row] as usize]));
            results.serialize(bound).map_err(write_error)?;
        }
    }
    let mut out = results.finish().map_err(write_error)?;
    if matches!(format, QueryResultsFormat::Json | QueryResultsFormat::Xml) {
        writeln!(out).map_err(write_error)?;
    }
    out.finish()
}

/// Writes the triples of a CONSTRUCT. Errors: those of [`Rows::next`], `Io`, `InvalidInput` for what the format cannot
/// express.
pub fn write_graph(
    mut rows: Rows,
    format: load::Format,
    options: &DumpOptions,
    out: Output,
) -> Result<()> {
    let mut dump = Dump::new(format, options, out)?;
    let mut batch = ResultBatch::new();
    while rows.next(BATCH_ROWS, &mut batch)? {
        let terms = terms(&batch)?;
        let term = |column: usize, row: usize| terms.get(batch.columns()[column][row] as usize);
        for row in 0..batch.rows() {
            let (Some(subject), Some(Term::NamedNode(predicate)), Some(object)) =
                (term(0, row), term(1, row), term(2, row))
            else {
                return Err(misplaced());
            };
            dump.quad(QuadRef {
                subject: match subject {
                    Term::NamedNode(iri) => iri.as_ref().into(),
                    Term::BlankNode(blank) => blank.as_ref().into(),
                    _ => return Err(misplaced()),
                },
                predicate: predicate.as_ref(),
                object: object.as_ref(),
                graph_name: GraphNameRef::DefaultGraph,
            })?;
        }
    }
    dump.finish()?.finish()
}

#[cold]
fn misplaced() -> Error {
    Error::new(
        Code::Internal,
        "a constructed triple has a term in a position it cannot have",
    )
}

/// The distinct terms of a batch, by index. Errors: `Internal`.
fn terms(batch: &ResultBatch) -> Result<Vec<Term>> {
    // A slot that no row names may be vacant.
    let vacant: Term = NamedNode::new_unchecked("").into();
    (0..batch.terms().len())
        .map(|index| match batch.terms().get(index) {
            Some(found) => term(batch, found),
            None => Ok(vacant.clone()),
        })
        .collect()
}

fn term(batch: &ResultBatch, found: TermRef<'_>) -> Result<Term> {
    found.to_oxrdf(&mut |id| {
        let part = batch
            .index_of(id)
            .and_then(|index| batch.terms().get(index as usize));
        match part {
            Some(part) => term(batch, part),
            None => Err(Error::new(
                Code::Internal,
                "a part of a triple term is not among the terms of its batch",
            )),
        }
    })
}
