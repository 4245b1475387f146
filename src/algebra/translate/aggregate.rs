//! GROUP BY and aggregates.

use super::super::ir::{Aggregate, AggregateFunction, Pattern, Var};
use super::super::place;
use super::super::respell::DISTINCT;
use super::super::scanner::position;
use super::{At, Scope, Translator};
use crate::error::{Code, Error, Result};
use spargebra::algebra::{self, AggregateExpression, Expression, Function};
use spargebra::term::Variable;

const AGGREGATES: [&str; 7] = [
    "COUNT",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "SAMPLE",
    "GROUP_CONCAT",
];

impl Translator<'_> {
    pub(super) fn group(
        &mut self,
        inner: Pattern,
        variables: &[Variable],
        aggregates: &[(Variable, AggregateExpression)],
        scope: &mut Scope,
        at: At,
    ) -> Result<Pattern> {
        let mut inner = Box::new(inner);
        if aggregates.iter().any(|(_, aggregate)| {
            matches!(
                aggregate,
                AggregateExpression::CountSolutions { distinct: true }
            )
        }) {
            inner = self.without_blanks(inner);
        }
        let mut keys: Vec<Var> = Vec::new();
        for variable in variables {
            let var = self.var(variable, scope);
            if !keys.contains(&var) {
                keys.push(var);
            }
        }
        let graph = at.graph_var().filter(|_| keys.is_empty());
        if let Some(var) = at.graph_var()
            && !keys.contains(&var)
        {
            keys.push(var);
        }
        let aggregates = aggregates
            .iter()
            .map(|(variable, aggregate)| {
                let aggregate = self.aggregate(aggregate, scope, at)?;
                Ok((self.var(variable, scope), aggregate))
            })
            .collect::<Result<Vec<(Var, Aggregate)>>>()?;
        self.check_not_nested(&aggregates)?;
        Ok(Pattern::Group {
            inner,
            keys,
            aggregates,
            graph,
        })
    }

    /// The parser takes COUNT(COUNT(*)) for two aggregates, one of the value of the other; the grammar has no such thing.
    fn check_not_nested(&self, aggregates: &[(Var, Aggregate)]) -> Result<()> {
        let mut is_nested = false;
        for (_, aggregate) in aggregates {
            if let Some(expr) = &aggregate.expr {
                expr.visit_vars(&mut |var| {
                    is_nested |= aggregates.iter().any(|(other, _)| *other == var);
                });
            }
        }
        match is_nested {
            true => {
                let at = place::word(self.text, &AGGREGATES).unwrap_or(0);
                Err(
                    Error::new(Code::QueryParse, "an aggregate stands within an aggregate")
                        .at(position(self.text, at))
                        .with_hint("aggregate in a sub-SELECT, and aggregate its values"),
                )
            }
            false => Ok(()),
        }
    }

    fn aggregate(
        &mut self,
        aggregate: &AggregateExpression,
        scope: &mut Scope,
        at: At,
    ) -> Result<Aggregate> {
        match aggregate {
            AggregateExpression::CountSolutions { distinct } => Ok(Aggregate {
                function: AggregateFunction::Count,
                expr: None,
                distinct: *distinct,
            }),
            AggregateExpression::FunctionCall {
                name,
                expr,
                distinct,
            } => {
                let marked = match (name, expr) {
                    (
                        algebra::AggregateFunction::Custom(_),
                        Expression::FunctionCall(Function::Custom(mark), arguments),
                    ) if mark.as_str() == DISTINCT => arguments.first(),
                    _ => None,
                };
                Ok(Aggregate {
                    function: function(name),
                    expr: Some(self.expr(marked.unwrap_or(expr), scope, at)?),
                    distinct: *distinct || marked.is_some(),
                })
            }
        }
    }

    /// Solutions without what blank nodes of patterns stand for, which solutions do not hold.
    fn without_blanks(&self, inner: Box<Pattern>) -> Box<Pattern> {
        let possible = super::super::bound(&inner).possible;
        let (named, blank): (Vec<Var>, Vec<Var>) = possible
            .into_iter()
            .partition(|var| self.variables[var.0 as usize].is_some());
        match blank.is_empty() {
            true => inner,
            false => Box::new(Pattern::Project { inner, vars: named }),
        }
    }
}

fn function(name: &algebra::AggregateFunction) -> AggregateFunction {
    match name {
        algebra::AggregateFunction::Count => AggregateFunction::Count,
        algebra::AggregateFunction::Sum => AggregateFunction::Sum,
        algebra::AggregateFunction::Avg => AggregateFunction::Avg,
        algebra::AggregateFunction::Min => AggregateFunction::Min,
        algebra::AggregateFunction::Max => AggregateFunction::Max,
        algebra::AggregateFunction::Sample => AggregateFunction::Sample,
        algebra::AggregateFunction::GroupConcat { separator } => AggregateFunction::GroupConcat {
            separator: separator.clone().unwrap_or_else(|| " ".to_owned()),
        },
        algebra::AggregateFunction::Custom(iri) => {
            AggregateFunction::Custom(iri.as_str().to_owned())
        }
    }
}
