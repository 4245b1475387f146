//! Numbers: their values, SPARQL's comparison of them, and their exact order.
//!
//! Operators promote as XPath does (XPath 3.1 § B.1): integer → decimal → float → double, so `0.1 = 0.1e0`
//! holds. That relation is not transitive; ORDER BY uses the exact order of the values instead, which
//! agrees with `<` wherever `<` holds.

use super::inline::integer_tag;
use super::line::Line;
use super::{Datatype, Id, Tag, number, real};
use oxsdatatypes::Decimal;
use std::cmp::Ordering;
use std::fmt::Write;

/// The value of a numeric literal.
#[derive(Clone, Copy, Debug)]
pub enum Number<'a> {
    /// An integer of any type within 64 bits.
    Integer(i64),
    /// A decimal with at most 18 digits after the point and within 128 bits.
    Decimal(Decimal),
    /// The text of a valid integer or decimal beyond these.
    Large(&'a str),
    Float(f32),
    Double(f64),
}

/// 10^9, by which a decimal of at most 9 digits after the point is a number of its 10^-18 units.
const HALF_SCALE: i128 = 1_000_000_000;

impl<'a> Number<'a> {
    /// The value of a literal with a numeric datatype; `None` if it is ill-typed or the datatype is not
    /// numeric.
    pub fn parse(lexical: &'a str, datatype: Datatype) -> Option<Self> {
        match datatype {
            Datatype::Double => parse_real(lexical).map(Number::Double),
            Datatype::Float => parse_real(lexical).map(Number::Float),
            Datatype::Decimal => {
                if let Ok(decimal) = lexical.parse() {
                    return Some(Number::Decimal(decimal));
                }
                Digits::parse(lexical.as_bytes()).map(|_| Number::Large(lexical))
            }
            _ => {
                let tag = integer_tag(datatype)?;
                if let Some(value) = number::parse_integer(lexical.as_bytes())
                    && number::in_range(tag, value)
                {
                    return Some(Number::Integer(value));
                }
                let (min, max) = bounds(datatype)?;
                let digits =
                    Digits::parse(lexical.as_bytes()).filter(|_| !lexical.contains('.'))?;
                let inside = |bound: Option<&str>, outside| {
                    let bound = bound.and_then(|bound| Digits::parse(bound.as_bytes()));
                    bound.is_none_or(|bound| digits.compare(&bound) != outside)
                };
                (inside(min, Ordering::Less) && inside(max, Ordering::Greater)).then(|| {
                    match lexical.parse() {
                        Ok(value) => Number::Integer(value),
                        Err(_) => Number::Large(lexical),
                    }
                })
            }
        }
    }

