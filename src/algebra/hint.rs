//! What a syntax error may have been meant to be. A hint is a guess for a person to read; no code
//! depends on it.

use super::scanner::{Kind, Scanner, Token, position};
use super::update_hint::update_hint;
use super::words::{FUNCTIONS, KEYWORDS, PREFIXES};

/// A hint for a syntax error at byte `at`; `prefixes` are those the text need not declare.
pub fn hint(text: &str, at: usize, prefixes: &[(String, String)]) -> Option<String> {
    let tokens: Vec<Token> = Scanner::new(text).collect();
    let texts = Texts {
        text,
        tokens: &tokens,
    };
    let index = tokens.iter().position(|token| token.end > at);
    unterminated(&texts)
        .or_else(|| bare_iri(&texts))
        .or_else(|| undeclared_prefix(text, prefixes))
        .or_else(|| index.and_then(|index| missing_sigil(&texts, index)))
        .or_else(|| index.and_then(|index| misspelt_near(&texts, index)))
        .or_else(|| update_hint(&texts, index.unwrap_or(tokens.len())))
        .or_else(|| missing_pattern(&texts))
        .or_else(|| index.and_then(|index| unfinished_triple(&texts, index)))
        .or_else(|| unbalanced(text, &tokens))
        .or_else(|| index.and_then(|index| odd_token(&texts, index)))
        .or_else(|| index.and_then(|index| iri_that_is_none(&texts, index)))
}

/// The first byte of a string or IRI that does not end.
pub fn unclosed(text: &str) -> Option<usize> {
    let tokens: Vec<Token> = Scanner::new(text).collect();
    let texts = Texts {
        text,
        tokens: &tokens,
    };
    (0..tokens.len())
        .find(|&index| {
            tokens[index].kind == Kind::Unterminated
                || texts.at(index) == "<" && texts.bare_iri(index + 1).is_some()
        })
        .map(|index| tokens[index].start)
}

/// The tokens of a text.
pub(super) struct Texts<'t> {
    text: &'t str,
    pub(super) tokens: &'t [Token],
}

impl<'t> Texts<'t> {
    /// The text of a token; empty where there is none.
    pub(super) fn at(&self, index: usize) -> &'t str {
        self.tokens
            .get(index)
            .map_or("", |token| token.text(self.text))
    }

    fn before(&self, index: usize) -> &'t str {
        index.checked_sub(1).map_or("", |index| self.at(index))
    }

    pub(super) fn kind(&self, index: usize) -> Option<Kind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    fn place(&self, index: usize) -> crate::error::Position {
        let start = self
            .tokens
            .get(index)
            .map_or(self.text.len(), |token| token.start);
        position(self.text, start)
    }

    /// The IRI of the web that begins with this token, which is outside brackets.
    fn bare_iri(&self, index: usize) -> Option<&'t str> {
        const SCHEMES: [&str; 4] = ["http:", "https:", "ftp:", "file:"];
        let token = self.tokens.get(index)?;
        let is_scheme = SCHEMES
            .iter()
            .any(|scheme| self.at(index).eq_ignore_ascii_case(scheme));
        if !is_scheme || !self.text[token.end..].starts_with("//") {
            return None;
        }
        let rest = &self.text[token.start..];
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '>' | '<' | '"' | '{' | '}' | ')'))
            .unwrap_or(rest.len());
        Some(&rest[..end])
    }

    /// A word that is no keyword, name, number or call.
    fn plain_word(&self, index: usize) -> Option<&'t str> {
        let word = self.at(index);
        (self.kind(index) == Some(Kind::Word)
            && !word.contains(':')
            && word.starts_with(|c: char| c.is_alphabetic())
            && word != "a"
            && self.at(index + 1) != "("
            && !KEYWORDS
                .iter()
                .any(|keyword| word.eq_ignore_ascii_case(keyword)))
        .then_some(word)
    }
}

fn unterminated(texts: &Texts<'_>) -> Option<String> {
    let open = texts
        .tokens
        .iter()
        .position(|token| token.kind == Kind::Unterminated)?;
    Some(format!(
        "the string that begins at {} does not end",
        texts.place(open)
    ))
}

/// An IRI without its brackets, or with one of them only.
fn bare_iri(texts: &Texts<'_>) -> Option<String> {
    let (index, iri) =
        (0..texts.tokens.len()).find_map(|index| texts.bare_iri(index).map(|iri| (index, iri)))?;
    if texts.before(index) != "<" {
        return Some(format!(
            "an IRI stands in angle brackets: <{iri}> at {}",
            texts.place(index)
        ));
    }
    let begins = texts.place(index - 1);
    let rest = &texts.text[texts.tokens[index].start..];
    Some(
        match rest.lines().next().is_some_and(|line| line.contains('>')) {
            true => format!(
                "the IRI that begins at {begins} holds a character that no IRI has, after {iri}"
            ),
            false => format!("the IRI that begins at {begins} does not end: <{iri}>"),
        },
    )
}

