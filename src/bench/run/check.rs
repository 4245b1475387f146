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

/// A query whose answers are checked.
pub struct Asked<'q> {
    pub workload: &'q str,
    pub query: &'q Query,
    /// What its answers are called, which is theirs alone.
    pub answer: &'q str,
    /// How many rows the data promise, where they do.
    pub rows: Option<u64>,
    /// In which ways an engine is asked, each of which must give the same.
    pub prepared: &'q [bool],
}

/// An answer that is right as far as it can be told without others.
struct Given {
    at: Place,
    digest: Digest,
    file: PathBuf,
}

/// Asks every engine and notes answers and failures. Of answers that differ, the one that most engines give is taken for
/// right, of equally many the first one.
pub fn check(
    asked: &Asked<'_>,
    contenders: &mut [Contender<'_>],
    options: &Options,
    findings: &mut Findings<'_>,
) {
    let query = asked.query;
    let kind = Kind::of(query);
    let mut all: Vec<Given> = Vec::new();
    for contender in contenders {
        let at = Place::new(asked.workload, &query.name, contender.name());
        if findings.has_failed(&at) {
            continue;
        }
        let file = contender.answer_file();
        let digest = ask(contender, asked, kind, &file);
        let Some(digest) = findings.done(&at, digest) else {
            continue;
        };
        let place = Place::new(asked.workload, asked.answer, contender.name());
        let answer = digest.answer(&place);
        let expected = options.expected(&answer).filter(|_| kind.comparable);
        let verdict = promised(asked, &digest).and_then(|()| match expected {
            Some(expected) => agrees(expected, &answer),
            None => Ok(()),
        });
        findings.answers.push(answer);
        if findings.done(&at, verdict).is_some() {
            all.push(Given { at, digest, file });
        }
    }
    let votes = |given: &&Given| all.iter().filter(|one| one.digest == given.digest).count();
    // Of equal ones the last is the greatest.
    let Some(right) = all.iter().rev().max_by_key(votes) else {
        return;
    };
    for given in &all {
        if kind.comparable && given.digest != right.digest {
            findings.fail(&given.at, &difference(right, given, kind.form));
        }
    }
}

/// Whether an answer has the rows that the data promise.
fn promised(asked: &Asked<'_>, digest: &Digest) -> Result<(), Fault> {
    let wrong = |message| Err(Fault::new(FailureKind::Wrong, message));
    match asked.rows {
        Some(rows) if rows != digest.rows => wrong(format!(
            "{} rows, where the data promise {rows}",
            digest.rows
        )),
        _ if asked.query.never_empty && digest.rows == 0 => {
            wrong("no rows, where the data promise some".to_owned())
        }
        _ => Ok(()),
    }
}

/// How an answer differs from the right one.
fn difference(right: &Given, given: &Given, form: Form) -> Fault {
    let (ours, theirs) = (&right.at.engine, &given.at.engine);
    let first = first_difference(&right.file, &given.file, form);
    let message = format!(
        "{} rows against {} of {ours}; {ours} and {theirs}: {}",
        given.digest.rows,
        right.digest.rows,
        first.unwrap_or_else(|error| error.to_string())
    );
    Fault::new(FailureKind::Wrong, message)
}

/// The digest of an answer, which asking in another way must give again.
fn ask(
    contender: &mut Contender<'_>,
    asked: &Asked<'_>,
    kind: Kind,
    file: &Path,
) -> Result<Digest, Fault> {
    let mut first: Option<Digest> = None;
    for &prepared in asked.prepared {
        let done = contender.call(&Work::Query {
            text: asked.query.text.clone(),
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
