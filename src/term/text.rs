//! Terms as text: borrowed, and in a reusable buffer.

use super::blank::blank_label;
use super::datatype::{DIR_LANG_STRING, Datatype, LANG_STRING, STRING};
use super::id::Id;

/// Base direction of a literal (RDF 1.2).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum BaseDirection {
    Ltr,
    Rtl,
}

impl BaseDirection {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

/// What a literal is besides its lexical form.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum LiteralKind<'a> {
    /// xsd:string.
    String,
    /// rdf:langString or rdf:dirLangString. The tag is in lower case.
    Language {
        tag: &'a str,
        direction: Option<BaseDirection>,
    },
    /// Any other datatype IRI.
    Typed(&'a str),
}

/// A literal.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct LiteralRef<'a> {
    pub lexical: &'a str,
    pub kind: LiteralKind<'a>,
}

impl<'a> LiteralRef<'a> {
    pub fn string(lexical: &'a str) -> Self {
        Self {
            lexical,
            kind: LiteralKind::String,
        }
    }

    /// A literal with a datatype IRI; xsd:string gives a plain one.
    pub fn typed(lexical: &'a str, datatype: &'a str) -> Self {
        let kind = match datatype {
            STRING => LiteralKind::String,
            _ => LiteralKind::Typed(datatype),
        };
        Self { lexical, kind }
    }

    pub fn datatype(self) -> &'a str {
        match self.kind {
            LiteralKind::String => STRING,
            LiteralKind::Language {
                direction: None, ..
            } => LANG_STRING,
            LiteralKind::Language { .. } => DIR_LANG_STRING,
            LiteralKind::Typed(iri) => iri,
        }
    }

    /// The well-known datatype, if it is one.
    pub fn known_datatype(self) -> Option<Datatype> {
        match self.kind {
            LiteralKind::Typed(iri) => Datatype::from_iri(iri),
            _ => None,
        }
    }
}

/// A term. A triple term names the ids of its parts.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum TermRef<'a> {
    Iri(&'a str),
    /// A blank node of the store, by number.
    Blank(u64),
    Literal(LiteralRef<'a>),
    Triple([Id; 3]),
}

/// A term in buffers that are reused from one term to the next.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TermBuf {
    /// IRI or lexical form.
    pub(super) text: String,
    /// Datatype IRI or language tag.
    pub(super) suffix: String,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Kind {
    #[default]
    Iri,
    Blank(u64),
    String,
    Language(Option<BaseDirection>),
    Typed,
    /// A well-known datatype; the suffix is not used.
    Known(Datatype),
    Triple([Id; 3]),
}

impl TermBuf {
    pub fn set(&mut self, term: TermRef<'_>) {
        self.text.clear();
        self.suffix.clear();
        self.kind = match term {
            TermRef::Iri(iri) => {
                self.text.push_str(iri);
                Kind::Iri
            }
            TermRef::Blank(number) => Kind::Blank(number),
            TermRef::Literal(literal) => {
                self.text.push_str(literal.lexical);
                match literal.kind {
                    LiteralKind::String => Kind::String,
                    LiteralKind::Language { tag, direction } => {
                        self.suffix.push_str(tag);
                        Kind::Language(direction)
                    }
                    LiteralKind::Typed(iri) => {
                        self.suffix.push_str(iri);
                        Kind::Typed
                    }
                }
            }
            TermRef::Triple(parts) => Kind::Triple(parts),
        };
    }

    pub fn as_ref(&self) -> TermRef<'_> {
        let lexical = self.text.as_str();
        let kind = match self.kind {
            Kind::Iri => return TermRef::Iri(lexical),
            Kind::Blank(number) => return TermRef::Blank(number),
            Kind::Triple(parts) => return TermRef::Triple(parts),
            Kind::String => LiteralKind::String,
            Kind::Language(direction) => LiteralKind::Language {
                tag: &self.suffix,
                direction,
            },
            Kind::Typed => LiteralKind::Typed(&self.suffix),
            Kind::Known(datatype) => LiteralKind::Typed(datatype.iri()),
        };
        TermRef::Literal(LiteralRef { lexical, kind })
    }

    pub(super) fn start(&mut self, kind: Kind) -> &mut String {
        self.text.clear();
        self.suffix.clear();
        self.kind = kind;
        &mut self.text
    }
}

impl TermRef<'_> {
    /// Appends the term in N-Triples syntax; a triple term is left to the caller, who knows its parts.
    /// Returns false for one, with nothing appended.
    pub fn write_ntriples(&self, out: &mut String) -> bool {
        match self {
            TermRef::Iri(iri) => {
                out.push('<');
                out.push_str(iri);
                out.push('>');
            }
            TermRef::Blank(number) => {
                out.push_str("_:");
                blank_label(*number, out);
            }
            TermRef::Literal(literal) => write_ntriples_literal(literal, out),
            TermRef::Triple(_) => return false,
        }
        true
    }
}

/// Appends a literal in N-Triples syntax.
pub fn write_ntriples_literal(literal: &LiteralRef<'_>, out: &mut String) {
    out.push('"');
    escape(literal.lexical, out);
    out.push('"');
    match literal.kind {
        LiteralKind::String => {}
        LiteralKind::Language { tag, direction } => {
            out.push('@');
            out.push_str(tag);
            if let Some(direction) = direction {
                out.push_str("--");
                out.push_str(direction.name());
            }
        }
        LiteralKind::Typed(iri) => {
            out.push_str("^^<");
            out.push_str(iri);
            out.push('>');
        }
    }
}

/// Canonical N-Triples escapes (RDF 1.2 N-Triples, section 4).
fn escape(text: &str, out: &mut String) {
    let needs_escape = |b: u8| b < 0x20 || b == b'"' || b == b'\\' || b == 0x7F;
    let mut rest = text;
    while let Some(at) = rest.bytes().position(needs_escape) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0C => out.push_str("\\f"),
            byte => {
                use std::fmt::Write;
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{byte:04X}");
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}
