//! GROUP_CONCAT: the texts of string literals with a separator between them (SPARQL 1.1 section 18.5.1.7), in order of
//! arrival. The result is a plain string whatever the languages, since the separator has none; a value that is no string
//! is an error, as it is to CONCAT.

use super::super::table::TermTable;
use super::{Kernel, Scope};
use crate::control::{Control, StateCharge};
use crate::error::Result;
use crate::store::BATCH_ROWS;
use crate::term::{Id, LiteralKind, TermRef};
use std::ops::Range;

/// Terms fetched before their texts are charged.
const TERMS_PER_CHARGE: usize = BATCH_ROWS / 8;

#[derive(Clone, Debug, Default)]
enum Text {
    #[default]
    Nothing,
    Some(String),
    Failed,
}

pub struct Concat {
    separator: String,
    texts: Vec<Text>,
    /// Bytes of all texts.
    bytes: usize,
    state: StateCharge,
}

impl Concat {
    pub fn new(separator: String, control: &Control) -> Self {
        Self {
            separator,
            texts: Vec::new(),
            bytes: 0,
            state: StateCharge::new(control),
        }
    }

    fn push(&mut self, group: u32, text: Option<&str>) -> Result<()> {
        let before = &mut self.texts[group as usize];
        match (&mut *before, text) {
            (Text::Failed, _) => {}
            (Text::Nothing, Some(text)) => {
                // A string grows to twice what it holds, at most.
                self.bytes += 2 * text.len();
                self.state.hold(self.bytes)?;
                *before = Text::Some(text.to_owned());
            }
            (Text::Some(before), Some(text)) => {
                self.bytes += 2 * (self.separator.len() + text.len());
                self.state.hold(self.bytes)?;
                before.push_str(&self.separator);
                before.push_str(text);
            }
            (_, None) => *before = Text::Failed,
        }
        Ok(())
    }
}

impl Kernel for Concat {
    fn open(&mut self, groups: usize) {
        self.texts.resize(groups, Text::Nothing);
    }

    fn step(&mut self, groups: &[u32], values: &[u64], scope: &Scope<'_>) -> Result<()> {
        let mut table = TermTable::new();
        let mut ids: Vec<Id> = Vec::new();
        for (groups, values) in groups
            .chunks(TERMS_PER_CHARGE)
            .zip(values.chunks(TERMS_PER_CHARGE))
        {
            ids.clear();
            ids.extend(
                values
                    .iter()
                    .map(|&value| Id::from_raw(value))
                    .filter(|id| id.is_literal()),
            );
            ids.sort_unstable();
            ids.dedup();
            scope.terms.fetch(&ids, &mut table)?;
            for (&group, &value) in groups.iter().zip(values) {
                let slot = ids.binary_search(&Id::from_raw(value)).ok();
                self.push(group, slot.and_then(|slot| string(table.get(slot))))?;
            }
        }
        Ok(())
    }

    fn finish(
        &mut self,
        groups: Range<usize>,
        scope: &Scope<'_>,
        results: &mut Vec<u64>,
    ) -> Result<()> {
        for text in &mut self.texts[groups] {
            // The text goes to the query's table of terms, which charges it.
            results.push(match std::mem::take(text) {
                Text::Nothing => scope.terms.intern(TermRef::string(""))?.raw(),
                Text::Some(text) => scope.terms.intern(TermRef::string(&text))?.raw(),
                Text::Failed => 0,
            });
        }
        Ok(())
    }

    fn group_bytes(&self) -> usize {
        size_of::<Text>()
    }
}

fn string(term: Option<TermRef<'_>>) -> Option<&str> {
    match term? {
        TermRef::Literal(literal) => match literal.kind {
            LiteralKind::String | LiteralKind::Language { .. } => Some(literal.lexical),
            LiteralKind::Typed(_) => None,
        },
        _ => None,
    }
}
