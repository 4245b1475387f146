//! The ACID core.

pub mod dictionary;
pub mod source;

pub use dictionary::Dictionary;
pub use source::{BATCH_ROWS, Graphs, Order, QuadScan, QuadSource, ScanBatch, ScanSpec, View};
