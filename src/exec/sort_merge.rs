//! Sorted runs on disk, and their merge.
//!
//! The order of two ids of different runs is known only once their terms were read, so the merge goes in rounds: of each
//! run some rows are in memory; the first to end of these bounds what may be given; the rows up to it are ranked and sorted
//! as those of a run were. Runs that begin beyond the bound take no part in a round.
//!
//! Cost: a row is ranked once or twice.

use super::batch::{Batch, gather};
use super::operator::{Operator, Runtime, SpillCharge, is_spent};
use super::sort::order_rows;
use super::spool::{Part, PartReader, RowSpool, RunWriter};
use crate::control::Charge;
use crate::error::Result;
use crate::plan::SortColumn;
use crate::store::BATCH_ROWS;
use std::sync::Arc;

/// Runs merged at a time.
const FAN_IN: usize = 32;

/// Runs being written.
pub struct SortedRuns {
    width: usize,
    keys: Vec<SortColumn>,
    writer: RunWriter,
}

impl SortedRuns {
    /// Of rows with `width` columns. Errors: `Io`, `ResourceExhausted`.
    pub fn new(
        runtime: &Arc<Runtime>,
        width: usize,
        keys: Vec<SortColumn>,
        memory: &mut SpillCharge,
    ) -> Result<Self> {
        Ok(Self {
            width,
            keys,
            writer: RunWriter::new(runtime, width, FAN_IN, memory)?,
        })
    }

    /// Appends the next row of a run. Errors: those of [`RowSpool::write`].
    pub fn push(&mut self, row: impl IntoIterator<Item = u64>) -> Result<()> {
        self.writer.push(row)
    }

    /// Ends a run; rows of earlier ones are before equal rows of later ones. Errors: those of [`RowSpool::write`].
    pub fn end_run(&mut self) -> Result<()> {
        self.writer.end_run()
    }

    /// The first `limit` rows of all. Errors: those of [`RowSpool::write`] and of ranking.
    pub fn finish(self, limit: usize) -> Result<Merge> {
        let mut batch = Batch::new();
        let (width, keys) = (self.width, &self.keys);
        let left = self.writer.finish(|spool, runs, writer, wider| {
            let mut merge = Merge::new(spool, runs, width, keys, limit, None);
            while merge.next(&mut batch)? {
                for row in 0..batch.rows() {
                    let row = batch.columns.iter().map(|column| column[row]);
                    writer.push(row, wider)?;
                }
            }
            Ok(())
        })?;
        let buffer = Some(left.buffer);
        Ok(Merge::new(
            &left.spool,
            &left.runs,
            width,
            keys,
            limit,
            buffer,
        ))
    }
}

/// Sorted runs merged into one. See the module.
pub struct Merge {
    runtime: Arc<Runtime>,
    keys: Vec<SortColumn>,
    cursors: Vec<Cursor>,
    /// Rows of a run that take part in a round at most.
    window: usize,
    /// Rows still to be given.
    left: usize,
    /// Rows in order, and how many of them were given.
    ready: Vec<Vec<u64>>,
    given: usize,
    _buffer: Option<Charge>,
}

/// A run and the rows of it that are in memory.
struct Cursor {
    reader: PartReader,
    batch: Batch,
    from: usize,
    ended: bool,
}

impl Cursor {
    fn fill(&mut self) -> Result<()> {
        if self.from == self.batch.rows() && !self.ended {
            self.from = 0;
            self.ended = !self.reader.next_chunk(&mut self.batch)?;
        }
        Ok(())
    }

    fn rows(&self, window: usize) -> std::ops::Range<usize> {
        self.from..self.batch.rows().min(self.from.saturating_add(window))
    }

    /// Whether rows may follow those of the window.
    fn goes_on(&self, window: usize) -> bool {
        !self.ended || self.batch.rows() - self.from > window
    }
}

impl Merge {
    fn new(
        spool: &Arc<RowSpool>,
        runs: &[Part],
        width: usize,
        keys: &[SortColumn],
        limit: usize,
        buffer: Option<Charge>,
    ) -> Self {
        let cursors = runs.iter().map(|run| {
            let mut batch = Batch::new();
            batch.reset(width);
            Cursor {
                reader: PartReader::new(spool, run.clone(), width),
                batch,
                from: 0,
                ended: false,
            }
        });
        Self {
            runtime: spool.runtime().clone(),
            keys: keys.to_vec(),
            cursors: cursors.collect(),
            window: BATCH_ROWS,
            left: limit,
            ready: vec![Vec::new(); width],
            given: 0,
            _buffer: buffer,
        }
    }

