//! A run on disk, and the caches its pages are read through.

use super::directory::{Counts, Directory, Fence};
use super::filter::KeyFilter;
use super::row::Key;
use super::sort::Sort;
use crate::codec::Block;
use crate::codec::bytes::{Bytes, put_varint};
use crate::control::{Budget, Charge};
use crate::error::{Damage, Error, Result};
use crate::kv::cache::Cache;
use crate::kv::{Kv, PageId};
use std::sync::{Arc, OnceLock};

/// Blocks and directory pages of a store, read once and kept while they are in use.
pub struct PageCache {
    kv: Arc<Kv>,
    blocks: Cache<Block>,
    directories: Cache<Directory>,
    /// What filters of runs may take.
    filters: Budget,
}

impl PageCache {
    /// Directories get an eighth of `bytes`: 200 bytes describe a block of 20,000. The bytes are charged to
    /// `budget`, and as they are loaded those of filters, a quarter of `bytes` at most.
    /// Errors: `ResourceExhausted`.
    pub fn new(kv: Arc<Kv>, bytes: usize, budget: &Budget) -> Result<Self> {
        Ok(Self {
            kv,
            blocks: Cache::new(bytes - bytes / 8, budget)?,
            directories: Cache::new(bytes / 8, budget)?,
            filters: budget.child("filters", bytes / 4),
        })
    }

    pub fn kv(&self) -> &Arc<Kv> {
        &self.kv
    }

    /// A block; it was checked when it came in. Errors: `CorruptBlock`.
    pub fn block(&self, page: PageId) -> Result<Arc<Block>> {
        if let Some(block) = self.blocks.get(page.0) {
            return Ok(block);
        }
        let block = Arc::new(Block::new(self.kv.page(page)?)?);
        self.blocks
            .insert(page.0, block.clone(), block.heap_bytes());
        Ok(block)
    }

    /// Errors: `CorruptBlock`.
    pub fn directory(&self, page: PageId) -> Result<Arc<Directory>> {
        if let Some(directory) = self.directories.get(page.0) {
            return Ok(directory);
        }
        let directory = Arc::new(self.kv.with_page(page, Directory::decode)?);
        self.directories
            .insert(page.0, directory.clone(), directory.heap_bytes());
        Ok(directory)
    }

    pub fn blocks(&self) -> &Cache<Block> {
        &self.blocks
    }

    pub fn directories(&self) -> &Cache<Directory> {
        &self.directories
    }
}

/// What is known of a run without its directory pages. Stored in a page of its own.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RunMeta {
    pub rows: u64,
    pub blocks: u64,
    pub counts: Counts,
    pub fences: Vec<Fence>,
}

const VERSION: u8 = 1;

impl RunMeta {
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        put_varint(out, self.fences.len() as u64);
        for fence in &self.fences {
            fence.encode(out);
        }
    }

    /// Errors: `Corruption`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut input = Bytes::new("the metadata of a run", bytes);
        if input.byte()? != VERSION {
            return Err(input.corrupt());
        }
        let count = input.count()?;
        let mut meta = Self::default();
        for _ in 0..count {
            let fence = Fence::decode(&mut input)?;
            meta.rows += fence.rows;
            meta.blocks += u64::from(fence.blocks);
            meta.counts += fence.counts;
            meta.fences.push(fence);
        }
        Ok(meta)
    }
}

/// A run on disk in one sort. Immutable.
#[derive(Debug)]
pub struct DiskRun {
    pub sort: Sort,
    /// Inferred states of another epoch than the version's read as absent (definition 17).
    pub epoch: u32,
    /// The commits it holds.
    pub first_seq: u64,
    pub last_seq: u64,
    /// Its pages: one extent, filled by one job.
    pub extent: u64,
    pub pages: u64,
    /// Where [`RunMeta`] is stored.
    pub meta_page: PageId,
    /// Or why nothing can be read.
    meta: std::result::Result<RunMeta, Damage>,
    /// Damage that was found later.
    found: OnceLock<Damage>,
    /// Those that were asked for, by fence.
    filters: LoadedFilters,
}

