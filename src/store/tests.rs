//! The store against a set of quads: whatever is inserted, deleted, spilled, merged, loaded in bulk and
//! reopened, every sort reads the same quads, and counts are exact.

use super::source::G;
use super::*;
use crate::control::{Budget, Control};
use crate::error::Code;
use crate::kv::{Open, Options, RecoveryMode};
use crate::run::{Chunk, Key, Sort};
use crate::term::{Id, LiteralRef, TermBuf, TermRef};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory that is removed with the value.
pub(super) struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("ts-store-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn options(path: &Path, open: Open) -> OpenOptions<'_> {
    OpenOptions {
        path,
        open,
        create_if_missing: true,
        recovery: RecoveryMode::TornTail,
        settings: Settings {
            durability: Durability::OsBuffered,
            spill_bytes: 1 << 20,
            write_wait_ms: 200,
            block_cache_bytes: 1 << 20,
            vocabulary_cache_bytes: 1 << 20,
            ..Settings::default()
        },
        kv: Options::default(),
        budget: Budget::unlimited(),
    }
}

pub(super) fn open(path: &Path, mode: Open) -> Store {
    Store::open(options(path, mode)).unwrap()
}

pub(super) fn number(transaction: &mut Transaction, n: u64) -> u64 {
    let iri = format!("http://example.org/term/{n}/x");
    transaction.intern(TermRef::Iri(&iri)).unwrap().raw()
}

/// Inserts and deletes quads given by small numbers.
pub(super) fn commit(store: &Store, changes: &[(bool, [u8; 4])]) -> Committed {
    commit_with(store, changes, &Control::new()).unwrap()
}

fn commit_with(
    store: &Store,
    changes: &[(bool, [u8; 4])],
    control: &Control,
) -> crate::error::Result<Committed> {
    staged(store, changes, control)?.commit()
}

/// A transaction with these changes; terms are made as they are needed.
fn staged(
    store: &Store,
    changes: &[(bool, [u8; 4])],
    control: &Control,
) -> crate::error::Result<Transaction> {
    let mut transaction = store.begin(control)?;
    for &(insert, [s, p, o, g]) in changes {
        let quad = [
            number(&mut transaction, u64::from(s)),
            number(&mut transaction, 100 + u64::from(p)),
            number(&mut transaction, 200 + u64::from(o)),
            match g {
                0 => 0,
                g => number(&mut transaction, 300 + u64::from(g)),
            },
        ];
        match insert {
            true => transaction.insert(quad)?,
            false => transaction.delete(quad)?,
        }
    }
    Ok(transaction)
}

/// The quads of a version in a sort, as the numbers they were made from.
fn quads(version: &Version, sort: Sort) -> BTreeSet<[u8; 4]> {
    let mut scan = version.scan_keys(sort, [0; 4], [u64::MAX; 4], View::Both);
    let (mut chunk, mut key, mut term) = (Chunk::default(), Vec::new(), TermBuf::default());
    let mut found = BTreeSet::new();
    let mut last: Option<Key> = None;
    loop {
        scan.next([true; 4], &mut chunk, &Control::new()).unwrap();
        if chunk.len == 0 {
            return found;
        }
        for row in 0..chunk.len {
            let ids = [0, 1, 2, 3].map(|column| chunk.columns[column][row]);
            assert!(
                last.replace(ids).is_none_or(|last| last < ids),
                "rows out of order"
            );
            let mut quad = [0; 4];
            for (position, id) in sort.row(&ids).into_iter().enumerate() {
                if id == 0 {
                    continue;
                }
                version
                    .vocabulary
                    .term(Id::from_raw(id), &mut key, &mut term)
                    .unwrap();
                let TermRef::Iri(iri) = term.as_ref() else {
                    panic!("not an IRI: {term:?}");
                };
                let number: u64 = iri.split('/').nth(4).unwrap().parse().unwrap();
                quad[position] = (number - [0, 100, 200, 300][position]) as u8;
            }
            assert!(found.insert(quad), "a quad twice");
        }
    }
}

pub(super) fn check(store: &Store, model: &BTreeSet<[u8; 4]>) {
    check_version(&store.version().unwrap(), model);
    let report = store.check(&Control::new()).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!(report.quads, model.len() as u64);
}

