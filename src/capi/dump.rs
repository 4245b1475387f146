//! Section "Dumping": quads as a document.

use super::error::ts_error;
use super::guard;
use super::handle;
use super::load::format;
use super::op::{Running, ts_op};
use super::pattern::{pattern, ts_pattern};
use super::sized::{self, Input, Sized32};
use super::status::{invalid_argument, ts_status};
use super::store::ts_store;
use super::text::{self, items, ts_text};
use crate::database::DumpTarget;
use crate::error::{Code, Error, Result};
use crate::load::{DumpOptions, Format, NamedGraphs};
use safer_ffi::derive_ReprC;
use std::ffi::{c_char, c_void};
use std::io::{self, Write};

/// Takes the next bytes of a document. Returns 0, or another value to stop with
/// TS_STATUS_CALLBACK.
pub type ts_write_fn = Option<
    unsafe extern "C" fn(user_data: *mut c_void, data: *const c_char, data_len: usize) -> i32,
>;

/// What a format without named graphs does with a quad of one.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_named_graphs {
    /// The dump fails with TS_STATUS_INVALID_INPUT, so that nothing is lost without notice.
    Refuse = 0,
    /// The quad is left out.
    Skip = 1,
}

/// How a dump is written. Set struct_size to sizeof(ts_dump_options) and the rest to zero
/// (`ts_dump_options options = {.struct_size = sizeof options}`).
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_dump_options {
    pub struct_size: u32,
    /// A ts_format.
    pub format: i32,
    /// What IRIs are written relative to, in Turtle, TriG and JSON-LD. Empty: all are absolute.
    pub base_iri: ts_text,
    /// Prefix names and IRIs in turns, with a zero byte between them
    /// ("ex\0http://example.org/\0foaf\0http://xmlns.com/foaf/0.1/"), for Turtle, TriG and RDF/XML.
    pub prefixes: ts_text,
    /// A ts_named_graphs.
    pub named_graphs: i32,
    /// 1: ts_dump_file() replaces a file that exists; 0: it refuses to.
    pub overwrite: i32,
}

impl Sized32 for ts_dump_options {
    const NAME: &'static str = "ts_dump_options";
    const FIRST_SIZE: usize = size_of::<ts_dump_options>();
}

// SAFETY: integers and texts.
unsafe impl Input for ts_dump_options {}

/// A callback of the caller as a writer.
pub(super) struct Callback {
    call: unsafe extern "C" fn(*mut c_void, *const c_char, usize) -> i32,
    user_data: *mut c_void,
}

impl Callback {
    /// Errors: `InvalidArgument` for NULL.
    pub(super) fn new(callback: ts_write_fn, user_data: *mut c_void) -> Result<Self> {
        let call = callback.ok_or_else(|| invalid_argument("the callback is NULL"))?;
        Ok(Self { call, user_data })
    }
}

