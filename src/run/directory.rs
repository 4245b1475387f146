//! The directory of a run: what is known of each block without reading it.

use super::row::{Key, State, States};
use crate::codec::bytes::{Bytes, put_id, put_signed, put_varint};
use crate::error::Result;
use crate::kv::PageId;
use std::ops::{AddAssign, SubAssign};

/// Blocks described by one directory page.
pub const ENTRIES_PER_PAGE: usize = 256;

/// After minus before, per kind of graph and state (definition 16).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    pub default_asserted: i64,
    pub default_inferred: i64,
    pub named_asserted: i64,
    pub named_inferred: i64,
}

impl Counts {
    #[inline]
    pub fn add(&mut self, states: States, named: bool) {
        let asserted = i64::from(states.after() == State::Asserted as u8)
            - i64::from(states.before() == State::Asserted as u8);
        let inferred = i64::from(states.after() == State::Inferred as u8)
            - i64::from(states.before() == State::Inferred as u8);
        if named {
            self.named_asserted += asserted;
            self.named_inferred += inferred;
        } else {
            self.default_asserted += asserted;
            self.default_inferred += inferred;
        }
    }

    /// As [`Counts::add`], for `rows` rows alike.
    pub(super) fn add_rows(&mut self, states: States, named: bool, rows: usize) {
        let mut one = Self::default();
        one.add(states, named);
        let sums = one.to_array().map(|count| count * rows as i64);
        *self += Self::from_array(sums);
    }

    fn to_array(self) -> [i64; 4] {
        [
            self.default_asserted,
            self.default_inferred,
            self.named_asserted,
            self.named_inferred,
        ]
    }

    fn from_array([a, b, c, d]: [i64; 4]) -> Self {
        Self {
            default_asserted: a,
            default_inferred: b,
            named_asserted: c,
            named_inferred: d,
        }
    }

    fn encode(self, out: &mut Vec<u8>) {
        self.to_array()
            .into_iter()
            .for_each(|count| put_signed(out, count));
    }

    fn decode(input: &mut Bytes<'_>) -> Result<Self> {
        let counts = [
            input.signed()?,
            input.signed()?,
            input.signed()?,
            input.signed()?,
        ];
        Ok(Self::from_array(counts))
    }

    /// The counts where inferred rows read as absent.
    pub fn without_inferred(self) -> Self {
        Self {
            default_inferred: 0,
            named_inferred: 0,
            ..self
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.default_asserted += other.default_asserted;
        self.default_inferred += other.default_inferred;
        self.named_asserted += other.named_asserted;
        self.named_inferred += other.named_inferred;
    }
}

impl SubAssign for Counts {
    fn sub_assign(&mut self, other: Self) {
        self.default_asserted -= other.default_asserted;
        self.default_inferred -= other.default_inferred;
        self.named_asserted -= other.named_asserted;
        self.named_inferred -= other.named_inferred;
    }
}

/// One block of a run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BlockEntry {
    pub page: PageId,
    pub rows: u32,
    pub first: Key,
    pub last: Key,
    /// Least and greatest value of each column; those of the first column are in `first` and `last`.
    pub min: Key,
    pub max: Key,
    pub counts: Counts,
}

/// A directory page as it stands in the run's metadata: what it covers and where it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fence {
    pub page: PageId,
    pub blocks: u32,
    pub rows: u64,
    pub first: Key,
    pub last: Key,
    pub counts: Counts,
    /// Where the filter of its keys is stored, if it has one.
    pub filter: Option<PageId>,
}

/// A decoded directory page: entries in key order.
#[derive(Debug)]
pub struct Directory {
    pub entries: Vec<BlockEntry>,
}

const VERSION: u8 = 1;