/// Every sort, every count and the graphs of a version against the model.
pub(super) fn check_version(version: &Version, model: &BTreeSet<[u8; 4]>) {
    for sort in Sort::QUADS {
        assert_eq!(quads(version, sort), *model, "{sort:?}");
    }
    let named: BTreeSet<_> = model.iter().copied().filter(|quad| quad[3] != 0).collect();
    assert_eq!(quads(version, Sort::Gspo), named);
    assert_eq!(version.quads(View::Both), model.len() as u64);
    assert_eq!(version.named_quads(View::Asserted), named.len() as u64);
    let graphs: BTreeSet<u8> = named.iter().map(|quad| quad[3]).collect();
    let found = version.named_graphs(View::Both, &Control::new()).unwrap();
    assert_eq!(found.len(), graphs.len());
    // Some quads that are there, and one that is not.
    let some = model.iter().copied().step_by(model.len() / 3 + 1);
    for quad in some.chain([[11, 2, 11, 3]]) {
        check_prefixes(version, model, quad);
    }
}

/// Scans and counts of every prefix that a quad has in every order, over every choice of graphs.
fn check_prefixes(version: &Version, model: &BTreeSet<[u8; 4]>, quad: [u8; 4]) {
    let control = Control::new();
    let id = |position: usize| {
        let number = u64::from(quad[position]) + [0, 100, 200, 300][position];
        let iri = format!("http://example.org/term/{number}/x");
        match (position, quad[position]) {
            (3, 0) => Some(0),
            _ => version
                .id(TermRef::Iri(&iri), &control)
                .unwrap()
                .map(Id::raw),
        }
    };
    let Some(ids) = (0..4).map(id).collect::<Option<Vec<u64>>>() else {
        return;
    };
    for order in Order::ALL {
        let columns = order.columns();
        for bound in 0..=4 {
            let fixed = &columns[..bound];
            let matching = |other: &&[u8; 4]| fixed.iter().all(|&at| other[at] == quad[at]);
            let graph_is_fixed = fixed.contains(&G);
            for graphs in [
                Graphs::Any,
                Graphs::One(0),
                Graphs::Named,
                Graphs::One(ids[3]),
                Graphs::UnionAll,
            ] {
                let by_graph = order == Order::Gspo;
                if graph_is_fixed && graphs != Graphs::Any
                    || by_graph && matches!(graphs, Graphs::One(_) | Graphs::UnionAll)
                    || by_graph && graph_is_fixed && quad[3] == 0
                {
                    continue;
                }
                let rows = model
                    .iter()
                    .filter(matching)
                    .filter(|other| !by_graph || other[3] != 0)
                    .filter(|other| match graphs {
                        Graphs::One(0) => other[3] == 0,
                        Graphs::One(_) => other[3] == quad[3],
                        Graphs::Named => other[3] != 0,
                        _ => true,
                    });
                let expected = match graphs {
                    Graphs::UnionAll => rows.map(|row| &row[..3]).collect::<BTreeSet<_>>().len(),
                    _ => rows.count(),
                };
                let spec = ScanSpec {
                    order,
                    prefix: fixed.iter().map(|&at| ids[at]).collect(),
                    range: None,
                    graphs,
                    view: View::Both,
                    wanted: [true; 4],
                };
                let told = format!("{quad:?} {spec:?}");
                let count = version.count(&spec, &control).unwrap();
                assert_eq!(count, expected as u64, "count of {told}");
                let mut scan = version.scan(&spec, &control).unwrap();
                let (mut batch, mut read) = (ScanBatch::default(), 0);
                loop {
                    scan.next(&mut batch).unwrap();
                    if batch.len == 0 {
                        break;
                    }
                    read += batch.len;
                }
                assert_eq!(read, expected, "scan of {told}");
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<(bool, [u8; 4])>),
    /// A transaction that is dropped.
    RollBack(Vec<(bool, [u8; 4])>),
    /// Deletes every quad of a graph.
    Clear(u8),
    /// Keeps the version to the end.
    Hold,
    Spill,
    Compact,
    Quiesce,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let quad = (
        0u8..12,
        0u8..3,
        0u8..12,
        prop_oneof![3 => Just(0u8), 1 => 1u8..4],
    )
        .prop_map(|(s, p, o, g)| [s, p, o, g]);
    let change = (prop::bool::weighted(0.7), quad);
    let changes = || proptest::collection::vec(change.clone(), 0..60);
    prop_oneof![
        12 => changes().prop_map(Step::Commit),
        1 => changes().prop_map(Step::RollBack),
        2 => (0u8..4).prop_map(Step::Clear),
        1 => Just(Step::Hold),
        3 => Just(Step::Spill),
        1 => Just(Step::Compact),
        1 => Just(Step::Quiesce),
        2 => Just(Step::Reopen),
    ]
}

fn run(steps: &[Step], mode: Open) {
    let directory = Directory::new();
    let mut store = open(&directory.0, mode);
    let mut model = BTreeSet::new();
    let mut held = Vec::new();
    for step in steps {
        match step {
            Step::Commit(changes) => {
                let before = model.clone();
                for &(insert, quad) in changes {
                    match insert {
                        true => model.insert(quad),
                        false => model.remove(&quad),
                    };
                }
                let committed = commit(&store, changes);
                assert_eq!(
                    committed.inserted as usize,
                    model.difference(&before).count()
                );
                assert_eq!(
                    committed.deleted as usize,
                    before.difference(&model).count()
                );
            }
            Step::RollBack(changes) => drop(staged(&store, changes, &Control::new()).unwrap()),
            Step::Clear(graph) => {
                let all: Vec<_> = model
                    .iter()
                    .filter(|quad| quad[3] == *graph)
                    .copied()
                    .collect();
                let changes: Vec<_> = all.iter().map(|&quad| (false, quad)).collect();
                assert_eq!(commit(&store, &changes).deleted as usize, all.len());
                model.retain(|quad| quad[3] != *graph);
            }
            Step::Hold => held.push((store.version().unwrap(), model.clone())),
            Step::Spill => store.spill(&Control::new()).unwrap(),
            Step::Compact => store.compact(&Control::new()).unwrap(),
            Step::Quiesce => store.quiesce(&Control::new()).unwrap(),
            Step::Reopen if mode == Open::ReadWrite => {
                held.clear();
                drop(store);
                store = open(&directory.0, mode);
            }
            Step::Reopen => {}
        }
        check(&store, &model);
    }
    for (version, model) in &held {
        check_version(version, model);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_store_on_disk_is_a_set_of_quads(steps in proptest::collection::vec(step(), 1..24)) {
        run(&steps, Open::ReadWrite);
    }

    #[test]
    fn a_store_in_memory_is_a_set_of_quads(steps in proptest::collection::vec(step(), 1..24)) {
        run(&steps, Open::Memory);
    }
}

#[test]
fn many_commits_spill_in_the_background_and_nothing_is_lost() {
    let directory = Directory::new();
    let store = open(&directory.0, Open::ReadWrite);
    let mut model = BTreeSet::new();
    for round in 0..600u32 {
        let changes: Vec<(bool, [u8; 4])> = (0..50u32)
            .map(|i| {
                let n = round * 50 + i;
                let quad = [
                    (n % 251) as u8,
                    (n % 7) as u8,
                    (n % 241) as u8,
                    (n % 3) as u8,
                ];
                (n % 11 != 0, quad)
            })
            .collect();
        for &(insert, quad) in &changes {
            match insert {
                true => model.insert(quad),
                false => model.remove(&quad),
            };
        }
        commit(&store, &changes);
    }
    check(&store, &model);
    assert!(
        !store.version().unwrap().disk[Sort::Spog.index()].is_empty(),
        "nothing was spilled: the test does not test what it says"
    );
    drop(store);
    check(&open(&directory.0, Open::ReadWrite), &model);
}

#[test]
fn a_version_keeps_its_quads_while_the_store_moves_on() {
    let store = open(Path::new("/memory"), Open::Memory);
    commit(&store, &[(true, [1, 1, 1, 0]), (true, [2, 1, 1, 1])]);
    let old = store.version().unwrap();
    commit(&store, &[(false, [1, 1, 1, 0]), (true, [3, 1, 1, 0])]);
    store.compact(&Control::new()).unwrap();
    assert_eq!(
        quads(&old, Sort::Posg),
        BTreeSet::from([[1, 1, 1, 0], [2, 1, 1, 1]])
    );
    check(&store, &BTreeSet::from([[3, 1, 1, 0], [2, 1, 1, 1]]));
}

#[test]
fn a_dropped_transaction_leaves_nothing_and_its_ordinals_are_given_again() {
    let store = open(Path::new("/memory"), Open::Memory);
    commit(&store, &[(true, [1, 1, 1, 0])]);
    let mut transaction = store.begin(&Control::new()).unwrap();
    let lost = number(&mut transaction, 999);
    transaction.insert([lost, lost, lost, 0]).unwrap();
    drop(transaction);
    check(&store, &BTreeSet::from([[1, 1, 1, 0]]));
    let mut transaction = store.begin(&Control::new()).unwrap();
    assert_eq!(
        transaction
            .lookup(TermRef::Iri("http://example.org/term/999/x"))
            .unwrap(),
        None
    );
    assert_eq!(number(&mut transaction, 998), lost);
}

#[test]
fn a_transaction_larger_than_its_memory_is_whole_and_counted() {
    let directory = Directory::new();
    let mut store = open(&directory.0, Open::ReadWrite);
    let before: Vec<(bool, [u8; 4])> = (0..90).map(|n| (true, [n, n % 10, n % 40, 0])).collect();
    commit(&store, &before);
    let mut model: BTreeSet<[u8; 4]> = before.iter().map(|change| change.1).collect();
    let mut seed = 88_172_645_463_325_252u64;
    let changes: Vec<(bool, [u8; 4])> = (0..120_000)
        .map(|_| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let below = |shift: u32, limit: u64| ((seed >> shift) % limit) as u8;
            (
                below(60, 3) > 0,
                [below(3, 100), below(20, 10), below(30, 40), below(50, 3)],
            )
        })
        .collect();
    let old = model.clone();
    for &(insert, quad) in &changes {
        match insert {
            true => model.insert(quad),
            false => model.remove(&quad),
        };
    }
    let budget = Budget::new("transaction", 6 << 20);
    let control = Control::new().with_memory(budget.clone());
    let committed = commit_with(&store, &changes, &control).unwrap();
    assert_eq!(budget.used(), 0);
    assert!(budget.peak() > 3 << 20, "the memory was not used");
    assert_eq!(committed.inserted, model.difference(&old).count() as u64);
    assert_eq!(committed.deleted, old.difference(&model).count() as u64);
    for _ in 0..2 {
        check(&store, &model);
        commit(&store, &[(false, [99, 9, 39, 2]), (true, [99, 9, 39, 1])]);
        model.remove(&[99, 9, 39, 2]);
        model.insert([99, 9, 39, 1]);
        check(&store, &model);
        drop(store);
        store = open(&directory.0, Open::ReadWrite);
    }

    // Dropped, and cancelled while it is written, it leaves nothing.
    let control = Control::new().with_memory(Budget::new("transaction", 6 << 20));
    let mut transaction = store.begin(&control).unwrap();
    for n in 0..40_000u64 {
        let id = number(&mut transaction, 1000 + n);
        transaction.insert([id, id, id, 0]).unwrap();
    }
    drop(transaction);
    check(&store, &model);
    let mut transaction = store.begin(&control).unwrap();
    for n in 0..40_000u64 {
        let id = number(&mut transaction, 1000 + n);
        transaction.insert([id, id, id, 0]).unwrap();
    }
    control.cancel_token().cancel();
    assert_eq!(transaction.commit().unwrap_err().code(), Code::Cancelled);
    check(&store, &model);
}

#[test]
fn compacting_empties_the_slots_of_dead_terms_and_keeps_every_id() {
    let directory = Directory::new();
    let mut store = open(&directory.0, Open::ReadWrite);
    let quads_of = |from: u8, to: u8| (from..to).map(|n| (true, [n, n % 9, n, n % 3]));
    let mut model: BTreeSet<[u8; 4]> = BTreeSet::new();
    for (from, to) in [(0, 60), (60, 99)] {
        let inserts: Vec<(bool, [u8; 4])> = quads_of(from, to).collect();
        commit(&store, &inserts);
        store.spill(&Control::new()).unwrap();
        model.extend(inserts.iter().map(|change| change.1));
    }
    let terms = |store: &Store| store.check(&Control::new()).unwrap().terms;
    let all = terms(&store);
    let old = store.version().unwrap();
    let deletes: Vec<(bool, [u8; 4])> = quads_of(10, 70).map(|(_, quad)| (false, quad)).collect();
    commit(&store, &deletes);
    let before = model.clone();
    deletes.iter().for_each(|change| {
        model.remove(&change.1);
    });
    store.compact(&Control::new()).unwrap();
    assert_eq!(terms(&store), all - 2 * 60);
    check(&store, &model);
    // A reader of before reads on, and a term comes back with another id.
    assert_eq!(quads(&old, Sort::Spog), before);
    let gone = "http://example.org/term/20/x";
    let id = |version: &Version| version.id(TermRef::Iri(gone), &Control::new()).unwrap();
    assert!(id(&old).is_some());
    assert_eq!(id(&store.version().unwrap()), None);
    commit(&store, &[(true, [20, 1, 20, 0])]);
    model.insert([20, 1, 20, 0]);
    assert!(id(&store.version().unwrap()) > id(&old));
    drop(old);
    for _ in 0..2 {
        store.compact(&Control::new()).unwrap();
        check(&store, &model);
        drop(store);
        store = open(&directory.0, Open::ReadWrite);
    }
    assert_eq!(terms(&store), all - 2 * 59);
}

#[test]
fn segments_of_many_spills_are_merged_and_keep_every_id() {
    let directory = Directory::new();
    let mut store = open(&directory.0, Open::ReadWrite);
    let mut model: BTreeSet<[u8; 4]> = BTreeSet::new();
    let mut ids = Vec::new();
    for n in 0..30 {
        let quad = [n, n, n, n % 2];
        commit(&store, &[(true, quad)]);
        model.insert(quad);
        store.spill(&Control::new()).unwrap();
        let term = format!("http://example.org/term/{n}/x");
        let version = store.version().unwrap();
        let id = version.id(TermRef::Iri(&term), &Control::new()).unwrap();
        ids.push((term, id.unwrap()));
    }
    store.quiesce(&Control::new()).unwrap();
    for _ in 0..2 {
        let version = store.version().unwrap();
        assert!(version.vocabulary.segments().len() <= 8);
        for (term, id) in &ids {
            let found = version.id(TermRef::Iri(term), &Control::new()).unwrap();
            assert_eq!(found, Some(*id));
        }
        drop(version);
        check(&store, &model);
        drop(store);
        store = open(&directory.0, Open::ReadWrite);
    }
}

#[test]
fn a_second_writer_waits_and_is_refused_in_the_end() {
    let store = open(Path::new("/memory"), Open::Memory);
    let _held = store.begin(&Control::new()).unwrap();
    assert_eq!(
        store.begin(&Control::new()).err().unwrap().code(),
        Code::Busy
    );
}

#[test]
fn a_transaction_idle_for_too_long_is_rolled_back_and_the_next_one_begins() {
    let mut options = options(Path::new("/memory"), Open::Memory);
    options.settings.write_idle_ms = 50;
    options.settings.write_wait_ms = 20_000;
    let store = Store::open(options).unwrap();
    let mut idle = store.begin(&Control::new()).unwrap();
    let lost = number(&mut idle, 7);
    idle.insert([lost, lost, lost, 0]).unwrap();
    // Waits until the first one has been given up.
    let mut next = store.begin(&Control::new()).unwrap();
    assert_eq!(number(&mut next, 8), lost, "its ordinals are given again");
    let refused = idle.insert([lost, lost, lost, 0]).unwrap_err();
    assert_eq!(refused.code(), Code::TransactionEnded);
    assert_eq!(idle.commit().unwrap_err().code(), Code::TransactionEnded);
    next.insert([lost, lost, lost, 0]).unwrap();
    next.commit().unwrap();
    assert_eq!(store.version().unwrap().quads(View::Both), 1);
    assert_eq!(
        store.check(&Control::new()).unwrap().problems,
        Vec::<String>::new()
    );
}

#[test]
fn commits_of_many_threads_are_all_there_and_counted_once() {
    let directory = Directory::new();
    let store = open(&directory.0, Open::ReadWrite);
    let inserted: u64 = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4u8)
            .map(|worker| {
                let store = &store;
                scope.spawn(move || {
                    (0..50u8)
                        .map(|i| commit(store, &[(true, [i, worker % 2, 7, 0])]).inserted)
                        .sum::<u64>()
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .sum()
    });
    assert_eq!(inserted, 100);
    drop(store);
    let model = (0..50).flat_map(|i| [[i, 0, 7, 0], [i, 1, 7, 0]]).collect();
    check(&open(&directory.0, Open::ReadWrite), &model);
}

#[test]
fn triple_terms_have_one_id_and_come_back_by_it_in_every_state_of_the_store() {
    let directory = Directory::new();
    let mut store = open(&directory.0, Open::ReadWrite);
    let control = Control::new();
    let mut transaction = store.begin(&control).unwrap();
    let s = transaction
        .intern(TermRef::Iri("http://example.org/s"))
        .unwrap();
    let text = transaction
        .intern(TermRef::Literal(LiteralRef::string(
            "a text longer than seven bytes",
        )))
        .unwrap();
    let blank = transaction.fresh_blank();
    let inner = transaction.intern(TermRef::Triple([s, s, text])).unwrap();
    let outer = transaction
        .intern(TermRef::Triple([blank, s, inner]))
        .unwrap();
    assert_eq!(
        transaction.intern(TermRef::Triple([s, s, text])).unwrap(),
        inner
    );
    transaction
        .insert([s.raw(), s.raw(), outer.raw(), 0])
        .unwrap();
    transaction.commit().unwrap();
    for state in 0..3 {
        let version = store.version().unwrap();
        assert_eq!(
            version
                .id(TermRef::Triple([blank, s, inner]), &control)
                .unwrap(),
            Some(outer)
        );
        assert_eq!(
            version.triple_term_parts(outer, &control).unwrap(),
            [blank, s, inner]
        );
        assert_eq!(
            version.triple_term_parts(inner, &control).unwrap(),
            [s, s, text]
        );
        assert_eq!(
            version.id(TermRef::Triple([s, s, s]), &control).unwrap(),
            None
        );
        let mut transaction = store.begin(&control).unwrap();
        assert_eq!(
            transaction.intern(TermRef::Triple([s, s, text])).unwrap(),
            inner
        );
        drop(transaction);
        match state {
            0 => store.spill(&control).unwrap(),
            _ => {
                drop(store);
                store = open(&directory.0, Open::ReadWrite);
            }
        }
    }
}

#[test]
fn every_way_to_open_something_else_has_a_code_of_its_own() {
    let directory = Directory::new();
    let refused = |open: Open, create: bool| {
        let mut options = options(&directory.0, open);
        options.create_if_missing = create;
        Store::open(options).err().unwrap().code()
    };
    assert_eq!(refused(Open::ReadWrite, false), Code::NotFound);
    assert_eq!(refused(Open::ReadOnly, true), Code::NotFound);
    std::fs::create_dir_all(&directory.0).unwrap();
    std::fs::write(directory.0.join("something"), "else").unwrap();
    assert_eq!(refused(Open::ReadWrite, true), Code::NotAStore);
    std::fs::remove_file(directory.0.join("something")).unwrap();

    let store = open(&directory.0, Open::ReadWrite);
    assert_eq!(refused(Open::ReadWrite, true), Code::StoreInUse);
    assert_eq!(refused(Open::ReadOnly, true), Code::StoreInUse);
    commit(&store, &[(true, [1, 1, 1, 0])]);
    store.close().unwrap();
    assert_eq!(store.version().err().unwrap().code(), Code::Closed);

    let reader = open(&directory.0, Open::ReadOnly);
    check(&reader, &BTreeSet::from([[1, 1, 1, 0]]));
    assert_eq!(
        reader.begin(&Control::new()).err().unwrap().code(),
        Code::ReadOnly
    );
    let _second = open(&directory.0, Open::ReadOnly);
}
