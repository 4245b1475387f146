//! Dependent plans: a pattern worked for given rows, which are an input at each of its leaves.
//!
//! The rows of the outer side that differ in the variables the pattern reads are numbered and given to the plan all at
//! once, a chunk at a time; every row that comes out has the number of the row it is a solution for. So EXISTS, LATERAL
//! and OPTIONAL of few rows are joins of sets, and nothing is worked row by row. For a plan that answers differently each
//! time (RAND, UUID, BNODE), equal rows are given apart: their place is one more variable that tells them apart, and is
//! not given to the plan.
//!
//! Cost: that of the plan for each chunk, and 30-60 ns for each outer row. Memory: the chunk; what an existence test has
//! found is remembered up to [`KNOWN_MAX`] tuples or the memory limit, and then forgotten.

use super::batch::{Batch, Side, gather, gather_joined};
use super::build::{Context, build_dependent};
use super::fixed::FixedRows;
use super::operator::{BoxOperator, Operator, StateCharge};
use super::rows::RowSet;
use crate::error::{Code, Result};
use crate::expr::{Predicate, SubPlan};
use crate::plan::{DependentColumns, Node};
use crate::store::BATCH_ROWS;
use parking_lot::Mutex;
use std::sync::Arc;

/// Outer rows worked at a time: one batch at first, so that a LIMIT above reads little, then more.
const CHUNK_ROWS_MAX: usize = 32 * BATCH_ROWS;
/// Outcomes an existence test remembers.
const KNOWN_MAX: usize = 1 << 20;

/// A plan that can be worked for any given rows.
#[derive(Clone)]
pub struct Dependent {
    pub context: Context,
    pub plan: Arc<Node>,
}

impl Dependent {
    fn open(&self, given: FixedRows) -> Result<BoxOperator> {
        build_dependent(&self.plan, &self.context, Arc::new(given))
    }
}

/// A set for what tells rows apart.
fn tuples(given: &[usize], apart: bool, dependent: &Dependent) -> RowSet {
    let width = given.len() + usize::from(apart);
    RowSet::new(width, &dependent.context.runtime.control)
}

/// Whether a pattern has a solution for each of some rows.
pub struct Existence {
    dependent: Dependent,
    /// The columns of the rows that are given to the plan.
    given: Vec<usize>,
    apart: bool,
    known: Mutex<Known>,
}

struct Known {
    tuples: RowSet,
    exists: Vec<bool>,
}

impl Existence {
    /// The plan gives the number of a given row in its only column.
    /// `apart`: what is found of one row is not known of an equal one.
    pub fn new(dependent: Dependent, given: Vec<usize>, apart: bool) -> Self {
        let known = Known {
            tuples: tuples(&given, apart, &dependent),
            exists: Vec::new(),
        };
        Self {
            dependent,
            given,
            apart,
            known: Mutex::new(known),
        }
    }

    fn forget(&self, known: &mut Known) {
        known.tuples = tuples(&self.given, self.apart, &self.dependent);
        known.exists = Vec::new();
    }

    /// The number of each row's tuple. Errors: `ResourceExhausted`.
    fn number(&self, known: &mut Known, columns: &[Vec<u64>], rows: &[u32]) -> Result<Vec<usize>> {
        let mut tuple = Vec::with_capacity(self.given.len());
        rows.iter()
            .map(|&row| {
                tuple.clear();
                tuple.extend(
                    self.given
                        .iter()
                        .map(|&column| columns[column][row as usize]),
                );
                tuple.extend(self.apart.then_some(u64::from(row)));
                Ok(known.tuples.insert(&tuple)?.0)
            })
            .collect()
    }

    /// Works the plan for the tuples that are new.
    fn find(&self, known: &mut Known) -> Result<()> {
        let first = known.exists.len();
        let rows = known.tuples.len() - first;
        if rows == 0 {
            return Ok(());
        }
        let mut columns = vec![Vec::with_capacity(rows); 1 + self.given.len()];
        columns[0].extend(0..rows as u64);
        for row in first..first + rows {
            for (column, &value) in columns[1..].iter_mut().zip(known.tuples.row(row)) {
                column.push(value);
            }
        }
        let mut found = vec![false; rows];
        let mut open = rows;
        let mut operator = self.dependent.open(FixedRows { columns, rows })?;
        let (mut batch, mut selected) = (Batch::new(), Vec::new());
        while open > 0 && operator.next(&mut batch)? {
            batch.selected(&mut selected);
            for &row in &selected {
                let number = batch.columns[0][row as usize] as usize;
                open -= usize::from(!std::mem::replace(&mut found[number], true));
            }
        }
        known.exists.extend(found);
        Ok(())
    }

