//! Section "Reading in a transaction": queries, matches and counts that see one moment, and in a write transaction its own
//! changes.

use super::error::ts_error;
use super::guard;
use super::handle::{self, Owned};
use super::op::{Running, ts_op};
use super::pattern::{self, ts_pattern};
use super::query::{self, ts_query_options, ts_statement};
use super::rows::ts_rows;
use super::status::ts_status;
use super::store::ts_store;
use super::txn::{State, ts_txn};
use std::ffi::c_char;

/// Begins a read transaction: everything read in it is of the newest commit of this moment. There
/// may be any number of them, they hold no lock, and writers go on. Until it is freed, data that was
/// replaced since is kept on disk: one that is older than max_version_age_ms while it keeps such
/// data, or that keeps more than max_pinned_bytes, is ended after a warning in the log, and what reads
/// in it answers TS_STATUS_SNAPSHOT_TOO_OLD. ts_pins() lists who keeps what.
///
/// ts_txn_commit() and ts_txn_rollback() end it alike; writing in it answers TS_STATUS_READ_ONLY.
///
/// Owner: borrows store. The transaction is the caller's, until ts_txn_free().
/// Threads: any.
/// Cost: a microsecond.
/// Errors: TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_txn_begin_read(
    store: *const ts_store,
    txn: *mut *mut ts_txn,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(txn, std::ptr::null_mut(), "txn")?;
            let database = handle::shared(store)?;
            let state = State::reading(database.clone(), database.snapshot()?);
            *out = handle::into_raw(Owned::<ts_txn>(state));
            Ok(ts_status::Ok)
        })
    }
}

/// Runs a statement in a transaction. The rows are those of this moment of the transaction: later
/// changes of it do not show. They may be read after the transaction was committed, and after it was
/// freed without having written; once it is rolled back, also by being idle or freed, they answer
/// TS_STATUS_TRANSACTION_ENDED. While they are read, a write transaction does not count as idle.
///
/// Owner: borrows txn and statement; op (may be NULL) serves until the rows are freed or at their
/// end. The rows are the caller's, until ts_rows_free().
/// Threads: exclusive use of txn during the call; the rows are independent of it.
/// Cost: that of ts_execute(); in a write transaction also a microsecond for each quad changed since
/// it was last read.
/// Errors: those of ts_execute(); TS_STATUS_TRANSACTION_ENDED, TS_STATUS_SNAPSHOT_TOO_OLD.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_txn_execute(
    txn: *mut ts_txn,
    statement: *const ts_statement,
    op: *const ts_op,
    rows: *mut *mut ts_rows,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(rows, std::ptr::null_mut(), "rows")?;
            let snapshot = handle::exclusive(txn)?.snapshot()?;
            let statement = handle::shared(statement)?;
            *out = handle::into_raw(query::execute_on(statement, Some(&snapshot), op)?);
            Ok(ts_status::Ok)
        })
    }
}

/// ts_prepare() and ts_txn_execute() in one call.
///
/// Owner: as these two.
/// Threads: exclusive use of txn during the call; the rows are independent of it.
/// Cost: that of these two.
/// Errors: those of these two.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_txn_query(
    txn: *mut ts_txn,
    sparql: *const c_char,
    sparql_len: usize,
    options: *const ts_query_options,
    op: *const ts_op,
    rows: *mut *mut ts_rows,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(rows, std::ptr::null_mut(), "rows")?;
            let mut txn = handle::exclusive(txn)?;
            let snapshot = txn.snapshot()?;
            let statement = query::statement_of(txn.database(), sparql, sparql_len, options)?;
            *out = handle::into_raw(query::execute_on(&statement, Some(&snapshot), op)?);
            Ok(ts_status::Ok)
        })
    }
}

/// ts_match() in a transaction; of the rows what ts_txn_execute() says.
///
/// Owner: borrows txn and pattern; op (may be NULL) serves until the rows are freed or at their end.
/// The rows are the caller's, until ts_rows_free().
/// Threads: exclusive use of txn during the call; the rows are independent of it.
/// Cost: that of ts_match() and ts_txn_execute().
/// Errors: those of ts_match(); TS_STATUS_TRANSACTION_ENDED, TS_STATUS_SNAPSHOT_TOO_OLD.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_txn_match(
    txn: *mut ts_txn,
    pattern: *const ts_pattern,
    op: *const ts_op,
    rows: *mut *mut ts_rows,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(rows, std::ptr::null_mut(), "rows")?;
            let mut txn = handle::exclusive(txn)?;
            let snapshot = txn.snapshot()?;
            *out = handle::into_raw(pattern::open(txn.database(), &snapshot, pattern, op)?);
            Ok(ts_status::Ok)
        })
    }
}

/// ts_count() in a transaction.
///
/// Owner: borrows txn, pattern and op, which may be NULL; `count` is the caller's.
/// Threads: exclusive use of txn.
/// Cost: that of ts_count(), and what ts_txn_execute() says of write transactions.
/// Errors: those of ts_count(); TS_STATUS_TRANSACTION_ENDED, TS_STATUS_SNAPSHOT_TOO_OLD.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_txn_count(
    txn: *mut ts_txn,
    pattern: *const ts_pattern,
    op: *const ts_op,
    count: *mut u64,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let count = guard::out(count, 0, "count")?;
            let mut txn = handle::exclusive(txn)?;
            let snapshot = txn.snapshot()?;
            let pattern = pattern::pattern(pattern)?;
            *count = Running::run(op, |control| {
                let control = txn.database().limited(control);
                snapshot.count(&pattern, &control)
            })?;
            Ok(ts_status::Ok)
        })
    }
}
