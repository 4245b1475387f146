//! Sorted pieces of more rows than fit in memory, and their merge.

use super::row::{Key, Row, States};
use crate::codec::{BLOCK_ROWS, BlockReader, encode_block};
use crate::control::Control;
use crate::error::Result;
use crate::kv::{Spool, SpoolReader};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::ops::Range;

/// Where a piece lies in its spool.
pub type PiecePlace = Range<u64>;

/// Appends rows with strictly ascending keys to a spool, packed as blocks. Cost: 10-25 ns a row.
pub fn spool_rows(rows: &[Row], spool: &mut Spool, control: &Control) -> Result<PiecePlace> {
    let start = spool.end();
    let mut columns: [Vec<u64>; 4] = Default::default();
    let mut states = Vec::new();
    let mut bytes = Vec::new();
    for rows in rows.chunks(BLOCK_ROWS) {
        control.poll()?;
        for (index, column) in columns.iter_mut().enumerate() {
            column.clear();
            column.extend(rows.iter().map(|row| row.key[index]));
        }
        states.clear();
        states.extend(rows.iter().map(|row| row.states.0));
        bytes.clear();
        encode_block(columns.each_ref().map(Vec::as_slice), &states, &mut bytes)?;
        spool.append(&(bytes.len() as u32).to_le_bytes())?;
        spool.append(&bytes)?;
    }
    Ok(start..spool.end())
}

/// A sorted piece being read.
pub enum Piece<'s> {
    Memory { rows: Vec<Row>, next: usize },
    Spooled(SpooledPiece<'s>),
}

pub struct SpooledPiece<'s> {
    reader: SpoolReader<'s>,
    columns: [Vec<u64>; 4],
    states: Vec<u8>,
    next: usize,
}

impl<'s> Piece<'s> {
    pub fn memory(rows: Vec<Row>) -> Self {
        Piece::Memory { rows, next: 0 }
    }

    pub fn spooled(spool: &'s Spool, place: PiecePlace) -> Self {
        Piece::Spooled(SpooledPiece {
            reader: SpoolReader::new(spool, place),
            columns: Default::default(),
            states: Vec::new(),
            next: 0,
        })
    }

    #[inline]
    fn next(&mut self) -> Result<Option<Row>> {
        match self {
            Piece::Memory { rows, next } => {
                let row = rows.get(*next).copied();
                *next += 1;
                Ok(row)
            }
            Piece::Spooled(piece) => piece.next(),
        }
    }
}

impl SpooledPiece<'_> {
    #[inline]
    fn next(&mut self) -> Result<Option<Row>> {
        if self.next == self.states.len() {
            if self.reader.is_empty() {
                return Ok(None);
            }
            self.read_block()?;
        }
        let at = self.next;
        self.next += 1;
        Ok(Some(Row {
            key: [0, 1, 2, 3].map(|column| self.columns[column][at]),
            states: States(self.states[at]),
        }))
    }

    fn read_block(&mut self) -> Result<()> {
        let length = self.reader.u32()?;
        let block = BlockReader::open(self.reader.take(length as usize)?)?;
        for (index, column) in self.columns.iter_mut().enumerate() {
            column.resize(block.rows(), 0);
            block.column(index, 0..block.rows(), column);
        }
        self.states.resize(block.rows(), 0);
        block.states(0..block.rows(), &mut self.states);
        self.next = 0;
        Ok(())
    }
}

/// The rows of several pieces as one ascending stream; of rows with one key the one of the latest piece is
/// given and the others are left out. Cost: 10 ns a row for one or two pieces, log2(pieces) comparisons else.
pub struct PieceMerge<'s> {
    pieces: Vec<Piece<'s>>,
    /// The next row of each piece that has one, smallest key first, the latest piece first among equals.
    heads: BinaryHeap<Reverse<Head>>,
}

#[derive(Eq, PartialEq)]
struct Head {
    key: Key,
    piece: Reverse<usize>,
    states: States,
}

impl Ord for Head {
    #[inline]
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key
            .cmp(&other.key)
            .then_with(|| self.piece.cmp(&other.piece))
    }
}

impl PartialOrd for Head {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<'s> PieceMerge<'s> {
    /// `pieces` are in the order in which they were made.
    pub fn new(mut pieces: Vec<Piece<'s>>) -> Result<Self> {
        let mut heads = BinaryHeap::new();
        for (index, piece) in pieces.iter_mut().enumerate() {
            if let Some(row) = piece.next()? {
                heads.push(Reverse(head(row, index)));
            }
        }
        Ok(Self { pieces, heads })
    }

    #[inline]
    pub fn next(&mut self) -> Result<Option<Row>> {
        let Some(row) = self.pop()? else {
            return Ok(None);
        };
        while self
            .heads
            .peek()
            .is_some_and(|Reverse(head)| head.key == row.key)
        {
            self.pop()?;
        }
        Ok(Some(row))
    }

    #[inline]
    fn pop(&mut self) -> Result<Option<Row>> {
        let Some(mut top) = self.heads.peek_mut() else {
            return Ok(None);
        };
        let Reverse(Head {
            key,
            piece: Reverse(index),
            states,
        }) = *top;
        match self.pieces[index].next()? {
            Some(row) => *top = Reverse(head(row, index)),
            None => {
                PeekMut::pop(top);
            }
        }
        Ok(Some(Row { key, states }))
    }
}

#[inline]
fn head(row: Row, piece: usize) -> Head {
    Head {
        key: row.key,
        piece: Reverse(piece),
        states: row.states,
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::State;
    use super::*;
    use crate::kv::{Kv, Open, Options};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_merge_is_a_map_in_which_later_pieces_overwrite(
            pieces in prop::collection::vec(
                (any::<bool>(), prop::collection::btree_map((0u64..9, 0u64..9), any::<bool>(), 0..60)),
                0..6,
            ),
        ) {
            let options = Options { open: Open::Memory, ..Options::default() };
            let kv = Kv::open(std::path::Path::new("/memory"), &options).unwrap();
            let mut spool = kv.spool().unwrap();
            let mut model = BTreeMap::new();
            let mut parts = Vec::new();
            for (spooled, rows) in &pieces {
                let rows: Vec<Row> = rows
                    .iter()
                    .map(|(&(a, b), &insert)| Row {
                        key: [a, u64::MAX - 9 + b, 0, b],
                        states: match insert {
                            true => States::ASSERT,
                            false => States::new(State::Asserted, State::Absent),
                        },
                    })
                    .collect();
                model.extend(rows.iter().map(|row| (row.key, row.states)));
                parts.push(match spooled {
                    true => Err(spool_rows(&rows, &mut spool, &Control::new()).unwrap()),
                    false => Ok(rows),
                });
            }
            spool.flush().unwrap();
            let pieces = parts.into_iter().map(|part| match part {
                Ok(rows) => Piece::memory(rows),
                Err(place) => Piece::spooled(&spool, place),
            });
            let mut merge = PieceMerge::new(pieces.collect()).unwrap();
            let mut merged = Vec::new();
            while let Some(row) = merge.next().unwrap() {
                merged.push((row.key, row.states));
            }
            prop_assert_eq!(merged, model.into_iter().collect::<Vec<_>>());
        }
    }
}
