//! New triple terms of a bulk load (definition 11).
//!
//! Those that outgrow their memory are written as runs which only their writer sees, in every sort of triple terms,
//! and are installed with its commit. Dropping them gives up what was not installed.

use super::Shared;
use super::merge::due;
use super::version::{DiskRuns, Version};
use crate::control::{Charge, Control};
use crate::error::{Code, Result};
use crate::kv::WrittenExtent;
use crate::run::{DiskRun, Row, RunBuilder, Sort, States};
use crate::term::{Id, Tag};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Triple terms charged at a time, and the bytes of each while it is in memory and while it is written.
const CHARGED: usize = 1024;
const BYTES: usize = 160;

/// Gives triple terms their ids: those of the store, or new ones.
pub struct NewTriples {
    shared: Arc<Shared>,
    /// The commit they will belong to.
    seq: u64,
    /// Ids in memory by their parts: of new ones, and of some that the store has.
    known: FxHashMap<[Id; 3], Id>,
    known_max: usize,
    /// The new ones in memory, (s, p, o, t).
    rows: Vec<Row>,
    /// The others, newest first.
    written: DiskRuns,
    /// Of the runs written, those merged since included: someone may be reading them.
    extents: Vec<u64>,
    control: Control,
    charge: Charge,
}

impl NewTriples {
    /// For commit `seq`; at most about `bytes_max` are taken of the account of `control`.
    pub(super) fn new(
        shared: &Arc<Shared>,
        seq: u64,
        bytes_max: usize,
        control: &Control,
    ) -> Result<Self> {
        Ok(Self {
            shared: shared.clone(),
            seq,
            known: FxHashMap::default(),
            known_max: (bytes_max / BYTES).max(CHARGED),
            rows: Vec::new(),
            written: DiskRuns::default(),
            extents: Vec::new(),
            control: control.clone(),
            charge: control.charge(0)?,
        })
    }

    /// The id of the triple term with these parts; a new one gets the next number. `base` is what the writer sees, and
    /// sees from then on what is written here.
    /// Errors: `ResourceExhausted`, `Cancelled`, `QueryTimeout`, those of reading and writing.
    pub fn id(
        &mut self,
        parts: [Id; 3],
        base: &mut Arc<Version>,
        next_number: &mut u64,
    ) -> Result<Id> {
        if let Some(&id) = self.known.get(&parts) {
            return Ok(id);
        }
        if self.known.len().is_multiple_of(CHARGED) {
            self.control.poll()?;
            if !self.has_room()? {
                self.write(base)?;
            }
        }
        let found = match base.holds_triple_terms() {
            true => base.triple_term(parts, &self.control)?,
            false => None,
        };
        let id = found.unwrap_or_else(|| {
            let id = Id::new(Tag::Triple, *next_number);
            *next_number += 1;
            let [s, p, o] = parts;
            self.rows.push(Row {
                key: [s, p, o, id].map(Id::raw),
                states: States::ASSERT,
            });
            id
        });
        self.known.insert(parts, id);
        Ok(id)
    }

    /// Whether more may be kept in memory. Errors: `ResourceExhausted` where nothing is that could be written.
    fn has_room(&mut self) -> Result<bool> {
        if self.known.len() >= self.known_max {
            return Ok(false);
        }
        match self.charge.resize((self.known.len() + CHARGED) * BYTES) {
            Err(error) if error.code() == Code::ResourceExhausted && !self.known.is_empty() => {
                Ok(false)
            }
            other => other.map(|()| true),
        }
    }

    /// Writes what is in memory as runs that `base` has from then on. Nothing has changed if that fails.
    fn write(&mut self, base: &mut Arc<Version>) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let built = Sort::TERMS.map(|sort| self.build(&rows, sort, base.epoch));
        let ingested = built
            .into_iter()
            .filter_map(Result::transpose)
            .collect::<Result<Vec<_>>>()
            .and_then(|built| {
                let (runs, pages): (Vec<DiskRun>, Vec<WrittenExtent>) = built.into_iter().unzip();
                self.shared.ingest(pages).map(|()| runs)
            });
        let runs = match ingested {
            Ok(runs) => runs,
            Err(error) => {
                self.rows = rows;
                return Err(error);
            }
        };
        for run in runs {
            self.written[run.sort.index()].insert(0, Arc::new(run));
        }
        self.known = FxHashMap::default();
        self.charge.resize(CHARGED * BYTES)?;
        let merged = Sort::TERMS
            .into_iter()
            .try_for_each(|sort| self.merge(sort, base.epoch));
        self.show(Arc::make_mut(base));
        merged
    }

    fn build(
        &mut self,
        rows: &[Row],
        sort: Sort,
        epoch: u32,
    ) -> Result<Option<(DiskRun, WrittenExtent)>> {
        let extent = self.reserve_extent();
        RunBuilder::new(sort, self.shared.kv.page_file(extent)).build_sorted(rows, epoch, self.seq)
    }

    fn reserve_extent(&mut self) -> u64 {
        let extent = self.shared.reserve_extent();
        self.extents.push(extent);
        extent
    }

    /// Keeps the runs of a sort few, as those of the store are.
    fn merge(&mut self, sort: Sort, epoch: u32) -> Result<()> {
        let count = due(&self.written[sort.index()]);
        if count < 2 {
            return Ok(());
        }
        let extent = self.reserve_extent();
        let newest = &self.written[sort.index()][..count];
        let merged = self
            .shared
            .write_merged(sort, newest, epoch, extent, None, &self.control)?;
        if let Some((run, written)) = merged {
            self.shared.ingest(vec![written])?;
            self.written[sort.index()].splice(..count, [Arc::new(run)]);
        }
        Ok(())
    }

    /// Puts what is written above the runs of a version, in the place of what it has of them.
    fn show(&self, version: &mut Version) {
        let mut disk = (*version.disk).clone();
        for sort in Sort::TERMS {
            let runs = &mut disk[sort.index()];
            runs.retain(|run| run.last_seq < self.seq);
            runs.splice(..0, self.written[sort.index()].iter().cloned());
        }
        version.disk = Arc::new(disk);
    }

    /// The runs of all, and the pages of those that are not ingested yet. To be installed before this is dropped.
    /// Errors: those of writing.
    pub fn finish(&mut self, epoch: u32) -> Result<(Vec<Arc<DiskRun>>, Vec<WrittenExtent>)> {
        let rows = std::mem::take(&mut self.rows);
        let (mut runs, mut pages) = (Vec::new(), Vec::new());
        for sort in Sort::TERMS {
            runs.append(&mut self.written[sort.index()]);
            if rows.is_empty() {
                continue;
            }
            if let Some((run, written)) = self.build(&rows, sort, epoch)? {
                runs.push(Arc::new(run));
                pages.push(written);
            }
        }
        Ok((runs, pages))
    }
}

impl Drop for NewTriples {
    fn drop(&mut self) {
        self.shared.release_extents(self.extents.drain(..));
    }
}
