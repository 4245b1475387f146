//! Taking files out of the page cache, so that the next reader waits for the device.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

/// Evicts all files below a directory that no process maps. What is not on the device yet is written first.
pub fn evict(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        match path.is_dir() {
            true => evict(&path)?,
            false => evict_file(&File::open(&path)?)?,
        }
    }
    Ok(())
}

fn evict_file(file: &File) -> io::Result<()> {
    file.sync_all()?;
    // SAFETY: the descriptor is open for the length of the call, which touches no memory of this process.
    match unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) } {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}
