//! Ctrl-C: the first one cancels the work at hand, the second one kills.
//!
//! The tool's only process-wide state, and its only `unsafe`: a signal handler cannot be given a value, and the standard
//! library cannot set one.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};
use triplestore::control::{CancelToken, Control};

static TOKEN: OnceLock<CancelToken> = OnceLock::new();
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// The signal that cancelled the work.
pub fn signal() -> Option<libc::c_int> {
    match SIGNAL.load(Ordering::Relaxed) {
        0 => None,
        signal => Some(signal),
    }
}

/// Lets SIGINT and SIGTERM cancel the work of `control`; before, and at the second signal, they kill, which a store
/// survives. A signal that the parent had ignored (`nohup`, `&` in a script) stays ignored.
pub fn cancels(control: &Control) {
    if TOKEN.set(control.cancel_token()).is_err() {
        return;
    }
    for signal in [libc::SIGINT, libc::SIGTERM] {
        handle(signal);
    }
}

/// Only atomic operations on statics that are set already: fit for a signal handler.
extern "C" fn on_signal(signal: libc::c_int) {
    SIGNAL.store(signal, Ordering::Relaxed);
    if let Some(token) = TOKEN.get() {
        token.cancel();
    }
}

fn handle(signal: libc::c_int) {
    // SAFETY: zero is a valid value of every field of `sigaction`, and both pointers are to live values of that type.
    // The handler does nothing but atomic operations, which is allowed at any interruption.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &mut old);
        if old.sa_sigaction == libc::SIG_IGN {
            return;
        }
        let mut new: libc::sigaction = std::mem::zeroed();
        new.sa_sigaction = on_signal as *const () as libc::sighandler_t;
        // The next signal kills. Without SA_RESTART a read that waits for input ends, so that the cancel is seen.
        new.sa_flags = libc::SA_RESETHAND;
        libc::sigaction(signal, &new, std::ptr::null_mut());
    }
}
