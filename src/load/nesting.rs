//! The nesting check: a linear scan ahead of every parser that keeps a stack.
//!
//! Depth costs a parser memory or stack per level, and some handle a level by recursion; a
//! document of nothing but brackets must end in an error, not in a crash. The scan runs on the
//! pieces a document arrives in, so it needs no look-ahead and no buffer. It errs only towards
//! strictness. It measures the longest token as well, because parsers buffer a token whole.
//! Cost: strings, IRIs and comments at `memchr` speed, the rest a table look-up per byte.

use super::format::Format;
use super::xml_entities::EntityGuard;
use crate::error::{Code, Error};
use memchr::{memchr, memchr2, memrchr3};

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

/// The scan of one document.
pub(super) struct NestingScan {
    scanner: Scanner,
    depth: usize,
    /// Bytes of the token that is open.
    token_bytes: usize,
    max_token_bytes: usize,
    entities: Option<EntityGuard>,
}

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

    /// Scans the next piece. Errors: `NestingTooDeep`, `TermTooLarge`, and `DataParse` for XML
    /// entities that expand without bound.
    pub(super) fn scan(&mut self, piece: &[u8]) -> Result<(), Fault> {
        if let Some(entities) = &mut self.entities {
            entities.scan(piece)?;
        }
        let mut at = 0;
        while at < piece.len() {
            let step = match &mut self.scanner {
                Scanner::Turtle(turtle) => turtle.step(&piece[at..]),
                Scanner::Xml(xml) => xml.step(&piece[at..]),
                Scanner::Json(json) => json.step(&piece[at..]),
            };
            match step.depth {
                Change::Same => {}
                Change::Down => self.depth = self.depth.saturating_sub(1),
                Change::Up if self.depth == MAX_NESTING => {
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

/// Turtle and TriG between two bytes.
enum Turtle {
    Between,
    /// After a backslash outside of a token: an escaped character of a local name.
    Escape,
    Comment,
    /// After `<`: an IRI, or the second half of `<<`.
    Less,
    /// After `>` outside of an IRI.
    Greater,
    Iri,
    /// After one quote and after two: which kind of string this is.
    Quote(u8),
    TwoQuotes(u8),
    String {
        quote: u8,
        /// Closing quotes needed, and seen in a row.
        long: bool,
        seen: u8,
    },
    StringEscape {
        quote: u8,
        long: bool,
    },
}

impl Turtle {
    /// Bytes that mean something between tokens.
    const SPECIAL: [bool; 256] = {
        let mut special = [false; 256];
        let bytes = b"\\#<>\"'[](){}";
        let mut i = 0;
        while i < bytes.len() {
            special[bytes[i] as usize] = true;
            i += 1;
        }
        special
    };

    fn step(&mut self, piece: &[u8]) -> Step {
        let first = piece[0];
        match *self {
            Turtle::Between => {
                let skipped = run(
                    piece.iter().position(|&b| Self::SPECIAL[usize::from(b)]),
                    piece,
                );
                if skipped > 0 {
                    return Step::over_names(&piece[..skipped]);
                }
                match first {
                    b'\\' => *self = Turtle::Escape,
                    b'#' => *self = Turtle::Comment,
                    b'<' => *self = Turtle::Less,
                    b'>' => *self = Turtle::Greater,
                    b'"' | b'\'' => *self = Turtle::Quote(first),
                    b'[' | b'(' | b'{' => return Step::up(),
                    _ => return Step::down(),
                }
                Step::over(1)
            }
            Turtle::Escape => {
                *self = Turtle::Between;
                Step::over(1)
            }
            Turtle::Comment => match memchr2(b'\n', b'\r', piece) {
                Some(end) => {
                    *self = Turtle::Between;
                    Step::over(end + 1)
                }
                None => Step::within_token(piece.len()),
            },
            Turtle::Less if first == b'<' => {
                *self = Turtle::Between;
                Step::up()
            }
            Turtle::Less | Turtle::Iri => match memchr(b'>', piece) {
                Some(end) => {
                    *self = Turtle::Between;
                    Step::within_token(end + 1)
                }
                None => {
                    *self = Turtle::Iri;
                    Step::within_token(piece.len())
                }
            },
            Turtle::Greater => {
                *self = Turtle::Between;
                match first {
                    b'>' => Step::down(),
                    _ => self.step(piece),
                }
            }
            Turtle::Quote(quote) => {
                if first == quote {
                    *self = Turtle::TwoQuotes(quote);
                    return Step::over(1);
                }
                *self = Turtle::String {
                    quote,
                    long: false,
                    seen: 0,
                };
                self.step(piece)
            }
            Turtle::TwoQuotes(quote) => {
                if first == quote {
                    *self = Turtle::String {
                        quote,
                        long: true,
                        seen: 0,
                    };
                    return Step::over(1);
                }
                *self = Turtle::Between;
                self.step(piece)
            }
            Turtle::String { quote, long, seen } => {
                let skipped = run(memchr2(quote, b'\\', piece), piece);
                if skipped > 0 {
                    *self = Turtle::String {
                        quote,
                        long,
                        seen: 0,
                    };
                    return Step::within_token(skipped);
                }
                *self = if first == b'\\' {
                    Turtle::StringEscape { quote, long }
                } else if !long || seen == 2 {
                    Turtle::Between
                } else {
                    Turtle::String {
                        quote,
                        long,
                        seen: seen + 1,
                    }
                };
                Step::within_token(1)
            }
            Turtle::StringEscape { quote, long } => {
                *self = Turtle::String {
                    quote,
                    long,
                    seen: 0,
                };
                Step::within_token(1)
            }
        }
    }
}

/// JSON between two bytes.
enum Json {
    Between,
    String,
    Escape,
}

impl Json {
    fn step(&mut self, piece: &[u8]) -> Step {
        match self {
            Json::Between => {
                let is_special = |b: &u8| matches!(b, b'"' | b'[' | b'{' | b']' | b'}');
                let skipped = run(piece.iter().position(is_special), piece);
                if skipped > 0 {
                    return Step::over_names(&piece[..skipped]);
                }
                match piece[0] {
                    b'"' => {
                        *self = Json::String;
                        Step::over(1)
                    }
                    b'[' | b'{' => Step::up(),
                    _ => Step::down(),
                }
            }
            Json::String => {
                let skipped = run(memchr2(b'"', b'\\', piece), piece);
                if skipped > 0 {
                    return Step::within_token(skipped);
                }
                *self = match piece[0] {
                    b'"' => Json::Between,
                    _ => Json::Escape,
                };
                Step::within_token(1)
            }
            Json::Escape => {
                *self = Json::String;
                Step::within_token(1)
            }
        }
    }
}

/// XML between two bytes. The document type declaration is read as markup.
enum Xml {
    Text,
    /// After `<`.
    Open,
    /// In a start tag; the byte before was `/`.
    Tag {
        slash: bool,
    },
    /// In an attribute value.
    Quoted(u8),
    EndTag,
    /// After `<!` or `<?`: what closes it is decided by the next bytes.
    Declaration {
        seen: [u8; 2],
        count: u8,
    },
    /// Up to a closing string, of which `matched` bytes were seen.
    Until {
        close: &'static [u8],
        matched: usize,
    },
}

impl Xml {
    fn step(&mut self, piece: &[u8]) -> Step {
        let first = piece[0];
        match *self {
            Xml::Text => match memchr(b'<', piece) {
                Some(0) => {
                    *self = Xml::Open;
                    Step::over(1)
                }
                Some(skipped) => Step::within_token(skipped),
                None => Step::within_token(piece.len()),
            },
            Xml::Open => match first {
                b'/' => {
                    *self = Xml::EndTag;
                    Step::down()
                }
                b'?' => {
                    *self = Xml::Until {
                        close: b"?>",
                        matched: 0,
                    };
                    Step::over(1)
                }
                b'!' => {
                    *self = Xml::Declaration {
                        seen: [0; 2],
                        count: 0,
                    };
                    Step::over(1)
                }
                _ => {
                    *self = Xml::Tag { slash: false };
                    Step::up()
                }
            },
            Xml::Tag { slash } => match first {
                b'>' => {
                    *self = Xml::Text;
                    match slash {
                        true => Step::down(),
                        false => Step::over(1),
                    }
                }
                b'"' | b'\'' => {
                    *self = Xml::Quoted(first);
                    Step::over(1)
                }
                _ => {
                    *self = Xml::Tag {
                        slash: first == b'/',
                    };
                    Step::within_token(1)
                }
            },
            Xml::Quoted(quote) => match memchr(quote, piece) {
                Some(end) => {
                    *self = Xml::Tag { slash: false };
                    Step::within_token(end + 1)
                }
                None => Step::within_token(piece.len()),
            },
            Xml::EndTag => match memchr(b'>', piece) {
                Some(end) => {
                    *self = Xml::Text;
                    Step::over(end + 1)
                }
                None => Step::within_token(piece.len()),
            },
            Xml::Declaration { mut seen, count } => {
                seen[usize::from(count)] = first;
                let close: Option<&'static [u8]> = match (count, seen) {
                    (0, [b'-' | b'[', _]) => None,
                    (1, [b'-', b'-']) => Some(b"-->"),
                    (1, [b'[', b'C']) => Some(b"]]>"),
                    _ => Some(b">"),
                };
                *self = match close {
                    Some(close) => Xml::Until { close, matched: 0 },
                    None => Xml::Declaration { seen, count: 1 },
                };
                // A lone `>` closes at once.
                if let (b'>', Some(b">")) = (first, close) {
                    *self = Xml::Text;
                }
                Step::over(1)
            }
            Xml::Until { close, matched } => {
                if matched == 0 {
                    let skipped = run(memchr(close[0], piece), piece);
                    if skipped > 0 {
                        return Step::within_token(skipped);
                    }
                }
                let matched = match first {
                    _ if first == close[matched] => matched + 1,
                    // `]]]>` and `--->`: one byte more of the same does not undo the match.
                    _ if first == close[0] && matched == 2 => 2,
                    _ if first == close[0] => 1,
                    _ => 0,
                };
                *self = match matched == close.len() {
                    true => Xml::Text,
                    false => Xml::Until { close, matched },
                };
                Step::within_token(1)
            }
        }
    }
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
