//! Golden files: what a format version looks like in bytes, for ever.

use std::path::Path;

/// A golden file. One that is missing, as when a format version is born, is written with `TRIPLESTORE_BLESS=1`; one that
/// is there is never written again.
pub fn golden(name: &str, make: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if !path.exists() && std::env::var_os("TRIPLESTORE_BLESS").is_some() {
        std::fs::write(&path, make()).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
