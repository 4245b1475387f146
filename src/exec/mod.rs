//! The executor: operators that pull batches of ids from each other.
//!
//! A [`Batch`] has up to 2,048 rows as columns of raw ids and a selection; an [`Operator`] is a struct with `next`. A
//! plan becomes operators in [`build`]. Strings are met only in expressions that need them, in ORDER BY, and in results.
//!
//! Invariants: every loop over data polls [`Control`](crate::control::Control) at least once for each batch it reads or
//! gives; everything that grows with the data is charged before it is kept; an operator never gives an empty batch; an error
//! is the last thing an operator gives. Nothing here knows where rows come from but
//! [`QuadSource`](crate::store::QuadSource).
//!
//! Cost: 1-2 ns a value moved, 6 ns a row merged, 20-40 ns a row hashed, 60 ns a row sorted, 0.3 us a probe.

mod batch;
mod build;
mod compatible;
mod construct;
mod dependent;
mod describe;
mod distinct;
mod extend;
mod filter;
mod fixed;
mod group;
mod hash_join;
mod join_spill;
mod join_table;
mod merge_join;
mod operator;
mod overflow;
mod path;
mod probe_join;
mod rows;
mod run_count;
mod scan;
mod semi_join;
mod sequenced;
mod service;
mod service_reply;
mod set;
mod slice;
mod sort;
mod sort_merge;
#[cfg(test)]
mod spill_tests;
mod spool;

pub use batch::Batch;
pub use build::build;
pub use distinct::Distinct;
pub use fixed::Fixed;
pub use hash_join::HashJoin;
pub use merge_join::MergeJoin;
pub use operator::{BoxOperator, Operator, Runtime};
pub use path::PathJoin;
pub use service::{ServiceCall, ServiceHandler, Services};
pub use service_reply::ServiceReply;
pub use sort::Sort;
