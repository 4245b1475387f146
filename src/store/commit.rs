//! Commits (definitions 22 to 26).
//!
//! (a) Outside the gate the caller parses. (b) Behind the gate a [`Transaction`] resolves terms, probes
//! the states of its quads and stages a run and a log record. (c) One thread writes the records of all
//! staged commits in one batch, (d) publishes them, and (e) each caller returns.

use super::changes::{ChangeSet, Precedence, memory_max, net_row};
use super::gate::WritePass;
use super::head::{LARGE_RUNS_MAX, Pending};
use super::large_terms::NewTerms;
use super::layer::{Changed, Layer};
use super::pins::{Pin, PinKind};
use super::record::Record;
use super::version::Version;
use super::{Durability, Shared};
use crate::control::{Charge, Control, Signal};
use crate::error::{Code, Error, Result};
use crate::run::{Key, MemRun, Row, Sort, States};
use crate::term::{Id, Tag, TermRef, inline};
use crate::vocab::{self, Tail, dictionary_key};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Records above this size are not written to the log; the commit is installed as runs (definition 25).
const RECORD_BYTES_MAX: usize = 8 << 20;
/// The parts of its memory that the new terms of a transaction may take, and its triple terms.
const TERM_SHARE: usize = 8;
const TRIPLE_TERM_SHARE: usize = 16;
/// Bytes a new triple term takes until it is in a layer.
const TRIPLE_BYTES: usize = 64;
/// New triple terms charged at a time.
const TRIPLES_CHARGED: usize = 1024;

/// What a commit did. Counts are net over the transaction.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Committed {
    /// The commit's sequence number; that of the version it was based on if nothing changed.
    pub seq: u64,
    pub inserted: u64,
    pub deleted: u64,
}

/// The one write transaction that may be open. Dropping it rolls back.
///
/// Changes are collected, and compared with what is there when somebody reads or at the commit: they become a
/// [`Layer`] over the base, and the base with its layers is what the transaction's own readers see.
pub struct Transaction {
    pub(super) shared: Arc<Shared>,
    pub(super) pass: WritePass,
    pub(super) control: Control,
    /// Everything staged before, and the new terms that are not in memory any more.
    pub(super) base: Arc<Version>,
    /// The base with `layers`.
    pub(super) view: Arc<Version>,
    /// The base that the view was made of.
    pub(super) viewed: Arc<Version>,
    pub(super) pin: Pin,
    pub(super) tail: Arc<Tail>,
    /// End of the dictionary when the transaction began; beyond all terms once they are the commit's.
    pub(super) mark: u64,
    pub(super) next_number: u64,
    pub(super) changes: ChangeSet,
    /// Oldest first.
    pub(super) layers: Vec<Layer>,
    /// How many layers each savepoint had: those are not merged with later ones.
    pub(super) floors: Vec<usize>,
    /// Extents of layers on disk; given up unless they are installed.
    pub(super) extents: Vec<u64>,
    /// Raised when the transaction is rolled back: what reads it ends.
    pub(super) rolled_back: Signal,
    /// New triple terms that are in no layer, by their parts.
    pub(super) new_triples: FxHashMap<[Id; 3], Id>,
    pub(super) triples_charge: Charge,
    triples_max: usize,
    pub(super) new_terms: NewTerms,
    pub(super) key: Vec<u8>,
    /// It was half way through something that failed.
    is_broken: bool,
}

