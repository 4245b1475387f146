//! The text that the parsers of nested formats are fed with: checked pieces of an [`Input`].
//!
//! A piece is valid UTF-8, has passed the nesting check, and can be placed (line and column)
//! for as long as it is recent.

use super::chunk::BYTE_ORDER_MARK;
use super::format::Format;
use super::input::Input;
use super::nesting::NestingScan;
use super::position::RecentText;
use super::strict::UTF8_HINT;
use crate::control::Control;
use crate::error::{Code, Error, Position, Result};
use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::mpsc::Receiver;

/// Bytes in a piece. A longer token gets longer pieces, because a parser looks at an unfinished
/// token again with each piece.
pub(super) const PIECE_BYTES: usize = 128 << 10;

/// Where a feed gets its bytes.
pub(super) enum Pieces<'a> {
    /// Read here.
    Direct(Input<'a>),
    /// Read, and decompressed, by a thread that runs ahead.
    Ahead(Receiver<Result<Vec<u8>>>),
}

impl Pieces<'_> {
    /// Appends the next bytes; false at the end.
    fn append(&mut self, bytes: &mut Vec<u8>, at_least: usize) -> Result<bool> {
        match self {
            Pieces::Direct(input) => {
                let start = bytes.len();
                let wanted = at_least.max(PIECE_BYTES);
                bytes.resize(start + wanted, 0);
                let n = input.read(&mut bytes[start..])?;
                bytes.truncate(start + n);
                Ok(n > 0)
            }
            Pieces::Ahead(pieces) => {
                let before = bytes.len();
                loop {
                    match pieces.recv() {
                        Ok(piece) => bytes.extend_from_slice(&piece?),
                        // The thread has sent everything and ended.
                        Err(_) => return Ok(bytes.len() > before),
                    }
                    if bytes.len() - before >= at_least {
                        return Ok(true);
                    }
                }
            }
        }
    }
}

/// The checked text of one document.
pub(super) struct Feed<'a> {
    pieces: Pieces<'a>,
    scan: NestingScan,
    recent: RecentText,
    control: Control,
    /// The current piece, what is valid and comes next, and the beginning of a character that
    /// was cut.
    bytes: Vec<u8>,
    piece_bytes: usize,
    valid_bytes: usize,
    /// The nesting is too deep behind the current piece: unless the parser recovers from an error
    /// before, and so drops what is open, this ends the text.
    too_deep: Option<Error>,
    at_start: bool,
}

impl<'a> Feed<'a> {
    pub(super) fn new(
        pieces: Pieces<'a>,
        format: Format,
        max_term_bytes: usize,
        control: &Control,
    ) -> Self {
        Self {
            pieces,
            scan: NestingScan::new(format, max_term_bytes),
            recent: RecentText::new(),
            control: control.clone(),
            bytes: Vec::new(),
            piece_bytes: 0,
            valid_bytes: 0,
            too_deep: None,
            at_start: true,
        }
    }

    /// The next piece, `None` at the end.
    ///
    /// Errors: those of [`Input::read`]; `InvalidUtf8`, `NestingTooDeep`, `TermTooLarge`,
    /// `DataParse` with their position.
    pub(super) fn next(&mut self) -> Result<Option<&str>> {
        self.control.poll()?;
        if let Some(error) = self.too_deep.take() {
            return Err(error);
        }
        self.bytes.drain(..self.piece_bytes);
        self.valid_bytes -= self.piece_bytes;
        self.piece_bytes = 0;
        if self.valid_bytes == 0 && !self.read()? {
            return Ok(None);
        }
        let start = self.recent.end() - self.valid_bytes as u64;
        self.piece_bytes = match self.scan.scan(&self.bytes[..self.valid_bytes]) {
            Ok(()) => self.valid_bytes,
            Err(fault) => {
                let position = self.recent.position(start + fault.at as u64);
                let error = fault.error.at(position);
                if error.code() != Code::NestingTooDeep {
                    return Err(error);
                }
                self.too_deep = Some(error);
                fault.at
            }
        };
        // It was found to be valid when it was read, and brackets do not cut a character.
        Ok(std::str::from_utf8(&self.bytes[..self.piece_bytes]).ok())
    }

