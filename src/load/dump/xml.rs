//! RDF/XML with RDF 1.2 triple terms and directions.
//!
//! Source: RDF 1.2 XML Syntax. Every statement is a property element of an `rdf:Description`,
//! consecutive statements of a subject share one. Characters that an XML processor would change
//! (`\r` anywhere, `\t` and `\n` in attributes) are written as references.

use super::super::format::Format;
use super::super::statement::{RawTerm, XSD_STRING};
use super::{BUFFER_BYTES, inexpressible, write_error};
use crate::error::Result;
use std::io::{self, Write};

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const ITS: &str = "http://www.w3.org/2005/11/its";

/// Prefixes the writer itself declares.
const OWN_PREFIXES: [(&str, &str); 2] = [("rdf", RDF), ("its", ITS)];

/// The prefix of a namespace that has none.
const LOCAL_PREFIX: &str = "ns";

/// Names in the RDF namespace that are syntax and no predicates (RDF/XML, 5.1). `rdf:li` is
/// missing there on purpose: written as an element it would become `rdf:_1`.
const RESERVED: [&str; 12] = [
    "RDF",
    "ID",
    "about",
    "parseType",
    "resource",
    "nodeID",
    "datatype",
    "Description",
    "aboutEach",
    "aboutEachPrefix",
    "bagID",
    "li",
];

pub(super) struct XmlWriter<W: Write> {
    out: W,
    buffer: Vec<u8>,
    prefixes: Vec<(String, String)>,
    /// The start tag of the description that is open, to tell whether the subject changes.
    open: Vec<u8>,
    /// The start tag and the property element of the current statement.
    description: Vec<u8>,
    property: Vec<u8>,
}

impl<W: Write> XmlWriter<W> {
    /// Begins the document. The caller has checked the prefixes; names of our own, those that
    /// begin with `xml`, and the empty one are left out.
    pub(super) fn new(prefixes: &[(String, String)], out: W) -> Result<Self> {
        let own = OWN_PREFIXES.map(|(name, iri)| (name.to_owned(), iri.to_owned()));
        let is_free = |name: &str| {
            let reserved = name
                .get(..3)
                .is_some_and(|start| start.eq_ignore_ascii_case("xml"));
            !(name.is_empty() || name == LOCAL_PREFIX || reserved)
                && own.iter().all(|(own, _)| own != name)
        };
        let mut declared = own.to_vec();
        for (name, iri) in prefixes {
            if is_free(name) && !declared.iter().any(|(known, _)| known == name) {
                declared.push((name.clone(), iri.clone()));
            }
        }
        let mut writer = Self {
            out,
            buffer: Vec::with_capacity(BUFFER_BYTES),
            prefixes: declared,
            open: Vec::new(),
            description: Vec::new(),
            property: Vec::new(),
        };
        let out = &mut writer.buffer;
        out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF");
        for (name, iri) in &writer.prefixes {
            out.extend_from_slice(format!("\n    xmlns:{name}=\"").as_bytes());
            escaped(out, iri, true)?;
            out.push(b'"');
        }
        out.extend_from_slice(b">\n");
        Ok(writer)
    }

