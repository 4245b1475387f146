//! The evaluation of an expression over one batch: what its parts share.

use super::answer::{Answer, number_literal};
use super::context::Context;
use super::table::TermTable;
use super::terms::Terms;
use crate::control::StateCharge;
use crate::error::{Code, Error, Result};
use crate::term::{
    Id, LiteralKind, LiteralRef, PAYLOAD_MAX, Tag, TermRef, boolean_id, inline_literal,
};
use rustc_hash::FxHashMap;

/// Set in the payload of ids of this frame's own literals, which have not been looked up in the dictionary. They
/// leave it settled ([`Frame::settle`]), or not at all: most computed texts are only compared or searched.
const PENDING: u64 = 1 << 48;

/// The most bytes a computed text may have.
pub const COMPUTED_BYTES_MAX: usize = 64 << 20;

/// Temporary texts are charged from this size on.
const CHARGED_FROM_BYTES: usize = 1 << 20;

/// Blank nodes that `BNODE(label)` made, for the solutions of one batch (SPARQL 1.1 section 17.4.2.9): within a solution,
/// a label is one node.
#[derive(Default)]
pub struct Solutions {
    blanks: FxHashMap<(u32, String), Id>,
}

pub(super) struct Frame<'a> {
    pub columns: &'a [Vec<u64>],
    pub terms: &'a Terms,
    pub context: &'a Context,
    solutions: &'a mut Solutions,
    pending: TermTable,
    /// The settled id of each pending literal; 0: not settled.
    settled: Vec<u64>,
    held: StateCharge,
    /// The last IRI that was answered, since datatypes repeat.
    last_iri: Option<(String, u64)>,
    number_text: String,
}

/// Terms fetched at once.
pub(super) struct Fetched {
    ids: Vec<Id>,
    table: TermTable,
    _held: StateCharge,
}

impl Fetched {
    pub fn get(&self, id: Id) -> Option<TermRef<'_>> {
        self.table.get(self.ids.binary_search(&id).ok()?)
    }

    /// The ids, ascending and distinct, and their terms.
    pub fn iter(&self) -> impl Iterator<Item = (Id, TermRef<'_>)> {
        let term = |slot| self.table.get(slot);
        (self.ids.iter().enumerate()).filter_map(move |(slot, &id)| Some((id, term(slot)?)))
    }
}

impl<'a> Frame<'a> {
    pub fn new(
        columns: &'a [Vec<u64>],
        terms: &'a Terms,
        context: &'a Context,
        solutions: &'a mut Solutions,
    ) -> Self {
        Self {
            columns,
            terms,
            context,
            solutions,
            pending: TermTable::new(),
            settled: Vec::new(),
            held: StateCharge::new(&context.control),
            last_iri: None,
            number_text: String::new(),
        }
    }

    /// The terms of ids, none of them unbound, in any order. Errors: those of [`Terms::fetch`].
    pub fn fetch(&self, mut ids: Vec<Id>) -> Result<Fetched> {
        ids.sort_unstable();
        ids.dedup();
        // Pending ids stand together.
        let from = ids.partition_point(|&id| id < Id::new(Tag::LocalLiteral, PENDING));
        let to = ids.partition_point(|&id| id <= Id::new(Tag::LocalLiteral, PAYLOAD_MAX));
        let mut table = TermTable::new();
        let mut held = StateCharge::new(&self.context.control);
        let mut admit = |bytes: usize| match bytes {
            0..CHARGED_FROM_BYTES => Ok(()),
            _ => held.hold(bytes),
        };
        self.terms
            .fetch_while(&ids[..from], &mut table, &mut admit)?;
        for (slot, id) in ids[from..to].iter().enumerate() {
            if let Some(term) = self.pending.get((id.payload() & !PENDING) as usize) {
                table.put(from + slot, term);
            }
        }
        table.reserve_slots(to);
        admit(table.text_bytes())?;
        self.terms.append(&ids[to..], &mut table)?;
        Ok(Fetched {
            ids,
            table,
            _held: held,
        })
    }

