//! What patterns within patterns mean.

use super::{answer, load, people, run, worked};
use triplestore::database::Database;
use triplestore::load::Format;

#[test]
fn minus_without_a_shared_variable_keeps_everything() {
    let database = people();
    let all = answer(&database, "SELECT ?s { ?s :age ?a }");
    assert_eq!(all.len(), 3);
    let query = "SELECT ?s { ?s :age ?a MINUS { ?x :knows ?y } }";
    assert_eq!(answer(&database, query), all);
    let query = "SELECT ?s { ?s :age ?a MINUS { :ann :knows :bob } }";
    assert_eq!(answer(&database, query), all);
    // A variable in common that one side leaves unbound is not shared by those solutions.
    let query = "SELECT ?s { ?s :age ?a MINUS { :dan :likes :jam OPTIONAL { ?s :never ?n } } }";
    assert_eq!(answer(&database, query), all);
}

#[test]
fn minus_compares_the_variables_that_both_solutions_bind() {
    let database = people();
    let query = "SELECT ?s ?k { ?s :age ?a OPTIONAL { ?s :knows ?k } MINUS { VALUES (?s ?k) { (:ann :bob) (UNDEF :cid) } } }";
    // Of :cid, no ?k is bound, and (UNDEF :cid) then shares nothing.
    assert_eq!(answer(&database, query), ["s=<cid>"]);
    let query =
        "SELECT ?s { ?s :age ?a MINUS { VALUES (?s ?a) { (:ann UNDEF) (UNDEF 40) (:bob 99) } } }";
    assert_eq!(answer(&database, query), ["s=<bob>"]);
}

#[test]
fn exists_sees_outer_values_in_filters_at_any_depth_but_not_in_a_select_that_hides_them() {
    let database = people();
    let older = "FILTER EXISTS { ?s :knows ?k . { ?k :age ?b { FILTER(?b > ?a) } } }";
    // The innermost group binds nothing, so its filter sees the outer ?a alone, and ?b is unbound there.
    assert_eq!(
        answer(&database, &format!("SELECT ?s {{ ?s :age ?a {older} }}")),
        [""; 0]
    );
    let older = "FILTER EXISTS { ?s :knows ?k . { ?k :age ?b FILTER(?b > ?a) } }";
    assert_eq!(
        answer(&database, &format!("SELECT ?s {{ ?s :age ?a {older} }}")),
        ["s=<ann>", "s=<bob>"]
    );
    let hidden = "FILTER EXISTS { { SELECT ?s { ?s :knows ?k . ?k :age ?b FILTER(?b > ?a) } } }";
    assert_eq!(
        answer(&database, &format!("SELECT ?s {{ ?s :age ?a {hidden} }}")),
        [""; 0]
    );
    let shown = "FILTER EXISTS { { SELECT ?s ?a { ?s :knows ?k . ?k :age ?b FILTER(?b > ?a) } } }";
    assert_eq!(
        answer(&database, &format!("SELECT ?s {{ ?s :age ?a {shown} }}")),
        ["s=<ann>", "s=<bob>"]
    );
}

