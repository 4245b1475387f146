//! The writer gate: one write transaction at a time, in order of arrival (definition 23).

use crate::control::Control;
use crate::error::{Code, Error, Result};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often a waiter looks whether it was cancelled.
const POLL: Duration = Duration::from_millis(10);

/// The word of a pass: its holder is at work.
const BUSY: u64 = 1;
/// The pass was taken away.
const REVOKED: u64 = 2;
/// What the count of uses above goes up by.
const USE: u64 = 4;

/// Shared by all handles of a store.
#[derive(Default)]
pub struct Gate {
    queue: Mutex<Queue>,
    moved: Condvar,
}

#[derive(Default)]
struct Queue {
    /// Tickets in order of arrival; the first is the holder.
    tickets: VecDeque<u64>,
    next: u64,
    /// The holder, if it may lose its pass.
    idler: Option<Idler>,
}

/// A holder that loses its pass when it is idle for too long.
struct Idler {
    ticket: u64,
    word: Arc<AtomicU64>,
    activity: Activity,
    roll_back: Box<dyn FnOnce() + Send>,
}

/// Use of a pass by others than its holder: what reads a transaction keeps it from being idle.
#[derive(Clone, Default)]
pub struct Activity(Arc<AtomicU64>);

impl Activity {
    /// Cost: an atomic addition.
    #[inline]
    pub fn note(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a look at the holder found, and since when that has not changed.
pub struct Idle {
    ticket: u64,
    word: u64,
    activity: u64,
    since: Instant,
}

/// The right to write, until dropped. May move between threads.
pub struct WritePass {
    gate: Arc<Gate>,
    ticket: u64,
    /// Shared with the gate; `used` is what it is while the holder is not at work.
    word: Arc<AtomicU64>,
    used: u64,
    is_busy: bool,
    activity: Activity,
}

impl WritePass {
    /// From now on the pass may be taken away when it is idle; `roll_back` then undoes what its holder did.
    pub fn may_idle(&self, roll_back: impl FnOnce() + Send + 'static) {
        self.gate.queue.lock().idler = Some(Idler {
            ticket: self.ticket,
            word: self.word.clone(),
            activity: self.activity.clone(),
            roll_back: Box::new(roll_back),
        });
    }

    /// What others note their use of the pass in.
    pub fn activity(&self) -> Activity {
        self.activity.clone()
    }

    /// The holder is at work until [`WritePass::rest`]. Errors: `TransactionEnded` if the pass was taken away.
    #[inline]
    pub fn work(&mut self) -> Result<()> {
        if self.is_busy {
            return Ok(());
        }
        let busy = self.used | BUSY;
        match self
            .word
            .compare_exchange(self.used, busy, Ordering::Acquire, Ordering::Relaxed)
        {
            Ok(_) => {
                self.is_busy = true;
                Ok(())
            }
            Err(_) => Err(revoked()),
        }
    }

    /// Whether [`WritePass::rest`] is still to be called.
    #[inline]
    pub fn is_at_work(&self) -> bool {
        self.is_busy
    }

    #[inline]
    pub fn rest(&mut self) {
        self.is_busy = false;
        self.used += USE;
        self.word.store(self.used, Ordering::Release);
    }
}

#[cold]
fn revoked() -> Error {
    Error::new(
        Code::TransactionEnded,
        "the transaction was idle for longer than write_idle_ms and was rolled back",
    )
}

impl Gate {
    /// Takes the pass of a holder that was idle for `limit`, and rolls back what it did. `seen` is what the call before
    /// found.
    pub fn end_idle(&self, limit: Duration, seen: &mut Option<Idle>) {
        let mut queue = self.queue.lock();
        let Some(idler) = &queue.idler else {
            *seen = None;
            return;
        };
        let word = idler.word.load(Ordering::Relaxed);
        let activity = idler.activity.0.load(Ordering::Relaxed);
        let found = (idler.ticket, word, activity);
        let since = match seen {
            Some(idle) if (idle.ticket, idle.word, idle.activity) == found => idle.since,
            _ => Instant::now(),
        };
        *seen = Some(Idle {
            ticket: idler.ticket,
            word,
            activity,
            since,
        });
        let is_idle = word & BUSY == 0 && since.elapsed() >= limit;
        let taken = is_idle
            && idler
                .word
                .compare_exchange(word, word | REVOKED, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok();
        if !taken {
            return;
        }
        if let Some(idler) = queue.idler.take() {
            (idler.roll_back)();
            queue.tickets.retain(|&ticket| ticket != idler.ticket);
        }
        drop(queue);
        self.moved.notify_all();
        tracing::warn!(
            target: "triplestore::store",
            idle_ms = since.elapsed().as_millis() as u64,
            "a write transaction was idle for too long and was rolled back"
        );
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
            word: Arc::new(AtomicU64::new(0)),
            used: 0,
            is_busy: false,
            activity: Activity::default(),
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
}

impl Drop for WritePass {
    fn drop(&mut self) {
        let mut queue = self.gate.queue.lock();
        queue.tickets.retain(|&ticket| ticket != self.ticket);
        let idler = queue.idler.take_if(|idler| idler.ticket == self.ticket);
        drop(queue);
        drop(idler);
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
    fn an_idle_holder_loses_its_pass_and_the_next_writer_enters() {
        let gate = Arc::new(Gate::default());
        let control = Control::new();
        let mut held = gate.enter(Duration::ZERO, &control).unwrap();
        let undone = Arc::new(AtomicU64::new(0));
        let count = undone.clone();
        held.may_idle(move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let mut seen = None;
        gate.end_idle(Duration::ZERO, &mut seen);
        assert_eq!(undone.load(Ordering::SeqCst), 1);
        assert_eq!(held.work().unwrap_err().code(), Code::TransactionEnded);
        let _next = gate.enter(Duration::ZERO, &control).unwrap();
        // Its place is another's now.
        drop(held);
        assert_eq!(
            gate.enter(Duration::ZERO, &control).err().unwrap().code(),
            Code::Busy
        );
    }

    #[test]
    fn a_holder_at_work_or_used_since_keeps_its_pass() {
        let gate = Arc::new(Gate::default());
        let mut held = gate.enter(Duration::ZERO, &Control::new()).unwrap();
        held.may_idle(|| panic!("not idle"));
        let mut seen = None;
        held.work().unwrap();
        gate.end_idle(Duration::ZERO, &mut seen);
        held.rest();
        gate.end_idle(Duration::from_secs(3600), &mut seen);
        held.work().unwrap();
        held.rest();
        // A use starts the time anew.
        let before = seen.as_ref().unwrap().since;
        std::thread::sleep(Duration::from_millis(2));
        gate.end_idle(Duration::from_secs(3600), &mut seen);
        assert!(seen.unwrap().since > before);
        assert!(held.work().is_ok());
    }

    #[test]
    fn a_pass_that_is_not_said_to_idle_is_never_taken() {
        let gate = Arc::new(Gate::default());
        let mut held = gate.enter(Duration::ZERO, &Control::new()).unwrap();
        gate.end_idle(Duration::ZERO, &mut None);
        assert!(held.work().is_ok());
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
