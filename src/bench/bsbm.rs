//! Data like that of the Berlin SPARQL Benchmark (Bizer, Schultz: The Berlin SPARQL Benchmark, 2009): products
//! with types and features, producers, vendors with offers, and reviewers with reviews of 50 to 250 words.
//! A part is one producer with 50 products, one vendor with 1,000 offers of them, and 500 reviews by 25 people:
//! about 17,500 statements. The first part also has the product types and features.

use super::ntriples::{Lines, Object};
use super::random::Random;
use super::words::Words;
use std::fmt::Arguments;

macro_rules! vocabulary {
    ($name:literal) => {
        concat!(
            "http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/",
            $name
        )
    };
}

macro_rules! xsd {
    ($name:literal) => {
        concat!("http://www.w3.org/2001/XMLSchema#", $name)
    };
}

macro_rules! dc {
    ($name:literal) => {
        concat!("http://purl.org/dc/elements/1.1/", $name)
    };
}

const INSTANCES: &str = "http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/instances";
const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const RDFS_LABEL: &str = "http://www.w3.org/2000/01/rdf-schema#label";
const RDFS_COMMENT: &str = "http://www.w3.org/2000/01/rdf-schema#comment";
const RDFS_SUBCLASS: &str = "http://www.w3.org/2000/01/rdf-schema#subClassOf";
const COUNTRY: &str = "http://downlode.org/rdf/iso-3166/countries#";

const PRODUCTS: u64 = 50;
const OFFERS: u64 = 1000;
const REVIEWS: u64 = 500;
const REVIEWERS: u64 = 25;
const FEATURES: u64 = 4745;
/// Product types at each depth of the tree, the root first.
const TYPES: &[u64] = &[1, 5, 25, 120];
const COUNTRIES: &[&str] = &["US", "GB", "JP", "CN", "DE", "FR", "ES", "RU", "KR", "AT"];
const LANGUAGES: &[&str] = &["en", "ja", "zh", "de", "fr", "es", "ru", "ko", "en", "en"];
const NUMERIC: &[&str] = &[
    vocabulary!("productPropertyNumeric1"),
    vocabulary!("productPropertyNumeric2"),
    vocabulary!("productPropertyNumeric3"),
    vocabulary!("productPropertyNumeric4"),
    vocabulary!("productPropertyNumeric5"),
];
const TEXTUAL: &[&str] = &[
    vocabulary!("productPropertyTextual1"),
    vocabulary!("productPropertyTextual2"),
    vocabulary!("productPropertyTextual3"),
    vocabulary!("productPropertyTextual4"),
    vocabulary!("productPropertyTextual5"),
];
/// The first so many numeric and textual properties every product has, each other one half of them.
const PROPERTIES_ALWAYS: usize = 3;
const RATINGS: &[&str] = &[
    vocabulary!("rating1"),
    vocabulary!("rating2"),
    vocabulary!("rating3"),
    vocabulary!("rating4"),
];

/// Appends a part as N-Triples; returns how many statements that were.
pub fn part(seed: u64, number: u64, out: &mut Vec<u8>) -> u64 {
    let mut part = Part {
        random: Random::new(seed, number),
        lines: Lines::new(out),
        number,
    };
    if number == 0 {
        part.types();
        part.features();
    }
    part.products();
    part.offers();
    part.reviews();
    part.lines.count()
}

/// The IRI of a product, counted from 0 over all parts.
fn product(number: u64) -> String {
    let producer = number / PRODUCTS + 1;
    format!(
        "{INSTANCES}/dataFromProducer{producer}/Product{}",
        number + 1
    )
}

struct Part<'b> {
    random: Random,
    lines: Lines<'b>,
    number: u64,
}

