//! From the keys of all batches to ids: one pass over their merge, in key order.
//!
//! A key that the store knows keeps its id. The others get the next ordinals and become a sorted segment, so that
//! the ids of a load are in the order of its terms (definition 5); IRIs with a learned prefix are encoded and blank
//! nodes get the next numbers.

use super::batch::{KeyCursor, Sealed};
use super::distinct::Distinct;
use super::terms::is_blank;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::kv::{PageFile, Spool, SpoolReader};
use crate::term::{Id, IriPrefixes, PrefixLearner, Tag};
use crate::vocab::{self, SegmentBuilder, SegmentKind, SegmentMeta, SegmentOptions, Vocabulary};
use hashbrown::HashMap;
use std::sync::Arc;

/// Keys resolved at a time.
const CHUNK_KEYS: usize = 4096;
/// Ids of a batch that are written to the spool together.
const CHUNK_IDS: usize = 1024;
/// Batches and keys of each that prefixes are learned from, and the memory that takes.
const SAMPLE_BATCHES: usize = 2;
const SAMPLE_KEYS: usize = 1 << 16;
const LEARNER_BYTES: usize = 16 << 20;
/// A prefix is learned if at least one of so many IRIs of the sample has it, and not fewer than this. The ids of a
/// prefix lie far from those of another and from ordinals, so columns that mix them pack badly: LUBM with 2,900
/// prefixes takes twice the space of LUBM with none. One that is everywhere is worth it.
const PREFIX_SHARE: usize = 4;
const PREFIX_IRIS_MIN: usize = 1024;

/// The ids of the blank nodes of earlier parts of the same load.
pub(super) type BlankIds = HashMap<Box<[u8]>, Id>;

/// Ids of the keys of one batch, in the order of the keys.
pub(super) enum IdColumn {
    Memory(Vec<Id>),
    /// What is not yet in the spool of ids, and where the chunks before lie.
    Spooled {
        last: Vec<Id>,
        chunks: Vec<u64>,
    },
}

impl IdColumn {
    fn push(&mut self, id: Id, spool: &mut Option<Spool>) -> Result<()> {
        match (self, spool) {
            (IdColumn::Spooled { last, chunks }, Some(spool)) => {
                last.push(id);
                if last.len() == CHUNK_IDS {
                    chunks.push(spool.end());
                    let bytes: Vec<u8> =
                        last.iter().flat_map(|id| id.raw().to_le_bytes()).collect();
                    spool.append(&bytes)?;
                    last.clear();
                }
            }
            (IdColumn::Memory(ids) | IdColumn::Spooled { last: ids, .. }, _) => ids.push(id),
        }
        Ok(())
    }

    /// All ids. Errors: `Io`.
    pub fn read(self, spool: &Option<Spool>) -> Result<Vec<Id>> {
        match (self, spool) {
            (IdColumn::Memory(ids), _) => Ok(ids),
            (IdColumn::Spooled { last, .. }, None) => Ok(last),
            (IdColumn::Spooled { last, chunks }, Some(spool)) => {
                let mut ids = Vec::with_capacity(chunks.len() * CHUNK_IDS + last.len());
                for start in chunks {
                    let mut reader = SpoolReader::new(spool, start..start + 8 * CHUNK_IDS as u64);
                    while !reader.is_empty() {
                        ids.push(Id::from_raw(reader.u64()?));
                    }
                }
                ids.extend(last);
                Ok(ids)
            }
        }
    }
}

/// What became of the keys.
pub(super) struct Resolved {
    /// One column for each batch.
    pub ids: Vec<IdColumn>,
    /// Where the spooled ones lie.
    pub id_spool: Option<Spool>,
    /// The segment of new terms, if there are any.
    pub segment: Option<SegmentMeta>,
    pub next_number: u64,
}

/// Where new terms go.
pub(super) struct Target<'t, 'k> {
    pub vocabulary: &'t Vocabulary,
    pub prefixes: &'t IriPrefixes,
    pub first_ordinal: u64,
    pub next_number: u64,
    pub key_bytes_max: usize,
    pub filter_bytes_max: usize,
    pub press_threads: usize,
    pub file: &'t mut PageFile<'k>,
}

