//! Keeps background work at a steady rate, so that readers and commits keep their share of the disk.

use super::shared::Signal;
use crate::control::Control;
use crate::error::Result;
use std::time::{Duration, Instant};

/// How long a sleep goes without looking whether the work was cancelled.
const STEP: Duration = Duration::from_millis(20);

/// The rate of one piece of work.
pub(super) struct Pace {
    started: Instant,
    /// `None` is as fast as can be.
    bytes_per_second: Option<u64>,
}

impl Pace {
    pub fn new(bytes_per_second: Option<u64>) -> Self {
        Self {
            started: Instant::now(),
            bytes_per_second,
        }
    }

    /// Waits until `bytes` may have been written since the start, or the store is closing.
    /// Errors: `Cancelled`, `QueryTimeout`.
    pub fn keep(&self, bytes: u64, signal: &Signal, control: &Control) -> Result<()> {
        let Some(rate) = self.bytes_per_second else {
            return Ok(());
        };
        let due = due_after(bytes, rate);
        while let Some(left) = due.checked_sub(self.started.elapsed())
            && !left.is_zero()
            && !signal.is_stopping()
        {
            control.poll()?;
            std::thread::sleep(left.min(STEP));
        }
        Ok(())
    }
}

/// When so many bytes are due at a rate.
fn due_after(bytes: u64, bytes_per_second: u64) -> Duration {
    Duration::from_micros(
        u64::try_from(u128::from(bytes) * 1_000_000 / u128::from(bytes_per_second.max(1)))
            .unwrap_or(u64::MAX),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn bytes_are_due_in_proportion() {
        assert_eq!(due_after(0, 100), Duration::ZERO);
        assert_eq!(due_after(50, 100), Duration::from_millis(500));
        assert_eq!(due_after(1 << 40, 1 << 20), Duration::from_secs(1 << 20));
        assert_eq!(due_after(u64::MAX, 0), Duration::from_micros(u64::MAX));
    }

    #[test]
    fn a_wait_ends_with_a_cancel_or_a_closing_store() {
        let pace = Pace::new(Some(1));
        let (signal, control) = (Signal::default(), Control::new());
        control.cancel_token().cancel();
        let cancelled = pace.keep(1 << 40, &signal, &control).unwrap_err();
        assert_eq!(cancelled.code(), Code::Cancelled);
        signal.stop();
        pace.keep(1 << 40, &signal, &Control::new()).unwrap();
        Pace::new(None)
            .keep(1 << 40, &Signal::default(), &control)
            .unwrap();
    }
}
