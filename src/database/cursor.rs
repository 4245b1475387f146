//! Cursors whose calls are bounded in time, over queries and matches.

use super::{Database, QuadPattern, Snapshot};
use crate::control::Control;
use crate::error::Result;
use crate::query::{Cursor, Prepared, QueryOptions};

impl Database {
    /// Starts a prepared query on the newest snapshot, with the limits of the configuration. ASK gives a row without
    /// columns if the answer is yes. Errors: as [`Prepared::run`]; `Closed`.
    pub fn open_query(
        &self,
        query: &Prepared,
        options: &QueryOptions,
        control: &Control,
    ) -> Result<Cursor> {
        self.open_query_on(&self.snapshot()?, query, options, control)
    }

    /// As [`Database::open_query`], on a snapshot. Errors: as there.
    pub fn open_query_on(
        &self,
        snapshot: &Snapshot,
        query: &Prepared,
        options: &QueryOptions,
        control: &Control,
    ) -> Result<Cursor> {
        let source = snapshot.source();
        Cursor::open(&self.limited(control), |control| {
            query.rows(&source, &snapshot.options(options), control)
        })
    }

    /// Starts reading the quads of the newest snapshot that match a pattern, with the limits that queries have.
    /// Errors: as [`Snapshot::quad_rows`](super::Snapshot::quad_rows); `Closed`.
    pub fn open_match(&self, pattern: &QuadPattern, control: &Control) -> Result<Cursor> {
        self.open_match_on(&self.snapshot()?, pattern, control)
    }

    /// As [`Database::open_match`], on a snapshot. Errors: as there.
    pub fn open_match_on(
        &self,
        snapshot: &Snapshot,
        pattern: &QuadPattern,
        control: &Control,
    ) -> Result<Cursor> {
        Cursor::open(&self.limited(control), |control| {
            snapshot.quad_rows(pattern, control)
        })
    }
}
