//! Group: counts of rows, values and distinct values for each group.

use super::batch::Batch;
use super::operator::{BoxOperator, Operator, Runtime, StateCharge};
use super::rows::RowSet;
use crate::error::Result;
use crate::expr::Evaluator;
use crate::store::BATCH_ROWS;
use crate::term::{Datatype, TermRef};
use std::sync::Arc;

/// What is counted in a group.
#[derive(Clone, Debug)]
pub enum Count {
    Rows,
    DistinctRows,
    /// Rows in which the expression has a value.
    Values(Evaluator),
    DistinctValues(Evaluator),
}

/// Groups rows by columns and counts. Output: the key columns, then the counts. Without keys there is one group,
/// also of no rows.
pub struct Group {
    runtime: Arc<Runtime>,
    input: Option<BoxOperator>,
    /// Gives keys of groups that are there even if they have no rows.
    seeds: Option<BoxOperator>,
    keys: Vec<usize>,
    counts: Vec<Count>,
    groups: RowSet,
    /// For each group its counts, in order.
    totals: Vec<u64>,
    /// For each count of distinct things, (group, things) seen.
    seen: Vec<Option<RowSet>>,
    at: usize,
    state: StateCharge,
}

impl Group {
    /// `width` is the number of input columns.
    pub fn new(
        runtime: &Arc<Runtime>,
        input: BoxOperator,
        seeds: Option<BoxOperator>,
        keys: Vec<usize>,
        counts: Vec<Count>,
        width: usize,
    ) -> Self {
        let control = &runtime.control;
        let seen = counts
            .iter()
            .map(|count| match count {
                Count::DistinctRows => Some(RowSet::new(width + 1, control)),
                Count::DistinctValues(_) => Some(RowSet::new(2, control)),
                Count::Rows | Count::Values(_) => None,
            })
            .collect();
        Self {
            runtime: runtime.clone(),
            input: Some(input),
            seeds,
            groups: RowSet::new(keys.len(), control),
            keys,
            counts,
            totals: Vec::new(),
            seen,
            at: 0,
            state: StateCharge::new(control),
        }
    }

    fn load(&mut self, mut input: BoxOperator) -> Result<()> {
        let mut batch = Batch::new();
        let (mut rows, mut numbers, mut row_values) = (Vec::new(), Vec::new(), Vec::new());
        if self.keys.is_empty() {
            self.open_group(&[])?;
        }
        if let Some(mut seeds) = self.seeds.take() {
            while seeds.next(&mut batch)? {
                self.runtime.control.poll()?;
                batch.selected(&mut rows);
                for &row in &rows {
                    row_values.clear();
                    row_values.extend(batch.columns.iter().map(|column| column[row as usize]));
                    self.open_group(&row_values)?;
                }
            }
        }
        while input.next(&mut batch)? {
            self.runtime.control.poll()?;
            batch.selected(&mut rows);
            numbers.clear();
            for &row in &rows {
                row_values.clear();
                row_values.extend(
                    self.keys
                        .iter()
                        .map(|&column| batch.columns[column][row as usize]),
                );
                numbers.push(self.open_group(&row_values)?);
            }
            self.count(&batch, &rows, &numbers)?;
        }
        Ok(())
    }

    fn open_group(&mut self, key: &[u64]) -> Result<usize> {
        let (number, new) = self.groups.insert(key)?;
        if new {
            self.totals.resize(self.totals.len() + self.counts.len(), 0);
            self.state.hold(self.totals.len() * 8)?;
        }
        Ok(number)
    }

    fn count(&mut self, batch: &Batch, rows: &[u32], numbers: &[usize]) -> Result<()> {
        let width = self.counts.len();
        let mut row_values = Vec::new();
        for (column, count) in self.counts.iter().enumerate() {
            let totals = &mut self.totals;
            match count {
                Count::Rows => numbers
                    .iter()
                    .for_each(|number| totals[number * width + column] += 1),
                Count::Values(value) => {
                    let values = value.ids(&batch.columns, rows, &self.runtime.terms)?;
                    for (number, value) in numbers.iter().zip(values) {
                        totals[number * width + column] += u64::from(value != 0);
                    }
                }
                Count::DistinctRows | Count::DistinctValues(_) => {
                    let values = match count {
                        Count::DistinctValues(value) => {
                            Some(value.ids(&batch.columns, rows, &self.runtime.terms)?)
                        }
                        _ => None,
                    };
                    let Some(seen) = &mut self.seen[column] else {
                        continue;
                    };
                    for (place, number) in numbers.iter().enumerate() {
                        row_values.clear();
                        row_values.push(*number as u64);
                        match &values {
                            Some(values) if values[place] == 0 => continue,
                            Some(values) => row_values.push(values[place]),
                            None => row_values.extend(
                                batch
                                    .columns
                                    .iter()
                                    .map(|column| column[rows[place] as usize]),
                            ),
                        }
                        totals[number * width + column] += u64::from(seen.insert(&row_values)?.1);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The id of a count as an `xsd:integer`. Errors: those of [`Terms`](crate::expr::Terms).
pub fn count_id(count: u64, runtime: &Runtime) -> Result<u64> {
    let lexical = count.to_string();
    Ok(runtime
        .terms
        .intern(TermRef::typed(&lexical, Datatype::Integer.iri()))?
        .raw())
}

impl Operator for Group {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        if let Some(input) = self.input.take() {
            self.load(input)?;
        }
        let end = self.groups.len().min(self.at + BATCH_ROWS);
        if self.at == end {
            return Ok(false);
        }
        let width = self.counts.len();
        batch.reset(self.keys.len() + width);
        for group in self.at..end {
            for (column, value) in self.groups.row(group).iter().enumerate() {
                batch.columns[column].push(*value);
            }
            for column in 0..width {
                let id = count_id(self.totals[group * width + column], &self.runtime)?;
                batch.columns[self.keys.len() + column].push(id);
            }
        }
        batch.set_rows(end - self.at);
        self.at = end;
        Ok(true)
    }
}
