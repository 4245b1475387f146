//! The queries of the benchmark over its ontology, the data, and what follows from both.
//!
//! What follows is made by updates until nothing is new: the rules of OWL 2 RL for what the ontology says. That they
//! are right is seen from the published numbers of rows, for the output of the benchmark's own generator.

use super::*;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions, UpdateOptions};
use triplestore::load::Format;
use triplestore::query::{QueryOptions, ResultBatch};

const RULES: [&str; 9] = [
    // prp-spo1, prp-inv1 and 2, prp-trp
    "INSERT { ?x ?q ?y } WHERE { ?p rdfs:subPropertyOf ?q . ?x ?p ?y }",
    "INSERT { ?y ?q ?x } WHERE { { ?p owl:inverseOf ?q } UNION { ?q owl:inverseOf ?p } ?x ?p ?y }",
    "INSERT { ?x ?p ?z } WHERE { ?p a owl:TransitiveProperty . ?x ?p ?y . ?y ?p ?z }",
    // prp-dom, prp-rng
    "INSERT { ?x a ?c } WHERE { ?p rdfs:domain ?c . ?x ?p ?y }",
    "INSERT { ?y a ?c } WHERE { ?p rdfs:range ?c . ?x ?p ?y }",
    // cax-sco, scm-int
    "INSERT { ?x a ?d } WHERE { ?c rdfs:subClassOf | owl:intersectionOf/rdf:rest*/rdf:first ?d . ?x a ?c }",
    // cls-svf1
    "INSERT { ?x a ?r } WHERE { ?r owl:someValuesFrom ?c ; owl:onProperty ?p . ?x ?p ?y . ?y a ?c }",
    // cls-int1, for as many classes as the ontology's intersections have
    "INSERT { ?x a ?c } WHERE { ?c owl:intersectionOf ?l . ?l rdf:first ?a ; rdf:rest rdf:nil . ?x a ?a }",
    "INSERT { ?x a ?c } WHERE { ?c owl:intersectionOf ?l . ?l rdf:first ?a ; rdf:rest ?m .
        ?m rdf:first ?b ; rdf:rest rdf:nil . ?x a ?a , ?b }",
];

const PREFIXES: &str = "PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
";

fn reason(database: &Database) {
    loop {
        let mut inserted = 0;
        for rule in RULES {
            let text = format!("{PREFIXES}{rule}");
            let changed = database
                .update(&text, &UpdateOptions::default(), &Control::new())
                .unwrap();
            inserted += changed.inserted;
        }
        if inserted == 0 {
            return;
        }
    }
}

fn rows(database: &Database, query: &str) -> u64 {
    let results = database
        .snapshot()
        .unwrap()
        .query(query, &QueryOptions::default(), &Control::new())
        .unwrap();
    let mut rows = results.rows().unwrap();
    let (mut batch, mut count) = (ResultBatch::new(), 0);
    while rows.next(2048, &mut batch).unwrap() {
        count += batch.rows() as u64;
    }
    count
}

/// Query and rows of each line.
fn queries(file: &str) -> Vec<(String, u64)> {
    file.lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let query = value["query"].as_str().unwrap().to_owned();
            (query, value["rows"].as_u64().unwrap())
        })
        .collect()
}

#[test]
fn every_query_has_rows_and_the_published_ones_over_the_published_data() {
    let Some(folder) = environment::test_data("data/lubm1") else {
        return;
    };
    let queries = queries(&std::fs::read_to_string(folder.join("queries.jsonl")).unwrap());
    assert_eq!(queries.len(), 14);

    let published = Database::memory(&Config::default()).unwrap();
    let files = ["lubm1.nt.gz", "univ-bench.owl"].map(|name| folder.join(name));
    published
        .load_files(&files, &LoadOptions::default(), &Control::new())
        .unwrap();
    reason(&published);
    for (query, expected) in &queries {
        assert_eq!(rows(&published, query), *expected, "{query}");
    }

    let ours = Database::memory(&Config::default()).unwrap();
    let options = LoadOptions {
        format: Some(Format::NTriples),
        ..LoadOptions::default()
    };
    ours.load_reader(lubm1(true), &options, &Control::new())
        .unwrap();
    reason(&ours);
    for (query, expected) in &queries {
        // As many as there, up to what ranges allow of one university or department.
        let found = rows(&ours, query);
        let most = 3 * expected.max(&4);
        assert!((1..=most).contains(&found), "{found} rows of {query}");
    }
}
