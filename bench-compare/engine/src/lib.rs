//! What engines written in Rust share: the loop over requests, the clock, and where answers go.
//!
//! The protocol is the runner's own source file, so that the two cannot differ; so is forking. Time is taken here only
//! for closing and for several works at once; an engine takes it around its own work. Cost beside the work: reading one
//! line and writing one.

#[path = "../../../src/bench/engine/fork.rs"]
mod fork;
#[path = "../../../src/bench/engine/protocol.rs"]
pub mod protocol;
mod sink;

pub use sink::Sink;

use protocol::{Done, Failed, Outcome, Reply, Request, Work};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Instant;

/// What is asked of the store when it is opened.
pub struct Opening {
    pub directory: PathBuf,
    pub threads: u32,
    pub memory_bytes: Option<u64>,
    pub sync: bool,
}

pub trait Engine: Sized {
    const NAME: &'static str;
    /// The package whose version in the lockfile is the engine's.
    const PACKAGE: &'static str;

    fn open(opening: Opening) -> Result<Self, Failure>;
    /// What it runs with, as reports show it.
    fn settings(&self) -> BTreeMap<String, String>;
    /// Does one work, which is none of opening, closing and forking.
    fn work(&self, work: &Work) -> Result<Done, Failure>;
}

/// Why there is no answer.
pub enum Failure {
    /// The engine has no such work.
    Unsupported,
    Failed(String),
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message = format!("{message}: {cause}");
            source = cause.source();
        }
        Self::Failed(message)
    }
}

/// Answers the requests of standard input one after the other, and returns at its end or after `close`.
pub fn serve<E: Engine>() -> io::Result<()> {
    let mut lines = io::stdin().lock().lines();
    let Some((engine, _)) = open::<E>(&mut lines)? else {
        return Ok(());
    };
    let closing = until_close(lines, |request| {
        reply(request.id, work(&engine, &request.work))
    })?;
    close(engine, closing)
}

/// Hands over the requests before `close`, whose id is returned if it comes.
fn until_close(
    lines: impl Iterator<Item = io::Result<String>>,
    mut work: impl FnMut(Request) -> io::Result<()>,
) -> io::Result<Option<u64>> {
    for line in lines {
        let request = read(&line?)?;
        if request.work == Work::Close {
            return Ok(Some(request.id));
        }
        work(request)?;
    }
    Ok(None)
}

/// As [`serve`], with as many requests at once as `open` has threads.
pub fn serve_parallel<E: Engine + Sync>() -> io::Result<()> {
    let mut lines = io::stdin().lock().lines();
    let Some((engine, threads)) = open::<E>(&mut lines)? else {
        return Ok(());
    };
    let (sender, receiver) = mpsc::channel::<Request>();
    let receiver = Mutex::new(receiver);
    let next = || {
        let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
        receiver.recv().ok()
    };
    let closing = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1))
            .map(|_| {
                scope.spawn(|| {
                    while let Some(request) = next() {
                        reply(request.id, work(&engine, &request.work))?;
                    }
                    io::Result::Ok(())
                })
            })
            .collect();
        let closing = until_close(lines, |request| {
            sender.send(request).map_err(io::Error::other)
        })?;
        drop(sender);
        for worker in workers {
            worker
                .join()
                .map_err(|_| io::Error::other("a worker panicked"))??;
        }
        io::Result::Ok(closing)
    })?;
    close(engine, closing)
}

/// One work, or several one after the other.
fn work<E: Engine>(engine: &E, asked: &Work) -> Result<Done, Failure> {
    match asked {
        Work::All { works } => {
            let start = Instant::now();
            let each = works.iter().map(|asked| work(engine, asked));
            Ok(Done {
                each: each.collect::<Result<_, _>>()?,
                ..since(start)
            })
        }
        Work::Fork => {
            fork::fork()?;
            Ok(Done::default())
        }
        asked => engine.work(asked),
    }
}

/// The first request, which has to be `open`: the engine and its threads, or nothing if it cannot be opened.
fn open<E: Engine>(
    lines: &mut impl Iterator<Item = io::Result<String>>,
) -> io::Result<Option<(E, u32)>> {
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    let request = read(&line?)?;
    let Work::Open {
        directory,
        threads,
        memory_bytes,
        sync,
    } = request.work
    else {
        return Err(io::Error::other("the first request is not open"));
    };
    let opening = Opening {
        directory,
        threads,
        memory_bytes,
        sync,
    };
    let start = Instant::now();
    match E::open(opening) {
        Ok(engine) => {
            let done = Done {
                engine: Some(E::NAME.to_owned()),
                version: version(E::PACKAGE),
                settings: engine.settings(),
                ..since(start)
            };
            reply(request.id, Ok(done))?;
            Ok(Some((engine, threads)))
        }
        Err(failure) => {
            reply(request.id, Err(failure))?;
            Ok(None)
        }
    }
}

fn close<E: Engine>(engine: E, request: Option<u64>) -> io::Result<()> {
    let start = Instant::now();
    drop(engine);
    match request {
        Some(id) => reply(id, Ok(since(start))),
        None => Ok(()),
    }
}

fn read(line: &str) -> io::Result<Request> {
    serde_json::from_str(line).map_err(|error| io::Error::other(format!("{error} in {line}")))
}

fn reply(id: u64, outcome: Result<Done, Failure>) -> io::Result<()> {
    let outcome = match outcome {
        Ok(done) => Outcome::Done(done),
        Err(Failure::Unsupported) => Outcome::Failed(Failed {
            unsupported: true,
            message: "not supported".to_owned(),
        }),
        Err(Failure::Failed(message)) => Outcome::Failed(Failed {
            unsupported: false,
            message,
        }),
    };
    let mut line = serde_json::to_string(&Reply { id, outcome })?;
    line.push('\n');
    let mut output = io::stdout().lock();
    output.write_all(line.as_bytes())?;
    output.flush()
}

/// Nothing but the time since `start`.
pub fn since(start: Instant) -> Done {
    Done {
        nanoseconds: start.elapsed().as_nanos() as u64,
        ..Done::default()
    }
}

/// The version of a package, as the lockfile has it.
fn version(package: &str) -> Option<String> {
    let (_, rest) = include_str!("../../Cargo.lock")
        .split_once(&format!("name = \"{package}\"\nversion = \""))?;
    rest.split('"').next().map(str::to_owned)
}

/// The settings of a table, owned.
pub fn settings(table: &[(&str, String)]) -> BTreeMap<String, String> {
    table
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

/// The end of a file's name, which says its syntax.
pub fn extension(file: &Path) -> &str {
    file.extension()
        .and_then(|name| name.to_str())
        .unwrap_or("")
}
