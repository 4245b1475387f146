//! Section "Rows": the cursor over a result.

use super::batch::{self, ts_batch};
use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::op::Running;
use super::query::{self, ts_query_kind};
use super::status::{invalid_argument, ts_status};
use super::text::{ZeroEnded, ts_text};
use crate::error::Result;
use crate::query::{Cursor, Pulled, ResultBatch, WriteOptions, write_result};
use safer_ffi::derive_ReprC;
use std::io::Write;
use std::time::Duration;

/// Rows of a query or match, read in batches. They are those of one commit, whatever is written
/// meanwhile; until they are freed, data that was replaced since is kept.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_rows {
    _opaque: [u8; 0],
}

/// No limit of time, for ts_rows_next() and ts_rows_boolean().
pub const TS_NO_LIMIT: i64 = -1;

pub(super) struct State {
    cursor: Cursor,
    /// `None` once the rows have ended, well or not.
    running: Option<Running>,
    kind: ts_query_kind,
    columns: Vec<ZeroEnded>,
    /// The answer of ASK, once it is known.
    answer: Option<bool>,
    /// What ts_rows_explain() answered last.
    plan: ZeroEnded,
}

impl Handle for ts_rows {
    type State = State;
    const NAME: &'static str = "ts_rows";
    const TAG: [u8; 4] = *b"rows";
    const SURVIVES_FORK: bool = false;
}

pub(super) fn opened(cursor: Cursor, running: Running) -> Owned<ts_rows> {
    Owned(State {
        kind: cursor.shape().kind.into(),
        columns: query::column_names(cursor.shape()),
        cursor,
        running: Some(running),
        answer: None,
        plan: ZeroEnded::new(""),
    })
}

impl State {
    /// Works the cursor. Ends the operation at the end of the rows and after an error.
    fn work<T>(&mut self, work: impl FnOnce(&mut Cursor) -> Result<T>) -> Result<T> {
        let worked = work(&mut self.cursor);
        let worked = match &self.running {
            Some(running) => running.explain(worked),
            None => worked,
        };
        if self.cursor.is_done() || worked.is_err() {
            self.running = None;
        }
        worked
    }

    /// The next rows within a time.
    fn pull(&mut self, rows_max: usize, max_ms: i64, out: &mut ResultBatch) -> Result<Pulled> {
        if self.cursor.is_done() {
            return Ok(Pulled::Done);
        }
        // A negative number is no limit.
        let limit = u64::try_from(max_ms).ok().map(Duration::from_millis);
        self.work(|cursor| cursor.next(rows_max, limit, out))
    }

    /// The answer of ASK; `None` if the time was over first.
    fn answer(&mut self, max_ms: i64) -> Result<Option<bool>> {
        if self.answer.is_none() {
            self.answer = match self.pull(1, max_ms, &mut ResultBatch::new())? {
                Pulled::Rows => Some(true),
                Pulled::Waiting => None,
                Pulled::Done => Some(false),
            };
            if self.answer.is_some() {
                self.running = None;
            }
        }
        Ok(self.answer)
    }

    /// Writes what was not given yet and returns how many rows. Errors: those of [`Cursor::write`].
    pub(super) fn write(&mut self, options: &WriteOptions, out: &mut dyn Write) -> Result<u64> {
        if self.kind == ts_query_kind::Ask {
            // The row that says yes is taken once.
            let answer = self.answer(TS_NO_LIMIT)? == Some(true);
            let (shape, control) = (self.cursor.shape(), self.cursor.control());
            return write_result(shape, options, out, control, &mut |_| Ok(answer));
        }
        let written = self.work(|cursor| cursor.write(options, out))?;
        self.running = None;
        Ok(written)
    }
}

/// What is read of rows; `otherwise` if the argument is not valid.
///
/// # Safety
/// As for a handle in the header.
unsafe fn read<T: Copy>(rows: *const ts_rows, otherwise: T, field: impl FnOnce(&State) -> T) -> T {
    guard::value(otherwise, || {
        // SAFETY: required of the caller.
        unsafe { handle::shared(rows) }.map_or(otherwise, field)
    })
}

/// What the rows are of; TS_QUERY_KIND_NONE if the argument is not valid.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_rows_kind(rows: *const ts_rows) -> ts_query_kind {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(rows, ts_query_kind::None, |rows| rows.kind) }
}

/// How many columns the rows have.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none; 0 if the argument is not valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_rows_column_count(rows: *const ts_rows) -> usize {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(rows, 0, |rows| rows.columns.len()) }
}

/// The name of a column from 0, without a question mark; empty behind the last.
///
/// Owner: borrowed from the rows.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_rows_column(rows: *const ts_rows, index: usize) -> ts_text {
    let name = |rows: &State| {
        rows.columns
            .get(index)
            .map_or(ts_text::EMPTY, ZeroEnded::as_text)
    };
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(rows, ts_text::EMPTY, name) }
}

