//! Inline ids: the value is the id, if and only if the lexical form comes back (definition 1).

use super::calendar::{self, encode_date, encode_date_time, encode_part};
use super::datatype::{self, Datatype};
use super::id::{Id, Tag};
use super::iri::IriPrefixes;
use super::number;
use super::text::{Kind, LiteralKind, TermBuf, TermRef};
use crate::error::{Code, Error, Result};
use std::fmt::Write;

/// Longest string that is inlined, in bytes.
const SHORT_STRING_BYTES: usize = 7;

/// The id of a term that needs no dictionary: blank nodes, small literals, IRIs with a learned prefix.
#[inline]
pub fn inline(term: TermRef<'_>, prefixes: &IriPrefixes) -> Option<Id> {
    match term {
        TermRef::Iri(iri) => prefixes.encode(iri),
        TermRef::Blank(number) => Some(Id::new(Tag::Blank, number)),
        TermRef::Literal(literal) => match literal.kind {
            LiteralKind::String => short_string(literal.lexical),
            LiteralKind::Language { .. } => None,
            LiteralKind::Typed(iri) => typed(literal.lexical, Datatype::from_iri(iri)?),
        },
        TermRef::Triple(_) => None,
    }
}

/// Big-endian from the left, so that id order is byte order; the rest is zero, which is why U+0000 is not
/// allowed.
fn short_string(text: &str) -> Option<Id> {
    let bytes = text.as_bytes();
    if bytes.len() > SHORT_STRING_BYTES || bytes.contains(&0) {
        return None;
    }
    let mut payload = [0; 8];
    payload[1..=bytes.len()].copy_from_slice(bytes);
    Some(Id::new(Tag::ShortString, u64::from_be_bytes(payload)))
}

fn typed(lexical: &str, datatype: Datatype) -> Option<Id> {
    if let Some((tag, min, max)) = datatype.integer() {
        return number::encode_integer(lexical, tag, min, max);
    }
    match datatype {
        Datatype::Boolean => match lexical {
            "false" => Some(Id::new(Tag::Boolean, 0)),
            "true" => Some(Id::new(Tag::Boolean, 1)),
            _ => None,
        },
        Datatype::Decimal => number::encode_decimal(lexical),
        Datatype::Float => number::encode_float(lexical),
        Datatype::Double => number::encode_double(lexical),
        Datatype::DateTime => encode_date_time(lexical),
        Datatype::Date => encode_date(lexical),
        Datatype::Time => encode_part(lexical, Tag::Time),
        Datatype::Year => encode_part(lexical, Tag::Year),
        Datatype::YearMonth => encode_part(lexical, Tag::YearMonth),
        Datatype::Month => encode_part(lexical, Tag::Month),
        Datatype::Day => encode_part(lexical, Tag::Day),
        Datatype::MonthDay => encode_part(lexical, Tag::MonthDay),
        _ => None,
    }
}

/// The term of an id that [`inline`] made. Errors: `Corruption` for any other id.
pub fn decode_inline(id: Id, prefixes: &IriPrefixes, out: &mut TermBuf) -> Result<()> {
    decode(id, prefixes, out)
        .ok_or_else(|| Error::new(Code::Corruption, format!("{id:?} is not an inline id")))
}

