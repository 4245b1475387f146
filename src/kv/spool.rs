//! Temporary bytes of one piece of work: what does not fit in memory, written once and read back in parts.
//!
//! On disk a spool is a file that lost its name when it was made, so it goes with its last handle or with the
//! process, whatever happens; it is never synced. A store in memory keeps its spools in memory.

use super::open::{Kv, Open};
use crate::error::{Code, Error, Result};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes gathered before they are written.
const WRITE_BYTES: usize = 256 << 10;
/// Bytes read ahead by a reader that is alone.
const READ_BYTES: usize = 128 << 10;
/// Bytes that all readers of one merge read ahead together, and the least of each.
const READ_BYTES_TOTAL: usize = 1 << 20;
const READ_BYTES_MIN: usize = 8 << 10;

/// Bytes that are appended, then read through [`SpoolReader`]s.
pub struct Spool {
    file: Option<File>,
    /// Not yet written; everything, if there is no file.
    buffer: Vec<u8>,
    written: u64,
}

impl Kv {
    /// An empty spool. Errors: `Io`.
    pub fn spool(&self) -> Result<Spool> {
        let file = match self.mode() {
            Open::Memory => None,
            Open::ReadWrite => Some(nameless_file(&self.directory)?),
            // Reading changes nothing in a store, nor need its directory be writable.
            Open::ReadOnly => Some(nameless_file(&std::env::temp_dir())?),
        };
        Ok(Spool {
            file,
            buffer: Vec::new(),
            written: 0,
        })
    }
}

fn nameless_file(directory: &Path) -> Result<File> {
    // A file that never had a name, where the file system can make one.
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_TMPFILE)
            .mode(0o600)
            .open(directory);
        if let Ok(file) = file {
            return Ok(file);
        }
    }
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = directory.join(format!("spool-{}-{number}", std::process::id()));
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(|e| Error::io("creating", &path, e))?;
    std::fs::remove_file(&path).map_err(|e| Error::io("unlinking", &path, e))?;
    Ok(file)
}

impl Spool {
    /// Bytes appended so far: where the next ones go.
    pub fn end(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// Errors: `Io`.
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.buffer.extend_from_slice(bytes);
        match self.file.is_some() && self.buffer.len() >= WRITE_BYTES {
            true => self.flush(),
            false => Ok(()),
        }
    }

    /// Makes what was appended readable. Errors: `Io`.
    pub fn flush(&mut self) -> Result<()> {
        if let Some(file) = &mut self.file {
            file.write_all(&self.buffer).map_err(failed)?;
            self.written += self.buffer.len() as u64;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Fills `out` from `offset` on. Errors: `Io`, also beyond what was flushed.
    pub fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        match &self.file {
            Some(file) => file.read_exact_at(out, offset).map_err(failed),
            None => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX);
                let to = from.saturating_add(out.len());
                match self.buffer.get(from..to) {
                    Some(bytes) => {
                        out.copy_from_slice(bytes);
                        Ok(())
                    }
                    None => Err(failed(std::io::ErrorKind::UnexpectedEof.into())),
                }
            }
        }
    }
}

#[cold]
fn failed(error: std::io::Error) -> Error {
    use std::io::ErrorKind;
    if matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded
    ) {
        return Error::new(
            Code::ResourceExhausted,
            format!("a temporary file of the store does not fit on its disk: {error}"),
        )
        .with_hint("free space, or give queries and loads more memory")
        .because(error);
    }
    Error::io("using a temporary file in", Path::new("the store"), error)
}

/// Reads a part of a flushed spool from its start to its end.
pub struct SpoolReader<'s> {
    spool: &'s Spool,
    /// What is not yet in `buffer`.
    rest: Range<u64>,
    buffer: Vec<u8>,
    next: usize,
    read_bytes: usize,
}

impl<'s> SpoolReader<'s> {
    pub fn new(spool: &'s Spool, part: Range<u64>) -> Self {
        Self {
            spool,
            rest: part,
            buffer: Vec::new(),
            next: 0,
            read_bytes: READ_BYTES,
        }
    }

    /// One of `readers` that are read side by side: it reads less ahead.
    #[must_use]
    pub fn among(mut self, readers: usize) -> Self {
        self.read_bytes = (READ_BYTES_TOTAL / readers.max(1)).clamp(READ_BYTES_MIN, READ_BYTES);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.next == self.buffer.len() && self.rest.is_empty()
    }

    /// The next `count` bytes. Errors: `Io`, also if there are fewer.
    #[inline]
    pub fn take(&mut self, count: usize) -> Result<&[u8]> {
        if self.buffer.len() - self.next < count {
            self.fill(count)?;
        }
        let from = self.next;
        self.next += count;
        Ok(&self.buffer[from..self.next])
    }

    fn fill(&mut self, count: usize) -> Result<()> {
        self.buffer.drain(..self.next);
        self.next = 0;
        let held = self.buffer.len();
        let missing = (count - held) as u64;
        let left = self.rest.end - self.rest.start;
        if missing > left {
            return Err(failed(std::io::ErrorKind::UnexpectedEof.into()));
        }
        let bytes = missing.max(self.read_bytes as u64).min(left);
        self.buffer.resize(held + bytes as usize, 0);
        self.spool
            .read_at(self.rest.start, &mut self.buffer[held..])?;
        self.rest.start += bytes;
        Ok(())
    }

    /// A number of four bytes. Errors: as [`SpoolReader::take`].
    #[inline]
    pub fn u32(&mut self) -> Result<u32> {
        let bytes = self.take(4)?;
        Ok(bytes.first_chunk().map_or(0, |b| u32::from_le_bytes(*b)))
    }

    /// A number of eight bytes. Errors: as [`SpoolReader::take`].
    #[inline]
    pub fn u64(&mut self) -> Result<u64> {
        let bytes = self.take(8)?;
        Ok(bytes.first_chunk().map_or(0, |b| u64::from_le_bytes(*b)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::*;

    fn round_trip(kv: &Kv) {
        let mut spool = kv.spool().unwrap();
        let mut parts = Vec::new();
        for part in 0..50u32 {
            let start = spool.end();
            for number in 0..part * 400 {
                spool.append(&(part + number).to_le_bytes()).unwrap();
            }
            parts.push(start..spool.end());
        }
        spool.flush().unwrap();
        for (part, range) in parts.into_iter().enumerate().rev() {
            let mut reader = SpoolReader::new(&spool, range);
            for number in 0..part * 400 {
                assert_eq!(reader.u32().unwrap(), (part + number) as u32);
            }
            assert!(reader.is_empty());
            assert_eq!(reader.u32().unwrap_err().code(), Code::Io);
        }
    }

    #[test]
    fn parts_read_back_as_they_were_appended_and_no_file_has_a_name() {
        let directory = std::env::temp_dir().join(format!("ts-spool-{}", std::process::id()));
        let kv = Kv::open(&directory, &Options::default()).unwrap();
        round_trip(&kv);
        let _held = kv.spool().unwrap();
        assert_eq!(std::fs::read_dir(&kv.directory).unwrap().count(), 0);
        drop(kv);
        std::fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_store_in_memory_spools_in_memory() {
        let options = Options {
            open: Open::Memory,
            ..Options::default()
        };
        round_trip(&Kv::open(Path::new("/memory"), &options).unwrap());
    }
}
