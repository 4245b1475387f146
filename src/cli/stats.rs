//! `triplestore stats`.

use super::exit::{Exit, Outcome};
use super::interrupt;
use super::report::{Report, ReportFormat, Value};
use super::store::{Access, StoreArguments};
use clap::Args;
use triplestore::control::Control;

/// Print what the store holds and how much room it takes
#[derive(Args)]
pub struct Stats {
    /// How the numbers are printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ReportFormat,
}

impl Stats {
    pub fn run(&self, store: &StoreArguments) -> Outcome {
        let database = store.open(Access::Read)?;
        let control = Control::new();
        interrupt::cancels(&control);
        let stats = database.snapshot()?.stats(&control)?;
        let health = database.health()?;
        let mut report = Report::default();
        report
            .add(
                "store",
                Value::Text(store.directory()?.display().to_string()),
            )
            .add("quads", Value::Count(stats.quads))
            .add("asserted", Value::Count(stats.asserted))
            .add("inferred", Value::Count(stats.inferred))
            .add(
                "default_graph_quads",
                Value::Count(stats.default_graph_quads),
            )
            .add("named_graph_quads", Value::Count(stats.named_graph_quads))
            .add("named_graphs", Value::Count(stats.named_graphs))
            .add("distinct_subjects", Value::Count(stats.distinct_subjects))
            .add(
                "distinct_predicates",
                Value::Count(stats.distinct_predicates),
            )
            .add("distinct_objects", Value::Count(stats.distinct_objects))
            .add("dictionary_terms", Value::Count(stats.dictionary_terms))
            .add("iri_prefixes", Value::Count(stats.iri_prefixes))
            .add("last_commit", Value::Count(health.seq))
            .add("runs_max", Value::Count(health.runs_max as u64))
            .add("disk_bytes", Value::Bytes(database.disk_bytes()?))
            .add("page_file_bytes", Value::Bytes(health.page_file_bytes))
            .add("unspilled_bytes", Value::Bytes(health.unspilled_bytes));
        report.print(self.format)?;
        database.close()?;
        Ok(Exit::Ok)
    }
}
