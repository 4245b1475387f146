//! Tests of SPARQL: syntax, evaluation of queries, evaluation of updates.

use crate::answer::{self, Cardinality, compare, isomorphic};
use crate::documents::Suites;
use crate::library::{self, Endpoints};
use crate::manifest::{MF, QT, RDFS, SD, Test, UT, node};
use oxrdf::{Dataset, GraphName, NamedNode, NamedOrBlankNode, Quad, Term};
use std::collections::BTreeMap;
use triplestore::database::Database;

/// Kinds of tests that are not for a library, and why.
const NOT_APPLICABLE: [(&str, &str); 3] = [
    ("ProtocolTest", "asks a server by HTTP; a library has none"),
    (
        "GraphStoreProtocolTest",
        "asks a server by HTTP; a library has none",
    ),
    (
        "ServiceDescriptionTest",
        "asks a server by HTTP; a library has none",
    ),
];

/// Why a test is not run, if it is not.
pub fn not_applicable(test: &Test, kind: &str) -> Option<&'static str> {
    let by_kind = NOT_APPLICABLE.iter().find(|(name, _)| *name == kind);
    if let Some((_, reason)) = by_kind {
        return Some(reason);
    }
    let action = test.action().ok()?;
    let regime = test
        .object_of(&action, &format!("{SD}entailmentRegime"))
        .or_else(|| test.object(&format!("{SD}entailmentRegime")));
    regime
        .map(|_| "asks for an entailment regime; query answers here are those of simple entailment")
}

/// Runs a test of SPARQL.
pub fn run(suites: &Suites, test: &Test, kind: &str) -> Result<(), String> {
    match kind {
        "PositiveSyntaxTest" | "NegativeSyntaxTest" => {
            let (text, base) = request(suites, test, QT, "query")?;
            accepted(library::parse(&text, &base), kind)
        }
        "PositiveUpdateSyntaxTest" | "NegativeUpdateSyntaxTest" => {
            let (text, base) = request(suites, test, UT, "request")?;
            accepted(library::parse_update(&text, &base).map(drop), kind)
        }
        "QueryEvaluationTest" | "CSVResultFormatTest" => evaluate(suites, test),
        "UpdateEvaluationTest" => update(suites, test),
        other => Err(format!("a test of kind {other} is not known")),
    }
}

/// The text of the query or update, and its IRI: the action, or a property of it.
fn request(
    suites: &Suites,
    test: &Test,
    namespace: &str,
    property: &str,
) -> Result<(String, String), String> {
    let action = test.action()?;
    let file = test
        .object_of(&action, &format!("{namespace}{property}"))
        .or_else(|| Some(Term::from(action.clone())).filter(|_| action.is_named_node()));
    match file {
        Some(Term::NamedNode(iri)) => Ok((suites.text(iri.as_str())?, iri.into_string())),
        other => Err(format!("the request is {other:?}")),
    }
}

fn accepted(parsed: Result<(), String>, kind: &str) -> Result<(), String> {
    match (parsed, kind.starts_with("Positive")) {
        (Ok(()), true) => Ok(()),
        (Ok(()), false) => Err("was accepted".to_owned()),
        (Err(error), true) => Err(error),
        // A well-formed text may be refused as unsupported, which says nothing about its syntax.
        (Err(error), false) if error.starts_with("[1004]") => Err(error),
        (Err(_), false) => Ok(()),
    }
}

/// The documents of a property of an action or result: the file, and the name of its graph if it has another one.
fn documents(
    test: &Test,
    subject: &NamedOrBlankNode,
    property: &str,
    file: &str,
) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    for value in test.objects_of(subject, property) {
        if let Term::NamedNode(iri) = &value {
            found.push((iri.as_str().to_owned(), iri.as_str().to_owned()));
            continue;
        }
        let value = node(&value).ok_or("a document is a literal")?;
        let Some(Term::NamedNode(iri)) = test.object_of(&value, file) else {
            return Err(format!("{property} has no {file}"));
        };
        let name = match test.object_of(&value, &format!("{RDFS}label")) {
            Some(Term::Literal(label)) => label.value().to_owned(),
            _ => iri.as_str().to_owned(),
        };
        found.push((iri.into_string(), name));
    }
    Ok(found)
}

fn load(suites: &Suites, database: &Database, test: &Test, namespace: &str) -> Result<(), String> {
    let action = test.action()?;
    let data = format!("{namespace}data");
    for (document, _) in documents(test, &action, &data, &data)? {
        library::load(database, suites, &document, None)?;
    }
    let (property, file) = (format!("{namespace}graphData"), format!("{namespace}graph"));
    for (document, name) in documents(test, &action, &property, &file)? {
        library::load(database, suites, &document, Some(&name))?;
    }
    Ok(())
}

