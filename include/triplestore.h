/*
 * triplestore: an embeddable RDF database
 *
 * This file is generated from src/capi/ by build.rs; change that, not this.
 *
 * CONVENTIONS
 *
 * Naming. Functions are ts_<noun>_<verb>, types ts_<noun>, constants TS_<NAME>. Every function
 * states: Owner (who owns what it takes and gives), Threads (who may call it at the same time),
 * Cost, and Errors (the statuses it answers beyond those every call may answer).
 *
 * Handles. A ts_x * is opaque. What a function makes is freed with the ts_x_free() of its type (a
 * store with ts_close()), never with free(). Freeing NULL does nothing. A handle made from another
 * one keeps what it needs of it: free them in any order. Once a store is closed, calls on what was
 * made from it answer TS_STATUS_CLOSED. A NULL handle, one of another type, or one that was visibly
 * freed before is answered with TS_STATUS_INVALID_ARGUMENT; do not rely on it, memory may have been
 * used again.
 *
 * Threads. The library has no thread-local state and no rule about which thread calls it. A
 * function that takes a const ts_x * may be called from many threads at once. A function that takes
 * a ts_x * needs the handle for itself while it runs; a second call at the same time is answered
 * with TS_STATUS_INVALID_ARGUMENT instead of a race, except freeing, which must be last. Different
 * handles are independent.
 *
 * Status and errors. A call that can fail answers a ts_status and takes a ts_error **err last. err
 * may be NULL. If it is not, it is set in every case: to NULL if the status is below 100, else to an
 * error that the caller frees with ts_error_free(). What it held before is not read. Out-parameters
 * are set to zero or NULL before any work, so after an error there is nothing to free; structures
 * with struct_size are left as they were. Every call
 * that takes err may also answer TS_STATUS_INVALID_ARGUMENT, TS_STATUS_RESOURCE_EXHAUSTED and
 * TS_STATUS_INTERNAL (a defect of the library, caught before it reaches the host).
 *
 * Text. Text goes in as pointer and length in bytes, UTF-8, without an ending zero byte; a length of
 * 0 is the empty text whatever the pointer is. It comes out as ts_text, borrowed from the owner that
 * the function names, followed by a zero byte. RDF terms may contain zero bytes: use the length.
 * A list of texts that cannot contain a zero byte (paths, prefixes) is one text with a zero byte
 * between the items. Paths are bytes as the system has them.
 *
 * Structures. A structure that begins with struct_size may grow in later versions. Set struct_size
 * to its sizeof before the call. Where the library fills it, an older library sets the fields it does
 * not know to zero and a newer one writes only what the program knows. Where the program fills it
 * (options), zero is the default of every field, NULL is all defaults, and a field that an older
 * library does not know is answered with TS_STATUS_NOT_IMPLEMENTED unless it is zero.
 *
 * Numbers for enumerations. Where a parameter or field is an enumeration it is an int32_t, so that
 * an unknown number is an error and not undefined behaviour.
 *
 * Callbacks. A callback takes the user_data it was registered with. One that is kept comes with a
 * ts_drop_fn, which is called once when user_data is no longer needed; the others are called as long
 * as the operation lasts they were given to. It may run on a thread of the library. It must return: no
 * C++ exception, no longjmp may leave it. It may call the library, except where a function says
 * otherwise. No lock of the library is held while it runs.
 *
 * Fork. Threads do not survive fork(). In the child, a handle over an open store answers
 * TS_STATUS_FORKED; freeing it does nothing. Open stores after fork(), or exec.
 *
 * Signals. Only ts_op_cancel() may be called in a signal handler.
 *
 * Memory. The library uses the allocator of the system. Limits are errors
 * (TS_STATUS_RESOURCE_EXHAUSTED); only if the system itself has no memory left the process ends, as
 * it does for most programs.
 */

#ifndef TRIPLESTORE_H
#define TRIPLESTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of this header; ts_version() is that of the library. */
#define TS_VERSION "0.1.0"
#define TS_VERSION_MAJOR 0
#define TS_VERSION_MINOR 1
#define TS_VERSION_PATCH 0
/** major * 1000000 + minor * 1000 + patch */
#define TS_VERSION_NUMBER 1000

/** On functions whose result must not be ignored. */
#if defined(__cplusplus) && __cplusplus >= 201703L
#define TS_NODISCARD [[nodiscard]]
#elif defined(__GNUC__) || defined(__clang__)
#define TS_NODISCARD __attribute__((warn_unused_result))
#else
#define TS_NODISCARD
#endif

/**
 * Counts incompatible changes of this header: the number behind the soname of the shared
 * library. A binding compares it with ts_abi_version() when it loads the library.
 */
#define TS_ABI_VERSION 0

/* Types ---------------------------------------------------------------------------------------- */

/** No limit of time, for ts_rows_next() and ts_rows_boolean(). */
#define TS_NO_LIMIT -1

/** What the memory of a batch begins with: "TSBA" in little-endian byte order. */
#define TS_BATCH_MAGIC 1094865748

/** The layout that ts_batch_header describes. */
#define TS_BATCH_VERSION 1

/** The index of no term: unbound in a row, the default graph in a quad. */
#define TS_UNBOUND 4294967295

/** The thousand of a status. */
enum ts_category
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /** The status is not an error. */
    TS_CATEGORY_NONE = 0,
    TS_CATEGORY_QUERY = 1,
    TS_CATEGORY_DATABASE = 2,
    TS_CATEGORY_REASONING = 3,
    TS_CATEGORY_VALIDATION = 4,
    TS_CATEGORY_SYSTEM = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_category ts_category;
#else
typedef int32_t ts_category;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a call answers. 0 is success, 1 to 99 are other good outcomes, everything from 1001 on is
 * an error and comes with a ts_error. Numbers are never reused; later versions add some, so keep
 * a default branch.
 */
enum ts_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /** Done, nothing more to say. */
    TS_STATUS_OK = 0,
    /** There are rows in the batch. */
    TS_STATUS_ROWS = 1,
    /** The time of the call is over and there are no rows yet; call again. */
    TS_STATUS_WAITING = 2,
    /** The end: there are no more rows. */
    TS_STATUS_DONE = 3,
    /** The query is not valid SPARQL. */
    TS_STATUS_QUERY_PARSE = 1001,
    /** The operation ran past its deadline. */
    TS_STATUS_QUERY_TIMEOUT = 1002,
    /** The query passed a limit that was set for it. */
    TS_STATUS_QUERY_LIMIT = 1003,
    /** The query uses a feature that is not supported. */
    TS_STATUS_QUERY_UNSUPPORTED = 1004,
    /** A query option is unknown or has a bad value. */
    TS_STATUS_QUERY_INVALID_OPTION = 1005,
    /** The operation was cancelled. */
    TS_STATUS_CANCELLED = 1006,
    /** SERVICE is off or its endpoint is not allowed. */
    TS_STATUS_SERVICE_REFUSED = 1007,
    /** The endpoint of SERVICE gave no answer. */
    TS_STATUS_SERVICE_FAILED = 1008,
    /** The store could not be opened. */
    TS_STATUS_OPEN_FAILED = 2001,
    /** The store is closed. */
    TS_STATUS_CLOSED = 2002,
    /** Reading or writing the store failed. */
    TS_STATUS_IO = 2003,
    /** The store is damaged. */
    TS_STATUS_CORRUPTION = 2004,
    /** There is no store at this path. */
    TS_STATUS_NOT_FOUND = 2005,
    /** The directory holds something other than a store. */
    TS_STATUS_NOT_A_STORE = 2006,
    /** The store was written by a newer version of the library. */
    TS_STATUS_FORMAT_TOO_NEW = 2007,
    /** Another handle has the store open. */
    TS_STATUS_STORE_IN_USE = 2008,
    /** Another write transaction is open. */
    TS_STATUS_BUSY = 2009,
    /** The store is open for reading only. */
    TS_STATUS_READ_ONLY = 2010,
    /** Writing stopped after an error; the store must be opened again. */
    TS_STATUS_REOPEN_REQUIRED = 2011,
    /** The commit may or may not have been written; opening the store again decides. */
    TS_STATUS_COMMIT_IN_DOUBT = 2012,
    /** A stored block is damaged; only requests that need it fail. */
    TS_STATUS_CORRUPT_BLOCK = 2013,
    /** The write-ahead log is damaged. */
    TS_STATUS_WAL_DAMAGED = 2014,
    /** The snapshot was held for too long and was released. */
    TS_STATUS_SNAPSHOT_TOO_OLD = 2015,
    /** The transaction has ended. */
    TS_STATUS_TRANSACTION_ENDED = 2016,
    /** The ids belong to an older dictionary generation. */
    TS_STATUS_STALE_GENERATION = 2017,
    /** Reasoning passed its iteration limit. */
    TS_STATUS_REASONING_MAX_ITERATIONS = 3001,
    /** A rule could not be applied. */
    TS_STATUS_REASONING_RULE = 3002,
    /** The ontology is inconsistent with the data. */
    TS_STATUS_REASONING_INCONSISTENCY = 3003,
    /** The input is not valid. */
    TS_STATUS_INVALID_INPUT = 4001,
    /** The configuration is not valid. */
    TS_STATUS_INVALID_CONFIG = 4002,
    /** The path is not allowed. */
    TS_STATUS_INVALID_PATH = 4003,
    /** There is no such file. */
    TS_STATUS_FILE_NOT_FOUND = 4004,
    /** The file is larger than the limit. */
    TS_STATUS_FILE_TOO_LARGE = 4005,
    /** The RDF document has a syntax error. */
    TS_STATUS_DATA_PARSE = 4006,
    /** The RDF format is not known. */
    TS_STATUS_UNKNOWN_FORMAT = 4007,
    /** A term is larger than the limit. */
    TS_STATUS_TERM_TOO_LARGE = 4008,
    /** The input is not valid UTF-8. */
    TS_STATUS_INVALID_UTF8 = 4009,
    /** An IRI is not valid. */
    TS_STATUS_INVALID_IRI = 4010,
    /** The input is nested too deeply. */
    TS_STATUS_NESTING_TOO_DEEP = 4011,
    /** The compressed input is damaged or ends too early. */
    TS_STATUS_TRUNCATED_INPUT = 4012,
    /** An argument is null or has an invalid value. */
    TS_STATUS_INVALID_ARGUMENT = 4013,
    /** The document needs a remote JSON-LD context that was not provided. */
    TS_STATUS_REMOTE_CONTEXT = 4014,
    /** An internal error occurred. */
    TS_STATUS_INTERNAL = 5001,
    /** A resource limit was reached. */
    TS_STATUS_RESOURCE_EXHAUSTED = 5002,
    /** This is not implemented. */
    TS_STATUS_NOT_IMPLEMENTED = 5003,
    /** The handle was opened before a fork and cannot be used in the child. */
    TS_STATUS_FORKED = 5004,
    /** A callback asked to stop. */
    TS_STATUS_CALLBACK = 5005,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_status ts_status;
#else
typedef int32_t ts_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/** What rows are of. */
enum ts_query_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /** Not known: the argument is not valid. */
    TS_QUERY_KIND_NONE = 0,
    /** A column for each variable. */
    TS_QUERY_KIND_SELECT = 1,
    /** No rows: ts_rows_boolean() has the answer. */
    TS_QUERY_KIND_ASK = 2,
    /** The columns subject, predicate, object; each triple once. */
    TS_QUERY_KIND_CONSTRUCT = 3,
    /**
     * ts_match(): the columns subject, predicate, object, graph; the graph is unbound in the
     * default graph.
     */
    TS_QUERY_KIND_MATCH = 4,
    /**
     * As TS_QUERY_KIND_CONSTRUCT: the triples that describe the resources asked for, those of blank
     * nodes among their objects included.
     */
    TS_QUERY_KIND_DESCRIBE = 5,
    /** No rows: an update, for ts_inspect(). */
    TS_QUERY_KIND_UPDATE = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_query_kind ts_query_kind;
#else
typedef int32_t ts_query_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/** What an operation does at the moment; ts_phase_name() has the words. */
enum ts_phase
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /** Not started. */
    TS_PHASE_IDLE = 0,
    /** Reading and parsing input. */
    TS_PHASE_PARSE = 1,
    /** Merging terms or runs. */
    TS_PHASE_MERGE = 2,
    /** Sorting. */
    TS_PHASE_SORT = 3,
    /** Writing to the store or to a file. */
    TS_PHASE_WRITE = 4,
    /** Answering a query. */
    TS_PHASE_QUERY = 5,
    /** Checking. */
    TS_PHASE_VERIFY = 6,
    /** Ended, well or not. */
    TS_PHASE_DONE = 7,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_phase ts_phase;
#else
typedef int32_t ts_phase;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/** How important an event is. A level includes those above it. */
enum ts_log_level
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /** Nothing. */
    TS_LOG_LEVEL_OFF = 0,
    /** Something failed that nobody was told of otherwise. */
    TS_LOG_LEVEL_ERROR = 1,
    /** Something to look at. */
    TS_LOG_LEVEL_WARN = 2,
    /** Opening, closing, recovery, long work. */
    TS_LOG_LEVEL_INFO = 3,
    /** Every commit, spill and merge. */
    TS_LOG_LEVEL_DEBUG = 4,
    /** Everything. */
    TS_LOG_LEVEL_TRACE = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_log_level ts_log_level;
#else
typedef int32_t ts_log_level;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A syntax of RDF documents, each with its forms of RDF 1.2. Documents may be compressed with
 * gzip, zstd or bzip2, which is recognised by itself.
 */
enum ts_format
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * By the extension of the file: nt, nq, ttl, trig, rdf, owl, xml, jsonld, json; in front of
     * gz, zst and bz2 as well.
     */
    TS_FORMAT_BY_EXTENSION = 0,
    TS_FORMAT_NTRIPLES = 1,
    TS_FORMAT_NQUADS = 2,
    TS_FORMAT_TURTLE = 3,
    TS_FORMAT_TRIG = 4,
    TS_FORMAT_RDF_XML = 5,
    TS_FORMAT_JSONLD = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_format ts_format;
#else
typedef int32_t ts_format;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/** Which quads are read: those that were written, those that only follow from them, or both. */
enum ts_view
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    TS_VIEW_BOTH = 0,
    TS_VIEW_ASSERTED = 1,
    TS_VIEW_INFERRED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_view ts_view;
