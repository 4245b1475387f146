//! Membership filter: says "absent" for sure, "present" with a few false alarms.
//!
//! A split-block Bloom filter: a key sets one bit in each of the 8 words of one 32-byte block, so a
//! look-up is one cache miss. With 10 bits a key about 1 in 100 absent keys passes. The filter is made for
//! the largest number of keys there may be, and folded when the true number is known: block `i` of a
//! filter of `n` blocks becomes block `i / q`, which gives bit for bit the filter of `n / q` blocks.

use super::wire::{Reader, write_varint};
use crate::control::{Budget, Charge};
use crate::error::Result;

const BLOCK_BYTES: usize = 32;
const BLOCK_BITS: u64 = BLOCK_BYTES as u64 * 8;
const BITS_PER_KEY: u64 = 10;
/// A filter with fewer bits a key lets so many absent keys pass that it is not worth its memory.
const BITS_PER_KEY_MIN: u64 = 3;
/// Odd multipliers, one for each word of a block.
const SALTS: [u32; 8] = [
    0x47B6_137B,
    0x4497_4D91,
    0x8824_AD5B,
    0xA2B7_289D,
    0x7054_95C7,
    0x2DF1_424B,
    0x9EFC_4947,
    0x5C6B_FB31,
];

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(align(32))]
struct Block([u32; 8]);

#[inline]
fn mask(hash: u64) -> Block {
    let low = hash as u32;
    Block(SALTS.map(|salt| 1 << (low.wrapping_mul(salt) >> 27)))
}

/// The block of a hash among `blocks`, at most 2^32.
#[inline]
fn block_of(hash: u64, blocks: u64) -> u64 {
    ((hash >> 32) * blocks) >> 32
}

/// A finished filter. Without blocks it lets every key pass.
#[derive(Debug, Eq, PartialEq)]
pub struct Filter {
    /// Blocks before folding.
    made: u64,
    /// How many of those became one.
    fold: u64,
    blocks: Vec<Block>,
}

impl Filter {
    /// False if no key with this hash was added.
    #[inline]
    pub fn may_contain(&self, hash: u64) -> bool {
        if self.blocks.is_empty() {
            return true;
        }
        let mut at = block_of(hash, self.made);
        if self.fold > 1 {
            at /= self.fold;
        }
        let mask = mask(hash).0;
        // `made` and `fold` were checked against the number of blocks.
        let block = &self.blocks[at as usize].0;
        block.iter().zip(mask).all(|(word, bit)| word & bit != 0)
    }

    pub fn bytes(&self) -> usize {
        self.blocks.len() * BLOCK_BYTES
    }

    pub fn write(&self, out: &mut Vec<u8>) {
        write_varint(self.made, out);
        write_varint(self.fold, out);
        write_varint(self.blocks.len() as u64, out);
        for word in self.blocks.iter().flat_map(|block| block.0) {
            out.extend_from_slice(&word.to_le_bytes());
        }
    }

    /// The filter that [`Filter::write`] wrote as these bytes; `None` if they are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader::new(bytes);
        Self::read(&mut from).filter(|_| from.is_empty())
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Option<Self> {
        let (made, fold, blocks) = (from.varint()?, from.varint()?, from.varint()?);
        if fold == 0 || made > 1 << 32 || made.div_ceil(fold) != blocks {
            return None;
        }
        let bytes = from.bytes(usize::try_from(blocks).ok()?.checked_mul(BLOCK_BYTES)?)?;
        let block = |bytes: &[u8; BLOCK_BYTES]| {
            let mut block = Block([0; 8]);
            for (word, bytes) in block.0.iter_mut().zip(bytes.as_chunks().0) {
                *word = u32::from_le_bytes(*bytes);
            }
            block
        };
        Some(Self {
            made,
            fold,
            blocks: bytes.as_chunks().0.iter().map(block).collect(),
        })
    }
}

/// Collects the keys of a filter.
pub struct FilterBuilder {
    blocks: Vec<Block>,
    keys: u64,
    _charge: Option<Charge>,
}

