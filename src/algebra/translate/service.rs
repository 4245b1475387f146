//! SERVICE: the query that an endpoint is asked.

use super::super::ir::{Pattern, ServicePattern, Slot, Var};
use super::{At, Scope, Translator};
use crate::error::Result;
use rustc_hash::FxHashMap;
use spargebra::algebra::{
    AggregateExpression, Expression, GraphPattern, OrderExpression, PropertyPathExpression,
};
use spargebra::term::{Literal, NamedNodePattern, TermPattern, TriplePattern, Variable};

impl Translator<'_> {
    /// A SELECT of the variables that are in scope outside `inner`.
    pub(super) fn service(
        &mut self,
        name: &NamedNodePattern,
        inner: &GraphPattern,
        is_silent: bool,
        scope: &mut Scope,
        at: At,
    ) -> Result<Pattern> {
        let mut variables: Vec<Variable> = Vec::new();
        let mut asked = inner.clone();
        // The parser's own walks are recursive; this one looks at the depth first.
        Blanks::new(self.text).pattern(&mut asked, at)?;
        inner.on_in_scope_variable(|variable| {
            if !variables.contains(variable) {
                variables.push(variable.clone());
            }
        });
        let endpoint: Slot = self.name_slot(name, scope);
        let vars: Vec<Var> = variables
            .iter()
            .map(|variable| self.var(variable, scope))
            .collect();
        if variables.is_empty() {
            // Without a variable the number of solutions is what counts, and a SELECT has at least one.
            let variable = Variable::new_unchecked("solution");
            asked = GraphPattern::Extend {
                inner: Box::new(asked),
                variable: variable.clone(),
                expression: Literal::from(1).into(),
            };
            variables.push(variable);
        }
        let names = variables[..vars.len()]
            .iter()
            .map(|variable| variable.as_str().to_owned())
            .collect();
        let query = spargebra::Query::Select {
            dataset: None,
            pattern: GraphPattern::Project {
                inner: Box::new(asked),
                variables,
            },
            base_iri: None,
        };
        Ok(Pattern::Service(ServicePattern {
            endpoint,
            query: query.to_string(),
            vars,
            names,
            is_silent,
        }))
    }
}

/// Makes blank nodes variables: printed, a group may become several, and a label may stand in one only.
struct Blanks {
    prefix: String,
    numbers: FxHashMap<String, usize>,
}

impl Blanks {
    fn new(text: &str) -> Self {
        let mut prefix = "blank".to_owned();
        while text.contains(&prefix) {
            prefix.push('_');
        }
        Self {
            prefix,
            numbers: FxHashMap::default(),
        }
    }

    fn term(&mut self, term: &mut TermPattern, at: At) -> Result<()> {
        match term {
            TermPattern::BlankNode(node) => {
                let next = self.numbers.len();
                let number = self.numbers.entry(node.as_str().to_owned()).or_insert(next);
                let name = format!("{}{number}", self.prefix);
                *term = TermPattern::Variable(Variable::new_unchecked(name));
                Ok(())
            }
            TermPattern::Triple(triple) => self.triple(triple, at.below()?),
            _ => Ok(()),
        }
    }

    fn triple(&mut self, triple: &mut TriplePattern, at: At) -> Result<()> {
        self.term(&mut triple.subject, at)?;
        self.term(&mut triple.object, at)
    }

