//! The ACID core.

pub mod source;

pub use source::{BATCH_ROWS, Graphs, Order, QuadScan, QuadSource, ScanBatch, ScanSpec, View};
