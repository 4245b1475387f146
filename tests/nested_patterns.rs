//! Patterns within patterns: what they mean where examples of others go wrong, how much work they are, and how deep they
//! may nest.

use std::collections::BTreeMap;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions};
use triplestore::error::{Code, Result};
use triplestore::load::Format;
use triplestore::query::{ParseOptions, Prepared, QueryOptions, ResultBatch};

fn load(document: &str, format: Format) -> Database {
    let database = Database::memory(&Config::default()).unwrap();
    let options = LoadOptions {
        format: Some(format),
        ..LoadOptions::default()
    };
    database
        .load_bytes(document.as_bytes(), &options, &Control::new())
        .unwrap();
    database
}

fn parse_options() -> ParseOptions {
    ParseOptions {
        prefixes: vec![(String::new(), "http://x/".to_owned())],
        ..ParseOptions::default()
    }
}

/// The solutions as sorted lines of `name=term`, and the plan with the rows of each operator.
fn run(database: &Database, query: &str) -> Result<(Vec<String>, String)> {
    let snapshot = database.snapshot()?.source();
    let prepared = Prepared::new(query, &parse_options())?;
    let mut rows = prepared.rows(&snapshot, &QueryOptions::default(), &Control::new())?;
    let names = rows.variables().to_vec();
    let (mut batch, mut lines) = (ResultBatch::new(), Vec::new());
    while rows.next(1000, &mut batch)? {
        for row in 0..batch.rows() {
            let mut line = String::new();
            for (column, name) in names.iter().enumerate() {
                if let Some(term) = batch.term(row, column) {
                    let mut text = Vec::new();
                    term.write_ntriples(&mut text, &mut |_, _| Ok(()))?;
                    let text = String::from_utf8_lossy(&text).replace("http://x/", "");
                    line.push_str(&format!("{name}={text} "));
                }
            }
            lines.push(line.trim_end().to_owned());
        }
    }
    lines.sort();
    Ok((lines, rows.explain().to_string()))
}

fn answer(database: &Database, query: &str) -> Vec<String> {
    run(database, query)
        .unwrap_or_else(|error| panic!("{query}: {error}"))
        .0
}

/// Rows that all operators of a query gave.
fn worked(plan: &str) -> u64 {
    let actual = plan.split("actual ").skip(1);
    let numbers = actual.map(|rest| {
        let end = rest
            .find(|other: char| !other.is_ascii_digit())
            .unwrap_or(rest.len());
        rest[..end].parse::<u64>().unwrap()
    });
    numbers.sum()
}

// ---- What they mean

fn people() -> Database {
    load(
        "@prefix : <http://x/> .
         :ann :age 30 ; :knows :bob , :cid ; :likes :tea .
         :bob :age 20 ; :knows :cid .
         :cid :age 40 .
         :dan :likes :tea , :jam .",
        Format::Turtle,
    )
}

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

// ---- How much work they are

const SUBJECTS: u64 = 5_000;

fn chain() -> Database {
    let mut document = String::from("@prefix : <http://x/> .\n");
    for number in 0..SUBJECTS {
        let next = number * 7 % SUBJECTS;
        document.push_str(&format!(
            ":s{number} :id {number} ; :group {} ; :knows :s{next} ; :name \"name {}\" .\n",
            number % 500,
            number % 1000
        ));
    }
    let database = load(&document, Format::Turtle);
    database.compact(&Control::new()).unwrap();
    database
}

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
    let database = chain();
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

// ---- How deep they may nest

/// Queries nested `levels` deep in every way patterns nest.
fn nested(levels: usize) -> Vec<String> {
    let within = |open: &str, close: &str| {
        format!(
            "SELECT * WHERE {{ ?s :age ?o . {} {} }}",
            open.repeat(levels),
            close.repeat(levels)
        )
    };
    vec![
        within("OPTIONAL { ?s :age ?o ", "}"),
        within("FILTER EXISTS { ?s :age ?o ", "}"),
        within("FILTER NOT EXISTS { ?s :age ?o ", "}"),
        within("FILTER(?o > 1 || EXISTS { ?s :age ?o ", "})"),
        within("MINUS { ?s :age ?o ", "}"),
        within("MINUS { ?t :age ?o OPTIONAL { ?t :never ?s } ", "}"),
        within("LATERAL { ?s :age ?o OPTIONAL { ?s :knows ?k } ", "}"),
        within("LATERAL { { SELECT * { ?s :age ?o ", "} LIMIT 3 } }"),
        within("{ SELECT * { ?s :age ?o ", "} LIMIT 5 }"),
        within("{ ?s :age ?o } UNION { ", "}"),
        within(
            "{ { ?s :age ?o OPTIONAL { ?s :knows ?k } } UNION { ?s :age ?o ",
            "} }",
        ),
        within("GRAPH ?g { ", "}"),
        within("OPTIONAL { ?s :age ?o FILTER EXISTS { ?s :age ?o ", "} }"),
    ]
}

