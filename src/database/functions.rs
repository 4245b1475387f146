//! Functions that the host registers for its queries.

use super::Database;
use super::term_list::{NO_TERM, TermList};
use super::terms::interned;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::exec::Batch;
use crate::expr::aggregates::CustomAggregate;
use crate::expr::{CustomFunction, Functions, Registered, Terms};
use crate::query::{ParseOptions, ResultBatch, ResultMemory, UNBOUND};
use crate::term::Id;
use oxrdf::Term;
use parking_lot::RwLock;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The functions of a store. Clones are the same registry.
#[derive(Clone, Default)]
pub(super) struct Registry(Arc<RwLock<Arc<Functions>>>);

impl Registry {
    pub fn current(&self) -> Arc<Functions> {
        self.0.read().clone()
    }

    pub fn parse_options(&self) -> ParseOptions {
        let functions = self.0.read();
        ParseOptions {
            functions: functions.accepted(),
            aggregates: functions.accepted_aggregates(),
            ..ParseOptions::default()
        }
    }

    pub fn add_aggregate(&self, iri: &str, aggregate: Arc<dyn CustomAggregate>) -> Result<()> {
        self.change(|functions| functions.with_aggregate(iri, aggregate))
    }

    pub fn remove_aggregate(&self, iri: &str) -> Result<()> {
        self.change(|functions| Ok(functions.without_aggregate(iri)))
    }

    fn add(&self, iri: &str, registered: Registered) -> Result<()> {
        self.change(|functions| functions.with(iri, registered))
    }

    fn remove(&self, iri: &str) -> Result<()> {
        self.change(|functions| Ok(functions.without(iri)))
    }

    fn change(&self, change: impl FnOnce(&Functions) -> Result<Functions>) -> Result<()> {
        let mut functions = self.0.write();
        let changed = Arc::new(change(&functions)?);
        let replaced = std::mem::replace(&mut *functions, changed);
        // What the host gave away is dropped without a lock held.
        drop(functions);
        drop(replaced);
        Ok(())
    }
}

/// What is known of a registered function.
#[derive(Clone, Debug)]
pub struct FunctionOptions {
    /// How many arguments it takes.
    pub arguments: RangeInclusive<usize>,
    /// Whether it answers the same to the same arguments and has no effect. It is then called once for equal arguments
    /// of a batch, and when the query begins if they are constants.
    pub deterministic: bool,
}

/// The calls of a batch: what a function is asked at once.
pub struct Calls<'c> {
    /// A row for each call, a column for each argument; none is unbound.
    pub arguments: &'c ResultBatch,
    /// Where the answers are built. Blank nodes are only those of arguments, by the label they were printed with.
    pub terms: &'c mut TermList,
    /// For each row the index of its answer in `terms`, or [`NO_TERM`], as it is at first, for SPARQL's error.
    pub answers: &'c mut [u32],
    /// The query's; a function that takes long polls it.
    pub control: &'c Control,
}

impl Database {
    /// Registers a function that queries call by its IRI, in place of one with this IRI: queries that are prepared from now
    /// on know it, those that run go on with what they began with. `function` is called from any thread, several at once.
    /// `Ok(None)` is SPARQL's error: the call has no value. An error ends the query.
    /// Errors: `InvalidIri`; `InvalidArgument` for the IRI of a constructor of XML Schema.
    pub fn register_function(
        &self,
        iri: &str,
        options: FunctionOptions,
        function: impl Fn(&[Term]) -> Result<Option<Term>> + Send + Sync + 'static,
    ) -> Result<()> {
        self.register(iri, options, Arc::new(OneByOne(function)))
    }

