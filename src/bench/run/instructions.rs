//! Instructions an execution, counted by valgrind: two runs of a process that differ by a number of executions, whose
//! difference is that of the executions.
//!
//! Hardware counters are not asked for, since virtual machines often have none. The count is that of all threads, of
//! user code alone, and is repeatable where times are not.

use super::contender::Contender;
use super::figures::{self, Place};
use super::findings::Findings;
use super::queries::Source;
use crate::bench::engine::process::Fault;
use crate::bench::engine::protocol::Work;
use crate::bench::record::FailureKind;
use std::fs;

const COUNTER: &str = "valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null";
/// Before the line's number.
const COUNTED: &str = "refs:";
/// Executions that both runs have, so that what happens once is in both.
const SHARED: u64 = 2;
/// Executions that only one run has: as many as take this long outside valgrind, within bounds. What background threads
/// do differs by some 100,000 instructions from run to run, which many executions of a short query share.
const COUNTED_NS: f64 = 10e6;
const LEAST_COUNTED: u64 = 1;
const MOST_COUNTED: u64 = 200;

/// Counts one source for every native engine whose answers were right.
pub fn measure(
    workload: &str,
    source: &Source,
    contenders: &mut [Contender<'_>],
    findings: &mut Findings<'_>,
) {
    for contender in contenders {
        let at = Place::new(workload, &source.name(), contender.name());
        if !contender.command.native || findings.has_failed(&at) {
            continue;
        }
        findings.tell(&format!(
            "{workload} {}, instructions: {}",
            at.subject, at.engine
        ));
        let executions = (COUNTED_NS / findings.median(&at).max(1.0)) as u64;
        let executions = executions.clamp(LEAST_COUNTED, MOST_COUNTED);
        let counts = contender.close().and_then(|()| {
            let few = count(contender, source, SHARED)?;
            let many = count(contender, source, SHARED + executions)?;
            Ok((few, many))
        });
        if let Some((few, many)) = findings.done(&at, counts) {
            let each = many.saturating_sub(few) as f64 / executions as f64;
            findings.add(&at, &figures::INSTRUCTIONS, each);
        }
    }
}

/// Instructions of a process that opens the store and runs the first sequences of a source.
fn count(contender: &Contender<'_>, source: &Source, sequences: u64) -> Result<u64, Fault> {
    let mut counted = contender.behind(COUNTER);
    for number in 0..sequences {
        for query in (source.sequence)(number) {
            let work = Work::Query {
                text: query.text,
                prepared: false,
                file: None,
            };
            counted.call_within(&work, counted.load_limit())?;
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
