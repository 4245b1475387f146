//! What a text is, without running it. No store is needed; the options may know the functions of one.

use super::explain::kind_name;
use super::json::Json;
use super::shape::{ResultKind, Shape};
use crate::algebra::{
    Language, Operation, ParseOptions, QuadTemplate, Query, Slot, Target, TemplateSlot, has_word,
    parse, parse_update,
};
use crate::error::{Code, Error, Result};
use json_event_parser::JsonEvent;
use std::fmt;
use std::io;

/// The version of the JSON. Keys may be added under one version; none is renamed or removed.
const VERSION: u64 = 1;

/// A text that was found to be well-formed.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    pub content: Content,
    /// Whether it asks other endpoints: it has SERVICE.
    pub has_service: bool,
    pub endpoints: Endpoints,
}

/// The endpoints that a text has asked. What a query that is sent to one of them asks in turn is not known.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Endpoints {
    /// IRIs, distinct, in order of appearance.
    pub iris: Vec<String>,
    /// Whether a variable decides which others.
    pub any: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Query {
        /// The kind of the result and its columns.
        shape: Shape,
        /// IRIs of FROM and FROM NAMED; `None` if the query has neither.
        from: Option<FromClauses>,
    },
    Update {
        operations: Vec<InspectedOperation>,
    },
}

/// The data set that a query names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FromClauses {
    pub default: Vec<String>,
    pub named: Vec<String>,
}

/// An operation of an update. ADD, COPY and MOVE are the operations that SPARQL 1.1 Update defines them by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InspectedOperation {
    /// Its keywords: INSERT DATA, DELETE DATA, INSERT, DELETE, DELETE INSERT, LOAD, CLEAR, CREATE.
    pub name: &'static str,
    pub writes: Writes,
    /// The document that LOAD reads.
    pub source: Option<String>,
}

/// The graphs that an operation may change.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Writes {
    pub default_graph: bool,
    /// IRIs, distinct, in order of appearance.
    pub graphs: Vec<String>,
    /// Whether others may be among them: a variable or the documents decide, or all named graphs are meant.
    pub any_named_graph: bool,
}

/// Whether a text is a query or an update follows from its first word behind the prologue; a text without one is an update
/// that does nothing.
/// Errors: as [`Prepared::new`](super::Prepared::new), with the place and a hint.
pub fn inspect(text: &str, options: &ParseOptions) -> Result<Inspection> {
    let mut endpoints = Endpoints::default();
    let content = match Language::of(text) {
        Language::Query => {
            let query = parse(text, options)?;
            endpoints.add(&query);
            Content::Query {
                shape: Shape::of(&query),
                from: query.dataset.map(|dataset| FromClauses {
                    default: dataset.default,
                    named: dataset.named.unwrap_or_default(),
                }),
            }
        }
        Language::Update => {
            let operations = parse_update(text, options)?.operations;
            for operation in &operations {
                if let Operation::Modify(modify) = operation {
                    endpoints.add(&modify.query);
                }
            }
            Content::Update {
                operations: operations.iter().map(InspectedOperation::of).collect(),
            }
        }
    };
    Ok(Inspection {
        content,
        has_service: has_word(text, "SERVICE"),
        endpoints,
    })
}

impl Endpoints {
    fn add(&mut self, query: &Query) {
        query.pattern.visit_services(&mut |service| {
            let constant = match service.endpoint {
                Slot::Constant(number) => query.constants.get(number.0 as usize),
                Slot::Var(_) => None,
            };
            match constant {
                Some(oxrdf::Term::NamedNode(iri)) => {
                    if self.iris.iter().all(|known| known != iri.as_str()) {
                        self.iris.push(iri.as_str().to_owned());
                    }
                }
                _ => self.any = true,
            }
        });
    }
}

