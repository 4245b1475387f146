//! Where the bytes come from: a file, memory, a reader or a pipe, plain or compressed.
//!
//! Compression is recognised by magic bytes, whatever a file is called. Every read polls the
//! cancel token and counts compressed bytes as progress.

use super::pipe::PipeReader;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes asked of the source at a time.
const READ_BYTES: usize = 256 << 10;

/// Bytes at the start of a source that decide how it is compressed.
const MAGIC_BYTES: usize = 10;

/// How a source is compressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
    Bzip2,
}

impl Compression {
    fn of(magic: &[u8]) -> Self {
        /// A bzip2 stream goes on with the digits of pi (a block) or of its root (the end).
        const BZIP2: [&[u8]; 2] = [b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90"];
        if magic.starts_with(b"\x1f\x8b") {
            Compression::Gzip
        } else if magic.starts_with(b"\x28\xb5\x2f\xfd") {
            Compression::Zstd
        } else if magic.starts_with(b"BZh") && BZIP2.contains(&&magic[4.min(magic.len())..]) {
            Compression::Bzip2
        } else {
            Compression::None
        }
    }

    fn name(self) -> &'static str {
        match self {
            Compression::None => "plain",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Bzip2 => "bzip2",
        }
    }
}

/// A document to be read: decompressed bytes on demand.
pub struct Input<'a> {
    reader: Box<dyn Read + Send + 'a>,
    compression: Compression,
    name: Option<String>,
    source_bytes: Option<u64>,
    max_bytes: Option<u64>,
    delivered: u64,
    /// The source itself failed, not the decoder.
    source_failed: Arc<AtomicBool>,
}

impl<'a> Input<'a> {
    /// A file. `max_bytes` bounds the size of the file and the size of what it decompresses to
    /// (`max_file_size` of a load). Errors: `FileNotFound`, `Io`, `FileTooLarge`, `InvalidPath`
    /// for a directory, and those of [`Input::read`].
    pub fn file(path: &Path, max_bytes: Option<u64>, control: &Control) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::io("cannot open", path, e))?;
        let metadata = file
            .metadata()
            .map_err(|e| Error::io("cannot look at", path, e))?;
        if metadata.is_dir() {
            return Err(Error::new(
                Code::InvalidPath,
                format!("{} is a directory", path.display()),
            )
            .with_hint("name the files in it one by one"));
        }
        // A pipe or device has no length.
        let bytes = metadata.is_file().then_some(metadata.len());
        let name = path.display().to_string();
        Self::new(Box::new(file), Some(name), bytes, max_bytes, control)
    }

    /// A document in memory. Errors: as [`Input::file`].
    pub fn memory(bytes: &'a [u8], max_bytes: Option<u64>, control: &Control) -> Result<Self> {
        let length = Some(bytes.len() as u64);
        Self::new(Box::new(bytes), None, length, max_bytes, control)
    }

    /// Anything that reads; `name` stands for it in messages. Errors: as [`Input::file`].
    pub fn reader(
        reader: impl Read + Send + 'a,
        name: Option<String>,
        max_bytes: Option<u64>,
        control: &Control,
    ) -> Result<Self> {
        Self::new(Box::new(reader), name, None, max_bytes, control)
    }

    /// The receiving end of a [`pipe`](super::pipe::pipe). Waits for the first bytes.
    /// Errors: as [`Input::file`], and that of an aborted pipe.
    pub fn pushed(
        pipe: PipeReader,
        name: Option<String>,
        max_bytes: Option<u64>,
        control: &Control,
    ) -> Result<Input<'static>> {
        Input::new(Box::new(pipe), name, None, max_bytes, control)
    }

    fn new(
        source: Box<dyn Read + Send + 'a>,
        name: Option<String>,
        source_bytes: Option<u64>,
        max_bytes: Option<u64>,
        control: &Control,
    ) -> Result<Self> {
        if let (Some(bytes), Some(limit)) = (source_bytes, max_bytes)
            && bytes > limit
        {
            return Err(too_large(name.as_deref(), bytes, limit));
        }
        let source_failed = Arc::new(AtomicBool::new(false));
        let mut source = Source {
            reader: source,
            control: control.clone(),
            name: name.clone(),
            failed: source_failed.clone(),
            taken: 0,
            max_bytes,
        };
        let mut magic = Vec::with_capacity(MAGIC_BYTES);
        Read::by_ref(&mut source)
            .take(MAGIC_BYTES as u64)
            .read_to_end(&mut magic)
            .map_err(from_io)?;
        let compression = Compression::of(&magic);
        let whole = io::Cursor::new(magic).chain(source);
        let reader: Box<dyn Read + Send + 'a> = match compression {
            Compression::None => Box::new(whole),
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(
                io::BufReader::with_capacity(READ_BYTES, whole),
            )),
            Compression::Zstd => Box::new(
                zstd::stream::read::Decoder::with_buffer(io::BufReader::with_capacity(
                    READ_BYTES, whole,
                ))
                .map_err(from_io)?,
            ),
            Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(
                io::BufReader::with_capacity(READ_BYTES, whole),
            )),
        };
        Ok(Self {
            reader,
            compression,
            name,
            source_bytes,
            max_bytes,
            delivered: 0,
            source_failed,
        })
    }

    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// The name of the document in messages: the path of a file.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The size of the source before decompression, where it is known: what progress is
    /// measured against.
    pub fn source_bytes(&self) -> Option<u64> {
        self.source_bytes
    }

    /// Fills `buffer` as far as there are bytes; less than its length only at the end.
    ///
    /// Errors: `Cancelled`, `QueryTimeout`; `Io` from the source; `TruncatedInput` when
    /// compressed data is damaged or ends too early; `FileTooLarge`.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.decoding_error(e)),
            }
        }
        self.delivered += filled as u64;
        match self.max_bytes {
            Some(limit) if self.delivered > limit => {
                Err(too_large(self.name(), self.delivered, limit))
            }
            _ => Ok(filled),
        }
    }

    #[cold]
    fn decoding_error(&self, error: io::Error) -> Error {
        if self.compression == Compression::None || self.source_failed.load(Ordering::Relaxed) {
            return from_io(error);
        }
        let what = match error.kind() {
            io::ErrorKind::UnexpectedEof => "ends too early",
            _ => "is damaged",
        };
        let name = self.compression.name();
        Error::new(
            Code::TruncatedInput,
            format!("the {name} data {what}: {error}"),
        )
        .at(crate::error::Position {
            offset: self.delivered,
            file: self.name.clone(),
            ..Default::default()
        })
        .with_hint("transfer the file again, or check it with the tool that wrote it")
        .because(error)
    }
}

