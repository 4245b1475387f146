//! The table of a hash join: rows of the build side, chained by the hash of the columns they are looked up by.
//!
//! Those are the key columns, never unbound, and of the columns that may be unbound those that a probe row binds
//! (`compatible.rs`). Rows are chained anew for each set of columns that a probe row binds, when the first such row comes;
//! mostly that is one set. If there is no memory for further chains, or there are [`CHAINS_MAX`] of them, rows that bind
//! another set are compared with all rows of their key.
//!
//! Cost: about 20 ns a row and set, and a copy of each value. Memory: the values, and 20 bytes a row and set.

use super::batch::Batch;
use super::compatible::{Mask, both, has, is_none, mask_of, words};
use super::operator::{Runtime, SpillCharge};
use super::overflow::hash;
use super::rows::RowSet;
use crate::control::Control;
use crate::error::Result;

/// The end of a chain.
pub const NONE: u32 = u32::MAX;
/// Rows linked between two polls.
const POLL_ROWS: usize = 1 << 16;
/// Rows for which a table makes room at the least.
const ROWS_MIN: usize = 16;
/// Bytes of a row's link and heads: there are two to four heads for each row.
const LINK_BYTES: usize = 4 + 16;
/// Sets of columns by which rows are chained at most.
const CHAINS_MAX: usize = 16;
/// Sets for whose chains there is room in any case, if there are so many.
const CHAINS_RESERVED: usize = 4;

/// See the module.
pub struct JoinTable {
    pub columns: Vec<Vec<u64>>,
    rows: usize,
    /// Columns that are never unbound.
    keys: Vec<usize>,
    /// Columns that may be unbound.
    compatible: Vec<usize>,
    /// Whether a row is found only by one of these.
    must_share: bool,
    /// The sets of them that rows bind.
    masks: RowSet,
    /// The sets that probe rows bind, and the way of each.
    probe_masks: RowSet,
    ways: Vec<Way>,
    chains: Vec<Chains>,
    control: Control,
    memory: SpillCharge,
}

/// How probe rows that bind one set of columns find build rows.
struct Way {
    /// The columns that probe row and build row both bind.
    both: Vec<Mask>,
    chains: usize,
}

struct Chains {
    /// The columns that may be unbound by which rows are chained, after the keys.
    mask: Mask,
    heads: Vec<u32>,
    next: Vec<u32>,
}

/// Where a probe row is in its search for build rows.
#[derive(Default)]
pub struct Search {
    way: usize,
    mask: Mask,
    /// Values of the probe row in the columns that may be unbound.
    values: Vec<u64>,
    /// The set of columns of [`Way::both`] that is next.
    next_both: usize,
    /// What a build row must have, keys first.
    wanted: Vec<(usize, u64)>,
}

