//! Hash join: the build side in memory, the probe side streaming past it. Also the cross product (no shared column),
//! OPTIONAL (every probe row stays), and probe rows by whether they have a match.
//!
//! A shared column that may be unbound on either side, after OPTIONAL, UNION or VALUES, is looked up as well: a probe row
//! asks once for each set of columns that it and build rows both bind (`compatible.rs`, `join_table.rs`). Rows are compared
//! one by one only where all that they share is unbound, and then every pair is a solution; and where sets of bound columns
//! are many and no memory is left to chain rows by them.
//!
//! A build side that does not fit in its share of memory makes both sides go to disk in parts, which are joined one after
//! the other (`join_spill.rs`).
//!
//! Cost: about 20 ns for each row built and look-up of a row probed, and one copy for each value out; on disk twice that,
//! and 8 bytes written and read for each value. Memory: the build side and 20 bytes a row.

use super::batch::{Batch, Side, gather, gather_joined};
use super::join_spill::{Block, Job, divide};
use super::join_table::{JoinTable, NONE, Search};
use super::operator::{BoxOperator, Operator, Runtime};
use super::sequenced::{Merged, SequencedRuns};
use super::spool::PartReader;
use crate::error::Result;
use crate::expr::Predicate;
use crate::plan::{JoinColumns, JoinKind};
use crate::store::BATCH_ROWS;
use std::sync::Arc;

/// Candidates looked at between two polls.
const POLL_STEPS: usize = 1 << 16;

/// See the module.
pub struct HashJoin {
    runtime: Arc<Runtime>,
    probe: Probe,
    build: Option<BoxOperator>,
    columns: JoinColumns,
    probe_keys: Vec<usize>,
    /// Columns of the probe side.
    width: usize,
    build_width: usize,
    kind: JoinKind,
    /// Whether the order of the probe side must stay.
    is_ordered: bool,
    /// What a match must pass, over the output columns.
    filter: Option<Predicate>,
    table: JoinTable,
    /// Probe rows at hand: the columns, and where rows on disk must come back in order the row's number.
    batch: Batch,
    /// The probe row at hand, its search, and the next build row to compare with it.
    row: usize,
    search: Search,
    candidate: u32,
    /// Probe rows of the batch that have a match.
    matched: Vec<bool>,
    /// Whether rows of the batch are still to be given because they have a match or none.
    rest_due: bool,
    probe_rows: Vec<u32>,
    build_rows: Vec<u32>,
    selection: Vec<u32>,
    /// Parts on disk that wait, and the one of which only a block of build rows is in the table.
    jobs: Vec<Job>,
    block: Option<Block>,
    runs: Option<SequencedRuns>,
    merged: Option<Merged>,
}

enum Probe {
    Nothing,
    Input(BoxOperator),
    Part(PartReader),
}

/// What the two sides of a join are like.
pub struct JoinShape {
    pub columns: JoinColumns,
    /// Columns of each side.
    pub probe_width: usize,
    pub build_width: usize,
    pub kind: JoinKind,
    /// Whether a match must have a column of those that may be unbound bound on both sides, as MINUS asks without a key.
    pub must_share: bool,
    /// Whether the order of the probe side must stay.
    pub is_ordered: bool,
}

impl HashJoin {
    /// Reads `build` to the end at the first call of `next`, before `probe`.
    pub fn new(
        runtime: &Arc<Runtime>,
        probe: BoxOperator,
        build: BoxOperator,
        shape: JoinShape,
        filter: Option<Predicate>,
    ) -> Self {
        let keys = &shape.columns.keys;
        let build_columns =
            |pairs: &[(usize, usize)]| pairs.iter().map(|&(_, build)| build).collect();
        let table = JoinTable::new(
            runtime,
            build_columns(keys),
            build_columns(&shape.columns.compatible),
            shape.must_share,
        );
        Self {
            probe_keys: keys.iter().map(|&(probe, _)| probe).collect(),
            runtime: runtime.clone(),
            probe: Probe::Input(probe),
            build: Some(build),
            columns: shape.columns.clone(),
            width: shape.probe_width,
            build_width: shape.build_width,
            kind: shape.kind,
            // OPTIONAL gives rows without a match behind others.
            is_ordered: shape.is_ordered && shape.kind != JoinKind::Left,
            filter,
            table,
            batch: Batch::new(),
            row: 0,
            search: Search::default(),
            candidate: NONE,
            matched: Vec::new(),
            rest_due: false,
            probe_rows: Vec::with_capacity(BATCH_ROWS),
            build_rows: Vec::with_capacity(BATCH_ROWS),
            selection: Vec::new(),
            jobs: Vec::new(),
            block: None,
            runs: None,
            merged: None,
        }
    }

