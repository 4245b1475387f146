//! Section "Operations": cancel, deadline and progress of one running call.

use super::callback::{UserData, ts_drop_fn};
use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::sized::{Sized32, fill};
use super::status::{invalid_argument, ts_status};
use super::text::{ZeroEnded, ts_text};
use crate::control::{CancelToken, Control, Phase, Progress};
use crate::error::{Code, Error, Result};
use parking_lot::{Condvar, Mutex};
use safer_ffi::derive_ReprC;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The controls of one operation: a load, a query with its rows, a dump, a check. Made before it,
/// passed to it, usable from any thread while it runs. It serves one operation and outlives it
/// safely.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_op {
    _opaque: [u8; 0],
}

impl Handle for ts_op {
    type State = Arc<Operation>;
    const NAME: &'static str = "ts_op";
    const TAG: [u8; 4] = *b"oper";
    const SURVIVES_FORK: bool = true;
}

/// What an operation does at the moment; ts_phase_name() has the words.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_phase {
    /// Not started.
    Idle = 0,
    /// Reading and parsing input.
    Parse = 1,
    /// Merging terms or runs.
    Merge = 2,
    /// Sorting.
    Sort = 3,
    /// Writing to the store or to a file.
    Write = 4,
    /// Answering a query.
    Query = 5,
    /// Checking.
    Verify = 6,
    /// Ended, well or not.
    Done = 7,
}

impl From<Phase> for ts_phase {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Idle => Self::Idle,
            Phase::Parse => Self::Parse,
            Phase::Merge => Self::Merge,
            Phase::Sort => Self::Sort,
            Phase::Write => Self::Write,
            Phase::Query => Self::Query,
            Phase::Verify => Self::Verify,
            Phase::Done => Self::Done,
        }
    }
}

/// How far an operation is. Set struct_size to sizeof(ts_progress) before ts_op_progress().
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_progress {
    pub struct_size: u32,
    /// A ts_phase.
    pub phase: i32,
    /// Input bytes read so far, before decompression.
    pub bytes: u64,
    /// Input bytes in all, 0 where unknown.
    pub bytes_total: u64,
    /// Statements or rows worked so far in this phase.
    pub rows: u64,
    /// Microseconds since the ts_op was made.
    pub elapsed_us: u64,
}

impl Sized32 for ts_progress {
    const NAME: &'static str = "ts_progress";
    const FIRST_SIZE: usize = size_of::<ts_progress>();
}

