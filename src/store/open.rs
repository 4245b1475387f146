//! The open store: opening, what can be done with it, and closing.

use super::Shared;
use super::background::Background;
use super::check::CheckReport;
use super::commit::Transaction;
use super::install::BulkInstall;
use super::pinned::PinnedVersion;
use super::pins::{PinInfo, PinKind};
use super::shared::{Durability, Settings};
use super::source::QuadSource;
use super::version::Version;
use super::{directory, recovery};
use crate::control::{Budget, Control};
use crate::error::{Code, Error, Result};
use crate::kv::{DirectoryLock, Kv, Open, Options, RecoveryMode};
use crate::vocab;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long closing waits for the writer before it leaves what is in memory to the log.
const CLOSING_WAIT: Duration = Duration::from_millis(200);

/// An open store. Closing it twice, or while others still read, is safe.
pub struct Store {
    shared: Arc<Shared>,
    running: Mutex<Option<Running>>,
    /// Held while closing, so that whoever closes it too returns when it is closed.
    closing: Mutex<()>,
}

/// What ends with the store.
struct Running {
    background: Background,
    lock: Option<DirectoryLock>,
}

/// Where and how to open a store.
pub struct OpenOptions<'p> {
    /// The store's directory; ignored in memory.
    pub path: &'p Path,
    pub open: Open,
    pub create_if_missing: bool,
    pub recovery: RecoveryMode,
    pub settings: Settings,
    pub kv: Options,
    pub budget: Budget,
}

impl Store {
    /// Errors: `NotFound`, `NotAStore`, `FormatTooNew`, `StoreInUse`, `WalDamaged`, `Corruption`, `Io`,
    /// `ResourceExhausted`.
    pub fn open(options: OpenOptions<'_>) -> Result<Self> {
        let database = options.path.join(directory::DATABASE);
        let (lock, created) = match options.open {
            Open::Memory => (None, true),
            _ => {
                let created = !directory::is_store(&options)?;
                (Some(directory::lock(&options)?), created)
            }
        };
        if !created && !database.is_dir() {
            return Err(directory::lost(options.path));
        }
        let kv = Arc::new(recovery::open_kv(&database, &options)?);
        let (shared, gap) = recovery::recover(kv, &options, created)?;
        let shared = Arc::new(shared);
        if gap && options.open == Open::ReadWrite {
            // Nothing of a log that cannot be read on is left to be met again.
            shared.spill_all(&Control::new())?;
            shared.kv.reset_log()?;
        }
        if lock.is_some() && created {
            directory::write_marker(options.path)?;
        }
        let running = Running {
            background: Background::start(&shared)?,
            lock,
        };
        // What was replayed is sorted by now in one way only.
        shared.signal.wake();
        Ok(Self {
            shared,
            running: Mutex::new(Some(running)),
            closing: Mutex::new(()),
        })
    }

    /// The newest published version, for short reads: no limit on pins knows of it. Errors: `Closed`.
    pub fn version(&self) -> Result<Arc<Version>> {
        self.check_open()?;
        Ok(self.shared.published.read().clone())
    }

    /// The newest published version, kept readable within the limits on pins (definition 31). Errors: `Closed`.
    pub fn pin(&self, kind: PinKind) -> Result<PinnedVersion> {
        self.check_open()?;
        Ok(self.shared.pin(kind))
    }

    /// Who holds which version, oldest first.
    pub fn pins(&self) -> Vec<PinInfo> {
        self.shared.pins.list()
    }

    /// Begins a write transaction, waiting for the one before. Errors: `Busy`, `ReadOnly`, `ReopenRequired`,
    /// `Closed`, `Cancelled`, `QueryTimeout`.
    pub fn begin(&self, control: &Control) -> Result<Transaction> {
        self.check_open()?;
        Transaction::begin(&self.shared, control)
    }

    /// Begins a bulk load; spills what is in memory first. Errors: as [`Store::begin`], those of writing.
    pub fn begin_bulk(&self, control: &Control) -> Result<BulkInstall> {
        self.check_open()?;
        BulkInstall::begin(&self.shared, control)
    }

