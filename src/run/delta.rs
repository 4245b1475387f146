//! The rows of several runs as one, each with its place in the largest run, the base.
//!
//! Merge-on-read finds these places anew in every scan. Runs do not change, so what one scan finds holds for all: a
//! delta keeps it in memory, and a scan copies the base between the places. It is worth what it costs only if the same
//! runs are scanned more than once, which [`Demand`] counts.
//!
//! Invariants: keys ascend; a place is the first row of its block not below the key; what a row of the base with the
//! same key says is never shown. Cost: 45 bytes a row; building, about what two scans of the runs take.

use super::cursor::decode;
use super::disk::{DiskRun, PageCache};
use super::memory::MemRun;
use super::merge::merge_sorted;
use super::row::{Key, Row, States};
use super::scan::Source;
use super::sort::Sort;
use crate::control::{Charge, Control};
use crate::error::Result;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// Rows held while a delta is built, in rows of it.
const BUILDING_ROWS: usize = 3;

/// Where a row of a delta belongs in its block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// It stands before this row of the block.
    pub row: u16,
    /// That row has its key and is not shown.
    pub hides: bool,
    pub states: States,
}

/// The rows of all runs of a sort but the base.
pub struct Delta {
    pub(super) base: Arc<DiskRun>,
    pub(super) epoch: u32,
    /// The number of the first block of each fence of the base.
    pub(super) first_blocks: Vec<u32>,
    /// Where the rows of each block begin, those behind the last block, and the end.
    pub(super) starts: Vec<u32>,
    pub(super) places: Vec<Place>,
    pub(super) keys: [Vec<u64>; 4],
    /// The runs it stands for, newest first.
    merged: Vec<Run>,
    _charge: Charge,
}

/// A run by its identity. Does not keep it.
enum Run {
    Memory(Weak<MemRun>),
    Disk(Weak<DiskRun>),
}

impl Run {
    fn of(source: &Source) -> Self {
        match source {
            Source::Memory { run, .. } => Run::Memory(Arc::downgrade(run)),
            Source::Disk(run) => Run::Disk(Arc::downgrade(run)),
        }
    }

    fn is(&self, source: &Source) -> bool {
        match (self, source) {
            (Run::Memory(own), Source::Memory { run, .. }) => own.as_ptr() == Arc::as_ptr(run),
            (Run::Disk(own), Source::Disk(run)) => own.as_ptr() == Arc::as_ptr(run),
            _ => false,
        }
    }
}

impl Delta {
    /// The delta of the runs of a sort, newest first, for scans under `epoch`. The base is the oldest one, on disk.
    /// `None` if it is not.
    /// Errors: `ResourceExhausted`, `Cancelled`, `CorruptBlock`.
    pub fn build(
        sources: &[Source],
        sort: Sort,
        epoch: u32,
        pages: &PageCache,
        control: &Control,
    ) -> Result<Option<Self>> {
        let Some((Source::Disk(base), newer)) = sources.split_last() else {
            return Ok(None);
        };
        let rows_max: u64 = newer.iter().map(rows_of).sum();
        let rows_max = usize::try_from(rows_max).unwrap_or(usize::MAX);
        let _building =
            control.charge(rows_max.saturating_mul(BUILDING_ROWS * size_of::<Row>()))?;
        let rows = merged(newer, sort, epoch, pages, control)?;
        let row_bytes = size_of::<Key>() + size_of::<Place>();
        let meta = base.meta()?;
        let bytes = rows.len() * row_bytes + 4 * (meta.blocks as usize + meta.fences.len() + 2);
        let mut delta = Self {
            base: base.clone(),
            epoch,
            first_blocks: Vec::with_capacity(meta.fences.len()),
            starts: Vec::with_capacity(meta.blocks as usize + 2),
            places: Vec::with_capacity(rows.len()),
            keys: std::array::from_fn(|_| Vec::with_capacity(rows.len())),
            merged: newer.iter().map(Run::of).collect(),
            _charge: control.charge(bytes)?,
        };
        delta.place(&rows, pages, control)?;
        Ok(Some(delta))
    }

