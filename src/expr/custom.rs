//! Functions that the host registers under an IRI.

use super::terms::Terms;
use crate::algebra::{CustomFunctions, Function};
use crate::control::Control;
use crate::error::{Code, Error, Result};
use std::collections::BTreeMap;
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

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered")
            .field("arguments", &self.arguments)
            .field("deterministic", &self.deterministic)
            .finish_non_exhaustive()
    }
}

/// The functions that a query may call, by their IRIs. A run keeps those it began with.
#[derive(Clone, Default)]
pub struct Functions {
    by_iri: BTreeMap<String, Registered>,
    accepted: Arc<CustomFunctions>,
}

impl Functions {
    /// These and one more; one under the same IRI is replaced.
    /// Errors: `InvalidArgument` for an IRI that is not absolute or that SPARQL has given a meaning.
    pub fn with(&self, iri: &str, registered: Registered) -> Result<Self> {
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
        let mut by_iri = self.by_iri.clone();
        by_iri.insert(iri.to_owned(), registered);
        Ok(Self::of(by_iri))
    }

    /// These but the one with this IRI.
    pub fn without(&self, iri: &str) -> Self {
        let mut by_iri = self.by_iri.clone();
        by_iri.remove(iri);
        Self::of(by_iri)
    }

    fn of(by_iri: BTreeMap<String, Registered>) -> Self {
        let accepted = by_iri
            .iter()
            .map(|(iri, registered)| (iri.clone(), registered.arguments.clone()))
            .collect();
        Self {
            by_iri,
            accepted: Arc::new(accepted),
        }
    }

    pub fn get(&self, iri: &str) -> Option<&Registered> {
        self.by_iri.get(iri)
    }

    /// What a parser has to know of them.
    pub fn accepted(&self) -> Arc<CustomFunctions> {
        self.accepted.clone()
    }
}