#else
typedef int32_t ts_view;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/** What the default graph of a query without FROM is. */
enum ts_default_graph
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /** As the setting default_graph of the store says. */
    TS_DEFAULT_GRAPH_CONFIGURED = 0,
    /** The default graph of the store. */
    TS_DEFAULT_GRAPH_STORE = 1,
    /** The distinct triples of all graphs. */
    TS_DEFAULT_GRAPH_UNION = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_default_graph ts_default_graph;
#else
typedef int32_t ts_default_graph;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/** What a term is. */
enum ts_term_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /** There is no term. */
    TS_TERM_KIND_UNBOUND = 0,
    TS_TERM_KIND_IRI = 1,
    TS_TERM_KIND_BLANK = 2,
    TS_TERM_KIND_LITERAL = 3,
    TS_TERM_KIND_TRIPLE = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_term_kind ts_term_kind;
#else
typedef int32_t ts_term_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/** The base direction of a literal. */
enum ts_direction
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    TS_DIRECTION_NONE = 0,
    TS_DIRECTION_LTR = 1,
    TS_DIRECTION_RTL = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_direction ts_direction;
#else
typedef int32_t ts_direction;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/** The place of a term in a quad. */
enum ts_place
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    TS_PLACE_SUBJECT = 0,
    TS_PLACE_PREDICATE = 1,
    TS_PLACE_OBJECT = 2,
    /** One named graph. */
    TS_PLACE_GRAPH = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_place ts_place;
#else
typedef int32_t ts_place;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/** Which graphs a pattern means, if not one of them by name. */
enum ts_graphs
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /** The default graph and every named graph. */
    TS_GRAPHS_ANY = 0,
    TS_GRAPHS_DEFAULT = 1,
    /** Every named graph. */
    TS_GRAPHS_NAMED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_graphs ts_graphs;
#else
typedef int32_t ts_graphs;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/** When a commit that was acknowledged survives. */
enum ts_durability
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /** Power loss. */
    TS_DURABILITY_SYNC = 0,
    /** A crash of the process; power loss after the interval. */
    TS_DURABILITY_INTERVAL = 1,
    /** A crash of the process. */
    TS_DURABILITY_OS_BUFFERED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_durability ts_durability;
#else
typedef int32_t ts_durability;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/** What a format without named graphs does with a quad of one. */
enum ts_named_graphs
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /** The dump fails with TS_STATUS_INVALID_INPUT, so that nothing is lost without notice. */
    TS_NAMED_GRAPHS_REFUSE = 0,
    /** The quad is left out. */
    TS_NAMED_GRAPHS_SKIP = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_named_graphs ts_named_graphs;
#else
typedef int32_t ts_named_graphs;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a result is written. Some formats are for SELECT and ASK, the others for CONSTRUCT, DESCRIBE
 * and ts_match().
 */
enum ts_result_format
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /** JSON for SELECT and ASK, N-Triples for CONSTRUCT and DESCRIBE, N-Quads for ts_match(). */
    TS_RESULT_FORMAT_DEFAULT = 0,
    /** SPARQL 1.2 Query Results JSON (application/sparql-results+json). */
    TS_RESULT_FORMAT_JSON = 1,
    /** SPARQL 1.2 Query Results XML (application/sparql-results+xml). */
    TS_RESULT_FORMAT_XML = 2,
    /** Comma-separated values (text/csv): the texts of terms, not their kinds. */
    TS_RESULT_FORMAT_CSV = 3,
    /** Tab-separated values (text/tab-separated-values): terms as in Turtle. */
    TS_RESULT_FORMAT_TSV = 4,
    /** N-Triples (application/n-triples). */
    TS_RESULT_FORMAT_NTRIPLES = 5,
    /** N-Quads (application/n-quads). */
    TS_RESULT_FORMAT_NQUADS = 6,
    /** Turtle (text/turtle). */
    TS_RESULT_FORMAT_TURTLE = 7,
    /** TriG (application/trig). */
    TS_RESULT_FORMAT_TRIG = 8,
    /** RDF/XML (application/rdf+xml). */
    TS_RESULT_FORMAT_RDF_XML = 9,
    /** JSON-LD (application/ld+json). */
    TS_RESULT_FORMAT_JSONLD = 10,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_result_format ts_result_format;
#else
typedef int32_t ts_result_format;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/** How a plan is shown. */
enum ts_explain_format
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /** For people: a line for each operator, its inputs indented below it. */
    TS_EXPLAIN_FORMAT_TEXT = 0,
    /** A JSON object; docs/sparql.md has its keys. */
    TS_EXPLAIN_FORMAT_JSON = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_explain_format ts_explain_format;
#else
typedef int32_t ts_explain_format;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/** What keeps a commit readable. */
enum ts_pin_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /** A read transaction. */
    TS_PIN_KIND_SNAPSHOT = 0,
    /** Rows of a query or match. */
    TS_PIN_KIND_CURSOR = 1,
    /** A write transaction. */
    TS_PIN_KIND_TRANSACTION = 2,
    /** A bulk load, which no limit ends. */
    TS_PIN_KIND_LOAD = 3,
    /** ts_check(). */
    TS_PIN_KIND_CHECK = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ts_pin_kind ts_pin_kind;
#else
typedef int32_t ts_pin_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Some rows of a result: a table of terms, and for each row and column the index of a term. May be
 * used from any number of threads.
 */
typedef struct ts_batch ts_batch;

/** What a check has seen: numbers and problems. */
typedef struct ts_check_report ts_check_report;

/**
 * The settings to open a store with. Made with the defaults, changed by name, copied when a store
 * is opened with it.
 */
typedef struct ts_config ts_config;

/** Why a call failed. Made by the library, owned by the caller, independent of every other handle. */
typedef struct ts_error ts_error;

/** What a text was found to be. */
typedef struct ts_inspection ts_inspection;

/** What a load did. */
typedef struct ts_load_report ts_load_report;

/** A document that is being pushed. */
typedef struct ts_loader ts_loader;

/**
 * The controls of one operation: a load, a query with its rows, a dump, a check. Made before it,
 * passed to it, usable from any thread while it runs. It serves one operation and outlives it
 * safely.
 */
typedef struct ts_op ts_op;

/** Which quads of a store are meant. A new one means all of them. */
typedef struct ts_pattern ts_pattern;

/** The readers of a store at one moment. */
typedef struct ts_pin_list ts_pin_list;

/** Where a ts_context_fn puts the document it was asked for; lives during that call only. */
typedef struct ts_reply ts_reply;

/**
 * Rows of a query or match, read in batches. They are those of one commit, whatever is written
 * meanwhile; until they are freed, data that was replaced since is kept.
 */
typedef struct ts_rows ts_rows;

/**
 * One question of a query to an endpoint, and where its answer goes. It lives during the callback
 * only.
 */
typedef struct ts_service_call ts_service_call;

/**
 * A prepared query: parsed and checked, to be run any number of times. May be used from any number
 * of threads.
 */
typedef struct ts_statement ts_statement;

/** An open store. May be used from any number of threads. */
typedef struct ts_store ts_store;

/**
 * A list of terms that a program builds. A term is named by its index in the list, from 0 in the
 * order they are added: a quad is four indexes, a triple term three.
 */
typedef struct ts_terms ts_terms;

/**
 * A transaction. A write transaction, of which there is one at a time in a store, sees its own
 * changes; others see nothing of it before it is committed. A read transaction sees one commit.
 *
 * Rules. Writers take turns from ts_txn_begin() to the end, in order of arrival: they are
 * serialisable and never conflict. One that waits longer than write_wait_ms answers
 * TS_STATUS_BUSY; waiting can be cancelled. A write transaction that is left idle for
 * write_idle_ms is rolled back. Readers never wait and never hold writers up. There is no upgrade
 * from reading to writing: begin a write transaction, and read in it.
 */
typedef struct ts_txn ts_txn;

/**
 * Borrowed UTF-8 text. `data` is never NULL and is followed by a zero byte that `len` does not
 * count, so it can be printed with "%s"; terms may contain zero bytes, so `len` is what counts.
 * It lives as long as the documentation of the function it came from says.
 */
typedef struct ts_text {
    const char *data;
    size_t len;
} ts_text;

/** Where in a text an error was found. Set struct_size to sizeof(ts_position) before the call. */
typedef struct ts_position {
    uint32_t struct_size;
    /** Always 0. */
    uint32_t reserved;
    /** Bytes from the start, counted from 0. */
    uint64_t offset;
    /** Counted from 1. */
    uint64_t line;
    /** Counted from 1, in Unicode code points. */
    uint64_t column;
    /** The file or document, empty where there is none. Lives as long as the error. */
    struct ts_text file;
} ts_position;

/** How far an operation is. Set struct_size to sizeof(ts_progress) before ts_op_progress(). */
typedef struct ts_progress {
    uint32_t struct_size;
    /** A ts_phase. */
    int32_t phase;
    /** Input bytes read so far, before decompression. */
    uint64_t bytes;
    /** Input bytes in all, 0 where unknown. */
    uint64_t bytes_total;
    /** Statements or rows worked so far in this phase. */
    uint64_t rows;
    /** Microseconds since the ts_op was made. */
    uint64_t elapsed_us;
} ts_progress;

/**
 * Called while an operation runs, on a thread of the library, and once at its end with
 * TS_PHASE_DONE. A value other than 0 stops the operation with TS_STATUS_CALLBACK. `progress`
 * lives during the call only.
 */
typedef int32_t (*ts_progress_fn)(void *user_data, const struct ts_progress *progress);

/**
 * Called once when the library no longer needs `user_data`. May be NULL. It runs on the thread
 * that let go last.
 */
typedef void (*ts_drop_fn)(void *user_data);

/**
 * What there is to know about one setting. Set struct_size to sizeof(ts_knob) before the call;
 * the texts are static.
 */
typedef struct ts_knob {
    uint32_t struct_size;
    /** Always 0. */
    uint32_t reserved;
    struct ts_text name;
    /** flag, bytes, milliseconds, count, path or choice. */
    struct ts_text kind;
    /** The default as text; in words where it depends on the machine. */
    struct ts_text default_value;
    /** The values it takes, in words. */
    struct ts_text accepts;
    /** What it does, and why the default is what it is. */
    struct ts_text description;
} ts_knob;

/**
 * What there is to know about one preset. Set struct_size to sizeof(ts_preset) before the call;
 * the texts are static.
 */
typedef struct ts_preset {
    uint32_t struct_size;
    /** Always 0. */
    uint32_t reserved;
    struct ts_text name;
    /** What it is for. */
    struct ts_text description;
    /** What it changes, as "name = value" separated by ", ". */
    struct ts_text settings;
} ts_preset;

/**
 * Receives one event: a ts_log_level, the part of the library, and the message with its fields as
 * "message name=value". The texts live during the call only. Events that the callback itself
 * causes are not reported.
 */
typedef void (*ts_log_fn)(void *user_data,
                          int32_t level,
                          struct ts_text target,
                          struct ts_text message);

/** Numbers about the content of a store. Set struct_size to sizeof(ts_store_stats) before the call. */
typedef struct ts_store_stats {
    uint32_t struct_size;
    /** Always 0. */
    uint32_t reserved;
    uint64_t quads;
    /** Quads that were written. */
    uint64_t asserted;
    /** Quads that only follow from others. */
    uint64_t inferred;
    uint64_t default_graph_quads;
    uint64_t named_graph_quads;
    uint64_t named_graphs;
    uint64_t distinct_subjects;
    uint64_t distinct_predicates;
    uint64_t distinct_objects;
    /** Terms in the dictionary; numbers, dates and short texts are not among them. */
    uint64_t dictionary_terms;
    /** Prefixes of IRIs that end in a number, which are not in the dictionary. */
    uint64_t iri_prefixes;
    /** Bytes of all files of the store; 0 in memory. */
    uint64_t disk_bytes;
} ts_store_stats;

/** How a store is doing. Set struct_size to sizeof(ts_health_report) before the call. */
typedef struct ts_health_report {
    uint32_t struct_size;
    /** 1 if commits are taken: open for writing, and no write has failed. Else 0. */
    int32_t writable;
    /** A ts_durability. */
    int32_t durability;
    /** The most runs that any sort order has on disk: how far merging is behind. */
    uint32_t runs_max;
    /** The number of the last commit. */
    uint64_t seq;
    uint64_t quads;
    /** Bytes charged to the memory budget, and the most it hands out. */
    uint64_t memory_used_bytes;
    uint64_t memory_limit_bytes;
    /** Bytes of commits that are in memory and in the log, but not in runs yet. */
    uint64_t unspilled_bytes;
    /** Bytes of live page files. */
    uint64_t page_file_bytes;
    /** The cache of data blocks: bytes held and the most, look-ups answered and not. */
    uint64_t block_cache_bytes;
    uint64_t block_cache_limit_bytes;
    uint64_t block_cache_hits;
    uint64_t block_cache_misses;
    /** The cache of dictionary pages, likewise. */
    uint64_t vocabulary_cache_bytes;
    uint64_t vocabulary_cache_limit_bytes;
    uint64_t vocabulary_cache_hits;
    uint64_t vocabulary_cache_misses;
    /**
     * Runs and segments of terms that are known to be damaged; requests that need them fail with
     * TS_STATUS_CORRUPT_BLOCK, others go on. ts_check names them.
     */
    uint64_t damaged_parts;
    /** Pages that were found damaged since the store was opened, up to a thousand. */
    uint64_t damaged_pages;
} ts_health_report;

/** The numbers of a check. Set struct_size to sizeof(ts_check_counts) before the call. */
typedef struct ts_check_counts {
    uint32_t struct_size;
    /** 1 if nothing is wrong, else 0. */
    int32_t sound;
    /** What was read and compared. */
    uint64_t runs;
    uint64_t blocks;
    uint64_t quads;
    uint64_t triple_terms;
    uint64_t terms;
    /** Everything that is wrong. */
    uint64_t problems;
    /** The first of them, which ts_check_report_problem() has in words. */
    uint64_t problems_described;
} ts_check_counts;

/**
 * Gives the JSON document at an IRI, for a JSON-LD `@context` that is not in the document itself:
 * writes it with ts_reply_write() and returns 0, or refuses it with another value. May be called
 * on a thread of the library.
 */
typedef int32_t (*ts_context_fn)(void *user_data,
                                 const char *iri,
                                 size_t iri_len,
                                 struct ts_reply *reply);

/** A place in a document of N-Triples or N-Quads up to which everything is in the store. */
typedef struct ts_load_place {
    /** Number of the piece that ends here, from 0. */
    uint64_t sequence;
    /** Bytes of (decompressed) text up to here. */
    uint64_t offset;
    /** The line that begins here, from 1; 0 if there is no such place. */
    uint64_t line;
} ts_load_place;

