//! The fast tokenizer of N-Triples and N-Quads, RDF 1.2 included.
//!
//! It accepts a subset of what the strict parser ([`super::strict`]) accepts, and of that nearly
//! everything real data holds; a line it does not accept goes to the strict parser, which yields
//! its statements or the exact error. So the two together accept what the strict parser accepts
//! (property-tested), at several times its speed: text is scanned with `memchr`, borrowed where
//! nothing is escaped, and validated as UTF-8 once per chunk.
//! Source: RDF 1.2 N-Triples and N-Quads, sections 2 to 4 (grammars).

use super::chunk::Chunk;
use super::nesting::MAX_NESTING;
use super::position::{Place, count_lines};
use super::report::ErrorLog;
use super::statement::{
    ChunkEnd, Direction, InvalidTerm, RDF_DIR_LANG_STRING, RDF_LANG_STRING, RawTerm, Refusal,
    StatementSink, check_iri, check_size, deliver,
};
use super::strict::{UTF8_HINT, described, parse_line};
use crate::error::{Code, Error, Result};
use memchr::{memchr, memchr2, memrchr};
use oxilangtag::LanguageTag;
use std::mem;

/// Distinct datatypes, and as many language tags, whose check is remembered. Documents use few.
const REMEMBERED: usize = 64;

/// What is parsed and how strictly.
#[derive(Clone, Copy, Debug)]
pub struct LineOptions {
    /// N-Quads rather than N-Triples.
    pub with_graphs: bool,
    /// Skips the checks of IRIs, language tags and datatypes.
    pub trusted: bool,
    /// The longest text of a term (definition 8).
    pub max_term_bytes: usize,
}

/// Parses chunks of N-Triples or N-Quads. One per thread; keeps its buffers between chunks.
pub struct LineParser {
    options: LineOptions,
    /// Room for unescaped text, as long as the longest line so far.
    scratch: Vec<u8>,
    datatypes: Remembered,
    languages: Remembered,
}

impl LineParser {
    pub fn new(options: LineOptions) -> Self {
        Self {
            options,
            scratch: Vec::new(),
            datatypes: Remembered::default(),
            languages: Remembered::default(),
        }
    }

    /// Hands every statement of the chunk to the sink; returns how many it took.
    pub(super) fn parse<S: StatementSink>(
        &mut self,
        chunk: &Chunk,
        sink: &mut S,
        log: &mut ErrorLog<'_>,
    ) -> Result<u64> {
        let mut statements = 0;
        if let Some(error) = chunk.overlong_error(self.options.max_term_bytes) {
            log.bad_statement(error)?;
        }
        let mut place = Place::line_start(chunk.offset, chunk.line);
        let mut bytes = &chunk.bytes[..];
        loop {
            let (text, bad_line) = match std::str::from_utf8(bytes) {
                Ok(text) => (text, None),
                Err(error) => {
                    let bad = error.valid_up_to();
                    let start = memrchr(b'\n', &bytes[..bad]).map_or(0, |at| at + 1);
                    // Cut at a newline inside the valid part, so it is valid itself.
                    let valid = std::str::from_utf8(&bytes[..start]).unwrap_or_default();
                    (valid, Some((start, bad)))
                }
            };
            statements += self.parse_text(text, place, sink, log)?;
            let Some((start, bad)) = bad_line else { break };
            let end = memchr(b'\n', &bytes[bad..]).map_or(bytes.len(), |at| bad + at + 1);
            place = Place::line_start(
                place.offset + start as u64,
                place.line + count_lines(text.as_bytes()),
            );
            let mut at = place;
            at.advance(&bytes[start..bad]);
            log.bad_statement(
                Error::new(Code::InvalidUtf8, "the text is not valid UTF-8")
                    .with_hint(UTF8_HINT)
                    .at(at.position()),
            )?;
            place = Place::line_start(
                place.offset + (end - start) as u64,
                place.line + count_lines(&bytes[start..end]),
            );
            bytes = &bytes[end..];
        }
        sink.end_of_chunk(ChunkEnd {
            sequence: chunk.sequence,
            offset: chunk.offset + chunk.document_bytes(),
            line: chunk.line + chunk.lines,
        })?;
        Ok(statements)
    }

