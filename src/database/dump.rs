//! Dumps: quads of the newest snapshot as a document.

use super::{Database, QuadPattern, Snapshot};
use crate::control::{Control, Phase};
use crate::error::{Code, Error, Result};
use crate::load::{Dump, DumpOptions, Format};
use crate::query::{RawTerms, ResultBatch, RowSource};
use crate::store::BATCH_ROWS;
use std::io::Write;
use std::path::Path;

/// A file to dump to.
#[derive(Clone, Copy, Debug)]
pub struct DumpTarget<'p> {
    /// Below `path_root`, if that is set.
    pub path: &'p Path,
    /// Default: by the file's extension.
    pub format: Option<Format>,
    /// Whether an existing file is replaced, else it is refused.
    pub overwrite: bool,
}

impl Database {
    /// Writes the quads that match a pattern to `out` as they are read, and returns how many. After an error `out` has
    /// received a part of the document.
    /// Errors: as [`Dump::new`] and [`Dump::statement`]; those of reading; those of `out`; `Cancelled`, `QueryTimeout`,
    /// `Closed`.
    pub fn dump(
        &self,
        pattern: &QuadPattern,
        format: Format,
        options: &DumpOptions,
        out: impl Write,
        control: &Control,
    ) -> Result<u64> {
        let control = &self.charged("dump", control);
        control.set_phase(Phase::Write);
        let mut dump = Dump::new(format, options, out)?;
        self.snapshot()?.dump(pattern, &mut dump, control)?;
        let written = dump.written();
        dump.finish()?;
        control.set_phase(Phase::Done);
        Ok(written)
    }

    /// As [`Database::dump`], to a file that is synced at the end. After an error the file is incomplete.
    /// Errors: also `InvalidPath`, `FileNotFound` (no such directory), `InvalidArgument` (the file exists),
    /// `UnknownFormat`.
    pub fn dump_file(
        &self,
        pattern: &QuadPattern,
        target: DumpTarget<'_>,
        options: &DumpOptions,
        control: &Control,
    ) -> Result<u64> {
        let path = target.path;
        let format = match target.format {
            Some(format) => format,
            None => Format::from_path(path)?,
        };
        let packed = path.extension().and_then(|extension| extension.to_str());
        if matches!(packed, Some("gz" | "zst" | "bz2")) {
            return Err(Error::new(
                Code::UnknownFormat,
                format!(
                    "{} names a compressed file; dumps are not compressed",
                    path.display()
                ),
            )
            .with_hint("dump without that extension, or through a callback that compresses"));
        }
        self.snapshot()?;
        let mut file = self.config().paths()?.create_file(path, target.overwrite)?;
        let written = self.dump(pattern, format, options, &mut file, control)?;
        file.sync_all()
            .map_err(|error| Error::io("syncing", path, error))?;
        Ok(written)
    }
}

impl Snapshot {
    /// Writes the quads that match a pattern, each distinct term of a batch decoded once; returns how many were read.
    /// Errors: as [`Snapshot::quads`], those of the writer.
    pub fn dump<W: Write>(
        &self,
        pattern: &QuadPattern,
        out: &mut Dump<W>,
        control: &Control,
    ) -> Result<u64> {
        let mut quads = self.quad_rows(pattern, control)?;
        control.set_phase(Phase::Write);
        let (mut batch, mut rows) = (ResultBatch::new(), 0);
        while quads.next(BATCH_ROWS, &mut batch)? {
            let terms = RawTerms::new(&batch);
            for row in 0..batch.rows() {
                terms.statement(row, &mut |[s, p, o], graph| out.statement(s, p, o, graph))?;
            }
            rows += batch.rows() as u64;
        }
        Ok(rows)
    }
}
