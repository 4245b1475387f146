//! `triplestore generate`.

use super::exit::{Exit, Failure, Outcome};
use super::output::{self, Output, write_error};
use super::progress::{ProgressBar, Work};
use super::store::{Access, StoreArguments};
use super::{figures, interrupt};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Instant;
use triplestore::bench::dataset::{Dataset, Document, Kind, Parameters, Syntax, kinds};
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions};
use triplestore::error::{Code, Error, Result};
use triplestore::load::Format;

/// Make data for tests and benchmarks, the same for the same seed on every machine
#[derive(Args)]
pub struct Generate {
    #[arg(value_name = "DATASET", value_parser = datasets())]
    dataset: &'static Kind,
    /// How large; what it counts is said with each dataset
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_SCALE))]
    scale: Option<u64>,
    /// What the random choices follow from
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// RDF format: nt, ttl, nq [default: by the extension of the output, else nt]
    #[arg(long, value_name = "FORMAT", conflicts_with = "into")]
    format: Option<String>,
    /// Threads that make data [default: one a processor]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Begin with the ontology of the data
    #[arg(long)]
    ontology: bool,
    /// Write to a file, which appears when it is complete
    #[arg(long, short, value_name = "FILE", conflicts_with = "into")]
    output: Option<PathBuf>,
    /// Load into the store in this directory, which is made if it is absent, instead of writing
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

/// Far more than anyone can keep.
const MAX_SCALE: u64 = 1_000_000_000;

/// The formats that datasets are written in.
const SYNTAXES: [(Format, Syntax); 3] = [
    (Format::NTriples, Syntax::NTriples),
    (Format::Turtle, Syntax::Turtle),
    (Format::NQuads, Syntax::NQuads),
];

/// The datasets by name.
fn datasets() -> impl TypedValueParser<Value = &'static Kind> {
    let names = kinds().iter().map(|kind| {
        let help = format!(
            "{}; the scale counts {} [default: {}]",
            kind.about, kind.unit, kind.scale
        );
        PossibleValue::new(kind.name).help(help)
    });
    PossibleValuesParser::new(names).try_map(|name| {
        let kind = kinds().iter().find(|kind| kind.name == name);
        kind.ok_or("there is no such dataset")
    })
}

impl Generate {
    pub fn run(&self, store: &StoreArguments) -> Outcome {
        if self.ontology && !self.dataset.ontology {
            let message = format!("{} has no ontology", self.dataset.name);
            return Err(Failure::Usage(ErrorKind::ArgumentConflict, message));
        }
        let dataset = (self.dataset.make)(&Parameters {
            scale: self.scale.unwrap_or(self.dataset.scale),
            seed: self.seed,
            ontology: self.ontology,
        });
        let control = Control::new();
        interrupt::cancels(&control);
        match &self.into {
            Some(directory) => self.load(dataset, directory, &control, store),
            None => self.write(dataset, &control, store),
        }
    }

    fn write(
        &self,
        dataset: Arc<dyn Dataset>,
        control: &Control,
        store: &StoreArguments,
    ) -> Outcome {
        let syntax = self.syntax()?;
        let mut out = Output::new(self.output.as_deref())?;
        // A bar would be drawn between lines of the document.
        let quiet = store.quiet || (self.output.is_none() && output::is_terminal());
        let progress = ProgressBar::show(work("generate"), control, quiet);
        let started = Instant::now();
        let mut document = self.document(dataset, syntax)?;
        let (mut part, mut written) = (Vec::new(), 0);
        while document.next_part(&mut part).map_err(failed)? {
            control.poll()?;
            out.write_all(&part).map_err(write_error)?;
            control.add_rows(document.statements() - written);
            written = document.statements();
        }
        out.finish()?;
        drop(progress);
        report(store, "generated", document.statements(), started, "");
        Ok(Exit::Ok)
    }

    fn load(
        &self,
        dataset: Arc<dyn Dataset>,
        directory: &Path,
        control: &Control,
        store: &StoreArguments,
    ) -> Outcome {
        let database = Database::open(directory, &store.config(Access::Create)?)?;
        let options = LoadOptions {
            format: Some(Format::NQuads),
            ..LoadOptions::default()
        };
        let progress = ProgressBar::show(work("load"), control, store.quiet);
        let started = Instant::now();
        let document = self.document(dataset, Syntax::NQuads)?;
        let loaded = database.load_reader(document, &options, control)?;
        drop(progress);
        database.close()?;
        let new = format!(": {} new", figures::counted(loaded.inserted, "quad"));
        report(store, "loaded", loaded.statements, started, &new);
        Ok(Exit::Ok)
    }

    fn document(&self, dataset: Arc<dyn Dataset>, syntax: Syntax) -> Result<Document> {
        let threads = self
            .threads
            .unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        Document::new(dataset, syntax, threads).map_err(failed)
    }

    /// Errors: `UnknownFormat`.
    fn syntax(&self) -> Result<Syntax> {
        let (name, path) = (self.format.as_deref(), self.output.as_deref());
        let wanted = output::format(name, path, Format::NTriples)?;
        SYNTAXES
            .iter()
            .find_map(|(format, syntax)| (*format == wanted).then_some(*syntax))
            .ok_or_else(|| {
                let message = format!("datasets are not written as {}", wanted.name());
                Error::new(Code::UnknownFormat, message).with_hint("the formats are nt, ttl and nq")
            })
    }
}

fn work(name: &'static str) -> Work {
    Work {
        name,
        unit: "statements",
        rows_total: None,
    }
}

/// Says what was done, on standard error: standard output may be the document.
fn report(store: &StoreArguments, done: &str, statements: u64, started: Instant, more: &str) {
    if store.quiet {
        return;
    }
    let elapsed = started.elapsed();
    // There is no one left to tell if that fails.
    let _ = writeln!(
        io::stderr(),
        "{done} {} in {}, {}{more}",
        figures::counted(statements, "statement"),
        figures::seconds(elapsed),
        figures::rate(statements, elapsed),
    );
}

#[cold]
fn failed(error: io::Error) -> Error {
    Error::new(Code::Internal, format!("cannot make the data: {error}")).because(error)
}
