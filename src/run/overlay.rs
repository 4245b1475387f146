//! Several runs that share a window of keys: the rows of the smaller ones are laid over the largest.
//!
//! The run with most rows in the window is the base; its columns are decoded as in a scan of it alone. The rows
//! of the others are brought in one order by short keys: within a window the leading columns are mostly the
//! same for all rows, so the first that differs tells most rows apart. Between those rows the base is copied.
//!
//! Cost: decoding the base, and about 40 ns for each row laid over it.

use super::cursor::{Cursor, gallop, key_at};
use super::disk::PageCache;
use super::row::{Key, Row, States};
use super::scan::{Chunk, Visibility};
use crate::error::Result;
use std::ops::Range;

/// What a window needs, kept from one to the next.
#[derive(Default)]
pub(super) struct Overlay {
    /// The rows of each cursor in the window.
    ranges: Vec<Range<usize>>,
    /// The rows that are not of the base, in key order, those of one key from new to old.
    order: Vec<Place>,
    /// The newest of them for each key.
    laid: Vec<Laid>,
    base: [Vec<u64>; 4],
    base_states: Vec<u8>,
}

/// A row of a cursor. Compares by `lead` first; rows that are equal there need their keys.
#[derive(Clone, Copy)]
struct Place {
    /// The first column in which keys of the window differ.
    lead: u64,
    rank: u32,
    row: u32,
}

/// A row to be laid over the base, moved to where the ones before and after it are.
#[derive(Clone, Copy)]
struct Laid {
    key: Key,
    rank: u32,
    is_shown: bool,
}

/// How the columns of a window are read.
#[derive(Clone, Copy)]
struct Columns {
    /// Those before it have the same value in every row.
    first: usize,
    wanted: [bool; 4],
}

impl Columns {
    /// Wanted columns that differ between rows.
    fn copied(self) -> impl Iterator<Item = usize> {
        (self.first..4).filter(move |&column| self.wanted[column])
    }
}

impl Overlay {
    /// Delivers the visible rows of a window that begins with the least head of `cursors` (newest first) and
    /// ends at or before `end`; returns its last key. At most `window_rows` rows are worked.
    /// Errors: `CorruptBlock`.
    pub fn deliver(
        &mut self,
        cursors: &mut [Cursor],
        pages: &PageCache,
        end: Key,
        window_rows: usize,
        (visibility, wanted): (Visibility, [bool; 4]),
        chunk: &mut Chunk,
    ) -> Result<Key> {
        let (base, end) = self.choose(cursors, pages, end, window_rows)?;
        let first_key = cursors
            .iter()
            .filter(|cursor| cursor.shares(&end))
            .map(|cursor| cursor.head)
            .min()
            .unwrap_or(end);
        let first = (0..3)
            .find(|&column| first_key[column] != end[column])
            .unwrap_or(3);
        let columns = Columns { first, wanted };
        self.collect(cursors, base, first, visibility);
        let all_shown = self.read_base(&cursors[base], base, columns, visibility)?;
        self.merge(base, all_shown, columns, chunk);
        for column in (0..first).filter(|&column| wanted[column]) {
            chunk.columns[column].resize(chunk.len, end[column]);
        }
        for (cursor, rows) in cursors.iter_mut().zip(&self.ranges) {
            if !rows.is_empty() {
                cursor.step_to(rows.end, pages)?;
            }
        }
        Ok(end)
    }

    /// Chooses the base and the last key of the window, and finds the rows of each cursor.
    fn choose(
        &mut self,
        cursors: &mut [Cursor],
        pages: &PageCache,
        mut end: Key,
        window_rows: usize,
    ) -> Result<(usize, Key)> {
        for cursor in cursors.iter_mut() {
            if !cursor.shares(&end) {
                continue;
            }
            let low = cursor.head;
            cursor.load(pages, &low)?;
            if cursor.shares(&end) {
                end = end.min(cursor.last);
            }
        }
        let heaviest = (0..cursors.len())
            .filter(|&rank| cursors[rank].shares(&end))
            .max_by_key(|&rank| cursors[rank].weight)
            .unwrap_or(0);
        // A block is divided evenly, with room for the rows of others.
        let left = cursors[heaviest].row_end - cursors[heaviest].row;
        let room = (window_rows * 3 / 4).max(1);
        let cap = left.div_ceil(left.div_ceil(room).max(1)).max(1);
        if cap < left {
            end = end.min(key_of(&cursors[heaviest], cursors[heaviest].row + cap - 1)?);
        }
        loop {
            self.find(cursors, heaviest, &end)?;
            let total: usize = self.ranges.iter().map(Range::len).sum();
            let base = (0..cursors.len())
                .max_by_key(|&rank| self.ranges[rank].len())
                .unwrap_or(0);
            let rows = &self.ranges[base];
            if total <= window_rows || rows.len() <= 1 {
                let rows = self.ranges[heaviest].len();
                if base != heaviest && rows > 0 {
                    cursors[heaviest].decode_through(&end, rows)?;
                }
                return Ok((base, end));
            }
            let keep = (rows.len() * window_rows / total).clamp(1, rows.len() - 1);
            end = key_of(&cursors[base], rows.start + keep - 1)?;
        }
    }

