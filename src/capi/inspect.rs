//! Section "Statistics, health, check".

use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::op::{Running, ts_op};
use super::sized::{Sized32, check_wanted, fill};
use super::status::ts_status;
use super::store::ts_store;
use super::text::{ZeroEnded, ts_text};
use crate::database::CheckReport;
use crate::store::Durability;
use safer_ffi::derive_ReprC;

/// Numbers about the content of a store. Set struct_size to sizeof(ts_store_stats) before the call.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_store_stats {
    pub struct_size: u32,
    /// Always 0.
    pub reserved: u32,
    pub quads: u64,
    /// Quads that were written.
    pub asserted: u64,
    /// Quads that only follow from others.
    pub inferred: u64,
    pub default_graph_quads: u64,
    pub named_graph_quads: u64,
    pub named_graphs: u64,
    pub distinct_subjects: u64,
    pub distinct_predicates: u64,
    pub distinct_objects: u64,
    /// Terms in the dictionary; numbers, dates and short texts are not among them.
    pub dictionary_terms: u64,
    /// Prefixes of IRIs that end in a number, which are not in the dictionary.
    pub iri_prefixes: u64,
    /// Bytes of all files of the store; 0 in memory.
    pub disk_bytes: u64,
}

impl Sized32 for ts_store_stats {
    const NAME: &'static str = "ts_store_stats";
    const FIRST_SIZE: usize = size_of::<ts_store_stats>();
}

/// When a commit that was acknowledged survives.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_durability {
    /// Power loss.
    Sync = 0,
    /// A crash of the process; power loss after the interval.
    Interval = 1,
    /// A crash of the process.
    OsBuffered = 2,
}

/// How a store is doing. Set struct_size to sizeof(ts_health_report) before the call.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_health_report {
    pub struct_size: u32,
    /// 1 if commits are taken: open for writing, and no write has failed. Else 0.
    pub writable: i32,
    /// A ts_durability.
    pub durability: i32,
    /// The most runs that any sort order has on disk: how far merging is behind.
    pub runs_max: u32,
    /// The number of the last commit.
    pub seq: u64,
    pub quads: u64,
    /// Bytes charged to the memory budget, and the most it hands out.
    pub memory_used_bytes: u64,
    pub memory_limit_bytes: u64,
    /// Bytes of commits that are in memory and in the log, but not in runs yet.
    pub unspilled_bytes: u64,
    /// Bytes of live page files.
    pub page_file_bytes: u64,
    /// The cache of data blocks: bytes held and the most, look-ups answered and not.
    pub block_cache_bytes: u64,
    pub block_cache_limit_bytes: u64,
    pub block_cache_hits: u64,
    pub block_cache_misses: u64,
    /// The cache of dictionary pages, likewise.
    pub vocabulary_cache_bytes: u64,
    pub vocabulary_cache_limit_bytes: u64,
    pub vocabulary_cache_hits: u64,
    pub vocabulary_cache_misses: u64,
    /// Runs and segments of terms that are known to be damaged; requests that need them fail with
    /// TS_STATUS_CORRUPT_BLOCK, others go on. ts_check names them.
    pub damaged_parts: u64,
    /// Pages that were found damaged since the store was opened, up to a thousand.
    pub damaged_pages: u64,
}

impl Sized32 for ts_health_report {
    const NAME: &'static str = "ts_health_report";
    const FIRST_SIZE: usize = size_of::<ts_health_report>();
}

/// What a check has seen: numbers and problems.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_check_report {
    _opaque: [u8; 0],
}

pub(super) struct Checked {
    report: CheckReport,
    problems: Vec<ZeroEnded>,
}

impl Handle for ts_check_report {
    type State = Checked;
    const NAME: &'static str = "ts_check_report";
    const TAG: [u8; 4] = *b"chek";
    const SURVIVES_FORK: bool = true;
}

/// The numbers of a check. Set struct_size to sizeof(ts_check_counts) before the call.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_check_counts {
    pub struct_size: u32,
    /// 1 if nothing is wrong, else 0.
    pub sound: i32,
    /// What was read and compared.
    pub runs: u64,
    pub blocks: u64,
    pub quads: u64,
    pub triple_terms: u64,
    pub terms: u64,
    /// Everything that is wrong.
    pub problems: u64,
    /// The first of them, which ts_check_report_problem() has in words.
    pub problems_described: u64,
}

impl Sized32 for ts_check_counts {
    const NAME: &'static str = "ts_check_counts";
    const FIRST_SIZE: usize = size_of::<ts_check_counts>();
}

