//! Where stores of benches lie.

use std::path::{Path, PathBuf};

/// A directory that is removed in the end.
pub struct Scratch(PathBuf);

impl Scratch {
    /// In `TRIPLESTORE_BENCH_DIR`, by default where the system keeps temporary files.
    pub fn new(name: &str) -> Self {
        let parent = std::env::var_os("TRIPLESTORE_BENCH_DIR")
            .map_or_else(std::env::temp_dir, PathBuf::from);
        let path = parent.join(format!("triplestore-bench-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
