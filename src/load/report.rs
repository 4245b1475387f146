//! What happens at a bad statement: stop at the first, or keep going and report.

use crate::error::{Code, Error, Position, Result};

/// How many bad statements a report keeps word for word unless told otherwise.
pub const REPORT_KEPT: usize = 100;

/// What a parse does at a statement it cannot accept.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OnError {
    /// The first bad statement ends the parse with its error.
    #[default]
    Stop,
    /// Bad statements are skipped and counted; the first `keep` are kept with their reasons.
    ///
    /// In N-Triples and N-Quads a bad line is skipped whole. In Turtle and TriG the parser goes
    /// on after the next `.`; triples of the bad statement that stand before the error are
    /// loaded. In JSON-LD invalid nodes are skipped. An error after which a parser cannot
    /// continue (malformed XML or JSON, RDF/XML errors, invalid UTF-8 outside the line formats,
    /// nesting, damaged compression) abandons the rest of the document.
    KeepGoing { keep: usize },
}

impl OnError {
    /// How many bad statements are kept word for word.
    pub fn keep(self) -> usize {
        match self {
            OnError::Stop => 0,
            OnError::KeepGoing { keep } => keep,
        }
    }
}

/// A statement that was skipped.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BadStatement {
    pub code: Code,
    /// File, line, column, byte offset, as far as known.
    pub position: Position,
    pub reason: String,
}

/// The bad statements of documents.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct BadStatements {
    /// All of them, the kept ones included.
    pub total: u64,
    /// The first ones, in the order of the documents and of their text.
    pub first: Vec<BadStatement>,
    /// The rest of a document after its last error was not read.
    pub abandoned: bool,
}

impl BadStatements {
    /// Adds the bad statements of another part of the same document, or of a document that was read later.
    pub fn merge(&mut self, other: BadStatements, keep: usize) {
        self.total += other.total;
        self.abandoned |= other.abandoned;
        self.first.extend(other.first);
        let mut documents: Vec<Option<String>> = Vec::new();
        for bad in &self.first {
            if !documents.contains(&bad.position.file) {
                documents.push(bad.position.file.clone());
            }
        }
        self.first.sort_by_cached_key(|bad| {
            let document = documents.iter().position(|d| *d == bad.position.file);
            (document, bad.position.offset)
        });
        self.first.truncate(keep);
    }
}

/// Applies the policy while a document is parsed.
pub(super) struct ErrorLog<'a> {
    on_error: OnError,
    document: Option<&'a str>,
    pub(super) bad: BadStatements,
}

impl<'a> ErrorLog<'a> {
    pub(super) fn new(on_error: OnError, document: Option<&'a str>) -> Self {
        Self {
            on_error,
            document,
            bad: BadStatements::default(),
        }
    }

    pub(super) fn document(&self) -> Option<&'a str> {
        self.document
    }

    /// A bad statement. `Err` ends the parse.
    pub(super) fn bad_statement(&mut self, error: Error) -> Result<()> {
        let error = self.named(error);
        let OnError::KeepGoing { keep } = self.on_error else {
            return Err(error);
        };
        self.bad.total += 1;
        if self.bad.first.len() < keep {
            self.bad.first.push(BadStatement {
                code: error.code(),
                position: error.position().cloned().unwrap_or_default(),
                reason: error.detail().to_owned(),
            });
        }
        Ok(())
    }

    /// An error in the document after which it cannot be read further. `Err` ends the load.
    pub(super) fn abandon(&mut self, error: Error) -> Result<()> {
        if is_fault_of_data(error.code()) {
            self.bad_statement(error)?;
            self.bad.abandoned = true;
            return Ok(());
        }
        Err(self.named(error))
    }

    /// Puts the name of the document into the position of an error.
    fn named(&self, error: Error) -> Error {
        let Some(document) = self.document else {
            return error;
        };
        let mut position = error.position().cloned().unwrap_or_default();
        if position.file.is_some() {
            return error;
        }
        position.file = Some(document.to_owned());
        error.at(position)
    }
}

/// Whether an error says something about the document rather than about the work on it.
fn is_fault_of_data(code: Code) -> bool {
    matches!(
        code,
        Code::DataParse
            | Code::InvalidUtf8
            | Code::InvalidIri
            | Code::NestingTooDeep
            | Code::TruncatedInput
            | Code::TermTooLarge
            | Code::RemoteContext
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u64) -> Error {
        Error::new(Code::DataParse, "bad").at(Position {
            offset,
            ..Position::default()
        })
    }

    #[test]
    fn a_stopping_parse_names_the_document_in_its_error() {
        let mut log = ErrorLog::new(OnError::Stop, Some("a.nt"));
        let error = log.bad_statement(at(3)).unwrap_err();
        assert_eq!(error.position().unwrap().file.as_deref(), Some("a.nt"));
    }

    #[test]
    fn a_report_keeps_the_first_in_document_order_and_counts_all() {
        let mut log = ErrorLog::new(OnError::KeepGoing { keep: 2 }, None);
        for offset in [30, 40, 50] {
            log.bad_statement(at(offset)).unwrap();
        }
        let mut other = ErrorLog::new(OnError::KeepGoing { keep: 2 }, None);
        other.bad_statement(at(35)).unwrap();
        log.bad.merge(other.bad, 2);
        assert_eq!(log.bad.total, 4);
        let offsets: Vec<u64> = log.bad.first.iter().map(|b| b.position.offset).collect();
        assert_eq!(offsets, [30, 35]);
    }

    #[test]
    fn documents_stay_in_the_order_they_were_read_in() {
        let bad = |file: &str, offset| {
            let mut log = ErrorLog::new(OnError::KeepGoing { keep: 9 }, Some(file));
            log.bad_statement(at(offset)).unwrap();
            log.bad
        };
        let mut all = BadStatements::default();
        for (file, offset) in [("b.nt", 70), ("a.nt", 5), ("a.nt", 3)] {
            all.merge(bad(file, offset), 9);
        }
        let places: Vec<(Option<&str>, u64)> = all
            .first
            .iter()
            .map(|b| (b.position.file.as_deref(), b.position.offset))
            .collect();
        let expected = [("b.nt", 70), ("a.nt", 3), ("a.nt", 5)];
        assert_eq!(places, expected.map(|(file, offset)| (Some(file), offset)));
    }

    #[test]
    fn keeping_going_does_not_swallow_a_cancel() {
        let mut log = ErrorLog::new(OnError::KeepGoing { keep: 2 }, None);
        assert!(log.abandon(at(1)).is_ok());
        assert!(log.bad.abandoned);
        let cancelled = Error::new(Code::Cancelled, "cancelled");
        assert_eq!(log.abandon(cancelled).unwrap_err().code(), Code::Cancelled);
    }
}
