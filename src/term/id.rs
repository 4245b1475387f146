//! The id and its tags. The table is frozen with format 1 (`docs/format.md`).

use std::fmt;

/// A term id. The number's order is storage order; see [`super::same_ordered_class`] for when it is more.
#[derive(Clone, Copy, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(transparent)]
pub struct Id(pub u64);

macro_rules! tags {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// What the top byte of an id says. Doubles have no tag of their own: every top byte from 0xC0 on is one.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[repr(u8)]
        pub enum Tag { $($(#[$doc])* $name = $number,)* }

        impl Tag {
            pub const ALL: &'static [Tag] = &[$(Tag::$name,)*];
        }

        const fn table() -> [Option<Tag>; 256] {
            let mut table = [None; 256];
            $(table[$number] = Some(Tag::$name);)*
            let mut top = 0xC0;
            while top < 256 {
                table[top] = Some(Tag::Double);
                top += 1;
            }
            table
        }
    };
}

tags! {
    /// Only id 0: unbound in a binding, the default graph in column g.
    Unbound = 0x00,
    Blank = 0x01,
    LocalBlank = 0x02,
    IriEncoded = 0x08,
    IriDictionary = 0x09,
    LocalIri = 0x0A,
    Boolean = 0x10,
    Integer = 0x11,
    NonPositiveInteger = 0x12,
    NegativeInteger = 0x13,
    Long = 0x14,
    Int = 0x15,
    Short = 0x16,
    Byte = 0x17,
    NonNegativeInteger = 0x18,
    UnsignedLong = 0x19,
    UnsignedInt = 0x1A,
    UnsignedShort = 0x1B,
    UnsignedByte = 0x1C,
    PositiveInteger = 0x1D,
    Decimal = 0x20,
    Float = 0x21,
    /// xsd:dateTime without and with a time zone; the two do not compare.
    DateTime = 0x22,
    DateTimeZoned = 0x23,
    Date = 0x24,
    DateZoned = 0x25,
    Time = 0x26,
    Year = 0x27,
    YearMonth = 0x28,
    Month = 0x29,
    Day = 0x2A,
    MonthDay = 0x2B,
    /// xsd:string of at most 7 bytes without U+0000.
    ShortString = 0x2C,
    /// Dictionary literals by class: xsd:string, language-tagged, numeric, temporal, the rest.
    String = 0x30,
    Language = 0x31,
    Numeric = 0x32,
    Temporal = 0x33,
    Other = 0x34,
    LocalLiteral = 0x35,
    TripleTerm = 0x40,
    LocalTripleTerm = 0x41,
    /// Stands for every top byte from 0xC0 on.
    Double = 0xC0,
}

static TABLE: [Option<Tag>; 256] = table();
const PAYLOAD_BITS: u32 = 56;
pub(super) const PAYLOAD_MASK: u64 = (1 << PAYLOAD_BITS) - 1;

impl Tag {
    pub fn from_byte(byte: u8) -> Option<Tag> {
        TABLE[usize::from(byte)]
    }

    /// Whether ids with this tag name a dictionary entry.
    pub fn is_dictionary(self) -> bool {
        matches!(
            self,
            Tag::IriDictionary
                | Tag::String
                | Tag::Language
                | Tag::Numeric
                | Tag::Temporal
                | Tag::Other
        )
    }

    /// Whether ids with this tag belong to one query (definition 3).
    pub fn is_local(self) -> bool {
        matches!(
            self,
            Tag::LocalBlank | Tag::LocalIri | Tag::LocalLiteral | Tag::LocalTripleTerm
        )
    }
}

impl Id {
    pub const UNBOUND: Id = Id(0);
    /// The default graph in column g.
    pub const DEFAULT_GRAPH: Id = Id(0);

    pub const fn new(tag: Tag, payload: u64) -> Self {
        debug_assert!(payload <= PAYLOAD_MASK);
        Id((tag as u64) << PAYLOAD_BITS | payload)
    }

    /// `None` for a number that no version of the format gives out.
    pub fn tag(self) -> Option<Tag> {
        Tag::from_byte((self.0 >> PAYLOAD_BITS) as u8)
    }

    /// The lower 56 bits; an ordinal for dictionary ids, a number for blank nodes.
    pub const fn payload(self) -> u64 {
        self.0 & PAYLOAD_MASK
    }

    pub fn is_bound(self) -> bool {
        self.0 != 0
    }

    const fn top(self) -> u8 {
        (self.0 >> PAYLOAD_BITS) as u8
    }

    pub fn is_blank(self) -> bool {
        matches!(self.top(), 0x01..=0x02)
    }

    pub fn is_iri(self) -> bool {
        matches!(self.top(), 0x08..=0x0A)
    }

    pub fn is_literal(self) -> bool {
        matches!(self.top(), 0x10..=0x35 | 0xC0..)
    }

    pub fn is_triple_term(self) -> bool {
        matches!(self.top(), 0x40..=0x41)
    }

    pub fn is_dictionary(self) -> bool {
        self.tag().is_some_and(Tag::is_dictionary)
    }

    pub fn is_local(self) -> bool {
        self.tag().is_some_and(Tag::is_local)
    }

    /// A literal of an XSD numeric datatype, valid or not.
    pub fn is_numeric_datatype(self) -> bool {
        matches!(self.top(), 0x11..=0x21 | 0x32 | 0xC0..)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tag() {
            Some(Tag::Double) => write!(f, "Double:{:#x}", self.0),
            Some(tag) => write!(f, "{tag:?}:{}", self.payload()),
            None => write!(f, "?{:#x}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_ordered_unbound_blank_iri_literal() {
        let of = |tag| Id::new(tag, 0);
        assert!(Id::UNBOUND < of(Tag::Blank) && of(Tag::LocalBlank) < of(Tag::IriEncoded));
        assert!(
            of(Tag::LocalIri) < of(Tag::Boolean) && of(Tag::LocalLiteral) < of(Tag::TripleTerm)
        );
        for &tag in Tag::ALL {
            let id = of(tag);
            assert_eq!(id.tag(), Some(tag));
            let kinds = [
                !id.is_bound(),
                id.is_blank(),
                id.is_iri(),
                id.is_literal(),
                id.is_triple_term(),
            ];
            assert_eq!(kinds.into_iter().filter(|&kind| kind).count(), 1, "{tag:?}");
        }
    }
}
