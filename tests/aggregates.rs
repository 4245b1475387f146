//! Aggregates (SPARQL 1.1 section 11 and 18.5.1): their results, types, errors and empty groups.

mod document;

use document::load;
use oxrdf::{Literal, Term};
use triplestore::config::Config;
use triplestore::database::{Accumulator, Database};
use triplestore::error::{Code, Error, Result};
use triplestore::load::Format;
use triplestore::query::{ParseOptions, Prepared, QueryOptions, ResultBatch};

const DATA: &str = r#"
@prefix : <http://x/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:a :int 1 , 2 , 3 ; :same 5 ; :text "a" , "b"@en , "c" .
:b :int 4 ; :same 5 , "5"^^xsd:decimal ; :mixed 1 , 2.5 , "x" , <http://x/i> .
:c :decimal 1.1 , 2.2 , 3.3 ; :double 1e0 , 2.5e0 ; :float "1.5"^^xsd:float ; :derived "7"^^xsd:byte .
:d :large 9223372036854775807 , 9223372036854775806 , "-3"^^xsd:integer .
:e :date "2020-01-01"^^xsd:date , "2021-01-01"^^xsd:date .
"#;

fn database() -> Database {
    let database = Database::memory(&Config::default()).unwrap();
    load(&database, DATA, Format::Turtle);
    database
}

/// Rows as text, sorted: terms in N-Triples with XSD datatypes shortened, `-` where there is none.
fn rows(database: &Database, query: &str) -> Vec<String> {
    let options = ParseOptions {
        prefixes: vec![
            (String::new(), "http://x/".to_owned()),
            (
                "xsd".to_owned(),
                "http://www.w3.org/2001/XMLSchema#".to_owned(),
            ),
        ],
        ..database.parse_options()
    };
    let snapshot = database.snapshot().unwrap().source();
    let mut rows = Prepared::new(query, &options)
        .unwrap_or_else(|error| panic!("{query}: {error}"))
        .rows(
            &snapshot,
            &QueryOptions::default(),
            &database.query_control(),
        )
        .unwrap_or_else(|error| panic!("{query}: {error}"));
    let mut batch = ResultBatch::new();
    let mut lines = Vec::new();
    while rows.next(100, &mut batch).unwrap() {
        for row in 0..batch.rows() {
            let values: Vec<String> = (0..batch.columns().len())
                .map(|column| match batch.term(row, column) {
                    None => "-".to_owned(),
                    Some(term) => {
                        let mut text = Vec::new();
                        term.write_ntriples(&mut text, &mut |_, _| Ok(())).unwrap();
                        String::from_utf8(text)
                            .unwrap()
                            .replace("<http://www.w3.org/2001/XMLSchema#", "")
                            .replace("\"^^", " ")
                            .replace(['"', '>'], "")
                            .replace("<http://x/", ":")
                    }
                })
                .collect();
            lines.push(values.join(", "));
        }
    }
    lines.sort();
    lines
}

fn one(database: &Database, query: &str) -> String {
    let rows = rows(database, query);
    assert_eq!(rows.len(), 1, "{query}: {rows:?}");
    rows[0].clone()
}

#[test]
fn a_group_of_nothing_gives_what_the_definitions_say() {
    let database = database();
    for (aggregate, expected) in [
        ("COUNT(*)", "0 integer"),
        ("COUNT(DISTINCT *)", "0 integer"),
        ("COUNT(?o)", "0 integer"),
        ("SUM(?o)", "0 integer"),
        ("AVG(?o)", "0 integer"),
        ("MIN(?o)", "-"),
        ("MAX(?o)", "-"),
        ("SAMPLE(?o)", "-"),
        ("GROUP_CONCAT(?o)", ""),
    ] {
        let query = format!("SELECT ({aggregate} AS ?r) {{ ?s :nothing ?o }}");
        assert_eq!(one(&database, &query), expected, "{aggregate}");
        let grouped = format!("SELECT ({aggregate} AS ?r) {{ ?s :nothing ?o }} GROUP BY ?s");
        assert!(rows(&database, &grouped).is_empty(), "{aggregate}");
    }
}

