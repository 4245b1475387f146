//! The C ABI: what `include/triplestore.h` declares. No logic lives here; every export checks its
//! arguments and calls the Rust facade.
//!
//! One file is one section of the header, in the order of `build.rs`. `guard`, `handle` and
//! `sized` are what the exports share, `check` proves at compile time that every signature
//! consists of C types.
//!
//! Invariants:
//! - Every export runs inside [`guard`]: no panic crosses, out-parameters are set before work.
//! - Every handle is made and checked by [`handle`]: a wrong, freed or concurrently used handle
//!   is an error wherever it can be seen.
//! - Exports are written out by hand, without `cfg` and not by macros: cbindgen reads the source,
//!   not what it expands to.
//! - No lock is held while a callback of the caller runs.
//!
//! `unsafe`: the exports rely on the contract of the header (pointers valid for the stated time,
//! lengths true, non-const handles not shared). Each says so once.
//!
//! Cost: a guarded call adds about half a nanosecond over a plain one.

// The names of C are the names of the header.
#![allow(non_camel_case_types)]
// The contracts are written for C programmers (Owner, Threads, Cost, Errors), not as `# Safety`.
#![allow(clippy::missing_safety_doc)]

pub mod aggregate;
pub mod batch;
pub mod callback;
mod check;
pub mod config;
pub mod dump;
mod encode;
pub mod error;
pub mod function;
mod guard;
mod handle;
pub mod inspect;
pub mod inspection;
pub mod load;
pub mod loader;
pub mod log;
pub mod op;
pub mod pattern;
pub mod pins;
pub mod query;
pub mod reading;
pub mod result;
pub mod rows;
pub mod service;
mod sized;
pub mod status;
pub mod store;
pub mod terms;
pub mod text;
pub mod txn;
pub mod update;
pub mod version;
