//! SERVICE through a handler that answers from data sets in memory.

use crate::answer::{Rows, Solution, answer, answer_under, iri, store};
use oxrdf::{Dataset, GraphName, Literal, Quad};
use parking_lot::Mutex;
use sparesults::{QueryResultsFormat, QueryResultsSerializer};
use spareval::{QueryEvaluator, QueryResults};
use spargebra::SparqlParser;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use triplestore::control::Budget;
use triplestore::database::Database;
use triplestore::error::{Code, Error, Result};
use triplestore::query::{ServiceCall, ServiceHandler, ServiceReply, Services};

/// What an endpoint does.
enum Endpoint {
    Data(Box<Dataset>, QueryResultsFormat),
    Says(&'static str, QueryResultsFormat),
    Fails,
    /// Waits until the query ends.
    Hangs,
    /// Writes without an end.
    Floods,
}

#[derive(Default)]
struct Endpoints {
    endpoints: BTreeMap<&'static str, Endpoint>,
    /// Endpoints and queries of all calls.
    calls: Mutex<Vec<(String, String)>>,
}

impl ServiceHandler for Endpoints {
    fn answer(&self, call: &ServiceCall<'_>, reply: &mut ServiceReply) -> Result<()> {
        let asked = (call.endpoint.to_owned(), call.query.to_owned());
        self.calls.lock().push(asked);
        match &self.endpoints[call.endpoint] {
            Endpoint::Data(dataset, format) => {
                reply.set_format(*format);
                let query = SparqlParser::new().parse_query(call.query).unwrap();
                let results = QueryEvaluator::new().prepare(&query).execute(&**dataset);
                let Ok(QueryResults::Solutions(solutions)) = results else {
                    panic!("{} is a SELECT", call.query);
                };
                let variables = solutions.variables().to_vec();
                let mut document = QueryResultsSerializer::from_format(*format)
                    .serialize_solutions_to_writer(Vec::new(), variables)
                    .unwrap();
                for solution in solutions {
                    document.serialize(&solution.unwrap()).unwrap();
                }
                for piece in document.finish().unwrap().chunks(7) {
                    reply.write(piece)?;
                }
                Ok(())
            }
            Endpoint::Says(document, format) => {
                reply.set_format(*format);
                reply.write(document.as_bytes())
            }
            Endpoint::Fails => Err(Error::new(Code::Io, "connection refused")),
            Endpoint::Hangs => loop {
                call.control.poll()?;
                thread::sleep(Duration::from_millis(1));
            },
            Endpoint::Floods => loop {
                reply.write(&[b' '; 4096])?;
            },
        }
    }
}

fn quad(subject: &str, predicate: &str, object: &str) -> Quad {
    Quad::new(
        iri(subject),
        iri(predicate),
        iri(object),
        GraphName::DefaultGraph,
    )
}

fn data(names: &[&str]) -> Box<Dataset> {
    let quads = names.iter().map(|name| {
        let value = Literal::new_simple_literal(name.to_uppercase());
        Quad::new(iri(name), iri("name"), value, GraphName::DefaultGraph)
    });
    Box::new(quads.collect())
}

/// A store with two quads, and endpoints of every kind.
fn federated() -> (Database, Arc<Endpoints>) {
    let database = store(&[
        quad("a", "at", "one"),
        quad("b", "at", "two"),
        quad("c", "at", "one"),
    ]);
    let json = QueryResultsFormat::Json;
    let endpoints = [
        ("http://x/one", Endpoint::Data(data(&["a", "c", "d"]), json)),
        (
            "http://x/two",
            Endpoint::Data(data(&["b"]), QueryResultsFormat::Xml),
        ),
        (
            "http://x/three",
            Endpoint::Data(data(&["a"]), QueryResultsFormat::Tsv),
        ),
        ("http://x/garbage", Endpoint::Says("{\"head\":", json)),
        ("http://x/fails", Endpoint::Fails),
        ("http://x/hangs", Endpoint::Hangs),
        ("http://x/floods", Endpoint::Floods),
        (
            "http://x/blanks",
            Endpoint::Says(
                "?n\t?m\n_:a\t_:b\n_:a\t_:a\n\"x\"@EN\t<http://x/a>\n",
                QueryResultsFormat::Tsv,
            ),
        ),
    ];
    let handler = Arc::new(Endpoints {
        endpoints: endpoints.into(),
        calls: Mutex::default(),
    });
    let allowed = vec!["http://x/*".to_owned()];
    let services = Services::new(allowed, handler.clone()).unwrap();
    database.set_services(Some(services)).unwrap();
    (database, handler)
}

fn fails(database: &Database, text: &str) -> Error {
    answer_under(database, text, &database.query_control()).unwrap_err()
}

fn names(rows: &Rows) -> Vec<&str> {
    rows.iter().map(|row| row["name"].as_str()).collect()
}

#[test]
fn solutions_of_an_endpoint_join_those_of_the_store_in_every_format() {
    let (database, handler) = federated();
    for (endpoint, expected) in [
        ("one", vec!["\"A\"", "\"C\""]),
        ("two", vec!["\"B\""]),
        ("three", vec!["\"A\""]),
    ] {
        let text = format!(
            "SELECT ?name {{ ?s <http://x/at> ?where SERVICE <http://x/{endpoint}> {{ ?s <http://x/name> ?name }} }}"
        );
        assert_eq!(names(&answer(&database, &text)), expected);
    }
    assert_eq!(handler.calls.lock().len(), 3);
}

#[test]
fn an_endpoint_that_is_a_variable_is_asked_once_for_each_value() {
    let (database, handler) = federated();
    let text =
        "SELECT ?s ?name { ?s <http://x/at> ?where SERVICE ?where { ?s <http://x/name> ?name } }";
    let rows = answer(&database, text);
    assert_eq!(names(&rows), ["\"A\"", "\"B\"", "\"C\""]);
    let mut asked: Vec<String> = handler.calls.lock().drain(..).map(|call| call.0).collect();
    asked.sort();
    assert_eq!(asked, ["http://x/one", "http://x/two"]);
    // Another endpoint binds the variable.
    let text = "SELECT ?name { SERVICE <http://x/one> { VALUES ?where { <http://x/two> } } \
                SERVICE ?where { ?s <http://x/name> ?name } }";
    assert_eq!(names(&answer(&database, text)), ["\"B\""]);
    let error = fails(&database, "SELECT * { SERVICE ?nothing { ?s ?p ?o } }");
    assert_eq!(error.code(), Code::QueryUnsupported);
}

#[test]
fn within_exists_optional_and_lateral_an_endpoint_is_asked_once() {
    let (database, handler) = federated();
    for (pattern, rows) in [
        (
            "FILTER EXISTS { SERVICE <http://x/one> { ?s <http://x/name> ?name } FILTER(?s != <http://x/d>) }",
            2,
        ),
        (
            "OPTIONAL { SERVICE <http://x/one> { ?s <http://x/name> ?name } }",
            3,
        ),
        (
            "LATERAL { SELECT ?s ?name { SERVICE <http://x/one> { ?s <http://x/name> ?name } } LIMIT 1 }",
            2,
        ),
        (
            "OPTIONAL { { SELECT ?s { SERVICE <http://x/one> { ?s <http://x/name> ?name } } } FILTER(?where != <http://x/two>) }",
            3,
        ),
    ] {
        let text = format!("SELECT * {{ ?s <http://x/at> ?where {pattern} }}");
        assert_eq!(answer(&database, &text).len(), rows, "{text}");
        assert_eq!(handler.calls.lock().drain(..).count(), 1, "{text}");
    }
}

#[test]
fn service_is_off_until_it_is_set_and_refused_beyond_the_list() {
    let (database, handler) = federated();
    let text = |endpoint: &str| format!("SELECT * {{ SERVICE <{endpoint}> {{ ?s ?p ?o }} }}");
    for endpoint in ["http://y/one", "http://x", "http://xx/one", "urn:x/"] {
        assert_eq!(
            fails(&database, &text(endpoint)).code(),
            Code::ServiceRefused,
            "{endpoint}"
        );
    }
    let exact = vec!["http://x/one".to_owned()];
    database
        .set_services(Some(Services::new(exact, handler.clone()).unwrap()))
        .unwrap();
    assert_eq!(answer(&database, &text("http://x/one")).len(), 3);
    assert_eq!(
        fails(&database, &text("http://x/two")).code(),
        Code::ServiceRefused
    );
    assert_eq!(
        fails(&database, &text("http://x/one/more")).code(),
        Code::ServiceRefused
    );
    database.set_services(None).unwrap();
    assert_eq!(
        fails(&database, &text("http://x/one")).code(),
        Code::ServiceRefused
    );
    assert_eq!(handler.calls.lock().len(), 1);
    let open = Services::new(vec!["http://x*".to_owned()], handler);
    assert_eq!(open.err().unwrap().code(), Code::InvalidArgument);
}

#[test]
fn a_failure_is_an_error_or_under_silent_one_empty_solution() {
    let (database, _) = federated();
    for endpoint in ["fails", "garbage"] {
        let text = |silent: &str| {
            format!(
                "SELECT * {{ ?s <http://x/at> ?where SERVICE {silent} <http://x/{endpoint}> {{ ?s <http://x/name> ?name }} }}"
            )
        };
        let error = fails(&database, &text(""));
        assert_eq!(error.code(), Code::ServiceFailed, "{error}");
        let rows = answer(&database, &text("SILENT"));
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().all(|row| row.len() == 2), "{rows:?}");
    }
    let refused = "SELECT * { ?s <http://x/at> ?o SERVICE SILENT <http://y/> { ?s ?p ?o } }";
    assert_eq!(answer(&database, refused).len(), 3);
    let variable = "SELECT * { ?s <http://x/at> ?o OPTIONAL { ?s <http://x/none> ?e } SERVICE SILENT ?e { ?s ?p ?o } }";
    assert_eq!(answer(&database, variable).len(), 3);
}

