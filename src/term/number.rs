//! Inline `xsd:integer`, its derived types, doubles written like integers, and `xsd:decimal`: canonical
//! text to payload and back.
//!
//! A payload is given only for text that prints back identically, so nothing is normalised: "01", "+5",
//! "-0", ".5" and "5." have none. Payloads compare like values.

use super::Tag;
use super::line::Line;

/// An integer's payload is the value plus this.
const INTEGER_BIAS: i64 = 1 << 55;

/// Significant digits of an inline decimal.
const DECIMAL_DIGITS: usize = 14;
const MANTISSA_BITS: u32 = 47;
const MANTISSA_MIN: u64 = POWERS_OF_TEN[DECIMAL_DIGITS - 1];
const MANTISSA_MAX: u64 = POWERS_OF_TEN[DECIMAL_DIGITS] - 1;
/// Stored exponents are 1..=31; 0 is the number zero.
const EXPONENT_BIAS: i32 = 17;
const EXPONENT_MIN: i32 = 1 - EXPONENT_BIAS;
const EXPONENT_MAX: i32 = 31 - EXPONENT_BIAS;
const SIGN_BIT: u64 = 1 << 52;
/// Bits for the trailing zeros beyond those the value needs.
const ZEROS_BITS: u32 = 3;
const ZEROS_MAX: usize = (1 << ZEROS_BITS) - 1;
/// Most digits after the point: what `oxsdatatypes::Decimal` can hold, so that every inline decimal is
/// also a number for arithmetic.
const FRACTION_DIGITS_MAX: usize = 18;

const POWERS_OF_TEN: [u64; 20] = {
    let mut powers = [1; 20];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// 10^`exponent`, for `exponent` < 20.
pub const fn power_of_ten(exponent: usize) -> u64 {
    POWERS_OF_TEN[exponent]
}

/// The value of a canonical integer of at most 17 digits.
#[inline]
pub fn parse_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 17 || digits[0] == b'0' && text.len() > 1 {
        return None;
    }
    let mut value = 0;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

/// The values of an integer kind, both ends included, as far as they can be inline.
const fn integer_range(tag: Tag) -> (i64, i64) {
    const MIN: i64 = -INTEGER_BIAS;
    const MAX: i64 = INTEGER_BIAS - 1;
    match tag {
        Tag::Int => (i32::MIN as i64, i32::MAX as i64),
        Tag::Short => (i16::MIN as i64, i16::MAX as i64),
        Tag::Byte => (i8::MIN as i64, i8::MAX as i64),
        Tag::NonNegativeInteger | Tag::UnsignedLong => (0, MAX),
        Tag::PositiveInteger => (1, MAX),
        Tag::UnsignedInt => (0, u32::MAX as i64),
        Tag::UnsignedShort => (0, u16::MAX as i64),
        Tag::UnsignedByte => (0, u8::MAX as i64),
        Tag::NonPositiveInteger => (MIN, 0),
        Tag::NegativeInteger => (MIN, -1),
        // Up to here every integer is a double.
        Tag::DoubleInteger => (-(1 << 53), 1 << 53),
        _ => (MIN, MAX),
    }
}

/// Whether a value is in the range of an integer kind, as far as it can be inline.
#[inline]
pub fn in_range(tag: Tag, value: i64) -> bool {
    let (min, max) = integer_range(tag);
    min <= value && value <= max
}

/// The payload of a canonical integer within the range of its type.
#[inline]
pub fn encode_integer(tag: Tag, text: &str) -> Option<u64> {
    let value = parse_integer(text.as_bytes())?;
    in_range(tag, value).then(|| integer_payload(value))
}

/// The payload of an integer of at most 56 bits.
#[inline]
pub const fn integer_payload(value: i64) -> u64 {
    (value + INTEGER_BIAS) as u64
}

#[inline]
pub const fn integer_value(payload: u64) -> i64 {
    payload as i64 - INTEGER_BIAS
}

/// Prints an inline integer; `None` if it is outside the range of its type.
pub fn print_integer(tag: Tag, payload: u64, line: &mut Line) -> Option<()> {
    let value = integer_value(payload);
    print_signed(value, line);
    in_range(tag, value).then_some(())
}

pub fn print_signed(value: i64, line: &mut Line) {
    if value < 0 {
        line.push(b'-');
    }
    line.push_number(value.unsigned_abs(), 1);
}

/// The payload of a decimal with at most 14 significant digits, 18 digits after the point and 7 trailing
/// zeros after the point, whose first significant digit is worth 10^-16 to 10^14.
pub fn encode_decimal(text: &str) -> Option<u64> {
    let text = text.as_bytes();
    let (negative, unsigned) = match text {
        [b'-', unsigned @ ..] => (true, unsigned),
        unsigned => (false, unsigned),
    };
    let point = unsigned.iter().position(|&byte| byte == b'.');
    let (whole, written) = match point {
        Some(point) => (&unsigned[..point], &unsigned[point + 1..]),
        None => (unsigned, &[][..]),
    };
    if whole.is_empty() || whole.len() > 1 && whole[0] == b'0' {
        return None;
    }
    if point.is_some() && written.is_empty() || written.len() > FRACTION_DIGITS_MAX {
        return None;
    }
    let needed = written
        .iter()
        .rposition(|&byte| byte != b'0')
        .map_or(0, |at| at + 1);
    let zeros = written.len() - needed;
    if zeros > ZEROS_MAX {
        return None;
    }

    let mut mantissa = 0;
    let mut digits = 0;
    let mut leading_zeros = 0;
    for &byte in whole.iter().chain(&written[..needed]) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        if digits == 0 && digit == 0 {
            leading_zeros += 1;
        } else if digits < DECIMAL_DIGITS {
            mantissa = mantissa * 10 + u64::from(digit);
            digits += 1;
        } else if digit != 0 {
            return None;
        }
    }
    if digits == 0 {
        return (!negative).then_some(SIGN_BIT << ZEROS_BITS | zeros as u64);
    }
    let exponent = whole.len() as i32 - 1 - leading_zeros;
    if !(EXPONENT_MIN..=EXPONENT_MAX).contains(&exponent) {
        return None;
    }
    mantissa *= power_of_ten(DECIMAL_DIGITS - digits);
    let magnitude = ((exponent + EXPONENT_BIAS) as u64) << MANTISSA_BITS | mantissa;
    let signed = if negative {
        SIGN_BIT - 1 - magnitude
    } else {
        SIGN_BIT | magnitude
    };
    Some(signed << ZEROS_BITS | zeros as u64)
}

