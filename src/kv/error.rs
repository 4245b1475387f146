//! RocksDB errors as errors of the library.

use crate::error::{Code, Error};
use rocksdb::ErrorKind;

/// `what` is what was being done, in the present participle: "reading a page".
#[cold]
pub(super) fn error(what: &str, error: rocksdb::Error) -> Error {
    let code = match error.kind() {
        ErrorKind::Corruption => Code::Corruption,
        ErrorKind::ShutdownInProgress | ErrorKind::Aborted => Code::Closed,
        ErrorKind::InvalidArgument | ErrorKind::NotSupported => Code::Internal,
        _ => Code::Io,
    };
    Error::new(code, format!("{what}: {error}")).because(error)
}
