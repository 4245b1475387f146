mod builder;
mod directory;
mod filter;
mod hash_index;
mod key;
mod packed;
mod pages;
mod press;
mod segment;
mod slots;
mod tail;
mod vocabulary;
mod wire;
mod words;

pub use builder::{SegmentBuilder, SegmentOptions};
pub use directory::{SegmentKind, SegmentMeta};
pub use filter::{Filter, FilterBuilder};
pub use key::{dictionary_key, parse_key};
pub use pages::{PageSink, PageStore, Pages, VocabularyPage};
pub use segment::{Segment, SegmentScratch};
pub use tail::{Tail, TailWriter};
pub use vocabulary::{Vocabulary, VocabularyScratch};

use crate::error::{Code, Error};

/// A longer dictionary key is stored in pieces outside the pages (definition 8). A page string can be 8
/// bytes longer, which stubs need.
pub const LARGE_KEY_BYTES: usize = crate::codec::frontcode::MAX_STRING_BYTES - 8;
/// The longest dictionary key unless configured otherwise (`max_term_bytes`).
pub const KEY_BYTES_MAX: usize = 64 << 20;
/// Front-coded bytes of a page of keys. A term that is not in memory costs decompressing a page; pages of four times the
/// size make a store of BSBM, which has long texts, 3 % smaller, loading it 10 % cheaper, and such a term twice as dear.
pub const PAGE_BYTES: usize = 4 << 10;

/// The hash of a dictionary key that indexes and filters use; part of the format.
#[inline]
pub fn hash(key: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(key)
}

#[cold]
fn too_large(bytes: usize, limit: usize) -> Error {
    Error::new(
        Code::TermTooLarge,
        format!("a term of {bytes} bytes exceeds the limit of {limit} bytes"),
    )
    .with_hint("raise max_term_bytes")
}

#[cfg(test)]
mod tests;