/// The raw source: polls, counts, and marks its own failures.
struct Source<'a> {
    reader: Box<dyn Read + Send + 'a>,
    control: Control,
    name: Option<String>,
    failed: Arc<AtomicBool>,
    taken: u64,
    max_bytes: Option<u64>,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let fail = |error: Error| {
            self.failed.store(true, Ordering::Relaxed);
            io::Error::other(error)
        };
        self.control.poll().map_err(fail)?;
        let n = match self.reader.read(buffer) {
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Err(e),
            Err(e) => {
                let error = match e.downcast::<Error>() {
                    Ok(error) => error,
                    Err(e) => {
                        let name = self.name.as_deref().unwrap_or("the input");
                        Error::new(Code::Io, format!("cannot read {name}: {e}")).because(e)
                    }
                };
                return Err(fail(error));
            }
        };
        self.taken += n as u64;
        if let Some(limit) = self.max_bytes
            && self.taken > limit
        {
            return Err(fail(too_large(self.name.as_deref(), self.taken, limit)));
        }
        self.control.add_bytes(n as u64);
        Ok(n)
    }
}

/// The error of this crate inside an `io::Error`, or an `Io` error.
pub(super) fn from_io(error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => {
            Error::new(Code::Io, format!("cannot read the input: {error}")).because(error)
        }
    }
}

