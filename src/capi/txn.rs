//! Section "Transactions, and writing without SPARQL": write transactions and quads.

use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::op::{Running, ts_op};
use super::sized::{Sized32, check_wanted, fill_wanted};
use super::status::ts_status;
use super::store::ts_store;
use super::terms::{TS_UNBOUND, ts_terms};
use super::text::{bytes, quads, ts_text};
use crate::database::{Database, Snapshot, TermList, WriteTxn};
use crate::error::{Code, Error, Result};
use crate::store::Committed;
use oxrdf::Quad;
use safer_ffi::derive_ReprC;
use std::ffi::c_char;

/// A transaction. A write transaction, of which there is one at a time in a store, sees its own
/// changes; others see nothing of it before it is committed. A read transaction sees one commit.
///
/// Rules. Writers take turns from ts_txn_begin() to the end, in order of arrival: they are
/// serialisable and never conflict. One that waits longer than write_wait_ms answers
/// TS_STATUS_BUSY; waiting can be cancelled. A write transaction that is left idle for
/// write_idle_ms is rolled back. Readers never wait and never hold writers up. There is no upgrade
/// from reading to writing: begin a write transaction, and read in it.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_txn {
    _opaque: [u8; 0],
}

/// The transaction goes first: it ends what the operation is about.
pub(super) struct State {
    transaction: Kind,
    /// That of a write transaction.
    running: Option<Running>,
    database: Database,
}

enum Kind {
    Read(Snapshot),
    Write(Box<WriteTxn>),
    Ended,
}

impl Handle for ts_txn {
    type State = State;
    const NAME: &'static str = "ts_txn";
    const TAG: [u8; 4] = *b"txn ";
    const SURVIVES_FORK: bool = false;
}

impl State {
    pub(super) fn reading(database: Database, snapshot: Snapshot) -> Self {
        Self {
            transaction: Kind::Read(snapshot),
            running: None,
            database,
        }
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// Works on a write transaction that has not ended. A panic ends it: it is not put back.
    /// Errors: `ReadOnly`, `TransactionEnded`, those of the work.
    pub(super) fn write<T>(&mut self, work: impl FnOnce(&mut WriteTxn) -> Result<T>) -> Result<T> {
        match std::mem::replace(&mut self.transaction, Kind::Ended) {
            Kind::Write(mut transaction) => {
                let result = transaction
                    .control()
                    .poll()
                    .and_then(|()| work(&mut transaction));
                self.transaction = Kind::Write(transaction);
                self.explain(result)
            }
            reading @ Kind::Read(_) => {
                self.transaction = reading;
                Err(
                    Error::new(Code::ReadOnly, "the transaction was begun for reading")
                        .with_hint("begin one with ts_txn_begin()"),
                )
            }
            Kind::Ended => Err(ended()),
        }
    }

    /// What the transaction sees now. Errors: as [`WriteTxn::snapshot`].
    pub(super) fn snapshot(&mut self) -> Result<Snapshot> {
        match &self.transaction {
            Kind::Read(snapshot) => Ok(snapshot.clone()),
            Kind::Write(_) => self.write(|transaction| transaction.snapshot()),
            Kind::Ended => Err(ended()),
        }
    }

    /// Ends the transaction. Errors: `TransactionEnded`, those of [`WriteTxn::commit`].
    fn commit(&mut self) -> Result<Committed> {
        match std::mem::replace(&mut self.transaction, Kind::Ended) {
            Kind::Write(transaction) => {
                let committed = transaction.commit();
                self.explain(committed)
            }
            Kind::Read(snapshot) => Ok(Committed {
                seq: snapshot.seq(),
                ..Committed::default()
            }),
            Kind::Ended => Err(ended()),
        }
    }

    fn explain<T>(&self, result: Result<T>) -> Result<T> {
        match &self.running {
            Some(running) => running.explain(result),
            None => result,
        }
    }
}

#[cold]
fn ended() -> Error {
    Error::new(
        Code::TransactionEnded,
        "the transaction was committed or rolled back",
    )
}

/// What a commit did. Set struct_size to sizeof(ts_committed) before the call.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_committed {
    pub struct_size: u32,
    /// Always 0.
    pub reserved: u32,
    /// The number of the commit; that of the one before if nothing changed.
    pub seq: u64,
    /// Quads that were not there before.
    pub inserted: u64,
    /// Quads that were there.
    pub deleted: u64,
}

