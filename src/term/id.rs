//! Term ids: 64 bits, a tag and a payload (definition 2; `docs/format-term.md`).

use std::fmt;

/// Bits of the payload below a tag byte.
pub const PAYLOAD_BITS: u32 = 56;
/// Largest payload below a tag byte.
pub const PAYLOAD_MAX: u64 = (1 << PAYLOAD_BITS) - 1;
/// The two top bits of an `xsd:double`.
const DOUBLE_BITS: u64 = 0b11 << 62;

/// A term id. Ids are equal if and only if the terms are, within one dictionary generation
/// (definition 1). `Ord` is the order of the number, which is storage order: unbound < blank < IRI <
/// literal < triple term < `xsd:double`. It may stand in for SPARQL order only where
/// [`ordered_range`](super::ordered_range) allows it (definition 4).
#[repr(transparent)]
#[derive(Clone, Copy, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Id(u64);

macro_rules! tags {
    ($($(#[$doc:meta])* $variant:ident = $byte:literal;)*) => {
        /// The kind of an id: its top byte, or for [`Tag::Double`] its top two bits. The bytes are part
        /// of the file format and frozen with version 1.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[repr(u8)]
        pub enum Tag {
            $($(#[$doc])* $variant = $byte,)*
        }

        impl Tag {
            /// Every tag, in ascending order.
            pub const ALL: &'static [Tag] = &[$(Tag::$variant,)*];

            /// The tag with this byte. Every byte from 0xC0 is a double's.
            #[inline]
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte {
                    $($byte => Some(Tag::$variant),)*
                    0xC1..=0xFF => Some(Tag::Double),
                    _ => None,
                }
            }
        }
    };
}

tags! {
    /// No term: "unbound" in a binding, "default graph" in column g. Only id 0.
    Unbound = 0x00;

    /// A stored blank node; the payload is its number.
    Blank = 0x10;
    /// A blank node of one query's own table.
    LocalBlank = 0x11;

    /// A learned prefix and digits.
    IriEncoded = 0x20;
    /// An IRI of the dictionary; the payload is its ordinal.
    IriDictionary = 0x21;
    /// An IRI of one query's own table.
    LocalIri = 0x22;

    Boolean = 0x30;
    Integer = 0x31;
    Long = 0x32;
    Int = 0x33;
    Short = 0x34;
    Byte = 0x35;
    NonNegativeInteger = 0x36;
    PositiveInteger = 0x37;
    UnsignedLong = 0x38;
    UnsignedInt = 0x39;
    UnsignedShort = 0x3A;
    UnsignedByte = 0x3B;
    NonPositiveInteger = 0x3C;
    NegativeInteger = 0x3D;
    Decimal = 0x3E;
    Float = 0x3F;
    /// An `xsd:double` written like an integer.
    DoubleInteger = 0x40;

    /// `xsd:dateTime` without a time zone. Each temporal kind has two tags, since an instant and a
    /// local time have no order.
    DateTimeLocal = 0x48;
    /// `xsd:dateTime` with a time zone.
    DateTimeZoned = 0x49;
    DateLocal = 0x4A;
    DateZoned = 0x4B;
    TimeLocal = 0x4C;
    TimeZoned = 0x4D;
    GYearLocal = 0x4E;
    GYearZoned = 0x4F;
    GYearMonthLocal = 0x50;
    GYearMonthZoned = 0x51;
    GMonthLocal = 0x52;
    GMonthZoned = 0x53;
    GMonthDayLocal = 0x54;
    GMonthDayZoned = 0x55;
    GDayLocal = 0x56;
    GDayZoned = 0x57;

    /// `xsd:string` of at most 7 bytes.
    ShortString = 0x60;

    /// `xsd:string` of the dictionary. The payload of a dictionary literal is its ordinal.
    DictionaryString = 0x70;
    /// Language-tagged string of the dictionary.
    DictionaryLanguage = 0x71;
    /// Literal with a numeric XSD datatype, well-formed or not.
    DictionaryNumeric = 0x72;
    /// Literal with a date, time or duration datatype, well-formed or not.
    DictionaryTemporal = 0x73;
    /// Any other literal.
    DictionaryOther = 0x74;
    /// A literal of one query's own table.
    LocalLiteral = 0x78;

    /// A triple term; the payload is its number (definition 11).
    Triple = 0x80;
    /// A triple term of one query's own table.
    LocalTriple = 0x81;

    /// `xsd:double`: the top two bits, above a payload of 62 bits.
    Double = 0xC0;
}

impl Tag {
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// Whether the payload alone holds the term. An encoded IRI also needs the prefix table.
    pub const fn is_inline(self) -> bool {
        matches!(self.byte(), 0x10..=0x20 | 0x30..=0x6F | 0xC0..)
    }

    /// Whether the payload is an ordinal of the dictionary.
    pub const fn is_dictionary(self) -> bool {
        matches!(self.byte(), 0x21 | 0x70..=0x77)
    }

    /// Whether the id belongs to one query's own table (definition 3).
    pub const fn is_local(self) -> bool {
        matches!(
            self,
            Tag::LocalBlank | Tag::LocalIri | Tag::LocalLiteral | Tag::LocalTriple
        )
    }

    /// Whether it is one of the kinds of `xsd:integer` and its derived types.
    pub const fn is_integer(self) -> bool {
        matches!(self.byte(), 0x31..=0x3D)
    }

    /// Whether it is an inline number of any type.
    pub const fn is_number(self) -> bool {
        matches!(self.byte(), 0x31..=0x40 | 0xC0..)
    }

    /// Whether it is an inline date or time of any type.
    pub const fn is_temporal(self) -> bool {
        matches!(self.byte(), 0x48..=0x57)
    }

    /// Whether it is an inline date or time with a time zone.
    pub const fn is_zoned(self) -> bool {
        self.is_temporal() && self.byte() & 1 == 1
    }
}

impl Id {
    pub const UNBOUND: Id = Id(0);
    pub const DEFAULT_GRAPH: Id = Id(0);

    /// The id with these bits. Any number is accepted; [`Id::tag`] is `None` for one that no version of
    /// the format gives out.
    #[inline]
    pub const fn from_raw(bits: u64) -> Self {
        Self(bits)
    }

    #[inline]
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// An id of a kind other than [`Tag::Double`]. The payload has at most 56 bits; higher bits are cut.
    #[inline]
    pub const fn new(tag: Tag, payload: u64) -> Self {
        debug_assert!(payload <= PAYLOAD_MAX);
        Self((tag.byte() as u64) << PAYLOAD_BITS | payload & PAYLOAD_MAX)
    }

    /// An `xsd:double` with a payload of 62 bits; higher bits are cut.
    #[inline]
    pub(super) const fn double(payload: u64) -> Self {
        Self(DOUBLE_BITS | payload)
    }

    /// The kind; `None` if no kind has these bits.
    #[inline]
    pub const fn tag(self) -> Option<Tag> {
        match Tag::from_byte(self.top()) {
            Some(Tag::Unbound) if self.0 != 0 => None,
            tag => tag,
        }
    }

    /// The 56 bits below the tag, or the 62 of a double.
    #[inline]
    pub const fn payload(self) -> u64 {
        if self.0 >= DOUBLE_BITS {
            self.0 & !DOUBLE_BITS
        } else {
            self.0 & PAYLOAD_MAX
        }
    }

    #[inline]
    const fn top(self) -> u8 {
        (self.0 >> PAYLOAD_BITS) as u8
    }

    #[inline]
    pub const fn is_unbound(self) -> bool {
        self.0 == 0
    }

    #[inline]
    pub const fn is_blank(self) -> bool {
        matches!(self.top(), 0x10..=0x1F)
    }

    #[inline]
    pub const fn is_iri(self) -> bool {
        matches!(self.top(), 0x20..=0x2F)
    }

    #[inline]
    pub const fn is_literal(self) -> bool {
        matches!(self.top(), 0x30..=0x7F | 0xC0..)
    }

    #[inline]
    pub const fn is_triple(self) -> bool {
        matches!(self.top(), 0x80..=0x8F)
    }

    /// Whether it is an inline integer of any type; these compare by [`Id::payload`].
    #[inline]
    pub const fn is_integer(self) -> bool {
        matches!(self.top(), 0x31..=0x3D)
    }

    /// Whether the id alone (with the prefix table, for an encoded IRI) holds the term.
    #[inline]
    pub const fn is_inline(self) -> bool {
        matches!(self.top(), 0x10..=0x20 | 0x30..=0x6F | 0xC0..)
    }

    /// Whether the term is in the dictionary; [`Id::payload`] is then its ordinal.
    #[inline]
    pub const fn is_dictionary(self) -> bool {
        matches!(self.top(), 0x21 | 0x70..=0x77)
    }

    /// Whether the id belongs to one query's own table (definition 3).
    #[inline]
    pub const fn is_local(self) -> bool {
        matches!(self.top(), 0x11 | 0x22 | 0x78 | 0x81)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tag() {
            Some(Tag::Unbound) => f.write_str("Unbound"),
            Some(tag) => write!(f, "{tag:?}({:#x})", self.payload()),
            None => write!(f, "Invalid({:#x})", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_ascend_and_answer_to_their_byte() {
        for pair in Tag::ALL.windows(2) {
            assert!(pair[0].byte() < pair[1].byte());
        }
        for &tag in Tag::ALL {
            assert_eq!(Tag::from_byte(tag.byte()), Some(tag));
        }
        assert_eq!(Tag::from_byte(0xFF), Some(Tag::Double));
        assert_eq!(Tag::from_byte(0xBF), None);
    }

    #[test]
    fn classes_of_ids_agree_with_classes_of_tags() {
        for &tag in Tag::ALL {
            let id = match tag {
                Tag::Double => Id::double(5),
                Tag::Unbound => Id::UNBOUND,
                _ => Id::new(tag, 5),
            };
            assert_eq!(id.tag(), Some(tag));
            assert_eq!(id.payload(), if tag == Tag::Unbound { 0 } else { 5 });
            assert_eq!(id.is_inline(), tag.is_inline());
            assert_eq!(id.is_integer(), tag.is_integer());
            assert_eq!(id.is_dictionary(), tag.is_dictionary());
            assert_eq!(id.is_local(), tag.is_local());
            let classes = [
                id.is_unbound(),
                id.is_blank(),
                id.is_iri(),
                id.is_literal(),
                id.is_triple(),
            ];
            assert_eq!(classes.iter().filter(|&&class| class).count(), 1, "{tag:?}");
        }
    }

    #[test]
    fn bits_of_no_kind_have_no_tag() {
        assert_eq!(Id::from_raw(1).tag(), None);
        assert_eq!(Id::from_raw(0x0F << 56).tag(), None);
        assert_eq!(Id::from_raw(0xBF << 56).tag(), None);
    }
}
