//! Runs against a model: whatever was committed, and however it is spread over runs in memory and on disk,
//! a scan reads what a map of states holds.

use super::*;
use crate::control::{Budget, Control};
use crate::kv::{Kv, Open, Options};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

type Model = BTreeMap<Key, State>;

fn memory_pages() -> Arc<PageCache> {
    let options = Options {
        open: Open::Memory,
        ..Options::default()
    };
    let kv = Kv::open(Path::new("/runs"), &options).unwrap();
    Arc::new(PageCache::new(Arc::new(kv), 1 << 20, &Budget::unlimited()).unwrap())
}

/// One commit: quads and the states they get. Ids are few, so that commits overlap.
fn commit() -> impl Strategy<Value = Vec<(Key, State)>> {
    let key = (
        0u64..6,
        0u64..3,
        0u64..12,
        prop_oneof![3 => Just(0u64), 1 => 1u64..3],
    )
        .prop_map(|(s, p, o, g)| [s, p, o, g]);
    let state = prop_oneof![
        Just(State::Absent),
        Just(State::Asserted),
        Just(State::Inferred)
    ];
    proptest::collection::vec((key, state), 0..60)
}

/// The sorted rows of a commit on top of `model`, which it changes.
fn apply(changes: &[(Key, State)], model: &mut Model) -> Vec<Row> {
    let net: Model = changes.iter().copied().collect();
    net.into_iter()
        .filter_map(|(key, after)| {
            let before = match after {
                State::Absent => model.remove(&key),
                _ => model.insert(key, after),
            }
            .unwrap_or(State::Absent);
            (before != after).then_some(Row {
                key,
                states: States::new(before, after),
            })
        })
        .collect()
}

fn to_disk(pages: &PageCache, run: &MemRun, sort: Sort, extent: u64) -> Option<DiskRun> {
    let mut builder = RunBuilder::new(sort, pages.kv().page_file(extent))
        .with_block_rows(5 + extent as usize % 7);
    for &row in run.rows(sort) {
        builder.push(row).unwrap();
    }
    let (run, written) = builder
        .finish(run.epoch, run.first_seq, run.last_seq)
        .unwrap()?;
    pages.kv().ingest(vec![written]).unwrap();
    Some(run)
}

fn read(scan: &mut RunScan) -> Vec<Key> {
    let mut chunk = Chunk::default();
    let mut keys = Vec::new();
    loop {
        scan.next([true; 4], &mut chunk, &Control::new()).unwrap();
        if chunk.len == 0 {
            return keys;
        }
        keys.extend(
            (0..chunk.len).map(|row| [0, 1, 2, 3].map(|column| chunk.columns[column][row])),
        );
    }
}