/// The first prefixed name whose prefix nothing declares.
fn undeclared_prefix(text: &str, prefixes: &[(String, String)]) -> Option<String> {
    let mut declared: Vec<&str> = prefixes.iter().map(|(prefix, _)| &prefix[..]).collect();
    let mut after_prefix = false;
    for token in Scanner::new(text) {
        let word = token.text(text);
        if token.kind != Kind::Word {
            after_prefix = false;
            continue;
        }
        if word.eq_ignore_ascii_case("PREFIX") {
            after_prefix = true;
            continue;
        }
        if let Some((prefix, _)) = word.split_once(':') {
            if after_prefix {
                declared.push(prefix);
            } else if prefix != "_" && !declared.contains(&prefix) {
                return Some(format!(
                    "the prefix {prefix}: at {} is not declared; {}",
                    position(text, token.start),
                    declaration(prefix, &declared)
                ));
            }
        }
        after_prefix = false;
    }
    None
}

/// What to do about a prefix that is not declared.
fn declaration(prefix: &str, declared: &[&str]) -> String {
    let known = PREFIXES
        .iter()
        .find(|(known, _)| prefix.eq_ignore_ascii_case(known));
    if let Some((_, iri)) = known {
        return format!("add PREFIX {prefix}: <{iri}> before the query");
    }
    let nearest = declared
        .iter()
        .find(|other| distance(prefix, other) == 1 && !other.is_empty());
    match nearest {
        Some(other) => format!("did you mean {other}: instead?"),
        None => format!("add PREFIX {prefix}: <...> before the query"),
    }
}

/// A word where a variable or a name should stand.
fn missing_sigil(texts: &Texts<'_>, index: usize) -> Option<String> {
    let word = texts.plain_word(index)?;
    let is_variable_elsewhere = texts
        .tokens
        .iter()
        .any(|token| token.kind == Kind::Variable && &token.text(texts.text)[1..] == word);
    let in_list = texts.before(index).eq_ignore_ascii_case("SELECT")
        || texts.kind(index.checked_sub(1)?) == Some(Kind::Variable);
    let may_be_keyword = word.len() > 4 || matches!(texts.at(index + 1), "{" | "");
    let nearest = nearest(word, &KEYWORDS);
    if !is_variable_elsewhere && (!in_list || may_be_keyword && nearest.is_some()) {
        return None;
    }
    Some(format!(
        "a variable begins with a question mark: did you mean ?{word}?"
    ))
}

/// A pattern without its first brace, or none at all.
fn missing_pattern(texts: &Texts<'_>) -> Option<String> {
    let has = |wanted: &str| (0..texts.tokens.len()).any(|index| texts.at(index) == wanted);
    let is_query = ["SELECT", "ASK", "CONSTRUCT"].iter().any(|form| {
        (0..texts.tokens.len()).any(|index| texts.at(index).eq_ignore_ascii_case(form))
    });
    (is_query && !has("{")).then(|| "the pattern is missing: WHERE { ... }".to_owned())
}

/// A triple with too few terms before the token at `index`, or with one too many there.
fn unfinished_triple(texts: &Texts<'_>, index: usize) -> Option<String> {
    let mut at = index;
    let mut terms = 0;
    let needed = loop {
        at = at.checked_sub(1)?;
        match (texts.kind(at)?, texts.at(at)) {
            (_, "{" | "." | "}") => break 3,
            (_, ";") => break 2,
            (_, ",") => break 1,
            (Kind::Word | Kind::Iri, word) => {
                let value = ["true", "false"].contains(&word);
                let keyword = KEYWORDS
                    .iter()
                    .any(|keyword| word.eq_ignore_ascii_case(keyword));
                if keyword && !value {
                    return None;
                }
                // Language or datatype of a string, sign of a number.
                match texts.before(at) {
                    "@" | "^^" => at = at.checked_sub(2)?,
                    "-" | "+" => at = at.checked_sub(1)?,
                    _ => {}
                }
                terms += 1;
            }
            (Kind::Variable | Kind::String, _) => terms += 1,
            _ => return None,
        }
    };
    let begins = texts.place(at + 1);
    let is_term = matches!(
        texts.kind(index)?,
        Kind::Variable | Kind::Iri | Kind::String
    ) || texts.kind(index) == Some(Kind::Word) && texts.plain_word(index).is_none();
    let ends = matches!(texts.at(index), "}" | "." | ";" | ",");
    if is_term && terms >= needed {
        return Some(format!(
            "a full stop is missing after the triple that begins at {begins}"
        ));
    }
    if !ends || terms == 0 || terms >= needed {
        return None;
    }
    Some(match needed {
        3 => format!(
            "a triple has a subject, a predicate and an object; the one that begins at {begins} has {terms} of them"
        ),
        _ => {
            format!("a predicate and an object stand after a semicolon; at {begins} one is missing")
        }
    })
}

