//! What the properties are tried on.

use super::super::*;
use super::{inlined, typed};
use proptest::prelude::*;
use proptest::sample::select;

/// Lexical forms at and around the edges of what is inline.
const FORMS: &[&str] = &[
    "",
    "0",
    "00",
    "01",
    "1",
    "+5",
    "-5",
    "-0",
    "10",
    "127",
    "128",
    "-128",
    "255",
    "256",
    "65535",
    "65536",
    "2147483648",
    "36028797018963967",
    "36028797018963968",
    "-36028797018963968",
    "-36028797018963969",
    "18446744073709551616",
    "1234567890123456789012345678901234567890",
    "1.0",
    "1.00",
    "1.5",
    "-1.5",
    ".5",
    "5.",
    "0.1",
    "0.10",
    "-0.0",
    "0.0",
    "0.0000000",
    "0.00000000",
    "1.0E0",
    "1.0E3",
    "1.5E0",
    "1.5e0",
    "15E-1",
    "1.0E300",
    "1.0E-300",
    "-1.0E38",
    "1E0",
    "NaN",
    "INF",
    "-INF",
    "+INF",
    "inf",
    "nan",
    "true",
    "false",
    "TRUE",
    "2024-02-29T12:30:00",
    "2024-02-29T12:30:00Z",
    "2024-02-29T12:30:00.0Z",
    "2024-02-29T12:30:00.123Z",
    "2024-02-29T12:30:00.123456Z",
    "2024-02-29T12:30:00+00:00",
    "2024-02-29T12:30:00-00:00",
    "2024-02-29T12:30:00+05:45",
    "2024-02-29T12:30:00-05:53",
    "2024-02-29T24:00:00",
    "2023-02-29T12:30:00",
    "-0044-03-15T12:00:00Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2024-02-29",
    "2024-02-29Z",
    "2024-02-29+14:00",
    "-0044-03-15",
    "12:30:00",
    "12:30:00.5-14:00",
    "24:00:00",
    "2024",
    "2024Z",
    "-0044",
    "12024",
    "02024",
    "2024-02",
    "2024-02+01:00",
    "--02",
    "--02Z",
    "--02-29",
    "--02-30",
    "--02-29-05:00",
    "---29",
    "---29Z",
    "---32",
    "P1D",
    "PT24H",
    "P1M",
    "P30D",
    "P1Y",
    "-P1Y2M3DT4H5M6.7S",
    "P",
    "text",
    "a",
    "é",
    "日本",
    "abcdefg",
    "abcdefgh",
    "\u{0}",
    "a\u{0}",
    "\u{1}",
    "\u{1}\u{0}",
    "\u{10ffff}",
];

const LANGUAGES: &[&str] = &["en", "en-us", "en-usa", "de", "ar"];
const OTHER_DATATYPES: &[&str] = &[
    "http://example.com/type",
    "http://example.com/typ",
    "http://www.w3.org/2001/XMLSchema#decima",
    "",
];

pub fn form() -> impl Strategy<Value = String> {
    let zone = || select(&["", "Z", "+00:00", "+01:00", "-05:30", "+14:00", "-14:00"][..]);
    prop_oneof![
        4 => select(FORMS).prop_map(str::to_owned),
        1 => any::<i64>().prop_map(|value| value.to_string()),
        2 => (-300i64..300).prop_map(|value| value.to_string()),
        2 => (-300i64..300, 0u32..1000, 0usize..5).prop_map(|(whole, fraction, zeros)| {
            format!("{whole}.{fraction}{}", "0".repeat(zeros))
        }),
        1 => "-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,18})?",
        1 => any::<f64>().prop_map(|value| format!("{value:?}")),
        1 => any::<f32>().prop_map(|value| format!("{value:E}")),
        1 => (-400i64..400, -3i32..3).prop_map(|(value, exponent)| {
            let text = format!("{:E}", value as f64 * 10f64.powi(exponent));
            if text.contains('.') { text } else { text.replace('E', ".0E") }
        }),
        1 => (-3000i64..3000).prop_map(|value| format!("{:?}", value as f64 / 100.0)),
        2 => (
            prop_oneof![1990u32..2030, 0u32..9999],
            1u32..=12,
            1u32..=28,
            0u32..24,
            select(&["", ".5", ".50", ".123"][..]),
            zone(),
        )
            .prop_map(|(year, month, day, hour, fraction, zone)| {
                format!("{year:04}-{month:02}-{day:02}T{hour:02}:30:15{fraction}{zone}")
            }),
        1 => (0u32..3000, 1u32..=12, 1u32..=28, zone())
            .prop_map(|(year, month, day, zone)| format!("{year:04}-{month:02}-{day:02}{zone}")),
        1 => (1u32..=12, 1u32..=28, zone())
            .prop_map(|(month, day, zone)| format!("--{month:02}-{day:02}{zone}")),
        1 => (0u32..24, 0u32..60, zone())
            .prop_map(|(hour, minute, zone)| format!("{hour:02}:{minute:02}:00{zone}")),
        1 => (0u32..4000, zone()).prop_map(|(year, zone)| format!("{year:04}{zone}")),
        1 => ("[0-2]{0,3}", 0u32..3, 0u32..40)
            .prop_map(|(_, months, days)| format!("P{months}M{days}D")),
        1 => "[\\x00-\\x02a-c]{0,9}",
        1 => any::<String>(),
    ]
}

