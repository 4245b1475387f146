//! What a syntax error of an update may have been meant to be: forms that other languages have, forms that are not whole, and
//! what may not stand in data and templates.

use super::hint::Texts;
use super::scanner::{Kind, Scanner, Token};
use super::words::UPDATES;

/// What cannot stand in data or in a template that deletes: its place, why, and what to write.
pub struct Ungrounded {
    pub start: usize,
    pub detail: String,
    pub hint: &'static str,
}

const VARIABLE: &str = "variables stand in DELETE { ... } INSERT { ... } WHERE { ... }";
const BLANK: &str = "a blank node of a text is none of the store: find it by a variable, as in \
    DELETE { ?node ... } WHERE { ?node ... }";

/// The variable or blank node that an operation must not have. The parser says so at the end of the data or template;
/// `condition` is what it says, if it does.
pub fn ungrounded(text: &str, end: usize, condition: Option<&str>) -> Option<Ungrounded> {
    let tokens: Vec<Token> = Scanner::new(text)
        .take_while(|token| token.start <= end)
        .collect();
    let is = |index: usize, word: &str| tokens[index].text(text).eq_ignore_ascii_case(word);
    let (first, blanks, variables) = match condition {
        Some(told) if told.contains(" DATA") => {
            let first = (0..tokens.len()).rfind(|index| is(*index, "DATA"))?;
            (first, told.contains("blank"), true)
        }
        Some(told) if told.contains("DELETE WHERE") => {
            let first = (0..tokens.len()).rfind(|index| is(*index, "DELETE"))?;
            (first, true, false)
        }
        Some(_) => return None,
        None => {
            let last = tokens.last().filter(|token| token.start == end)?;
            if last.text(text) != "}" {
                return None;
            }
            let first = opening(&tokens)?.checked_sub(1)?;
            (is(first, "DELETE").then_some(first)?, true, false)
        }
    };
    let found = (first..tokens.len()).find_map(|index| {
        let word = tokens[index].text(text);
        let is_blank = word.starts_with("_:")
            || word == "["
            || word == "(" && tokens[index - 1].text(text) != "<<";
        match tokens[index].kind {
            Kind::Variable if variables => Some((index, VARIABLE)),
            _ if blanks && is_blank => Some((index, BLANK)),
            _ => None,
        }
    });
    found.map(|(index, hint)| Ungrounded {
        start: tokens[index].start,
        detail: condition.map_or_else(
            || "Blank nodes are not allowed in DELETE".to_owned(),
            str::to_owned,
        ),
        hint,
    })
}

/// The bracket that the last token closes.
fn opening(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().rev() {
        match token.kind {
            Kind::Close => depth += 1,
            Kind::Open => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(index);
        }
    }
    None
}

/// The operation at hand.
struct Place<'t> {
    texts: &'t Texts<'t>,
    /// Its first word.
    first: usize,
    /// The token that is wrong.
    index: usize,
    /// Brackets open there.
    depth: usize,
}

impl Place<'_> {
    fn is(&self, index: usize, words: &[&str]) -> bool {
        words
            .iter()
            .any(|word| self.texts.at(index).eq_ignore_ascii_case(word))
    }

    /// Whether the word that is wrong is one of these.
    fn wrong(&self, words: &[&str]) -> bool {
        self.is(self.index, words)
    }

    /// Whether the word some tokens before it is one of these.
    fn behind(&self, distance: usize, words: &[&str]) -> bool {
        let index = self.index.checked_sub(distance);
        index.is_some_and(|index| self.is(index, words))
    }

    /// Whether the operation has a word: before the one that is wrong, or anywhere.
    fn has_before(&self, word: &str) -> bool {
        (self.first..self.index).any(|at| self.is(at, &[word]))
    }

    fn has(&self, word: &str) -> bool {
        (self.first..self.texts.tokens.len()).any(|at| self.is(at, &[word]))
    }
}

/// A hint for the token at `index`, which may be the end.
pub(super) fn update_hint(texts: &Texts<'_>, index: usize) -> Option<String> {
    let mut place = Place {
        texts,
        first: 0,
        index,
        depth: 0,
    };
    for at in 0..index.min(texts.tokens.len()) {
        match texts.kind(at) {
            Some(Kind::Open) => place.depth += 1,
            Some(Kind::Close) => place.depth = place.depth.saturating_sub(1),
            _ if place.depth == 0 && place.is(at, &[";"]) => place.first = at + 1,
            _ => {}
        }
    }
    while place.is(place.first, &["PREFIX", "BASE", "VERSION"]) {
        let declares_prefix = place.is(place.first, &["PREFIX"]);
        place.first += if declares_prefix { 3 } else { 2 };
    }
    graph(&place)
        .or_else(|| form(&place))
        .or_else(|| template(&place))
        .map(str::to_owned)
}

