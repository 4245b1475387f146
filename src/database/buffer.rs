//! Writing from N-Quads text, within a transaction.
//!
//! A buffer is a document (definition 10): a blank node label in text that is inserted is a node of its own, and in text
//! that is deleted it is an error, since text addresses no stored blank node.

use super::WriteTxn;
use crate::control::Charge;
use crate::error::Result;
use crate::load::{Format, Input, ParseOptions, RawTerm, Refusal, Resolve, StatementSink, parse};
use crate::store::Transaction;
use crate::term::Id;

/// Quads charged at a time.
const CHARGED_QUADS: usize = 4096;

impl WriteTxn {
    /// Inserts the quads of a buffer of N-Quads (plain or compressed), all or none; returns how many statements it has.
    /// Errors: `DataParse`, `InvalidIri`, `InvalidUtf8`, `NestingTooDeep`, `TermTooLarge`, `TruncatedInput` with the
    /// place; `ResourceExhausted`, `Cancelled`, `QueryTimeout`, those of reading.
    pub fn insert_nquads(&mut self, text: &[u8]) -> Result<u64> {
        let resolve = Resolve::insert(&self.transaction)?;
        let quads = self.read_nquads(text, resolve)?;
        for &quad in &quads.rows {
            self.transaction.insert(quad)?;
        }
        Ok(quads.statements)
    }

    /// Deletes the quads of a buffer of N-Quads, all or none; returns how many statements it has. A quad with a term
    /// the store does not know is not there, and nothing happens.
    /// Errors: as [`WriteTxn::insert_nquads`]; `InvalidInput` for a blank node.
    pub fn delete_nquads(&mut self, text: &[u8]) -> Result<u64> {
        let quads = self.read_nquads(text, Resolve::Delete)?;
        for &quad in &quads.rows {
            self.transaction.delete(quad)?;
        }
        Ok(quads.statements)
    }

    fn read_nquads(&mut self, text: &[u8], resolve: Resolve) -> Result<Quads> {
        let control = self.transaction.control().clone();
        let mut options = ParseOptions::new(Format::NQuads);
        options.max_term_bytes = super::usize_of(self.database.config().max_term_bytes);
        let mut sink = Sink {
            transaction: &mut self.transaction,
            resolve,
            quads: Quads {
                rows: Vec::new(),
                statements: 0,
                charge: control.charge(0)?,
            },
        };
        let input = Input::memory(text, None, &control)?;
        parse(input, &options, &control, std::slice::from_mut(&mut sink))?;
        Ok(sink.quads)
    }
}

/// Quads of a buffer, held back until all of it is read.
struct Quads {
    rows: Vec<[u64; 4]>,
    statements: u64,
    charge: Charge,
}

struct Sink<'t> {
    transaction: &'t mut Transaction,
    resolve: Resolve,
    quads: Quads,
}

impl StatementSink for Sink<'_> {
    fn statement(
        &mut self,
        subject: RawTerm<'_>,
        predicate: RawTerm<'_>,
        object: RawTerm<'_>,
        graph: Option<RawTerm<'_>>,
    ) -> Result<(), Refusal> {
        let terms = [Some(subject), Some(predicate), Some(object), graph];
        let quad = self
            .resolve
            .quad(self.transaction, terms, Id::DEFAULT_GRAPH)?;
        self.quads.statements += 1;
        let Some(quad) = quad else {
            return Ok(());
        };
        if self.quads.rows.len().is_multiple_of(CHARGED_QUADS) {
            let held = self.quads.rows.len() + CHARGED_QUADS;
            self.quads.charge.resize(held * size_of::<[u64; 4]>())?;
        }
        self.quads.rows.push(quad);
        Ok(())
    }
}
