//! `triplestore bench agree`.

use super::{columns, records};
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::output::{Output, write_error};
use crate::cli::report::ReportFormat;
use clap::Args;
use clap::error::ErrorKind;
use std::io::{self, Write};
use std::path::PathBuf;
use triplestore::bench::record::Machine;
use triplestore::bench::report::agreement::{Agreement, agreements};
use triplestore::bench::report::machine::cache_latency;
use triplestore::bench::report::number;

/// Say how far apart two records of one state are in how ours stands to each peer
#[derive(Args)]
pub struct Agree {
    before: PathBuf,
    after: PathBuf,
    /// Exit with 1 if a ratio differs by more per cent
    #[arg(long, value_name = "PERCENT", default_value_t = 10.0)]
    within: f64,
    /// Measures that are looked at, all by default; may be repeated
    #[arg(long, value_name = "NAME")]
    measure: Vec<String>,
    /// List ratios that agree too
    #[arg(long)]
    all: bool,
    /// How it is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ReportFormat,
}

impl Agree {
    pub fn run(&self) -> Outcome {
        if !(self.within >= 0.0 && self.within.is_finite()) {
            let message = "--within must not be below 0".to_owned();
            return Err(Failure::Usage(ErrorKind::ValueValidation, message));
        }
        let [before, after] = [&self.before, &self.after].map(|path| records::read(path));
        let (before, after) = (before?, after?);
        let mut agreements = agreements(&before, &after);
        let is_asked = |name: &str| self.measure.iter().any(|asked| asked == name);
        agreements.retain(|ratio| self.measure.is_empty() || is_asked(ratio.name.measure));
        let far = |ratio: &Agreement<'_>| ratio.apart > self.within / 100.0;
        let apart = agreements.iter().filter(|ratio| far(ratio)).count();
        let mut output = Output::stdout()?;
        match self.format {
            ReportFormat::Text => {
                let shown = match self.all {
                    true => &agreements[..],
                    // They come first.
                    false => &agreements[..apart],
                };
                self.write(&mut output, shown, apart, agreements.len())
                    .and_then(|()| write_machine(&mut output, &before.machine, &after.machine))
            }
            ReportFormat::Json => serde_json::to_writer(&mut output, &agreements)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(output)),
        }
        .map_err(write_error)?;
        output.finish()?;
        // No ratio in common is no agreement.
        Ok(match apart == 0 && !agreements.is_empty() {
            true => Exit::Ok,
            false => Exit::No,
        })
    }

    fn write(
        &self,
        out: &mut impl Write,
        shown: &[Agreement<'_>],
        apart: usize,
        ratios: usize,
    ) -> io::Result<()> {
        if !shown.is_empty() {
            let rows: Vec<[String; 7]> = shown.iter().map(row).collect();
            let head = [
                "Workload", "Subject", "Measure", "Engine", "Before", "After", "Apart",
            ];
            columns::write(out, head, &rows)?;
            writeln!(out)?;
        }
        let within = number::mark(self.within);
        let agree = ratios - apart;
        writeln!(out, "{agree} of {ratios} ratios agree within {within} %")
    }
}

/// Says how much of the shared cache there was, since engines do not feel alike that it is less.
fn write_machine(out: &mut impl Write, before: &Machine, after: &Machine) -> io::Result<()> {
    match (cache_latency(before), cache_latency(after)) {
        (Some(before), Some(after)) => {
            writeln!(
                out,
                "A read of 4 MB just read took {before} before, {after} after"
            )
        }
        // Older records do not know.
        _ => Ok(()),
    }
}

fn row(ratio: &Agreement<'_>) -> [String; 7] {
    [
        ratio.name.workload.to_owned(),
        ratio.name.subject.to_owned(),
        ratio.name.measure.to_owned(),
        ratio.name.engine.to_owned(),
        number::ratio(ratio.before),
        number::ratio(ratio.after),
        format!("{:.1} %", ratio.apart * 100.0),
    ]
}
