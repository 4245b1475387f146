//! The frozen table of well-known datatypes: a one-byte code for each, used in dictionary keys.

use super::Tag;

macro_rules! datatypes {
    ($($variant:ident = $code:literal, $class:ident, $iri:literal;)*) => {
        /// A well-known datatype. The codes are part of the file format and frozen with version 1;
        /// 0xFF is not a code.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[repr(u8)]
        pub enum Datatype {
            $(#[doc = $iri] $variant = $code,)*
        }

        impl Datatype {
            /// Every datatype, in ascending order of the codes.
            pub const ALL: &'static [Datatype] = &[$(Datatype::$variant,)*];

            pub const fn iri(self) -> &'static str {
                match self { $(Datatype::$variant => $iri,)* }
            }

            /// The dictionary class of its literals.
            pub const fn class(self) -> Tag {
                match self { $(Datatype::$variant => Tag::$class,)* }
            }

            pub const fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Datatype::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

datatypes! {
    Boolean = 0x01, DictionaryOther, "http://www.w3.org/2001/XMLSchema#boolean";
    String = 0x02, DictionaryString, "http://www.w3.org/2001/XMLSchema#string";
    AnyUri = 0x03, DictionaryOther, "http://www.w3.org/2001/XMLSchema#anyURI";
    Base64Binary = 0x04, DictionaryOther, "http://www.w3.org/2001/XMLSchema#base64Binary";
    HexBinary = 0x05, DictionaryOther, "http://www.w3.org/2001/XMLSchema#hexBinary";
    QName = 0x06, DictionaryOther, "http://www.w3.org/2001/XMLSchema#QName";
    Notation = 0x07, DictionaryOther, "http://www.w3.org/2001/XMLSchema#NOTATION";
    NormalizedString = 0x08, DictionaryOther, "http://www.w3.org/2001/XMLSchema#normalizedString";
    Token = 0x09, DictionaryOther, "http://www.w3.org/2001/XMLSchema#token";
    Language = 0x0A, DictionaryOther, "http://www.w3.org/2001/XMLSchema#language";
    NmToken = 0x0B, DictionaryOther, "http://www.w3.org/2001/XMLSchema#NMTOKEN";
    Name = 0x0C, DictionaryOther, "http://www.w3.org/2001/XMLSchema#Name";
    NcName = 0x0D, DictionaryOther, "http://www.w3.org/2001/XMLSchema#NCName";
    EntityName = 0x0E, DictionaryOther, "http://www.w3.org/2001/XMLSchema#ENTITY";
    IdName = 0x0F, DictionaryOther, "http://www.w3.org/2001/XMLSchema#ID";
    IdRef = 0x10, DictionaryOther, "http://www.w3.org/2001/XMLSchema#IDREF";
    AnySimpleType = 0x11, DictionaryOther, "http://www.w3.org/2001/XMLSchema#anySimpleType";
    AnyAtomicType = 0x12, DictionaryOther, "http://www.w3.org/2001/XMLSchema#anyAtomicType";

    Integer = 0x20, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#integer";
    Long = 0x21, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#long";
    Int = 0x22, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#int";
    Short = 0x23, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#short";
    Byte = 0x24, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#byte";
    NonNegativeInteger = 0x25, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#nonNegativeInteger";
    PositiveInteger = 0x26, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#positiveInteger";
    UnsignedLong = 0x27, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#unsignedLong";
    UnsignedInt = 0x28, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#unsignedInt";
    UnsignedShort = 0x29, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#unsignedShort";
    UnsignedByte = 0x2A, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#unsignedByte";
    NonPositiveInteger = 0x2B, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#nonPositiveInteger";
    NegativeInteger = 0x2C, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#negativeInteger";
    Decimal = 0x2D, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#decimal";
    Float = 0x2E, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#float";
    Double = 0x2F, DictionaryNumeric, "http://www.w3.org/2001/XMLSchema#double";

    DateTime = 0x40, DictionaryTemporal, "http://www.w3.org/2001/XMLSchema#dateTime";
    DateTimeStamp = 0x41, DictionaryTemporal, "http://www.w3.org/2001/XMLSchema#dateTimeStamp";
    Date = 0x42, DictionaryTemporal, "http://www.w3.org/2001/XMLSchema#date";
    Time = 0x43, DictionaryTemporal, "http://www.w3.org/2001/XMLSchema#time";
    GYear = 0x44, DictionaryTemporal, "http://www.w3.org/2001/XMLSchema#gYear";
    GYearMonth = 0x45, DictionaryTemporal, "http://www.w3.org/2001/XMLSchema#gYearMonth";
    GMonth = 0x46, DictionaryTemporal, "http://www.w3.org/2001/XMLSchema#gMonth";
    GMonthDay = 0x47, DictionaryTemporal, "http://www.w3.org/2001/XMLSchema#gMonthDay";
    GDay = 0x48, DictionaryTemporal, "http://www.w3.org/2001/XMLSchema#gDay";
    Duration = 0x49, DictionaryTemporal, "http://www.w3.org/2001/XMLSchema#duration";
    YearMonthDuration = 0x4A, DictionaryTemporal, "http://www.w3.org/2001/XMLSchema#yearMonthDuration";
    DayTimeDuration = 0x4B, DictionaryTemporal, "http://www.w3.org/2001/XMLSchema#dayTimeDuration";

    RdfHtml = 0x60, DictionaryOther, "http://www.w3.org/1999/02/22-rdf-syntax-ns#HTML";
    RdfXmlLiteral = 0x61, DictionaryOther, "http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral";
    RdfJson = 0x62, DictionaryOther, "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON";
    RdfPlainLiteral = 0x63, DictionaryOther, "http://www.w3.org/1999/02/22-rdf-syntax-ns#PlainLiteral";
    RdfLangString = 0x64, DictionaryOther, "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString";
    RdfDirLangString = 0x65, DictionaryOther, "http://www.w3.org/1999/02/22-rdf-syntax-ns#dirLangString";
    RdfsLiteral = 0x68, DictionaryOther, "http://www.w3.org/2000/01/rdf-schema#Literal";
    OwlReal = 0x6C, DictionaryOther, "http://www.w3.org/2002/07/owl#real";
    OwlRational = 0x6D, DictionaryOther, "http://www.w3.org/2002/07/owl#rational";
    WktLiteral = 0x70, DictionaryOther, "http://www.opengis.net/ont/geosparql#wktLiteral";
    GmlLiteral = 0x71, DictionaryOther, "http://www.opengis.net/ont/geosparql#gmlLiteral";
    GeoJsonLiteral = 0x72, DictionaryOther, "http://www.opengis.net/ont/geosparql#geoJSONLiteral";
    KmlLiteral = 0x73, DictionaryOther, "http://www.opengis.net/ont/geosparql#kmlLiteral";
    DggsLiteral = 0x74, DictionaryOther, "http://www.opengis.net/ont/geosparql#dggsLiteral";
}

/// Open addressing by length and last eight bytes, filled at compile time.
static SLOTS: [Option<(&str, Datatype)>; SLOT_COUNT] = slots();
const SLOT_COUNT: usize = 256;

const fn slots() -> [Option<(&'static str, Datatype)>; SLOT_COUNT] {
    let mut slots = [None; SLOT_COUNT];
    let mut at = 0;
    while at < Datatype::ALL.len() {
        let datatype = Datatype::ALL[at];
        let mut slot = first_slot(datatype.iri());
        while slots[slot].is_some() {
            slot = (slot + 1) % SLOT_COUNT;
        }
        slots[slot] = Some((datatype.iri(), datatype));
        at += 1;
    }
    slots
}

/// The slot to look at first. All IRIs shorter than eight bytes, which no well-known one is, share one.
const fn first_slot(iri: &str) -> usize {
    let Some(last) = iri.as_bytes().last_chunk() else {
        return 0;
    };
    let mixed = (u64::from_le_bytes(*last) ^ iri.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 56) as usize
}

impl Datatype {
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The well-known datatype with this IRI. About 5 ns.
    #[inline]
    pub fn from_iri(iri: &str) -> Option<Self> {
        let mut slot = first_slot(iri);
        loop {
            let (known, datatype) = SLOTS[slot]?;
            if known == iri {
                return Some(datatype);
            }
            slot = (slot + 1) % SLOT_COUNT;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_datatype_is_found_by_its_iri_and_its_code() {
        for pair in Datatype::ALL.windows(2) {
            assert!(pair[0].code() < pair[1].code());
        }
        for &datatype in Datatype::ALL {
            assert_eq!(Datatype::from_iri(datatype.iri()), Some(datatype));
            assert_eq!(Datatype::from_code(datatype.code()), Some(datatype));
            assert_ne!(datatype.code(), 0);
            assert_ne!(datatype.code(), 0xFF);
        }
    }

    #[test]
    fn other_iris_are_not_well_known() {
        for iri in [
            "",
            "integer",
            "http://www.w3.org/2001/XMLSchema#",
            "http://www.w3.org/2001/XMLSchema#Integer",
            "http://example.com/XMLSchema#integer",
        ] {
            assert_eq!(Datatype::from_iri(iri), None, "{iri}");
        }
    }
}
