//! Rows on disk: written in chunks, read back as batches.

use super::batch::Batch;
use super::operator::{Operator, Runtime, SpillCharge};
use crate::control::Charge;
use crate::error::Result;
use crate::store::{BATCH_ROWS, Spool};
use std::sync::Arc;

/// A temporary file of rows. Charged to the account of temporary files until it is dropped.
pub struct RowSpool {
    runtime: Arc<Runtime>,
    file: Box<dyn Spool>,
    end: u64,
    disk: Charge,
    bytes: Vec<u8>,
}

/// Rows of one width in a spool, in the order in which they were written.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Offset and rows of each chunk.
    chunks: Vec<(u64, u32)>,
    rows: u64,
}

impl Part {
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

impl RowSpool {
    /// Errors: `Io`, `ResourceExhausted`.
    pub fn new(runtime: &Arc<Runtime>) -> Result<Self> {
        Ok(Self {
            runtime: runtime.clone(),
            file: runtime.source.spool()?,
            end: 0,
            disk: runtime.control.spool().charge(0)?,
            bytes: Vec::new(),
        })
    }

    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// Writes rows of `width` values one after the other, at most [`BATCH_ROWS`], behind those of `part`.
    /// Errors: `Io`, `ResourceExhausted` for the limit of temporary files or a full disk, `Cancelled`, `QueryTimeout`.
    pub fn write(&mut self, values: &[u64], width: usize, part: &mut Part) -> Result<()> {
        let rows = values.len() / width.max(1);
        if rows == 0 {
            return Ok(());
        }
        self.runtime.control.poll()?;
        let bytes = size_of_val(values);
        self.disk.resize(self.disk.bytes().saturating_add(bytes))?;
        self.bytes.clear();
        self.bytes
            .extend(values.iter().flat_map(|value| value.to_le_bytes()));
        self.file.write(&self.bytes)?;
        self.runtime.add_spooled(bytes);
        part.chunks.push((self.end, rows as u32));
        part.rows += rows as u64;
        self.end += bytes as u64;
        Ok(())
    }

    fn read(
        &self,
        offset: u64,
        rows: usize,
        bytes: &mut Vec<u8>,
        columns: &mut [Vec<u64>],
    ) -> Result<()> {
        let width = columns.len();
        bytes.resize(rows * width * size_of::<u64>(), 0);
        self.file.read(offset, bytes)?;
        let values = bytes.as_chunks().0;
        for (index, column) in columns.iter_mut().enumerate() {
            column.extend(
                values
                    .iter()
                    .skip(index)
                    .step_by(width)
                    .map(|value| u64::from_le_bytes(*value)),
            );
        }
        Ok(())
    }
}

/// The rows of a part, as an operator.
pub struct PartReader {
    runtime: Arc<Runtime>,
    spool: Arc<RowSpool>,
    width: usize,
    part: Part,
    next: usize,
    bytes: Vec<u8>,
}

impl PartReader {
    pub fn new(spool: &Arc<RowSpool>, part: Part, width: usize) -> Self {
        Self {
            runtime: spool.runtime.clone(),
            spool: spool.clone(),
            width,
            part,
            next: 0,
            bytes: Vec::new(),
        }
    }

    /// Reads from the start again.
    pub fn rewind(&mut self) {
        self.next = 0;
    }

    pub fn rows(&self) -> u64 {
        self.part.rows
    }

    /// Replaces the batch by the rows of the next chunk; false at the end.
    pub fn next_chunk(&mut self, batch: &mut Batch) -> Result<bool> {
        self.read(batch, 1)
    }

    fn read(&mut self, batch: &mut Batch, rows_wanted: usize) -> Result<bool> {
        self.runtime.control.poll()?;
        batch.reset(self.width);
        let mut rows = 0;
        while rows < rows_wanted
            && let Some(&(offset, more)) = self.part.chunks.get(self.next)
        {
            let more = more as usize;
            if rows + more > BATCH_ROWS {
                break;
            }
            self.spool
                .read(offset, more, &mut self.bytes, &mut batch.columns)?;
            rows += more;
            self.next += 1;
        }
        batch.set_rows(rows);
        Ok(rows > 0)
    }
}

impl Operator for PartReader {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        self.read(batch, BATCH_ROWS)
    }
}

