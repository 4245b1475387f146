//! Words in memory that one writer appends and any number of readers read without a lock.
//!
//! The array is made of chunks that never move. A word is an atomic, so a reader that races with the
//! writer reads old or new, never undefined. A reader may use what it reads only after it has seen,
//! with acquire order, something the writer stored with release order afterwards (a count, a slot).

use crate::error::{Code, Error, Result};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words of a chunk; no record may be longer.
pub(super) const CHUNK_WORDS: u64 = 1 << 14;
const GROUP_CHUNKS: u64 = 1 << 10;
/// The most words an array holds are 2^32 (32 GiB), so that an index fits in 32 bits.
const GROUPS: u64 = 1 << 8;

type Chunk = Box<[AtomicU64]>;
type Group = Box<[OnceLock<Chunk>]>;

pub(super) struct Words {
    groups: Box<[OnceLock<Group>]>,
}

impl Words {
    pub(super) fn new() -> Self {
        Self {
            groups: (0..GROUPS).map(|_| OnceLock::new()).collect(),
        }
    }

    /// What an array of `words` words holds in memory, in bytes.
    pub(super) fn bytes_for(words: u64) -> usize {
        let chunks = words.div_ceil(CHUNK_WORDS);
        let groups = chunks.div_ceil(GROUP_CHUNKS);
        let lock = size_of::<OnceLock<Chunk>>() as u64;
        (chunks * CHUNK_WORDS * 8 + (groups * GROUP_CHUNKS + GROUPS) * lock) as usize
    }

    /// The words from `at` to the end of its chunk; empty if nothing was written there.
    #[inline]
    pub(super) fn from(&self, at: u64) -> &[AtomicU64] {
        let (chunk, within) = (at / CHUNK_WORDS, (at % CHUNK_WORDS) as usize);
        let group = self.groups.get((chunk / GROUP_CHUNKS) as usize);
        match group
            .and_then(OnceLock::get)
            .and_then(|group| group[(chunk % GROUP_CHUNKS) as usize].get())
        {
            Some(chunk) => &chunk[within..],
            None => &[],
        }
    }

    /// The word at `at`, 0 if nothing was written there.
    #[inline]
    pub(super) fn get(&self, at: u64) -> u64 {
        self.from(at)
            .first()
            .map_or(0, |word| word.load(Ordering::Relaxed))
    }

    /// For the writer only: the words from `at` to the end of its chunk, which is made if needed.
    /// Errors: `ResourceExhausted` beyond the largest array.
    #[inline]
    pub(super) fn make(&self, at: u64) -> Result<&[AtomicU64]> {
        let words = self.from(at);
        if words.is_empty() {
            self.make_chunk(at)?;
            return Ok(self.from(at));
        }
        Ok(words)
    }

    #[cold]
    fn make_chunk(&self, at: u64) -> Result<()> {
        let chunk = at / CHUNK_WORDS;
        let Some(group) = self.groups.get((chunk / GROUP_CHUNKS) as usize) else {
            return Err(Error::new(
                Code::ResourceExhausted,
                "the terms in memory exceed 32 GiB",
            ));
        };
        let group = group.get_or_init(|| (0..GROUP_CHUNKS).map(|_| OnceLock::new()).collect());
        group[(chunk % GROUP_CHUNKS) as usize]
            .get_or_init(|| (0..CHUNK_WORDS).map(|_| AtomicU64::new(0)).collect());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_they_were_stored_across_chunks_and_groups() {
        const WORDS_MAX: u64 = CHUNK_WORDS * GROUP_CHUNKS * GROUPS;
        let words = Words::new();
        let far = CHUNK_WORDS * GROUP_CHUNKS + 5;
        for at in [0, 1, CHUNK_WORDS - 1, CHUNK_WORDS, far] {
            words.make(at).unwrap()[0].store(at + 1, Ordering::Relaxed);
        }
        for at in [0, 1, CHUNK_WORDS - 1, CHUNK_WORDS, far] {
            assert_eq!(words.get(at), at + 1);
        }
        assert_eq!(words.get(CHUNK_WORDS * 3), 0);
        assert_eq!(words.get(WORDS_MAX), 0);
        assert_eq!(
            words.make(WORDS_MAX).unwrap_err().code(),
            Code::ResourceExhausted
        );
    }
}
