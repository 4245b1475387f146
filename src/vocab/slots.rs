//! A hash index in memory from a key's hash to a 32-bit position: one writer, many readers.
//!
//! The index is split by the hash into tables of atomic slots with linear probing. Readers hold a table's
//! lock shared; the writer stores into slots under the shared lock too, since it is alone, and takes the
//! lock alone only to exchange a full table for the larger one it has built beside it. So a reader never
//! waits for a rehash.
//!
//! A slot is 32 bits of hash and a position plus one. Cost: one cache miss a look-up and one for each
//! candidate; false candidates are one in 2^32 a slot probed. 8 bytes a slot, at most 5 of 8 in use.

use crate::control::Charge;
use crate::error::Result;
use parking_lot::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};

const TABLE_BITS: u32 = 6;
const TABLES: usize = 1 << TABLE_BITS;
const SLOTS_MIN: usize = 16;
const EMPTY: u64 = 0;
/// Keeps a probe sequence together where a position was removed.
const REMOVED: u32 = u32::MAX;

/// The largest position that can be stored.
pub(super) const POSITION_MAX: u32 = REMOVED - 2;

pub(super) struct Slots {
    tables: Box<[RwLock<Table>]>,
}

struct Table {
    slots: Box<[AtomicU64]>,
    /// Slots that are not empty, removed ones included; kept by the writer.
    used: AtomicU64,
}

impl Table {
    fn new(slots: usize) -> Self {
        Self {
            slots: (0..slots).map(|_| AtomicU64::new(EMPTY)).collect(),
            used: AtomicU64::new(0),
        }
    }

    #[inline]
    fn start(&self, fingerprint: u32) -> usize {
        // The upper bits chose the table; a table has at least 2 and at most 2^26 slots.
        let bits = self.slots.len().trailing_zeros();
        ((fingerprint << TABLE_BITS) >> (32 - bits)) as usize
    }

    /// Stores into the first empty slot. There is one, since a table is never full.
    #[inline]
    fn store(&self, fingerprint: u32, value: u32) {
        let mask = self.slots.len() - 1;
        let mut at = self.start(fingerprint);
        while self.slots[at].load(Ordering::Relaxed) != EMPTY {
            at = (at + 1) & mask;
        }
        let slot = u64::from(fingerprint) << 32 | u64::from(value);
        self.slots[at].store(slot, Ordering::Release);
        self.used.fetch_add(1, Ordering::Relaxed);
    }

    fn is_full(&self) -> bool {
        self.used.load(Ordering::Relaxed) as usize * 8 >= self.slots.len() * 5
    }
}

#[inline]
fn split(hash: u64) -> (usize, u32) {
    let fingerprint = (hash >> 32) as u32;
    ((fingerprint >> (32 - TABLE_BITS)) as usize, fingerprint)
}

impl Slots {
    /// What an empty index holds in memory, in bytes.
    pub(super) const BYTES_EMPTY: usize = TABLES * (SLOTS_MIN * 8 + size_of::<RwLock<Table>>());

    pub(super) fn new() -> Self {
        Self {
            tables: (0..TABLES)
                .map(|_| RwLock::new(Table::new(SLOTS_MIN)))
                .collect(),
        }
    }

