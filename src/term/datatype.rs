//! Well-known datatypes: one table for keys, inlining and value classes. Numbers are part of format 1.

use super::id::Tag;

const XSD: &str = "http://www.w3.org/2001/XMLSchema#";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const GEO: &str = "http://www.opengis.net/ont/geosparql#";

/// Dictionary class of the literals of a datatype.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    Numeric,
    Temporal,
    Other,
}

macro_rules! concat_iri {
    (XSD, $local:literal) => {
        concat!("http://www.w3.org/2001/XMLSchema#", $local)
    };
    (RDF, $local:literal) => {
        concat!("http://www.w3.org/1999/02/22-rdf-syntax-ns#", $local)
    };
    (GEO, $local:literal) => {
        concat!("http://www.opengis.net/ont/geosparql#", $local)
    };
}

macro_rules! datatypes {
    ($($name:ident = $number:literal, $space:ident, $local:literal, $class:ident;)*) => {
        /// A datatype with a number of its own in dictionary keys.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[repr(u8)]
        pub enum Datatype { $($name = $number,)* }

        impl Datatype {
            pub const ALL: &'static [Datatype] = &[$(Datatype::$name,)*];

            #[cfg(test)]
            fn parts(self) -> (&'static str, &'static str) {
                match self { $(Datatype::$name => ($space, $local),)* }
            }

            pub(super) fn class(self) -> Class {
                match self { $(Datatype::$name => Class::$class,)* }
            }

            /// The IRI.
            pub fn iri(self) -> &'static str {
                match self { $(Datatype::$name => const { concat_iri!($space, $local) },)* }
            }

            fn from_local(space: &str, local: &str) -> Option<Self> {
                $(if space == $space && local == $local { return Some(Datatype::$name); })*
                None
            }
        }
    };
}

datatypes! {
    Boolean = 1, XSD, "boolean", Other;
    Integer = 2, XSD, "integer", Numeric;
    NonPositiveInteger = 3, XSD, "nonPositiveInteger", Numeric;
    NegativeInteger = 4, XSD, "negativeInteger", Numeric;
    Long = 5, XSD, "long", Numeric;
    Int = 6, XSD, "int", Numeric;
    Short = 7, XSD, "short", Numeric;
    Byte = 8, XSD, "byte", Numeric;
    NonNegativeInteger = 9, XSD, "nonNegativeInteger", Numeric;
    UnsignedLong = 10, XSD, "unsignedLong", Numeric;
    UnsignedInt = 11, XSD, "unsignedInt", Numeric;
    UnsignedShort = 12, XSD, "unsignedShort", Numeric;
    UnsignedByte = 13, XSD, "unsignedByte", Numeric;
    PositiveInteger = 14, XSD, "positiveInteger", Numeric;
    Decimal = 15, XSD, "decimal", Numeric;
    Float = 16, XSD, "float", Numeric;
    Double = 17, XSD, "double", Numeric;
    DateTime = 18, XSD, "dateTime", Temporal;
    DateTimeStamp = 19, XSD, "dateTimeStamp", Temporal;
    Date = 20, XSD, "date", Temporal;
    Time = 21, XSD, "time", Temporal;
    Year = 22, XSD, "gYear", Temporal;
    YearMonth = 23, XSD, "gYearMonth", Temporal;
    Month = 24, XSD, "gMonth", Temporal;
    Day = 25, XSD, "gDay", Temporal;
    MonthDay = 26, XSD, "gMonthDay", Temporal;
    Duration = 27, XSD, "duration", Temporal;
    DayTimeDuration = 28, XSD, "dayTimeDuration", Temporal;
    YearMonthDuration = 29, XSD, "yearMonthDuration", Temporal;
    AnyUri = 30, XSD, "anyURI", Other;
    HexBinary = 31, XSD, "hexBinary", Other;
    Base64Binary = 32, XSD, "base64Binary", Other;
    NormalizedString = 33, XSD, "normalizedString", Other;
    Token = 34, XSD, "token", Other;
    Language = 35, XSD, "language", Other;
    Name = 36, XSD, "Name", Other;
    NcName = 37, XSD, "NCName", Other;
    NmToken = 38, XSD, "NMTOKEN", Other;
    Html = 39, RDF, "HTML", Other;
    XmlLiteral = 40, RDF, "XMLLiteral", Other;
    Json = 41, RDF, "JSON", Other;
    PlainLiteral = 42, RDF, "PlainLiteral", Other;
    WktLiteral = 43, GEO, "wktLiteral", Other;
    GeoJsonLiteral = 44, GEO, "geoJSONLiteral", Other;
}

