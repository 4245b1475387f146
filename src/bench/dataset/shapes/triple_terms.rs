//! Statements about statements, RDF 1.2: each claim reifies the triple that one person knows another, and has a source
//! and a confidence. Most of the triples are asserted too; some are reified twice, some claims are themselves reified,
//! and some triple terms are nested four deep.

use super::{Items, RDF, XSD, XSD_DECIMAL};
use crate::bench::dataset::{Term, Triple, Writer};
use crate::bench::random::Random;

macro_rules! name {
    ($name:literal) => {
        concat!("http://www.example.org/claims#", $name)
    };
}

const NAMESPACE: &str = name!("");
const KNOWS: &str = name!("knows");
const SAYS: &str = name!("says");
const SOURCE: &str = name!("source");
const CONFIDENCE: &str = name!("confidence");
const RDF_REIFIES: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies";
/// Statements of `BLOCK` claims.
const BLOCK_STATEMENTS: u64 = 56 + 64 * 3 + 16 * 2 + 4 + 1;

/// `Claim<n>` is about `Person<n>`.
pub(in crate::bench) struct TripleTerms {
    /// A multiple of `BLOCK`.
    pub claims: u64,
}

impl TripleTerms {
    /// Claims after which all begins again.
    pub const BLOCK: u64 = 64;
    /// One of so many claims is of a triple that is not asserted.
    pub const DENIED_ONE_IN: u64 = 8;
    /// One of so many triples has a second claim, `Second<n>`.
    pub const SECOND_ONE_IN: u64 = 4;
    /// One of so many claims is reified itself, by `Meta<n>`.
    pub const META_ONE_IN: u64 = 16;
    /// One of so many claims is said to be said to be said to be said, by `Rumour<n>`.
    pub const RUMOUR_ONE_IN: u64 = 64;
    /// Claim n has source n modulo this.
    pub const SOURCES: u64 = 32;
    /// Claim n has a confidence of n modulo 8, in eighths.
    pub const CONFIDENCES: u64 = 8;
}

impl Items for TripleTerms {
    const NAME: &'static str = "triple-terms";
    const ABOUT: &'static str =
        "triples that are reified and annotated, triple terms in triple terms";
    const PREFIXES: &'static [(&'static str, &'static str)] = &[("", NAMESPACE), RDF, XSD];
    const PART_ITEMS: u64 = 40 * Self::BLOCK;

    fn of_scale(scale: u64) -> Self {
        Self {
            claims: scale.div_ceil(BLOCK_STATEMENTS).max(1) * Self::BLOCK,
        }
    }

    fn items(&self) -> u64 {
        self.claims
    }

    fn write(&self, claim: u64, random: &mut Random, writer: &mut Writer<'_>) {
        let person = Term::Iri(format_args!("{NAMESPACE}Person{claim}"));
        let other = random.below(self.claims);
        let other = Term::Iri(format_args!("{NAMESPACE}Person{other}"));
        let known = Triple {
            subject: person,
            predicate: KNOWS,
            object: other,
        };
        if !(claim + 1).is_multiple_of(Self::DENIED_ONE_IN) {
            writer.triple(person, KNOWS, other);
        }
        let source = Term::Iri(format_args!("{NAMESPACE}Source{}", claim % Self::SOURCES));
        let iri = Term::Iri(format_args!("{NAMESPACE}Claim{claim}"));
        writer.triple(iri, RDF_REIFIES, Term::Triple(&known));
        writer.triple(iri, SOURCE, source);
        let eighths = claim % Self::CONFIDENCES;
        writer.triple(
            iri,
            CONFIDENCE,
            Term::Typed(format_args!("0.{:03}", eighths * 125), XSD_DECIMAL),
        );
        if claim.is_multiple_of(Self::SECOND_ONE_IN) {
            let second = Term::Iri(format_args!("{NAMESPACE}Second{claim}"));
            writer.triple(second, RDF_REIFIES, Term::Triple(&known));
            writer.triple(second, SOURCE, source);
        }
        if claim.is_multiple_of(Self::META_ONE_IN) {
            let claimed = Triple {
                subject: iri,
                predicate: RDF_REIFIES,
                object: Term::Triple(&known),
            };
            let meta = Term::Iri(format_args!("{NAMESPACE}Meta{claim}"));
            writer.triple(meta, RDF_REIFIES, Term::Triple(&claimed));
        }
        if claim.is_multiple_of(Self::RUMOUR_ONE_IN) {
            let said = |object| Triple {
                subject: person,
                predicate: SAYS,
                object,
            };
            let once = said(Term::Triple(&known));
            let twice = said(Term::Triple(&once));
            let thrice = said(Term::Triple(&twice));
            let rumour = Term::Iri(format_args!("{NAMESPACE}Rumour{claim}"));
            writer.triple(rumour, RDF_REIFIES, Term::Triple(&thrice));
        }
    }
}
