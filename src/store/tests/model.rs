//! The store against a set of quads: whatever is inserted, deleted, spilled, merged, loaded in bulk and
//! reopened, every sort reads the same quads, and counts are exact.

use super::*;

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
    /// What is read next is read by way of deltas.
    BuildDeltas,
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
        3 => Just(Step::BuildDeltas),
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
            Step::BuildDeltas => store.shared().build_all_deltas(),
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
