//! Templates of CONSTRUCT and of updates.

use super::super::ir::{Slot, TemplateSlot};
use super::triple::ground_triple;
use super::{At, Scope, Translator};
use crate::error::Result;
use rustc_hash::FxHashMap;
use spargebra::term::{TermPattern, TriplePattern};

/// Numbers of the blank nodes of a template, by label.
pub(super) type Blanks = FxHashMap<String, u32>;

impl Translator<'_> {
    pub(super) fn template(
        &mut self,
        template: &[TriplePattern],
        scope: &mut Scope,
    ) -> Result<Vec<[TemplateSlot; 3]>> {
        let mut blanks = Blanks::default();
        template
            .iter()
            .map(|triple| self.template_triple(triple, scope, &mut blanks, At::TOP))
            .collect()
    }

    fn template_triple(
        &mut self,
        triple: &TriplePattern,
        scope: &mut Scope,
        blanks: &mut Blanks,
        at: At,
    ) -> Result<[TemplateSlot; 3]> {
        Ok([
            self.template_term(&triple.subject, scope, blanks, at)?,
            match self.name_slot(&triple.predicate, scope) {
                Slot::Var(var) => TemplateSlot::Var(var),
                Slot::Constant(constant) => TemplateSlot::Constant(constant),
            },
            self.template_term(&triple.object, scope, blanks, at)?,
        ])
    }

    /// A position of a template. Errors: `NestingTooDeep`.
    pub(super) fn template_term(
        &mut self,
        term: &TermPattern,
        scope: &mut Scope,
        blanks: &mut Blanks,
        at: At,
    ) -> Result<TemplateSlot> {
        Ok(match term {
            TermPattern::Variable(variable) => TemplateSlot::Var(self.var(variable, scope)),
            TermPattern::NamedNode(node) => TemplateSlot::Constant(self.constant(node.clone())),
            TermPattern::Literal(literal) => TemplateSlot::Constant(self.constant(literal.clone())),
            TermPattern::BlankNode(node) => {
                let next = blanks.len() as u32;
                let number = *blanks.entry(node.as_str().to_owned()).or_insert(next);
                TemplateSlot::Blank(number)
            }
            TermPattern::Triple(triple) => match ground_triple(triple) {
                Some(triple) => TemplateSlot::Constant(self.constant(triple)),
                None => {
                    let parts = self.template_triple(triple, scope, blanks, at.below()?)?;
                    TemplateSlot::Triple(Box::new(parts))
                }
            },
        })
    }
}
