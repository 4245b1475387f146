//! Writes a segment from a stream of keys.

use super::directory::{
    Directory, Large, RANKS_PER_PAGE, Ranks, SegmentKind, SegmentMeta, Separators,
};
use super::filter::FilterBuilder;
use super::hash_index::write_hash_index;
use super::packed::write_packed;
use super::pages::{PageSink, SAVING_PERCENT_MIN, ZSTD_LEVEL, write_pieces};
use super::press::Press;
use super::segment::Segment;
use super::wire::write_varint;
use super::{LARGE_KEY_BYTES, too_large};
use crate::codec::frontcode::MAX_SLOTS;
use crate::codec::{Compression, PageBuilder};
use crate::control::{Charge, Control};
use crate::error::{Code, Error, Result};
use std::sync::Arc;

pub(super) const RANKS_VERSION: u8 = 1;
/// Keys waiting for their ranks are looked up when they hold this much.
const RANK_KEY_BYTES_MAX: usize = 1 << 20;
/// What a page entry of the directory takes in memory, its separator included.
const DIRECTORY_ENTRY_BYTES: usize = 64;

/// How to write a segment.
#[derive(Clone)]
pub struct SegmentOptions {
    pub kind: SegmentKind,
    /// The ordinal of the first key.
    pub first: u64,
    /// At least as many keys as will be pushed, if possible: the filter is made for it.
    pub keys_max: u64,
    /// The filter is not larger while it is built.
    pub filter_bytes_max: usize,
    /// Keys longer than this are refused.
    pub key_bytes_max: usize,
    /// A page is written when its keys, front-coded, have this many bytes.
    pub page_bytes: usize,
    /// Threads that compress pages beside the one that makes them; 0 compresses there.
    pub press_threads: usize,
    /// The sorted segment whose ranks are stored with the keys: the first one of the dictionary.
    pub rank_base: Option<Arc<Segment>>,
}

impl SegmentOptions {
    /// The settings for `kind`, without ranks.
    pub fn new(kind: SegmentKind, first: u64, keys_max: u64) -> Self {
        Self {
            kind,
            first,
            keys_max,
            filter_bytes_max: 256 << 20,
            key_bytes_max: super::KEY_BYTES_MAX,
            page_bytes: super::PAGE_BYTES,
            press_threads: 0,
            rank_base: None,
        }
    }
}

/// Takes keys and writes the pages of one segment. Holds in memory one page, the directory and the filter,
/// for arrival-order segments also 16 bytes a key, all charged to the control's account.
pub struct SegmentBuilder<'s> {
    options: SegmentOptions,
    sink: CountingSink<'s>,
    control: Control,
    page: PageBuilder,
    press: Option<Press>,
    buffer: Vec<u8>,
    /// The last key that was pushed, for sorted segments.
    previous: Vec<u8>,
    count: u64,
    key_bytes: u64,
    pages: Vec<u64>,
    starts: Vec<u64>,
    separators: Separators,
    tags: Vec<(u8, u64)>,
    large: Vec<Large>,
    hashes: Vec<(u64, u32)>,
    filter: FilterBuilder,
    ranks: Option<RankWriter>,
    memory: Charge,
}

/// Counts the bytes of a sink and the ids it gives.
struct CountingSink<'s> {
    sink: &'s mut dyn PageSink,
    bytes: u64,
    range: Option<(u64, u64)>,
}

impl PageSink for CountingSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<u64> {
        let page = self.sink.write(bytes)?;
        self.bytes += bytes.len() as u64;
        let (low, _) = self.range.unwrap_or((page, page));
        self.range = Some((low, page));
        Ok(page)
    }
}

