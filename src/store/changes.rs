//! The changes a transaction has made and not yet compared with what is there.

use super::Shared;
use crate::control::{Charge, Control};
use crate::error::{Code, Result};
use crate::run::{Key, Piece, PieceSpool, Row, State, States, by_key};

/// Changes charged at a time.
const CHARGE_STEP: usize = 4096;
/// The least worth spooling.
const CHANGES_MIN: usize = 1 << 14;
/// Bytes of a change while it is in memory: itself, and a row in each order when it is compared.
const CHANGE_BYTES: usize = size_of::<Change>() + 5 * size_of::<Row>();

/// What a transaction may take.
pub(super) fn memory_max(shared: &Shared, control: &Control) -> usize {
    control.memory().limit().min(shared.budget.limit())
}

/// A quad (s, p, o, g) and whether it is inserted.
pub(super) type Change = (Key, bool);

/// Which of several changes of one quad counts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Precedence {
    /// The last one.
    #[default]
    Last,
    /// An insertion, whenever it was made: deletes precede inserts (definition 22).
    Insertion,
}

/// Changes in memory, and what did not fit there as sorted pieces.
pub(super) struct ChangeSet {
    /// In the order they were made.
    memory: Vec<Change>,
    memory_max: usize,
    precedence: Precedence,
    /// Deletions of a set in which insertions count.
    deletions: Option<PieceSpool>,
    /// All other changes that were spooled.
    spooled: Option<PieceSpool>,
    charge: Charge,
    /// Some were lost when spooling them failed.
    is_incomplete: bool,
}