impl Directory {
    /// Layout: version, entry count, then per field the values of all entries as varints, so that
    /// like stands beside like: page and first key as differences from the entry before.
    pub fn encode(entries: &[BlockEntry], out: &mut Vec<u8>) {
        out.push(VERSION);
        put_varint(out, entries.len() as u64);
        let mut previous_page = 0;
        for entry in entries {
            put_varint(out, entry.page.0.wrapping_sub(previous_page));
            previous_page = entry.page.0;
            put_varint(out, u64::from(entry.rows));
            for column in 0..4 {
                put_id(out, entry.first[column]);
                put_id(out, entry.last[column]);
                if column > 0 {
                    put_id(out, entry.min[column]);
                    put_id(out, entry.max[column]);
                }
            }
            entry.counts.encode(out);
        }
    }

    /// Errors: `Corruption`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut input = Bytes::new("a directory page", bytes);
        if input.byte()? != VERSION {
            return Err(input.corrupt());
        }
        let count = input.count()?;
        let mut entries = Vec::with_capacity(count.min(ENTRIES_PER_PAGE));
        let mut previous_page = 0u64;
        for _ in 0..count {
            previous_page = previous_page.wrapping_add(input.varint()?);
            let rows = input.u32()?;
            let mut entry = BlockEntry {
                page: PageId(previous_page),
                rows,
                first: [0; 4],
                last: [0; 4],
                min: [0; 4],
                max: [0; 4],
                counts: Counts::default(),
            };
            for column in 0..4 {
                entry.first[column] = input.id()?;
                entry.last[column] = input.id()?;
                if column > 0 {
                    entry.min[column] = input.id()?;
                    entry.max[column] = input.id()?;
                } else {
                    entry.min[0] = entry.first[0];
                    entry.max[0] = entry.last[0];
                }
            }
            entry.counts = Counts::decode(&mut input)?;
            entries.push(entry);
        }
        Ok(Self { entries })
    }

    pub fn heap_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<BlockEntry>()
    }
}

impl Fence {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        put_varint(out, self.page.0);
        put_varint(out, u64::from(self.blocks));
        put_varint(out, self.rows);
        for key in [self.first, self.last] {
            key.into_iter().for_each(|value| put_id(out, value));
        }
        self.counts.encode(out);
        // Page 0 is in no extent of a store.
        put_varint(out, self.filter.map_or(0, |page| page.0));
    }

    pub(super) fn decode(input: &mut Bytes<'_>) -> Result<Self> {
        Ok(Self {
            page: PageId(input.varint()?),
            blocks: input.u32()?,
            rows: input.varint()?,
            first: key(input)?,
            last: key(input)?,
            counts: Counts::decode(input)?,
            filter: match input.varint()? {
                0 => None,
                page => Some(PageId(page)),
            },
        })
    }
}

fn key(input: &mut Bytes<'_>) -> Result<Key> {
    Ok([input.id()?, input.id()?, input.id()?, input.id()?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry() -> impl Strategy<Value = BlockEntry> {
        (
            any::<u64>(),
            any::<u32>(),
            any::<[[u64; 4]; 4]>(),
            any::<[i64; 4]>(),
        )
            .prop_map(|(page, rows, [first, last, mut min, mut max], counts)| {
                (min[0], max[0]) = (first[0], last[0]);
                BlockEntry {
                    page: PageId(page),
                    rows,
                    first,
                    last,
                    min,
                    max,
                    counts: Counts::from_array(counts),
                }
            })
    }

    proptest! {
        #[test]
        fn directory_pages_round_trip(entries in proptest::collection::vec(entry(), 0..20)) {
            let mut bytes = Vec::new();
            Directory::encode(&entries, &mut bytes);
            prop_assert_eq!(Directory::decode(&bytes).unwrap().entries, entries);
        }

        #[test]
        fn damaged_directory_pages_never_panic(
            entries in proptest::collection::vec(entry(), 1..4),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
            keep in any::<prop::sample::Index>(),
        ) {
            let mut bytes = Vec::new();
            Directory::encode(&entries, &mut bytes);
            let position = at.index(bytes.len());
            bytes[position] = byte;
            bytes.truncate(keep.index(bytes.len() + 1));
            let _ = Directory::decode(&bytes);
        }
    }
}
