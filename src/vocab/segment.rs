//! Reads a segment: ordinals to keys and keys to ordinals, one at a time and in batches.

use super::LARGE_KEY_BYTES;
use super::builder::RANKS_VERSION;
use super::directory::{Directory, Large, RANKS_PER_PAGE, SegmentKind, SegmentMeta};
use super::hash_index;
use super::packed::Packed;
use super::pages::{BytesPage, KeyPage, Pages, damaged};
use super::wire::Reader;
use crate::control::{Charge, Control};
use crate::error::{Code, Damage, Error, Result};
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// If a page has at most this many slots for each key looked up in it, the page is read through once
/// instead of searched for each key.
const SLOTS_PER_KEY_MERGE: usize = 20;

/// An immutable part of the dictionary: the keys of a contiguous range of ordinals.
pub struct Segment {
    meta: SegmentMeta,
    /// Or why nothing can be read.
    loaded: std::result::Result<Loaded, Damage>,
    /// What was found later.
    found: OnceLock<Damage>,
    pages: Arc<Pages>,
}

/// What of a segment is in memory.
struct Loaded {
    directory: Directory,
    /// Indexes of the large keys in order of their hashes.
    large_by_hash: Vec<u32>,
    _charge: Charge,
}

/// Memory that batch look-ups reuse.
#[derive(Default)]
pub struct SegmentScratch {
    slots: Vec<u32>,
    string: Vec<u8>,
    large: Vec<u8>,
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.meta.fmt(f)
    }
}

impl Segment {
    /// Loads directory and filter, charged to the account of `control` as long as the segment lives. A damaged
    /// directory fails what needs the segment, not this.
    /// Errors: `Io`, `ResourceExhausted`, `Cancelled`.
    pub fn open(meta: SegmentMeta, pages: Arc<Pages>, control: &Control) -> Result<Self> {
        let loaded = match Self::load(&meta, &pages, control) {
            Ok(loaded) => Ok(loaded),
            Err(error) => {
                let what = format!("the segment of terms from {}", meta.first);
                Err(Damage::of(&what, error)?)
            }
        };
        Ok(Self {
            meta,
            loaded,
            found: OnceLock::new(),
            pages,
        })
    }

    fn load(meta: &SegmentMeta, pages: &Pages, control: &Control) -> Result<Loaded> {
        let mut bytes = Vec::new();
        pages.read_pieces(&meta.directory, control, &mut bytes)?;
        let directory = Directory::read(&bytes, meta)
            .ok_or_else(|| Error::new(Code::Corruption, "its directory is damaged"))?;
        let charge = control.charge(directory.heap_bytes())?;
        let mut large_by_hash: Vec<u32> = (0..directory.large.len() as u32).collect();
        large_by_hash.sort_by_key(|&index| directory.large[index as usize].hash);
        Ok(Loaded {
            directory,
            large_by_hash,
            _charge: charge,
        })
    }

    #[inline]
    fn loaded(&self) -> Result<&Loaded> {
        self.loaded.as_ref().map_err(Damage::error)
    }

    #[inline]
    fn directory(&self) -> Result<&Directory> {
        Ok(&self.loaded()?.directory)
    }

    /// Whether it can be read at all.
    pub fn is_loaded(&self) -> bool {
        self.loaded.is_ok()
    }

    /// What is known to be damaged. A segment is not rewritten then, and no ranks refer to it.
    pub fn damage(&self) -> Option<&Damage> {
        self.loaded.as_ref().err().or_else(|| self.found.get())
    }

    /// Remembers what was found when reading all of it failed. Gives the error back.
    pub fn note_damage(&self, error: Error) -> Error {
        let what = format!("the segment of terms from {}", self.meta.first);
        match Damage::of(&what, error) {
            Ok(damage) => self.found.get_or_init(|| damage).error(),
            Err(error) => error,
        }
    }

    pub fn meta(&self) -> &SegmentMeta {
        &self.meta
    }

    pub fn kind(&self) -> SegmentKind {
        self.meta.kind
    }

    /// The ordinal of the first key.
    pub fn first(&self) -> u64 {
        self.meta.first
    }

    /// One past the last ordinal.
    pub fn end(&self) -> u64 {
        self.meta.end()
    }

    /// Bytes held in memory: directory and filter.
    pub fn heap_bytes(&self) -> usize {
        self.loaded
            .as_ref()
            .map_or(0, |loaded| loaded.directory.heap_bytes())
    }

