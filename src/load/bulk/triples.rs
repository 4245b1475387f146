//! Ids of the triple terms of a large load (definition 11).

use crate::control::{Charge, Control};
use crate::error::Result;
use crate::run::{Row, Sort, States};
use crate::store::Version;
use crate::term::{Id, Tag};
use rustc_hash::FxHashMap;

/// Triple terms charged at a time, and bytes each.
const CHARGED: usize = 4096;
const BYTES: usize = 100;

/// Gives triple terms their ids: those of the store, or new ones.
pub(super) struct TripleIds<'v> {
    base: &'v Version,
    /// The store has triple terms at all.
    has_base: bool,
    known: FxHashMap<[Id; 3], Id>,
    /// New ones, (s, p, o, t).
    new: Vec<Row>,
    pub next_number: u64,
    control: Control,
    charge: Charge,
}

impl<'v> TripleIds<'v> {
    pub fn new(base: &'v Version, next_number: u64, control: &Control) -> Result<Self> {
        Ok(Self {
            has_base: !base.sources(Sort::SpoTerm).is_empty(),
            base,
            known: FxHashMap::default(),
            new: Vec::new(),
            next_number,
            control: control.clone(),
            charge: control.charge(0)?,
        })
    }

    /// Errors: `ResourceExhausted`, those of reading.
    pub fn id(&mut self, parts: [Id; 3]) -> Result<Id> {
        if let Some(&id) = self.known.get(&parts) {
            return Ok(id);
        }
        if self.known.len().is_multiple_of(CHARGED) {
            self.control.poll()?;
            self.charge.resize((self.known.len() + CHARGED) * BYTES)?;
        }
        let found = match self.has_base {
            true => self.base.triple_term(parts, &self.control)?,
            false => None,
        };
        let id = match found {
            Some(id) => id,
            None => {
                let id = Id::new(Tag::Triple, self.next_number);
                self.next_number += 1;
                let [s, p, o] = parts;
                self.new.push(Row {
                    key: [s, p, o, id].map(Id::raw),
                    states: States::ASSERT,
                });
                id
            }
        };
        self.known.insert(parts, id);
        Ok(id)
    }

    /// The new ones, (s, p, o, t), in any order.
    pub fn into_new(self) -> Vec<Row> {
        self.new
    }
}
