//! The strict reference for lines: `oxttl`, with our codes and positions.
//!
//! A line that the fast tokenizer does not accept is parsed here, and this decides.

use super::position::Place;
use super::statement::check_iri;
use crate::error::{Code, Error};
use oxrdf::Quad;
use oxttl::{NQuadsParser, NTriplesParser, TurtleSyntaxError};

/// Parses one line (or several, where a lone `\r` ends lines inside it).
///
/// The statements come only if there is no error: the first one, placed relative to `at`, the
/// place where `line` begins.
pub(super) fn parse_line(
    line: &[u8],
    with_graphs: bool,
    lenient: bool,
    at: Place,
) -> Result<Vec<Quad>, Error> {
    let fail = |error: TurtleSyntaxError| syntax_error(&error, line, at);
    if with_graphs {
        let parser = match lenient {
            true => NQuadsParser::new().lenient(),
            false => NQuadsParser::new(),
        };
        parser
            .for_slice(line)
            .collect::<Result<_, _>>()
            .map_err(fail)
    } else {
        let parser = match lenient {
            true => NTriplesParser::new().lenient(),
            false => NTriplesParser::new(),
        };
        parser
            .for_slice(line)
            .map(|triple| triple.map(|t| t.in_graph(oxrdf::GraphName::DefaultGraph)))
            .collect::<Result<_, _>>()
            .map_err(fail)
    }
}

#[cold]
fn syntax_error(error: &TurtleSyntaxError, line: &[u8], at: Place) -> Error {
    let range = error.location();
    let slice = |from: u64, to: u64| {
        let from = usize::try_from(from).ok()?;
        let to = usize::try_from(to).ok()?;
        line.get(from..to)
    };
    let token = slice(range.start.offset, range.end.offset).unwrap_or_default();
    let mut place = at;
    let before = slice(0, range.start.offset).unwrap_or(line);
    place.advance(before);
    let code = code_of(error.message(), token, |iri| check_iri(iri).is_err());
    described(code, error.message()).at(place.position())
}

/// The code of a syntax error of `oxttl`, from its message and the token it points at.
pub(super) fn code_of(message: &str, token: &[u8], is_bad_iri: impl Fn(&str) -> bool) -> Code {
    if message.starts_with("Invalid UTF-8") {
        return Code::InvalidUtf8;
    }
    if message.contains("builds IRI") {
        return Code::InvalidIri;
    }
    let iri = token
        .strip_prefix(b"<")
        .and_then(|token| token.strip_suffix(b">"))
        .and_then(|iri| std::str::from_utf8(iri).ok());
    match iri {
        // An escape in an IRI has its own message; unescaping it here would not change the code.
        Some(iri) if !iri.contains('\\') && is_bad_iri(iri) => Code::InvalidIri,
        _ => Code::DataParse,
    }
}

/// An error of `code` with the parser's message and a hint that goes with the code.
pub(super) fn described(code: Code, message: &str) -> Error {
    let error = Error::new(code, message);
    match code {
        Code::InvalidUtf8 => error.with_hint(UTF8_HINT),
        Code::InvalidIri => {
            error.with_hint("percent-encode the character, or load with the trusted option")
        }
        _ if message.contains("has not been declared") => {
            error.with_hint("declare the prefix with @prefix before it is used")
        }
        _ if message.contains("dot") => error.with_hint("a statement ends with ' .'"),
        _ => error,
    }
}

pub(super) const UTF8_HINT: &str =
    "RDF documents are UTF-8; convert the file first, for example with iconv";
