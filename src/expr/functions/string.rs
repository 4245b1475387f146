//! Functions on strings (SPARQL 1.1 section 17.4.3), characters being code points.

use super::super::answer::Answer;
use super::super::context::Context;
use super::super::frame::{COMPUTED_BYTES_MAX, too_long};
use super::super::regexes::Pattern;
use crate::term::value::{Number, Value};
use crate::term::{LiteralKind, TermRef};
use memchr::memmem;
use std::sync::Arc;

/// The text of an `xsd:string`; `None` for another term.
pub fn simple(term: TermRef<'_>) -> Option<&str> {
    match term {
        TermRef::Literal(literal) if literal.kind == LiteralKind::String => Some(literal.lexical),
        _ => None,
    }
}

/// A "string literal": an `xsd:string` or one with a language, and perhaps a direction.
fn text(term: TermRef<'_>) -> Option<(&str, LiteralKind<'_>)> {
    match term {
        TermRef::Literal(literal) => match literal.kind {
            LiteralKind::Typed(_) => None,
            kind => Some((literal.lexical, kind)),
        },
        _ => None,
    }
}

/// Two texts that are argument compatible (section 17.4.3.1.2), and the kind of the first.
fn compatible<'t>(terms: &[TermRef<'t>]) -> Option<(&'t str, &'t str, LiteralKind<'t>)> {
    let [first, second] = *terms else { return None };
    let ((first, kind), (second, other)) = (text(first)?, text(second)?);
    (other == LiteralKind::String || other == kind).then_some((first, second, kind))
}

fn integer(term: TermRef<'_>) -> Option<i128> {
    match Value::of(term) {
        Value::Number(Number::Integer(value)) => Some(value.into()),
        _ => None,
    }
}

pub fn length<'t>(terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let [term] = *terms else { return None };
    let count = text(term)?.0.chars().count();
    Some(Answer::integer(i64::try_from(count).ok()?))
}

pub fn substring<'t>(terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let (source, start, length) = match *terms {
        [source, start] => (source, start, None),
        [source, start, length] => (source, start, Some(length)),
        _ => return None,
    };
    let (source, kind) = text(source)?;
    // The characters at these places, counted from 1; sums of the two do not overflow.
    let start = integer(start)?;
    let end = match length {
        Some(length) => start + integer(length)?,
        None => i128::MAX,
    };
    let first = start.max(1);
    let place = |character: i128| -> usize {
        let skipped = usize::try_from(character - 1).unwrap_or(usize::MAX);
        if source.is_ascii() {
            return skipped.min(source.len());
        }
        source
            .char_indices()
            .nth(skipped)
            .map_or(source.len(), |(at, _)| at)
    };
    let part = match end > first {
        true => &source[place(first)..place(end)],
        false => "",
    };
    Some(Answer::like(kind, part))
}

/// `UCASE` and `LCASE`.
pub fn mapped<'t>(terms: &[TermRef<'t>], map: impl Fn(&str) -> String) -> Option<Answer<'t>> {
    let [term] = *terms else { return None };
    let (text, kind) = text(term)?;
    Some(Answer::like(kind, map(text)))
}

pub fn starts<'t>(terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let (text, start, _) = compatible(terms)?;
    Some(Answer::Boolean(text.starts_with(start)))
}

pub fn ends<'t>(terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let (text, end, _) = compatible(terms)?;
    Some(Answer::Boolean(text.ends_with(end)))
}

/// Where the second text stands in the first.
fn find(text: &str, part: &str) -> Option<usize> {
    memmem::find(text.as_bytes(), part.as_bytes())
}

pub fn contains<'t>(terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let (text, part, _) = compatible(terms)?;
    Some(Answer::Boolean(find(text, part).is_some()))
}

pub fn before<'t>(terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let (text, part, kind) = compatible(terms)?;
    Some(match find(text, part) {
        Some(at) => Answer::like(kind, &text[..at]),
        None => Answer::string(""),
    })
}

pub fn after<'t>(terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let (text, part, kind) = compatible(terms)?;
    Some(match find(text, part) {
        Some(at) => Answer::like(kind, &text[at + part.len()..]),
        None => Answer::string(""),
    })
}

pub fn encode_for_uri<'t>(terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let [term] = *terms else { return None };
    let (text, _) = text(term)?;
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    for byte in text.bytes() {
        match byte {
            // Unreserved in RFC 3986.
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(byte.into());
            }
            _ => {
                out.push('%');
                out.push(DIGITS[usize::from(byte >> 4)].into());
                out.push(DIGITS[usize::from(byte & 0xF)].into());
            }
        }
    }
    Some(Answer::string(out))
}

pub fn concat<'t>(terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let mut kind = None;
    let mut bytes = 0;
    for &term in terms {
        let (text, other) = text(term)?;
        bytes += text.len();
        kind = match kind {
            None => Some(other),
            Some(kind) if kind == other => Some(kind),
            Some(_) => Some(LiteralKind::String),
        };
    }
    if bytes > COMPUTED_BYTES_MAX {
        return Some(Answer::Failure(too_long()));
    }
    let mut out = String::with_capacity(bytes);
    for &term in terms {
        out.push_str(text(term)?.0);
    }
    Some(Answer::like(kind.unwrap_or(LiteralKind::String), out))
}

/// Basic filtering (RFC 4647 section 3.3.1): the range is the tag, or its beginning up to a hyphen, whatever the case.
pub fn lang_matches<'t>(terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let [tag, range] = *terms else { return None };
    let (tag, range) = (simple(tag)?, simple(range)?);
    Some(Answer::Boolean(match range {
        "*" => !tag.is_empty(),
        _ => match tag.as_bytes().split_at_checked(range.len()) {
            Some((start, rest)) => {
                start.eq_ignore_ascii_case(range.as_bytes())
                    && (rest.is_empty() || rest[0] == b'-' && !range.is_empty())
            }
            None => false,
        },
    }))
}

/// The compiled expression of `REGEX` and `REPLACE`.
pub fn pattern(
    context: &Context,
    source: &TermRef<'_>,
    flags: Option<&TermRef<'_>>,
) -> Option<Arc<Pattern>> {
    let flags = match flags {
        Some(flags) => simple(*flags)?,
        None => "",
    };
    context.regexes.get(simple(*source)?, flags)
}

pub fn regex<'t>(pattern: &Pattern, terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let (text, _) = text(*terms.first()?)?;
    Some(Answer::Boolean(pattern.regex.is_match(text)))
}

pub fn replace<'t>(pattern: &Pattern, terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let [subject, _, replacement, ..] = *terms else {
        return None;
    };
    let (text, kind) = text(subject)?;
    match pattern.replace_all(text, simple(replacement)?, COMPUTED_BYTES_MAX) {
        Ok(replaced) => Some(Answer::like(kind, replaced?)),
        Err(_) => Some(Answer::Failure(too_long())),
    }
}