/**
 * Told after each commit of a load with checkpoints. Returns 0, or another value to stop with
 * TS_STATUS_CALLBACK; what was committed stays. `place` lives during the call only. May be called
 * on a thread of the library.
 */
typedef int32_t (*ts_checkpoint_fn)(void *user_data, const struct ts_load_place *place);

/**
 * How documents are loaded. Set struct_size to sizeof(ts_load_options) and the rest to zero
 * (`ts_load_options options = {.struct_size = sizeof options}`): strict, all or nothing, into the
 * graphs that the documents name.
 */
typedef struct ts_load_options {
    uint32_t struct_size;
    /** A ts_format. */
    int32_t format;
    /** The IRI of the graph for triples without one. Empty: the default graph. */
    struct ts_text graph;
    /** What relative IRIs are resolved against. Empty: they are errors. */
    struct ts_text base_iri;
    /**
     * 1 skips the checks of IRIs, language tags and datatypes, for data known to be valid, such
     * as a dump of a store.
     */
    int32_t trusted;
    /** 1 skips bad statements and reports them; 0 loads nothing if there is one. */
    int32_t keep_going;
    /** How many bad statements are reported in words. 0: 100. */
    uint64_t bad_described;
    /**
     * Gives remote JSON-LD contexts; NULL refuses documents that need one. It is called while the
     * load lasts.
     */
    ts_context_fn contexts;
    void *contexts_user_data;
    /**
     * 1 commits every load_batch_statements statements (a setting) instead of all or nothing: a
     * load that fails keeps what was committed.
     */
    int32_t checkpoints;
    /** Always 0. */
    uint32_t reserved;
    /**
     * Told of each of these commits, for N-Triples and N-Quads; NULL if that is not wanted. It is
     * called while the load lasts.
     */
    ts_checkpoint_fn on_checkpoint;
    void *on_checkpoint_user_data;
    /**
     * Goes on behind a place that an earlier load of the same document of N-Triples or N-Quads
     * was told of; zero begins at its start. Blank nodes are new ones: the same label before and
     * behind the place is two nodes.
     */
    struct ts_load_place resume_after;
} ts_load_options;

/** The numbers of a load. Set struct_size to sizeof(ts_load_counts) before the call. */
typedef struct ts_load_counts {
    uint32_t struct_size;
    /**
     * 1 if a document was not read to its end because of an error that its parser cannot go on
     * after (keep_going only).
     */
    int32_t abandoned;
    /** Statements read; a repeated one counts each time. */
    uint64_t statements;
    /** Quads that were not there before. */
    uint64_t inserted;
    /** The number of the commit, 0 if nothing changed. */
    uint64_t seq;
    /** Bad statements that were skipped. */
    uint64_t bad;
    /** The first of them, which ts_load_report_bad() describes. */
    uint64_t bad_described;
    /** The last place that a load with checkpoints came to; its line is 0 if there is none. */
    struct ts_load_place checkpoint;
} ts_load_counts;

/**
 * A statement that a load skipped. Set struct_size to sizeof(ts_bad_statement) before the call;
 * the texts live as long as the report.
 */
typedef struct ts_bad_statement {
    uint32_t struct_size;
    /** The ts_status it would have ended a load with. */
    int32_t status;
    /** Where it is, as in ts_position; zero where it is not known. */
    uint64_t offset;
    uint64_t line;
    uint64_t column;
    /** Empty if the document is not a file. */
    struct ts_text file;
    struct ts_text reason;
} ts_bad_statement;

/**
 * Fills `buffer` with the next bytes of a document, at most `capacity`. Returns how many, 0 at the
 * end, or a negative number to stop with TS_STATUS_CALLBACK.
 */
typedef int64_t (*ts_read_fn)(void *user_data, char *buffer, size_t capacity);

/**
 * How a query is run. Set struct_size to sizeof(ts_query_options) and the rest to zero
 * (`ts_query_options options = {.struct_size = sizeof options}`).
 */
typedef struct ts_query_options {
    uint32_t struct_size;
    /** A ts_default_graph. */
    int32_t default_graph;
    /** A ts_view. */
    int32_t view;
    /**
     * 1: ts_rows_explain() shows the time of each operator. Costs two looks at the clock for each of
     * its batches.
     */
    uint32_t measure_times;
    /**
     * Milliseconds from the start of running; 0: the limit of the configuration. The earlier one
     * of this, the configuration's and that of the ts_op counts.
     */
    uint64_t timeout_ms;
    /** The most rows of a result: one more is TS_STATUS_QUERY_LIMIT. 0: no limit. */
    uint64_t row_limit;
    /** What relative IRIs in the text are resolved against. Empty: they are errors. */
    struct ts_text base_iri;
} ts_query_options;

/** What is known of a text. Set struct_size to sizeof(ts_inspection_facts) before the call. */
typedef struct ts_inspection_facts {
    uint32_t struct_size;
    /** A ts_query_kind; TS_QUERY_KIND_UPDATE for an update. */
    int32_t kind;
    /** Columns of the result; ts_inspection_column() has their names. */
    uint64_t columns;
    /** Operations of an update. */
    uint64_t operations;
    /** 1 if the text asks other endpoints: it has SERVICE. */
    int32_t has_service;
    /** 1 if it reads documents: it has LOAD. */
    int32_t has_load;
    /** 1 if a query names its data set: it has FROM or FROM NAMED. */
    int32_t has_dataset;
    /** Always 0. */
    uint32_t reserved;
} ts_inspection_facts;

/**
 * Answers a SERVICE pattern: sends ts_service_call_query() to ts_service_call_endpoint(), and gives
 * the result document to ts_service_call_write() in pieces. Returns 0, or another value if the
 * endpoint failed; ts_service_call_fail() says why. It should ask ts_service_call_check() now and
 * then while it waits, and give up when the answer is not TS_STATUS_OK.
 */
typedef int32_t (*ts_service_fn)(void *user_data, const struct ts_service_call *call);

/**
 * A term. Set struct_size to sizeof(ts_term) before the call. Texts are never NULL; those that a
 * kind does not have are empty.
 */
typedef struct ts_term {
    uint32_t struct_size;
    /** A ts_term_kind. */
    int32_t kind;
    /** The IRI, the label of the blank node without "_:", or the lexical form of the literal. */
    struct ts_text value;
    /** The datatype IRI of a literal. */
    struct ts_text datatype;
    /** The language tag of a literal, in lower case. */
    struct ts_text language;
    /** A ts_direction, of a literal with a language. */
    int32_t direction;
    /** The index of the term in its batch; TS_UNBOUND for none. */
    uint32_t index;
    /** The indexes of the parts of a triple term, for ts_batch_term_at(); else TS_UNBOUND. */
    uint32_t subject;
    uint32_t predicate;
    uint32_t object;
    /** Always 0. */
    uint32_t reserved;
} ts_term;

/**
 * What the memory of a batch begins with. The whole is one block of `byte_len` bytes, aligned to 8,
 * without pointers, numbers in the byte order of the machine, so that a binding can hand it on as
 * it is:
 *
 *   offset 0         ts_batch_header
 *   columns_offset   u32 index[columns][rows]: for each column the term of each row, or
 *                    TS_UNBOUND; equal terms of a column have equal indexes
 *   entries_offset   ts_batch_entry entry[terms]
 *   text_offset      the bytes that entries point to
 */
typedef struct ts_batch_header {
    /** TS_BATCH_MAGIC. */
    uint32_t magic;
    /** TS_BATCH_VERSION; a program that finds another one does not know the layout. */
    uint32_t version;
    uint32_t rows;
    uint32_t columns;
    uint32_t terms;
    /** Always 0. */
    uint32_t reserved;
    /** Bytes from the start to each part, multiples of 8. */
    uint64_t columns_offset;
    uint64_t entries_offset;
    uint64_t text_offset;
    uint64_t byte_len;
} ts_batch_header;

/**
 * How a result is written. Set struct_size to sizeof(ts_write_options) and the rest to zero
 * (`ts_write_options options = {.struct_size = sizeof options}`).
 */
typedef struct ts_write_options {
    uint32_t struct_size;
    /** A ts_result_format. */
    int32_t format;
    /** What IRIs are written relative to, in Turtle, TriG and JSON-LD. Empty: all are absolute. */
    struct ts_text base_iri;
    /** Prefix names and IRIs in turns, with a zero byte between them, for Turtle, TriG and RDF/XML. */
    struct ts_text prefixes;
} ts_write_options;

/**
 * Takes the next bytes of a document. Returns 0, or another value to stop with
 * TS_STATUS_CALLBACK.
 */
typedef int32_t (*ts_write_fn)(void *user_data, const char *data, size_t data_len);

/**
 * What is known of a function. Set struct_size to sizeof(ts_function_options) and the rest to zero
 * (`ts_function_options options = {.struct_size = sizeof options}`): any number of arguments, worked
 * anew for every row.
 */
typedef struct ts_function_options {
    uint32_t struct_size;
    /** The fewest arguments it takes. A query that gives fewer is refused when it is prepared. */
    uint32_t arguments_min;
    /** The most arguments it takes; 0: no limit. */
    uint32_t arguments_max;
    /**
     * 1: it answers the same to the same arguments and has no effect. It is then asked once for
     * equal arguments of a batch, and once for the whole query if they are constants.
     */
    int32_t deterministic;
} ts_function_options;

/**
 * Works calls of a registered function, many at a time. `arguments` has a row for each call and a
 * column for each argument; none is unbound. For each row the callback builds the answer in `terms`
 * with the functions of section "Terms" and sets `results[row]` to its index there. A row that is
 * left at TS_UNBOUND has no value, which is an error in SPARQL: BIND leaves the variable unbound, a
 * FILTER drops the row. Blank nodes of an answer are only those of arguments, by their labels.
 *
 * Returns 0, or another value to end the query with TS_STATUS_CALLBACK. `arguments`, `terms` and
 * `results` live during the call only; the callback must not free the two. It may run on a thread
 * of the library, and for several queries at the same time. It may call the library on other handles,
 * but not on the rows of the query that it works for.
 */
typedef int32_t (*ts_function_fn)(void *user_data,
                                  const struct ts_batch *arguments,
                                  struct ts_terms *terms,
                                  uint32_t *results);

/**
 * Makes the state of a group, written to `state`. Returns 0, or another value to end the query with
 * TS_STATUS_CALLBACK; then there is no state to free.
 */
typedef int32_t (*ts_aggregate_new_fn)(void *user_data, void **state);

/**
 * Gives values to groups, many at a time: the value in row `n` of `values`, which has one column and
 * no unbound term, to the group with the state `states[n]`. A group may be there several times. With
 * DISTINCT no group is given a term twice.
 *
 * Returns 0, or another value to end the query with TS_STATUS_CALLBACK. `states` and `values` live
 * during the call only; the callback must not free them.
 */
typedef int32_t (*ts_aggregate_step_fn)(void *user_data,
                                        void *const *states,
                                        const struct ts_batch *values);

/**
 * Gives the result of a group: builds it in `terms` with the functions of section "Terms" and sets
 * `result` to its index there. If it is left at TS_UNBOUND the group has no value, which is an error
 * in SPARQL. Blank nodes are only those of values, by their labels. The state is freed afterwards.
 *
 * Returns 0, or another value to end the query with TS_STATUS_CALLBACK. `terms` lives during the call
 * only; the callback must not free it.
 */
typedef int32_t (*ts_aggregate_finish_fn)(void *user_data,
                                          void *state,
                                          struct ts_terms *terms,
                                          uint32_t *result);

/**
 * Frees the state of a group: after its result, or instead of it if the query ends before or the
 * group has met an error.
 */
typedef void (*ts_aggregate_free_fn)(void *user_data, void *state);

/**
 * How a dump is written. Set struct_size to sizeof(ts_dump_options) and the rest to zero
 * (`ts_dump_options options = {.struct_size = sizeof options}`).
 */
typedef struct ts_dump_options {
    uint32_t struct_size;
    /** A ts_format. */
    int32_t format;
    /** What IRIs are written relative to, in Turtle, TriG and JSON-LD. Empty: all are absolute. */
    struct ts_text base_iri;
    /**
     * Prefix names and IRIs in turns, with a zero byte between them
     * ("ex\0http://example.org/\0foaf\0http://xmlns.com/foaf/0.1/"), for Turtle, TriG and RDF/XML.
     */
    struct ts_text prefixes;
    /** A ts_named_graphs. */
    int32_t named_graphs;
    /** 1: ts_dump_file() replaces a file that exists; 0: it refuses to. */
    int32_t overwrite;
} ts_dump_options;

/** What a commit did. Set struct_size to sizeof(ts_committed) before the call. */
typedef struct ts_committed {
    uint32_t struct_size;
    /** Always 0. */
    uint32_t reserved;
    /** The number of the commit; that of the one before if nothing changed. */
    uint64_t seq;
    /** Quads that were not there before. */
    uint64_t inserted;
    /** Quads that were there. */
    uint64_t deleted;
} ts_committed;

/**
 * Gives the document at an IRI that LOAD names: writes it with ts_reply_write(), sets `format` to a
 * ts_format if the extension at the end of the IRI does not tell, and returns 0; or refuses it with
 * another value, which fails the LOAD unless it is SILENT. It must not use the store or the
 * transaction.
 */
typedef int32_t (*ts_document_fn)(void *user_data,
                                  const char *iri,
                                  size_t iri_len,
                                  struct ts_reply *reply,
                                  int32_t *format);

/**
 * How an update is run. Set struct_size to sizeof(ts_update_options) and the rest to zero
 * (`ts_update_options options = {.struct_size = sizeof options}`): LOAD may then read nothing.
 */
typedef struct ts_update_options {
    uint32_t struct_size;
    /** A ts_default_graph: what patterns without WITH and USING read. */
    int32_t default_graph;
    /** A ts_view: what patterns read. Data is deleted and inserted as asserted in any case. */
    int32_t view;
    /** 1 allows LOAD to read files, named by file: IRIs, below path_root if that is configured. */
    int32_t load_files;
    /**
     * Milliseconds from the start of running; 0: the limit of the configuration
     * (update_timeout_ms). The earlier one of this, the configuration's and that of the ts_op
     * counts.
     */
    uint64_t timeout_ms;
    /** What relative IRIs in the text are resolved against. Empty: they are errors. */
    struct ts_text base_iri;
    /** A directory that files of LOAD must lie under. Empty: any, within path_root. */
    struct ts_text load_root;
    /** The ts_format of documents that LOAD reads. */
    int32_t load_format;
    /** Always 0. */
    uint32_t reserved;
    /**
     * Gives the documents of LOAD that are not read as files; NULL refuses them. It is called
     * while the update lasts.
     */
    ts_document_fn load_documents;
    void *load_documents_user_data;
} ts_update_options;

