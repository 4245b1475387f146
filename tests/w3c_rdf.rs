//! The W3C test suites of N-Triples, N-Quads, Turtle, TriG and RDF/XML, RDF 1.1 and 1.2, through
//! our own door: manifests and data are parsed by `load::parse` with default options.
//!
//! Data: `$TRIPLESTORE_TEST_DATA/conformance/rdf-tests/rdf` (default `../shared`). Without it the
//! test says so and passes, unless `TRIPLESTORE_REQUIRE_DATA=1`. Failures that are expected stand
//! in `w3c_rdf_expected.txt`, one per line with a reason; the test fails for every other failure
//! and for every listed test that passes.

use oxrdf::dataset::CanonicalizationAlgorithm;
use oxrdf::{Dataset, NamedNodeRef, NamedOrBlankNode, NamedOrBlankNodeRef, Term, TermRef};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use triplestore::control::Control;
use triplestore::load::{
    Format, Input, ParseOptions, RawTerm, Refusal, StatementSink, check_iri, parse, write_statement,
};

/// Where the suites say they are published; their data is resolved against it.
const PUBLISHED: &str = "https://w3c.github.io/rdf-tests/rdf/";

const SUITES: [&str; 14] = [
    "rdf11/rdf-n-triples",
    "rdf11/rdf-n-quads",
    "rdf11/rdf-turtle",
    "rdf11/rdf-trig",
    "rdf11/rdf-xml",
    "rdf12/rdf-n-triples/syntax",
    "rdf12/rdf-n-triples/c14n",
    "rdf12/rdf-n-quads/syntax",
    "rdf12/rdf-n-quads/c14n",
    "rdf12/rdf-turtle/syntax",
    "rdf12/rdf-turtle/eval",
    "rdf12/rdf-trig/syntax",
    "rdf12/rdf-trig/eval",
    "rdf12/rdf-xml/eval",
];

const EXPECTED_FAILURES: &str = include_str!("w3c_rdf_expected.txt");

/// Statements as canonical N-Quads, after the checks an interner makes.
#[derive(Default)]
struct Lines(Vec<u8>);

fn check(term: RawTerm<'_>) -> Result<(), Refusal> {
    match term {
        RawTerm::Iri(iri) => Ok(check_iri(iri)?),
        RawTerm::Triple(parts) => parts.iter().try_for_each(|part| check(*part)),
        RawTerm::Blank(_) | RawTerm::Literal(_) => Ok(()),
    }
}

impl StatementSink for Lines {
    fn statement(
        &mut self,
        s: RawTerm<'_>,
        p: RawTerm<'_>,
        o: RawTerm<'_>,
        g: Option<RawTerm<'_>>,
    ) -> Result<(), Refusal> {
        for term in [Some(s), Some(p), Some(o), g].into_iter().flatten() {
            check(term)?;
        }
        write_statement(&mut self.0, s, p, o, g);
        Ok(())
    }
}

/// The suites on disk.
struct Suites(PathBuf);

impl Suites {
    fn path(&self, iri: &str) -> Result<PathBuf, String> {
        let relative = iri.strip_prefix(PUBLISHED);
        Ok(self
            .0
            .join(relative.ok_or_else(|| format!("{iri} is elsewhere"))?))
    }

    /// The statements of a published document, as canonical N-Quads.
    fn lines(&self, iri: &str) -> Result<Vec<u8>, String> {
        let path = self.path(iri)?;
        let format = Format::from_path(&path).map_err(|e| e.to_string())?;
        let control = Control::new();
        let input = Input::file(&path, None, &control).map_err(|e| e.to_string())?;
        let mut options = ParseOptions::new(format);
        options.base_iri = Some(iri.to_owned());
        let mut sinks = [Lines::default()];
        parse(input, &options, &control, &mut sinks).map_err(|e| e.to_string())?;
        let [Lines(lines)] = sinks;
        Ok(lines)
    }

    fn dataset(&self, iri: &str) -> Result<Dataset, String> {
        let lines = self.lines(iri)?;
        let mut dataset = Dataset::new();
        for quad in oxttl::NQuadsParser::new().for_slice(&lines) {
            dataset.insert(&quad.map_err(|e| format!("our own dump of {iri}: {e}"))?);
        }
        Ok(dataset)
    }

