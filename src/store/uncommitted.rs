//! Reading within a transaction, and taking part of it back.

#[cfg(test)]
mod tests;

use super::commit::Transaction;
use super::layer::Changed;
use super::pinned::PinnedVersion;
use super::pins::PinKind;
use super::version::Version;
use crate::control::Control;
use crate::error::Result;
use std::sync::Arc;

/// A place in a transaction to go back to, until [`Transaction::release`] or [`Transaction::roll_back_to`]; the last
/// one goes first.
#[must_use]
pub struct Savepoint {
    /// Savepoints before it.
    depth: usize,
    layers: usize,
    terms: u64,
    next_number: u64,
}

impl Transaction {
    /// The version the transaction is based on: everything staged before it.
    pub fn base(&self) -> &Arc<Version> {
        &self.base
    }

    /// What the transaction reads: its base with the changes made so far. Later changes are not seen.
    /// Errors: those of reading and, if there are many changes, of writing them to disk; `TransactionEnded`.
    pub fn view(&mut self) -> Result<Arc<Version>> {
        self.at_work(|this| {
            this.freeze()?;
            this.settle()?;
            this.restage();
            Ok(this.view.clone())
        })
    }

    /// [`Transaction::view`] for a reader that may outlive the transaction: it reads on after a commit, and after a
    /// rollback it fails with `TransactionEnded`. Errors: as [`Transaction::view`]; those of making what it is based
    /// on durable.
    pub fn pinned_view(&mut self, kind: PinKind) -> Result<PinnedVersion> {
        // A reader must not be shown what an unfinished commit before could still take away.
        self.shared.write_log(self.base.seq)?;
        self.reader(kind)
    }

    /// As [`Transaction::pinned_view`], for what the transaction reads on its own behalf: what it is based on may still
    /// be on its way to the log. Errors: as [`Transaction::view`].
    pub fn reader(&mut self, kind: PinKind) -> Result<PinnedVersion> {
        let view = self.view()?;
        let pin = self.pin.again(kind);
        Ok(PinnedVersion::within(
            view,
            pin,
            self.rolled_back.clone(),
            self.pass.activity(),
        ))
    }

    /// `control`, ending with the transaction and with its version.
    pub fn listening(&self, control: &Control) -> Control {
        self.pin.listening(control).with_signal(&self.rolled_back)
    }

    /// Does something under a control of its own, which charges to the memory of the transaction.
    pub fn under<T>(&mut self, control: &Control, work: impl FnOnce(&mut Self) -> T) -> T {
        let memory = self.control.memory().clone();
        let control = self.listening(control).with_memory(memory);
        let own = std::mem::replace(&mut self.control, control);
        let was_written = self.new_terms.is_written();
        let done = work(self);
        // Terms that were written meanwhile have moved the transaction to another base.
        self.control = match was_written == self.new_terms.is_written() {
            true => own,
            false => self.pin.listening(&own),
        };
        done
    }

    /// Makes the view of the layers that there are, unless it is that already.
    pub(super) fn restage(&mut self) {
        let view = &self.view;
        let is_staged = Arc::ptr_eq(&self.viewed, &self.base)
            && view.watermark == self.tail.end()
            && view.next_number == self.next_number
            && view.uncommitted.len() == self.layers.len()
            && view
                .uncommitted
                .iter()
                .zip(&self.layers)
                .all(|(a, b)| a.is(b));
        if is_staged {
            return;
        }
        let mut version = (*self.base).clone();
        for layer in &self.layers {
            version.counts += layer.counts();
        }
        version.uncommitted = self.layers.clone();
        version.watermark = self.tail.end();
        version.next_number = self.next_number;
        self.view = Arc::new(version);
        self.viewed = self.base.clone();
    }

    /// A place to go back to. Errors: as [`Transaction::view`].
    pub fn savepoint(&mut self) -> Result<Savepoint> {
        self.view()?;
        let depth = self.floors.len();
        self.floors.push(self.layers.len());
        Ok(Savepoint {
            depth,
            layers: self.layers.len(),
            terms: self.tail.end(),
            next_number: self.next_number,
        })
    }

    /// Keeps what was changed since a savepoint and tells how many quads that are, net.
    /// Errors: as [`Transaction::view`]; go back to it then.
    pub fn release(&mut self, savepoint: &Savepoint) -> Result<Changed> {
        self.at_work(|this| {
            this.freeze()?;
            this.merge_layers()?;
            let layer = this.layers.get(savepoint.layers);
            let changed = layer.map_or_else(Changed::default, |layer| layer.changed());
            this.floors.truncate(savepoint.depth);
            this.settle()?;
            this.restage();
            Ok(changed)
        })
    }

    /// Undoes what was changed since a savepoint, also after an error. No reader of that time may be left.
    /// Errors: `TransactionEnded`.
    pub fn roll_back_to(&mut self, savepoint: &Savepoint) -> Result<()> {
        self.at_work(|this| {
            this.changes.clear()?;
            this.new_triples.clear();
            this.triples_charge.resize(0)?;
            let undone = this.layers.split_off(savepoint.layers);
            this.retire(&undone);
            this.floors.truncate(savepoint.depth);
            this.next_number = savepoint.next_number;
            if savepoint.terms < this.tail.end() {
                this.tail.writer().rollback(savepoint.terms);
            }
            this.restage();
            Ok(())
        })
    }
}
