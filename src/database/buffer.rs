//! Writing from N-Quads text, within a transaction.
//!
//! A buffer is a document (definition 10): a blank node label in text that is inserted is a node of its own, and in text
//! that is deleted it is an error, since text addresses no stored blank node.

use super::WriteTxn;
use crate::control::Charge;
use crate::error::{Code, Result};
use crate::load::{
    Format, Input, InvalidTerm, ParseOptions, RawTerm, Refusal, StatementSink, check_iri, parse,
};
use crate::store::Transaction;
use crate::term::{Id, TermRef};
use rustc_hash::FxHashMap;

/// Quads charged at a time.
const CHARGED_QUADS: usize = 4096;

impl WriteTxn {
    /// Inserts the quads of a buffer of N-Quads (plain or compressed), all or none; returns how many statements it has.
    /// Errors: `DataParse`, `InvalidIri`, `InvalidUtf8`, `NestingTooDeep`, `TermTooLarge`, `TruncatedInput` with the
    /// place; `ResourceExhausted`, `Cancelled`, `QueryTimeout`, those of reading.
    pub fn insert_nquads(&mut self, text: &[u8]) -> Result<u64> {
        let quads = self.read_nquads(text, Resolve::Insert(FxHashMap::default()))?;
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
        options.max_term_bytes = self.max_term_bytes;
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

/// How terms become ids.
enum Resolve {
    /// New terms are added; a label has a blank node of its own.
    Insert(FxHashMap<Box<str>, Id>),
    Delete,
}

struct Sink<'t> {
    transaction: &'t mut Transaction,
    resolve: Resolve,
    quads: Quads,
}

impl Sink<'_> {
    /// The id of a term; `None` if it is to be deleted and not known.
    fn id(&mut self, term: RawTerm<'_>) -> Result<Option<Id>, Refusal> {
        let term = match term {
            RawTerm::Iri(iri) => TermRef::Iri(iri),
            RawTerm::Blank(label) => return self.blank(label).map(Some),
            RawTerm::Literal(literal) => TermRef::Literal(literal.into()),
            RawTerm::Triple([s, p, o]) => match (self.id(*s)?, self.id(*p)?, self.id(*o)?) {
                (Some(s), Some(p), Some(o)) => TermRef::Triple([s, p, o]),
                _ => return Ok(None),
            },
        };
        if let Some(known) = self.transaction.lookup(term)? {
            return Ok(Some(known));
        }
        if let TermRef::Iri(iri) = term {
            check_iri(iri)?;
        }
        if matches!(self.resolve, Resolve::Delete) {
            return Ok(None);
        }
        match self.transaction.intern(term) {
            Ok(id) => Ok(Some(id)),
            Err(error) if error.code() == Code::TermTooLarge => Err(Refusal::Term(
                InvalidTerm::new(Code::TermTooLarge, error.detail()),
            )),
            Err(error) => Err(Refusal::Stop(error)),
        }
    }

    fn blank(&mut self, label: &str) -> Result<Id, Refusal> {
        let Resolve::Insert(labels) = &mut self.resolve else {
            return Err(Refusal::Term(InvalidTerm::new(
                Code::InvalidInput,
                format!("_:{label} addresses no stored blank node: text never does"),
            )));
        };
        if let Some(&id) = labels.get(label) {
            return Ok(id);
        }
        let id = self.transaction.fresh_blank();
        labels.insert(label.into(), id);
        Ok(id)
    }
}

impl StatementSink for Sink<'_> {
    fn statement(
        &mut self,
        subject: RawTerm<'_>,
        predicate: RawTerm<'_>,
        object: RawTerm<'_>,
        graph: Option<RawTerm<'_>>,
    ) -> Result<(), Refusal> {
        let mut quad = [Some(Id::DEFAULT_GRAPH); 4];
        for (id, term) in quad
            .iter_mut()
            .zip([Some(subject), Some(predicate), Some(object), graph])
        {
            if let Some(term) = term {
                *id = self.id(term)?;
            }
        }
        self.quads.statements += 1;
        let [Some(s), Some(p), Some(o), Some(g)] = quad else {
            return Ok(());
        };
        if self.quads.rows.len().is_multiple_of(CHARGED_QUADS) {
            let held = self.quads.rows.len() + CHARGED_QUADS;
            self.quads.charge.resize(held * size_of::<[u64; 4]>())?;
        }
        self.quads.rows.push([s, p, o, g].map(Id::raw));
        Ok(())
    }
}
