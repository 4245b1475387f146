//! Tokens of a SPARQL text with their places, for what must be known without the parser: how deeply
//! a text nests, where a feature stands, what a syntax error may have been meant to be.

/// What a token is. Strings, IRIs and comments never open or close a bracket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A keyword, function, prefixed name, blank node label or number in one piece.
    Word,
    /// `?name` or `$name`.
    Variable,
    Iri,
    String,
    /// The quotes of a string that does not end.
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
    /// What was looked through for the colon of a name, and has none; keeps the pass one.
    plain_until: usize,
}

impl<'t> Scanner<'t> {
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            plain_until: 0,
        }
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
        let rest = &self.text.as_bytes()[start + 1..];
        let end = rest.iter().position(|&byte| ends_iri(byte))?;
        (rest[end] == b'>').then_some(start + 1 + end + 1)
    }

    /// The kind and end of a string that begins at `start`. A long string that does not end is the empty
    /// string to the parser, which reads on behind its first two quotes, and so does the scanner.
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
        (
            Kind::Unterminated,
            if long { start + 2 } else { bytes.len() },
        )
    }

    /// The end of letters, digits and `_`.
    fn name_end(&self, start: usize) -> usize {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let bytes = &self.text.as_bytes()[start..];
        let plain = bytes.iter().take_while(|byte| is_plain(byte)).count();
        if bytes.get(plain).is_none_or(u8::is_ascii) {
            return start + plain;
        }
        let rest = &self.text[start + plain..];
        let is_other = |c: char| !c.is_alphanumeric() && c != '_';
        start + plain + rest.find(is_other).unwrap_or(rest.len())
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    /// The end of a word. Only names with a colon hold `-`, `.`, `%` and escaped characters: what looks like
    /// one token here must never be several to the parser, or nesting could hide in it.
    fn word_end(&mut self, start: usize) -> usize {
        if self.text.as_bytes()[start].is_ascii_digit() {
            return self.number_end(start);
        }
        if start < self.plain_until {
            return self.name_end(start);
        }
        let bytes = self.text.as_bytes();
        let mut colon = false;
        let (mut at, mut end) = (start, start);
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'\\' if colon => match self.char_at(at + 1) {
                    Some(escaped) => at += 1 + escaped.len_utf8(),
                    None => break,
                },
                // A full stop at the end is none of the name.
                b'.' => {
                    at += 1;
                    continue;
                }
                b':' | b'%' | b'-' | b'_' => {
                    colon |= byte == b':';
                    at += 1;
                }
                _ if byte.is_ascii_alphanumeric() => at += 1,
                _ => match self.char_at(at) {
                    Some(c) if c.is_alphanumeric() => at += c.len_utf8(),
                    _ => break,
                },
            }
            end = at;
        }
        if colon {
            return end;
        }
        self.plain_until = end;
        self.name_end(start)
    }

    fn number_end(&self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let digits = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let mut end = digits(start);
        if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end + 1 + sign);
            if exponent > end + 1 + sign {
                end = exponent;
            }
        }
        end
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
                (Kind::Variable, self.name_end(start + 1))
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

/// Whether no IRI goes on over a byte.
#[inline]
pub fn ends_iri(byte: u8) -> bool {
    ENDS_IRI[usize::from(byte)]
}

const ENDS_IRI: [bool; 256] = {
    let mut ends = [false; 256];
    let mut byte = 0;
    while byte < ends.len() {
        ends[byte] = matches!(
            byte as u8,
            b'<' | b'>' | b'"' | b'{' | b'}' | b'|' | b'^' | b'`' | 0..=0x20
        );
        byte += 1;
    }
    ends
};

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
    fn a_token_never_takes_in_what_is_another_one_to_the_parser() {
        let texts = |text| -> Vec<&str> { kinds(text).into_iter().map(|(_, text)| text).collect() };
        assert_eq!(texts("?a--1"), ["?a", "-", "-", "1"]);
        assert_eq!(texts("1--1"), ["1", "-", "-", "1"]);
        assert_eq!(texts("true--1"), ["true", "-", "-", "1"]);
        assert_eq!(texts("1.5e-3-1.e2"), ["1.5e-3", "-", "1", ".", "e2"]);
        assert_eq!(texts("?s a:b.?o"), ["?s", "a:b", ".", "?o"]);
        assert_eq!(texts("a:b-c.d%20 _:x-y"), ["a:b-c.d%20", "_:x-y"]);
        assert_eq!(texts(r"a:\'(( a:b\#("), [r"a:\'", "(", "(", r"a:b\#", "("]);
        assert_eq!(texts("'''a' (("), ["''", "'a'", "(", "("]);
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