impl Part<'_> {
    fn link(&mut self, subject: &str, predicate: &str, object: Arguments<'_>) {
        self.lines
            .add(format_args!("{subject}"), predicate, Object::Iri(object));
    }

    fn text(&mut self, subject: &str, predicate: &str, words: &Words) {
        let text = Object::Text(format_args!("{words}"));
        self.lines.add(format_args!("{subject}"), predicate, text);
    }

    fn typed(&mut self, subject: &str, predicate: &str, text: Arguments<'_>, datatype: &str) {
        let object = Object::Typed(text, datatype);
        self.lines.add(format_args!("{subject}"), predicate, object);
    }

    fn words(&mut self, low: u64, high: u64) -> Words {
        Words::between(&mut self.random, low, high)
    }

    /// A date in one of the 12 months of 2000 to 2008.
    fn date(&mut self) -> String {
        let (year, month) = (self.random.between(2000, 2008), self.random.between(1, 12));
        format!("{year}-{month:02}-{:02}", self.random.between(1, 28))
    }

    fn label_and_comment(&mut self, subject: &str) {
        let label = self.words(1, 3);
        self.text(subject, RDFS_LABEL, &label);
        let comment = self.words(50, 150);
        self.text(subject, RDFS_COMMENT, &comment);
    }

    fn published(&mut self, subject: &str, publisher: Arguments<'_>) {
        self.link(subject, dc!("publisher"), publisher);
        let date = self.date();
        self.typed(subject, dc!("date"), format_args!("{date}"), xsd!("date"));
    }

    fn types(&mut self) {
        let mut first = 1;
        let mut parents = 0..0;
        for &count in TYPES {
            for number in first..first + count {
                let iri = format!("{INSTANCES}/ProductType{number}");
                self.link(&iri, RDF_TYPE, format_args!(vocabulary!("ProductType")));
                self.label_and_comment(&iri);
                if !parents.is_empty() {
                    let parent = parents.start + (number - first) % (parents.end - parents.start);
                    self.link(
                        &iri,
                        RDFS_SUBCLASS,
                        format_args!("{INSTANCES}/ProductType{parent}"),
                    );
                }
                self.published(
                    &iri,
                    format_args!("{INSTANCES}/StandardizationInstitution1"),
                );
            }
            parents = first..first + count;
            first += count;
        }
    }

    fn features(&mut self) {
        for number in 1..=FEATURES {
            let iri = format!("{INSTANCES}/ProductFeature{number}");
            self.link(&iri, RDF_TYPE, format_args!(vocabulary!("ProductFeature")));
            self.label_and_comment(&iri);
            self.published(
                &iri,
                format_args!("{INSTANCES}/StandardizationInstitution1"),
            );
        }
    }

    /// A product of this part or one before it.
    fn some_product(&mut self) -> String {
        let number = self.random.below((self.number + 1) * PRODUCTS);
        product(number)
    }

    fn homepage_and_country(&mut self, subject: &str, kind: &str) {
        let number = self.number + 1;
        self.link(
            subject,
            "http://xmlns.com/foaf/0.1/homepage",
            format_args!("http://www.{kind}{number}.com/"),
        );
        let country = COUNTRIES[self.random.below(COUNTRIES.len() as u64) as usize];
        self.link(
            subject,
            vocabulary!("country"),
            format_args!("{COUNTRY}{country}"),
        );
    }

    fn products(&mut self) {
        let number = self.number + 1;
        let producer = format!("{INSTANCES}/dataFromProducer{number}/Producer{number}");
        self.link(&producer, RDF_TYPE, format_args!(vocabulary!("Producer")));
        self.label_and_comment(&producer);
        self.homepage_and_country(&producer, "Producer");
        self.published(&producer, format_args!("{producer}"));
        for index in 0..PRODUCTS {
            let product = product(self.number * PRODUCTS + index);
            self.link(&product, RDF_TYPE, format_args!(vocabulary!("Product")));
            self.label_and_comment(&product);
            self.product_types(&product);
            self.link(
                &product,
                vocabulary!("producer"),
                format_args!("{producer}"),
            );
            for (index, property) in NUMERIC.iter().enumerate() {
                if index < PROPERTIES_ALWAYS || self.random.one_in(2) {
                    let value = self.random.between(1, 2000);
                    self.typed(&product, property, format_args!("{value}"), xsd!("integer"));
                }
            }
            for (index, property) in TEXTUAL.iter().enumerate() {
                if index < PROPERTIES_ALWAYS || self.random.one_in(2) {
                    let words = self.words(3, 15);
                    self.typed(&product, property, format_args!("{words}"), xsd!("string"));
                }
            }
            let features = self.random.between(9, 32);
            for feature in self.random.distinct(features, FEATURES) {
                self.link(
                    &product,
                    vocabulary!("productFeature"),
                    format_args!("{INSTANCES}/ProductFeature{}", feature + 1),
                );
            }
            self.published(&product, format_args!("{producer}"));
        }
    }

    /// A leaf of the tree of types and all its ancestors.
    fn product_types(&mut self, product: &str) {
        let mut first = 1;
        let leaf = self.random.next();
        for &count in TYPES {
            let number = first + leaf % count;
            self.link(
                product,
                RDF_TYPE,
                format_args!("{INSTANCES}/ProductType{number}"),
            );
            first += count;
        }
    }

    fn offers(&mut self) {
        let number = self.number + 1;
        let vendor = format!("{INSTANCES}/dataFromVendor{number}/Vendor{number}");
        self.link(&vendor, RDF_TYPE, format_args!(vocabulary!("Vendor")));
        self.label_and_comment(&vendor);
        self.homepage_and_country(&vendor, "Vendor");
        self.published(&vendor, format_args!("{vendor}"));
        for index in 0..OFFERS {
            let offer_number = self.number * OFFERS + index + 1;
            let offer = format!("{INSTANCES}/dataFromVendor{number}/Offer{offer_number}");
            self.link(&offer, RDF_TYPE, format_args!(vocabulary!("Offer")));
            let product = self.some_product();
            self.link(&offer, vocabulary!("product"), format_args!("{product}"));
            self.link(&offer, vocabulary!("vendor"), format_args!("{vendor}"));
            let (whole, cents) = (self.random.between(5, 9999), self.random.below(100));
            self.typed(
                &offer,
                vocabulary!("price"),
                format_args!("{whole}.{cents:02}"),
                vocabulary!("USD"),
            );
            for property in [vocabulary!("validFrom"), vocabulary!("validTo")] {
                let date = self.date();
                self.typed(
                    &offer,
                    property,
                    format_args!("{date}T00:00:00"),
                    xsd!("dateTime"),
                );
            }
            let days = self.random.between(1, 21);
            self.typed(
                &offer,
                vocabulary!("deliveryDays"),
                format_args!("{days}"),
                xsd!("integer"),
            );
            self.link(
                &offer,
                vocabulary!("offerWebpage"),
                format_args!("http://www.vendor{number}.com/offers/Offer{offer_number}"),
            );
            self.published(&offer, format_args!("{vendor}"));
        }
    }

    fn reviews(&mut self) {
        let site_number = self.number / 20 + 1;
        let site = format!("{INSTANCES}/dataFromRatingSite{site_number}");
        for index in 0..REVIEWERS {
            let number = self.number * REVIEWERS + index + 1;
            let reviewer = format!("{site}/Reviewer{number}");
            self.link(
                &reviewer,
                RDF_TYPE,
                format_args!("http://xmlns.com/foaf/0.1/Person"),
            );
            let name = self.words(2, 2);
            self.text(&reviewer, "http://xmlns.com/foaf/0.1/name", &name);
            let sum: [u64; 3] = std::array::from_fn(|_| self.random.next());
            self.lines.add(
                format_args!("{reviewer}"),
                "http://xmlns.com/foaf/0.1/mbox_sha1sum",
                Object::Text(format_args!(
                    "{:016x}{:016x}{:08x}",
                    sum[0], sum[1], sum[2] as u32
                )),
            );
            let country = COUNTRIES[self.random.below(COUNTRIES.len() as u64) as usize];
            self.link(
                &reviewer,
                vocabulary!("country"),
                format_args!("{COUNTRY}{country}"),
            );
            self.published(&reviewer, format_args!("{site}/RatingSite{site_number}"));
        }
        for index in 0..REVIEWS {
            self.review(index, &site, site_number);
        }
    }

    fn review(&mut self, index: u64, site: &str, site_number: u64) {
        let review = format!("{site}/Review{}", self.number * REVIEWS + index + 1);
        self.link(
            &review,
            RDF_TYPE,
            format_args!("http://purl.org/stuff/rev#Review"),
        );
        let product = self.some_product();
        self.link(&review, vocabulary!("reviewFor"), format_args!("{product}"));
        let reviewer = self.number * REVIEWERS + self.random.below(REVIEWERS) + 1;
        self.link(
            &review,
            "http://purl.org/stuff/rev#reviewer",
            format_args!("{site}/Reviewer{reviewer}"),
        );
        let date = self.date();
        self.typed(
            &review,
            vocabulary!("reviewDate"),
            format_args!("{date}T00:00:00"),
            xsd!("dateTime"),
        );
        let title = self.words(4, 15);
        self.text(&review, dc!("title"), &title);
        let text = self.words(50, 250);
        let language = LANGUAGES[self.random.below(LANGUAGES.len() as u64) as usize];
        self.lines.add(
            format_args!("{review}"),
            "http://purl.org/stuff/rev#text",
            Object::Tagged(format_args!("{text}"), language),
        );
        for rating in RATINGS {
            if self.random.below(10) < 7 {
                let value = self.random.between(1, 10);
                self.typed(&review, rating, format_args!("{value}"), xsd!("integer"));
            }
        }
        self.published(&review, format_args!("{site}/RatingSite{site_number}"));
    }
}
