//! Sort: ORDER BY, and top-k under a LIMIT. Stable.
//!
//! Key columns become ranks: the distinct ids of a column are sorted once by SPARQL order and each row gets the
//! places of its keys. Ids of one inline kind are their own ranks (definition 4). Terms of one value, such as 1 and 1.0,
//! are told apart by the last key only, so that `ORDER BY ?price ?name` goes by name among equal prices. Cost: about 60 ns a row, and the terms
//! of the distinct keys. With a limit, rows are cut to the limit each time a multiple of it has come in.
//!
//! Rows that have had their share of memory go to disk as a sorted run; the runs are merged at the end (`sort_merge.rs`).

use super::batch::{Batch, gather};
use super::operator::{BoxOperator, Operator, Runtime, SpillCharge, is_spent};
use super::sort_merge::{Merge, SortedRuns};
use crate::error::{Code, Error, Result};
use crate::expr::{order, ranks};
use crate::plan::SortColumn;
use crate::store::BATCH_ROWS;
use std::ops::Range;
use std::sync::Arc;

/// Rows beyond the limit that are kept before a cut.
const CUT_ROWS: usize = 16 * BATCH_ROWS;
/// Rows for which room is made at least.
const ROWS_MIN: usize = 64;
/// Fewer rows than this are not sorted in two halves where the terms of all do not fit.
const HALVED_ROWS_MIN: usize = 16;

pub struct Sort {
    runtime: Arc<Runtime>,
    input: Option<BoxOperator>,
    keys: Vec<SortColumn>,
    /// Rows that are needed at most.
    limit: usize,
    rows: Vec<Vec<u64>>,
    len: usize,
    order: Vec<u32>,
    at: usize,
    memory: SpillCharge,
    /// Rows at which to spill, since the terms of more did not fit.
    rows_max: usize,
    runs: Option<SortedRuns>,
    merge: Option<Merge>,
}

impl Sort {
    pub fn new(
        runtime: &Arc<Runtime>,
        input: BoxOperator,
        keys: Vec<SortColumn>,
        limit: Option<u64>,
    ) -> Self {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
        Self {
            runtime: runtime.clone(),
            input: Some(input),
            keys,
            limit: limit.unwrap_or(usize::MAX),
            rows: Vec::new(),
            len: 0,
            order: Vec::new(),
            at: 0,
            memory: SpillCharge::new(runtime),
            rows_max: usize::MAX,
            runs: None,
            merge: None,
        }
    }

    fn load(&mut self, mut input: BoxOperator) -> Result<()> {
        let mut batch = Batch::new();
        let cut_at = self.limit.saturating_mul(2).saturating_add(CUT_ROWS);
        while input.next(&mut batch)? {
            self.runtime.control.poll()?;
            batch.compact();
            self.rows.resize_with(batch.columns.len(), Vec::new);
            let mut from = 0;
            while from < batch.rows() {
                let mut room = self.room(batch.rows() - from)?;
                if room == 0 {
                    self.shrink()?;
                    room = self.room(batch.rows() - from)?;
                }
                if room == 0 {
                    self.spill()?;
                    room = self.room(batch.rows() - from)?;
                }
                if room == 0 {
                    return Err(Error::new(
                        Code::ResourceExhausted,
                        "the memory of the query is spent and a sort has no room for a single row",
                    )
                    .with_hint("raise query_memory_bytes, or ask for less at a time"));
                }
                for (to, column) in self.rows.iter_mut().zip(&batch.columns) {
                    to.extend_from_slice(&column[from..from + room]);
                }
                self.len += room;
                from += room;
            }
            if self.len >= cut_at {
                self.shrink()?;
            }
        }
        drop(input);
        if self.runs.is_none() {
            match self.ordered(0..self.len) {
                Ok(order) => {
                    self.order = order;
                    self.order.truncate(self.limit);
                    return Ok(());
                }
                Err(error) if is_spent(&error) && self.memory.spills() => {}
                Err(error) => return Err(error),
            }
        }
        self.spill()?;
        self.rows = Vec::new();
        if let Some(runs) = self.runs.take() {
            self.merge = Some(runs.finish(self.limit)?);
        }
        Ok(())
    }

    /// How many more rows there is room for, at most `wanted`.
    fn room(&mut self, wanted: usize) -> Result<usize> {
        if self.len >= self.rows_max {
            return Ok(0);
        }
        let room = self.capacity() - self.len;
        if wanted <= room {
            return Ok(wanted);
        }
        self.grow(self.len + wanted)?;
        Ok(wanted.min(self.capacity() - self.len))
    }

    /// Rows there is room for. A row without columns is a number only.
    fn capacity(&self) -> usize {
        self.rows.first().map_or(usize::MAX, Vec::capacity)
    }