    /// Finds out what is not known of some rows; gives the number of each row's tuple.
    fn work(&self, known: &mut Known, columns: &[Vec<u64>], rows: &[u32]) -> Result<Vec<usize>> {
        let numbers = self.number(known, columns, rows)?;
        self.find(known)?;
        Ok(numbers)
    }
}

impl SubPlan for Existence {
    fn exists(&self, columns: &[Vec<u64>], rows: &[u32]) -> Result<Vec<bool>> {
        self.dependent.context.runtime.control.poll()?;
        let mut known = self.known.lock();
        let known = &mut *known;
        if self.apart || known.tuples.len() + rows.len() > KNOWN_MAX {
            self.forget(known);
        }
        let worked = self.work(known, columns, rows);
        let numbers = match worked {
            // What is remembered may be what the plan has no memory for.
            Err(error) if error.code() == Code::ResourceExhausted => {
                self.forget(known);
                self.work(known, columns, rows)
            }
            worked => worked,
        };
        let numbers = numbers.inspect_err(|_| self.forget(known))?;
        Ok(numbers
            .into_iter()
            .map(|number| known.exists[number])
            .collect())
    }
}

/// Joins each row of an input with the solutions a plan has for it.
pub struct DependentJoin {
    input: BoxOperator,
    ended: bool,
    dependent: Dependent,
    columns: DependentColumns,
    /// Whether input rows without a match stay.
    outer: bool,
    /// What a match must pass, over the output columns.
    filter: Option<Predicate>,
    chunk_rows: usize,
    chunk: Vec<Vec<u64>>,
    rows: usize,
    /// The chunk's rows by the number of what they give to the plan: those of number n are
    /// `members[starts[n]..starts[n + 1]]`.
    starts: Vec<usize>,
    members: Vec<u32>,
    matched: Vec<bool>,
    /// The next row of the chunk to be given if it has no match.
    unmatched: usize,
    plan: Option<BoxOperator>,
    read: Batch,
    selected: Vec<u32>,
    /// The place in `selected`, and among the members of its number.
    at: (usize, usize),
    input_rows: Vec<u32>,
    read_rows: Vec<u32>,
    selection: Vec<u32>,
    state: StateCharge,
}

impl DependentJoin {
    pub fn new(
        dependent: Dependent,
        input: BoxOperator,
        columns: DependentColumns,
        outer: bool,
        filter: Option<Predicate>,
    ) -> Self {
        Self {
            input,
            ended: false,
            columns,
            outer,
            filter,
            chunk_rows: BATCH_ROWS,
            chunk: Vec::new(),
            rows: 0,
            starts: Vec::new(),
            members: Vec::new(),
            matched: Vec::new(),
            unmatched: 0,
            plan: None,
            read: Batch::new(),
            selected: Vec::new(),
            at: (0, 0),
            input_rows: Vec::with_capacity(BATCH_ROWS),
            read_rows: Vec::with_capacity(BATCH_ROWS),
            selection: Vec::new(),
            state: StateCharge::new(&dependent.context.runtime.control),
            dependent,
        }
    }

    /// Collects the next input rows and opens the plan for them; false at the end.
    fn load_chunk(&mut self) -> Result<bool> {
        self.rows = 0;
        self.unmatched = 0;
        if self.ended {
            return Ok(false);
        }
        self.chunk.iter_mut().for_each(Vec::clear);
        let mut batch = Batch::new();
        let mut wanted = self.chunk_rows;
        while self.rows < wanted {
            if !self.input.next(&mut batch)? {
                self.ended = true;
                break;
            }
            batch.compact();
            self.chunk.resize_with(batch.columns.len(), Vec::new);
            self.rows += batch.rows();
            let row_bytes = self.chunk.len() * 8 + 13;
            let runtime = &self.dependent.context.runtime;
            wanted = runtime.chunk_rows(row_bytes, self.chunk_rows);
            self.state.hold(self.rows * row_bytes)?;
            for (to, from) in self.chunk.iter_mut().zip(&batch.columns) {
                to.extend_from_slice(from);
            }
        }
        if self.rows == 0 {
            return Ok(false);
        }
        self.chunk_rows = (self.chunk_rows * 4).min(CHUNK_ROWS_MAX);
        self.matched.clear();
        self.matched.resize(self.rows, false);
        let given = self.number()?;
        self.plan = Some(self.dependent.open(given)?);
        self.selected.clear();
        self.at = (0, 0);
        Ok(true)
    }

