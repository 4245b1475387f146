//! Answers of queries: a table for people, or a document of the library's writers.

use super::output::{Output, write_error};
use super::table::{Names, Table};
use clap::ValueEnum;
use oxrdf::{NamedNode, Term};
use std::io::Write;
use triplestore::error::{Code, Error, Result};
use triplestore::load::Format;
use triplestore::query::{
    ResultBatch, ResultFormat as Document, ResultKind, RowFormat, Rows, UNBOUND, WriteOptions,
};
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

/// How an answer of a known kind is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Layout {
    Table,
    Document(Document),
}

impl Layout {
    /// Errors: `QueryInvalidOption` for a table of a graph; what the writers refuse, they refuse themselves.
    pub fn chosen(kind: ResultKind, format: Option<ResultFormat>) -> Result<Self> {
        let document = match format {
            None if kind.is_graph() => Document::Graph(Format::Turtle),
            Some(ResultFormat::Table) if kind.is_graph() => {
                return Err(Error::new(
                    Code::QueryInvalidOption,
                    "a graph is not written as a table",
                )
                .with_hint("use one of nt, nq, ttl, trig, rdf, jsonld"));
            }
            None | Some(ResultFormat::Table) => return Ok(Self::Table),
            Some(ResultFormat::Json) => Document::Rows(RowFormat::Json),
            Some(ResultFormat::Csv) => Document::Rows(RowFormat::Csv),
            Some(ResultFormat::Tsv) => Document::Rows(RowFormat::Tsv),
            Some(ResultFormat::Xml) => Document::Rows(RowFormat::Xml),
            Some(ResultFormat::Nt) => Document::Graph(Format::NTriples),
            Some(ResultFormat::Nq) => Document::Graph(Format::NQuads),
            Some(ResultFormat::Ttl) => Document::Graph(Format::Turtle),
            Some(ResultFormat::Trig) => Document::Graph(Format::TriG),
            Some(ResultFormat::Rdf) => Document::Graph(Format::RdfXml),
            Some(ResultFormat::Jsonld) => Document::Graph(Format::JsonLd),
        };
        document.check(kind)?;
        Ok(Self::Document(document))
    }
}

/// Writes a result as a document, which ends with a line. Errors: those of [`Rows::write`].
pub fn write_document(mut rows: Rows, options: &WriteOptions, mut out: Output) -> Result<()> {
    let kind = rows.shape().kind;
    rows.write(options, &mut out)?;
    let ends_with_line = match options.format {
        Some(Document::Rows(RowFormat::Csv | RowFormat::Tsv)) => kind == ResultKind::Select,
        Some(Document::Graph(_)) => true,
        Some(Document::Rows(RowFormat::Json | RowFormat::Xml)) | None => false,
    };
    if !ends_with_line {
        writeln!(out).map_err(write_error)?;
    }
    out.finish()
}

/// Writes rows as a table, or the answer of an ASK. Errors: those of [`Rows::next`], `Io`.
pub fn write_table(mut rows: Rows, names: &Names, mut out: Output) -> Result<()> {
    let mut batch = ResultBatch::new();
    if rows.shape().kind == ResultKind::Ask {
        let answer = rows.next(1, &mut batch)?;
        writeln!(out, "{answer}").map_err(write_error)?;
        return out.finish();
    }
    let mut table = Table::new(rows.variables(), out);
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