    /// The value of an inline number. 1-5 ns.
    pub fn of_inline(id: Id) -> Option<Number<'static>> {
        let payload = id.payload();
        Some(match id.tag()? {
            Tag::Double => Number::Double(real::double_value(payload)?),
            Tag::DoubleInteger => Number::Double(number::integer_value(payload) as f64),
            Tag::Float => Number::Float(real::float_value(payload)?),
            Tag::Decimal => Number::Decimal(Decimal::from_be_bytes(
                number::decimal_value(payload)?.to_be_bytes(),
            )),
            tag if tag.is_integer() => Number::Integer(number::integer_value(payload)),
            _ => return None,
        })
    }

    /// The decimal nearest to the exact value of a double; `None` if it does not fit or the double is not finite.
    pub fn decimal_of(value: f64) -> Option<Decimal> {
        if !value.is_finite() {
            return None;
        }
        let (mantissa, exponent) = mantissa_and_exponent(value);
        // 53 and 60 bits.
        let scaled = i128::from(mantissa) * UNITS;
        let units = match u32::try_from(exponent) {
            Ok(power) => {
                scaled.checked_mul(1i128.checked_shl(power).filter(|&power| power > 0)?)?
            }
            Err(_) => match exponent.unsigned_abs() {
                // A half is rounded to the even one.
                shift @ 1..=120 => {
                    let (floor, rest) = (scaled >> shift, scaled & ((1 << shift) - 1));
                    let half = 1i128 << (shift - 1);
                    floor + i128::from(rest > half || rest == half && floor & 1 == 1)
                }
                _ => 0,
            },
        };
        Some(Decimal::from_be_bytes(units.to_be_bytes()))
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        match self {
            Number::Integer(value) => value as f64,
            Number::Double(value) => value,
            Number::Float(value) => f64::from(value),
            Number::Decimal(value) => {
                // Correctly rounded if both operands are exact.
                let units = i128::from_be_bytes(value.to_be_bytes());
                if units % HALF_SCALE == 0 && (units / HALF_SCALE).abs() <= 1 << 53 {
                    return (units / HALF_SCALE) as f64 / HALF_SCALE as f64;
                }
                decimal_text(value).as_str().parse().unwrap_or(f64::NAN)
            }
            // A valid decimal is a valid float for Rust.
            Number::Large(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    /// The nearest float.
    pub fn to_f32(self) -> f32 {
        match self {
            Number::Integer(value) => value as f32,
            Number::Double(value) => value as f32,
            Number::Float(value) => value,
            Number::Decimal(value) => decimal_text(value).as_str().parse().unwrap_or(f32::NAN),
            Number::Large(text) => text.parse().unwrap_or(f32::NAN),
        }
    }

    /// SPARQL's comparison, which promotes both to the wider type. `None` if one is NaN: then all of `<`, `=`
    /// and `>` are false.
    pub fn compare(&self, other: &Number<'_>) -> Option<Ordering> {
        match (*self, *other) {
            (Number::Integer(a), Number::Integer(b)) => Some(a.cmp(&b)),
            (Number::Double(_), _) | (_, Number::Double(_)) => {
                self.to_f64().partial_cmp(&other.to_f64())
            }
            (Number::Float(_), _) | (_, Number::Float(_)) => {
                self.to_f32().partial_cmp(&other.to_f32())
            }
            _ => Some(self.compare_decimals(other)),
        }
    }

    /// The exact order of the values: total, -0.0 equal to 0.0, NaN last and equal to itself.
    pub fn compare_exactly(&self, other: &Number<'_>) -> Ordering {
        let (a, b) = (self.binary(), other.binary());
        match (a, b) {
            (None, None) => self.compare_decimals(other),
            (Some(a), Some(b)) => a
                .partial_cmp(&b)
                .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())),
            (None, Some(b)) => self.compare_with_binary(b),
            (Some(a), None) => other.compare_with_binary(a).reverse(),
        }
    }

    /// The value of a float or double, which a double holds exactly.
    fn binary(self) -> Option<f64> {
        match self {
            Number::Double(value) => Some(value),
            Number::Float(value) => Some(f64::from(value)),
            _ => None,
        }
    }

    /// Compares two that are neither float nor double.
    fn compare_decimals(&self, other: &Number<'_>) -> Ordering {
        match (*self, *other) {
            (Number::Integer(a), Number::Integer(b)) => a.cmp(&b),
            (Number::Decimal(a), Number::Decimal(b)) => a.cmp(&b),
            (Number::Integer(a), Number::Decimal(b)) => Decimal::from(a).cmp(&b),
            (Number::Decimal(a), Number::Integer(b)) => a.cmp(&Decimal::from(b)),
            _ => {
                let (mut a, mut b) = (Line::new(), Line::new());
                self.digits(&mut a).compare(&other.digits(&mut b))
            }
        }
    }

    /// Compares an integer or decimal with the exact value of a double.
    fn compare_with_binary(&self, other: f64) -> Ordering {
        // Rounding keeps order, so only a tie needs the digits. A NaN is last.
        match self.to_f64().partial_cmp(&other) {
            Some(Ordering::Equal) => {}
            Some(order) => return order,
            None => return Ordering::Less,
        }
        if matches!(*self, Number::Integer(value) if value.unsigned_abs() <= 1 << 53) {
            return Ordering::Equal;
        }
        if other.is_infinite() {
            return if other > 0.0 {
                Ordering::Less
            } else {
                Ordering::Greater
            };
        }
        let units = match *self {
            Number::Integer(value) => Some(i128::from(value) * UNITS),
            Number::Decimal(value) => Some(i128::from_be_bytes(value.to_be_bytes())),
            _ => None,
        };
        if let Some(order) = units.and_then(|units| compare_units(units, other)) {
            return order;
        }
        let expansion = format!("{other:.*}", fraction_digits(other));
        let mut line = Line::new();
        let exact = Digits::parse(expansion.as_bytes()).unwrap_or_default();
        self.digits(&mut line).compare(&exact)
    }

    /// The digits of an integer or decimal, printed into `line` where they are not text already.
    fn digits<'b>(&self, line: &'b mut Line) -> Digits<'b>
    where
        'a: 'b,
    {
        let text = match *self {
            Number::Large(text) => text.as_bytes(),
            Number::Integer(value) => {
                number::print_signed(value, line);
                line.as_bytes()
            }
            Number::Decimal(value) => {
                *line = decimal_text(value);
                line.as_bytes()
            }
            Number::Float(_) | Number::Double(_) => b"0",
        };
        Digits::parse(text).unwrap_or_default()
    }
}

