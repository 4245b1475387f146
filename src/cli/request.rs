//! What `query` and `explain` are given: a text, and how it is run.

use super::diagnostic::Text;
use super::exit::{Failure, Outcome};
use super::standard_input;
use clap::{ArgGroup, Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::time::Duration;
use triplestore::config::Config;
use triplestore::error::{Code, Error, Result};
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
    /// What patterns outside GRAPH read, if the query has no FROM
    #[arg(long, value_enum, value_name = "WHICH", default_value = "default")]
    default_graph: DefaultGraphChoice,
}

/// What the default graph is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum DefaultGraphChoice {
    /// The default graph of the store
    Default,
    /// The distinct triples of all graphs
    Union,
}

impl Request {
    /// Reads the text and works with it; a failure shows where in the text it is.
    pub fn with_text(&self, work: impl FnOnce(&Text) -> Outcome) -> Outcome {
        let text = self.read()?;
        work(&text).map_err(|failure| match failure {
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

    /// Errors: `InvalidConfig`.
    pub fn options(&self) -> Result<QueryOptions> {
        Ok(QueryOptions {
            default_graph: match self.default_graph {
                DefaultGraphChoice::Default => DefaultGraph::Default,
                DefaultGraphChoice::Union => DefaultGraph::Union,
            },
            timeout: self.timeout()?,
            row_limit: self.limit_rows,
            ..QueryOptions::default()
        })
    }

    /// Errors: `InvalidConfig`.
    fn timeout(&self) -> Result<Option<Duration>> {
        let Some(text) = &self.timeout else {
            return Ok(None);
        };
        // Read as the setting of that name is.
        let mut config = Config::default();
        config.set("query_timeout_ms", text)?;
        Ok(match config.query_timeout_ms {
            0 => None,
            ms => Some(Duration::from_millis(ms)),
        })
    }
}
