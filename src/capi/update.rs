//! Section "Updates": SPARQL Update.

use super::callback::UserData;
use super::error::ts_error;
use super::guard;
use super::handle::{self, Owned};
use super::load::{format, ts_reply};
use super::op::{Running, ts_op};
use super::pattern::view;
use super::query::default_graph;
use super::sized::{self, Input, Sized32, check_wanted, fill_wanted};
use super::status::ts_status;
use super::store::ts_store;
use super::text::{ts_text, utf8};
use super::txn::{ts_committed, ts_txn};
use crate::database::UpdateOptions;
use crate::error::{Code, Error, Result};
use crate::query::{Document, DocumentSource};
use safer_ffi::derive_ReprC;
use std::ffi::{c_char, c_void};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Gives the document at an IRI that LOAD names: writes it with ts_reply_write(), sets `format` to a
/// ts_format if the extension at the end of the IRI does not tell, and returns 0; or refuses it with
/// another value, which fails the LOAD unless it is SILENT. It must not use the store or the
/// transaction.
pub type ts_document_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        iri: *const c_char,
        iri_len: usize,
        reply: *mut ts_reply,
        format: *mut i32,
    ) -> i32,
>;

/// How an update is run. Set struct_size to sizeof(ts_update_options) and the rest to zero
/// (`ts_update_options options = {.struct_size = sizeof options}`): LOAD may then read nothing.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ts_update_options {
    pub struct_size: u32,
    /// A ts_default_graph: what patterns without WITH and USING read.
    pub default_graph: i32,
    /// A ts_view: what patterns read. Data is deleted and inserted as asserted in any case.
    pub view: i32,
    /// 1 allows LOAD to read files, named by file: IRIs, below path_root if that is configured.
    pub load_files: i32,
    /// Milliseconds from the start of running; 0: the limit of the configuration
    /// (update_timeout_ms). The earlier one of this, the configuration's and that of the ts_op
    /// counts.
    pub timeout_ms: u64,
    /// What relative IRIs in the text are resolved against. Empty: they are errors.
    pub base_iri: ts_text,
    /// A directory that files of LOAD must lie under. Empty: any, within path_root.
    pub load_root: ts_text,
    /// The ts_format of documents that LOAD reads.
    pub load_format: i32,
    /// Always 0.
    pub reserved: u32,
    /// Gives the documents of LOAD that are not read as files; NULL refuses them. It is called
    /// while the update lasts.
    pub load_documents: ts_document_fn,
    pub load_documents_user_data: *mut c_void,
}

impl Sized32 for ts_update_options {
    const NAME: &'static str = "ts_update_options";
    const FIRST_SIZE: usize = size_of::<ts_update_options>();
}

// SAFETY: integers, texts, a nullable function and its data.
unsafe impl Input for ts_update_options {}

/// A callback of the caller for documents.
struct Documents {
    call: unsafe extern "C" fn(*mut c_void, *const c_char, usize, *mut ts_reply, *mut i32) -> i32,
    user_data: UserData,
}

impl Documents {
    fn fetch(&self, iri: &str) -> Result<Document> {
        let reply = handle::into_raw(Owned::<ts_reply>(Vec::new()));
        let mut number = 0;
        // SAFETY: the header requires the function to be callable while the update lasts.
        let refused = unsafe {
            (self.call)(
                self.user_data.pointer(),
                iri.as_ptr().cast(),
                iri.len(),
                reply,
                &mut number,
            )
        };
        // SAFETY: made above; the callback may not keep it.
        let bytes = unsafe {
            let bytes = handle::exclusive(reply).map(|mut bytes| std::mem::take(&mut *bytes));
            handle::free(reply)?;
            bytes
        }?;
        match refused {
            0 => Ok(Document {
                bytes,
                format: format(number)?,
            }),
            _ => Err(Error::new(
                Code::FileNotFound,
                format!("the document callback refused <{iri}>"),
            )),
        }
    }
}

/// The options of an update. Errors: those of [`sized::read`]; `InvalidUtf8`, `UnknownFormat`.
///
/// # Safety
/// As for [`sized::read`]; texts are readable.
unsafe fn update_options(options: *const ts_update_options) -> Result<UpdateOptions> {
    // SAFETY: required of the caller.
    unsafe {
        let options = sized::read(options)?;
        let base_iri = options.base_iri.read("the base IRI")?;
        let load_root = options.load_root.read("the root of LOAD")?;
        Ok(UpdateOptions {
            base_iri: (!base_iri.is_empty()).then(|| base_iri.to_owned()),
            default_graph: default_graph(options.default_graph)?,
            view: view(options.view)?,
            timeout: (options.timeout_ms != 0).then(|| Duration::from_millis(options.timeout_ms)),
            load_files: options.load_files != 0,
            load_root: (!load_root.is_empty()).then(|| PathBuf::from(load_root)),
            load_format: format(options.load_format)?,
            load_documents: options.load_documents.map(|call| -> DocumentSource {
                let documents = Documents {
                    call,
                    user_data: UserData::new(options.load_documents_user_data, None),
                };
                Arc::new(move |iri| documents.fetch(iri))
            }),
        })
    }
}