fn decode(id: Id, prefixes: &IriPrefixes, out: &mut TermBuf) -> Option<()> {
    let tag = id.tag()?;
    match tag {
        Tag::Blank => {
            out.start(Kind::Blank(id.payload()));
            return Some(());
        }
        Tag::IriEncoded => return prefixes.decode(id, out.start(Kind::Iri)),
        Tag::ShortString => {
            let bytes = id.payload().to_be_bytes();
            let length = bytes.iter().rposition(|&b| b != 0).unwrap_or(0);
            out.start(Kind::String)
                .push_str(str::from_utf8(&bytes[1..=length.max(1)][..length]).ok()?);
            return Some(());
        }
        _ => {}
    }
    let text = out.start(Kind::Known(datatype::of_tag(tag)?));
    match tag {
        Tag::Boolean => text.push_str(if id.payload() == 1 { "true" } else { "false" }),
        Tag::Decimal => number::decode_decimal(id, text),
        Tag::Float => number::decode_float(id, text),
        Tag::Double => number::decode_double(id, text),
        Tag::DateTime | Tag::DateTimeZoned => calendar::decode_date_time(id, text),
        Tag::Date | Tag::DateZoned => calendar::decode_date(id, text),
        Tag::Time | Tag::Year | Tag::YearMonth | Tag::Month | Tag::Day | Tag::MonthDay => {
            calendar::decode_part(id, text)
        }
        _ => {
            // Only integers are left. Writing to a String cannot fail.
            let _ = write!(text, "{}", number::integer_value(id));
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::text::LiteralRef;
    use super::*;
    use proptest::prelude::*;

    fn encode(lexical: &str, datatype: Option<Datatype>) -> Option<Id> {
        let literal = match datatype {
            Some(datatype) => LiteralRef::typed(lexical, datatype.iri()),
            None => LiteralRef::string(lexical),
        };
        let term = TermRef::Literal(literal);
        let id = inline(term, &IriPrefixes::default())?;
        let mut back = TermBuf::default();
        decode_inline(id, &IriPrefixes::default(), &mut back).unwrap();
        assert_eq!(back.as_ref(), term, "{id:?}");
        Some(id)
    }

    #[test]
    fn ordinary_values_are_inline() {
        for (datatype, forms) in [
            (
                Datatype::Integer,
                &["0", "-1", "42", "36028797018963967"][..],
            ),
            (Datatype::Byte, &["127", "-128"]),
            (Datatype::Decimal, &["1.50", "0", "-3.141592", "12.0", "1"]),
            (
                Datatype::Double,
                &["1.5", "1.5E0", "-2.0E-3", "0.0", "100.0", "1.0E2", "0.1"],
            ),
            (Datatype::Float, &["1.5", "1.5E0", "-0.0"]),
            (
                Datatype::DateTime,
                &[
                    "2026-11-24T03:09:00Z",
                    "2000-02-29T23:59:59.120+05:30",
                    "0001-01-01T00:00:00",
                    "1969-12-31T00:00:00.5-14:00",
                ],
            ),
            (
                Datatype::Date,
                &[
                    "2026-11-24",
                    "2026-11-24Z",
                    "0001-01-01+14:00",
                    "9999-12-31-14:00",
                ],
            ),
            (Datatype::Time, &["23:59:59.999"]),
            (Datatype::Year, &["0476"]),
            (Datatype::YearMonth, &["1999-12"]),
            (Datatype::Month, &["--02"]),
            (Datatype::Day, &["---31"]),
            (Datatype::MonthDay, &["--02-29"]),
            (Datatype::Boolean, &["true", "false"]),
        ] {
            for form in forms {
                assert!(
                    encode(form, Some(datatype)).is_some(),
                    "{form} {datatype:?}"
                );
            }
        }
        for form in ["", "a", "seven b", "éé"] {
            assert!(encode(form, None).is_some(), "{form}");
        }
    }

    #[test]
    fn forms_that_would_not_come_back_are_not_inline() {
        for (datatype, forms) in [
            (
                Datatype::Integer,
                &[
                    "01",
                    "+5",
                    "-0",
                    "",
                    "1.0",
                    " 1",
                    "1234567890123456789012345678901234567890",
                ][..],
            ),
            (Datatype::Byte, &["128", "x"]),
            (Datatype::PositiveInteger, &["0"]),
            (
                Datatype::Decimal,
                &["01.0", "+1.0", "-0.0", ".5", "1.", "1.0000000", "1E3"],
            ),
            (
                Datatype::Double,
                &[
                    "NaN", "INF", "1", "1e0", "1.50", "01.5", "1E0", "4.9E-324", "inf", "-",
                ],
            ),
            (
                Datatype::DateTime,
                &[
                    "2026-11-24T24:00:00",
                    "2026-02-29T00:00:00",
                    "2026-11-24T00:00:00-00:00",
                    "2026-11-24",
                    "12026-01-01T00:00:00",
                    "2026-11-24T00:00:00.1234",
                    "0000-01-01T00:00:00",
                ],
            ),
            (
                Datatype::Date,
                &["2026-13-01", "2026-11-24+15:00", "2026-11-24+01:07"],
            ),
            (Datatype::Boolean, &["1", "0", "TRUE"]),
            (Datatype::Year, &["0000", "12345", "2026Z"]),
        ] {
            for form in forms {
                assert_eq!(encode(form, Some(datatype)), None, "{form} {datatype:?}");
            }
        }
        for form in ["eight by", "a\0", "\0"] {
            assert_eq!(encode(form, None), None);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn whatever_is_inline_comes_back(
            number in "[+-]?[0-9]{0,4}(\\.[0-9]{0,7})?(E[+-]?[0-9]{1,3})?",
            date in "[0-9]{4}-(0[0-9]|1[0-3])-[0-3][0-9](T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{0,4})?)?(Z|[+-][01][0-9]:[0-5][0-9])?",
            text in "\\PC{0,8}",
            datatype in prop::sample::select(Datatype::ALL),
        ) {
            for form in [&number, &date, &text] {
                encode(form, Some(datatype));
                encode(form, None);
            }
        }

        #[test]
        fn id_order_is_value_order(
            integers in any::<(i64, i64)>(),
            doubles in any::<(f64, f64)>(),
            decimals in ((-999_999i64..999_999), (-999_999i64..999_999), 0usize..6, 0usize..6),
            texts in ("[a-zé]{0,4}", "[a-zé]{0,4}"),
        ) {
            let (a, b) = (integers.0 >> 9, integers.1 >> 9);
            let id = |n: i64| encode(&n.to_string(), Some(Datatype::Integer)).unwrap();
            prop_assert_eq!(id(a).cmp(&id(b)), a.cmp(&b));

            let id = |x: f64| encode(&format!("{x:?}"), Some(Datatype::Double));
            if let (Some(a), Some(b)) = (id(doubles.0), id(doubles.1)) {
                prop_assert_eq!(Some(a.cmp(&b)), doubles.0.partial_cmp(&doubles.1));
            }

            let decimal = |n: i64, scale: usize| {
                let text = format!("{}{}.{:0scale$}", if n < 0 { "-" } else { "" }, n.abs() / 10i64.pow(scale as u32), n.abs() % 10i64.pow(scale as u32));
                (encode(&text, Some(Datatype::Decimal)), n * 10i64.pow(6 - scale as u32))
            };
            let ((a, x), (b, y)) = (decimal(decimals.0, decimals.2.max(1)), decimal(decimals.1, decimals.3.max(1)));
            if let (Some(a), Some(b)) = (a, b) && x != y {
                prop_assert_eq!(a.cmp(&b), x.cmp(&y));
            }

            if let (Some(a), Some(b)) = (encode(&texts.0, None), encode(&texts.1, None)) {
                prop_assert_eq!(a.cmp(&b), texts.0.cmp(&texts.1));
            }
        }
    }
}
