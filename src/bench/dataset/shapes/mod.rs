//! Shapes that break stores: data that is plain in all but one respect, and extreme in that.
//!
//! A shape is a number of items (entities, classes, graphs, ...). Each item writes its own statements, from the seed and
//! its number alone, so parts are ranges of items and independent of each other. The scale of every shape is about how
//! many statements it has; what is extreme about it is decided by construction and not by the seed, so that
//! [`queries`](crate::bench::queries::shapes) know how many rows there are at any scale.
//!
//! Cost: 0.2 to 0.7 us a statement, long literals 8 ns a byte.

mod chains;
mod deep_classes;
mod long_literals;
mod named_graphs;
mod same_as;
mod skew;
mod triple_terms;
mod wide_classes;
mod zipf;

pub(in crate::bench) use chains::Chains;
pub(in crate::bench) use deep_classes::DeepClasses;
pub(in crate::bench) use long_literals::LongLiterals;
pub(in crate::bench) use named_graphs::NamedGraphs;
pub(in crate::bench) use same_as::SameAs;
pub(in crate::bench) use triple_terms::TripleTerms;
pub(in crate::bench) use wide_classes::WideClasses;
pub(in crate::bench) use zipf::Zipf;

use super::{Dataset, Kind, Writer};
use crate::bench::random::Random;
use std::sync::Arc;

/// All shapes.
pub const KINDS: &[Kind] = &[
    kind::<Zipf>(),
    kind::<DeepClasses>(),
    kind::<WideClasses>(),
    kind::<SameAs>(),
    kind::<Chains>(),
    kind::<NamedGraphs>(),
    kind::<LongLiterals>(),
    kind::<TripleTerms>(),
];

const fn kind<T: Items>() -> Kind {
    Kind {
        name: T::NAME,
        about: T::ABOUT,
        unit: "statements (about)",
        scale: 100_000,
        ontology: false,
        make: |parameters| {
            Arc::new(Shaped {
                scale: parameters.scale,
                seed: parameters.seed,
                items: T::of_scale(parameters.scale),
            })
        },
    }
}

/// Items that write themselves.
pub(in crate::bench) trait Items: Send + Sync + 'static {
    /// As the command line and figures name it.
    const NAME: &'static str;
    /// What is extreme about it, in a line.
    const ABOUT: &'static str;
    /// The first one is the shape's own, with the prefix "".
    const PREFIXES: &'static [(&'static str, &'static str)];
    /// How many items a part has: about 10,000 statements, or some megabytes.
    const PART_ITEMS: u64;

    /// Items that have about `scale` statements together, or the fewest that make the shape.
    fn of_scale(scale: u64) -> Self;
    /// How many there are.
    fn items(&self) -> u64;
    /// Writes one. `random` is its own.
    fn write(&self, item: u64, random: &mut Random, writer: &mut Writer<'_>);
}

/// Items as a dataset.
struct Shaped<T> {
    scale: u64,
    seed: u64,
    items: T,
}

impl<T: Items> Dataset for Shaped<T> {
    fn name(&self) -> String {
        format!("{}-{}", T::NAME, self.scale)
    }

    fn prefixes(&self) -> &[(&'static str, &'static str)] {
        T::PREFIXES
    }

    fn parts(&self) -> u64 {
        self.items.items().div_ceil(T::PART_ITEMS)
    }

    fn write(&self, number: u64, writer: &mut Writer<'_>) {
        let start = number * T::PART_ITEMS;
        let end = self.items.items().min(start + T::PART_ITEMS);
        for item in start..end {
            self.items
                .write(item, &mut Random::new(self.seed, item), writer);
        }
    }
}

/// How many doublings item `number` gets, at most `limit`: half of all items get none, a quarter one, an eighth two.
/// Of `count` items, `count >> n` get at least `n`.
fn doublings(number: u64, limit: u32) -> u32 {
    (number + 1).trailing_zeros().min(limit)
}

