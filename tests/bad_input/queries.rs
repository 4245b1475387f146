//! Queries that are wrong, too large, too deep or too much: an error with a code, or what SPARQL says of
//! errors in expressions; in bounded time and memory, and the store answers on.

use crate::{assert_usable, config};
use oxrdf::{GraphName, Literal, NamedNode, Quad};
use std::time::Duration;
use triplestore::control::{Budget, Control};
use triplestore::database::Database;
use triplestore::error::{Code, Error};
use triplestore::query::{ParseOptions, Prepared, QueryOptions, ResultBatch};

/// What no query here needs, by far. One that does has got lost.
const TIME_MAX: Duration = Duration::from_secs(30);
const MEMORY_MAX_BYTES: usize = 64 << 20;

/// The rows of a query, each as its values with spaces between.
fn run(database: &Database, query: &str) -> Result<Vec<String>, Error> {
    let control = Control::new()
        .with_timeout(TIME_MAX)
        .with_memory(Budget::new("query", MEMORY_MAX_BYTES));
    let snapshot = database.snapshot()?.source();
    let mut rows = Prepared::new(query, &ParseOptions::default())?.rows(
        &snapshot,
        &QueryOptions::default(),
        &control,
    )?;
    let columns = rows.variables().len();
    let (mut batch, mut lines) = (ResultBatch::new(), Vec::new());
    while rows.next(2048, &mut batch)? {
        for row in 0..batch.rows() {
            let cells: Vec<String> = (0..columns)
                .map(|column| match batch.term(row, column) {
                    Some(term) => term.to_oxrdf(&mut |_| unreachable!()).unwrap().to_string(),
                    None => "-".to_owned(),
                })
                .collect();
            lines.push(cells.join(" "));
        }
    }
    Ok(lines)
}

#[track_caller]
fn refused(database: &Database, query: &str, code: Code) -> Error {
    let shown: String = query.chars().take(70).collect();
    let error = run(database, query)
        .err()
        .unwrap_or_else(|| panic!("{shown} was run"));
    assert_eq!(error.code(), code, "{shown}: {error:?}");
    error
}

/// A store with `count` numbers.
fn numbers(count: usize) -> Database {
    let database = Database::memory(&config()).unwrap();
    let quads: Vec<Quad> = (0..count)
        .map(|number| {
            Quad::new(
                NamedNode::new_unchecked(format!("http://a/s{number}")),
                NamedNode::new_unchecked("http://a/p"),
                Literal::from(number as i64),
                GraphName::DefaultGraph,
            )
        })
        .collect();
    database.insert(&quads, &Control::new()).unwrap();
    database
}

fn nested(before: &str, open: &str, middle: &str, close: &str, after: &str) -> String {
    let (open, close) = (open.repeat(10_000), close.repeat(10_000));
    format!("{before}{open}{middle}{close}{after}")
}

#[test]
fn queries_nested_too_deeply_are_refused() {
    let database = Database::memory(&config()).unwrap();
    let queries = [
        nested("SELECT * WHERE ", "{ ", "?s ?p ?o", " }", ""),
        nested("SELECT * WHERE { ?s ?p ?o FILTER (", "(", "?o", ")", ") }"),
        nested("SELECT * WHERE { ?s ?p ?o FILTER (", "!", "?o", "", ") }"),
        nested("SELECT * WHERE { ?s ?p ?o FILTER (", "- ", "?o", "", ") }"),
        nested(
            "SELECT * WHERE { ?s ?p ?o FILTER (",
            "STR(",
            "?o",
            ")",
            ") }",
        ),
        nested(
            "SELECT * WHERE { ?s ?p ?o FILTER (",
            "IF(?o, 1, ",
            "?o",
            ")",
            ") }",
        ),
        nested("SELECT * WHERE { ?s ?p ", "[ ?p ", "?o", " ]", " }"),
        nested("SELECT * WHERE { ?s ?p ", "( ", "?o", " )", " }"),
        nested("SELECT * WHERE { ", "OPTIONAL { ", "?s ?p ?o", " }", " }"),
        nested("SELECT * WHERE { ", "MINUS { ", "?s ?p ?o", " }", " }"),
        nested("SELECT * WHERE { ", "GRAPH ?g { ", "?s ?p ?o", " }", " }"),
        nested(
            "SELECT * WHERE { ?s ?p ?o ",
            "FILTER EXISTS { ",
            "?s ?p ?o",
            " }",
            " }",
        ),
        nested("", "SELECT * { { ", "SELECT * { ?s ?p ?o }", " } }", ""),
        nested("SELECT * WHERE { ?s ", "(", "<http://a/p>", ")", " ?o }"),
        nested(
            "SELECT * WHERE { ?s ",
            "(<http://a/p>/",
            "<http://a/p>",
            ")*",
            " ?o }",
        ),
        nested("SELECT * WHERE { ?s ?p ", "<<( ?s ?p ", "?o", " )>>", " }"),
        nested(
            "CONSTRUCT { ?s ?p ",
            "[ ?p ",
            "?o",
            " ]",
            " } WHERE { ?s ?p ?o }",
        ),
    ];
    for query in queries {
        refused(&database, &query, Code::NestingTooDeep);
        assert_usable(&database);
    }
}

