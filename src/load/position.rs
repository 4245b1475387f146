//! Lines and columns of a text that passes by in pieces.
//!
//! A line ends at `\n`, `\r\n` or a lone `\r`, as the parsers count. Lines and columns count
//! from 1, columns in code points.

use crate::error::Position;
use memchr::{memchr, memchr_iter, memrchr2};

/// Bytes of text that stay at hand behind the newest piece, so that an error which a parser
/// reports late can still be placed and quoted.
const WINDOW_BYTES: usize = 64 << 10;

/// A place in a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place {
    pub offset: u64,
    pub line: u64,
    pub column: u64,
    /// The byte before was `\r`: a `\n` here belongs to it.
    after_cr: bool,
}

impl Place {
    pub(super) fn start() -> Self {
        Self::line_start(0, 1)
    }

    pub(super) fn line_start(offset: u64, line: u64) -> Self {
        Self {
            offset,
            line,
            column: 1,
            after_cr: false,
        }
    }

    /// The place after `bytes`.
    pub(super) fn advance(&mut self, bytes: &[u8]) {
        let Some(&last) = bytes.last() else { return };
        self.offset += bytes.len() as u64;
        let skip = usize::from(self.after_cr && bytes[0] == b'\n');
        self.line += count_lines(&bytes[skip..]);
        match memrchr2(b'\n', b'\r', &bytes[skip..]) {
            Some(end) => self.column = 1 + code_points(&bytes[skip + end + 1..]),
            None => self.column += code_points(&bytes[skip..]),
        }
        self.after_cr = last == b'\r';
    }

    pub(super) fn position(&self) -> Position {
        Position {
            offset: self.offset,
            line: self.line,
            column: self.column,
            file: None,
        }
    }
}

/// Line ends in `bytes`. A `\r` at the very end counts, whatever follows it.
pub(super) fn count_lines(bytes: &[u8]) -> u64 {
    let mut lines = memchr_iter(b'\n', bytes).count();
    if memchr(b'\r', bytes).is_some() {
        lines += memchr_iter(b'\r', bytes)
            .filter(|&at| bytes.get(at + 1) != Some(&b'\n'))
            .count();
    }
    lines as u64
}

/// Code points in `bytes`; of invalid UTF-8, an approximation.
fn code_points(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as u64
}

/// The newest part of a text, with the place where it begins.
pub(super) struct RecentText {
    start: Place,
    bytes: Vec<u8>,
}

impl RecentText {
    pub(super) fn new() -> Self {
        Self {
            start: Place::start(),
            bytes: Vec::new(),
        }
    }

    /// Appends the next piece. Cost: each byte of the text is copied and scanned once.
    pub(super) fn push(&mut self, piece: &[u8]) {
        if self.bytes.len() > WINDOW_BYTES {
            let gone = self.bytes.len() - WINDOW_BYTES;
            self.start.advance(&self.bytes[..gone]);
            self.bytes.drain(..gone);
        }
        self.bytes.extend_from_slice(piece);
    }

    /// The offset after the newest piece.
    pub(super) fn end(&self) -> u64 {
        self.start.offset + self.bytes.len() as u64
    }

    /// Where `offset` is; the nearest known place if it has left the window.
    pub(super) fn position(&self, offset: u64) -> Position {
        let within =
            usize::try_from(offset.saturating_sub(self.start.offset)).unwrap_or(usize::MAX);
        let mut place = self.start;
        place.advance(&self.bytes[..within.min(self.bytes.len())]);
        place.position()
    }

    /// The text between two offsets, if all of it is in the window.
    pub(super) fn slice(&self, from: u64, to: u64) -> Option<&[u8]> {
        let from = usize::try_from(from.checked_sub(self.start.offset)?).ok()?;
        let to = usize::try_from(to.checked_sub(self.start.offset)?).ok()?;
        self.bytes.get(from..to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The slow reference: one character at a time.
    fn slow(text: &str, offset: usize) -> (u64, u64) {
        let (mut line, mut column) = (1, 1);
        let mut previous = ' ';
        for c in text[..offset].chars() {
            match c {
                '\n' if previous == '\r' => {}
                '\n' | '\r' => (line, column) = (line + 1, 1),
                _ => column += 1,
            }
            previous = c;
        }
        (line, column)
    }

    proptest! {
        #[test]
        fn a_place_does_not_depend_on_how_the_text_is_cut(
            pieces in prop::collection::vec("[aé€\r\n]{0,6}", 0..12)
        ) {
            let text: String = pieces.concat();
            let mut recent = RecentText::new();
            let mut place = Place::start();
            let mut offset = 0;
            for piece in &pieces {
                recent.push(piece.as_bytes());
                place.advance(piece.as_bytes());
                offset += piece.len();
                let position = recent.position(offset as u64);
                prop_assert_eq!((place.line, place.column), slow(&text, offset));
                prop_assert_eq!((position.line, position.column), slow(&text, offset));
            }
            prop_assert_eq!(recent.end(), text.len() as u64);
            prop_assert_eq!(recent.slice(0, text.len() as u64), Some(text.as_bytes()));
        }
    }

    #[test]
    fn a_place_that_left_the_window_is_the_start_of_the_window() {
        let mut recent = RecentText::new();
        for _ in 0..40 {
            recent.push("0123456\n".repeat(1000).as_bytes());
        }
        assert_eq!(recent.end(), 320_000);
        assert!(recent.position(0).line > 1);
        assert_eq!(recent.position(319_999).column, 8);
        assert!(recent.slice(0, 10).is_none());
    }
}
