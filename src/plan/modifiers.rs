//! ORDER BY, LIMIT and OFFSET.

use super::node::{Node, Op, SortColumn};
use super::planner::Planner;
use super::shape::{choose, slice, wrap};
use crate::algebra::{Expr, OrderKey, Pattern, Var};
use crate::error::Result;

impl Planner<'_> {
    pub(super) fn order_by(&mut self, input: Node, keys: &[OrderKey], limit: Option<u64>) -> Node {
        let columns = input.columns.clone();
        // Keys other than variables become columns for the time of the sort.
        let mut computed = Vec::new();
        let mut key_vars = Vec::new();
        for key in keys {
            let var = match &key.expr {
                Expr::Var(var) => *var,
                expr => {
                    let var = self.fresh();
                    computed.push((var, expr.clone()));
                    var
                }
            };
            key_vars.push((var, key.descending));
        }
        let input = if computed.is_empty() {
            input
        } else {
            self.extend(input, computed)
        };
        let keys = key_vars
            .into_iter()
            .filter_map(|(var, descending)| {
                Some(SortColumn {
                    column: input.column(var)?,
                    descending,
                })
            })
            .collect();
        let rows = input.rows.min(limit.map_or(f64::MAX, |limit| limit as f64));
        let mut node = wrap(input, rows, 60.0, |input| Op::Sort { input, keys, limit });
        node.sorted = Vec::new();
        choose(node, &columns)
    }

    /// The solutions of each graph are sliced by themselves, and in a dependent plan those for each given row.
    pub(super) fn slice(
        &mut self,
        inner: &Pattern,
        offset: u64,
        limit: Option<u64>,
        graph: Option<Var>,
    ) -> Result<Node> {
        let length = limit.unwrap_or(u64::MAX);
        let parts: Vec<Var> = graph
            .into_iter()
            .chain(self.given.as_ref().map(|given| given.row))
            .collect();
        if parts.is_empty() {
            let needed = limit.map(|limit| limit.saturating_add(offset));
            let input = self.pattern(inner, needed)?;
            return Ok(slice(input, offset, length));
        }
        let input = self.pattern(inner, None)?;
        let keys = parts.iter().filter_map(|&var| input.column(var)).collect();
        let rows = input.rows;
        Ok(wrap(input, rows, 10.0, |input| Op::SliceEach {
            input,
            keys,
            offset,
            limit: length,
        }))
    }
}
