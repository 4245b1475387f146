//! Property paths that are more than patterns: closures, `?`, and sets of predicates (SPARQL 1.1 section 9).
//!
//! [`PathJoin`] joins its input with the solutions of a path, in each graph by walks from its distinct starts ([`walk`]).
//! One start is searched level by level ([`search`]); two bound ends are searched from both sides; many starts share one
//! exploration whose strongly connected parts are one ([`reach`]). Every level is a set of sorted probes ([`expand`]). What
//! all starts reach together and does not fit in memory is searched start by start, and what one start reaches and does
//! not fit, on disk ([`external`]).
//!
//! Invariants: a walk stays in one graph; each pair of ends is given once, but for sets of predicates, which give one
//! solution for each triple; no depth, frontier or result is cut.

mod expand;
mod external;
mod join;
mod reach;
mod search;
mod walk;

pub use join::PathJoin;
