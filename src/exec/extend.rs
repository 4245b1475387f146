//! Extend: columns computed from others. Columns: columns chosen, in order.

use super::batch::Batch;
use super::operator::{BoxOperator, Operator, Runtime};
use crate::error::Result;
use crate::expr::{Evaluator, Solutions};
use std::sync::Arc;

/// Appends one column for each expression; an expression may read the columns appended before it.
pub struct Extend {
    pub runtime: Arc<Runtime>,
    pub input: BoxOperator,
    pub expressions: Vec<Evaluator>,
}

impl Operator for Extend {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        if !self.input.next(batch)? {
            return Ok(false);
        }
        self.runtime.control.poll()?;
        batch.compact();
        let rows: Vec<u32> = (0..batch.rows() as u32).collect();
        let mut solutions = Solutions::default();
        for expression in &self.expressions {
            let terms = &self.runtime.terms;
            let column = expression.ids_of(&batch.columns, &rows, terms, &mut solutions)?;
            batch.columns.push(column);
        }
        Ok(true)
    }
}

/// Gives the columns of its input in another order, some of them not at all, some never bound.
pub struct Columns {
    input: BoxOperator,
    /// The input column of each output column; `None` is unbound in every row.
    map: Vec<Option<usize>>,
    read: Batch,
}

impl Columns {
    pub fn new(input: BoxOperator, map: Vec<Option<usize>>) -> Self {
        Self {
            input,
            map,
            read: Batch::new(),
        }
    }
}

impl Operator for Columns {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        if !self.input.next(&mut self.read)? {
            return Ok(false);
        }
        let rows = self.read.rows();
        batch.reset(self.map.len());
        for (to, from) in self.map.iter().enumerate() {
            match from {
                // A column is moved at its last use.
                Some(from) if self.map[to + 1..].contains(&Some(*from)) => {
                    let (out, column) = (&mut batch.columns[to], &self.read.columns[*from]);
                    out.extend_from_slice(column);
                }
                Some(from) => std::mem::swap(&mut batch.columns[to], &mut self.read.columns[*from]),
                None => batch.columns[to].resize(rows, 0),
            }
        }
        batch.set_rows(rows);
        if let Some(selection) = self.read.selection() {
            batch.select(selection.to_vec());
        }
        Ok(true)
    }

    fn skip_to(&mut self, key: &[u64]) -> Result<()> {
        // The sort columns of the output are those of the input if they were left in place.
        if (0..key.len()).all(|column| self.map.get(column) == Some(&Some(column))) {
            self.input.skip_to(key)?;
        }
        Ok(())
    }
}
