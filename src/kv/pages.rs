//! Immutable pages: written to SST files outside the database, ingested, read by id, freed by range.
//!
//! A page id is (extent, index). An extent is reserved by the store, filled by one [`PageFile`] and freed
//! as a whole or in index ranges. Ids are never reused, so a cached page can never be stale.

use super::error::error;
use super::open::{Kv, Open, PAGES, family, write};
use super::page_cache;
use crate::error::{Code, Error, Result};
use rocksdb::{
    DB, Direction, IngestExternalFileOptions, IteratorMode, ReadOptions, SstFileWriter, WriteBatch,
};
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

const INDEX_BITS: u32 = 24;
/// The most pages an extent holds.
pub const PAGES_PER_EXTENT: u64 = 1 << INDEX_BITS;
/// Extents have numbers below this.
pub const EXTENTS_MAX: u64 = 1 << (u64::BITS - INDEX_BITS);
/// A file is closed when it has this many bytes; one extent may have several.
const FILE_BYTES: u64 = 512 << 20;

/// Names a page: extent number in the upper 40 bits, index in the lower 24.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PageId(pub u64);

impl PageId {
    pub fn new(extent: u64, index: u64) -> Self {
        debug_assert!(index < PAGES_PER_EXTENT);
        Self(extent << INDEX_BITS | index)
    }

    pub fn extent(self) -> u64 {
        self.0 >> INDEX_BITS
    }

    /// Every page id of an extent.
    pub fn all_of(extent: u64) -> RangeInclusive<Self> {
        Self::new(extent, 0)..=Self::new(extent, PAGES_PER_EXTENT - 1)
    }

    fn key(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// The least byte string above the key of this page: what RocksDB takes as an exclusive bound. Adding 1
    /// to the id instead would wrap at the last page of the last extent and delete nothing.
    fn key_above(self) -> [u8; 9] {
        let mut key = [0; 9];
        key[..8].copy_from_slice(&self.key());
        key
    }
}

/// The extent that a staged file holds pages of, by its name.
pub(super) fn staged_extent(path: &Path) -> Option<u64> {
    let (extent, file) = path
        .file_name()?
        .to_str()?
        .strip_suffix(".sst")?
        .split_once('-')?;
    file.parse::<u64>().ok()?;
    extent.parse().ok().filter(|&extent| extent < EXTENTS_MAX)
}

impl fmt::Display for PageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "page {}.{}", self.extent(), self.0 % PAGES_PER_EXTENT)
    }
}

/// Writes the pages of one extent in ascending order.
pub struct PageFile<'k> {
    kv: &'k Kv,
    extent: u64,
    next_index: u64,
    writer: Option<SstFileWriter<'k>>,
    paths: Vec<PathBuf>,
    bytes: u64,
}

/// The finished files of an extent, to be ingested. Files that are not are removed by [`Kv::discard`], or at
/// the next open.
#[derive(Debug, Default)]
pub struct WrittenExtent {
    paths: Vec<PathBuf>,
    pub extent: u64,
    pub pages: u64,
    pub bytes: u64,
}

impl<'k> PageFile<'k> {
    /// Appends a page. Errors: `Io`; `ResourceExhausted` when the extent is full; `Closed`, since a file
    /// written after closing could meet one of the next handle with the same name.
    pub fn append(&mut self, page: &[u8]) -> Result<PageId> {
        // Held while writing: closing waits for it.
        let _open = self.kv.db()?;
        if self.next_index == PAGES_PER_EXTENT {
            return Err(Error::new(
                Code::ResourceExhausted,
                format!("extent {} has no free page", self.extent),
            ));
        }
        if self
            .writer
            .as_ref()
            .is_some_and(|w| w.file_size() >= FILE_BYTES)
        {
            self.close_file()?;
        }
        if self.writer.is_none() {
            let path = self.kv.staged_path(self.extent, self.paths.len());
            let writer = SstFileWriter::create(&self.kv.page_options);
            writer
                .open(&path)
                .map_err(|e| error("creating a page file", e))?;
            self.paths.push(path);
            self.writer = Some(writer);
        }
        let id = PageId::new(self.extent, self.next_index);
        if let Some(writer) = &mut self.writer {
            writer
                .put(id.0.to_be_bytes(), page)
                .map_err(|e| error("writing a page", e))?;
        }
        self.next_index += 1;
        self.bytes += page.len() as u64;
        Ok(id)
    }

