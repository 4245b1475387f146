//! `bench report`, `compare`, `agree` and `check` on records as files.

use crate::place::Place;
use triplestore::bench::record::{Better, FORMAT, Figure, Record};

/// Seven rounds of one query, by one engine or more.
fn record(milliseconds: f64, peers: &[(&str, f64)]) -> Vec<u8> {
    let engines = [("triplestore", milliseconds)].into_iter();
    let figure = |(engine, milliseconds): (&str, f64)| Figure {
        workload: "lubm-10".to_owned(),
        subject: "Q3".to_owned(),
        measure: "p95".to_owned(),
        engine: engine.to_owned(),
        unit: "ms".to_owned(),
        better: Better::Lower,
        rounds: (0..7)
            .map(|round| milliseconds * (1.0 + f64::from(round) / 1000.0))
            .collect(),
    };
    let record = Record {
        format: FORMAT,
        figures: engines.chain(peers.iter().copied()).map(figure).collect(),
        ..Record::default()
    };
    serde_json::to_vec(&record).unwrap()
}

const TARGETS: &str = r#"{"targets": [{"name": "simple pattern", "workload": "lubm-10", "subjects": ["Q3"],
    "measure": "p95", "below": 10, "unit": "ms"}]}"#;

#[test]
fn a_report_has_the_forms_that_are_asked_for() {
    let place = Place::new("bench-report");
    place.write("run.json", record(4.0, &[]));
    place
        .run(&[
            "bench", "report", "run.json", "--html", "run.html", "--csv", "run.csv",
        ])
        .ok();
    assert!(place.read("run.html").starts_with("<!DOCTYPE html>"));
    assert_eq!(place.read("run.csv").lines().count(), 2);
    let table = place
        .run(&["bench", "report", "run.json", "--markdown", "-"])
        .ok();
    assert!(table.contains("| p95, ms | 4.012 |"), "{table}");
    let without = [
        "bench",
        "report",
        "run.json",
        "--markdown",
        "-",
        "--measure",
        "p50",
    ];
    assert!(!place.run(&without).ok().contains("Q3"));
    place.run(&["bench", "report", "run.json"]).failed(2);
}

#[test]
fn a_comparison_fails_only_if_it_is_told_to() {
    let place = Place::new("bench-compare");
    place.write("a.json", record(4.0, &[]));
    place.write("b.json", record(4.4, &[]));
    let worse = place.run(&["bench", "compare", "a.json", "b.json"]).ok();
    assert!(
        worse.contains("worse    lubm-10   Q3") && worse.ends_with("1 worse\n"),
        "{worse}"
    );
    let fails = |before, after| {
        let done = place.run(&["bench", "compare", before, after, "--fail-if-worse"]);
        done.code == Some(1)
    };
    assert!(fails("a.json", "b.json"));
    assert!(!fails("b.json", "a.json"));
    assert!(!fails("a.json", "a.json"));
    let lenient = [
        "bench",
        "compare",
        "a.json",
        "b.json",
        "--least-effect",
        "20",
    ];
    assert!(place.run(&lenient).ok().ends_with("1 no difference\n"));
    let json = place
        .run(&["bench", "compare", "a.json", "b.json", "--format", "json"])
        .ok();
    assert!(json.contains("\"verdict\":\"worse\""), "{json}");
    place
        .run(&[
            "bench",
            "compare",
            "a.json",
            "b.json",
            "--confidence",
            "100",
        ])
        .failed(2);
}

#[test]
fn a_check_fails_if_a_target_is_missed_or_has_no_figure() {
    let place = Place::new("bench-check");
    place.write("fast.json", record(4.0, &[]));
    place.write("slow.json", record(40.0, &[]));
    place.write("targets.json", TARGETS);
    place.write("others.json", TARGETS.replace("Q3", "Q4"));
    let check = |targets, records: &[&str]| {
        let arguments = [&["bench", "check", "--targets", targets], records].concat();
        place.run(&arguments)
    };
    let met = check("targets.json", &["fast.json"]).ok();
    assert!(
        met.contains("simple pattern  lubm-10 Q3 p95, triplestore  < 10 ms  4.012 ms  yes"),
        "{met}"
    );
    let missed = check("targets.json", &["slow.json"]);
    assert_eq!(
        (missed.code, missed.out.trim_end().ends_with("no")),
        (Some(1), true),
        "{missed:?}"
    );
    let absent = check("others.json", &["fast.json"]);
    assert_eq!(
        (absent.code, absent.out.trim_end().ends_with("no figure")),
        (Some(1), true),
        "{absent:?}"
    );
    // Of a figure in two records the last counts.
    check("targets.json", &["slow.json", "fast.json"]).ok();
}

#[test]
fn a_run_that_cannot_be_is_refused_before_it_begins() {
    let place = Place::new("bench-run-usage");
    let refused = [
        ("--fresh", "oxigraph", "there is no such engine"),
        ("--native", "oxigraph", "there is no such engine"),
        ("--duration", "1e18", "at most 1000000000 seconds"),
        ("--warm-up", "1e300", "at most 1000000000 seconds"),
        ("--rate", "1e300", "at most 10000000 requests"),
        ("--rate", "0", "more than 0"),
        ("--time-limit", "0", "more than 0"),
        ("--memory", "0", "at least 1"),
        (
            "--memory-limit",
            "18446744073709551615",
            "more than any memory",
        ),
        ("--rounds", "0", "at least 1"),
    ];
    for (option, value, why) in refused {
        let run = place.run(&["bench", "run", "--workload", "lubm:1", option, value]);
        let said = run.failed(2);
        assert!(said.contains(option) && said.contains(why), "{said}");
    }
    assert!(!place.0.path().join("bench-data").exists());
}

#[test]
fn what_is_no_record_is_refused() {
    let place = Place::new("bench-refused");
    place.write("text.json", "no record");
    let newer = String::from_utf8(record(1.0, &[])).unwrap();
    place.write(
        "newer.json",
        newer.replace("\"format\":1", "\"format\":999"),
    );
    for (name, said) in [
        ("text.json", "is not a record of triplestore bench run"),
        ("newer.json", "has format 999 of records"),
        ("none.json", "none.json"),
    ] {
        let error = place
            .run(&["bench", "report", name, "--csv", "-"])
            .failed(3);
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn records_agree_when_ratios_do() {
    let place = Place::new("bench-agree");
    let on = |record: Vec<u8>, cache_latency_ns: &[f64]| {
        let mut record: Record = serde_json::from_slice(&record).unwrap();
        record.machine.cache_latency_ns = cache_latency_ns.to_vec();
        serde_json::to_vec(&record).unwrap()
    };
    place.write("a.json", on(record(4.0, &[("oxigraph", 8.0)]), &[80.0]));
    // All are slower, ours by 5 % more.
    let slower = record(8.4, &[("oxigraph", 16.0)]);
    place.write("b.json", on(slower, &[110.0, 90.0, 100.0]));
    let agree = ["bench", "agree", "a.json", "b.json"];
    let text = place.run(&agree).ok();
    assert_eq!(
        text,
        "1 of 1 ratios agree within 10 %\n\
         A read of 4 MB just read took 80.0 ns (80.0 to 80.0) before, 100 ns (90.0 to 110) after\n"
    );
    for (more, said) in [
        (["--within", "2"], "0 of 1"),
        (["--measure", "p50"], "0 of 0"),
    ] {
        let done = place.run(&[&agree[..], &more].concat());
        assert_eq!(done.code, Some(1), "{done:?}");
        assert!(done.out.contains(said), "{done:?}");
    }
}
