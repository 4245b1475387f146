//! What `query` and `explain` are given: a text, and how it is run.

use super::diagnostic::Text;
use super::exit::{Failure, Outcome};
use super::source;
use clap::{ArgGroup, Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;
use triplestore::config::Config;
use triplestore::error::Result;
use triplestore::query::{DefaultGraph, QueryOptions};

#[derive(Args)]
#[command(group = ArgGroup::new("source").required(true).args(["text", "file"]))]
pub struct Request {
    /// The query; - reads it from standard input
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// Read the query from a file; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Stop after this time: 500, "500 ms", "5 s"
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
    /// Fail if there are more rows than this
    #[arg(long, value_name = "N")]
    limit_rows: Option<u64>,
    /// What patterns outside GRAPH read, if the query has no FROM [default: the setting default_graph]
    #[arg(long, value_enum, value_name = "WHICH")]
    default_graph: Option<DefaultGraphChoice>,
}

/// What the default graph is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum DefaultGraphChoice {
    /// The default graph of the store
    Store,
    /// The distinct triples of all graphs
    Union,
}

impl DefaultGraphChoice {
    /// What was chosen; the setting of the store where nothing was.
    pub fn of(choice: Option<Self>) -> DefaultGraph {
        match choice {
            None => DefaultGraph::Configured,
            Some(Self::Store) => DefaultGraph::Default,
            Some(Self::Union) => DefaultGraph::Union,
        }
    }
}

impl Request {
    /// Reads the text and works with it; a failure shows where in the text it is.
    pub fn with_text(&self, work: impl FnOnce(&Text) -> Outcome) -> Outcome {
        let text = source::read(self.text.as_deref(), self.file.as_deref(), "query")?;
        located(text, work)
    }

    /// Errors: `InvalidConfig`.
    pub fn options(&self) -> Result<QueryOptions> {
        Ok(QueryOptions {
            default_graph: DefaultGraphChoice::of(self.default_graph),
            timeout: timeout(self.timeout.as_deref(), "query_timeout_ms", |config| {
                config.query_timeout_ms
            })?,
            row_limit: self.limit_rows,
            ..QueryOptions::default()
        })
    }
}

/// Works with a text; a failure shows where in the text it is.
pub fn located(text: Text, work: impl FnOnce(&Text) -> Outcome) -> Outcome {
    work(&text).map_err(|failure| match failure {
        Failure::Refused(error, None) => Failure::Refused(error, Some(text)),
        other => other,
    })
}

/// A time limit as the setting `knob` is written, which `milliseconds` reads; 0 is none. Errors: `InvalidConfig`.
pub fn timeout(
    text: Option<&str>,
    knob: &str,
    milliseconds: fn(&Config) -> u64,
) -> Result<Option<Duration>> {
    let Some(text) = text else {
        return Ok(None);
    };
    let mut config = Config::default();
    config.set(knob, text)?;
    let milliseconds = milliseconds(&config);
    Ok((milliseconds > 0).then(|| Duration::from_millis(milliseconds)))
}
