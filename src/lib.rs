//! triplestore: an embeddable RDF database.

pub mod algebra;
pub mod capi;
pub mod codec;
pub mod config;
pub mod control;
pub mod database;
pub mod error;
pub mod exec;
pub mod expr;
pub mod kv;
pub mod load;
pub mod plan;
pub mod query;
pub mod run;
pub mod store;
pub mod term;
pub mod vocab;
