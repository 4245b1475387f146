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

/// The style of a number and how many significant digits it has. `None` for a form that is never printed.
fn style_of(text: &[u8]) -> Option<(Style, usize)> {
    if text.len() > LINE_BYTES {
        return None;
    }
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let marker = unsigned.iter().position(|byte| matches!(byte, b'E' | b'e'));
    let mantissa = &unsigned[..marker.unwrap_or(unsigned.len())];
    let point = mantissa.iter().position(|&byte| byte == b'.');
    let (whole, fraction) = match point {
        Some(point) => (&mantissa[..point], &mantissa[point + 1..]),
        None => (mantissa, &[][..]),
    };
    let digits = || whole.iter().chain(fraction);
    if whole.is_empty() || !digits().all(u8::is_ascii_digit) || whole.len() > 1 && whole[0] == b'0'
    {
        return None;
    }
    if point.is_some() && (fraction.is_empty() || fraction.len() > 1 && fraction.ends_with(b"0")) {
        return None;
    }
    let style = match (marker, point) {
        (None, None) => Style::Integer,
        (None, Some(_)) => Style::Positional,
        (Some(_), None) => return None,
        (Some(at), Some(_)) => {
            let exponent = &unsigned[at + 1..];
            super::number::parse_integer(exponent)?;
            let zero = whole == b"0" && !(fraction == b"0" && exponent == b"0");
            if whole.len() > 1 || zero {
                return None;
            }
            if unsigned[at] == b'E' {
                Style::Canonical
            } else {
                Style::LowerCase
            }
        }
    };
    let first = digits().position(|&digit| digit != b'0').unwrap_or(0);
    let last = digits().rev().position(|&digit| digit != b'0').unwrap_or(0);
    Some((
        style,
        (whole.len() + fraction.len()).saturating_sub(first + last),
    ))
}

/// The shortest digits that identify a number, taken from Rust's own formatting.
struct Shortest {
    negative: bool,
    digits: [u8; 20],
    count: usize,
    /// The first digit is worth 10^exponent.
    exponent: i32,
}

fn shortest(number: impl std::fmt::LowerExp) -> Option<Shortest> {
    let mut line = Line::new();
    write!(line, "{number:e}").ok()?;
    let text = line.as_bytes();
    let marker = text.iter().position(|&byte| byte == b'e')?;
    let mut shortest = Shortest {
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
pub(super) fn double_order(value: f64) -> Option<u64> {
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
    let (style, digits) = style_of(text.as_bytes())?;
    if !matches!(style, Style::Positional | Style::Canonical) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    let payload = double_order(value)? << 1 | style as u64;
    // Decimals of up to 15 digits are each the only one of their length within the double's reach, so
    // they are what is printed. Longer ones are compared with what is printed.
    if digits > 15 {
        let mut line = Line::new();
        print_double(payload, &mut line)?;
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
    let number = shortest(double_value(payload)?)?;
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
    let (style, digits) = style_of(text.as_bytes())?;
    let value: f32 = text.parse().ok()?;
    let bits = value.to_bits();
    if !value.is_finite() || bits == 1 << 31 {
        return None;
    }
    let ordered = if bits >> 31 == 1 {
        !bits
    } else {
        bits | 1 << 31
    };
    let payload = u64::from(ordered) << FLOAT_STYLE_BITS | style as u64;
    // Six digits identify themselves as fifteen do in a double, but not among subnormal numbers.
    if digits > 6 || !value.is_normal() {
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
    let number = shortest(float_value(payload)?)?;
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
}
