//! The rows that a pattern within EXISTS or LATERAL is planned for: what is given of each, as an input at its leaves, and the
//! parts in which they are worked where a variable may be unbound.

use super::node::{Node, Op};
use super::shape::{choose, with_filters};
use crate::algebra::{Expr, Var};
use std::rc::Rc;

/// Part of the given rows taken to leave a variable unbound that may be.
const UNBOUND_PART: f64 = 0.1;

/// The rows a dependent pattern is planned for.
#[derive(Clone)]
pub struct Given {
    /// The number of a row.
    pub row: Var,
    /// What is given of it.
    pub vars: Vec<Var>,
    /// Whether each is bound in every row.
    pub always: Vec<bool>,
    /// Whether every row binds a variable, given or not. If only some do and it matters, all that may be is given.
    pub binds: bool,
    /// Rows expected.
    pub rows: f64,
    /// The rows these are a part of, if they are one, and what tells them from the others.
    pub whole: Option<(Rc<Given>, Vec<Expr>)>,
    /// Whether equal rows are given apart.
    pub apart: bool,
}

impl Given {
    /// The number, then the variables.
    pub fn columns(&self) -> impl Iterator<Item = Var> + '_ {
        std::iter::once(self.row).chain(self.vars.iter().copied())
    }

    pub fn is_always(&self, var: Var) -> bool {
        self.vars
            .iter()
            .zip(&self.always)
            .any(|(&other, &always)| other == var && always)
    }

    /// The variables that may be unbound.
    pub fn maybe(&self) -> Vec<Var> {
        let vars = self.vars.iter().copied();
        vars.filter(|var| !self.is_always(*var)).collect()
    }

    /// The rows that bind those of the variables that may be unbound which `is_bound` tells, and not the others: these are
    /// then variables of the pattern alone.
    pub fn part(self: &Rc<Self>, is_bound: impl Fn(Var) -> bool) -> Self {
        let (bound, unbound): (Vec<Var>, Vec<Var>) =
            self.maybe().into_iter().partition(|var| is_bound(*var));
        let mut conditions: Vec<Expr> = bound.iter().map(|var| Expr::Bound(*var)).collect();
        conditions.extend(unbound.iter().map(|var| is_unbound(*var)));
        let mut vars = self.vars.clone();
        vars.retain(|var| !unbound.contains(var));
        Self {
            always: vec![true; vars.len()],
            binds: self.binds || !vars.is_empty(),
            rows: (self.rows * UNBOUND_PART.powi(unbound.len() as i32)).max(1.0),
            vars,
            whole: Some((self.clone(), conditions)),
            ..(**self).clone()
        }
    }

    /// The rows that bind one of the variables, all of which may be unbound.
    pub fn binding_part(self: &Rc<Self>) -> Self {
        let bound = self.vars.iter().map(|var| Expr::Bound(*var)).collect();
        Self {
            binds: true,
            whole: Some((self.clone(), vec![Expr::Or(bound)])),
            ..(**self).clone()
        }
    }

    pub fn node(&self) -> Node {
        let mut always = vec![true];
        always.extend(&self.always);
        if let Some((whole, conditions)) = &self.whole {
            let node = with_filters(whole.node(), conditions.clone());
            let mut node = choose(node, &self.columns().collect::<Vec<_>>());
            node.always = always;
            node.rows = self.rows;
            return node;
        }
        Node {
            op: Op::Given,
            columns: self.columns().collect(),
            always,
            sorted: vec![self.row],
            rows: self.rows,
            cost: 0.0,
            number: 0,
        }
    }
}

fn is_unbound(var: Var) -> Expr {
    Expr::Not(Box::new(Expr::Bound(var)))
}
