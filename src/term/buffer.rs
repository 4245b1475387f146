//! An owned term in a reusable buffer: what decoding writes into.

use super::{Datatype, Direction, Id, LiteralKind, LiteralRef, TermRef};

/// An owned term. Setting it keeps the allocations of the last one. A new buffer holds the empty
/// `xsd:string`.
#[derive(Clone, Debug, Default)]
pub struct TermBuf {
    kind: Kind,
    /// IRI or lexical form.
    text: String,
    /// Language tag, or datatype IRI that is not well-known.
    suffix: String,
}

#[derive(Clone, Copy, Debug, Default)]
enum Kind {
    Iri,
    Blank(u64),
    #[default]
    String,
    Language(Option<Direction>),
    WellKnown(Datatype),
    Typed,
    Triple([Id; 3]),
}

impl TermBuf {
    pub fn new() -> Self {
        Self::default()
    }

    /// The term that the buffer holds.
    pub fn as_ref(&self) -> TermRef<'_> {
        let kind = match self.kind {
            Kind::Iri => return TermRef::Iri(&self.text),
            Kind::Blank(number) => return TermRef::Blank(number),
            Kind::Triple(parts) => return TermRef::Triple(parts),
            Kind::String => LiteralKind::String,
            Kind::Language(direction) => LiteralKind::Language {
                tag: &self.suffix,
                direction,
            },
            Kind::WellKnown(datatype) => LiteralKind::Typed(datatype.iri()),
            Kind::Typed => LiteralKind::Typed(&self.suffix),
        };
        TermRef::Literal(LiteralRef {
            lexical: &self.text,
            kind,
        })
    }

    /// Copies a term. A language tag is set in lower case.
    pub fn set(&mut self, term: TermRef<'_>) {
        match term {
            TermRef::Iri(iri) => self.set_iri(iri),
            TermRef::Blank(number) => self.set_blank(number),
            TermRef::Triple(parts) => self.set_triple(parts),
            TermRef::Literal(literal) => {
                self.text.clear();
                self.text.push_str(literal.lexical);
                match literal.kind {
                    LiteralKind::String => self.kind = Kind::String,
                    LiteralKind::Language { tag, direction } => {
                        self.finish_language(tag, direction)
                    }
                    LiteralKind::Typed(datatype) => self.finish_typed(datatype),
                }
            }
        }
    }

    pub fn set_iri(&mut self, iri: &str) {
        let text = self.begin_iri();
        text.push_str(iri);
    }

    /// See [`TermRef::Blank`] for the number.
    pub fn set_blank(&mut self, number: u64) {
        self.kind = Kind::Blank(number);
    }

    pub fn set_triple(&mut self, parts: [Id; 3]) {
        self.kind = Kind::Triple(parts);
    }

    pub fn set_string(&mut self, lexical: &str) {
        self.set(TermRef::string(lexical));
    }

    /// A literal with a datatype, which may be `xsd:string`.
    pub fn set_typed(&mut self, lexical: &str, datatype: &str) {
        self.set(TermRef::typed(lexical, datatype));
    }

    /// A language-tagged string; the tag is set in lower case.
    pub fn set_language(&mut self, lexical: &str, tag: &str, direction: Option<Direction>) {
        self.set(TermRef::Literal(LiteralRef::language(
            lexical, tag, direction,
        )));
    }

    /// Begins an IRI: its text is to be appended.
    pub(super) fn begin_iri(&mut self) -> &mut String {
        self.kind = Kind::Iri;
        self.text.clear();
        &mut self.text
    }

    /// Begins a literal: its lexical form is to be appended, and then `finish_` called unless it is an
    /// `xsd:string`.
    pub(super) fn begin_literal(&mut self) -> &mut String {
        self.kind = Kind::String;
        self.text.clear();
        &mut self.text
    }

    pub(super) fn finish_well_known(&mut self, datatype: Datatype) {
        self.kind = Kind::WellKnown(datatype);
    }

    pub(super) fn finish_typed(&mut self, datatype: &str) {
        match Datatype::from_iri(datatype) {
            Some(Datatype::String) => self.kind = Kind::String,
            Some(datatype) => self.finish_well_known(datatype),
            None => {
                self.kind = Kind::Typed;
                self.suffix.clear();
                self.suffix.push_str(datatype);
            }
        }
    }

    pub(super) fn finish_language(&mut self, tag: &str, direction: Option<Direction>) {
        self.kind = Kind::Language(direction);
        self.suffix.clear();
        self.suffix.push_str(tag);
        self.suffix.make_ascii_lowercase();
    }
}

impl From<TermRef<'_>> for TermBuf {
    fn from(term: TermRef<'_>) -> Self {
        let mut buffer = Self::new();
        buffer.set(term);
        buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_gives_back_what_was_set() {
        let mut buffer = TermBuf::new();
        assert_eq!(buffer.as_ref(), TermRef::string(""));
        for term in [
            TermRef::Iri("http://example.com/a"),
            TermRef::Blank(7),
            TermRef::string("text"),
            TermRef::typed("1", Datatype::Integer.iri()),
            TermRef::typed("1", "http://example.com/type"),
            TermRef::Literal(LiteralRef::language(
                "a",
                "en",
                Some(Direction::RightToLeft),
            )),
            TermRef::Triple([Id::from_raw(1), Id::from_raw(2), Id::from_raw(3)]),
        ] {
            buffer.set(term);
            assert_eq!(buffer.as_ref(), term);
        }
    }

    #[test]
    fn language_tags_are_lower_cased_and_xsd_string_is_a_kind() {
        let mut buffer = TermBuf::new();
        buffer.set_language("a", "EN-gb", None);
        assert_eq!(
            buffer.as_ref(),
            TermRef::Literal(LiteralRef::language("a", "en-gb", None))
        );
        buffer.set(TermRef::Literal(LiteralRef {
            lexical: "a",
            kind: LiteralKind::Typed(Datatype::String.iri()),
        }));
        assert_eq!(buffer.as_ref(), TermRef::string("a"));
    }
}
