//! Where answers go: standard output, or a file that appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use triplestore::error::{Code, Error, Result};
use triplestore::load::Format;

const BUFFER_BYTES: usize = 64 << 10;

/// A buffered writer. [`Output::finish`] completes it; dropping it leaves a file as it was.
pub struct Output {
    out: BufWriter<File>,
    /// Where the text is until it is complete, and where it belongs.
    rename: Option<(PathBuf, PathBuf)>,
}

impl Output {
    /// A file or, without one, standard output. Errors: `Io`, `FileNotFound`.
    pub fn new(path: Option<&Path>) -> Result<Self> {
        match path {
            Some(path) => Self::file(path),
            None => Self::stdout(),
        }
    }

    /// Standard output, without the line buffer of [`io::stdout`]. Errors: `Io`.
    pub fn stdout() -> Result<Self> {
        let file = io::stdout()
            .as_fd()
            .try_clone_to_owned()
            .map(File::from)
            .map_err(write_error)?;
        Ok(Self {
            out: BufWriter::with_capacity(BUFFER_BYTES, file),
            rename: None,
        })
    }

    /// A file, written beside its place until it is complete. What is not a regular file (a device, a pipe) is
    /// written to directly. Errors: `Io`, `FileNotFound`.
    pub fn file(path: &Path) -> Result<Self> {
        // A link stays a link to what is written.
        let target = fs::canonicalize(path);
        let path = target.as_deref().unwrap_or(path);
        let direct = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
        let place = match direct {
            true => path.to_owned(),
            false => {
                let mut name = path.file_name().unwrap_or_default().to_owned();
                name.push(format!(".{}.partial", std::process::id()));
                path.with_file_name(name)
            }
        };
        let file = File::create(&place).map_err(|e| Error::io("cannot write", path, e))?;
        Ok(Self {
            out: BufWriter::with_capacity(BUFFER_BYTES, file),
            rename: (!direct).then(|| (place, path.to_owned())),
        })
    }

    /// Writes what is buffered and puts the file into its place. Errors: `Io`.
    pub fn finish(mut self) -> Result<()> {
        self.out.flush().map_err(write_error)?;
        if let Some((place, path)) = &self.rename {
            // Else a power cut could leave an empty file in the place of a complete one.
            let file = self.out.get_ref();
            file.sync_all()
                .and_then(|()| fs::rename(place, path))
                .map_err(|e| Error::io("cannot write", path, e))?;
        }
        self.rename = None;
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some((place, _)) = &self.rename {
            // Nothing more can be done about a partial file that cannot be removed.
            let _ = fs::remove_file(place);
        }
    }
}

/// Extensions of compressed files, which are not written.
const COMPRESSED: [&str; 3] = ["gz", "zst", "bz2"];

/// The RDF format of an output: by its name, else by the extension of the file, else `usual`. Errors: `UnknownFormat`.
pub fn format(name: Option<&str>, path: Option<&Path>, usual: Format) -> Result<Format> {
    let compressed = path.filter(|path| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|e| COMPRESSED.iter().any(|c| c.eq_ignore_ascii_case(e)))
    });
    if let Some(path) = compressed {
        return Err(Error::new(
            Code::UnknownFormat,
            format!("{} would not be compressed", path.display()),
        )
        .with_hint("leave -o out and compress what is written, as in: triplestore dump | gzip"));
    }
    match (name, path) {
        (Some(name), _) => Format::from_name(name),
        (None, Some(path)) => Format::from_path(path),
        (None, None) => Ok(usual),
    }
}

/// Whether standard output is a terminal.
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

#[cold]
pub fn write_error(error: io::Error) -> Error {
    Error::new(Code::Io, format!("cannot write the output: {error}")).because(error)
}

/// `text` with control characters other than line ends and tabs replaced, so that data cannot steer a terminal.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            c if c.is_control() => '\u{FFFD}',
            c => c,
        })
        .collect()
}