/// Gives every key of every batch its id. `blanks` are nodes known from earlier parts of the load; new ones are
/// added if it `is_continued`. Errors: those of reading and writing, `Cancelled`, `QueryTimeout`,
/// `ResourceExhausted`.
pub(super) fn resolve(
    batches: &[Sealed],
    spools: &[Spool],
    id_spool: Option<Spool>,
    target: Target<'_, '_>,
    blanks: &mut BlankIds,
    is_continued: bool,
    control: &Control,
) -> Result<Resolved> {
    let mut distinct = Distinct::new();
    batches
        .iter()
        .for_each(|batch| batch.count_in(&mut distinct));
    let count = distinct.count();
    // Three standard errors of the count more.
    let keys_max = count + count / 20;
    let mut options = SegmentOptions::new(SegmentKind::Sorted, target.first_ordinal, keys_max);
    options.key_bytes_max = target.key_bytes_max;
    options.press_threads = target.press_threads;
    options.filter_bytes_max = options.filter_bytes_max.min(target.filter_bytes_max);
    let base = target.vocabulary.segments().first();
    options.rank_base = base
        .filter(|segment| segment.kind() == SegmentKind::Sorted && segment.damage().is_none())
        .cloned();
    let mut resolver = Resolver {
        vocabulary: target.vocabulary,
        prefixes: target.prefixes,
        next_number: target.next_number,
        first_ordinal: target.first_ordinal,
        builder: SegmentBuilder::new(options, target.file, control)?,
        blanks,
        is_continued,
        control,
        chunk: Chunk::default(),
        chunk_ids: Vec::new(),
        ids: batches
            .iter()
            .map(|batch| match batch {
                Sealed::Memory(batch) => IdColumn::Memory(Vec::with_capacity(batch.order.len())),
                Sealed::Spooled(_) => IdColumn::Spooled {
                    last: Vec::new(),
                    chunks: Vec::new(),
                },
            })
            .collect(),
        id_spool,
    };
    let mut merge = KeyMerge::new(batches, spools)?;
    while let Some((batch, key)) = merge.head() {
        if !resolver.chunk.is_last(key) {
            if resolver.chunk.ends.len() == CHUNK_KEYS {
                resolver.end_chunk()?;
            }
            resolver.chunk.push(key);
        }
        resolver.chunk.add_owner(batch);
        merge.advance()?;
    }
    resolver.end_chunk()?;
    if let Some(spool) = &mut resolver.id_spool {
        spool.flush()?;
    }
    let has_new_terms = resolver.builder.next_ordinal() > resolver.first_ordinal;
    let segment = match has_new_terms {
        true => Some(resolver.builder.finish()?),
        false => None,
    };
    Ok(Resolved {
        ids: resolver.ids,
        id_spool: resolver.id_spool,
        segment,
        next_number: resolver.next_number,
    })
}

/// Distinct keys, and which batches have them.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Key and batch, in the order of the keys.
    owners: Vec<(u32, u32)>,
}

impl Chunk {
    fn is_last(&self, key: &[u8]) -> bool {
        match self.ends[..] {
            [] => false,
            [end] => self.bytes[..end] == *key,
            [.., start, end] => self.bytes[start..end] == *key,
        }
    }

    fn push(&mut self, key: &[u8]) {
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
    }

    fn add_owner(&mut self, batch: usize) {
        self.owners.push((self.ends.len() as u32 - 1, batch as u32));
    }
}

struct Resolver<'r> {
    vocabulary: &'r Vocabulary,
    prefixes: &'r IriPrefixes,
    next_number: u64,
    first_ordinal: u64,
    builder: SegmentBuilder<'r>,
    blanks: &'r mut BlankIds,
    is_continued: bool,
    control: &'r Control,
    chunk: Chunk,
    chunk_ids: Vec<Id>,
    ids: Vec<IdColumn>,
    id_spool: Option<Spool>,
}

