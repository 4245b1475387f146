//! Batches: what one parsing thread has read, with terms of its own.
//!
//! A batch grows in memory until it is sealed, with its keys in order. If the load outgrows its memory, sealed
//! batches go to a spool and come back a part at a time.

use super::distinct::Distinct;
use super::terms::{Local, Terms};
use crate::control::Control;
use crate::error::Result;
use crate::kv::{Spool, SpoolReader};
use crate::term::Id;
use std::ops::Range;

/// A statement by the numbers of its terms: subject, predicate, object, graph.
pub(super) type LocalQuad = [Local; 4];

/// Numbers written or read between two polls.
const POLL_NUMBERS: usize = 1 << 16;

#[derive(Default)]
pub(super) struct Batch {
    pub terms: Terms,
    pub rows: Vec<LocalQuad>,
}

impl Batch {
    /// Bytes held, and what sealing will add.
    pub fn heap_bytes(&self) -> usize {
        self.terms.heap_bytes()
            + self.terms.keys() * size_of::<u32>()
            + self.rows.capacity() * size_of::<LocalQuad>()
    }

    /// Sorts the keys. Cost: see [`Terms::sorted`].
    pub fn seal(self) -> Sealed {
        Sealed::Memory(MemoryBatch {
            order: self.terms.sorted(),
            terms: self.terms,
            rows: self.rows,
        })
    }
}

/// A batch that takes no more.
pub(super) enum Sealed {
    Memory(MemoryBatch),
    Spooled(SpooledBatch),
}

pub(super) struct MemoryBatch {
    pub terms: Terms,
    /// The numbers of the keys in the order of the keys.
    pub order: Vec<u32>,
    pub rows: Vec<LocalQuad>,
}

/// Where the parts of a batch lie in their spool.
pub(super) struct SpooledBatch {
    /// Which spool of the load.
    pub spool: usize,
    keys: usize,
    distinct: Distinct,
    key_bytes: Range<u64>,
    order: Range<u64>,
    inline: Range<u64>,
    triples: Range<u64>,
    rows: Range<u64>,
}

impl Sealed {
    pub fn keys(&self) -> usize {
        match self {
            Sealed::Memory(batch) => batch.order.len(),
            Sealed::Spooled(batch) => batch.keys,
        }
    }

    /// Adds the keys to those that are counted.
    pub fn count_in(&self, distinct: &mut Distinct) {
        match self {
            Sealed::Memory(batch) => batch.terms.count_in(distinct),
            Sealed::Spooled(batch) => distinct.add(&batch.distinct),
        }
    }
}

impl MemoryBatch {
    /// Writes the batch to a spool, the load's number `spool`. Errors: `Io`, `Cancelled`, `QueryTimeout`.
    pub fn spill(
        self,
        spool: &mut Spool,
        number: usize,
        control: &Control,
    ) -> Result<SpooledBatch> {
        let mut bytes = Vec::new();
        let start = spool.end();
        let mut previous: &[u8] = &[];
        for (at, &number) in self.order.iter().enumerate() {
            if at % POLL_NUMBERS == 0 {
                control.poll()?;
            }
            let key = self.terms.key(number);
            let shared = shared_prefix(previous, key);
            spool.append(&(shared as u32).to_le_bytes())?;
            spool.append(&((key.len() - shared) as u32).to_le_bytes())?;
            spool.append(&key[shared..])?;
            previous = key;
        }
        let key_bytes = start..spool.end();
        let mut write = |numbers: &mut dyn Iterator<Item = u64>, width: usize| -> Result<_> {
            let start = spool.end();
            loop {
                control.poll()?;
                bytes.clear();
                for number in numbers.take(POLL_NUMBERS) {
                    bytes.extend_from_slice(&number.to_le_bytes()[..width]);
                }
                if bytes.is_empty() {
                    return Ok(start..spool.end());
                }
                spool.append(&bytes)?;
            }
        };
        let bits = |local: &Local| u64::from(local.bits());
        let mut distinct = Distinct::new();
        self.terms.count_in(&mut distinct);
        Ok(SpooledBatch {
            spool: number,
            keys: self.order.len(),
            distinct,
            key_bytes,
            order: write(&mut self.order.iter().map(|&number| u64::from(number)), 4)?,
            inline: write(&mut self.terms.inline.iter().map(|id| id.raw()), 8)?,
            triples: write(&mut self.terms.triples.iter().flatten().map(bits), 4)?,
            rows: write(&mut self.rows.iter().flatten().map(bits), 4)?,
        })
    }
}

