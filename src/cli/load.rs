//! `triplestore load`.

use super::exit::{Exit, Failure, Outcome};
use super::output::printable;
use super::progress::{ProgressBar, Work};
use super::report::{Report, ReportFormat, Value};
use super::standard_input::{self, StandardInput};
use super::store::{Access, StoreArguments};
use super::{arguments, figures, interrupt};
use clap::Args;
use clap::error::ErrorKind;
use parking_lot::Mutex;
use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Instant;
use triplestore::control::Control;
use triplestore::database::{LoadOptions, LoadReport};
use triplestore::error::{Code, Error, Position};
use triplestore::load::{BadStatements, ChunkEnd, Format, OnCheckpoint, OnError, REPORT_KEPT};

/// Load RDF files: all of them or, after an error or Ctrl-C, none
#[derive(Args)]
pub struct Load {
    /// Files to load, gzip, zstd and bzip2 included; - is standard input
    #[arg(required = true, value_name = "FILES")]
    files: Vec<PathBuf>,
    /// RDF format of all files: nt, nq, ttl, trig, rdf, jsonld [default: by extension]
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// Graph for triples that name none [default: the default graph]
    #[arg(long, value_name = "IRI")]
    graph: Option<String>,
    /// What relative IRIs are resolved against
    #[arg(long, value_name = "IRI")]
    base: Option<String>,
    /// Skip the checks of IRIs, language tags and datatypes, for data known to be valid
    #[arg(long)]
    trusted: bool,
    /// Skip bad statements and print the first N of them [default: 100]
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true)]
    keep_going: Option<Option<usize>>,
    /// Commit parts of the file (every load_batch_statements) instead of all or nothing, so that a load that ends early
    /// can be resumed
    #[arg(long)]
    checkpoint: bool,
    /// Go on with an N-Triples or N-Quads file at a checkpoint of an earlier load, as it was printed
    #[arg(long, value_name = "OFFSET:LINE")]
    resume: Option<Place>,
    /// How the summary is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    report: ReportFormat,
}

impl Load {
    pub fn run(&self, store: &StoreArguments) -> Outcome {
        let mut options = self.options()?;
        let from_stdin = self.files.iter().any(|file| file == Path::new("-"));
        if from_stdin && self.files.len() > 1 {
            let message = "standard input is loaded alone, without other files";
            return Err(Failure::Usage(ErrorKind::ArgumentConflict, message.into()));
        }
        if from_stdin && options.format.is_none() {
            let message = "standard input needs --format: nt, nq, ttl, trig, rdf, jsonld";
            return Err(Failure::Usage(
                ErrorKind::MissingRequiredArgument,
                message.into(),
            ));
        }
        if (self.checkpoint || self.resume.is_some()) && self.files.len() > 1 {
            let message = "checkpoints are places in one file: load the others on their own";
            return Err(Failure::Usage(ErrorKind::ArgumentConflict, message.into()));
        }
        let reached = Arc::new(Mutex::new(None));
        if self.checkpoint {
            options.on_checkpoint = Some(observer(reached.clone(), store.quiet));
        }
        let database = store.open(Access::Create)?;
        let started = Instant::now();
        let control = Control::new();
        interrupt::cancels(&control);
        control.set_bytes_total(self.files.iter().map(|file| file_bytes(file)).sum());
        let work = Work {
            name: "load",
            unit: "statements",
            rows_total: None,
        };
        let progress = ProgressBar::show(work, &control, store.quiet);
        let loaded = match from_stdin {
            true => {
                let (input, reader) = StandardInput::start(&control);
                database
                    .load_reader(reader, &options, &control)
                    .map_err(|error| input.explain(error))
            }
            false => database.load_files(&self.files, &options, &control),
        };
        drop(progress);
        let reached = *reached.lock();
        let report = loaded.map_err(|error| self.explained(error, from_stdin, reached))?;
        database.close()?;
        report_bad(&report.bad, from_stdin);
        if !store.quiet || self.report == ReportFormat::Json {
            self.summary(&report, started)?;
        }
        Ok(Exit::Ok)
    }

