//! A large load: a segment and runs of its own, installed by one flip.

use super::batch::Sealed;
use super::pieces::{Ids, Pieces, sort_rows};
use super::triples::TripleIds;
use super::vocabulary::{self, learn_prefixes, resolve};
use super::{Commit, FILTER_SHARE, Outcome, PIECE_SHARE, Parts, RUN_SHARE, share};
use crate::control::{Control, Phase};
use crate::error::Result;
use crate::run::{BYTES_PER_BUFFERED_ROW, Key, QuadRuns, Row, RunBuilder, Sort, State, States};
use crate::store::{NewSegment, Version, View};
use parking_lot::Mutex;

/// Rows whose states are looked up in the store at a time.
const PROBED_ROWS: usize = 1 << 16;

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
        let triples = Mutex::new(TripleIds::new(&base, resolved.next_number, control)?);
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
        let triples = triples.into_inner();
        let next_number = triples.next_number;
        let new_triples = triples.into_new();

        let rows_max = share(memory, RUN_SHARE) / BYTES_PER_BUFFERED_ROW;
        let (mut runs, inserted) = {
            let files = [0, 1, 2, 3, 4].map(|sort: usize| bulk.page_file(extents[sort]));
            let mut quads = QuadRuns::new(kv, files, rows_max, control)?;
            let inserted = push_new(&mut pieces, &base, &mut quads, control)?;
            (quads.finish(base.epoch, bulk.seq(), bulk.seq())?, inserted)
        };
        if inserted == 0 {
            // Every quad was there, so every term was.
            return Ok(Outcome::default());
        }
        for sort in Sort::TERMS {
            let file = bulk.page_file(extents[sort.index()]);
            let builder = RunBuilder::new(sort, file);
            runs.extend(builder.build_sorted(&new_triples, base.epoch, bulk.seq())?);
        }
        let seq = bulk.install(runs, segment, learned, next_number)?;
        Ok(Outcome { inserted, seq })
    }
}

/// Pushes the rows that the store has not; returns how many.
fn push_new(
    pieces: &mut Pieces,
    base: &Version,
    quads: &mut QuadRuns<'_>,
    control: &Control,
) -> Result<u64> {
    let mut merge = pieces.merge()?;
    let mut inserted = 0;
    if base.quads(View::Both) == 0 {
        while let Some(row) = merge.next_row()? {
            quads.push(row)?;
            inserted += 1;
        }
        return Ok(inserted);
    }
    let mut keys: Vec<Key> = Vec::with_capacity(PROBED_ROWS);
    let mut states: Vec<State> = Vec::new();
    loop {
        keys.clear();
        while keys.len() < PROBED_ROWS
            && let Some(row) = merge.next_row()?
        {
            keys.push(row.key);
        }
        if keys.is_empty() {
            return Ok(inserted);
        }
        base.states(&keys, &mut states, control)?;
        for (&key, &before) in keys.iter().zip(&states) {
            if before != State::Asserted {
                quads.push(Row {
                    key,
                    states: States::new(before, State::Asserted),
                })?;
                inserted += 1;
            }
        }
    }
}
