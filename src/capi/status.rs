//! Section "Status": what a call answers. The enumeration is the code table of `error` and the
//! non-errors 1-99; a test proves that the two tables are one.

use super::guard;
use super::text::{ZeroEnded, ts_text};
use crate::error::{Category, Code, Error};
use safer_ffi::derive_ReprC;
use safer_ffi::layout::{ReprC, from_raw};
use std::sync::LazyLock;

/// What a call answers. 0 is success, 1 to 99 are other good outcomes, everything from 1001 on is
/// an error and comes with a ts_error. Numbers are never reused; later versions add some, so keep
/// a default branch.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_status {
    /// Done, nothing more to say.
    Ok = 0,
    /// There are rows in the batch.
    Rows = 1,
    /// The time of the call is over and there are no rows yet; call again.
    Waiting = 2,
    /// The end: there are no more rows.
    Done = 3,
    /// The query is not valid SPARQL.
    QueryParse = 1001,
    /// The operation ran past its deadline.
    QueryTimeout = 1002,
    /// The query passed a limit that was set for it.
    QueryLimit = 1003,
    /// The query uses a feature that is not supported.
    QueryUnsupported = 1004,
    /// A query option is unknown or has a bad value.
    QueryInvalidOption = 1005,
    /// The operation was cancelled.
    Cancelled = 1006,
    /// SERVICE is off or its endpoint is not allowed.
    ServiceRefused = 1007,
    /// The endpoint of SERVICE gave no answer.
    ServiceFailed = 1008,
    /// The store could not be opened.
    OpenFailed = 2001,
    /// The store is closed.
    Closed = 2002,
    /// Reading or writing the store failed.
    Io = 2003,
    /// The store is damaged.
    Corruption = 2004,
    /// There is no store at this path.
    NotFound = 2005,
    /// The directory holds something other than a store.
    NotAStore = 2006,
    /// The store was written by a newer version of the library.
    FormatTooNew = 2007,
    /// Another handle has the store open.
    StoreInUse = 2008,
    /// Another write transaction is open.
    Busy = 2009,
    /// The store is open for reading only.
    ReadOnly = 2010,
    /// Writing stopped after an error; the store must be opened again.
    ReopenRequired = 2011,
    /// The commit may or may not have been written; opening the store again decides.
    CommitInDoubt = 2012,
    /// A stored block is damaged; only requests that need it fail.
    CorruptBlock = 2013,
    /// The write-ahead log is damaged.
    WalDamaged = 2014,
    /// The snapshot was held for too long and was released.
    SnapshotTooOld = 2015,
    /// The transaction has ended.
    TransactionEnded = 2016,
    /// The ids belong to an older dictionary generation.
    StaleGeneration = 2017,
    /// Reasoning passed its iteration limit.
    ReasoningMaxIterations = 3001,
    /// A rule could not be applied.
    ReasoningRule = 3002,
    /// The ontology is inconsistent with the data.
    ReasoningInconsistency = 3003,
    /// The input is not valid.
    InvalidInput = 4001,
    /// The configuration is not valid.
    InvalidConfig = 4002,
    /// The path is not allowed.
    InvalidPath = 4003,
    /// There is no such file.
    FileNotFound = 4004,
    /// The file is larger than the limit.
    FileTooLarge = 4005,
    /// The RDF document has a syntax error.
    DataParse = 4006,
    /// The RDF format is not known.
    UnknownFormat = 4007,
    /// A term is larger than the limit.
    TermTooLarge = 4008,
    /// The input is not valid UTF-8.
    InvalidUtf8 = 4009,
    /// An IRI is not valid.
    InvalidIri = 4010,
    /// The input is nested too deeply.
    NestingTooDeep = 4011,
    /// The compressed input is damaged or ends too early.
    TruncatedInput = 4012,
    /// An argument is null or has an invalid value.
    InvalidArgument = 4013,
    /// The document needs a remote JSON-LD context that was not provided.
    RemoteContext = 4014,
    /// An internal error occurred.
    Internal = 5001,
    /// A resource limit was reached.
    ResourceExhausted = 5002,
    /// This is not implemented.
    NotImplemented = 5003,
    /// The handle was opened before a fork and cannot be used in the child.
    Forked = 5004,
    /// A callback asked to stop.
    Callback = 5005,
}

/// The thousand of a status.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_category {
    /// The status is not an error.
    None = 0,
    Query = 1,
    Database = 2,
    Reasoning = 3,
    Validation = 4,
    System = 5,
}

impl ts_status {
    /// The status with this number.
    fn from_number(number: i32) -> Option<Self> {
        // SAFETY: the layout of the enumeration is its number, and `from_raw` answers `None` for
        // numbers that are not variants.
        unsafe { from_raw::<Self>(<Self as ReprC>::CLayout::from(number)) }
    }
}

impl From<Code> for ts_status {
    fn from(code: Code) -> Self {
        Self::from_number(code.number()).unwrap_or(Self::Internal)
    }
}