#[test]
fn what_ends_the_query_ends_it_under_silent_too() {
    let (database, _) = federated();
    let text = |endpoint: &str| {
        format!("SELECT * {{ SERVICE SILENT <http://x/{endpoint}> {{ ?s ?p ?o }} }}")
    };
    let control = database
        .query_control()
        .with_timeout(Duration::from_millis(30));
    let error = answer_under(&database, &text("hangs"), &control).unwrap_err();
    assert_eq!(error.code(), Code::QueryTimeout);
    let control = database.query_control();
    let token = control.cancel_token();
    let cancel = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        token.cancel();
    });
    let error = answer_under(&database, &text("hangs"), &control).unwrap_err();
    assert_eq!(error.code(), Code::Cancelled);
    cancel.join().unwrap();
    let control = database
        .query_control()
        .with_memory(Budget::new("test", 1 << 20));
    let error = answer_under(&database, &text("floods"), &control).unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
}

#[test]
fn blank_nodes_of_a_reply_are_its_own_and_language_tags_are_those_of_the_store() {
    let (database, _) = federated();
    let text = "SELECT * { SERVICE <http://x/blanks> { ?n ?p ?m } }";
    let rows = answer(&database, text);
    let nodes: Vec<&Solution> = rows
        .iter()
        .filter(|row| row["n"].starts_with("_:"))
        .collect();
    assert_eq!(nodes.len(), 2);
    assert_eq!(nodes[0]["n"], nodes[1]["n"]);
    assert_eq!(nodes.iter().filter(|row| row["n"] == row["m"]).count(), 1);
    assert!(rows.iter().any(|row| row["n"] == "\"x\"@en"));
    // Two replies share no node.
    let twice = "SELECT * { SERVICE <http://x/blanks> { ?n ?p ?m } SERVICE <http://x/blanks> { ?n ?q ?k } }";
    assert!(
        answer(&database, twice)
            .iter()
            .all(|row| !row["n"].starts_with("_:"))
    );
}

