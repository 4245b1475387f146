//! Terms of a running query: the dictionary of the version it reads, and its own log of computed terms (definition 3;
//! `term_log.rs`). Ids are equal if and only if terms are: a term has one place in the log, and is only put there if the
//! dictionary does not have it.

use super::table::TermTable;
use super::term_log::TermLog;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::store::{Dictionary, QuadSource};
use crate::term::{
    Id, LOCAL_BLANK, OrderedRange, Tag, TermBuf, TermRef, inline_literal, ordered_range,
};
use parking_lot::Mutex;
use std::sync::Arc;

/// From ids to terms and back for one query. Shared by its operators.
pub struct Terms {
    dictionary: Arc<dyn Dictionary>,
    local: Mutex<LocalTerms>,
}

struct LocalTerms {
    log: TermLog,
    blanks: u64,
}

impl Terms {
    /// What local terms take is charged to `control`.
    pub fn new(dictionary: Arc<dyn Dictionary>, control: &Control) -> Self {
        let log = TermLog::new(control);
        Self {
            dictionary,
            local: Mutex::new(LocalTerms { log, blanks: 0 }),
        }
    }

    /// Lets local terms that have had their share of memory go to a spool of `source`.
    #[must_use]
    pub fn spilling(mut self, source: Arc<dyn QuadSource>) -> Self {
        self.local.get_mut().log.spill_to(source);
        self
    }

    /// Bytes of local terms that were written to temporary files so far.
    pub fn spooled_bytes(&self) -> u64 {
        self.local.lock().log.spooled_bytes()
    }

    /// The id of a term: inline, of the dictionary, or local.
    /// Errors: `ResourceExhausted`, `Io`; those of [`Dictionary::id`].
    pub fn intern(&self, term: TermRef<'_>) -> Result<Id> {
        let tag = match term {
            TermRef::Iri(_) => Tag::LocalIri,
            TermRef::Triple(_) => Tag::LocalTriple,
            TermRef::Literal(literal) => match inline_literal(literal) {
                Some(id) => return Ok(id),
                None => Tag::LocalLiteral,
            },
            TermRef::Blank(number) if number & LOCAL_BLANK != 0 => {
                return Ok(Id::new(Tag::LocalBlank, number & !LOCAL_BLANK));
            }
            TermRef::Blank(_) => {
                let unknown = || Error::new(Code::Internal, "a stored blank node has no id");
                return self.dictionary.id(term)?.ok_or_else(unknown);
            }
        };
        let log = &mut self.local.lock().log;
        if let Some(place) = log.find(term)? {
            return Ok(Id::new(tag, place));
        }
        // A triple term of local terms is in no dictionary.
        let computed =
            matches!(term, TermRef::Triple(parts) if parts.iter().any(|part| part.is_local()));
        if !computed && let Some(id) = self.dictionary.id(term)? {
            return Ok(id);
        }
        log.add().map(|place| Id::new(tag, place))
    }

    /// Forgets the local terms that were added since the first call; blank nodes stay. For a query whose operators keep no
    /// computed term from one batch to the next, when the last batch is done with: ids of what was forgotten are void.
    /// Errors: those of [`Terms::intern`].
    pub fn forget(&self) -> Result<()> {
        self.local.lock().log.forget()
    }

    /// A blank node that is in no other solution and no graph.
    pub fn fresh_blank(&self) -> Id {
        let mut local = self.local.lock();
        local.blanks += 1;
        Id::new(Tag::LocalBlank, local.blanks)
    }

    /// Replaces `table` by the terms of `ids` (ascending, no duplicates, none unbound), in their order.
    /// Errors: `Corruption`, `CorruptBlock`, `Io`, `ResourceExhausted`.
    pub fn fetch(&self, ids: &[Id], table: &mut TermTable) -> Result<()> {
        table.clear();
        self.append(ids, table)
    }

    /// As [`Terms::fetch`], behind the slots that `table` has.
    pub fn append(&self, ids: &[Id], table: &mut TermTable) -> Result<()> {
        self.append_while(ids, table, &mut |_| Ok(()))
    }

    /// As [`Terms::fetch`]; `admit` is told after each term with a text how many bytes of text the table has, and ends it with
    /// an error.
    pub fn fetch_while(
        &self,
        ids: &[Id],
        table: &mut TermTable,
        admit: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<()> {
        table.clear();
        self.append_while(ids, table, admit)
    }

    /// As [`Terms::append`], with `admit` as in [`Terms::fetch_while`].
    pub fn append_while(
        &self,
        ids: &[Id],
        table: &mut TermTable,
        admit: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<()> {
        let first = table.len();
        table.reserve_slots(first + ids.len());
        let mut stored: Vec<Id> = Vec::with_capacity(ids.len());
        let mut slots: Vec<usize> = Vec::with_capacity(ids.len());
        let mut local = None;
        for (slot, &id) in (first..).zip(ids) {
            if !id.is_local() {
                stored.push(id);
                slots.push(slot);
                continue;
            }
            let local = local.get_or_insert_with(|| self.local.lock());
            match id.tag() {
                Some(Tag::LocalBlank) => {
                    table.put(slot, TermRef::Blank(LOCAL_BLANK | id.payload()))
                }
                _ => {
                    let term = local.log.get(id.payload())?;
                    table.put(slot, term.ok_or_else(|| unknown(id))?);
                    admit(table.text_bytes())?;
                }
            }
        }
        drop(local);
        admit(table.text_bytes())?;
        if stored.is_empty() {
            return Ok(());
        }
        self.dictionary.terms(&stored, &mut |index, term| {
            let slot = *slots.get(index).ok_or_else(|| {
                Error::new(
                    Code::Internal,
                    "the dictionary gave a term that was not asked for",
                )
            })?;
            table.put(slot, term);
            admit(table.text_bytes())
        })
    }

    /// Whether the order of all ids from `min` to `max` is that of their terms (definition 4).
    pub fn is_ordered(&self, min: Id, max: Id) -> bool {
        match ordered_range(min, max) {
            OrderedRange::Always => true,
            OrderedRange::InSortedSegment => self.dictionary.is_sorted(min, max),
            OrderedRange::No => false,
        }
    }

    /// The term of one id. Errors: those of [`Terms::fetch`].
    pub fn term(&self, id: Id) -> Result<TermBuf> {
        let mut table = TermTable::new();
        self.fetch(&[id], &mut table)?;
        table.get(0).map(TermBuf::from).ok_or_else(|| unknown(id))
    }
}

#[cold]
fn unknown(id: Id) -> Error {
    Error::new(
        Code::Internal,
        format!("no term of this query has the id {id:?}"),
    )
}
