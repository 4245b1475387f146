//! Reading: snapshots, match cursors, counts, statistics.

use super::functions::Registry;
use super::terms::{Decoder, named, subject};
use super::{Database, QuadPattern};
use crate::control::{Control, Signal};
use crate::error::Result;
use crate::query::{
    self, DefaultGraph, Explanation, ParseOptions, Prepared, QueryOptions, QueryResults, Services,
};
use crate::run::{Chunk, Sort};
use crate::store::{PinKind, PinnedVersion, QuadSource, ScanSpec, Version, View};
use crate::term::Id;
use oxrdf::Quad;
use std::sync::Arc;

/// The quads of one moment: commits after it are not seen. Holds no lock; release it when it is no longer
/// needed, since it keeps replaced data on disk.
#[derive(Clone)]
pub struct Snapshot {
    pinned: Arc<PinnedVersion>,
    closing: Signal,
    services: Option<Arc<Services>>,
    /// What the default graph is unless a request says it.
    default_graph: DefaultGraph,
    functions: Registry,
}

/// Numbers about the content of a store.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Stats {
    pub quads: u64,
    /// Quads by state (definition 14).
    pub asserted: u64,
    pub inferred: u64,
    pub default_graph_quads: u64,
    pub named_graph_quads: u64,
    pub named_graphs: u64,
    pub distinct_subjects: u64,
    pub distinct_predicates: u64,
    pub distinct_objects: u64,
    /// Terms in the dictionary; inline values are not among them.
    pub dictionary_terms: u64,
    pub iri_prefixes: u64,
}

impl Database {
    /// The newest snapshot. Errors: `Closed`.
    pub fn snapshot(&self) -> Result<Snapshot> {
        Ok(self.snapshot_of(self.inner.store.pin(PinKind::Snapshot)?))
    }

    pub(super) fn snapshot_of(&self, pinned: PinnedVersion) -> Snapshot {
        Snapshot {
            pinned: Arc::new(pinned),
            closing: self.inner.closing.clone(),
            services: self.services(),
            default_graph: self.default_graph(DefaultGraph::Configured),
            functions: self.inner.functions.clone(),
        }
    }
}

impl Snapshot {
    /// The version beneath, for the query engine.
    pub fn version(&self) -> &Arc<Version> {
        self.pinned.version()
    }

    /// `control`, ending when the store is closed or the snapshot too old.
    pub(super) fn listening(&self, control: &Control) -> Control {
        self.pinned.listening(control).with_signal(&self.closing)
    }

    /// The same version for a cursor, which may outlive the snapshot.
    pub(super) fn for_cursor(&self) -> Arc<PinnedVersion> {
        Arc::new(self.pinned.again(PinKind::Cursor))
    }

    /// `control`, ending when the store is closed or the cursor's version too old.
    pub(super) fn cursor_control(&self, pinned: &PinnedVersion, control: &Control) -> Control {
        pinned.listening(control).with_signal(&self.closing)
    }

    /// Runs a SPARQL query. Rows are worked as they are pulled; the results own what they read.
    /// Errors: `QueryParse` with place and hint, `QueryUnsupported`, `NestingTooDeep`, `QueryLimit`, `InvalidIri`,
    /// `Cancelled`, `QueryTimeout`, `ResourceExhausted`, those of reading.
    pub fn query(
        &self,
        text: &str,
        options: &QueryOptions,
        control: &Control,
    ) -> Result<QueryResults> {
        let control = &self.listening(control);
        let prepared = Prepared::new(text, &self.parse_options())?;
        prepared.run(&self.source(), &self.options(options), control)
    }

    /// The plan of a query, as it would be run. Errors: as [`Snapshot::query`].
    pub fn explain(
        &self,
        text: &str,
        options: &QueryOptions,
        control: &Control,
    ) -> Result<Explanation> {
        let prepared = Prepared::new(text, &self.parse_options())?;
        prepared.explain(&self.source(), &self.options(options), control)
    }

    /// `options` with what the configuration of the store decides.
    pub fn options(&self, options: &QueryOptions) -> QueryOptions {
        let mut options = options.clone();
        if options.default_graph == DefaultGraph::Configured {
            options.default_graph = self.default_graph;
        }
        options
    }

    /// How its queries are read: with the functions that are registered now.
    pub fn parse_options(&self) -> ParseOptions {
        self.functions.parse_options()
    }

    /// What a prepared query runs against.
    pub fn source(&self) -> query::Snapshot {
        let pinned = self.for_cursor();
        query::Snapshot {
            version: Some(Arc::downgrade(pinned.version())),
            source: pinned.clone(),
            dictionary: pinned,
            services: self.services.clone(),
            functions: self.functions.current(),
        }
    }

    /// The last commit in it.
    pub fn seq(&self) -> u64 {
        self.version().seq
    }

