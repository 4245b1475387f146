//! Layers: what a transaction has changed so far, as runs over the version it is based on.
//!
//! A layer holds rows (before, after) against everything below it, so layers merge like runs and the states of one
//! that stands for all are net over the transaction. Layers that outgrow the transaction's memory are written to
//! extents that no root names: they go with the transaction, or with a crash.

use super::Shared;
use super::changes::{net_row, states_of};
use super::commit::Transaction;
use super::install::{InstalledCommit, Written};
use super::merge::merge_rows;
use super::spill::{Terms, merged_rows};
use super::version::Version;
use crate::control::{Charge, Control};
use crate::error::{Code, Error, Result};
use crate::kv::WrittenExtent;
use crate::run::{
    BYTES_PER_BUFFERED_ROW, Counts, DiskRun, Key, MemRun, PieceMerge, QuadRuns, Row, RunBuilder,
    Sort, Source, State, States,
};
use crate::vocab::Tail;
use std::sync::Arc;

/// Changes whose states are looked up at a time.
const PROBED_CHANGES: usize = 1 << 16;
/// More layers on disk than this slow readers; they are merged.
const DISK_LAYERS_MAX: usize = 4;
/// Rows written between two polls.
const POLL_ROWS: usize = 4096;

/// How many asserted quads came and went.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Changed {
    pub inserted: u64,
    pub deleted: u64,
}

impl Changed {
    fn count(&mut self, states: States) {
        let asserted = State::Asserted as u8;
        self.inserted += u64::from(states.after() == asserted);
        self.deleted += u64::from(states.before() == asserted);
    }
}

type DiskRuns = [Option<Arc<DiskRun>>; Sort::COUNT];

/// See the module.
#[derive(Clone)]
pub struct Layer {
    runs: Runs,
    counts: Counts,
    changed: Changed,
}

#[derive(Clone)]
enum Runs {
    Memory {
        run: Arc<MemRun>,
        _charge: Arc<Charge>,
    },
    Disk(Arc<DiskRuns>),
}

impl Layer {
    fn in_memory(run: MemRun, charge: Charge) -> Self {
        let mut changed = Changed::default();
        let rows = run.rows(Sort::Spog);
        rows.iter().for_each(|row| changed.count(row.states));
        Self {
            counts: run.counts(),
            changed,
            runs: Runs::Memory {
                run: Arc::new(run),
                _charge: Arc::new(charge),
            },
        }
    }

    fn on_disk(runs: DiskRuns, changed: Changed) -> Self {
        let spog = runs[Sort::Spog.index()].as_ref();
        Self {
            counts: spog
                .and_then(|run| run.sound_meta())
                .map_or_else(Counts::default, |meta| meta.counts),
            changed,
            runs: Runs::Disk(Arc::new(runs)),
        }
    }

    /// Its run in a sort, if it has rows there.
    pub(super) fn source(&self, sort: Sort) -> Option<Source> {
        match &self.runs {
            Runs::Memory { run, .. } if run.rows(sort).is_empty() => None,
            Runs::Memory { run, .. } => Some(Source::Memory {
                run: run.clone(),
                sort,
            }),
            Runs::Disk(runs) => runs[sort.index()].clone().map(Source::Disk),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) fn changed(&self) -> Changed {
        self.changed
    }

    pub(super) fn memory(&self) -> Option<&Arc<MemRun>> {
        match &self.runs {
            Runs::Memory { run, .. } => Some(run),
            Runs::Disk(_) => None,
        }
    }

    fn disk(&self) -> Option<&Arc<DiskRuns>> {
        match &self.runs {
            Runs::Memory { .. } => None,
            Runs::Disk(runs) => Some(runs),
        }
    }

    /// Whether it is the same layer, not one that is equal.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (&self.runs, &other.runs) {
            (Runs::Memory { run, .. }, Runs::Memory { run: other, .. }) => Arc::ptr_eq(run, other),
            (Runs::Disk(runs), Runs::Disk(others)) => Arc::ptr_eq(runs, others),
            _ => false,
        }
    }

    fn memory_bytes(&self) -> usize {
        self.memory().map_or(0, |run| run.heap_bytes())
    }
}

