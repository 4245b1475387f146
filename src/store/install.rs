//! Installs: the only way runs, segments and prefixes change (definition 28).
//!
//! Pages are built and ingested first, invisible. Then, under the head's lock, one synced write replaces
//! the root and trims the log, and the version in memory follows.

use super::Shared;
use super::gate::WritePass;
use super::head::{Head, Retired};
use super::pins::{Pin, PinKind};
use super::root::{FreeExtent, RunRef, SegmentRef};
use super::spill::Terms;
use super::triple_terms::NewTriples;
use super::version::Version;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::kv::{PageFile, WrittenExtent};
use crate::run::{Counts, DiskRun, MemRun, Sort};
use crate::term::IriPrefixes;
use crate::vocab::{Segment, SegmentMeta, Tail};
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

/// A vocabulary segment whose pages are written.
pub struct NewSegment {
    pub meta: SegmentMeta,
    pub written: WrittenExtent,
}

/// What an install changes.
#[derive(Default)]
pub(super) struct Install {
    pub runs: Vec<Arc<DiskRun>>,
    /// Runs the new ones stand for, by extent.
    pub replaced: Vec<u64>,
    /// Segments of new terms in order of their ordinals, or one in the place of those with the same ordinals.
    pub segments: Vec<(SegmentRef, Arc<Segment>)>,
    pub prefixes: Option<Arc<IriPrefixes>>,
    /// The log is dropped up to this commit, and runs in memory up to it.
    pub spilled: Option<u64>,
    /// For an install that is a commit by itself.
    pub commit: Option<InstalledCommit>,
}

/// A commit that is not in the log.
pub(super) struct InstalledCommit {
    pub seq: u64,
    pub counts: Counts,
    pub watermark: u64,
    pub next_number: u64,
}

/// A commit that is not in the log, with what is on disk of it already.
pub(super) struct Written {
    pub commit: InstalledCommit,
    pub runs: Vec<Arc<DiskRun>>,
    /// Segments of its terms before those of its tail.
    pub segments: Vec<(SegmentRef, Arc<Segment>)>,
}

