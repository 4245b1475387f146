//! SPARQL 1.2 Query Results TSV: terms as Turtle writes them on one line.

use super::turtle::is_bare;
use super::{Frame, ResultBatch, parts};
use crate::error::Result;
use crate::term::{LiteralKind, TermRef};

pub fn frame(columns: &[String]) -> Frame {
    Frame::delimited(columns, b"?", b"\t", b"\n", term)
}

/// Strings have the escapes of canonical N-Triples, which hold every control character back: no reader takes one for the
/// end of a line.
fn term(batch: &ResultBatch, slot: usize, out: &mut Vec<u8>) -> Result<()> {
    match batch.terms().get(slot) {
        None => Ok(()),
        Some(TermRef::Triple(ids)) => {
            out.extend_from_slice(b"<<( ");
            for part in parts(batch, ids)? {
                term(batch, part, out)?;
                out.push(b' ');
            }
            out.extend_from_slice(b")>>");
            Ok(())
        }
        Some(TermRef::Literal(literal)) => {
            match literal.kind {
                LiteralKind::Typed(datatype) if is_bare(literal.lexical, datatype) => {
                    out.extend_from_slice(literal.lexical.as_bytes());
                }
                _ => literal.write_ntriples(out),
            }
            Ok(())
        }
        // An IRI or a blank node has no parts.
        Some(term) => term.write_ntriples(out, &mut |_, _| Ok(())),
    }
}