    /// Fills the table; if it cannot hold the build side, divides both sides.
    fn start(&mut self, mut build: BoxOperator) -> Result<()> {
        let mut batch = Batch::new();
        while build.next(&mut batch)? {
            batch.compact();
            let added = self.table.add(&batch, 0)?;
            if added == batch.rows() {
                continue;
            }
            let Probe::Input(mut probe) = std::mem::replace(&mut self.probe, Probe::Nothing) else {
                return Ok(());
            };
            batch.slice(added, batch.rows());
            return self.divide(&mut *build, batch, &mut *probe, true, 0);
        }
        if self.table.rows() == 0 && !self.kind.gives_unmatched() {
            self.probe = Probe::Nothing;
        }
        drop(build);
        self.table.link()
    }

    /// Divides the rows of the table, of `batch` and of `build`, and with them those of `probe`, into jobs.
    fn divide(
        &mut self,
        build: &mut dyn Operator,
        batch: Batch,
        probe: &mut dyn Operator,
        is_input: bool,
        level: u32,
    ) -> Result<()> {
        let jobs = divide(
            &self.runtime,
            &mut self.table,
            (build, batch, self.build_width),
            (probe, &self.probe_keys, self.width),
            // Rows are numbered when they go to disk for the first time, also where they have no column to be counted by.
            (self.is_ordered || self.width == 0, is_input),
            self.kind.gives_unmatched(),
            level,
        )?;
        self.jobs.extend(jobs);
        if self.is_ordered && self.runs.is_none() {
            let width = 1 + self.width + self.columns.outputs.len();
            let memory = self.table.memory();
            self.runs = Some(SequencedRuns::new(&self.runtime, width, memory)?);
        }
        Ok(())
    }

    /// Sets up the next pass of probe rows on disk past build rows in the table; false if there is none.
    fn next_pass(&mut self) -> Result<bool> {
        if let Some(runs) = &mut self.runs {
            runs.end_run()?;
        }
        self.batch.reset(0);
        self.row = 0;
        if let (Some(block), Probe::Part(probe)) = (&mut self.block, &mut self.probe) {
            if block.next(&mut self.table)? {
                probe.rewind();
                self.table.link()?;
                return Ok(true);
            }
            if block.begin_rest() {
                probe.rewind();
                return Ok(true);
            }
        }
        self.block = None;
        self.probe = Probe::Nothing;
        while let Some(job) = self.jobs.pop() {
            self.table.clear();
            let mut block = Block::new(job.build);
            let mut probe = job.probe;
            // Before build rows take what memory there is.
            let has_rest = self.kind != JoinKind::Inner;
            block.begin(has_rest, probe.rows(), &self.runtime.control)?;
            let is_whole = block.fill(&mut self.table)?;
            if !is_whole && job.is_divisible {
                let (mut rest, batch) = block.into_rest();
                self.divide(&mut rest, batch, &mut probe, false, job.level)?;
                continue;
            }
            self.table.link()?;
            self.block = (!is_whole).then_some(block);
            self.probe = Probe::Part(probe);
            return Ok(true);
        }
        Ok(false)
    }

    /// Begins the search for build rows that go with the probe row at hand.
    fn begin_row(&mut self) -> Result<()> {
        let (columns, row) = (&self.batch.columns, self.row);
        let keys = self.probe_keys.iter().map(|&column| columns[column][row]);
        let compatible = self.columns.compatible.iter();
        let compatible = compatible.map(|&(column, _)| columns[column][row]);
        self.candidate = NONE;
        self.search.begin(&mut self.table, keys, compatible)
    }

    fn refill(&mut self) -> Result<bool> {
        let more = match &mut self.probe {
            Probe::Nothing => false,
            Probe::Input(input) => input.next(&mut self.batch)?,
            Probe::Part(part) => part.next(&mut self.batch)?,
        };
        if !more {
            self.batch.reset(0);
            self.row = 0;
            return Ok(false);
        }
        self.batch.compact();
        self.row = 0;
        self.matched.clear();
        self.matched.resize(self.batch.rows(), false);
        self.rest_due = self.kind != JoinKind::Inner;
        if let Some(block) = &mut self.block {
            self.rest_due = block.begin_batch(&mut self.matched);
            if self.rest_due {
                self.row = self.batch.rows();
                return Ok(true);
            }
        }
        self.begin_row()?;
        Ok(true)
    }