impl Transaction {
    /// Makes the changes so far a layer. Errors: those of reading and of spilling, after which the transaction must
    /// be rolled back.
    pub(super) fn freeze(&mut self) -> Result<()> {
        if self.changes.is_incomplete() {
            return Err(incomplete());
        }
        if self.changes.is_empty() && self.new_triples.is_empty() {
            return Ok(());
        }
        let layer = match self.changes.is_spooled() {
            true => self.spooled_layer()?,
            false => {
                let rows = self.net_rows()?;
                let triples = self.take_triple_terms();
                if rows.is_empty() && triples.is_empty() {
                    self.changes.clear()?;
                    return Ok(());
                }
                let run = MemRun::new(rows, triples, self.base.seq + 1, self.base.epoch);
                let charge = self.changes.take_charge(run.heap_bytes(), &self.control)?;
                Layer::in_memory(run, charge)
            }
        };
        self.triples_charge.resize(0)?;
        self.layers.push(layer);
        self.merge_newest()?;
        // What the next changes are compared with.
        self.restage();
        Ok(())
    }

    /// Makes the new triple terms so far a layer, so that they can go to disk. Changes of quads stay as they are: which
    /// of several of one quad counts is judged over all of them. Errors: as [`Transaction::freeze`].
    pub(super) fn freeze_triples(&mut self) -> Result<()> {
        let triples = self.take_triple_terms();
        let run = MemRun::new(Vec::new(), triples, self.base.seq + 1, self.base.epoch);
        self.triples_charge.resize(0)?;
        let charge = self.control.charge(run.heap_bytes())?;
        self.layers.push(Layer::in_memory(run, charge));
        self.settle()?;
        self.restage();
        Ok(())
    }

    /// The first layer that is not below a savepoint.
    fn floor(&self) -> usize {
        self.floors.last().copied().unwrap_or(0)
    }

    /// Merges the newest layers in memory while they are of similar size: a row is copied once per doubling.
    fn merge_newest(&mut self) -> Result<()> {
        while let [.., older, newer] = &self.layers[self.floor()..]
            && let (Some(older), Some(newer)) = (older.memory(), newer.memory())
            && older.len() <= 2 * newer.len()
        {
            self.control.poll()?;
            let run = MemRun::merge(older, newer);
            let charge = self.control.charge(run.heap_bytes())?;
            self.layers.truncate(self.layers.len() - 2);
            self.layers.push(Layer::in_memory(run, charge));
        }
        Ok(())
    }

    /// Keeps what layers take within the transaction's share, and their number small: for those who read on.
    pub(super) fn settle(&mut self) -> Result<()> {
        let limit = self.control.memory().limit();
        let limit = limit.min(self.shared.budget.limit()) / 4;
        let floor = self.floor();
        let held: usize = self.layers.iter().map(Layer::memory_bytes).sum();
        if held > limit {
            self.write_memory()?;
        }
        let on_disk = |layer: &&Layer| layer.disk().is_some();
        if self.layers[floor..].iter().filter(on_disk).count() > DISK_LAYERS_MAX {
            self.merge_from(floor)?;
        }
        Ok(())
    }

    /// Makes all layers above the newest savepoint one. Errors: as [`Transaction::freeze`].
    pub(super) fn merge_layers(&mut self) -> Result<()> {
        let floor = self.floor();
        if self.layers[floor..]
            .iter()
            .all(|layer| layer.memory().is_some())
        {
            while let [.., older, newer] = &self.layers[floor..]
                && let (Some(older), Some(newer)) = (older.memory(), newer.memory())
            {
                self.control.poll()?;
                let run = MemRun::merge(older, newer);
                // The rows of both are still held.
                let charge = self.control.charge(run.heap_bytes())?;
                self.layers.truncate(self.layers.len() - 2);
                self.layers.push(Layer::in_memory(run, charge));
            }
            return Ok(());
        }
        self.merge_from(floor)
    }

