//! The writer gate: one write transaction at a time, in order of arrival (definition 23).

use crate::control::Control;
use crate::error::{Code, Error, Result};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often a waiter looks whether it was cancelled.
const POLL: Duration = Duration::from_millis(10);

/// Shared by all handles of a store.
#[derive(Default)]
pub struct Gate {
    queue: Mutex<Queue>,
    moved: Condvar,
    /// A holder that does nothing for so long is rolled back; `None`: never.
    idle: Option<Duration>,
}

#[derive(Default)]
struct Queue {
    /// Tickets in order of arrival; the first is the holder.
    tickets: VecDeque<u64>,
    next: u64,
    watched: Option<Watched>,
}

/// A holder that may be rolled back.
struct Watched {
    ticket: u64,
    activity: Arc<Activity>,
    roll_back: Box<dyn FnOnce() + Send>,
    /// The uses that were seen last, and when they were first seen.
    uses: u64,
    since: Instant,
}

/// The right to write, until dropped. May move between threads.
pub struct WritePass {
    gate: Arc<Gate>,
    ticket: u64,
}

/// Whether a transaction is being used, has been ended, or waits for its caller.
#[derive(Default)]
pub struct Activity {
    state: AtomicU8,
    /// Counts uses, so that a lost handle is told from one in use without reading a clock at each use.
    uses: AtomicU64,
}

const WAITING: u8 = 0;
const IN_USE: u8 = 1;
const ENDED: u8 = 2;

impl Activity {
    /// Begins a use; nobody ends the transaction before [`Activity::leave`].
    /// Errors: `TransactionEnded`.
    #[inline]
    pub fn enter(&self) -> Result<()> {
        match self.pass(WAITING, IN_USE) {
            true => Ok(()),
            false => Err(ended()),
        }
    }

    #[inline]
    pub fn leave(&self) {
        self.uses.fetch_add(1, Ordering::Relaxed);
        self.state.store(WAITING, Ordering::Release);
    }

    /// Ends the transaction unless it was ended; whoever gets true rolls it back.
    pub fn end(&self) -> bool {
        self.state.swap(ENDED, Ordering::AcqRel) != ENDED
    }

    fn pass(&self, from: u8, to: u8) -> bool {
        let passed = self
            .state
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
        passed.is_ok()
    }
}

#[cold]
fn ended() -> Error {
    Error::new(
        Code::TransactionEnded,
        "the transaction was not used for too long and was rolled back",
    )
    .with_hint("begin it again, or raise write_idle_ms")
}

impl Gate {
    /// A gate whose watched holders are rolled back when they are idle for `idle`.
    pub fn new(idle: Option<Duration>) -> Self {
        Self {
            idle,
            ..Self::default()
        }
    }

    /// Waits for the right to write, at most `wait`.
    /// Errors: `Busy` after `wait`; `Cancelled`, `QueryTimeout`.
    pub fn enter(self: &Arc<Self>, wait: Duration, control: &Control) -> Result<WritePass> {
        let started = Instant::now();
        let mut queue = self.queue.lock();
        let ticket = queue.next;
        queue.next += 1;
        queue.tickets.push_back(ticket);
        let pass = WritePass {
            gate: self.clone(),
            ticket,
        };
        while queue.tickets.front() != Some(&ticket) {
            let refusal = control.poll().err().or_else(|| {
                (started.elapsed() >= wait).then(|| {
                    Error::new(
                        Code::Busy,
                        format!(
                            "another write transaction held the store for {} ms",
                            wait.as_millis()
                        ),
                    )
                    .with_hint("commit or roll back the other transaction, or raise write_wait_ms")
                })
            });
            if let Some(error) = refusal {
                // The pass leaves the queue when it is dropped, which needs the lock.
                drop(queue);
                return Err(error);
            }
            let rest = wait.saturating_sub(started.elapsed());
            self.moved
                .wait_for(&mut queue, POLL.min(rest.max(Duration::from_micros(1))));
        }
        drop(queue);
        Ok(pass)
    }

