//! Statements as text, in the syntaxes a dataset can be had in.

use std::fmt::Arguments;
use std::io::Write;

/// A syntax for generated data.
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

/// Writes one part of a dataset to a buffer, and counts its statements.
pub struct Writer<'b> {
    out: &'b mut Vec<u8>,
    syntax: Syntax,
    statements: u64,
}

impl<'b> Writer<'b> {
    pub fn new(syntax: Syntax, out: &'b mut Vec<u8>) -> Self {
        Self {
            out,
            syntax,
            statements: 0,
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
        self.term(subject);
        self.put(format_args!(" <{predicate}> "));
        self.term(object);
        if let (Some(graph), Syntax::NQuads) = (graph, self.syntax) {
            self.put(format_args!(" "));
            self.term(graph);
        }
        self.put(format_args!(" .\n"));
        self.statements += 1;
    }

    pub fn statements(&self) -> u64 {
        self.statements
    }

    fn put(&mut self, text: Arguments<'_>) {
        let written = self.out.write_fmt(text);
        debug_assert!(written.is_ok(), "a buffer in memory takes everything");
    }

    fn term(&mut self, term: Term<'_>) {
        match term {
            Term::Iri(iri) => self.put(format_args!("<{iri}>")),
            Term::Blank(number) => self.put(format_args!("_:b{number}")),
            Term::Text(text) => self.put(format_args!("\"{text}\"")),
            Term::Tagged(text, language) => self.put(format_args!("\"{text}\"@{language}")),
            Term::Typed(text, datatype) => self.put(format_args!("\"{text}\"^^<{datatype}>")),
            Term::Triple(triple) => {
                self.put(format_args!("<<( "));
                self.term(triple.subject);
                self.put(format_args!(" <{}> ", triple.predicate));
                self.term(triple.object);
                self.put(format_args!(" )>>"));
            }
        }
    }
}
