//! A cursor whose calls are bounded in time.
//!
//! A call with a time limit has the rows worked by a thread of the cursor and waits for them; when its time is over
//! before there are rows, the thread goes on, and the next call takes what it has. So the limit holds whatever an
//! operator does (a sort of millions of rows, a slow disk), and no work is lost. A call without a limit works the rows
//! itself, and a cursor that only has such calls starts no thread.
//!
//! Cost: 20-50 us for the thread, once; two context switches a bounded call.

use super::batch::ResultBatch;
use super::explain::Explanation;
use super::formats::{WriteOptions, write_result};
use super::results::Rows;
use super::shape::Shape;
use crate::control::{Control, Signal};
use crate::error::{Code, Error, Result};
use crate::store::BATCH_ROWS;
use parking_lot::{Condvar, Mutex};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Rows that can be pulled.
pub trait RowSource: Send {
    /// Replaces `out` by the next rows, at least one and at most `rows_max`; false at the end.
    /// Errors: as [`Rows::next`].
    fn next(&mut self, rows_max: usize, out: &mut ResultBatch) -> Result<bool>;

    /// What the rows are.
    fn shape(&self) -> Shape;

    /// What the rows are worked under.
    fn control(&self) -> &Control;

    /// The plan and what its operators have done so far, where there is a plan.
    fn explain(&self) -> Option<Explanation> {
        None
    }
}

impl RowSource for Rows {
    fn next(&mut self, rows_max: usize, out: &mut ResultBatch) -> Result<bool> {
        Rows::next(self, rows_max, out)
    }

    fn shape(&self) -> Shape {
        Rows::shape(self).clone()
    }

    fn control(&self) -> &Control {
        Rows::control(self)
    }

    fn explain(&self) -> Option<Explanation> {
        Some(Rows::explain(self))
    }
}

/// What a call for rows gave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pulled {
    Rows,
    /// The time of the call is over and there are no rows yet.
    Waiting,
    Done,
}

/// See the module. Dropping it ends the query, also one that is being worked.
pub struct Cursor {
    shared: Arc<Shared>,
    shape: Shape,
    control: Control,
    abandoned: Signal,
    has_thread: bool,
    /// Rows that a call asked for and the next one did not want all of: the batch and how many were given.
    rest: Option<(ResultBatch, usize)>,
    rows: u64,
    is_done: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

enum State {
    Idle(Box<dyn RowSource>),
    /// The thread is to work at most this many rows.
    Asked(Box<dyn RowSource>, usize),
    Working,
    /// The source is gone if it panicked.
    Worked(Option<Box<dyn RowSource>>, Result<Option<ResultBatch>>),
    /// Dropped, or failed by a panic.
    Ended,
}

impl Cursor {
    /// Opens a source under `control`, to which the cursor adds that it may be dropped.
    /// Errors: those of `open`.
    pub fn open<S: RowSource + 'static>(
        control: &Control,
        open: impl FnOnce(&Control) -> Result<S>,
    ) -> Result<Self> {
        let abandoned = Signal::new(Code::Cancelled, "the cursor was dropped");
        let control = control.clone().with_signal(&abandoned);
        let source = open(&control)?;
        Ok(Self {
            shape: source.shape(),
            control: source.control().clone(),
            shared: Arc::new(Shared {
                state: Mutex::new(State::Idle(Box::new(source))),
                changed: Condvar::new(),
            }),
            abandoned,
            has_thread: false,
            rest: None,
            rows: 0,
            is_done: false,
        })
    }

    pub fn control(&self) -> &Control {
        &self.control
    }

    /// What the rows are.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Rows given so far, written ones among them.
    pub fn rows_so_far(&self) -> u64 {
        self.rows
    }

    /// Whether the end was reached: [`Cursor::rows_so_far`] is then the number of all rows.
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// Writes the rows that were not given yet as a document and returns how many.
    /// Errors: those of [`write_result`]; then the cursor has ended.
    pub fn write(&mut self, options: &WriteOptions, out: &mut dyn Write) -> Result<u64> {
        let (shape, control) = (self.shape.clone(), self.control.clone());
        let written = write_result(&shape, options, out, &control, &mut |batch| {
            Ok(self.next(BATCH_ROWS, None, batch)? == Pulled::Rows)
        });
        if written.is_err() {
            // Rows that were worked and not written are lost.
            self.rest = None;
            let ended = std::mem::replace(&mut *self.shared.state.lock(), State::Ended);
            self.shared.changed.notify_all();
            drop(ended);
        }
        written
    }

