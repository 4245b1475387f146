//! The code table. Numbers are part of the ABI: 1001-5003 are those of the system this library
//! replaces, additions are appended within their thousand and no number is ever reused.

/// The thousand of a code.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Category {
    Query,
    Database,
    Reasoning,
    Validation,
    System,
}

impl Category {
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Database => "database",
            Self::Reasoning => "reasoning",
            Self::Validation => "validation",
            Self::System => "system",
        }
    }
}

macro_rules! codes {
    ($($variant:ident = $number:literal, $category:ident, $name:literal, $retry:literal, $message:literal;)*) => {
        /// A stable error code. The variants, their numbers and their names are one table.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[repr(i32)]
        pub enum Code {
            $(#[doc = $message] $variant = $number,)*
        }

        impl Code {
            /// Every code, in ascending order.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            pub fn category(self) -> Category {
                match self { $(Code::$variant => Category::$category,)* }
            }

            /// The name used in messages, bindings and documents.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            pub fn retriable(self) -> bool {
                match self { $(Code::$variant => $retry,)* }
            }

            pub fn safe_message(self) -> &'static str {
                match self { $(Code::$variant => $message,)* }
            }
        }
    };
}

codes! {
    QueryParse = 1001, Query, "query_parse_error", false, "The query is not valid SPARQL.";
    QueryTimeout = 1002, Query, "query_timeout", true, "The operation ran past its deadline.";
    QueryLimit = 1003, Query, "query_limit_exceeded", false, "The query passed a limit that was set for it.";
    QueryUnsupported = 1004, Query, "query_unsupported", false, "The query uses a feature that is not supported.";
    QueryInvalidOption = 1005, Query, "query_invalid_option", false, "A query option is unknown or has a bad value.";
    Cancelled = 1006, Query, "cancelled", false, "The operation was cancelled.";
    ServiceRefused = 1007, Query, "service_refused", false, "SERVICE is off or its endpoint is not allowed.";
    ServiceFailed = 1008, Query, "service_failed", true, "The endpoint of SERVICE gave no answer.";
    OpenFailed = 2001, Database, "database_open_failed", false, "The store could not be opened.";
    Closed = 2002, Database, "database_closed", false, "The store is closed.";
    Io = 2003, Database, "database_io_error", true, "Reading or writing the store failed.";
    Corruption = 2004, Database, "database_corruption", false, "The store is damaged.";
    NotFound = 2005, Database, "database_not_found", false, "There is no store at this path.";
    NotAStore = 2006, Database, "not_a_store", false, "The directory holds something other than a store.";
    FormatTooNew = 2007, Database, "format_too_new", false, "The store was written by a newer version of the library.";
    StoreInUse = 2008, Database, "store_in_use", true, "Another handle has the store open.";
    Busy = 2009, Database, "busy", true, "Another write transaction is open.";
    ReadOnly = 2010, Database, "read_only", false, "The store is open for reading only.";
    ReopenRequired = 2011, Database, "reopen_required", false, "Writing stopped after an error; the store must be opened again.";
    CommitInDoubt = 2012, Database, "commit_in_doubt", false, "The commit may or may not have been written; opening the store again decides.";
    CorruptBlock = 2013, Database, "corrupt_block", false, "A stored block is damaged; only requests that need it fail.";
    WalDamaged = 2014, Database, "wal_damaged", false, "The write-ahead log is damaged.";
    SnapshotTooOld = 2015, Database, "snapshot_too_old", true, "The snapshot was held for too long and was released.";
    TransactionEnded = 2016, Database, "transaction_ended", false, "The transaction has ended.";
    StaleGeneration = 2017, Database, "stale_generation", true, "The ids belong to an older dictionary generation.";
    ReasoningMaxIterations = 3001, Reasoning, "reasoning_max_iterations", false, "Reasoning passed its iteration limit.";
    ReasoningRule = 3002, Reasoning, "reasoning_rule_error", false, "A rule could not be applied.";
    ReasoningInconsistency = 3003, Reasoning, "reasoning_inconsistency", false, "The ontology is inconsistent with the data.";
    InvalidInput = 4001, Validation, "validation_invalid_input", false, "The input is not valid.";
    InvalidConfig = 4002, Validation, "validation_invalid_config", false, "The configuration is not valid.";
    InvalidPath = 4003, Validation, "validation_invalid_path", false, "The path is not allowed.";
    FileNotFound = 4004, Validation, "validation_file_not_found", false, "There is no such file.";
    FileTooLarge = 4005, Validation, "validation_file_too_large", false, "The file is larger than the limit.";
    DataParse = 4006, Validation, "data_parse_error", false, "The RDF document has a syntax error.";
    UnknownFormat = 4007, Validation, "unknown_format", false, "The RDF format is not known.";
    TermTooLarge = 4008, Validation, "term_too_large", false, "A term is larger than the limit.";
    InvalidUtf8 = 4009, Validation, "invalid_utf8", false, "The input is not valid UTF-8.";
    InvalidIri = 4010, Validation, "invalid_iri", false, "An IRI is not valid.";
    NestingTooDeep = 4011, Validation, "nesting_too_deep", false, "The input is nested too deeply.";
    TruncatedInput = 4012, Validation, "truncated_input", false, "The compressed input is damaged or ends too early.";
    InvalidArgument = 4013, Validation, "invalid_argument", false, "An argument is null or has an invalid value.";
    RemoteContext = 4014, Validation, "remote_context", false, "The document needs a remote JSON-LD context that was not provided.";
    Internal = 5001, System, "system_internal_error", false, "An internal error occurred.";
    ResourceExhausted = 5002, System, "system_resource_exhausted", true, "A resource limit was reached.";
    NotImplemented = 5003, System, "system_not_implemented", false, "This is not implemented.";
    Forked = 5004, System, "forked", false, "The handle was opened before a fork and cannot be used in the child.";
    Callback = 5005, System, "callback", false, "A callback asked to stop.";
}

impl Code {
    pub fn number(self) -> i32 {
        self as i32
    }

    /// The code with this number, if there is one.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.number() == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_and_lie_in_the_thousand_of_their_category() {
        for pair in Code::ALL.windows(2) {
            assert!(pair[0].number() < pair[1].number());
        }
        for &code in Code::ALL {
            let thousand = match code.category() {
                Category::Query => 1,
                Category::Database => 2,
                Category::Reasoning => 3,
                Category::Validation => 4,
                Category::System => 5,
            };
            assert_eq!(code.number() / 1000, thousand, "{}", code.name());
            assert_eq!(Code::from_number(code.number()), Some(code));
        }
    }
}
