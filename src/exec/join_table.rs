//! The table of a hash join: rows of the build side, chained by the hash of their key columns.

use super::batch::Batch;
use super::operator::{Runtime, SpillCharge};
use super::overflow::hash;
use crate::control::Control;
use crate::error::Result;

/// The end of a chain.
pub const NONE: u32 = u32::MAX;
/// Rows linked between two polls.
const POLL_ROWS: usize = 1 << 16;
/// Rows for which a table makes room at first.
const ROWS_MIN: usize = 256;
/// Bytes of a row's link and heads: there are two to four heads for each row.
const LINK_BYTES: usize = 4 + 16;

/// See the module. Cost: about 20 ns a row, and a copy of each value.
pub struct JoinTable {
    pub columns: Vec<Vec<u64>>,
    rows: usize,
    heads: Vec<u32>,
    next: Vec<u32>,
    memory: SpillCharge,
}

impl JoinTable {
    pub fn new(runtime: &Runtime) -> Self {
        Self {
            columns: Vec::new(),
            rows: 0,
            heads: vec![NONE],
            next: Vec::new(),
            memory: SpillCharge::new(runtime),
        }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn memory(&mut self) -> &mut SpillCharge {
        &mut self.memory
    }

    /// Adds the rows of a batch from row `from` on, as far as there is room. Returns the first row that was not added.
    /// Errors: `ResourceExhausted` if nothing spills.
    pub fn add(&mut self, batch: &Batch, from: usize) -> Result<usize> {
        self.columns.resize_with(batch.columns.len(), Vec::new);
        let wanted = self.rows + batch.rows() - from;
        if wanted > self.capacity() {
            self.grow(wanted)?;
        }
        let to = batch.rows().min(from + self.capacity() - self.rows);
        for (column, values) in self.columns.iter_mut().zip(&batch.columns) {
            column.extend_from_slice(&values[from..to]);
        }
        self.rows += to - from;
        Ok(to)
    }

    /// Rows there is room for. A row without columns is a number only.
    fn capacity(&self) -> usize {
        let columns = self.columns.iter().map(Vec::capacity);
        columns.min().unwrap_or(NONE as usize - 1)
    }

    #[cold]
    fn grow(&mut self, wanted: usize) -> Result<()> {
        let row_bytes = self.columns.len() * size_of::<u64>() + LINK_BYTES;
        let now = self.capacity();
        let least = self.rows + ROWS_MIN;
        for capacity in [wanted.max(now + now / 2), wanted, now + now / 8, least] {
            if capacity > now
                && capacity < NONE as usize
                && self.memory.hold(capacity * row_bytes)?
            {
                for column in &mut self.columns {
                    column.reserve_exact(capacity - column.len());
                }
                break;
            }
        }
        Ok(())
    }

    /// Makes rows findable by columns `keys`. Errors: `Cancelled`, `QueryTimeout`.
    pub fn link(&mut self, keys: &[usize], control: &Control) -> Result<()> {
        let buckets = match keys {
            [] => 1,
            _ => (self.rows * 2).next_power_of_two(),
        };
        self.heads = vec![NONE; buckets];
        self.next = vec![NONE; self.rows];
        // Backwards, so that a chain is in input order.
        for row in (0..self.rows).rev() {
            if row.is_multiple_of(POLL_ROWS) {
                control.poll()?;
            }
            let hash_of = hash(keys.iter().map(|&column| self.columns[column][row]));
            let bucket = self.bucket(hash_of);
            self.next[row] = std::mem::replace(&mut self.heads[bucket], row as u32);
        }
        Ok(())
    }

    #[inline]
    fn bucket(&self, hash_of: u64) -> usize {
        hash_of as usize & (self.heads.len() - 1)
    }

    /// The first row of the chain of a key, or [`NONE`]. Rows of other keys may be in it.
    #[inline]
    pub fn first(&self, hash_of: u64) -> u32 {
        self.heads[self.bucket(hash_of)]
    }

    /// The row after one in its chain, or [`NONE`].
    #[inline]
    pub fn after(&self, row: u32) -> u32 {
        self.next[row as usize]
    }

    /// Drops all rows and gives their memory back.
    pub fn clear(&mut self) {
        self.columns.clear();
        self.rows = 0;
        self.heads = vec![NONE];
        self.next = Vec::new();
        self.memory.release();
    }
}
