//! The head of a store: what is staged, what waits for the log, and what is published.
//!
//! A commit is *staged* when later writers build on it and *published* when readers see it; between the two
//! it is written to the log. Installs (spill, merge, bulk load) change how quads are stored and never
//! which quads there are, so they may happen at any time: they change the published version, and the staged
//! one is made from it again. The head's mutex is held for that only, never while data is read.

use super::root::Root;
use super::spill::Terms;
use super::version::Version;
use crate::run::MemRun;
use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;

/// A staged commit that is not yet in the log.
#[derive(Clone)]
pub(super) struct Pending {
    pub run: Arc<MemRun>,
    pub record: Arc<[u8]>,
    /// Vocabulary watermark and blank node counter after it.
    pub watermark: u64,
    pub next_number: u64,
}

impl Pending {
    pub fn seq(&self) -> u64 {
        self.run.last_seq
    }
}

/// A run or segment that another one has replaced.
pub(super) struct Retired {
    pub extent: u64,
    /// What reads its pages holds it; only how often it is held matters.
    pub held: Arc<dyn Any + Send + Sync>,
    /// The install that replaced it; versions before it read its pages.
    pub install: u64,
}

pub(super) struct Head {
    /// As it was last written.
    pub root: Root,
    /// The published version; readers have it from `Shared::published`.
    pub published: Arc<Version>,
    /// The published version with `queue` on top.
    pub staged: Arc<Version>,
    pub queue: VecDeque<Pending>,
    /// Commits up to this are being spilled; runs before and after it are not merged.
    pub spill_cut: Option<u64>,
    /// The terms that are spilled with them, if there are any.
    pub spill_terms: Option<Terms>,
    /// What no version after this one has; its pages go when the last reader does.
    pub retired: Vec<Retired>,
}

/// Runs in memory are merged on publishing while the result stays below this; beyond, in the background.
const MERGE_ROWS_MAX: usize = 4 << 10;
/// With more large runs in memory than this, runs of different size are merged too.
pub(super) const LARGE_RUNS_MAX: usize = 4;

impl Head {
    /// Replaces the published version and makes the staged one again.
    pub fn publish(&mut self, version: Version) -> Arc<Version> {
        self.published = Arc::new(version);
        self.restage();
        self.published.clone()
    }

    /// Puts the queue on top of the published version.
    pub fn restage(&mut self) {
        if self.queue.is_empty() {
            self.staged = self.published.clone();
            return;
        }
        let mut staged = (*self.published).clone();
        for pending in &self.queue {
            add(&mut staged, pending);
        }
        self.staged = Arc::new(staged);
    }

    /// Stages a commit.
    pub fn stage(&mut self, pending: Pending) {
        let mut staged = (*self.staged).clone();
        add(&mut staged, &pending);
        self.staged = Arc::new(staged);
        self.queue.push_back(pending);
    }

    /// Publishes the first `count` commits of the queue.
    pub fn publish_queued(&mut self, count: usize) -> Arc<Version> {
        if count == self.queue.len() && !mergeable_newest(&self.staged.memory, self.spill_cut) {
            // What is staged is what would be made.
            self.queue.clear();
            self.published = self.staged.clone();
            return self.published.clone();
        }
        let mut version = (*self.published).clone();
        for pending in self.queue.drain(..count) {
            add(&mut version, &pending);
        }
        merge_newest(&mut version.memory, self.spill_cut);
        self.publish(version)
    }
}

fn add(version: &mut Version, pending: &Pending) {
    version.seq = pending.seq();
    version.counts += pending.run.counts();
    version.watermark = pending.watermark;
    version.next_number = pending.next_number;
    version.memory.push(pending.run.clone());
}

impl Head {
    /// Runs in memory that are too large to be merged on publishing.
    pub fn large_runs(&self) -> usize {
        let memory = &self.published.memory;
        memory.iter().filter(|run| is_large(run)).count()
    }

    /// Two neighbouring large runs in memory that are worth merging in the background: the smallest pair of
    /// similar size, or the smallest at all when there are many.
    pub fn mergeable(&self) -> Option<(Arc<MemRun>, Arc<MemRun>)> {
        let many = self.large_runs() > LARGE_RUNS_MAX;
        self.published
            .memory
            .windows(2)
            .map(|pair| (&pair[0], &pair[1]))
            .filter(|(older, newer)| {
                !crosses(self.spill_cut, older, newer) && older.epoch == newer.epoch
            })
            .filter(|(older, newer)| is_large(older) && is_large(newer))
            .filter(|(older, newer)| many || older.len() <= 2 * newer.len())
            .min_by_key(|(older, newer)| older.len() + newer.len())
            .map(|(older, newer)| (older.clone(), newer.clone()))
    }

    /// Puts `merged` in the place of two runs of the published version; returns the new version, or `None` if
    /// they were spilled meanwhile.
    pub fn replace_pair(
        &mut self,
        pair: &(Arc<MemRun>, Arc<MemRun>),
        merged: MemRun,
    ) -> Option<Arc<Version>> {
        let mut version = (*self.published).clone();
        let at = version
            .memory
            .iter()
            .position(|run| Arc::ptr_eq(run, &pair.0))?;
        if !version
            .memory
            .get(at + 1)
            .is_some_and(|run| Arc::ptr_eq(run, &pair.1))
            || crosses(self.spill_cut, &pair.0, &pair.1)
        {
            return None;
        }
        version.memory.splice(at..at + 2, [Arc::new(merged)]);
        Some(self.publish(version))
    }
}

fn is_large(run: &MemRun) -> bool {
    run.len() > MERGE_ROWS_MAX / 4
}

fn crosses(cut: Option<u64>, older: &MemRun, newer: &MemRun) -> bool {
    cut.is_some_and(|cut| older.last_seq <= cut && cut < newer.first_seq)
}

/// Merges the newest runs while they are of similar size: a row is copied once per doubling.
fn merge_newest(memory: &mut Vec<Arc<MemRun>>, cut: Option<u64>) {
    while mergeable_newest(memory, cut)
        && let [.., older, newer] = memory.as_slice()
    {
        let merged = Arc::new(MemRun::merge(older, newer));
        memory.truncate(memory.len() - 2);
        memory.push(merged);
    }
}

fn mergeable_newest(memory: &[Arc<MemRun>], cut: Option<u64>) -> bool {
    let [.., older, newer] = memory else {
        return false;
    };
    !crosses(cut, older, newer)
        && older.epoch == newer.epoch
        && older.len() <= 2 * newer.len()
        && older.len() + newer.len() <= MERGE_ROWS_MAX
}
