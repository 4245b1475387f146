//! Calls worked a column at a time.

use super::super::answer::Answer;
use super::super::custom::Registered;
use super::super::frame::Frame;
use super::{Kernel, Known, cast, kernel, string};
use crate::algebra::Function;
use crate::error::{Code, Error, Result};
use crate::term::value::Value;
use crate::term::{Id, TermRef};
use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Tuples worked between two polls: one may hold a text of many megabytes.
const POLLED_TUPLES: usize = 64;

/// The function of each row of the arguments; 0 where one has no value, and where there is none.
pub fn function(
    function: Function,
    mut arguments: Vec<Vec<u64>>,
    frame: &mut Frame<'_>,
    rows: &[u32],
) -> Result<Vec<u64>> {
    match kernel(function) {
        Kernel::Values(kernel) => values(
            |frame: &Frame<'_>, values| kernel(frame.context, values),
            &arguments,
            frame,
            rows.len(),
        ),
        Kernel::Cast(datatype) => values(
            |_: &Frame<'_>, values| cast::cast(datatype, values),
            &arguments,
            frame,
            rows.len(),
        ),
        Kernel::Terms(kernel) => terms(
            |context, _, terms| kernel(context, terms),
            &arguments,
            frame,
            rows.len(),
        ),
        Kernel::Matching { flags, kernel } => {
            let id = |argument: usize, row: usize| arguments.get(argument).map(|ids| ids[row]);
            let mut last = None;
            let mut pattern = None;
            terms(
                |context, row, terms| {
                    let ids = (id(1, row), id(flags, row));
                    if last != Some(ids) {
                        pattern = string::pattern(context, terms.get(1)?, terms.get(flags));
                        last = Some(ids);
                    }
                    kernel(pattern.as_deref()?, terms)
                },
                &arguments,
                frame,
                rows.len(),
            )
        }
        Kernel::Term { by_id, by_term } => match arguments.pop() {
            Some(ids) => term(by_id, by_term, ids, frame),
            None => Err(missing(function)),
        },
        Kernel::Ids(kernel) => {
            for column in &mut arguments {
                frame.settle(column)?;
            }
            kernel(frame, &arguments)
        }
        Kernel::Fresh(kernel) => rows
            .iter()
            .map(|_| {
                let answer = kernel(frame)?;
                frame.store(Some(answer))
            })
            .collect(),
        Kernel::Blank => match arguments.pop() {
            Some(labels) => blanks(&labels, frame, rows),
            None => Ok(rows
                .iter()
                .map(|_| frame.terms.fresh_blank().raw())
                .collect()),
        },
    }
}

#[cold]
fn missing(function: Function) -> Error {
    Error::new(
        Code::Internal,
        format!("{} was called without its argument", function.name()),
    )
}

/// A function of the host for each row of the arguments.
pub fn custom(
    registered: &Registered,
    mut arguments: Vec<Vec<u64>>,
    frame: &mut Frame<'_>,
    rows: usize,
) -> Result<Vec<u64>> {
    for column in &mut arguments {
        frame.settle(column)?;
    }
    let open = with_values(&arguments, rows);
    let tuples = match registered.deterministic {
        true => Tuples::distinct(&arguments, open),
        false => Tuples::all(open),
    };
    let columns: Vec<Vec<u64>> = arguments
        .iter()
        .map(|column| {
            tuples
                .first
                .iter()
                .map(|&row| column[row as usize])
                .collect()
        })
        .collect();
    let mut results = Vec::new();
    if !tuples.first.is_empty() {
        let count = tuples.first.len();
        results = registered
            .function
            .call(&columns, count, frame.terms, &frame.context.control)?;
        if results.len() != count {
            return Err(Error::new(
                Code::Internal,
                "a registered function answered another number of rows",
            ));
        }
    }
    Ok(tuples.spread(&results, rows))
}

/// The rows in which every argument has a value.
fn with_values(arguments: &[Vec<u64>], rows: usize) -> Vec<u32> {
    (0..rows as u32)
        .filter(|&row| arguments.iter().all(|column| column[row as usize] != 0))
        .collect()
}

