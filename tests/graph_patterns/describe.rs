//! DESCRIBE against a concise bounded description made of lists.

use crate::answer::{Random, Rows, Solution, answer, quads, store};
use crate::document::load;
use oxrdf::{GraphName, NamedOrBlankNode, Quad, Term};
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::Database;
use triplestore::load::Format;

/// The triples of one graph with a resource as subject, and those of blank nodes among their objects, and so on.
fn naive(quads: &[Quad], graph: &GraphName, resources: &[Term]) -> Rows {
    let mut open: Vec<Term> = Vec::new();
    for resource in resources {
        if !open.contains(resource) {
            open.push(resource.clone());
        }
    }
    let mut rows = Rows::new();
    let mut next = 0;
    while let Some(resource) = open.get(next).cloned() {
        next += 1;
        for quad in quads.iter().filter(|quad| quad.graph_name == *graph) {
            if Term::from(quad.subject.clone()) != resource {
                continue;
            }
            rows.push(Solution::from([
                ("subject".to_owned(), quad.subject.to_string()),
                ("predicate".to_owned(), quad.predicate.to_string()),
                ("object".to_owned(), quad.object.to_string()),
            ]));
            if matches!(quad.object, Term::BlankNode(_)) && !open.contains(&quad.object) {
                open.push(quad.object.clone());
            }
        }
    }
    rows.sort();
    rows
}

fn random_store(random: &mut Random) -> Database {
    let mut document = String::new();
    for _ in 0..40 {
        let node = |random: &mut Random| match random.below(10) {
            0..4 => format!("<http://x/n{}>", random.below(6)),
            _ => format!("_:b{}", random.below(8)),
        };
        let object = match random.below(5) {
            0 => format!("\"{}\"", random.below(3)),
            _ => node(random),
        };
        let graph = if random.percent(20) {
            "<http://x/g> "
        } else {
            ""
        };
        let subject = node(random);
        document += &format!(
            "{subject} <http://x/p{}> {object} {graph}.\n",
            random.below(3)
        );
    }
    let database = Database::memory(&Config::default()).unwrap();
    load(&database, &document, Format::NQuads);
    database
}

#[test]
fn a_description_goes_on_through_blank_nodes_and_has_each_triple_once() {
    let mut triples = 0;
    for seed in 0..40 {
        let mut random = Random(seed);
        let database = random_store(&mut random);
        if seed % 2 == 0 {
            database.compact(&Control::new()).unwrap();
        }
        let all = quads(&database);
        let named: GraphName = crate::answer::iri("g").into();
        for (text, graph, resources) in [
            (
                "DESCRIBE <http://x/n0>",
                GraphName::DefaultGraph,
                vec![crate::answer::iri("n0").into()],
            ),
            (
                "DESCRIBE <http://x/n0> <http://x/n1> <http://x/nowhere>",
                GraphName::DefaultGraph,
                vec![
                    crate::answer::iri("n0").into(),
                    crate::answer::iri("n1").into(),
                ],
            ),
            (
                "DESCRIBE <http://x/n0> FROM <http://x/g>",
                named.clone(),
                vec![crate::answer::iri("n0").into()],
            ),
        ] {
            let expected = naive(&all, &graph, &resources);
            triples += expected.len();
            assert_eq!(answer(&database, text), expected, "seed {seed}: {text}");
        }
        let with = |predicate: &str| -> Vec<Term> {
            let quads = all.iter().filter(|quad| {
                quad.graph_name == GraphName::DefaultGraph && quad.predicate.as_str() == predicate
            });
            quads
                .flat_map(|quad| [quad.subject.clone().into(), quad.object.clone()])
                .collect()
        };
        for (text, resources) in [
            (
                "DESCRIBE ?s ?o WHERE { ?s <http://x/p0> ?o }",
                with("http://x/p0"),
            ),
            (
                "DESCRIBE * WHERE { ?s <http://x/p1> ?o }",
                with("http://x/p1"),
            ),
        ] {
            let expected = naive(&all, &GraphName::DefaultGraph, &resources);
            triples += expected.len();
            assert_eq!(answer(&database, text), expected, "seed {seed}: {text}");
        }
    }
    assert!(triples > 500, "only {triples} triples were compared");
}

/// The system that this library replaces followed IRIs in place of blank nodes, and answered nothing under LIMIT.
#[test]
fn describe_with_limit_describes_that_many_resources_and_follows_no_iri() {
    let node = |name: &str| NamedOrBlankNode::from(crate::answer::iri(name));
    let quad = |from: &str, to: &str| {
        Quad::new(
            node(from),
            crate::answer::iri("p"),
            crate::answer::iri(to),
            GraphName::DefaultGraph,
        )
    };
    let database = store(&[quad("a", "b"), quad("b", "c"), quad("c", "a")]);
    for text in [
        "DESCRIBE ?s WHERE { ?s <http://x/p> ?o } ORDER BY ?s LIMIT 1",
        "DESCRIBE <http://x/a>",
        "DESCRIBE ?s WHERE { { SELECT DISTINCT ?s WHERE { ?s <http://x/p> ?o } ORDER BY ?s LIMIT 1 } }",
    ] {
        let rows = answer(&database, text);
        assert_eq!(rows.len(), 1, "{text}");
        assert_eq!(rows[0]["object"], "<http://x/b>");
    }
}
