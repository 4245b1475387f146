//! Statements as text, in the syntaxes a dataset can be had in.
//!
//! Lines of N-Triples and N-Quads are in the canonical form of RDF 1.2. Turtle has prefixed names and groups what is
//! said of one subject in a row. Terms are formatted straight into the buffer and looked at there once more, for
//! characters to escape or a namespace to shorten, which costs less than a formatter that looks at every character.

use std::fmt::{self, Arguments, Write};

/// A syntax for generated data. One without graphs takes the triples of all of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Syntax {
    NTriples,
    Turtle,
    NQuads,
}

/// A term as it is written between its marks. Generated IRIs are valid; texts are escaped by the writer.
#[derive(Clone, Copy)]
pub enum Term<'a> {
    Iri(Arguments<'a>),
    /// An IRI that is there as a string, which costs less.
    Named(&'a str),
    /// A blank node by its number, one for the whole document.
    Blank(u64),
    Text(Arguments<'a>),
    Tagged(Arguments<'a>, &'a str),
    /// A lexical form and the IRI of its datatype.
    Typed(Arguments<'a>, &'a str),
    /// A triple term.
    Triple(&'a Triple<'a>),
}

/// Subject, predicate (an IRI) and object.
pub struct Triple<'a> {
    pub subject: Term<'a>,
    pub predicate: &'a str,
    pub object: Term<'a>,
}

const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

/// Writes one part of a dataset to a buffer, and counts its statements.
pub struct Writer<'b> {
    out: &'b mut Vec<u8>,
    syntax: Syntax,
    prefixes: &'b [(&'static str, &'static str)],
    /// The subject of the Turtle statement that is still open, as it is written.
    subject: Vec<u8>,
    statements: u64,
}

impl<'b> Writer<'b> {
    pub fn new(syntax: Syntax, out: &'b mut Vec<u8>) -> Self {
        Self {
            out,
            syntax,
            prefixes: &[],
            subject: Vec::new(),
            statements: 0,
        }
    }

    /// Prefixes that IRIs are shortened with in Turtle.
    pub fn with_prefixes(mut self, prefixes: &'b [(&'static str, &'static str)]) -> Self {
        self.prefixes = prefixes;
        self
    }

    /// What a document begins with: its prefixes.
    pub fn prologue(&mut self) {
        if self.syntax == Syntax::Turtle {
            for (name, namespace) in self.prefixes {
                self.put(format_args!("@prefix {name}: <{namespace}> .\n"));
            }
        }
    }

    /// A statement of the default graph. `predicate` is an IRI.
    pub fn triple(&mut self, subject: Term<'_>, predicate: &str, object: Term<'_>) {
        self.quad(subject, predicate, object, None);
    }

    /// A statement of a named graph, or of the default graph.
    pub fn quad(
        &mut self,
        subject: Term<'_>,
        predicate: &str,
        object: Term<'_>,
        graph: Option<Term<'_>>,
    ) {
        self.statements += 1;
        if self.syntax == Syntax::Turtle {
            return self.grouped(subject, predicate, object);
        }
        self.term(subject);
        self.predicate(predicate);
        self.term(object);
        if let (Some(graph), Syntax::NQuads) = (graph, self.syntax) {
            self.out.push(b' ');
            self.term(graph);
        }
        self.out.extend_from_slice(b" .\n");
    }

    /// A statement of Turtle, which stays open for more of its subject.
    fn grouped(&mut self, subject: Term<'_>, predicate: &str, object: Term<'_>) {
        let start = self.out.len();
        self.term(subject);
        if self.out[start..] == self.subject {
            self.out.truncate(start);
            self.out.extend_from_slice(b" ;\n\t");
        } else {
            let end = if self.subject.is_empty() { "" } else { " .\n" };
            self.subject.clear();
            self.subject.extend_from_slice(&self.out[start..]);
            self.out.truncate(start);
            self.out.extend_from_slice(end.as_bytes());
            self.out.extend_from_slice(&self.subject);
            self.out.push(b' ');
        }
        self.verb(predicate);
        self.out.push(b' ');
        self.term(object);
    }

    /// Statements so far.
    pub fn statements(&self) -> u64 {
        self.statements
    }

    /// Ends the last statement, and returns how many there were.
    pub fn finish(self) -> u64 {
        if !self.subject.is_empty() {
            self.out.extend_from_slice(b" .\n");
        }
        self.statements
    }

    fn put(&mut self, text: Arguments<'_>) {
        if let Some(text) = text.as_str() {
            return self.out.extend_from_slice(text.as_bytes());
        }
        let written = Buffer(self.out).write_fmt(text);
        debug_assert!(written.is_ok(), "a buffer in memory takes everything");
    }

