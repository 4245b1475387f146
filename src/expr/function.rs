//! Functions and tests of one term.

use super::compare::with_terms;
use super::terms::Terms;
use super::truth::Truth;
use crate::algebra::{TermFunction, TermTest};
use crate::error::Result;
use crate::term::value::Value;
use crate::term::{Id, LiteralKind, Tag, TermRef, inline_datatype};
use rustc_hash::FxHashMap;

/// Tests a column of ids (SPARQL 1.1 section 17.4.2).
pub fn test(test: TermTest, ids: &[u64], terms: &Terms) -> Result<Vec<Truth>> {
    let mut truths: Vec<Truth> = ids
        .iter()
        .map(|&raw| {
            let id = Id::from_raw(raw);
            if id.is_unbound() {
                return Truth::Error;
            }
            Truth::from(match test {
                TermTest::IsIri => id.is_iri(),
                TermTest::IsBlank => id.is_blank(),
                TermTest::IsLiteral => id.is_literal(),
                TermTest::IsTriple => id.is_triple(),
                TermTest::IsNumeric => id.tag().is_some_and(Tag::is_number),
            })
        })
        .collect();
    if test == TermTest::IsNumeric {
        let needed = |id: Id| matches!(id.tag(), Some(Tag::DictionaryNumeric | Tag::LocalLiteral));
        with_terms(ids, needed, terms, |row, term| {
            truths[row] = Truth::from(matches!(Value::of(term), Value::Number(_)));
            Ok(())
        })?;
    }
    Ok(truths)
}

/// Applies a function to a column of ids; 0 where it has no value. Each distinct id is worked once.
pub fn apply(function: TermFunction, ids: &[u64], terms: &Terms) -> Result<Vec<u64>> {
    let mut results: FxHashMap<u64, u64> = FxHashMap::default();
    let mut open: Vec<u64> = Vec::new();
    for &raw in ids {
        if results.contains_key(&raw) {
            continue;
        }
        let id = Id::from_raw(raw);
        let known = match function {
            TermFunction::Str => match id.tag() {
                Some(Tag::ShortString | Tag::DictionaryString) => Some(raw),
                Some(
                    Tag::Blank | Tag::LocalBlank | Tag::Triple | Tag::LocalTriple | Tag::Unbound,
                ) => Some(0),
                _ => None,
            },
            TermFunction::Lang => match id.tag() {
                Some(Tag::DictionaryLanguage | Tag::LocalLiteral) => None,
                _ if id.is_literal() => Some(terms.intern(TermRef::string(""))?.raw()),
                _ => Some(0),
            },
            TermFunction::Datatype => match id.tag().and_then(inline_datatype) {
                Some(datatype) => Some(terms.intern(TermRef::Iri(datatype.iri()))?.raw()),
                None if id.is_literal() => None,
                None => Some(0),
            },
        };
        results.insert(raw, known.unwrap_or(0));
        if known.is_none() {
            open.push(raw);
        }
    }
    with_terms(
        &open,
        |_| true,
        terms,
        |row, term| {
            let result = match (function, term) {
                (TermFunction::Str, TermRef::Iri(text)) => terms.intern(TermRef::string(text))?,
                (TermFunction::Str, TermRef::Literal(literal)) => {
                    terms.intern(TermRef::string(literal.lexical))?
                }
                (TermFunction::Lang, TermRef::Literal(literal)) => {
                    let tag = match literal.kind {
                        LiteralKind::Language { tag, .. } => tag,
                        _ => "",
                    };
                    terms.intern(TermRef::string(tag))?
                }
                (TermFunction::Datatype, TermRef::Literal(literal)) => {
                    terms.intern(TermRef::Iri(literal.datatype()))?
                }
                _ => Id::UNBOUND,
            };
            results.insert(open[row], result.raw());
            Ok(())
        },
    )?;
    Ok(ids
        .iter()
        .map(|raw| results.get(raw).copied().unwrap_or(0))
        .collect())
}
