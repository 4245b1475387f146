//! Terms decoded once, in one buffer.

use crate::term::{Direction, Id, LiteralKind, LiteralRef, TermRef};

/// A list of terms whose texts share one buffer.
#[derive(Clone, Debug, Default)]
pub struct TermTable {
    entries: Vec<Entry>,
    text: String,
    /// Datatype IRI or language tag of the last literals, since they repeat.
    suffix: (usize, usize),
    triples: Vec<[Id; 3]>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    kind: Kind,
    start: usize,
    bytes: usize,
    suffix_start: usize,
    suffix_bytes: u32,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Vacant,
    Iri,
    /// `start` is the number.
    Blank,
    /// `start` is an index into `triples`.
    Triple,
    String,
    Language(Option<Direction>),
    Typed,
}

const VACANT: Entry = Entry {
    kind: Kind::Vacant,
    start: 0,
    bytes: 0,
    suffix_start: 0,
    suffix_bytes: 0,
};

impl TermTable {
    pub fn new() -> Self {
        Self::default()
    }

    /// Empties the table and keeps its buffers.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.text.clear();
        self.suffix = (0, 0);
        self.triples.clear();
    }

    /// The number of slots.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of text held.
    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// Makes slots `0..len` exist; they hold no term until one is put.
    pub fn reserve_slots(&mut self, len: usize) {
        if self.entries.len() < len {
            self.entries.resize(len, VACANT);
        }
    }

    /// Puts a copy of `term` into a slot.
    pub fn put(&mut self, slot: usize, term: TermRef<'_>) {
        let mut entry = VACANT;
        match term {
            TermRef::Iri(iri) => {
                entry.kind = Kind::Iri;
                (entry.start, entry.bytes) = self.append(iri);
            }
            TermRef::Blank(number) => {
                entry.kind = Kind::Blank;
                entry.start = number as usize;
            }
            TermRef::Triple(parts) => {
                entry.kind = Kind::Triple;
                entry.start = self.triples.len();
                self.triples.push(parts);
            }
            TermRef::Literal(literal) => {
                (entry.start, entry.bytes) = self.append(literal.lexical);
                let suffix = match literal.kind {
                    LiteralKind::String => {
                        entry.kind = Kind::String;
                        ""
                    }
                    LiteralKind::Language { tag, direction } => {
                        entry.kind = Kind::Language(direction);
                        tag
                    }
                    LiteralKind::Typed(datatype) => {
                        entry.kind = Kind::Typed;
                        datatype
                    }
                };
                if !suffix.is_empty() {
                    let (start, bytes) = self.suffix;
                    if self.text.get(start..start + bytes) != Some(suffix) {
                        self.suffix = self.append(suffix);
                    }
                    entry.suffix_start = self.suffix.0;
                    entry.suffix_bytes = self.suffix.1 as u32;
                }
            }
        }
        self.reserve_slots(slot + 1);
        self.entries[slot] = entry;
    }

    fn append(&mut self, text: &str) -> (usize, usize) {
        let start = self.text.len();
        self.text.push_str(text);
        (start, text.len())
    }

    /// The term of a slot; `None` if it holds none.
    pub fn get(&self, slot: usize) -> Option<TermRef<'_>> {
        let entry = self.entries.get(slot)?;
        let text = || &self.text[entry.start..entry.start + entry.bytes];
        let suffix =
            || &self.text[entry.suffix_start..entry.suffix_start + entry.suffix_bytes as usize];
        let kind = match entry.kind {
            Kind::Vacant => return None,
            Kind::Iri => return Some(TermRef::Iri(text())),
            Kind::Blank => return Some(TermRef::Blank(entry.start as u64)),
            Kind::Triple => {
                return self
                    .triples
                    .get(entry.start)
                    .map(|parts| TermRef::Triple(*parts));
            }
            Kind::String => LiteralKind::String,
            Kind::Language(direction) => LiteralKind::Language {
                tag: suffix(),
                direction,
            },
            Kind::Typed => LiteralKind::Typed(suffix()),
        };
        Some(TermRef::Literal(LiteralRef {
            lexical: text(),
            kind,
        }))
    }

    /// The terms in order, empty slots left out.
    pub fn iter(&self) -> impl Iterator<Item = TermRef<'_>> {
        (0..self.entries.len()).filter_map(|slot| self.get(slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_gives_back_what_was_put() {
        let terms = [
            TermRef::Iri("http://x/"),
            TermRef::typed("1", "http://d/"),
            TermRef::typed("2", "http://d/"),
            TermRef::typed("", "http://e/"),
            TermRef::string(""),
            TermRef::Literal(LiteralRef::language(
                "a",
                "en",
                Some(Direction::LeftToRight),
            )),
            TermRef::Blank(1 << 56 | 3),
            TermRef::Triple([Id::from_raw(1), Id::from_raw(2), Id::from_raw(3)]),
        ];
        let mut table = TermTable::new();
        table.reserve_slots(9);
        for (slot, term) in terms.into_iter().enumerate().rev() {
            table.put(slot, term);
        }
        assert!(table.iter().eq(terms));
        assert_eq!(table.get(8), None);
    }
}