/** A reader. Set struct_size to sizeof(ts_pin) before the call. */
typedef struct ts_pin {
    uint32_t struct_size;
    /** A ts_pin_kind. */
    int32_t kind;
    /** The last commit it sees. */
    uint64_t seq;
    uint64_t age_ms;
    /** 1 if a limit has ended it and it was not freed yet. */
    int32_t ended;
    /** Always 0. */
    uint32_t reserved;
} ts_pin;

/** A term of a batch. */
typedef struct ts_batch_entry {
    /** A ts_term_kind. */
    uint8_t kind;
    /** A ts_direction. */
    uint8_t direction;
    /** Always 0. */
    uint16_t reserved;
    /**
     * Literals: the index of the entry of the datatype IRI, which may be behind those that rows
     * name. Else TS_UNBOUND.
     */
    uint32_t datatype;
    /**
     * Bytes from the start of the block to the text: the IRI, the label of the blank node without
     * "_:", or the lexical form. A zero byte follows it. For a triple term three u32: the indexes
     * of subject, predicate and object, aligned to 4.
     */
    uint64_t offset;
    /** Bytes of the text, without the zero byte; 12 for a triple term. */
    uint32_t length;
    /**
     * Bytes of the language tag, which follows the text after its zero byte and has one itself. 0:
     * there is none.
     */
    uint32_t language_length;
} ts_batch_entry;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/* Version -------------------------------------------------------------------------------------- */

/**
 * The version of the library that is running, such as "0.1.0".
 *
 * Owner: static, never freed.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_version(void);

/**
 * The version of the library that is running as a number: major * 1000000 + minor * 1000 +
 * patch. TS_VERSION_NUMBER is that of the header.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
uint32_t ts_version_number(void);

/**
 * The ABI of the library that is running. It fits the header if it equals TS_ABI_VERSION.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
uint32_t ts_abi_version(void);

/* Status --------------------------------------------------------------------------------------- */

/**
 * How many statuses there are, for ts_status_at().
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
size_t ts_status_count(void);

/**
 * The status at an index from 0, in ascending order; -1 behind the last. Bindings check their
 * constants with it.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
int32_t ts_status_at(size_t index);

/**
 * The name of a status, such as "query_parse_error"; empty for a number that is not a status.
 *
 * Owner: static, never freed.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_status_name(int32_t status);

/**
 * The sentence for a status: the same for every error of that status, without data, fit to be
 * shown to anyone. Empty for a number that is not a status.
 *
 * Owner: static, never freed.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_status_message(int32_t status);

/**
 * The category of a status; TS_CATEGORY_NONE for what is not an error.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
ts_category ts_status_category(int32_t status);

/**
 * The name of the category of a status, such as "query"; empty for a number that is not a status.
 *
 * Owner: static, never freed.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_status_category_name(int32_t status);

/**
 * Whether the same call may succeed later without any change.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
bool ts_status_retriable(int32_t status);

/* Errors --------------------------------------------------------------------------------------- */

/**
 * The status of the call that failed; TS_STATUS_OK for NULL.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
ts_status ts_error_status(const struct ts_error *error);

/**
 * The category of the status; TS_CATEGORY_NONE for NULL.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
ts_category ts_error_category(const struct ts_error *error);

/**
 * The name of the status, such as "query_parse_error"; empty for NULL.
 *
 * Owner: static, never freed.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_error_name(const struct ts_error *error);

/**
 * A sentence without data, paths or query text, fit to be shown to anyone; empty for NULL.
 *
 * Owner: static, never freed.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_error_message(const struct ts_error *error);

/**
 * What happened, for the operator: may name files and quote data. Empty for NULL.
 *
 * Owner: borrowed from the error.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_error_detail(const struct ts_error *error);

/**
 * What can be done about it; empty where nothing is known, and for NULL.
 *
 * Owner: borrowed from the error.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_error_hint(const struct ts_error *error);

/**
 * Number, position, detail and hint in one line, for a log or a terminal; empty for NULL.
 *
 * Owner: borrowed from the error.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_error_text(const struct ts_error *error);

/**
 * Whether the same call may succeed later without any change.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
bool ts_error_retriable(const struct ts_error *error);

/**
 * Where in the query or document the error was found. Answers false, and leaves `position`
 * alone, if the error has no position or an argument is not valid.
 *
 * Owner: `position` is the caller's; its file is borrowed from the error.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
bool ts_error_position(const struct ts_error *error, struct ts_position *position);

/**
 * Frees an error; NULL is ignored. Texts borrowed from it are gone afterwards.
 *
 * Owner: takes the error.
 * Threads: any, once.
 * Cost: none.
 * Errors: none.
 */
void ts_error_free(struct ts_error *error);

/* Operations: cancel, deadline, progress ------------------------------------------------------- */

/**
 * Makes the controls of one operation. NULL only if memory is exhausted.
 *
 * Owner: the caller, until ts_op_free().
 * Threads: any.
 * Cost: one allocation.
 * Errors: none.
 */
struct ts_op *ts_op_new(void);

/**
 * Asks the operation to stop: it returns TS_STATUS_CANCELLED within a batch, page or block. Has
 * no effect on an operation that has ended; one that starts later stops at once. NULL is ignored.
 *
 * Owner: borrows op.
 * Threads: any, at any time, also while the operation runs. Safe in a signal handler: it only
 * stores to an atomic.
 * Cost: none.
 * Errors: none.
 */
void ts_op_cancel(const struct ts_op *op);

/**
 * Whether ts_op_cancel() was called, or the progress callback asked to stop. False for NULL.
 *
 * Owner: borrows op.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
bool ts_op_is_cancelled(const struct ts_op *op);

/**
 * Sets the deadline: `timeout_ms` milliseconds from this call. The operation returns
 * TS_STATUS_QUERY_TIMEOUT once it has passed; the time between two calls for rows counts too. A
 * limit in the configuration of the store holds as well; the earlier one counts.
 *
 * Owner: borrows op.
 * Threads: any, before the operation starts.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_ARGUMENT if the operation has started.
 */
TS_NODISCARD
ts_status ts_op_set_timeout(const struct ts_op *op,
                            uint64_t timeout_ms,
                            struct ts_error **err);

/**
 * Reads how far the operation is.
 *
 * Owner: `progress` is the caller's.
 * Threads: any, at any time, also while the operation runs.
 * Cost: none; the counters are read one by one, not at one instant.
 * Errors: TS_STATUS_INVALID_ARGUMENT.
 */
TS_NODISCARD
ts_status ts_op_progress(const struct ts_op *op,
                         struct ts_progress *progress,
                         struct ts_error **err);

/**
 * Has `callback` called every `interval_ms` milliseconds (at least 1) while the operation runs,
 * and once when it ends. A program that can poll ts_op_progress() needs no callback.
 *
 * Owner: `user_data` belongs to the library from this call on, also if it fails: it calls `drop`
 * once, after the last call of `callback`.
 * Threads: any, before the operation starts. `callback` and `drop` run on a thread of the
 * library; `callback` never runs twice at a time.
 * Cost: a thread for as long as the operation runs.
 * Errors: TS_STATUS_INVALID_ARGUMENT if `callback` is NULL or the operation has started.
 */
TS_NODISCARD
ts_status ts_op_set_progress(const struct ts_op *op,
                             uint64_t interval_ms,
                             ts_progress_fn callback,
                             void *user_data,
                             ts_drop_fn drop,
                             struct ts_error **err);

/**
 * The words for a ts_phase; empty for a number that is not one.
 *
 * Owner: static, never freed.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_phase_name(int32_t phase);

/**
 * Frees the controls; NULL is ignored. An operation that uses them goes on without.
 *
 * Owner: takes op.
 * Threads: any, once, when no other call uses op.
 * Cost: none.
 * Errors: none.
 */
void ts_op_free(struct ts_op *op);

/* Configuration -------------------------------------------------------------------------------- */

/**
 * Makes a configuration with the defaults. NULL only if memory is exhausted.
 *
 * Owner: the caller, until ts_config_free().
 * Threads: any.
 * Cost: reads a few small files of the kernel for defaults that depend on the machine.
 * Errors: none.
 */
struct ts_config *ts_config_new(void);

/**
 * Replaces all settings by those of a preset: "default", "tiny", "server", "bulk".
 *
 * Owner: borrows config; the name is read during the call only.
 * Threads: exclusive use of config.
 * Cost: as ts_config_new().
 * Errors: TS_STATUS_INVALID_CONFIG (the hint lists the presets), TS_STATUS_INVALID_UTF8,
 * TS_STATUS_INVALID_ARGUMENT.
 */
TS_NODISCARD
ts_status ts_config_preset(struct ts_config *config,
                           const char *name,
                           size_t name_len,
                           struct ts_error **err);

/**
 * Sets one setting from text, such as "memory_budget_bytes" to "2 GiB".
 *
 * Owner: borrows config; name and value are read during the call only.
 * Threads: exclusive use of config.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_CONFIG for an unknown name or a value out of range, then nothing has
 * changed and the hint lists what is valid; TS_STATUS_INVALID_UTF8, TS_STATUS_INVALID_ARGUMENT.
 */
TS_NODISCARD
ts_status ts_config_set(struct ts_config *config,
                        const char *name,
                        size_t name_len,
                        const char *value,
                        size_t value_len,
                        struct ts_error **err);

/**
 * Reads one setting as text that ts_config_set() takes back.
 *
 * Owner: the value is borrowed from config until its next call.
 * Threads: exclusive use of config.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_CONFIG for an unknown name, TS_STATUS_INVALID_UTF8,
 * TS_STATUS_INVALID_ARGUMENT.
 */
TS_NODISCARD
ts_status ts_config_get(struct ts_config *config,
                        const char *name,
                        size_t name_len,
                        struct ts_text *value,
                        struct ts_error **err);

/**
 * Checks all settings together, as opening a store with them does.
 *
 * Owner: borrows config.
 * Threads: any; config is only read.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_CONFIG, TS_STATUS_INVALID_ARGUMENT.
 */
TS_NODISCARD ts_status ts_config_check(const struct ts_config *config, struct ts_error **err);

/**
 * How many settings there are, for ts_knob_at().
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
size_t ts_knob_count(void);

/**
 * What there is to know about the setting at an index from 0.
 *
 * Owner: `knob` is the caller's, its texts are static.
 * Threads: any.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_ARGUMENT, also for an index behind the last.
 */
TS_NODISCARD ts_status ts_knob_at(size_t index, struct ts_knob *knob, struct ts_error **err);

/**
 * How many presets there are, for ts_preset_at().
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
size_t ts_preset_count(void);

/**
 * What there is to know about the preset at an index from 0.
 *
 * Owner: `preset` is the caller's, its texts are static.
 * Threads: any.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_ARGUMENT, also for an index behind the last.
 */
TS_NODISCARD ts_status ts_preset_at(size_t index, struct ts_preset *preset, struct ts_error **err);

/**
 * Frees a configuration; NULL is ignored.
 *
 * Owner: takes config.
 * Threads: any, once, when no other call uses config.
 * Cost: none.
 * Errors: none.
 */
void ts_config_free(struct ts_config *config);

/* Logging -------------------------------------------------------------------------------------- */

/**
 * Has `callback` called for every event at `level` (a ts_log_level) or above, in the whole
 * process; it replaces the callback before it. TS_LOG_LEVEL_OFF or a NULL callback ends logging.
 *
 * Owner: `user_data` belongs to the library from this call on, also if it fails: it calls `drop`
 * once, after the last call of `callback`, which may be later than the next ts_log_set().
 * Threads: any. `callback` is called from any thread, from several at a time, and must not call
 * ts_log_set().
 * Cost: microseconds.
 * Errors: TS_STATUS_INVALID_ARGUMENT for a level that is not one, or if the process is a Rust
 * program that has a subscriber of its own.
 */
TS_NODISCARD
ts_status ts_log_set(int32_t level,
                     ts_log_fn callback,
                     void *user_data,
                     ts_drop_fn drop,
                     struct ts_error **err);

/* Store ---------------------------------------------------------------------------------------- */

/**
 * Opens the store in a directory. Whether it is created if it is not there (create_if_missing),
 * opened for reading only (read_only) and confined to a root (path_root) is configuration; NULL is
 * the default configuration.
 *
 * Owner: the caller, until ts_close(). path is read and config copied during the call.
 * Threads: any.
 * Cost: milliseconds; replays the log after a crash.
 * Errors: TS_STATUS_NOT_FOUND, TS_STATUS_NOT_A_STORE, TS_STATUS_FORMAT_TOO_NEW,
 * TS_STATUS_STORE_IN_USE (the detail names the holder), TS_STATUS_WAL_DAMAGED (see ts_recover()),
 * TS_STATUS_CORRUPTION, TS_STATUS_OPEN_FAILED, TS_STATUS_IO, TS_STATUS_INVALID_CONFIG,
 * TS_STATUS_INVALID_PATH.
 */
TS_NODISCARD
ts_status ts_open(const char *path,
                  size_t path_len,
                  const struct ts_config *config,
                  struct ts_store **store,
                  struct ts_error **err);

/**
 * Makes a store in memory: the same engine, nothing on disk, gone when it is closed.
 *
 * Owner: the caller, until ts_close(). config (NULL: the defaults) is copied.
 * Threads: any.
 * Cost: milliseconds.
 * Errors: TS_STATUS_INVALID_CONFIG, TS_STATUS_OPEN_FAILED.
 */
TS_NODISCARD
ts_status ts_open_memory(const struct ts_config *config,
                         struct ts_store **store,
                         struct ts_error **err);

/**
 * Opens a store that ts_open() refuses with TS_STATUS_WAL_DAMAGED, keeping every commit before the
 * damage in its log and giving up those after it.
 *
 * Owner: as ts_open().
 * Threads: any.
 * Cost: as ts_open().
 * Errors: as ts_open().
 */
TS_NODISCARD
ts_status ts_recover(const char *path,
                     size_t path_len,
                     const struct ts_config *config,
                     struct ts_store **store,
                     struct ts_error **err);

/**
 * Closes the store and keeps the handle: operations under way end, files are closed and the
 * directory is free when the call returns. From then on every call on the store and on what was
 * made from it answers TS_STATUS_CLOSED. Doing it again does nothing.
 *
 * Owner: borrows store.
 * Threads: any, at any time, also while other threads use the store.
 * Cost: waits for operations under way to notice, writes what is not written yet.
 * Errors: TS_STATUS_IO; the store is closed all the same, and the log has every commit.
 */