#[test]
fn numbers_keep_the_type_that_promotion_gives_them() {
    let database = database();
    for (property, sum, avg) in [
        ("int", "10 integer", "2.5 decimal"),
        ("decimal", "6.6 decimal", "2.2 decimal"),
        ("double", "3.5E0 double", "1.75E0 double"),
        ("float", "1.5E0 float", "1.5E0 float"),
        ("derived", "7 integer", "7 decimal"),
        (
            "large",
            "18446744073709551610 integer",
            "6148914691236517203.333333333333333333 decimal",
        ),
    ] {
        let query = format!("SELECT (SUM(?o) AS ?s) (AVG(?o) AS ?a) {{ ?x :{property} ?o }}");
        let found = one(&database, &query);
        assert_eq!(found, format!("{sum}, {avg}"), "{property}");
    }
    let mixed = "SELECT (SUM(?o) AS ?s) { ?x :int|:decimal ?o }";
    assert_eq!(one(&database, mixed), "16.6 decimal");
    // A float makes a sum of decimals a float, a double makes it a double.
    let float =
        "SELECT (SUM(?o) AS ?s) { VALUES ?o { 1 2.5 'x'^^xsd:string } FILTER(isNumeric(?o)) }";
    assert_eq!(one(&database, float), "3.5 decimal");
    let float = "SELECT (SUM(?o) AS ?s) { VALUES ?o { 1 '2.5'^^xsd:float } }";
    assert_eq!(one(&database, float), "3.5E0 float");
}

/// Defect 24 of the system this one replaces.
#[test]
fn an_error_makes_an_aggregate_of_its_group_unbound_but_count_and_sample_pass_over_it() {
    let database = database();
    let query = "SELECT ?x (SUM(?o) AS ?s) (AVG(?o) AS ?a) (COUNT(?o) AS ?c) { ?x :int|:mixed ?o } GROUP BY ?x";
    assert_eq!(
        rows(&database, query),
        [":a, 6 integer, 2 decimal, 3 integer", ":b, -, -, 5 integer"]
    );
    let query = "SELECT (COUNT(?u) AS ?c) (COUNT(*) AS ?n) (SAMPLE(?u) AS ?v) (MIN(?u) AS ?m) (MAX(?u) AS ?x) (GROUP_CONCAT(?u) AS ?g) (SUM(?u) AS ?s) \
                 { VALUES (?u ?w) { (UNDEF 1) (2 2) (UNDEF 3) } }";
    assert_eq!(
        one(&database, query),
        "1 integer, 3 integer, 2 integer, -, -, -, -"
    );
    let strings = "SELECT (SUM(?o) AS ?s) (AVG(?o) AS ?a) { VALUES ?o { '1' '2' } }";
    assert_eq!(one(&database, strings), "-, -");
}

#[test]
fn a_distinct_count_of_rows_has_rows_in_which_the_only_variable_is_unbound() {
    for (pattern, answer) in [
        ("{}", "1"),
        ("{ VALUES ?x { UNDEF UNDEF } }", "1"),
        ("{ VALUES ?x { 1 UNDEF 1 } }", "2"),
    ] {
        let query = format!("SELECT (COUNT(DISTINCT *) AS ?d) {pattern}");
        assert_eq!(
            rows(&database(), &query),
            [format!("{answer} integer")],
            "{query}"
        );
    }
    let query = "SELECT ?x (COUNT(DISTINCT *) AS ?d) {} GROUP BY ?x";
    assert_eq!(rows(&database(), query), ["-, 1 integer"]);
}

