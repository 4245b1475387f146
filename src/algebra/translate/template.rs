//! Templates of CONSTRUCT.

use super::super::ir::{Slot, TemplateSlot};
use super::{Scope, Translator, place};
use crate::error::Result;
use rustc_hash::FxHashMap;
use spargebra::term::{TermPattern, TriplePattern};

impl Translator<'_> {
    pub(super) fn template(
        &mut self,
        template: &[TriplePattern],
        scope: &mut Scope,
    ) -> Result<Vec<[TemplateSlot; 3]>> {
        let mut blanks: FxHashMap<String, u32> = FxHashMap::default();
        template
            .iter()
            .map(|triple| {
                let mut term = |term: &TermPattern| -> Result<TemplateSlot> {
                    if let TermPattern::BlankNode(node) = term {
                        let next = blanks.len() as u32;
                        return Ok(TemplateSlot::Blank(
                            *blanks.entry(node.as_str().to_owned()).or_insert(next),
                        ));
                    }
                    let mut opened = Vec::new();
                    let slot = self.slot(term, scope, &mut opened)?;
                    if !opened.is_empty() {
                        return Err(self.unsupported_at(
                            "a triple term with variables or blank nodes in a template",
                            place::open_triple(self.text),
                        ));
                    }
                    Ok(match slot {
                        Slot::Var(var) => TemplateSlot::Var(var),
                        Slot::Constant(constant) => TemplateSlot::Constant(constant),
                    })
                };
                let subject = term(&triple.subject)?;
                let object = term(&triple.object)?;
                let predicate = match self.name_slot(&triple.predicate, scope) {
                    Slot::Var(var) => TemplateSlot::Var(var),
                    Slot::Constant(constant) => TemplateSlot::Constant(constant),
                };
                Ok([subject, predicate, object])
            })
            .collect()
    }
}
