//! Filter: keeps the rows that pass, as a selection.

use super::batch::Batch;
use super::operator::{BoxOperator, Operator, Runtime};
use crate::error::Result;
use crate::expr::Predicate;
use std::sync::Arc;

pub struct Filter {
    pub runtime: Arc<Runtime>,
    pub input: BoxOperator,
    pub predicate: Predicate,
}

impl Operator for Filter {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        let mut rows = Vec::new();
        while self.input.next(batch)? {
            self.runtime.control.poll()?;
            batch.selected(&mut rows);
            self.predicate
                .select(&batch.columns, &mut rows, &self.runtime.terms)?;
            if !rows.is_empty() {
                batch.select(rows);
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn skip_to(&mut self, key: &[u64]) -> Result<()> {
        self.input.skip_to(key)
    }
}

/// Keeps the rows in which pairs of columns are equal.
pub struct EqualColumns {
    pub input: BoxOperator,
    pub pairs: Vec<(usize, usize)>,
}

impl Operator for EqualColumns {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        let mut rows = Vec::new();
        while self.input.next(batch)? {
            batch.selected(&mut rows);
            for &(left, right) in &self.pairs {
                let (left, right) = (&batch.columns[left], &batch.columns[right]);
                rows.retain(|&row| left[row as usize] == right[row as usize]);
            }
            if !rows.is_empty() {
                batch.select(rows);
                return Ok(true);
            }
        }
        Ok(false)
    }
}
