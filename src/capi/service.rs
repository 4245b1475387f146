//! Section "Federation": SERVICE through a callback. The library opens no connection itself.

use super::callback::{UserData, ts_drop_fn};
use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::status::{invalid_argument, ts_status};
use super::store::ts_store;
use super::text::{ZeroEnded, bytes, items, ts_text, utf8};
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::exec::{ServiceCall, ServiceHandler, ServiceReply, Services};
use parking_lot::Mutex;
use safer_ffi::derive_ReprC;
use sparesults::QueryResultsFormat;
use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::time::Instant;

/// One question of a query to an endpoint, and where its answer goes. It lives during the callback
/// only.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_service_call {
    _opaque: [u8; 0],
}

/// What a call needs while the callback runs.
pub(super) struct Call {
    endpoint: ZeroEnded,
    query: ZeroEnded,
    control: Control,
    answer: Mutex<Answer>,
}

/// What the callback has written so far.
#[derive(Default)]
struct Answer {
    /// Taken out when the callback has returned.
    reply: Option<ServiceReply>,
    /// The first error of writing, or what the callback says of the endpoint.
    failure: Option<Error>,
}

impl Answer {
    /// Errors: `InvalidArgument` once the callback has returned.
    fn reply(&mut self) -> Result<&mut ServiceReply> {
        let ended = || invalid_argument("the callback of the call has returned");
        self.reply.as_mut().ok_or_else(ended)
    }
}

impl Handle for ts_service_call {
    type State = Call;
    const NAME: &'static str = "ts_service_call";
    const TAG: [u8; 4] = *b"serv";
    const SURVIVES_FORK: bool = false;
}

/// Answers a SERVICE pattern: sends ts_service_call_query() to ts_service_call_endpoint(), and gives
/// the result document to ts_service_call_write() in pieces. Returns 0, or another value if the
/// endpoint failed; ts_service_call_fail() says why. It should ask ts_service_call_check() now and
/// then while it waits, and give up when the answer is not TS_STATUS_OK.
pub type ts_service_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, call: *const ts_service_call) -> i32>;

/// The callback of a store.
struct Callback {
    call: unsafe extern "C" fn(*mut c_void, *const ts_service_call) -> i32,
    user_data: UserData,
}

impl ServiceHandler for Callback {
    fn answer(&self, call: &ServiceCall<'_>, reply: &mut ServiceReply) -> Result<()> {
        let empty = ServiceReply::new(call.control)?;
        let handle = handle::into_raw(Owned::<ts_service_call>(Call {
            endpoint: ZeroEnded::new(call.endpoint),
            query: ZeroEnded::new(call.query),
            control: call.control.clone(),
            answer: Mutex::new(Answer {
                reply: Some(std::mem::replace(reply, empty)),
                failure: None,
            }),
        }));
        // SAFETY: the header requires the function to be callable from any thread with `user_data`
        // until that is dropped, which is when this is; the handle lives until it is freed below.
        let outcome = unsafe { (self.call)(self.user_data.pointer(), handle) };
        // SAFETY: made above; the header forbids its use once the callback has returned.
        let answer = unsafe { handle::shared(handle.cast_const()) }
            .map(|call| std::mem::take(&mut *call.answer.lock()));
        // SAFETY: as above.
        unsafe { guard::free(handle) };
        let answer = answer?;
        if let Some(written) = answer.reply {
            *reply = written;
        }
        match (answer.failure, outcome) {
            (Some(failure), _) => Err(failure),
            (None, 0) => Ok(()),
            (None, outcome) => Err(Error::new(
                Code::ServiceFailed,
                format!("the callback answered {outcome}"),
            )),
        }
    }
}

/// Sets what answers SERVICE in queries of the store, and which endpoints may be asked. Without it
/// SERVICE is TS_STATUS_SERVICE_REFUSED. `allowed` lists IRIs with a zero byte between them; one
/// that ends in a slash and a star stands for every IRI that begins with what comes before the star,
/// and a star alone for all: then a query can have the host connect to any address. Queries that run
/// keep what was set when they began. A `callback` of NULL turns SERVICE off again.
///
/// Owner: borrows store; the list is copied. `user_data` belongs to the library from this call on,
/// also if it fails: it calls `drop` once, after the last call of `callback`.
/// Threads: any. `callback` runs on the thread that asks for rows or on one of the library, for several queries
/// at once. It may use the store, but not the rows of the query that called it.
/// Cost: none; each SERVICE pattern of a query is one call, or one for each endpoint if that is a
/// variable.
/// Errors: TS_STATUS_INVALID_ARGUMENT for a list that is not one, TS_STATUS_INVALID_UTF8,
/// TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_set_service(
    store: *const ts_store,
    allowed: *const c_char,
    allowed_len: usize,
    callback: ts_service_fn,
    user_data: *mut c_void,
    drop: ts_drop_fn,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let user_data = UserData::new(user_data, drop);
            let database = handle::shared(store)?;
            // The whole is UTF-8, so the items are.
            let list = utf8(allowed, allowed_len, "the list of endpoints")?;
            let allowed = items(list.as_bytes())
                .map(|item| String::from_utf8_lossy(item).into_owned())
                .collect();
            let services = match callback {
                Some(call) => Some(Services::new(
                    allowed,
                    Arc::new(Callback { call, user_data }),
                )?),
                None => None,
            };
            database.set_services(services)?;
            Ok(ts_status::Ok)
        })
    }
}

