//! From a plan to operators.

use super::construct::{Construct, TemplateTerm};
use super::dependent::{Dependent, DependentJoin, Existence};
use super::describe::Describe;
use super::distinct::{Distinct, DropRepeated};
use super::extend::{Columns, Extend};
use super::filter::{EqualColumns, Filter};
use super::fixed::{Fixed, FixedRows};
use super::group::{Aggregated, Group};
use super::hash_join::{HashJoin, JoinShape};
use super::merge_join::MergeJoin;
use super::operator::{BoxOperator, Counted, Runtime};
use super::path::PathJoin;
use super::probe_join::ProbeJoin;
use super::run_count::{CountRuns, CountScan};
use super::scan::Scan;
use super::semi_join::SemiJoin;
use super::service::{Service, ServiceJoin};
use super::slice::{Slice, SliceEach, Union};
use super::sort::Sort;
use crate::algebra::{Expr, TemplateSlot, Var};
use crate::control::with_stack;
use crate::error::{Code, Error, Result};
use crate::expr::{Binding, Evaluator, Predicate};
use crate::plan::{JoinKind, Node, Op, Plan, SubPlan, stack_bytes};
use crate::term::Id;
use std::sync::Arc;

/// Makes the operators of a plan. Scans are opened, nothing is read.
/// Errors: those of [`QuadSource::scan`](crate::store::QuadSource::scan).
pub fn build(plan: &Plan, runtime: &Arc<Runtime>) -> Result<BoxOperator> {
    let context = Context {
        runtime: runtime.clone(),
        constants: plan.constants.clone(),
        subplans: plan.subplans.clone().into(),
        depth: plan.depth,
    };
    with_stack(stack_bytes(context.depth), || {
        Builder {
            context: &context,
            given: None,
        }
        .node(&plan.root)
    })
}

/// Makes the operators of a dependent plan for the rows it is worked for. Errors: those of [`build`].
pub fn build_dependent(
    plan: &Node,
    context: &Context,
    given: Arc<FixedRows>,
) -> Result<BoxOperator> {
    with_stack(stack_bytes(context.depth), || {
        Builder {
            context,
            given: Some(given),
        }
        .node(plan)
    })
}

/// What the parts of a plan have in common.
#[derive(Clone)]
pub struct Context {
    pub runtime: Arc<Runtime>,
    constants: Arc<[Id]>,
    subplans: Arc<[SubPlan]>,
    /// Operators from the root to the deepest leaf.
    depth: usize,
}

struct Builder<'a> {
    context: &'a Context,
    /// The rows of [`Op::Given`].
    given: Option<Arc<FixedRows>>,
}

