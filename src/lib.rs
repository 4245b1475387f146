//! triplestore: an embeddable RDF database.

pub mod algebra;
pub mod control;
pub mod error;
pub mod exec;
pub mod expr;
pub mod kv;
pub mod plan;
pub mod query;
pub mod store;
pub mod term;
