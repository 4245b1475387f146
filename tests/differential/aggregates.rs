//! Aggregates (SPARQL 1.1 section 18.5.1) over the members of a group.

use crate::expressions::{order_terms, unjudged};
use crate::functions;
use crate::naive::Solution;
use crate::numbers::Numeric;
use oxrdf::{Literal, Term};
use spargebra::algebra::{AggregateExpression, AggregateFunction};
use std::collections::HashSet;

/// The value of an aggregate; `None` leaves its variable unbound. `evaluate` gives the expression's value of a member.
pub fn value(
    aggregate: &AggregateExpression,
    members: &[Solution],
    evaluate: impl Fn(&spargebra::algebra::Expression, &Solution) -> Option<Term>,
) -> Option<Term> {
    let (function, expression, is_distinct) = match aggregate {
        AggregateExpression::CountSolutions { distinct } => {
            return Some(Literal::from(count(members, *distinct) as u64).into());
        }
        AggregateExpression::FunctionCall {
            name,
            expr,
            distinct,
        } => (name, expr, *distinct),
    };
    let all: Vec<Option<Term>> = members
        .iter()
        .map(|member| evaluate(expression, member))
        .collect();
    let has_error = all.iter().any(Option::is_none);
    let mut values: Vec<Term> = all.into_iter().flatten().collect();
    if is_distinct {
        let mut seen = HashSet::new();
        values.retain(|value| seen.insert(value.clone()));
    }
    if let AggregateFunction::Count = function {
        return Some(Literal::from(values.len() as u64).into());
    }
    // An error among the values is one of the whole, but for functions that only choose.
    match function {
        AggregateFunction::Sum => sum(&values, has_error).map(Numeric::term),
        AggregateFunction::Avg if values.is_empty() && !has_error => Some(Numeric::zero().term()),
        AggregateFunction::Avg => sum(&values, has_error)?
            .divide(Numeric::integer(values.len()))
            .map(Numeric::term),
        AggregateFunction::Min | AggregateFunction::Max if has_error => {
            // What the minimum of an error and a value is, the specification leaves open.
            unjudged()
        }
        AggregateFunction::Min => choose(&values, std::cmp::Ordering::Less),
        AggregateFunction::Max => choose(&values, std::cmp::Ordering::Greater),
        AggregateFunction::Sample if values.len() == 1 || all_equal(&values) => {
            values.into_iter().next()
        }
        AggregateFunction::GroupConcat { separator } if !has_error => {
            let texts: Option<Vec<&str>> = values
                .iter()
                // What is concatenated of other terms is open.
                .map(|value| functions::plain(value).or_else(unjudged))
                .collect();
            let texts = texts?;
            if !all_equal(&texts) {
                // In which order is open.
                return unjudged();
            }
            let text = texts.join(separator.as_deref().unwrap_or(" "));
            Some(Literal::from(text).into())
        }
        _ => unjudged(),
    }
}

fn all_equal<T: PartialEq>(values: &[T]) -> bool {
    values.windows(2).all(|pair| pair[0] == pair[1])
}

fn count(members: &[Solution], is_distinct: bool) -> usize {
    if !is_distinct {
        return members.len();
    }
    let distinct: HashSet<Solution> = members
        .iter()
        .map(|solution| {
            let mut solution = solution.clone();
            solution.retain(|name, _| !name.starts_with("_:"));
            solution
        })
        .collect();
    distinct.len()
}

fn sum(values: &[Term], has_error: bool) -> Option<Numeric> {
    if has_error {
        return None;
    }
    values
        .iter()
        .try_fold(Numeric::zero(), |sum, value| sum.add(Numeric::of(value)?))
}

/// The first or last value in the order of ORDER BY. Of several equal ones any may be chosen.
fn choose(values: &[Term], side: std::cmp::Ordering) -> Option<Term> {
    let mut chosen = values.first()?;
    for value in values {
        let order = order_terms(Some(value), Some(chosen));
        if order == side {
            chosen = value;
        }
    }
    let is_open = values
        .iter()
        .any(|value| value != chosen && order_terms(Some(value), Some(chosen)).is_eq());
    match is_open {
        true => unjudged(),
        false => Some(chosen.clone()),
    }
}