fn evaluate(suites: &Suites, test: &Test) -> Result<(), String> {
    let (text, base) = request(suites, test, QT, "query")?;
    let query = library::prepare(&text, &base)?;
    let database = library::store()?;
    load(suites, &database, test, QT)?;
    let endpoints = endpoints(suites, test)?;
    library::serve(&database, endpoints)?;
    let names: Vec<String> = library::quads(&database)?
        .iter()
        .map(|quad| quad.graph_name.to_string())
        .collect();
    // Graphs that the query names and the test does not give are those published there.
    for graph in library::graphs(&query) {
        if !names.contains(&format!("<{graph}>")) && suites.path(&graph).is_ok() {
            library::load(&database, suites, &graph, Some(&graph))?;
        }
    }
    let result = test.iri_of(&format!("{MF}result"))?;
    let expected = answer::expected(suites, &result)?;
    let got = library::ask(&database, &query, answer::result_format(&result))?;
    let lax = matches!(test.object(&format!("{MF}resultCardinality")),
        Some(Term::NamedNode(kind)) if kind.as_str().ends_with("LaxCardinality"));
    let cardinality = match lax {
        true => Cardinality::Lax,
        false => Cardinality::Strict,
    };
    compare(&expected, &got, cardinality)
}

/// The endpoints of a test of SERVICE, with their data.
fn endpoints(suites: &Suites, test: &Test) -> Result<Endpoints, String> {
    let mut endpoints = BTreeMap::new();
    for given in test.objects_of(&test.action()?, &format!("{QT}serviceData")) {
        let given = node(&given).ok_or("an endpoint is a literal")?;
        let Some(Term::NamedNode(endpoint)) = test.object_of(&given, &format!("{QT}endpoint"))
        else {
            return Err("an endpoint has no IRI".to_owned());
        };
        let database = library::store()?;
        let data = format!("{QT}data");
        for (document, _) in documents(test, &given, &data, &data)? {
            library::load(&database, suites, &document, None)?;
        }
        endpoints.insert(endpoint.into_string(), database);
    }
    Ok(Endpoints(endpoints))
}

/// The quads of a data set by graph. Empty graphs are not there (definition 12).
fn by_graph(dataset: &Dataset) -> BTreeMap<String, Dataset> {
    let mut graphs: BTreeMap<String, Dataset> = BTreeMap::new();
    for quad in dataset {
        let mut plain = quad.into_owned();
        let name = std::mem::replace(&mut plain.graph_name, GraphName::DefaultGraph);
        graphs.entry(name.to_string()).or_default().insert(&plain);
    }
    graphs
}

fn update(suites: &Suites, test: &Test) -> Result<(), String> {
    let (text, base) = request(suites, test, UT, "request")?;
    let database = library::store()?;
    load(suites, &database, test, UT)?;
    library::update(&database, &text, &base)?;
    let result = test
        .object(&format!("{MF}result"))
        .as_ref()
        .and_then(node)
        .ok_or("there is no result")?;
    let mut expected: BTreeMap<String, Dataset> = BTreeMap::new();
    let mut expect = |document: &str, graph: Option<&GraphName>| -> Result<(), String> {
        for quad in &suites.dataset(document)? {
            let graph = graph.map_or(quad.graph_name, GraphName::as_ref);
            let quad = Quad::new(quad.subject, quad.predicate, quad.object, graph);
            for (name, graph) in by_graph(&[quad].into_iter().collect()) {
                expected.entry(name).or_default().extend(&graph);
            }
        }
        Ok(())
    };
    let data = format!("{UT}data");
    for (document, _) in documents(test, &result, &data, &data)? {
        expect(&document, None)?;
    }
    let (property, file) = (format!("{UT}graphData"), format!("{UT}graph"));
    for (document, name) in documents(test, &result, &property, &file)? {
        expect(&document, Some(&NamedNode::new_unchecked(name).into()))?;
    }
    // Graph by graph: blank nodes that documents share by label are not the same.
    let got = by_graph(&library::quads(&database)?);
    let same = expected.len() == got.len()
        && expected
            .iter()
            .all(|(name, graph)| got.get(name).is_some_and(|got| isomorphic(graph, got)));
    match same {
        true => Ok(()),
        false => Err(format!(
            "expected\n{}got\n{}",
            shown(&expected),
            shown(&got)
        )),
    }
}

fn shown(graphs: &BTreeMap<String, Dataset>) -> String {
    graphs
        .iter()
        .map(|(name, graph)| format!("  in {name}:\n{graph}"))
        .collect()
}
