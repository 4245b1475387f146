//! The explore use case: a consumer looks for a product. Query 6 of older versions, a text search, is not in its mix.

use super::template::{Parameters, Template, iri};
use super::{Mixes, choose};
use crate::bench::dataset::bsbm::{FeatureIri, Product, TODAY, TypeIri};
use crate::bench::random::Random;

/// A query in the mix. Source: section 3.3 of the explore use case.
pub(super) const ORDER: &[&Template] = &[
    &Q1, &Q2, &Q2, &Q3, &Q2, &Q2, &Q4, &Q2, &Q2, &Q5, &Q7, &Q7, &Q5, &Q7, &Q7, &Q8, &Q9, &Q9, &Q8,
    &Q9, &Q9, &Q10, &Q10, &Q11, &Q12,
];

/// Numbers that properties of products are compared with are from 1 to this.
const COMPARED_MAX: u64 = 500;
/// The first row that query 4 shows, and with it how many products it must find.
const PAGE_START: usize = 5;

/// Products with a type, two features and a number.
const Q1: Template = Template {
    name: "Q1",
    text: "\
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?product ?label
WHERE {
  ?product rdfs:label ?label .
  ?product a %ProductType% .
  ?product bsbm:productFeature %ProductFeature1% .
  ?product bsbm:productFeature %ProductFeature2% .
  ?product bsbm:productPropertyNumeric1 ?value1 .
  FILTER (?value1 > %x%)
}
ORDER BY ?label ?product
LIMIT 10
",
    ordered: true,
    draw: |mixes, random| {
        let product = mixes.product(random);
        let [first, second] = choose(&mixes.data.features(&product), random)?;
        Some(vec![vec![
            ("ProductType", iri(TypeIri(product.leaf))),
            ("ProductFeature1", iri(FeatureIri(first))),
            ("ProductFeature2", iri(FeatureIri(second))),
            ("x", below(product.numeric[0], random)?),
        ]])
    },
};

/// What is known of a product.
const Q2: Template = Template {
    name: "Q2",
    text: "\
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX dc: <http://purl.org/dc/elements/1.1/>
SELECT ?label ?comment ?producer ?productFeature ?propertyTextual1 ?propertyTextual2 ?propertyTextual3
  ?propertyNumeric1 ?propertyNumeric2 ?propertyTextual4 ?propertyTextual5 ?propertyNumeric4
WHERE {
  %Product% rdfs:label ?label .
  %Product% rdfs:comment ?comment .
  %Product% bsbm:producer ?p .
  ?p rdfs:label ?producer .
  %Product% dc:publisher ?p .
  %Product% bsbm:productFeature ?f .
  ?f rdfs:label ?productFeature .
  %Product% bsbm:productPropertyTextual1 ?propertyTextual1 .
  %Product% bsbm:productPropertyTextual2 ?propertyTextual2 .
  %Product% bsbm:productPropertyTextual3 ?propertyTextual3 .
  %Product% bsbm:productPropertyNumeric1 ?propertyNumeric1 .
  %Product% bsbm:productPropertyNumeric2 ?propertyNumeric2 .
  OPTIONAL { %Product% bsbm:productPropertyTextual4 ?propertyTextual4 }
  OPTIONAL { %Product% bsbm:productPropertyTextual5 ?propertyTextual5 }
  OPTIONAL { %Product% bsbm:productPropertyNumeric4 ?propertyNumeric4 }
}
",
    ordered: false,
    draw: |mixes, random| {
        let product = mixes.product(random);
        (!mixes.data.features(&product).is_empty()).then(|| about(mixes, &product))
    },
};

