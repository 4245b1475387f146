//! A guard against XML entities that expand without bound ("billion laughs").
//!
//! RDF/XML documents declare entities to shorten IRIs, and the parser expands them, those within
//! entity values included. The guard computes what a document expands to before the parser does:
//! every `<!ENTITY` in the bytes counts as a declaration and every `&name;` as a use, wherever
//! they stand, so it may count too much but never too little. Cost without entities: one
//! `memmem` pass.

use super::Fault;
use crate::error::{Code, Error};
use memchr::{memchr, memmem};
use std::collections::HashMap;

/// The longest text one entity may expand to.
const MAX_ENTITY_BYTES: u64 = 1 << 20;

/// Expansion that any document may have, and how much more per byte read.
const FREE_EXPANSION_BYTES: u64 = 16 << 20;
const MAX_AMPLIFICATION: u64 = 32;

const DECLARATION: &[u8] = b"<!ENTITY";

/// The longest entity name that is looked up; a longer one is not an entity of ours.
const MAX_NAME_BYTES: usize = 256;

#[derive(Default)]
pub(super) struct EntityGuard {
    /// What each declared entity expands to, in bytes.
    entities: HashMap<Vec<u8>, u64>,
    /// The end of the last piece, where a declaration or a use may have begun.
    carry: Vec<u8>,
    read: u64,
    expanded: u64,
}

impl EntityGuard {
    /// Scans the next piece of the document. Errors: `DataParse`.
    pub(super) fn scan(&mut self, piece: &[u8]) -> Result<(), Fault> {
        self.read += piece.len() as u64;
        let mut text = std::mem::take(&mut self.carry);
        let carried = text.len();
        text.extend_from_slice(piece);
        let mut at = 0;
        let outcome = loop {
            let Some(found) = memmem::find(&text[at..], DECLARATION) else {
                let kept = self.uses(&text[at..]);
                break kept.map(|kept| at + kept);
            };
            if let Err(error) = self.uses(&text[at..at + found]) {
                break Err(error);
            }
            let start = at + found;
            let body = start + DECLARATION.len();
            match self.declare(&text[body..]) {
                Ok(Some(length)) => at = body + length,
                // Not complete: the next piece goes on with it.
                Ok(None) if (text.len() - start) as u64 <= MAX_ENTITY_BYTES => break Ok(start),
                Ok(None) => break Err(too_long()),
                Err(error) => break Err(error),
            }
        };
        match outcome {
            Ok(keep) => {
                text.drain(..keep);
                self.carry = text;
                Ok(())
            }
            Err(error) => {
                let at = at.saturating_sub(carried).min(piece.len());
                Err(Fault { at, error })
            }
        }
    }

    /// Reads a declaration after its keyword: `name "value"`. Its length, or `None` if it is not
    /// complete.
    fn declare(&mut self, text: &[u8]) -> Result<Option<usize>, Error> {
        let is_quote = |b: &u8| matches!(b, b'"' | b'\'' | b'>');
        let Some(open) = text.iter().position(is_quote) else {
            return Ok(None);
        };
        if text[open] == b'>' {
            return Ok(Some(open));
        }
        let Some(length) = memchr(text[open], &text[open + 1..]) else {
            return Ok(None);
        };
        let name = text[..open]
            .split(u8::is_ascii_whitespace)
            .find(|word| !matches!(*word, b"" | b"%"))
            .unwrap_or_default();
        let name = name.strip_prefix(b"%").unwrap_or(name);
        let value = &text[open + 1..open + 1 + length];
        let mut bytes = value.len() as u64;
        for (used, _) in references(value) {
            bytes += self.entities.get(used).copied().unwrap_or(0);
        }
        if bytes > MAX_ENTITY_BYTES {
            return Err(too_long());
        }
        let known = self.entities.entry(name.to_vec()).or_insert(0);
        *known = bytes.max(*known);
        Ok(Some(open + length + 2))
    }

    /// Counts the uses of entities in `text`; returns where an unfinished one, or an unfinished
    /// declaration, begins.
    fn uses(&mut self, text: &[u8]) -> Result<usize, Error> {
        if !self.entities.is_empty() {
            for (name, _) in references(text) {
                self.expanded += self.entities.get(name).copied().unwrap_or(0);
            }
            let limit = FREE_EXPANSION_BYTES + MAX_AMPLIFICATION * self.read;
            if self.expanded > limit {
                return Err(Error::new(
                    Code::DataParse,
                    format!(
                        "the XML entities expand to {} bytes after {} bytes of text",
                        self.expanded, self.read
                    ),
                )
                .with_hint("write the entities out in the document"));
            }
        }
        let tail = text.len().saturating_sub(MAX_NAME_BYTES);
        let unfinished = memchr::memrchr2(b'&', b'<', &text[tail..]);
        Ok(match unfinished {
            Some(at) if memchr(b';', &text[tail + at..]).is_none() => tail + at,
            _ => text.len(),
        })
    }
}

/// The names between `&` and `;`, with the index after each.
fn references(text: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    memchr::memchr_iter(b'&', text).filter_map(|at| {
        let name = &text[at + 1..];
        let name = &name[..name.len().min(MAX_NAME_BYTES)];
        let length = memchr(b';', name)?;
        Some((&name[..length], at + length + 2))
    })
}

#[cold]
fn too_long() -> Error {
    Error::new(
        Code::DataParse,
        format!("an XML entity expands to more than {MAX_ENTITY_BYTES} bytes"),
    )
    .with_hint("write the entity out in the document")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str, size: usize) -> Option<Code> {
        let mut guard = EntityGuard::default();
        text.as_bytes()
            .chunks(size)
            .find_map(|piece| guard.scan(piece).err())
            .map(|fault| fault.error.code())
    }

    #[test]
    fn entities_that_grow_by_each_other_are_refused() {
        let mut laughs = String::from("<!DOCTYPE a [<!ENTITY l0 \"ha\">");
        for level in 1..12 {
            let inner = format!("&l{};", level - 1).repeat(10);
            laughs += &format!("\n<!ENTITY l{level} \"{inner}\">");
        }
        laughs += "]><a>&l11;</a>";
        for size in [1, 5, 64, 100_000] {
            assert_eq!(scan(&laughs, size), Some(Code::DataParse), "{size}");
        }
    }

    #[test]
    fn many_uses_of_a_large_entity_are_refused() {
        let declaration = format!("<!ENTITY % x '{}'>", "y".repeat(200_000));
        let few = format!("{declaration}{}", "&x;".repeat(20));
        let many = format!("{declaration}{}", "&x;".repeat(20_000));
        for size in [1000, 1 << 20] {
            assert_eq!(scan(&few, size), None);
            assert_eq!(scan(&many, size), Some(Code::DataParse));
        }
    }

    #[test]
    fn entities_that_shorten_iris_are_fine() {
        let mut owl = String::from(
            "<!DOCTYPE rdf:RDF [<!ENTITY owl \"http://www.w3.org/2002/07/owl#\">\n\
             <!ENTITY here \"&owl;\">]>",
        );
        owl += &"<owl:Class rdf:about=\"&owl;Thing\"/> & &amp; &unknown; ; <".repeat(200_000);
        for size in [3, 100, 1 << 20] {
            assert_eq!(scan(&owl, size), None);
        }
    }
}
