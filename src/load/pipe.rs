//! A bounded pipe between a caller that pushes bytes and a parser that reads them: the push
//! loader. The parser runs on a thread of its own, so every format and compression works alike.

use crate::control::Control;
use crate::error::{Code, Error, Result};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

/// Bytes a pipe holds before the writer has to wait.
pub const PIPE_BYTES: usize = 4 << 20;

/// How long a blocked end sleeps before it polls its cancel token again.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    finished: bool,
    aborted: bool,
    reader_gone: bool,
}

/// A pipe that holds at most `capacity` bytes.
pub fn pipe(capacity: usize, control: &Control) -> (PipeWriter, PipeReader) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State::default()),
        changed: Condvar::new(),
        capacity: capacity.max(1),
    });
    let writer = PipeWriter {
        shared: shared.clone(),
        control: control.clone(),
    };
    let reader = PipeReader {
        shared,
        control: control.clone(),
    };
    (writer, reader)
}

/// The pushing end. Dropping it without [`PipeWriter::finish`] aborts the document.
pub struct PipeWriter {
    shared: Arc<Shared>,
    control: Control,
}

impl PipeWriter {
    /// Copies `bytes` into the pipe; waits while it is full.
    ///
    /// Errors: `Cancelled`, `QueryTimeout`; `Closed` when the reader has stopped, whose own
    /// result then says why.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        let mut state = self.shared.state.lock();
        loop {
            if state.reader_gone {
                return Err(Error::new(
                    Code::Closed,
                    "the document is not read any further",
                ));
            }
            let room = self.shared.capacity - state.bytes.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            state.bytes.extend(now);
            self.shared.changed.notify_all();
            bytes = later;
            if bytes.is_empty() {
                return Ok(());
            }
            self.control.poll()?;
            self.shared.changed.wait_for(&mut state, POLL_INTERVAL);
        }
    }

    /// The document is complete.
    pub fn finish(self) {
        self.shared.state.lock().finished = true;
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        state.aborted = !state.finished;
        self.shared.changed.notify_all();
    }
}

/// The reading end. Fails with `Cancelled` when the writer was dropped before the end.
pub struct PipeReader {
    shared: Arc<Shared>,
    control: Control,
}

impl Read for PipeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.shared.state.lock();
        loop {
            if state.aborted {
                return Err(io::Error::other(Error::new(
                    Code::Cancelled,
                    "the document was aborted by its writer",
                )));
            }
            let n = state.bytes.read(buffer)?;
            if n > 0 || state.finished || buffer.is_empty() {
                self.shared.changed.notify_all();
                return Ok(n);
            }
            self.control.poll().map_err(io::Error::other)?;
            self.shared.changed.wait_for(&mut state, POLL_INTERVAL);
        }
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        state.reader_gone = true;
        state.bytes = VecDeque::new();
        self.shared.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::input::{Input, from_io};

    #[test]
    fn bytes_arrive_in_order_through_a_pipe_smaller_than_the_document() {
        let text: Vec<u8> = (0..100_000u32).map(|i| (i % 251) as u8).collect();
        let control = Control::new();
        let (mut writer, reader) = pipe(1000, &control);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for piece in text.chunks(777) {
                    writer.write(piece).unwrap();
                }
                writer.finish();
            });
            let mut input = Input::pushed(reader, None, None, &control).unwrap();
            let mut read = vec![0; text.len() + 1];
            assert_eq!(input.read(&mut read).unwrap(), text.len());
            assert!(read[..text.len()] == text);
        });
    }

    #[test]
    fn dropping_the_writer_aborts_the_document() {
        let control = Control::new();
        let (mut writer, mut reader) = pipe(1000, &control);
        writer.write(b"half a line").unwrap();
        drop(writer);
        let error = from_io(reader.read(&mut [0; 10]).unwrap_err());
        assert_eq!(error.code(), Code::Cancelled);
    }

    #[test]
    fn writing_to_a_reader_that_stopped_is_refused() {
        let control = Control::new();
        let (mut writer, reader) = pipe(10, &control);
        drop(reader);
        assert_eq!(writer.write(b"x").unwrap_err().code(), Code::Closed);
    }

    #[test]
    fn a_full_pipe_can_be_cancelled() {
        let control = Control::new();
        let (mut writer, _reader) = pipe(10, &control);
        control.cancel_token().cancel();
        assert_eq!(writer.write(&[0; 20]).unwrap_err().code(), Code::Cancelled);
    }
}
