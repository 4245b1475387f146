//! Section "Queries": prepared statements and running them.

use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::op::{Running, ts_op};
use super::pattern::view;
use super::rows::{self, ts_rows};
use super::sized::{self, Input, Sized32};
use super::status::{invalid_argument, ts_status};
use super::store::ts_store;
use super::text::{ZeroEnded, ts_text, utf8};
use crate::database::{Database, Snapshot};
use crate::error::Result;
use crate::query::{
    DefaultGraph, Explanation, ParseOptions, Prepared, QueryOptions, ResultKind, Shape,
};
use safer_ffi::derive_ReprC;
use std::ffi::c_char;
use std::time::Duration;

/// A prepared query: parsed and checked, to be run any number of times. May be used from any number
/// of threads.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_statement {
    _opaque: [u8; 0],
}

pub(super) struct Statement {
    database: Database,
    prepared: Prepared,
    options: QueryOptions,
    kind: ts_query_kind,
    variables: Vec<ZeroEnded>,
    /// What ts_statement_explain() answered last.
    plan: ZeroEnded,
}

impl Handle for ts_statement {
    type State = Statement;
    const NAME: &'static str = "ts_statement";
    const TAG: [u8; 4] = *b"stmt";
    const SURVIVES_FORK: bool = false;
}

/// What rows are of.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_query_kind {
    /// Not known: the argument is not valid.
    None = 0,
    /// A column for each variable.
    Select = 1,
    /// No rows: ts_rows_boolean() has the answer.
    Ask = 2,
    /// The columns subject, predicate, object; each triple once.
    Construct = 3,
    /// ts_match(): the columns subject, predicate, object, graph; the graph is unbound in the
    /// default graph.
    Match = 4,
    /// As TS_QUERY_KIND_CONSTRUCT: the triples that describe the resources asked for, those of blank
    /// nodes among their objects included.
    Describe = 5,
    /// No rows: an update, for ts_inspect().
    Update = 6,
}

impl From<ResultKind> for ts_query_kind {
    fn from(kind: ResultKind) -> Self {
        match kind {
            ResultKind::Select => Self::Select,
            ResultKind::Ask => Self::Ask,
            ResultKind::Construct => Self::Construct,
            ResultKind::Describe => Self::Describe,
            ResultKind::Match => Self::Match,
        }
    }
}

/// Names of columns, as they are handed out.
pub(super) fn column_names(shape: &Shape) -> Vec<ZeroEnded> {
    shape
        .columns
        .iter()
        .map(|name| ZeroEnded::new(name))
        .collect()
}

/// What the default graph of a query without FROM is.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_default_graph {
    /// As the setting default_graph of the store says.
    Configured = 0,
    /// The default graph of the store.
    Store = 1,
    /// The distinct triples of all graphs.
    Union = 2,
}

/// How a plan is shown.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_explain_format {
    /// For people: a line for each operator, its inputs indented below it.
    Text = 0,
    /// A JSON object; docs/sparql.md has its keys.
    Json = 1,
}

/// A plan in a format. Errors: `InvalidArgument` for a number that is none.
pub(super) fn shown(explanation: &Explanation, format: i32) -> Result<ZeroEnded> {
    const TEXT: i32 = ts_explain_format::Text as i32;
    const JSON: i32 = ts_explain_format::Json as i32;
    match format {
        TEXT => Ok(ZeroEnded::new(&explanation.to_string())),
        JSON => Ok(ZeroEnded::new(&explanation.to_json()?)),
        _ => Err(invalid_argument(format!(
            "{format} is not a ts_explain_format"
        ))),
    }
}

/// How a query is run. Set struct_size to sizeof(ts_query_options) and the rest to zero
/// (`ts_query_options options = {.struct_size = sizeof options}`).
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_query_options {
    pub struct_size: u32,
    /// A ts_default_graph.
    pub default_graph: i32,
    /// A ts_view.
    pub view: i32,
    /// 1: ts_rows_explain() shows the time of each operator. Costs two looks at the clock for each of
    /// its batches.
    pub measure_times: u32,
    /// Milliseconds from the start of running; 0: the limit of the configuration. The earlier one
    /// of this, the configuration's and that of the ts_op counts.
    pub timeout_ms: u64,
    /// The most rows of a result: one more is TS_STATUS_QUERY_LIMIT. 0: no limit.
    pub row_limit: u64,
    /// What relative IRIs in the text are resolved against. Empty: they are errors.
    pub base_iri: ts_text,
}

impl Sized32 for ts_query_options {
    const NAME: &'static str = "ts_query_options";
    const FIRST_SIZE: usize = size_of::<ts_query_options>();
}

