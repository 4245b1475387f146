//! Group: aggregates of each group of rows.
//!
//! Groups are numbered by a set of keys; each aggregate is a kernel over (group number, value) columns. When the set has had
//! its share of memory, rows of further groups wait on disk and are grouped part by part once the groups at hand were
//! given. DISTINCT is a set of (group number, value) that goes to disk by itself: a value it has no room for is told
//! apart, and given to its kernel, after the input's end.

use super::batch::{Batch, gather};
use super::operator::{BoxOperator, Operator, Runtime};
use super::overflow::{Overflow, hash};
use super::rows::{Place, RowSet};
use crate::algebra::AggregateFunction;
use crate::error::Result;
use crate::expr::Evaluator;
use crate::expr::aggregates::{Kernel, Scope, kernel};
use crate::store::BATCH_ROWS;
use crate::term::{Datatype, TermRef};
use std::sync::Arc;

/// What is worked for each group.
pub struct Aggregated {
    pub function: AggregateFunction,
    /// `None` is the row itself, which is never an error.
    pub argument: Option<Evaluator>,
    pub distinct: bool,
}

/// An aggregate at work.
struct Working {
    aggregated: Aggregated,
    /// The stored columns (see [`Group::store`]) that are its value: one, or those of the row, or none.
    columns: std::ops::Range<usize>,
    kernel: Box<dyn Kernel>,
    seen: Option<Seen>,
}

/// Values that groups have had, for DISTINCT: rows of a group number and the value.
struct Seen {
    rows: RowSet,
    overflow: Overflow,
    row: Vec<u64>,
}

/// Groups rows by columns. Output: the key columns, then the aggregates. Without keys there is one group, also of no rows.
pub struct Group {
    runtime: Arc<Runtime>,
    input: Option<BoxOperator>,
    /// Gives keys of groups that are there even if they have no rows.
    seeds: Option<BoxOperator>,
    keys: Vec<usize>,
    working: Vec<Working>,
    /// Whether an aggregate is of distinct rows, which then are stored whole.
    stores_rows: bool,
    /// Whether the last stored column tells rows from seeds.
    has_seeds: bool,
    /// Stored columns.
    stored: usize,
    groups: RowSet,
    /// Stored rows of groups that have no room.
    overflow: Overflow,
    at: usize,
    key: Vec<u64>,
    /// Group numbers of a batch's rows, and those rows.
    numbers: Vec<u32>,
    rows: Vec<u32>,
    values: Vec<u64>,
}

impl Group {
    /// `width` is the number of input columns. Errors: those of [`kernel`].
    pub fn new(
        runtime: &Arc<Runtime>,
        input: BoxOperator,
        seeds: Option<BoxOperator>,
        keys: Vec<usize>,
        aggregates: Vec<Aggregated>,
        width: usize,
    ) -> Result<Self> {
        let mut next = keys.len();
        let rows_at = next
            + aggregates
                .iter()
                .filter(|aggregated| aggregated.argument.is_some())
                .count();
        let mut stores_rows = false;
        let mut working = Vec::with_capacity(aggregates.len());
        for aggregated in aggregates {
            let columns = match (&aggregated.argument, aggregated.distinct) {
                (Some(_), _) => next..next + 1,
                (None, true) => rows_at..rows_at + width,
                (None, false) => 0..0,
            };
            next += usize::from(aggregated.argument.is_some());
            stores_rows |= aggregated.argument.is_none() && aggregated.distinct;
            working.push(Working {
                seen: aggregated.distinct.then(|| Seen {
                    rows: RowSet::spilling(columns.len() + 1, 0, runtime),
                    overflow: Overflow::new(runtime, columns.len() + 1),
                    row: Vec::new(),
                }),
                kernel: kernel(&aggregated.function, &runtime.context, &runtime.control)?,
                columns,
                aggregated,
            });
        }
        let has_seeds = seeds.is_some();
        let stored = rows_at + if stores_rows { width } else { 0 } + usize::from(has_seeds);
        let group_bytes = working
            .iter()
            .map(|working| working.kernel.group_bytes())
            .sum();
        Ok(Self {
            runtime: runtime.clone(),
            input: Some(input),
            seeds,
            groups: RowSet::spilling(keys.len(), group_bytes, runtime),
            overflow: Overflow::new(runtime, stored),
            keys,
            working,
            stores_rows,
            has_seeds,
            stored,
            at: 0,
            key: Vec::new(),
            numbers: Vec::new(),
            rows: Vec::new(),
            values: Vec::new(),
        })
    }

