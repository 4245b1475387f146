//! Chooses the smallest encoding of a group and writes it.

use super::layout::*;
use crate::codec::pack::{pack_words, width_of};
use crate::codec::unpack::{MAX_BASES, MAX_PACKED_WIDTH, packed_bytes};

/// What one pass over a group finds out.
#[derive(Clone, Copy, Default)]
pub(super) struct Summary {
    pub(super) min: u64,
    pub(super) max: u64,
    /// Smallest and largest difference of neighbours, if no value is below its predecessor.
    steps: Option<(u64, u64)>,
}

impl Summary {
    /// `values` is not empty.
    pub(super) fn of(values: &[u64]) -> Self {
        let first = values[0];
        if values.iter().fold(0, |bits, value| bits | (value ^ first)) == 0 {
            return Self {
                min: first,
                max: first,
                steps: None,
            };
        }
        let (mut min_step, mut max_step, mut ascending) = (u64::MAX, 0, true);
        for (&before, &value) in values.iter().zip(&values[1..]) {
            let step = value.wrapping_sub(before);
            ascending &= before <= value;
            min_step = min_step.min(step);
            max_step = max_step.max(step);
        }
        if ascending {
            return Self {
                min: first,
                max: values[values.len() - 1],
                steps: Some((min_step, max_step)),
            };
        }
        let (mut min, mut max) = (first, first);
        for &value in values {
            min = min.min(value);
            max = max.max(value);
        }
        Self {
            min,
            max,
            steps: None,
        }
    }
}

const fn tag_of(value: u64) -> usize {
    (value >> 56) as usize
}

/// The values that groups count their bases from: the smallest value of each top byte in the
/// column, or its smallest value alone if there are more than [`MAX_ANCHORS`] top bytes.
pub(super) struct Anchors {
    values: [u64; MAX_ANCHORS],
    count: usize,
    index_of_tag: [u8; 256],
}

