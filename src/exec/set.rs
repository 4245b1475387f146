//! A set of ids that is charged as it grows.

use super::operator::StateCharge;
use crate::control::Control;
use crate::error::Result;
use hashbrown::HashTable;

/// Bytes an id takes in the table and in the list of the level it was found in.
const ENTRY_BYTES: usize = 26;

/// Distinct ids. Cost: 10-40 ns an id.
pub struct IdSet {
    ids: HashTable<u64>,
    state: StateCharge,
}

#[inline]
pub fn hash(id: u64) -> u64 {
    let mixed = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    // The table takes its tag from the high bits and its bucket from the low ones.
    mixed ^ mixed >> 32
}

impl IdSet {
    pub fn new(control: &Control) -> Self {
        Self {
            ids: HashTable::new(),
            state: StateCharge::new(control),
        }
    }

    /// Whether the id is new. Errors: `ResourceExhausted`.
    #[inline]
    pub fn insert(&mut self, id: u64) -> Result<bool> {
        let hashed = hash(id);
        if self.ids.find(hashed, |&other| other == id).is_some() {
            return Ok(false);
        }
        self.state.hold((self.ids.len() + 1) * ENTRY_BYTES)?;
        self.ids.insert_unique(hashed, id, |&id| hash(id));
        Ok(true)
    }

    /// The ids, in any order.
    pub fn into_ids(self) -> Vec<u64> {
        self.ids.into_iter().collect()
    }

    pub fn contains(&self, id: u64) -> bool {
        self.ids.find(hash(id), |&other| other == id).is_some()
    }
}
