//! Commits (definitions 22 to 26).
//!
//! (a) Outside the gate the caller parses. (b) Behind the gate a [`Transaction`] resolves terms, probes
//! the states of its quads and stages a run and a log record. (c) One thread writes the records of all
//! staged commits in one batch, (d) publishes them, and (e) each caller returns.

use super::gate::WritePass;
use super::head::{LARGE_RUNS_MAX, Pending};
use super::large::changes_max;
use super::pins::{Pin, PinKind};
use super::record::Record;
use super::version::Version;
use super::{Durability, Shared};
use crate::control::{Charge, Control};
use crate::error::{Code, Error, Result};
use crate::run::{Key, MemRun, PieceSpool, Row, State, States, by_key};
use crate::term::{Id, Tag, TermRef, inline};
use crate::vocab::{self, Tail, dictionary_key};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Records above this size are not written to the log; the commit is installed as runs (definition 25).
const RECORD_BYTES_MAX: usize = 8 << 20;
/// Changes charged at a time.
const CHARGE_STEP: usize = 4096;
/// Bytes of a change while it is in memory: itself, and a row in each order when it is committed.
pub(super) const CHANGE_BYTES: usize = size_of::<Change>() + 5 * size_of::<Row>();

/// A quad (s, p, o, g) and whether it is inserted.
pub(super) type Change = (Key, bool);

/// What a commit did. Counts are net over the transaction.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Committed {
    /// The commit's sequence number; that of the version it was based on if nothing changed.
    pub seq: u64,
    pub inserted: u64,
    pub deleted: u64,
}

