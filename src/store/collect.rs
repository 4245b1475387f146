//! Dictionary garbage (definition 9): terms that no quad and no triple term names any more.
//!
//! Ids are never given again and never move, so collecting empties slots: a segment is written anew with the same
//! ordinals, dead ones absent. Writers wait meanwhile; readers go on with the segments of their version.

use super::Shared;
use super::source::View;
use super::version::Version;
use crate::control::{Charge, Control};
use crate::error::Result;
use crate::run::{Chunk, Sort};
use crate::term::Id;
use std::time::Duration;

/// A segment is written anew if at least one of so many of its terms is dead.
const DEAD_OF: u64 = 16;

impl Shared {
    /// Empties the slots of dead terms; returns how many. Errors: those of waiting for the gate, reading and
    /// writing, `ResourceExhausted`.
    pub(super) fn collect_terms(&self, control: &Control) -> Result<u64> {
        let wait = Duration::from_millis(self.settings.write_wait_ms);
        let _pass = self.gate.enter(wait, control)?;
        let _merging = self.merging.lock();
        // So that the segments are the whole dictionary, and the runs all that names it.
        self.spill_all(control)?;
        let version = self.published.read().clone();
        let segments = version.vocabulary.segments();
        let Some(end) = segments.last().map(|segment| segment.end()) else {
            return Ok(0);
        };
        let live = Marks::of(&version, end, control)?;
        let mut collected = 0;
        for segment in segments {
            let terms = live.within(segment.first(), segment.end());
            if terms + segment.meta().count / DEAD_OF >= segment.meta().count {
                continue;
            }
            let mut present = 0;
            segment.scan(segment.first()..segment.end(), control, |_, _| {
                present += 1;
                Ok(())
            })?;
            let dead = present - terms.min(present);
            if dead > 0 && dead >= present / DEAD_OF {
                let dead_left_out = |ordinal| live.has(ordinal);
                let segment = std::slice::from_ref(segment);
                self.rewrite_segments(segment, &version, dead_left_out, control)?;
                collected += dead;
            }
        }
        Ok(collected)
    }
}

/// A bit for each ordinal of the dictionary.
struct Marks {
    words: Vec<u64>,
    _charge: Charge,
}

impl Marks {
    /// The ordinals below `end` that quads and triple terms of a version name.
    fn of(version: &Version, end: u64, control: &Control) -> Result<Self> {
        let words = (end / 64 + 1) as usize;
        let mut marks = Self {
            _charge: control.charge(words * size_of::<u64>())?,
            words: vec![0; words],
        };
        for sort in [Sort::Spog, Sort::Psog, Sort::Ospg, Sort::Gspo] {
            version.for_each_leading(sort, View::Both, control, |id| marks.set(id))?;
        }
        let mut scan = version.scan_keys(Sort::TermSpo, [0; 4], [u64::MAX; 4], View::Both);
        let mut chunk = Chunk::default();
        loop {
            scan.next([false, true, true, true], &mut chunk, control)?;
            if chunk.len == 0 {
                return Ok(marks);
            }
            chunk.columns[1..]
                .iter()
                .flatten()
                .for_each(|&id| marks.set(id));
        }
    }

    fn set(&mut self, id: u64) {
        let id = Id::from_raw(id);
        if id.is_dictionary()
            && let Some(word) = self.words.get_mut((id.payload() / 64) as usize)
        {
            *word |= 1 << (id.payload() % 64);
        }
    }

    fn has(&self, ordinal: u64) -> bool {
        let word = self.words.get((ordinal / 64) as usize);
        word.is_some_and(|word| word >> (ordinal % 64) & 1 == 1)
    }

    fn within(&self, first: u64, end: u64) -> u64 {
        (first..end).filter(|&ordinal| self.has(ordinal)).count() as u64
    }
}
