//! What a function answers, before it has an id.

use crate::error::Error;
use crate::term::value::{Number, Value};
use crate::term::{
    Datatype, Direction, Id, LiteralKind, LiteralRef, inline_integer, inline_literal,
};
use oxsdatatypes::Decimal;
use std::borrow::Cow;
use std::fmt::Write;

/// A value that a kernel gives. It may borrow from the arguments.
#[derive(Debug)]
pub enum Answer<'a> {
    Boolean(bool),
    Number(Number<'a>),
    Literal {
        lexical: Cow<'a, str>,
        kind: LiteralKind<'a>,
    },
    /// A literal whose tag had to be set in lower case.
    Tagged {
        lexical: Cow<'a, str>,
        tag: String,
        direction: Option<Direction>,
    },
    Iri(Cow<'a, str>),
    /// A term that has an id.
    Id(Id),
    /// A limit: the query ends with it.
    Failure(Error),
}

impl<'a> Answer<'a> {
    pub fn string(lexical: impl Into<Cow<'a, str>>) -> Self {
        Self::Literal {
            lexical: lexical.into(),
            kind: LiteralKind::String,
        }
    }

    /// A string with the language and direction of another.
    pub fn like(kind: LiteralKind<'a>, lexical: impl Into<Cow<'a, str>>) -> Self {
        Self::Literal {
            lexical: lexical.into(),
            kind,
        }
    }

    pub fn typed(lexical: impl Into<Cow<'a, str>>, datatype: Datatype) -> Self {
        let kind = match datatype {
            Datatype::String => LiteralKind::String,
            other => LiteralKind::Typed(other.iri()),
        };
        Self::Literal {
            lexical: lexical.into(),
            kind,
        }
    }

    pub fn integer(value: i64) -> Self {
        Self::Number(Number::Integer(value))
    }

    pub fn decimal(value: Decimal) -> Self {
        Self::Number(Number::Decimal(value))
    }

    /// The literal of a value, in canonical form. `None` for one that is no literal.
    pub fn of_value(value: Value<'a>) -> Option<Self> {
        let (lexical, datatype) = match value {
            Value::Boolean(value) => return Some(Self::Boolean(value)),
            Value::Number(number) => return Some(Self::Number(number)),
            Value::String(text) => return Some(Self::string(text)),
            Value::Language {
                lexical,
                tag,
                direction,
            } => {
                return Some(Self::like(
                    LiteralKind::Language { tag, direction },
                    lexical,
                ));
            }
            Value::Other { lexical, datatype } => {
                return Some(Self::like(LiteralKind::Typed(datatype), lexical));
            }
            Value::DateTime(value) => (value.to_string(), Datatype::DateTime),
            Value::Date(value) => (value.to_string(), Datatype::Date),
            Value::Time(value) => (value.to_string(), Datatype::Time),
            Value::GYear(value) => (value.to_string(), Datatype::GYear),
            Value::GYearMonth(value) => (value.to_string(), Datatype::GYearMonth),
            Value::GMonth(value) => (value.to_string(), Datatype::GMonth),
            Value::GMonthDay(value) => (value.to_string(), Datatype::GMonthDay),
            Value::GDay(value) => (value.to_string(), Datatype::GDay),
            Value::Duration(value) => (value.to_string(), Datatype::Duration),
            Value::YearMonthDuration(value) => (value.to_string(), Datatype::YearMonthDuration),
            Value::DayTimeDuration(value) => (value.to_string(), Datatype::DayTimeDuration),
            Value::Iri(_) | Value::Blank(_) | Value::Triple(_) => return None,
        };
        Some(Self::typed(lexical, datatype))
    }
}

/// A number as a literal in canonical form (XSD 1.1 section E): its id if it is inline, else its text and datatype.
pub fn number_literal<'n>(number: Number<'n>, text: &'n mut String) -> Result<Id, LiteralRef<'n>> {
    text.clear();
    let datatype = match number {
        Number::Integer(value) => {
            if let Some(id) = inline_integer(value) {
                return Ok(id);
            }
            // Writing to a string cannot fail, here and below.
            let _ = write!(text, "{value}");
            Datatype::Integer
        }
        Number::Decimal(value) => {
            let _ = write!(text, "{value}");
            Datatype::Decimal
        }
        Number::Large(digits) => {
            text.push_str(digits);
            match digits.contains('.') {
                true => Datatype::Decimal,
                false => Datatype::Integer,
            }
        }
        Number::Double(value) => {
            write_canonical_double(value, text);
            Datatype::Double
        }
        Number::Float(value) => {
            write_canonical_float(value, text);
            Datatype::Float
        }
    };
    let literal = LiteralRef::typed(text, datatype.iri());
    inline_literal(literal).ok_or(literal)
}

/// Appends the canonical form of an `xsd:double`, such as "1.0E0".
pub fn write_canonical_double(value: f64, text: &mut String) {
    if let Some(name) = special(value) {
        text.push_str(name);
        return;
    }
    let start = text.len();
    let _ = write!(text, "{value:E}");
    with_fraction(start, text);
}

/// As [`write_canonical_double`], of an `xsd:float`.
pub fn write_canonical_float(value: f32, text: &mut String) {
    if let Some(name) = special(f64::from(value)) {
        text.push_str(name);
        return;
    }
    let start = text.len();
    let _ = write!(text, "{value:E}");
    with_fraction(start, text);
}

fn special(value: f64) -> Option<&'static str> {
    match value {
        _ if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("INF"),
        f64::NEG_INFINITY => Some("-INF"),
        _ => None,
    }
}

/// A mantissa has at least one digit behind the point.
fn with_fraction(start: usize, text: &mut String) {
    if !text[start..].contains('.')
        && let Some(exponent) = text[start..].find('E')
    {
        text.insert_str(start + exponent, ".0");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_canonical_form() {
        for (value, expected) in [
            (1.0, "1.0E0"),
            (-0.0, "-0.0E0"),
            (0.0, "0.0E0"),
            (100.0, "1.0E2"),
            (1.5e300, "1.5E300"),
            (0.000_012_5, "1.25E-5"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "INF"),
            (f64::NEG_INFINITY, "-INF"),
        ] {
            let mut text = String::new();
            write_canonical_double(value, &mut text);
            assert_eq!(text, expected);
        }
        let mut text = String::new();
        write_canonical_float(33.3, &mut text);
        assert_eq!(text, "3.33E1");
    }
}
