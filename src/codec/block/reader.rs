//! The bytes of a block to rows.

use super::group_reader::{Anchors, Directory, Group};
use super::layout::*;
use crate::codec::unpack::SLACK_BYTES;
use crate::error::{Code, Error, Result};
use std::ops::Range;

/// The bytes of a block whose form has been checked, so that it can be read again and again without.
pub struct Block {
    bytes: Vec<u8>,
}

impl Block {
    /// Errors: `CorruptBlock`.
    pub fn new(bytes: Vec<u8>) -> Result<Self> {
        BlockReader::open(&bytes)?;
        Ok(Self { bytes })
    }

    /// Cost: 40 ns.
    #[inline]
    pub fn reader(&self) -> BlockReader<'_> {
        BlockReader::parse(&self.bytes, true)
            .expect("the same bytes were found sound when the block was made")
    }

    /// Bytes it holds on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
    }
}

/// A view of the bytes of one block, whose form has been checked. Borrows the bytes, owns
/// nothing, and is cheap to make again.
///
/// Every method takes rows within the block and columns below [`COLUMNS`] and panics otherwise;
/// what the bytes hold can make none of them panic or read outside the block.
#[derive(Clone, Copy)]
pub struct BlockReader<'a> {
    rows: usize,
    columns: [Column<'a>; COLUMNS],
    state_bits: usize,
    /// The state of each code. With no bits, code 0 is the state of every row.
    state_table: [u8; 16],
    state_codes: &'a [u8],
}

#[derive(Clone, Copy)]
enum Column<'a> {
    Constant(u64),
    Grouped(Groups<'a>),
}

#[derive(Clone, Copy)]
struct Groups<'a> {
    anchors: Anchors<'a>,
    directory: Directory<'a>,
    /// From the start of the column to the end of the block.
    bytes: &'a [u8],
}

impl<'a> Groups<'a> {
    #[inline]
    fn parse(&self, group: usize) -> Option<Group<'a>> {
        let head = *self.directory.heads.get(group)?;
        let detail = *self.directory.details.get(group)?;
        let offset = usize::from(u16::from_le_bytes(*self.directory.offsets.get(group)?));
        Group::parse(head, detail, self.bytes.get(offset..)?, self.anchors)
    }

    #[inline]
    fn get(&self, group: usize) -> Group<'a> {
        self.parse(group)
            .expect("open has found the directory sound, and the bytes are borrowed since")
    }
}

impl<'a> Column<'a> {
    /// Reads the column that is the first `len` bytes of `bytes`, which reach to the end of the
    /// block: the slack after the last column is then slack after every group.
    /// `is_known` says that its directory has been found sound before.
    fn parse(bytes: &'a [u8], len: usize, rows: usize, is_known: bool) -> Option<Self> {
        let (&anchor_count, rest) = bytes.split_first()?;
        if anchor_count == CONSTANT_COLUMN {
            let value = u64::from_le_bytes(*rest.first_chunk()?);
            return (len == 9).then_some(Self::Constant(value));
        }
        let anchor_count = usize::from(anchor_count);
        if anchor_count > MAX_ANCHORS {
            return None;
        }
        let groups = rows.div_ceil(GROUP_ROWS);
        let (anchors, rest) = rest.split_at_checked(8 * anchor_count)?;
        let (heads, rest) = rest.split_at_checked(groups)?;
        let (details, rest) = rest.split_at_checked(groups)?;
        let offsets = rest.get(..2 * groups)?;
        let directory = Directory {
            heads,
            details,
            offsets: offsets.as_chunks().0,
        };
        let start = 1 + anchors.len() + 4 * groups;
        let last_rows = rows - (groups - 1) * GROUP_ROWS;
        (is_known || directory.is_sound(anchor_count, start, len, last_rows)).then_some(
            Self::Grouped(Groups {
                anchors: Anchors(anchors.as_chunks().0),
                directory,
                bytes,
            }),
        )
    }

    /// The value of the first row of a group.
    #[inline]
    fn first_of(&self, group: usize) -> u64 {
        match self {
            Self::Constant(value) => *value,
            Self::Grouped(groups) => groups.get(group).first(),
        }
    }
}

/// Rows before the key, rows equal to it, rows after it: where the first two end.
type Bounds = (usize, usize);

