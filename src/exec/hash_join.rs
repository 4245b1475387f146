//! Hash join: the build side in memory, the probe side streaming past it. Also the cross product (no key
//! columns) and OPTIONAL (every probe row stays).
//!
//! Cost: about 20 ns for each row built and probed, and one copy for each value out. Memory: the build side
//! and 8 bytes a row.

use super::batch::{Batch, gather};
use super::operator::{BoxOperator, Operator, Runtime, StateCharge};
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::expr::Predicate;
use crate::plan::JoinColumns;
use crate::store::BATCH_ROWS;
use std::sync::Arc;

const NONE: u32 = u32::MAX;
/// Candidates looked at between two polls.
const POLL_STEPS: usize = 1 << 16;

/// See the module.
pub struct HashJoin {
    runtime: Arc<Runtime>,
    probe: BoxOperator,
    build: Option<BoxOperator>,
    columns: JoinColumns,
    /// Whether probe rows without a match stay.
    outer: bool,
    /// What a match must pass, over the output columns.
    filter: Option<Predicate>,
    table: Table,
    batch: Batch,
    /// The probe row at hand and the next build row to compare with it.
    row: usize,
    candidate: u32,
    /// Probe rows of the batch that have a match.
    matched: Vec<bool>,
    /// Whether the batch's rows without a match are still to be given.
    unmatched_due: bool,
    probe_rows: Vec<u32>,
    build_rows: Vec<u32>,
    selection: Vec<u32>,
}

/// Rows of the build side, chained by hash.
struct Table {
    columns: Vec<Vec<u64>>,
    rows: usize,
    heads: Vec<u32>,
    next: Vec<u32>,
    state: StateCharge,
}

