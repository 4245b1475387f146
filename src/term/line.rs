//! A short line of ASCII on the stack, into which inline values are printed.

use std::fmt;

/// Longest lexical form of an inline value.
pub const LINE_BYTES: usize = 64;

/// At most [`LINE_BYTES`] bytes of ASCII; what does not fit is cut.
pub struct Line {
    bytes: [u8; LINE_BYTES],
    len: usize,
}

impl Line {
    pub fn new() -> Self {
        Self {
            bytes: [0; LINE_BYTES],
            len: 0,
        }
    }

    #[inline]
    pub fn push(&mut self, byte: u8) {
        debug_assert!(byte.is_ascii());
        if let Some(slot) = self.bytes.get_mut(self.len) {
            *slot = byte;
            self.len += 1;
        }
    }

    pub fn push_all(&mut self, bytes: &[u8]) {
        let free = &mut self.bytes[self.len..];
        let count = bytes.len().min(free.len());
        free[..count].copy_from_slice(&bytes[..count]);
        self.len += count;
    }

    pub fn push_zeros(&mut self, count: usize) {
        for _ in 0..count {
            self.push(b'0');
        }
    }

    /// The last two digits of `number`.
    #[inline]
    pub fn push_two(&mut self, number: u64) {
        self.push(b'0' + (number / 10 % 10) as u8);
        self.push(b'0' + (number % 10) as u8);
    }

    /// `number` in decimal, with zeros in front up to `width` digits.
    pub fn push_number(&mut self, mut number: u64, width: usize) {
        let mut digits = [b'0'; 20];
        let mut at = digits.len();
        while number > 0 {
            at -= 1;
            digits[at] = b'0' + (number % 10) as u8;
            number /= 10;
        }
        at = at.min(digits.len().saturating_sub(width));
        self.push_all(&digits[at..]);
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The text. Only ASCII is ever pushed, so the check cannot fail.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_all(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_padded_to_their_width() {
        let mut line = Line::new();
        line.push_number(7, 2);
        line.push_number(0, 1);
        line.push_number(1234, 2);
        line.push_two(105);
        line.push_number(u64::MAX, 1);
        assert_eq!(line.as_str(), "07012340518446744073709551615");
    }

    #[test]
    fn what_does_not_fit_is_cut() {
        let mut line = Line::new();
        line.push_zeros(LINE_BYTES + 1);
        assert_eq!(line.as_bytes().len(), LINE_BYTES);
    }
}
