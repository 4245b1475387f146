//! Forms of queries: DESCRIBE, CONSTRUCT, prepared texts.

use crate::text_queries::{Texts, lines, prepared};
use std::collections::BTreeSet;
use triplestore::control::Control;
use triplestore::query::QueryOptions;

#[test]
fn defect_16_describe_follows_iris_instead_of_blank_nodes_and_loses_rows_under_limit() {
    let texts = Texts::new(
        ":a :knows :b ; :address [ :street 'S' ; :city [ :name 'C' ; :in :land ] ] . :b :age 2 . :land :size 9 .",
    );
    let described = [
        ":a :address _:0",
        ":a :knows :b",
        "_:0 :city _:1",
        "_:0 :street \"S\"",
        "_:1 :in :land",
        "_:1 :name \"C\"",
    ];
    let same = |query: &str| {
        let triples = texts.graph(query);
        assert_eq!(triples.len(), described.len(), "{query}: {triples:?}");
        // Labels are in the order of the answer.
        let plain = |triples: &[String]| -> BTreeSet<String> {
            triples
                .iter()
                .map(|triple| triple.replace("_:0", "_:").replace("_:1", "_:"))
                .collect()
        };
        let expected: Vec<String> = described.map(str::to_owned).to_vec();
        assert_eq!(plain(&triples), plain(&expected), "{query}");
    };
    same("DESCRIBE :a");
    same("DESCRIBE ?s { ?s :knows :b }");
    same("DESCRIBE ?s { ?s :knows ?o } LIMIT 1");
    same("DESCRIBE ?s { ?s :knows ?o } ORDER BY ?o OFFSET 0");
    assert_eq!(texts.graph("DESCRIBE :b"), [":b :age 2"]);
    assert_eq!(
        texts.graph("DESCRIBE :b ?l { ?c :in ?l }"),
        [":b :age 2", ":land :size 9"]
    );
    assert!(texts.graph("DESCRIBE :nothing").is_empty());
    assert!(
        texts
            .graph("DESCRIBE ?s { ?s :knows :b } LIMIT 0")
            .is_empty()
    );
}

#[test]
fn defect_17_blank_nodes_of_a_template_are_not_new_and_bad_triples_are_given() {
    let texts = Texts::new(":a :p 1 . :b :p 2 . :c :p :x .");
    let triples = texts.graph("CONSTRUCT { ?s :has _:n . _:n :value ?o } { ?s :p ?o }");
    assert_eq!(triples.len(), 6);
    let nodes: BTreeSet<&str> = triples
        .iter()
        .filter_map(|triple| triple.split_once(" :has ").map(|(_, node)| node))
        .collect();
    assert_eq!(nodes.len(), 3, "a node for each solution: {triples:?}");
    for (subject, value) in [(":a", "1"), (":b", "2"), (":c", ":x")] {
        let has = triples
            .iter()
            .find_map(|triple| triple.strip_prefix(&format!("{subject} :has ")))
            .unwrap();
        assert!(
            triples.contains(&format!("{has} :value {value}")),
            "{triples:?}"
        );
    }
    // A literal is no subject, and neither it nor a blank node a predicate; the other triples stay.
    assert_eq!(
        texts.graph("CONSTRUCT { ?o :of ?s . ?s ?o 5 } { ?s :p ?o }"),
        [":c :x 5", ":x :of :c"]
    );
    assert_eq!(
        texts.graph("CONSTRUCT { ?s ?b :y } { ?s :p ?o BIND(BNODE() AS ?b) }"),
        [] as [&str; 0]
    );
    // Unbound positions, too.
    assert_eq!(
        texts.graph("CONSTRUCT { ?s :q ?z . ?s :r 1 } { ?s :p 1 OPTIONAL { ?s :none ?z } }"),
        [":a :r 1"]
    );
}

#[test]
fn defect_21_prepared_texts_have_their_dollar_variables_replaced() {
    let texts = Texts::new(":a :p '$x' . :b :p '$y costs ?x' . :c :p 'other' .");
    // $x is the variable ?x.
    assert_eq!(
        texts.rows("SELECT $x ?o { ?x :p $o FILTER(?o = 'other') }"),
        [":c \"other\""]
    );
    // Within a string it is text.
    assert_eq!(texts.rows("SELECT ?s { ?s :p '$x' }"), [":a"]);
    assert_eq!(
        texts.rows("SELECT ?s { ?s :p ?o FILTER(CONTAINS(?o, '$y costs ?x')) }"),
        [":b"]
    );
    // In paths, GROUP BY and VALUES as elsewhere.
    assert_eq!(
        texts.rows(
            "SELECT $o (COUNT($s) AS $n) { VALUES $o { 'other' } $s :p/:none? $o } GROUP BY $o"
        ),
        ["\"other\" 1"]
    );
    // A prepared query runs again and again, on what is there then.
    let query = prepared("SELECT ?s { ?s :p $o FILTER($o = 'other') }").unwrap();
    let run = || {
        let results = query.run(&texts.source(), &QueryOptions::default(), &Control::new());
        lines(results.unwrap().rows().unwrap()).unwrap()
    };
    assert_eq!(run(), [":c"]);
    texts.load(":d :p 'other' .");
    let mut again = run();
    again.sort();
    assert_eq!(again, [":c", ":d"]);
}