impl Write for Callback {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        // SAFETY: the header requires the function to be callable during the call.
        match unsafe { (self.call)(self.user_data, data.as_ptr().cast(), data.len()) } {
            0 => Ok(data.len()),
            _ => Err(io::Error::other(Error::new(
                Code::Callback,
                "the write callback asked to stop",
            ))),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Prefix names and IRIs. Errors: `InvalidUtf8`, `InvalidArgument` for a name without an IRI.
///
/// # Safety
/// As for [`ts_text::read`].
pub(super) unsafe fn prefixes(list: ts_text) -> Result<Vec<(String, String)>> {
    // SAFETY: required of the caller.
    let list = unsafe { list.read("the list of prefixes") }?;
    // The whole is UTF-8, so the items are.
    let texts: Vec<String> = items(list.as_bytes())
        .map(|item| String::from_utf8_lossy(item).into_owned())
        .collect();
    let (pairs, rest) = texts.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(invalid_argument(
            "the list of prefixes has a name without an IRI",
        ));
    }
    Ok(pairs
        .iter()
        .map(|[name, iri]| (name.clone(), iri.clone()))
        .collect())
}

/// Options as the facade has them.
struct Options {
    format: Option<Format>,
    overwrite: bool,
    dump: DumpOptions,
}

/// The options of a dump. Errors: those of [`sized::read`]; `UnknownFormat`, `InvalidUtf8`.
///
/// # Safety
/// As for [`sized::read`]; texts are readable.
unsafe fn options(options: *const ts_dump_options) -> Result<Options> {
    // SAFETY: required of the caller.
    unsafe {
        let options = sized::read(options)?;
        let base_iri = options.base_iri.read("the base IRI")?;
        const REFUSE: i32 = ts_named_graphs::Refuse as i32;
        const SKIP: i32 = ts_named_graphs::Skip as i32;
        Ok(Options {
            format: format(options.format)?,
            overwrite: options.overwrite != 0,
            dump: DumpOptions {
                prefixes: prefixes(options.prefixes)?,
                base_iri: (!base_iri.is_empty()).then(|| base_iri.to_owned()),
                named_graphs: match options.named_graphs {
                    REFUSE => NamedGraphs::Refuse,
                    SKIP => NamedGraphs::Skip,
                    number => {
                        return Err(invalid_argument(format!(
                            "{number} is not a ts_named_graphs"
                        )));
                    }
                },
            },
        })
    }
}

/// Writes the quads of the newest commit that match a pattern (NULL: all) as a document, through a
/// callback, in pieces of up to 256 KiB. The options must name the format.
///
/// Owner: borrows store, pattern, options and op, which may be NULL; user_data is only used during
/// the call. `statements` (NULL if it is not wanted) is the caller's: how many were written.
/// Threads: any; the callback is called on the calling thread only. Others write meanwhile.
/// Cost: reads what matches once; about a second for a million statements.
/// Errors: TS_STATUS_INVALID_INPUT for what the format cannot express (named graphs, triple terms),
/// TS_STATUS_INVALID_ARGUMENT (also for a prefix or base that is not an IRI),
/// TS_STATUS_UNKNOWN_FORMAT, TS_STATUS_CALLBACK, TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT,
/// TS_STATUS_CORRUPT_BLOCK, TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED. After an error the
/// callback has had a part of the document.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_dump(
    store: *const ts_store,
    pattern: *const ts_pattern,
    options: *const ts_dump_options,
    callback: ts_write_fn,
    user_data: *mut c_void,
    op: *const ts_op,
    statements: *mut u64,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let wanted = guard::wanted(statements, 0);
            let out = Callback::new(callback, user_data)?;
            let database = handle::shared(store)?;
            let pattern = self::pattern(pattern)?;
            let options = self::options(options)?;
            let format = options
                .format
                .ok_or_else(|| invalid_argument("a dump to a callback needs a format"))?;
            let written = Running::run(op, |control| {
                database.dump(&pattern, format, &options.dump, out, control)
            })?;
            if let Some(statements) = wanted {
                *statements = written;
            }
            Ok(ts_status::Ok)
        })
    }
}

/// As ts_dump(), to a file, which is synced at the end.
///
/// Owner: as ts_dump(); path is read during the call only.
/// Threads: any.
/// Cost: as ts_dump().
/// Errors: as ts_dump(); TS_STATUS_INVALID_ARGUMENT if the file exists, TS_STATUS_FILE_NOT_FOUND if
/// its directory does not, TS_STATUS_INVALID_PATH. After an error the file is incomplete.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_dump_file(
    store: *const ts_store,
    pattern: *const ts_pattern,
    path: *const c_char,
    path_len: usize,
    options: *const ts_dump_options,
    op: *const ts_op,
    statements: *mut u64,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let wanted = guard::wanted(statements, 0);
            let database = handle::shared(store)?;
            let pattern = self::pattern(pattern)?;
            let path = text::path(path, path_len)?;
            let options = self::options(options)?;
            let target = DumpTarget {
                path,
                format: options.format,
                overwrite: options.overwrite,
            };
            let written = Running::run(op, |control| {
                database.dump_file(&pattern, target, &options.dump, control)
            })?;
            if let Some(statements) = wanted {
                *statements = written;
            }
            Ok(ts_status::Ok)
        })
    }
}