    /// `None`: this test is not for us (withdrawn). `Some(Err)`: it fails, and why.
    fn run(&self, manifest: &Dataset, test: &NamedOrBlankNode) -> Option<Result<(), String>> {
        let object = |predicate: &str| object(manifest, test.as_ref(), predicate);
        let approval = object("http://www.w3.org/ns/rdftest#approval");
        if matches!(&approval, Some(Term::NamedNode(a)) if a.as_str().ends_with("Rejected")) {
            return None;
        }
        let name = |predicate: &str| match object(predicate) {
            Some(Term::NamedNode(iri)) => Ok(iri.into_string()),
            other => Err(format!("{predicate} is {other:?}")),
        };
        Some((|| {
            let kind = name("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")?;
            let action = name(&format!("{MF}action"))?;
            let kind = kind
                .strip_prefix("http://www.w3.org/ns/rdftest#Test")
                .unwrap_or(&kind);
            if kind.ends_with("NegativeSyntax") || kind.ends_with("NegativeEval") {
                return match self.lines(&action) {
                    Ok(_) => Err("was accepted".to_owned()),
                    Err(_) => Ok(()),
                };
            }
            if kind.ends_with("PositiveSyntax") {
                return self.lines(&action).map(|_| ());
            }
            let result = name(&format!("{MF}result"))?;
            if kind.ends_with("C14N") {
                let expected = std::fs::read(self.path(&result)?).map_err(|e| e.to_string())?;
                return match self.lines(&action)? == expected {
                    true => Ok(()),
                    false => Err("the canonical form differs".to_owned()),
                };
            }
            if !kind.ends_with("Eval") {
                return Err(format!("a test of kind {kind} is not known"));
            }
            let mut actual = self.dataset(&action)?;
            let mut expected = self.dataset(&result)?;
            actual.canonicalize(CanonicalizationAlgorithm::Unstable);
            expected.canonicalize(CanonicalizationAlgorithm::Unstable);
            match actual == expected {
                true => Ok(()),
                false => Err(format!(
                    "the statements differ:\n{actual}instead of\n{expected}"
                )),
            }
        })())
    }
}

const MF: &str = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#";

fn object(dataset: &Dataset, subject: NamedOrBlankNodeRef<'_>, predicate: &str) -> Option<Term> {
    let predicate = NamedNodeRef::new_unchecked(predicate);
    let mut quads = dataset.quads_for_subject(subject);
    let quad = quads.find(|quad| quad.predicate == predicate)?;
    Some(quad.object.into_owned())
}

/// The tests of a manifest in order: the members of its `mf:entries` list.
fn entries(manifest: &Dataset) -> Vec<NamedOrBlankNode> {
    let entries = format!("{MF}entries");
    let list = manifest
        .iter()
        .find(|quad| quad.predicate.as_str() == entries);
    let mut rest = list.map(|quad| quad.object.into_owned());
    let mut tests = Vec::new();
    const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    while let Some(Term::BlankNode(node)) = rest {
        let node = NamedOrBlankNodeRef::from(node.as_ref());
        if let Some(first) = object(manifest, node, &format!("{RDF}first")) {
            match first.as_ref() {
                TermRef::NamedNode(test) => tests.push(test.into_owned().into()),
                TermRef::BlankNode(test) => tests.push(test.into_owned().into()),
                TermRef::Literal(_) | TermRef::Triple(_) => {}
            }
        }
        rest = object(manifest, node, &format!("{RDF}rest"));
    }
    tests
}

fn data_path() -> PathBuf {
    let root = std::env::var_os("TRIPLESTORE_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    root.join("conformance/rdf-tests/rdf")
}

#[test]
fn w3c_suites_pass_except_where_a_failure_is_explained() {
    let path = data_path();
    if !path.is_dir() {
        let required = std::env::var("TRIPLESTORE_REQUIRE_DATA").is_ok_and(|v| v == "1");
        assert!(!required, "no W3C suites in {}", path.display());
        println!("skipped: no W3C suites in {}", path.display());
        return;
    }
    let mut expected: BTreeMap<&str, &str> = EXPECTED_FAILURES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(char::is_whitespace).unwrap_or((line, "")))
        .collect();
    assert!(
        expected.values().all(|reason| !reason.trim().is_empty()),
        "an expected failure needs a reason"
    );
    let suites = Suites(path);
    let mut wrong = Vec::new();
    for suite in SUITES {
        let (mut passed, mut failed, mut skipped) = (0, 0, 0);
        let manifest = suites
            .dataset(&format!("{PUBLISHED}{suite}/manifest.ttl"))
            .unwrap_or_else(|e| panic!("the manifest of {suite}: {e}"));
        for test in entries(&manifest) {
            let test_iri = test.to_string();
            let local = test_iri.trim_matches(['<', '>']);
            let name = format!("{suite}/{}", local.rsplit('#').next().unwrap_or(local));
            let reason = expected.remove(&*name);
            match (suites.run(&manifest, &test), reason) {
                (None, _) => skipped += 1,
                (Some(Ok(())), None) => passed += 1,
                (Some(Ok(())), Some(_)) => {
                    passed += 1;
                    wrong.push(format!("{name} passes but is listed as a failure"));
                }
                (Some(Err(error)), Some(reason)) => {
                    failed += 1;
                    println!("expected failure: {name}: {}: {error}", reason.trim());
                }
                (Some(Err(error)), None) => {
                    failed += 1;
                    wrong.push(format!("{name}: {error}"));
                }
            }
        }
        println!("{suite}: {passed} passed, {failed} failed, {skipped} skipped");
        assert!(passed > 0, "the manifest of {suite} names no tests");
    }
    wrong.extend(
        expected
            .keys()
            .map(|name| format!("{name} is listed but not in the suites")),
    );
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
