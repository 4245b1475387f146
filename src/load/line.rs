//! The tokens of a line of N-Triples or N-Quads.
//!
//! Source: RDF 1.2 N-Triples and N-Quads, sections 2 to 4 (grammars). What the grammar allows but
//! data seldom holds (labels with other than ASCII letters, blanks before a language tag) is left
//! to the strict parser.

use super::nesting::MAX_NESTING;
use super::statement::{Direction, RDF_DIR_LANG_STRING, RDF_LANG_STRING, RawTerm, check_iri};
use memchr::memchr2;
use oxilangtag::LanguageTag;
use std::mem;

/// Distinct datatypes, and as many language tags, whose check is remembered. Documents use few.
const REMEMBERED: usize = 64;

/// Strings whose check is remembered. The newest hit is compared first.
#[derive(Default)]
pub(super) struct Remembered {
    strings: Vec<String>,
    latest: usize,
    replace_next: usize,
}

impl Remembered {
    /// Whether `text` passes `check`, which runs only for strings that are not remembered.
    #[inline]
    fn passes(&mut self, text: &str, check: impl FnOnce(&str) -> bool) -> bool {
        if self.strings.get(self.latest).is_some_and(|s| s == text) {
            return true;
        }
        self.search(text, check)
    }

    fn search(&mut self, text: &str, check: impl FnOnce(&str) -> bool) -> bool {
        if let Some(found) = self.strings.iter().position(|s| s == text) {
            self.latest = found;
            return true;
        }
        if !check(text) {
            return false;
        }
        if self.strings.len() < REMEMBERED {
            self.latest = self.strings.len();
            self.strings.push(text.to_owned());
        } else {
            self.latest = self.replace_next;
            self.strings[self.latest] = text.to_owned();
            self.replace_next = (self.replace_next + 1) % REMEMBERED;
        }
        true
    }
}

/// A subject and a predicate that wait for their object.
pub(super) type Open<'a> = (RawTerm<'a>, RawTerm<'a>);

/// A position in a line. Every method returns `None` where it is not sure, with the position
/// undefined: the strict parser then takes the line from its start.
pub(super) struct Cursor<'a, 'm> {
    pub text: &'a str,
    pub at: usize,
    /// The unused part of the buffer for unescaped text.
    pub scratch: &'a mut [u8],
    pub trusted: bool,
    pub datatypes: &'m mut Remembered,
    pub languages: &'m mut Remembered,
}

