//! From terms of a request to ids of the transaction.

use crate::control::Charge;
use crate::error::{Code, Error, Result};
use crate::expr::{TermTable, Terms};
use crate::load::MAX_NESTING;
use crate::store::Transaction;
use crate::term::{Id, Tag, TermBuf, TermRef, resolve};
use rustc_hash::FxHashMap;
use spargebra::term::Term;
use std::borrow::Cow;

/// Bytes of an entry of the table of computed terms.
const ENTRY_BYTES: usize = 40;
/// Entries charged at a time.
const CHARGED_ENTRIES: usize = 1024;
/// Computed terms whose ids are remembered at a time.
const KNOWN_MAX: usize = 1 << 16;
/// Blank nodes made at a time: those of the query have numbers that follow each other.
const BLANKS: u64 = 256;

/// What becomes of terms the store does not have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Unknown {
    /// They are added.
    Insert,
    /// No quad holds them: unbound.
    Skip,
}

/// The ids of a constant. Errors: `TermTooLarge`, `ResourceExhausted`, `TransactionEnded`, those of reading.
pub(super) fn constant(transaction: &mut Transaction, term: &Term, unknown: Unknown) -> Result<Id> {
    let id = resolve(
        term.as_ref(),
        &mut |_| {
            Err(Error::new(
                Code::Internal,
                "a blank node is no constant of an update",
            ))
        },
        &mut |term| {
            // Sets a language tag in lower case, as stored terms have it.
            let id = resolved(transaction, TermBuf::from(term).as_ref(), unknown)?;
            Ok((!id.is_unbound()).then_some(id))
        },
    )?;
    Ok(id.unwrap_or(Id::UNBOUND))
}

/// The id of a term whose parts, if it is a triple term, are of the transaction; unbound if it is to be skipped.
pub(super) fn resolved(
    transaction: &mut Transaction,
    term: TermRef<'_>,
    unknown: Unknown,
) -> Result<Id> {
    match unknown {
        Unknown::Insert => transaction.intern(term),
        Unknown::Skip => Ok(transaction.lookup(term)?.unwrap_or(Id::UNBOUND)),
    }
}

/// Ids of the transaction for the terms that a pattern has computed (definition 3).
///
/// Memory: some MB for terms with a text, and 40 bytes for 256 blank nodes.
pub(super) struct Computed {
    unknown: Unknown,
    /// Forgotten when they are many: the transaction gives the same id again.
    ids: FxHashMap<Id, Id>,
    /// The first of each block of blank nodes, by the number of the block.
    blanks: FxHashMap<u64, Id>,
    charge: Charge,
    table: TermTable,
}

impl Computed {
    pub fn new(transaction: &Transaction, unknown: Unknown) -> Result<Self> {
        Ok(Self {
            unknown,
            ids: FxHashMap::default(),
            blanks: FxHashMap::default(),
            charge: transaction.control().charge(0)?,
            table: TermTable::new(),
        })
    }

    /// A column of solutions as ids of the transaction; unbound where a term is to be skipped.
    /// Errors: as [`constant`]; `NestingTooDeep`.
    pub fn column<'c>(
        &mut self,
        column: &'c [u64],
        terms: &Terms,
        transaction: &mut Transaction,
    ) -> Result<Cow<'c, [u64]>> {
        let is_local = |raw: &u64| Id::from_raw(*raw).is_local();
        let Some(first) = column.iter().position(is_local) else {
            return Ok(Cow::Borrowed(column));
        };
        let mut resolved = column.to_vec();
        for raw in resolved[first..].iter_mut().filter(|raw| is_local(raw)) {
            *raw = self.id(Id::from_raw(*raw), terms, transaction)?.raw();
        }
        Ok(Cow::Owned(resolved))
    }

    /// The id of a computed term. Parts of triple terms come first; there are at most as many levels as in a document.
    fn id(&mut self, id: Id, terms: &Terms, transaction: &mut Transaction) -> Result<Id> {
        if id.tag() == Some(Tag::LocalBlank) {
            return self.blank(id.payload(), transaction);
        }
        if let Some(&known) = self.ids.get(&id) {
            return Ok(known);
        }
        if self.ids.len() >= KNOWN_MAX {
            self.ids.clear();
        }
        let mut open = vec![id];
        while let Some(&next) = open.last() {
            if open.len() > MAX_NESTING {
                return Err(Error::new(
                    Code::NestingTooDeep,
                    format!("a triple term nests more than {MAX_NESTING} levels deep"),
                ));
            }
            terms.fetch(&[next], &mut self.table)?;
            let term = self.table.get(0).ok_or_else(unknown_id)?;
            let found = match term {
                TermRef::Triple(parts) => {
                    let is_blank = |part: &Id| part.tag() == Some(Tag::LocalBlank);
                    for blank in parts.into_iter().filter(is_blank) {
                        let found = self.blank(blank.payload(), transaction)?;
                        self.ids.insert(blank, found);
                    }
                    let missing = parts
                        .iter()
                        .find(|part| part.is_local() && !self.ids.contains_key(part));
                    if let Some(&part) = missing {
                        open.push(part);
                        continue;
                    }
                    let parts = parts.map(|part| self.ids.get(&part).copied().unwrap_or(part));
                    match parts.iter().any(|part| part.is_unbound()) {
                        true => Id::UNBOUND,
                        false => resolved(transaction, TermRef::Triple(parts), self.unknown)?,
                    }
                }
                term => resolved(transaction, term, self.unknown)?,
            };
            self.make_room()?;
            self.ids.insert(next, found);
            open.pop();
        }
        self.ids.get(&id).copied().ok_or_else(unknown_id)
    }

    /// The blank node for one that BNODE() computed: one node, wherever the request names it.
    fn blank(&mut self, number: u64, transaction: &mut Transaction) -> Result<Id> {
        if self.unknown == Unknown::Skip {
            return Ok(Id::UNBOUND);
        }
        let first = match self.blanks.get(&(number / BLANKS)) {
            Some(first) => *first,
            None => {
                self.make_room()?;
                let first = transaction.fresh_blanks(BLANKS);
                self.blanks.insert(number / BLANKS, first);
                first
            }
        };
        Ok(Id::new(Tag::Blank, first.payload() + number % BLANKS))
    }

    /// Charges an entry that is to be added.
    fn make_room(&mut self) -> Result<()> {
        let entries = self.ids.len() + self.blanks.len() + 1;
        if entries * ENTRY_BYTES > self.charge.bytes() {
            self.charge
                .resize((entries + CHARGED_ENTRIES) * ENTRY_BYTES)?;
        }
        Ok(())
    }
}

#[cold]
fn unknown_id() -> Error {
    Error::new(Code::Internal, "a computed term of an update has no text")
}
