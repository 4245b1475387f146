//! Tests of the syntaxes of RDF: documents are parsed by `load::parse` with default options.

use crate::documents::Suites;
use crate::manifest::{MF, Test};
use oxrdf::dataset::CanonicalizationAlgorithm;

/// Runs a test whose type is `rdft:Test` and `kind`.
pub fn run(suites: &Suites, test: &Test, kind: &str) -> Result<(), String> {
    let action = test.iri_of(&format!("{MF}action"))?;
    if kind.ends_with("NegativeSyntax") || kind.ends_with("NegativeEval") {
        return match suites.lines(&action) {
            Ok(_) => Err("was accepted".to_owned()),
            Err(_) => Ok(()),
        };
    }
    if kind.ends_with("PositiveSyntax") {
        return suites.lines(&action).map(|_| ());
    }
    let result = test.iri_of(&format!("{MF}result"))?;
    if kind.ends_with("C14N") {
        return match suites.lines(&action)? == suites.bytes(&result)? {
            true => Ok(()),
            false => Err("the canonical form differs".to_owned()),
        };
    }
    if !kind.ends_with("Eval") {
        return Err(format!("a test of kind {kind} is not known"));
    }
    let mut actual = suites.dataset(&action)?;
    let mut expected = suites.dataset(&result)?;
    actual.canonicalize(CanonicalizationAlgorithm::Unstable);
    expected.canonicalize(CanonicalizationAlgorithm::Unstable);
    match actual == expected {
        true => Ok(()),
        false => Err(format!("expected\n{expected}got\n{actual}")),
    }
}
