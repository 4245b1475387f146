//! Small and large updates, each a transaction of its own, as SPARQL text.
//!
//! A round inserts single triples, inserts thousands at once, changes some by a pattern and deletes the single ones;
//! every engine is given the same texts, has to have the same triples afterwards, and then takes them out again.

use super::Options;
use super::check::{Asked, check};
use super::client;
use super::contender::Contender;
use super::figures::{self, Place, milliseconds};
use super::findings::Findings;
use super::turns::order;
use crate::bench::engine::process::{Fault, encode};
use crate::bench::engine::protocol::Work;
use crate::bench::queries::Query;
use crate::bench::record::FailureKind;
use std::fmt::Write;

/// Triples of a large update, two for each subject.
const BATCH_TRIPLES: u32 = 1000;
/// Single and large updates of a round: the state they leave is compared, so that no time ends them earlier.
const SINGLES: u32 = 50;
const BATCHES: u32 = 10;
const NAMESPACE: &str = "http://example.org/bench/";

/// A kind of update: its subject in figures, how many there are in a round, and the text of each.
struct Kind {
    subject: &'static str,
    count: u32,
    text: fn(u32) -> String,
}

/// In the order they are run.
const KINDS: [Kind; 4] = [
    Kind {
        subject: "insert 1",
        count: SINGLES,
        text: |number| format!("INSERT DATA {{ {} }}", single(number)),
    },
    Kind {
        subject: "insert 1000",
        count: BATCHES,
        text: batch,
    },
    Kind {
        subject: "delete insert where",
        count: SINGLES,
        text: |number| {
            format!(
                "DELETE {{ ?s <{NAMESPACE}value> ?old }} INSERT {{ ?s <{NAMESPACE}value> \"changed {number}\" }} \
                 WHERE {{ ?s <{NAMESPACE}key> {number} ; <{NAMESPACE}value> ?old }}"
            )
        },
    },
    Kind {
        subject: "delete 1",
        count: SINGLES,
        text: |number| format!("DELETE DATA {{ {} }}", single(number)),
    },
];

/// The subject of what a round leaves.
const STATE: &str = "state";

/// What is left when all kinds have been run.
const LEFT: [&str; 2] = ["key", "value"];

fn single(number: u32) -> String {
    format!("<{NAMESPACE}single/{number}> <{NAMESPACE}value> \"value {number}\"")
}

fn batch(number: u32) -> String {
    let mut text = String::from("INSERT DATA {\n");
    let subjects = BATCH_TRIPLES / 2;
    for key in number * subjects..(number + 1) * subjects {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "<{NAMESPACE}of/{key}> <{NAMESPACE}key> {key} ; <{NAMESPACE}value> \"value {key}\" ."
        );
    }
    text.push('}');
    text
}

/// Leaves the stores as they were.
pub fn measure(
    workload: &str,
    contenders: &mut [Contender<'_>],
    options: &Options,
    findings: &mut Findings<'_>,
) {
    for round in 0..options.rounds {
        findings.cache.measure();
        for engine in order(round, contenders.len()) {
            let contender = &mut contenders[engine];
            let name = contender.name().to_owned();
            findings.tell(&format!("{workload}, round {}: {name}", round + 1));
            for kind in &KINDS {
                let at = Place::new(workload, kind.subject, &name);
                if !findings.has_failed(&at) {
                    let taken = run(kind, &at, contender, options, findings);
                    findings.done(&at, taken);
                }
            }
            let at = |subject| Place::new(workload, subject, &name);
            let failed = KINDS
                .iter()
                .find(|kind| findings.has_failed(&at(kind.subject)));
            if let Some(kind) = failed {
                let message = format!("without {} its triples are others", kind.subject);
                findings.fail(&at(STATE), &Fault::new(FailureKind::Refused, message));
            }
        }
        let answer = format!("state after round {}", round + 1);
        let asked = Asked {
            workload,
            query: &state(),
            answer: &answer,
            rows: Some(u64::from(BATCHES * BATCH_TRIPLES)),
            prepared: &[false, true],
        };
        check(&asked, contenders, options, findings);
        for contender in contenders.iter_mut() {
            let at = Place::new(workload, STATE, contender.name());
            for name in LEFT {
                let text = format!("DELETE WHERE {{ ?s <{NAMESPACE}{name}> ?o }}");
                let cleaned = contender.call(&Work::Update { text });
                findings.done(&at, cleaned);
            }
        }
    }
}

/// Asks for all that a round leaves.
fn state() -> Query {
    let left = LEFT.map(|name| format!("<{NAMESPACE}{name}>")).join(" ");
    Query {
        name: STATE.to_owned(),
        text: format!("SELECT ?s ?p ?o WHERE {{ VALUES ?p {{ {left} }} ?s ?p ?o }}"),
        ordered: false,
        never_empty: true,
    }
}

/// One kind of update, as often as a round has it.
fn run(
    kind: &Kind,
    at: &Place,
    contender: &mut Contender<'_>,
    options: &Options,
    findings: &mut Findings<'_>,
) -> Result<(), Fault> {
    let texts = (0..kind.count).map(kind.text);
    let works = texts.map(|text| encode(&Work::Update { text }));
    let mut works = works.collect::<Result<Vec<_>, Fault>>()?.into_iter();
    let mut next = || Some(vec![works.next()?]);
    let (taken, used) = contender.with(|process| {
        let before = process.usage();
        // One writer: the order of updates is part of what is compared.
        let taken = client::closed(process, 1, &mut 1, options.time_limit, &mut next)?;
        Ok((taken, process.usage() - before))
    })?;
    let executions = taken.samples.len() as f64;
    for (measure, value) in [
        (&figures::THROUGHPUT, executions / taken.seconds(1)),
        (
            &figures::PROCESSOR,
            milliseconds(used.processor_ns as f64) / executions,
        ),
        (&figures::WRITTEN, used.written_bytes as f64 / executions),
    ] {
        findings.add(at, measure, value);
    }
    let latencies = taken.samples.iter().map(|sample| sample.nanoseconds);
    findings.add_round(at, latencies.collect());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_one_update() {
        for kind in &KINDS {
            for number in [0, 7] {
                let text = (kind.text)(number);
                let parsed = spargebra::SparqlParser::new().parse_update(&text);
                assert!(
                    parsed.is_ok_and(|update| update.operations.len() == 1),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn a_batch_has_its_triples_and_none_of_another() {
        let lines = |number| -> Vec<String> { batch(number).lines().map(str::to_owned).collect() };
        let (first, second) = (lines(0), lines(1));
        let triples = first.iter().filter(|line| line.ends_with('.')).count() as u32 * 2;
        assert_eq!(triples, BATCH_TRIPLES);
        assert!(
            first
                .iter()
                .filter(|line| line.ends_with('.'))
                .all(|line| !second.contains(line))
        );
    }
}
