//! The nesting check: a linear scan ahead of every parser that keeps a stack.
//!
//! Depth costs a parser memory or stack per level, and some handle a level by recursion; a
//! document of nothing but brackets must end in an error, not in a crash. The scan runs on the
//! pieces a document arrives in, so it needs no look-ahead and no buffer. It errs only towards
//! strictness. It measures the longest token as well, because parsers buffer a token whole.
//! Cost: strings, IRIs and comments at `memchr` speed, the rest a table look-up per byte.

mod json;
mod turtle;
mod xml;
mod xml_entities;

use super::format::Format;
use crate::error::{Code, Error};
use json::Json;
use memchr::memrchr3;
use turtle::Turtle;
use xml::Xml;
use xml_entities::EntityGuard;

/// The deepest nesting that is read: brackets, collections, graphs and annotations of Turtle and
/// TriG (a triple term counts twice there, for `<<` and `(`), elements of XML, values of JSON.
/// Deepest seen in published data is below 50.
pub const MAX_NESTING: usize = 256;

#[cold]
pub(super) fn too_deep() -> Error {
    Error::new(
        Code::NestingTooDeep,
        format!("the document is nested more than {MAX_NESTING} levels deep"),
    )
}

/// A fault and the index of its byte in the piece.
pub(super) struct Fault {
    pub at: usize,
    pub error: Error,
}

/// Checks a whole document that is held already, as strictly as one that arrives in pieces.
/// Errors: `NestingTooDeep`, and `DataParse` for XML entities that expand without bound.
pub fn check(format: Format, document: &[u8]) -> crate::error::Result<()> {
    NestingScan::new(format, usize::MAX)
        .scan(document)
        .map_err(|fault| fault.error)
}

/// The scan of one document.
pub(super) struct NestingScan {
    scanner: Scanner,
    depth: usize,
    /// Bytes of the token that is open.
    token_bytes: usize,
    max_token_bytes: usize,
    entities: Option<EntityGuard>,
}

#[derive(Clone, Copy)]
enum Scanner {
    Turtle(Turtle),
    Xml(Xml),
    Json(Json),
}

impl NestingScan {
    /// A scan for a format that is not line-based (lines are checked by the tokenizer).
    pub(super) fn new(format: Format, max_token_bytes: usize) -> Self {
        Self {
            scanner: match format {
                Format::RdfXml => Scanner::Xml(Xml::Text),
                Format::JsonLd => Scanner::Json(Json::Between),
                Format::NTriples | Format::NQuads | Format::Turtle | Format::TriG => {
                    Scanner::Turtle(Turtle::Between)
                }
            },
            depth: 0,
            token_bytes: 0,
            max_token_bytes,
            entities: (format == Format::RdfXml).then(EntityGuard::default),
        }
    }

    /// Bytes of the token that was open at the end of the last piece.
    pub(super) fn open_token_bytes(&self) -> usize {
        self.token_bytes
    }

    /// The parser threw away what was open to recover from an error.
    pub(super) fn recovered(&mut self) {
        self.depth = 0;
    }

    /// Scans the next piece; after an error, what is left of it from the fault on.
    ///
    /// Errors: `NestingTooDeep`, `TermTooLarge`, and `DataParse` for XML entities that expand
    /// without bound.
    pub(super) fn scan(&mut self, piece: &[u8]) -> Result<(), Fault> {
        if let Some(entities) = &mut self.entities {
            entities.scan(piece)?;
        }
        let mut at = 0;
        while at < piece.len() {
            let before = self.scanner;
            let step = match &mut self.scanner {
                Scanner::Turtle(turtle) => turtle.step(&piece[at..]),
                Scanner::Xml(xml) => xml.step(&piece[at..]),
                Scanner::Json(json) => json.step(&piece[at..]),
            };
            match step.depth {
                Change::Same => {}
                Change::Down => self.depth = self.depth.saturating_sub(1),
                Change::Up if self.depth == MAX_NESTING => {
                    // A scan that goes on after a recovery sees this byte again.
                    self.scanner = before;
                    let error = too_deep();
                    return Err(Fault { at, error });
                }
                Change::Up => self.depth += 1,
            }
            self.token_bytes = match step.continues {
                true => self.token_bytes + step.token_bytes,
                false => step.token_bytes,
            };
            if self.token_bytes > self.max_token_bytes {
                return Err(Fault {
                    at,
                    error: self.too_large(),
                });
            }
            at += step.bytes;
        }
        Ok(())
    }

    #[cold]
    fn too_large(&self) -> Error {
        Error::new(
            Code::TermTooLarge,
            format!(
                "a string or IRI has more than {} bytes",
                self.max_token_bytes
            ),
        )
        .with_hint("raise max_term_bytes, or look for a missing quote")
    }
}

/// What some bytes did.
struct Step {
    /// At least 1.
    bytes: usize,
    depth: Change,
    /// How many of the last bytes belong to a token that may go on.
    token_bytes: usize,
    /// All of them do, and they continue the token that was open.
    continues: bool,
}

#[derive(Clone, Copy)]
enum Change {
    Same,
    Up,
    Down,
}

impl Step {
    fn over(bytes: usize) -> Self {
        Step {
            bytes,
            depth: Change::Same,
            token_bytes: 0,
            continues: false,
        }
    }

    fn within_token(bytes: usize) -> Self {
        Step {
            token_bytes: bytes,
            continues: true,
            ..Step::over(bytes)
        }
    }

