//! Spilling: runs and terms from memory to disk.

use super::Shared;
use super::install::{Install, InstalledCommit, NewSegment};
use crate::control::Control;
use crate::error::Result;
use crate::kv::WrittenExtent;
use crate::run::{MemRun, Row, RunBuilder, Sort, merge_sorted};
use crate::vocab::{self, Tail};
use std::sync::Arc;

/// Rows written between two polls.
const POLL_ROWS: usize = 4096;

impl Shared {
    /// Spills what was rotated out, if anything was. Errors: those of writing; the store stays as it was.
    pub(super) fn spill(&self, control: &Control) -> Result<()> {
        let _spilling = self.spilling.lock();
        let Some(cut) = self.head.lock().spill_cut else {
            return Ok(());
        };
        // The last commit before the cut may still be on its way to the log.
        self.write_log(cut)?;
        let version = self.published.read().clone();
        let runs: Vec<Arc<MemRun>> = version
            .memory
            .iter()
            .filter(|run| run.last_seq <= cut)
            .cloned()
            .collect();
        let tail = version.vocabulary.oldest_tail().clone();
        self.write_runs(&runs, &tail, cut, None, control)
    }

    /// Writes runs (oldest first) and a frozen tail, and installs them in their place up to commit `cut`.
    /// The caller holds the spill lock.
    pub(super) fn write_runs(
        &self,
        runs: &[Arc<MemRun>],
        tail: &Tail,
        cut: u64,
        commit: Option<InstalledCommit>,
        control: &Control,
    ) -> Result<()> {
        let epoch = self.published.read().epoch;
        let mut pages = Vec::new();
        let mut reserved = Vec::new();
        let mut install = Install {
            spilled: Some(cut),
            commit,
            ..Install::default()
        };
        let built = (|| {
            for sort in Sort::ALL {
                let rows = merged_rows(runs, sort, epoch);
                if rows.is_empty() {
                    continue;
                }
                let extent = self.reserve_extent();
                reserved.push(extent);
                let mut builder = RunBuilder::new(sort, self.kv.page_file(extent));
                for (written, &row) in rows.iter().enumerate() {
                    if written % POLL_ROWS == 0 {
                        control.poll()?;
                    }
                    builder.push(row)?;
                }
                let first_seq = runs.first().map_or(cut, |run| run.first_seq);
                if let Some((run, written)) = builder.finish(epoch, first_seq, cut)? {
                    install.runs.push(run);
                    pages.push(written);
                }
            }
            if !tail.is_empty() {
                let extent = self.reserve_extent();
                reserved.push(extent);
                install.segment = Some(self.write_segment(tail, extent, control)?);
            }
            self.install(pages, install)
        })();
        if built.is_err() {
            self.release_extents(reserved);
        }
        built
    }
}

/// The rows of several runs of one sort, oldest first, as one.
fn merged_rows(runs: &[Arc<MemRun>], sort: Sort, epoch: u32) -> Vec<Row> {
    // Merging neighbours pairwise copies each row once per doubling.
    let mut parts: Vec<Vec<Row>> = runs
        .iter()
        .filter(|run| !run.rows(sort).is_empty())
        .map(|run| {
            let rows = run.rows(sort).iter();
            match run.epoch == epoch {
                true => rows.copied().collect(),
                false => rows.filter_map(|row| row.without_inferred()).collect(),
            }
        })
        .collect();
    while parts.len() > 1 {
        parts = parts
            .chunks(2)
            .map(|pair| match pair {
                [older, newer] => {
                    let mut rows = Vec::new();
                    merge_sorted(older, newer, &mut rows);
                    rows
                }
                rest => rest.concat(),
            })
            .collect();
    }
    parts.pop().unwrap_or_default()
}
