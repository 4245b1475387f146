//! Walks through patterns and the expressions in them.

use super::ir::{Expr, Pattern, ServicePattern};

impl Pattern {
    /// The patterns directly below; those that expressions ask for are not among them.
    pub fn children(&self) -> Vec<&Pattern> {
        match self {
            Self::Quad(_)
            | Self::Path(_)
            | Self::Service(_)
            | Self::TripleTerm { .. }
            | Self::Graphs(_)
            | Self::Values { .. } => Vec::new(),
            Self::Join(parts) | Self::Union(parts) => parts.iter().collect(),
            Self::LeftJoin { left, right, .. }
            | Self::Minus { left, right, .. }
            | Self::Lateral { left, right } => vec![left, right],
            Self::Filter { inner, .. }
            | Self::Extend { inner, .. }
            | Self::Group { inner, .. }
            | Self::Project { inner, .. }
            | Self::Distinct(inner)
            | Self::Reduced(inner)
            | Self::OrderBy { inner, .. }
            | Self::Slice { inner, .. } => vec![inner],
        }
    }

    /// The expressions of the pattern itself, without those of the patterns below.
    pub fn expressions(&self) -> Vec<&Expr> {
        match self {
            Self::LeftJoin { filters, .. } | Self::Filter { filters, .. } => {
                filters.iter().collect()
            }
            Self::Extend { bindings, .. } => bindings.iter().map(|(_, expr)| expr).collect(),
            Self::Group { aggregates, .. } => aggregates
                .iter()
                .filter_map(|(_, aggregate)| aggregate.expr.as_ref())
                .collect(),
            Self::OrderBy { keys, .. } => keys.iter().map(|key| &key.expr).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether equal values may give other solutions each time: see [`Expr::is_volatile`]. Cost: a walk.
    pub fn is_volatile(&self) -> bool {
        self.expressions().into_iter().any(Expr::is_volatile)
            || self.children().into_iter().any(Self::is_volatile)
    }

    /// Whether there is a MINUS in it, also in patterns that expressions ask for. Cost: a walk.
    pub fn has_minus(&self) -> bool {
        matches!(self, Self::Minus { .. })
            || self.expressions().into_iter().any(Expr::has_minus)
            || self.children().into_iter().any(Self::has_minus)
    }

    /// Calls `visit` with every SERVICE, also of patterns that expressions ask for.
    pub fn visit_services(&self, visit: &mut dyn FnMut(&ServicePattern)) {
        if let Self::Service(service) = self {
            visit(service);
        }
        for child in self.children() {
            child.visit_services(visit);
        }
        for expr in self.expressions() {
            expr.visit_services(visit);
        }
    }
}

impl Expr {
    /// Whether a pattern that it asks for has a MINUS in it.
    pub fn has_minus(&self) -> bool {
        matches!(self, Self::Exists(pattern) if pattern.has_minus())
            || self.children().any(Self::has_minus)
    }

    fn visit_services(&self, visit: &mut dyn FnMut(&ServicePattern)) {
        if let Self::Exists(pattern) = self {
            pattern.visit_services(visit);
        }
        for child in self.children() {
            child.visit_services(visit);
        }
    }
}
