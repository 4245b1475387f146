//! Loading documents.

use super::Database;
use crate::control::{Control, Phase};
use crate::error::{Code, Error, Result};
use crate::load::{
    self, BadStatements, BlankScope, ContextLoader, Format, Input, InvalidTerm, OnError,
    ParseOptions, RawTerm, Refusal, StatementSink, check_iri, parse,
};
use crate::store::Transaction;
use crate::term::{Direction, Id, LiteralKind, LiteralRef, Tag, TermRef};
use oxrdf::NamedOrBlankNode;
use std::path::Path;

/// How documents are loaded. The default is strict, all or nothing, into the graphs the documents name.
#[derive(Clone, Default)]
pub struct LoadOptions {
    /// Default: by the file's extension.
    pub format: Option<Format>,
    pub base_iri: Option<String>,
    /// The graph that triples without one go to. Default: the default graph.
    pub graph: Option<NamedOrBlankNode>,
    /// Skips the checks of IRIs, language tags and datatypes, for data known to be valid.
    pub trusted: bool,
    pub on_error: OnError,
    /// Loads remote JSON-LD contexts; without it a document that needs one is refused.
    pub contexts: Option<ContextLoader>,
}

/// What a load did.
#[derive(Clone, Debug, Default)]
pub struct LoadReport {
    /// Statements read; a repeated one counts each time.
    pub statements: u64,
    /// Quads that were not there before.
    pub inserted: u64,
    /// The commit, 0 if nothing changed.
    pub seq: u64,
    /// What a keep-going load skipped.
    pub bad: BadStatements,
}

impl Database {
    /// Loads files in one transaction. Errors: `InvalidPath`, `FileNotFound`, `FileTooLarge`, `UnknownFormat`,
    /// `DataParse`, `InvalidIri`, `InvalidUtf8`, `NestingTooDeep`, `TermTooLarge`, `TruncatedInput`,
    /// `RemoteContext`, those of [`Database::begin`].
    pub fn load_files<P: AsRef<Path>>(
        &self,
        paths: &[P],
        options: &LoadOptions,
        control: &Control,
    ) -> Result<LoadReport> {
        let control = &self.charged("load", control);
        let max_bytes = match self.inner.config.max_file_size_bytes {
            0 => None,
            limit => Some(limit),
        };
        // What cannot be read at all is found before anything is.
        let mut inputs = Vec::new();
        for path in paths {
            let path = path.as_ref();
            let format = match options.format {
                Some(format) => format,
                None => Format::from_path(path)?,
            };
            let confined = self.inner.config.paths()?;
            drop(confined.open_file(path)?);
            inputs.push((Input::file(path, max_bytes, control)?, format));
        }
        self.load_inputs(inputs, options, control)
    }

    /// Loads a document from memory. Errors: as [`Database::load_files`]; `InvalidArgument` without a format.
    pub fn load_bytes(
        &self,
        bytes: &[u8],
        options: &LoadOptions,
        control: &Control,
    ) -> Result<LoadReport> {
        let control = &self.charged("load", control);
        let format = options.format.ok_or_else(|| {
            Error::new(Code::InvalidArgument, "a document in memory needs a format")
        })?;
        let input = Input::memory(bytes, None, control)?;
        self.load_inputs(vec![(input, format)], options, control)
    }

    /// Loads what a reader gives. Errors: as [`Database::load_bytes`].
    pub fn load_reader(
        &self,
        reader: impl std::io::Read + Send + 'static,
        options: &LoadOptions,
        control: &Control,
    ) -> Result<LoadReport> {
        let control = &self.charged("load", control);
        let format = options
            .format
            .ok_or_else(|| Error::new(Code::InvalidArgument, "a stream needs a format"))?;
        let input = Input::reader(Box::new(reader), None, None, control)?;
        self.load_inputs(vec![(input, format)], options, control)
    }

