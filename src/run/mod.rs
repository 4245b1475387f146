//! Sorted runs: how quads lie in memory and on disk, and how several runs read as one.
//!
//! A row is a key of four ids, permuted to the run's sort, and the states of the quad before and after
//! the run (definition 15). A run on disk is a list of blocks of up to 4,096 rows with a directory; a run
//! in memory is a sorted slice per sort. [`RunScan`] merges runs on read: for each key the newest run
//! wins. Where the same runs are scanned again and again, a [`Delta`] keeps what merging them finds. Counts come from the directory (definition 16).
//!
//! Invariants: keys within a run are strictly ascending; a run never changes once it is visible.
//! Cost: locating a key is two binary searches and one page from the cache; a scan of one run without
//! deltas decodes straight into the caller's columns.

mod builder;
mod count;
mod cursor;
mod delta;
mod directory;
mod disk;
mod filter;
mod memory;
mod merge;
mod order;
mod overlay;
mod patched;
mod piece;
mod probe;
mod quads;
mod row;
mod scan;
mod sort;
#[cfg(test)]
mod tests;

pub use builder::RunBuilder;
pub use count::count;
pub use delta::{Delta, Demand};
pub use directory::{BlockEntry, Counts, Directory, Fence};
pub use disk::{DiskRun, PageCache, RunMeta, RunPlace};
pub use filter::{KeyFilter, hash_of};
pub use memory::MemRun;
pub use merge::{combine, merge_sorted};
pub use order::by_key;
pub use piece::{Piece, PieceMerge, PieceSpool};
pub use probe::probe;
pub use quads::{BYTES_PER_BUFFERED_ROW, QuadRuns};
pub use row::{Key, Row, State, States};
pub use scan::{Chunk, RunScan, Source, Visibility};
pub use sort::Sort;
