//! Inline `xsd:double` and `xsd:float`: text to payload and back.
//!
//! A value is inline in the two forms that most software writes: positional with a fraction ("1.5",
//! "100.0") and XSD canonical ("1.5E0", "1.0E2"), both with the fewest digits that identify the value.
//! NaN, INF and negative zero have no payload. Payloads compare like values, then by form.

use super::line::{LINE_BYTES, Line};
use std::fmt::Write;

/// How a number is written; the numbers are part of the format.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Style {
    /// "1.5", "100.0".
    Positional = 0,
    /// "1.5E0", "1.0E2".
    Canonical = 1,
    /// "100"; `xsd:float` only, a double of this form has a kind of its own.
    Integer = 2,
    /// "1.5e0"; `xsd:float` only.
    LowerCase = 3,
}

impl Style {
    const fn from_bits(bits: u64) -> Self {
        match bits & 3 {
            0 => Style::Positional,
            1 => Style::Canonical,
            2 => Style::Integer,
            _ => Style::LowerCase,
        }
    }
}

/// A number as it is written: ±mantissa · 10^exponent, the mantissa without trailing zeros.
struct Form {
    style: Style,
    negative: bool,
    mantissa: u64,
    exponent: i32,
    /// Digits of the mantissa; [`MANY_DIGITS`] if they are not all in it.
    digits: usize,
}

/// More digits than a `u64` always holds.
const MANY_DIGITS: usize = 20;

/// Reads a number in one of the styles. `None` for a form that is never printed.
fn parse(text: &[u8]) -> Option<Form> {
    if text.len() > LINE_BYTES {
        return None;
    }
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let mut mantissa = 0;
    let mut digits = 0;
    let mut read_digits = |from: usize| {
        let mut at = from;
        while let Some(digit) = unsigned
            .get(at)
            .map(|byte| byte.wrapping_sub(b'0'))
            .filter(|&digit| digit <= 9)
        {
            if digits > 0 || digit > 0 {
                digits += 1;
            }
            if digits < MANY_DIGITS {
                mantissa = mantissa * 10 + u64::from(digit);
            }
            at += 1;
        }
        at
    };
    let whole = read_digits(0);
    if whole == 0 || whole > 1 && unsigned[0] == b'0' {
        return None;
    }
    let mut end = whole;
    let mut fraction = 0;
    if unsigned.get(whole) == Some(&b'.') {
        end = read_digits(whole + 1);
        fraction = end - whole - 1;
        if fraction == 0 || fraction > 1 && unsigned[end - 1] == b'0' {
            return None;
        }
    }
    let mut exponent = -(fraction as i32);
    let style = match unsigned.get(end) {
        None if fraction == 0 => Style::Integer,
        None => Style::Positional,
        Some(marker @ (b'E' | b'e')) => {
            let written = super::number::parse_integer(&unsigned[end + 1..])?;
            let zero = unsigned[0] == b'0' && (mantissa != 0 || written != 0);
            if whole > 1 || fraction == 0 || zero {
                return None;
            }
            exponent = exponent.checked_add(i32::try_from(written).ok()?)?;
            if *marker == b'E' {
                Style::Canonical
            } else {
                Style::LowerCase
            }
        }
        Some(_) => return None,
    };
    if digits >= MANY_DIGITS {
        digits = MANY_DIGITS;
    } else {
        while mantissa != 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
            digits -= 1;
        }
    }
    Some(Form {
        style,
        negative: unsigned.len() < text.len(),
        mantissa,
        exponent,
        digits,
    })
}

/// Powers of ten that a double holds exactly.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];
/// The largest power of ten that a float holds exactly.
const FLOAT_POWER_MAX: usize = 10;
/// Decimals of so many digits are each the only one of their length near a double (C's `DBL_DIG`), so one
/// that reads as the double is the shortest that does.
const DOUBLE_DIGITS: usize = 15;
/// The same for normal floats.
const FLOAT_DIGITS: usize = 6;

impl Form {
    /// The nearest double. Both operands are exact in the fast case, so the result is rounded once.
    fn double(&self, text: &str) -> Option<f64> {
        let power = POWERS_OF_TEN.get(self.exponent.unsigned_abs() as usize);
        let value = match power {
            Some(power) if self.digits <= DOUBLE_DIGITS => {
                let mantissa = self.mantissa as f64;
                if self.exponent < 0 {
                    mantissa / power
                } else {
                    mantissa * power
                }
            }
            _ => return text.parse().ok(),
        };
        Some(if self.negative { -value } else { value })
    }