#[test]
fn a_query_cut_anywhere_or_with_a_byte_too_much_is_an_error_with_a_place_or_a_query() {
    let database = numbers(3);
    const QUERY: &str = "PREFIX a: <http://a/> SELECT DISTINCT ?s (COUNT(?o) AS ?n) FROM <http://a/g> WHERE { \
        ?s a:p|^a:q/a:r* ?o ; a:t \"x\\n\"@en-GB, '''long'''^^a:d, 1.5e3, true . \
        OPTIONAL { ?s a:u [ a:v (1 2 ?w) ] FILTER(?w > -2 && REGEX(STR(?o), \"^a\", 'i') || ?o IN (1, <http://b/>)) } \
        { ?s ?x ?y } UNION { GRAPH ?g { ?s ?x <<( ?s ?x ?y )>> } } MINUS { VALUES (?s ?x) { (a:s UNDEF) } } \
        BIND(IF(BOUND(?y), COALESCE(?y, 1), EXISTS { ?s ?p ?o }) AS ?z) \
        } GROUP BY ?s HAVING(COUNT(*) > 1) ORDER BY DESC(?n) ?s LIMIT 10 OFFSET 2";
    let (mut parsed, mut failed) = (0, 0);
    let mut check = |text: &str| match Prepared::new(text, &ParseOptions::default()) {
        Ok(_) => parsed += 1,
        Err(error) => {
            assert!(
                matches!(
                    error.code(),
                    Code::QueryParse | Code::QueryUnsupported | Code::InvalidIri
                ),
                "{text}: {error:?}"
            );
            let place = error.position();
            assert!(place.is_some(), "{text}: {error:?}");
            failed += 1;
        }
    };
    for (at, _) in QUERY.char_indices() {
        check(&QUERY[..at]);
        check(&QUERY[at..]);
        for inserted in [
            "\0",
            "{",
            ")",
            "\"",
            "<",
            "?",
            "\u{1F600}",
            " . ",
            "\\",
            "%",
            "&",
        ] {
            check(&format!("{}{inserted}{}", &QUERY[..at], &QUERY[at..]));
        }
    }
    assert!(failed > 3_000 && parsed > 100, "{failed} and {parsed}");
    assert_usable(&database);
}

#[test]
fn queries_of_a_megabyte_are_answered_or_refused() {
    let database = numbers(10);
    // A list of a hundred thousand numbers.
    let list: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
    let query = format!(
        "SELECT ?s {{ ?s <http://a/p> ?o FILTER(?o IN ({})) }}",
        list[3..].join(",")
    );
    assert_eq!(run(&database, &query).unwrap().len(), 7);
    let query = format!(
        "SELECT ?s {{ ?s <http://a/p> ?o VALUES ?o {{ {} }} }}",
        list[3..].join(" ")
    );
    assert_eq!(run(&database, &query).unwrap().len(), 7);
    // A string of a megabyte.
    let long = "x".repeat(1 << 20);
    let query = format!("SELECT (STRLEN('{long}') AS ?n) {{}}");
    assert_eq!(
        run(&database, &query).unwrap(),
        ["\"1048576\"^^<http://www.w3.org/2001/XMLSchema#integer>"]
    );
    // Spaces and comments.
    let query = format!("#{long}\nASK {{ {} ?s ?p ?o }}", " ".repeat(1 << 20));
    assert_eq!(run(&database, &query).unwrap().len(), 1);
    // Beyond the limit of the text.
    let query = format!("ASK {{ ?s ?p '{}' }}", "x".repeat(64 << 20));
    refused(&database, &query, Code::QueryLimit);
    assert_usable(&database);
}

