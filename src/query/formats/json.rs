//! SPARQL 1.2 Query Results JSON Format.

use super::{Frame, ResultBatch, parts};
use crate::error::Result;
use crate::term::{LiteralKind, TermRef, write_blank_label};

pub fn frame(columns: &[String]) -> Frame {
    let mut head = b"{\"head\":{\"vars\":[".to_vec();
    let mut cell_starts = Vec::with_capacity(columns.len());
    for (index, name) in columns.iter().enumerate() {
        if index > 0 {
            head.push(b',');
        }
        let mut start = Vec::new();
        string(name, &mut start);
        head.extend_from_slice(&start);
        start.push(b':');
        cell_starts.push(start);
    }
    head.extend_from_slice(b"]},\"results\":{\"bindings\":[");
    Frame {
        head,
        row_start: b"{",
        row_end: b"}",
        between_rows: b",",
        between_cells: b",",
        cell_starts,
        omits_unbound: true,
        tail: b"]}}",
        term,
    }
}

fn term(batch: &ResultBatch, slot: usize, out: &mut Vec<u8>) -> Result<()> {
    let Some(term) = batch.terms().get(slot) else {
        return Ok(());
    };
    match term {
        TermRef::Iri(iri) => {
            out.extend_from_slice(b"{\"type\":\"uri\",\"value\":");
            string(iri, out);
        }
        TermRef::Blank(number) => {
            out.extend_from_slice(b"{\"type\":\"bnode\",\"value\":\"");
            write_blank_label(number, out);
            out.push(b'"');
        }
        TermRef::Literal(literal) => {
            out.extend_from_slice(b"{\"type\":\"literal\",\"value\":");
            string(literal.lexical, out);
            match literal.kind {
                LiteralKind::String => {}
                LiteralKind::Language { tag, direction } => {
                    out.extend_from_slice(b",\"xml:lang\":");
                    string(tag, out);
                    if let Some(direction) = direction {
                        out.extend_from_slice(b",\"its:dir\":");
                        string(direction.name(), out);
                    }
                }
                LiteralKind::Typed(datatype) => {
                    out.extend_from_slice(b",\"datatype\":");
                    string(datatype, out);
                }
            }
        }
        TermRef::Triple(ids) => {
            out.extend_from_slice(b"{\"type\":\"triple\",\"value\":{");
            let names: [&[u8]; 3] = [b"\"subject\":", b",\"predicate\":", b",\"object\":"];
            for (name, part) in names.into_iter().zip(parts(batch, ids)?) {
                out.extend_from_slice(name);
                self::term(batch, part, out)?;
            }
            out.push(b'}');
        }
    }
    out.push(b'}');
    Ok(())
}

/// Appends a JSON string (RFC 8259 section 7).
pub fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let is_special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    // Without branches, so that it is done many bytes at a time; nearly every text is clean.
    let clean = !text
        .bytes()
        .fold(false, |found, byte| found | is_special(byte));
    if clean {
        out.extend_from_slice(text.as_bytes());
    } else {
        for &byte in text.as_bytes() {
            let letter = match byte {
                b'"' | b'\\' => byte,
                0x08 => b'b',
                0x0C => b'f',
                b'\n' => b'n',
                b'\r' => b'r',
                b'\t' => b't',
                0..0x20 => {
                    out.extend_from_slice(b"\\u00");
                    out.extend([byte >> 4, byte & 15].map(|d| b"0123456789abcdef"[d as usize]));
                    continue;
                }
                _ => {
                    out.push(byte);
                    continue;
                }
            };
            out.extend_from_slice(&[b'\\', letter]);
        }
    }
    out.push(b'"');
}
