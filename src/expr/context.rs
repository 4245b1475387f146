//! What all expressions of one run share.

use super::custom::Functions;
use super::regexes::Regexes;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use oxiri::Iri;
use oxsdatatypes::{DateTime, DayTimeDuration};
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

/// The time, base IRI, functions and random numbers of one run of a query.
pub struct Context {
    began: SystemTime,
    /// What `NOW()` gives, once it was asked for: few queries do.
    now: OnceLock<Option<DateTime>>,
    pub(super) base_iri: Option<Iri<String>>,
    pub(super) functions: Arc<Functions>,
    pub(super) regexes: Regexes,
    pub(super) control: Control,
    /// Seeded when it is first asked for.
    random: Mutex<Option<StdRng>>,
}

impl Context {
    /// Of a run that begins now. `base_iri` is what `IRI()` resolves against; one that is not valid is none.
    pub fn new(base_iri: Option<&str>, functions: Arc<Functions>, control: &Control) -> Self {
        Self {
            began: SystemTime::now(),
            now: OnceLock::new(),
            base_iri: base_iri.and_then(|iri| Iri::parse(iri.to_owned()).ok()),
            functions,
            regexes: Regexes::new(control),
            control: control.clone(),
            random: Mutex::new(None),
        }
    }

    /// As if the run began at another time, if one is given.
    #[must_use]
    pub fn at(self, began: Option<SystemTime>) -> Self {
        Self {
            began: began.unwrap_or(self.began),
            ..self
        }
    }

    /// What `NOW()` gives; `None` for a time that no `xsd:dateTime` of the library has.
    pub(super) fn now(&self) -> Option<DateTime> {
        *self.now.get_or_init(|| date_time(self.began))
    }

    /// Draws from the generator of this run. Errors: `Internal` if the system has no entropy to seed it.
    pub(super) fn random<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> Result<T> {
        let mut random = self.random.lock();
        let generator = match &mut *random {
            Some(generator) => generator,
            none => {
                let seeded = StdRng::try_from_os_rng().map_err(|error| {
                    Error::new(Code::Internal, "the system gives no random numbers").because(error)
                })?;
                none.insert(seeded)
            }
        };
        Ok(draw(generator))
    }

    /// A UUID of version 4 (RFC 9562 section 5.4) in lower case.
    pub(super) fn uuid(&self) -> Result<String> {
        let mut bits = self.random(|generator| generator.random::<u128>())?;
        bits = bits & !(0xF << 76) | 0x4 << 76;
        bits = bits & !(0x3 << 62) | 0x2 << 62;
        let digits = format!("{bits:032x}");
        Ok([
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..],
        ]
        .join("-"))
    }
}

/// A time as an `xsd:dateTime` in UTC.
fn date_time(time: SystemTime) -> Option<DateTime> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let epoch: DateTime = "1970-01-01T00:00:00Z".parse().ok()?;
    epoch.checked_add_day_time_duration(DayTimeDuration::try_from(since).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_of_the_system_are_date_times() {
        let time = SystemTime::UNIX_EPOCH + Duration::new(951_782_400, 250_000_000);
        let expected: DateTime = "2000-02-29T00:00:00.25Z".parse().unwrap();
        assert_eq!(date_time(time), Some(expected));
        let before = DateTime::now();
        let now = Context::new(None, Arc::default(), &Control::new())
            .now()
            .unwrap();
        assert!(before <= now && now <= DateTime::now());
    }

    #[test]
    fn uuids_are_of_version_4_and_differ() {
        let context = Context::new(None, Arc::default(), &Control::new());
        let pattern = regex::Regex::new(
            "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        )
        .unwrap();
        let uuids: Vec<String> = (0..100).map(|_| context.uuid().unwrap()).collect();
        assert!(uuids.iter().all(|uuid| pattern.is_match(uuid)));
        let distinct: std::collections::BTreeSet<&String> = uuids.iter().collect();
        assert_eq!(distinct.len(), uuids.len());
    }
}
