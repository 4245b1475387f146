//! Where a syntax error is. The parser reports the furthest byte it looked at, and it compares a keyword by
//! reading as many characters as the keyword has, so its place lies up to 14 characters behind the error.

use super::hint::{hint, unclosed};
use super::request::parse_request;
use super::scanner::{Kind, Scanner, Token, offset, position};
use super::update_hint::ungrounded;
use super::words::UPDATES;
use crate::error::{Code, Error};
use spargebra::SparqlParser;

/// More than the parser reads ahead: its longest keyword is `ENCODE_FOR_URI`.
const AHEAD: usize = 32;

/// What a text is written in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Language {
    Query,
    Update,
}

impl Language {
    /// What the first word behind the prologue begins. A text without one is an update that does nothing; a word that
    /// begins neither is taken for a query's.
    pub fn of(text: &str) -> Self {
        let mut tokens = Scanner::new(text);
        while let Some(token) = tokens.next() {
            match token.text(text).to_ascii_uppercase().as_str() {
                "BASE" | "VERSION" => {
                    tokens.next();
                }
                "PREFIX" => {
                    tokens.find(|token| token.kind == Kind::Iri);
                }
                word if UPDATES.contains(&word) => return Self::Update,
                _ => return Self::Query,
            }
        }
        Self::Update
    }

    pub fn noun(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Update => "update",
        }
    }

    /// What to do with a text that is too long.
    pub fn hint_if_too_long(self) -> &'static str {
        match self {
            Self::Query => "ask for parts of it in several queries",
            Self::Update => {
                "load large data as documents, or run several updates in one transaction"
            }
        }
    }

    /// What the parser says about a text; `None` if it is well-formed.
    fn objection(self, parser: &SparqlParser, text: &str) -> Option<String> {
        let parser = parser.clone();
        match self {
            Self::Query => parser.parse_query(text).err(),
            Self::Update => parse_request(parser, text).err(),
        }
        .map(|error| error.to_string())
    }

    /// Whether a text is well-formed and says something.
    fn reads(self, parser: &SparqlParser, text: &str) -> bool {
        let parser = parser.clone();
        match self {
            Self::Query => parser.parse_query(text).is_ok(),
            Self::Update => {
                parse_request(parser, text).is_ok_and(|update| !update.operations.is_empty())
            }
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Query => Self::Update,
            Self::Update => Self::Query,
        }
    }
}

/// The error for a text that does not parse; `message` is what the parser said, `prefixes` are those the text need not
/// declare.
pub fn syntax_error(
    parser: &SparqlParser,
    language: Language,
    prefixes: &[(String, String)],
    text: &str,
    message: &str,
) -> Error {
    let Some((reported, expected)) = place(text, message) else {
        return Error::new(Code::QueryParse, message);
    };
    let at = locate(parser, language, text, reported);
    // The parser reads a string or IRI that does not end as far as it can.
    let at = unclosed(text).map_or(at, |start| start.min(at));
    // Conditions beyond the grammar are sentences among the expected tokens.
    let condition = expected
        .trim_start_matches("one of ")
        .split(", ")
        .find(|item| item.contains(' ') && item.starts_with(char::is_uppercase));
    let detail = match (condition, text[at..].split_whitespace().next()) {
        (Some(condition), _) => condition.to_owned(),
        (None, Some(word)) => format!("unexpected {:?}", word.chars().take(40).collect::<String>()),
        (None, None) => format!("unexpected end of the {}", language.noun()),
    };
    if let Some(found) = ungrounded(text, at, condition) {
        return Error::new(Code::QueryParse, found.detail)
            .at(position(text, found.start))
            .with_hint(found.hint);
    }
    let error = Error::new(Code::QueryParse, detail).at(position(text, at));
    if language.other().reads(parser, text.trim_end()) {
        let hint = match language {
            Language::Query => "the text is an update: run it as one, not as a query",
            Language::Update => "the text is a query: run it as one, not as an update",
        };
        return error.with_hint(hint);
    }
    match hint(text, at, prefixes) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// Splits `error at LINE:COLUMN: expected ...` into the byte of the place and what was expected.
fn place<'m>(text: &str, message: &'m str) -> Option<(usize, &'m str)> {
    let rest = message.strip_prefix("error at ")?;
    let (line, rest) = rest.split_once(':')?;
    let (column, expected) = rest.split_once(": expected ")?;
    Some((
        offset(text, line.parse().ok()?, column.parse().ok()?),
        expected,
    ))
}

/// The byte of the token the parser could not use. Parses again with the spaces between tokens near the reported place
/// stretched, so that reading ahead from one token never reaches the next.
fn locate(parser: &SparqlParser, language: Language, text: &str, reported: usize) -> usize {
    let near = reported.saturating_sub(4 * AHEAD)..reported.saturating_add(4 * AHEAD);
    let pad = " ".repeat(AHEAD);
    let mut stretched = String::with_capacity(text.len() + 16 * AHEAD);
    // The token and the place of its copy.
    let mut copies: Vec<(Token, usize)> = Vec::new();
    let mut end = 0;
    for token in Scanner::new(text) {
        let gap = &text[end..token.start];
        let may_part = !gap.is_empty()
            || copies
                .last()
                .is_some_and(|&(previous, _)| may_part(text, previous, token));
        if may_part && near.contains(&token.start) {
            stretched.push_str(&pad);
        } else {
            stretched.push_str(gap);
        }
        copies.push((token, stretched.len()));
        stretched.push_str(token.text(text));
        end = token.end;
    }
    stretched.push_str(&pad);
    let Some(message) = language.objection(parser, &stretched) else {
        return reported;
    };
    let Some((furthest, _)) = place(&stretched, &message) else {
        return reported;
    };
    if furthest >= stretched.len() - AHEAD {
        // Reading ahead began at the last token or behind it.
        return match copies.last() {
            Some((token, copy)) if furthest < stretched.len() && furthest - copy < AHEAD => {
                token.start
            }
            _ => text.trim_end().len(),
        };
    }
    copies
        .iter()
        .rev()
        .find(|(_, copy)| *copy <= furthest)
        .map_or(reported, |(token, _)| token.start)
}

/// Whether spaces between two neighbouring tokens change nothing for the parser.
fn may_part(text: &str, left: Token, right: Token) -> bool {
    let apart = |token: Token| match token.kind {
        Kind::Word | Kind::Variable | Kind::Iri | Kind::String => true,
        Kind::Open | Kind::Close => token.end - token.start == 1,
        Kind::Operator => matches!(
            token.text(text),
            "," | ";" | "." | "=" | "!=" | "<" | ">" | "<=" | ">=" | "||" | "&&" | "*" | "/" | "!"
        ),
        Kind::Unterminated => false,
    };
    // A number may begin with its point, and what `<` begins may be meant for an IRI.
    let is_one = left.text(text) == "<"
        || left.text(text) == "." && text[right.start..].starts_with(|c: char| c.is_ascii_digit());
    apart(left) && apart(right) && !is_one
}
