//! A set of rows with numbers, for DISTINCT and GROUP BY.

use super::operator::StateCharge;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use hashbrown::HashTable;

/// Distinct rows of one width, numbered in order of arrival. Cost: 20-50 ns a row; 8 bytes a value and 10 a row.
pub struct RowSet {
    width: usize,
    values: Vec<u64>,
    len: usize,
    index: HashTable<u32>,
    state: StateCharge,
}

#[inline]
fn hash(row: impl Iterator<Item = u64>) -> u64 {
    let mixed = row.fold(0_u64, |hash, value| {
        (hash.rotate_left(26) ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    });
    // The table takes its tag from the high bits and its bucket from the low ones.
    mixed ^ mixed >> 32
}

impl RowSet {
    pub fn new(width: usize, control: &Control) -> Self {
        Self {
            width,
            values: Vec::new(),
            len: 0,
            index: HashTable::new(),
            state: StateCharge::new(control),
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn row(&self, number: usize) -> &[u64] {
        &self.values[number * self.width..(number + 1) * self.width]
    }

    /// Whether the set has this row.
    pub fn contains(&self, row: &[u64]) -> bool {
        debug_assert_eq!(row.len(), self.width);
        let hash_of = hash(row.iter().copied());
        self.index
            .find(hash_of, |&number| self.row(number as usize) == row)
            .is_some()
    }

    /// The number of a row, and whether it is new. Errors: `ResourceExhausted`.
    pub fn insert(&mut self, row: &[u64]) -> Result<(usize, bool)> {
        debug_assert_eq!(row.len(), self.width);
        let hash_of = hash(row.iter().copied());
        let (values, width) = (&self.values, self.width);
        let at = |number: u32| &values[number as usize * width..(number as usize + 1) * width];
        if let Some(number) = self.index.find(hash_of, |&number| at(number) == row) {
            return Ok((*number as usize, false));
        }
        let number = u32::try_from(self.len).map_err(|_| {
            Error::new(
                Code::ResourceExhausted,
                "a query has more than 2^32 groups to hold",
            )
        })?;
        self.state.hold((self.len + 1) * (self.width * 8 + 10))?;
        self.index
            .insert_unique(hash_of, number, |&number| hash(at(number).iter().copied()));
        self.values.extend_from_slice(row);
        self.len += 1;
        Ok((number as usize, true))
    }
}
