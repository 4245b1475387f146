//! Generated data for benchmarks and tests: deterministic, streamed, of any size.
//!
//! A dataset is made of parts. A part depends on the dataset, its seed and its number alone, so that parts are made on
//! any number of threads and the document is the same on every machine.

mod writer;

pub use writer::{Syntax, Term, Triple, Writer};

/// Data of one shape, scale and seed.
pub trait Dataset: Send + Sync {
    /// The name it has in figures, with its scale: `lubm-10`.
    fn name(&self) -> String;
    /// Prefixes for Turtle, each with its namespace.
    fn prefixes(&self) -> &[(&'static str, &'static str)];
    /// How many parts there are.
    fn parts(&self) -> u64;
    /// Writes part `number`, which is below `parts`.
    fn write(&self, number: u64, writer: &mut Writer<'_>);
}
