//! Graphs in the RDF formats.

use super::{Polled, RawTerms, ResultBatch};
use crate::error::Result;
use crate::load::{Dump, DumpOptions, Format};

/// A graph being written: rows of subject, predicate, object and, for quads, graph.
pub struct GraphWriter<'a> {
    dump: Dump<Polled<'a>>,
}

impl<'a> GraphWriter<'a> {
    /// Errors: those of [`Dump::new`].
    pub fn new(format: Format, options: &DumpOptions, out: Polled<'a>) -> Result<Self> {
        Ok(Self {
            dump: Dump::new(format, options, out)?,
        })
    }

    /// Errors: those of [`Dump::statement`].
    pub fn batch(&mut self, batch: &ResultBatch) -> Result<()> {
        let terms = RawTerms::new(batch);
        for row in 0..batch.rows() {
            terms.statement(row, &mut |[s, p, o], graph| {
                self.dump.statement(s, p, o, graph)
            })?;
        }
        Ok(())
    }

    /// Completes the document and returns how many statements it has. Errors: those of [`Dump::finish`].
    pub fn finish(self) -> Result<u64> {
        let written = self.dump.written();
        self.dump.finish()?;
        Ok(written)
    }
}
