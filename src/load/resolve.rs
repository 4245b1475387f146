//! Terms of statements into a transaction: the one place where text becomes ids of a store that is open for writing.

use super::statement::{InvalidTerm, RawTerm, Refusal, check_iri};
use crate::control::Charge;
use crate::error::{Code, Result};
use crate::store::Transaction;
use crate::term::{Id, TermRef};
use rustc_hash::FxHashMap;

/// Bytes a label takes besides its text.
const LABEL_BYTES: usize = 48;
/// Bytes of labels charged at a time.
const CHARGED_BYTES: usize = 64 << 10;

/// Blank nodes of a document by their labels (definition 10).
pub struct Labels {
    ids: FxHashMap<Box<str>, Id>,
    bytes: usize,
    charge: Charge,
}

/// How the terms of a document become ids.
pub enum Resolve {
    /// New terms are added; a label has a blank node of its own.
    Insert(Labels),
    /// A term the store does not know makes no quad, and a label is an error: text addresses no stored blank node.
    Delete,
}

impl Resolve {
    /// Labels are charged to the transaction. Errors: `ResourceExhausted`.
    pub fn insert(transaction: &Transaction) -> Result<Self> {
        Ok(Self::Insert(Labels {
            ids: FxHashMap::default(),
            bytes: 0,
            charge: transaction.control().charge(0)?,
        }))
    }

    /// The id of a term; `None` if it is to be deleted and not known.
    /// Errors: `InvalidIri`, `TermTooLarge`, `InvalidInput` for the term; `ResourceExhausted`, `TransactionEnded`, those
    /// of reading.
    pub fn id(
        &mut self,
        transaction: &mut Transaction,
        term: RawTerm<'_>,
    ) -> Result<Option<Id>, Refusal> {
        let term = match term {
            RawTerm::Iri(iri) => TermRef::Iri(iri),
            RawTerm::Blank(label) => return self.blank(transaction, label).map(Some),
            RawTerm::Literal(literal) => TermRef::Literal(literal.into()),
            RawTerm::Triple([s, p, o]) => {
                let mut parts = [Id::UNBOUND; 3];
                for (part, term) in parts.iter_mut().zip([s, p, o]) {
                    match self.id(transaction, *term)? {
                        Some(id) => *part = id,
                        None => return Ok(None),
                    }
                }
                TermRef::Triple(parts)
            }
        };
        if let Some(known) = transaction.lookup(term)? {
            return Ok(Some(known));
        }
        if let TermRef::Iri(iri) = term {
            check_iri(iri)?;
        }
        if matches!(self, Self::Delete) {
            return Ok(None);
        }
        match transaction.intern(term) {
            Ok(id) => Ok(Some(id)),
            Err(error) if error.code() == Code::TermTooLarge => Err(Refusal::Term(
                InvalidTerm::new(Code::TermTooLarge, error.detail()),
            )),
            Err(error) => Err(Refusal::Stop(error)),
        }
    }

    /// The ids of a statement, `graph` if it names none; `None` if one of its terms is to be deleted and not known.
    /// Errors: as [`Resolve::id`].
    pub fn quad(
        &mut self,
        transaction: &mut Transaction,
        terms: [Option<RawTerm<'_>>; 4],
        graph: Id,
    ) -> Result<Option<[u64; 4]>, Refusal> {
        let mut quad = [Some(graph); 4];
        for (id, term) in quad.iter_mut().zip(terms) {
            if let Some(term) = term {
                *id = self.id(transaction, term)?;
            }
        }
        let [Some(s), Some(p), Some(o), Some(g)] = quad else {
            return Ok(None);
        };
        Ok(Some([s, p, o, g].map(Id::raw)))
    }

    fn blank(&mut self, transaction: &mut Transaction, label: &str) -> Result<Id, Refusal> {
        let Self::Insert(labels) = self else {
            return Err(Refusal::Term(InvalidTerm::new(
                Code::InvalidInput,
                format!("_:{label} addresses no stored blank node: text never does"),
            )));
        };
        if let Some(&id) = labels.ids.get(label) {
            return Ok(id);
        }
        labels.bytes += LABEL_BYTES + label.len();
        if labels.bytes > labels.charge.bytes() {
            labels.charge.resize(labels.bytes + CHARGED_BYTES)?;
        }
        let id = transaction.fresh_blank();
        labels.ids.insert(label.into(), id);
        Ok(id)
    }
}
