//! Replies of SERVICE: a result document, read as solutions.

use super::batch::Batch;
use super::operator::Runtime;
use crate::control::{Charge, Control};
use crate::error::{Code, Error, Result};
use crate::load::{self, Format};
use crate::store::BATCH_ROWS;
use crate::term::{Id, LOCAL_BLANK, TermBuf, resolve};
use oxrdf::Term;
use rustc_hash::FxHashMap;
use sparesults::{
    QueryResultsFormat, QueryResultsParser, ReaderQueryResultsParserOutput, ReaderSolutionsParser,
};
use std::io::Cursor;
use std::sync::Arc;

/// What a handler writes its answer to. The document is charged to the query.
pub struct ServiceReply {
    format: QueryResultsFormat,
    document: Vec<u8>,
    control: Control,
    charge: Charge,
}

impl ServiceReply {
    /// An empty reply in JSON.
    /// Errors: `ResourceExhausted`.
    pub fn new(control: &Control) -> Result<Self> {
        Ok(Self {
            format: QueryResultsFormat::Json,
            document: Vec::new(),
            control: control.clone(),
            charge: control.charge(0)?,
        })
    }

    /// States the format of the document; JSON if nothing is stated.
    pub fn set_format(&mut self, format: QueryResultsFormat) {
        self.format = format;
    }

    /// Appends to the document.
    /// Errors: `ResourceExhausted`, `Cancelled`, `QueryTimeout`.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.control.poll()?;
        let needed = self.document.len() + bytes.len();
        if needed > self.document.capacity() {
            let capacity = needed.max(2 * self.document.len());
            self.charge.resize(capacity)?;
            self.document.reserve_exact(capacity - self.document.len());
        }
        self.document.extend_from_slice(bytes);
        Ok(())
    }

    /// The solutions of the document, as columns of `variables`.
    /// Errors: `ServiceFailed` if it is none of a SELECT in its format.
    pub(super) fn solutions(self, variables: &[String]) -> Result<Solutions> {
        let scanned = match self.format {
            QueryResultsFormat::Json => Format::JsonLd,
            QueryResultsFormat::Xml => Format::RdfXml,
            _ => Format::Turtle,
        };
        load::check_nesting(scanned, &self.document).map_err(failed)?;
        let parser = QueryResultsParser::from_format(self.format);
        match parser.for_reader(Cursor::new(self.document)) {
            Ok(ReaderQueryResultsParserOutput::Solutions(solutions)) => Ok(Solutions {
                solutions,
                variables: variables.to_vec(),
                blanks: FxHashMap::default(),
                _charge: self.charge,
            }),
            Ok(ReaderQueryResultsParserOutput::Boolean(_)) => Err(Error::new(
                Code::ServiceFailed,
                "the reply is a boolean and no solutions",
            )),
            Err(error) => Err(failed(error)),
        }
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::new(
        Code::ServiceFailed,
        format!("the reply is no result document: {error}"),
    )
}

/// Solutions of a reply, read as they are pulled.
pub struct Solutions {
    solutions: ReaderSolutionsParser<Cursor<Vec<u8>>>,
    variables: Vec<String>,
    /// Blank nodes of the reply, which are this query's own.
    blanks: FxHashMap<String, Id>,
    _charge: Charge,
}

impl Solutions {
    /// Replaces the batch by further solutions; false at the end.
    /// Errors: `ServiceFailed`, `ResourceExhausted`, `Cancelled`, `QueryTimeout`.
    pub fn next(&mut self, runtime: &Arc<Runtime>, batch: &mut Batch) -> Result<bool> {
        runtime.control.poll()?;
        batch.reset(self.variables.len());
        let mut rows = 0;
        while rows < BATCH_ROWS {
            let Some(solution) = self.solutions.next() else {
                break;
            };
            let solution = solution.map_err(failed)?;
            for (column, variable) in self.variables.iter().enumerate() {
                let id = match solution.get(variable.as_str()) {
                    Some(term) => intern(runtime, &mut self.blanks, term)?,
                    None => Id::UNBOUND,
                };
                batch.columns[column].push(id.raw());
            }
            rows += 1;
        }
        batch.set_rows(rows);
        Ok(rows > 0)
    }
}

/// The id of a term of a reply. The nesting of its triple terms was checked.
fn intern(runtime: &Runtime, blanks: &mut FxHashMap<String, Id>, term: &Term) -> Result<Id> {
    let id = resolve(
        term.as_ref(),
        &mut |label| {
            let fresh = || runtime.terms.fresh_blank();
            let blank = blanks.entry(label.to_owned()).or_insert_with(fresh);
            Ok(Some(LOCAL_BLANK | blank.payload()))
        },
        // Sets a language tag in lower case, as other terms have it.
        &mut |term| runtime.terms.intern(TermBuf::from(term).as_ref()).map(Some),
    )?;
    Ok(id.unwrap_or(Id::UNBOUND))
}
