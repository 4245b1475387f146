//! Tests of the load path as a whole: text in, statements out, and back.

mod dumps;
mod lines;
mod nested;

use super::*;
use crate::control::Control;
use crate::error::Result;
use oxrdf::{
    BaseDirection, BlankNode, GraphName, Literal, NamedNode, NamedOrBlankNode, Quad, Term, Triple,
};
use std::collections::HashSet;

/// Keeps statements as quads of the `oxrdf` model. Strict in the way an interner is: it checks
/// an IRI when it sees it first.
#[derive(Default)]
pub(super) struct Collected {
    pub quads: Vec<Quad>,
    pub chunks: Vec<ChunkEnd>,
    trusted: bool,
    seen: HashSet<String>,
}

impl Collected {
    pub fn trusted() -> Self {
        Self {
            trusted: true,
            ..Self::default()
        }
    }

    fn intern(&mut self, term: RawTerm<'_>) -> Result<(), InvalidTerm> {
        match term {
            RawTerm::Iri(iri) if !self.seen.contains(iri) => {
                if !self.trusted {
                    term.check()?;
                }
                self.seen.insert(iri.to_owned());
            }
            RawTerm::Triple(parts) => {
                for part in parts {
                    self.intern(*part)?;
                }
            }
            RawTerm::Iri(_) | RawTerm::Blank(_) | RawTerm::Literal(_) => {}
        }
        Ok(())
    }
}

pub(super) fn term(raw: RawTerm<'_>) -> Term {
    match raw {
        RawTerm::Iri(iri) => NamedNode::new_unchecked(iri).into(),
        RawTerm::Blank(label) => BlankNode::new_unchecked(label).into(),
        RawTerm::Literal(literal) => match (literal.language, literal.direction) {
            (Some(tag), None) => {
                assert_eq!(literal.datatype, RDF_LANG_STRING);
                Literal::new_language_tagged_literal_unchecked(literal.lexical, tag).into()
            }
            (Some(tag), Some(direction)) => {
                assert_eq!(literal.datatype, RDF_DIR_LANG_STRING);
                let direction = match direction {
                    Direction::Ltr => BaseDirection::Ltr,
                    Direction::Rtl => BaseDirection::Rtl,
                };
                Literal::new_directional_language_tagged_literal_unchecked(
                    literal.lexical,
                    tag,
                    direction,
                )
                .into()
            }
            (None, direction) => {
                assert!(direction.is_none());
                let datatype = NamedNode::new_unchecked(literal.datatype);
                Literal::new_typed_literal(literal.lexical, datatype).into()
            }
        },
        RawTerm::Triple([s, p, o]) => Triple::new(node(*s), predicate(*p), term(*o)).into(),
    }
}

fn node(raw: RawTerm<'_>) -> NamedOrBlankNode {
    match raw {
        RawTerm::Iri(iri) => NamedNode::new_unchecked(iri).into(),
        RawTerm::Blank(label) => BlankNode::new_unchecked(label).into(),
        RawTerm::Literal(_) | RawTerm::Triple(_) => panic!("a literal or triple as a node"),
    }
}

fn predicate(raw: RawTerm<'_>) -> NamedNode {
    match raw {
        RawTerm::Iri(iri) => NamedNode::new_unchecked(iri),
        _ => panic!("a predicate that is not an IRI"),
    }
}

impl StatementSink for Collected {
    fn statement(
        &mut self,
        s: RawTerm<'_>,
        p: RawTerm<'_>,
        o: RawTerm<'_>,
        g: Option<RawTerm<'_>>,
    ) -> Result<(), Refusal> {
        for part in [Some(s), Some(p), Some(o), g].into_iter().flatten() {
            self.intern(part)?;
        }
        let graph = g.map_or(GraphName::DefaultGraph, |g| node(g).into());
        self.quads
            .push(Quad::new(node(s), predicate(p), term(o), graph));
        Ok(())
    }

    fn end_of_chunk(&mut self, end: ChunkEnd) -> Result<()> {
        self.chunks.push(end);
        Ok(())
    }
}

/// Parses text from memory on the calling thread.
pub(super) fn collect(text: &[u8], options: &ParseOptions) -> Result<(Vec<Quad>, Parsed)> {
    let control = Control::new();
    let input = Input::memory(text, None, &control)?;
    let mut sinks = [match options.trusted {
        true => Collected::trusted(),
        false => Collected::default(),
    }];
    let parsed = parse(input, options, &control, &mut sinks)?;
    let [sink] = sinks;
    assert_eq!(parsed.statements, sink.quads.len() as u64);
    Ok((sink.quads, parsed))
}
