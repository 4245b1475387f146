//! A hash join whose build side does not fit in memory: both sides are divided by the hash of the keys, and parts that
//! belong together are joined one after the other, divided again where they are still too large.
//!
//! A part that dividing does not make smaller, because most of its rows have one key or there is no key, is joined a
//! block at a time: as many build rows as there is room for, and all probe rows past them, again and again. That is so
//! where all shared columns may be unbound, since a row without a value goes with rows of every part.

use super::batch::Batch;
use super::join_table::JoinTable;
use super::operator::{Operator, Runtime};
use super::overflow::{Partitions, hash};
use super::spool::PartReader;
use crate::control::{Charge, Control};
use crate::error::{Code, Error, Result};
use std::sync::Arc;

/// Parts of two sides that belong together.
pub struct Job {
    pub build: PartReader,
    pub probe: PartReader,
    /// How often their rows have been divided.
    pub level: u32,
    /// Whether dividing them once more promises to help.
    pub is_divisible: bool,
}

/// Divides build rows (those of the table, of a batch and of an operator) and probe rows into parts. The table is empty
/// afterwards. Probe rows are numbered behind their columns: `numbering` is whether they are, and whether that is to be
/// done here. Errors: `Io`, `ResourceExhausted`, those of the operators.
pub fn divide(
    runtime: &Arc<Runtime>,
    table: &mut JoinTable,
    (build, mut batch, build_width): (&mut dyn Operator, Batch, usize),
    (probe, probe_keys, probe_width): (&mut dyn Operator, &[usize], usize),
    (is_numbered, is_new): (bool, bool),
    gives_unmatched: bool,
    level: u32,
) -> Result<Vec<Job>> {
    let mut parts = Partitions::new(runtime, build_width, level, table.memory())?;
    push_rows(&mut parts, &table.columns, table.rows(), table.keys())?;
    table.clear();
    loop {
        batch.compact();
        push_rows(&mut parts, &batch.columns, batch.rows(), table.keys())?;
        if !build.next(&mut batch)? {
            break;
        }
    }
    let (build_spool, build_parts) = parts.finish()?;

    let width = probe_width + usize::from(is_numbered);
    let mut parts = Partitions::new(runtime, width, level, table.memory())?;
    let mut rows = 0..;
    while probe.next(&mut batch)? {
        batch.compact();
        if is_numbered && is_new {
            let numbers = rows.by_ref().take(batch.rows());
            batch.columns.push(numbers.collect());
        }
        for row in 0..batch.rows() {
            let hash_of = hash(probe_keys.iter().map(|&key| batch.columns[key][row]));
            // A row that meets no build row is of no use, unless it stays all the same.
            if gives_unmatched || build_parts[parts.part_of(hash_of)].rows() > 0 {
                parts.push(hash_of, batch.columns.iter().map(|column| column[row]))?;
            }
        }
    }
    let (probe_spool, probe_parts) = parts.finish()?;

    let all: u64 = build_parts.iter().map(|part| part.rows()).sum();
    let jobs = build_parts.into_iter().zip(probe_parts);
    Ok(jobs
        .filter(|(_, probe)| probe.rows() > 0)
        .map(|(build, probe)| Job {
            level: level + 1,
            is_divisible: build.rows() <= all / 4 * 3,
            build: PartReader::new(&build_spool, build, build_width),
            probe: PartReader::new(&probe_spool, probe, width),
        })
        .collect())
}

fn push_rows(
    parts: &mut Partitions,
    columns: &[Vec<u64>],
    rows: usize,
    keys: &[usize],
) -> Result<()> {
    for row in 0..rows {
        let hash_of = hash(keys.iter().map(|&key| columns[key][row]));
        parts.push(hash_of, columns.iter().map(|column| column[row]))?;
    }
    Ok(())
}

/// Build rows on disk of which as many as there is room for are in the table.
pub struct Block {
    build: PartReader,
    /// Rows that were read and are not in the table.
    batch: Batch,
    from: usize,
    /// Which probe rows have had a match, one bit each, if that matters.
    matched: Vec<u64>,
    has_rest: bool,
    is_rest_pass: bool,
    /// Probe rows before the batch at hand, and up to its end.
    first: usize,
    end: usize,
    _charge: Option<Charge>,
}

impl Block {
    pub fn new(build: PartReader) -> Self {
        Self {
            build,
            batch: Batch::new(),
            from: 0,
            matched: Vec::new(),
            has_rest: false,
            is_rest_pass: false,
            first: 0,
            end: 0,
            _charge: None,
        }
    }

    /// Adds rows to the table while there is room; returns whether those were all.
    /// Errors: `ResourceExhausted` if there is no room for a single one.
    pub fn fill(&mut self, table: &mut JoinTable) -> Result<bool> {
        loop {
            if self.from < self.batch.rows() {
                self.from = table.add(&self.batch, self.from)?;
                if self.from < self.batch.rows() {
                    return match table.rows() {
                        0 => Err(Error::new(
                            Code::ResourceExhausted,
                            "the memory of the query is spent and a join has no room for a single row",
                        )
                        .with_hint("raise query_memory_bytes, or ask for less at a time")),
                        _ => Ok(false),
                    };
                }
            }
            self.from = 0;
            if !self.build.next(&mut self.batch)? {
                return Ok(true);
            }
        }
    }

    /// The rows that are not in the table.
    pub fn into_rest(mut self) -> (PartReader, Batch) {
        let rows = self.batch.rows();
        self.batch.slice(self.from, rows);
        (self.build, self.batch)
    }

    /// Makes ready to join block by block. `has_rest` is whether probe rows are to be given for having a match or none, `rows` are
    /// those of the probe side. Errors: `ResourceExhausted`.
    pub fn begin(&mut self, has_rest: bool, rows: u64, control: &Control) -> Result<()> {
        self.has_rest = has_rest;
        if has_rest {
            let words = usize::try_from(rows / 64 + 1).unwrap_or(usize::MAX);
            self._charge = Some(control.charge(words.saturating_mul(size_of::<u64>()))?);
            self.matched = vec![0; words];
        }
        Ok(())
    }

    /// Puts the next rows into the table in place of those it has; false if there are none.
    pub fn next(&mut self, table: &mut JoinTable) -> Result<bool> {
        (self.first, self.end) = (0, 0);
        if self.is_rest_pass {
            return Ok(false);
        }
        table.clear();
        self.fill(table)?;
        Ok(table.rows() > 0)
    }

    /// Begins the last pass, in which probe rows are given for having a match or none; false if there is no such pass.
    pub fn begin_rest(&mut self) -> bool {
        !std::mem::replace(&mut self.is_rest_pass, true) && self.has_rest
    }

    /// A batch of probe rows begins. Returns whether this is the last pass; `matched` then tells which rows have a match.
    pub fn begin_batch(&mut self, matched: &mut [bool]) -> bool {
        self.first = self.end;
        self.end += matched.len();
        if self.is_rest_pass {
            for (row, matched) in (self.first..).zip(matched) {
                *matched = self.matched[row / 64] >> (row % 64) & 1 == 1;
            }
        }
        self.is_rest_pass
    }

    /// A probe row of the batch has a match.
    #[inline]
    pub fn mark(&mut self, row: usize) {
        let row = self.first + row;
        self.matched[row / 64] |= 1 << (row % 64);
    }
}
