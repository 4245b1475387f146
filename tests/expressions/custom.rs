//! Functions that the host registers.

use super::{PROLOGUE, database, rows};
use spargebra::term::{Literal, Term};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use triplestore::control::Control;
use triplestore::database::{Calls, Database, FunctionOptions, UpdateOptions};
use triplestore::error::{Code, Error};

const DOUBLED: &str = "http://example.org/doubled";

fn options(arguments: usize, deterministic: bool) -> FunctionOptions {
    FunctionOptions {
        arguments: arguments..=arguments,
        deterministic,
    }
}

fn register_doubled(database: &Database, deterministic: bool) -> Arc<AtomicUsize> {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    database
        .register_function(DOUBLED, options(1, deterministic), move |arguments| {
            counted.fetch_add(1, Ordering::Relaxed);
            let [Term::Literal(literal)] = arguments else {
                return Ok(None);
            };
            let Ok(value) = literal.value().parse::<i64>() else {
                return Ok(None);
            };
            Ok(Some(Literal::from(value * 2).into()))
        })
        .unwrap();
    calls
}

fn texts(database: &Database, query: &str) -> Vec<String> {
    let rows = rows(database, query).unwrap();
    rows.iter()
        .map(|row| row[0].as_ref().map_or("error".into(), ToString::to_string))
        .collect()
}

#[test]
fn a_registered_function_answers_and_may_have_no_value() {
    let database = database();
    register_doubled(&database, true);
    let query = format!("SELECT (<{DOUBLED}>(?x) AS ?y) {{ VALUES ?x {{ 1 2 'x' UNDEF }} }}");
    let integer = "http://www.w3.org/2001/XMLSchema#integer";
    assert_eq!(
        texts(&database, &query),
        [
            format!("\"2\"^^<{integer}>"),
            format!("\"4\"^^<{integer}>"),
            "error".into(),
            "error".into()
        ]
    );
}

#[test]
fn a_deterministic_function_is_called_once_for_equal_arguments() {
    let database = database();
    let many = "VALUES ?x { 1 1 2 1 2 }";
    for (deterministic, expected) in [(true, 2), (false, 5)] {
        let calls = register_doubled(&database, deterministic);
        texts(
            &database,
            &format!("SELECT (<{DOUBLED}>(?x) AS ?y) {{ {many} }}"),
        );
        assert_eq!(calls.load(Ordering::Relaxed), expected);
        calls.store(0, Ordering::Relaxed);
        texts(
            &database,
            &format!("SELECT (<{DOUBLED}>(7) AS ?y) {{ {many} }}"),
        );
        assert_eq!(
            calls.load(Ordering::Relaxed),
            if deterministic { 1 } else { 5 }
        );
    }
}

#[test]
fn a_function_that_is_not_deterministic_is_called_for_each_equal_outer_row() {
    let database = database();
    let rows = "VALUES ?x { 1 1 1 }";
    for pattern in [
        format!("LATERAL {{ BIND(<{DOUBLED}>(?x) AS ?y) }}"),
        format!("FILTER EXISTS {{ BIND(<{DOUBLED}>(?x) AS ?y) }}"),
        format!("FILTER EXISTS {{ FILTER(<{DOUBLED}>(2) = 4) }}"),
    ] {
        for (deterministic, expected) in [(true, 1), (false, 3)] {
            let calls = register_doubled(&database, deterministic);
            let answers = texts(&database, &format!("SELECT ?x {{ {rows} {pattern} }}"));
            assert_eq!(answers.len(), 3, "{pattern}");
            assert_eq!(calls.load(Ordering::Relaxed), expected, "{pattern}");
        }
    }
}

