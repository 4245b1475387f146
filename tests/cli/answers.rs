//! What the tool answers: rows, graphs, dumps, reports.

use crate::environment::{root, test_data};
use crate::place::{AREAS, Place, ROOMS, ROOMS_QUADS, field};
use sparesults::{
    QueryResultsFormat, QueryResultsParser, ReaderQueryResultsParserOutput as Parsed,
};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn a_store_is_loaded_queried_counted_checked_and_compacted() {
    let place = Place::new("tour");
    place.write("rooms.ttl", ROOMS);
    place.write("more.nt", "<http://e/a> <http://e/b> <http://e/c> .\n");
    let loaded = place.run(&["load", "rooms.ttl", "more.nt"]).ok();
    assert!(loaded.starts_with("loaded 12 statements in "), "{loaded}");
    assert!(loaded.ends_with(": 12 quads new\n"), "{loaded}");
    assert_eq!(place.quads().len(), ROOMS_QUADS + 1);
    let stats = place.run(&["stats"]).ok();
    assert!(stats.contains("quads                12\n"), "{stats}");
    let stats = place.run(&["stats", "--format", "json"]).ok();
    assert_eq!(field(&stats, "quads"), "12");
    assert_eq!(field(&stats, "last_commit"), "1");
    let again = place
        .run(&["load", "--report", "json", "--trusted", "more.nt"])
        .ok();
    assert_eq!(
        (field(&again, "statements"), field(&again, "inserted")),
        ("1".into(), "0".into())
    );
    assert!(
        place
            .run(&["check"])
            .ok()
            .starts_with("sound           yes\n")
    );
    let compacted = place.run(&["compact", "--format", "json"]).ok();
    assert_eq!(field(&compacted, "runs_after"), "1");
    assert!(place.run(&["recover"]).ok().contains("quads        12\n"));
    assert_eq!(
        field(&place.run(&["check", "--format", "json"]).ok(), "sound"),
        "true"
    );
    assert_eq!(place.quads().len(), ROOMS_QUADS + 1);
}

#[test]
fn the_table_is_readable_and_exact() {
    let place = Place::with_rooms("table");
    assert_eq!(
        place.run(&["query", AREAS]).ok(),
        " room | area\n------+------\n :r1  | 12.5\n :r2  | 30\n(2 rows)\n"
    );
    let labels = "SELECT ?s ?label WHERE { ?s <http://example.org/label> ?label } ORDER BY ?label";
    let table = place
        .run(&["query", labels, "--prefix", "ex=http://example.org/"])
        .ok();
    for cell in [
        "ex:r1",
        "\"Küche\"@de",
        "\"kitchen, \\\"small\\\"\"",
        "\"stairs\"",
    ] {
        assert!(table.contains(cell), "{table}");
    }
    assert_eq!(place.run(&["query", "ASK { ?s ?p 30 }"]).ok(), "true\n");
    assert_eq!(place.run(&["query", "ASK { ?s ?p 31 }"]).ok(), "false\n");
}

#[test]
fn each_format_for_rows_parses_back_to_the_same_rows() {
    let place = Place::with_rooms("rows");
    let query = "PREFIX : <http://example.org/> SELECT ?s ?o { ?s :label ?o }";
    let expected = BTreeSet::from([
        "s=<http://example.org/r1> o=\"Küche\"@de".to_owned(),
        "s=<http://example.org/r1> o=\"kitchen, \\\"small\\\"\"".to_owned(),
        "s=blank o=\"stairs\"".to_owned(),
    ]);
    for (name, format) in [
        ("json", QueryResultsFormat::Json),
        ("xml", QueryResultsFormat::Xml),
        ("tsv", QueryResultsFormat::Tsv),
    ] {
        let text = place.run(&["query", "--format", name, query]).ok();
        let parsed = QueryResultsParser::from_format(format)
            .for_reader(text.as_bytes())
            .unwrap();
        let Parsed::Solutions(solutions) = parsed else {
            panic!("{name} has no rows: {text}");
        };
        let rows: BTreeSet<String> = solutions
            .map(|row| {
                let row = row.unwrap();
                let cell = |name: &str| match row.get(name).unwrap() {
                    oxrdf::Term::BlankNode(_) => format!("{name}=blank"),
                    term => format!("{name}={term}"),
                };
                format!("{} {}", cell("s"), cell("o"))
            })
            .collect();
        assert_eq!(rows, expected, "{name}");
        for (query, answer) in [("ASK { ?s ?p 30 }", true), ("ASK { ?s ?p 31 }", false)] {
            let text = place.run(&["query", "--format", name, query]).ok();
            let parsed = QueryResultsParser::from_format(format)
                .for_reader(text.as_bytes())
                .unwrap();
            assert!(
                matches!(parsed, Parsed::Boolean(found) if found == answer),
                "{text}"
            );
        }
    }
    let csv = place.run(&["query", "--format", "csv", AREAS]).ok();
    assert_eq!(
        csv.replace("\r\n", "\n"),
        "room,area\nhttp://example.org/r1,12.5\nhttp://example.org/r2,30\n"
    );
}

