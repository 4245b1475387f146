//! Manifests: which tests there are, and where their files lie.

use crate::documents::Suites;
use oxrdf::{Dataset, NamedNodeRef, NamedOrBlankNode, NamedOrBlankNodeRef, Term};
use std::sync::Arc;

pub const MF: &str = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#";
pub const QT: &str = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#";
pub const UT: &str = "http://www.w3.org/2009/sparql/tests/test-update#";
pub const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
pub const RDFS: &str = "http://www.w3.org/2000/01/rdf-schema#";
pub const RDFT: &str = "http://www.w3.org/ns/rdftest#";
pub const SD: &str = "http://www.w3.org/ns/sparql-service-description#";

/// One test of a manifest.
pub struct Test {
    pub manifest: Arc<Dataset>,
    pub node: NamedOrBlankNode,
    /// The IRI by which a report speaks of it.
    pub iri: String,
    /// The folder of its manifest, and its own name: `sparql11/bind/bind01`.
    pub name: String,
}

pub fn object(
    dataset: &Dataset,
    subject: NamedOrBlankNodeRef<'_>,
    predicate: &str,
) -> Option<Term> {
    objects(dataset, subject, predicate).into_iter().next()
}

pub fn objects(dataset: &Dataset, subject: NamedOrBlankNodeRef<'_>, predicate: &str) -> Vec<Term> {
    let predicate = NamedNodeRef::new_unchecked(predicate);
    dataset
        .quads_for_subject(subject)
        .filter(|quad| quad.predicate == predicate)
        .map(|quad| quad.object.into_owned())
        .collect()
}

/// A term as a subject.
pub fn node(term: &Term) -> Option<NamedOrBlankNode> {
    match term {
        Term::NamedNode(node) => Some(node.clone().into()),
        Term::BlankNode(node) => Some(node.clone().into()),
        Term::Literal(_) | Term::Triple(_) => None,
    }
}

impl Test {
    /// The object of a property of a node of the manifest.
    pub fn object_of(&self, subject: &NamedOrBlankNode, predicate: &str) -> Option<Term> {
        object(&self.manifest, subject.as_ref(), predicate)
    }

    pub fn objects_of(&self, subject: &NamedOrBlankNode, predicate: &str) -> Vec<Term> {
        objects(&self.manifest, subject.as_ref(), predicate)
    }

    pub fn object(&self, predicate: &str) -> Option<Term> {
        self.object_of(&self.node, predicate)
    }

    /// The IRI a property of the test has.
    pub fn iri_of(&self, predicate: &str) -> Result<String, String> {
        match self.object(predicate) {
            Some(Term::NamedNode(iri)) => Ok(iri.into_string()),
            other => Err(format!("{predicate} is {other:?}")),
        }
    }

    /// The type without its namespace, and without the version that some carry.
    pub fn kind(&self) -> Result<String, String> {
        let kind = self.iri_of(&format!("{RDF}type"))?;
        let local = kind.rsplit('#').next().unwrap_or(&kind);
        Ok(local.trim_end_matches("11").to_owned())
    }

    /// The node of `mf:action`.
    pub fn action(&self) -> Result<NamedOrBlankNode, String> {
        self.object(&format!("{MF}action"))
            .as_ref()
            .and_then(node)
            .ok_or_else(|| "there is no action".to_owned())
    }

    pub fn is_withdrawn(&self) -> bool {
        let approvals = [
            format!("{RDFT}approval"),
            "http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#approval".to_owned(),
        ];
        approvals.iter().any(|approval| {
            matches!(self.object(approval), Some(Term::NamedNode(approval))
                if approval.as_str().ends_with("Rejected") || approval.as_str().ends_with("Withdrawn"))
        })
    }
}

/// The members of the list that starts at a node.
fn list(dataset: &Dataset, mut rest: Option<Term>) -> Vec<Term> {
    let mut members = Vec::new();
    while let Some(Term::BlankNode(cell)) = rest {
        let cell = NamedOrBlankNode::from(cell);
        members.extend(object(dataset, cell.as_ref(), &format!("{RDF}first")));
        rest = object(dataset, cell.as_ref(), &format!("{RDF}rest"));
    }
    members
}

/// The lists that stand behind a predicate anywhere in a manifest.
fn lists(dataset: &Dataset, predicate: &str) -> Vec<Term> {
    dataset
        .iter()
        .filter(|quad| quad.predicate.as_str() == predicate)
        .map(|quad| quad.object.into_owned())
        .flat_map(|first| list(dataset, Some(first)))
        .collect()
}

/// The tests of a manifest and of those it includes, in order.
pub fn tests(suites: &Suites, manifest: &str) -> Result<Vec<Test>, String> {
    let (mut tests, mut seen) = (Vec::new(), Vec::new());
    let mut open = vec![manifest.to_owned()];
    while let Some(manifest) = open.pop() {
        if seen.contains(&manifest) {
            continue;
        }
        let dataset = suites
            .dataset(&manifest)
            .map_err(|error| format!("the manifest {manifest}: {error}"))?;
        let dataset = Arc::new(dataset);
        let folder = suites.folder(&manifest);
        for entry in lists(&dataset, &format!("{MF}entries")) {
            let node = node(&entry).ok_or("an entry is a literal")?;
            let shown = node.to_string();
            let iri = shown.trim_matches(['<', '>']).to_owned();
            let local = iri.rsplit(['#', '/']).next().unwrap_or(&iri).to_owned();
            tests.push(Test {
                manifest: dataset.clone(),
                name: format!("{folder}/{local}"),
                iri,
                node,
            });
        }
        let included = lists(&dataset, &format!("{MF}include"));
        open.extend(included.into_iter().rev().filter_map(|term| match term {
            Term::NamedNode(iri) => Some(iri.into_string()),
            _ => None,
        }));
        seen.push(manifest);
    }
    Ok(tests)
}
