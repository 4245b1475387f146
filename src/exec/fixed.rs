//! Given rows: VALUES, the empty solution, and nothing at all.

use super::batch::Batch;
use super::operator::Operator;
use crate::error::Result;
use crate::store::BATCH_ROWS;
use std::sync::Arc;

/// Rows as columns, shared by the operators that read them.
#[derive(Debug, Default)]
pub struct FixedRows {
    /// All have `rows` values.
    pub columns: Vec<Vec<u64>>,
    pub rows: usize,
}

/// Gives rows it was made with.
pub struct Fixed {
    given: Arc<FixedRows>,
    at: usize,
    batch_rows: usize,
}

impl Fixed {
    pub fn new(given: Arc<FixedRows>) -> Self {
        Self {
            given,
            at: 0,
            batch_rows: BATCH_ROWS,
        }
    }

    #[cfg(test)]
    pub fn rows(rows: &[[u64; 2]], batch_rows: usize) -> Self {
        let column = |index: usize| rows.iter().map(|row| row[index]).collect();
        Self {
            batch_rows,
            ..Self::new(Arc::new(FixedRows {
                columns: vec![column(0), column(1)],
                rows: rows.len(),
            }))
        }
    }
}

impl Operator for Fixed {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        let end = self.given.rows.min(self.at + self.batch_rows);
        if self.at == end {
            return Ok(false);
        }
        batch.reset(self.given.columns.len());
        for (to, from) in batch.columns.iter_mut().zip(&self.given.columns) {
            to.extend_from_slice(&from[self.at..end]);
        }
        batch.set_rows(end - self.at);
        self.at = end;
        Ok(true)
    }
}
