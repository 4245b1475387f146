//! From the algebra to a plan: a pattern at a time.

use super::access::{Data, RequestGraphs};
use super::cost;
use super::depth;
use super::given::Given;
use super::node::{Node, Op, Plan, SubPlan};
use super::shape::{choose, distinct, empty, slice, union, wrap};
use crate::algebra::{Expr, Form, Pattern, Query, Var};
use crate::control::{Control, with_stack};
use crate::error::Result;
use crate::store::{Graphs, Order, QuadSource, ScanSpec, View};
use crate::term::Id;
use std::rc::Rc;
use std::sync::Arc;

/// Second plans of one pattern tried for a query: they bound the time of planning patterns that nest.
const TRIES_MAX: usize = 64;

/// What a plan is made for.
pub struct Request<'a> {
    pub source: &'a dyn QuadSource,
    pub control: &'a Control,
    pub view: View,
    pub graphs: RequestGraphs,
}

/// Plans a query. `constants` are the ids of [`Query::constants`], local ones for terms that the dictionary does not
/// have. Cost: a count from the directory for each triple pattern (about 5 us), and some us for each join.
/// Errors: those of [`QuadSource::count`]; `QueryLimit` for a query that nests too deep.
pub fn plan(query: &Query, constants: Vec<Id>, request: &Request<'_>) -> Result<Plan> {
    with_stack(depth::planning_stack_bytes(&query.pattern)?, || {
        plan_here(query, constants, request)
    })
}

fn plan_here(query: &Query, constants: Vec<Id>, request: &Request<'_>) -> Result<Plan> {
    let mut planner = Planner {
        data: Data {
            source: request.source,
            control: request.control,
            view: request.view,
            graphs: &request.graphs,
            constants: &constants,
        },
        fresh: query.variables.len() as u32,
        names: &query.variables,
        given: None,
        shares: false,
        subplans: Vec::new(),
        tries: TRIES_MAX,
    };
    let limit = matches!(query.form, Form::Ask).then_some(1);
    let mut root = planner.pattern(&query.pattern, limit)?;
    root = match &query.form {
        Form::Select { vars } => choose(root, vars),
        Form::Ask => slice(root, 0, 1),
        Form::Describe { vars } => planner.describe(choose(root, vars)),
        Form::Construct { template } => {
            let columns: Vec<Var> = (0..3).map(|_| planner.fresh()).collect();
            let construct = Node {
                always: vec![true; 3],
                sorted: Vec::new(),
                rows: root.rows * template.len() as f64,
                cost: root.cost,
                number: 0,
                columns,
                op: Op::Construct {
                    input: Box::new(root),
                    template: template.clone(),
                },
            };
            distinct(construct)
        }
    };
    planner.plan_exists(&mut root)?;
    let mut subplans = planner.subplans;
    let mut nodes = 0;
    depth::number(&mut root, &mut nodes);
    // A subplan comes after those it asks for.
    let mut depths = Vec::with_capacity(subplans.len());
    for subplan in &mut subplans {
        depth::number(Arc::make_mut(&mut subplan.root), &mut nodes);
        depths.push(depth::depth(&subplan.root, &depths));
    }
    let depth = depth::depth(&root, &depths);
    depth::check(depth)?;
    Ok(Plan {
        root,
        constants: constants.into(),
        subplans,
        nodes,
        depth,
    })
}

pub(super) struct Planner<'a> {
    pub(super) data: Data<'a>,
    fresh: u32,
    /// Those of variables that the text names; of others, no solution tells.
    names: &'a [Option<String>],
    /// What the pattern at hand is worked for, if it depends on an outer one. The plan of such a pattern carries the columns
    /// of the given rows.
    pub(super) given: Option<Rc<Given>>,
    /// Whether all solutions have variables of an outer one in common, so that none of MINUS are disjoint.
    pub(super) shares: bool,
    pub(super) subplans: Vec<SubPlan>,
    /// Second plans that may still be tried.
    tries: usize,
}