    /// Collects pairs until the output is full or the probe batch is worked.
    fn collect(&mut self) -> Result<()> {
        self.probe_rows.clear();
        self.build_rows.clear();
        let mut steps = 0;
        while self.row < self.batch.rows() {
            loop {
                steps += 1;
                if steps % POLL_STEPS == 0 {
                    self.runtime.control.poll()?;
                }
                if self.candidate == NONE {
                    match self.search.next_chain(&self.table) {
                        Some(first) => self.candidate = first,
                        None => break,
                    }
                    continue;
                }
                if self.probe_rows.len() == BATCH_ROWS {
                    return Ok(());
                }
                let build = self.candidate;
                // One match is as good as many.
                if self.matched[self.row] && !self.kind.gives_pairs() {
                    break;
                }
                self.candidate = self.search.after(&self.table, build);
                if self.search.is_match(&self.table, build) {
                    self.probe_rows.push(self.row as u32);
                    self.build_rows.push(build);
                    if !self.kind.gives_pairs() && self.filter.is_none() {
                        break;
                    }
                }
            }
            self.row += 1;
            if self.row < self.batch.rows() {
                self.begin_row()?;
            }
        }
        Ok(())
    }

    fn copy_out(&self, out: &mut Batch) {
        let left = Side {
            columns: &self.batch.columns[..self.width],
            rows: &self.probe_rows,
        };
        let right = Side {
            columns: &self.table.columns,
            rows: &self.build_rows,
        };
        let columns = &self.columns;
        gather_joined(&left, &right, &columns.compatible, &columns.outputs, out);
    }

    /// The probe rows that are given with nothing from the build side.
    fn copy_rest(&mut self, out: &mut Batch) {
        let wanted = self.kind == JoinKind::Semi;
        self.probe_rows.clear();
        self.probe_rows.extend(
            (0..self.batch.rows() as u32).filter(|&row| self.matched[row as usize] == wanted),
        );
        out.reset(self.width + self.columns.outputs.len());
        for (column, from) in self.batch.columns[..self.width].iter().enumerate() {
            gather(from, &self.probe_rows, &mut out.columns[column]);
        }
        for column in &mut out.columns[self.width..] {
            column.resize(self.probe_rows.len(), 0);
        }
        out.set_rows(self.probe_rows.len());
    }

    /// The next rows of the pass at hand; false at its end.
    fn next_of_pass(&mut self, out: &mut Batch) -> Result<bool> {
        loop {
            self.runtime.control.poll()?;
            if self.row >= self.batch.rows() {
                if std::mem::take(&mut self.rest_due) {
                    self.copy_rest(out);
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
                if self.selection.is_empty() {
                    continue;
                }
                out.select(self.selection.clone());
            }
            if self.kind != JoinKind::Inner {
                self.mark(out);
            }
            if self.kind.gives_pairs() {
                return Ok(true);
            }
        }
    }

    /// Notes which probe rows have a match.
    fn mark(&mut self, out: &Batch) {
        out.selected(&mut self.selection);
        for &row in &self.selection {
            let probe = self.probe_rows[row as usize] as usize;
            self.matched[probe] = true;
            if let Some(block) = &mut self.block {
                block.mark(probe);
            }
        }
    }

    /// Puts rows away until all passes are done, behind the numbers of their probe rows.
    fn put_away(&mut self, out: &Batch) -> Result<()> {
        let Some(runs) = &mut self.runs else {
            return Ok(());
        };
        let numbers = &self.batch.columns[self.width];
        out.selected(&mut self.selection);
        for &row in &self.selection {
            let number = numbers[self.probe_rows[row as usize] as usize];
            let values = out.columns.iter().map(|column| column[row as usize]);
            runs.push(std::iter::once(number).chain(values))?;
        }
        Ok(())
    }
}

impl Operator for HashJoin {
    fn next(&mut self, out: &mut Batch) -> Result<bool> {
        if let Some(build) = self.build.take() {
            self.start(build)?;
        }
        loop {
            if let Some(merged) = &mut self.merged {
                return merged.next(out);
            }
            if self.next_of_pass(out)? {
                if self.runs.is_none() {
                    return Ok(true);
                }
                self.put_away(out)?;
            } else if !self.next_pass()? {
                match self.runs.take() {
                    Some(runs) => self.merged = Some(runs.finish()?),
                    None => return Ok(false),
                }
            }
        }
    }
}
