//! Strings to the bytes of a page.

use super::*;
use crate::error::{Code, Error, Result};
use zstd::bulk::Compressor;

/// Whether the body of a page is compressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Compression {
    Stored,
    /// Zstandard at `level`, kept only if it saves at least `min_saving_percent` of the body.
    Zstd {
        level: i32,
        min_saving_percent: u8,
    },
}

/// What became of a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PageStats {
    pub slots: usize,
    /// Bytes that were appended.
    pub bytes: usize,
    /// Bytes a decoded page holds in memory.
    pub body_bytes: usize,
    pub compressed: bool,
}

/// Collects the strings of one page after the other.
pub struct PageBuilder {
    target_bytes: usize,
    slots: usize,
    /// Where each run starts in `data`.
    runs: Vec<u32>,
    /// A bit for each slot, lowest bit first, set if it is absent.
    absent: Vec<u8>,
    has_absent: bool,
    data: Vec<u8>,
    /// The last string of the current run.
    previous: Option<Vec<u8>>,
    spare: Vec<u8>,
    compressor: Option<(Compression, PageCompressor)>,
}

/// Compresses finished pages. One per thread.
pub struct PageCompressor {
    min_saving_percent: usize,
    compressor: Compressor<'static>,
}

impl PageCompressor {
    /// Errors: `Internal` if Zstandard cannot be set up.
    pub fn new(level: i32, min_saving_percent: u8) -> Result<Self> {
        Ok(Self {
            min_saving_percent: usize::from(min_saving_percent),
            compressor: Compressor::new(level).map_err(failed)?,
        })
    }

    /// Compresses the stored page that begins at `start` and ends with the bytes, if that saves enough; says
    /// whether it did. Errors: `Internal` if compression fails; the page is then as it was.
    pub fn compress(&mut self, page: &mut Vec<u8>, start: usize) -> Result<bool> {
        let body = start + HEADER_BYTES;
        let stored = page.get(body..).unwrap_or_default();
        let compressed = self.compressor.compress(stored).map_err(failed)?;
        let saving_bytes = stored.len() * self.min_saving_percent / 100;
        let is_smaller = compressed.len() + saving_bytes.max(1) <= stored.len();
        if is_smaller {
            page[start + 1] = METHOD_ZSTD;
            page.truncate(body);
            page.extend_from_slice(&compressed);
        }
        Ok(is_smaller)
    }
}

#[cold]
fn failed(error: std::io::Error) -> Error {
    Error::new(Code::Internal, "compressing a page failed").because(error)
}

impl PageBuilder {
    /// A builder whose pages are full when their body reaches `target_bytes` (of which more than
    /// 8 MiB are taken as 8 MiB).
    pub fn new(target_bytes: usize) -> Self {
        Self {
            target_bytes: target_bytes.min(MAX_BODY_BYTES / 2),
            slots: 0,
            runs: Vec::new(),
            absent: Vec::new(),
            has_absent: false,
            data: Vec::new(),
            previous: None,
            spare: Vec::new(),
            compressor: None,
        }
    }

    /// Slots so far.
    pub fn len(&self) -> usize {
        self.slots
    }

    pub fn is_empty(&self) -> bool {
        self.slots == 0
    }

    /// Bytes of the body so far.
    pub fn body_bytes(&self) -> usize {
        let bitmap = if self.has_absent {
            self.absent.len()
        } else {
            0
        };
        BODY_HEADER_BYTES + 4 * self.runs.len() + bitmap + self.data.len()
    }

    /// Whether the page has reached its target or its most slots and should be finished.
    pub fn is_full(&self) -> bool {
        self.slots >= MAX_SLOTS || self.body_bytes() >= self.target_bytes
    }

