//! Sorting that can be stopped: a sort of millions of rows polls between its parts.

use crate::control::Control;
use crate::error::Result;
use std::cmp::Ordering;

/// Items sorted or merged between two polls.
const POLL_ITEMS: usize = 1 << 17;

/// Sorts by a total order in which no two items are equal. Takes as much memory again while it merges.
/// Errors: `Cancelled`, `QueryTimeout`.
pub fn sort<T: Copy>(
    items: &mut Vec<T>,
    control: &Control,
    mut compare: impl FnMut(&T, &T) -> Ordering,
) -> Result<()> {
    for part in items.chunks_mut(POLL_ITEMS) {
        control.poll()?;
        part.sort_unstable_by(&mut compare);
    }
    let mut width = POLL_ITEMS;
    let mut merged: Vec<T> = Vec::new();
    while width < items.len() {
        merged.clear();
        merged.reserve(items.len());
        for pair in items.chunks(width.saturating_mul(2)) {
            let (left, right) = pair.split_at(width.min(pair.len()));
            merge(left, right, &mut merged, control, &mut compare)?;
        }
        std::mem::swap(items, &mut merged);
        width = width.saturating_mul(2);
    }
    Ok(())
}

fn merge<T: Copy>(
    mut left: &[T],
    mut right: &[T],
    merged: &mut Vec<T>,
    control: &Control,
    compare: &mut impl FnMut(&T, &T) -> Ordering,
) -> Result<()> {
    control.poll()?;
    while let ([first, rest @ ..], [other, others @ ..]) = (left, right) {
        if compare(other, first).is_lt() {
            merged.push(*other);
            right = others;
        } else {
            merged.push(*first);
            left = rest;
        }
        if merged.len().is_multiple_of(POLL_ITEMS) {
            control.poll()?;
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn shuffled(count: u32) -> Vec<u32> {
        // An odd factor permutes the numbers of 32 bits.
        (0..count)
            .map(|number| number.wrapping_mul(2_654_435_761))
            .collect()
    }

    #[test]
    fn it_sorts_as_the_standard_library_does() {
        for count in [0, 1, 1000, POLL_ITEMS, POLL_ITEMS + 1, 5 * POLL_ITEMS - 3] {
            let mut items = shuffled(count as u32);
            let mut expected = items.clone();
            expected.sort_unstable();
            sort(&mut items, &Control::new(), Ord::cmp).unwrap();
            assert_eq!(items, expected, "{count}");
        }
    }

    #[test]
    fn a_cancelled_sort_stops_after_a_bounded_number_of_comparisons() {
        let control = Control::new();
        let mut comparisons = 0_usize;
        let mut items = shuffled(20 * POLL_ITEMS as u32);
        let stopped = sort(&mut items, &control, |left, right| {
            comparisons += 1;
            control.cancel_token().cancel();
            left.cmp(right)
        });
        assert_eq!(stopped.unwrap_err().code(), Code::Cancelled);
        assert!(comparisons < 40 * POLL_ITEMS, "{comparisons}");
    }
}
