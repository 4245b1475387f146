//! A plan as text: one line for each operator, inputs indented below, with estimated rows and, after a run, the actual
//! ones.

use super::node::{Node, Op, PathEnd, PathGraph, PathSpec, Plan};
use crate::algebra::{Query, Var};
use crate::store::source::{G, O, P, S};
use crate::store::{Graphs, Order, ScanSpec, View};
use crate::term::Id;
use std::fmt::Write;

/// Shows a plan. `term` prints a term; `actual` are the rows each node gave, by its number.
pub fn explain(
    plan: &Plan,
    query: &Query,
    term: &dyn Fn(Id) -> String,
    actual: Option<&[u64]>,
) -> String {
    let mut text = String::new();
    let printer = Printer {
        query,
        term,
        actual,
    };
    printer.node(&plan.root, 0, &mut text);
    text
}

struct Printer<'a> {
    query: &'a Query,
    term: &'a dyn Fn(Id) -> String,
    actual: Option<&'a [u64]>,
}

impl Printer<'_> {
    fn node(&self, node: &Node, depth: usize, text: &mut String) {
        let mut line = format!("{:indent$}{}", "", node.op.name(), indent = depth * 2);
        let details = self.details(node);
        if !details.is_empty() {
            line.push(' ');
            line.push_str(&details);
        }
        // Writing to a string does not fail.
        let _ = write!(text, "{line}  [rows ~{:.0}", node.rows);
        if let Some(actual) = self.actual.and_then(|actual| actual.get(node.number)) {
            let _ = write!(text, ", actual {actual}");
        }
        let _ = writeln!(text, ", cost {:.1} us]", node.cost / 1000.0);
        for input in node.op.inputs() {
            self.node(input, depth + 1, text);
        }
    }

    fn vars(&self, vars: &[Var]) -> String {
        vars.iter()
            .map(|&var| self.var(var))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn var(&self, var: Var) -> String {
        format!("?{}", self.query.name(var))
    }

    fn details(&self, node: &Node) -> String {
        match &node.op {
            Op::Scan { spec, .. } => format!("{} -> {}", self.spec(spec), self.vars(&node.columns)),
            Op::CountScan { spec } | Op::CountRuns { spec, .. } => {
                format!("{} -> {}", self.spec(spec), self.vars(&node.columns))
            }
            Op::Fixed { rows, .. } => format!("{} ({rows} rows)", self.vars(&node.columns)),
            Op::MergeJoin { left, keys, .. } => format!("on {}", self.vars(&left.columns[..*keys])),
            Op::ProbeJoin {
                input,
                spec,
                columns,
            } => {
                let keys: Vec<Var> = columns
                    .keys
                    .iter()
                    .map(|&column| input.columns[column])
                    .collect();
                format!("on {} into {}", self.vars(&keys), self.spec(spec))
            }
            Op::Path { input, spec } => self.path(node, input, spec),
            Op::HashJoin {
                probe,
                columns,
                filters,
                ..
            } => {
                let pairs = columns.keys.iter().chain(&columns.compatible);
                let keys: Vec<Var> = pairs.map(|&(column, _)| probe.columns[column]).collect();
                match (keys.is_empty(), filters.len()) {
                    (true, _) => String::new(),
                    (false, 0) => format!("on {}", self.vars(&keys)),
                    (false, filters) => format!("on {} with {filters} filters", self.vars(&keys)),
                }
            }
            Op::Filter { filters, .. } => format!(
                "{} conditions on {}",
                filters.len(),
                self.vars(&{
                    let mut vars: Vec<Var> =
                        filters.iter().flat_map(|filter| filter.vars()).collect();
                    vars.sort_unstable();
                    vars.dedup();
                    vars
                })
            ),
            Op::Sort { keys, limit, .. } => {
                let keys: Vec<String> = keys
                    .iter()
                    .map(|key| {
                        let var = self.var(node.columns[key.column]);
                        if key.descending {
                            format!("DESC({var})")
                        } else {
                            var
                        }
                    })
                    .collect();
                match limit {
                    Some(limit) => format!("by {} limit {limit}", keys.join(" ")),
                    None => format!("by {}", keys.join(" ")),
                }
            }
            Op::Slice { offset, limit, .. } => match *limit {
                u64::MAX => format!("offset {offset}"),
                limit => format!("offset {offset} limit {limit}"),
            },
            Op::Columns { .. } | Op::Group { .. } | Op::Extend { .. } | Op::Distinct { .. } => {
                self.vars(&node.columns)
            }
            Op::Construct { template, .. } => format!("{} triples", template.len()),
            Op::EqualColumns { .. } | Op::DropRepeated { .. } | Op::Union { .. } => String::new(),
        }
    }

    fn path(&self, node: &Node, input: &Node, spec: &PathSpec) -> String {
        let mut free = node.columns[input.columns.len()..].iter();
        let mut end = |end: &PathEnd| match end {
            PathEnd::Constant(id) => (self.term)(Id::from_raw(*id)),
            PathEnd::Column(column) => self.var(input.columns[*column]),
            PathEnd::Free => match free.next() {
                Some(&var) => self.var(var),
                // Both ends are one variable.
                None => "the same".to_owned(),
            },
        };
        let (subject, object) = (end(&spec.subject), end(&spec.object));
        let graph = match &spec.graph {
            PathGraph::One(graphs) => self.graphs(graphs),
            PathGraph::Column { column, .. } => {
                format!("graph {}", self.var(input.columns[*column]))
            }
            PathGraph::Free { .. } => "each named graph".to_owned(),
        };
        let steps = spec.forward.labels.len();
        format!("from {subject} to {object}, {steps} kinds of step, in {graph}")
    }

    fn graphs(&self, graphs: &Graphs) -> String {
        match graphs {
            Graphs::Any => "all graphs".to_owned(),
            Graphs::One(0) => "default graph".to_owned(),
            Graphs::One(graph) => format!("graph {}", (self.term)(Id::from_raw(*graph))),
            Graphs::Named => "named graphs".to_owned(),
            Graphs::Listed(graphs) => format!("{} named graphs", graphs.len()),
            Graphs::UnionAll => "union of all graphs".to_owned(),
            Graphs::UnionListed(graphs) => format!("union of {} graphs", graphs.len()),
        }
    }

    fn spec(&self, spec: &ScanSpec) -> String {
        let implied =
            usize::from(spec.order == Order::Gspo && matches!(spec.graphs, Graphs::One(_)));
        let mut parts = [
            "?".to_owned(),
            "?".to_owned(),
            "?".to_owned(),
            "?".to_owned(),
        ];
        for (column, &id) in spec.prefix.iter().enumerate() {
            parts[spec.order.columns()[column + implied]] = (self.term)(Id::from_raw(id));
        }
        let order = format!("{:?}", spec.order).to_uppercase();
        let graphs = self.graphs(&spec.graphs);
        let view = match spec.view {
            View::Both => "",
            View::Asserted => ", asserted",
            View::Inferred => ", inferred",
        };
        debug_assert_eq!([S, P, O, G], [0, 1, 2, 3]);
        format!(
            "{order} ({} {} {}) in {graphs}{view}",
            parts[S], parts[P], parts[O]
        )
    }
}