/// An inline decimal taken apart: ±mantissa · 10^(exponent - 13), the mantissa with 14 digits or 0.
struct Decimal {
    negative: bool,
    mantissa: u64,
    exponent: i32,
    zeros: usize,
}

fn unpack_decimal(payload: u64) -> Option<Decimal> {
    let zeros = (payload & ZEROS_MAX as u64) as usize;
    let signed = payload >> ZEROS_BITS;
    let negative = signed & SIGN_BIT == 0;
    let magnitude = if negative {
        SIGN_BIT - 1 - signed
    } else {
        signed - SIGN_BIT
    };
    let mantissa = magnitude & ((1 << MANTISSA_BITS) - 1);
    let stored = (magnitude >> MANTISSA_BITS) as i32;
    let valid = if stored == 0 {
        mantissa == 0 && !negative
    } else {
        (MANTISSA_MIN..=MANTISSA_MAX).contains(&mantissa)
    };
    valid.then_some(Decimal {
        negative,
        mantissa,
        exponent: if stored == 0 {
            0
        } else {
            stored - EXPONENT_BIAS
        },
        zeros,
    })
}

/// Prints an inline decimal; `None` if no decimal has this payload.
pub fn print_decimal(payload: u64, line: &mut Line) -> Option<()> {
    let decimal = unpack_decimal(payload)?;
    let mut digits = [b'0'; DECIMAL_DIGITS + 1];
    let mut rest = decimal.mantissa;
    for digit in digits[..DECIMAL_DIGITS].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let significant = digits
        .iter()
        .rposition(|&digit| digit != b'0')
        .map_or(1, |at| at + 1) as i32;
    let needed = (significant - 1 - decimal.exponent).max(0) as usize;
    let written = needed + decimal.zeros;
    if written > FRACTION_DIGITS_MAX {
        return None;
    }
    if decimal.negative {
        line.push(b'-');
    }
    let whole = (decimal.exponent + 1).max(0) as usize;
    if whole == 0 {
        line.push(b'0');
    }
    line.push_all(&digits[..whole]);
    if written > 0 {
        line.push(b'.');
        line.push_zeros((-1 - decimal.exponent).max(0) as usize);
        line.push_all(&digits[whole..(significant as usize).max(whole)]);
        line.push_zeros(decimal.zeros);
    }
    Some(())
}

