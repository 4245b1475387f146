//! Triple terms with variables, reified triples and annotations, against `spareval`.

use crate::answer::{Random, Rows, answer, quads, reference};
use crate::document::load;
use oxrdf::Dataset;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::Database;
use triplestore::load::Format;

const REIFIES: &str = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies>";

fn node(random: &mut Random) -> String {
    match random.below(8) {
        0 => format!("_:b{}", random.below(3)),
        _ => format!("<http://x/n{}>", random.below(5)),
    }
}

fn predicate(random: &mut Random) -> String {
    format!("<http://x/{}>", ["p", "q", "r"][random.below(3) as usize])
}

fn object(random: &mut Random, depth: u32) -> String {
    match random.below(10) {
        0..5 if depth > 0 => {
            let (subject, predicate) = (node(random), predicate(random));
            format!(
                "<<( {subject} {predicate} {} )>>",
                object(random, depth - 1)
            )
        }
        5 | 6 => format!("\"{}\"", random.below(3)),
        _ => node(random),
    }
}

fn random_store(random: &mut Random) -> Database {
    let database = Database::memory(&Config::default()).unwrap();
    for part in 0..2 {
        let mut document = String::new();
        for _ in 0..25 {
            let graph = ["", "", "<http://x/g1> ", "<http://x/g2> "][random.below(4) as usize];
            let predicate = match random.below(3) {
                0 => REIFIES.to_owned(),
                _ => predicate(random),
            };
            let subject = node(random);
            document += &format!("{subject} {predicate} {} {graph}.\n", object(random, 2));
        }
        load(&database, &document, Format::NQuads);
        if part == 0 && random.percent(50) {
            database.compact(&Control::new()).unwrap();
        }
    }
    database
}

const PATTERNS: [&str; 16] = [
    "?s ?p <<( ?a ?b ?c )>>",
    "?s <http://x/r> <<( ?a <http://x/p> ?c )>>",
    "?s ?p <<( ?a ?b \"1\" )>>",
    "?s ?p <<( <http://x/n1> ?b ?c )>>",
    "?s ?p <<( <http://x/n1> <http://x/p> ?c )>>",
    "?s ?p <<( ?a ?b <<( ?x ?y ?z )>> )>>",
    "?s ?p <<( ?a ?b <<( ?x <http://x/q> ?a )>> )>>",
    "?s ?p <<( ?a ?b ?a )>>",
    "?s ?p <<( ?s ?b ?c )>>",
    "?s ?p <<( _:a <http://x/p> ?c )>> . _:a ?q ?v",
    "?a <http://x/p> ?c . ?s ?p <<( ?a <http://x/p> ?c )>>",
    "<< ?a <http://x/p> ?c >> ?q ?v",
    "?a <http://x/p> ?c {| ?q ?v |}",
    "GRAPH ?g { ?s ?p <<( ?a ?b ?c )>> }",
    "?s <http://x/p> ?t OPTIONAL { ?s ?p <<( ?t ?b ?c )>> }",
    "?s ?p ?t . ?r ?q ?t . ?r ?q <<( ?a ?b ?c )>>",
];

#[test]
fn open_triple_terms_have_the_solutions_of_another_engine() {
    let mut rows = 0;
    for seed in 0..25 {
        let mut random = Random(seed);
        let database = random_store(&mut random);
        let dataset: Dataset = quads(&database).into_iter().collect();
        for pattern in PATTERNS {
            let text = format!("SELECT * WHERE {{ {pattern} }}");
            let expected = reference(&dataset, &text);
            rows += expected.len();
            assert_eq!(answer(&database, &text), expected, "seed {seed}: {text}");
        }
    }
    assert!(rows > 2000, "only {rows} solutions were compared");
}

fn distinct(mut rows: Rows) -> Rows {
    rows.dedup();
    rows
}

#[test]
fn templates_make_triple_terms_of_what_is_a_triple_and_leave_out_the_rest() {
    let mut rows = 0;
    for seed in 0..25 {
        let mut random = Random(seed);
        let database = random_store(&mut random);
        let dataset: Dataset = quads(&database).into_iter().collect();
        for template in [
            "?s <http://x/made> <<( ?s <http://x/p> ?o )>>",
            "?s <http://x/made> <<( ?o <http://x/p> ?s )>>",
            "?s <http://x/made> <<( ?s ?p <<( ?s <http://x/new> ?o )>> )>>",
            "?o <http://x/made> <<( ?s <http://x/p> <<( ?o <http://x/p> ?s )>> )>>",
        ] {
            let text = format!("CONSTRUCT {{ {template} }} WHERE {{ ?s ?p ?o }}");
            let expected = distinct(reference(&dataset, &text));
            rows += expected.len();
            assert_eq!(answer(&database, &text), expected, "seed {seed}: {text}");
        }
    }
    assert!(rows > 1000, "only {rows} triples were compared");
}
