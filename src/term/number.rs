//! Inline numbers: parsing that accepts exactly the lexical forms that come back.

use super::id::{Id, PAYLOAD_MASK, Tag};
use std::fmt::Write;

const INTEGER_BIAS: i64 = 1 << 55;
const DECIMAL_SCALE_MAX: usize = 6;
const DECIMAL_UNIT: i64 = 1_000_000;
const DECIMAL_BIAS: i64 = 1 << 52;

/// Parses the canonical form of an integer.
fn canonical_integer(lexical: &[u8]) -> Option<i64> {
    let (negative, digits) = match lexical {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty()
        || digits.len() > 18
        || (digits[0] == b'0' && (digits.len() > 1 || negative))
    {
        return None;
    }
    let mut value = 0i64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

/// An integer of 56 bits, biased so that unsigned order is numeric order.
pub(super) fn encode_integer(lexical: &str, tag: Tag, min: i64, max: i64) -> Option<Id> {
    let value = canonical_integer(lexical.as_bytes())?;
    if value < min || value > max || !(-INTEGER_BIAS..INTEGER_BIAS).contains(&value) {
        return None;
    }
    Some(Id::new(tag, (value + INTEGER_BIAS) as u64))
}

pub(super) fn integer_value(id: Id) -> i64 {
    id.payload() as i64 - INTEGER_BIAS
}

/// Value in millionths (53 bits, biased), then the digits after the point (3 bits): numeric order first,
/// trailing zeros kept. No point means no digits after it.
pub(super) fn encode_decimal(lexical: &str) -> Option<Id> {
    let (whole, fraction) = match lexical.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (lexical, ""),
    };
    let (negative, digits) = match whole.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, whole),
    };
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if digits.is_empty()
        || digits.len() > 10
        || (digits.len() > 1 && digits.starts_with('0'))
        || fraction.len() > DECIMAL_SCALE_MAX
        || !plain(digits)
        || !plain(fraction)
    {
        return None;
    }
    let whole: i64 = digits
        .bytes()
        .fold(0, |value, b| value * 10 + i64::from(b - b'0'));
    let mut millionths: i64 = fraction
        .bytes()
        .fold(0, |value, b| value * 10 + i64::from(b - b'0'));
    for _ in fraction.len()..DECIMAL_SCALE_MAX {
        millionths *= 10;
    }
    let magnitude = whole * DECIMAL_UNIT + millionths;
    if magnitude >= DECIMAL_BIAS || (negative && magnitude == 0) {
        return None;
    }
    let value = if negative { -magnitude } else { magnitude };
    Some(Id::new(
        Tag::Decimal,
        ((value + DECIMAL_BIAS) as u64) << 3 | fraction.len() as u64,
    ))
}

/// The value in millionths, and the digits after the point.
pub(super) fn decimal_value(id: Id) -> (i64, usize) {
    let scale = (id.payload() & 7) as usize;
    ((id.payload() >> 3) as i64 - DECIMAL_BIAS, scale)
}

pub(super) fn decode_decimal(id: Id, out: &mut String) {
    let (value, scale) = decimal_value(id);
    let magnitude = value.unsigned_abs();
    let unit = DECIMAL_UNIT.unsigned_abs();
    if value < 0 {
        out.push('-');
    }
    // Writing to a String cannot fail.
    let _ = write!(out, "{}", magnitude / unit);
    if (1..=DECIMAL_SCALE_MAX).contains(&scale) {
        let dropped = 10u64.pow((DECIMAL_SCALE_MAX - scale) as u32);
        let _ = write!(out, ".{:0scale$}", magnitude % unit / dropped);
    }
}

/// Two lexical styles of a floating point number come back: `1.5` and `1.5E0` (the canonical form of
/// XSD 1.0).
fn write_styled(value: f64, shortest: &str, scientific: bool, out: &mut String) {
    if !scientific {
        out.push_str(shortest);
        return;
    }
    // `{:E}` gives `1E2` and `1.5E-3`; the canonical form has a digit after the point.
    let _ = value;
    match shortest.split_once('E') {
        Some((mantissa, exponent)) => {
            out.push_str(mantissa);
            if !mantissa.contains('.') {
                out.push_str(".0");
            }
            out.push('E');
            out.push_str(exponent);
        }
        None => out.push_str(shortest),
    }
}

/// A short text on the stack.
struct Scratch {
    bytes: [u8; 40],
    len: usize,
}