/// How many rows ts_rows_next() and ts_rows_write() have given so far.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none; 0 if the argument is not valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_rows_given(rows: *const ts_rows) -> u64 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(rows, 0, |rows| rows.cursor.rows_so_far()) }
}

/// Whether the end was reached: ts_rows_given() is then the number of all rows. For ASK, whether
/// the answer is known.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none; false if the argument is not valid, and after an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_rows_done(rows: *const ts_rows) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        read(rows, false, |rows| {
            rows.cursor.is_done() || rows.answer.is_some()
        })
    }
}

/// Gets the next rows: at least one and at most max_rows, 2,048 at most. max_ms bounds the time of
/// the call in milliseconds: 0 does not wait at all, TS_NO_LIMIT waits for rows. Answers
/// TS_STATUS_ROWS with a batch; TS_STATUS_WAITING without one if the time was over first, then the
/// query goes on by itself and the next call takes what it has; TS_STATUS_DONE at the end, and
/// again on every further call.
///
/// Owner: the batch is the caller's, until ts_batch_free(); it does not need the rows.
/// Threads: exclusive use of rows.
/// Cost: the query's. A limit of time costs a thread for as long as the rows live.
/// Errors: TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_QUERY_LIMIT, TS_STATUS_CALLBACK,
/// TS_STATUS_CORRUPT_BLOCK, TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED;
/// TS_STATUS_SNAPSHOT_TOO_OLD for rows that were kept longer than max_version_age_ms or hold more
/// than max_pinned_bytes; TS_STATUS_TRANSACTION_ENDED after another error; TS_STATUS_INVALID_ARGUMENT for ASK.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_rows_next(
    rows: *mut ts_rows,
    max_rows: usize,
    max_ms: i64,
    batch: *mut *mut ts_batch,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(batch, std::ptr::null_mut(), "batch")?;
            let mut state = handle::exclusive(rows)?;
            if state.kind == ts_query_kind::Ask {
                return Err(invalid_argument("ASK has no rows")
                    .with_hint("ts_rows_boolean() has the answer"));
            }
            let mut found = ResultBatch::new();
            Ok(match state.pull(max_rows, max_ms, &mut found)? {
                Pulled::Rows => {
                    *out = handle::into_raw(batch::made(&found, state.cursor.control())?);
                    ts_status::Rows
                }
                Pulled::Waiting => ts_status::Waiting,
                Pulled::Done => ts_status::Done,
            })
        })
    }
}

/// Gets the answer of ASK. max_ms is that of ts_rows_next(): TS_STATUS_WAITING if the time was over
/// first.
///
/// Owner: `answer` is the caller's.
/// Threads: exclusive use of rows.
/// Cost: the query's, once.
/// Errors: those of ts_rows_next(); TS_STATUS_INVALID_ARGUMENT if the query is not ASK.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_rows_boolean(
    rows: *mut ts_rows,
    max_ms: i64,
    answer: *mut bool,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(answer, false, "answer")?;
            let mut state = handle::exclusive(rows)?;
            if state.kind != ts_query_kind::Ask {
                return Err(invalid_argument("the query is not ASK")
                    .with_hint("ts_rows_next() gives its rows"));
            }
            Ok(match state.answer(max_ms)? {
                Some(answer) => {
                    *out = answer;
                    ts_status::Ok
                }
                None => ts_status::Waiting,
            })
        })
    }
}

/// The plan of a running query in a ts_explain_format, with the rows each operator has given so far
/// (and its time, with measure_times of ts_query_options). Empty for a match and while a query that
/// answered TS_STATUS_WAITING is at work. To analyze a query, read or write its rows first.
///
/// Owner: the text is borrowed from the rows until their next ts_rows_explain().
/// Threads: exclusive use of rows.
/// Cost: microseconds.
/// Errors: TS_STATUS_INVALID_ARGUMENT, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_rows_explain(
    rows: *mut ts_rows,
    format: i32,
    plan: *mut ts_text,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let plan = guard::out(plan, ts_text::EMPTY, "plan")?;
            let mut state = handle::exclusive(rows)?;
            state.plan = match state.cursor.explain() {
                Some(explanation) => query::shown(&explanation, format)?,
                None => ZeroEnded::new(""),
            };
            *plan = state.plan.as_text();
            Ok(ts_status::Ok)
        })
    }
}

/// Frees rows and ends their query; NULL is ignored.
///
/// Owner: takes the rows.
/// Threads: any, once.
/// Cost: none; a query that is at work ends by itself soon after.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_rows_free(rows: *mut ts_rows) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(rows) }
}