impl Anchors {
    pub(super) fn of(column: &[u64], min: u64, max: u64) -> Self {
        let single = Self {
            values: [min; MAX_ANCHORS],
            count: 1,
            index_of_tag: [0; 256],
        };
        if tag_of(min) == tag_of(max) {
            return single;
        }
        let mut min_of_tag = [None; 256];
        for &value in column {
            let least = &mut min_of_tag[tag_of(value)];
            *least = Some(least.map_or(value, |least: u64| least.min(value)));
        }
        let mut anchors = Self { count: 0, ..single };
        for (tag, least) in min_of_tag.iter().enumerate() {
            let Some(least) = *least else { continue };
            if anchors.count == MAX_ANCHORS {
                return single;
            }
            anchors.values[anchors.count] = least;
            anchors.index_of_tag[tag] = anchors.count as u8;
            anchors.count += 1;
        }
        anchors
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.push(self.count as u8);
        for value in &self.values[..self.count] {
            out.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// The anchor of `value` and how far `value` lies above it.
    fn locate(&self, value: u64) -> (u8, u64) {
        let index = self.index_of_tag[tag_of(value)];
        (index, value - self.values[usize::from(index)])
    }
}

const fn byte_len(value: u64) -> usize {
    (64 - value.leading_zeros()).div_ceil(8) as usize
}

/// Several bases, and for each row of the group the number of its base.
struct Bases {
    values: [u64; MAX_BASES],
    count: usize,
    index_of_row: [u8; GROUP_ROWS],
    delta_bits: u32,
}

impl Bases {
    /// One base for each top byte; `None` if there are more than [`MAX_BASES`].
    fn by_tag(values: &[u64]) -> Option<Self> {
        const UNSEEN: u8 = u8::MAX;
        let mut bases = Self::none();
        let mut index_of_tag = [UNSEEN; 256];
        let mut max = [0; MAX_BASES];
        for (&value, row) in values.iter().zip(&mut bases.index_of_row) {
            let index = &mut index_of_tag[tag_of(value)];
            if *index == UNSEEN {
                if bases.count == MAX_BASES {
                    return None;
                }
                *index = bases.count as u8;
                bases.values[bases.count] = value;
                bases.count += 1;
            }
            let slot = usize::from(*index);
            bases.values[slot] = bases.values[slot].min(value);
            max[slot] = max[slot].max(value);
            *row = *index;
        }
        let ranges = max.iter().zip(&bases.values).take(bases.count);
        let widest = ranges.map(|(max, base)| max - base).max()?;
        bases.delta_bits = 64 - widest.leading_zeros();
        Some(bases)
    }

    /// One base for each distinct value; `None` if there are more than [`MAX_BASES`].
    fn by_value(values: &[u64]) -> Option<Self> {
        const SLOTS: usize = 64;
        let mut bases = Self::none();
        let mut slots = [u8::MAX; SLOTS];
        for (&value, row) in values.iter().zip(&mut bases.index_of_row) {
            // Fibonacci hashing: the top six bits of the product.
            let mut slot = (value.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58) as usize;
            loop {
                let index = slots[slot];
                if index == u8::MAX {
                    if bases.count == MAX_BASES {
                        return None;
                    }
                    slots[slot] = bases.count as u8;
                    *row = bases.count as u8;
                    bases.values[bases.count] = value;
                    bases.count += 1;
                    break;
                }
                if bases.values[usize::from(index)] == value {
                    *row = index;
                    break;
                }
                slot = (slot + 1) % SLOTS;
            }
        }
        Some(bases)
    }

    fn none() -> Self {
        Self {
            values: [0; MAX_BASES],
            count: 0,
            index_of_row: [0; GROUP_ROWS],
            delta_bits: 0,
        }
    }

    fn index_bits(&self) -> u32 {
        usize::BITS - (self.count - 1).leading_zeros()
    }

    fn width(&self) -> u32 {
        match self.delta_bits + self.index_bits() {
            bits if bits > MAX_PACKED_WIDTH => 64,
            bits => bits,
        }
    }

    fn offset_bytes(&self, anchors: &Anchors) -> usize {
        let bases = self.values[..self.count].iter();
        bases
            .map(|&base| byte_len(anchors.locate(base).1))
            .max()
            .unwrap_or(0)
    }

    fn cost(&self, anchors: &Anchors, rows: usize) -> usize {
        self.count.div_ceil(2)
            + self.count * self.offset_bytes(anchors)
            + packed_bytes(rows, self.width())
    }

    fn write(&self, values: &[u64], anchors: &Anchors, out: &mut Vec<u8>) -> [u8; 2] {
        let offset_bytes = self.offset_bytes(anchors);
        let detail = (offset_bytes << 4 | (self.count - 1)) as u8;
        for pair in self.values[..self.count].chunks(2) {
            let anchor = |index: usize| pair.get(index).map_or(0, |&base| anchors.locate(base).0);
            out.push(anchor(0) | anchor(1) << 4);
        }
        for &base in &self.values[..self.count] {
            let (_, offset) = anchors.locate(base);
            out.extend_from_slice(&offset.to_le_bytes()[..offset_bytes]);
        }
        let mut words = [0; GROUP_ROWS];
        for ((word, value), &index) in words.iter_mut().zip(values).zip(&self.index_of_row) {
            let delta = value - self.values[usize::from(index)];
            *word = delta << self.index_bits() | u64::from(index);
        }
        pack_words(&words[..values.len()], self.width(), out);
        [head(KIND_BASES, self.width()), detail]
    }
}

fn head(kind: u8, width: u32) -> u8 {
    kind << 6
        | match width {
            64 => WIDTH_CODE_64,
            _ => width as u8,
        }
}

/// Appends one group to `out`, in the encoding with the fewest bytes, and returns its two bytes
/// of the directory. Between equals the one that is read faster wins: offsets, deltas, bases.
pub(super) fn write_group(
    values: &[u64],
    summary: &Summary,
    anchors: &Anchors,
    out: &mut Vec<u8>,
) -> [u8; 2] {
    let rows = values.len();
    let (anchor, offset) = anchors.locate(summary.min);
    let offset_bytes = byte_len(offset);
    let detail = (offset_bytes << 4) as u8 | anchor;
    let offset = &offset.to_le_bytes()[..offset_bytes];

    let width = width_of(summary.max - summary.min);
    let mut best = offset_bytes + packed_bytes(rows, width);
    let deltas = summary.steps.map(|(min_step, max_step)| {
        let step = min_step.min(u64::from(u8::MAX));
        (step, width_of(max_step - step))
    });
    let deltas = deltas.filter(|&(_, width)| 1 + offset_bytes + packed_bytes(rows, width) < best);
    if let Some((_, width)) = deltas {
        best = 1 + offset_bytes + packed_bytes(rows, width);
    }
    if let Some(bases) = smallest_bases(values, summary, anchors, best) {
        return bases.write(values, anchors, out);
    }

    let mut words = [0; GROUP_ROWS];
    let words = &mut words[..rows];
    if let Some((step, width)) = deltas {
        out.push(step as u8);
        out.extend_from_slice(offset);
        for (word, pair) in words[1..].iter_mut().zip(values.windows(2)) {
            *word = pair[1] - pair[0] - step;
        }
        pack_words(words, width, out);
        [head(KIND_DELTAS, width), detail]
    } else {
        out.extend_from_slice(offset);
        for (word, value) in words.iter_mut().zip(values) {
            *word = value - summary.min;
        }
        pack_words(words, width, out);
        [head(KIND_OFFSETS, width), detail]
    }
}

/// Several bases, if they take fewer than `best` bytes.
fn smallest_bases(
    values: &[u64],
    summary: &Summary,
    anchors: &Anchors,
    best: usize,
) -> Option<Bases> {
    // Two bases and one bit a row are the least that any set of bases takes.
    if best <= 1 + packed_bytes(values.len(), 1) {
        return None;
    }
    let by_tag = if tag_of(summary.min) == tag_of(summary.max) {
        None
    } else {
        Bases::by_tag(values)
    };
    [by_tag, Bases::by_value(values)]
        .into_iter()
        .flatten()
        .map(|bases| (bases.cost(anchors, values.len()), bases))
        .filter(|(cost, _)| *cost < best)
        .min_by_key(|(cost, _)| *cost)
        .map(|(_, bases)| bases)
}
