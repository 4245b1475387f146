//! Slice: OFFSET and LIMIT, of all rows or of each group of rows. Union: one input after the other.

use super::batch::Batch;
use super::operator::{BoxOperator, Operator, Runtime, StateCharge};
use super::rows::RowSet;
use crate::error::Result;
use std::sync::Arc;

/// Leaves out the first `offset` rows and stops after `limit`. Ends without reading on.
pub struct Slice {
    pub input: BoxOperator,
    pub offset: u64,
    pub limit: u64,
}

impl Operator for Slice {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        while self.limit > 0 && self.input.next(batch)? {
            let rows = batch.len() as u64;
            if self.offset >= rows {
                self.offset -= rows;
                continue;
            }
            let skip = std::mem::take(&mut self.offset);
            let keep = (rows - skip).min(self.limit);
            if keep < rows {
                batch.slice(skip as usize, keep as usize);
            }
            self.limit -= keep;
            return Ok(true);
        }
        self.limit = 0;
        Ok(false)
    }
}

/// Leaves out the first `offset` rows of each combination of the key columns and stops after `limit` of it. The rows of a
/// combination need not stand together. Memory: 18 bytes for each combination and 8 for each of its keys.
pub struct SliceEach {
    runtime: Arc<Runtime>,
    input: BoxOperator,
    keys: Vec<usize>,
    offset: u64,
    limit: u64,
    groups: RowSet,
    /// Rows of each group so far.
    seen: Vec<u64>,
    state: StateCharge,
}

impl SliceEach {
    pub fn new(
        runtime: &Arc<Runtime>,
        input: BoxOperator,
        keys: Vec<usize>,
        offset: u64,
        limit: u64,
    ) -> Self {
        Self {
            runtime: runtime.clone(),
            input,
            groups: RowSet::new(keys.len(), &runtime.control),
            keys,
            offset,
            limit,
            seen: Vec::new(),
            state: StateCharge::new(&runtime.control),
        }
    }
}

impl Operator for SliceEach {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        let end = self.offset.saturating_add(self.limit);
        let (mut rows, mut key) = (Vec::new(), Vec::new());
        while self.limit > 0 && self.input.next(batch)? {
            self.runtime.control.poll()?;
            batch.selected(&mut rows);
            let mut keep = Vec::with_capacity(rows.len());
            for &row in &rows {
                key.clear();
                let keys = self.keys.iter();
                key.extend(keys.map(|&column| batch.columns[column][row as usize]));
                let (group, new) = self.groups.insert(&key)?;
                if new {
                    self.state.hold((self.seen.len() + 1) * 8)?;
                    self.seen.push(0);
                }
                if self.seen[group] >= self.offset && self.seen[group] < end {
                    keep.push(row);
                }
                self.seen[group] += 1;
            }
            if !keep.is_empty() {
                batch.select(keep);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The rows of all inputs, which have the same columns.
pub struct Union {
    inputs: std::vec::IntoIter<BoxOperator>,
    current: Option<BoxOperator>,
}

impl Union {
    pub fn new(inputs: Vec<BoxOperator>) -> Self {
        Self {
            inputs: inputs.into_iter(),
            current: None,
        }
    }
}

impl Operator for Union {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        loop {
            if let Some(current) = &mut self.current
                && current.next(batch)?
            {
                return Ok(true);
            }
            // A finished input gives its memory back.
            self.current = self.inputs.next();
            if self.current.is_none() {
                return Ok(false);
            }
        }
    }
}