impl SpooledBatch {
    pub fn key_reader<'s>(&self, spools: &'s [Spool]) -> SpoolReader<'s> {
        self.reader(spools, &self.key_bytes)
    }

    fn reader<'s>(&self, spools: &'s [Spool], part: &Range<u64>) -> SpoolReader<'s> {
        SpoolReader::new(&spools[self.spool], part.clone())
    }

    pub fn order(&self, spools: &[Spool]) -> Result<Vec<u32>> {
        let mut reader = self.reader(spools, &self.order);
        (0..self.keys).map(|_| reader.u32()).collect()
    }

    pub fn inline(&self, spools: &[Spool]) -> Result<Vec<Id>> {
        let mut reader = self.reader(spools, &self.inline);
        let count = (self.inline.end - self.inline.start) / 8;
        (0..count).map(|_| reader.u64().map(Id::from_raw)).collect()
    }

    pub fn triples(&self, spools: &[Spool]) -> Result<Vec<[Local; 3]>> {
        let mut reader = self.reader(spools, &self.triples);
        let count = (self.triples.end - self.triples.start) / 12;
        (0..count)
            .map(|_| {
                Ok([
                    local(&mut reader)?,
                    local(&mut reader)?,
                    local(&mut reader)?,
                ])
            })
            .collect()
    }

    pub fn has_triples(&self) -> bool {
        !self.triples.is_empty()
    }

    /// Calls `row` for each statement.
    pub fn rows(
        &self,
        spools: &[Spool],
        mut row: impl FnMut(LocalQuad) -> Result<()>,
    ) -> Result<()> {
        let mut reader = self.reader(spools, &self.rows);
        while !reader.is_empty() {
            row([
                local(&mut reader)?,
                local(&mut reader)?,
                local(&mut reader)?,
                local(&mut reader)?,
            ])?;
        }
        Ok(())
    }
}

fn local(reader: &mut SpoolReader<'_>) -> Result<Local> {
    reader.u32().map(Local::from_bits)
}

fn shared_prefix(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// Walks the keys of a sealed batch in their order.
pub(super) enum KeyCursor<'b> {
    Memory {
        batch: &'b MemoryBatch,
        next: usize,
    },
    Spooled {
        reader: SpoolReader<'b>,
        key: Vec<u8>,
    },
}

impl<'b> KeyCursor<'b> {
    /// One of `cursors` that are read side by side.
    pub fn new(batch: &'b Sealed, spools: &'b [Spool], cursors: usize) -> Self {
        match batch {
            Sealed::Memory(batch) => KeyCursor::Memory { batch, next: 0 },
            Sealed::Spooled(batch) => KeyCursor::Spooled {
                reader: batch.key_reader(spools).among(cursors),
                key: Vec::new(),
            },
        }
    }

    /// Moves to the next key; false at the end. Errors: `Io`.
    pub fn advance(&mut self) -> Result<bool> {
        match self {
            KeyCursor::Memory { batch, next } => {
                *next += 1;
                Ok(*next <= batch.order.len())
            }
            KeyCursor::Spooled { reader, key } => {
                if reader.is_empty() {
                    return Ok(false);
                }
                let shared = reader.u32()? as usize;
                let length = reader.u32()? as usize;
                key.truncate(shared);
                key.extend_from_slice(reader.take(length)?);
                Ok(true)
            }
        }
    }

    /// The key that the last [`KeyCursor::advance`] moved to.
    #[inline]
    pub fn key(&self) -> &[u8] {
        match self {
            KeyCursor::Memory { batch, next } => batch.terms.key(batch.order[next - 1]),
            KeyCursor::Spooled { key, .. } => key,
        }
    }
}
