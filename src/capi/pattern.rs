//! Section "Patterns": matching and counting quads without SPARQL.

use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::op::{Running, ts_op};
use super::rows::{self, ts_rows};
use super::status::{invalid_argument, ts_status};
use super::store::ts_store;
use super::terms::ts_terms;
use crate::database::{Database, GraphPattern, Place, QuadPattern, Snapshot};
use crate::error::Result;
use crate::store::View;
use safer_ffi::derive_ReprC;

/// Which quads of a store are meant. A new one means all of them.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_pattern {
    _opaque: [u8; 0],
}

impl Handle for ts_pattern {
    type State = QuadPattern;
    const NAME: &'static str = "ts_pattern";
    const TAG: [u8; 4] = *b"patt";
    const SURVIVES_FORK: bool = true;
}

/// The place of a term in a quad.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_place {
    Subject = 0,
    Predicate = 1,
    Object = 2,
    /// One named graph.
    Graph = 3,
}

/// Which graphs a pattern means, if not one of them by name.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_graphs {
    /// The default graph and every named graph.
    Any = 0,
    Default = 1,
    /// Every named graph.
    Named = 2,
}

/// Which quads are read: those that were written, those that only follow from them, or both.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_view {
    Both = 0,
    Asserted = 1,
    Inferred = 2,
}

/// The view of a number. Errors: `InvalidArgument`.
pub(super) fn view(number: i32) -> Result<View> {
    const BOTH: i32 = ts_view::Both as i32;
    const ASSERTED: i32 = ts_view::Asserted as i32;
    const INFERRED: i32 = ts_view::Inferred as i32;
    match number {
        BOTH => Ok(View::Both),
        ASSERTED => Ok(View::Asserted),
        INFERRED => Ok(View::Inferred),
        _ => Err(invalid_argument(format!("{number} is not a ts_view"))),
    }
}

fn place(number: i32) -> Result<Place> {
    const SUBJECT: i32 = ts_place::Subject as i32;
    const PREDICATE: i32 = ts_place::Predicate as i32;
    const OBJECT: i32 = ts_place::Object as i32;
    const GRAPH: i32 = ts_place::Graph as i32;
    match number {
        SUBJECT => Ok(Place::Subject),
        PREDICATE => Ok(Place::Predicate),
        OBJECT => Ok(Place::Object),
        GRAPH => Ok(Place::Graph),
        _ => Err(invalid_argument(format!("{number} is not a ts_place"))),
    }
}

fn graphs(number: i32) -> Result<GraphPattern> {
    const ANY: i32 = ts_graphs::Any as i32;
    const DEFAULT: i32 = ts_graphs::Default as i32;
    const NAMED: i32 = ts_graphs::Named as i32;
    match number {
        ANY => Ok(GraphPattern::Any),
        DEFAULT => Ok(GraphPattern::Default),
        NAMED => Ok(GraphPattern::Named),
        _ => Err(invalid_argument(format!("{number} is not a ts_graphs"))),
    }
}

/// The pattern of a handle; everything for NULL. Errors: those of a handle.
///
/// # Safety
/// As for a handle in the header.
pub(super) unsafe fn pattern(pattern: *const ts_pattern) -> Result<QuadPattern> {
    match pattern.is_null() {
        true => Ok(QuadPattern::default()),
        // SAFETY: required of the caller.
        false => Ok(unsafe { handle::shared(pattern) }?.clone()),
    }
}

/// Makes a pattern that every quad matches. NULL only if memory is exhausted.
///
/// Owner: the caller, until ts_pattern_free().
/// Threads: any.
/// Cost: one allocation.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_pattern_new() -> *mut ts_pattern {
    guard::value(std::ptr::null_mut(), || {
        handle::into_raw(Owned::<ts_pattern>(QuadPattern::default()))
    })
}

