//! The directory of a store: how it is known, locked and made.
//!
//! Invariants: a directory that has the marker was made a store completely; without it a directory holds what an interrupted
//! creation left, nothing, or something that is not ours and is not touched.

use super::open::OpenOptions;
use super::root::{FORMAT, check_format};
use crate::error::{Code, Error, Result};
use crate::kv::{self, DirectoryLock, Open, Sharing};
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;

/// Names the directory as a store and says which format it has, for people and other programs. The last file
/// that creating a store writes, so that a store that has it and no data has lost them.
const MARKER: &str = "TRIPLESTORE";
const NEW_MARKER: &str = "TRIPLESTORE.new";
const MARKER_TEXT: &str = "triplestore format ";
/// Where the page store is.
pub const DATABASE: &str = "data";

/// Whether the directory is a store; else it may become one.
/// Errors: `NotAStore`, `FormatTooNew`, `NotFound`, `Io`.
pub fn is_store(options: &OpenOptions<'_>) -> Result<bool> {
    let path = options.path;
    let marker = path.join(MARKER);
    match std::fs::read_to_string(&marker) {
        Ok(text) => return check_marker(path, &text).map(|()| true),
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Err(e) if e.kind() == ErrorKind::NotADirectory => {
            return Err(Error::new(
                Code::NotAStore,
                format!("{} is not a directory", path.display()),
            )
            .with_hint("give the directory of a store, or a path where one can be created"));
        }
        Err(e) => return Err(Error::io("reading", &marker, e)),
    }
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries
            .map(|entry| Ok(entry?.file_name()))
            .collect::<std::io::Result<Vec<_>>>()
            .map_err(|e| Error::io("listing", path, e))?,
        Err(e) if e.kind() == ErrorKind::NotFound => Vec::new(),
        Err(e) => return Err(Error::io("listing", path, e)),
    };
    // What is left when creating a store was interrupted: the lock is the first file.
    let is_ours = |name: &OsString| {
        [kv::LOCK_FILE, NEW_MARKER, DATABASE]
            .iter()
            .any(|ours| name == ours)
    };
    let interrupted =
        entries.iter().all(is_ours) && entries.iter().any(|name| name == kv::LOCK_FILE);
    if !entries.is_empty() && !interrupted {
        return Err(Error::new(
            Code::NotAStore,
            format!("{} holds something other than a store", path.display()),
        )
        .with_hint("give an empty directory, or one that a store was created in"));
    }
    if options.open == Open::ReadOnly || !options.create_if_missing {
        return Err(Error::new(
            Code::NotFound,
            format!("there is no store at {}", path.display()),
        )
        .with_hint("check the path, or allow the store to be created (create_if_missing)"));
    }
    Ok(false)
}

/// Errors: `FormatTooNew`, `NotAStore`.
fn check_marker(path: &Path, text: &str) -> Result<()> {
    let format = text.strip_prefix(MARKER_TEXT).map(str::trim_end);
    match format.and_then(|format| format.parse::<u32>().ok()) {
        Some(format) => check_format(format),
        None => Err(Error::new(
            Code::NotAStore,
            format!("{} is not one of a store", path.join(MARKER).display()),
        )
        .with_hint("give an empty directory, or one that a store was created in")),
    }
}

/// Keeps other processes out. Errors: `StoreInUse`, `Io`.
pub fn lock(options: &OpenOptions<'_>) -> Result<DirectoryLock> {
    let path = options.path;
    match options.open {
        Open::ReadOnly => DirectoryLock::acquire(path, Sharing::Shared),
        _ => {
            std::fs::create_dir_all(path).map_err(|e| Error::io("creating", path, e))?;
            DirectoryLock::acquire(path, Sharing::Exclusive)
        }
    }
}

/// Makes the directory a store, once everything in it is there, and everything that leads to it survive power
/// loss. Errors: `Io`.
pub fn write_marker(path: &Path) -> Result<()> {
    let (new, marker) = (path.join(NEW_MARKER), path.join(MARKER));
    let text = format!("{MARKER_TEXT}{FORMAT}\n");
    std::fs::write(&new, text).map_err(|e| Error::io("writing", &new, e))?;
    sync_path(&new)?;
    // So that what the marker vouches for is never younger than the marker.
    sync_path(path)?;
    std::fs::rename(&new, &marker).map_err(|e| Error::io("renaming", &new, e))?;
    sync_path(path)?;
    // The directory may be new, and those above it; some of them may not be readable, and are then old.
    let absolute = std::path::absolute(path).map_err(|e| Error::io("resolving", path, e))?;
    for above in absolute.ancestors().skip(1) {
        match std::fs::File::open(above) {
            Ok(directory) => directory
                .sync_all()
                .map_err(|e| Error::io("syncing", above, e))?,
            Err(_) => break,
        }
    }
    Ok(())
}

/// Syncs a file or directory.
fn sync_path(path: &Path) -> Result<()> {
    std::fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|e| Error::io("syncing", path, e))
}

/// What is wrong with a store whose data are gone: `Corruption`.
#[cold]
pub fn lost(path: &Path) -> Error {
    Error::new(
        Code::Corruption,
        format!("the data of the store at {} are missing", path.display()),
    )
    .with_hint("restore the store from a backup; to begin anew, give another directory")
}
