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
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

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
    /// What background merges of runs on disk may write; `None` is no limit.
    pub merge_bytes_per_second: Option<u64>,
    pub block_cache_bytes: usize,
    pub vocabulary_cache_bytes: usize,
    pub max_term_bytes: usize,
}

impl Durability {
    /// The mode with this number. An unknown one is taken for the strictest.
    pub fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Interval,
            2 => Self::OsBuffered,
            _ => Self::Sync,
        }
    }
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
            merge_bytes_per_second: None,
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
    /// Which background thread does not get on and why, as long as it does not.
    pub trouble: Mutex<Option<(&'static str, String)>>,
    poisoned: AtomicBool,
    /// The last commit whose record was in a write that failed.
    in_doubt: AtomicU64,
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

    /// Waits for `time`, whatever else happens; returns false once the store is stopping.
    pub fn pause(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut state = self.state.lock();
        while !state.stopping && !self.changed.wait_until(&mut state, until).timed_out() {}
        !state.stopping
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
            trouble: Mutex::new(None),
            poisoned: AtomicBool::new(false),
            in_doubt: AtomicU64::new(0),
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

    /// As [`Shared::poison`], after a write that may have taken effect: commits up to `seq` are in doubt.
    #[cold]
    pub fn poison_in_doubt(&self, seq: u64, error: &Error) {
        self.in_doubt.fetch_max(seq, Ordering::AcqRel);
        self.poison(error);
    }

    /// What became of a commit that a poisoned store has staged: nothing, or nobody knows.
    #[cold]
    pub fn outcome(&self, seq: u64, why: &str) -> Error {
        match seq <= self.in_doubt.load(Ordering::Acquire) {
            true => Error::new(Code::CommitInDoubt, format!("commit {seq}: {why}"))
                .with_hint("open the store again; the commit is there whole or not at all"),
            false => reopen_required(),
        }
    }

    /// Poisons the store if the work it guards panics.
    pub fn guard(&self) -> Guard<'_> {
        Guard(self)
    }

    /// Errors: `ReopenRequired`.
    pub fn check_sound(&self) -> Result<()> {
        match self.is_poisoned() {
            true => Err(reopen_required()),
            false => Ok(()),
        }
    }

    /// Errors: `ReadOnly`, `ReopenRequired`.
    pub fn check_writable(&self) -> Result<()> {
        if self.kv.mode() == Open::ReadOnly {
            return Err(
                Error::new(Code::ReadOnly, "the store was opened for reading only")
                    .with_hint("open it with read_only off"),
            );
        }
        self.check_sound()
    }

    /// Makes what was committed survive power loss. A failure cannot be repaired by trying again: the
    /// system may have given the unwritten pages up.
    /// Errors: `Io`, then the store takes no more writes; `Closed`.
    pub fn sync_log(&self) -> Result<()> {
        self.kv.sync_log().inspect_err(|error| {
            if error.code() != Code::Closed {
                self.poison(error);
            }
        })
    }

    /// Waits while commits come faster than they can be spilled: they are slowed, and stopped only if
    /// nothing moves for as long as a writer waits. The caller holds the gate.
    /// Errors: `Cancelled`, `QueryTimeout`; `Io` if spilling fails, `Busy` if it takes too long.
    pub fn wait_for_room(&self, control: &Control) -> Result<()> {
        let limit = 4 * self.settings.spill_bytes;
        let until = Instant::now() + Duration::from_millis(self.settings.write_wait_ms);
        loop {
            let mut head = self.head.lock();
            if head.published.held_bytes() <= limit || self.is_poisoned() {
                return Ok(());
            }
            self.rotate_if_full(&mut head);
            drop(head);
            control.poll()?;
            if Instant::now() >= until {
                return Err(self.no_room());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Background work of this thread has succeeded.
    pub fn at_ease(&self, thread: &str) {
        let mut trouble = self.trouble.lock();
        if trouble.as_ref().is_some_and(|(of, _)| *of == thread) {
            *trouble = None;
        }
    }

    #[cold]
    fn no_room(&self) -> Error {
        match &*self.trouble.lock() {
            Some((_, trouble)) => Error::new(
                Code::Io,
                format!("changes in memory cannot be written to disk: {trouble}"),
            )
            .with_hint("make room on the disk; writing goes on by itself"),
            None => Error::new(Code::Busy, "writing changes to disk takes too long")
                .with_hint("try again later, or raise write_wait_ms"),
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

    /// Gives up those of the extents that were not installed: what was written of them is removed. If that
    /// fails they stay reserved, so that the root names them and the next open removes them.
    pub fn release_extents(&self, released: impl IntoIterator<Item = u64>) {
        let mut given_up: Vec<u64> = released.into_iter().collect();
        {
            let extents = self.extents.lock();
            given_up.retain(|extent| extents.reserved.contains(extent));
        }
        // After a write that failed nobody knows what the root on disk names.
        if given_up.is_empty() || self.is_poisoned() {
            return;
        }
        match self.kv.discard(&given_up) {
            Ok(()) => {
                let mut extents = self.extents.lock();
                for extent in &given_up {
                    extents.reserved.remove(extent);
                }
            }
            Err(error) => {
                tracing::warn!(target: "triplestore::store", "pages of {given_up:?} are removed at the next open: {error}");
            }
        }
    }
}

/// See [`Shared::guard`].
pub(super) struct Guard<'s>(&'s Shared);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let error = Error::new(Code::Internal, "a panic while writing");
            self.0.poison_in_doubt(u64::MAX, &error);
        }
    }
}

#[cold]
fn reopen_required() -> Error {
    Error::new(
        Code::ReopenRequired,
        "an earlier write failed; the store takes no more writes",
    )
    .with_hint("close the store and open it again")
}
