//! The runner: gives the same work to engines, each a process of its own, and records what they took and answered.
//!
//! Workloads of the same data share the stores. The order is: load; then for each workload check all answers, warm up,
//! and take the time in rounds in which the engines take turns; cold executions; instruction counts; updates; reasoning,
//! which starts from empty stores, last. An engine that fails at a subject has no figures for it and the run goes on;
//! the record names what failed.
//!
//! Cost: the answers of one query in memory as digests, 8 bytes an execution; `docs/benchmarks.md` has the overhead.

mod cache_probe;
mod check;
mod client;
mod cold;
mod contender;
mod data;
pub mod digest;
pub mod figures;
mod findings;
mod instructions;
mod load;
mod machine;
mod overhead;
mod queries;
mod reason;
mod settle;
mod source;
pub mod statistics;
mod turns;
mod updates;
pub mod workloads;

pub use contender::Command;

use crate::bench::record::{self, Answer, Machine, Record};
use contender::Contender;
use data::Data;
use figures::Place;
use findings::Findings;
use oxsdatatypes::DateTime;
use queries::Pass;
use source::Source;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use workloads::{Task, Workload};

/// The directory of stores, which live as long as their data are worked on.
const STORES: &str = "stores";

/// When the next request is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// When an earlier one is answered.
    Closed,
    /// At a rate, a second, whatever is answered.
    Open { rate: f64 },
}

/// What is run, on what, and how often.
#[derive(Clone, Debug)]
pub struct Options {
    pub workloads: Vec<Selected>,
    pub engines: Vec<Command>,
    pub rounds: u32,
    /// The most executions of a query in a round.
    pub iterations: u32,
    /// Mixes of a round, of a closed loop: as many for every engine, since each mix has parameters of its own.
    pub mixes: u32,
    /// For how long the mixes of a round of a closed loop are run again, as whole mixes; each runs at least once.
    pub mix_duration: Duration,
    /// How long a query is repeated before it is measured, alone or in mixes.
    pub warm_up: Duration,
    /// Mixes whose answers are compared, before any is timed.
    pub checked_mixes: u32,
    /// Mixes before those that are measured.
    pub warm_up_mixes: u32,
    /// After which no more executions of a query begin in a round; how long requests arrive in an open loop.
    pub duration: Duration,
    /// Clients of a closed loop.
    pub concurrency: u32,
    pub pace: Pace,
    /// With queries parsed each time, and with prepared ones, one after the other.
    pub prepared: Vec<bool>,
    pub cold: bool,
    pub instructions: bool,
    /// Threads that an engine works with.
    pub threads: u32,
    /// What an engine may use for caches and work; none: its own default.
    pub memory_bytes: Option<u64>,
    /// What the kernel lets an engine's process use, page cache included.
    pub memory_limit_bytes: Option<u64>,
    /// Whether commits wait for the device.
    pub sync: bool,
    pub seed: u64,
    /// How long a query or update may take; a load may take 60 times as long.
    pub time_limit: Duration,
    /// Where data are kept for later runs, and stores, logs and answers for this one.
    pub directory: PathBuf,
    /// Given and derived triples, for workloads on closed data.
    pub closed: Option<PathBuf>,
    /// An earlier record, whose answers must be given again.
    pub expected: Vec<Answer>,
    /// For the record.
    pub command: Vec<String>,
}

/// A workload at a scale.
#[derive(Clone, Copy)]
pub struct Selected {
    pub workload: &'static Workload,
    /// None: that of its dataset.
    pub scale: Option<u64>,
}

impl std::fmt::Debug for Selected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{:?}", self.workload.name, self.scale)
    }
}

impl Options {
    /// What engines are told to use: without a choice, half of what the kernel lets them have.
    fn memory_for_work(&self) -> Option<u64> {
        let half = self.memory_limit_bytes.map(|bytes| bytes / 2);
        self.memory_bytes.or(half)
    }

    /// What is expected for an answer, by whichever engine gave it.
    fn expected(&self, answer: &Answer) -> Option<&Answer> {
        self.expected.iter().find(|expected| {
            expected.workload == answer.workload && expected.subject == answer.subject
        })
    }
}

/// What a run leaves.
#[derive(Debug)]
pub struct Ran {
    pub record: Record,
    /// Whether an answer was wrong or an engine died.
    pub broken: bool,
}

/// Runs everything. Errors: those of files of its own; what engines do wrong is in the record.
pub fn run(options: &Options, progress: &mut dyn FnMut(&str)) -> io::Result<Ran> {
    for directory in ["logs", "answers"] {
        fs::create_dir_all(options.directory.join(directory))?;
    }
    let started = DateTime::now().to_string();
    let mut findings = Findings::new(progress);
    for (data, workloads) in by_data(&options.workloads)? {
        let file = data.file(options, &mut findings)?;
        let mut contenders: Vec<_> = options
            .engines
            .iter()
            .map(|command| Contender::new(command, options, &file))
            .collect();
        work_on(
            &data,
            &file,
            &workloads,
            &mut contenders,
            options,
            &mut findings,
        );
        for contender in &mut contenders {
            // All that was to be measured has been.
            let _ = contender.close();
        }
        // Stores that stay behind are in the way of nothing: a load begins with an empty one.
        let _ = fs::remove_dir_all(options.directory.join(STORES));
    }
    let broken = findings.is_broken();
    let record = Record {
        format: record::FORMAT,
        started,
        command: options.command.clone(),
        machine: Machine {
            cache_latency_ns: findings.cache.samples().to_vec(),
            ..machine::describe(&options.directory)
        },
        engines: in_order(&options.engines, &mut findings.engines),
        latencies: findings.latencies(),
        figures: findings.figures.into_inner(),
        answers: findings.answers,
        failures: findings.failures,
    };
    Ok(Ran { record, broken })
}

