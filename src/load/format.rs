//! The RDF formats: one table of names, extensions and media types.

use crate::error::{Code, Error, Result};
use std::path::Path;

/// A concrete syntax of RDF that can be loaded and dumped.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Format {
    NTriples,
    NQuads,
    Turtle,
    TriG,
    RdfXml,
    JsonLd,
}

/// One row of the table.
struct Entry {
    format: Format,
    /// The name in messages and documents.
    name: &'static str,
    /// File extensions and explicit names; the first one is the usual extension.
    extensions: &'static [&'static str],
    /// Media types; the first one is the registered type.
    media_types: &'static [&'static str],
    named_graphs: bool,
}

const TABLE: [Entry; 6] = [
    Entry {
        format: Format::NTriples,
        name: "N-Triples",
        extensions: &["nt", "ntriples", "n-triples"],
        media_types: &["application/n-triples", "text/plain"],
        named_graphs: false,
    },
    Entry {
        format: Format::NQuads,
        name: "N-Quads",
        extensions: &["nq", "nquads", "n-quads"],
        media_types: &["application/n-quads", "text/x-nquads"],
        named_graphs: true,
    },
    Entry {
        format: Format::Turtle,
        name: "Turtle",
        extensions: &["ttl", "turtle"],
        media_types: &["text/turtle", "application/turtle", "application/x-turtle"],
        named_graphs: false,
    },
    Entry {
        format: Format::TriG,
        name: "TriG",
        extensions: &["trig"],
        media_types: &["application/trig", "application/x-trig"],
        named_graphs: true,
    },
    Entry {
        format: Format::RdfXml,
        name: "RDF/XML",
        extensions: &["rdf", "xml", "owl", "rdfxml", "rdf-xml"],
        media_types: &["application/rdf+xml", "application/xml", "text/xml"],
        named_graphs: false,
    },
    Entry {
        format: Format::JsonLd,
        name: "JSON-LD",
        extensions: &["jsonld", "json", "json-ld"],
        media_types: &["application/ld+json", "application/json"],
        named_graphs: true,
    },
];

/// Extensions of compressed files, taken off before the format is looked up. The compression
/// itself is recognised by its magic bytes, not by these.
const COMPRESSED: [&str; 3] = ["gz", "zst", "bz2"];

impl Format {
    pub const ALL: [Format; 6] = [
        Format::NTriples,
        Format::NQuads,
        Format::Turtle,
        Format::TriG,
        Format::RdfXml,
        Format::JsonLd,
    ];

    fn entry(self) -> &'static Entry {
        &TABLE[self as usize]
    }

    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The usual file extension, without a dot.
    pub fn extension(self) -> &'static str {
        self.entry().extensions[0]
    }

    /// The registered media type.
    pub fn media_type(self) -> &'static str {
        self.entry().media_types[0]
    }

    /// Whether the format can hold named graphs.
    pub fn has_named_graphs(self) -> bool {
        self.entry().named_graphs
    }

    /// Whether a statement is a line, so that a document can be cut at newlines.
    pub fn is_line_based(self) -> bool {
        matches!(self, Format::NTriples | Format::NQuads)
    }

    /// The format called `name`: an extension, a media type (parameters are ignored) or the
    /// format's own name, in any case. Errors: `UnknownFormat`, with the names that are known.
    pub fn from_name(name: &str) -> Result<Self> {
        let wanted = bare_name(name);
        TABLE
            .iter()
            .find(|entry| is_called(wanted, entry.name, entry.extensions, entry.media_types))
            .map(|entry| entry.format)
            .ok_or_else(|| unknown(&format!("{name:?} is not the name of an RDF format")))
    }

    /// The format of a file by its extension, after `.gz`, `.zst` or `.bz2` is taken off.
    /// Errors: `UnknownFormat`, with the extensions that are known.
    pub fn from_path(path: &Path) -> Result<Self> {
        let file = path.file_name().and_then(|name| name.to_str());
        let mut parts = file.unwrap_or_default().rsplit('.');
        let mut extension = parts.next().unwrap_or_default();
        if COMPRESSED.iter().any(|c| c.eq_ignore_ascii_case(extension)) {
            extension = parts.next().unwrap_or_default();
        }
        let has_stem = parts.next().is_some();
        TABLE
            .iter()
            .find(|entry| {
                has_stem
                    && entry
                        .extensions
                        .iter()
                        .any(|known| known.eq_ignore_ascii_case(extension))
            })
            .map(|entry| entry.format)
            .ok_or_else(|| {
                unknown(&format!(
                    "the name of {} does not tell its RDF format",
                    path.display()
                ))
            })
    }
}

