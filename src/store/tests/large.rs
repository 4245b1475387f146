//! Transactions larger than their memory.

use super::*;

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

/// A term of 300 bytes that is not inline.
fn long_term(n: u64) -> String {
    format!("http://example.org/long/{n}/{}", "x".repeat(270))
}

fn budget_of(bytes: usize) -> (Budget, Control) {
    let budget = Budget::new("transaction", bytes);
    (budget.clone(), Control::new().with_memory(budget))
}

/// Quads that say of `count` long terms, each also in a triple term, what they are.
fn insert_long(transaction: &mut Transaction, from: u64, count: u64) -> Vec<[Id; 2]> {
    let says = Id::from_raw(number(transaction, 1));
    (from..from + count)
        .map(|n| {
            let term = transaction.intern(TermRef::Iri(&long_term(n))).unwrap();
            let triple = transaction
                .intern(TermRef::Triple([term, says, says]))
                .unwrap();
            transaction
                .insert([term.raw(), says.raw(), triple.raw(), 0])
                .unwrap();
            [term, triple]
        })
        .collect()
}

fn check_long(store: &Store, ids: &[[Id; 2]], says: Id) {
    let control = Control::new();
    let version = store.version().unwrap();
    for (n, &[term, triple]) in (0..).zip(ids).step_by(97) {
        let found = version.id(TermRef::Iri(&long_term(n)), &control).unwrap();
        assert_eq!(found, Some(term));
        let parts = [term, says, says];
        let found = version.id(TermRef::Triple(parts), &control).unwrap();
        assert_eq!(found, Some(triple));
        assert_eq!(version.triple_term_parts(triple, &control).unwrap(), parts);
    }
    let report = store.check(&control).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!(report.quads, 1 + ids.len() as u64);
    assert_eq!(report.triple_terms, ids.len() as u64);
}

#[test]
fn terms_larger_than_the_memory_of_their_transaction_are_committed_with_it() {
    const TERMS: u64 = 30_000;
    for mode in [Open::ReadWrite, Open::Memory] {
        let directory = Directory::new();
        let mut store = open(&directory.0, mode);
        // In memory and in the log when the transaction begins.
        commit(&store, &[(true, [1, 1, 1, 0])]);
        let (budget, control) = budget_of(4 << 20);
        let mut transaction = store.begin(&control).unwrap();
        let ids = insert_long(&mut transaction, 0, TERMS);
        let says = Id::from_raw(number(&mut transaction, 1));
        assert!(
            transaction.base().vocabulary.segments().len() > 1,
            "no terms were written: the test does not test what it says"
        );
        // Whatever is written is found again, and nobody else sees it.
        for (n, &[term, triple]) in (0..).zip(&ids).step_by(61) {
            let iri = long_term(n);
            assert_eq!(transaction.intern(TermRef::Iri(&iri)).unwrap(), term);
            assert_eq!(transaction.lookup(TermRef::Iri(&iri)).unwrap(), Some(term));
            let parts = TermRef::Triple([term, says, says]);
            assert_eq!(transaction.intern(parts).unwrap(), triple);
            let seen = store.version().unwrap().id(TermRef::Iri(&iri), &control);
            assert_eq!(seen.unwrap(), None);
        }
        let committed = transaction.commit().unwrap();
        assert_eq!(committed.inserted, TERMS);
        assert_eq!(budget.used(), 0);
        check_long(&store, &ids, says);
        if mode == Open::ReadWrite {
            drop(store);
            store = open(&directory.0, mode);
            check_long(&store, &ids, says);
        }
        let mut next = store.begin(&Control::new()).unwrap();
        let again = next.intern(TermRef::Iri(&long_term(5))).unwrap();
        assert_eq!(again, ids[5][0]);
        drop(next);
        store.compact(&Control::new()).unwrap();
        check_long(&store, &ids, says);
        assert!(store.version().unwrap().vocabulary.segments().len() <= 8);
    }
}

