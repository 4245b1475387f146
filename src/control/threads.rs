//! Threads of one piece of work.

use crate::error::{Code, Error, Result};
use parking_lot::Mutex;
use std::thread;

/// What a thread or a guarded call gave; a panic of it is an internal error.
pub fn joined<T>(outcome: thread::Result<Result<T>>) -> Result<T> {
    outcome.unwrap_or_else(|_| {
        Err(Error::new(
            Code::Internal,
            "a part of this operation panicked",
        ))
    })
}

/// Does two things at once, the second on a thread of its own, or one after the other if there can be none.
pub fn side_by_side(
    first: impl FnOnce() -> Result<()>,
    second: impl FnOnce() -> Result<()> + Send,
) -> Result<()> {
    // Still here if no thread could be started.
    let second = Mutex::new(Some(second));
    let run_second = || {
        let work = second.lock().take();
        work.map_or(Ok(()), |work| work())
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, run_second);
        let first = first();
        let second = match thread {
            Ok(thread) => joined(thread.join()),
            Err(_) => run_second(),
        };
        first.and(second)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_are_done_and_the_error_of_either_comes_back() {
        let done = std::sync::atomic::AtomicU32::new(0);
        let add = || {
            done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok(())
        };
        side_by_side(add, add).unwrap();
        assert_eq!(done.into_inner(), 2);
        let fails = || Err(Error::new(Code::Cancelled, "stop"));
        for error in [
            side_by_side(fails, || Ok(())),
            side_by_side(|| Ok(()), fails),
        ] {
            assert_eq!(error.unwrap_err().code(), Code::Cancelled);
        }
        let error = side_by_side(|| Ok(()), || panic!("told")).unwrap_err();
        assert_eq!(error.code(), Code::Internal);
    }
}
