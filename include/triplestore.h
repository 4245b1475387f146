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
 * Handles. A ts_x * is opaque. What a function makes is freed with the ts_x_free() of its type,
 * never with free(). Freeing NULL does nothing. A handle made from another one keeps what it needs
 * of it: free them in any order. A NULL handle, one of another type, or one that was visibly freed
 * before is answered with TS_STATUS_INVALID_ARGUMENT; do not rely on it, memory may have been used
 * again.
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
 * are set to zero or NULL before any work, so after an error there is nothing to free. Every call
 * that takes err may also answer TS_STATUS_INVALID_ARGUMENT, TS_STATUS_RESOURCE_EXHAUSTED and
 * TS_STATUS_INTERNAL (a defect of the library, caught before it reaches the host).
 *
 * Text. Text goes in as pointer and length in bytes, UTF-8, without an ending zero byte; a length of
 * 0 is the empty text whatever the pointer is. It comes out as ts_text, borrowed from the owner that
 * the function names, followed by a zero byte. RDF terms may contain zero bytes: use the length.
 *
 * Structures. A structure that begins with struct_size may grow in later versions. Set struct_size
 * to its sizeof before the call. An older library sets the fields it does not know to zero; a newer
 * one writes only what the program knows.
 *
 * Numbers for enumerations. Where a parameter or field is an enumeration it is an int32_t, so that
 * an unknown number is an error and not undefined behaviour.
 *
 * Callbacks. A callback takes the user_data it was registered with, and a ts_drop_fn that is called
 * once when user_data is no longer needed. It may run on a thread of the library. It must return: no
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
 * The settings to open a store with. Made with the defaults, changed by name, copied when a store
 * is opened with it.
 */
typedef struct ts_config ts_config;

/** Why a call failed. Made by the library, owned by the caller, independent of every other handle. */
typedef struct ts_error ts_error;

/**
 * The controls of one operation: a load, a query with its rows, a dump, a check. Made before it,
 * passed to it, usable from any thread while it runs. It serves one operation and outlives it
 * safely.
 */
typedef struct ts_op ts_op;

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

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TRIPLESTORE_H */
