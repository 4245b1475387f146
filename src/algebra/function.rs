//! The table of functions: what SPARQL calls them, how many arguments they take, when their answer may be kept,
//! and what they do. Translation, evaluation (`expr::functions` has a kernel for each) and `docs/sparql.md` derive from it.

use crate::term::Datatype;
use std::ops::RangeInclusive;

/// For how long the answer to the same arguments is the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stability {
    /// Always.
    Always,
    /// Within one run of a query.
    Run,
    /// For one solution: the same call gives another answer in the next one.
    Solution,
    /// Never: each evaluation gives another answer.
    Never,
}

/// What the table says about a function.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub function: Function,
    /// As it is written in a query, but for case.
    pub name: &'static str,
    pub arguments_min: usize,
    /// `None`: any number.
    pub arguments_max: Option<usize>,
    pub stability: Stability,
    /// The heading it has in the documentation.
    pub group: &'static str,
    pub doc: &'static str,
}

macro_rules! functions {
    ($($group:literal { $($variant:ident = $name:literal, $min:literal $(..= $max:literal)? $(.. $any:ident)?, $stability:ident, $doc:literal;)* })*) => {
        /// A function or arithmetic operator of SPARQL 1.1 (section 17.4) and 1.2, or a constructor of XML Schema
        /// (section 17.5).
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Function {
            $($(#[doc = $doc] $variant,)*)*
            /// A constructor ("cast"): the value of its argument as one of a datatype. Only datatypes of [`CASTS`].
            Cast(Datatype),
        }

        /// Every function but the constructors.
        pub const FUNCTIONS: &[Entry] = &[$($(Entry {
            function: Function::$variant,
            name: $name,
            arguments_min: $min,
            arguments_max: functions!(@max $min $(, $max)? $(, $any)?),
            stability: Stability::$stability,
            group: $group,
            doc: $doc,
        },)*)*];
    };
    (@max $min:literal) => { Some($min) };
    (@max $min:literal, any) => { None };
    (@max $min:literal, $max:literal) => { Some($max) };
}

functions! {
    "Arithmetic" {
        Add = "+", 2, Always, "The sum of two numbers, or of a date or time and a duration, or of two durations.";
        Subtract = "-", 2, Always, "The difference of two numbers, dates, times or durations, or a date or time less a duration.";
        Multiply = "*", 2, Always, "The product of two numbers.";
        Divide = "/", 2, Always, "The quotient of two numbers; of two integers it is a decimal. Dividing an integer or decimal by zero is an error.";
        Plus = "unary +", 1, Always, "The number or duration itself.";
        Negate = "unary -", 1, Always, "The number or duration negated.";
    }
    "Terms" {
        SameTerm = "sameTerm", 2, Always, "Whether both are the same term.";
        IsIri = "isIRI", 1, Always, "Whether the term is an IRI. Also written isURI.";
        IsBlank = "isBLANK", 1, Always, "Whether the term is a blank node.";
        IsLiteral = "isLITERAL", 1, Always, "Whether the term is a literal.";
        IsNumeric = "isNUMERIC", 1, Always, "Whether the term is a well-formed literal of a numeric datatype.";
        Str = "STR", 1, Always, "The lexical form of a literal, the text of an IRI.";
        Lang = "LANG", 1, Always, "The language tag of a literal, in lower case; empty if it has none.";
        LangDir = "LANGDIR", 1, Always, "The base direction of a literal, \"ltr\" or \"rtl\"; empty if it has none.";
        HasLang = "hasLANG", 1, Always, "Whether the term is a literal with a language tag.";
        HasLangDir = "hasLANGDIR", 1, Always, "Whether the term is a literal with a base direction.";
        Datatype = "DATATYPE", 1, Always, "The datatype IRI of a literal.";
        Iri = "IRI", 1, Always, "The IRI with this text, resolved against the base IRI of the query; one that is not valid is an error. Also written URI.";
        BNode = "BNODE", 0..=1, Solution, "A new blank node. With a label, the same one for the same label within a solution.";
        StrDt = "STRDT", 2, Always, "The literal with this lexical form and datatype.";
        StrLang = "STRLANG", 2, Always, "The literal with this lexical form and language tag.";
        StrLangDir = "STRLANGDIR", 3, Always, "The literal with this lexical form, language tag and base direction.";
        Uuid = "UUID", 0, Never, "A new IRI of the scheme urn:uuid: (version 4).";
        StrUuid = "STRUUID", 0, Never, "The text of a new UUID (version 4).";
    }
    "Triple terms" {
        Triple = "TRIPLE", 3, Always, "The triple term of a subject (IRI or blank node), a predicate (IRI) and an object.";
        Subject = "SUBJECT", 1, Always, "The subject of a triple term.";
        Predicate = "PREDICATE", 1, Always, "The predicate of a triple term.";
        Object = "OBJECT", 1, Always, "The object of a triple term.";
        IsTriple = "isTRIPLE", 1, Always, "Whether the term is a triple term.";
    }
    "Strings" {
        StrLen = "STRLEN", 1, Always, "The number of characters (code points).";
        SubStr = "SUBSTR", 2..=3, Always, "The part from a character on, counted from 1, of at most a length.";
        UCase = "UCASE", 1, Always, "The text in upper case (Unicode default mapping).";
        LCase = "LCASE", 1, Always, "The text in lower case (Unicode default mapping).";
        StrStarts = "STRSTARTS", 2, Always, "Whether the first text begins with the second.";
        StrEnds = "STRENDS", 2, Always, "Whether the first text ends with the second.";
        Contains = "CONTAINS", 2, Always, "Whether the first text contains the second.";
        StrBefore = "STRBEFORE", 2, Always, "What stands in the first text before the second; \"\" if it is not there.";
        StrAfter = "STRAFTER", 2, Always, "What stands in the first text after the second; \"\" if it is not there.";
        EncodeForUri = "ENCODE_FOR_URI", 1, Always, "The text with all but letters, digits and \"-_.~\" percent-encoded.";
        Concat = "CONCAT", 0..any, Always, "The texts one after the other, with the language and direction they all have, if they do.";
        LangMatches = "LANGMATCHES", 2, Always, "Whether a language tag matches a basic language range (RFC 4647 section 3.3.1).";
        Regex = "REGEX", 2..=3, Always, "Whether a regular expression matches somewhere in the text.";
        Replace = "REPLACE", 3..=4, Always, "The text with all matches of a regular expression replaced; an expression that matches the empty text is an error.";
    }
    "Numbers" {
        Abs = "ABS", 1, Always, "The absolute value.";
        Round = "ROUND", 1, Always, "The nearest whole number; of two, the greater.";
        Ceil = "CEIL", 1, Always, "The smallest whole number that is not smaller.";
        Floor = "FLOOR", 1, Always, "The greatest whole number that is not greater.";
        Rand = "RAND", 0, Never, "A random xsd:double, at least 0 and less than 1.";
    }
    "Dates and times" {
        Now = "NOW", 0, Run, "The time when the query began, the same throughout.";
        Year = "YEAR", 1, Always, "The year of a date, dateTime, gYear or gYearMonth.";
        Month = "MONTH", 1, Always, "The month of a date, dateTime, gYearMonth, gMonth or gMonthDay.";
        Day = "DAY", 1, Always, "The day of a date, dateTime, gDay or gMonthDay.";
        Hours = "HOURS", 1, Always, "The hours of a dateTime or time.";
        Minutes = "MINUTES", 1, Always, "The minutes of a dateTime or time.";
        Seconds = "SECONDS", 1, Always, "The seconds of a dateTime or time, as an xsd:decimal.";
        Timezone = "TIMEZONE", 1, Always, "The time zone as an xsd:dayTimeDuration; an error if there is none.";
        Tz = "TZ", 1, Always, "The time zone as text, such as \"Z\" or \"-05:00\"; empty if there is none.";
        Adjust = "ADJUST", 2, Always, "The date or time in another time zone, given as an xsd:dayTimeDuration (SEP-0002).";
    }
    "Hashes" {
        Md5 = "MD5", 1, Always, "The MD5 of the text in UTF-8, in lower-case hexadecimal digits.";
        Sha1 = "SHA1", 1, Always, "The SHA-1 of the text.";
        Sha256 = "SHA256", 1, Always, "The SHA-256 of the text.";
        Sha384 = "SHA384", 1, Always, "The SHA-384 of the text.";
        Sha512 = "SHA512", 1, Always, "The SHA-512 of the text.";
    }
}

/// The datatypes that have a constructor.
pub const CASTS: &[Datatype] = &[
    Datatype::String,
    Datatype::Boolean,
    Datatype::Double,
    Datatype::Float,
    Datatype::Decimal,
    Datatype::Integer,
    Datatype::Long,
    Datatype::Int,
    Datatype::Short,
    Datatype::Byte,
    Datatype::NonNegativeInteger,
    Datatype::PositiveInteger,
    Datatype::UnsignedLong,
    Datatype::UnsignedInt,
    Datatype::UnsignedShort,
    Datatype::UnsignedByte,
    Datatype::NonPositiveInteger,
    Datatype::NegativeInteger,
    Datatype::DateTime,
    Datatype::DateTimeStamp,
    Datatype::Date,
    Datatype::Time,
    Datatype::GYear,
    Datatype::GYearMonth,
    Datatype::GMonth,
    Datatype::GMonthDay,
    Datatype::GDay,
    Datatype::Duration,
    Datatype::YearMonthDuration,
    Datatype::DayTimeDuration,
];

impl Function {
    /// The function that a query names so, in any case; not operators and constructors.
    pub fn of_name(name: &str) -> Option<Self> {
        let found = FUNCTIONS
            .iter()
            .find(|entry| entry.name.eq_ignore_ascii_case(name))?;
        Some(found.function)
    }

    /// The constructor with this IRI.
    pub fn of_iri(iri: &str) -> Option<Self> {
        let datatype = Datatype::from_iri(iri)?;
        CASTS.contains(&datatype).then_some(Self::Cast(datatype))
    }

    /// Its place in the table; `None` for a constructor.
    pub fn entry(self) -> Option<&'static Entry> {
        FUNCTIONS.iter().find(|entry| entry.function == self)
    }

    /// The name it has in a query; the IRI of a constructor.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cast(datatype) => datatype.iri(),
            _ => self.entry().map_or("", |entry| entry.name),
        }
    }

    pub fn stability(self) -> Stability {
        self.entry()
            .map_or(Stability::Always, |entry| entry.stability)
    }

    /// Whether it looks at the texts of its arguments, which ids do not tell.
    pub fn reads_texts(self) -> bool {
        let group = self.entry().map(|entry| entry.group);
        matches!(group, Some("Strings" | "Hashes"))
    }

    /// How many arguments it takes.
    pub fn arguments(self) -> RangeInclusive<usize> {
        match self.entry() {
            Some(entry) => entry.arguments_min..=entry.arguments_max.unwrap_or(usize::MAX),
            None => 1..=1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_find_their_function() {
        for (at, entry) in FUNCTIONS.iter().enumerate() {
            assert_eq!(Function::of_name(entry.name), Some(entry.function));
            assert_eq!(entry.function.entry().unwrap().name, entry.name);
            let same = FUNCTIONS
                .iter()
                .filter(|other| other.function == entry.function);
            assert_eq!(same.count(), 1, "row {at}");
        }
        for &datatype in CASTS {
            let cast = Function::Cast(datatype);
            assert_eq!(Function::of_iri(datatype.iri()), Some(cast));
            assert_eq!(cast.arguments(), 1..=1);
        }
        assert_eq!(Function::of_iri(Datatype::RdfLangString.iri()), None);
    }
}
