//! Overflow: rows that found no room in a state are divided among parts on disk by the hash of their key, and worked part by
//! part once the state is empty again. Rows of one key are in one part.
//!
//! A part whose rows find no room either is divided again, by other bits. That ends: a state that is empty has room for
//! some keys, and rows of a key that is in the state need none.

use super::operator::{Runtime, SpillCharge};
use super::spool::{Part, PartReader, PartWriter, RowSpool};
use crate::control::Charge;
use crate::error::Result;
use std::sync::Arc;

/// Parts that rows are divided among at a time.
pub const PARTS: usize = 16;

/// The hash of a key. All bits depend on all values.
#[inline]
pub fn hash(key: impl IntoIterator<Item = u64>) -> u64 {
    let mixed = key.into_iter().fold(0_u64, |hash, value| {
        (hash.rotate_left(26) ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    });
    mixed ^ mixed >> 32
}

/// The part of a hash at a level; levels divide by different bits.
#[inline]
fn part_of(hash: u64, level: u32) -> usize {
    let salted = (hash ^ u64::from(level).wrapping_mul(0xD6E8_FEB8_6659_FD93))
        .wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((salted >> 32) as usize * PARTS) >> 32
}

/// Rows being divided.
pub struct Partitions {
    spool: RowSpool,
    writers: Vec<PartWriter>,
    level: u32,
    _buffer: Charge,
}

impl Partitions {
    /// Errors: `Io`, `ResourceExhausted`.
    pub fn new(
        runtime: &Arc<Runtime>,
        width: usize,
        level: u32,
        memory: &mut SpillCharge,
    ) -> Result<Self> {
        let buffer = memory.buffer()?;
        let writer = || PartWriter::new(width, buffer.bytes() / PARTS);
        Ok(Self {
            spool: RowSpool::new(runtime)?,
            writers: std::iter::repeat_with(writer).take(PARTS).collect(),
            level,
            _buffer: buffer,
        })
    }

    /// The part of a hash.
    #[inline]
    pub fn part_of(&self, hash: u64) -> usize {
        part_of(hash, self.level)
    }

    /// Errors: those of [`RowSpool::write`].
    #[inline]
    pub fn push(&mut self, hash: u64, row: impl IntoIterator<Item = u64>) -> Result<()> {
        let part = self.part_of(hash);
        self.writers[part].push(row, &mut self.spool)
    }

    /// All parts, empty ones too. Errors: those of [`RowSpool::write`].
    pub fn finish(mut self) -> Result<(Arc<RowSpool>, Vec<Part>)> {
        let mut parts = Vec::with_capacity(PARTS);
        for writer in &mut self.writers {
            parts.push(writer.finish(&mut self.spool)?);
        }
        Ok((Arc::new(self.spool), parts))
    }
}

/// Rows of one state that wait on disk.
pub struct Overflow {
    runtime: Arc<Runtime>,
    width: usize,
    /// How often the rows at hand have been divided.
    level: u32,
    open: Option<Partitions>,
    waiting: Vec<(PartReader, u32)>,
}

impl Overflow {
    /// Of rows with `width` values.
    pub fn new(runtime: &Arc<Runtime>, width: usize) -> Self {
        Self {
            runtime: runtime.clone(),
            width,
            level: 0,
            open: None,
            waiting: Vec::new(),
        }
    }

    /// Puts a row away. `hash` is that of its key, `memory` that of the state that has no room for it.
    /// Errors: those of [`RowSpool::write`].
    pub fn push(
        &mut self,
        hash: u64,
        row: impl IntoIterator<Item = u64>,
        memory: &mut SpillCharge,
    ) -> Result<()> {
        let open = match &mut self.open {
            Some(open) => open,
            none => none.insert(Partitions::new(
                &self.runtime,
                self.width,
                self.level,
                memory,
            )?),
        };
        open.push(hash, row)
    }

    /// The next part, for a state that has been emptied; `None` if no row waits. Errors: those of [`RowSpool::write`].
    pub fn next(&mut self) -> Result<Option<PartReader>> {
        if let Some(open) = self.open.take() {
            let (spool, parts) = open.finish()?;
            let parts = parts.into_iter().filter(|part| part.rows() > 0);
            self.waiting.extend(parts.map(|part| {
                let reader = PartReader::new(&spool, part, self.width);
                (reader, self.level + 1)
            }));
        }
        Ok(self.waiting.pop().map(|(reader, level)| {
            self.level = level;
            reader
        }))
    }
}
