//! Whole dictionary keys: the class tag's byte, then the key bytes of `term`.

use crate::error::{Code, Error, Result};
use crate::term::{self, Tag, TermBuf, TermRef};

/// Replaces `out` by the key of a term and returns its class. Blank nodes and triple terms have none: then
/// the result is `None` and `out` is not a key.
pub fn dictionary_key(term: TermRef<'_>, out: &mut Vec<u8>) -> Option<Tag> {
    out.clear();
    out.push(0);
    let tag = term::dictionary_key(term, out)?;
    out[0] = tag.byte();
    Some(tag)
}

/// The term of a key. Errors: `Corruption`.
pub fn parse_key(key: &[u8], out: &mut TermBuf) -> Result<()> {
    let damaged = || Error::new(Code::Corruption, "a dictionary entry has no class");
    let (&byte, rest) = key.split_first().ok_or_else(damaged)?;
    let tag = Tag::from_byte(byte).ok_or_else(damaged)?;
    term::parse_key(tag, rest, out)
}
