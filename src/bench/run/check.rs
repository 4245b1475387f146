//! Answers are checked before anything is timed: between engines, from one execution to the next, and against what is
//! expected.

use super::Options;
use super::contender::Contender;
use super::digest::{Digest, Form, first_difference};
use super::figures::Place;
use super::findings::Findings;
use crate::bench::engine::process::Fault;
use crate::bench::engine::protocol::Work;
use crate::bench::queries::Query;
use crate::bench::record::{Answer, FailureKind};
use spargebra::SparqlParser;
use std::path::{Path, PathBuf};

/// What the answers to a query are, and whether engines must agree on them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kind {
    pub form: Form,
    /// What DESCRIBE describes is left to the engine by SPARQL, so that each is compared with itself only.
    pub comparable: bool,
}

impl Kind {
    pub fn of(query: &Query) -> Self {
        let rows = Form::Rows {
            ordered: query.ordered,
        };
        let (form, comparable) = match SparqlParser::new().parse_query(&query.text) {
            Ok(spargebra::Query::Construct { .. }) => (Form::Graph, true),
            Ok(spargebra::Query::Describe { .. }) => (Form::Graph, false),
            // A text that only an engine can read is one of rows.
            _ => (rows, true),
        };
        Self { form, comparable }
    }
}

/// Asks every engine, twice, and notes answers, under a name that is theirs alone, and failures.
pub fn check(
    workload: &str,
    query: &Query,
    answer: &str,
    contenders: &mut [Contender<'_>],
    options: &Options,
    findings: &mut Findings<'_>,
) {
    let kind = Kind::of(query);
    let mut reference: Option<(String, Digest, PathBuf)> = None;
    for contender in contenders {
        let at = Place::new(workload, &query.name, contender.name());
        if findings.has_failed(&at) {
            continue;
        }
        let file = contender.answer_file();
        let asked = ask(contender, query, kind, &file);
        let Some(digest) = findings.done(&at, asked) else {
            continue;
        };
        let answer = digest.answer(&Place::new(workload, answer, contender.name()));
        let wrong = |message| Err(Fault::new(FailureKind::Wrong, message));
        let verdict = if query.never_empty && digest.rows == 0 {
            wrong("no rows, where the data promise some".to_owned())
        } else if let Some(expected) = options.expected(&answer).filter(|_| kind.comparable) {
            agrees(expected, &answer)
        } else {
            Ok(())
        };
        let verdict = verdict.and_then(|()| match &reference {
            Some((name, other, path)) if kind.comparable && *other != digest => {
                let difference = first_difference(path, &file, kind.form)
                    .unwrap_or_else(|error| error.to_string());
                wrong(format!(
                    "{} rows against {} of {name}; {name} and {}: {difference}",
                    digest.rows, other.rows, at.engine
                ))
            }
            _ => Ok(()),
        });
        findings.done(&at, verdict);
        findings.answers.push(answer);
        reference.get_or_insert((at.engine, digest, file));
    }
}

/// The digest of an answer, which asking again must give again, parsed and prepared.
fn ask(
    contender: &mut Contender<'_>,
    query: &Query,
    kind: Kind,
    file: &Path,
) -> Result<Digest, Fault> {
    let mut first: Option<Digest> = None;
    for prepared in [false, true] {
        let done = contender.call(&Work::Query {
            text: query.text.clone(),
            prepared,
            file: Some(file.to_owned()),
        })?;
        let digest = Digest::of(file, kind.form)
            .map_err(|error| Fault::new(FailureKind::Wrong, format!("the answer: {error}")))?;
        let is_graph = kind.form == Form::Graph;
        // A graph may be written with repeated triples, which are one.
        let rows_agree = match is_graph {
            true => done.rows >= digest.rows,
            false => done.rows == digest.rows,
        };
        if !rows_agree {
            let message = format!("says {} rows and wrote {}", done.rows, digest.rows);
            return Err(Fault::new(FailureKind::Wrong, message));
        }
        match &first {
            Some(first) if *first != digest => {
                let message = format!(
                    "{} rows at first, then {}: the same query has two answers",
                    first.rows, digest.rows
                );
                return Err(Fault::new(FailureKind::Wrong, message));
            }
            _ => first = Some(digest),
        }
    }
    first.ok_or_else(|| Fault::new(FailureKind::Wrong, "no answer"))
}

/// Whether an answer is the expected one, of which the digest may be unknown.
fn agrees(expected: &Answer, answer: &Answer) -> Result<(), Fault> {
    let digest_differs = !expected.digest.is_empty() && expected.digest != answer.digest;
    if expected.rows == answer.rows && !digest_differs {
        return Ok(());
    }
    let message = format!(
        "{} rows (digest {}) where {} ({}) are expected",
        answer.rows, answer.digest, expected.rows, expected.digest
    );
    Err(Fault::new(FailureKind::Wrong, message))
}