impl Shared {
    /// Ingests the pages and flips the root. Extents of the install must be reserved; on success they are in
    /// use, else they stay reserved for the caller to release.
    /// Errors: those of writing; if the flip itself fails the store takes no more writes, and one that is a
    /// commit returns `CommitInDoubt`.
    pub(super) fn install(&self, pages: Vec<WrittenExtent>, install: Install) -> Result<()> {
        // From this flip on these are in use; those still reserved are garbage if the process dies.
        let runs = install.runs.iter().map(|run| run.extent);
        let segments = install.segments.iter();
        let segments = segments.map(|(reference, _)| reference.extent);
        let extents: Vec<u64> = runs.chain(segments).collect();
        self.ingest(pages)?;
        let _guard = self.guard();
        let mut head = self.head.lock();
        // Whether a flip that failed has reached the disk is not known. Another one after it could undo it
        // while the log below it is gone already.
        self.check_sound()?;
        let mut root = head.root.clone();
        let mut disk = (*head.published.disk).clone();
        let mut retired = Vec::new();
        let mut retired_segments: Vec<(u64, Arc<dyn Any + Send + Sync>)> = Vec::new();
        for runs in &mut disk {
            runs.retain(|run| {
                let replaced = install.replaced.contains(&run.extent);
                if replaced {
                    retired.push(run.clone());
                }
                !replaced
            });
        }
        for runs in &mut root.runs {
            runs.retain(|run| !install.replaced.contains(&run.extent));
        }
        root.free.extend(retired.iter().map(|run| FreeExtent {
            extent: run.extent,
            pages: run.pages,
        }));
        for run in install.runs {
            // Newest first; a merged run takes the place of its newest input.
            let place =
                disk[run.sort.index()].partition_point(|other| other.last_seq > run.last_seq);
            root.runs[run.sort.index()].insert(
                place,
                RunRef {
                    extent: run.extent,
                    pages: run.pages,
                    meta_page: run.meta_page,
                    epoch: run.epoch,
                    first_seq: run.first_seq,
                    last_seq: run.last_seq,
                },
            );
            disk[run.sort.index()].insert(place, run);
        }
        let mut version = (*head.published).clone();
        version.install += 1;
        version.disk = Arc::new(disk);
        let mut vocabulary = (*version.vocabulary).clone();
        let mut new_segments = Vec::new();
        for (reference, segment) in install.segments {
            let segments = vocabulary.segments();
            let from = segments.partition_point(|old| old.end() <= segment.first());
            let to = segments.partition_point(|old| old.first() < segment.end());
            if from < to {
                let replaced = root.segments.splice(from..to, [reference]);
                for (old, held) in replaced.zip(&segments[from..to]) {
                    root.free.push(FreeExtent {
                        extent: old.extent,
                        pages: old.pages,
                    });
                    retired_segments.push((old.extent, held.clone()));
                }
                vocabulary = vocabulary.with_rewritten(from..to, segment);
            } else {
                root.next_ordinal = root.next_ordinal.max(segment.end());
                root.segments.push(reference);
                new_segments.push(segment);
            }
        }
        if !new_segments.is_empty() {
            let key_bytes_max = self.settings.max_term_bytes;
            vocabulary = vocabulary.with_segments(new_segments, key_bytes_max, &self.budget)?;
        }
        if let Some(prefixes) = install.prefixes {
            root.prefixes.clear();
            prefixes.serialize(&mut root.prefixes);
            vocabulary = vocabulary.with_prefixes(prefixes);
        }
        version.vocabulary = Arc::new(vocabulary);
        let commit = install.commit.as_ref().map(|commit| commit.seq);
        if let Some(commit) = install.commit {
            version.seq = commit.seq;
            version.counts += commit.counts;
            version.watermark = commit.watermark;
            version.next_number = commit.next_number;
        }
        if let Some(spilled) = install.spilled {
            root.spilled = spilled;
            root.next_number = version.next_number;
            version.memory.retain(|run| run.last_seq > spilled);
            head.spill_cut = None;
            head.spill_terms = None;
        }
        {
            let mut reserved = self.extents.lock();
            // From here on nobody gives them up, even if the flip fails: it may have happened.
            for extent in &extents {
                reserved.reserved.remove(extent);
            }
            root.next_extent = reserved.next;
            root.reserved = reserved.reserved.iter().copied().collect();
        }
        if let Err(error) = self.kv.flip(&root.encode(), root.spilled + 1) {
            return Err(match (error.code(), commit) {
                (Code::Closed, _) => error,
                (_, Some(seq)) => {
                    self.poison_in_doubt(seq, &error);
                    self.outcome(seq, error.detail()).because(error)
                }
                (_, None) => {
                    self.poison(&error);
                    error
                }
            });
        }
        head.root = root;
        let install = version.install;
        let runs = retired.into_iter().map(|run| (run.extent, run as _));
        head.retired
            .extend(runs.chain(retired_segments).map(|(extent, held)| Retired {
                extent,
                held,
                install,
            }));
        let version = head.publish(version);
        *self.published.write() = version;
        drop(head);
        self.signal.wake();
        Ok(())
    }

    /// Has runs that were ingested and never installed deleted once no one reads them.
    pub(super) fn retire_reserved(&self, runs: Vec<Arc<DiskRun>>) {
        if runs.is_empty() {
            return;
        }
        let mut head = self.head.lock();
        let mut extents = self.extents.lock();
        // Versions of this install may read them.
        let install = head.published.install + 1;
        for run in runs {
            extents.reserved.remove(&run.extent);
            head.root.free.push(FreeExtent {
                extent: run.extent,
                pages: run.pages,
            });
            head.retired.push(Retired {
                extent: run.extent,
                held: run,
                install,
            });
        }
        drop(extents);
        drop(head);
        self.signal.wake();
    }

