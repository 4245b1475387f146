//! A scan of a base and its [`Delta`]: the base is copied between places that are known.

use super::cursor::key_at;
use super::delta::{Delta, Place};
use super::disk::{BlockPosition, PageCache};
use super::row::{Key, States};
use super::scan::{Chunk, Visibility, WINDOW_ROWS_MAX, WINDOW_ROWS_MIN};
use crate::codec::{Block, BlockReader, GROUP_ROWS, STRIDE, Step, lay, lay_constant};
use crate::control::Control;
use crate::error::Result;
use std::ops::Range;
use std::sync::Arc;

pub(super) struct PatchedScan {
    delta: Arc<Delta>,
    /// The least key wanted that has not been sought yet.
    sought: Option<Key>,
    high: Key,
    visibility: Visibility,
    window_rows: usize,
    part: Part,
    column: Vec<u64>,
    steps: Vec<Step>,
    shown: Vec<bool>,
    states: Vec<u8>,
}

/// What is left of the current block and of the delta rows that belong to it.
#[derive(Default)]
struct Part {
    position: Option<BlockPosition>,
    /// `None` if no row of it is wanted.
    block: Option<Arc<Block>>,
    rows: Range<usize>,
    delta: Range<usize>,
    /// The last key of the block.
    last: Key,
    /// Nothing wanted comes after it.
    is_final: bool,
}

impl PatchedScan {
    pub fn new(delta: Arc<Delta>, low: Key, high: Key, visibility: Visibility) -> Self {
        Self {
            delta,
            sought: Some(low),
            part: Part {
                is_final: low > high,
                ..Part::default()
            },
            high,
            visibility,
            window_rows: WINDOW_ROWS_MIN,
            column: Vec::new(),
            steps: Vec::new(),
            shown: Vec::new(),
            states: Vec::new(),
        }
    }

    pub fn seek(&mut self, key: &Key) {
        self.sought = Some(self.sought.map_or(*key, |sought| sought.max(*key)));
    }

    pub fn next(
        &mut self,
        pages: &PageCache,
        wanted: [bool; 4],
        chunk: &mut Chunk,
        control: &Control,
    ) -> Result<()> {
        chunk.len = 0;
        while chunk.len == 0 {
            control.poll()?;
            if !self.advance(pages)? {
                chunk.clear();
                return Ok(());
            }
            let (rows, delta) = self.window();
            self.copy(rows.clone(), delta.clone(), wanted, chunk);
            self.part.rows.start = rows.end;
            self.part.delta.start = delta.end;
            self.window_rows = (self.window_rows * 4).min(WINDOW_ROWS_MAX);
        }
        Ok(())
    }

    /// Goes to where something is left to be read; false at the end.
    fn advance(&mut self, pages: &PageCache) -> Result<bool> {
        if let Some(key) = self.sought.take() {
            if key > self.high {
                self.part = Part {
                    is_final: true,
                    ..Part::default()
                };
                return Ok(false);
            }
            let is_here = self.part.position.is_some() && key <= self.part.last;
            match is_here {
                true => self.seek_within(&key),
                false if self.part.is_final => self.seek_within(&key),
                false => {
                    self.window_rows = WINDOW_ROWS_MIN;
                    let from = self
                        .part
                        .position
                        .unwrap_or(BlockPosition { fence: 0, entry: 0 });
                    self.enter(pages, &key, from)?;
                    self.seek_within(&key);
                }
            }
        }
        while self.part.rows.is_empty() && self.part.delta.is_empty() {
            if self.part.is_final {
                return Ok(false);
            }
            let Some(mut next) = self.part.position else {
                return Ok(false);
            };
            // Every key after the block is above its last.
            next.entry += 1;
            let last = self.part.last;
            self.enter(pages, &last, next)?;
        }
        Ok(true)
    }

    /// Leaves out what is below a key.
    fn seek_within(&mut self, key: &Key) {
        let part = &mut self.part;
        if let Some(block) = &part.block
            && !part.rows.is_empty()
        {
            let row = block.reader().lower_bound(key, part.rows.start);
            part.rows.start = row.min(part.rows.end);
        }
        part.delta.start = lower_bound(&self.delta, part.delta.clone(), key);
    }

