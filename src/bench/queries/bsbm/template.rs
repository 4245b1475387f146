//! Query texts with places for parameters.

use super::Mixes;
use crate::bench::queries::Query;
use crate::bench::random::Random;
use std::fmt::Display;

/// Values for the places of a text.
pub(super) type Parameters = Vec<(&'static str, String)>;

/// A query of a use case.
pub(super) struct Template {
    pub name: &'static str,
    /// Places are names between percent signs.
    pub text: &'static str,
    /// Whether ORDER BY decides on every row.
    pub ordered: bool,
    /// Draws parameters for one query, or for a sequence of queries; none if a query would have no row.
    pub draw: fn(&Mixes, &mut Random) -> Option<Vec<Parameters>>,
}

impl Template {
    pub fn query(&self, parameters: &Parameters) -> Query {
        let mut text = self.text.to_owned();
        for (name, value) in parameters {
            text = text.replace(&format!("%{name}%"), value);
        }
        Query {
            name: self.name.to_owned(),
            text,
            ordered: self.ordered,
            never_empty: true,
        }
    }
}

/// An IRI as a parameter.
pub(super) fn iri(iri: impl Display) -> String {
    format!("<{iri}>")
}
