//! Section "Inspecting texts": what a query or update is, without running it.

use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::query::{ts_query_kind, ts_query_options};
use super::sized::{self, Sized32, check_wanted, fill};
use super::status::ts_status;
use super::store::ts_store;
use super::text::{ZeroEnded, ts_text, utf8};
use crate::database::Database;
use crate::error::Result;
use crate::query::{Content, Inspection, ParseOptions, inspect};
use safer_ffi::derive_ReprC;
use std::ffi::c_char;

/// What a text was found to be.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_inspection {
    _opaque: [u8; 0],
}

pub(super) struct Inspected {
    facts: ts_inspection_facts,
    columns: Vec<ZeroEnded>,
    json: ZeroEnded,
}

impl Handle for ts_inspection {
    type State = Inspected;
    const NAME: &'static str = "ts_inspection";
    const TAG: [u8; 4] = *b"insp";
    const SURVIVES_FORK: bool = true;
}

/// What is known of a text. Set struct_size to sizeof(ts_inspection_facts) before the call.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_inspection_facts {
    pub struct_size: u32,
    /// A ts_query_kind; TS_QUERY_KIND_UPDATE for an update.
    pub kind: i32,
    /// Columns of the result; ts_inspection_column() has their names.
    pub columns: u64,
    /// Operations of an update.
    pub operations: u64,
    /// 1 if the text asks other endpoints: it has SERVICE.
    pub has_service: i32,
    /// 1 if it reads documents: it has LOAD.
    pub has_load: i32,
    /// 1 if a query names its data set: it has FROM or FROM NAMED.
    pub has_dataset: i32,
    /// Always 0.
    pub reserved: u32,
}

impl Sized32 for ts_inspection_facts {
    const NAME: &'static str = "ts_inspection_facts";
    const FIRST_SIZE: usize = size_of::<ts_inspection_facts>();
}

fn facts(inspection: &Inspection) -> ts_inspection_facts {
    let mut facts = ts_inspection_facts {
        struct_size: size_of::<ts_inspection_facts>() as u32,
        kind: inspection
            .result_kind()
            .map_or(ts_query_kind::Update, Into::into) as i32,
        columns: 0,
        operations: 0,
        has_service: i32::from(inspection.has_service),
        has_load: i32::from(inspection.has_load()),
        has_dataset: 0,
        reserved: 0,
    };
    match &inspection.content {
        Content::Query { shape, from } => {
            facts.columns = shape.columns.len() as u64;
            facts.has_dataset = i32::from(from.is_some());
        }
        Content::Update { operations } => facts.operations = operations.len() as u64,
    }
    facts
}

/// The inspection of a text. `database`: the functions registered with it are known.
///
/// # Safety
/// As for [`ts_inspect`].
unsafe fn inspected(
    database: Option<&Database>,
    sparql: *const c_char,
    sparql_len: usize,
    options: *const ts_query_options,
) -> Result<Owned<ts_inspection>> {
    // SAFETY: required of the caller.
    let (text, base_iri) = unsafe {
        (
            utf8(sparql, sparql_len, "the text")?,
            sized::read(options)?.base_iri.read("the base IRI")?,
        )
    };
    let known = match database {
        Some(database) => database.snapshot()?.parse_options(),
        None => ParseOptions::default(),
    };
    let options = ParseOptions {
        base_iri: (!base_iri.is_empty()).then(|| base_iri.to_owned()),
        ..known
    };
    let found = inspect(text, &options)?;
    let columns: &[String] = match &found.content {
        Content::Query { shape, .. } => &shape.columns,
        Content::Update { .. } => &[],
    };
    Ok(Owned(Inspected {
        facts: facts(&found),
        columns: columns.iter().map(|name| ZeroEnded::new(name)).collect(),
        json: ZeroEnded::new(&found.to_json()?),
    }))
}

/// Reads a query or update without running it; which one it is follows from the text. No store is
/// needed, and functions of the program are not known: see ts_store_inspect().
///
/// Owner: the inspection is the caller's, until ts_inspection_free(). The text and options (NULL: the
/// defaults; only base_iri is read) are read during the call.
/// Threads: any.
/// Cost: 10-50 microseconds for a short text.
/// Errors: what is wrong with the text, as running it would answer: TS_STATUS_QUERY_PARSE (with line,
/// column and a hint), TS_STATUS_QUERY_UNSUPPORTED, TS_STATUS_QUERY_LIMIT,
/// TS_STATUS_NESTING_TOO_DEEP, TS_STATUS_INVALID_IRI, TS_STATUS_INVALID_UTF8,
/// TS_STATUS_NOT_IMPLEMENTED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_inspect(
    sparql: *const c_char,
    sparql_len: usize,
    options: *const ts_query_options,
    inspection: *mut *mut ts_inspection,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(inspection, std::ptr::null_mut(), "inspection")?;
            *out = handle::into_raw(inspected(None, sparql, sparql_len, options)?);
            Ok(ts_status::Ok)
        })
    }
}

/// ts_inspect() as a store sees the text: the functions and aggregates that are registered with it
/// are known.
///
/// Owner: as ts_inspect(); borrows store.
/// Threads: any.
/// Cost: as ts_inspect().
/// Errors: as ts_inspect(), and TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_store_inspect(
    store: *const ts_store,
    sparql: *const c_char,
    sparql_len: usize,
    options: *const ts_query_options,
    inspection: *mut *mut ts_inspection,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(inspection, std::ptr::null_mut(), "inspection")?;
            let database = handle::shared(store)?;
            *out = handle::into_raw(inspected(Some(database), sparql, sparql_len, options)?);
            Ok(ts_status::Ok)
        })
    }
}

/// What was found.
///
/// Owner: facts is the caller's.
/// Threads: any.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_inspection_read(
    inspection: *const ts_inspection,
    facts: *mut ts_inspection_facts,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            check_wanted(facts)?;
            fill(facts, handle::shared(inspection)?.facts)?;
            Ok(ts_status::Ok)
        })
    }
}

/// The name of a column from 0, without a question mark; empty behind the last.
///
/// Owner: borrowed from the inspection.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_inspection_column(
    inspection: *const ts_inspection,
    index: usize,
) -> ts_text {
    guard::value(ts_text::EMPTY, || {
        // SAFETY: the caller keeps the contract of the header.
        unsafe { handle::shared(inspection) }
            .ok()
            .and_then(|inspection| inspection.columns.get(index))
            .map_or(ts_text::EMPTY, ZeroEnded::as_text)
    })
}

/// All that was found, as a JSON object: also the data set, and of each operation of an update its
/// name, the graphs it may change, and the document it loads; and the endpoints that SERVICE asks.
/// docs/sparql.md has the keys.
///
/// Owner: borrowed from the inspection.
/// Threads: any.
/// Cost: none.
/// Errors: none; empty if the argument is not valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_inspection_json(inspection: *const ts_inspection) -> ts_text {
    guard::value(ts_text::EMPTY, || {
        // SAFETY: the caller keeps the contract of the header.
        unsafe { handle::shared(inspection) }
            .map_or(ts_text::EMPTY, |inspection| inspection.json.as_text())
    })
}

/// Frees an inspection; NULL is ignored.
///
/// Owner: takes the inspection.
/// Threads: any, once.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_inspection_free(inspection: *mut ts_inspection) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(inspection) }
}
