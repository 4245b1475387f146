//! `triplestore bench run`.

use super::records;
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::output::{Output, write_error};
use clap::error::ErrorKind;
use clap::{Args, ValueEnum};
use std::io::Write;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use triplestore::bench::report;
use triplestore::bench::run::workloads::{self, WORKLOADS};
use triplestore::bench::run::{self, Command, Options, Pace, Selected};
use triplestore::error::{Code, Error, Result};

/// No time that is given is longer, so that none overflows a clock; loads may take 60 times as long as what it limits.
const SECONDS_MAX: f64 = 1e9;

/// No open loop has more requests in a round: all of them are kept until they are figures.
const REQUESTS_MAX: f64 = 1e7;

/// Our own name among the engines.
const OURS: &str = "triplestore";

/// Give the same work to engines in turns, check their answers, and record what they took
#[derive(Args)]
#[command(after_help = workloads_help())]
pub struct Run {
    /// What is measured, at a scale of its own if it has one; may be repeated
    #[arg(long, value_name = "NAME[:SCALE]", required = true)]
    workload: Vec<Asked>,
    /// Scale of workloads that have none of their own
    #[arg(long, value_name = "N")]
    scale: Option<NonZeroU64>,
    /// An engine: a name and a shell command that serves the protocol, or `triplestore` for this program; may be repeated
    #[arg(long, value_name = "NAME[=COMMAND]", default_value = OURS)]
    engine: Vec<Contender>,
    /// An engine that is a native program, whose instructions can be counted; may be repeated
    #[arg(long, value_name = "NAME")]
    native: Vec<String>,
    /// An engine that is started anew for each round of queries, with a part of the warm-up before each; may be repeated
    #[arg(long, value_name = "NAME")]
    fresh: Vec<String>,
    /// Rounds in which the engines take turns
    #[arg(long, value_name = "N", default_value_t = 7)]
    rounds: u32,
    /// The most executions of a query a round
    #[arg(long, value_name = "N", default_value_t = 100)]
    iterations: u32,
    /// Mixes a round, each with new parameters, the same ones for every engine
    #[arg(long, value_name = "N", default_value_t = 10)]
    mixes: u32,
    /// Seconds for which the mixes of a round are run again; without, each runs once
    #[arg(long, value_name = "SECONDS")]
    mix_duration: Option<f64>,
    /// Seconds for which a query, alone or of a mix, is repeated before its first round; compilers at run time need some
    #[arg(long, value_name = "SECONDS", default_value_t = 0.5)]
    warm_up: f64,
    /// Mixes whose answers are compared between engines; those of later ones are counted
    #[arg(long, value_name = "N", default_value_t = 3)]
    checked_mixes: u32,
    /// Mixes before the first round
    #[arg(long, value_name = "N", default_value_t = 20)]
    warm_up_mixes: u32,
    /// Seconds after which a round begins no more executions of a query; in an open loop, how long requests arrive
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    duration: f64,
    /// Clients, each with one request under way
    #[arg(long, value_name = "N", default_value_t = 1)]
    concurrency: u32,
    /// Open loop: requests a second, whatever is answered
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// Whether queries are prepared once and used again
    #[arg(long, value_enum, default_value_t, value_name = "CHOICE")]
    prepared: Preparation,
    /// Also measure first executions, in fresh processes, without the store in the page cache
    #[arg(long)]
    cold: bool,
    /// Also count instructions of native engines, with valgrind
    #[arg(long)]
    instructions: bool,
    /// Threads of each engine [default: as many as clients, at least 2]
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
    /// Memory for caches and work, in MB [default: that of each engine]
    #[arg(long, value_name = "MB")]
    memory: Option<u64>,
    /// Memory of each engine's process, page cache included, kept by the kernel, in MB
    #[arg(long, value_name = "MB")]
    memory_limit: Option<u64>,
    /// Let commits wait for the device
    #[arg(long)]
    sync: bool,
    /// Of data and parameters
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Seconds a query or update may take; a load may take 60 times as long
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    time_limit: f64,
    /// Directory for data, which are kept, and stores, which are not
    #[arg(long, value_name = "DIR", default_value = "bench-data")]
    data: PathBuf,
    /// Given and derived triples, for workloads on closed data [default: made by an engine that reasons]
    #[arg(long, value_name = "FILE")]
    closed: Option<PathBuf>,
    /// An earlier record, whose answers must be given again
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Where the record goes, as JSON [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also a page with charts
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Preparation {
    /// Parsed and planned each time
    #[default]
    Off,
    On,
    /// Both, one after the other
    Both,
}

/// A workload, maybe with a scale.
#[derive(Clone)]
struct Asked {
    workload: &'static workloads::Workload,
    scale: Option<NonZeroU64>,
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, scale) = match text.split_once(':') {
            Some((name, scale)) => (name, Some(scale)),
            None => (text, None),
        };
        let workload = workloads::find(name).ok_or("there is no such workload; --help has them")?;
        let scale = match scale {
            Some(scale) => Some(scale.parse().map_err(|_| "a scale is a number from 1")?),
            None => None,
        };
        Ok(Self { workload, scale })
    }
}

/// An engine, maybe with a command.
#[derive(Clone)]
struct Contender {
    name: String,
    line: Option<String>,
}

impl FromStr for Contender {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, line) = match text.split_once('=') {
            Some((name, line)) => (name, Some(line.to_owned())),
            None => (text, None),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        match name.is_empty() || !name.chars().all(plain) {
            true => Err("a name has letters, digits, - _ . only".to_owned()),
            false => Ok(Self {
                name: name.to_owned(),
                line,
            }),
        }
    }
}

