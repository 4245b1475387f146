//! The scan of Turtle and TriG.

use super::{Step, run};
use memchr::{memchr, memchr2};

/// Turtle and TriG between two bytes.
#[derive(Clone, Copy)]
pub(super) enum Turtle {
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

    pub(super) fn step(&mut self, piece: &[u8]) -> Step {
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