fn decimal_text(value: Decimal) -> Line {
    let mut line = Line::new();
    // Writing to a line cannot fail, and 41 characters fit.
    let _ = write!(line, "{value}");
    line
}

/// Units of a decimal in one.
const UNITS: i128 = HALF_SCALE * HALF_SCALE;

/// A finite double as an odd or zero mantissa and a power of two.
fn mantissa_and_exponent(value: f64) -> (i64, i32) {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i32;
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    let (mantissa, exponent) = match exponent {
        0 => (fraction, 1),
        _ => (fraction | 1 << 52, exponent),
    };
    let zeros = if mantissa == 0 {
        0
    } else {
        mantissa.trailing_zeros()
    };
    let mantissa = mantissa >> zeros;
    let signed = if value < 0.0 { -mantissa } else { mantissa };
    (signed, exponent - 1075 + zeros as i32)
}

/// Compares a number of 10^-18 units with a finite double; `None` if that takes more than 128 bits, which
/// it does not if the two are about equal.
fn compare_units(units: i128, other: f64) -> Option<Ordering> {
    let (mantissa, exponent) = mantissa_and_exponent(other);
    // 53 and 60 bits.
    let other = i128::from(mantissa) * UNITS;
    let power = 1i128
        .checked_shl(exponent.unsigned_abs())
        .filter(|&power| power > 0)?;
    Some(if exponent < 0 {
        units.checked_mul(power)?.cmp(&other)
    } else {
        units.cmp(&other.checked_mul(power)?)
    })
}

/// How many digits after the point the exact value of a double has.
fn fraction_digits(value: f64) -> usize {
    let (_, exponent) = mantissa_and_exponent(value);
    exponent.min(0).unsigned_abs() as usize
}

/// Reads the lexical form of `xsd:double` or `xsd:float` (XSD 1.1 § 3.3.5): Rust reads more forms
/// ("infinity", "nan"), and not "INF".
fn parse_real<T: std::str::FromStr + From<f32>>(lexical: &str) -> Option<T> {
    match lexical {
        "INF" | "+INF" => return Some(f32::INFINITY.into()),
        "-INF" => return Some(f32::NEG_INFINITY.into()),
        "NaN" => return Some(f32::NAN.into()),
        _ => {}
    }
    let number = |byte: u8| matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E');
    if lexical.bytes().all(number) {
        lexical.parse().ok()
    } else {
        None
    }
}

/// The smallest and largest value of an integer datatype.
const fn bounds(datatype: Datatype) -> Option<(Option<&'static str>, Option<&'static str>)> {
    Some(match datatype {
        Datatype::Integer => (None, None),
        Datatype::Long => (Some("-9223372036854775808"), Some("9223372036854775807")),
        Datatype::Int => (Some("-2147483648"), Some("2147483647")),
        Datatype::Short => (Some("-32768"), Some("32767")),
        Datatype::Byte => (Some("-128"), Some("127")),
        Datatype::NonNegativeInteger => (Some("0"), None),
        Datatype::PositiveInteger => (Some("1"), None),
        Datatype::UnsignedLong => (Some("0"), Some("18446744073709551615")),
        Datatype::UnsignedInt => (Some("0"), Some("4294967295")),
        Datatype::UnsignedShort => (Some("0"), Some("65535")),
        Datatype::UnsignedByte => (Some("0"), Some("255")),
        Datatype::NonPositiveInteger => (None, Some("0")),
        Datatype::NegativeInteger => (None, Some("-1")),
        _ => return None,
    })
}

/// A decimal by its digits, without leading zeros before the point and trailing zeros after it.
#[derive(Clone, Copy, Default)]
struct Digits<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
}