#[test]
fn nesting_to_the_limit_and_beyond_runs_or_is_refused_on_a_small_stack() {
    let work = || {
        let database = people();
        let mut ran = 0;
        for levels in [20, 60, 120, 250] {
            for query in nested(levels) {
                match run(&database, &query) {
                    Ok(_) => ran += 1,
                    Err(error) => assert!(
                        matches!(error.code(), Code::NestingTooDeep | Code::QueryLimit),
                        "{}: {error}",
                        &query[..60]
                    ),
                }
            }
        }
        assert!(ran > 20, "{ran}");
    };
    // What the library may take of a caller's stack, and a little for the test itself.
    let thread = std::thread::Builder::new().stack_size((448 + 32) << 10);
    thread.spawn(work).unwrap().join().unwrap();
}

#[test]
fn thousands_of_parts_are_planned_in_time_and_run_on_a_small_stack() {
    let work = || {
        let database = people();
        let many = |part: &str| {
            (0..2_000)
                .map(|number| part.replace('#', &number.to_string()))
                .collect::<String>()
        };
        for query in [
            format!("SELECT ?s {{ ?s :age ?o . {} }}", many("?s :age ?o# . ")),
            format!(
                "SELECT ?s {{ ?s :age ?o . {} }}",
                many("OPTIONAL { ?s :age ?o# } ")
            ),
            format!(
                "SELECT ?s {{ ?s :age ?o . {} }}",
                many("FILTER EXISTS { ?s :age ?o# } ")
            ),
            format!(
                "SELECT ?s {{ ?s :age ?o . {} }}",
                many("MINUS { ?s :never ?o# } ")
            ),
            format!("SELECT ?s {{ ?s :age ?o . {} }}", many("BIND(# AS ?o#) ")),
            format!(
                "SELECT ?s {{ {{ ?s :age ?o }} {} }}",
                many("UNION { ?s :age ?o# } ")
            ),
        ] {
            let start = std::time::Instant::now();
            match run(&database, &query) {
                Ok(_) => {}
                Err(error) => assert!(
                    matches!(error.code(), Code::NestingTooDeep | Code::QueryLimit),
                    "{}: {error}",
                    &query[..60]
                ),
            }
            assert!(start.elapsed().as_secs() < 10, "{}", &query[..60]);
        }
    };
    let thread = std::thread::Builder::new().stack_size((448 + 32) << 10);
    thread.spawn(work).unwrap().join().unwrap();
}

#[test]
fn chains_of_thousands_of_operators_have_their_value_on_a_small_stack() {
    const TERMS: usize = 10_000;
    let work = || {
        let database = people();
        let many = |term: &str| {
            (0..TERMS)
                .map(|number| term.replace('#', &(1000 + number).to_string()))
                .collect::<String>()
        };
        let filtered = |first: &str, rest: &str| {
            let rest = many(rest);
            format!("SELECT ?s {{ ?s :age ?o FILTER({first}{rest}) }}")
        };
        let computed = |rest: &str| {
            let rest = many(rest);
            format!("SELECT ?n {{ :ann :age ?o BIND(?o{rest} AS ?n) }}")
        };
        let number = |lexical: &str, kind: &str| {
            format!("n=\"{lexical}\"^^<http://www.w3.org/2001/XMLSchema#{kind}>")
        };
        let sum = number(&(30 + TERMS).to_string(), "integer");
        for (query, expected) in [
            (filtered("?o = 20", " || ?o = #"), "s=<bob>".to_owned()),
            (filtered("?s = :bob", " || ?s = :x#"), "s=<bob>".to_owned()),
            (filtered("?o < 30", " && ?o != #"), "s=<bob>".to_owned()),
            (filtered("?s = :bob", " && ?s != :x#"), "s=<bob>".to_owned()),
            (computed(" + 1"), sum),
            (computed(" - # + #"), number("30", "integer")),
            (computed(" * # / #"), number("30", "decimal")),
        ] {
            let start = std::time::Instant::now();
            assert_eq!(answer(&database, &query), [expected], "{}", &query[..80]);
            assert!(start.elapsed().as_secs() < 10, "{}", &query[..80]);
        }
    };
    let thread = std::thread::Builder::new().stack_size((448 + 32) << 10);
    thread.spawn(work).unwrap().join().unwrap();
}
