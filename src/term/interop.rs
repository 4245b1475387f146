//! Conversions from and to the terms of `oxrdf`.

use super::text::write_blank_label;
use super::{Code, Datatype, Direction, Error, Id, LiteralKind, LiteralRef, Result, TermRef};
use oxrdf::{BaseDirection, BlankNode, Literal, NamedNode, NamedOrBlankNode, Term, Triple};

impl<'a> From<oxrdf::NamedNodeRef<'a>> for TermRef<'a> {
    fn from(node: oxrdf::NamedNodeRef<'a>) -> Self {
        TermRef::Iri(node.as_str())
    }
}

/// A language tag that was not lower-cased stays as it is here; [`TermBuf`](super::TermBuf) and
/// [`dictionary_key`](super::dictionary_key) lower-case it.
impl<'a> From<oxrdf::LiteralRef<'a>> for LiteralRef<'a> {
    fn from(literal: oxrdf::LiteralRef<'a>) -> Self {
        let Some(tag) = literal.language() else {
            // `datatype` borrows from the literal's text, not from this copy of the reference.
            return LiteralRef::typed(literal.value(), datatype(literal));
        };
        let direction = literal.direction().map(|direction| match direction {
            BaseDirection::Ltr => Direction::LeftToRight,
            BaseDirection::Rtl => Direction::RightToLeft,
        });
        LiteralRef::language(literal.value(), tag, direction)
    }
}

fn datatype(literal: oxrdf::LiteralRef<'_>) -> &str {
    literal.datatype().as_str()
}

impl<'a> From<oxrdf::LiteralRef<'a>> for TermRef<'a> {
    fn from(literal: oxrdf::LiteralRef<'a>) -> Self {
        TermRef::Literal(literal.into())
    }
}

impl TermRef<'_> {
    /// The `oxrdf` term of this one; blank nodes get their printed label. `nested` gives the parts of a
    /// triple term. Errors: those of `nested`; `Corruption` if they cannot stand where they do.
    pub fn to_oxrdf(self, nested: &mut dyn FnMut(Id) -> Result<Term>) -> Result<Term> {
        Ok(match self {
            TermRef::Iri(iri) => NamedNode::new_unchecked(iri).into(),
            TermRef::Blank(number) => {
                let mut label = Vec::new();
                write_blank_label(number, &mut label);
                BlankNode::new_unchecked(String::from_utf8_lossy(&label)).into()
            }
            TermRef::Literal(literal) => Literal::from(literal).into(),
            TermRef::Triple([subject, predicate, object]) => {
                let subject = match nested(subject)? {
                    Term::NamedNode(node) => NamedOrBlankNode::from(node),
                    Term::BlankNode(node) => NamedOrBlankNode::from(node),
                    _ => return Err(misplaced("subject")),
                };
                let Term::NamedNode(predicate) = nested(predicate)? else {
                    return Err(misplaced("predicate"));
                };
                Triple::new(subject, predicate, nested(object)?).into()
            }
        })
    }
}

#[cold]
fn misplaced(position: &str) -> Error {
    Error::new(
        Code::Corruption,
        format!("the {position} of a triple term is a term that cannot be one"),
    )
}

impl From<LiteralRef<'_>> for Literal {
    fn from(literal: LiteralRef<'_>) -> Self {
        let lexical = literal.lexical;
        match literal.kind {
            LiteralKind::String => Literal::new_simple_literal(lexical),
            LiteralKind::Language {
                tag,
                direction: None,
            } => Literal::new_language_tagged_literal_unchecked(lexical, tag),
            LiteralKind::Language {
                tag,
                direction: Some(direction),
            } => {
                let direction = match direction {
                    Direction::LeftToRight => BaseDirection::Ltr,
                    Direction::RightToLeft => BaseDirection::Rtl,
                };
                Literal::new_directional_language_tagged_literal_unchecked(lexical, tag, direction)
            }
            LiteralKind::Typed(datatype) => {
                Literal::new_typed_literal(lexical, NamedNode::new_unchecked(datatype))
            }
        }
    }
}

