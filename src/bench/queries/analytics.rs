//! Analytic queries over LUBM data as it is generated: what a whole store is asked rather than one entity. Aggregates
//! over everything, joins of large inputs, a path closure, a cyclic join, sorting, text filters.

use super::Query;
use super::lubm::NAMESPACE;

const QUERIES: [(&str, &str); 11] = [
    ("count", "SELECT (COUNT(*) AS ?count) WHERE { ?s ?p ?o }"),
    (
        "star",
        "SELECT (COUNT(*) AS ?count) WHERE { ?x ub:name ?name ; ub:emailAddress ?email ; ub:telephone ?telephone }",
    ),
    (
        "closure",
        "SELECT (COUNT(*) AS ?count) WHERE { ?part ub:subOrganizationOf+ ?whole }",
    ),
    (
        "sequence",
        "SELECT (COUNT(*) AS ?count) WHERE { ?student ub:advisor/ub:teacherOf ?course }",
    ),
    (
        "predicates",
        "SELECT ?p (COUNT(*) AS ?uses) (COUNT(DISTINCT ?o) AS ?objects) WHERE { ?s ?p ?o } GROUP BY ?p",
    ),
    (
        "classes",
        "SELECT ?class (COUNT(?x) AS ?members) WHERE { ?x a ?class } GROUP BY ?class",
    ),
    (
        "top",
        "SELECT ?x ?name WHERE { ?x ub:name ?name } ORDER BY ?name ?x LIMIT 10",
    ),
    (
        "triangle",
        "SELECT (COUNT(*) AS ?count) WHERE {
  ?student ub:advisor ?teacher . ?teacher ub:teacherOf ?course . ?student ub:takesCourse ?course }",
    ),
    (
        "distinct",
        "SELECT (COUNT(DISTINCT ?o) AS ?count) WHERE { ?s ?p ?o }",
    ),
    (
        "optional",
        "SELECT (COUNT(?course) AS ?count) WHERE {
  ?x a ub:GraduateStudent OPTIONAL { ?x ub:teachingAssistantOf ?course } }",
    ),
    (
        "regex",
        "SELECT (COUNT(*) AS ?count) WHERE { ?x ub:name ?name FILTER regex(?name, \"^Pub.*7$\") }",
    ),
];

/// The one query whose rows come in an order.
const ORDERED: &str = "top";

pub fn queries() -> Vec<Query> {
    QUERIES
        .iter()
        .map(|&(name, body)| Query {
            name: name.to_owned(),
            text: format!("PREFIX ub: <{NAMESPACE}>\n{body}"),
            ordered: name == ORDERED,
            never_empty: true,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_parses_and_those_that_cut_order() {
        for query in queries() {
            let parsed = spargebra::SparqlParser::new().parse_query(&query.text);
            assert!(parsed.is_ok(), "{}: {parsed:?}", query.name);
            assert_eq!(
                query.ordered,
                query.text.contains("LIMIT"),
                "{}",
                query.name
            );
        }
    }
}