    pub(super) fn statement(
        &mut self,
        subject: RawTerm<'_>,
        predicate: RawTerm<'_>,
        object: RawTerm<'_>,
    ) -> Result<()> {
        // Complete before anything is written: half an element would spoil the document.
        self.description.clear();
        description(&mut self.description, subject)?;
        self.property.clear();
        property(&mut self.property, &self.prefixes, predicate, object)?;
        if self.description != self.open {
            if !self.open.is_empty() {
                self.buffer.extend_from_slice(b"  </rdf:Description>\n");
            }
            self.buffer.extend_from_slice(b"  ");
            self.buffer.extend_from_slice(&self.description);
            self.buffer.push(b'\n');
            std::mem::swap(&mut self.description, &mut self.open);
        }
        self.buffer.extend_from_slice(b"    ");
        self.buffer.extend_from_slice(&self.property);
        self.buffer.push(b'\n');
        if self.buffer.len() >= BUFFER_BYTES {
            self.out.write_all(&self.buffer).map_err(write_error)?;
            self.buffer.clear();
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<W> {
        if !self.open.is_empty() {
            self.buffer.extend_from_slice(b"  </rdf:Description>\n");
        }
        self.buffer.extend_from_slice(b"</rdf:RDF>\n");
        self.out.write_all(&self.buffer)?;
        Ok(self.out)
    }
}

/// The start tag of the description of `subject`.
fn description(out: &mut Vec<u8>, subject: RawTerm<'_>) -> Result<()> {
    out.extend_from_slice(b"<rdf:Description ");
    match subject {
        RawTerm::Iri(iri) => {
            out.extend_from_slice(b"rdf:about=\"");
            escaped(out, iri, true)?;
        }
        RawTerm::Blank(label) => node_id(out, label),
        RawTerm::Literal(_) | RawTerm::Triple(_) => {
            return Err(inexpressible(Format::RdfXml, "this term as a subject"));
        }
    }
    out.extend_from_slice(b"\">");
    Ok(())
}

/// An XML name for a label: labels may begin with a digit, names may not. Labels that begin with
/// `x` get another one, so that no two labels get the same name.
fn node_id(out: &mut Vec<u8>, label: &str) {
    out.extend_from_slice(b"rdf:nodeID=\"");
    if !label.starts_with(|c: char| c.is_ascii_alphabetic() && c != 'x') {
        out.push(b'x');
    }
    out.extend_from_slice(label.as_bytes());
}

fn property(
    out: &mut Vec<u8>,
    prefixes: &[(String, String)],
    predicate: RawTerm<'_>,
    object: RawTerm<'_>,
) -> Result<()> {
    let RawTerm::Iri(iri) = predicate else {
        return Err(inexpressible(Format::RdfXml, "this term as a predicate"));
    };
    let (namespace, local) = split(iri);
    if local.is_empty() || (namespace == RDF && RESERVED.contains(&local)) {
        let what = format!("the predicate <{iri}>");
        return Err(inexpressible(Format::RdfXml, &what));
    }
    let known = prefixes.iter().find(|(_, iri)| iri == namespace);
    let prefix = known.map_or(LOCAL_PREFIX, |(name, _)| name);
    let tag = |out: &mut Vec<u8>, start: &str| {
        out.extend_from_slice(start.as_bytes());
        out.extend_from_slice(prefix.as_bytes());
        out.push(b':');
        out.extend_from_slice(local.as_bytes());
    };
    tag(out, "<");
    if known.is_none() {
        out.extend_from_slice(format!(" xmlns:{LOCAL_PREFIX}=\"").as_bytes());
        escaped(out, namespace, true)?;
        out.push(b'"');
    }
    match object {
        RawTerm::Iri(iri) => {
            out.extend_from_slice(b" rdf:resource=\"");
            escaped(out, iri, true)?;
            out.extend_from_slice(b"\"/>");
            return Ok(());
        }
        RawTerm::Blank(label) => {
            out.push(b' ');
            node_id(out, label);
            out.extend_from_slice(b"\"/>");
            return Ok(());
        }
        RawTerm::Literal(literal) => {
            if let Some(language) = literal.language {
                out.extend_from_slice(b" xml:lang=\"");
                escaped(out, language, true)?;
                out.push(b'"');
            } else if literal.datatype != XSD_STRING {
                out.extend_from_slice(b" rdf:datatype=\"");
                escaped(out, literal.datatype, true)?;
                out.push(b'"');
            }
            if let Some(direction) = literal.direction {
                out.extend_from_slice(b" rdf:version=\"1.2-basic\" its:version=\"2.0\" its:dir=\"");
                out.extend_from_slice(direction.as_str().as_bytes());
                out.push(b'"');
            }
            out.push(b'>');
            escaped(out, literal.lexical, false)?;
        }
        RawTerm::Triple([subject, predicate, object]) => {
            out.extend_from_slice(b" rdf:version=\"1.2\" rdf:parseType=\"Triple\">");
            description(out, *subject)?;
            property(out, prefixes, *predicate, *object)?;
            out.extend_from_slice(b"</rdf:Description>");
        }
    }
    tag(out, "</");
    out.push(b'>');
    Ok(())
}

/// Namespace and local name: the longest end of the IRI that is an XML name without a colon.
fn split(iri: &str) -> (&str, &str) {
    let tail = iri.rfind(|c| !is_name_char(c)).map_or(0, |at| {
        // `rfind` gives the index of a character that exists.
        at + iri[at..].chars().next().map_or(0, char::len_utf8)
    });
    match iri[tail..].find(is_name_start) {
        Some(start) => iri.split_at(tail + start),
        None => (iri, ""),
    }
}

/// NameStartChar of XML 1.0 without the colon.
fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// NameChar of XML 1.0 without the colon.
fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// Character data, or an attribute value. Errors: `InvalidInput` for characters that XML 1.0 has
/// no way to write.
fn escaped(out: &mut Vec<u8>, text: &str, in_attribute: bool) -> Result<()> {
    let mut rest = text;
    let is_special = |c: char| {
        matches!(
            c,
            '<' | '>' | '&' | '"' | '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}'
        )
    };
    while let Some(at) = rest.find(is_special) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        // The character that `find` has found.
        let Some(special) = rest[at..].chars().next() else {
            break;
        };
        let reference: &[u8] = match special {
            '<' => b"&lt;",
            '>' => b"&gt;",
            '&' => b"&amp;",
            '"' if in_attribute => b"&quot;",
            '"' => b"\"",
            '\r' => b"&#13;",
            '\n' if in_attribute => b"&#10;",
            '\t' if in_attribute => b"&#9;",
            '\n' => b"\n",
            '\t' => b"\t",
            _ => {
                let what = format!("the character U+{:04X}", u32::from(special));
                return Err(inexpressible(Format::RdfXml, &what));
            }
        };
        out.extend_from_slice(reference);
        rest = &rest[at + special.len_utf8()..];
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(())
}