impl Sized32 for ts_committed {
    const NAME: &'static str = "ts_committed";
    const FIRST_SIZE: usize = size_of::<ts_committed>();
}

impl From<Committed> for ts_committed {
    fn from(committed: Committed) -> Self {
        Self {
            struct_size: 0,
            reserved: 0,
            seq: committed.seq,
            inserted: committed.inserted,
            deleted: committed.deleted,
        }
    }
}

/// A call within a transaction.
///
/// # Safety
/// As for [`guard::status`] and a handle in the header.
unsafe fn within(
    txn: *mut ts_txn,
    err: *mut *mut ts_error,
    work: impl FnOnce(&mut WriteTxn) -> Result<()>,
) -> ts_status {
    // SAFETY: required of the caller.
    unsafe {
        guard::status(err, || {
            handle::exclusive(txn)?.write(work)?;
            Ok(ts_status::Ok)
        })
    }
}

/// A whole transaction in one call.
///
/// # Safety
/// As for [`guard::status`] and the arguments in the header.
unsafe fn whole(
    store: *const ts_store,
    op: *const ts_op,
    committed: *mut ts_committed,
    err: *mut *mut ts_error,
    work: impl FnOnce(&mut WriteTxn) -> Result<()>,
) -> ts_status {
    // SAFETY: required of the caller.
    unsafe {
        guard::status(err, || {
            check_wanted(committed)?;
            let database = handle::shared(store)?;
            let done = Running::run(op, |control| {
                let mut transaction = database.begin(control)?;
                work(&mut transaction)?;
                transaction.commit()
            })?;
            fill_wanted(committed, done.into())?;
            Ok(ts_status::Ok)
        })
    }
}

/// The quads of a list of terms.
fn listed<'q>(
    list: &'q TermList,
    quads: &'q [[u32; 4]],
) -> impl Iterator<Item = Result<Quad>> + 'q {
    quads.iter().map(|&quad| list.quad(quad))
}

/// Begins a write transaction, waiting for the one before (write_wait_ms). One that is not used for
/// write_idle_ms is rolled back: its next call answers TS_STATUS_TRANSACTION_ENDED.
///
/// Owner: borrows store; op (may be NULL) serves the whole transaction. The transaction is the
/// caller's, until ts_txn_free().
/// Threads: any.
/// Cost: waiting.
/// Errors: TS_STATUS_BUSY, TS_STATUS_READ_ONLY, TS_STATUS_REOPEN_REQUIRED, TS_STATUS_CANCELLED,
/// TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK, TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_txn_begin(
    store: *const ts_store,
    op: *const ts_op,
    txn: *mut *mut ts_txn,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(txn, std::ptr::null_mut(), "txn")?;
            let database = handle::shared(store)?;
            let running = Running::start(op)?;
            let transaction = running.explain(database.begin(running.control()))?;
            *out = handle::into_raw(Owned::<ts_txn>(State {
                transaction: Kind::Write(Box::new(transaction)),
                running: Some(running),
                database: database.clone(),
            }));
            Ok(ts_status::Ok)
        })
    }
}

/// Inserts the quads of a buffer of N-Quads, all or none. The buffer is a document: its blank node
/// labels are new nodes.
///
/// Owner: borrows txn; text is read during the call only.
/// Threads: exclusive use of txn.
/// Cost: a microsecond for each quad; memory in the budget of the store.
/// Errors: TS_STATUS_DATA_PARSE, TS_STATUS_INVALID_IRI, TS_STATUS_INVALID_UTF8,
/// TS_STATUS_NESTING_TOO_DEEP, TS_STATUS_TERM_TOO_LARGE (with line and column), after which the
/// transaction goes on without the buffer; TS_STATUS_TRANSACTION_ENDED, TS_STATUS_CANCELLED,
/// TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK, TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_txn_insert_nquads(
    txn: *mut ts_txn,
    text: *const c_char,
    text_len: usize,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        within(txn, err, |transaction| {
            transaction.insert_nquads(bytes(text, text_len, "the text")?)?;
            Ok(())
        })
    }
}

