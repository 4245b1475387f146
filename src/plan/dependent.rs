//! Patterns that depend on the rows of an outer one: EXISTS and LATERAL.
//!
//! A dependent pattern is planned with [`Given`]: the distinct values of the outer rows, numbered, as an input that is
//! joined at every leaf. Its plan carries the number and the values through all operators, so that a union is one of
//! dependent plans, a group has the number among its keys, and a slice is one for each number. Outer values are so visible
//! wherever the variable is: in filters at any depth, but not in a sub-SELECT that does not project them, where the
//! variable is another. Every group begins with the outer solution (SPARQL 1.2, ContextSolution), so the sides of a MINUS
//! have its variables in common. A pattern that answers differently each time is worked for every row, also for equal ones.

use super::correlation::restricts;
use super::cost;
use super::depth::TESTS_MAX;
use super::given::Given;
use super::join::hash_join;
use super::node::{DependentColumns, JoinKind, Node, Op, SemiColumns, SubPlan};
use super::planner::Planner;
use super::shape::{choose, union, with_filters, wrap};
use crate::algebra::{Expr, Pattern, QuadPattern, Var, bound};
use crate::error::Result;
use crate::store::BATCH_ROWS;
use std::rc::Rc;
use std::sync::Arc;

/// The most variables that may be unbound for which given rows are told apart by those they bind.
const PARTED_MAX: usize = 3;

/// Columns that rows have, of which some are given to a pattern.
struct Outer<'a> {
    columns: &'a [Var],
    always: &'a [bool],
    rows: f64,
}

impl<'a> Outer<'a> {
    fn of(node: &'a Node) -> Self {
        Self {
            columns: &node.columns,
            always: &node.always,
            rows: node.rows,
        }
    }
}