    /// Makes rows ready; false if there are none left.
    fn round(&mut self) -> Result<bool> {
        self.runtime.control.poll()?;
        for cursor in &mut self.cursors {
            cursor.fill()?;
        }
        self.cursors
            .retain(|cursor| cursor.from < cursor.batch.rows());
        if self.cursors.is_empty() {
            return Ok(false);
        }
        loop {
            match self.merge() {
                // The terms of fewer rows may fit.
                Err(error) if is_spent(&error) && self.window > 1 => self.window /= 2,
                outcome => return outcome.map(|()| true),
            }
        }
    }

    fn merge(&mut self) -> Result<()> {
        let (parts, bound) = self.bound()?;
        let mut columns: Vec<Vec<u64>> = vec![Vec::new(); self.ready.len()];
        // The cursor of each row, and the row that ends the round.
        let mut owners: Vec<u32> = Vec::new();
        let mut last = None;
        for part in parts {
            let cursor = &self.cursors[part];
            let rows = cursor.rows(self.window);
            owners.resize(owners.len() + rows.len(), part as u32);
            for (to, from) in columns.iter_mut().zip(&cursor.batch.columns) {
                to.extend_from_slice(&from[rows.clone()]);
            }
            if bound == Some(part) {
                last = owners.len().checked_sub(1);
            }
        }
        let keys: Vec<(&[u64], bool)> = self
            .keys
            .iter()
            .map(|key| (&columns[key.column][..], key.descending))
            .collect();
        let mut order = order_rows(&keys, owners.len(), &self.runtime)?;
        if let Some(last) = last
            && let Some(place) = order.iter().position(|&row| row as usize == last)
        {
            order.truncate(place + 1);
        }
        for &row in &order {
            self.cursors[owners[row as usize] as usize].from += 1;
        }
        self.given = 0;
        for (ready, column) in self.ready.iter_mut().zip(&columns) {
            ready.clear();
            gather(column, &order, ready);
        }
        Ok(())
    }

    /// The cursors that take part in a round, and the one whose last row ends it, if any does.
    fn bound(&self) -> Result<(Vec<usize>, Option<usize>)> {
        let window = self.window;
        let ends = |cursor: &Cursor| {
            let rows = cursor.rows(window);
            [rows.start, rows.end - 1]
        };
        // First and last rows of all, side by side: equal rows of an earlier run are before.
        let columns: Vec<Vec<u64>> = self
            .keys
            .iter()
            .map(|key| {
                let values = self.cursors.iter().flat_map(|cursor| {
                    let column = &cursor.batch.columns[key.column];
                    ends(cursor).map(|row| column[row])
                });
                values.collect()
            })
            .collect();
        let keys: Vec<(&[u64], bool)> = columns
            .iter()
            .zip(&self.keys)
            .map(|(column, key)| (&column[..], key.descending))
            .collect();
        let order = order_rows(&keys, self.cursors.len() * 2, &self.runtime)?;
        let mut parts = Vec::new();
        for row in order {
            let cursor = row as usize / 2;
            if row % 2 == 0 {
                parts.push(cursor);
            } else if self.cursors[cursor].goes_on(window) {
                parts.sort_unstable();
                return Ok((parts, Some(cursor)));
            }
        }
        parts.sort_unstable();
        Ok((parts, None))
    }
}

impl Operator for Merge {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        let ready = |this: &Self| this.ready.first().map_or(0, Vec::len) - this.given;
        if self.left == 0 || ready(self) == 0 && !self.round()? {
            return Ok(false);
        }
        let rows = ready(self).min(BATCH_ROWS).min(self.left);
        batch.reset(self.ready.len());
        for (to, from) in batch.columns.iter_mut().zip(&self.ready) {
            to.extend_from_slice(&from[self.given..self.given + rows]);
        }
        batch.set_rows(rows);
        self.given += rows;
        self.left -= rows;
        Ok(true)
    }
}
