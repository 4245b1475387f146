//! Writes the runs of all five orders from one stream of quads sorted by (s, p, o, g).
//!
//! The other orders are stable sorts of the stream by one column (`order.rs`): psog and gspo of spog, ospg of spog, posg
//! of ospg. Rows are sorted a buffer at a time by two threads; if there is more than one buffer, what is sorted is
//! spooled as pieces and merged at the end.

use super::builder::RunBuilder;
use super::disk::DiskRun;
use super::order::{BYTES_PER_PLACE, resorted};
use super::piece::{PieceMerge, PieceSpool};
use super::row::Row;
use super::sort::Sort;
use crate::control::{Charge, Control, Phase, side_by_side};
use crate::error::Result;
use crate::kv::{Kv, PageFile, WrittenExtent};
use std::sync::Arc;

/// The orders, in the order of their sorts.
const ORDERS: [Sort; 5] = [Sort::Psog, Sort::Posg, Sort::Spog, Sort::Ospg, Sort::Gspo];
/// Bytes of memory a buffered row takes while its buffer is sorted: itself, and on either thread its place in a new
/// order and itself there, which on one of them is the order of a third.
pub const BYTES_PER_BUFFERED_ROW: usize = 4 * size_of::<Row>() + 2 * BYTES_PER_PLACE;
/// Rows written between two polls.
const POLL_ROWS: usize = 4096;

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
        side_by_side(
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
            side_by_side(
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
            side_by_side(
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

/// Rows sorted (s, p, o, g), in another sort.
fn sorted(rows: &[Row], sort: Sort) -> Vec<Row> {
    resorted(rows, Sort::Spog, sort)
}