    /// The ordinals whose keys start with `tag`; only a sorted segment knows.
    pub fn ordinals_of_tag(&self, tag: u8) -> Option<Range<u64>> {
        if self.meta.kind != SegmentKind::Sorted {
            return None;
        }
        let tags = &self.directory().ok()?.tags;
        let index = tags.partition_point(|&(other, _)| other < tag);
        let start = tags.get(index).map_or(self.meta.count, |&(_, at)| at);
        let end = match tags.get(index) {
            Some(&(other, _)) if other == tag => {
                tags.get(index + 1).map_or(self.meta.count, |&(_, at)| at)
            }
            _ => start,
        };
        Some(self.meta.first + start..self.meta.first + end)
    }

    fn key_page(&self, index: usize) -> Result<KeyPage> {
        let directory = self.directory()?;
        let id = directory.pages[index];
        let page = self.pages.keys(id)?;
        let slots = directory.page_end(index, &self.meta) - directory.starts[index];
        if page.len() as u64 != slots {
            return Err(damaged(id));
        }
        Ok(page)
    }

    /// The ordinal of a key; `hash` is its [`hash`](super::hash).
    /// Errors: `Corruption`, `CorruptBlock`, `Io`.
    pub fn find(&self, key: &[u8], hash: u64) -> Result<Option<u64>> {
        let directory = self.directory()?;
        if !directory.filter.may_contain(hash) || self.meta.count == 0 {
            return Ok(None);
        }
        let offset = if key.len() > LARGE_KEY_BYTES {
            self.find_large(key, hash)?
        } else if self.meta.kind == SegmentKind::Sorted {
            let index = directory.separators.page_of(key, 0);
            let slot = self.key_page(index)?.find(key).ok();
            slot.and_then(|slot| Self::small(directory, directory.starts[index] + slot as u64))
        } else {
            let mut found = None;
            let mut string = Vec::new();
            for offset in self.candidates(hash)? {
                let index = self.page_of(offset)?;
                let slot = offset - directory.starts[index];
                if self.key_page(index)?.get(slot as usize, &mut string)? && string == key {
                    found = Self::small(directory, offset);
                }
            }
            found
        };
        Ok(offset.map(|offset| self.meta.first + offset))
    }

    /// Calls `found` with the position and ordinal of those of `keys` that are here. `keys` ascend;
    /// `positions` names, ascending, those that are asked for; `hashes` are the hashes of all keys.
    /// Errors: `Cancelled`, `Corruption`, `CorruptBlock`, `Io`.
    pub fn find_many(
        &self,
        keys: &[&[u8]],
        hashes: &[u64],
        positions: &[u32],
        control: &Control,
        mut found: impl FnMut(u32, u64),
    ) -> Result<()> {
        let directory = self.directory()?;
        if self.meta.count == 0 {
            return Ok(());
        }
        let mut small = Vec::new();
        for &position in positions {
            let (key, hash) = (keys[position as usize], hashes[position as usize]);
            if !directory.filter.may_contain(hash) {
                continue;
            }
            if key.len() <= LARGE_KEY_BYTES {
                small.push(position);
            } else if let Some(offset) = self.find_large(key, hash)? {
                found(position, self.meta.first + offset);
            }
        }
        match self.meta.kind {
            SegmentKind::Sorted => {
                let wanted: Vec<&[u8]> = small.iter().map(|&at| keys[at as usize]).collect();
                self.merge(&wanted, control, |index, place| {
                    if let Ok(offset) = place
                        && let Some(offset) = Self::small(directory, offset)
                    {
                        found(small[index], self.meta.first + offset);
                    }
                })
            }
            SegmentKind::Arrival => self.probe(keys, hashes, small, control, found),
        }
    }