impl<'s> SegmentBuilder<'s> {
    /// Errors: `ResourceExhausted`.
    pub fn new(
        options: SegmentOptions,
        sink: &'s mut dyn PageSink,
        control: &Control,
    ) -> Result<Self> {
        let filter =
            FilterBuilder::new(options.keys_max, options.filter_bytes_max, control.memory())?;
        let ranks = match &options.rank_base {
            Some(base) if base.kind() != SegmentKind::Sorted => {
                return Err(Error::new(
                    Code::Internal,
                    "ranks need a sorted base segment",
                ));
            }
            Some(base) => Some(RankWriter::new(base.clone())),
            None => None,
        };
        Ok(Self {
            page: PageBuilder::new(options.page_bytes),
            press: match options.press_threads {
                0 => None,
                threads => Some(Press::new(threads)?),
            },
            filter,
            ranks,
            memory: control.charge(2 * options.page_bytes)?,
            options,
            sink: CountingSink {
                sink,
                bytes: 0,
                range: None,
            },
            control: control.clone(),
            buffer: Vec::new(),
            previous: Vec::new(),
            count: 0,
            key_bytes: 0,
            pages: Vec::new(),
            starts: Vec::new(),
            separators: Separators::default(),
            tags: Vec::new(),
            large: Vec::new(),
            hashes: Vec::new(),
        })
    }

    /// The ordinal the next key gets.
    pub fn next_ordinal(&self) -> u64 {
        self.options.first + self.count
    }

    /// Adds a dictionary key; returns its ordinal. Keys are distinct, and ascend in a sorted segment.
    /// Errors: `TermTooLarge`, `Cancelled`, `ResourceExhausted`, those of the sink; `Internal` for a
    /// key out of order.
    pub fn push(&mut self, key: &[u8]) -> Result<u64> {
        if key.len() > self.options.key_bytes_max {
            return Err(too_large(key.len(), self.options.key_bytes_max));
        }
        let Some(&tag) = key.first() else {
            return Err(Error::new(Code::Internal, "a dictionary key has no tag"));
        };
        let hash = super::hash(key);
        if self.options.kind == SegmentKind::Sorted {
            let shared = shared_prefix(&self.previous, key);
            if key[shared..] <= self.previous[shared..] {
                return Err(Error::new(
                    Code::Internal,
                    "the keys of a sorted segment must ascend",
                ));
            }
            if self.tags.last().is_none_or(|&(last, _)| last != tag) {
                self.tags.push((tag, self.count));
            }
            // The shortest start of this key that is above the key before.
            let parting = shared + 1;
            match key.len() > LARGE_KEY_BYTES {
                true => self.push_large(key, hash, parting)?,
                false => self.push_slot(key, parting)?,
            }
            self.previous.truncate(shared);
            self.previous.extend_from_slice(&key[shared..]);
        } else {
            let Ok(offset) = u32::try_from(self.count) else {
                return Err(Error::new(
                    Code::ResourceExhausted,
                    "an arrival-order segment holds at most 2^32 terms",
                ));
            };
            if key.len() > LARGE_KEY_BYTES {
                self.push_large(key, hash, 1)?;
            } else {
                self.push_slot(key, 0)?;
                self.hashes.push((hash, offset));
            }
        }
        if let Some(ranks) = &mut self.ranks {
            ranks.push(key, &self.control, &mut self.sink)?;
        }
        self.filter.insert(hash);
        self.key_bytes += key.len() as u64;
        self.count += 1;
        Ok(self.options.first + self.count - 1)
    }

    /// Leaves an ordinal without a term (definition 9); returns it. Errors: as [`Self::push`].
    pub fn push_absent(&mut self) -> Result<u64> {
        if self.page.len() == MAX_SLOTS {
            self.end_page()?;
        }
        if self.page.is_empty() {
            // Above every key before, not above any key to come, stubs included.
            let mut separator = self.previous.clone();
            if separator.len() > LARGE_KEY_BYTES {
                separator.truncate(LARGE_KEY_BYTES);
                separator.extend_from_slice(&self.count.to_be_bytes());
            } else {
                separator.push(0);
            }
            self.start_page(&separator)?;
        }
        self.page.push_absent()?;
        if let Some(ranks) = &mut self.ranks {
            ranks.push_absent(&self.control, &mut self.sink)?;
        }
        self.count += 1;
        Ok(self.options.first + self.count - 1)
    }

