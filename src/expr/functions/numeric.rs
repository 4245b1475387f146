//! Arithmetic and functions on numbers (SPARQL 1.1 sections 17.3 and 17.4.4, XPath Functions 3.1 section 4).
//!
//! Operands are promoted to the wider type: integer, decimal, float, double. All types derived from integer are integers. An
//! integer has 64 bits, a decimal 18 digits behind the point and 128 bits; what does not fit is an error, and further digits
//! of a product or a quotient are cut off.

use super::super::answer::Answer;
use super::super::decimal;
use super::super::frame::Frame;
use super::temporal;
use crate::error::Result;
use crate::term::value::{Number, Value};
use oxsdatatypes::Decimal;
use rand::Rng;

/// Two numbers of one type.
enum Pair {
    Integers(i64, i64),
    Decimals(Decimal, Decimal),
    Floats(f32, f32),
    Doubles(f64, f64),
}

fn pair(left: Number<'_>, right: Number<'_>) -> Option<Pair> {
    Some(match (left, right) {
        (Number::Integer(left), Number::Integer(right)) => Pair::Integers(left, right),
        (Number::Double(_), _) | (_, Number::Double(_)) => {
            Pair::Doubles(left.to_f64(), right.to_f64())
        }
        (Number::Float(_), _) | (_, Number::Float(_)) => {
            Pair::Floats(left.to_f32(), right.to_f32())
        }
        _ => Pair::Decimals(as_decimal(left)?, as_decimal(right)?),
    })
}

/// An integer or decimal as a decimal that one can calculate with.
fn as_decimal(number: Number<'_>) -> Option<Decimal> {
    match number {
        Number::Integer(value) => Some(value.into()),
        Number::Decimal(value) => Some(value),
        Number::Large(_) | Number::Float(_) | Number::Double(_) => None,
    }
}

/// The operation on each type.
struct Operation {
    integers: fn(i64, i64) -> Option<Number<'static>>,
    decimals: fn(Decimal, Decimal) -> Option<Decimal>,
    floats: fn(f32, f32) -> f32,
    doubles: fn(f64, f64) -> f64,
}

const ADD: Operation = Operation {
    integers: |a, b| a.checked_add(b).map(Number::Integer),
    decimals: |a, b| a.checked_add(b),
    floats: |a, b| a + b,
    doubles: |a, b| a + b,
};

const SUBTRACT: Operation = Operation {
    integers: |a, b| a.checked_sub(b).map(Number::Integer),
    decimals: |a, b| a.checked_sub(b),
    floats: |a, b| a - b,
    doubles: |a, b| a - b,
};

const MULTIPLY: Operation = Operation {
    integers: |a, b| a.checked_mul(b).map(Number::Integer),
    decimals: decimal::multiply,
    floats: |a, b| a * b,
    doubles: |a, b| a * b,
};

const DIVIDE: Operation = Operation {
    integers: |a, b| decimal::divide(a.into(), b.into()).map(Number::Decimal),
    decimals: decimal::divide,
    floats: |a, b| a / b,
    doubles: |a, b| a / b,
};

impl Operation {
    fn work(&self, left: Number<'_>, right: Number<'_>) -> Option<Number<'static>> {
        Some(match pair(left, right)? {
            Pair::Integers(left, right) => (self.integers)(left, right)?,
            Pair::Decimals(left, right) => Number::Decimal((self.decimals)(left, right)?),
            Pair::Floats(left, right) => Number::Float((self.floats)(left, right)),
            Pair::Doubles(left, right) => Number::Double((self.doubles)(left, right)),
        })
    }
}

pub fn add<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    match *values {
        [Value::Number(left), Value::Number(right)] => ADD.work(left, right).map(Answer::Number),
        [left, right] => temporal::add(left, right),
        _ => None,
    }
}

pub fn subtract<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    match *values {
        [Value::Number(left), Value::Number(right)] => {
            SUBTRACT.work(left, right).map(Answer::Number)
        }
        [left, right] => temporal::subtract(left, right),
        _ => None,
    }
}

pub fn multiply<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    match *values {
        [Value::Number(left), Value::Number(right)] => {
            MULTIPLY.work(left, right).map(Answer::Number)
        }
        _ => None,
    }
}

pub fn divide<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    match *values {
        [Value::Number(left), Value::Number(right)] => DIVIDE.work(left, right).map(Answer::Number),
        _ => None,
    }
}

pub fn plus<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    match *values {
        [Value::Number(number)] => Some(Answer::Number(number)),
        [
            value @ (Value::Duration(_) | Value::YearMonthDuration(_) | Value::DayTimeDuration(_)),
        ] => Answer::of_value(value),
        _ => None,
    }
}

pub fn negate<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    let value = match *values {
        [Value::Number(number)] => {
            return of_number(
                number,
                i64::checked_neg,
                Decimal::checked_neg,
                |value| -value,
                |value| -value,
            );
        }
        [Value::Duration(value)] => Value::Duration(value.checked_neg()?),
        [Value::YearMonthDuration(value)] => Value::YearMonthDuration(value.checked_neg()?),
        [Value::DayTimeDuration(value)] => Value::DayTimeDuration(value.checked_neg()?),
        _ => return None,
    };
    Answer::of_value(value)
}

/// A function of one number, which gives one of its type.
fn of_number<'v>(
    number: Number<'_>,
    integer: fn(i64) -> Option<i64>,
    decimal: fn(Decimal) -> Option<Decimal>,
    float: fn(f32) -> f32,
    double: fn(f64) -> f64,
) -> Option<Answer<'v>> {
    Some(Answer::Number(match number {
        Number::Integer(value) => Number::Integer(integer(value)?),
        Number::Decimal(value) => Number::Decimal(decimal(value)?),
        Number::Float(value) => Number::Float(float(value)),
        Number::Double(value) => Number::Double(double(value)),
        Number::Large(_) => return None,
    }))
}

fn number(values: &[Value<'_>]) -> Option<Number<'static>> {
    match *values {
        [Value::Number(number)] => Some(match number {
            Number::Integer(value) => Number::Integer(value),
            Number::Decimal(value) => Number::Decimal(value),
            Number::Float(value) => Number::Float(value),
            Number::Double(value) => Number::Double(value),
            Number::Large(_) => return None,
        }),
        _ => None,
    }
}

pub fn abs<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    of_number(
        number(values)?,
        i64::checked_abs,
        Decimal::checked_abs,
        f32::abs,
        f64::abs,
    )
}

pub fn ceil<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    of_number(
        number(values)?,
        Some,
        Decimal::checked_ceil,
        f32::ceil,
        f64::ceil,
    )
}

pub fn floor<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    of_number(
        number(values)?,
        Some,
        Decimal::checked_floor,
        f32::floor,
        f64::floor,
    )
}

/// A half is rounded up (fn:round).
pub fn round<'v>(values: &[Value<'v>]) -> Option<Answer<'v>> {
    of_number(
        number(values)?,
        Some,
        Decimal::checked_round,
        |value| oxsdatatypes::Float::from(value).round().into(),
        |value| oxsdatatypes::Double::from(value).round().into(),
    )
}

pub fn rand(frame: &Frame<'_>) -> Result<Answer<'static>> {
    let drawn: f64 = frame.context.random(|generator| generator.random())?;
    Ok(Answer::Number(Number::Double(drawn)))
}
