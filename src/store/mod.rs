//! The ACID core: versions, transactions, the log, installs, recovery.
//!
//! A reader takes the published [`Version`] and holds no lock. A writer passes the gate, stages a commit on
//! the newest staged version and waits until its record is in the log. Background threads spill runs from
//! memory to disk, merge runs, and delete pages nobody reads. The only state on disk that changes is the
//! root record; everything else is written once.
//!
//! Invariants: sequence numbers in the log are contiguous; runs, segments and the log below `root.spilled`
//! never disagree, because one write changes all three; a page is deleted only when no version names it.

mod background;
mod changes;
mod check;
mod collect;
mod commit;
mod deltas;
pub mod dictionary;
mod directory;
mod gate;
mod head;
mod install;
mod large_terms;
mod layer;
mod merge;
mod open;
mod pace;
mod pinned;
mod pins;
mod record;
mod recovery;
mod root;
mod segments;
mod shared;
pub mod source;
mod spill;
#[cfg(test)]
pub(crate) mod tests;
mod triple_terms;
mod uncommitted;
mod version;

pub use changes::Precedence;
pub use check::CheckReport;
pub use commit::{Committed, Transaction};
pub use deltas::Deltas;
pub use dictionary::Dictionary;
pub use install::{BulkInstall, NewSegment};
pub use layer::{Changed, Layer};
pub use open::{OpenOptions, Store};
pub use pinned::PinnedVersion;
pub use pins::{Pin, PinInfo, PinKind, PinLimits};
pub use root::FORMAT;
pub use shared::{Durability, Settings};
pub use source::{
    BATCH_ROWS, Graphs, Order, QuadScan, QuadSource, ScanBatch, ScanSpec, Spool, View,
};
pub use triple_terms::NewTriples;
pub use uncommitted::Savepoint;
pub use version::Version;

use shared::Shared;