/// Datatypes that are a kind of literal rather than a datatype of one.
pub const STRING: &str = "http://www.w3.org/2001/XMLSchema#string";
pub const LANG_STRING: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString";
pub const DIR_LANG_STRING: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#dirLangString";

impl Datatype {
    pub fn from_iri(iri: &str) -> Option<Self> {
        let split = iri.rfind('#')? + 1;
        Self::from_local(&iri[..split], &iri[split..])
    }

    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    pub(super) fn dictionary_tag(self) -> Tag {
        match self.class() {
            Class::Numeric => Tag::Numeric,
            Class::Temporal => Tag::Temporal,
            Class::Other => Tag::Other,
        }
    }

    /// The tag of inline integers of this datatype, and its least and greatest value.
    pub(super) fn integer(self) -> Option<(Tag, i64, i64)> {
        Some(match self {
            Datatype::Integer => (Tag::Integer, i64::MIN, i64::MAX),
            Datatype::NonPositiveInteger => (Tag::NonPositiveInteger, i64::MIN, 0),
            Datatype::NegativeInteger => (Tag::NegativeInteger, i64::MIN, -1),
            Datatype::Long => (Tag::Long, i64::MIN, i64::MAX),
            Datatype::Int => (Tag::Int, i32::MIN as i64, i32::MAX as i64),
            Datatype::Short => (Tag::Short, i16::MIN as i64, i16::MAX as i64),
            Datatype::Byte => (Tag::Byte, i8::MIN as i64, i8::MAX as i64),
            Datatype::NonNegativeInteger => (Tag::NonNegativeInteger, 0, i64::MAX),
            Datatype::UnsignedLong => (Tag::UnsignedLong, 0, i64::MAX),
            Datatype::UnsignedInt => (Tag::UnsignedInt, 0, u32::MAX as i64),
            Datatype::UnsignedShort => (Tag::UnsignedShort, 0, u16::MAX as i64),
            Datatype::UnsignedByte => (Tag::UnsignedByte, 0, u8::MAX as i64),
            Datatype::PositiveInteger => (Tag::PositiveInteger, 1, i64::MAX),
            _ => return None,
        })
    }
}

/// The datatype of inline values with a tag.
pub(super) fn of_tag(tag: Tag) -> Option<Datatype> {
    Some(match tag {
        Tag::Boolean => Datatype::Boolean,
        Tag::Integer => Datatype::Integer,
        Tag::NonPositiveInteger => Datatype::NonPositiveInteger,
        Tag::NegativeInteger => Datatype::NegativeInteger,
        Tag::Long => Datatype::Long,
        Tag::Int => Datatype::Int,
        Tag::Short => Datatype::Short,
        Tag::Byte => Datatype::Byte,
        Tag::NonNegativeInteger => Datatype::NonNegativeInteger,
        Tag::UnsignedLong => Datatype::UnsignedLong,
        Tag::UnsignedInt => Datatype::UnsignedInt,
        Tag::UnsignedShort => Datatype::UnsignedShort,
        Tag::UnsignedByte => Datatype::UnsignedByte,
        Tag::PositiveInteger => Datatype::PositiveInteger,
        Tag::Decimal => Datatype::Decimal,
        Tag::Float => Datatype::Float,
        Tag::Double => Datatype::Double,
        Tag::DateTime | Tag::DateTimeZoned => Datatype::DateTime,
        Tag::Date | Tag::DateZoned => Datatype::Date,
        Tag::Time => Datatype::Time,
        Tag::Year => Datatype::Year,
        Tag::YearMonth => Datatype::YearMonth,
        Tag::Month => Datatype::Month,
        Tag::Day => Datatype::Day,
        Tag::MonthDay => Datatype::MonthDay,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iris_and_numbers_name_the_same_datatypes() {
        for (index, &datatype) in Datatype::ALL.iter().enumerate() {
            let (space, local) = datatype.parts();
            assert_eq!(datatype.iri(), format!("{space}{local}"));
            assert_eq!(Datatype::from_iri(datatype.iri()), Some(datatype));
            assert_eq!(datatype as usize, index + 1);
            assert_eq!(Datatype::from_number(datatype as u8), Some(datatype));
        }
        assert_eq!(Datatype::from_iri("http://example.org/#integer"), None);
    }
}
