//! EXPLAIN: a plan, the data set it reads and, after a run, what its operators have done; as text and as JSON.

use super::json::Json;
use super::shape::{ResultKind, Shape};
use crate::error::{Code, Error, Result};
use crate::plan::{Description, Value, view_name};
use crate::store::View;
use json_event_parser::JsonEvent;
use std::fmt::{self, Write};
use std::io;
use std::time::Duration;

/// The version of the JSON. Keys may be added under one version; none is renamed or removed.
const VERSION: u64 = 1;

/// A plan to be read. Its `Display` is the text: a line for the data set, then one for each operator with its inputs
/// indented below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    pub shape: Shape,
    pub dataset: ShownDataset,
    pub plan: Description,
    /// What a run has done so far; `None` if there was none.
    pub work: Option<Work>,
}

/// The data set of a request as it came out of its options and its FROM clauses.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownDataset {
    pub default_graph: ShownDefaultGraph,
    /// IRIs of FROM NAMED; `None` is all named graphs.
    pub named_graphs: Option<Vec<String>>,
    pub view: View,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ShownDefaultGraph {
    /// The default graph of the store.
    Store,
    /// The distinct triples of all graphs.
    Union,
    /// The distinct triples of the graphs with these IRIs, which may be none.
    Graphs(Vec<String>),
}

/// What a run has done.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Rows given, by node.
    pub rows: Vec<u64>,
    /// Time in each node and those below it, by node; `None` unless it was asked for.
    pub times: Option<Vec<Duration>>,
    /// Rows of the result.
    pub result_rows: u64,
    /// The most bytes that were charged at one time.
    pub memory_peak_bytes: u64,
    /// Bytes written to temporary files.
    pub spooled_bytes: u64,
    /// Since planning ended.
    pub elapsed: Duration,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |iris: &[String]| match iris {
            [] => "none".to_owned(),
            iris => format!("<{}>", iris.join("> <")),
        };
        let default = match &self.dataset.default_graph {
            ShownDefaultGraph::Store => "of the store".to_owned(),
            ShownDefaultGraph::Union => "union of all graphs".to_owned(),
            ShownDefaultGraph::Graphs(iris) => list(iris),
        };
        let named = match &self.dataset.named_graphs {
            None => "all".to_owned(),
            Some(iris) => list(iris),
        };
        writeln!(
            f,
            "Data set: default graph {default}; named graphs {named}; view {}",
            view_name(self.dataset.view)
        )?;
        self.line(f, &self.plan, 0)?;
        match &self.work {
            Some(work) if work.times.is_some() => writeln!(
                f,
                "Result: {} rows in {:.3} ms, memory peak {} bytes, spooled {} bytes",
                work.result_rows,
                work.elapsed.as_secs_f64() * 1e3,
                work.memory_peak_bytes,
                work.spooled_bytes
            ),
            _ => Ok(()),
        }
    }
}

impl Explanation {
    fn line(&self, f: &mut fmt::Formatter<'_>, node: &Description, depth: usize) -> fmt::Result {
        let mut line = format!("{:indent$}{}", "", node.operator, indent = depth * 2);
        for detail in &node.details {
            if !detail.label.is_empty() {
                write!(line, " {}", detail.label)?;
            }
            match &detail.value {
                Value::Text(text) => write!(line, " {text}")?,
                Value::Number(number) => write!(line, " {number}")?,
                Value::Variables(names) => write!(line, " ?{}", names.join(" ?"))?,
            }
        }
        write!(line, "  [rows ~{:.0}", node.estimated_rows)?;
        if let Some(work) = &self.work {
            if let Some(rows) = work.rows.get(node.number) {
                write!(line, ", actual {rows}")?;
            }
            if let Some(time) = work.times.as_ref().and_then(|times| times.get(node.number)) {
                write!(line, ", time {:.3} ms", time.as_secs_f64() * 1e3)?;
            }
        }
        writeln!(f, "{line}, cost {:.1} us]", node.cost_ns / 1000.0)?;
        for input in &node.inputs {
            self.line(f, input, depth + 1)?;
        }
        Ok(())
    }

    /// The explanation as a JSON object; docs/sparql.md has its keys. Errors: `Internal`.
    pub fn to_json(&self) -> Result<String> {
        Json::document(|json| self.write_json(json))
            .map_err(|error| Error::new(Code::Internal, "a plan is no JSON").because(error))
    }

    fn write_json(&self, json: &mut Json) -> io::Result<()> {
        json.event(JsonEvent::StartObject)?;
        json.number("version", VERSION)?;
        json.text("kind", kind_name(self.shape.kind))?;
        json.texts("columns", &self.shape.columns)?;
        json.key("dataset")?;
        json.event(JsonEvent::StartObject)?;
        match &self.dataset.default_graph {
            ShownDefaultGraph::Store => json.text("default_graph", "store")?,
            ShownDefaultGraph::Union => json.text("default_graph", "union")?,
            ShownDefaultGraph::Graphs(iris) => json.texts("default_graph", iris)?,
        }
        match &self.dataset.named_graphs {
            None => json.text("named_graphs", "all")?,
            Some(iris) => json.texts("named_graphs", iris)?,
        }
        json.text("view", view_name(self.dataset.view))?;
        json.event(JsonEvent::EndObject)?;
        json.key("plan")?;
        self.node_json(&self.plan, json)?;
        if let Some(work) = &self.work {
            json.key("work")?;
            json.event(JsonEvent::StartObject)?;
            json.number("rows", work.result_rows)?;
            json.number("time_ns", nanos(work.elapsed))?;
            json.number("memory_peak_bytes", work.memory_peak_bytes)?;
            json.number("spooled_bytes", work.spooled_bytes)?;
            json.event(JsonEvent::EndObject)?;
        }
        json.event(JsonEvent::EndObject)
    }

    fn node_json(&self, node: &Description, json: &mut Json) -> io::Result<()> {
        json.event(JsonEvent::StartObject)?;
        json.text("operator", node.operator)?;
        json.key("details")?;
        json.event(JsonEvent::StartObject)?;
        for detail in &node.details {
            match &detail.value {
                Value::Text(text) => json.text(detail.name, text)?,
                Value::Number(number) => json.number(detail.name, *number)?,
                Value::Variables(names) => json.texts(detail.name, names)?,
            }
        }
        json.event(JsonEvent::EndObject)?;
        json.texts("variables", &node.variables)?;
        json.texts("sorted", &node.sorted)?;
        // Estimates beyond 2^64 are shown as that.
        json.number("estimated_rows", node.estimated_rows.round() as u64)?;
        json.number("cost_ns", node.cost_ns.round() as u64)?;
        if let Some(work) = &self.work {
            if let Some(rows) = work.rows.get(node.number) {
                json.number("actual_rows", *rows)?;
            }
            if let Some(time) = work.times.as_ref().and_then(|times| times.get(node.number)) {
                json.number("time_ns", nanos(*time))?;
            }
        }
        json.key("children")?;
        json.event(JsonEvent::StartArray)?;
        for input in &node.inputs {
            self.node_json(input, json)?;
        }
        json.event(JsonEvent::EndArray)?;
        json.event(JsonEvent::EndObject)
    }
}

/// The word for a kind of result.
pub fn kind_name(kind: ResultKind) -> &'static str {
    match kind {
        ResultKind::Select => "select",
        ResultKind::Ask => "ask",
        ResultKind::Construct => "construct",
        ResultKind::Describe => "describe",
        ResultKind::Match => "match",
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
