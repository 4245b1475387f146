//! Transactions whose changes outgrow their memory: sorted changes go to spools, and the commit is installed as
//! runs (definition 25).

use super::Shared;
use super::commit::{CHANGE_BYTES, Change, Committed, Transaction, net_row};
use super::install::InstalledCommit;
use crate::control::Control;
use crate::error::Result;
use crate::kv::WrittenExtent;
use crate::run::{
    BYTES_PER_BUFFERED_ROW, Counts, DiskRun, Key, Piece, PieceMerge, PieceSpool, QuadRuns, Row,
    RunBuilder, Sort, State, States,
};
use crate::vocab::Tail;

/// Changes whose states are looked up at a time.
const PROBED_CHANGES: usize = 1 << 16;
/// The least worth spooling.
const CHANGES_MIN: usize = 1 << 14;

/// Half of what a transaction may take is for its changes; the other half is for the rows of its runs.
pub(super) fn changes_max(shared: &Shared, control: &Control) -> usize {
    let limit = control.memory().limit().min(shared.budget.limit());
    (limit / 2 / CHANGE_BYTES).max(CHANGES_MIN)
}

/// What a spooled change is stored as.
fn states_of(insert: bool) -> States {
    match insert {
        true => States::new(State::Absent, State::Asserted),
        false => States::new(State::Asserted, State::Absent),
    }
}

fn rows_of(changes: Vec<Change>) -> Vec<Row> {
    let row = |(key, insert)| Row {
        key,
        states: states_of(insert),
    };
    changes.into_iter().map(row).collect()
}

impl Transaction {
    /// Moves the changes in memory to the spool. Errors: `Io`, `Cancelled`, `QueryTimeout`.
    pub(super) fn spool_changes(&mut self) -> Result<()> {
        let rows = rows_of(self.take_last_changes());
        let spool = self
            .spooled
            .get_or_insert_with(|| PieceSpool::new(&self.shared.kv));
        spool.push(&rows, &self.control)
    }

    /// Commits a transaction that has spooled changes. Errors: those of reading and writing; nothing has
    /// changed then, unless the error is that of the flip.
    pub(super) fn commit_spooled(mut self) -> Result<Committed> {
        let shared = self.shared.clone();
        let extents = Sort::ALL.map(|_| shared.reserve_extent());
        let committed = self.write_spooled(&shared, extents);
        shared.release_extents(extents);
        committed
    }

    fn write_spooled(&mut self, shared: &Shared, extents: [u64; Sort::COUNT]) -> Result<Committed> {
        let control = self.control.clone();
        let last = rows_of(self.take_last_changes());
        let spool = self.spooled.take();
        let mut pieces = spool.as_ref().map_or(Vec::new(), |spool| spool.pieces(1));
        pieces.push(Piece::memory(last));
        let mut merge = PieceMerge::new(pieces)?;

        let mut committed = Committed {
            seq: self.base.seq + 1,
            ..Committed::default()
        };
        let files = [0, 1, 2, 3, 4].map(|sort: usize| shared.kv.page_file(extents[sort]));
        let limit = control.memory().limit().min(shared.budget.limit());
        let rows_max = limit / 4 / BYTES_PER_BUFFERED_ROW;
        let mut quads = QuadRuns::new(&shared.kv, files, rows_max, &control)?;
        let mut keys: Vec<Key> = Vec::new();
        let mut inserts: Vec<bool> = Vec::new();
        let mut states: Vec<State> = Vec::new();
        loop {
            keys.clear();
            inserts.clear();
            while keys.len() < PROBED_CHANGES
                && let Some(row) = merge.next_row()?
            {
                keys.push(row.key);
                inserts.push(row.states == states_of(true));
            }
            if keys.is_empty() {
                break;
            }
            self.base.states(&keys, &mut states, &control)?;
            for ((&key, &insert), &before) in keys.iter().zip(&inserts).zip(&states) {
                if let Some(row) = net_row(key, insert, before) {
                    committed.count(row.states);
                    quads.push(row)?;
                }
            }
        }
        if committed.inserted + committed.deleted == 0 {
            committed.seq = self.base.seq;
            // What it found to be there already may be on its way to the log.
            shared.write_log(committed.seq)?;
            return Ok(committed);
        }
        let (epoch, seq) = (self.base.epoch, committed.seq);
        let mut runs = quads.finish(epoch, seq, seq)?;
        let triple_terms = self.triple_term_rows();
        for sort in Sort::TERMS {
            let file = shared.kv.page_file(extents[sort.index()]);
            let builder = RunBuilder::new(sort, file);
            runs.extend(builder.build_sorted(&triple_terms, epoch, seq)?);
        }
        shared.install_runs(runs, &self.tail, self.next_number, seq, &control)?;
        // What was added to the tail is the commit's from here on.
        self.mark = u64::MAX;
        Ok(committed)
    }
}

impl Shared {
    /// Installs the runs of commit `seq`, and with them a spill of what is in memory: runs in memory must not
    /// be older than runs on disk. The caller holds the gate; the commit's new terms are the last of `tail`.
    fn install_runs(
        &self,
        runs: Vec<(DiskRun, WrittenExtent)>,
        tail: &Tail,
        next_number: u64,
        seq: u64,
        control: &Control,
    ) -> Result<()> {
        self.finish_spill(control)?;
        // No one else starts a spill: that takes the gate.
        let _spilling = self.spilling.lock();
        let spog = runs.iter().filter(|(run, _)| run.sort == Sort::Spog);
        let mut counts = Counts::default();
        spog.for_each(|(run, _)| counts += run.meta.counts);
        let commit = InstalledCommit {
            seq,
            counts,
            watermark: tail.end(),
            next_number,
        };
        let memory = self.published.read().memory.clone();
        self.write_runs(&memory, Some(tail), seq, Some((commit, runs)), control)
    }
}