/// Deletes the quads of a buffer of N-Quads, all or none. Those that are not there are ignored. Text
/// addresses no stored blank node, so a label is an error; ts_txn_delete() can delete such quads.
///
/// Owner: borrows txn; text is read during the call only.
/// Threads: exclusive use of txn.
/// Cost: as ts_txn_insert_nquads().
/// Errors: as ts_txn_insert_nquads(); TS_STATUS_INVALID_INPUT for a blank node, with its place.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_txn_delete_nquads(
    txn: *mut ts_txn,
    text: *const c_char,
    text_len: usize,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        within(txn, err, |transaction| {
            transaction.delete_nquads(bytes(text, text_len, "the text")?)?;
            Ok(())
        })
    }
}

/// Inserts quads of terms, all or none: quad_count times four indexes into terms, for subject,
/// predicate, object and graph; TS_UNBOUND as the graph is the default graph.
///
/// Owner: borrows txn and terms; quads is read during the call only.
/// Threads: exclusive use of txn.
/// Cost: microseconds for each quad.
/// Errors: TS_STATUS_INVALID_ARGUMENT for an index that is not in the list, TS_STATUS_INVALID_INPUT
/// for a term that cannot stand where it does and for a blank node whose label the store has not
/// printed, TS_STATUS_TERM_TOO_LARGE, after which the transaction goes on without these quads;
/// TS_STATUS_TRANSACTION_ENDED, TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK,
/// TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_txn_insert(
    txn: *mut ts_txn,
    terms: *const ts_terms,
    quads: *const u32,
    quad_count: usize,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        within(txn, err, |transaction| {
            let list = &handle::shared(terms)?.list;
            transaction.insert_all(listed(list, self::quads(quads, quad_count)?))
        })
    }
}

/// Deletes quads of terms, all or none, given as for ts_txn_insert(). Those that are not there are
/// ignored.
///
/// Owner: as ts_txn_insert().
/// Threads: exclusive use of txn.
/// Cost: as ts_txn_insert().
/// Errors: as ts_txn_insert().
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_txn_delete(
    txn: *mut ts_txn,
    terms: *const ts_terms,
    quads: *const u32,
    quad_count: usize,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        within(txn, err, |transaction| {
            let list = &handle::shared(terms)?.list;
            transaction.delete_all(listed(list, self::quads(quads, quad_count)?))
        })
    }
}

/// Adds a blank node that is in no quad yet to a list of terms, for use in this transaction, and
/// after its commit wherever the node is in a quad.
///
/// Owner: borrows txn and terms; `label` (NULL if it is not wanted) is borrowed from terms.
/// Threads: exclusive use of txn and terms.
/// Cost: none.
/// Errors: TS_STATUS_TRANSACTION_ENDED, TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_txn_blank_node(
    txn: *mut ts_txn,
    terms: *mut ts_terms,
    index: *mut u32,
    label: *mut ts_text,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let index = guard::out(index, TS_UNBOUND, "index")?;
            let label = guard::wanted(label, ts_text::EMPTY);
            handle::exclusive(txn)?.write(|transaction| {
                let mut terms = handle::exclusive(terms)?;
                let blank = transaction.blank_node();
                let (added, text) = terms.add_blank(blank.as_str())?;
                *index = added;
                if let Some(label) = label {
                    *label = text;
                }
                Ok(ts_status::Ok)
            })
        })
    }
}

