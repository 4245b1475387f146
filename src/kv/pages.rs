//! Immutable pages: written to SST files outside the database, ingested, read by id, freed by range.
//!
//! A page id is (extent, index). An extent is reserved by the store, filled by one [`PageFile`] and freed
//! as a whole or in index ranges. Ids are never reused, so a cached page can never be stale.

use super::error::error;
use super::open::{Kv, PAGES, family};
use crate::error::{Code, Error, Result};
use rocksdb::{CompactOptions, Direction, IngestExternalFileOptions, IteratorMode, SstFileWriter};
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

const INDEX_BITS: u32 = 24;
/// The most pages an extent holds.
pub const PAGES_PER_EXTENT: u64 = 1 << INDEX_BITS;
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

/// The finished files of an extent, to be ingested. Files that are not are removed at the next open.
#[derive(Debug, Default)]
pub struct WrittenExtent {
    paths: Vec<PathBuf>,
    pub extent: u64,
    pub pages: u64,
    pub bytes: u64,
}

impl<'k> PageFile<'k> {
    /// Appends a page. Errors: `Io`; `ResourceExhausted` when the extent is full.
    pub fn append(&mut self, page: &[u8]) -> Result<PageId> {
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
            let path = self
                .kv
                .directory
                .join(format!("{}-{}.sst", self.extent, self.paths.len()));
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

    fn close_file(&mut self) -> Result<()> {
        match self.writer.take() {
            Some(mut writer) => writer
                .finish()
                .map_err(|e| error("finishing a page file", e)),
            None => Ok(()),
        }
    }

    /// Closes the files. Nothing is visible before [`Kv::ingest`].
    pub fn finish(mut self) -> Result<WrittenExtent> {
        self.close_file()?;
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
    /// them they are garbage that the next open removes.
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

    /// Deletes pages by ranges of ids. Whole files go at once, the rest is reclaimed by compaction.
    pub fn drop_pages(&self, ranges: &[Range<PageId>]) -> Result<()> {
        let db = self.db()?;
        let family = family(&db, PAGES)?;
        for range in ranges {
            let (from, to) = (range.start.0.to_be_bytes(), range.end.0.to_be_bytes());
            db.delete_range_cf(family, from, to)
                .map_err(|e| error("deleting pages", e))?;
            db.delete_file_in_range_cf(family, from, to)
                .map_err(|e| error("deleting page files", e))?;
        }
        Ok(())
    }

    /// About the bytes that the pages of an extent take on disk. Errors: `Closed`.
    pub fn extent_bytes(&self, extent: u64) -> Result<u64> {
        let (from, to) = (
            PageId::new(extent, 0).0.to_be_bytes(),
            PageId::new(extent + 1, 0).0.to_be_bytes(),
        );
        let db = self.db()?;
        let sizes =
            db.get_approximate_sizes_cf(family(&db, PAGES)?, &[rocksdb::Range::new(&from, &to)]);
        Ok(sizes.into_iter().sum())
    }

    /// Whether some page has an id from `page` on.
    pub fn has_pages_from(&self, page: PageId) -> Result<bool> {
        let start = page.0.to_be_bytes();
        let mode = IteratorMode::From(&start, Direction::Forward);
        let db = self.db()?;
        match db.iterator_cf(family(&db, PAGES)?, mode).next() {
            None => Ok(false),
            Some(Ok(_)) => Ok(true),
            Some(Err(e)) => Err(error("looking for pages", e)),
        }
    }

    /// Rewrites files that hold deleted pages of `range`. Slow; for the background only.
    pub fn reclaim_pages(&self, range: &Range<PageId>) {
        let Ok(db) = self.db() else {
            return;
        };
        if let Ok(family) = family(&db, PAGES) {
            let mut options = CompactOptions::default();
            options.set_exclusive_manual_compaction(false);
            db.compact_range_cf_opt(
                family,
                Some(range.start.0.to_be_bytes()),
                Some(range.end.0.to_be_bytes()),
                &options,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Open, Options};
    use super::*;

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
        kv.drop_pages(&[ids[10]..ids[20]]).unwrap();
        assert!(kv.page(ids[9]).is_ok() && kv.page(ids[20]).is_ok());
        assert!(kv.page(ids[10]).is_err() && kv.page(ids[19]).is_err());
        kv.drop_pages(&[PageId::new(7, 0)..PageId::new(8, 0)])
            .unwrap();
        assert!(kv.page(ids[0]).is_err());
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
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, (290..=300).collect::<Vec<_>>());
    }
}
