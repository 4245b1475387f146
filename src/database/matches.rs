//! Quads that match a pattern, in batches of terms.

use super::{QuadPattern, Snapshot};
use crate::control::{Control, Phase};
use crate::error::Result;
use crate::exec::Batch;
use crate::expr::Terms;
use crate::query::{ResultBatch, ResultMemory, RowSource, Shape};
use crate::store::{BATCH_ROWS, QuadScan, QuadSource, ScanBatch};

/// A cursor over quads as rows of subject, predicate, object, graph; the graph is unbound in the default graph.
/// Owns what it reads.
pub struct QuadRows {
    /// `None` if nothing can match, or at the end.
    scan: Option<Box<dyn QuadScan>>,
    terms: Terms,
    control: Control,
    read: ScanBatch,
    /// Rows of `read` given already.
    given: usize,
    batch: Batch,
    memory: ResultMemory,
}

impl Snapshot {
    /// The quads that match a pattern, in the order of the scan that answers it. Cost: a batch of 2,048 rows is
    /// decoded once for each distinct term.
    /// Errors: `Corruption`, `CorruptBlock`, `Io`, `Cancelled`, `QueryTimeout`, `Closed`.
    pub fn quad_rows(&self, pattern: &QuadPattern, control: &Control) -> Result<QuadRows> {
        let pinned = self.for_cursor();
        let control = self.cursor_control(&pinned, control);
        control.poll()?;
        control.set_phase(Phase::Query);
        let spec = pinned.explain(pattern.resolve(pinned.version(), &control))?;
        let scan = match spec {
            Some(spec) => Some(pinned.scan(&spec, &control)?),
            None => None,
        };
        Ok(QuadRows {
            scan,
            terms: Terms::new(pinned, &control),
            memory: ResultMemory::new(&control),
            control,
            read: ScanBatch::default(),
            given: 0,
            batch: Batch::new(),
        })
    }
}

impl RowSource for QuadRows {
    fn next(&mut self, rows_max: usize, out: &mut ResultBatch) -> Result<bool> {
        self.control.poll()?;
        if self.given == self.read.len {
            let Some(scan) = &mut self.scan else {
                return Ok(false);
            };
            self.given = 0;
            scan.next(&mut self.read)?;
            if self.read.len == 0 {
                self.scan = None;
                self.control.set_phase(Phase::Done);
                return Ok(false);
            }
        }
        let end = self
            .read
            .len
            .min(self.given + rows_max.clamp(1, BATCH_ROWS));
        self.batch.reset(4);
        for (to, from) in self.batch.columns.iter_mut().zip(&self.read.columns) {
            to.extend_from_slice(&from[self.given..end]);
        }
        self.batch.set_rows(end - self.given);
        let rows = 0..end - self.given;
        let filled = out.fill(&self.batch, rows, &self.terms, &mut self.memory)?;
        self.control.add_rows(filled as u64);
        self.given += filled;
        Ok(true)
    }

    fn shape(&self) -> Shape {
        Shape::quads()
    }

    fn control(&self) -> &Control {
        &self.control
    }
}