/// A run as the root names it.
#[derive(Clone, Copy, Debug)]
pub struct RunPlace {
    pub sort: Sort,
    pub epoch: u32,
    pub first_seq: u64,
    pub last_seq: u64,
    pub extent: u64,
    pub pages: u64,
    pub meta_page: PageId,
}

/// The filters of a run that are in memory.
struct LoadedFilters(Box<[OnceLock<(KeyFilter, Charge)>]>);

impl std::fmt::Debug for LoadedFilters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let loaded = self.0.iter().filter(|filter| filter.get().is_some());
        write!(f, "{} of {} filters", loaded.count(), self.0.len())
    }
}

/// Position of a block in a run: fence and entry within its directory page.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct BlockPosition {
    pub fence: usize,
    pub entry: usize,
}

impl DiskRun {
    pub(super) fn new(place: RunPlace, meta: std::result::Result<RunMeta, Damage>) -> Self {
        let fences = meta.as_ref().map_or(0, |meta| meta.fences.len());
        Self {
            sort: place.sort,
            epoch: place.epoch,
            first_seq: place.first_seq,
            last_seq: place.last_seq,
            extent: place.extent,
            pages: place.pages,
            meta_page: place.meta_page,
            meta,
            found: OnceLock::new(),
            filters: LoadedFilters((0..fences).map(|_| OnceLock::new()).collect()),
        }
    }

    /// Reads what is known of a run. A damaged page fails what needs the run, not this. Errors: `Io`, `Closed`.
    pub fn open(place: RunPlace, kv: &Kv) -> Result<Self> {
        let meta = match kv
            .page(place.meta_page)
            .and_then(|bytes| RunMeta::decode(&bytes))
        {
            Ok(meta) => Ok(meta),
            Err(error) => Err(Damage::of(&name(&place), error)?),
        };
        Ok(Self::new(place, meta))
    }

    fn place(&self) -> RunPlace {
        RunPlace {
            sort: self.sort,
            epoch: self.epoch,
            first_seq: self.first_seq,
            last_seq: self.last_seq,
            extent: self.extent,
            pages: self.pages,
            meta_page: self.meta_page,
        }
    }

    /// What it is called in reports.
    pub fn name(&self) -> String {
        name(&self.place())
    }

    /// Errors: `CorruptBlock`.
    #[inline]
    pub fn meta(&self) -> Result<&RunMeta> {
        self.meta.as_ref().map_err(Damage::error)
    }

    /// The metadata, if they are not damaged.
    #[inline]
    pub fn sound_meta(&self) -> Option<&RunMeta> {
        self.meta.as_ref().ok()
    }

    /// The fences of the metadata; none if they are damaged.
    fn fences(&self) -> &[Fence] {
        self.sound_meta().map_or(&[], |meta| &meta.fences)
    }

    /// What is known to be damaged. A run is not merged then.
    pub fn damage(&self) -> Option<&Damage> {
        self.meta.as_ref().err().or_else(|| self.found.get())
    }

    /// Remembers what was found when reading all of it failed. Gives the error back.
    pub fn note_damage(&self, error: Error) -> Error {
        match Damage::of(&self.name(), error) {
            Ok(damage) => self.found.get_or_init(|| damage).error(),
            Err(error) => error,
        }
    }

    /// Whether keys of the run can be told apart from others without searching.
    pub(super) fn is_filtered(&self) -> bool {
        self.fences().iter().any(|fence| fence.filter.is_some())
    }

    /// Appends those of `open`, indexes into ascending `keys`, that the run may hold to `asked`. `hashes` are those
    /// of the keys, if the run is filtered. Errors: `CorruptBlock`, `Corruption`.
    pub(super) fn sift(
        &self,
        pages: &PageCache,
        keys: &[Key],
        hashes: &[u64],
        open: &[usize],
        asked: &mut Vec<usize>,
    ) -> Result<()> {
        let mut rest = open;
        for (number, fence) in self.meta()?.fences.iter().enumerate() {
            let before = rest.partition_point(|&index| keys[index] < fence.first);
            let through = rest.partition_point(|&index| keys[index] <= fence.last);
            let within = &rest[before..through];
            rest = &rest[through..];
            if within.is_empty() {
                continue;
            }
            match self.filter(number, pages)? {
                Some(filter) => {
                    let may_hold = |&index: &usize| filter.may_contain(hashes[index]);
                    asked.extend(within.iter().copied().filter(may_hold));
                }
                None => asked.extend_from_slice(within),
            }
        }
        Ok(())
    }