    /// Makes pages readable. Errors: those of writing; then the store takes no more writes, since nobody knows
    /// whether its page store has them.
    pub(super) fn ingest(&self, pages: Vec<WrittenExtent>) -> Result<()> {
        self.check_sound()?;
        self.kv.ingest(pages).inspect_err(|error| {
            if error.code() != Code::Closed {
                self.poison(error);
            }
        })
    }

    /// Starts a new tail if the store holds more in memory than it should, and asks for a spill.
    pub(super) fn rotate_if_full(&self, head: &mut Head) {
        if head.spill_cut.is_none() && head.staged.held_bytes() > self.settings.spill_bytes {
            if let Err(error) = self.rotate(head) {
                tracing::warn!(target: "triplestore::store", "a spill is put off: {error}");
            }
            self.signal.wake();
        }
    }

    /// Freezes the tail: later terms go to a new one, and everything staged so far can be spilled. The
    /// caller holds the gate, so that no transaction has terms in the old tail.
    pub(super) fn rotate(&self, head: &mut Head) -> Result<()> {
        let end = head.published.vocabulary.newest_tail().end();
        self.rotate_at(head, end)
    }

    /// As [`Shared::rotate`], where the tail is the store's up to ordinal `end` only: what follows is of the
    /// transaction that holds the gate, which keeps the tail for itself.
    pub(super) fn rotate_at(&self, head: &mut Head, end: u64) -> Result<()> {
        let tail = head.published.vocabulary.newest_tail().clone();
        let terms = Terms::up_to(&tail, end);
        if !terms.is_empty() || tail.end() > end {
            let vocabulary = head.published.vocabulary.with_new_tail(
                end,
                self.settings.max_term_bytes,
                &self.budget,
            )?;
            let mut version = (*head.published).clone();
            version.vocabulary = Arc::new(vocabulary);
            let version = head.publish(version);
            *self.published.write() = version;
            head.spill_terms = Some(terms).filter(|terms| !terms.is_empty());
        }
        head.spill_cut = Some(head.staged.seq);
        Ok(())
    }

    /// Spills everything that is staged. The caller holds the gate.
    /// Errors: those of writing.
    pub(super) fn spill_all(&self, control: &Control) -> Result<()> {
        let seq = self.head.lock().staged.seq;
        self.write_log(seq)?;
        // A spill that is under way ends first; then what came after it.
        loop {
            control.poll()?;
            {
                let mut head = self.head.lock();
                if head.spill_cut.is_none() {
                    let version = &head.published;
                    if version.memory.is_empty() && version.vocabulary.newest_tail().is_empty() {
                        return Ok(());
                    }
                    self.rotate(&mut head)?;
                }
            }
            self.spill(control)?;
        }
    }

    /// Installs a commit too large for the log: one spill of what is in memory and of `run`. The caller
    /// holds the gate. Its new terms are the last of `tail`.
    pub(super) fn install_commit(
        &self,
        run: Arc<MemRun>,
        tail: &Arc<Tail>,
        next_number: u64,
        control: &Control,
    ) -> Result<()> {
        self.finish_spill(control)?;
        // No one else starts a spill: that takes the gate.
        let _spilling = self.spilling.lock();
        let commit = InstalledCommit {
            seq: run.last_seq,
            counts: run.counts(),
            watermark: tail.end(),
            next_number,
        };
        let mut runs = self.published.read().memory.clone();
        runs.push(run);
        let cut = commit.seq;
        let terms = Terms::up_to(tail, tail.end());
        let written = Written {
            commit,
            runs: Vec::new(),
            segments: Vec::new(),
        };
        self.write_runs(&runs, Some(terms), cut, Some(written), control)
    }

    /// Writes the log up to the last commit, and ends a spill that is under way. The caller holds the gate.
    pub(super) fn finish_spill(&self, control: &Control) -> Result<()> {
        let seq = self.head.lock().staged.seq;
        self.write_log(seq)?;
        if self.head.lock().spill_cut.is_some() {
            self.spill(control)?;
        }
        Ok(())
    }
}

