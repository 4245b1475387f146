//! Property paths (SPARQL 1.1 section 18.2.2.4): sequences become joins, alternatives unions, inverses swapped
//! patterns; closures, negated sets and alternatives of single steps stay paths.

use super::super::ir::{Path, PathPattern, Pattern, QuadPattern, Slot};
use super::{At, Translator, chain};
use crate::error::Result;
use rustc_hash::FxHashSet;
use spargebra::algebra::PropertyPathExpression;

impl Translator<'_> {
    /// `path` from `subject` to `object`.
    pub(super) fn path_pattern(
        &mut self,
        subject: Slot,
        path: &PropertyPathExpression,
        object: Slot,
        at: At,
    ) -> Result<Pattern> {
        let below = at.below()?;
        Ok(match path {
            PropertyPathExpression::NamedNode(node) => Pattern::Quad(QuadPattern {
                triple: [subject, Slot::Constant(self.constant(node.clone())), object],
                graph: at.graph,
            }),
            PropertyPathExpression::Reverse(inner) => {
                self.path_pattern(object, inner, subject, below)?
            }
            PropertyPathExpression::Sequence(..) => {
                let steps = chain(path, sequence);
                let mut parts = Vec::with_capacity(steps.len());
                let mut from = subject;
                for (index, step) in steps.iter().enumerate() {
                    let to = match index + 1 == steps.len() {
                        true => object,
                        false => Slot::Var(self.fresh(None)),
                    };
                    match self.path_pattern(from, step, to, below)? {
                        Pattern::Join(inner) => parts.extend(inner),
                        other => parts.push(other),
                    }
                    from = to;
                }
                Pattern::Join(parts)
            }
            PropertyPathExpression::Alternative(..) if are_steps(&chain(path, alternative)) => {
                Pattern::Path(PathPattern {
                    subject,
                    path: self.path(path, below)?,
                    object,
                    graph: at.graph,
                })
            }
            PropertyPathExpression::Alternative(..) => {
                let mut branches = Vec::new();
                for branch in chain(path, alternative) {
                    match self.path_pattern(subject, branch, object, below)? {
                        Pattern::Union(inner) => branches.extend(inner),
                        other => branches.push(other),
                    }
                }
                Pattern::Union(branches)
            }
            PropertyPathExpression::ZeroOrMore(_)
            | PropertyPathExpression::OneOrMore(_)
            | PropertyPathExpression::ZeroOrOne(_)
            | PropertyPathExpression::NegatedPropertySet(_) => Pattern::Path(PathPattern {
                subject,
                path: self.path(path, below)?,
                object,
                graph: at.graph,
            }),
        })
    }

    fn path(&mut self, path: &PropertyPathExpression, at: At) -> Result<Path> {
        let below = at.below()?;
        let inner = |this: &mut Self, inner: &PropertyPathExpression| -> Result<Box<Path>> {
            Ok(Box::new(this.path(inner, below)?))
        };
        Ok(match path {
            PropertyPathExpression::NamedNode(node) => Path::Predicate(self.constant(node.clone())),
            PropertyPathExpression::Reverse(path) => Path::Inverse(inner(self, path)?),
            PropertyPathExpression::Sequence(..) => Path::Sequence(
                chain(path, sequence)
                    .into_iter()
                    .map(|step| self.path(step, below))
                    .collect::<Result<_>>()?,
            ),
            PropertyPathExpression::Alternative(..) => Path::Alternative(
                chain(path, alternative)
                    .into_iter()
                    .map(|branch| self.path(branch, below))
                    .collect::<Result<_>>()?,
            ),
            PropertyPathExpression::ZeroOrMore(path) => Path::ZeroOrMore(inner(self, path)?),
            PropertyPathExpression::OneOrMore(path) => Path::OneOrMore(inner(self, path)?),
            PropertyPathExpression::ZeroOrOne(path) => Path::ZeroOrOne(inner(self, path)?),
            PropertyPathExpression::NegatedPropertySet(nodes) => Path::Negated(
                nodes
                    .iter()
                    .map(|node| self.constant(node.clone()))
                    .collect(),
            ),
        })
    }
}

/// Whether all are single steps, none of them twice: then each triple is a solution for each step that it is one of.
fn are_steps(branches: &[&PropertyPathExpression]) -> bool {
    let is_step = |path: &PropertyPathExpression| {
        let path = match path {
            PropertyPathExpression::Reverse(inner) => inner,
            path => path,
        };
        matches!(
            path,
            PropertyPathExpression::NamedNode(_) | PropertyPathExpression::NegatedPropertySet(_)
        )
    };
    let mut seen = FxHashSet::default();
    branches
        .iter()
        .all(|&branch| is_step(branch) && seen.insert(branch))
}

type Operands<'p> = Option<(
    &'p Box<PropertyPathExpression>,
    &'p Box<PropertyPathExpression>,
)>;

fn sequence(path: &PropertyPathExpression) -> Operands<'_> {
    match path {
        PropertyPathExpression::Sequence(left, right) => Some((left, right)),
        _ => None,
    }
}

fn alternative(path: &PropertyPathExpression) -> Operands<'_> {
    match path {
        PropertyPathExpression::Alternative(left, right) => Some((left, right)),
        _ => None,
    }
}
