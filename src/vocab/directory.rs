//! What of a segment is in memory: where its pages are, what they start with, which keys are large, and
//! the membership filter. Written as one byte string, read when the segment is opened.

use super::filter::Filter;
use super::wire::{Reader, write_ascending, write_varint};

const META_VERSION: u8 = 1;
const DIRECTORY_VERSION: u8 = 1;
/// Ranks of this many ordinals share a page.
pub(super) const RANKS_PER_PAGE: u64 = 4096;

/// How the keys of a segment are ordered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SegmentKind {
    /// Ascending, so that ordinals compare as keys do; from a bulk load or a rebuild.
    Sorted,
    /// As they came, with a hash index; from the memory tail.
    Arrival,
}

/// What the root record holds of a segment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SegmentMeta {
    pub kind: SegmentKind,
    /// The ordinal of the first key.
    pub first: u64,
    /// How many ordinals, absent ones included.
    pub count: u64,
    /// The lowest and highest id of its pages.
    pub page_range: (u64, u64),
    /// Bytes of all its pages.
    pub stored_bytes: u64,
    /// Bytes of all its keys.
    pub key_bytes: u64,
    /// The pages that hold the directory.
    pub(super) directory: Vec<u64>,
}

impl SegmentMeta {
    /// One past its last ordinal.
    pub fn end(&self) -> u64 {
        self.first + self.count
    }

    /// Appends the record; `docs/format.md` has the layout.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(META_VERSION);
        out.push(match self.kind {
            SegmentKind::Sorted => 0,
            SegmentKind::Arrival => 1,
        });
        for number in [
            self.first,
            self.count,
            self.page_range.0,
            self.page_range.1,
            self.stored_bytes,
            self.key_bytes,
        ] {
            write_varint(number, out);
        }
        write_ascending(&self.directory, out);
    }

    /// The record at the start of `bytes` and what follows it; `None` if it is damaged.
    pub fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let mut from = Reader::new(bytes);
        if from.byte()? != META_VERSION {
            return None;
        }
        let kind = match from.byte()? {
            0 => SegmentKind::Sorted,
            1 => SegmentKind::Arrival,
            _ => return None,
        };
        let meta = Self {
            kind,
            first: from.varint()?,
            count: from.varint()?,
            page_range: (from.varint()?, from.varint()?),
            stored_bytes: from.varint()?,
            key_bytes: from.varint()?,
            directory: from.ascending()?,
        };
        meta.first.checked_add(meta.count)?;
        Some((meta, from.rest()))
    }
}

/// A key of more than [`LARGE_KEY_BYTES`](super::LARGE_KEY_BYTES), kept in pieces.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Large {
    pub offset: u64,
    pub length: u64,
    pub hash: u64,
    pub pieces: Vec<u64>,
}

/// Where the ranks of a segment's keys in its base segment are.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Ranks {
    /// The first ordinal of the base segment.
    pub base: u64,
    /// Each has [`RANKS_PER_PAGE`] ranks, the last one what is left.
    pub pages: Vec<u64>,
}

