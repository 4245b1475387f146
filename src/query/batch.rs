//! A batch of result rows: index columns over a table of distinct terms.

use crate::control::{Charge, Control};
use crate::error::{Code, Error, Result};
use crate::exec::Batch;
use crate::expr::{TermTable, Terms};
use crate::term::{Id, TermRef};
use std::ops::Range;

/// The index of "unbound".
pub const UNBOUND: u32 = u32::MAX;

/// Rows of a result. Terms are distinct; the parts of triple terms are among them.
#[derive(Clone, Debug, Default)]
pub struct ResultBatch {
    rows: usize,
    columns: Vec<Vec<u32>>,
    /// Ids of the terms, ascending.
    ids: Vec<Id>,
    terms: TermTable,
}

/// Bytes of text that a batch of several rows may have.
const TEXT_BYTES_MAX: usize = 16 << 20;
/// Bytes of a batch for each of its terms, besides text.
const TERM_BYTES: usize = 56;

/// What the batches of one cursor may take: the batch that was given last is charged.
pub struct ResultMemory {
    control: Control,
    charge: Option<Charge>,
    /// Rows that are likely to fit.
    rows_fit: usize,
}

impl ResultMemory {
    pub fn new(control: &Control) -> Self {
        Self {
            control: control.clone(),
            charge: None,
            rows_fit: usize::MAX,
        }
    }

    /// Charges a batch as its text grows, in steps; one of several rows must not have more than so much of it.
    fn admit(&mut self, terms: usize, has_rows: bool) -> impl FnMut(usize) -> Result<()> + '_ {
        // What is left is for those who make something of it.
        let text_max = TEXT_BYTES_MAX.min(self.control.memory().limit() / 8);
        move |text| {
            let wanted = text + terms * TERM_BYTES;
            let charged = self.charge.as_ref().map_or(0, Charge::bytes);
            if has_rows && text > text_max {
                return Err(Error::new(
                    Code::ResourceExhausted,
                    "the terms of a batch are more than it may hold",
                ));
            }
            if wanted <= charged {
                return Ok(());
            }
            match &mut self.charge {
                Some(charge) => charge
                    .resize(wanted + wanted / 2)
                    .or_else(|_| charge.resize(wanted)),
                none => {
                    *none = Some(self.control.charge(wanted)?);
                    Ok(())
                }
            }
        }
    }
}