    /// Merges layers, of which some are on disk, into one on disk.
    fn merge_from(&mut self, floor: usize) -> Result<()> {
        // Those in memory are written first, from the newest on.
        while let Some(last) = self.layers[floor..]
            .iter()
            .rposition(|l| l.memory().is_some())
        {
            let upto = &self.layers[floor..=floor + last];
            let count = upto
                .iter()
                .rev()
                .take_while(|l| l.memory().is_some())
                .count();
            self.write_between(floor + last + 1 - count, count)?;
        }
        if self.layers.len() - floor < 2 {
            return Ok(());
        }
        let merged: Vec<Arc<DiskRuns>> = self.layers[floor..]
            .iter()
            .rev()
            .filter_map(|layer| layer.disk().cloned())
            .collect();
        let (pages, epoch, control) = (
            self.base.pages.clone(),
            self.base.epoch,
            self.control.clone(),
        );
        let layer = self.write_layer(|sort, builder, changed| {
            let runs = merged.iter().filter_map(|runs| runs[sort.index()].clone());
            let runs: Vec<Arc<DiskRun>> = runs.collect();
            merge_rows(&runs, &pages, epoch, &control, |row| {
                if sort == Sort::Spog {
                    changed.count(row.states);
                }
                builder.push(row)
            })
        })?;
        let replaced = self.layers.split_off(floor);
        self.layers.push(layer);
        self.retire(&replaced);
        Ok(())
    }

    /// Makes the newest layers in memory one on disk.
    pub(super) fn write_memory(&mut self) -> Result<()> {
        let above = self.layers[self.floor()..].iter().rev();
        let count = above.take_while(|layer| layer.memory().is_some()).count();
        self.write_between(self.layers.len() - count, count)
    }

    /// Writes neighbouring layers in memory as one on disk.
    fn write_between(&mut self, first: usize, count: usize) -> Result<()> {
        if count == 0 {
            return Ok(());
        }
        let runs: Vec<Arc<MemRun>> = self.layers[first..first + count]
            .iter()
            .filter_map(|layer| layer.memory().cloned())
            .collect();
        let (epoch, control) = (self.base.epoch, self.control.clone());
        let layer = self.write_layer(|sort, builder, changed| {
            for (written, row) in merged_rows(&runs, sort, epoch).into_iter().enumerate() {
                if written % POLL_ROWS == 0 {
                    control.poll()?;
                }
                if sort == Sort::Spog {
                    changed.count(row.states);
                }
                builder.push(row)?;
            }
            Ok(())
        })?;
        self.layers.splice(first..first + count, [layer]);
        Ok(())
    }

