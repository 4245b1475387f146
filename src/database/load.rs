//! Loading documents.

use super::Database;
use super::terms::id_of;
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::load::{
    self, BadStatements, CheckpointObserver, ChunkEnd, ContextLoader, Document, Format, Input,
    LoadSettings, Loaded, OnError, ParseOptions, Target,
};
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
    /// Commits every `load_batch_statements` statements instead of all or nothing, on one thread; a load
    /// that fails keeps what was committed, and the report of one that succeeds says where it stood.
    pub checkpoint: bool,
    /// Is told where such a load of N-Triples or N-Quads can be resumed, for when it fails or is killed.
    pub on_checkpoint: Option<CheckpointObserver>,
    /// Goes on behind the checkpoint of an earlier load of the same N-Triples or N-Quads document. Blank
    /// nodes are new ones: a label before the checkpoint and the same one after it are two nodes.
    pub resume_after: Option<ChunkEnd>,
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
    /// Of a load with checkpoints, of N-Triples or N-Quads: everything before is in the store.
    pub checkpoint: Option<ChunkEnd>,
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
        let config = &self.inner.config;
        if options.resume_after.is_some() && inputs.len() != 1 {
            return Err(Error::new(
                Code::InvalidArgument,
                "a load of several documents cannot be resumed",
            )
            .with_hint(
                "resume with the document that the checkpoint was in, then load the others",
            ));
        }
        let settings = LoadSettings {
            target: self.target(options.graph.as_ref(), control)?,
            checkpoint_statements: options.checkpoint.then_some(config.load_batch_statements),
            on_checkpoint: options.on_checkpoint.clone(),
            large_statements: load::LARGE_STATEMENTS,
            threads: config.worker_threads(),
            max_term_bytes: super::usize_of(config.max_term_bytes),
        };
        let documents = inputs
            .into_iter()
            .map(|(input, format)| {
                let mut parse = ParseOptions::new(format);
                parse.base_iri = options.base_iri.clone();
                parse.trusted = options.trusted;
                parse.on_error = options.on_error;
                parse.contexts = options.contexts.clone();
                parse.max_term_bytes = settings.max_term_bytes;
                parse.resume_after = options.resume_after;
                Document {
                    bytes: input.source_bytes(),
                    input,
                    options: parse,
                }
            })
            .collect();
        Ok(load::load(&self.inner.store, documents, &settings, control)?.into())
    }

    /// Errors: `InvalidInput` for a blank node that is not of this store.
    fn target(&self, graph: Option<&NamedOrBlankNode>, control: &Control) -> Result<Target> {
        let blank = match graph {
            None => return Ok(Target::DefaultGraph),
            Some(NamedOrBlankNode::NamedNode(iri)) => {
                return Ok(Target::Iri(iri.as_str().to_owned()));
            }
            Some(NamedOrBlankNode::BlankNode(blank)) => blank.clone().into(),
        };
        match id_of(&*self.inner.store.version()?, &blank, control)? {
            Some(id) => Ok(Target::Blank(id.payload())),
            None => Err(Error::new(
                Code::InvalidInput,
                format!("{blank} is not a blank node of this store"),
            )
            .with_hint("name the graph with an IRI, or with a blank node that the store printed")),
        }
    }
}

impl From<Loaded> for LoadReport {
    fn from(loaded: Loaded) -> Self {
        Self {
            statements: loaded.statements,
            inserted: loaded.inserted,
            seq: loaded.seq,
            bad: loaded.bad,
            checkpoint: loaded.checkpoint,
        }
    }
}