pub fn literal() -> impl Strategy<Value = TermBuf> {
    let kind = prop_oneof![
        8 => select(Datatype::ALL).prop_map(|datatype| (Some(datatype), "", None)),
        1 => select(OTHER_DATATYPES).prop_map(|datatype| (None, datatype, None)),
        1 => (
            select(LANGUAGES),
            select(&[None, Some(Direction::LeftToRight), Some(Direction::RightToLeft)][..]),
        )
            .prop_map(|(tag, direction)| (None, tag, Some(direction))),
    ];
    (form(), kind).prop_map(|(lexical, kind)| {
        let mut term = TermBuf::new();
        match kind {
            (Some(datatype), _, _) => term.set_typed(&lexical, datatype.iri()),
            (None, tag, Some(direction)) => term.set_language(&lexical, tag, direction),
            (None, datatype, None) => term.set_typed(&lexical, datatype),
        }
        term
    })
}

/// Datatypes that have inline kinds.
pub fn inline_datatypes() -> impl Strategy<Value = Datatype> {
    let inline: Vec<Datatype> = Datatype::ALL
        .iter()
        .copied()
        .filter(|&datatype| !inline_tags(datatype).is_empty())
        .collect();
    select(inline)
}

pub fn valued_literal() -> impl Strategy<Value = TermBuf> {
    (form(), inline_datatypes()).prop_map(|(lexical, datatype)| typed(&lexical, datatype))
}

/// Two literals of one datatype, so that pairs of one inline kind are common.
pub fn valued_pair() -> impl Strategy<Value = (TermBuf, TermBuf)> {
    (form(), form(), inline_datatypes())
        .prop_map(|(a, b, datatype)| (typed(&a, datatype), typed(&b, datatype)))
}

pub fn iri() -> impl Strategy<Value = TermBuf> {
    prop_oneof![
        "(http://example.com/product|urn:x:|urn:y:)[0-9]{0,13}",
        "urn:x:[a-c]{0,3}",
        Just("http://example.com/é".to_owned()),
    ]
    .prop_map(|iri| TermBuf::from(TermRef::Iri(&iri)))
}

pub fn blank() -> impl Strategy<Value = TermBuf> {
    prop_oneof![0u64..5, 0..=PAYLOAD_MAX, LOCAL_BLANK..LOCAL_BLANK + 5]
        .prop_map(|number| TermBuf::from(TermRef::Blank(number)))
}

pub fn inline_id() -> impl Strategy<Value = Id> {
    prop_oneof![blank(), iri(), valued_literal()]
        .prop_filter_map("not inline", |term| inlined(&term))
}

pub fn term() -> impl Strategy<Value = TermBuf> {
    prop_oneof![
        6 => literal(),
        1 => iri(),
        1 => blank(),
        1 => prop::array::uniform3(inline_id()).prop_map(|parts| TermBuf::from(TermRef::Triple(parts))),
    ]
}

pub fn duration_form() -> impl Strategy<Value = String> {
    (any::<bool>(), 0u32..30, 0u32..400, 0u32..48).prop_map(|(negative, months, days, hours)| {
        format!(
            "{}P{months}M{days}DT{hours}H",
            if negative { "-" } else { "" }
        )
    })
}

pub fn date_time_form() -> impl Strategy<Value = String> {
    let zone = select(&["", "Z", "+01:00", "-05:30", "+14:00", "-14:00"][..]);
    (
        2023u32..2026,
        1u32..=12,
        1u32..=28,
        0u32..24,
        0u32..60,
        zone,
    )
        .prop_map(|(year, month, day, hour, second, zone)| {
            format!("{year}-{month:02}-{day:02}T{hour:02}:00:{second:02}{zone}")
        })
}
