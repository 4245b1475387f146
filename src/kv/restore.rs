//! Puts page files back that RocksDB has removed although its manifest may name them.
//!
//! When RocksDB fails to sync its manifest while it ingests files, the record that names them may be on disk all
//! the same; yet it removes its links to them, and then does not open, or fails when it reads. The staged files they were links to are
//! still there (a store that failed so is poisoned and discards nothing), so opening links them again under
//! the numbers that the manifest gives them.
//!
//! Format of the manifest: records as in the log; one that adds a file holds, among others, level, number and
//! size as varints and the smallest key with its length. Source: RocksDB, `db/version_edit.cc`.

use super::pages::{PageId, staged_extent};
use super::wal;
use crate::codec::bytes::put_varint;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// A page key, and the sequence number and type that RocksDB appends to it.
const INTERNAL_KEY_BYTES: u8 = 16;
/// Bytes of a page key that hold the extent.
const EXTENT_BYTES: usize = 5;

/// Links staged files to where the manifest of `directory` has them, unless they are there. RocksDB must not be
/// open. Cost: one directory is listed; the manifest is read only if files are left in it. Errors: `Io`.
pub fn restore(directory: &Path, staging: &Path) -> Result<()> {
    let staged = staged_files(staging)?;
    if staged.is_empty() {
        return Ok(());
    }
    let current = directory.join("CURRENT");
    let name = std::fs::read_to_string(&current).map_err(|e| Error::io("reading", &current, e))?;
    let manifest = directory.join(name.trim_end());
    let bytes = std::fs::read(&manifest).map_err(|e| Error::io("reading", &manifest, e))?;
    let records = wal::contents(&bytes);
    let mut restored = false;
    for (path, extent) in staged {
        let size = std::fs::metadata(&path)
            .map_err(|e| Error::io("reading", &path, e))?
            .len();
        let Some(number) = records
            .iter()
            .find_map(|record| number_of(record, extent, size))
        else {
            continue;
        };
        let place = directory.join(format!("{number:06}.sst"));
        if !place.exists() {
            std::fs::hard_link(&path, &place).map_err(|e| Error::io("linking", &place, e))?;
            tracing::warn!(target: "triplestore::kv", "{} is put back", place.display());
            restored = true;
        }
    }
    if restored {
        std::fs::File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(|e| Error::io("syncing", directory, e))?;
    }
    Ok(())
}

/// Staged page files and their extents.
fn staged_files(staging: &Path) -> Result<Vec<(PathBuf, u64)>> {
    let entries = match std::fs::read_dir(staging) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::io("listing", staging, e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| Error::io("listing", staging, e))?.path();
        if let Some(extent) = staged_extent(&path) {
            found.push((path, extent));
        }
    }
    Ok(found)
}

/// The number that a record of the manifest gives to the file of this extent and size.
fn number_of(record: &[u8], extent: u64, size: u64) -> Option<u64> {
    let mut pattern = Vec::new();
    put_varint(&mut pattern, size);
    pattern.push(INTERNAL_KEY_BYTES);
    pattern.extend_from_slice(&PageId::new(extent, 0).0.to_be_bytes()[..EXTENT_BYTES]);
    let at = record
        .windows(pattern.len())
        .position(|window| window == pattern)?;
    // Backwards: only the last byte of a varint has its top bit clear, and the level before it is one byte.
    let (&last, before) = record[..at].split_last()?;
    let more = before.iter().rev().take_while(|&&byte| byte & 0x80 != 0);
    Some(more.fold(u64::from(last), |number, &byte| {
        number << 7 | u64::from(byte & 0x7F)
    }))
}

#[cfg(test)]
mod tests {
    use super::super::{Kv, Open, Options};
    use super::*;

    #[test]
    fn files_that_the_manifest_names_are_put_back_from_where_they_were_staged() {
        let path = std::env::temp_dir().join(format!("ts-restore-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        let options = Options {
            open: Open::ReadWrite,
            ..Options::default()
        };
        let kv = Kv::open(&path, &options).unwrap();
        // Enough files that numbers take more than a byte.
        let extents: Vec<u64> = (1..150).chain([1 << 39]).collect();
        for &extent in &extents {
            let mut file = kv.page_file(extent);
            file.append(&extent.to_le_bytes()).unwrap();
            let written = file.finish().unwrap();
            // As if ingesting it had failed: a copy of what was staged stays.
            let staged = kv.directory.join(format!("{extent}-0.sst"));
            let kept = path.join(format!("{extent}-0.sst"));
            std::fs::copy(&staged, &kept).unwrap();
            kv.ingest(vec![written]).unwrap();
        }
        drop(kv);
        let staging = path.join("staging");
        for entry in std::fs::read_dir(&path).unwrap() {
            let entry = entry.unwrap().path();
            let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
            if staged_extent(&entry).is_some() {
                std::fs::rename(&entry, staging.join(name)).unwrap();
            } else if name.ends_with(".sst") {
                std::fs::remove_file(&entry).unwrap();
            }
        }
        let kv = Kv::open(&path, &options).unwrap();
        for &extent in &extents {
            let page = kv.page(PageId::new(extent, 0)).unwrap();
            assert_eq!(page, extent.to_le_bytes());
        }
        drop(kv);
        std::fs::remove_dir_all(&path).unwrap();
    }
}
