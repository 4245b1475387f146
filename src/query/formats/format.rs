//! The formats of results: one table of names and media types.

use crate::error::{Code, Error, Result};
use crate::load::{Format, bare_name, is_called};
use crate::query::ResultKind;

/// A format for the rows of a SELECT and the answer of an ASK.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RowFormat {
    Json,
    Xml,
    Csv,
    Tsv,
}

/// A format for rows, or one for graphs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ResultFormat {
    Rows(RowFormat),
    Graph(Format),
}

struct Entry {
    format: RowFormat,
    name: &'static str,
    /// File extensions and explicit names; the first one is the usual extension.
    extensions: &'static [&'static str],
    /// Media types; the first one is the registered type.
    media_types: &'static [&'static str],
}

const TABLE: [Entry; 4] = [
    Entry {
        format: RowFormat::Json,
        name: "SPARQL Results JSON",
        extensions: &["srj", "json"],
        media_types: &["application/sparql-results+json", "application/json"],
    },
    Entry {
        format: RowFormat::Xml,
        name: "SPARQL Results XML",
        extensions: &["srx", "xml"],
        media_types: &[
            "application/sparql-results+xml",
            "application/xml",
            "text/xml",
        ],
    },
    Entry {
        format: RowFormat::Csv,
        name: "CSV",
        extensions: &["csv"],
        media_types: &["text/csv"],
    },
    Entry {
        format: RowFormat::Tsv,
        name: "TSV",
        extensions: &["tsv"],
        media_types: &["text/tab-separated-values"],
    },
];

impl RowFormat {
    pub const ALL: [RowFormat; 4] = [
        RowFormat::Json,
        RowFormat::Xml,
        RowFormat::Csv,
        RowFormat::Tsv,
    ];

    fn entry(self) -> &'static Entry {
        &TABLE[self as usize]
    }
}

impl ResultFormat {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rows(format) => format.entry().name,
            Self::Graph(format) => format.name(),
        }
    }

    /// The usual file extension, without a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Rows(format) => format.entry().extensions[0],
            Self::Graph(format) => format.extension(),
        }
    }

    /// The registered media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Rows(format) => format.entry().media_types[0],
            Self::Graph(format) => format.media_type(),
        }
    }

    /// The format called `name` for a result of a kind: an extension, a media type (parameters are ignored) or the
    /// format's own name, in any case. "json" and "xml" are other formats for graphs than for rows.
    /// Errors: `UnknownFormat`.
    pub fn from_name(name: &str, kind: ResultKind) -> Result<Self> {
        if kind.is_graph() {
            return Ok(Self::Graph(Format::from_name(name)?));
        }
        let wanted = bare_name(name);
        TABLE
            .iter()
            .find(|entry| is_called(wanted, entry.name, entry.extensions, entry.media_types))
            .map(|entry| Self::Rows(entry.format))
            .ok_or_else(|| {
                Error::new(
                    Code::UnknownFormat,
                    format!("{wanted:?} is not a format for rows"),
                )
                .with_hint("known are json, xml, csv and tsv")
            })
    }
}

impl ResultFormat {
    /// What a result of a kind is written in unless it is said.
    pub fn default_of(kind: ResultKind) -> Self {
        match kind {
            ResultKind::Select | ResultKind::Ask => Self::Rows(RowFormat::Json),
            ResultKind::Construct | ResultKind::Describe => Self::Graph(Format::NTriples),
            ResultKind::Match => Self::Graph(Format::NQuads),
        }
    }

    /// Whether the format is one for results of a kind. Errors: `QueryInvalidOption`.
    pub fn check(self, kind: ResultKind) -> Result<()> {
        if kind.is_graph() == matches!(self, Self::Graph(_)) {
            return Ok(());
        }
        let gives = match kind {
            ResultKind::Select => "SELECT gives rows",
            ResultKind::Ask => "ASK gives true or false",
            ResultKind::Construct => "CONSTRUCT gives a graph",
            ResultKind::Describe => "DESCRIBE gives a graph",
            ResultKind::Match => "a match gives quads",
        };
        let formats = match kind.is_graph() {
            true => "nt, nq, ttl, trig, rdf, jsonld",
            false => "json, xml, csv, tsv",
        };
        Err(Error::new(
            Code::QueryInvalidOption,
            format!("{gives}, which {} does not write", self.name()),
        )
        .with_hint(format!("use one of {formats}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_each_of_its_names() {
        for (position, entry) in TABLE.iter().enumerate() {
            assert_eq!(entry.format as usize, position);
            let format = ResultFormat::Rows(entry.format);
            for name in entry.extensions.iter().chain(entry.media_types) {
                assert_eq!(
                    ResultFormat::from_name(name, ResultKind::Select).unwrap(),
                    format
                );
            }
            assert_eq!(
                ResultFormat::from_name(format.name(), ResultKind::Ask).unwrap(),
                format
            );
        }
        assert_eq!(
            ResultFormat::from_name("text/csv; charset=utf-8", ResultKind::Select).unwrap(),
            ResultFormat::Rows(RowFormat::Csv)
        );
        assert_eq!(
            ResultFormat::from_name("json", ResultKind::Construct).unwrap(),
            ResultFormat::Graph(Format::JsonLd)
        );
        let error = ResultFormat::from_name("ttl", ResultKind::Select).unwrap_err();
        assert_eq!(error.code(), Code::UnknownFormat);
    }

    #[test]
    fn a_format_of_the_other_kind_is_refused() {
        let kinds = [
            ResultKind::Select,
            ResultKind::Ask,
            ResultKind::Construct,
            ResultKind::Describe,
            ResultKind::Match,
        ];
        for kind in kinds {
            assert!(ResultFormat::default_of(kind).check(kind).is_ok());
            let other = match kind.is_graph() {
                true => ResultFormat::Rows(RowFormat::Json),
                false => ResultFormat::Graph(Format::Turtle),
            };
            let error = other.check(kind).unwrap_err();
            assert_eq!(error.code(), Code::QueryInvalidOption);
        }
    }
}
