//! Section "Functions": functions of the host that queries call by IRI.

use super::batch::{made, ts_batch};
use super::callback::{UserData, ts_drop_fn};
use super::error::ts_error;
use super::guard;
use super::handle::{self, Owned};
use super::sized::{self, Input, Sized32};
use super::status::{invalid_argument, ts_status};
use super::store::ts_store;
use super::terms::{State, ts_terms};
use super::text::utf8;
use crate::database::{Calls, FunctionOptions};
use crate::error::{Code, Error, Result};
use safer_ffi::derive_ReprC;
use std::ffi::{c_char, c_void};

/// Works calls of a registered function, many at a time. `arguments` has a row for each call and a
/// column for each argument; none is unbound. For each row the callback builds the answer in `terms`
/// with the functions of section "Terms" and sets `results[row]` to its index there. A row that is
/// left at TS_UNBOUND has no value, which is an error in SPARQL: BIND leaves the variable unbound, a
/// FILTER drops the row. Blank nodes of an answer are only those of arguments, by their labels.
///
/// Returns 0, or another value to end the query with TS_STATUS_CALLBACK. `arguments`, `terms` and
/// `results` live during the call only; the callback must not free the two. It may run on a thread
/// of the library, and for several queries at the same time. It may call the library on other handles,
/// but not on the rows of the query that it works for.
pub type ts_function_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        arguments: *const ts_batch,
        terms: *mut ts_terms,
        results: *mut u32,
    ) -> i32,
>;

/// What is known of a function. Set struct_size to sizeof(ts_function_options) and the rest to zero
/// (`ts_function_options options = {.struct_size = sizeof options}`): any number of arguments, worked
/// anew for every row.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_function_options {
    pub struct_size: u32,
    /// The fewest arguments it takes. A query that gives fewer is refused when it is prepared.
    pub arguments_min: u32,
    /// The most arguments it takes; 0: no limit.
    pub arguments_max: u32,
    /// 1: it answers the same to the same arguments and has no effect. It is then asked once for
    /// equal arguments of a batch, and once for the whole query if they are constants.
    pub deterministic: i32,
}

impl Sized32 for ts_function_options {
    const NAME: &'static str = "ts_function_options";
    const FIRST_SIZE: usize = size_of::<ts_function_options>();
}

// SAFETY: integers.
unsafe impl Input for ts_function_options {}

/// A callback of the caller as a function.
struct Callback {
    call: unsafe extern "C" fn(*mut c_void, *const ts_batch, *mut ts_terms, *mut u32) -> i32,
    user_data: UserData,
}

impl Callback {
    fn work(&self, calls: Calls<'_>) -> Result<()> {
        let arguments = handle::into_raw(made(calls.arguments, calls.control)?);
        let terms = handle::into_raw(Owned::<ts_terms>(State::default()));
        // SAFETY: the header requires the function to be callable from any thread until its data is
        // dropped; `answers` has an item for each row.
        let refused = unsafe {
            (self.call)(
                self.user_data.pointer(),
                arguments,
                terms,
                calls.answers.as_mut_ptr(),
            )
        };
        // SAFETY: made above; the callback may not keep them.
        unsafe {
            handle::free(arguments)?;
            let list = handle::exclusive(terms).map(|mut state| std::mem::take(&mut state.list));
            handle::free(terms)?;
            *calls.terms = list?;
        }
        match refused {
            0 => Ok(()),
            _ => Err(Error::new(
                Code::Callback,
                "the callback of a function asked to stop",
            )),
        }
    }
}

/// Registers a function that queries of the store call by its IRI, in place of one with this IRI.
/// Queries that are prepared from now on may call it; those that were prepared before are refused
/// when they run if the function is gone, and go on with it if they run already. A query that calls
/// an IRI that is not registered is refused with TS_STATUS_QUERY_UNSUPPORTED. NULL options are the
/// defaults.
///
/// Owner: `user_data` belongs to the library from this call on, also if it fails: it calls `drop`
/// once, after the last call of `function`: when the function is replaced, unregistered or the store
/// freed, and no query runs that may call it.
/// Threads: any. `function` is called from any thread, from several at a time.
/// Cost: microseconds.
/// Errors: TS_STATUS_INVALID_ARGUMENT without a function, for more arguments at least than at most,
/// or for the IRI of a constructor of XML Schema; TS_STATUS_INVALID_IRI, TS_STATUS_INVALID_UTF8,
/// TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_register_function(
    store: *const ts_store,
    iri: *const c_char,
    iri_len: usize,
    options: *const ts_function_options,
    function: ts_function_fn,
    user_data: *mut c_void,
    drop: ts_drop_fn,
    err: *mut *mut ts_error,
) -> ts_status {
    let user_data = UserData::new(user_data, drop);
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let database = handle::shared(store)?;
            let iri = utf8(iri, iri_len, "the IRI")?;
            let options = sized::read(options)?;
            let call = function.ok_or_else(|| invalid_argument("the function is NULL"))?;
            let min = options.arguments_min as usize;
            let max = match options.arguments_max {
                0 => usize::MAX,
                max => max as usize,
            };
            if min > max {
                return Err(invalid_argument(format!(
                    "arguments_min {min} is more than arguments_max {max}"
                )));
            }
            let callback = Callback { call, user_data };
            database.register_batch_function(
                iri,
                FunctionOptions {
                    arguments: min..=max,
                    deterministic: options.deterministic != 0,
                },
                move |calls| callback.work(calls),
            )?;
            Ok(ts_status::Ok)
        })
    }
}

/// Forgets a function; one that is not registered is no error. Queries that run keep it until they
/// end.
///
/// Owner: see ts_register_function() for the function's user_data.
/// Threads: any.
/// Cost: microseconds.
/// Errors: TS_STATUS_INVALID_UTF8, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_unregister_function(
    store: *const ts_store,
    iri: *const c_char,
    iri_len: usize,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            handle::shared(store)?.unregister_function(utf8(iri, iri_len, "the IRI")?)?;
            Ok(ts_status::Ok)
        })
    }
}
