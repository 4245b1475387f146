//! Functions on triple terms (SPARQL 1.2 section 17.4.6).

use super::super::answer::Answer;
use super::super::frame::Frame;
use super::super::terms::Terms;
use crate::error::Result;
use crate::load::MAX_NESTING;
use crate::term::{Id, TermRef};

/// `TRIPLE` of columns of settled ids.
pub fn triple(frame: &Frame<'_>, arguments: &[Vec<u64>]) -> Result<Vec<u64>> {
    let [subjects, predicates, objects] = arguments else {
        return Ok(Vec::new());
    };
    (0..subjects.len())
        .map(|row| {
            let parts = [subjects[row], predicates[row], objects[row]].map(Id::from_raw);
            let [subject, predicate, object] = parts;
            let stands = (subject.is_iri() || subject.is_blank())
                && predicate.is_iri()
                && !object.is_unbound();
            if !stands || object.is_triple() && depth(object, frame.terms)? >= MAX_NESTING {
                return Ok(0);
            }
            Ok(frame.terms.intern(TermRef::Triple(parts))?.raw())
        })
        .collect()
}

/// How many triple terms stand within each other.
fn depth(id: Id, terms: &Terms) -> Result<usize> {
    let (mut id, mut depth) = (id, 0);
    while id.is_triple() && depth < MAX_NESTING {
        depth += 1;
        match terms.term(id)?.as_ref() {
            TermRef::Triple([_, _, object]) => id = object,
            _ => break,
        }
    }
    Ok(depth)
}

/// A part of a triple term.
pub fn part<'t>(terms: &[TermRef<'t>], place: usize) -> Option<Answer<'t>> {
    match terms {
        [TermRef::Triple(parts)] => parts.get(place).map(|&id| Answer::Id(id)),
        _ => None,
    }
}
