//! What transactions did, as they saw it.

/// A value of a key. Every write makes one of its own; 0 is "nothing was written yet".
pub type Version = u64;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operation {
    Read {
        key: usize,
        version: Version,
    },
    Write {
        key: usize,
        version: Version,
        /// What the transaction had read just before.
        replaced: Version,
    },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    Committed,
    Aborted,
}

/// A transaction. Ticks are of one clock for all threads.
#[derive(Clone, Debug)]
pub struct Transaction {
    pub operations: Vec<Operation>,
    pub outcome: Outcome,
    /// Before it was begun.
    pub begun: u64,
    /// After it was acknowledged.
    pub ended: u64,
}
