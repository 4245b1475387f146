//! Entities like those of Wikidata: thousands of predicates, a few of which are everywhere; a few objects that half the
//! statements point to; entities with one statement and with a thousand; typed literals; labels in many languages.

use super::skew::{pareto, zipf};
use super::{Items, RDFS, RDFS_LABEL, XSD, XSD_DECIMAL, doublings};
use crate::bench::dataset::text::Words;
use crate::bench::dataset::{Term, Writer};
use crate::bench::random::Random;

macro_rules! name {
    ($name:literal) => {
        concat!("http://www.example.org/zipf#", $name)
    };
}

const NAMESPACE: &str = name!("");
const INSTANCE_OF: &str = name!("instanceOf");
const ONCE: &str = name!("once");
const XSD_DATE_TIME: &str = "http://www.w3.org/2001/XMLSchema#dateTime";

/// Most predicates of claims there are; small data has one for each entity.
const PREDICATES: u64 = 4000;
/// Claims of an entity are fewer than 2 to this.
const CLAIM_OCTAVES: u32 = 11;
/// Measured, claims and labels together.
const ENTITY_STATEMENTS: u64 = 14;

/// Of the n-th language, every n-th entity has a label.
const LANGUAGES: &[&str] = &[
    "en", "nl", "de", "fr", "es", "it", "ast", "ga", "ru", "pt", "sv", "ca", "hu", "ja", "zh",
    "pl", "nb", "bn", "ar", "da", "cs", "fi", "sl", "pt-br", "uk", "he", "tr", "fa", "ko", "ro",
    "eo", "cy", "eu", "vi", "sr", "id", "el", "sk", "hr", "et", "lt", "lv", "gl", "hy", "ka", "bg",
    "be", "kk", "th", "ms",
];

/// Entities, the first of which are also the predicates' and the objects' most frequent ones.
pub(in crate::bench) struct Zipf {
    entities: u64,
}

impl Zipf {
    /// How many have a label in the language, which every n-th has that is its number in the table.
    pub fn labels(&self, language: &str) -> u64 {
        LANGUAGES
            .iter()
            .position(|&known| known == language)
            .map_or(0, |index| self.entities / (index as u64 + 1))
    }

    /// How many are instances of class `number`.
    pub fn instances(&self, number: u32) -> u64 {
        let at_least = |number: u32| self.entities.checked_shr(number).unwrap_or(0);
        at_least(number) - at_least(number + 1)
    }

    /// How many classes have instances.
    pub fn classes(&self) -> u64 {
        u64::from(self.entities.ilog2()) + 1
    }

    /// How many predicates there are in all.
    pub fn predicates(&self) -> u64 {
        const OTHERS: u64 = 3;
        self.claim_predicates() + OTHERS
    }

    fn claim_predicates(&self) -> u64 {
        self.entities.min(PREDICATES)
    }

    /// What is claimed depends on the predicate, as there: an item, an identifier, a time, a quantity, a text.
    fn claim(&self, entity: u64, predicate: u64, random: &mut Random, writer: &mut Writer<'_>) {
        let subject = Term::Iri(format_args!("{NAMESPACE}Q{entity}"));
        let property = format!("{NAMESPACE}P{predicate}");
        let mut add = |object: Term<'_>| writer.triple(subject, &property, object);
        match predicate % 8 {
            4 => add(Term::Text(format_args!("{:010}", random.below(10_000_000)))),
            5 => add(Term::Typed(
                format_args!(
                    "{}-{:02}-{:02}T00:00:00Z",
                    random.between(1000, 2025),
                    random.between(1, 12),
                    random.between(1, 28)
                ),
                XSD_DATE_TIME,
            )),
            6 => add(Term::Typed(
                format_args!("{}.{}", pareto(random, 24), random.between(1, 9)),
                XSD_DECIMAL,
            )),
            7 => {
                let language = LANGUAGES[zipf(random, LANGUAGES.len() as u64) as usize - 1];
                let words = Words::between(2, 12, random);
                add(Term::Tagged(format_args!("{words}"), language));
            }
            _ => add(Term::Iri(format_args!(
                "{NAMESPACE}Q{}",
                zipf(random, self.entities) - 1
            ))),
        }
    }
}

impl Items for Zipf {
    const NAME: &'static str = "zipf";
    const ABOUT: &'static str =
        "predicates, objects and degrees with long tails, labels in many languages, as in Wikidata";
    const PREFIXES: &'static [(&'static str, &'static str)] = &[("", NAMESPACE), RDFS, XSD];
    const PART_ITEMS: u64 = 800;

    fn of_scale(scale: u64) -> Self {
        Self {
            entities: (scale / ENTITY_STATEMENTS).max(1),
        }
    }

    fn items(&self) -> u64 {
        self.entities
    }

    fn write(&self, entity: u64, random: &mut Random, writer: &mut Writer<'_>) {
        let subject = Term::Iri(format_args!("{NAMESPACE}Q{entity}"));
        if entity == 0 {
            writer.triple(subject, ONCE, Term::Text(format_args!("the only one")));
        }
        let class = doublings(entity, u32::MAX);
        writer.triple(
            subject,
            INSTANCE_OF,
            Term::Iri(format_args!("{NAMESPACE}Class{class}")),
        );
        for (number, language) in (1..).zip(LANGUAGES) {
            if (entity + 1).is_multiple_of(number) {
                let words = Words::between(1, 4, random);
                writer.triple(
                    subject,
                    RDFS_LABEL,
                    Term::Tagged(format_args!("{words}"), language),
                );
            }
        }
        // Each predicate is there at least once.
        if entity < self.claim_predicates() {
            self.claim(entity, entity + 1, random, writer);
        }
        for _ in 0..pareto(random, CLAIM_OCTAVES) {
            let predicate = zipf(random, self.claim_predicates());
            self.claim(entity, predicate, random, writer);
        }
    }
}
