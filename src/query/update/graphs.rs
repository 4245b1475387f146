//! Operations on whole graphs: CLEAR, DROP, CREATE (SPARQL 1.1 Update section 3.1.3 and 3.2).
//!
//! Empty graphs are not recorded, so CLEAR and DROP are one, and always succeed.

use super::Request;
use crate::algebra::Target;
use crate::error::{Code, Error, Result};
use crate::store::{Graphs, Order, QuadSource, ScanBatch, ScanSpec, Version, View};
use crate::term::{Id, TermRef};

impl Request<'_> {
    pub(super) fn clear(&mut self, target: &Target) -> Result<()> {
        let view = self.transaction.view()?;
        let (order, graphs) = match target {
            Target::Default => (Order::Spog, Graphs::One(0)),
            Target::Named => (Order::Gspo, Graphs::Named),
            Target::All => (Order::Spog, Graphs::Any),
            Target::Graph(iri) => match self.graph(&view, iri)? {
                Some(graph) => (Order::Gspo, Graphs::One(graph.raw())),
                None => return Ok(()),
            },
        };
        let mut scan = view.scan(&quads_of(order, graphs), &self.control)?;
        let mut batch = ScanBatch::default();
        loop {
            scan.next(&mut batch)?;
            if batch.len == 0 {
                return Ok(());
            }
            for row in 0..batch.len {
                let quad = batch.columns.each_ref().map(|column| column[row]);
                self.transaction.delete(quad)?;
            }
            self.control.add_rows(batch.len as u64);
        }
    }

    pub(super) fn create(&mut self, iri: &str, silent: bool) -> Result<()> {
        if silent {
            return Ok(());
        }
        let view = self.transaction.view()?;
        let Some(graph) = self.graph(&view, iri)? else {
            return Ok(());
        };
        let spec = quads_of(Order::Gspo, Graphs::One(graph.raw()));
        match view.count(&spec, &self.control)? {
            0 => Ok(()),
            _ => Err(Error::new(
                Code::InvalidInput,
                format!("the graph <{iri}> exists already"),
            )
            .with_hint("CREATE SILENT ignores that")),
        }
    }

    fn graph(&self, view: &Version, iri: &str) -> Result<Option<Id>> {
        view.id(TermRef::Iri(iri), &self.control)
    }
}

/// Asserted quads, which are those that may be deleted (definition 21).
fn quads_of(order: Order, graphs: Graphs) -> ScanSpec {
    ScanSpec {
        order,
        prefix: Vec::new(),
        range: None,
        graphs,
        view: View::Asserted,
        wanted: [true; 4],
    }
}