impl ResultBatch {
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the batch by the first of some rows of `batch`, of which all count, and returns how many: all, unless their
    /// terms are too much to be held at once. Errors: `ResourceExhausted` if one row is; those of [`Terms::fetch`].
    pub fn fill(
        &mut self,
        batch: &Batch,
        rows: Range<usize>,
        terms: &Terms,
        memory: &mut ResultMemory,
    ) -> Result<usize> {
        let mut count = rows.len().min(memory.rows_fit);
        loop {
            let part = rows.start..rows.start + count;
            match self.fill_all(batch, part, terms, memory) {
                Ok(()) => {
                    memory.rows_fit = count.saturating_mul(2).max(memory.rows_fit);
                    return Ok(count);
                }
                Err(error) if error.code() == Code::ResourceExhausted && count > 1 => {
                    count /= 2;
                    memory.rows_fit = count;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn fill_all(
        &mut self,
        batch: &Batch,
        rows: Range<usize>,
        terms: &Terms,
        memory: &mut ResultMemory,
    ) -> Result<()> {
        memory.charge = None;
        self.rows = rows.len();
        self.ids.clear();
        for column in &batch.columns {
            let bound = column[rows.clone()].iter().filter(|&&raw| raw != 0);
            self.ids.extend(bound.map(|&raw| Id::from_raw(raw)));
        }
        self.ids.sort_unstable();
        self.ids.dedup();
        let mut admit = memory.admit(self.ids.len(), rows.len() > 1);
        terms.fetch_while(&self.ids, &mut self.terms, &mut admit)?;
        self.add_parts(terms, &mut admit)?;
        self.columns.resize_with(batch.columns.len(), Vec::new);
        for (to, from) in self.columns.iter_mut().zip(&batch.columns) {
            to.clear();
            // Neighbouring rows of a column are often equal.
            let mut last = (0, UNBOUND);
            for &raw in &from[rows.clone()] {
                if raw != last.0 {
                    let index = self.ids.binary_search(&Id::from_raw(raw));
                    last = (raw, index.map_or(UNBOUND, |index| index as u32));
                }
                to.push(last.1);
            }
        }
        Ok(())
    }

    /// Adds the terms that triple terms are made of, level by level.
    fn add_parts(
        &mut self,
        terms: &Terms,
        admit: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<()> {
        loop {
            let mut parts: Vec<Id> = self
                .terms
                .iter()
                .filter_map(|term| match term {
                    TermRef::Triple(parts) => Some(parts),
                    _ => None,
                })
                .flatten()
                .filter(|part| self.ids.binary_search(part).is_err())
                .collect();
            if parts.is_empty() {
                return Ok(());
            }
            self.ids.append(&mut parts);
            self.ids.sort_unstable();
            self.ids.dedup();
            terms.fetch_while(&self.ids, &mut self.terms, admit)?;
        }
    }

    /// A copy of some rows, with the terms they need.
    pub fn slice(&self, rows: Range<usize>) -> Self {
        let mut needed = vec![false; self.ids.len()];
        let mut open: Vec<u32> = Vec::new();
        for column in &self.columns {
            open.extend(
                column[rows.clone()]
                    .iter()
                    .filter(|&&index| index != UNBOUND),
            );
        }
        while let Some(index) = open.pop() {
            if std::mem::replace(&mut needed[index as usize], true) {
                continue;
            }
            if let Some(TermRef::Triple(parts)) = self.terms.get(index as usize) {
                open.extend(parts.iter().filter_map(|&part| self.index_of(part)));
            }
        }
        let mut part = Self {
            rows: rows.len(),
            ..Self::default()
        };
        // What an index becomes.
        let mut moved = vec![UNBOUND; self.ids.len()];
        for (index, _) in needed.iter().enumerate().filter(|(_, needed)| **needed) {
            if let Some(term) = self.terms.get(index) {
                part.terms.put(part.ids.len(), term);
            }
            moved[index] = part.ids.len() as u32;
            part.ids.push(self.ids[index]);
        }
        part.columns = self
            .columns
            .iter()
            .map(|column| {
                let indexes = column[rows.clone()].iter();
                indexes
                    .map(|&index| moved.get(index as usize).copied().unwrap_or(UNBOUND))
                    .collect()
            })
            .collect();
        part
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Index columns, one for each variable; [`UNBOUND`] where there is no term.
    pub fn columns(&self) -> &[Vec<u32>] {
        &self.columns
    }

    /// The distinct terms.
    pub fn terms(&self) -> &TermTable {
        &self.terms
    }

    /// The index of the term with an id: how a part of a triple term is found.
    pub fn index_of(&self, id: Id) -> Option<u32> {
        self.ids.binary_search(&id).ok().map(|index| index as u32)
    }

    /// The term of a row and column; `None` if it is unbound or there is no such place.
    pub fn term(&self, row: usize, column: usize) -> Option<TermRef<'_>> {
        let index = *self.columns.get(column)?.get(row)?;
        self.terms.get(index as usize)
    }
}

#[cfg(test)]
mod made {
    use super::*;
    use crate::term::{Tag, parse_blank_label, resolve};
    use oxrdf::Term;

    impl ResultBatch {
        /// A batch of given rows; the labels of blank nodes are ones that a store prints.
        pub fn made(columns: usize, rows: &[Vec<Option<Term>>]) -> Self {
            let mut batch = Self {
                rows: rows.len(),
                columns: vec![Vec::new(); columns],
                ..Self::default()
            };
            for row in rows {
                for (column, term) in row.iter().enumerate() {
                    let index = term.as_ref().map_or(UNBOUND, |term| {
                        let mut blank = |label: &str| Ok(parse_blank_label(label));
                        let id = resolve(term.as_ref(), &mut blank, &mut |term| {
                            Ok(Some(batch.add(term)))
                        });
                        id.unwrap().unwrap().payload() as u32
                    });
                    batch.columns[column].push(index);
                }
            }
            batch
        }

        fn add(&mut self, term: TermRef<'_>) -> Id {
            let known = (0..self.ids.len()).find(|&index| self.terms.get(index) == Some(term));
            if let Some(index) = known {
                return self.ids[index];
            }
            let id = Id::new(Tag::LocalLiteral, self.ids.len() as u64);
            self.terms.put(self.ids.len(), term);
            self.ids.push(id);
            id
        }
    }
}
