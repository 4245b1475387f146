//! Damaged pages (definition 34): the store opens, what needs them fails with `corrupt_block`, the rest goes on.

use super::*;
use crate::kv::PageId;

/// Terms of the first segment and quads of the first run of each sort, and those of the second. The second is small, so
/// that the two are not merged.
const FIRST: u64 = 3000;
const SECOND: u64 = 300;
const QUADS: u64 = FIRST + SECOND;

/// What a stored page of the first run of a sort or of the first segment is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Block(Sort),
    Directory(Sort),
    Filter,
    RunMeta(Sort),
    Terms,
    SegmentDirectory,
}

impl Kind {
    /// Whether a scan of a sort reads it.
    fn is_of(self, sort: Sort) -> bool {
        matches!(self, Kind::Block(of) | Kind::Directory(of) | Kind::RunMeta(of) if of == sort)
    }

    /// Whether a commit of a quad of known terms reads it.
    fn is_committed_by(self) -> bool {
        self.is_of(Sort::Spog)
            || matches!(self, Kind::Filter | Kind::Terms | Kind::SegmentDirectory)
    }

    /// Whether a whole run or segment cannot be read without it.
    fn is_needed_to_open(self) -> bool {
        matches!(self, Kind::RunMeta(_) | Kind::SegmentDirectory)
    }
}

fn term(n: u64) -> String {
    format!("http://example.org/damage/{n}/x")
}

/// A store of two runs in each sort and two segments, closed.
fn make(directory: &Path) {
    let store = open(directory, Open::ReadWrite);
    for part in [0..FIRST, FIRST..QUADS] {
        let mut transaction = store.begin(&Control::new()).unwrap();
        let p = number(&mut transaction, 1);
        for n in part {
            let s = transaction.intern(TermRef::Iri(&term(n))).unwrap().raw();
            // Sorts whose blocks would be equal could not be told apart.
            let o = transaction
                .intern(TermRef::Iri(&term(n - n % 7)))
                .unwrap()
                .raw();
            transaction.insert([s, p, o, 0]).unwrap();
        }
        transaction.commit().unwrap();
        store.spill(&Control::new()).unwrap();
    }
    store.close().unwrap();
}

/// The pages of the first run of each sort, and of the first segment.
fn pages_of(store: &Store) -> Vec<(Kind, PageId)> {
    let version = store.version().unwrap();
    let mut pages = Vec::new();
    for sort in Sort::QUADS {
        let run = version.disk[sort.index()].last().unwrap();
        pages.push((Kind::RunMeta(sort), run.meta_page));
        for fence in &run.meta().unwrap().fences {
            pages.push((Kind::Directory(sort), fence.page));
            pages.extend(fence.filter.map(|page| (Kind::Filter, page)));
            let directory = version.pages.directory(fence.page).unwrap();
            let blocks = directory.entries.iter();
            pages.extend(blocks.map(|entry| (Kind::Block(sort), entry.page)));
        }
    }
    let (low, high) = version.vocabulary.segments()[0].meta().page_range;
    pages.push((Kind::Terms, PageId(low)));
    pages.push((Kind::SegmentDirectory, PageId(high)));
    pages
}

/// Flips a byte of the page with these bytes in the files of a store.
fn flip(directory: &Path, page: &[u8]) {
    let mut flipped = 0;
    for entry in std::fs::read_dir(directory.join("data")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "sst") {
            continue;
        }
        let mut bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(page.len()).position(|window| window == page);
        if let Some(at) = found {
            bytes[at + page.len() / 2] ^= 0x55;
            std::fs::write(&path, bytes).unwrap();
            flipped += 1;
        }
    }
    // Pages of two sorts may be equal; what is damaged is looked up afterwards.
    assert!(flipped > 0);
}

fn scan(store: &Store, sort: Sort) -> crate::error::Result<u64> {
    let version = store.version()?;
    let mut scan = version.scan_keys(sort, [0; 4], [u64::MAX; 4], View::Both);
    let (mut chunk, mut rows) = (Chunk::default(), 0);
    loop {
        scan.next([true; 4], &mut chunk, &Control::new())?;
        rows += chunk.len as u64;
        if chunk.len == 0 {
            return Ok(rows);
        }
    }
}

/// Whether a request gives what it should, or is refused as one that needs something damaged.
fn is_refused<T: PartialEq + std::fmt::Debug>(
    done: crate::error::Result<T>,
    expected: T,
    told: &str,
) -> bool {
    match done {
        Ok(value) => {
            assert_eq!(value, expected, "{told}");
            false
        }
        Err(error) => {
            assert_eq!(error.code(), Code::CorruptBlock, "{told}: {error:?}");
            true
        }
    }
}

