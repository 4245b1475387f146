//! A place in one run, as a scan moves through it.

use super::count::slice;
use super::directory::Directory;
use super::disk::{BlockPosition, DiskRun, PageCache};
use super::memory::MemRun;
use super::row::{Key, Row, States};
use super::scan::Source;
use super::sort::Sort;
use crate::codec::{Block, BlockReader};
use crate::error::{Code, Error, Result};
use std::ops::Range;
use std::sync::Arc;

/// Rows that a block packs together; decoding ends on their borders, so that none is unpacked twice.
const GROUP_ROWS: usize = 128;

pub(super) struct Cursor {
    pub rows: Rows,
    pub epoch: u32,
    pub finished: bool,
    /// A lower bound of the next row's key; the key itself once the block is loaded.
    pub head: Key,
    /// Last key of the current block, or of the slice.
    pub last: Key,
    /// Next row, and the end of the rows, of the current block or slice.
    pub row: usize,
    pub row_end: usize,
    /// Rows of the current block that the last advance left behind.
    pub skipped: usize,
    /// Rows of the source: how likely it is to have the most rows in a window.
    pub weight: u64,
    /// Rows of the current block from `decoded_from` on, as far as they were needed.
    decoded: Vec<Row>,
    decoded_from: usize,
}

pub(super) enum Rows {
    Memory {
        run: Arc<MemRun>,
        sort: Sort,
    },
    Disk {
        run: Arc<DiskRun>,
        position: BlockPosition,
        directory: Option<Arc<Directory>>,
        block: Option<Arc<Block>>,
    },
}