#[test]
fn each_format_for_graphs_loads_back_to_the_same_triples() {
    let place = Place::with_rooms("graphs");
    let query = "PREFIX : <http://example.org/>
        CONSTRUCT { ?s :size ?a ; :type ?c } WHERE { ?s :area ?a ; a ?c }";
    let mut answers = BTreeSet::new();
    for format in ["nt", "nq", "ttl", "trig", "rdf", "jsonld"] {
        for (made, arguments) in [
            ("constructed", vec!["query", query, "--format", format]),
            (
                "dumped",
                vec![
                    "dump",
                    "--format",
                    format,
                    "--predicate",
                    "http://example.org/area",
                ],
            ),
        ] {
            let text = place.run(&arguments).ok();
            let back = Place::new(&format!("graphs-{made}-{format}"));
            back.run_with(&["load", "--format", format, "-"], text).ok();
            answers.insert((made, back.quads()));
        }
    }
    assert_eq!(answers.len(), 2, "{answers:?}");
    let sizes: Vec<usize> = answers.iter().map(|(_, quads)| quads.len()).collect();
    assert_eq!(sizes, [4, 2]);
    let turtle = place.run(&["query", query]).ok();
    assert!(
        turtle.starts_with("@prefix : <http://example.org/> ."),
        "{turtle}"
    );
}

#[test]
fn a_query_comes_from_the_argument_a_file_or_standard_input() {
    let place = Place::with_rooms("sources");
    let expected = place.run(&["query", AREAS]).ok();
    place.write("areas.rq", AREAS);
    assert_eq!(place.run(&["query", "--file", "areas.rq"]).ok(), expected);
    assert_eq!(place.run_with(&["query", "-"], AREAS).ok(), expected);
    let marked = format!("\u{FEFF}{AREAS}");
    assert_eq!(place.run_with(&["query", "-"], marked).ok(), expected);
    assert_eq!(
        place.run_with(&["query", "--file", "-"], AREAS).ok(),
        expected
    );
    place.run(&["query", AREAS, "--file", "areas.rq"]).failed(2);
    let error = place.run(&["query", "--file", "none.rq"]).failed(3);
    assert!(
        error.starts_with("error[4004 validation_file_not_found]"),
        "{error}"
    );
    let error = place.run_with(&["query", "-"], b"ASK {\xff}").failed(3);
    assert!(error.starts_with("error[4009 invalid_utf8]"), "{error}");
}

#[test]
fn a_plan_is_explained_with_or_without_a_run_as_text_and_as_json() {
    let place = Place::with_rooms("explained");
    let plan = place.run(&["explain", AREAS]).ok();
    assert!(
        plan.starts_with("Data set: default graph of the store; named graphs all; view both\n"),
        "{plan}"
    );
    assert!(plan.contains("Scan PSOG"), "{plan}");
    assert!(!plan.contains("actual"), "{plan}");
    let run = place
        .run(&["explain", AREAS, "--analyze", "--default-graph", "union"])
        .ok();
    assert!(run.contains("union of all graphs"), "{run}");
    assert!(run.contains("actual 2, time "), "{run}");
    assert!(run.contains("Result: 2 rows in "), "{run}");
    let from = "SELECT * FROM <http://e/g> FROM NAMED <http://e/h> { ?s ?p ?o }";
    let json = place
        .run(&["explain", from, "--analyze", "--format", "json"])
        .ok();
    for part in [
        "{\"version\":1,\"kind\":\"select\",\"columns\":[\"s\",\"p\",\"o\"]",
        "\"default_graph\":[\"http://e/g\"]",
        "\"named_graphs\":[\"http://e/h\"]",
        "\"actual_rows\":0",
        "\"time_ns\":",
        "\"memory_peak_bytes\":",
    ] {
        assert!(json.contains(part), "{part} is not in {json}");
    }
}

#[test]
fn a_plan_looks_the_same_each_time() {
    let place = Place::with_rooms("explained-again");
    for query in [
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY (STR(?s)) HAVING (COUNT(*) > 1) ORDER BY MAX(?o)",
        "DESCRIBE <http://e/kitchen> ?s { ?s ?p ?o }",
    ] {
        let plan = place.run(&["explain", query]).ok();
        assert!(plan.contains("?_"), "{plan}");
        assert_eq!(place.run(&["explain", query]).ok(), plan);
    }
}