    fn place(&mut self, rows: &[Row], pages: &PageCache, control: &Control) -> Result<()> {
        let base = self.base.clone();
        let mut rest = rows;
        for fence in &base.meta()?.fences {
            self.first_blocks.push(self.starts.len() as u32);
            let directory = pages.directory(fence.page)?;
            for entry in &directory.entries {
                control.poll()?;
                self.starts.push(self.places.len() as u32);
                let before = rest.partition_point(|row| row.key < entry.first);
                let through = before + rest[before..].partition_point(|row| row.key <= entry.last);
                let (here, later) = rest.split_at(through);
                rest = later;
                for row in &here[..before] {
                    self.push(row, 0, false);
                }
                if before == through {
                    continue;
                }
                let block = pages.block(entry.page)?;
                let block = block.reader();
                let mut at = 0;
                for row in &here[before..] {
                    at = block.lower_bound(&row.key, at);
                    let hides = at < block.rows()
                        && (0..4).all(|column| block.value(at, column) == row.key[column]);
                    self.push(row, at as u16, hides);
                }
            }
        }
        self.starts.push(self.places.len() as u32);
        for row in rest {
            self.push(row, 0, false);
        }
        self.starts.push(self.places.len() as u32);
        Ok(())
    }

    fn push(&mut self, row: &Row, at: u16, hides: bool) {
        self.places.push(Place {
            row: at,
            hides,
            states: row.states,
        });
        for (column, &value) in self.keys.iter_mut().zip(&row.key) {
            column.push(value);
        }
    }

    /// Whether it stands for these runs, newest first, under an epoch.
    pub fn is_of(&self, sources: &[Source], epoch: u32) -> bool {
        let Some((Source::Disk(base), newer)) = sources.split_last() else {
            return false;
        };
        self.epoch == epoch
            && Arc::ptr_eq(base, &self.base)
            && newer.len() == self.merged.len()
            && self.merged.iter().zip(newer).all(|(own, run)| own.is(run))
    }

    pub(super) fn key(&self, at: usize) -> Key {
        [0, 1, 2, 3].map(|column| self.keys[column][at])
    }
}

fn rows_of(source: &Source) -> u64 {
    match source {
        Source::Memory { run, sort } => run.rows(*sort).len() as u64,
        Source::Disk(run) => run.sound_meta().map_or(0, |meta| meta.rows),
    }
}

/// The rows of runs, newest first, as one. Rows inferred under another epoch read as absent.
fn merged(
    newer: &[Source],
    sort: Sort,
    epoch: u32,
    pages: &PageCache,
    control: &Control,
) -> Result<Vec<Row>> {
    let mut merged: Vec<Row> = Vec::new();
    // The newest are the smallest, and are copied most often.
    for source in newer {
        control.poll()?;
        let mut rows = match source {
            Source::Memory { run, .. } => run.rows(sort).to_vec(),
            Source::Disk(run) => read(run, pages, control)?,
        };
        if source.epoch() != epoch {
            rows = rows
                .iter()
                .filter_map(|row| row.without_inferred())
                .collect();
        }
        let mut both = Vec::new();
        merge_sorted(&rows, &merged, &mut both);
        merged = both;
    }
    Ok(merged)
}

fn read(run: &DiskRun, pages: &PageCache, control: &Control) -> Result<Vec<Row>> {
    let meta = run.meta()?;
    let mut rows = Vec::with_capacity(meta.rows as usize);
    for fence in &meta.fences {
        let directory = pages.directory(fence.page)?;
        for entry in &directory.entries {
            control.poll()?;
            let block = pages.block(entry.page)?;
            let block = block.reader();
            decode(&block, 0..block.rows(), &mut rows);
        }
    }
    Ok(rows)
}

/// How much the scans of a sort would have gained by a delta.
#[derive(Default)]
pub struct Demand(AtomicU64);

impl Demand {
    /// Rows that were read from several runs at once.
    pub(super) fn add(&self, rows: usize) {
        self.0.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// Rows read since it was last met.
    pub fn rows(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub fn meet(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}
