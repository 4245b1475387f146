//! Orders of rows, found on short keys: rows are moved once, when their order is known.

use super::row::{Key, Row};
use super::sort::Sort;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// With more distinct values in a column than this, values are sorted, not counted.
const COUNTED_MAX: usize = 4096;
/// Bytes of memory for each row besides itself while rows are brought in another order.
pub const BYTES_PER_PLACE: usize = size_of::<(u64, u32)>();

/// The order of `count` keys, equal ones as they stand. Cost: about 30 ns a key where few first columns are equal.
pub fn by_key<'k>(count: usize, key: impl Fn(usize) -> &'k Key) -> Vec<usize> {
    let mut places: Vec<(u64, usize)> = (0..count).map(|at| (key(at)[0], at)).collect();
    places.sort_unstable();
    for equal in places.chunk_by_mut(|left, right| left.0 == right.0) {
        if equal.len() > 1 {
            equal.sort_unstable_by_key(|&(_, at)| (key(at), at));
        }
    }
    places.into_iter().map(|(_, at)| at).collect()
}

/// Rows in sort `from` as rows in sort `to`, which differs by one column moved to the front: that column decides, and
/// rows with equal values in it are in order already. A sort of named graphs leaves the other rows out. Positions of
/// rows are 32 bits. Cost: 10-60 ns a row, least where the column has few values.
pub fn resorted(rows: &[Row], from: Sort, to: Sort) -> Vec<Row> {
    let front = to.columns()[0];
    let column = from
        .columns()
        .iter()
        .position(|&position| position == front)
        .unwrap_or_default();
    let moved = |row: &Row| Row {
        key: to.key(&from.row(&row.key)),
        states: row.states,
    };
    let value = |row: &Row| row.key[column];
    let is_in = |row: &Row| to != Sort::Gspo || row.key[column] != 0;
    if rows.is_sorted_by_key(value) {
        return rows.iter().filter(|row| is_in(row)).map(moved).collect();
    }
    if let Some(counted) = Counted::of(rows, value) {
        let mut placed = counted.placed(rows, moved);
        if to == Sort::Gspo {
            placed.drain(..placed.partition_point(|row| row.key[0] == 0));
        }
        return placed;
    }
    let mut places: Vec<(u64, u32)> = rows
        .iter()
        .zip(0..)
        .filter(|(row, _)| is_in(row))
        .map(|(row, at)| (value(row), at))
        .collect();
    places.sort_unstable();
    places
        .iter()
        .map(|&(_, at)| moved(&rows[at as usize]))
        .collect()
}

/// Rows whose values in one column were counted.
struct Counted {
    /// The number of each row's value.
    numbers: Vec<u16>,
    /// Where the rows of each value begin.
    starts: Vec<u32>,
}

impl Counted {
    /// `None` if there are many distinct values.
    fn of(rows: &[Row], value: impl Fn(&Row) -> u64) -> Option<Self> {
        let mut number_of: FxHashMap<u64, u16> = FxHashMap::default();
        let mut distinct: Vec<(u64, u32)> = Vec::new();
        let mut numbers = Vec::with_capacity(rows.len());
        // Neighbours mostly have the same value.
        let mut last = None;
        for row in rows {
            let value = value(row);
            let number = match last {
                Some((same, number)) if same == value => number,
                _ => match number_of.entry(value) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(_) if distinct.len() == COUNTED_MAX => return None,
                    Entry::Vacant(new) => {
                        distinct.push((value, 0));
                        *new.insert((distinct.len() - 1) as u16)
                    }
                },
            };
            last = Some((value, number));
            distinct[usize::from(number)].1 += 1;
            numbers.push(number);
        }
        let mut ascending: Vec<usize> = (0..distinct.len()).collect();
        ascending.sort_unstable_by_key(|&number| distinct[number].0);
        let mut starts = vec![0; distinct.len()];
        let mut start = 0;
        for number in ascending {
            starts[number] = start;
            start += distinct[number].1;
        }
        Some(Self { numbers, starts })
    }

    fn placed(mut self, rows: &[Row], moved: impl Fn(&Row) -> Row) -> Vec<Row> {
        let mut placed = vec![Row::default(); rows.len()];
        for (row, number) in rows.iter().zip(self.numbers) {
            let place = &mut self.starts[usize::from(number)];
            placed[*place as usize] = moved(row);
            *place += 1;
        }
        placed
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::States;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_order_of_keys_is_that_of_a_stable_sort(
            distinct in 1u64..600,
            seeds in prop::collection::vec(any::<[u64; 4]>(), 0..1500),
        ) {
            let keys: Vec<Key> = seeds
                .iter()
                .map(|seed| [seed[0] % distinct, seed[1] % 3, seed[2] % 3, seed[3] % 2])
                .collect();
            let mut expected: Vec<usize> = (0..keys.len()).collect();
            expected.sort_by_key(|&at| keys[at]);
            prop_assert_eq!(by_key(keys.len(), |at| &keys[at]), expected);
        }

        #[test]
        fn a_stable_sort_by_one_column_is_the_sort(
            mut keys in prop::collection::vec([0u64..40, 0u64..4, 0u64..9000, 0u64..3], 0..6000),
        ) {
            keys.sort_unstable();
            keys.dedup();
            let rows = |sort: Sort| {
                let mut rows: Vec<[u64; 4]> = keys
                    .iter()
                    .filter(|key| sort.holds_graph(key[3]))
                    .map(|key| sort.key(key))
                    .collect();
                rows.sort_unstable();
                rows
            };
            let spog: Vec<Row> =
                keys.iter().map(|&key| Row { key, states: States::ASSERT }).collect();
            let ospg = resorted(&spog, Sort::Spog, Sort::Ospg);
            for (sort, sorted) in [
                (Sort::Psog, resorted(&spog, Sort::Spog, Sort::Psog)),
                (Sort::Gspo, resorted(&spog, Sort::Spog, Sort::Gspo)),
                (Sort::Posg, resorted(&ospg, Sort::Ospg, Sort::Posg)),
                (Sort::Ospg, ospg),
            ] {
                let sorted: Vec<[u64; 4]> = sorted.iter().map(|row| row.key).collect();
                prop_assert_eq!(sorted, rows(sort), "{:?}", sort);
            }
        }
    }
}
