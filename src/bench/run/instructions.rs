//! Instructions an execution, counted by valgrind: two runs of a process that differ by a number of executions, whose
//! difference is that of the executions.
//!
//! Hardware counters are not asked for, since virtual machines often have none. The count is that of all threads, of
//! user code alone, and is repeatable where times are not.

use super::contender::Contender;
use super::figures::{self, Place};
use super::findings::Findings;
use super::source::Source;
use crate::bench::engine::process::Fault;
use crate::bench::engine::protocol::Work;
use crate::bench::queries::Query;
use crate::bench::record::FailureKind;
use std::fs;

const COUNTER: &str = "valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null";
/// Before the line's number.
const COUNTED: &str = "refs:";
/// Executions that both runs have, so that what happens once is in both.
const SHARED: usize = 2;
/// Executions that only one run has: as many as take this long outside valgrind, within bounds. What background threads
/// do differs by some 100,000 instructions from run to run, which many executions of a short query share.
const COUNTED_NS: f64 = 10e6;
const LEAST_COUNTED: u64 = 1;
const MOST_COUNTED: u64 = 200;
/// What takes longer is not counted: valgrind makes it some 50 times as long.
const LONGEST_NS: f64 = 200e6;

/// Counts one source for every native engine whose answers were right; they run beside each other, which changes no count.
pub fn measure(
    workload: &str,
    source: &Source,
    contenders: &mut [Contender<'_>],
    findings: &mut Findings<'_>,
) {
    findings.tell(&format!("{workload} {}, instructions", source.name()));
    let counts: Vec<_> = std::thread::scope(|scope| {
        let mut running = Vec::new();
        for contender in contenders {
            let at = Place::new(workload, &source.name(), contender.name());
            if !contender.command.native || findings.has_failed(&at) {
                continue;
            }
            let median = findings.median(&at);
            if median > LONGEST_NS {
                continue;
            }
            let executions = (COUNTED_NS / median.max(1.0)) as u64;
            let executions = executions.clamp(LEAST_COUNTED, MOST_COUNTED);
            let sequences = (0..SHARED as u64 + executions)
                .map(&source.sequence)
                .collect();
            running.push((at, scope.spawn(move || each(contender, sequences))));
        }
        let ended = running.into_iter();
        let ended = ended.map(|(at, thread)| (at, thread.join()));
        ended.collect()
    });
    for (at, count) in counts {
        let count = count.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        if let Some(each) = findings.done(&at, count) {
            findings.add(&at, &figures::INSTRUCTIONS, each);
        }
    }
}

/// Instructions of one of these sequences.
fn each(contender: &mut Contender<'_>, sequences: Vec<Vec<Query>>) -> Result<f64, Fault> {
    contender.close()?;
    let few = count(contender, &sequences[..SHARED])?;
    let many = count(contender, &sequences)?;
    Ok(many.saturating_sub(few) as f64 / (sequences.len() - SHARED) as f64)
}

/// Instructions of a process that opens the store and runs sequences.
fn count(contender: &Contender<'_>, sequences: &[Vec<Query>]) -> Result<u64, Fault> {
    let mut counted = contender.behind(COUNTER);
    for sequence in sequences {
        for query in sequence {
            counted.call_within(&Work::query(&query.text), counted.load_limit())?;
        }
    }
    counted.close()?;
    let said = fs::read_to_string(counted.log()).unwrap_or_default();
    let number = said.lines().rev().find_map(|line| {
        let (_, number) = line.split_once(COUNTED)?;
        number.trim().replace(',', "").parse().ok()
    });
    number.ok_or_else(|| {
        let message = "valgrind has not said how many instructions there were";
        Fault::new(FailureKind::Refused, message)
    })
}
