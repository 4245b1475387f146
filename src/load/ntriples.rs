//! The fast tokenizer of N-Triples and N-Quads, RDF 1.2 included.
//!
//! It accepts a subset of what the strict parser ([`super::strict`]) accepts, and of that nearly
//! everything real data holds; a line it does not accept goes to the strict parser, which yields
//! its statements or the exact error. So the two together accept what the strict parser accepts
//! (property-tested), at several times its speed: text is scanned with `memchr`, borrowed where
//! nothing is escaped, and validated as UTF-8 once per chunk.
//! Source: RDF 1.2 N-Triples and N-Quads, sections 2 to 4 (grammars).

use super::chunk::Chunk;
use super::line::{Cursor, Open, Remembered};
use super::nesting::MAX_NESTING;
use super::position::{Place, count_lines};
use super::report::ErrorLog;
use super::statement::{
    ChunkEnd, InvalidTerm, RawTerm, Refusal, StatementSink, check_size, deliver,
};
use super::strict::{UTF8_HINT, described, parse_line};
use crate::error::{Code, Error, Result};
use memchr::{memchr, memrchr};

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
