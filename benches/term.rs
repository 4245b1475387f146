//! Encoding, decoding and comparing terms. `cargo bench --bench term`

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use triplestore::term::value::{id_compare, id_equal};
use triplestore::term::{
    Datatype, IriPrefixes, PrefixLearner, SortKey, TermBuf, TermRef, compare_ids, decode_inline,
    dictionary_key, inline, parse_key,
};

const INLINE: &[(&str, TermRef<'static>)] = &[
    (
        "iri",
        TermRef::Iri("http://www.example.com/bsbm/instances/Product12345"),
    ),
    ("short string", TermRef::string("GB-LND")),
];

/// Inline literals by datatype; several of each, so that branches are not learned.
const TYPED: &[(&str, Datatype, [&str; 4])] = &[
    (
        "integer",
        Datatype::Integer,
        ["7", "-42", "1234", "987654321"],
    ),
    (
        "decimal",
        Datatype::Decimal,
        ["0.5", "19.99", "-3.14159", "1200.00"],
    ),
    (
        "double",
        Datatype::Double,
        ["0.5", "1.5E0", "-3.14159E2", "48.85837"],
    ),
    (
        "double, 17 digits",
        Datatype::Double,
        ["0.30000000000000004"; 4],
    ),
    (
        "float",
        Datatype::Float,
        ["0.5", "1.5E0", "-3.14E2", "48.85"],
    ),
    (
        "boolean",
        Datatype::Boolean,
        ["true", "false", "true", "true"],
    ),
    (
        "date",
        Datatype::Date,
        ["2000-07-04", "2024-02-29", "1999-12-31", "2008-01-15"],
    ),
    (
        "dateTime",
        Datatype::DateTime,
        [
            "2024-02-29T12:30:00",
            "2008-07-04T00:00:00Z",
            "1999-12-31T23:59:59.999+01:00",
            "2024-02-29T12:30:00.5Z",
        ],
    ),
    ("gYear", Datatype::GYear, ["2008", "1999", "2024", "1066"]),
];

/// Terms that are not inline.
const DICTIONARY: &[(&str, TermRef<'static>)] = &[
    (
        "iri, no digits",
        TermRef::Iri("http://www.example.com/bsbm/vocabulary/reviewFor"),
    ),
    (
        "iri, unknown prefix",
        TermRef::Iri("http://www.example.com/other/Thing12"),
    ),
    (
        "string of 40",
        TermRef::string("a string that is too long for an id, 40 b"),
    ),
];

fn prefixes() -> IriPrefixes {
    let mut prefixes = IriPrefixes::new();
    for kind in ["Product", "Vendor", "Review", "Offer", "Producer"] {
        let prefix = format!("http://www.example.com/bsbm/instances/{kind}");
        prefixes.add(&prefix).expect("the prefix is valid");
    }
    prefixes
}

fn samples() -> Vec<(&'static str, Vec<TermRef<'static>>)> {
    let mut samples: Vec<_> = INLINE
        .iter()
        .map(|&(name, term)| (name, vec![term]))
        .collect();
    for &(name, datatype, texts) in TYPED {
        let terms = texts
            .iter()
            .map(|text| TermRef::typed(text, datatype.iri()));
        samples.push((name, terms.collect()));
    }
    samples
}

fn encode(criterion: &mut Criterion) {
    let prefixes = prefixes();
    let mut group = criterion.benchmark_group("kernel/term encode");
    let dictionary = DICTIONARY.iter().map(|&(name, term)| (name, vec![term]));
    for (name, terms) in samples().into_iter().chain(dictionary) {
        let mut next = terms.iter().cycle();
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| {
                inline(
                    black_box(*next.next().expect("a cycle does not end")),
                    &prefixes,
                )
            });
        });
    }
}

fn decode(criterion: &mut Criterion) {
    let prefixes = prefixes();
    let mut buffer = TermBuf::new();
    let mut group = criterion.benchmark_group("kernel/term decode");
    for (name, terms) in samples() {
        let ids: Vec<_> = terms
            .iter()
            .map(|&term| inline(term, &prefixes).expect("the sample is inline"))
            .collect();
        let mut next = ids.iter().cycle();
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| {
                let id = *next.next().expect("a cycle does not end");
                decode_inline(black_box(id), &prefixes, &mut buffer).expect("the id is valid");
            });
        });
    }
}

fn keys(criterion: &mut Criterion) {
    let term = TermRef::typed(
        "1234567890123456789012345678901234567890",
        Datatype::Integer.iri(),
    );
    let mut key = Vec::new();
    criterion.bench_function("kernel/term key/make", |bencher| {
        bencher.iter(|| {
            key.clear();
            dictionary_key(black_box(term), &mut key)
        });
    });
    key.clear();
    let tag = dictionary_key(term, &mut key).expect("a literal has a key");
    let mut buffer = TermBuf::new();
    criterion.bench_function("kernel/term key/parse", |bencher| {
        bencher.iter(|| parse_key(tag, black_box(&key), &mut buffer).expect("the key is valid"));
    });
}

fn compare(criterion: &mut Criterion) {
    let prefixes = prefixes();
    let id = |text, datatype: Datatype| {
        inline(TermRef::typed(text, datatype.iri()), &prefixes).expect("the sample is inline")
    };
    let pairs = [
        (
            "integer-integer",
            id("7", Datatype::Integer),
            id("42", Datatype::Int),
        ),
        (
            "integer-double",
            id("7", Datatype::Integer),
            id("7.5", Datatype::Double),
        ),
        (
            "decimal-double",
            id("7.25", Datatype::Decimal),
            id("7.25", Datatype::Double),
        ),
        (
            "dateTime-dateTime",
            id("2024-02-29T12:30:00Z", Datatype::DateTime),
            id("2024-02-28T12:30:00+01:00", Datatype::DateTime),
        ),
    ];
    for (name, a, b) in pairs {
        criterion.bench_function(&format!("kernel/term compare/{name}"), |bencher| {
            bencher.iter(|| id_compare(black_box(a), black_box(b)));
        });
        criterion.bench_function(&format!("kernel/term equal/{name}"), |bencher| {
            bencher.iter(|| id_equal(black_box(a), black_box(b)));
        });
        criterion.bench_function(&format!("kernel/term order/{name}"), |bencher| {
            bencher.iter(|| compare_ids(black_box(a), black_box(b)));
        });
    }
    for (name, term) in [
        ("integer", TermRef::typed("42", Datatype::Integer.iri())),
        (
            "dateTime",
            TermRef::typed("2024-02-29T12:30:00Z", Datatype::DateTime.iri()),
        ),
        ("string", TermRef::string("a string")),
    ] {
        criterion.bench_function(&format!("kernel/term sort key/{name}"), |bencher| {
            bencher.iter(|| SortKey::new(Some(black_box(term))));
        });
    }
}

fn learn(criterion: &mut Criterion) {
    let iris: Vec<String> = (0..10_000)
        .map(|number| {
            format!(
                "http://www.example.com/instances/Kind{}Product{number}",
                (b'a' + number as u8 % 7) as char
            )
        })
        .collect();
    let mut learner = PrefixLearner::new(1 << 20);
    let mut next = iris.iter().cycle();
    criterion.bench_function("kernel/term prefixes learned", |bencher| {
        bencher.iter(|| learner.add(next.next().expect("a cycle does not end")));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_millis(800))
        .without_plots();
    targets = encode, decode, keys, compare, learn
}
criterion_main!(benches);
