//! Merge-on-read: several runs of one sort read as one sequence of visible rows.
//!
//! For each key the newest run decides (definition 15). Where only one run has rows, its columns are
//! decoded straight into the caller's; elsewhere [`Overlay`] lays the rows of the others over the run that
//! has most.

use super::cursor::{Cursor, Rows, key_at, successor};
use super::delta::{Delta, Demand};
use super::disk::{DiskRun, PageCache};
use super::memory::MemRun;
use super::overlay::Overlay;
use super::patched::PatchedScan;
use super::row::{Key, State, States};
use super::sort::Sort;
use crate::codec::BlockReader;
use crate::control::Control;
use crate::error::Result;
use std::ops::Range;
use std::sync::Arc;

/// Rows of the first chunk after a seek: one group, so that a look-up decodes little.
pub(super) const WINDOW_ROWS_MIN: usize = 128;
/// Rows of the largest chunk.
pub(super) const WINDOW_ROWS_MAX: usize = 2048;

/// A run as a scan reads it.
#[derive(Clone)]
pub enum Source {
    Memory { run: Arc<MemRun>, sort: Sort },
    Disk(Arc<DiskRun>),
}

impl Source {
    pub fn epoch(&self) -> u32 {
        match self {
            Source::Memory { run, .. } => run.epoch,
            Source::Disk(run) => run.epoch,
        }
    }
}

/// Which states a scan delivers.
#[derive(Clone, Copy, Debug)]
pub struct Visibility {
    pub asserted: bool,
    pub inferred: bool,
    /// Inferred rows of runs of another epoch are never visible.
    pub epoch: u32,
}

impl Visibility {
    /// A bit for each state that is shown of rows of an epoch: `1 << after`.
    pub(super) fn shown_states(self, epoch: u32) -> u8 {
        let after = [State::Absent, State::Asserted, State::Inferred];
        let shown = after.map(|state| {
            u8::from(self.shows(States::new(State::Absent, state), epoch)) << state as u8
        });
        shown.into_iter().sum()
    }

    #[inline]
    pub(super) fn shows(self, states: States, epoch: u32) -> bool {
        let after = states.after();
        self.asserted && after == State::Asserted as u8
            || self.inferred && after == State::Inferred as u8 && epoch == self.epoch
    }
}

/// Visible rows in key order, by key column; columns that were not wanted are empty.
#[derive(Debug, Default)]
pub struct Chunk {
    pub len: usize,
    pub columns: [Vec<u64>; 4],
}

impl Chunk {
    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.columns.iter_mut().for_each(Vec::clear);
    }

    /// A column of `rows` rows to be overwritten. What it had stays where it is long enough, since filling it with
    /// zeros first would cost as much as decoding.
    fn column(&mut self, column: usize, rows: usize) -> &mut Vec<u64> {
        let values = &mut self.columns[column];
        values.resize(rows, 0);
        values
    }
}

/// A scan of an inclusive range of keys.
pub struct RunScan {
    pages: Arc<PageCache>,
    /// Newest first.
    cursors: Vec<Cursor>,
    /// The least key not delivered yet; `None` at the end.
    low: Option<Key>,
    high: Key,
    visibility: Visibility,
    window_rows: usize,
    states: Vec<u8>,
    overlay: Overlay,
    /// Reads a base and its delta, instead of all of the above.
    patched: Option<PatchedScan>,
    demand: Option<Arc<Demand>>,
}

impl RunScan {
    /// `sources` are of one sort, newest first.
    pub fn new(
        pages: Arc<PageCache>,
        sources: &[Source],
        low: Key,
        high: Key,
        visibility: Visibility,
    ) -> Self {
        let cursors = sources
            .iter()
            .filter_map(|source| Cursor::new(source, &low, &high))
            .collect();
        Self {
            pages,
            cursors,
            low: (low <= high).then_some(low),
            high,
            visibility,
            window_rows: WINDOW_ROWS_MIN,
            states: Vec::new(),
            overlay: Overlay::default(),
            patched: None,
            demand: None,
        }
    }

    /// A scan of the runs that a delta was built of, by way of it.
    pub fn of_delta(
        pages: Arc<PageCache>,
        delta: Arc<Delta>,
        low: Key,
        high: Key,
        visibility: Visibility,
    ) -> Self {
        let mut scan = Self::new(pages, &[], low, high, visibility);
        scan.patched = Some(PatchedScan::new(delta, low, high, visibility));
        scan
    }

    /// Counts the rows that a delta would make cheaper.
    #[must_use]
    pub fn counted(mut self, demand: &Arc<Demand>) -> Self {
        self.demand = Some(demand.clone());
        self
    }

    /// Skips to the first row with a key not below `key`; never moves back.
    pub fn seek(&mut self, key: &Key) {
        if let Some(patched) = &mut self.patched {
            return patched.seek(key);
        }
        if let Some(low) = &mut self.low
            && *low < *key
        {
            *low = *key;
            // Seeks that stay near will want more of what is there: chunks go on growing.
            let heaviest = self.cursors.iter().max_by_key(|cursor| cursor.weight);
            let is_near = heaviest.is_some_and(|cursor| cursor.is_loaded() && *key <= cursor.last);
            if !is_near {
                self.window_rows = WINDOW_ROWS_MIN;
            }
        }
    }

