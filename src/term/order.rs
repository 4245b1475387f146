//! The total order of ORDER BY (SPARQL 1.1 § 15.1), and when id order may stand in for it.
//!
//! Unbound < blank nodes < IRIs < literals < triple terms. Blank nodes are ordered by number, IRIs by code
//! points, triple terms by subject, predicate, object. Literals come in groups: numbers, booleans,
//! dateTimes, dates, times, gYears, gYearMonths, gMonths, gMonthDays, gDays, durations, strings, language
//! strings, others (unknown datatypes and ill-typed). Within a group:
//! - numbers by exact value, NaN last;
//! - dates and times on the timeline, those without a time zone as if in UTC;
//! - durations by where they end when they begin on 1903-03-01, then by months;
//! - strings by code points; language strings by text, tag, direction;
//! - others by lexical form, then datatype.
//!
//! Terms of equal value are ordered inline before dictionary, inline ones by id, dictionary ones by lexical
//! form, then datatype. The order is total, extends `<`, and depends on the terms only.

use super::key::datatype_suffix;
use super::value::{Number, Value};
use super::{Id, LiteralKind, LiteralRef, Tag, TermRef, inline_literal, temporal};
use oxsdatatypes::{DateTime, Duration};
use std::cmp::Ordering;

/// The class of a term, in SPARQL order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Class {
    Unbound,
    Blank,
    Iri,
    Literal,
    Triple,
}

impl Class {
    fn of(term: Option<TermRef<'_>>) -> Self {
        match term {
            None => Class::Unbound,
            Some(TermRef::Blank(_)) => Class::Blank,
            Some(TermRef::Iri(_)) => Class::Iri,
            Some(TermRef::Literal(_)) => Class::Literal,
            Some(TermRef::Triple(_)) => Class::Triple,
        }
    }

    #[inline]
    fn of_id(id: Id) -> Option<Self> {
        Some(if id.is_literal() {
            Class::Literal
        } else if id.is_iri() {
            Class::Iri
        } else if id.is_blank() {
            Class::Blank
        } else if id.is_triple() {
            Class::Triple
        } else if id.is_unbound() {
            Class::Unbound
        } else {
            return None;
        })
    }
}

/// The group of a literal, in order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Group {
    Number,
    Boolean,
    DateTime,
    Date,
    Time,
    GYear,
    GYearMonth,
    GMonth,
    GMonthDay,
    GDay,
    Duration,
    String,
    Language,
    Other,
}

impl Group {
    fn of(value: &Value<'_>) -> Self {
        match value {
            Value::Number(_) => Group::Number,
            Value::Boolean(_) => Group::Boolean,
            Value::DateTime(_) => Group::DateTime,
            Value::Date(_) => Group::Date,
            Value::Time(_) => Group::Time,
            Value::GYear(_) => Group::GYear,
            Value::GYearMonth(_) => Group::GYearMonth,
            Value::GMonth(_) => Group::GMonth,
            Value::GMonthDay(_) => Group::GMonthDay,
            Value::GDay(_) => Group::GDay,
            Value::Duration(_) | Value::YearMonthDuration(_) | Value::DayTimeDuration(_) => {
                Group::Duration
            }
            Value::String(_) => Group::String,
            Value::Language { .. } => Group::Language,
            Value::Other { .. } | Value::Iri(_) | Value::Blank(_) | Value::Triple(_) => {
                Group::Other
            }
        }
    }

