//! Construct: triples of a template for each row.

use super::batch::Batch;
use super::operator::{BoxOperator, Operator, Runtime};
use crate::error::Result;
use crate::store::BATCH_ROWS;
use crate::term::{Id, TermRef};
use std::sync::Arc;

/// A position of a template over columns.
#[derive(Clone, Debug)]
pub enum TemplateTerm {
    /// `None`: a variable that no column holds.
    Column(Option<usize>),
    Constant(Id),
    /// A blank node of the row, by number.
    Blank(usize),
    /// A triple term of these parts.
    Triple(Box<[TemplateTerm; 3]>),
}

/// Gives subject, predicate and object of each triple that is one: bound, no literal or triple term as subject, an IRI as
/// predicate (SPARQL 1.1 section 16.2). Repetitions are left in.
pub struct Construct {
    runtime: Arc<Runtime>,
    input: BoxOperator,
    template: Vec<[TemplateTerm; 3]>,
    blanks: usize,
    read: Batch,
    row: usize,
    triple: usize,
    /// Blank nodes of the row at hand.
    fresh: Vec<Id>,
}

impl Construct {
    /// `blanks` is the number of blank nodes of the template.
    pub fn new(
        runtime: &Arc<Runtime>,
        input: BoxOperator,
        template: Vec<[TemplateTerm; 3]>,
        blanks: usize,
    ) -> Self {
        Self {
            runtime: runtime.clone(),
            input,
            template,
            blanks,
            read: Batch::new(),
            row: 0,
            triple: 0,
            fresh: Vec::new(),
        }
    }

    /// The term of the row at hand; unbound if there is none, as a triple term that is no triple.
    fn term(&self, term: &TemplateTerm) -> Result<Id> {
        Ok(match term {
            TemplateTerm::Column(Some(column)) => {
                Id::from_raw(self.read.columns[*column][self.row])
            }
            TemplateTerm::Column(None) => Id::UNBOUND,
            TemplateTerm::Constant(id) => *id,
            TemplateTerm::Blank(number) => self.fresh.get(*number).copied().unwrap_or(Id::UNBOUND),
            TemplateTerm::Triple(parts) => match self.triple(parts)? {
                Some(parts) => self.runtime.terms.intern(TermRef::Triple(parts))?,
                None => Id::UNBOUND,
            },
        })
    }

    fn triple(&self, parts: &[TemplateTerm; 3]) -> Result<Option<[Id; 3]>> {
        let [subject, predicate, object] = parts;
        let (subject, predicate) = (self.term(subject)?, self.term(predicate)?);
        if !(subject.is_iri() || subject.is_blank()) || !predicate.is_iri() {
            return Ok(None);
        }
        let object = self.term(object)?;
        Ok((!object.is_unbound()).then_some([subject, predicate, object]))
    }
}

impl Operator for Construct {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        batch.reset(3);
        let mut rows = 0;
        while rows < BATCH_ROWS {
            if self.triple == self.template.len() {
                self.triple = 0;
                self.row += 1;
                self.fresh.clear();
            }
            if self.row >= self.read.rows() {
                self.runtime.control.poll()?;
                if self.template.is_empty() || !self.input.next(&mut self.read)? {
                    self.read.reset(0);
                    break;
                }
                self.read.compact();
                self.row = 0;
                self.triple = 0;
            }
            while self.fresh.len() < self.blanks {
                self.fresh.push(self.runtime.terms.fresh_blank());
            }
            let made = self.triple(&self.template[self.triple])?;
            self.triple += 1;
            if let Some(triple) = made {
                for (column, id) in triple.into_iter().enumerate() {
                    batch.columns[column].push(id.raw());
                }
                rows += 1;
            }
        }
        batch.set_rows(rows);
        Ok(rows > 0)
    }
}
