//! `triplestore bench run` from the outside: what it records, and what it refuses to believe.

mod environment;

use environment::{Scratch, has_or_skip, test_data};
use std::fs::{self, File};
use std::process::{Command, Output};
use triplestore::bench::record::{Failure, FailureKind, Record};

const TOOL: &str = env!("CARGO_BIN_EXE_triplestore");

/// A directory with the data of LUBM 1, where the runner keeps data.
fn with_lubm(name: &str) -> Option<Scratch> {
    let packed = test_data("data/lubm1")?.join("lubm1.nt.gz");
    let scratch = Scratch::new(name);
    let mut unpacked = flate2::read::GzDecoder::new(File::open(packed).unwrap());
    let mut file = File::create(scratch.join("lubm-1.nt")).unwrap();
    std::io::copy(&mut unpacked, &mut file).unwrap();
    Some(scratch)
}

/// Options of a run that takes little time.
const SHORT: [[&str; 2]; 5] = [
    ["--rounds", "2"],
    ["--iterations", "3"],
    ["--mixes", "3"],
    ["--warm-up", "0.01"],
    ["--warm-up-mixes", "1"],
];

fn run(scratch: &Scratch, arguments: &[&str]) -> (Output, Record) {
    let out = scratch.join("record.json");
    let mut command = Command::new(TOOL);
    let defaults = SHORT.iter().filter(|[name, _]| !arguments.contains(name));
    command
        .args(["bench", "run"])
        .args(defaults.flatten())
        .args(arguments)
        .arg("--data")
        .arg(scratch.path())
        .arg("--out")
        .arg(&out);
    let output = environment::output(&mut command);
    let text = fs::read_to_string(&out)
        .unwrap_or_else(|_| panic!("no record: {}", String::from_utf8_lossy(&output.stderr)));
    (output, serde_json::from_str(&text).unwrap())
}

fn failure<'r>(record: &'r Record, engine: &str, subject: &str) -> &'r Failure {
    let found = record
        .failures
        .iter()
        .find(|failure| failure.engine == engine && failure.subject == subject);
    found.unwrap_or_else(|| panic!("{engine} {subject}: {:?}", record.failures))
}

/// Our engine behind a filter of its requests.
fn filtered(name: &str, filter: &str) -> String {
    format!("{name}={filter} | '{TOOL}' bench engine")
}

#[test]
fn lubm_runs_end_to_end_with_its_rows() {
    let Some(scratch) = with_lubm("bench-lubm") else {
        return;
    };
    let arguments = [
        "--workload",
        "lubm",
        "--workload",
        "lubm-analytics",
        "--prepared",
        "both",
    ];
    let (output, record) = run(&scratch, &arguments);
    assert!(output.status.success(), "{:?}", record.failures);
    let rows = |subject: &str| {
        let answer = record
            .answers
            .iter()
            .find(|answer| answer.workload == "lubm-1" && answer.subject == subject);
        answer.unwrap().rows
    };
    // One for the load, and one for each query of each round, parsed and prepared.
    let latencies = &record.machine.cache_latency_ns;
    assert_eq!(latencies.len(), 1 + (14 + 11) * 2 * 2);
    assert!(latencies.iter().all(|&latency| latency > 0.0));
    // What reasoning adds to these is nothing.
    assert_eq!(["Q1", "Q3", "Q14"].map(rows), [4, 6, 5916]);
    for (workload, subjects) in [
        ("lubm-1", 14),
        ("lubm-1 prepared", 14),
        ("lubm-1 analytics", 11),
    ] {
        let medians: Vec<_> = record
            .figures
            .iter()
            .filter(|figure| figure.workload == workload && figure.measure == "p50")
            .collect();
        assert_eq!(medians.len(), subjects, "{workload}");
        assert!(medians.iter().all(|figure| figure.rounds.len() == 2));
        assert!(
            medians
                .iter()
                .all(|figure| figure.rounds.iter().all(|&value| value > 0.0))
        );
    }
    for measure in [
        "throughput",
        "cpu",
        "peak memory",
        "share",
        "to return",
        "bytes per triple",
    ] {
        let figure = record
            .figures
            .iter()
            .find(|figure| figure.measure == measure);
        assert!(
            figure.is_some_and(|figure| figure.rounds[0] > 0.0),
            "{measure}"
        );
    }
    assert_eq!(record.engines.len(), 1);
    assert!(record.latencies.iter().all(|of| of.nanoseconds.is_sorted()));
}