/// The one write transaction that may be open. Dropping it rolls back.
pub struct Transaction {
    pub(super) shared: Arc<Shared>,
    pass: WritePass,
    pub(super) control: Control,
    pub(super) base: Arc<Version>,
    _pin: Pin,
    pub(super) tail: Arc<Tail>,
    /// End of the tail when the transaction began.
    pub(super) mark: u64,
    pub(super) next_number: u64,
    /// In order. Earlier ones may be in `spooled`, sorted.
    pub(super) changes: Vec<Change>,
    changes_max: usize,
    pub(super) spooled: Option<PieceSpool>,
    /// New triple terms by their parts.
    new_triples: FxHashMap<[Id; 3], Id>,
    key: Vec<u8>,
    charge: Charge,
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
        let tail = base.vocabulary.newest_tail().clone();
        let mark = tail.end();
        if shared.settings.write_idle_ms > 0 {
            let tail = tail.clone();
            pass.may_idle(move || tail.writer().rollback(mark));
        }
        Ok(Self {
            mark,
            _pin: pin,
            next_number: base.next_number,
            charge: control.charge(0)?,
            shared: shared.clone(),
            pass,
            control: control.clone(),
            base,
            tail,
            changes: Vec::new(),
            changes_max: changes_max(shared, control),
            spooled: None,
            new_triples: FxHashMap::default(),
            key: Vec::new(),
        })
    }

    /// The version the transaction reads: everything staged before it.
    pub fn base(&self) -> &Arc<Version> {
        &self.base
    }

    pub fn control(&self) -> &Control {
        &self.control
    }

    /// A blank node that no one else has.
    pub fn fresh_blank(&mut self) -> Id {
        Id::new(Tag::Blank, self.take_number())
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

    /// Does something that no one may take the pass from. Errors: `TransactionEnded` if it was taken.
    #[inline]
    fn at_work<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.pass.work()?;
        let done = work(self);
        self.pass.rest();
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
        let (ordinal, _) = self.tail.writer().insert(&self.key, hash)?;
        Ok(Id::new(tag, ordinal))
    }

    fn intern_triple(&mut self, parts: [Id; 3]) -> Result<Id> {
        if let Some(&id) = self.new_triples.get(&parts) {
            return Ok(id);
        }
        if let Some(id) = self.base.triple_term(parts, &self.control)? {
            return Ok(id);
        }
        let id = Id::new(Tag::Triple, self.take_number());
        self.new_triples.insert(parts, id);
        Ok(id)
    }

    /// The id of a term that this transaction can see. Errors: `TransactionEnded`, those of reading.
    pub fn lookup(&mut self, term: TermRef<'_>) -> Result<Option<Id>> {
        self.at_work(|this| this.looked_up(term))
    }

    fn looked_up(&mut self, term: TermRef<'_>) -> Result<Option<Id>> {
        match term {
            TermRef::Triple(parts) => match self.new_triples.get(&parts) {
                Some(&id) => Ok(Some(id)),
                None => self.base.triple_term(parts, &self.control),
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
        if self.changes.len().is_multiple_of(CHARGE_STEP) {
            self.control.poll()?;
            let bytes = (self.changes.len() + CHARGE_STEP) * CHANGE_BYTES;
            let is_full = self.changes.len() >= self.changes_max
                || match self.charge.resize(bytes) {
                    Err(error) if error.code() == Code::ResourceExhausted => {
                        !self.changes.is_empty()
                    }
                    other => {
                        other?;
                        false
                    }
                };
            if is_full {
                self.spool_changes()?;
                self.charge.resize(CHARGE_STEP * CHANGE_BYTES)?;
            }
        }
        self.changes.push((quad, insert));
        Ok(())
    }

    /// Makes the changes durable, as the store is set up, and visible to new readers.
    /// Errors: before anything is written `TransactionEnded`, those of reading, `Cancelled`, `ReopenRequired` and
    /// `Closed`; then `CommitInDoubt`.
    pub fn commit(mut self) -> Result<Committed> {
        self.pass.work()?;
        if self.spooled.is_some() {
            return self.commit_spooled();
        }
        let rows = self.net_rows()?;
        if rows.is_empty() {
            let seq = self.base.seq;
            let shared = self.shared.clone();
            drop(self);
            // What it found to be there already may be on its way to the log.
            shared.write_log(seq)?;
            return Ok(Committed {
                seq,
                ..Committed::default()
            });
        }
        let mut committed = Committed {
            seq: self.base.seq + 1,
            ..Committed::default()
        };
        rows.iter().for_each(|row| committed.count(row.states));
        let triple_terms = self.triple_term_rows();
        let record = self.record(&rows, &triple_terms)?;
        let run = MemRun::new(rows, triple_terms, committed.seq, self.base.epoch);
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

    /// The new triple terms (s, p, o, t), sorted.
    pub(super) fn triple_term_rows(&mut self) -> Vec<Row> {
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

    fn stage(&mut self, run: MemRun, record: Vec<u8>) {
        let pending = Pending {
            run: Arc::new(run),
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

    /// The changes in memory, sorted, of each quad the last one. None are left.
    pub(super) fn take_last_changes(&mut self) -> Vec<Change> {
        let unordered = std::mem::take(&mut self.changes);
        let mut changes: Vec<Change> = Vec::with_capacity(unordered.len());
        // Changes of one quad come in the order they were made, and the last one is kept.
        for at in by_key(unordered.len(), |at| &unordered[at].0) {
            let change = unordered[at];
            match changes.last_mut() {
                Some(last) if last.0 == change.0 => *last = change,
                _ => changes.push(change),
            }
        }
        changes
    }

    /// The rows this transaction changes; changes without effect go.
    fn net_rows(&mut self) -> Result<Vec<Row>> {
        let changes = self.take_last_changes();
        self.control.poll()?;
        let keys: Vec<Key> = changes.iter().map(|change| change.0).collect();
        let mut states = Vec::new();
        self.base.states(&keys, &mut states, &self.control)?;
        Ok(changes
            .into_iter()
            .zip(states)
            .filter_map(|((key, insert), before)| net_row(key, insert, before))
            .collect())
    }

    fn record(&self, quads: &[Row], triple_terms: &[Row]) -> Result<Vec<u8>> {
        let mut keys: Vec<Vec<u8>> = Vec::new();
        for ordinal in self.mark..self.tail.end() {
            let mut key = Vec::new();
            if !self.tail.key(ordinal, &mut key) {
                return Err(Error::new(
                    Code::Internal,
                    "a term of this transaction is missing",
                ));
            }
            keys.push(key);
        }
        let record = Record {
            generation: self.base.generation,
            epoch: self.base.epoch,
            time_us: now_us(),
            next_number: self.next_number,
            first_ordinal: self.mark,
            terms: keys.iter().map(|key| &key[..]).collect(),
            triple_terms: triple_terms.to_vec(),
            quads: quads.to_vec(),
        };
        let mut bytes = Vec::with_capacity(64 + 40 * quads.len());
        record.encode(&mut bytes);
        Ok(bytes)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // Whoever took the pass has rolled back.
        if self.pass.work().is_ok() && self.mark < self.tail.end() {
            self.tail.writer().rollback(self.mark);
        }
    }
}

/// The row of a quad that is inserted or deleted; `None` if that changes nothing.
pub(super) fn net_row(key: Key, insert: bool, before: State) -> Option<Row> {
    let after = match (insert, before) {
        (true, _) => State::Asserted,
        (false, State::Asserted) => State::Absent,
        (false, unchanged) => unchanged,
    };
    (before != after).then_some(Row {
        key,
        states: States::new(before, after),
    })
}

impl Committed {
    /// Counts a row of the commit.
    pub(super) fn count(&mut self, states: States) {
        let asserted = State::Asserted as u8;
        self.inserted += u64::from(states.after() == asserted);
        self.deleted += u64::from(states.before() == asserted);
    }
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
