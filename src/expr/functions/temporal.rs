//! Functions on dates, times and durations (SPARQL 1.1 section 17.4.5, SEP-0002, XPath Functions 3.1 sections 8 to 10).

use super::super::answer::Answer;
use super::super::context::Context;
use crate::term::value::Value;
use oxsdatatypes::{Duration, TimezoneOffset};

pub fn now<'v>(context: &Context) -> Option<Answer<'v>> {
    Answer::of_value(Value::DateTime(context.now()?))
}

fn duration(value: Value<'_>) -> Option<Duration> {
    match value {
        Value::Duration(value) => Some(value),
        Value::YearMonthDuration(value) => Some(value.into()),
        Value::DayTimeDuration(value) => Some(value.into()),
        _ => None,
    }
}

/// A date or time and a duration, or two durations.
pub fn add<'v>(left: Value<'v>, right: Value<'v>) -> Option<Answer<'v>> {
    use Value as V;
    Answer::of_value(match (left, right) {
        (V::YearMonthDuration(left), V::YearMonthDuration(right)) => {
            V::YearMonthDuration(left.checked_add(right)?)
        }
        (V::DayTimeDuration(left), V::DayTimeDuration(right)) => {
            V::DayTimeDuration(left.checked_add(right)?)
        }
        (V::DateTime(left), right) => V::DateTime(left.checked_add_duration(duration(right)?)?),
        (V::Date(left), right) => V::Date(left.checked_add_duration(duration(right)?)?),
        (V::Time(_), V::YearMonthDuration(_)) => return None,
        (V::Time(left), right) => V::Time(left.checked_add_duration(duration(right)?)?),
        (left, right) => V::Duration(duration(left)?.checked_add(duration(right)?)?),
    })
}

/// Two dates, times or durations, or a date or time and a duration.
pub fn subtract<'v>(left: Value<'v>, right: Value<'v>) -> Option<Answer<'v>> {
    use Value as V;
    Answer::of_value(match (left, right) {
        (V::DateTime(left), V::DateTime(right)) => V::DayTimeDuration(left.checked_sub(right)?),
        (V::Date(left), V::Date(right)) => V::DayTimeDuration(left.checked_sub(right)?),
        (V::Time(left), V::Time(right)) => V::DayTimeDuration(left.checked_sub(right)?),
        (V::YearMonthDuration(left), V::YearMonthDuration(right)) => {
            V::YearMonthDuration(left.checked_sub(right)?)
        }
        (V::DayTimeDuration(left), V::DayTimeDuration(right)) => {
            V::DayTimeDuration(left.checked_sub(right)?)
        }
        (V::DateTime(left), right) => V::DateTime(left.checked_sub_duration(duration(right)?)?),
        (V::Date(left), right) => V::Date(left.checked_sub_duration(duration(right)?)?),
        (V::Time(_), V::YearMonthDuration(_)) => return None,
        (V::Time(left), right) => V::Time(left.checked_sub_duration(duration(right)?)?),
        (left, right) => V::Duration(duration(left)?.checked_sub(duration(right)?)?),
    })
}

fn one<'v>(values: &[Value<'v>]) -> Option<Value<'v>> {
    match *values {
        [value] => Some(value),
        _ => None,
    }
}

pub fn year<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    Some(Answer::integer(match one(values)? {
        Value::DateTime(value) => value.year(),
        Value::Date(value) => value.year(),
        Value::GYearMonth(value) => value.year(),
        Value::GYear(value) => value.year(),
        _ => return None,
    }))
}

pub fn month<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    Some(Answer::integer(i64::from(match one(values)? {
        Value::DateTime(value) => value.month(),
        Value::Date(value) => value.month(),
        Value::GYearMonth(value) => value.month(),
        Value::GMonthDay(value) => value.month(),
        Value::GMonth(value) => value.month(),
        _ => return None,
    })))
}

pub fn day<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    Some(Answer::integer(i64::from(match one(values)? {
        Value::DateTime(value) => value.day(),
        Value::Date(value) => value.day(),
        Value::GMonthDay(value) => value.day(),
        Value::GDay(value) => value.day(),
        _ => return None,
    })))
}

pub fn hours<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    Some(Answer::integer(i64::from(match one(values)? {
        Value::DateTime(value) => value.hour(),
        Value::Time(value) => value.hour(),
        _ => return None,
    })))
}

pub fn minutes<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    Some(Answer::integer(i64::from(match one(values)? {
        Value::DateTime(value) => value.minute(),
        Value::Time(value) => value.minute(),
        _ => return None,
    })))
}

pub fn seconds<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    Some(Answer::decimal(match one(values)? {
        Value::DateTime(value) => value.second(),
        Value::Time(value) => value.second(),
        _ => return None,
    }))
}

/// The time zone of a date or time, if it has one; `None` for another value.
fn zone(value: Value<'_>) -> Option<Option<TimezoneOffset>> {
    Some(match value {
        Value::DateTime(value) => value.timezone_offset(),
        Value::Date(value) => value.timezone_offset(),
        Value::Time(value) => value.timezone_offset(),
        Value::GYear(value) => value.timezone_offset(),
        Value::GYearMonth(value) => value.timezone_offset(),
        Value::GMonth(value) => value.timezone_offset(),
        Value::GMonthDay(value) => value.timezone_offset(),
        Value::GDay(value) => value.timezone_offset(),
        _ => return None,
    })
}

pub fn timezone<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    let zone = zone(one(values)?)??;
    Answer::of_value(Value::DayTimeDuration(zone.into()))
}

pub fn tz<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    let zone = zone(one(values)?)?;
    Some(Answer::string(
        zone.map_or_else(String::new, |zone| zone.to_string()),
    ))
}

pub fn adjust<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    let [value, zone] = *values else { return None };
    let zone = Some(match zone {
        Value::DayTimeDuration(zone) => TimezoneOffset::try_from(zone).ok()?,
        Value::Duration(zone) => TimezoneOffset::try_from(zone).ok()?,
        _ => return None,
    });
    Answer::of_value(match value {
        Value::DateTime(value) => Value::DateTime(value.adjust(zone)?),
        Value::Date(value) => Value::Date(value.adjust(zone)?),
        Value::Time(value) => Value::Time(value.adjust(zone)?),
        Value::GYear(value) => Value::GYear(value.adjust(zone)?),
        Value::GYearMonth(value) => Value::GYearMonth(value.adjust(zone)?),
        Value::GMonth(value) => Value::GMonth(value.adjust(zone)?),
        Value::GMonthDay(value) => Value::GMonthDay(value.adjust(zone)?),
        Value::GDay(value) => Value::GDay(value.adjust(zone)?),
        _ => return None,
    })
}
