//! Pins: who holds which version, and for how long (definition 31).
//!
//! A [`Pin`] is taken with a version and dropped with the last thing that reads it. Dropping one takes a lock and does no
//! I/O. Pins beyond the limits are ended: whoever reads under one fails with `snapshot_too_old` at its next batch, and the
//! pages only it needed go, whether or not it is ever dropped.
//!
//! Cost: 100 ns to take and to drop one.

use crate::control::{Control, Signal};
use crate::error::{Code, Error, Result};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The part of its age limit after which a pin is warned of.
const WARN_PERCENT: u32 = 80;

/// What holds a version.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PinKind {
    Snapshot,
    /// Rows of a query, or quads.
    Cursor,
    Transaction,
    /// A bulk load, which no limit ends: it holds the right to write and ends by itself.
    Load,
    Check,
}

impl PinKind {
    pub fn name(self) -> &'static str {
        match self {
            PinKind::Snapshot => "snapshot",
            PinKind::Cursor => "cursor",
            PinKind::Transaction => "transaction",
            PinKind::Load => "load",
            PinKind::Check => "check",
        }
    }
}

/// A pin as it is reported.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PinInfo {
    pub kind: PinKind,
    /// The last commit its holder sees.
    pub seq: u64,
    pub age: Duration,
    /// Whether it was ended by a limit and its holder has not noticed, or not been dropped.
    pub is_ended: bool,
}

/// What pins may cost; `None` is no limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct PinLimits {
    /// Applied to pins whose version keeps replaced pages.
    pub age_max: Option<Duration>,
    /// Bytes of replaced pages that pins keep.
    pub bytes_max: Option<u64>,
}

/// The registry of a store.
#[derive(Default)]
pub struct Pins {
    limits: PinLimits,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    next: u64,
    /// In order of arrival.
    pins: BTreeMap<u64, Entry>,
}

struct Entry {
    kind: PinKind,
    seq: u64,
    /// Installs up to this one are in its version.
    install: u64,
    since: Instant,
    signal: Signal,
    is_ended: bool,
    is_warned: bool,
}

/// Keeps a version's pages until dropped.
pub struct Pin {
    pins: Arc<Pins>,
    number: u64,
    seq: u64,
    install: u64,
    since: Instant,
    signal: Signal,
}

/// Pages that a newer run has replaced, as far as pins are concerned.
#[derive(Clone, Copy, Debug)]
pub struct Replaced {
    /// The install that replaced them: versions before it read them.
    pub install: u64,
    pub bytes: u64,
}

impl Pins {
    pub fn new(limits: PinLimits) -> Self {
        Self {
            limits,
            held: Mutex::default(),
        }
    }

    pub fn has_limits(&self) -> bool {
        self.limits.age_max.is_some() || self.limits.bytes_max.is_some()
    }

    /// Pins a version that is `seq` and holds installs up to `install`. The caller makes sure that no page of it goes
    /// meanwhile.
    pub fn pin(self: &Arc<Self>, kind: PinKind, seq: u64, install: u64) -> Pin {
        self.add(kind, seq, install, Instant::now())
    }

    fn add(self: &Arc<Self>, kind: PinKind, seq: u64, install: u64, since: Instant) -> Pin {
        let signal = Signal::new(
            Code::SnapshotTooOld,
            "newer commits needed the space that the snapshot kept",
        );
        let mut held = self.held.lock();
        let number = held.next;
        held.next += 1;
        held.pins.insert(
            number,
            Entry {
                kind,
                seq,
                install,
                since,
                signal: signal.clone(),
                is_ended: false,
                is_warned: false,
            },
        );
        drop(held);
        Pin {
            pins: self.clone(),
            number,
            seq,
            install,
            since,
            signal,
        }
    }

    /// The pins there are, oldest first.
    pub fn list(&self) -> Vec<PinInfo> {
        let held = self.held.lock();
        held.pins
            .values()
            .map(|entry| PinInfo {
                kind: entry.kind,
                seq: entry.seq,
                age: entry.since.elapsed(),
                is_ended: entry.is_ended,
            })
            .collect()
    }

    /// Whether pages replaced by `install` are read by nobody but those whose pins were ended.
    pub fn is_only_ended(&self, install: u64) -> bool {
        let held = self.held.lock();
        let mut needing = held
            .pins
            .values()
            .filter(|entry| entry.install < install)
            .peekable();
        needing.peek().is_some() && needing.all(|entry| entry.is_ended)
    }