impl Planner<'_> {
    fn given(&mut self, pattern: &Pattern, outer: &Outer<'_>) -> Given {
        let read = pattern.vars();
        let columns = outer.columns.iter().zip(outer.always);
        let is_named = |var: Var| self.is_named(var);
        let mut settled = columns.clone().filter(|(_, always)| **always);
        let anchor = settled.find(|(var, _)| is_named(**var));
        // MINUS asks whether the row binds anything: one variable that it always does says so, or else all that it may.
        let tells = |var: Var| anchor.map_or(is_named(var), |(anchor, _)| var == *anchor);
        let has_minus = pattern.has_minus();
        let (vars, always) = columns
            .filter(|(var, _)| read.binary_search(var).is_ok() || has_minus && tells(**var))
            .unzip();
        Given {
            row: self.fresh(),
            vars,
            always,
            binds: anchor.is_some(),
            rows: outer.rows.max(1.0),
            whole: None,
            apart: pattern.is_volatile(),
        }
    }

    /// Plans a pattern for given rows. Where a variable of them may be unbound, the rows that bind it and those that do not
    /// are worked apart, since only a bound one leads to its solutions.
    fn for_given(
        &mut self,
        given: &Rc<Given>,
        pattern: &Pattern,
        plan: impl Fn(&mut Self) -> Result<Node>,
    ) -> Result<Node> {
        let maybe = given.maybe();
        let count = 1 << maybe.len().min(PARTED_MAX);
        let parts: Vec<Given> = if maybe.is_empty() {
            Vec::new()
        } else if maybe.len() <= PARTED_MAX && (1..count).all(|_| self.may_try()) {
            let is_bound = |mask: usize, var| {
                let place = maybe.iter().position(|other| *other == var);
                place.is_some_and(|place| mask >> place & 1 == 1)
            };
            let masks = 0..count;
            masks
                .map(|mask| given.part(|var| is_bound(mask, var)))
                .collect()
        } else if !given.binds && pattern.has_minus() {
            vec![given.binding_part(), given.part(|_| false)]
        } else {
            Vec::new()
        };
        if parts.is_empty() {
            return self.with_given(Some(given.clone()), plan);
        }
        let parts: Vec<Node> = parts
            .into_iter()
            .map(|part| self.with_given(Some(Rc::new(part)), &plan))
            .collect::<Result<_>>()?;
        Ok(union(parts))
    }

    fn with_given<T>(
        &mut self,
        given: Option<Rc<Given>>,
        plan: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let shares = self.shares;
        if let Some(given) = &given {
            self.shares = given.binds;
        }
        let outer = std::mem::replace(&mut self.given, given);
        let planned = plan(self);
        (self.given, self.shares) = (outer, shares);
        planned
    }

    /// Plans one side of an operator: without the given rows where it does not read them and answers all of them alike.
    pub(super) fn side(&mut self, pattern: &Pattern, filters: Vec<Expr>) -> Result<Node> {
        let reads = self.given.as_ref().is_some_and(|given| {
            let read = pattern.vars();
            let reads = |var: &Var| given.vars.contains(var);
            read.iter().any(reads)
                || filters.iter().any(|filter| filter.vars().iter().any(reads))
                || pattern.is_volatile()
        });
        match reads {
            true => self.filter(filters, pattern),
            false => self.with_given(None, |planner| planner.filter(filters, pattern)),
        }
    }

    /// Adds the columns of the given rows that a node lacks.
    pub(super) fn carry(&self, node: Node) -> Node {
        match &self.given {
            Some(given) if given.columns().any(|var| node.column(var).is_none()) => {
                hash_join(node, given.node(), false, Vec::new())
            }
            _ => node,
        }
    }

    /// LATERAL. `filters` are those of a group around it.
    pub(super) fn lateral(
        &mut self,
        left: &Pattern,
        right: &Pattern,
        filters: Vec<Expr>,
    ) -> Result<Node> {
        let left_bound = bound(left);
        let mut visible: Vec<Var> = left_bound.possible.iter().copied().collect();
        visible.extend(self.given.iter().flat_map(|given| given.vars.iter()));
        if restricts(right, &visible) {
            return self.join(&[left.clone(), right.clone()], filters);
        }
        let right_possible = bound(right).possible;
        let (early, late) = filters.into_iter().partition(|filter: &Expr| {
            let settled =
                |var: &Var| left_bound.always.contains(var) || !right_possible.contains(var);
            filter.vars().iter().all(settled)
        });
        let left = self.filter(early, left)?;
        let node = self.dependent_join(left, right, Vec::new(), false, Vec::new())?;
        Ok(with_filters(node, late))
    }

    /// Joins each row of `input` with the solutions of `right`, a pattern with `inner` filters, for it.
    pub(super) fn dependent_join(
        &mut self,
        input: Node,
        right: &Pattern,
        inner: Vec<Expr>,
        outer: bool,
        filters: Vec<Expr>,
    ) -> Result<Node> {
        let given = Rc::new(self.given(right, &Outer::of(&input)));
        let plan = self.for_given(&given, right, |planner| {
            planner.filter(inner.clone(), right)
        })?;
        let mut joined = DependentColumns {
            given: given
                .vars
                .iter()
                .filter_map(|&var| input.column(var))
                .collect(),
            row: plan.column(given.row).unwrap_or_default(),
            apart: given.apart,
            ..DependentColumns::default()
        };
        let mut columns = input.columns.clone();
        let mut always = input.always.clone();
        for (from, &var) in plan.columns.iter().enumerate() {
            if var == given.row {
                continue;
            }
            match input.column(var) {
                None => {
                    joined.outputs.push(from);
                    columns.push(var);
                    always.push(plan.always[from] && !outer);
                }
                Some(to) if !input.always[to] => {
                    joined.filled.push((to, from));
                    always[to] |= plan.always[from] && !outer;
                }
                Some(_) => {}
            }
        }
        let rows = match outer {
            true => plan.rows.max(input.rows),
            false => plan.rows,
        };
        Ok(Node {
            columns,
            always,
            sorted: Vec::new(),
            rows,
            cost: input.cost
                + plan.cost
                + input.rows * cost::HASH_BUILD_ROW
                + rows * cost::OUTPUT_ROW,
            number: 0,
            op: Op::DependentJoin {
                input: Box::new(input),
                plan: Arc::new(plan),
                columns: joined,
                outer,
                filters,
            },
        })
    }

    /// Plans every EXISTS of a tree of nodes, from the leaves up.
    pub(super) fn plan_exists(&mut self, node: &mut Node) -> Result<()> {
        for input in node.op.inputs_mut() {
            self.plan_exists(input)?;
        }
        if let Op::Filter { filters, .. } = &node.op
            && filters.iter().any(|filter| test_of(filter).is_some())
        {
            self.split_tests(node)?;
        }
        self.plan_expressions(node)
    }

    /// Plans what the expressions of one node ask for.
    fn plan_expressions(&mut self, node: &mut Node) -> Result<()> {
        if !node.op.expressions().any(|expr| expr.has_exists()) {
            return Ok(());
        }
        // What an expression sees: the output for conditions of a join and for BIND, where those after it are not yet there.
        let (columns, always, rows, grows) = match &node.op {
            Op::Extend { input, .. } => (
                node.columns.clone(),
                node.always.clone(),
                input.rows,
                Some(input.columns.len()),
            ),
            Op::HashJoin { .. } | Op::DependentJoin { .. } => {
                (node.columns.clone(), node.always.clone(), node.rows, None)
            }
            op => match op.inputs().next() {
                Some(input) => (
                    input.columns.clone(),
                    input.always.clone(),
                    input.rows,
                    None,
                ),
                None => return Ok(()),
            },
        };
        for (index, expr) in node.op.expressions_mut().enumerate() {
            let width = grows.map_or(columns.len(), |width| width + index);
            let outer = Outer {
                columns: &columns[..width],
                always: &always[..width],
                rows,
            };
            self.plan_tests(expr, &outer)?;
        }
        Ok(())
    }

    /// Replaces each EXISTS of an expression by its subplan.
    fn plan_tests(&mut self, expr: &mut Expr, outer: &Outer<'_>) -> Result<()> {
        if let Expr::Exists(pattern) = expr {
            let index = self.subplan(pattern, outer)?;
            *expr = Expr::SubPlan(index);
            return Ok(());
        }
        for child in expr.children_mut() {
            self.plan_tests(child, outer)?;
        }
        Ok(())
    }

    fn subplan(&mut self, pattern: &Pattern, outer: &Outer<'_>) -> Result<usize> {
        let mut given = self.given(pattern, outer);
        given.rows = given.rows.min(BATCH_ROWS as f64);
        let given = Rc::new(given);
        let root = self.for_given(&given, pattern, |planner| planner.pattern(pattern, None))?;
        let mut root = choose(root, &[given.row]);
        self.plan_exists(&mut root)?;
        self.subplans.push(SubPlan {
            root: Arc::new(root),
            given: given.vars.clone(),
            apart: given.apart,
        });
        Ok(self.subplans.len() - 1)
    }

    /// Makes semi and anti joins of the conditions of a filter that are one EXISTS or NOT EXISTS.
    fn split_tests(&mut self, node: &mut Node) -> Result<()> {
        let Op::Filter { input, filters } = &mut node.op else {
            return Ok(());
        };
        let (tests, others): (Vec<Expr>, Vec<Expr>) = std::mem::take(filters)
            .into_iter()
            .partition(|filter| test_of(filter).is_some());
        let input = std::mem::replace(&mut **input, super::shape::unit());
        let mut input = with_filters(input, others);
        self.plan_expressions(&mut input)?;
        let mut kept = Vec::new();
        for (number, test) in tests.into_iter().enumerate() {
            // Each is one operator more on the stack.
            let Some((pattern, anti)) = test_of(&test).filter(|_| number < TESTS_MAX) else {
                kept.push(test);
                continue;
            };
            input = match self.test_join(input, pattern, anti)? {
                Ok(joined) => joined,
                Err(input) => {
                    kept.push(test);
                    input
                }
            };
        }
        *node = with_filters(input, kept);
        Ok(())
    }

    /// Plans an EXISTS that is a condition of its own as a join, or gives the input back where it is worked better, or only,
    /// as an expression.
    fn test_join(
        &mut self,
        input: Node,
        pattern: &Pattern,
        anti: bool,
    ) -> Result<std::result::Result<Node, Node>> {
        let read = pattern.vars();
        let shared: Vec<Var> = {
            let columns = input.columns.iter().copied();
            columns
                .filter(|var| read.binary_search(var).is_ok())
                .collect()
        };
        if shared.is_empty()
            || !shared.iter().all(|&var| input.is_always(var))
            || !restricts(pattern, &shared)
        {
            return Ok(Err(input));
        }
        let probe = match single_quad(pattern) {
            Some(quad) => self.probe_test(&input, quad, anti)?,
            None => None,
        };
        let inner = self.with_given(None, |planner| planner.pattern(pattern, None))?;
        let hashed = hash_test(input.clone(), inner, &[], false, anti);
        let mut best = match probe {
            Some(probe) if probe.cost <= hashed.cost => probe,
            _ => hashed,
        };
        // Working the pattern for the values of each batch reads little where the rows are few.
        if !matches!(best.op, Op::ProbeJoin { .. }) && self.may_try() {
            let mut given = self.given(pattern, &Outer::of(&input));
            let batches = (given.rows / BATCH_ROWS as f64).ceil();
            given.rows = given.rows.min(BATCH_ROWS as f64);
            let dependent = self.with_given(Some(Rc::new(given)), |planner| {
                planner.pattern(pattern, None)
            })?;
            let cost = input.cost + batches * dependent.cost + input.rows * cost::HASH_BUILD_ROW;
            if cost < best.cost {
                return Ok(Err(input));
            }
        }
        // The input has its patterns planned; what stands beside it has not.
        if let Op::SemiJoin { build, .. } = &mut best.op {
            self.plan_exists(build)?;
        }
        Ok(Ok(best))
    }

    /// Rows of `input` by whether a quad matches; `None` where it cannot be probed.
    fn probe_test(&mut self, input: &Node, quad: &QuadPattern, anti: bool) -> Result<Option<Node>> {
        let Some(access) = self.data.access(quad)? else {
            return Ok(None);
        };
        let Some((spec, mut columns)) = access.probe(input) else {
            return Ok(None);
        };
        columns.outputs.clear();
        let kind = match anti {
            true => JoinKind::Anti,
            false => JoinKind::Semi,
        };
        let rows = (input.rows * cost::FILTER_SELECTIVITY).max(1.0);
        let mut node = wrap(input.clone(), rows, 0.0, |input| Op::ProbeJoin {
            input,
            spec,
            columns,
            kind,
        });
        node.cost += cost::probe(input.rows, access.rows);
        Ok(Some(node))
    }

    /// MINUS. `filters` are those of a group around it.
    pub(super) fn minus(
        &mut self,
        left: &Pattern,
        right: &Pattern,
        graph: Option<Var>,
        filters: Vec<Expr>,
    ) -> Result<Node> {
        let left = self.filter(filters, left)?;
        let right_bound = bound(right);
        let read: Vec<Var> = {
            let columns = left.columns.iter().copied();
            let read = right.vars();
            columns
                .filter(|var| read.binary_search(var).is_ok())
                .collect()
        };
        let compared = |var: &Var| right_bound.possible.contains(var) && Some(*var) != graph;
        // Where the variables in common are bound on both sides, it is NOT EXISTS.
        let is_test = read.iter().any(compared)
            && read
                .iter()
                .all(|&var| left.is_always(var) && right_bound.always.contains(&var))
            && restricts(right, &read);
        if is_test {
            let test = Expr::Not(Box::new(Expr::Exists(Box::new(right.clone()))));
            return Ok(with_filters(left, vec![test]));
        }
        let build = self.side(right, Vec::new())?;
        let apart: Vec<Var> = graph
            .into_iter()
            .chain(self.given.as_ref().map(|given| given.row))
            .collect();
        let compared: Vec<Var> = {
            let columns = build.columns.iter().copied();
            columns
                .filter(|var| right_bound.possible.contains(var) || apart.contains(var))
                .filter(|var| left.column(*var).is_some())
                .collect()
        };
        if !self.shares && compared.iter().all(|var| apart.contains(var)) {
            return Ok(left);
        }
        let build = choose(build, &compared);
        Ok(hash_test(left, build, &apart, !self.shares, true))
    }
}

