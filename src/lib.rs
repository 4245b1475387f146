//! triplestore: an embeddable RDF database.

pub mod control;
pub mod error;
pub mod kv;
pub mod store;
pub mod term;
