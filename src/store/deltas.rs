//! Deltas of the newest version (`run::Delta`): built in the background for sorts whose scans would have gained twice
//! what building takes, and dropped when the runs they stand for are not the newest any more.

use super::Shared;
use super::version::Version;
use crate::control::Control;
use crate::error::{Code, Result};
use crate::run::{Delta, Demand, Sort, Source};
use parking_lot::RwLock;
use std::sync::Arc;

/// The part of the store's memory that a delta of one sort may take.
const MEMORY_SHARE: usize = 16;
/// Smaller bases are merged as quickly as they are.
const BASE_ROWS_MIN: u64 = 64 << 10;
/// Rows of the base that were read from several runs before a delta is built, in sizes of the base.
const SCANS: u64 = 2;

/// One delta for each sort, shared by the versions of a store.
#[derive(Default)]
pub struct Deltas([Slot; Sort::COUNT]);

#[derive(Default)]
struct Slot {
    delta: RwLock<Option<Arc<Delta>>>,
    demand: Arc<Demand>,
}

impl Deltas {
    /// The delta of these runs, newest first, if there is one.
    pub fn of(&self, sort: Sort, sources: &[Source], epoch: u32) -> Option<Arc<Delta>> {
        let delta = self.0[sort.index()].delta.read();
        let delta = delta.as_ref()?;
        delta.is_of(sources, epoch).then(|| delta.clone())
    }

    pub fn demand(&self, sort: Sort) -> &Arc<Demand> {
        &self.0[sort.index()].demand
    }
}

impl Shared {
    /// Builds the deltas that are worth it, and drops those of the past. Errors: `Cancelled`, `CorruptBlock`.
    pub(super) fn build_deltas(&self, control: &Control) -> Result<()> {
        for sort in Sort::ALL {
            let version = self.published.read().clone();
            self.build_delta(&version, sort, false, control)?;
        }
        Ok(())
    }

    fn build_delta(
        &self,
        version: &Version,
        sort: Sort,
        is_forced: bool,
        control: &Control,
    ) -> Result<()> {
        let slot = &version.deltas.0[sort.index()];
        if slot.delta.read().is_none() && slot.demand.rows() == 0 && !is_forced {
            return Ok(());
        }
        let sources = version.sources(sort);
        if version.deltas.of(sort, &sources, version.epoch).is_some() {
            return Ok(());
        }
        *slot.delta.write() = None;
        let base_rows = version.disk[sort.index()]
            .last()
            .and_then(|run| run.sound_meta())
            .map_or(0, |meta| meta.rows);
        let is_due = base_rows >= BASE_ROWS_MIN && slot.demand.rows() >= SCANS * base_rows;
        if !(is_due || is_forced) || sources.len() < 2 {
            return Ok(());
        }
        slot.demand.meet();
        let limit = self.budget.limit() / MEMORY_SHARE;
        let memory = self.budget.child("delta", limit);
        let control = control.clone().with_memory(memory);
        match Delta::build(&sources, sort, version.epoch, &version.pages, &control) {
            Ok(delta) => *slot.delta.write() = delta.map(Arc::new),
            // Scans go on without.
            Err(error) if error.code() == Code::ResourceExhausted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Builds the deltas of all sorts, wanted or not.
    #[cfg(test)]
    pub(super) fn build_all_deltas(&self) {
        let version = self.published.read().clone();
        for sort in Sort::ALL {
            self.build_delta(&version, sort, true, &Control::new())
                .unwrap();
        }
    }
}
