//! Hash functions (SPARQL 1.1 section 17.4.6).

use super::super::answer::Answer;
use super::string::simple;
use crate::term::TermRef;
use md5::Digest;
use std::fmt::Write;

pub fn hash<'t, H: Digest>(terms: &[TermRef<'t>]) -> Option<Answer<'t>> {
    let [term] = *terms else { return None };
    let digest = H::digest(simple(term)?);
    let mut digits = String::with_capacity(2 * digest.len());
    for byte in digest.iter() {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    Some(Answer::string(digits))
}
