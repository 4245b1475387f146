//! The process lock of a store directory: one read-write handle or many read-only ones
//! (definition 35). `flock`, because POSIX record locks do not conflict within a process.

use crate::error::{Code, Error, Result};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::path::Path;

/// Whether other handles may hold the lock at the same time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sharing {
    Exclusive,
    Shared,
}

/// Held until dropped.
pub struct DirectoryLock {
    _file: File,
}

/// Name of the file that is locked.
pub const LOCK_FILE: &str = "lock";

impl DirectoryLock {
    /// Errors: `StoreInUse` naming the holder, `Io`.
    pub fn acquire(directory: &Path, sharing: Sharing) -> Result<Self> {
        let path = directory.join(LOCK_FILE);
        let open = |writes: bool| {
            OpenOptions::new()
                .read(true)
                .write(writes)
                .create(writes)
                .truncate(false)
                .open(&path)
        };
        let opened = match open(sharing == Sharing::Exclusive) {
            // A copy of a store may have been made without it.
            Err(error) if error.kind() == ErrorKind::NotFound => open(true),
            opened => opened,
        };
        let mut file = opened.map_err(|error| Error::io("opening", &path, error))?;
        let operation = match sharing {
            Sharing::Exclusive => libc::LOCK_EX,
            Sharing::Shared => libc::LOCK_SH,
        } | libc::LOCK_NB;
        let failed = |error| Error::io("locking", &path, error);
        if !flock(&file, operation).map_err(failed)? {
            // A shared lock that is to be had means that the holders are readers, and that the process
            // in the file wrote before them.
            let readers = sharing == Sharing::Exclusive
                && flock(&file, libc::LOCK_SH | libc::LOCK_NB).map_err(failed)?;
            return Err(in_use(&mut file, directory, readers));
        }
        if sharing == Sharing::Exclusive {
            let holder = format!("{}\n", std::process::id());
            file.set_len(0)
                .and_then(|()| file.seek(SeekFrom::Start(0)))
                .and_then(|_| file.write_all(holder.as_bytes()))
                .map_err(|error| Error::io("writing", &path, error))?;
        }
        Ok(Self { _file: file })
    }
}

/// Whether the lock was got.
fn flock(file: &File, operation: libc::c_int) -> std::io::Result<bool> {
    loop {
        // SAFETY: flock takes a descriptor that `file` keeps open and touches no memory.
        if unsafe { libc::flock(file.as_raw_fd(), operation) } == 0 {
            return Ok(true);
        }
        let error = std::io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EINTR) => {}
            Some(libc::EWOULDBLOCK) => return Ok(false),
            _ => return Err(error),
        }
    }
}

#[cold]
fn in_use(file: &mut File, directory: &Path, readers: bool) -> Error {
    let mut holder = String::new();
    let holder = match file.read_to_string(&mut holder) {
        _ if readers => "handles that read it".to_string(),
        Ok(_) if holder.trim().parse::<u32>().is_ok() => {
            let pid = holder.trim();
            if pid == std::process::id().to_string() {
                format!("another handle in this process ({pid})")
            } else {
                format!("process {pid}")
            }
        }
        _ => "another process".to_string(),
    };
    Error::new(
        Code::StoreInUse,
        format!("{} is in use by {holder}", directory.display()),
    )
    .with_hint("close the other handle; to read beside a writer, open a checkpoint of the store")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("ts-lock-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    fn an_exclusive_lock_excludes_a_second_handle_in_the_same_process_and_names_it() {
        let directory = directory("exclusive");
        let held = DirectoryLock::acquire(&directory, Sharing::Exclusive).unwrap();
        for sharing in [Sharing::Exclusive, Sharing::Shared] {
            let error = DirectoryLock::acquire(&directory, sharing).err().unwrap();
            assert_eq!(error.code(), Code::StoreInUse);
            assert!(error.detail().contains(&std::process::id().to_string()));
        }
        drop(held);
        DirectoryLock::acquire(&directory, Sharing::Exclusive).unwrap();
    }

    #[test]
    fn readers_share_and_exclude_a_writer() {
        let directory = directory("shared");
        drop(DirectoryLock::acquire(&directory, Sharing::Exclusive).unwrap());
        let _one = DirectoryLock::acquire(&directory, Sharing::Shared).unwrap();
        let _two = DirectoryLock::acquire(&directory, Sharing::Shared).unwrap();
        let error = DirectoryLock::acquire(&directory, Sharing::Exclusive)
            .err()
            .unwrap();
        assert_eq!(error.code(), Code::StoreInUse);
        // Not the writer of before.
        assert!(error.detail().contains("handles that read it"), "{error}");
    }
}
