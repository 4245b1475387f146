//! The planner: from the algebra to a tree of operators with estimates.
//!
//! First form: exact counts of triple patterns from the directory, a greedy join order that starts from the smallest
//! patterns, and for each join the cheapest of merge (where the sort orders are there for free), sorted probe, and hash.
//! A [`Plan`] is plain data over ids, apart from the operators that run it, so it can be shown, compared and sent.
//!
//! Invariants: a plan gives the rows the algebra defines, whatever the estimates; `sorted` and `always` of a [`Node`] are
//! facts, `rows` and `cost` are guesses; weights are in [`cost`] only.

mod access;
mod automaton;
mod conjunction;
mod correlation;
pub mod cost;
mod dependent;
mod depth;
mod explain;
mod given;
mod group;
mod join;
mod modifiers;
mod node;
mod optional;
mod path;
mod planner;
mod service;
mod shape;

pub use access::RequestGraphs;
pub use automaton::{Automaton, Backwards, Label, Predicates, Step};
pub use depth::{DEPTH_MAX, stack_bytes};
pub use explain::{Description, Detail, Value, describe, view_name};
pub use node::{
    DependentColumns, JoinColumns, JoinKind, Node, Op, PathEnd, PathGraph, PathSpec, Plan,
    ProbeColumns, SemiColumns, ServiceSpec, SortColumn, SubPlan,
};
pub use planner::{Request, plan};
