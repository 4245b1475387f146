//! The operations of an update, each with its prologue. SPARQL 1.1 allows declarations behind every semicolon (rule
//! Update), the parser only at the beginning: a request with later ones is parsed in parts, each with the declarations
//! before it.

use super::scanner::{Kind, Scanner};
use spargebra::{SparqlParser, SparqlSyntaxError, Update};
use std::ops::Range;

/// The most parts of a request. Each costs a pass over the text before it.
pub const PARTS_MAX: usize = 256;

/// Parses a request. Places in an error are those of the text.
pub fn parse_request(parser: SparqlParser, text: &str) -> Result<Update, SparqlSyntaxError> {
    let cuts = cuts(text);
    if cuts.is_empty() {
        return parser.parse_update(text);
    }
    let mut operations = Vec::new();
    // The text, with spaces for the operations that have been parsed: every byte keeps its place.
    let mut seen = String::with_capacity(text.len());
    let ends = cuts.iter().map(|cut| cut.start).chain([text.len()]);
    let mut base_iri = None;
    for end in ends {
        seen.push_str(&text[seen.len()..end]);
        let part = parser.clone().parse_update(seen.trim_end())?;
        base_iri = part.base_iri;
        operations.extend(part.operations);
        for cut in cuts.iter().filter(|cut| cut.start == end) {
            for hidden in &cut.before {
                hide(&mut seen, hidden.clone());
            }
        }
    }
    Ok(Update {
        base_iri,
        operations,
    })
}

/// Into how many parts a request is cut.
pub fn parts(text: &str) -> usize {
    cuts(text).len() + 1
}

/// A place where declarations follow a semicolon.
struct Cut {
    start: usize,
    /// The operations since the cut before, each with its semicolon.
    before: Vec<Range<usize>>,
}

fn cuts(text: &str) -> Vec<Cut> {
    let mut cuts = Vec::new();
    if !may_be_cut(text) {
        return cuts;
    }
    let mut before = Vec::new();
    let (mut depth, mut tokens) = (0_usize, Scanner::new(text));
    // Where the operation at hand begins; `None` within a prologue.
    let mut operation: Option<usize> = None;
    let mut follows_semicolon = false;
    while let Some(token) = tokens.next() {
        let word = token.text(text);
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Operator if word == ";" && depth == 0 => {
                // A semicolon without an operation stays, for the parser to refuse.
                if let Some(start) = operation.take() {
                    before.push(start..token.end);
                    follows_semicolon = true;
                }
            }
            Kind::Word if operation.is_none() && depth == 0 => {
                let declares = match word.to_ascii_uppercase().as_str() {
                    "PREFIX" => tokens.find(|token| token.kind == Kind::Iri).is_some(),
                    "BASE" | "VERSION" => tokens.next().is_some(),
                    _ => false,
                };
                if !declares {
                    operation = Some(token.start);
                } else if follows_semicolon {
                    cuts.push(Cut {
                        start: token.start,
                        before: std::mem::take(&mut before),
                    });
                }
                follows_semicolon = false;
            }
            _ => {}
        }
    }
    cuts
}

/// Whether what begins like a declaration, or may hide one, follows a semicolon: most texts have none and need no scanner.
fn may_be_cut(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b';', bytes).any(|semicolon| {
        let mut rest = bytes[semicolon + 1..].iter();
        let next = rest.find(|byte| !byte.is_ascii_whitespace());
        next.is_some_and(|byte| b"#BbPpVv".contains(byte))
    })
}

/// Replaces a range by as many spaces; line ends stay, so that lines keep their numbers.
fn hide(text: &mut String, range: Range<usize>) {
    let spaces: String = text[range.clone()]
        .chars()
        .flat_map(|c| {
            let shown = if matches!(c, '\n' | '\r') { c } else { ' ' };
            std::iter::repeat_n(shown, c.len_utf8())
        })
        .collect();
    text.replace_range(range, &spaces);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::{ParseOptions, parse_update};
    use crate::error::Code;

    fn operations(text: &str) -> String {
        let parsed = parse_request(SparqlParser::new(), text).unwrap();
        let operations = parsed.operations.iter().map(ToString::to_string);
        operations
            .collect::<Vec<_>>()
            .join(" ; ")
            .replace(['\n', '\t'], "")
    }

    #[test]
    fn declarations_hold_for_the_operations_behind_them() {
        let text = "PREFIX : <http://a/> INSERT DATA { :s :p 'x;y' } ; # PREFIX : <http://c/>\n\
                    CLEAR GRAPH :g ; prefix : <http://b/> BASE <http://c/>\n\
                    INSERT DATA { :s <p> \"y\" } ; PREFIX o: <http://o/> DROP GRAPH o:g ; CREATE GRAPH :h";
        assert_eq!(parts(text), 3);
        assert_eq!(
            operations(text),
            "INSERT DATA {<http://a/s> <http://a/p> \"x;y\" .} ; CLEAR GRAPH <http://a/g> ; \
             INSERT DATA {<http://b/s> <http://c/p> \"y\" .} ; DROP GRAPH <http://o/g> ; CREATE GRAPH <http://b/h>"
        );
        for text in [
            "INSERT DATA { <x:s> <x:p> 1 ; <x:q> 2 } ; CLEAR ALL ;",
            "PREFIX : <x:> INSERT { ?s :p 1 } WHERE { ?s a :c ; :q 2 }",
            "",
        ] {
            assert_eq!(parts(text), 1, "{text}");
        }
        assert_eq!(operations("CLEAR ALL ; PREFIX : <x:>"), "CLEAR ALL");
    }

    #[test]
    fn errors_of_later_parts_keep_their_places() {
        for (text, place) in [
            ("CLEAR ALL ;\nPREFIX é: <x:> CLEAR GRAPH f:g", (2, 28)),
            (
                "INSERT DATA { <x:s> <x:p> 'é\u{1F600}' } ; PREFIX : <x:> CLEAR :g",
                (1, 56),
            ),
            ("PREFIX : <x:> ; CLEAR ALL", (1, 17)),
        ] {
            let error = parse_update(text, &ParseOptions::default()).unwrap_err();
            assert_eq!(error.code(), Code::QueryParse, "{text}");
            let position = error.position().unwrap();
            assert_eq!((position.line, position.column), place, "{text}: {error}");
        }
    }

    #[test]
    fn too_many_prologues_are_refused() {
        let text = "CLEAR ALL ; PREFIX : <x:> ".repeat(PARTS_MAX + 1);
        let error = parse_update(&text, &ParseOptions::default()).unwrap_err();
        assert_eq!(error.code(), Code::QueryLimit);
    }
}
