//! `triplestore query`.

use super::diagnostic::Text;
use super::exit::{Exit, Failure, Outcome};
use super::output::{Output, write_error};
use super::request::Request;
use super::results::{Layout, ResultFormat, write_document, write_table};
use super::store::{Access, StoreArguments};
use super::table::Names;
use super::{arguments, interrupt, prologue};
use clap::Args;
use std::io::Write;
use triplestore::load::DumpOptions;
use triplestore::query::{self, ParseOptions, Prepared, WriteOptions};

/// Run a SPARQL query and print its answer as it comes
#[derive(Args)]
pub struct Query {
    #[command(flatten)]
    request: Request,
    /// How the answer is written [default: table for SELECT and ASK, ttl for CONSTRUCT and DESCRIBE]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<ResultFormat>,
    /// A name to write IRIs with in tables and graphs, besides those of the query; may be repeated
    #[arg(long, value_name = "NAME=IRI")]
    prefix: Vec<String>,
    /// Say what the text is, a query or an update, and whether it is right, without running it; needs no store
    #[arg(long, conflicts_with_all = ["prefix"])]
    check: bool,
}

impl Query {
    pub fn run(&self, store: &StoreArguments) -> Outcome {
        self.request.with_text(|text| match self.check {
            true => self.inspect(text),
            false => self.answer(text, store),
        })
    }

    /// Says what a text is, as lines or, with --format json, as an object.
    fn inspect(&self, text: &Text) -> Outcome {
        let inspection = query::inspect(&text.text, &ParseOptions::default())?;
        let mut out = Output::stdout()?;
        match self.format {
            None | Some(ResultFormat::Table) => write!(out, "{inspection}"),
            Some(ResultFormat::Json) => writeln!(out, "{}", inspection.to_json()?),
            Some(_) => {
                return Err(Failure::Usage(
                    clap::error::ErrorKind::ArgumentConflict,
                    "--check prints text or, with --format json, JSON".to_owned(),
                ));
            }
        }
        .map_err(write_error)?;
        out.finish()?;
        Ok(Exit::Ok)
    }

    fn answer(&self, text: &Text, store: &StoreArguments) -> Outcome {
        let prepared = Prepared::new(&text.text, &ParseOptions::default())?;
        let layout = Layout::chosen(prepared.shape().kind, self.format)?;
        let mut prefixes = arguments::prefixes(&self.prefix)?;
        prefixes.extend(prologue::prefixes(&text.text));
        let options = self.request.options()?;
        let database = store.open(Access::Read)?;
        let control = database.query_control();
        interrupt::cancels(&control);
        let snapshot = database.snapshot()?;
        let options = snapshot.options(&options);
        let snapshot = snapshot.source();
        let out = Output::stdout()?;
        let rows = prepared.rows(&snapshot, &options, &control)?;
        match layout {
            Layout::Table => write_table(rows, &Names::new(&prefixes), out)?,
            Layout::Document(format) => {
                let options = WriteOptions {
                    format: Some(format),
                    graph: DumpOptions {
                        prefixes: first_of_each_name(prefixes),
                        ..DumpOptions::default()
                    },
                };
                write_document(rows, &options, out)?;
            }
        }
        database.close()?;
        Ok(Exit::Ok)
    }
}

fn first_of_each_name(prefixes: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut first: Vec<(String, String)> = Vec::with_capacity(prefixes.len());
    for (name, iri) in prefixes {
        if first.iter().all(|(known, _)| *known != name) {
            first.push((name, iri));
        }
    }
    first
}
