//! This library as an engine: what `triplestore bench engine` runs.
//!
//! As many threads as the store was opened with take requests from one queue, so that a reply waits for no other. The
//! engine has no cache of results; the texts of prepared queries are parsed once, and planned once for each version.

use super::fork::fork;
use super::protocol::{Done, Failed, Outcome, Reply, Request, Work};
use crate::config::Config;
use crate::control::Control;
use crate::database::{Database, LoadOptions, UpdateOptions};
use crate::error::{Code, Error, Result};
use crate::query::{Prepared, QueryOptions, WriteOptions};
use parking_lot::{Mutex, RwLock};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

const BUFFER_BYTES: usize = 64 << 10;

/// Serves until `Close` or the end of the input. Errors: `Io`; what a work meets is said in its reply.
pub fn serve(input: impl BufRead, output: impl Write + Send) -> Result<()> {
    let output = Mutex::new(output);
    let mut requests = input.lines().map(parse);
    let Some(engine) = opened(&mut requests, &output)? else {
        return Ok(());
    };
    let (works, queue) = channel::<Request>();
    let queue = Mutex::new(queue);
    let closing: Result<Option<u64>> = std::thread::scope(|scope| {
        for _ in 0..engine.threads {
            scope.spawn(|| work(&engine, &queue, &output));
        }
        let works = works;
        for request in requests {
            let request = request?;
            if request.work == Work::Close {
                return Ok(Some(request.id));
            }
            if works.send(request).is_err() {
                break;
            }
        }
        Ok(None)
        // The sender is dropped, so that the threads end after what they were sent.
    });
    match closing? {
        Some(id) => reply(
            &output,
            id,
            timed(|| engine.database.close().map(|()| Done::default())),
        ),
        None => engine.database.close(),
    }
}

/// The engine once a request has opened it; `None` if there was none.
fn opened(
    requests: &mut impl Iterator<Item = Result<Request>>,
    output: &Mutex<impl Write>,
) -> Result<Option<Engine>> {
    for request in requests {
        let Request { id, work } = request?;
        let Work::Open {
            directory,
            threads,
            memory_bytes,
            sync,
        } = work
        else {
            let error = Error::new(Code::InvalidArgument, "no store is open");
            reply(output, id, Err(error))?;
            continue;
        };
        let mut engine = None;
        let done = timed(|| {
            let opened = Engine::open(&directory, threads, memory_bytes, sync)?;
            Ok(engine.insert(opened).introduction())
        });
        reply(output, id, done)?;
        if engine.is_some() {
            return Ok(engine);
        }
    }
    Ok(None)
}

/// Works on requests until there are no more.
fn work(engine: &Engine, queue: &Mutex<Receiver<Request>>, output: &Mutex<impl Write>) {
    loop {
        // The lock is held while waiting: whoever has it takes the next request.
        let request = queue.lock().recv();
        let Ok(request) = request else {
            return;
        };
        let done = engine.run(&request.work);
        // A runner that has gone hears nothing.
        if reply(output, request.id, done).is_err() {
            return;
        }
    }
}

fn parse(line: io::Result<String>) -> Result<Request> {
    let line = line.map_err(|error| stream("reading a request", error))?;
    serde_json::from_str(&line)
        .map_err(|error| Error::new(Code::InvalidInput, format!("no request: {error}: {line}")))
}

/// What is done, with the time it took.
fn timed(work: impl FnOnce() -> Result<Done>) -> Result<Done> {
    let started = Instant::now();
    let done = work()?;
    let nanoseconds = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
    Ok(Done {
        nanoseconds,
        ..done
    })
}

fn reply(output: &Mutex<impl Write>, id: u64, done: Result<Done>) -> Result<()> {
    let outcome = match done {
        Ok(done) => Outcome::Done(done),
        Err(error) => Outcome::Failed(Failed {
            unsupported: error.code() == Code::QueryUnsupported,
            message: error.detail().to_owned(),
        }),
    };
    let mut line = serde_json::to_vec(&Reply { id, outcome })
        .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    line.push(b'\n');
    let mut output = output.lock();
    output
        .write_all(&line)
        .and_then(|()| output.flush())
        .map_err(|error| stream("writing a reply", error))
}

