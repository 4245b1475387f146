//! Transitive properties: chains of 1,000 steps, binary trees of 10 levels, and grids of 22 by 22 nodes, in which there
//! are 538 billion ways from one corner to the other. All that follows is 190 times as much as is said.

use super::{Items, OWL, RDF, RDF_TYPE};
use crate::bench::dataset::{Term, Writer};
use crate::bench::random::Random;

macro_rules! name {
    ($name:literal) => {
        concat!("http://www.example.org/chains#", $name)
    };
}

const NAMESPACE: &str = name!("");
const NEXT: &str = name!("next");
const PARENT: &str = name!("parent");
const EDGE: &str = name!("edge");
const TRANSITIVE_PROPERTY: &str = "http://www.w3.org/2002/07/owl#TransitiveProperty";

/// So many chains, trees and grids, which have no nodes in common.
pub(in crate::bench) struct Chains {
    pub groups: u64,
}

impl Chains {
    /// Statements of a chain; it has one node more.
    pub const STEPS: u64 = 1000;
    /// Nodes of a tree. Node n, from 1, has the parent n / 2.
    pub const TREE_NODES: u64 = (1 << 10) - 1;
    /// Nodes of a grid in one direction. They have edges to the right and downwards.
    pub const SIDE: u64 = 22;
    const STATEMENTS: u64 = Self::STEPS + Self::TREE_NODES - 1 + 2 * Self::SIDE * (Self::SIDE - 1);
}

impl Items for Chains {
    const NAME: &'static str = "chains";
    const ABOUT: &'static str = "transitive properties in long chains, trees and grids";
    const PREFIXES: &'static [(&'static str, &'static str)] = &[("", NAMESPACE), RDF, OWL];
    const PART_ITEMS: u64 = 3;

    fn of_scale(scale: u64) -> Self {
        Self {
            groups: ((scale + Self::STATEMENTS / 2) / Self::STATEMENTS).max(1),
        }
    }

    fn items(&self) -> u64 {
        self.groups
    }

    fn write(&self, group: u64, _: &mut Random, writer: &mut Writer<'_>) {
        if group == 0 {
            for property in [NEXT, PARENT, EDGE] {
                writer.triple(
                    Term::Iri(format_args!("{property}")),
                    RDF_TYPE,
                    Term::Iri(format_args!("{TRANSITIVE_PROPERTY}")),
                );
            }
        }
        let mut add = |kind: &str, from: u64, property: &str, to: u64| {
            writer.triple(
                Term::Iri(format_args!("{NAMESPACE}{kind}{group}_{from}")),
                property,
                Term::Iri(format_args!("{NAMESPACE}{kind}{group}_{to}")),
            );
        };
        for step in 0..Self::STEPS {
            add("Link", step, NEXT, step + 1);
        }
        for node in 2..=Self::TREE_NODES {
            add("Node", node, PARENT, node / 2);
        }
        for cell in 0..Self::SIDE * Self::SIDE {
            if !(cell + 1).is_multiple_of(Self::SIDE) {
                add("Cell", cell, EDGE, cell + 1);
            }
            if cell + Self::SIDE < Self::SIDE * Self::SIDE {
                add("Cell", cell, EDGE, cell + Self::SIDE);
            }
        }
    }
}
