//! Write transactions: rolled back, one at a time, idle, of many threads.

use super::*;

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
