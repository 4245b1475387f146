//! What every export runs inside: panics are caught, results become statuses and error objects.
//!
//! A panic in the body becomes `Code::Internal` with its message and place, which the panic hook
//! keeps for the thread instead of printing. Panics outside a guard go to the hook that was there
//! before.

use super::error::ts_error;
use super::handle::{self, Handle};
use super::status::{invalid_argument, ts_status};
use crate::error::{Code, Error, Result};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

thread_local! {
    /// How many guards this thread is inside of (callbacks may call the library).
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// What the hook kept of the last panic of this thread.
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs a fallible export. `err` may be NULL; if not, it is set to NULL first and to the error at
/// the end if there is one. What it held is not read.
///
/// # Safety
/// `err` is NULL or writable.
pub(super) unsafe fn status(
    err: *mut *mut ts_error,
    body: impl FnOnce() -> Result<ts_status>,
) -> ts_status {
    if !err.is_null() {
        // SAFETY: not NULL, so writable as the function requires.
        unsafe { err.write(std::ptr::null_mut()) };
    }
    match caught(body) {
        Ok(status) => status,
        Err(error) => {
            let status = ts_status::from(error.code());
            if !err.is_null() {
                // The object is made under a guard of its own: it allocates.
                if let Ok(object) = caught(|| Ok(handle::into_raw::<ts_error>(error.into()))) {
                    // SAFETY: as above.
                    unsafe { err.write(object) };
                }
            }
            status
        }
    }
}

/// Runs an export that answers a plain value; `otherwise` is the answer if it panics.
pub(super) fn value<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    caught(|| Ok(body())).unwrap_or_else(|error| {
        tracing::error!(target: "triplestore::capi", "{error}");
        otherwise
    })
}

/// Runs the free function of a handle; what is wrong with the handle is logged.
///
/// # Safety
/// As for [`handle::free`].
pub(super) unsafe fn free<H: Handle>(handle: *mut H) {
    // SAFETY: required of the caller.
    if let Err(error) = caught(|| unsafe { handle::free(handle) }) {
        tracing::error!(target: "triplestore::capi", "{error}");
    }
}

/// The out-parameter of an export, set to `empty` before any work.
/// Errors: `InvalidArgument` if it is NULL.
///
/// # Safety
/// `out` is NULL or writable while the result is used.
pub(super) unsafe fn out<'a, T>(out: *mut T, empty: T, name: &str) -> Result<&'a mut T> {
    if out.is_null() {
        return Err(invalid_argument(format!("{name} is NULL")));
    }
    // SAFETY: not NULL, so writable as the function requires; written before it is borrowed.
    unsafe {
        out.write(empty);
        Ok(&mut *out)
    }
}

/// An out-parameter that may be NULL if the caller does not want the answer.
///
/// # Safety
/// As for [`out`].
pub(super) unsafe fn wanted<'a, T>(out: *mut T, empty: T) -> Option<&'a mut T> {
    match out.is_null() {
        true => None,
        // SAFETY: required of the caller.
        false => unsafe { self::out(out, empty, "out") }.ok(),
    }
}

fn caught<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    install_hook();
    DEPTH.set(DEPTH.get() + 1);
    // A panic leaves no broken state behind: handles that were in exclusive use release their
    // mark, and the store closes its writer itself (definition 34).
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    DEPTH.set(DEPTH.get() - 1);
    result.unwrap_or_else(|payload| Err(panicked(payload)))
}

#[cold]
fn panicked(payload: Box<dyn Any + Send>) -> Error {
    let kept = CAUGHT.with(|caught| caught.borrow_mut().take());
    // Dropping a payload may panic in turn, and there is nobody left to catch it.
    std::mem::forget(payload);
    Error::new(
        Code::Internal,
        kept.unwrap_or_else(|| "a panic without a message".to_owned()),
    )
    .with_hint("this is a defect of the library; please report it with this text")
}

fn install_hook() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if DEPTH.get() == 0 {
                previous(info);
            } else {
                CAUGHT.with(|caught| *caught.borrow_mut() = Some(describe(info)));
            }
        }));
    });
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is not text");
    match info.location() {
        Some(place) => format!("panicked at {place}: {message}"),
        None => format!("panicked: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::{ts_error_detail, ts_error_free};
    use super::*;

    fn failing(body: impl FnOnce() -> Result<ts_status>) -> (ts_status, String) {
        let mut err = std::ptr::dangling_mut();
        // SAFETY: `err` is a local; the text is copied before its owner is freed.
        unsafe {
            let status = status(&mut err, body);
            let detail = ts_error_detail(err);
            let text = super::super::text::utf8(detail.data, detail.len, "detail")
                .unwrap()
                .to_owned();
            ts_error_free(err);
            (status, text)
        }
    }

    #[test]
    fn a_panic_becomes_an_internal_error_with_its_place() {
        let (status, detail) = failing(|| panic!("broken {}", 7));
        assert_eq!(status, ts_status::Internal);
        assert!(
            detail.contains("broken 7") && detail.contains("guard.rs:"),
            "{detail}"
        );
    }

    #[test]
    fn an_error_becomes_its_status() {
        let (status, detail) = failing(|| Err(Error::new(Code::Busy, "taken")));
        assert_eq!((status, detail.as_str()), (ts_status::Busy, "taken"));
    }

    #[test]
    fn success_clears_what_the_error_pointer_held() {
        let mut err = std::ptr::dangling_mut();
        // SAFETY: `err` is a local.
        let status = unsafe { status(&mut err, || Ok(ts_status::Rows)) };
        assert!(err.is_null());
        assert_eq!(status, ts_status::Rows);
    }

    #[test]
    fn a_null_error_pointer_is_allowed() {
        // SAFETY: NULL is allowed.
        let status = unsafe {
            status(std::ptr::null_mut(), || {
                Err(Error::new(Code::Cancelled, "stop"))
            })
        };
        assert_eq!(status, ts_status::Cancelled);
    }

    #[test]
    fn a_panicking_value_answers_the_other_one() {
        assert_eq!(value(7, || panic!("broken")), 7);
    }

    #[test]
    fn a_panic_inside_a_nested_guard_stays_inside() {
        assert_eq!(value(0, || value(1, || panic!("inner")) + 1), 2);
    }
}
