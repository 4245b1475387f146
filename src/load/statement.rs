//! Statements as the parsers hand them over: borrowed text, no ids yet.
//!
//! A [`StatementSink`] receives them. Strictness is shared between the two sides: the parser
//! checks the grammar, language tags and datatypes; the sink calls [`RawTerm::check`] on an IRI
//! when its own table shows that the IRI is new, *before* it stores it. So each distinct IRI is
//! checked once and nobody keeps a second table of what was checked.

use crate::error::{Code, Error, Result};
use crate::term::{self, LiteralRef};
use oxrdf::{NamedNodeRef, TermRef, TripleRef};

pub const XSD_STRING: &str = "http://www.w3.org/2001/XMLSchema#string";
pub const RDF_LANG_STRING: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString";
pub const RDF_DIR_LANG_STRING: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#dirLangString";

/// The base direction of a literal (RDF 1.2 Concepts, 3.4).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Direction {
    Ltr,
    Rtl,
}

impl Direction {
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Ltr => "ltr",
            Direction::Rtl => "rtl",
        }
    }
}

/// A literal, unescaped. `datatype` is never empty: `xsd:string` for a simple literal,
/// `rdf:langString` with a language, `rdf:dirLangString` with a language and a direction.
/// The language is in lower case (definition 1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct RawLiteral<'a> {
    pub lexical: &'a str,
    pub datatype: &'a str,
    pub language: Option<&'a str>,
    pub direction: Option<Direction>,
}

/// A term that borrows its text from the input or from a buffer of the parser: valid during one
/// call of [`StatementSink::statement`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RawTerm<'a> {
    /// An absolute IRI, without angle brackets.
    Iri(&'a str),
    /// A blank node by its label in this document, without `_:` (definition 10).
    Blank(&'a str),
    Literal(RawLiteral<'a>),
    /// A triple term: subject (IRI or blank), predicate (IRI), object (any term). At most
    /// [`MAX_NESTING`](super::nesting::MAX_NESTING) deep.
    Triple(&'a [RawTerm<'a>; 3]),
}

impl<'a> From<RawLiteral<'a>> for LiteralRef<'a> {
    fn from(literal: RawLiteral<'a>) -> Self {
        match literal.language {
            Some(tag) => LiteralRef::language(
                literal.lexical,
                tag,
                literal.direction.map(|direction| match direction {
                    Direction::Ltr => term::Direction::LeftToRight,
                    Direction::Rtl => term::Direction::RightToLeft,
                }),
            ),
            None => LiteralRef::typed(literal.lexical, literal.datatype),
        }
    }
}

impl<'a> RawTerm<'a> {
    /// A literal of a datatype that is not a language string.
    pub fn typed(lexical: &'a str, datatype: &'a str) -> Self {
        RawTerm::Literal(RawLiteral {
            lexical,
            datatype,
            language: None,
            direction: None,
        })
    }

    /// A literal of datatype `xsd:string`.
    pub fn simple(lexical: &'a str) -> Self {
        Self::typed(lexical, XSD_STRING)
    }

    /// A literal with a language tag in lower case, and perhaps a base direction.
    pub fn tagged(lexical: &'a str, language: &'a str, direction: Option<Direction>) -> Self {
        RawTerm::Literal(RawLiteral {
            lexical,
            datatype: match direction {
                Some(_) => RDF_DIR_LANG_STRING,
                None => RDF_LANG_STRING,
            },
            language: Some(language),
            direction,
        })
    }

    /// Whether an IRI is valid by RFC 3987; every other term is (the parser has seen to it, and
    /// the sink meets the IRIs inside a triple term by themselves). About 100 ns per IRI.
    pub fn check(&self) -> Result<(), InvalidTerm> {
        match self {
            RawTerm::Iri(iri) => check_iri(iri),
            RawTerm::Blank(_) | RawTerm::Literal(_) | RawTerm::Triple(_) => Ok(()),
        }
    }

    /// The text bytes of the term: what the term limit (definition 8) is compared with.
    pub fn text_bytes(&self) -> usize {
        match self {
            RawTerm::Iri(text) | RawTerm::Blank(text) => text.len(),
            RawTerm::Literal(literal) => literal
                .lexical
                .len()
                .max(literal.datatype.len())
                .max(literal.language.map_or(0, str::len)),
            RawTerm::Triple(parts) => parts.iter().map(RawTerm::text_bytes).max().unwrap_or(0),
        }
    }
}

/// Whether `iri` is an absolute IRI by RFC 3987. Errors: `InvalidIri`.
pub fn check_iri(iri: &str) -> Result<(), InvalidTerm> {
    match NamedNodeRef::new(iri) {
        Ok(_) => Ok(()),
        Err(error) => Err(InvalidTerm::new(
            Code::InvalidIri,
            format!("<{iri}> is not a valid IRI: {error}"),
        )),
    }
}

/// A term that a strict load does not accept.
#[derive(Debug)]
pub struct InvalidTerm(Box<(Code, String)>);

impl InvalidTerm {
    #[cold]
    pub fn new(code: Code, reason: impl Into<String>) -> Self {
        Self(Box::new((code, reason.into())))
    }

    pub fn code(&self) -> Code {
        self.0.0
    }

    pub fn reason(&self) -> &str {
        &self.0.1
    }
}

impl From<InvalidTerm> for Error {
    fn from(term: InvalidTerm) -> Self {
        let (code, reason) = *term.0;
        Error::new(code, reason)
    }
}