/// Which rows have which tuple of arguments.
struct Tuples {
    rows: Vec<u32>,
    /// A row of each tuple.
    first: Vec<u32>,
    /// The tuple of each of `rows`.
    tuple: Vec<u32>,
}

impl Tuples {
    /// Every row by itself.
    fn all(rows: Vec<u32>) -> Self {
        Self {
            first: rows.clone(),
            tuple: (0..rows.len() as u32).collect(),
            rows,
        }
    }

    /// Rows of equal arguments together.
    fn distinct(arguments: &[Vec<u64>], rows: Vec<u32>) -> Self {
        let hash = |row: u32| {
            let mut hasher = FxHasher::default();
            for column in arguments {
                hasher.write_u64(column[row as usize]);
            }
            hasher.finish()
        };
        let equal = |a: u32, b: u32| {
            arguments
                .iter()
                .all(|column| column[a as usize] == column[b as usize])
        };
        let mut table: HashTable<u32> = HashTable::with_capacity(rows.len());
        let mut first: Vec<u32> = Vec::new();
        let mut tuple = Vec::with_capacity(rows.len());
        for &row in &rows {
            // Neighbours are often equal.
            if let (Some(&last), Some(&of)) = (first.last(), tuple.last())
                && of as usize == first.len() - 1
                && equal(last, row)
            {
                tuple.push(of);
                continue;
            }
            let hash_of_row = hash(row);
            let known = table.find(hash_of_row, |&tuple| equal(first[tuple as usize], row));
            tuple.push(match known {
                Some(&known) => known,
                None => {
                    let new = first.len() as u32;
                    first.push(row);
                    table.insert_unique(hash_of_row, new, |&tuple| hash(first[tuple as usize]));
                    new
                }
            });
        }
        Self { rows, first, tuple }
    }

    /// The result of each of `rows` rows from that of its tuple.
    fn spread(&self, results: &[u64], rows: usize) -> Vec<u64> {
        let mut ids = vec![0; rows];
        for (&row, &tuple) in self.rows.iter().zip(&self.tuple) {
            ids[row as usize] = results[tuple as usize];
        }
        ids
    }

    /// The ids of the arguments of all tuples; a constant argument stands among them once.
    fn ids(&self, arguments: &[Vec<u64>], needed: impl Fn(Id) -> bool) -> Vec<Id> {
        let mut ids: Vec<Id> = Vec::new();
        for column in arguments {
            let mut last = 0;
            for &row in &self.first {
                let raw = column[row as usize];
                if raw != last && needed(Id::from_raw(raw)) {
                    ids.push(Id::from_raw(raw));
                }
                last = raw;
            }
        }
        ids
    }
}

/// Works a kernel on values: where all are inline without reading texts, else once for each distinct tuple.
fn values(
    kernel: impl for<'v> Fn(&Frame<'_>, &[Value<'v>]) -> Option<Answer<'v>>,
    arguments: &[Vec<u64>],
    frame: &mut Frame<'_>,
    rows: usize,
) -> Result<Vec<u64>> {
    let mut ids = vec![0; rows];
    let mut open: Vec<u32> = Vec::new();
    let mut values: Vec<Value<'static>> = Vec::with_capacity(arguments.len());
    'rows: for row in 0..rows {
        values.clear();
        for column in arguments {
            let id = Id::from_raw(column[row]);
            match Value::of_inline(id) {
                Some(value) => values.push(value),
                None => {
                    // A term that is no literal has no value for these functions; a constructor takes IRIs.
                    if arguments.iter().all(|column| column[row] != 0) {
                        open.push(row as u32);
                    }
                    continue 'rows;
                }
            }
        }
        ids[row] = frame.store(kernel(frame, &values))?;
    }
    if open.is_empty() {
        return Ok(ids);
    }
    let tuples = Tuples::distinct(arguments, open);
    let is_text = |id: Id| Value::of_inline(id).is_none();
    let fetched = frame.fetch(tuples.ids(arguments, is_text))?;
    let mut results = Vec::with_capacity(tuples.first.len());
    let mut values: Vec<Value<'_>> = Vec::with_capacity(arguments.len());
    for (count, &row) in tuples.first.iter().enumerate() {
        if count % POLLED_TUPLES == 0 {
            frame.context.control.poll()?;
        }
        values.clear();
        for column in arguments {
            let id = Id::from_raw(column[row as usize]);
            values.extend(Value::of_inline(id).or_else(|| fetched.get(id).map(Value::of)));
        }
        let answer = match values.len() == arguments.len() {
            true => kernel(frame, &values),
            false => None,
        };
        results.push(frame.store(answer)?);
    }
    for (&row, &tuple) in tuples.rows.iter().zip(&tuples.tuple) {
        ids[row as usize] = results[tuple as usize];
    }
    Ok(ids)
}