    /// Replaces `chunk` by the next rows; `len == 0` at the end.
    /// Errors: `Cancelled`, `QueryTimeout`, `CorruptBlock`.
    pub fn next(&mut self, wanted: [bool; 4], chunk: &mut Chunk, control: &Control) -> Result<()> {
        if let Some(patched) = &mut self.patched {
            return patched.next(&self.pages, wanted, chunk, control);
        }
        chunk.len = 0;
        while chunk.len == 0 {
            control.poll()?;
            let Some(low) = self.low else {
                chunk.clear();
                return Ok(());
            };
            for cursor in &mut self.cursors {
                cursor.advance(&self.pages, &low)?;
            }
            let Some(lead) = self.lead() else {
                self.low = None;
                chunk.clear();
                return Ok(());
            };
            // More than the last chunk was passed over.
            if self.cursors[lead].skipped > self.window_rows / 4 {
                self.window_rows = WINDOW_ROWS_MIN;
            }
            let end = self.high.min(self.cursors[lead].last);
            let alone = self
                .cursors
                .iter()
                .enumerate()
                .all(|(other, cursor)| other == lead || !cursor.shares(&end));
            if !self.cursors[lead].load(&self.pages, &low)? {
                // Loading has raised its head; another may lead now.
                continue;
            }
            let next = if alone {
                self.copy(lead, wanted, chunk)?
            } else {
                chunk.clear();
                let delivered = self.overlay.deliver(
                    &mut self.cursors,
                    &self.pages,
                    end,
                    self.window_rows,
                    (self.visibility, wanted),
                    chunk,
                )?;
                if let Some(demand) = &self.demand {
                    demand.add(chunk.len);
                }
                successor(&delivered)
            };
            self.low = next.filter(|low| *low <= self.high);
            self.window_rows = (self.window_rows * 4).min(WINDOW_ROWS_MAX);
        }
        Ok(())
    }

    /// The cursor with the least head within the range.
    fn lead(&self) -> Option<usize> {
        (0..self.cursors.len())
            .filter(|&i| self.cursors[i].shares(&self.high))
            .min_by_key(|&i| self.cursors[i].head)
    }

    /// Delivers rows of one cursor that no other touches; returns a lower bound of what is left.
    fn copy(&mut self, lead: usize, wanted: [bool; 4], chunk: &mut Chunk) -> Result<Option<Key>> {
        let visibility = self.visibility;
        let cursor = &mut self.cursors[lead];
        let window_end = (cursor.row + self.window_rows).min(cursor.row_end);
        let epoch = cursor.epoch;
        let end;
        match &cursor.rows {
            // The slice ends at the bound of the scan.
            Rows::Memory { run, sort } => {
                end = window_end;
                chunk.clear();
                for row in &run.rows(*sort)[cursor.row..end] {
                    if visibility.shows(row.states, epoch) {
                        chunk.len += 1;
                        for column in (0..4).filter(|&column| wanted[column]) {
                            chunk.columns[column].push(row.key[column]);
                        }
                    }
                }
            }
            Rows::Disk { block, .. } => {
                let bytes = block.clone().ok_or_else(super::cursor::unloaded)?;
                let block = bytes.reader();
                end = match cursor.last <= self.high {
                    true => window_end,
                    false => window_end.min(block.upper_bound(&self.high, cursor.row)),
                };
                let rows = cursor.row..end;
                let keep = match block.constant_state() {
                    Some(states) if visibility.shows(States(states), epoch) => None,
                    Some(_) => Some(Vec::new()),
                    None => Some(visible_rows(
                        &block,
                        &rows,
                        visibility,
                        epoch,
                        &mut self.states,
                    )),
                };
                chunk.len = keep.as_ref().map_or(rows.len(), Vec::len);
                for (column, is_wanted) in wanted.into_iter().enumerate() {
                    if !is_wanted {
                        chunk.columns[column].clear();
                        continue;
                    }
                    let out = chunk.column(column, rows.len());
                    block.column(column, rows.clone(), out);
                    if let Some(keep) = &keep {
                        for (to, &from) in keep.iter().enumerate() {
                            out[to] = out[from];
                        }
                        out.truncate(keep.len());
                    }
                }
                if end < cursor.row_end {
                    cursor.row = end;
                    cursor.head = key_at(&block, end)?;
                    return Ok(Some(cursor.head));
                }
            }
        }
        // At the end of a block others may come before the next one.
        let passed = (end == cursor.row_end).then_some(cursor.last);
        cursor.step_to(end, &self.pages)?;
        Ok(match passed {
            Some(last) => successor(&last),
            None => Some(cursor.head),
        })
    }
}

fn visible_rows(
    block: &BlockReader<'_>,
    rows: &Range<usize>,
    visibility: Visibility,
    epoch: u32,
    states: &mut Vec<u8>,
) -> Vec<usize> {
    states.resize(rows.len(), 0);
    block.states(rows.clone(), states);
    (0..rows.len())
        .filter(|&row| visibility.shows(States(states[row]), epoch))
        .collect()
}
