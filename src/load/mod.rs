//! Load and dump: bytes to statements, and statements to bytes.
//!
//! Data flows one way: an [`Input`] (file, memory, reader, pipe; decompressed on the way) is
//! parsed by [`parse`] into calls of a [`StatementSink`]; [`load`] is the door from documents to a
//! store; a [`Dump`] writes the same terms back.
//!
//! Invariants: text that reaches a sink is valid UTF-8 in a grammar-checked statement, and terms
//! borrow it, so a sink copies what it keeps. Blank nodes are labels of their document. No parser recurses deeper than [`MAX_NESTING`], no buffer grows
//! beyond the longest term, every loop polls the [`Control`](crate::control::Control).
//!
//! Cost, one core, measured by `benches/parse.rs` on LUBM: N-Triples and N-Quads 10 million
//! statements/s into a sink that hashes terms and 5 million into one that interns them (strict:
//! a check per distinct IRI), in parallel by chunks; Turtle and TriG 1 million; RDF/XML and
//! JSON-LD about half a million. N-Triples and N-Quads are dumped at 10 million.

mod bulk;
mod chunk;
mod dump;
mod feed;
mod format;
mod input;
mod jsonld;
mod line;
mod nesting;
mod ntriples;
mod options;
mod parse;
mod pipe;
mod position;
mod rdfxml;
mod report;
mod resolve;
mod statement;
mod strict;
#[cfg(test)]
mod tests;
mod turtle;
mod xml_literal;

pub use bulk::{Document, LARGE_STATEMENTS, LoadSettings, Loaded, Target, load};
pub use chunk::CHUNK_BYTES;
pub use dump::{Dump, DumpOptions, NamedGraphs, write_statement, write_term};
pub use format::Format;
pub(crate) use format::{bare_name, is_called};
pub use input::{Compression, Input};
pub use nesting::{MAX_NESTING, check as check_nesting};
pub use options::{ContextLoader, MAX_TERM_BYTES, OnCheckpoint, ParseOptions};
pub use parse::{Parsed, parse};
pub use pipe::{PIPE_BYTES, PipeReader, PipeWriter, pipe};
pub use report::{BadStatement, BadStatements, OnError, REPORT_KEPT};
pub use resolve::{Labels, Resolve};
pub use statement::{
    ChunkEnd, Direction, InvalidTerm, RDF_DIR_LANG_STRING, RDF_LANG_STRING, RawLiteral, RawTerm,
    Refusal, StatementSink, XSD_STRING, check_iri,
};
