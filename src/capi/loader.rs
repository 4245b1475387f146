//! Section "Loading by pushing": a document that comes piece by piece.

use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::load::{load_options, reported, ts_load_options, ts_load_report};
use super::op::{Running, ts_op};
use super::status::{invalid_argument, ts_status};
use super::store::ts_store;
use super::text::bytes;
use crate::database::Loader;
use crate::error::{Code, Error, Result};
use safer_ffi::derive_ReprC;
use std::ffi::{c_char, c_void};
use std::io::{self, Read};

/// A document that is being pushed.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_loader {
    _opaque: [u8; 0],
}

/// The loader goes first: it ends what the operation is about.
pub(super) struct State {
    loader: Loader,
    running: Running,
}

impl Handle for ts_loader {
    type State = State;
    const NAME: &'static str = "ts_loader";
    const TAG: [u8; 4] = *b"load";
    const SURVIVES_FORK: bool = false;
}

/// Fills `buffer` with the next bytes of a document, at most `capacity`. Returns how many, 0 at the
/// end, or a negative number to stop with TS_STATUS_CALLBACK.
pub type ts_read_fn = Option<
    unsafe extern "C" fn(user_data: *mut c_void, buffer: *mut c_char, capacity: usize) -> i64,
>;

/// A callback of the caller as a reader.
struct Callback {
    call: unsafe extern "C" fn(*mut c_void, *mut c_char, usize) -> i64,
    user_data: *mut c_void,
}

impl Read for Callback {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // SAFETY: the header requires the function to be callable during the call, and the buffer
        // has the capacity.
        let read = unsafe { (self.call)(self.user_data, buffer.as_mut_ptr().cast(), buffer.len()) };
        let stopped = |detail: String| io::Error::other(Error::new(Code::Callback, detail));
        match usize::try_from(read) {
            Ok(read) if read <= buffer.len() => Ok(read),
            Ok(read) => Err(stopped(format!(
                "the read callback says that it read {read} bytes into {}",
                buffer.len()
            ))),
            Err(_) => Err(stopped("the read callback asked to stop".to_owned())),
        }
    }
}

/// Begins a load that is pushed with ts_loader_write(). The options must name the format. Nothing
/// is visible until ts_loader_finish(), except checkpoints.
///
/// Owner: the loader is the caller's, until ts_loader_free(); options are copied, op (may be NULL)
/// serves the whole load, the callbacks of the options until the loader is freed.
/// Threads: any; others read and write until the end, when the load takes the right to write.
/// Cost: a thread and 4 MiB for as long as the load lasts.
/// Errors: TS_STATUS_INVALID_ARGUMENT without a format, TS_STATUS_UNKNOWN_FORMAT,
/// TS_STATUS_INVALID_IRI, TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_loader_new(
    store: *const ts_store,
    options: *const ts_load_options,
    op: *const ts_op,
    loader: *mut *mut ts_loader,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(loader, std::ptr::null_mut(), "loader")?;
            let database = handle::shared(store)?;
            let options = load_options(options)?;
            let running = Running::start(op)?;
            let loader = database.loader(&options, running.control())?;
            *out = handle::into_raw(Owned::<ts_loader>(State { loader, running }));
            Ok(ts_status::Ok)
        })
    }
}

/// Hands over the next bytes of the document, cut anywhere.
///
/// Owner: borrows loader; data is copied.
/// Threads: exclusive use of loader.
/// Cost: a copy; waits while the load is behind.
/// Errors: those of ts_load(), after which the load has ended and nothing was loaded;
/// TS_STATUS_TRANSACTION_ENDED if it had ended before.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_loader_write(
    loader: *mut ts_loader,
    data: *const c_char,
    data_len: usize,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let mut state = handle::exclusive(loader)?;
            let written = state.loader.write(bytes(data, data_len, "the data")?);
            state.running.explain(written)?;
            Ok(ts_status::Ok)
        })
    }
}

/// The document is complete: waits until it is loaded. The loader has ended, well or not, and is
/// still to be freed.
///
/// Owner: borrows loader; the report (NULL if it is not wanted) is the caller's.
/// Threads: exclusive use of loader.
/// Cost: what is left of the load.
/// Errors: as ts_loader_write().
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_loader_finish(
    loader: *mut ts_loader,
    report: *mut *mut ts_load_report,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        reported(report, err, || {
            let mut state = handle::exclusive(loader)?;
            let finished = state.loader.finish();
            state.running.explain(finished)
        })
    }
}

/// Gives the load up: nothing was loaded. The loader has ended and is still to be freed. After the
/// end it does nothing.
///
/// Owner: borrows loader.
/// Threads: exclusive use of loader.
/// Cost: waits until the load has noticed.
/// Errors: TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_loader_abort(
    loader: *mut ts_loader,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            handle::exclusive(loader)?.loader.abort();
            Ok(ts_status::Ok)
        })
    }
}

/// Frees a loader, aborting a load that has not ended; NULL is ignored.
///
/// Owner: takes the loader.
/// Threads: any, once.
/// Cost: that of ts_loader_abort().
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_loader_free(loader: *mut ts_loader) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(loader) }
}

/// Loads a document that a callback reads: ts_loader_new(), ts_loader_write() of everything,
/// ts_loader_finish().
///
/// Owner: as ts_load(); user_data is only used during the call.
/// Threads: any; the callback is called on the calling thread only.
/// Cost: as ts_loader_new() and ts_load().
/// Errors: as ts_load(); TS_STATUS_CALLBACK if the callback asks to stop, then nothing was loaded.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_load_reader(
    store: *const ts_store,
    callback: ts_read_fn,
    user_data: *mut c_void,
    options: *const ts_load_options,
    op: *const ts_op,
    report: *mut *mut ts_load_report,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        reported(report, err, || {
            let Some(call) = callback else {
                return Err(invalid_argument("the callback is NULL"));
            };
            let database = handle::shared(store)?;
            let options = load_options(options)?;
            Running::run(op, |control| -> Result<_> {
                let mut loader = database.loader(&options, control)?;
                loader.write_from(&mut Callback { call, user_data })?;
                loader.finish()
            })
        })
    }
}