#[test]
fn a_union_of_a_thousand_groups_has_the_rows_of_all() {
    let database = numbers(1_000);
    let groups: Vec<String> = (0..1_000)
        .map(|number| format!("{{ ?s <http://a/p> {number} }}"))
        .collect();
    let query = format!("SELECT ?s {{ {} }}", groups.join(" UNION "));
    assert_eq!(run(&database, &query).unwrap().len(), 1_000);
    let query = format!(
        "SELECT ?s {{ ?s <http://a/p> ?o {{ {} }} }}",
        groups.join(" UNION ")
    );
    assert_eq!(run(&database, &query).unwrap().len(), 1_000);
}

#[test]
fn many_patterns_filters_and_joins_in_one_group_are_planned() {
    let database = numbers(50);
    let patterns: String = (0..200)
        .map(|_| "?s <http://a/p> ?o . ".to_owned())
        .collect();
    let query = format!("SELECT ?s {{ {patterns} }}");
    assert_eq!(run(&database, &query).unwrap().len(), 50);
    // A chain of many variables that has no solution.
    let chain: String = (0..200)
        .map(|number| format!("?v{number} <http://a/p> ?v{} . ", number + 1))
        .collect();
    assert!(
        run(&database, &format!("SELECT ?v0 {{ {chain} }}"))
            .unwrap()
            .is_empty()
    );
    let filters: String = (0..1_000)
        .map(|number| format!("FILTER(?o != {number}) "))
        .collect();
    assert!(
        run(
            &database,
            &format!("SELECT ?s {{ ?s <http://a/p> ?o {filters} }}")
        )
        .unwrap()
        .is_empty()
    );
    let optional: String = (0..200)
        .map(|number| format!("OPTIONAL {{ ?s <http://a/q{number}> ?x{number} }} "))
        .collect();
    let query = format!("SELECT ?s {{ ?s <http://a/p> ?o {optional} }}");
    assert_eq!(run(&database, &query).unwrap().len(), 50);
}

#[test]
fn a_product_of_millions_of_rows_ends_at_its_deadline_within_its_memory() {
    let database = numbers(3_000);
    let snapshot = database.snapshot().unwrap().source();
    for query in [
        "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
        "SELECT DISTINCT ?b ?e { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
        "ASK { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(CONCAT(STR(?a), STR(?f), STR(?i)) = '') }",
        "SELECT * { { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } FILTER(STR(?a) = STR(?f) && STR(?d) = STR(?i)) }",
    ] {
        let budget = Budget::new("query", MEMORY_MAX_BYTES);
        let control = Control::new()
            .with_timeout(Duration::from_millis(200))
            .with_memory(budget.clone());
        let run = || {
            let mut rows = Prepared::new(query, &ParseOptions::default())?.rows(
                &snapshot,
                &QueryOptions::default(),
                &control,
            )?;
            let mut batch = ResultBatch::new();
            while rows.next(2048, &mut batch)? {}
            Ok::<_, Error>(())
        };
        let error = run().expect_err(query);
        assert_eq!(error.code(), Code::QueryTimeout, "{query}: {error:?}");
        assert!(budget.peak() <= MEMORY_MAX_BYTES, "{query}");
        assert_eq!(budget.used(), 0, "{query}");
    }
    assert_usable(&database);
}

/// The values of an expression on one row: `-` is an error.
fn value(database: &Database, expression: &str) -> String {
    let query =
        format!("PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT ({expression} AS ?v) {{}}");
    let mut rows = run(database, &query).unwrap_or_else(|error| panic!("{expression}: {error:?}"));
    assert_eq!(rows.len(), 1, "{expression}");
    rows.remove(0)
        .replace("^^<http://www.w3.org/2001/XMLSchema#", "^^<")
}