/// Makes the changes visible and as durable as the store is configured. The transaction has ended,
/// well or not, and is still to be freed. The last change of a quad counts. Rows that were opened in
/// it go on. Of a read transaction it is the end, and `committed` has the commit that it saw.
///
/// Owner: borrows txn; `committed` (NULL if it is not wanted) is the caller's.
/// Threads: exclusive use of txn.
/// Cost: an fsync with durability sync; a microsecond or two for each quad.
/// Errors: TS_STATUS_COMMIT_IN_DOUBT: opening the store again decides whether all of it is there or
/// nothing. Otherwise nothing was committed: TS_STATUS_TRANSACTION_ENDED,
/// TS_STATUS_REOPEN_REQUIRED, TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK,
/// TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_txn_commit(
    txn: *mut ts_txn,
    committed: *mut ts_committed,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            check_wanted(committed)?;
            let done = handle::exclusive(txn)?.commit()?;
            fill_wanted(committed, done.into())?;
            Ok(ts_status::Ok)
        })
    }
}

/// Gives the changes up. The transaction has ended and is still to be freed. Rows that were opened in
/// it answer TS_STATUS_TRANSACTION_ENDED if it had changed anything. After the end it does nothing.
///
/// Owner: borrows txn.
/// Threads: exclusive use of txn.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_ARGUMENT, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_txn_rollback(txn: *mut ts_txn, err: *mut *mut ts_error) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            handle::exclusive(txn)?.transaction = Kind::Ended;
            Ok(ts_status::Ok)
        })
    }
}

/// Frees a transaction, rolling one back that has not ended; NULL is ignored.
///
/// Owner: takes the transaction.
/// Threads: any, once.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_txn_free(txn: *mut ts_txn) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(txn) }
}

/// ts_txn_begin(), ts_txn_insert_nquads() and ts_txn_commit() in one call.
///
/// Owner: as these; `committed` may be NULL.
/// Threads: any.
/// Cost: that of these.
/// Errors: those of these; nothing has changed then, but see TS_STATUS_COMMIT_IN_DOUBT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_insert_nquads(
    store: *const ts_store,
    text: *const c_char,
    text_len: usize,
    op: *const ts_op,
    committed: *mut ts_committed,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        whole(store, op, committed, err, |transaction| {
            transaction.insert_nquads(bytes(text, text_len, "the text")?)?;
            Ok(())
        })
    }
}

/// ts_txn_begin(), ts_txn_delete_nquads() and ts_txn_commit() in one call.
///
/// Owner: as these; `committed` may be NULL.
/// Threads: any.
/// Cost: that of these.
/// Errors: those of these; nothing has changed then, but see TS_STATUS_COMMIT_IN_DOUBT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_delete_nquads(
    store: *const ts_store,
    text: *const c_char,
    text_len: usize,
    op: *const ts_op,
    committed: *mut ts_committed,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        whole(store, op, committed, err, |transaction| {
            transaction.delete_nquads(bytes(text, text_len, "the text")?)?;
            Ok(())
        })
    }
}

/// ts_txn_begin(), ts_txn_insert() and ts_txn_commit() in one call.
///
/// Owner: as these; `committed` may be NULL.
/// Threads: any.
/// Cost: that of these.
/// Errors: those of these; nothing has changed then, but see TS_STATUS_COMMIT_IN_DOUBT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_insert(
    store: *const ts_store,
    terms: *const ts_terms,
    quads: *const u32,
    quad_count: usize,
    op: *const ts_op,
    committed: *mut ts_committed,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        whole(store, op, committed, err, |transaction| {
            let list = &handle::shared(terms)?.list;
            transaction.insert_all(listed(list, self::quads(quads, quad_count)?))
        })
    }
}

/// ts_txn_begin(), ts_txn_delete() and ts_txn_commit() in one call.
///
/// Owner: as these; `committed` may be NULL.
/// Threads: any.
/// Cost: that of these.
/// Errors: those of these; nothing has changed then, but see TS_STATUS_COMMIT_IN_DOUBT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_delete(
    store: *const ts_store,
    terms: *const ts_terms,
    quads: *const u32,
    quad_count: usize,
    op: *const ts_op,
    committed: *mut ts_committed,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        whole(store, op, committed, err, |transaction| {
            let list = &handle::shared(terms)?.list;
            transaction.delete_all(listed(list, self::quads(quads, quad_count)?))
        })
    }
}