/// The value of an inline decimal in units of 10^-18.
pub fn decimal_value(payload: u64) -> Option<i128> {
    let decimal = unpack_decimal(payload)?;
    let mantissa = i128::from(decimal.mantissa);
    // Units of 10^-18: mantissa · 10^(exponent - 13 + 18). With at most 18 digits after the point
    // the division is exact.
    let scale = decimal.exponent + 5;
    let power = i128::from(power_of_ten(scale.unsigned_abs() as usize));
    let value = if scale < 0 {
        mantissa / power
    } else {
        mantissa * power
    };
    Some(if decimal.negative { -value } else { value })
}

/// The part of a decimal payload that compares like the value: without the trailing zeros.
#[inline]
pub const fn decimal_order(payload: u64) -> u64 {
    payload >> ZEROS_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(payload: u64) -> String {
        let mut line = Line::new();
        print_decimal(payload, &mut line).unwrap();
        line.as_str().to_owned()
    }

    #[test]
    fn decimals_print_as_they_were_written() {
        for text in [
            "0",
            "0.0",
            "0.0000000",
            "1",
            "-1",
            "1.0",
            "1.00",
            "10",
            "100.50",
            "-0.5",
            "0.05",
            "0.0000000000000001",
            "3.1415926535897",
            "99999999999999",
            "999999999999990",
            "-999999999999990.0",
            "48.8583700",
            "123456789.12345",
        ] {
            assert_eq!(printed(encode_decimal(text).expect(text)), text);
        }
    }

    #[test]
    fn other_decimals_are_left_to_the_dictionary() {
        for text in [
            "",
            "-",
            ".",
            ".5",
            "5.",
            "+5",
            "01",
            "00",
            "-0",
            "-0.0",
            "1e3",
            "1.2.3",
            "a",
            "1a",
            " 1",
            "1 ",
            "999999999999999",
            "1000000000000000",
            "0.00000000000000001",
            "0.00000000",
            "0.1234567890123456789",
            "1.000000000000001",
        ] {
            assert_eq!(encode_decimal(text), None, "{text}");
        }
    }

    #[test]
    fn integers_keep_to_the_range_of_their_type() {
        assert_eq!(encode_integer(Tag::Byte, "127"), Some(integer_payload(127)));
        assert_eq!(encode_integer(Tag::Byte, "128"), None);
        assert_eq!(encode_integer(Tag::UnsignedByte, "-1"), None);
        assert_eq!(encode_integer(Tag::PositiveInteger, "0"), None);
        assert_eq!(encode_integer(Tag::NegativeInteger, "0"), None);
        assert_eq!(
            encode_integer(Tag::Integer, "36028797018963967"),
            Some(super::super::id::PAYLOAD_MAX)
        );
        assert_eq!(encode_integer(Tag::Integer, "36028797018963968"), None);
        assert_eq!(encode_integer(Tag::Integer, "-36028797018963968"), Some(0));
        for text in ["", "-", "-0", "00", "01", "+1", "1.0", " 1", "1 ", "١"] {
            assert_eq!(encode_integer(Tag::Integer, text), None, "{text}");
        }
    }

    #[test]
    fn decimal_payloads_with_impossible_parts_are_refused() {
        let mut line = Line::new();
        for payload in [
            0,
            SIGN_BIT << ZEROS_BITS | 1 << ZEROS_BITS,
            super::super::id::PAYLOAD_MAX,
        ] {
            assert_eq!(print_decimal(payload, &mut line), None);
            assert_eq!(decimal_value(payload), None);
        }
    }
}