fn stream(what: &str, error: io::Error) -> Error {
    Error::new(Code::Io, format!("{what}: {error}")).because(error)
}

struct Engine {
    database: Database,
    threads: u32,
    prepared: RwLock<HashMap<String, Prepared>>,
}

impl Engine {
    fn open(directory: &Path, threads: u32, memory_bytes: Option<u64>, sync: bool) -> Result<Self> {
        let mut config = Config::default();
        config.set("threads", &threads.to_string())?;
        config.set("durability", if sync { "sync" } else { "os_buffered" })?;
        if let Some(bytes) = memory_bytes {
            config.set("memory_budget_bytes", &bytes.to_string())?;
        }
        Ok(Self {
            database: Database::open(directory, &config)?,
            threads: threads.max(1),
            prepared: RwLock::default(),
        })
    }

    /// What the runner is told about the engine.
    fn introduction(&self) -> Done {
        let config = self.database.config();
        let setting = |name: &str| (name.to_owned(), config.get(name).unwrap_or_default());
        let mut settings: BTreeMap<String, String> =
            ["threads", "durability", "memory_budget_bytes"]
                .map(setting)
                .into();
        for (name, value) in [
            ("storage", "disk"),
            ("result cache", "none"),
            ("prepared", "parsed once, planned once for each version"),
            ("parser", "strict"),
            ("output", "SPARQL JSON, N-Triples"),
        ] {
            settings.insert(name.to_owned(), value.to_owned());
        }
        Done {
            engine: Some("triplestore".to_owned()),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            settings,
            ..Done::default()
        }
    }

    /// Does a work and takes its time, of which preparing a query is no part.
    fn run(&self, work: &Work) -> Result<Done> {
        let prepared = match work {
            Work::Query {
                text,
                prepared: true,
                ..
            } => Some(self.prepare(text)?),
            _ => None,
        };
        timed(|| self.work(work, prepared))
    }

    /// Does a work; a query that is prepared comes with it.
    fn work(&self, work: &Work, prepared: Option<Prepared>) -> Result<Done> {
        let control = Control::new();
        let changed = |rows| Done {
            rows,
            ..Done::default()
        };
        match work {
            Work::Load { file } => {
                let loaded =
                    self.database
                        .load_files(&[file], &LoadOptions::default(), &control)?;
                Ok(changed(loaded.inserted))
            }
            Work::Quiesce => self.database.quiesce(&control).map(|()| changed(0)),
            Work::Flush => {
                self.database.store().spill(&control)?;
                self.database.sync().map(|()| changed(0))
            }
            Work::Query { text, file, .. } => {
                let query = match prepared {
                    Some(query) => query,
                    None => Prepared::new(text, &self.database.parse_options())?,
                };
                self.query(&query, file.as_deref())
            }
            Work::Update { text } => {
                let done = self
                    .database
                    .update(text, &UpdateOptions::default(), &control)?;
                Ok(changed(done.inserted + done.deleted))
            }
            Work::Nothing => Ok(changed(0)),
            Work::Fork => fork()
                .map(|()| changed(0))
                .map_err(|error| stream("forking", error)),
            Work::All { works } => {
                let each = works.iter().map(|work| self.run(work));
                Ok(Done {
                    each: each.collect::<Result<_>>()?,
                    ..Done::default()
                })
            }
            Work::Reason { .. } => Err(Error::new(
                Code::QueryUnsupported,
                "the library has no reasoner",
            )),
            Work::Open { .. } | Work::Close => {
                Err(Error::new(Code::InvalidArgument, "a store is open already"))
            }
        }
    }