impl FilterBuilder {
    /// For at most `keys_max` keys (more are right, but pass more false alarms), in at most
    /// `bytes_max` bytes, charged to `budget`. Errors: `ResourceExhausted`.
    pub(super) fn new(keys_max: u64, bytes_max: usize, budget: &Budget) -> Result<Self> {
        let wanted = keys_max.saturating_mul(BITS_PER_KEY).div_ceil(BLOCK_BITS);
        let blocks = wanted.min((bytes_max / BLOCK_BYTES) as u64).min(1 << 32) as usize;
        let charge = budget.charge(blocks * BLOCK_BYTES)?;
        Ok(Self {
            blocks: vec![Block([0; 8]); blocks],
            keys: 0,
            _charge: Some(charge),
        })
    }

    /// As [`FilterBuilder::new`], for owners that account for the memory themselves.
    pub fn uncharged(keys_max: u64) -> Self {
        let blocks = keys_max.saturating_mul(BITS_PER_KEY).div_ceil(BLOCK_BITS);
        Self {
            blocks: vec![Block([0; 8]); blocks.min(1 << 32) as usize],
            keys: 0,
            _charge: None,
        }
    }

    #[inline]
    pub fn insert(&mut self, hash: u64) {
        self.keys += 1;
        let at = block_of(hash, self.blocks.len() as u64);
        if let Some(block) = self.blocks.get_mut(at as usize) {
            for (word, bit) in block.0.iter_mut().zip(mask(hash).0) {
                *word |= bit;
            }
        }
    }

    /// The filter, folded to what its keys need.
    pub fn finish(mut self) -> Filter {
        self.take()
    }

    /// As [`FilterBuilder::finish`]; the builder is empty again, for as many keys.
    pub fn take(&mut self) -> Filter {
        let made = self.blocks.len() as u64;
        let keys = std::mem::take(&mut self.keys);
        let wanted = (keys * BITS_PER_KEY).div_ceil(BLOCK_BITS).max(1);
        if made * BLOCK_BITS < keys * BITS_PER_KEY_MIN {
            self.blocks.fill(Block([0; 8]));
            return Filter {
                made: 0,
                fold: 1,
                blocks: Vec::new(),
            };
        }
        let fold = (made / wanted).max(1);
        let blocks = self
            .blocks
            .chunks(fold as usize)
            .map(|chunk| {
                chunk.iter().fold(Block([0; 8]), |mut folded, block| {
                    for (word, bits) in folded.0.iter_mut().zip(block.0) {
                        *word |= bits;
                    }
                    folded
                })
            })
            .collect();
        self.blocks.fill(Block([0; 8]));
        Filter { made, fold, blocks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hash(key: u64) -> u64 {
        super::super::hash(&key.to_le_bytes())
    }

    fn filter(keys: u64, keys_max: u64) -> Filter {
        let mut builder = FilterBuilder::new(keys_max, usize::MAX, &Budget::unlimited()).unwrap();
        (0..keys).for_each(|key| builder.insert(hash(key)));
        builder.finish()
    }

    proptest! {
        #[test]
        fn every_added_key_passes_before_and_after_storing(
            keys in 0u64..3000, keys_max in 0u64..100_000, bytes_max in 0usize..5000,
        ) {
            let mut builder =
                FilterBuilder::new(keys_max, bytes_max, &Budget::unlimited()).unwrap();
            (0..keys).for_each(|key| builder.insert(hash(key)));
            let filter = builder.finish();
            let mut bytes = Vec::new();
            filter.write(&mut bytes);
            let read = Filter::read(&mut Reader::new(&bytes)).unwrap();
            prop_assert_eq!(&read, &filter);
            for key in 0..keys {
                prop_assert!(read.may_contain(hash(key)));
            }
        }
    }

    #[test]
    fn few_absent_keys_pass_however_far_the_filter_was_folded() {
        for keys_max in [100_000, 250_000, 10_000_000] {
            let filter = filter(100_000, keys_max);
            let passed = (100_000..300_000)
                .filter(|&key| filter.may_contain(hash(key)))
                .count();
            assert!(passed < 4000, "{passed} of 200000 for {keys_max}");
            assert!(filter.bytes() < 2 * 125_000 + 64);
        }
    }

    #[test]
    fn a_filter_too_small_for_its_keys_is_dropped() {
        let mut builder = FilterBuilder::new(1000, 64, &Budget::unlimited()).unwrap();
        (0..1000).for_each(|key| builder.insert(hash(key)));
        assert_eq!(builder.finish().bytes(), 0);
    }
}