    /// Writes the key in pieces, and in the page a stub that keeps the order of the slots: the shortest
    /// start of the key that is above the key before, or, where that would be long, the start and the
    /// offset. Keys in pages are shorter than such a start, so they compare with it as with the key.
    fn push_large(&mut self, key: &[u8], hash: u64, parting: usize) -> Result<()> {
        self.control.poll()?;
        self.large.push(Large {
            offset: self.count,
            length: key.len() as u64,
            hash,
            pieces: write_pieces(key, &mut self.sink)?,
        });
        if parting <= LARGE_KEY_BYTES {
            return self.push_slot(&key[..parting], parting);
        }
        let mut stub = key[..LARGE_KEY_BYTES].to_vec();
        stub.extend_from_slice(&self.count.to_be_bytes());
        self.push_slot(&stub, stub.len())
    }

    fn push_slot(&mut self, string: &[u8], parting: usize) -> Result<()> {
        self.start_slot(string.len())?;
        if self.page.is_empty() {
            self.start_page(&string[..parting])?;
        }
        self.page.push(string)
    }

    /// Ends the page if it is full, or if a long string would make it much too large.
    fn start_slot(&mut self, string_bytes: usize) -> Result<()> {
        let would_be = self.page.body_bytes() + string_bytes;
        if self.page.is_full() || would_be > 2 * self.options.page_bytes {
            self.end_page()?;
        }
        Ok(())
    }

    fn start_page(&mut self, separator: &[u8]) -> Result<()> {
        let separator = match self.starts.is_empty() {
            true => &[],
            false => separator,
        };
        self.starts.push(self.count);
        if self.options.kind == SegmentKind::Sorted && !self.separators.push(separator) {
            return Err(Error::new(
                Code::ResourceExhausted,
                "the directory of a segment exceeds 4 GiB",
            ));
        }
        Ok(())
    }

    fn end_page(&mut self) -> Result<()> {
        if self.page.is_empty() {
            return Ok(());
        }
        self.control.poll()?;
        match &mut self.press {
            Some(press) => {
                let mut page = Vec::with_capacity(self.page.body_bytes() + 16);
                self.page.finish(Compression::Stored, &mut page)?;
                press.push(page);
                while let Some(page) = press.try_take()? {
                    self.pages.push(self.sink.write(&page)?);
                }
            }
            None => {
                self.buffer.clear();
                let compression = Compression::Zstd {
                    level: ZSTD_LEVEL,
                    min_saving_percent: SAVING_PERCENT_MIN,
                };
                self.page.finish(compression, &mut self.buffer)?;
                self.pages.push(self.sink.write(&self.buffer)?);
            }
        }
        let pages_held = 2 + self.press.as_ref().map_or(0, Press::pages_max);
        let held = pages_held * self.options.page_bytes
            + self.starts.len() * DIRECTORY_ENTRY_BYTES
            + self.hashes.capacity() * size_of::<(u64, u32)>();
        self.memory.resize(held)
    }

    /// Writes what is left. Nothing of the segment is kept if this is not called.
    /// Errors: as [`Self::push`].
    pub fn finish(mut self) -> Result<SegmentMeta> {
        self.end_page()?;
        if let Some(press) = &mut self.press {
            while let Some(page) = press.take()? {
                self.pages.push(self.sink.write(&page)?);
            }
        }
        let hash_pages = write_hash_index(&mut self.hashes, &self.control, &mut self.sink)?;
        let ranks = match self.ranks.take() {
            Some(ranks) => Some(ranks.finish(&self.control, &mut self.sink)?),
            None => None,
        };
        let directory = Directory {
            pages: self.pages,
            starts: self.starts,
            separators: self.separators,
            tags: self.tags,
            hash_pages,
            ranks,
            large: self.large,
            filter: self.filter.finish(),
        };
        let _serialised = self.control.charge(directory.heap_bytes())?;
        let mut bytes = Vec::new();
        directory.write(&mut bytes);
        let directory = write_pieces(&bytes, &mut self.sink)?;
        Ok(SegmentMeta {
            kind: self.options.kind,
            first: self.options.first,
            count: self.count,
            page_range: self.sink.range.unwrap_or_default(),
            stored_bytes: self.sink.bytes,
            key_bytes: self.key_bytes,
            directory,
        })
    }
}

