//! What the tool says when something is wrong, and the exit code it ends with.

use crate::environment::root;
use crate::place::{AREAS, Place, ROOMS_QUADS, field, finish};
use std::fs;
use std::io::Write;

#[test]
fn an_error_in_a_query_points_at_the_place() {
    let place = Place::with_rooms("caret");
    let query = "SELECT ?n WHERE {\n\t?漢 a ?k . ?r ex:name ?n }";
    let expected = "error[1001 query_parse_error]: Prefix not found
 --> NAME:2:15
  |
2 | \t?漢 a ?k . ?r ex:name ?n }
  | \t              ^
hint: the prefix ex: at 2:15 is not declared; add PREFIX ex: <...> before the query
";
    place.write("bad.rq", query);
    for (name, shown) in [
        ("query", place.run(&["query", query])),
        ("bad.rq", place.run(&["query", "--file", "bad.rq"])),
        ("<stdin>", place.run_with(&["query", "-"], query)),
    ] {
        assert_eq!(shown.failed(3), expected.replace("NAME", name));
    }
}

#[test]
fn an_error_in_a_document_points_at_the_place_in_the_file() {
    let place = Place::new("document");
    let turtle = "@prefix : <http://e/> .\n:a :b :c ;\n   :d (1 2 .\n";
    let expected = "error[4006 data_parse_error]: . is not a valid RDF object
 --> NAME:3:12
  |
3 |    :d (1 2 .
  |            ^
hint: nothing was loaded; --keep-going skips bad statements
";
    place.write("bad.ttl", turtle);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(turtle.as_bytes()).unwrap();
    place.write("bad.ttl.gz", gzip.finish().unwrap());
    for name in ["bad.ttl", "bad.ttl.gz"] {
        assert_eq!(
            place.run(&["load", name]).failed(3),
            expected.replace("NAME", name)
        );
    }
    let error = place
        .run_with(&["load", "--format", "ttl", "-"], turtle)
        .failed(3);
    assert!(error.contains("\n --> <stdin>:3:12\nhint: "), "{error}");
    // Far into a file of one long line.
    let long = format!("<http://e/a> <http://e/p> \"{}\" ; .", "é".repeat(50_000));
    place.write("long.nt", &long);
    let error = place.run(&["load", "long.nt"]).failed(3);
    let caret = error.lines().nth(4).unwrap();
    let line = error.lines().nth(3).unwrap();
    let column = caret.chars().position(|c| c == '^').unwrap();
    assert_eq!(line.chars().nth(column), Some(';'), "{error}");
    assert!(line.chars().count() < 120, "{error}");
    assert_eq!(place.quads().len(), 0);
}

#[test]
fn a_load_that_keeps_going_reports_what_it_skipped() {
    let place = Place::new("keep-going");
    let good = "<http://e/a> <http://e/b> \"x\" .\n";
    let document = format!("{good}oops\n{good}<http://e/a> <http://e b> 1 .\n<a> <b> <c> .\n");
    place.write("bad.nt", &document);
    place.run(&["load", "bad.nt"]).failed(3);
    let done = place.run(&["load", "--keep-going=2", "bad.nt"]);
    let lines: Vec<&str> = done.err.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("bad.nt:2:1: "), "{lines:?}");
    assert!(lines[0].ends_with("[4006 data_parse_error]"), "{lines:?}");
    assert!(lines[1].starts_with("bad.nt:4:14: "), "{lines:?}");
    assert!(lines[1].ends_with("[4010 invalid_iri]"), "{lines:?}");
    assert_eq!(lines[2], "skipped 3 bad statements, 2 shown");
    assert!(done.ok().ends_with("1 quad new\n"));
    let done = place.run_with(
        &["load", "--keep-going", "--report=json", "--format=nt", "-"],
        &document,
    );
    assert_eq!(done.err.lines().count(), 4, "{}", done.err);
    assert!(done.err.starts_with("<stdin>:2:1: "), "{}", done.err);
    let report = done.ok();
    assert_eq!(
        (field(&report, "statements"), field(&report, "bad")),
        ("2".into(), "3".into())
    );
    // The first of several files comes first.
    place.write("again.nt", format!("{}oops\n", good.repeat(100)));
    let done = place.run(&["load", "--keep-going", "again.nt", "bad.nt"]);
    assert!(done.err.starts_with("again.nt:101:1: "), "{}", done.err);
    assert_eq!(done.err.lines().count(), 5, "{}", done.err);
    place.write(
        "bad.rdf",
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><a",
    );
    let done = place.run(&["load", "--keep-going", "bad.rdf"]);
    assert!(done.err.contains("could not be read on"), "{}", done.err);
    done.ok();
}

