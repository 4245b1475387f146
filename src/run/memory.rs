//! Runs in memory: what commits wrote since the last spill.

use super::directory::Counts;
use super::filter::KeyFilter;
use super::merge::merge_sorted;
use super::order::resorted;
use super::row::Row;
use super::sort::Sort;
use crate::control::side_by_side;
use std::sync::OnceLock;

/// Smaller runs are searched as fast as a filter is asked.
const FILTER_ROWS_MIN: usize = 16 << 10;
/// The sorts of smaller runs are made when they are asked for: most are merged into larger ones before that.
const SORTED_ROWS_MIN: usize = 64;
/// From so many rows on, as after a crash, two threads sort.
const PARALLEL_ROWS_MIN: usize = 256 << 10;

/// The rows of one or more consecutive commits in every sort. Costs 40 bytes a row and sort.
#[derive(Debug)]
pub struct MemRun {
    /// SPOG and its counterpart for triple terms are always there, the others once they were asked for.
    sorts: [OnceLock<Box<[Row]>>; Sort::COUNT],
    /// The keys of sort SPOG, if they are many.
    filter: Option<KeyFilter>,
    counts: Counts,
    /// Of all sorts, whether or not they were asked for.
    heap_bytes: usize,
    /// The first and last commit in it.
    pub first_seq: u64,
    pub last_seq: u64,
    pub epoch: u32,
}

impl MemRun {
    /// `quads` are keyed (s, p, o, g) and sorted, `terms` are triple terms keyed (s, p, o, t) and sorted.
    pub fn new(quads: Vec<Row>, terms: Vec<Row>, seq: u64, epoch: u32) -> Self {
        let run = Self::unfinished(quads, terms, seq, epoch);
        run.complete_large();
        run
    }

    fn stored_rows(&self) -> usize {
        self.len() + self.rows(Sort::SpoTerm).len()
    }

    /// As [`MemRun::new`]; a sort is made when it is first asked for, or by [`MemRun::complete_large`]. So a store with a long
    /// log is open before all of it is sorted. Cost for the first to ask: 60 ns a row.
    pub fn unfinished(quads: Vec<Row>, terms: Vec<Row>, seq: u64, epoch: u32) -> Self {
        debug_assert!(quads.windows(2).all(|pair| pair[0].key < pair[1].key));
        debug_assert!(terms.windows(2).all(|pair| pair[0].key < pair[1].key));
        let mut counts = Counts::default();
        for row in &quads {
            counts.add(row.states, row.key[3] != 0);
        }
        let filter = filter(&quads);
        let mut sorts: [OnceLock<Box<[Row]>>; Sort::COUNT] = Default::default();
        sorts[Sort::Spog.index()] = OnceLock::from(quads.into_boxed_slice());
        sorts[Sort::SpoTerm.index()] = OnceLock::from(terms.into_boxed_slice());
        Self::assemble(sorts, filter, counts, [seq, seq], epoch)
    }

    /// One run for two adjacent ones.
    pub fn merge(older: &Self, newer: &Self) -> Self {
        let mut counts = older.counts;
        counts += newer.counts;
        let is_small = older.stored_rows() + newer.stored_rows() < SORTED_ROWS_MIN;
        let sorts = Sort::ALL.map(|sort| {
            if is_small && !matches!(sort, Sort::Spog | Sort::SpoTerm) {
                return OnceLock::new();
            }
            let mut rows = Vec::new();
            merge_sorted(older.rows(sort), newer.rows(sort), &mut rows);
            OnceLock::from(rows.into_boxed_slice())
        });
        let filter = sorts[Sort::Spog.index()]
            .get()
            .and_then(|rows| filter(rows));
        let seqs = [older.first_seq, newer.last_seq];
        Self::assemble(sorts, filter, counts, seqs, newer.epoch)
    }

    fn assemble(
        sorts: [OnceLock<Box<[Row]>>; Sort::COUNT],
        filter: Option<KeyFilter>,
        counts: Counts,
        [first_seq, last_seq]: [u64; 2],
        epoch: u32,
    ) -> Self {
        let mut run = Self {
            sorts,
            filter,
            counts,
            heap_bytes: 0,
            first_seq,
            last_seq,
            epoch,
        };
        let quads = run.rows(Sort::Spog);
        let holds_graph = |row: &&Row| Sort::Gspo.holds_graph(row.key[3]);
        let rows = Sort::QUADS.len() * quads.len()
            + quads.iter().filter(holds_graph).count()
            + Sort::TERMS.len() * run.rows(Sort::SpoTerm).len();
        let filter_bytes = run.filter.as_ref().map_or(0, KeyFilter::bytes);
        run.heap_bytes = rows * size_of::<Row>() + filter_bytes;
        run
    }

    /// The rows in a sort.
    pub fn rows(&self, sort: Sort) -> &[Row] {
        self.sorts[sort.index()].get_or_init(|| self.resorted(sort))
    }

    /// Rows in a sort that differs from one that is there by one column moved to the front.
    fn resorted(&self, sort: Sort) -> Box<[Row]> {
        let from = match sort {
            Sort::Posg => Sort::Ospg,
            Sort::PosTerm => Sort::OspTerm,
            Sort::Psog | Sort::Ospg | Sort::Gspo | Sort::Spog => Sort::Spog,
            Sort::TermSpo | Sort::OspTerm | Sort::SpoTerm => Sort::SpoTerm,
        };
        resorted(self.rows(from), from, sort).into_boxed_slice()
    }

    /// Makes the sorts that are not there yet, unless the run is so small that the first to ask for one may.
    pub fn complete_large(&self) {
        if self.stored_rows() < SORTED_ROWS_MIN {
            return;
        }
        let missing = self.sorts[Sort::Psog.index()].get().is_none();
        if missing && self.len() >= PARALLEL_ROWS_MIN {
            let make = |sort: Sort| {
                self.rows(sort);
                Ok(())
            };
            // What is not made here is made below.
            let _ = side_by_side(|| make(Sort::Posg), || make(Sort::Psog));
        }
        for sort in Sort::ALL {
            self.rows(sort);
        }
    }

    /// What tells most absent keys of sort SPOG apart, if there is one.
    pub(super) fn filter(&self) -> Option<&KeyFilter> {
        self.filter.as_ref()
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
        self.heap_bytes
    }
}

fn filter(rows: &[Row]) -> Option<KeyFilter> {
    (rows.len() >= FILTER_ROWS_MIN)
        .then(|| KeyFilter::of(rows.len(), rows.iter().map(|row| &row.key)))
}
