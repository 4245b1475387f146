//! Section "Store": opening, closing, and keeping a store.

use super::config::{settings, ts_config};
use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::op::{Running, ts_op};
use super::status::ts_status;
use super::text;
use crate::database::Database;
use crate::error::Result;
use safer_ffi::derive_ReprC;
use std::ffi::c_char;

/// An open store. May be used from any number of threads.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_store {
    _opaque: [u8; 0],
}

impl Handle for ts_store {
    type State = Database;
    const NAME: &'static str = "ts_store";
    const TAG: [u8; 4] = *b"stor";
    const SURVIVES_FORK: bool = false;
}

/// Hands out what opening gave.
///
/// # Safety
/// As for [`guard::status`]; `store` is NULL or writable.
unsafe fn opened(
    store: *mut *mut ts_store,
    err: *mut *mut ts_error,
    open: impl FnOnce() -> Result<Database>,
) -> ts_status {
    // SAFETY: required of the caller.
    unsafe {
        guard::status(err, || {
            let store = guard::out(store, std::ptr::null_mut(), "store")?;
            *store = handle::into_raw(Owned::<ts_store>(open()?));
            Ok(ts_status::Ok)
        })
    }
}

/// Opens the store in a directory. Whether it is created if it is not there (create_if_missing),
/// opened for reading only (read_only) and confined to a root (path_root) is configuration; NULL is
/// the default configuration.
///
/// Owner: the caller, until ts_close(). path is read and config copied during the call.
/// Threads: any.
/// Cost: milliseconds; replays the log after a crash.
/// Errors: TS_STATUS_NOT_FOUND, TS_STATUS_NOT_A_STORE, TS_STATUS_FORMAT_TOO_NEW,
/// TS_STATUS_STORE_IN_USE (the detail names the holder), TS_STATUS_WAL_DAMAGED (see ts_recover()),
/// TS_STATUS_CORRUPTION, TS_STATUS_OPEN_FAILED, TS_STATUS_IO, TS_STATUS_INVALID_CONFIG,
/// TS_STATUS_INVALID_PATH.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_open(
    path: *const c_char,
    path_len: usize,
    config: *const ts_config,
    store: *mut *mut ts_store,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        opened(store, err, || {
            Database::open(text::path(path, path_len)?, &settings(config)?)
        })
    }
}

/// Makes a store in memory: the same engine, nothing on disk, gone when it is closed.
///
/// Owner: the caller, until ts_close(). config (NULL: the defaults) is copied.
/// Threads: any.
/// Cost: milliseconds.
/// Errors: TS_STATUS_INVALID_CONFIG, TS_STATUS_OPEN_FAILED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_open_memory(
    config: *const ts_config,
    store: *mut *mut ts_store,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { opened(store, err, || Database::memory(&settings(config)?)) }
}

/// Opens a store that ts_open() refuses with TS_STATUS_WAL_DAMAGED, keeping every commit before the
/// damage in its log and giving up those after it.
///
/// Owner: as ts_open().
/// Threads: any.
/// Cost: as ts_open().
/// Errors: as ts_open().
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_recover(
    path: *const c_char,
    path_len: usize,
    config: *const ts_config,
    store: *mut *mut ts_store,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        opened(store, err, || {
            Database::recover(text::path(path, path_len)?, &settings(config)?)
        })
    }
}

/// Closes the store and keeps the handle: operations under way end, files are closed and the
/// directory is free when the call returns. From then on every call on the store and on what was
/// made from it answers TS_STATUS_CLOSED. Doing it again does nothing.
///
/// Owner: borrows store.
/// Threads: any, at any time, also while other threads use the store.
/// Cost: waits for operations under way to notice, writes what is not written yet.
/// Errors: TS_STATUS_IO; the store is closed all the same, and the log has every commit.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_shutdown(store: *const ts_store, err: *mut *mut ts_error) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            handle::shared(store)?.close()?;
            Ok(ts_status::Ok)
        })
    }
}

/// ts_shutdown(), and frees the handle; NULL is ignored. What was made from the store is freed by
/// itself, before or after.
///
/// Owner: takes the store.
/// Threads: any, once, when no other call on this handle is under way (ts_shutdown() ends those).
/// Cost: that of ts_shutdown(); none after it.
/// Errors: none; what ts_shutdown() would answer is logged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_close(store: *mut ts_store) {
    guard::value((), || {
        // SAFETY: the caller keeps the contract of the header.
        let closed = match unsafe { handle::shared(store.cast_const()) } {
            Ok(database) => database.close(),
            // Freeing says what is wrong with the handle.
            Err(_) => Ok(()),
        };
        if let Err(error) = closed {
            tracing::error!(target: "triplestore::capi", "closing: {error}");
        }
    });
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(store) }
}

/// Makes every commit so far survive power loss, whatever the durability that is configured.
///
/// Owner: borrows store.
/// Threads: any.
/// Cost: an fsync.
/// Errors: TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_sync(store: *const ts_store, err: *mut *mut ts_error) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            handle::shared(store)?.sync()?;
            Ok(ts_status::Ok)
        })
    }
}

/// Merges everything into its most compact form and gives freed space back to the system. Never
/// needed for correctness: the store merges in the background by itself.
///
/// Owner: borrows store and op, which may be NULL.
/// Threads: any; others read and write meanwhile.
/// Cost: reads and writes the store once.
/// Errors: TS_STATUS_BUSY, TS_STATUS_READ_ONLY, TS_STATUS_REOPEN_REQUIRED, TS_STATUS_CANCELLED,
/// TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK, TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_compact(
    store: *const ts_store,
    op: *const ts_op,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let database = handle::shared(store)?;
            Running::run(op, |control| database.compact(control))?;
            Ok(ts_status::Ok)
        })
    }
}
