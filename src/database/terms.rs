//! `oxrdf` terms to ids and back.

use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::expr::Terms;
use crate::store::{Transaction, Version};
use crate::term::{Id, TermBuf, TermRef, parse_blank_label, parse_query_label, resolve};
use oxrdf::{GraphName, NamedNode, NamedOrBlankNode, Term};

/// The number of a stored blank node, by a label the store printed (definition 10).
fn stored(label: &str) -> Result<Option<u64>> {
    Ok(parse_blank_label(label))
}

/// The id of a term that a query computed.
/// Errors: `InvalidInput` for a blank node whose label was not printed by the store or the query.
pub(super) fn interned(terms: &Terms, term: &Term) -> Result<Id> {
    let id = resolve(
        term.as_ref(),
        &mut |label| Ok(parse_query_label(label)),
        // Sets a language tag in lower case, as other terms of a query have it.
        &mut |term| terms.intern(TermBuf::from(term).as_ref()).map(Some),
    );
    id?.ok_or_else(|| {
        Error::new(
            Code::InvalidInput,
            format!("{term} is not a blank node of this store or query"),
        )
        .with_hint("a function answers only blank nodes that it was given; BNODE() makes new ones")
    })
}

/// The id of a term of a version.
pub(super) fn id_of(version: &Version, term: &Term, control: &Control) -> Result<Option<Id>> {
    resolve(term.as_ref(), &mut stored, &mut |term| {
        version.id(term, control)
    })
}

/// The id of a term a transaction can see.
pub(super) fn known(transaction: &mut Transaction, term: &Term) -> Result<Option<Id>> {
    resolve(term.as_ref(), &mut stored, &mut |term| {
        transaction.lookup(term)
    })
}

/// The id of a term, which is added if it is new.
/// Errors: `InvalidInput` for a blank node whose label the store has not printed.
pub(super) fn intern(transaction: &mut Transaction, term: &Term) -> Result<Id> {
    let id = resolve(term.as_ref(), &mut stored, &mut |term| {
        transaction.intern(term).map(Some)
    });
    id?.ok_or_else(|| {
        Error::new(
            Code::InvalidInput,
            format!("{term} is not a blank node of this store"),
        )
        .with_hint(
            "typed blank nodes carry labels the store printed; load a document to make new ones",
        )
    })
}

/// Reads terms of a version; buffers are reused.
pub(super) struct Decoder<'v> {
    pub version: &'v Version,
    pub control: &'v Control,
    key: Vec<u8>,
    term: TermBuf,
}

impl<'v> Decoder<'v> {
    pub fn new(version: &'v Version, control: &'v Control) -> Self {
        Self {
            version,
            control,
            key: Vec::new(),
            term: TermBuf::default(),
        }
    }

    /// Errors: `Corruption`, `CorruptBlock`, `Io`.
    pub fn term(&mut self, id: Id) -> Result<Term> {
        if id.is_triple() {
            let parts = self.version.triple_term_parts(id, self.control)?;
            return TermRef::Triple(parts).to_oxrdf(&mut |part| self.term(part));
        }
        let vocabulary = &self.version.vocabulary;
        vocabulary.term(id, &mut self.key, &mut self.term)?;
        self.term.as_ref().to_oxrdf(&mut |_| Err(misplaced()))
    }

    pub fn graph(&mut self, id: Id) -> Result<GraphName> {
        if id.is_unbound() {
            return Ok(GraphName::DefaultGraph);
        }
        Ok(match self.term(id)? {
            Term::NamedNode(iri) => iri.into(),
            Term::BlankNode(blank) => blank.into(),
            _ => return Err(misplaced()),
        })
    }
}

pub(super) fn subject(term: Term) -> Result<NamedOrBlankNode> {
    match term {
        Term::NamedNode(iri) => Ok(iri.into()),
        Term::BlankNode(blank) => Ok(blank.into()),
        _ => Err(misplaced()),
    }
}

pub(super) fn named(term: Term) -> Result<NamedNode> {
    match term {
        Term::NamedNode(iri) => Ok(iri),
        _ => Err(misplaced()),
    }
}

#[cold]
fn misplaced() -> Error {
    Error::new(
        Code::Corruption,
        "a stored quad has a term in a position it cannot have",
    )
}
