//! Section "Results as documents": rows written in a format, through a callback, while they are worked.

use super::dump::{Callback, prefixes, ts_write_fn};
use super::error::ts_error;
use super::guard;
use super::handle;
use super::op::ts_op;
use super::query::{self, ts_query_kind, ts_query_options};
use super::rows::ts_rows;
use super::sized::{self, Input, Sized32};
use super::status::{invalid_argument, ts_status};
use super::store::ts_store;
use super::text::{ZeroEnded, ts_text, utf8};
use crate::error::Result;
use crate::load::{DumpOptions, Format};
use crate::query::{ResultFormat, ResultKind, RowFormat, WriteOptions};
use safer_ffi::derive_ReprC;
use std::ffi::{c_char, c_void};
use std::sync::LazyLock;

/// How a result is written. Some formats are for SELECT and ASK, the others for CONSTRUCT, DESCRIBE
/// and ts_match().
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_result_format {
    /// JSON for SELECT and ASK, N-Triples for CONSTRUCT and DESCRIBE, N-Quads for ts_match().
    Default = 0,
    /// SPARQL 1.2 Query Results JSON (application/sparql-results+json).
    Json = 1,
    /// SPARQL 1.2 Query Results XML (application/sparql-results+xml).
    Xml = 2,
    /// Comma-separated values (text/csv): the texts of terms, not their kinds.
    Csv = 3,
    /// Tab-separated values (text/tab-separated-values): terms as in Turtle.
    Tsv = 4,
    /// N-Triples (application/n-triples).
    Ntriples = 5,
    /// N-Quads (application/n-quads).
    Nquads = 6,
    /// Turtle (text/turtle).
    Turtle = 7,
    /// TriG (application/trig).
    Trig = 8,
    /// RDF/XML (application/rdf+xml).
    RdfXml = 9,
    /// JSON-LD (application/ld+json).
    Jsonld = 10,
}

/// How a result is written. Set struct_size to sizeof(ts_write_options) and the rest to zero
/// (`ts_write_options options = {.struct_size = sizeof options}`).
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_write_options {
    pub struct_size: u32,
    /// A ts_result_format.
    pub format: i32,
    /// What IRIs are written relative to, in Turtle, TriG and JSON-LD. Empty: all are absolute.
    pub base_iri: ts_text,
    /// Prefix names and IRIs in turns, with a zero byte between them, for Turtle, TriG and RDF/XML.
    pub prefixes: ts_text,
}

impl Sized32 for ts_write_options {
    const NAME: &'static str = "ts_write_options";
    const FIRST_SIZE: usize = size_of::<ts_write_options>();
}

// SAFETY: integers and texts.
unsafe impl Input for ts_write_options {}

/// The formats by their numbers, from 1.
const FORMATS: [ResultFormat; 10] = [
    ResultFormat::Rows(RowFormat::Json),
    ResultFormat::Rows(RowFormat::Xml),
    ResultFormat::Rows(RowFormat::Csv),
    ResultFormat::Rows(RowFormat::Tsv),
    ResultFormat::Graph(Format::NTriples),
    ResultFormat::Graph(Format::NQuads),
    ResultFormat::Graph(Format::Turtle),
    ResultFormat::Graph(Format::TriG),
    ResultFormat::Graph(Format::RdfXml),
    ResultFormat::Graph(Format::JsonLd),
];

fn format(number: i32) -> Result<Option<ResultFormat>> {
    if number == ts_result_format::Default as i32 {
        return Ok(None);
    }
    usize::try_from(number)
        .ok()
        .and_then(|number| FORMATS.get(number - 1))
        .map(|&format| Some(format))
        .ok_or_else(|| invalid_argument(format!("{number} is not a ts_result_format")))
}

/// Errors: those of [`sized::read`]; `InvalidArgument`, `InvalidUtf8`.
///
/// # Safety
/// As for [`sized::read`]; texts are readable.
unsafe fn options(options: *const ts_write_options) -> Result<WriteOptions> {
    // SAFETY: required of the caller.
    unsafe {
        let options = sized::read(options)?;
        let base_iri = options.base_iri.read("the base IRI")?;
        Ok(WriteOptions {
            format: format(options.format)?,
            graph: DumpOptions {
                prefixes: prefixes(options.prefixes)?,
                base_iri: (!base_iri.is_empty()).then(|| base_iri.to_owned()),
                ..DumpOptions::default()
            },
        })
    }
}

