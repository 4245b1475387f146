//! A plan described: for each operator its name, what it works on and how, and what is expected of it. Text and JSON are
//! made of this one description, so they cannot differ.

use super::node::{Node, Op, PathEnd, PathGraph, PathSpec, Plan, SortColumn};
use crate::algebra::{Expr, Query, Var};
use crate::store::source::{O, P, S};
use crate::store::{Graphs, Order, ScanSpec, View};
use crate::term::Id;

/// An operator of a plan with its inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    pub operator: &'static str,
    pub details: Vec<Detail>,
    /// Names of the output columns, without question marks.
    pub variables: Vec<String>,
    /// Those by which the rows are sorted.
    pub sorted: Vec<String>,
    pub estimated_rows: f64,
    /// Nanoseconds expected for this operator and those below.
    pub cost_ns: f64,
    /// The number of the node: where what it has done is counted.
    pub number: usize,
    pub inputs: Vec<Description>,
}

/// One thing to know about an operator.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// Its key in JSON.
    pub name: &'static str,
    /// The word before it in text; may be empty.
    pub label: &'static str,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Number(u64),
    /// Variables, without question marks.
    Variables(Vec<String>),
}

/// Describes a plan. `term` prints a term.
pub fn describe(plan: &Plan, query: &Query, term: &dyn Fn(Id) -> String) -> Description {
    Describer { plan, query, term }.node(&plan.root)
}

struct Describer<'a> {
    plan: &'a Plan,
    query: &'a Query,
    term: &'a dyn Fn(Id) -> String,
}

