//! JSON-LD 1.1: `oxjsonld` behind the sink.
//!
//! Remote contexts are loaded by the caller's function or not at all. The JSON parser limits a
//! string to 16 MiB and does not tell where a JSON-LD error (as opposed to a JSON error) is: it
//! is placed at the line the parser was reading.

use super::feed::{Feed, FeedReader};
use super::options::{ContextLoader, ParseOptions};
use super::report::ErrorLog;
use super::statement::{Refusal, StatementSink, deliver};
use crate::control::Control;
use crate::error::{Code, Error, Position, Result};
use oxjsonld::{
    JsonLdErrorCode, JsonLdParseError, JsonLdParser, JsonLdRemoteDocument, JsonLdSyntaxError,
};
use std::io;
use std::panic::AssertUnwindSafe;

/// The longest JSON string the parser can take.
pub(super) const MAX_STRING_BYTES: usize = 15 << 20;

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
    let mut parser = JsonLdParser::new();
    if let Some(base) = options.base_iri.as_deref() {
        // The base IRI was checked by the caller.
        parser = parser.with_base_iri(base).unwrap_or_default();
    }
    if options.trusted {
        parser = parser.lenient();
    }
    let reader = FeedReader::new(feed, true);
    let mut quads = parser.for_reader(reader.clone());
    if let Some(contexts) = &options.contexts {
        let contexts = AssertUnwindSafe(contexts.clone());
        quads = quads.with_load_document_callback(move |iri, _| {
            let contexts: &AssertUnwindSafe<ContextLoader> = &contexts;
            Ok(JsonLdRemoteDocument {
                document: contexts.0(iri)?,
                document_url: iri.to_owned(),
            })
        });
    }
    let mut statements = 0;
    let mut reported = 0;
    for next in quads {
        match next {
            Ok(quad) => {
                match deliver(quad.as_ref(), options.max_term_bytes, sink) {
                    Ok(()) => statements += 1,
                    Err(Refusal::Stop(error)) => return Err(error),
                    Err(Refusal::Term(term)) => {
                        let position = reader.position(reader.handed());
                        log.bad_statement(Error::from(term).at(position))?;
                    }
                }
                if statements - reported >= PROGRESS_STATEMENTS {
                    control.add_rows(statements - reported);
                    reported = statements;
                }
            }
            Err(JsonLdParseError::Io(error)) => {
                log.abandon(
                    reader
                        .take_failure()
                        .unwrap_or_else(|| json_io_error(&error)),
                )?;
                break;
            }
            Err(JsonLdParseError::Syntax(error)) if error.code().is_none() => {
                log.abandon(json_error(&error))?;
                break;
            }
            Err(JsonLdParseError::Syntax(error)) => {
                let position = reader.position(reader.handed());
                log.bad_statement(json_ld_error(&error, options.contexts.is_some()).at(position))?;
            }
        }
    }
    control.add_rows(statements - reported);
    Ok(statements)
}

#[cold]
fn json_io_error(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::OutOfMemory => Error::new(
            Code::TermTooLarge,
            "a JSON string is longer than the JSON parser takes",
        ),
        _ => Error::new(Code::Io, error.to_string()),
    }
}

#[cold]
fn json_error(error: &JsonLdSyntaxError) -> Error {
    let error_at = Error::new(Code::DataParse, error.to_string());
    match error.location() {
        Some(range) => error_at.at(Position {
            offset: range.start.offset,
            line: range.start.line + 1,
            column: range.start.column + 1,
            file: None,
        }),
        None => error_at,
    }
}

#[cold]
fn json_ld_error(error: &JsonLdSyntaxError, has_loader: bool) -> Error {
    match error.code() {
        Some(
            JsonLdErrorCode::LoadingRemoteContextFailed
            | JsonLdErrorCode::LoadingDocumentFailed
            | JsonLdErrorCode::InvalidRemoteContext,
        ) => {
            let hint = match has_loader {
                true => "check what the context loader returns for it",
                false => "set a context loader, or put the context into the document",
            };
            Error::new(Code::RemoteContext, error.to_string()).with_hint(hint)
        }
        Some(code) => Error::new(Code::DataParse, format!("{error} ({code})")),
        None => Error::new(Code::DataParse, error.to_string()),
    }
}