#[test]
fn a_load_with_checkpoints_that_fails_can_be_resumed() {
    let place = Place::new("checkpoint");
    let lines: Vec<String> = (0..40_000)
        .map(|n| format!("<http://e/{n}> <http://e/p> \"a value that is not inline {n}\" .\n"))
        .collect();
    let (before, after) = lines.split_at(35_000);
    place.write(
        "broken.nt",
        [&before.concat(), "oops\n", &after.concat()].concat(),
    );
    let load = [
        "load",
        "--checkpoint",
        "--config",
        "load_batch_statements=1000",
    ];
    let error = place.run(&[&load[..], &["broken.nt"]].concat()).failed(3);
    let printed: Vec<&str> = error
        .lines()
        .filter_map(|line| line.strip_prefix("checkpoint "))
        .collect();
    let last = *printed.last().unwrap();
    assert!(printed.len() > 1, "{error}");
    assert!(
        error.contains(&format!("go on with --checkpoint --resume {last}\n")),
        "{error}"
    );
    let line: usize = last.split_once(':').unwrap().1.parse().unwrap();
    assert_eq!(place.quads().len(), line - 1);
    place.write("broken.nt", lines.concat());
    let resume = [
        &load[..],
        &["--resume", last, "broken.nt", "--report", "json"],
    ]
    .concat();
    let report = place.run(&resume).ok();
    assert_eq!(
        field(&report, "statements"),
        (lines.len() + 1 - line).to_string()
    );
    assert_eq!(place.quads().len(), lines.len());
    let wrong = place
        .run(&["load", "--resume", "5:2", "broken.nt"])
        .failed(3);
    assert!(
        wrong.contains("no line of the document begins at byte 5"),
        "{wrong}"
    );
    place.run(&["load", "--resume", "5", "broken.nt"]).failed(2);
    place
        .run(&["load", "--checkpoint", "broken.nt", "broken.nt"])
        .failed(2);
    place.write("a.ttl", "<http://e/a> <http://e/b> 1 .");
    let turtle = place.run(&["load", "--resume", "5:2", "a.ttl"]);
    assert_eq!(turtle.code, Some(3), "{turtle:?}");
}

#[test]
fn the_store_is_named_by_the_option_or_the_environment() {
    let place = Place::with_rooms("environment");
    let expected = place.run(&["query", AREAS]).ok();
    let elsewhere = place.0.join("elsewhere");
    let elsewhere = elsewhere.to_str().unwrap();
    place
        .run(&["--store", elsewhere, "load", "-q", "rooms.ttl"])
        .ok();
    for arguments in [
        ["--store", elsewhere, "query", AREAS],
        ["query", AREAS, "--store", elsewhere],
    ] {
        let mut command = place.command(&arguments);
        command.env_remove("TRIPLESTORE_STORE");
        assert_eq!(finish(&mut command).ok(), expected);
    }
    let mut command = place.command(&["stats"]);
    let error = finish(command.env_remove("TRIPLESTORE_STORE")).failed(2);
    assert!(error.contains("TRIPLESTORE_STORE"), "{error}");
}

#[test]
fn settings_are_checked_and_used() {
    let place = Place::with_rooms("settings");
    for (arguments, code, words) in [
        (
            vec!["--config", "colour=red"],
            "4002",
            "the settings are create_if_missing",
        ),
        (vec!["--config", "threads=many"], "4002", "threads takes"),
        (
            vec!["--config", "threads"],
            "4002",
            "--config memory_budget_bytes",
        ),
        (
            vec!["--preset", "huge"],
            "4002",
            "the presets are default, tiny",
        ),
        (
            vec!["--config", "query_timeout_ms=never"],
            "4002",
            "query_timeout_ms takes",
        ),
    ] {
        let error = place.run(&[&["stats"], &arguments[..]].concat()).failed(3);
        assert!(error.starts_with(&format!("error[{code} ")), "{error}");
        assert!(error.contains(words), "{error}");
    }
    place
        .run(&["stats", "--preset", "tiny", "--config", "threads=2"])
        .ok();
    let error = place
        .run(&["load", "rooms.ttl", "--config", "max_file_size_bytes=10"])
        .failed(3);
    assert!(error.starts_with("error[4005 "), "{error}");
    let error = place
        .run(&["load", "rooms.ttl", "--config", "read_only=true"])
        .failed(4);
    assert!(error.starts_with("error[2010 read_only]"), "{error}");
}

