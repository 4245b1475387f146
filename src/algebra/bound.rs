//! Which variables a pattern binds: in every solution, or in some.

use super::ir::{Pattern, Slot};
use super::var_set::VarSet;

/// The variables of the solutions of a pattern.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Bound {
    /// Bound in every solution.
    pub always: VarSet,
    /// Bound in some solution, perhaps in all; holds `always`.
    pub possible: VarSet,
}

/// What `pattern` binds. Cost: one walk.
pub fn bound(pattern: &Pattern) -> Bound {
    let mut found = Bound::default();
    match pattern {
        Pattern::Quad(quad) => {
            found.always.extend(quad.vars());
        }
        Pattern::Path(path) => {
            found.always.extend(path.vars());
        }
        Pattern::Service(service) => {
            found.possible.extend(service.vars.iter().copied());
        }
        Pattern::TripleTerm { term, triple } => {
            found.always.insert(*term);
            found
                .always
                .extend(triple.iter().filter_map(|slot| slot.var()));
        }
        Pattern::Graphs(slot) => {
            if let Slot::Var(var) = slot {
                found.always.insert(*var);
            }
        }
        Pattern::Minus { left, .. } => found = bound(left),
        Pattern::Lateral { left, right } => {
            found = bound(left);
            let right = bound(right);
            found.always.extend(right.always);
            found.possible.extend(right.possible);
        }
        Pattern::Join(parts) => {
            for part in parts {
                let part = bound(part);
                found.always.extend(part.always);
                found.possible.extend(part.possible);
            }
        }
        Pattern::LeftJoin { left, right, .. } => {
            found = bound(left);
            found.possible.extend(bound(right).possible);
        }
        Pattern::Union(branches) => {
            for (index, branch) in branches.iter().enumerate() {
                let branch = bound(branch);
                if index == 0 {
                    found.always = branch.always;
                } else {
                    found.always.retain(|var| branch.always.contains(var));
                }
                found.possible.extend(branch.possible);
            }
        }
        Pattern::Filter { inner, .. }
        | Pattern::Distinct(inner)
        | Pattern::Reduced(inner)
        | Pattern::OrderBy { inner, .. }
        | Pattern::Slice { inner, .. } => found = bound(inner),
        Pattern::Extend { inner, bindings } => {
            found = bound(inner);
            found.possible.extend(bindings.iter().map(|(var, _)| *var));
        }
        Pattern::Values { vars, rows } => {
            for (column, var) in vars.iter().enumerate() {
                found.possible.insert(*var);
                if rows.iter().all(|row| row[column].is_some()) {
                    found.always.insert(*var);
                }
            }
        }
        Pattern::Group {
            inner,
            keys,
            aggregates,
            ..
        } => {
            let within = bound(inner);
            for key in keys {
                found.possible.insert(*key);
                if within.always.contains(key) {
                    found.always.insert(*key);
                }
            }
            found
                .possible
                .extend(aggregates.iter().map(|(var, _)| *var));
        }
        Pattern::Project { inner, vars } => {
            let within = bound(inner);
            found.always.extend(
                vars.iter()
                    .copied()
                    .filter(|var| within.always.contains(var)),
            );
            found.possible.extend(
                vars.iter()
                    .copied()
                    .filter(|var| within.possible.contains(var)),
            );
        }
    }
    found.possible.extend(found.always.iter().copied());
    found
}
