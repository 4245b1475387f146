//! Patterns that are more than triples, and the forms that give graphs: property paths, triple terms, DESCRIBE.

mod answer;
mod describe;
mod paths;
mod triple_terms;
