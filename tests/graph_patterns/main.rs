//! Patterns that are more than triples, and the forms that give graphs: property paths, triple terms, SERVICE, DESCRIBE.

mod answer;
mod describe;
#[path = "../document/mod.rs"]
mod document;
mod paths;
mod service;
mod triple_terms;
