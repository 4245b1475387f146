//! Borrowed terms: what is encoded and what decoding gives.

use super::{Datatype, Id};

/// A term, borrowing its text. Identity is that of RDF 1.2 with language tags in lower case
/// (definition 1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TermRef<'a> {
    Iri(&'a str),
    /// The number of a blank node: below 2^56 that of a stored one, or [`LOCAL_BLANK`] plus the number
    /// of one of a query's own table.
    Blank(u64),
    Literal(LiteralRef<'a>),
    /// A triple term by the ids of its subject, predicate and object (definition 11).
    Triple([Id; 3]),
}

/// Set in the number of a blank node that belongs to a query's own table.
pub const LOCAL_BLANK: u64 = 1 << 56;

/// A literal: its exact lexical form and its kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LiteralRef<'a> {
    pub lexical: &'a str,
    pub kind: LiteralKind<'a>,
}

/// What a literal is besides its lexical form. `xsd:string`, `rdf:langString` and `rdf:dirLangString` are
/// never spelled out as a datatype; [`LiteralRef::typed`] sees to the first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LiteralKind<'a> {
    /// `xsd:string`.
    String,
    /// `rdf:langString`, or `rdf:dirLangString` with a direction. The tag is in lower case.
    Language {
        tag: &'a str,
        direction: Option<Direction>,
    },
    /// Any other datatype, by its IRI.
    Typed(&'a str),
}

/// The base direction of a language-tagged string (RDF 1.2 Concepts § 3.4).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Direction {
    LeftToRight,
    RightToLeft,
}

impl Direction {
    /// "ltr" or "rtl".
    pub const fn name(self) -> &'static str {
        match self {
            Direction::LeftToRight => "ltr",
            Direction::RightToLeft => "rtl",
        }
    }
}

impl<'a> LiteralRef<'a> {
    pub const fn string(lexical: &'a str) -> Self {
        Self {
            lexical,
            kind: LiteralKind::String,
        }
    }

    /// A language-tagged string; the tag is expected in lower case.
    pub const fn language(lexical: &'a str, tag: &'a str, direction: Option<Direction>) -> Self {
        Self {
            lexical,
            kind: LiteralKind::Language { tag, direction },
        }
    }

    /// A literal with a datatype, which may be `xsd:string`.
    pub fn typed(lexical: &'a str, datatype: &'a str) -> Self {
        let kind = if datatype == Datatype::String.iri() {
            LiteralKind::String
        } else {
            LiteralKind::Typed(datatype)
        };
        Self { lexical, kind }
    }

    /// The datatype IRI.
    pub const fn datatype(self) -> &'a str {
        match self.kind {
            LiteralKind::String => Datatype::String.iri(),
            LiteralKind::Language {
                direction: None, ..
            } => Datatype::RdfLangString.iri(),
            LiteralKind::Language { .. } => Datatype::RdfDirLangString.iri(),
            LiteralKind::Typed(datatype) => datatype,
        }
    }
}

impl<'a> TermRef<'a> {
    pub const fn string(lexical: &'a str) -> Self {
        Self::Literal(LiteralRef::string(lexical))
    }

    /// A literal with a datatype, which may be `xsd:string`.
    pub fn typed(lexical: &'a str, datatype: &'a str) -> Self {
        Self::Literal(LiteralRef::typed(lexical, datatype))
    }
}
