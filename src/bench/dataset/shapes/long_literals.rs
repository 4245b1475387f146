//! Documents with texts from 1 KiB (half of them) to 1 MiB (one of 1,024), each as four literals that are nearly equal:
//! two in English that differ in their last word, the first one again in another language, and a plain one that
//! differs in its first word. About 4 KB a statement.

use super::{Items, XSD, XSD_INTEGER, doublings};
use crate::bench::dataset::text::Words;
use crate::bench::dataset::{Term, Writer};
use crate::bench::random::Random;
use std::fmt::Write;

macro_rules! name {
    ($name:literal) => {
        concat!("http://www.example.org/texts#", $name)
    };
}

const NAMESPACE: &str = name!("");
const TEXT: &str = name!("text");
const TITLE: &str = name!("title");
const NUMBER: &str = name!("number");
const DOCUMENT_STATEMENTS: u64 = 6;
const LANGUAGES: [&str; 6] = ["de", "fr", "es", "ja", "pt-br", "zh-hant"];
/// Texts have 1 KiB doubled at most so many times.
const DOUBLINGS: u32 = 10;
const LENGTH_MIN: u64 = 1024;

/// `Document0` and so on.
pub(in crate::bench) struct LongLiterals {
    pub documents: u64,
}

impl LongLiterals {
    /// Texts of a document.
    pub const TEXTS: u64 = 4;
    /// A word that is in the texts of some documents: not one that is made of syllables.
    pub const RARE: &'static str = "Xanadu";
    /// Of so many documents, one has the rare word.
    pub const RARE_ONE_IN: u64 = 16;

    /// How many documents have texts of at least this length, a power of two of at least 1,024.
    pub fn documents_of(&self, length: u64) -> u64 {
        self.documents >> (length.ilog2() - LENGTH_MIN.ilog2())
    }

    /// The length that at least the longest texts have.
    pub fn longest(&self) -> u64 {
        LENGTH_MIN << self.documents.ilog2().min(DOUBLINGS)
    }

    /// How many documents have the rare word.
    pub fn rare(&self) -> u64 {
        self.documents.div_ceil(Self::RARE_ONE_IN)
    }
}

/// Words and spaces, of one byte a letter, with the rare word in the middle or without it.
fn text(random: &mut Random, length: usize, has_rare: bool) -> String {
    let mut text = String::with_capacity(length + 512);
    while text.len() < length {
        let words = Words::between(20, 40, random);
        // A string takes everything.
        let _ = write!(text, "{words} ");
    }
    text.truncate(length);
    if has_rare {
        let start = length / 2;
        let word = format!(" {} ", LongLiterals::RARE);
        text.replace_range(start..start + word.len(), &word);
    }
    text
}

impl Items for LongLiterals {
    const NAME: &'static str = "long-literals";
    const ABOUT: &'static str = "texts of 1 KiB to 1 MiB in several languages, nearly equal ones";
    const PREFIXES: &'static [(&'static str, &'static str)] = &[("", NAMESPACE), XSD];
    const PART_ITEMS: u64 = 128;

    fn of_scale(scale: u64) -> Self {
        Self {
            documents: (scale / DOCUMENT_STATEMENTS).max(1),
        }
    }

    fn items(&self) -> u64 {
        self.documents
    }

    fn write(&self, document: u64, random: &mut Random, writer: &mut Writer<'_>) {
        let iri = Term::Iri(format_args!("{NAMESPACE}Document{document}"));
        let length = LENGTH_MIN << doublings(document, DOUBLINGS);
        let words = Words::between(2, 8, random);
        let language = LANGUAGES[random.below(LANGUAGES.len() as u64) as usize];
        let text = text(
            random,
            length as usize,
            document.is_multiple_of(Self::RARE_ONE_IN),
        );
        writer.triple(iri, TITLE, Term::Text(format_args!("{words}")));
        writer.triple(
            iri,
            NUMBER,
            Term::Typed(format_args!("{document}"), XSD_INTEGER),
        );
        for object in [
            Term::Tagged(format_args!("{document} {text} 1"), "en"),
            Term::Tagged(format_args!("{document} {text} 2"), "en"),
            Term::Tagged(format_args!("{document} {text} 1"), language),
            Term::Text(format_args!("{document}a {text} 1")),
        ] {
            writer.triple(iri, TEXT, object);
        }
    }
}
