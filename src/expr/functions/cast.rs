//! Constructors (SPARQL 1.1 section 17.5; casting in XPath Functions 3.1 section 19).

use super::super::answer::{Answer, write_canonical_double, write_canonical_float};
use crate::term::value::{Number, Value};
use crate::term::{Datatype, LiteralKind, LiteralRef, Tag};
use oxsdatatypes::{Date, DateTime, DayTimeDuration, GDay, GMonth, GMonthDay, GYear, GYearMonth};
use oxsdatatypes::{Duration, Time, YearMonthDuration};
use std::borrow::Cow;

/// The value as one of a datatype.
pub fn cast<'v>(datatype: Datatype, values: &[Value<'v>]) -> Option<Answer<'v>> {
    let [value] = *values else { return None };
    match (datatype, value) {
        (Datatype::String, value) => Some(Answer::string(string(value)?)),
        // From its lexical form; white space around it does not count.
        (_, Value::String(text)) => {
            let text = text.trim_matches([' ', '\t', '\n', '\r']);
            let read = Value::of_literal(LiteralRef::typed(text, datatype.iri()));
            match read {
                Value::Other { .. } => None,
                read => of_type(datatype, read),
            }
        }
        (_, value) => of_type(datatype, value),
    }
}

/// From a value that is not a string.
fn of_type<'v>(datatype: Datatype, value: Value<'v>) -> Option<Answer<'v>> {
    match datatype {
        Datatype::Boolean => boolean(value).map(Answer::Boolean),
        Datatype::Double => Some(Answer::Number(Number::Double(number(value)?.to_f64()))),
        Datatype::Float => Some(Answer::Number(Number::Float(number(value)?.to_f32()))),
        Datatype::Decimal => decimal(number(value)?),
        Datatype::DateTimeStamp => match temporal(Datatype::DateTime, value)? {
            Value::DateTime(value) => {
                value.timezone_offset()?;
                Some(Answer::typed(value.to_string(), datatype))
            }
            _ => None,
        },
        _ if datatype.class() == Tag::DictionaryNumeric => integer(datatype, number(value)?),
        _ => Answer::of_value(temporal(datatype, value)?),
    }
}

/// The text of an IRI; the canonical form of a literal's value, or the literal's own if it has none.
fn string(value: Value<'_>) -> Option<Cow<'_, str>> {
    /// Numbers below it, down to its inverse, are written without an exponent.
    const POSITIONAL: f64 = 1e6;
    let positional = |value: f64| {
        let magnitude = value.abs();
        value == 0.0 || (1.0 / POSITIONAL..POSITIONAL).contains(&magnitude)
    };
    let mut text = String::new();
    match value {
        Value::Iri(iri) => return Some(iri.into()),
        Value::Language { lexical, .. } | Value::Other { lexical, .. } => {
            return Some(lexical.into());
        }
        Value::Number(Number::Double(value)) => match positional(value) {
            true => text = value.to_string(),
            false => write_canonical_double(value, &mut text),
        },
        Value::Number(Number::Float(value)) => match positional(f64::from(value)) {
            true => text = value.to_string(),
            false => write_canonical_float(value, &mut text),
        },
        Value::Number(Number::Integer(value)) => text = value.to_string(),
        Value::Number(Number::Decimal(value)) => text = value.to_string(),
        Value::Number(Number::Large(digits)) => return Some(canonical(digits)),
        Value::Boolean(value) => return Some(if value { "true" } else { "false" }.into()),
        value => match Answer::of_value(value)? {
            Answer::Literal { lexical, .. } => return Some(lexical),
            _ => return None,
        },
    }
    Some(text.into())
}

fn boolean(value: Value<'_>) -> Option<bool> {
    match value {
        Value::Boolean(value) => Some(value),
        Value::Number(number) => {
            let value = number.to_f64();
            Some(value != 0.0 && !value.is_nan())
        }
        _ => None,
    }
}

fn number(value: Value<'_>) -> Option<Number<'_>> {
    match value {
        Value::Number(number) => Some(number),
        Value::Boolean(value) => Some(Number::Integer(value.into())),
        _ => None,
    }
}

fn decimal(number: Number<'_>) -> Option<Answer<'_>> {
    Some(match number {
        Number::Integer(value) => Answer::decimal(value.into()),
        Number::Decimal(value) => Answer::decimal(value),
        Number::Large(digits) => Answer::typed(canonical(digits), Datatype::Decimal),
        Number::Float(value) => Answer::decimal(Number::decimal_of(value.into())?),
        Number::Double(value) => Answer::decimal(Number::decimal_of(value)?),
    })
}

/// The whole part as an integer of a type, if it is in the type's range.
fn integer(datatype: Datatype, number: Number<'_>) -> Option<Answer<'_>> {
    let text: Cow<'_, str> = match number {
        Number::Integer(value) if datatype == Datatype::Integer => {
            return Some(Answer::integer(value));
        }
        Number::Integer(value) => value.to_string().into(),
        Number::Decimal(value) => whole(value.to_string()),
        Number::Large(digits) => match canonical(digits) {
            Cow::Borrowed(text) => text.split('.').next().unwrap_or("").into(),
            Cow::Owned(text) => whole(text),
        },
        Number::Float(value) => truncated(value.into())?.to_string().into(),
        Number::Double(value) => truncated(value)?.to_string().into(),
    };
    let text: Cow<'_, str> = match &*text {
        "" | "-" | "-0" => "0".into(),
        _ => text,
    };
    let read = Number::parse(&text, datatype)?;
    match (read, datatype) {
        (Number::Integer(value), Datatype::Integer) => Some(Answer::integer(value)),
        _ => Some(Answer::like(LiteralKind::Typed(datatype.iri()), text)),
    }
}

fn whole<'n>(mut decimal: String) -> Cow<'n, str> {
    if let Some(point) = decimal.find('.') {
        decimal.truncate(point);
    }
    decimal.into()
}

/// A float or double towards zero; `None` if it is not finite or has no 64 bits.
fn truncated(value: f64) -> Option<i64> {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    let whole = value.trunc();
    (-BOUND..BOUND).contains(&whole).then_some(whole as i64)
}

/// Digits without a plus sign and without zeros that do not count.
fn canonical(digits: &str) -> Cow<'_, str> {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits.strip_prefix('+').unwrap_or(digits)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (
        whole.trim_start_matches('0'),
        fraction.trim_end_matches('0'),
    );
    let whole = if whole.is_empty() { "0" } else { whole };
    match fraction {
        "" => format!("{sign}{whole}").into(),
        _ => format!("{sign}{whole}.{fraction}").into(),
    }
}