#[test]
fn a_condition_that_is_not_deterministic_is_asked_once_for_each_solution_of_its_group() {
    let database = database();
    let data = "INSERT DATA { :a :x 1 ; :y 1, 2, 3 . :b :x 2 ; :y 4 . :c :x 3 }";
    database
        .update(
            &format!("{PROLOGUE} {data}"),
            &UpdateOptions::default(),
            &Control::new(),
        )
        .unwrap();
    let condition = format!("FILTER(<{DOUBLED}>(?x) > 0)");
    for (group, solutions, calls_expected) in [
        // Not below a join, which repeats or drops the solutions of a side.
        (format!("?s :x ?x . ?s :y ?y {condition}"), 4, 4),
        (format!("{condition} ?s :y ?y . ?s :x ?x"), 4, 4),
        (format!("?s :x ?x . ?t :y ?y {condition}"), 12, 12),
        (format!("{{ ?s :x ?x }} {{ ?s :y ?y }} {condition}"), 4, 4),
        (
            format!("?s :x ?x OPTIONAL {{ ?s :y ?y }} {condition}"),
            5,
            5,
        ),
        (
            format!("?s :x ?x LATERAL {{ ?s :y ?y FILTER(?y > ?x) }} {condition}"),
            3,
            3,
        ),
        // Not below what drops solutions.
        (format!("?s :x ?x MINUS {{ ?s :y 1 }} {condition}"), 2, 2),
        (
            format!("?s :x ?x FILTER EXISTS {{ ?s :y ?y }} {condition}"),
            2,
            2,
        ),
        (
            format!("{{ SELECT DISTINCT ?x {{ ?s :x ?x ; :y ?y }} }} {condition}"),
            2,
            2,
        ),
        // Not in each branch as well as outside.
        (
            format!("{{ ?s :x ?x }} UNION {{ ?s :y ?x }} {condition}"),
            7,
            7,
        ),
        // Not out of its own group.
        (format!("{{ ?s :x ?x {condition} }} ?s :y ?y"), 4, 3),
        (format!("{{ ?s :x ?x {condition} }} ?t :y ?y"), 12, 3),
        (
            format!("{{ {{ ?s :x ?x {condition} }} ?s :y ?y }} ?t :y ?z"),
            16,
            3,
        ),
        (
            format!("?s :x ?x OPTIONAL {{ ?s :y ?y {condition} }} ?t :y ?z"),
            20,
            4,
        ),
        // A condition of two parts is two.
        (
            format!("?s :x ?x . ?s :y ?y FILTER(<{DOUBLED}>(?x) > 0 && ?x = 1)"),
            3,
            3,
        ),
        // BIND is not asked again where its variable is read.
        (
            format!("?s :x ?x BIND(<{DOUBLED}>(?x) AS ?d) ?s :y ?y FILTER(?d > 0)"),
            4,
            3,
        ),
    ] {
        let calls = register_doubled(&database, false);
        let query = format!("{PROLOGUE} SELECT ?s {{ {group} }}");
        assert_eq!(rows(&database, &query).unwrap().len(), solutions, "{group}");
        assert_eq!(calls.load(Ordering::Relaxed), calls_expected, "{group}");
        // What is promised to be the same each time may be asked anywhere, and has the same answer.
        register_doubled(&database, true);
        assert_eq!(rows(&database, &query).unwrap().len(), solutions, "{group}");
    }
}

#[test]
fn a_function_that_works_batches_sees_all_calls_at_once() {
    let database = database();
    let batches = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&batches);
    let iri = "http://example.org/about";
    database
        .register_batch_function(iri, options(2, true), move |calls: Calls<'_>| {
            counted.fetch_add(1, Ordering::Relaxed);
            for row in 0..calls.arguments.rows() {
                assert!(calls.arguments.term(row, 0).is_some());
                if row & 1 == 0 {
                    let subject = calls.terms.iri("http://example.org/s")?;
                    let object = calls.terms.literal("a", None, Some("EN"), None)?;
                    calls.answers[row] = calls.terms.triple(subject, subject, object)?;
                }
            }
            Ok(())
        })
        .unwrap();
    let values: String = (0..1000)
        .map(|number| format!("({number} {number}) "))
        .collect();
    let query =
        format!("SELECT (OBJECT(<{iri}>(?x, ?y)) AS ?z) {{ VALUES (?x ?y) {{ {values} }} }}");
    let answers = texts(&database, &query);
    assert_eq!(batches.load(Ordering::Relaxed), 1);
    let expected = |row: usize| if row & 1 == 0 { "\"a\"@en" } else { "error" };
    assert_eq!(answers.len(), 1000);
    assert!(
        answers
            .iter()
            .enumerate()
            .all(|(row, answer)| answer == expected(row))
    );
}

