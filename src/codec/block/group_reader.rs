//! One packed group: 128 ids of a column, or fewer at the end of a block.

use super::layout::*;
use crate::codec::unpack::{
    MAX_BASES, MAX_PACKED_WIDTH, packed_bytes, unpack_bases, unpack_deltas, unpack_offsets, word,
};

/// Below this many rows of a group, reading word by word beats unpacking the group.
const FEW_ROWS: usize = 12;

/// The values that the groups of a column count their bases from.
#[derive(Clone, Copy)]
pub(super) struct Anchors<'a>(pub(super) &'a [[u8; 8]]);

impl Anchors<'_> {
    /// Anchor 0 for numbers beyond the count, which only damaged bytes hold.
    #[inline]
    fn get(self, index: u8) -> u64 {
        let bytes = self.0.get(usize::from(index)).or(self.0.first());
        bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }
}

/// The width that the first directory byte of a group states.
#[inline]
fn width_of_head(head: u8) -> Option<u32> {
    match head & 63 {
        WIDTH_CODE_64 => Some(64),
        code if u32::from(code) <= MAX_PACKED_WIDTH => Some(u32::from(code)),
        _ => None,
    }
}

/// The directory of a column: two bytes and a position for each group, in three arrays.
#[derive(Clone, Copy)]
pub(super) struct Directory<'a> {
    pub(super) heads: &'a [u8],
    pub(super) details: &'a [u8],
    /// Where each group starts, from the start of the column.
    pub(super) offsets: &'a [[u8; 2]],
}

impl Directory<'_> {
    /// Whether the groups are well formed, name existing anchors, and fill the bytes from `start`
    /// to `end` of the column without a gap. All groups have 128 rows but the last.
    ///
    /// Every opened block comes through here, so the loop has no branch and touches only the
    /// directory. Sums cannot wrap: a group has at most 1,160 bytes and there are at most 32.
    pub(super) fn is_sound(
        &self,
        anchors: usize,
        start: usize,
        end: usize,
        last_rows: usize,
    ) -> bool {
        let groups = self.offsets.len();
        let Some(last_width) = self.heads.last().and_then(|&head| width_of_head(head)) else {
            return false;
        };
        // As if the last group had all its rows, like the others.
        let missing = packed_bytes(GROUP_ROWS, last_width) - packed_bytes(last_rows, last_width);
        let Ok(full_end) = u16::try_from(end + missing) else {
            return false;
        };
        // Groups that the block does not have are groups without bytes at the end.
        let (mut heads, mut details) = ([0; BLOCK_GROUPS], [0; BLOCK_GROUPS]);
        heads[..groups].copy_from_slice(self.heads);
        details[..groups].copy_from_slice(self.details);
        let mut starts = [full_end; BLOCK_GROUPS + 1];
        for (start, offset) in starts.iter_mut().zip(self.offsets) {
            *start = u16::from_le_bytes(*offset);
        }

        let anchors = anchors as u16;
        let mut wrong = usize::from(starts[0]) != start;
        for index in 0..BLOCK_GROUPS {
            let (head, detail) = (u16::from(heads[index]), u16::from(details[index]));
            let (kind, code) = (head >> 6, head & 63);
            let (low, offset_bytes) = (detail & 15, detail >> 4);
            let is_bases = kind == u16::from(KIND_BASES);
            let is_wide = code == u16::from(WIDTH_CODE_64);
            let width = if is_wide { 64 } else { code };
            let before_words = if is_bases {
                (low + 2) / 2 + (low + 1) * offset_bytes
            } else {
                kind + offset_bytes
            };
            let len = before_words + width * (GROUP_ROWS as u16 / 8);
            wrong |= starts[index + 1].wrapping_sub(starts[index]) != len;
            wrong |= kind > u16::from(KIND_BASES);
            wrong |= code > u16::from(WIDTH_CODE_64);
            wrong |= offset_bytes > 8;
            wrong |= if is_bases { low == 0 } else { low >= anchors };
        }
        !wrong
    }
}

/// A group whose header has been read. Nothing is unpacked yet.
#[derive(Clone, Copy)]
pub(super) struct Group<'a> {
    width: u32,
    encoding: Encoding<'a>,
    /// From the first packed word to the end of the block, slack included.
    words: &'a [u8],
}

#[derive(Clone, Copy)]
enum Encoding<'a> {
    Offsets { base: u64 },
    Deltas { first: u64, step: u64 },
    Bases(Bases<'a>),
}

/// `count` bases, each an anchor (four bits) and an offset from it.
#[derive(Clone, Copy)]
struct Bases<'a> {
    count: usize,
    offset_bytes: usize,
    anchors: Anchors<'a>,
    /// Anchor numbers, then offsets, then bytes that do not belong to the bases.
    bytes: &'a [u8],
}

impl Bases<'_> {
    fn len(&self) -> usize {
        self.count.div_ceil(2) + self.count * self.offset_bytes
    }

    fn index_bits(&self) -> u32 {
        usize::BITS - (self.count - 1).leading_zeros()
    }

    fn get(&self, index: usize) -> Option<u64> {
        let anchor = self.bytes.get(index / 2)? >> (index % 2 * 4) & 15;
        let at = self.count.div_ceil(2) + index * self.offset_bytes;
        let offset = offset_at(self.bytes, at, self.offset_bytes)?;
        Some(self.anchors.get(anchor).wrapping_add(offset))
    }

    /// Indexes beyond the count, which only damaged bytes hold, mean base 0.
    fn table(&self) -> [u64; MAX_BASES] {
        let mut table = [0; MAX_BASES];
        for (index, base) in table.iter_mut().enumerate().take(self.count) {
            *base = self.get(index).unwrap_or_default();
        }
        table
    }
}