fn temporal<'v>(datatype: Datatype, value: Value<'v>) -> Option<Value<'v>> {
    use Value as V;
    Some(match (datatype, value) {
        (Datatype::DateTime, V::DateTime(_))
        | (Datatype::Date, V::Date(_))
        | (Datatype::Time, V::Time(_))
        | (Datatype::GYear, V::GYear(_))
        | (Datatype::GYearMonth, V::GYearMonth(_))
        | (Datatype::GMonth, V::GMonth(_))
        | (Datatype::GMonthDay, V::GMonthDay(_))
        | (Datatype::GDay, V::GDay(_))
        | (Datatype::Duration, V::Duration(_))
        | (Datatype::YearMonthDuration, V::YearMonthDuration(_))
        | (Datatype::DayTimeDuration, V::DayTimeDuration(_)) => value,

        (Datatype::DateTime, V::Date(value)) => V::DateTime(DateTime::try_from(value).ok()?),
        (Datatype::Date, V::DateTime(value)) => V::Date(Date::try_from(value).ok()?),
        (Datatype::Time, V::DateTime(value)) => V::Time(Time::from(value)),

        (Datatype::GYear, V::DateTime(value)) => V::GYear(GYear::try_from(value).ok()?),
        (Datatype::GYear, V::Date(value)) => V::GYear(GYear::try_from(value).ok()?),
        (Datatype::GYearMonth, V::DateTime(value)) => {
            V::GYearMonth(GYearMonth::try_from(value).ok()?)
        }
        (Datatype::GYearMonth, V::Date(value)) => V::GYearMonth(GYearMonth::from(value)),
        (Datatype::GMonth, V::DateTime(value)) => V::GMonth(GMonth::from(value)),
        (Datatype::GMonth, V::Date(value)) => V::GMonth(GMonth::from(value)),
        (Datatype::GMonthDay, V::DateTime(value)) => V::GMonthDay(GMonthDay::from(value)),
        (Datatype::GMonthDay, V::Date(value)) => V::GMonthDay(GMonthDay::from(value)),
        (Datatype::GDay, V::DateTime(value)) => V::GDay(GDay::from(value)),
        (Datatype::GDay, V::Date(value)) => V::GDay(GDay::from(value)),

        (Datatype::Duration, V::YearMonthDuration(value)) => V::Duration(value.into()),
        (Datatype::Duration, V::DayTimeDuration(value)) => V::Duration(value.into()),
        // What the type does not have is left out.
        (Datatype::YearMonthDuration, V::Duration(value)) => V::YearMonthDuration(months(value)?),
        (Datatype::YearMonthDuration, V::DayTimeDuration(_)) => {
            V::YearMonthDuration(YearMonthDuration::new(0))
        }
        (Datatype::DayTimeDuration, V::Duration(value)) => V::DayTimeDuration(seconds(value)?),
        (Datatype::DayTimeDuration, V::YearMonthDuration(_)) => {
            V::DayTimeDuration(DayTimeDuration::new(0))
        }
        _ => return None,
    })
}

/// The months of a duration, which are the first eight bytes of it.
fn months(value: Duration) -> Option<YearMonthDuration> {
    let bytes = value.to_be_bytes();
    Some(YearMonthDuration::from_be_bytes(*bytes.first_chunk()?))
}

/// The seconds of a duration, which are the rest.
fn seconds(value: Duration) -> Option<DayTimeDuration> {
    let bytes = value.to_be_bytes();
    Some(DayTimeDuration::from_be_bytes(*bytes.last_chunk()?))
}
