//! Resources with many names: cliques of `owl:sameAs`, each given as a chain whose links point both ways by turns, with
//! the facts about the resource spread over its names. Half of the cliques have 2 members, a quarter 4, and so on to
//! 128; all pairs are about 8 times as many as the statements.

use super::{Items, OWL, RDFS, RDFS_LABEL, doublings};
use crate::bench::dataset::text::Words;
use crate::bench::dataset::{Term, Writer};
use crate::bench::random::Random;

macro_rules! name {
    ($name:literal) => {
        concat!("http://www.example.org/same#", $name)
    };
}

const NAMESPACE: &str = name!("");
const LINK: &str = name!("link");
const OWL_SAME_AS: &str = "http://www.w3.org/2002/07/owl#sameAs";
/// A clique has 8 members on average, each with a link, a label, a facet, and but for one another name.
const CLIQUE_STATEMENTS: u64 = 31;
/// The largest clique has 2 members doubled so many times.
const DOUBLINGS: u32 = 6;

/// Member i of clique c is `Name<c>_<i>`.
pub(in crate::bench) struct SameAs {
    /// How many cliques there are.
    pub cliques: u64,
}

impl SameAs {
    /// Member i has facet i modulo this.
    pub const FACETS: u64 = 8;

    /// How many members a clique has.
    pub fn members(clique: u64) -> u64 {
        2 << doublings(clique, DOUBLINGS)
    }

    /// The first one of the largest cliques.
    pub fn largest(&self) -> u64 {
        (1 << self.cliques.ilog2().min(DOUBLINGS)) - 1
    }

    /// How many members of a clique have facet `number`.
    pub fn facets(clique: u64, number: u64) -> u64 {
        (Self::members(clique) + Self::FACETS - 1 - number) / Self::FACETS
    }
}

impl Items for SameAs {
    const NAME: &'static str = "same-as";
    const ABOUT: &'static str = "cliques of owl:sameAs, with facts spread over their members";
    const PREFIXES: &'static [(&'static str, &'static str)] = &[("", NAMESPACE), RDFS, OWL];
    const PART_ITEMS: u64 = 320;

    fn of_scale(scale: u64) -> Self {
        Self {
            cliques: (scale / CLIQUE_STATEMENTS).max(2),
        }
    }

    fn items(&self) -> u64 {
        self.cliques
    }

    fn write(&self, clique: u64, random: &mut Random, writer: &mut Writer<'_>) {
        let next = (clique + 1) % self.cliques;
        for member in 0..Self::members(clique) {
            let iri = Term::Iri(format_args!("{NAMESPACE}Name{clique}_{member}"));
            if let Some(before) = member.checked_sub(1) {
                let before = Term::Iri(format_args!("{NAMESPACE}Name{clique}_{before}"));
                let (from, to) = match member % 2 {
                    0 => (iri, before),
                    _ => (before, iri),
                };
                writer.triple(from, OWL_SAME_AS, to);
            }
            writer.triple(
                iri,
                &format!("{NAMESPACE}facet{}", member % Self::FACETS),
                Term::Text(format_args!("value {clique} {member}")),
            );
            writer.triple(
                iri,
                LINK,
                Term::Iri(format_args!(
                    "{NAMESPACE}Name{next}_{}",
                    member % Self::members(next)
                )),
            );
            let words = Words::between(1, 4, random);
            writer.triple(iri, RDFS_LABEL, Term::Text(format_args!("{words}")));
        }
    }
}
