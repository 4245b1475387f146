//! From a result batch to the block that `ts_batch_header` describes.

use super::batch::{TS_BATCH_MAGIC, TS_BATCH_VERSION, ts_batch_entry, ts_batch_header};
use super::terms::{TS_UNBOUND, ts_direction, ts_term_kind};
use crate::control::{Charge, Control};
use crate::error::{Code, Error, Result};
use crate::query::ResultBatch;
use crate::term::{Direction, LiteralKind, TermRef, write_blank_label};
use rustc_hash::FxHashMap;

/// A block and its header.
pub(super) struct Encoded {
    pub(super) words: Vec<u64>,
    pub(super) header: ts_batch_header,
    pub(super) charge: Charge,
}

const WORD: usize = size_of::<u64>();

/// Copies a result batch. Entries have the indexes that its terms have; datatypes follow them.
/// Errors: `ResourceExhausted`; `TermTooLarge` for a text that does not fit the layout.
pub(super) fn encode(batch: &ResultBatch, control: &Control) -> Result<Encoded> {
    let mut terms = Terms::default();
    terms.text.try_reserve(batch.terms().text_bytes())?;
    for slot in 0..batch.terms().len() {
        let entry = match batch.terms().get(slot) {
            Some(term) => terms.entry(term, batch)?,
            None => Terms::vacant(),
        };
        terms.entries.push(entry);
    }
    terms.add_datatypes()?;

    let columns_bytes = batch.columns().len() * batch.rows() * size_of::<u32>();
    let columns_offset = size_of::<ts_batch_header>();
    let entries_offset = (columns_offset + columns_bytes).next_multiple_of(WORD);
    let text_offset = entries_offset + terms.entries.len() * size_of::<ts_batch_entry>();
    let byte_len = (text_offset + terms.text.len()).next_multiple_of(WORD);
    let charge = control.charge(byte_len)?;
    let header = ts_batch_header {
        magic: TS_BATCH_MAGIC,
        version: TS_BATCH_VERSION,
        rows: count(batch.rows())?,
        columns: count(batch.columns().len())?,
        terms: count(terms.entries.len())?,
        reserved: 0,
        columns_offset: columns_offset as u64,
        entries_offset: entries_offset as u64,
        text_offset: text_offset as u64,
        byte_len: byte_len as u64,
    };
    for entry in &mut terms.entries {
        entry.offset += text_offset as u64;
    }

    let mut words: Vec<u64> = Vec::new();
    words.try_reserve_exact(byte_len / WORD)?;
    words.resize(byte_len / WORD, 0);
    let block = words.as_mut_ptr().cast::<u8>();
    // SAFETY: the offsets are those of parts within `byte_len` that follow one another, each
    // aligned for what it holds; the parts do not overlap what is copied from.
    unsafe {
        block.cast::<ts_batch_header>().write(header);
        for (column, indexes) in batch.columns().iter().enumerate() {
            let at = columns_offset + column * batch.rows() * size_of::<u32>();
            block
                .add(at)
                .cast::<u32>()
                .copy_from_nonoverlapping(indexes.as_ptr(), batch.rows());
        }
        block
            .add(entries_offset)
            .cast::<ts_batch_entry>()
            .copy_from_nonoverlapping(terms.entries.as_ptr(), terms.entries.len());
        block
            .add(text_offset)
            .copy_from_nonoverlapping(terms.text.as_ptr(), terms.text.len());
    }
    Ok(Encoded {
        words,
        header,
        charge,
    })
}

/// Entries and their text; offsets count from the start of the text.
#[derive(Default)]
struct Terms<'b> {
    entries: Vec<ts_batch_entry>,
    text: Vec<u8>,
    /// Datatype IRIs in order of first sight. Until their entries exist, literals hold the place
    /// in this list.
    datatypes: Vec<&'b str>,
    places: FxHashMap<&'b str, u32>,
}

impl<'b> Terms<'b> {
    fn vacant() -> ts_batch_entry {
        ts_batch_entry {
            kind: ts_term_kind::Unbound as u8,
            direction: ts_direction::None as u8,
            reserved: 0,
            datatype: TS_UNBOUND,
            offset: 0,
            length: 0,
            language_length: 0,
        }
    }