impl Resolver<'_> {
    /// Gives the keys of the chunk their ids, and the ids to the batches.
    fn end_chunk(&mut self) -> Result<()> {
        self.control.poll()?;
        let chunk = std::mem::take(&mut self.chunk);
        let mut start = 0;
        let keys: Vec<&[u8]> = chunk
            .ends
            .iter()
            .map(|&end| &chunk.bytes[std::mem::replace(&mut start, end)..end])
            .collect();
        self.chunk_ids.clear();
        self.chunk_ids.resize(keys.len(), Id::UNBOUND);
        let mut open = Vec::with_capacity(keys.len());
        for (at, key) in keys.iter().enumerate() {
            match self.id_without_dictionary(key) {
                Some(id) => self.chunk_ids[at] = id,
                None => open.push(at as u32),
            }
        }
        self.find(&keys, &mut open)?;
        for at in open {
            let key = keys[at as usize];
            let ordinal = self.builder.push(key)?;
            self.chunk_ids[at as usize] = Id::new(tag_of(key)?, ordinal);
        }
        for &(key, batch) in &chunk.owners {
            self.ids[batch as usize].push(self.chunk_ids[key as usize], &mut self.id_spool)?;
        }
        self.chunk = Chunk {
            bytes: cleared(chunk.bytes),
            ends: cleared(chunk.ends),
            owners: cleared(chunk.owners),
        };
        Ok(())
    }

    /// The id of a blank node or encoded IRI.
    fn id_without_dictionary(&mut self, key: &[u8]) -> Option<Id> {
        if is_blank(key) {
            if let Some(&id) = self.blanks.get(key) {
                return Some(id);
            }
            let id = Id::new(Tag::Blank, self.next_number);
            self.next_number += 1;
            if self.is_continued {
                self.blanks.insert(key.into(), id);
            }
            return Some(id);
        }
        let (&tag, iri) = key.split_first()?;
        if tag != Tag::IriDictionary.byte() || !iri.last().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let payload = self.prefixes.encode(std::str::from_utf8(iri).ok()?)?;
        Some(Id::new(Tag::IriEncoded, payload))
    }

    /// Looks up the `open` keys in the store's dictionary; those that are not there stay open.
    fn find(&mut self, keys: &[&[u8]], open: &mut Vec<u32>) -> Result<()> {
        let segments = self.vocabulary.segments();
        if segments.is_empty() {
            return Ok(());
        }
        let hashes: Vec<u64> = keys.iter().map(|key| vocab::hash(key)).collect();
        let ids = &mut self.chunk_ids;
        for segment in segments.iter().rev() {
            segment.find_many(keys, &hashes, open, self.control, |at, ordinal| {
                let tag = keys[at as usize]
                    .first()
                    .and_then(|&byte| Tag::from_byte(byte));
                ids[at as usize] = tag.map_or(Id::UNBOUND, |tag| Id::new(tag, ordinal));
            })?;
            open.retain(|&at| ids[at as usize].is_unbound());
        }
        Ok(())
    }
}

fn cleared<T>(mut values: Vec<T>) -> Vec<T> {
    values.clear();
    values
}

fn tag_of(key: &[u8]) -> Result<Tag> {
    key.first()
        .and_then(|&byte| Tag::from_byte(byte))
        .ok_or_else(|| Error::new(Code::Internal, "a key of a load has no class"))
}

/// The keys of several batches as one ascending stream, equal ones once for each batch.
struct KeyMerge<'b> {
    cursors: Vec<KeyCursor<'b>>,
    /// Batches with keys left, as a heap with the smallest key on top.
    heap: Vec<usize>,
}

impl<'b> KeyMerge<'b> {
    fn new(batches: &'b [Sealed], spools: &'b [Spool]) -> Result<Self> {
        let mut merge = Self {
            cursors: Vec::new(),
            heap: Vec::new(),
        };
        for (index, batch) in batches.iter().enumerate() {
            let mut cursor = KeyCursor::new(batch, spools, batches.len());
            if cursor.advance()? {
                merge.heap.push(index);
            }
            merge.cursors.push(cursor);
        }
        for at in (0..merge.heap.len() / 2).rev() {
            merge.sift_down(at);
        }
        Ok(merge)
    }

