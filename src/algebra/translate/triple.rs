//! Triple patterns and what stands in them.

use super::super::ir::{GraphSlot, Pattern, QuadPattern, Slot};
use super::pattern::in_graph;
use super::{Scope, Translator};
use crate::error::Result;
use spargebra::term::{GroundTerm, NamedNodePattern, Term, TermPattern, Triple, TriplePattern};

impl Translator<'_> {
    /// A position of a pattern. A triple term that holds variables or blank nodes is a variable, and `opened` gets the
    /// pattern that takes it apart.
    pub(super) fn slot(
        &mut self,
        term: &TermPattern,
        scope: &mut Scope,
        opened: &mut Vec<Pattern>,
    ) -> Result<Slot> {
        Ok(match term {
            TermPattern::Variable(variable) => Slot::Var(self.var(variable, scope)),
            TermPattern::NamedNode(node) => Slot::Constant(self.constant(node.clone())),
            TermPattern::Literal(literal) => Slot::Constant(self.constant(literal.clone())),
            TermPattern::BlankNode(node) => {
                let label = node.as_str().to_owned();
                let known = scope.blanks.get(&label).copied();
                let var = known.unwrap_or_else(|| self.fresh(None));
                scope.blanks.insert(label, var);
                Slot::Var(var)
            }
            TermPattern::Triple(triple) => match ground_triple(triple) {
                Some(triple) => Slot::Constant(self.constant(triple)),
                None => {
                    let parts = [
                        self.slot(&triple.subject, scope, opened)?,
                        self.name_slot(&triple.predicate, scope),
                        self.slot(&triple.object, scope, opened)?,
                    ];
                    let term = self.fresh(None);
                    // Parts that are taken apart themselves come after the whole.
                    opened.insert(
                        0,
                        Pattern::TripleTerm {
                            term,
                            triple: parts,
                        },
                    );
                    Slot::Var(term)
                }
            },
        })
    }

    pub(super) fn name_slot(&mut self, name: &NamedNodePattern, scope: &mut Scope) -> Slot {
        match name {
            NamedNodePattern::Variable(variable) => Slot::Var(self.var(variable, scope)),
            NamedNodePattern::NamedNode(node) => Slot::Constant(self.constant(node.clone())),
        }
    }

    pub(super) fn basic(
        &mut self,
        patterns: &[TriplePattern],
        scope: &mut Scope,
        graph: GraphSlot,
    ) -> Result<Pattern> {
        if patterns.is_empty() {
            return Ok(in_graph(Pattern::unit(), graph));
        }
        let mut parts = Vec::with_capacity(patterns.len());
        let mut opened = Vec::new();
        for triple in patterns {
            parts.push(Pattern::Quad(QuadPattern {
                triple: [
                    self.slot(&triple.subject, scope, &mut opened)?,
                    self.name_slot(&triple.predicate, scope),
                    self.slot(&triple.object, scope, &mut opened)?,
                ],
                graph,
            }));
        }
        parts.append(&mut opened);
        Ok(Pattern::Join(parts))
    }
}

pub(super) fn ground_term(term: &GroundTerm) -> Term {
    match term {
        GroundTerm::NamedNode(node) => node.clone().into(),
        GroundTerm::Literal(literal) => literal.clone().into(),
        GroundTerm::Triple(triple) => Triple::new(
            triple.subject.clone(),
            triple.predicate.clone(),
            ground_term(&triple.object),
        )
        .into(),
    }
}

pub(super) fn ground_triple(triple: &TriplePattern) -> Option<Triple> {
    let subject = match &triple.subject {
        TermPattern::NamedNode(node) => node.clone(),
        _ => return None,
    };
    let predicate = match &triple.predicate {
        NamedNodePattern::NamedNode(node) => node.clone(),
        NamedNodePattern::Variable(_) => return None,
    };
    let object: Term = match &triple.object {
        TermPattern::NamedNode(node) => node.clone().into(),
        TermPattern::Literal(literal) => literal.clone().into(),
        TermPattern::Triple(inner) => ground_triple(inner)?.into(),
        _ => return None,
    };
    Some(Triple::new(subject, predicate, object))
}
