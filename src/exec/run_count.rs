//! Counts from the directory: rows of scans, and rows for each value of a scan's first free key column.

use super::batch::Batch;
use super::group::count_id;
use super::operator::{Operator, Runtime};
use crate::error::Result;
use crate::store::{BATCH_ROWS, QuadScan, ScanBatch, ScanSpec};
use std::sync::Arc;

/// One row: the number of rows of a scan, once for each output column.
pub struct CountScan {
    pub runtime: Arc<Runtime>,
    pub spec: ScanSpec,
    pub width: usize,
    pub done: bool,
}

impl Operator for CountScan {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        if std::mem::replace(&mut self.done, true) {
            return Ok(false);
        }
        let rows = self
            .runtime
            .source
            .count(&self.spec, &self.runtime.control)?;
        let id = count_id(rows, &self.runtime)?;
        batch.reset(self.width);
        batch.columns.iter_mut().for_each(|column| column.push(id));
        batch.set_rows(1);
        Ok(true)
    }
}

/// For each value of the key column after the prefix, in order, the value and the number of its rows. A value that fills
/// a batch is counted by the directory and skipped, others are counted as they pass.
pub struct CountRuns {
    runtime: Arc<Runtime>,
    spec: ScanSpec,
    position: usize,
    /// Count columns, all the same.
    width: usize,
    scan: Option<Box<dyn QuadScan>>,
    read: ScanBatch,
    at: usize,
}

impl CountRuns {
    /// `position` is the quad position of the key column after the prefix of `spec`, which is the only one wanted.
    pub fn new(
        runtime: &Arc<Runtime>,
        spec: ScanSpec,
        position: usize,
        width: usize,
    ) -> Result<Self> {
        Ok(Self {
            scan: Some(runtime.source.scan(&spec, &runtime.control)?),
            runtime: runtime.clone(),
            spec,
            position,
            width,
            read: ScanBatch::default(),
            at: 0,
        })
    }

    /// Makes a row available at `at`; false at the end.
    fn fill(&mut self) -> Result<bool> {
        if self.at < self.read.len {
            return Ok(true);
        }
        let Some(scan) = &mut self.scan else {
            return Ok(false);
        };
        scan.next(&mut self.read)?;
        self.at = 0;
        if self.read.len == 0 {
            self.scan = None;
        }
        Ok(self.read.len > 0)
    }

    /// The next value and its rows.
    fn run(&mut self) -> Result<Option<(u64, u64)>> {
        if !self.fill()? {
            return Ok(None);
        }
        let value = self.read.columns[self.position][self.at];
        let mut rows = 0;
        loop {
            let column = &self.read.columns[self.position][self.at..self.read.len];
            let run = column.iter().take_while(|&&other| other == value).count();
            rows += run as u64;
            self.at += run;
            if self.at < self.read.len {
                return Ok(Some((value, rows)));
            }
            if run == self.read.len {
                return Ok(Some((value, self.count_and_skip(value)?)));
            }
            if !self.fill()? || self.read.columns[self.position][0] != value {
                return Ok(Some((value, rows)));
            }
        }
    }

    fn count_and_skip(&mut self, value: u64) -> Result<u64> {
        let mut spec = self.spec.clone();
        spec.prefix.push(value);
        let rows = self.runtime.source.count(&spec, &self.runtime.control)?;
        match (value.checked_add(1), &mut self.scan) {
            (Some(next), Some(scan)) => scan.seek(&[next])?,
            _ => self.scan = None,
        }
        Ok(rows)
    }
}

impl Operator for CountRuns {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        batch.reset(1 + self.width);
        let mut rows = 0;
        while rows < BATCH_ROWS {
            self.runtime.control.poll()?;
            let Some((value, count)) = self.run()? else {
                break;
            };
            let id = count_id(count, &self.runtime)?;
            batch.columns[0].push(value);
            batch.columns[1..]
                .iter_mut()
                .for_each(|column| column.push(id));
            rows += 1;
        }
        batch.set_rows(rows);
        Ok(rows > 0)
    }
}
