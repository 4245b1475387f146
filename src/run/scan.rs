//! Merge-on-read: several runs of one sort read as one sequence of visible rows.
//!
//! For each key the newest run decides (definition 15). Where only one run has rows, its columns are
//! decoded straight into the caller's; elsewhere the run with most rows in a window is the base, the rows
//! of the others are sorted together, and the gaps of the base between them are copied.

use super::count::slice;
use super::directory::Directory;
use super::disk::{BlockPosition, DiskRun, PageCache};
use super::memory::MemRun;
use super::row::{Key, State, States};
use super::sort::Sort;
use crate::codec::BlockReader;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use std::ops::Range;
use std::sync::Arc;

/// Rows of the first chunk after a seek: one group, so that a look-up decodes little.
const WINDOW_ROWS_MIN: usize = 128;
/// Rows of the largest chunk.
const WINDOW_ROWS_MAX: usize = 2048;

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
    fn shows(self, states: States, epoch: u32) -> bool {
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
    fn clear(&mut self) {
        self.len = 0;
        self.columns.iter_mut().for_each(Vec::clear);
    }
}

/// A scan of an inclusive range of keys.
pub struct RunScan {
    pages: Arc<PageCache>,
    cursors: Vec<Cursor>,
    /// The least key not delivered yet; `None` at the end.
    low: Option<Key>,
    high: Key,
    visibility: Visibility,
    window_rows: usize,
    base: [Vec<u64>; 4],
    base_states: Vec<u8>,
    deltas: Vec<Delta>,
}

