//! Standard input as a document.

use std::io::{self, Read};
use std::thread::{self, JoinHandle};
use triplestore::control::Control;
use triplestore::error::{Code, Error, Result};
use triplestore::load::{PIPE_BYTES, PipeReader, PipeWriter, pipe};

/// What standard input is called in messages.
pub const NAME: &str = "<stdin>";

const READ_BYTES: usize = 64 << 10;

/// A thread that reads standard input into a pipe, so that waiting for input can be cancelled.
pub struct StandardInput(JoinHandle<io::Result<()>>);

impl StandardInput {
    /// Starts reading. The reader ends with `Cancelled` when `control` is cancelled, or when reading failed: ask
    /// [`StandardInput::explain`] which.
    pub fn start(control: &Control) -> (Self, PipeReader) {
        let (writer, reader) = pipe(PIPE_BYTES, control);
        (Self(thread::spawn(move || pump(writer))), reader)
    }

    /// The error of standard input if there was one, else `error`.
    pub fn explain(self, error: Error) -> Error {
        // A thread that still waits for input has not failed.
        if error.code() != Code::Cancelled || !self.0.is_finished() {
            return error;
        }
        match self.0.join() {
            Ok(Err(failed)) => read_error(failed),
            Ok(Ok(())) => error,
            Err(_) => Error::new(Code::Internal, "the thread that reads the input panicked"),
        }
    }
}

fn pump(mut writer: PipeWriter) -> io::Result<()> {
    let mut buffer = vec![0; READ_BYTES];
    let mut input = io::stdin().lock();
    loop {
        match input.read(&mut buffer) {
            Ok(0) => {
                writer.finish();
                return Ok(());
            }
            // The reader has stopped, and says why itself.
            Ok(read) => {
                if writer.write(&buffer[..read]).is_err() {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Everything that standard input has. Errors: `Io`.
pub fn read_all() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match io::stdin().read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(read_error(error)),
    }
}

#[cold]
fn read_error(error: io::Error) -> Error {
    Error::new(Code::Io, format!("cannot read standard input: {error}")).because(error)
}
