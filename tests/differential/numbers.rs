//! Arithmetic of numbers: XPath's promotion integer, decimal, float, double, and one operation for each.

use oxrdf::vocab::xsd;
use oxrdf::{Literal, Term};
use oxsdatatypes::{Decimal, Double, Float, Integer};
use std::str::FromStr;
use triplestore::term::TermRef;
use triplestore::term::value::{Number, Value};

/// The canonical text of a float or double: a mantissa with a fraction, and an exponent.
fn canonical<T: Copy + Into<f64> + std::fmt::UpperExp>(value: T) -> String {
    match value.into() {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "INF".to_owned(),
        f64::NEG_INFINITY => "-INF".to_owned(),
        _ => {
            let text = format!("{value:E}");
            match text.contains('.') {
                true => text,
                false => text.replace('E', ".0E"),
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Numeric {
    Integer(Integer),
    Decimal(Decimal),
    Float(Float),
    Double(Double),
}

use Numeric as N;

impl Numeric {
    /// The number a term is; `None` if it is none, or beyond what is computed with here.
    pub fn of(term: &Term) -> Option<Self> {
        let Term::Literal(literal) = term else {
            return None;
        };
        match Value::of(TermRef::Literal(literal.as_ref().into())) {
            Value::Number(Number::Integer(value)) => Some(N::Integer(value.into())),
            Value::Number(Number::Decimal(value)) => Some(N::Decimal(value)),
            Value::Number(Number::Float(value)) => Some(N::Float(value.into())),
            Value::Number(Number::Double(value)) => Some(N::Double(value.into())),
            _ => None,
        }
    }

    /// The literal in canonical form (XSD 1.1 section E).
    pub fn term(self) -> Term {
        let (text, datatype) = match self {
            N::Integer(value) => (value.to_string(), xsd::INTEGER),
            N::Decimal(value) => (value.to_string(), xsd::DECIMAL),
            N::Float(value) => (canonical(f32::from(value)), xsd::FLOAT),
            N::Double(value) => (canonical(f64::from(value)), xsd::DOUBLE),
        };
        Literal::new_typed_literal(text, datatype).into()
    }

    fn rank(self) -> u8 {
        match self {
            N::Integer(_) => 0,
            N::Decimal(_) => 1,
            N::Float(_) => 2,
            N::Double(_) => 3,
        }
    }

    fn raised(self, rank: u8) -> Self {
        match (self, rank) {
            (N::Integer(value), 1) => N::Decimal(value.into()),
            (N::Integer(value), 2) => N::Float(value.into()),
            (N::Integer(value), 3) => N::Double(value.into()),
            (N::Decimal(value), 2) => N::Float(value.into()),
            (N::Decimal(value), 3) => N::Double(value.into()),
            (N::Float(value), 3) => N::Double(value.into()),
            (same, _) => same,
        }
    }

    fn both(left: Self, right: Self) -> (Self, Self) {
        let rank = left.rank().max(right.rank());
        (left.raised(rank), right.raised(rank))
    }

    pub fn add(self, other: Self) -> Option<Self> {
        Some(match Self::both(self, other) {
            (N::Integer(a), N::Integer(b)) => N::Integer(a.checked_add(b)?),
            (N::Decimal(a), N::Decimal(b)) => N::Decimal(a.checked_add(b)?),
            (N::Float(a), N::Float(b)) => N::Float(a + b),
            (N::Double(a), N::Double(b)) => N::Double(a + b),
            _ => return None,
        })
    }

    pub fn subtract(self, other: Self) -> Option<Self> {
        Some(match Self::both(self, other) {
            (N::Integer(a), N::Integer(b)) => N::Integer(a.checked_sub(b)?),
            (N::Decimal(a), N::Decimal(b)) => N::Decimal(a.checked_sub(b)?),
            (N::Float(a), N::Float(b)) => N::Float(a - b),
            (N::Double(a), N::Double(b)) => N::Double(a - b),
            _ => return None,
        })
    }

    pub fn multiply(self, other: Self) -> Option<Self> {
        Some(match Self::both(self, other) {
            (N::Integer(a), N::Integer(b)) => N::Integer(a.checked_mul(b)?),
            (N::Decimal(a), N::Decimal(b)) => N::Decimal(a.checked_mul(b)?),
            (N::Float(a), N::Float(b)) => N::Float(a * b),
            (N::Double(a), N::Double(b)) => N::Double(a * b),
            _ => return None,
        })
    }

    /// Integers give a decimal.
    pub fn divide(self, other: Self) -> Option<Self> {
        Some(match Self::both(self, other) {
            (N::Integer(a), N::Integer(b)) => {
                N::Decimal(Decimal::from(a).checked_div(Decimal::from(b))?)
            }
            (N::Decimal(a), N::Decimal(b)) => N::Decimal(a.checked_div(b)?),
            (N::Float(a), N::Float(b)) => N::Float(a / b),
            (N::Double(a), N::Double(b)) => N::Double(a / b),
            _ => return None,
        })
    }

    pub fn negate(self) -> Option<Self> {
        Some(match self {
            N::Integer(value) => N::Integer(value.checked_neg()?),
            N::Decimal(value) => N::Decimal(value.checked_neg()?),
            N::Float(value) => N::Float(-value),
            N::Double(value) => N::Double(-value),
        })
    }

    pub fn absolute(self) -> Option<Self> {
        Some(match self {
            N::Integer(value) => N::Integer(value.checked_abs()?),
            N::Decimal(value) => N::Decimal(value.checked_abs()?),
            N::Float(value) => N::Float(value.abs()),
            N::Double(value) => N::Double(value.abs()),
        })
    }

    pub fn zero() -> Self {
        N::Integer(0.into())
    }

    pub fn integer(value: usize) -> Self {
        N::Integer(Integer::from_str(&value.to_string()).expect("a count"))
    }
}