    fn load(&mut self, mut input: BoxOperator) -> Result<()> {
        let mut batch = Batch::new();
        let mut rows = Vec::new();
        if self.keys.is_empty() {
            self.groups.insert(&[])?;
            self.open();
        }
        let mut stored = Vec::new();
        if let Some(mut seeds) = self.seeds.take() {
            while seeds.next(&mut batch)? {
                self.runtime.control.poll()?;
                batch.compact();
                // Such a row is a key and nothing else.
                stored = std::mem::take(&mut batch.columns);
                stored.resize(self.stored, vec![0; batch.rows()]);
                self.work(&stored, batch.rows())?;
            }
        }
        while input.next(&mut batch)? {
            self.runtime.control.poll()?;
            batch.selected(&mut rows);
            self.store(&batch, &rows, &mut stored)?;
            self.work(&stored, rows.len())?;
        }
        drop(input);
        self.finish_distinct()
    }

    /// The stored columns of rows: keys, arguments of aggregates, and the row where an aggregate is of distinct rows.
    fn store(&self, batch: &Batch, rows: &[u32], stored: &mut Vec<Vec<u64>>) -> Result<()> {
        stored.clear();
        let gathered = |column: usize| {
            let mut values = Vec::with_capacity(rows.len());
            gather(&batch.columns[column], rows, &mut values);
            values
        };
        stored.extend(self.keys.iter().map(|&key| gathered(key)));
        for working in &self.working {
            if let Some(argument) = &working.aggregated.argument {
                stored.push(argument.ids(&batch.columns, rows, &self.runtime.terms)?);
            }
        }
        if self.stores_rows {
            stored.extend((0..batch.columns.len()).map(gathered));
        }
        if self.has_seeds {
            stored.push(vec![ROW; rows.len()]);
        }
        Ok(())
    }

    /// Groups stored rows.
    fn work(&mut self, stored: &[Vec<u64>], count: usize) -> Result<()> {
        self.numbers.clear();
        self.rows.clear();
        let groups = self.groups.len();
        for row in 0..count {
            self.key.clear();
            self.key
                .extend(stored[..self.keys.len()].iter().map(|column| column[row]));
            let hash_of = hash(self.key.iter().copied());
            match self.groups.place(&self.key, hash_of)? {
                Place::Old(_) | Place::New(_)
                    if self.has_seeds && stored[self.stored - 1][row] != ROW => {}
                Place::Old(number) | Place::New(number) => {
                    self.numbers.push(number as u32);
                    self.rows.push(row as u32);
                }
                Place::None => {
                    let row = stored.iter().map(|column| column[row]);
                    self.overflow.push(hash_of, row, self.groups.memory())?;
                }
            }
        }
        if self.groups.len() > groups {
            self.open();
        }
        let scope = Scope {
            terms: &self.runtime.terms,
            control: &self.runtime.control,
        };
        for working in &mut self.working {
            // A row of one column is no term: one in which it is unbound counts.
            let is_term = working.aggregated.argument.is_some();
            match &mut working.seen {
                Some(seen) => {
                    let columns = &stored[working.columns.clone()];
                    let (mut numbers, mut values) = (Vec::new(), Vec::new());
                    for (&number, &row) in self.numbers.iter().zip(&self.rows) {
                        let value = columns.iter().map(|column| column[row as usize]);
                        let value = seen.insert(number, value, is_term)?;
                        if let Some(value) = value {
                            numbers.push(number);
                            values.push(value);
                        }
                    }
                    working.kernel.step(&numbers, &values, &scope)?;
                }
                None => {
                    self.values.clear();
                    match working.columns.len() {
                        0 => self.values.resize(self.numbers.len(), ROW),
                        _ => gather(&stored[working.columns.start], &self.rows, &mut self.values),
                    }
                    working.kernel.step(&self.numbers, &self.values, &scope)?;
                }
            }
        }
        Ok(())
    }