    /// The filter of the keys of a fence. `None` if it has none or there is no memory for it.
    fn filter(&self, number: usize, pages: &PageCache) -> Result<Option<&KeyFilter>> {
        let loaded = &self.filters.0[number];
        if let Some((filter, _)) = loaded.get() {
            return Ok(Some(filter));
        }
        let fence = &self.meta()?.fences[number];
        let Some(page) = fence.filter else {
            return Ok(None);
        };
        let Ok(charge) = pages.filters.charge(KeyFilter::bytes_for(fence.rows)) else {
            return Ok(None);
        };
        let filter = pages.kv.with_page(page, KeyFilter::decode)?;
        Ok(Some(&loaded.get_or_init(|| (filter, charge)).0))
    }

    pub fn first_key(&self) -> Option<Key> {
        self.fences().first().map(|fence| fence.first)
    }

    pub fn last_key(&self) -> Option<Key> {
        self.fences().last().map(|fence| fence.last)
    }

    /// Whether some key of the run may lie in the inclusive range.
    pub fn overlaps(&self, low: &Key, high: &Key) -> bool {
        match (self.first_key(), self.last_key()) {
            (Some(first), Some(last)) => first <= *high && *low <= last,
            _ => false,
        }
    }

    /// The first block at or after `from` whose last key is not below `key`, with its directory page.
    pub(super) fn locate(
        &self,
        pages: &PageCache,
        key: &Key,
        from: BlockPosition,
    ) -> Result<Option<(BlockPosition, Arc<Directory>)>> {
        let fences = &self.meta()?.fences;
        let fence = from.fence
            + fences
                .get(from.fence..)
                .unwrap_or_default()
                .partition_point(|fence| fence.last < *key);
        let Some(found) = fences.get(fence) else {
            return Ok(None);
        };
        let directory = pages.directory(found.page)?;
        let start = if fence == from.fence { from.entry } else { 0 };
        let entries = directory.entries.get(start..).unwrap_or_default();
        let entry = start + entries.partition_point(|entry| entry.last < *key);
        if entry < directory.entries.len() {
            return Ok(Some((BlockPosition { fence, entry }, directory)));
        }
        // The rest of this page lies before `from`; the answer is the next page's first entry.
        let Some(next) = fences.get(fence + 1) else {
            return Ok(None);
        };
        let position = BlockPosition {
            fence: fence + 1,
            entry: 0,
        };
        Ok(Some((position, pages.directory(next.page)?)))
    }

    /// First keys of the blocks that may hold keys of the inclusive range.
    /// Errors: `CorruptBlock`, `Corruption`.
    pub fn block_firsts(&self, pages: &PageCache, low: &Key, high: &Key) -> Result<Vec<Key>> {
        let mut firsts = Vec::new();
        for fence in &self.meta()?.fences {
            if fence.last < *low || fence.first > *high {
                continue;
            }
            let directory = pages.directory(fence.page)?;
            let within = directory
                .entries
                .iter()
                .filter(|entry| *low <= entry.last && entry.first <= *high);
            firsts.extend(within.map(|entry| entry.first.max(*low)));
        }
        Ok(firsts)
    }

    /// Rows in blocks that may hold keys of the inclusive range: an upper bound, blocks counted whole.
    pub fn rows_within(&self, low: &Key, high: &Key) -> u64 {
        let fences = self.fences();
        let start = fences.partition_point(|fence| fence.last < *low);
        let end = fences.partition_point(|fence| fence.first <= *high);
        fences[start.min(end)..end]
            .iter()
            .map(|fence| fence.rows)
            .sum()
    }
}

fn name(place: &RunPlace) -> String {
    let (sort, first, last) = (place.sort, place.first_seq, place.last_seq);
    format!("run {sort:?} of commits {first}-{last}")
}
