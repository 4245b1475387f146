//! Distinct: each row once, in order of first appearance. Rows are compared by id, which is term identity.
//!
//! When the set of rows has had its share of memory it keeps what it has; rows that are not in it wait on disk and are
//! worked part by part after the input's end. Where an order above depends on it, rows carry the number of their
//! appearance and the parts are merged by it.

use super::batch::Batch;
use super::operator::{BoxOperator, Operator, Runtime};
use super::overflow::{Overflow, hash};
use super::rows::{Place, RowSet};
use super::sequenced::{Merged, SequencedRuns};
use super::spool::PartReader;
use crate::error::Result;
use std::sync::Arc;

pub struct Distinct {
    runtime: Arc<Runtime>,
    input: Option<BoxOperator>,
    seen: RowSet,
    /// Whether rows must come in the order of their first appearance.
    is_ordered: bool,
    /// Rows that the set had no room for, behind their numbers.
    overflow: Overflow,
    part: Option<PartReader>,
    merged: Option<Merged>,
    /// Input rows so far.
    rows: u64,
    row: Vec<u64>,
}

impl Distinct {
    /// Of rows with `width` columns.
    pub fn new(runtime: &Arc<Runtime>, input: BoxOperator, width: usize, is_ordered: bool) -> Self {
        Self {
            runtime: runtime.clone(),
            input: Some(input),
            seen: RowSet::spilling(width, 0, runtime),
            is_ordered,
            overflow: Overflow::new(runtime, width + 1),
            part: None,
            merged: None,
            rows: 0,
            row: Vec::with_capacity(width),
        }
    }

    /// Inserts the row at hand, which is row `number` of the input. Returns whether it is new.
    fn insert(&mut self, number: u64) -> Result<bool> {
        let hash_of = hash(self.row.iter().copied());
        match self.seen.place(&self.row, hash_of)? {
            Place::Old(_) => Ok(false),
            Place::New(_) => Ok(true),
            Place::None => {
                let row = std::iter::once(number).chain(self.row.iter().copied());
                self.overflow.push(hash_of, row, self.seen.memory())?;
                Ok(false)
            }
        }
    }

    /// The next rows of the input that are new; false at its end.
    fn next_of_input(&mut self, batch: &mut Batch) -> Result<bool> {
        let Some(mut input) = self.input.take() else {
            return Ok(false);
        };
        let mut rows = Vec::new();
        while input.next(batch)? {
            self.runtime.control.poll()?;
            batch.selected(&mut rows);
            let mut keep = Vec::with_capacity(rows.len());
            for &row in &rows {
                self.row.clear();
                self.row
                    .extend(batch.columns.iter().map(|column| column[row as usize]));
                self.rows += 1;
                if self.insert(self.rows)? {
                    keep.push(row);
                }
            }
            if !keep.is_empty() {
                batch.select(keep);
                self.input = Some(input);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The next rows on disk that are new, behind their numbers; false at the end of a part.
    fn next_of_part(&mut self, part: &mut PartReader, batch: &mut Batch) -> Result<bool> {
        while part.next(batch)? {
            let mut keep = Vec::with_capacity(batch.rows());
            for row in 0..batch.rows() {
                self.row.clear();
                self.row
                    .extend(batch.columns[1..].iter().map(|column| column[row]));
                if self.insert(batch.columns[0][row])? {
                    keep.push(row as u32);
                }
            }
            if !keep.is_empty() {
                batch.select(keep);
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn next_part(&mut self) -> Result<Option<PartReader>> {
        self.seen.clear();
        self.overflow.next()
    }

    /// Works all parts and puts their rows in order.
    fn merge(&mut self, mut part: PartReader) -> Result<Merged> {
        let width = self.row.len() + 1;
        let mut runs = SequencedRuns::new(&self.runtime, width, self.seen.memory())?;
        let mut batch = Batch::new();
        loop {
            while self.next_of_part(&mut part, &mut batch)? {
                batch.compact();
                for row in 0..batch.rows() {
                    runs.push(batch.columns.iter().map(|column| column[row]))?;
                }
            }
            runs.end_run()?;
            match self.next_part()? {
                Some(next) => part = next,
                None => return runs.finish(),
            }
        }
    }
}

impl Operator for Distinct {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        if self.next_of_input(batch)? {
            return Ok(true);
        }
        loop {
            if let Some(merged) = &mut self.merged {
                return merged.next(batch);
            }
            let part = match self.part.take() {
                Some(part) => Some(part),
                None => self.next_part()?,
            };
            let Some(mut part) = part else {
                return Ok(false);
            };
            if self.is_ordered {
                self.merged = Some(self.merge(part)?);
                continue;
            }
            if self.next_of_part(&mut part, batch)? {
                self.part = Some(part);
                batch.compact();
                batch.columns.remove(0);
                return Ok(true);
            }
        }
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
