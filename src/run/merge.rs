//! Merging sorted rows: the one place that knows definition 15.

use super::row::Row;

/// Appends the merge of two sorted slices to `out`; rows of one key are combined, rows without effect
/// left out. `newer` happened after `older`.
pub fn merge_sorted(older: &[Row], newer: &[Row], out: &mut Vec<Row>) {
    out.reserve(older.len() + newer.len());
    let (mut i, mut j) = (0, 0);
    while i < older.len() && j < newer.len() {
        match older[i].key.cmp(&newer[j].key) {
            std::cmp::Ordering::Less => {
                out.push(older[i]);
                i += 1;
            }
            std::cmp::Ordering::Greater => {
                out.push(newer[j]);
                j += 1;
            }
            std::cmp::Ordering::Equal => {
                out.extend(combine(older[i], newer[j]));
                i += 1;
                j += 1;
            }
        }
    }
    out.extend_from_slice(&older[i..]);
    out.extend_from_slice(&newer[j..]);
}

/// The row that stands for `older` followed by `newer`, which have one key.
pub fn combine(older: Row, newer: Row) -> Option<Row> {
    older.states.then(newer.states).map(|states| Row {
        key: newer.key,
        states,
    })
}

#[cfg(test)]
mod tests {
    use super::super::row::{State, States};
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn rows(steps: &[(u64, bool)], present: &mut BTreeMap<u64, bool>) -> Vec<Row> {
        let mut changed: BTreeMap<u64, (bool, bool)> = BTreeMap::new();
        for &(key, insert) in steps {
            let before = *present.get(&key).unwrap_or(&false);
            let first = changed.get(&key).map_or(before, |&(first, _)| first);
            changed.insert(key, (first, insert));
            present.insert(key, insert);
        }
        let state = |present| {
            if present {
                State::Asserted
            } else {
                State::Absent
            }
        };
        changed
            .into_iter()
            .filter(|(_, (before, after))| before != after)
            .map(|(key, (before, after))| Row {
                key: [key, 0, 0, 0],
                states: States::new(state(before), state(after)),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn merging_two_runs_equals_making_one(
            first in proptest::collection::vec((0u64..20, any::<bool>()), 0..40),
            second in proptest::collection::vec((0u64..20, any::<bool>()), 0..40),
        ) {
            let mut present = BTreeMap::new();
            let older = rows(&first, &mut present);
            let newer = rows(&second, &mut present);
            let mut merged = Vec::new();
            merge_sorted(&older, &newer, &mut merged);
            let both: Vec<_> = first.into_iter().chain(second).collect();
            prop_assert_eq!(merged, rows(&both, &mut BTreeMap::new()));
        }
    }
}
