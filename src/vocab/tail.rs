//! The memory tail: terms added since the last segment was written (definition 5).
//!
//! One writer appends, readers look up without waiting for it. A tail holds a contiguous range of
//! ordinals in order of arrival. What a reader may see ends at its version's watermark: a look-up that
//! finds an ordinal at or above it answers "absent", so a transaction's new terms stay its own until it
//! commits, and a rolled back one takes them out again ([`TailWriter::rollback`]).
//!
//! A record is one word (offset from the first ordinal, length) and the key, padded to words. Keys are
//! dictionary keys (tag byte first) with their [`hash`](super::hash). Cost: look-up 60-100 ns, insertion
//! 100-150 ns; about 36 bytes a term besides its key, charged to the tail's budget.

use super::LARGE_KEY_BYTES;
use super::slots::{POSITION_MAX, Slots};
use super::words::{CHUNK_WORDS, Words};
use crate::control::{Budget, Charge};
use crate::error::{Code, Error, Result};
use parking_lot::{Mutex, MutexGuard, RwLock};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Set in the length of a record whose key is kept apart, since it would not fit in a chunk.
const LARGE: u64 = 1 << 31;

/// A range of new terms in memory.
pub struct Tail {
    first: u64,
    key_bytes_max: usize,
    records: Words,
    /// Where the record of each ordinal starts, two to a word.
    positions: Words,
    index: Slots,
    large: RwLock<Vec<Arc<[u8]>>>,
    count: AtomicU64,
    state: Mutex<State>,
}

struct State {
    /// Where the next record goes, in words.
    next: u64,
    large_bytes: usize,
    arrays: Charge,
    index: Charge,
}

/// The right to append to a tail; there is one at a time.
pub struct TailWriter<'t> {
    tail: &'t Tail,
    state: MutexGuard<'t, State>,
}

impl Tail {
    /// An empty tail whose first term gets ordinal `first`; keys are at most `key_bytes_max` long.
    /// Errors: `ResourceExhausted`.
    pub fn new(first: u64, key_bytes_max: usize, budget: &Budget) -> Result<Self> {
        let arrays = budget.charge(2 * Words::bytes_for(0))?;
        let index = budget.charge(Slots::BYTES_EMPTY)?;
        Ok(Self {
            first,
            key_bytes_max,
            records: Words::new(),
            positions: Words::new(),
            index: Slots::new(),
            large: RwLock::new(Vec::new()),
            count: AtomicU64::new(0),
            state: Mutex::new(State {
                next: 0,
                large_bytes: 0,
                arrays,
                index,
            }),
        })
    }

    /// The ordinal of the first term.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// One past the ordinal of the last term, terms not yet committed included.
    pub fn end(&self) -> u64 {
        self.first + self.count.load(Ordering::Acquire)
    }

    pub fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// Bytes charged.
    pub fn bytes(&self) -> usize {
        let state = self.state.lock();
        state.arrays.bytes() + state.index.bytes()
    }

    /// Waits for the writer before, if there is one.
    pub fn writer(&self) -> TailWriter<'_> {
        TailWriter {
            tail: self,
            state: self.state.lock(),
        }
    }

    /// The ordinal of a key, if it is below `watermark`. `hash` is the [`hash`](super::hash) of `key`.
    #[inline]
    pub fn find(&self, key: &[u8], hash: u64, watermark: u64) -> Option<u64> {
        let end = watermark.saturating_sub(self.first);
        let mut offset = 0;
        self.index.find(hash, |position| {
            let record = self.records.from(u64::from(position));
            let Some(header) = record.first() else {
                return false;
            };
            let header = header.load(Ordering::Relaxed);
            offset = header >> 32;
            offset < end && self.record_is(header, &record[1..], key)
        })?;
        Some(self.first + offset)
    }

    fn record_is(&self, header: u64, words: &[AtomicU64], key: &[u8]) -> bool {
        let length = header & 0xFFFF_FFFF;
        if length & LARGE != 0 {
            return (length & !LARGE) as usize == key.len()
                && words
                    .first()
                    .and_then(|word| self.large_key(word))
                    .is_some_and(|large| *large == *key);
        }
        if length as usize != key.len() || words.len() < key.len().div_ceil(8) {
            return false;
        }
        let (whole, rest) = key.as_chunks::<8>();
        whole
            .iter()
            .zip(words)
            .all(|(bytes, word)| u64::from_le_bytes(*bytes) == word.load(Ordering::Relaxed))
            && (rest.is_empty() || pad(rest) == words[whole.len()].load(Ordering::Relaxed))
    }

    fn large_key(&self, word: &AtomicU64) -> Option<Arc<[u8]>> {
        let index = word.load(Ordering::Relaxed) as usize;
        self.large.read().get(index).cloned()
    }

    /// Replaces `out` by the key of `ordinal`. False if this tail has no such ordinal.
    #[inline]
    pub fn key(&self, ordinal: u64, out: &mut Vec<u8>) -> bool {
        out.clear();
        if ordinal < self.first || ordinal >= self.end() {
            return false;
        }
        let record = self.records.from(self.position(ordinal - self.first));
        let Some((header, words)) = record.split_first() else {
            return false;
        };
        let length = header.load(Ordering::Relaxed) & 0xFFFF_FFFF;
        if length & LARGE != 0 {
            return match words.first().and_then(|word| self.large_key(word)) {
                Some(key) => {
                    out.extend_from_slice(&key);
                    true
                }
                None => false,
            };
        }
        let length = length as usize;
        out.reserve(length.next_multiple_of(8));
        for word in words.iter().take(length.div_ceil(8)) {
            out.extend_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
        }
        out.truncate(length);
        out.len() == length
    }

    fn position(&self, offset: u64) -> u64 {
        self.positions.get(offset / 2) >> (32 * (offset % 2)) & 0xFFFF_FFFF
    }
}

