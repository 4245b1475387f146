//! The distinct terms of one batch, numbered as they come.
//!
//! A term with text is known by its dictionary key; a blank node by a key of its own, made of its document and
//! label, so that it is merged like the others. A term with an inline id is known by that id, a triple term by the
//! numbers of its parts. IRIs always have keys: which prefixes are encoded is decided when the batches are merged.

use super::distinct::Distinct;
use super::keys::sort_keys;
use crate::term::{Id, Tag};
use crate::vocab;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Bytes of a chunk of keys; a longer key has a chunk of its own.
const CHUNK_BYTES: usize = 256 << 10;

/// The number of a term within its batch. The upper two bits say of what kind it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Local(u32);

/// What a [`Local`] number counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Key(u32),
    Inline(u32),
    Triple(u32),
    /// No term: the default graph.
    None,
}

/// The most terms of one kind in a batch.
pub(super) const TERMS_MAX: usize = 1 << 30;

impl Local {
    pub const DEFAULT_GRAPH: Local = Local(u32::MAX);

    pub fn new(kind: Kind) -> Self {
        match kind {
            Kind::Key(number) => Self(number),
            Kind::Inline(number) => Self(number | 1 << 30),
            Kind::Triple(number) => Self(number | 2 << 30),
            Kind::None => Self::DEFAULT_GRAPH,
        }
    }

    #[inline]
    pub fn kind(self) -> Kind {
        let number = self.0 & 0x3FFF_FFFF;
        match self.0 >> 30 {
            0 => Kind::Key(number),
            1 => Kind::Inline(number),
            2 => Kind::Triple(number),
            _ => Kind::None,
        }
    }

    pub fn bits(self) -> u32 {
        self.0
    }

