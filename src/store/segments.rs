//! Vocabulary segments written anew: several small ones as one, or one without its dead terms.
//!
//! Every spill adds a segment and a look-up asks them all, so neighbours of similar size are merged, like runs.
//! Ordinals stay: the new segment covers those of the old ones. A sorted segment, which only a bulk load writes,
//! stays as it is, since its order is worth more, and so does one that is damaged.

use super::Shared;
use super::install::Install;
use super::root::SegmentRef;
use super::version::Version;
use crate::control::Control;
use crate::error::Result;
use crate::vocab::{Segment, SegmentKind, SegmentOptions};
use std::sync::Arc;

/// More segments in order of arrival than this are merged whatever their size.
const SEGMENTS_MAX: usize = 8;
/// A segment joins a merge if it has at most this many times the terms of all newer ones together.
const SIZE_RATIO: u64 = 4;
/// Larger ones are not made, whatever the memory.
const TERMS_MAX: u64 = 8 << 20;
/// Held for each term while a segment is written.
const WRITTEN_BYTES_PER_TERM: usize = 16;

impl Shared {
    /// Merges the newest segments in order of arrival if that is due. Returns whether it did.
    /// Errors: those of reading and writing.
    pub(super) fn merge_segments(&self, control: &Control) -> Result<bool> {
        let _merging = self.merging.lock();
        let version = self.published.read().clone();
        let segments = version.vocabulary.segments();
        let arrival = segments
            .iter()
            .rev()
            .take_while(|segment| segment.kind() == SegmentKind::Arrival)
            .take_while(|segment| segment.damage().is_none());
        let terms: Vec<u64> = arrival.map(|segment| segment.meta().count).collect();
        // A merge may hold as much as waits for a spill.
        let fitting = (self.settings.spill_bytes / WRITTEN_BYTES_PER_TERM) as u64;
        let count = due(&terms, TERMS_MAX.min(fitting));
        if count < 2 {
            return Ok(false);
        }
        let merged = &segments[segments.len() - count..];
        self.rewrite_segments(merged, &version, |_| true, control)?;
        Ok(true)
    }

    /// Writes one segment in the place of neighbours, with those of their terms that `keep` names by ordinal.
    /// The caller holds the lock of merges.
    pub(super) fn rewrite_segments(
        &self,
        segments: &[Arc<Segment>],
        version: &Version,
        keep: impl Fn(u64) -> bool,
        control: &Control,
    ) -> Result<()> {
        let Some(first) = segments.first() else {
            return Ok(());
        };
        let base = first.rank_base().and_then(|base| {
            let mut all = version.vocabulary.segments().iter();
            all.find(|segment| segment.first() == base && segment.damage().is_none())
                .cloned()
        });
        let extent = self.reserve_extent();
        let rewritten = self
            .write_merged_segment(segments, base, extent, keep, control)
            .and_then(|segment| {
                let install = Install {
                    segments: segment.into_iter().collect(),
                    ..Install::default()
                };
                self.install(Vec::new(), install)
            });
        self.release_extents([extent]);
        rewritten
    }

    /// Writes the terms of neighbours that `keep` names as one segment, with their ranks in `rank_base`, and opens it.
    pub(super) fn write_merged_segment(
        &self,
        segments: &[Arc<Segment>],
        rank_base: Option<Arc<Segment>>,
        extent: u64,
        keep: impl Fn(u64) -> bool,
        control: &Control,
    ) -> Result<Option<(SegmentRef, Arc<Segment>)>> {
        let (Some(first), Some(last)) = (segments.first(), segments.last()) else {
            return Ok(None);
        };
        let terms = last.end() - first.first();
        let mut options = SegmentOptions::new(first.kind(), first.first(), terms);
        // What was accepted once is accepted.
        options.key_bytes_max = usize::MAX;
        options.rank_base = rank_base;
        let written = self.write_segment(options, extent, control, |builder| {
            for segment in segments {
                let all = segment.first()..segment.end();
                let copied = segment.scan(all, control, |ordinal, key| {
                    if keep(ordinal) {
                        while builder.next_ordinal() < ordinal {
                            builder.push_absent()?;
                        }
                        builder.push(key)?;
                    }
                    Ok(())
                });
                copied.map_err(|error| segment.note_damage(error))?;
            }
            while builder.next_ordinal() < last.end() {
                builder.push_absent()?;
            }
            Ok(())
        });
        written.map(Some)
    }
}

/// How many of the newest segments to merge into one of at most `terms_max` terms, by their numbers of terms, newest
/// first; 0 or 1 for none.
pub(super) fn due(terms: &[u64], terms_max: u64) -> usize {
    let mut total = 0;
    let mut count = 0;
    for &terms_of_one in terms {
        let forced = terms.len() > SEGMENTS_MAX && count <= terms.len() - SEGMENTS_MAX;
        let is_similar = count == 0 || terms_of_one <= SIZE_RATIO * total;
        if !(forced || is_similar) || total + terms_of_one > terms_max {
            break;
        }
        total += terms_of_one;
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_of_similar_size_are_merged_and_large_ones_left() {
        assert_eq!(due(&[], TERMS_MAX), 0);
        assert_eq!(due(&[10], TERMS_MAX), 1);
        assert_eq!(due(&[10, 30, 100, 1000], TERMS_MAX), 3);
        assert_eq!(due(&[10, 1000], TERMS_MAX), 1);
        assert_eq!(
            due(
                &[1, 5, 25, 125, 625, 3125, 15625, 78125, 390_625],
                TERMS_MAX
            ),
            2
        );
        assert_eq!(due(&[TERMS_MAX / 2, TERMS_MAX], TERMS_MAX), 1);
    }
}