/// The media type of a ts_result_format; empty for TS_RESULT_FORMAT_DEFAULT and a number that is
/// none.
///
/// Owner: borrowed for ever.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_result_format_media_type(format: i32) -> ts_text {
    static TYPES: LazyLock<Vec<ZeroEnded>> = LazyLock::new(|| {
        FORMATS
            .map(|format| ZeroEnded::new(format.media_type()))
            .to_vec()
    });
    guard::value(ts_text::EMPTY, || {
        usize::try_from(format)
            .ok()
            .and_then(|number| TYPES.get(number.checked_sub(1)?))
            .map_or(ts_text::EMPTY, ZeroEnded::as_text)
    })
}

/// The ts_result_format of a name (an extension, a media type, whose parameters are ignored, or the
/// format's own name, in any case) for results of a ts_query_kind: "json" and "xml" are others for
/// graphs than for rows.
///
/// Owner: `format` is the caller's.
/// Threads: any.
/// Cost: none.
/// Errors: TS_STATUS_UNKNOWN_FORMAT, TS_STATUS_INVALID_UTF8; TS_STATUS_INVALID_ARGUMENT for a kind
/// that has no results.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_result_format_find(
    name: *const c_char,
    name_len: usize,
    kind: i32,
    format: *mut i32,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(format, 0, "format")?;
            let name = utf8(name, name_len, "the name of the format")?;
            let kind = result_kind(kind).ok_or_else(|| {
                invalid_argument(format!("{kind} is no ts_query_kind of results"))
            })?;
            let found = ResultFormat::from_name(name, kind)?;
            let number = FORMATS.iter().position(|&format| format == found);
            *out = number.map_or(0, |number| number as i32 + 1);
            Ok(ts_status::Ok)
        })
    }
}

/// The kind of result of a ts_query_kind.
fn result_kind(number: i32) -> Option<ResultKind> {
    let kinds = [
        ResultKind::Select,
        ResultKind::Ask,
        ResultKind::Construct,
        ResultKind::Match,
        ResultKind::Describe,
    ];
    let is_it = |kind: &ResultKind| ts_query_kind::from(*kind) as i32 == number;
    kinds.into_iter().find(is_it)
}

/// Writes the rows that ts_rows_next() has not given yet as a document, through a callback, in
/// pieces of about 64 KiB (256 KiB for graphs) while the query is worked; of ASK its answer. The
/// rows are then at their end.
///
/// After an error the callback has had the beginning of a document. In JSON, XML, RDF/XML and
/// JSON-LD no parser takes that for a whole; in the other formats it looks like a shorter result,
/// and this call's status is the only sign that it is not. Nothing is written to mark it. The rows
/// have ended then: later calls answer TS_STATUS_TRANSACTION_ENDED.
///
/// Owner: borrows rows and options (NULL: the defaults); user_data is only used during the call.
/// `written` (NULL if it is not wanted) is the caller's: how many rows or statements, 0 for ASK.
/// Threads: exclusive use of rows; the callback is called on the calling thread only.
/// Cost: the query's, and 10 to 20 nanoseconds a value. Memory for one batch.
/// Errors: those of ts_rows_next(); TS_STATUS_QUERY_INVALID_OPTION for a format of the other kind;
/// TS_STATUS_INVALID_INPUT for what the format cannot express; TS_STATUS_CALLBACK;
/// TS_STATUS_INVALID_ARGUMENT (also for a prefix or base that is not an IRI),
/// TS_STATUS_INVALID_UTF8.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_rows_write(
    rows: *mut ts_rows,
    options: *const ts_write_options,
    callback: ts_write_fn,
    user_data: *mut c_void,
    written: *mut u64,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let wanted = guard::wanted(written, 0);
            let mut out = Callback::new(callback, user_data)?;
            let options = self::options(options)?;
            let count = handle::exclusive(rows)?.write(&options, &mut out)?;
            if let Some(written) = wanted {
                *written = count;
            }
            Ok(ts_status::Ok)
        })
    }
}

/// ts_query() and ts_rows_write() in one call.
///
/// Owner: borrows store, the text, both options, and op, which may be NULL; the rest as
/// ts_rows_write().
/// Threads: any; the callback is called on the calling thread only.
/// Cost: that of these two.
/// Errors: those of these two.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_query_write(
    store: *const ts_store,
    sparql: *const c_char,
    sparql_len: usize,
    query_options: *const ts_query_options,
    write_options: *const ts_write_options,
    callback: ts_write_fn,
    user_data: *mut c_void,
    op: *const ts_op,
    written: *mut u64,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let wanted = guard::wanted(written, 0);
            let mut out = Callback::new(callback, user_data)?;
            let options = self::options(write_options)?;
            let mut rows = query::started(store, sparql, sparql_len, query_options, op)?;
            let count = rows.0.write(&options, &mut out)?;
            if let Some(written) = wanted {
                *written = count;
            }
            Ok(ts_status::Ok)
        })
    }
}
