//! Slice: OFFSET and LIMIT. Union: one input after the other.

use super::batch::Batch;
use super::operator::{BoxOperator, Operator};
use crate::error::Result;

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
