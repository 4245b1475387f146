//! Scan: rows of a triple pattern, straight from the source.

use super::batch::Batch;
use super::operator::{Operator, Runtime};
use crate::error::Result;
use crate::store::{QuadScan, ScanBatch, ScanSpec};
use std::sync::Arc;

/// Rows of one scan. Output columns are quad positions; rows in which positions that hold one variable differ
/// are left out.
pub struct Scan {
    scan: Box<dyn QuadScan>,
    read: ScanBatch,
    /// The quad position of each output column.
    outputs: Vec<usize>,
    /// Pairs of positions that must be equal.
    equal: Vec<(usize, usize)>,
}

impl Scan {
    pub fn new(
        runtime: &Arc<Runtime>,
        spec: &ScanSpec,
        outputs: Vec<usize>,
        equal: Vec<(usize, usize)>,
    ) -> Result<Self> {
        Ok(Self {
            scan: runtime.source.scan(spec, &runtime.control)?,
            read: ScanBatch::default(),
            outputs,
            equal,
        })
    }
}

impl Operator for Scan {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        loop {
            self.scan.next(&mut self.read)?;
            let rows = self.read.len;
            if rows == 0 {
                return Ok(false);
            }
            let keep = (!self.equal.is_empty()).then(|| equal_rows(&self.read, &self.equal));
            if keep.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            batch.columns.resize_with(self.outputs.len(), Vec::new);
            for (column, &position) in self.outputs.iter().enumerate() {
                // The scan refills the buffer it gets in exchange, which costs less when it is not emptied first.
                std::mem::swap(&mut batch.columns[column], &mut self.read.columns[position]);
            }
            batch.set_rows(rows);
            if let Some(keep) = keep {
                batch.select(keep);
            }
            return Ok(true);
        }
    }

    fn skip_to(&mut self, key: &[u64]) -> Result<()> {
        // Beyond the first, a key column may repeat a variable that the output has once.
        let columns = if self.equal.is_empty() { key.len() } else { 1 };
        self.scan.seek(&key[..columns.min(key.len())])
    }
}

/// The rows in which each pair of positions is equal.
pub fn equal_rows(read: &ScanBatch, equal: &[(usize, usize)]) -> Vec<u32> {
    (0..read.len as u32)
        .filter(|&row| {
            equal.iter().all(|&(left, right)| {
                read.columns[left][row as usize] == read.columns[right][row as usize]
            })
        })
        .collect()
}
