//! From the algebra to a plan.

use super::access::{Data, RequestGraphs};
use super::cost;
use super::join::{Item, choose, empty, hash_join, join, unit, with_filters};
use super::node::{Count, Node, Op, Plan, SortColumn};
use crate::algebra::{
    Aggregate, AggregateFunction, Comparison, Expr, Form, GraphSlot, OrderKey, Pattern, Query,
    Slot, Var,
};
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::store::source::G;
use crate::store::{Graphs, Order, QuadSource, ScanSpec, View};
use crate::term::Id;

/// What a plan is made for.
pub struct Request<'a> {
    pub source: &'a dyn QuadSource,
    pub control: &'a Control,
    pub view: View,
    pub graphs: RequestGraphs,
}

/// Plans a query. `constants` are the ids of [`Query::constants`], local ones for terms that the dictionary does not
/// have. Cost: a count from the directory for each triple pattern (about 5 us), and some us for each join.
/// Errors: those of [`QuadSource::count`].
pub fn plan(query: &Query, constants: Vec<Id>, request: &Request<'_>) -> Result<Plan> {
    let mut planner = Planner {
        data: Data {
            source: request.source,
            control: request.control,
            view: request.view,
            graphs: &request.graphs,
            constants: &constants,
        },
        fresh: query.variables.len() as u32,
    };
    let limit = matches!(query.form, Form::Ask).then_some(1);
    let mut root = planner.pattern(&query.pattern, limit)?;
    root = match &query.form {
        Form::Select { vars } => choose(root, vars),
        Form::Ask => slice(root, 0, 1),
        Form::Construct { template } => {
            let columns: Vec<Var> = (0..3).map(|_| planner.fresh()).collect();
            let construct = Node {
                always: vec![true; 3],
                sorted: Vec::new(),
                rows: root.rows * template.len() as f64,
                cost: root.cost,
                number: 0,
                columns,
                op: Op::Construct {
                    input: Box::new(root),
                    template: template.clone(),
                },
            };
            distinct(construct)
        }
    };
    let mut nodes = 0;
    number(&mut root, &mut nodes);
    Ok(Plan {
        root,
        constants,
        nodes,
    })
}

fn unsupported(feature: &str) -> Error {
    Error::new(
        Code::QueryUnsupported,
        format!("{feature} is not supported"),
    )
}

fn number(node: &mut Node, next: &mut usize) {
    node.number = *next;
    *next += 1;
    match &mut node.op {
        Op::Fixed { .. } | Op::Scan { .. } | Op::CountScan { .. } | Op::CountRuns { .. } => {}
        Op::MergeJoin { left, right, .. } => {
            number(left, next);
            number(right, next);
        }
        Op::HashJoin { probe, build, .. } => {
            number(probe, next);
            number(build, next);
        }
        Op::ProbeJoin { input, .. }
        | Op::Path { input, .. }
        | Op::EqualColumns { input, .. }
        | Op::Filter { input, .. }
        | Op::Extend { input, .. }
        | Op::Columns { input, .. }
        | Op::Distinct { input }
        | Op::DropRepeated { input }
        | Op::Sort { input, .. }
        | Op::Slice { input, .. }
        | Op::Group { input, .. }
        | Op::Construct { input, .. } => number(input, next),
        Op::Union { inputs } => inputs.iter_mut().for_each(|input| number(input, next)),
    }
}

fn slice(input: Node, offset: u64, limit: u64) -> Node {
    let given = (input.rows - offset as f64).max(0.0).min(limit as f64);
    wrap(input, given, 0.0, |input| Op::Slice {
        input,
        offset,
        limit,
    })
}

fn distinct(input: Node) -> Node {
    let rows = input.rows;
    if input.columns.iter().all(|var| input.sorted.contains(var)) {
        return wrap(input, rows, 1.0, |input| Op::DropRepeated { input });
    }
    wrap(input, rows, cost::HASH_BUILD_ROW, |input| Op::Distinct {
        input,
    })
}