    fn term(&mut self, term: Term<'_>) {
        match term {
            Term::Iri(iri) => {
                let start = self.out.len();
                self.out.push(b'<');
                self.put(iri);
                self.out.push(b'>');
                self.shorten(start);
            }
            Term::Named(iri) => self.iri(iri),
            Term::Blank(number) => self.put(format_args!("_:b{number}")),
            Term::Text(text) => self.text(text),
            Term::Tagged(text, language) => {
                self.text(text);
                self.out.push(b'@');
                self.out.extend_from_slice(language.as_bytes());
            }
            Term::Typed(text, datatype) => {
                self.text(text);
                self.out.extend_from_slice(b"^^");
                self.iri(datatype);
            }
            Term::Triple(triple) => {
                self.out.extend_from_slice(b"<<( ");
                self.term(triple.subject);
                self.predicate(triple.predicate);
                self.term(triple.object);
                self.out.extend_from_slice(b" )>>");
            }
        }
    }

    /// A predicate between spaces.
    fn predicate(&mut self, iri: &str) {
        self.out.push(b' ');
        self.iri(iri);
        self.out.push(b' ');
    }

    /// The predicate of a Turtle statement.
    fn verb(&mut self, iri: &str) {
        match iri == RDF_TYPE {
            true => self.out.push(b'a'),
            false => self.iri(iri),
        }
    }

    fn iri(&mut self, iri: &str) {
        let start = self.out.len();
        self.out.reserve(iri.len() + 2);
        self.out.push(b'<');
        self.out.extend_from_slice(iri.as_bytes());
        self.out.push(b'>');
        self.shorten(start);
    }

    /// Makes the IRI from `start` on a prefixed name, if this is Turtle and it can be one.
    fn shorten(&mut self, start: usize) {
        if self.syntax != Syntax::Turtle {
            return;
        }
        let iri = &self.out[start + 1..self.out.len() - 1];
        let found = self.prefixes.iter().find_map(|(name, namespace)| {
            let local = iri.strip_prefix(namespace.as_bytes())?;
            is_local_name(local).then_some((*name, local.len()))
        });
        if let Some((name, local_length)) = found {
            let local = self.out.len() - 1 - local_length;
            self.out.pop();
            let marked = name.bytes().chain([b':']);
            self.out.splice(start..local, marked);
        }
    }

    fn text(&mut self, text: Arguments<'_>) {
        self.out.push(b'"');
        let start = self.out.len();
        self.put(text);
        escape(self.out, start);
        self.out.push(b'"');
    }
}

/// A buffer that is formatted into.
struct Buffer<'b>(&'b mut Vec<u8>);

impl Write for Buffer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Whether a name is one behind a prefix as it stands. Not all that are valid: letters, digits and few marks.
fn is_local_name(name: &[u8]) -> bool {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    name.iter().all(inside)
        && !matches!(name.first(), Some(b'-' | b'.'))
        && name.last() != Some(&b'.')
}

/// Whether a text can hold this byte only as, or in, an escape. U+FFFE and U+FFFF, which are written as one too, begin
/// with 0xEF.
fn is_suspect(byte: u8) -> bool {
    byte < b' ' || matches!(byte, b'"' | b'\\' | 0x7F | 0xEF)
}

/// Escapes the text from `start` on, as canonical N-Triples does.
fn escape(out: &mut Vec<u8>, start: usize) {
    // Without an early end, so that many bytes are looked at together.
    let suspect = out[start..]
        .iter()
        .fold(false, |suspect, &byte| suspect | is_suspect(byte));
    if suspect {
        let text = out.split_off(start);
        escape_into(&text, out);
    }
}

