//! Very many graphs of seven quads, about items that eight or more graphs tell of, and one triple of the default graph
//! about each. Written in a syntax without graphs, all is one graph, and half of it is repeated.

use super::{Items, RDF, RDF_TYPE, XSD, XSD_INTEGER};
use crate::bench::dataset::{Term, Writer};
use crate::bench::random::Random;

macro_rules! name {
    ($name:literal) => {
        concat!("http://www.example.org/graphs#", $name)
    };
}

const NAMESPACE: &str = name!("");
const SOURCE: &str = name!("source");
const PROPERTIES: [&str; 3] = [name!("value0"), name!("value1"), name!("value2")];
/// Fewest items: a graph tells of different ones.
const ITEMS_MIN: u64 = 16;

/// Graph n tells of `Item<n>` and the five after it, modulo their number.
pub(in crate::bench) struct NamedGraphs {
    /// What the graphs tell of.
    pub items: u64,
}

impl NamedGraphs {
    /// Graphs that begin with the same item.
    pub const SHARED: u64 = 8;
    /// Values in a graph, of an item each, with three predicates by turns.
    pub const VALUES: u64 = 6;
    /// Graph n has source n modulo this.
    pub const SOURCES: u64 = 100;
    /// All quads of a graph, and the triple about it.
    const STATEMENTS: u64 = Self::VALUES + 2;

    /// How many graphs there are.
    pub fn graphs(&self) -> u64 {
        self.items * Self::SHARED
    }
}

impl Items for NamedGraphs {
    const NAME: &'static str = "named-graphs";
    const ABOUT: &'static str = "very many small graphs about the same things";
    const PREFIXES: &'static [(&'static str, &'static str)] = &[("", NAMESPACE), RDF, XSD];
    const PART_ITEMS: u64 = 1250;

    fn of_scale(scale: u64) -> Self {
        Self {
            items: (scale / (Self::SHARED * Self::STATEMENTS)).max(ITEMS_MIN),
        }
    }

    fn items(&self) -> u64 {
        self.graphs()
    }

    fn write(&self, graph: u64, random: &mut Random, writer: &mut Writer<'_>) {
        let name = Term::Iri(format_args!("{NAMESPACE}Graph{graph}"));
        let source = graph % Self::SOURCES;
        writer.triple(
            name,
            SOURCE,
            Term::Iri(format_args!("{NAMESPACE}Source{source}")),
        );
        writer.quad(
            Term::Iri(format_args!("{NAMESPACE}Item{}", graph % self.items)),
            RDF_TYPE,
            Term::Iri(format_args!("{NAMESPACE}Thing")),
            Some(name),
        );
        for (number, property) in (0..Self::VALUES).zip(PROPERTIES.iter().cycle()) {
            writer.quad(
                Term::Iri(format_args!(
                    "{NAMESPACE}Item{}",
                    (graph + number) % self.items
                )),
                property,
                Term::Typed(format_args!("{}", random.below(10)), XSD_INTEGER),
                Some(name),
            );
        }
    }
}
