//! Statements about one resource.

use super::date::Day;
use super::vocabulary::{RDF_TYPE, bsbm, dc, foaf, rdfs, xsd};
use super::{Country, CountryIri};
use crate::bench::dataset::text::Words;
use crate::bench::dataset::{Term, Writer};
use crate::bench::random::Random;
use std::fmt::{Arguments, Display};

/// Writes statements with one subject, whose IRI is made once.
pub(super) struct Entity<'a, 'w> {
    writer: &'a mut Writer<'w>,
    iri: String,
}

impl<'a, 'w> Entity<'a, 'w> {
    pub fn new(iri: impl Display, class: &str, writer: &'a mut Writer<'w>) -> Self {
        let mut entity = Self {
            writer,
            iri: iri.to_string(),
        };
        entity.link(RDF_TYPE, class);
        entity
    }

    fn add(&mut self, predicate: &str, object: Term<'_>) {
        self.writer
            .triple(Term::Named(&self.iri), predicate, object);
    }

    pub fn link(&mut self, predicate: &str, object: impl Display) {
        self.add(predicate, Term::Iri(format_args!("{object}")));
    }

    pub fn text(&mut self, predicate: &str, text: impl Display) {
        self.add(predicate, Term::Text(format_args!("{text}")));
    }

    pub fn tagged(&mut self, predicate: &str, text: impl Display, language: &str) {
        self.add(predicate, Term::Tagged(format_args!("{text}"), language));
    }

    pub fn typed(&mut self, predicate: &str, form: Arguments<'_>, datatype: &str) {
        self.add(predicate, Term::Typed(form, datatype));
    }

    pub fn integer(&mut self, predicate: &str, value: u64) {
        self.typed(predicate, format_args!("{value}"), xsd!("integer"));
    }

    pub fn date_time(&mut self, predicate: &str, day: Day) {
        self.typed(predicate, format_args!("{day}T00:00:00"), xsd!("dateTime"));
    }

    /// A label of 1 to 3 words and a comment of `low` to `high`.
    pub fn described(&mut self, low: u64, high: u64, random: &mut Random) {
        self.text(rdfs!("label"), Words::between(1, 3, random));
        self.text(rdfs!("comment"), Words::between(low, high, random));
    }

    pub fn located(&mut self, country: &Country) {
        self.link(bsbm!("country"), CountryIri(country));
    }

    pub fn homepage(&mut self, page: Arguments<'_>) {
        self.link(foaf!("homepage"), page);
    }

    /// Where the data about the resource comes from.
    pub fn published(&mut self, publisher: impl Display, date: Day) {
        self.link(dc!("publisher"), publisher);
        self.typed(dc!("date"), format_args!("{date}"), xsd!("date"));
    }

    /// As `published`, where the resource itself is the publisher.
    pub fn published_by_itself(&mut self, date: Day) {
        let publisher = self.iri.clone();
        self.published(publisher, date);
    }
}