    fn query(&self, query: &Prepared, file: Option<&Path>) -> Result<Done> {
        let snapshot = self.database.snapshot()?;
        let options = snapshot.options(&QueryOptions::default());
        let mut rows = query.rows(&snapshot.source(), &options, &self.database.query_control())?;
        let out: Box<dyn Write> = match file {
            Some(path) => {
                let file =
                    File::create(path).map_err(|error| Error::io("creating", path, error))?;
                Box::new(BufWriter::with_capacity(BUFFER_BYTES, file))
            }
            None => Box::new(io::sink()),
        };
        let mut out = Counted { out, bytes: 0 };
        let is_ask = rows.shape().kind == crate::query::ResultKind::Ask;
        let written = rows.write(&WriteOptions::default(), &mut out)?;
        out.flush()
            .map_err(|error| stream("writing an answer", error))?;
        Ok(Done {
            rows: if is_ask { 1 } else { written },
            bytes: out.bytes,
            ..Done::default()
        })
    }

    /// The query of a text, which is kept.
    fn prepare(&self, text: &str) -> Result<Prepared> {
        if let Some(known) = self.prepared.read().get(text) {
            return Ok(known.clone());
        }
        let query = Prepared::new(text, &self.database.parse_options())?;
        self.prepared.write().insert(text.to_owned(), query.clone());
        Ok(query)
    }
}

/// A writer that counts.
struct Counted<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// The replies to works that are sent at once, by id from 1.
    fn replies(works: Vec<Work>) -> HashMap<u64, Outcome> {
        let mut input = String::new();
        for (id, work) in (1..).zip(works) {
            input.push_str(&serde_json::to_string(&Request { id, work }).unwrap());
            input.push('\n');
        }
        let mut output = Vec::new();
        serve(input.as_bytes(), &mut output).unwrap();
        let text = String::from_utf8(output).unwrap();
        text.lines()
            .map(|line| serde_json::from_str::<Reply>(line).unwrap())
            .map(|reply| (reply.id, reply.outcome))
            .collect()
    }

    fn scratch(name: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("triplestore-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        path
    }

    fn query(text: &str, file: Option<std::path::PathBuf>) -> Work {
        Work::Query {
            text: text.to_owned(),
            prepared: true,
            file,
        }
    }

    #[test]
    fn works_are_answered_each_with_its_id() {
        let directory = scratch("serve");
        let answer = directory.with_extension("json");
        let replies = replies(vec![
            Work::Nothing,
            Work::Open {
                directory: directory.clone(),
                threads: 1,
                memory_bytes: Some(256 << 20),
                sync: false,
            },
            Work::Update {
                text: "INSERT DATA { <http://e/a> <http://e/b> 1, 2 }".to_owned(),
            },
            query("SELECT ?o { ?s ?p ?o }", Some(answer.clone())),
            query("ASK { ?s ?p 3 }", None),
            query("CONSTRUCT WHERE { ?s ?p ?o }", None),
            query("SELECT", None),
            Work::Reason { file: None },
            Work::Flush,
            Work::Quiesce,
            Work::All {
                works: vec![query("ASK { ?s ?p 1 }", None), Work::Nothing],
            },
            Work::All {
                works: vec![Work::Nothing, query("SELECT", None)],
            },
            Work::Close,
        ]);
        let done = |id: u64| match &replies[&id] {
            Outcome::Done(done) => done,
            failed => panic!("{id}: {failed:?}"),
        };
        let unsupported = |id: u64| match &replies[&id] {
            Outcome::Failed(failed) => failed.unsupported,
            done => panic!("{id}: {done:?}"),
        };
        assert!(!unsupported(1) && !unsupported(7) && unsupported(8));
        assert_eq!(done(2).settings["durability"], "os_buffered");
        assert_eq!([3, 4, 5, 6].map(|id| done(id).rows), [2, 2, 1, 2]);
        assert_eq!(done(4).bytes, std::fs::metadata(&answer).unwrap().len());
        assert!(done(4).nanoseconds > 0);
        let each: Vec<u64> = done(11).each.iter().map(|done| done.rows).collect();
        assert_eq!(each, [1, 0]);
        assert!(done(11).each[0].nanoseconds > 0);
        assert!(!unsupported(12));
        assert_eq!(replies.len(), 13);
        std::fs::remove_file(answer).unwrap();
        std::fs::remove_dir_all(directory).unwrap();
    }
}
