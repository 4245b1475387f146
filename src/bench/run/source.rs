//! What is asked in a workload.

use super::workloads::Sequences;
use crate::bench::queries::Query;

/// The subject of whole mixes.
pub const MIX: &str = "mix";

/// What is asked: sequences of queries by number, each number the same texts for every engine.
pub struct Source {
    /// Whether a sequence is measured as a whole too, and has parameters of its own.
    pub is_mix: bool,
    pub sequence: Sequences,
    /// How many rows the data promise for each query, where they do.
    pub rows: Option<u64>,
}

impl Source {
    /// One text, again and again.
    pub fn query(query: Query, rows: Option<u64>) -> Self {
        Self {
            is_mix: false,
            rows,
            sequence: Box::new(move |_| vec![query.clone()]),
        }
    }

    /// Texts with parameters of their own for each number.
    pub fn mixes(sequence: Sequences) -> Self {
        Self {
            is_mix: true,
            sequence,
            rows: None,
        }
    }

    /// One text of each name.
    pub fn texts(&self) -> Vec<Query> {
        let mut queries = (self.sequence)(0);
        queries.sort_by(|a, b| a.name.cmp(&b.name));
        queries.dedup_by(|a, b| a.name == b.name);
        queries
    }

    /// What it is called in progress and failures as a whole.
    pub fn name(&self) -> String {
        match self.is_mix {
            true => MIX.to_owned(),
            false => (self.sequence)(0)
                .first()
                .map_or_else(String::new, |query| query.name.clone()),
        }
    }
}