#[cold]
fn escape_into(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    loop {
        let plain = rest.iter().position(|&byte| is_suspect(byte));
        let (before, from) = rest.split_at(plain.unwrap_or(rest.len()));
        out.extend_from_slice(before);
        let (escaped, length): (&[u8], usize) = match from {
            [] => return,
            [0x08, ..] => (b"\\b", 1),
            [b'\t', ..] => (b"\\t", 1),
            [b'\n', ..] => (b"\\n", 1),
            [0x0C, ..] => (b"\\f", 1),
            [b'\r', ..] => (b"\\r", 1),
            [b'"', ..] => (b"\\\"", 1),
            [b'\\', ..] => (b"\\\\", 1),
            [0xEF, 0xBF, 0xBE, ..] => (b"\\uFFFE", 3),
            [0xEF, 0xBF, 0xBF, ..] => (b"\\uFFFF", 3),
            [0xEF, ..] => (&from[..1], 1),
            [control, ..] => {
                let written = Buffer(out).write_fmt(format_args!("\\u{control:04X}"));
                debug_assert!(written.is_ok(), "a buffer in memory takes everything");
                (b"", 1)
            }
        };
        out.extend_from_slice(escaped);
        rest = &from[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIXES: &[(&str, &str)] = &[("e", "http://e/"), ("x", "http://x/#")];

    fn written(syntax: Syntax, write: impl FnOnce(&mut Writer<'_>)) -> String {
        let mut out = Vec::new();
        let mut writer = Writer::new(syntax, &mut out).with_prefixes(PREFIXES);
        write(&mut writer);
        writer.finish();
        String::from_utf8(out).unwrap()
    }

    fn text(text: &str) -> String {
        let line = written(Syntax::NTriples, |writer| {
            let subject = Term::Named("http://e/s");
            writer.triple(subject, "http://e/p", Term::Text(format_args!("{text}")));
        });
        let (_, object) = line.split_once("p> \"").unwrap();
        object.strip_suffix("\" .\n").unwrap().to_owned()
    }

    #[test]
    fn texts_are_escaped_as_canonical_n_triples_does() {
        for (plain, escaped) in [
            ("", ""),
            ("a b'c", "a b'c"),
            ("\"", "\\\""),
            ("back\\slash", "back\\\\slash"),
            ("\u{8}\t\n\u{C}\r", "\\b\\t\\n\\f\\r"),
            ("a\u{0}b\u{7}\u{B}\u{1F}", "a\\u0000b\\u0007\\u000B\\u001F"),
            ("\u{7F}\u{80}", "\\u007F\u{80}"),
            ("\u{FFFE}\u{FFFF}\u{FF01}é𝄞", "\\uFFFE\\uFFFF\u{FF01}é𝄞"),
        ] {
            assert_eq!(text(plain), escaped);
        }
    }

    /// A statement with each kind of term, two of them about one subject.
    fn all_terms(writer: &mut Writer<'_>) {
        let subject = Term::Named("http://e/s1");
        let integer = "http://www.w3.org/2001/XMLSchema#integer";
        writer.triple(subject, RDF_TYPE, Term::Named("http://x/#C"));
        writer.triple(
            subject,
            "http://e/p",
            Term::Tagged(format_args!("a\"b"), "en"),
        );
        writer.quad(
            Term::Blank(7),
            "http://e/p",
            Term::Triple(&Triple {
                subject: Term::Iri(format_args!("http://e/s{}", 1)),
                predicate: RDF_TYPE,
                object: Term::Typed(format_args!("{}", 42), integer),
            }),
            Some(Term::Iri(format_args!("http://e/g"))),
        );
        assert_eq!(writer.statements(), 3);
    }

    #[test]
    fn lines_have_every_kind_of_term() {
        let triples = concat!(
            "<http://e/s1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://x/#C> .\n",
            "<http://e/s1> <http://e/p> \"a\\\"b\"@en .\n",
            "_:b7 <http://e/p> <<( <http://e/s1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ",
            "\"42\"^^<http://www.w3.org/2001/XMLSchema#integer> )>> .\n",
        );
        assert_eq!(written(Syntax::NTriples, all_terms), triples);
        let quads = triples.replace(")>> .", ")>> <http://e/g> .");
        assert_eq!(written(Syntax::NQuads, all_terms), quads);
    }

    #[test]
    fn turtle_groups_a_subject_and_closes_the_last_statement() {
        let expected = concat!(
            "e:s1 a x:C ;\n\te:p \"a\\\"b\"@en .\n",
            "_:b7 e:p <<( e:s1 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ",
            "\"42\"^^<http://www.w3.org/2001/XMLSchema#integer> )>> .\n",
        );
        assert_eq!(written(Syntax::Turtle, all_terms), expected);
        assert_eq!(written(Syntax::Turtle, |_| ()), "");
    }

    #[test]
    fn only_valid_names_stand_behind_a_prefix() {
        for (iri, expected) in [
            ("http://e/", "e:"),
            ("http://e/a1_B-c", "e:a1_B-c"),
            ("http://e/1.5", "e:1.5"),
            ("http://e/a.", "<http://e/a.>"),
            ("http://e/.a", "<http://e/.a>"),
            ("http://e/-a", "<http://e/-a>"),
            ("http://e/a/b", "<http://e/a/b>"),
            ("http://e/é", "<http://e/é>"),
            ("http://x/#a", "x:a"),
            ("http://x/a", "<http://x/a>"),
        ] {
            let text = written(Syntax::Turtle, |writer| {
                writer.triple(Term::Named(iri), "http://e/p", Term::Blank(0));
            });
            assert_eq!(text, format!("{expected} e:p _:b0 .\n"));
        }
    }
}
