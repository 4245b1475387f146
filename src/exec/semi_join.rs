//! Semi join and anti join: rows of one input by whether the other has a row that goes with them.
//!
//! The build side is kept as a set of the values compared, each combination once. Where values may be unbound a row looks
//! for the values of the columns that both sides bind, as `compatible.rs` says: in the set itself if it binds all columns,
//! and otherwise in one that is cut to those it binds, made for the first such row.
//!
//! A set that does not fit in its share of memory becomes the build side of a hash join, which goes to disk.
//!
//! Cost: 20-50 ns for each row built and look-up of a row probed. Memory: 8 bytes for each value compared and 10 for each
//! distinct row of each set.
//! The order of the probe side stays if it must.

use super::batch::Batch;
use super::compatible::{Mask, both, has, mask_of, words};
use super::extend::Columns;
use super::hash_join::{HashJoin, JoinShape};
use super::operator::{BoxOperator, Operator, Runtime, SpillCharge, is_spent};
use super::rows::RowSet;
use super::slice::Union;
use super::spool::{PartReader, PartWriter, RowSpool};
use crate::error::Result;
use crate::plan::{JoinColumns, JoinKind, SemiColumns};
use std::sync::Arc;

/// Rows put into an index between two polls.
const POLL_ROWS: usize = 1 << 16;
/// Bytes of a set from which on memory for the buffers of spilling is kept back.
const RESERVE_FROM_BYTES: usize = 64 << 10;

/// See the module.
pub struct SemiJoin {
    runtime: Arc<Runtime>,
    probe: Option<BoxOperator>,
    build: Option<BoxOperator>,
    columns: SemiColumns,
    /// Columns of the probe side.
    width: usize,
    /// Whether rows with a match go, else those without one.
    anti: bool,
    is_ordered: bool,
    table: Table,
    memory: SpillCharge,
    spilled: Option<Box<HashJoin>>,
}

impl SemiJoin {
    /// Reads `build` to the end at the first call of `next`, before `probe`, which has `width` columns.
    pub fn new(
        runtime: &Arc<Runtime>,
        (probe, width): (BoxOperator, usize),
        build: BoxOperator,
        columns: SemiColumns,
        anti: bool,
        is_ordered: bool,
    ) -> Self {
        Self {
            table: Table::new(&columns, runtime),
            memory: SpillCharge::new(runtime),
            runtime: runtime.clone(),
            probe: Some(probe),
            build: Some(build),
            columns,
            width,
            anti,
            is_ordered,
            spilled: None,
        }
    }

