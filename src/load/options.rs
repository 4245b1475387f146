//! How a document is parsed.

use super::format::Format;
use super::report::OnError;
use super::statement::ChunkEnd;
use crate::error::Result;
use std::sync::Arc;

/// Loads the JSON document at an IRI, for a `@context` that is not in the document itself.
pub type ContextLoader = Arc<dyn Fn(&str) -> Result<Vec<u8>> + Send + Sync>;

/// Is told of each checkpoint of a load when everything before it is in the store. Not called from two threads at once.
pub type CheckpointObserver = Arc<dyn Fn(ChunkEnd) + Send + Sync>;

/// The longest text of a term unless told otherwise (definition 8).
pub const MAX_TERM_BYTES: usize = 64 << 20;

/// How a document is parsed.
#[derive(Clone)]
pub struct ParseOptions {
    pub format: Format,
    /// What relative IRIs are resolved against; not used by N-Triples and N-Quads.
    pub base_iri: Option<String>,
    /// The name of the document in messages. Default: the path of a file.
    pub document: Option<String>,
    /// Skips the checks of IRIs, language tags and datatypes, for data known to be valid: a dump
    /// of a store, for example. The grammar is checked all the same.
    pub trusted: bool,
    pub on_error: OnError,
    pub max_term_bytes: usize,
    /// Goes on behind a chunk that an earlier parse of the same N-Triples or N-Quads document
    /// has finished, all chunks before it included. Labels before and after it name the same
    /// blank nodes only if the caller kept their numbers.
    pub resume_after: Option<ChunkEnd>,
    /// Loads remote JSON-LD contexts; without it a document that needs one is refused.
    pub contexts: Option<ContextLoader>,
}

impl ParseOptions {
    /// Strict, stopping at the first error.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            base_iri: None,
            document: None,
            trusted: false,
            on_error: OnError::Stop,
            max_term_bytes: MAX_TERM_BYTES,
            resume_after: None,
            contexts: None,
        }
    }
}