    /// Names, numbers and blanks: a token begins after the last blank.
    fn over_names(bytes: &[u8]) -> Self {
        match memrchr3(b' ', b'\n', b'\t', bytes) {
            Some(blank) => Step {
                token_bytes: bytes.len() - blank - 1,
                ..Step::over(bytes.len())
            },
            None => Step::within_token(bytes.len()),
        }
    }

    fn up() -> Self {
        Step {
            depth: Change::Up,
            ..Step::over(1)
        }
    }

    fn down() -> Self {
        Step {
            depth: Change::Down,
            ..Step::over(1)
        }
    }
}

/// Bytes from the start of `piece` to the first of the found places, or all of it.
fn run(found: Option<usize>, piece: &[u8]) -> usize {
    found.unwrap_or(piece.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Scans `text` in pieces of `size` bytes; the code of the fault and its offset.
    fn scan(format: Format, text: &str, size: usize) -> Option<(Code, usize)> {
        let mut scan = NestingScan::new(format, 1000);
        let mut before = 0;
        for piece in text.as_bytes().chunks(size) {
            if let Err(fault) = scan.scan(piece) {
                return Some((fault.error.code(), before + fault.at));
            }
            before += piece.len();
        }
        None
    }

    fn nested(open: &str, close: &str, levels: usize) -> String {
        format!("{}{}", open.repeat(levels), close.repeat(levels))
    }

    #[test]
    fn the_limit_is_the_same_for_every_way_to_nest() {
        let turtle = Format::Turtle;
        for (format, open, close, levels) in [
            (turtle, "[ <p> ", "]", 1),
            (turtle, "( ", ")", 1),
            (turtle, "{| <p> ", "|}", 1),
            (turtle, "<< <s> <p> ", ">>", 1),
            (turtle, "<<( <s> <p> ", ")>>", 2),
            (Format::TriG, "<g> { ", "}", 1),
            (Format::RdfXml, "<a b='/'>", "</a>", 1),
            (Format::RdfXml, "<a>", "</a>", 1),
            (Format::JsonLd, "{\"a\": ", "}", 1),
            (Format::JsonLd, "[", "]", 1),
        ] {
            for size in [1, 2, 3, 7, 100_000] {
                let good = nested(open, close, MAX_NESTING / levels);
                assert_eq!(scan(format, &good, size), None, "{open}");
                assert_eq!(scan(format, &good.repeat(3), size), None, "{open}");
                let bad = nested(open, close, MAX_NESTING / levels + 1);
                let (code, at) = scan(format, &bad, size).unwrap();
                assert_eq!(code, Code::NestingTooDeep);
                assert!(at <= open.len() * (MAX_NESTING + 1));
            }
        }
    }

    #[test]
    fn brackets_in_strings_iris_and_comments_do_not_nest() {
        for (format, text) in [
            (Format::Turtle, "<s> <p> \"((((\" . # [[[[ \n"),
            (Format::Turtle, "<s((> <p> '[[\\'[[', \"\" .\n"),
            (
                Format::Turtle,
                "<s> <p> \"\"\"((\"((\"\"((\\\"\"\"((\\\\\"\"\" .\n",
            ),
            (
                Format::Turtle,
                "<s> <p> '''(('((''' . ex:a\\(b ex:p \"\" .\n",
            ),
            (Format::JsonLd, "\"[[{{\\\"[[\",\n"),
            (
                Format::RdfXml,
                "<!-- <a><b> - -> --><?pi <a> ? ?><![CDATA[<a>]]>",
            ),
            (Format::RdfXml, "<!DOCTYPE a><a b='<c>' d=\">\"/><e />"),
        ] {
            for size in [1, 2, 3, 7, 100_000] {
                let text = text.repeat(MAX_NESTING + 1);
                assert_eq!(scan(format, &text, size), None, "{text:.60}");
            }
        }
    }

    #[test]
    fn a_token_that_does_not_end_is_found_before_it_is_buffered() {
        let long = "x".repeat(1100);
        for (format, start) in [
            (Format::Turtle, "<s> <p> \""),
            (Format::Turtle, "<s> <p> \"\"\""),
            (Format::Turtle, "<s> <"),
            (Format::Turtle, "<s> <p> ex:"),
            (Format::Turtle, "# "),
            (Format::JsonLd, "[\""),
            (Format::JsonLd, "["),
            (Format::RdfXml, "<a>"),
            (Format::RdfXml, "<a b=\""),
            (Format::RdfXml, "<"),
            (Format::RdfXml, "<!-- "),
        ] {
            for size in [1, 10, 10_000] {
                let found = scan(format, &format!("{start}{long}"), size);
                let code = found.map(|(code, _)| code);
                assert_eq!(code, Some(Code::TermTooLarge), "{start} by {size}");
            }
            let blanks = " ".repeat(2000);
            assert_eq!(scan(Format::Turtle, &blanks, 10), None);
        }
    }

    proptest! {
        #[test]
        fn a_scan_does_not_depend_on_how_the_text_is_cut(
            text in "[<>(){}\"'\\\\#a!/?-]{0,400}", size in 1usize..9, format in 0usize..6,
        ) {
            let format = Format::ALL[format];
            let text = text.replace("<!", "<");
            let deep = format!("{}{text}", "[".repeat(MAX_NESTING - 3));
            prop_assert_eq!(scan(format, &deep, size), scan(format, &deep, 100_000));
        }
    }
}