    /// The nearest float, likewise.
    fn float(&self, text: &str) -> Option<f32> {
        let power = POWERS_OF_TEN[..=FLOAT_POWER_MAX].get(self.exponent.unsigned_abs() as usize);
        let value = match power {
            Some(&power) if self.digits <= FLOAT_DIGITS => {
                let (mantissa, power) = (self.mantissa as f32, power as f32);
                if self.exponent < 0 {
                    mantissa / power
                } else {
                    mantissa * power
                }
            }
            _ => return text.parse().ok(),
        };
        Some(if self.negative { -value } else { value })
    }
}

/// The shortest digits that identify a number.
struct Shortest {
    negative: bool,
    digits: [u8; 20],
    count: usize,
    /// The first digit is worth 10^exponent.
    exponent: i32,
}

impl Shortest {
    fn of_double(value: f64) -> Option<Self> {
        let limit = POWERS_OF_TEN[DOUBLE_DIGITS];
        short_decimal(value.abs(), limit, &POWERS_OF_TEN, |digits, power| {
            digits / power == value.abs()
        })
        .map(|(mantissa, scale)| Self::of_decimal(value < 0.0, mantissa, scale))
        .or_else(|| Self::print(value))
    }

    fn of_float(value: f32) -> Option<Self> {
        let limit = POWERS_OF_TEN[FLOAT_DIGITS];
        let powers = &POWERS_OF_TEN[..=FLOAT_POWER_MAX];
        let exact = |digits: f64, power: f64| digits as f32 / power as f32 == value.abs();
        short_decimal(f64::from(value.abs()), limit, powers, exact)
            .map(|(mantissa, scale)| Self::of_decimal(value < 0.0, mantissa, scale))
            .or_else(|| Self::print(value))
    }

    /// The digits of ±mantissa · 10^-scale.
    fn of_decimal(negative: bool, mut mantissa: u64, scale: usize) -> Self {
        let mut reversed = [b'0'; 20];
        let mut total = 0;
        while mantissa > 0 || total == 0 {
            reversed[total] = b'0' + (mantissa % 10) as u8;
            mantissa /= 10;
            total += 1;
        }
        let zeros = reversed[..total - 1]
            .iter()
            .take_while(|&&digit| digit == b'0')
            .count();
        let mut digits = [b'0'; 20];
        for (digit, &from) in digits.iter_mut().zip(reversed[zeros..total].iter().rev()) {
            *digit = from;
        }
        Self {
            negative,
            digits,
            count: total - zeros,
            exponent: total as i32 - 1 - scale as i32,
        }
    }

    /// The digits that Rust's own formatting gives.
    fn print(number: impl std::fmt::LowerExp) -> Option<Self> {
        let mut line = Line::new();
        write!(line, "{number:e}").ok()?;
        let text = line.as_bytes();
        let marker = text.iter().position(|&byte| byte == b'e')?;
        let mut shortest = Self {
            negative: text.first() == Some(&b'-'),
            digits: [b'0'; 20],
            count: 0,
            exponent: super::number::parse_integer(&text[marker + 1..])? as i32,
        };
        for &byte in text[..marker].iter().filter(|byte| byte.is_ascii_digit()) {
            *shortest.digits.get_mut(shortest.count)? = byte;
            shortest.count += 1;
        }
        Some(shortest)
    }
}

/// Looks for digits below `limit` and a power of ten such that digits / power is the value: digits and scale.
fn short_decimal(
    value: f64,
    limit: f64,
    powers: &[f64],
    exact: impl Fn(f64, f64) -> bool,
) -> Option<(u64, usize)> {
    for (scale, &power) in powers.iter().enumerate() {
        let scaled = value * power;
        if scaled >= limit {
            return None;
        }
        let digits = (scaled + 0.5) as u64;
        if exact(digits as f64, power) {
            return Some((digits, scale));
        }
    }
    None
}

/// Prints in one of the styles; `None` if the number has no such form.
fn print(number: &Shortest, style: Style, line: &mut Line) -> Option<()> {
    let digits = &number.digits[..number.count];
    if number.negative {
        line.push(b'-');
    }
    match style {
        Style::Canonical | Style::LowerCase => {
            let (first, rest) = digits.split_first()?;
            line.push(*first);
            line.push(b'.');
            line.push_all(if rest.is_empty() { b"0" } else { rest });
            line.push(if style == Style::Canonical {
                b'E'
            } else {
                b'e'
            });
            super::number::print_signed(i64::from(number.exponent), line);
        }
        Style::Positional | Style::Integer => {
            if number.exponent < 0 {
                line.push_all(b"0.");
                line.push_zeros(number.exponent.unsigned_abs() as usize - 1);
                line.push_all(digits);
                return (style == Style::Positional).then_some(());
            }
            let whole = number.exponent as usize + 1;
            line.push_all(&digits[..whole.min(digits.len())]);
            line.push_zeros(whole.saturating_sub(digits.len()));
            if whole < digits.len() {
                line.push(b'.');
                line.push_all(&digits[whole..]);
                return (style == Style::Positional).then_some(());
            }
            if style == Style::Positional {
                line.push_all(b".0");
            }
        }
    }
    Some(())
}