impl Cursor {
    /// `None` when the source has no key in the range.
    pub fn new(source: &Source, low: &Key, high: &Key) -> Option<Self> {
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
                    skipped: 0,
                    weight: within.len() as u64,
                    decoded: Vec::new(),
                    decoded_from: 0,
                })
            }
            Source::Disk(run) => {
                let first = match run.sound_meta() {
                    Some(_) => run.first_key().filter(|_| run.overlaps(low, high))?,
                    // Whatever is read may be in it: the first `advance` fails.
                    None => *low,
                };
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
                    skipped: 0,
                    weight: run.sound_meta().map_or(0, |meta| meta.rows),
                    decoded: Vec::new(),
                    decoded_from: 0,
                })
            }
        }
    }

    /// Moves to the first row not below `low`, or for a block not loaded yet, to its block.
    pub fn advance(&mut self, pages: &PageCache, low: &Key) -> Result<()> {
        self.skipped = 0;
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
                            let block = bytes.reader();
                            let row = block.lower_bound(low, self.row);
                            self.skipped = row - self.row;
                            self.row = row;
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
    pub fn load(&mut self, pages: &PageCache, low: &Key) -> Result<bool> {
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
        let reader = bytes.reader();
        self.row = reader.lower_bound(low, 0);
        self.row_end = reader.rows();
        let before = self.head;
        self.head = key_at(&reader, self.row)?;
        *block = Some(bytes);
        self.decoded.clear();
        Ok(self.head == before)
    }

    /// Whether the cursor has a row with a key not above `end`.
    pub fn shares(&self, end: &Key) -> bool {
        !self.finished && self.head <= *end
    }

    /// Whether a block on disk has been loaded and not left.
    pub fn is_loaded(&self) -> bool {
        matches!(&self.rows, Rows::Disk { block: Some(_), .. })
    }

    /// The current block; `None` for a run in memory. Errors: `Internal` if none is loaded.
    pub fn block(&self) -> Result<Option<Arc<Block>>> {
        match &self.rows {
            Rows::Memory { .. } => Ok(None),
            Rows::Disk { block, .. } => match block {
                Some(block) => Ok(Some(block.clone())),
                None => Err(unloaded()),
            },
        }
    }

    /// Decodes rows of the current block from the next one on, until one is above `end` or the block ends, at least
    /// `step` at a time. A run in memory is decoded as it is.
    pub fn decode_through(&mut self, end: &Key, step: usize) -> Result<()> {
        let Some(bytes) = self.block()? else {
            return Ok(());
        };
        let decoded_end = self.decoded_from + self.decoded.len();
        if self.decoded.is_empty() || !(self.decoded_from..=decoded_end).contains(&self.row) {
            self.decoded.clear();
            self.decoded_from = self.row;
        }
        let mut reader = None;
        loop {
            let from = self.decoded_from + self.decoded.len();
            if from >= self.row_end || self.decoded.last().is_some_and(|row| row.key > *end) {
                return Ok(());
            }
            let reader = match &reader {
                Some(reader) => reader,
                None => reader.insert(bytes.reader()),
            };
            let to = (from + step.max(1))
                .next_multiple_of(GROUP_ROWS)
                .min(self.row_end);
            decode(reader, from..to, &mut self.decoded);
        }
    }

    /// Rows of the current block or slice that [`Cursor::decode_through`] has decoded.
    pub fn decoded(&self, rows: Range<usize>) -> &[Row] {
        match &self.rows {
            _ if rows.is_empty() => &[],
            Rows::Memory { run, sort } => &run.rows(*sort)[rows],
            Rows::Disk { .. } => {
                &self.decoded[rows.start - self.decoded_from..rows.end - self.decoded_from]
            }
        }
    }

    /// The end of the decoded rows with keys not above `key`.
    pub fn decoded_end(&self, key: &Key) -> usize {
        if self.last <= *key {
            return self.row_end;
        }
        let end = match &self.rows {
            Rows::Memory { .. } => self.row_end,
            Rows::Disk { .. } => self.decoded_from + self.decoded.len(),
        };
        let rows = self.decoded(self.row..end);
        self.row + gallop(rows, |row| row.key <= *key)
    }

    /// Moves past the rows before `row`; at the end of a block to the next one.
    pub fn step_to(&mut self, row: usize, pages: &PageCache) -> Result<()> {
        self.row = row;
        if row < self.row_end {
            self.head = match &self.rows {
                Rows::Disk { block, .. } => {
                    let decoded = row.checked_sub(self.decoded_from);
                    match decoded.and_then(|at| self.decoded.get(at)) {
                        Some(row) => row.key,
                        None => {
                            let block = block.as_deref().ok_or_else(unloaded)?;
                            key_at(&block.reader(), row)?
                        }
                    }
                }
                Rows::Memory { run, sort } => run.rows(*sort)[row].key,
            };
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

/// The first row for which `before` is false; it is true for a prefix of the rows, likely a short one.
pub(super) fn gallop<T>(rows: &[T], before: impl Fn(&T) -> bool) -> usize {
    let mut low = 0;
    let mut step = 8;
    while low + step < rows.len() && before(&rows[low + step]) {
        low += step;
        step *= 2;
    }
    let high = rows.len().min(low + step);
    low + rows[low..high].partition_point(before)
}

pub(super) fn decode(block: &BlockReader<'_>, rows: Range<usize>, out: &mut Vec<Row>) {
    let start = out.len();
    let mut values = vec![0; rows.len()];
    let row = Row {
        key: [0; 4],
        states: States(0),
    };
    out.resize(start + rows.len(), row);
    for column in 0..4 {
        block.column(column, rows.clone(), &mut values);
        for (row, &value) in out[start..].iter_mut().zip(&values) {
            row.key[column] = value;
        }
    }
    let mut states = vec![0; rows.len()];
    block.states(rows, &mut states);
    for (row, states) in out[start..].iter_mut().zip(states) {
        row.states = States(states);
    }
}

pub(super) fn key_at(block: &BlockReader<'_>, row: usize) -> Result<Key> {
    if row >= block.rows() {
        return Err(Error::new(
            Code::CorruptBlock,
            "a block and its directory entry disagree",
        ));
    }
    Ok([0, 1, 2, 3].map(|column| block.value(row, column)))
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
pub(super) fn unloaded() -> Error {
    Error::new(
        Code::Internal,
        "a cursor was read before its block was loaded",
    )
}
