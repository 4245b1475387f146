//! The algebra: from a query text to patterns and expressions over numbered variables and constants.
//!
//! Reading a text costs one pass that bounds its nesting, the parser, and one walk over the parser's tree.
//! The parser is recursive; a text that nests deeply is read on a thread with a stack sized for it, so the
//! caller's stack does not matter.
//!
//! Invariants: a [`Query`] holds no ids, so it outlives versions and dictionary generations; names are resolved,
//! so that equal numbers are the same variable; lists are flat and no tree is deeper than [`LEVELS_MAX`].

mod bound;
mod function;
mod hint;
mod ir;
mod nesting;
mod parse;
mod place;
mod request;
mod respell;
mod scanner;
mod star;
mod syntax;
mod translate;
mod update;
mod update_hint;
mod var_set;
mod vars;
mod walk;
mod words;

pub use bound::{Bound, bound};
pub use function::{CASTS, Entry, FUNCTIONS, Function, Stability};
pub use ir::{
    Aggregate, AggregateFunction, Comparison, Constant, Dataset, Expr, Form, GraphSlot, OrderKey,
    Path, PathPattern, Pattern, QuadPattern, Query, ServicePattern, Slot, TemplateSlot, Var,
};
pub use nesting::{LINKS_MAX, NESTING_MAX};
pub use parse::{
    CustomFunctions, CustomSignature, ParseOptions, QUERY_BYTES_MAX, parse, parse_update,
};
pub use place::has_word;
pub use syntax::Language;
pub use translate::LEVELS_MAX;
pub use update::{Data, Modify, Operation, QuadTemplate, Target, Update};
pub use var_set::VarSet;