/// Bits of a double's magnitude: 8 of the exponent, 52 of the mantissa.
const MAGNITUDE_BITS: u32 = 60;
const SIGN_BIT: u64 = 1 << MAGNITUDE_BITS;
/// IEEE exponent field below the smallest one kept; stored exponents are 1..=255, 0 is zero.
const EXPONENT_BASE: u64 = 895;

/// The payload of a double, without style: its bits with three exponent bits dropped, ordered like values.
fn double_order(value: f64) -> Option<u64> {
    let bits = value.to_bits();
    let negative = bits >> 63 == 1;
    let magnitude = bits & (u64::MAX >> 1);
    if magnitude == 0 {
        return (!negative).then_some(SIGN_BIT);
    }
    let exponent = (magnitude >> 52).checked_sub(EXPONENT_BASE)?;
    if !(1..=255).contains(&exponent) {
        return None;
    }
    let magnitude = magnitude - (EXPONENT_BASE << 52);
    Some(if negative {
        SIGN_BIT - 1 - magnitude
    } else {
        SIGN_BIT | magnitude
    })
}

/// The 62-bit payload of a double.
pub fn encode_double(text: &str) -> Option<u64> {
    let form = parse(text.as_bytes())?;
    if !matches!(form.style, Style::Positional | Style::Canonical) {
        return None;
    }
    let value = form.double(text)?;
    let payload = double_order(value)? << 1 | form.style as u64;
    if form.digits > DOUBLE_DIGITS {
        let mut line = Line::new();
        print(&Shortest::print(value)?, form.style, &mut line)?;
        if line.as_bytes() != text.as_bytes() {
            return None;
        }
    }
    Some(payload)
}

/// The value of a double's payload; `None` if no double has it.
pub fn double_value(payload: u64) -> Option<f64> {
    let ordered = payload >> 1;
    let negative = ordered & SIGN_BIT == 0;
    let magnitude = if negative {
        SIGN_BIT - 1 - ordered
    } else {
        ordered - SIGN_BIT
    };
    if magnitude == 0 {
        return (!negative).then_some(0.0);
    }
    if magnitude >> 52 == 0 {
        return None;
    }
    let value = f64::from_bits(magnitude + (EXPONENT_BASE << 52));
    Some(if negative { -value } else { value })
}

/// Prints a double; `None` if no double has this payload.
pub fn print_double(payload: u64, line: &mut Line) -> Option<()> {
    let number = Shortest::of_double(double_value(payload)?)?;
    print(&number, Style::from_bits(payload & 1), line)
}

/// The part of a double's payload that compares like the value: without the style.
#[inline]
pub const fn double_payload_order(payload: u64) -> u64 {
    payload >> 1
}

/// Bits of a float's style.
const FLOAT_STYLE_BITS: u32 = 2;

/// The payload of a float: its bits, ordered like values, above two bits of style.
pub fn encode_float(text: &str) -> Option<u64> {
    let form = parse(text.as_bytes())?;
    let value = form.float(text)?;
    let bits = value.to_bits();
    if !value.is_finite() || bits == 1 << 31 {
        return None;
    }
    let ordered = if bits >> 31 == 1 {
        !bits
    } else {
        bits | 1 << 31
    };
    let payload = u64::from(ordered) << FLOAT_STYLE_BITS | form.style as u64;
    if form.digits > FLOAT_DIGITS || !value.is_normal() {
        let mut line = Line::new();
        print_float(payload, &mut line)?;
        if line.as_bytes() != text.as_bytes() {
            return None;
        }
    }
    Some(payload)
}

/// The value of a float's payload; `None` if no float has it.
pub fn float_value(payload: u64) -> Option<f32> {
    let ordered = u32::try_from(payload >> FLOAT_STYLE_BITS).ok()?;
    let bits = if ordered >> 31 == 1 {
        ordered & !(1 << 31)
    } else {
        !ordered
    };
    let value = f32::from_bits(bits);
    (value.is_finite() && bits != 1 << 31).then_some(value)
}

/// Prints a float; `None` if no float has this payload.
pub fn print_float(payload: u64, line: &mut Line) -> Option<()> {
    let number = Shortest::of_float(float_value(payload)?)?;
    print(&number, Style::from_bits(payload), line)
}