impl Describer<'_> {
    fn node(&self, node: &Node) -> Description {
        Description {
            operator: node.op.name(),
            details: self.details(node),
            variables: self.names(&node.columns),
            sorted: self.names(&node.sorted),
            estimated_rows: node.rows,
            cost_ns: node.cost,
            number: node.number,
            inputs: node
                .op
                .inputs()
                .map(|input| self.node(input))
                .chain(self.subplans(node))
                .collect(),
        }
    }

    /// The patterns that the expressions of a node ask for.
    fn subplans(&self, node: &Node) -> Vec<Description> {
        let mut numbers = Vec::new();
        for expr in node.op.expressions() {
            expr.visit_subplans(&mut |number| numbers.push(number));
        }
        let subplans = numbers
            .into_iter()
            .filter_map(|number| self.plan.subplans.get(number));
        subplans
            .map(|subplan| Description {
                operator: "Exists",
                details: vec![self.variables("given", "given", &subplan.given)],
                variables: Vec::new(),
                sorted: Vec::new(),
                estimated_rows: subplan.root.rows,
                cost_ns: subplan.root.cost,
                number: subplan.root.number,
                inputs: vec![self.node(&subplan.root)],
            })
            .collect()
    }

    /// Without a wildcard, so that a new operator has to say what it does.
    fn details(&self, node: &Node) -> Vec<Detail> {
        let outputs = |label| self.variables("outputs", label, &node.columns);
        match &node.op {
            Op::Fixed { rows, .. } => vec![outputs(""), number("rows", "rows", *rows as u64)],
            Op::Scan { spec, .. } | Op::CountScan { spec } | Op::CountRuns { spec, .. } => {
                let mut details = self.scan(spec, "");
                details.push(outputs("->"));
                details
            }
            Op::MergeJoin { left, keys, .. } => {
                vec![self.variables("keys", "on", &left.columns[..*keys])]
            }
            Op::ProbeJoin {
                input,
                spec,
                columns,
                ..
            } => {
                let keys = columns.keys.iter().map(|&column| input.columns[column]);
                let mut details = vec![self.variables("keys", "on", &keys.collect::<Vec<_>>())];
                details.extend(self.scan(spec, "into"));
                details
            }
            Op::Service { endpoint, spec } => vec![
                text("endpoint", "", (self.term)(Id::from_raw(*endpoint))),
                text("query", "", spec.query.clone()),
            ],
            Op::ServiceJoin {
                input,
                endpoint,
                spec,
                ..
            } => vec![
                self.variables("endpoint", "", &[input.columns[*endpoint]]),
                text("query", "", spec.query.clone()),
            ],
            Op::Path { input, spec } => self.path(node, input, spec),
            Op::HashJoin {
                probe,
                columns,
                filters,
                ..
            } => {
                let names = |columns: &[(usize, usize)]| -> Vec<Var> {
                    let columns = columns.iter();
                    columns.map(|&(column, _)| probe.columns[column]).collect()
                };
                let mut details = vec![self.variables("keys", "on", &names(&columns.keys))];
                let compatible = names(&columns.compatible);
                details.push(self.variables("compatible", "compatible", &compatible));
                details.extend(self.conditions(filters));
                details
            }
            Op::Given => vec![outputs("")],
            Op::SemiJoin { probe, columns, .. } => {
                let names = |columns: &[(usize, usize)]| -> Vec<Var> {
                    let columns = columns.iter();
                    columns.map(|&(column, _)| probe.columns[column]).collect()
                };
                let compatible = names(&columns.compatible);
                vec![
                    self.variables("keys", "on", &names(&columns.keys)),
                    self.variables("compatible", "compatible", &compatible),
                ]
            }
            Op::DependentJoin {
                input,
                columns,
                filters,
                ..
            } => {
                let given = columns.given.iter().map(|&column| input.columns[column]);
                let mut details =
                    vec![self.variables("given", "given", &given.collect::<Vec<_>>())];
                details.extend(self.conditions(filters));
                details
            }
            Op::EqualColumns { input, pairs } => {
                let columns = pairs.iter().flat_map(|&(left, right)| [left, right]);
                let columns: Vec<Var> = columns.map(|column| input.columns[column]).collect();
                vec![self.variables("equal", "", &columns)]
            }
            Op::Filter { filters, .. } => self.conditions(filters),
            Op::Extend { input, .. } => {
                vec![self.variables("computed", "", &node.columns[input.columns.len()..])]
            }
            Op::Columns { .. } => vec![outputs("")],
            Op::Distinct { .. } | Op::DropRepeated { .. } => vec![outputs("")],
            Op::Sort { keys, limit, .. } => {
                let keys: Vec<String> = keys.iter().map(|key| self.sort_key(node, key)).collect();
                let mut details = vec![text("keys", "by", keys.join(" "))];
                details.extend(limit.map(|limit| number("limit", "limit", limit)));
                details
            }
            Op::SliceEach { offset, limit, .. } | Op::Slice { offset, limit, .. } => {
                let mut details = Vec::new();
                if let Op::SliceEach { keys, .. } = &node.op {
                    let keys: Vec<Var> = keys.iter().map(|&key| node.columns[key]).collect();
                    details.push(self.variables("keys", "of each", &keys));
                }
                if *offset > 0 {
                    details.push(number("offset", "offset", *offset));
                }
                if *limit < u64::MAX {
                    details.push(number("limit", "limit", *limit));
                }
                details
            }
            Op::Union { inputs } => vec![number("branches", "of", inputs.len() as u64)],
            Op::Group {
                input,
                keys,
                aggregates,
                ..
            } => {
                let keys: Vec<Var> = keys.iter().map(|&column| input.columns[column]).collect();
                let aggregates: Vec<String> = aggregates
                    .iter()
                    .map(|aggregate| {
                        let distinct = if aggregate.distinct { "DISTINCT " } else { "" };
                        let argument = if aggregate.expr.is_some() { ".." } else { "*" };
                        format!("{}({distinct}{argument})", aggregate.function)
                    })
                    .collect();
                vec![
                    self.variables("keys", "by", &keys),
                    text("aggregates", "", aggregates.join(" ")),
                    outputs("->"),
                ]
            }
            Op::Describe { input, spec } => {
                let mut details = vec![self.variables("resources", "", &input.columns)];
                details.extend(self.scan(spec, "by"));
                details
            }
            Op::Construct { template, .. } => {
                vec![number("template", "triples", template.len() as u64)]
            }
        }
        .into_iter()
        .filter(|detail| match &detail.value {
            Value::Text(text) => !text.is_empty(),
            Value::Variables(names) => !names.is_empty(),
            Value::Number(_) => true,
        })
        .collect()
    }

    /// Which triples are read, and of which graphs.
    fn scan(&self, spec: &ScanSpec, label: &'static str) -> Vec<Detail> {
        let implied =
            usize::from(spec.order == Order::Gspo && matches!(spec.graphs, Graphs::One(_)));
        let mut parts = [(); 4].map(|()| "?".to_owned());
        for (column, &id) in spec.prefix.iter().enumerate() {
            parts[spec.order.columns()[column + implied]] = (self.term)(Id::from_raw(id));
        }
        let order = text("order", label, format!("{:?}", spec.order).to_uppercase());
        let pattern = format!("({} {} {})", parts[S], parts[P], parts[O]);
        if spec.order.is_of_terms() {
            return vec![order, text("pattern", "", format!("<<{pattern}>>"))];
        }
        let mut details = vec![
            order,
            text("pattern", "", pattern),
            text("graphs", "in", self.graphs(&spec.graphs)),
        ];
        if spec.view != View::Both {
            details.push(text("view", "view", view_name(spec.view).to_owned()));
        }
        details
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

    /// From where to where a path is walked, and in which graph.
    fn path(&self, node: &Node, input: &Node, spec: &PathSpec) -> Vec<Detail> {
        let mut free = node.columns[input.columns.len()..].iter();
        let mut end = |end: &PathEnd| match end {
            PathEnd::Constant(id) => (self.term)(Id::from_raw(*id)),
            PathEnd::Column(column) => self.shown(input.columns[*column]),
            PathEnd::Free => match free.next() {
                Some(&var) => self.shown(var),
                // Both ends are one variable.
                None => "the same".to_owned(),
            },
        };
        let (subject, object) = (end(&spec.subject), end(&spec.object));
        let graph = match &spec.graph {
            PathGraph::Default(graphs) => self.graphs(graphs),
            PathGraph::Named(graph) => self.graphs(&Graphs::One(*graph)),
            PathGraph::Column { column, .. } => {
                format!("graph {}", self.shown(input.columns[*column]))
            }
            PathGraph::Free { .. } => "each named graph".to_owned(),
        };
        vec![
            text("from", "from", subject),
            text("to", "to", object),
            number(
                "steps",
                "by kinds of step",
                spec.forward.labels.len() as u64,
            ),
            text("graphs", "in", graph),
        ]
    }

    fn shown(&self, var: Var) -> String {
        format!("?{}", self.query.name(var))
    }

    /// How many conditions, and what they read.
    fn conditions(&self, filters: &[Expr]) -> Vec<Detail> {
        if filters.is_empty() {
            return Vec::new();
        }
        let mut vars: Vec<Var> = filters.iter().flat_map(Expr::vars).collect();
        vars.sort_unstable();
        vars.dedup();
        vec![
            number("conditions", "conditions", filters.len() as u64),
            self.variables("reads", "on", &vars),
        ]
    }

    fn sort_key(&self, node: &Node, key: &SortColumn) -> String {
        let name = self.shown(node.columns[key.column]);
        match key.descending {
            true => format!("DESC({name})"),
            false => name,
        }
    }

    fn variables(&self, name: &'static str, label: &'static str, vars: &[Var]) -> Detail {
        Detail {
            name,
            label,
            value: Value::Variables(self.names(vars)),
        }
    }

    fn names(&self, vars: &[Var]) -> Vec<String> {
        vars.iter().map(|&var| self.query.name(var)).collect()
    }
}

fn text(name: &'static str, label: &'static str, text: String) -> Detail {
    let value = Value::Text(text);
    Detail { name, label, value }
}

fn number(name: &'static str, label: &'static str, number: u64) -> Detail {
    let value = Value::Number(number);
    Detail { name, label, value }
}

/// The word for a view.
pub fn view_name(view: View) -> &'static str {
    match view {
        View::Both => "both",
        View::Asserted => "asserted",
        View::Inferred => "inferred",
    }
}
