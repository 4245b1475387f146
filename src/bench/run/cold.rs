//! First executions: a fresh process, and no file of the store in the page cache.
//!
//! Programs and libraries stay in the page cache: what is cold is the data.

use super::Options;
use super::contender::Contender;
use super::figures::{self, Place, milliseconds};
use super::findings::Findings;
use super::turns::turns;
use crate::bench::engine::process::Fault;
use crate::bench::engine::protocol::Work;
use crate::bench::queries::Query;
use crate::bench::record::FailureKind;

/// Every query once a round, each in a process of its own.
pub fn measure(
    workload: &str,
    queries: &[Query],
    contenders: &mut [Contender<'_>],
    options: &Options,
    findings: &mut Findings<'_>,
) {
    for query in queries {
        findings.tell(&format!("{workload} {}, cold", query.name));
        for (_, engine) in turns(options.rounds, contenders.len()) {
            let contender = &mut contenders[engine];
            let at = Place::new(workload, &query.name, contender.name());
            if findings.has_failed(&at) {
                continue;
            }
            let taken = first_execution(contender, query);
            if let Some((open, cold, read)) = findings.done(&at, taken) {
                findings.add(&at, &figures::OPEN, milliseconds(open as f64));
                findings.add(&at, &figures::COLD, milliseconds(cold as f64));
                findings.add(&at, &figures::COLD_READ, read as f64);
            }
        }
    }
}

/// Nanoseconds of opening and of the execution, and bytes that were read for both.
fn first_execution(contender: &mut Contender<'_>, query: &Query) -> Result<(u64, u64, u64), Fault> {
    contender.close()?;
    if contender.in_memory() {
        let message = "its data are in memory alone";
        return Err(Fault::new(FailureKind::Unsupported, message));
    }
    contender.evict()?;
    let opened = contender.open()?;
    let done = contender.call(&Work::query(&query.text))?;
    let used = contender.with(|process| Ok(process.usage()))?;
    Ok((opened.nanoseconds, done.nanoseconds, used.read_bytes))
}
