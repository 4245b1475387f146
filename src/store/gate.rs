//! The writer gate: one write transaction at a time, in order of arrival (definition 23).

use crate::control::Control;
use crate::error::{Code, Error, Result};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a waiter looks whether it was cancelled.
const POLL: Duration = Duration::from_millis(10);

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
}

/// The right to write, until dropped. May move between threads.
pub struct WritePass {
    gate: Arc<Gate>,
    ticket: u64,
}

impl Gate {
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
}

impl Drop for WritePass {
    fn drop(&mut self) {
        let mut queue = self.gate.queue.lock();
        queue.tickets.retain(|&ticket| ticket != self.ticket);
        drop(queue);
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
