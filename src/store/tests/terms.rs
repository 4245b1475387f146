//! Terms and their ids: in segments that are merged and collected, and as triple terms.

use super::*;

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
