//! The dictionary of one version: segments, tails and learned prefixes, seen up to a watermark.

use super::directory::SegmentKind;
use super::hash;
use super::key::{dictionary_key, parse_key};
use super::pages::{PageSink, PageStore};
use super::segment::{Segment, SegmentScratch};
use super::tail::Tail;
use crate::control::{Budget, Control};
use crate::error::{Code, Error, Result};
use crate::kv::{Kv, PageFile, PageId};
use crate::term::{Id, IriPrefixes, Tag, TermBuf, TermRef, decode_inline, inline};
use std::ops::Range;
use std::sync::Arc;

/// Segments and tails in order of their ordinals; the last tail takes new terms. Cheap to clone.
#[derive(Clone)]
pub struct Vocabulary {
    segments: Arc<[Arc<Segment>]>,
    tails: Arc<[Arc<Tail>]>,
    prefixes: Arc<IriPrefixes>,
}

/// Memory that batch look-ups reuse.
#[derive(Default)]
pub struct VocabularyScratch {
    segment: SegmentScratch,
    ordinals: Vec<u64>,
    key: Vec<u8>,
    term: TermBuf,
}

impl Vocabulary {
    /// Whether one sorted segment has all ordinals from `first` to `last`.
    pub fn is_sorted(&self, first: u64, last: u64) -> bool {
        self.segments.iter().any(|segment| {
            segment.kind() == SegmentKind::Sorted
                && segment.first() <= first
                && last < segment.end()
        })
    }

    /// `tail` begins where the last segment ends. Errors: `Internal` if it does not.
    pub fn new(
        segments: Vec<Arc<Segment>>,
        tail: Arc<Tail>,
        prefixes: Arc<IriPrefixes>,
    ) -> Result<Self> {
        let mut next = segments
            .first()
            .map_or(tail.first(), |segment| segment.first());
        for (first, end) in segments
            .iter()
            .map(|segment| (segment.first(), segment.end()))
            .chain([(tail.first(), tail.end())])
        {
            if first != next {
                return Err(Error::new(
                    Code::Corruption,
                    "the ordinals of the dictionary have a gap",
                ));
            }
            next = end;
        }
        Ok(Self {
            segments: segments.into(),
            tails: [tail].into(),
            prefixes,
        })
    }

    pub fn segments(&self) -> &[Arc<Segment>] {
        &self.segments
    }

    pub fn prefixes(&self) -> &Arc<IriPrefixes> {
        &self.prefixes
    }

    /// The tail that takes new terms.
    pub fn newest_tail(&self) -> &Arc<Tail> {
        // There is always one: every constructor leaves one.
        &self.tails[self.tails.len() - 1]
    }

    /// Bytes of the tails that hold terms.
    pub fn tail_bytes(&self) -> usize {
        let filled = self.tails.iter().filter(|tail| !tail.is_empty());
        filled.map(|tail| tail.bytes()).sum()
    }

    /// Freezes the tails up to ordinal `end`: new terms go to a new one, which begins there. A tail without terms
    /// below it goes. Errors: `ResourceExhausted`.
    pub fn with_new_tail(&self, end: u64, max_term_bytes: usize, budget: &Budget) -> Result<Self> {
        let tail = Tail::new(end, max_term_bytes, budget)?;
        let frozen = self.tails.iter().filter(|tail| tail.first() < end);
        let tails = frozen.cloned().chain([Arc::new(tail)]);
        Ok(Self {
            tails: tails.collect(),
            ..self.clone()
        })
    }

    /// Puts segments, in order of their ordinals, in the place of the tails they cover.
    /// Errors: `ResourceExhausted`, `Internal`.
    pub fn with_segments(
        &self,
        added: impl IntoIterator<Item = Arc<Segment>>,
        max_term_bytes: usize,
        budget: &Budget,
    ) -> Result<Self> {
        let segments: Arc<[Arc<Segment>]> = self.segments.iter().cloned().chain(added).collect();
        let end = segments.last().map_or(0, |segment| segment.end());
        let mut tails: Vec<Arc<Tail>> = self
            .tails
            .iter()
            .filter(|tail| tail.first() >= end)
            .cloned()
            .collect();
        if tails.is_empty() {
            tails.push(Arc::new(Tail::new(end, max_term_bytes, budget)?));
        }
        if tails[0].first() != end {
            return Err(Error::new(
                Code::Internal,
                "a segment does not end where a tail begins",
            ));
        }
        Ok(Self {
            segments,
            tails: tails.into(),
            prefixes: self.prefixes.clone(),
        })
    }

    /// Puts a segment in the place of some of the others, whose ordinals it covers.
    pub fn with_rewritten(&self, replaced: Range<usize>, segment: Arc<Segment>) -> Self {
        let mut segments = self.segments.to_vec();
        segments.splice(replaced, [segment]);
        Self {
            segments: segments.into(),
            ..self.clone()
        }
    }

    pub fn with_prefixes(&self, prefixes: Arc<IriPrefixes>) -> Self {
        Self {
            prefixes,
            ..self.clone()
        }
    }