impl Write for Scratch {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.len + text.len();
        let room = self.bytes.get_mut(self.len..end).ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

impl Scratch {
    /// `None` if the text does not fit; such forms are not inlined.
    fn of(arguments: std::fmt::Arguments<'_>) -> Option<Self> {
        let mut scratch = Self {
            bytes: [0; 40],
            len: 0,
        };
        scratch.write_fmt(arguments).ok()?;
        Some(scratch)
    }

    fn text(&self) -> &str {
        str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

/// Digits, sign, point and exponent only, so that `inf`, `nan` and blanks that Rust accepts are not read.
fn is_float_form(lexical: &str) -> bool {
    lexical.len() <= 32
        && lexical
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-' | b'E'))
}

const SIGN: u64 = 1 << 60;
const MANTISSA_BITS: u32 = 52;
/// The exponents kept are 256 around zero; 0 stands for the value zero.
const EXPONENT_LOW: u64 = 895;

/// The 61 bits of a double in value order, if its exponent is near zero.
fn double_bits(value: f64) -> Option<u64> {
    let bits = value.to_bits();
    let exponent = bits >> MANTISSA_BITS & 0x7FF;
    let mantissa = bits & ((1 << MANTISSA_BITS) - 1);
    let short = match exponent {
        0 if mantissa == 0 => 0,
        _ => exponent
            .checked_sub(EXPONENT_LOW)
            .filter(|short| (1..256).contains(short))?,
    };
    let magnitude = short << MANTISSA_BITS | mantissa;
    Some(if value.is_sign_negative() {
        !magnitude & (SIGN - 1)
    } else {
        SIGN | magnitude
    })
}

pub(super) fn double_value(id: Id) -> f64 {
    let bits = id.0 >> 1 & (2 * SIGN - 1);
    let (negative, magnitude) = match bits & SIGN {
        0 => (true, !bits & (SIGN - 1)),
        _ => (false, bits & (SIGN - 1)),
    };
    let short = magnitude >> MANTISSA_BITS;
    let mantissa = magnitude & ((1 << MANTISSA_BITS) - 1);
    let exponent = if short == 0 { 0 } else { short + EXPONENT_LOW };
    f64::from_bits(u64::from(negative) << 63 | exponent << MANTISSA_BITS | mantissa)
}

/// Top bits 11, 61 value bits, lowest bit the style.
pub(super) fn encode_double(lexical: &str) -> Option<Id> {
    if !is_float_form(lexical) {
        return None;
    }
    let value: f64 = lexical.parse().ok()?;
    let scientific = lexical.contains('E');
    let id = Id(0b11 << 62 | double_bits(value)? << 1 | u64::from(scientific));
    let mut back = String::new();
    decode_double(id, &mut back);
    (back == lexical).then_some(id)
}

pub(super) fn decode_double(id: Id, out: &mut String) {
    let value = double_value(id);
    let scientific = id.0 & 1 == 1;
    let shortest = if scientific {
        Scratch::of(format_args!("{value:E}"))
    } else {
        Scratch::of(format_args!("{value:?}"))
    };
    if let Some(shortest) = shortest {
        write_styled(value, shortest.text(), scientific, out);
    }
}

/// 32 value-ordered bits, then the style.
pub(super) fn encode_float(lexical: &str) -> Option<Id> {
    if !is_float_form(lexical) {
        return None;
    }
    let value: f32 = lexical
        .parse()
        .ok()
        .filter(|value: &f32| value.is_finite())?;
    let bits = value.to_bits();
    let ordered = if bits >> 31 == 1 {
        !bits
    } else {
        bits | 1 << 31
    };
    let id = Id::new(
        Tag::Float,
        u64::from(ordered) << 1 | u64::from(lexical.contains('E')),
    );
    let mut back = String::new();
    decode_float(id, &mut back);
    (back == lexical).then_some(id)
}

pub(super) fn float_value(id: Id) -> f32 {
    let ordered = (id.payload() >> 1 & (PAYLOAD_MASK >> 24)) as u32;
    f32::from_bits(if ordered >> 31 == 1 {
        ordered & !(1 << 31)
    } else {
        !ordered
    })
}

pub(super) fn decode_float(id: Id, out: &mut String) {
    let value = float_value(id);
    let scientific = id.payload() & 1 == 1;
    let shortest = if scientific {
        Scratch::of(format_args!("{value:E}"))
    } else {
        Scratch::of(format_args!("{value:?}"))
    };
    if let Some(shortest) = shortest {
        write_styled(f64::from(value), shortest.text(), scientific, out);
    }
}
