//! Functions and aggregates that the host registers under an IRI.

use super::aggregates::CustomAggregate;
use super::terms::Terms;
use crate::algebra::{CustomFunctions, CustomSignature, Function};
use crate::control::Control;
use crate::error::{Code, Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// A function of the host, worked a batch at a time.
pub trait CustomFunction: Send + Sync {
    /// The value for each of `rows` rows: an id, or 0 for none, which is SPARQL's error. `arguments` holds a column of ids for
    /// each argument; none is 0. What is allocated is charged to `control`. Errors end the query.
    fn call(
        &self,
        arguments: &[Vec<u64>],
        rows: usize,
        terms: &Terms,
        control: &Control,
    ) -> Result<Vec<u64>>;
}

/// A function with what is known of it.
#[derive(Clone)]
pub struct Registered {
    pub function: Arc<dyn CustomFunction>,
    /// How many arguments it takes.
    pub arguments: RangeInclusive<usize>,
    /// Whether it answers the same to the same arguments and has no effect: it is then called once for equal arguments
    /// of a batch, and before the query runs if they are constants.
    pub deterministic: bool,
}

impl Registered {
    fn signature(&self) -> CustomSignature {
        CustomSignature {
            arguments: self.arguments.clone(),
            deterministic: self.deterministic,
        }
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered")
            .field("arguments", &self.arguments)
            .field("deterministic", &self.deterministic)
            .finish_non_exhaustive()
    }
}

/// The functions and aggregates that a query may call, by their IRIs; one IRI is one of them. A run keeps those it began
/// with.
#[derive(Clone, Default)]
pub struct Functions {
    by_iri: BTreeMap<String, Registered>,
    aggregates: BTreeMap<String, Arc<dyn CustomAggregate>>,
    accepted: Arc<CustomFunctions>,
    accepted_aggregates: Arc<BTreeSet<String>>,
}

/// Errors: `InvalidIri`; `InvalidArgument` for an IRI that SPARQL has given a meaning.
fn check(iri: &str) -> Result<()> {
    if let Err(error) = oxiri::Iri::parse(iri) {
        return Err(Error::new(
            Code::InvalidIri,
            format!("<{iri}> is not a valid IRI: {error}"),
        ));
    }
    if Function::of_iri(iri).is_some() {
        return Err(Error::new(
            Code::InvalidArgument,
            format!("<{iri}> is a constructor of XML Schema and cannot be another function"),
        ));
    }
    Ok(())
}

impl Functions {
    /// These and one more; one under the same IRI is replaced.
    /// Errors: `InvalidIri` for an IRI that is not absolute, `InvalidArgument` for one that SPARQL has given a meaning.
    pub fn with(&self, iri: &str, registered: Registered) -> Result<Self> {
        check(iri)?;
        let mut changed = self.clone();
        changed.aggregates.remove(iri);
        changed.by_iri.insert(iri.to_owned(), registered);
        Ok(changed.told())
    }

    /// These but the function with this IRI.
    pub fn without(&self, iri: &str) -> Self {
        let mut changed = self.clone();
        changed.by_iri.remove(iri);
        changed.told()
    }

    /// These and one more aggregate. Errors: as [`Functions::with`].
    pub fn with_aggregate(&self, iri: &str, aggregate: Arc<dyn CustomAggregate>) -> Result<Self> {
        check(iri)?;
        let mut changed = self.clone();
        changed.by_iri.remove(iri);
        changed.aggregates.insert(iri.to_owned(), aggregate);
        Ok(changed.told())
    }

    /// These but the aggregate with this IRI.
    pub fn without_aggregate(&self, iri: &str) -> Self {
        let mut changed = self.clone();
        changed.aggregates.remove(iri);
        changed.told()
    }

    /// With what a parser has to know brought up to date.
    fn told(mut self) -> Self {
        let accepted = self.by_iri.iter();
        self.accepted = Arc::new(
            accepted
                .map(|(iri, registered)| (iri.clone(), registered.signature()))
                .collect(),
        );
        self.accepted_aggregates = Arc::new(self.aggregates.keys().cloned().collect());
        self
    }

    pub fn get(&self, iri: &str) -> Option<&Registered> {
        self.by_iri.get(iri)
    }

    pub fn aggregate(&self, iri: &str) -> Option<&Arc<dyn CustomAggregate>> {
        self.aggregates.get(iri)
    }

    /// What a parser has to know of the functions.
    pub fn accepted(&self) -> Arc<CustomFunctions> {
        self.accepted.clone()
    }

    /// What a parser has to know of the aggregates: their IRIs.
    pub fn accepted_aggregates(&self) -> Arc<BTreeSet<String>> {
        self.accepted_aggregates.clone()
    }
}