impl InspectedOperation {
    fn of(operation: &Operation) -> Self {
        let mut writes = Writes::default();
        let mut loaded = None;
        match operation {
            Operation::Data(data) => {
                let constant = |number: usize| data.constants.get(number);
                for quad in data.delete.iter().chain(&data.insert) {
                    writes.quad(quad, &constant);
                }
            }
            Operation::Modify(modify) => {
                let constant = |number: usize| modify.query.constants.get(number);
                for quad in modify.delete.iter().chain(&modify.insert) {
                    writes.quad(quad, &constant);
                }
            }
            Operation::Load { source, graph, .. } => {
                loaded = Some(source.clone());
                match graph {
                    Some(graph) => writes.graph(graph),
                    None => {
                        writes.default_graph = true;
                        writes.any_named_graph = true;
                    }
                }
            }
            Operation::Clear { target, .. } => match target {
                Target::Graph(graph) => writes.graph(graph),
                Target::Default => writes.default_graph = true,
                Target::Named => writes.any_named_graph = true,
                Target::All => {
                    writes.default_graph = true;
                    writes.any_named_graph = true;
                }
            },
            Operation::Create { graph, .. } => writes.graph(graph),
        }
        Self {
            name: operation.name(),
            writes,
            source: loaded,
        }
    }
}

impl Writes {
    fn graph(&mut self, iri: &str) {
        if self.graphs.iter().all(|known| known != iri) {
            self.graphs.push(iri.to_owned());
        }
    }

    fn quad<'c>(
        &mut self,
        quad: &QuadTemplate,
        constant: &impl Fn(usize) -> Option<&'c oxrdf::Term>,
    ) {
        match &quad.graph {
            None => self.default_graph = true,
            Some(TemplateSlot::Constant(number)) => match constant(number.0 as usize) {
                Some(oxrdf::Term::NamedNode(graph)) => self.graph(graph.as_str()),
                _ => self.any_named_graph = true,
            },
            Some(TemplateSlot::Var(_) | TemplateSlot::Blank(_) | TemplateSlot::Triple(_)) => {
                self.any_named_graph = true;
            }
        }
    }
}

/// Lines for people.
impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |iris: &[String]| match iris {
            [] => "none".to_owned(),
            iris => format!("<{}>", iris.join("> <")),
        };
        match &self.content {
            Content::Query { shape, from } => {
                write!(f, "{}", self.kind_name())?;
                if !shape.columns.is_empty() {
                    write!(f, " ?{}", shape.columns.join(" ?"))?;
                }
                writeln!(f)?;
                if let Some(from) = from {
                    writeln!(f, "from {}", list(&from.default))?;
                    writeln!(f, "from named {}", list(&from.named))?;
                }
            }
            Content::Update { operations } => {
                let plural = if operations.len() == 1 { "" } else { "s" };
                writeln!(f, "update of {} operation{plural}", operations.len())?;
                for InspectedOperation {
                    name,
                    writes,
                    source,
                } in operations
                {
                    write!(f, "{name}")?;
                    if let Some(source) = source {
                        write!(f, " <{source}>")?;
                    }
                    let mut graphs: Vec<String> = Vec::new();
                    if writes.default_graph {
                        graphs.push("the default graph".to_owned());
                    }
                    graphs.extend(writes.graphs.iter().map(|graph| format!("<{graph}>")));
                    if writes.any_named_graph {
                        graphs.push("any named graph".to_owned());
                    }
                    match graphs[..] {
                        [] => writeln!(f)?,
                        _ => writeln!(f, " in {}", graphs.join(", "))?,
                    }
                }
            }
        }
        if self.has_service {
            let Endpoints { iris, any } = &self.endpoints;
            let mut endpoints: Vec<String> = iris.iter().map(|iri| format!("<{iri}>")).collect();
            endpoints.extend(any.then(|| "any that a variable names".to_owned()));
            match endpoints[..] {
                [] => writeln!(f, "asks other endpoints (SERVICE)")?,
                _ => writeln!(
                    f,
                    "asks other endpoints (SERVICE): {}",
                    endpoints.join(", ")
                )?,
            }
        }
        if self.has_load() {
            writeln!(f, "reads documents (LOAD)")?;
        }
        Ok(())
    }
}

impl Inspection {
    /// Whether it reads documents: it has LOAD.
    pub fn has_load(&self) -> bool {
        match &self.content {
            Content::Query { .. } => false,
            Content::Update { operations } => operations
                .iter()
                .any(|operation| operation.source.is_some()),
        }
    }