    fn entry(&mut self, term: TermRef<'b>, batch: &ResultBatch) -> Result<ts_batch_entry> {
        let mut entry = Self::vacant();
        match term {
            TermRef::Iri(iri) => {
                entry.kind = ts_term_kind::Iri as u8;
                (entry.offset, entry.length) = self.append(iri.as_bytes())?;
            }
            TermRef::Blank(number) => {
                entry.kind = ts_term_kind::Blank as u8;
                let mut label = Vec::new();
                write_blank_label(number, &mut label);
                (entry.offset, entry.length) = self.append(&label)?;
            }
            TermRef::Literal(literal) => {
                entry.kind = ts_term_kind::Literal as u8;
                (entry.offset, entry.length) = self.append(literal.lexical.as_bytes())?;
                if let LiteralKind::Language { tag, direction } = literal.kind {
                    (_, entry.language_length) = self.append(tag.as_bytes())?;
                    entry.direction = match direction {
                        None => ts_direction::None,
                        Some(Direction::LeftToRight) => ts_direction::Ltr,
                        Some(Direction::RightToLeft) => ts_direction::Rtl,
                    } as u8;
                }
                entry.datatype = self.datatype(literal.datatype());
            }
            TermRef::Triple(parts) => {
                entry.kind = ts_term_kind::Triple as u8;
                self.text
                    .resize(self.text.len().next_multiple_of(size_of::<u32>()), 0);
                entry.offset = self.text.len() as u64;
                for part in parts {
                    let index = batch.index_of(part).unwrap_or(TS_UNBOUND);
                    self.text.extend_from_slice(&index.to_ne_bytes());
                }
                entry.length = 3 * size_of::<u32>() as u32;
            }
        }
        Ok(entry)
    }

    /// Appends text with a zero byte.
    fn append(&mut self, text: &[u8]) -> Result<(u64, u32)> {
        let length = u32::try_from(text.len()).map_err(|_| {
            Error::new(
                Code::TermTooLarge,
                format!("a term of {} bytes does not fit a batch", text.len()),
            )
        })?;
        let offset = self.text.len() as u64;
        self.text.try_reserve(text.len() + 1)?;
        self.text.extend_from_slice(text);
        self.text.push(0);
        Ok((offset, length))
    }

    fn datatype(&mut self, iri: &'b str) -> u32 {
        *self.places.entry(iri).or_insert_with(|| {
            self.datatypes.push(iri);
            self.datatypes.len() as u32 - 1
        })
    }

    /// Makes entries of the datatypes, behind the terms.
    fn add_datatypes(&mut self) -> Result<()> {
        let first = count(self.entries.len())?;
        for entry in &mut self.entries {
            if entry.datatype != TS_UNBOUND {
                entry.datatype += first;
            }
        }
        for iri in std::mem::take(&mut self.datatypes) {
            let mut entry = Self::vacant();
            entry.kind = ts_term_kind::Iri as u8;
            (entry.offset, entry.length) = self.append(iri.as_bytes())?;
            self.entries.push(entry);
        }
        Ok(())
    }
}