#[test]
fn every_kind_of_failure_has_its_exit_code() {
    let place = Place::with_rooms("codes");
    place.write("bad.nt", "oops\n");
    place.write("x.unknown", "");
    let not_a_store = place.0.path().to_str().unwrap();
    let cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o .
        ?p ?q ?r . ?s ?t ?u . FILTER(?a != ?d && ?c != ?o && ?r != ?u) }";
    for (arguments, code, error) in [
        (&["fly"][..], 2, "error: unrecognized subcommand"),
        (&["load"], 2, "error: the following required arguments"),
        (&["load", "-"], 2, "error: standard input needs --format"),
        (
            &["load", "-", "bad.nt"],
            2,
            "error: standard input is loaded alone",
        ),
        (
            &["query", "ASK {}", "--format", "pdf"],
            2,
            "error: invalid value 'pdf'",
        ),
        (&["query", "ASK {"], 3, "error[1001 query_parse_error]"),
        (
            &["query", "ASK {}", "--format", "nt"],
            3,
            "error[1005 query_invalid_option]",
        ),
        (
            &["query", "CONSTRUCT WHERE {?s ?p ?o}", "--format", "table"],
            3,
            "error[1005 query_invalid_option]",
        ),
        (&["explain", "ASK {"], 3, "error[1001 query_parse_error]"),
        (
            &["query", "CONSTRUCT WHERE {?s ?p ?o}", "--format", "csv"],
            3,
            "error[1005 query_invalid_option]",
        ),
        (
            &[
                "query",
                "SELECT * {?s ?p ?o}",
                "--format",
                "csv",
                "--timeout",
                "soon",
            ],
            3,
            "error[4002 validation_invalid_config]",
        ),
        (
            &["query", cross, "--timeout", "50 ms"],
            3,
            "error[1002 query_timeout]",
        ),
        (
            &["query", AREAS, "--limit-rows", "1"],
            3,
            "error[1003 query_limit_exceeded]",
        ),
        (&["load", "bad.nt"], 3, "error[4006 data_parse_error]"),
        (
            &["load", "none.nt"],
            3,
            "error[4004 validation_file_not_found]",
        ),
        (&["load", "x.unknown"], 3, "error[4007 unknown_format]"),
        (
            &["load", "bad.nt", "--format", "pdf"],
            3,
            "error[4007 unknown_format]",
        ),
        (
            &["load", "bad.nt", "--graph", "g"],
            3,
            "error[4010 invalid_iri]",
        ),
        (
            &["load", "bad.nt", "--base", "b"],
            3,
            "error[4010 invalid_iri]",
        ),
        (
            &["dump", "--format", "pdf"],
            3,
            "error[4007 unknown_format]",
        ),
        (
            &["dump", "--object", "\"open"],
            3,
            "error[4001 validation_invalid_input]",
        ),
        (
            &["dump", "--prefix", "x"],
            3,
            "error[4001 validation_invalid_input]",
        ),
        (
            &["stats", "--store", "none"],
            4,
            "error[2005 database_not_found]",
        ),
        (
            &["compact", "--store", "none"],
            4,
            "error[2005 database_not_found]",
        ),
        (
            &["recover", "--store", "none"],
            4,
            "error[2005 database_not_found]",
        ),
        (
            &["stats", "--store", not_a_store],
            4,
            "error[2006 not_a_store]",
        ),
        (
            &["load", "rooms.ttl", "--store", not_a_store],
            4,
            "error[2006 not_a_store]",
        ),
        (
            &[
                "query",
                "SELECT * {?s ?p ?o} ORDER BY ?s",
                "--config",
                "query_memory_bytes=1 MiB",
                "--config",
                "query_spool_bytes=0",
                "--store",
                "big",
            ],
            5,
            "error[5002 system_resource_exhausted]",
        ),
    ] {
        if arguments.contains(&"big") {
            let lines: String = (0..100_000)
                .map(|n| {
                    format!("<http://e/{n}> <http://e/p> \"a value that is not inline {n}\" .\n")
                })
                .collect();
            place.write("big.nt", lines);
            place.run(&["load", "-q", "big.nt", "--store", "big"]).ok();
        }
        let done = place.run(arguments);
        assert_eq!(done.code, Some(code), "{arguments:?} {done:?}");
        assert!(done.err.starts_with(error), "{arguments:?} {done:?}");
    }
    assert!(!place.0.join("none").exists(), "reading has made a store");
    assert_eq!(place.quads().len(), ROOMS_QUADS);
}

#[test]
fn the_exit_codes_of_the_help_are_those_of_the_documentation() {
    let place = Place::new("help");
    let help = place.run(&["--help"]).ok();
    let documentation = fs::read_to_string(root().join("docs/cli.md")).unwrap();
    let table: Vec<(&str, &str)> = help
        .split_once("Exit codes:\n")
        .unwrap()
        .1
        .lines()
        .take_while(|line| !line.is_empty())
        .map(|line| line.trim().split_once(' ').unwrap())
        .collect();
    assert_eq!(table.len(), 8);
    for (code, meaning) in table {
        let row = format!("| {code} | {} |", meaning.trim());
        assert!(documentation.contains(&row), "docs/cli.md lacks {row}");
    }
    for command in [
        "load", "query", "explain", "dump", "stats", "check", "compact", "recover",
    ] {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
        assert!(
            documentation.contains(&format!("`triplestore {command}")),
            "{command}"
        );
    }
}
