//! Runs in memory: what commits wrote since the last spill.

use super::directory::Counts;
use super::merge::merge_sorted;
use super::row::Row;
use super::sort::Sort;

/// The rows of one or more consecutive commits in every sort. Costs 40 bytes a row and sort.
#[derive(Debug)]
pub struct MemRun {
    sorts: [Box<[Row]>; Sort::COUNT],
    counts: Counts,
    /// The first and last commit in it.
    pub first_seq: u64,
    pub last_seq: u64,
    pub epoch: u32,
}

impl MemRun {
    /// `quads` are keyed (s, p, o, g) and sorted; `terms` are triple terms keyed (s, p, o, t), in any order.
    pub fn new(quads: Vec<Row>, terms: Vec<Row>, seq: u64, epoch: u32) -> Self {
        debug_assert!(quads.windows(2).all(|pair| pair[0].key < pair[1].key));
        let mut sorts: [Box<[Row]>; Sort::COUNT] = Default::default();
        for sort in [Sort::Psog, Sort::Posg, Sort::Ospg, Sort::Gspo] {
            sorts[sort.index()] = resort(&quads, sort);
        }
        if !terms.is_empty() {
            for sort in Sort::TERMS {
                sorts[sort.index()] = resort(&terms, sort);
            }
        }
        let mut counts = Counts::default();
        for row in &quads {
            counts.add(row.states, row.key[3] != 0);
        }
        sorts[Sort::Spog.index()] = quads.into_boxed_slice();
        Self {
            sorts,
            counts,
            first_seq: seq,
            last_seq: seq,
            epoch,
        }
    }

    /// One run for two adjacent ones.
    pub fn merge(older: &Self, newer: &Self) -> Self {
        let mut counts = older.counts;
        counts += newer.counts;
        Self {
            sorts: std::array::from_fn(|i| {
                let mut rows = Vec::new();
                merge_sorted(&older.sorts[i], &newer.sorts[i], &mut rows);
                rows.into_boxed_slice()
            }),
            counts,
            first_seq: older.first_seq,
            last_seq: newer.last_seq,
            epoch: newer.epoch,
        }
    }

    pub fn rows(&self, sort: Sort) -> &[Row] {
        &self.sorts[sort.index()]
    }

    /// Quads in it.
    pub fn len(&self) -> usize {
        self.rows(Sort::Spog).len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0 && self.rows(Sort::SpoTerm).is_empty()
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    pub fn heap_bytes(&self) -> usize {
        self.sorts
            .iter()
            .map(|rows| std::mem::size_of_val(&**rows))
            .sum()
    }
}

fn resort(rows: &[Row], sort: Sort) -> Box<[Row]> {
    let mut sorted: Vec<Row> = rows
        .iter()
        .filter(|row| sort.holds_graph(row.key[3]))
        .map(|row| Row {
            key: sort.key(&row.key),
            states: row.states,
        })
        .collect();
    sorted.sort_unstable_by_key(|row| row.key);
    sorted.into_boxed_slice()
}