/// The part of a float's payload that compares like the value: without the style.
#[inline]
pub const fn float_payload_order(payload: u64) -> u64 {
    payload >> FLOAT_STYLE_BITS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn double(text: &str) -> Option<String> {
        let mut line = Line::new();
        print_double(encode_double(text)?, &mut line)?;
        Some(line.as_str().to_owned())
    }

    fn float(text: &str) -> Option<String> {
        let mut line = Line::new();
        print_float(encode_float(text)?, &mut line)?;
        Some(line.as_str().to_owned())
    }

    #[test]
    fn doubles_print_as_they_were_written() {
        for text in [
            "0.0",
            "0.0E0",
            "1.0",
            "1.0E0",
            "-1.5",
            "-1.5E0",
            "100.0",
            "1.0E2",
            "0.1",
            "1.0E-1",
            "0.3",
            "3.141592653589793",
            "3.141592653589793E0",
            "6.62607015E-34",
            "3.4028234663852886E38",
            "123456789012345680.0",
            "0.000001",
        ] {
            assert_eq!(double(text).expect(text), text);
        }
    }

    #[test]
    fn other_doubles_are_left_to_the_dictionary() {
        for text in [
            "",
            "-",
            ".",
            "1",
            "1.",
            ".5",
            "+1.0",
            "01.0",
            "1.50",
            "1.5e0",
            "1E0",
            "1.5E+0",
            "1.5E00",
            "1.5E-0",
            "15.0E0",
            "0.5E1",
            "0.0E1",
            "-0.0",
            "-0.0E0",
            "NaN",
            "INF",
            "-INF",
            "inf",
            "1.0E300",
            "1.0E-300",
            "1.0E",
            "1.0E1.0",
            " 1.0",
            "1.0 ",
            "0x1.0",
            "3.1415926535897932",
            "9007199254740993.0",
            "5.0E-39",
        ] {
            assert_eq!(encode_double(text), None, "{text}");
        }
    }

    #[test]
    fn floats_print_as_they_were_written() {
        for text in [
            "0",
            "0.0",
            "0.0E0",
            "0.0e0",
            "1",
            "1.5",
            "1.5E0",
            "1.5e0",
            "-2.5E10",
            "0.1",
            "16777216",
            "3.4028235E38",
            "1.0E-45",
            "1.1754944E-38",
        ] {
            assert_eq!(float(text).expect(text), text);
        }
        for text in [
            "",
            "-0",
            "-0.0",
            "NaN",
            "INF",
            "1.50",
            "16777217",
            "1.17549435E-38",
            "1.0E39",
            "0.10000000149",
        ] {
            assert_eq!(encode_float(text), None, "{text}");
        }
    }

    #[test]
    fn payloads_of_no_number_are_refused() {
        for payload in [SIGN_BIT << 1 | 2, (SIGN_BIT - 1) << 1] {
            assert_eq!(double_value(payload), None);
        }
        assert_eq!(float_value(u64::from(u32::MAX) << 2), None);
        assert_eq!(float_value(1 << 40), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn short_decimals_of_doubles_are_those_of_rust(
            value in prop_oneof![
                any::<f64>().prop_filter("a number", |value| value.is_finite()),
                (-100_000_000i64..100_000_000, -12i32..12).prop_map(|(digits, scale)| {
                    format!("{digits}e{scale}").parse().unwrap()
                }),
            ],
        ) {
            let (fast, slow) = (Shortest::of_double(value).unwrap(), Shortest::print(value).unwrap());
            prop_assert_eq!(&fast.digits[..fast.count], &slow.digits[..slow.count]);
            prop_assert_eq!(fast.exponent, slow.exponent);
        }

        #[test]
        fn short_decimals_of_floats_are_those_of_rust(
            value in prop_oneof![
                any::<f32>().prop_filter("a number", |value| value.is_finite()),
                (-1_000_000i64..1_000_000, -12i32..12).prop_map(|(digits, scale)| {
                    format!("{digits}e{scale}").parse().unwrap()
                }),
            ],
        ) {
            let (fast, slow) = (Shortest::of_float(value).unwrap(), Shortest::print(value).unwrap());
            prop_assert_eq!(&fast.digits[..fast.count], &slow.digits[..slow.count]);
            prop_assert_eq!(fast.exponent, slow.exponent);
        }

        #[test]
        fn numbers_are_read_as_rust_reads_them(
            text in "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{0,20}[1-9]|\\.0)?([Ee]-?[1-9][0-9]?)?",
        ) {
            if let Some(form) = parse(text.as_bytes()) {
                let (double, float): (f64, f32) = (text.parse().unwrap(), text.parse().unwrap());
                prop_assert_eq!(form.double(&text), Some(double));
                prop_assert_eq!(form.float(&text), Some(float));
            }
        }
    }
}
