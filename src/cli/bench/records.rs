//! Records of benchmarks as files.

use std::path::Path;
use triplestore::bench::record::{FORMAT, Record};
use triplestore::error::{Code, Error, Result};

/// Errors: `FileNotFound`, `Io`, `InvalidInput`.
pub fn read(path: &Path) -> Result<Record> {
    let record: Record = read_json(path, "a record of triplestore bench run")?;
    match record.format {
        FORMAT => Ok(record),
        other => Err(Error::new(
            Code::InvalidInput,
            format!(
                "{} has format {other} of records, and this version reads format {FORMAT}",
                path.display()
            ),
        )
        .with_hint("use the version that made the record, or run the benchmark again")),
    }
}

/// Errors: `FileNotFound`, `Io`, `InvalidInput`.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path, what: &str) -> Result<T> {
    let bytes = std::fs::read(path).map_err(|e| Error::io("cannot read", path, e))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let message = format!("{} is not {what}: {error}", path.display());
        Error::new(Code::InvalidInput, message).because(error)
    })
}