    /// The rows of each cursor up to `end`. All but the heaviest are decoded so far.
    fn find(&mut self, cursors: &mut [Cursor], heaviest: usize, end: &Key) -> Result<()> {
        self.ranges.clear();
        for (rank, cursor) in cursors.iter_mut().enumerate() {
            let row = cursor.row;
            let rows_end = match (cursor.shares(end), rank == heaviest) {
                (false, _) => row,
                (true, true) => rows_end(cursor, end)?,
                (true, false) => {
                    cursor.decode_through(end, 1)?;
                    cursor.decoded_end(end)
                }
            };
            self.ranges.push(row..rows_end);
        }
        Ok(())
    }

    /// Brings the rows of all cursors but the base in order.
    fn collect(&mut self, cursors: &[Cursor], base: usize, first: usize, visibility: Visibility) {
        self.order.clear();
        for (rank, (cursor, rows)) in cursors.iter().zip(&self.ranges).enumerate() {
            if rank != base {
                let places = cursor.decoded(rows.clone()).iter().zip(rows.clone());
                self.order.extend(places.map(|(decoded, row)| Place {
                    lead: decoded.key[first],
                    rank: rank as u32,
                    row: row as u32,
                }));
            }
        }
        self.order.sort_unstable_by_key(|place| place.lead);
        let key = |place: &Place| (&decoded(cursors, place).key, place.rank);
        for equal in self
            .order
            .chunk_by_mut(|left, right| left.lead == right.lead)
        {
            if equal.len() > 1 {
                equal.sort_unstable_by(|left, right| key(left).cmp(&key(right)));
            }
        }
        self.laid.clear();
        self.laid.extend(self.order.iter().map(|place| {
            let row = decoded(cursors, place);
            Laid {
                key: row.key,
                rank: place.rank,
                is_shown: visibility.shows(row.states, cursors[place.rank as usize].epoch),
            }
        }));
        // A newer run has decided.
        self.laid.dedup_by_key(|laid| laid.key);
    }

    /// Decodes the rows of the base. Returns whether all are visible; if not, `base_states` holds 1 for the rows
    /// that are.
    fn read_base(
        &mut self,
        cursor: &Cursor,
        rank: usize,
        columns: Columns,
        visibility: Visibility,
    ) -> Result<bool> {
        let rows = self.ranges[rank].clone();
        let Some(bytes) = cursor.block()? else {
            let rows = cursor.decoded(rows);
            for column in columns.first..4 {
                self.base[column].clear();
                self.base[column].extend(rows.iter().map(|row| row.key[column]));
            }
            self.base_states.clear();
            let shown = |row: &Row| u8::from(visibility.shows(row.states, cursor.epoch));
            self.base_states.extend(rows.iter().map(shown));
            return Ok(self.base_states.iter().all(|&shown| shown == 1));
        };
        let block = bytes.reader();
        for column in columns.first..4 {
            self.base[column].resize(rows.len(), 0);
            block.column(column, rows.clone(), &mut self.base[column]);
        }
        if let Some(states) = block.constant_state() {
            let shown = visibility.shows(States(states), cursor.epoch);
            self.base_states.clear();
            self.base_states.resize(rows.len(), u8::from(shown));
            return Ok(shown);
        }
        self.base_states.resize(rows.len(), 0);
        block.states(rows, &mut self.base_states);
        for states in &mut self.base_states {
            *states = u8::from(visibility.shows(States(*states), cursor.epoch));
        }
        Ok(self.base_states.iter().all(|&shown| shown == 1))
    }

