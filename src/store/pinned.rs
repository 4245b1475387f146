//! A version that a pin keeps readable: what queries, cursors and snapshots hold.

use super::dictionary::Dictionary;
use super::pins::{Pin, PinKind};
use super::source::{QuadScan, QuadSource, ScanBatch, ScanSpec};
use super::version::Version;
use crate::control::Control;
use crate::error::Result;
use crate::term::{Id, TermRef};
use std::sync::Arc;

/// See the module. Every read fails with `snapshot_too_old` once the pin was ended.
pub struct PinnedVersion {
    version: Arc<Version>,
    pin: Pin,
}

impl PinnedVersion {
    pub(super) fn new(version: Arc<Version>, pin: Pin) -> Self {
        Self { version, pin }
    }

    pub fn version(&self) -> &Arc<Version> {
        &self.version
    }

    pub fn pin(&self) -> &Pin {
        &self.pin
    }

    /// The same version for another holder.
    pub fn again(&self, kind: PinKind) -> Self {
        Self {
            version: self.version.clone(),
            pin: self.pin.again(kind),
        }
    }
}

impl QuadSource for PinnedVersion {
    fn scan(&self, spec: &ScanSpec, control: &Control) -> Result<Box<dyn QuadScan>> {
        let control = self.pin.listening(control);
        let scan = self.version.scan(spec, &control)?;
        Ok(Box::new(PinnedScan { scan, control }))
    }

    fn count(&self, spec: &ScanSpec, control: &Control) -> Result<u64> {
        self.pin.check()?;
        self.version
            .count(spec, &self.pin.listening(control))
            .map_err(|error| self.pin.explain(error))
    }

    fn ranges(&self, spec: &ScanSpec, parts: usize) -> Result<Vec<(u64, u64)>> {
        self.pin.check()?;
        self.version
            .ranges(spec, parts)
            .map_err(|error| self.pin.explain(error))
    }

    fn listening(&self, control: &Control) -> Control {
        self.pin.listening(control)
    }
}

impl Dictionary for PinnedVersion {
    fn id(&self, term: TermRef<'_>) -> Result<Option<Id>> {
        self.pin.check()?;
        Dictionary::id(&*self.version, term).map_err(|error| self.pin.explain(error))
    }

    fn terms(
        &self,
        ids: &[Id],
        sink: &mut dyn FnMut(usize, TermRef<'_>) -> Result<()>,
    ) -> Result<()> {
        self.pin.check()?;
        self.version
            .terms(ids, sink)
            .map_err(|error| self.pin.explain(error))
    }
}

struct PinnedScan {
    scan: Box<dyn QuadScan>,
    /// Ends with the pin, which whoever holds the source keeps.
    control: Control,
}

impl QuadScan for PinnedScan {
    fn next(&mut self, batch: &mut ScanBatch) -> Result<()> {
        self.scan.next(batch).map_err(|error| {
            // A page that is missing went with the pin.
            self.control.poll().err().unwrap_or(error)
        })
    }

    fn seek(&mut self, key: &[u64]) -> Result<()> {
        self.scan.seek(key)
    }
}
