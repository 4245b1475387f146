//! The Lehigh University Benchmark (Guo, Pan, Heflin: LUBM: A benchmark for OWL knowledge base systems, Journal of Web
//! Semantics 3, 2005), by the profile of its data generator UBA: universities with departments, their staff, students,
//! courses, publications and research groups. About 140,000 statements a university, 3 in 100 of them repeated, as UBA
//! does too.
//!
//! A part is a department. Universities have 15 to 25 of them; the parts between are empty, so that where a department
//! is does not depend on the universities before it.
//!
//! Two choices are not left to chance, so that every query of the benchmark has rows at every scale and with every
//! seed, also when its constants are replaced by others of their kind:
//!
//! - each course has a student, and each graduate course a graduate (queries 1, 7, 10): the student of a number takes
//!   the course of that number, where there is one, before others are drawn;
//! - a university has a graduate student of its own (2, 13): the first one of its first department.
//!
//! The rest is certain by the ranges, but for query 9 (students who take a course of their advisor): some 200 rows are
//! expected of a university, and none comes about once in 10^80.
//!
//! A department has at least 7 full, 10 associate and 8 assistant professors, 5 lecturers and 30 courses of each kind,
//! numbered from 0: that many constants a query can be given.

/// A name of the ontology.
macro_rules! ub {
    ($name:literal) => {
        concat!(
            "http://www.lehigh.edu/~zhp2/2004/0401/univ-bench.owl#",
            $name
        )
    };
}

mod department;
mod ontology;
mod profile;
mod statements;
#[cfg(test)]
mod tests;

use super::{Dataset, Parameters, Writer};
use crate::bench::random::Random;
use department::Department;
use statements::Statements;

/// The ontology's namespace.
pub const NAMESPACE: &str = ub!("");

const PREFIXES: &[(&str, &str)] = &[
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("owl", "http://www.w3.org/2002/07/owl#"),
    ("ub", NAMESPACE),
];

/// Universities, numbered from 0.
pub struct Lubm {
    universities: u64,
    seed: u64,
    ontology: bool,
}

impl Lubm {
    /// The scale is the number of universities.
    pub fn new(parameters: &Parameters) -> Self {
        Self {
            universities: parameters.scale,
            seed: parameters.seed,
            ontology: parameters.ontology,
        }
    }

    /// How many departments a university has.
    fn departments(&self, university: u64) -> u64 {
        // Parts have the sequences from 0 upwards, universities those from the other end.
        Random::new(self.seed, u64::MAX - university).within(profile::DEPARTMENTS)
    }
}

impl Dataset for Lubm {
    fn name(&self) -> String {
        format!("lubm-{}", self.universities)
    }

    fn prefixes(&self) -> &[(&'static str, &'static str)] {
        PREFIXES
    }

    fn parts(&self) -> u64 {
        self.universities.saturating_mul(profile::DEPARTMENTS.1)
    }

    fn write(&self, number: u64, writer: &mut Writer<'_>) {
        if self.ontology && number == 0 {
            ontology::write(writer);
        }
        let university = number / profile::DEPARTMENTS.1;
        let department = number % profile::DEPARTMENTS.1;
        if department < self.departments(university) {
            let random = Random::new(self.seed, number);
            let statements = Statements::new(writer);
            Department::new(random, statements, university, department).write();
        }
    }
}
