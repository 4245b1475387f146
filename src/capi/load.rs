//! Section "Loading": documents from files and memory.

use super::callback::UserData;
use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::op::{Running, ts_op};
use super::sized::{self, Input, Sized32, fill};
use super::status::{invalid_argument, ts_status};
use super::store::ts_store;
use super::text::{self, ZeroEnded, bytes, ts_text};
use crate::database::{LoadOptions, LoadReport, graph_name};
use crate::error::{Code, Error, Result};
use crate::load::{ChunkEnd, ContextLoader, Format, OnCheckpoint, OnError, REPORT_KEPT};
use safer_ffi::derive_ReprC;
use safer_ffi::layout::{ReprC, from_raw};
use std::ffi::{c_char, c_void};
use std::sync::Arc;

/// A syntax of RDF documents, each with its forms of RDF 1.2. Documents may be compressed with
/// gzip, zstd or bzip2, which is recognised by itself.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_format {
    /// By the extension of the file: nt, nq, ttl, trig, rdf, owl, xml, jsonld, json; in front of
    /// gz, zst and bz2 as well.
    ByExtension = 0,
    Ntriples = 1,
    Nquads = 2,
    Turtle = 3,
    Trig = 4,
    RdfXml = 5,
    Jsonld = 6,
}

/// The format of a number; `None` is "by extension". Errors: `UnknownFormat`.
pub(super) fn format(number: i32) -> Result<Option<Format>> {
    // SAFETY: the layout of the enumeration is its number, and `from_raw` answers `None` for
    // numbers that are not variants.
    let known = unsafe { from_raw::<ts_format>(<ts_format as ReprC>::CLayout::from(number)) };
    Ok(match known {
        Some(ts_format::ByExtension) => None,
        Some(ts_format::Ntriples) => Some(Format::NTriples),
        Some(ts_format::Nquads) => Some(Format::NQuads),
        Some(ts_format::Turtle) => Some(Format::Turtle),
        Some(ts_format::Trig) => Some(Format::TriG),
        Some(ts_format::RdfXml) => Some(Format::RdfXml),
        Some(ts_format::Jsonld) => Some(Format::JsonLd),
        None => {
            return Err(Error::new(
                Code::UnknownFormat,
                format!("{number} is not a ts_format"),
            ));
        }
    })
}

/// Where a ts_context_fn puts the document it was asked for; lives during that call only.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_reply {
    _opaque: [u8; 0],
}

impl Handle for ts_reply {
    type State = Vec<u8>;
    const NAME: &'static str = "ts_reply";
    const TAG: [u8; 4] = *b"repl";
    const SURVIVES_FORK: bool = true;
}

/// Gives the JSON document at an IRI, for a JSON-LD `@context` that is not in the document itself:
/// writes it with ts_reply_write() and returns 0, or refuses it with another value. May be called
/// on a thread of the library.
pub type ts_context_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        iri: *const c_char,
        iri_len: usize,
        reply: *mut ts_reply,
    ) -> i32,
>;

/// A place in a document of N-Triples or N-Quads up to which everything is in the store.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_load_place {
    /// Number of the piece that ends here, from 0.
    pub sequence: u64,
    /// Bytes of (decompressed) text up to here.
    pub offset: u64,
    /// The line that begins here, from 1; 0 if there is no such place.
    pub line: u64,
}

impl From<Option<ChunkEnd>> for ts_load_place {
    fn from(end: Option<ChunkEnd>) -> Self {
        let end = end.unwrap_or_default();
        Self {
            sequence: end.sequence,
            offset: end.offset,
            line: end.line,
        }
    }
}

/// Told after each commit of a load with checkpoints. Returns 0, or another value to stop with
/// TS_STATUS_CALLBACK; what was committed stays. `place` lives during the call only. May be called
/// on a thread of the library.
pub type ts_checkpoint_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, place: *const ts_load_place) -> i32>;