/// How graphs are named.
fn graph(place: &Place<'_>) -> Option<&'static str> {
    let is_whole_graph = place.is(
        place.first,
        &["CLEAR", "DROP", "CREATE", "ADD", "COPY", "MOVE"],
    );
    let is_iri = place.texts.kind(place.index) == Some(Kind::Iri);
    Some(if place.behind(1, &["GRAPH"]) && !is_iri {
        match is_whole_graph {
            true => "a graph is named by its IRI, as in GRAPH <...>",
            false => "GRAPH is followed by the IRI of a graph, or by a variable outside of data",
        }
    } else if place.behind(2, &["GRAPH"]) && place.depth > 0 {
        "what is in a graph stands in braces: GRAPH <...> { ... }"
    } else if place.wrong(&["GRAPH"]) && place.behind(3, &["GRAPH"]) && !place.has_before("WHERE") {
        "graphs stand beside each other in data and templates, not one in another"
    } else if place.is(place.first, &["CREATE"]) && place.index == place.first + 1 {
        "a graph is created by CREATE GRAPH <...>"
    } else if place.is(place.first, &["CLEAR", "DROP"]) && place.index == place.first + 1 {
        "say which: GRAPH <...>, DEFAULT, NAMED or ALL"
    } else if place.is(place.first, &["ADD", "COPY", "MOVE"])
        && place.index > place.first
        && !place.has("TO")
    {
        "graphs are named as in COPY <from> TO <to>"
    } else if place.is(place.first, &["WITH"])
        && (place.index == place.first + 2 || place.wrong(&["DATA"]))
    {
        "WITH stands before DELETE { ... } INSERT { ... } WHERE { ... }; in data, name a graph by GRAPH <...> { ... }"
    } else if place.wrong(&["USING"]) && place.has_before("WHERE") {
        "USING stands before WHERE"
    } else if place.wrong(&["INTO", "FROM"]) && place.behind(1, &["INSERT", "DELETE"]) {
        "name a graph by GRAPH <...> { ... } within the braces, or by WITH <...> before"
    } else {
        return None;
    })
}

/// Operations that are not whole, or not SPARQL's.
fn form(place: &Place<'_>) -> Option<&'static str> {
    let texts = place.texts;
    let is_end = place.index == texts.tokens.len();
    Some(if place.wrong(&["UPDATE"]) {
        "to change triples write DELETE { ... } INSERT { ... } WHERE { ... }"
    } else if texts.kind(place.index) == Some(Kind::Word)
        && place.wrong(&UPDATES)
        && place.depth == 0
        && place.index > place.first
    {
        "operations have a semicolon between them"
    } else if place.is(place.first, &["LOAD"]) && texts.kind(place.index) == Some(Kind::String) {
        "LOAD takes an IRI, as in LOAD <file:///data.ttl>"
    } else if place.behind(1, &["DATA"]) {
        "data stand in braces: INSERT DATA { ... }"
    } else if is_end
        && (place.has("INSERT") || place.has("DELETE"))
        && !place.has("DATA")
        && !place.has("WHERE")
        && place.depth == 0
    {
        "add WHERE { ... }; triples without variables can be given to INSERT DATA or DELETE DATA"
    } else {
        return None;
    })
}

/// What templates have not.
fn template(place: &Place<'_>) -> Option<&'static str> {
    const PATTERNS: [&str; 9] = [
        "FILTER", "OPTIONAL", "UNION", "MINUS", "BIND", "VALUES", "SERVICE", "LATERAL", "{",
    ];
    const PATHS: [&str; 6] = ["/", "|", "*", "+", "^", "!"];
    let changes = place.is(place.first, &["INSERT", "DELETE", "WITH"]) && place.depth > 0;
    let is_template = changes && !place.has_before("WHERE");
    let is_short = place.is(place.first, &["DELETE"]) && place.is(place.first + 1, &["WHERE"]);
    Some(if is_template && place.wrong(&PATHS) {
        "a path stands in WHERE { ... } only"
    } else if changes && is_short && (place.wrong(&PATTERNS) || place.wrong(&PATHS)) {
        "DELETE WHERE takes triples only; write DELETE { ... } WHERE { ... }"
    } else if is_template && place.wrong(&PATTERNS) {
        "data and templates are triples; what they depend on stands in WHERE { ... }"
    } else {
        return None;
    })
}
