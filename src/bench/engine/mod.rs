//! Programs that are measured, ours and others.

pub mod protocol;