/// Products with one feature and without another.
const Q3: Template = Template {
    name: "Q3",
    text: "\
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?product ?label
WHERE {
  ?product rdfs:label ?label .
  ?product a %ProductType% .
  ?product bsbm:productFeature %ProductFeature1% .
  ?product bsbm:productPropertyNumeric1 ?p1 .
  FILTER (?p1 > %x%)
  ?product bsbm:productPropertyNumeric3 ?p3 .
  FILTER (?p3 < %y%)
  OPTIONAL {
    ?product bsbm:productFeature %ProductFeature2% .
    ?product rdfs:label ?testVar
  }
  FILTER (!bound(?testVar))
}
ORDER BY ?label ?product
LIMIT 10
",
    ordered: true,
    draw: |mixes, random| {
        let product = mixes.product(random);
        let features = mixes.data.features(&product);
        let mut others = mixes.data.hierarchy().features_of(product.leaf);
        others.retain(|feature| !features.contains(feature));
        let [present] = choose(&features, random)?;
        let [absent] = choose(&others, random)?;
        Some(vec![vec![
            ("ProductType", iri(TypeIri(product.leaf))),
            ("ProductFeature1", iri(FeatureIri(present))),
            ("ProductFeature2", iri(FeatureIri(absent))),
            ("x", below(product.numeric[0], random)?),
            ("y", above(product.numeric[2], random)?),
        ]])
    },
};

/// The second page of products with one of two pairs of features.
const Q4: Template = Template {
    name: "Q4",
    text: "\
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
SELECT DISTINCT ?product ?label ?propertyTextual
WHERE {
  {
    ?product rdfs:label ?label .
    ?product rdf:type %ProductType% .
    ?product bsbm:productFeature %ProductFeature1% .
    ?product bsbm:productFeature %ProductFeature2% .
    ?product bsbm:productPropertyTextual1 ?propertyTextual .
    ?product bsbm:productPropertyNumeric1 ?p1 .
    FILTER (?p1 > %x%)
  } UNION {
    ?product rdfs:label ?label .
    ?product rdf:type %ProductType% .
    ?product bsbm:productFeature %ProductFeature1% .
    ?product bsbm:productFeature %ProductFeature3% .
    ?product bsbm:productPropertyTextual1 ?propertyTextual .
    ?product bsbm:productPropertyNumeric2 ?p2 .
    FILTER (?p2 > %y%)
  }
}
ORDER BY ?label ?product
OFFSET 5
LIMIT 10
",
    ordered: true,
    draw: |mixes, random| {
        let product = mixes.product(random);
        let features = mixes.data.features(&product);
        let (x, y) = (
            random.between(1, COMPARED_MAX),
            random.between(1, COMPARED_MAX),
        );
        // From the product's own type upwards, the first that has so many of them.
        mixes
            .data
            .hierarchy()
            .path(product.leaf)
            .find_map(|number| {
                let possible = mixes.data.hierarchy().features_of(number);
                let own: Vec<u64> = features
                    .iter()
                    .copied()
                    .filter(|one| possible.contains(one))
                    .collect();
                let [first, second] = choose(&own, random)?;
                let [third] =
                    choose(&possible, random).filter(|[third]| ![first, second].contains(third))?;
                let mut found = mixes.products_of_type(number).filter(|product| {
                    let features = mixes.data.features(product);
                    let has = |feature| features.contains(&feature);
                    has(first)
                        && (has(second) && product.numeric[0] > Some(x)
                            || has(third) && product.numeric[1] > Some(y))
                });
                found.nth(PAGE_START).map(|_| {
                    vec![vec![
                        ("ProductType", iri(TypeIri(number))),
                        ("ProductFeature1", iri(FeatureIri(first))),
                        ("ProductFeature2", iri(FeatureIri(second))),
                        ("ProductFeature3", iri(FeatureIri(third))),
                        ("x", x.to_string()),
                        ("y", y.to_string()),
                    ]]
                })
            })
    },
};

