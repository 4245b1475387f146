//! A class with very many subclasses, and instances that have one to four types each.

use super::{Items, OWL, OWL_CLASS, RDF, RDF_TYPE, RDFS, RDFS_LABEL, RDFS_SUB_CLASS_OF};
use crate::bench::dataset::text::Words;
use crate::bench::dataset::{Term, Writer};
use crate::bench::random::Random;

const NAMESPACE: &str = "http://www.example.org/wide#";
const CLASS_STATEMENTS: u64 = 17;
/// The fewest classes among which the types of an instance, `TYPE_STEP` apart, are different in both directions.
const CLASSES_MIN: u64 = 64;

/// `Class0` and so on, below `Root`.
pub(in crate::bench) struct WideClasses {
    /// How many classes there are below the root.
    pub classes: u64,
}

impl WideClasses {
    /// Instances that a class has as their first type. Instance n has n more.
    pub const INSTANCES: u64 = 4;
    /// The other types of an instance are this many classes apart.
    pub const TYPE_STEP: u64 = 7;
}

impl Items for WideClasses {
    const NAME: &'static str = "wide-classes";
    const ABOUT: &'static str = "very many subclasses of one class, instances of several of them";
    const PREFIXES: &'static [(&'static str, &'static str)] = &[("", NAMESPACE), RDF, RDFS, OWL];
    const PART_ITEMS: u64 = 600;

    fn of_scale(scale: u64) -> Self {
        Self {
            classes: (scale / CLASS_STATEMENTS).max(CLASSES_MIN),
        }
    }

    fn items(&self) -> u64 {
        self.classes
    }

    fn write(&self, class: u64, random: &mut Random, writer: &mut Writer<'_>) {
        let root = Term::Iri(format_args!("{NAMESPACE}Root"));
        let owl_class = Term::Iri(format_args!("{OWL_CLASS}"));
        if class == 0 {
            writer.triple(root, RDF_TYPE, owl_class);
        }
        let iri = Term::Iri(format_args!("{NAMESPACE}Class{class}"));
        writer.triple(iri, RDF_TYPE, owl_class);
        writer.triple(iri, RDFS_SUB_CLASS_OF, root);
        writer.triple(iri, RDFS_LABEL, Term::Text(format_args!("class {class}")));
        for number in 0..Self::INSTANCES {
            let instance = Term::Iri(format_args!("{NAMESPACE}Thing{class}_{number}"));
            for step in 0..=number {
                let class = (class + step * Self::TYPE_STEP) % self.classes;
                writer.triple(
                    instance,
                    RDF_TYPE,
                    Term::Iri(format_args!("{NAMESPACE}Class{class}")),
                );
            }
            let words = Words::between(1, 4, random);
            writer.triple(instance, RDFS_LABEL, Term::Text(format_args!("{words}")));
        }
    }
}