#[inline]
fn mix(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(26) ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Table {
    fn fill(
        &mut self,
        mut input: BoxOperator,
        keys: &[(usize, usize)],
        control: &Control,
    ) -> Result<()> {
        let mut batch = Batch::new();
        while input.next(&mut batch)? {
            batch.compact();
            self.columns.resize_with(batch.columns.len(), Vec::new);
            self.rows += batch.rows();
            if self.rows >= NONE as usize {
                return Err(Error::new(
                    Code::ResourceExhausted,
                    "a hash join has more than 2^32 rows to hold",
                ));
            }
            // A link and two to four heads a row.
            self.state.hold(self.rows * (self.columns.len() * 8 + 20))?;
            for (to, from) in self.columns.iter_mut().zip(&batch.columns) {
                to.extend_from_slice(from);
            }
        }
        drop(input);
        let buckets = if keys.is_empty() {
            1
        } else {
            (self.rows * 2).next_power_of_two()
        };
        self.heads = vec![NONE; buckets];
        self.next = vec![NONE; self.rows];
        // Backwards, so that a chain is in input order.
        for row in (0..self.rows).rev() {
            if row.is_multiple_of(POLL_STEPS) {
                control.poll()?;
            }
            let hash = keys
                .iter()
                .fold(0, |hash, &(_, column)| mix(hash, self.columns[column][row]));
            let bucket = self.bucket(hash);
            self.next[row] = std::mem::replace(&mut self.heads[bucket], row as u32);
        }
        Ok(())
    }

    #[inline]
    fn bucket(&self, hash: u64) -> usize {
        // The high bits of a product are the mixed ones.
        (hash >> 32) as usize & (self.heads.len() - 1)
    }
}

impl HashJoin {
    /// Reads `build` to the end at the first call of `next`, before `probe`.
    pub fn new(
        runtime: &Arc<Runtime>,
        probe: BoxOperator,
        build: BoxOperator,
        columns: JoinColumns,
        outer: bool,
        filter: Option<Predicate>,
    ) -> Self {
        Self {
            runtime: runtime.clone(),
            probe,
            build: Some(build),
            columns,
            outer,
            filter,
            table: Table {
                columns: Vec::new(),
                rows: 0,
                heads: vec![NONE],
                next: Vec::new(),
                state: StateCharge::new(&runtime.control),
            },
            batch: Batch::new(),
            row: 0,
            candidate: NONE,
            matched: Vec::new(),
            unmatched_due: false,
            probe_rows: Vec::with_capacity(BATCH_ROWS),
            build_rows: Vec::with_capacity(BATCH_ROWS),
            selection: Vec::new(),
        }
    }

    fn first_candidate(&self, row: usize) -> u32 {
        let columns = &self.batch.columns;
        let hash = self
            .columns
            .keys
            .iter()
            .fold(0, |hash, &(column, _)| mix(hash, columns[column][row]));
        self.table.heads[self.table.bucket(hash)]
    }

    fn refill(&mut self) -> Result<bool> {
        if !self.probe.next(&mut self.batch)? {
            self.batch.reset(0);
            return Ok(false);
        }
        self.batch.compact();
        self.row = 0;
        self.candidate = self.first_candidate(0);
        self.matched.clear();
        self.matched.resize(self.batch.rows(), false);
        self.unmatched_due = self.outer;
        Ok(true)
    }

    /// Collects pairs until the output is full or the probe batch is worked.
    fn collect(&mut self) -> Result<()> {
        self.probe_rows.clear();
        self.build_rows.clear();
        let mut steps = 0;
        while self.row < self.batch.rows() {
            while self.candidate != NONE {
                if self.probe_rows.len() == BATCH_ROWS {
                    return Ok(());
                }
                let build = self.candidate as usize;
                self.candidate = self.table.next[build];
                let (probe, table) = (&self.batch.columns, &self.table.columns);
                let joins = self
                    .columns
                    .keys
                    .iter()
                    .all(|&(left, right)| probe[left][self.row] == table[right][build])
                    && self.columns.compatible.iter().all(|&(left, right)| {
                        let (left, right) = (probe[left][self.row], table[right][build]);
                        left == right || left == 0 || right == 0
                    });
                if joins {
                    self.probe_rows.push(self.row as u32);
                    self.build_rows.push(build as u32);
                }
                steps += 1;
                if steps % POLL_STEPS == 0 {
                    self.runtime.control.poll()?;
                }
            }
            self.row += 1;
            if self.row < self.batch.rows() {
                self.candidate = self.first_candidate(self.row);
            }
        }
        Ok(())
    }

    fn copy_out(&self, out: &mut Batch) {
        let width = self.batch.columns.len();
        out.reset(width + self.columns.outputs.len());
        for (column, from) in self.batch.columns.iter().enumerate() {
            gather(from, &self.probe_rows, &mut out.columns[column]);
        }
        for &(left, right) in &self.columns.compatible {
            let from = &self.table.columns[right];
            for (value, &row) in out.columns[left].iter_mut().zip(&self.build_rows) {
                if *value == 0 {
                    *value = from[row as usize];
                }
            }
        }
        for (column, &from) in self.columns.outputs.iter().enumerate() {
            gather(
                &self.table.columns[from],
                &self.build_rows,
                &mut out.columns[width + column],
            );
        }
        out.set_rows(self.probe_rows.len());
    }

    /// The probe rows without a match, with nothing from the build side.
    fn copy_unmatched(&mut self, out: &mut Batch) {
        self.probe_rows.clear();
        self.probe_rows
            .extend((0..self.batch.rows() as u32).filter(|&row| !self.matched[row as usize]));
        let width = self.batch.columns.len();
        out.reset(width + self.columns.outputs.len());
        for (column, from) in self.batch.columns.iter().enumerate() {
            gather(from, &self.probe_rows, &mut out.columns[column]);
        }
        for column in &mut out.columns[width..] {
            column.resize(self.probe_rows.len(), 0);
        }
        out.set_rows(self.probe_rows.len());
    }
}

impl Operator for HashJoin {
    fn next(&mut self, out: &mut Batch) -> Result<bool> {
        if let Some(build) = self.build.take() {
            self.table
                .fill(build, &self.columns.keys, &self.runtime.control)?;
        }
        if self.table.rows == 0 && !self.outer {
            return Ok(false);
        }
        loop {
            self.runtime.control.poll()?;
            if self.row >= self.batch.rows() {
                if std::mem::take(&mut self.unmatched_due) {
                    self.copy_unmatched(out);
                    if !out.is_empty() {
                        return Ok(true);
                    }
                }
                if !self.refill()? {
                    return Ok(false);
                }
            }
            self.collect()?;
            if self.probe_rows.is_empty() {
                continue;
            }
            self.copy_out(out);
            if let Some(filter) = &self.filter {
                out.selected(&mut self.selection);
                filter.select(&out.columns, &mut self.selection, &self.runtime.terms)?;
                for &row in &self.selection {
                    self.matched[self.probe_rows[row as usize] as usize] = true;
                }
                if self.selection.is_empty() {
                    continue;
                }
                out.select(self.selection.clone());
            } else if self.outer {
                for &row in &self.probe_rows {
                    self.matched[row as usize] = true;
                }
            }
            return Ok(true);
        }
    }
}