    /// The quads that match a pattern, in the order of the scan that answers it.
    /// Errors: `Corruption`, `CorruptBlock`, `Io`, `Cancelled`, `QueryTimeout`, `SnapshotTooOld`, `Closed`.
    pub fn quads(&self, pattern: &QuadPattern, control: &Control) -> Result<Quads> {
        let pinned = self.for_cursor();
        let control = self.cursor_control(&pinned, control);
        control.poll()?;
        let spec = pinned.explain(pattern.resolve(pinned.version(), &control))?;
        Ok(Quads::new(pinned, spec, control))
    }

    /// The exact number of quads that match. Answered from the directory for every bound prefix.
    /// Errors: as [`Snapshot::quads`].
    pub fn count(&self, pattern: &QuadPattern, control: &Control) -> Result<u64> {
        let control = &self.listening(control);
        control.poll()?;
        let count = match pattern.resolve(self.version(), control) {
            Ok(Some(spec)) => self.version().count(&spec, control),
            Ok(None) => Ok(0),
            Err(error) => Err(error),
        };
        self.pinned.explain(count)
    }

    /// Cost: one pass over the leading columns of three sorts.
    /// Errors: as [`Snapshot::quads`].
    pub fn stats(&self, control: &Control) -> Result<Stats> {
        let control = &self.listening(control);
        control.poll()?;
        self.pinned.explain(self.counted(control))
    }

    fn counted(&self, control: &Control) -> Result<Stats> {
        let version = self.version();
        let quads = version.quads(View::Both);
        let named = version.named_quads(View::Both);
        Ok(Stats {
            quads,
            asserted: version.quads(View::Asserted),
            inferred: version.quads(View::Inferred),
            default_graph_quads: quads - named,
            named_graph_quads: named,
            named_graphs: version.named_graphs(View::Both, control)?.len() as u64,
            distinct_subjects: self.distinct(Sort::Spog, control)?,
            distinct_predicates: self.distinct(Sort::Psog, control)?,
            distinct_objects: self.distinct(Sort::Ospg, control)?,
            dictionary_terms: version.watermark,
            iri_prefixes: version.vocabulary.prefixes().len() as u64,
        })
    }

    /// Distinct values of the first column of a sort.
    fn distinct(&self, sort: Sort, control: &Control) -> Result<u64> {
        let mut count = 0;
        self.version()
            .for_each_leading(sort, View::Both, control, |_| count += 1)?;
        Ok(count)
    }
}

/// A cursor over quads. Owns what it reads from, so it may outlive the handle it came from; it fails with
/// `Closed` once the store is closed.
pub struct Quads {
    pinned: Arc<PinnedVersion>,
    spec: Option<ScanSpec>,
    control: Control,
    scan: Option<crate::run::RunScan>,
    chunk: Chunk,
    next: usize,
}

impl Quads {
    fn new(pinned: Arc<PinnedVersion>, spec: Option<ScanSpec>, control: Control) -> Self {
        Self {
            pinned,
            spec,
            control,
            scan: None,
            chunk: Chunk::default(),
            next: 0,
        }
    }

    fn advance(&mut self) -> Result<Option<Quad>> {
        let Some(spec) = &self.spec else {
            return Ok(None);
        };
        let sort = Sort::from(spec.order);
        loop {
            if self.next == self.chunk.len {
                let scan = match &mut self.scan {
                    Some(scan) => scan,
                    None => self.scan.insert(self.pinned.version().scan_of(spec)?),
                };
                scan.next([true; 4], &mut self.chunk, &self.control)?;
                self.next = 0;
                if self.chunk.len == 0 {
                    self.spec = None;
                    return Ok(None);
                }
            }
            let key = [0, 1, 2, 3].map(|column| self.chunk.columns[column][self.next]);
            self.next += 1;
            let quad = sort.row(&key);
            if spec.graphs.holds(quad[3]) {
                let mut decoder = Decoder::new(self.pinned.version(), &self.control);
                return Ok(Some(Quad::new(
                    subject(decoder.term(Id::from_raw(quad[0]))?)?,
                    named(decoder.term(Id::from_raw(quad[1]))?)?,
                    decoder.term(Id::from_raw(quad[2]))?,
                    decoder.graph(Id::from_raw(quad[3]))?,
                )));
            }
        }
    }
}

impl Iterator for Quads {
    type Item = Result<Quad>;

    /// After an error the cursor is at its end.
    fn next(&mut self) -> Option<Result<Quad>> {
        let quad = self.advance();
        let quad = self.pinned.explain(quad).transpose();
        if matches!(quad, Some(Err(_))) {
            // What it read is not kept for a cursor that has ended.
            self.spec = None;
            self.scan = None;
        }
        quad
    }
}
