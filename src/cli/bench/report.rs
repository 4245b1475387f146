//! `triplestore bench report`.

use super::records;
use crate::cli::exit::{Exit, Outcome};
use crate::cli::output::{Output, write_error};
use clap::{ArgGroup, Args};
use std::io::Write;
use std::path::{Path, PathBuf};
use triplestore::bench::record::Record;
use triplestore::bench::report;
use triplestore::error::Result;

/// Show records as a page with charts, as tables for a document, or as CSV
#[derive(Args)]
#[command(group(ArgGroup::new("output").required(true).multiple(true).args(["html", "markdown", "csv"])))]
pub struct Report {
    /// Records of `bench run`; of a figure that several have, the last one's is shown
    #[arg(required = true, value_name = "RECORD")]
    records: Vec<PathBuf>,
    /// One page that needs nothing else; `-` is standard output, here and below
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// A table for each workload and measure, engines side by side
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// A line for each figure
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Only figures of these measures: `p50`, `to return`, ...
    #[arg(long, value_name = "MEASURE")]
    measure: Vec<String>,
}

impl Report {
    pub fn run(&self) -> Outcome {
        let mut records: Vec<Record> = self
            .records
            .iter()
            .map(|path| records::read(path))
            .collect::<Result<_>>()?;
        if !self.measure.is_empty() {
            for record in &mut records {
                record
                    .figures
                    .retain(|figure| self.measure.contains(&figure.measure));
            }
        }
        write(self.html.as_deref(), &records, report::html)?;
        write(self.markdown.as_deref(), &records, report::markdown)?;
        write(self.csv.as_deref(), &records, report::csv)?;
        Ok(Exit::Ok)
    }
}

/// Writes one form, if it is asked for.
fn write(path: Option<&Path>, records: &[Record], form: fn(&[Record]) -> String) -> Result<()> {
    let mut output = match path {
        None => return Ok(()),
        Some(path) if path == Path::new("-") => Output::stdout()?,
        Some(path) => Output::file(path)?,
    };
    output
        .write_all(form(records).as_bytes())
        .map_err(write_error)?;
    output.finish()
}
