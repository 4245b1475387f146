//! The threads of a store: one spills, one merges runs in memory and builds deltas, one merges runs on disk and deletes, and with interval durability one syncs.

use super::Shared;
use super::shared::{Durability, Settings};
use crate::control::{CancelToken, Control};
use crate::error::{Code, Error, Result};
use crate::kv::Open;
use parking_lot::Mutex;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a thread sleeps when nothing wakes it.
const IDLE: Duration = Duration::from_millis(500);

/// Joined when dropped.
pub(super) struct Background {
    shared: Arc<Shared>,
    cancel: CancelToken,
    threads: Vec<JoinHandle<()>>,
}

impl Background {
    /// Errors: `ResourceExhausted` if a thread cannot be started.
    pub fn start(shared: &Arc<Shared>) -> Result<Self> {
        let control = Control::new();
        let mut background = Self {
            shared: shared.clone(),
            cancel: control.cancel_token(),
            threads: Vec::new(),
        };
        if shared.kv.mode() == Open::ReadOnly {
            return Ok(background);
        }
        background.spawn("ts-spill", IDLE, control.clone(), |shared, control| {
            shared.spill(control)
        })?;
        background.spawn("ts-memory", IDLE, control.clone(), |shared, control| {
            shared.merge_memory(control)?;
            shared.build_deltas(control)
        })?;
        background.spawn("ts-merge", IDLE, control.clone(), |shared, control| {
            while shared.merge_one(shared.settings.merge_bytes_per_second, control)?
                && !shared.signal.is_stopping()
            {
                shared.collect_garbage()?;
            }
            while !shared.signal.is_stopping() && shared.merge_segments(control)? {}
            shared.collect_garbage()
        })?;
        if let Some(interval) = watch_interval(&shared.settings) {
            let idle_max = Duration::from_millis(shared.settings.write_idle_ms);
            let seen = Mutex::new(None);
            background.spawn("ts-watch", interval, control.clone(), move |shared, _| {
                if !idle_max.is_zero() {
                    shared.gate.end_idle(idle_max, &mut seen.lock());
                }
                shared.enforce_pins()
            })?;
        }
        if shared.settings.durability == Durability::Interval {
            let interval = Duration::from_millis(shared.settings.durability_interval_ms.max(1));
            background.spawn_loop("ts-sync", move |shared| {
                while shared.signal.pause(interval) {
                    if shared.check_sound().is_ok() && shared.sync_log().is_err() {
                        // It has been told, and the store takes no more writes.
                        return;
                    }
                }
            })?;
        }
        Ok(background)
    }

    /// Starts a thread that works when it is woken, and once an `interval`.
    fn spawn(
        &mut self,
        name: &'static str,
        interval: Duration,
        control: Control,
        work: impl Fn(&Shared, &Control) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        self.spawn_loop(name, move |shared| {
            let mut seen = 0;
            while shared.signal.wait(&mut seen, interval) {
                if shared.is_poisoned() {
                    // Woken by every commit that fails; there is nothing to do.
                    shared.signal.pause(interval);
                    continue;
                }
                match work(shared, &control) {
                    Ok(()) => shared.at_ease(name),
                    Err(error) if error.code() == Code::Cancelled => {}
                    Err(error) => {
                        tracing::error!(target: "triplestore::store", thread = name, "{error}");
                        *shared.trouble.lock() = Some((name, error.to_string()));
                        // A failing disk is asked again once in a while, not in a loop.
                        shared.signal.pause(IDLE);
                    }
                }
            }
        })
    }

    fn spawn_loop(
        &mut self,
        name: &'static str,
        body: impl FnOnce(&Shared) + Send + 'static,
    ) -> Result<()> {
        let shared = self.shared.clone();
        let thread = std::thread::Builder::new()
            .name(name.to_string())
            .spawn(move || {
                // Without its thread a store would take commits until memory is full.
                let _guard = shared.guard();
                body(&shared);
            })
            .map_err(|e| {
                Error::new(
                    Code::ResourceExhausted,
                    format!("starting thread {name}: {e}"),
                )
            })?;
        self.threads.push(thread);
        Ok(())
    }
}

/// How often to look for idle writers and old readers: a quarter of the least limit. `None` if there is no limit.
fn watch_interval(settings: &Settings) -> Option<Duration> {
    let idle_max =
        (settings.write_idle_ms > 0).then(|| Duration::from_millis(settings.write_idle_ms));
    let space = settings.pins.bytes_max.map(|_| IDLE);
    let least = [idle_max, settings.pins.age_max, space]
        .into_iter()
        .flatten()
        .min()?;
    Some((least / 4).clamp(Duration::from_millis(5), IDLE))
}

impl Drop for Background {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.shared.signal.stop();
        for thread in self.threads.drain(..) {
            // A panicked thread has nothing left to clean up: the store's locks do not poison.
            let _ = thread.join();
        }
    }
}