/// The engines as they were named.
fn in_order(
    commands: &[Command],
    engines: &mut BTreeMap<String, record::Engine>,
) -> Vec<record::Engine> {
    let known = commands.iter().map(|command| engines.remove(&command.name));
    known.flatten().collect()
}

/// Workloads of the same data together, in the order they are first named.
fn by_data(selected: &[Selected]) -> io::Result<Vec<(Data, Vec<&'static Workload>)>> {
    let mut groups: Vec<(Data, Vec<&Workload>)> = Vec::new();
    for Selected { workload, scale } in selected {
        let kind = workload.kind().ok_or_else(|| {
            io::Error::other(format!(
                "{} has no dataset {}",
                workload.name, workload.dataset
            ))
        })?;
        let data = Data {
            kind,
            scale: scale.unwrap_or(kind.scale),
            closed: workload.closed,
        };
        match groups
            .iter_mut()
            .find(|(known, _)| known.name() == data.name())
        {
            Some((_, workloads)) => workloads.push(workload),
            None => groups.push((data, vec![workload])),
        }
    }
    Ok(groups)
}

/// What figures call data. In little memory the same data is another matter.
fn dataset(data: &Data, options: &Options) -> String {
    match options.memory_limit_bytes {
        Some(bytes) => format!("{} in {} MB", data.name(), bytes / 1_000_000),
        None => data.name(),
    }
}

/// What figures call a workload on data.
fn label(data: &Data, workload: &Workload, options: &Options, prepared: bool) -> String {
    let mut label = dataset(data, options);
    if !workload.label.is_empty() {
        label.push_str(&format!(" {}", workload.label));
    }
    if prepared {
        label.push_str(" prepared");
    }
    if options.concurrency > 1 {
        label.push_str(&format!(" x{}", options.concurrency));
    }
    if let Pace::Open { rate } = options.pace {
        label.push_str(&format!(" at {rate}/s"));
    }
    label
}

/// All workloads of some data, on stores that have them.
fn work_on(
    data: &Data,
    file: &Path,
    workloads: &[&Workload],
    contenders: &mut Vec<Contender<'_>>,
    options: &Options,
    findings: &mut Findings<'_>,
) {
    let name = dataset(data, options);
    let loads = workloads
        .iter()
        .any(|workload| matches!(workload.task, Task::Load));
    let rounds = if loads { options.rounds } else { 1 };
    load::load(&name, file, rounds, contenders, findings);
    for contender in contenders.iter() {
        let engine = contender.describe();
        findings.engines.insert(engine.name.clone(), engine);
    }
    // What is not there cannot be asked for.
    contenders.retain(|contender| {
        !findings.has_failed(&Place::new(&name, load::SUBJECT, contender.name()))
    });
    overhead::measure(contenders, options, findings);
    for workload in workloads {
        let sources = match workload.task {
            Task::Queries(queries) => queries(data.scale)
                .into_iter()
                .map(|query| Source::query(query, None))
                .collect(),
            Task::Promised(queries) => queries(data.scale)
                .into_iter()
                .map(|asked| Source::query(asked.query, asked.rows))
                .collect(),
            Task::Mixes(mixes) => vec![Source::mixes(mixes(data.scale, options.seed))],
            Task::Load | Task::Updates | Task::Reason => Vec::new(),
        };
        if !sources.is_empty() {
            ask(data, workload, &sources, contenders, options, findings);
        }
    }
    for workload in workloads {
        if let Task::Updates = workload.task {
            let workload = label(data, workload, options, false);
            updates::measure(&workload, contenders, options, findings);
        }
    }
    for workload in workloads {
        if let Task::Reason = workload.task {
            reason::measure(&name, file, contenders, options, findings);
        }
    }
}

/// The queries of a workload, in every way that was asked for.
fn ask(
    data: &Data,
    workload: &Workload,
    sources: &[Source],
    contenders: &mut [Contender<'_>],
    options: &Options,
    findings: &mut Findings<'_>,
) {
    for (number, &prepared) in (0..).zip(&options.prepared) {
        let pass = Pass {
            workload: &label(data, workload, options, prepared),
            options,
            prepared,
            number,
        };
        queries::measure(&pass, sources, contenders, findings);
    }
    let workload = label(data, workload, options, false);
    if options.cold {
        for source in sources {
            cold::measure(&workload, &source.texts(), contenders, options, findings);
        }
    }
    if options.instructions {
        instructions::measure(&workload, sources, contenders, findings);
    }
}