impl JoinTable {
    /// Of rows that are looked up by columns `keys` and, where both sides bind them, `compatible`; with `must_share` by one
    /// of these at least.
    pub fn new(
        runtime: &Runtime,
        keys: Vec<usize>,
        compatible: Vec<usize>,
        must_share: bool,
    ) -> Self {
        let masks = || RowSet::new(words(compatible.len()), &runtime.control);
        Self {
            columns: Vec::new(),
            rows: 0,
            masks: masks(),
            probe_masks: masks(),
            keys,
            compatible,
            must_share,
            ways: Vec::new(),
            chains: Vec::new(),
            control: runtime.control.clone(),
            memory: SpillCharge::new(runtime),
        }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns that are never unbound.
    pub fn keys(&self) -> &[usize] {
        &self.keys
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

    /// Sets of columns for whose chains there is room.
    fn reserved(&self) -> usize {
        1_usize
            .checked_shl(self.compatible.len() as u32)
            .map_or(CHAINS_RESERVED, |sets| sets.min(CHAINS_RESERVED))
    }

    fn bytes_of(&self, rows: usize) -> usize {
        rows * (self.columns.len() * size_of::<u64>() + self.reserved() * LINK_BYTES)
    }

    #[cold]
    fn grow(&mut self, wanted: usize) -> Result<()> {
        // Before rows take what there is.
        self.masks.prepare()?;
        self.probe_masks.prepare()?;
        let now = self.capacity();
        let least = self.rows + ROWS_MIN;
        for capacity in [wanted.max(now + now / 2), wanted, now + now / 8, least] {
            if capacity > now
                && capacity < NONE as usize
                && self.memory.hold(self.bytes_of(capacity))?
            {
                for column in &mut self.columns {
                    column.reserve_exact(capacity - column.len());
                }
                break;
            }
        }
        Ok(())
    }

    /// Makes the rows findable. Errors: `Cancelled`, `QueryTimeout`, `ResourceExhausted`.
    pub fn link(&mut self) -> Result<()> {
        self.unlink();
        // Of rows that have no column that may be unbound one tells all.
        let rows = match self.compatible.is_empty() {
            true => self.rows.min(1),
            false => self.rows,
        };
        let (mut mask, mut last) = (Mask::new(), Mask::new());
        for row in 0..rows {
            if row.is_multiple_of(POLL_ROWS) {
                self.control.poll()?;
            }
            let values = self.compatible.iter().map(|&at| self.columns[at][row]);
            mask_of(values, &mut mask);
            if row == 0 || last != mask {
                self.masks.insert(&mask)?;
                last.clone_from(&mask);
            }
        }
        Ok(())
    }

    fn unlink(&mut self) {
        self.masks.empty();
        self.probe_masks.empty();
        self.ways.clear();
        self.chains.clear();
    }

    /// The number of the way of probe rows with this mask. Errors: `Cancelled`, `QueryTimeout`, `ResourceExhausted`.
    fn way(&mut self, mask: &Mask) -> Result<usize> {
        let (way, is_new) = self.probe_masks.insert(mask)?;
        if !is_new {
            return Ok(way);
        }
        let chains = match self.has_room(mask) {
            true => self.chained(mask)?,
            false => self.chained(&vec![0; mask.len()])?,
        };
        self.ways.push(Way {
            both: both(mask, &self.masks, self.must_share),
            chains,
        });
        Ok(way)
    }

    /// Whether there is room for the chains of a set of columns besides those of the keys alone.
    fn has_room(&mut self, mask: &Mask) -> bool {
        let has_keys = is_none(mask) || self.chains.iter().any(|chains| is_none(&chains.mask));
        let sets = self.chains.len() + 1 + usize::from(!has_keys);
        let further = sets.saturating_sub(self.reserved());
        let bytes = further * self.rows * LINK_BYTES;
        further == 0
            || sets <= CHAINS_MAX
                && self
                    .memory
                    .hold(self.bytes_of(self.capacity()) + bytes)
                    .unwrap_or(false)
    }

    /// The number of the chains by a set of columns.
    fn chained(&mut self, mask: &Mask) -> Result<usize> {
        if let Some(chains) = self.chains.iter().position(|chains| chains.mask == *mask) {
            return Ok(chains);
        }
        let open = self.compatible.iter().enumerate();
        let open = open.filter(|(number, _)| has(mask, *number));
        let keys: Vec<usize> = self
            .keys
            .iter()
            .copied()
            .chain(open.map(|(_, &column)| column))
            .collect();
        let buckets = match keys[..] {
            [] => 1,
            _ => (self.rows * 2).next_power_of_two(),
        };
        let mut chains = Chains {
            mask: mask.clone(),
            heads: vec![NONE; buckets],
            next: vec![NONE; self.rows],
        };
        // Backwards, so that a chain is in input order.
        for row in (0..self.rows).rev() {
            if row.is_multiple_of(POLL_ROWS) {
                self.control.poll()?;
            }
            let hash_of = hash(keys.iter().map(|&column| self.columns[column][row]));
            let head = &mut chains.heads[hash_of as usize & (buckets - 1)];
            chains.next[row] = std::mem::replace(head, row as u32);
        }
        self.chains.push(chains);
        Ok(self.chains.len() - 1)
    }

    /// Drops all rows and gives their memory back.
    pub fn clear(&mut self) {
        self.columns.clear();
        self.rows = 0;
        self.unlink();
        self.memory.release();
    }
}

impl Search {
    /// Begins the search of the rows for a probe row. Errors: `Cancelled`, `QueryTimeout`, `ResourceExhausted`.
    #[inline]
    pub fn begin(
        &mut self,
        table: &mut JoinTable,
        keys: impl Iterator<Item = u64>,
        compatible: impl Iterator<Item = u64>,
    ) -> Result<()> {
        self.wanted.clear();
        self.wanted.extend(table.keys.iter().copied().zip(keys));
        self.values.clear();
        self.values.extend(compatible);
        mask_of(self.values.iter().copied(), &mut self.mask);
        self.next_both = 0;
        let is_known =
            self.way < table.ways.len() && table.probe_masks.row(self.way).iter().eq(&self.mask);
        if !is_known {
            self.way = table.way(&self.mask)?;
        }
        Ok(())
    }

    /// The first row of the next chain, or [`NONE`] if it is empty; `None` after the last chain.
    #[inline]
    pub fn next_chain(&mut self, table: &JoinTable) -> Option<u32> {
        let way = &table.ways[self.way];
        let both = way.both.get(self.next_both)?;
        self.next_both += 1;
        self.wanted.truncate(table.keys.len());
        let columns = table.compatible.iter().zip(&self.values).enumerate();
        for (number, (&column, &value)) in columns {
            if value != 0 {
                let value = if has(both, number) { value } else { 0 };
                self.wanted.push((column, value));
            }
        }
        let chains = &table.chains[way.chains];
        let hashed = match is_none(&chains.mask) {
            true => &self.wanted[..table.keys.len()],
            false => &self.wanted,
        };
        let hash_of = hash(hashed.iter().map(|&(_, value)| value));
        Some(chains.heads[hash_of as usize & (chains.heads.len() - 1)])
    }

    /// The row after one in the chain, or [`NONE`].
    #[inline]
    pub fn after(&self, table: &JoinTable, row: u32) -> u32 {
        table.chains[table.ways[self.way].chains].next[row as usize]
    }

    /// Whether a row of the chain goes with the probe row. Rows of other keys may be in it.
    #[inline]
    pub fn is_match(&self, table: &JoinTable, row: u32) -> bool {
        let mut wanted = self.wanted.iter();
        wanted.all(|&(column, value)| table.columns[column][row as usize] == value)
    }
}
