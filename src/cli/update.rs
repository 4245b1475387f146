//! `triplestore update`.

use super::diagnostic::Text;
use super::exit::{Exit, Outcome};
use super::progress::{ProgressBar, Work};
use super::report::{Report, ReportFormat, Value};
use super::request::{DefaultGraphChoice, located, timeout};
use super::store::{Access, StoreArguments};
use super::{arguments, figures, interrupt, source};
use clap::{ArgGroup, Args};
use std::path::PathBuf;
use std::time::Instant;
use triplestore::control::Control;
use triplestore::database::UpdateOptions;
use triplestore::error::Result;
use triplestore::query::ParseOptions;

/// Run a SPARQL update: all of its operations or, after an error or Ctrl-C, none
#[derive(Args)]
#[command(group = ArgGroup::new("update").required(true).args(["text", "file"]))]
pub struct Update {
    /// The update; - reads it from standard input
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// Read the update from a file; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    /// How the counts are printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ReportFormat,
    /// Stop after this time: 500, "500 ms", "5 s"
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
    /// What relative IRIs are resolved against
    #[arg(long, value_name = "IRI")]
    base: Option<String>,
    /// What patterns outside GRAPH read, if there is no WITH and no USING [default: the setting default_graph]
    #[arg(long, value_enum, value_name = "WHICH")]
    default_graph: Option<DefaultGraphChoice>,
    /// Allow LOAD to read files, below a directory if one is given
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    allow_load: Option<Option<PathBuf>>,
}

impl Update {
    pub fn run(&self, store: &StoreArguments) -> Outcome {
        let text = source::read(self.text.as_deref(), self.file.as_deref(), "update")?;
        located(text, |text| self.apply(text, store))
    }

    fn apply(&self, text: &Text, store: &StoreArguments) -> Outcome {
        let options = self.options()?;
        // A text with an error opens no store.
        let update = options.prepare(&text.text, ParseOptions::default())?;
        let database = store.open(Access::Change)?;
        let started = Instant::now();
        let control = Control::new();
        interrupt::cancels(&control);
        let work = Work {
            name: "update",
            unit: "rows",
            rows_total: None,
        };
        let progress = ProgressBar::show(work, &control, store.quiet);
        let committed = database.run_update(&update, &options, &control);
        drop(progress);
        let committed = committed?;
        database.close()?;
        let seconds = started.elapsed().as_secs_f64();
        match self.format {
            ReportFormat::Json => {
                let mut report = Report::default();
                report
                    .add("inserted", Value::Count(committed.inserted))
                    .add("deleted", Value::Count(committed.deleted))
                    .add("seq", Value::Count(committed.seq))
                    .add("seconds", Value::Seconds(seconds));
                report.print(self.format)?;
            }
            ReportFormat::Text if store.quiet => {}
            ReportFormat::Text => {
                let mut report = Report::default();
                let line = format!(
                    "{} inserted, {} deleted in {}",
                    figures::counted(committed.inserted, "quad"),
                    figures::count(committed.deleted),
                    figures::seconds(started.elapsed())
                );
                report.add("counts", Value::List(vec![line]));
                report.print(self.format)?;
            }
        }
        Ok(Exit::Ok)
    }

    /// Errors: `InvalidIri`, `InvalidConfig`.
    fn options(&self) -> Result<UpdateOptions> {
        Ok(UpdateOptions {
            base_iri: match &self.base {
                Some(base) => Some(arguments::iri(base)?.into_string()),
                None => None,
            },
            default_graph: DefaultGraphChoice::of(self.default_graph),
            timeout: timeout(self.timeout.as_deref(), "update_timeout_ms", |config| {
                config.update_timeout_ms
            })?,
            load_files: self.allow_load.is_some(),
            load_root: match self.allow_load.clone().flatten() {
                Some(root) => Some(
                    std::path::absolute(&root)
                        .map_err(|error| triplestore::error::Error::io("finding", &root, error))?,
                ),
                None => None,
            },
            ..UpdateOptions::default()
        })
    }
}