    /// Reads and validates the next bytes; false at the end.
    fn read(&mut self) -> Result<bool> {
        let at_least = self.scan.open_token_bytes();
        let more = self.pieces.append(&mut self.bytes, at_least)?;
        if self.at_start {
            self.at_start = false;
            if self.bytes.starts_with(BYTE_ORDER_MARK) {
                self.bytes.drain(..BYTE_ORDER_MARK.len());
            }
        }
        let start = self.recent.end();
        self.valid_bytes = match std::str::from_utf8(&self.bytes) {
            Ok(text) => text.len(),
            Err(error) if more && error.error_len().is_none() => error.valid_up_to(),
            Err(error) => {
                let bad = error.valid_up_to();
                self.recent.push(&self.bytes[..bad]);
                return Err(Error::new(Code::InvalidUtf8, "the text is not valid UTF-8")
                    .with_hint(UTF8_HINT)
                    .at(self.recent.position(start + bad as u64)));
            }
        };
        self.recent.push(&self.bytes[..self.valid_bytes]);
        Ok(more)
    }

    /// Line and column of a byte offset; near it if that text is long gone.
    pub(super) fn position(&self, offset: u64) -> Position {
        self.recent.position(offset)
    }

    /// The text between two byte offsets, if it is recent.
    pub(super) fn slice(&self, from: u64, to: u64) -> Option<&[u8]> {
        self.recent.slice(from, to)
    }

    /// The parser has dropped what was open, to recover from an error in the current piece.
    pub(super) fn recovered(&mut self) {
        self.scan.recovered();
        self.too_deep = None;
    }
}

/// A feed as a reader, for parsers that pull. Clones share the feed, so that it can be asked for
/// positions while the parser holds the reader.
#[derive(Clone)]
pub(super) struct FeedReader<'a>(Rc<RefCell<Pulled<'a>>>);

struct Pulled<'a> {
    feed: Feed<'a>,
    piece: Vec<u8>,
    at: usize,
    /// Bytes handed to the parser.
    handed: u64,
    /// Whether to hand over at most a line at a time.
    by_line: bool,
    failure: Option<Error>,
}

/// The most bytes handed over at a time when the parser is fed by lines.
const LINE_BYTES: usize = 4096;

impl<'a> FeedReader<'a> {
    /// `by_line`: the parser gets a line at a time, so that [`FeedReader::handed`] is close to
    /// where it stands even if it cannot tell.
    pub(super) fn new(feed: Feed<'a>, by_line: bool) -> Self {
        Self(Rc::new(RefCell::new(Pulled {
            feed,
            piece: Vec::new(),
            at: 0,
            handed: 0,
            by_line,
            failure: None,
        })))
    }

    /// The error that made a read fail.
    pub(super) fn take_failure(&self) -> Option<Error> {
        self.0.borrow_mut().failure.take()
    }

    /// How far the parser has been fed.
    pub(super) fn handed(&self) -> u64 {
        self.0.borrow().handed
    }

    pub(super) fn position(&self, offset: u64) -> Position {
        self.0.borrow().feed.position(offset)
    }
}

impl Read for FeedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let pulled = &mut *self.0.borrow_mut();
        while pulled.at == pulled.piece.len() {
            pulled.piece.clear();
            pulled.at = 0;
            match pulled.feed.next() {
                Ok(Some(piece)) => pulled.piece.extend_from_slice(piece.as_bytes()),
                Ok(None) => return Ok(0),
                Err(error) => {
                    let io = io::Error::other(error.detail().to_owned());
                    pulled.failure = Some(error);
                    return Err(io);
                }
            }
        }
        let rest = &pulled.piece[pulled.at..];
        let mut n = rest.len().min(buffer.len());
        if pulled.by_line {
            n = n.min(LINE_BYTES);
            n = memchr::memchr(b'\n', &rest[..n]).map_or(n, |at| at + 1);
        }
        buffer[..n].copy_from_slice(&rest[..n]);
        pulled.at += n;
        pulled.handed += n as u64;
        Ok(n)
    }
}