/// The IRI of the endpoint.
///
/// Owner: borrowed from the call.
/// Threads: any, while the callback runs.
/// Cost: none.
/// Errors: none; empty if the argument is not valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_service_call_endpoint(call: *const ts_service_call) -> ts_text {
    guard::value(ts_text::EMPTY, || {
        // SAFETY: the caller keeps the contract of the header.
        unsafe { handle::shared(call) }.map_or(ts_text::EMPTY, |call| call.endpoint.as_text())
    })
}

/// The SELECT query for the endpoint. Its solutions are those of the SERVICE pattern.
///
/// Owner: borrowed from the call.
/// Threads: any, while the callback runs.
/// Cost: none.
/// Errors: none; empty if the argument is not valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_service_call_query(call: *const ts_service_call) -> ts_text {
    guard::value(ts_text::EMPTY, || {
        // SAFETY: the caller keeps the contract of the header.
        unsafe { handle::shared(call) }.map_or(ts_text::EMPTY, |call| call.query.as_text())
    })
}

/// Milliseconds until the deadline of the query; UINT64_MAX if it has none, 0 if it has passed.
///
/// Owner: a plain value.
/// Threads: any, while the callback runs.
/// Cost: a look at the clock.
/// Errors: none; 0 if the argument is not valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_service_call_remaining_ms(call: *const ts_service_call) -> u64 {
    guard::value(0, || {
        // SAFETY: the caller keeps the contract of the header.
        unsafe { handle::shared(call) }.map_or(0, |call| match call.control.deadline() {
            None => u64::MAX,
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
            }
        })
    })
}

/// Whether the answer is still wanted: TS_STATUS_OK, or why the query ends.
///
/// Owner: borrows call.
/// Threads: any, while the callback runs.
/// Cost: a look at the clock.
/// Errors: TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_SNAPSHOT_TOO_OLD,
/// TS_STATUS_CLOSED, TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_service_call_check(call: *const ts_service_call) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(std::ptr::null_mut(), || {
            handle::shared(call)?.control.poll()?;
            Ok(ts_status::Ok)
        })
    }
}

/// Says what the result document is: a media type, as in the Content-Type of a reply over HTTP, of
/// SPARQL results in JSON, XML or TSV. JSON if nothing is said.
///
/// Owner: the text is read during the call.
/// Threads: any, while the callback runs.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_ARGUMENT for any other type, TS_STATUS_INVALID_UTF8.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_service_call_set_media_type(
    call: *const ts_service_call,
    media_type: *const c_char,
    media_type_len: usize,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let call = handle::shared(call)?;
            let media_type = utf8(media_type, media_type_len, "the media type")?;
            let format = match QueryResultsFormat::from_media_type(media_type) {
                // CSV does not say what its terms are.
                None | Some(QueryResultsFormat::Csv) => {
                    return Err(invalid_argument(format!(
                        "{media_type} is no media type of SPARQL results in JSON, XML or TSV"
                    )));
                }
                Some(format) => format,
            };
            call.answer.lock().reply()?.set_format(format);
            Ok(ts_status::Ok)
        })
    }
}

/// Appends a piece of the result document. An error also fails the SERVICE pattern, whatever the
/// callback returns.
///
/// Owner: the bytes are copied, and count as memory of the query.
/// Threads: any, while the callback runs.
/// Cost: a copy.
/// Errors: TS_STATUS_RESOURCE_EXHAUSTED, TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT,
/// TS_STATUS_CLOSED, TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_service_call_write(
    call: *const ts_service_call,
    data: *const c_char,
    data_len: usize,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let call = handle::shared(call)?;
            let piece = bytes(data, data_len, "the document")?;
            let mut answer = call.answer.lock();
            let written = answer.reply()?.write(piece);
            if let Err(error) = &written {
                let failure = Error::new(error.code(), error.detail().to_owned());
                answer.failure.get_or_insert(failure);
            }
            written?;
            Ok(ts_status::Ok)
        })
    }
}

/// Says why the endpoint failed: the message of TS_STATUS_SERVICE_FAILED. SERVICE SILENT passes over
/// it.
///
/// Owner: the text is copied.
/// Threads: any, while the callback runs.
/// Cost: a copy.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_service_call_fail(
    call: *const ts_service_call,
    message: *const c_char,
    message_len: usize,
) {
    guard::value((), || {
        // SAFETY: the caller keeps the contract of the header.
        let Ok(call) = (unsafe { handle::shared(call) }) else {
            return;
        };
        // SAFETY: as above.
        let message = unsafe { bytes(message, message_len, "the message") }.unwrap_or_default();
        let message = String::from_utf8_lossy(message);
        let failure = Error::new(
            Code::ServiceFailed,
            format!("the endpoint failed: {message}"),
        );
        call.answer.lock().failure.get_or_insert(failure);
    });
}
