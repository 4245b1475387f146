//! Reading within a transaction against a set of quads: whatever is changed, spooled, written to disk, merged and
//! taken back, the view is the set, in every sort and with exact counts; and so is the store after the end.

use super::super::source::QuadSource;
use super::super::tests::{Directory, check, check_version, commit, number, open};
use super::super::{
    Changed, Dictionary, Order, PinKind, Precedence, Savepoint, ScanSpec, Store, Transaction, View,
};
use super::super::{Graphs, ScanBatch};
use crate::control::Control;
use crate::error::Code;
use crate::kv::Open;
use crate::run::Key;
use crate::term::{Id, LiteralRef, TermRef};
use proptest::prelude::*;
use std::collections::BTreeSet;

type Set = BTreeSet<[u8; 4]>;

#[derive(Clone, Debug)]
enum Step {
    Change(bool, [u8; 4]),
    View,
    /// Keeps the view to the end.
    Hold,
    Savepoint,
    Release,
    RollBack,
    /// Moves changes in memory to the spool.
    Spool,
    /// Moves layers in memory to disk.
    Write,
    Merge,
    Precedence(bool),
}

fn quad() -> impl Strategy<Value = [u8; 4]> {
    let graph = prop_oneof![3 => Just(0u8), 1 => 1u8..3];
    (0u8..6, 0u8..3, 0u8..6, graph).prop_map(|(s, p, o, g)| [s, p, o, g])
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        30 => (prop::bool::weighted(0.6), quad()).prop_map(|(insert, quad)| Step::Change(insert, quad)),
        3 => Just(Step::View),
        1 => Just(Step::Hold),
        2 => Just(Step::Savepoint),
        1 => Just(Step::Release),
        1 => Just(Step::RollBack),
        2 => Just(Step::Spool),
        2 => Just(Step::Write),
        1 => Just(Step::Merge),
        1 => any::<bool>().prop_map(Step::Precedence),
    ]
}

fn ids(transaction: &mut Transaction, [s, p, o, g]: [u8; 4]) -> Key {
    [
        number(transaction, u64::from(s)),
        number(transaction, 100 + u64::from(p)),
        number(transaction, 200 + u64::from(o)),
        match g {
            0 => 0,
            g => number(transaction, 300 + u64::from(g)),
        },
    ]
}

fn changed(before: &Set, after: &Set) -> Changed {
    Changed {
        inserted: after.difference(before).count() as u64,
        deleted: before.difference(after).count() as u64,
    }
}