    /// Replaces `out` by the next rows, at most `rows_max`. With a limit it answers within about that time (`Waiting` if
    /// there are no rows yet), without one when there are rows.
    /// Errors: those of [`RowSource::next`]; `ResourceExhausted` if there is no thread.
    pub fn next(
        &mut self,
        rows_max: usize,
        limit: Option<Duration>,
        out: &mut ResultBatch,
    ) -> Result<Pulled> {
        self.control.poll()?;
        // A limit beyond what the clock can count is none.
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let rows_max = rows_max.max(1);
        if self.rest.is_none() {
            let Some(worked) = self.work(rows_max, deadline)? else {
                return Ok(Pulled::Waiting);
            };
            match worked? {
                Some(batch) => self.rest = Some((batch, 0)),
                None => {
                    self.is_done = true;
                    return Ok(Pulled::Done);
                }
            }
        }
        let Some((batch, given)) = self.rest.take() else {
            return Ok(Pulled::Done);
        };
        let end = batch.rows().min(given.saturating_add(rows_max));
        self.rows += (end - given) as u64;
        *out = match (given, end == batch.rows()) {
            (0, true) => batch,
            (_, last) => {
                let part = batch.slice(given..end);
                self.rest = (!last).then_some((batch, end));
                part
            }
        };
        Ok(Pulled::Rows)
    }

    /// The result of the source for the next rows; `None` if the deadline came first.
    fn work(
        &mut self,
        rows_max: usize,
        deadline: Option<Instant>,
    ) -> Result<Option<Result<Option<ResultBatch>>>> {
        let shared = self.shared.clone();
        let mut state = shared.state.lock();
        loop {
            match std::mem::replace(&mut *state, State::Ended) {
                State::Ended => return Err(ended()),
                State::Idle(mut source) if deadline.is_none() => {
                    // If the source panics it is gone, and the state says so.
                    drop(state);
                    let result = pull(&mut *source, rows_max);
                    *shared.state.lock() = State::Idle(source);
                    return Ok(Some(result));
                }
                State::Idle(source) => {
                    *state = State::Idle(source);
                    self.start_thread()?;
                    if let State::Idle(source) = std::mem::replace(&mut *state, State::Ended) {
                        *state = State::Asked(source, rows_max);
                    }
                    shared.changed.notify_all();
                }
                State::Worked(source, result) => {
                    *state = source.map_or(State::Ended, State::Idle);
                    return Ok(Some(result));
                }
                waiting @ (State::Asked(..) | State::Working) => {
                    *state = waiting;
                    match deadline {
                        None => shared.changed.wait(&mut state),
                        Some(deadline) => {
                            if shared.changed.wait_until(&mut state, deadline).timed_out()
                                && !matches!(*state, State::Worked(..) | State::Ended)
                            {
                                return Ok(None);
                            }
                        }
                    }
                }
            }
        }
    }

    fn start_thread(&mut self) -> Result<()> {
        if self.has_thread {
            return Ok(());
        }
        let shared = self.shared.clone();
        thread::Builder::new()
            .name("ts-rows".to_owned())
            .spawn(move || shared.serve())
            .map_err(|error| {
                Error::new(
                    Code::ResourceExhausted,
                    format!("no thread for calls with a time limit: {error}"),
                )
                .because(error)
            })?;
        self.has_thread = true;
        Ok(())
    }

    /// The plan and what its operators have done so far; `None` where there is no plan, or while rows are being worked.
    pub fn explain(&self) -> Option<Explanation> {
        match &*self.shared.state.lock() {
            State::Idle(source) | State::Asked(source, _) | State::Worked(Some(source), _) => {
                source.explain()
            }
            State::Working | State::Worked(None, _) | State::Ended => None,
        }
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.abandoned.raise();
        let ended = std::mem::replace(&mut *self.shared.state.lock(), State::Ended);
        self.shared.changed.notify_all();
        // After the lock: a source may take a while to go. One that is being worked goes with the thread, which is not
        // waited for.
        drop(ended);
    }
}

impl Shared {
    /// The thread: works what is asked until the cursor is dropped.
    fn serve(&self) {
        let mut state = self.state.lock();
        loop {
            match std::mem::replace(&mut *state, State::Working) {
                State::Asked(mut source, rows_max) => {
                    drop(state);
                    let worked = catch_unwind(AssertUnwindSafe(move || {
                        let result = pull(&mut *source, rows_max);
                        State::Worked(Some(source), result)
                    }));
                    let worked = worked.unwrap_or_else(|_| {
                        let error = Error::new(Code::Internal, "working the rows panicked");
                        State::Worked(None, Err(error))
                    });
                    state = self.state.lock();
                    if matches!(*state, State::Ended) {
                        // The source goes after the lock.
                        drop(state);
                        return;
                    }
                    *state = worked;
                    self.changed.notify_all();
                }
                State::Ended => {
                    *state = State::Ended;
                    return;
                }
                other => {
                    *state = other;
                    self.changed.wait(&mut state);
                }
            }
        }
    }
}

