//! `triplestore bench compare`.

use super::{columns, records};
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::output::{Output, printable, write_error};
use crate::cli::report::ReportFormat;
use clap::Args;
use clap::error::ErrorKind;
use std::io::{self, Write};
use std::path::PathBuf;
use triplestore::bench::report::comparison::{Change, Comparison, Name, Options, Verdict};
use triplestore::bench::report::number;

/// Say what is better, worse or no different in the second record
#[derive(Args)]
pub struct Compare {
    /// The record to compare with
    before: PathBuf,
    /// The record that is judged
    after: PathBuf,
    /// Differences of fewer per cent are none
    #[arg(long, value_name = "PERCENT", default_value_t = 2.0)]
    least_effect: f64,
    /// How sure a verdict must be, in per cent
    #[arg(long, value_name = "PERCENT", default_value_t = 99.0)]
    confidence: f64,
    /// List figures without a difference too
    #[arg(long)]
    all: bool,
    /// Exit with 1 if a figure is worse or an answer is not what it was
    #[arg(long)]
    fail_if_worse: bool,
    /// How the comparison is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ReportFormat,
}

impl Compare {
    pub fn run(&self) -> Outcome {
        let options = self.options()?;
        let [before, after] = [&self.before, &self.after].map(|path| records::read(path));
        let (before, after) = (before?, after?);
        let comparison = Comparison::new(&before, &after, options);
        let mut output = Output::stdout()?;
        match self.format {
            ReportFormat::Text => self.write(&mut output, &comparison),
            ReportFormat::Json => serde_json::to_writer(&mut output, &comparison)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(output)),
        }
        .map_err(write_error)?;
        output.finish()?;
        Ok(match self.fail_if_worse && comparison.is_worse() {
            true => Exit::No,
            false => Exit::Ok,
        })
    }

    fn options(&self) -> Result<Options, Failure> {
        let wrong = |message: &str| Failure::Usage(ErrorKind::ValueValidation, message.to_owned());
        if !(self.confidence > 0.0 && self.confidence < 100.0) {
            return Err(wrong("--confidence must lie between 0 and 100"));
        }
        if !(self.least_effect >= 0.0 && self.least_effect.is_finite()) {
            return Err(wrong("--least-effect must not be below 0"));
        }
        Ok(Options {
            confidence: self.confidence / 100.0,
            least_effect: self.least_effect / 100.0,
        })
    }

    fn write(&self, out: &mut impl Write, comparison: &Comparison<'_>) -> io::Result<()> {
        let shown: Vec<[String; 9]> = comparison
            .changes
            .iter()
            .filter(|change| self.all || change.verdict != Verdict::Same)
            .map(row)
            .collect();
        if !shown.is_empty() {
            let head = [
                "Verdict", "Workload", "Subject", "Measure", "Engine", "Before", "After", "Ratio",
                "Interval",
            ];
            columns::write(out, head, &shown)?;
            writeln!(out)?;
        }
        write_summary(out, comparison)?;
        write_names(out, "missing", &comparison.missing)?;
        write_names(out, "new", &comparison.new)?;
        for name in &comparison.other_answers {
            let [engine, workload, subject] = name.map(printable);
            writeln!(out, "another answer: {workload} {subject}, {engine}")?;
        }
        let counts = [
            Verdict::Better,
            Verdict::Worse,
            Verdict::Changed,
            Verdict::Undecided,
            Verdict::Same,
        ]
        .map(|verdict| (comparison.count(verdict), word(verdict)))
        .into_iter()
        .filter(|&(count, _)| count > 0)
        .map(|(count, word)| format!("{count} {word}"));
        writeln!(out, "{}", counts.collect::<Vec<_>>().join(", "))
    }
}

fn write_summary(out: &mut impl Write, comparison: &Comparison<'_>) -> io::Result<()> {
    if comparison.summary.is_empty() {
        return writeln!(out, "the records have no figure in common");
    }
    let rows: Vec<[String; 7]> = comparison
        .summary
        .iter()
        .map(|summary| {
            [
                summary.workload.to_owned(),
                summary.measure.to_owned(),
                summary.engine.to_owned(),
                summary.figures.to_string(),
                summary.better.to_string(),
                summary.worse.to_string(),
                number::ratio(summary.ratio),
            ]
        })
        .collect();
    let head = [
        "Workload",
        "Measure",
        "Engine",
        "Figures",
        "Better",
        "Worse",
        "Mean ratio",
    ];
    columns::write(out, head, &rows)?;
    writeln!(out)
}

fn write_names(out: &mut impl Write, what: &str, names: &[Name<'_>]) -> io::Result<()> {
    for name in names {
        let Name {
            engine,
            workload,
            subject,
            measure,
        } = name;
        let name = printable(&format!("{workload} {subject} {measure}, {engine}"));
        writeln!(out, "{what}: {name}")?;
    }
    Ok(())
}

fn row(change: &Change<'_>) -> [String; 9] {
    let with_unit = |value| format!("{} {}", number::exact(value), change.unit);
    [
        word(change.verdict).to_owned(),
        change.name.workload.to_owned(),
        change.name.subject.to_owned(),
        change.name.measure.to_owned(),
        change.name.engine.to_owned(),
        with_unit(change.before),
        with_unit(change.after),
        number::ratio(change.ratio),
        change
            .interval
            .map_or("too few rounds".to_owned(), |[low, high]| {
                format!("{} to {}", number::ratio(low), number::ratio(high))
            }),
    ]
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::Changed => "changed",
        Verdict::Same => "no difference",
        Verdict::Undecided => "undecided",
    }
}
