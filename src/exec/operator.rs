//! What an operator is, and what all operators of a query share.

use super::batch::Batch;
use super::service::Services;
use crate::control::{Charge, Control};
use crate::error::Result;
use crate::expr::Terms;
use crate::store::{QuadSource, View};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A node of a running plan, pulled from above.
pub trait Operator: Send {
    /// Replaces the batch by the next rows; `false` at the end, and then again on every further call. A batch
    /// given with `true` has at least one row that counts.
    /// Errors: `Cancelled`, `QueryTimeout`, `ResourceExhausted`, those of the source and the dictionary. After an
    /// error the operator must not be called again.
    fn next(&mut self, batch: &mut Batch) -> Result<bool>;

    /// Tells that rows whose sort columns are below `key` are not needed any more. An operator may go on giving
    /// them.
    fn skip_to(&mut self, _key: &[u64]) -> Result<()> {
        Ok(())
    }
}

pub type BoxOperator = Box<dyn Operator>;

/// What all operators of a running query share.
pub struct Runtime {
    pub source: Arc<dyn QuadSource>,
    pub terms: Terms,
    pub control: Control,
    pub view: View,
    /// What answers SERVICE; `None`: it is off.
    pub services: Option<Arc<Services>>,
    /// Rows each plan node has given, by its number.
    rows: Vec<AtomicU64>,
    /// Nanoseconds each plan node and those below it took; empty if they are not measured.
    times: Vec<AtomicU64>,
    started: Instant,
}

impl Runtime {
    pub fn new(
        source: Arc<dyn QuadSource>,
        terms: Terms,
        control: Control,
        view: View,
        nodes: usize,
    ) -> Self {
        Self {
            source,
            terms,
            control,
            view,
            services: None,
            rows: (0..nodes).map(|_| AtomicU64::new(0)).collect(),
            times: Vec::new(),
            started: Instant::now(),
        }
    }

    /// Measures the time of each plan node, at two looks at the clock for each of its batches.
    #[must_use]
    pub fn timed(mut self) -> Self {
        self.times = self.rows.iter().map(|_| AtomicU64::new(0)).collect();
        self
    }

    /// Time since the query was started.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Time taken so far by each plan node and those below it; `None` if it is not measured.
    pub fn all_times(&self) -> Option<Vec<Duration>> {
        let times = || self.times.iter();
        (!self.times.is_empty()).then(|| {
            times()
                .map(|time| Duration::from_nanos(time.load(Ordering::Relaxed)))
                .collect()
        })
    }

    /// With what answers SERVICE.
    #[must_use]
    pub fn with_services(mut self, services: Option<Arc<Services>>) -> Self {
        self.services = services;
        self
    }

    /// Rows given so far by plan node `node`.
    pub fn rows(&self, node: usize) -> u64 {
        self.rows
            .get(node)
            .map_or(0, |rows| rows.load(Ordering::Relaxed))
    }

    /// Rows given so far by each plan node.
    pub fn all_rows(&self) -> Vec<u64> {
        self.rows
            .iter()
            .map(|rows| rows.load(Ordering::Relaxed))
            .collect()
    }

    fn add_rows(&self, node: usize, rows: usize) {
        if let Some(count) = self.rows.get(node) {
            count.fetch_add(rows as u64, Ordering::Relaxed);
        }
    }
}

/// Counts the rows of the operator of one plan node and polls between its batches.
pub struct Counted {
    pub runtime: Arc<Runtime>,
    pub node: usize,
    pub inner: BoxOperator,
}

impl Operator for Counted {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        self.runtime.control.poll()?;
        let start = self.runtime.times.get(self.node).map(|_| Instant::now());
        let more = self.inner.next(batch);
        if let (Some(start), Some(time)) = (start, self.runtime.times.get(self.node)) {
            let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
            time.fetch_add(nanos, Ordering::Relaxed);
        }
        let more = more?;
        if more {
            debug_assert!(!batch.is_empty());
            self.runtime.add_rows(self.node, batch.len());
        }
        Ok(more)
    }

    fn skip_to(&mut self, key: &[u64]) -> Result<()> {
        self.inner.skip_to(key)
    }
}

/// The memory of an operator's state, charged in steps of a quarter so that growth is cheap.
pub struct StateCharge {
    control: Control,
    charge: Option<Charge>,
}

impl StateCharge {
    pub fn new(control: &Control) -> Self {
        Self {
            control: control.clone(),
            charge: None,
        }
    }

    /// Bytes charged.
    pub fn bytes(&self) -> usize {
        self.charge.as_ref().map_or(0, Charge::bytes)
    }

    /// States that the operator holds `bytes`. Errors: `ResourceExhausted`.
    pub fn hold(&mut self, bytes: usize) -> Result<()> {
        if bytes <= self.bytes() {
            return Ok(());
        }
        let wanted = bytes.saturating_add(bytes / 4);
        match &mut self.charge {
            Some(charge) => charge.resize(wanted).or_else(|_| charge.resize(bytes)),
            none => {
                *none = Some(
                    self.control
                        .charge(wanted)
                        .or_else(|_| self.control.charge(bytes))?,
                );
                Ok(())
            }
        }
    }

    /// Gives all memory back.
    pub fn release(&mut self) {
        self.charge = None;
    }
}