#[test]
fn an_engine_named_fresh_has_a_process_for_each_round() {
    let Some(scratch) = with_lubm("bench-fresh") else {
        return;
    };
    let counted = |name: &str| {
        let starts = scratch.join(name);
        filtered(
            name,
            &format!("sh -c \"echo >> '{}'; cat\"", starts.display()),
        )
    };
    let (kept, fresh) = (counted("kept"), counted("fresh"));
    let engines = ["--engine", &kept, "--engine", &fresh, "--fresh", "fresh"];
    let rounds = ["--workload", "lubm", "--rounds", "3"];
    let (output, record) = run(&scratch, &[&engines[..], &rounds].concat());
    assert!(output.status.success(), "{:?}", record.failures);
    let starts = |name: &str| fs::read_to_string(scratch.join(name)).unwrap().len();
    // The first round is asked of the process that loaded.
    assert_eq!((starts("kept"), starts("fresh")), (1, 3));
    for name in ["kept", "fresh"] {
        let medians = record
            .figures
            .iter()
            .filter(|figure| figure.engine == name && figure.measure == "p50");
        let rounds: Vec<usize> = medians.map(|figure| figure.rounds.len()).collect();
        assert_eq!(rounds, [3; 14], "{name}");
        let mut engines = record.engines.iter();
        let engine = engines.find(|engine| engine.name == name).unwrap();
        assert_eq!(engine.settings.contains_key("processes"), name == "fresh");
    }
}

#[test]
fn counts_of_instructions_are_those_of_the_query_and_repeatable() {
    if !has_or_skip("valgrind", "counts of instructions") {
        return;
    }
    let Some(scratch) = with_lubm("bench-instructions") else {
        return;
    };
    let twins = ["one", "other"].map(|name| format!("{name}='{TOOL}' bench engine"));
    let arguments = [
        ["--workload", "lubm"],
        ["--engine", &twins[0]],
        ["--native", "one"],
        ["--engine", &twins[1]],
        ["--native", "other"],
    ];
    let arguments: Vec<&str> = arguments.concat();
    let (output, record) = run(&scratch, &[&arguments[..], &["--instructions"]].concat());
    assert!(output.status.success(), "{:?}", record.failures);
    let count = |engine: &str, subject: &str| {
        let figure = record.figures.iter().find(|figure| {
            figure.measure == "instructions" && figure.engine == engine && figure.subject == subject
        });
        figure
            .unwrap_or_else(|| panic!("{engine} {subject}"))
            .rounds[0]
    };
    for number in 1..=14 {
        let subject = format!("Q{number}");
        let [one, other] = ["one", "other"].map(|engine| count(engine, &subject));
        assert!(one > 10_000.0, "{subject}: {one}");
        assert!(
            (one / other - 1.0).abs() < 0.02,
            "{subject}: {one}, {other}"
        );
    }
    // Four rows against all students.
    assert!(count("one", "Q14") > 5.0 * count("one", "Q1"));
}

