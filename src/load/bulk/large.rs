//! A large load: a segment and runs of its own, installed by one flip.

use super::batch::Sealed;
use super::pieces::{Ids, TripleIds, sort_rows};
use super::vocabulary::{self, learn_prefixes, resolve};
use super::{Commit, FILTER_SHARE, Outcome, PIECE_SHARE, Parts, RUN_SHARE, TRIPLE_SHARE, share};
use crate::control::Phase;
use crate::error::Result;
use crate::run::{BYTES_PER_BUFFERED_ROW, QuadRuns, Sort};
use crate::store::{Changed, NewSegment};
use parking_lot::Mutex;
use std::sync::Arc;

impl Commit<'_> {
    /// Errors: those of a transaction before it commits; of writing; `ResourceExhausted`.
    pub(super) fn commit_large(&mut self, parts: Parts) -> Result<Outcome> {
        let control = self.control;
        let kv = self.store.kv();
        let memory = control.memory().limit();
        let mut bulk = self.store.begin_bulk(control)?;
        let base = bulk.base().clone();
        control.set_phase(Phase::Merge);

        let Parts {
            batches,
            spools,
            charges,
        } = parts;
        let learned = learn_prefixes(&batches, &spools, &base.vocabulary)?;
        let prefixes = learned
            .clone()
            .unwrap_or_else(|| base.vocabulary.prefixes().clone());
        let is_spooled = batches
            .iter()
            .any(|batch| matches!(batch, Sealed::Spooled(_)));
        let id_spool = match is_spooled {
            true => Some(kv.spool()?),
            false => None,
        };
        let segment_extent = bulk.reserve_extent();
        let extents = Sort::ALL.map(|_| bulk.reserve_extent());
        let mut file = bulk.page_file(segment_extent);
        let target = vocabulary::Target {
            vocabulary: &base.vocabulary,
            prefixes: &prefixes,
            first_ordinal: bulk.first_ordinal(),
            next_number: base.next_number,
            key_bytes_max: self.settings.max_term_bytes,
            filter_bytes_max: share(memory, FILTER_SHARE),
            press_threads: self.settings.threads,
            file: &mut file,
        };
        let resolved = resolve(
            &batches,
            &spools,
            id_spool,
            target,
            self.blanks,
            self.is_continued,
            control,
        )?;
        let written = file.finish()?;
        let segment = resolved.segment.map(|meta| NewSegment { meta, written });

        control.set_phase(Phase::Sort);
        let triples = Mutex::new(TripleIds {
            base: base.clone(),
            new: bulk.new_triples(share(memory, TRIPLE_SHARE), control)?,
            next_number: resolved.next_number,
        });
        let ids = Ids {
            columns: resolved.ids,
            spool: &resolved.id_spool,
            triples: &triples,
        };
        let mut pieces = sort_rows(
            batches,
            &spools,
            ids,
            self.settings.threads,
            share(memory, PIECE_SHARE),
            kv,
            control,
        )?;
        drop((charges, spools, resolved.id_spool));
        let mut triples = triples.into_inner();

        let rows_max = share(memory, RUN_SHARE) / BYTES_PER_BUFFERED_ROW;
        let (quads, inserted) = {
            let files = [0, 1, 2, 3, 4].map(|sort: usize| bulk.page_file(extents[sort]));
            let mut quads = QuadRuns::new(kv, files, rows_max, control)?;
            let mut changed = Changed::default();
            base.push_changes(&mut pieces.merge()?, &mut quads, &mut changed, control)?;
            let runs = quads.finish(base.epoch, bulk.seq(), bulk.seq())?;
            (runs, changed.inserted)
        };
        if inserted == 0 {
            // Every quad was there, so every term was.
            return Ok(Outcome::default());
        }
        let (mut runs, mut pages) = triples.new.finish(base.epoch)?;
        for (run, written) in quads {
            runs.push(Arc::new(run));
            pages.push(written);
        }
        let seq = bulk.install(runs, pages, segment, learned, triples.next_number)?;
        Ok(Outcome { inserted, seq })
    }
}
