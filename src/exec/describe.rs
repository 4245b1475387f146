//! Describe: concise bounded descriptions. The triples that have a resource as subject, and those of the blank nodes
//! among their objects, and so on.
//!
//! Cost: a sorted probe for each resource; memory: 26 bytes for each.

use super::batch::Batch;
use super::fixed::{Fixed, FixedRows};
use super::operator::{BoxOperator, Operator, Runtime};
use super::probe_join::ProbeJoin;
use super::set::IdSet;
use crate::error::Result;
use crate::plan::{JoinKind, ProbeColumns};
use crate::store::source::{O, P, S};
use crate::store::{BATCH_ROWS, ScanSpec};
use crate::term::Id;
use std::sync::Arc;

/// Input rows read before their resources are looked up: one batch at first, then more.
const ROWS_MAX: usize = 32 * BATCH_ROWS;

/// Gives subject, predicate and object of the description of every IRI and blank node in its input. Each subject is
/// described once, so no triple is given twice.
pub struct Describe {
    runtime: Arc<Runtime>,
    input: BoxOperator,
    ended: bool,
    rows: usize,
    /// Subjects by key in one graph or a union; no prefix.
    spec: ScanSpec,
    seen: IdSet,
    /// Resources of the next level.
    next: Vec<u64>,
    /// The triples of the level at hand.
    triples: Option<ProbeJoin>,
}

impl Describe {
    /// `spec` is sorted by subject and has no prefix.
    pub fn new(runtime: &Arc<Runtime>, input: BoxOperator, spec: ScanSpec) -> Self {
        Self {
            runtime: runtime.clone(),
            input,
            ended: false,
            rows: BATCH_ROWS,
            spec,
            seen: IdSet::new(&runtime.control),
            next: Vec::new(),
            triples: None,
        }
    }

    fn add(&mut self, resource: u64) -> Result<()> {
        let id = Id::from_raw(resource);
        // A resource of this query alone has no triples.
        if (id.is_iri() || id.is_blank()) && !id.is_local() && self.seen.insert(resource)? {
            self.next.push(resource);
        }
        Ok(())
    }

    /// Reads resources from the input; false if there are none.
    fn read(&mut self) -> Result<bool> {
        let mut batch = Batch::new();
        let mut rows = 0;
        while !self.ended && (rows < self.rows || self.next.is_empty()) {
            if !self.input.next(&mut batch)? {
                self.ended = true;
                break;
            }
            self.runtime.control.poll()?;
            batch.compact();
            rows += batch.rows();
            for column in &batch.columns {
                for &resource in column {
                    self.add(resource)?;
                }
            }
        }
        self.rows = (self.rows * 4).min(ROWS_MAX);
        Ok(!self.next.is_empty())
    }
}

impl Operator for Describe {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        loop {
            if let Some(triples) = &mut self.triples {
                if triples.next(batch)? {
                    batch.compact();
                    for row in 0..batch.rows() {
                        let object = batch.columns[2][row];
                        if Id::from_raw(object).is_blank() {
                            self.add(object)?;
                        }
                    }
                    return Ok(true);
                }
                self.triples = None;
            }
            if self.next.is_empty() && !self.read()? {
                return Ok(false);
            }
            let mut level = std::mem::take(&mut self.next);
            level.sort_unstable();
            let rows = level.len();
            let columns = ProbeColumns {
                keys: vec![0],
                key_positions: vec![S],
                outputs: vec![P, O],
                ..ProbeColumns::default()
            };
            let level = FixedRows {
                columns: vec![level],
                rows,
            };
            let input = Box::new(Fixed::new(Arc::new(level)));
            let join = ProbeJoin::new(
                &self.runtime,
                input,
                self.spec.clone(),
                columns,
                JoinKind::Inner,
            );
            self.triples = Some(join);
        }
    }
}