/// The `len <= 8` bytes at `at`, little endian. Slack lets the load always be eight bytes.
fn offset_at(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    let loaded = bytes.get(at..)?.first_chunk::<8>()?;
    match len {
        0 => Some(0),
        _ => Some(u64::from_le_bytes(*loaded) & u64::MAX >> (64 - 8 * len)),
    }
}

impl<'a> Group<'a> {
    /// Reads a group from its two bytes in the directory of the column and `bytes`, which start
    /// with the group and reach to the end of the block. `None` if no writer made it.
    #[inline]
    pub(super) fn parse(
        head: u8,
        detail: u8,
        bytes: &'a [u8],
        anchors: Anchors<'a>,
    ) -> Option<Self> {
        let width = width_of_head(head)?;
        let (low, offset_bytes) = (detail & 15, usize::from(detail >> 4));
        let (encoding, len) = match head >> 6 {
            KIND_OFFSETS => {
                let offset = offset_at(bytes, 0, offset_bytes)?;
                let base = anchors.get(low).wrapping_add(offset);
                (Encoding::Offsets { base }, offset_bytes)
            }
            KIND_DELTAS => {
                let step = u64::from(*bytes.first()?);
                let offset = offset_at(bytes, 1, offset_bytes)?;
                let first = anchors.get(low).wrapping_add(offset);
                (Encoding::Deltas { first, step }, 1 + offset_bytes)
            }
            KIND_BASES if low > 0 => {
                let bases = Bases {
                    count: usize::from(low) + 1,
                    offset_bytes,
                    anchors,
                    bytes,
                };
                (Encoding::Bases(bases), bases.len())
            }
            _ => return None,
        };
        Some(Self {
            width,
            encoding,
            words: bytes.get(len..)?,
        })
    }

    /// The value of the first row, without unpacking.
    #[inline]
    pub(super) fn first(&self) -> u64 {
        match self.encoding {
            Encoding::Deltas { first, .. } => first,
            _ => self.at(0),
        }
    }

    /// Whether a row can be read without those before it.
    #[inline]
    pub(super) fn is_random_access(&self) -> bool {
        !matches!(self.encoding, Encoding::Deltas { .. })
    }

    /// The value of one row. Reads all rows before it if the group is not random access.
    #[inline]
    pub(super) fn at(&self, row: usize) -> u64 {
        match self.encoding {
            Encoding::Offsets { base } => base.wrapping_add(word(self.words, self.width, row)),
            Encoding::Deltas { first, step } => {
                let mut values = [0; GROUP_ROWS];
                unpack_deltas(self.words, self.width, first, step, &mut values[..=row]);
                values[row]
            }
            Encoding::Bases(bases) => {
                let word = word(self.words, self.width, row);
                let index = (word & ((1 << bases.index_bits()) - 1)) as usize;
                let base = if index < bases.count {
                    bases.get(index).unwrap_or_default()
                } else {
                    0
                };
                base.wrapping_add(word >> bases.index_bits())
            }
        }
    }

    /// Unpacks the first `out.len()` rows.
    #[inline]
    pub(super) fn unpack(&self, out: &mut [u64]) {
        match self.encoding {
            Encoding::Offsets { base } => unpack_offsets(self.words, self.width, base, out),
            Encoding::Deltas { first, step } => {
                unpack_deltas(self.words, self.width, first, step, out);
            }
            Encoding::Bases(bases) => {
                let table = bases.table();
                unpack_bases(self.words, self.width, bases.index_bits(), &table, out);
            }
        }
    }

    /// Unpacks the rows from `from` on into `out`, where `from + out.len() <= 128`.
    pub(super) fn unpack_from(&self, from: usize, out: &mut [u64]) {
        if from == 0 {
            self.unpack(out);
        } else if out.len() < FEW_ROWS && self.is_random_access() {
            for (index, value) in out.iter_mut().enumerate() {
                *value = self.at(from + index);
            }
        } else {
            let mut values = [0; GROUP_ROWS];
            let end = from + out.len();
            self.unpack(&mut values[..end]);
            out.copy_from_slice(&values[from..end]);
        }
    }

    /// Among the sorted rows `low..high`, where those below `wanted` end and where those equal
    /// to it end.
    pub(super) fn bounds(&self, wanted: u64, low: usize, high: usize) -> (usize, usize) {
        if self.is_random_access() {
            let start = search(low, high, |row| self.at(row) < wanted);
            // Runs of one row are common; they end without another search.
            let is_run = start + 1 < high && self.at(start + 1) == wanted;
            let end = match start < high && self.at(start) == wanted {
                false => start,
                true if is_run => search(start + 2, high, |row| self.at(row) <= wanted),
                true => start + 1,
            };
            (start, end)
        } else {
            let mut values = [0; GROUP_ROWS];
            self.unpack(&mut values[..high]);
            let start = low + values[low..high].partition_point(|&value| value < wanted);
            let run = values[start..high]
                .iter()
                .take_while(|&&value| value == wanted);
            (start, start + run.count())
        }
    }
}

/// The first of `low..high` for which `before` is false, or `high`.
fn search(mut low: usize, mut high: usize, before: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low.midpoint(high);
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
