//! When giving values to the leaves of a pattern is the same as joining with them.
//!
//! In EXISTS and LATERAL the values of a row stand for its variables everywhere in the pattern: a filter within sees them, and
//! both sides of a MINUS have them in common. In a join they do not: a filter sees what its own group binds. Where both are
//! one, either can be worked as the other. A join works a pattern once, so that is not so for one that answers differently
//! each time.

use crate::algebra::{Expr, Pattern, Var, VarSet, bound};

/// Whether the solutions of `pattern`, worked with values given for `vars`, are its solutions joined with those values.
/// Cost: a walk for each level.
pub fn restricts(pattern: &Pattern, vars: &[Var]) -> bool {
    !pattern.is_volatile() && stable_restricts(pattern, vars)
}

fn stable_restricts(pattern: &Pattern, vars: &[Var]) -> bool {
    let mentioned = pattern.vars();
    let vars: Vec<Var> = vars
        .iter()
        .copied()
        .filter(|var| mentioned.binary_search(var).is_ok())
        .collect();
    if vars.is_empty() && !pattern.has_minus() {
        return true;
    }
    // What a group binds decides of a MINUS in its conditions.
    if pattern.expressions().into_iter().any(Expr::has_minus) {
        return false;
    }
    let all_restrict = |parts: &[Pattern]| parts.iter().all(|part| stable_restricts(part, &vars));
    match pattern {
        Pattern::Quad(_)
        | Pattern::Path(_)
        | Pattern::TripleTerm { .. }
        | Pattern::Service(_)
        | Pattern::Graphs(_)
        | Pattern::Values { .. } => true,
        Pattern::Join(parts) | Pattern::Union(parts) => all_restrict(parts),
        Pattern::Filter { filters, inner } => {
            stable_restricts(inner, &vars)
                && settled(&read_by(filters), &vars, &bound(inner).always)
        }
        Pattern::LeftJoin {
            left,
            right,
            filters,
        } => {
            let mut read = read_by(filters);
            read.extend(right.vars());
            stable_restricts(left, &vars)
                && stable_restricts(right, &vars)
                && settled(&read, &vars, &bound(left).always)
        }
        Pattern::Minus { left, right, graph } => {
            let (left_always, right_always) = (bound(left).always, bound(right).always);
            let read = right.vars();
            let is_shared = |var: &Var| right_always.contains(var) && Some(*var) != *graph;
            left_always.iter().any(is_shared)
                && stable_restricts(left, &vars)
                && stable_restricts(right, &vars)
                && vars.iter().all(|var| {
                    read.binary_search(var).is_err()
                        || left_always.contains(var) && right_always.contains(var)
                })
        }
        Pattern::Extend { inner, bindings } => {
            let exprs: Vec<Expr> = bindings.iter().map(|(_, expr)| expr.clone()).collect();
            stable_restricts(inner, &vars)
                && !bindings.iter().any(|(var, _)| vars.contains(var))
                && settled(&read_by(&exprs), &vars, &bound(inner).always)
        }
        Pattern::Group { inner, keys, .. } => {
            (vars.is_empty() || !keys.is_empty())
                && vars.iter().all(|var| keys.contains(var))
                && stable_restricts(inner, &vars)
        }
        Pattern::Project { inner, .. }
        | Pattern::Distinct(inner)
        | Pattern::Reduced(inner)
        | Pattern::OrderBy { inner, .. } => stable_restricts(inner, &vars),
        Pattern::Slice { inner, .. } => vars.is_empty() && stable_restricts(inner, &vars),
        Pattern::Lateral { .. } => false,
    }
}

/// The variables expressions read.
fn read_by(exprs: &[Expr]) -> VarSet {
    exprs.iter().flat_map(|expr| expr.vars()).collect()
}

/// Whether those of `vars` that are read are bound anyway.
fn settled(read: &VarSet, vars: &[Var], always: &VarSet) -> bool {
    vars.iter()
        .all(|var| !read.contains(var) || always.contains(var))
}