    /// Enters the first block at or after `from` that may hold keys not below `key`, or what comes after the last one.
    fn enter(&mut self, pages: &PageCache, key: &Key, from: BlockPosition) -> Result<()> {
        let delta = &self.delta;
        let Some((position, directory)) = delta.base.locate(pages, key, from)? else {
            let from = delta.starts[delta.starts.len() - 2] as usize;
            let end = upper_bound(delta, from..delta.places.len(), &self.high);
            self.part = Part {
                delta: from..end,
                is_final: true,
                ..Part::default()
            };
            return Ok(());
        };
        let entry = &directory.entries[position.entry];
        let number = delta.first_blocks[position.fence] as usize + position.entry;
        let mut rows = delta.starts[number] as usize..delta.starts[number + 1] as usize;
        let is_final = self.high <= entry.last;
        if is_final {
            rows.end = upper_bound(delta, rows.clone(), &self.high);
        }
        let block = match entry.first <= self.high {
            true => Some(pages.block(entry.page)?),
            false => None,
        };
        let end = match &block {
            None => 0,
            Some(block) => {
                let reader = block.reader();
                // The directory was made from it.
                key_at(&reader, reader.rows() - 1)?;
                match is_final {
                    true => reader.upper_bound(&self.high, 0),
                    false => reader.rows(),
                }
            }
        };
        self.part = Part {
            position: Some(position),
            last: entry.last,
            block,
            rows: 0..end,
            delta: rows,
            is_final,
        };
        Ok(())
    }

    /// The next rows of the base and the delta, together at most as many as a window has.
    fn window(&self) -> (Range<usize>, Range<usize>) {
        let Part { rows, delta, .. } = &self.part;
        let places = &self.delta.places;
        let through = |end: usize| match end == rows.end {
            true => delta.end,
            false => {
                let here = &places[delta.clone()];
                delta.start + here.partition_point(|place| usize::from(place.row) < end)
            }
        };
        // A block is divided evenly, between groups of rows, which are decoded as a whole.
        let windows = (rows.len() + delta.len()).div_ceil(self.window_rows);
        let even = rows.start + rows.len().div_ceil(windows.max(1));
        let end = even.next_multiple_of(GROUP_ROWS).min(rows.end);
        let delta_end = through(end);
        if end - rows.start + delta_end - delta.start <= self.window_rows {
            return (rows.start..end, delta.start..delta_end);
        }
        // Many rows of the delta have one place.
        let half = self.window_rows / 2;
        let end = end.min(rows.start + half);
        let delta_end = through(end);
        match delta_end - delta.start <= half {
            true => (rows.start..end, delta.start..delta_end),
            false => {
                let cut = delta.start + half;
                let end = end.min(usize::from(places[cut].row).max(rows.start));
                (rows.start..end, delta.start..cut)
            }
        }
    }

