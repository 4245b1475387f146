//! LOAD (SPARQL 1.1 Update section 3.1.4): documents from files and from the host.

use super::Request;
use super::resolve::{Unknown, resolved};
use crate::config::PathRoot;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::load::{
    Format, Input, MAX_TERM_BYTES, ParseOptions, RawTerm, Refusal, Resolve, StatementSink, parse,
};
use crate::store::Transaction;
use crate::term::{Id, TermRef};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A document that the host gives for an IRI.
#[derive(Clone, Debug, Default)]
pub struct Document {
    pub bytes: Vec<u8>,
    /// `None`: by the extension at the end of the IRI's path.
    pub format: Option<Format>,
}

/// Gives the document at an IRI. An error fails the LOAD.
pub type DocumentSource = Arc<dyn Fn(&str) -> Result<Document> + Send + Sync>;

/// What LOAD may read.
#[derive(Clone)]
pub struct LoadAccess {
    /// Files, named by `file:` IRIs, below this root if it has one.
    pub files: Option<Arc<PathRoot>>,
    /// Asked for every other IRI, and for `file:` IRIs where `files` is not given.
    pub documents: Option<DocumentSource>,
    /// The format of all documents; by extension, or as the host says, if there is none.
    pub format: Option<Format>,
    /// The largest document, in bytes as it lies there and decompressed.
    pub max_bytes: Option<u64>,
    pub max_term_bytes: usize,
}

impl Default for LoadAccess {
    /// Nothing may be read.
    fn default() -> Self {
        Self {
            files: None,
            documents: None,
            format: None,
            max_bytes: None,
            max_term_bytes: MAX_TERM_BYTES,
        }
    }
}

/// Errors that SILENT does not silence: they are not about the document.
const NEVER_SILENT: [Code; 11] = [
    Code::Cancelled,
    Code::QueryTimeout,
    Code::ResourceExhausted,
    Code::Closed,
    Code::SnapshotTooOld,
    Code::TransactionEnded,
    Code::ReopenRequired,
    Code::Corruption,
    Code::CorruptBlock,
    Code::Internal,
    Code::Forked,
];

impl Request<'_> {
    pub(super) fn load(&mut self, source: &str, graph: Option<&str>, silent: bool) -> Result<()> {
        let savepoint = self.transaction.savepoint()?;
        let done = self.load_document(source, graph);
        match done.and_then(|()| self.transaction.release(&savepoint)) {
            Ok(_) => Ok(()),
            Err(error) => {
                // What was read before the error is undone, too.
                let undone = self.transaction.roll_back_to(&savepoint);
                match silent && undone.is_ok() && !NEVER_SILENT.contains(&error.code()) {
                    true => Ok(()),
                    false => Err(error),
                }
            }
        }
    }

    fn load_document(&mut self, source: &str, graph: Option<&str>) -> Result<()> {
        let access = &self.options.load;
        let control = self.control.clone();
        let is_file = source
            .get(..5)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:"));
        if let (true, Some(root)) = (is_file, &access.files) {
            let path = path_of(source)?;
            let format = match access.format {
                Some(format) => format,
                None => Format::from_path(&path)?,
            };
            // The file that was found allowed is the one that is read.
            let file = root.open_file(&path)?;
            let name = Some(path.display().to_string());
            let input = Input::reader(file, name, access.max_bytes, &control)?;
            return self.read(input, format, source, graph, &control);
        }
        let Some(documents) = &access.documents else {
            return Err(refused(source, is_file));
        };
        let document = documents(source)?;
        let _held = control.charge(document.bytes.len())?;
        let format = match access.format.or(document.format) {
            Some(format) => format,
            None => Format::from_path(Path::new(iri_path(source)))?,
        };
        let input = Input::memory(&document.bytes, access.max_bytes, &control)?;
        self.read(input, format, source, graph, &control)
    }

    fn read(
        &mut self,
        input: Input<'_>,
        format: Format,
        source: &str,
        graph: Option<&str>,
        control: &Control,
    ) -> Result<()> {
        let mut options = ParseOptions::new(format);
        options.base_iri = Some(source.to_owned());
        options.document = Some(source.to_owned());
        options.max_term_bytes = self.options.load.max_term_bytes;
        let graph = match graph {
            Some(iri) => resolved(self.transaction, TermRef::Iri(iri), Unknown::Insert)?,
            None => Id::DEFAULT_GRAPH,
        };
        let mut sink = Sink {
            resolve: Resolve::insert(self.transaction)?,
            transaction: self.transaction,
            graph,
        };
        parse(input, &options, control, std::slice::from_mut(&mut sink))?;
        Ok(())
    }
}