    /// The group of a literal's id, where the id alone tells.
    fn of_tag(tag: Tag) -> Option<Self> {
        Some(match tag {
            _ if tag.is_number() => Group::Number,
            Tag::Boolean => Group::Boolean,
            Tag::DateTimeLocal | Tag::DateTimeZoned => Group::DateTime,
            Tag::DateLocal | Tag::DateZoned => Group::Date,
            Tag::TimeLocal | Tag::TimeZoned => Group::Time,
            Tag::GYearLocal | Tag::GYearZoned => Group::GYear,
            Tag::GYearMonthLocal | Tag::GYearMonthZoned => Group::GYearMonth,
            Tag::GMonthLocal | Tag::GMonthZoned => Group::GMonth,
            Tag::GMonthDayLocal | Tag::GMonthDayZoned => Group::GMonthDay,
            Tag::GDayLocal | Tag::GDayZoned => Group::GDay,
            Tag::ShortString | Tag::DictionaryString => Group::String,
            Tag::DictionaryLanguage => Group::Language,
            Tag::DictionaryOther => Group::Other,
            _ => return None,
        })
    }
}

/// A term prepared for comparing: its value is worked out once.
#[derive(Clone, Copy, Debug)]
pub struct SortKey<'a> {
    term: Option<TermRef<'a>>,
    value: Option<Literal<'a>>,
}

/// A literal with its value in the form that is compared.
#[derive(Clone, Copy, Debug)]
struct Literal<'a> {
    group: Group,
    place: Place<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Place<'a> {
    Number(Number<'a>),
    Boolean(bool),
    /// Units of 10^-18 seconds on the timeline.
    Instant(i128),
    /// Where a duration ends (`None`, the last, if that is off the timeline), its months and its seconds.
    Duration(Option<i128>, i64, i128),
    /// The lexical form; what else there is is compared as a tie.
    Text,
}

impl<'a> SortKey<'a> {
    /// The key of a term, or of "unbound". Costs what [`Value::of`] costs.
    pub fn new(term: Option<TermRef<'a>>) -> Self {
        let value = match term {
            Some(TermRef::Literal(literal)) => {
                let value = Value::of_literal(literal);
                Some(Literal {
                    group: Group::of(&value),
                    place: Place::of(&value),
                })
            }
            _ => None,
        };
        Self { term, value }
    }

    /// The order of two terms. `nested` orders the parts of triple terms by their ids.
    pub fn compare(
        &self,
        other: &SortKey<'_>,
        nested: &mut dyn FnMut(Id, Id) -> Ordering,
    ) -> Ordering {
        match (self.term, other.term) {
            (Some(TermRef::Blank(a)), Some(TermRef::Blank(b))) => a.cmp(&b),
            (Some(TermRef::Iri(a)), Some(TermRef::Iri(b))) => a.cmp(b),
            (Some(TermRef::Triple(a)), Some(TermRef::Triple(b))) => {
                let unequal = a.iter().zip(&b).find(|(a, b)| a != b);
                unequal.map_or(Ordering::Equal, |(&a, &b)| nested(a, b))
            }
            (Some(TermRef::Literal(a)), Some(TermRef::Literal(b))) => {
                match (&self.value, &other.value) {
                    (Some(value), Some(other)) => {
                        value.compare(other).then_with(|| compare_ties(a, b))
                    }
                    // Every key of a literal has a value.
                    _ => compare_ties(a, b),
                }
            }
            _ => Class::of(self.term).cmp(&Class::of(other.term)),
        }
    }
}

impl SortKey<'_> {
    /// [`SortKey::compare`] without telling terms of one value apart: for a key of ORDER BY that others follow, which
    /// decide between 1 and 1.0.
    pub fn compare_values(
        &self,
        other: &SortKey<'_>,
        nested: &mut dyn FnMut(Id, Id) -> Ordering,
    ) -> Ordering {
        match (self.term, other.term) {
            (Some(TermRef::Triple(a)), Some(TermRef::Triple(b))) => a
                .iter()
                .zip(&b)
                .filter(|(a, b)| a != b)
                .map(|(&a, &b)| nested(a, b))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal),
            (Some(TermRef::Literal(a)), Some(TermRef::Literal(b))) => {
                match (&self.value, &other.value) {
                    (Some(value), Some(other)) => {
                        let by_value = value.compare(other);
                        match value.place {
                            Place::Text => by_value.then_with(|| compare_ties(a, b)),
                            _ => by_value,
                        }
                    }
                    _ => compare_ties(a, b),
                }
            }
            _ => self.compare(other, nested),
        }
    }
}

