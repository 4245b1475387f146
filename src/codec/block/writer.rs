//! Rows to the bytes of a block.

use super::group_writer::{Anchors, Summary, write_group};
use super::layout::*;
use crate::codec::unpack::SLACK_BYTES;
use crate::error::{Code, Error, Result};

/// What the directory keeps of a block, found on the way while encoding it. Arrays are by column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BlockStats {
    pub rows: usize,
    /// Bytes that were appended.
    pub bytes: usize,
    pub first: [u64; COLUMNS],
    pub last: [u64; COLUMNS],
    pub min: [u64; COLUMNS],
    pub max: [u64; COLUMNS],
    /// The state of every row, if all are equal.
    pub constant_state: Option<u8>,
}

/// Appends the block of rows `(columns[0][i], .., columns[3][i])` with state `states[i]` to `out`.
///
/// There are 1 to [`BLOCK_ROWS`] rows, sorted ascending by all four columns in order; a state is
/// `before << 2 | after`, each 0 to 2. Equal input gives equal bytes.
///
/// Errors: `Internal` if the input is not of that form, and then `out` is as it was.
///
/// Cost: about 10 ns a row.
pub fn encode_block(
    columns: [&[u64]; COLUMNS],
    states: &[u8],
    out: &mut Vec<u8>,
) -> Result<BlockStats> {
    let rows = states.len();
    if rows == 0 || rows > BLOCK_ROWS || columns.iter().any(|column| column.len() != rows) {
        return Err(Error::new(
            Code::Internal,
            format!("a block cannot have {rows} rows, or its columns differ in length"),
        ));
    }
    if !states
        .iter()
        .fold(true, |all, &state| all & is_state(state))
    {
        return Err(Error::new(Code::Internal, "a row of a block has no state"));
    }
    if !is_sorted(columns) {
        return Err(Error::new(
            Code::Internal,
            "the rows of a block are not sorted",
        ));
    }

    let start = out.len();
    out.resize(start + HEADER_BYTES, 0);
    let mut stats = BlockStats {
        rows,
        bytes: 0,
        first: columns.map(|column| column[0]),
        last: columns.map(|column| column[rows - 1]),
        min: [0; COLUMNS],
        max: [0; COLUMNS],
        constant_state: None,
    };
    let mut ends = [0; COLUMNS];
    for (index, column) in columns.into_iter().enumerate() {
        (stats.min[index], stats.max[index]) = write_column(column, out);
        ends[index] = (out.len() - start) as u32;
    }
    let state_bits = write_states(states, out);
    stats.constant_state = (state_bits == 0).then_some(states[0]);
    out.extend_from_slice(&[0; SLACK_BYTES]);
    stats.bytes = out.len() - start;

    let header = &mut out[start..start + HEADER_BYTES];
    header[0] = FORMAT_VERSION;
    header[1] = state_bits;
    header[2..4].copy_from_slice(&(rows as u16).to_le_bytes());
    for (place, end) in header[4..].as_chunks_mut::<4>().0.iter_mut().zip(ends) {
        *place = end.to_le_bytes();
    }
    Ok(stats)
}

/// These checks look at all values instead of stopping early: without branches they cost less.
fn is_constant<T: Copy + Eq>(values: &[T]) -> bool {
    values
        .iter()
        .fold(true, |equal, &value| equal & (value == values[0]))
}

fn is_sorted(columns: [&[u64]; COLUMNS]) -> bool {
    // Columns of one value, often two of the four, decide nothing.
    let mut varying = columns.into_iter().filter(|column| !is_constant(column));
    match [(); COLUMNS].map(|()| varying.next()) {
        [Some(a), Some(b), Some(c), Some(d)] => ascend([a, b, c, d]),
        [Some(a), Some(b), Some(c), None] => ascend([a, b, c]),
        [Some(a), Some(b), ..] => ascend([a, b]),
        [Some(a), ..] => ascend([a]),
        [None, ..] => true,
    }
}

fn ascend<const N: usize>(columns: [&[u64]; N]) -> bool {
    let rows = columns[0].len();
    let columns = columns.map(|column| &column[..rows]);
    (1..rows).fold(true, |sorted, row| {
        let not_below = columns.iter().rev().fold(true, |equal_is_fine, column| {
            let (before, value) = (column[row - 1], column[row]);
            before < value || (before == value && equal_is_fine)
        });
        sorted & not_below
    })
}

/// Appends a column and returns its smallest and largest value.
fn write_column(column: &[u64], out: &mut Vec<u8>) -> (u64, u64) {
    let mut summaries = [Summary::default(); BLOCK_GROUPS];
    let (mut min, mut max) = (u64::MAX, 0);
    for (values, summary) in column.chunks(GROUP_ROWS).zip(&mut summaries) {
        *summary = Summary::of(values);
        min = min.min(summary.min);
        max = max.max(summary.max);
    }
    if min == max {
        out.push(CONSTANT_COLUMN);
        out.extend_from_slice(&min.to_le_bytes());
        return (min, max);
    }
    let start = out.len();
    let anchors = Anchors::of(column, min, max);
    anchors.write(out);
    let groups = column.len().div_ceil(GROUP_ROWS);
    let heads = out.len();
    let (details, offsets) = (heads + groups, heads + 2 * groups);
    out.resize(heads + 4 * groups, 0);
    for (index, (values, summary)) in column.chunks(GROUP_ROWS).zip(&summaries).enumerate() {
        // A column has at most 33,281 bytes: 64-bit offsets are the largest encoding.
        let offset = ((out.len() - start) as u16).to_le_bytes();
        out[offsets + 2 * index..offsets + 2 * index + 2].copy_from_slice(&offset);
        [out[heads + index], out[details + index]] = write_group(values, summary, &anchors, out);
    }
    (min, max)
}

/// Appends the states and returns the bits each takes: 0, 1, 2 or 4.
fn write_states(states: &[u8], out: &mut Vec<u8>) -> u8 {
    let first = states[0];
    if is_constant(states) {
        out.push(first);
        return 0;
    }
    let mut seen = [false; 16];
    for &state in states {
        seen[usize::from(state)] = true;
    }
    let mut table = [0; 16];
    let mut code_of = [0; 16];
    let mut count = 0;
    for state in (0..16).filter(|&state| seen[usize::from(state)]) {
        table[count] = state;
        code_of[usize::from(state)] = count as u8;
        count += 1;
    }
    let bits: usize = match count {
        0..=2 => 1,
        3..=4 => 2,
        _ => 4,
    };
    // Codes beyond the states in use stand for the last one, so that no code is without meaning.
    let last = table[count - 1];
    table[count..].fill(last);
    out.extend_from_slice(&table[..1 << bits]);
    for part in states.chunks(8 / bits) {
        let place = |byte: u8, (index, &state): (usize, &u8)| {
            byte | code_of[usize::from(state)] << (index * bits)
        };
        out.push(part.iter().enumerate().fold(0, place));
    }
    bits as u8
}