/// Counts what a store holds, exactly.
///
/// Owner: borrows store and op, which may be NULL; `stats` is the caller's.
/// Threads: any.
/// Cost: one pass over the leading columns of three sort orders: seconds for 100 million quads.
/// Errors: TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK, TS_STATUS_CORRUPT_BLOCK,
/// TS_STATUS_IO, TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_stats(
    store: *const ts_store,
    op: *const ts_op,
    stats: *mut ts_store_stats,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let database = handle::shared(store)?;
            check_wanted(stats)?;
            let counted = Running::run(op, |control| database.snapshot()?.stats(control))?;
            let value = ts_store_stats {
                struct_size: 0,
                reserved: 0,
                quads: counted.quads,
                asserted: counted.asserted,
                inferred: counted.inferred,
                default_graph_quads: counted.default_graph_quads,
                named_graph_quads: counted.named_graph_quads,
                named_graphs: counted.named_graphs,
                distinct_subjects: counted.distinct_subjects,
                distinct_predicates: counted.distinct_predicates,
                distinct_objects: counted.distinct_objects,
                dictionary_terms: counted.dictionary_terms,
                iri_prefixes: counted.iri_prefixes,
                disk_bytes: database.disk_bytes()?,
            };
            fill(stats, value)?;
            Ok(ts_status::Ok)
        })
    }
}

/// Says how a store is doing.
///
/// Owner: borrows store; `report` is the caller's.
/// Threads: any.
/// Cost: microseconds.
/// Errors: TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_health(
    store: *const ts_store,
    report: *mut ts_health_report,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let health = handle::shared(store)?.health()?;
            let (blocks, vocabulary) = (&health.block_cache, &health.vocabulary_cache);
            let value = ts_health_report {
                struct_size: 0,
                writable: i32::from(health.writable),
                durability: match health.durability {
                    Durability::Sync => ts_durability::Sync,
                    Durability::Interval => ts_durability::Interval,
                    Durability::OsBuffered => ts_durability::OsBuffered,
                } as i32,
                runs_max: u32::try_from(health.runs_max).unwrap_or(u32::MAX),
                seq: health.seq,
                quads: health.quads,
                memory_used_bytes: health.memory_used_bytes,
                memory_limit_bytes: health.memory_limit_bytes,
                unspilled_bytes: health.unspilled_bytes,
                page_file_bytes: health.page_file_bytes,
                block_cache_bytes: blocks.bytes,
                block_cache_limit_bytes: blocks.capacity_bytes,
                block_cache_hits: blocks.hits,
                block_cache_misses: blocks.misses,
                vocabulary_cache_bytes: vocabulary.bytes,
                vocabulary_cache_limit_bytes: vocabulary.capacity_bytes,
                vocabulary_cache_hits: vocabulary.hits,
                vocabulary_cache_misses: vocabulary.misses,
                damaged_parts: health.damaged_parts as u64,
                damaged_pages: health.damaged_pages as u64,
            };
            fill(report, value)?;
            Ok(ts_status::Ok)
        })
    }
}

/// Verifies a store: every block against its checksum and directory, every count, every term, and
/// that all sort orders hold the same quads. Damage is in the report and not an error of the call.
///
/// Owner: borrows store and op, which may be NULL; the report is the caller's, until
/// ts_check_report_free().
/// Threads: any; others read and write meanwhile.
/// Cost: reads the store once.
/// Errors: TS_STATUS_CANCELLED, TS_STATUS_QUERY_TIMEOUT, TS_STATUS_CALLBACK, TS_STATUS_IO,
/// TS_STATUS_CLOSED, TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_check(
    store: *const ts_store,
    op: *const ts_op,
    report: *mut *mut ts_check_report,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(report, std::ptr::null_mut(), "report")?;
            let database = handle::shared(store)?;
            let report = Running::run(op, |control| database.check(control))?;
            let problems = report.problems.iter().map(|text| ZeroEnded::new(text));
            *out = handle::into_raw(Owned::<ts_check_report>(Checked {
                problems: problems.collect(),
                report,
            }));
            Ok(ts_status::Ok)
        })
    }
}

/// The numbers of a check.
///
/// Owner: borrows the report; `counts` is the caller's.
/// Threads: any.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_check_report_counts(
    report: *const ts_check_report,
    counts: *mut ts_check_counts,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let Checked { report, problems } = handle::shared(report)?;
            let value = ts_check_counts {
                struct_size: 0,
                sound: i32::from(report.is_sound()),
                runs: report.runs,
                blocks: report.blocks,
                quads: report.quads,
                triple_terms: report.triple_terms,
                terms: report.terms,
                problems: report.problems_total,
                problems_described: problems.len() as u64,
            };
            fill(counts, value)?;
            Ok(ts_status::Ok)
        })
    }
}

/// The problem at an index from 0, in words; empty behind the last that is described.
///
/// Owner: borrowed from the report.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_check_report_problem(
    report: *const ts_check_report,
    index: usize,
) -> ts_text {
    guard::value(ts_text::EMPTY, || {
        // SAFETY: the caller keeps the contract of the header.
        let report = unsafe { handle::shared(report) };
        report
            .ok()
            .and_then(|report| report.problems.get(index))
            .map_or(ts_text::EMPTY, ZeroEnded::as_text)
    })
}

/// Frees a report; NULL is ignored.
///
/// Owner: takes the report.
/// Threads: any, once.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_check_report_free(report: *mut ts_check_report) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(report) }
}
