//! What the runner itself costs: for requests that ask for nothing, and beside the executions of a workload.

use super::Options;
use super::contender::Contender;
use super::figures::{self, Place};
use super::findings::Findings;
use super::statistics::Sorted;
use crate::bench::engine::process::Fault;
use crate::bench::engine::protocol::Work;
use crate::bench::engine::usage;
use std::collections::BTreeMap;
use std::time::Instant;

/// The workload of requests for nothing, and the subject of all figures here.
const RUNNER: &str = "runner";
const OVERHEAD: &str = "overhead";

const REQUESTS: u32 = 1000;

/// What rounds of a workload cost, by the place of the engine and the round.
pub type Costs = BTreeMap<(usize, u32), Cost>;

/// Processor time of the runner, and time of the executions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    pub runner_ns: u64,
    pub executions_ns: u64,
}

impl Cost {
    pub fn add(&mut self, other: Cost) {
        self.runner_ns += other.runner_ns;
        self.executions_ns += other.executions_ns;
    }
}

/// Notes the cost of each round of a workload beside its executions.
pub fn note(
    workload: &str,
    contenders: &[Contender<'_>],
    costs: &Costs,
    findings: &mut Findings<'_>,
) {
    for ((engine, _), cost) in costs {
        let at = Place::new(workload, OVERHEAD, contenders[*engine].name());
        let share = 100.0 * cost.runner_ns as f64 / cost.executions_ns.max(1) as f64;
        findings.add(&at, &figures::SHARE, share);
    }
}

/// Sends every engine requests for nothing, one after the other.
pub fn measure(contenders: &mut [Contender<'_>], options: &Options, findings: &mut Findings<'_>) {
    for contender in contenders {
        let at = Place::new(RUNNER, OVERHEAD, contender.name());
        let taken = ask_for_nothing(contender, options);
        if let Some((request_ns, processor_ns)) = findings.done(&at, taken) {
            findings.add(&at, &figures::REQUEST, request_ns / 1e3);
            findings.add(&at, &figures::RUNNER_PROCESSOR, processor_ns / 1e3);
        }
    }
}

/// The median time of a request, and processor time of the runner for each.
fn ask_for_nothing(contender: &mut Contender<'_>, options: &Options) -> Result<(f64, f64), Fault> {
    let before = usage::processor_ns(std::process::id());
    let round_trips = contender.with(|process| {
        let ask = |_| {
            let sent = Instant::now();
            process.call(&Work::Nothing, options.time_limit)?;
            Ok(u64::try_from(sent.elapsed().as_nanos()).unwrap_or(u64::MAX))
        };
        (0..REQUESTS).map(ask).collect::<Result<_, Fault>>()
    })?;
    let processor_ns =
        (usage::processor_ns(std::process::id()) - before) as f64 / f64::from(REQUESTS);
    Ok((Sorted::new(round_trips).quantile(0.5), processor_ns))
}
