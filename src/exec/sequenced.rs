//! Runs of rows on disk that ascend by their first column, and their merge: how an operator that worked its rows part by
//! part gives them in the order in which they came.

use super::batch::Batch;
use super::operator::{Operator, Runtime, SpillCharge};
use super::spool::{Part, PartReader, RowSpool, RunWriter};
use crate::control::Charge;
use crate::error::Result;
use crate::store::BATCH_ROWS;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Runs merged at a time.
const FAN_IN: usize = 16;

/// Runs being written.
pub struct SequencedRuns {
    runtime: Arc<Runtime>,
    width: usize,
    writer: RunWriter,
}

impl SequencedRuns {
    /// Of rows with `width` values, the sequence number among them. Errors: `Io`, `ResourceExhausted`.
    pub fn new(runtime: &Arc<Runtime>, width: usize, memory: &mut SpillCharge) -> Result<Self> {
        Ok(Self {
            runtime: runtime.clone(),
            width,
            writer: RunWriter::new(runtime, width, FAN_IN, memory)?,
        })
    }

    /// Appends a row, whose first value is not below that of the row before, to the run.
    /// Errors: those of [`RowSpool::write`].
    pub fn push(&mut self, row: impl IntoIterator<Item = u64>) -> Result<()> {
        self.writer.push(row)
    }

    /// The next row begins another run. Errors: those of [`RowSpool::write`].
    pub fn end_run(&mut self) -> Result<()> {
        self.writer.end_run()
    }

    /// All rows by their first value, without it. Of rows with equal ones, those of earlier runs are first.
    /// Errors: those of [`RowSpool::write`].
    pub fn finish(mut self) -> Result<Merged> {
        self.end_run()?;
        let left = self.writer.finish(|spool, runs, writer, wider| {
            let mut cursors = Cursors::new(spool, runs, self.width)?;
            while let Some(at) = cursors.least() {
                writer.push(cursors.row(at), wider)?;
                cursors.advance(at)?;
            }
            Ok(())
        })?;
        Ok(Merged {
            cursors: Cursors::new(&left.spool, &left.runs, self.width)?,
            width: self.width,
            runtime: self.runtime,
            _buffer: left.buffer,
        })
    }
}

/// Runs read side by side.
struct Cursors {
    readers: Vec<(PartReader, Batch, usize)>,
    heap: BinaryHeap<Reverse<(u64, usize)>>,
}

impl Cursors {
    fn new(spool: &Arc<RowSpool>, runs: &[Part], width: usize) -> Result<Self> {
        let mut cursors = Self {
            readers: Vec::with_capacity(runs.len()),
            heap: BinaryHeap::with_capacity(runs.len()),
        };
        for (number, run) in runs.iter().enumerate() {
            let mut reader = PartReader::new(spool, run.clone(), width);
            let mut batch = Batch::new();
            if reader.next_chunk(&mut batch)? {
                cursors.heap.push(Reverse((batch.columns[0][0], number)));
            }
            cursors.readers.push((reader, batch, 0));
        }
        Ok(cursors)
    }

    /// The run with the next row.
    fn least(&self) -> Option<usize> {
        self.heap.peek().map(|Reverse((_, run))| *run)
    }

    fn row(&self, run: usize) -> impl Iterator<Item = u64> + '_ {
        let (_, batch, at) = &self.readers[run];
        batch.columns.iter().map(|column| column[*at])
    }

    /// Moves the run with the next row on.
    fn advance(&mut self, run: usize) -> Result<()> {
        let (reader, batch, at) = &mut self.readers[run];
        *at += 1;
        if *at == batch.rows() {
            *at = 0;
            if !reader.next_chunk(batch)? {
                self.heap.pop();
                return Ok(());
            }
        }
        let next = Reverse((batch.columns[0][*at], run));
        if let Some(mut top) = self.heap.peek_mut() {
            *top = next;
        }
        Ok(())
    }
}

/// See [`SequencedRuns::finish`].
pub struct Merged {
    cursors: Cursors,
    width: usize,
    runtime: Arc<Runtime>,
    _buffer: Charge,
}

impl Operator for Merged {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        self.runtime.control.poll()?;
        batch.reset(self.width - 1);
        let mut rows = 0;
        while rows < BATCH_ROWS
            && let Some(run) = self.cursors.least()
        {
            for (value, column) in self.cursors.row(run).skip(1).zip(&mut batch.columns) {
                column.push(value);
            }
            self.cursors.advance(run)?;
            rows += 1;
        }
        batch.set_rows(rows);
        Ok(rows > 0)
    }
}