impl<'a> BlockReader<'a> {
    /// Checks header, offsets, lengths and every group header of a block.
    ///
    /// Errors: `CorruptBlock`. Cost: 30 ns, and 27 ns for each column that is not constant.
    pub fn open(bytes: &'a [u8]) -> Result<Self> {
        Self::parse(bytes, false).ok_or_else(|| {
            Error::new(
                Code::CorruptBlock,
                format!("{} bytes are not a block of format 1", bytes.len()),
            )
        })
    }

    fn parse(bytes: &'a [u8], is_known: bool) -> Option<Self> {
        let header = bytes.first_chunk::<HEADER_BYTES>()?;
        let rows = usize::from(u16::from_le_bytes([header[2], header[3]]));
        let state_bits = usize::from(header[1]);
        if header[0] != FORMAT_VERSION
            || rows == 0
            || rows > BLOCK_ROWS
            || !matches!(state_bits, 0 | 1 | 2 | 4)
        {
            return None;
        }
        let state_end = bytes.len().checked_sub(SLACK_BYTES)?;
        let mut columns = [Column::Constant(0); COLUMNS];
        let mut start = HEADER_BYTES;
        for (column, end) in columns.iter_mut().zip(header[4..].as_chunks::<4>().0) {
            let end = u32::from_le_bytes(*end) as usize;
            if end > state_end {
                return None;
            }
            let len = end.checked_sub(start)?;
            *column = Column::parse(bytes.get(start..)?, len, rows, is_known)?;
            start = end;
        }
        let (states, slack) = bytes.get(start..)?.split_last_chunk::<SLACK_BYTES>()?;
        let (table, state_codes) = states.split_at_checked(1 << state_bits)?;
        if *slack != [0; SLACK_BYTES]
            || !table.iter().all(|&state| is_state(state))
            || state_codes.len() != (rows * state_bits).div_ceil(8)
        {
            return None;
        }
        let mut state_table = [table[0]; 16];
        state_table[..table.len()].copy_from_slice(table);
        Some(Self {
            rows,
            columns,
            state_bits,
            state_table,
            state_codes,
        })
    }

    /// Number of rows, 1 to [`BLOCK_ROWS`].
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The value of every row of a column, if the column is stored as one value. That it is not
    /// does not mean that the values of some range of rows differ.
    pub fn constant(&self, column: usize) -> Option<u64> {
        match self.columns[column] {
            Column::Constant(value) => Some(value),
            Column::Grouped(_) => None,
        }
    }

    /// Writes the values of `rows` to `out`, which has their length.
    ///
    /// Cost: 0.3-0.8 ns a value; a range that starts inside a group pays for the whole group.
    pub fn column(&self, column: usize, rows: Range<usize>, out: &mut [u64]) {
        self.check(&rows, out.len());
        let groups = match &self.columns[column] {
            Column::Constant(value) => return out.fill(*value),
            Column::Grouped(groups) => groups,
        };
        let (mut from, mut rest) = (rows.start, out);
        while !rest.is_empty() {
            let inside = from % GROUP_ROWS;
            let (part, after) = rest.split_at_mut(rest.len().min(GROUP_ROWS - inside));
            groups.get(from / GROUP_ROWS).unpack_from(inside, part);
            from += part.len();
            rest = after;
        }
    }

    /// One value. Cost: 2-5 ns; up to 40 ns in a group that is stored as differences.
    #[inline]
    pub fn value(&self, row: usize, column: usize) -> u64 {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        match &self.columns[column] {
            Column::Constant(value) => *value,
            Column::Grouped(groups) => groups.get(row / GROUP_ROWS).at(row % GROUP_ROWS),
        }
    }

    /// The state of every row, if all are equal.
    pub fn constant_state(&self) -> Option<u8> {
        (self.state_bits == 0).then_some(self.state_table[0])
    }

    /// Writes the states of `rows` to `out`, which has their length. A state is
    /// `before << 2 | after`, each 0 to 2, whatever the bytes are. Cost: about 1 ns a row.
    pub fn states(&self, rows: Range<usize>, out: &mut [u8]) {
        self.check(&rows, out.len());
        if self.state_bits == 0 {
            return out.fill(self.state_table[0]);
        }
        let mask = (1 << self.state_bits) - 1;
        for (state, row) in out.iter_mut().zip(rows) {
            let bit = row * self.state_bits;
            let code = self.state_codes[bit / 8] >> (bit % 8) & mask;
            *state = self.state_table[usize::from(code)];
        }
    }