    /// The smallest key and a batch that has it.
    fn head(&self) -> Option<(usize, &[u8])> {
        let &batch = self.heap.first()?;
        Some((batch, self.cursors[batch].key()))
    }

    fn advance(&mut self) -> Result<()> {
        if let Some(&batch) = self.heap.first() {
            if !self.cursors[batch].advance()? {
                self.heap.swap_remove(0);
            }
            self.sift_down(0);
        }
        Ok(())
    }

    fn key(&self, at: usize) -> &[u8] {
        self.cursors[self.heap[at]].key()
    }

    fn sift_down(&mut self, mut at: usize) {
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len() && self.key(child) < self.key(least) {
                    least = child;
                }
            }
            if least == at {
                return;
            }
            self.heap.swap(at, least);
            at = least;
        }
    }
}

/// The prefixes that IRIs are encoded with from this load on, if it may learn some: a load into a dictionary
/// without terms has shown by that alone that no dictionary IRI has them (definition 7).
pub(super) fn learn_prefixes(
    batches: &[Sealed],
    spools: &[Spool],
    vocabulary: &Vocabulary,
) -> Result<Option<Arc<IriPrefixes>>> {
    if !vocabulary.segments().is_empty()
        || !vocabulary.prefixes().is_empty()
        || !vocabulary.newest_tail().is_empty()
    {
        return Ok(None);
    }
    let mut learner = PrefixLearner::new(LEARNER_BYTES);
    let mut iris = 0;
    for batch in batches.iter().take(SAMPLE_BATCHES) {
        let mut cursor = KeyCursor::new(batch, spools, 1);
        let step = batch.keys() / SAMPLE_KEYS + 1;
        let mut at = 0usize;
        while cursor.advance()? {
            at += 1;
            if at.is_multiple_of(step)
                && let Some((&tag, iri)) = cursor.key().split_first()
                && tag == Tag::IriDictionary.byte()
                && let Ok(iri) = std::str::from_utf8(iri)
            {
                learner.add(iri);
                iris += 1;
            }
        }
    }
    let distinct_min = PREFIX_IRIS_MIN.max(iris / PREFIX_SHARE);
    let mut proposed = learner.propose(distinct_min, PREFIX_SHARE);
    if proposed.is_empty() {
        return Ok(None);
    }
    // In their order, so that ids of neighbours in the alphabet are neighbours.
    proposed.sort_unstable();
    let mut prefixes = IriPrefixes::new();
    for prefix in proposed {
        prefixes.add(prefix)?;
    }
    Ok(Some(Arc::new(prefixes)))
}

#[cfg(test)]
mod tests {
    use super::super::batch::Batch;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    proptest! {
        #[test]
        fn merged_keys_ascend_and_come_from_every_batch_that_has_them(
            batches in prop::collection::vec(prop::collection::btree_set("[ab]{0,4}", 0..20), 0..7),
        ) {
            let mut model: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
            let mut sealed = Vec::new();
            for (index, keys) in batches.iter().enumerate() {
                let mut batch = Batch::default();
                for key in keys.iter().rev() {
                    batch.terms.intern(key.as_bytes(), || Ok::<_, Infallible>(())).unwrap();
                    model.entry(key.as_bytes().to_vec()).or_default().push(index);
                }
                sealed.push(batch.seal());
            }
            let mut merge = KeyMerge::new(&sealed, &[]).unwrap();
            let mut merged: Vec<(Vec<u8>, usize)> = Vec::new();
            while let Some((batch, key)) = merge.head() {
                merged.push((key.to_vec(), batch));
                merge.advance().unwrap();
            }
            prop_assert!(merged.is_sorted_by_key(|(key, _)| key.clone()));
            merged.sort();
            let expected: Vec<(Vec<u8>, usize)> = model
                .into_iter()
                .flat_map(|(key, batches)| batches.into_iter().map(move |b| (key.clone(), b)))
                .collect();
            prop_assert_eq!(merged, expected);
        }
    }
}
