//! Tokens of a SPARQL text with their places, for what must be known without the parser: how deeply
//! a text nests, where a feature stands, what a syntax error may have been meant to be.

/// What a token is. Strings, IRIs and comments never open or close a bracket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Letters, digits, `_`, `-`, `.` and `:` in one piece: keywords, functions, prefixed names, numbers.
    Word,
    /// `?name` or `$name`.
    Variable,
    Iri,
    String,
    /// A string or IRI that does not end.
    Unterminated,
    /// `(`, `[`, `{`, `<<`.
    Open,
    /// `)`, `]`, `}`, `>>`.
    Close,
    /// Any other character, or `||`, `&&`, `!=`, `<=`, `>=`, `^^`.
    Operator,
}

/// A token: what it is and the bytes it takes.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

impl Token {
    pub fn text(self, source: &str) -> &str {
        &source[self.start..self.end]
    }
}

/// The tokens of a text. Cost: one pass.
pub struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    fn skip_space(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                b'#' => {
                    let rest = &bytes[self.at..];
                    self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                }
                _ => return,
            }
        }
    }

    /// The end of an IRI that begins at `start`, if one does.
    fn iri_end(&self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        loop {
            match bytes.get(at)? {
                b'>' => return Some(at + 1),
                b'<' | b'"' | b'{' | b'}' | b'|' | b'^' | b'`' | 0..=0x20 => return None,
                _ => at += 1,
            }
        }
    }

    /// The kind and end of a string that begins at `start`.
    fn string_end(&self, start: usize) -> (Kind, usize) {
        let bytes = self.text.as_bytes();
        let quote = bytes[start];
        let long = bytes[start..].starts_with(&[quote; 3]);
        let mut at = start + if long { 3 } else { 1 };
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 2,
                b'\n' | b'\r' if !long => return (Kind::Unterminated, at),
                _ if byte != quote => at += 1,
                _ if !long => return (Kind::String, at + 1),
                _ if bytes[at..].starts_with(&[quote; 3]) => return (Kind::String, at + 3),
                _ => at += 1,
            }
        }
        (Kind::Unterminated, bytes.len())
    }

    fn word_end(&self, start: usize) -> usize {
        let rest = &self.text[start..];
        start
            + rest
                .find(|c: char| {
                    !(c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | '%' | '\\'))
                })
                .unwrap_or(rest.len())
    }
}

impl Iterator for Scanner<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_space();
        let start = self.at;
        let rest = &self.text.as_bytes()[start.min(self.text.len())..];
        let first = self.text[start.min(self.text.len())..].chars().next()?;
        let (kind, end) = match rest {
            [b'<', b'<', ..] => (Kind::Open, start + 2),
            [b'>', b'>', ..] => (Kind::Close, start + 2),
            [b'<', ..] => match self.iri_end(start) {
                Some(end) => (Kind::Iri, end),
                None if rest.get(1) == Some(&b'=') => (Kind::Operator, start + 2),
                None => (Kind::Operator, start + 1),
            },
            [b'"' | b'\'', ..] => self.string_end(start),
            [b'(' | b'[' | b'{', ..] => (Kind::Open, start + 1),
            [b')' | b']' | b'}', ..] => (Kind::Close, start + 1),
            [b'?' | b'$', next, ..]
                if next.is_ascii_alphanumeric() || *next == b'_' || *next >= 0x80 =>
            {
                (Kind::Variable, self.word_end(start + 1))
            }
            [b'|', b'|', ..] | [b'&', b'&', ..] | [b'^', b'^', ..] => (Kind::Operator, start + 2),
            [b'!' | b'>', b'=', ..] => (Kind::Operator, start + 2),
            _ if first.is_alphanumeric() || matches!(first, '_' | ':') => {
                (Kind::Word, self.word_end(start))
            }
            _ => (Kind::Operator, start + first.len_utf8()),
        };
        self.at = end.min(self.text.len());
        Some(Token {
            kind,
            start,
            end: self.at,
        })
    }
}

/// The position of a byte of a text, as errors give it.
pub fn position(text: &str, offset: usize) -> crate::error::Position {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    // A code point is counted by its first byte.
    let column = before[line_start..]
        .iter()
        .filter(|&&byte| byte & 0xC0 != 0x80)
        .count();
    crate::error::Position {
        offset: before.len() as u64,
        line: memchr::memchr_iter(b'\n', before).count() as u64 + 1,
        column: column as u64 + 1,
        file: None,
    }
}

/// The byte of a line and column, both counted from 1, the column in code points.
pub fn offset(text: &str, line: usize, column: usize) -> usize {
    let mut start = 0;
    for _ in 1..line {
        match memchr::memchr(b'\n', &text.as_bytes()[start..]) {
            Some(newline) => start += newline + 1,
            None => return text.len(),
        }
    }
    text[start..]
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(text.len(), |(at, _)| start + at)
}

/// The first place where one of `words` stands as a keyword, in any case.
pub fn find_word(text: &str, words: &[&str]) -> Option<usize> {
    Scanner::new(text)
        .find(|token| {
            token.kind == Kind::Word
                && words
                    .iter()
                    .any(|word| token.text(text).eq_ignore_ascii_case(word))
        })
        .map(|token| token.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        Scanner::new(text)
            .map(|token| (token.kind, token.text(text)))
            .collect()
    }

    #[test]
    fn brackets_in_strings_iris_and_comments_are_no_brackets() {
        let text = "\"{\" '''(''' <http://x/(> # {\n }";
        let open = Scanner::new(text)
            .filter(|token| token.kind == Kind::Open)
            .count();
        assert_eq!(open, 0);
        assert_eq!(kinds("?a < ?b")[1], (Kind::Operator, "<"));
        assert_eq!(kinds("?a<=1")[1], (Kind::Operator, "<="));
        assert_eq!(kinds("\"a\\\"{\" x")[1], (Kind::Word, "x"));
        assert_eq!(kinds("'open")[0].0, Kind::Unterminated);
        assert_eq!(kinds("'open\\")[0].0, Kind::Unterminated);
    }

    #[test]
    fn position_and_offset_are_inverse() {
        let text = "a\nbé c\n\nx";
        for (at, _) in text.char_indices() {
            let place = position(text, at);
            assert_eq!(offset(text, place.line as usize, place.column as usize), at);
        }
        assert_eq!(position(text, 5).column, 3);
    }
}
