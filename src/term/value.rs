//! What terms mean to SPARQL's operators: values, `=` and `<` (SPARQL 1.1 § 17.3, XPath functions 3.1).
//!
//! A literal whose datatype is unknown, or whose lexical form is not of its datatype, has no value but
//! itself: it equals the same term, and comparing it with anything else is an error.

use super::{
    Datatype, Direction, Id, LiteralKind, LiteralRef, Tag, TermRef, number, real, temporal,
};
use oxsdatatypes::{
    Date, DateTime, DayTimeDuration, Duration, GDay, GMonth, GMonthDay, GYear, GYearMonth, Time,
    YearMonthDuration,
};
use std::cmp::Ordering;

pub use super::numeric::Number;

/// The value of a term.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    Iri(&'a str),
    Blank(u64),
    Triple([Id; 3]),
    Boolean(bool),
    Number(Number<'a>),
    String(&'a str),
    Language {
        lexical: &'a str,
        tag: &'a str,
        direction: Option<Direction>,
    },
    /// Also of `xsd:dateTimeStamp`.
    DateTime(DateTime),
    Date(Date),
    Time(Time),
    GYear(GYear),
    GYearMonth(GYearMonth),
    GMonth(GMonth),
    GMonthDay(GMonthDay),
    GDay(GDay),
    Duration(Duration),
    YearMonthDuration(YearMonthDuration),
    DayTimeDuration(DayTimeDuration),
    /// A literal of an unknown datatype, or an ill-typed one.
    Other {
        lexical: &'a str,
        datatype: &'a str,
    },
}

/// How two comparable values compare.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Comparison {
    Less,
    Equal,
    Greater,
    /// One is NaN: `<`, `<=`, `=`, `>` and `>=` are all false.
    Unordered,
}

impl Comparison {
    pub fn is_lt(self) -> bool {
        self == Comparison::Less
    }

    pub fn is_le(self) -> bool {
        matches!(self, Comparison::Less | Comparison::Equal)
    }

    pub fn is_gt(self) -> bool {
        self == Comparison::Greater
    }

    pub fn is_ge(self) -> bool {
        matches!(self, Comparison::Greater | Comparison::Equal)
    }
}

impl From<Option<Ordering>> for Comparison {
    fn from(order: Option<Ordering>) -> Self {
        match order {
            Some(Ordering::Less) => Comparison::Less,
            Some(Ordering::Equal) => Comparison::Equal,
            Some(Ordering::Greater) => Comparison::Greater,
            None => Comparison::Unordered,
        }
    }
}

impl<'a> Value<'a> {
    /// The value of a term.
    pub fn of(term: TermRef<'a>) -> Self {
        match term {
            TermRef::Iri(iri) => Value::Iri(iri),
            TermRef::Blank(number) => Value::Blank(number),
            TermRef::Triple(parts) => Value::Triple(parts),
            TermRef::Literal(literal) => Self::of_literal(literal),
        }
    }

    /// The value of a literal. Numbers, booleans and usual dates 5-40 ns, others 50-200 ns.
    pub fn of_literal(literal: LiteralRef<'a>) -> Self {
        let lexical = literal.lexical;
        match literal.kind {
            LiteralKind::String => Value::String(lexical),
            LiteralKind::Language { tag, direction } => Value::Language {
                lexical,
                tag,
                direction,
            },
            LiteralKind::Typed(iri) => Datatype::from_iri(iri)
                .and_then(|datatype| Self::parse(lexical, datatype))
                .unwrap_or(Value::Other {
                    lexical,
                    datatype: iri,
                }),
        }
    }

