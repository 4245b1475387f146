//! Patterns within patterns: EXISTS, MINUS, LATERAL and slices of groups, in the naive evaluator and in random queries.
//!
//! In EXISTS and LATERAL the values of the outer solution are there at every leaf of the pattern (the values of a row stand
//! for its variables), but within a sub-SELECT only those of variables that it projects.

use crate::naive::{Found, Naive, Solution, merged};
use crate::queries::{Place, Queries};
use oxrdf::Triple;
use spargebra::algebra::{Expression, GraphPattern};
use spargebra::term::Variable;
use std::collections::HashSet;

impl Naive {
    /// Works `inner` with other given values.
    fn with_given(&self, given: Solution, inner: impl FnOnce() -> Found) -> Found {
        let outer = self.given.replace(given);
        let found = inner();
        self.given.replace(outer);
        found
    }

    pub fn given(&self) -> Solution {
        self.given.borrow().clone()
    }

    /// Solutions that are compatible with the given values, with them.
    pub fn and_given(&self, solutions: Vec<Solution>) -> Vec<Solution> {
        let given = self.given();
        let merged = solutions
            .iter()
            .filter_map(|solution| merged(&given, solution));
        merged.collect()
    }

    /// The solutions of a pattern that starts from a solution of an outer one.
    fn for_solution(&self, pattern: &GraphPattern, graph: &[Triple], solution: &Solution) -> Found {
        self.with_given(solution.clone(), || self.pattern(pattern, graph))
    }

    pub fn lateral(&self, left: &GraphPattern, right: &GraphPattern, graph: &[Triple]) -> Found {
        let mut joined = Vec::new();
        for solution in self.pattern(left, graph)? {
            let found = self.for_solution(right, graph, &solution)?;
            joined.extend(found.iter().filter_map(|right| merged(&solution, right)));
            joined = crate::naive::limited(joined)?;
        }
        Ok(joined)
    }

    pub fn minus(&self, left: &GraphPattern, right: &GraphPattern, graph: &[Triple]) -> Found {
        let mut bound_by_right = HashSet::new();
        right.on_in_scope_variable(|variable| {
            bound_by_right.insert(variable.as_str().to_owned());
        });
        let mut solutions = self.pattern(left, graph)?;
        let mut removed = self.pattern(right, graph)?;
        for solution in &mut removed {
            solution.retain(|name, _| bound_by_right.contains(name));
        }
        solutions.retain(|left| {
            !removed.iter().any(|right| {
                right.keys().any(|name| left.contains_key(name)) && merged(left, right).is_some()
            })
        });
        Ok(solutions)
    }

    /// A sub-SELECT: it sees the given values of the variables it projects.
    pub fn project(&self, inner: &GraphPattern, variables: &[Variable], graph: &[Triple]) -> Found {
        let is_projected = |name: &str| variables.iter().any(|other| other.as_str() == name);
        let mut given = self.given();
        given.retain(|name, _| is_projected(name));
        let mut solutions = self.with_given(given, || self.pattern(inner, graph))?;
        for solution in &mut solutions {
            solution.retain(|name, _| is_projected(name));
        }
        Ok(self.and_given(solutions))
    }

    /// The expression with TRUE or FALSE in place of each EXISTS.
    pub fn tested(
        &self,
        expression: &Expression,
        solution: &Solution,
        graph: &[Triple],
    ) -> Result<Expression, crate::naive::TooMany> {
        let tested = |inner: &Expression| self.tested(inner, solution, graph).map(Box::new);
        Ok(match expression {
            Expression::Exists(pattern) => {
                let found = self.for_solution(pattern, graph, solution)?;
                let exists = found.iter().any(|found| merged(solution, found).is_some());
                oxrdf::Literal::from(exists).into()
            }
            Expression::Or(left, right) => Expression::Or(tested(left)?, tested(right)?),
            Expression::And(left, right) => Expression::And(tested(left)?, tested(right)?),
            Expression::Equal(left, right) => Expression::Equal(tested(left)?, tested(right)?),
            Expression::SameTerm(left, right) => {
                Expression::SameTerm(tested(left)?, tested(right)?)
            }
            Expression::Greater(left, right) => Expression::Greater(tested(left)?, tested(right)?),
            Expression::GreaterOrEqual(left, right) => {
                Expression::GreaterOrEqual(tested(left)?, tested(right)?)
            }
            Expression::Less(left, right) => Expression::Less(tested(left)?, tested(right)?),
            Expression::LessOrEqual(left, right) => {
                Expression::LessOrEqual(tested(left)?, tested(right)?)
            }
            Expression::Not(inner) => Expression::Not(tested(inner)?),
            Expression::If(condition, yes, no) => {
                Expression::If(tested(condition)?, tested(yes)?, tested(no)?)
            }
            Expression::In(needle, list) => Expression::In(
                tested(needle)?,
                list.iter()
                    .map(|item| self.tested(item, solution, graph))
                    .collect::<Result<_, _>>()?,
            ),
            Expression::Coalesce(list) => Expression::Coalesce(
                list.iter()
                    .map(|item| self.tested(item, solution, graph))
                    .collect::<Result<_, _>>()?,
            ),
            Expression::FunctionCall(function, list) => Expression::FunctionCall(
                function.clone(),
                list.iter()
                    .map(|item| self.tested(item, solution, graph))
                    .collect::<Result<_, _>>()?,
            ),
            other => other.clone(),
        })
    }
}

impl Queries<'_> {
    /// `[NOT] EXISTS` of a group.
    pub fn exists(&mut self, place: Place) -> String {
        let not = *self.random.pick(&["", "NOT "]);
        let mut within = Queries::below(place);
        within.in_exists = true;
        format!("{not}EXISTS {{ {} }}", self.group(within))
    }

    pub fn minus(&mut self, place: Place) -> String {
        format!("MINUS {{ {} }} ", self.group(Queries::below(place)))
    }

    /// LATERAL may bind nothing by name that its left side has.
    pub fn lateral(&mut self, place: Place) -> String {
        let mut within = Queries::below(place);
        within.in_lateral = true;
        let group = match self.random.below(3) {
            0 => self.group(within),
            1 => format!("OPTIONAL {{ {} }}", self.group(within)),
            _ => self.sliced(within),
        };
        format!("LATERAL {{ {group} }} ")
    }

    /// A sub-SELECT with LIMIT of which all solutions are the same, so that it does not matter which are left.
    pub fn sliced(&mut self, place: Place) -> String {
        let fresh = self.fresh();
        let offset = match self.random.percent(40) {
            true => format!(" OFFSET {}", self.random.below(3)),
            false => String::new(),
        };
        let limit = self.random.below(4);
        format!(
            "{{ SELECT {fresh} {{ {} }} LIMIT {limit}{offset} }} ",
            self.group(Queries::below(place))
        )
    }
}
