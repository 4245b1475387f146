//! Aggregates that the host registers for its queries.

use super::Database;
use super::functions::{for_each_batch, term_of};
use super::terms::interned;
use crate::control::Control;
use crate::error::Result;
use crate::expr::aggregates::{CustomAggregate, Kernel, Scope};
use crate::query::ResultBatch;
use oxrdf::Term;
use std::ops::Range;
use std::sync::Arc;

/// The state of one group of an aggregate of the host.
pub trait Accumulator: Send {
    /// Takes the next value. Errors end the query.
    fn step(&mut self, value: &Term) -> Result<()>;

    /// The result; `None` is SPARQL's error. Called once, last. Errors end the query.
    fn finish(&mut self) -> Result<Option<Term>>;
}

/// An aggregate of the host that takes the values of many groups at once. Its methods are called from any thread, for
/// several queries at once. Errors end the query.
pub trait BatchAggregate: Send + Sync {
    /// The state of one group.
    type State: Send;

    fn start(&self) -> Result<Self::State>;

    /// Gives the values, the only column of `values`, to groups: that of row `n` to `states[groups[n]]`, which is there.
    fn step(
        &self,
        states: &mut [Option<Self::State>],
        groups: &[u32],
        values: &ResultBatch,
        control: &Control,
    ) -> Result<()>;

    /// The result of a group; `None` is SPARQL's error.
    fn finish(&self, state: Self::State) -> Result<Option<Term>>;
}

impl Database {
    /// Registers an aggregate that queries call by its IRI, as in `<iri>(DISTINCT ?x)`, in place of an aggregate or
    /// function with this IRI: queries that are prepared from now on know it, those that run go on with what they began with.
    /// `start` makes the state of a group, which takes its values; a group that met an error has no value.
    /// Errors: `InvalidIri`; `InvalidArgument` for the IRI of a constructor of XML Schema.
    pub fn register_aggregate(
        &self,
        iri: &str,
        start: impl Fn() -> Box<dyn Accumulator> + Send + Sync + 'static,
    ) -> Result<()> {
        self.register_batch_aggregate(iri, OneByOne(start))
    }

    /// As [`Database::register_aggregate`], for an aggregate that takes a batch of values at once.
    pub fn register_batch_aggregate(
        &self,
        iri: &str,
        aggregate: impl BatchAggregate + 'static,
    ) -> Result<()> {
        let aggregate = Arc::new(Registered(Arc::new(aggregate)));
        self.inner.functions.add_aggregate(iri, aggregate)
    }

    /// Forgets a registered aggregate; one that is not registered is no error. Queries that run keep it.
    pub fn unregister_aggregate(&self, iri: &str) -> Result<()> {
        self.inner.functions.remove_aggregate(iri)
    }
}

struct OneByOne<F>(F);

impl<F: Fn() -> Box<dyn Accumulator> + Send + Sync> BatchAggregate for OneByOne<F> {
    type State = Box<dyn Accumulator>;

    fn start(&self) -> Result<Self::State> {
        Ok((self.0)())
    }

    fn step(
        &self,
        states: &mut [Option<Self::State>],
        groups: &[u32],
        values: &ResultBatch,
        _control: &Control,
    ) -> Result<()> {
        let column = values.columns().first().map_or(&[][..], Vec::as_slice);
        for (&group, &index) in groups.iter().zip(column) {
            if let Some(Some(state)) = states.get_mut(group as usize) {
                state.step(&term_of(values, index)?)?;
            }
        }
        Ok(())
    }

    fn finish(&self, mut state: Self::State) -> Result<Option<Term>> {
        state.finish()
    }
}

struct Registered<A>(Arc<A>);

impl<A: BatchAggregate + 'static> CustomAggregate for Registered<A> {
    fn kernel(&self) -> Box<dyn Kernel> {
        Box::new(Working {
            aggregate: self.0.clone(),
            states: Vec::new(),
            failed: Vec::new(),
        })
    }
}

/// An aggregate of the host at work for one query.
struct Working<A: BatchAggregate> {
    aggregate: Arc<A>,
    /// The states of groups that have had a value.
    states: Vec<Option<A::State>>,
    /// Groups that met an error.
    failed: Vec<bool>,
}

/// What a state is taken to hold: the host's memory is not ours to count.
const STATE_BYTES: usize = 64;

impl<A: BatchAggregate> Kernel for Working<A> {
    fn open(&mut self, groups: usize) {
        self.states.resize_with(groups, || None);
        self.failed.resize(groups, false);
    }

    fn step(&mut self, groups: &[u32], values: &[u64], scope: &Scope<'_>) -> Result<()> {
        for (&group, &value) in groups.iter().zip(values) {
            self.failed[group as usize] |= value == 0;
        }
        let mut taking: Vec<u32> = Vec::with_capacity(groups.len());
        let mut taken: Vec<u64> = Vec::with_capacity(groups.len());
        for (&group, &value) in groups.iter().zip(values) {
            let state = &mut self.states[group as usize];
            if self.failed[group as usize] {
                *state = None;
                continue;
            }
            if state.is_none() {
                *state = Some(self.aggregate.start()?);
            }
            taking.push(group);
            taken.push(value);
        }
        if taken.is_empty() {
            return Ok(());
        }
        let (aggregate, states) = (&self.aggregate, &mut self.states);
        let (terms, control) = (scope.terms, scope.control);
        for_each_batch(&[taken], taking.len(), terms, control, |values, done| {
            let rows = done.len()..done.len() + values.rows();
            done.resize(rows.end, 0);
            aggregate.step(states, &taking[rows], values, control)
        })?;
        // The host may have taken long.
        scope.control.poll()
    }

    fn finish(
        &mut self,
        groups: Range<usize>,
        scope: &Scope<'_>,
        results: &mut Vec<u64>,
    ) -> Result<()> {
        for group in groups {
            if self.failed[group] {
                results.push(0);
                continue;
            }
            let state = match self.states[group].take() {
                Some(state) => state,
                None => self.aggregate.start()?,
            };
            results.push(match self.aggregate.finish(state)? {
                Some(term) => interned(scope.terms, &term)?.raw(),
                None => 0,
            });
            scope.control.poll()?;
        }
        Ok(())
    }

    fn group_bytes(&self) -> usize {
        size_of::<Option<A::State>>() + STATE_BYTES
    }
}
