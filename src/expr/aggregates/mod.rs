//! Aggregates: set functions over the values of a group (SPARQL 1.1 section 18.5.1).
//!
//! A [`Kernel`] works one aggregate of all groups at once: groups are numbers, values a column of ids that says for each
//! row its group. States are columns too, so that a step is a loop over two arrays. DISTINCT is not its matter: whoever
//! feeds it leaves out what a group has had.
//!
//! An error is a value like others (id 0): COUNT and SAMPLE pass over it, every other aggregate of that group then has no
//! value. A group without values gives what its aggregate gives for nothing:
//!
//! | Aggregate | Of nothing | Of an error |
//! |---|---|---|
//! | COUNT | 0 | not counted |
//! | SUM, AVG | 0 | no value |
//! | MIN, MAX | no value | no value |
//! | SAMPLE | no value | not taken |
//! | GROUP_CONCAT | `""` | no value |
//! | registered | what it says | no value |
//!
//! Cost of a row: COUNT and SAMPLE 1 ns, SUM and AVG of inline integers 3 ns, MIN and MAX 3 ns where ids tell the order;
//! else what fetching each distinct term of a batch costs.

mod concat;
mod count;
mod extreme;
mod sample;
mod sum;

use super::context::Context;
use super::terms::Terms;
use crate::algebra::AggregateFunction;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use std::ops::Range;

/// One aggregate of all groups.
pub trait Kernel: Send {
    /// Makes groups up to `groups` exist; new ones have had no value.
    fn open(&mut self, groups: usize);

    /// Gives each value to its group; 0 is an error. Both columns have one length.
    /// Errors: `ResourceExhausted`, those of [`Terms`].
    fn step(&mut self, groups: &[u32], values: &[u64], scope: &Scope<'_>) -> Result<()>;

    /// Appends the results of some groups, 0 where there is no value. A group is asked once.
    /// Errors: as [`Kernel::step`].
    fn finish(
        &mut self,
        groups: Range<usize>,
        scope: &Scope<'_>,
        results: &mut Vec<u64>,
    ) -> Result<()>;

    /// Bytes a group takes, besides what the kernel charges itself.
    fn group_bytes(&self) -> usize;
}

/// An aggregate of the host.
pub trait CustomAggregate: Send + Sync {
    /// A kernel for one query.
    fn kernel(&self) -> Box<dyn Kernel>;
}

/// What kernels use of the query they work for.
pub struct Scope<'q> {
    pub terms: &'q Terms,
    pub control: &'q Control,
}

/// The kernel of an aggregate. Errors: `QueryUnsupported` for an IRI that no aggregate is registered under.
pub fn kernel(
    function: &AggregateFunction,
    context: &Context,
    control: &Control,
) -> Result<Box<dyn Kernel>> {
    Ok(match function {
        AggregateFunction::Count => Box::new(count::Count::default()),
        AggregateFunction::Sum => Box::new(sum::Sum::total()),
        AggregateFunction::Avg => Box::new(sum::Sum::mean()),
        AggregateFunction::Min => Box::new(extreme::Extreme::least()),
        AggregateFunction::Max => Box::new(extreme::Extreme::greatest()),
        AggregateFunction::Sample => Box::new(sample::Sample::default()),
        AggregateFunction::GroupConcat { separator } => {
            Box::new(concat::Concat::new(separator.clone(), control))
        }
        AggregateFunction::Custom(iri) => match context.functions.aggregate(iri) {
            Some(aggregate) => aggregate.kernel(),
            None => {
                return Err(Error::new(
                    Code::QueryUnsupported,
                    format!("no aggregate is registered under <{iri}>"),
                ));
            }
        },
    })
}