    /// The id of a term, if it is inline or in the dictionary below `watermark`. Triple terms are not in the
    /// dictionary. Errors: `Corruption`, `CorruptBlock`, `Io`.
    pub fn id(&self, term: TermRef<'_>, watermark: u64, key: &mut Vec<u8>) -> Result<Option<Id>> {
        if let Some(id) = inline(term, &self.prefixes) {
            return Ok(Some(id));
        }
        let Some(tag) = dictionary_key(term, key) else {
            return Ok(None);
        };
        let ordinal = self.ordinal(key, hash(key), watermark)?;
        Ok(ordinal.map(|ordinal| Id::new(tag, ordinal)))
    }

    /// The ordinal of a dictionary key below `watermark`. Damage matters only if the key is nowhere else.
    pub fn ordinal(&self, key: &[u8], hash: u64, watermark: u64) -> Result<Option<u64>> {
        for tail in self.tails.iter().rev() {
            if let Some(ordinal) = tail.find(key, hash, watermark) {
                return Ok(Some(ordinal));
            }
        }
        let mut damage = None;
        for segment in self.segments.iter().rev() {
            match segment.find(key, hash) {
                Ok(None) => {}
                Ok(found) => return Ok(found.filter(|&ordinal| ordinal < watermark)),
                Err(error) if error.code() == Code::CorruptBlock => damage = Some(error),
                Err(error) => return Err(error),
            }
        }
        damage.map_or(Ok(None), Err)
    }

    /// Replaces `out` by the term of an id that is not a triple term or local.
    /// Errors: `Corruption` for an id of no term, `CorruptBlock`, `Io`.
    pub fn term(&self, id: Id, key: &mut Vec<u8>, out: &mut TermBuf) -> Result<()> {
        if id.tag() == Some(Tag::Triple) {
            return Err(Error::new(
                Code::Internal,
                "a triple term is not in the dictionary",
            ));
        }
        if !id.is_dictionary() {
            return decode_inline(id, &self.prefixes, out);
        }
        let ordinal = id.payload();
        let found = match self.segment_of(ordinal) {
            Some(index) => self.segments[index].key(ordinal, key)?,
            None => self.tail_key(ordinal, key),
        };
        if !found {
            return Err(unknown(id));
        }
        parse_key(key, out)
    }

    fn segment_of(&self, ordinal: u64) -> Option<usize> {
        let index = self
            .segments
            .partition_point(|segment| segment.end() <= ordinal);
        (index < self.segments.len()).then_some(index)
    }

    fn tail_key(&self, ordinal: u64, key: &mut Vec<u8>) -> bool {
        let tail = self.tails.iter().rev().find(|tail| tail.first() <= ordinal);
        tail.is_some_and(|tail| tail.key(ordinal, key))
    }

    /// Calls `sink` with the position and term of each of `ids`, which ascend without repeats and are neither triple
    /// terms nor local. Each vocabulary page is fetched once.
    /// Errors: as [`Vocabulary::term`], `Cancelled`, `QueryTimeout`, those of `sink`.
    pub fn terms(
        &self,
        ids: &[Id],
        scratch: &mut VocabularyScratch,
        control: &Control,
        sink: &mut dyn FnMut(usize, TermRef<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut next = 0;
        while next < ids.len() {
            let id = ids[next];
            if !id.is_dictionary() {
                decode_inline(id, &self.prefixes, &mut scratch.term)?;
                sink(next, scratch.term.as_ref())?;
                next += 1;
                continue;
            }
            let Some(index) = self.segment_of(id.payload()) else {
                if !self.tail_key(id.payload(), &mut scratch.key) {
                    return Err(unknown(id));
                }
                parse_key(&scratch.key, &mut scratch.term)?;
                sink(next, scratch.term.as_ref())?;
                next += 1;
                continue;
            };
            // Ids of one tag ascend with their ordinals, so those of one segment stand together.
            let segment = &self.segments[index];
            let tag = id.tag();
            scratch.ordinals.clear();
            let same = |other: &&Id| other.tag() == tag && other.payload() < segment.end();
            scratch
                .ordinals
                .extend(ids[next..].iter().take_while(same).map(|id| id.payload()));
            let term = &mut scratch.term;
            let count = scratch.ordinals.len();
            segment.keys(
                &scratch.ordinals,
                &mut scratch.segment,
                control,
                |position, key| {
                    let position = next + position;
                    let key = key.ok_or_else(|| unknown(ids[position]))?;
                    parse_key(key, term)?;
                    sink(position, term.as_ref())
                },
            )?;
            next += count;
        }
        Ok(())
    }
}

#[cold]
fn unknown(id: Id) -> Error {
    Error::new(Code::Corruption, format!("{id:?} is not in the dictionary"))
}

impl PageStore for Kv {
    fn read(&self, page: u64, use_page: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.with_page(PageId(page), use_page)
    }
}

impl PageSink for PageFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<u64> {
        Ok(self.append(bytes)?.0)
    }
}