impl<'a> Place<'a> {
    fn of(value: &Value<'a>) -> Self {
        match *value {
            Value::Number(number) => Place::Number(number),
            Value::Boolean(value) => Place::Boolean(value),
            Value::DateTime(value) => instant(value.to_be_bytes()),
            Value::Date(value) => instant(value.to_be_bytes()),
            Value::Time(value) => instant(value.to_be_bytes()),
            Value::GYear(value) => instant(value.to_be_bytes()),
            Value::GYearMonth(value) => instant(value.to_be_bytes()),
            Value::GMonth(value) => instant(value.to_be_bytes()),
            Value::GMonthDay(value) => instant(value.to_be_bytes()),
            Value::GDay(value) => instant(value.to_be_bytes()),
            Value::Duration(value) => duration(value),
            Value::YearMonthDuration(value) => duration(value.into()),
            Value::DayTimeDuration(value) => duration(value.into()),
            _ => Place::Text,
        }
    }
}

/// The instant at the front of the bytes of a date or time of `oxsdatatypes`.
fn instant(bytes: [u8; 18]) -> Place<'static> {
    Place::Instant(instant_units(bytes))
}

fn instant_units(bytes: [u8; 18]) -> i128 {
    let mut units = [0; 16];
    units.copy_from_slice(&bytes[..16]);
    i128::from_be_bytes(units)
}

/// 1903-03-01T00:00:00 in seconds from 0001-01-01, one of the instants that define the partial order of
/// durations (XSD 1.1 § 3.3.6.2): where `<` holds, it holds for their ends from here.
const DURATION_START: i128 = super::calendar::days_of(1903, 3, 1) as i128 * 86_400;

fn duration(value: Duration) -> Place<'static> {
    let mut start = [u8::MAX; 18];
    start[..16].copy_from_slice(&(DURATION_START * 1_000_000_000_000_000_000).to_be_bytes());
    let end = DateTime::from_be_bytes(start).checked_add_duration(value);
    let bytes = value.to_be_bytes();
    let (mut months, mut seconds) = ([0; 8], [0; 16]);
    months.copy_from_slice(&bytes[..8]);
    seconds.copy_from_slice(&bytes[8..]);
    Place::Duration(
        end.map(|end| instant_units(end.to_be_bytes())),
        i64::from_be_bytes(months),
        i128::from_be_bytes(seconds),
    )
}

impl Literal<'_> {
    fn compare(&self, other: &Literal<'_>) -> Ordering {
        let by_value = || match (&self.place, &other.place) {
            (Place::Number(a), Place::Number(b)) => a.compare_exactly(b),
            (Place::Boolean(a), Place::Boolean(b)) => a.cmp(b),
            (Place::Instant(a), Place::Instant(b)) => a.cmp(b),
            (
                Place::Duration(end, months, seconds),
                Place::Duration(end_b, months_b, seconds_b),
            ) => end
                .is_none()
                .cmp(&end_b.is_none())
                .then(end.cmp(end_b))
                .then(months.cmp(months_b))
                .then(seconds.cmp(seconds_b)),
            _ => Ordering::Equal,
        };
        self.group.cmp(&other.group).then_with(by_value)
    }
}