impl From<Progress> for ts_progress {
    fn from(progress: Progress) -> Self {
        Self {
            // The size is below 2^32.
            struct_size: size_of::<Self>() as u32,
            phase: ts_phase::from(progress.phase) as i32,
            bytes: progress.bytes,
            bytes_total: progress.bytes_total,
            rows: progress.rows,
            elapsed_us: u64::try_from(progress.elapsed.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

/// Called while an operation runs, on a thread of the library, and once at its end with
/// TS_PHASE_DONE. A value other than 0 stops the operation with TS_STATUS_CALLBACK. `progress`
/// lives during the call only.
pub type ts_progress_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, progress: *const ts_progress) -> i32>;

/// The state behind a `ts_op`.
pub(super) struct Operation {
    control: Control,
    cancel: CancelToken,
    settings: Mutex<Settings>,
    stopped_by_callback: AtomicBool,
}

#[derive(Default)]
struct Settings {
    started: bool,
    deadline: Option<Instant>,
    observer: Option<Observer>,
}

struct Observer {
    every: Duration,
    call: unsafe extern "C" fn(*mut c_void, *const ts_progress) -> i32,
    user_data: UserData,
}

impl Operation {
    fn new() -> Self {
        let control = Control::new();
        Self {
            cancel: control.cancel_token(),
            control,
            settings: Mutex::default(),
            stopped_by_callback: AtomicBool::new(false),
        }
    }

    /// Settings that may still be changed. Errors: `InvalidArgument` once the operation started.
    fn change(&self, change: impl FnOnce(&mut Settings)) -> Result<()> {
        let mut settings = self.settings.lock();
        if settings.started {
            return Err(already_started());
        }
        change(&mut settings);
        Ok(())
    }
}

fn already_started() -> Error {
    invalid_argument("the ts_op was given to an operation before")
        .with_hint("make a ts_op for each operation, and set it up before the operation starts")
}

/// The controls of an operation that is running; dropping it ends the progress calls.
pub(super) struct Running {
    operation: Option<Arc<Operation>>,
    control: Control,
    watcher: Option<Watcher>,
}

impl Running {
    /// Starts an operation with the caller's `ts_op`, or without one if it is NULL.
    /// Errors: `InvalidArgument` if the `ts_op` served before; `ResourceExhausted` if there is no
    /// thread for the progress calls.
    ///
    /// # Safety
    /// As for a handle in the header.
    pub(super) unsafe fn start(op: *const ts_op) -> Result<Self> {
        if op.is_null() {
            return Ok(Self {
                operation: None,
                control: Control::new(),
                watcher: None,
            });
        }
        // SAFETY: required of the caller.
        let operation = unsafe { handle::shared(op) }?.clone();
        let (deadline, observer) = {
            let mut settings = operation.settings.lock();
            if settings.started {
                return Err(already_started());
            }
            settings.started = true;
            (settings.deadline, settings.observer.take())
        };
        let mut control = operation.control.clone();
        if let Some(deadline) = deadline {
            control = control.with_timeout(deadline.saturating_duration_since(Instant::now()));
        }
        let watcher = match observer {
            Some(observer) => Some(Watcher::start(observer, operation.clone())?),
            None => None,
        };
        Ok(Self {
            operation: Some(operation),
            control,
            watcher,
        })
    }

    /// Runs a whole operation. Errors: those of [`Running::start`] and of the work.
    ///
    /// # Safety
    /// As for a handle in the header.
    pub(super) unsafe fn run<T>(
        op: *const ts_op,
        work: impl FnOnce(&Control) -> Result<T>,
    ) -> Result<T> {
        // SAFETY: required of the caller.
        let running = unsafe { Self::start(op) }?;
        running.explain(work(running.control()))
    }

    pub(super) fn control(&self) -> &Control {
        &self.control
    }

    /// The result of the operation: a cancellation asked for by the progress callback is told
    /// apart from one by `ts_op_cancel`.
    pub(super) fn explain<T>(&self, result: Result<T>) -> Result<T> {
        let by_callback = self
            .operation
            .as_ref()
            .is_some_and(|operation| operation.stopped_by_callback.load(Ordering::Relaxed));
        match result {
            Err(error) if by_callback && error.code() == Code::Cancelled => Err(Error::new(
                Code::Callback,
                "the progress callback asked to stop",
            )
            .because(error)),
            other => other,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.control.set_phase(Phase::Done);
        if let Some(watcher) = self.watcher.take() {
            watcher.end();
        }
    }
}

/// The thread that makes the progress calls of one operation.
struct Watcher {
    ended: Arc<(Mutex<bool>, Condvar)>,
    thread: JoinHandle<()>,
}

impl Watcher {
    fn start(observer: Observer, operation: Arc<Operation>) -> Result<Self> {
        let ended = Arc::new((Mutex::new(false), Condvar::new()));
        let seen = ended.clone();
        let thread = thread::Builder::new()
            .name("ts-progress".to_owned())
            .spawn(move || {
                loop {
                    let over = {
                        let mut over = seen.0.lock();
                        if !*over {
                            seen.1.wait_for(&mut over, observer.every);
                        }
                        *over
                    };
                    observer.report(&operation);
                    if over {
                        return;
                    }
                }
            })
            .map_err(|error| {
                Error::new(
                    Code::ResourceExhausted,
                    format!("no thread for the progress callback: {error}"),
                )
                .because(error)
            })?;
        Ok(Self { ended, thread })
    }

    /// Makes the last call and waits for it, unless this is the callback's own thread.
    fn end(self) {
        *self.ended.0.lock() = true;
        self.ended.1.notify_one();
        if self.thread.thread().id() != thread::current().id() {
            // An unwinding callback aborts the process, so there is no panic to hand on.
            let _ = self.thread.join();
        }
    }
}

impl Observer {
    fn report(&self, operation: &Operation) {
        let progress = ts_progress::from(operation.control.progress());
        // SAFETY: the header requires the callback to be callable from any thread, and
        // `user_data` to be valid until it is dropped, which is when this observer is.
        if unsafe { (self.call)(self.user_data.pointer(), &progress) } != 0 {
            operation.stopped_by_callback.store(true, Ordering::Relaxed);
            operation.cancel.cancel();
        }
    }
}

/// Makes the controls of one operation. NULL only if memory is exhausted.
///
/// Owner: the caller, until ts_op_free().
/// Threads: any.
/// Cost: one allocation.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_op_new() -> *mut ts_op {
    guard::value(std::ptr::null_mut(), || {
        handle::into_raw(Owned::<ts_op>(Arc::new(Operation::new())))
    })
}

/// Asks the operation to stop: it returns TS_STATUS_CANCELLED within a batch, page or block. Has
/// no effect on an operation that has ended; one that starts later stops at once. NULL is ignored.
///
/// Owner: borrows op.
/// Threads: any, at any time, also while the operation runs. Safe in a signal handler: it only
/// stores to an atomic.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_op_cancel(op: *const ts_op) {
    // No guard: nothing here can panic, and a guard is not for signal handlers.
    // SAFETY: the caller keeps the contract of the header.
    if let Some(operation) = unsafe { handle::peek(op) } {
        operation.cancel.cancel();
    }
}

/// Whether ts_op_cancel() was called, or the progress callback asked to stop. False for NULL.
///
/// Owner: borrows op.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_op_is_cancelled(op: *const ts_op) -> bool {
    guard::value(false, || {
        // SAFETY: the caller keeps the contract of the header.
        unsafe { handle::shared(op) }.is_ok_and(|operation| operation.cancel.is_cancelled())
    })
}

/// Sets the deadline: `timeout_ms` milliseconds from this call. The operation returns
/// TS_STATUS_QUERY_TIMEOUT once it has passed; the time between two calls for rows counts too. A
/// limit in the configuration of the store holds as well; the earlier one counts.
///
/// Owner: borrows op.
/// Threads: any, before the operation starts.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_ARGUMENT if the operation has started.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_op_set_timeout(
    op: *const ts_op,
    timeout_ms: u64,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            // A time beyond what the clock can count is no deadline.
            let deadline = Instant::now().checked_add(Duration::from_millis(timeout_ms));
            handle::shared(op)?.change(|settings| settings.deadline = deadline)?;
            Ok(ts_status::Ok)
        })
    }
}

