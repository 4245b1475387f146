//! Queries and updates that stay well-formed, most of the time: whole groups and expressions of one text in another, groups
//! within OPTIONAL, MINUS, EXISTS and their kin, variables and terms of different texts made the same.
//!
//! The texts are those that `spargebra` writes of what it has parsed: without prefixes and comments, so that any piece means
//! the same in any other text.

use crate::Numbers;
use std::collections::HashMap;
use std::ops::Range;

/// Where terms of the store stand for those of a text.
const TERMS: [&str; 8] = [
    "<http://x/p>",
    "<http://x/q>",
    "<http://x/r>",
    "<http://x/a>",
    "<http://x/b>",
    "<http://x/g>",
    "<http://example.org/p>",
    "<http://xmlns.com/foaf/0.1/name>",
];

/// What a group can be put in; `#` is the group, `@` another.
const WRAPPINGS: [&str; 13] = [
    "{ # }",
    "{ # } { @ }",
    "{ # } OPTIONAL { @ }",
    "{ @ } OPTIONAL { # }",
    "{ # } MINUS { @ }",
    "{ @ } MINUS { # }",
    "{ # } FILTER(EXISTS { @ })",
    "{ # } FILTER(!EXISTS { @ } || ?s = ?o)",
    "{ # } UNION { @ }",
    "{ # } LATERAL { @ }",
    "GRAPH ?graph { # }",
    "{ SELECT * WHERE { # } }",
    "{ SELECT DISTINCT * WHERE { # } OFFSET 1 LIMIT 5 }",
];

/// A text as it is written again; `None` if it is none, or one that asks elsewhere.
pub fn plain(text: &str) -> Option<String> {
    let parser = || spargebra::SparqlParser::new().with_base_iri("http://x/base");
    let query = parser().ok()?.parse_query(text);
    let plain = match query {
        Ok(query) => query.to_string(),
        Err(_) => parser().ok()?.parse_update(text).ok()?.to_string(),
    };
    (!plain.contains("SERVICE") && !plain.contains("LOAD")).then_some(plain)
}

/// A piece of a text that can be put into another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// What stands in the braces of a graph pattern.
    Group,
    /// What stands in the brackets of FILTER, or of BIND before AS.
    Expression,
    Variable,
    /// An IRI that is no datatype and no function.
    Iri,
}

/// A bracket that is open.
struct Open {
    start: usize,
    kind: Option<Kind>,
    /// Where AS stands in it.
    name: Option<usize>,
}

/// The pieces of a text with their places.
fn pieces(text: &str) -> Vec<(Kind, Range<usize>)> {
    let bytes = text.as_bytes();
    let mut pieces = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    // The last word, and whether the last bracket that closed was that of the variables of VALUES.
    let (mut word, mut is_table) = ("", false);
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at += 1;
        match bytes[start] {
            b'"' => {
                while at < bytes.len() && bytes[at] != b'"' {
                    at += 1 + usize::from(bytes[at] == b'\\');
                }
                at += 1;
            }
            b'<' => {
                let end = bytes[at..].iter().position(|byte| b"> <\n".contains(byte));
                if let Some(end) = end.filter(|end| bytes[at + end] == b'>') {
                    at += end + 1;
                    if !text[..start].ends_with("^^") && bytes.get(at) != Some(&b'(') {
                        pieces.push((Kind::Iri, start..at));
                    }
                }
            }
            b'?' | b'$' => {
                at += name_length(&bytes[at..]);
                if at > start + 1 {
                    pieces.push((Kind::Variable, start..at));
                }
            }
            b'{' => {
                let outside = open.iter().rev().find(|open| bytes[open.start] == b'{');
                let is_group = !is_table
                    && !["CONSTRUCT", "INSERT", "DELETE", "DATA"].contains(&word)
                    && outside.is_none_or(|outside| outside.kind.is_some());
                open.push(Open {
                    start,
                    kind: is_group.then_some(Kind::Group),
                    name: None,
                });
                word = "";
            }
            b'(' => {
                open.push(Open {
                    start,
                    kind: ["FILTER", "BIND"]
                        .contains(&word)
                        .then_some(Kind::Expression),
                    name: (word == "VALUES").then_some(start),
                });
                word = "";
            }
            b'}' | b')' => {
                if let Some(closed) = open.pop() {
                    is_table = closed.name == Some(closed.start);
                    let end = closed.name.unwrap_or(start);
                    pieces.extend(closed.kind.map(|kind| (kind, closed.start + 1..end)));
                }
                continue;
            }
            byte if byte.is_ascii_alphabetic() => {
                at += name_length(&bytes[at..]);
                word = &text[start..at];
                if word == "AS"
                    && let Some(last) = open.last_mut()
                {
                    last.name = Some(start);
                }
            }
            _ => continue,
        }
        is_table = false;
    }
    pieces
}

fn name_length(bytes: &[u8]) -> usize {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 128;
    bytes.iter().take_while(|byte| is_part(byte)).count()
}