impl<'a> Cursor<'a, '_> {
    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// Skips blanks; the next byte.
    #[inline]
    pub(super) fn peek_token(&mut self) -> Option<u8> {
        loop {
            match self.byte()? {
                b' ' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    #[inline]
    pub(super) fn subject_and_predicate(&mut self) -> Option<Open<'a>> {
        let subject = match self.peek_token()? {
            b'<' => RawTerm::Iri(self.iri()?),
            b'_' => RawTerm::Blank(self.blank()?),
            _ => return None,
        };
        match self.peek_token()? {
            b'<' => Some((subject, RawTerm::Iri(self.iri()?))),
            _ => None,
        }
    }

    /// Whether a triple term comes next.
    #[inline]
    pub(super) fn at_triple_term(&mut self) -> bool {
        self.peek_token() == Some(b'<') && self.rest().starts_with(b"<<(")
    }

    /// Triple terms down to the innermost object, and their ends.
    pub(super) fn triple_terms(&mut self, open: &mut Vec<Open<'a>>) -> Option<RawTerm<'a>> {
        while self.at_triple_term() {
            if open.len() == MAX_NESTING {
                return None;
            }
            self.at += 3;
            open.push(self.subject_and_predicate()?);
        }
        let object = self.object()?;
        for _ in 0..open.len() {
            self.peek_token()?;
            if !self.rest().starts_with(b")>>") {
                return None;
            }
            self.at += 3;
        }
        Some(object)
    }

    /// An object that is not a triple term.
    #[inline]
    pub(super) fn object(&mut self) -> Option<RawTerm<'a>> {
        match self.peek_token()? {
            b'<' => Some(RawTerm::Iri(self.iri()?)),
            b'"' => self.literal(),
            b'_' => Some(RawTerm::Blank(self.blank()?)),
            _ => None,
        }
    }

    /// The graph, the dot, and nothing but a comment after it.
    #[inline]
    pub(super) fn end_of_statement(&mut self, with_graphs: bool) -> Option<Option<RawTerm<'a>>> {
        let graph = match self.peek_token()? {
            b'.' => None,
            b'<' if with_graphs => Some(RawTerm::Iri(self.iri()?)),
            b'_' if with_graphs => Some(RawTerm::Blank(self.blank()?)),
            _ => return None,
        };
        if graph.is_some() && self.peek_token()? != b'.' {
            return None;
        }
        self.at += 1;
        match self.peek_token() {
            None | Some(b'#') => Some(graph),
            Some(_) => None,
        }
    }

    /// `<...>`, at the `<`. Whether it is valid is seen when the sink meets it first.
    #[inline]
    fn iri(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        let rest = &self.text.as_bytes()[start..];
        let length = memchr2(b'>', b'\\', rest)?;
        if rest[0] == b'<' {
            return None;
        }
        if rest[length] == b'\\' {
            return self.unescape(start, b'>', false);
        }
        self.at = start + length + 1;
        self.text.get(start..start + length)
    }

    /// `_:label`, at the `_`. Labels with other than ASCII characters are left to the strict
    /// parser. A label does not end with a dot.
    #[inline]
    fn blank(&mut self) -> Option<&'a str> {
        let rest = self.rest().strip_prefix(b"_:")?;
        if !matches!(rest.first()?, b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'0'..=b'9') {
            return None;
        }
        let mut length = rest
            .iter()
            .position(
                |b| !matches!(b, b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'0'..=b'9' | b'-' | b'.'),
            )
            .unwrap_or(rest.len());
        if rest.get(length).is_some_and(|b| !b.is_ascii()) {
            return None;
        }
        while rest[length - 1] == b'.' {
            length -= 1;
        }
        let start = self.at + 2;
        self.at = start + length;
        self.text.get(start..start + length)
    }

    /// `"..."` with its language or datatype, at the quote.
    #[inline]
    fn literal(&mut self) -> Option<RawTerm<'a>> {
        let start = self.at + 1;
        let rest = &self.text.as_bytes()[start..];
        let length = memchr2(b'"', b'\\', rest)?;
        let lexical = if rest[length] == b'"' {
            self.at = start + length + 1;
            self.text.get(start..start + length)?
        } else {
            self.unescape(start, b'"', true)?
        };
        match self.byte()? {
            b'^' => {
                if !self.rest().starts_with(b"^^<") {
                    return None;
                }
                self.at += 2;
                let datatype = self.iri()?;
                let passes = match datatype {
                    RDF_LANG_STRING | RDF_DIR_LANG_STRING => false,
                    _ if self.trusted => true,
                    _ => self
                        .datatypes
                        .passes(datatype, |iri| check_iri(iri).is_ok()),
                };
                passes.then(|| RawTerm::typed(lexical, datatype))
            }
            b'@' => {
                let (language, direction) = self.language()?;
                Some(RawTerm::tagged(lexical, language, direction))
            }
            _ => Some(RawTerm::simple(lexical)),
        }
    }

    /// `@tag` or `@tag--dir`, at the `@`; the tag in lower case.
    fn language(&mut self) -> Option<(&'a str, Option<Direction>)> {
        let rest = &self.rest()[1..];
        let end = rest
            .iter()
            .position(|b| !(b.is_ascii_alphanumeric() || *b == b'-'))?;
        let whole = self.text.get(self.at + 1..self.at + 1 + end)?;
        let (tag, direction) = match whole.split_once("--") {
            None => (whole, None),
            Some((tag, "ltr")) => (tag, Some(Direction::Ltr)),
            Some((tag, "rtl")) => (tag, Some(Direction::Rtl)),
            Some(_) => return None,
        };
        self.at += 1 + end;
        // The grammar: subtags are not empty and the first has letters only.
        let mut subtags = tag.split('-');
        let primary = subtags.next()?;
        if primary.is_empty()
            || !primary.bytes().all(|b| b.is_ascii_alphabetic())
            || subtags.any(str::is_empty)
        {
            return None;
        }
        let valid = self.trusted
            || self
                .languages
                .passes(tag, |tag| LanguageTag::parse(tag).is_ok());
        if !valid {
            return None;
        }
        if !tag.bytes().any(|b| b.is_ascii_uppercase()) {
            return Some((tag, direction));
        }
        let lower = self.carve(tag.len())?;
        lower.copy_from_slice(tag.as_bytes());
        lower.make_ascii_lowercase();
        Some((std::str::from_utf8(lower).ok()?, direction))
    }

    /// The next `length` bytes of the buffer.
    fn carve(&mut self, length: usize) -> Option<&'a mut [u8]> {
        let scratch = mem::take(&mut self.scratch);
        let (taken, rest) = scratch.split_at_mut_checked(length)?;
        self.scratch = rest;
        Some(taken)
    }

    /// Text up to `delimiter` with its escapes resolved: UCHAR, and in a string ECHAR.
    fn unescape(&mut self, start: usize, delimiter: u8, in_string: bool) -> Option<&'a str> {
        let source = self.text.as_bytes();
        let scratch = mem::take(&mut self.scratch);
        let mut length = 0;
        let mut at = start;
        loop {
            let run = memchr2(delimiter, b'\\', &source[at..])?;
            scratch
                .get_mut(length..length + run)?
                .copy_from_slice(&source[at..at + run]);
            length += run;
            at += run;
            if source[at] == delimiter {
                break;
            }
            let escaped = match *source.get(at + 1)? {
                b'u' => code_point(source.get(at + 2..at + 6)?)?,
                b'U' => code_point(source.get(at + 2..at + 10)?)?,
                letter if in_string => match letter {
                    b't' => '\t',
                    b'b' => '\x08',
                    b'n' => '\n',
                    b'r' => '\r',
                    b'f' => '\x0C',
                    b'"' | b'\'' | b'\\' => char::from(letter),
                    _ => return None,
                },
                _ => return None,
            };
            at += match source[at + 1] {
                b'u' => 6,
                b'U' => 10,
                _ => 2,
            };
            let room = scratch.get_mut(length..length + escaped.len_utf8())?;
            escaped.encode_utf8(room);
            length += escaped.len_utf8();
        }
        self.at = at + 1;
        let (taken, rest) = scratch.split_at_mut_checked(length)?;
        self.scratch = rest;
        std::str::from_utf8(taken).ok()
    }
}

/// The character of 4 or 8 hexadecimal digits; none for a surrogate.
fn code_point(digits: &[u8]) -> Option<char> {
    let mut value = 0u32;
    for &digit in digits {
        value = value.checked_mul(16)? + char::from(digit).to_digit(16)?;
    }
    char::from_u32(value)
}