    fn open(&mut self) {
        for working in &mut self.working {
            working.kernel.open(self.groups.len());
        }
    }

    /// Gives the kernels the distinct values that waited on disk.
    fn finish_distinct(&mut self) -> Result<()> {
        let scope = Scope {
            terms: &self.runtime.terms,
            control: &self.runtime.control,
        };
        let mut batch = Batch::new();
        for working in &mut self.working {
            let is_term = working.aggregated.argument.is_some();
            let Some(seen) = &mut working.seen else {
                continue;
            };
            seen.rows.clear();
            while let Some(mut part) = seen.overflow.next()? {
                while part.next(&mut batch)? {
                    let (mut numbers, mut values) = (Vec::new(), Vec::new());
                    for row in 0..batch.rows() {
                        let number = batch.columns[0][row] as u32;
                        let columns = &batch.columns[1..];
                        let value = columns.iter().map(|column| column[row]);
                        let value = seen.insert(number, value, is_term)?;
                        if let Some(value) = value {
                            numbers.push(number);
                            values.push(value);
                        }
                    }
                    working.kernel.step(&numbers, &values, &scope)?;
                }
                seen.rows.clear();
            }
        }
        Ok(())
    }

    /// Groups the next rows that had no room; false if there are none.
    fn load_part(&mut self) -> Result<bool> {
        self.groups.clear();
        self.at = 0;
        let Some(mut part) = self.overflow.next()? else {
            return Ok(false);
        };
        for working in &mut self.working {
            let (context, control) = (&self.runtime.context, &self.runtime.control);
            working.kernel = kernel(&working.aggregated.function, context, control)?;
        }
        let mut batch = Batch::new();
        while part.next(&mut batch)? {
            let stored = std::mem::take(&mut batch.columns);
            self.work(&stored, batch.rows())?;
            batch.columns = stored;
        }
        drop(part);
        self.finish_distinct()?;
        Ok(true)
    }
}

/// What stands for a row that is a value, not an error.
const ROW: u64 = 1;

impl Seen {
    /// The value to give to the kernel, if the group has not had it, as far as known by now. An error is always given:
    /// what it does to a group it does once and for all.
    #[inline]
    fn insert(
        &mut self,
        number: u32,
        value: impl Iterator<Item = u64>,
        is_term: bool,
    ) -> Result<Option<u64>> {
        self.row.clear();
        self.row.push(u64::from(number));
        self.row.extend(value);
        let given = if is_term { self.row[1] } else { ROW };
        if given == 0 {
            return Ok(Some(0));
        }
        let hash_of = hash(self.row.iter().copied());
        match self.rows.place(&self.row, hash_of)? {
            Place::New(_) => Ok(Some(given)),
            Place::Old(_) => Ok(None),
            Place::None => {
                let row = self.row.iter().copied();
                self.overflow.push(hash_of, row, self.rows.memory())?;
                Ok(None)
            }
        }
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
        if self.at == self.groups.len() && !self.load_part()? {
            return Ok(false);
        }
        self.runtime.control.poll()?;
        let range = self.at..self.groups.len().min(self.at + BATCH_ROWS);
        batch.reset(self.keys.len());
        for group in range.clone() {
            for (column, value) in batch.columns.iter_mut().zip(self.groups.row(group)) {
                column.push(*value);
            }
        }
        let scope = Scope {
            terms: &self.runtime.terms,
            control: &self.runtime.control,
        };
        for working in &mut self.working {
            let mut results = Vec::with_capacity(range.len());
            working.kernel.finish(range.clone(), &scope, &mut results)?;
            batch.columns.push(results);
        }
        batch.set_rows(range.len());
        self.at = range.end;
        Ok(true)
    }
}
