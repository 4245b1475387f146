//! Patterns that expressions ask for. The executor works them; expressions know this trait only.

use crate::error::Result;
use std::fmt;

/// The pattern of an EXISTS.
pub trait SubPlan: Send + Sync {
    /// Whether the pattern has a solution for each of `rows` of `columns`, where the row's values stand for its variables.
    /// Errors: `Cancelled`, `QueryTimeout`, `ResourceExhausted`, those of the store.
    fn exists(&self, columns: &[Vec<u64>], rows: &[u32]) -> Result<Vec<bool>>;
}

impl fmt::Debug for dyn SubPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubPlan")
    }
}
