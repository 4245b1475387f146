//! N-Triples text of terms, and the labels of blank nodes (definition 10).

use super::{Id, LOCAL_BLANK, LiteralKind, LiteralRef, PAYLOAD_MAX, Result, TermRef};

impl TermRef<'_> {
    /// Appends the term as canonical N-Triples (RDF 1.2 N-Triples § 3). `nested` appends the parts of a
    /// triple term by their ids. Errors: only those of `nested`.
    pub fn write_ntriples(
        self,
        out: &mut Vec<u8>,
        nested: &mut dyn FnMut(Id, &mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        match self {
            TermRef::Iri(iri) => write_iri(iri, out),
            TermRef::Blank(number) => {
                out.extend_from_slice(b"_:");
                write_blank_label(number, out);
            }
            TermRef::Literal(literal) => literal.write_ntriples(out),
            TermRef::Triple(parts) => {
                out.extend_from_slice(b"<<( ");
                for part in parts {
                    nested(part, out)?;
                    out.push(b' ');
                }
                out.extend_from_slice(b")>>");
            }
        }
        Ok(())
    }
}

impl LiteralRef<'_> {
    /// Appends the literal as canonical N-Triples.
    pub fn write_ntriples(self, out: &mut Vec<u8>) {
        out.push(b'"');
        write_escaped_string(self.lexical, out);
        out.push(b'"');
        match self.kind {
            LiteralKind::String => {}
            LiteralKind::Language { tag, direction } => {
                out.push(b'@');
                out.extend_from_slice(tag.as_bytes());
                if let Some(direction) = direction {
                    out.extend_from_slice(b"--");
                    out.extend_from_slice(direction.name().as_bytes());
                }
            }
            LiteralKind::Typed(datatype) => {
                out.extend_from_slice(b"^^");
                write_iri(datatype, out);
            }
        }
    }
}

fn write_iri(iri: &str, out: &mut Vec<u8>) {
    out.push(b'<');
    write_escaped_iri(iri, out);
    out.push(b'>');
}

/// Bytes that have to be escaped in a string. 0xEF begins, among others, U+FFFE and U+FFFF.
const STRING_SPECIAL: [bool; 256] = special(b"\"\\\x7F\xEF");
/// Bytes that have to be escaped in an IRI.
const IRI_SPECIAL: [bool; 256] = special(b" <>\"{}|^`\\\x7F\xEF");

const fn special(bytes: &[u8]) -> [bool; 256] {
    let mut special = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        special[control] = true;
        control += 1;
    }
    let mut at = 0;
    while at < bytes.len() {
        special[bytes[at] as usize] = true;
        at += 1;
    }
    special
}

/// Appends a string with the escapes that canonical N-Triples prescribes.
pub fn write_escaped_string(text: &str, out: &mut Vec<u8>) {
    write_escaped(text, &STRING_SPECIAL, out, |byte| match byte {
        0x08 => Some(b'b'),
        b'\t' => Some(b't'),
        b'\n' => Some(b'n'),
        0x0C => Some(b'f'),
        b'\r' => Some(b'r'),
        b'"' | b'\\' => Some(byte),
        _ => None,
    });
}

/// Appends an IRI with characters that `IRIREF` does not allow as numeric escapes.
pub fn write_escaped_iri(iri: &str, out: &mut Vec<u8>) {
    write_escaped(iri, &IRI_SPECIAL, out, |_| None);
}

#[inline]
fn write_escaped(
    text: &str,
    special: &[bool; 256],
    out: &mut Vec<u8>,
    letter: impl Fn(u8) -> Option<u8>,
) {
    let bytes = text.as_bytes();
    let mut written = 0;
    let mut at = 0;
    while let Some(found) = bytes[at..]
        .iter()
        .position(|&byte| special[usize::from(byte)])
    {
        let start = at + found;
        let byte = bytes[start];
        let (code, length) = match bytes[start..] {
            [0xEF, 0xBF, last @ (0xBE | 0xBF), ..] => (0xFF40 | u32::from(last), 3),
            [0xEF, ..] => {
                at = start + 3;
                continue;
            }
            _ => (u32::from(byte), 1),
        };
        out.extend_from_slice(&bytes[written..start]);
        match letter(byte) {
            Some(letter) => out.extend_from_slice(&[b'\\', letter]),
            None => {
                out.extend_from_slice(b"\\u");
                for shift in [12, 8, 4, 0] {
                    out.push(b"0123456789ABCDEF"[(code >> shift & 15) as usize]);
                }
            }
        }
        at = start + length;
        written = at;
    }
    out.extend_from_slice(&bytes[written..]);
}

