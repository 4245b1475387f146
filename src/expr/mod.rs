//! Expressions over columns of ids.
//!
//! An [`Evaluator`] is an expression with variables resolved to columns and constants to ids. It is worked a batch at a
//! time, node by node, into columns: of ids (0 is "no value", which is SPARQL's unbound and its error) or of
//! [`Truth`]. What the ids alone do not tell is fetched for all rows at once, as sorted unique ids; a function is worked
//! once for each distinct tuple of its arguments. What functions compute has no id of the query until it leaves the
//! expression, so texts that are only searched or compared are neither looked up nor kept.
//!
//! Invariants: no strings are read where ids tell; `&&`, `||`, `IF` and `COALESCE` work their parts only on the rows the
//! others left open; parts without variables are worked once, when the expression is bound; evaluating has no effect but local
//! terms (definition 3) and what functions of the host do; a text that would be too long ends the query with
//! `TermTooLarge`.
//!
//! Cost: arithmetic on inline numbers 20-50 ns a row; a function of texts the fetch of its distinct arguments, its own work
//! and a copy; a result that leaves the expression a look-up in the dictionary unless it is inline.

pub mod aggregates;
mod answer;
mod compare;
mod context;
mod custom;
mod decimal;
mod evaluate;
mod frame;
mod functions;
pub mod order;
mod rank;
mod regexes;
mod subplan;
mod table;
mod term_log;
mod terms;
mod truth;

pub use context::Context;
pub use custom::{CustomFunction, Functions, Registered};
pub use evaluate::{Binding, Evaluator, Predicate};
pub use frame::Solutions;
pub use functions::functions_markdown;
pub use rank::ranks;
pub use subplan::SubPlan;
pub use table::TermTable;
pub use terms::Terms;
pub use truth::Truth;
