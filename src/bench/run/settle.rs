//! Works that go on in the background after their reply: to return, to quiescence, and how a query fares in between.

use super::contender::Contender;
use super::figures::{self, Place, milliseconds};
use super::findings::Findings;
use super::statistics::Sorted;
use crate::bench::engine::process::{Fault, Process};
use crate::bench::engine::protocol::{Done, Work};
use crate::bench::engine::usage::Usage;
use crate::bench::record::FailureKind;
use std::time::{Duration, Instant};

/// What is asked while an engine comes to rest. Any row does, so that the time is that of being answered at all.
const PROBE: &str = "SELECT ?s ?p ?o WHERE { ?s ?p ?o } LIMIT 1";

/// Between probes, so that they are not what keeps the engine busy.
const PROBE_INTERVAL: Duration = Duration::from_millis(2);

/// A work that goes on in the background after its reply.
pub struct Settled {
    pub done: Done,
    pub to_return: Duration,
    to_quiescence: Duration,
    probes: Sorted,
    used: Usage,
}

/// Does a work, then waits until nothing is left to do, with a query under way all the time.
pub fn settle(contender: &mut Contender<'_>, work: &Work) -> Result<Settled, Fault> {
    let limit = contender.load_limit();
    contender.with(|process| {
        process.forget_peak();
        let before = process.usage();
        let started = Instant::now();
        let done = process.call(work, limit)?;
        let to_return = started.elapsed();
        let probes = quiesce(process, limit)?;
        process.call(&Work::Flush, limit)?;
        Ok(Settled {
            done,
            to_return,
            to_quiescence: started.elapsed(),
            probes: Sorted::new(probes),
            used: process.usage() - before,
        })
    })
}

/// Waits for quiescence; the latencies of the probes that were answered before it, by the clock of the runner. None from
/// an engine that answers no queries, as a reasoner need not.
fn quiesce(process: &mut Process, limit: Duration) -> Result<Vec<u64>, Fault> {
    let until = Instant::now() + limit;
    let quiescence = process.send(&Work::Quiesce)?;
    let mut latencies = Vec::new();
    let (mut resting, mut probe, mut answers) = (false, None, true);
    let mut due = Instant::now();
    while !resting || probe.is_some() {
        if answers && probe.is_none() && due <= Instant::now() {
            due = Instant::now() + PROBE_INTERVAL;
            let sent = Instant::now();
            probe = Some((process.send(&Work::query(PROBE))?, sent));
        }
        let wait = match answers && probe.is_none() {
            true => until.min(due),
            false => until,
        };
        let Some(arrival) = process.receive(wait)? else {
            if Instant::now() >= until {
                return Err(process.time_out(limit));
            }
            continue;
        };
        match probe {
            _ if arrival.id == quiescence => {
                arrival.result?;
                resting = true;
            }
            Some((id, sent)) if arrival.id == id => {
                match arrival.result {
                    Ok(_) => {
                        let waited = arrival.at.saturating_duration_since(sent);
                        latencies.push(u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX));
                    }
                    Err(fault) if fault.kind == FailureKind::Unsupported => answers = false,
                    Err(fault) => return Err(fault),
                }
                probe = None;
            }
            _ => (),
        }
    }
    Ok(latencies)
}

/// Turns it into figures.
pub fn note(settled: &Settled, at: &Place, findings: &mut Findings<'_>) {
    let Settled { probes, used, .. } = settled;
    for (measure, value) in [
        (&figures::RETURNED, settled.to_return.as_secs_f64()),
        (&figures::QUIESCED, settled.to_quiescence.as_secs_f64()),
        (&figures::PROCESSOR, milliseconds(used.processor_ns as f64)),
        (&figures::READ, used.read_bytes as f64),
        (&figures::WRITTEN, used.written_bytes as f64),
        (&figures::PEAK, used.peak_bytes as f64 / 1e6),
    ] {
        findings.add(at, measure, value);
    }
    // Not every engine says it: counting may cost it a scan.
    if settled.done.rows > 0 {
        findings.add(at, &figures::STATEMENTS, settled.done.rows as f64);
    }
    if !probes.is_empty() {
        findings.add(at, &figures::PROBE_P50, milliseconds(probes.quantile(0.5)));
        findings.add(at, &figures::PROBE_MAX, milliseconds(probes.max() as f64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::engine::process::tests::{says, scripted};

    #[test]
    fn an_engine_that_answers_no_queries_comes_to_rest() {
        let refusal = r#"{"id":2,"failed":{"unsupported":true,"message":"no queries"}}"#;
        let refuse = format!("echo \"{}\"", refusal.replace('"', "\\\""));
        let script = format!("read a; read b; {refuse}; {}; cat", says(1, 0));
        let probes = quiesce(&mut scripted(&script), Duration::from_secs(20)).unwrap();
        assert!(probes.is_empty());
    }
}
