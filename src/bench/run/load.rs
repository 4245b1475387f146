//! Loading a file into an empty store.

use super::contender::Contender;
use super::digest;
use super::figures::{self, Place};
use super::findings::Findings;
use super::settle::{note, settle};
use super::turns::turns;
use crate::bench::engine::process::Fault;
use crate::bench::engine::protocol::Work;
use crate::bench::record::FailureKind;
use std::path::Path;

/// The subject of its figures.
pub const SUBJECT: &str = "load";

const COUNT: &str = "SELECT (COUNT(*) AS ?count) WHERE { ?s ?p ?o }";

/// Loads a file in every round into a new store, which the last round leaves.
pub fn load(
    workload: &str,
    file: &Path,
    rounds: u32,
    contenders: &mut [Contender<'_>],
    findings: &mut Findings<'_>,
) {
    let mut counts: Vec<Option<u64>> = vec![None; contenders.len()];
    for (round, engine) in turns(rounds, contenders.len()) {
        let contender = &mut contenders[engine];
        let at = Place::new(workload, SUBJECT, contender.name());
        if findings.has_failed(&at) {
            continue;
        }
        findings.cache.measure();
        findings.tell(&format!(
            "{workload} load, round {}: {}",
            round + 1,
            at.engine
        ));
        let work = Work::Load {
            file: file.to_owned(),
        };
        let settled = contender
            .start_empty()
            .and_then(|()| settle(contender, &work));
        let Some(settled) = findings.done(&at, settled) else {
            continue;
        };
        note(&settled, &at, findings);
        let counted = match triples(contender) {
            // An engine that answers no queries is believed.
            Err(fault) if fault.kind == FailureKind::Unsupported => Ok(settled.done.rows),
            counted => counted,
        };
        let Some(triples) = findings.done(&at, counted) else {
            continue;
        };
        let rate = triples as f64 / settled.to_return.as_secs_f64();
        findings.add(&at, &figures::THROUGHPUT, rate);
        if !contender.in_memory() {
            let bytes = contender.disk_bytes() as f64 / triples.max(1) as f64;
            findings.add(&at, &figures::DISK, bytes);
        }
        let first = counts.iter().flatten().next();
        if let Some(first) = first.filter(|first| **first != triples) {
            let message = format!("{triples} triples, where the first engine has {first}");
            findings.fail(&at, &Fault::new(FailureKind::Wrong, message));
        }
        counts[engine] = Some(triples);
    }
}

/// How many triples a store has, as its engine counts them.
fn triples(contender: &mut Contender<'_>) -> Result<u64, Fault> {
    let file = contender.answer_file();
    let limit = contender.load_limit();
    let query = Work::Query {
        text: COUNT.to_owned(),
        prepared: false,
        file: Some(file.clone()),
    };
    contender.call_within(&query, limit)?;
    digest::number_in(&file).map_err(|error| {
        Fault::new(
            FailureKind::Wrong,
            format!("the number of triples: {error}"),
        )
    })
}