/// SPARQL 1.2 begins every group within EXISTS with the outer solution (ContextSolution), where 1.1 puts its values in place of
/// the variables, so that MINUS sees nothing in common where it should.
#[test]
fn minus_within_exists_has_all_outer_variables_in_common() {
    let database = people();
    let disjoint = "{ :dan :likes ?x MINUS { :bob :knows ?y } }";
    let cases: [(&str, String, &[&str]); 16] = [
        (
            "both sides mention it",
            "SELECT ?s { ?s :age ?a FILTER EXISTS { ?s :knows ?k MINUS { ?s :likes :tea } } }".into(),
            &["s=<bob>"],
        ),
        (
            "one side mentions it",
            "SELECT ?s { ?s :age ?a FILTER EXISTS { :dan :likes :tea MINUS { ?s :likes :tea } } }".into(),
            &["s=<bob>", "s=<cid>"],
        ),
        (
            "no side mentions it",
            format!("SELECT ?s {{ ?s :age ?a FILTER EXISTS {disjoint} }}"),
            &[],
        ),
        (
            "no side mentions it, and nothing is there to be removed by",
            "SELECT ?s { ?s :age ?a FILTER EXISTS { :dan :likes ?x MINUS { :dan :knows ?y } } }".into(),
            &["s=<ann>", "s=<bob>", "s=<cid>"],
        ),
        (
            "a test within the test",
            format!("SELECT ?s {{ ?s :age ?a FILTER EXISTS {{ FILTER EXISTS {disjoint} }} }}"),
            &[],
        ),
        (
            "within a sub-SELECT",
            "SELECT ?s { ?s :age ?a FILTER EXISTS { SELECT ?x { :dan :likes ?x MINUS { :bob :knows ?y } } } }".into(),
            &[],
        ),
        (
            "a condition as an expression",
            format!("SELECT ?s {{ ?s :age ?a FILTER(EXISTS {disjoint} || ?a > 35) }}"),
            &["s=<cid>"],
        ),
        (
            "nothing is outside",
            format!("SELECT * {{ FILTER EXISTS {disjoint} }}"),
            &[""],
        ),
        (
            "blank nodes are no variables",
            format!("SELECT * {{ [] :age [] FILTER EXISTS {disjoint} }}"),
            &["", "", ""],
        ),
        (
            "unbound",
            format!("SELECT * {{ OPTIONAL {{ :cid :knows ?k }} FILTER EXISTS {disjoint} }}"),
            &[""],
        ),
        (
            "bound",
            format!("SELECT * {{ OPTIONAL {{ :bob :knows ?k }} FILTER EXISTS {disjoint} }}"),
            &[],
        ),
        (
            "any of many",
            format!(
                "SELECT * {{ VALUES (?p ?q ?r ?t) {{ (UNDEF UNDEF UNDEF UNDEF) (:p UNDEF UNDEF UNDEF)
                    (UNDEF UNDEF :r UNDEF) (UNDEF UNDEF UNDEF :t) (UNDEF :q UNDEF UNDEF) }} FILTER EXISTS {disjoint} }}"
            ),
            &[""],
        ),
        (
            "LATERAL",
            "SELECT ?s ?x { ?s :age ?a LATERAL { :dan :likes ?x MINUS { ?s :likes ?x } } }".into(),
            &["s=<ann> x=<jam>", "s=<bob> x=<jam>", "s=<bob> x=<tea>", "s=<cid> x=<jam>", "s=<cid> x=<tea>"],
        ),
        (
            "MINUS within MINUS is within no test",
            "SELECT ?s { ?s :age ?a MINUS { ?s :likes ?x MINUS { :bob :knows ?y } } }".into(),
            &["s=<bob>", "s=<cid>"],
        ),
        (
            "MINUS within OPTIONAL neither",
            "SELECT ?x { ?s :age 30 OPTIONAL { ?s :likes ?x MINUS { :bob :knows ?y } } }".into(),
            &["x=<tea>"],
        ),
        (
            "nor within a group",
            "SELECT ?x { ?s :age 30 { ?s :likes ?x MINUS { :bob :knows ?y } } }".into(),
            &["x=<tea>"],
        ),
    ];
    for (case, query, expected) in cases {
        assert_eq!(answer(&database, &query), expected, "{case}: {query}");
    }
}