TS_NODISCARD ts_status ts_shutdown(const struct ts_store *store, struct ts_error **err);

/**
 * ts_shutdown(), and frees the handle; NULL is ignored. What was made from the store is freed by
 * itself, before or after.
 *
 * Owner: takes the store.
 * Threads: any, once, when no other call on this handle is under way (ts_shutdown() ends those).
 * Cost: that of ts_shutdown(); none after it.
 * Errors: none; what ts_shutdown() would answer is logged.
 */
void ts_close(struct ts_store *store);

/**
 * Makes every commit so far survive power loss, whatever the durability that is configured.
 *
 * Owner: borrows store.
 * Threads: any.
 * Cost: an fsync.
 * Errors: TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD ts_status ts_sync(const struct ts_store *store, struct ts_error **err);

/**
 * Merges everything into its most compact form and gives freed space back to the system. Never
 * needed for correctness: the store merges in the background by itself.
 *
 * Owner: borrows store and op, which may be NULL.
 * Threads: any; others read and write meanwhile.
 * Cost: reads and writes the store once.
 * Errors: TS_STATUS_BUSY, TS_STATUS_READ_ONLY, TS_STATUS_REOPEN_REQUIRED, TS_STATUS_CANCELLED,
 * TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK, TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_compact(const struct ts_store *store,
                     const struct ts_op *op,
                     struct ts_error **err);

/* Statistics, health, check -------------------------------------------------------------------- */

/**
 * Counts what a store holds, exactly.
 *
 * Owner: borrows store and op, which may be NULL; `stats` is the caller's.
 * Threads: any.
 * Cost: one pass over the leading columns of three sort orders: seconds for 100 million quads.
 * Errors: TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK, TS_STATUS_CORRUPT_BLOCK,
 * TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_stats(const struct ts_store *store,
                   const struct ts_op *op,
                   struct ts_store_stats *stats,
                   struct ts_error **err);

/**
 * Says how a store is doing.
 *
 * Owner: borrows store; `report` is the caller's.
 * Threads: any.
 * Cost: microseconds.
 * Errors: TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_health(const struct ts_store *store,
                    struct ts_health_report *report,
                    struct ts_error **err);

/**
 * Verifies a store: every block against its checksum and directory, every count, every term, and
 * that all sort orders hold the same quads. Damage is in the report and not an error of the call.
 *
 * Owner: borrows store and op, which may be NULL; the report is the caller's, until
 * ts_check_report_free().
 * Threads: any; others read and write meanwhile.
 * Cost: reads the store once.
 * Errors: TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK, TS_STATUS_IO,
 * TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_check(const struct ts_store *store,
                   const struct ts_op *op,
                   struct ts_check_report **report,
                   struct ts_error **err);

/**
 * The numbers of a check.
 *
 * Owner: borrows the report; `counts` is the caller's.
 * Threads: any.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_ARGUMENT.
 */
TS_NODISCARD
ts_status ts_check_report_counts(const struct ts_check_report *report,
                                 struct ts_check_counts *counts,
                                 struct ts_error **err);

/**
 * The problem at an index from 0, in words; empty behind the last that is described.
 *
 * Owner: borrowed from the report.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_check_report_problem(const struct ts_check_report *report, size_t index);

/**
 * Frees a report; NULL is ignored.
 *
 * Owner: takes the report.
 * Threads: any, once.
 * Cost: none.
 * Errors: none.
 */
void ts_check_report_free(struct ts_check_report *report);

/* Loading -------------------------------------------------------------------------------------- */

/**
 * Loads files: one path, or several with a zero byte between them ("a.ttl\0b.nt"), several at a
 * time in one transaction. Without checkpoints readers see all of it or nothing.
 *
 * Owner: borrows store, options (NULL: the defaults) and op, which may be NULL; paths are read
 * during the call only. The report (NULL if it is not wanted) is the caller's, until
 * ts_load_report_free().
 * Threads: any; others read and write meanwhile, writers wait while it commits.
 * Cost: seconds for a million statements; memory within the budget of the store.
 * Errors: TS_STATUS_DATA_PARSE, TS_STATUS_INVALID_IRI, TS_STATUS_INVALID_UTF8,
 * TS_STATUS_NESTING_TOO_DEEP, TS_STATUS_TERM_TOO_LARGE, TS_STATUS_TRUNCATED_INPUT,
 * TS_STATUS_REMOTE_CONTEXT (with file, line and column); TS_STATUS_INVALID_PATH,
 * TS_STATUS_FILE_NOT_FOUND, TS_STATUS_FILE_TOO_LARGE, TS_STATUS_UNKNOWN_FORMAT; TS_STATUS_BUSY,
 * TS_STATUS_READ_ONLY, TS_STATUS_REOPEN_REQUIRED, TS_STATUS_COMMIT_IN_DOUBT, TS_STATUS_IO,
 * TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK, TS_STATUS_CLOSED,
 * TS_STATUS_FORKED. After an error nothing was loaded, except up to a checkpoint, and see
 * TS_STATUS_COMMIT_IN_DOUBT.
 */
TS_NODISCARD
ts_status ts_load(const struct ts_store *store,
                  const char *paths,
                  size_t paths_len,
                  const struct ts_load_options *options,
                  const struct ts_op *op,
                  struct ts_load_report **report,
                  struct ts_error **err);

/**
 * Loads a document from memory. The options must name its format.
 *
 * Owner: as ts_load(); data is read during the call only.
 * Threads: as ts_load().
 * Cost: as ts_load().
 * Errors: as ts_load().
 */
TS_NODISCARD
ts_status ts_load_memory(const struct ts_store *store,
                         const char *data,
                         size_t data_len,
                         const struct ts_load_options *options,
                         const struct ts_op *op,
                         struct ts_load_report **report,
                         struct ts_error **err);

/**
 * Adds bytes to the document that a ts_context_fn gives.
 *
 * Owner: borrows reply; data is copied.
 * Threads: that of the callback, during its call.
 * Cost: a copy.
 * Errors: TS_STATUS_INVALID_ARGUMENT.
 */
TS_NODISCARD
ts_status ts_reply_write(struct ts_reply *reply,
                         const char *data,
                         size_t data_len,
                         struct ts_error **err);

/**
 * The numbers of a load.
 *
 * Owner: borrows the report; `counts` is the caller's.
 * Threads: any.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_ARGUMENT.
 */
TS_NODISCARD
ts_status ts_load_report_counts(const struct ts_load_report *report,
                                struct ts_load_counts *counts,
                                struct ts_error **err);

/**
 * The bad statement at an index from 0, in the order of the documents.
 *
 * Owner: `bad` is the caller's, its texts are borrowed from the report.
 * Threads: any.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_ARGUMENT, also for an index behind the last that is described.
 */
TS_NODISCARD
ts_status ts_load_report_bad(const struct ts_load_report *report,
                             size_t index,
                             struct ts_bad_statement *bad,
                             struct ts_error **err);

/**
 * Frees a report; NULL is ignored.
 *
 * Owner: takes the report.
 * Threads: any, once.
 * Cost: none.
 * Errors: none.
 */
void ts_load_report_free(struct ts_load_report *report);

/* Loading by pushing --------------------------------------------------------------------------- */

/**
 * Begins a load that is pushed with ts_loader_write(). The options must name the format. Nothing
 * is visible until ts_loader_finish(), except checkpoints.
 *
 * Owner: the loader is the caller's, until ts_loader_free(); options are copied, op (may be NULL)
 * serves the whole load, the callbacks of the options until the loader is freed.
 * Threads: any; others read and write until the end, when the load takes the right to write.
 * Cost: a thread and 4 MiB for as long as the load lasts.
 * Errors: TS_STATUS_INVALID_ARGUMENT without a format, TS_STATUS_UNKNOWN_FORMAT,
 * TS_STATUS_INVALID_IRI, TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_loader_new(const struct ts_store *store,
                        const struct ts_load_options *options,
                        const struct ts_op *op,
                        struct ts_loader **loader,
                        struct ts_error **err);

/**
 * Hands over the next bytes of the document, cut anywhere.
 *
 * Owner: borrows loader; data is copied.
 * Threads: exclusive use of loader.
 * Cost: a copy; waits while the load is behind.
 * Errors: those of ts_load(), after which the load has ended and nothing was loaded;
 * TS_STATUS_TRANSACTION_ENDED if it had ended before.
 */
TS_NODISCARD
ts_status ts_loader_write(struct ts_loader *loader,
                          const char *data,
                          size_t data_len,
                          struct ts_error **err);

/**
 * The document is complete: waits until it is loaded. The loader has ended, well or not, and is
 * still to be freed.
 *
 * Owner: borrows loader; the report (NULL if it is not wanted) is the caller's.
 * Threads: exclusive use of loader.
 * Cost: what is left of the load.
 * Errors: as ts_loader_write().
 */
TS_NODISCARD
ts_status ts_loader_finish(struct ts_loader *loader,
                           struct ts_load_report **report,
                           struct ts_error **err);

/**
 * Gives the load up: nothing was loaded. The loader has ended and is still to be freed. After the
 * end it does nothing.
 *
 * Owner: borrows loader.
 * Threads: exclusive use of loader.
 * Cost: waits until the load has noticed.
 * Errors: TS_STATUS_INVALID_ARGUMENT.
 */
TS_NODISCARD ts_status ts_loader_abort(struct ts_loader *loader, struct ts_error **err);

/**
 * Frees a loader, aborting a load that has not ended; NULL is ignored.
 *
 * Owner: takes the loader.
 * Threads: any, once.
 * Cost: that of ts_loader_abort().
 * Errors: none.
 */
void ts_loader_free(struct ts_loader *loader);

/**
 * Loads a document that a callback reads: ts_loader_new(), ts_loader_write() of everything,
 * ts_loader_finish().
 *
 * Owner: as ts_load(); user_data is only used during the call.
 * Threads: any; the callback is called on the calling thread only.
 * Cost: as ts_loader_new() and ts_load().
 * Errors: as ts_load(); TS_STATUS_CALLBACK if the callback asks to stop, then nothing was loaded.
 */
TS_NODISCARD
ts_status ts_load_reader(const struct ts_store *store,
                         ts_read_fn callback,
                         void *user_data,
                         const struct ts_load_options *options,
                         const struct ts_op *op,
                         struct ts_load_report **report,
                         struct ts_error **err);

/* Queries -------------------------------------------------------------------------------------- */

/**
 * Parses and checks a SPARQL query: SELECT, ASK, CONSTRUCT or DESCRIBE.
 *
 * Owner: the statement is the caller's, until ts_statement_free(). The text is read and options
 * (NULL: the defaults) copied during the call.
 * Threads: any.
 * Cost: 10-50 microseconds for a short text.
 * Errors: TS_STATUS_QUERY_PARSE (with line, column and a hint), TS_STATUS_QUERY_UNSUPPORTED,
 * TS_STATUS_QUERY_LIMIT, TS_STATUS_NESTING_TOO_DEEP, TS_STATUS_INVALID_IRI,
 * TS_STATUS_INVALID_UTF8, TS_STATUS_NOT_IMPLEMENTED, TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_prepare(const struct ts_store *store,
                     const char *sparql,
                     size_t sparql_len,
                     const struct ts_query_options *options,
                     struct ts_statement **statement,
                     struct ts_error **err);

/**
 * The ts_query_kind of a statement; TS_QUERY_KIND_NONE if the argument is not valid.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
ts_query_kind ts_statement_kind(const struct ts_statement *statement);

/**
 * How many columns the rows will have.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none; 0 if the argument is not valid.
 */
size_t ts_statement_variable_count(const struct ts_statement *statement);

/**
 * The name of a column from 0, without a question mark; empty behind the last.
 *
 * Owner: borrowed from the statement.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_statement_variable(const struct ts_statement *statement, size_t index);

/**
 * The plan of a statement in a ts_explain_format, with estimates, as it would be run now.
 *
 * Owner: the text is borrowed from the statement until its next ts_statement_explain().
 * Threads: exclusive use of statement.
 * Cost: 5 microseconds for each triple pattern, and what reading counts takes.
 * Errors: TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK,
 * TS_STATUS_CORRUPT_BLOCK, TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_statement_explain(struct ts_statement *statement,
                               int32_t format,
                               const struct ts_op *op,
                               struct ts_text *plan,
                               struct ts_error **err);

/**
 * Runs a statement on the newest commit. Rows are worked as they are asked for.
 *
 * Owner: borrows statement, which may be freed before the rows; op (may be NULL) serves until the
 * rows are freed or at their end. The rows are the caller's, until ts_rows_free().
 * Threads: any; a statement may run many times at once.
 * Cost: planning, 5 microseconds for each triple pattern, unless the statement was last run on the
 * same data.
 * Errors: TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK,
 * TS_STATUS_CORRUPT_BLOCK, TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_execute(const struct ts_statement *statement,
                     const struct ts_op *op,
                     struct ts_rows **rows,
                     struct ts_error **err);

/**
 * ts_prepare() and ts_execute() in one call.
 *
 * Owner: as these two.
 * Threads: any.
 * Cost: that of these two.
 * Errors: those of these two.
 */
TS_NODISCARD
ts_status ts_query(const struct ts_store *store,
                   const char *sparql,
                   size_t sparql_len,
                   const struct ts_query_options *options,
                   const struct ts_op *op,
                   struct ts_rows **rows,
                   struct ts_error **err);

/**
 * Frees a statement; NULL is ignored. Its rows go on.
 *
 * Owner: takes the statement.
 * Threads: any, once.
 * Cost: none.
 * Errors: none.
 */
void ts_statement_free(struct ts_statement *statement);

/* Inspecting texts ----------------------------------------------------------------------------- */

/**
 * Reads a query or update without running it; which one it is follows from the text. No store is
 * needed, and functions of the program are not known: see ts_store_inspect().
 *
 * Owner: the inspection is the caller's, until ts_inspection_free(). The text and options (NULL: the
 * defaults; only base_iri is read) are read during the call.
 * Threads: any.
 * Cost: 10-50 microseconds for a short text.
 * Errors: what is wrong with the text, as running it would answer: TS_STATUS_QUERY_PARSE (with line,
 * column and a hint), TS_STATUS_QUERY_UNSUPPORTED, TS_STATUS_QUERY_LIMIT,
 * TS_STATUS_NESTING_TOO_DEEP, TS_STATUS_INVALID_IRI, TS_STATUS_INVALID_UTF8,
 * TS_STATUS_NOT_IMPLEMENTED.
 */
