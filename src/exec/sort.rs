//! Sort: ORDER BY, and top-k under a LIMIT. Stable.
//!
//! Key columns become ranks: the distinct ids of a column are sorted once by SPARQL order and each row gets the
//! places of its keys. Ids of one inline kind are their own ranks (definition 4). Terms of one value, such as 1 and 1.0,
//! are told apart by the last key only, so that `ORDER BY ?price ?name` goes by name among equal prices. Cost: about 60 ns a row, and the terms
//! of the distinct keys. With a limit, rows are cut to the limit each time a multiple of it has come in.

use super::batch::{Batch, gather};
use super::operator::{BoxOperator, Operator, Runtime, StateCharge};
use super::order;
use crate::error::{Error, Result};
use crate::expr::{TermTable, Terms};
use crate::plan::SortColumn;
use crate::store::BATCH_ROWS;
use crate::term::{Id, OrderedRange, SortKey, compare_ids, is_value_range, ordered_range};
use std::cmp::Ordering;
use std::sync::Arc;

/// Terms read before their memory is charged.
const TERMS_PER_CHARGE: usize = 16 * BATCH_ROWS;
/// Rows beyond the limit that are kept before a cut.
const CUT_ROWS: usize = 16 * BATCH_ROWS;

pub struct Sort {
    runtime: Arc<Runtime>,
    input: Option<BoxOperator>,
    keys: Vec<SortColumn>,
    /// Rows that are needed at most.
    limit: Option<usize>,
    rows: Vec<Vec<u64>>,
    len: usize,
    order: Vec<u32>,
    at: usize,
    state: StateCharge,
}

impl Sort {
    pub fn new(
        runtime: &Arc<Runtime>,
        input: BoxOperator,
        keys: Vec<SortColumn>,
        limit: Option<u64>,
    ) -> Self {
        Self {
            runtime: runtime.clone(),
            input: Some(input),
            keys,
            limit: limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
            rows: Vec::new(),
            len: 0,
            order: Vec::new(),
            at: 0,
            state: StateCharge::new(&runtime.control),
        }
    }

    fn load(&mut self, mut input: BoxOperator) -> Result<()> {
        let mut batch = Batch::new();
        let cut_at = self
            .limit
            .map(|limit| limit.saturating_mul(2).saturating_add(CUT_ROWS));
        while input.next(&mut batch)? {
            self.runtime.control.poll()?;
            batch.compact();
            self.rows.resize_with(batch.columns.len(), Vec::new);
            self.len += batch.rows();
            // The rows, their ranks, their order, and that again while it is sorted.
            self.state
                .hold(self.len * (self.rows.len() * 8 + self.keys.len() * 8 + 8))?;
            for (to, from) in self.rows.iter_mut().zip(&batch.columns) {
                to.extend_from_slice(from);
            }
            if cut_at.is_some_and(|cut_at| self.len >= cut_at) {
                self.sort()?;
                self.cut();
            }
        }
        drop(input);
        // Without rows there are no columns either.
        if self.len > 0 {
            self.sort()?;
        }
        self.order.truncate(self.limit.unwrap_or(usize::MAX));
        Ok(())
    }

    /// Sets `order` to the rows in order.
    fn sort(&mut self) -> Result<()> {
        self.order.clear();
        // Without a batch there are no columns either.
        if self.len == 0 {
            return Ok(());
        }
        let last = self.keys.len().saturating_sub(1);
        let ranks: Vec<Vec<u64>> = self
            .keys
            .iter()
            .enumerate()
            .map(|(number, key)| {
                let column = &self.rows[key.column];
                let mut ranks = ranks(column, number == last, &self.runtime)?;
                if key.descending {
                    ranks.iter_mut().for_each(|rank| *rank = !*rank);
                }
                Ok(ranks)
            })
            .collect::<Result<_>>()?;
        self.runtime.control.poll()?;
        self.order.extend(0..self.len as u32);
        // The row number tells equal rows apart, which makes the sort stable.
        let control = &self.runtime.control;
        match &ranks[..] {
            [] => Ok(()),
            [only] => order::sort(&mut self.order, control, |&left, &right| {
                (only[left as usize], left).cmp(&(only[right as usize], right))
            }),
            several => order::sort(&mut self.order, control, |&left, &right| {
                several
                    .iter()
                    .map(|rank| rank[left as usize].cmp(&rank[right as usize]))
                    .find(|order| order.is_ne())
                    .unwrap_or_else(|| left.cmp(&right))
            }),
        }
    }

    /// Drops the rows beyond the limit and puts the others in order, which keeps the sort stable.
    fn cut(&mut self) {
        self.order.truncate(self.limit.unwrap_or(usize::MAX));
        for column in &mut self.rows {
            let mut kept = Vec::with_capacity(self.order.len());
            gather(column, &self.order, &mut kept);
            *column = kept;
        }
        self.len = self.order.len();
    }
}

