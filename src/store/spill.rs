//! Spilling: runs and terms from memory to disk.

use super::Shared;
use super::install::{Install, Written, segment_bytes};
use super::root::SegmentRef;
use crate::control::Control;
use crate::error::Result;
use crate::run::{MemRun, Row, RunBuilder, Sort, merge_sorted};
use crate::vocab::{Segment, SegmentBuilder, SegmentKind, SegmentOptions, Tail};
use std::ops::Range;
use std::sync::Arc;

/// Rows written between two polls.
const POLL_ROWS: usize = 4096;

/// Terms of a tail that are spilled; what follows them in it, if anything, is not of the store.
#[derive(Clone)]
pub(super) struct Terms {
    pub tail: Arc<Tail>,
    pub ordinals: Range<u64>,
}

impl Terms {
    /// All terms of a tail up to ordinal `end`.
    pub fn up_to(tail: &Arc<Tail>, end: u64) -> Self {
        Self {
            tail: tail.clone(),
            ordinals: tail.first()..end,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.ordinals.is_empty()
    }
}

impl Shared {
    /// Spills what was rotated out, if anything was. Errors: those of writing; the store stays as it was.
    pub(super) fn spill(&self, control: &Control) -> Result<()> {
        let _spilling = self.spilling.lock();
        let (cut, terms) = {
            let head = self.head.lock();
            let Some(cut) = head.spill_cut else {
                return Ok(());
            };
            (cut, head.spill_terms.clone())
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
        self.write_runs(&runs, terms, cut, None, control)
    }

    /// Writes runs (oldest first) and the terms of a tail, and installs them in their place up to commit `cut`. A
    /// commit that is installed by itself may bring what was `written` of it already.
    /// The caller holds the spill lock.
    pub(super) fn write_runs(
        &self,
        runs: &[Arc<MemRun>],
        terms: Option<Terms>,
        cut: u64,
        written: Option<Written>,
        control: &Control,
    ) -> Result<()> {
        let epoch = self.published.read().epoch;
        let mut pages = Vec::new();
        let mut reserved = Vec::new();
        let mut install = Install {
            spilled: Some(cut),
            ..Install::default()
        };
        let last_seq = runs.last().map_or(cut, |run| run.last_seq);
        if let Some(written) = written {
            install.commit = Some(written.commit);
            install.runs = written.runs;
            install.segments = written.segments;
        }
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
                if let Some((run, written)) = builder.finish(epoch, first_seq, last_seq)? {
                    install.runs.push(Arc::new(run));
                    pages.push(written);
                }
            }
            if let Some(terms) = terms.filter(|terms| !terms.is_empty()) {
                let extent = self.reserve_extent();
                reserved.push(extent);
                let segment = self.write_terms(&terms, extent, control)?;
                install.segments.push(segment);
            }
            self.install(pages, install)
        })();
        self.release_extents(reserved);
        built
    }
}

impl Shared {
    /// Writes terms of a tail as a segment in order of arrival, and opens it.
    pub(super) fn write_terms(
        &self,
        terms: &Terms,
        extent: u64,
        control: &Control,
    ) -> Result<(SegmentRef, Arc<Segment>)> {
        let Terms { tail, ordinals } = terms;
        let count = ordinals.end - ordinals.start;
        let mut options = SegmentOptions::new(SegmentKind::Arrival, ordinals.start, count);
        options.key_bytes_max = self.settings.max_term_bytes;
        options.rank_base = self.rank_base();
        self.write_segment(options, extent, control, |builder| {
            let mut key = Vec::new();
            for ordinal in ordinals.clone() {
                if tail.key(ordinal, &mut key) {
                    builder.push(&key)?;
                } else {
                    builder.push_absent()?;
                }
            }
            Ok(())
        })
    }

    /// The segment in which others have their ranks, if there is one.
    pub(super) fn rank_base(&self) -> Option<Arc<Segment>> {
        let published = self.published.read().clone();
        let first = published.vocabulary.segments().first();
        first
            .filter(|segment| segment.kind() == SegmentKind::Sorted && segment.damage().is_none())
            .cloned()
    }

    /// Writes a segment, whose keys `push` adds, and opens it.
    pub(super) fn write_segment(
        &self,
        options: SegmentOptions,
        extent: u64,
        control: &Control,
        push: impl FnOnce(&mut SegmentBuilder<'_>) -> Result<()>,
    ) -> Result<(SegmentRef, Arc<Segment>)> {
        let mut file = self.kv.page_file(extent);
        let mut builder = SegmentBuilder::new(options, &mut file, control)?;
        push(&mut builder)?;
        let meta = builder.finish()?;
        let written = file.finish()?;
        let reference = SegmentRef {
            extent,
            pages: written.pages,
            meta: segment_bytes(&meta),
        };
        // Its directory and filter are read back when it is opened.
        self.ingest(vec![written])?;
        let segment = Segment::open(meta, self.words.clone(), &self.memory())?;
        Ok((reference, Arc::new(segment)))
    }
}

/// The rows of several runs of one sort, oldest first, as one.
pub(super) fn merged_rows(runs: &[Arc<MemRun>], sort: Sort, epoch: u32) -> Vec<Row> {
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
