//! Ranks: the places of the ids of a column in SPARQL order (`term/order.rs`), which compare as integers.

use super::order;
use super::table::TermTable;
use super::terms::Terms;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::store::BATCH_ROWS;
use crate::term::{Id, SortKey, compare_ids, is_value_range};
use std::cmp::Ordering;

/// Terms read before their memory is charged, unless their texts are more than a step.
const TERMS_PER_CHARGE: usize = BATCH_ROWS;
const TEXT_STEP_BYTES: usize = 1 << 20;
/// Bytes a distinct term takes while it is ranked, besides its text: its place in the table and its key.
const KEY_BYTES: usize = 160;

/// For each id of a column its place in SPARQL order; equal ids have equal places, and so have terms of equal value unless
/// the order is to be `total`. Ids of one inline kind, and those of
/// one class of one sorted segment, are their own ranks (definition 4).
///
/// Cost: where ids are no ranks, 20 ns a row, and for each distinct id its term and some comparisons, about 0.3 us.
/// Errors: `ResourceExhausted` if the terms do not fit in memory, `Cancelled`, `QueryTimeout`, those of [`Terms`].
pub fn ranks(column: &[u64], total: bool, terms: &Terms, control: &Control) -> Result<Vec<u64>> {
    // "Unbound" is before all, by id as in SPARQL.
    let bound = || column.iter().copied().filter(|&raw| raw != 0);
    let (Some(min), Some(max)) = (bound().min(), bound().max()) else {
        return Ok(column.to_vec());
    };
    let (min, max) = (Id::from_raw(min), Id::from_raw(max));
    // Different terms of the dictionary's ordered classes are different values.
    if terms.is_ordered(min, max) && (total || !min.is_inline() || is_value_range(min, max)) {
        return Ok(column.to_vec());
    }
    let mut held = control.charge(column.len() * 2 * size_of::<Id>())?;
    let mut ids: Vec<Id> = column.iter().map(|&raw| Id::from_raw(raw)).collect();
    order::sort(&mut ids, control, Ord::cmp)?;
    ids.dedup();
    let first_bound = usize::from(ids.first().is_some_and(|id| id.is_unbound()));
    let ids_bytes = column.len() * 2 * size_of::<Id>() + ids.len() * KEY_BYTES;
    held.resize(ids_bytes)?;
    let mut table = TermTable::new();
    for part in ids[first_bound..].chunks(TERMS_PER_CHARGE) {
        control.poll()?;
        terms.append_while(part, &mut table, &mut |text| match ids_bytes + text
            > held.bytes() + TEXT_STEP_BYTES
        {
            true => held.resize(ids_bytes + text),
            false => Ok(()),
        })?;
        held.resize(ids_bytes + table.text_bytes())?;
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
        terms,
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