    /// As [`Database::register_function`], for a function that works the calls of a batch at once.
    pub fn register_batch_function(
        &self,
        iri: &str,
        options: FunctionOptions,
        function: impl Fn(Calls<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Result<()> {
        self.register(iri, options, Arc::new(Batches(function)))
    }

    fn register(
        &self,
        iri: &str,
        options: FunctionOptions,
        function: Arc<dyn CustomFunction>,
    ) -> Result<()> {
        self.inner.functions.add(
            iri,
            Registered {
                function,
                arguments: options.arguments,
                deterministic: options.deterministic,
            },
        )
    }

    /// Forgets a registered function; one that is not registered is no error. Queries that run keep it.
    pub fn unregister_function(&self, iri: &str) -> Result<()> {
        self.inner.functions.remove(iri)
    }

    /// How a query is read: with the functions that are registered now.
    pub fn parse_options(&self) -> ParseOptions {
        self.inner.functions.parse_options()
    }
}

/// Hands the calls over as batches of terms, each as large as memory allows. `work` appends an answer for each row.
pub(super) fn for_each_batch(
    arguments: &[Vec<u64>],
    rows: usize,
    terms: &Terms,
    control: &Control,
    mut work: impl FnMut(&ResultBatch, &mut Vec<u64>) -> Result<()>,
) -> Result<Vec<u64>> {
    let mut ids = Batch::new();
    ids.reset(arguments.len());
    for (to, from) in ids.columns.iter_mut().zip(arguments) {
        to.extend_from_slice(from);
    }
    ids.set_rows(rows);
    let mut memory = ResultMemory::new(control);
    let mut batch = ResultBatch::new();
    let mut answers = Vec::with_capacity(rows);
    while answers.len() < rows {
        control.poll()?;
        batch.fill(&ids, answers.len()..rows, terms, &mut memory)?;
        work(&batch, &mut answers)?;
    }
    Ok(answers)
}

struct Batches<F>(F);

impl<F: Fn(Calls<'_>) -> Result<()> + Send + Sync> CustomFunction for Batches<F> {
    fn call(
        &self,
        arguments: &[Vec<u64>],
        rows: usize,
        terms: &Terms,
        control: &Control,
    ) -> Result<Vec<u64>> {
        for_each_batch(arguments, rows, terms, control, |batch, ids| {
            let mut list = TermList::new();
            let mut answers = vec![NO_TERM; batch.rows()];
            (self.0)(Calls {
                arguments: batch,
                terms: &mut list,
                answers: &mut answers,
                control,
            })?;
            let mut known = vec![0; list.len()];
            for index in answers {
                if index == NO_TERM {
                    ids.push(0);
                    continue;
                }
                let term = list.get(index)?;
                let id = &mut known[index as usize];
                if *id == 0 {
                    *id = interned(terms, term)?.raw();
                }
                ids.push(*id);
            }
            Ok(())
        })
    }
}

/// Calls made one by one between two polls.
const POLLED_CALLS: usize = 64;

struct OneByOne<F>(F);

impl<F: Fn(&[Term]) -> Result<Option<Term>> + Send + Sync> CustomFunction for OneByOne<F> {
    fn call(
        &self,
        arguments: &[Vec<u64>],
        rows: usize,
        terms: &Terms,
        control: &Control,
    ) -> Result<Vec<u64>> {
        for_each_batch(arguments, rows, terms, control, |batch, ids| {
            for row in 0..batch.rows() {
                if row % POLLED_CALLS == 0 {
                    control.poll()?;
                }
                let arguments = batch
                    .columns()
                    .iter()
                    .map(|column| term_of(batch, column[row]))
                    .collect::<Result<Vec<_>>>()?;
                ids.push(match (self.0)(&arguments)? {
                    Some(answer) => interned(terms, &answer)?.raw(),
                    None => 0,
                });
            }
            Ok(())
        })
    }
}

/// The term at an index of a batch. Triple terms are nested only as deep as the store takes them.
pub(super) fn term_of(batch: &ResultBatch, index: u32) -> Result<Term> {
    let missing = || Error::new(Code::Internal, "a batch lacks a term that its rows name");
    if index == UNBOUND {
        return Err(missing());
    }
    let term = batch.terms().get(index as usize).ok_or_else(missing)?;
    term.to_oxrdf(&mut |part: Id| term_of(batch, batch.index_of(part).ok_or_else(missing)?))
}