/// How documents are loaded. Set struct_size to sizeof(ts_load_options) and the rest to zero
/// (`ts_load_options options = {.struct_size = sizeof options}`): strict, all or nothing, into the
/// graphs that the documents name.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ts_load_options {
    pub struct_size: u32,
    /// A ts_format.
    pub format: i32,
    /// The IRI of the graph for triples without one. Empty: the default graph.
    pub graph: ts_text,
    /// What relative IRIs are resolved against. Empty: they are errors.
    pub base_iri: ts_text,
    /// 1 skips the checks of IRIs, language tags and datatypes, for data known to be valid, such
    /// as a dump of a store.
    pub trusted: i32,
    /// 1 skips bad statements and reports them; 0 loads nothing if there is one.
    pub keep_going: i32,
    /// How many bad statements are reported in words. 0: 100.
    pub bad_described: u64,
    /// Gives remote JSON-LD contexts; NULL refuses documents that need one. It is called while the
    /// load lasts.
    pub contexts: ts_context_fn,
    pub contexts_user_data: *mut c_void,
    /// 1 commits every load_batch_statements statements (a setting) instead of all or nothing: a
    /// load that fails keeps what was committed.
    pub checkpoints: i32,
    /// Always 0.
    pub reserved: u32,
    /// Told of each of these commits, for N-Triples and N-Quads; NULL if that is not wanted. It is
    /// called while the load lasts.
    pub on_checkpoint: ts_checkpoint_fn,
    pub on_checkpoint_user_data: *mut c_void,
    /// Goes on behind a place that an earlier load of the same document of N-Triples or N-Quads
    /// was told of; zero begins at its start. Blank nodes are new ones: the same label before and
    /// behind the place is two nodes.
    pub resume_after: ts_load_place,
}

impl Sized32 for ts_load_options {
    const NAME: &'static str = "ts_load_options";
    const FIRST_SIZE: usize = size_of::<ts_load_options>();
}

// SAFETY: integers, texts, nullable functions and their data.
unsafe impl Input for ts_load_options {}

/// A callback of the caller for remote contexts.
struct Contexts {
    call: unsafe extern "C" fn(*mut c_void, *const c_char, usize, *mut ts_reply) -> i32,
    user_data: UserData,
}

impl Contexts {
    fn load(&self, iri: &str) -> Result<Vec<u8>> {
        let reply = handle::into_raw(Owned::<ts_reply>(Vec::new()));
        // SAFETY: the header requires the function to be callable while the load lasts.
        let refused = unsafe {
            (self.call)(
                self.user_data.pointer(),
                iri.as_ptr().cast(),
                iri.len(),
                reply,
            )
        };
        // SAFETY: made above; the callback may not keep it.
        let document = unsafe {
            let document = handle::exclusive(reply).map(|mut bytes| std::mem::take(&mut *bytes));
            handle::free(reply)?;
            document
        }?;
        match refused {
            0 => Ok(document),
            _ => Err(Error::new(
                Code::RemoteContext,
                format!("the context callback refused <{iri}>"),
            )),
        }
    }
}

/// A callback of the caller for checkpoints.
struct Checkpoints {
    call: unsafe extern "C" fn(*mut c_void, *const ts_load_place) -> i32,
    user_data: UserData,
}

impl Checkpoints {
    fn tell(&self, end: ChunkEnd) -> Result<()> {
        let place = ts_load_place::from(Some(end));
        // SAFETY: the header requires the function to be callable while the load lasts.
        match unsafe { (self.call)(self.user_data.pointer(), &place) } {
            0 => Ok(()),
            _ => Err(Error::new(
                Code::Callback,
                "the checkpoint callback asked to stop",
            )),
        }
    }
}

/// The options of a load. Errors: those of [`sized::read`]; `UnknownFormat`, `InvalidUtf8`,
/// `InvalidIri`.
///
/// # Safety
/// As for [`sized::read`]; texts are readable.
pub(super) unsafe fn load_options(options: *const ts_load_options) -> Result<LoadOptions> {
    // SAFETY: required of the caller.
    unsafe {
        let options = sized::read(options)?;
        let graph = options.graph.read("the graph")?;
        let base_iri = options.base_iri.read("the base IRI")?;
        Ok(LoadOptions {
            format: format(options.format)?,
            graph: match graph {
                "" => None,
                iri => Some(graph_name(iri)?),
            },
            base_iri: (!base_iri.is_empty()).then(|| base_iri.to_owned()),
            trusted: options.trusted != 0,
            on_error: match options.keep_going {
                0 => OnError::Stop,
                _ => OnError::KeepGoing {
                    keep: match usize::try_from(options.bad_described) {
                        Ok(0) => REPORT_KEPT,
                        Ok(kept) => kept,
                        Err(_) => usize::MAX,
                    },
                },
            },
            contexts: options.contexts.map(|call| -> ContextLoader {
                let contexts = Contexts {
                    call,
                    user_data: UserData::new(options.contexts_user_data, None),
                };
                Arc::new(move |iri| contexts.load(iri))
            }),
            checkpoint: options.checkpoints != 0,
            on_checkpoint: options.on_checkpoint.map(|call| -> OnCheckpoint {
                let checkpoints = Checkpoints {
                    call,
                    user_data: UserData::new(options.on_checkpoint_user_data, None),
                };
                Arc::new(move |end| checkpoints.tell(end))
            }),
            resume_after: (options.resume_after.line != 0).then_some(ChunkEnd {
                sequence: options.resume_after.sequence,
                offset: options.resume_after.offset,
                line: options.resume_after.line,
            }),
        })
    }
}

