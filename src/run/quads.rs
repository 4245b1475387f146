//! Writes the runs of all five orders from one stream of quads sorted by (s, p, o, g).
//!
//! The other orders are stable sorts of the stream by one column: psog and gspo of spog, ospg of spog, posg of
//! ospg. Rows are sorted a buffer at a time by two threads; if there is more than one buffer, what is sorted is
//! spooled as pieces and merged at the end.

use super::builder::RunBuilder;
use super::disk::DiskRun;
use super::piece::{PieceMerge, PieceSpool};
use super::row::Row;
use super::sort::Sort;
use crate::control::{Charge, Control, Phase};
use crate::error::{Code, Error, Result};
use crate::kv::{Kv, PageFile, WrittenExtent};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::thread;

/// The orders, in the order of their sorts.
const ORDERS: [Sort; 5] = [Sort::Psog, Sort::Posg, Sort::Spog, Sort::Ospg, Sort::Gspo];
/// Bytes of memory a buffered row takes while its buffer is sorted: the row in four orders.
pub const BYTES_PER_BUFFERED_ROW: usize = 4 * size_of::<Row>();
/// Rows written between two polls.
const POLL_ROWS: usize = 4096;
/// With more distinct values than this a column is sorted by comparing.
const COUNTED_VALUES_MAX: usize = 4096;

/// Collects rows and writes their runs.
pub struct QuadRuns<'k> {
    control: Control,
    builders: [RunBuilder<'k>; 5],
    rows: Vec<Row>,
    rows_max: usize,
    charge: Charge,
    /// Sorted pieces of every order but spog, whose run is written as rows come.
    pieces: [PieceSpool; 5],
}

