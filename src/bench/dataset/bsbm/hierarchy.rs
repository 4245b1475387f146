//! Product types and the features products of a type can have.
//!
//! Types are a tree whose depth and branching grow with the number of products; they are numbered from the root, level
//! by level, and products have types at its leaves. Each type but the root has features of its own, numbered in the
//! order of types; a product has a quarter of those of its type and of the types above.

use super::date::{Day, day};
use super::entity::Entity;
use super::vocabulary::{bsbm, instances, rdfs};
use super::{Bsbm, Kind};
use crate::bench::dataset::Writer;
use crate::bench::random::Random;
use std::fmt;
use std::ops::Range;

/// The tree, and which features its types have. Cost: 8 bytes a type.
pub(in crate::bench) struct Hierarchy {
    /// How many types each type of a level has below it.
    branching: Vec<u64>,
    /// The first type of each level, the root's first, and the number of types.
    levels: Vec<u64>,
    /// The number after the last feature of each type.
    feature_ends: Vec<u64>,
}

impl Hierarchy {
    /// `random` gives a sequence for each type.
    pub(super) fn new(products: u64, random: impl Fn(u64) -> Random) -> Self {
        let branching = branching(products);
        let mut levels = vec![0, 1];
        let mut of_level = 1;
        for children in &branching {
            of_level *= children;
            levels.push(levels[levels.len() - 1] + of_level);
        }
        let mut tree = Self {
            branching,
            levels,
            feature_ends: vec![0],
        };
        // Features of a type at the second level and below: 35 to 75, divided between the levels by their depth. The
        // leaves have no more than the level above them.
        let depth = tree.depth();
        let divisor = depth * (depth + 1) / 2 - 1;
        for number in 1..tree.types() {
            let share = depth.min(tree.level(number) + 1);
            let count = random(number).between(35 * share / divisor, 75 * share / divisor);
            tree.feature_ends.push(tree.features() + count);
        }
        tree
    }

    /// How many levels there are below the root.
    pub fn depth(&self) -> u64 {
        self.branching.len() as u64
    }

    pub fn types(&self) -> u64 {
        self.levels[self.levels.len() - 1]
    }

    pub fn features(&self) -> u64 {
        self.feature_ends[self.feature_ends.len() - 1]
    }

    /// Types that have no types below them.
    pub fn leaves(&self) -> Range<u64> {
        self.levels[self.levels.len() - 2]..self.types()
    }

    /// 0 for the root.
    pub fn level(&self, number: u64) -> u64 {
        self.levels.partition_point(|&first| first <= number) as u64 - 1
    }

    pub fn parent(&self, number: u64) -> Option<u64> {
        let level = self.level(number) as usize;
        let above = level.checked_sub(1)?;
        Some(self.levels[above] + (number - self.levels[level]) / self.branching[above])
    }

    /// A type and those above it, up to the root.
    pub fn path(&self, number: u64) -> impl Iterator<Item = u64> {
        std::iter::successors(Some(number), |&number| self.parent(number))
    }

    /// The leaves below a type, or the type if it is a leaf.
    pub fn leaves_of(&self, number: u64) -> Range<u64> {
        let level = self.level(number) as usize;
        let (mut start, mut end) = (number, number + 1);
        for level in level..self.branching.len() {
            let below = |number| {
                self.levels[level + 1] + (number - self.levels[level]) * self.branching[level]
            };
            (start, end) = (below(start), below(end));
        }
        start..end
    }

    /// The type at the first level below the root that a leaf is below.
    pub fn widest(&self, leaf: u64) -> u64 {
        let below_root = self.path(leaf).take_while(|&number| number > 0);
        below_root.last().unwrap_or(leaf)
    }

    /// The features products of a type can have: its own and those of the types above.
    pub fn features_of(&self, number: u64) -> Vec<u64> {
        self.path(number)
            .flat_map(|number| self.own_features(number))
            .collect()
    }

    /// The features that belong to a type itself.
    pub fn own_features(&self, number: u64) -> Range<u64> {
        let number = number as usize;
        let start = number
            .checked_sub(1)
            .map_or(0, |before| self.feature_ends[before]);
        start..self.feature_ends[number]
    }
}

/// How many types are below each type of the first level, the second, and so on. Source: section 3.2 of the dataset
/// specification, by whole numbers: `half_logarithm(x^n)` is round(n / 2 * log10(x)).
fn branching(products: u64) -> Vec<u64> {
    let products = u128::from(products.max(10));
    let depth = half_logarithm(products) + 1;
    let mut branching = vec![8; depth];
    branching[depth - 1] = [2, 4, 8][(half_logarithm(products.pow(3)) + 1) % 3];
    branching[0] = 2 * half_logarithm(products.pow(2)) as u64;
    branching
}

/// Half the decimal logarithm, rounded to the nearest whole number.
fn half_logarithm(value: u128) -> usize {
    (0..19)
        .take_while(|&half| value >= 10_u128.pow(2 * half + 1))
        .count()
}

pub(in crate::bench) struct TypeIri(pub u64);

impl fmt::Display for TypeIri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, instances!("ProductType{}"), self.0 + 1)
    }
}

pub(in crate::bench) struct FeatureIri(pub u64);

impl fmt::Display for FeatureIri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, instances!("ProductFeature{}"), self.0 + 1)
    }
}

const PUBLISHER: &str = instances!("StandardizationInstitution1");
const FIRST_PUBLISHED: Day = day(2000, 6, 20);
const LAST_PUBLISHED: Day = day(2000, 7, 23);

impl Bsbm {
    pub(super) fn write_types(&self, types: Range<u64>, writer: &mut Writer<'_>) {
        for number in types {
            let mut random = self.random(Kind::Type, number);
            let mut entity = Entity::new(TypeIri(number), bsbm!("ProductType"), writer);
            if let Some(parent) = self.hierarchy.parent(number) {
                entity.described(20, 50, &mut random);
                entity.link(rdfs!("subClassOf"), TypeIri(parent));
            } else {
                entity.text(rdfs!("label"), "Thing");
                entity.text(rdfs!("comment"), "The Product Type of all Products");
            }
            entity.published(
                PUBLISHER,
                Day::between(FIRST_PUBLISHED, LAST_PUBLISHED, &mut random),
            );
        }
    }

    pub(super) fn write_features(&self, features: Range<u64>, writer: &mut Writer<'_>) {
        for number in features {
            let mut random = self.random(Kind::Feature, number);
            let mut entity = Entity::new(FeatureIri(number), bsbm!("ProductFeature"), writer);
            entity.described(20, 50, &mut random);
            entity.published(
                PUBLISHER,
                Day::between(FIRST_PUBLISHED, LAST_PUBLISHED, &mut random),
            );
        }
    }
}
