//! `triplestore check`.

use super::exit::{Exit, Outcome};
use super::interrupt;
use super::progress::{ProgressBar, Work};
use super::report::{Report, ReportFormat, Value};
use super::store::{Access, StoreArguments};
use clap::Args;
use triplestore::control::Control;

/// Verify every block, directory, count and term, and that all orders hold the same quads
#[derive(Args)]
pub struct Check {
    /// How the result is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ReportFormat,
}

impl Check {
    pub fn run(&self, store: &StoreArguments) -> Outcome {
        let database = store.open(Access::Read)?;
        let control = Control::new();
        interrupt::cancels(&control);
        let work = Work {
            name: "check",
            unit: "rows",
            rows_total: None,
        };
        let progress = ProgressBar::show(work, &control, store.quiet);
        let checked = database.check(&control);
        drop(progress);
        let checked = checked?;
        let sound = checked.is_sound();
        let mut report = Report::default();
        report
            .add("sound", Value::Flag(sound))
            .add("quads", Value::Count(checked.quads))
            .add("triple_terms", Value::Count(checked.triple_terms))
            .add("terms", Value::Count(checked.terms))
            .add("runs", Value::Count(checked.runs))
            .add("blocks", Value::Count(checked.blocks))
            .add("problems_total", Value::Count(checked.problems_total))
            .add("problems", Value::List(checked.problems));
        report.print(self.format)?;
        database.close()?;
        Ok(match sound {
            true => Exit::Ok,
            false => Exit::No,
        })
    }
}
