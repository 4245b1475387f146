//! Query mixes of the Berlin SPARQL Benchmark v3.1 over its [data](crate::bench::dataset::bsbm): the explore use case,
//! which looks at single products, and the business intelligence use case, which counts and compares over many.
//!
//! Parameters are drawn as the specification says, and drawn again until the query has a row: what the data holds is
//! known without it. Texts are those of the specification, but for what different engines must answer alike: where
//! LIMIT cuts, ORDER BY decides on every row, and averages are of decimals (see docs/benchmarks.md).
//!
//! Cost: a catalogue of 130 bytes and some 2 us a product is made once; a mix takes about a millisecond.

mod business_intelligence;
mod catalogue;
mod explore;
mod template;

#[cfg(test)]
mod tests;

use super::Query;
use crate::bench::dataset::bsbm::{Bsbm, Product};
use crate::bench::random::Random;
use catalogue::Catalogue;
use template::Template;

/// How often parameters are drawn before a query is left out. Below 100 products some queries cannot have a row.
const DRAWS_MAX: u32 = 1000;

/// The mixes for one dataset. A mix follows from the dataset, the seed and its number.
pub struct Mixes {
    data: Bsbm,
    catalogue: Catalogue,
    seed: u64,
}

impl Mixes {
    pub fn new(data: Bsbm, seed: u64) -> Self {
        Self {
            catalogue: Catalogue::new(&data),
            data,
            seed,
        }
    }

    /// 25 queries of the explore use case.
    pub fn explore(&self, number: u64) -> Vec<Query> {
        self.mix(explore::ORDER, Random::new(self.seed, 2 * number))
    }

    /// The 8 queries of the business intelligence use case, those about a product type for several types.
    pub fn business_intelligence(&self, number: u64) -> Vec<Query> {
        self.mix(
            business_intelligence::ORDER,
            Random::new(self.seed, 2 * number + 1),
        )
    }

    fn mix(&self, order: &[&Template], mut random: Random) -> Vec<Query> {
        let mut queries = Vec::new();
        for template in order {
            let steps = (0..DRAWS_MAX).find_map(|_| (template.draw)(self, &mut random));
            queries.extend(steps.iter().flatten().map(|step| template.query(step)));
        }
        queries
    }

    fn product(&self, random: &mut Random) -> Product {
        self.data.product(random.below(self.data.products()))
    }

    /// The products whose type is below one, or is it.
    fn products_of_type(&self, number: u64) -> impl Iterator<Item = Product> {
        let first = self.data.hierarchy().leaves().start;
        let leaves = self.data.hierarchy().leaves_of(number);
        leaves
            .flat_map(move |leaf| self.catalogue.products.of(leaf - first))
            .map(|product| self.data.product(product))
    }

    /// A product other than this one that shares a feature with it and is as `wanted`.
    fn similar(&self, product: &Product, wanted: impl Fn(&Product) -> bool) -> Option<Product> {
        let features = self.data.features(product);
        self.products_of_type(self.data.hierarchy().widest(product.leaf))
            .filter(|other| other.number != product.number && wanted(other))
            .find(|other| {
                self.data
                    .features(other)
                    .iter()
                    .any(|feature| features.contains(feature))
            })
    }
}

/// `N` different ones of these, if there are so many.
fn choose<const N: usize>(from: &[u64], random: &mut Random) -> Option<[u64; N]> {
    if from.len() < N {
        return None;
    }
    let mut left = from.to_vec();
    Some(std::array::from_fn(|_| {
        left.swap_remove(random.below(left.len() as u64) as usize)
    }))
}
