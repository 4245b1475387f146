//! RDF terms and their 64-bit ids.
//!
//! A term is a [`TermRef`] (borrowed) or a [`TermBuf`] (owned, reusable). Its [`Id`] either holds it
//! ([`inline`], [`decode_inline`]) or names an entry of the dictionary, whose key is made and read here
//! ([`dictionary_key`], [`parse_key`]). The tags and every bit of a payload are in `docs/format-term.md`,
//! frozen with format 1.
//!
//! Invariants:
//! - Identity is exact (definition 1): a literal is inline if and only if its id decodes to the very same
//!   lexical form and datatype. Nothing is normalised but the case of language tags.
//! - `inline` is a function of the term and, for IRIs, of the prefix table, which is an argument.
//! - Within one inline kind other than encoded IRIs, id order is SPARQL order; elsewhere only where
//!   [`ordered_range`] says so (definition 4).
//! - Operators (`=`, `<`; [`value`]) and ORDER BY ([`order`]) give the same answer on ids and on terms.
//!
//! Cost: encoding 3-30 ns, decoding 10-65 ns (doubles of 16 and 17 digits 160 both ways), comparing two ids
//! 1-10 ns within a kind and 8-60 ns across kinds, a sort key 6-80 ns; no allocation except in the caller's
//! buffers. No I/O.

mod borrowed;
mod buffer;
mod calendar;
mod datatype;
mod id;
mod inline;
mod interop;
mod iri;
mod key;
mod learn;
mod line;
mod number;
mod numeric;
pub mod order;
mod real;
mod temporal;
mod text;
pub mod value;

pub use borrowed::{Direction, LOCAL_BLANK, LiteralKind, LiteralRef, TermRef};
pub use buffer::TermBuf;
pub use datatype::Datatype;
pub use id::{Id, PAYLOAD_BITS, PAYLOAD_MAX, Tag};
pub use inline::{
    SHORT_STRING_BYTES, boolean_id, decode_inline, inline, inline_datatype, inline_integer,
    inline_literal, inline_tags,
};
pub use interop::resolve;
pub use iri::{DIGITS_MAX, IriPrefixes, PREFIX_BYTES_MAX, PREFIXES_MAX};
pub use key::{dictionary_key, parse_key};
pub use learn::PrefixLearner;
pub use order::{OrderedRange, SortKey, compare_ids, compare_terms, is_value_range, ordered_range};
pub use text::{
    parse_blank_label, parse_query_label, write_blank_label, write_escaped_iri,
    write_escaped_string,
};

use crate::error::{Code, Error, Result};

#[cfg(test)]
mod tests;