/// Reads how far the operation is.
///
/// Owner: `progress` is the caller's.
/// Threads: any, at any time, also while the operation runs.
/// Cost: none; the counters are read one by one, not at one instant.
/// Errors: TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_op_progress(
    op: *const ts_op,
    progress: *mut ts_progress,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let operation = handle::shared(op)?;
            fill(progress, operation.control.progress().into())?;
            Ok(ts_status::Ok)
        })
    }
}

/// Has `callback` called every `interval_ms` milliseconds (at least 1) while the operation runs,
/// and once when it ends. A program that can poll ts_op_progress() needs no callback.
///
/// Owner: `user_data` belongs to the library from this call on, also if it fails: it calls `drop`
/// once, after the last call of `callback`.
/// Threads: any, before the operation starts. `callback` and `drop` run on a thread of the
/// library; `callback` never runs twice at a time.
/// Cost: a thread for as long as the operation runs.
/// Errors: TS_STATUS_INVALID_ARGUMENT if `callback` is NULL or the operation has started.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_op_set_progress(
    op: *const ts_op,
    interval_ms: u64,
    callback: ts_progress_fn,
    user_data: *mut c_void,
    drop: ts_drop_fn,
    err: *mut *mut ts_error,
) -> ts_status {
    let user_data = UserData::new(user_data, drop);
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let Some(call) = callback else {
                return Err(invalid_argument("the callback is NULL"));
            };
            let observer = Observer {
                every: Duration::from_millis(interval_ms.max(1)),
                call,
                user_data,
            };
            let mut replaced = None;
            handle::shared(op)?
                .change(|settings| replaced = settings.observer.replace(observer))?;
            // Dropped here, after the lock: its drop function is the caller's.
            std::mem::drop(replaced);
            Ok(ts_status::Ok)
        })
    }
}