/// Runs an update request of any number of operations as one transaction: all of them, each seeing
/// those before it, or none. Waits for the writer before (write_wait_ms).
///
/// Owner: borrows store and op, which may be NULL; the text is read and options (NULL: the
/// defaults) copied during the call. `committed` (NULL if it is not wanted) is the caller's; its
/// counts are net over the request.
/// Threads: any; others read meanwhile, writers wait.
/// Cost: that of the patterns, a microsecond or two for each quad, an fsync with durability sync.
/// Memory is bounded: changes that outgrow it go to disk.
/// Errors: TS_STATUS_QUERY_PARSE (with line, column and a hint), TS_STATUS_QUERY_UNSUPPORTED,
/// TS_STATUS_QUERY_LIMIT, TS_STATUS_NESTING_TOO_DEEP, TS_STATUS_INVALID_IRI,
/// TS_STATUS_INVALID_UTF8; TS_STATUS_INVALID_INPUT for CREATE of a graph that exists,
/// TS_STATUS_TERM_TOO_LARGE; for LOAD TS_STATUS_QUERY_INVALID_OPTION if it is not allowed, and those
/// of ts_load(); TS_STATUS_BUSY, TS_STATUS_READ_ONLY, TS_STATUS_REOPEN_REQUIRED,
/// TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK, TS_STATUS_CORRUPT_BLOCK,
/// TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED; nothing has changed then, but see
/// TS_STATUS_COMMIT_IN_DOUBT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_update(
    store: *const ts_store,
    sparql: *const c_char,
    sparql_len: usize,
    options: *const ts_update_options,
    op: *const ts_op,
    committed: *mut ts_committed,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            check_wanted(committed)?;
            let database = handle::shared(store)?;
            // A closed store says so before the text is looked at.
            database.snapshot()?;
            let options = update_options(options)?;
            let text = utf8(sparql, sparql_len, "the update")?;
            let update = options.prepare(text, database.parse_options())?;
            let done = Running::run(op, |control| {
                database.run_update(&update, &options, control)
            })?;
            fill_wanted(committed, done.into())?;
            Ok(ts_status::Ok)
        })
    }
}

/// Runs an update request within a write transaction: all of its operations or, after an error,
/// none, and the transaction goes on. Later calls of the transaction see what it did; others do once
/// it is committed. Rows that were opened before go on as they were.
///
/// Owner: borrows txn; the text is read and options (NULL: the defaults) copied during the call. op
/// serves this call; NULL: the one of the transaction does. `inserted` and `deleted` (NULL if they
/// are not wanted) are net over the request.
/// Threads: exclusive use of txn.
/// Cost: as ts_update(), without the commit.
/// Errors: those of ts_update() but TS_STATUS_BUSY and TS_STATUS_COMMIT_IN_DOUBT;
/// TS_STATUS_READ_ONLY in a read transaction, TS_STATUS_TRANSACTION_ENDED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_txn_update(
    txn: *mut ts_txn,
    sparql: *const c_char,
    sparql_len: usize,
    options: *const ts_update_options,
    op: *const ts_op,
    inserted: *mut u64,
    deleted: *mut u64,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let inserted = guard::wanted(inserted, 0);
            let deleted = guard::wanted(deleted, 0);
            let mut txn = handle::exclusive(txn)?;
            let options = update_options(options)?;
            let text = utf8(sparql, sparql_len, "the update")?;
            let running = match op.is_null() {
                true => None,
                false => Some(Running::start(op)?),
            };
            let changed = txn.write(|transaction| {
                let update = options.prepare(text, transaction.parse_options())?;
                let control = match &running {
                    Some(running) => running.control().clone(),
                    None => transaction.control().clone(),
                };
                let changed = transaction.run_update(&update, &options, &control);
                match &running {
                    Some(running) => running.explain(changed),
                    None => changed,
                }
            })?;
            if let Some(inserted) = inserted {
                *inserted = changed.inserted;
            }
            if let Some(deleted) = deleted {
                *deleted = changed.deleted;
            }
            Ok(ts_status::Ok)
        })
    }
}