#[test]
fn arithmetic_that_has_no_value_is_an_error_of_the_expression() {
    let database = Database::memory(&config()).unwrap();
    for (expression, expected) in [
        ("1 / 0", "-"),
        ("1.0 / 0", "-"),
        ("0 / 0.0", "-"),
        ("1 / 0e0", "\"INF\"^^<double>"),
        ("-1e0 / 0", "\"-INF\"^^<double>"),
        ("0e0 / 0", "\"NaN\"^^<double>"),
        // Beyond 64 bits: an error, or the right value, never a wrong one.
        ("1e308 * 10", "\"INF\"^^<double>"),
        ("xsd:integer('abc')", "-"),
        ("xsd:integer('NaN'^^xsd:double)", "-"),
        ("xsd:integer('INF'^^xsd:double)", "-"),
        ("xsd:byte('300')", "-"),
        ("ABS('a')", "-"),
        ("1 + 'a'", "-"),
        ("STRLEN(5)", "-"),
        ("YEAR('2020-99-99T00:00:00'^^xsd:dateTime)", "-"),
    ] {
        assert_eq!(value(&database, expression), expected, "{expression}");
    }
    for (expression, right) in [
        ("9223372036854775807 + 1", "9223372036854775808"),
        ("-9223372036854775808 - 1", "-9223372036854775809"),
        (
            "9223372036854775807 * 9223372036854775807",
            "85070591730234615847396907784232501249",
        ),
        ("-(-9223372036854775808)", "9223372036854775808"),
        ("ABS(-9223372036854775808)", "9223372036854775808"),
    ] {
        let got = value(&database, expression);
        assert!(
            got == "-" || got == format!("\"{right}\"^^<integer>"),
            "{expression} is {got}"
        );
    }
}

#[test]
fn iris_that_are_none_are_errors_of_the_expression_and_never_reach_the_store() {
    let database = Database::memory(&config()).unwrap();
    for text in [
        "a b",
        "http://a/<x>",
        "http://a/{}",
        "%",
        "http://[",
        "",
        "no-scheme",
    ] {
        assert_eq!(value(&database, &format!("IRI('{text}')")), "-", "{text}");
        assert_eq!(
            value(&database, &format!("COALESCE(URI('{text}'), 'bad')")),
            "\"bad\"",
            "{text}"
        );
        assert_eq!(
            value(&database, &format!("STRDT('x', IRI('{text}'))")),
            "-",
            "{text}"
        );
    }
    assert_eq!(value(&database, "IRI('http://a/x')"), "<http://a/x>");
    assert_eq!(value(&database, "STRLANG('x', 'not a tag')"), "-");
}

#[test]
fn regular_expressions_that_are_wrong_or_huge_are_errors_and_none_is_catastrophic() {
    let database = Database::memory(&config()).unwrap();
    for (pattern, flags) in [
        ("(", ""),
        ("[", ""),
        ("a{2,1}", ""),
        ("*", ""),
        ("a", "z"),
        // Larger than a program may be.
        ("((((a{1000}){1000}){1000}){1000})", ""),
        ("(a{500}|b{500}){500}", ""),
    ] {
        for call in [
            format!("REGEX('aaa', '{pattern}', '{flags}')"),
            format!("REPLACE('aaa', '{pattern}', 'b', '{flags}')"),
        ] {
            assert_eq!(value(&database, &call), "-", "{call}");
        }
    }
    // What takes other engines exponential time.
    let text = "a".repeat(100_000);
    for pattern in [
        "(a*)*b",
        "(a+)+$b",
        "(a|a)*b",
        "(.*)(.*)(.*)(.*)(.*)b",
        "(a?){50}a{50}b",
    ] {
        let query = format!("SELECT (REGEX('{text}', '{pattern}') AS ?v) {{}}");
        assert_eq!(
            run(&database, &query).unwrap(),
            ["\"false\"^^<http://www.w3.org/2001/XMLSchema#boolean>"],
            "{pattern}"
        );
    }
}

#[test]
fn strings_that_grow_beyond_a_limit_are_errors() {
    let database = Database::memory(&config()).unwrap();
    // Doubled twenty-eight times: 256 MiB from 1 byte.
    let mut groups = "BIND('x' AS ?v0) ".to_owned();
    for step in 0..28 {
        groups += &format!("BIND(CONCAT(?v{step}, ?v{step}) AS ?v{}) ", step + 1);
    }
    match run(
        &database,
        &format!("SELECT (STRLEN(?v28) AS ?n) {{ {groups} }}"),
    ) {
        // An error of the expression: too long for a term.
        Ok(rows) => assert_eq!(rows, ["-"]),
        Err(error) => assert!(
            matches!(error.code(), Code::ResourceExhausted | Code::TermTooLarge),
            "{error:?}"
        ),
    }
    assert_usable(&database);
}
