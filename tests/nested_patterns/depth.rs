//! How deep patterns may nest, and how long lists of their parts may be.

use super::{answer, people, run};
use triplestore::error::Code;

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