/// A row of a run that is not the base of its window.
#[derive(Clone, Copy)]
struct Delta {
    key: Key,
    /// Place of its run, newest first.
    rank: u32,
    visible: bool,
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
            base: Default::default(),
            base_states: Vec::new(),
            deltas: Vec::new(),
        }
    }

    /// Skips to the first row with a key not below `key`; never moves back.
    pub fn seek(&mut self, key: &Key) {
        if let Some(low) = &mut self.low
            && *low < *key
        {
            *low = *key;
            self.window_rows = WINDOW_ROWS_MIN;
        }
    }

    /// Replaces `chunk` by the next rows; `len == 0` at the end.
    /// Errors: `Cancelled`, `QueryTimeout`, `CorruptBlock`.
    pub fn next(&mut self, wanted: [bool; 4], chunk: &mut Chunk, control: &Control) -> Result<()> {
        chunk.clear();
        while chunk.len == 0 {
            control.poll()?;
            let Some(low) = self.low else {
                return Ok(());
            };
            for cursor in &mut self.cursors {
                cursor.advance(&self.pages, &low)?;
            }
            let Some(lead) = self.lead() else {
                self.low = None;
                return Ok(());
            };
            let end = self.high.min(self.cursors[lead].last);
            let alone = self
                .cursors
                .iter()
                .enumerate()
                .all(|(other, cursor)| other == lead || cursor.finished || cursor.head > end);
            if !self.cursors[lead].load(&self.pages, &low)? {
                // Loading has raised its head; another may lead now.
                continue;
            }
            let delivered = if alone {
                self.copy(lead, wanted, chunk)?
            } else {
                self.merge(end, wanted, chunk)?
            };
            self.low = successor(&delivered).filter(|low| *low <= self.high);
            self.window_rows = (self.window_rows * 4).min(WINDOW_ROWS_MAX);
        }
        Ok(())
    }

    /// The cursor with the least head within the range.
    fn lead(&self) -> Option<usize> {
        (0..self.cursors.len())
            .filter(|&i| !self.cursors[i].finished && self.cursors[i].head <= self.high)
            .min_by_key(|&i| self.cursors[i].head)
    }

    /// Delivers rows of one cursor that no other touches; returns the last key worked.
    fn copy(&mut self, lead: usize, wanted: [bool; 4], chunk: &mut Chunk) -> Result<Key> {
        let visibility = self.visibility;
        let cursor = &mut self.cursors[lead];
        let end = cursor
            .rows_through(&self.high)?
            .min(cursor.row + self.window_rows);
        let rows = cursor.row..end;
        let last = cursor.key(end - 1)?;
        let epoch = cursor.epoch;
        match &cursor.rows {
            Rows::Memory { run, sort } => {
                for row in &run.rows(*sort)[rows] {
                    if visibility.shows(row.states, epoch) {
                        chunk.len += 1;
                        for column in (0..4).filter(|&column| wanted[column]) {
                            chunk.columns[column].push(row.key[column]);
                        }
                    }
                }
            }
            Rows::Disk { block, .. } => {
                let block = BlockReader::open(block.as_deref().ok_or_else(unloaded)?)?;
                let keep = match block.constant_state() {
                    Some(states) if visibility.shows(States(states), epoch) => None,
                    Some(_) => Some(Vec::new()),
                    None => Some(visible_rows(
                        &block,
                        &rows,
                        visibility,
                        epoch,
                        &mut self.base_states,
                    )),
                };
                chunk.len = keep.as_ref().map_or(rows.len(), Vec::len);
                for column in (0..4).filter(|&column| wanted[column]) {
                    let out = &mut chunk.columns[column];
                    out.resize(rows.len(), 0);
                    block.column(column, rows.clone(), out);
                    if let Some(keep) = &keep {
                        for (to, &from) in keep.iter().enumerate() {
                            out[to] = out[from];
                        }
                        out.truncate(keep.len());
                    }
                }
            }
        }
        cursor.step_to(end, &self.pages)?;
        Ok(last)
    }

    /// Delivers rows of a window in which several cursors have rows; returns the last key worked.
    fn merge(&mut self, end: Key, wanted: [bool; 4], chunk: &mut Chunk) -> Result<Key> {
        let low = self.low.unwrap_or(end);
        let mut end = end;
        let sharing = self
            .cursors
            .iter()
            .filter(|cursor| !cursor.finished && cursor.head <= end)
            .count();
        let rows_each = (self.window_rows / sharing.max(1)).max(1);
        for cursor in &mut self.cursors {
            if cursor.finished || cursor.head > end {
                continue;
            }
            cursor.load(&self.pages, &low)?;
            if cursor.head <= end {
                end = end.min(cursor.last);
                let cap = cursor.row + rows_each - 1;
                if cap < cursor.row_end {
                    end = end.min(cursor.key(cap)?);
                }
            }
        }
        let mut base = 0;
        let mut base_rows = 0..0;
        let mut ranges: Vec<Range<usize>> = Vec::with_capacity(self.cursors.len());
        for (rank, cursor) in self.cursors.iter().enumerate() {
            let rows = if cursor.finished || cursor.head > end {
                cursor.row..cursor.row
            } else {
                cursor.row..cursor.rows_through(&end)?
            };
            if rows.len() > base_rows.len() {
                (base, base_rows) = (rank, rows.clone());
            }
            ranges.push(rows);
        }
        self.deltas.clear();
        for (rank, rows) in ranges.iter().enumerate() {
            if rank != base {
                self.cursors[rank].collect(
                    rows.clone(),
                    rank as u32,
                    self.visibility,
                    &mut self.deltas,
                )?;
            }
        }
        self.deltas
            .sort_unstable_by_key(|delta| (delta.key, delta.rank));
        self.deltas.dedup_by_key(|delta| delta.key);

        let base_shown = self.read_base(base, base_rows.clone())?;
        let mut from = 0;
        for index in 0..self.deltas.len() {
            let delta = self.deltas[index];
            let at = self.gallop(from, &delta.key);
            self.copy_base(from..at, base_shown, wanted, chunk);
            let same = at < self.base[0].len() && self.base_key(at) == delta.key;
            if same && (base as u32) < delta.rank {
                // The base is newer: its row stays and is copied with the next gap.
                from = at;
                continue;
            }
            if delta.visible {
                chunk.len += 1;
                for column in (0..4).filter(|&column| wanted[column]) {
                    chunk.columns[column].push(delta.key[column]);
                }
            }
            from = at + usize::from(same);
        }
        self.copy_base(from..self.base[0].len(), base_shown, wanted, chunk);
        for (rank, rows) in ranges.into_iter().enumerate() {
            if !rows.is_empty() {
                self.cursors[rank].step_to(rows.end, &self.pages)?;
            }
        }
        Ok(end)
    }

    /// Decodes the rows of the base. Returns whether all are visible; if not, `base_states` holds 1 for
    /// the rows that are.
    fn read_base(&mut self, base: usize, rows: Range<usize>) -> Result<bool> {
        let cursor = &self.cursors[base];
        match &cursor.rows {
            Rows::Memory { run, sort } => {
                let rows = &run.rows(*sort)[rows];
                for (column, values) in self.base.iter_mut().enumerate() {
                    values.clear();
                    values.extend(rows.iter().map(|row| row.key[column]));
                }
                self.base_states.clear();
                self.base_states.extend(
                    rows.iter()
                        .map(|row| u8::from(self.visibility.shows(row.states, cursor.epoch))),
                );
            }
            Rows::Disk { block, .. } => {
                let block = BlockReader::open(block.as_deref().ok_or_else(unloaded)?)?;
                for (column, values) in self.base.iter_mut().enumerate() {
                    values.resize(rows.len(), 0);
                    block.column(column, rows.clone(), values);
                }
                if let Some(states) = block.constant_state()
                    && self.visibility.shows(States(states), cursor.epoch)
                {
                    return Ok(true);
                }
                self.base_states.resize(rows.len(), 0);
                block.states(rows, &mut self.base_states);
                for states in &mut self.base_states {
                    *states = u8::from(self.visibility.shows(States(*states), cursor.epoch));
                }
            }
        }
        Ok(self.base_states.iter().all(|&shown| shown == 1))
    }

    fn base_key(&self, row: usize) -> Key {
        [0, 1, 2, 3].map(|column| self.base[column][row])
    }

    /// The first row of the base at or after `from` with a key not below `key`.
    fn gallop(&self, from: usize, key: &Key) -> usize {
        let len = self.base[0].len();
        let mut step = 8;
        let (mut low, mut high) = (from, len);
        while low + step < len {
            if self.base_key(low + step) < *key {
                low += step;
                step *= 2;
            } else {
                high = low + step;
                break;
            }
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if self.base_key(middle) < *key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn copy_base(&self, rows: Range<usize>, all_shown: bool, wanted: [bool; 4], chunk: &mut Chunk) {
        if all_shown {
            chunk.len += rows.len();
            for column in (0..4).filter(|&column| wanted[column]) {
                chunk.columns[column].extend_from_slice(&self.base[column][rows.clone()]);
            }
            return;
        }
        for row in rows.filter(|&row| self.base_states[row] == 1) {
            chunk.len += 1;
            for column in (0..4).filter(|&column| wanted[column]) {
                chunk.columns[column].push(self.base[column][row]);
            }
        }
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

/// The least key above `key`.
pub(super) fn successor(key: &Key) -> Option<Key> {
    let mut next = *key;
    for column in (0..4).rev() {
        let (value, carried) = next[column].overflowing_add(1);
        next[column] = value;
        if !carried {
            return Some(next);
        }
    }
    None
}

#[cold]
fn unloaded() -> Error {
    Error::new(
        Code::Internal,
        "a cursor was read before its block was loaded",
    )
}

/// A place in one run.
struct Cursor {
    rows: Rows,
    epoch: u32,
    finished: bool,
    /// A lower bound of the next row's key; the key itself once the block is loaded.
    head: Key,
    /// Last key of the current block, or of the slice.
    last: Key,
    /// Next row, and the end of the rows, of the current block or slice.
    row: usize,
    row_end: usize,
}

enum Rows {
    Memory {
        run: Arc<MemRun>,
        sort: Sort,
    },
    Disk {
        run: Arc<DiskRun>,
        position: BlockPosition,
        directory: Option<Arc<Directory>>,
        block: Option<Arc<Vec<u8>>>,
    },
}

impl Cursor {
    /// `None` when the source has no key in the range.
    fn new(source: &Source, low: &Key, high: &Key) -> Option<Self> {
        let epoch = source.epoch();
        match source {
            Source::Memory { run, sort } => {
                let rows = run.rows(*sort);
                let within = slice(rows, low, high);
                let (first, last) = (within.first()?.key, within.last()?.key);
                let row = rows.partition_point(|row| row.key < first);
                Some(Self {
                    rows: Rows::Memory {
                        run: run.clone(),
                        sort: *sort,
                    },
                    epoch,
                    finished: false,
                    head: first,
                    last,
                    row,
                    row_end: row + within.len(),
                })
            }
            Source::Disk(run) => {
                let first = run.first_key().filter(|_| run.overlaps(low, high))?;
                Some(Self {
                    rows: Rows::Disk {
                        run: run.clone(),
                        position: BlockPosition { fence: 0, entry: 0 },
                        directory: None,
                        block: None,
                    },
                    epoch,
                    finished: false,
                    head: first,
                    // Not located yet: the first `advance` will, since every key is above this.
                    last: [0; 4],
                    row: 0,
                    row_end: 0,
                })
            }
        }
    }

    /// Moves to the first row not below `low`, or for a block not loaded yet, to its block.
    fn advance(&mut self, pages: &PageCache, low: &Key) -> Result<()> {
        if self.finished {
            return Ok(());
        }
        match &mut self.rows {
            Rows::Memory { run, sort } => {
                if self.head < *low {
                    let rows = &run.rows(*sort)[self.row..self.row_end];
                    self.row += rows.partition_point(|row| row.key < *low);
                    match run.rows(*sort)[..self.row_end].get(self.row) {
                        Some(row) => self.head = row.key,
                        None => self.finished = true,
                    }
                }
            }
            Rows::Disk {
                run,
                position,
                directory,
                block,
            } => {
                if directory.is_none() || self.last < *low {
                    *block = None;
                    match run.locate(pages, low, *position)? {
                        Some((found, page)) => {
                            let entry = &page.entries[found.entry];
                            self.head = entry.first.max(*low);
                            self.last = entry.last;
                            *position = found;
                            *directory = Some(page);
                        }
                        None => self.finished = true,
                    }
                } else if self.head < *low {
                    match block {
                        Some(bytes) => {
                            let block = BlockReader::open(bytes)?;
                            self.row = block.lower_bound(low, self.row);
                            self.head = key_at(&block, self.row)?;
                        }
                        None => self.head = *low,
                    }
                }
            }
        }
        Ok(())
    }

    /// Loads the current block. Returns false if that has raised the head.
    fn load(&mut self, pages: &PageCache, low: &Key) -> Result<bool> {
        let Rows::Disk {
            position,
            directory: Some(directory),
            block: block @ None,
            ..
        } = &mut self.rows
        else {
            return Ok(true);
        };
        let bytes = pages.block(directory.entries[position.entry].page)?;
        let reader = BlockReader::open(&bytes)?;
        self.row = reader.lower_bound(low, 0);
        self.row_end = reader.rows();
        let before = self.head;
        self.head = key_at(&reader, self.row)?;
        *block = Some(bytes);
        Ok(self.head == before)
    }

    /// The end of the rows of the current block or slice with keys not above `key`.
    fn rows_through(&self, key: &Key) -> Result<usize> {
        if self.last <= *key {
            return Ok(self.row_end);
        }
        match &self.rows {
            Rows::Memory { run, sort } => {
                let rows = &run.rows(*sort)[self.row..self.row_end];
                Ok(self.row + rows.partition_point(|row| row.key <= *key))
            }
            Rows::Disk { block, .. } => {
                let block = BlockReader::open(block.as_deref().ok_or_else(unloaded)?)?;
                Ok(block.upper_bound(key, self.row))
            }
        }
    }

    fn key(&self, row: usize) -> Result<Key> {
        match &self.rows {
            Rows::Memory { run, sort } => Ok(run.rows(*sort)[row].key),
            Rows::Disk { block, .. } => {
                let block = BlockReader::open(block.as_deref().ok_or_else(unloaded)?)?;
                key_at(&block, row)
            }
        }
    }

    /// Appends rows as deltas.
    fn collect(
        &self,
        rows: Range<usize>,
        rank: u32,
        visibility: Visibility,
        deltas: &mut Vec<Delta>,
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        match &self.rows {
            Rows::Memory { run, sort } => {
                deltas.extend(run.rows(*sort)[rows].iter().map(|row| Delta {
                    key: row.key,
                    rank,
                    visible: visibility.shows(row.states, self.epoch),
                }));
            }
            Rows::Disk { block, .. } => {
                let block = BlockReader::open(block.as_deref().ok_or_else(unloaded)?)?;
                let start = deltas.len();
                let mut column_values = vec![0; rows.len()];
                deltas.resize(
                    start + rows.len(),
                    Delta {
                        key: [0; 4],
                        rank,
                        visible: false,
                    },
                );
                for column in 0..4 {
                    block.column(column, rows.clone(), &mut column_values);
                    for (delta, &value) in deltas[start..].iter_mut().zip(&column_values) {
                        delta.key[column] = value;
                    }
                }
                let mut states = vec![0; rows.len()];
                block.states(rows, &mut states);
                for (delta, states) in deltas[start..].iter_mut().zip(states) {
                    delta.visible = visibility.shows(States(states), self.epoch);
                }
            }
        }
        Ok(())
    }

    /// Moves past the rows before `row`; at the end of a block to the next one.
    fn step_to(&mut self, row: usize, pages: &PageCache) -> Result<()> {
        self.row = row;
        if row < self.row_end {
            self.head = self.key(row)?;
            return Ok(());
        }
        match &self.rows {
            Rows::Memory { .. } => {
                self.finished = true;
                Ok(())
            }
            Rows::Disk { .. } => match successor(&self.last) {
                Some(next) => self.advance(pages, &next),
                None => {
                    self.finished = true;
                    Ok(())
                }
            },
        }
    }
}

fn key_at(block: &BlockReader<'_>, row: usize) -> Result<Key> {
    if row >= block.rows() {
        return Err(Error::new(
            Code::CorruptBlock,
            "a block and its directory entry disagree",
        ));
    }
    Ok([0, 1, 2, 3].map(|column| block.value(row, column)))
}
