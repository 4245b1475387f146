//! SPARQL 1.2 Query Results XML Format. Written here and not by a crate because a reader of XML turns a carriage return
//! inside a text into a line feed unless it is a character reference, and because what XML 1.0 cannot hold has to be an
//! error.

use super::{Frame, ResultBatch, inexpressible, parts};
use crate::error::Result;
use crate::term::{LiteralKind, TermRef, write_blank_label};

/// The beginning of every document.
pub const BEGIN: &str =
    "<?xml version=\"1.0\"?><sparql xmlns=\"http://www.w3.org/2005/sparql-results#\">";

/// Errors: `InvalidInput` as [`term`].
pub fn frame(columns: &[String]) -> Result<Frame> {
    let mut head = BEGIN.as_bytes().to_vec();
    head.extend_from_slice(b"<head>");
    let mut cell_starts = Vec::with_capacity(columns.len());
    for name in columns {
        head.extend_from_slice(b"<variable");
        attribute("name", name, &mut head)?;
        head.extend_from_slice(b"/>");
        let mut start = b"<binding".to_vec();
        attribute("name", name, &mut start)?;
        start.push(b'>');
        cell_starts.push(start);
    }
    head.extend_from_slice(b"</head><results>");
    Ok(Frame {
        head,
        row_start: b"<result>",
        row_end: b"</result>",
        between_rows: b"",
        between_cells: b"",
        cell_starts,
        omits_unbound: true,
        tail: b"</results></sparql>",
        term: |batch, slot, out| {
            term(batch, slot, out)?;
            out.extend_from_slice(b"</binding>");
            Ok(())
        },
    })
}

/// Errors: `InvalidInput` for a character that XML 1.0 has no way to write.
fn term(batch: &ResultBatch, slot: usize, out: &mut Vec<u8>) -> Result<()> {
    match batch.terms().get(slot) {
        None => {}
        Some(TermRef::Iri(iri)) => {
            out.extend_from_slice(b"<uri>");
            escaped(iri, out)?;
            out.extend_from_slice(b"</uri>");
        }
        Some(TermRef::Blank(number)) => {
            out.extend_from_slice(b"<bnode>");
            write_blank_label(number, out);
            out.extend_from_slice(b"</bnode>");
        }
        Some(TermRef::Literal(literal)) => {
            out.extend_from_slice(b"<literal");
            match literal.kind {
                LiteralKind::String => {}
                LiteralKind::Language { tag, direction } => {
                    attribute("xml:lang", tag, out)?;
                    if let Some(direction) = direction {
                        attribute("its:dir", direction.name(), out)?;
                        attribute("xmlns:its", "http://www.w3.org/2005/11/its", out)?;
                        attribute("its:version", "2.0", out)?;
                    }
                }
                LiteralKind::Typed(datatype) => attribute("datatype", datatype, out)?,
            }
            out.push(b'>');
            character_data(literal.lexical, out)?;
            out.extend_from_slice(b"</literal>");
        }
        Some(TermRef::Triple(ids)) => {
            out.extend_from_slice(b"<triple>");
            for (name, part) in ["subject", "predicate", "object"]
                .into_iter()
                .zip(parts(batch, ids)?)
            {
                element(name, false, out);
                term(batch, part, out)?;
                element(name, true, out);
            }
            out.extend_from_slice(b"</triple>");
        }
    }
    Ok(())
}

fn element(name: &str, is_end: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if is_end { b"</" } else { b"<" });
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}

fn attribute(name: &str, value: &str, out: &mut Vec<u8>) -> Result<()> {
    out.push(b' ');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"=\"");
    escaped(value, out)?;
    out.push(b'"');
    Ok(())
}

/// White space at the ends of a text is written as character references: many readers trim it.
fn character_data(text: &str, out: &mut Vec<u8>) -> Result<()> {
    let is_space = |c| matches!(c, ' ' | '\t' | '\n' | '\r');
    let rest = text.trim_start_matches(is_space);
    let middle = rest.trim_end_matches(is_space);
    references(&text[..text.len() - rest.len()], out);
    escaped(middle, out)?;
    references(&rest[middle.len()..], out);
    Ok(())
}

/// Appends ASCII characters as references.
fn references(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        out.extend_from_slice(format!("&#{byte};").as_bytes());
    }
}

fn escaped(text: &str, out: &mut Vec<u8>) -> Result<()> {
    let mut rest = text;
    let is_special = |c: char| {
        matches!(c, '<' | '>' | '&' | '"' | '\'' | '\u{FFFE}' | '\u{FFFF}')
            || c < ' ' && c != '\t' && c != '\n'
    };
    while let Some((at, special)) = rest.char_indices().find(|&(_, c)| is_special(c)) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let reference: &[u8] = match special {
            '<' => b"&lt;",
            '>' => b"&gt;",
            '&' => b"&amp;",
            '"' => b"&quot;",
            '\'' => b"&apos;",
            '\r' => b"&#13;",
            _ => {
                let what = format!("the character U+{:04X}", u32::from(special));
                return Err(inexpressible("XML", &what));
            }
        };
        out.extend_from_slice(reference);
        rest = &rest[at + special.len_utf8()..];
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(())
}