/// The order of two literals of one group and of equal value: texts always, others if they differ in form.
fn compare_ties(a: LiteralRef<'_>, b: LiteralRef<'_>) -> Ordering {
    match (a.kind, b.kind) {
        (LiteralKind::String, LiteralKind::String) => a.lexical.cmp(b.lexical),
        (
            LiteralKind::Language { tag, direction },
            LiteralKind::Language {
                tag: other,
                direction: other_direction,
            },
        ) => a
            .lexical
            .cmp(b.lexical)
            .then_with(|| tag.cmp(other))
            .then(direction.cmp(&other_direction)),
        _ => match (inline_literal(a), inline_literal(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a
                .lexical
                .cmp(b.lexical)
                .then_with(|| datatype_suffix(a.datatype()).cmp(&datatype_suffix(b.datatype()))),
        },
    }
}

/// The order of two terms, `None` standing for "unbound". `nested` orders the parts of triple terms by their
/// ids. To sort many, make each [`SortKey`] once.
pub fn compare_terms(
    a: Option<TermRef<'_>>,
    b: Option<TermRef<'_>>,
    nested: &mut dyn FnMut(Id, Id) -> Ordering,
) -> Ordering {
    SortKey::new(a).compare(&SortKey::new(b), nested)
}

/// [`compare_terms`] on ids; `None` if the ids alone do not tell. Both ids are of one dictionary generation, or
/// of one query's own table. 1-10 ns within a kind.
#[inline]
pub fn compare_ids(a: Id, b: Id) -> Option<Ordering> {
    if a == b {
        return Some(Ordering::Equal);
    }
    let (class, other) = (Class::of_id(a)?, Class::of_id(b)?);
    if class != other {
        return Some(class.cmp(&other));
    }
    match class {
        Class::Blank => Some(a.cmp(&b)),
        Class::Literal => compare_literal_ids(a, b),
        Class::Unbound | Class::Iri | Class::Triple => None,
    }
}

#[inline]
fn compare_literal_ids(a: Id, b: Id) -> Option<Ordering> {
    if a.is_integer() && b.is_integer() {
        return Some(a.payload().cmp(&b.payload()).then(a.cmp(&b)));
    }
    compare_groups(a, b)
}

/// The order of two literals that are not both inline integers.
fn compare_groups(a: Id, b: Id) -> Option<Ordering> {
    let (tag, other) = (a.tag()?, b.tag()?);
    let (group, other_group) = (Group::of_tag(tag)?, Group::of_tag(other)?);
    if group != other_group {
        return Some(group.cmp(&other_group));
    }
    if !tag.is_inline() || !other.is_inline() {
        return None;
    }
    if tag == other {
        return Some(a.cmp(&b));
    }
    let by_value = if group == Group::Number {
        Number::of_inline(a)?.compare_exactly(&Number::of_inline(b)?)
    } else {
        let (ms, _) = temporal::timeline(tag, a.payload())?;
        let (other_ms, _) = temporal::timeline(other, b.payload())?;
        ms.cmp(&other_ms)
    };
    Some(by_value.then(a.cmp(&b)))
}

/// Whether the order of ids is the order of [`compare_terms`], between two ids.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OrderedRange {
    No,
    /// Also across segments: the ids hold the terms.
    Always,
    /// If all ordinals of the range lie in one sorted dictionary segment.
    InSortedSegment,
}

/// Whether the order of ids is the order of values between two ids, and different ids are different values.
pub fn is_value_range(min: Id, max: Id) -> bool {
    min == max
        || min.tag() == max.tag()
            && min
                .tag()
                .is_some_and(|tag| tag.is_integer() || tag == Tag::ShortString)
}

/// Whether id order may stand in for SPARQL order for all ids from `min` to `max` (definition 4).
pub fn ordered_range(min: Id, max: Id) -> OrderedRange {
    let (Some(tag), Some(other)) = (min.tag(), max.tag()) else {
        return OrderedRange::No;
    };
    if min == max {
        return OrderedRange::Always;
    }
    match tag {
        _ if tag != other => OrderedRange::No,
        Tag::IriEncoded => OrderedRange::No,
        _ if tag.is_inline() => OrderedRange::Always,
        Tag::IriDictionary
        | Tag::DictionaryString
        | Tag::DictionaryLanguage
        | Tag::DictionaryOther => OrderedRange::InSortedSegment,
        _ => OrderedRange::No,
    }
}