    fn parse_text<S: StatementSink>(
        &mut self,
        text: &str,
        start: Place,
        sink: &mut S,
        log: &mut ErrorLog<'_>,
    ) -> Result<u64> {
        let bytes = text.as_bytes();
        let has_cr = memchr(b'\r', bytes).is_some();
        let mut lines = LineCounter {
            text: bytes,
            start,
            counted: 0,
            lines: 0,
        };
        let mut statements = 0;
        let mut from = 0;
        while from < bytes.len() {
            let to = memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |at| from + at);
            let mut line = &text[from..to];
            let mut inner_cr = false;
            if has_cr {
                line = line.strip_suffix('\r').unwrap_or(line);
                inner_cr = memchr(b'\r', line.as_bytes()).is_some();
            }
            let taken = match inner_cr {
                true => Taken::Unsure,
                false => self.fast(line, sink),
            };
            match taken {
                Taken::Statement => statements += 1,
                Taken::Nothing => {}
                Taken::Stopped(error) => return Err(error),
                Taken::Unsure => {
                    statements += self.strict(line, lines.place(from), sink, log)?;
                }
                Taken::Invalid(term) => {
                    let place = lines.place(from);
                    log.bad_statement(self.invalid(line, place, term))?;
                }
            }
            from = to + 1;
        }
        Ok(statements)
    }

    /// Tokenizes a line and hands its statement to the sink.
    #[inline]
    fn fast<S: StatementSink>(&mut self, line: &str, sink: &mut S) -> Taken {
        if self.scratch.len() < line.len() {
            self.scratch.resize(line.len().next_power_of_two(), 0);
        }
        let mut cursor = Cursor {
            text: line,
            at: 0,
            scratch: &mut self.scratch,
            trusted: self.options.trusted,
            datatypes: &mut self.datatypes,
            languages: &mut self.languages,
        };
        let outer = match cursor.peek_token() {
            None | Some(b'#') => return Taken::Nothing,
            Some(_) => cursor.subject_and_predicate(),
        };
        let Some((subject, predicate)) = outer else {
            return Taken::Unsure;
        };
        // No term of a line is longer than the line.
        let max_term_bytes = self.options.max_term_bytes;
        let limit = (line.len() > max_term_bytes).then_some(max_term_bytes);
        if cursor.at_triple_term() {
            let mut open = Vec::new();
            let Some(object) = cursor.triple_terms(&mut open) else {
                return Taken::Unsure;
            };
            let Some(graph) = cursor.end_of_statement(self.options.with_graphs) else {
                return Taken::Unsure;
            };
            return with_nested(&open, object, &mut |object| {
                take(limit, subject, predicate, object, graph, sink)
            });
        }
        let Some(object) = cursor.object() else {
            return Taken::Unsure;
        };
        match cursor.end_of_statement(self.options.with_graphs) {
            Some(graph) => take(limit, subject, predicate, object, graph, sink),
            None => Taken::Unsure,
        }
    }

    /// Parses a line with the reference parser.
    #[cold]
    fn strict<S: StatementSink>(
        &mut self,
        line: &str,
        place: Place,
        sink: &mut S,
        log: &mut ErrorLog<'_>,
    ) -> Result<u64> {
        let options = self.options;
        if let Some(at) = too_deep(line) {
            let mut place = place;
            place.advance(&line.as_bytes()[..at]);
            log.bad_statement(super::nesting::too_deep().at(place.position()))?;
            return Ok(0);
        }
        let quads = match parse_line(line.as_bytes(), options.with_graphs, options.trusted, place) {
            Ok(quads) => quads,
            Err(error) => {
                log.bad_statement(error)?;
                return Ok(0);
            }
        };
        let mut statements = 0;
        for quad in &quads {
            match deliver(quad.as_ref(), options.max_term_bytes, sink) {
                Ok(()) => statements += 1,
                Err(Refusal::Stop(error)) => return Err(error),
                Err(Refusal::Term(term)) => {
                    log.bad_statement(Error::from(term).at(place.position()))?;
                }
            }
        }
        Ok(statements)
    }

    /// The error for a term that the sink refused: placed by the reference parser if it finds a
    /// fault as well, else at the start of the line.
    #[cold]
    fn invalid(&self, line: &str, place: Place, term: InvalidTerm) -> Error {
        match parse_line(line.as_bytes(), self.options.with_graphs, false, place) {
            Err(error) => {
                let position = error.position().cloned().unwrap_or_default();
                described(term.code(), error.detail()).at(position)
            }
            Ok(_) => described(term.code(), term.reason()).at(place.position()),
        }
    }
}