    fn pattern(&mut self, pattern: &mut GraphPattern, at: At) -> Result<()> {
        let below = at.below()?;
        match pattern {
            GraphPattern::Bgp { patterns } => patterns
                .iter_mut()
                .try_for_each(|triple| self.triple(triple, below)),
            GraphPattern::Path {
                subject,
                path,
                object,
            } => {
                check_path(path, below)?;
                self.term(subject, below)?;
                self.term(object, below)
            }
            GraphPattern::Join { left, right }
            | GraphPattern::Union { left, right }
            | GraphPattern::Minus { left, right }
            | GraphPattern::Lateral { left, right } => {
                self.pattern(left, below)?;
                self.pattern(right, below)
            }
            GraphPattern::LeftJoin {
                left,
                right,
                expression,
            } => {
                self.pattern(left, below)?;
                self.pattern(right, below)?;
                match expression {
                    Some(expression) => self.expression(expression, below),
                    None => Ok(()),
                }
            }
            GraphPattern::Filter { expr, inner } => {
                self.expression(expr, below)?;
                self.pattern(inner, below)
            }
            GraphPattern::Extend {
                inner, expression, ..
            } => {
                self.expression(expression, below)?;
                self.pattern(inner, below)
            }
            GraphPattern::OrderBy { inner, expression } => {
                for key in expression {
                    let (OrderExpression::Asc(key) | OrderExpression::Desc(key)) = key;
                    self.expression(key, below)?;
                }
                self.pattern(inner, below)
            }
            GraphPattern::Group {
                inner, aggregates, ..
            } => {
                for (_, aggregate) in aggregates {
                    if let AggregateExpression::FunctionCall { expr, .. } = aggregate {
                        self.expression(expr, below)?;
                    }
                }
                self.pattern(inner, below)
            }
            GraphPattern::Graph { inner, .. }
            | GraphPattern::Service { inner, .. }
            | GraphPattern::Project { inner, .. }
            | GraphPattern::Distinct { inner }
            | GraphPattern::Reduced { inner }
            | GraphPattern::Slice { inner, .. } => self.pattern(inner, below),
            GraphPattern::Values { .. } => Ok(()),
        }
    }

    fn expression(&mut self, expression: &mut Expression, at: At) -> Result<()> {
        let below = at.below()?;
        match expression {
            Expression::Exists(pattern) => self.pattern(pattern, below),
            Expression::Or(left, right)
            | Expression::And(left, right)
            | Expression::Equal(left, right)
            | Expression::SameTerm(left, right)
            | Expression::Greater(left, right)
            | Expression::GreaterOrEqual(left, right)
            | Expression::Less(left, right)
            | Expression::LessOrEqual(left, right)
            | Expression::Add(left, right)
            | Expression::Subtract(left, right)
            | Expression::Multiply(left, right)
            | Expression::Divide(left, right) => {
                self.expression(left, below)?;
                self.expression(right, below)
            }
            Expression::UnaryPlus(inner)
            | Expression::UnaryMinus(inner)
            | Expression::Not(inner) => self.expression(inner, below),
            Expression::In(needle, list) => {
                self.expression(needle, below)?;
                list.iter_mut()
                    .try_for_each(|item| self.expression(item, below))
            }
            Expression::If(condition, yes, no) => {
                self.expression(condition, below)?;
                self.expression(yes, below)?;
                self.expression(no, below)
            }
            Expression::Coalesce(list) | Expression::FunctionCall(_, list) => list
                .iter_mut()
                .try_for_each(|item| self.expression(item, below)),
            Expression::NamedNode(_)
            | Expression::Literal(_)
            | Expression::Variable(_)
            | Expression::Bound(_) => Ok(()),
        }
    }
}

fn check_path(path: &PropertyPathExpression, at: At) -> Result<()> {
    let below = at.below()?;
    match path {
        PropertyPathExpression::NamedNode(_) | PropertyPathExpression::NegatedPropertySet(_) => {
            Ok(())
        }
        PropertyPathExpression::Sequence(left, right)
        | PropertyPathExpression::Alternative(left, right) => {
            check_path(left, below)?;
            check_path(right, below)
        }
        PropertyPathExpression::Reverse(inner)
        | PropertyPathExpression::ZeroOrMore(inner)
        | PropertyPathExpression::OneOrMore(inner)
        | PropertyPathExpression::ZeroOrOne(inner) => check_path(inner, below),
    }
}