    /// Rolls the holder back if it has been idle for too long. Called now and then, so that a lost handle is
    /// noticed whether anyone waits or not.
    pub fn end_idle(&self) {
        let Some(idle) = self.idle else {
            return;
        };
        let mut queue = self.queue.lock();
        let Some(watched) = &mut queue.watched else {
            return;
        };
        let uses = watched.activity.uses.load(Ordering::Relaxed);
        if uses != watched.uses {
            (watched.uses, watched.since) = (uses, Instant::now());
        }
        if watched.since.elapsed() < idle || !watched.activity.pass(WAITING, ENDED) {
            return;
        }
        if let Some(watched) = queue.watched.take() {
            tracing::warn!(target: "triplestore::store", "a write transaction idle for {} ms is rolled back", idle.as_millis());
            // Before the next one begins.
            (watched.roll_back)();
            queue.tickets.retain(|&ticket| ticket != watched.ticket);
        }
        drop(queue);
        self.moved.notify_all();
    }
}

impl WritePass {
    /// Lets the holder be rolled back when it is idle.
    pub fn watch(&self, activity: &Arc<Activity>, roll_back: impl FnOnce() + Send + 'static) {
        self.gate.queue.lock().watched = Some(Watched {
            ticket: self.ticket,
            activity: activity.clone(),
            roll_back: Box::new(roll_back),
            uses: 0,
            since: Instant::now(),
        });
    }
}

impl Drop for WritePass {
    fn drop(&mut self) {
        let mut queue = self.gate.queue.lock();
        queue.tickets.retain(|&ticket| ticket != self.ticket);
        let watched = queue
            .watched
            .take_if(|watched| watched.ticket == self.ticket);
        drop(queue);
        // What it holds is given back without the lock.
        drop(watched);
        self.gate.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_waits_its_time_and_is_told_the_store_is_busy() {
        let gate = Arc::new(Gate::default());
        let control = Control::new();
        let held = gate.enter(Duration::from_secs(1), &control).unwrap();
        let refused = gate
            .enter(Duration::from_millis(20), &control)
            .err()
            .unwrap();
        assert_eq!(refused.code(), Code::Busy);
        drop(held);
        assert!(gate.enter(Duration::ZERO, &control).is_ok());
    }

    #[test]
    fn waiting_can_be_cancelled_and_the_place_in_the_queue_is_given_up() {
        let gate = Arc::new(Gate::default());
        let held = gate.enter(Duration::from_secs(1), &Control::new()).unwrap();
        let control = Control::new();
        control.cancel_token().cancel();
        let refused = gate.enter(Duration::from_secs(60), &control).err().unwrap();
        assert_eq!(refused.code(), Code::Cancelled);
        drop(held);
        assert!(gate.enter(Duration::ZERO, &Control::new()).is_ok());
    }

    #[test]
    fn an_idle_holder_is_rolled_back_once_and_one_in_use_is_not() {
        let gate = Arc::new(Gate::new(Some(Duration::from_millis(30))));
        let control = Control::new();
        let rolled_back = Arc::new(AtomicU64::new(0));
        let activity = Arc::new(Activity::default());
        let pass = gate.enter(Duration::ZERO, &control).unwrap();
        let count = rolled_back.clone();
        pass.watch(&activity, move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        // In use all the time.
        activity.enter().unwrap();
        std::thread::sleep(Duration::from_millis(60));
        gate.end_idle();
        activity.leave();
        // Used since it was seen last.
        gate.end_idle();
        assert_eq!(rolled_back.load(Ordering::SeqCst), 0);
        assert!(gate.enter(Duration::ZERO, &control).is_err());
        std::thread::sleep(Duration::from_millis(60));
        gate.end_idle();
        gate.end_idle();
        assert_eq!(rolled_back.load(Ordering::SeqCst), 1);
        let next = gate.enter(Duration::ZERO, &control).unwrap();
        let ended = activity.enter().err().map(|error| error.code());
        assert_eq!(ended, Some(Code::TransactionEnded));
        assert!(!activity.end());
        // The lost handle takes nothing from the next holder when it is dropped at last.
        drop(pass);
        assert!(gate.enter(Duration::ZERO, &control).is_err());
        drop(next);
    }

    #[test]
    fn writers_enter_one_at_a_time() {
        let gate = Arc::new(Gate::default());
        let inside = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let pass = gate
                            .enter(Duration::from_secs(60), &Control::new())
                            .unwrap();
                        assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                        inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        drop(pass);
                    }
                });
            }
        });
    }
}