#[test]
fn an_engine_that_answers_another_question_fails_the_run() {
    let Some(scratch) = with_lubm("bench-wrong") else {
        return;
    };
    let wrong = filtered("wrong", "sed -u s/GraduateCourse0/GraduateCourse1/");
    let again = format!("again='{TOOL}' bench engine");
    let engines = [
        "--engine",
        &wrong,
        "--engine",
        "triplestore",
        "--engine",
        &again,
    ];
    let arguments = [&["--workload", "lubm"][..], &engines].concat();
    let (output, record) = run(&scratch, &arguments);
    assert_eq!(output.status.code(), Some(1));
    let failure = failure(&record, "wrong", "Q1");
    assert_eq!(failure.kind, FailureKind::Wrong);
    assert!(
        failure
            .message
            .contains("triplestore and wrong: row 1: `x=<http://"),
        "{failure:?}"
    );
    let has_figures = |engine: &str| {
        let mut figures = record.figures.iter();
        figures.any(|figure| figure.engine == engine && figure.subject == "Q1")
    };
    // Two against one.
    assert!(has_figures("triplestore") && has_figures("again") && !has_figures("wrong"));
}

#[test]
fn an_answer_that_is_not_the_expected_one_fails_the_run() {
    let Some(scratch) = with_lubm("bench-expected") else {
        return;
    };
    let (output, mut record) = run(&scratch, &["--workload", "lubm"]);
    assert!(output.status.success());
    let answers = scratch.join("answers.json");
    let write =
        |record: &Record| fs::write(&answers, serde_json::to_string(record).unwrap()).unwrap();
    write(&record);
    let arguments = ["--workload", "lubm", "--answers", answers.to_str().unwrap()];
    assert!(run(&scratch, &arguments).0.status.success());
    record.answers[0].rows += 1;
    write(&record);
    let (output, again) = run(&scratch, &arguments);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(again.failures.len(), 1);
    assert_eq!(again.failures[0].kind, FailureKind::Wrong);
}

#[test]
fn engines_that_die_or_hang_are_failures_and_the_others_go_on() {
    let Some(scratch) = with_lubm("bench-dead") else {
        return;
    };
    let arguments = [
        "--workload",
        "lubm",
        "--engine",
        "dead=sh -c 'read line; exit 3'",
        "--engine",
        "triplestore",
        "--engine",
        "idle=sleep 1000",
        "--time-limit",
        "0.1",
    ];
    let (output, record) = run(&scratch, &arguments);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(failure(&record, "dead", "load").kind, FailureKind::Died);
    assert_eq!(failure(&record, "idle", "load").kind, FailureKind::TimedOut);
    let medians = record
        .figures
        .iter()
        .filter(|figure| figure.measure == "p50");
    assert_eq!(medians.count(), 14);
}

#[test]
fn updates_exports_and_cold_executions_are_measured() {
    let Some(scratch) = with_lubm("bench-updates") else {
        return;
    };
    let arguments = [
        "--workload",
        "lubm-updates",
        "--workload",
        "lubm-export",
        "--workload",
        "lubm-load",
        "--cold",
    ];
    let (output, record) = run(&scratch, &arguments);
    assert!(output.status.success(), "{:?}", record.failures);
    let rounds = |workload: &str, subject: &str, measure: &str| {
        let figure = record.figures.iter().find(|figure| {
            figure.workload == workload && figure.subject == subject && figure.measure == measure
        });
        figure.map_or(0, |figure| figure.rounds.len())
    };
    for subject in ["insert 1", "insert 1000", "delete insert where", "delete 1"] {
        assert_eq!(rounds("lubm-1 updates", subject, "p50"), 2, "{subject}");
    }
    for (subject, measure) in [
        ("export", "p50"),
        ("export", "cold"),
        ("export", "open"),
        ("load", "to quiescence"),
        ("load", "probe max"),
    ] {
        assert_eq!(rounds("lubm-1", subject, measure), 2, "{subject} {measure}");
    }
    let answer = |subject: &str| {
        record
            .answers
            .iter()
            .find(|answer| answer.subject == subject)
    };
    assert_eq!(answer("export").unwrap().rows, 100_543);
    // Ten batches of 1,000 triples; the single ones are gone.
    assert_eq!(answer("state after round 2").unwrap().rows, 10_000);
}

#[test]
fn reasoning_is_unsupported_and_that_is_no_wrong_answer() {
    let Some(scratch) = with_lubm("bench-reason") else {
        return;
    };
    let (output, record) = run(&scratch, &["--workload", "lubm-reason"]);
    assert!(output.status.success());
    assert_eq!(
        failure(&record, "triplestore", "reason").kind,
        FailureKind::Unsupported
    );
}

