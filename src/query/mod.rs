//! Queries from text to results.
//!
//! [`Prepared`] is a parsed query that runs against any [`Snapshot`]. Running plans it for that snapshot, unless the last
//! run was on the same version, and gives [`QueryResults`], whose rows are pulled in batches: columns of indexes into a
//! table of distinct terms, each decoded once. [`write_result`] turns them into a document instead.
//!
//! Invariants: results own what they read and have no lifetime; a limit is an error, never a short answer; equal terms of
//! a batch have equal indexes.
//!
//! Cost: parsing 10-50 us for a short text, planning 5 us for each triple pattern; a result row a copy of its ids, a
//! distinct term of a batch what the dictionary takes.

mod batch;
mod bounded;
mod explain;
mod formats;
mod inspect;
mod json;
mod kept_plan;
mod prepared;
mod results;
mod shape;
mod update;

pub use crate::algebra::ParseOptions;
pub use crate::exec::{ServiceCall, ServiceHandler, ServiceReply, Services};
pub use batch::{ResultBatch, ResultMemory, UNBOUND};
pub use bounded::{Cursor, Pulled, RowSource};
pub use explain::{Explanation, ShownDataset, ShownDefaultGraph, Work};
pub use formats::{RawTerms, ResultFormat, RowFormat, WriteOptions, is_bare, write_result};
pub use inspect::{Content, FromClauses, InspectedOperation, Inspection, Writes, inspect};
pub use prepared::{DefaultGraph, Prepared, QueryOptions, Snapshot};
pub use results::{QueryResults, Rows};
pub use shape::{ResultKind, Shape};
pub use update::{Document, DocumentSource, LoadAccess, PreparedUpdate, UpdateOptions};
