//! What a run leaves behind: figures, answers and latencies, with the machine and the engines they were taken on.
//! It is kept as JSON; reports, comparisons and checks of targets read nothing else.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Raised when a reader of older records would misread newer ones.
pub const FORMAT: u32 = 1;

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Record {
    pub format: u32,
    /// When the run began, RFC 3339, UTC.
    pub started: String,
    /// The command that was given.
    pub command: Vec<String>,
    pub machine: Machine,
    pub engines: Vec<Engine>,
    pub figures: Vec<Figure>,
    pub latencies: Vec<Latencies>,
    pub answers: Vec<Answer>,
    /// What could not be measured, and answers that were wrong.
    #[serde(default)]
    pub failures: Vec<Failure>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: u32,
    pub memory_bytes: u64,
    pub system: String,
    pub kernel: String,
    pub file_system: String,
    /// What a read took of 4 MB that were read just before, through the run: more than a core's own caches hold. Engines
    /// that were slower together with it were not slower by themselves.
    #[serde(default)]
    pub cache_latency_ns: Vec<f64>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Engine {
    /// How figures name it.
    pub name: String,
    pub version: String,
    /// What it was run with, as it says itself: caches, threads, memory, durability, output form.
    pub settings: BTreeMap<String, String>,
}

/// Whether more or less of a figure is better, or neither.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    Lower,
    Higher,
    Neither,
}

/// The unit of what is counted, which is the same again.
pub const COUNT: &str = "count";

/// One thing measured of one engine, once a round. Figures of two engines, or of two records, belong together when
/// workload, subject and measure are equal; their rounds are paired by number.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Figure {
    /// A dataset and what is done with it: `lubm-10`, `lubm-10 closed`, `bsbm-1000 explore`.
    pub workload: String,
    /// What was measured: a query's name, `load`, `reason`, `mix`, `updates`.
    pub subject: String,
    /// What of it: `p50`, `p95`, `throughput`, `cpu`, `instructions`, `peak memory`, ...
    pub measure: String,
    pub engine: String,
    /// `ms`, `us`, `s`, `bytes`, `MB`, `1/s`, `1/h`, `count`, ...
    pub unit: String,
    pub better: Better,
    pub rounds: Vec<f64>,
}

/// How long the executions of one subject took, over all rounds.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Latencies {
    pub workload: String,
    pub subject: String,
    pub engine: String,
    /// Nanoseconds, ascending.
    pub nanoseconds: Vec<u64>,
}

/// What an engine answered to one query of a workload.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Answer {
    pub workload: String,
    pub subject: String,
    pub engine: String,
    pub rows: u64,
    /// Of the canonical rows, free of order unless the query orders them.
    pub digest: String,
}

/// Why an engine has no figures for a subject.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Failure {
    pub workload: String,
    pub subject: String,
    pub engine: String,
    pub kind: FailureKind,
    pub message: String,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The engine has no such work.
    Unsupported,
    /// It refused the work.
    Refused,
    /// It took longer than it may.
    TimedOut,
    /// Its process ended.
    Died,
    /// Its answer is not what others, or it before, or the record of expected answers say.
    Wrong,
}