/// The places of one kind of piece.
fn places(text: &str, kind: Kind) -> Vec<Range<usize>> {
    let all = pieces(text).into_iter();
    all.filter(|(other, _)| *other == kind)
        .map(|(_, place)| place)
        .collect()
}

fn pick<T: Clone>(items: &[T], numbers: &mut Numbers) -> Option<T> {
    items.get(numbers.below(items.len())).cloned()
}

/// A piece of some text of the corpus.
fn piece(corpus: &[String], kind: Kind, numbers: &mut Numbers) -> String {
    loop {
        let text = &corpus[numbers.below(corpus.len())];
        if let Some(place) = pick(&places(text, kind), numbers) {
            return text[place].to_owned();
        }
    }
}

/// A text with other names for some of its pieces, the same for equal ones.
fn renamed(text: &str, kind: Kind, mut name: impl FnMut(&str) -> Option<String>) -> String {
    let mut names: HashMap<&str, Option<String>> = HashMap::new();
    let (mut made, mut end) = (String::new(), 0);
    for place in places(text, kind) {
        let old = &text[place.clone()];
        let new = names.entry(old).or_insert_with(|| name(old));
        made.push_str(&text[end..place.start]);
        made.push_str(new.as_deref().unwrap_or(old));
        end = place.end;
    }
    made + &text[end..]
}

/// A piece with variables of the text it goes to. What it assigns is new there.
fn at_home(piece: &str, host: &str, numbers: &mut Numbers) -> String {
    let variables: Vec<&str> = places(host, Kind::Variable)
        .into_iter()
        .map(|place| &host[place])
        .collect();
    renamed(piece, Kind::Variable, |variable| {
        if piece.contains(&format!("AS {variable})")) {
            return Some(format!("?new{}", numbers.next() % 1_000_000));
        }
        (numbers.below(3) > 0)
            .then(|| pick(&variables, numbers))?
            .map(str::to_owned)
    })
}

/// A text of the corpus with pieces of others.
pub fn grafted(corpus: &[String], numbers: &mut Numbers) -> String {
    let mut made = corpus[numbers.below(corpus.len())].clone();
    for _ in 0..1 + numbers.below(3) {
        match numbers.below(6) {
            0 | 1 => {
                if let Some(place) = pick(&places(&made, Kind::Group), numbers) {
                    let piece = piece(corpus, Kind::Group, numbers);
                    let piece = at_home(&piece, &made, numbers);
                    made.replace_range(place, &format!(" {piece} "));
                }
            }
            2 | 3 => {
                if let Some(place) = pick(&places(&made, Kind::Group), numbers) {
                    let other = piece(corpus, Kind::Group, numbers);
                    let other = at_home(&other, &made, numbers);
                    let wrapping = WRAPPINGS[numbers.below(WRAPPINGS.len())];
                    let mut group = String::new();
                    for part in wrapping.split_inclusive(['#', '@']) {
                        group += part.trim_end_matches(['#', '@']);
                        match part.chars().last() {
                            Some('#') => group += &made[place.clone()],
                            Some('@') => group += &other,
                            _ => {}
                        }
                    }
                    made.replace_range(place, &format!(" {group} "));
                }
            }
            4 => {
                if let Some(place) = pick(&places(&made, Kind::Expression), numbers) {
                    let piece = piece(corpus, Kind::Expression, numbers);
                    let piece = at_home(&piece, &made, numbers);
                    made.replace_range(place, &format!("{piece} "));
                }
            }
            _ => {
                let other = made.clone();
                made = at_home(&made, &other, numbers);
            }
        }
    }
    if numbers.below(3) > 0 {
        made = renamed(&made, Kind::Iri, |_| {
            let term = TERMS[numbers.below(TERMS.len())];
            (numbers.below(4) > 0).then(|| term.to_owned())
        });
    }
    made
}

#[test]
fn pieces_are_found_where_they_are() {
    let text = "SELECT ?s (?o + 1 AS ?n) WHERE { ?s <p> \"}\\\"?x\" . { VALUES ( ?a ) { ( <v> ) } } \
        FILTER((?s < ?o) || EXISTS { ?s <f>? ?o }) BIND(<g>(\"1\"^^<d>) AS ?b) }";
    let found = |kind| -> Vec<&str> {
        places(text, kind)
            .into_iter()
            .map(|place| &text[place])
            .collect()
    };
    assert_eq!(
        found(Kind::Group)[..2],
        [" VALUES ( ?a ) { ( <v> ) } ", " ?s <f>? ?o "]
    );
    assert_eq!(found(Kind::Group).len(), 3);
    assert_eq!(
        found(Kind::Expression),
        ["(?s < ?o) || EXISTS { ?s <f>? ?o }", "<g>(\"1\"^^<d>) "]
    );
    assert_eq!(found(Kind::Iri), ["<p>", "<v>", "<f>"]);
    assert_eq!(found(Kind::Variable).len(), 10);
    assert!(
        places(
            "INSERT { GRAPH ?g { ?s ?p ?o } } WHERE { ?s ?p ?o }",
            Kind::Group
        )
        .len()
            == 1
    );
}