#[test]
fn mixes_are_generated_checked_and_counted_by_the_hour() {
    let scratch = Scratch::new("bench-mixes");
    let arguments = [
        "--workload",
        "bsbm",
        "--workload",
        "bsbm-bi",
        "--scale",
        "200",
    ];
    let (output, record) = run(&scratch, &arguments);
    assert!(output.status.success(), "{:?}", record.failures);
    for label in ["explore", "business intelligence"] {
        let workload = format!("bsbm-200 {label}");
        let figure = |measure: &str| {
            let mut figures = record.figures.iter();
            let found = figures.find(|figure| {
                figure.workload == workload && figure.subject == "mix" && figure.measure == measure
            });
            found.map_or(&[][..], |figure| &figure.rounds)
        };
        let (per_hour, median) = (figure("mixes per hour"), figure("p50"));
        assert!(per_hour.len() == 2 && median.len() == 2, "{workload}");
        assert!(per_hour.iter().chain(median).all(|&value| value > 0.0));
    }
    assert!(scratch.join("bsbm-200.nt").exists());
}

/// Executions of a subject that were timed, and medians of its rounds.
fn timed(record: &Record, subject: &str) -> (usize, usize) {
    let latencies = record.latencies.iter();
    let latencies = latencies.filter(|latencies| latencies.subject == subject);
    let medians = record.figures.iter();
    let medians = medians.filter(|figure| figure.subject == subject && figure.measure == "p50");
    (
        latencies.map(|latencies| latencies.nanoseconds.len()).sum(),
        medians.map(|figure| figure.rounds.len()).sum(),
    )
}

#[test]
fn mixes_run_once_or_again_until_their_time_is_over() {
    let scratch = Scratch::new("bench-mix-duration");
    let mut arguments = vec!["--workload", "bsbm", "--scale", "200"];
    let (output, record) = run(&scratch, &arguments);
    assert!(output.status.success(), "{:?}", record.failures);
    // Two rounds of three mixes, each of which has query 1 once and query 9 four times.
    assert_eq!(timed(&record, "mix"), (6, 2));
    assert_eq!((timed(&record, "Q1").0, timed(&record, "Q9").0), (6, 24));
    arguments.extend(["--mix-duration", "0.5"]);
    let (output, record) = run(&scratch, &arguments);
    assert!(output.status.success(), "{:?}", record.failures);
    let (mixes, rounds) = timed(&record, "mix");
    assert!(mixes > 6 && rounds == 2, "{mixes} mixes");
    assert_eq!(timed(&record, "Q9").0, 4 * mixes);
    for refused in ["0", "-1", "x"] {
        let mut command = Command::new(TOOL);
        command.args([
            "bench",
            "run",
            "--workload",
            "bsbm",
            "--mix-duration",
            refused,
        ]);
        assert_eq!(environment::output(&mut command).status.code(), Some(2));
    }
}

#[test]
fn every_query_of_a_mix_is_warmed_up_on_its_own() {
    let scratch = Scratch::new("bench-mix-warm-up");
    let counted = scratch.join("requests");
    // Counts how often an engine is asked for query 9, a DESCRIBE.
    let filter = format!("tee '{}'", counted.display());
    let engine = filtered("counted", &filter);
    let executions = |warm_up: &str| {
        let arguments = ["--workload", "bsbm", "--scale", "200", "--engine", &engine];
        let (output, record) = run(
            &scratch,
            &[&arguments[..], &["--warm-up", warm_up]].concat(),
        );
        assert!(output.status.success(), "{:?}", record.failures);
        let requests = fs::read_to_string(&counted).unwrap();
        requests.matches("DESCRIBE").count()
    };
    let (short, long) = (executions("0.001"), executions("0.5"));
    assert!(long > short + 20, "{short} and {long} executions");
}
