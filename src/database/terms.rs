//! `oxrdf` terms to ids and back.

use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::expr::Terms;
use crate::store::{Transaction, Version};
use crate::term::{Id, TermBuf, TermRef, parse_blank_label, parse_query_label};
use oxrdf::{GraphName, NamedNode, NamedOrBlankNode, Term};

/// Looks up or adds terms; what [`id_of`] and [`intern`] differ in.
trait Resolve {
    /// The number of the blank node with a label.
    fn blank(&self, label: &str) -> Option<u64> {
        parse_blank_label(label)
    }

    fn resolve(&mut self, term: TermRef<'_>) -> Result<Option<Id>>;
}

struct Lookup<'v>(&'v Version, &'v Control);

impl Resolve for Lookup<'_> {
    fn resolve(&mut self, term: TermRef<'_>) -> Result<Option<Id>> {
        self.0.id(term, self.1)
    }
}

struct Known<'t>(&'t mut Transaction);

impl Resolve for Known<'_> {
    fn resolve(&mut self, term: TermRef<'_>) -> Result<Option<Id>> {
        self.0.lookup(term)
    }
}

struct Intern<'t>(&'t mut Transaction);

impl Resolve for Intern<'_> {
    fn resolve(&mut self, term: TermRef<'_>) -> Result<Option<Id>> {
        self.0.intern(term).map(Some)
    }
}

struct Computed<'t>(&'t Terms);

impl Resolve for Computed<'_> {
    fn blank(&self, label: &str) -> Option<u64> {
        parse_query_label(label)
    }

    fn resolve(&mut self, term: TermRef<'_>) -> Result<Option<Id>> {
        // Sets a language tag in lower case, as other terms of a query have it.
        self.0.intern(TermBuf::from(term).as_ref()).map(Some)
    }
}

/// The id of a term that a query computed.
/// Errors: `InvalidInput` for a blank node whose label was not printed by the store or the query.
pub(super) fn interned(terms: &Terms, term: &Term) -> Result<Id> {
    resolve(&mut Computed(terms), term)?.ok_or_else(|| {
        Error::new(
            Code::InvalidInput,
            format!("{term} is not a blank node of this store or query"),
        )
        .with_hint("a function answers only blank nodes that it was given; BNODE() makes new ones")
    })
}

/// The id of a term of a version. A blank node is known by a label the store printed (definition 10).
pub(super) fn id_of(version: &Version, term: &Term, control: &Control) -> Result<Option<Id>> {
    resolve(&mut Lookup(version, control), term)
}

/// The id of a term a transaction can see.
pub(super) fn known(transaction: &mut Transaction, term: &Term) -> Result<Option<Id>> {
    resolve(&mut Known(transaction), term)
}

/// The id of a term, which is added if it is new.
/// Errors: `InvalidInput` for a blank node whose label the store has not printed.
pub(super) fn intern(transaction: &mut Transaction, term: &Term) -> Result<Id> {
    resolve(&mut Intern(transaction), term)?.ok_or_else(|| {
        Error::new(
            Code::InvalidInput,
            format!("{term} is not a blank node of this store"),
        )
        .with_hint(
            "typed blank nodes carry labels the store printed; load a document to make new ones",
        )
    })
}

fn resolve(how: &mut dyn Resolve, term: &Term) -> Result<Option<Id>> {
    let term = match term {
        Term::NamedNode(iri) => TermRef::Iri(iri.as_str()),
        Term::BlankNode(blank) => match how.blank(blank.as_str()) {
            Some(number) => TermRef::Blank(number),
            None => return Ok(None),
        },
        Term::Literal(literal) => TermRef::Literal(literal.as_ref().into()),
        Term::Triple(triple) => {
            let mut parts = [Id::UNBOUND; 3];
            let terms = [
                triple.subject.clone().into(),
                triple.predicate.clone().into(),
                triple.object.clone(),
            ];
            for (part, term) in parts.iter_mut().zip(&terms) {
                match resolve(how, term)? {
                    Some(id) => *part = id,
                    None => return Ok(None),
                }
            }
            TermRef::Triple(parts)
        }
    };
    how.resolve(term)
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
