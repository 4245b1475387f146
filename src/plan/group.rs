//! GROUP BY and aggregates.

use super::cost;
use super::node::{Node, Op};
use super::planner::Planner;
use super::shape::choose;
use crate::algebra::{Aggregate, AggregateFunction, Expr, Pattern, Slot, Var};
use crate::error::Result;

impl Planner<'_> {
    /// Under GRAPH with a variable and in a dependent plan, an aggregate without keys has a group for each graph and each given
    /// row, also of no solutions.
    pub(super) fn group(
        &mut self,
        inner: &Pattern,
        keys: &[Var],
        aggregates: &[(Var, Aggregate)],
        graph: Option<Var>,
    ) -> Result<Node> {
        if self.given.is_none()
            && graph.is_none()
            && let Some(node) = self.count_from_directory(inner, keys, aggregates)?
        {
            return Ok(node);
        }
        let is_single = keys.is_empty() || graph.is_some();
        let mut keys = keys.to_vec();
        keys.extend(self.given.as_ref().map(|given| given.row));
        let seeds = match is_single && !keys.is_empty() {
            true => {
                let graphs = graph.map(|graph| Pattern::Graphs(Slot::Var(graph)));
                let seeds = self.join(graphs.as_slice(), Vec::new())?;
                Some(Box::new(choose(seeds, &keys)))
            }
            false => None,
        };
        let input = self.pattern(inner, None)?;
        // A key that nothing binds is a column all the same.
        let missing = keys.iter().any(|&key| input.column(key).is_none());
        let input = if missing {
            let mut columns = input.columns.clone();
            columns.extend(keys.iter().filter(|&&key| input.column(key).is_none()));
            choose(input, &columns)
        } else {
            input
        };
        let key_columns: Vec<usize> = keys.iter().filter_map(|&key| input.column(key)).collect();
        let mut columns = keys.to_vec();
        columns.extend(aggregates.iter().map(|(var, _)| *var));
        let mut always: Vec<bool> = key_columns
            .iter()
            .map(|&column| input.always[column])
            .collect();
        always.extend(
            aggregates
                .iter()
                .map(|(_, aggregate)| aggregate.function == AggregateFunction::Count),
        );
        let node = Node {
            rows: if keys.is_empty() {
                1.0
            } else {
                input.rows.sqrt().max(1.0)
            },
            cost: input.cost + input.rows * cost::HASH_BUILD_ROW,
            sorted: Vec::new(),
            always,
            columns,
            number: 0,
            op: Op::Group {
                input: Box::new(input),
                seeds,
                keys: key_columns,
                aggregates: aggregates
                    .iter()
                    .map(|(_, aggregate)| aggregate.clone())
                    .collect(),
            },
        };
        Ok(self.carry(node))
    }

    /// Counts of one triple pattern, for all or for each value of one variable.
    fn count_from_directory(
        &mut self,
        inner: &Pattern,
        keys: &[Var],
        aggregates: &[(Var, Aggregate)],
    ) -> Result<Option<Node>> {
        let quad = match inner {
            Pattern::Quad(quad) => quad,
            Pattern::Join(parts) => match &parts[..] {
                [Pattern::Quad(quad)] => quad,
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        let counts_rows = aggregates.iter().all(|(_, aggregate)| {
            aggregate.function == AggregateFunction::Count
                && !aggregate.distinct
                && match &aggregate.expr {
                    None => true,
                    // A variable of the pattern is bound in every row.
                    Some(Expr::Var(var)) => quad.vars().any(|other| other == *var),
                    Some(_) => false,
                }
        });
        if !counts_rows || keys.len() > 1 {
            return Ok(None);
        }
        let Some(access) = self.data.access(quad)? else {
            return Ok(None);
        };
        let Some(op) = access.count(keys.first().copied()) else {
            return Ok(None);
        };
        let mut columns = keys.to_vec();
        columns.extend(aggregates.iter().map(|(var, _)| *var));
        Ok(Some(Node {
            op,
            always: vec![true; columns.len()],
            columns,
            sorted: keys.to_vec(),
            rows: if keys.is_empty() { 1.0 } else { 100.0 },
            cost: cost::SCAN_OPEN,
            number: 0,
        }))
    }
}