    /// Fills the set. If it gets too large, the rest goes to a hash join with it.
    fn load(&mut self, mut build: BoxOperator) -> Result<()> {
        let mut batch = Batch::new();
        while build.next(&mut batch)? {
            self.runtime.control.poll()?;
            let added = self.table.add(&batch, &self.columns);
            if self.is_full(added)? {
                let probe = self.probe.take();
                return self.spill(Some((batch, build)), probe);
            }
            // Rows without anything to compare are one row.
            if self.table.width() == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Whether the set must not grow further. Errors: those of `outcome`, but for spent memory where there is a way out.
    fn is_full(&mut self, outcome: Result<()>) -> Result<bool> {
        match outcome {
            Err(error) if is_spent(&error) && self.memory.spills() => return Ok(true),
            outcome => outcome?,
        }
        let bytes = self.table.bytes();
        if bytes > RESERVE_FROM_BYTES && self.memory.spills() {
            self.memory.reserve()?;
        }
        Ok(self.memory.is_beyond_share(bytes))
    }

    /// Makes the rows of the set, of a batch and of an operator the build side of a hash join of `probe`.
    fn spill(
        &mut self,
        build: Option<(Batch, BoxOperator)>,
        probe: Option<BoxOperator>,
    ) -> Result<()> {
        let Some(probe) = probe else {
            return Ok(());
        };
        let width = self.table.width();
        // What was made of the rows goes first, since buffers need room.
        self.table.ways.clear();
        let buffer = self.memory.buffer()?;
        let mut spool = RowSpool::new(&self.runtime)?;
        let mut writer = PartWriter::new(width, buffer.bytes());
        let table = Table::new(&self.columns, &self.runtime);
        let rows = std::mem::replace(&mut self.table, table).rows;
        for row in 0..rows.len() {
            writer.push(rows.row(row).iter().copied(), &mut spool)?;
        }
        drop(rows);
        let part = writer.finish(&mut spool)?;
        drop(buffer);
        let mut inputs: Vec<BoxOperator> =
            vec![Box::new(PartReader::new(&Arc::new(spool), part, width))];
        if let Some((batch, rest)) = build {
            let pairs = self.columns.keys.iter().chain(&self.columns.compatible);
            let map: Vec<Option<usize>> = pairs.map(|&(_, right)| Some(right)).collect();
            inputs.push(Box::new(Columns::new(
                Box::new(Once(Some(batch))),
                map.clone(),
            )));
            inputs.push(Box::new(Columns::new(rest, map)));
        }
        let numbered = |pairs: &[(usize, usize)], first: usize| {
            let pairs = pairs.iter().zip(first..);
            pairs.map(|(&(left, _), right)| (left, right)).collect()
        };
        let shape = JoinShape {
            columns: JoinColumns {
                keys: numbered(&self.columns.keys, 0),
                compatible: numbered(&self.columns.compatible, self.columns.keys.len()),
                outputs: Vec::new(),
            },
            probe_width: self.width,
            build_width: width,
            kind: match self.anti {
                true => JoinKind::Anti,
                false => JoinKind::Semi,
            },
            must_share: self.columns.shared,
            is_ordered: self.is_ordered,
        };
        let build = Box::new(Union::new(inputs));
        self.spilled = Some(Box::new(HashJoin::new(
            &self.runtime,
            probe,
            build,
            shape,
            None,
        )));
        Ok(())
    }
}

/// A batch that was read already.
struct Once(Option<Batch>);

impl Operator for Once {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        match self.0.take() {
            Some(once) => {
                *batch = once;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

impl Operator for SemiJoin {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        if let Some(build) = self.build.take() {
            self.load(build)?;
        }
        if let Some(spilled) = &mut self.spilled {
            return spilled.next(batch);
        }
        if self.table.is_empty() && !self.anti {
            return Ok(false);
        }
        let mut rows = Vec::new();
        while let Some(mut probe) = self.probe.take() {
            if !probe.next(batch)? {
                break;
            }
            self.runtime.control.poll()?;
            batch.selected(&mut rows);
            let selected = self
                .table
                .select(batch, &mut rows, self.anti, &self.columns);
            match selected {
                Err(error) if is_spent(&error) && self.memory.spills() => {
                    // Nothing of this batch was given.
                    let first = Box::new(Once(Some(std::mem::take(batch))));
                    self.spill(None, Some(Box::new(Union::new(vec![first, probe]))))?;
                    return self.next(batch);
                }
                selected => selected?,
            }
            self.probe = Some(probe);
            if !rows.is_empty() {
                batch.select(rows);
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn skip_to(&mut self, key: &[u64]) -> Result<()> {
        match &mut self.probe {
            Some(probe) => probe.skip_to(key),
            None => Ok(()),
        }
    }
}

/// The rows of the build side.
struct Table {
    runtime: Arc<Runtime>,
    keys: usize,
    compatible: usize,
    /// Whether a match needs a column that both rows bind.
    shared: bool,
    /// Keys, then columns that may be unbound.
    rows: RowSet,
    /// The sets of these that rows bind.
    masks: RowSet,
    /// The sets that probe rows bind, and the way of each.
    probe_masks: RowSet,
    ways: Vec<Way>,
}

/// How probe rows that bind one set of columns find a match.
struct Way {
    mask: Mask,
    /// The columns that probe row and build row both bind.
    both: Vec<Mask>,
    /// The build rows cut to the keys and the columns of the mask; `None` if it has all columns.
    rows: Option<RowSet>,
}

impl Table {
    fn new(columns: &SemiColumns, runtime: &Arc<Runtime>) -> Self {
        let (keys, compatible) = (columns.keys.len(), columns.compatible.len());
        Self {
            runtime: runtime.clone(),
            keys,
            compatible,
            shared: columns.shared,
            rows: RowSet::spilling(keys + compatible, 0, runtime),
            masks: RowSet::new(words(compatible), &runtime.control),
            probe_masks: RowSet::new(words(compatible), &runtime.control),
            ways: Vec::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.rows.len() == 0
    }

    /// Values of a row.
    fn width(&self) -> usize {
        self.keys + self.compatible
    }

    /// Bytes of all sets.
    fn bytes(&self) -> usize {
        let cut = self.ways.iter().filter_map(|way| way.rows.as_ref());
        self.rows.bytes() + cut.map(RowSet::bytes).sum::<usize>()
    }

    /// Errors: `ResourceExhausted`; then some rows of the batch may be in.
    fn add(&mut self, batch: &Batch, columns: &SemiColumns) -> Result<()> {
        let (mut rows, mut values, mut mask) = (Vec::new(), Vec::new(), Mask::new());
        batch.selected(&mut rows);
        for &row in &rows {
            values.clear();
            let pairs = columns.keys.iter().chain(&columns.compatible);
            values.extend(pairs.map(|&(_, right)| batch.columns[right][row as usize]));
            self.rows.insert(&values)?;
            mask_of(values[self.keys..].iter().copied(), &mut mask);
            self.masks.insert(&mask)?;
        }
        Ok(())
    }

    /// Keeps the rows of a batch that have a match, or with `anti` those that have none.
    fn select(
        &mut self,
        batch: &Batch,
        rows: &mut Vec<u32>,
        anti: bool,
        columns: &SemiColumns,
    ) -> Result<()> {
        let mut kept = Vec::with_capacity(rows.len());
        let (mut values, mut mask, mut key) = (Vec::new(), Mask::new(), Vec::new());
        let mut way = 0;
        for &row in rows.iter() {
            values.clear();
            let pairs = columns.keys.iter().chain(&columns.compatible);
            values.extend(pairs.map(|&(left, _)| batch.columns[left][row as usize]));
            mask_of(values[self.keys..].iter().copied(), &mut mask);
            if way == self.ways.len() || self.probe_masks.row(way).iter().ne(&mask) {
                way = self.way(&mask)?;
            }
            if self.has_match(&self.ways[way], &values, &mut key) != anti {
                kept.push(row);
            }
        }
        *rows = kept;
        Ok(())
    }

    fn has_match(&self, way: &Way, values: &[u64], key: &mut Vec<u64>) -> bool {
        let rows = way.rows.as_ref().unwrap_or(&self.rows);
        way.both.iter().any(|both| {
            key.clear();
            cut(values, self.keys, &way.mask, key);
            let open = (0..self.compatible).filter(|&column| has(&way.mask, column));
            for (value, column) in key[self.keys..].iter_mut().zip(open) {
                *value *= u64::from(has(both, column));
            }
            rows.contains(key)
        })
    }

    /// The number of the way of probe rows with this mask. Errors: `ResourceExhausted`, `Cancelled`, `QueryTimeout`.
    fn way(&mut self, mask: &Mask) -> Result<usize> {
        let (way, is_new) = self.probe_masks.insert(mask)?;
        if !is_new {
            return Ok(way);
        }
        let width = (0..self.compatible).filter(|&column| has(mask, column));
        let width = self.keys + width.count();
        let rows = match width == self.width() {
            true => None,
            false => Some(self.cut_to(mask, width)?),
        };
        self.ways.push(Way {
            mask: mask.clone(),
            both: both(mask, &self.masks, self.shared),
            rows,
        });
        Ok(way)
    }

    fn cut_to(&self, mask: &Mask, width: usize) -> Result<RowSet> {
        let mut set = RowSet::spilling(width, 0, &self.runtime);
        let mut key = Vec::with_capacity(width);
        for row in 0..self.rows.len() {
            if row.is_multiple_of(POLL_ROWS) {
                self.runtime.control.poll()?;
            }
            key.clear();
            cut(self.rows.row(row), self.keys, mask, &mut key);
            set.insert(&key)?;
        }
        Ok(set)
    }
}

/// The keys of a row and its columns of `mask`.
fn cut(row: &[u64], keys: usize, mask: &Mask, out: &mut Vec<u64>) {
    out.extend_from_slice(&row[..keys]);
    let compatible = row[keys..].iter().enumerate();
    let compatible = compatible.filter(|(column, _)| has(mask, *column));
    out.extend(compatible.map(|(_, &value)| value));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::spill_tests::runtime;
    use proptest::prelude::*;

    type Rows = Vec<[u64; 3]>;

    /// The first column is never unbound.
    fn rows() -> impl Strategy<Value = Rows> {
        let row =
            (1..4_u64, 0..3_u64, 0..3_u64).prop_map(|(key, first, second)| [key, first, second]);
        proptest::collection::vec(row, 0..12)
    }

    fn columns(rows: &Rows) -> Vec<Vec<u64>> {
        (0..3)
            .map(|column| rows.iter().map(|row| row[column]).collect())
            .collect()
    }

    proptest! {
        #[test]
        fn rows_stay_by_the_definition_of_compatible_solutions(
            left in rows(),
            right in rows(),
            is_keyed: bool,
            shared: bool,
            anti: bool,
        ) {
            let semi = SemiColumns {
                keys: if is_keyed { vec![(0, 0)] } else { Vec::new() },
                compatible: vec![(1, 1), (2, 2)],
                shared,
            };
            let mut table = Table::new(&semi, &runtime(usize::MAX));
            let mut build = Batch::new();
            build.columns = columns(&right);
            build.set_rows(right.len());
            table.add(&build, &semi).unwrap();
            let mut batch = Batch::new();
            batch.columns = columns(&left);
            batch.set_rows(left.len());
            let mut kept: Vec<u32> = (0..left.len() as u32).collect();
            table.select(&batch, &mut kept, anti, &semi).unwrap();

            let matches = |left: &[u64; 3]| right.iter().any(|right| {
                let both = |column: usize| left[column] != 0 && right[column] != 0;
                (!is_keyed || left[0] == right[0])
                    && (1..3).all(|column| !both(column) || left[column] == right[column])
                    && (!shared || (1..3).any(both))
            });
            let expected: Vec<u32> = (0..left.len() as u32)
                .filter(|&row| matches(&left[row as usize]) != anti)
                .collect();
            prop_assert_eq!(kept, expected);
        }
    }
}
