//! Cuts line-based documents into chunks at newlines.
//!
//! A statement of N-Triples or N-Quads never spans a newline, so chunks can be parsed in
//! parallel. Cost: one copy and one newline count per byte.

use super::input::Input;
use super::position::count_lines;
use super::statement::ChunkEnd;
use crate::control::{Charge, Control};
use crate::error::{Code, Error, Position, Result};
use memchr::{memchr, memrchr};

/// Text bytes in a chunk, unless one line is longer.
pub const CHUNK_BYTES: usize = 1 << 20;

/// Room for the syntax around the terms in the limit of a line.
const LINE_OVERHEAD_BYTES: usize = 64 << 10;

/// Whole lines of a document. The last line of a document may lack its newline.
#[derive(Default)]
pub struct Chunk {
    pub bytes: Vec<u8>,
    /// Number of the chunk in the document, from 0.
    pub sequence: u64,
    /// Where it begins in the decompressed document.
    pub offset: u64,
    /// The number of its first line, from 1.
    pub line: u64,
    /// Lines that end in this chunk.
    pub lines: u64,
    /// Bytes of an over-long line that stood here and was left out: then `bytes` is empty.
    pub overlong_bytes: u64,
    /// Holds the buffer in the account of the load.
    charge: Option<Charge>,
}

impl Chunk {
    /// The text bytes of the document this chunk stands for.
    pub fn document_bytes(&self) -> u64 {
        self.bytes.len() as u64 + self.overlong_bytes
    }

    /// The error for the line that was left out, if there is one.
    pub fn overlong_error(&self, max_term_bytes: usize) -> Option<Error> {
        (self.overlong_bytes > 0).then(|| {
            Error::new(
                Code::TermTooLarge,
                format!(
                    "a line has {} bytes; with terms of at most {max_term_bytes} bytes it could not",
                    self.overlong_bytes
                ),
            )
            .with_hint("raise max_term_bytes, or look for a missing newline")
            .at(Position {
                offset: self.offset,
                line: self.line,
                column: 1,
                file: None,
            })
        })
    }
}

/// Reads chunks from an input, in order.
pub struct ChunkReader<'a> {
    input: Input<'a>,
    control: Control,
    /// Read but not handed over.
    rest: Vec<u8>,
    /// The beginning of `rest` that is known to hold no newline.
    rest_searched: usize,
    max_line_bytes: usize,
    chunk_bytes: usize,
    sequence: u64,
    offset: u64,
    line: u64,
    ended: bool,
}

impl<'a> ChunkReader<'a> {
    /// A line may hold two terms of `max_term_bytes` and their syntax; longer ones are left out.
    pub fn new(input: Input<'a>, max_term_bytes: usize, control: &Control) -> Self {
        Self::with_chunk_bytes(input, max_term_bytes, control, CHUNK_BYTES)
    }

    /// Goes on where an earlier read of the same document has got to: what stands before `end` is
    /// read (and decompressed) but not handed over.
    ///
    /// Errors: those of [`Input::read`]; `InvalidArgument` when no line begins there, so that the
    /// document cannot be the same.
    pub fn resume_at(&mut self, end: ChunkEnd) -> Result<()> {
        let mut skipped = vec![0; self.chunk_bytes];
        let mut left = end.offset;
        let mut last = b'\n';
        while left > 0 {
            self.control.poll()?;
            let wanted =
                usize::try_from(left).map_or(self.chunk_bytes, |n| n.min(self.chunk_bytes));
            let n = self.input.read(&mut skipped[..wanted])?;
            if n < wanted {
                last = 0;
                break;
            }
            last = skipped[n - 1];
            left -= n as u64;
        }
        if last != b'\n' {
            return Err(Error::new(
                Code::InvalidArgument,
                format!("no line of the document begins at byte {}", end.offset),
            )
            .with_hint("resume with the document the checkpoint was taken of, or start anew"));
        }
        (self.sequence, self.offset, self.line) = (end.sequence + 1, end.offset, end.line);
        Ok(())
    }

    fn with_chunk_bytes(
        input: Input<'a>,
        max_term_bytes: usize,
        control: &Control,
        chunk_bytes: usize,
    ) -> Self {
        Self {
            input,
            control: control.clone(),
            rest: Vec::new(),
            rest_searched: 0,
            max_line_bytes: max_term_bytes
                .saturating_mul(2)
                .saturating_add(LINE_OVERHEAD_BYTES),
            chunk_bytes,
            sequence: 0,
            offset: 0,
            line: 1,
            ended: false,
        }
    }

