//! Section "Logging": events of the library for a callback of the host.
//!
//! The library reports through `tracing`. A Rust program subscribes as it always does; for C this
//! section is a subscriber that hands each event to one callback. It is process-wide because
//! `tracing` is, and it is installed on the first call only, so that a Rust host that never calls
//! it keeps its own.

use super::callback::{UserData, ts_drop_fn};
use super::error::ts_error;
use super::guard;
use super::status::{invalid_argument, ts_status};
use super::text::{ZeroEnded, ts_text};
use crate::error::{Error, Result};
use parking_lot::RwLock;
use safer_ffi::derive_ReprC;
use std::cell::Cell;
use std::ffi::c_void;
use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// How important an event is. A level includes those above it.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_log_level {
    /// Nothing.
    Off = 0,
    /// Something failed that nobody was told of otherwise.
    Error = 1,
    /// Something to look at.
    Warn = 2,
    /// Opening, closing, recovery, long work.
    Info = 3,
    /// Every commit, spill and merge.
    Debug = 4,
    /// Everything.
    Trace = 5,
}

/// Receives one event: a ts_log_level, the part of the library, and the message with its fields as
/// "message name=value". The texts live during the call only. Events that the callback itself
/// causes are not reported.
pub type ts_log_fn = Option<
    unsafe extern "C" fn(user_data: *mut c_void, level: i32, target: ts_text, message: ts_text),
>;

/// Where events go.
struct Sink {
    call: unsafe extern "C" fn(*mut c_void, i32, ts_text, ts_text),
    user_data: UserData,
}

static SINK: RwLock<Option<Arc<Sink>>> = RwLock::new(None);
/// The level of the sink, beside it so that events that nobody wants cost one load.
static LEVEL: AtomicI32 = AtomicI32::new(ts_log_level::Off as i32);

thread_local! {
    /// Whether this thread is inside the callback.
    static REPORTING: Cell<bool> = const { Cell::new(false) };
}

/// Has `callback` called for every event at `level` (a ts_log_level) or above, in the whole
/// process; it replaces the callback before it. TS_LOG_LEVEL_OFF or a NULL callback ends logging.
///
/// Owner: `user_data` belongs to the library from this call on, also if it fails: it calls `drop`
/// once, after the last call of `callback`, which may be later than the next ts_log_set().
/// Threads: any. `callback` is called from any thread, from several at a time, and must not call
/// ts_log_set().
/// Cost: microseconds.
/// Errors: TS_STATUS_INVALID_ARGUMENT for a level that is not one, or if the process is a Rust
/// program that has a subscriber of its own.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_log_set(
    level: i32,
    callback: ts_log_fn,
    user_data: *mut c_void,
    drop: ts_drop_fn,
    err: *mut *mut ts_error,
) -> ts_status {
    let user_data = UserData::new(user_data, drop);
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            if !(ts_log_level::Off as i32..=ts_log_level::Trace as i32).contains(&level) {
                return Err(invalid_argument(format!("{level} is not a ts_log_level")));
            }
            let sink = match callback {
                Some(call) if level != ts_log_level::Off as i32 => {
                    install()?;
                    Some(Arc::new(Sink { call, user_data }))
                }
                _ => None,
            };
            LEVEL.store(sink.as_ref().map_or(0, |_| level), Ordering::Relaxed);
            let replaced = std::mem::replace(&mut *SINK.write(), sink);
            // Dropped here, after the lock: its drop function is the caller's.
            std::mem::drop(replaced);
            tracing::callsite::rebuild_interest_cache();
            Ok(ts_status::Ok)
        })
    }
}

fn install() -> Result<()> {
    static INSTALLED: OnceLock<Result<(), String>> = OnceLock::new();
    INSTALLED
        .get_or_init(|| {
            tracing::subscriber::set_global_default(Reporter).map_err(|error| error.to_string())
        })
        .clone()
        .map_err(|error| -> Error {
            invalid_argument(format!("events go elsewhere already: {error}")).with_hint(
                "a Rust program reads the events of the library with its own tracing subscriber",
            )
        })
}

fn number(level: Level) -> i32 {
    let level = match level {
        Level::ERROR => ts_log_level::Error,
        Level::WARN => ts_log_level::Warn,
        Level::INFO => ts_log_level::Info,
        Level::DEBUG => ts_log_level::Debug,
        Level::TRACE => ts_log_level::Trace,
    };
    level as i32
}