impl<'k> QuadRuns<'k> {
    /// `files` are empty page files, one for each order as [`Sort`] lists them. At most `rows_max` rows are held,
    /// at [`BYTES_PER_BUFFERED_ROW`] bytes each.
    pub fn new(
        kv: &Arc<Kv>,
        files: [PageFile<'k>; 5],
        rows_max: usize,
        control: &Control,
    ) -> Result<Self> {
        let mut sorts = ORDERS.into_iter();
        Ok(Self {
            control: control.clone(),
            builders: files.map(|file| RunBuilder::new(sorts.next().unwrap_or(Sort::Spog), file)),
            rows: Vec::new(),
            // Positions of rows are 32 bits.
            rows_max: rows_max.clamp(1, u32::MAX as usize),
            charge: control.charge(0)?,
            pieces: ORDERS.map(|_| PieceSpool::new(kv)),
        })
    }

    /// Rows come in strictly ascending order of their keys (s, p, o, g).
    /// Errors: `Cancelled`, `QueryTimeout`, `ResourceExhausted`, `Io`.
    #[inline]
    pub fn push(&mut self, row: Row) -> Result<()> {
        if self.rows.len() == self.rows.capacity() {
            self.make_room()?;
        }
        self.rows.push(row);
        Ok(())
    }

    #[cold]
    fn make_room(&mut self) -> Result<()> {
        self.control.poll()?;
        if self.rows.len() >= self.rows_max {
            return self.spool();
        }
        let rows = (2 * self.rows.len()).clamp(POLL_ROWS, self.rows_max.max(POLL_ROWS));
        self.charge.resize(rows * BYTES_PER_BUFFERED_ROW)?;
        self.rows.reserve_exact(rows - self.rows.len());
        Ok(())
    }

    fn is_spooled(&self) -> bool {
        !self.pieces[Sort::Psog.index()].is_empty()
    }

    /// Writes the buffered rows to the spog run and, as pieces, to the spools.
    fn spool(&mut self) -> Result<()> {
        let (rows, control) = (&self.rows, &self.control);
        let [psog, posg, _, ospg, gspo] = &mut self.pieces;
        let spog = &mut self.builders[Sort::Spog.index()];
        on_two_threads(
            || {
                push_all(spog, rows, control)?;
                psog.push(&sorted(rows, Sort::Psog), control)?;
                let rows = sorted(rows, Sort::Gspo);
                match rows.is_empty() {
                    true => Ok(()),
                    false => gspo.push(&rows, control),
                }
            },
            || {
                let rows = sorted(rows, Sort::Ospg);
                ospg.push(&rows, control)?;
                posg.push(&resorted(&rows, Sort::Ospg, Sort::Posg), control)
            },
        )?;
        self.rows.clear();
        Ok(())
    }

    /// Writes what is left and closes the runs; an order without rows has none.
    /// Errors: as [`QuadRuns::push`].
    pub fn finish(
        mut self,
        epoch: u32,
        first_seq: u64,
        last_seq: u64,
    ) -> Result<Vec<(DiskRun, WrittenExtent)>> {
        if self.is_spooled() {
            self.spool()?;
        }
        self.control.set_phase(Phase::Write);
        let is_spooled = self.is_spooled();
        let [psog, posg, spog, ospg, gspo] = &mut self.builders;
        let (rows, control) = (&self.rows, &self.control);
        if is_spooled {
            let [psogs, posgs, _, ospgs, gspos] = &self.pieces;
            on_two_threads(
                || {
                    merge_into(psog, psogs, control)?;
                    merge_into(gspo, gspos, control)
                },
                || {
                    merge_into(ospg, ospgs, control)?;
                    merge_into(posg, posgs, control)
                },
            )?;
        } else {
            on_two_threads(
                || {
                    push_all(psog, &sorted(rows, Sort::Psog), control)?;
                    push_all(gspo, &sorted(rows, Sort::Gspo), control)?;
                    push_all(spog, rows, control)
                },
                || {
                    let rows = sorted(rows, Sort::Ospg);
                    push_all(ospg, &rows, control)?;
                    push_all(posg, &resorted(&rows, Sort::Ospg, Sort::Posg), control)
                },
            )?;
        }
        let mut runs = Vec::new();
        for builder in self.builders {
            runs.extend(builder.finish(epoch, first_seq, last_seq)?);
        }
        Ok(runs)
    }
}

fn merge_into(builder: &mut RunBuilder<'_>, pieces: &PieceSpool, control: &Control) -> Result<()> {
    let mut merge = PieceMerge::new(pieces.pieces(0))?;
    let mut count = 0usize;
    while let Some(row) = merge.next_row()? {
        if count.is_multiple_of(POLL_ROWS) {
            control.poll()?;
        }
        count += 1;
        builder.push(row)?;
    }
    Ok(())
}

fn push_all(builder: &mut RunBuilder<'_>, rows: &[Row], control: &Control) -> Result<()> {
    for rows in rows.chunks(POLL_ROWS) {
        control.poll()?;
        for &row in rows {
            builder.push(row)?;
        }
    }
    Ok(())
}

fn on_two_threads(
    first: impl FnOnce() -> Result<()>,
    second: impl FnOnce() -> Result<()> + Send,
) -> Result<()> {
    thread::scope(|scope| {
        let second = scope.spawn(second);
        let first = first();
        first.and(joined(second.join()))
    })
}

fn joined<T>(outcome: thread::Result<Result<T>>) -> Result<T> {
    outcome.unwrap_or_else(|_| {
        Err(Error::new(
            Code::Internal,
            "a thread that sorts rows panicked",
        ))
    })
}

/// Rows sorted (s, p, o, g), in another sort.
fn sorted(rows: &[Row], sort: Sort) -> Vec<Row> {
    resorted(rows, Sort::Spog, sort)
}

/// Rows in sort `from` as rows in sort `to`, of which the leading column decides and the rest is in order already.
fn resorted(rows: &[Row], from: Sort, to: Sort) -> Vec<Row> {
    let leading = to.columns()[0];
    let column = from
        .columns()
        .iter()
        .position(|&position| position == leading);
    let column = column.unwrap_or_default();
    let rekeyed = |row: &Row| Row {
        key: to.key(&from.row(&row.key)),
        states: row.states,
    };
    let in_sort = |row: &&Row| to != Sort::Gspo || row.key[column] != 0;
    match starts_of_values(rows, column, in_sort) {
        Some((mut starts, total)) => {
            let mut out = vec![Row::default(); total];
            for row in rows.iter().filter(in_sort) {
                if let Some(at) = starts.get_mut(&row.key[column]) {
                    out[*at as usize] = rekeyed(row);
                    *at += 1;
                }
            }
            out
        }
        None => {
            let mut order: Vec<(u64, u32)> = rows
                .iter()
                .enumerate()
                .filter(|(_, row)| in_sort(row))
                .map(|(at, row)| (row.key[column], at as u32))
                .collect();
            order.sort_unstable();
            order
                .iter()
                .map(|&(_, at)| rekeyed(&rows[at as usize]))
                .collect()
        }
    }
}

/// Where the rows of each value of a column begin when sorted by it, and how many rows there are; `None` if there
/// are too many values to count.
fn starts_of_values(
    rows: &[Row],
    column: usize,
    in_sort: impl Fn(&&Row) -> bool,
) -> Option<(FxHashMap<u64, u32>, usize)> {
    let mut counts: FxHashMap<u64, u32> = FxHashMap::default();
    for row in rows.iter().filter(in_sort) {
        *counts.entry(row.key[column]).or_default() += 1;
        if counts.len() > COUNTED_VALUES_MAX {
            return None;
        }
    }
    let mut values: Vec<(u64, u32)> = counts.into_iter().collect();
    values.sort_unstable();
    let mut total = 0;
    let mut starts = FxHashMap::default();
    for (value, count) in values {
        starts.insert(value, total);
        total += count;
    }
    Some((starts, total as usize))
}

#[cfg(test)]
mod tests {
    use super::super::row::States;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_stable_sort_by_one_column_is_the_sort(
            mut keys in prop::collection::vec([0u64..40, 0u64..4, 0u64..9000, 0u64..3], 0..6000),
        ) {
            keys.sort_unstable();
            keys.dedup();
            let rows = |sort: Sort| {
                let mut rows: Vec<[u64; 4]> = keys
                    .iter()
                    .filter(|key| sort.holds_graph(key[3]))
                    .map(|key| sort.key(key))
                    .collect();
                rows.sort_unstable();
                rows
            };
            let spog: Vec<Row> =
                keys.iter().map(|&key| Row { key, states: States::ASSERT }).collect();
            let ospg = sorted(&spog, Sort::Ospg);
            for (sort, sorted) in [
                (Sort::Psog, sorted(&spog, Sort::Psog)),
                (Sort::Gspo, sorted(&spog, Sort::Gspo)),
                (Sort::Posg, resorted(&ospg, Sort::Ospg, Sort::Posg)),
                (Sort::Ospg, ospg),
            ] {
                let sorted: Vec<[u64; 4]> = sorted.iter().map(|row| row.key).collect();
                prop_assert_eq!(sorted, rows(sort), "{:?}", sort);
            }
        }
    }
}
