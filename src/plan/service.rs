//! SERVICE in a plan: a leaf for an endpoint that is known, a join for one that the other patterns bind.

use super::cost;
use super::node::{JoinColumns, Node, Op, ServiceSpec};
use super::shape::with_filters;
use crate::algebra::{Expr, ServicePattern};
use crate::error::{Code, Error, Result};

fn spec(pattern: &ServicePattern) -> ServiceSpec {
    ServiceSpec {
        query: pattern.query.clone(),
        variables: pattern.names.clone(),
        is_silent: pattern.is_silent,
    }
}

/// The solutions of one endpoint.
pub fn leaf(pattern: &ServicePattern, endpoint: u64) -> Node {
    Node {
        columns: pattern.vars.clone(),
        // The endpoint may leave any variable unbound.
        always: vec![false; pattern.vars.len()],
        sorted: Vec::new(),
        rows: cost::SERVICE_ROWS,
        cost: cost::SERVICE_CALL,
        number: 0,
        op: Op::Service {
            endpoint,
            spec: spec(pattern),
        },
    }
}

/// Splits filters into those that can be applied before these services are joined, and the others.
pub fn split_filters(filters: Vec<Expr>, services: &[&ServicePattern]) -> (Vec<Expr>, Vec<Expr>) {
    filters.into_iter().partition(|filter| {
        let vars = filter.vars();
        let mut bound = services.iter().flat_map(|service| &service.vars);
        !bound.any(|var| vars.contains(var))
    })
}

/// Joins `node` with services whose endpoints it or another of them binds, and applies the filters that waited.
/// Errors: `QueryUnsupported` for an endpoint that nothing binds.
pub fn join_services(
    mut node: Node,
    mut services: Vec<&ServicePattern>,
    filters: Vec<Expr>,
) -> Result<Node> {
    while !services.is_empty() {
        let next = services.iter().enumerate().find_map(|(index, service)| {
            let endpoint = node.column(service.endpoint.var()?)?;
            Some((index, endpoint))
        });
        let Some((index, endpoint)) = next else {
            return Err(Error::new(
                Code::QueryUnsupported,
                "no pattern that SERVICE is joined with binds its endpoint",
            )
            .with_hint("bind the variable after SERVICE in the same group"));
        };
        node = join_service(node, services.remove(index), endpoint);
    }
    Ok(with_filters(node, filters))
}

fn join_service(input: Node, service: &ServicePattern, endpoint: usize) -> Node {
    let mut joined = JoinColumns {
        keys: vec![(endpoint, 0)],
        ..JoinColumns::default()
    };
    let mut columns = input.columns.clone();
    let mut always = input.always.clone();
    for (index, &var) in service.vars.iter().enumerate() {
        match input.column(var) {
            Some(column) => joined.compatible.push((column, index + 1)),
            None => {
                joined.outputs.push(index + 1);
                columns.push(var);
                always.push(false);
            }
        }
    }
    Node {
        columns,
        always,
        sorted: Vec::new(),
        rows: input.rows.max(cost::SERVICE_ROWS),
        cost: input.cost + input.rows.sqrt() * cost::SERVICE_CALL,
        number: 0,
        op: Op::ServiceJoin {
            input: Box::new(input),
            endpoint,
            spec: spec(service),
            columns: joined,
        },
    }
}
