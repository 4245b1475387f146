//! The store by itself: quads of small numbers, committed and read back in every sort.

mod damage;
mod large;
mod model;
mod opening;
mod spools;
mod terms;
mod transactions;

pub use spools::Spools;

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
