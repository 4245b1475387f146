//! SPARQL 1.2 Query Results CSV: the text of each term, in the quoting of RFC 4180. What kind of term it was is lost, by
//! design. A triple term is the texts of its parts with a space between them, which the drafts leave open.

use super::{Frame, ResultBatch, parts};
use crate::error::Result;
use crate::term::{TermRef, write_blank_label};

pub fn frame(columns: &[String]) -> Frame {
    Frame::delimited(columns, b"", b",", b"\r\n", term)
}

fn term(batch: &ResultBatch, slot: usize, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    text(batch, slot, out)?;
    // Without branches, so that it is done many bytes at a time.
    let needs_quotes = out[start..].iter().fold(false, |found, &byte| {
        found | (byte == b'"') | (byte == b',') | (byte == b'\n') | (byte == b'\r')
    });
    if needs_quotes {
        let bare = out.split_off(start);
        out.push(b'"');
        for piece in bare.split_inclusive(|&byte| byte == b'"') {
            out.extend_from_slice(piece);
            if piece.ends_with(b"\"") {
                out.push(b'"');
            }
        }
        out.push(b'"');
    }
    Ok(())
}

/// Appends the text of a term without quotes.
fn text(batch: &ResultBatch, slot: usize, out: &mut Vec<u8>) -> Result<()> {
    match batch.terms().get(slot) {
        None => {}
        Some(TermRef::Iri(iri)) => out.extend_from_slice(iri.as_bytes()),
        Some(TermRef::Blank(number)) => {
            out.extend_from_slice(b"_:");
            write_blank_label(number, out);
        }
        Some(TermRef::Literal(literal)) => out.extend_from_slice(literal.lexical.as_bytes()),
        Some(TermRef::Triple(ids)) => {
            for (index, part) in parts(batch, ids)?.into_iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                text(batch, part, out)?;
            }
        }
    }
    Ok(())
}
