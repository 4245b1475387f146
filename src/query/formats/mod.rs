//! Results as documents: SPARQL Results JSON, XML, CSV and TSV for rows and booleans, the RDF formats for graphs.
//!
//! A document is written while its rows are worked. A distinct term of a batch is rendered once and its bytes are copied
//! wherever a row names it; what is around terms, cells and rows is a [`Frame`], one for each format. Bytes leave in pieces
//! of about 64 KiB; the control is polled before each.
//!
//! Invariants: a document that was finished is complete and valid; after an error the reader has had a prefix of one, which
//! no parser takes for a whole where the format has an end (JSON, XML, RDF/XML, JSON-LD) and which looks like a shorter
//! result where it has none (CSV, TSV, the lines of N-Triples and N-Quads): the error is the only sign, nothing is put into
//! the document.
//!
//! Memory: a batch, its rendered terms (charged), and one piece.
//!
//! Cost: 10-20 ns a value and 1 ns a byte of a distinct term.

mod cells;
mod csv;
mod format;
mod graph;
mod json;
mod raw;
mod tsv;
mod turtle;
mod xml;

pub use format::{ResultFormat, RowFormat};
pub use raw::RawTerms;
pub use turtle::is_bare;

use super::batch::{ResultBatch, UNBOUND};
use super::shape::{ResultKind, Shape};
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::load::DumpOptions;
use cells::Cells;
use graph::GraphWriter;
use std::io::{self, Write};

/// Bytes gathered before they are written.
const PIECE_BYTES: usize = 64 << 10;

/// How a result is written.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// `None`: JSON for rows and booleans, N-Triples for graphs, N-Quads for matches.
    pub format: Option<ResultFormat>,
    /// Prefixes and base of Turtle, TriG, RDF/XML and JSON-LD.
    pub graph: DumpOptions,
}

/// Writes what is left of a result and returns the number of rows written: of a SELECT its solutions, of a graph its
/// statements, of an ASK none. `next` gives the rows, as [`RowSource::next`](super::RowSource::next) does; ASK has a row if the
/// answer is yes.
/// Errors: `QueryInvalidOption` for a format of the other kind; those of `next` and of `out`, an [`Error`] inside an
/// [`io::Error`] as itself; `InvalidInput` for what the format cannot express; those of [`Control::poll`];
/// `ResourceExhausted`.
pub fn write_result(
    shape: &Shape,
    options: &WriteOptions,
    out: &mut dyn Write,
    control: &Control,
    next: &mut dyn FnMut(&mut ResultBatch) -> Result<bool>,
) -> Result<u64> {
    let format = options
        .format
        .unwrap_or_else(|| ResultFormat::default_of(shape.kind));
    format.check(shape.kind)?;
    let mut out = Polled { out, control };
    let mut batch = ResultBatch::new();
    match format {
        ResultFormat::Rows(format) if shape.kind == ResultKind::Ask => {
            let answer = next(&mut batch)?;
            let text = boolean(format, answer);
            out.write_all(text.as_bytes()).map_err(write_error)?;
            out.flush().map_err(write_error)?;
            Ok(0)
        }
        ResultFormat::Rows(format) => {
            let mut writer = RowWriter::new(format, &shape.columns, out)?;
            while next(&mut batch)? {
                writer.batch(&batch)?;
            }
            writer.finish()
        }
        ResultFormat::Graph(format) => {
            let mut writer = GraphWriter::new(format, &options.graph, out)?;
            while next(&mut batch)? {
                writer.batch(&batch)?;
            }
            writer.finish()
        }
    }
}

/// The document of an ASK. CSV and TSV define none for it; it is the bare word there.
fn boolean(format: RowFormat, answer: bool) -> String {
    match format {
        RowFormat::Json => format!("{{\"head\":{{}},\"boolean\":{answer}}}"),
        RowFormat::Xml => format!(
            "{}<head></head><boolean>{answer}</boolean></sparql>",
            xml::BEGIN
        ),
        RowFormat::Csv | RowFormat::Tsv => answer.to_string(),
    }
}

/// What stands around the cells and rows of a document.
struct Frame {
    head: Vec<u8>,
    row_start: &'static [u8],
    row_end: &'static [u8],
    between_rows: &'static [u8],
    between_cells: &'static [u8],
    /// What precedes a cell, for each column.
    cell_starts: Vec<Vec<u8>>,
    /// Whether an unbound cell is left out; else it is empty.
    omits_unbound: bool,
    tail: &'static [u8],
    term: RenderTerm,
}

