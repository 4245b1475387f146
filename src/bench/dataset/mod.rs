//! Generated data for benchmarks and tests: deterministic, streamed, of any size.
//!
//! A [`Dataset`] is made of parts. A part depends on the dataset, its seed and its number alone, so that parts are made
//! on any number of threads, and the document is the same on every machine. A [`Writer`] puts statements into a syntax;
//! a [`Document`] is all parts in order, made while it is read.
//!
//! [`kinds`] is the table of all datasets; the command line is derived from it.

pub mod bsbm;
mod document;
pub mod lubm;
pub mod shapes;
mod text;
mod writer;

pub use document::Document;
pub use writer::{Syntax, Term, Triple, Writer};

use std::sync::{Arc, LazyLock};

/// Data of one shape, scale and seed.
pub trait Dataset: Send + Sync {
    /// The name it has in figures, with its scale: `lubm-10`.
    fn name(&self) -> String;
    /// Prefixes for Turtle, each with its namespace.
    fn prefixes(&self) -> &[(&'static str, &'static str)];
    /// How many parts there are.
    fn parts(&self) -> u64;
    /// Writes part `number`, which is below `parts`. A part may be empty.
    fn write(&self, number: u64, writer: &mut Writer<'_>);
}

/// What a dataset is made with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Parameters {
    /// At least 1; [`Kind::unit`] says of what.
    pub scale: u64,
    pub seed: u64,
    /// Whether the document begins with the ontology of its data, where there is one.
    pub ontology: bool,
}

/// A kind of dataset, as it is asked for.
#[derive(Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// What the scale counts.
    pub unit: &'static str,
    /// The scale if none is given.
    pub scale: u64,
    /// Whether it has an ontology.
    pub ontology: bool,
    pub make: fn(&Parameters) -> Arc<dyn Dataset>,
}

/// All kinds of datasets.
pub fn kinds() -> &'static [Kind] {
    const PUBLISHED: &[Kind] = &[
        Kind {
            name: "lubm",
            about: "Lehigh University Benchmark: universities, their staff, students and publications",
            unit: "universities",
            scale: 1,
            ontology: true,
            make: |parameters| Arc::new(lubm::Lubm::new(parameters)),
        },
        Kind {
            name: "bsbm",
            about: "Berlin SPARQL Benchmark: products, vendors with offers, and reviews",
            unit: "products",
            scale: 1000,
            ontology: false,
            make: |parameters| Arc::new(bsbm::Bsbm::new(parameters.scale, parameters.seed)),
        },
    ];
    static ALL: LazyLock<Vec<Kind>> = LazyLock::new(|| [PUBLISHED, shapes::KINDS].concat());
    &ALL
}

/// Appends a part to `out`, as the document has it, and returns how many statements that were.
pub fn part(dataset: &dyn Dataset, syntax: Syntax, number: u64, out: &mut Vec<u8>) -> u64 {
    let mut writer = Writer::new(syntax, out).with_prefixes(dataset.prefixes());
    if number == 0 {
        writer.prologue();
    }
    dataset.write(number, &mut writer);
    writer.finish()
}
