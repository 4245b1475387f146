//! `Dictionary`: from terms to ids and back, as of one version.

use crate::error::Result;
use crate::term::{Id, TermRef};

/// The terms of one version of a store, or a model of it in tests. Ids are those of
/// [`QuadSource`](super::QuadSource) columns; local ids (definition 3) are never asked for.
pub trait Dictionary: Send + Sync {
    /// The id of a term; `None` if no quad of the version can hold it. Errors: `Io`, `CorruptBlock`.
    fn id(&self, term: TermRef<'_>) -> Result<Option<Id>>;

    /// Calls `sink` once for each of `ids` (ascending, no duplicates), in any order, with its index and its term;
    /// the term lives for that call. Cost: inline ids 10-100 ns, others one page for neighbours.
    /// Errors: those of `sink`; `Corruption` for an id that no term has; `Io`, `CorruptBlock`.
    fn terms(
        &self,
        ids: &[Id],
        sink: &mut dyn FnMut(usize, TermRef<'_>) -> Result<()>,
    ) -> Result<()>;

    /// Whether all ids from `min` to `max`, which are of one dictionary class, are of one sorted segment, so that their order
    /// is that of their terms (definition 4).
    fn is_sorted(&self, _min: Id, _max: Id) -> bool {
        false
    }
}