TS_NODISCARD
ts_status ts_inspect(const char *sparql,
                     size_t sparql_len,
                     const struct ts_query_options *options,
                     struct ts_inspection **inspection,
                     struct ts_error **err);

/**
 * ts_inspect() as a store sees the text: the functions and aggregates that are registered with it
 * are known.
 *
 * Owner: as ts_inspect(); borrows store.
 * Threads: any.
 * Cost: as ts_inspect().
 * Errors: as ts_inspect(), and TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_store_inspect(const struct ts_store *store,
                           const char *sparql,
                           size_t sparql_len,
                           const struct ts_query_options *options,
                           struct ts_inspection **inspection,
                           struct ts_error **err);

/**
 * What was found.
 *
 * Owner: facts is the caller's.
 * Threads: any.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_ARGUMENT.
 */
TS_NODISCARD
ts_status ts_inspection_read(const struct ts_inspection *inspection,
                             struct ts_inspection_facts *facts,
                             struct ts_error **err);

/**
 * The name of a column from 0, without a question mark; empty behind the last.
 *
 * Owner: borrowed from the inspection.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_inspection_column(const struct ts_inspection *inspection, size_t index);

/**
 * All that was found, as a JSON object: also the data set, and of each operation of an update its
 * name, the graphs it may change, and the document it loads; and the endpoints that SERVICE asks.
 * docs/sparql.md has the keys.
 *
 * Owner: borrowed from the inspection.
 * Threads: any.
 * Cost: none.
 * Errors: none; empty if the argument is not valid.
 */
struct ts_text ts_inspection_json(const struct ts_inspection *inspection);

/**
 * Frees an inspection; NULL is ignored.
 *
 * Owner: takes the inspection.
 * Threads: any, once.
 * Cost: none.
 * Errors: none.
 */
void ts_inspection_free(struct ts_inspection *inspection);

/* Federation ----------------------------------------------------------------------------------- */

/**
 * Sets what answers SERVICE in queries of the store, and which endpoints may be asked. Without it
 * SERVICE is TS_STATUS_SERVICE_REFUSED. `allowed` lists IRIs with a zero byte between them; one
 * that ends in a slash and a star stands for every IRI that begins with what comes before the star,
 * and a star alone for all: then a query can have the host connect to any address. Queries that run
 * keep what was set when they began. A `callback` of NULL turns SERVICE off again.
 *
 * Owner: borrows store; the list is copied. `user_data` belongs to the library from this call on,
 * also if it fails: it calls `drop` once, after the last call of `callback`.
 * Threads: any. `callback` runs on the thread that asks for rows or on one of the library, for several queries
 * at once. It may use the store, but not the rows of the query that called it.
 * Cost: none; each SERVICE pattern of a query is one call, or one for each endpoint if that is a
 * variable.
 * Errors: TS_STATUS_INVALID_ARGUMENT for a list that is not one, TS_STATUS_INVALID_UTF8,
 * TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_set_service(const struct ts_store *store,
                         const char *allowed,
                         size_t allowed_len,
                         ts_service_fn callback,
                         void *user_data,
                         ts_drop_fn drop,
                         struct ts_error **err);

/**
 * The IRI of the endpoint.
 *
 * Owner: borrowed from the call.
 * Threads: any, while the callback runs.
 * Cost: none.
 * Errors: none; empty if the argument is not valid.
 */
struct ts_text ts_service_call_endpoint(const struct ts_service_call *call);

/**
 * The SELECT query for the endpoint. Its solutions are those of the SERVICE pattern.
 *
 * Owner: borrowed from the call.
 * Threads: any, while the callback runs.
 * Cost: none.
 * Errors: none; empty if the argument is not valid.
 */
struct ts_text ts_service_call_query(const struct ts_service_call *call);

/**
 * Milliseconds until the deadline of the query; UINT64_MAX if it has none, 0 if it has passed.
 *
 * Owner: a plain value.
 * Threads: any, while the callback runs.
 * Cost: a look at the clock.
 * Errors: none; 0 if the argument is not valid.
 */
uint64_t ts_service_call_remaining_ms(const struct ts_service_call *call);

/**
 * Whether the answer is still wanted: TS_STATUS_OK, or why the query ends.
 *
 * Owner: borrows call.
 * Threads: any, while the callback runs.
 * Cost: a look at the clock.
 * Errors: TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_SNAPSHOT_TOO_OLD,
 * TS_STATUS_CLOSED, TS_STATUS_INVALID_ARGUMENT.
 */
ts_status ts_service_call_check(const struct ts_service_call *call);

/**
 * Says what the result document is: a media type, as in the Content-Type of a reply over HTTP, of
 * SPARQL results in JSON, XML or TSV. JSON if nothing is said.
 *
 * Owner: the text is read during the call.
 * Threads: any, while the callback runs.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_ARGUMENT for any other type, TS_STATUS_INVALID_UTF8.
 */
TS_NODISCARD
ts_status ts_service_call_set_media_type(const struct ts_service_call *call,
                                         const char *media_type,
                                         size_t media_type_len,
                                         struct ts_error **err);

/**
 * Appends a piece of the result document. An error also fails the SERVICE pattern, whatever the
 * callback returns.
 *
 * Owner: the bytes are copied, and count as memory of the query.
 * Threads: any, while the callback runs.
 * Cost: a copy.
 * Errors: TS_STATUS_RESOURCE_EXHAUSTED, TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT,
 * TS_STATUS_CLOSED, TS_STATUS_INVALID_ARGUMENT.
 */
TS_NODISCARD
ts_status ts_service_call_write(const struct ts_service_call *call,
                                const char *data,
                                size_t data_len,
                                struct ts_error **err);

/**
 * Says why the endpoint failed: the message of TS_STATUS_SERVICE_FAILED. SERVICE SILENT passes over
 * it.
 *
 * Owner: the text is copied.
 * Threads: any, while the callback runs.
 * Cost: a copy.
 * Errors: none.
 */
void ts_service_call_fail(const struct ts_service_call *call,
                          const char *message,
                          size_t message_len);

/* Rows ----------------------------------------------------------------------------------------- */

/**
 * What the rows are of; TS_QUERY_KIND_NONE if the argument is not valid.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
ts_query_kind ts_rows_kind(const struct ts_rows *rows);

/**
 * How many columns the rows have.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none; 0 if the argument is not valid.
 */
size_t ts_rows_column_count(const struct ts_rows *rows);

/**
 * The name of a column from 0, without a question mark; empty behind the last.
 *
 * Owner: borrowed from the rows.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_rows_column(const struct ts_rows *rows, size_t index);

/**
 * How many rows ts_rows_next() and ts_rows_write() have given so far.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none; 0 if the argument is not valid.
 */
uint64_t ts_rows_given(const struct ts_rows *rows);

/**
 * Whether the end was reached: ts_rows_given() is then the number of all rows. For ASK, whether
 * the answer is known.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none; false if the argument is not valid, and after an error.
 */
bool ts_rows_done(const struct ts_rows *rows);

/**
 * Gets the next rows: at least one and at most max_rows, 2,048 at most. max_ms bounds the time of
 * the call in milliseconds: 0 does not wait at all, TS_NO_LIMIT waits for rows. Answers
 * TS_STATUS_ROWS with a batch; TS_STATUS_WAITING without one if the time was over first, then the
 * query goes on by itself and the next call takes what it has; TS_STATUS_DONE at the end, and
 * again on every further call.
 *
 * Owner: the batch is the caller's, until ts_batch_free(); it does not need the rows.
 * Threads: exclusive use of rows.
 * Cost: the query's. A limit of time costs a thread for as long as the rows live.
 * Errors: TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_QUERY_LIMIT, TS_STATUS_CALLBACK,
 * TS_STATUS_CORRUPT_BLOCK, TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED;
 * TS_STATUS_SNAPSHOT_TOO_OLD for rows that were kept longer than max_version_age_ms or hold more
 * than max_pinned_bytes; TS_STATUS_TRANSACTION_ENDED after another error; TS_STATUS_INVALID_ARGUMENT for ASK.
 */
TS_NODISCARD
ts_status ts_rows_next(struct ts_rows *rows,
                       size_t max_rows,
                       int64_t max_ms,
                       struct ts_batch **batch,
                       struct ts_error **err);

/**
 * Gets the answer of ASK. max_ms is that of ts_rows_next(): TS_STATUS_WAITING if the time was over
 * first.
 *
 * Owner: `answer` is the caller's.
 * Threads: exclusive use of rows.
 * Cost: the query's, once.
 * Errors: those of ts_rows_next(); TS_STATUS_INVALID_ARGUMENT if the query is not ASK.
 */
TS_NODISCARD
ts_status ts_rows_boolean(struct ts_rows *rows,
                          int64_t max_ms,
                          bool *answer,
                          struct ts_error **err);

/**
 * The plan of a running query in a ts_explain_format, with the rows each operator has given so far
 * (and its time, with measure_times of ts_query_options). Empty for a match and while a query that
 * answered TS_STATUS_WAITING is at work. To analyze a query, read or write its rows first.
 *
 * Owner: the text is borrowed from the rows until their next ts_rows_explain().
 * Threads: exclusive use of rows.
 * Cost: microseconds.
 * Errors: TS_STATUS_INVALID_ARGUMENT, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_rows_explain(struct ts_rows *rows,
                          int32_t format,
                          struct ts_text *plan,
                          struct ts_error **err);

/**
 * Frees rows and ends their query; NULL is ignored.
 *
 * Owner: takes the rows.
 * Threads: any, once.
 * Cost: none; a query that is at work ends by itself soon after.
 * Errors: none.
 */
void ts_rows_free(struct ts_rows *rows);

/* Batches -------------------------------------------------------------------------------------- */

/**
 * How many rows the batch has.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none; 0 if the argument is not valid.
 */
size_t ts_batch_rows(const struct ts_batch *batch);

/**
 * How many columns the batch has.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none; 0 if the argument is not valid.
 */
size_t ts_batch_columns(const struct ts_batch *batch);

/**
 * How many terms the batch has: those of its rows, the parts of triple terms, and the datatypes.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none; 0 if the argument is not valid.
 */
size_t ts_batch_terms(const struct ts_batch *batch);

/**
 * The index of the term at a row and column; TS_UNBOUND if there is none.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none; TS_UNBOUND also if an argument is not valid.
 */
uint32_t ts_batch_index(const struct ts_batch *batch, size_t row, size_t column);

/**
 * The term at a row and column, without a copy; its kind is TS_TERM_KIND_UNBOUND if there is none.
 *
 * Owner: `term` is the caller's, its texts are borrowed from the batch.
 * Threads: any.
 * Cost: nanoseconds.
 * Errors: TS_STATUS_INVALID_ARGUMENT, also for a row or column that is not in the batch.
 */
TS_NODISCARD
ts_status ts_batch_term(const struct ts_batch *batch,
                        size_t row,
                        size_t column,
                        struct ts_term *term,
                        struct ts_error **err);

/**
 * The term at an index, such as a part of a triple term.
 *
 * Owner: `term` is the caller's, its texts are borrowed from the batch.
 * Threads: any.
 * Cost: nanoseconds.
 * Errors: TS_STATUS_INVALID_ARGUMENT, also for an index that is not in the batch.
 */
TS_NODISCARD
ts_status ts_batch_term_at(const struct ts_batch *batch,
                           uint32_t index,
                           struct ts_term *term,
                           struct ts_error **err);

/**
 * The block of memory that the batch is; NULL if the argument is not valid. Its byte_len says how
 * long it is.
 *
 * Owner: borrowed from the batch.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
const struct ts_batch_header *ts_batch_data(const struct ts_batch *batch);

/**
 * Frees a batch; NULL is ignored.
 *
 * Owner: takes the batch.
 * Threads: any, once.
 * Cost: none.
 * Errors: none.
 */
void ts_batch_free(struct ts_batch *batch);

/* Results as documents ------------------------------------------------------------------------- */

/**
 * The media type of a ts_result_format; empty for TS_RESULT_FORMAT_DEFAULT and a number that is
 * none.
 *
 * Owner: borrowed for ever.
 * Threads: any.
 * Cost: none.
 * Errors: none.
 */
struct ts_text ts_result_format_media_type(int32_t format);

/**
 * The ts_result_format of a name (an extension, a media type, whose parameters are ignored, or the
 * format's own name, in any case) for results of a ts_query_kind: "json" and "xml" are others for
 * graphs than for rows.
 *
 * Owner: `format` is the caller's.
 * Threads: any.
 * Cost: none.
 * Errors: TS_STATUS_UNKNOWN_FORMAT, TS_STATUS_INVALID_UTF8; TS_STATUS_INVALID_ARGUMENT for a kind
 * that has no results.
 */
TS_NODISCARD
ts_status ts_result_format_find(const char *name,
                                size_t name_len,
                                int32_t kind,
                                int32_t *format,
                                struct ts_error **err);

/**
 * Writes the rows that ts_rows_next() has not given yet as a document, through a callback, in
 * pieces of about 64 KiB (256 KiB for graphs) while the query is worked; of ASK its answer. The
 * rows are then at their end.
 *
 * After an error the callback has had the beginning of a document. In JSON, XML, RDF/XML and
 * JSON-LD no parser takes that for a whole; in the other formats it looks like a shorter result,
 * and this call's status is the only sign that it is not. Nothing is written to mark it. The rows
 * have ended then: later calls answer TS_STATUS_TRANSACTION_ENDED.
 *
 * Owner: borrows rows and options (NULL: the defaults); user_data is only used during the call.
 * `written` (NULL if it is not wanted) is the caller's: how many rows or statements, 0 for ASK.
 * Threads: exclusive use of rows; the callback is called on the calling thread only.
 * Cost: the query's, and 10 to 20 nanoseconds a value. Memory for one batch.
 * Errors: those of ts_rows_next(); TS_STATUS_QUERY_INVALID_OPTION for a format of the other kind;
 * TS_STATUS_INVALID_INPUT for what the format cannot express; TS_STATUS_CALLBACK;
 * TS_STATUS_INVALID_ARGUMENT (also for a prefix or base that is not an IRI),
 * TS_STATUS_INVALID_UTF8.
 */
TS_NODISCARD
ts_status ts_rows_write(struct ts_rows *rows,
                        const struct ts_write_options *options,
                        ts_write_fn callback,
                        void *user_data,
                        uint64_t *written,
                        struct ts_error **err);

