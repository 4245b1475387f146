//! Nodes of a plan: what each operator makes of the columns, order, rows and cost of its inputs.

use super::cost;
use super::node::{Node, Op};
use crate::algebra::{Expr, Var};

/// One row that binds nothing.
pub fn unit() -> Node {
    Node {
        op: Op::Fixed {
            columns: Vec::new(),
            rows: 1,
        },
        columns: Vec::new(),
        always: Vec::new(),
        sorted: Vec::new(),
        rows: 1.0,
        cost: 0.0,
        number: 0,
    }
}

/// No row.
pub fn empty(columns: Vec<Var>) -> Node {
    Node {
        op: Op::Fixed {
            columns: vec![Vec::new(); columns.len()],
            rows: 0,
        },
        always: vec![true; columns.len()],
        columns,
        sorted: Vec::new(),
        rows: 0.0,
        cost: 0.0,
        number: 0,
    }
}

pub fn with_filters(node: Node, filters: Vec<Expr>) -> Node {
    if filters.is_empty() {
        return node;
    }
    let kept = cost::FILTER_SELECTIVITY.powi(filters.len().min(3) as i32);
    Node {
        columns: node.columns.clone(),
        always: node.always.clone(),
        sorted: node.sorted.clone(),
        rows: (node.rows * kept).max(1.0),
        cost: node.cost + node.rows * filter_cost(&node, &filters),
        number: 0,
        op: Op::Filter {
            input: Box::new(node),
            filters,
        },
    }
}

/// Nanoseconds to test a row of a node.
fn filter_cost(node: &Node, filters: &[Expr]) -> f64 {
    let reads_apart = |filter: &&Expr| {
        filter.reads_texts() && {
            let vars = filter.vars();
            vars.len() != 1 || !node.sorted.first().is_some_and(|var| vars.contains(var))
        }
    };
    let texts = filters.iter().filter(reads_apart).count();
    cost::FILTER_ROW + texts as f64 * cost::FILTER_TEXT
}

/// Gives these columns, in this order; variables the node does not have are never bound.
pub fn choose(node: Node, columns: &[Var]) -> Node {
    if node.columns == columns {
        return node;
    }
    let map: Vec<Option<usize>> = columns.iter().map(|&var| node.column(var)).collect();
    Node {
        always: map
            .iter()
            .map(|column| column.is_some_and(|column| node.always[column]))
            .collect(),
        sorted: node
            .sorted
            .iter()
            .copied()
            .take_while(|var| columns.contains(var))
            .collect(),
        columns: columns.to_vec(),
        rows: node.rows,
        cost: node.cost,
        number: 0,
        op: Op::Columns {
            input: Box::new(node),
            map,
        },
    }
}

pub fn slice(input: Node, offset: u64, limit: u64) -> Node {
    let given = (input.rows - offset as f64).max(0.0).min(limit as f64);
    wrap(input, given, 0.0, |input| Op::Slice {
        input,
        offset,
        limit,
    })
}

pub fn distinct(input: Node) -> Node {
    let rows = input.rows;
    if input.columns.iter().all(|var| input.sorted.contains(var)) {
        return wrap(input, rows, 1.0, |input| Op::DropRepeated { input });
    }
    wrap(input, rows, cost::HASH_BUILD_ROW, |input| Op::Distinct {
        input,
    })
}

/// A node that gives the columns of its input.
pub fn wrap(input: Node, rows: f64, row_cost: f64, op: impl FnOnce(Box<Node>) -> Op) -> Node {
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

pub fn fixed(vars: Vec<Var>, columns: Vec<Vec<u64>>, rows: usize) -> Node {
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

pub fn union(inputs: Vec<Node>) -> Node {
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

/// Appends a column for each binding. A variable that has a column already, which only the outer side of a dependent
/// plan can have given it, takes the new value instead.
pub fn extend(input: Node, bindings: Vec<(Var, Expr)>, fresh: &mut dyn FnMut() -> Var) -> Node {
    let mut renamed: Vec<(Var, Var)> = Vec::new();
    let mut columns = input.columns.clone();
    let mut always = input.always.clone();
    let mut expressions = Vec::with_capacity(bindings.len());
    for (var, expr) in bindings {
        let column = match columns.contains(&var) {
            true => {
                let column = fresh();
                renamed.push((column, var));
                column
            }
            false => var,
        };
        columns.push(column);
        always.push(matches!(expr, Expr::Constant(_)));
        expressions.push(expr);
    }
    let mut node = Node {
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
    };
    if renamed.is_empty() {
        return node;
    }
    let kept: Vec<Var> = {
        let is_replaced = |var: &Var| renamed.iter().any(|(_, old)| old == var);
        let columns = node.columns.iter().copied();
        columns.filter(|var| !is_replaced(var)).collect()
    };
    node = choose(node, &kept);
    for column in node.columns.iter_mut().chain(&mut node.sorted) {
        if let Some((_, var)) = renamed.iter().find(|(new, _)| new == column) {
            *column = *var;
        }
    }
    node
}
