//! Patterns of quads, for reading without SPARQL.

use super::terms::id_of;
use crate::control::Control;
use crate::error::Result;
use crate::store::{Graphs, Order, ScanSpec, Version, View};
use oxrdf::{NamedOrBlankNode, Term};

/// Which graphs a pattern matches.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum GraphPattern {
    #[default]
    Any,
    Default,
    /// Every named graph.
    Named,
    One(NamedOrBlankNode),
}

/// A pattern of quads; `None` matches every term. Subject and predicate may be any term: one that cannot
/// stand there matches nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct QuadPattern {
    pub subject: Option<Term>,
    pub predicate: Option<Term>,
    pub object: Option<Term>,
    pub graph: GraphPattern,
    pub view: View,
}

impl QuadPattern {
    /// The scan that answers it; `None` if a term of it is not in the version.
    pub(super) fn resolve(&self, version: &Version, control: &Control) -> Result<Option<ScanSpec>> {
        let mut bound = [None; 3];
        for (id, term) in bound
            .iter_mut()
            .zip([&self.subject, &self.predicate, &self.object])
        {
            if let Some(term) = term {
                match id_of(version, term, control)? {
                    Some(found) => *id = Some(found.raw()),
                    None => return Ok(None),
                }
            }
        }
        let graphs = match &self.graph {
            GraphPattern::Any => Graphs::Any,
            GraphPattern::Default => Graphs::One(0),
            GraphPattern::Named => Graphs::Named,
            GraphPattern::One(graph) => {
                let term = match graph {
                    NamedOrBlankNode::NamedNode(iri) => Term::NamedNode(iri.clone()),
                    NamedOrBlankNode::BlankNode(blank) => Term::BlankNode(blank.clone()),
                };
                match id_of(version, &term, control)? {
                    Some(graph) => Graphs::One(graph.raw()),
                    None => return Ok(None),
                }
            }
        };
        let [s, p, o] = bound;
        let one_named = matches!(graphs, Graphs::One(graph) if graph != 0);
        let (order, prefix) = match (s, p, o) {
            // Within one graph only what begins with the subject, or nothing, is a prefix.
            (None, None, None) if one_named => (Order::Gspo, vec![]),
            (Some(s), None, None) if one_named => (Order::Gspo, vec![s]),
            (Some(s), Some(p), None) if one_named => (Order::Gspo, vec![s, p]),
            (Some(s), Some(p), Some(o)) if one_named => (Order::Gspo, vec![s, p, o]),
            (None, None, None) => (Order::Spog, vec![]),
            (Some(s), None, None) => (Order::Spog, vec![s]),
            (Some(s), Some(p), None) => (Order::Spog, vec![s, p]),
            (Some(s), Some(p), Some(o)) => (Order::Spog, vec![s, p, o]),
            (None, Some(p), None) => (Order::Psog, vec![p]),
            (None, Some(p), Some(o)) => (Order::Posg, vec![p, o]),
            (None, None, Some(o)) => (Order::Ospg, vec![o]),
            (Some(s), None, Some(o)) => (Order::Ospg, vec![o, s]),
        };
        Ok(Some(ScanSpec {
            order,
            prefix,
            range: None,
            graphs,
            view: self.view,
            wanted: [true; 4],
        }))
    }
}
