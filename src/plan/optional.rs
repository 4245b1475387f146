//! OPTIONAL: where its conditions go, what can be joined before it, and how it is worked.

use super::conjunction::sees_whole;
use super::correlation::restricts;
use super::cost;
use super::dependent::single_quad;
use super::join::{hash_join, probe_join};
use super::node::{JoinKind, Node};
use super::planner::Planner;
use super::shape::{choose, with_filters};
use crate::algebra::{Bound, Expr, Pattern, Var, bound};
use crate::error::Result;

impl Planner<'_> {
    /// `filters` are those of a group around it.
    pub(super) fn left_join(
        &mut self,
        left: &Pattern,
        right: &Pattern,
        condition: &[Expr],
        filters: Vec<Expr>,
    ) -> Result<Node> {
        let left_bound = bound(left);
        let right_bound = bound(right);
        // What the right side cannot change is settled on the left.
        let (early, late) = filters.into_iter().partition(|filter: &Expr| {
            filter
                .vars()
                .iter()
                .all(|var| left_bound.always.contains(var) || !right_bound.possible.contains(var))
        });
        let left = self.filter(early, left)?;
        let node = self.optional(left, right, &right_bound, condition.to_vec())?;
        Ok(with_filters(node, late))
    }

    /// The cheapest of: all of the right side in a hash table, a probe for each row, and the right side worked for the rows
    /// there are.
    fn optional(
        &mut self,
        left: Node,
        right: &Pattern,
        right_bound: &Bound,
        condition: Vec<Expr>,
    ) -> Result<Node> {
        let Some(condition) = self.fold(condition) else {
            let mut columns = left.columns.clone();
            let new = right_bound.possible.iter();
            columns.extend(new.filter(|var| left.column(**var).is_none()));
            return Ok(choose(left, &columns));
        };
        // A condition on what the right side alone binds is one of the right side, unless it has to see the pair.
        let (inner, condition): (Vec<Expr>, Vec<Expr>) =
            condition.into_iter().partition(|filter| {
                let own =
                    |var: &Var| right_bound.always.contains(var) || left.column(*var).is_none();
                filter.vars().iter().all(own) && !sees_whole(filter)
            });
        let shared: Vec<Var> = {
            let columns = left.columns.iter().copied();
            let read = right.vars();
            columns
                .filter(|var| read.binary_search(var).is_ok())
                .collect()
        };
        if inner.is_empty()
            && condition.is_empty()
            && let Some(quad) = single_quad(right)
            && let Some(access) = self.data.access(quad)?
            && access.can_probe(&left)
            && left.cost + cost::probe(left.rows, access.rows)
                < left.cost + access.rows * (cost::SCAN_ROW + cost::HASH_BUILD_ROW)
        {
            let rows = left.rows.max(access.joined_rows(&left));
            let total = left.cost + cost::probe(left.rows, access.rows) + rows * cost::OUTPUT_ROW;
            let mut node = probe_join(left, &access, JoinKind::Left);
            node.rows = rows;
            node.cost = total;
            return Ok(node);
        }
        let build = self.side(right, inner.clone())?;
        let rows = left.rows;
        if shared.is_empty() || !restricts(right, &shared) || !self.may_try() {
            let mut hashed = hash_join(left, build, true, condition);
            hashed.rows = rows;
            return Ok(hashed);
        }
        let mut hashed = hash_join(left.clone(), build, true, condition.clone());
        let dependent = self.dependent_join(left, right, inner, true, condition)?;
        hashed.rows = dependent.rows;
        Ok(match dependent.cost < hashed.cost {
            true => dependent,
            false => hashed,
        })
    }
}

/// A part of a join that is OPTIONAL and that the other parts can be joined under: `{ A OPTIONAL { B } C }` is
/// `{ A C OPTIONAL { B } }` if what C shares with B, or with the condition, is bound by A in every solution (an outer value,
/// by `given`, counts as well), and no condition has to see the solutions as they are. Returns its place.
pub fn hoisted(parts: &[&Pattern], bounds: &[Bound], given: impl Fn(Var) -> bool) -> Option<usize> {
    (0..parts.len()).find(|&place| {
        let Pattern::LeftJoin {
            left,
            right,
            filters,
        } = parts[place]
        else {
            return false;
        };
        if filters.iter().any(sees_whole) {
            return false;
        }
        let always = bound(left).always;
        let mut optional = bound(right).possible;
        optional.extend(filters.iter().flat_map(|filter| filter.vars()));
        bounds.iter().enumerate().all(|(other, bound)| {
            other == place
                || bound
                    .possible
                    .iter()
                    .all(|var| !optional.contains(var) || always.contains(var) || given(*var))
        })
    })
}