// SAFETY: integers and a text.
unsafe impl Input for ts_query_options {}

/// A statement from its text. Errors: as ts_prepare().
///
/// # Safety
/// As for the arguments in the header.
unsafe fn statement(
    store: *const ts_store,
    sparql: *const c_char,
    sparql_len: usize,
    options: *const ts_query_options,
) -> Result<Statement> {
    // SAFETY: required of the caller.
    unsafe { statement_of(handle::shared(store)?, sparql, sparql_len, options) }
}

/// A statement of an open store. Errors: as ts_prepare().
///
/// # Safety
/// As for the arguments in the header.
pub(super) unsafe fn statement_of(
    database: &Database,
    sparql: *const c_char,
    sparql_len: usize,
    options: *const ts_query_options,
) -> Result<Statement> {
    // SAFETY: required of the caller.
    unsafe {
        // A closed store says so before the text is looked at.
        database.snapshot()?;
        let text = utf8(sparql, sparql_len, "the query")?;
        let options = sized::read(options)?;
        let base_iri = options.base_iri.read("the base IRI")?;
        let parse_options = ParseOptions {
            base_iri: (!base_iri.is_empty()).then(|| base_iri.to_owned()),
            ..database.parse_options()
        };
        let query_options = QueryOptions {
            default_graph: default_graph(options.default_graph)?,
            view: view(options.view)?,
            timeout: (options.timeout_ms != 0).then(|| Duration::from_millis(options.timeout_ms)),
            row_limit: (options.row_limit != 0).then_some(options.row_limit),
            timed: options.measure_times != 0,
            began: None,
        };
        let prepared = Prepared::new(text, &parse_options)?;
        let shape = prepared.shape();
        Ok(Statement {
            database: database.clone(),
            kind: shape.kind.into(),
            variables: column_names(&shape),
            prepared,
            options: query_options,
            plan: ZeroEnded::new(""),
        })
    }
}

pub(super) fn default_graph(number: i32) -> Result<DefaultGraph> {
    const CONFIGURED: i32 = ts_default_graph::Configured as i32;
    const STORE: i32 = ts_default_graph::Store as i32;
    const UNION: i32 = ts_default_graph::Union as i32;
    match number {
        CONFIGURED => Ok(DefaultGraph::Configured),
        STORE => Ok(DefaultGraph::Default),
        UNION => Ok(DefaultGraph::Union),
        _ => Err(invalid_argument(format!(
            "{number} is not a ts_default_graph"
        ))),
    }
}

/// Starts a statement. Errors: as ts_execute().
///
/// # Safety
/// As for the arguments in the header.
unsafe fn execute(statement: &Statement, op: *const ts_op) -> Result<Owned<ts_rows>> {
    // SAFETY: required of the caller.
    unsafe { execute_on(statement, None, op) }
}

/// Starts a statement on a snapshot, or on the newest commit. Errors: as ts_execute().
///
/// # Safety
/// As for the arguments in the header.
pub(super) unsafe fn execute_on(
    statement: &Statement,
    snapshot: Option<&Snapshot>,
    op: *const ts_op,
) -> Result<Owned<ts_rows>> {
    // SAFETY: required of the caller.
    let running = unsafe { Running::start(op) }?;
    let Statement {
        database,
        prepared,
        options,
        ..
    } = statement;
    let cursor = match snapshot {
        Some(snapshot) => database.open_query_on(snapshot, prepared, options, running.control()),
        None => database.open_query(prepared, options, running.control()),
    };
    Ok(rows::opened(running.explain(cursor)?, running))
}

/// The rows of a query given as text. Errors: as ts_query().
///
/// # Safety
/// As for the arguments in the header.
pub(super) unsafe fn started(
    store: *const ts_store,
    sparql: *const c_char,
    sparql_len: usize,
    options: *const ts_query_options,
    op: *const ts_op,
) -> Result<Owned<ts_rows>> {
    // SAFETY: required of the caller.
    unsafe { execute(&statement(store, sparql, sparql_len, options)?, op) }
}