    /// The first row at or after `from_row` whose leading columns are not below `key`, or
    /// [`Self::rows`]. `key` has 1 to 4 values. Rows before `from_row` must be below the key.
    ///
    /// Cost: 0.1-0.2 us from row 0; less when `from_row` is near, as it is for sorted probes.
    pub fn lower_bound(&self, key: &[u64], from_row: usize) -> usize {
        match self.last_group(key, from_row, false) {
            Some(group) => self.bounds_in(group, key, from_row).0,
            None => self.rows,
        }
    }

    /// The first row at or after `from_row` whose leading columns are above `key`, or
    /// [`Self::rows`]. Rows before `from_row` must not be above the key. Otherwise as
    /// [`Self::lower_bound`].
    pub fn upper_bound(&self, key: &[u64], from_row: usize) -> usize {
        match self.last_group(key, from_row, true) {
            Some(group) => self.bounds_in(group, key, from_row).1,
            None => self.rows,
        }
    }

    /// The rows at or after `from_row` whose leading columns equal `key`; empty where they would
    /// be if there are none. Cheaper than both bounds.
    pub fn equal_range(&self, key: &[u64], from_row: usize) -> Range<usize> {
        let Some(group) = self.last_group(key, from_row, false) else {
            return self.rows..self.rows;
        };
        let (start, end) = self.bounds_in(group, key, from_row);
        let group_end = self.group_end(group);
        let goes_on =
            end == group_end && end < self.rows && self.starts_before(group + 1, key, true);
        match goes_on {
            true => start..self.upper_bound(key, group_end),
            false => start..end,
        }
    }

    fn check(&self, rows: &Range<usize>, out_len: usize) {
        assert!(
            rows.start <= rows.end && rows.end <= self.rows && rows.len() == out_len,
            "rows {rows:?} of {} into {out_len}",
            self.rows
        );
    }

    fn group_end(&self, group: usize) -> usize {
        ((group + 1) * GROUP_ROWS).min(self.rows)
    }

    /// The group that holds the bound or ends where it is: the last one that starts before it,
    /// not before the group of `from_row`. `None` if `from_row` is past the rows.
    fn last_group(&self, key: &[u64], from_row: usize, upper: bool) -> Option<usize> {
        assert!(
            (1..=COLUMNS).contains(&key.len()),
            "a key has 1 to 4 values"
        );
        if from_row >= self.rows {
            return None;
        }
        let groups = self.rows.div_ceil(GROUP_ROWS);
        let mut low = from_row / GROUP_ROWS;
        let mut high = groups;
        if from_row > 0 {
            // Sorted probes mostly stay near: double the step until the bound is passed.
            let mut step = 1;
            while low + step < groups {
                if !self.starts_before(low + step, key, upper) {
                    high = low + step;
                    break;
                }
                low += step;
                step *= 2;
            }
        }
        while high - low > 1 {
            let middle = low.midpoint(high);
            if self.starts_before(middle, key, upper) {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(low)
    }

    /// Whether the first row of a group is below the key, or for the upper bound not above it.
    fn starts_before(&self, group: usize, key: &[u64], upper: bool) -> bool {
        for (column, &wanted) in self.columns.iter().zip(key) {
            let value = column.first_of(group);
            if value != wanted {
                return value < wanted;
            }
        }
        upper
    }

    /// Both bounds among the rows of one group, from `from_row` on.
    fn bounds_in(&self, group: usize, key: &[u64], from_row: usize) -> Bounds {
        let first_row = group * GROUP_ROWS;
        let mut low = from_row.saturating_sub(first_row);
        let mut high = self.group_end(group) - first_row;
        for (column, &wanted) in self.columns.iter().zip(key) {
            // Rows low..high equal the key in all columns before this one, so it is sorted there.
            (low, high) = match column {
                Column::Constant(value) => match value.cmp(&wanted) {
                    std::cmp::Ordering::Less => (high, high),
                    std::cmp::Ordering::Equal => (low, high),
                    std::cmp::Ordering::Greater => (low, low),
                },
                Column::Grouped(groups) => groups.get(group).bounds(wanted, low, high),
            };
            if low == high {
                break;
            }
        }
        (first_row + low, first_row + high)
    }
}
