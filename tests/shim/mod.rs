//! A library loaded before the C library that records file operations or makes them fail (`shim.c`).

// Each test binary uses its own part of this module.
#![allow(dead_code)]

pub mod journal;

use crate::environment;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Classes of calls that can fail, in the order of the counts file.
pub const CLASSES: [&str; 8] = [
    "write", "sync", "open", "rename", "link", "unlink", "truncate", "mkdir",
];

/// Compiles the shim into `scratch`. `None`, loudly, without a C compiler; a failure if
/// TRIPLESTORE_REQUIRE_DATA is 1.
pub fn build(scratch: &Path) -> Option<PathBuf> {
    if !environment::has("cc") {
        let required = std::env::var("TRIPLESTORE_REQUIRE_DATA").is_ok_and(|value| value == "1");
        assert!(!required, "cc is required and absent (scripts/setup.sh)");
        environment::skip("file faults", "cc is not installed (scripts/setup.sh)");
        return None;
    }
    let library = scratch.join("shim.so");
    environment::run(
        Command::new("cc")
            .args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror"])
            .args(["-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(environment::root().join("tests/shim/shim.c"))
            .args(["-ldl", "-pthread"]),
    );
    Some(library)
}

/// Calls of each class that a run under `TS_SHIM_COUNTS` has made.
pub fn counts(file: &Path) -> [u64; CLASSES.len()] {
    let bytes = std::fs::read(file).expect("the shim has written its counts");
    let (numbers, _) = bytes.as_chunks::<8>();
    std::array::from_fn(|class| u64::from_ne_bytes(numbers[class]))
}
