//! A chain of classes, each a subclass of the one before it, with instances of its own. There are about as many classes
//! as a class has statements, the square root of the scale, so that all types of all instances are about half its power
//! of 1.5: 16 million of 100,000 statements.

use super::{Items, OWL, OWL_CLASS, RDF, RDF_TYPE, RDFS, RDFS_LABEL, RDFS_SUB_CLASS_OF};
use crate::bench::dataset::text::Words;
use crate::bench::dataset::{Term, Writer};
use crate::bench::random::Random;

const NAMESPACE: &str = "http://www.example.org/deep#";
/// Statements of a class itself, and of an instance.
const CLASS_STATEMENTS: u64 = 3;
const INSTANCE_STATEMENTS: u64 = 2;

/// `Class0` is above all.
pub(in crate::bench) struct DeepClasses {
    /// How many classes there are.
    pub classes: u64,
    /// How many instances each has.
    pub instances: u64,
}

impl Items for DeepClasses {
    const NAME: &'static str = "deep-classes";
    const ABOUT: &'static str = "one chain of subclasses, with instances of each";
    const PREFIXES: &'static [(&'static str, &'static str)] = &[("", NAMESPACE), RDF, RDFS, OWL];
    const PART_ITEMS: u64 = 32;

    fn of_scale(scale: u64) -> Self {
        let classes = scale.isqrt().max(8);
        Self {
            classes,
            instances: (classes - CLASS_STATEMENTS) / INSTANCE_STATEMENTS,
        }
    }

    fn items(&self) -> u64 {
        self.classes
    }

    fn write(&self, class: u64, random: &mut Random, writer: &mut Writer<'_>) {
        let iri = Term::Iri(format_args!("{NAMESPACE}Class{class}"));
        writer.triple(iri, RDF_TYPE, Term::Iri(format_args!("{OWL_CLASS}")));
        writer.triple(iri, RDFS_LABEL, Term::Text(format_args!("class {class}")));
        if let Some(above) = class.checked_sub(1) {
            writer.triple(
                iri,
                RDFS_SUB_CLASS_OF,
                Term::Iri(format_args!("{NAMESPACE}Class{above}")),
            );
        }
        for number in 0..self.instances {
            let instance = Term::Iri(format_args!("{NAMESPACE}Thing{class}_{number}"));
            writer.triple(instance, RDF_TYPE, iri);
            let words = Words::between(1, 4, random);
            writer.triple(instance, RDFS_LABEL, Term::Text(format_args!("{words}")));
        }
    }
}
