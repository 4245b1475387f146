//! Producers and their products.

use super::date::{Day, day};
use super::entity::Entity;
use super::hierarchy::{FeatureIri, TypeIri};
use super::vocabulary::{RDF_TYPE, bsbm, instances, xsd};
use super::{Bsbm, Country, Kind, NUMERIC_MAX};
use crate::bench::dataset::Writer;
use crate::bench::dataset::text::Words;
use crate::bench::random::Random;
use std::fmt;
use std::ops::Range;

const NUMERIC: [&str; 6] = [
    bsbm!("productPropertyNumeric1"),
    bsbm!("productPropertyNumeric2"),
    bsbm!("productPropertyNumeric3"),
    bsbm!("productPropertyNumeric4"),
    bsbm!("productPropertyNumeric5"),
    bsbm!("productPropertyNumeric6"),
];
const TEXTUAL: [&str; 6] = [
    bsbm!("productPropertyTextual1"),
    bsbm!("productPropertyTextual2"),
    bsbm!("productPropertyTextual3"),
    bsbm!("productPropertyTextual4"),
    bsbm!("productPropertyTextual5"),
    bsbm!("productPropertyTextual6"),
];

/// Which properties a product has: there are three kinds of products, and of a hundred of each kind so many have a
/// numeric property, and as many, independently, the textual one.
const PRESENCE: [[u64; 6]; 3] = [
    [100, 100, 100, 100, 100, 0],
    [100, 100, 100, 50, 25, 0],
    [100, 100, 100, 0, 25, 50],
];
/// Of a hundred products, how many are of the first kind, and of the first or the second.
const KINDS: [u64; 2] = [40, 60];

/// What queries ask of a product.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::bench) struct Product {
    pub number: u64,
    /// Its type, a leaf of the tree.
    pub leaf: u64,
    pub numeric: [Option<u64>; 6],
    /// Of a hundred products of its kind, how many have each property.
    presence: [u64; 6],
}

pub(in crate::bench) struct ProducerIri(pub u64);

impl fmt::Display for ProducerIri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.0 + 1;
        write!(
            f,
            instances!("dataFromProducer{}/Producer{}"),
            number, number
        )
    }
}

/// A product of a producer.
pub(in crate::bench) struct ProductIri {
    pub producer: u64,
    pub product: u64,
}

impl fmt::Display for ProductIri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (producer, product) = (self.producer + 1, self.product + 1);
        write!(
            f,
            instances!("dataFromProducer{}/Product{}"),
            producer, product
        )
    }
}

impl Bsbm {
    pub(in crate::bench) fn product(&self, number: u64) -> Product {
        self.product_from(number, &mut self.random(Kind::Product, number))
    }

    fn product_from(&self, number: u64, random: &mut Random) -> Product {
        let leaves = self.hierarchy.leaves();
        let leaf = leaves.start
            + self
                .leaf_of_product
                .below(leaves.end - leaves.start, random);
        let presence = presence(random);
        let numeric = presence.map(|share| {
            let present = random.below(100) < share;
            present.then(|| 1 + self.numeric.below(NUMERIC_MAX, random))
        });
        Product {
            number,
            leaf,
            numeric,
            presence,
        }
    }

    /// The features of a product, ascending within each type from its own upwards.
    pub(in crate::bench) fn features(&self, product: &Product) -> Vec<u64> {
        let mut random = self.random(Kind::ProductFeatures, product.number);
        let mut features = Vec::new();
        for number in self.hierarchy.path(product.leaf) {
            let own = self.hierarchy.own_features(number);
            for start in own.clone().step_by(32) {
                // Two bits a feature: one of four has both set.
                let bits = random.next();
                let mut chosen = bits & bits >> 1 & 0x5555_5555_5555_5555;
                while chosen != 0 {
                    let feature = start + u64::from(chosen.trailing_zeros()) / 2;
                    chosen &= chosen - 1;
                    if feature < own.end {
                        features.push(feature);
                    }
                }
            }
        }
        features
    }

    pub(in crate::bench) fn product_iri(&self, product: u64) -> ProductIri {
        ProductIri {
            producer: self.producers.owner(product),
            product,
        }
    }

    pub(in crate::bench) fn producer_country(&self, producer: u64) -> &'static Country {
        Country::draw(&mut self.random(Kind::Producer, producer))
    }

    pub(super) fn write_producers(&self, producers: Range<u64>, writer: &mut Writer<'_>) {
        for producer in producers {
            let mut random = self.random(Kind::Producer, producer);
            let country = Country::draw(&mut random);
            let mut entity = Entity::new(ProducerIri(producer), bsbm!("Producer"), writer);
            entity.described(20, 50, &mut random);
            entity.homepage(format_args!("http://www.Producer{}.com/", producer + 1));
            entity.located(country);
            let date = Day::between(day(2000, 8, 20), day(2005, 7, 23), &mut random);
            entity.published_by_itself(date);
            for product in self.producers.items(producer) {
                self.write_product(ProductIri { producer, product }, writer);
            }
        }
    }

    fn write_product(&self, iri: ProductIri, writer: &mut Writer<'_>) {
        let mut random = self.random(Kind::Product, iri.product);
        let product = self.product_from(iri.product, &mut random);
        let producer = ProducerIri(iri.producer).to_string();
        let mut entity = Entity::new(iri, bsbm!("Product"), writer);
        entity.described(50, 150, &mut random);
        for number in self.hierarchy.path(product.leaf) {
            entity.link(RDF_TYPE, TypeIri(number));
        }
        entity.link(bsbm!("producer"), &producer);
        for (property, value) in NUMERIC.into_iter().zip(product.numeric) {
            if let Some(value) = value {
                entity.integer(property, value);
            }
        }
        for (property, share) in TEXTUAL.into_iter().zip(product.presence) {
            if random.below(100) < share {
                let words = Words::between(3, 15, &mut random);
                entity.typed(property, format_args!("{words}"), xsd!("string"));
            }
        }
        for feature in self.features(&product) {
            entity.link(bsbm!("productFeature"), FeatureIri(feature));
        }
        let date = Day::between(day(2000, 10, 20), day(2007, 1, 23), &mut random);
        entity.published(&producer, date);
    }
}

/// The kind of a product, as shares of a hundred for each property.
fn presence(random: &mut Random) -> [u64; 6] {
    let number = random.below(100);
    PRESENCE[KINDS.iter().filter(|&&kind| number >= kind).count()]
}