#[test]
fn distinct_tells_terms_apart_not_values() {
    let database = database();
    let query = "SELECT (COUNT(?o) AS ?c) (COUNT(DISTINCT ?o) AS ?d) (SUM(?o) AS ?s) (SUM(DISTINCT ?o) AS ?t) (AVG(DISTINCT ?o) AS ?a) { ?x :same ?o }";
    assert_eq!(
        one(&database, query),
        "3 integer, 2 integer, 15 decimal, 10 decimal, 5 decimal"
    );
    let query = "SELECT (COUNT(*) AS ?c) (COUNT(DISTINCT *) AS ?d) { VALUES (?x ?y) { (1 2) (1 2) (1 UNDEF) (UNDEF 2) } }";
    assert_eq!(one(&database, query), "4 integer, 3 integer");
    let query = "SELECT (GROUP_CONCAT(DISTINCT ?x ; SEPARATOR='+') AS ?g) (SAMPLE(DISTINCT ?x) AS ?s) { VALUES ?x { 'a' 'b' 'a' } }";
    assert_eq!(one(&database, query), "a+b, a");
}

#[test]
fn min_and_max_follow_the_order_of_order_by_over_terms_of_all_kinds() {
    let database = database();
    let query = "SELECT (MIN(?o) AS ?a) (MAX(?o) AS ?b) { ?x :mixed ?o }";
    assert_eq!(one(&database, query), ":i, x");
    let query = "SELECT ?p (MIN(?o) AS ?a) (MAX(?o) AS ?b) { ?x ?p ?o FILTER(?p IN (:int, :decimal, :date, :text)) } GROUP BY ?p";
    assert_eq!(
        rows(&database, query),
        [
            ":date, 2020-01-01 date, 2021-01-01 date",
            ":decimal, 1.1 decimal, 3.3 decimal",
            ":int, 1 integer, 4 integer",
            ":text, a, b@en",
        ]
    );
    // By value, not by text.
    let query =
        "SELECT (MIN(?o) AS ?a) (MAX(?o) AS ?b) { VALUES ?o { 10 9 '1e1'^^xsd:double 9.5 } }";
    let found = one(&database, query);
    assert!(found.starts_with("9 integer, 1"), "{found}");
}

#[test]
fn group_concat_joins_strings_in_order_into_a_plain_string() {
    let database = database();
    for (query, expected) in [
        ("VALUES ?x { 'a' 'b'@en 'c' }", "a b c"),
        ("VALUES ?x { 'a'@en 'b'@en }", "a b"),
        ("VALUES ?x { 'a' 1 }", "-"),
        ("VALUES ?x { 'a' :i }", "-"),
        ("VALUES ?x { '' '' }", " "),
    ] {
        let query = format!("SELECT (GROUP_CONCAT(?x) AS ?g) {{ {query} }}");
        assert_eq!(one(&database, &query), expected, "{query}");
    }
    let query = "SELECT (GROUP_CONCAT(?x ; SEPARATOR='') AS ?g) { SELECT ?x { VALUES ?x { 'c' 'a' 'b' } } ORDER BY ?x }";
    assert_eq!(one(&database, query), "abc");
}

#[test]
fn expressions_over_aggregates_and_having_are_worked_after_grouping() {
    let database = database();
    let query = "SELECT ?x (COUNT(?o) AS ?c) { ?x :int ?o } GROUP BY ?x HAVING (COUNT(?o) > 1 && MAX(?o) < 4)";
    assert_eq!(rows(&database, query), [":a, 3 integer"]);
    let query = "SELECT ?k (COUNT(*) AS ?c) { ?x :int ?o } GROUP BY (?o > 2 AS ?k)";
    assert_eq!(
        rows(&database, query),
        ["false boolean, 2 integer", "true boolean, 2 integer"]
    );
}