/// What a load did.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_load_report {
    _opaque: [u8; 0],
}

pub(super) struct Loaded {
    report: LoadReport,
    /// File and reason of each bad statement.
    texts: Vec<(ZeroEnded, ZeroEnded)>,
}

impl Handle for ts_load_report {
    type State = Loaded;
    const NAME: &'static str = "ts_load_report";
    const TAG: [u8; 4] = *b"lrep";
    const SURVIVES_FORK: bool = true;
}

impl From<LoadReport> for Owned<ts_load_report> {
    fn from(report: LoadReport) -> Self {
        let texts = report.bad.first.iter().map(|bad| {
            let file = bad.position.file.as_deref().unwrap_or("");
            (ZeroEnded::new(file), ZeroEnded::new(&bad.reason))
        });
        Owned(Loaded {
            texts: texts.collect(),
            report,
        })
    }
}

/// The numbers of a load. Set struct_size to sizeof(ts_load_counts) before the call.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_load_counts {
    pub struct_size: u32,
    /// 1 if a document was not read to its end because of an error that its parser cannot go on
    /// after (keep_going only).
    pub abandoned: i32,
    /// Statements read; a repeated one counts each time.
    pub statements: u64,
    /// Quads that were not there before.
    pub inserted: u64,
    /// The number of the commit, 0 if nothing changed.
    pub seq: u64,
    /// Bad statements that were skipped.
    pub bad: u64,
    /// The first of them, which ts_load_report_bad() describes.
    pub bad_described: u64,
    /// The last place that a load with checkpoints came to; its line is 0 if there is none.
    pub checkpoint: ts_load_place,
}

impl Sized32 for ts_load_counts {
    const NAME: &'static str = "ts_load_counts";
    const FIRST_SIZE: usize = size_of::<ts_load_counts>();
}

/// A statement that a load skipped. Set struct_size to sizeof(ts_bad_statement) before the call;
/// the texts live as long as the report.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_bad_statement {
    pub struct_size: u32,
    /// The ts_status it would have ended a load with.
    pub status: i32,
    /// Where it is, as in ts_position; zero where it is not known.
    pub offset: u64,
    pub line: u64,
    pub column: u64,
    /// Empty if the document is not a file.
    pub file: ts_text,
    pub reason: ts_text,
}

impl Sized32 for ts_bad_statement {
    const NAME: &'static str = "ts_bad_statement";
    const FIRST_SIZE: usize = size_of::<ts_bad_statement>();
}

/// Hands out the report of a load, if the caller wants it.
///
/// # Safety
/// As for [`guard::status`]; `report` is NULL or writable.
pub(super) unsafe fn reported(
    report: *mut *mut ts_load_report,
    err: *mut *mut ts_error,
    load: impl FnOnce() -> Result<LoadReport>,
) -> ts_status {
    // SAFETY: required of the caller.
    unsafe {
        guard::status(err, || {
            let wanted = guard::wanted(report, std::ptr::null_mut());
            let loaded = load()?;
            if let Some(report) = wanted {
                *report = handle::into_raw::<ts_load_report>(loaded.into());
            }
            Ok(ts_status::Ok)
        })
    }
}

