//! GROUP BY and aggregates.

use super::super::ir::{Aggregate, AggregateFunction, Pattern, Var};
use super::{At, Scope, Translator};
use crate::error::Result;
use spargebra::algebra::{self, AggregateExpression};
use spargebra::term::Variable;

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
            .collect::<Result<_>>()?;
        Ok(Pattern::Group {
            inner,
            keys,
            aggregates,
            graph,
        })
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
            } => Ok(Aggregate {
                function: function(name),
                expr: Some(self.expr(expr, scope, at)?),
                distinct: *distinct,
            }),
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
