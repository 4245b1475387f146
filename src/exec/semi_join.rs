//! Semi join and anti join: rows of one input by whether the other has a row that goes with them.
//!
//! The build side is kept as a set of the values compared, each combination once. Values that may be unbound are
//! compatible if they are equal or one is unbound (SPARQL 1.1 section 18.3): rows are told apart by which of them are
//! bound, so that a look-up compares the columns bound on both sides and is one probe of a hash table for each such
//! combination, not a loop over rows.
//!
//! A set that does not fit in its share of memory becomes the build side of a hash join, which goes to disk.
//!
//! Cost: 20-50 ns for each row built and probed. Memory: 8 bytes for each value compared and 10 for each distinct row.
//! The order of the probe side stays if it must.

use super::batch::Batch;
use super::extend::Columns;
use super::hash_join::{HashJoin, JoinShape};
use super::operator::{BoxOperator, Operator, Runtime, SpillCharge, is_spent};
use super::rows::RowSet;
use super::slice::Union;
use super::spool::{PartReader, PartWriter, RowSpool};
use crate::error::Result;
use crate::plan::{JoinColumns, JoinKind, SemiColumns};
use rustc_hash::FxHashMap;
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
        let buffer = self.memory.buffer()?;
        let mut spool = RowSpool::new(&self.runtime)?;
        let mut writer = PartWriter::new(width, buffer.bytes());
        for set in std::mem::take(&mut self.table.rows) {
            for row in 0..set.len() {
                writer.push(set.row(row).iter().copied(), &mut spool)?;
            }
        }
        self.table = Table::new(&self.columns, &self.runtime);
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

/// Which of the columns that may be unbound are bound in a row, 64 to a word.
type Mask = Vec<u64>;

/// The rows of the build side.
struct Table {
    runtime: Arc<Runtime>,
    keys: usize,
    compatible: usize,
    /// The masks of the rows, and for each the rows: keys, then compatible columns.
    masks: RowSet,
    rows: Vec<RowSet>,
    /// By number of a mask and columns bound on both sides: the rows of that mask, cut to the keys and those columns.
    indexes: FxHashMap<(usize, Mask), RowSet>,
}

impl Table {
    fn new(columns: &SemiColumns, runtime: &Arc<Runtime>) -> Self {
        let compatible = columns.compatible.len();
        Self {
            runtime: runtime.clone(),
            keys: columns.keys.len(),
            compatible,
            masks: RowSet::new(compatible.div_ceil(64), &runtime.control),
            rows: Vec::new(),
            indexes: FxHashMap::default(),
        }
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Values of a row.
    fn width(&self) -> usize {
        self.keys + self.compatible
    }

    /// Bytes of all sets.
    fn bytes(&self) -> usize {
        let sets = self.rows.iter().chain(self.indexes.values());
        sets.map(RowSet::bytes).sum()
    }

    /// Errors: `ResourceExhausted`; then some rows of the batch may be in.
    fn add(&mut self, batch: &Batch, columns: &SemiColumns) -> Result<()> {
        let (mut rows, mut values, mut mask) = (Vec::new(), Vec::new(), Mask::new());
        batch.selected(&mut rows);
        for &row in &rows {
            let row = row as usize;
            values.clear();
            let pairs = columns.keys.iter().chain(&columns.compatible);
            values.extend(pairs.map(|&(_, right)| batch.columns[right][row]));
            mask_of(&values[self.keys..], &mut mask);
            let (number, new) = self.masks.insert(&mask)?;
            if new {
                self.rows
                    .push(RowSet::spilling(self.width(), 0, &self.runtime));
            }
            self.rows[number].insert(&values)?;
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
        if columns.compatible.is_empty() {
            let table = self.rows.first();
            let mut key = Vec::with_capacity(self.keys);
            rows.retain(|&row| {
                key.clear();
                let keys = columns.keys.iter();
                key.extend(keys.map(|&(left, _)| batch.columns[left][row as usize]));
                table.is_some_and(|table| table.contains(&key)) != anti
            });
            return Ok(());
        }
        let mut kept = Vec::with_capacity(rows.len());
        let (mut values, mut mask) = (Vec::new(), Mask::new());
        for &row in rows.iter() {
            let at = row as usize;
            values.clear();
            values.extend(
                columns
                    .keys
                    .iter()
                    .map(|&(left, _)| batch.columns[left][at]),
            );
            let compatible = columns.compatible.iter();
            values.extend(compatible.map(|&(left, _)| batch.columns[left][at]));
            mask_of(&values[self.keys..], &mut mask);
            if self.has_match(&values, &mask, columns.shared)? != anti {
                kept.push(row);
            }
        }
        *rows = kept;
        Ok(())
    }

    fn has_match(&mut self, values: &[u64], mask: &Mask, shared: bool) -> Result<bool> {
        for number in 0..self.rows.len() {
            let build_mask = self.masks.row(number);
            let both: Mask = mask.iter().zip(build_mask).map(|(a, b)| a & b).collect();
            // MINUS asks for a variable that both sides bind.
            if shared && both.iter().all(|&word| word == 0) {
                continue;
            }
            let mut key = Vec::with_capacity(values.len());
            cut(values, self.keys, &both, &mut key);
            if self.index(number, both)?.contains(&key) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn index(&mut self, number: usize, both: Mask) -> Result<&RowSet> {
        let width = self.keys
            + both
                .iter()
                .map(|word| word.count_ones() as usize)
                .sum::<usize>();
        let slot = match self.indexes.entry((number, both)) {
            std::collections::hash_map::Entry::Occupied(entry) => return Ok(entry.into_mut()),
            std::collections::hash_map::Entry::Vacant(entry) => entry,
        };
        let rows = &self.rows[number];
        let mut index = RowSet::spilling(width, 0, &self.runtime);
        let mut key = Vec::with_capacity(width);
        for row in 0..rows.len() {
            if row.is_multiple_of(POLL_ROWS) {
                self.runtime.control.poll()?;
            }
            key.clear();
            cut(rows.row(row), self.keys, &slot.key().1, &mut key);
            index.insert(&key)?;
        }
        Ok(slot.insert(index))
    }
}

fn mask_of(values: &[u64], mask: &mut Mask) {
    mask.clear();
    mask.resize(values.len().div_ceil(64), 0);
    for (column, &value) in values.iter().enumerate() {
        mask[column / 64] |= u64::from(value != 0) << (column % 64);
    }
}

/// The keys of a row and its columns of `mask`.
fn cut(row: &[u64], keys: usize, mask: &Mask, out: &mut Vec<u64>) {
    out.extend_from_slice(&row[..keys]);
    let compatible = row[keys..].iter().enumerate();
    out.extend(
        compatible
            .filter(|(column, _)| mask[column / 64] >> (column % 64) & 1 == 1)
            .map(|(_, &value)| value),
    );
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