/**
 * ts_query() and ts_rows_write() in one call.
 *
 * Owner: borrows store, the text, both options, and op, which may be NULL; the rest as
 * ts_rows_write().
 * Threads: any; the callback is called on the calling thread only.
 * Cost: that of these two.
 * Errors: those of these two.
 */
TS_NODISCARD
ts_status ts_query_write(const struct ts_store *store,
                         const char *sparql,
                         size_t sparql_len,
                         const struct ts_query_options *query_options,
                         const struct ts_write_options *write_options,
                         ts_write_fn callback,
                         void *user_data,
                         const struct ts_op *op,
                         uint64_t *written,
                         struct ts_error **err);

/* Terms ---------------------------------------------------------------------------------------- */

/**
 * Makes an empty list. NULL only if memory is exhausted.
 *
 * Owner: the caller, until ts_terms_free().
 * Threads: any.
 * Cost: one allocation.
 * Errors: none.
 */
struct ts_terms *ts_terms_new(void);

/**
 * Adds an absolute IRI, without angle brackets.
 *
 * Owner: borrows terms; the text is copied.
 * Threads: exclusive use of terms.
 * Cost: a copy.
 * Errors: TS_STATUS_INVALID_IRI, TS_STATUS_INVALID_UTF8.
 */
TS_NODISCARD
ts_status ts_terms_iri(struct ts_terms *terms,
                       const char *iri,
                       size_t iri_len,
                       uint32_t *index,
                       struct ts_error **err);

/**
 * Adds a blank node by its label, without "_:". A label that this store printed means that node;
 * ts_txn_blank_node() makes a new one.
 *
 * Owner: borrows terms; the text is copied.
 * Threads: exclusive use of terms.
 * Cost: a copy.
 * Errors: TS_STATUS_INVALID_INPUT for text that is no label, TS_STATUS_INVALID_UTF8.
 */
TS_NODISCARD
ts_status ts_terms_blank(struct ts_terms *terms,
                         const char *label,
                         size_t label_len,
                         uint32_t *index,
                         struct ts_error **err);

/**
 * Adds a literal. An empty datatype is xsd:string, or that of language-tagged strings if there is
 * a language; direction is a ts_direction.
 *
 * Owner: borrows terms; the texts are copied.
 * Threads: exclusive use of terms.
 * Cost: a copy.
 * Errors: TS_STATUS_INVALID_IRI for the datatype, TS_STATUS_INVALID_INPUT for a language tag that
 * is not one or does not go with the datatype, TS_STATUS_INVALID_UTF8.
 */
TS_NODISCARD
ts_status ts_terms_literal(struct ts_terms *terms,
                           const char *lexical,
                           size_t lexical_len,
                           const char *datatype,
                           size_t datatype_len,
                           const char *language,
                           size_t language_len,
                           int32_t direction,
                           uint32_t *index,
                           struct ts_error **err);

/**
 * Adds a triple term of three terms of the list.
 *
 * Owner: borrows terms.
 * Threads: exclusive use of terms.
 * Cost: a copy of the three.
 * Errors: TS_STATUS_INVALID_ARGUMENT for an index that is not in the list, TS_STATUS_INVALID_INPUT
 * for a term that cannot stand where it does, TS_STATUS_NESTING_TOO_DEEP.
 */
TS_NODISCARD
ts_status ts_terms_triple(struct ts_terms *terms,
                          uint32_t subject,
                          uint32_t predicate,
                          uint32_t object,
                          uint32_t *index,
                          struct ts_error **err);

/**
 * Adds a copy of a term of a batch, with the parts it has.
 *
 * Owner: borrows terms and batch.
 * Threads: exclusive use of terms.
 * Cost: a copy.
 * Errors: TS_STATUS_INVALID_ARGUMENT for an index that is not in the batch.
 */
TS_NODISCARD
ts_status ts_terms_copy(struct ts_terms *terms,
                        const struct ts_batch *batch,
                        uint32_t batch_index,
                        uint32_t *index,
                        struct ts_error **err);

/**
 * How many terms the list has.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none; 0 if the argument is not valid.
 */
size_t ts_terms_count(const struct ts_terms *terms);

/**
 * Empties the list, to be filled again.
 *
 * Owner: borrows terms; labels borrowed from it are gone.
 * Threads: exclusive use of terms.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_ARGUMENT.
 */
TS_NODISCARD ts_status ts_terms_clear(struct ts_terms *terms, struct ts_error **err);

/**
 * Frees a list; NULL is ignored.
 *
 * Owner: takes the list.
 * Threads: any, once.
 * Cost: none.
 * Errors: none.
 */
void ts_terms_free(struct ts_terms *terms);

/* Functions of your own ------------------------------------------------------------------------ */

/**
 * Registers a function that queries of the store call by its IRI, in place of one with this IRI.
 * Queries that are prepared from now on may call it; those that were prepared before are refused
 * when they run if the function is gone, and go on with it if they run already. A query that calls
 * an IRI that is not registered is refused with TS_STATUS_QUERY_UNSUPPORTED. NULL options are the
 * defaults.
 *
 * Owner: `user_data` belongs to the library from this call on, also if it fails: it calls `drop`
 * once, after the last call of `function`: when the function is replaced, unregistered or the store
 * freed, and no query runs that may call it.
 * Threads: any. `function` is called from any thread, from several at a time.
 * Cost: microseconds.
 * Errors: TS_STATUS_INVALID_ARGUMENT without a function, for more arguments at least than at most,
 * or for the IRI of a constructor of XML Schema; TS_STATUS_INVALID_IRI, TS_STATUS_INVALID_UTF8,
 * TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_register_function(const struct ts_store *store,
                               const char *iri,
                               size_t iri_len,
                               const struct ts_function_options *options,
                               ts_function_fn function,
                               void *user_data,
                               ts_drop_fn drop,
                               struct ts_error **err);

/**
 * Forgets a function; one that is not registered is no error. Queries that run keep it until they
 * end.
 *
 * Owner: see ts_register_function() for the function's user_data.
 * Threads: any.
 * Cost: microseconds.
 * Errors: TS_STATUS_INVALID_UTF8, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_unregister_function(const struct ts_store *store,
                                 const char *iri,
                                 size_t iri_len,
                                 struct ts_error **err);

/* Aggregates of your own ----------------------------------------------------------------------- */

/**
 * Registers an aggregate that queries of the store call by its IRI, as in
 * SELECT (<iri>(DISTINCT ?x) AS ?y) {..} GROUP BY ?z, in place of an aggregate or function with this
 * IRI. Queries that are prepared from now on may call it; those that run keep what they began with.
 * A group that has met an error among its values has no value and is not finished. `free` may be
 * NULL; the other callbacks may not.
 *
 * Owner: `user_data` belongs to the library from this call on, also if it fails: it calls `drop`
 * once, after the last call of a callback: when the aggregate is replaced, unregistered or the store
 * freed, and no query runs that may call it. A state belongs to the library between the call that
 * makes it and the one that frees it.
 * Threads: any. The callbacks are called from any thread, from several at a time for several
 * queries. What the states of a query hold is not counted as its memory.
 * Cost: microseconds.
 * Errors: TS_STATUS_INVALID_ARGUMENT without a callback or for the IRI of a constructor of XML
 * Schema; TS_STATUS_INVALID_IRI, TS_STATUS_INVALID_UTF8, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_register_aggregate(const struct ts_store *store,
                                const char *iri,
                                size_t iri_len,
                                ts_aggregate_new_fn new_state,
                                ts_aggregate_step_fn step,
                                ts_aggregate_finish_fn finish,
                                ts_aggregate_free_fn free_state,
                                void *user_data,
                                ts_drop_fn drop,
                                struct ts_error **err);

/**
 * Forgets an aggregate; one that is not registered is no error. Queries that run keep it until they
 * end.
 *
 * Owner: see ts_register_aggregate() for its user_data.
 * Threads: any.
 * Cost: microseconds.
 * Errors: TS_STATUS_INVALID_UTF8, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_unregister_aggregate(const struct ts_store *store,
                                  const char *iri,
                                  size_t iri_len,
                                  struct ts_error **err);

/* Patterns: matching and counting without SPARQL ----------------------------------------------- */

/**
 * Makes a pattern that every quad matches. NULL only if memory is exhausted.
 *
 * Owner: the caller, until ts_pattern_free().
 * Threads: any.
 * Cost: one allocation.
 * Errors: none.
 */
struct ts_pattern *ts_pattern_new(void);

/**
 * Requires the term at an index of a list in a place (a ts_place). A term that cannot stand there
 * in a quad matches nothing. A blank node is meant by the label that the store printed.
 *
 * Owner: borrows pattern and terms; the term is copied.
 * Threads: exclusive use of pattern.
 * Cost: a copy.
 * Errors: TS_STATUS_INVALID_ARGUMENT, TS_STATUS_INVALID_INPUT for a graph that is neither an IRI
 * nor a blank node.
 */
TS_NODISCARD
ts_status ts_pattern_require(struct ts_pattern *pattern,
                             int32_t place,
                             const struct ts_terms *terms,
                             uint32_t index,
                             struct ts_error **err);

/**
 * Sets the graphs (a ts_graphs), in place of a graph that was required.
 *
 * Owner: borrows pattern.
 * Threads: exclusive use of pattern.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_ARGUMENT.
 */
TS_NODISCARD
ts_status ts_pattern_graphs(struct ts_pattern *pattern,
                            int32_t graphs,
                            struct ts_error **err);

/**
 * Sets the view (a ts_view).
 *
 * Owner: borrows pattern.
 * Threads: exclusive use of pattern.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_ARGUMENT.
 */
TS_NODISCARD
ts_status ts_pattern_view(struct ts_pattern *pattern,
                          int32_t view,
                          struct ts_error **err);

/**
 * Frees a pattern; NULL is ignored.
 *
 * Owner: takes the pattern.
 * Threads: any, once.
 * Cost: none.
 * Errors: none.
 */
void ts_pattern_free(struct ts_pattern *pattern);

/**
 * Starts reading the quads of the newest commit that match a pattern (NULL: all), as rows of
 * subject, predicate, object and graph.
 *
 * Owner: borrows store and pattern; op (may be NULL) serves until the rows are freed or at their
 * end. The rows are the caller's, until ts_rows_free().
 * Threads: any.
 * Cost: a look-up for each term of the pattern; the rows are read as they are asked for, in the
 * order of the sort that answers the pattern.
 * Errors: TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK,
 * TS_STATUS_CORRUPT_BLOCK, TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_match(const struct ts_store *store,
                   const struct ts_pattern *pattern,
                   const struct ts_op *op,
                   struct ts_rows **rows,
                   struct ts_error **err);

/**
 * The exact number of quads of the newest commit that match a pattern (NULL: all).
 *
 * Owner: borrows store, pattern and op, which may be NULL; `count` is the caller's.
 * Threads: any.
 * Cost: microseconds where the places that are required begin a sort order, for all graphs or the
 * default graph; else a scan.
 * Errors: those of ts_match().
 */
TS_NODISCARD
ts_status ts_count(const struct ts_store *store,
                   const struct ts_pattern *pattern,
                   const struct ts_op *op,
                   uint64_t *count,
                   struct ts_error **err);

/* Dumping -------------------------------------------------------------------------------------- */

/**
 * Writes the quads of the newest commit that match a pattern (NULL: all) as a document, through a
 * callback, in pieces of up to 256 KiB. The options must name the format.
 *
 * Owner: borrows store, pattern, options and op, which may be NULL; user_data is only used during
 * the call. `statements` (NULL if it is not wanted) is the caller's: how many were written.
 * Threads: any; the callback is called on the calling thread only. Others write meanwhile.
 * Cost: reads what matches once; about a second for a million statements.
 * Errors: TS_STATUS_INVALID_INPUT for what the format cannot express (named graphs, triple terms),
 * TS_STATUS_INVALID_ARGUMENT (also for a prefix or base that is not an IRI),
 * TS_STATUS_UNKNOWN_FORMAT, TS_STATUS_CALLBACK, TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT,
 * TS_STATUS_CORRUPT_BLOCK, TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED. After an error the
 * callback has had a part of the document.
 */
TS_NODISCARD
ts_status ts_dump(const struct ts_store *store,
                  const struct ts_pattern *pattern,
                  const struct ts_dump_options *options,
                  ts_write_fn callback,
                  void *user_data,
                  const struct ts_op *op,
                  uint64_t *statements,
                  struct ts_error **err);

/**
 * As ts_dump(), to a file, which is synced at the end.
 *
 * Owner: as ts_dump(); path is read during the call only.
 * Threads: any.
 * Cost: as ts_dump().
 * Errors: as ts_dump(); TS_STATUS_INVALID_ARGUMENT if the file exists, TS_STATUS_FILE_NOT_FOUND if
 * its directory does not, TS_STATUS_INVALID_PATH. After an error the file is incomplete.
 */
TS_NODISCARD
ts_status ts_dump_file(const struct ts_store *store,
                       const struct ts_pattern *pattern,
                       const char *path,
                       size_t path_len,
                       const struct ts_dump_options *options,
                       const struct ts_op *op,
                       uint64_t *statements,
                       struct ts_error **err);

/* Transactions, and writing without SPARQL ----------------------------------------------------- */

/**
 * Begins a write transaction, waiting for the one before (write_wait_ms). One that is not used for
 * write_idle_ms is rolled back: its next call answers TS_STATUS_TRANSACTION_ENDED.
 *
 * Owner: borrows store; op (may be NULL) serves the whole transaction. The transaction is the
 * caller's, until ts_txn_free().
 * Threads: any.
 * Cost: waiting.
 * Errors: TS_STATUS_BUSY, TS_STATUS_READ_ONLY, TS_STATUS_REOPEN_REQUIRED, TS_STATUS_CANCELLED,
 * TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK, TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_txn_begin(const struct ts_store *store,
                       const struct ts_op *op,
                       struct ts_txn **txn,
                       struct ts_error **err);

/**
 * Inserts the quads of a buffer of N-Quads, all or none. The buffer is a document: its blank node
 * labels are new nodes.
 *
 * Owner: borrows txn; text is read during the call only.
 * Threads: exclusive use of txn.
 * Cost: a microsecond for each quad; memory in the budget of the store.
 * Errors: TS_STATUS_DATA_PARSE, TS_STATUS_INVALID_IRI, TS_STATUS_INVALID_UTF8,
 * TS_STATUS_NESTING_TOO_DEEP, TS_STATUS_TERM_TOO_LARGE (with line and column), after which the
 * transaction goes on without the buffer; TS_STATUS_TRANSACTION_ENDED, TS_STATUS_CANCELLED,
 * TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK, TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_txn_insert_nquads(struct ts_txn *txn,
                               const char *text,
                               size_t text_len,
                               struct ts_error **err);

/**
 * Deletes the quads of a buffer of N-Quads, all or none. Those that are not there are ignored. Text
 * addresses no stored blank node, so a label is an error; ts_txn_delete() can delete such quads.
 *
 * Owner: borrows txn; text is read during the call only.
 * Threads: exclusive use of txn.
 * Cost: as ts_txn_insert_nquads().
 * Errors: as ts_txn_insert_nquads(); TS_STATUS_INVALID_INPUT for a blank node, with its place.
 */
