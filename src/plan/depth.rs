//! How deep a plan may be: operators call their inputs, on the stack of whoever pulls rows.

use super::join::BLOCK_ITEMS;
use super::node::Node;
use crate::algebra::{Expr, Pattern};
use crate::error::{Code, Error, Result};

/// The most operators from the root of a plan to a leaf. An operator takes at most 400 bytes of stack while its input
/// works.
pub const DEPTH_MAX: usize = 768;

/// The most that planning goes into, which may end up less deep.
const WEIGHT_MAX: usize = 8192;

/// Stack that planning and building take for an operator.
const STACK_BYTES_PER_OPERATOR: usize = 8 << 10;
/// What they take before the first.
const STACK_BYTES_BASE: usize = 64 << 10;

/// Operators a part of a join may become, of which one is the input of the next.
const OPERATORS_PER_PART: usize = 4;

/// What an expression takes to ask for a pattern, as if it were operators.
const OPERATORS_PER_TEST: usize = 4;

/// Stack to plan, build or walk what is at most `depth` operators deep.
pub fn stack_bytes(depth: usize) -> usize {
    STACK_BYTES_BASE + depth * STACK_BYTES_PER_OPERATOR
}

/// An upper bound on the depth of the plan of a pattern. Errors: `QueryLimit`.
pub fn weight(pattern: &Pattern) -> Result<usize> {
    let weight = of_pattern(pattern);
    match weight <= WEIGHT_MAX {
        true => Ok(weight),
        false => Err(too_deep(weight)),
    }
}

/// Errors: `QueryLimit` for a plan that is too deep.
pub fn check(depth: usize) -> Result<()> {
    match depth <= DEPTH_MAX {
        true => Ok(()),
        false => Err(too_deep(depth)),
    }
}

fn too_deep(depth: usize) -> Error {
    Error::new(
        Code::QueryLimit,
        format!(
            "the plan of the query nests up to {depth} operators deep, the limit is {DEPTH_MAX}"
        ),
    )
    .with_hint("nest fewer groups, or split the query")
}

/// Numbers the nodes from `next` on.
pub fn number(node: &mut Node, next: &mut usize) {
    node.number = *next;
    *next += 1;
    for input in node.op.inputs_mut() {
        number(input, next);
    }
}

/// The operators from a node to the deepest leaf, which may be one of a pattern that an expression asks for; `subplans` are
/// the depths of those.
pub fn depth(node: &Node, subplans: &[usize]) -> usize {
    let mut below = 0;
    for input in node.op.inputs() {
        below = below.max(depth(input, subplans));
    }
    for expr in node.op.expressions() {
        expr.visit_subplans(&mut |number| {
            let subplan = subplans.get(number).copied().unwrap_or(0);
            below = below.max(subplan + OPERATORS_PER_TEST);
        });
    }
    below + 1
}

fn of_pattern(pattern: &Pattern) -> usize {
    let below = match pattern {
        Pattern::Quad(_)
        | Pattern::Path(_)
        | Pattern::TripleTerm { .. }
        | Pattern::Service(_)
        | Pattern::Graphs(_)
        | Pattern::Values { .. } => 0,
        Pattern::Join(parts) => {
            // Blocks of parts are joined, and blocks of those.
            let mut chain = 0;
            let mut left = parts.len();
            while left > BLOCK_ITEMS {
                chain += BLOCK_ITEMS;
                left = left.div_ceil(BLOCK_ITEMS);
            }
            let deepest = parts.iter().map(of_pattern).max().unwrap_or(0);
            deepest + OPERATORS_PER_PART * (chain + left)
        }
        Pattern::Union(parts) => parts.iter().map(of_pattern).max().unwrap_or(0),
        Pattern::LeftJoin {
            left,
            right,
            filters,
        } => of_pattern(left)
            .max(of_pattern(right))
            .max(of_exprs(filters)),
        Pattern::Minus { left, right, .. } | Pattern::Lateral { left, right } => {
            of_pattern(left).max(of_pattern(right))
        }
        Pattern::Filter { filters, inner } => of_pattern(inner).max(of_exprs(filters)) + TESTS_MAX,
        Pattern::Extend { inner, bindings } => bindings
            .iter()
            .map(|(_, expr)| of_expr(expr))
            .max()
            .unwrap_or(0)
            .max(of_pattern(inner)),
        Pattern::Group {
            inner, aggregates, ..
        } => aggregates
            .iter()
            .filter_map(|(_, aggregate)| aggregate.expr.as_ref())
            .map(of_expr)
            .max()
            .unwrap_or(0)
            .max(of_pattern(inner)),
        Pattern::OrderBy { inner, keys } => keys
            .iter()
            .map(|key| of_expr(&key.expr))
            .max()
            .unwrap_or(0)
            .max(of_pattern(inner)),
        Pattern::Project { inner, .. }
        | Pattern::Distinct(inner)
        | Pattern::Reduced(inner)
        | Pattern::Slice { inner, .. } => of_pattern(inner),
    };
    below + OPERATORS_PER_PART
}

/// The most conditions of one filter that become joins.
pub const TESTS_MAX: usize = 8;

fn of_exprs(exprs: &[Expr]) -> usize {
    exprs.iter().map(of_expr).max().unwrap_or(0)
}

fn of_expr(expr: &Expr) -> usize {
    match expr {
        Expr::Exists(pattern) => of_pattern(pattern),
        other => other.children().into_iter().map(of_expr).max().unwrap_or(0),
    }
}