#[test]
fn an_unknown_function_is_refused_with_its_place_until_it_is_registered() {
    let database = database();
    let query = format!("SELECT (<{DOUBLED}>(1) AS ?y) {{}}");
    let error = rows(&database, &query).unwrap_err();
    assert_eq!(error.code(), Code::QueryUnsupported);
    assert_eq!(error.position().unwrap().column, 9);
    register_doubled(&database, true);
    assert_eq!(rows(&database, &query).unwrap().len(), 1);
    let wrong = format!("SELECT (<{DOUBLED}>(1, 2) AS ?y) {{}}");
    let error = rows(&database, &wrong).unwrap_err();
    assert_eq!(error.code(), Code::QueryParse);
    assert!(error.detail().contains("takes 1 arguments"), "{error}");
    database.unregister_function(DOUBLED).unwrap();
    assert_eq!(
        rows(&database, &query).unwrap_err().code(),
        Code::QueryUnsupported
    );
}

#[test]
fn an_error_of_a_function_ends_the_query() {
    let database = database();
    database
        .register_function(DOUBLED, options(1, true), |_| {
            Err(Error::new(Code::Callback, "no more"))
        })
        .unwrap();
    let error = rows(&database, &format!("SELECT (<{DOUBLED}>(1) AS ?y) {{}}")).unwrap_err();
    assert_eq!(error.code(), Code::Callback);
}

#[test]
fn a_constructor_cannot_be_replaced_and_an_iri_has_to_be_valid() {
    let database = database();
    let register = |iri: &str| {
        database
            .register_function(iri, options(1, true), |arguments| {
                Ok(Some(arguments[0].clone()))
            })
            .map_err(|error| error.code())
    };
    assert_eq!(
        register("http://www.w3.org/2001/XMLSchema#integer"),
        Err(Code::InvalidArgument)
    );
    assert_eq!(register("not an iri"), Err(Code::InvalidIri));
    assert_eq!(register("urn:f"), Ok(()));
}

#[test]
fn a_blank_node_that_the_host_made_up_is_refused() {
    let database = database();
    database
        .register_function(DOUBLED, options(0, true), |_| {
            Ok(Some(
                spargebra::term::BlankNode::new_unchecked("mine").into(),
            ))
        })
        .unwrap();
    let error = rows(&database, &format!("SELECT (<{DOUBLED}>() AS ?y) {{}}")).unwrap_err();
    assert_eq!(error.code(), Code::InvalidInput);
    let echo = |arguments: &[Term]| Ok(arguments.first().cloned());
    database
        .register_function(DOUBLED, options(1, true), echo)
        .unwrap();
    let query = format!(
        "SELECT (isBLANK(?x) && sameTerm(?x, <{DOUBLED}>(?x)) AS ?y) {{ BIND(BNODE() AS ?x) }}"
    );
    assert!(texts(&database, &query)[0].starts_with("\"true\""));
}

#[test]
fn a_running_query_keeps_the_functions_it_began_with() {
    let database = database();
    register_doubled(&database, false);
    let prepared = triplestore::query::Prepared::new(
        &format!("SELECT (<{DOUBLED}>(1) AS ?y) {{}}"),
        &database.parse_options(),
    )
    .unwrap();
    let source = database.snapshot().unwrap().source();
    database.unregister_function(DOUBLED).unwrap();
    let control = database.query_control();
    assert!(prepared.run(&source, &Default::default(), &control).is_ok());
    let later = database.snapshot().unwrap().source();
    let error = match prepared.run(&later, &Default::default(), &control) {
        Err(error) => error,
        Ok(_) => panic!("the function is gone"),
    };
    assert_eq!(error.code(), Code::QueryUnsupported);
}
