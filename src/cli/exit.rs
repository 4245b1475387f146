//! Exit codes: one table that the tool, its help and `docs/cli.md` agree with.

use super::diagnostic::Text;
use super::interrupt;
use std::io;
use std::process::ExitCode;
use triplestore::error::{Category, Code, Error};

/// What the tool ends with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Exit {
    Ok = 0,
    No = 1,
    Usage = 2,
    Input = 3,
    Store = 4,
    Internal = 5,
    Interrupted = 130,
    Terminated = 143,
}

/// Every exit code and what it says.
const EXITS: [(Exit, &str); 8] = [
    (Exit::Ok, "done"),
    (
        Exit::No,
        "done, and the answer is no: damage, a benchmark that is wrong or worse, a missed target",
    ),
    (Exit::Usage, "the command line is wrong"),
    (
        Exit::Input,
        "a query, document, setting or path was refused, or a query hit its limit (errors 1xxx, 4xxx)",
    ),
    (
        Exit::Store,
        "the store, or reading and writing files, failed (errors 2xxx)",
    ),
    (
        Exit::Internal,
        "out of memory budget, or a defect of the tool (errors 3xxx, 5xxx)",
    ),
    (Exit::Interrupted, "interrupted by Ctrl-C (SIGINT)"),
    (Exit::Terminated, "ended by SIGTERM"),
];

/// How a command fails.
#[derive(Debug)]
pub enum Failure {
    /// The arguments do not fit together.
    Usage(clap::error::ErrorKind, String),
    /// The library refused, with the text that the error's position is in if it is at hand.
    Refused(Error, Option<Text>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error, None)
    }
}

/// What a command gives.
pub type Outcome = Result<Exit, Failure>;

impl Exit {
    /// The exit code of an error.
    pub fn of(error: &Error) -> Self {
        if error.code() == Code::Cancelled {
            return match interrupt::signal() {
                Some(libc::SIGTERM) => Self::Terminated,
                _ => Self::Interrupted,
            };
        }
        match error.category() {
            Category::Query | Category::Validation => Self::Input,
            Category::Database => Self::Store,
            Category::Reasoning | Category::System => Self::Internal,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// The table as the end of the help text.
pub fn help() -> String {
    let mut text = String::from("Exit codes:\n");
    for (exit, meaning) in EXITS {
        text.push_str(&format!("  {:<4} {meaning}\n", exit as u8));
    }
    text.push_str("\nSettings for --config are listed in docs/configuration.md.");
    text
}

/// Prints what is wrong with the command line, or the help that was asked for.
pub fn usage(error: &clap::Error) -> ExitCode {
    // A closed pipe is no reason to fail.
    let _ = error.print();
    match error.use_stderr() {
        true => Exit::Usage.into(),
        false => Exit::Ok.into(),
    }
}

/// Whether whoever reads the output has had enough of it.
pub fn is_broken_pipe(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(cause) = cause.downcast_ref::<io::Error>() {
            return cause.kind() == io::ErrorKind::BrokenPipe;
        }
        source = cause.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_code_has_its_exit_code() {
        for &code in Code::ALL {
            let exit = Exit::of(&Error::new(code, "")) as u8;
            let expected = match code.number() {
                1006 => 130,
                1000..2000 | 4000..5000 => 3,
                2000..3000 => 4,
                _ => 5,
            };
            assert_eq!(exit, expected, "{}", code.name());
        }
    }

    #[test]
    fn a_broken_pipe_is_found_behind_an_error() {
        let broken = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(&Error::new(Code::Io, "").because(broken)));
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert!(!is_broken_pipe(&Error::new(Code::Io, "").because(full)));
    }
}
