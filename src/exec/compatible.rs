//! Compatible rows with values that may be unbound (SPARQL 1.1 section 18.3), found by equality.
//!
//! Two rows are compatible if each column they share is equal in both, or unbound (0) in one. A row that binds `a` and `b`
//! and leaves a third column open meets the rows that have (a, b), (a, 0), (0, b) or (0, 0) in the first two, whatever
//! they have in the third. So a row looks, under the columns that it binds, for rows *equal* to what of it is left where
//! only some of these are kept: once for each set of columns that it and rows of the other side both bind. A row of the
//! other side is found by one of these look-ups only.
//!
//! Cost: one look-up for each such set, of which there is one if no value is unbound. At most there are as many as rows of
//! the other side have different sets of bound columns.

use super::rows::RowSet;

/// Which columns of a row are bound, 64 to a word.
pub type Mask = Vec<u64>;

/// Writes which of the values are bound to `mask`.
#[inline]
pub fn mask_of(values: impl ExactSizeIterator<Item = u64>, mask: &mut Mask) {
    mask.clear();
    mask.resize(words(values.len()), 0);
    for (column, value) in values.enumerate() {
        mask[column / 64] |= u64::from(value != 0) << (column % 64);
    }
}

/// Words of a mask of so many columns.
pub fn words(columns: usize) -> usize {
    columns.div_ceil(64)
}

/// Whether a mask has a column.
#[inline]
pub fn has(mask: &[u64], column: usize) -> bool {
    mask[column / 64] >> (column % 64) & 1 == 1
}

/// Whether a mask has no column.
pub fn is_none(mask: &[u64]) -> bool {
    mask.iter().all(|&word| word == 0)
}

/// The sets of columns that a row with this mask and rows with one of `masks` both bind, each once. With `must_share`
/// (MINUS) none without a column.
pub fn both(mask: &[u64], masks: &RowSet, must_share: bool) -> Vec<Mask> {
    let of_row = |row: usize| -> Mask {
        let words = mask.iter().zip(masks.row(row));
        words.map(|(left, right)| left & right).collect()
    };
    let mut sets: Vec<Mask> = (0..masks.len()).map(of_row).collect();
    sets.sort_unstable_by(|left, right| right.cmp(left));
    sets.dedup();
    sets.retain(|set| !must_share || !is_none(set));
    sets
}
