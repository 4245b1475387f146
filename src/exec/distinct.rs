//! Distinct: each row once, in order of first appearance. Rows are compared by id, which is term identity.

use super::batch::Batch;
use super::operator::{BoxOperator, Operator, Runtime};
use super::rows::RowSet;
use crate::error::Result;
use std::sync::Arc;

pub struct Distinct {
    runtime: Arc<Runtime>,
    input: BoxOperator,
    seen: RowSet,
    row: Vec<u64>,
}

impl Distinct {
    pub fn new(runtime: &Arc<Runtime>, input: BoxOperator, width: usize) -> Self {
        Self {
            runtime: runtime.clone(),
            input,
            seen: RowSet::new(width, &runtime.control),
            row: Vec::with_capacity(width),
        }
    }
}

impl Operator for Distinct {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        let mut rows = Vec::new();
        while self.input.next(batch)? {
            self.runtime.control.poll()?;
            batch.selected(&mut rows);
            let mut keep = Vec::with_capacity(rows.len());
            for &row in &rows {
                self.row.clear();
                self.row
                    .extend(batch.columns.iter().map(|column| column[row as usize]));
                if self.seen.insert(&self.row)?.1 {
                    keep.push(row);
                }
            }
            if !keep.is_empty() {
                batch.select(keep);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Distinct of an input sorted on all its columns: compares with the row before. Also REDUCED of any input, which then
/// drops neighbouring duplicates.
pub struct DropRepeated {
    pub input: BoxOperator,
    /// The row given last.
    pub last: Option<Vec<u64>>,
}

impl Operator for DropRepeated {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        let mut rows = Vec::new();
        while self.input.next(batch)? {
            batch.selected(&mut rows);
            let mut previous: Option<u32> = None;
            let columns = &batch.columns;
            let last = self.last.take();
            rows.retain(|&row| {
                let repeated = match previous {
                    Some(previous) => columns
                        .iter()
                        .all(|column| column[previous as usize] == column[row as usize]),
                    None => last.as_ref().is_some_and(|last| {
                        last.iter()
                            .zip(columns)
                            .all(|(value, column)| *value == column[row as usize])
                    }),
                };
                previous = Some(row);
                !repeated
            });
            self.last =
                previous.map(|row| columns.iter().map(|column| column[row as usize]).collect());
            if !rows.is_empty() {
                batch.select(rows);
                return Ok(true);
            }
        }
        Ok(false)
    }
}
