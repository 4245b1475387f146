//! Oxigraph on its RocksDB store, as its documentation tells to use it: bulk loader, strict parsing, its own serializers.

mod background;

use engine::protocol::{Done, Work};
use engine::{Engine, Failure, Opening, Sink};
use oxigraph::io::{RdfFormat, RdfSerializer};
use oxigraph::sparql::results::{QueryResultsFormat, QueryResultsSerializer};
use oxigraph::sparql::{PreparedSparqlQuery, QueryResults, SparqlEvaluator};
use oxigraph::store::Store;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{PoisonError, RwLock};
use std::time::Instant;

struct Oxigraph {
    store: Store,
    opening: Opening,
    prepared: RwLock<HashMap<String, PreparedSparqlQuery>>,
}

impl Engine for Oxigraph {
    const NAME: &'static str = "oxigraph";
    const PACKAGE: &'static str = "oxigraph";

    fn open(opening: Opening) -> Result<Self, Failure> {
        Ok(Self {
            store: Store::open(&opening.directory)?,
            opening,
            prepared: RwLock::default(),
        })
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let load = match self.load_megabytes() {
            Some(size) => format!("{size} MB"),
            None => "2 GB a thread".to_owned(),
        };
        engine::settings(&[
            ("storage", "disk (RocksDB)".to_owned()),
            (
                "threads",
                format!("{}, the bulk loader too", self.opening.threads),
            ),
            (
                "memory",
                format!(
                    "bulk loader {load}; RocksDB as Oxigraph sets it: block caches 32 MB (indexes) and 128 MB (strings), write buffers 512 MB"
                ),
            ),
            ("durability", "os_buffered (not settable)".to_owned()),
            ("result cache", "none".to_owned()),
            ("prepared", "parsed once, planned each time".to_owned()),
            ("parser", "strict".to_owned()),
            ("output", "SPARQL JSON, N-Triples".to_owned()),
        ])
    }

    fn work(&self, work: &Work) -> Result<Done, Failure> {
        match work {
            Work::Load { file } => self.load(file),
            Work::Quiesce => {
                let start = Instant::now();
                self.store.flush()?;
                Ok(background::quiesce(start)?)
            }
            Work::Flush => {
                let start = Instant::now();
                self.store.flush()?;
                Ok(engine::since(start))
            }
            Work::Query {
                text,
                prepared,
                file,
            } => self.query(text, *prepared, file.as_deref()),
            Work::Update { text } => {
                let start = Instant::now();
                let update = SparqlEvaluator::new().parse_update(text)?;
                update.on_store(&self.store).execute()?;
                Ok(engine::since(start))
            }
            Work::Nothing => Ok(Done::default()),
            Work::Reason { .. }
            | Work::Fork
            | Work::All { .. }
            | Work::Open { .. }
            | Work::Close => Err(Failure::Unsupported),
        }
    }
}

impl Oxigraph {
    /// What the bulk loader may use; none: its default.
    fn load_megabytes(&self) -> Option<usize> {
        self.opening
            .memory_bytes
            .map(|bytes| (bytes >> 20) as usize)
    }

    fn load(&self, file: &Path) -> Result<Done, Failure> {
        let format =
            RdfFormat::from_extension(engine::extension(file)).ok_or(Failure::Unsupported)?;
        let start = Instant::now();
        let mut loader = self
            .store
            .bulk_loader()
            .with_num_threads(self.opening.threads as usize);
        if let Some(size) = self.load_megabytes() {
            loader = loader.with_max_memory_size_in_megabytes(size);
        }
        loader.parallel_load_from_file(format, file)?;
        loader.commit()?;
        Ok(engine::since(start))
    }

    fn query(&self, text: &str, prepared: bool, file: Option<&Path>) -> Result<Done, Failure> {
        let kept = prepared.then(|| self.prepared(text)).transpose()?;
        let mut sink = Sink::start(file)?;
        let query = match kept {
            Some(query) => query,
            None => SparqlEvaluator::new().parse_query(text)?,
        };
        let json = QueryResultsSerializer::from_format(QueryResultsFormat::Json);
        let mut rows = 0;
        match query.on_store(&self.store).execute()? {
            QueryResults::Solutions(solutions) => {
                let variables = solutions.variables().to_vec();
                let mut out = json.serialize_solutions_to_writer(&mut sink, variables)?;
                for solution in solutions {
                    out.serialize(&solution?)?;
                    rows += 1;
                }
                out.finish()?;
            }
            QueryResults::Boolean(answer) => {
                json.serialize_boolean_to_writer(&mut sink, answer)?;
                rows = 1;
            }
            QueryResults::Graph(triples) => {
                let mut out = RdfSerializer::from_format(RdfFormat::NTriples).for_writer(&mut sink);
                for triple in triples {
                    out.serialize_triple(&triple?)?;
                    rows += 1;
                }
                out.finish()?;
            }
        }
        Ok(sink.finish(rows)?)
    }

    fn prepared(&self, text: &str) -> Result<PreparedSparqlQuery, Failure> {
        let kept = self.prepared.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(query) = kept.get(text) {
            return Ok(query.clone());
        }
        drop(kept);
        let query = SparqlEvaluator::new().parse_query(text)?;
        let mut kept = self
            .prepared
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        kept.insert(text.to_owned(), query.clone());
        Ok(query)
    }
}

fn main() -> std::io::Result<()> {
    engine::serve_parallel::<Oxigraph>()
}