fn run(first: &[[u8; 4]], steps: &[Step], commits: bool, mode: Open) {
    let directory = Directory::new();
    let store = open(&directory.0, mode);
    let before: Set = first.iter().copied().collect();
    let changes: Vec<_> = before.iter().map(|&quad| (true, quad)).collect();
    commit(&store, &changes);
    let mut model = before.clone();
    let mut transaction = store.begin(&Control::new()).unwrap();
    let mut savepoints: Vec<(Savepoint, Set)> = Vec::new();
    let mut held = Vec::new();
    let mut insertions_count = false;
    // Inserted since changes were last compared with what is there.
    let mut inserted: Set = Set::new();
    for step in steps {
        match step {
            Step::Change(true, quad) => {
                let quad_ids = ids(&mut transaction, *quad);
                transaction.insert(quad_ids).unwrap();
                model.insert(*quad);
                inserted.insert(*quad);
                continue;
            }
            Step::Change(false, quad) => {
                let quad_ids = ids(&mut transaction, *quad);
                transaction.delete(quad_ids).unwrap();
                if !(insertions_count && inserted.contains(quad)) {
                    model.remove(quad);
                }
                continue;
            }
            Step::Spool => {
                let (shared, control) = (transaction.shared.clone(), Control::new());
                transaction.changes.spool(&shared, &control).unwrap();
                continue;
            }
            Step::View => check_version(&transaction.view().unwrap(), &model),
            Step::Hold => {
                let pinned = transaction.pinned_view(PinKind::Cursor).unwrap();
                held.push((pinned, model.clone()));
            }
            Step::Savepoint => {
                let savepoint = transaction.savepoint().unwrap();
                savepoints.push((savepoint, model.clone()));
            }
            Step::Release => {
                let Some((savepoint, was)) = savepoints.pop() else {
                    continue;
                };
                let found = transaction.release(&savepoint).unwrap();
                assert_eq!(found, changed(&was, &model));
            }
            Step::RollBack => {
                let Some((savepoint, was)) = savepoints.pop() else {
                    continue;
                };
                // Readers of what is undone are gone.
                held.retain(|(_, seen)| *seen == was);
                transaction.roll_back_to(&savepoint).unwrap();
                model = was;
                check_version(&transaction.view().unwrap(), &model);
            }
            Step::Write => {
                transaction.view().unwrap();
                transaction.write_memory().unwrap();
                check_version(&transaction.view().unwrap(), &model);
            }
            Step::Merge => {
                transaction.view().unwrap();
                transaction.merge_layers().unwrap();
                check_version(&transaction.view().unwrap(), &model);
            }
            Step::Precedence(insertion) => {
                let precedence = match insertion {
                    true => Precedence::Insertion,
                    false => Precedence::Last,
                };
                transaction.set_precedence(precedence).unwrap();
                if *insertion == insertions_count {
                    continue;
                }
                insertions_count = *insertion;
            }
        }
        inserted.clear();
    }
    match commits {
        true => {
            let committed = transaction.commit().unwrap();
            let expected = changed(&before, &model);
            assert_eq!(
                (committed.inserted, committed.deleted),
                (expected.inserted, expected.deleted)
            );
            check(&store, &model);
            if expected != Changed::default() {
                for (pinned, seen) in &held {
                    check_version(pinned.version(), seen);
                    pinned.check().unwrap();
                }
            }
            store.compact(&Control::new()).unwrap();
            if mode == Open::ReadWrite && expected != Changed::default() {
                for (pinned, seen) in &held {
                    check_version(pinned.version(), seen);
                }
            }
        }
        false => {
            drop(transaction);
            check(&store, &before);
        }
    }
    drop(held);
    if mode == Open::ReadWrite {
        drop(store);
        let store = open(&directory.0, mode);
        check(&store, if commits { &model } else { &before });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_transaction_reads_its_own_changes_and_ends_whole(
        first in prop::collection::vec(quad(), 0..40),
        steps in prop::collection::vec(step(), 1..80),
        commits in prop::bool::weighted(0.8),
    ) {
        run(&first, &steps, commits, Open::ReadWrite);
    }

    #[test]
    fn a_transaction_in_memory_does_so_too(
        first in prop::collection::vec(quad(), 0..40),
        steps in prop::collection::vec(step(), 1..80),
        commits in prop::bool::weighted(0.8),
    ) {
        run(&first, &steps, commits, Open::Memory);
    }
}

fn store() -> (Directory, Store) {
    let directory = Directory::new();
    let store = open(&directory.0, Open::Memory);
    (directory, store)
}

#[test]
fn a_reader_of_a_transaction_ends_with_its_rollback_even_if_ids_are_given_again() {
    let (_directory, store) = store();
    let mut transaction = store.begin(&Control::new()).unwrap();
    let quad = ids(&mut transaction, [1, 1, 1, 0]);
    transaction.insert(quad).unwrap();
    let reader = transaction.pinned_view(PinKind::Cursor).unwrap();
    let subject = [Id::from_raw(quad[0])];
    reader.terms(&subject, &mut |_, _| Ok(())).unwrap();
    drop(transaction);
    let mut next = store.begin(&Control::new()).unwrap();
    assert_eq!(number(&mut next, 77), quad[0], "the id was given again");
    let ended = reader.terms(&subject, &mut |_, _| Ok(())).unwrap_err();
    assert_eq!(ended.code(), Code::TransactionEnded);
    let spec = ScanSpec {
        order: Order::Spog,
        prefix: Vec::new(),
        range: None,
        graphs: Graphs::Any,
        view: View::Both,
        wanted: [true; 4],
    };
    let counted = reader.count(&spec, &Control::new()).unwrap_err();
    assert_eq!(counted.code(), Code::TransactionEnded);
    let scanned = reader
        .scan(&spec, &Control::new())
        .and_then(|mut scan| scan.next(&mut ScanBatch::default()))
        .unwrap_err();
    assert_eq!(scanned.code(), Code::TransactionEnded);
}

#[test]
fn a_reader_goes_on_after_the_commit_and_does_not_see_what_came_later() {
    let (_directory, store) = store();
    let mut transaction = store.begin(&Control::new()).unwrap();
    let quad = ids(&mut transaction, [1, 1, 1, 0]);
    transaction.insert(quad).unwrap();
    let reader = transaction.pinned_view(PinKind::Cursor).unwrap();
    let later = ids(&mut transaction, [2, 1, 1, 0]);
    transaction.insert(later).unwrap();
    transaction.commit().unwrap();
    store.compact(&Control::new()).unwrap();
    check_version(reader.version(), &Set::from([[1, 1, 1, 0]]));
    reader.check().unwrap();
}

#[test]
fn new_triple_terms_are_found_by_the_readers_of_their_transaction() {
    let (_directory, store) = store();
    let mut transaction = store.begin(&Control::new()).unwrap();
    let [s, p, o, _] = ids(&mut transaction, [1, 1, 1, 0]).map(Id::from_raw);
    let term = transaction.intern(TermRef::Triple([s, p, o])).unwrap();
    let name = transaction
        .intern(TermRef::Literal(LiteralRef::typed(
            "long enough to be stored",
            "http://d/",
        )))
        .unwrap();
    transaction
        .insert([s.raw(), p.raw(), term.raw(), 0])
        .unwrap();
    transaction
        .insert([s.raw(), p.raw(), name.raw(), 0])
        .unwrap();
    let view = transaction.view().unwrap();
    let control = Control::new();
    assert_eq!(
        view.id(TermRef::Triple([s, p, o]), &control).unwrap(),
        Some(term)
    );
    assert_eq!(view.triple_term_parts(term, &control).unwrap(), [s, p, o]);
    assert_eq!(
        transaction.lookup(TermRef::Triple([s, p, o])).unwrap(),
        Some(term)
    );
    assert_eq!(
        transaction.intern(TermRef::Triple([s, p, o])).unwrap(),
        term
    );
    let before = store.version().unwrap();
    assert_eq!(
        before.id(TermRef::Triple([s, p, o]), &control).unwrap(),
        None
    );
    transaction.commit().unwrap();
    let after = store.version().unwrap();
    assert_eq!(after.triple_term_parts(term, &control).unwrap(), [s, p, o]);
}

#[test]
fn reading_a_transaction_keeps_it_from_being_idle() {
    let directory = Directory::new();
    let mut options = super::super::tests::options(&directory.0, Open::Memory);
    options.settings.write_idle_ms = 200;
    let store = Store::open(options).unwrap();
    let mut transaction = store.begin(&Control::new()).unwrap();
    let quad = ids(&mut transaction, [1, 1, 1, 0]);
    transaction.insert(quad).unwrap();
    let reader = transaction.pinned_view(PinKind::Cursor).unwrap();
    let subject = [Id::from_raw(quad[0])];
    let started = std::time::Instant::now();
    while started.elapsed().as_millis() < 700 {
        reader.terms(&subject, &mut |_, _| Ok(())).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    transaction.insert(quad).unwrap();
    // Left alone it ends, and its reader with it.
    std::thread::sleep(std::time::Duration::from_millis(900));
    assert_eq!(
        transaction.insert(quad).unwrap_err().code(),
        Code::TransactionEnded
    );
    let ended = reader.terms(&subject, &mut |_, _| Ok(())).unwrap_err();
    assert_eq!(ended.code(), Code::TransactionEnded);
}