    /// Ends the pins beyond the limits and warns of those that come near. `replaced` are the pages still there.
    pub fn enforce(&self, replaced: &[Replaced]) {
        let mut held = self.held.lock();
        if let Some(age_max) = self.limits.age_max {
            for entry in held.pins.values_mut().filter(|entry| entry.may_end()) {
                let keeps = replaced.iter().any(|pages| entry.install < pages.install);
                let age = entry.since.elapsed();
                if age >= age_max && keeps {
                    entry.end("it is older than max_version_age_ms");
                } else if age >= age_max * WARN_PERCENT / 100 && !entry.is_warned {
                    entry.is_warned = true;
                    tracing::warn!(
                        target: "triplestore::store",
                        kind = entry.kind.name(),
                        seq = entry.seq,
                        age_ms = age.as_millis() as u64,
                        "a {} of commit {} comes near max_version_age_ms",
                        entry.kind.name(),
                        entry.seq
                    );
                }
            }
        }
        let Some(bytes_max) = self.limits.bytes_max else {
            return;
        };
        loop {
            // What a version keeps, every older one keeps too.
            let Some(oldest) = held
                .pins
                .values_mut()
                .filter(|entry| !entry.is_ended)
                .min_by_key(|entry| (entry.install, entry.since))
            else {
                return;
            };
            let kept: u64 = replaced
                .iter()
                .filter(|pages| oldest.install < pages.install)
                .map(|pages| pages.bytes)
                .sum();
            if kept <= bytes_max || !oldest.may_end() {
                return;
            }
            oldest.end("pins keep more than max_pinned_bytes");
        }
    }
}

impl Entry {
    fn may_end(&self) -> bool {
        !self.is_ended && self.kind != PinKind::Load
    }

    fn end(&mut self, why: &str) {
        self.is_ended = true;
        self.signal.raise();
        tracing::warn!(
            target: "triplestore::store",
            kind = self.kind.name(),
            seq = self.seq,
            age_ms = self.since.elapsed().as_millis() as u64,
            "a {} of commit {} was ended: {why}",
            self.kind.name(),
            self.seq
        );
    }
}

impl Pin {
    /// A further pin of the same version, as old as this one.
    pub fn again(&self, kind: PinKind) -> Pin {
        let pin = self.pins.add(kind, self.seq, self.install, self.since);
        // Ended meanwhile, its pages may be gone.
        if self.check().is_err() {
            pin.signal.raise();
        }
        pin
    }

    /// `control`, ending with the pin.
    pub fn listening(&self, control: &Control) -> Control {
        control.clone().with_signal(&self.signal)
    }

    /// Errors: `SnapshotTooOld` once it was ended.
    pub fn check(&self) -> Result<()> {
        self.signal.check()
    }

    /// Why reading failed: once the pin was ended, its pages may be gone.
    pub fn explain(&self, error: Error) -> Error {
        self.check().err().unwrap_or(error)
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.pins.held.lock().pins.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins(age_max_ms: Option<u64>, bytes_max: Option<u64>) -> Arc<Pins> {
        Arc::new(Pins::new(PinLimits {
            age_max: age_max_ms.map(Duration::from_millis),
            bytes_max,
        }))
    }

    const PAGES: [Replaced; 2] = [
        Replaced {
            install: 3,
            bytes: 100,
        },
        Replaced {
            install: 5,
            bytes: 10,
        },
    ];

    #[test]
    fn an_old_pin_is_ended_only_if_it_keeps_replaced_pages() {
        let pins = pins(Some(0), None);
        let (old, new) = (
            pins.pin(PinKind::Snapshot, 7, 4),
            pins.pin(PinKind::Snapshot, 9, 5),
        );
        pins.enforce(&PAGES);
        assert_eq!(old.check().unwrap_err().code(), Code::SnapshotTooOld);
        assert!(new.check().is_ok());
        assert!(pins.is_only_ended(5) && !pins.is_only_ended(4));
        drop(old);
        assert!(!pins.is_only_ended(5));
        assert_eq!(pins.list().len(), 1);
    }

    #[test]
    fn a_young_pin_stays() {
        let pins = pins(Some(3_600_000), None);
        let pin = pins.pin(PinKind::Cursor, 7, 1);
        pins.enforce(&PAGES);
        assert!(pin.check().is_ok());
    }

    #[test]
    fn pins_that_keep_too_much_are_ended_oldest_first_until_the_rest_fits() {
        let pins = pins(None, Some(10));
        let all = [1, 2, 4, 5].map(|install| pins.pin(PinKind::Cursor, install, install));
        pins.enforce(&PAGES);
        let ended = all.each_ref().map(|pin| pin.check().is_err());
        assert_eq!(ended, [true, true, false, false]);
        assert!(pins.list()[..2].iter().all(|pin| pin.is_ended));
    }

    #[test]
    fn a_bulk_load_is_never_ended() {
        let pins = pins(Some(0), Some(0));
        let load = pins.pin(PinKind::Load, 1, 1);
        pins.enforce(&PAGES);
        assert!(load.check().is_ok() && !pins.is_only_ended(5));
    }

    #[test]
    fn a_pin_made_from_another_is_as_old_and_ends_with_it() {
        let pins = pins(Some(0), None);
        let first = pins.pin(PinKind::Snapshot, 1, 1);
        let second = first.again(PinKind::Cursor);
        pins.enforce(&PAGES);
        let third = first.again(PinKind::Cursor);
        assert!(second.check().is_err() && third.check().is_err());
    }
}
