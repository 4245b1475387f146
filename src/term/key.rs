//! Dictionary keys: the bytes under which a term that is not inline is stored.
//!
//! A key begins with the class tag. Keys of a class compare as (lexical form, suffix): in typed and
//! language-tagged literals, U+0000 and U+0001 of the lexical form are escaped in an order-preserving way
//! and 0x00 separates the suffix.

use super::datatype::Datatype;
use super::id::Tag;
use super::text::{BaseDirection, Kind, LiteralKind, TermBuf, TermRef};
use crate::error::{Code, Error, Result};

const SEPARATOR: u8 = 0x00;
const ESCAPE: u8 = 0x01;
/// Suffix of a datatype without a number: this byte and the IRI.
const DATATYPE_IRI: u8 = 0xFF;
/// Suffix of a literal with a base direction ends with one of these.
const LTR: u8 = b'>';
const RTL: u8 = b'<';

/// Replaces `out` by the key of a term, tag byte first. Blank nodes and triple terms have none: then the
/// result is `None` and `out` is empty.
pub fn dictionary_key(term: TermRef<'_>, out: &mut Vec<u8>) -> Option<Tag> {
    out.clear();
    let (tag, lexical) = match term {
        TermRef::Iri(iri) => {
            out.push(Tag::IriDictionary as u8);
            out.extend_from_slice(iri.as_bytes());
            return Some(Tag::IriDictionary);
        }
        TermRef::Literal(literal) => match literal.kind {
            LiteralKind::String => {
                out.push(Tag::String as u8);
                out.extend_from_slice(literal.lexical.as_bytes());
                return Some(Tag::String);
            }
            LiteralKind::Language { .. } => (Tag::Language, literal.lexical),
            LiteralKind::Typed(_) => {
                let tag = literal
                    .known_datatype()
                    .map_or(Tag::Other, Datatype::dictionary_tag);
                (tag, literal.lexical)
            }
        },
        TermRef::Blank(_) | TermRef::Triple(_) => return None,
    };
    out.push(tag as u8);
    push_escaped(lexical.as_bytes(), out);
    out.push(SEPARATOR);
    if let TermRef::Literal(literal) = term {
        match literal.kind {
            LiteralKind::Language { tag, direction } => {
                out.extend_from_slice(tag.as_bytes());
                match direction {
                    Some(BaseDirection::Ltr) => out.push(LTR),
                    Some(BaseDirection::Rtl) => out.push(RTL),
                    None => {}
                }
            }
            LiteralKind::Typed(iri) => match literal.known_datatype() {
                Some(datatype) => out.push(datatype as u8),
                None => {
                    out.push(DATATYPE_IRI);
                    out.extend_from_slice(iri.as_bytes());
                }
            },
            LiteralKind::String => {}
        }
    }
    Some(tag)
}

fn push_escaped(mut text: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = memchr::memchr2(SEPARATOR, ESCAPE, text) {
        out.extend_from_slice(&text[..at]);
        out.extend_from_slice(&[ESCAPE, text[at] + 1]);
        text = &text[at + 1..];
    }
    out.extend_from_slice(text);
}

/// The term of a key. Errors: `Corruption`.
pub fn parse_key(key: &[u8], out: &mut TermBuf) -> Result<()> {
    parse(key, out).ok_or_else(|| Error::new(Code::Corruption, "a dictionary entry is damaged"))
}

fn parse(key: &[u8], out: &mut TermBuf) -> Option<()> {
    let (&tag, body) = key.split_first()?;
    let tag = Tag::from_byte(tag)?;
    match tag {
        Tag::IriDictionary => out.start(Kind::Iri).push_str(str::from_utf8(body).ok()?),
        Tag::String => out.start(Kind::String).push_str(str::from_utf8(body).ok()?),
        Tag::Language | Tag::Numeric | Tag::Temporal | Tag::Other => {
            let separator = memchr::memchr(SEPARATOR, body)?;
            let (lexical, suffix) = (&body[..separator], &body[separator + 1..]);
            let text = out.start(Kind::Typed);
            push_unescaped(lexical, text)?;
            if tag == Tag::Language {
                let (language, direction) = match suffix.split_last()? {
                    (&LTR, language) => (language, Some(BaseDirection::Ltr)),
                    (&RTL, language) => (language, Some(BaseDirection::Rtl)),
                    _ => (suffix, None),
                };
                out.suffix.push_str(str::from_utf8(language).ok()?);
                out.kind = Kind::Language(direction);
            } else {
                match suffix {
                    [DATATYPE_IRI, iri @ ..] => out.suffix.push_str(str::from_utf8(iri).ok()?),
                    [number] => out.kind = Kind::Known(Datatype::from_number(*number)?),
                    _ => return None,
                }
            }
        }
        _ => return None,
    }
    Some(())
}

fn push_unescaped(bytes: &[u8], out: &mut String) -> Option<()> {
    let mut rest = str::from_utf8(bytes).ok()?;
    while let Some(at) = rest.find(char::from(ESCAPE)) {
        out.push_str(&rest[..at]);
        out.push(match rest.as_bytes().get(at + 1)? {
            1 => '\0',
            2 => '\u{1}',
            _ => return None,
        });
        rest = &rest[at + 2..];
    }
    out.push_str(rest);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::text::LiteralRef;
    use super::*;
    use proptest::prelude::*;

    fn literal() -> impl Strategy<Value = (String, u8, String)> {
        ("[a\u{0}\u{1}\u{2}é\u{10ffff}]{0,6}", 0u8..6, "[a-z]{1,3}")
    }

    fn term<'a>(
        (lexical, kind, suffix): &'a (String, u8, String),
        iri: &'a mut String,
    ) -> TermRef<'a> {
        *iri = format!("http://example.org/{suffix}");
        let kind = match kind {
            0 => LiteralKind::String,
            1 => LiteralKind::Language {
                tag: suffix,
                direction: None,
            },
            2 => LiteralKind::Language {
                tag: suffix,
                direction: Some(BaseDirection::Rtl),
            },
            3 => LiteralKind::Typed(iri),
            4 => LiteralKind::Typed(Datatype::Integer.iri()),
            _ => LiteralKind::Typed(Datatype::Html.iri()),
        };
        TermRef::Literal(LiteralRef { lexical, kind })
    }

    proptest! {
        #[test]
        fn keys_parse_back(sample in literal()) {
            let mut iri = String::new();
            let term = term(&sample, &mut iri);
            let (mut key, mut back) = (Vec::new(), TermBuf::default());
            dictionary_key(term, &mut key).unwrap();
            parse_key(&key, &mut back).unwrap();
            prop_assert_eq!(back.as_ref(), term);
        }

        #[test]
        fn keys_of_a_class_are_ordered_by_lexical_form(one in literal(), two in literal()) {
            let (mut a, mut b) = (String::new(), String::new());
            let (mut first, mut second) = (Vec::new(), Vec::new());
            dictionary_key(term(&one, &mut a), &mut first).unwrap();
            dictionary_key(term(&two, &mut b), &mut second).unwrap();
            if first[0] == second[0] && one.0 != two.0 {
                prop_assert_eq!(first.cmp(&second), one.0.cmp(&two.0));
            }
        }

        #[test]
        fn damaged_keys_are_errors_and_not_panics(mut key in any::<Vec<u8>>(), tag in 0x30u8..0x36) {
            key.insert(0, tag);
            let _ = parse_key(&key, &mut TermBuf::default());
        }
    }
}
