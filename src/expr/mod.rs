//! Expressions over columns of ids.
//!
//! An [`Evaluator`] is an expression with variables resolved to columns and constants to ids. It is worked a batch at a
//! time, node by node, into columns: of ids (0 is "no value", which is SPARQL's unbound and its error) or of
//! [`Truth`]. What the ids alone do not tell is fetched for all rows at once, as sorted unique ids.
//!
//! Invariants: no strings are read where ids tell; `&&` and `||` work their later parts only on rows the earlier ones
//! left open; evaluating has no effect but local terms (definition 3).

pub mod aggregates;
mod compare;
mod evaluate;
mod function;
pub mod order;
mod rank;
mod subplan;
mod table;
mod terms;
mod truth;

pub use evaluate::{Evaluator, Predicate};
pub use rank::ranks;
pub use subplan::SubPlan;
pub use table::TermTable;
pub use terms::Terms;
pub use truth::Truth;