impl<'a> Digits<'a> {
    /// Reads the lexical form of `xsd:decimal` (XSD 1.1 § 3.3.3).
    fn parse(text: &'a [u8]) -> Option<Self> {
        let (negative, unsigned) = match text {
            [b'-', unsigned @ ..] => (true, unsigned),
            [b'+', unsigned @ ..] => (false, unsigned),
            unsigned => (false, unsigned),
        };
        let point = unsigned.iter().position(|&byte| byte == b'.');
        let (mut whole, mut fraction) = match point {
            Some(point) => (&unsigned[..point], &unsigned[point + 1..]),
            None => (unsigned, &[][..]),
        };
        if whole.is_empty() && fraction.is_empty()
            || !whole.iter().chain(fraction).all(u8::is_ascii_digit)
        {
            return None;
        }
        while let [b'0', rest @ ..] = whole {
            whole = rest;
        }
        while let [rest @ .., b'0'] = fraction {
            fraction = rest;
        }
        Some(Self {
            // There is one zero.
            negative: negative && !(whole.is_empty() && fraction.is_empty()),
            whole,
            fraction,
        })
    }

    fn compare(&self, other: &Digits<'_>) -> Ordering {
        let magnitude = || {
            self.whole
                .len()
                .cmp(&other.whole.len())
                .then_with(|| self.whole.cmp(other.whole))
                .then_with(|| self.fraction.cmp(other.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => magnitude(),
            (true, true) => magnitude().reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxsdatatypes::{Double, Float, Integer};
    use proptest::prelude::*;

    fn decimal(text: &str) -> Number<'_> {
        Number::parse(text, Datatype::Decimal).unwrap()
    }

    fn integer(text: &str) -> Number<'_> {
        Number::parse(text, Datatype::Integer).unwrap()
    }

    #[test]
    fn integers_of_any_length_compare_by_value() {
        let long = "1234567890123456789012345678901234567890";
        assert_eq!(
            integer(long).compare(&integer(&format!("+00{long}"))),
            Some(Ordering::Equal)
        );
        assert_eq!(
            integer(long).compare(&integer("5")),
            Some(Ordering::Greater)
        );
        assert_eq!(
            integer(&format!("-{long}")).compare(&decimal("-5.5")),
            Some(Ordering::Less)
        );
        assert_eq!(
            integer(long).compare(&Number::Double(1.234_567_890_123_456_8e39)),
            Some(Ordering::Equal)
        );
        assert_ne!(
            integer(long).compare_exactly(&Number::Double(1.234_567_890_123_456_8e39)),
            Ordering::Equal
        );
    }

    #[test]
    fn the_exact_order_tells_what_promotion_does_not() {
        assert_eq!(
            decimal("0.1").compare(&Number::Double(0.1)),
            Some(Ordering::Equal)
        );
        assert_eq!(
            decimal("0.1").compare_exactly(&Number::Double(0.1)),
            Ordering::Less
        );
        assert_eq!(
            decimal("0.5").compare_exactly(&Number::Double(0.5)),
            Ordering::Equal
        );
        assert_eq!(
            integer("9007199254740993").compare_exactly(&Number::Double(9007199254740992.0)),
            Ordering::Greater
        );
        assert_eq!(Number::Double(f64::NAN).compare(&integer("1")), None);
        assert_eq!(
            Number::Double(f64::NAN).compare_exactly(&Number::Double(f64::INFINITY)),
            Ordering::Greater
        );
        let huge = "9".repeat(400);
        assert_eq!(
            integer(&huge).compare_exactly(&Number::Double(f64::INFINITY)),
            Ordering::Less
        );
        assert_eq!(
            integer(&huge).compare_exactly(&Number::Double(f64::MAX)),
            Ordering::Greater
        );
    }

    #[test]
    fn ill_typed_numbers_have_no_value() {
        for (text, datatype) in [
            ("", Datatype::Integer),
            ("1.0", Datatype::Integer),
            ("+", Datatype::Integer),
            ("abc", Datatype::Integer),
            (" 1", Datatype::Integer),
            ("128", Datatype::Byte),
            ("-1", Datatype::UnsignedLong),
            ("18446744073709551616", Datatype::UnsignedLong),
            ("0", Datatype::PositiveInteger),
            (".", Datatype::Decimal),
            ("1e0", Datatype::Decimal),
            ("inf", Datatype::Double),
            ("nan", Datatype::Double),
            ("1e", Datatype::Double),
            ("", Datatype::Float),
            ("1", Datatype::Boolean),
        ] {
            assert!(
                Number::parse(text, datatype).is_none(),
                "{text} {datatype:?}"
            );
        }
        assert!(matches!(
            Number::parse("18446744073709551615", Datatype::UnsignedLong),
            Some(Number::Large(_))
        ));
        assert!(matches!(
            Number::parse("-00128", Datatype::Byte),
            Some(Number::Integer(-128))
        ));
    }

    /// The reference: values of `oxsdatatypes`, promoted by its conversions to double.
    fn reference(a: &Number<'_>, b: &Number<'_>) -> Option<Ordering> {
        fn double(number: &Number<'_>) -> Double {
            match *number {
                Number::Integer(value) => Integer::from(value).into(),
                Number::Decimal(value) => value.into(),
                Number::Float(value) => Float::from(value).into(),
                Number::Double(value) => value.into(),
                Number::Large(_) => unreachable!("the strategy makes none"),
            }
        }
        match (*a, *b) {
            (Number::Integer(a), Number::Integer(b)) => {
                Integer::from(a).partial_cmp(&Integer::from(b))
            }
            (Number::Integer(a), Number::Decimal(b)) => Decimal::from(a).partial_cmp(&b),
            (Number::Decimal(a), Number::Integer(b)) => a.partial_cmp(&Decimal::from(b)),
            (Number::Decimal(a), Number::Decimal(b)) => a.partial_cmp(&b),
            _ => double(a).partial_cmp(&double(b)),
        }
    }

    fn any_number() -> impl Strategy<Value = Number<'static>> {
        prop_oneof![
            (-20i64..20).prop_map(Number::Integer),
            any::<i64>().prop_map(Number::Integer),
            (-2000i64..2000).prop_map(|cents| Number::Decimal(
                format!(
                    "{}{}.{:02}",
                    if cents < 0 { "-" } else { "" },
                    cents.abs() / 100,
                    cents.abs() % 100
                )
                .parse()
                .unwrap()
            )),
            any::<i128>()
                .prop_map(|units| Number::Decimal(Decimal::from_be_bytes(units.to_be_bytes()))),
            (-80i64..80).prop_map(|quarters| Number::Double(quarters as f64 / 4.0)),
            (-2000i64..2000).prop_map(|cents| Number::Double(cents as f64 / 100.0)),
            any::<f64>().prop_map(Number::Double),
            Just(Number::Double(f64::NAN)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn comparison_agrees_with_the_reference(a in any_number(), b in any_number()) {
            prop_assert_eq!(a.compare(&b), reference(&a, &b), "{:?} {:?}", a, b);
        }

        #[test]
        fn the_exact_order_is_total_and_extends_less_than(
            a in any_number(), b in any_number(), c in any_number(),
        ) {
            prop_assert_eq!(a.compare_exactly(&b), b.compare_exactly(&a).reverse());
            if a.compare_exactly(&b) != Ordering::Greater && b.compare_exactly(&c) != Ordering::Greater {
                prop_assert_ne!(a.compare_exactly(&c), Ordering::Greater);
            }
            if let Some(order) = a.compare(&b).filter(|&order| order != Ordering::Equal) {
                prop_assert_eq!(a.compare_exactly(&b), order);
            }
        }

        #[test]
        fn digits_compare_like_decimals(a in any::<i64>(), b in any::<i64>(), x in 0u32..9, y in 0u32..9) {
            let scaled = |value: i64, scale| format!("{value}e-{scale}").parse::<f64>().unwrap();
            let text = |value: i64, scale: u32| {
                let digits = format!("{:020}", value.unsigned_abs());
                let (whole, fraction) = digits.split_at(20 - scale as usize);
                format!("{}{whole}.{fraction}", if value < 0 { "-" } else { "" })
            };
            let (first, second) = (text(a, x), text(b, y));
            let order = decimal(&first).compare_decimals(&decimal(&second));
            prop_assert_eq!(
                Number::Large(&first).compare_decimals(&Number::Large(&second)),
                order
            );
            if scaled(a, x) != scaled(b, y) {
                prop_assert_eq!(Some(order), scaled(a, x).partial_cmp(&scaled(b, y)));
            }
        }
    }
}