    /// Select, ask, construct, describe or update.
    pub fn kind_name(&self) -> &'static str {
        match &self.content {
            Content::Query { shape, .. } => kind_name(shape.kind),
            Content::Update { .. } => "update",
        }
    }

    /// The kind of the result; `None` for an update.
    pub fn result_kind(&self) -> Option<ResultKind> {
        match &self.content {
            Content::Query { shape, .. } => Some(shape.kind),
            Content::Update { .. } => None,
        }
    }

    /// As a JSON object; docs/sparql.md has its keys. Errors: `Internal`.
    pub fn to_json(&self) -> Result<String> {
        Json::document(|json| self.write_json(json))
            .map_err(|error| Error::new(Code::Internal, "an inspection is no JSON").because(error))
    }

    fn write_json(&self, json: &mut Json) -> io::Result<()> {
        json.event(JsonEvent::StartObject)?;
        json.number("version", VERSION)?;
        json.text("kind", self.kind_name())?;
        match &self.content {
            Content::Query { shape, from } => {
                json.texts("columns", &shape.columns)?;
                if let Some(from) = from {
                    json.texts("from", &from.default)?;
                    json.texts("from_named", &from.named)?;
                }
            }
            Content::Update { operations } => {
                json.key("operations")?;
                json.event(JsonEvent::StartArray)?;
                for operation in operations {
                    json.event(JsonEvent::StartObject)?;
                    json.text("operation", operation.name)?;
                    json.flag("default_graph", operation.writes.default_graph)?;
                    json.texts("graphs", &operation.writes.graphs)?;
                    json.flag("any_named_graph", operation.writes.any_named_graph)?;
                    if let Some(source) = &operation.source {
                        json.text("source", source)?;
                    }
                    json.event(JsonEvent::EndObject)?;
                }
                json.event(JsonEvent::EndArray)?;
            }
        }
        json.flag("service", self.has_service)?;
        if self.has_service {
            json.texts("endpoints", &self.endpoints.iris)?;
            json.flag("any_endpoint", self.endpoints.any)?;
        }
        json.flag("load", self.has_load())?;
        json.event(JsonEvent::EndObject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        let inspection = inspect(text, &ParseOptions::default()).unwrap();
        inspection.to_json().unwrap()
    }

    #[test]
    fn queries_are_told_by_kind_columns_and_data_set() {
        for (text, expected) in [
            (
                "SELECT * { ?b <x:p> ?a }",
                r#"{"version":1,"kind":"select","columns":["b","a"],"service":false,"load":false}"#,
            ),
            (
                "# SELECT\nPREFIX insert: <x:> ASK FROM <x:g> FROM NAMED <x:h> {}",
                r#"{"version":1,"kind":"ask","columns":[],"from":["x:g"],"from_named":["x:h"],"service":false,"load":false}"#,
            ),
            (
                "BASE <http://e/> VERSION '1.2' construct { <a> <b> 'SERVICE LOAD' } where {}",
                r#"{"version":1,"kind":"construct","columns":["subject","predicate","object"],"service":false,"load":false}"#,
            ),
        ] {
            assert_eq!(json(text), expected, "{text}");
        }
    }

    #[test]
    fn updates_are_told_by_operations_and_the_graphs_they_may_change() {
        for (text, expected) in [
            ("", r#""operations":[],"service":false,"load":false}"#),
            (
                "PREFIX : <x:> INSERT DATA { :s :p 1 GRAPH :g { :s :p 2 } GRAPH :g { :s :p 3 } }",
                r#""operations":[{"operation":"INSERT DATA","default_graph":true,"graphs":["x:g"],"any_named_graph":false}],"service":false,"load":false}"#,
            ),
            (
                "WITH <x:g> DELETE { ?s ?p ?o } INSERT { GRAPH ?h { ?s ?p ?o } } WHERE { ?s ?p ?o GRAPH ?h {} }; CLEAR NAMED",
                r#""operations":[{"operation":"DELETE INSERT","default_graph":false,"graphs":["x:g"],"any_named_graph":true},{"operation":"CLEAR","default_graph":false,"graphs":[],"any_named_graph":true}],"service":false,"load":false}"#,
            ),
            (
                "load <x:d> into graph <x:g> ; DROP DEFAULT ; CREATE GRAPH <x:h>",
                r#""operations":[{"operation":"LOAD","default_graph":false,"graphs":["x:g"],"any_named_graph":false,"source":"x:d"},{"operation":"CLEAR","default_graph":true,"graphs":[],"any_named_graph":false},{"operation":"CREATE","default_graph":false,"graphs":["x:h"],"any_named_graph":false}],"service":false,"load":true}"#,
            ),
        ] {
            let expected = format!("{{\"version\":1,\"kind\":\"update\",{expected}");
            assert_eq!(json(text), expected, "{text}");
        }
    }

    #[test]
    fn endpoints_are_listed_wherever_they_are_asked() {
        for (text, expected) in [
            (
                "ASK { ?s ?p 'SERVICE' }",
                r#""service":false,"load":false}"#,
            ),
            (
                "ASK { SERVICE <x:a> { ?s ?p ?o } FILTER EXISTS { SERVICE SILENT <x:b> { ?s ?p 1 } } SERVICE <x:a> {} }",
                r#""service":true,"endpoints":["x:a","x:b"],"any_endpoint":false,"load":false}"#,
            ),
            (
                "SELECT ?e { ?s ?p ?e OPTIONAL { SERVICE ?e { ?s ?q 2 } } }",
                r#""service":true,"endpoints":[],"any_endpoint":true,"load":false}"#,
            ),
            (
                "DELETE { ?s ?p ?o } WHERE { { SELECT * { SERVICE <x:c> { ?s ?p ?o } } } }; INSERT { <x:s> <x:p> 1 } WHERE { SERVICE <x:d> {} }",
                r#""service":true,"endpoints":["x:c","x:d"],"any_endpoint":false,"load":false}"#,
            ),
        ] {
            let json = json(text);
            assert!(json.ends_with(expected), "{json}");
        }
        let both = "ASK { ?s ?p ?e SERVICE ?e {} SERVICE <x:a> {} }";
        let lines = inspect(both, &ParseOptions::default()).unwrap().to_string();
        let expected = "asks other endpoints (SERVICE): <x:a>, any that a variable names\n";
        assert!(lines.ends_with(expected), "{lines}");
    }

    #[test]
    fn errors_have_their_place_and_a_hint_in_queries_and_in_updates() {
        for (text, place) in [
            ("SELECT * {\n ?s ex:p ?o }", (2, 5)),
            ("INSERT DATA {\n <x:s> <x:p> }", (2, 14)),
            ("PREFIX : <x:>\nINSRT DATA { :s :p 1 }", (2, 1)),
            ("SELCT * { ?s ?p ?o }", (1, 1)),
            ("CLEAR ALL INSERT DATA {}", (1, 11)),
            ("COPY <x:a> <x:b>", (1, 12)),
            ("DROP", (1, 5)),
            ("LOAD 'x:d'", (1, 6)),
            ("INSERT { ?s ?p ?o }", (1, 20)),
            ("INSERT INTO <x:g> { <x:s> <x:p> 1 }", (1, 8)),
            ("UPDATE DATA { }", (1, 1)),
        ] {
            let error = inspect(text, &ParseOptions::default()).unwrap_err();
            assert_eq!(error.code(), Code::QueryParse, "{text}");
            let position = error.position().unwrap();
            assert_eq!((position.line, position.column), place, "{text}: {error}");
            assert!(error.hint().is_some(), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_not_ground_in_data_is_shown_where_it_stands() {
        for (text, column) in [
            ("INSERT DATA { <x:s> <x:p> 1 , ?o }", 31),
            ("CLEAR ALL; DELETE DATA { <x:s> <x:p> _:b }", 38),
            ("DELETE DATA { <x:s> <x:p> [] }", 27),
        ] {
            let error = inspect(text, &ParseOptions::default()).unwrap_err();
            assert!(error.detail().contains("not allowed"), "{error}");
            assert_eq!(error.position().unwrap().column, column, "{text}: {error}");
        }
    }
}
