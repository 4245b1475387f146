//! Thin layer over RocksDB, the only place that names it.
//!
//! Three column families (`docs/format.md`): `default` holds the root record, `log` one record per
//! commit keyed by its big-endian sequence number, `pages` the immutable pages (quad blocks, directories,
//! vocabulary pages) keyed by big-endian page id. Pages enter by ingesting finished SST files and leave
//! by bounded range deletes; they never pass through the write-ahead log.
//!
//! Invariants: no call here waits for a RocksDB write stall on a caller's thread (`no_slowdown`); every
//! read verifies checksums. Cost: a page read is one `Get` (3-5 us), so decoded pages are cached above.

pub mod cache;
mod error;
mod lock;
mod open;
pub mod page_cache;
mod pages;
mod restore;
mod spool;
mod wal;

pub use lock::{DirectoryLock, LOCK_FILE, Sharing};
pub use open::{Kv, Open, Options, RECOVER, RESTORE, RecoveryMode};
pub use pages::{EXTENTS_MAX, PAGES_PER_EXTENT, PageFile, PageId, WrittenExtent};
pub use spool::{Spool, SpoolReader};