    fn merge(&self, base: usize, all_shown: bool, columns: Columns, chunk: &mut Chunk) {
        let base_rows = self.ranges[base].len();
        for column in columns.copied() {
            chunk.columns[column].reserve(base_rows + self.laid.len());
        }
        let mut from = 0;
        for laid in &self.laid {
            let (at, same) = self.locate(from, &laid.key, columns.first, base_rows);
            self.copy_base(from..at, all_shown, columns, chunk);
            if same && (base as u32) < laid.rank {
                // The base is newer: its row stays and is copied with the next gap.
                from = at;
                continue;
            }
            if laid.is_shown {
                chunk.len += 1;
                for column in columns.copied() {
                    chunk.columns[column].push(laid.key[column]);
                }
            }
            from = at + usize::from(same);
        }
        self.copy_base(from..base_rows, all_shown, columns, chunk);
    }

    /// The first row of the base at or after `from` with a key not below `key`, and whether it has that key. Columns
    /// before `first` are equal.
    #[inline]
    fn locate(&self, from: usize, key: &Key, first: usize, rows: usize) -> (usize, bool) {
        let lead = &self.base[first][..rows];
        let wanted = key[first];
        let mut low = from + lower_bound(&lead[from..], wanted);
        if low == rows || lead[low] != wanted {
            return (low, false);
        }
        // Among equal leads the columns after it decide.
        let rest = |row: usize| {
            (first + 1..4)
                .map(|column| self.base[column][row].cmp(&key[column]))
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        };
        let before = |row: usize| lead[row] == wanted && rest(row).is_lt();
        let mut step = 1;
        while low < rows && before(low) {
            let ahead = low + step;
            if ahead < rows && before(ahead) {
                low = ahead;
                step *= 2;
            } else {
                low += 1;
                step = 1;
            }
        }
        (low, low < rows && lead[low] == wanted && rest(low).is_eq())
    }

    #[inline]
    fn copy_base(&self, rows: Range<usize>, all_shown: bool, columns: Columns, chunk: &mut Chunk) {
        if all_shown {
            chunk.len += rows.len();
            for column in columns.copied() {
                chunk.columns[column].extend_from_slice(&self.base[column][rows.clone()]);
            }
            return;
        }
        for row in rows.filter(|&row| self.base_states[row] == 1) {
            chunk.len += 1;
            for column in columns.copied() {
                chunk.columns[column].push(self.base[column][row]);
            }
        }
    }
}

fn decoded<'c>(cursors: &'c [Cursor], place: &Place) -> &'c Row {
    let row = place.row as usize;
    &cursors[place.rank as usize].decoded(row..row + 1)[0]
}

/// The first value not below `wanted` in ascending values: likely one of the first few dozen.
#[inline]
fn lower_bound(values: &[u64], wanted: u64) -> usize {
    let mut low = 0;
    let mut step = 32;
    while low + step < values.len() && values[low + step] < wanted {
        low += step;
        step *= 2;
    }
    let mut rest = &values[low..values.len().min(low + step + 1)];
    // Halving without a branch: what lies ahead cannot be foretold.
    while rest.len() > 1 {
        let half = rest.len() / 2;
        let (left, right) = rest.split_at(half);
        let below = left[half - 1] < wanted;
        low += if below { half } else { 0 };
        rest = if below { right } else { left };
    }
    low + usize::from(rest.first().is_some_and(|&value| value < wanted))
}

/// The key of a row of the current block or slice.
fn key_of(cursor: &Cursor, row: usize) -> Result<Key> {
    match cursor.block()? {
        Some(bytes) => key_at(&bytes.reader(), row),
        None => Ok(cursor.decoded(row..row + 1)[0].key),
    }
}

/// The end of the rows of the current block or slice with keys not above `end`.
fn rows_end(cursor: &Cursor, end: &Key) -> Result<usize> {
    if cursor.last <= *end {
        return Ok(cursor.row_end);
    }
    match cursor.block()? {
        Some(bytes) => Ok(bytes.reader().upper_bound(end, cursor.row)),
        None => {
            let rows = cursor.decoded(cursor.row..cursor.row_end);
            Ok(cursor.row + gallop(rows, |row| row.key <= *end))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_lower_bound_is_where_a_scan_finds_it(
            mut values in prop::collection::vec(0u64..200, 0..300),
            wanted in 0u64..202,
        ) {
            values.sort_unstable();
            let expected = values.iter().take_while(|&&value| value < wanted).count();
            prop_assert_eq!(lower_bound(&values, wanted), expected);
        }
    }
}
