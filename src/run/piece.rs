//! Sorted pieces of more rows than fit in memory, and their merge.

use super::row::{Key, Row, States};
use crate::codec::{BlockReader, encode_block};
use crate::control::Control;
use crate::error::Result;
use crate::kv::{Kv, Spool, SpoolReader};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::ops::Range;
use std::sync::Arc;

/// Rows of a block of a piece: fewer than in a run, since one block of every piece is in memory at a time.
const PIECE_BLOCK_ROWS: usize = 1024;
/// So many pieces are merged into one as soon as they are there, so that the last merge has few.
const FAN_IN: usize = 64;

/// Pieces that were written, by how often their rows have been merged.
pub struct PieceSpool {
    kv: Arc<Kv>,
    levels: Vec<Level>,
}

struct Level {
    spool: Spool,
    places: Vec<Range<u64>>,
}

impl PieceSpool {
    pub fn new(kv: &Arc<Kv>) -> Self {
        Self {
            kv: kv.clone(),
            levels: Vec::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// Appends a piece: rows with strictly ascending keys. Cost: 10-25 ns a row, and as much each time that
    /// 64 times as many rows have been added. Errors: `Io`, `Cancelled`, `QueryTimeout`.
    pub fn push(&mut self, rows: &[Row], control: &Control) -> Result<()> {
        if self.levels.is_empty() {
            self.add_level()?;
        }
        let mut writer = PieceWriter::default();
        let level = &mut self.levels[0];
        let start = level.spool.end();
        for rows in rows.chunks(PIECE_BLOCK_ROWS) {
            writer.write(rows, &mut level.spool, control)?;
        }
        level.places.push(start..level.spool.end());
        let mut full = 0;
        while self.levels[full].places.len() == FAN_IN {
            self.merge_level(full, control)?;
            full += 1;
        }
        self.levels[0].spool.flush()
    }

    fn add_level(&mut self) -> Result<()> {
        self.levels.push(Level {
            spool: self.kv.spool()?,
            places: Vec::new(),
        });
        Ok(())
    }

    fn merge_level(&mut self, full: usize, control: &Control) -> Result<()> {
        if self.levels.len() == full + 1 {
            self.add_level()?;
        }
        self.levels[full].spool.flush()?;
        let (below, above) = self.levels.split_at_mut(full + 1);
        let (from, to) = (&mut below[full], &mut above[0]);
        let start = to.spool.end();
        {
            let mut writer = PieceWriter::default();
            let mut merge = PieceMerge::new(from.pieces(FAN_IN).collect())?;
            let mut rows = Vec::with_capacity(PIECE_BLOCK_ROWS);
            while let Some(row) = merge.next_row()? {
                rows.push(row);
                if rows.len() == PIECE_BLOCK_ROWS {
                    writer.write(&rows, &mut to.spool, control)?;
                    rows.clear();
                }
            }
            writer.write(&rows, &mut to.spool, control)?;
        }
        to.places.push(start..to.spool.end());
        to.spool.flush()?;
        // The disk space goes with the old spool.
        *from = Level {
            spool: self.kv.spool()?,
            places: Vec::new(),
        };
        Ok(())
    }

    /// The pieces, in the order in which their rows were added, for a merge with `others` more.
    pub fn pieces(&self, others: usize) -> Vec<Piece<'_>> {
        let count: usize = self.levels.iter().map(|level| level.places.len()).sum();
        let levels = self.levels.iter().rev();
        levels
            .flat_map(|level| level.pieces(count + others))
            .collect()
    }
}

impl Level {
    fn pieces(&self, readers: usize) -> impl Iterator<Item = Piece<'_>> {
        let places = self.places.iter();
        places.map(move |place| Piece::spooled(&self.spool, place.clone(), readers))
    }
}

/// Packs rows as blocks; keeps its buffers.
#[derive(Default)]
struct PieceWriter {
    columns: [Vec<u64>; 4],
    states: Vec<u8>,
    bytes: Vec<u8>,
}

impl PieceWriter {
    fn write(&mut self, rows: &[Row], spool: &mut Spool, control: &Control) -> Result<()> {
        control.poll()?;
        if rows.is_empty() {
            return Ok(());
        }
        for (index, column) in self.columns.iter_mut().enumerate() {
            column.clear();
            column.extend(rows.iter().map(|row| row.key[index]));
        }
        self.states.clear();
        self.states.extend(rows.iter().map(|row| row.states.0));
        self.bytes.clear();
        let columns = self.columns.each_ref().map(Vec::as_slice);
        encode_block(columns, &self.states, &mut self.bytes)?;
        spool.append(&(self.bytes.len() as u32).to_le_bytes())?;
        spool.append(&self.bytes)
    }
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

    fn spooled(spool: &'s Spool, place: Range<u64>, readers: usize) -> Self {
        Piece::Spooled(SpooledPiece {
            reader: SpoolReader::new(spool, place).among(readers),
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
    pub fn next_row(&mut self) -> Result<Option<Row>> {
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

    fn memory() -> Arc<Kv> {
        let options = Options {
            open: Open::Memory,
            ..Options::default()
        };
        Arc::new(Kv::open(std::path::Path::new("/memory"), &options).unwrap())
    }

    fn row(key: [u64; 4], insert: bool) -> Row {
        Row {
            key,
            states: match insert {
                true => States::ASSERT,
                false => States::new(State::Asserted, State::Absent),
            },
        }
    }

    fn merged(pieces: Vec<Piece<'_>>) -> Vec<(Key, States)> {
        let mut merge = PieceMerge::new(pieces).unwrap();
        let mut merged = Vec::new();
        while let Some(row) = merge.next_row().unwrap() {
            merged.push((row.key, row.states));
        }
        merged
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_merge_is_a_map_in_which_later_pieces_overwrite(
            pieces in prop::collection::vec(
                prop::collection::btree_map((0u64..9, 0u64..9), any::<bool>(), 0..60),
                0..150,
            ),
            last in prop::collection::btree_map((0u64..9, 0u64..9), any::<bool>(), 0..60),
        ) {
            let kv = memory();
            let mut spool = PieceSpool::new(&kv);
            let mut model = BTreeMap::new();
            let mut rows = |piece: &BTreeMap<(u64, u64), bool>| {
                let rows: Vec<Row> = piece
                    .iter()
                    .map(|(&(a, b), &insert)| row([a, u64::MAX - 9 + b, 0, b], insert))
                    .collect();
                model.extend(rows.iter().map(|row| (row.key, row.states)));
                rows
            };
            for piece in &pieces {
                spool.push(&rows(piece), &Control::new()).unwrap();
            }
            let last = rows(&last);
            let mut all = spool.pieces(1);
            prop_assert!(all.len() < FAN_IN + 2);
            all.push(Piece::memory(last));
            prop_assert_eq!(merged(all), model.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn long_pieces_have_many_blocks() {
        let kv = memory();
        let mut spool = PieceSpool::new(&kv);
        let rows = |from: u64| -> Vec<Row> {
            let keys = (from..30_000).step_by(3);
            keys.map(|n| row([n / 1000, n, n % 7, 0], true)).collect()
        };
        for from in [2, 0, 1] {
            spool.push(&rows(from), &Control::new()).unwrap();
        }
        let merged = merged(spool.pieces(0));
        assert_eq!(merged.len(), 30_000);
        assert!(merged.iter().zip(0..).all(|(row, n)| row.0[1] == n));
    }
}