/// The shortest keys that part each page from the one before it, ascending. The first is empty.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Separators {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Separators {
    /// False if there is no room for another.
    pub(super) fn push(&mut self, separator: &[u8]) -> bool {
        let Ok(end) = u32::try_from(self.bytes.len() + separator.len()) else {
            return false;
        };
        self.bytes.extend_from_slice(separator);
        self.ends.push(end);
        true
    }

    #[inline]
    fn get(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..self.ends[index] as usize]
    }

    /// The page whose keys are around `key`, at or after page `from`.
    #[inline]
    pub(super) fn page_of(&self, key: &[u8], from: usize) -> usize {
        // Sorted batches mostly stay on a page or move on to the next: widen the step first.
        let (mut low, mut high, mut step) = (from, from + 1, 1);
        while high < self.ends.len() && self.get(high) <= key {
            low = high;
            high += step;
            step *= 2;
        }
        high = high.min(self.ends.len());
        while low + 1 < high {
            let middle = low.midpoint(high);
            if self.get(middle) <= key {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The first of `keys` that belongs to a page after `page`.
    pub(super) fn keys_of(&self, page: usize, keys: &[&[u8]]) -> usize {
        match page + 1 < self.ends.len() {
            true => {
                let next = self.get(page + 1);
                keys.partition_point(|key| *key < next)
            }
            false => keys.len(),
        }
    }

    fn heap_bytes(&self) -> usize {
        self.bytes.len() + self.ends.len() * 4
    }
}

#[derive(Debug, Eq, PartialEq)]
pub(super) struct Directory {
    /// Ids of the key pages.
    pub pages: Vec<u64>,
    /// The offset each page starts with.
    pub starts: Vec<u64>,
    /// For sorted segments.
    pub separators: Separators,
    /// For sorted segments: the first offset of each tag that occurs.
    pub tags: Vec<(u8, u64)>,
    /// For arrival-order segments.
    pub hash_pages: Vec<u64>,
    pub ranks: Option<Ranks>,
    /// Ascending by offset.
    pub large: Vec<Large>,
    pub filter: Filter,
}

impl Directory {
    /// What it holds in memory.
    pub(super) fn heap_bytes(&self) -> usize {
        let rank_pages = self.ranks.as_ref().map_or(0, |ranks| ranks.pages.len());
        let pieces: usize = self.large.iter().map(|large| large.pieces.len()).sum();
        (2 * self.pages.len() + self.hash_pages.len() + rank_pages + pieces) * 8
            + self.separators.heap_bytes()
            + self.large.len() * (size_of::<Large>() + size_of::<u32>())
            + self.filter.bytes()
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.push(DIRECTORY_VERSION);
        write_ascending(&self.pages, out);
        write_ascending(&self.starts, out);
        write_varint(self.separators.ends.len() as u64, out);
        for index in 0..self.separators.ends.len() {
            let separator = self.separators.get(index);
            write_varint(separator.len() as u64, out);
            out.extend_from_slice(separator);
        }
        write_varint(self.tags.len() as u64, out);
        for &(tag, offset) in &self.tags {
            out.push(tag);
            write_varint(offset, out);
        }
        write_ascending(&self.hash_pages, out);
        match &self.ranks {
            None => out.push(0),
            Some(ranks) => {
                out.push(1);
                write_varint(ranks.base, out);
                write_ascending(&ranks.pages, out);
            }
        }
        write_varint(self.large.len() as u64, out);
        for large in &self.large {
            write_varint(large.offset, out);
            write_varint(large.length, out);
            out.extend_from_slice(&large.hash.to_le_bytes());
            write_ascending(&large.pieces, out);
        }
        self.filter.write(out);
    }

    /// The directory of the segment `meta` describes; `None` if it is damaged.
    pub(super) fn read(bytes: &[u8], meta: &SegmentMeta) -> Option<Self> {
        let from = &mut Reader::new(bytes);
        if from.byte()? != DIRECTORY_VERSION {
            return None;
        }
        let pages = from.ascending()?;
        let starts = from.ascending()?;
        let mut separators = Separators::default();
        for _ in 0..from.count()? {
            let length = from.count()?;
            if !separators.push(from.bytes(length)?) {
                return None;
            }
        }
        let tags = (0..from.count()?)
            .map(|_| Some((from.byte()?, from.varint()?)))
            .collect::<Option<Vec<_>>>()?;
        let hash_pages = from.ascending()?;
        let ranks = match from.byte()? {
            0 => None,
            1 => Some(Ranks {
                base: from.varint()?,
                pages: from.ascending()?,
            }),
            _ => return None,
        };
        let large = (0..from.count()?)
            .map(|_| {
                Some(Large {
                    offset: from.varint()?,
                    length: from.varint()?,
                    hash: from.word()?,
                    pieces: from.ascending()?,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        let directory = Self {
            pages,
            starts,
            separators,
            tags,
            hash_pages,
            ranks,
            large,
            filter: Filter::read(from)?,
        };
        (from.is_empty() && directory.is_sound(meta)).then_some(directory)
    }

    fn is_sound(&self, meta: &SegmentMeta) -> bool {
        let pages = self.pages.len();
        let by_kind = match meta.kind {
            SegmentKind::Sorted => self.separators.ends.len() == pages,
            SegmentKind::Arrival => meta.count <= u64::from(u32::MAX),
        };
        let rank_pages = self.ranks.as_ref().map(|ranks| ranks.pages.len() as u64);
        by_kind
            && self.starts.len() == pages
            && (pages == 0) == (meta.count == 0)
            && self.starts.first().is_none_or(|&start| start == 0)
            && self.starts.last().is_none_or(|&start| start < meta.count)
            && rank_pages.is_none_or(|n| n == meta.count.div_ceil(RANKS_PER_PAGE))
            && self.tags.is_sorted_by(|a, b| a < b && a.1 <= b.1)
            && self.tags.iter().all(|&(_, offset)| offset <= meta.count)
            && self.large.is_sorted_by(|a, b| a.offset < b.offset)
            && self
                .large
                .last()
                .is_none_or(|last| last.offset < meta.count)
    }

    /// The page that holds an offset, at or after page `from`, which must not be behind it.
    #[inline]
    pub(super) fn page_of(&self, offset: u64, from: usize) -> usize {
        let (mut low, mut step) = (from, 1);
        while low + step < self.starts.len() && self.starts[low + step] <= offset {
            low += step;
            step *= 2;
        }
        let high = (low + step).min(self.starts.len());
        low + self.starts[low..high].partition_point(|&start| start <= offset) - 1
    }

    /// One past the last offset of a page.
    #[inline]
    pub(super) fn page_end(&self, page: usize, meta: &SegmentMeta) -> u64 {
        self.starts.get(page + 1).copied().unwrap_or(meta.count)
    }

    /// The large key at an offset, if there is one.
    #[inline]
    pub(super) fn large_at(&self, offset: u64) -> Option<&Large> {
        if self.large.is_empty() {
            return None;
        }
        let index = self
            .large
            .binary_search_by_key(&offset, |l| l.offset)
            .ok()?;
        Some(&self.large[index])
    }
}
