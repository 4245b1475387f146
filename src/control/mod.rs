//! Control of running work: cancel, deadline, memory, progress.
//!
//! One [`Control`] belongs to one operation. Every loop over data polls it once per batch, page
//! or block ([`Control::poll`], a few relaxed loads and at most one clock read) and charges what
//! it allocates ([`Control::charge`]). Definitions 37 and 38.

mod memory;
mod stack;
mod state;
mod threads;

pub use memory::{Budget, Charge};
pub use stack::{STACK_BYTES_OF_CALLER, with_stack};
pub use state::StateCharge;
pub use threads::{joined, side_by_side};

use crate::error::{Code, Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What an operation is doing, for progress displays.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(u8)]
pub enum Phase {
    #[default]
    Idle = 0,
    Parse = 1,
    Merge = 2,
    Sort = 3,
    Write = 4,
    Query = 5,
    Verify = 6,
    Done = 7,
}

impl Phase {
    pub const ALL: [Phase; 8] = [
        Phase::Idle,
        Phase::Parse,
        Phase::Merge,
        Phase::Sort,
        Phase::Write,
        Phase::Query,
        Phase::Verify,
        Phase::Done,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Phase::Idle => "idle",
            Phase::Parse => "parse",
            Phase::Merge => "merge",
            Phase::Sort => "sort",
            Phase::Write => "write",
            Phase::Query => "query",
            Phase::Verify => "verify",
            Phase::Done => "done",
        }
    }
}

/// A snapshot of the counters of an operation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    pub phase: Phase,
    /// Input bytes read so far (before decompression where the input is compressed).
    pub bytes: u64,
    /// Input bytes in all, 0 where unknown.
    pub bytes_total: u64,
    /// Statements or rows worked so far in this phase.
    pub rows: u64,
    pub elapsed: Duration,
}

struct Shared {
    cancelled: AtomicBool,
    phase: AtomicU8,
    bytes: AtomicU64,
    bytes_total: AtomicU64,
    rows: AtomicU64,
    started: Instant,
}

/// Cancels an operation from any thread. A cancelled token stays cancelled; cancelling a
/// finished operation does nothing.
#[derive(Clone)]
pub struct CancelToken(Arc<Shared>);

impl CancelToken {
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed)
    }
}

/// Something that ends operations besides their own cancel token: the store they work on is closed,
/// the cursor they work for is dropped. Raised once and for all; clones are the same signal.
#[derive(Clone)]
pub struct Signal(Arc<Reason>);

struct Reason {
    raised: AtomicBool,
    code: Code,
    detail: &'static str,
}

impl Signal {
    /// Operations that listen fail with this code and detail once it is raised.
    pub fn new(code: Code, detail: &'static str) -> Self {
        Self(Arc::new(Reason {
            raised: AtomicBool::new(false),
            code,
            detail,
        }))
    }

    pub fn raise(&self) {
        self.0.raised.store(true, Ordering::Relaxed);
    }

    /// Errors: the signal's own, once it is raised.
    #[inline]
    pub fn check(&self) -> Result<()> {
        match self.0.raised.load(Ordering::Relaxed) {
            true => Err(Error::new(self.0.code, self.0.detail)),
            false => Ok(()),
        }
    }
}

/// The signals an operation listens to, as a list that controls made from one another share.
struct Listening {
    signal: Signal,
    next: Option<Arc<Listening>>,
}

/// What is called at every poll of an operation, which fails with its error.
pub type PollHook = Arc<dyn Fn() -> Result<()> + Send + Sync>;

/// The cancel token, deadline, signals and accounts of one operation. Clones share them.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
    deadline: Option<Instant>,
    signals: Option<Arc<Listening>>,
    memory: Budget,
    spool: Budget,
    hook: Option<PollHook>,
}

impl Default for Control {
    fn default() -> Self {
        Self::new()
    }
}

