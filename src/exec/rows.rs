//! A set of rows with numbers, for DISTINCT and GROUP BY.

use super::operator::{Runtime, SpillCharge};
use super::overflow::hash;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use hashbrown::HashTable;

/// Rows for which a set makes room at first.
const ROWS_MIN: usize = 64;

/// Distinct rows of one width, numbered in order of arrival. Cost: 20-50 ns a row; 8 bytes a value and 10 a row, twice that
/// just after it grew.
pub struct RowSet {
    width: usize,
    /// Bytes that its user holds for each row.
    state_bytes: usize,
    values: Vec<u64>,
    len: usize,
    index: HashTable<u32>,
    memory: SpillCharge,
    /// Whether a row found no room.
    is_full: bool,
}

/// Where a row is after it was inserted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// It was there already, under this number.
    Old(usize),
    New(usize),
    /// It is not in the set, which has no room for it.
    None,
}

impl RowSet {
    /// A set that stays in memory.
    pub fn new(width: usize, control: &Control) -> Self {
        Self::with_memory(width, 0, SpillCharge::never(control))
    }

    /// A set that takes its share of the query's memory. `state_bytes` are what its user holds for each row: there is room
    /// for a row if there is room for both.
    pub fn spilling(width: usize, state_bytes: usize, runtime: &Runtime) -> Self {
        Self::with_memory(width, state_bytes, SpillCharge::new(runtime))
    }

    fn with_memory(width: usize, state_bytes: usize, memory: SpillCharge) -> Self {
        Self {
            width,
            state_bytes,
            values: Vec::new(),
            len: 0,
            index: HashTable::new(),
            memory,
            is_full: false,
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn row(&self, number: usize) -> &[u64] {
        &self.values[number * self.width..(number + 1) * self.width]
    }

    pub fn memory(&mut self) -> &mut SpillCharge {
        &mut self.memory
    }

    /// Empties the set and gives its memory back.
    pub fn clear(&mut self) {
        self.values = Vec::new();
        self.len = 0;
        self.index = HashTable::new();
        self.memory.release();
        self.is_full = false;
    }

    /// Makes room for some rows, which [`RowSet::empty`] leaves. Errors: `ResourceExhausted`.
    pub fn prepare(&mut self) -> Result<()> {
        match self.make_room()? {
            true => Ok(()),
            false => Err(no_room()),
        }
    }

    /// Empties the set and keeps its memory.
    pub fn empty(&mut self) {
        self.values.clear();
        self.len = 0;
        self.index.clear();
    }

    /// Whether the set has this row.
    pub fn contains(&self, row: &[u64]) -> bool {
        debug_assert_eq!(row.len(), self.width);
        let hash_of = hash(row.iter().copied());
        self.index
            .find(hash_of, |&number| is_same(self.row(number as usize), row))
            .is_some()
    }

    /// The number of a row, and whether it is new. Errors: `ResourceExhausted`.
    pub fn insert(&mut self, row: &[u64]) -> Result<(usize, bool)> {
        match self.place(row, hash(row.iter().copied()))? {
            Place::Old(number) => Ok((number, false)),
            Place::New(number) => Ok((number, true)),
            Place::None => Err(no_room()),
        }
    }

    /// Finds a row and inserts it if it is new. `hash_of` is its [`hash`]. Once a row found no room no other is inserted.
    /// Errors: `ResourceExhausted` if nothing spills, or there is no room for a first row.
    #[inline]
    pub fn place(&mut self, row: &[u64], hash_of: u64) -> Result<Place> {
        debug_assert_eq!(row.len(), self.width);
        let (values, width) = (&self.values, self.width);
        let at = |number: u32| &values[number as usize * width..(number as usize + 1) * width];
        let found = self.index.find(hash_of, |&number| is_same(at(number), row));
        if let Some(&number) = found {
            return Ok(Place::Old(number as usize));
        }
        if self.is_full || !self.make_room()? {
            self.is_full = true;
            if self.len == 0 {
                return Err(no_room());
            }
            return Ok(Place::None);
        }
        let number = self.len;
        let values = &self.values;
        let at = |number: u32| &values[number as usize * width..(number as usize + 1) * width];
        // Room is made for fewer rows than that.
        self.index.insert_unique(hash_of, number as u32, |&number| {
            hash(at(number).iter().copied())
        });
        self.values.extend_from_slice(row);
        self.len += 1;
        Ok(Place::New(number))
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.bytes_of(self.values.capacity(), self.index.allocation_size())
    }

    fn bytes_of(&self, values: usize, index: usize) -> usize {
        let rows = values / self.width.max(1);
        values * size_of::<u64>() + rows * self.state_bytes + index
    }

    /// Makes room for one row; false if there is none.
    #[inline]
    fn make_room(&mut self) -> Result<bool> {
        if self.values.len() + self.width <= self.values.capacity()
            && self.len < self.index.capacity()
        {
            return Ok(true);
        }
        self.grow()
    }

    #[cold]
    fn grow(&mut self) -> Result<bool> {
        if self.len >= u32::MAX as usize / 2 {
            return Ok(false);
        }
        let needed = self.values.len() + self.width;
        if needed > self.values.capacity() {
            let least = ROWS_MIN * self.width;
            let now = self.values.capacity();
            let mut grown = false;
            for capacity in [now * 2, now + now / 4].map(|values| values.max(least)) {
                let bytes = self.bytes_of(capacity, self.index.allocation_size());
                if capacity >= needed && self.memory.hold(bytes)? {
                    self.values.reserve_exact(capacity - self.values.len());
                    grown = true;
                    break;
                }
            }
            if !grown {
                return Ok(false);
            }
        }
        if self.len == self.index.capacity() {
            // The old table and one of twice its size stand side by side for a while.
            let index = (self.index.allocation_size() * 3).max(ROWS_MIN * 2 * size_of::<u64>());
            let bytes = self.bytes_of(self.values.capacity(), index);
            if !self.memory.hold(bytes)? {
                return Ok(false);
            }
            let (values, width) = (&self.values, self.width);
            self.index.reserve(self.len.max(ROWS_MIN), |&number| {
                let from = number as usize * width;
                hash(values[from..from + width].iter().copied())
            });
        }
        Ok(true)
    }
}

/// Whether two rows are equal. Value by value: comparing them as bytes loads more at once than was stored at once just
/// before, which waits for the stores (five times as long in all).
#[inline]
fn is_same(row: &[u64], other: &[u64]) -> bool {
    row.iter().zip(other).all(|(value, other)| value == other)
}

#[cold]
fn no_room() -> Error {
    Error::new(
        Code::ResourceExhausted,
        "the memory of the query is spent and its next operator has no room for a single row",
    )
    .with_hint("raise query_memory_bytes, or ask for less at a time")
}