    /// Numbers the distinct tuples of the chunk and sorts its rows by them.
    fn number(&mut self) -> Result<FixedRows> {
        let given = &self.columns.given;
        let apart = self.columns.apart;
        let mut tuples = tuples(given, apart, &self.dependent);
        let mut tuple = Vec::with_capacity(given.len() + 1);
        let mut numbers = Vec::with_capacity(self.rows);
        for row in 0..self.rows {
            tuple.clear();
            tuple.extend(given.iter().map(|&column| self.chunk[column][row]));
            tuple.extend(apart.then_some(row as u64));
            numbers.push(tuples.insert(&tuple)?.0);
        }
        self.starts.clear();
        self.starts.resize(tuples.len() + 1, 0);
        numbers
            .iter()
            .for_each(|&number| self.starts[number + 1] += 1);
        for number in 1..self.starts.len() {
            self.starts[number] += self.starts[number - 1];
        }
        let mut next = self.starts.clone();
        self.members.clear();
        self.members.resize(self.rows, 0);
        for (row, number) in numbers.into_iter().enumerate() {
            self.members[next[number]] = row as u32;
            next[number] += 1;
        }
        let rows = tuples.len();
        let mut columns = vec![Vec::with_capacity(rows); 1 + given.len()];
        columns[0].extend(0..rows as u64);
        for row in 0..rows {
            for (column, &value) in columns[1..].iter_mut().zip(tuples.row(row)) {
                column.push(value);
            }
        }
        Ok(FixedRows { columns, rows })
    }

    /// Collects pairs until the output is full or the plan's batch is worked.
    fn collect(&mut self) {
        self.input_rows.clear();
        self.read_rows.clear();
        while let Some(&row) = self.selected.get(self.at.0) {
            let number = self.read.columns[self.columns.row][row as usize] as usize;
            let members = &self.members[self.starts[number]..self.starts[number + 1]];
            let room = BATCH_ROWS - self.input_rows.len();
            let rest = &members[self.at.1..];
            let taken = rest.len().min(room);
            self.input_rows.extend_from_slice(&rest[..taken]);
            self.read_rows.resize(self.input_rows.len(), row);
            if taken < rest.len() {
                self.at.1 += taken;
                return;
            }
            self.at = (self.at.0 + 1, 0);
        }
    }

    fn copy_out(&self, out: &mut Batch) {
        let left = Side {
            columns: &self.chunk,
            rows: &self.input_rows,
        };
        let right = Side {
            columns: &self.read.columns,
            rows: &self.read_rows,
        };
        let columns = &self.columns;
        gather_joined(&left, &right, &columns.filled, &columns.outputs, out);
    }

    /// Gives the rows of the chunk without a match, with nothing from the plan.
    fn copy_unmatched(&mut self, out: &mut Batch) {
        self.input_rows.clear();
        while self.unmatched < self.rows && self.input_rows.len() < BATCH_ROWS {
            if !self.matched[self.unmatched] {
                self.input_rows.push(self.unmatched as u32);
            }
            self.unmatched += 1;
        }
        let width = self.chunk.len();
        out.reset(width + self.columns.outputs.len());
        for (column, from) in self.chunk.iter().enumerate() {
            gather(from, &self.input_rows, &mut out.columns[column]);
        }
        for column in &mut out.columns[width..] {
            column.resize(self.input_rows.len(), 0);
        }
        out.set_rows(self.input_rows.len());
    }
}

impl Operator for DependentJoin {
    fn next(&mut self, out: &mut Batch) -> Result<bool> {
        loop {
            self.dependent.context.runtime.control.poll()?;
            if let Some(plan) = &mut self.plan {
                if self.at.0 >= self.selected.len() {
                    self.at = (0, 0);
                    if plan.next(&mut self.read)? {
                        self.read.selected(&mut self.selected);
                    } else {
                        self.selected.clear();
                        self.plan = None;
                    }
                    continue;
                }
                self.collect();
                self.copy_out(out);
                if let Some(filter) = &self.filter {
                    out.selected(&mut self.selection);
                    let terms = &self.dependent.context.runtime.terms;
                    filter.select(&out.columns, &mut self.selection, terms)?;
                    for &row in &self.selection {
                        self.matched[self.input_rows[row as usize] as usize] = true;
                    }
                    if self.selection.is_empty() {
                        continue;
                    }
                    out.select(self.selection.clone());
                } else if self.outer {
                    for &row in &self.input_rows {
                        self.matched[row as usize] = true;
                    }
                }
                return Ok(true);
            }
            if self.outer && self.unmatched < self.rows {
                self.copy_unmatched(out);
                if !out.is_empty() {
                    return Ok(true);
                }
                continue;
            }
            if !self.load_chunk()? {
                return Ok(false);
            }
        }
    }
}
