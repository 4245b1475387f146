//! Typed terms from outside: a list that is built term by term and addressed by index.
//!
//! It mirrors a result batch (a table of terms and rows of indexes), so that any language can build quads and patterns
//! without structures of pointers.

use super::terms::{named, subject};
use super::{GraphPattern, QuadPattern};
use crate::error::{Code, Error, Result};
use crate::load::{MAX_NESTING, RDF_DIR_LANG_STRING, RDF_LANG_STRING};
use crate::term::Direction;
use oxrdf::{
    BaseDirection, BlankNode, GraphName, Literal, NamedNode, NamedOrBlankNode, Quad, Term, Triple,
};

/// The index that stands for no term: the default graph in a quad.
pub const NO_TERM: u32 = u32::MAX;

/// A list of terms. Terms are valid by RDF 1.2 and keep their index; equal terms may stand in it twice.
#[derive(Clone, Debug, Default)]
pub struct TermList {
    /// The terms, and how deep their triple terms are nested.
    terms: Vec<(Term, usize)>,
}

impl TermList {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn len(&self) -> usize {
        self.terms.len()
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Removes all terms.
    pub fn clear(&mut self) {
        self.terms.clear();
    }

    fn add(&mut self, term: impl Into<Term>, depth: usize) -> Result<u32> {
        let index = u32::try_from(self.terms.len())
            .ok()
            .filter(|&index| index != NO_TERM)
            .ok_or_else(|| Error::new(Code::ResourceExhausted, "the list of terms is full"))?;
        self.terms.push((term.into(), depth));
        Ok(index)
    }

    /// Adds an absolute IRI. Errors: `InvalidIri`.
    pub fn iri(&mut self, iri: &str) -> Result<u32> {
        let iri = named_node(iri)?;
        self.add(iri, 0)
    }

    /// Adds a blank node by a label, without `_:`. Only labels the store printed mean a node of it (definition 10).
    /// Errors: `InvalidInput` for text that is no label.
    pub fn blank(&mut self, label: &str) -> Result<u32> {
        let blank = BlankNode::new(label).map_err(|error| {
            Error::new(
                Code::InvalidInput,
                format!("{label:?} is not a blank node label: {error}"),
            )
        })?;
        self.add(blank, 0)
    }

    /// Adds a literal: `xsd:string` without a datatype and language; a language excludes a datatype other than that of
    /// language-tagged strings. Errors: `InvalidInput`, `InvalidIri` for the datatype.
    pub fn literal(
        &mut self,
        lexical: &str,
        datatype: Option<&str>,
        language: Option<&str>,
        direction: Option<Direction>,
    ) -> Result<u32> {
        let invalid = |detail: String| Err(Error::new(Code::InvalidInput, detail));
        let literal = match (language, datatype) {
            (Some(tag), None | Some(RDF_LANG_STRING | RDF_DIR_LANG_STRING)) => {
                let tagged = match direction {
                    None => Literal::new_language_tagged_literal(lexical, tag),
                    Some(direction) => Literal::new_directional_language_tagged_literal(
                        lexical,
                        tag,
                        match direction {
                            Direction::LeftToRight => BaseDirection::Ltr,
                            Direction::RightToLeft => BaseDirection::Rtl,
                        },
                    ),
                };
                match tagged {
                    Ok(literal) => literal,
                    Err(error) => {
                        return invalid(format!("{tag:?} is not a language tag: {error}"));
                    }
                }
            }
            (Some(tag), Some(datatype)) => {
                return invalid(format!(
                    "a literal with the language {tag} cannot have the datatype <{datatype}>"
                ));
            }
            (None, _) if direction.is_some() => {
                return invalid("a literal with a direction needs a language".to_owned());
            }
            (None, Some(datatype @ (RDF_LANG_STRING | RDF_DIR_LANG_STRING))) => {
                return invalid(format!("a literal of <{datatype}> needs a language"));
            }
            (None, None) => Literal::new_simple_literal(lexical),
            (None, Some(datatype)) => Literal::new_typed_literal(lexical, named_node(datatype)?),
        };
        self.add(literal, 0)
    }

    /// Adds a triple term of terms of the list.
    /// Errors: `InvalidArgument` for an index that is not in the list, `InvalidInput` for a term that cannot stand
    /// where it does, `NestingTooDeep`.
    pub fn triple(&mut self, s: u32, p: u32, o: u32) -> Result<u32> {
        let depth = 1 + self.entry(o)?.1;
        if depth > MAX_NESTING {
            return Err(Error::new(
                Code::NestingTooDeep,
                format!("triple terms are nested more than {MAX_NESTING} deep"),
            ));
        }
        let triple = self.triple_of(s, p, o)?;
        self.add(triple, depth)
    }

    /// The term at an index. Errors: `InvalidArgument`.
    pub fn get(&self, index: u32) -> Result<&Term> {
        self.entry(index).map(|(term, _)| term)
    }

    fn entry(&self, index: u32) -> Result<&(Term, usize)> {
        self.terms.get(index as usize).ok_or_else(|| {
            Error::new(
                Code::InvalidArgument,
                format!(
                    "{index} is not the index of a term, there are {}",
                    self.terms.len()
                ),
            )
        })
    }

    fn triple_of(&self, s: u32, p: u32, o: u32) -> Result<Triple> {
        Ok(Triple::new(
            subject(self.get(s)?.clone())
                .map_err(|_| misplaced("subject", "an IRI or blank node"))?,
            named(self.get(p)?.clone()).map_err(|_| misplaced("predicate", "an IRI"))?,
            self.get(o)?.clone(),
        ))
    }

    /// The quad of four indexes; [`NO_TERM`] as the graph is the default graph.
    /// Errors: as [`TermList::triple`].
    pub fn quad(&self, [s, p, o, g]: [u32; 4]) -> Result<Quad> {
        let graph = match g {
            NO_TERM => GraphName::DefaultGraph,
            g => subject(self.get(g)?.clone())
                .map_err(|_| misplaced("graph", "an IRI or blank node"))?
                .into(),
        };
        let triple = self.triple_of(s, p, o)?;
        Ok(triple.in_graph(graph))
    }
}

/// The place of a term in a pattern.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    Subject,
    Predicate,
    Object,
    Graph,
}

impl QuadPattern {
    /// Requires a term in a place. Errors: `InvalidInput` for a graph that is neither an IRI nor a blank node.
    pub fn require(&mut self, place: Place, term: Term) -> Result<()> {
        match place {
            Place::Subject => self.subject = Some(term),
            Place::Predicate => self.predicate = Some(term),
            Place::Object => self.object = Some(term),
            Place::Graph => {
                let graph =
                    subject(term).map_err(|_| misplaced("graph", "an IRI or blank node"))?;
                self.graph = GraphPattern::One(graph);
            }
        }
        Ok(())
    }
}

/// The graph with an IRI. Errors: `InvalidIri`.
pub fn graph_name(iri: &str) -> Result<NamedOrBlankNode> {
    Ok(named_node(iri)?.into())
}

fn named_node(iri: &str) -> Result<NamedNode> {
    NamedNode::new(iri).map_err(|error| {
        Error::new(
            Code::InvalidIri,
            format!("<{iri}> is not a valid IRI: {error}"),
        )
        .with_hint("IRIs are absolute, such as http://example.org/a")
    })
}

#[cold]
fn misplaced(place: &str, wanted: &str) -> Error {
    Error::new(Code::InvalidInput, format!("the {place} must be {wanted}"))
}