impl Transaction {
    /// Waits for the right to write. Errors: `Busy`, `ReadOnly`, `ReopenRequired`, `Closed`,
    /// `Cancelled`, `QueryTimeout`.
    pub(super) fn begin(shared: &Arc<Shared>, control: &Control) -> Result<Self> {
        shared.check_writable()?;
        let wait = Duration::from_millis(shared.settings.write_wait_ms);
        let pass = shared.gate.enter(wait, control)?;
        shared.check_writable()?;
        shared.wait_for_room(control)?;
        let (base, pin) = shared.pin_staged(PinKind::Transaction);
        let control = &pin.listening(control);
        let bytes_max = memory_max(shared, control);
        let tail = base.vocabulary.newest_tail().clone();
        let mark = tail.end();
        let rolled_back = Signal::new(Code::TransactionEnded, "the transaction was rolled back");
        if shared.settings.write_idle_ms > 0 {
            let (tail, rolled_back) = (tail.clone(), rolled_back.clone());
            pass.may_idle(move || {
                // Readers are told before ordinals are given to other terms.
                rolled_back.raise();
                tail.writer().rollback(mark);
            });
        }
        Ok(Self {
            mark,
            pin,
            next_number: base.next_number,
            changes: ChangeSet::new(shared, control)?,
            triples_charge: control.charge(0)?,
            shared: shared.clone(),
            pass,
            control: control.clone(),
            view: base.clone(),
            viewed: base.clone(),
            base,
            tail,
            layers: Vec::new(),
            floors: Vec::new(),
            extents: Vec::new(),
            rolled_back,
            new_triples: FxHashMap::default(),
            triples_max: (bytes_max / TRIPLE_TERM_SHARE / TRIPLE_BYTES).max(TRIPLES_CHARGED),
            new_terms: NewTerms::new(shared, bytes_max / TERM_SHARE),
            key: Vec::new(),
            is_broken: false,
        })
    }

    pub fn control(&self) -> &Control {
        &self.control
    }

    /// A blank node that no one else has.
    pub fn fresh_blank(&mut self) -> Id {
        self.fresh_blanks(1)
    }

    /// The first of `count` blank nodes that no one else has, with numbers that follow each other.
    pub fn fresh_blanks(&mut self, count: u64) -> Id {
        let first = self.next_number;
        self.next_number += count;
        Id::new(Tag::Blank, first)
    }

    fn take_number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// The id of a term, which is added if it is new. A blank node must exist.
    /// Errors: `TermTooLarge`, `ResourceExhausted`, `InvalidInput` for an unknown blank node, `TransactionEnded`,
    /// those of reading.
    pub fn intern(&mut self, term: TermRef<'_>) -> Result<Id> {
        self.at_work(|this| this.interned(term))
    }