impl TailWriter<'_> {
    /// The ordinal of a key, and whether it was added. `hash` is the [`hash`](super::hash) of `key`.
    /// Errors: `TermTooLarge`; `ResourceExhausted`, then nothing was added.
    #[inline]
    pub fn insert(&mut self, key: &[u8], hash: u64) -> Result<(u64, bool)> {
        if let Some(ordinal) = self.tail.find(key, hash, u64::MAX) {
            return Ok((ordinal, false));
        }
        self.append(key, hash).map(|ordinal| (ordinal, true))
    }

    /// Adds a key the caller knows to be absent.
    fn append(&mut self, key: &[u8], hash: u64) -> Result<u64> {
        let tail = self.tail;
        if key.len() > tail.key_bytes_max {
            return Err(super::too_large(key.len(), tail.key_bytes_max));
        }
        let offset = tail.count.load(Ordering::Relaxed);
        let is_large = key.len() > LARGE_KEY_BYTES;
        let words = if is_large {
            2
        } else {
            1 + key.len().div_ceil(8) as u64
        };
        let mut at = self.state.next;
        if at % CHUNK_WORDS + words > CHUNK_WORDS {
            at = at.next_multiple_of(CHUNK_WORDS);
        }
        if at > u64::from(POSITION_MAX) || offset > u64::from(POSITION_MAX) {
            return Err(Error::new(
                Code::ResourceExhausted,
                "the terms in memory exceed 32 GiB",
            ));
        }
        let state = &mut *self.state;
        let large_bytes = state.large_bytes + if is_large { key.len() } else { 0 };
        let needed = Words::bytes_for(at + words) + Words::bytes_for(offset / 2 + 1) + large_bytes;
        if needed != state.arrays.bytes() {
            state.arrays.resize(needed)?;
        }
        let record = tail.records.make(at)?;
        let mut length = key.len() as u64;
        if is_large {
            let mut large = tail.large.write();
            record[1].store(large.len() as u64, Ordering::Relaxed);
            large.push(key.into());
            length |= LARGE;
        } else {
            let (whole, rest) = key.as_chunks::<8>();
            for (bytes, word) in whole.iter().zip(&record[1..]) {
                word.store(u64::from_le_bytes(*bytes), Ordering::Relaxed);
            }
            if !rest.is_empty() {
                record[1 + whole.len()].store(pad(rest), Ordering::Relaxed);
            }
        }
        record[0].store(offset << 32 | length, Ordering::Relaxed);
        let pair = &tail.positions.make(offset / 2)?[0];
        let shift = 32 * (offset % 2);
        let others = pair.load(Ordering::Relaxed) & !(0xFFFF_FFFF << shift);
        pair.store(others | at << shift, Ordering::Relaxed);
        if let Err(error) = tail.index.insert(hash, at as u32, &mut state.index) {
            if is_large {
                tail.large.write().pop();
            }
            return Err(error);
        }
        state.next = at + words;
        state.large_bytes = large_bytes;
        tail.count.store(offset + 1, Ordering::Release);
        Ok(tail.first + offset)
    }

    /// Takes out every term from ordinal `to` on. The caller vouches that no version with a higher
    /// watermark exists; the ordinals were never seen by others and are given again.
    pub fn rollback(&mut self, to: u64) {
        let tail = self.tail;
        let mut key = Vec::new();
        while tail.end() > to.max(tail.first) {
            let ordinal = tail.end() - 1;
            if tail.key(ordinal, &mut key) {
                let position = tail.position(ordinal - tail.first);
                tail.index.remove(super::hash(&key), position as u32);
                // The record stays: a reader may be looking at it, and judges it by its offset.
                if key.len() > LARGE_KEY_BYTES {
                    tail.large.write().pop();
                    self.state.large_bytes -= key.len();
                }
            }
            tail.count.store(ordinal - tail.first, Ordering::Release);
        }
    }
}

