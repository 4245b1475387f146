//! From the rows of all batches to sorted pieces with the ids of the store.

use super::batch::{LocalQuad, Sealed};
use super::terms::{Kind, Local};
use super::vocabulary::IdColumn;
use crate::control::{Charge, Control, joined};
use crate::error::Result;
use crate::kv::{Kv, Spool};
use crate::run::{Piece, PieceMerge, PieceSpool, Row, States};
use crate::store::{NewTriples, Version};
use crate::term::Id;
use parking_lot::Mutex;
use std::sync::Arc;
use std::thread;

/// Rows a buffer begins with.
const ROWS_FIRST: usize = 1 << 14;
/// Rows between two polls.
const POLL_ROWS: usize = 1 << 14;

/// Sorted pieces, equal rows within one left out.
#[derive(Default)]
pub(super) struct Pieces {
    memory: Vec<Vec<Row>>,
    spooled: Vec<PieceSpool>,
    charges: Vec<Charge>,
}

impl Pieces {
    /// All pieces as one stream of distinct rows. The pieces in memory move into it.
    pub fn merge(&mut self) -> Result<PieceMerge<'_>> {
        let mut pieces: Vec<Piece<'_>> = Vec::new();
        // Every thread has about as many.
        let threads = self.spooled.len();
        for spool in &self.spooled {
            pieces.extend(spool.pieces(threads));
        }
        pieces.extend(self.memory.drain(..).map(Piece::memory));
        PieceMerge::new(pieces)
    }
}

/// What the rows of batches are made with.
pub(super) struct Ids<'i> {
    /// The ids of the keys of each batch, in the order of the keys.
    pub columns: Vec<IdColumn>,
    pub spool: &'i Option<Spool>,
    pub triples: &'i Mutex<TripleIds>,
}

/// Ids of the triple terms of a load.
pub(super) struct TripleIds {
    /// What the load is added to, and what of its triple terms is written.
    pub base: Arc<Version>,
    pub new: NewTriples,
    pub next_number: u64,
}

impl TripleIds {
    fn id(&mut self, parts: [Id; 3]) -> Result<Id> {
        self.new.id(parts, &mut self.base, &mut self.next_number)
    }
}

/// Sorts the rows of all batches, on `threads` threads, in buffers of at most `bytes_max` bytes together.
pub(super) fn sort_rows(
    batches: Vec<Sealed>,
    spools: &[Spool],
    ids: Ids<'_>,
    threads: usize,
    bytes_max: usize,
    kv: &Arc<Kv>,
    control: &Control,
) -> Result<Pieces> {
    let threads = threads.min(batches.len()).max(1);
    let rows_max = (bytes_max / threads / size_of::<Row>()).max(ROWS_FIRST);
    let (spool, triples) = (ids.spool, ids.triples);
    let queue = Mutex::new(batches.into_iter().zip(ids.columns).collect::<Vec<_>>());
    let work = || -> Result<Sorter<'_>> {
        let mut sorter = Sorter::new(rows_max, kv, control)?;
        loop {
            let Some((batch, column)) = queue.lock().pop() else {
                sorter.sort();
                return Ok(sorter);
            };
            let by_order = column.read(spool)?;
            add_batch(batch, spools, by_order, triples, &mut sorter)?;
        }
    };
    let sorters: Vec<Result<Sorter<'_>>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|t| joined(t.join())).collect()
    });
    let mut pieces = Pieces::default();
    for sorter in sorters {
        let sorter = sorter?;
        if !sorter.rows.is_empty() {
            pieces.memory.push(sorter.rows);
            pieces.charges.push(sorter.charge);
        }
        pieces.spooled.push(sorter.spooled);
    }
    Ok(pieces)
}

fn add_batch(
    batch: Sealed,
    spools: &[Spool],
    by_order: Vec<Id>,
    triples: &Mutex<TripleIds>,
    sorter: &mut Sorter<'_>,
) -> Result<()> {
    match batch {
        Sealed::Memory(batch) => {
            let ids = BatchIds::new(
                &batch.order,
                by_order,
                batch.terms.inline,
                &batch.terms.triples,
                triples,
            )?;
            for &row in &batch.rows {
                sorter.push(ids.row(row))?;
            }
        }
        Sealed::Spooled(batch) => {
            let parts = match batch.has_triples() {
                true => batch.triples(spools)?,
                false => Vec::new(),
            };
            let inline = batch.inline(spools)?;
            let ids = BatchIds::new(&batch.order(spools)?, by_order, inline, &parts, triples)?;
            batch.rows(spools, |row| sorter.push(ids.row(row)))?;
        }
    }
    Ok(())
}

/// The ids of the terms of one batch, by their numbers.
struct BatchIds {
    keys: Vec<Id>,
    inline: Vec<Id>,
    triples: Vec<Id>,
}

impl BatchIds {
    fn new(
        order: &[u32],
        by_order: Vec<Id>,
        inline: Vec<Id>,
        parts: &[[Local; 3]],
        triples: &Mutex<TripleIds>,
    ) -> Result<Self> {
        let mut keys = vec![Id::UNBOUND; by_order.len()];
        for (&number, id) in order.iter().zip(by_order) {
            keys[number as usize] = id;
        }
        let mut ids = Self {
            keys,
            inline,
            triples: Vec::with_capacity(parts.len()),
        };
        if !parts.is_empty() {
            let mut triples = triples.lock();
            for parts in parts {
                let id = triples.id(parts.map(|part| ids.id(part)))?;
                ids.triples.push(id);
            }
        }
        Ok(ids)
    }

    #[inline]
    fn id(&self, local: Local) -> Id {
        match local.kind() {
            Kind::Key(number) => self.keys[number as usize],
            Kind::Inline(number) => self.inline[number as usize],
            Kind::Triple(number) => self.triples[number as usize],
            Kind::None => Id::DEFAULT_GRAPH,
        }
    }

    #[inline]
    fn row(&self, row: LocalQuad) -> Row {
        Row {
            key: row.map(|local| self.id(local).raw()),
            states: States::ASSERT,
        }
    }
}

/// Fills, sorts and spools the buffer of one thread.
struct Sorter<'s> {
    control: &'s Control,
    rows: Vec<Row>,
    rows_max: usize,
    charge: Charge,
    spooled: PieceSpool,
}

impl<'s> Sorter<'s> {
    fn new(rows_max: usize, kv: &Arc<Kv>, control: &'s Control) -> Result<Self> {
        Ok(Self {
            control,
            rows: Vec::new(),
            rows_max,
            charge: control.charge(0)?,
            spooled: PieceSpool::new(kv),
        })
    }

    #[inline]
    fn push(&mut self, row: Row) -> Result<()> {
        if self.rows.len() == self.rows.capacity() {
            self.make_room()?;
        }
        if self.rows.len().is_multiple_of(POLL_ROWS) {
            self.control.poll()?;
        }
        self.rows.push(row);
        Ok(())
    }

    #[cold]
    fn make_room(&mut self) -> Result<()> {
        if self.rows.len() >= self.rows_max {
            self.sort();
            self.spooled.push(&self.rows, self.control)?;
            self.rows.clear();
            return Ok(());
        }
        let rows = (2 * self.rows.len()).clamp(ROWS_FIRST, self.rows_max);
        self.charge.resize(rows * size_of::<Row>())?;
        self.rows.reserve_exact(rows - self.rows.len());
        Ok(())
    }

    fn sort(&mut self) {
        self.rows.sort_unstable_by_key(|row| row.key);
        self.rows.dedup_by_key(|row| row.key);
    }
}
