//! Terms whose id holds them: encoding and decoding without a dictionary.
//!
//! A term is inline if and only if its id decodes to exactly the same term. Every encoder accepts only the
//! forms that its printer writes, so `decode(encode(term)) == term` by construction, and everything else
//! ("01", "+5", "-0.0", NaN, 40-digit integers, ill-typed literals) goes to the dictionary.

use super::id::PAYLOAD_MAX;
use super::line::Line;
use super::{
    Code, Datatype, Error, Id, IriPrefixes, LOCAL_BLANK, LiteralKind, LiteralRef, Result, Tag,
    TermBuf, TermRef, number, real, temporal,
};

/// Longest inline `xsd:string`, in bytes.
pub const SHORT_STRING_BYTES: usize = 7;

/// The id of a term that needs no dictionary: a blank node, an encoded IRI, an inline literal.
/// `None` for the others and for triple terms. 3-30 ns, no allocation.
#[inline]
pub fn inline(term: TermRef<'_>, prefixes: &IriPrefixes) -> Option<Id> {
    match term {
        TermRef::Iri(iri) => Some(Id::new(Tag::IriEncoded, prefixes.encode(iri)?)),
        TermRef::Literal(literal) => inline_literal(literal),
        TermRef::Blank(number) => inline_blank(number),
        TermRef::Triple(_) => None,
    }
}

fn inline_blank(number: u64) -> Option<Id> {
    match number {
        0..=PAYLOAD_MAX => Some(Id::new(Tag::Blank, number)),
        _ if number ^ LOCAL_BLANK <= PAYLOAD_MAX => {
            Some(Id::new(Tag::LocalBlank, number ^ LOCAL_BLANK))
        }
        _ => None,
    }
}

/// The id of an inline literal. It depends on nothing but the literal.
#[inline]
pub fn inline_literal(literal: LiteralRef<'_>) -> Option<Id> {
    let text = literal.lexical;
    let datatype = match literal.kind {
        LiteralKind::String => return short_string(text),
        LiteralKind::Language { .. } => return None,
        LiteralKind::Typed(datatype) => Datatype::from_iri(datatype)?,
    };
    let (tag, payload) = match datatype {
        Datatype::String => return short_string(text),
        Datatype::Boolean => (Tag::Boolean, boolean(text)?),
        Datatype::Decimal => (Tag::Decimal, number::encode_decimal(text)?),
        Datatype::Float => (Tag::Float, real::encode_float(text)?),
        Datatype::Double => {
            return match number::encode_integer(Tag::DoubleInteger, text) {
                Some(payload) => Some(Id::new(Tag::DoubleInteger, payload)),
                None => real::encode_double(text).map(Id::double),
            };
        }
        _ => match integer_tag(datatype) {
            Some(tag) => (tag, number::encode_integer(tag, text)?),
            None => return temporal::encode(datatype, text),
        },
    };
    Some(Id::new(tag, payload))
}

/// The id of an `xsd:integer` in canonical form; `None` if it takes more than 56 bits. 1 ns.
#[inline]
pub fn inline_integer(value: i64) -> Option<Id> {
    number::in_range(Tag::Integer, value)
        .then(|| Id::new(Tag::Integer, number::integer_payload(value)))
}

#[inline]
fn short_string(text: &str) -> Option<Id> {
    if text.len() > SHORT_STRING_BYTES {
        return None;
    }
    let mut payload = 0;
    for byte in text.bytes() {
        if byte == 0 {
            return None;
        }
        payload = payload << 8 | u64::from(byte);
    }
    payload <<= 8 * (SHORT_STRING_BYTES - text.len());
    Some(Id::new(Tag::ShortString, payload))
}

/// The id of a boolean in canonical form.
pub const fn boolean_id(value: bool) -> Id {
    Id::new(Tag::Boolean, if value { 2 } else { 0 })
}

/// Value above style: `false` < `true`, "false" and "true" before "0" and "1".
fn boolean(text: &str) -> Option<u64> {
    match text {
        "false" => Some(0),
        "0" => Some(1),
        "true" => Some(2),
        "1" => Some(3),
        _ => None,
    }
}

/// The inline kind of an integer datatype.
pub(super) const fn integer_tag(datatype: Datatype) -> Option<Tag> {
    Some(match datatype {
        Datatype::Integer => Tag::Integer,
        Datatype::Long => Tag::Long,
        Datatype::Int => Tag::Int,
        Datatype::Short => Tag::Short,
        Datatype::Byte => Tag::Byte,
        Datatype::NonNegativeInteger => Tag::NonNegativeInteger,
        Datatype::PositiveInteger => Tag::PositiveInteger,
        Datatype::UnsignedLong => Tag::UnsignedLong,
        Datatype::UnsignedInt => Tag::UnsignedInt,
        Datatype::UnsignedShort => Tag::UnsignedShort,
        Datatype::UnsignedByte => Tag::UnsignedByte,
        Datatype::NonPositiveInteger => Tag::NonPositiveInteger,
        Datatype::NegativeInteger => Tag::NegativeInteger,
        _ => return None,
    })
}