const RDF: (&str, &str) = ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#");
const RDFS: (&str, &str) = ("rdfs", "http://www.w3.org/2000/01/rdf-schema#");
const OWL: (&str, &str) = ("owl", "http://www.w3.org/2002/07/owl#");
const XSD: (&str, &str) = ("xsd", "http://www.w3.org/2001/XMLSchema#");
const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const RDFS_LABEL: &str = "http://www.w3.org/2000/01/rdf-schema#label";
const RDFS_SUB_CLASS_OF: &str = "http://www.w3.org/2000/01/rdf-schema#subClassOf";
const OWL_CLASS: &str = "http://www.w3.org/2002/07/owl#Class";
const XSD_DECIMAL: &str = "http://www.w3.org/2001/XMLSchema#decimal";
const XSD_INTEGER: &str = "http://www.w3.org/2001/XMLSchema#integer";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::dataset::{Dataset, Parameters, Syntax, part};
    use std::collections::HashMap;

    fn dataset(kind: &Kind, scale: u64, seed: u64) -> Arc<dyn Dataset> {
        (kind.make)(&Parameters {
            scale,
            seed,
            ontology: kind.ontology,
        })
    }

    /// All parts as N-Quads, and how many statements they have.
    fn text(kind: &Kind, scale: u64, seed: u64) -> (String, u64) {
        let dataset = dataset(kind, scale, seed);
        let (mut bytes, mut statements) = (Vec::new(), 0);
        for number in 0..dataset.parts() {
            statements += part(&*dataset, Syntax::NQuads, number, &mut bytes);
        }
        (String::from_utf8(bytes).unwrap(), statements)
    }

    #[test]
    fn the_scale_is_about_the_number_of_statements() {
        for kind in KINDS {
            // Long literals are long.
            let large = if kind.name == LongLiterals::NAME {
                8_000
            } else {
                200_000
            };
            for scale in [large / 4, large] {
                let (text, statements) = text(kind, scale, 1);
                assert_eq!(text.lines().count() as u64, statements);
                let ratio = statements as f64 / scale as f64;
                assert!(
                    (0.8..1.25).contains(&ratio),
                    "{} {scale}: {ratio}",
                    kind.name
                );
            }
        }
    }

    #[test]
    fn every_shape_is_there_at_the_smallest_scale() {
        for kind in KINDS {
            let (text, statements) = text(kind, 1, 1);
            assert!(!text.is_empty() && statements < 5_000, "{}", kind.name);
        }
    }

    #[test]
    fn a_part_is_decided_by_its_seed_and_number() {
        for kind in KINDS {
            let made = |seed| {
                let dataset = dataset(kind, 6_000, seed);
                let mut bytes = Vec::new();
                // Alone, whatever was made before.
                part(&*dataset, Syntax::NQuads, dataset.parts() - 1, &mut bytes);
                bytes
            };
            let (whole, _) = text(kind, 6_000, 1);
            assert!(whole.as_bytes().ends_with(&made(1)), "{}", kind.name);
            // There is nothing random in chains.
            assert_eq!(
                made(1) == made(2),
                kind.name == Chains::NAME,
                "{}",
                kind.name
            );
        }
    }

    /// How often each value of a column of N-Quads is there, most often first.
    fn frequencies(text: &str, column: usize) -> Vec<u64> {
        let mut counts = HashMap::<&str, u64>::new();
        for line in text.lines() {
            let value = line.splitn(3, ' ').nth(column).unwrap();
            *counts.entry(value).or_default() += 1;
        }
        let mut counts: Vec<u64> = counts.into_values().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        counts
    }

    /// The slope of the line through the logarithms of ranks, which double from point to point, and frequencies.
    fn slope(frequencies: &[u64]) -> f64 {
        let points: Vec<(f64, f64)> = (0..)
            .map(|exponent| 1_usize << exponent)
            .take_while(|&rank| rank <= frequencies.len())
            .map(|rank| ((rank as f64).ln(), (frequencies[rank - 1] as f64).ln()))
            .collect();
        let count = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        let covariance: f64 = points
            .iter()
            .map(|point| (point.0 - x) * (point.1 - y))
            .sum();
        covariance
            / points
                .iter()
                .map(|point| (point.0 - x).powi(2))
                .sum::<f64>()
    }

    #[test]
    fn predicates_objects_and_degrees_have_long_tails() {
        let zipf = KINDS.iter().find(|kind| kind.name == Zipf::NAME).unwrap();
        let (text, statements) = text(zipf, 400_000, 1);
        let predicates = frequencies(&text, 1);
        assert!(predicates.len() > 4_000);
        let predicates_slope = slope(&predicates);
        assert!(
            (-1.4..-0.8).contains(&predicates_slope),
            "{predicates_slope}"
        );
        // The first ten predicates have half of the statements, half of the predicates together a twentieth.
        let share = |counts: &[u64]| counts.iter().sum::<u64>() as f64 / statements as f64;
        let (head, tail) = (share(&predicates[..10]), share(&predicates[2_000..]));
        assert!(head > 0.5 && tail < 0.06, "{head}, {tail}");

        let objects = frequencies(&text, 2);
        let objects_slope = slope(&objects);
        assert!((-1.4..-0.6).contains(&objects_slope), "{objects_slope}");
        assert!(objects[0] as f64 > statements as f64 / 100.0);

        let degrees = frequencies(&text, 0);
        let median = degrees[degrees.len() / 2];
        assert!(degrees[0] > 80 * median, "{} {median}", degrees[0]);
    }

    #[test]
    fn texts_are_as_long_and_as_alike_as_they_say() {
        let kind = KINDS
            .iter()
            .find(|kind| kind.name == LongLiterals::NAME)
            .unwrap();
        let (text, _) = text(kind, 6 * 1024, 1);
        let texts: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("#text>"))
            .collect();
        let longest = texts.iter().map(|line| line.len()).max().unwrap();
        assert!((1 << 20..(1 << 20) + 200).contains(&longest), "{longest}");
        let shortest = texts.iter().map(|line| line.len()).min().unwrap();
        assert!((1 << 10..(1 << 10) + 200).contains(&shortest), "{shortest}");
        for four in texts.chunks(4) {
            let common = four[0].bytes().zip(four[1].bytes());
            let equal = common.take_while(|(a, b)| a == b).count();
            assert_eq!(&four[0][equal..], "1\"@en .");
            assert_eq!(&four[1][equal..], "2\"@en .");
        }
    }
}