    fn copy(
        &mut self,
        rows: Range<usize>,
        delta: Range<usize>,
        wanted: [bool; 4],
        chunk: &mut Chunk,
    ) {
        let visibility = self.visibility;
        let block = self.part.block.clone();
        let reader = block.as_deref().map(Block::reader);
        let are_shown = match reader.as_ref().and_then(BlockReader::constant_state) {
            _ if rows.is_empty() => Some(true),
            Some(states) => Some(visibility.shows(States(states), self.delta.base.epoch)),
            None => None,
        };
        self.shown.clear();
        if are_shown != Some(true)
            && let Some(reader) = &reader
        {
            self.states.resize(rows.len(), 0);
            reader.states(rows.clone(), &mut self.states);
            let epoch = self.delta.base.epoch;
            let shown = self.states.iter();
            self.shown
                .extend(shown.map(|&states| visibility.shows(States(states), epoch)));
        }
        let places = &self.delta.places[delta.clone()];
        let shown_states = visibility.shown_states(self.delta.epoch);
        let is_laid = |place: &Place| shown_states >> place.states.after() & 1 != 0;
        let is_copied = places.is_empty() && self.shown.is_empty();
        self.steps.clear();
        // A count needs none.
        if self.shown.is_empty() && wanted.contains(&true) {
            let mut from = rows.start;
            self.steps.extend(places.iter().map(|place| {
                let to = usize::from(place.row);
                let copied = (to - from) as u16;
                from = to + usize::from(place.hides);
                Step {
                    copied,
                    is_laid: is_laid(place),
                    hides: place.hides,
                }
            }));
        }
        let mut is_counted = false;
        for (column, is_wanted) in wanted.into_iter().enumerate() {
            let out = &mut chunk.columns[column];
            if !is_wanted {
                out.clear();
                continue;
            }
            let values = &self.delta.keys[column][delta.clone()];
            let constant = reader.as_ref().and_then(|reader| reader.constant(column));
            if let Some(value) = constant
                && self.shown.is_empty()
            {
                lay_constant(value, rows.len(), &self.steps, values, out);
            } else if is_copied {
                out.resize(rows.len(), 0);
                if let Some(reader) = &reader {
                    reader.column(column, rows.clone(), out);
                }
            } else {
                let base = &mut self.column;
                base.resize(rows.len() + STRIDE, 0);
                if let Some(reader) = &reader
                    && !rows.is_empty()
                {
                    reader.column(column, rows.clone(), &mut base[..rows.len()]);
                }
                if self.shown.is_empty() {
                    lay(base, rows.len(), &self.steps, values, out);
                } else {
                    self.lay_over_shown(&rows, places, is_laid, values, out);
                }
            }
            if !is_counted {
                chunk.len = out.len();
                is_counted = true;
            }
        }
        if !is_counted {
            chunk.len = self.count(&rows, places, is_laid);
        }
    }

    /// Lays values over those rows of the base that are shown.
    fn lay_over_shown(
        &self,
        rows: &Range<usize>,
        places: &[Place],
        is_laid: impl Fn(&Place) -> bool,
        values: &[u64],
        out: &mut Vec<u64>,
    ) {
        let base = &self.column[..rows.len()];
        out.clear();
        out.reserve(rows.len() + places.len());
        let mut from = 0;
        for (place, &value) in places.iter().zip(values) {
            let to = usize::from(place.row) - rows.start;
            extend(out, &base[from..to], &self.shown[from..to]);
            if is_laid(place) {
                out.push(value);
            }
            from = to + usize::from(place.hides);
        }
        extend(out, &base[from..], &self.shown[from..]);
    }

    /// The rows shown of a window of which no column is wanted.
    fn count(
        &self,
        rows: &Range<usize>,
        places: &[Place],
        is_laid: impl Fn(&Place) -> bool,
    ) -> usize {
        let is_shown = |row: usize| self.shown.get(row).copied().unwrap_or(true);
        let hidden = |place: &&Place| place.hides && is_shown(usize::from(place.row) - rows.start);
        let base = match self.shown.is_empty() {
            true => rows.len(),
            false => self.shown.iter().filter(|&&shown| shown).count(),
        };
        let laid = places.iter().filter(|place| is_laid(place)).count();
        base - places.iter().filter(hidden).count() + laid
    }
}

/// Appends those of the values that are shown.
#[inline]
fn extend(out: &mut Vec<u64>, values: &[u64], shown: &[bool]) {
    let shown = values.iter().zip(shown).filter(|&(_, &shown)| shown);
    out.extend(shown.map(|(&value, _)| value));
}

/// The first row of a part of the delta that is not below a key.
fn lower_bound(delta: &Delta, part: Range<usize>, key: &Key) -> usize {
    partition(part, |at| delta.key(at) < *key)
}

/// The end of the rows of a part of the delta that are not above a key.
fn upper_bound(delta: &Delta, part: Range<usize>, key: &Key) -> usize {
    partition(part, |at| delta.key(at) <= *key)
}

fn partition(part: Range<usize>, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (part.start, part.end);
    while low < high {
        let middle = low.midpoint(high);
        match before(middle) {
            true => low = middle + 1,
            false => high = middle,
        }
    }
    low
}