/// Works a kernel on terms, once for each distinct tuple; it is told a row that has the tuple.
fn terms(
    mut kernel: impl for<'t> FnMut(&super::Context, usize, &[TermRef<'t>]) -> Option<Answer<'t>>,
    arguments: &[Vec<u64>],
    frame: &mut Frame<'_>,
    rows: usize,
) -> Result<Vec<u64>> {
    let tuples = Tuples::distinct(arguments, with_values(arguments, rows));
    let fetched = frame.fetch(tuples.ids(arguments, |_| true))?;
    let mut results = Vec::with_capacity(tuples.first.len());
    let mut terms: Vec<TermRef<'_>> = Vec::with_capacity(arguments.len());
    for (count, &row) in tuples.first.iter().enumerate() {
        if count % POLLED_TUPLES == 0 {
            frame.context.control.poll()?;
        }
        terms.clear();
        terms.extend(
            arguments
                .iter()
                .filter_map(|column| fetched.get(Id::from_raw(column[row as usize]))),
        );
        let answer = match terms.len() == arguments.len() {
            true => kernel(frame.context, row as usize, &terms),
            false => None,
        };
        results.push(frame.store(answer)?);
    }
    Ok(tuples.spread(&results, rows))
}

/// Works a function of one term, reading terms only where ids do not tell.
fn term(
    by_id: fn(Id) -> Known,
    by_term: for<'t> fn(TermRef<'t>) -> Option<Answer<'t>>,
    mut ids: Vec<u64>,
    frame: &mut Frame<'_>,
) -> Result<Vec<u64>> {
    let mut open: Vec<u32> = Vec::new();
    let mut known = vec![0; ids.len()];
    for (row, &raw) in ids.iter().enumerate() {
        if raw == 0 {
            continue;
        }
        known[row] = match by_id(Id::from_raw(raw)) {
            Known::Answer(answer) => frame.store(Some(answer))?,
            Known::NoValue => 0,
            Known::Unknown => {
                open.push(row as u32);
                0
            }
        };
    }
    if open.is_empty() {
        return Ok(known);
    }
    let arguments = [std::mem::take(&mut ids)];
    let tuples = Tuples::distinct(&arguments, open);
    let fetched = frame.fetch(tuples.ids(&arguments, |_| true))?;
    let mut results = Vec::with_capacity(tuples.first.len());
    for &row in &tuples.first {
        let term = fetched.get(Id::from_raw(arguments[0][row as usize]));
        results.push(frame.store(term.and_then(by_term))?);
    }
    for (&row, &tuple) in tuples.rows.iter().zip(&tuples.tuple) {
        known[row as usize] = results[tuple as usize];
    }
    Ok(known)
}

/// `BNODE(label)`: one node for each solution and label.
fn blanks(labels: &[u64], frame: &mut Frame<'_>, rows: &[u32]) -> Result<Vec<u64>> {
    let arguments = [labels.to_vec()];
    let fetched = {
        let tuples = Tuples::distinct(&arguments, with_values(&arguments, rows.len()));
        frame.fetch(tuples.ids(&arguments, |_| true))?
    };
    Ok(labels
        .iter()
        .zip(rows)
        .map(|(&label, &row)| {
            let label = match fetched.get(Id::from_raw(label)) {
                Some(term) => string::simple(term),
                None => None,
            };
            label.map_or(0, |label| frame.labelled_blank(row, label).raw())
        })
        .collect())
}