    /// Spills what is in memory to disk. Errors: as [`Store::begin`], those of writing.
    pub fn spill(&self, control: &Control) -> Result<()> {
        self.check_open()?;
        self.shared.check_writable()?;
        let wait = Duration::from_millis(self.shared.settings.write_wait_ms);
        let _pass = self.shared.gate.enter(wait, control)?;
        self.shared.spill_all(control)
    }

    /// Spills, merges all runs, empties the slots of terms that nothing names any more and gives freed pages
    /// back. Slow; readers go on. Errors: as [`Store::spill`], `ResourceExhausted`.
    pub fn compact(&self, control: &Control) -> Result<()> {
        self.spill(control)?;
        self.shared.merge_all(control)?;
        self.shared.collect_terms(control)?;
        self.shared.collect_garbage()?;
        self.shared.kv.flush()
    }

    /// Waits until background work has caught up: nothing to spill or to merge.
    /// Errors: `ReadOnly`, `ReopenRequired`, `Closed`, `Cancelled`, `QueryTimeout`, those of merging.
    pub fn quiesce(&self, control: &Control) -> Result<()> {
        self.check_open()?;
        self.shared.check_writable()?;
        while self.shared.merge_one(None, control)? || self.shared.merge_segments(control)? {
            control.poll()?;
        }
        self.shared.collect_garbage()
    }

    /// Reads everything the newest version holds and reports what is wrong.
    /// Errors: `Cancelled`, `QueryTimeout`, `Closed`, `Io`.
    pub fn check(&self, control: &Control) -> Result<CheckReport> {
        self.check_open()?;
        let pinned = self.shared.pin(PinKind::Check);
        let report = super::check::check(pinned.version(), &pinned.listening(control));
        // What is missing may have gone with the pin.
        pinned.check()?;
        report
    }

    /// Makes every commit so far survive power loss, whatever the durability.
    /// Errors: `Io`, then the store takes no more writes; `ReopenRequired`, `Closed`.
    pub fn sync(&self) -> Result<()> {
        self.check_open()?;
        self.shared.check_sound()?;
        self.shared.sync_log()
    }

    pub fn durability(&self) -> Durability {
        self.shared.settings.durability
    }

    pub fn mode(&self) -> Open {
        self.shared.kv.mode()
    }

    pub fn kv(&self) -> &Arc<Kv> {
        &self.shared.kv
    }

    pub fn vocabulary_pages(&self) -> &Arc<vocab::Pages> {
        &self.shared.words
    }

    /// Whether an error has closed the store for writing.
    pub fn is_poisoned(&self) -> bool {
        self.shared.is_poisoned()
    }

    pub fn is_open(&self) -> bool {
        self.running.lock().is_some()
    }

    /// The store's identity, as it was given when it was created.
    pub fn uuid(&self) -> [u8; 16] {
        self.shared.head.lock().root.uuid
    }

    #[cfg(test)]
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    fn check_open(&self) -> Result<()> {
        match self.is_open() {
            true => Ok(()),
            false => Err(Error::new(Code::Closed, "the store is closed")),
        }
    }

    /// Stops background work, closes the files and gives the directory free, so that it can be opened again
    /// at once. Later calls return `Closed`, and so do readers that need another page. Closing again does
    /// nothing.
    /// Errors: those of writing what is left; the store is closed all the same and the log has it.
    pub fn close(&self) -> Result<()> {
        let _closing = self.closing.lock();
        let Some(running) = self.running.lock().take() else {
            return Ok(());
        };
        let shared = &self.shared;
        let mut result = Ok(());
        if shared.check_writable().is_ok() {
            let control = Control::new();
            let seq = shared.head.lock().staged.seq;
            result = shared.write_log(seq);
            // A short log is quicker to replay than to spill.
            let held = shared.published.read().held_bytes();
            if result.is_ok() && held > shared.settings.spill_bytes / 16 {
                // A transaction that someone left open keeps the gate: its commit will be told that the store is
                // closed, and the log has what a spill would write.
                if let Ok(_pass) = shared.gate.enter(CLOSING_WAIT, &control) {
                    result = shared.spill_all(&control);
                }
            }
            result = result
                .and_then(|()| shared.collect_garbage())
                .and_then(|()| shared.kv.flush());
        }
        drop(running.background);
        shared.kv.close();
        drop(running.lock);
        result
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(target: "triplestore::store", "closing: {error}");
        }
    }
}