#[test]
fn an_outer_value_is_no_constant_of_a_path() {
    let database = people();
    let query = "SELECT * { VALUES ?v { :nowhere } FILTER EXISTS { ?b :knows? ?v } }";
    assert_eq!(answer(&database, query), [""; 0]);
    let query = "SELECT * { VALUES ?v { :nowhere } ?b :knows? ?v }";
    assert_eq!(answer(&database, query), [""; 0]);
    let query = "ASK { FILTER EXISTS { ?b :knows? :nowhere } }";
    assert_eq!(answer(&database, query).len(), 1);
    let query = "SELECT * { VALUES ?v { :ann :nowhere } LATERAL { ?v :knows* ?b } }";
    assert_eq!(
        answer(&database, query),
        ["v=<ann> b=<ann>", "v=<ann> b=<bob>", "v=<ann> b=<cid>"]
    );
}

#[test]
fn exists_stands_anywhere_in_an_expression() {
    let database = people();
    let knows = "EXISTS { ?s :knows :cid }";
    for (query, expected) in [
        (
            format!("SELECT ?s {{ ?s :age ?a FILTER(?a > 35 || {knows}) }}"),
            vec!["s=<ann>", "s=<bob>", "s=<cid>"],
        ),
        (
            format!("SELECT ?s {{ ?s :age ?a FILTER(!(?a > 35) && NOT {knows}) }}"),
            vec![],
        ),
        (
            format!("SELECT ?s ?e {{ ?s :age ?a BIND({knows} AS ?e) FILTER(!?e) }}"),
            vec!["s=<cid> e=\"false\"^^<http://www.w3.org/2001/XMLSchema#boolean>"],
        ),
        (
            format!("SELECT (COUNT(?s) AS ?n) {{ ?s :age ?a }} GROUP BY ({knows} AS ?e) HAVING(COUNT(*) > 1)"),
            vec!["n=\"2\"^^<http://www.w3.org/2001/XMLSchema#integer>"],
        ),
        (
            "SELECT ?s ?k { ?s :age ?a OPTIONAL { ?s :knows ?k FILTER(?a > 20 && EXISTS { ?k :knows ?z }) } }".to_owned(),
            vec!["s=<ann> k=<bob>", "s=<bob>", "s=<cid>"],
        ),
        (
            "SELECT ?s { ?s :age ?a FILTER EXISTS { ?s :knows ?k FILTER NOT EXISTS { ?k :knows ?z FILTER(?a > 20) } } }".to_owned(),
            vec!["s=<ann>", "s=<bob>"],
        ),
    ] {
        assert_eq!(answer(&database, &query), expected, "{query}");
    }
    let query = format!("SELECT ?s {{ ?s :age ?a }} ORDER BY DESC({knows}) ?a LIMIT 1");
    assert_eq!(answer(&database, &query), ["s=<bob>"]);
}

#[test]
fn lateral_slices_and_counts_for_each_row() {
    let database = people();
    let query = "SELECT ?s ?k { ?s :age ?a LATERAL { SELECT * { ?s :knows ?k } ORDER BY DESC(?k) LIMIT 1 } }";
    assert_eq!(
        answer(&database, query),
        ["s=<ann> k=<cid>", "s=<bob> k=<cid>"]
    );
    let query = "SELECT ?s ?n { ?s :age ?a LATERAL { SELECT ?s (COUNT(?k) AS ?n) { ?s :knows ?k } GROUP BY ?s } }";
    assert_eq!(answer(&database, query).len(), 2);
    let query = "SELECT ?s ?k { ?s :age ?a LATERAL { OPTIONAL { ?s :knows ?k FILTER(?a > 20) } } }";
    assert_eq!(
        answer(&database, query),
        ["s=<ann> k=<bob>", "s=<ann> k=<cid>", "s=<bob>", "s=<cid>"]
    );
}

/// 400 subjects, all of which have the same object.
fn alike() -> Database {
    let lines: String = (0..400)
        .map(|number| format!("<http://x/s{number}> <http://x/of> <http://x/o> .\n"))
        .collect();
    load(&lines, Format::NTriples)
}

