//! Functions of strings, numbers, dates and triple terms (section 17.4), one line each where one will do.

use crate::expressions::unjudged;
use crate::numbers::Numeric;
use oxrdf::{Literal, NamedNode, NamedOrBlankNode, Term};
use spargebra::algebra::Function;
use triplestore::term::TermRef;
use triplestore::term::value::Value;

/// A literal that is a string: its text, and its tag with direction.
fn string(term: &Term) -> Option<(&str, Option<Literal>)> {
    let Term::Literal(literal) = term else {
        return None;
    };
    match Value::of(TermRef::Literal(literal.as_ref().into())) {
        Value::String(_) => Some((literal.value(), None)),
        Value::Language { .. } => Some((literal.value(), Some(literal.clone()))),
        _ => None,
    }
}

pub fn plain(term: &Term) -> Option<&str> {
    string(term)
        .filter(|(_, tagged)| tagged.is_none())
        .map(|(text, _)| text)
}

/// A text with the tag of another literal.
fn like(text: String, tagged: &Option<Literal>) -> Term {
    let Some(other) = tagged else {
        return Literal::from(text).into();
    };
    let tag = other.language().expect("a tagged literal").to_owned();
    match other.direction() {
        Some(direction) => {
            Literal::new_directional_language_tagged_literal_unchecked(text, tag, direction).into()
        }
        None => Literal::new_language_tagged_literal_unchecked(text, tag).into(),
    }
}

/// Two strings that may be compared (17.4.3.1.2): the second is plain, or tagged as the first.
fn compatible<'t>(left: &'t Term, right: &'t Term) -> Option<(&'t str, Option<Literal>, &'t str)> {
    let ((left, tag), (right, other)) = (string(left)?, string(right)?);
    let same = |one: &Literal, two: &Literal| {
        one.language() == two.language() && one.direction() == two.direction()
    };
    let fits = match (&tag, &other) {
        (_, None) => true,
        (Some(one), Some(two)) => same(one, two),
        (None, Some(_)) => false,
    };
    fits.then_some((left, tag, right))
}

fn boolean(value: bool) -> Option<Term> {
    Some(Literal::from(value).into())
}

fn text(value: impl Into<String>) -> Option<Term> {
    Some(Literal::from(value.into()).into())
}

/// The value of a function of evaluated arguments.
pub fn call(function: &Function, arguments: &[Term]) -> Option<Term> {
    let first = arguments.first()?;
    match (function, &arguments[1..]) {
        (Function::StrLen, []) => {
            Some(Literal::from(string(first)?.0.chars().count() as u64).into())
        }
        (Function::UCase, []) => {
            let (value, tag) = string(first)?;
            Some(like(value.to_uppercase(), &tag))
        }
        (Function::LCase, []) => {
            let (value, tag) = string(first)?;
            Some(like(value.to_lowercase(), &tag))
        }
        (Function::StrStarts, [other]) => {
            let (value, _, part) = compatible(first, other)?;
            boolean(value.starts_with(part))
        }
        (Function::StrEnds, [other]) => {
            let (value, _, part) = compatible(first, other)?;
            boolean(value.ends_with(part))
        }
        (Function::Contains, [other]) => {
            let (value, _, part) = compatible(first, other)?;
            boolean(value.contains(part))
        }
        // Where nothing is found the result is a plain empty string.
        (Function::StrBefore, [other]) => {
            let (value, tag, part) = compatible(first, other)?;
            match value.find(part) {
                Some(at) => Some(like(value[..at].to_owned(), &tag)),
                None => text(""),
            }
        }
        (Function::StrAfter, [other]) => {
            let (value, tag, part) = compatible(first, other)?;
            match value.find(part) {
                Some(at) => Some(like(value[at + part.len()..].to_owned(), &tag)),
                None => text(""),
            }
        }
        (Function::SubStr, [start, rest @ ..]) => {
            let (value, tag) = string(first)?;
            let whole = |term: &Term| match Numeric::of(term)? {
                Numeric::Integer(value) => Some(i64::from(value)),
                _ => unjudged(),
            };
            let start = whole(start)?;
            let end = match rest {
                [] => i64::MAX,
                [length] => start.saturating_add(whole(length)?),
                _ => return None,
            };
            let chars = (1_i64..).zip(value.chars());
            let part = chars.filter(|(at, _)| (start..end).contains(at));
            Some(like(part.map(|(_, c)| c).collect(), &tag))
        }
        (Function::Concat, _) => {
            let parts: Option<Vec<_>> = arguments.iter().map(string).collect();
            let parts = parts?;
            let value: String = parts.iter().map(|(value, _)| *value).collect();
            let tag = &parts[0].1;
            let same = parts.iter().all(|(_, other)| match (tag, other) {
                (Some(one), Some(two)) => {
                    one.language() == two.language() && one.direction() == two.direction()
                }
                _ => false,
            });
            Some(like(value, if same { tag } else { &None }))
        }
        (Function::EncodeForUri, []) => {
            let (value, _) = string(first)?;
            let mut encoded = String::new();
            for byte in value.bytes() {
                match byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                    true => encoded.push(char::from(byte)),
                    false => encoded += &format!("%{byte:02X}"),
                }
            }
            text(encoded)
        }
        (Function::LangMatches, [range]) => {
            let (tag, range) = (plain(first)?.to_lowercase(), plain(range)?.to_lowercase());
            boolean(match range.as_str() {
                "*" => !tag.is_empty(),
                _ => tag == range || tag.starts_with(&format!("{range}-")),
            })
        }
        (Function::Abs, []) => Some(Numeric::of(first)?.absolute()?.term()),
        (Function::StrDt, [datatype]) => {
            let Term::NamedNode(datatype) = datatype else {
                return None;
            };
            let value = plain(first)?;
            Some(Literal::new_typed_literal(value, datatype.clone()).into())
        }
        (Function::StrLang, [tag]) => {
            let literal = Literal::new_language_tagged_literal(plain(first)?, plain(tag)?);
            Some(literal.ok()?.into())
        }
        (Function::HasLang, []) => {
            boolean(matches!(first, Term::Literal(literal) if literal.language().is_some()))
        }
        (Function::HasLangDir, []) => {
            boolean(matches!(first, Term::Literal(literal) if literal.direction().is_some()))
        }
        (Function::Triple, [predicate, object]) => {
            let Term::NamedNode(predicate) = predicate else {
                return None;
            };
            let triple = |subject: NamedOrBlankNode, predicate: &NamedNode| {
                oxrdf::Triple::new(subject, predicate.clone(), object.clone())
            };
            match first {
                Term::NamedNode(subject) => Some(triple(subject.clone().into(), predicate).into()),
                Term::BlankNode(subject) => Some(triple(subject.clone().into(), predicate).into()),
                _ => None,
            }
        }
        (Function::Subject, []) => match first {
            Term::Triple(triple) => Some(triple.subject.clone().into()),
            _ => None,
        },
        (Function::Predicate, []) => match first {
            Term::Triple(triple) => Some(triple.predicate.clone().into()),
            _ => None,
        },
        (Function::Object, []) => match first {
            Term::Triple(triple) => Some(triple.object.clone()),
            _ => None,
        },
        _ => unjudged(),
    }
}