/// Up to 7 bytes as a word, little-endian, padded with 0.
#[inline]
fn pad(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |word, &byte| word << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::super::hash;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const KEY_BYTES_MAX: usize = 1 << 20;

    fn tail(first: u64) -> Tail {
        Tail::new(first, KEY_BYTES_MAX, &Budget::unlimited()).unwrap()
    }

    fn key() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            8 => prop::collection::vec(0u8..4, 0..20),
            1 => (0usize..3, any::<u8>()).prop_map(|(n, b)| vec![b; LARGE_KEY_BYTES - 1 + n]),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        #[test]
        fn look_ups_both_ways_agree_with_a_map_through_roll_backs(
            steps in prop::collection::vec((key(), 0u8..40), 1..300),
        ) {
            let tail = tail(1000);
            let mut model: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
            for (key, action) in &steps {
                let next = 1000 + model.len() as u64;
                if *action == 0 {
                    let to = 1000 + (key.len() as u64).min(model.len() as u64);
                    tail.writer().rollback(to);
                    model.retain(|_, ordinal| *ordinal < to);
                } else {
                    let (ordinal, added) = tail.writer().insert(key, hash(key)).unwrap();
                    prop_assert_eq!(added, !model.contains_key(key));
                    prop_assert_eq!(*model.entry(key.clone()).or_insert(next), ordinal);
                }
                prop_assert_eq!(tail.end(), 1000 + model.len() as u64);
            }
            let mut read = Vec::new();
            for (key, _) in &steps {
                let expected = model.get(key).copied();
                prop_assert_eq!(tail.find(key, hash(key), u64::MAX), expected);
                if let Some(ordinal) = expected {
                    prop_assert_eq!(tail.find(key, hash(key), ordinal), None);
                    prop_assert_eq!(tail.find(key, hash(key), ordinal + 1), Some(ordinal));
                    prop_assert!(tail.key(ordinal, &mut read));
                    prop_assert_eq!(&read, key);
                }
            }
            prop_assert!(!tail.key(999, &mut read));
            prop_assert!(!tail.key(tail.end(), &mut read));
        }
    }

    #[test]
    fn memory_is_charged_and_a_full_budget_adds_nothing() {
        let budget = Budget::new("test", 1 << 20);
        let tail = Tail::new(0, KEY_BYTES_MAX, &budget).unwrap();
        let error = (0..100_000u32)
            .find_map(|i| {
                let key = i.to_be_bytes();
                tail.writer().insert(&key, hash(&key)).err()
            })
            .unwrap();
        assert_eq!(error.code(), Code::ResourceExhausted);
        assert_eq!(budget.used(), tail.bytes());
        let mut key = Vec::new();
        let count = tail.end();
        assert!(count > 5000);
        assert!(tail.key(count - 1, &mut key) && key == (count as u32 - 1).to_be_bytes());
        let next = (count as u32).to_be_bytes();
        assert_eq!(tail.find(&next, hash(&next), u64::MAX), None);
        drop(tail);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn a_key_over_the_limit_is_refused() {
        let tail = Tail::new(0, 100, &Budget::unlimited()).unwrap();
        let error = tail.writer().insert(&[1; 101], 0).unwrap_err();
        assert_eq!(error.code(), Code::TermTooLarge);
    }

    #[test]
    fn readers_see_whole_terms_below_the_watermark_while_the_writer_appends() {
        let tail = tail(0);
        let key = |i: u64| format!("http://example.org/{}/{i}", i % 7).into_bytes();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for i in 0..200_000 {
                    let key = key(i);
                    assert_eq!(tail.writer().insert(&key, hash(&key)).unwrap(), (i, true));
                }
            });
            let mut read = Vec::new();
            while !writer.is_finished() {
                let end = tail.end();
                for ordinal in end.saturating_sub(50)..end {
                    assert!(tail.key(ordinal, &mut read));
                    assert_eq!(read, key(ordinal));
                    assert_eq!(tail.find(&read, hash(&read), end), Some(ordinal));
                }
            }
        });
    }
}
