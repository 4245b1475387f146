use super::*;
use crate::bench::dataset::{self, Syntax};
use std::collections::HashSet;

fn part(data: &Bsbm, number: u64) -> (String, u64) {
    let mut bytes = Vec::new();
    let statements = dataset::part(data, Syntax::NTriples, number, &mut bytes);
    (String::from_utf8(bytes).unwrap(), statements)
}

#[test]
fn the_tree_of_types_grows_as_the_specification_says() {
    let shapes: [(u64, &[u64]); 6] = [
        (10, &[2, 2]),
        (100, &[4, 4]),
        (1_000, &[6, 8, 2]),
        (10_000, &[8, 8, 4]),
        (100_000, &[10, 8, 8, 2]),
        (1_000_000, &[12, 8, 8, 4]),
    ];
    for (products, branching) in shapes {
        let tree = Hierarchy::new(products, |number| Random::new(1, number));
        let mut level = 1;
        let mut types = 1;
        for (depth, children) in branching.iter().enumerate() {
            level *= children;
            types += level;
            assert_eq!(
                tree.parent(types - 1).map(|above| tree.level(above)),
                Some(depth as u64)
            );
        }
        assert_eq!(
            (tree.types(), tree.leaves()),
            (types, types - level..types),
            "{products}"
        );
        assert_eq!(tree.leaves_of(0), tree.leaves());
        assert!(
            tree.leaves()
                .all(|leaf| tree.leaves_of(tree.widest(leaf)).contains(&leaf))
        );
    }
}

#[test]
fn a_part_follows_from_the_seed_and_its_number_alone() {
    let data = Bsbm::new(300, 7);
    let parts: Vec<_> = (0..data.parts())
        .map(|number| part(&data, number))
        .collect();
    let again = Bsbm::new(300, 7);
    for number in (0..data.parts()).rev() {
        assert_eq!(
            part(&again, number),
            parts[number as usize],
            "part {number}"
        );
    }
    for (text, statements) in &parts {
        assert_eq!(text.lines().count() as u64, *statements);
        assert!((1..20_000).contains(statements), "{statements}");
    }
    assert_eq!(part(&data, data.parts()), (String::new(), 0));
    let other = Bsbm::new(300, 8);
    assert!(
        (0..data.parts().min(other.parts()))
            .all(|number| part(&other, number) != parts[number as usize])
    );
}

/// What queries are told of entities is what is written.
#[test]
fn entities_are_written_as_they_are_known() {
    let data = Bsbm::new(200, 3);
    let text: String = (0..data.parts())
        .map(|number| part(&data, number).0)
        .collect();
    let statement = |subject: &str, predicate: &str, object: &str| {
        let line = format!("<{subject}> <{predicate}> {object} .\n");
        assert!(text.contains(&line), "{line}");
    };
    for number in (0..200).step_by(20) {
        let product = data.product(number);
        let iri = data.product_iri(number).to_string();
        statement(
            &iri,
            vocabulary::RDF_TYPE,
            &format!("<{}>", TypeIri(product.leaf)),
        );
        let value = format!(
            "\"{}\"^^<{}>",
            product.numeric[0].unwrap(),
            vocabulary::xsd!("integer")
        );
        statement(&iri, vocabulary::bsbm!("productPropertyNumeric1"), &value);
        let features = data.features(&product);
        for feature in &features {
            let object = format!("<{}>", FeatureIri(*feature));
            statement(&iri, vocabulary::bsbm!("productFeature"), &object);
        }
        let prefix = format!("<{iri}> <{}>", vocabulary::bsbm!("productFeature"));
        assert_eq!(text.matches(&prefix).count(), features.len());
    }
    for number in (0..data.offers()).step_by(500) {
        let offer = data.offer(number);
        let iri = data.offer_iri(number).to_string();
        let object = format!("<{}>", data.product_iri(offer.product));
        statement(&iri, vocabulary::bsbm!("product"), &object);
        let days = format!(
            "\"{}\"^^<{}>",
            offer.delivery_days,
            vocabulary::xsd!("integer")
        );
        statement(&iri, vocabulary::bsbm!("deliveryDays"), &days);
        let until = format!(
            "\"{}T00:00:00\"^^<{}>",
            offer.valid_to,
            vocabulary::xsd!("dateTime")
        );
        statement(&iri, vocabulary::bsbm!("validTo"), &until);
        let vendor = data.vendors().owner(number);
        let vendor_iri = market::VendorIri(vendor).to_string();
        statement(
            &iri,
            vocabulary::bsbm!("vendor"),
            &format!("<{vendor_iri}>"),
        );
        let country = format!("<{}>", CountryIri(data.vendor_country(vendor)));
        statement(&vendor_iri, vocabulary::bsbm!("country"), &country);
    }
    for number in (0..data.reviews()).step_by(250) {
        let review = data.review(number);
        let iri = data.review_iri(number).to_string();
        let object = format!("<{}>", data.product_iri(review.product));
        statement(&iri, vocabulary::bsbm!("reviewFor"), &object);
        let date = format!("\"{}\"^^<{}>", review.published, vocabulary::xsd!("date"));
        statement(&iri, vocabulary::dc!("date"), &date);
        let person = data.persons().owner(number);
        let reviewer = review::PersonIri {
            site: data.sites.owner(number),
            person,
        };
        statement(&iri, vocabulary::rev!("reviewer"), &format!("<{reviewer}>"));
        let country = format!("<{}>", CountryIri(data.person_country(person)));
        statement(
            &reviewer.to_string(),
            vocabulary::bsbm!("country"),
            &country,
        );
    }
}

/// Figures that were measured on a dataset are comparable only while it does not change.
#[test]
fn datasets_are_those_that_were_measured() {
    // FNV-1a.
    let sum = |text: &str| {
        text.bytes().fold(0xCBF2_9CE4_8422_2325, |sum: u64, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        })
    };
    let sums = [0, 1].map(|seed| {
        let data = Bsbm::new(200, seed);
        let parts = (0..data.parts()).map(|number| part(&data, number).0);
        sum(&parts.collect::<String>())
    });
    assert_eq!(
        sums,
        [0x1077_DA4F_D20A_84E9, 0x36E5_B62C_2659_C491],
        "{sums:#X?}"
    );
}

#[test]
fn turtle_says_the_same_as_lines() {
    let data = Bsbm::new(50, 4);
    let mut turtle = Vec::new();
    let mut lines = Vec::new();
    for number in 0..data.parts() {
        let statements = dataset::part(&data, Syntax::Turtle, number, &mut turtle);
        assert_eq!(
            dataset::part(&data, Syntax::NTriples, number, &mut lines),
            statements
        );
    }
    let turtle: HashSet<_> = oxttl::TurtleParser::new()
        .for_slice(&turtle)
        .map(Result::unwrap)
        .collect();
    let lines: HashSet<_> = oxttl::NTriplesParser::new()
        .for_slice(&lines)
        .map(Result::unwrap)
        .collect();
    assert!(turtle == lines && lines.len() > 10_000, "{}", lines.len());
}