    /// Replaces `chunk` by the next one (its buffer is reused); false at the end.
    /// Errors: those of [`Input::read`], and `ResourceExhausted`.
    pub fn next(&mut self, chunk: &mut Chunk) -> Result<bool> {
        self.control.poll()?;
        let mut bytes = std::mem::take(&mut chunk.bytes);
        bytes.clear();
        std::mem::swap(&mut bytes, &mut self.rest);
        let mut charge = match chunk.charge.take() {
            Some(charge) => charge,
            None => self.control.charge(0)?,
        };
        let mut overlong_bytes = 0;
        let mut searched = self.rest_searched;
        let end = loop {
            if let Some(at) = memrchr(b'\n', &bytes[searched..]) {
                break searched + at + 1;
            }
            searched = bytes.len();
            if self.ended {
                break bytes.len();
            }
            if bytes.len() > self.max_line_bytes {
                overlong_bytes = bytes.len() as u64;
                bytes = Vec::new();
                overlong_bytes += self.skip_line(&mut bytes)?;
                break 0;
            }
            // A long line doubles the buffer, so that a byte is copied twice at most, up to where it is too long.
            let left = self.max_line_bytes + 1 - bytes.len();
            let more = bytes.len().min(left).max(self.chunk_bytes);
            charge.resize(bytes.capacity().max(searched + more))?;
            bytes.reserve_exact(more);
            bytes.resize(searched + more, 0);
            let n = self.input.read(&mut bytes[searched..])?;
            bytes.truncate(searched + n);
            self.ended = n < more;
        };
        self.rest.clear();
        self.rest.extend_from_slice(&bytes[end..]);
        self.rest_searched = match overlong_bytes {
            0 => self.rest.len(),
            _ => 0,
        };
        bytes.truncate(end);
        if self.sequence == 0 && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
            self.offset = BYTE_ORDER_MARK.len() as u64;
        }
        charge.resize(bytes.capacity())?;
        *chunk = Chunk {
            charge: Some(charge),
            lines: match overlong_bytes {
                0 => count_lines(&bytes),
                _ => 1,
            },
            sequence: self.sequence,
            offset: self.offset,
            line: self.line,
            overlong_bytes,
            bytes,
        };
        self.sequence += 1;
        self.offset += chunk.document_bytes();
        self.line += chunk.lines;
        Ok(chunk.document_bytes() > 0 || !self.ended)
    }

    /// Drops what follows up to the next newline, leaves what was read after it in `bytes`, and
    /// returns how much was dropped.
    fn skip_line(&mut self, bytes: &mut Vec<u8>) -> Result<u64> {
        let mut dropped = 0;
        loop {
            bytes.resize(self.chunk_bytes, 0);
            let n = self.input.read(bytes)?;
            self.ended = n < bytes.len();
            bytes.truncate(n);
            if let Some(at) = memchr(b'\n', bytes) {
                bytes.drain(..=at);
                return Ok(dropped + at as u64 + 1);
            }
            dropped += n as u64;
            if self.ended {
                bytes.clear();
                return Ok(dropped);
            }
        }
    }
}

