//! The variables that a pattern mentions, bound or only read.

use super::ir::{Expr, Pattern, Slot, Var};

impl Pattern {
    /// Calls `visit` with every variable of the pattern, repetitions included. Those a sub-SELECT keeps to itself are among
    /// them; no other scope has their numbers.
    pub fn visit_vars(&self, visit: &mut dyn FnMut(Var)) {
        let visit_exprs = |exprs: &[Expr], visit: &mut dyn FnMut(Var)| {
            for expr in exprs {
                expr.visit_vars(&mut |var| visit(var));
            }
        };
        let visit_slots = |slots: &[Slot], visit: &mut dyn FnMut(Var)| {
            slots.iter().filter_map(|slot| slot.var()).for_each(visit);
        };
        match self {
            Self::Quad(quad) => quad.vars().for_each(visit),
            Self::Path(path) => path.vars().for_each(visit),
            Self::TripleTerm { term, triple } => {
                visit(*term);
                visit_slots(triple, visit);
            }
            Self::Service(service) => {
                visit_slots(&[service.endpoint], visit);
                service.vars.iter().copied().for_each(visit);
            }
            Self::Graphs(slot) => visit_slots(&[*slot], visit),
            Self::Join(parts) | Self::Union(parts) => {
                parts.iter().for_each(|part| part.visit_vars(visit));
            }
            Self::LeftJoin {
                left,
                right,
                filters,
            } => {
                left.visit_vars(visit);
                right.visit_vars(visit);
                visit_exprs(filters, visit);
            }
            Self::Minus { left, right, .. } | Self::Lateral { left, right } => {
                left.visit_vars(visit);
                right.visit_vars(visit);
            }
            Self::Filter { filters, inner } => {
                inner.visit_vars(visit);
                visit_exprs(filters, visit);
            }
            Self::Extend { inner, bindings } => {
                inner.visit_vars(visit);
                for (var, expr) in bindings {
                    visit(*var);
                    expr.visit_vars(&mut |var| visit(var));
                }
            }
            Self::Values { vars, .. } => vars.iter().copied().for_each(visit),
            Self::Group {
                inner,
                keys,
                aggregates,
                ..
            } => {
                inner.visit_vars(visit);
                keys.iter().for_each(|var| visit(*var));
                for (var, aggregate) in aggregates {
                    visit(*var);
                    if let Some(expr) = &aggregate.expr {
                        expr.visit_vars(&mut |var| visit(var));
                    }
                }
            }
            Self::Project { inner, vars } => {
                inner.visit_vars(visit);
                vars.iter().for_each(|var| visit(*var));
            }
            Self::Distinct(inner) | Self::Reduced(inner) | Self::Slice { inner, .. } => {
                inner.visit_vars(visit);
            }
            Self::OrderBy { inner, keys } => {
                inner.visit_vars(visit);
                for key in keys {
                    key.expr.visit_vars(&mut |var| visit(var));
                }
            }
        }
    }

    /// The distinct variables of the pattern, ascending; see [`Pattern::visit_vars`].
    pub fn vars(&self) -> Vec<Var> {
        let mut vars = Vec::new();
        self.visit_vars(&mut |var| vars.push(var));
        vars.sort_unstable();
        vars.dedup();
        vars
    }
}