impl From<Category> for ts_category {
    fn from(category: Category) -> Self {
        match category {
            Category::Query => Self::Query,
            Category::Database => Self::Database,
            Category::Reasoning => Self::Reasoning,
            Category::Validation => Self::Validation,
            Category::System => Self::System,
        }
    }
}

/// The error for an argument that cannot be right.
pub(super) fn invalid_argument(detail: impl Into<String>) -> Error {
    Error::new(Code::InvalidArgument, detail)
}

/// What can be said about a status without an error at hand.
pub(super) struct Description {
    number: i32,
    pub(super) name: ZeroEnded,
    pub(super) message: ZeroEnded,
    category: ts_category,
    category_name: ZeroEnded,
    retriable: bool,
}

const NON_ERRORS: [(ts_status, &str, &str); 4] = [
    (ts_status::Ok, "ok", "Done."),
    (ts_status::Rows, "rows", "There are rows."),
    (ts_status::Waiting, "waiting", "There are no rows yet."),
    (ts_status::Done, "done", "There are no more rows."),
];

static DESCRIPTIONS: LazyLock<Vec<Description>> = LazyLock::new(|| {
    let non_errors = NON_ERRORS
        .iter()
        .map(|(status, name, message)| Description {
            number: *status as i32,
            name: ZeroEnded::new(name),
            message: ZeroEnded::new(message),
            category: ts_category::None,
            category_name: ZeroEnded::new("none"),
            retriable: false,
        });
    let errors = Code::ALL.iter().map(|code| Description {
        number: code.number(),
        name: ZeroEnded::new(code.name()),
        message: ZeroEnded::new(code.safe_message()),
        category: code.category().into(),
        category_name: ZeroEnded::new(code.category().name()),
        retriable: code.retriable(),
    });
    non_errors.chain(errors).collect()
});

pub(super) fn describe(number: i32) -> Option<&'static Description> {
    DESCRIPTIONS
        .iter()
        .find(|description| description.number == number)
}

/// How many statuses there are, for ts_status_at().
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_status_count() -> usize {
    guard::value(0, || DESCRIPTIONS.len())
}

/// The status at an index from 0, in ascending order; -1 behind the last. Bindings check their
/// constants with it.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_status_at(index: usize) -> i32 {
    guard::value(-1, || {
        DESCRIPTIONS
            .get(index)
            .map_or(-1, |description| description.number)
    })
}

/// The name of a status, such as "query_parse_error"; empty for a number that is not a status.
///
/// Owner: static, never freed.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_status_name(status: i32) -> ts_text {
    guard::value(ts_text::EMPTY, || {
        describe(status).map_or(ts_text::EMPTY, |description| description.name.as_text())
    })
}

/// The sentence for a status: the same for every error of that status, without data, fit to be
/// shown to anyone. Empty for a number that is not a status.
///
/// Owner: static, never freed.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_status_message(status: i32) -> ts_text {
    guard::value(ts_text::EMPTY, || {
        describe(status).map_or(ts_text::EMPTY, |description| description.message.as_text())
    })
}

/// The category of a status; TS_CATEGORY_NONE for what is not an error.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_status_category(status: i32) -> ts_category {
    guard::value(ts_category::None, || {
        describe(status).map_or(ts_category::None, |description| description.category)
    })
}

/// The name of the category of a status, such as "query"; empty for a number that is not a status.
///
/// Owner: static, never freed.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_status_category_name(status: i32) -> ts_text {
    guard::value(ts_text::EMPTY, || {
        describe(status).map_or(ts_text::EMPTY, |description| {
            description.category_name.as_text()
        })
    })
}

/// Whether the same call may succeed later without any change.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_status_retriable(status: i32) -> bool {
    guard::value(false, || {
        describe(status).is_some_and(|description| description.retriable)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_enumeration_is_the_code_table() {
        for &code in Code::ALL {
            let status = ts_status::from_number(code.number()).unwrap();
            assert_eq!(format!("{status:?}"), format!("{code:?}"));
            assert_eq!(ts_status::from(code), status);
        }
        let known = |number: &i32| {
            Code::from_number(*number).is_some()
                || NON_ERRORS
                    .iter()
                    .any(|(status, ..)| *status as i32 == *number)
        };
        for number in (0..10_000).filter(|number| !known(number)) {
            assert_eq!(ts_status::from_number(number), None);
            assert_eq!(ts_status_name(number).len, 0);
        }
    }

    #[test]
    fn statuses_are_enumerated_in_order() {
        let numbers: Vec<i32> = (0..ts_status_count())
            .map(|index| ts_status_at(index))
            .collect();
        assert!(numbers.is_sorted() && numbers.len() == Code::ALL.len() + NON_ERRORS.len());
        assert_eq!(ts_status_at(numbers.len()), -1);
        assert_eq!(ts_status_category(1001), ts_category::Query);
        assert_eq!(ts_status_category(3), ts_category::None);
        assert!(ts_status_retriable(2009) && !ts_status_retriable(1001));
    }
}