    /// Does something during which the transaction does not count as idle. Errors: `TransactionEnded` if it was
    /// rolled back, those of `work`.
    #[inline]
    pub fn at_work<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let is_within = self.pass.is_at_work();
        self.pass.work()?;
        let done = match self.is_broken {
            true => Err(broken()),
            false => work(self),
        };
        if !is_within {
            self.pass.rest();
        }
        done
    }

    /// Does something that cannot be undone: if it fails, so does everything after it but rolling back.
    pub(super) fn must_succeed<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let done = work(self);
        self.is_broken |= done.is_err();
        done
    }

    fn interned(&mut self, term: TermRef<'_>) -> Result<Id> {
        match term {
            TermRef::Blank(number) if number >= self.next_number => {
                return Err(Error::new(
                    Code::InvalidInput,
                    "the store has no blank node with this label",
                ));
            }
            TermRef::Triple(parts) => return self.intern_triple(parts),
            _ => {}
        }
        let vocabulary = &self.base.vocabulary;
        if let Some(id) = inline(term, vocabulary.prefixes()) {
            return Ok(id);
        }
        let Some(tag) = dictionary_key(term, &mut self.key) else {
            return Err(Error::new(
                Code::Internal,
                "a term without a key was not inline",
            ));
        };
        let hash = vocab::hash(&self.key);
        // The transaction's own terms are above the watermark of its base.
        if let Some(ordinal) = vocabulary.ordinal(&self.key, hash, u64::MAX)? {
            return Ok(Id::new(tag, ordinal));
        }
        self.add_term(hash).map(|ordinal| Id::new(tag, ordinal))
    }

    fn intern_triple(&mut self, parts: [Id; 3]) -> Result<Id> {
        if let Some(&id) = self.new_triples.get(&parts) {
            return Ok(id);
        }
        if let Some(id) = self.view.triple_term(parts, &self.control)? {
            return Ok(id);
        }
        if self.new_triples.len().is_multiple_of(TRIPLES_CHARGED) {
            self.make_room_for_triples()?;
        }
        let id = Id::new(Tag::Triple, self.take_number());
        self.new_triples.insert(parts, id);
        Ok(id)
    }

    #[cold]
    fn make_room_for_triples(&mut self) -> Result<()> {
        self.control.poll()?;
        let held = self.new_triples.len();
        let is_full = held >= self.triples_max
            || match self
                .triples_charge
                .resize((held + TRIPLES_CHARGED) * TRIPLE_BYTES)
            {
                Err(error) if error.code() == Code::ResourceExhausted && held > 0 => true,
                other => {
                    other?;
                    false
                }
            };
        if is_full {
            self.must_succeed(Self::freeze_triples)?;
            self.triples_charge.resize(TRIPLES_CHARGED * TRIPLE_BYTES)?;
        }
        Ok(())
    }

    /// The id of a term that this transaction can see. Errors: `TransactionEnded`, those of reading.
    pub fn lookup(&mut self, term: TermRef<'_>) -> Result<Option<Id>> {
        self.at_work(|this| this.looked_up(term))
    }

    fn looked_up(&mut self, term: TermRef<'_>) -> Result<Option<Id>> {
        match term {
            TermRef::Triple(parts) => match self.new_triples.get(&parts) {
                Some(&id) => Ok(Some(id)),
                None => self.view.triple_term(parts, &self.control),
            },
            TermRef::Blank(number) if number >= self.next_number => Ok(None),
            _ => self.base.vocabulary.id(term, u64::MAX, &mut self.key),
        }
    }

    /// Inserts (s, p, o, g). Errors: `ResourceExhausted`, `TransactionEnded`.
    pub fn insert(&mut self, quad: Key) -> Result<()> {
        self.at_work(|this| this.change(quad, true))
    }

    /// Deletes (s, p, o, g). Errors: `ResourceExhausted`, `TransactionEnded`.
    pub fn delete(&mut self, quad: Key) -> Result<()> {
        self.at_work(|this| this.change(quad, false))
    }

    fn change(&mut self, quad: Key, insert: bool) -> Result<()> {
        self.changes.push(quad, insert, &self.shared, &self.control)
    }

    /// How changes of one quad from now on are judged. Errors: as [`Transaction::view`].
    pub fn set_precedence(&mut self, precedence: Precedence) -> Result<()> {
        if self.changes.precedence() != precedence {
            self.at_work(Self::freeze)?;
            self.changes.set_precedence(precedence);
        }
        Ok(())
    }

    /// Makes the changes durable, as the store is set up, and visible to new readers.
    /// Errors: before anything is written `TransactionEnded`, those of reading, `Cancelled`, `ReopenRequired` and
    /// `Closed`; then `CommitInDoubt`.
    pub fn commit(mut self) -> Result<Committed> {
        self.pass.work()?;
        if self.is_broken {
            return Err(broken());
        }
        self.floors.clear();
        self.freeze()?;
        self.merge_layers()?;
        let Some(layer) = self.layers.first() else {
            return self.commit_nothing();
        };
        let Changed { inserted, deleted } = layer.changed();
        if inserted + deleted == 0 {
            return self.commit_nothing();
        }
        let committed = Committed {
            seq: self.base.seq + 1,
            inserted,
            deleted,
        };
        if self.new_terms.is_written() {
            self.write_memory()?;
        }
        let run = self
            .layers
            .first()
            .and_then(|layer| layer.memory().cloned());
        let Some(run) = run else {
            self.install_layer(committed.seq)?;
            return Ok(committed);
        };
        let record = self.record(&run)?;
        if record.len() > RECORD_BYTES_MAX {
            self.shared
                .install_commit(run, &self.tail, self.next_number, &self.control)?;
            self.mark = u64::MAX;
            return Ok(committed);
        }
        self.stage(run, record);
        let shared = self.shared.clone();
        drop(self);
        shared.write_log(committed.seq)?;
        Ok(committed)
    }

    fn commit_nothing(self) -> Result<Committed> {
        let seq = self.base.seq;
        let shared = self.shared.clone();
        drop(self);
        // What it found to be there already may be on its way to the log.
        shared.write_log(seq)?;
        Ok(Committed {
            seq,
            ..Committed::default()
        })
    }

    /// The new triple terms (s, p, o, t), sorted. None are left.
    pub(super) fn take_triple_terms(&mut self) -> Vec<Row> {
        let mut rows: Vec<Row> = self
            .new_triples
            .drain()
            .map(|([s, p, o], t)| Row {
                key: [s, p, o, t].map(Id::raw),
                states: States::ASSERT,
            })
            .collect();
        rows.sort_unstable_by_key(|row| row.key);
        rows
    }

    fn stage(&mut self, run: Arc<MemRun>, record: Vec<u8>) {
        let pending = Pending {
            run,
            record: record.into(),
            watermark: self.tail.end(),
            next_number: self.next_number,
        };
        let mut head = self.shared.head.lock();
        head.stage(pending);
        // What was added to the tail is the commit's from here on.
        self.mark = u64::MAX;
        self.shared.rotate_if_full(&mut head);
    }

    /// The rows that the changes in memory make; changes without effect go.
    pub(super) fn net_rows(&mut self) -> Result<Vec<Row>> {
        let changes = self.changes.take_memory();
        self.control.poll()?;
        let keys: Vec<Key> = changes.iter().map(|change| change.0).collect();
        let mut states = Vec::new();
        self.view.states(&keys, &mut states, &self.control)?;
        Ok(changes
            .into_iter()
            .zip(states)
            .filter_map(|(change, before)| net_row(change, before))
            .collect())
    }

    fn record(&self, run: &MemRun) -> Result<Vec<u8>> {
        let quads = run.rows(Sort::Spog);
        // One after the other in one buffer.
        let mut keys: Vec<u8> = Vec::new();
        let mut ends: Vec<usize> = Vec::new();
        let mut key = Vec::new();
        for ordinal in self.mark..self.tail.end() {
            if !self.tail.key(ordinal, &mut key) {
                return Err(Error::new(
                    Code::Internal,
                    "a term of this transaction is missing",
                ));
            }
            keys.extend_from_slice(&key);
            ends.push(keys.len());
        }
        let mut start = 0;
        let record = Record {
            generation: self.base.generation,
            epoch: self.base.epoch,
            time_us: now_us(),
            next_number: self.next_number,
            first_ordinal: self.mark,
            terms: ends
                .iter()
                .map(|&end| &keys[std::mem::replace(&mut start, end)..end])
                .collect(),
            triple_terms: run.rows(Sort::SpoTerm).into(),
            quads: quads.into(),
        };
        let mut bytes = Vec::with_capacity(64 + 40 * quads.len());
        record.encode(&mut bytes);
        Ok(bytes)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // Whoever took the pass has rolled back.
        if self.pass.work().is_ok() && self.mark != u64::MAX {
            // A transaction that has changed nothing leaves its readers alone.
            if self.mark < self.tail.end() || !self.layers.is_empty() {
                self.rolled_back.raise();
            }
            // Otherwise nobody else has it.
            let is_shared = !self.new_terms.is_written();
            if is_shared && self.mark < self.tail.end() {
                self.tail.writer().rollback(self.mark);
            }
        }
        self.shared.release_extents(self.extents.drain(..));
    }
}

