//! Given rows: VALUES, the empty solution, and nothing at all.

use super::batch::Batch;
use super::operator::Operator;
use crate::error::Result;
use crate::store::BATCH_ROWS;

/// Gives rows it was made with.
pub struct Fixed {
    columns: Vec<Vec<u64>>,
    rows: usize,
    at: usize,
    batch_rows: usize,
}

impl Fixed {
    /// `columns` all have `rows` values.
    pub fn new(columns: Vec<Vec<u64>>, rows: usize) -> Self {
        Self {
            columns,
            rows,
            at: 0,
            batch_rows: BATCH_ROWS,
        }
    }

    #[cfg(test)]
    pub fn rows(rows: &[[u64; 2]], batch_rows: usize) -> Self {
        let column = |index: usize| rows.iter().map(|row| row[index]).collect();
        Self {
            batch_rows,
            ..Self::new(vec![column(0), column(1)], rows.len())
        }
    }
}

impl Operator for Fixed {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        let end = self.rows.min(self.at + self.batch_rows);
        if self.at == end {
            return Ok(false);
        }
        batch.reset(self.columns.len());
        for (to, from) in batch.columns.iter_mut().zip(&self.columns) {
            to.extend_from_slice(&from[self.at..end]);
        }
        batch.set_rows(end - self.at);
        self.at = end;
        Ok(true)
    }
}