#[cold]
fn unknown(what: &str) -> Error {
    let known: Vec<String> = TABLE
        .iter()
        .map(|entry| format!("{} ({})", entry.name, entry.extensions.join(", ")))
        .collect();
    Error::new(Code::UnknownFormat, what).with_hint(format!(
        "name one of the formats: {}; a file may also end in .gz, .zst or .bz2",
        known.join("; ")
    ))
}

/// A name of a format without the parameters of a media type and the dot of an extension.
pub(crate) fn bare_name(name: &str) -> &str {
    let name = name.split(';').next().unwrap_or(name).trim();
    name.strip_prefix('.').unwrap_or(name)
}

/// Whether `wanted`, a bare name in any case, is a format's own name, or one of its extensions or media types.
pub(crate) fn is_called(
    wanted: &str,
    name: &str,
    extensions: &[&str],
    media_types: &[&str],
) -> bool {
    let mut known = extensions.iter().chain(media_types).chain([&name]);
    known.any(|known| known.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_formats() {
        for (row, format) in Format::ALL.into_iter().enumerate() {
            assert_eq!(TABLE[row].format, format);
            assert_eq!(format as usize, row);
        }
    }

    #[test]
    fn no_name_stands_for_two_formats() {
        let mut seen = std::collections::HashSet::new();
        for entry in &TABLE {
            for name in entry.extensions.iter().chain(entry.media_types) {
                assert!(seen.insert(name.to_ascii_lowercase()), "{name}");
                assert_eq!(Format::from_name(name).unwrap(), entry.format);
            }
            assert_eq!(Format::from_name(entry.name).unwrap(), entry.format);
        }
    }

    #[test]
    fn a_path_tells_its_format_through_a_compression_extension() {
        for (path, format) in [
            ("a.nt", Format::NTriples),
            ("dir.x/a.b.NT.GZ", Format::NTriples),
            ("a.nq.zst", Format::NQuads),
            ("a.turtle", Format::Turtle),
            ("a.ttl.bz2", Format::Turtle),
            ("a.trig", Format::TriG),
            ("univ-bench.owl", Format::RdfXml),
            ("a.rdf", Format::RdfXml),
            ("a.xml.gz", Format::RdfXml),
            ("a.jsonld", Format::JsonLd),
            ("a.json", Format::JsonLd),
        ] {
            assert_eq!(Format::from_path(Path::new(path)).unwrap(), format);
        }
        for path in [
            "a", "a.gz", "nt", "nt.gz", "a.csv", "a.nt.xz", "", "dir.nt/a",
        ] {
            let error = Format::from_path(Path::new(path)).unwrap_err();
            assert_eq!(error.code(), Code::UnknownFormat, "{path}");
            assert!(error.hint().unwrap().contains("jsonld"), "{error}");
        }
    }

    #[test]
    fn media_type_parameters_are_ignored() {
        assert_eq!(
            Format::from_name("text/turtle; charset=utf-8").unwrap(),
            Format::Turtle
        );
        assert_eq!(Format::from_name(".NQ").unwrap(), Format::NQuads);
        assert!(Format::from_name("").is_err());
    }
}