    pub fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

/// The terms of a batch.
#[derive(Default)]
pub(super) struct Terms {
    chunks: Vec<Vec<u8>>,
    places: Vec<Place>,
    /// The upper half of the hash, and the number.
    by_key: HashTable<(u32, u32)>,
    pub inline: Vec<Id>,
    by_id: HashTable<u32>,
    /// Parts have smaller numbers than the triple terms they are in.
    pub triples: Vec<[Local; 3]>,
    by_parts: HashTable<u32>,
    heap_bytes: usize,
}

#[derive(Clone, Copy)]
struct Place {
    chunk: u32,
    offset: u32,
    length: u32,
}

/// Spreads 32 bits over the 64 that a table uses.
#[inline]
fn spread(half: u32) -> u64 {
    u64::from(half).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[inline]
fn hash_id(id: Id) -> u64 {
    (id.raw() ^ id.raw() >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[inline]
fn hash_parts(parts: [Local; 3]) -> u64 {
    parts
        .iter()
        .fold(0, |hash, part| (hash ^ spread(part.0)).rotate_left(23))
}

impl Terms {
    pub fn keys(&self) -> usize {
        self.places.len()
    }

    pub fn is_full(&self) -> bool {
        [self.places.len(), self.inline.len(), self.triples.len()]
            .into_iter()
            .any(|terms| terms >= TERMS_MAX - 1)
    }

    /// Bytes held, chunks by what they can hold.
    pub fn heap_bytes(&self) -> usize {
        let tables =
            self.by_key.capacity() * 9 + (self.by_id.capacity() + self.by_parts.capacity()) * 5;
        let arrays = self.places.capacity() * size_of::<Place>()
            + self.inline.capacity() * size_of::<Id>()
            + self.triples.capacity() * size_of::<[Local; 3]>();
        self.heap_bytes + tables + arrays
    }

    #[inline]
    pub fn key(&self, number: u32) -> &[u8] {
        let place = self.places[number as usize];
        let from = place.offset as usize;
        &self.chunks[place.chunk as usize][from..from + place.length as usize]
    }

    /// The term with a key, which is added if it is new; `check` may refuse a new one.
    #[inline]
    pub fn intern<E>(
        &mut self,
        key: &[u8],
        check: impl FnOnce() -> Result<(), E>,
    ) -> Result<Local, E> {
        let half = (vocab::hash(key) >> 32) as u32;
        let found = self.by_key.find(spread(half), |&(other, number)| {
            other == half && {
                let place = self.places[number as usize];
                let from = place.offset as usize;
                place.length as usize == key.len()
                    && self.chunks[place.chunk as usize][from..from + key.len()] == *key
            }
        });
        if let Some(&(_, number)) = found {
            return Ok(Local(number));
        }
        check()?;
        let number = self.places.len() as u32;
        self.append(key);
        self.by_key
            .insert_unique(spread(half), (half, number), |&(half, _)| spread(half));
        Ok(Local(number))
    }

    fn append(&mut self, key: &[u8]) {
        let full = self
            .chunks
            .last()
            .is_none_or(|chunk| chunk.capacity() - chunk.len() < key.len());
        if full {
            let bytes = key.len().max(CHUNK_BYTES);
            self.heap_bytes += bytes;
            self.chunks.push(Vec::with_capacity(bytes));
        }
        let index = self.chunks.len() - 1;
        let chunk = &mut self.chunks[index];
        self.places.push(Place {
            chunk: index as u32,
            offset: chunk.len() as u32,
            length: key.len() as u32,
        });
        chunk.extend_from_slice(key);
    }

    /// The term with an inline id.
    #[inline]
    pub fn inline(&mut self, id: Id) -> Local {
        let ids = &self.inline;
        let entry = self.by_id.entry(
            hash_id(id),
            |&number| ids[number as usize] == id,
            |&number| hash_id(ids[number as usize]),
        );
        let number = match entry {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let number = ids.len() as u32;
                entry.insert(number);
                self.inline.push(id);
                number
            }
        };
        Local::new(Kind::Inline(number))
    }

    /// The triple term with these parts.
    pub fn triple(&mut self, parts: [Local; 3]) -> Local {
        let triples = &self.triples;
        let entry = self.by_parts.entry(
            hash_parts(parts),
            |&number| triples[number as usize] == parts,
            |&number| hash_parts(triples[number as usize]),
        );
        let number = match entry {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let number = triples.len() as u32;
                entry.insert(number);
                self.triples.push(parts);
                number
            }
        };
        Local::new(Kind::Triple(number))
    }

    /// Adds the keys to those that are counted.
    pub fn count_in(&self, distinct: &mut Distinct) {
        self.by_key
            .iter()
            .for_each(|&(half, _)| distinct.insert(half));
    }

    /// The numbers of the keys in the order of the keys.
    pub fn sorted(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..self.places.len() as u32).collect();
        sort_keys(&mut numbers, |number| self.key(number));
        numbers
    }
}

/// Makes the key of a blank node of a document: blank nodes are equal if document and label are.
pub(super) fn blank_key(document: u32, label: &str, key: &mut Vec<u8>) {
    key.clear();
    key.push(Tag::Blank.byte());
    key.extend_from_slice(&document.to_be_bytes());
    key.extend_from_slice(label.as_bytes());
}

/// Whether a key stands for a blank node.
#[inline]
pub(super) fn is_blank(key: &[u8]) -> bool {
    key.first() == Some(&Tag::Blank.byte())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    proptest! {
        #[test]
        fn equal_keys_and_only_they_have_equal_numbers(keys in prop::collection::vec("[ab]{0,9}", 0..300)) {
            let mut terms = Terms::default();
            let mut model = BTreeMap::new();
            for key in &keys {
                let fresh = model.len() as u32;
                let expected = *model.entry(key.as_bytes()).or_insert(fresh);
                let number = terms.intern(key.as_bytes(), || Ok::<_, Infallible>(())).unwrap();
                prop_assert_eq!(number.kind(), Kind::Key(expected));
                prop_assert_eq!(terms.key(expected), key.as_bytes());
            }
            let sorted: Vec<u32> = model.values().copied().collect();
            prop_assert_eq!(terms.sorted(), sorted);
        }

        #[test]
        fn inline_ids_and_triples_have_one_number_each(ids in prop::collection::vec(0u64..50, 1..200)) {
            let mut terms = Terms::default();
            for (at, &id) in ids.iter().enumerate() {
                let id = Id::new(Tag::Integer, id << 20);
                let local = terms.inline(id);
                let Kind::Inline(number) = local.kind() else { panic!("not inline") };
                prop_assert_eq!(terms.inline[number as usize], id);
                let parts = [local, terms.inline(Id::new(Tag::Integer, 7)), Local::DEFAULT_GRAPH];
                let Kind::Triple(number) = terms.triple(parts).kind() else { panic!("no triple") };
                prop_assert_eq!(terms.triples[number as usize], parts);
                prop_assert!(terms.triples.len() <= at + 1);
            }
            let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
            prop_assert_eq!(terms.triples.len(), distinct.len());
        }
    }

    #[test]
    fn a_refused_key_is_not_kept() {
        let mut terms = Terms::default();
        assert_eq!(terms.intern(b"bad", || Err(7)).unwrap_err(), 7);
        assert_eq!(terms.intern(b"bad", || Err(8)).unwrap_err(), 8);
        assert_eq!(terms.keys(), 0);
    }
}
