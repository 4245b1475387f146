//! triplestore: an embeddable RDF database.
//!
//! One directory on disk, one handle in the process: RDF 1.2 documents in and out, SPARQL, transactions that
//! survive power loss. C programs use `include/triplestore.h`; Rust programs use [`database`].
//!
//! ```
//! use triplestore::config::Config;
//! use triplestore::control::Control;
//! use triplestore::database::{Database, LoadOptions};
//! use triplestore::load::Format;
//! use triplestore::query::{QueryOptions, QueryResults, ResultBatch};
//!
//! # fn main() -> triplestore::error::Result<()> {
//! let database = Database::memory(&Config::default())?;
//! let turtle = LoadOptions { format: Some(Format::Turtle), ..LoadOptions::default() };
//! let document = b"@prefix : <http://example.org/> . :ada :knows :charles , :mary .";
//! database.load_bytes(document, &turtle, &Control::new())?;
//!
//! let query = "SELECT ?who WHERE { <http://example.org/ada> <http://example.org/knows> ?who }";
//! let results = database.snapshot()?.query(query, &QueryOptions::default(), &database.query_control())?;
//! let QueryResults::Rows(mut rows) = results else { unreachable!("a SELECT has rows") };
//! let (mut batch, mut count) = (ResultBatch::new(), 0);
//! while rows.next(1000, &mut batch)? {
//!     count += batch.rows();
//! }
//! assert_eq!(count, 2);
//! # Ok(())
//! # }
//! ```
//!
//! Modules use only what stands above them in this list; `docs/architecture.md` says why.

pub mod error;

pub mod config;
pub mod control;

pub mod codec;
pub mod kv;
pub mod term;

pub mod vocab;

pub mod run;
pub mod store;

pub mod load;

pub mod algebra;
pub mod exec;
pub mod expr;
pub mod plan;
pub mod query;

pub mod database;

pub mod capi;

pub mod bench;
