//! Instructions an execution, counted by valgrind: how many there are in a process before and after some executions.
//!
//! Hardware counters are not asked for, since virtual machines often have none. The count is that of all threads, of
//! user code alone, and is repeatable where times are not.
//!
//! valgrind says what a process had when it ends, and a process that was forked begins with what the other one had. So
//! an engine is asked to fork where a count is needed, and one process, whose start valgrind makes seconds long, will do.

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
/// Executions before those that are counted, so that what happens once is not.
const UNCOUNTED: u64 = 2;
/// Executions that are counted: as many as take this long outside valgrind, within bounds. What background threads
/// do differs by some 100,000 instructions from run to run, which many executions of a short query share.
const COUNTED_NS: f64 = 10e6;
const LEAST_COUNTED: u64 = 1;
const MOST_COUNTED: u64 = 200;
/// What takes longer is not counted: valgrind makes it some 50 times as long.
const LONGEST_NS: f64 = 200e6;

/// What is counted of one engine.
struct Counted {
    at: Place,
    sequences: Vec<Vec<Query>>,
}

/// Counts all sources for every native engine whose answers were right; they run beside each other, which changes no count.
pub fn measure(
    workload: &str,
    sources: &[Source],
    contenders: &mut [Contender<'_>],
    findings: &mut Findings<'_>,
) {
    findings.tell(&format!("{workload}, instructions"));
    let counts: Vec<_> = std::thread::scope(|scope| {
        let mut running = Vec::new();
        for contender in contenders.iter_mut().filter(|c| c.command.native) {
            let sources = sources.iter();
            let all = sources.filter_map(|source| asked(workload, source, contender, findings));
            let all: Vec<Counted> = all.collect();
            // Its process, and what it has in memory, is left alone.
            if all.is_empty() {
                continue;
            }
            running.push(scope.spawn(move || count(contender, all)));
        }
        let ended = running.into_iter().map(|thread| thread.join());
        ended.collect()
    });
    for count in counts {
        let counts = count.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        for (at, count) in counts {
            if let Some(each) = findings.done(&at, count) {
                findings.add(&at, &figures::INSTRUCTIONS, each);
            }
        }
    }
}

/// What is to be counted of a source; `None` if its answers were wrong, or come too late.
fn asked(
    workload: &str,
    source: &Source,
    contender: &Contender<'_>,
    findings: &Findings<'_>,
) -> Option<Counted> {
    let at = Place::new(workload, &source.name(), contender.name());
    if findings.has_failed(&at) {
        return None;
    }
    let median = findings.median(&at);
    if median > LONGEST_NS {
        return None;
    }
    let executions = (COUNTED_NS / median.max(1.0)) as u64;
    let executions = executions.clamp(LEAST_COUNTED, MOST_COUNTED);
    let numbers = 0..UNCOUNTED + executions;
    Some(Counted {
        at,
        sequences: numbers.map(&source.sequence).collect(),
    })
}

/// Instructions of a sequence, for each that is to be counted.
fn count(contender: &mut Contender<'_>, all: Vec<Counted>) -> Vec<(Place, Result<f64, Fault>)> {
    // The store is for one process at a time. How one ends that has done what it was asked for is of no matter.
    let _ = contender.close();
    let mut behind = contender.behind(COUNTER);
    let counts = all.into_iter().map(|counted| {
        let each = each(&mut behind, &counted.sequences);
        (counted.at, each)
    });
    let counts = counts.collect();
    let _ = behind.close();
    counts
}

/// Instructions of one of these sequences.
fn each(behind: &mut Contender<'_>, sequences: &[Vec<Query>]) -> Result<f64, Fault> {
    let (uncounted, counted) = sequences.split_at(UNCOUNTED as usize);
    run(behind, uncounted)?;
    let before = so_far(behind)?;
    run(behind, counted)?;
    let after = so_far(behind)?;
    Ok(after.saturating_sub(before) as f64 / counted.len() as f64)
}

fn run(behind: &mut Contender<'_>, sequences: &[Vec<Query>]) -> Result<(), Fault> {
    let limit = behind.load_limit();
    for query in sequences.iter().flatten() {
        behind.call_within(&Work::query(&query.text), limit)?;
    }
    Ok(())
}

/// Instructions that a process has had so far.
fn so_far(behind: &mut Contender<'_>) -> Result<u64, Fault> {
    behind.call_within(&Work::Fork, behind.load_limit())?;
    let said = fs::read_to_string(behind.log()).unwrap_or_default();
    let number = said.lines().rev().find_map(|line| {
        let (_, number) = line.split_once(COUNTED)?;
        number.trim().replace(',', "").parse().ok()
    });
    number.ok_or_else(|| {
        let message = "valgrind has not said how many instructions there were";
        Fault::new(FailureKind::Refused, message)
    })
}
