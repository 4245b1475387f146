//! The scan of XML.

use super::{Step, run};
use memchr::memchr;

/// XML between two bytes. The document type declaration is read as markup.
#[derive(Clone, Copy)]
pub(super) enum Xml {
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
    pub(super) fn step(&mut self, piece: &[u8]) -> Step {
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
