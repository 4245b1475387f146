//! Generated BSBM data beside that of the benchmark's own generator, and the query mixes over generated data.
//! Needs the test data (see docs/testing.md).

mod environment;

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::OnceLock;
use triplestore::bench::dataset::bsbm::Bsbm;
use triplestore::bench::dataset::{self, Dataset, Syntax};
use triplestore::bench::queries::Query;
use triplestore::bench::queries::bsbm::Mixes;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions};
use triplestore::load::Format;
use triplestore::query::{QueryOptions, ResultBatch};

const PRODUCTS: u64 = 1000;

fn generated(seed: u64) -> Vec<u8> {
    let data = Bsbm::new(PRODUCTS, seed);
    let mut bytes = Vec::new();
    for part in 0..data.parts() {
        dataset::part(&data, Syntax::NTriples, part, &mut bytes);
    }
    bytes
}

/// What a document has of each predicate and class, and the values of its properties.
#[derive(Default)]
struct Profile {
    counts: BTreeMap<String, u64>,
    /// By class and predicate: numbers, days, how many words a text has, the number of what is linked.
    values: BTreeMap<String, Vec<u64>>,
    letters: u64,
    words: u64,
    bytes: u64,
    statements: u64,
}

impl Profile {
    fn new(document: &str) -> Self {
        let mut profile = Self {
            bytes: document.len() as u64,
            ..Self::default()
        };
        for line in document.lines() {
            let (subject, rest) = line.split_once("> <").unwrap();
            let (predicate, object) = rest.split_once("> ").unwrap();
            let object = object.strip_suffix(" .").unwrap();
            let predicate = local(predicate);
            let (class, _) = kind(local(subject));
            *profile.counts.entry(predicate.to_owned()).or_default() += 1;
            if predicate == "type" {
                let (class, _) = kind(local(object.trim_end_matches('>')));
                *profile.counts.entry(class.to_owned()).or_default() += 1;
            }
            profile.statements += 1;
            let value = match object.strip_prefix('"') {
                None => kind(local(object.trim_end_matches('>'))).1,
                Some(literal) => profile.literal(&literal[..literal.find('"').unwrap()]),
            };
            let values = profile
                .values
                .entry(format!("{class} {predicate}"))
                .or_default();
            values.push(value);
        }
        profile
    }

    fn literal(&mut self, text: &str) -> u64 {
        let digits: Option<Vec<u64>> = text
            .split(['-', 'T', ':', '.'])
            .map(|digits| digits.parse().ok())
            .collect();
        match digits.as_deref() {
            Some([value]) => *value,
            Some([whole, cents]) => whole * 100 + cents,
            Some([year, month, day, ..]) => (year * 12 + month) * 31 + day,
            _ => {
                let words = text.split(' ').count() as u64;
                self.words += words;
                self.letters += text.len() as u64 + 1 - words;
                words
            }
        }
    }

    /// How many of the values of a property are equal: ascending.
    fn sizes(&self, property: &str) -> Vec<u64> {
        let mut sizes: BTreeMap<u64, u64> = BTreeMap::new();
        for value in &self.values[property] {
            *sizes.entry(*value).or_default() += 1;
        }
        sizes.into_values().collect()
    }
}

/// What is after the last `/` or `#`.
fn local(iri: &str) -> &str {
    iri.trim_end_matches('/').rsplit(['/', '#']).next().unwrap()
}

/// A name and the number behind it: `Product`, 12.
fn kind(name: &str) -> (&str, u64) {
    let class = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (class, name[class.len()..].parse().unwrap_or(0))
}

/// How many there are of a predicate or class may differ by so many. What the specification fixes may not; what is
/// chosen with a probability may by 4 standard deviations of the difference; producers, vendors and persons are as many
/// as fit their products, offers and reviews, whose numbers have a third of their average as deviation.
const COUNTS: &[(&str, u64)] = &[
    ("Product", 0),
    ("Offer", 0),
    ("Review", 0),
    ("ProductFeature", 500),
    ("Producer", 8),
    ("Vendor", 6),
    ("Person", 40),
    ("product", 0),
    ("vendor", 0),
    ("price", 0),
    ("validFrom", 0),
    ("validTo", 0),
    ("deliveryDays", 0),
    ("offerWebpage", 0),
    ("producer", 0),
    ("reviewFor", 0),
    ("reviewer", 0),
    ("reviewDate", 0),
    ("title", 0),
    ("text", 0),
    ("subClassOf", 0),
    ("productPropertyNumeric1", 0),
    ("productPropertyNumeric2", 0),
    ("productPropertyNumeric3", 0),
    ("productPropertyTextual1", 0),
    ("productPropertyTextual2", 0),
    ("productPropertyTextual3", 0),
    // Half of the products; 55 of 100; a fifth.
    ("productPropertyNumeric4", 90),
    ("productPropertyTextual4", 90),
    ("productPropertyNumeric5", 90),
    ("productPropertyTextual5", 90),
    ("productPropertyNumeric6", 72),
    ("productPropertyTextual6", 72),
    // Seven of ten.
    ("rating1", 260),
    ("rating2", 260),
    ("rating3", 260),
    ("rating4", 260),
    // A quarter of some 88 for each product; the few types of the first level weigh most.
    ("productFeature", 4000),
    // As many as there are of what has them.
    ("ProductType", 0),
    ("type", 600),
    ("publisher", 600),
    ("date", 600),
    ("label", 520),
    ("comment", 520),
    ("country", 60),
    ("homepage", 14),
    ("name", 40),
    ("mbox_sha1sum", 40),
];