#[test]
fn a_text_is_checked_without_a_store() {
    let place = Place::new("checked");
    let query = place
        .run(&["query", "--check", "SELECT * { ?b ?a 1 }"])
        .ok();
    assert_eq!(query, "select ?b ?a\n");
    let json = place
        .run(&[
            "query",
            "--check",
            "--format",
            "json",
            "DELETE WHERE { GRAPH ?g { ?s ?p ?o } }",
        ])
        .ok();
    assert!(
        json.starts_with("{\"version\":1,\"kind\":\"update\","),
        "{json}"
    );
    let told = place
        .run(&["query", "--check", "CLEAR ALL; LOAD <x:d> INTO GRAPH <x:g>"])
        .ok();
    assert_eq!(
        told,
        "update of 2 operations\nCLEAR in the default graph, any named graph\n\
         LOAD <x:d> in <x:g>\nreads documents (LOAD)\n"
    );
    let error = place
        .run(&["query", "--check", "INSERT DATA { <x:s> }"])
        .failed(3);
    assert!(error.contains("--> query:1:21"), "{error}");
    place
        .run(&["query", "--check", "--format", "csv", "ASK {}"])
        .failed(2);
}

#[test]
fn graphs_are_loaded_into_dumped_and_queried_apart_or_together() {
    let place = Place::with_rooms("named");
    let graph = ["--graph", "http://example.org/g"];
    place.write("g.nt", "<http://e/s> <http://e/p> <http://e/o> .\n");
    place.run(&["load", "g.nt", graph[0], graph[1]]).ok();
    let triple = "<http://e/s> <http://e/p> <http://e/o>";
    assert_eq!(
        place.run(&["dump", graph[0], graph[1]]).ok(),
        format!("{triple} <http://example.org/g> .\n")
    );
    assert_eq!(
        place
            .run(&["dump", "--format", "nt", graph[0], graph[1]])
            .ok(),
        format!("{triple} .\n")
    );
    let turtle = place
        .run(&[
            "dump",
            "--format",
            "ttl",
            graph[0],
            graph[1],
            "--base",
            "http://e/",
            "--prefix",
            "e=http://e/",
        ])
        .ok();
    assert!(turtle.contains("@prefix e: <"), "{turtle}");
    assert!(turtle.contains("@base <http://e/>"), "{turtle}");
    let default = place
        .run(&["dump", "--default-graph", "--format", "nt"])
        .ok();
    assert_eq!(default.lines().count(), ROOMS_QUADS);
    let whole = place.run(&["dump", "--format", "ttl"]);
    assert_eq!(whole.code, Some(3), "{whole:?}");
    assert!(
        whole.err.contains("Turtle has no named graphs"),
        "{whole:?}"
    );
    let by_object = place.run(&["dump", "--object", "\"Küche\"@de"]).ok();
    assert_eq!(by_object.lines().count(), 1, "{by_object}");
    let by_subject = place
        .run(&[
            "dump",
            "--subject",
            "<http://example.org/r1>",
            "--object",
            "1",
        ])
        .ok();
    assert!(by_subject.contains("/floor> \"1\"^^"), "{by_subject}");
    let count = [
        "query",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
        "--format",
        "tsv",
    ];
    assert_eq!(place.run(&count).ok(), "?n\n11\n");
    let union = [&count[..], &["--default-graph", "union"]].concat();
    assert_eq!(place.run(&union).ok(), "?n\n12\n");
    let configured = [&count[..], &["--config", "default_graph=union"]].concat();
    assert_eq!(place.run(&configured).ok(), "?n\n12\n");
    let chosen = [&configured[..], &["--default-graph", "store"]].concat();
    assert_eq!(place.run(&chosen).ok(), "?n\n11\n");
}