/// Requires the term at an index of a list in a place (a ts_place). A term that cannot stand there
/// in a quad matches nothing. A blank node is meant by the label that the store printed.
///
/// Owner: borrows pattern and terms; the term is copied.
/// Threads: exclusive use of pattern.
/// Cost: a copy.
/// Errors: TS_STATUS_INVALID_ARGUMENT, TS_STATUS_INVALID_INPUT for a graph that is neither an IRI
/// nor a blank node.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_pattern_require(
    pattern: *mut ts_pattern,
    place: i32,
    terms: *const ts_terms,
    index: u32,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let mut pattern = handle::exclusive(pattern)?;
            let term = handle::shared(terms)?.list.get(index)?.clone();
            pattern.require(self::place(place)?, term)?;
            Ok(ts_status::Ok)
        })
    }
}

/// Sets the graphs (a ts_graphs), in place of a graph that was required.
///
/// Owner: borrows pattern.
/// Threads: exclusive use of pattern.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_pattern_graphs(
    pattern: *mut ts_pattern,
    graphs: i32,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let mut pattern = handle::exclusive(pattern)?;
            pattern.graph = self::graphs(graphs)?;
            Ok(ts_status::Ok)
        })
    }
}

/// Sets the view (a ts_view).
///
/// Owner: borrows pattern.
/// Threads: exclusive use of pattern.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_pattern_view(
    pattern: *mut ts_pattern,
    view: i32,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let mut pattern = handle::exclusive(pattern)?;
            pattern.view = self::view(view)?;
            Ok(ts_status::Ok)
        })
    }
}

/// Frees a pattern; NULL is ignored.
///
/// Owner: takes the pattern.
/// Threads: any, once.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_pattern_free(pattern: *mut ts_pattern) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(pattern) }
}

/// Starts reading the quads of a snapshot that match a pattern. Errors: as ts_match().
///
/// # Safety
/// As for the arguments in the header.
pub(super) unsafe fn open(
    database: &Database,
    snapshot: &Snapshot,
    pattern: *const ts_pattern,
    op: *const ts_op,
) -> Result<Owned<ts_rows>> {
    // SAFETY: required of the caller.
    let (pattern, running) = unsafe { (self::pattern(pattern)?, Running::start(op)?) };
    let cursor = database.open_match_on(snapshot, &pattern, running.control());
    Ok(rows::opened(running.explain(cursor)?, running))
}

/// Starts reading the quads of the newest commit that match a pattern (NULL: all), as rows of
/// subject, predicate, object and graph.
///
/// Owner: borrows store and pattern; op (may be NULL) serves until the rows are freed or at their
/// end. The rows are the caller's, until ts_rows_free().
/// Threads: any.
/// Cost: a look-up for each term of the pattern; the rows are read as they are asked for, in the
/// order of the sort that answers the pattern.
/// Errors: TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK,
/// TS_STATUS_CORRUPT_BLOCK, TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_match(
    store: *const ts_store,
    pattern: *const ts_pattern,
    op: *const ts_op,
    rows: *mut *mut ts_rows,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(rows, std::ptr::null_mut(), "rows")?;
            let database = handle::shared(store)?;
            *out = handle::into_raw(open(database, &database.snapshot()?, pattern, op)?);
            Ok(ts_status::Ok)
        })
    }
}

/// The exact number of quads of the newest commit that match a pattern (NULL: all).
///
/// Owner: borrows store, pattern and op, which may be NULL; `count` is the caller's.
/// Threads: any.
/// Cost: microseconds where the places that are required begin a sort order, for all graphs or the
/// default graph; else a scan.
/// Errors: those of ts_match().
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_count(
    store: *const ts_store,
    pattern: *const ts_pattern,
    op: *const ts_op,
    count: *mut u64,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let count = guard::out(count, 0, "count")?;
            let database = handle::shared(store)?;
            let pattern = self::pattern(pattern)?;
            *count = Running::run(op, |control| {
                let control = database.limited(control);
                database.snapshot()?.count(&pattern, &control)
            })?;
            Ok(ts_status::Ok)
        })
    }
}
