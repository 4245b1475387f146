//! Dump: statements to bytes, in any of the formats, streaming.
//!
//! N-Triples, N-Quads and RDF/XML have writers of our own (the first two for speed, the last one
//! to escape what XML would change); Turtle, TriG and JSON-LD go through their crates. The
//! grouped formats are only as compact as the order of the statements: sort by graph, then
//! subject. Memory: one output buffer.

mod lines;
mod model;
mod xml;

pub use lines::{write_statement, write_term};

use super::format::Format;
use super::statement::{RawTerm, check_iri, with_raw};
use crate::error::{Code, Error, Result};
use model::quad;
use oxjsonld::{JsonLdSerializer, WriterJsonLdSerializer};
use oxrdf::{GraphNameRef, QuadRef};
use oxttl::trig::WriterTriGSerializer;
use oxttl::turtle::WriterTurtleSerializer;
use oxttl::{TriGSerializer, TurtleSerializer};
use std::io::{self, BufWriter, Write};
use xml::XmlWriter;

/// Bytes gathered before they are written.
const BUFFER_BYTES: usize = 256 << 10;

/// What a format without named graphs does with a statement of one.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum NamedGraphs {
    /// The dump fails, so that nothing is lost without notice.
    #[default]
    Refuse,
    /// The statement is left out: a dump of the default graph. See [`Dump::skipped`].
    Skip,
    /// The statement is written without its graph: a dump of one graph. Of several graphs, a triple that is
    /// in two of them is written twice.
    Flatten,
}

/// How a dump is written.
#[derive(Clone, Debug, Default)]
pub struct DumpOptions {
    /// Prefix names and IRIs, for Turtle, TriG and RDF/XML. JSON-LD is written with full IRIs:
    /// a prefix there would change IRIs whose scheme has its name.
    pub prefixes: Vec<(String, String)>,
    /// What IRIs are written relative to, for Turtle, TriG and JSON-LD.
    pub base_iri: Option<String>,
    pub named_graphs: NamedGraphs,
}

/// A document being written. Ends with [`Dump::finish`]; dropping it leaves it incomplete.
pub struct Dump<W: Write> {
    writer: Writer<W>,
    format: Format,
    named_graphs: NamedGraphs,
    written: u64,
    skipped: u64,
}

enum Writer<W: Write> {
    Lines { out: W, buffer: Vec<u8> },
    Turtle(WriterTurtleSerializer<BufWriter<W>>),
    TriG(WriterTriGSerializer<BufWriter<W>>),
    RdfXml(XmlWriter<W>),
    JsonLd(WriterJsonLdSerializer<BufWriter<W>>),
}

impl<W: Write> Dump<W> {
    /// Begins a document on `out`. Errors: `InvalidArgument` for a prefix or base that is not an
    /// IRI, `Io`.
    pub fn new(format: Format, options: &DumpOptions, out: W) -> Result<Self> {
        let bad = |what: &str, error: &dyn std::fmt::Display| {
            Error::new(Code::InvalidArgument, format!("{what}: {error}"))
        };
        let base_iri = options.base_iri.as_deref();
        if let Some(base) = base_iri {
            check_iri(base).map_err(|e| bad("the base IRI", &e.reason()))?;
        }
        let bad_prefix = |name: &str, e: &dyn std::fmt::Display| bad(&format!("prefix {name}"), e);
        for (name, iri) in &options.prefixes {
            check_iri(iri).map_err(|e| bad_prefix(name, &e.reason()))?;
            if !is_prefix_name(name) {
                return Err(bad_prefix(name, &"not a prefix name"));
            }
        }
        let buffered = |out| BufWriter::with_capacity(BUFFER_BYTES, out);
        let writer = match format {
            Format::NTriples | Format::NQuads => Writer::Lines {
                out,
                buffer: Vec::with_capacity(BUFFER_BYTES),
            },
            Format::Turtle => {
                let mut serializer = TurtleSerializer::new();
                for (name, iri) in &options.prefixes {
                    serializer = serializer
                        .with_prefix(name, iri)
                        .map_err(|e| bad_prefix(name, &e))?;
                }
                if let Some(base) = base_iri {
                    let with_base = serializer.with_base_iri(base);
                    serializer = with_base.map_err(|e| bad("the base IRI", &e))?;
                }
                Writer::Turtle(serializer.for_writer(buffered(out)))
            }
            Format::TriG => {
                let mut serializer = TriGSerializer::new();
                for (name, iri) in &options.prefixes {
                    serializer = serializer
                        .with_prefix(name, iri)
                        .map_err(|e| bad_prefix(name, &e))?;
                }
                if let Some(base) = base_iri {
                    let with_base = serializer.with_base_iri(base);
                    serializer = with_base.map_err(|e| bad("the base IRI", &e))?;
                }
                Writer::TriG(serializer.for_writer(buffered(out)))
            }
            Format::RdfXml => Writer::RdfXml(XmlWriter::new(&options.prefixes, out)?),
            Format::JsonLd => {
                let mut serializer = JsonLdSerializer::new();
                if let Some(base) = base_iri {
                    let with_base = serializer.with_base_iri(base);
                    serializer = with_base.map_err(|e| bad("the base IRI", &e))?;
                }
                Writer::JsonLd(serializer.for_writer(buffered(out)))
            }
        };
        Ok(Self {
            writer,
            format,
            named_graphs: options.named_graphs,
            written: 0,
            skipped: 0,
        })
    }