/// The datatype of an inline literal's kind; `None` for a kind that is no inline literal.
pub const fn inline_datatype(tag: Tag) -> Option<Datatype> {
    Some(match tag {
        Tag::Boolean => Datatype::Boolean,
        Tag::Integer => Datatype::Integer,
        Tag::Long => Datatype::Long,
        Tag::Int => Datatype::Int,
        Tag::Short => Datatype::Short,
        Tag::Byte => Datatype::Byte,
        Tag::NonNegativeInteger => Datatype::NonNegativeInteger,
        Tag::PositiveInteger => Datatype::PositiveInteger,
        Tag::UnsignedLong => Datatype::UnsignedLong,
        Tag::UnsignedInt => Datatype::UnsignedInt,
        Tag::UnsignedShort => Datatype::UnsignedShort,
        Tag::UnsignedByte => Datatype::UnsignedByte,
        Tag::NonPositiveInteger => Datatype::NonPositiveInteger,
        Tag::NegativeInteger => Datatype::NegativeInteger,
        Tag::Decimal => Datatype::Decimal,
        Tag::Float => Datatype::Float,
        Tag::Double | Tag::DoubleInteger => Datatype::Double,
        Tag::ShortString => Datatype::String,
        _ => return temporal::datatype_of(tag),
    })
}

/// The inline kinds of a datatype's literals: those that a filter on the datatype's values has to look at,
/// beside the dictionary class ([`Datatype::class`]; definition 4).
pub const fn inline_tags(datatype: Datatype) -> &'static [Tag] {
    match datatype {
        Datatype::Boolean => &[Tag::Boolean],
        Datatype::Decimal => &[Tag::Decimal],
        Datatype::Float => &[Tag::Float],
        Datatype::Double => &[Tag::DoubleInteger, Tag::Double],
        Datatype::String => &[Tag::ShortString],
        Datatype::Integer => &[Tag::Integer],
        Datatype::Long => &[Tag::Long],
        Datatype::Int => &[Tag::Int],
        Datatype::Short => &[Tag::Short],
        Datatype::Byte => &[Tag::Byte],
        Datatype::NonNegativeInteger => &[Tag::NonNegativeInteger],
        Datatype::PositiveInteger => &[Tag::PositiveInteger],
        Datatype::UnsignedLong => &[Tag::UnsignedLong],
        Datatype::UnsignedInt => &[Tag::UnsignedInt],
        Datatype::UnsignedShort => &[Tag::UnsignedShort],
        Datatype::UnsignedByte => &[Tag::UnsignedByte],
        Datatype::NonPositiveInteger => &[Tag::NonPositiveInteger],
        Datatype::NegativeInteger => &[Tag::NegativeInteger],
        Datatype::DateTime => &[Tag::DateTimeLocal, Tag::DateTimeZoned],
        Datatype::Date => &[Tag::DateLocal, Tag::DateZoned],
        Datatype::Time => &[Tag::TimeLocal, Tag::TimeZoned],
        Datatype::GYear => &[Tag::GYearLocal, Tag::GYearZoned],
        Datatype::GYearMonth => &[Tag::GYearMonthLocal, Tag::GYearMonthZoned],
        Datatype::GMonth => &[Tag::GMonthLocal, Tag::GMonthZoned],
        Datatype::GMonthDay => &[Tag::GMonthDayLocal, Tag::GMonthDayZoned],
        Datatype::GDay => &[Tag::GDayLocal, Tag::GDayZoned],
        _ => &[],
    }
}

/// Writes the term of an inline id into `term`. 10-65 ns. Errors: `Corruption` if no term has this id,
/// `Internal` if the id is not inline; the buffer then holds some other term.
pub fn decode_inline(id: Id, prefixes: &IriPrefixes, term: &mut TermBuf) -> Result<()> {
    let payload = id.payload();
    let tag = match id.tag() {
        Some(Tag::Blank) => {
            term.set_blank(payload);
            return Ok(());
        }
        Some(Tag::LocalBlank) => {
            term.set_blank(LOCAL_BLANK | payload);
            return Ok(());
        }
        Some(Tag::IriEncoded) => return prefixes.decode(payload, term.begin_iri()),
        Some(Tag::ShortString) => {
            return decode_short_string(payload, term).ok_or_else(|| invalid(id));
        }
        Some(tag) => tag,
        None => return Err(invalid(id)),
    };
    let Some(datatype) = inline_datatype(tag) else {
        return Err(Error::new(Code::Internal, format!("{id:?} is not inline")));
    };
    let mut line = Line::new();
    print_inline(tag, payload, &mut line).ok_or_else(|| invalid(id))?;
    term.begin_literal().push_str(line.as_str());
    term.finish_well_known(datatype);
    Ok(())
}

/// Prints the lexical form of an inline literal other than a string; `None` if none has this payload.
fn print_inline(tag: Tag, payload: u64, line: &mut Line) -> Option<()> {
    match tag {
        Tag::Boolean => line.push_all(match payload {
            0 => b"false",
            1 => b"0",
            2 => b"true",
            3 => b"1",
            _ => return None,
        }),
        Tag::Decimal => number::print_decimal(payload, line)?,
        Tag::Float => real::print_float(payload, line)?,
        Tag::Double => real::print_double(payload, line)?,
        _ if tag.is_temporal() => temporal::print(tag, payload, line)?,
        _ => number::print_integer(tag, payload, line)?,
    }
    Some(())
}

fn decode_short_string(payload: u64, term: &mut TermBuf) -> Option<()> {
    let bytes = payload.to_be_bytes();
    let bytes = &bytes[1..];
    let length = bytes
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(bytes.len());
    if bytes[length..].iter().any(|&byte| byte != 0) {
        return None;
    }
    let text = str::from_utf8(&bytes[..length]).ok()?;
    term.begin_literal().push_str(text);
    Some(())
}

#[cold]
fn invalid(id: Id) -> Error {
    Error::new(
        Code::Corruption,
        format!("no term has the id {:#018x}", id.raw()),
    )
}
