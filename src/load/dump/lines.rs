//! N-Triples and N-Quads in their canonical form (RDF 1.2 N-Triples, section 4.1).

use super::super::statement::{RawTerm, XSD_STRING};
use std::io::Write;

/// Appends a statement and its newline.
pub fn write_statement(
    out: &mut Vec<u8>,
    subject: RawTerm<'_>,
    predicate: RawTerm<'_>,
    object: RawTerm<'_>,
    graph: Option<RawTerm<'_>>,
) {
    write_term(out, subject);
    out.push(b' ');
    write_term(out, predicate);
    out.push(b' ');
    write_term(out, object);
    out.push(b' ');
    if let Some(graph) = graph {
        write_term(out, graph);
        out.push(b' ');
    }
    out.extend_from_slice(b".\n");
}

/// Appends a term as N-Triples writes it.
pub fn write_term(out: &mut Vec<u8>, term: RawTerm<'_>) {
    match term {
        RawTerm::Iri(iri) => write_iri(out, iri),
        RawTerm::Blank(label) => {
            out.extend_from_slice(b"_:");
            out.extend_from_slice(label.as_bytes());
        }
        RawTerm::Literal(literal) => {
            out.push(b'"');
            escaped(out, literal.lexical, &IN_STRING);
            out.push(b'"');
            if let Some(language) = literal.language {
                out.push(b'@');
                out.extend_from_slice(language.as_bytes());
                if let Some(direction) = literal.direction {
                    out.extend_from_slice(b"--");
                    out.extend_from_slice(direction.as_str().as_bytes());
                }
            } else if literal.datatype != XSD_STRING {
                out.extend_from_slice(b"^^");
                write_iri(out, literal.datatype);
            }
        }
        RawTerm::Triple([subject, predicate, object]) => {
            out.extend_from_slice(b"<<( ");
            for part in [subject, predicate, object] {
                write_term(out, *part);
                out.push(b' ');
            }
            out.extend_from_slice(b")>>");
        }
    }
}

fn write_iri(out: &mut Vec<u8>, iri: &str) {
    out.push(b'<');
    escaped(out, iri, &IN_IRI);
    out.push(b'>');
}

/// Bytes to be escaped in strings.
/// `\xEF` begins U+FFFE and U+FFFF, which are no characters, and others that are.
const IN_STRING: [bool; 256] = table(b"\"\\\xEF");

/// Bytes to be escaped in IRIs. A valid IRI has none of them; one that was loaded unchecked
/// still yields a line that is one.
const IN_IRI: [bool; 256] = table(b"<>\"{}|^`\\ ");

const fn table(special: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = true;
        control += 1;
    }
    table[0x7F] = true;
    let mut i = 0;
    while i < special.len() {
        table[special[i] as usize] = true;
        i += 1;
    }
    table
}

#[inline]
fn escaped(out: &mut Vec<u8>, text: &str, special: &[bool; 256]) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&b| special[usize::from(b)]) {
        out.extend_from_slice(&rest[..at]);
        let in_string = !special[usize::from(b'<')];
        let letter = match rest[at] {
            _ if !in_string => None,
            0x08 => Some(b'b'),
            b'\t' => Some(b't'),
            b'\n' => Some(b'n'),
            0x0C => Some(b'f'),
            b'\r' => Some(b'r'),
            b'"' => Some(b'"'),
            b'\\' => Some(b'\\'),
            _ => None,
        };
        // Writing to a vector does not fail.
        let taken = match (letter, &rest[at..]) {
            (Some(letter), _) => {
                out.extend_from_slice(&[b'\\', letter]);
                1
            }
            (None, [0xEF, 0xBF, last @ (0xBE | 0xBF), ..]) => {
                let _ = write!(out, "\\uFFF{:X}", last & 0xF);
                3
            }
            (None, [0xEF, ..]) => {
                out.push(0xEF);
                1
            }
            (None, _) => {
                let _ = write!(out, "\\u{:04X}", rest[at]);
                1
            }
        };
        rest = &rest[at + taken..];
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Direction;

    fn line(object: RawTerm<'_>) -> String {
        let mut out = Vec::new();
        let (s, p) = (RawTerm::Blank("s"), RawTerm::Iri("http://e/p"));
        write_statement(&mut out, s, p, object, Some(RawTerm::Iri("http://e/g")));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn terms_are_written_in_canonical_form() {
        let parts = [
            RawTerm::Blank("a"),
            RawTerm::Iri("http://e/ü"),
            RawTerm::tagged("x", "en-gb", Some(Direction::Rtl)),
        ];
        for (object, written) in [
            (
                RawTerm::simple("a\u{0}\u{8}\t\n\u{b}\u{c}\r\"\\\u{7f}é"),
                "\"a\\u0000\\b\\t\\n\\u000B\\f\\r\\\"\\\\\\u007Fé\"",
            ),
            (RawTerm::typed("1", "http://e/d"), "\"1\"^^<http://e/d>"),
            (RawTerm::tagged("x", "de", None), "\"x\"@de"),
            (RawTerm::Iri("no iri>"), "<no\\u0020iri\\u003E>"),
            (
                RawTerm::Triple(&parts),
                "<<( _:a <http://e/ü> \"x\"@en-gb--rtl )>>",
            ),
        ] {
            let expected = format!("_:s <http://e/p> {written} <http://e/g> .\n");
            assert_eq!(line(object), expected);
        }
    }
}