/// A bulk load in progress: holds the gate from its first id to its flip (definition 33). Nothing is in
/// memory meanwhile, so that its runs are newer than all others. Dropping it leaves the store unchanged.
pub struct BulkInstall {
    shared: Arc<Shared>,
    _pass: WritePass,
    base: Arc<Version>,
    _pin: Pin,
    extents: Vec<u64>,
}

impl BulkInstall {
    pub(super) fn begin(shared: &Arc<Shared>, control: &Control) -> Result<Self> {
        shared.check_writable()?;
        let wait = Duration::from_millis(shared.settings.write_wait_ms);
        let pass = shared.gate.enter(wait, control)?;
        shared.check_writable()?;
        shared.spill_all(control)?;
        let (base, pin) = shared.pin_staged(PinKind::Load);
        Ok(Self {
            base,
            _pin: pin,
            shared: shared.clone(),
            _pass: pass,
            extents: Vec::new(),
        })
    }

    /// What the load is added to.
    pub fn base(&self) -> &Arc<Version> {
        &self.base
    }

    /// The sequence number the load will have.
    pub fn seq(&self) -> u64 {
        self.base.seq + 1
    }

    /// The first ordinal that is free for its terms.
    pub fn first_ordinal(&self) -> u64 {
        self.base.vocabulary.newest_tail().end()
    }

    /// Reserves an extent; give its number to [`BulkInstall::page_file`].
    pub fn reserve_extent(&mut self) -> u64 {
        let extent = self.shared.reserve_extent();
        self.extents.push(extent);
        extent
    }

    /// The file of a reserved extent. Files of several extents may be written by several threads.
    pub fn page_file(&self, extent: u64) -> PageFile<'_> {
        self.shared.kv.page_file(extent)
    }

    /// Triple terms of the load, which take at most about `bytes_max` of the account of `control`.
    pub fn new_triples(&self, bytes_max: usize, control: &Control) -> Result<NewTriples> {
        NewTriples::new(&self.shared, self.seq(), bytes_max, control)
    }

    /// Makes the load visible and durable. `runs` hold only quads that the base has not; their first and
    /// last sequence number is [`BulkInstall::seq`], and `pages` are what of them is not ingested yet. Terms of the segment begin at
    /// [`BulkInstall::first_ordinal`]. Returns the sequence number.
    pub fn install(
        self,
        runs: Vec<Arc<DiskRun>>,
        pages: Vec<WrittenExtent>,
        segment: Option<NewSegment>,
        prefixes: Option<Arc<IriPrefixes>>,
        next_number: u64,
    ) -> Result<u64> {
        let seq = self.seq();
        let mut install = Install {
            prefixes,
            spilled: Some(seq),
            ..Install::default()
        };
        let mut counts = Counts::default();
        for run in runs {
            if run.first_seq != seq || run.last_seq != seq {
                return Err(Error::new(
                    Code::Internal,
                    "a run of a bulk load has another sequence number",
                ));
            }
            if run.sort == Sort::Spog {
                counts += run.meta()?.counts;
            }
            install.runs.push(run);
        }
        let mut watermark = self.first_ordinal();
        if let Some(segment) = segment {
            let reference = SegmentRef {
                extent: segment.written.extent,
                pages: segment.written.pages,
                meta: segment_bytes(&segment.meta),
            };
            // Its filter and index pages must be readable to open it.
            self.shared.ingest(vec![segment.written])?;
            let opened = Segment::open(
                segment.meta,
                self.shared.words.clone(),
                &self.shared.memory(),
            )?;
            watermark = opened.end();
            install.segments.push((reference, Arc::new(opened)));
        }
        install.commit = Some(InstalledCommit {
            seq,
            counts,
            watermark,
            next_number,
        });
        self.shared.install(pages, install)?;
        Ok(seq)
    }
}

pub(super) fn segment_bytes(meta: &SegmentMeta) -> Vec<u8> {
    let mut bytes = Vec::new();
    meta.write(&mut bytes);
    bytes
}

impl Drop for BulkInstall {
    fn drop(&mut self) {
        self.shared.release_extents(self.extents.drain(..));
    }
}
