//! How much work patterns within patterns are, however they are written.

use super::chain::chain;
use super::{run, worked};
use std::collections::BTreeMap;

const SUBJECTS: u64 = 5_000;

/// Groups of queries with one answer, and the most rows any of them may work.
const SAME: [(&str, u64, &[&str]); 11] = [
    (
        "VALUES stands anywhere",
        30,
        &[
            "SELECT * { VALUES ?s { :s1 :s2 } ?s :knows ?t . ?t :name ?n }",
            "SELECT * { ?s :knows ?t . ?t :name ?n VALUES ?s { :s1 :s2 } }",
            "SELECT * { ?s :knows ?t . ?t :name ?n } VALUES ?s { :s1 :s2 }",
            "SELECT * { ?s :knows ?t { ?t :name ?n } { VALUES ?s { :s1 :s2 } } }",
            "SELECT * { ?s :knows ?t . ?t :name ?n FILTER(?s IN (:s1, :s2)) }",
        ],
    ),
    (
        "a required pattern after OPTIONAL is joined before it",
        150,
        &[
            "SELECT * { ?s :group 7 . ?s :name ?n OPTIONAL { ?s :knows ?k . ?k :id ?i } }",
            "SELECT * { ?s :name ?n OPTIONAL { ?s :knows ?k . ?k :id ?i } ?s :group 7 }",
            "SELECT * { ?s :name ?n OPTIONAL { ?s :knows ?k . ?k :id ?i } { ?s :group 7 } }",
            "SELECT * { { ?s :name ?n OPTIONAL { ?s :knows ?k . ?k :id ?i } } ?s :group 7 }",
        ],
    ),
    (
        "braces do not decide",
        100,
        &[
            "SELECT * { ?s :name ?n . ?s :id ?i . ?s :group 7 FILTER(?i > 1000) }",
            "SELECT * { { ?s :name ?n } { ?s :id ?i } { ?s :group 7 } FILTER(?i > 1000) }",
            "SELECT * { { ?s :name ?n . { ?s :id ?i FILTER(?i > 1000) } } ?s :group 7 }",
        ],
    ),
    (
        "OPTIONAL of one row",
        25,
        &["SELECT * { ?s :id 5 OPTIONAL { ?s :knows ?k . ?k :name ?n } OPTIONAL { ?s :name ?m } }"],
    ),
    (
        "NOT EXISTS of few rows",
        150,
        &[
            "SELECT * { ?s :group 7 FILTER NOT EXISTS { ?s :knows ?k . ?k :group 7 } }",
            "SELECT * { ?s :group 7 FILTER NOT EXISTS { ?s :knows ?k . ?k :group ?g FILTER(?g = 7) } }",
            "SELECT * { ?s :group 7 MINUS { ?s :knows ?k . ?k :group 7 } }",
        ],
    ),
    (
        "NOT EXISTS of many rows",
        4 * SUBJECTS,
        &[
            "SELECT ?s { ?s :name ?n FILTER NOT EXISTS { ?s :group 7 } }",
            "SELECT ?s { ?s :name ?n MINUS { ?s :group 7 } }",
        ],
    ),
    (
        "UNION beside one row",
        30,
        &[
            "SELECT * { ?s :id 5 { ?s :name ?x } UNION { ?s :knows ?x } }",
            "SELECT * { { ?s :name ?x } UNION { ?s :knows ?x } ?s :id 5 }",
            "SELECT * { { ?s :id 5 . ?s :name ?x } UNION { ?s :id 5 . ?s :knows ?x } }",
        ],
    ),
    (
        "OPTIONAL of what an OPTIONAL binds",
        200,
        &["SELECT * { ?s :group 7 OPTIONAL { ?s :knows ?x } OPTIONAL { ?x :name ?n } }"],
    ),
    (
        "NOT EXISTS of what an OPTIONAL binds",
        200,
        &["SELECT * { ?s :group 7 OPTIONAL { ?s :knows ?x } FILTER NOT EXISTS { ?x :group 7 } }"],
    ),
    (
        "an equal IRI is a constant",
        20,
        &[
            "SELECT ?t ?n { ?s :knows ?t . ?t :name ?n FILTER(?s = :s1) }",
            "SELECT ?t ?n { ?s :knows ?t . ?t :name ?n FILTER(sameTerm(?s, :s1)) }",
        ],
    ),
    (
        "a grouped sub-select beside one row",
        30,
        &[
            "SELECT * { ?s :id 5 { SELECT ?s (COUNT(*) AS ?c) { ?s :knows ?k . ?k :name ?n } GROUP BY ?s } }",
        ],
    ),
];

#[test]
fn how_a_query_is_written_does_not_decide_how_much_is_read() {
    let database = chain(SUBJECTS, 1000);
    for (shape, most, queries) in SAME {
        let mut first: Option<Vec<BTreeMap<String, String>>> = None;
        for query in queries {
            let (lines, plan) =
                run(&database, query).unwrap_or_else(|error| panic!("{query}: {error}"));
            let mut solutions: Vec<BTreeMap<String, String>> = lines
                .iter()
                .map(|line| {
                    let parts = line.split(' ').filter_map(|part| part.split_once('='));
                    parts
                        .map(|(name, term)| (name.to_owned(), term.to_owned()))
                        .collect()
                })
                .collect();
            solutions.sort();
            assert!(!solutions.is_empty(), "{query}");
            assert!(
                worked(&plan) <= most,
                "{shape}: {query} worked {}\n{plan}",
                worked(&plan)
            );
            match &first {
                Some(first) => assert_eq!(*first, solutions, "{query}\n{plan}"),
                None => first = Some(solutions),
            }
        }
    }
}
