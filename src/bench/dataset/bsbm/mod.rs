//! The Berlin SPARQL Benchmark, data of specification v3.1 (Bizer, Schultz: The Berlin SPARQL Benchmark, 2009; dataset
//! specification of 2011): products of a tree of types, their producers, vendors with offers, and reviewers with
//! reviews. The scale is the number of products; there are about 375 statements to a product at 1,000 of them and 350
//! at more, a quarter of a kilobyte each.
//!
//! Everything that can be asked of an entity follows from the seed and its number: every product, offer, person and
//! review has a random sequence of its own, and what one generator of the original keeps in files for its query driver
//! ([`Bsbm::product`], [`Bsbm::features`], [`Bsbm::offer`], [`Bsbm::review`]) is computed here. Which owner an item
//! has is the one thing that is kept: [`Allocation`]s, together some 5 bytes a product.
//!
//! Entities are numbered from 0 here and from 1 in IRIs. Cost: below 0.5 us a statement, half of it words.
//! Deviations from the specification are listed in docs/benchmarks.md.

mod allocation;
mod country;
mod date;
mod entity;
mod hierarchy;
mod market;
mod normal;
mod product;
mod review;
mod vocabulary;

#[cfg(test)]
mod tests;

pub(in crate::bench) use allocation::Allocation;
pub(in crate::bench) use country::{Country, CountryIri};
pub(in crate::bench) use date::{Day, TODAY};
pub(in crate::bench) use hierarchy::{FeatureIri, Hierarchy, TypeIri};
pub(in crate::bench) use product::{ProducerIri, Product};

use super::{Dataset, Writer};
use crate::bench::random::Random;
use normal::Normal;
use std::ops::Range;

/// Averages of the specification.
const PRODUCTS_PER_PRODUCER: u64 = 50;
const OFFERS_PER_PRODUCT: u64 = 20;
const OFFERS_PER_VENDOR: u64 = 2000;
const REVIEWS_PER_PRODUCT: u64 = 10;
const REVIEWS_PER_SITE: u64 = 10_000;
const REVIEWS_PER_PERSON: u64 = 20;
/// Numeric properties of products are from 1 to this.
const NUMERIC_MAX: u64 = 2000;
const DELIVERY_DAYS_MAX: u64 = 21;

/// What has random sequences; one for each kind and number.
#[derive(Clone, Copy)]
enum Kind {
    Allocation,
    Type,
    FeatureCount,
    Feature,
    Producer,
    Product,
    ProductFeatures,
    Vendor,
    Offer,
    Person,
    Review,
}

/// What a part holds: a range of one of these, all of them in this order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Section {
    Types,
    Features,
    Producers,
    Offers,
    Persons,
}

/// BSBM data of so many products.
pub struct Bsbm {
    seed: u64,
    products: u64,
    hierarchy: Hierarchy,
    /// Products of producers.
    producers: Allocation,
    /// Offers of vendors.
    vendors: Allocation,
    /// Reviews of rating sites, and of the persons who wrote them there.
    sites: Allocation,
    persons: Allocation,
    leaf_of_product: Normal,
    numeric: Normal,
    product_of_offer: Normal,
    delivery_days: Normal,
}

impl Bsbm {
    /// Data of `products` products, at least one.
    pub fn new(products: u64, seed: u64) -> Self {
        let products = products.max(1);
        let offers = products * OFFERS_PER_PRODUCT;
        let reviews = products * REVIEWS_PER_PRODUCT;
        let random = |number| sequence(seed, Kind::Allocation, number);
        // Sizes are distributed around 3 deviations; twice that is as rare as nothing at all.
        let sizes = Normal::truncated(3.0, 6.0);
        let sites = Allocation::new(0..reviews, REVIEWS_PER_SITE, &sizes, &mut random(2));
        let mut of_persons = random(3);
        let persons = (0..sites.owners())
            .map(|site| {
                let reviews = sites.items(site);
                Allocation::new(reviews, REVIEWS_PER_PERSON, &sizes, &mut of_persons)
            })
            .collect();
        Self {
            seed,
            products,
            hierarchy: Hierarchy::new(products, |number| {
                sequence(seed, Kind::FeatureCount, number)
            }),
            producers: Allocation::new(0..products, PRODUCTS_PER_PRODUCER, &sizes, &mut random(0)),
            vendors: Allocation::new(0..offers, OFFERS_PER_VENDOR, &sizes, &mut random(1)),
            sites,
            persons: Allocation::joined(persons),
            leaf_of_product: Normal::truncated(0.0, 2.0),
            numeric: Normal::truncated(0.0, 2.0),
            product_of_offer: Normal::truncated(2.0, 4.0),
            delivery_days: Normal::truncated(2.0, 14.2),
        }
    }

    pub(in crate::bench) fn products(&self) -> u64 {
        self.products
    }

    pub(in crate::bench) fn offers(&self) -> u64 {
        self.products * OFFERS_PER_PRODUCT
    }

    pub(in crate::bench) fn reviews(&self) -> u64 {
        self.products * REVIEWS_PER_PRODUCT
    }

    pub(in crate::bench) fn producers(&self) -> &Allocation {
        &self.producers
    }

    pub(in crate::bench) fn vendors(&self) -> &Allocation {
        &self.vendors
    }

    pub(in crate::bench) fn persons(&self) -> &Allocation {
        &self.persons
    }

    pub(in crate::bench) fn hierarchy(&self) -> &Hierarchy {
        &self.hierarchy
    }

    fn random(&self, kind: Kind, number: u64) -> Random {
        sequence(self.seed, kind, number)
    }

    /// How many items there are of each section, and how many of them make a part of some 5,000 statements.
    fn sections(&self) -> [(Section, u64, u64); 5] {
        [
            (Section::Types, self.hierarchy.types(), 1000),
            (Section::Features, self.hierarchy.features(), 1000),
            (Section::Producers, self.producers.owners(), 2),
            (Section::Offers, self.offers(), 500),
            (Section::Persons, self.persons.owners(), 25),
        ]
    }

    fn part(&self, number: u64) -> Option<(Section, Range<u64>)> {
        let mut before = 0;
        for (section, items, in_part) in self.sections() {
            let parts = items.div_ceil(in_part);
            if number < before + parts {
                let start = (number - before) * in_part;
                return Some((section, start..items.min(start + in_part)));
            }
            before += parts;
        }
        None
    }
}

fn sequence(seed: u64, kind: Kind, number: u64) -> Random {
    Random::new(seed, number << 4 | kind as u64)
}

impl Dataset for Bsbm {
    fn name(&self) -> String {
        format!("bsbm-{}", self.products)
    }

    fn prefixes(&self) -> &[(&'static str, &'static str)] {
        vocabulary::PREFIXES
    }

    fn parts(&self) -> u64 {
        let sections = self.sections();
        sections
            .map(|(_, items, in_part)| items.div_ceil(in_part))
            .iter()
            .sum()
    }

    fn write(&self, number: u64, writer: &mut Writer<'_>) {
        match self.part(number) {
            None => {}
            Some((Section::Types, types)) => self.write_types(types, writer),
            Some((Section::Features, features)) => self.write_features(features, writer),
            Some((Section::Producers, producers)) => self.write_producers(producers, writer),
            Some((Section::Offers, offers)) => self.write_offers(offers, writer),
            Some((Section::Persons, persons)) => self.write_persons(persons, writer),
        }
    }
}
