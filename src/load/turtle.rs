//! Turtle and TriG: `oxttl` behind the sink.
//!
//! `oxttl` can cut a Turtle slice for parallel parsing only by a guess (a `.` after which three
//! triples parse), which a string that holds Turtle text defeats; so a document is parsed by one
//! thread, with reading and decompression on another.

use super::feed::Feed;
use super::options::ParseOptions;
use super::report::ErrorLog;
use super::statement::{Refusal, StatementSink, deliver};
use super::strict::{code_of, described};
use crate::control::Control;
use crate::error::{Error, Result};
use oxrdf::{GraphName, Quad};
use oxttl::trig::LowLevelTriGParser;
use oxttl::turtle::LowLevelTurtleParser;
use oxttl::{TriGParser, TurtleParser, TurtleSyntaxError};

enum Parser {
    Turtle(LowLevelTurtleParser),
    TriG(LowLevelTriGParser),
}

impl Parser {
    /// The base IRI was checked by the caller; one that `oxttl` refuses is ignored.
    fn new(options: &ParseOptions) -> Self {
        if options.format.has_named_graphs() {
            let mut parser = TriGParser::new();
            if let Some(base) = options.base_iri.as_deref() {
                parser = parser.with_base_iri(base).unwrap_or_default();
            }
            if options.trusted {
                parser = parser.lenient();
            }
            Parser::TriG(parser.low_level())
        } else {
            let mut parser = TurtleParser::new();
            if let Some(base) = options.base_iri.as_deref() {
                parser = parser.with_base_iri(base).unwrap_or_default();
            }
            if options.trusted {
                parser = parser.lenient();
            }
            Parser::Turtle(parser.low_level())
        }
    }

    fn extend(&mut self, text: &str) {
        match self {
            Parser::Turtle(parser) => parser.extend_from_slice(text.as_bytes()),
            Parser::TriG(parser) => parser.extend_from_slice(text.as_bytes()),
        }
    }

    fn end(&mut self) {
        match self {
            Parser::Turtle(parser) => parser.end(),
            Parser::TriG(parser) => parser.end(),
        }
    }

    fn is_end(&self) -> bool {
        match self {
            Parser::Turtle(parser) => parser.is_end(),
            Parser::TriG(parser) => parser.is_end(),
        }
    }

    fn next(&mut self) -> Option<Result<Quad, TurtleSyntaxError>> {
        match self {
            Parser::Turtle(parser) => parser
                .parse_next()
                .map(|next| next.map(|triple| triple.in_graph(GraphName::DefaultGraph))),
            Parser::TriG(parser) => parser.parse_next(),
        }
    }

    fn base_iri(&self) -> Option<&str> {
        match self {
            Parser::Turtle(parser) => parser.base_iri(),
            Parser::TriG(parser) => parser.base_iri(),
        }
    }
}

/// Hands every statement of the document to the sink; returns how many it took.
pub(super) fn parse<S: StatementSink>(
    feed: &mut Feed<'_>,
    options: &ParseOptions,
    control: &Control,
    sink: &mut S,
    log: &mut ErrorLog<'_>,
) -> Result<u64> {
    let mut parser = Parser::new(options);
    let mut statements = 0;
    loop {
        let before = statements;
        while let Some(next) = parser.next() {
            match next {
                Ok(quad) => match deliver(quad.as_ref(), options.max_term_bytes, sink) {
                    Ok(()) => statements += 1,
                    Err(Refusal::Stop(error)) => return Err(error),
                    Err(Refusal::Term(term)) => log.bad_statement(term.into())?,
                },
                Err(error) => {
                    log.bad_statement(syntax_error(&error, feed, parser.base_iri()))?;
                    feed.recovered();
                }
            }
        }
        control.add_rows(statements - before);
        if parser.is_end() {
            return Ok(statements);
        }
        match feed.next() {
            Ok(Some(text)) => parser.extend(text),
            Ok(None) => parser.end(),
            Err(error) => {
                log.abandon(error)?;
                return Ok(statements);
            }
        }
    }
}

#[cold]
fn syntax_error(error: &TurtleSyntaxError, feed: &Feed<'_>, base: Option<&str>) -> Error {
    let range = error.location();
    let token = feed.slice(range.start.offset, range.end.offset);
    let is_bad_iri = |iri: &str| match base {
        Some(_) => oxiri::IriRef::parse(iri).is_err(),
        None => oxiri::Iri::parse(iri).is_err(),
    };
    let code = code_of(error.message(), token.unwrap_or_default(), is_bad_iri);
    let described = described(code, error.message());
    described.at(crate::error::Position {
        offset: range.start.offset,
        line: range.start.line + 1,
        column: range.start.column + 1,
        file: None,
    })
}