    /// The value of a well-formed literal of a datatype that has values here.
    fn parse(lexical: &'a str, datatype: Datatype) -> Option<Self> {
        // Faster than the parsers of `oxsdatatypes`, and these refuse --02-29.
        if let Some(id) = temporal::encode(datatype, lexical) {
            return Self::of_inline(id);
        }
        Some(match datatype {
            Datatype::String => Value::String(lexical),
            Datatype::Boolean => Value::Boolean(match lexical {
                "true" | "1" => true,
                "false" | "0" => false,
                _ => return None,
            }),
            Datatype::DateTime => Value::DateTime(lexical.parse().ok()?),
            Datatype::DateTimeStamp => {
                let value: DateTime = lexical.parse().ok()?;
                value.timezone_offset()?;
                Value::DateTime(value)
            }
            Datatype::Date => Value::Date(lexical.parse().ok()?),
            Datatype::Time => Value::Time(lexical.parse().ok()?),
            Datatype::GYear => Value::GYear(lexical.parse().ok()?),
            Datatype::GYearMonth => Value::GYearMonth(lexical.parse().ok()?),
            Datatype::GMonth => Value::GMonth(lexical.parse().ok()?),
            Datatype::GMonthDay => Value::GMonthDay(lexical.parse().ok()?),
            Datatype::GDay => Value::GDay(lexical.parse().ok()?),
            Datatype::Duration => Value::Duration(lexical.parse().ok()?),
            Datatype::YearMonthDuration => Value::YearMonthDuration(lexical.parse().ok()?),
            Datatype::DayTimeDuration => Value::DayTimeDuration(lexical.parse().ok()?),
            _ => Value::Number(Number::parse(lexical, datatype)?),
        })
    }

    /// The value of an inline number, boolean, date or time, without its text; `None` for other ids.
    pub fn of_inline(id: Id) -> Option<Value<'static>> {
        let tag = id.tag()?;
        if tag.is_temporal() {
            return temporal_value(tag, id.payload());
        }
        if tag == Tag::Boolean {
            return (id.payload() <= 3).then_some(Value::Boolean(id.payload() >= 2));
        }
        Number::of_inline(id).map(Value::Number)
    }

    /// Whether the literal's datatype is one whose values are known here, but the lexical form is not of it.
    pub fn is_ill_typed(&self) -> bool {
        match self {
            Value::Other { datatype, .. } => Datatype::from_iri(datatype).is_some_and(|datatype| {
                datatype == Datatype::Boolean
                    || matches!(
                        datatype.class(),
                        Tag::DictionaryNumeric | Tag::DictionaryTemporal
                    )
            }),
            _ => false,
        }
    }

    fn duration(&self) -> Option<Duration> {
        match *self {
            Value::Duration(value) => Some(value),
            Value::YearMonthDuration(value) => Some(value.into()),
            Value::DayTimeDuration(value) => Some(value.into()),
            _ => None,
        }
    }

    pub const fn is_literal(&self) -> bool {
        !matches!(self, Value::Iri(_) | Value::Blank(_) | Value::Triple(_))
    }
}

/// Units of 10^-18 seconds in a millisecond.
const UNITS_PER_MS: i128 = 1_000_000_000_000_000;

fn temporal_value(tag: Tag, payload: u64) -> Option<Value<'static>> {
    let (ms, zone) = temporal::timeline(tag, payload)?;
    let mut bytes = [u8::MAX; 18];
    bytes[..16].copy_from_slice(&(i128::from(ms) * UNITS_PER_MS).to_be_bytes());
    if let Some(minutes) = zone {
        bytes[16..].copy_from_slice(&i16::try_from(minutes).ok()?.to_be_bytes());
    }
    Some(match temporal::datatype_of(tag)? {
        Datatype::DateTime => Value::DateTime(DateTime::from_be_bytes(bytes)),
        Datatype::Date => Value::Date(Date::from_be_bytes(bytes)),
        Datatype::Time => Value::Time(Time::from_be_bytes(bytes)),
        Datatype::GYear => Value::GYear(GYear::from_be_bytes(bytes)),
        Datatype::GYearMonth => Value::GYearMonth(GYearMonth::from_be_bytes(bytes)),
        Datatype::GMonth => Value::GMonth(GMonth::from_be_bytes(bytes)),
        Datatype::GMonthDay => Value::GMonthDay(GMonthDay::from_be_bytes(bytes)),
        Datatype::GDay => Value::GDay(GDay::from_be_bytes(bytes)),
        _ => return None,
    })
}

