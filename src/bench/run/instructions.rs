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
/// Sources are counted in turn, so often. What an allocator does follows from all it was asked for before, differs by up to
/// 1 % of a short query from process to process, and stays so while the same is asked again: another query between changes
/// it.
const PASSES: u64 = 5;
/// Executions of a source are counted until there are so many instructions in all passes, within bounds.
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
    let firsts = all.into_iter().map(|(at, source)| {
        let counted = Counted::begin(&mut behind, source);
        (at, source, counted)
    });
    let mut counts: Vec<_> = firsts.collect();
    for pass in 0..PASSES {
        for (_, source, counted) in &mut counts {
            if let Ok(so_far) = *counted {
                *counted = so_far.pass(&mut behind, source, pass);
            }
        }
    }
    let _ = behind.close();
    let counts = counts.into_iter().map(|(at, _, counted)| {
        let each = counted.map(Counted::an_execution);
        (at, each)
    });
    counts.collect()
}

/// What was counted of a source.
#[derive(Clone, Copy)]
struct Counted {
    /// Instructions of one execution, from which it follows how many are counted: not from any time.
    first: u64,
    /// Those of the passes.
    instructions: u64,
    executions: u64,
}

impl Counted {
    fn begin(behind: &mut Contender<'_>, source: &Source) -> Result<Self, Fault> {
        run(behind, source, 0..UNCOUNTED)?;
        Ok(Self {
            first: instructions(behind, source, UNCOUNTED..UNCOUNTED + 1)?,
            instructions: 0,
            executions: 0,
        })
    }

    /// With another pass, if there is room for one more execution. Passes have nearly the same numbers for engines of
    /// different speed, whose mixes are then nearly the same.
    fn pass(self, behind: &mut Contender<'_>, source: &Source, pass: u64) -> Result<Self, Fault> {
        if self.instructions + self.first > ENOUGH {
            return Ok(self);
        }
        let executions = ENOUGH / PASSES / self.first.max(1);
        let executions = executions.clamp(1, MOST_COUNTED / PASSES);
        let start = UNCOUNTED + 1 + pass;
        let instructions = instructions(behind, source, start..start + executions)?;
        Ok(Self {
            instructions: self.instructions + instructions,
            executions: self.executions + executions,
            ..self
        })
    }

    fn an_execution(self) -> f64 {
        match self.executions {
            0 => self.first as f64,
            executions => self.instructions as f64 / executions as f64,
        }
    }
}

/// Instructions of the sequences of these numbers.
fn instructions(
    behind: &mut Contender<'_>,
    source: &Source,
    numbers: Range<u64>,
) -> Result<u64, Fault> {
    let before = so_far(behind)?;
    run(behind, source, numbers)?;
    Ok(so_far(behind)?.saturating_sub(before))
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