/// The id of an `oxrdf` term, after those of its parts. `blank` gives the number of a label (definition 10), `id` the id of a
/// term whose parts have theirs; a term has none if it or a part of it has none.
/// Errors: only those of the two.
pub fn resolve(
    term: oxrdf::TermRef<'_>,
    blank: &mut dyn FnMut(&str) -> Result<Option<u64>>,
    id: &mut dyn FnMut(TermRef<'_>) -> Result<Option<Id>>,
) -> Result<Option<Id>> {
    let term = match term {
        oxrdf::TermRef::NamedNode(node) => node.into(),
        oxrdf::TermRef::Literal(literal) => literal.into(),
        oxrdf::TermRef::BlankNode(node) => match blank(node.as_str())? {
            Some(number) => TermRef::Blank(number),
            None => return Ok(None),
        },
        oxrdf::TermRef::Triple(triple) => {
            let terms = [
                triple.subject.as_ref().into(),
                triple.predicate.as_ref().into(),
                triple.object.as_ref(),
            ];
            let mut parts = [Id::UNBOUND; 3];
            for (part, term) in parts.iter_mut().zip(terms) {
                match resolve(term, blank, id)? {
                    Some(found) => *part = found,
                    None => return Ok(None),
                }
            }
            TermRef::Triple(parts)
        }
    };
    id(term)
}

impl From<Datatype> for NamedNode {
    fn from(datatype: Datatype) -> Self {
        NamedNode::new_unchecked(datatype.iri())
    }
}

#[cfg(test)]
mod tests {
    use super::super::TermBuf;
    use super::*;

    fn there_and_back(term: &Term) -> Term {
        let mut buffer = TermBuf::new();
        let mut ids = 0;
        let id = resolve(
            term.as_ref(),
            &mut |label| Ok(super::super::parse_blank_label(label)),
            &mut |term| {
                buffer.set(term);
                ids += 1;
                Ok(Some(Id::from_raw(ids)))
            },
        );
        assert_eq!(id.unwrap(), Some(Id::from_raw(ids)));
        buffer
            .as_ref()
            .to_oxrdf(&mut |id| Ok(NamedNode::new_unchecked(format!("urn:{}", id.raw())).into()))
            .unwrap()
    }

    #[test]
    fn terms_survive_the_way_there_and_back() {
        let iri = NamedNode::new_unchecked("http://example.com/a");
        for term in [
            iri.clone().into(),
            BlankNode::new_unchecked("b1f").into(),
            Literal::new_simple_literal("a").into(),
            Literal::new_typed_literal("1", oxrdf::vocab::xsd::INTEGER).into(),
            Literal::new_typed_literal("1", iri).into(),
            Literal::new_language_tagged_literal_unchecked("a", "en").into(),
            Literal::new_directional_language_tagged_literal_unchecked(
                "a",
                "ar",
                BaseDirection::Rtl,
            )
            .into(),
            Triple::new(
                NamedNode::new_unchecked("urn:1"),
                NamedNode::new_unchecked("urn:2"),
                NamedNode::new_unchecked("urn:3"),
            )
            .into(),
        ] {
            assert_eq!(there_and_back(&term), term);
        }
    }

    #[test]
    fn a_term_has_no_id_if_a_part_has_none() {
        let iri = NamedNode::new_unchecked("urn:a");
        let inner = Triple::new(iri.clone(), iri.clone(), BlankNode::new_unchecked("x"));
        let outer: Term = Triple::new(iri.clone(), iri, inner).into();
        let id = resolve(outer.as_ref(), &mut |_| Ok(None), &mut |_| {
            Ok(Some(Id::from_raw(1)))
        });
        assert_eq!(id.unwrap(), None);
    }

    #[test]
    fn a_triple_term_with_a_literal_subject_is_corruption() {
        let term = TermRef::Triple([Id::UNBOUND; 3]);
        let error = term.to_oxrdf(&mut |_| Ok(Literal::new_simple_literal("a").into()));
        assert_eq!(error.unwrap_err().code(), Code::Corruption);
    }
}