/// Tokens of other languages.
fn odd_token(texts: &Texts<'_>, index: usize) -> Option<String> {
    let doubled = texts.at(index + 1) == "=" || texts.before(index) == "=";
    match texts.at(index) {
        "=" if doubled => Some("SPARQL compares with = alone".into()),
        "," => Some("variables of SELECT stand without commas".into()),
        ";" => Some(
            "a semicolon stands between predicates of one subject; did you mean a full stop?"
                .into(),
        ),
        _ => None,
    }
}

/// An IRI that is refused although one may stand there.
fn iri_that_is_none(texts: &Texts<'_>, index: usize) -> Option<String> {
    let iri = texts.at(index).strip_prefix('<')?.strip_suffix('>')?;
    let has_scheme = iri
        .split(['/', '?', '#'])
        .next()
        .is_some_and(|start| start.contains(':'));
    Some(match has_scheme {
        true => format!("<{iri}> is no valid IRI"),
        false => format!(
            "<{iri}> is relative: declare BASE <...> before, or run the text with a base IRI"
        ),
    })
}

/// The first bracket that is not closed, or closed by another.
fn unbalanced(text: &str, tokens: &[Token]) -> Option<String> {
    let closing = |open: &str| match open {
        "(" => ")",
        "[" => "]",
        "{" => "}",
        _ => ">>",
    };
    let mut open: Vec<Token> = Vec::new();
    for token in tokens {
        match token.kind {
            Kind::Open => open.push(*token),
            Kind::Close => match open.pop() {
                Some(opened) if closing(opened.text(text)) == token.text(text) => {}
                Some(opened) => {
                    return Some(format!(
                        "the {} at {} is closed by {} at {}",
                        opened.text(text),
                        position(text, opened.start),
                        token.text(text),
                        position(text, token.start)
                    ));
                }
                None => {
                    return Some(format!(
                        "the {} at {} closes nothing",
                        token.text(text),
                        position(text, token.start)
                    ));
                }
            },
            _ => {}
        }
    }
    open.last().map(|opened| {
        format!(
            "missing {} for the {} at {}",
            closing(opened.text(text)),
            opened.text(text),
            position(text, opened.start)
        )
    })
}

/// The first misspelt word of a few before and at `index`.
fn misspelt_near(texts: &Texts<'_>, index: usize) -> Option<String> {
    (index.saturating_sub(2)..=index)
        .rev()
        .find_map(|index| misspelt(texts, index))
}

/// A word that is nearly a keyword, or a call of a function that does not exist.
fn misspelt(texts: &Texts<'_>, index: usize) -> Option<String> {
    let word = texts.at(index);
    if texts.kind(index) != Some(Kind::Word)
        || word.contains(':')
        || !word.starts_with(|c: char| c.is_ascii_alphabetic())
        || texts.before(index) == "@"
    {
        return None;
    }
    let upper = word.to_ascii_uppercase();
    let called = texts.at(index + 1) == "(";
    let names: &[&str] = if called { &FUNCTIONS } else { &KEYWORDS };
    if names.contains(&upper.as_str()) || KEYWORDS.contains(&upper.as_str()) || upper == "A" {
        return None;
    }
    match (nearest(word, names), called) {
        (Some(name), _) => Some(format!("did you mean {name} instead of {word}?")),
        (None, true) => Some(format!(
            "there is no function {word}; functions of your own are called by IRI"
        )),
        (None, false) => None,
    }
}

/// The name that a word is nearly; short words are like too many others.
fn nearest<'n>(word: &str, names: &[&'n str]) -> Option<&'n str> {
    let upper = word.to_ascii_uppercase();
    names
        .iter()
        .filter(|name| upper.len() > 2 && name.len() > 2)
        .map(|name| (distance(&upper, name), *name))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, name)| *distance <= 1 + name.len() / 5)
        .map(|(_, name)| name)
}

/// Edit distance with transpositions of neighbours, of short ASCII words.
fn distance(left: &str, right: &str) -> usize {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len().abs_diff(right.len()) > 3 {
        return usize::MAX;
    }
    let mut before = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for i in 1..=left.len() {
        let mut row = vec![i; right.len() + 1];
        for j in 1..=right.len() {
            let substituted = last[j - 1] + usize::from(left[i - 1] != right[j - 1]);
            row[j] = substituted.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distance_counts_a_swap_as_one() {
        assert_eq!(distance("SELCET", "SELECT"), 1);
        assert_eq!(distance("WHERE", "WHERE"), 0);
        assert_eq!(distance("FITLER", "FILTER"), 1);
        assert_eq!(distance("", "IN"), 2);
    }

    #[test]
    fn an_undeclared_prefix_is_named_and_blank_nodes_are_none() {
        let found = undeclared_prefix("PREFIX a: <x> SELECT * { _:b a:c b:d }", &[]).unwrap();
        assert!(found.contains("b:") && found.contains("1:34"), "{found}");
    }
}