/// SPARQL's `=`. `None` is a type error. Two triple terms are equal if subject and predicate are the same
/// terms and the objects are equal, which `objects` decides by their ids.
pub fn equal(
    a: &Value<'_>,
    b: &Value<'_>,
    objects: &mut dyn FnMut(Id, Id) -> Option<bool>,
) -> Option<bool> {
    match (a, b) {
        (Value::Iri(a), Value::Iri(b)) => Some(a == b),
        (Value::Blank(a), Value::Blank(b)) => Some(a == b),
        (Value::Triple(a), Value::Triple(b)) => {
            if a[..2] == b[..2] {
                objects(a[2], b[2])
            } else {
                Some(false)
            }
        }
        (Value::Language { .. }, _) | (_, Value::Language { .. }) => {
            Some(same_language_string(a, b))
        }
        (
            Value::Other { lexical, datatype },
            Value::Other {
                lexical: other,
                datatype: other_datatype,
            },
        ) => (lexical == other && datatype == other_datatype).then_some(true),
        (Value::Other { .. }, other) | (other, Value::Other { .. }) => {
            if other.is_literal() {
                None
            } else {
                Some(false)
            }
        }
        (Value::Boolean(a), Value::Boolean(b)) => Some(a == b),
        (Value::Number(a), Value::Number(b)) => Some(a.compare(b) == Some(Ordering::Equal)),
        (Value::String(a), Value::String(b)) => Some(a == b),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a == b),
        (Value::Date(a), Value::Date(b)) => Some(a == b),
        (Value::Time(a), Value::Time(b)) => Some(a == b),
        (Value::GYear(a), Value::GYear(b)) => Some(a == b),
        (Value::GYearMonth(a), Value::GYearMonth(b)) => Some(a == b),
        (Value::GMonth(a), Value::GMonth(b)) => Some(a == b),
        (Value::GMonthDay(a), Value::GMonthDay(b)) => Some(a == b),
        (Value::GDay(a), Value::GDay(b)) => Some(a == b),
        _ => Some(matches!((a.duration(), b.duration()), (Some(a), Some(b)) if a == b)),
    }
}

fn same_language_string(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (
            Value::Language {
                lexical,
                tag,
                direction,
            },
            Value::Language {
                lexical: other,
                tag: other_tag,
                direction: other_direction,
            },
        ) => {
            lexical == other && tag.eq_ignore_ascii_case(other_tag) && direction == other_direction
        }
        _ => false,
    }
}

/// How two values compare for SPARQL's `<`, `<=`, `>` and `>=`. `None` is a type error, as for a dateTime with
/// and one without a time zone less than 14 hours apart.
///
/// Beyond the operators of SPARQL 1.1 § 17.3 it orders the other dates, times and durations, strings of the
/// same language tag, a term and itself, and triple terms that differ only in the object, by their
/// objects, which `objects` compares by their ids.
pub fn compare(
    a: &Value<'_>,
    b: &Value<'_>,
    objects: &mut dyn FnMut(Id, Id) -> Option<Comparison>,
) -> Option<Comparison> {
    let order = match (a, b) {
        (Value::Number(a), Value::Number(b)) => return Some(a.compare(b).into()),
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::DateTime(a), Value::DateTime(b)) => a.partial_cmp(b)?,
        (Value::Date(a), Value::Date(b)) => a.partial_cmp(b)?,
        (Value::Time(a), Value::Time(b)) => a.partial_cmp(b)?,
        (Value::GYear(a), Value::GYear(b)) => a.partial_cmp(b)?,
        (Value::GYearMonth(a), Value::GYearMonth(b)) => a.partial_cmp(b)?,
        (Value::GMonth(a), Value::GMonth(b)) => a.partial_cmp(b)?,
        (Value::GMonthDay(a), Value::GMonthDay(b)) => a.partial_cmp(b)?,
        (Value::GDay(a), Value::GDay(b)) => a.partial_cmp(b)?,
        (
            Value::Language {
                lexical,
                tag,
                direction,
            },
            Value::Language {
                lexical: other,
                tag: other_tag,
                direction: other_direction,
            },
        ) => {
            if !tag.eq_ignore_ascii_case(other_tag) || direction != other_direction {
                return None;
            }
            lexical.cmp(other)
        }
        (Value::Triple(a), Value::Triple(b)) => {
            if a[..2] != b[..2] {
                return None;
            }
            return objects(a[2], b[2]);
        }
        (Value::Iri(a), Value::Iri(b)) if a == b => Ordering::Equal,
        (Value::Blank(a), Value::Blank(b)) if a == b => Ordering::Equal,
        (
            Value::Other { lexical, datatype },
            Value::Other {
                lexical: other,
                datatype: other_datatype,
            },
        ) if lexical == other && datatype == other_datatype => Ordering::Equal,
        _ => a.duration()?.partial_cmp(&b.duration()?)?,
    };
    Some(Some(order).into())
}