    /// A layer on disk of the rows that `push` gives for each sort.
    fn write_layer(
        &mut self,
        mut push: impl FnMut(Sort, &mut RunBuilder<'_>, &mut Changed) -> Result<()>,
    ) -> Result<Layer> {
        let shared = self.shared.clone();
        let (epoch, seq) = (self.base.epoch, self.base.seq + 1);
        let mut changed = Changed::default();
        let mut runs = Vec::new();
        for sort in Sort::ALL {
            let file = shared.kv.page_file(self.reserve_extent());
            let mut builder = RunBuilder::new(sort, file);
            push(sort, &mut builder, &mut changed)?;
            runs.extend(builder.finish(epoch, seq, seq)?);
        }
        Ok(Layer::on_disk(self.ingested(runs)?, changed))
    }

    /// A layer on disk of changes that were spooled.
    fn spooled_layer(&mut self) -> Result<Layer> {
        let (shared, control, view) =
            (self.shared.clone(), self.control.clone(), self.view.clone());
        let (epoch, seq) = (self.base.epoch, self.base.seq + 1);
        let files = [0; 5].map(|_| shared.kv.page_file(self.reserve_extent()));
        let limit = control.memory().limit().min(shared.budget.limit());
        let rows_max = limit / 4 / BYTES_PER_BUFFERED_ROW;
        let mut quads = QuadRuns::new(&shared.kv, files, rows_max, &control)?;
        let mut changed = Changed::default();
        self.changes.take_all(|pieces| {
            let mut merge = PieceMerge::new(pieces)?;
            view.push_changes(&mut merge, &mut quads, &mut changed, &control)
        })?;
        let mut runs = quads.finish(epoch, seq, seq)?;
        let triple_terms: Vec<Row> = self.take_triple_terms();
        for sort in Sort::TERMS {
            let file = shared.kv.page_file(self.reserve_extent());
            let builder = RunBuilder::new(sort, file);
            runs.extend(builder.build_sorted(&triple_terms, epoch, seq)?);
        }
        Ok(Layer::on_disk(self.ingested(runs)?, changed))
    }

    /// An extent that goes with the transaction unless it is installed.
    fn reserve_extent(&mut self) -> u64 {
        let extent = self.shared.reserve_extent();
        self.extents.push(extent);
        extent
    }

    /// Makes written runs readable.
    fn ingested(&mut self, written: Vec<(DiskRun, WrittenExtent)>) -> Result<DiskRuns> {
        let mut runs = DiskRuns::default();
        let mut pages = Vec::with_capacity(written.len());
        for (run, written) in written {
            pages.push(written);
            let sort = run.sort.index();
            runs[sort] = Some(Arc::new(run));
        }
        self.shared.ingest(pages)?;
        Ok(runs)
    }

    /// Installs the only layer, which is on disk, as commit `seq`.
    pub(super) fn install_layer(&mut self, seq: u64) -> Result<()> {
        let Some(layer) = self.layers.first() else {
            return Ok(());
        };
        let commit = InstalledCommit {
            seq,
            counts: layer.counts(),
            watermark: self.tail.end(),
            next_number: self.next_number,
        };
        let runs = layer.disk().into_iter().flat_map(|runs| runs.iter());
        let runs = runs.flatten().cloned().collect();
        let written = Written {
            commit,
            runs,
            segments: self.new_terms.take_written(),
        };
        self.shared
            .install_written(written, &self.tail, &self.control)?;
        // What was added to the tail is the commit's from here on.
        self.mark = u64::MAX;
        Ok(())
    }

    /// Gives up the extents of layers that others stand for. Cursors may still read them.
    pub(super) fn retire(&mut self, replaced: &[Layer]) {
        let runs = replaced.iter().filter_map(Layer::disk);
        let runs: Vec<Arc<DiskRun>> = runs
            .flat_map(|runs| runs.iter().flatten().cloned())
            .collect();
        self.extents
            .retain(|extent| runs.iter().all(|run| run.extent != *extent));
        self.shared.retire_reserved(runs);
    }
}

impl Version {
    /// Pushes the rows by which changes, in the order of their keys, differ from this version: an insertion is a row
    /// from absent to asserted, a deletion the reverse. Counts them.
    /// Errors: those of reading and writing, `Cancelled`, `QueryTimeout`, `ResourceExhausted`.
    pub fn push_changes(
        &self,
        changes: &mut PieceMerge<'_>,
        quads: &mut QuadRuns<'_>,
        changed: &mut Changed,
        control: &Control,
    ) -> Result<()> {
        let is_empty = self.sources(Sort::Spog).is_empty();
        let mut keys: Vec<Key> = Vec::new();
        let mut inserts: Vec<bool> = Vec::new();
        let mut states: Vec<State> = Vec::new();
        loop {
            keys.clear();
            inserts.clear();
            while keys.len() < PROBED_CHANGES
                && let Some(row) = changes.next_row()?
            {
                keys.push(row.key);
                inserts.push(row.states == states_of(true));
            }
            if keys.is_empty() {
                return Ok(());
            }
            match is_empty {
                true => {
                    states.clear();
                    states.resize(keys.len(), State::Absent);
                }
                false => self.states(&keys, &mut states, control)?,
            }
            for ((&key, &insert), &before) in keys.iter().zip(&inserts).zip(&states) {
                if let Some(row) = net_row((key, insert), before) {
                    changed.count(row.states);
                    quads.push(row)?;
                }
            }
        }
    }
}

impl Shared {
    /// Installs a commit of which something is on disk, and with it a spill of what is in memory: runs in memory
    /// must not be older than runs on disk. The caller holds the gate; the commit's new terms are the last of `tail`.
    fn install_written(&self, written: Written, tail: &Arc<Tail>, control: &Control) -> Result<()> {
        self.finish_spill(control)?;
        // No one else starts a spill: that takes the gate.
        let _spilling = self.spilling.lock();
        let memory = self.published.read().memory.clone();
        let seq = written.commit.seq;
        let terms = Terms::up_to(tail, tail.end());
        self.write_runs(&memory, Some(terms), seq, Some(written), control)
    }
}

#[cold]
fn incomplete() -> Error {
    Error::new(
        Code::TransactionEnded,
        "changes of the transaction were lost by an earlier error; it can only be rolled back",
    )
}