/// Parses and checks a SPARQL query: SELECT, ASK, CONSTRUCT or DESCRIBE.
///
/// Owner: the statement is the caller's, until ts_statement_free(). The text is read and options
/// (NULL: the defaults) copied during the call.
/// Threads: any.
/// Cost: 10-50 microseconds for a short text.
/// Errors: TS_STATUS_QUERY_PARSE (with line, column and a hint), TS_STATUS_QUERY_UNSUPPORTED,
/// TS_STATUS_QUERY_LIMIT, TS_STATUS_NESTING_TOO_DEEP, TS_STATUS_INVALID_IRI,
/// TS_STATUS_INVALID_UTF8, TS_STATUS_NOT_IMPLEMENTED, TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_prepare(
    store: *const ts_store,
    sparql: *const c_char,
    sparql_len: usize,
    options: *const ts_query_options,
    statement: *mut *mut ts_statement,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(statement, std::ptr::null_mut(), "statement")?;
            let made = self::statement(store, sparql, sparql_len, options)?;
            *out = handle::into_raw(Owned::<ts_statement>(made));
            Ok(ts_status::Ok)
        })
    }
}

/// The ts_query_kind of a statement; TS_QUERY_KIND_NONE if the argument is not valid.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_statement_kind(statement: *const ts_statement) -> ts_query_kind {
    guard::value(ts_query_kind::None, || {
        // SAFETY: the caller keeps the contract of the header.
        unsafe { handle::shared(statement) }.map_or(ts_query_kind::None, |statement| statement.kind)
    })
}

/// How many columns the rows will have.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none; 0 if the argument is not valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_statement_variable_count(statement: *const ts_statement) -> usize {
    guard::value(0, || {
        // SAFETY: the caller keeps the contract of the header.
        unsafe { handle::shared(statement) }.map_or(0, |statement| statement.variables.len())
    })
}

/// The name of a column from 0, without a question mark; empty behind the last.
///
/// Owner: borrowed from the statement.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_statement_variable(
    statement: *const ts_statement,
    index: usize,
) -> ts_text {
    guard::value(ts_text::EMPTY, || {
        // SAFETY: the caller keeps the contract of the header.
        unsafe { handle::shared(statement) }
            .ok()
            .and_then(|statement| statement.variables.get(index))
            .map_or(ts_text::EMPTY, ZeroEnded::as_text)
    })
}

/// The plan of a statement in a ts_explain_format, with estimates, as it would be run now.
///
/// Owner: the text is borrowed from the statement until its next ts_statement_explain().
/// Threads: exclusive use of statement.
/// Cost: 5 microseconds for each triple pattern, and what reading counts takes.
/// Errors: TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK,
/// TS_STATUS_CORRUPT_BLOCK, TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_statement_explain(
    statement: *mut ts_statement,
    format: i32,
    op: *const ts_op,
    plan: *mut ts_text,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let plan = guard::out(plan, ts_text::EMPTY, "plan")?;
            let mut statement = handle::exclusive(statement)?;
            let explanation = Running::run(op, |control| {
                let Statement {
                    database,
                    prepared,
                    options,
                    ..
                } = &*statement;
                let snapshot = database.snapshot()?;
                prepared.explain(
                    &snapshot.source(),
                    &snapshot.options(options),
                    &database.limited(control),
                )
            })?;
            statement.plan = shown(&explanation, format)?;
            *plan = statement.plan.as_text();
            Ok(ts_status::Ok)
        })
    }
}

/// Runs a statement on the newest commit. Rows are worked as they are asked for.
///
/// Owner: borrows statement, which may be freed before the rows; op (may be NULL) serves until the
/// rows are freed or at their end. The rows are the caller's, until ts_rows_free().
/// Threads: any; a statement may run many times at once.
/// Cost: planning, 5 microseconds for each triple pattern, unless the statement was last run on the
/// same data.
/// Errors: TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK,
/// TS_STATUS_CORRUPT_BLOCK, TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_execute(
    statement: *const ts_statement,
    op: *const ts_op,
    rows: *mut *mut ts_rows,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(rows, std::ptr::null_mut(), "rows")?;
            *out = handle::into_raw(execute(handle::shared(statement)?, op)?);
            Ok(ts_status::Ok)
        })
    }
}

/// ts_prepare() and ts_execute() in one call.
///
/// Owner: as these two.
/// Threads: any.
/// Cost: that of these two.
/// Errors: those of these two.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_query(
    store: *const ts_store,
    sparql: *const c_char,
    sparql_len: usize,
    options: *const ts_query_options,
    op: *const ts_op,
    rows: *mut *mut ts_rows,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(rows, std::ptr::null_mut(), "rows")?;
            *out = handle::into_raw(started(store, sparql, sparql_len, options, op)?);
            Ok(ts_status::Ok)
        })
    }
}

/// Frees a statement; NULL is ignored. Its rows go on.
///
/// Owner: takes the statement.
/// Threads: any, once.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_statement_free(statement: *mut ts_statement) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(statement) }
}
