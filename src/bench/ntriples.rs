//! Writes statements as lines.

use std::fmt::Arguments;
use std::io::Write;

/// A term of a statement, as it is written between its marks. Texts of generators need no escapes.
pub(super) enum Object<'a> {
    Iri(Arguments<'a>),
    Text(Arguments<'a>),
    Tagged(Arguments<'a>, &'a str),
    Typed(Arguments<'a>, &'a str),
}

/// Lines appended to a buffer, and their number.
pub(super) struct Lines<'b> {
    out: &'b mut Vec<u8>,
    count: u64,
}

impl<'b> Lines<'b> {
    pub fn new(out: &'b mut Vec<u8>) -> Self {
        Self { out, count: 0 }
    }

    /// One statement. `predicate` is an IRI.
    pub fn add(&mut self, subject: Arguments<'_>, predicate: &str, object: Object<'_>) {
        let written = match object {
            Object::Iri(iri) => writeln!(self.out, "<{subject}> <{predicate}> <{iri}> ."),
            Object::Text(text) => writeln!(self.out, "<{subject}> <{predicate}> \"{text}\" ."),
            Object::Tagged(text, language) => {
                writeln!(
                    self.out,
                    "<{subject}> <{predicate}> \"{text}\"@{language} ."
                )
            }
            Object::Typed(text, datatype) => {
                writeln!(
                    self.out,
                    "<{subject}> <{predicate}> \"{text}\"^^<{datatype}> ."
                )
            }
        };
        debug_assert!(written.is_ok(), "a buffer in memory takes everything");
        self.count += 1;
    }

    pub fn count(&self) -> u64 {
        self.count
    }
}
