//! Where a feature stands in a text. The parser's tree has no places, so they are found among the tokens: the first that
//! can only be the feature.

use super::scanner::{Kind, Scanner, Token};

/// The first place where one of `words` stands as a keyword, in any case.
pub fn word(text: &str, words: &[&str]) -> Option<usize> {
    Scanner::new(text)
        .find(|token| {
            token.kind == Kind::Word
                && words
                    .iter()
                    .any(|word| token.text(text).eq_ignore_ascii_case(word))
        })
        .map(|token| token.start)
}

/// Whether `word` stands somewhere as a keyword, in any case.
pub fn has_word(text: &str, word: &str) -> bool {
    self::word(text, &[word]).is_some()
}

/// The first call of the function with this IRI, written out or with a prefix.
pub fn call(text: &str, iri: &str) -> Option<usize> {
    find(text, |_, token, next| {
        let is_called = next.is_some_and(|next| next.text(text) == "(");
        let name = token.text(text);
        is_called
            && match token.kind {
                Kind::Iri => &name[1..name.len() - 1] == iri,
                Kind::Word => name
                    .split_once(':')
                    .is_some_and(|(_, local)| iri.ends_with(local)),
                _ => false,
            }
    })
}

/// The first token for which `is_it` is true of the one before, itself, and the one after.
fn find(text: &str, is_it: impl Fn(Option<Token>, Token, Option<Token>) -> bool) -> Option<usize> {
    let tokens: Vec<Token> = Scanner::new(text).collect();
    (0..tokens.len())
        .find(|&index| {
            let previous = index.checked_sub(1).map(|index| tokens[index]);
            is_it(previous, tokens[index], tokens.get(index + 1).copied())
        })
        .map(|index| tokens[index].start)
}