impl Frame {
    /// Of a format that has a line of names and then a line for each row.
    fn delimited(
        columns: &[String],
        name_start: &[u8],
        between_cells: &'static [u8],
        line_end: &'static [u8],
        term: RenderTerm,
    ) -> Self {
        let mut head = Vec::new();
        for (index, name) in columns.iter().enumerate() {
            if index > 0 {
                head.extend_from_slice(between_cells);
            }
            head.extend_from_slice(name_start);
            head.extend_from_slice(name.as_bytes());
        }
        head.extend_from_slice(line_end);
        Self {
            head,
            row_start: b"",
            row_end: line_end,
            between_rows: b"",
            between_cells,
            cell_starts: vec![Vec::new(); columns.len()],
            omits_unbound: false,
            tail: b"",
            term,
        }
    }
}

/// Appends a term of a batch, with what ends its cell. Errors: `InvalidInput` for what the format cannot express,
/// `Internal` if a part of a triple term is not in the batch.
type RenderTerm = fn(&ResultBatch, usize, &mut Vec<u8>) -> Result<()>;

/// A table being written.
struct RowWriter<'a> {
    out: Polled<'a>,
    frame: Frame,
    cells: Cells,
    piece: Vec<u8>,
    rows: u64,
}

impl<'a> RowWriter<'a> {
    fn new(format: RowFormat, columns: &[String], out: Polled<'a>) -> Result<Self> {
        let frame = match format {
            RowFormat::Json => json::frame(columns),
            RowFormat::Xml => xml::frame(columns)?,
            RowFormat::Csv => csv::frame(columns),
            RowFormat::Tsv => tsv::frame(columns),
        };
        let mut piece = Vec::with_capacity(PIECE_BYTES + PIECE_BYTES / 4);
        piece.extend_from_slice(&frame.head);
        Ok(Self {
            cells: Cells::new(out.control),
            out,
            frame,
            piece,
            rows: 0,
        })
    }

    fn batch(&mut self, batch: &ResultBatch) -> Result<()> {
        self.cells.render(batch, self.frame.term)?;
        for row in 0..batch.rows() {
            let frame = &self.frame;
            if self.rows > 0 {
                self.piece.extend_from_slice(frame.between_rows);
            }
            self.rows += 1;
            self.piece.extend_from_slice(frame.row_start);
            let mut is_first = true;
            for (column, start) in batch.columns().iter().zip(&frame.cell_starts) {
                let index = column[row];
                if index == UNBOUND && frame.omits_unbound {
                    continue;
                }
                if !is_first {
                    self.piece.extend_from_slice(frame.between_cells);
                }
                is_first = false;
                self.piece.extend_from_slice(start);
                let cell = self.cells.get(index);
                if cell.len() < PIECE_BYTES {
                    self.piece.extend_from_slice(cell);
                } else {
                    // A large term is not copied.
                    self.out.piece(&mut self.piece)?;
                    self.out.write_all(cell).map_err(write_error)?;
                }
            }
            self.piece.extend_from_slice(frame.row_end);
            if self.piece.len() >= PIECE_BYTES {
                self.out.piece(&mut self.piece)?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<u64> {
        self.piece.extend_from_slice(self.frame.tail);
        self.out.piece(&mut self.piece)?;
        self.out.flush().map_err(write_error)?;
        Ok(self.rows)
    }
}

/// A writer that polls the control before each piece, so that cancel and deadline hold however slow its reader is.
struct Polled<'a> {
    out: &'a mut dyn Write,
    control: &'a Control,
}

impl Polled<'_> {
    /// Writes and empties a piece.
    fn piece(&mut self, piece: &mut Vec<u8>) -> Result<()> {
        if !piece.is_empty() {
            self.write_all(piece).map_err(write_error)?;
            piece.clear();
        }
        Ok(())
    }
}

impl Write for Polled<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.control.poll().map_err(io::Error::other)?;
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cold]
fn write_error(error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => {
            Error::new(Code::Io, format!("cannot write the result: {error}")).because(error)
        }
    }
}

#[cold]
fn inexpressible(format: &str, what: &str) -> Error {
    Error::new(
        Code::InvalidInput,
        format!("{format} cannot express {what}"),
    )
    .with_hint("use SPARQL Results JSON or TSV, which can")
}

#[cold]
fn missing_part() -> Error {
    Error::new(
        Code::Internal,
        "a part of a triple term is not among the terms of its batch",
    )
}

/// The slots of the parts of a triple term. Errors: `Internal`.
fn parts(batch: &ResultBatch, ids: [crate::term::Id; 3]) -> Result<[usize; 3]> {
    let mut slots = [0; 3];
    for (slot, id) in slots.iter_mut().zip(ids) {
        *slot = batch.index_of(id).ok_or_else(missing_part)? as usize;
    }
    Ok(slots)
}

#[cfg(test)]
mod tests;