/// For each id of a column its place in SPARQL order; equal ids have equal places, and so have terms of equal value unless
/// the order is to be `total`.
fn ranks(column: &[u64], total: bool, runtime: &Runtime) -> Result<Vec<u64>> {
    let (Some(&min), Some(&max)) = (column.iter().min(), column.iter().max()) else {
        return Ok(Vec::new());
    };
    let (min, max) = (Id::from_raw(min), Id::from_raw(max));
    let is_ranked = match total {
        true => ordered_range(min, max) == OrderedRange::Always,
        false => is_value_range(min, max),
    };
    if is_ranked {
        return Ok(column.to_vec());
    }
    let control = &runtime.control;
    let mut held = control.charge(column.len() * 2 * size_of::<Id>())?;
    let mut ids: Vec<Id> = column.iter().map(|&raw| Id::from_raw(raw)).collect();
    order::sort(&mut ids, control, Ord::cmp)?;
    ids.dedup();
    let first_bound = usize::from(ids.first().is_some_and(|id| id.is_unbound()));
    let mut table = TermTable::new();
    for part in ids[first_bound..].chunks(TERMS_PER_CHARGE) {
        control.poll()?;
        runtime.terms.append(part, &mut table)?;
        held.resize(column.len() * 2 * size_of::<Id>() + table.text_bytes() + ids.len() * 160)?;
    }
    let keys: Vec<SortKey<'_>> = (0..ids.len())
        .map(|slot| {
            SortKey::new(
                slot.checked_sub(first_bound)
                    .and_then(|slot| table.get(slot)),
            )
        })
        .collect();
    let mut nested = NestedOrder {
        terms: &runtime.terms,
        failure: None,
    };
    let mut compare = |left: u32, right: u32| {
        let (left, right) = (&keys[left as usize], &keys[right as usize]);
        match total {
            true => left.compare(right, &mut |left, right| nested.compare(left, right)),
            false => {
                left.compare_values(right, &mut |left, right| nested.compare_values(left, right))
            }
        }
    };
    let mut order: Vec<u32> = (0..ids.len() as u32).collect();
    // Terms of equal value stand side by side in any order.
    order::sort(&mut order, control, |&left, &right| {
        compare(left, right).then(left.cmp(&right))
    })?;
    let mut places = vec![0_u64; ids.len()];
    let mut place = 0;
    for (index, &slot) in order.iter().enumerate() {
        if index > 0 && compare(order[index - 1], slot).is_ne() {
            place += 1;
        }
        places[slot as usize] = place;
    }
    if let Some(failure) = nested.failure {
        return Err(failure);
    }
    Ok(column
        .iter()
        .map(|&raw| {
            ids.binary_search(&Id::from_raw(raw))
                .map_or(0, |slot| places[slot])
        })
        .collect())
}

/// The order of parts of triple terms, which are ids.
struct NestedOrder<'t> {
    terms: &'t Terms,
    failure: Option<Error>,
}

impl NestedOrder<'_> {
    fn compare(&mut self, left: Id, right: Id) -> Ordering {
        if let Some(order) = compare_ids(left, right) {
            return order;
        }
        self.with_keys(left, right, |this, left, right| {
            left.compare(right, &mut |left, right| this.compare(left, right))
        })
    }

    fn compare_values(&mut self, left: Id, right: Id) -> Ordering {
        self.with_keys(left, right, |this, left, right| {
            left.compare_values(right, &mut |left, right| this.compare_values(left, right))
        })
    }

    fn with_keys(
        &mut self,
        left: Id,
        right: Id,
        compare: impl FnOnce(&mut Self, &SortKey<'_>, &SortKey<'_>) -> Ordering,
    ) -> Ordering {
        match (self.terms.term(left), self.terms.term(right)) {
            (Ok(left), Ok(right)) => compare(
                self,
                &SortKey::new(Some(left.as_ref())),
                &SortKey::new(Some(right.as_ref())),
            ),
            (Err(failure), _) | (_, Err(failure)) => {
                self.failure = Some(failure);
                left.cmp(&right)
            }
        }
    }
}

impl Operator for Sort {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        if let Some(input) = self.input.take() {
            self.load(input)?;
        }
        let end = self.order.len().min(self.at + BATCH_ROWS);
        if self.at == end {
            return Ok(false);
        }
        batch.reset(self.rows.len());
        for (to, from) in batch.columns.iter_mut().zip(&self.rows) {
            gather(from, &self.order[self.at..end], to);
        }
        batch.set_rows(end - self.at);
        self.at = end;
        Ok(true)
    }
}