/// Hands a statement to the sink; `limit` is the size of a term to check against, if any.
#[inline]
fn take<S: StatementSink>(
    limit: Option<usize>,
    subject: RawTerm<'_>,
    predicate: RawTerm<'_>,
    object: RawTerm<'_>,
    graph: Option<RawTerm<'_>>,
    sink: &mut S,
) -> Taken {
    if let Some(limit) = limit {
        for term in [Some(subject), Some(predicate), Some(object), graph] {
            if let Err(term) = check_size(term, limit) {
                return Taken::Invalid(term);
            }
        }
    }
    match sink.statement(subject, predicate, object, graph) {
        Ok(()) => Taken::Statement,
        Err(Refusal::Term(term)) => Taken::Invalid(term),
        Err(Refusal::Stop(error)) => Taken::Stopped(error),
    }
}

/// What became of a line.
enum Taken {
    Statement,
    /// An empty line or a comment.
    Nothing,
    /// The tokenizer leaves it to the strict parser.
    Unsure,
    Invalid(InvalidTerm),
    Stopped(Error),
}

/// Counts lines only as far as positions are asked for, and no byte twice.
struct LineCounter<'a> {
    text: &'a [u8],
    start: Place,
    counted: usize,
    lines: u64,
}

impl LineCounter<'_> {
    /// The place of the line that begins at `from`; calls must ascend.
    fn place(&mut self, from: usize) -> Place {
        self.lines += count_lines(&self.text[self.counted..from]);
        self.counted = from;
        Place::line_start(
            self.start.offset + from as u64,
            self.start.line + self.lines,
        )
    }
}

/// Strings whose check is remembered. The newest hit is compared first.
#[derive(Default)]
struct Remembered {
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
type Open<'a> = (RawTerm<'a>, RawTerm<'a>);

/// Calls `then` with the term that `object` and the open triple terms around it make.
fn with_nested<R>(
    open: &[Open<'_>],
    object: RawTerm<'_>,
    then: &mut dyn FnMut(RawTerm<'_>) -> R,
) -> R {
    match open {
        [] => then(object),
        [outer @ .., (subject, predicate)] => {
            let parts = [*subject, *predicate, object];
            with_nested(outer, RawTerm::Triple(&parts), then)
        }
    }
}

/// Where a line opens more triple terms than the limit, if it does. Openings inside strings
/// count as well, which only makes the check stricter on lines that nest at all.
fn too_deep(line: &str) -> Option<usize> {
    memchr::memmem::find_iter(line.as_bytes(), b"<<(").nth(MAX_NESTING)
}

/// A position in a line. Every method returns `None` where it is not sure, with the position
/// undefined: the strict parser then takes the line from its start.
struct Cursor<'a, 'm> {
    text: &'a str,
    at: usize,
    /// The unused part of the buffer for unescaped text.
    scratch: &'a mut [u8],
    trusted: bool,
    datatypes: &'m mut Remembered,
    languages: &'m mut Remembered,
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
    fn peek_token(&mut self) -> Option<u8> {
        loop {
            match self.byte()? {
                b' ' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    #[inline]
    fn subject_and_predicate(&mut self) -> Option<Open<'a>> {
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
    fn at_triple_term(&mut self) -> bool {
        self.peek_token() == Some(b'<') && self.rest().starts_with(b"<<(")
    }

    /// Triple terms down to the innermost object, and their ends.
    fn triple_terms(&mut self, open: &mut Vec<Open<'a>>) -> Option<RawTerm<'a>> {
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
    fn object(&mut self) -> Option<RawTerm<'a>> {
        match self.peek_token()? {
            b'<' => Some(RawTerm::Iri(self.iri()?)),
            b'"' => self.literal(),
            b'_' => Some(RawTerm::Blank(self.blank()?)),
            _ => None,
        }
    }

    /// The graph, the dot, and nothing but a comment after it.
    #[inline]
    fn end_of_statement(&mut self, with_graphs: bool) -> Option<Option<RawTerm<'a>>> {
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