#[test]
fn many_groups_have_the_results_of_each_worked_alone() {
    let database = Database::memory(&Config::default()).unwrap();
    let mut document = String::from("@prefix : <http://x/> .\n");
    for number in 0..20_000_u64 {
        let group = number * 7919 % 3000;
        document.push_str(&format!(":s{number} :g {group} ; :v {} .\n", number % 97));
    }
    load(&database, &document, Format::Turtle);
    let query = "SELECT ?g (COUNT(*) AS ?c) (SUM(?v) AS ?s) (MIN(?v) AS ?a) (MAX(?v) AS ?b) (COUNT(DISTINCT ?v) AS ?d) \
                 { ?x :g ?g ; :v ?v } GROUP BY ?g";
    let mut expected = Vec::new();
    for group in 0..3000_u64 {
        let values: Vec<u64> = (0..20_000)
            .filter(|number| number * 7919 % 3000 == group)
            .map(|number| number % 97)
            .collect();
        let distinct: std::collections::BTreeSet<_> = values.iter().collect();
        if let (Some(min), Some(max)) = (values.iter().min(), values.iter().max()) {
            let (count, sum) = (values.len(), values.iter().sum::<u64>());
            expected.push(format!(
                "{group} integer, {count} integer, {sum} integer, {min} integer, {max} integer, {} integer",
                distinct.len()
            ));
        }
    }
    expected.sort();
    assert!(expected.len() > 2000);
    assert_eq!(rows(&database, query), expected);
}

/// The product of integers; no value for what is none.
struct Product(Option<i64>);

impl Accumulator for Product {
    fn step(&mut self, value: &Term) -> Result<()> {
        let factor = match value {
            Term::Literal(literal) => literal.value().parse::<i64>().ok(),
            _ => return Err(Error::new(Code::InvalidInput, "a factor is a literal")),
        };
        self.0 = self
            .0
            .zip(factor)
            .and_then(|(product, factor)| product.checked_mul(factor));
        Ok(())
    }

    fn finish(&mut self) -> Result<Option<Term>> {
        Ok(self.0.map(|product| Literal::from(product).into()))
    }
}

#[test]
fn a_registered_aggregate_works_like_those_of_sparql() {
    let database = database();
    let product =
        "SELECT ?x (:product(?o) AS ?p) { ?x :int|:mixed ?o FILTER(isLiteral(?o)) } GROUP BY ?x";
    database
        .register_aggregate("http://x/product", || Box::new(Product(Some(1))))
        .unwrap();
    assert_eq!(rows(&database, product), [":a, 6 integer", ":b, -"]);
    for (values, expected) in [
        ("?x) AS ?p) { VALUES ?x { 2 3 2 } }", "12 integer"),
        ("DISTINCT ?x) AS ?p) { VALUES ?x { 2 3 2 } }", "6 integer"),
        ("?x) AS ?p) { ?x :nothing ?y }", "1 integer"),
        ("?x) AS ?p) { VALUES ?x { 2 UNDEF } }", "-"),
        ("?x) + 1 AS ?p) { VALUES ?x { 2 3 } }", "7 integer"),
    ] {
        let query = format!("SELECT (:product({values}");
        assert_eq!(one(&database, &query), expected, "{query}");
    }
    // An error of the host ends the query.
    let query = "SELECT (<http://x/product>(?x) AS ?p) { VALUES ?x { <http://x/i> } }";
    let options = QueryOptions::default();
    let run = || -> Result<bool> {
        let control = database.query_control();
        let results = database.snapshot()?.query(query, &options, &control)?;
        let mut rows = results.rows().unwrap();
        rows.next(1, &mut ResultBatch::new())
    };
    assert_eq!(run().unwrap_err().code(), Code::InvalidInput);
    database.unregister_aggregate("http://x/product").unwrap();
    assert_eq!(run().unwrap_err().code(), Code::QueryUnsupported);
    let started = database.register_aggregate("no iri", || Box::new(Product(None)));
    assert_eq!(started.unwrap_err().code(), Code::InvalidIri);
}