/// Products that are like a product.
const Q5: Template = Template {
    name: "Q5",
    text: "\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
SELECT DISTINCT ?product ?productLabel
WHERE {
  ?product rdfs:label ?productLabel .
  FILTER (%Product% != ?product)
  %Product% bsbm:productFeature ?prodFeature .
  ?product bsbm:productFeature ?prodFeature .
  %Product% bsbm:productPropertyNumeric1 ?origProperty1 .
  ?product bsbm:productPropertyNumeric1 ?simProperty1 .
  FILTER (?simProperty1 < (?origProperty1 + 120) && ?simProperty1 > (?origProperty1 - 120))
  %Product% bsbm:productPropertyNumeric2 ?origProperty2 .
  ?product bsbm:productPropertyNumeric2 ?simProperty2 .
  FILTER (?simProperty2 < (?origProperty2 + 170) && ?simProperty2 > (?origProperty2 - 170))
}
ORDER BY ?productLabel ?product
LIMIT 5
",
    ordered: true,
    draw: |mixes, random| {
        let product = mixes.product(random);
        let near = |other: &Product, property: usize, distance| match (
            product.numeric[property],
            other.numeric[property],
        ) {
            (Some(one), Some(other)) => one.abs_diff(other) < distance,
            _ => false,
        };
        mixes.similar(&product, |other| near(other, 0, 120) && near(other, 1, 170))?;
        Some(about(mixes, &product))
    },
};