#[test]
fn what_is_new_each_time_is_new_for_each_outer_row_of_lateral() {
    let database = alike();
    for (inner, names) in [
        ("BIND(UUID() AS ?new)", ""),
        ("BIND(STRUUID() AS ?new) FILTER(?o = :o)", "?o"),
        ("BIND(CONCAT(STR(?o), STR(RAND())) AS ?new)", "?o"),
        ("BIND(BNODE() AS ?new)", "?o"),
        ("BIND(BNODE('a') AS ?new)", ""),
        ("?s2 :of ?o FILTER(?s2 = :s7) BIND(UUID() AS ?new)", "?o"),
        ("{ SELECT (UUID() AS ?new) {} }", "?o"),
        ("{ SELECT (MAX(?u) AS ?new) { BIND(STRUUID() AS ?u) } }", ""),
        ("{ SELECT ?o ?new { BIND(UUID() AS ?new) } LIMIT 1 }", "?o"),
        ("OPTIONAL { BIND(UUID() AS ?new) }", ""),
        (
            "{ BIND(UUID() AS ?new) FILTER(false) } UNION { BIND(UUID() AS ?new) }",
            "?o",
        ),
        ("LATERAL { BIND(UUID() AS ?new) }", "?o"),
        ("{ BIND(1 AS ?one) } { BIND(UUID() AS ?new) }", ""),
    ] {
        let names = if names.is_empty() { "?s" } else { names };
        let query =
            format!("SELECT ?new {{ {{ SELECT {names} {{ ?s :of ?o }} }} LATERAL {{ {inner} }} }}");
        let mut answers = answer(&database, &query);
        assert_eq!(answers.len(), 400, "{query}");
        answers.dedup();
        assert_eq!(answers.len(), 400, "{query}");
        assert!(answers[0].starts_with("new="), "{query}");
    }
}

#[test]
fn what_is_random_in_exists_is_asked_for_each_row() {
    let database = alike();
    for test in [
        "EXISTS { FILTER(RAND() < 0.5) }",
        "EXISTS { ?s2 :of ?o FILTER(?s2 = :s1 && RAND() < 0.5) }",
        "NOT EXISTS { ?o2 :of ?o BIND(RAND() AS ?r) FILTER(?o2 = :s1 && ?r < 0.5) }",
        "EXISTS { SELECT * { BIND(RAND() AS ?r) FILTER(?r < 0.5) } }",
        "EXISTS { FILTER EXISTS { FILTER(RAND() < 0.5) } }",
        "(EXISTS { BIND(RAND() AS ?r) FILTER(?r < 0.5) } || false)",
    ] {
        // Of the same rows, some pass and some do not; that all agree has a probability of 2^-400.
        let query = format!("SELECT ?o {{ {{ SELECT ?o {{ ?s :of ?o }} }} FILTER({test}) }}");
        let rows = answer(&database, &query).len();
        assert!((100..300).contains(&rows), "{rows}: {query}");
    }
}

#[test]
fn a_random_condition_of_optional_is_asked_for_each_pair() {
    let database = alike();
    let query =
        "SELECT ?t { ?s :of ?o OPTIONAL { VALUES (?o ?t) { (:o 1) } FILTER(RAND() < 0.5) } }";
    let bound = answer(&database, query);
    let matched = bound.iter().filter(|line| !line.is_empty()).count();
    assert_eq!(bound.len(), 400);
    assert!((100..300).contains(&matched), "{matched}");
}

#[test]
fn what_is_the_same_each_time_is_still_shared() {
    let database = alike();
    let shared = run(
        &database,
        "SELECT ?n { ?s :of ?o LATERAL { SELECT ?o (COUNT(*) AS ?n) { ?x :of ?o } GROUP BY ?o } }",
    );
    let (answers, plan) = shared.unwrap();
    assert_eq!(answers.len(), 400);
    // Not 400 for each of 400 rows.
    assert!(worked(&plan) < 4_000, "{plan}");
}