impl Control {
    /// No deadline and no limit of memory or disk.
    pub fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                cancelled: AtomicBool::new(false),
                phase: AtomicU8::new(0),
                bytes: AtomicU64::new(0),
                bytes_total: AtomicU64::new(0),
                rows: AtomicU64::new(0),
                started: Instant::now(),
            }),
            deadline: None,
            signals: None,
            memory: Budget::unlimited(),
            spool: Budget::disk("unlimited", usize::MAX),
            hook: None,
        }
    }

    /// Also ends when `signal` is raised, with its error.
    #[must_use]
    pub fn with_signal(mut self, signal: &Signal) -> Self {
        self.signals = Some(Arc::new(Listening {
            signal: signal.clone(),
            next: self.signals,
        }));
        self
    }

    /// Sets the deadline `timeout` from now; an earlier deadline stays.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        if let Some(deadline) = Instant::now().checked_add(timeout) {
            self.deadline = Some(self.deadline.map_or(deadline, |old| old.min(deadline)));
        }
        self
    }

    /// Charges allocations of this operation to `memory`.
    #[must_use]
    pub fn with_memory(mut self, memory: Budget) -> Self {
        self.memory = memory;
        self
    }

    /// Charges temporary files of this operation to `spool`.
    #[must_use]
    pub fn with_spool(mut self, spool: Budget) -> Self {
        self.spool = spool;
        self
    }

    /// Calls `hook` at every poll: how a test stops an operation at a poll of its choice, and sees what is worked between two.
    #[must_use]
    pub fn with_poll_hook(mut self, hook: PollHook) -> Self {
        self.hook = Some(hook);
        self
    }

    pub fn cancel_token(&self) -> CancelToken {
        CancelToken(self.shared.clone())
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    pub fn memory(&self) -> &Budget {
        &self.memory
    }

    /// The account of temporary files.
    pub fn spool(&self) -> &Budget {
        &self.spool
    }

    /// Errors: `Cancelled`, `QueryTimeout`, those of the signals.
    #[inline]
    pub fn poll(&self) -> Result<()> {
        if let Some(hook) = &self.hook {
            hook()?;
        }
        let mut signals = &self.signals;
        while let Some(listening) = signals {
            listening.signal.check()?;
            signals = &listening.next;
        }
        if self.shared.cancelled.load(Ordering::Relaxed) {
            return Err(Error::new(Code::Cancelled, "cancelled by the caller"));
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => {
                Err(Error::new(Code::QueryTimeout, "the deadline has passed"))
            }
            _ => Ok(()),
        }
    }

    /// Charges `bytes` to the memory account until the charge is dropped.
    /// Errors: `ResourceExhausted`.
    pub fn charge(&self, bytes: usize) -> Result<Charge> {
        self.memory.charge(bytes)
    }

    pub fn set_phase(&self, phase: Phase) {
        self.shared.phase.store(phase as u8, Ordering::Relaxed);
        self.shared.rows.store(0, Ordering::Relaxed);
    }

    pub fn set_bytes_total(&self, bytes: u64) {
        self.shared.bytes_total.store(bytes, Ordering::Relaxed);
    }

    pub fn add_bytes(&self, bytes: u64) {
        self.shared.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub fn add_rows(&self, rows: u64) {
        self.shared.rows.fetch_add(rows, Ordering::Relaxed);
    }

    /// Readable at any time from any thread.
    pub fn progress(&self) -> Progress {
        let phase = self.shared.phase.load(Ordering::Relaxed);
        Progress {
            phase: Phase::ALL[usize::from(phase)],
            bytes: self.shared.bytes.load(Ordering::Relaxed),
            bytes_total: self.shared.bytes_total.load(Ordering::Relaxed),
            rows: self.shared.rows.load(Ordering::Relaxed),
            elapsed: self.shared.started.elapsed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_token_stops_every_clone() {
        let control = Control::new();
        let clone = control.clone();
        assert!(clone.poll().is_ok());
        control.cancel_token().cancel();
        assert_eq!(clone.poll().unwrap_err().code(), Code::Cancelled);
    }

    #[test]
    fn a_raised_signal_stops_those_who_listen_with_its_own_code() {
        let store = Signal::new(Code::Closed, "the store is closed");
        let cursor = Signal::new(Code::Cancelled, "the cursor is gone");
        let other = Control::new();
        let both = other.clone().with_signal(&store).with_signal(&cursor);
        assert!(both.poll().is_ok());
        store.raise();
        assert_eq!(both.poll().unwrap_err().code(), Code::Closed);
        cursor.raise();
        assert_eq!(both.poll().unwrap_err().code(), Code::Cancelled);
        assert!(other.poll().is_ok());
    }

    #[test]
    fn an_earlier_deadline_is_kept() {
        let control = Control::new()
            .with_timeout(Duration::ZERO)
            .with_timeout(Duration::from_secs(100));
        assert_eq!(control.poll().unwrap_err().code(), Code::QueryTimeout);
    }
}