fn count(number: usize) -> Result<u32> {
    u32::try_from(number).map_err(|_| {
        Error::new(
            Code::ResourceExhausted,
            format!("{number} does not fit a batch"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::batch;
    use super::super::terms::ts_term;
    use super::super::text::ts_text;
    use super::*;
    use crate::config::Config;
    use crate::database::{Database, LoadOptions, QuadPattern};
    use crate::load::Format;
    use crate::query::RowSource;
    use proptest::prelude::*;

    fn text(text: ts_text) -> String {
        // SAFETY: the batch that the text is borrowed from is alive.
        unsafe { text.read("text") }.unwrap().to_owned()
    }

    /// A term of a block as N-Triples writes it.
    fn printed(block: &batch::State, term: ts_term) -> String {
        let kind = |kind: ts_term_kind| kind as i32 == term.kind;
        if kind(ts_term_kind::Triple) {
            let parts = [term.subject, term.predicate, term.object]
                .map(|part| printed(block, block.term(part).unwrap()));
            return format!("<<( {} )>>", parts.join(" "));
        }
        let value = text(term.value);
        if kind(ts_term_kind::Iri) {
            return format!("<{value}>");
        }
        if kind(ts_term_kind::Blank) {
            return format!("_:{value}");
        }
        assert!(kind(ts_term_kind::Literal));
        let mut tag = text(term.language);
        tag.push_str(["", "--ltr", "--rtl"][term.direction as usize]);
        match tag.is_empty() {
            true => format!("{value:?}^^<{}>", text(term.datatype)),
            false => format!("{value:?}@{tag}"),
        }
    }

    /// The same from the result batch itself.
    fn expected(rows: &ResultBatch, term: TermRef<'_>) -> String {
        match term {
            TermRef::Iri(iri) => format!("<{iri}>"),
            TermRef::Blank(number) => {
                let mut label = Vec::new();
                write_blank_label(number, &mut label);
                format!("_:{}", String::from_utf8(label).unwrap())
            }
            TermRef::Literal(literal) => match literal.kind {
                LiteralKind::Language { tag, direction } => {
                    let direction = direction.map_or("", |direction| match direction {
                        Direction::LeftToRight => "--ltr",
                        Direction::RightToLeft => "--rtl",
                    });
                    format!("{:?}@{tag}{direction}", literal.lexical)
                }
                _ => format!("{:?}^^<{}>", literal.lexical, literal.datatype()),
            },
            TermRef::Triple(parts) => {
                let parts = parts.map(|part| {
                    let index = rows.index_of(part).unwrap();
                    expected(rows, rows.terms().get(index as usize).unwrap())
                });
                format!("<<( {} )>>", parts.join(" "))
            }
        }
    }

    fn object() -> impl Strategy<Value = String> {
        let simple = prop_oneof![
            (0..5_u8).prop_map(|n| format!("<http://e/{n}>")),
            (0..3_u8).prop_map(|n| format!("_:x{n}")),
            "[a-z ]{0,12}".prop_map(|text| format!("\"{text}\"")),
            "[a-z]{0,9}".prop_map(|text| format!("\"{text}\"@en")),
            "[a-z]{0,9}".prop_map(|text| format!("\"{text}\"@ar--rtl")),
            (0..9_u8).prop_map(|n| format!("\"{n}\"^^<http://e/type{}>", n % 3)),
            (0..9_u8)
                .prop_map(|n| { format!("\"{n}\"^^<http://www.w3.org/2001/XMLSchema#integer>") }),
        ];
        simple.prop_recursive(2, 8, 1, |inner| {
            inner.prop_map(|object| format!("<<( <http://e/s> <http://e/p> {object} )>>"))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn a_block_holds_the_rows_and_so_does_a_slice(
            quads in prop::collection::vec((0..4_u8, object(), prop::option::of(0..2_u8)), 1..60),
            cut in (0..60_usize, 0..60_usize),
        ) {
            let lines: String = quads
                .iter()
                .map(|(s, o, g)| {
                    let g = g.map_or(String::new(), |g| format!("<http://e/g{g}>"));
                    format!("<http://e/{s}> <http://e/p> {o} {g} .\n")
                })
                .collect();
            let database = Database::memory(&Config::default()).unwrap();
            let options = LoadOptions { format: Some(Format::NQuads), ..LoadOptions::default() };
            let control = Control::new();
            database.load_bytes(lines.as_bytes(), &options, &control).unwrap();
            let snapshot = database.snapshot().unwrap();
            let mut found = snapshot.quad_rows(&QuadPattern::default(), &control).unwrap();
            let mut all = ResultBatch::new();
            prop_assert!(found.next(1000, &mut all).unwrap());
            let (from, to) = (cut.0.min(all.rows()), cut.1.min(all.rows()));
            let range = from.min(to)..from.max(to);
            for (rows, first) in [(all.slice(range.clone()), range.start), (all.clone(), 0)] {
                let block = batch::made(&rows, &control).unwrap().0;
                for row in 0..rows.rows() {
                    for column in 0..4 {
                        let term = block.term(block.index(row, column).unwrap()).unwrap();
                        match all.term(first + row, column) {
                            Some(whole) => {
                                prop_assert_eq!(printed(&block, term), expected(&all, whole));
                            }
                            None => prop_assert_eq!(term.kind, ts_term_kind::Unbound as i32),
                        }
                    }
                }
                // Only what the rows need is there, once.
                let used = rows.terms().len();
                prop_assert!((0..used).all(|slot| rows.terms().get(slot).is_some()));
            }
        }
    }

    #[test]
    fn a_block_is_charged_until_it_is_freed() {
        let database = Database::memory(&Config::default()).unwrap();
        let control = database.query_control();
        let block = batch::made(&ResultBatch::new(), &control).unwrap();
        assert!(control.memory().used() >= size_of::<ts_batch_header>());
        drop(block);
        assert_eq!(control.memory().used(), 0);
    }
}
