//! Expressions.

use super::super::function::Function;
use super::super::ir::{Comparison, Expr};
use super::super::place;
use super::super::scanner::position;
use super::{At, Scope, Translator, chain};
use crate::error::{Code, Error, Result};
use spargebra::algebra::{self, Expression};
use std::ops::RangeInclusive;

impl Translator<'_> {
    pub(super) fn conjuncts(
        &mut self,
        expression: &Expression,
        scope: &mut Scope,
        at: At,
    ) -> Result<Vec<Expr>> {
        Ok(match self.expr(expression, scope, at)? {
            Expr::And(parts) => parts,
            other => vec![other],
        })
    }

    pub(super) fn expr(
        &mut self,
        expression: &Expression,
        scope: &mut Scope,
        at: At,
    ) -> Result<Expr> {
        let below = at.below()?;
        let compare = |this: &mut Self,
                       scope: &mut Scope,
                       comparison,
                       left: &Expression,
                       right: &Expression| {
            Ok(Expr::Compare(
                comparison,
                Box::new(this.expr(left, scope, below)?),
                Box::new(this.expr(right, scope, below)?),
            ))
        };
        match expression {
            Expression::NamedNode(node) => Ok(Expr::Constant(self.constant(node.clone()))),
            Expression::Literal(literal) => Ok(Expr::Constant(self.constant(literal.clone()))),
            Expression::Variable(variable) => Ok(Expr::Var(self.var(variable, scope))),
            Expression::And(..) => {
                let mut parts = Vec::new();
                for part in chain(expression, |expression| match expression {
                    Expression::And(left, right) => Some((left, right)),
                    _ => None,
                }) {
                    match self.expr(part, scope, below)? {
                        Expr::And(inner) => parts.extend(inner),
                        other => parts.push(other),
                    }
                }
                Ok(Expr::And(parts))
            }
            Expression::Or(..) => {
                let mut parts = Vec::new();
                for part in chain(expression, |expression| match expression {
                    Expression::Or(left, right) => Some((left, right)),
                    _ => None,
                }) {
                    match self.expr(part, scope, below)? {
                        Expr::Or(inner) => parts.extend(inner),
                        other => parts.push(other),
                    }
                }
                Ok(Expr::Or(parts))
            }
            Expression::Not(inner) => Ok(Expr::Not(Box::new(self.expr(inner, scope, below)?))),
            Expression::Equal(left, right) => compare(self, scope, Comparison::Equal, left, right),
            Expression::Less(left, right) => compare(self, scope, Comparison::Less, left, right),
            Expression::LessOrEqual(left, right) => {
                compare(self, scope, Comparison::LessOrEqual, left, right)
            }
            Expression::Greater(left, right) => {
                compare(self, scope, Comparison::Greater, left, right)
            }
            Expression::GreaterOrEqual(left, right) => {
                compare(self, scope, Comparison::GreaterOrEqual, left, right)
            }
            Expression::In(needle, list) => Ok(Expr::In(
                Box::new(self.expr(needle, scope, below)?),
                self.exprs(list, scope, below)?,
            )),
            Expression::Bound(variable) => Ok(Expr::Bound(self.var(variable, scope))),
            Expression::If(condition, then, otherwise) => Ok(Expr::If(Box::new([
                self.expr(condition, scope, below)?,
                self.expr(then, scope, below)?,
                self.expr(otherwise, scope, below)?,
            ]))),
            Expression::Coalesce(parts) => Ok(Expr::Coalesce(self.exprs(parts, scope, below)?)),
            Expression::SameTerm(left, right) => {
                self.operator(Function::SameTerm, &[left, right], scope, below)
            }
            Expression::Add(..)
            | Expression::Subtract(..)
            | Expression::Multiply(..)
            | Expression::Divide(..) => self.arithmetic(expression, scope, below),
            Expression::UnaryPlus(inner) => self.operator(Function::Plus, &[inner], scope, below),
            Expression::UnaryMinus(inner) => {
                self.operator(Function::Negate, &[inner], scope, below)
            }
            Expression::FunctionCall(function, arguments) => {
                self.call(function, arguments, scope, below)
            }
            Expression::Exists(pattern) => {
                Ok(Expr::Exists(Box::new(self.pattern(pattern, scope, below)?)))
            }
        }
    }

    fn exprs(&mut self, parts: &[Expression], scope: &mut Scope, at: At) -> Result<Vec<Expr>> {
        parts
            .iter()
            .map(|part| self.expr(part, scope, at))
            .collect()
    }

    fn operator(
        &mut self,
        function: Function,
        operands: &[&Expression],
        scope: &mut Scope,
        at: At,
    ) -> Result<Expr> {
        let operands = operands
            .iter()
            .map(|operand| self.expr(operand, scope, at))
            .collect::<Result<_>>()?;
        Ok(Expr::Call(function, operands))
    }

    /// A left-deep chain of operators on numbers, which may be longer than the stack.
    fn arithmetic(&mut self, top: &Expression, scope: &mut Scope, at: At) -> Result<Expr> {
        let (mut functions, mut operands) = (Vec::new(), Vec::new());
        let mut current = top;
        while let Some((function, left, right)) = arithmetic_of(current) {
            functions.push(function);
            operands.push(right);
            current = left;
        }
        operands.push(current);
        functions.reverse();
        operands.reverse();
        if let [function] = functions[..] {
            return self.operator(function, &operands, scope, at);
        }
        let operands = operands
            .into_iter()
            .map(|operand| self.expr(operand, scope, at))
            .collect::<Result<_>>()?;
        Ok(Expr::Chain(functions, operands))
    }

    fn call(
        &mut self,
        function: &algebra::Function,
        arguments: &[Expression],
        scope: &mut Scope,
        at: At,
    ) -> Result<Expr> {
        let count = arguments.len();
        let arguments = self.exprs(arguments, scope, at)?;
        let algebra::Function::Custom(name) = function else {
            let name = function.to_string();
            return match Function::of_name(&name) {
                Some(known) if known.arguments().contains(&count) => {
                    Ok(Expr::Call(known, arguments))
                }
                _ => Err(self.unsupported_call("function", &name)),
            };
        };
        let iri = name.as_str();
        if let Some(constructor) = Function::of_iri(iri) {
            self.check_count(iri, count, &constructor.arguments())?;
            return Ok(Expr::Call(constructor, arguments));
        }
        let Some(accepted) = self.functions.get(iri) else {
            return Err(self
                .unsupported_call("function", &name.to_string())
                .with_hint("a function of your own is registered with the store before the query is prepared"));
        };
        self.check_count(iri, count, &accepted.arguments)?;
        Ok(Expr::Custom {
            iri: iri.to_owned(),
            deterministic: accepted.deterministic,
            arguments,
        })
    }

    /// Errors: `QueryParse` for a function called with too few or too many arguments.
    fn check_count(&self, iri: &str, count: usize, accepted: &RangeInclusive<usize>) -> Result<()> {
        if accepted.contains(&count) {
            return Ok(());
        }
        let (min, max) = (accepted.start(), accepted.end());
        let wanted = match (min == max, *max == usize::MAX) {
            (true, _) => format!("{min}"),
            (false, true) => format!("at least {min}"),
            (false, false) => format!("{min} to {max}"),
        };
        let error = Error::new(
            Code::QueryParse,
            format!("the function <{iri}> takes {wanted} arguments and is called with {count}"),
        );
        Err(match place::call(self.text, iri) {
            Some(at) => error.at(position(self.text, at)),
            None => error,
        })
    }
}

/// An operator on two numbers with its operands.
fn arithmetic_of(expression: &Expression) -> Option<(Function, &Expression, &Expression)> {
    Some(match expression {
        Expression::Add(left, right) => (Function::Add, left, right),
        Expression::Subtract(left, right) => (Function::Subtract, left, right),
        Expression::Multiply(left, right) => (Function::Multiply, left, right),
        Expression::Divide(left, right) => (Function::Divide, left, right),
        _ => return None,
    })
}
