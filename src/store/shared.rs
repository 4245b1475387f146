//! What all handles and threads of one store share.

use super::gate::Gate;
use super::head::Head;
use super::pinned::PinnedVersion;
use super::pins::{Pin, PinKind, PinLimits, Pins};
use super::version::Version;
use crate::control::{Budget, Control};
use crate::error::{Code, Error, Result};
use crate::kv::{Kv, Open};
use crate::run::PageCache;
use crate::vocab;
use parking_lot::{Condvar, Mutex, RwLock};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What survives what, once a commit is acknowledged (definition 26).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(u8)]
pub enum Durability {
    /// Power loss loses nothing.
    #[default]
    Sync = 0,
    /// Power loss loses at most the last interval; a killed process loses nothing.
    Interval = 1,
    /// Power loss may lose recent commits; a killed process loses nothing.
    OsBuffered = 2,
}

/// What the configuration decides for the core.
#[derive(Clone, Debug)]
pub struct Settings {
    pub durability: Durability,
    pub durability_interval_ms: u64,
    pub write_wait_ms: u64,
    /// A write transaction that was not used for so long is rolled back; 0 is never.
    pub write_idle_ms: u64,
    pub pins: PinLimits,
    /// Bytes of runs and terms in memory that start a spill.
    pub spill_bytes: usize,
    pub block_cache_bytes: usize,
    pub vocabulary_cache_bytes: usize,
    pub max_term_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            durability: Durability::Sync,
            durability_interval_ms: 100,
            write_wait_ms: 30_000,
            write_idle_ms: 300_000,
            pins: PinLimits::default(),
            spill_bytes: 64 << 20,
            block_cache_bytes: 128 << 20,
            vocabulary_cache_bytes: 64 << 20,
            max_term_bytes: 64 << 20,
        }
    }
}

pub(super) struct Shared {
    pub kv: Arc<Kv>,
    pub pages: Arc<PageCache>,
    /// Pages of the vocabulary.
    pub words: Arc<vocab::Pages>,
    pub settings: Settings,
    pub budget: Budget,
    pub gate: Arc<Gate>,
    pub pins: Arc<Pins>,
    /// What readers take. Changed under the head's lock only.
    pub published: RwLock<Arc<Version>>,
    pub head: Mutex<Head>,
    /// Held by the thread that writes to the log.
    pub log_writer: Mutex<()>,
    /// Held by the thread that spills.
    pub spilling: Mutex<()>,
    /// Held by the thread that merges.
    pub merging: Mutex<()>,
    pub extents: Mutex<Extents>,
    pub signal: Signal,
    poisoned: AtomicBool,
}

/// Extent numbers: handed out once, remembered until installed or given up.
pub(super) struct Extents {
    pub next: u64,
    pub reserved: BTreeSet<u64>,
}

/// Wakes the background threads.
#[derive(Default)]
pub(super) struct Signal {
    state: Mutex<SignalState>,
    changed: Condvar,
}

#[derive(Default)]
struct SignalState {
    /// Counts wake-ups, so that none is missed between looking and waiting.
    events: u64,
    stopping: bool,
}

impl Signal {
    pub fn wake(&self) {
        self.state.lock().events += 1;
        self.changed.notify_all();
    }

    pub fn stop(&self) {
        self.state.lock().stopping = true;
        self.changed.notify_all();
    }

    pub fn is_stopping(&self) -> bool {
        self.state.lock().stopping
    }

    /// Waits for an event after `seen` or for `timeout`; returns false once the store is stopping.
    pub fn wait(&self, seen: &mut u64, timeout: Duration) -> bool {
        let mut state = self.state.lock();
        if state.events == *seen && !state.stopping {
            self.changed.wait_for(&mut state, timeout);
        }
        *seen = state.events;
        !state.stopping
    }
}

impl Shared {
    pub fn new(
        kv: Arc<Kv>,
        pages: Arc<PageCache>,
        words: Arc<vocab::Pages>,
        settings: Settings,
        budget: Budget,
        head: Head,
    ) -> Self {
        let extents = Extents {
            next: head.root.next_extent,
            reserved: BTreeSet::new(),
        };
        Self {
            kv,
            pages,
            words,
            pins: Arc::new(Pins::new(settings.pins)),
            settings,
            budget,
            gate: Arc::new(Gate::default()),
            published: RwLock::new(head.published.clone()),
            head: Mutex::new(head),
            log_writer: Mutex::new(()),
            spilling: Mutex::new(()),
            merging: Mutex::new(()),
            extents: Mutex::new(extents),
            signal: Signal::default(),
            poisoned: AtomicBool::new(false),
        }
    }

    /// The published version, pinned.
    pub fn pin(&self, kind: PinKind) -> PinnedVersion {
        // Installs publish under this lock, so no page goes before the pin counts.
        let published = self.published.read();
        let pin = self.pins.pin(kind, published.seq, published.install);
        PinnedVersion::new(published.clone(), pin)
    }

    /// The staged version, pinned.
    pub fn pin_staged(&self, kind: PinKind) -> (Arc<Version>, Pin) {
        let head = self.head.lock();
        let staged = head.staged.clone();
        let pin = self.pins.pin(kind, staged.seq, staged.install);
        (staged, pin)
    }

    pub fn is_poisoned(&self) -> bool {
        self.poisoned.load(Ordering::Acquire)
    }

    /// Closes the store for writing after a failed write (definition 34). Reads go on.
    #[cold]
    pub fn poison(&self, error: &Error) {
        self.poisoned.store(true, Ordering::Release);
        tracing::error!(target: "triplestore::store", code = error.code().number(), "writing stopped: {error}");
    }

    /// Errors: `ReadOnly`, `ReopenRequired`.
    pub fn check_writable(&self) -> Result<()> {
        if self.kv.mode() == Open::ReadOnly {
            return Err(Error::new(
                Code::ReadOnly,
                "the store was opened for reading only",
            ));
        }
        if self.is_poisoned() {
            return Err(Error::new(
                Code::ReopenRequired,
                "an earlier write failed; the store takes no more writes",
            )
            .with_hint("close the store and open it again"));
        }
        Ok(())
    }

    /// Waits while commits come faster than they can be spilled: they are slowed, never stopped. The caller
    /// holds the gate. Errors: `Cancelled`, `QueryTimeout`.
    pub fn wait_for_room(&self, control: &Control) -> Result<()> {
        let limit = 4 * self.settings.spill_bytes;
        loop {
            let mut head = self.head.lock();
            if head.published.held_bytes() <= limit || self.is_poisoned() {
                return Ok(());
            }
            self.rotate_if_full(&mut head);
            drop(head);
            control.poll()?;
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// A control that charges the store and is never cancelled.
    pub fn memory(&self) -> Control {
        Control::new().with_memory(self.budget.clone())
    }

    /// A fresh extent, remembered as reserved until [`Shared::release_extents`] or an install.
    pub fn reserve_extent(&self) -> u64 {
        let mut extents = self.extents.lock();
        let extent = extents.next;
        extents.next += 1;
        extents.reserved.insert(extent);
        extent
    }

    pub fn release_extents(&self, released: impl IntoIterator<Item = u64>) {
        let mut extents = self.extents.lock();
        for extent in released {
            extents.reserved.remove(&extent);
        }
    }
}
