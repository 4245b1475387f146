//! Expressions.

use super::super::ir::{Comparison, Expr, TermFunction, TermTest};
use super::{At, Scope, Translator, chain};
use crate::error::Result;
use spargebra::algebra::{Expression, Function};

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
            Expression::SameTerm(left, right) => Ok(Expr::SameTerm(
                Box::new(self.expr(left, scope, below)?),
                Box::new(self.expr(right, scope, below)?),
            )),
            Expression::In(needle, list) => Ok(Expr::In(
                Box::new(self.expr(needle, scope, below)?),
                list.iter()
                    .map(|item| self.expr(item, scope, below))
                    .collect::<Result<_>>()?,
            )),
            Expression::Bound(variable) => Ok(Expr::Bound(self.var(variable, scope))),
            Expression::FunctionCall(function, arguments) => {
                self.call(function, arguments, scope, below)
            }
            Expression::Exists(pattern) => {
                Ok(Expr::Exists(Box::new(self.pattern(pattern, scope, below)?)))
            }
            Expression::If(..) => Err(self.unsupported("IF", &["IF"])),
            Expression::Coalesce(_) => Err(self.unsupported("COALESCE", &["COALESCE"])),
            Expression::Add(..) => Err(self.unsupported_arithmetic("+", true)),
            Expression::Subtract(..) => Err(self.unsupported_arithmetic("-", true)),
            Expression::Multiply(..) => Err(self.unsupported_arithmetic("*", true)),
            Expression::Divide(..) => Err(self.unsupported_arithmetic("/", true)),
            Expression::UnaryPlus(_) => Err(self.unsupported_arithmetic("+", false)),
            Expression::UnaryMinus(_) => Err(self.unsupported_arithmetic("-", false)),
        }
    }

    fn call(
        &mut self,
        function: &Function,
        arguments: &[Expression],
        scope: &mut Scope,
        at: At,
    ) -> Result<Expr> {
        let test = match function {
            Function::IsIri => Some(TermTest::IsIri),
            Function::IsBlank => Some(TermTest::IsBlank),
            Function::IsLiteral => Some(TermTest::IsLiteral),
            Function::IsNumeric => Some(TermTest::IsNumeric),
            Function::IsTriple => Some(TermTest::IsTriple),
            _ => None,
        };
        let term_function = match function {
            Function::Str => Some(TermFunction::Str),
            Function::Lang => Some(TermFunction::Lang),
            Function::Datatype => Some(TermFunction::Datatype),
            _ => None,
        };
        if let [argument] = arguments {
            if let Some(test) = test {
                return Ok(Expr::Test(test, Box::new(self.expr(argument, scope, at)?)));
            }
            if let Some(function) = term_function {
                return Ok(Expr::Function(
                    function,
                    Box::new(self.expr(argument, scope, at)?),
                ));
            }
        }
        Err(self.unsupported_call("function", &function.to_string()))
    }
}