#[test]
fn graph_of_a_variable_slices_and_counts_for_each_graph() {
    let database = load(
        "<http://x/a> <http://x/p> <http://x/1> <http://x/g> .
         <http://x/a> <http://x/p> <http://x/2> <http://x/g> .
         <http://x/a> <http://x/p> <http://x/3> <http://x/g> .
         <http://x/b> <http://x/p> <http://x/1> <http://x/h> .
         <http://x/b> <http://x/q> <http://x/1> <http://x/i> .
         <http://x/b> <http://x/p> <http://x/1> .",
        Format::NQuads,
    );
    let integer = |number: u32| format!("\"{number}\"^^<http://www.w3.org/2001/XMLSchema#integer>");
    let query = "SELECT ?g ?o { GRAPH ?g { SELECT ?o { ?s :p ?o } ORDER BY ?o LIMIT 2 OFFSET 1 } }";
    assert_eq!(answer(&database, query), ["g=<g> o=<2>", "g=<g> o=<3>"]);
    let query = "SELECT ?g ?n { GRAPH ?g { SELECT (COUNT(*) AS ?n) { ?s :p ?o } } }";
    let expected = [("g", 3), ("h", 1), ("i", 0)]
        .map(|(graph, count)| format!("g=<{graph}> n={}", integer(count)));
    assert_eq!(answer(&database, query), expected);
    // A filter around does not reach through the slice.
    let query =
        "SELECT ?g ?o { GRAPH ?g { SELECT ?o { ?s :p ?o } ORDER BY ?o LIMIT 1 } FILTER(?o != :1) }";
    assert_eq!(answer(&database, query), [""; 0]);
    let query = "SELECT ?g { GRAPH ?g { { SELECT (COUNT(*) AS ?n) { ?s :p ?o } } FILTER EXISTS { ?x :q ?y } } }";
    assert_eq!(answer(&database, query), ["g=<i>"]);
    let query = "SELECT ?g ?s { GRAPH ?g { ?s ?p ?o MINUS { ?s :p :1 } } }";
    // Of the graphs g and h, the subject has :p :1, which removes all its solutions there.
    assert_eq!(answer(&database, query), ["g=<i> s=<b>"]);
    assert_eq!(answer(&database, "SELECT ?g { GRAPH ?g {} }").len(), 3);
}

#[test]
fn constant_conditions_are_no_rows_or_no_condition() {
    let database = people();
    let count = |query: &str| answer(&database, query).len();
    assert_eq!(count("SELECT * { ?s :age ?a FILTER(false) }"), 0);
    assert_eq!(count("SELECT * { FILTER(false) }"), 0);
    assert_eq!(count("SELECT * { FILTER(true) }"), 1);
    assert_eq!(count("SELECT * { ?s :age ?a FILTER(true || ?zzz) }"), 3);
    assert_eq!(count("SELECT * { OPTIONAL { ?s :age ?a } }"), 3);
    assert_eq!(count("SELECT * { {} { ?s :age ?a } }"), 3);
    assert_eq!(count("SELECT * { {} UNION { ?s :age ?a } }"), 4);
    assert_eq!(
        count("SELECT * { ?s :age ?a OPTIONAL { ?s :knows ?k FILTER(false) } }"),
        3
    );
}

#[test]
fn a_filter_stays_outside_of_limit_and_of_projection() {
    let database = people();
    let query = "SELECT ?s { { SELECT ?s ?a { ?s :age ?a } ORDER BY ?a LIMIT 1 } FILTER(?a > 25) }";
    assert_eq!(answer(&database, query), [""; 0]);
    let query = "SELECT ?s { { SELECT ?s { ?s :age ?a } } FILTER(?a > 25) }";
    assert_eq!(answer(&database, query), [""; 0]);
    let query =
        "SELECT ?s ?a { { SELECT ?s { ?s :age ?a } } ?s :knows ?k BIND(1 AS ?x) { ?k :age ?a } }";
    assert_eq!(answer(&database, query).len(), 3);
}
