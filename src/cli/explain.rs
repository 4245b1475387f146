//! `triplestore explain`.

use super::diagnostic::Text;
use super::exit::{Exit, Outcome};
use super::interrupt;
use super::output::{Output, write_error};
use super::report::ReportFormat;
use super::request::Request;
use super::store::{Access, StoreArguments};
use clap::Args;
use std::io::Write;
use triplestore::query::{ParseOptions, Prepared};

/// Show how a query is answered, with the rows and times expected; --analyze runs it
#[derive(Args)]
pub struct Explain {
    #[command(flatten)]
    request: Request,
    /// Run the query and show the rows and the time of each step, and the most memory held at once
    #[arg(long)]
    analyze: bool,
    /// How the plan is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
}

impl Explain {
    pub fn run(&self, store: &StoreArguments) -> Outcome {
        self.request.with_text(|text| self.show(text, store))
    }

    fn show(&self, text: &Text, store: &StoreArguments) -> Outcome {
        let prepared = Prepared::new(&text.text, &ParseOptions::default())?;
        let options = self.request.options()?;
        let database = store.open(Access::Read)?;
        let control = database.query_control();
        interrupt::cancels(&control);
        let snapshot = database.snapshot()?;
        let options = snapshot.options(&options);
        let snapshot = snapshot.source();
        let explanation = match self.analyze {
            true => prepared.analyze(&snapshot, &options, &control)?,
            false => prepared.explain(&snapshot, &options, &control)?,
        };
        let mut out = Output::stdout()?;
        match self.format {
            ReportFormat::Text => write!(out, "{explanation}"),
            ReportFormat::Json => writeln!(out, "{}", explanation.to_json()?),
        }
        .map_err(write_error)?;
        out.finish()?;
        database.close()?;
        Ok(Exit::Ok)
    }
}
