//! Queries of workloads: tables of texts, and generators of texts with fresh parameters.
//!
//! A query that cuts its answer (LIMIT) orders all its rows, so that every engine has to give the same ones.

pub mod analytics;
pub mod bsbm;
pub mod lubm;
pub mod shapes;

/// One query text of a workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// `Q2`; texts made from one template with different parameters share it.
    pub name: String,
    pub text: String,
    /// Whether answers are compared as sequences, because the query orders all its rows.
    pub ordered: bool,
    /// Whether the specification or the data promise at least one row.
    pub never_empty: bool,
}
