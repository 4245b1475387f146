//! How a path can be read: from an end that is bound, or whole.

use super::access::{Data, each_once};
use super::automaton::{Automaton, Predicates};
use super::cost;
use super::node::{Node, Op, PathEnd, PathGraph, PathSpec};
use super::shape::unit;
use crate::algebra::{GraphSlot, Path, PathPattern, QuadPattern, Slot, Var};
use crate::error::Result;
use crate::store::Graphs;
use std::sync::Arc;

/// A path pattern with constants resolved, and guesses at what it gives.
#[derive(Clone, Debug)]
pub struct PathAccess {
    forward: Arc<Automaton>,
    backward: Arc<Automaton>,
    subject: Slot,
    object: Slot,
    /// The ids of the ends that are constants.
    constants: [Option<u64>; 2],
    graph: PathGraph,
    graph_var: Option<Var>,
    is_bag: bool,
    /// Triples that steps follow; exact for single predicates.
    edges: f64,
    /// Ends that a walk from one node finds.
    reach: f64,
    /// Solutions.
    pub rows: f64,
    /// The distinct variables: subject, object, graph.
    all_vars: Vec<Var>,
}

impl Data<'_> {
    /// How to read a path; `None` if it has no solution.
    /// Errors: `QueryLimit` for a path of too many steps; those of [`QuadSource::count`](crate::store::QuadSource::count).
    pub fn path(&self, pattern: &PathPattern, fresh: Var) -> Result<Option<PathAccess>> {
        let forward = Automaton::new(&pattern.path, false, self.constants)?;
        let backward = Automaton::new(&pattern.path, true, self.constants)?;
        let (graph, graph_var) = match pattern.graph {
            GraphSlot::Default => {
                // An empty graph has no nodes, but a constant matches itself in it.
                let graphs = self.graphs.default.clone();
                let graphs = graphs.unwrap_or(Graphs::UnionListed(Vec::new()));
                (PathGraph::Default(graphs), None)
            }
            GraphSlot::Named(slot) => match (self.named_graphs(slot), slot.var()) {
                (None, _) => return Ok(None),
                (Some(Graphs::One(graph)), None) => (PathGraph::Named(graph), None),
                (Some(_), var) => {
                    let named = self.graphs.named.clone();
                    (PathGraph::Free { named }, var)
                }
            },
        };
        let constants =
            [pattern.subject, pattern.object].map(|slot| self.constant(slot).map(|id| id.raw()));
        let mut edges = 0.0;
        for label in &forward.labels {
            edges += match &label.predicates {
                Predicates::Any(predicates) => {
                    let mut rows = 0.0;
                    for &predicate in predicates {
                        rows += self.predicate_rows(predicate)?;
                    }
                    rows
                }
                Predicates::NoneOf(_) => self.all_rows(pattern, fresh)?,
            };
        }
        let is_bag = matches!(pattern.path, Path::Negated(_) | Path::Alternative(_));
        let is_closure = forward.classes.iter().enumerate().any(|(class, steps)| {
            // A class that comes after itself or an earlier one is walked again.
            steps.iter().any(|step| step.class <= class)
        });
        let leaving = if edges > 0.0 {
            1.0 / cost::DISTINCT_SUBJECTS
        } else {
            0.0
        };
        let growth = if is_closure {
            cost::CLOSURE_GROWTH
        } else {
            1.0
        };
        let itself = if forward.is_nullable { 1.0 } else { 0.0 };
        let reach: f64 = leaving * growth + itself;
        let starts = if forward.is_nullable {
            self.all_rows(pattern, fresh)?
        } else {
            edges * cost::DISTINCT_SUBJECTS
        };
        let bound = constants.iter().flatten().count();
        let rows = match (bound, is_bag) {
            (0, true) => edges,
            (0, false) => starts * reach,
            (1, _) => reach,
            _ => 1.0,
        };
        let vars = [pattern.subject.var(), pattern.object.var(), graph_var];
        Ok(Some(PathAccess {
            all_vars: each_once(vars.into_iter().flatten()),
            forward: Arc::new(forward),
            backward: Arc::new(backward),
            subject: pattern.subject,
            object: pattern.object,
            constants,
            graph,
            graph_var,
            is_bag,
            edges,
            reach,
            rows,
        }))
    }

    /// Rows of a triple pattern of variables in the graphs of a path.
    fn all_rows(&self, pattern: &PathPattern, fresh: Var) -> Result<f64> {
        let any = QuadPattern {
            triple: [0, 1, 2].map(|number| Slot::Var(Var(fresh.0 + number))),
            graph: pattern.graph,
        };
        Ok(self.access(&any)?.map_or(0.0, |access| access.rows))
    }
}

