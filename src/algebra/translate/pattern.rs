//! Graph patterns.

use super::super::ir::{Expr, GraphSlot, OrderKey, Pattern, Slot};
use super::triple::ground_term;
use super::{At, Scope, Translator, chain};
use crate::error::Result;
use spargebra::algebra::{GraphPattern, OrderExpression};
use spargebra::term::{NamedNodePattern, Variable};

impl Translator<'_> {
    pub(super) fn pattern(
        &mut self,
        pattern: &GraphPattern,
        scope: &mut Scope,
        at: At,
    ) -> Result<Pattern> {
        let below = at.below()?;
        let graph = at.graph;
        Ok(match pattern {
            GraphPattern::Bgp { patterns } => self.basic(patterns, scope, graph)?,
            GraphPattern::Join { .. } => {
                let mut parts = Vec::new();
                for part in chain(pattern, |pattern| match pattern {
                    GraphPattern::Join { left, right } => Some((left, right)),
                    _ => None,
                }) {
                    match self.pattern(part, scope, below)? {
                        Pattern::Join(inner) => parts.extend(inner),
                        other => parts.push(other),
                    }
                }
                Pattern::Join(parts)
            }
            GraphPattern::Union { .. } => {
                let mut branches = Vec::new();
                for branch in chain(pattern, |pattern| match pattern {
                    GraphPattern::Union { left, right } => Some((left, right)),
                    _ => None,
                }) {
                    match self.pattern(branch, scope, below)? {
                        Pattern::Union(inner) => branches.extend(inner),
                        other => branches.push(other),
                    }
                }
                Pattern::Union(branches)
            }
            GraphPattern::LeftJoin {
                left,
                right,
                expression,
            } => Pattern::LeftJoin {
                left: Box::new(self.pattern(left, scope, below)?),
                right: Box::new(self.pattern(right, scope, below)?),
                filters: match expression {
                    Some(expression) => self.conjuncts(expression, scope, below)?,
                    None => Vec::new(),
                },
            },
            GraphPattern::Minus { left, right } => Pattern::Minus {
                left: Box::new(self.pattern(left, scope, below)?),
                right: Box::new(self.pattern(right, scope, below)?),
                graph: at.graph_var(),
            },
            GraphPattern::Lateral { left, right } => Pattern::Lateral {
                left: Box::new(self.pattern(left, scope, below)?),
                right: Box::new(self.pattern(right, scope, below)?),
            },
            GraphPattern::Filter { expr, inner } => Pattern::Filter {
                inner: Box::new(self.pattern(inner, scope, below)?),
                filters: self.conjuncts(expr, scope, below)?,
            },
            GraphPattern::Graph { name, inner } => {
                let slot = self.name_slot(name, scope);
                let inner = match name {
                    NamedNodePattern::Variable(variable) => {
                        self.graph_of_variable(variable, inner, scope, slot, below)?
                    }
                    NamedNodePattern::NamedNode(_) => {
                        self.pattern(inner, scope, below.in_graph(GraphSlot::Named(slot)))?
                    }
                };
                match graph {
                    // Within GRAPH, a solution is one of each graph of that name, which must exist.
                    GraphSlot::Named(outer) => Pattern::Join(vec![Pattern::Graphs(outer), inner]),
                    GraphSlot::Default => inner,
                }
            }
            GraphPattern::Extend { .. } => {
                let mut bindings = Vec::new();
                let mut inner = pattern;
                while let GraphPattern::Extend {
                    inner: next,
                    variable,
                    expression,
                } = inner
                {
                    bindings.push((variable, expression));
                    inner = next;
                }
                let inner = Box::new(self.pattern(inner, scope, below)?);
                let bindings = bindings
                    .into_iter()
                    .rev()
                    .map(|(variable, expression)| {
                        let expr = self.expr(expression, scope, below)?;
                        Ok((self.var(variable, scope), expr))
                    })
                    .collect::<Result<_>>()?;
                Pattern::Extend { inner, bindings }
            }
            GraphPattern::Values {
                variables,
                bindings,
            } => {
                let vars = variables
                    .iter()
                    .map(|variable| self.var(variable, scope))
                    .collect();
                let rows = bindings
                    .iter()
                    .map(|row| {
                        row.iter()
                            .map(|term| term.as_ref().map(|term| self.constant(ground_term(term))))
                            .collect()
                    })
                    .collect();
                in_graph(Pattern::Values { vars, rows }, graph)
            }
            GraphPattern::OrderBy { inner, expression } => Pattern::OrderBy {
                inner: Box::new(self.pattern(inner, scope, below)?),
                keys: expression
                    .iter()
                    .map(|key| {
                        let (expr, descending) = match key {
                            OrderExpression::Asc(expr) => (expr, false),
                            OrderExpression::Desc(expr) => (expr, true),
                        };
                        let expr = self.expr(expr, scope, below)?;
                        Ok(OrderKey { expr, descending })
                    })
                    .collect::<Result<_>>()?,
            },
            GraphPattern::Project { inner, variables } => {
                let mut within = Scope::default();
                let mut vars = Vec::with_capacity(variables.len());
                for variable in variables {
                    let var = self.var(variable, scope);
                    within.names.insert(variable.as_str().to_owned(), var);
                    vars.push(var);
                }
                // At the outermost level the scope outside is empty; CONSTRUCT templates read it.
                let inner = Box::new(self.pattern(inner, &mut within, below)?);
                if let Some(var) = at.graph_var()
                    && !vars.contains(&var)
                {
                    vars.push(var);
                }
                Pattern::Project { inner, vars }
            }
            GraphPattern::Distinct { inner } => {
                Pattern::Distinct(Box::new(self.pattern(inner, scope, below)?))
            }
            GraphPattern::Reduced { inner } => {
                Pattern::Reduced(Box::new(self.pattern(inner, scope, below)?))
            }
            GraphPattern::Slice {
                inner,
                start,
                length,
            } => Pattern::Slice {
                inner: Box::new(self.pattern(inner, scope, below)?),
                offset: *start as u64,
                limit: length.map(|length| length as u64),
                graph: at.graph_var(),
            },
            GraphPattern::Group {
                inner,
                variables,
                aggregates,
            } => {
                let inner = self.pattern(inner, scope, below)?;
                self.group(inner, variables, aggregates, scope, below)?
            }
            GraphPattern::Path {
                subject,
                path,
                object,
            } => {
                let mut opened = Vec::new();
                let subject = self.slot(subject, scope, &mut opened)?;
                let object = self.slot(object, scope, &mut opened)?;
                let pattern = self.path_pattern(subject, path, object, below)?;
                if opened.is_empty() {
                    pattern
                } else {
                    opened.insert(0, pattern);
                    Pattern::Join(opened)
                }
            }
            GraphPattern::Service {
                name,
                inner,
                silent,
            } => {
                let service = self.service(name, inner, *silent, scope, below)?;
                in_graph(service, graph)
            }
        })
    }

    /// The variable of GRAPH is not in scope inside (SPARQL 1.1 section 18.6): where the pattern has one of its name, that
    /// is another, and each solution is joined with its graph.
    fn graph_of_variable(
        &mut self,
        variable: &Variable,
        inner: &GraphPattern,
        scope: &mut Scope,
        slot: Slot,
        at: At,
    ) -> Result<Pattern> {
        let outside = scope.names.remove(variable.as_str());
        let inner = self.pattern(inner, scope, at.in_graph(GraphSlot::Named(slot)))?;
        let inside = scope.names.remove(variable.as_str());
        if let Some(outside) = outside {
            scope.names.insert(variable.as_str().to_owned(), outside);
        }
        let (Some(inside), Some(outside)) = (inside, outside) else {
            return Ok(inner);
        };
        let graph = Pattern::Extend {
            inner: Box::new(Pattern::Graphs(slot)),
            bindings: vec![(inside, Expr::Var(outside))],
        };
        Ok(Pattern::Join(vec![inner, graph]))
    }
}

/// Under GRAPH with a variable, every leaf binds the graph.
pub(super) fn in_graph(leaf: Pattern, graph: GraphSlot) -> Pattern {
    match graph {
        GraphSlot::Default => leaf,
        GraphSlot::Named(slot) => Pattern::Join(vec![Pattern::Graphs(slot), leaf]),
    }
}