#[test]
fn a_file_that_is_dumped_to_appears_whole_or_not_at_all() {
    let place = Place::with_rooms("output");
    place.run(&["dump", "-o", "all.nq"]).ok();
    assert_eq!(place.read("all.nq").lines().count(), ROOMS_QUADS);
    place
        .run(&["dump", "-o", "all.ttl", "--prefix", ":=http://example.org/"])
        .ok();
    assert!(place.read("all.ttl").contains(":r1 a :Room"));
    std::os::unix::fs::symlink("all.ttl", place.0.join("link.ttl")).unwrap();
    place.run(&["dump", "-o", "link.ttl"]).ok();
    assert!(place.0.join("link.ttl").is_symlink());
    assert!(!place.read("all.ttl").contains(":r1 a :Room"));
    place.write(
        "g.nq",
        "<http://e/s> <http://e/p> <http://e/o> <http://e/g> .\n",
    );
    place.run(&["load", "g.nq"]).ok();
    place.write("kept.ttl", "before");
    place.run(&["dump", "-o", "kept.ttl"]).failed(3);
    assert_eq!(place.read("kept.ttl"), "before");
    let partial = fs::read_dir(place.0.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .find(|name| name.to_string_lossy().contains("partial"));
    assert_eq!(partial, None);
    place
        .run(&["dump", "-o", "/dev/null", "--format", "nq"])
        .ok();
    let error = place.run(&["dump", "-o", "all.nq.gz"]).failed(3);
    assert!(error.contains("dump | gzip"), "{error}");
    let error = place.run(&["dump", "-o", "nowhere/all.nq"]).failed(3);
    assert!(error.starts_with("error[4004 "), "{error}");
    if Path::new("/dev/full").exists() {
        let error = place
            .run(&["dump", "-o", "/dev/full", "--format", "nq"])
            .failed(4);
        assert!(
            error.starts_with("error[2003 database_io_error]"),
            "{error}"
        );
    }
}

#[test]
fn nothing_but_errors_is_printed_when_quiet() {
    let place = Place::new("quiet");
    place.write("rooms.ttl", ROOMS);
    let done = place.run(&["load", "-q", "rooms.ttl"]);
    assert_eq!(done.err, "");
    assert_eq!(done.ok(), "");
    let done = place.run(&["compact", "--quiet"]);
    assert_eq!(done.err, "");
    assert_eq!(done.ok(), "");
}

#[test]
fn a_university_is_loaded_and_its_known_queries_are_answered() {
    let Some(lubm) = test_data("data/lubm1") else {
        return;
    };
    let place = Place::new("lubm");
    let file = lubm.join("lubm1.nt.gz");
    let report = place
        .run(&[
            "load",
            file.to_str().unwrap(),
            "--report",
            "json",
            "--preset",
            "bulk",
        ])
        .ok();
    assert_eq!(field(&report, "statements"), "103074");
    assert_eq!(field(&report, "inserted"), "100543");
    let queries = fs::read_to_string(lubm.join("queries.jsonl")).unwrap();
    let mut asked = 0;
    for line in queries.lines() {
        // These need no reasoning.
        if ["Q1", "Q3", "Q14"].contains(&field(line, "id").as_str()) {
            asked += 1;
            let rows = place
                .run(&["query", &field(line, "query"), "--format", "csv"])
                .ok();
            assert_eq!(
                (rows.lines().count() - 1).to_string(),
                field(line, "rows"),
                "{line}"
            );
        }
    }
    assert_eq!(asked, 3);
    assert_eq!(
        field(&place.run(&["check", "--format", "json"]).ok(), "sound"),
        "true"
    );
    place.run(&["dump", "-o", "all.nt"]).ok();
    assert_eq!(place.read("all.nt").lines().count(), 100_543);
}

#[test]
fn the_example_building_answers_its_questions() {
    let place = Place::new("building");
    let examples = root().join("examples/data");
    let model = examples.join("harbour-house.ttl");
    // Some names of classes, as the Brick ontology gives them.
    place.write(
        "names.ttl",
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix rec: <https://w3id.org/rec#> .
        @prefix brick: <https://brickschema.org/schema/Brick#> .
        rec:Office rdfs:label \"Office\" . brick:CO2_Sensor rdfs:label \"CO2 Sensor\"@en .",
    );
    place
        .run(&["load", model.to_str().unwrap(), "names.ttl"])
        .ok();
    let mut questions: Vec<_> = fs::read_dir(examples.join("questions"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    questions.sort();
    let answers: Vec<String> = questions
        .iter()
        .map(|path| {
            place
                .run(&["query", "--format", "csv", "--file", path.to_str().unwrap()])
                .ok()
                .replace("\r\n", "\n")
        })
        .collect();
    let rows: Vec<usize> = answers.iter().map(|a| a.lines().count() - 1).collect();
    assert_eq!(rows, [10, 10, 3, 1, 1, 9], "{questions:?}");
    assert!(answers[0].contains("\nFirst floor,Meeting room Buoy,VAV 1.4\n"));
    assert!(answers[1].starts_with("zone,measured,wanted,damper\nServer zone,26.3,24.0,100.0\n"));
    assert!(answers[2].starts_with("zone,ppm,box,unit\nBuoy zone,1286.0,VAV 1.4,AHU 1\n"));
    assert_eq!(answers[3], "kind,rooms\nOffice,4\n");
    assert_eq!(answers[4], "kind,points\nCO2 Sensor,7\n");
}