/// [`compare`] on ids: how two inline literals compare, neither of which can be NaN. `None` if the ids alone
/// do not tell, or if it is a type error. 1-10 ns within a kind.
#[inline]
pub fn id_compare(a: Id, b: Id) -> Option<Ordering> {
    if a.is_integer() && b.is_integer() {
        return Some(a.payload().cmp(&b.payload()));
    }
    compare_kinds(a, b)
}

/// [`id_compare`] of ids that are not both integers.
fn compare_kinds(a: Id, b: Id) -> Option<Ordering> {
    let (tag, other) = (a.tag()?, b.tag()?);
    if tag == other && tag.is_inline() {
        return match payload_order(tag, a.payload()) {
            Some(order) => payload_order(tag, b.payload()).map(|other| order.cmp(&other)),
            None => (a == b).then_some(Ordering::Equal),
        };
    }
    if tag.is_number() && other.is_number() {
        return Number::of_inline(a)?.compare(&Number::of_inline(b)?);
    }
    if tag.is_temporal() && temporal::datatype_of(tag) == temporal::datatype_of(other) {
        return compare_timelines(
            temporal::timeline(tag, a.payload())?,
            temporal::timeline(other, b.payload())?,
        );
    }
    None
}

/// The part of an inline literal's payload that compares like the value; `None` for a kind that has none.
#[inline]
const fn payload_order(tag: Tag, payload: u64) -> Option<u64> {
    Some(match tag {
        Tag::Boolean => payload >> 1,
        Tag::Decimal => number::decimal_order(payload),
        Tag::Float => real::float_payload_order(payload),
        Tag::Double => real::double_payload_order(payload),
        Tag::ShortString | Tag::DoubleInteger => payload,
        _ if tag.is_integer() => payload,
        _ if tag.is_temporal() => temporal::payload_order(tag, payload),
        _ => return None,
    })
}

/// Most that a time zone can move an instant (XSD 1.1 § E.3.3).
const ZONE_MS_MAX: i64 = 14 * 60 * 60_000;

fn compare_timelines(a: (i64, Option<i64>), b: (i64, Option<i64>)) -> Option<Ordering> {
    let distance = a.0 - b.0;
    if a.1.is_some() == b.1.is_some() {
        return Some(distance.cmp(&0));
    }
    (distance.abs() > ZONE_MS_MAX).then(|| distance.cmp(&0))
}

/// [`equal`] on ids: whether two terms are equal. `None` if the ids alone do not tell, or if it is a type
/// error. Both ids are of one dictionary generation, or of one query's own table (definition 3). 1-10 ns within a kind.
#[inline]
pub fn id_equal(a: Id, b: Id) -> Option<bool> {
    if a.is_integer() && b.is_integer() {
        return Some(a.payload() == b.payload());
    }
    equal_kinds(a, b)
}

/// [`id_equal`] of ids that are not both integers.
fn equal_kinds(a: Id, b: Id) -> Option<bool> {
    let (tag, other) = (a.tag()?, b.tag()?);
    if !a.is_literal() || !b.is_literal() {
        // A triple term can hold a NaN, which is not equal to itself, or objects that are equal.
        let triples = a.is_triple() && b.is_triple();
        let bound = !a.is_unbound() && !b.is_unbound();
        return (bound && !triples).then_some(a == b);
    }
    if tag.is_inline() && other.is_inline() {
        // Every inline literal has a value, and values of different kinds are not equal.
        return Some(id_compare(a, b) == Some(Ordering::Equal));
    }
    // Different terms that are strings, or of which one has a language, are not equal. What the dictionary
    // classes numeric, temporal and other hold has to be looked at.
    let string = |tag| matches!(tag, Tag::ShortString | Tag::DictionaryString);
    let valued = |tag: Tag| tag.is_inline() || string(tag) || tag == Tag::DictionaryLanguage;
    let language = tag == Tag::DictionaryLanguage || other == Tag::DictionaryLanguage;
    let local = tag.is_local() || other.is_local();
    if valued(tag) && valued(other) || language && !local {
        return Some(a == b);
    }
    None
}