    /// Errors: `UnknownFormat`, `InvalidIri`.
    fn options(&self) -> Result<LoadOptions, Error> {
        Ok(LoadOptions {
            format: self.format.as_deref().map(Format::from_name).transpose()?,
            graph: self.graph.as_deref().map(arguments::graph).transpose()?,
            base_iri: match &self.base {
                Some(base) => Some(arguments::iri(base)?.into_string()),
                None => None,
            },
            trusted: self.trusted,
            on_error: match self.keep_going {
                Some(keep) => OnError::KeepGoing {
                    keep: keep.unwrap_or(REPORT_KEPT),
                },
                None => OnError::Stop,
            },
            checkpoint: self.checkpoint,
            resume_after: self.resume.map(|place| ChunkEnd {
                sequence: 0,
                offset: place.offset,
                line: place.line,
            }),
            ..LoadOptions::default()
        })
    }

    /// An error of a load, with what only the tool knows.
    fn explained(&self, error: Error, from_stdin: bool, reached: Option<Place>) -> Error {
        let error = match error.position() {
            Some(position) if from_stdin && position.file.is_none() => {
                let position = Position {
                    file: Some(standard_input::NAME.to_owned()),
                    ..position.clone()
                };
                error.at(position)
            }
            _ => error,
        };
        if self.checkpoint {
            let Some(place) = reached else {
                return error;
            };
            let kept = format!(
                "everything before line {} is loaded; go on with --checkpoint --resume {place}",
                place.line
            );
            let hint = match error.hint() {
                Some(hint) => format!("{hint}; {kept}"),
                None => kept,
            };
            return error.with_hint(hint);
        }
        match (error.code(), error.hint()) {
            (Code::Cancelled, _) => error.with_hint("nothing was loaded"),
            (Code::DataParse, None) if self.keep_going.is_none() => {
                error.with_hint("nothing was loaded; --keep-going skips bad statements")
            }
            _ => error,
        }
    }

    fn summary(&self, report: &LoadReport, started: Instant) -> Result<(), Error> {
        let elapsed = started.elapsed();
        let text = format!(
            "loaded {} in {}, {}: {} new",
            figures::counted(report.statements, "statement"),
            figures::seconds(elapsed),
            figures::rate(report.statements, elapsed),
            figures::counted(report.inserted, "quad"),
        );
        let mut summary = Report::default();
        match self.report {
            ReportFormat::Text => summary.add("", Value::List(vec![text])),
            ReportFormat::Json => summary
                .add("statements", Value::Count(report.statements))
                .add("inserted", Value::Count(report.inserted))
                .add("seq", Value::Count(report.seq))
                .add("bad", Value::Count(report.bad.total))
                .add("abandoned", Value::Flag(report.bad.abandoned))
                .add("seconds", Value::Seconds(elapsed.as_secs_f64())),
        };
        summary.print(self.report)
    }
}

/// A checkpoint: a line of a document and the byte it begins at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Place {
    offset: u64,
    line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.offset, self.line)
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once(':')
            .and_then(|(offset, line)| Some((offset.parse().ok()?, line.parse().ok()?)));
        match numbers {
            Some((offset, line)) if line > 0 => Ok(Self { offset, line }),
            _ => Err("a checkpoint is OFFSET:LINE, as 524288:7012".to_owned()),
        }
    }
}

/// Remembers checkpoints as they are reached. Where there is no terminal to show progress on, they are printed too, so
/// that a load that is killed can be resumed.
fn observer(reached: Arc<Mutex<Option<Place>>>, quiet: bool) -> OnCheckpoint {
    let printed = !quiet && !io::stderr().is_terminal();
    Arc::new(move |end| {
        let place = Place {
            offset: end.offset,
            line: end.line,
        };
        *reached.lock() = Some(place);
        if printed {
            // There is no one left to tell if that fails.
            let _ = writeln!(io::stderr(), "checkpoint {place}");
        }
        Ok(())
    })
}

/// The size of a regular file, 0 of anything else.
fn file_bytes(path: &Path) -> u64 {
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        _ => 0,
    }
}

/// Prints what a keep-going load skipped, a line each.
fn report_bad(bad: &BadStatements, from_stdin: bool) {
    let mut text = String::new();
    for skipped in &bad.first {
        let mut position = skipped.position.clone();
        if from_stdin {
            position
                .file
                .get_or_insert_with(|| standard_input::NAME.to_owned());
        }
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{position}: {} [{} {}]",
            printable(&skipped.reason),
            skipped.code.number(),
            skipped.code.name()
        );
    }
    if bad.total > 0 {
        let _ = writeln!(
            text,
            "skipped {}, {} shown",
            figures::counted(bad.total, "bad statement"),
            bad.first.len()
        );
    }
    if bad.abandoned {
        text.push_str("a document could not be read on after its last error\n");
    }
    // There is no one left to tell if that fails.
    let _ = io::stderr().write_all(text.as_bytes());
}