    /// The id of an answer; 0 for none. Errors: that of a failure; `TermTooLarge`, `ResourceExhausted`, those of
    /// [`Terms::intern`].
    pub fn store(&mut self, answer: Option<Answer<'_>>) -> Result<u64> {
        Ok(match answer {
            None => 0,
            Some(Answer::Id(id)) => id.raw(),
            Some(Answer::Boolean(value)) => boolean_id(value).raw(),
            Some(Answer::Failure(error)) => return Err(error),
            Some(Answer::Iri(iri)) => match &self.last_iri {
                Some((last, id)) if *last == *iri => *id,
                _ => {
                    check_length(&iri)?;
                    let id = self.terms.intern(TermRef::Iri(&iri))?.raw();
                    self.last_iri = Some((iri.into_owned(), id));
                    id
                }
            },
            Some(Answer::Number(number)) => {
                let mut text = std::mem::take(&mut self.number_text);
                let id = match number_literal(number, &mut text) {
                    Ok(id) => id.raw(),
                    Err(literal) => self.keep(literal)?,
                };
                self.number_text = text;
                id
            }
            Some(Answer::Tagged {
                lexical,
                tag,
                direction,
            }) => self.keep(LiteralRef::language(&lexical, &tag, direction))?,
            Some(Answer::Literal { lexical, kind }) => {
                let literal = LiteralRef {
                    lexical: &lexical,
                    kind,
                };
                match inline_literal(literal) {
                    Some(id) => id.raw(),
                    None => self.keep(literal)?,
                }
            }
        })
    }

    /// Keeps a literal that is not inline.
    fn keep(&mut self, literal: LiteralRef<'_>) -> Result<u64> {
        check_length(literal.lexical)?;
        let suffix = match literal.kind {
            LiteralKind::String => "",
            LiteralKind::Language { tag, .. } => tag,
            LiteralKind::Typed(datatype) => datatype,
        };
        let bytes = self.pending.text_bytes() + literal.lexical.len() + suffix.len();
        if bytes >= CHARGED_FROM_BYTES {
            self.held.hold(bytes)?;
        }
        let slot = self.pending.len();
        self.pending.put(slot, TermRef::Literal(literal));
        self.settled.push(0);
        Ok(Id::new(Tag::LocalLiteral, PENDING | slot as u64).raw())
    }

    /// Gives pending literals the ids they have outside of this frame. Errors: those of [`Terms::intern`].
    pub fn settle(&mut self, ids: &mut [u64]) -> Result<()> {
        if self.settled.is_empty() {
            return Ok(());
        }
        for raw in ids {
            let id = Id::from_raw(*raw);
            if id.tag() != Some(Tag::LocalLiteral) || id.payload() & PENDING == 0 {
                continue;
            }
            let slot = (id.payload() & !PENDING) as usize;
            if self.settled[slot] == 0
                && let Some(term) = self.pending.get(slot)
            {
                self.settled[slot] = self.terms.intern(term)?.raw();
            }
            *raw = self.settled[slot];
        }
        Ok(())
    }

    /// The blank node of a label in the solution that is a row of the batch.
    pub fn labelled_blank(&mut self, row: u32, label: &str) -> Id {
        let terms = self.terms;
        let made = self.solutions.blanks.entry((row, label.to_owned()));
        *made.or_insert_with(|| terms.fresh_blank())
    }

    /// Calls `visit` with each id of `ids` that `needed` says does not tell by itself, once, and its term.
    pub fn with_terms(
        &self,
        ids: &[u64],
        needed: impl Fn(Id) -> bool,
        mut visit: impl FnMut(u64, TermRef<'_>),
    ) -> Result<()> {
        let wanted: Vec<Id> = ids
            .iter()
            .map(|&raw| Id::from_raw(raw))
            .filter(|&id| needed(id))
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        for (id, term) in self.fetch(wanted)?.iter() {
            visit(id.raw(), term);
        }
        Ok(())
    }
}

fn check_length(text: &str) -> Result<()> {
    match text.len() <= COMPUTED_BYTES_MAX {
        true => Ok(()),
        false => Err(too_long()),
    }
}

#[cold]
pub(super) fn too_long() -> Error {
    Error::new(
        Code::TermTooLarge,
        format!("an expression computed a text of more than {COMPUTED_BYTES_MAX} bytes"),
    )
}
