//! The 14 queries of the Lehigh University Benchmark.
//!
//! Source: Guo, Pan, Heflin: LUBM: A benchmark for OWL knowledge base systems (2005), appendix 1. On the data as it is
//! generated most of them are empty, since they ask for what only follows from the ontology: superclasses (`Student`,
//! `Professor`, `Person`), a defined class (`Chair`), a transitive property and inverses.

use super::Query;

/// The namespace of the ontology.
pub const NAMESPACE: &str = "http://www.lehigh.edu/~zhp2/2004/0401/univ-bench.owl#";

/// When a query has rows, at every scale.
#[derive(Clone, Copy, PartialEq)]
enum Rows {
    /// On the data as generated.
    Given,
    /// On the closure under OWL 2 RL.
    Derived,
    /// Not promised: LUBM 1 has none.
    Chance,
}
use Rows::{Chance, Derived, Given};

const QUERIES: [(&str, Rows, &str); 14] = [
    (
        "Q1",
        Given,
        "SELECT ?x WHERE {
  ?x a ub:GraduateStudent ; ub:takesCourse <http://www.Department0.University0.edu/GraduateCourse0> }",
    ),
    (
        "Q2",
        Chance,
        "SELECT ?x ?y ?z WHERE {
  ?x a ub:GraduateStudent . ?y a ub:University . ?z a ub:Department .
  ?x ub:memberOf ?z . ?z ub:subOrganizationOf ?y . ?x ub:undergraduateDegreeFrom ?y }",
    ),
    (
        "Q3",
        Given,
        "SELECT ?x WHERE {
  ?x a ub:Publication ; ub:publicationAuthor <http://www.Department0.University0.edu/AssistantProfessor0> }",
    ),
    (
        "Q4",
        Derived,
        "SELECT ?x ?y1 ?y2 ?y3 WHERE {
  ?x a ub:Professor ; ub:worksFor <http://www.Department0.University0.edu> ;
     ub:name ?y1 ; ub:emailAddress ?y2 ; ub:telephone ?y3 }",
    ),
    (
        "Q5",
        Derived,
        "SELECT ?x WHERE { ?x a ub:Person ; ub:memberOf <http://www.Department0.University0.edu> }",
    ),
    ("Q6", Derived, "SELECT ?x WHERE { ?x a ub:Student }"),
    (
        "Q7",
        Derived,
        "SELECT ?x ?y WHERE {
  ?x a ub:Student . ?y a ub:Course . ?x ub:takesCourse ?y .
  <http://www.Department0.University0.edu/AssociateProfessor0> ub:teacherOf ?y }",
    ),
    (
        "Q8",
        Derived,
        "SELECT ?x ?y ?z WHERE {
  ?x a ub:Student . ?y a ub:Department . ?x ub:memberOf ?y .
  ?y ub:subOrganizationOf <http://www.University0.edu> . ?x ub:emailAddress ?z }",
    ),
    (
        "Q9",
        Derived,
        "SELECT ?x ?y ?z WHERE {
  ?x a ub:Student . ?y a ub:Faculty . ?z a ub:Course .
  ?x ub:advisor ?y . ?y ub:teacherOf ?z . ?x ub:takesCourse ?z }",
    ),
    (
        "Q10",
        Derived,
        "SELECT ?x WHERE {
  ?x a ub:Student ; ub:takesCourse <http://www.Department0.University0.edu/GraduateCourse0> }",
    ),
    (
        "Q11",
        Derived,
        "SELECT ?x WHERE { ?x a ub:ResearchGroup ; ub:subOrganizationOf <http://www.University0.edu> }",
    ),
    (
        "Q12",
        Derived,
        "SELECT ?x ?y WHERE {
  ?x a ub:Chair . ?y a ub:Department . ?x ub:worksFor ?y .
  ?y ub:subOrganizationOf <http://www.University0.edu> }",
    ),
    (
        "Q13",
        Derived,
        "SELECT ?x WHERE { ?x a ub:Person . <http://www.University0.edu> ub:hasAlumnus ?x }",
    ),
    (
        "Q14",
        Given,
        "SELECT ?x WHERE { ?x a ub:UndergraduateStudent }",
    ),
];

/// The queries as they are asked of the data as generated, or of its closure.
pub fn queries(closed: bool) -> Vec<Query> {
    QUERIES
        .iter()
        .map(|&(name, rows, body)| Query {
            name: name.to_owned(),
            text: format!("PREFIX ub: <{NAMESPACE}>\n{body}"),
            ordered: false,
            never_empty: rows == Given || (closed && rows == Derived),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_parses() {
        for query in queries(true) {
            let parsed = spargebra::SparqlParser::new().parse_query(&query.text);
            assert!(parsed.is_ok(), "{}: {parsed:?}", query.name);
        }
    }

    #[test]
    fn the_closure_promises_rows_for_all_but_the_second() {
        let empty: Vec<String> = queries(true)
            .into_iter()
            .filter(|query| !query.never_empty)
            .map(|query| query.name)
            .collect();
        assert_eq!(empty, ["Q2"]);
    }
}