/// The UTF-8 byte order mark: not part of any of the formats, but many editors write it.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Budget;
    use proptest::prelude::*;
    use std::io::Read;

    fn chunks(text: &[u8], max_term_bytes: usize, chunk_bytes: usize) -> Vec<Chunk> {
        let control = Control::new();
        let input = Input::memory(text, None, &control).unwrap();
        let mut reader =
            ChunkReader::with_chunk_bytes(input, max_term_bytes, &control, chunk_bytes);
        let mut all = Vec::new();
        loop {
            let mut chunk = Chunk::default();
            if !reader.next(&mut chunk).unwrap() {
                return all;
            }
            all.push(chunk);
        }
    }

    proptest! {
        #[test]
        fn chunks_are_the_document_cut_at_newlines(
            text in "([a-z]{0,9}\r?\n|[a-z]{0,30}){0,20}", chunk_bytes in 1usize..40
        ) {
            let all = chunks(text.as_bytes(), 1000, chunk_bytes);
            let mut offset = 0;
            let mut line = 1;
            for (sequence, chunk) in all.iter().enumerate() {
                prop_assert_eq!(chunk.sequence, sequence as u64);
                prop_assert_eq!(chunk.offset, offset);
                prop_assert_eq!(chunk.line, line);
                let last = sequence + 1 == all.len();
                prop_assert!(last || chunk.bytes.is_empty() || chunk.bytes.ends_with(b"\n"));
                offset += chunk.bytes.len() as u64;
                line += chunk.bytes.iter().filter(|&&b| b == b'\n').count() as u64;
            }
            let whole: Vec<u8> = all.into_iter().flat_map(|chunk| chunk.bytes).collect();
            prop_assert_eq!(whole, text.into_bytes());
        }

        #[test]
        fn an_overlong_line_is_left_out_and_nothing_else(
            before in "([a-z]{1,9}\n){0,5}", after in "([a-z]{1,9}\n){0,9}", chunk_bytes in 1usize..99,
        ) {
            let long = "x".repeat(3 * LINE_OVERHEAD_BYTES) + "\n";
            let text = format!("{before}{long}{after}");
            let all = chunks(text.as_bytes(), 0, chunk_bytes.pow(2));
            let skipped: Vec<&Chunk> = all.iter().filter(|c| c.overlong_bytes > 0).collect();
            prop_assert_eq!(skipped.len(), 1);
            prop_assert_eq!(skipped[0].overlong_bytes, long.len() as u64);
            prop_assert_eq!(skipped[0].offset, before.len() as u64);
            prop_assert_eq!(skipped[0].line, 1 + before.lines().count() as u64);
            let error = skipped[0].overlong_error(0).unwrap();
            prop_assert_eq!(error.code(), Code::TermTooLarge);
            let last = all.last().unwrap();
            prop_assert_eq!(last.offset + last.document_bytes(), text.len() as u64);
            let whole: Vec<u8> = all.into_iter().flat_map(|chunk| chunk.bytes).collect();
            prop_assert_eq!(String::from_utf8(whole).unwrap(), before + &after);
        }
    }

    #[test]
    fn a_read_resumes_behind_any_chunk() {
        let text = b"one\ntwo\r\nthree\n\nfour";
        let control = Control::new();
        let whole = chunks(text, 1000, 5);
        for done in 0..whole.len() - 1 {
            let end = ChunkEnd {
                sequence: whole[done].sequence,
                offset: whole[done].offset + whole[done].document_bytes(),
                line: whole[done].line + whole[done].lines,
            };
            let input = Input::memory(text, None, &control).unwrap();
            let mut reader = ChunkReader::with_chunk_bytes(input, 1000, &control, 5);
            reader.resume_at(end).unwrap();
            let mut chunk = Chunk::default();
            let mut rest = Vec::new();
            while reader.next(&mut chunk).unwrap() {
                if rest.is_empty() {
                    let next = &whole[done + 1];
                    assert_eq!((chunk.sequence, chunk.line), (next.sequence, next.line));
                }
                rest.extend_from_slice(&chunk.bytes);
            }
            assert_eq!(rest, &text[end.offset as usize..]);
        }
        for offset in [2, 100] {
            let end = ChunkEnd {
                offset,
                ..ChunkEnd::default()
            };
            let input = Input::memory(text, None, &control).unwrap();
            let mut reader = ChunkReader::with_chunk_bytes(input, 1000, &control, 5);
            let refused = reader.resume_at(end).unwrap_err();
            assert_eq!(refused.code(), Code::InvalidArgument);
        }
    }

    #[test]
    fn an_endless_line_takes_no_more_memory_than_one_that_is_not_too_long() {
        const TERM_BYTES: usize = 4 << 20;
        let endless = || std::io::repeat(b'x').take(100 << 20);
        let control = Control::new().with_memory(Budget::new("load", 10 << 20));
        let input = Input::reader(endless(), None, None, &control).unwrap();
        let mut reader = ChunkReader::new(input, TERM_BYTES, &control);
        let mut chunk = Chunk::default();
        assert!(reader.next(&mut chunk).unwrap());
        let error = chunk.overlong_error(TERM_BYTES).unwrap();
        assert_eq!(error.code(), Code::TermTooLarge);
        assert_eq!(chunk.overlong_bytes, 100 << 20);
    }

    #[test]
    fn a_byte_order_mark_is_left_out() {
        let all = chunks(b"\xEF\xBB\xBFa\nb\n", 10, 100);
        assert_eq!(all[0].bytes, b"a\nb\n");
        assert_eq!((all[0].offset, all[0].line), (3, 1));
    }
}
