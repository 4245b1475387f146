//! Terms, IRIs and prefixes given as arguments.

use oxrdf::{NamedNode, NamedOrBlankNode, Term};
use std::str::FromStr;
use triplestore::error::{Code, Error, Result};
use triplestore::load::check_iri;

/// An IRI, with or without angle brackets. Errors: `InvalidIri`.
pub fn iri(text: &str) -> Result<NamedNode> {
    let bare = text
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'))
        .unwrap_or(text);
    match check_iri(bare) {
        Ok(()) => Ok(NamedNode::new_unchecked(bare)),
        Err(refused) => Err(Error::new(
            Code::InvalidIri,
            format!("{text:?} is not an IRI: {}", refused.reason()),
        )
        .with_hint("IRIs are written in full, as in http://example.org/room-1")),
    }
}

/// The name of a graph: an IRI, or a blank node by the label the store printed. Errors: `InvalidIri`.
pub fn graph(text: &str) -> Result<NamedOrBlankNode> {
    match oxrdf::BlankNode::from_str(text) {
        Ok(blank) => Ok(blank.into()),
        Err(_) => Ok(iri(text)?.into()),
    }
}

/// A term as N-Triples and Turtle write it (`"21.5"^^<…>`, `"Raum"@de`, `42`, `_:b1f`), or a bare IRI.
/// Errors: `InvalidInput`.
pub fn term(text: &str) -> Result<Term> {
    if let Ok(term) = Term::from_str(text) {
        return Ok(term);
    }
    iri(text).map(Term::from).map_err(|_| {
        Error::new(Code::InvalidInput, format!("{text:?} is not a term")).with_hint(
            "write an IRI in full, a literal in double quotes as in '\"Raum\"@de', or a blank node as _:label",
        )
    })
}

/// `name=IRI`. Errors: `InvalidInput`, `InvalidIri`.
pub fn prefix(text: &str) -> Result<(String, String)> {
    let (name, namespace) = text.split_once('=').ok_or_else(|| {
        Error::new(Code::InvalidInput, format!("{text:?} is not NAME=IRI"))
            .with_hint("for example --prefix brick=https://brickschema.org/schema/Brick#")
    })?;
    let name = name.strip_suffix(':').unwrap_or(name);
    Ok((name.to_owned(), iri(namespace)?.into_string()))
}

/// All prefixes given. Errors: as [`prefix`].
pub fn prefixes(texts: &[String]) -> Result<Vec<(String, String)>> {
    texts.iter().map(|text| prefix(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read_as_turtle_writes_them() {
        for (text, expected) in [
            ("http://e/a", "<http://e/a>"),
            ("<http://e/a>", "<http://e/a>"),
            ("_:b1f", "_:b1f"),
            ("\"a b\"", "\"a b\""),
            ("\"Raum\"@de", "\"Raum\"@de"),
            ("42", "\"42\"^^<http://www.w3.org/2001/XMLSchema#integer>"),
        ] {
            assert_eq!(term(text).unwrap().to_string(), expected);
        }
        for text in ["", "room", "<http://e/ a>", "\"open"] {
            assert_eq!(term(text).unwrap_err().code(), Code::InvalidInput, "{text}");
        }
    }

    #[test]
    fn a_prefix_is_a_name_and_an_iri() {
        let expected = ("brick".to_owned(), "http://b/#".to_owned());
        assert_eq!(prefix("brick=http://b/#").unwrap(), expected);
        assert_eq!(prefix("brick:=<http://b/#>").unwrap(), expected);
        assert_eq!(prefix("brick").unwrap_err().code(), Code::InvalidInput);
        assert_eq!(prefix("b=c").unwrap_err().code(), Code::InvalidIri);
    }

    #[test]
    fn a_graph_is_an_iri_or_a_printed_label() {
        assert_eq!(graph("_:b1").unwrap().to_string(), "_:b1");
        assert_eq!(graph("http://e/g").unwrap().to_string(), "<http://e/g>");
        assert_eq!(graph("g").unwrap_err().code(), Code::InvalidIri);
    }
}
