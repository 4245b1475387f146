//! Section "Aggregates": set functions of the host that queries call by IRI.

use super::batch::{made, ts_batch};
use super::callback::{UserData, ts_drop_fn};
use super::error::ts_error;
use super::guard;
use super::handle::{self, Owned};
use super::status::{invalid_argument, ts_status};
use super::store::ts_store;
use super::terms::{State, ts_terms};
use super::text::utf8;
use crate::control::Control;
use crate::database::{BatchAggregate, NO_TERM};
use crate::error::{Code, Error, Result};
use crate::query::ResultBatch;
use oxrdf::Term;
use std::ffi::{c_char, c_void};
use std::sync::Arc;

/// Makes the state of a group, written to `state`. Returns 0, or another value to end the query with
/// TS_STATUS_CALLBACK; then there is no state to free.
pub type ts_aggregate_new_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, state: *mut *mut c_void) -> i32>;

/// Gives values to groups, many at a time: the value in row `n` of `values`, which has one column and
/// no unbound term, to the group with the state `states[n]`. A group may be there several times. With
/// DISTINCT no group is given a term twice.
///
/// Returns 0, or another value to end the query with TS_STATUS_CALLBACK. `states` and `values` live
/// during the call only; the callback must not free them.
pub type ts_aggregate_step_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        states: *const *mut c_void,
        values: *const ts_batch,
    ) -> i32,
>;

/// Gives the result of a group: builds it in `terms` with the functions of section "Terms" and sets
/// `result` to its index there. If it is left at TS_UNBOUND the group has no value, which is an error
/// in SPARQL. Blank nodes are only those of values, by their labels. The state is freed afterwards.
///
/// Returns 0, or another value to end the query with TS_STATUS_CALLBACK. `terms` lives during the call
/// only; the callback must not free it.
pub type ts_aggregate_finish_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        state: *mut c_void,
        terms: *mut ts_terms,
        result: *mut u32,
    ) -> i32,
>;

/// Frees the state of a group: after its result, or instead of it if the query ends before or the
/// group has met an error.
pub type ts_aggregate_free_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, state: *mut c_void)>;

/// The callbacks of the caller.
struct Callbacks {
    new: unsafe extern "C" fn(*mut c_void, *mut *mut c_void) -> i32,
    step: unsafe extern "C" fn(*mut c_void, *const *mut c_void, *const ts_batch) -> i32,
    finish: unsafe extern "C" fn(*mut c_void, *mut c_void, *mut ts_terms, *mut u32) -> i32,
    free: ts_aggregate_free_fn,
    user_data: UserData,
}

/// The state of a group.
struct Group {
    pointer: *mut c_void,
    callbacks: Arc<Callbacks>,
}

// SAFETY: the header requires a state to be usable from any thread, by one at a time.
unsafe impl Send for Group {}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(free) = self.callbacks.free {
            // SAFETY: the header promises one call for each state, and this is it.
            unsafe { free(self.callbacks.user_data.pointer(), self.pointer) };
        }
    }
}

struct Aggregate(Arc<Callbacks>);

fn answered(refused: i32) -> Result<()> {
    match refused {
        0 => Ok(()),
        _ => Err(Error::new(
            Code::Callback,
            "the callback of an aggregate asked to stop",
        )),
    }
}

impl BatchAggregate for Aggregate {
    type State = Group;

    fn start(&self) -> Result<Group> {
        let mut pointer = std::ptr::null_mut();
        // SAFETY: the header requires the callbacks to be callable from any thread.
        answered(unsafe { (self.0.new)(self.0.user_data.pointer(), &raw mut pointer) })?;
        Ok(Group {
            pointer,
            callbacks: self.0.clone(),
        })
    }

    fn step(
        &self,
        states: &mut [Option<Group>],
        groups: &[u32],
        values: &ResultBatch,
        control: &Control,
    ) -> Result<()> {
        let pointers = groups
            .iter()
            .map(|&group| match states.get(group as usize) {
                Some(Some(state)) => Ok(state.pointer),
                _ => Err(Error::new(Code::Internal, "a group has no state")),
            })
            .collect::<Result<Vec<_>>>()?;
        let values = handle::into_raw(made(values, control)?);
        // SAFETY: as above; there is a state for each row.
        let refused =
            unsafe { (self.0.step)(self.0.user_data.pointer(), pointers.as_ptr(), values) };
        // SAFETY: made above; the callback may not keep it.
        unsafe { handle::free(values)? };
        answered(refused)
    }

    fn finish(&self, state: Group) -> Result<Option<Term>> {
        let terms = handle::into_raw(Owned::<ts_terms>(State::default()));
        let mut index = NO_TERM;
        // SAFETY: as above.
        let refused = unsafe {
            (self.0.finish)(
                self.0.user_data.pointer(),
                state.pointer,
                terms,
                &raw mut index,
            )
        };
        // SAFETY: made above; the callback may not keep it.
        let list = unsafe {
            let list = handle::exclusive(terms).map(|mut state| std::mem::take(&mut state.list));
            handle::free(terms)?;
            list?
        };
        answered(refused)?;
        match index {
            NO_TERM => Ok(None),
            index => list.get(index).map(|term| Some(term.clone())),
        }
    }
}

/// Registers an aggregate that queries of the store call by its IRI, as in
/// SELECT (<iri>(DISTINCT ?x) AS ?y) {..} GROUP BY ?z, in place of an aggregate or function with this
/// IRI. Queries that are prepared from now on may call it; those that run keep what they began with.
/// A group that has met an error among its values has no value and is not finished. `free` may be
/// NULL; the other callbacks may not.
///
/// Owner: `user_data` belongs to the library from this call on, also if it fails: it calls `drop`
/// once, after the last call of a callback: when the aggregate is replaced, unregistered or the store
/// freed, and no query runs that may call it. A state belongs to the library between the call that
/// makes it and the one that frees it.
/// Threads: any. The callbacks are called from any thread, from several at a time for several
/// queries. What the states of a query hold is not counted as its memory.
/// Cost: microseconds.
/// Errors: TS_STATUS_INVALID_ARGUMENT without a callback or for the IRI of a constructor of XML
/// Schema; TS_STATUS_INVALID_IRI, TS_STATUS_INVALID_UTF8, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_register_aggregate(
    store: *const ts_store,
    iri: *const c_char,
    iri_len: usize,
    new_state: ts_aggregate_new_fn,
    step: ts_aggregate_step_fn,
    finish: ts_aggregate_finish_fn,
    free_state: ts_aggregate_free_fn,
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
            let (Some(new), Some(step), Some(finish)) = (new_state, step, finish) else {
                return Err(invalid_argument("a callback is NULL"));
            };
            let callbacks = Callbacks {
                new,
                step,
                finish,
                free: free_state,
                user_data,
            };
            database.register_batch_aggregate(iri, Aggregate(Arc::new(callbacks)))?;
            Ok(ts_status::Ok)
        })
    }
}

/// Forgets an aggregate; one that is not registered is no error. Queries that run keep it until they
/// end.
///
/// Owner: see ts_register_aggregate() for its user_data.
/// Threads: any.
/// Cost: microseconds.
/// Errors: TS_STATUS_INVALID_UTF8, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_unregister_aggregate(
    store: *const ts_store,
    iri: *const c_char,
    iri_len: usize,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            handle::shared(store)?.unregister_aggregate(utf8(iri, iri_len, "the IRI")?)?;
            Ok(ts_status::Ok)
        })
    }
}