    fn grow(&mut self, wanted: usize) -> Result<()> {
        // The rows, their ranks, their order, and that again while it is sorted.
        let row_bytes = self.rows.len() * 8 + self.keys.len() * 8 + 8;
        let now = self.capacity();
        let least = self.len + ROWS_MIN;
        for rows in [wanted.max(now + now / 2), wanted, now + now / 8, least] {
            if rows > now && self.memory.hold(rows * row_bytes)? {
                for column in &mut self.rows {
                    column.reserve_exact(rows - column.len());
                }
                break;
            }
        }
        Ok(())
    }

    /// The rows of a range in order.
    fn ordered(&self, range: Range<usize>) -> Result<Vec<u32>> {
        // Without a batch there are no columns either.
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<(&[u64], bool)> = self
            .keys
            .iter()
            .map(|key| (&self.rows[key.column][range.clone()], key.descending))
            .collect();
        let mut order = order_rows(&keys, range.len(), &self.runtime)?;
        order.iter_mut().for_each(|row| *row += range.start as u32);
        Ok(order)
    }

    /// Drops rows beyond the limit, if they are many, and puts the others in order, which keeps the sort stable.
    fn shrink(&mut self) -> Result<()> {
        if self.len / 2 < self.limit {
            return Ok(());
        }
        let mut order = match self.ordered(0..self.len) {
            Err(error) if is_spent(&error) && self.memory.spills() => return self.spill(),
            order => order?,
        };
        order.truncate(self.limit);
        for column in &mut self.rows {
            let mut kept = Vec::with_capacity(order.len());
            gather(column, &order, &mut kept);
            column.truncate(0);
            column.extend_from_slice(&kept);
        }
        self.len = order.len();
        Ok(())
    }

    /// Writes all rows to disk in sorted runs, in as many as it takes for the terms of a run to fit in memory.
    fn spill(&mut self) -> Result<()> {
        let mut ranges = vec![(0, self.len)];
        while let Some((start, end)) = ranges.pop() {
            match self.ordered(start..end) {
                Ok(mut order) => {
                    order.truncate(self.limit);
                    self.write(&order)?;
                }
                Err(error) if is_spent(&error) && end - start >= HALVED_ROWS_MIN => {
                    let half = (end - start) / 2;
                    self.rows_max = self.rows_max.min(half);
                    // Equal rows stay in order if the first half is written first.
                    ranges.push((start + half, end));
                    ranges.push((start, start + half));
                }
                Err(error) => return Err(error),
            }
        }
        let width = self.rows.len();
        self.rows = vec![Vec::new(); width];
        self.len = 0;
        self.memory.release();
        Ok(())
    }

    fn write(&mut self, order: &[u32]) -> Result<()> {
        let runs = match &mut self.runs {
            Some(runs) => runs,
            none => none.insert(SortedRuns::new(
                &self.runtime,
                self.rows.len(),
                self.keys.clone(),
                &mut self.memory,
            )?),
        };
        for &row in order {
            runs.push(self.rows.iter().map(|column| column[row as usize]))?;
        }
        runs.end_run()
    }
}

/// The places of rows by their keys, each with whether it descends; equal rows stay in their order.
/// Errors: those of [`ranks`].
pub fn order_rows(keys: &[(&[u64], bool)], rows: usize, runtime: &Runtime) -> Result<Vec<u32>> {
    let (control, terms) = (&runtime.control, &runtime.terms);
    let last = keys.len().saturating_sub(1);
    let ranks: Vec<Vec<u64>> = keys
        .iter()
        .enumerate()
        .map(|(number, &(column, descending))| {
            let mut ranks = ranks(column, number == last, terms, control)?;
            if descending {
                ranks.iter_mut().for_each(|rank| *rank = !*rank);
            }
            Ok(ranks)
        })
        .collect::<Result<_>>()?;
    control.poll()?;
    let mut order: Vec<u32> = (0..rows as u32).collect();
    // The row number tells equal rows apart, which makes the sort stable.
    match &ranks[..] {
        [] => {}
        [only] => order::sort(&mut order, control, |&left, &right| {
            (only[left as usize], left).cmp(&(only[right as usize], right))
        })?,
        several => order::sort(&mut order, control, |&left, &right| {
            several
                .iter()
                .map(|rank| rank[left as usize].cmp(&rank[right as usize]))
                .find(|order| order.is_ne())
                .unwrap_or_else(|| left.cmp(&right))
        })?,
    }
    Ok(order)
}

impl Operator for Sort {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        if let Some(input) = self.input.take() {
            self.load(input)?;
        }
        if let Some(merge) = &mut self.merge {
            return merge.next(batch);
        }
        let end = self.order.len().min(self.at + BATCH_ROWS);
        if self.at == end {
            return Ok(false);
        }
        batch.reset(self.rows.len());
        for (to, from) in batch.columns.iter_mut().zip(&self.rows) {
            gather(from, &self.order[self.at..end], to);
        }
        batch.set_rows(end - self.at);
        self.at = end;
        Ok(true)
    }
}
