//! Cursors whose calls are bounded in time, over queries and matches.

use super::{Database, QuadPattern};
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
        let snapshot = self.snapshot()?.source();
        Cursor::open(&self.limited(control), |control| {
            query.rows(&snapshot, options, control)
        })
    }

    /// Starts reading the quads of the newest snapshot that match a pattern, with the limits that queries have.
    /// Errors: as [`Snapshot::quad_rows`](super::Snapshot::quad_rows); `Closed`.
    pub fn open_match(&self, pattern: &QuadPattern, control: &Control) -> Result<Cursor> {
        let snapshot = self.snapshot()?;
        Cursor::open(&self.limited(control), |control| {
            snapshot.quad_rows(pattern, control)
        })
    }
}
