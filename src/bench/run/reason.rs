//! Reasoning over a file, from a store that has loaded it.
//!
//! What engines derive differs by the axioms they write down, so that a closure is compared with that of the same engine
//! only; queries over one closed file are what engines are compared by.

use super::Options;
use super::contender::Contender;
use super::digest::{Digest, Form};
use super::figures::Place;
use super::findings::Findings;
use super::settle::{note, settle};
use super::turns::turns;
use crate::bench::engine::process::Fault;
use crate::bench::engine::protocol::Work;
use crate::bench::record::FailureKind;
use std::fs;
use std::path::Path;

/// Reasons in every round.
pub fn measure(
    workload: &str,
    file: &Path,
    contenders: &mut [Contender<'_>],
    options: &Options,
    findings: &mut Findings<'_>,
) {
    for (round, engine) in turns(options.rounds, contenders.len()) {
        let contender = &mut contenders[engine];
        let at = Place::new(workload, "reason", contender.name());
        if findings.has_failed(&at) {
            continue;
        }
        findings.cache.measure();
        findings.tell(&format!(
            "{workload} reason, round {}: {}",
            round + 1,
            at.engine
        ));
        let settled =
            loaded(contender, file).and_then(|()| settle(contender, &Work::Reason { file: None }));
        if let Some(settled) = findings.done(&at, settled) {
            note(&settled, &at, findings);
        }
    }
    for contender in contenders {
        let at = Place::new(workload, "reason", contender.name());
        if findings.has_failed(&at) {
            continue;
        }
        let closed = contender.answer_file();
        let digest = loaded(contender, file)
            .and_then(|()| close(contender, &closed))
            .and_then(|()| {
                Digest::of(&closed, Form::Graph).map_err(|error| {
                    Fault::new(FailureKind::Wrong, format!("the closure: {error}"))
                })
            });
        if let Some(digest) = findings.done(&at, digest) {
            findings.answers.push(digest.answer(&at));
        }
    }
}

/// Makes the closure of a file with the first engine that can.
pub fn make_closed(
    file: &Path,
    closed: &Path,
    contenders: &mut [Contender<'_>],
) -> Result<(), Fault> {
    let mut refused = Fault::new(FailureKind::Unsupported, "there is no engine");
    let partial = closed.with_extension("partial");
    for contender in contenders {
        let done = loaded(contender, file).and_then(|()| close(contender, &partial));
        match done {
            Ok(()) => {
                return fs::rename(&partial, closed).map_err(|error| {
                    Fault::new(
                        FailureKind::Refused,
                        format!("keeping the closure: {error}"),
                    )
                });
            }
            Err(fault) => refused = fault,
        }
    }
    Err(refused)
}

/// A new store with the file.
fn loaded(contender: &mut Contender<'_>, file: &Path) -> Result<(), Fault> {
    contender.start_empty()?;
    let load = Work::Load {
        file: file.to_owned(),
    };
    contender
        .call_within(&load, contender.load_limit())
        .map(drop)
}

/// Writes given and derived triples.
fn close(contender: &mut Contender<'_>, closed: &Path) -> Result<(), Fault> {
    let work = Work::Reason {
        file: Some(closed.to_owned()),
    };
    contender
        .call_within(&work, contender.load_limit())
        .map(drop)
}
