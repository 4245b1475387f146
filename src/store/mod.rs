//! The ACID core.
mod gate;
mod record;
mod root;
pub mod source;
pub use source::{BATCH_ROWS, Graphs, Order, QuadScan, QuadSource, ScanBatch, ScanSpec, View};
