//! The lexical form of XML literals of RDF/XML.
//!
//! `rdf:parseType="Literal"` stands for the exclusive canonical form of its content (RDF/XML,
//! 7.2.17; Exclusive XML Canonicalization 1.0): a namespace is declared where it is used and not
//! before. `oxrdfxml` declares every namespace in scope on the outer elements, some of them
//! twice. So the declarations are written anew here; the rest of the text stays as it is.

use std::fmt::Write;

/// The namespace of `xml:lang` and its like, which is never declared.
const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// A namespace declaration and the depth of its element.
struct Declaration<'a> {
    prefix: &'a str,
    iri: &'a str,
    depth: usize,
}

/// The innermost declaration of a prefix, as the namespace; empty where there is none.
fn namespace<'a>(declarations: &[Declaration<'a>], prefix: &str) -> &'a str {
    let innermost = declarations.iter().rev().find(|d| d.prefix == prefix);
    innermost.map_or("", |declaration| declaration.iri)
}

/// A start tag: its name and its attributes, values as they are written.
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

/// Moves namespace declarations to where they are used, and sorts attributes. `None` if `text`
/// is not a well-formed sequence of elements and text.
pub(super) fn exclusive(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut in_scope: Vec<Declaration<'_>> = Vec::new();
    let mut written: Vec<Declaration<'_>> = Vec::new();
    let mut depth = 0;
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let other = [("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>")]
            .into_iter()
            .find(|(open, _)| rest.starts_with(open));
        if let Some((open, close)) = other {
            let end = open.len() + rest[open.len()..].find(close)? + close.len();
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if rest.starts_with("</") {
            let end = rest.find('>')? + 1;
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            in_scope.retain(|declaration| declaration.depth < depth);
            written.retain(|declaration| declaration.depth < depth);
            depth = usize::checked_sub(depth, 1)?;
        } else {
            let (tag, after) = start_tag(&rest[1..])?;
            rest = after;
            depth += 1;
            write_tag(&mut out, &tag, depth, &mut in_scope, &mut written);
        }
    }
    out.push_str(rest);
    (depth == 0).then_some(out)
}

/// Reads a start tag after its `<`; what follows it.
fn start_tag(text: &str) -> Option<(Tag<'_>, &str)> {
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '>')?;
    let (name, mut rest) = text.split_at(end);
    let mut attributes: Vec<(&str, &str)> = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        if let Some(after) = rest.strip_prefix('>') {
            return Some((Tag { name, attributes }, after));
        }
        let (attribute, value) = rest.split_once('=')?;
        let (value, after) = value.strip_prefix('"')?.split_once('"')?;
        if !attributes.iter().any(|(known, _)| *known == attribute) {
            attributes.push((attribute, value));
        }
        rest = after;
    }
}

/// The prefix of a name, empty where there is none.
fn prefix_of(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

/// The prefix that an attribute declares, if it is a declaration.
fn declared(attribute: &str) -> Option<&str> {
    match attribute {
        "xmlns" => Some(""),
        _ => attribute.strip_prefix("xmlns:"),
    }
}

fn write_tag<'a>(
    out: &mut String,
    tag: &Tag<'a>,
    depth: usize,
    in_scope: &mut Vec<Declaration<'a>>,
    written: &mut Vec<Declaration<'a>>,
) {
    for &(attribute, iri) in &tag.attributes {
        if let Some(prefix) = declared(attribute) {
            in_scope.push(Declaration { prefix, iri, depth });
        }
    }
    let mut attributes: Vec<(&str, &str)> = tag
        .attributes
        .iter()
        .copied()
        .filter(|(name, _)| declared(name).is_none())
        .collect();
    // Attributes without a prefix are in no namespace.
    let mut used: Vec<&str> = attributes
        .iter()
        .filter_map(|(name, _)| name.split_once(':').map(|(prefix, _)| prefix))
        .filter(|prefix| *prefix != "xml")
        .chain([prefix_of(tag.name)])
        .collect();
    used.sort_unstable();
    used.dedup();
    out.push('<');
    out.push_str(tag.name);
    for prefix in used {
        let iri = namespace(in_scope, prefix);
        if namespace(written, prefix) != iri {
            // Writing to a string does not fail.
            let _ = match prefix {
                "" => write!(out, " xmlns=\"{iri}\""),
                _ => write!(out, " xmlns:{prefix}=\"{iri}\""),
            };
            written.push(Declaration { prefix, iri, depth });
        }
    }
    attributes.sort_by_key(|(name, _)| match name.split_once(':') {
        Some(("xml", local)) => (XML_NAMESPACE, local),
        Some((prefix, local)) => (namespace(in_scope, prefix), local),
        None => ("", *name),
    });
    for (name, value) in attributes {
        let _ = write!(out, " {name}=\"{value}\"");
    }
    out.push('>');
}

#[cfg(test)]
mod tests {
    use super::exclusive;

    #[test]
    fn namespaces_are_declared_where_they_are_used() {
        for (text, expected) in [
            (
                "a <br xmlns:r=\"u:r\" xmlns:e=\"u:e\"></br> b",
                "a <br></br> b",
            ),
            (
                "<h:a xmlns=\"u:d\" xmlns:h=\"u:h\" xmlns:r=\"u:r\"><b>x</b><h:c r:z=\"1\" y=\"2\"></h:c></h:a>",
                "<h:a xmlns:h=\"u:h\"><b xmlns=\"u:d\">x</b><h:c xmlns:r=\"u:r\" y=\"2\" r:z=\"1\"></h:c></h:a>",
            ),
            (
                "<a xmlns=\"u:d\" xmlns=\"u:d\"><a><b xmlns=\"\"></b></a></a><a xmlns=\"u:d\"></a>",
                "<a xmlns=\"u:d\"><a><b xmlns=\"\"></b></a></a><a xmlns=\"u:d\"></a>",
            ),
            ("<a b=\"<\">", ""),
            (
                "<!-- <x> --><?p <x> ?><a xml:lang=\"en\" q=\"&lt;&amp;\"></a>&lt;",
                "<!-- <x> --><?p <x> ?><a q=\"&lt;&amp;\" xml:lang=\"en\"></a>&lt;",
            ),
            ("no markup", "no markup"),
            ("<a", ""),
            ("</a>", ""),
            ("<a></a></a>", ""),
        ] {
            let expected = Some(expected).filter(|expected| !expected.is_empty());
            assert_eq!(exclusive(text).as_deref(), expected, "{text}");
        }
    }
}
