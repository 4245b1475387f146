//! The currency of the executor: columns of ids and the rows of them that count.

use crate::store::BATCH_ROWS;

/// Up to [`BATCH_ROWS`] rows as columns of raw term ids (0 is unbound), and perhaps a selection of them.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Each column holds one id for each row, selected or not.
    pub columns: Vec<Vec<u64>>,
    rows: usize,
    /// Ascending indexes of the rows that count; `None`: all.
    selection: Option<Vec<u32>>,
}

impl Batch {
    pub fn new() -> Self {
        Self::default()
    }

    /// Empties the batch and gives it `width` columns, keeping buffers.
    pub fn reset(&mut self, width: usize) {
        self.columns.truncate(width);
        self.columns.iter_mut().for_each(Vec::clear);
        self.columns.resize_with(width, Vec::new);
        self.rows = 0;
        self.selection = None;
    }

    /// States the number of rows after the columns were filled.
    pub fn set_rows(&mut self, rows: usize) {
        debug_assert!(rows <= BATCH_ROWS);
        debug_assert!(self.columns.iter().all(|column| column.len() == rows));
        self.rows = rows;
        self.selection = None;
    }

    /// Rows that count.
    pub fn len(&self) -> usize {
        self.selection.as_ref().map_or(self.rows, Vec::len)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows of the columns, selected or not.
    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn selection(&self) -> Option<&[u32]> {
        self.selection.as_deref()
    }

    /// The rows that count, as indexes into the columns, written to `rows`.
    pub fn selected(&self, rows: &mut Vec<u32>) {
        rows.clear();
        match &self.selection {
            Some(selection) => rows.extend_from_slice(selection),
            None => rows.extend(0..self.rows as u32),
        }
    }

    /// Keeps only these rows, which are an ascending part of those that count.
    pub fn select(&mut self, rows: Vec<u32>) {
        debug_assert!(
            rows.is_sorted() && rows.last().is_none_or(|&row| (row as usize) < self.rows)
        );
        self.selection = (rows.len() < self.rows).then_some(rows);
    }

    /// Drops the rows that do not count from the columns.
    pub fn compact(&mut self) {
        let Some(selection) = self.selection.take() else {
            return;
        };
        for column in &mut self.columns {
            for (to, &from) in selection.iter().enumerate() {
                column[to] = column[from as usize];
            }
            column.truncate(selection.len());
        }
        self.rows = selection.len();
    }

    /// Keeps `len` rows after leaving out `skip`.
    pub fn slice(&mut self, skip: usize, len: usize) {
        let mut rows = Vec::new();
        self.selected(&mut rows);
        rows.truncate(skip.saturating_add(len));
        rows.drain(..skip.min(rows.len()));
        self.select(rows);
    }
}

/// One side of the rows of a join: columns, and the row of them for each row that is given.
pub struct Side<'a> {
    pub columns: &'a [Vec<u64>],
    pub rows: &'a [u32],
}

/// Fills `out` with joined rows: all columns of the left side, where those of `filled` (left, right) take the value of the
/// right one if they are unbound, then the right columns in `outputs`.
pub fn gather_joined(
    left: &Side<'_>,
    right: &Side<'_>,
    filled: &[(usize, usize)],
    outputs: &[usize],
    out: &mut Batch,
) {
    let width = left.columns.len();
    out.reset(width + outputs.len());
    for (from, to) in left.columns.iter().zip(&mut out.columns) {
        gather(from, left.rows, to);
    }
    for &(to, from) in filled {
        let from = &right.columns[from];
        for (value, &row) in out.columns[to].iter_mut().zip(right.rows) {
            if *value == 0 {
                *value = from[row as usize];
            }
        }
    }
    for (&from, to) in outputs.iter().zip(&mut out.columns[width..]) {
        gather(&right.columns[from], right.rows, to);
    }
    out.set_rows(left.rows.len());
}

/// Appends `column[row]` for every row.
#[inline]
pub fn gather(column: &[u64], rows: &[u32], out: &mut Vec<u64>) {
    out.extend(rows.iter().map(|&row| column[row as usize]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_and_slice_keep_the_selected_rows() {
        let mut batch = Batch::new();
        batch.reset(1);
        batch.columns[0].extend(0..10);
        batch.set_rows(10);
        batch.select(vec![1, 3, 5, 7]);
        batch.slice(1, 2);
        assert_eq!(batch.len(), 2);
        batch.compact();
        assert_eq!((batch.rows(), &batch.columns[0][..]), (2, &[3, 5][..]));
        batch.slice(5, 1);
        assert!(batch.is_empty());
    }
}
