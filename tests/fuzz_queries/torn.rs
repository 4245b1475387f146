//! Texts of the corpus torn up and put together again token by token: most are refused by the parser, each in another way.

use crate::Numbers;

/// Words that stand for what seeds may lack.
const WORDS: [&str; 60] = [
    "SELECT",
    "ASK",
    "CONSTRUCT",
    "DESCRIBE",
    "WHERE",
    "OPTIONAL",
    "UNION",
    "MINUS",
    "GRAPH",
    "FILTER",
    "EXISTS",
    "NOT",
    "LATERAL",
    "VALUES",
    "UNDEF",
    "BIND",
    "AS",
    "SERVICE",
    "SILENT",
    "DISTINCT",
    "REDUCED",
    "GROUP",
    "BY",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FROM",
    "NAMED",
    "INSERT",
    "DELETE",
    "DATA",
    "WITH",
    "USING",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "<<(",
    ")>>",
    ".",
    ";",
    ",",
    "*",
    "+",
    "?",
    "^",
    "|",
    "/",
    "!",
    "a",
    "?s",
    "?o",
    "_:b",
    "-1",
    "1e400",
    "''",
    "999999999999999999999999",
];

/// A text as tokens, with the spaces before each.
pub fn tokens(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let mut at = start;
        while at < bytes.len() && bytes[at].is_ascii_whitespace() {
            at += 1;
        }
        let is_word =
            |byte: u8| byte.is_ascii_alphanumeric() || b"_:-?$@".contains(&byte) || byte >= 128;
        match bytes.get(at) {
            Some(&quote @ (b'"' | b'\'')) => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += 1;
                }
                at += 1;
            }
            Some(b'<') => {
                let end = bytes[at..].iter().position(|byte| b"> \n".contains(byte));
                at += end.map_or(1, |end| end + 1);
            }
            Some(&byte) if is_word(byte) => {
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
            }
            _ => at += 1,
        }
        at = at.min(bytes.len());
        while !text.is_char_boundary(at) {
            at += 1;
        }
        tokens.push(&text[start..at]);
        start = at;
    }
    tokens
}

/// A text of the corpus with some of its tokens changed.
pub fn torn(corpus: &[Vec<&str>], numbers: &mut Numbers) -> String {
    let mut made: Vec<&str> = corpus[numbers.below(corpus.len())].clone();
    for _ in 0..1 + numbers.below(3) {
        let other = &corpus[numbers.below(corpus.len())];
        let at = numbers.below(made.len());
        match numbers.below(9) {
            0 if !made.is_empty() => {
                made.remove(at);
            }
            1 => made.insert(at, WORDS[numbers.below(WORDS.len())]),
            2 if !made.is_empty() => made[at] = WORDS[numbers.below(WORDS.len())],
            // Another of its kind, as its first character says: the text may still be well-formed.
            3 if !made.is_empty() && !other.is_empty() => {
                let start = numbers.below(other.len());
                let first = |token: &str| token.trim_start().chars().next();
                let alike = (other[start..].iter()).find(|token| first(token) == first(made[at]));
                made[at] = alike.unwrap_or(&other[start]);
            }
            4 if !made.is_empty() => {
                let with = numbers.below(made.len());
                made.swap(at, with);
            }
            // A piece of another text, or of this one again.
            5 | 6 if !other.is_empty() => {
                let from = numbers.below(other.len());
                let end = (from + 1 + numbers.below(12)).min(other.len());
                made.splice(at..at, other[from..end].iter().copied());
            }
            7 if !made.is_empty() => {
                let end = (at + 1 + numbers.below(8)).min(made.len());
                let piece = made[at..end].to_vec();
                made.splice(at..at, piece);
            }
            _ if !made.is_empty() => {
                let end = (at + 1 + numbers.below(8)).min(made.len());
                made.drain(at..end);
            }
            _ => {}
        }
    }
    // Words are kept apart, and signs together: `&&` is two tokens here.
    let mut text = String::new();
    let is_sign = |c: char| c.is_ascii_punctuation() && !"_:?$".contains(c);
    for token in made {
        let meet = !text.ends_with(is_sign) && !token.starts_with(is_sign);
        if meet && !text.is_empty() && !token.starts_with(char::is_whitespace) {
            text.push(' ');
        }
        text.push_str(token);
    }
    // Now and then a character that is none of a token.
    if numbers.below(10) == 0 {
        let mut at = numbers.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let odd = ['\0', '\u{FFFF}', '\\', '%', '\u{1F600}', '"', '\u{202E}'];
        text.insert(at, odd[numbers.below(odd.len())]);
    }
    text
}
