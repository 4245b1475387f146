//! The blank node labels of one document (definition 10).
//!
//! A label means a node of its document and nothing else: it gets a number here, and the caller
//! maps numbers to fresh ids. Parsing threads of a document share its scope. A label costs 24
//! bytes however long it is: it is stored as itself up to 15 bytes, else as a 128-bit hash that
//! is seeded per document, so that labels cannot be made to collide from outside (for 10^9
//! labels, accidents have odds of 10^-21).

use crate::control::{Charge, Control};
use crate::error::Result;
use hashbrown::HashTable;
use parking_lot::Mutex;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_seed};

/// Tables by hash, so that threads seldom meet.
const SHARDS: usize = 16;

/// Bytes charged per label: entry, control byte, and the load factor of the table.
const ENTRY_BYTES: usize = 28;

/// Labels between two changes of the charge.
const CHARGED_LABELS: usize = 4096;

/// Label to number, from 0 without gaps in order of first sight.
pub struct BlankScope {
    seed: u64,
    next: AtomicU64,
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Default)]
struct Shard {
    entries: HashTable<(u128, u64)>,
    charge: Option<Charge>,
}

impl Default for BlankScope {
    fn default() -> Self {
        Self::new()
    }
}

impl BlankScope {
    pub fn new() -> Self {
        Self {
            seed: RandomState::new().hash_one(SHARDS),
            next: AtomicU64::new(0),
            shards: Default::default(),
        }
    }

    /// The number of `label`, and whether this is its first sight.
    /// Errors: `ResourceExhausted` of the control's account.
    pub fn number(&self, label: &str, control: &Control) -> Result<(u64, bool)> {
        let key = self.key(label.as_bytes());
        let hash = xxh3_64_with_seed(&key.to_le_bytes(), self.seed);
        let mut shard = self.shards[hash as usize % SHARDS].lock();
        let Shard { entries, charge } = &mut *shard;
        if let Some(&(_, number)) = entries.find(hash, |(known, _)| *known == key) {
            return Ok((number, false));
        }
        if entries.len().is_multiple_of(CHARGED_LABELS) {
            let bytes = (entries.len() + CHARGED_LABELS) * ENTRY_BYTES;
            match charge {
                Some(charge) => charge.resize(bytes)?,
                None => *charge = Some(control.charge(bytes)?),
            }
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let seed = self.seed;
        entries.insert_unique(hash, (key, number), |(key, _)| {
            xxh3_64_with_seed(&key.to_le_bytes(), seed)
        });
        Ok((number, true))
    }

    /// How many labels have a number.
    pub fn len(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last byte tells labels that are stored as themselves (their length) from hashes
    /// (0xFF).
    fn key(&self, label: &[u8]) -> u128 {
        let mut bytes = [0; 16];
        if label.len() < bytes.len() {
            bytes[..label.len()].copy_from_slice(label);
            bytes[15] = label.len() as u8;
        } else {
            bytes = xxh3_128_with_seed(label, self.seed).to_le_bytes();
            bytes[15] = 0xFF;
        }
        u128::from_le_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Budget;
    use crate::error::Code;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn numbers_are_those_of_a_map_from_labels(labels in prop::collection::vec("[ab]{0,18}", 0..200)) {
            let scope = BlankScope::new();
            let control = Control::new();
            let mut model = HashMap::new();
            for label in &labels {
                let fresh = model.len() as u64;
                let new = !model.contains_key(label);
                let number = *model.entry(label).or_insert(fresh);
                prop_assert_eq!(scope.number(label, &control).unwrap(), (number, new));
            }
            prop_assert_eq!(scope.len(), model.len() as u64);
        }
    }

    #[test]
    fn threads_agree_on_the_number_of_a_label() {
        let scope = BlankScope::new();
        let control = Control::new();
        let count = || -> Vec<u64> {
            (0..10_000)
                .map(|i| scope.number(&format!("label-{i}-of-the-document"), &control))
                .map(|number| number.unwrap().0)
                .collect()
        };
        let (a, b) = std::thread::scope(|scope| {
            let a = scope.spawn(count);
            let b = scope.spawn(count);
            (a.join().unwrap(), b.join().unwrap())
        });
        assert_eq!(a, b);
        assert_eq!(scope.len(), 10_000);
    }

    #[test]
    fn labels_are_charged_to_the_load() {
        let control = Control::new().with_memory(Budget::new("load", 2 << 20));
        let scope = BlankScope::new();
        let refused = (0..1_000_000).find_map(|i| scope.number(&i.to_string(), &control).err());
        assert_eq!(refused.unwrap().code(), Code::ResourceExhausted);
        drop(scope);
        assert_eq!(control.memory().used(), 0);
    }
}