/// Why a sink did not take a statement.
#[derive(Debug)]
pub enum Refusal {
    /// A term is invalid. The parser adds the position; a keep-going load skips the statement.
    Term(InvalidTerm),
    /// Anything else (cancelled, out of memory, I/O): the parse stops with this error.
    Stop(Error),
}

impl From<InvalidTerm> for Refusal {
    fn from(term: InvalidTerm) -> Self {
        Refusal::Term(term)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Stop(error)
    }
}

/// Where a piece of a line-based document ends: everything before it was handed over.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ChunkEnd {
    /// Number of the chunk in its document, from 0.
    pub sequence: u64,
    /// Bytes of (decompressed) text up to here.
    pub offset: u64,
    /// The line that begins here, from 1.
    pub line: u64,
}

/// Receives the statements of a document, one call each, in document order within a chunk.
///
/// Contract: `statement` is all or nothing from the caller's view. A sink that refuses a term
/// has not stored that term (so that its next occurrence is refused as well) and adds no row;
/// the other terms of the statement may stay interned. Borrowed text is valid during the call.
pub trait StatementSink {
    /// `subject` is an IRI or blank node, `predicate` an IRI, `graph` an IRI or blank node, and
    /// `None` for the default graph.
    fn statement(
        &mut self,
        subject: RawTerm<'_>,
        predicate: RawTerm<'_>,
        object: RawTerm<'_>,
        graph: Option<RawTerm<'_>>,
    ) -> Result<(), Refusal>;

    /// Called after the last statement of each chunk of a line-based document, once per chunk;
    /// other formats never call it. A place for checkpoints and batch work.
    fn end_of_chunk(&mut self, _end: ChunkEnd) -> Result<()> {
        Ok(())
    }
}

/// Calls `then` with the borrowed form of an RDF term of the `oxrdf` model. Recursion is bounded
/// by the nesting check that ran before the parser.
pub(super) fn with_raw<R>(term: TermRef<'_>, then: &mut dyn FnMut(RawTerm<'_>) -> R) -> R {
    match term {
        TermRef::NamedNode(iri) => then(RawTerm::Iri(iri.as_str())),
        TermRef::BlankNode(blank) => then(RawTerm::Blank(blank.as_str())),
        TermRef::Literal(literal) => {
            let direction = literal.direction().map(|direction| match direction {
                oxrdf::BaseDirection::Ltr => Direction::Ltr,
                oxrdf::BaseDirection::Rtl => Direction::Rtl,
            });
            match literal.language() {
                None => then(RawTerm::typed(literal.value(), literal.datatype().as_str())),
                Some(tag) if tag.bytes().any(|b| b.is_ascii_uppercase()) => {
                    let tag = tag.to_ascii_lowercase();
                    then(RawTerm::tagged(literal.value(), &tag, direction))
                }
                Some(tag) => then(RawTerm::tagged(literal.value(), tag, direction)),
            }
        }
        TermRef::Triple(triple) => {
            let triple: TripleRef<'_> = triple.into();
            with_raw(triple.subject.into(), &mut |subject| {
                with_raw(triple.object, &mut |object| {
                    let parts = [subject, RawTerm::Iri(triple.predicate.as_str()), object];
                    then(RawTerm::Triple(&parts))
                })
            })
        }
    }
}

/// Hands a quad of the `oxrdf` model to a sink.
pub(super) fn deliver<S: StatementSink>(
    quad: oxrdf::QuadRef<'_>,
    max_term_bytes: usize,
    sink: &mut S,
) -> Result<(), Refusal> {
    let graph = match quad.graph_name {
        oxrdf::GraphNameRef::NamedNode(iri) => Some(RawTerm::Iri(iri.as_str())),
        oxrdf::GraphNameRef::BlankNode(blank) => Some(RawTerm::Blank(blank.as_str())),
        oxrdf::GraphNameRef::DefaultGraph => None,
    };
    with_raw(quad.subject.into(), &mut |subject| {
        with_raw(quad.object, &mut |object| {
            let predicate = RawTerm::Iri(quad.predicate.as_str());
            check_language_datatype(&object)?;
            for term in [Some(subject), Some(predicate), Some(object), graph] {
                check_size(term, max_term_bytes)?;
            }
            sink.statement(subject, predicate, object, graph)
        })
    })
}

/// Errors: `TermTooLarge`.
pub(super) fn check_size(
    term: Option<RawTerm<'_>>,
    max_term_bytes: usize,
) -> Result<(), InvalidTerm> {
    let bytes = term.map_or(0, |term| term.text_bytes());
    if bytes > max_term_bytes {
        return Err(InvalidTerm::new(
            Code::TermTooLarge,
            format!("a term has {bytes} bytes; the limit is {max_term_bytes}"),
        ));
    }
    Ok(())
}

/// A literal of datatype `rdf:langString` must have a language (RDF 1.2 Concepts, 3.4); lenient
/// parsers let it through. Errors: `DataParse`.
fn check_language_datatype(term: &RawTerm<'_>) -> Result<(), InvalidTerm> {
    match term {
        RawTerm::Literal(literal)
            if literal.language.is_none()
                && matches!(literal.datatype, RDF_LANG_STRING | RDF_DIR_LANG_STRING) =>
        {
            Err(InvalidTerm::new(
                Code::DataParse,
                format!(
                    "a literal of datatype <{}> has no language",
                    literal.datatype
                ),
            ))
        }
        RawTerm::Triple(parts) => check_language_datatype(&parts[2]),
        RawTerm::Iri(_) | RawTerm::Blank(_) | RawTerm::Literal(_) => Ok(()),
    }
}
