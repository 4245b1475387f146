//! The test suites of the W3C: syntaxes of RDF 1.1 and 1.2, SPARQL 1.0, 1.1 and 1.2.
//!
//! `cargo test --test w3c` runs them all. Arguments that are files are manifests to run instead
//! (`cargo test --test w3c -- path/to/manifest.ttl`); other arguments choose tests by a part of their name
//! (`sparql11/bind`). `--verbose` prints every test.
//!
//! Data: `$TRIPLESTORE_TEST_DATA/conformance/rdf-tests`. Tests that may fail stand with a reason in
//! `w3c_rdf_expected.txt` and `w3c_sparql_expected.txt` beside this folder; any other failure fails the run, and so does
//! a listed test that passes. A report in EARL is written to `$TRIPLESTORE_EARL`, default `earl/w3c.ttl` in the build
//! directory.

mod answer;
mod csv;
mod documents;
mod earl;
#[path = "../environment/mod.rs"]
mod environment;
mod library;
mod manifest;
mod rdf;
mod sparql;

use documents::Suites;
use earl::Outcome;
use manifest::Test;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

const MANIFESTS: [&str; 18] = [
    "rdf/rdf11/rdf-n-triples/manifest.ttl",
    "rdf/rdf11/rdf-n-quads/manifest.ttl",
    "rdf/rdf11/rdf-turtle/manifest.ttl",
    "rdf/rdf11/rdf-trig/manifest.ttl",
    "rdf/rdf11/rdf-xml/manifest.ttl",
    "rdf/rdf12/rdf-n-triples/syntax/manifest.ttl",
    "rdf/rdf12/rdf-n-triples/c14n/manifest.ttl",
    "rdf/rdf12/rdf-n-quads/syntax/manifest.ttl",
    "rdf/rdf12/rdf-n-quads/c14n/manifest.ttl",
    "rdf/rdf12/rdf-turtle/syntax/manifest.ttl",
    "rdf/rdf12/rdf-turtle/eval/manifest.ttl",
    "rdf/rdf12/rdf-trig/syntax/manifest.ttl",
    "rdf/rdf12/rdf-trig/eval/manifest.ttl",
    "rdf/rdf12/rdf-xml/eval/manifest.ttl",
    "sparql/sparql10/manifest.ttl",
    "sparql/sparql11/manifest-all.ttl",
    "sparql/sparql11/http-rdf-update/manifest.ttl",
    "sparql/sparql12/manifest.ttl",
];

const EXPECTED_FAILURES: [&str; 2] = [
    include_str!("../w3c_rdf_expected.txt"),
    include_str!("../w3c_sparql_expected.txt"),
];

/// What came out of a test, and what there is to say about it.
enum Ended {
    Passed,
    NotApplicable(String),
    /// It differs from what is expected, for a reason that is listed.
    Explained(String),
    Failed(String),
}

/// Reasons by name of test.
struct Explanations {
    reasons: BTreeMap<&'static str, (&'static str, bool)>,
}

impl Explanations {
    fn new() -> Self {
        let lines = EXPECTED_FAILURES.iter().flat_map(|list| list.lines());
        let reasons = lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| {
                let (name, reason) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
                assert!(
                    !reason.trim().is_empty(),
                    "{name} is listed without a reason"
                );
                (name, (reason.trim(), false))
            })
            .collect();
        Self { reasons }
    }

    /// The reason why a test may fail, if it is listed.
    fn take(&mut self, name: &str) -> Option<&'static str> {
        let (reason, is_used) = self.reasons.get_mut(name)?;
        *is_used = true;
        Some(reason)
    }

    fn unused(&self) -> impl Iterator<Item = &'static str> + '_ {
        let unused = self.reasons.iter().filter(|(_, (_, is_used))| !is_used);
        unused.map(|(name, _)| *name)
    }
}

fn run(suites: &Suites, test: &Test) -> Result<Option<String>, String> {
    if test.is_withdrawn() {
        return Ok(Some("withdrawn by the W3C".to_owned()));
    }
    let kind = test.kind()?;
    if let Some(reason) = sparql::not_applicable(test, &kind) {
        return Ok(Some(reason.to_owned()));
    }
    match kind.strip_prefix("Test") {
        Some(kind) => rdf::run(suites, test, kind)?,
        None => sparql::run(suites, test, &kind)?,
    }
    Ok(None)
}

fn judge(suites: &Suites, test: &Test, explanations: &mut Explanations) -> Ended {
    let outcome = catch_unwind(AssertUnwindSafe(|| run(suites, test))).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("PANIC: {}", message.unwrap_or_default()))
    });
    let reason = explanations.take(&test.name);
    match (outcome, reason) {
        (Ok(Some(why)), _) => Ended::NotApplicable(why),
        (Ok(None), None) => Ended::Passed,
        (Ok(None), Some(_)) => Ended::Failed("passes, but is listed as a failure".to_owned()),
        (Err(error), Some(_)) if error.starts_with("PANIC") => Ended::Failed(error),
        (Err(_), Some(reason)) => Ended::Explained(reason.to_owned()),
        (Err(error), None) => Ended::Failed(error),
    }
}