/// What a scan of `model` in `sort` should read.
fn expected(
    model: &Model,
    sort: Sort,
    low: Key,
    high: Key,
    asserted: bool,
    inferred: bool,
) -> Vec<Key> {
    let mut keys: Vec<Key> = model
        .iter()
        .filter(|(key, _)| sort.holds_graph(key[3]))
        .filter(|(_, state)| match state {
            State::Asserted => asserted,
            State::Inferred => inferred,
            State::Absent => false,
        })
        .map(|(key, _)| sort.key(key))
        .filter(|key| low <= *key && *key <= high)
        .collect();
    keys.sort_unstable();
    keys
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_scan_of_any_mix_of_runs_reads_what_was_committed(
        commits in proptest::collection::vec((commit(), any::<bool>(), any::<bool>()), 1..9),
        bounds in any::<[[u8; 4]; 2]>(),
        seeks in proptest::collection::vec((0u64..13, 0u64..13, 0u64..13), 0..4),
        (asserted, inferred) in prop_oneof![Just((true, true)), Just((true, false)), Just((false, true))],
        extreme in any::<bool>(),
        sort in prop::sample::select(vec![Sort::Psog, Sort::Posg, Sort::Spog, Sort::Ospg, Sort::Gspo]),
    ) {
        // Keeps the order; at the extremes ids reach up to the greatest there is, so that no bound is above them.
        let stretch = |value: u64| match extreme && value >= 4 {
            true => u64::MAX - (12 - value),
            false => value,
        };
        let pages = memory_pages();
        let mut model = Model::new();
        let mut sources: Vec<Source> = Vec::new();
        let mut pending: Option<MemRun> = None;
        for (seq, (changes, on_disk, join)) in commits.iter().enumerate() {
            let changes: Vec<_> = changes
                .iter()
                .map(|(key, state)| (key.map(stretch), *state))
                .collect();
            let run = MemRun::new(apply(&changes, &mut model), Vec::new(), seq as u64 + 1, 1);
            let run = match pending.take() {
                Some(older) => MemRun::merge(&older, &run),
                None => run,
            };
            if *join && seq + 1 < commits.len() {
                pending = Some(run);
                continue;
            }
            if *on_disk {
                sources.extend(to_disk(&pages, &run, sort, seq as u64).map(|run| Source::Disk(Arc::new(run))));
            } else {
                sources.push(Source::Memory { run: Arc::new(run), sort });
            }
        }
        sources.reverse();
        let mut keys = bounds.map(|bound| bound.map(|value| stretch(u64::from(value) % 13)));
        keys.sort_unstable();
        let [low, high] = keys;
        let visibility = Visibility { asserted, inferred, epoch: 1 };
        let scan = || RunScan::new(pages.clone(), &sources, low, high, visibility);
        let all = expected(&model, sort, low, high, asserted, inferred);
        // By way of a delta, where there can be one, a scan reads the same.
        let delta = Delta::build(&sources, sort, 1, &pages, &Control::new()).unwrap().map(Arc::new);
        let by_delta = delta.map(|delta| {
            assert!(delta.is_of(&sources, 1) && !delta.is_of(&sources, 2));
            RunScan::of_delta(pages.clone(), delta, low, high, visibility)
        });
        for mut seeking in std::iter::once(scan()).chain(by_delta) {
            let mut left = all.clone();
            let mut chunk = Chunk::default();
            for &(a, b, c) in &seeks {
                let key = [a, b, c, 0].map(stretch);
                seeking.seek(&key);
                seeking.next([true; 4], &mut chunk, &Control::new()).unwrap();
                left.retain(|left| *left >= key);
                for (row, key) in left.iter().enumerate().take(chunk.len) {
                    prop_assert_eq!([0, 1, 2, 3].map(|column| chunk.columns[column][row]), *key);
                }
                prop_assert_eq!(chunk.len == 0, left.is_empty());
                left.drain(..chunk.len);
            }
            prop_assert_eq!(read(&mut seeking), left);
        }

        let mut keys: Vec<Key> = model.keys().map(|key| sort.key(key)).collect();
        keys.extend([[0; 4], low, high, [u64::MAX; 4]]);
        keys.retain(|key| sort.holds_graph(sort.row(key)[3]));
        keys.sort_unstable();
        keys.dedup();
        let mut states = Vec::new();
        probe(&sources, &pages, &keys, 1, &mut states, &Control::new()).unwrap();
        for (key, state) in keys.iter().zip(states) {
            prop_assert_eq!(state, *model.get(&sort.row(key)).unwrap_or(&State::Absent));
        }

        let counts = count(&sources, &pages, &low, &high, 1, &Control::new()).unwrap();
        let asserted_keys = expected(&model, sort, low, high, true, false).len() as i64;
        let inferred_keys = expected(&model, sort, low, high, false, true).len() as i64;
        prop_assert_eq!(counts.default_asserted + counts.named_asserted, asserted_keys);
        prop_assert_eq!(counts.default_inferred + counts.named_inferred, inferred_keys);
        // Every prefix of some keys, as the range from all zeros after it to all ones.
        for key in model.keys().map(|key| sort.key(key)).step_by(7).take(4) {
            for bound in 0..=4 {
                let (mut low, mut high) = (key, key);
                low[bound..].fill(0);
                high[bound..].fill(u64::MAX);
                let all = expected(&model, sort, low, high, true, true);
                let both = Visibility { asserted: true, inferred: true, epoch: 1 };
                let mut scan = RunScan::new(pages.clone(), &sources, low, high, both);
                prop_assert_eq!(read(&mut scan), all.clone());
                let counts = count(&sources, &pages, &low, &high, 1, &Control::new()).unwrap();
                let rows = counts.default_asserted + counts.named_asserted
                    + counts.default_inferred + counts.named_inferred;
                prop_assert_eq!(rows, all.len() as i64);
            }
        }
        // Under another epoch nothing is inferred, and the counts of what is asserted stay.
        let other = count(&sources, &pages, &low, &high, 2, &Control::new()).unwrap();
        prop_assert_eq!(other.default_inferred + other.named_inferred, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Windows, blocks and groups end in different places in each run: the sizes are such that all of them do
    /// within a scan. The reference merges rows.
    #[test]
    fn a_scan_over_many_blocks_reads_what_merging_all_rows_gives(
        sizes in proptest::collection::vec((1usize..3000, any::<bool>()), 1..6),
        base_rows in 0usize..20_000,
        clustered in any::<bool>(),
        seed in any::<u64>(),
        wanted in any::<[bool; 4]>(),
        sort in prop::sample::select(vec![Sort::Psog, Sort::Posg, Sort::Spog, Sort::Ospg]),
    ) {
        let pages = memory_pages();
        let mut random = seed | 1;
        let mut below = |limit: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % limit
        };
        let mut model = Model::new();
        let mut sources: Vec<Source> = Vec::new();
        let runs = std::iter::once((base_rows, true)).chain(sizes);
        for (seq, (size, on_disk)) in runs.enumerate() {
            // A clustered run changes one part of the keys many times over.
            let span = if clustered && seq > 0 { 50 } else { 5000 };
            let changes: Vec<(Key, State)> = (0..size)
                .map(|_| {
                    let key = [below(span), below(8), below(40), below(30) / 29];
                    let state = match below(4) {
                        0 => State::Absent,
                        1 => State::Inferred,
                        _ => State::Asserted,
                    };
                    (key, state)
                })
                .collect();
            let run = MemRun::new(apply(&changes, &mut model), Vec::new(), seq as u64 + 1, 1);
            if on_disk {
                let mut builder = RunBuilder::new(sort, pages.kv().page_file(seq as u64));
                run.rows(sort).iter().for_each(|&row| builder.push(row).unwrap());
                let finished = builder.finish(1, run.first_seq, run.last_seq).unwrap();
                if let Some((run, written)) = finished {
                    pages.kv().ingest(vec![written]).unwrap();
                    sources.push(Source::Disk(Arc::new(run)));
                }
            } else {
                sources.push(Source::Memory { run: Arc::new(run), sort });
            }
        }
        sources.reverse();
        let visibility = Visibility { asserted: true, inferred: below(2) == 0, epoch: 1 };
        let (low, high) = ([0; 4], [u64::MAX; 4]);
        let expected = expected(&model, sort, low, high, true, visibility.inferred);
        let delta = Delta::build(&sources, sort, 1, &pages, &Control::new()).unwrap().map(Arc::new);
        let by_delta =
            delta.map(|delta| RunScan::of_delta(pages.clone(), delta, low, high, visibility));
        let merged = RunScan::new(pages.clone(), &sources, low, high, visibility);
        for mut scan in std::iter::once(merged).chain(by_delta) {
            let mut chunk = Chunk::default();
            let mut at = 0;
            loop {
                scan.next(wanted, &mut chunk, &Control::new()).unwrap();
                if chunk.len == 0 {
                    break;
                }
                prop_assert!(chunk.len <= crate::store::BATCH_ROWS);
                for column in 0..4 {
                    let keys = expected[at..at + chunk.len].iter();
                    let values: Vec<u64> =
                        keys.map(|key| key[column]).filter(|_| wanted[column]).collect();
                    prop_assert_eq!(&chunk.columns[column], &values);
                }
                at += chunk.len;
            }
            prop_assert_eq!(at, expected.len());
        }
    }
}
