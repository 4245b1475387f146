//! RDF/XML: `oxrdfxml` behind the sink. It cannot continue after an error.

use super::feed::{Feed, FeedReader};
use super::options::ParseOptions;
use super::report::ErrorLog;
use super::statement::{Refusal, StatementSink, deliver};
use super::strict::described;
use super::xml_literal::exclusive;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use memchr::memmem;
use oxrdf::vocab::rdf;
use oxrdf::{GraphNameRef, Literal, Term, Triple};
use oxrdfxml::{RdfXmlParseError, RdfXmlParser};
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Statements between two reports of progress.
const PROGRESS_STATEMENTS: u64 = 4096;

/// Hands every statement of the document to the sink; returns how many it took.
pub(super) fn parse<S: StatementSink>(
    feed: Feed<'_>,
    options: &ParseOptions,
    control: &Control,
    sink: &mut S,
    log: &mut ErrorLog<'_>,
) -> Result<u64> {
    let mut parser = RdfXmlParser::new();
    if let Some(base) = options.base_iri.as_deref() {
        // The base IRI was checked by the caller.
        parser = parser.with_base_iri(base).unwrap_or_default();
    }
    if options.trusted {
        parser = parser.lenient();
    }
    let reader = FeedReader::new(feed, false);
    let names_xml_literal = Rc::new(Cell::new(false));
    let mut triples = parser.for_reader(Watched {
        reader: reader.clone(),
        found: names_xml_literal.clone(),
        tail: Vec::new(),
    });
    let mut statements = 0;
    let mut reported = 0;
    while let Some(next) = triples.next() {
        match next {
            Ok(mut triple) => {
                if !names_xml_literal.get() {
                    canonicalise(&mut triple);
                }
                let quad = triple.as_ref().in_graph(GraphNameRef::DefaultGraph);
                match deliver(quad, options.max_term_bytes, sink) {
                    Ok(()) => statements += 1,
                    Err(Refusal::Stop(error)) => return Err(error),
                    Err(Refusal::Term(term)) => {
                        let position = reader.position(triples.buffer_position());
                        log.bad_statement(Error::from(term).at(position))?;
                    }
                }
                if statements - reported >= PROGRESS_STATEMENTS {
                    control.add_rows(statements - reported);
                    reported = statements;
                }
            }
            Err(error) => {
                let failure = reader.take_failure();
                let position = reader.position(triples.buffer_position());
                log.abandon(failure.unwrap_or_else(|| xml_error(&error).at(position)))?;
                break;
            }
        }
    }
    control.add_rows(statements - reported);
    Ok(statements)
}

/// How an attribute value ends that names the datatype of XML literals.
const XML_LITERAL: [&[u8]; 2] = [b"XMLLiteral\"", b"XMLLiteral'"];

/// Looks for the datatype of XML literals in what a parser reads.
///
/// A literal of that datatype comes from `rdf:parseType="Literal"`, and then its text is made
/// here, or from `rdf:datatype`, and then it is the author's and stays as it is (definition 1).
/// The parser does not tell which; but the second kind has its datatype written out in the
/// document before its text, so a document without it has the first kind only.
struct Watched<'a> {
    reader: FeedReader<'a>,
    found: Rc<Cell<bool>>,
    /// The end of what was read, where the name may have begun.
    tail: Vec<u8>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        if !self.found.get() {
            self.tail.extend_from_slice(&buffer[..n]);
            let is_in_tail = |end: &&[u8]| memmem::find(&self.tail, end).is_some();
            self.found.set(XML_LITERAL.iter().any(is_in_tail));
            let kept = self.tail.len().min(XML_LITERAL[0].len() - 1);
            self.tail.drain(..self.tail.len() - kept);
        }
        Ok(n)
    }
}

/// Gives XML literals their canonical form, in triple terms as well.
fn canonicalise(triple: &mut Triple) {
    match &mut triple.object {
        Term::Literal(literal)
            if literal.datatype() == rdf::XML_LITERAL && literal.value().contains('<') =>
        {
            if let Some(text) = exclusive(literal.value()) {
                *literal = Literal::new_typed_literal(text, rdf::XML_LITERAL);
            }
        }
        Term::Triple(inner) => canonicalise(inner),
        Term::NamedNode(_) | Term::BlankNode(_) | Term::Literal(_) => {}
    }
}

#[cold]
fn xml_error(error: &RdfXmlParseError) -> Error {
    let message = error.to_string();
    let code = match error {
        RdfXmlParseError::Io(_) => Code::Io,
        RdfXmlParseError::Syntax(_) if message.contains("parsing IRI") => Code::InvalidIri,
        RdfXmlParseError::Syntax(_) => Code::DataParse,
    };
    described(code, &message)
}