    fn load_inputs(
        &self,
        inputs: Vec<(Input<'_>, Format)>,
        options: &LoadOptions,
        control: &Control,
    ) -> Result<LoadReport> {
        control.set_phase(Phase::Parse);
        let mut transaction = self.inner.store.begin(control)?;
        let graph = match &options.graph {
            None => Id::DEFAULT_GRAPH,
            Some(NamedOrBlankNode::NamedNode(iri)) => {
                transaction.intern(TermRef::Iri(iri.as_str()))?
            }
            Some(NamedOrBlankNode::BlankNode(blank)) => {
                super::terms::intern(&mut transaction, &blank.clone().into())?
            }
        };
        let mut report = LoadReport::default();
        for (input, format) in inputs {
            let mut parse_options = ParseOptions::new(format);
            parse_options.base_iri = options.base_iri.clone();
            parse_options.trusted = options.trusted;
            parse_options.on_error = options.on_error;
            parse_options.contexts = options.contexts.clone();
            parse_options.max_term_bytes = super::usize_of(self.inner.config.max_term_bytes);
            let mut sink = TransactionSink {
                transaction: &mut transaction,
                blanks: BlankScope::new(),
                numbers: Vec::new(),
                graph,
                trusted: options.trusted,
            };
            let parsed = parse(
                input,
                &parse_options,
                control,
                std::slice::from_mut(&mut sink),
            )?;
            report.statements += parsed.statements;
            report.bad.merge(parsed.bad, keep(options.on_error));
        }
        control.set_phase(Phase::Write);
        let committed = transaction.commit()?;
        report.inserted = committed.inserted;
        report.seq = committed.seq;
        control.set_phase(Phase::Done);
        Ok(report)
    }
}

fn keep(on_error: OnError) -> usize {
    match on_error {
        OnError::Stop => 0,
        OnError::KeepGoing { keep } => keep,
    }
}

/// Interns the terms of one document into a transaction.
struct TransactionSink<'t> {
    transaction: &'t mut Transaction,
    /// Labels of the document, and the blank node each stands for (definition 10).
    blanks: BlankScope,
    numbers: Vec<Id>,
    graph: Id,
    trusted: bool,
}

impl TransactionSink<'_> {
    fn id(&mut self, term: RawTerm<'_>) -> Result<Id, Refusal> {
        let term = match term {
            RawTerm::Iri(iri) => {
                let term = TermRef::Iri(iri);
                if !self.trusted && self.transaction.lookup(term)?.is_none() {
                    check_iri(iri)?;
                }
                term
            }
            RawTerm::Blank(label) => {
                let control = self.transaction.control().clone();
                let (number, new) = self.blanks.number(label, &control)?;
                if new {
                    let blank = self.transaction.fresh_blank();
                    self.numbers.push(blank);
                }
                return usize::try_from(number)
                    .ok()
                    .and_then(|number| self.numbers.get(number).copied())
                    .ok_or_else(|| {
                        Error::new(Code::Internal, "a blank node has no number").into()
                    });
            }
            RawTerm::Literal(literal) => TermRef::Literal(LiteralRef {
                lexical: literal.lexical,
                kind: match literal.language {
                    Some(tag) => LiteralKind::Language {
                        tag,
                        direction: literal.direction.map(|direction| match direction {
                            load::Direction::Ltr => Direction::LeftToRight,
                            load::Direction::Rtl => Direction::RightToLeft,
                        }),
                    },
                    None => LiteralRef::typed("", literal.datatype).kind,
                },
            }),
            RawTerm::Triple([s, p, o]) => {
                TermRef::Triple([self.id(*s)?, self.id(*p)?, self.id(*o)?])
            }
        };
        let id = self
            .transaction
            .intern(term)
            .map_err(|error| match error.code() {
                Code::TermTooLarge => {
                    Refusal::Term(InvalidTerm::new(Code::TermTooLarge, error.detail()))
                }
                _ => Refusal::Stop(error),
            })?;
        debug_assert_ne!(id.tag(), Some(Tag::Unbound));
        Ok(id)
    }
}

impl StatementSink for TransactionSink<'_> {
    fn statement(
        &mut self,
        subject: RawTerm<'_>,
        predicate: RawTerm<'_>,
        object: RawTerm<'_>,
        graph: Option<RawTerm<'_>>,
    ) -> Result<(), Refusal> {
        let quad = [
            self.id(subject)?,
            self.id(predicate)?,
            self.id(object)?,
            match graph {
                Some(graph) => self.id(graph)?,
                None => self.graph,
            },
        ];
        self.transaction.insert(quad.map(Id::raw))?;
        Ok(())
    }
}