/// A node that gives the columns of its input.
fn wrap(input: Node, rows: f64, row_cost: f64, op: impl FnOnce(Box<Node>) -> Op) -> Node {
    Node {
        columns: input.columns.clone(),
        always: input.always.clone(),
        sorted: input.sorted.clone(),
        rows,
        cost: input.cost + input.rows * row_cost,
        number: 0,
        op: op(Box::new(input)),
    }
}

struct Planner<'a> {
    data: Data<'a>,
    fresh: u32,
}

impl Planner<'_> {
    fn fresh(&mut self) -> Var {
        self.fresh += 1;
        Var(self.fresh - 1)
    }

    /// Plans a pattern of which at most `limit` rows, in the pattern's order, are read.
    fn pattern(&mut self, pattern: &Pattern, limit: Option<u64>) -> Result<Node> {
        Ok(match pattern {
            Pattern::Quad(_) | Pattern::Path(_) | Pattern::Graphs(_) | Pattern::Values { .. } => {
                self.join(std::slice::from_ref(pattern), Vec::new())?
            }
            Pattern::Join(parts) => self.join(parts, Vec::new())?,
            Pattern::Filter { filters, inner } => self.filter(filters.clone(), inner)?,
            Pattern::LeftJoin {
                left,
                right,
                filters,
            } => self.left_join(left, right, filters)?,
            Pattern::TripleTerm { .. } => {
                return Err(unsupported("a triple term with variables"));
            }
            Pattern::Minus { .. } => return Err(unsupported("MINUS")),
            Pattern::Lateral { .. } => return Err(unsupported("LATERAL")),
            Pattern::Union(branches) => {
                let inputs = branches
                    .iter()
                    .map(|branch| self.pattern(branch, None))
                    .collect::<Result<Vec<_>>>()?;
                union(inputs)
            }
            Pattern::Extend { inner, bindings } => {
                let input = self.pattern(inner, limit)?;
                extend(input, bindings.clone())
            }
            Pattern::Group {
                inner,
                keys,
                aggregates,
            } => self.group(inner, keys, aggregates)?,
            Pattern::Project { inner, vars } => {
                let input = self.pattern(inner, limit)?;
                choose(input, vars)
            }
            Pattern::Distinct(inner) => distinct(self.pattern(inner, None)?),
            Pattern::Reduced(inner) => {
                let input = self.pattern(inner, None)?;
                let rows = input.rows;
                wrap(input, rows, 1.0, |input| Op::DropRepeated { input })
            }
            Pattern::OrderBy { inner, keys } => {
                let input = self.pattern(inner, None)?;
                self.order_by(input, keys, limit)
            }
            Pattern::Slice {
                inner,
                offset,
                limit: length,
            } => {
                let needed = length.map(|length| length.saturating_add(*offset));
                let input = self.pattern(inner, needed)?;
                slice(input, *offset, length.unwrap_or(u64::MAX))
            }
        })
    }

    fn order_by(&mut self, input: Node, keys: &[OrderKey], limit: Option<u64>) -> Node {
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
            extend(input, computed)
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

    fn filter(&mut self, filters: Vec<Expr>, inner: &Pattern) -> Result<Node> {
        match inner {
            Pattern::Join(parts) => self.join(parts, filters),
            Pattern::Quad(_) | Pattern::Path(_) => self.join(std::slice::from_ref(inner), filters),
            Pattern::Filter {
                filters: more,
                inner,
            } => {
                let mut all = more.clone();
                all.extend(filters);
                self.filter(all, inner)
            }
            Pattern::Union(branches) => {
                let inputs = branches
                    .iter()
                    .map(|branch| self.filter(filters.clone(), branch))
                    .collect::<Result<Vec<_>>>()?;
                Ok(union(inputs))
            }
            Pattern::LeftJoin {
                left,
                right,
                filters: condition,
            } => {
                let bound = crate::algebra::bound(left);
                let possible = crate::algebra::bound(right).possible;
                let (early, late): (Vec<Expr>, Vec<Expr>) =
                    filters.into_iter().partition(|filter| {
                        filter
                            .vars()
                            .iter()
                            .all(|var| bound.always.contains(var) || !possible.contains(var))
                    });
                let left = self.filter(early, left)?;
                let right = self.pattern(right, None)?;
                Ok(with_filters(
                    hash_left_join(left, right, condition.clone()),
                    late,
                ))
            }
            _ => {
                let node = self.pattern(inner, None)?;
                Ok(with_filters(node, filters))
            }
        }
    }

    fn left_join(&mut self, left: &Pattern, right: &Pattern, filters: &[Expr]) -> Result<Node> {
        let left = self.pattern(left, None)?;
        let right = self.pattern(right, None)?;
        Ok(hash_left_join(left, right, filters.to_vec()))
    }

    fn join(&mut self, parts: &[Pattern], mut filters: Vec<Expr>) -> Result<Node> {
        let mut items = Vec::with_capacity(parts.len());
        let mut is_empty = false;
        for part in parts {
            match part {
                Pattern::Quad(quad) => match self.data.access(quad)? {
                    Some(access) => items.push(Item::Access(access)),
                    None => is_empty = true,
                },
                Pattern::Path(path) => match self.data.path(path, Var(self.fresh))? {
                    Some(access) => items.push(Item::Path(access)),
                    None => is_empty = true,
                },
                Pattern::Graphs(slot) => {
                    let found_elsewhere = parts.iter().any(|other| {
                        matches!(other, Pattern::Quad(quad) if quad.graph == GraphSlot::Named(*slot))
                    });
                    if !found_elsewhere {
                        match self.graphs(*slot)? {
                            Some(node) => items.push(Item::Node(node)),
                            None => is_empty = true,
                        }
                    }
                }
                Pattern::Values { vars, rows } => {
                    let columns = (0..vars.len())
                        .map(|column| {
                            rows.iter()
                                .map(|row| {
                                    let constant = row.get(column).copied().flatten();
                                    constant
                                        .and_then(|constant| {
                                            self.data.constant(Slot::Constant(constant))
                                        })
                                        .unwrap_or(Id::UNBOUND)
                                        .raw()
                                })
                                .collect()
                        })
                        .collect();
                    items.push(Item::Node(fixed(vars.clone(), columns, rows.len())));
                }
                other => items.push(Item::Node(self.pattern(other, None)?)),
            }
        }
        if is_empty {
            let mut vars: Vec<Var> = Vec::new();
            for part in parts {
                vars.extend(crate::algebra::bound(part).possible);
            }
            vars.sort_unstable();
            vars.dedup();
            return Ok(empty(vars));
        }
        self.bind_equal_iris(&mut filters, &mut items);
        Ok(join(items, filters))
    }

    /// `?x = <iri>` of a variable that a pattern binds is a join with that one IRI: IRIs are equal if they are the same
    /// term.
    fn bind_equal_iris(&self, filters: &mut Vec<Expr>, items: &mut Vec<Item>) {
        filters.retain(|filter| {
            let Expr::Compare(Comparison::Equal, left, right) = filter else {
                return true;
            };
            let ((Expr::Var(var), Expr::Constant(constant))
            | (Expr::Constant(constant), Expr::Var(var))) = (&**left, &**right)
            else {
                return true;
            };
            let bound = items.iter().any(
                |item| matches!(item, Item::Access(access) if access.all_vars().contains(var)),
            );
            match self.data.constant(Slot::Constant(*constant)) {
                Some(id) if id.is_iri() && bound => {
                    items.push(Item::Node(fixed(vec![*var], vec![vec![id.raw()]], 1)));
                    false
                }
                _ => true,
            }
        });
    }

    /// The named graphs as rows; `None` if there is none.
    fn graphs(&mut self, slot: Slot) -> Result<Option<Node>> {
        let Some(graphs) = self.data.named_graphs(slot) else {
            return Ok(None);
        };
        let is_one = matches!(graphs, Graphs::One(_));
        let mut wanted = [false; 4];
        wanted[G] = !is_one;
        let spec = ScanSpec {
            order: Order::Gspo,
            prefix: Vec::new(),
            range: None,
            graphs,
            view: self.data.view,
            wanted,
        };
        match slot.var() {
            Some(var) => Ok(Some(Node {
                op: Op::CountRuns { spec, position: G },
                columns: vec![var],
                always: vec![true],
                sorted: vec![var],
                rows: 100.0,
                cost: cost::SCAN_OPEN,
                number: 0,
            })),
            None => {
                let rows = self.data.source.count(&spec, self.data.control)?;
                Ok((rows > 0).then(unit))
            }
        }
    }

    fn group(
        &mut self,
        inner: &Pattern,
        keys: &[Var],
        aggregates: &[(Var, Aggregate)],
    ) -> Result<Node> {
        if let Some(node) = self.count_from_directory(inner, keys, aggregates)? {
            return Ok(node);
        }
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
        let counts = aggregates
            .iter()
            .map(|(_, aggregate)| match (aggregate, &aggregate.expr) {
                (
                    Aggregate {
                        function: AggregateFunction::Count,
                        distinct,
                        ..
                    },
                    expr,
                ) => Ok(match (expr, distinct) {
                    (None, false) => Count::Rows,
                    (None, true) => Count::DistinctRows,
                    (Some(expr), false) => Count::Values(expr.clone()),
                    (Some(expr), true) => Count::DistinctValues(expr.clone()),
                }),
                (other, _) => Err(unsupported(&format!("the aggregate {:?}", other.function))),
            })
            .collect::<Result<_>>()?;
        let key_columns: Vec<usize> = keys.iter().filter_map(|&key| input.column(key)).collect();
        let mut columns = keys.to_vec();
        columns.extend(aggregates.iter().map(|(var, _)| *var));
        let mut always: Vec<bool> = key_columns
            .iter()
            .map(|&column| input.always[column])
            .collect();
        always.resize(columns.len(), true);
        Ok(Node {
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
                keys: key_columns,
                counts,
            },
        })
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

fn fixed(vars: Vec<Var>, columns: Vec<Vec<u64>>, rows: usize) -> Node {
    let sorted = match (&vars[..], &columns[..]) {
        ([var], [column]) if column.is_sorted() => vec![*var],
        _ => Vec::new(),
    };
    Node {
        always: columns.iter().map(|column| !column.contains(&0)).collect(),
        columns: vars,
        sorted,
        rows: rows as f64,
        cost: 0.0,
        number: 0,
        op: Op::Fixed { columns, rows },
    }
}

fn hash_left_join(left: Node, right: Node, filters: Vec<Expr>) -> Node {
    let mut node = hash_join(left, right, true, filters);
    node.sorted = Vec::new();
    node
}

fn union(inputs: Vec<Node>) -> Node {
    let mut columns: Vec<Var> = Vec::new();
    for input in &inputs {
        for var in &input.columns {
            if !columns.contains(var) {
                columns.push(*var);
            }
        }
    }
    let inputs: Vec<Node> = inputs
        .into_iter()
        .map(|input| choose(input, &columns))
        .collect();
    Node {
        always: (0..columns.len())
            .map(|column| inputs.iter().all(|input| input.always[column]))
            .collect(),
        sorted: Vec::new(),
        rows: inputs.iter().map(|input| input.rows).sum(),
        cost: inputs.iter().map(|input| input.cost).sum(),
        number: 0,
        columns,
        op: Op::Union { inputs },
    }
}

fn extend(input: Node, bindings: Vec<(Var, Expr)>) -> Node {
    let mut columns = input.columns.clone();
    let mut always = input.always.clone();
    let mut expressions = Vec::with_capacity(bindings.len());
    for (var, expr) in bindings {
        columns.push(var);
        always.push(matches!(expr, Expr::Constant(_)));
        expressions.push(expr);
    }
    Node {
        columns,
        always,
        sorted: input.sorted.clone(),
        rows: input.rows,
        cost: input.cost + input.rows * 10.0 * expressions.len() as f64,
        number: 0,
        op: Op::Extend {
            input: Box::new(input),
            expressions,
        },
    }
}
