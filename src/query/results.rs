//! Results of a query, pulled by the caller.

use super::batch::{ResultBatch, ResultMemory};
use super::explain::{Explanation, ShownDataset, Work};
use super::formats::{WriteOptions, write_result};
use super::shape::Shape;
use crate::algebra::Query;
use crate::control::{Control, Phase};
use crate::error::{Code, Error, Result};
use crate::exec::{Batch, BoxOperator, Runtime};
use crate::expr::Terms;
use crate::plan::{Plan, describe};
use crate::store::BATCH_ROWS;
use crate::term::Id;
use std::io::Write;
use std::sync::Arc;

/// What a query gives.
pub enum QueryResults {
    /// SELECT.
    Rows(Rows),
    /// ASK.
    Boolean(bool),
    /// CONSTRUCT and DESCRIBE: rows of subject, predicate, object, each triple once.
    Graph(Rows),
}

impl QueryResults {
    /// The rows of a SELECT, CONSTRUCT or DESCRIBE.
    pub fn rows(self) -> Option<Rows> {
        match self {
            Self::Rows(rows) | Self::Graph(rows) => Some(rows),
            Self::Boolean(_) => None,
        }
    }
}

/// A cursor over rows. It owns the version it reads; dropping it ends the query.
pub struct Rows {
    query: Arc<Query>,
    plan: Arc<Plan>,
    runtime: Arc<Runtime>,
    operator: Option<BoxOperator>,
    /// Whether computed terms are forgotten when the next batch is worked.
    forgets: bool,
    memory: ResultMemory,
    shape: Shape,
    dataset: ShownDataset,
    batch: Batch,
    /// Rows of the batch given already.
    given: usize,
    rows: u64,
    row_limit: Option<u64>,
}

impl Rows {
    pub(super) fn new(
        query: Arc<Query>,
        plan: Arc<Plan>,
        runtime: Arc<Runtime>,
        operator: BoxOperator,
        shape: Shape,
        dataset: ShownDataset,
        row_limit: Option<u64>,
    ) -> Self {
        let memory = ResultMemory::new(&runtime.control);
        Self {
            query,
            forgets: plan.forgets(),
            plan,
            runtime,
            memory,
            operator: Some(operator),
            shape,
            dataset,
            batch: Batch::new(),
            given: 0,
            rows: 0,
            row_limit,
        }
    }

    /// Names of the columns, without a question mark.
    pub fn variables(&self) -> &[String] {
        &self.shape.columns
    }

    /// What the rows are.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Rows given so far.
    pub fn rows_so_far(&self) -> u64 {
        self.rows
    }

    /// Bytes written to temporary files so far.
    pub fn spooled_bytes(&self) -> u64 {
        self.runtime.spooled_bytes()
    }

    pub fn control(&self) -> &Control {
        &self.runtime.control
    }

    /// From the ids of [`Rows::next_ids`] to terms.
    pub fn terms(&self) -> &Terms {
        &self.runtime.terms
    }

    /// Replaces `out` by the next rows, at least one and at most `rows_max` (and at most
    /// [`BATCH_ROWS`]); false at the end.
    /// Errors: `Cancelled`, `QueryTimeout`, `ResourceExhausted`, `QueryLimit` for the row limit, those of the store. After
    /// an error the cursor has ended: every further call gives an error again.
    pub fn next(&mut self, rows_max: usize, out: &mut ResultBatch) -> Result<bool> {
        let filled = self.fill(rows_max, out);
        if filled.is_err() {
            self.operator = None;
        }
        filled
    }

    fn fill(&mut self, rows_max: usize, out: &mut ResultBatch) -> Result<bool> {
        let take = self.ready(rows_max)?;
        if take == 0 {
            self.runtime.control.set_phase(Phase::Done);
            return Ok(false);
        }
        let rows = self.given..self.given + take;
        let filled = out.fill(&self.batch, rows, &self.runtime.terms, &mut self.memory)?;
        self.count(filled)?;
        Ok(true)
    }

