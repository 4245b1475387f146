//! `triplestore query`.

use super::diagnostic::Text;
use super::exit::{Exit, Failure, Outcome};
use super::output::{Output, write_error};
use super::results::{Kind, ResultFormat, RowFormat, write_boolean, write_graph, write_rows};
use super::store::{Access, StoreArguments};
use super::table::Names;
use super::{arguments, interrupt, prologue, standard_input};
use clap::{ArgGroup, Args};
use std::io::Write;
use std::path::{Path, PathBuf};
use triplestore::algebra::Form;
use triplestore::config::Config;
use triplestore::error::{Code, Error, Result};
use triplestore::load::{self, DumpOptions};
use triplestore::query::{DefaultGraph, ParseOptions, Prepared, QueryOptions, QueryResults};

/// Run a SPARQL query and print its answer as it comes
#[derive(Args)]
#[command(group = ArgGroup::new("source").required(true).args(["text", "file"]))]
pub struct Query {
    /// The query; - reads it from standard input
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// Read the query from a file; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    /// How the answer is written [default: table for SELECT and ASK, ttl for CONSTRUCT]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<ResultFormat>,
    /// Stop after this time: 500, "500 ms", "5 s"
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
    /// Fail if there are more rows than this
    #[arg(long, value_name = "N")]
    limit_rows: Option<u64>,
    /// Take the triples of all graphs for the default graph
    #[arg(long)]
    union_default_graph: bool,
    /// A name to write IRIs with in tables and graphs, besides those of the query; may be repeated
    #[arg(long, value_name = "NAME=IRI")]
    prefix: Vec<String>,
    /// Print the plan with estimated rows instead of running the query
    #[arg(long)]
    explain: bool,
}

impl Query {
    pub fn run(&self, store: &StoreArguments) -> Outcome {
        let text = self.read()?;
        self.answer(&text, store).map_err(|failure| match failure {
            Failure::Refused(error, None) => Failure::Refused(error, Some(text)),
            other => other,
        })
    }

    /// The text of the query. Errors: `FileNotFound`, `Io`, `InvalidUtf8`.
    fn read(&self) -> Result<Text> {
        let (name, bytes) = match (&self.text, &self.file) {
            (Some(text), _) if text != "-" => {
                return Ok(Text {
                    name: "query".to_owned(),
                    text: text.clone(),
                });
            }
            (_, Some(path)) if path != Path::new("-") => {
                let bytes = std::fs::read(path).map_err(|e| Error::io("cannot read", path, e))?;
                (path.display().to_string(), bytes)
            }
            _ => (standard_input::NAME.to_owned(), standard_input::read_all()?),
        };
        let text = String::from_utf8(bytes).map_err(|e| {
            Error::new(
                Code::InvalidUtf8,
                format!("{name} is not UTF-8 text: {}", e.utf8_error()),
            )
            .with_hint("queries are written in UTF-8")
        })?;
        // Some editors begin files with a byte order mark.
        let text = match text.strip_prefix('\u{FEFF}') {
            Some(rest) => rest.to_owned(),
            None => text,
        };
        Ok(Text { name, text })
    }

    fn answer(&self, text: &Text, store: &StoreArguments) -> Outcome {
        let prepared = Prepared::new(&text.text, &ParseOptions::default())?;
        let form = &prepared.query().form;
        let mut prefixes = arguments::prefixes(&self.prefix)?;
        prefixes.extend(prologue::prefixes(&text.text));
        let format = self.format(form)?;
        let options = QueryOptions {
            default_graph: match self.union_default_graph {
                true => DefaultGraph::Union,
                false => DefaultGraph::Default,
            },
            timeout: self.timeout()?,
            row_limit: self.limit_rows,
            ..QueryOptions::default()
        };
        let database = store.open(Access::Read)?;
        let control = database.query_control();
        interrupt::cancels(&control);
        let snapshot = database.snapshot()?.source();
        let mut out = Output::stdout()?;
        if self.explain {
            let plan = prepared.explain(&snapshot, &options, &control)?;
            writeln!(out, "{}", plan.trim_end()).map_err(write_error)?;
            out.finish()?;
            return Ok(Exit::Ok);
        }
        match (prepared.run(&snapshot, &options, &control)?, format) {
            (QueryResults::Boolean(answer), Kind::Rows(format)) => {
                write_boolean(answer, format, out)?;
            }
            (QueryResults::Rows(rows), Kind::Rows(format)) => {
                write_rows(rows, format, &Names::new(&prefixes), out)?;
            }
            (QueryResults::Graph(rows), Kind::Graph(format)) => {
                let options = DumpOptions {
                    prefixes: first_of_each_name(prefixes),
                    ..DumpOptions::default()
                };
                write_graph(rows, format, &options, out)?;
            }
            // `format` was chosen by the form of the query.
            _ => return Err(wrong_kind(form).into()),
        }
        database.close()?;
        Ok(Exit::Ok)
    }

    /// Errors: `QueryInvalidOption` for a format of the other kind.
    fn format(&self, form: &Form) -> Result<Kind> {
        let graph = matches!(form, Form::Construct { .. });
        match self.format.map(ResultFormat::kind) {
            None if graph => Ok(Kind::Graph(load::Format::Turtle)),
            None => Ok(Kind::Rows(RowFormat::Table)),
            Some(kind) if graph == matches!(kind, Kind::Graph(_)) => Ok(kind),
            Some(_) => Err(wrong_kind(form)),
        }
    }

    /// Errors: `InvalidConfig`.
    fn timeout(&self) -> Result<Option<std::time::Duration>> {
        let Some(text) = &self.timeout else {
            return Ok(None);
        };
        // Read as the setting of that name is.
        let mut config = Config::default();
        config.set("query_timeout_ms", text)?;
        Ok(match config.query_timeout_ms {
            0 => None,
            ms => Some(std::time::Duration::from_millis(ms)),
        })
    }
}

#[cold]
fn wrong_kind(form: &Form) -> Error {
    let (what, formats) = match form {
        Form::Select { .. } => ("SELECT gives rows", "table, json, csv, tsv, xml"),
        Form::Ask => ("ASK gives true or false", "table, json, csv, tsv, xml"),
        Form::Construct { .. } => ("CONSTRUCT gives a graph", "nt, nq, ttl, trig, rdf, jsonld"),
    };
    Error::new(
        Code::QueryInvalidOption,
        format!("{what}, which --format does not write"),
    )
    .with_hint(format!("use one of {formats}"))
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