/// A product with its offers from Germany and its reviews.
const Q7: Template = Template {
    name: "Q7",
    text: "\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX rev: <http://purl.org/stuff/rev#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
PREFIX dc: <http://purl.org/dc/elements/1.1/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
SELECT ?productLabel ?offer ?price ?vendor ?vendorTitle ?review ?revTitle ?reviewer ?revName ?rating1 ?rating2
WHERE {
  %Product% rdfs:label ?productLabel .
  OPTIONAL {
    ?offer bsbm:product %Product% .
    ?offer bsbm:price ?price .
    ?offer bsbm:vendor ?vendor .
    ?vendor rdfs:label ?vendorTitle .
    ?vendor bsbm:country <http://downlode.org/rdf/iso-3166/countries#DE> .
    ?offer dc:publisher ?vendor .
    ?offer bsbm:validTo ?date .
    FILTER (?date > \"%CurrentDate%T00:00:00\"^^xsd:dateTime)
  }
  OPTIONAL {
    ?review bsbm:reviewFor %Product% .
    ?review rev:reviewer ?reviewer .
    ?reviewer foaf:name ?revName .
    ?review dc:title ?revTitle .
    OPTIONAL { ?review bsbm:rating1 ?rating1 . }
    OPTIONAL { ?review bsbm:rating2 ?rating2 . }
  }
}
",
    ordered: false,
    draw: |mixes, random| {
        let product = mixes.product(random);
        (mixes.catalogue.reviews.of(product.number).len() > 0).then(|| about(mixes, &product))
    },
};

/// The latest reviews of a product that are in English.
const Q8: Template = Template {
    name: "Q8",
    text: "\
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
PREFIX dc: <http://purl.org/dc/elements/1.1/>
PREFIX rev: <http://purl.org/stuff/rev#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
SELECT ?title ?text ?reviewDate ?reviewer ?reviewerName ?rating1 ?rating2 ?rating3 ?rating4
WHERE {
  ?review bsbm:reviewFor %Product% .
  ?review dc:title ?title .
  ?review rev:text ?text .
  FILTER langMatches(lang(?text), \"EN\")
  ?review bsbm:reviewDate ?reviewDate .
  ?review rev:reviewer ?reviewer .
  ?reviewer foaf:name ?reviewerName .
  OPTIONAL { ?review bsbm:rating1 ?rating1 . }
  OPTIONAL { ?review bsbm:rating2 ?rating2 . }
  OPTIONAL { ?review bsbm:rating3 ?rating3 . }
  OPTIONAL { ?review bsbm:rating4 ?rating4 . }
}
ORDER BY DESC(?reviewDate) ?review
LIMIT 20
",
    ordered: true,
    draw: |mixes, random| {
        let product = mixes.product(random);
        let mut reviews = mixes.catalogue.reviews.of(product.number);
        let english = reviews.any(|review| {
            let person = mixes.data.persons().owner(review);
            mixes.data.person_country(person).language == "en"
        });
        english.then(|| about(mixes, &product))
    },
};

/// What is known of the writer of a review. How a resource is described is for engines to choose.
const Q9: Template = Template {
    name: "Q9",
    text: "\
PREFIX rev: <http://purl.org/stuff/rev#>
DESCRIBE ?x
WHERE { %Review% rev:reviewer ?x }
",
    ordered: false,
    draw: |mixes, random| {
        let review = random.below(mixes.data.reviews());
        Some(vec![vec![("Review", iri(mixes.data.review_iri(review)))]])
    },
};

/// The cheapest offers of a product from the US that are delivered within three days.
const Q10: Template = Template {
    name: "Q10",
    text: "\
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX dc: <http://purl.org/dc/elements/1.1/>
SELECT DISTINCT ?offer ?price
WHERE {
  ?offer bsbm:product %Product% .
  ?offer bsbm:vendor ?vendor .
  ?offer dc:publisher ?vendor .
  ?vendor bsbm:country <http://downlode.org/rdf/iso-3166/countries#US> .
  ?offer bsbm:deliveryDays ?deliveryDays .
  FILTER (?deliveryDays <= 3)
  ?offer bsbm:price ?price .
  ?offer bsbm:validTo ?date .
  FILTER (?date > \"%CurrentDate%T00:00:00\"^^xsd:dateTime)
}
ORDER BY xsd:double(str(?price)) ?offer
LIMIT 10
",
    ordered: true,
    draw: |mixes, random| {
        let product = mixes.product(random);
        let data = &mixes.data;
        let mut offers = mixes.catalogue.offers.of(product.number);
        let wanted = offers.any(|number| {
            let offer = data.offer(number);
            offer.delivery_days <= 3
                && offer.valid_to > TODAY
                && data.vendor_country(data.vendors().owner(number)).code == "US"
        });
        wanted.then(|| about(mixes, &product))
    },
};

/// Everything about an offer, in both directions.
const Q11: Template = Template {
    name: "Q11",
    text: "\
SELECT ?property ?hasValue ?isValueOf
WHERE {
  { %Offer% ?property ?hasValue }
  UNION
  { ?isValueOf ?property %Offer% }
}
",
    ordered: false,
    draw: offer,
};

/// An offer in the terms of another vocabulary.
const Q12: Template = Template {
    name: "Q12",
    text: "\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
PREFIX bsbm-export: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/export/>
CONSTRUCT {
  %Offer% bsbm-export:product ?productURI .
  %Offer% bsbm-export:productlabel ?productlabel .
  %Offer% bsbm-export:vendor ?vendorname .
  %Offer% bsbm-export:vendorhomepage ?vendorhomepage .
  %Offer% bsbm-export:offerURL ?offerURL .
  %Offer% bsbm-export:price ?price .
  %Offer% bsbm-export:deliveryDays ?deliveryDays .
  %Offer% bsbm-export:validuntil ?validTo
}
WHERE {
  %Offer% bsbm:product ?productURI .
  ?productURI rdfs:label ?productlabel .
  %Offer% bsbm:vendor ?vendorURI .
  ?vendorURI rdfs:label ?vendorname .
  ?vendorURI foaf:homepage ?vendorhomepage .
  %Offer% bsbm:offerWebpage ?offerURL .
  %Offer% bsbm:price ?price .
  %Offer% bsbm:deliveryDays ?deliveryDays .
  %Offer% bsbm:validTo ?validTo
}
",
    ordered: false,
    draw: offer,
};

fn about(mixes: &Mixes, product: &Product) -> Vec<Parameters> {
    vec![vec![
        ("Product", iri(mixes.data.product_iri(product.number))),
        ("CurrentDate", TODAY.to_string()),
    ]]
}

fn offer(mixes: &Mixes, random: &mut Random) -> Option<Vec<Parameters>> {
    let offer = random.below(mixes.data.offers());
    Some(vec![vec![("Offer", iri(mixes.data.offer_iri(offer)))]])
}

/// A number that a property is greater than.
fn below(property: Option<u64>, random: &mut Random) -> Option<String> {
    let highest = property?.checked_sub(1).filter(|&highest| highest > 0)?;
    Some(random.between(1, highest.min(COMPARED_MAX)).to_string())
}

/// A number that a property is less than.
fn above(property: Option<u64>, random: &mut Random) -> Option<String> {
    let lowest = property? + 1;
    (lowest <= COMPARED_MAX).then(|| random.between(lowest, COMPARED_MAX).to_string())
}