impl Builder<'_> {
    fn evaluator(&self, expr: &Expr, column: &dyn Fn(Var) -> Option<usize>) -> Result<Evaluator> {
        let subplan = |index: usize| {
            let plan = self.context.subplans.get(index).ok_or_else(|| {
                Error::new(Code::Internal, "an expression has no plan for its pattern")
            })?;
            let given = plan
                .given
                .iter()
                .map(|&var| column(var))
                .collect::<Option<_>>();
            let given = given.ok_or_else(|| {
                Error::new(Code::Internal, "a row lacks what its subplan is given")
            })?;
            Ok(Arc::new(Existence::new(
                self.dependent(&plan.root),
                given,
                plan.apart,
            )) as _)
        };
        let binding = Binding {
            constants: &self.context.constants,
            terms: &self.context.runtime.terms,
            context: &self.context.runtime.context,
            subplan: &subplan,
        };
        Evaluator::new(expr, column, binding)
    }

    fn dependent(&self, plan: &Arc<Node>) -> Dependent {
        Dependent {
            context: self.context.clone(),
            plan: plan.clone(),
        }
    }

    fn optional_predicate(&self, filters: &[Expr], node: &Node) -> Result<Option<Predicate>> {
        match filters.is_empty() {
            true => Ok(None),
            false => self.predicate(filters, node).map(Some),
        }
    }

    fn predicate(&self, filters: &[Expr], node: &Node) -> Result<Predicate> {
        let column = |var| node.column(var);
        let conjuncts = filters.iter().map(|filter| self.evaluator(filter, &column));
        Ok(Predicate::new(conjuncts.collect::<Result<_>>()?))
    }

    fn template_term(&self, slot: &TemplateSlot, input: &Node, blanks: &mut usize) -> TemplateTerm {
        match slot {
            TemplateSlot::Var(var) => TemplateTerm::Column(input.column(*var)),
            TemplateSlot::Constant(constant) => {
                let id = self.context.constants.get(constant.0 as usize);
                TemplateTerm::Constant(id.copied().unwrap_or(Id::UNBOUND))
            }
            TemplateSlot::Blank(number) => {
                *blanks = (*blanks).max(*number as usize + 1);
                TemplateTerm::Blank(*number as usize)
            }
            TemplateSlot::Triple(parts) => {
                let part = |slot| self.template_term(slot, input, blanks);
                TemplateTerm::Triple(Box::new(parts.each_ref().map(part)))
            }
        }
    }

    fn node(&self, node: &Node) -> Result<BoxOperator> {
        let inner = self.operator(node)?;
        Ok(Box::new(Counted {
            runtime: self.context.runtime.clone(),
            node: node.number,
            inner,
        }))
    }

    fn operator(&self, node: &Node) -> Result<BoxOperator> {
        let runtime = &self.context.runtime;
        Ok(match &node.op {
            Op::Fixed { columns, rows } => Box::new(Fixed::new(Arc::new(FixedRows {
                columns: columns.clone(),
                rows: *rows,
            }))),
            Op::Given => match &self.given {
                Some(given) => Box::new(Fixed::new(given.clone())),
                None => {
                    return Err(Error::new(
                        Code::Internal,
                        "a plan without given rows asks for them",
                    ));
                }
            },
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
                kind,
            } => Box::new(ProbeJoin::new(
                runtime,
                self.node(input)?,
                spec.clone(),
                columns.clone(),
                *kind,
            )),
            Op::Service { endpoint, spec } => Box::new(Service::new(
                runtime,
                Id::from_raw(*endpoint),
                spec.clone(),
                self.given.is_some().then_some(node.number),
            )),
            Op::ServiceJoin {
                input,
                endpoint,
                spec,
                columns,
            } => Box::new(ServiceJoin::new(
                runtime,
                self.node(input)?,
                *endpoint,
                spec.clone(),
                self.given.is_some().then_some(node.number),
                columns.clone(),
                input.columns.len(),
            )),
            Op::Path { input, spec } => Box::new(PathJoin::new(
                runtime,
                self.node(input)?,
                spec.clone(),
                input.columns.len(),
            )),
            Op::SemiJoin {
                probe,
                build,
                columns,
                anti,
            } => {
                let width = probe.columns.len();
                let (probe, build) = (self.node(probe)?, self.node(build)?);
                Box::new(SemiJoin::new(
                    runtime,
                    (probe, width),
                    build,
                    columns.clone(),
                    *anti,
                    !node.sorted.is_empty(),
                ))
            }
            Op::DependentJoin {
                input,
                plan,
                columns,
                outer,
                filters,
            } => {
                let filter = self.optional_predicate(filters, node)?;
                Box::new(DependentJoin::new(
                    self.dependent(plan),
                    self.node(input)?,
                    columns.clone(),
                    *outer,
                    filter,
                ))
            }
            Op::HashJoin {
                probe,
                build,
                columns,
                outer,
                filters,
            } => {
                let filter = self.optional_predicate(filters, node)?;
                let shape = JoinShape {
                    columns: columns.clone(),
                    probe_width: probe.columns.len(),
                    build_width: build.columns.len(),
                    kind: match outer {
                        true => JoinKind::Left,
                        false => JoinKind::Inner,
                    },
                    must_share: false,
                    is_ordered: !node.sorted.is_empty(),
                };
                let (probe, build) = (self.node(probe)?, self.node(build)?);
                Box::new(HashJoin::new(runtime, probe, build, shape, filter))
            }
            Op::EqualColumns { input, pairs } => Box::new(EqualColumns {
                input: self.node(input)?,
                pairs: pairs.clone(),
            }),
            Op::Filter { input, filters } => Box::new(Filter {
                runtime: runtime.clone(),
                predicate: self.predicate(filters, input)?,
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
                        self.evaluator(expr, &column)
                    })
                    .collect::<Result<_>>()?;
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
                is_sequence(input),
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
            Op::SliceEach {
                input,
                keys,
                offset,
                limit,
            } => Box::new(SliceEach::new(
                runtime,
                self.node(input)?,
                keys.clone(),
                *offset,
                *limit,
            )),
            Op::Union { inputs } => Box::new(Union::new(
                inputs
                    .iter()
                    .map(|input| self.node(input))
                    .collect::<Result<_>>()?,
            )),
            Op::Group {
                input,
                seeds,
                keys,
                aggregates,
            } => {
                let column = |var| input.column(var);
                let aggregates = aggregates
                    .iter()
                    .map(|aggregate| {
                        let argument = aggregate.expr.as_ref();
                        Ok(Aggregated {
                            function: aggregate.function.clone(),
                            argument: argument
                                .map(|expr| self.evaluator(expr, &column))
                                .transpose()?,
                            distinct: aggregate.distinct,
                        })
                    })
                    .collect::<Result<_>>()?;
                let width = input.columns.len();
                Box::new(Group::new(
                    runtime,
                    self.node(input)?,
                    seeds.as_ref().map(|seeds| self.node(seeds)).transpose()?,
                    keys.clone(),
                    aggregates,
                    width,
                )?)
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
            Op::Describe { input, spec } => {
                Box::new(Describe::new(runtime, self.node(input)?, spec.clone()))
            }
            Op::Construct { input, template } => {
                let mut blanks = 0;
                let template = template
                    .iter()
                    .map(|triple| {
                        triple
                            .each_ref()
                            .map(|slot| self.template_term(slot, input, &mut blanks))
                    })
                    .collect();
                Box::new(Construct::new(runtime, self.node(input)?, template, blanks))
            }
        })
    }
}

/// Whether the order of a node's rows is one that the query asks for (ORDER BY), which the nodes above keep.
fn is_sequence(node: &Node) -> bool {
    match &node.op {
        Op::Sort { .. } => true,
        Op::Extend { input, .. }
        | Op::Columns { input, .. }
        | Op::Filter { input, .. }
        | Op::Slice { input, .. }
        | Op::Distinct { input }
        | Op::DropRepeated { input } => is_sequence(input),
        _ => false,
    }
}
