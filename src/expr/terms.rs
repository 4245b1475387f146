//! Terms of a running query: the dictionary of the version it reads, and its own table of computed
//! terms (definition 3).

use super::table::TermTable;
use crate::control::{Charge, Control};
use crate::error::{Code, Error, Result};
use crate::store::Dictionary;
use crate::term::{
    Id, LOCAL_BLANK, OrderedRange, Tag, TermBuf, TermRef, inline_literal, ordered_range,
};
use hashbrown::HashTable;
use parking_lot::Mutex;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Bytes an entry of the local table takes besides its text.
const ENTRY_BYTES: usize = 48;

/// From ids to terms and back for one query. Shared by its operators.
pub struct Terms {
    dictionary: Arc<dyn Dictionary>,
    local: Mutex<LocalTerms>,
}

struct LocalTerms {
    table: TermTable,
    ids: Vec<Id>,
    index: HashTable<u32>,
    blanks: u64,
    control: Control,
    charge: Option<Charge>,
}

impl Terms {
    /// The local table is charged to `control`.
    pub fn new(dictionary: Arc<dyn Dictionary>, control: &Control) -> Self {
        Self {
            dictionary,
            local: Mutex::new(LocalTerms {
                table: TermTable::new(),
                ids: Vec::new(),
                index: HashTable::new(),
                blanks: 0,
                control: control.clone(),
                charge: None,
            }),
        }
    }

    /// The id of a term: inline, of the dictionary, or local.
    /// Errors: `ResourceExhausted`; those of [`Dictionary::id`].
    pub fn intern(&self, term: TermRef<'_>) -> Result<Id> {
        if let TermRef::Literal(literal) = term
            && let Some(id) = inline_literal(literal)
        {
            return Ok(id);
        }
        if let TermRef::Blank(number) = term
            && number & LOCAL_BLANK != 0
        {
            return Ok(Id::new(Tag::LocalBlank, number & !LOCAL_BLANK));
        }
        let mut local = self.local.lock();
        if let Some(id) = local.find(term) {
            return Ok(id);
        }
        // A triple term of local terms is in no dictionary.
        let computed =
            matches!(term, TermRef::Triple(parts) if parts.iter().any(|part| part.is_local()));
        if !computed && let Some(id) = self.dictionary.id(term)? {
            return Ok(id);
        }
        local.add(term)
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

    /// As [`Terms::fetch`]; `admit` is told after each term of the dictionary how many bytes of text the table has, and ends
    /// it with an error.
    pub fn fetch_while(
        &self,
        ids: &[Id],
        table: &mut TermTable,
        admit: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<()> {
        table.clear();
        self.append_while(ids, table, admit)
    }

    fn append_while(
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
                _ => table.put(
                    slot,
                    local
                        .table
                        .get(id.payload() as usize)
                        .ok_or_else(|| unknown(id))?,
                ),
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

impl LocalTerms {
    fn find(&self, term: TermRef<'_>) -> Option<Id> {
        let slot = self.index.find(hash(term), |&slot| {
            self.table.get(slot as usize) == Some(term)
        })?;
        self.ids.get(*slot as usize).copied()
    }

    fn add(&mut self, term: TermRef<'_>) -> Result<Id> {
        let slot = self.ids.len();
        let tag = match term {
            TermRef::Iri(_) => Tag::LocalIri,
            TermRef::Literal(_) => Tag::LocalLiteral,
            TermRef::Triple(_) => Tag::LocalTriple,
            TermRef::Blank(_) => {
                return Err(Error::new(
                    Code::Internal,
                    "a stored blank node has an id already",
                ));
            }
        };
        let number = u32::try_from(slot).map_err(|_| {
            Error::new(
                Code::ResourceExhausted,
                "a query computed more than 2^32 terms",
            )
        })?;
        let id = Id::new(tag, u64::from(number));
        self.table.put(slot, term);
        self.ids.push(id);
        let bytes = self.table.text_bytes() + self.ids.len() * ENTRY_BYTES;
        // Charged in steps, so that a small term is not an atomic operation each.
        let charged = self.charge.as_ref().map_or(0, Charge::bytes);
        if bytes > charged {
            let wanted = bytes + bytes / 4 + 4096;
            match &mut self.charge {
                Some(charge) => charge.resize(wanted)?,
                none => *none = Some(self.control.charge(wanted)?),
            }
        }
        let table = &self.table;
        self.index.insert_unique(hash(term), number, |&slot| {
            table.get(slot as usize).map_or(0, hash)
        });
        Ok(id)
    }
}

fn hash(term: TermRef<'_>) -> u64 {
    use crate::term::LiteralKind;
    let mut hasher = FxHasher::default();
    match term {
        TermRef::Iri(iri) => iri.hash(&mut hasher),
        TermRef::Blank(number) => number.hash(&mut hasher),
        TermRef::Triple(parts) => parts.hash(&mut hasher),
        TermRef::Literal(literal) => {
            literal.lexical.hash(&mut hasher);
            match literal.kind {
                LiteralKind::String => {}
                LiteralKind::Language { tag, direction } => (tag, direction).hash(&mut hasher),
                LiteralKind::Typed(datatype) => datatype.hash(&mut hasher),
            }
        }
    }
    hasher.finish()
}