/// Bytes that two keys have in common at their start.
fn shared_prefix(a: &[u8], b: &[u8]) -> usize {
    let words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
    let equal = 8 * words.take_while(|(a, b)| a == b).count();
    let rest = a[equal..].iter().zip(&b[equal..]);
    equal + rest.take_while(|(a, b)| a == b).count()
}

/// Looks up and writes the rank of each key in the base segment.
struct RankWriter {
    base: Arc<Segment>,
    /// Keys whose ranks are not known yet, one after the other.
    keys: Vec<u8>,
    ends: Vec<usize>,
    /// The ranks of the page to come.
    ranks: Vec<u64>,
    pages: Vec<u64>,
}

impl RankWriter {
    fn new(base: Arc<Segment>) -> Self {
        Self {
            base,
            keys: Vec::new(),
            ends: Vec::new(),
            ranks: Vec::new(),
            pages: Vec::new(),
        }
    }

    fn push(&mut self, key: &[u8], control: &Control, sink: &mut dyn PageSink) -> Result<()> {
        self.keys.extend_from_slice(key);
        self.ends.push(self.keys.len());
        if self.keys.len() > RANK_KEY_BYTES_MAX || self.is_full() {
            self.look_up(control)?;
        }
        self.end_full_page(sink)
    }

    fn push_absent(&mut self, control: &Control, sink: &mut dyn PageSink) -> Result<()> {
        self.look_up(control)?;
        // Any number will do; one near the others packs well.
        self.ranks.push(self.ranks.last().copied().unwrap_or(0));
        self.end_full_page(sink)
    }

    fn is_full(&self) -> bool {
        (self.ranks.len() + self.ends.len()) as u64 == RANKS_PER_PAGE
    }

    fn end_full_page(&mut self, sink: &mut dyn PageSink) -> Result<()> {
        match self.ranks.len() as u64 == RANKS_PER_PAGE {
            true => self.end_page(sink),
            false => Ok(()),
        }
    }

    fn look_up(&mut self, control: &Control) -> Result<()> {
        let mut start = 0;
        let mut keys = Vec::with_capacity(self.ends.len());
        for (index, &end) in self.ends.iter().enumerate() {
            keys.push((&self.keys[start..end], index));
            start = end;
        }
        // Already in order when the segment is a sorted one.
        keys.sort_unstable();
        let sorted: Vec<&[u8]> = keys.iter().map(|&(key, _)| key).collect();
        let known = self.ranks.len();
        self.ranks.resize(known + keys.len(), 0);
        let ranks = &mut self.ranks[known..];
        self.base.ranks_of(&sorted, control, |position, rank| {
            ranks[keys[position].1] = rank;
        })?;
        self.keys.clear();
        self.ends.clear();
        Ok(())
    }

    fn end_page(&mut self, sink: &mut dyn PageSink) -> Result<()> {
        let mut page = vec![RANKS_VERSION];
        write_varint(self.ranks.len() as u64, &mut page);
        write_packed(&self.ranks, &mut page);
        self.pages.push(sink.write(&page)?);
        self.ranks.clear();
        Ok(())
    }

    fn finish(mut self, control: &Control, sink: &mut dyn PageSink) -> Result<Ranks> {
        self.look_up(control)?;
        if !self.ranks.is_empty() {
            self.end_page(sink)?;
        }
        Ok(Ranks {
            base: self.base.first(),
            pages: self.pages,
        })
    }
}