    /// Writes the rows that were not given yet as a document and returns how many.
    /// Errors: those of [`write_result`]; then the cursor has ended.
    pub fn write(&mut self, options: &WriteOptions, out: &mut dyn Write) -> Result<u64> {
        let (shape, control) = (self.shape.clone(), self.control().clone());
        let written = write_result(&shape, options, out, &control, &mut |batch| {
            self.next(BATCH_ROWS, batch)
        });
        if written.is_err() {
            // Rows that were worked and not written are lost.
            self.operator = None;
        }
        written
    }

    /// As [`Rows::next`], with ids instead of terms. Local ids (definition 3) mean nothing outside this cursor, and may be
    /// void after the next call.
    pub fn next_ids(&mut self, rows_max: usize, out: &mut Batch) -> Result<bool> {
        let more = self.pull(rows_max, out);
        if more.is_err() {
            self.operator = None;
        }
        more
    }

    fn pull(&mut self, rows_max: usize, out: &mut Batch) -> Result<bool> {
        let take = self.ready(rows_max)?;
        if take == 0 {
            return Ok(false);
        }
        let rows = self.given..self.given + take;
        self.count(take)?;
        if take == self.batch.len() {
            std::mem::swap(out, &mut self.batch);
            self.batch.reset(0);
            self.given = 0;
        } else {
            out.reset(self.batch.columns.len());
            for (to, from) in out.columns.iter_mut().zip(&self.batch.columns) {
                to.extend_from_slice(&from[rows.clone()]);
            }
            out.set_rows(take);
        }
        Ok(true)
    }

    /// Rows of the batch at hand that may be given next, at most `rows_max`; 0 at the end.
    fn ready(&mut self, rows_max: usize) -> Result<usize> {
        self.runtime.control.poll()?;
        let Some(operator) = &mut self.operator else {
            return Err(Error::new(
                Code::TransactionEnded,
                "the cursor has ended with an error",
            ));
        };
        if self.given == self.batch.len() {
            self.given = 0;
            if self.forgets {
                self.runtime.terms.forget()?;
            }
            if !operator.next(&mut self.batch)? {
                self.batch.reset(0);
                return Ok(0);
            }
            self.batch.compact();
        }
        Ok((self.batch.len() - self.given).min(rows_max.clamp(1, BATCH_ROWS)))
    }

    /// Counts rows as given. Errors: `QueryLimit`.
    fn count(&mut self, rows: usize) -> Result<()> {
        self.given += rows;
        self.rows += rows as u64;
        if let Some(limit) = self.row_limit
            && self.rows > limit
        {
            return Err(Error::new(
                Code::QueryLimit,
                format!("the result has more than {limit} rows, the limit set for it"),
            )
            .with_hint("add LIMIT to the query, or raise the row limit"));
        }
        self.runtime.control.add_rows(rows as u64);
        Ok(())
    }

    /// The plan, with what its operators have done so far.
    pub fn explain(&self) -> Explanation {
        Explanation {
            shape: self.shape.clone(),
            dataset: self.dataset.clone(),
            plan: describe(&self.plan, &self.query, &|id| show(&self.runtime, id)),
            work: Some(Work {
                rows: self.runtime.all_rows(),
                times: self.runtime.all_times(),
                result_rows: self.rows,
                memory_peak_bytes: self.control().memory().peak() as u64,
                spooled_bytes: self.runtime.spooled_bytes(),
                elapsed: self.runtime.elapsed(),
            }),
        }
    }
}

/// A term for a person to read.
pub(super) fn show(runtime: &Runtime, id: Id) -> String {
    let shown = runtime.terms.term(id).and_then(|term| {
        let mut text = Vec::new();
        term.as_ref().write_ntriples(&mut text, &mut |part, text| {
            text.extend_from_slice(format!("{part:?}").as_bytes());
            Ok(())
        })?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    });
    shown.unwrap_or_else(|_| format!("{id:?}"))
}