    /// The first position with this hash for which `is_key` holds.
    #[inline]
    pub(super) fn find(&self, hash: u64, mut is_key: impl FnMut(u32) -> bool) -> Option<u32> {
        let (table, fingerprint) = split(hash);
        let table = self.tables[table].read();
        let mask = table.slots.len() - 1;
        let mut at = table.start(fingerprint);
        loop {
            let slot = table.slots[at].load(Ordering::Acquire);
            if slot == EMPTY {
                return None;
            }
            if (slot >> 32) as u32 == fingerprint && slot as u32 != REMOVED {
                let position = slot as u32 - 1;
                if is_key(position) {
                    return Some(position);
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// For the writer only: adds a position that is at most [`POSITION_MAX`].
    /// Errors: `ResourceExhausted` from `charge` when a table has to grow; then nothing is added.
    #[inline]
    pub(super) fn insert(&self, hash: u64, position: u32, charge: &mut Charge) -> Result<()> {
        let (index, fingerprint) = split(hash);
        let table = self.tables[index].read();
        if table.is_full() {
            drop(table);
            self.grow(index, charge)?;
            self.tables[index].read().store(fingerprint, position + 1);
        } else {
            table.store(fingerprint, position + 1);
        }
        Ok(())
    }

    #[cold]
    fn grow(&self, index: usize, charge: &mut Charge) -> Result<()> {
        let old = self.tables[index].read();
        let held = charge.bytes();
        charge.resize(held + old.slots.len() * 16)?;
        let new = Table::new(old.slots.len() * 2);
        for slot in &old.slots {
            let slot = slot.load(Ordering::Relaxed);
            if slot != EMPTY && slot as u32 != REMOVED {
                new.store((slot >> 32) as u32, slot as u32);
            }
        }
        let freed = old.slots.len() * 8;
        drop(old);
        let old = std::mem::replace(&mut *self.tables[index].write(), new);
        drop(old);
        charge.resize(charge.bytes() - freed)
    }

    /// For the writer only: removes a position that was inserted with this hash.
    pub(super) fn remove(&self, hash: u64, position: u32) {
        let (table, fingerprint) = split(hash);
        let table = self.tables[table].read();
        let mask = table.slots.len() - 1;
        let wanted = u64::from(fingerprint) << 32 | u64::from(position + 1);
        let mut at = table.start(fingerprint);
        loop {
            let slot = table.slots[at].load(Ordering::Relaxed);
            if slot == wanted {
                let removed = u64::from(fingerprint) << 32 | u64::from(REMOVED);
                table.slots[at].store(removed, Ordering::Release);
                return;
            }
            if slot == EMPTY {
                return;
            }
            at = (at + 1) & mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Budget;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn positions_are_found_by_their_hash_as_in_a_map(
            steps in prop::collection::vec((any::<u16>(), any::<bool>()), 0..3000),
        ) {
            let budget = Budget::unlimited();
            let mut charge = budget.charge(Slots::BYTES_EMPTY).unwrap();
            let slots = Slots::new();
            let mut model = BTreeMap::new();
            // Few hashes, so that they collide.
            let hash = |key: u16| u64::from(key % 700) << 50 | 1 << 40;
            for (key, add) in steps {
                let key32 = u32::from(key);
                if add && model.insert(key, ()).is_none() {
                    slots.insert(hash(key), key32, &mut charge).unwrap();
                } else if !add && model.remove(&key).is_some() {
                    slots.remove(hash(key), key32);
                }
            }
            for key in 0..=u16::MAX {
                let found = slots.find(hash(key), |position| position == u32::from(key));
                prop_assert_eq!(found.is_some(), model.contains_key(&key));
            }
            let held: usize = slots.tables.iter().map(|t| t.read().slots.len() * 8).sum();
            prop_assert_eq!(charge.bytes(), held + TABLES * size_of::<RwLock<Table>>());
        }
    }

    #[test]
    fn readers_find_everything_while_tables_grow() {
        let slots = Slots::new();
        let budget = Budget::unlimited();
        let mix = |i: u32| u64::from(i).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for i in 0..100 {
            let mut charge = budget.charge(1 << 20).unwrap();
            slots.insert(mix(i), i, &mut charge).unwrap();
        }
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut charge = budget.charge(1 << 20).unwrap();
                for i in 100..200_000 {
                    slots.insert(mix(i), i, &mut charge).unwrap();
                }
            });
            while !writer.is_finished() {
                for i in 0..100 {
                    assert_eq!(slots.find(mix(i), |position| position == i), Some(i));
                }
            }
        });
    }

    #[test]
    fn a_refused_growth_adds_nothing() {
        let budget = Budget::new("test", Slots::BYTES_EMPTY);
        let mut charge = budget.charge(Slots::BYTES_EMPTY).unwrap();
        let slots = Slots::new();
        let added = (0..100)
            .take_while(|&i| slots.insert(0, i, &mut charge).is_ok())
            .count() as u32;
        assert_eq!(added, 10);
        assert!(slots.find(0, |position| position == 9).is_some());
        assert!(slots.find(0, |position| position == 10).is_none());
    }
}
