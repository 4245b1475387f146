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

/// Stack that building takes for an operator.
const STACK_BYTES_PER_OPERATOR: usize = 8 << 10;
/// What planning and building take before the first.
const STACK_BYTES_BASE: usize = 64 << 10;

/// Stack that planning takes for a pattern that is planned within another (measured: 12 KiB at most, 4 KiB for a modifier or
/// a leaf) and to copy, number and free an operator (1 KiB), doubled for safety.
const STACK_BYTES_PER_PATTERN: usize = 32 << 10;
const STACK_BYTES_PER_SIMPLE_PATTERN: usize = 8 << 10;
const STACK_BYTES_PER_PLANNED_OPERATOR: usize = 2 << 10;

/// Operators a part of a join may become, of which one is the input of the next.
const OPERATORS_PER_PART: usize = 4;

/// What an expression takes to ask for a pattern, as if it were operators.
const OPERATORS_PER_TEST: usize = 4;

/// Stack to build or walk a plan that is at most `depth` operators deep.
pub fn stack_bytes(depth: usize) -> usize {
    STACK_BYTES_BASE + depth * STACK_BYTES_PER_OPERATOR
}

/// Upper bounds on what planning a pattern takes.
#[derive(Clone, Copy, Default)]
struct Weight {
    /// Operators from the root of the plan to a leaf.
    operators: usize,
    stack_bytes: usize,
}

impl Weight {
    fn max(self, other: Self) -> Self {
        Self {
            operators: self.operators.max(other.operators),
            stack_bytes: self.stack_bytes.max(other.stack_bytes),
        }
    }

    /// With operators that do not make planning go deeper.
    fn with_operators(self, operators: usize) -> Self {
        Self {
            operators: self.operators + operators,
            stack_bytes: self.stack_bytes + operators * STACK_BYTES_PER_PLANNED_OPERATOR,
        }
    }

    fn of_any(weights: impl Iterator<Item = Self>) -> Self {
        weights.fold(Self::default(), Self::max)
    }
}

/// Stack to plan a pattern. Errors: `QueryLimit` for one that nests too deep.
pub fn planning_stack_bytes(pattern: &Pattern) -> Result<usize> {
    let weight = of_pattern(pattern);
    match weight.operators <= WEIGHT_MAX {
        true => Ok(STACK_BYTES_BASE + weight.stack_bytes),
        false => Err(too_deep(weight.operators)),
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

fn of_pattern(pattern: &Pattern) -> Weight {
    let (within, own_bytes) = match pattern {
        Pattern::Quad(_)
        | Pattern::Path(_)
        | Pattern::TripleTerm { .. }
        | Pattern::Service(_)
        | Pattern::Graphs(_)
        | Pattern::Values { .. } => (Weight::default(), STACK_BYTES_PER_SIMPLE_PATTERN),
        Pattern::Project { inner, .. }
        | Pattern::Distinct(inner)
        | Pattern::Reduced(inner)
        | Pattern::Slice { inner, .. } => (of_pattern(inner), STACK_BYTES_PER_SIMPLE_PATTERN),
        Pattern::Join(parts) => {
            // Blocks of parts are joined, and blocks of those.
            let mut chain = 0;
            let mut left = parts.len();
            while left > BLOCK_ITEMS {
                chain += BLOCK_ITEMS;
                left = left.div_ceil(BLOCK_ITEMS);
            }
            let deepest = Weight::of_any(parts.iter().map(of_pattern));
            let joins = OPERATORS_PER_PART * (chain + left);
            (deepest.with_operators(joins), STACK_BYTES_PER_PATTERN)
        }
        Pattern::Union(parts) => (
            Weight::of_any(parts.iter().map(of_pattern)),
            STACK_BYTES_PER_PATTERN,
        ),
        Pattern::LeftJoin {
            left,
            right,
            filters,
        } => {
            let sides = of_pattern(left).max(of_pattern(right));
            (sides.max(of_exprs(filters)), STACK_BYTES_PER_PATTERN)
        }
        Pattern::Minus { left, right, .. } | Pattern::Lateral { left, right } => (
            of_pattern(left).max(of_pattern(right)),
            STACK_BYTES_PER_PATTERN,
        ),
        Pattern::Filter { filters, inner } => {
            let parts = of_pattern(inner).max(of_exprs(filters));
            (parts.with_operators(TESTS_MAX), STACK_BYTES_PER_PATTERN)
        }
        Pattern::Extend { inner, bindings } => {
            let values = bindings.iter().map(|(_, expr)| of_expr(expr));
            (
                Weight::of_any(values).max(of_pattern(inner)),
                STACK_BYTES_PER_PATTERN,
            )
        }
        Pattern::Group {
            inner, aggregates, ..
        } => {
            let read = aggregates
                .iter()
                .filter_map(|(_, aggregate)| aggregate.expr.as_ref());
            (
                Weight::of_any(read.map(of_expr)).max(of_pattern(inner)),
                STACK_BYTES_PER_PATTERN,
            )
        }
        Pattern::OrderBy { inner, keys } => {
            let read = keys.iter().map(|key| of_expr(&key.expr));
            (
                Weight::of_any(read).max(of_pattern(inner)),
                STACK_BYTES_PER_SIMPLE_PATTERN,
            )
        }
    };
    Weight {
        stack_bytes: within.stack_bytes + own_bytes,
        ..within.with_operators(OPERATORS_PER_PART)
    }
}

/// The most conditions of one filter that become joins.
pub const TESTS_MAX: usize = 8;

fn of_exprs(exprs: &[Expr]) -> Weight {
    Weight::of_any(exprs.iter().map(of_expr))
}

fn of_expr(expr: &Expr) -> Weight {
    match expr {
        Expr::Exists(pattern) => of_pattern(pattern),
        other => Weight::of_any(other.children().map(of_expr)),
    }
}