    /// Bytes of the pages appended so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn close_file(&mut self) -> Result<()> {
        match self.writer.take() {
            Some(mut writer) => writer
                .finish()
                .map_err(|e| error("finishing a page file", e)),
            None => Ok(()),
        }
    }

    /// Closes the files, which the page cache has then unless they are large. Nothing is visible before [`Kv::ingest`].
    /// Errors: `Io`, `Closed`.
    pub fn finish(mut self) -> Result<WrittenExtent> {
        let _open = self.kv.db()?;
        self.close_file()?;
        if self.kv.mode() != Open::Memory && self.bytes <= self.kv.read_back_bytes_max {
            for path in &self.paths {
                page_cache::will_need(path);
            }
        }
        Ok(WrittenExtent {
            paths: self.paths,
            extent: self.extent,
            pages: self.next_index,
            bytes: self.bytes,
        })
    }
}

impl Kv {
    /// Starts the pages of an extent the caller has reserved.
    pub fn page_file(&self, extent: u64) -> PageFile<'_> {
        PageFile {
            kv: self,
            extent,
            next_index: 0,
            writer: None,
            paths: Vec::new(),
            bytes: 0,
        }
    }

    /// Makes the pages of finished extents readable. They are synced; without a root that names
    /// them they are garbage that the next open removes. After an error nothing of them may be discarded: the
    /// manifest may name them (`restore.rs`).
    pub fn ingest(&self, extents: Vec<WrittenExtent>) -> Result<()> {
        let paths: Vec<PathBuf> = extents
            .into_iter()
            .flat_map(|extent| extent.paths)
            .collect();
        if paths.is_empty() {
            return Ok(());
        }
        let mut options = IngestExternalFileOptions::default();
        options.set_move_files(true);
        options.set_allow_blocking_flush(true);
        let db = self.db()?;
        db.ingest_external_file_cf_opts(family(&db, PAGES)?, &options, paths)
            .map_err(|e| error("ingesting pages", e))
    }

    fn staged_path(&self, extent: u64, file: usize) -> PathBuf {
        self.directory.join(format!("{extent}-{file}.sst"))
    }

    /// Deletes pages by ranges of ids. Survives power loss once this returns.
    pub fn drop_pages(&self, ranges: &[RangeInclusive<PageId>]) -> Result<()> {
        let db = self.db()?;
        let family = family(&db, PAGES)?;
        let mut left = Vec::new();
        for range in ranges {
            let (from, to) = (range.start().key(), range.end().key());
            // Files that hold nothing else go at once. Both bounds are inclusive.
            db.delete_file_in_range_cf(family, from, to)
                .map_err(|e| error("deleting page files", e))?;
            match first_page(&db, range) {
                Ok(None) => {}
                // A damaged page, of this range or of the next file, hides what is left.
                Err(error) if error.code() != Code::Corruption => return Err(error),
                _ => left.push(range),
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        // Only then is a deletion written: it would keep later files from their place in the tree.
        write(&db, self.synced(), || {
            let mut batch = WriteBatch::default();
            for range in &left {
                batch.delete_range_cf(
                    family,
                    &range.start().key()[..],
                    &range.end().key_above()[..],
                );
            }
            batch
        })
    }

    /// About the bytes that the pages of an extent take on disk. Errors: `Closed`.
    pub fn extent_bytes(&self, extent: u64) -> Result<u64> {
        let pages = PageId::all_of(extent);
        let (from, to) = (pages.start().key(), pages.end().key_above());
        let db = self.db()?;
        let range = rocksdb::Range::new(&from, &to);
        let sizes = db.get_approximate_sizes_cf(family(&db, PAGES)?, &[range]);
        Ok(sizes.into_iter().sum())
    }

    /// The first page from `page` on, if there is one.
    pub fn first_page_from(&self, page: PageId) -> Result<Option<PageId>> {
        first_page(&*self.db()?, &(page..=PageId(u64::MAX)))
    }

    /// Removes what was written of extents that were given up, ingested or not. Nobody may be writing them.
    pub fn discard(&self, extents: &[u64]) -> Result<()> {
        for &extent in extents {
            // Held while removing: after closing, the next handle may have files of these names.
            let _open = self.db()?;
            for file in 0.. {
                if !self.remove_staged(&self.staged_path(extent, file))? {
                    break;
                }
            }
        }
        let ranges: Vec<_> = extents
            .iter()
            .map(|&extent| PageId::all_of(extent))
            .collect();
        self.drop_pages(&ranges)
    }

    /// Whether there was such a file.
    fn remove_staged(&self, path: &Path) -> Result<bool> {
        match self.mode() {
            // The memory environment gives no way to remove a file; it goes with the store.
            Open::Memory => Ok(false),
            _ => match std::fs::remove_file(path) {
                Ok(()) => Ok(true),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
                Err(e) => Err(Error::io("removing", path, e)),
            },
        }
    }
}

fn first_page(db: &DB, range: &RangeInclusive<PageId>) -> Result<Option<PageId>> {
    let start = range.start().key();
    let mode = IteratorMode::From(&start, Direction::Forward);
    let mut options = ReadOptions::default();
    options.set_iterate_upper_bound(range.end().key_above().to_vec());
    options.fill_cache(false);
    match db.iterator_cf_opt(family(db, PAGES)?, options, mode).next() {
        None => Ok(None),
        Some(Ok((key, _))) => <[u8; 8]>::try_from(&*key)
            .map(|key| Some(PageId(u64::from_be_bytes(key))))
            .map_err(|_| Error::new(Code::Corruption, "a page key has a bad length")),
        Some(Err(e)) => Err(error("looking for pages", e)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::*;
    use proptest::prelude::*;

    fn memory() -> Kv {
        let options = Options {
            open: Open::Memory,
            ..Options::default()
        };
        Kv::open(std::path::Path::new("/memory"), &options).unwrap()
    }

    #[test]
    fn pages_are_readable_after_ingest_and_gone_after_drop() {
        let kv = memory();
        let mut file = kv.page_file(7);
        let ids: Vec<PageId> = (0..100u8)
            .map(|i| file.append(&[i; 5000]).unwrap())
            .collect();
        let written = file.finish().unwrap();
        assert_eq!((written.pages, written.bytes), (100, 500_000));
        assert_eq!(kv.page(ids[3]).unwrap_err().code(), Code::CorruptBlock);
        kv.ingest(vec![written]).unwrap();
        for (i, &id) in ids.iter().enumerate() {
            assert_eq!(kv.page(id).unwrap(), vec![i as u8; 5000]);
        }
        kv.drop_pages(&[ids[10]..=ids[19]]).unwrap();
        assert!(kv.page(ids[9]).is_ok() && kv.page(ids[20]).is_ok());
        assert!(kv.page(ids[10]).is_err() && kv.page(ids[19]).is_err());
        kv.drop_pages(&[PageId::all_of(7)]).unwrap();
        assert!(kv.page(ids[0]).is_err());
        assert_eq!(kv.first_page_from(PageId(0)).unwrap(), None);
    }

    /// Writes pages with these indexes of an extent; the others of the range are left out.
    fn fill(kv: &Kv, extent: u64, indexes: &[u64]) {
        let mut file = kv.page_file(extent);
        for &index in indexes {
            file.next_index = index;
            file.append(&extent.to_le_bytes()).unwrap();
        }
        kv.ingest(vec![file.finish().unwrap()]).unwrap();
    }

    #[test]
    fn dropping_the_last_extent_reaches_its_last_page_and_its_neighbour_stays() {
        let kv = memory();
        let last = EXTENTS_MAX - 1;
        for extent in [last - 1, last] {
            fill(&kv, extent, &[0, PAGES_PER_EXTENT - 1]);
        }
        assert_eq!(
            kv.page(PageId(u64::MAX)).unwrap(),
            last.to_le_bytes(),
            "the last page of the last extent"
        );
        kv.drop_pages(&[PageId::all_of(last)]).unwrap();
        assert!(kv.page(PageId(u64::MAX)).is_err());
        assert!(kv.page(PageId::new(last, 0)).is_err());
        let kept = PageId::new(last - 1, PAGES_PER_EXTENT - 1);
        assert_eq!(kv.page(kept).unwrap(), (last - 1).to_le_bytes());
        assert_eq!(kv.first_page_from(PageId::new(last, 0)).unwrap(), None);
    }

    #[test]
    fn a_file_of_one_page_beside_a_dropped_range_stays() {
        let kv = memory();
        for extent in 4..7 {
            fill(&kv, extent, &[0]);
        }
        kv.drop_pages(&[PageId::all_of(5)]).unwrap();
        assert!(kv.page(PageId::new(4, 0)).is_ok() && kv.page(PageId::new(6, 0)).is_ok());
        assert!(kv.page(PageId::new(5, 0)).is_err());
    }

    #[test]
    fn nothing_is_written_once_the_store_is_closed() {
        let kv = memory();
        let mut file = kv.page_file(7);
        file.append(b"page").unwrap();
        kv.close();
        assert_eq!(file.append(b"page").unwrap_err().code(), Code::Closed);
        assert_eq!(file.finish().unwrap_err().code(), Code::Closed);
        assert_eq!(kv.discard(&[7]).unwrap_err().code(), Code::Closed);
    }

    /// Ids where a byte or the whole number is about to overflow, and others.
    fn page_id() -> impl Strategy<Value = PageId> {
        prop_oneof![
            (0u32..64, 0u64..3, any::<bool>()).prop_map(|(bits, off, up)| {
                let edge = u64::MAX.checked_shl(bits).unwrap_or(0);
                PageId(if up {
                    edge.wrapping_add(off)
                } else {
                    edge.wrapping_sub(off)
                })
            }),
            any::<u64>().prop_map(PageId),
        ]
    }

    proptest! {
        #[test]
        fn the_bound_above_a_page_lies_between_it_and_the_next(a in page_id(), b in page_id()) {
            // Bytes compare as RocksDB compares keys.
            let bound = a.key_above();
            prop_assert!(a.key()[..] < bound[..]);
            prop_assert_eq!(b.key()[..] < bound[..], b <= a);
        }

        #[test]
        fn the_pages_of_an_extent_are_those_with_its_number(page in page_id(), other in page_id()) {
            let all = PageId::all_of(page.extent());
            prop_assert!(all.contains(&page));
            prop_assert_eq!(all.contains(&other), other.extent() == page.extent());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn exactly_the_pages_of_a_dropped_range_are_gone(
            mut pages in prop::collection::btree_set(page_id(), 1..12),
            bounds in (page_id(), page_id()),
        ) {
            pages.insert(PageId(u64::MAX));
            let kv = memory();
            for &page in &pages {
                fill(&kv, page.extent(), &[page.0 % PAGES_PER_EXTENT]);
            }
            let range = bounds.0.min(bounds.1)..=bounds.0.max(bounds.1);
            kv.drop_pages(std::slice::from_ref(&range)).unwrap();
            for &page in &pages {
                prop_assert_eq!(kv.page(page).is_err(), range.contains(&page), "{}", page);
            }
            let first = pages.iter().copied().find(|page| !range.contains(page));
            prop_assert_eq!(kv.first_page_from(PageId(0)).unwrap(), first);
        }
    }

    #[test]
    fn the_log_replays_in_order_and_is_trimmed_by_a_flip() {
        let kv = memory();
        assert!(kv.root().unwrap().is_none());
        kv.append_log((1..=300u64).map(|seq| (seq, &b"record"[..])), true)
            .unwrap();
        kv.flip(b"the root", 290).unwrap();
        assert_eq!(kv.root().unwrap().unwrap(), b"the root");
        let mut seen = Vec::new();
        kv.replay_log(0, |seq, record| {
            assert_eq!(record, b"record");
            seen.push(seq);
            Ok(seq < 299)
        })
        .unwrap();
        assert_eq!(seen, (290..=299).collect::<Vec<_>>());
        kv.reset_log().unwrap();
        kv.append_log([(7, &b"record"[..])].into_iter(), true)
            .unwrap();
        kv.replay_log(0, |seq, _| Ok(seq == 7)).unwrap();
    }
}
