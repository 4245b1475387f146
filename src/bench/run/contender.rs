//! An engine of a run with its store of one dataset. It is started when it is needed, and again after it has died.

use super::Options;
use crate::bench::engine::evict::evict;
use crate::bench::engine::memory::Limit;
use crate::bench::engine::process::{Fault, Process};
use crate::bench::engine::protocol::{Done, Work};
use crate::bench::record::{self, FailureKind};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long opening and loading may take, as a multiple of the limit of a query.
const LOAD_LIMITS: u32 = 60;

/// An engine as it is named on the command line.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    pub name: String,
    /// A command of the shell that serves the protocol.
    pub line: String,
    /// Whether it is a program of its own rather than of an interpreter, so that its instructions can be counted.
    pub native: bool,
    /// Whether each round of queries has a process of its own, so that what differs from process to process is in every
    /// run and not between runs.
    pub fresh: bool,
}

/// A command, a directory and, once it is needed, a process.
pub struct Contender<'o> {
    pub command: Command,
    options: &'o Options,
    /// What it has loaded.
    input: PathBuf,
    store: PathBuf,
    log: PathBuf,
    threads: u32,
    // Dropped in this order: a group is removed when its processes are gone.
    process: Option<Process>,
    limit: Option<Limit>,
    introduction: Done,
}

impl<'o> Contender<'o> {
    /// Nothing is started yet. `input` is the file that its store holds.
    pub fn new(command: &Command, options: &'o Options, input: &Path) -> Self {
        let stem = input.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{}-{stem}", command.name);
        Self {
            command: command.clone(),
            options,
            input: input.to_owned(),
            store: options.directory.join(super::STORES).join(&name),
            log: options.directory.join("logs").join(format!("{name}.log")),
            threads: options.threads,
            process: None,
            limit: None,
            introduction: Done::default(),
        }
    }

    /// The same store, served by one thread of a process that is started behind a prefix.
    pub fn behind(&self, prefix: &str) -> Self {
        let mut command = self.command.clone();
        command.line = format!("{prefix} {}", command.line);
        Self {
            store: self.store.clone(),
            threads: 1,
            ..Self::new(&command, self.options, &self.input)
        }
    }

    pub fn name(&self) -> &str {
        &self.command.name
    }

    /// Where the errors of its process go.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Where its answers go, to be digested.
    pub fn answer_file(&self) -> PathBuf {
        self.options.directory.join("answers").join(self.name())
    }

    /// Whether it has its data in memory alone, as it says when it is opened.
    pub fn in_memory(&self) -> bool {
        let storage = self.introduction.settings.get("storage");
        storage.is_some_and(|storage| storage == "memory")
    }

    /// How long a load, or what follows one, may take.
    pub fn load_limit(&self) -> Duration {
        self.options.time_limit * LOAD_LIMITS
    }

    /// A fresh process with an empty store.
    pub fn start_empty(&mut self) -> Result<(), Fault> {
        // What the process before was asked for is done.
        let _ = self.close();
        remove(&self.store)
            .and_then(|()| fs::create_dir_all(&self.store))
            .map_err(|error| io_fault("making a store", &error))?;
        self.open().map(drop)
    }

    /// Opens the store in a fresh process; the reply says how long that took.
    pub fn open(&mut self) -> Result<Done, Fault> {
        self.process = None;
        if let (Some(bytes), None) = (self.options.memory_limit_bytes, &self.limit) {
            // A run without the limit says so in its settings.
            self.limit = Limit::new(self.name(), bytes).ok();
        }
        let mut process = Process::start(&self.command.line, &self.log, self.limit.as_ref())?;
        let work = Work::Open {
            directory: self.store.clone(),
            threads: self.threads,
            memory_bytes: self.options.memory_for_work(),
            sync: self.options.sync,
        };
        let opened = process.call(&work, self.load_limit())?;
        self.process = Some(process);
        self.introduction = opened.clone();
        Ok(opened)
    }

    /// The process with the data; started if there is none.
    pub fn process(&mut self) -> Result<&mut Process, Fault> {
        if self.process.is_none() {
            self.open()?;
            if self.in_memory() {
                let load = Work::Load {
                    file: self.input.clone(),
                };
                self.call_within(&load, self.load_limit())?;
            }
        }
        match &mut self.process {
            Some(process) => Ok(process),
            None => Err(Fault::new(FailureKind::Died, "no process")),
        }
    }

    /// Uses the process, which is given up if it cannot go on.
    pub fn with<T>(
        &mut self,
        work: impl FnOnce(&mut Process) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let result = work(self.process()?);
        if matches!(&result, Err(fault) if fault.is_fatal()) {
            self.process = None;
        }
        result
    }

    pub fn call(&mut self, work: &Work) -> Result<Done, Fault> {
        self.call_within(work, self.options.time_limit)
    }

    pub fn call_within(&mut self, work: &Work, limit: Duration) -> Result<Done, Fault> {
        self.with(|process| process.call(work, limit))
    }

    /// Ends the process in good order.
    pub fn close(&mut self) -> Result<(), Fault> {
        match self.process.take() {
            Some(process) => process.close(self.load_limit()),
            None => Ok(()),
        }
    }

    /// Takes the store out of the page cache; its process must have ended.
    pub fn evict(&self) -> Result<(), Fault> {
        evict(&self.store).map_err(|error| io_fault("evicting the store", &error))
    }

    /// Bytes of all files of the store.
    pub fn disk_bytes(&self) -> u64 {
        bytes_below(&self.store)
    }

    /// What a record says of it.
    pub fn describe(&self) -> record::Engine {
        let mut settings = self.introduction.settings.clone();
        settings.insert("command".to_owned(), self.command.line.clone());
        if let Some(bytes) = self.options.memory_limit_bytes {
            let limit = match &self.limit {
                Some(limit) => limit.describe(),
                None => format!("{bytes} bytes asked, not kept: no control group can be made"),
            };
            settings.insert("memory limit".to_owned(), limit);
        }
        if self.command.fresh {
            let each = "one for each round of queries".to_owned();
            settings.insert("processes".to_owned(), each);
        }
        if !self.command.native {
            let why = "not counted: no native program";
            settings.insert("instructions".to_owned(), why.to_owned());
        }
        record::Engine {
            name: self.command.name.clone(),
            version: self.introduction.version.clone().unwrap_or_default(),
            settings,
        }
    }
}

fn io_fault(what: &str, error: &io::Error) -> Fault {
    Fault::new(FailureKind::Refused, format!("{what}: {error}"))
}

fn remove(directory: &Path) -> io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Files that go while they are counted are not counted.
fn bytes_below(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