/// What the command line asks for.
#[derive(Default)]
struct Asked {
    manifests: Vec<String>,
    parts: Vec<String>,
    is_verbose: bool,
    lists: bool,
}

fn asked() -> Asked {
    let mut asked = Asked::default();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--verbose" => asked.is_verbose = true,
            "--list" => asked.lists = true,
            // Those of the other test harness.
            option if option.starts_with('-') => {}
            file if Path::new(file).is_file() => asked.manifests.push(argument),
            _ => asked.parts.push(argument),
        }
    }
    asked
}

/// Tests and their ends by folder.
#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    explained: usize,
    skipped: usize,
}

fn main() -> ExitCode {
    let asked = asked();
    if asked.lists {
        return ExitCode::SUCCESS;
    }
    let root = environment::test_data("conformance/rdf-tests");
    let suites = Suites { root };
    let given = !asked.manifests.is_empty();
    let manifests: Vec<String> = match (&suites.root, given) {
        (_, true) => {
            let paths = asked.manifests.iter();
            paths.map(|path| suites.iri(Path::new(path))).collect()
        }
        (Some(root), false) => {
            let paths = MANIFESTS.iter();
            paths.map(|path| suites.iri(&root.join(path))).collect()
        }
        (None, false) => {
            println!("test result: ok. 0 passed; 0 failed; 0 ignored");
            return ExitCode::SUCCESS;
        }
    };
    let mut explanations = Explanations::new();
    let mut failures: Vec<(String, String)> = Vec::new();
    let mut folders: Vec<(String, Counts)> = Vec::new();
    let mut outcomes = Vec::new();
    for manifest in manifests {
        let tests = manifest::tests(&suites, &manifest).unwrap_or_else(|error| {
            failures.push((manifest.clone(), error));
            Vec::new()
        });
        if tests.is_empty() {
            failures.push((manifest, "the manifest names no tests".to_owned()));
        }
        for test in &tests {
            if !asked.parts.is_empty() && !asked.parts.iter().any(|part| test.name.contains(part)) {
                continue;
            }
            let folder = test.name.rsplit_once('/').map_or("", |(folder, _)| folder);
            if folders.last().is_none_or(|(last, _)| last != folder) {
                folders.push((folder.to_owned(), Counts::default()));
            }
            let Some((_, counts)) = folders.last_mut() else {
                continue;
            };
            let ended = judge(&suites, test, &mut explanations);
            let (outcome, line) = match &ended {
                Ended::Passed => {
                    counts.passed += 1;
                    (Outcome::Passed, "passed".to_owned())
                }
                Ended::NotApplicable(why) => {
                    counts.skipped += 1;
                    (Outcome::Inapplicable, format!("not applicable: {why}"))
                }
                Ended::Explained(why) => {
                    counts.explained += 1;
                    (Outcome::Failed, format!("explained failure: {why}"))
                }
                Ended::Failed(error) => {
                    counts.failed += 1;
                    failures.push((test.name.clone(), error.clone()));
                    (Outcome::Failed, "FAILED".to_owned())
                }
            };
            if asked.is_verbose || matches!(ended, Ended::Explained(_)) {
                println!("{}: {line}", test.name);
            }
            outcomes.push((test.iri.clone(), outcome));
        }
    }
    if !given && asked.parts.is_empty() {
        let unused = explanations.unused();
        failures.extend(unused.map(|name| {
            let error = "is listed as a failure but is not in the suites";
            (name.to_owned(), error.to_owned())
        }));
        let path = earl::path();
        match earl::write(&path, &outcomes) {
            Ok(()) => println!("report: {}", path.display()),
            Err(error) => failures.push((path.display().to_string(), error.to_string())),
        }
    }
    report(&folders, &failures)
}

fn report(folders: &[(String, Counts)], failures: &[(String, String)]) -> ExitCode {
    for (name, error) in failures {
        println!("FAILED {name}: {}\n", error.trim_end());
    }
    let mut all = Counts::default();
    for (folder, counts) in folders {
        println!(
            "{folder}: {} passed, {} failed, {} explained, {} not applicable",
            counts.passed, counts.failed, counts.explained, counts.skipped
        );
        all.passed += counts.passed;
        all.explained += counts.explained;
        all.skipped += counts.skipped;
    }
    println!("explained failures: {}", all.explained);
    // In the form of the other test harness; .ci/run adds these lines up.
    let word = if failures.is_empty() { "ok" } else { "FAILED" };
    println!(
        "test result: {word}. {} passed; {} failed; {} ignored",
        all.passed,
        failures.len(),
        all.explained + all.skipped
    );
    match failures.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