/// The words for a ts_phase; empty for a number that is not one.
///
/// Owner: static, never freed.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_phase_name(phase: i32) -> ts_text {
    static NAMES: LazyLock<Vec<ZeroEnded>> = LazyLock::new(|| {
        Phase::ALL
            .map(|phase| ZeroEnded::new(phase.name()))
            .to_vec()
    });
    guard::value(ts_text::EMPTY, || {
        usize::try_from(phase)
            .ok()
            .and_then(|index| NAMES.get(index))
            .map_or(ts_text::EMPTY, ZeroEnded::as_text)
    })
}

/// Frees the controls; NULL is ignored. An operation that uses them goes on without.
///
/// Owner: takes op.
/// Threads: any, once, when no other call uses op.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_op_free(op: *mut ts_op) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(op) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    /// A `ts_op` that is freed at the end of the test.
    struct Op(*mut ts_op);

    impl Op {
        fn new() -> Self {
            Self(ts_op_new())
        }

        fn start(&self) -> Result<Running> {
            // SAFETY: the handle is alive.
            unsafe { Running::start(self.0) }
        }

        fn set_timeout(&self, timeout_ms: u64) -> ts_status {
            // SAFETY: the handle is alive; errors are not asked for.
            unsafe { ts_op_set_timeout(self.0, timeout_ms, std::ptr::null_mut()) }
        }

        fn watch(&self, callback: ts_progress_fn, seen: &Seen) -> ts_status {
            let user_data = (&raw const *seen).cast_mut().cast();
            // SAFETY: the handle is alive, and `seen` outlives the operation.
            unsafe {
                ts_op_set_progress(
                    self.0,
                    1,
                    callback,
                    user_data,
                    Some(dropped),
                    std::ptr::null_mut(),
                )
            }
        }
    }

    impl Drop for Op {
        fn drop(&mut self) {
            // SAFETY: freed once.
            unsafe { ts_op_free(self.0) };
        }
    }

    #[derive(Default)]
    struct Seen {
        calls: AtomicUsize,
        last_phase: AtomicUsize,
        drops: AtomicUsize,
    }

    unsafe extern "C" fn watching(user_data: *mut c_void, progress: *const ts_progress) -> i32 {
        // SAFETY: the tests pass a `Seen` that outlives the operation.
        unsafe {
            let seen = &*user_data.cast::<Seen>();
            seen.calls.fetch_add(1, Ordering::Relaxed);
            seen.last_phase
                .store((*progress).phase as usize, Ordering::Relaxed);
        }
        0
    }

    unsafe extern "C" fn stopping(_: *mut c_void, _: *const ts_progress) -> i32 {
        1
    }

    unsafe extern "C" fn dropped(user_data: *mut c_void) {
        // SAFETY: as in `watching`.
        unsafe { &*user_data.cast::<Seen>() }
            .drops
            .fetch_add(1, Ordering::Relaxed);
    }

    #[test]
    fn the_phases_are_those_of_the_engine() {
        for phase in Phase::ALL {
            assert_eq!(ts_phase::from(phase) as i32, phase as i32);
        }
    }

    #[test]
    fn cancelling_before_during_and_after_is_safe() {
        let op = Op::new();
        let running = op.start().unwrap();
        running.control().poll().unwrap();
        // SAFETY: the handle is alive, and NULL is allowed.
        unsafe {
            ts_op_cancel(op.0);
            ts_op_cancel(std::ptr::null());
            assert!(ts_op_is_cancelled(op.0));
        }
        let stopped = running.explain(running.control().poll());
        assert_eq!(stopped.unwrap_err().code(), Code::Cancelled);
        drop(running);
        // SAFETY: the handle is alive.
        unsafe { ts_op_cancel(op.0) };
    }

    #[test]
    fn an_op_serves_one_operation_and_is_set_up_before_it() {
        let op = Op::new();
        assert_eq!(op.set_timeout(60_000), ts_status::Ok);
        let running = op.start().unwrap();
        assert!(running.control().deadline().is_some());
        assert_eq!(op.set_timeout(1), ts_status::InvalidArgument);
        assert_eq!(op.start().err().unwrap().code(), Code::InvalidArgument);
    }

    #[test]
    fn a_deadline_that_passed_stops_the_operation() {
        let op = Op::new();
        assert_eq!(op.set_timeout(0), ts_status::Ok);
        let running = op.start().unwrap();
        assert_eq!(
            running.control().poll().unwrap_err().code(),
            Code::QueryTimeout
        );
    }

    #[test]
    fn no_op_means_no_limits() {
        // SAFETY: NULL is allowed.
        let running = unsafe { Running::start(std::ptr::null()) }.unwrap();
        running.control().poll().unwrap();
        assert!(running.control().deadline().is_none());
    }

    #[test]
    fn progress_is_read_while_the_operation_runs() {
        let op = Op::new();
        let running = op.start().unwrap();
        running.control().set_phase(Phase::Parse);
        running.control().add_rows(7);
        let mut progress = ts_progress::from(Progress::default());
        // SAFETY: the handle is alive, the structure is a local.
        let status = unsafe { ts_op_progress(op.0, &mut progress, std::ptr::null_mut()) };
        assert_eq!(status, ts_status::Ok);
        assert_eq!((progress.phase, progress.rows), (ts_phase::Parse as i32, 7));
    }

    #[test]
    fn the_callback_is_called_at_the_end_and_its_data_dropped_once() {
        let seen = Seen::default();
        let op = Op::new();
        assert_eq!(op.watch(Some(watching), &seen), ts_status::Ok);
        let running = op.start().unwrap();
        while seen.calls.load(Ordering::Relaxed) < 3 {
            thread::yield_now();
        }
        assert_eq!(seen.drops.load(Ordering::Relaxed), 0);
        drop(running);
        assert_eq!(
            seen.last_phase.load(Ordering::Relaxed),
            ts_phase::Done as usize
        );
        drop(op);
        assert_eq!(seen.drops.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_callback_that_says_stop_is_told_apart_from_cancel() {
        let seen = Seen::default();
        let op = Op::new();
        assert_eq!(op.watch(Some(stopping), &seen), ts_status::Ok);
        let running = op.start().unwrap();
        let stopped = loop {
            if let Err(error) = running.explain(running.control().poll()) {
                break error;
            }
            thread::yield_now();
        };
        assert_eq!(stopped.code(), Code::Callback);
    }

    #[test]
    fn a_refused_callback_still_gets_its_data_dropped() {
        let seen = Seen::default();
        let op = Op::new();
        assert_eq!(op.watch(None, &seen), ts_status::InvalidArgument);
        assert_eq!(seen.drops.load(Ordering::Relaxed), 1);
        assert_eq!(op.watch(Some(watching), &seen), ts_status::Ok);
        assert_eq!(op.watch(Some(watching), &seen), ts_status::Ok);
        assert_eq!(seen.drops.load(Ordering::Relaxed), 2);
        drop(op);
        assert_eq!(seen.drops.load(Ordering::Relaxed), 3);
    }
}
