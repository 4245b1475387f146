//! Constants, expressions, functions, aggregates.

use crate::text_queries::Texts;
use std::collections::BTreeSet;

#[test]
fn defect_03_count_of_all_and_group_concat_crash() {
    let texts = Texts::new(":a :p 1, 2 ; :n 'x' . :b :p 3 ; :n 'y', 'z' .");
    assert_eq!(texts.rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"), ["6"]);
    assert_eq!(texts.rows("SELECT (COUNT(*) AS ?n) { ?s :none ?o }"), ["0"]);
    assert_eq!(
        texts.rows("SELECT ?s (COUNT(*) AS ?n) { ?s :p ?o } GROUP BY ?s"),
        [":a 2", ":b 1"]
    );
    assert_eq!(
        texts.rows(
            "SELECT ?s (GROUP_CONCAT(?o) AS ?all) { { SELECT * { ?s :n ?o } ORDER BY ?o } } GROUP BY ?s"
        ),
        [":a \"x\"", ":b \"y z\""]
    );
    assert_eq!(
        texts.rows(
            "SELECT (GROUP_CONCAT(DISTINCT ?o; SEPARATOR='|') AS ?all) { VALUES ?o { 'u' 'v' 'u' } }"
        ),
        ["\"u|v\""]
    );
    assert_eq!(
        texts.rows("SELECT (GROUP_CONCAT(?o) AS ?all) { ?s :none ?o }"),
        ["\"\""]
    );
}

#[test]
fn defect_04_constants_with_a_language_tag_match_nothing() {
    let texts = Texts::new(":a :p 'chat'@en, 'chat'@fr, 'chat', 'colour'@en-GB .");
    assert!(texts.ask("ASK { :a :p 'chat'@fr }"));
    // The tag is the same in any case.
    assert!(texts.ask("ASK { :a :p 'chat'@FR }"));
    assert!(texts.ask("ASK { :a :p 'colour'@en-gb }"));
    assert!(!texts.ask("ASK { :a :p 'chat'@de }"));
    assert_eq!(
        texts.rows("SELECT ?o { :a :p ?o FILTER(?o = 'chat'@en) }"),
        ["\"chat\"@en"]
    );
    assert_eq!(
        texts.rows("SELECT ?o { :a :p ?o FILTER(LANGMATCHES(LANG(?o), 'EN')) }"),
        ["\"chat\"@en", "\"colour\"@en-gb"]
    );
    assert_eq!(
        texts.rows("SELECT ?o { VALUES ?o { 'chat'@en 'chat' } :a :p ?o }"),
        ["\"chat\"", "\"chat\"@en"]
    );
}

#[test]
fn defect_12_typed_literals_are_compared_as_text() {
    let texts = Texts::new("");
    for (expression, value) in [
        ("5 = 5.0", "true"),
        ("1.0 = 1.00", "true"),
        ("5 = 5e0", "true"),
        ("'05'^^xsd:integer = 5", "true"),
        ("5 != 5.0", "false"),
        ("5 IN (1, 5.0)", "true"),
        ("5 NOT IN (1, 5.0)", "false"),
        ("10 > 9", "true"),
        ("'10'^^xsd:int < '9'^^xsd:byte", "false"),
        // What cannot be compared is an error, not false.
        ("5 = 'five'^^:unknown", "-"),
        ("5 < 'a'", "-"),
        ("5 IN ('x'^^:unknown)", "-"),
        ("'a'^^:unknown = 'b'^^:unknown", "-"),
        ("'a'^^:unknown = 'a'^^:unknown", "true"),
        // Time zones.
        (
            "'2020-01-01T01:00:00+01:00'^^xsd:dateTime = '2020-01-01T00:00:00Z'^^xsd:dateTime",
            "true",
        ),
        (
            "'2020-01-01T00:30:00+01:00'^^xsd:dateTime < '2020-01-01T00:00:00Z'^^xsd:dateTime",
            "true",
        ),
        (
            "'2020-01-01T09:00:00Z'^^xsd:dateTime < '2020-01-01T10:00:00+05:00'^^xsd:dateTime",
            "false",
        ),
    ] {
        assert_eq!(texts.value(expression), value, "{expression}");
    }
    let texts = Texts::new(
        ":a :at '2020-01-01T00:30:00+01:00'^^xsd:dateTime . :b :at '2020-01-01T00:00:00Z'^^xsd:dateTime . \
         :c :at '2020-01-01T05:00:00+06:00'^^xsd:dateTime .",
    );
    assert_eq!(
        texts.sequence("SELECT ?s { ?s :at ?t } ORDER BY ?t"),
        [":c", ":a", ":b"]
    );
}

#[test]
fn defect_13_errors_are_not_a_third_truth_value() {
    let texts = Texts::new("");
    // 1/0 is an error for integers.
    for (expression, value) in [
        ("true || (1/0 = 1)", "true"),
        ("(1/0 = 1) || true", "true"),
        ("false || (1/0 = 1)", "-"),
        ("false && (1/0 = 1)", "false"),
        ("(1/0 = 1) && false", "false"),
        ("true && (1/0 = 1)", "-"),
        ("!(1/0 = 1)", "-"),
        // An error as the condition is an error, not the branch for false.
        ("IF(1/0 = 1, 'yes', 'no')", "-"),
        ("IF(true, 1, 1/0)", "1"),
        ("IF(false, 1/0, 2)", "2"),
        ("COALESCE(1/0, ?unbound, 3)", "3"),
        ("COALESCE(1/0)", "-"),
        ("BOUND(?unbound)", "false"),
    ] {
        assert_eq!(texts.value(expression), value, "{expression}");
    }
    let texts = Texts::new(":a :p 0 . :b :p 2 .");
    assert_eq!(
        texts.rows("SELECT ?s { ?s :p ?o FILTER(4 / ?o = 2 || ?o = 0) }"),
        [":a", ":b"]
    );
    assert_eq!(
        texts.rows("SELECT ?s { ?s :p ?o FILTER(!(4 / ?o = 3)) }"),
        [":b"]
    );
}

#[test]
fn defect_14_derived_integers_and_special_numbers_are_not_numeric_and_decimals_not_exact() {
    let texts = Texts::new("");
    for name in [
        "int",
        "long",
        "short",
        "byte",
        "nonNegativeInteger",
        "positiveInteger",
        "unsignedLong",
        "unsignedInt",
        "unsignedShort",
        "unsignedByte",
    ] {
        assert_eq!(texts.value(&format!("'7'^^xsd:{name} + 1")), "8", "{name}");
        assert_eq!(
            texts.value(&format!("isNumeric('7'^^xsd:{name})")),
            "true",
            "{name}"
        );
    }
    for (expression, value) in [
        ("'-7'^^xsd:negativeInteger + 1", "-6"),
        ("isNumeric('INF'^^xsd:double)", "true"),
        ("isNumeric('NaN'^^xsd:float)", "true"),
        ("'INF'^^xsd:double > 1e308", "true"),
        ("'NaN'^^xsd:double = 'NaN'^^xsd:double", "false"),
        ("0.1 + 0.2 = 0.3", "true"),
        ("0.1 + 0.2", "\"0.3\"^^xsd:decimal"),
        ("1 / 4", "\"0.25\"^^xsd:decimal"),
        // No exponent in a decimal, however small or large.
        ("0.000000001 * 0.001", "\"0.000000000001\"^^xsd:decimal"),
        (
            "1000000000.0 * 1000000000",
            "\"1000000000000000000\"^^xsd:decimal",
        ),
    ] {
        assert_eq!(texts.value(expression), value, "{expression}");
    }
}

#[test]
fn defect_15_functions_lose_parts_of_values_and_are_frozen_or_vary_where_they_must_not() {
    let texts = Texts::new(":a :p 1 . :b :p 2 . :c :p 3 .");
    for (expression, value) in [
        (
            "ENCODE_FOR_URI(\"a b/c?d&e=f#g:h@i!$'()*+,;[]\")",
            "\"a%20b%2Fc%3Fd%26e%3Df%23g%3Ah%40i%21%24%27%28%29%2A%2B%2C%3B%5B%5D\"",
        ),
        ("ENCODE_FOR_URI('\u{e9}-._~')", "\"%C3%A9-._~\""),
        (
            "TIMEZONE('2011-01-10T14:45:13.815-05:00'^^xsd:dateTime)",
            "\"-PT5H\"^^xsd:dayTimeDuration",
        ),
        (
            "TIMEZONE('2011-01-10T14:45:13Z'^^xsd:dateTime)",
            "\"PT0S\"^^xsd:dayTimeDuration",
        ),
        ("TIMEZONE('2011-01-10T14:45:13'^^xsd:dateTime)", "-"),
        (
            "TZ('2011-01-10T14:45:13.815-05:00'^^xsd:dateTime)",
            "\"-05:00\"",
        ),
        ("TZ('2011-01-10T14:45:13Z'^^xsd:dateTime)", "\"Z\""),
        ("TZ('2011-01-10T14:45:13'^^xsd:dateTime)", "\"\""),
        (
            "SECONDS('2011-01-10T14:45:13.815Z'^^xsd:dateTime)",
            "\"13.815\"^^xsd:decimal",
        ),
        ("YEAR('2011-01-10T14:45:13'^^xsd:dateTime)", "2011"),
        ("HOURS('2011-01-10T14:45:13'^^xsd:dateTime)", "14"),
    ] {
        assert_eq!(texts.value(expression), value, "{expression}");
    }
    let distinct = |query: &str| texts.rows(query).into_iter().collect::<BTreeSet<_>>().len();
    // One value for each row.
    assert_eq!(distinct("SELECT (RAND() AS ?x) { ?s :p ?o }"), 3);
    assert_eq!(distinct("SELECT (STRUUID() AS ?x) { ?s :p ?o }"), 3);
    assert_eq!(distinct("SELECT (BNODE() AS ?x) { ?s :p ?o }"), 3);
    // One for the query.
    assert_eq!(distinct("SELECT (NOW() AS ?x) { ?s :p ?o }"), 1);
    assert_eq!(
        texts.rows("SELECT ?s { ?s :p ?o BIND(NOW() AS ?x) FILTER(NOW() = ?x) }"),
        [":a", ":b", ":c"]
    );
    // BNODE of a string: one node within a row, another one in each row.
    assert_eq!(
        texts.rows("SELECT (BNODE('k') = BNODE('k') AS ?same) { ?s :p ?o }"),
        ["true"; 3]
    );
    assert_eq!(distinct("SELECT (BNODE('k') AS ?x) { ?s :p ?o }"), 3);
}

#[test]
fn defect_24_aggregates_ignore_distinct_and_errors_and_add_up_strings() {
    let texts = Texts::new(":a :p 1, 2 . :b :p 1 . :c :p 'x' . :d :q '5', '7' . :e :q 1.5, 2 .");
    // DISTINCT of whole solutions.
    assert_eq!(
        texts.rows("SELECT (COUNT(DISTINCT *) AS ?n) { { ?s :p ?o } UNION { ?s :p ?o } }"),
        ["4"]
    );
    assert_eq!(
        texts.rows("SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s :p ?o }"),
        ["3"]
    );
    assert_eq!(
        texts.rows("SELECT (SUM(DISTINCT ?o) AS ?n) { ?s :p ?o FILTER(isNumeric(?o)) }"),
        ["3"]
    );
    // An error in a group leaves its value unbound, and only its.
    assert_eq!(
        texts.rows("SELECT ?s (SUM(?o) AS ?n) { ?s :p ?o } GROUP BY ?s"),
        [":a 3", ":b 1", ":c -"]
    );
    assert_eq!(texts.rows("SELECT (SUM(?o) AS ?n) { ?s :p ?o }"), ["-"]);
    assert_eq!(texts.rows("SELECT (AVG(?o) AS ?n) { ?s :p ?o }"), ["-"]);
    // Strings are no numbers.
    assert_eq!(
        texts.rows("SELECT ?s (SUM(?o) AS ?n) (AVG(?o) AS ?m) { ?s :q ?o } GROUP BY ?s"),
        [":d - -", ":e \"3.5\"^^xsd:decimal \"1.75\"^^xsd:decimal"]
    );
    // COUNT of an expression counts the rows without an error.
    assert_eq!(
        texts.rows("SELECT (COUNT(?o + 1) AS ?n) { ?s :p ?o }"),
        ["3"]
    );
    assert_eq!(
        texts.rows("SELECT (SUM(?o) AS ?n) (AVG(?o) AS ?m) (MIN(?o) AS ?x) { ?s :none ?o }"),
        ["0 0 -"]
    );
}
