//! SPARQL Update through the facade: requests of their own, and within a write transaction.

use super::{Database, WriteTxn};
use crate::config::PathRoot;
use crate::control::Control;
use crate::error::Result;
use crate::load::Format;
use crate::query::{self, DefaultGraph, DocumentSource, LoadAccess, ParseOptions, PreparedUpdate};
use crate::store::{Changed, Committed, View};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How an update request is run. LOAD may read nothing unless it is said what.
#[derive(Clone, Default)]
pub struct UpdateOptions {
    /// Resolves relative IRIs of the text.
    pub base_iri: Option<String>,
    /// The default graph of patterns without WITH and USING.
    pub default_graph: DefaultGraph,
    /// What patterns read.
    pub view: View,
    /// From the start of running; the earlier one of this, that of the configuration and that of the control counts.
    pub timeout: Option<Duration>,
    /// LOAD may read files, named by `file:` IRIs, below `path_root` if that is configured.
    pub load_files: bool,
    /// A directory that files of LOAD must lie under, within `path_root`.
    pub load_root: Option<PathBuf>,
    /// The format of documents that LOAD reads. Default: by extension, or as `load_documents` says.
    pub load_format: Option<Format>,
    /// Gives the documents of LOAD at other IRIs.
    pub load_documents: Option<DocumentSource>,
}

impl UpdateOptions {
    /// Parses a request. `options` are those of the store, such as [`Database::parse_options`], or the defaults without
    /// one; the base IRI is this one's. Errors: as [`PreparedUpdate::new`].
    pub fn prepare(&self, text: &str, options: ParseOptions) -> Result<PreparedUpdate> {
        let options = ParseOptions {
            base_iri: self.base_iri.clone(),
            ..options
        };
        PreparedUpdate::new(text, &options)
    }
}

impl Database {
    /// Runs a request as a transaction of its own. Counts are net over the request.
    /// Errors: as [`UpdateOptions::prepare`], [`PreparedUpdate::run`] and [`WriteTxn::commit`]; nothing has changed
    /// then, but see `CommitInDoubt`.
    pub fn update(
        &self,
        text: &str,
        options: &UpdateOptions,
        control: &Control,
    ) -> Result<Committed> {
        let update = options.prepare(text, self.parse_options())?;
        self.run_update(&update, options, control)
    }

    /// As [`Database::update`], for a request that was parsed. Errors: as there.
    pub fn run_update(
        &self,
        update: &PreparedUpdate,
        options: &UpdateOptions,
        control: &Control,
    ) -> Result<Committed> {
        let control = self.update_control(options, control);
        let mut transaction = self.begin(&control)?;
        transaction.run_update(update, options, &control)?;
        transaction.commit()
    }

    /// `control` with the deadline of an update.
    fn update_control(&self, options: &UpdateOptions, control: &Control) -> Control {
        let configured = match self.inner.config.update_timeout_ms {
            0 => None,
            ms => Some(Duration::from_millis(ms)),
        };
        [options.timeout, configured]
            .into_iter()
            .flatten()
            .fold(control.clone(), Control::with_timeout)
    }

    /// What LOAD may read. Errors: `InvalidPath`.
    fn load_access(&self, options: &UpdateOptions) -> Result<LoadAccess> {
        let config = &self.inner.config;
        let files = match (options.load_files, &options.load_root) {
            (false, _) => None,
            (true, None) => Some(config.paths()?),
            (true, Some(root)) => {
                let directory = config.paths()?.directory(root, false)?;
                directory.confirm()?;
                Some(PathRoot::new(Some(directory.path()))?)
            }
        };
        Ok(LoadAccess {
            files: files.map(Arc::new),
            documents: options.load_documents.clone(),
            format: options.load_format,
            max_bytes: match config.max_file_size_bytes {
                0 => None,
                limit => Some(limit),
            },
            max_term_bytes: super::usize_of(config.max_term_bytes),
        })
    }
}

impl WriteTxn {
    /// How its requests are read: with the functions that are registered now.
    pub fn parse_options(&self) -> ParseOptions {
        self.database.parse_options()
    }

    /// Runs a request within the transaction: all of it or, after an error, nothing, and the transaction goes on.
    /// Later requests and queries of the transaction see what it did. Counts are net over the request.
    /// Errors: as [`UpdateOptions::prepare`] and [`PreparedUpdate::run`].
    pub fn update(
        &mut self,
        text: &str,
        options: &UpdateOptions,
        control: &Control,
    ) -> Result<Changed> {
        let update = options.prepare(text, self.parse_options())?;
        self.run_update(&update, options, control)
    }

    /// As [`WriteTxn::update`], for a request that was parsed. Errors: as there.
    pub fn run_update(
        &mut self,
        update: &PreparedUpdate,
        options: &UpdateOptions,
        control: &Control,
    ) -> Result<Changed> {
        let control = self.database.update_control(options, control);
        let control = self.database.listening(&control);
        let options = query::UpdateOptions {
            default_graph: self.database.default_graph(options.default_graph),
            view: options.view,
            load: self.database.load_access(options)?,
            services: self.database.services(),
            functions: self.database.inner.functions.current(),
        };
        let patterns = self.database.with_query_memory(&control);
        self.transaction.under(&control, |transaction| {
            update.run(transaction, &options, &patterns)
        })
    }
}
