//! `triplestore query`.

use super::diagnostic::Text;
use super::exit::{Exit, Outcome};
use super::output::Output;
use super::request::Request;
use super::results::{Layout, ResultFormat, write_document, write_table};
use super::store::{Access, StoreArguments};
use super::table::Names;
use super::{arguments, interrupt, prologue};
use clap::Args;
use triplestore::load::DumpOptions;
use triplestore::query::{ParseOptions, Prepared, WriteOptions};

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
}

impl Query {
    pub fn run(&self, store: &StoreArguments) -> Outcome {
        self.request.with_text(|text| self.answer(text, store))
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
        let snapshot = database.snapshot()?.source();
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
