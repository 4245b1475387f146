use super::*;
use crate::bench::dataset::{Document, Syntax};
use oxrdf::Triple;
use oxttl::{NQuadsParser, NTriplesParser, TurtleParser};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Read;
use std::sync::Arc;

fn lubm(scale: u64, seed: u64) -> Lubm {
    Lubm::new(&Parameters {
        scale,
        seed,
        ontology: false,
    })
}

fn text(lubm: Lubm, syntax: Syntax, threads: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    Document::new(Arc::new(lubm), syntax, threads)
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

fn lines(scale: u64, seed: u64) -> String {
    String::from_utf8(text(lubm(scale, seed), Syntax::NTriples, 1)).unwrap()
}

/// FNV-1a.
fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// Figures that were measured on a dataset are comparable only while it does not change.
#[test]
fn datasets_are_those_that_were_measured() {
    let sums = [0, 1].map(|seed| sum(lines(1, seed).as_bytes()));
    assert_eq!(
        sums,
        [0xC879_0D7D_F7D5_BF53, 0x9E27_F686_8666_F4C0],
        "{sums:#x?}"
    );
}

#[test]
fn a_larger_scale_begins_with_the_smaller_one_on_any_number_of_threads() {
    for syntax in [Syntax::NTriples, Syntax::Turtle, Syntax::NQuads] {
        let smaller = text(lubm(1, 5), syntax, 1);
        let larger = text(lubm(3, 5), syntax, 1);
        assert!(larger.len() > 2 * smaller.len() && larger.starts_with(&smaller));
        assert!(text(lubm(3, 5), syntax, 4) == larger);
        assert!(text(lubm(1, 6), syntax, 1) != smaller);
    }
}

#[test]
fn every_syntax_says_the_same() {
    let with_ontology = || {
        Lubm::new(&Parameters {
            scale: 1,
            seed: 2,
            ontology: true,
        })
    };
    let triples: HashSet<Triple> = NTriplesParser::new()
        .for_slice(&text(with_ontology(), Syntax::NTriples, 1))
        .collect::<Result<_, _>>()
        .unwrap();
    let turtle: HashSet<Triple> = TurtleParser::new()
        .for_slice(&text(with_ontology(), Syntax::Turtle, 1))
        .collect::<Result<_, _>>()
        .unwrap();
    let quads: HashSet<Triple> = NQuadsParser::new()
        .for_slice(&text(with_ontology(), Syntax::NQuads, 1))
        .map(|quad| quad.map(Triple::from))
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(triples.len() > 90_000, "{}", triples.len());
    assert!(turtle == triples && quads == triples);
}

/// Subjects and objects of a predicate.
fn pairs<'a>(lines: &'a str, predicate: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let middle = format!("> <{NAMESPACE}{predicate}> <");
    lines.lines().filter_map(move |line| {
        let (subject, object) = line.split_once(&middle)?;
        Some((&subject[1..], object.strip_suffix("> .")?))
    })
}

#[test]
fn every_course_has_a_student_and_every_university_a_graduate_of_its_own() {
    for seed in 0..10 {
        let lines = lines(2, seed);
        let taken: BTreeSet<&str> = pairs(&lines, "takesCourse").map(|pair| pair.1).collect();
        let taught: BTreeSet<&str> = pairs(&lines, "teacherOf").map(|pair| pair.1).collect();
        assert!(taken == taught, "seed {seed}");
        let member_of: BTreeMap<&str, &str> = pairs(&lines, "memberOf").collect();
        for university in 0..2 {
            let university = format!("http://www.University{university}.edu");
            let own = pairs(&lines, "undergraduateDegreeFrom").any(|(person, from)| {
                let department = member_of.get(person);
                from == university && department.is_some_and(|d| d.ends_with(&university[10..]))
            });
            assert!(own, "seed {seed}, {university}");
        }
    }
}

/// What the module promises of constants for queries.
#[test]
fn every_department_has_the_least_of_each_thing() {
    let lines = lines(3, 9);
    let subjects: BTreeSet<&str> = lines
        .lines()
        .filter_map(|line| line[1..].split('>').next())
        .collect();
    let departments: BTreeSet<&str> = pairs(&lines, "subOrganizationOf")
        .filter(|(_, whole)| whole.starts_with("http://www.University"))
        .map(|(department, _)| department)
        .collect();
    assert!(departments.len() >= 3 * 15);
    for department in departments {
        for (name, least) in [
            ("FullProfessor", 7),
            ("AssociateProfessor", 10),
            ("AssistantProfessor", 8),
            ("Lecturer", 5),
            ("Course", 30),
            ("GraduateCourse", 30),
            ("GraduateStudent", 90),
            ("UndergraduateStudent", 240),
        ] {
            let last = format!("{department}/{name}{}", least - 1);
            assert!(subjects.contains(&last[..]), "{last}");
        }
    }
}