#[test]
fn terms_written_by_a_transaction_that_ends_otherwise_leave_nothing() {
    let directory = Directory::new();
    let store = open(&directory.0, Open::ReadWrite);
    let quad = [1, 1, 1, 0];
    commit(&store, &[(true, quad)]);
    let model = BTreeSet::from([quad]);
    let pages = || store.kv().page_file_bytes();
    store.compact(&Control::new()).unwrap();
    let before = pages();
    let (budget, control) = budget_of(4 << 20);
    let mut lost = Vec::new();
    for is_cancelled in [false, true] {
        let mut transaction = store.begin(&control).unwrap();
        let ids = insert_long(&mut transaction, 0, 20_000);
        assert!(pages() > before + (256 << 10), "nothing was written");
        lost.push(ids[7]);
        match is_cancelled {
            false => drop(transaction),
            true => {
                control.cancel_token().cancel();
                let error = transaction.commit().unwrap_err();
                assert_eq!(error.code(), Code::Cancelled);
            }
        }
        check(&store, &model);
        let seen = store.version().unwrap();
        let gone = seen.id(TermRef::Iri(&long_term(7)), &Control::new());
        assert_eq!(gone.unwrap(), None);
        assert_eq!(budget.used(), 0);
        assert!(pages() <= before + (64 << 10), "its pages are left");
    }
    // Its ordinals are given again.
    assert_eq!(lost[0], lost[1]);
    commit(&store, &[(true, [2, 1, 1, 0])]);
    check(&store, &BTreeSet::from([quad, [2, 1, 1, 0]]));
}

#[test]
fn terms_that_find_no_memory_are_written_before_their_share_is_full() {
    let mut options = options(Path::new("/memory"), Open::Memory);
    // The store has less memory than the transaction may take.
    options.budget = Budget::new("store", 6 << 20);
    let store = Store::open(options).unwrap();
    let mut transaction = store.begin(&Control::new()).unwrap();
    let ids = insert_long(&mut transaction, 0, 20_000);
    transaction.commit().unwrap();
    let version = store.version().unwrap();
    assert_eq!(version.quads(View::Both), 20_000);
    let found = version.id(TermRef::Iri(&long_term(11_111)), &Control::new());
    assert_eq!(found.unwrap(), Some(ids[11_111][0]));
}

#[test]
fn readers_within_a_transaction_and_savepoints_outlive_the_writing_of_terms() {
    let store = open(Path::new("/memory"), Open::Memory);
    commit(&store, &[(true, [1, 1, 1, 0])]);
    let (_, control) = budget_of(4 << 20);
    let mut transaction = store.begin(&control).unwrap();
    let first = insert_long(&mut transaction, 0, 10);
    let early = transaction.view().unwrap();
    let second = insert_long(&mut transaction, 10, 15_000);
    assert!(transaction.base().vocabulary.segments().len() > 1);
    let savepoint = transaction.savepoint().unwrap();
    insert_long(&mut transaction, 20_000, 15_000);
    assert_eq!(transaction.view().unwrap().quads(View::Both), 1 + 30_010);
    transaction.roll_back_to(&savepoint).unwrap();
    let late = transaction.view().unwrap();
    let text = |version: &Version, id: Id| {
        let (mut key, mut term) = (Vec::new(), TermBuf::default());
        version.vocabulary.term(id, &mut key, &mut term).unwrap();
        format!("{:?}", term.as_ref())
    };
    for (n, &[term, _]) in (0..).zip(first.iter().chain(&second)).step_by(7) {
        assert!(text(&late, term).contains(&long_term(n)));
        if n < 10 {
            assert!(text(&early, term).contains(&long_term(n)));
        }
    }
    assert_eq!(
        (early.quads(View::Both), late.quads(View::Both)),
        (11, 15_011)
    );
    assert_eq!(transaction.commit().unwrap().inserted, 15_010);
    let report = store.check(&Control::new()).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!((report.quads, report.triple_terms), (15_011, 15_010));
    // The reader of the transaction reads on.
    assert!(text(&early, first[3][0]).contains(&long_term(3)));
}