impl Planner<'_> {
    pub(super) fn fresh(&mut self) -> Var {
        self.fresh += 1;
        Var(self.fresh - 1)
    }

    /// Whether a variable is one of the text, not of a blank node or of the planner.
    pub(super) fn is_named(&self, var: Var) -> bool {
        self.names.get(var.0 as usize).is_some_and(Option::is_some)
    }

    /// Descriptions from the default graph of the request.
    fn describe(&mut self, resources: Node) -> Node {
        let columns: Vec<Var> = (0..3).map(|_| self.fresh()).collect();
        let Some(graphs) = self.data.graphs.default.clone() else {
            return empty(columns);
        };
        let order = match graphs {
            Graphs::One(graph) if graph != 0 => Order::Gspo,
            _ => Order::Spog,
        };
        Node {
            always: vec![true; 3],
            sorted: Vec::new(),
            rows: resources.rows * cost::DESCRIPTION_TRIPLES,
            cost: resources.cost + cost::SCAN_OPEN + resources.rows * cost::PROBE_KEY,
            number: 0,
            columns,
            op: Op::Describe {
                input: Box::new(resources),
                spec: ScanSpec {
                    order,
                    prefix: Vec::new(),
                    range: None,
                    graphs,
                    view: self.data.view,
                    wanted: [true, true, true, false],
                },
            },
        }
    }

    /// Whether a second plan of a pattern may be tried.
    pub(super) fn may_try(&mut self) -> bool {
        let may = self.tries > 0;
        self.tries -= usize::from(may);
        may
    }

    /// Plans a pattern of which at most `limit` rows, in the pattern's order, are read.
    pub(super) fn pattern(&mut self, pattern: &Pattern, limit: Option<u64>) -> Result<Node> {
        Ok(match pattern {
            Pattern::Quad(_)
            | Pattern::Path(_)
            | Pattern::TripleTerm { .. }
            | Pattern::Service(_)
            | Pattern::Graphs(_)
            | Pattern::Values { .. } => self.join(std::slice::from_ref(pattern), Vec::new())?,
            Pattern::Join(parts) => self.join(parts, Vec::new())?,
            Pattern::Filter { filters, inner } => self.filter(filters.clone(), inner)?,
            Pattern::LeftJoin {
                left,
                right,
                filters,
            } => self.left_join(left, right, filters, Vec::new())?,
            Pattern::Minus { left, right, graph } => self.minus(left, right, *graph, Vec::new())?,
            Pattern::Lateral { left, right } => self.lateral(left, right, Vec::new())?,
            Pattern::Union(branches) => {
                let inputs = branches
                    .iter()
                    .map(|branch| self.pattern(branch, None))
                    .collect::<Result<Vec<_>>>()?;
                union(inputs)
            }
            Pattern::Extend { inner, bindings } => {
                let input = self.pattern(inner, limit)?;
                self.extend(input, bindings.clone())
            }
            Pattern::Group {
                inner,
                keys,
                aggregates,
                graph,
            } => self.group(inner, keys, aggregates, *graph)?,
            Pattern::Project { inner, vars } => {
                let input = self.pattern(inner, limit)?;
                self.project(input, vars)
            }
            Pattern::Distinct(inner) => distinct(self.pattern(inner, None)?),
            Pattern::Reduced(inner) => {
                let input = self.pattern(inner, None)?;
                let rows = input.rows;
                wrap(input, rows, 1.0, |input| Op::DropRepeated { input })
            }
            Pattern::OrderBy { inner, keys } => {
                let input = self.pattern(inner, None)?;
                self.order_by(input, keys, limit)
            }
            Pattern::Slice {
                inner,
                offset,
                limit,
                graph,
            } => self.slice(inner, *offset, *limit, *graph)?,
        })
    }

    pub(super) fn extend(&mut self, input: Node, bindings: Vec<(Var, Expr)>) -> Node {
        super::shape::extend(input, bindings, &mut || self.fresh())
    }

    /// The variables of a projection, and what a dependent plan carries.
    pub(super) fn project(&self, input: Node, vars: &[Var]) -> Node {
        let mut columns = vars.to_vec();
        if let Some(given) = &self.given {
            columns.extend(given.columns().filter(|var| !vars.contains(var)));
        }
        choose(input, &columns)
    }
}
