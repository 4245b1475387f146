//! The one public error of the library.
//!
//! Every failure is a value: a [`Code`] from one table, a message that is safe to show and to
//! log (no data, no paths), a detail for the operator, and where they exist a position and a
//! hint. Non-errors (a row, the end of the rows) are not codes of this table; the C ABI adds
//! them as statuses 1-99.

mod code;
mod damage;

pub use code::{Category, Code};
pub use damage::Damage;

use std::fmt;

/// Result of every fallible operation of the library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where in a text an error was found. Lines and columns count from 1, columns in Unicode
/// code points; the offset counts bytes from 0.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Position {
    pub offset: u64,
    pub line: u64,
    pub column: u64,
    /// The file or document, where there is one.
    pub file: Option<String>,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
        }
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// An error: code, detail, hint, position. Cheap to move (one pointer).
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    detail: String,
    hint: Option<String>,
    position: Option<Position>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error with a code of the table and what happened, in words.
    #[cold]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            hint: None,
            position: None,
            source: None,
        }))
    }

    /// Adds what the user can do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds where in the text it was found.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.0.position = Some(position);
        self
    }

    /// Adds the error that caused this one.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What happened, for the operator; may name files and quote data.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What happened, fit to be shown to anyone: the same text for every error of a code.
    pub fn safe_message(&self) -> &'static str {
        self.0.code.safe_message()
    }

    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    pub fn position(&self) -> Option<&Position> {
        self.0.position.as_ref()
    }

    pub fn category(&self) -> Category {
        self.0.code.category()
    }

    /// Whether the same call may succeed later without any change.
    pub fn retriable(&self) -> bool {
        self.0.code.retriable()
    }

    /// An error for a failed system call on `path`.
    #[cold]
    pub fn io(what: &str, path: &std::path::Path, error: std::io::Error) -> Self {
        let code = match error.kind() {
            std::io::ErrorKind::NotFound => Code::FileNotFound,
            _ => Code::Io,
        };
        Self::new(code, format!("{what} {}: {error}", path.display())).because(error)
    }
}

/// Memory that the system does not have.
impl From<std::collections::TryReserveError> for Error {
    fn from(error: std::collections::TryReserveError) -> Self {
        Self::new(Code::ResourceExhausted, error.to_string()).because(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] ", self.0.code.number())?;
        if let Some(position) = &self.0.position {
            write!(f, "{position}: ")?;
        }
        f.write_str(&self.0.detail)?;
        if let Some(hint) = &self.0.hint {
            write!(f, " ({hint})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.0.code.name())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}
