//! From a plan to operators.

use super::construct::{Construct, TemplateTerm};
use super::distinct::{Distinct, DropRepeated};
use super::extend::{Columns, Extend};
use super::filter::{EqualColumns, Filter};
use super::fixed::Fixed;
use super::group::{Count, Group};
use super::hash_join::HashJoin;
use super::merge_join::MergeJoin;
use super::operator::{BoxOperator, Counted, Runtime};
use super::path::PathJoin;
use super::probe_join::ProbeJoin;
use super::run_count::{CountRuns, CountScan};
use super::scan::Scan;
use super::slice::{Slice, Union};
use super::sort::Sort;
use crate::algebra::{Expr, TemplateSlot};
use crate::error::{Code, Error, Result};
use crate::expr::{Evaluator, Predicate};
use crate::plan::{self, Node, Op, Plan};
use crate::term::Id;
use std::sync::Arc;

/// Makes the operators of a plan. Scans are opened, nothing is read.
/// Errors: those of [`QuadSource::scan`](crate::store::QuadSource::scan).
pub fn build(plan: &Plan, runtime: &Arc<Runtime>) -> Result<BoxOperator> {
    Builder {
        runtime,
        constants: &plan.constants,
    }
    .node(&plan.root)
}

struct Builder<'a> {
    runtime: &'a Arc<Runtime>,
    constants: &'a [Id],
}

impl Builder<'_> {
    fn evaluator(&self, expr: &Expr, node: &Node) -> Evaluator {
        Evaluator::new(expr, &|var| node.column(var), self.constants)
    }

    fn predicate(&self, filters: &[Expr], node: &Node) -> Predicate {
        Predicate::new(
            filters
                .iter()
                .map(|filter| self.evaluator(filter, node))
                .collect(),
        )
    }

    fn node(&self, node: &Node) -> Result<BoxOperator> {
        let inner = self.operator(node)?;
        Ok(Box::new(Counted {
            runtime: self.runtime.clone(),
            node: node.number,
            inner,
        }))
    }

    fn operator(&self, node: &Node) -> Result<BoxOperator> {
        let runtime = self.runtime;
        Ok(match &node.op {
            Op::Fixed { columns, rows } => Box::new(Fixed::new(columns.clone(), *rows)),
            Op::Scan {
                spec,
                outputs,
                equal,
            } => Box::new(Scan::new(runtime, spec, outputs.clone(), equal.clone())?),
            Op::MergeJoin { left, right, keys } => {
                let (left, right) = (self.node(left)?, self.node(right)?);
                match keys {
                    1 => Box::new(MergeJoin::<1>::new(left, right, &runtime.control)),
                    2 => Box::new(MergeJoin::<2>::new(left, right, &runtime.control)),
                    3 => Box::new(MergeJoin::<3>::new(left, right, &runtime.control)),
                    _ => {
                        return Err(Error::new(
                            Code::Internal,
                            "a merge join has 1 to 3 key columns",
                        ));
                    }
                }
            }
            Op::ProbeJoin {
                input,
                spec,
                columns,
            } => Box::new(ProbeJoin::new(
                runtime,
                self.node(input)?,
                spec.clone(),
                columns.clone(),
            )),
            Op::Path { input, spec } => Box::new(PathJoin::new(
                runtime,
                self.node(input)?,
                spec.clone(),
                input.columns.len(),
            )),
            Op::HashJoin {
                probe,
                build,
                columns,
                outer,
                filters,
            } => {
                let filter = (!filters.is_empty()).then(|| self.predicate(filters, node));
                let (probe, build) = (self.node(probe)?, self.node(build)?);
                Box::new(HashJoin::new(
                    runtime,
                    probe,
                    build,
                    columns.clone(),
                    *outer,
                    filter,
                ))
            }
            Op::EqualColumns { input, pairs } => Box::new(EqualColumns {
                input: self.node(input)?,
                pairs: pairs.clone(),
            }),
            Op::Filter { input, filters } => Box::new(Filter {
                runtime: runtime.clone(),
                predicate: self.predicate(filters, input),
                input: self.node(input)?,
            }),
            Op::Extend { input, expressions } => {
                // An expression may read the columns appended before it, not those after.
                let width = input.columns.len();
                let expressions = expressions
                    .iter()
                    .enumerate()
                    .map(|(index, expr)| {
                        let column =
                            |var| node.column(var).filter(|&column| column < width + index);
                        Evaluator::new(expr, &column, self.constants)
                    })
                    .collect();
                Box::new(Extend {
                    runtime: runtime.clone(),
                    input: self.node(input)?,
                    expressions,
                })
            }
            Op::Columns { input, map } => Box::new(Columns::new(self.node(input)?, map.clone())),
            Op::Distinct { input } => Box::new(Distinct::new(
                runtime,
                self.node(input)?,
                node.columns.len(),
            )),
            Op::DropRepeated { input } => Box::new(DropRepeated {
                input: self.node(input)?,
                last: None,
            }),
            Op::Sort { input, keys, limit } => {
                Box::new(Sort::new(runtime, self.node(input)?, keys.clone(), *limit))
            }
            Op::Slice {
                input,
                offset,
                limit,
            } => Box::new(Slice {
                input: self.node(input)?,
                offset: *offset,
                limit: *limit,
            }),
            Op::Union { inputs } => Box::new(Union::new(
                inputs
                    .iter()
                    .map(|input| self.node(input))
                    .collect::<Result<_>>()?,
            )),
            Op::Group {
                input,
                keys,
                counts,
            } => {
                let counts = counts
                    .iter()
                    .map(|count| match count {
                        plan::Count::Rows => Count::Rows,
                        plan::Count::DistinctRows => Count::DistinctRows,
                        plan::Count::Values(expr) => Count::Values(self.evaluator(expr, input)),
                        plan::Count::DistinctValues(expr) => {
                            Count::DistinctValues(self.evaluator(expr, input))
                        }
                    })
                    .collect();
                let width = input.columns.len();
                Box::new(Group::new(
                    runtime,
                    self.node(input)?,
                    keys.clone(),
                    counts,
                    width,
                ))
            }
            Op::CountScan { spec } => Box::new(CountScan {
                runtime: runtime.clone(),
                spec: spec.clone(),
                width: node.columns.len(),
                done: false,
            }),
            Op::CountRuns { spec, position } => Box::new(CountRuns::new(
                runtime,
                spec.clone(),
                *position,
                node.columns.len() - 1,
            )?),
            Op::Construct { input, template } => {
                let mut blanks = 0;
                let template = template
                    .iter()
                    .map(|triple| {
                        triple.map(|slot| match slot {
                            TemplateSlot::Var(var) => TemplateTerm::Column(input.column(var)),
                            TemplateSlot::Constant(constant) => TemplateTerm::Constant(
                                self.constants
                                    .get(constant.0 as usize)
                                    .copied()
                                    .unwrap_or(Id::UNBOUND),
                            ),
                            TemplateSlot::Blank(number) => {
                                blanks = blanks.max(number as usize + 1);
                                TemplateTerm::Blank(number as usize)
                            }
                        })
                    })
                    .collect();
                Box::new(Construct::new(runtime, self.node(input)?, template, blanks))
            }
        })
    }
}
