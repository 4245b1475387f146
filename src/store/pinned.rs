//! A version that a pin keeps readable: what queries, cursors and snapshots hold.
//!
//! A version of a transaction that is not committed ends with its rollback, too.

use super::dictionary::Dictionary;
use super::gate::Activity;
use super::pins::{Pin, PinKind};
use super::source::{QuadScan, QuadSource, ScanBatch, ScanSpec, Spool};
use super::version::Version;
use crate::control::{Control, Signal};
use crate::error::Result;
use crate::term::{Id, TermRef};
use std::sync::Arc;

/// See the module. Every read fails with `snapshot_too_old` once the pin was ended.
pub struct PinnedVersion {
    version: Arc<Version>,
    pin: Pin,
    within: Option<Within>,
}

/// The transaction that a version is of.
#[derive(Clone)]
struct Within {
    rolled_back: Signal,
    activity: Activity,
}

impl PinnedVersion {
    pub(super) fn new(version: Arc<Version>, pin: Pin) -> Self {
        Self {
            version,
            pin,
            within: None,
        }
    }

    /// A version of a transaction; reading it is use of the transaction.
    pub(super) fn within(
        version: Arc<Version>,
        pin: Pin,
        rolled_back: Signal,
        activity: Activity,
    ) -> Self {
        Self {
            version,
            pin,
            within: Some(Within {
                rolled_back,
                activity,
            }),
        }
    }

    /// Errors: `SnapshotTooOld` once the pin was ended, `TransactionEnded` once the transaction was rolled back.
    pub fn check(&self) -> Result<()> {
        if let Some(within) = &self.within {
            within.activity.note();
            within.rolled_back.check()?;
        }
        self.pin.check()
    }

    /// What a read gave, unless what it read may have been gone.
    pub fn explain<T>(&self, read: Result<T>) -> Result<T> {
        self.check()?;
        read
    }

    pub fn version(&self) -> &Arc<Version> {
        &self.version
    }

    /// The same version for another holder.
    pub fn again(&self, kind: PinKind) -> Self {
        Self {
            version: self.version.clone(),
            pin: self.pin.again(kind),
            within: self.within.clone(),
        }
    }
}

impl QuadSource for PinnedVersion {
    fn scan(&self, spec: &ScanSpec, control: &Control) -> Result<Box<dyn QuadScan>> {
        let control = self.listening(control);
        let scan = self.version.scan(spec, &control)?;
        Ok(Box::new(PinnedScan {
            scan,
            control,
            activity: self.within.as_ref().map(|within| within.activity.clone()),
        }))
    }

    fn count(&self, spec: &ScanSpec, control: &Control) -> Result<u64> {
        self.check()?;
        self.explain(self.version.count(spec, &self.listening(control)))
    }

    fn ranges(&self, spec: &ScanSpec, parts: usize) -> Result<Vec<(u64, u64)>> {
        self.check()?;
        self.explain(self.version.ranges(spec, parts))
    }

    fn can_spool(&self) -> bool {
        self.version.can_spool()
    }

    fn spool(&self) -> Result<Box<dyn Spool>> {
        self.version.spool()
    }

    fn listening(&self, control: &Control) -> Control {
        let control = self.pin.listening(control);
        match &self.within {
            Some(within) => control.with_signal(&within.rolled_back),
            None => control,
        }
    }
}

impl Dictionary for PinnedVersion {
    fn is_sorted(&self, min: Id, max: Id) -> bool {
        self.version.is_sorted(min, max)
    }

    fn id(&self, term: TermRef<'_>) -> Result<Option<Id>> {
        self.check()?;
        self.explain(Dictionary::id(&*self.version, term))
    }

    fn terms(
        &self,
        ids: &[Id],
        sink: &mut dyn FnMut(usize, TermRef<'_>) -> Result<()>,
    ) -> Result<()> {
        self.check()?;
        // After a rollback ids may be given to other terms: what was read is judged afterwards.
        self.explain(self.version.terms(ids, sink))
    }
}

struct PinnedScan {
    scan: Box<dyn QuadScan>,
    /// Ends with the pin, which whoever holds the source keeps.
    control: Control,
    activity: Option<Activity>,
}

impl QuadScan for PinnedScan {
    fn next(&mut self, batch: &mut ScanBatch) -> Result<()> {
        if let Some(activity) = &self.activity {
            activity.note();
        }
        self.scan.next(batch).map_err(|error| {
            // A page that is missing went with the pin.
            self.control.poll().err().unwrap_or(error)
        })
    }

    fn seek(&mut self, key: &[u64]) -> Result<()> {
        self.scan.seek(key)
    }
}
