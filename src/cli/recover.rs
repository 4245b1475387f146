//! `triplestore recover`.

use super::exit::{Exit, Outcome};
use super::report::{Report, ReportFormat, Value};
use super::store::{Access, StoreArguments};
use clap::Args;
use triplestore::database::Database;

/// Open a store whose write-ahead log is damaged and keep every commit before the damage
///
/// Commits behind the damaged place are lost for good: copy the directory first. A store that opens without this needs
/// no recovery, and is left as it is.
#[derive(Args)]
pub struct Recover {
    /// How the result is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ReportFormat,
}

impl Recover {
    pub fn run(&self, store: &StoreArguments) -> Outcome {
        let config = store.config(Access::Change)?;
        let database = Database::recover(store.directory()?, &config)?;
        let health = database.health()?;
        database.close()?;
        let mut report = Report::default();
        report
            .add("quads", Value::Count(health.quads))
            .add("last_commit", Value::Count(health.seq));
        report.print(self.format)?;
        Ok(Exit::Ok)
    }
}