#[cold]
fn too_large(name: Option<&str>, bytes: u64, limit: u64) -> Error {
    let name = name.unwrap_or("the input");
    Error::new(
        Code::FileTooLarge,
        format!("{name} has {bytes} bytes or more; max_file_size is {limit}"),
    )
    .with_hint("raise max_file_size; it counts decompressed bytes as well")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const TEXT: &str = "<http://e/s> <http://e/p> \"some text that is worth compressing\" .\n";

    fn text() -> Vec<u8> {
        TEXT.repeat(5000).into_bytes()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn bzip2(bytes: &[u8]) -> Vec<u8> {
        let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        let mut writer = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        writer.include_checksum(true).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn read_all(bytes: &[u8], max_bytes: Option<u64>) -> Result<Vec<u8>> {
        let mut input = Input::memory(bytes, max_bytes, &Control::new())?;
        let mut all = Vec::new();
        let mut buffer = [0; 1000];
        loop {
            let n = input.read(&mut buffer)?;
            all.extend_from_slice(&buffer[..n]);
            if n < buffer.len() {
                return Ok(all);
            }
        }
    }

    #[test]
    fn every_compression_is_recognised_by_its_bytes() {
        for packed in [text(), gzip(&text()), zstd(&text()), bzip2(&text())] {
            assert!(read_all(&packed, None).unwrap() == text());
        }
        for short in [&b""[..], b"B", b"BZh", b"BZh91AY&", b"\x1f", b"BZh1: "] {
            assert_eq!(read_all(short, None).unwrap(), short);
        }
        for empty in [gzip(b""), zstd(b""), bzip2(b"")] {
            assert_eq!(read_all(&empty, None).unwrap(), b"");
        }
    }

    #[test]
    fn several_members_are_one_document() {
        for pack in [gzip, zstd, bzip2] {
            let members = [pack(b"one\n"), pack(b"two\n")].concat();
            assert_eq!(read_all(&members, None).unwrap(), b"one\ntwo\n");
        }
    }

    #[test]
    fn compressed_data_that_ends_too_early_is_truncated_input() {
        for pack in [gzip, zstd, bzip2] {
            let packed = pack(&text());
            for cut in [11, packed.len() / 2, packed.len() - 1] {
                let error = read_all(&packed[..cut], None).unwrap_err();
                assert_eq!(error.code(), Code::TruncatedInput, "{error}");
            }
        }
    }

    #[test]
    fn damaged_compressed_data_is_truncated_input() {
        for pack in [gzip, zstd, bzip2] {
            let mut packed = pack(&text());
            let middle = packed.len() / 2;
            for byte in &mut packed[middle..middle + 8] {
                *byte ^= 0xA5;
            }
            let outcome = read_all(&packed, None).map(|text| text.len());
            let code = outcome.map_err(|error| error.code());
            assert_eq!(code, Err(Code::TruncatedInput));
        }
    }

    #[test]
    fn the_size_limit_counts_decompressed_bytes() {
        let size = text().len() as u64;
        for packed in [text(), gzip(&text())] {
            assert!(read_all(&packed, Some(size)).is_ok());
            let error = read_all(&packed, Some(size - 1)).unwrap_err();
            assert_eq!(error.code(), Code::FileTooLarge);
        }
    }

    #[test]
    fn a_failing_source_is_an_io_error_even_when_compressed() {
        struct Failing(Vec<u8>);
        impl Read for Failing {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if self.0.is_empty() {
                    return Err(io::Error::from(io::ErrorKind::ConnectionReset));
                }
                let n = buffer.len().min(self.0.len());
                buffer[..n].copy_from_slice(&self.0[..n]);
                self.0.drain(..n);
                Ok(n)
            }
        }
        let half = gzip(&text());
        let half = half[..half.len() / 2].to_vec();
        let control = Control::new();
        let mut input = Input::reader(Failing(half), None, None, &control).unwrap();
        let error = input.read(&mut vec![0; 1 << 20]).unwrap_err();
        assert_eq!(error.code(), Code::Io);
    }

    #[test]
    fn reading_counts_compressed_bytes_and_stops_when_cancelled() {
        let control = Control::new();
        let packed = gzip(&text());
        let mut input = Input::memory(&packed, None, &control).unwrap();
        assert_eq!(input.compression(), Compression::Gzip);
        input.read(&mut vec![0; 1 << 20]).unwrap();
        assert_eq!(control.progress().bytes, packed.len() as u64);
        let mut input = Input::memory(&packed, None, &control).unwrap();
        control.cancel_token().cancel();
        let error = input.read(&mut [0; 10]).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled);
    }

    #[test]
    fn a_missing_file_and_a_directory_have_their_own_codes() {
        let control = Control::new();
        let open = |path: &str| Input::file(Path::new(path), None, &control).map(|_| ());
        let missing = open("/nonexistent/a.nt").unwrap_err();
        assert_eq!(missing.code(), Code::FileNotFound);
        assert_eq!(open("/").unwrap_err().code(), Code::InvalidPath);
    }
}