/// Gathers rows into chunks of a part.
pub struct PartWriter {
    width: usize,
    values: Vec<u64>,
    /// Values at which a chunk is written.
    full: usize,
    part: Part,
}

impl PartWriter {
    /// Chunks take about `bytes`.
    pub fn new(width: usize, bytes: usize) -> Self {
        Self {
            width,
            values: Vec::new(),
            full: chunk_rows(width, bytes) * width,
            part: Part::default(),
        }
    }

    /// Errors: those of [`RowSpool::write`].
    #[inline]
    pub fn push(&mut self, row: impl IntoIterator<Item = u64>, spool: &mut RowSpool) -> Result<()> {
        self.values.extend(row);
        match self.values.len() >= self.full {
            true => self.flush(spool),
            false => Ok(()),
        }
    }

    fn flush(&mut self, spool: &mut RowSpool) -> Result<()> {
        spool.write(&self.values, self.width, &mut self.part)?;
        self.values.clear();
        Ok(())
    }

    /// The rows since the last call, as a part of their own. Errors: those of [`RowSpool::write`].
    pub fn finish(&mut self, spool: &mut RowSpool) -> Result<Part> {
        self.flush(spool)?;
        Ok(std::mem::take(&mut self.part))
    }
}

/// Rows of a chunk of about `bytes`.
pub fn chunk_rows(width: usize, bytes: usize) -> usize {
    (bytes / (width.max(1) * size_of::<u64>())).clamp(4, BATCH_ROWS)
}

/// Runs of rows being written one after the other.
pub struct RunWriter {
    runtime: Arc<Runtime>,
    /// Runs merged at a time.
    fan_in: usize,
    spool: RowSpool,
    writer: PartWriter,
    runs: Vec<Part>,
    buffer: Charge,
}

/// What [`RunWriter::finish`] leaves: at most as many runs as are merged at a time, and the memory for reading them.
pub struct Runs {
    pub spool: Arc<RowSpool>,
    pub runs: Vec<Part>,
    pub buffer: Charge,
}

impl RunWriter {
    /// Of rows with `width` values. Errors: `Io`, `ResourceExhausted`.
    pub fn new(
        runtime: &Arc<Runtime>,
        width: usize,
        fan_in: usize,
        memory: &mut SpillCharge,
    ) -> Result<Self> {
        let buffer = memory.buffer()?;
        Ok(Self {
            runtime: runtime.clone(),
            fan_in,
            spool: RowSpool::new(runtime)?,
            writer: PartWriter::new(width, buffer.bytes() / fan_in),
            runs: Vec::new(),
            buffer,
        })
    }

    /// Appends the next row of the run. Errors: those of [`RowSpool::write`].
    pub fn push(&mut self, row: impl IntoIterator<Item = u64>) -> Result<()> {
        self.writer.push(row, &mut self.spool)
    }

    /// The next row begins another run. Errors: those of [`RowSpool::write`].
    pub fn end_run(&mut self) -> Result<()> {
        let run = self.writer.finish(&mut self.spool)?;
        if run.rows() > 0 {
            self.runs.push(run);
        }
        Ok(())
    }

    /// Merges runs until few are left: `merge` writes the rows of some of them, in order.
    /// Errors: those of [`RowSpool::write`] and of `merge`.
    pub fn finish(
        mut self,
        mut merge: impl FnMut(&Arc<RowSpool>, &[Part], &mut PartWriter, &mut RowSpool) -> Result<()>,
    ) -> Result<Runs> {
        let mut spool = Arc::new(self.spool);
        while self.runs.len() > self.fan_in {
            let mut wider = RowSpool::new(&self.runtime)?;
            let mut runs = Vec::new();
            for group in self.runs.chunks(self.fan_in) {
                merge(&spool, group, &mut self.writer, &mut wider)?;
                runs.push(self.writer.finish(&mut wider)?);
            }
            spool = Arc::new(wider);
            self.runs = runs;
        }
        Ok(Runs {
            spool,
            runs: self.runs,
            buffer: self.buffer,
        })
    }
}
