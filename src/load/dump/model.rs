//! Terms as the `oxrdf` model that the serializer crates take.

use super::super::statement::{Direction, RawLiteral, RawTerm};
use crate::error::{Code, Error, Result};
use oxrdf::{
    BaseDirection, BlankNodeRef, GraphNameRef, LiteralRef, NamedNodeRef, NamedOrBlankNodeRef,
    QuadRef, Term, TermRef, Triple,
};

/// Calls `then` with a statement in the model. Allocates for triple terms only.
/// Errors: `InvalidInput` for a term that cannot stand where it stands.
pub(super) fn quad<R>(
    subject: RawTerm<'_>,
    predicate: RawTerm<'_>,
    object: RawTerm<'_>,
    graph: Option<RawTerm<'_>>,
    then: impl FnOnce(QuadRef<'_>) -> R,
) -> Result<R> {
    let graph_name = match graph {
        None => GraphNameRef::DefaultGraph,
        Some(graph) => node(graph)?.into(),
    };
    let triple;
    let object = match object {
        RawTerm::Iri(iri) => NamedNodeRef::new_unchecked(iri).into(),
        RawTerm::Blank(label) => BlankNodeRef::new_unchecked(label).into(),
        RawTerm::Literal(raw) => literal(raw).into(),
        RawTerm::Triple(parts) => {
            triple = owned_triple(parts)?;
            TermRef::Triple(&triple)
        }
    };
    Ok(then(QuadRef {
        subject: node(subject)?,
        predicate: iri(predicate)?,
        object,
        graph_name,
    }))
}

fn literal(raw: RawLiteral<'_>) -> LiteralRef<'_> {
    match (raw.language, raw.direction) {
        (Some(language), Some(direction)) => {
            let direction = match direction {
                Direction::Ltr => BaseDirection::Ltr,
                Direction::Rtl => BaseDirection::Rtl,
            };
            LiteralRef::new_directional_language_tagged_literal_unchecked(
                raw.lexical,
                language,
                direction,
            )
        }
        (Some(language), None) => {
            LiteralRef::new_language_tagged_literal_unchecked(raw.lexical, language)
        }
        (None, _) => {
            LiteralRef::new_typed_literal(raw.lexical, NamedNodeRef::new_unchecked(raw.datatype))
        }
    }
}

fn node(term: RawTerm<'_>) -> Result<NamedOrBlankNodeRef<'_>> {
    match term {
        RawTerm::Iri(iri) => Ok(NamedNodeRef::new_unchecked(iri).into()),
        RawTerm::Blank(label) => Ok(BlankNodeRef::new_unchecked(label).into()),
        RawTerm::Literal(_) | RawTerm::Triple(_) => Err(misplaced("a subject or graph")),
    }
}

fn iri(term: RawTerm<'_>) -> Result<NamedNodeRef<'_>> {
    match term {
        RawTerm::Iri(iri) => Ok(NamedNodeRef::new_unchecked(iri)),
        _ => Err(misplaced("a predicate")),
    }
}

fn owned_triple(parts: &[RawTerm<'_>; 3]) -> Result<Triple> {
    let [subject, predicate, object] = parts;
    let object: Term = match object {
        RawTerm::Triple(parts) => owned_triple(parts)?.into(),
        RawTerm::Literal(raw) => literal(*raw).into_owned().into(),
        RawTerm::Iri(_) | RawTerm::Blank(_) => node(*object)?.into_owned().into(),
    };
    Ok(Triple::new(
        node(*subject)?.into_owned(),
        iri(*predicate)?.into_owned(),
        object,
    ))
}

#[cold]
fn misplaced(place: &str) -> Error {
    Error::new(
        Code::InvalidInput,
        format!("a term cannot be written as {place}"),
    )
}