impl ChangeSet {
    /// Half of what the control may take is for changes; the other half is for the rows that are made of them.
    /// Errors: `ResourceExhausted`.
    pub fn new(shared: &Shared, control: &Control) -> Result<Self> {
        let limit = memory_max(shared, control);
        Ok(Self {
            memory: Vec::new(),
            memory_max: (limit / 2 / CHANGE_BYTES).max(CHANGES_MIN),
            precedence: Precedence::Last,
            deletions: None,
            spooled: None,
            charge: control.charge(0)?,
            is_incomplete: false,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.memory.is_empty() && !self.is_spooled()
    }

    pub fn is_spooled(&self) -> bool {
        self.spooled.is_some() || self.deletions.is_some()
    }

    pub fn precedence(&self) -> Precedence {
        self.precedence
    }

    /// How changes from now on are judged. The set must be empty.
    pub fn set_precedence(&mut self, precedence: Precedence) {
        debug_assert!(self.is_empty());
        self.precedence = precedence;
    }

    /// Errors: `Cancelled`, `QueryTimeout`, `ResourceExhausted`, `Io`.
    #[inline]
    pub fn push(
        &mut self,
        quad: Key,
        insert: bool,
        shared: &Shared,
        control: &Control,
    ) -> Result<()> {
        if self.memory.len().is_multiple_of(CHARGE_STEP) {
            self.make_room(shared, control)?;
        }
        self.memory.push((quad, insert));
        Ok(())
    }

    #[cold]
    fn make_room(&mut self, shared: &Shared, control: &Control) -> Result<()> {
        control.poll()?;
        let bytes = (self.memory.len() + CHARGE_STEP) * CHANGE_BYTES;
        let is_full = self.memory.len() >= self.memory_max
            || match self.charge.resize(bytes) {
                Err(error)
                    if error.code() == Code::ResourceExhausted && !self.memory.is_empty() =>
                {
                    true
                }
                other => {
                    other?;
                    false
                }
            };
        if is_full {
            self.spool(shared, control)?;
            self.charge.resize(CHARGE_STEP * CHANGE_BYTES)?;
        }
        Ok(())
    }

    /// Moves the changes in memory to spools. Errors: `Io`, `Cancelled`, `QueryTimeout`.
    pub fn spool(&mut self, shared: &Shared, control: &Control) -> Result<()> {
        if self.memory.is_empty() {
            return Ok(());
        }
        self.is_incomplete = true;
        let (deletions, others) = self.take_pieces();
        for (spool, rows) in [
            (&mut self.deletions, deletions),
            (&mut self.spooled, others),
        ] {
            if !rows.is_empty() {
                spool
                    .get_or_insert_with(|| PieceSpool::new(&shared.kv))
                    .push(&rows, control)?;
            }
        }
        self.is_incomplete = false;
        Ok(())
    }

    /// Moves the changes in memory to spools and gives their memory back. Errors: as [`ChangeSet::spool`].
    pub fn make_small(&mut self, shared: &Shared, control: &Control) -> Result<()> {
        self.spool(shared, control)?;
        self.charge.resize(0)
    }

    /// Whether some were lost, so that the set cannot be used before it is cleared.
    pub fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    /// The changes in memory, sorted, of each quad the one that counts. None are left in memory, and what is made of
    /// them is charged with what is returned.
    pub fn take_memory(&mut self) -> Vec<Change> {
        let unordered = std::mem::take(&mut self.memory);
        if unordered.len() < 2 {
            return unordered;
        }
        let mut changes: Vec<Change> = Vec::with_capacity(unordered.len());
        // Changes of one quad come in the order they were made.
        for at in by_key(unordered.len(), |at| &unordered[at].0) {
            let change = unordered[at];
            match changes.last_mut() {
                Some(last) if last.0 == change.0 => match self.precedence {
                    Precedence::Last => *last = change,
                    Precedence::Insertion => last.1 |= change.1,
                },
                _ => changes.push(change),
            }
        }
        changes
    }

    /// The changes in memory as pieces: those that earlier insertions outdo, and the others.
    fn take_pieces(&mut self) -> (Vec<Row>, Vec<Row>) {
        let changes = self.take_memory();
        match self.precedence {
            Precedence::Last => (Vec::new(), rows_of(changes.into_iter())),
            Precedence::Insertion => {
                let (inserted, deleted): (Vec<_>, Vec<_>) =
                    changes.into_iter().partition(|change| change.1);
                (rows_of(deleted.into_iter()), rows_of(inserted.into_iter()))
            }
        }
    }

    /// Calls `merge` with all changes as pieces, of which the latest one with a quad counts. None are left.
    pub fn take_all<T>(&mut self, merge: impl FnOnce(Vec<Piece<'_>>) -> Result<T>) -> Result<T> {
        let (deletions, others) = self.take_pieces();
        let spools = [self.deletions.take(), self.spooled.take()];
        let mut pieces = Vec::new();
        for (spool, rows) in spools.iter().zip([deletions, others]) {
            if let Some(spool) = spool {
                // Two more stay in memory.
                pieces.extend(spool.pieces(2));
            }
            if !rows.is_empty() {
                pieces.push(Piece::memory(rows));
            }
        }
        let merged = merge(pieces);
        self.charge.resize(0)?;
        merged
    }

    /// The charge of changes that were taken and are rows of `bytes` by now. Errors: `ResourceExhausted`.
    pub fn take_charge(&mut self, bytes: usize, control: &Control) -> Result<Charge> {
        self.charge.resize(bytes)?;
        Ok(std::mem::replace(&mut self.charge, control.charge(0)?))
    }

    pub fn clear(&mut self) -> Result<()> {
        self.memory = Vec::new();
        self.deletions = None;
        self.spooled = None;
        self.is_incomplete = false;
        self.charge.resize(0)
    }
}

/// What a change is stored as.
pub(super) fn states_of(insert: bool) -> States {
    match insert {
        true => States::new(State::Absent, State::Asserted),
        false => States::new(State::Asserted, State::Absent),
    }
}

fn rows_of(changes: impl Iterator<Item = Change>) -> Vec<Row> {
    changes
        .map(|(key, insert)| Row {
            key,
            states: states_of(insert),
        })
        .collect()
}

/// The row of a quad that is inserted or deleted; `None` if that changes nothing.
pub(super) fn net_row((key, insert): Change, before: State) -> Option<Row> {
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
