//! RDF/XML: `oxrdfxml` behind the sink. It cannot continue after an error.

use super::feed::{Feed, FeedReader};
use super::report::ErrorLog;
use super::statement::{Refusal, StatementSink, deliver};
use super::strict::described;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use oxrdf::GraphNameRef;
use oxrdfxml::{RdfXmlParseError, RdfXmlParser};

/// Statements between two reports of progress.
const PROGRESS_STATEMENTS: u64 = 4096;

/// Hands every statement of the document to the sink; returns how many it took.
pub(super) fn parse<S: StatementSink>(
    feed: Feed<'_>,
    base_iri: Option<&str>,
    trusted: bool,
    max_term_bytes: usize,
    control: &Control,
    sink: &mut S,
    log: &mut ErrorLog<'_>,
) -> Result<u64> {
    let mut parser = RdfXmlParser::new();
    if let Some(base) = base_iri {
        // The base IRI was checked by the caller.
        parser = parser.with_base_iri(base).unwrap_or_default();
    }
    if trusted {
        parser = parser.lenient();
    }
    let reader = FeedReader::new(feed, false);
    let mut triples = parser.for_reader(reader.clone());
    let mut statements = 0;
    let mut reported = 0;
    while let Some(next) = triples.next() {
        match next {
            Ok(triple) => {
                let quad = triple.as_ref().in_graph(GraphNameRef::DefaultGraph);
                match deliver(quad, max_term_bytes, sink) {
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
