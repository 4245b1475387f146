//! The push loader: the caller hands over a document piece by piece.
//!
//! A thread of the loader runs [`Database::load_reader`] on the reading end of a bounded pipe, so every format and
//! compression works, and a document that is not finished is not loaded.

use super::{Database, LoadOptions, LoadReport};
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::load::{PIPE_BYTES, PipeWriter, pipe};
use std::io::{ErrorKind, Read};
use std::thread::{self, JoinHandle};

/// Bytes asked of a reader at a time.
const READ_BYTES: usize = 64 << 10;

/// A document being pushed. Ends with [`Loader::finish`]; [`Loader::abort`] or dropping it rolls back.
pub struct Loader {
    /// `None` once the load has ended.
    running: Option<Running>,
}

struct Running {
    writer: PipeWriter,
    thread: JoinHandle<Result<LoadReport>>,
    control: Control,
}

impl Database {
    /// Begins a load. Nothing is visible before it is finished, except checkpoints.
    /// Errors: `InvalidArgument` without a format; `ResourceExhausted` for want of memory or a thread; `Closed`.
    pub fn loader(&self, options: &LoadOptions, control: &Control) -> Result<Loader> {
        if options.format.is_none() {
            return Err(Error::new(
                Code::InvalidArgument,
                "a document that is pushed needs a format",
            ));
        }
        self.snapshot()?;
        let control = self.charged("load", control);
        let memory = control.charge(PIPE_BYTES)?;
        let (writer, reader) = pipe(PIPE_BYTES, &control);
        let (database, options, watched) = (self.clone(), options.clone(), control.clone());
        let thread = thread::Builder::new()
            .name("ts-load".to_owned())
            .spawn(move || {
                let report = database.load_reader(reader, &options, &control);
                drop(memory);
                report
            })
            .map_err(|error| {
                Error::new(
                    Code::ResourceExhausted,
                    format!("no thread for the load: {error}"),
                )
                .because(error)
            })?;
        Ok(Loader {
            running: Some(Running {
                writer,
                thread,
                control: watched,
            }),
        })
    }
}

impl Loader {
    /// Hands over the next bytes of the document; waits while the load is behind.
    /// Errors: those of [`Database::load_reader`], after which the load has ended and everything is rolled back;
    /// `TransactionEnded` if it had ended before.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let running = self.running.as_mut().ok_or_else(ended)?;
        let written = running
            .control
            .poll()
            .and_then(|()| running.writer.write(bytes));
        match written {
            Ok(()) => Ok(()),
            Err(error) => match (self.end(false), error.code()) {
                // The load stopped reading, and says why.
                (Err(reason), Code::Closed) if reason.code() != Code::Cancelled => Err(reason),
                _ => Err(error),
            },
        }
    }

    /// Hands over what a reader gives, to its end.
    /// Errors: as [`Loader::write`]; those of the reader, after which everything is rolled back.
    pub fn write_from(&mut self, reader: &mut dyn Read) -> Result<()> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(bytes) => self.write(&buffer[..bytes])?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.abort();
                    return Err(match error.downcast::<Error>() {
                        Ok(error) => error,
                        Err(error) => {
                            Error::new(Code::Io, format!("cannot read the document: {error}"))
                                .because(error)
                        }
                    });
                }
            }
        }
    }

    /// The document is complete: waits until it is loaded.
    /// Errors: as [`Loader::write`].
    pub fn finish(&mut self) -> Result<LoadReport> {
        self.end(true)
    }

    /// Gives the load up and waits until it is rolled back. After the end it does nothing.
    pub fn abort(&mut self) {
        // The error is that it was aborted.
        let _ = self.end(false);
    }

    fn end(&mut self, complete: bool) -> Result<LoadReport> {
        let Running { writer, thread, .. } = self.running.take().ok_or_else(ended)?;
        match complete {
            true => writer.finish(),
            false => drop(writer),
        }
        thread
            .join()
            .unwrap_or_else(|_| Err(Error::new(Code::Internal, "the load panicked")))
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.abort();
    }
}

#[cold]
fn ended() -> Error {
    Error::new(Code::TransactionEnded, "the load has ended")
}
