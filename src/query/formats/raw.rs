//! Terms of a batch as the writers of RDF documents take them.

use super::missing_part;
use crate::error::{Error, Result};
use crate::load::{self, RawLiteral, RawTerm};
use crate::query::{ResultBatch, UNBOUND};
use crate::term::{Direction, LiteralKind, TermRef, write_blank_label};

/// Takes subject, predicate and object, and the graph if it is a named one.
type StatementSink<'f> = dyn FnMut([RawTerm<'_>; 3], Option<RawTerm<'_>>) -> Result<()> + 'f;

/// Reads the terms of one batch.
pub struct RawTerms<'b> {
    batch: &'b ResultBatch,
    /// Labels of the blank nodes, by their slots; empty for other terms.
    labels: Vec<String>,
}

impl<'b> RawTerms<'b> {
    pub fn new(batch: &'b ResultBatch) -> Self {
        let label = |slot| match batch.terms().get(slot) {
            Some(TermRef::Blank(number)) => {
                let mut label = Vec::new();
                write_blank_label(number, &mut label);
                String::from_utf8_lossy(&label).into_owned()
            }
            _ => String::new(),
        };
        Self {
            batch,
            labels: (0..batch.terms().len()).map(label).collect(),
        }
    }

    /// Calls `then` with the term of a slot. Errors: those of `then`; `Internal` if there is none.
    pub fn with(&self, slot: u32, then: &mut dyn FnMut(RawTerm<'_>) -> Result<()>) -> Result<()> {
        let term = self
            .batch
            .terms()
            .get(slot as usize)
            .ok_or_else(missing_term)?;
        match term {
            TermRef::Iri(iri) => then(RawTerm::Iri(iri)),
            TermRef::Blank(_) => then(RawTerm::Blank(&self.labels[slot as usize])),
            TermRef::Literal(literal) => {
                let (language, direction) = match literal.kind {
                    LiteralKind::Language { tag, direction } => (Some(tag), direction),
                    LiteralKind::String | LiteralKind::Typed(_) => (None, None),
                };
                then(RawTerm::Literal(RawLiteral {
                    lexical: literal.lexical,
                    datatype: literal.datatype(),
                    language,
                    direction: direction.map(|direction| match direction {
                        Direction::LeftToRight => load::Direction::Ltr,
                        Direction::RightToLeft => load::Direction::Rtl,
                    }),
                }))
            }
            TermRef::Triple(parts) => {
                let part = |id| self.batch.index_of(id).ok_or_else(missing_part);
                let [s, p, o] = [part(parts[0])?, part(parts[1])?, part(parts[2])?];
                self.with(s, &mut |s| {
                    self.with(p, &mut |p| {
                        self.with(o, &mut |o| then(RawTerm::Triple(&[s, p, o])))
                    })
                })
            }
        }
    }

    /// Calls `then` with subject, predicate, object and graph of a row; no fourth column, or no term in it, is no graph.
    /// Errors: those of `then`; `Internal` if the row is not a statement.
    pub fn statement(&self, row: usize, then: &mut StatementSink<'_>) -> Result<()> {
        let slot = |column: usize| {
            let column = self.batch.columns().get(column);
            column.map_or(UNBOUND, |column| column[row])
        };
        self.with(slot(0), &mut |s| {
            self.with(slot(1), &mut |p| {
                self.with(slot(2), &mut |o| match slot(3) {
                    UNBOUND => then([s, p, o], None),
                    graph => self.with(graph, &mut |graph| then([s, p, o], Some(graph))),
                })
            })
        })
    }
}

#[cold]
fn missing_term() -> Error {
    Error::new(
        crate::error::Code::Internal,
        "a batch lacks a term that its rows name",
    )
}