/// Inserts statements as they come.
struct Sink<'t> {
    transaction: &'t mut Transaction,
    resolve: Resolve,
    /// The graph of statements that name none.
    graph: Id,
}

impl StatementSink for Sink<'_> {
    fn statement(
        &mut self,
        subject: RawTerm<'_>,
        predicate: RawTerm<'_>,
        object: RawTerm<'_>,
        graph: Option<RawTerm<'_>>,
    ) -> Result<(), Refusal> {
        let terms = [Some(subject), Some(predicate), Some(object), graph];
        match self.resolve.quad(self.transaction, terms, self.graph)? {
            Some(quad) => Ok(self.transaction.insert(quad)?),
            None => Ok(()),
        }
    }
}

#[cold]
fn refused(source: &str, is_file: bool) -> Error {
    let error = Error::new(
        Code::QueryInvalidOption,
        format!("LOAD <{source}> is not allowed"),
    );
    error.with_hint(match is_file {
        true => "the host has not allowed LOAD to read files",
        false => {
            "the host has not said how documents are fetched; the library never uses the network"
        }
    })
}

/// The path of a `file:` IRI. Errors: `InvalidPath`.
fn path_of(iri: &str) -> Result<PathBuf> {
    let invalid =
        |why: &str| Error::new(Code::InvalidPath, format!("<{iri}> names no file: {why}"));
    let rest = &iri[5..];
    let path = match rest.strip_prefix("//") {
        None => rest,
        Some(rest) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            if !(host.is_empty() || host.eq_ignore_ascii_case("localhost")) {
                return Err(invalid("it is on another host"));
            }
            path
        }
    };
    if !path.starts_with('/') {
        return Err(invalid("its path does not begin with a slash"));
    }
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    let decoded = percent_decoded(path).ok_or_else(|| invalid("a percent sign begins no byte"))?;
    if decoded.contains(&0) {
        return Err(invalid("a path holds no zero byte"));
    }
    path_of_bytes(decoded).ok_or_else(|| invalid("it is not UTF-8"))
}

#[cfg(unix)]
fn path_of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn path_of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
        bytes.push((high * 16 + low) as u8);
    }
    Some(bytes)
}

/// The path at the end of an IRI.
fn iri_path(iri: &str) -> &str {
    &iri[..iri.find(['?', '#']).unwrap_or(iri.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_iri_is_a_path() {
        for (iri, path) in [
            ("file:///data/a.ttl", "/data/a.ttl"),
            ("file:/data/a.ttl", "/data/a.ttl"),
            ("FILE://localhost/a%20b/%C3%A4.nt", "/a b/ä.nt"),
            ("file:///a.ttl?x#y", "/a.ttl"),
        ] {
            assert_eq!(path_of(iri).unwrap(), Path::new(path), "{iri}");
        }
        for iri in [
            "file:a.ttl",
            "file:",
            "file://host/a.ttl",
            "file:///a%2.ttl",
            "file:///a%zz",
            "file:///a%00b",
        ] {
            assert_eq!(path_of(iri).unwrap_err().code(), Code::InvalidPath, "{iri}");
        }
    }
}