    /// Adds a string in the next slot.
    ///
    /// Errors: `TermTooLarge` above [`MAX_STRING_BYTES`]; `Internal` if the page was full long
    /// ago. The page is as before then.
    pub fn push(&mut self, string: &[u8]) -> Result<()> {
        if string.len() > MAX_STRING_BYTES {
            return Err(Error::new(
                Code::TermTooLarge,
                format!("a string of {} bytes is too long for a page", string.len()),
            ));
        }
        self.start_slot(string.len())?;
        let shared = match &self.previous {
            Some(previous) => {
                let shared = shared_prefix(previous, string);
                write_varint(shared, &mut self.data);
                shared
            }
            None => 0,
        };
        write_varint(string.len() - shared, &mut self.data);
        self.data.extend_from_slice(&string[shared..]);
        let previous = self
            .previous
            .get_or_insert_with(|| std::mem::take(&mut self.spare));
        previous.truncate(shared);
        previous.extend_from_slice(&string[shared..]);
        self.slots += 1;
        Ok(())
    }

    /// Leaves the next slot absent. Errors: `Internal` if the page was full long ago.
    pub fn push_absent(&mut self) -> Result<()> {
        self.start_slot(0)?;
        self.absent[self.slots / 8] |= 1 << (self.slots % 8);
        self.has_absent = true;
        self.slots += 1;
        Ok(())
    }

    fn start_slot(&mut self, string_bytes: usize) -> Result<()> {
        // Two lengths of three bytes, a run, and the bitmap where it begins to count.
        let most = self.body_bytes() + string_bytes + 6 + 4 + self.absent.len() + 1;
        if self.slots >= MAX_SLOTS || most > MAX_BODY_BYTES {
            return Err(Error::new(
                Code::Internal,
                "a string was pushed to a full page",
            ));
        }
        if self.slots.is_multiple_of(RUN_SLOTS) {
            self.runs.push(self.data.len() as u32);
            if let Some(mut previous) = self.previous.take() {
                previous.clear();
                self.spare = previous;
            }
        }
        if self.slots.is_multiple_of(8) {
            self.absent.push(0);
        }
        Ok(())
    }

    /// Appends the page to `out` and starts the next one.
    ///
    /// Errors: `Internal` if compression fails; `out` is then as it was and the page is kept.
    pub fn finish(&mut self, compression: Compression, out: &mut Vec<u8>) -> Result<PageStats> {
        let start = out.len();
        let body_bytes = self.body_bytes();
        out.extend_from_slice(&[FORMAT_VERSION, METHOD_STORED]);
        out.extend_from_slice(&(body_bytes as u32).to_le_bytes());
        out.extend_from_slice(&(self.slots as u32).to_le_bytes());
        out.push(if self.has_absent { HAS_ABSENT } else { 0 });
        for run in &self.runs {
            out.extend_from_slice(&run.to_le_bytes());
        }
        if self.has_absent {
            out.extend_from_slice(&self.absent);
        }
        out.extend_from_slice(&self.data);

        let compressed = match compression {
            Compression::Stored => false,
            Compression::Zstd {
                level,
                min_saving_percent,
            } => {
                let compressor = match &mut self.compressor {
                    Some((made_for, compressor)) if *made_for == compression => compressor,
                    other => {
                        let made = PageCompressor::new(level, min_saving_percent);
                        let made = made.inspect_err(|_| out.truncate(start))?;
                        &mut other.insert((compression, made)).1
                    }
                };
                let compressed = compressor.compress(out, start);
                compressed.inspect_err(|_| out.truncate(start))?
            }
        };
        let stats = PageStats {
            slots: self.slots,
            bytes: out.len() - start,
            body_bytes,
            compressed,
        };
        self.clear();
        Ok(stats)
    }

    fn clear(&mut self) {
        self.slots = 0;
        self.runs.clear();
        self.absent.clear();
        self.has_absent = false;
        self.data.clear();
        self.previous = None;
    }
}

/// Seven bits a byte, lowest first, the top bit set in all but the last. Values are below 2^21.
fn write_varint(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
