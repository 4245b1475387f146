//! triplestore: an embeddable RDF database.

pub mod capi;
pub mod codec;
pub mod config;
pub mod control;
pub mod database;
pub mod error;
pub mod kv;
pub mod load;
pub mod run;
pub mod store;
pub mod term;
pub mod vocab;
