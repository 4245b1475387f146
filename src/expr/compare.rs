//! `=`, `<` and their kin over columns of ids.

use super::frame::Frame;
use super::table::TermTable;
use super::terms::Terms;
use super::truth::Truth;
use crate::algebra::Comparison;
use crate::error::{Error, Result};
use crate::term::value::{self, Value, id_compare, id_equal};
use crate::term::{Id, TermRef};
use std::cmp::Ordering;

/// Compares two columns row by row; `left` and `right` are of one length. Ids tell most; the terms of the others are
/// fetched at once.
pub(super) fn compare(
    comparison: Comparison,
    left: &[u64],
    right: &[u64],
    frame: &Frame<'_>,
) -> Result<Vec<Truth>> {
    let mut truths = Vec::with_capacity(left.len());
    let mut open: Vec<usize> = Vec::new();
    for (row, (&left, &right)) in left.iter().zip(right).enumerate() {
        let truth = by_ids(comparison, Id::from_raw(left), Id::from_raw(right));
        if truth.is_none() {
            open.push(row);
        }
        truths.push(truth.unwrap_or(Truth::Error));
    }
    if open.is_empty() {
        return Ok(truths);
    }
    let mut ids: Vec<Id> = Vec::with_capacity(open.len() * 2);
    for &row in &open {
        ids.push(Id::from_raw(left[row]));
        // Most comparisons have a constant on this side.
        if row == open[0] || right[row] != right[open[0]] {
            ids.push(Id::from_raw(right[row]));
        }
    }
    let fetched = frame.fetch(ids)?;
    let values: Vec<(Id, Value<'_>)> = fetched
        .iter()
        .map(|(id, term)| (id, Value::of(term)))
        .collect();
    let value = |raw: u64| {
        let slot = values.binary_search_by_key(&Id::from_raw(raw), |(id, _)| *id);
        slot.ok().map(|slot| &values[slot].1)
    };
    let mut nested = Nested {
        terms: frame.terms,
        failure: None,
    };
    for row in open {
        if let (Some(left), Some(right)) = (value(left[row]), value(right[row])) {
            truths[row] = nested.by_values(comparison, left, right);
        }
    }
    match nested.failure {
        Some(failure) => Err(failure),
        None => Ok(truths),
    }
}
/// What two ids alone tell.
#[inline]
fn by_ids(comparison: Comparison, left: Id, right: Id) -> Option<Truth> {
    if left.is_unbound() || right.is_unbound() {
        return Some(Truth::Error);
    }
    if comparison == Comparison::Equal {
        return id_equal(left, right).map(Truth::from);
    }
    match id_compare(left, right) {
        Some(order) => Some(Truth::from(match comparison {
            Comparison::Equal => order == Ordering::Equal,
            Comparison::Less => order == Ordering::Less,
            Comparison::LessOrEqual => order != Ordering::Greater,
            Comparison::Greater => order == Ordering::Greater,
            Comparison::GreaterOrEqual => order != Ordering::Less,
        })),
        None if left.is_inline() && right.is_inline() && left != right => Some(Truth::Error),
        None => None,
    }
}

/// Comparisons that may go into triple terms, whose parts are ids.
struct Nested<'t> {
    terms: &'t Terms,
    failure: Option<Error>,
}

impl Nested<'_> {
    fn by_values(&mut self, comparison: Comparison, left: &Value<'_>, right: &Value<'_>) -> Truth {
        if comparison == Comparison::Equal {
            return Truth::from(self.equal(left, right));
        }
        let Some(order) = self.compare(left, right) else {
            return Truth::Error;
        };
        Truth::from(match comparison {
            Comparison::Equal => order == value::Comparison::Equal,
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        })
    }

    fn equal(&mut self, left: &Value<'_>, right: &Value<'_>) -> Option<bool> {
        value::equal(
            left,
            right,
            &mut |left, right| match id_equal(left, right) {
                Some(equal) => Some(equal),
                None => self.with_values(left, right, Self::equal),
            },
        )
    }

    fn compare(&mut self, left: &Value<'_>, right: &Value<'_>) -> Option<value::Comparison> {
        value::compare(
            left,
            right,
            &mut |left, right| match id_compare(left, right) {
                Some(order) => Some(Some(order).into()),
                None => self.with_values(left, right, Self::compare),
            },
        )
    }

    fn with_values<T>(
        &mut self,
        left: Id,
        right: Id,
        then: impl FnOnce(&mut Self, &Value<'_>, &Value<'_>) -> Option<T>,
    ) -> Option<T> {
        match (self.terms.term(left), self.terms.term(right)) {
            (Ok(left), Ok(right)) => {
                then(self, &Value::of(left.as_ref()), &Value::of(right.as_ref()))
            }
            (Err(failure), _) | (_, Err(failure)) => {
                self.failure = Some(failure);
                None
            }
        }
    }
}

/// Calls `visit` with the index of each row that `needed` says ids do not tell, and its term; ids are fetched sorted
/// and once.
pub fn with_terms(
    ids: &[u64],
    needed: impl Fn(Id) -> bool,
    terms: &Terms,
    mut visit: impl FnMut(usize, TermRef<'_>) -> Result<()>,
) -> Result<()> {
    let mut rows: Vec<(Id, u32)> = ids
        .iter()
        .enumerate()
        .map(|(row, &raw)| (Id::from_raw(raw), row as u32))
        .filter(|(id, _)| needed(*id))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_unstable();
    let mut unique: Vec<Id> = rows.iter().map(|(id, _)| *id).collect();
    unique.dedup();
    let mut table = TermTable::new();
    terms.fetch(&unique, &mut table)?;
    let mut slot = 0;
    for (id, row) in rows {
        while unique[slot] != id {
            slot += 1;
        }
        if let Some(term) = table.get(slot) {
            visit(row as usize, term)?;
        }
    }
    Ok(())
}