/// Appends the label of a blank node: "b" and the number in lower-case hexadecimal for a stored one, "q" and
/// the number for one of a query's own table. See [`TermRef::Blank`] for the number.
pub fn write_blank_label(number: u64, out: &mut Vec<u8>) {
    let local = number & LOCAL_BLANK != 0;
    out.push(if local { b'q' } else { b'b' });
    let number = number & PAYLOAD_MAX;
    let digits = (64 - number.leading_zeros()).div_ceil(4).max(1);
    for digit in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(number >> (4 * digit) & 15) as usize]);
    }
}

/// The number of the stored blank node whose printed label this is; `None` for any text that
/// [`write_blank_label`] does not print for a stored one.
pub fn parse_blank_label(label: &str) -> Option<u64> {
    blank_number(label.strip_prefix('b')?)
}

/// As [`parse_blank_label`], and the number of a blank node of a query's own table by its label. Only
/// the query that printed it may be asked.
pub fn parse_query_label(label: &str) -> Option<u64> {
    match label.strip_prefix('q') {
        Some(digits) => blank_number(digits).map(|number| LOCAL_BLANK | number),
        None => parse_blank_label(label),
    }
}

/// The number that canonical hexadecimal digits are.
fn blank_number(digits: &str) -> Option<u64> {
    let canonical = digits == "0" || !digits.starts_with('0');
    let hexadecimal = digits
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !canonical || !hexadecimal {
        return None;
    }
    u64::from_str_radix(digits, 16)
        .ok()
        .filter(|&number| number <= PAYLOAD_MAX)
}

#[cfg(test)]
mod tests {
    use super::super::Direction;
    use super::*;
    use proptest::prelude::*;

    fn ntriples(term: TermRef<'_>) -> String {
        let mut out = Vec::new();
        term.write_ntriples(&mut out, &mut |id, out| {
            out.extend(id.raw().to_string().bytes());
            Ok(())
        })
        .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn terms_print_as_canonical_ntriples() {
        for (term, text) in [
            (
                TermRef::Iri("http://example.com/é"),
                "<http://example.com/é>",
            ),
            (TermRef::Iri("a b>\u{1}"), "<a\\u0020b\\u003E\\u0001>"),
            (TermRef::Blank(0), "_:b0"),
            (TermRef::Blank(0x1f), "_:b1f"),
            (TermRef::Blank(LOCAL_BLANK | 0x1f), "_:q1f"),
            (
                TermRef::string("a\"\\\n\r\t\u{8}\u{c}\u{0}\u{7f}"),
                "\"a\\\"\\\\\\n\\r\\t\\b\\f\\u0000\\u007F\"",
            ),
            (
                TermRef::string("\u{fffe}\u{ffff}\u{fffd}\u{f000}!"),
                "\"\\uFFFE\\uFFFF\u{fffd}\u{f000}!\"",
            ),
            (
                TermRef::typed("1", "http://www.w3.org/2001/XMLSchema#integer"),
                "\"1\"^^<http://www.w3.org/2001/XMLSchema#integer>",
            ),
            (
                TermRef::Literal(LiteralRef::language("a", "en", None)),
                "\"a\"@en",
            ),
            (
                TermRef::Literal(LiteralRef::language(
                    "a",
                    "ar",
                    Some(Direction::RightToLeft),
                )),
                "\"a\"@ar--rtl",
            ),
            (
                TermRef::Triple([Id::from_raw(1), Id::from_raw(2), Id::from_raw(3)]),
                "<<( 1 2 3 )>>",
            ),
        ] {
            assert_eq!(ntriples(term), text);
        }
    }

    #[test]
    fn only_labels_of_stored_blank_nodes_are_parsed() {
        for label in [
            "",
            "b",
            "b00",
            "b01",
            "bG",
            "bA",
            "b+1",
            "q1",
            "1",
            "b100000000000000",
            "B1",
            "b1 ",
        ] {
            assert_eq!(parse_blank_label(label), None, "{label}");
        }
    }

    proptest! {
        #[test]
        fn labels_parse_to_their_number(number in 0..=PAYLOAD_MAX) {
            let mut label = Vec::new();
            write_blank_label(number, &mut label);
            prop_assert_eq!(parse_blank_label(str::from_utf8(&label).unwrap()), Some(number));
        }
    }
}