/// Loads files: one path, or several with a zero byte between them ("a.ttl\0b.nt"), several at a
/// time in one transaction. Without checkpoints readers see all of it or nothing.
///
/// Owner: borrows store, options (NULL: the defaults) and op, which may be NULL; paths are read
/// during the call only. The report (NULL if it is not wanted) is the caller's, until
/// ts_load_report_free().
/// Threads: any; others read and write meanwhile, writers wait while it commits.
/// Cost: seconds for a million statements; memory within the budget of the store.
/// Errors: TS_STATUS_DATA_PARSE, TS_STATUS_INVALID_IRI, TS_STATUS_INVALID_UTF8,
/// TS_STATUS_NESTING_TOO_DEEP, TS_STATUS_TERM_TOO_LARGE, TS_STATUS_TRUNCATED_INPUT,
/// TS_STATUS_REMOTE_CONTEXT (with file, line and column); TS_STATUS_INVALID_PATH,
/// TS_STATUS_FILE_NOT_FOUND, TS_STATUS_FILE_TOO_LARGE, TS_STATUS_UNKNOWN_FORMAT; TS_STATUS_BUSY,
/// TS_STATUS_READ_ONLY, TS_STATUS_REOPEN_REQUIRED, TS_STATUS_COMMIT_IN_DOUBT, TS_STATUS_IO,
/// TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK, TS_STATUS_CLOSED,
/// TS_STATUS_FORKED. After an error nothing was loaded, except up to a checkpoint, and see
/// TS_STATUS_COMMIT_IN_DOUBT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_load(
    store: *const ts_store,
    paths: *const c_char,
    paths_len: usize,
    options: *const ts_load_options,
    op: *const ts_op,
    report: *mut *mut ts_load_report,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        reported(report, err, || {
            let database = handle::shared(store)?;
            let paths = text::paths(paths, paths_len)?;
            if paths.is_empty() {
                return Err(invalid_argument("there is no path"));
            }
            let options = load_options(options)?;
            Running::run(op, |control| database.load_files(&paths, &options, control))
        })
    }
}

/// Loads a document from memory. The options must name its format.
///
/// Owner: as ts_load(); data is read during the call only.
/// Threads: as ts_load().
/// Cost: as ts_load().
/// Errors: as ts_load().
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_load_memory(
    store: *const ts_store,
    data: *const c_char,
    data_len: usize,
    options: *const ts_load_options,
    op: *const ts_op,
    report: *mut *mut ts_load_report,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        reported(report, err, || {
            let database = handle::shared(store)?;
            let data = bytes(data, data_len, "the document")?;
            let options = load_options(options)?;
            Running::run(op, |control| database.load_bytes(data, &options, control))
        })
    }
}

/// Adds bytes to the document that a ts_context_fn gives.
///
/// Owner: borrows reply; data is copied.
/// Threads: that of the callback, during its call.
/// Cost: a copy.
/// Errors: TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_reply_write(
    reply: *mut ts_reply,
    data: *const c_char,
    data_len: usize,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let mut reply = handle::exclusive(reply)?;
            reply.extend_from_slice(bytes(data, data_len, "the data")?);
            Ok(ts_status::Ok)
        })
    }
}

/// The numbers of a load.
///
/// Owner: borrows the report; `counts` is the caller's.
/// Threads: any.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_load_report_counts(
    report: *const ts_load_report,
    counts: *mut ts_load_counts,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let Loaded { report, texts } = handle::shared(report)?;
            let value = ts_load_counts {
                struct_size: 0,
                abandoned: i32::from(report.bad.abandoned),
                statements: report.statements,
                inserted: report.inserted,
                seq: report.seq,
                bad: report.bad.total,
                bad_described: texts.len() as u64,
                checkpoint: report.checkpoint.into(),
            };
            fill(counts, value)?;
            Ok(ts_status::Ok)
        })
    }
}

/// The bad statement at an index from 0, in the order of the documents.
///
/// Owner: `bad` is the caller's, its texts are borrowed from the report.
/// Threads: any.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_ARGUMENT, also for an index behind the last that is described.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_load_report_bad(
    report: *const ts_load_report,
    index: usize,
    bad: *mut ts_bad_statement,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let Loaded { report, texts } = handle::shared(report)?;
            let (Some(found), Some((file, reason))) =
                (report.bad.first.get(index), texts.get(index))
            else {
                return Err(invalid_argument(format!(
                    "there are {} bad statements described, {index} is behind the last",
                    texts.len()
                )));
            };
            let value = ts_bad_statement {
                struct_size: 0,
                status: found.code.number(),
                offset: found.position.offset,
                line: found.position.line,
                column: found.position.column,
                file: file.as_text(),
                reason: reason.as_text(),
            };
            fill(bad, value)?;
            Ok(ts_status::Ok)
        })
    }
}

/// Frees a report; NULL is ignored.
///
/// Owner: takes the report.
/// Threads: any, once.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_load_report_free(report: *mut ts_load_report) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(report) }
}