#[test]
fn the_query_for_an_endpoint_has_the_variables_in_scope_and_no_blank_node() {
    let (database, handler) = federated();
    for (pattern, rows) in [
        ("[] <http://x/name> ?name", 3),
        ("_:a <http://x/name>/<http://x/none>* ?name", 3),
        ("_:a <http://x/name> ?name . _:a <http://x/none>* ?s", 3),
        (
            "{ SELECT ?name { ?s <http://x/name> ?name FILTER EXISTS { ?s ?p [] } } }",
            3,
        ),
        ("<http://x/a> <http://x/name> \"A\"", 1),
        (
            "?s <http://x/name> ?name FILTER(?name != \"A\") OPTIONAL { ?s <http://x/none> ?x }",
            2,
        ),
    ] {
        let text = format!("SELECT * {{ SERVICE <http://x/one> {{ {pattern} }} }}");
        assert_eq!(answer(&database, &text).len(), rows, "{pattern}");
    }
    let calls = handler.calls.lock();
    assert!(calls.iter().all(|call| !call.1.contains("_:")), "{calls:?}");
    assert!(calls[0].1.starts_with("SELECT ?name WHERE"), "{calls:?}");
}

#[test]
fn a_reply_nested_without_end_is_a_failure() {
    let (database, _) = federated();
    let deep: &'static str = "{\"a\":".repeat(100_000).leak();
    let handler = Arc::new(Endpoints {
        endpoints: [(
            "http://x/deep",
            Endpoint::Says(deep, QueryResultsFormat::Json),
        )]
        .into(),
        calls: Mutex::default(),
    });
    let services = Services::new(vec!["*".to_owned()], handler).unwrap();
    database.set_services(Some(services)).unwrap();
    let error = fails(
        &database,
        "SELECT * { SERVICE <http://x/deep> { ?s ?p ?o } }",
    );
    assert_eq!(error.code(), Code::ServiceFailed);
}
