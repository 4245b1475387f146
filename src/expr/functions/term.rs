//! Functions on terms (SPARQL 1.1 section 17.4.2, SPARQL 1.2 section 17.4.2).

use super::super::answer::Answer;
use super::super::context::Context;
use super::super::frame::Frame;
use super::Known;
use super::string::simple;
use crate::error::Result;
use crate::term::value::Value;
use crate::term::{
    Datatype, Direction, Id, LiteralKind, LiteralRef, Tag, TermRef, boolean_id, inline_datatype,
};
use oxilangtag::LanguageTag;
use oxiri::{Iri, IriRef};

/// `sameTerm` of columns of settled ids, of which equal ones are the same term.
pub fn same(arguments: &[Vec<u64>]) -> Vec<u64> {
    let (yes, no) = (boolean_id(true).raw(), boolean_id(false).raw());
    let [left, right] = arguments else {
        return Vec::new();
    };
    left.iter()
        .zip(right)
        .map(|(left, right)| match (left, right) {
            (0, _) | (_, 0) => 0,
            _ if left == right => yes,
            _ => no,
        })
        .collect()
}

pub fn is_numeric_id(id: Id) -> Known {
    match id.tag() {
        Some(Tag::DictionaryNumeric | Tag::LocalLiteral) => Known::Unknown,
        tag => Known::from(tag.is_some_and(Tag::is_number)),
    }
}

pub fn is_numeric(term: TermRef<'_>) -> Option<Answer<'_>> {
    Some(Answer::Boolean(matches!(Value::of(term), Value::Number(_))))
}

pub fn str_of_id(id: Id) -> Known {
    match id.tag() {
        Some(Tag::ShortString | Tag::DictionaryString) => Known::Answer(Answer::Id(id)),
        _ if id.is_blank() || id.is_triple() => Known::NoValue,
        _ => Known::Unknown,
    }
}

pub fn str(term: TermRef<'_>) -> Option<Answer<'_>> {
    match term {
        TermRef::Iri(iri) => Some(Answer::string(iri)),
        TermRef::Literal(literal) => Some(Answer::string(literal.lexical)),
        TermRef::Blank(_) | TermRef::Triple(_) => None,
    }
}

/// Of `LANG` and `LANGDIR`.
pub fn lang_of_id(id: Id) -> Known {
    match id.tag() {
        Some(Tag::DictionaryLanguage | Tag::LocalLiteral) => Known::Unknown,
        _ if id.is_literal() => Known::Answer(Answer::string("")),
        _ => Known::NoValue,
    }
}

fn literal(term: TermRef<'_>) -> Option<LiteralRef<'_>> {
    match term {
        TermRef::Literal(literal) => Some(literal),
        _ => None,
    }
}

pub fn lang(term: TermRef<'_>) -> Option<Answer<'_>> {
    Some(Answer::string(match literal(term)?.kind {
        LiteralKind::Language { tag, .. } => tag,
        _ => "",
    }))
}

pub fn lang_dir(term: TermRef<'_>) -> Option<Answer<'_>> {
    Some(Answer::string(match literal(term)?.kind {
        LiteralKind::Language {
            direction: Some(direction),
            ..
        } => direction.name(),
        _ => "",
    }))
}

pub fn has_lang_id(id: Id) -> Known {
    match id.tag() {
        Some(Tag::LocalLiteral) => Known::Unknown,
        tag => Known::from(tag == Some(Tag::DictionaryLanguage)),
    }
}

pub fn has_lang(term: TermRef<'_>) -> Option<Answer<'_>> {
    let kind = literal(term)?.kind;
    Some(Answer::Boolean(matches!(
        kind,
        LiteralKind::Language { .. }
    )))
}

pub fn has_lang_dir_id(id: Id) -> Known {
    match id.tag() {
        Some(Tag::LocalLiteral | Tag::DictionaryLanguage) => Known::Unknown,
        _ => Known::from(false),
    }
}

pub fn has_lang_dir(term: TermRef<'_>) -> Option<Answer<'_>> {
    let kind = literal(term)?.kind;
    Some(Answer::Boolean(matches!(
        kind,
        LiteralKind::Language {
            direction: Some(_),
            ..
        }
    )))
}

pub fn datatype_of_id(id: Id) -> Known {
    match id.tag().and_then(inline_datatype) {
        Some(datatype) => Known::Answer(Answer::Iri(datatype.iri().into())),
        None if id.is_literal() => Known::Unknown,
        None => Known::NoValue,
    }
}

pub fn datatype(term: TermRef<'_>) -> Option<Answer<'_>> {
    Some(Answer::Iri(literal(term)?.datatype().into()))
}

pub fn iri<'t>(context: &Context, terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let text = match terms {
        [TermRef::Iri(iri)] => return Some(Answer::Iri((*iri).into())),
        [term] => simple(*term)?,
        _ => return None,
    };
    let resolved = match &context.base_iri {
        Some(base) => base.resolve(&IriRef::parse(text).ok()?).ok()?.into_inner(),
        None => Iri::parse(text).ok()?.into_inner().to_owned(),
    };
    Some(Answer::Iri(resolved.into()))
}

pub fn str_dt<'t>(terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let [lexical, TermRef::Iri(datatype)] = *terms else {
        return None;
    };
    let lexical = simple(lexical)?;
    match Datatype::from_iri(datatype) {
        Some(Datatype::String) => Some(Answer::string(lexical)),
        // These need a language.
        Some(Datatype::RdfLangString | Datatype::RdfDirLangString) => None,
        _ => Some(Answer::like(LiteralKind::Typed(datatype), lexical)),
    }
}

pub fn str_lang<'t>(terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let [lexical, tag] = *terms else { return None };
    tagged(simple(lexical)?, simple(tag)?, None)
}

pub fn str_lang_dir<'t>(terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let [lexical, tag, direction] = *terms else {
        return None;
    };
    let direction = match simple(direction)? {
        "ltr" => Direction::LeftToRight,
        "rtl" => Direction::RightToLeft,
        _ => return None,
    };
    tagged(simple(lexical)?, simple(tag)?, Some(direction))
}

fn tagged<'t>(lexical: &'t str, tag: &'t str, direction: Option<Direction>) -> Option<Answer<'t>> {
    LanguageTag::parse(tag).ok()?;
    Some(match tag.bytes().any(|byte| byte.is_ascii_uppercase()) {
        false => Answer::like(LiteralKind::Language { tag, direction }, lexical),
        true => Answer::Tagged {
            lexical: lexical.into(),
            tag: tag.to_ascii_lowercase(),
            direction,
        },
    })
}

pub fn uuid(frame: &Frame<'_>) -> Result<Answer<'static>> {
    Ok(Answer::Iri(
        format!("urn:uuid:{}", frame.context.uuid()?).into(),
    ))
}

pub fn str_uuid(frame: &Frame<'_>) -> Result<Answer<'static>> {
    Ok(Answer::string(frame.context.uuid()?))
}
