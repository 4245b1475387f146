//! Dictionary keys: a class tag and bytes that compare like (lexical form, suffix).
//!
//! IRIs and `xsd:string` are their text. Any other literal is its lexical form with 0x00 and 0x01 escaped
//! (01 01 and 01 02), 0x00, and a suffix: the code of a well-known datatype, 0xFF and the datatype IRI, or
//! the language tag and a byte of direction.

use super::{
    Code, Datatype, Direction, Error, LiteralKind, LiteralRef, Result, Tag, TermBuf, TermRef,
};

const SEPARATOR: u8 = 0x00;
const ESCAPE: u8 = 0x01;
/// Stands before a datatype IRI that is not well-known.
const DATATYPE_IRI: u8 = 0xFF;

/// The last byte of a language-tagged string.
const fn direction_byte(direction: Option<Direction>) -> u8 {
    match direction {
        None => 0,
        Some(Direction::LeftToRight) => 1,
        Some(Direction::RightToLeft) => 2,
    }
}

/// Appends the key bytes of a term to `key` and returns its class. The key of a term in the dictionary is
/// the class's byte ([`Tag::byte`]) and these bytes. `None`, and nothing appended, for blank nodes and
/// triple terms, which have no key. Language tags are lower-cased.
pub fn dictionary_key(term: TermRef<'_>, key: &mut Vec<u8>) -> Option<Tag> {
    match term {
        TermRef::Iri(iri) => {
            key.extend_from_slice(iri.as_bytes());
            Some(Tag::IriDictionary)
        }
        TermRef::Literal(literal) => Some(literal_key(literal, key)),
        TermRef::Blank(_) | TermRef::Triple(_) => None,
    }
}

fn literal_key(literal: LiteralRef<'_>, key: &mut Vec<u8>) -> Tag {
    let datatype = match literal.kind {
        LiteralKind::String => Some(Datatype::String),
        LiteralKind::Typed(datatype) => Datatype::from_iri(datatype),
        LiteralKind::Language { .. } => None,
    };
    if datatype == Some(Datatype::String) {
        key.extend_from_slice(literal.lexical.as_bytes());
        return Tag::DictionaryString;
    }
    escape(literal.lexical.as_bytes(), key);
    key.push(SEPARATOR);
    match (literal.kind, datatype) {
        (LiteralKind::Language { tag, direction }, _) => {
            key.extend(tag.bytes().map(|byte| byte.to_ascii_lowercase()));
            key.push(direction_byte(direction));
            Tag::DictionaryLanguage
        }
        (_, Some(datatype)) => {
            key.push(datatype.code());
            datatype.class()
        }
        (LiteralKind::Typed(datatype), None) => {
            key.push(DATATYPE_IRI);
            key.extend_from_slice(datatype.as_bytes());
            Tag::DictionaryOther
        }
        // Handled above: an `xsd:string` has returned.
        (LiteralKind::String, None) => Tag::DictionaryString,
    }
}

/// The datatype part of a key, which compares like the suffix: code, and IRI if it has none.
pub(super) fn datatype_suffix(datatype: &str) -> (u8, &str) {
    match Datatype::from_iri(datatype) {
        Some(datatype) => (datatype.code(), ""),
        None => (DATATYPE_IRI, datatype),
    }
}

fn escape(text: &[u8], key: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr2(0x00, ESCAPE, rest) {
        key.extend_from_slice(&rest[..at]);
        key.extend_from_slice(&[ESCAPE, rest[at] + 1]);
        rest = &rest[at + 1..];
    }
    key.extend_from_slice(rest);
}

/// Undoes [`escape`] into `text`; `None` for a sequence that it never writes.
fn unescape(mut key: &str, text: &mut String) -> Option<()> {
    while let Some(at) = memchr::memchr(ESCAPE, key.as_bytes()) {
        text.push_str(&key[..at]);
        text.push(match key.as_bytes().get(at + 1)? {
            0x01 => '\u{0}',
            0x02 => '\u{1}',
            _ => return None,
        });
        key = &key[at + 2..];
    }
    text.push_str(key);
    Some(())
}

/// Writes the term of a key into `term`: the inverse of [`dictionary_key`]. Errors: `Corruption` if no term
/// has this key.
pub fn parse_key(tag: Tag, key: &[u8], term: &mut TermBuf) -> Result<()> {
    read(tag, key, term).ok_or_else(|| {
        Error::new(
            Code::Corruption,
            format!(
                "no term has this dictionary key of class {tag:?} and {} bytes",
                key.len()
            ),
        )
    })
}

fn read(tag: Tag, key: &[u8], term: &mut TermBuf) -> Option<()> {
    if matches!(tag, Tag::IriDictionary | Tag::DictionaryString) {
        let text = str::from_utf8(key).ok()?;
        if tag == Tag::IriDictionary {
            term.set_iri(text);
        } else {
            term.set_string(text);
        }
        return Some(());
    }
    let separator = memchr::memchr(SEPARATOR, key)?;
    let lexical = str::from_utf8(&key[..separator]).ok()?;
    let (suffix, last) = (&key[separator + 1..], *key.last()?);
    unescape(lexical, term.begin_literal())?;
    match tag {
        Tag::DictionaryLanguage => {
            let language = str::from_utf8(suffix.get(..suffix.len().checked_sub(1)?)?).ok()?;
            let direction = match last {
                0 => None,
                1 => Some(Direction::LeftToRight),
                2 => Some(Direction::RightToLeft),
                _ => return None,
            };
            if language.bytes().any(|byte| byte.is_ascii_uppercase()) {
                return None;
            }
            term.finish_language(language, direction);
        }
        Tag::DictionaryNumeric | Tag::DictionaryTemporal | Tag::DictionaryOther => match suffix {
            [DATATYPE_IRI, iri @ ..] => {
                let iri = str::from_utf8(iri).ok()?;
                if tag != Tag::DictionaryOther || Datatype::from_iri(iri).is_some() {
                    return None;
                }
                term.finish_typed(iri);
            }
            [code] => {
                let datatype =
                    Datatype::from_code(*code).filter(|datatype| datatype.class() == tag)?;
                term.finish_well_known(datatype);
            }
            _ => return None,
        },
        _ => return None,
    }
    Some(())
}
