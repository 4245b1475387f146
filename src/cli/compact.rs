//! `triplestore compact`.

use super::exit::{Exit, Outcome};
use super::interrupt;
use super::progress::{ProgressBar, Work};
use super::report::{Report, ReportFormat, Value};
use super::store::{Access, StoreArguments};
use clap::Args;
use triplestore::control::Control;

/// Merge all runs into one and give freed space back
#[derive(Args)]
pub struct Compact {
    /// How the result is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ReportFormat,
}

impl Compact {
    pub fn run(&self, store: &StoreArguments) -> Outcome {
        let database = store.open(Access::Change)?;
        let control = Control::new();
        interrupt::cancels(&control);
        let before = database.health()?;
        let work = Work {
            name: "compact",
            unit: "rows",
            rows_total: None,
        };
        let progress = ProgressBar::show(work, &control, store.quiet);
        let compacted = database.compact(&control);
        drop(progress);
        compacted?;
        let after = database.health()?;
        database.close()?;
        if !store.quiet || self.format == ReportFormat::Json {
            let mut report = Report::default();
            report
                .add("quads", Value::Count(after.quads))
                .add("runs_before", Value::Count(before.runs_max as u64))
                .add("runs_after", Value::Count(after.runs_max as u64))
                .add(
                    "page_file_bytes_before",
                    Value::Bytes(before.page_file_bytes),
                )
                .add("page_file_bytes_after", Value::Bytes(after.page_file_bytes));
            report.print(self.format)?;
        }
        Ok(Exit::Ok)
    }
}
