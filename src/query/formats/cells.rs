//! The rendered terms of a batch.

use super::RenderTerm;
use crate::control::{Charge, Control};
use crate::error::Result;
use crate::query::ResultBatch;

/// Each distinct term of a batch as a format writes it. The buffers are kept from batch to batch.
pub struct Cells {
    control: Control,
    text: Vec<u8>,
    /// Where each term begins and, behind the last, where the text ends.
    starts: Vec<usize>,
    /// What the buffers take; `None` before the first batch.
    charge: Option<Charge>,
}

/// Bytes that a format adds to a term, about.
const MARKUP_BYTES: usize = 64;

impl Cells {
    pub fn new(control: &Control) -> Self {
        Self {
            control: control.clone(),
            text: Vec::new(),
            starts: Vec::new(),
            charge: None,
        }
    }

    /// Replaces the cells by those of `batch`. Errors: those of `term`, `ResourceExhausted`.
    pub fn render(&mut self, batch: &ResultBatch, term: RenderTerm) -> Result<()> {
        self.text.clear();
        self.starts.clear();
        let terms = batch.terms();
        let expected = terms.text_bytes() + terms.len() * MARKUP_BYTES;
        self.hold(expected)?;
        self.text.reserve(expected);
        for slot in 0..terms.len() {
            self.starts.push(self.text.len());
            // A slot that no row names may be vacant.
            if terms.get(slot).is_some() {
                term(batch, slot, &mut self.text)?;
                if self.text.len() > expected {
                    self.hold(self.text.capacity())?;
                }
            }
        }
        self.starts.push(self.text.len());
        Ok(())
    }

    /// States how many bytes the text may take. Never less than what the buffer has.
    fn hold(&mut self, bytes: usize) -> Result<()> {
        let bytes = bytes.max(self.text.capacity());
        match &mut self.charge {
            Some(charge) if charge.bytes() >= bytes => Ok(()),
            Some(charge) => charge.resize(bytes),
            none => {
                *none = Some(self.control.charge(bytes)?);
                Ok(())
            }
        }
    }

    /// The cell of a term; empty for an index that is none.
    #[inline]
    pub fn get(&self, index: u32) -> &[u8] {
        let index = index as usize;
        match (
            self.starts.get(index),
            self.starts.get(index.wrapping_add(1)),
        ) {
            (Some(&start), Some(&end)) => &self.text[start..end],
            _ => &[],
        }
    }
}