/// Properties whose values are drawn one by one, so that the distributions of two samples can be compared.
const VALUES: &[&str] = &[
    "ProductType label",
    "ProductType date",
    "ProductFeature label",
    "ProductFeature comment",
    "ProductFeature date",
    "Product label",
    "Product comment",
    "Product productPropertyNumeric1",
    "Product productPropertyNumeric2",
    "Product productPropertyNumeric3",
    "Product productPropertyNumeric4",
    "Product productPropertyNumeric5",
    "Product productPropertyNumeric6",
    "Product productPropertyTextual1",
    "Product productPropertyTextual6",
    "Product type",
    "Product date",
    "Offer product",
    "Offer price",
    "Offer deliveryDays",
    "Offer validFrom",
    "Offer validTo",
    "Offer date",
    "Reviewer date",
    "Review reviewFor",
    "Review reviewDate",
    "Review date",
    "Review title",
    "Review text",
    "Review rating1",
    "Review rating2",
    "Review rating3",
    "Review rating4",
];

/// The greatest difference between the shares of two samples that are up to some value (Kolmogorov, Smirnov), in parts
/// of the difference that samples of one distribution exceed with a probability of 1 in 1,000.
fn distance(one: &[u64], other: &[u64]) -> f64 {
    let (mut one, mut other) = (one.to_vec(), other.to_vec());
    one.sort_unstable();
    other.sort_unstable();
    let share = |sorted: &[u64], value| {
        sorted.partition_point(|&each| each <= value) as f64 / sorted.len() as f64
    };
    let differences = one
        .iter()
        .chain(&other)
        .map(|&value| (share(&one, value) - share(&other, value)).abs());
    let greatest = differences.fold(0.0, f64::max);
    let (n, m) = (one.len() as f64, other.len() as f64);
    greatest / (1.949 * ((n + m) / (n * m)).sqrt())
}

#[test]
fn generated_data_is_as_that_of_the_original() {
    let Some(folder) = environment::test_data("data/bsbm1000") else {
        return;
    };
    let file = std::fs::File::open(folder.join("bsbm1000.nt.gz")).unwrap();
    let mut original = String::new();
    flate2::read::MultiGzDecoder::new(file)
        .read_to_string(&mut original)
        .unwrap();
    let original = Profile::new(&original);
    let ours = Profile::new(&String::from_utf8(generated(1)).unwrap());

    assert_eq!(
        ours.counts.keys().collect::<Vec<_>>(),
        original.counts.keys().collect::<Vec<_>>()
    );
    for name in original.counts.keys() {
        let (_, tolerance) = COUNTS.iter().find(|(known, _)| known == name).expect(name);
        let (one, other) = (ours.counts[name], original.counts[name]);
        assert!(
            one.abs_diff(other) <= *tolerance,
            "{name}: {one} beside {other}"
        );
    }
    for property in VALUES {
        let (one, other) = (&ours.values[*property], &original.values[*property]);
        let distance = distance(one, other);
        assert!(distance < 1.0, "{property}: {distance}");
    }
    // Owners draw how many items they have.
    for property in ["Review reviewer", "Product producer"] {
        let distance = distance(&ours.sizes(property), &original.sizes(property));
        assert!(distance < 1.0, "{property}: {distance}");
    }
    let ratios = [
        (
            "letters of a word",
            ours.letters * original.words,
            original.letters * ours.words,
            0.03,
        ),
        (
            "statement",
            ours.bytes * original.statements,
            original.bytes * ours.statements,
            0.03,
        ),
    ];
    for (name, one, other, tolerance) in ratios {
        let ratio = one as f64 / other as f64;
        assert!((ratio - 1.0).abs() < tolerance, "{name}: {ratio}");
    }
}

fn loaded() -> &'static Database {
    static DATABASE: OnceLock<Database> = OnceLock::new();
    DATABASE.get_or_init(|| {
        let database = Database::memory(&Config::default()).unwrap();
        let options = LoadOptions {
            format: Some(Format::NTriples),
            ..LoadOptions::default()
        };
        let document = std::io::Cursor::new(generated(5));
        let report = database
            .load_reader(document, &options, &Control::new())
            .unwrap();
        // No statement is written twice.
        assert_eq!(report.inserted, report.statements);
        database
    })
}

fn rows(query: &Query) -> u64 {
    let results = loaded()
        .snapshot()
        .unwrap()
        .query(&query.text, &QueryOptions::default(), &Control::new())
        .unwrap_or_else(|error| panic!("{error}\n{}", query.text));
    let mut rows = results.rows().expect("rows");
    let mut batch = ResultBatch::new();
    let mut count = 0;
    while rows.next(2048, &mut batch).unwrap() {
        count += batch.rows() as u64;
    }
    count
}

#[test]
fn every_query_of_the_explore_mix_has_rows() {
    let mixes = Mixes::new(Bsbm::new(PRODUCTS, 5), 9);
    for query in (0..200).flat_map(|number| mixes.explore(number)) {
        assert!(query.never_empty && rows(&query) > 0, "{}", query.text);
    }
}

#[test]
fn every_query_of_the_business_intelligence_mix_has_rows() {
    let mixes = Mixes::new(Bsbm::new(PRODUCTS, 5), 9);
    for query in (0..60).flat_map(|number| mixes.business_intelligence(number)) {
        assert!(query.never_empty && rows(&query) > 0, "{}", query.text);
    }
}