#[cold]
fn broken() -> Error {
    Error::new(
        Code::TransactionEnded,
        "an earlier error left the transaction incomplete; it can only be rolled back",
    )
}

fn now_us() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
        })
}

impl Shared {
    /// Writes staged commits to the log until `seq` is among them, and publishes them.
    /// Errors: `CommitInDoubt`, then the store takes no more writes; `ReopenRequired` if an earlier write has
    /// failed and this commit was not in it; `Closed`.
    pub(super) fn write_log(&self, seq: u64) -> Result<()> {
        let _leader = self.log_writer.lock();
        let _guard = self.guard();
        // The leader before this one may have written it.
        let staged: Vec<(u64, Arc<[u8]>)> = {
            let head = self.head.lock();
            if head.published.seq >= seq {
                return Ok(());
            }
            head.queue
                .iter()
                .map(|pending| (pending.seq(), pending.record.clone()))
                .collect()
        };
        if self.is_poisoned() {
            return Err(self.outcome(seq, "the write it was in failed"));
        }
        let sync = self.settings.durability == Durability::Sync;
        let records = staged.iter().map(|(seq, record)| (*seq, &**record));
        if let Err(error) = self.kv.append_log(records, sync) {
            if error.code() == Code::Closed {
                return Err(error);
            }
            let last = staged.last().map_or(seq, |(seq, _)| *seq);
            self.poison_in_doubt(last, &error);
            return Err(self.outcome(seq, error.detail()).because(error));
        }
        let mut head = self.head.lock();
        let version = head.publish_queued(staged.len());
        let crowded = head.large_runs() > LARGE_RUNS_MAX;
        *self.published.write() = version;
        drop(head);
        if crowded {
            self.signal.wake();
        }
        Ok(())
    }
}