/// The subscriber that hands events to the sink. Spans carry no identity: they are not reported.
struct Reporter;

impl Subscriber for Reporter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && metadata.target().starts_with("triplestore")
            && number(*metadata.level()) <= LEVEL.load(Ordering::Relaxed)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let level = LEVEL.load(Ordering::Relaxed);
        let filters = [
            LevelFilter::OFF,
            LevelFilter::ERROR,
            LevelFilter::WARN,
            LevelFilter::INFO,
            LevelFilter::DEBUG,
            LevelFilter::TRACE,
        ];
        usize::try_from(level)
            .ok()
            .and_then(|level| filters.get(level))
            .copied()
    }

    fn event(&self, event: &Event<'_>) {
        let sink = SINK.read().clone();
        let Some(sink) = sink else { return };
        if REPORTING.replace(true) {
            return;
        }
        let mut message = Message::default();
        event.record(&mut message);
        let target = ZeroEnded::new(event.metadata().target());
        let message = ZeroEnded::new(&message.text());
        // SAFETY: the header requires the callback to be callable from any thread, and
        // `user_data` to be valid until it is dropped, which is when the sink is.
        unsafe {
            (sink.call)(
                sink.user_data.pointer(),
                number(*event.metadata().level()),
                target.as_text(),
                message.as_text(),
            );
        }
        REPORTING.set(false);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The message of an event and its other fields.
#[derive(Default)]
struct Message {
    words: String,
    fields: String,
}

impl Message {
    fn text(self) -> String {
        self.words + &self.fields
    }
}

impl Visit for Message {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.words.push_str(value);
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String does not fail.
        let _ = match field.name() {
            "message" => write!(self.words, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;

    const TARGET: &str = "triplestore::log_test";

    type Seen = Mutex<Vec<(i32, String)>>;

    unsafe extern "C" fn keep(
        user_data: *mut c_void,
        level: i32,
        target: ts_text,
        message: ts_text,
    ) {
        // SAFETY: the test passes a `Seen` that lives until it is dropped below.
        unsafe {
            let text = |text: ts_text| {
                super::super::text::utf8(text.data, text.len, "text")
                    .unwrap()
                    .to_owned()
            };
            if text(target) == TARGET {
                (*user_data.cast::<Seen>())
                    .lock()
                    .push((level, text(message)));
                tracing::error!(target: TARGET, "from within the callback");
            }
        }
    }

    unsafe extern "C" fn release(user_data: *mut c_void) {
        // SAFETY: the pointer is that of `Arc::into_raw` below, given once.
        drop(unsafe { Arc::from_raw(user_data.cast::<Seen>()) });
    }

    /// One test: the callback is process-wide.
    #[test]
    fn events_reach_the_callback_at_their_level_and_user_data_is_dropped() {
        let seen = Arc::new(Seen::default());
        let set = |level: i32| {
            let user_data = Arc::into_raw(seen.clone()).cast_mut().cast();
            // SAFETY: `release` takes back the reference.
            unsafe {
                ts_log_set(
                    level,
                    Some(keep),
                    user_data,
                    Some(release),
                    std::ptr::null_mut(),
                )
            }
        };
        assert_eq!(set(6), ts_status::InvalidArgument);
        assert_eq!(Arc::strong_count(&seen), 1);

        assert_eq!(set(ts_log_level::Info as i32), ts_status::Ok);
        tracing::info!(target: TARGET, rows = 7, path = "a b", "loaded");
        tracing::debug!(target: TARGET, "not wanted");
        tracing::error!(target: "elsewhere", "not ours");
        let expected = (3, "loaded rows=7 path=\"a b\"".to_owned());
        assert_eq!(*seen.lock(), [expected]);

        assert_eq!(set(ts_log_level::Debug as i32), ts_status::Ok);
        tracing::debug!(target: TARGET, "wanted now");
        assert_eq!(seen.lock().len(), 2);

        assert_eq!(set(ts_log_level::Off as i32), ts_status::Ok);
        tracing::error!(target: TARGET, "nobody listens");
        assert_eq!(seen.lock().len(), 2);
        assert_eq!(Arc::strong_count(&seen), 1);
    }
}
