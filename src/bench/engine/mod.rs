//! Programs that are measured, ours and others: what is said to them, how they are started and what they use.

pub mod evict;
pub mod fork;
pub mod memory;
pub mod process;
pub mod protocol;
pub mod serve;
pub mod usage;