fn pull(source: &mut dyn RowSource, rows_max: usize) -> Result<Option<ResultBatch>> {
    let mut batch = ResultBatch::new();
    Ok(source.next(rows_max, &mut batch)?.then_some(batch))
}

#[cold]
fn ended() -> Error {
    Error::new(Code::TransactionEnded, "the cursor has ended with an error")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Control;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Gives a batch for each message, and ends when there are no more.
    struct Told {
        messages: Receiver<&'static str>,
        gone: Sender<()>,
        control: Control,
    }

    impl RowSource for Told {
        fn next(&mut self, _: usize, _: &mut ResultBatch) -> Result<bool> {
            match self.messages.recv() {
                Ok("fail") => Err(Error::new(Code::Io, "told to fail")),
                Ok("panic") => panic!("told to panic"),
                Ok(_) => Ok(true),
                Err(_) => Ok(false),
            }
        }

        fn shape(&self) -> Shape {
            Shape::quads()
        }

        fn control(&self) -> &Control {
            &self.control
        }
    }

    impl Drop for Told {
        fn drop(&mut self) {
            // Nobody may be listening.
            let _ = self.gone.send(());
        }
    }

    struct Test {
        cursor: Cursor,
        tell: Sender<&'static str>,
        gone: Receiver<()>,
    }

    fn test() -> Test {
        let (tell, messages) = channel();
        let (is_gone, gone) = channel();
        let open = |control: &Control| {
            Ok(Told {
                control: control.clone(),
                messages,
                gone: is_gone,
            })
        };
        Test {
            cursor: Cursor::open(&Control::new(), open).unwrap(),
            tell,
            gone,
        }
    }

    const SOON: Option<Duration> = Some(Duration::from_millis(5));

    fn next(cursor: &mut Cursor, limit: Option<Duration>) -> Result<Pulled> {
        cursor.next(1, limit, &mut ResultBatch::new())
    }

    #[test]
    fn a_call_comes_back_without_rows_and_the_next_one_has_them() {
        let mut test = test();
        for limit in [Some(Duration::ZERO), SOON, SOON] {
            assert_eq!(next(&mut test.cursor, limit).unwrap(), Pulled::Waiting);
        }
        test.tell.send("rows").unwrap();
        assert_eq!(next(&mut test.cursor, None).unwrap(), Pulled::Rows);
        assert_eq!(next(&mut test.cursor, SOON).unwrap(), Pulled::Waiting);
        drop(test.tell);
        assert_eq!(next(&mut test.cursor, None).unwrap(), Pulled::Done);
        assert_eq!(next(&mut test.cursor, None).unwrap(), Pulled::Done);
    }

    #[test]
    fn an_error_comes_with_the_call_that_is_next() {
        let mut test = test();
        assert_eq!(next(&mut test.cursor, SOON).unwrap(), Pulled::Waiting);
        test.tell.send("fail").unwrap();
        let error = next(&mut test.cursor, None).unwrap_err();
        assert_eq!(error.code(), Code::Io);
    }

    #[test]
    fn a_panic_ends_the_cursor_wherever_it_happens() {
        for limit in [None, SOON] {
            let mut test = test();
            let first = match limit {
                Some(_) => {
                    next(&mut test.cursor, limit).unwrap();
                    test.tell.send("panic").unwrap();
                    next(&mut test.cursor, None).unwrap_err().code()
                }
                None => {
                    test.tell.send("panic").unwrap();
                    let call = AssertUnwindSafe(|| next(&mut test.cursor, None));
                    assert!(catch_unwind(call).is_err());
                    Code::Internal
                }
            };
            assert_eq!(first, Code::Internal);
            test.gone.recv().unwrap();
            let error = next(&mut test.cursor, limit).unwrap_err();
            assert_eq!(error.code(), Code::TransactionEnded);
        }
    }

    #[test]
    fn dropping_a_cursor_at_work_does_not_wait_and_its_source_goes_when_it_notices() {
        let mut test = test();
        assert_eq!(next(&mut test.cursor, SOON).unwrap(), Pulled::Waiting);
        drop(test.cursor);
        assert!(test.gone.try_recv().is_err());
        test.tell.send("rows").unwrap();
        test.gone.recv().unwrap();
    }

    #[test]
    fn a_raised_cancel_is_noticed_before_the_source_is_asked() {
        let mut test = test();
        test.cursor.control().cancel_token().cancel();
        let error = next(&mut test.cursor, None).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled);
    }
}
