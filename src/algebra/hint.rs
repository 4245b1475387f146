//! What a syntax error may have been meant to be. A hint is a guess for a person to read; no code
//! depends on it.

use super::scanner::{Kind, Scanner, Token, position};

const KEYWORDS: [&str; 52] = [
    "SELECT",
    "ASK",
    "CONSTRUCT",
    "DESCRIBE",
    "WHERE",
    "FROM",
    "NAMED",
    "PREFIX",
    "BASE",
    "VERSION",
    "DISTINCT",
    "REDUCED",
    "ORDER",
    "GROUP",
    "BY",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "ASC",
    "DESC",
    "FILTER",
    "OPTIONAL",
    "UNION",
    "MINUS",
    "GRAPH",
    "SERVICE",
    "SILENT",
    "BIND",
    "AS",
    "VALUES",
    "UNDEF",
    "EXISTS",
    "NOT",
    "IN",
    "TRUE",
    "FALSE",
    "INSERT",
    "DELETE",
    "DATA",
    "WITH",
    "USING",
    "LOAD",
    "CLEAR",
    "DROP",
    "CREATE",
    "ADD",
    "MOVE",
    "COPY",
    "DEFAULT",
    "ALL",
    "INTO",
    "SEPARATOR",
];

const FUNCTIONS: [&str; 75] = [
    "STR",
    "LANG",
    "LANGMATCHES",
    "LANGDIR",
    "DATATYPE",
    "BOUND",
    "IRI",
    "URI",
    "BNODE",
    "RAND",
    "ABS",
    "CEIL",
    "FLOOR",
    "ROUND",
    "CONCAT",
    "STRLEN",
    "UCASE",
    "LCASE",
    "ENCODE_FOR_URI",
    "CONTAINS",
    "STRSTARTS",
    "STRENDS",
    "STRBEFORE",
    "STRAFTER",
    "YEAR",
    "MONTH",
    "DAY",
    "HOURS",
    "MINUTES",
    "SECONDS",
    "TIMEZONE",
    "TZ",
    "NOW",
    "UUID",
    "STRUUID",
    "MD5",
    "SHA1",
    "SHA256",
    "SHA384",
    "SHA512",
    "COALESCE",
    "IF",
    "STRLANG",
    "STRLANGDIR",
    "STRDT",
    "SAMETERM",
    "ISIRI",
    "ISURI",
    "ISBLANK",
    "ISLITERAL",
    "ISNUMERIC",
    "REGEX",
    "SUBSTR",
    "REPLACE",
    "EXISTS",
    "COUNT",
    "SUM",
    "MIN",
    "MAX",
    "AVG",
    "SAMPLE",
    "GROUP_CONCAT",
    "TRIPLE",
    "SUBJECT",
    "PREDICATE",
    "OBJECT",
    "ISTRIPLE",
    "HASLANG",
    "HASLANGDIR",
    "FILTER",
    "BIND",
    "VALUES",
    "IN",
    "NOT",
    "AS",
];

/// A hint for a syntax error at byte `at`.
pub fn hint(text: &str, at: usize) -> Option<String> {
    if let Some(open) = unterminated(text) {
        let place = position(text, open.start);
        return Some(format!("the string that begins at {place} does not end"));
    }
    if let Some(found) = undeclared_prefix(text) {
        return Some(found);
    }
    let tokens: Vec<Token> = Scanner::new(text).collect();
    let next = tokens.iter().position(|token| token.end > at);
    if let Some(index) = next {
        let window = index.saturating_sub(2)..(index + 1).min(tokens.len());
        for index in window.rev() {
            if let Some(found) = misspelt(text, &tokens, index) {
                return Some(found);
            }
        }
    }
    unbalanced(text, &tokens).or_else(|| {
        let token = next.map(|index| tokens[index])?;
        match token.text(text) {
            "=" if text[token.end..].starts_with('=') => {
                Some("SPARQL compares with = alone".into())
            }
            "," => Some("variables of SELECT stand without commas".into()),
            ";" => Some(
                "a semicolon stands between predicates of one subject; did you mean a full stop?"
                    .into(),
            ),
            _ => None,
        }
    })
}

fn unterminated(text: &str) -> Option<Token> {
    Scanner::new(text).find(|token| token.kind == Kind::Unterminated)
}

/// The first prefixed name whose prefix no PREFIX declares.
fn undeclared_prefix(text: &str) -> Option<String> {
    let mut declared: Vec<&str> = Vec::new();
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
                    "the prefix {prefix}: at {} is not declared; add PREFIX {prefix}: <...> before the query",
                    position(text, token.start)
                ));
            }
        }
        after_prefix = false;
    }
    None
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

/// A word that is nearly a keyword, or a call of a function that does not exist.
fn misspelt(text: &str, tokens: &[Token], index: usize) -> Option<String> {
    let token = *tokens.get(index)?;
    let word = token.text(text);
    if token.kind != Kind::Word
        || word.contains(':')
        || !word.starts_with(|c: char| c.is_ascii_alphabetic())
    {
        return None;
    }
    let upper = word.to_ascii_uppercase();
    let called = tokens
        .get(index + 1)
        .is_some_and(|next| next.text(text) == "(");
    let names: &[&str] = if called { &FUNCTIONS } else { &KEYWORDS };
    if names.contains(&upper.as_str()) || KEYWORDS.contains(&upper.as_str()) || upper == "A" {
        return None;
    }
    let nearest = names
        .iter()
        .map(|name| (distance(&upper, name), *name))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, name)| *distance <= 1 + name.len() / 5);
    match (nearest, called) {
        (Some((_, name)), _) => Some(format!("did you mean {name} instead of {word}?")),
        (None, true) => Some(format!(
            "there is no function {word}; functions of your own are called by IRI"
        )),
        (None, false) => None,
    }
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
        let found = undeclared_prefix("PREFIX a: <x> SELECT * { _:b a:c b:d }").unwrap();
        assert!(found.contains("b:") && found.contains("1:34"), "{found}");
    }
}