/// The pattern of a condition that is EXISTS, or NOT EXISTS (true).
fn test_of(filter: &Expr) -> Option<(&Pattern, bool)> {
    match filter {
        Expr::Exists(pattern) => Some((pattern, false)),
        Expr::Not(inner) => match &**inner {
            Expr::Exists(pattern) => Some((pattern, true)),
            _ => None,
        },
        _ => None,
    }
}

/// The quad a pattern is, if it is one.
pub fn single_quad(pattern: &Pattern) -> Option<&QuadPattern> {
    match pattern {
        Pattern::Quad(quad) => Some(quad),
        Pattern::Join(parts) => match &parts[..] {
            [Pattern::Quad(quad)] => Some(quad),
            _ => None,
        },
        _ => None,
    }
}

/// Rows of `probe` by whether `build` has one that is compatible. Those of `minus` must share a bound variable, which those
/// `apart` are not.
fn hash_test(probe: Node, build: Node, apart: &[Var], minus: bool, anti: bool) -> Node {
    let shared: Vec<Var> = {
        let columns = build.columns.iter().copied();
        columns.filter(|&var| probe.column(var).is_some()).collect()
    };
    let build = choose(build, &shared);
    let mut columns = SemiColumns {
        shared: minus,
        ..SemiColumns::default()
    };
    for (right, &var) in shared.iter().enumerate() {
        let Some(left) = probe.column(var) else {
            continue;
        };
        if probe.always[left] && build.always[right] {
            columns.keys.push((left, right));
            columns.shared &= apart.contains(&var);
        } else {
            columns.compatible.push((left, right));
        }
    }
    let rows = (probe.rows * cost::FILTER_SELECTIVITY).max(1.0);
    let build_cost = build.cost + build.rows * cost::HASH_BUILD_ROW;
    let mut node = wrap(probe, rows, cost::HASH_PROBE_ROW, |probe| Op::SemiJoin {
        probe,
        build: Box::new(build),
        columns,
        anti,
    });
    node.cost += build_cost;
    node
}