    /// Looks up ascending keys in a sorted segment page by page: where each is, or would be.
    fn merge(
        &self,
        keys: &[&[u8]],
        control: &Control,
        mut place: impl FnMut(usize, std::result::Result<u64, u64>),
    ) -> Result<()> {
        let directory = self.directory()?;
        let (mut next, mut index) = (0, 0);
        let mut string = Vec::new();
        while next < keys.len() {
            control.poll()?;
            index = directory.separators.page_of(keys[next], index);
            let page = self.key_page(index)?;
            let start = directory.starts[index];
            let here = directory.separators.keys_of(index, &keys[next..]);
            if here * SLOTS_PER_KEY_MERGE < page.len() {
                for (at, key) in keys[next..next + here].iter().enumerate() {
                    let slot = page.find(key);
                    let slot = slot.map(|s| start + s as u64).map_err(|s| start + s as u64);
                    place(next + at, slot);
                }
            } else {
                let (mut at, end) = (next, next + here);
                page.for_each(0..page.len(), &mut string, |slot, string| {
                    while at < end {
                        match keys[at].cmp(string) {
                            Ordering::Less => place(at, Err(start + slot as u64)),
                            Ordering::Equal => place(at, Ok(start + slot as u64)),
                            Ordering::Greater => break,
                        }
                        at += 1;
                    }
                })?;
                (at..end).for_each(|at| place(at, Err(start + page.len() as u64)));
            }
            next += here;
        }
        Ok(())
    }

    /// Looks up keys in an arrival-order segment: the hash index in order of the hashes, then the pages
    /// of the candidates in order.
    fn probe(
        &self,
        keys: &[&[u8]],
        hashes: &[u64],
        mut positions: Vec<u32>,
        control: &Control,
        mut found: impl FnMut(u32, u64),
    ) -> Result<()> {
        let directory = self.directory()?;
        positions.sort_unstable_by_key(|&at| hashes[at as usize]);
        let mut candidates: Vec<(u64, u32)> = Vec::new();
        let mut hash_page: Option<(usize, BytesPage)> = None;
        let pages = directory.hash_pages.len();
        for at in positions {
            let hash = hashes[at as usize];
            let index = hash_index::page_of(hash, pages.max(1));
            let Some(&id) = directory.hash_pages.get(index) else {
                break;
            };
            let page = match hash_page.take() {
                Some((open, page)) if open == index => page,
                _ => {
                    control.poll()?;
                    self.pages.bytes(id)?
                }
            };
            hash_index::candidates(&page, hash, pages, |offset| candidates.push((offset, at)))
                .ok_or_else(|| damaged(id))?;
            hash_page = Some((index, page));
        }
        candidates.sort_unstable();
        let mut scratch = SegmentScratch::default();
        let offsets: Vec<u64> = candidates.iter().map(|&(offset, _)| offset).collect();
        self.read_offsets(&offsets, &mut scratch, control, |index, key| {
            let (offset, at) = candidates[index];
            if key == Some(keys[at as usize]) && Self::small(directory, offset).is_some() {
                found(at, self.meta.first + offset);
            }
            Ok(())
        })
    }

    /// The offset, unless the slot holds the stub of a large key.
    fn small(directory: &Directory, offset: u64) -> Option<u64> {
        directory.large_at(offset).is_none().then_some(offset)
    }

    fn candidates(&self, hash: u64) -> Result<Vec<u64>> {
        let directory = self.directory()?;
        let pages = directory.hash_pages.len();
        let index = hash_index::page_of(hash, pages.max(1));
        let Some(&id) = directory.hash_pages.get(index) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        hash_index::candidates(&self.pages.bytes(id)?, hash, pages, |at| found.push(at))
            .ok_or_else(|| damaged(id))?;
        Ok(found)
    }

    fn page_of(&self, offset: u64) -> Result<usize> {
        let directory = self.directory()?;
        match offset < self.meta.count {
            true => Ok(directory.page_of(offset, 0)),
            false => Err(self.unknown(self.meta.first.wrapping_add(offset))),
        }
    }

    #[cold]
    fn unknown(&self, ordinal: u64) -> Error {
        Error::new(
            Code::Corruption,
            format!(
                "ordinal {ordinal} is outside its segment of {} ordinals from {}",
                self.meta.count, self.meta.first
            ),
        )
    }

    fn find_large(&self, key: &[u8], hash: u64) -> Result<Option<u64>> {
        let loaded = self.loaded()?;
        let large = |&index: &u32| &loaded.directory.large[index as usize];
        let start = loaded
            .large_by_hash
            .partition_point(|at| large(at).hash < hash);
        let mut read = Vec::new();
        for large in loaded.large_by_hash[start..].iter().map(large) {
            if large.hash != hash {
                break;
            }
            if large.length == key.len() as u64 {
                self.read_large(large, &mut read)?;
                if read == key {
                    return Ok(Some(large.offset));
                }
            }
        }
        Ok(None)
    }