TS_NODISCARD
ts_status ts_txn_delete_nquads(struct ts_txn *txn,
                               const char *text,
                               size_t text_len,
                               struct ts_error **err);

/**
 * Inserts quads of terms, all or none: quad_count times four indexes into terms, for subject,
 * predicate, object and graph; TS_UNBOUND as the graph is the default graph.
 *
 * Owner: borrows txn and terms; quads is read during the call only.
 * Threads: exclusive use of txn.
 * Cost: microseconds for each quad.
 * Errors: TS_STATUS_INVALID_ARGUMENT for an index that is not in the list, TS_STATUS_INVALID_INPUT
 * for a term that cannot stand where it does and for a blank node whose label the store has not
 * printed, TS_STATUS_TERM_TOO_LARGE, after which the transaction goes on without these quads;
 * TS_STATUS_TRANSACTION_ENDED, TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK,
 * TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_txn_insert(struct ts_txn *txn,
                        const struct ts_terms *terms,
                        const uint32_t *quads,
                        size_t quad_count,
                        struct ts_error **err);

/**
 * Deletes quads of terms, all or none, given as for ts_txn_insert(). Those that are not there are
 * ignored.
 *
 * Owner: as ts_txn_insert().
 * Threads: exclusive use of txn.
 * Cost: as ts_txn_insert().
 * Errors: as ts_txn_insert().
 */
TS_NODISCARD
ts_status ts_txn_delete(struct ts_txn *txn,
                        const struct ts_terms *terms,
                        const uint32_t *quads,
                        size_t quad_count,
                        struct ts_error **err);

/**
 * Adds a blank node that is in no quad yet to a list of terms, for use in this transaction, and
 * after its commit wherever the node is in a quad.
 *
 * Owner: borrows txn and terms; `label` (NULL if it is not wanted) is borrowed from terms.
 * Threads: exclusive use of txn and terms.
 * Cost: none.
 * Errors: TS_STATUS_TRANSACTION_ENDED, TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_txn_blank_node(struct ts_txn *txn,
                            struct ts_terms *terms,
                            uint32_t *index,
                            struct ts_text *label,
                            struct ts_error **err);

/**
 * Makes the changes visible and as durable as the store is configured. The transaction has ended,
 * well or not, and is still to be freed. The last change of a quad counts. Rows that were opened in
 * it go on. Of a read transaction it is the end, and `committed` has the commit that it saw.
 *
 * Owner: borrows txn; `committed` (NULL if it is not wanted) is the caller's.
 * Threads: exclusive use of txn.
 * Cost: an fsync with durability sync; a microsecond or two for each quad.
 * Errors: TS_STATUS_COMMIT_IN_DOUBT: opening the store again decides whether all of it is there or
 * nothing. Otherwise nothing was committed: TS_STATUS_TRANSACTION_ENDED,
 * TS_STATUS_REOPEN_REQUIRED, TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK,
 * TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_txn_commit(struct ts_txn *txn,
                        struct ts_committed *committed,
                        struct ts_error **err);

/**
 * Gives the changes up. The transaction has ended and is still to be freed. Rows that were opened in
 * it answer TS_STATUS_TRANSACTION_ENDED if it had changed anything. After the end it does nothing.
 *
 * Owner: borrows txn.
 * Threads: exclusive use of txn.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_ARGUMENT, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_txn_rollback(struct ts_txn *txn,
                          struct ts_error **err);

/**
 * Frees a transaction, rolling one back that has not ended; NULL is ignored.
 *
 * Owner: takes the transaction.
 * Threads: any, once.
 * Cost: none.
 * Errors: none.
 */
void ts_txn_free(struct ts_txn *txn);

/**
 * ts_txn_begin(), ts_txn_insert_nquads() and ts_txn_commit() in one call.
 *
 * Owner: as these; `committed` may be NULL.
 * Threads: any.
 * Cost: that of these.
 * Errors: those of these; nothing has changed then, but see TS_STATUS_COMMIT_IN_DOUBT.
 */
TS_NODISCARD
ts_status ts_insert_nquads(const struct ts_store *store,
                           const char *text,
                           size_t text_len,
                           const struct ts_op *op,
                           struct ts_committed *committed,
                           struct ts_error **err);

/**
 * ts_txn_begin(), ts_txn_delete_nquads() and ts_txn_commit() in one call.
 *
 * Owner: as these; `committed` may be NULL.
 * Threads: any.
 * Cost: that of these.
 * Errors: those of these; nothing has changed then, but see TS_STATUS_COMMIT_IN_DOUBT.
 */
TS_NODISCARD
ts_status ts_delete_nquads(const struct ts_store *store,
                           const char *text,
                           size_t text_len,
                           const struct ts_op *op,
                           struct ts_committed *committed,
                           struct ts_error **err);

/**
 * ts_txn_begin(), ts_txn_insert() and ts_txn_commit() in one call.
 *
 * Owner: as these; `committed` may be NULL.
 * Threads: any.
 * Cost: that of these.
 * Errors: those of these; nothing has changed then, but see TS_STATUS_COMMIT_IN_DOUBT.
 */
TS_NODISCARD
ts_status ts_insert(const struct ts_store *store,
                    const struct ts_terms *terms,
                    const uint32_t *quads,
                    size_t quad_count,
                    const struct ts_op *op,
                    struct ts_committed *committed,
                    struct ts_error **err);

/**
 * ts_txn_begin(), ts_txn_delete() and ts_txn_commit() in one call.
 *
 * Owner: as these; `committed` may be NULL.
 * Threads: any.
 * Cost: that of these.
 * Errors: those of these; nothing has changed then, but see TS_STATUS_COMMIT_IN_DOUBT.
 */
TS_NODISCARD
ts_status ts_delete(const struct ts_store *store,
                    const struct ts_terms *terms,
                    const uint32_t *quads,
                    size_t quad_count,
                    const struct ts_op *op,
                    struct ts_committed *committed,
                    struct ts_error **err);

/* Updates -------------------------------------------------------------------------------------- */

/**
 * Runs an update request of any number of operations as one transaction: all of them, each seeing
 * those before it, or none. Waits for the writer before (write_wait_ms).
 *
 * Owner: borrows store and op, which may be NULL; the text is read and options (NULL: the
 * defaults) copied during the call. `committed` (NULL if it is not wanted) is the caller's; its
 * counts are net over the request.
 * Threads: any; others read meanwhile, writers wait.
 * Cost: that of the patterns, a microsecond or two for each quad, an fsync with durability sync.
 * Memory is bounded: changes that outgrow it go to disk.
 * Errors: TS_STATUS_QUERY_PARSE (with line, column and a hint), TS_STATUS_QUERY_UNSUPPORTED,
 * TS_STATUS_QUERY_LIMIT, TS_STATUS_NESTING_TOO_DEEP, TS_STATUS_INVALID_IRI,
 * TS_STATUS_INVALID_UTF8; TS_STATUS_INVALID_INPUT for CREATE of a graph that exists,
 * TS_STATUS_TERM_TOO_LARGE; for LOAD TS_STATUS_QUERY_INVALID_OPTION if it is not allowed, and those
 * of ts_load(); TS_STATUS_BUSY, TS_STATUS_READ_ONLY, TS_STATUS_REOPEN_REQUIRED,
 * TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK, TS_STATUS_CORRUPT_BLOCK,
 * TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED; nothing has changed then, but see
 * TS_STATUS_COMMIT_IN_DOUBT.
 */
TS_NODISCARD
ts_status ts_update(const struct ts_store *store,
                    const char *sparql,
                    size_t sparql_len,
                    const struct ts_update_options *options,
                    const struct ts_op *op,
                    struct ts_committed *committed,
                    struct ts_error **err);

/**
 * Runs an update request within a write transaction: all of its operations or, after an error,
 * none, and the transaction goes on. Later calls of the transaction see what it did; others do once
 * it is committed. Rows that were opened before go on as they were.
 *
 * Owner: borrows txn; the text is read and options (NULL: the defaults) copied during the call. op
 * serves this call; NULL: the one of the transaction does. `inserted` and `deleted` (NULL if they
 * are not wanted) are net over the request.
 * Threads: exclusive use of txn.
 * Cost: as ts_update(), without the commit.
 * Errors: those of ts_update() but TS_STATUS_BUSY and TS_STATUS_COMMIT_IN_DOUBT;
 * TS_STATUS_READ_ONLY in a read transaction, TS_STATUS_TRANSACTION_ENDED.
 */
TS_NODISCARD
ts_status ts_txn_update(struct ts_txn *txn,
                        const char *sparql,
                        size_t sparql_len,
                        const struct ts_update_options *options,
                        const struct ts_op *op,
                        uint64_t *inserted,
                        uint64_t *deleted,
                        struct ts_error **err);

/* Reading in a transaction --------------------------------------------------------------------- */

/**
 * Begins a read transaction: everything read in it is of the newest commit of this moment. There
 * may be any number of them, they hold no lock, and writers go on. Until it is freed, data that was
 * replaced since is kept on disk: one that is older than max_version_age_ms while it keeps such
 * data, or that keeps more than max_pinned_bytes, is ended after a warning in the log, and what reads
 * in it answers TS_STATUS_SNAPSHOT_TOO_OLD. ts_pins() lists who keeps what.
 *
 * ts_txn_commit() and ts_txn_rollback() end it alike; writing in it answers TS_STATUS_READ_ONLY.
 *
 * Owner: borrows store. The transaction is the caller's, until ts_txn_free().
 * Threads: any.
 * Cost: a microsecond.
 * Errors: TS_STATUS_CLOSED, TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_txn_begin_read(const struct ts_store *store,
                            struct ts_txn **txn,
                            struct ts_error **err);

/**
 * Runs a statement in a transaction. The rows are those of this moment of the transaction: later
 * changes of it do not show. They may be read after the transaction was committed, and after it was
 * freed without having written; once it is rolled back, also by being idle or freed, they answer
 * TS_STATUS_TRANSACTION_ENDED. While they are read, a write transaction does not count as idle.
 *
 * Owner: borrows txn and statement; op (may be NULL) serves until the rows are freed or at their
 * end. The rows are the caller's, until ts_rows_free().
 * Threads: exclusive use of txn during the call; the rows are independent of it.
 * Cost: that of ts_execute(); in a write transaction also a microsecond for each quad changed since
 * it was last read.
 * Errors: those of ts_execute(); TS_STATUS_TRANSACTION_ENDED, TS_STATUS_SNAPSHOT_TOO_OLD.
 */
TS_NODISCARD
ts_status ts_txn_execute(struct ts_txn *txn,
                         const struct ts_statement *statement,
                         const struct ts_op *op,
                         struct ts_rows **rows,
                         struct ts_error **err);

/**
 * ts_prepare() and ts_txn_execute() in one call.
 *
 * Owner: as these two.
 * Threads: exclusive use of txn during the call; the rows are independent of it.
 * Cost: that of these two.
 * Errors: those of these two.
 */
TS_NODISCARD
ts_status ts_txn_query(struct ts_txn *txn,
                       const char *sparql,
                       size_t sparql_len,
                       const struct ts_query_options *options,
                       const struct ts_op *op,
                       struct ts_rows **rows,
                       struct ts_error **err);

/**
 * ts_match() in a transaction; of the rows what ts_txn_execute() says.
 *
 * Owner: borrows txn and pattern; op (may be NULL) serves until the rows are freed or at their end.
 * The rows are the caller's, until ts_rows_free().
 * Threads: exclusive use of txn during the call; the rows are independent of it.
 * Cost: that of ts_match() and ts_txn_execute().
 * Errors: those of ts_match(); TS_STATUS_TRANSACTION_ENDED, TS_STATUS_SNAPSHOT_TOO_OLD.
 */
TS_NODISCARD
ts_status ts_txn_match(struct ts_txn *txn,
                       const struct ts_pattern *pattern,
                       const struct ts_op *op,
                       struct ts_rows **rows,
                       struct ts_error **err);

/**
 * ts_count() in a transaction.
 *
 * Owner: borrows txn, pattern and op, which may be NULL; `count` is the caller's.
 * Threads: exclusive use of txn.
 * Cost: that of ts_count(), and what ts_txn_execute() says of write transactions.
 * Errors: those of ts_count(); TS_STATUS_TRANSACTION_ENDED, TS_STATUS_SNAPSHOT_TOO_OLD.
 */
TS_NODISCARD
ts_status ts_txn_count(struct ts_txn *txn,
                       const struct ts_pattern *pattern,
                       const struct ts_op *op,
                       uint64_t *count,
                       struct ts_error **err);

/* Readers -------------------------------------------------------------------------------------- */

/**
 * Lists who reads the store now, oldest first: what keeps replaced data on disk.
 *
 * Owner: borrows store. The list is the caller's, until ts_pin_list_free().
 * Threads: any.
 * Cost: a microsecond and some memory for each reader.
 * Errors: TS_STATUS_FORKED.
 */
TS_NODISCARD
ts_status ts_pins(const struct ts_store *store,
                  struct ts_pin_list **pins,
                  struct ts_error **err);

/**
 * How many readers a list has.
 *
 * Owner: a plain value.
 * Threads: any.
 * Cost: none.
 * Errors: none; 0 if the argument is not valid.
 */
size_t ts_pin_list_count(const struct ts_pin_list *pins);

/**
 * Describes a reader of a list, from 0.
 *
 * Owner: borrows pins; `pin` is the caller's.
 * Threads: any.
 * Cost: none.
 * Errors: TS_STATUS_INVALID_ARGUMENT behind the last.
 */
TS_NODISCARD
ts_status ts_pin_list_at(const struct ts_pin_list *pins,
                         size_t index,
                         struct ts_pin *pin,
                         struct ts_error **err);

/**
 * Frees a list; NULL is ignored.
 *
 * Owner: takes the list.
 * Threads: any, once.
 * Cost: none.
 * Errors: none.
 */
void ts_pin_list_free(struct ts_pin_list *pins);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TRIPLESTORE_H */