impl PathAccess {
    /// The distinct variables: subject, object, graph.
    pub fn all_vars(&self) -> &[Var] {
        &self.all_vars
    }

    /// A guess at the distinct values of a variable.
    pub fn distinct(&self, var: Var) -> f64 {
        if self.graph_var == Some(var) {
            return self.rows.sqrt().clamp(1.0, 100.0);
        }
        (self.rows / self.reach.max(1.0)).max(1.0)
    }

    /// Whether rows of `input` can be joined by walking from them: what they share with the path is never unbound.
    pub fn can_follow(&self, input: &Node) -> bool {
        let mut shared = self
            .all_vars
            .iter()
            .filter(|&&var| input.column(var).is_some());
        let mut walks = false;
        let bound = shared.all(|&var| {
            walks = true;
            input.is_always(var)
        });
        bound && walks
    }

    /// Nanoseconds of walks from `rows` rows of `input`.
    pub fn walk_cost(&self, input: &Node, rows: f64) -> f64 {
        let is_bound = |slot: Slot| match slot {
            Slot::Constant(_) => true,
            Slot::Var(var) => input.column(var).is_some(),
        };
        if is_bound(self.subject) || is_bound(self.object) {
            // Walks from many rows share what they explore.
            let nodes = (rows * self.reach.max(1.0)).min(self.edges + rows);
            return cost::SCAN_OPEN + nodes * cost::PROBE_KEY;
        }
        cost::SCAN_OPEN + self.edges * cost::HASH_BUILD_ROW + rows * self.rows * cost::OUTPUT_ROW
    }

    /// All solutions.
    pub fn whole(&self) -> Node {
        let input = unit();
        let cost = self.walk_cost(&input, 1.0) + self.rows * cost::OUTPUT_ROW;
        let mut node = self.follow(input);
        node.rows = self.rows;
        node.cost = cost;
        node
    }

    /// The rows of `input` with the solutions that agree with them; see [`PathAccess::can_follow`].
    pub fn follow(&self, input: Node) -> Node {
        let mut columns = input.columns.clone();
        let mut always = input.always.clone();
        let mut append = |var: Option<Var>| {
            columns.extend(var);
            always.push(true);
        };
        let end = |slot: Slot, constant: Option<u64>| match (slot, constant) {
            (_, Some(id)) => PathEnd::Constant(id),
            (Slot::Var(var), _) => match input.column(var) {
                Some(column) => PathEnd::Column(column),
                None => PathEnd::Free,
            },
            // A constant has an id.
            (Slot::Constant(_), None) => PathEnd::Constant(0),
        };
        let subject = end(self.subject, self.constants[0]);
        let object = end(self.object, self.constants[1]);
        let is_same = subject == PathEnd::Free && self.subject == self.object;
        if subject == PathEnd::Free {
            append(self.subject.var());
        }
        if object == PathEnd::Free && !is_same {
            append(self.object.var());
        }
        let graph = match (
            &self.graph,
            self.graph_var.and_then(|var| input.column(var)),
        ) {
            (PathGraph::Free { named }, Some(column)) => PathGraph::Column {
                column,
                named: named.clone(),
            },
            (graph, _) => graph.clone(),
        };
        if matches!(graph, PathGraph::Free { .. }) {
            append(self.graph_var);
        }
        Node {
            columns,
            always,
            sorted: Vec::new(),
            rows: 0.0,
            cost: 0.0,
            number: 0,
            op: Op::Path {
                input: Box::new(input),
                spec: PathSpec {
                    forward: self.forward.clone(),
                    backward: self.backward.clone(),
                    subject,
                    object,
                    graph,
                    is_same,
                    is_bag: self.is_bag,
                },
            },
        }
    }
}