/// The workloads as the end of the help text.
fn workloads_help() -> String {
    let mut text = String::from("Workloads:\n");
    for workload in WORKLOADS {
        text.push_str(&format!("  {:<16} {}\n", workload.name, workload.about));
    }
    text
}

impl Run {
    pub fn run(&self) -> Outcome {
        let options = self.options()?;
        let ran = run::run(&options, &mut |what| eprintln!("{what}"))
            .map_err(|error| Error::new(Code::Io, error.to_string()).because(error))?;
        let mut out = match &self.out {
            Some(path) => Output::file(path)?,
            None => Output::stdout()?,
        };
        let text = serde_json::to_string_pretty(&ran.record)
            .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
        writeln!(out, "{text}").map_err(write_error)?;
        out.finish()?;
        if let Some(path) = &self.report {
            let mut page = Output::file(path)?;
            let text = report::html(&[ran.record]);
            page.write_all(text.as_bytes()).map_err(write_error)?;
            page.finish()?;
        }
        Ok(match ran.broken {
            true => Exit::No,
            false => Exit::Ok,
        })
    }

    fn options(&self) -> Result<Options, Failure> {
        let positive = |name: &str, value: f64| match value > 0.0 && value.is_finite() {
            true => Ok(value),
            false => Err(usage(format!("--{name} is more than 0"))),
        };
        let seconds = |name: &str, value| match positive(name, value)? {
            value if value <= SECONDS_MAX => Ok(Duration::from_secs_f64(value)),
            _ => Err(usage(format!("--{name} is at most {SECONDS_MAX} seconds"))),
        };
        let bytes = |name: &str, megabytes: Option<u64>| match megabytes {
            Some(0) => Err(usage(format!("--{name} is at least 1"))),
            Some(mb) if mb > u64::MAX / 1_000_000 => {
                Err(usage(format!("--{name} is more than any memory")))
            }
            megabytes => Ok(megabytes.map(|mb| mb * 1_000_000)),
        };
        for (name, count) in [
            ("rounds", self.rounds),
            ("iterations", self.iterations),
            ("checked-mixes", self.checked_mixes),
            ("mixes", self.mixes),
            ("concurrency", self.concurrency),
        ] {
            if count == 0 {
                return Err(usage(format!("--{name} is at least 1")));
            }
        }
        let duration = seconds("duration", self.duration)?;
        let pace = match self.rate {
            Some(rate) if positive("rate", rate)? * duration.as_secs_f64() > REQUESTS_MAX => {
                let message = format!("--rate for --duration is at most {REQUESTS_MAX} requests");
                return Err(usage(message));
            }
            Some(rate) => Pace::Open { rate },
            None => Pace::Closed,
        };
        let threads = self.threads.unwrap_or(self.concurrency.max(2));
        Ok(Options {
            workloads: self.selected(),
            engines: self.engines()?,
            rounds: self.rounds,
            iterations: self.iterations,
            mixes: self.mixes,
            mix_duration: match self.mix_duration {
                Some(value) => seconds("mix-duration", value)?,
                None => Duration::ZERO,
            },
            warm_up: seconds("warm-up", self.warm_up)?,
            checked_mixes: self.checked_mixes,
            warm_up_mixes: self.warm_up_mixes,
            duration,
            concurrency: self.concurrency,
            pace,
            prepared: match self.prepared {
                Preparation::Off => vec![false],
                Preparation::On => vec![true],
                Preparation::Both => vec![false, true],
            },
            cold: self.cold,
            instructions: self.instructions,
            threads: threads.max(1),
            memory_bytes: bytes("memory", self.memory)?,
            memory_limit_bytes: bytes("memory-limit", self.memory_limit)?,
            sync: self.sync,
            seed: self.seed,
            time_limit: seconds("time-limit", self.time_limit)?,
            directory: absolute(&self.data)?,
            closed: self.closed.as_deref().map(absolute).transpose()?,
            expected: match &self.answers {
                Some(path) => records::read(path)?.answers,
                None => Vec::new(),
            },
            command: std::env::args().collect(),
        })
    }

    fn selected(&self) -> Vec<Selected> {
        self.workload
            .iter()
            .map(|asked| Selected {
                workload: asked.workload,
                scale: asked.scale.or(self.scale).map(NonZeroU64::get),
            })
            .collect()
    }

    /// Errors: usage; `Io`.
    fn engines(&self) -> Result<Vec<Command>, Failure> {
        let mut engines: Vec<Command> = Vec::new();
        for Contender { name, line } in &self.engine {
            if engines.iter().any(|known| known.name == *name) {
                return Err(usage(format!("there are two engines {name}")));
            }
            let (line, ours) = match line {
                Some(line) => (line.clone(), false),
                None if name == OURS => (own_command()?, true),
                None => return Err(usage(format!("--engine {name} needs a command"))),
            };
            engines.push(Command {
                name: name.clone(),
                line,
                native: ours || self.native.contains(name),
                fresh: self.fresh.contains(name),
            });
        }
        for (option, names) in [("native", &self.native), ("fresh", &self.fresh)] {
            let unknown = |name: &&String| !engines.iter().any(|engine| engine.name == **name);
            if let Some(name) = names.iter().find(unknown) {
                return Err(usage(format!("--{option} {name}: there is no such engine")));
            }
        }
        Ok(engines)
    }
}

fn usage(message: String) -> Failure {
    Failure::Usage(ErrorKind::ValueValidation, message)
}

/// This program, as an engine, for the shell.
fn own_command() -> Result<String> {
    let program = std::env::current_exe()
        .map_err(|error| Error::new(Code::Io, format!("finding this program: {error}")))?;
    let quoted = program.display().to_string().replace('\'', r"'\''");
    Ok(format!("'{quoted}' bench engine"))
}

/// Engines have the same working directory, but need not keep it.
fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| Error::io("finding", path, error))
}
