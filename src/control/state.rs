//! What something that grows with the data holds.

use super::{Charge, Control};
use crate::error::Result;

/// The memory of a state that grows, charged in steps of a quarter so that growth is cheap.
pub struct StateCharge {
    control: Control,
    charge: Option<Charge>,
}

impl StateCharge {
    pub fn new(control: &Control) -> Self {
        Self {
            control: control.clone(),
            charge: None,
        }
    }

    /// Bytes charged.
    pub fn bytes(&self) -> usize {
        self.charge.as_ref().map_or(0, Charge::bytes)
    }

    /// States that `bytes` are held. Errors: `ResourceExhausted`.
    pub fn hold(&mut self, bytes: usize) -> Result<()> {
        if bytes <= self.bytes() {
            return Ok(());
        }
        let wanted = bytes.saturating_add(bytes / 4);
        match &mut self.charge {
            Some(charge) => charge.resize(wanted).or_else(|_| charge.resize(bytes)),
            none => {
                *none = Some(
                    self.control
                        .charge(wanted)
                        .or_else(|_| self.control.charge(bytes))?,
                );
                Ok(())
            }
        }
    }

    /// Gives all memory back.
    pub fn release(&mut self) {
        self.charge = None;
    }
}
