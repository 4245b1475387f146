//! From the hash of a key to its place in an arrival-order segment.
//!
//! All entries in order of their hashes are cut into pages of equal hash ranges, about 2,000 entries each,
//! so the page of a hash is computed, not searched. A page holds 16 bits of each hash, ascending, and the
//! offsets of the keys from the segment's first ordinal, packed: 4 or 5 bytes a key. An entry is only a
//! candidate, one absent key in 30 that gets here meets one; the key itself decides.

use super::packed::{Packed, write_packed};
use super::pages::PageSink;
use super::wire::{Reader, write_varint};
use crate::control::Control;
use crate::error::Result;

const ENTRIES_PER_PAGE: u64 = 2048;
const VERSION: u8 = 1;

/// The page of a hash among `pages`, and its fingerprint there.
#[inline]
fn place(hash: u64, pages: usize) -> (usize, u16) {
    let product = u128::from(hash) * pages as u128;
    ((product >> 64) as usize, (product >> 48) as u16)
}

/// The page of a hash among `pages`.
#[inline]
pub(super) fn page_of(hash: u64, pages: usize) -> usize {
    place(hash, pages).0
}

/// Writes the index of `entries` (hash, offset); returns its pages. Sorts the entries.
/// Errors: `Cancelled`, those of `sink`.
pub(super) fn write_hash_index(
    entries: &mut [(u64, u32)],
    control: &Control,
    sink: &mut dyn PageSink,
) -> Result<Vec<u64>> {
    entries.sort_unstable();
    let pages = (entries.len() as u64).div_ceil(ENTRIES_PER_PAGE) as usize;
    let mut rest = &*entries;
    let mut bytes = Vec::new();
    let mut offsets = Vec::new();
    (0..pages)
        .map(|page| {
            control.poll()?;
            let count = rest.partition_point(|&(hash, _)| page_of(hash, pages) <= page);
            let (here, after) = rest.split_at(count);
            rest = after;
            bytes.clear();
            bytes.push(VERSION);
            write_varint(count as u64, &mut bytes);
            for &(hash, _) in here {
                bytes.extend_from_slice(&place(hash, pages).1.to_le_bytes());
            }
            offsets.clear();
            offsets.extend(here.iter().map(|&(_, offset)| u64::from(offset)));
            write_packed(&offsets, &mut bytes);
            sink.write(&bytes)
        })
        .collect()
}

/// Calls `candidate` with the offset of each key that may have this hash. `page` is the page of the hash
/// among `pages`. `None` if the page is damaged.
#[inline]
pub(super) fn candidates(
    page: &[u8],
    hash: u64,
    pages: usize,
    mut candidate: impl FnMut(u64),
) -> Option<()> {
    let mut reader = Reader::new(page);
    if reader.byte()? != VERSION {
        return None;
    }
    let count = reader.count()?;
    let fingerprints = reader.bytes(count.checked_mul(2)?)?.as_chunks::<2>().0;
    let offsets = Packed::read(&mut reader, count)?;
    let wanted = place(hash, pages).1;
    let at = |index: usize| u16::from_le_bytes(fingerprints[index]);
    // Fingerprints are uniform: start where the wanted one should be.
    let mut index = (usize::from(wanted) * count) >> 16;
    while index > 0 && at(index - 1) >= wanted {
        index -= 1;
    }
    while index < count && at(index) < wanted {
        index += 1;
    }
    while index < count && at(index) == wanted {
        candidate(offsets.get(index)?);
        index += 1;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Default)]
    struct Sink(Vec<Vec<u8>>);

    impl PageSink for Sink {
        fn write(&mut self, bytes: &[u8]) -> Result<u64> {
            self.0.push(bytes.to_vec());
            Ok(self.0.len() as u64 - 1)
        }
    }

    fn found(sink: &Sink, hash: u64) -> Vec<u64> {
        let pages = sink.0.len();
        let mut found = Vec::new();
        if pages > 0 {
            let page = &sink.0[page_of(hash, pages)];
            candidates(page, hash, pages, |offset| found.push(offset)).unwrap();
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]
        #[test]
        fn every_key_is_a_candidate_of_its_hash(
            keys in 0u32..10_000, same in 0u64..3, seed: u64,
        ) {
            // Some hashes are shared, up to all of them.
            let hash = |key: u32| match same {
                0 => seed,
                1 => super::super::hash(&(u64::from(key / 3) ^ seed).to_le_bytes()),
                _ => super::super::hash(&(u64::from(key) ^ seed).to_le_bytes()),
            };
            let mut entries: Vec<_> = (0..keys).map(|key| (hash(key), key)).collect();
            let mut sink = Sink::default();
            write_hash_index(&mut entries, &Control::new(), &mut sink).unwrap();
            for key in (0..keys).step_by(97) {
                prop_assert!(found(&sink, hash(key)).contains(&u64::from(key)));
            }
        }

        #[test]
        fn damaged_pages_are_refused_or_read_without_panic(
            page in prop::collection::vec(0u8..8, 0..60), hash: u64,
        ) {
            let _ = candidates(&page, hash, 3, |_| ());
        }
    }

    #[test]
    fn absent_hashes_meet_few_candidates() {
        let mut entries: Vec<_> = (0..100_000u32)
            .map(|key| (super::super::hash(&key.to_le_bytes()), key))
            .collect();
        let mut sink = Sink::default();
        write_hash_index(&mut entries, &Control::new(), &mut sink).unwrap();
        let bytes: usize = sink.0.iter().map(Vec::len).sum();
        assert!(bytes < 100_000 * 6);
        let met: usize = (100_000..200_000u32)
            .map(|key| found(&sink, super::super::hash(&key.to_le_bytes())).len())
            .sum();
        assert!(met < 4000, "{met}");
    }
}
