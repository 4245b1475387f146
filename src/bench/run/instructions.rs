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
use crate::bench::record::FailureKind;
use std::fs;
use std::ops::Range;

const COUNTER: &str = "valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null";
/// Before the line's number.
const COUNTED: &str = "refs:";
/// Executions before those that are counted, so that what happens once is not.
const UNCOUNTED: u64 = 2;
/// Executions are counted until there are so many instructions, within bounds. What background threads do differs by up to
/// a million instructions from run to run, which many executions of a short query share.
const ENOUGH: u64 = 200_000_000;
const MOST_COUNTED: u64 = 2000;
/// What takes longer is not counted: valgrind makes it some 50 times as long.
const LONGEST_NS: f64 = 200e6;

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
            let places = sources.iter().map(|source| {
                let at = Place::new(workload, &source.name(), contender.name());
                (at, source)
            });
            let counted = places.filter(|(at, _)| is_counted(at, findings));
            let all: Vec<(Place, &Source)> = counted.collect();
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

/// Whether answers were right, and do not come too late.
fn is_counted(at: &Place, findings: &Findings<'_>) -> bool {
    !findings.has_failed(at) && findings.median(at) <= LONGEST_NS
}

/// Instructions of a sequence of each source.
fn count(
    contender: &mut Contender<'_>,
    all: Vec<(Place, &Source)>,
) -> Vec<(Place, Result<f64, Fault>)> {
    // The store is for one process at a time. How one ends that has done what it was asked for is of no matter.
    let _ = contender.close();
    let mut behind = contender.behind(COUNTER);
    let counts = all.into_iter().map(|(at, source)| {
        let each = each(&mut behind, source);
        (at, each)
    });
    let counts = counts.collect();
    let _ = behind.close();
    counts
}

/// Instructions of a sequence. How many are counted follows from what the first one has, not from any time.
fn each(behind: &mut Contender<'_>, source: &Source) -> Result<f64, Fault> {
    run(behind, source, 0..UNCOUNTED)?;
    let before = so_far(behind)?;
    run(behind, source, UNCOUNTED..UNCOUNTED + 1)?;
    let first = so_far(behind)?.saturating_sub(before);
    let counted = (ENOUGH / first.max(1)).clamp(1, MOST_COUNTED);
    run(behind, source, UNCOUNTED + 1..UNCOUNTED + counted)?;
    let after = so_far(behind)?;
    Ok(after.saturating_sub(before) as f64 / counted as f64)
}

/// One request for all: an engine that waits for the next one may spin, the longer the busier the machine is.
fn run(behind: &mut Contender<'_>, source: &Source, numbers: Range<u64>) -> Result<(), Fault> {
    let queries = numbers.flat_map(&source.sequence);
    let works = queries.map(|query| Work::query(&query.text)).collect();
    behind.call_within(&Work::All { works }, behind.load_limit())?;
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
