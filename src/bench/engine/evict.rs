//! Taking files out of the page cache, so that the next reader waits for the device.

use crate::kv::page_cache;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Evicts all files below a directory that no process maps. What is not on the device yet is written first.
pub fn evict(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        match path.is_dir() {
            true => evict(&path)?,
            false => page_cache::evict(&File::open(&path)?)?,
        }
    }
    Ok(())
}