    fn read_large(&self, large: &Large, out: &mut Vec<u8>) -> Result<()> {
        out.clear();
        self.pages.cached_pieces(&large.pieces, out)?;
        match out.len() as u64 == large.length {
            true => Ok(()),
            false => Err(damaged(large.pieces.first().copied().unwrap_or_default())),
        }
    }

    /// Replaces `out` by the key of an ordinal; false if it is absent.
    /// Errors: `Corruption` (an ordinal of another segment, too), `CorruptBlock`, `Io`.
    pub fn key(&self, ordinal: u64, out: &mut Vec<u8>) -> Result<bool> {
        let directory = self.directory()?;
        let offset = ordinal.wrapping_sub(self.meta.first);
        let index = self.page_of(offset)?;
        if let Some(large) = directory.large_at(offset) {
            self.read_large(large, out)?;
            return Ok(true);
        }
        let slot = offset - directory.starts[index];
        self.key_page(index)?.get(slot as usize, out)
    }

    /// Calls `sink` for each of `ordinals`, which ascend, with its position and its key, `None` if it is
    /// absent. Each page is fetched once, each run of 16 slots decoded at most once.
    /// Errors: `Cancelled`, `Corruption`, `CorruptBlock`, `Io`, those of `sink`.
    pub fn keys(
        &self,
        ordinals: &[u64],
        scratch: &mut SegmentScratch,
        control: &Control,
        sink: impl FnMut(usize, Option<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        if let (Some(&low), Some(&high)) = (ordinals.first(), ordinals.last())
            && (low < self.meta.first || high >= self.end())
        {
            return Err(self.unknown(if low < self.meta.first { low } else { high }));
        }
        self.read(ordinals, self.meta.first, scratch, control, sink)
    }

    fn read_offsets(
        &self,
        offsets: &[u64],
        scratch: &mut SegmentScratch,
        control: &Control,
        sink: impl FnMut(usize, Option<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        match offsets.last() {
            Some(&last) if last >= self.meta.count => {
                Err(self.unknown(self.meta.first.wrapping_add(last)))
            }
            _ => self.read(offsets, 0, scratch, control, sink),
        }
    }

    /// Reads the keys at `numbers`, ascending and counted from `base`.
    fn read(
        &self,
        numbers: &[u64],
        base: u64,
        scratch: &mut SegmentScratch,
        control: &Control,
        mut sink: impl FnMut(usize, Option<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        let directory = self.directory()?;
        let SegmentScratch {
            slots,
            string,
            large,
        } = scratch;
        let (mut next, mut index) = (0, 0);
        let mut failed = Ok(());
        while next < numbers.len() {
            control.poll()?;
            index = directory.page_of(numbers[next] - base, index);
            let page = self.key_page(index)?;
            let start = base + directory.starts[index];
            let end = base + directory.page_end(index, &self.meta);
            slots.clear();
            let here = numbers[next..].iter().take_while(|&&number| number < end);
            slots.extend(here.map(|&number| (number - start) as u32));
            page.get_many(slots, string, |position, key| {
                if failed.is_err() {
                    return;
                }
                let position = next + position;
                failed = match directory.large_at(numbers[position] - base) {
                    None => sink(position, key),
                    Some(kept) => self
                        .read_large(kept, large)
                        .and_then(|()| sink(position, Some(large))),
                };
            })?;
            std::mem::replace(&mut failed, Ok(()))?;
            next += slots.len();
        }
        Ok(())
    }

    /// Calls `sink` with every ordinal of a range that is not absent and its key, in order.
    /// Errors: as [`Self::keys`].
    pub fn scan(
        &self,
        ordinals: Range<u64>,
        control: &Control,
        mut sink: impl FnMut(u64, &[u8]) -> Result<()>,
    ) -> Result<()> {
        const STEP: u64 = 4096;
        let mut scratch = SegmentScratch::default();
        let mut batch = Vec::new();
        let mut start = ordinals.start;
        while start < ordinals.end {
            let end = ordinals.end.min(start.saturating_add(STEP));
            batch.clear();
            batch.extend(start..end);
            self.keys(&batch, &mut scratch, control, |at, key| match key {
                Some(key) => sink(batch[at], key),
                None => Ok(()),
            })?;
            start = end;
        }
        Ok(())
    }

    /// The first ordinal of the segment the stored ranks refer to, if ranks are stored.
    pub fn rank_base(&self) -> Option<u64> {
        let directory = self.directory().ok()?;
        directory.ranks.as_ref().map(|ranks| ranks.base)
    }

    /// Calls `sink` with the position and stored rank of each of `ordinals`, which ascend: how many keys
    /// of the base segment are below the key. Errors: `Corruption`, `CorruptBlock`, `Io`; `Internal` if
    /// no ranks are stored.
    pub fn stored_ranks(&self, ordinals: &[u64], mut sink: impl FnMut(usize, u64)) -> Result<()> {
        let directory = self.directory()?;
        let Some(ranks) = &directory.ranks else {
            return Err(Error::new(Code::Internal, "the segment stores no ranks"));
        };
        let mut open: Option<(u64, BytesPage)> = None;
        for (position, &ordinal) in ordinals.iter().enumerate() {
            let offset = ordinal.wrapping_sub(self.meta.first);
            if offset >= self.meta.count {
                return Err(self.unknown(ordinal));
            }
            let index = offset / RANKS_PER_PAGE;
            // There are as many pages as the count asks for.
            let id = ranks.pages[index as usize];
            let page = match open.take() {
                Some((at, page)) if at == index => page,
                _ => self.pages.bytes(id)?,
            };
            let rank = stored_rank(&page, (offset % RANKS_PER_PAGE) as usize);
            sink(position, rank.ok_or_else(|| damaged(id))?);
            open = Some((index, page));
        }
        Ok(())
    }

    /// Calls `sink` with the position and rank of each of `keys`, which ascend: how many keys of this
    /// sorted segment are below it. Errors: `Cancelled`, `Corruption`, `CorruptBlock`, `Io`; `Internal`
    /// if the segment is not sorted.
    pub fn ranks_of(
        &self,
        keys: &[&[u8]],
        control: &Control,
        mut sink: impl FnMut(usize, u64),
    ) -> Result<()> {
        let directory = self.directory()?;
        if self.meta.kind != SegmentKind::Sorted {
            return Err(Error::new(Code::Internal, "a rank needs a sorted segment"));
        }
        if self.meta.count == 0 {
            (0..keys.len()).for_each(|position| sink(position, 0));
            return Ok(());
        }
        if directory.large.is_empty() {
            return self.merge(keys, control, |position, place| {
                let (Ok(rank) | Err(rank)) = place;
                sink(position, rank);
            });
        }
        let mut places = Vec::with_capacity(keys.len());
        self.merge(keys, control, |_, place| {
            let (Ok(rank) | Err(rank)) = place;
            places.push(rank);
        })?;
        for (position, (key, place)) in keys.iter().zip(places).enumerate() {
            sink(position, self.among_large(key, place)?);
        }
        Ok(())
    }

    /// Corrects a rank found among stubs. Only a stub that the key starts with can mislead, and if it
    /// does, nothing but absent slots and such stubs lies between it and the rank.
    fn among_large(&self, key: &[u8], mut rank: u64) -> Result<u64> {
        let directory = self.directory()?;
        let large = &directory.large;
        let mut read = Vec::new();
        let mut order = |large: &Large| -> Result<Option<Ordering>> {
            let index = self.page_of(large.offset)?;
            let slot = large.offset - directory.starts[index];
            self.key_page(index)?.get(slot as usize, &mut read)?;
            read.truncate(LARGE_KEY_BYTES);
            if !key.starts_with(&read) {
                return Ok(None);
            }
            self.read_large(large, &mut read)?;
            Ok(Some(read.as_slice().cmp(key)))
        };
        let mut next = large.partition_point(|large| large.offset < rank);
        while let Some(below) = next.checked_sub(1)
            && order(&large[below])?.is_some_and(Ordering::is_ge)
        {
            rank = large[below].offset;
            next = below;
        }
        while let Some(above) = large.get(next)
            && order(above)?.is_some_and(Ordering::is_lt)
        {
            rank = above.offset + 1;
            next += 1;
        }
        Ok(rank)
    }
}

fn stored_rank(page: &[u8], index: usize) -> Option<u64> {
    let mut from = Reader::new(page);
    if from.byte()? != RANKS_VERSION {
        return None;
    }
    let count = usize::try_from(from.varint()?).ok()?;
    Packed::read(&mut from, count)?.get(index)
}
