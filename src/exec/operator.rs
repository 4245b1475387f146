//! What an operator is, and what all operators of a query share.

use super::batch::Batch;
use super::service::{Replies, Services};
pub use crate::control::StateCharge;
use crate::control::{Charge, Control};
use crate::error::{Code, Error, Result};
use crate::expr::{Context, Terms};
use crate::store::{BATCH_ROWS, QuadSource, View};
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
    /// What expressions share.
    pub context: Arc<Context>,
    pub control: Control,
    pub view: View,
    /// What answers SERVICE; `None`: it is off.
    pub services: Option<Arc<Services>>,
    pub replies: Replies,
    /// Rows each plan node has given, by its number.
    rows: Vec<AtomicU64>,
    /// Nanoseconds each plan node and those below it took; empty if they are not measured.
    times: Vec<AtomicU64>,
    started: Instant,
    /// `None` where nothing spills.
    spill: Option<SpillLimits>,
    /// Bytes of rows written to spools so far.
    spooled: AtomicU64,
}

/// What one state may hold.
#[derive(Clone, Copy, Debug)]
struct SpillLimits {
    /// Bytes before it spills.
    share: usize,
    /// Bytes of the buffers through which it spills.
    buffer: usize,
}

/// The most and the least bytes of the buffers through which a state spills.
const SPILL_BUFFER_BYTES_MAX: usize = 1 << 20;
const SPILL_BUFFER_BYTES_MIN: usize = 4 << 10;

impl Runtime {
    /// For a plan with `nodes` nodes, of which so many hold `states` (see [`Plan::states`](crate::plan::Plan::states)) that
    /// share the memory.
    pub fn new(
        source: Arc<dyn QuadSource>,
        terms: Terms,
        context: Arc<Context>,
        control: Control,
        view: View,
        nodes: usize,
        states: usize,
    ) -> Self {
        // A quarter is left for buffers, terms, expressions and what is not a state. A state has up to two buffers at a time.
        let limit = control.memory().limit();
        let spills = control.spool().limit() > 0 && source.can_spool();
        let spill = spills.then(|| SpillLimits {
            share: limit / 4 * 3 / states.max(1),
            buffer: (limit / 16 / states.max(1))
                .clamp(SPILL_BUFFER_BYTES_MIN, SPILL_BUFFER_BYTES_MAX),
        });
        let terms = match spills {
            true => terms.spilling(source.clone()),
            false => terms,
        };
        Self {
            source,
            terms,
            context,
            control,
            view,
            services: None,
            replies: Replies::default(),
            rows: (0..nodes).map(|_| AtomicU64::new(0)).collect(),
            times: Vec::new(),
            started: Instant::now(),
            spill,
            spooled: AtomicU64::new(0),
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

    /// Bytes written to temporary files so far: rows of operators, and computed terms.
    pub fn spooled_bytes(&self) -> u64 {
        self.spooled.load(Ordering::Relaxed) + self.terms.spooled_bytes()
    }

    /// Rows of `row_bytes` that an operator collects at a time, at most `most`; fewer where the query has little memory, but
    /// no less than a batch.
    pub fn chunk_rows(&self, row_bytes: usize, most: usize) -> usize {
        let limit = self.control.memory().limit();
        (limit / 16 / row_bytes.max(1)).min(most).max(BATCH_ROWS)
    }

    pub(super) fn add_spooled(&self, bytes: usize) {
        self.spooled.fetch_add(bytes as u64, Ordering::Relaxed);
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

/// Whether memory was refused.
pub fn is_spent(error: &Error) -> bool {
    error.code() == Code::ResourceExhausted
}

/// The memory of a state that goes to disk when it has had its share of the query's memory.
pub struct SpillCharge {
    state: StateCharge,
    control: Control,
    limits: Option<SpillLimits>,
    held: usize,
    /// Kept back for the buffers of spilling, from the moment the state is larger than they are.
    reserve: Option<Charge>,
}

impl SpillCharge {
    pub fn new(runtime: &Runtime) -> Self {
        Self {
            limits: runtime.spill,
            ..Self::never(&runtime.control)
        }
    }

    /// Of a state that stays in memory, whatever its size.
    pub fn never(control: &Control) -> Self {
        Self {
            state: StateCharge::new(control),
            control: control.clone(),
            limits: None,
            held: 0,
            reserve: None,
        }
    }

    /// Asks to hold `bytes`; `false` if the state must not grow so far and has to spill.
    /// Errors: `ResourceExhausted` where nothing spills.
    pub fn hold(&mut self, bytes: usize) -> Result<bool> {
        if bytes <= self.held {
            return Ok(true);
        }
        let Some(limits) = self.limits else {
            self.state.hold(bytes)?;
            self.held = bytes;
            return Ok(true);
        };
        if bytes > limits.share {
            return Ok(false);
        }
        if self.reserve.is_none() && bytes > SPILL_BUFFER_BYTES_MIN {
            match self.new_buffer() {
                Ok(reserve) => self.reserve = Some(reserve),
                Err(error) if is_spent(&error) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        match self.state.hold(bytes) {
            Ok(()) => {
                self.held = bytes;
                Ok(true)
            }
            Err(error) if is_spent(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether a state of `bytes` has had its share.
    pub fn is_beyond_share(&self, bytes: usize) -> bool {
        self.limits.is_some_and(|limits| bytes > limits.share)
    }

    /// Keeps memory for the buffers of spilling back from now on. Errors: `ResourceExhausted`.
    pub fn reserve(&mut self) -> Result<()> {
        if self.reserve.is_none() {
            self.reserve = Some(self.new_buffer()?);
        }
        Ok(())
    }

    /// Whether the state may go to disk.
    pub fn spills(&self) -> bool {
        self.limits.is_some()
    }

    /// The memory of the buffers of spilling. Errors: `ResourceExhausted` if not even little is left.
    pub fn buffer(&mut self) -> Result<Charge> {
        match self.reserve.take() {
            Some(reserve) => Ok(reserve),
            None => self.new_buffer(),
        }
    }

    fn new_buffer(&self) -> Result<Charge> {
        let mut bytes = self
            .limits
            .map_or(SPILL_BUFFER_BYTES_MIN, |limits| limits.buffer);
        loop {
            match self.control.charge(bytes) {
                Err(error) if is_spent(&error) && bytes > SPILL_BUFFER_BYTES_MIN => {
                    bytes = (bytes / 2).max(SPILL_BUFFER_BYTES_MIN);
                }
                outcome => return outcome,
            }
        }
    }

    /// Gives all memory back but what is kept for buffers.
    pub fn release(&mut self) {
        self.state.release();
        self.held = 0;
    }
}