    /// Writes a statement. Blank node labels must be valid in Turtle: letters, digits, `_`, and
    /// inside `-` and `.`.
    ///
    /// Errors: `Io`; `InvalidInput` for what the format cannot express: a named graph (unless
    /// skipped), a triple term in JSON-LD, in RDF/XML a control character, a predicate that has
    /// no local name or is reserved.
    pub fn statement(
        &mut self,
        subject: RawTerm<'_>,
        predicate: RawTerm<'_>,
        object: RawTerm<'_>,
        graph: Option<RawTerm<'_>>,
    ) -> Result<()> {
        let mut graph = graph;
        if let Some(name) = graph
            && !self.format.has_named_graphs()
        {
            match self.named_graphs {
                NamedGraphs::Skip => {
                    self.skipped += 1;
                    return Ok(());
                }
                NamedGraphs::Refuse => return Err(graph_refused(self.format, name)),
                NamedGraphs::Flatten => graph = None,
            }
        }
        self.written += 1;
        let written = match &mut self.writer {
            Writer::Lines { out, buffer } => {
                write_statement(buffer, subject, predicate, object, graph);
                if buffer.len() < BUFFER_BYTES {
                    return Ok(());
                }
                let written = out.write_all(buffer);
                buffer.clear();
                written
            }
            Writer::RdfXml(writer) => return writer.statement(subject, predicate, object),
            Writer::Turtle(writer) => quad(subject, predicate, object, None, |quad| {
                writer.serialize_triple(oxrdf::TripleRef::from(quad))
            })?,
            Writer::TriG(writer) => quad(subject, predicate, object, graph, |quad| {
                writer.serialize_quad(quad)
            })?,
            Writer::JsonLd(writer) => {
                if matches!(object, RawTerm::Triple(_)) {
                    return Err(inexpressible(Format::JsonLd, "a triple term"));
                }
                quad(subject, predicate, object, graph, |quad| {
                    writer.serialize_quad(quad)
                })?
            }
        };
        written.map_err(write_error)
    }

    /// Writes a statement given as terms of `oxrdf`. Errors: as [`Dump::statement`].
    pub fn quad(&mut self, quad: QuadRef<'_>) -> Result<()> {
        let predicate = RawTerm::Iri(quad.predicate.as_str());
        let graph = match quad.graph_name {
            GraphNameRef::DefaultGraph => None,
            GraphNameRef::NamedNode(iri) => Some(RawTerm::Iri(iri.as_str())),
            GraphNameRef::BlankNode(blank) => Some(RawTerm::Blank(blank.as_str())),
        };
        with_raw(quad.subject.into(), &mut |subject| {
            with_raw(quad.object, &mut |object| {
                self.statement(subject, predicate, object, graph)
            })
        })
    }

    /// Statements written so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Statements of named graphs that were left out.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Completes the document and gives the writer back, flushed. Errors: `Io`.
    pub fn finish(self) -> Result<W> {
        let unbuffered = |out: BufWriter<W>| out.into_inner().map_err(io::Error::from);
        let mut out = match self.writer {
            Writer::Lines { mut out, buffer } => out.write_all(&buffer).map(|()| out),
            Writer::Turtle(writer) => writer.finish().and_then(unbuffered),
            Writer::TriG(writer) => writer.finish().and_then(unbuffered),
            Writer::RdfXml(writer) => writer.finish(),
            Writer::JsonLd(writer) => writer.finish().and_then(unbuffered),
        }
        .map_err(write_error)?;
        out.flush().map_err(write_error)?;
        Ok(out)
    }
}

/// A prefix name that is one in Turtle and in XML. Other letters would be fine as well.
fn is_prefix_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_none_or(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cold]
fn graph_refused(format: Format, graph: RawTerm<'_>) -> Error {
    let mut name = Vec::new();
    write_term(&mut name, graph);
    Error::new(
        Code::InvalidInput,
        format!(
            "{} has no named graphs, and a statement is in {}",
            format.name(),
            String::from_utf8_lossy(&name)
        ),
    )
    .with_hint("dump to N-Quads, TriG or JSON-LD, or the default graph only")
}

/// `what` cannot be written in `format`.
#[cold]
fn inexpressible(format: Format, what: &str) -> Error {
    Error::new(
        Code::InvalidInput,
        format!("{} cannot express {what}", format.name()),
    )
    .with_hint("dump to N-Quads or TriG")
}

#[cold]
fn write_error(error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => {
            Error::new(Code::Io, format!("cannot write the dump: {error}")).because(error)
        }
    }
}
