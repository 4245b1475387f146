//! SPARQL Update: requests run within a transaction of the store.
//!
//! Each operation reads the transaction as it stands when the operation begins, and what it deletes and inserts is
//! collected as changes in which insertions count (definition 22). Solutions are worked a batch at a time; changes that
//! outgrow the transaction's memory go to disk.
//!
//! Invariants: a request that fails leaves the transaction as it was; the counts of a request are those of quads that
//! really came and went.
//!
//! Cost: that of the patterns, and about a microsecond for each quad deleted or inserted.

mod graphs;
mod load;
mod modify;
mod resolve;

pub use load::{Document, DocumentSource, LoadAccess};

use super::prepared::{DefaultGraph, QueryOptions};
use crate::algebra::{Operation, ParseOptions, Update, parse_update};
use crate::control::Control;
use crate::error::Result;
use crate::exec::Services;
use crate::expr::Functions;
use crate::store::{Changed, Precedence, Transaction, View};
use std::sync::Arc;
use std::time::SystemTime;

/// How an update request is run.
#[derive(Clone, Default)]
pub struct UpdateOptions {
    /// The default graph of patterns without WITH and USING.
    pub default_graph: DefaultGraph,
    /// What patterns read.
    pub view: View,
    /// What LOAD may read; nothing unless stated.
    pub load: LoadAccess,
    /// What answers SERVICE; `None`: it is off.
    pub services: Option<Arc<Services>>,
    /// The functions of the host that patterns may call.
    pub functions: Arc<Functions>,
}

/// A parsed update request. Clones are cheap.
#[derive(Clone, Debug)]
pub struct PreparedUpdate {
    update: Arc<Update>,
}

impl PreparedUpdate {
    /// Errors: `QueryParse` with place and hint, `QueryUnsupported`, `NestingTooDeep`, `QueryLimit`, `InvalidIri`.
    pub fn new(text: &str, options: &ParseOptions) -> Result<Self> {
        Ok(Self {
            update: Arc::new(parse_update(text, options)?),
        })
    }

    pub fn operations(&self) -> &[Operation] {
        &self.update.operations
    }

    /// Runs the request within a transaction, all of it or, after an error, nothing. Patterns are worked under `control`,
    /// which should be of the same operation as that of the transaction. Counts are net over the request.
    /// Errors: `InvalidInput` for CREATE of a graph that exists, those of LOAD, `TermTooLarge`, `Cancelled`,
    /// `QueryTimeout`, `ResourceExhausted`, `TransactionEnded`, those of reading.
    pub fn run(
        &self,
        transaction: &mut Transaction,
        options: &UpdateOptions,
        control: &Control,
    ) -> Result<Changed> {
        transaction.at_work(|transaction| {
            let savepoint = transaction.savepoint()?;
            let done = self
                .work(transaction, options, control)
                .and_then(|()| transaction.release(&savepoint));
            // A transaction that cannot go back has ended, and why it failed is what the caller wants to know.
            if done.is_err() && transaction.roll_back_to(&savepoint).is_err() {
                return done;
            }
            // No changes are left that were judged the other way.
            transaction.set_precedence(Precedence::Last)?;
            done
        })
    }

    fn work(
        &self,
        transaction: &mut Transaction,
        options: &UpdateOptions,
        control: &Control,
    ) -> Result<()> {
        transaction.set_precedence(Precedence::Insertion)?;
        let mut request = Request {
            control: transaction.listening(control),
            transaction,
            options,
            began: SystemTime::now(),
        };
        self.update
            .operations
            .iter()
            .try_for_each(|operation| request.operation(operation))
    }
}

/// A request being run.
struct Request<'t> {
    transaction: &'t mut Transaction,
    options: &'t UpdateOptions,
    control: Control,
    /// What `NOW()` gives, in all operations.
    began: SystemTime,
}

impl Request<'_> {
    fn operation(&mut self, operation: &Operation) -> Result<()> {
        self.control.poll()?;
        // Its insertions must not count over deletions of a later operation.
        self.transaction.view()?;
        match operation {
            Operation::Data(data) => self.data(data),
            Operation::Modify(modify) => self.modify(modify),
            Operation::Load {
                silent,
                source,
                graph,
            } => self.load(source, graph.as_deref(), *silent),
            Operation::Clear { target, .. } => self.clear(target),
            Operation::Create { silent, graph } => self.create(graph, *silent),
        }
    }

    fn query_options(&self) -> QueryOptions {
        QueryOptions {
            default_graph: self.options.default_graph,
            view: self.options.view,
            began: Some(self.began),
            ..QueryOptions::default()
        }
    }
}
