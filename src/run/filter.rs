//! Which keys a run may hold: what lets a commit pass by runs without searching them.

use super::directory::ENTRIES_PER_PAGE;
use super::row::Key;
use crate::codec::BLOCK_ROWS;
use crate::error::{Code, Error, Result};
use crate::vocab::{Filter, FilterBuilder, hash};

/// A membership filter of whole keys. Lets about 1 in 100 absent keys pass.
#[derive(Debug)]
pub struct KeyFilter(Filter);

impl KeyFilter {
    /// The filter of `count` keys.
    pub fn of<'k>(count: usize, keys: impl Iterator<Item = &'k Key>) -> Self {
        let mut builder = KeyFilterBuilder::for_keys(count as u64);
        keys.for_each(|key| builder.insert(key));
        builder.take()
    }

    /// False if the key with this [`hash_of`] is not in the run.
    #[inline]
    pub fn may_contain(&self, hash: u64) -> bool {
        self.0.may_contain(hash)
    }

    /// The most bytes a filter of so many keys has: 10 bits a key, and up to twice that, since filters are folded by
    /// whole numbers.
    pub fn bytes_for(keys: u64) -> usize {
        usize::try_from(keys.saturating_mul(20) / 8 + 64).unwrap_or(usize::MAX)
    }

    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }

    /// Errors: `Corruption`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        match Filter::from_bytes(bytes) {
            Some(filter) => Ok(Self(filter)),
            None => Err(Error::new(
                Code::Corruption,
                "the filter of a run is damaged",
            )),
        }
    }
}

/// XXH3-64 of the ids, little-endian; part of the format.
#[inline]
pub fn hash_of(key: &Key) -> u64 {
    let mut bytes = [0; 32];
    for (bytes, id) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(key) {
        *bytes = id.to_le_bytes();
    }
    hash(&bytes)
}

/// Collects the keys of a filter.
pub(super) struct KeyFilterBuilder(FilterBuilder);

impl KeyFilterBuilder {
    /// For the keys that one directory page describes. It has 1.3 MB.
    pub fn for_fence() -> Self {
        Self::for_keys((ENTRIES_PER_PAGE * BLOCK_ROWS) as u64)
    }

    fn for_keys(keys_max: u64) -> Self {
        Self(FilterBuilder::uncharged(keys_max))
    }

    #[inline]
    pub fn insert(&mut self, key: &Key) {
        self.0.insert(hash_of(key));
    }

    /// The filter of the keys so far; the builder is empty again.
    pub fn take(&mut self) -> KeyFilter {
        KeyFilter(self.0.take())
    }
}
