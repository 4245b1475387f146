//! Statements about one subject after the other.

use crate::bench::dataset::{Term, Writer};
use std::fmt::{Arguments, Write};

const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

/// A writer, and what the next statements are about.
pub struct Statements<'w, 'b> {
    writer: &'w mut Writer<'b>,
    subject: String,
}

impl<'w, 'b> Statements<'w, 'b> {
    pub fn new(writer: &'w mut Writer<'b>) -> Self {
        Self {
            writer,
            subject: String::new(),
        }
    }

    /// The next statements are about this IRI, which is of a class.
    pub fn about(&mut self, subject: Arguments<'_>, class: &str) {
        self.subject.clear();
        let written = self.subject.write_fmt(subject);
        debug_assert!(written.is_ok(), "a string takes everything");
        self.class(class);
    }

    pub fn class(&mut self, class: &str) {
        self.state(RDF_TYPE, Term::Named(class));
    }

    pub fn link(&mut self, predicate: &str, object: Arguments<'_>) {
        self.state(predicate, Term::Iri(object));
    }

    pub fn text(&mut self, predicate: &str, text: Arguments<'_>) {
        self.state(predicate, Term::Text(text));
    }

    pub fn state(&mut self, predicate: &str, object: Term<'_>) {
        let subject = Term::Named(&self.subject);
        self.writer.triple(subject, predicate, object);
    }
}
