//! New terms that outgrow the memory of their transaction: they are written as segments of the dictionary which the
//! transaction alone sees, and which are installed with its commit (definitions 25 and 28).
//!
//! Such segments follow the last one of the store, so everything in memory is spilled before the first: the
//! transaction holds the gate, and nobody adds terms meanwhile. Readers of what it has changed go on with the tail of
//! their time. Dropping the terms gives up what was not installed.

use super::Shared;
use super::commit::Transaction;
use super::pins::PinKind;
use super::root::SegmentRef;
use super::segments::due;
use super::spill::Terms;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::vocab::{Segment, Vocabulary};
use std::sync::Arc;

/// Bytes a term takes in memory besides its key, about.
const BYTES_PER_TERM: usize = 40;
/// Bytes per term while a segment in order of arrival is written.
const WRITTEN_BYTES_PER_TERM: usize = 24;
/// The least worth a segment.
const BYTES_MIN: usize = 256 << 10;

/// The new terms of one transaction.
pub(super) struct NewTerms {
    shared: Arc<Shared>,
    /// Bytes of those in memory, and how many may be.
    bytes: usize,
    bytes_max: usize,
    /// What of the dictionary everyone sees, once terms were written.
    public: Option<Vocabulary>,
    /// Segments in order of their ordinals, which end where the tail begins.
    written: Vec<(SegmentRef, Arc<Segment>)>,
    /// Of the segments written, those merged since included: someone may be reading them.
    extents: Vec<u64>,
}

impl NewTerms {
    /// At most about `bytes_max` are kept in memory.
    pub fn new(shared: &Arc<Shared>, bytes_max: usize) -> Self {
        Self {
            shared: shared.clone(),
            bytes: 0,
            bytes_max: bytes_max.max(BYTES_MIN),
            public: None,
            written: Vec::new(),
            extents: Vec::new(),
        }
    }

    /// Counts a term that was added to the tail.
    #[inline]
    pub fn add(&mut self, key: &[u8]) {
        self.bytes += key.len() + BYTES_PER_TERM;
    }

    #[inline]
    pub fn is_full(&self) -> bool {
        self.bytes >= self.bytes_max
    }

    /// Whether writing those in memory would give enough memory back.
    fn is_worth_writing(&self) -> bool {
        self.bytes >= self.bytes_max.min(BYTES_MIN)
    }

    /// Whether some are written already.
    pub fn is_written(&self) -> bool {
        !self.written.is_empty()
    }

    /// What is written. To be installed before this is dropped.
    pub fn take_written(&mut self) -> Vec<(SegmentRef, Arc<Segment>)> {
        std::mem::take(&mut self.written)
    }

    /// Keeps the segments few, as those of the store are.
    fn merge(&mut self, control: &Control) -> Result<()> {
        let newest = self.written.iter().rev();
        let terms: Vec<u64> = newest.map(|(_, segment)| segment.meta().count).collect();
        let terms_max = (self.bytes_max / WRITTEN_BYTES_PER_TERM) as u64;
        let count = due(&terms, terms_max);
        if count < 2 {
            return Ok(());
        }
        let from = self.written.len() - count;
        let segments: Vec<_> = self.written[from..]
            .iter()
            .map(|(_, segment)| segment.clone())
            .collect();
        let extent = self.reserve_extent();
        let base = self.shared.rank_base();
        let merged =
            self.shared
                .write_merged_segment(&segments, base, extent, |_| true, control)?;
        self.written.splice(from.., merged);
        Ok(())
    }

    fn reserve_extent(&mut self) -> u64 {
        let extent = self.shared.reserve_extent();
        self.extents.push(extent);
        extent
    }

    /// The dictionary as the transaction sees it. Errors: `ResourceExhausted`.
    fn visible(&self) -> Result<Vocabulary> {
        let Some(public) = &self.public else {
            return Err(Error::new(Code::Internal, "no terms were written"));
        };
        let segments = self.written.iter().map(|(_, segment)| segment.clone());
        public.with_segments(
            segments,
            self.shared.settings.max_term_bytes,
            &self.shared.budget,
        )
    }
}

impl Drop for NewTerms {
    fn drop(&mut self) {
        self.shared.release_extents(self.extents.drain(..));
    }
}

impl Transaction {
    /// Adds the key at hand, which the dictionary has not, to the tail; returns its ordinal. If the terms in memory have
    /// outgrown their share, or find no memory, they are written first.
    pub(super) fn add_term(&mut self, hash: u64) -> Result<u64> {
        if self.new_terms.is_full() {
            self.write_terms()?;
        }
        let added = self.tail.writer().insert(&self.key, hash);
        let (ordinal, is_new) = match added {
            Err(error)
                if error.code() == Code::ResourceExhausted && self.new_terms.is_worth_writing() =>
            {
                self.write_terms()?;
                self.tail.writer().insert(&self.key, hash)?
            }
            other => other?,
        };
        if is_new {
            self.new_terms.add(&self.key);
        }
        Ok(ordinal)
    }

    /// Writes the terms in memory as a segment.
    fn write_terms(&mut self) -> Result<()> {
        let (shared, control) = (self.shared.clone(), self.control.clone());
        // Writing needs some of the memory that changes hold.
        self.changes.make_small(&shared, &control)?;
        let first = match self.new_terms.is_written() {
            true => self.tail.first(),
            false => self.mark,
        };
        let terms = Terms {
            tail: self.tail.clone(),
            ordinals: first..self.tail.end(),
        };
        let extent = self.new_terms.reserve_extent();
        let segment = shared.write_terms(&terms, extent, &control)?;
        self.must_succeed(|this| {
            if !this.new_terms.is_written() {
                this.leave_the_tail()?;
            }
            this.new_terms.written.push(segment);
            this.new_terms.bytes = 0;
            this.new_terms.merge(&control)?;
            this.show_terms()
        })
    }

    /// Keeps the tail, which everyone has, for the transaction and its readers alone: the store gets another one that
    /// begins where the transaction began, and spills everything before.
    fn leave_the_tail(&mut self) -> Result<()> {
        let shared = self.shared.clone();
        shared.spill_below(self.mark, &self.control)?;
        if shared.settings.write_idle_ms > 0 {
            let rolled_back = self.rolled_back.clone();
            self.pass.may_idle(move || rolled_back.raise());
        }
        let (base, pin) = shared.pin_staged(PinKind::Transaction);
        self.control = pin.listening(&self.control);
        self.pin = pin;
        self.new_terms.public = Some((*base.vocabulary).clone());
        self.base = base;
        Ok(())
    }

    /// Makes what is written a part of the dictionary that the transaction sees; terms go to a new tail behind it.
    fn show_terms(&mut self) -> Result<()> {
        let vocabulary = self.new_terms.visible()?;
        self.tail = vocabulary.newest_tail().clone();
        let mut version = (*self.base).clone();
        version.vocabulary = Arc::new(vocabulary);
        self.base = Arc::new(version);
        self.restage();
        Ok(())
    }
}

impl Shared {
    /// Spills everything that is staged. The terms of the tail from ordinal `end` on are of the transaction that holds
    /// the gate; they stay in that tail, and the store's next ones go to a new one. Errors: those of writing.
    fn spill_below(&self, end: u64, control: &Control) -> Result<()> {
        self.finish_spill(control)?;
        self.rotate_at(&mut self.head.lock(), end)?;
        self.spill(control)
    }
}