#[test]
fn a_damaged_page_fails_the_requests_that_need_it_and_no_others() {
    let mut kinds = vec![Kind::Filter, Kind::Terms, Kind::SegmentDirectory];
    for sort in [Sort::Psog, Sort::Spog] {
        kinds.extend([
            Kind::Block(sort),
            Kind::Directory(sort),
            Kind::RunMeta(sort),
        ]);
    }
    for kind in kinds {
        let directory = Directory::new();
        make(&directory.0);
        let pages = {
            let store = open(&directory.0, Open::ReadOnly);
            let pages = pages_of(&store);
            let (_, page) = pages.iter().find(|(of, _)| *of == kind).unwrap();
            flip(&directory.0, &store.kv().page(*page).unwrap());
            pages
        };
        for mode in [Open::ReadOnly, Open::ReadWrite] {
            let told = format!("{kind:?} {mode:?}");
            let store = open(&directory.0, mode);
            // Small pages share a block of a file, and its checksum.
            let damaged: Vec<Kind> = pages
                .iter()
                .filter(|(_, page)| store.kv().page(*page).is_err())
                .map(|(kind, _)| *kind)
                .collect();
            assert!(damaged.contains(&kind), "{told}");
            read_beside(&store, &damaged, &told);
            if mode == Open::ReadWrite {
                write_beside(&store, &damaged, &told);
            }
            store.close().unwrap();

            // What was committed beside the damage is there.
            let store = open(&directory.0, Open::ReadOnly);
            let goes_on = !damaged.iter().any(|kind| kind.is_committed_by());
            let expected = QUADS + u64::from(mode == Open::ReadWrite && goes_on);
            for sort in Sort::QUADS {
                let refused = is_refused(scan(&store, sort), expected, &told);
                assert_eq!(
                    refused,
                    damaged.iter().any(|kind| kind.is_of(sort)),
                    "{told}"
                );
            }
        }
    }
}

/// Reads with something damaged.
fn read_beside(store: &Store, damaged: &[Kind], told: &str) {
    let control = Control::new();
    let version = store.version().unwrap();
    for sort in Sort::QUADS {
        let refused = is_refused(scan(store, sort), QUADS, told);
        assert_eq!(
            refused,
            damaged.iter().any(|kind| kind.is_of(sort)),
            "{told} {sort:?}"
        );
    }
    // What is counted without reading rows is there if one sort is whole.
    assert_eq!(version.quads(View::Both), QUADS, "{told}");
    let id = |n: u64| {
        let id = version.id(TermRef::Iri(&term(n)), &control);
        id.map(|id| id.is_some())
    };
    let has = |kind: Kind| damaged.contains(&kind);
    // The second segment holds this one.
    assert!(!is_refused(id(QUADS - 1), true, told));
    let is_lost = has(Kind::Terms) || has(Kind::SegmentDirectory);
    assert_eq!(is_refused(id(0), true, told), is_lost, "{told}");
    // That a term is nowhere takes the directory of every segment.
    let is_hidden = has(Kind::SegmentDirectory);
    assert_eq!(is_refused(id(99_999_999), false, told), is_hidden, "{told}");

    assert!(store.kv().damaged_pages() > 0, "{told}");
    let parts = damaged.iter().filter(|kind| kind.is_needed_to_open());
    assert_eq!(version.damage().len(), parts.count(), "{told}");
    let report = store.check(&control).unwrap();
    let found = report
        .problems
        .iter()
        .any(|problem| problem.contains("checksum"));
    assert!(!report.is_sound() && found, "{told}: {:?}", report.problems);
}

/// Commits, spills and merges with something damaged.
fn write_beside(store: &Store, damaged: &[Kind], told: &str) {
    let control = Control::new();
    let goes_on = !damaged.iter().any(|kind| kind.is_committed_by());
    let mut transaction = store.begin(&control).unwrap();
    let known = [0, 1].map(|n| transaction.intern(TermRef::Iri(&term(n))));
    let done = known.into_iter().collect::<crate::error::Result<Vec<Id>>>();
    let done = done.and_then(|known| {
        let [s, o] = [known[0].raw(), known[1].raw()];
        transaction.insert([s, o, o, 0])?;
        transaction.commit()
    });
    let refused = is_refused(done.map(|done| done.inserted), 1, told);
    assert_eq!(refused, !goes_on, "{told}");
    store.spill(&control).unwrap();
    // What cannot be read cannot be merged.
    let refused = is_refused(store.compact(&control), (), told);
    let is_damaged = |sort: &Sort| damaged.iter().any(|kind| kind.is_of(*sort));
    assert!(refused || !Sort::QUADS.iter().any(is_damaged), "{told}");
    for n in 0..6 {
        if !goes_on {
            break;
        }
        for insert in [true, false] {
            let mut transaction = store.begin(&control).unwrap();
            let s = number(&mut transaction, 1000 + n);
            match insert {
                true => transaction.insert([s, s, s, 0]).unwrap(),
                false => transaction.delete([s, s, s, 0]).unwrap(),
            }
            transaction.commit().unwrap();
        }
        store.spill(&control).unwrap();
    }
    // A merge may be what meets the damage first; then it lets the run be.
    while let Err(error) = store.quiesce(&control) {
        assert_eq!(error.code(), Code::CorruptBlock, "{told}");
        assert!(!store.version().unwrap().damage().is_empty(), "{told}");
    }
    assert!(!store.is_poisoned(), "{told}");
}
