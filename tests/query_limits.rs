//! Cancel, deadline and memory of queries (definitions 37 and 38): whichever operator is at work, it stops at its next batch,
//! an answer is never shortened, and the store stays as it was.

mod chain;
mod document;

use chain::chain;
use document::load;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use triplestore::config::Config;
use triplestore::control::{Budget, CancelToken, Control};
use triplestore::database::Database;
use triplestore::error::{Code, Result};
use triplestore::load::Format;
use triplestore::query::{
    ParseOptions, Prepared, QueryOptions, ResultBatch, Rows, Snapshot, WriteOptions,
};
use triplestore::store::{QuadScan, QuadSource, ScanBatch, ScanSpec};

/// Subjects of the data.
const SUBJECTS: u64 = 20_000;

fn database() -> Database {
    chain(SUBJECTS, 5000)
}

/// A query for each operator.
const QUERIES: [(&str, &str); 30] = [
    ("Scan", "SELECT * { ?s :id ?o }"),
    ("MergeJoin", "SELECT * { ?s :id ?o . ?s :group ?g }"),
    (
        "ProbeJoin",
        "SELECT * { ?s :group 7 . ?s :knows ?t . ?t :name ?n }",
    ),
    (
        "HashJoin",
        "SELECT * { { SELECT ?s ?n { ?s :name ?n } ORDER BY ?n } { SELECT ?s ?i { ?s :id ?i } ORDER BY ?i } }",
    ),
    (
        "HashLeftJoin",
        "SELECT * { ?s :id ?o OPTIONAL { { SELECT ?s ?n { ?s :name ?n } LIMIT 20000 } } }",
    ),
    (
        "CrossProduct",
        "SELECT * { ?s :group 1 . ?t :group 2 . ?u :group 3 }",
    ),
    ("EqualColumns", "SELECT * { ?s ?p ?t . ?t ?q ?s }"),
    (
        "Filter",
        "SELECT * { ?s :name ?n FILTER(?n != 'name 1' && ?n > 'name 2') }",
    ),
    ("Extend", "SELECT (STR(?s) AS ?t) { ?s :id ?o }"),
    ("Distinct", "SELECT DISTINCT ?n { ?s :name ?n }"),
    ("DropRepeated", "SELECT REDUCED ?n { ?s :name ?n }"),
    ("Sort", "SELECT * { ?s :name ?n } ORDER BY ?n"),
    ("TopK", "SELECT * { ?s :name ?n } ORDER BY ?n LIMIT 100"),
    ("Slice", "SELECT * { ?s :id ?o } LIMIT 15000 OFFSET 3000"),
    ("Union", "SELECT * { { ?s :id ?o } UNION { ?s :name ?o } }"),
    (
        "Group",
        "SELECT ?n (COUNT(?s) AS ?c) { ?s :name ?n . ?s :id ?i } GROUP BY ?n",
    ),
    (
        "GroupCountFromDirectory",
        "SELECT ?p (COUNT(*) AS ?c) { ?s :name ?p } GROUP BY ?p",
    ),
    ("Construct", "CONSTRUCT { ?s :named ?n } { ?s :name ?n }"),
    // One exploration of all, and a search from one start.
    ("Path", "SELECT * { ?s :knows? ?t }"),
    ("Path", "SELECT * { :s1 :knows* ?t }"),
    ("Describe", "DESCRIBE ?s { ?s :group ?g }"),
    (
        "HashSemiJoin",
        "SELECT * { ?s :id ?o FILTER EXISTS { ?s :name ?n . ?s :group ?g . ?s :knows ?k } }",
    ),
    (
        "HashAntiJoin",
        "SELECT * { ?s :id ?o MINUS { { SELECT ?s { ?s :group 7 } LIMIT 20000 } } }",
    ),
    (
        "ProbeSemiJoin",
        "SELECT * { ?s :id ?o FILTER EXISTS { ?s :name ?n } }",
    ),
    (
        "ProbeAntiJoin",
        "SELECT * { ?s :group 7 MINUS { ?s :name 'name 7' } }",
    ),
    (
        "ProbeLeftJoin",
        "SELECT * { ?s :group 7 OPTIONAL { ?s :name ?n } }",
    ),
    (
        "DependentLeftJoin",
        "SELECT * { ?s :group 7 OPTIONAL { ?s :knows ?k . ?k :name ?n } }",
    ),
    (
        "DependentJoin",
        "SELECT * { ?s :id ?o LATERAL { { SELECT * { ?s :name ?n } ORDER BY ?n } UNION { ?s :group ?n FILTER(?o > ?n) } } }",
    ),
    (
        "SliceEach",
        "SELECT * { ?s :id ?o LATERAL { SELECT * { ?s :name ?n } LIMIT 1 } }",
    ),
    (
        "Exists",
        "SELECT * { ?s :id ?o FILTER(?o < 3 || EXISTS { ?s :knows ?k . ?k :name ?n }) }",
    ),
];

fn prepared(query: &str) -> Prepared {
    let options = ParseOptions {
        prefixes: vec![(String::new(), "http://x/".to_owned())],
        ..ParseOptions::default()
    };
    Prepared::new(query, &options).unwrap()
}

fn start(query: &str, snapshot: &Snapshot, control: &Control) -> Result<Rows> {
    prepared(query).rows(snapshot, &QueryOptions::default(), control)
}

/// Reads to the end. Returns the rows, and those that came after `token` was cancelled.
fn drain(rows: &mut Rows, token: &CancelToken) -> (u64, u64, Result<()>) {
    let mut batch = ResultBatch::new();
    let (mut all, mut late) = (0, 0);
    loop {
        let was_cancelled = token.is_cancelled();
        match rows.next(2048, &mut batch) {
            Ok(true) => {
                all += batch.rows() as u64;
                late += if was_cancelled {
                    batch.rows() as u64
                } else {
                    0
                };
            }
            Ok(false) => return (all, late, Ok(())),
            Err(error) => return (all, late, Err(error)),
        }
    }
}

/// A source that cancels a query at one of its batches and counts what is read after that.
struct Cancelling {
    inner: Arc<dyn QuadSource>,
    token: CancelToken,
    /// The batch at which to cancel.
    at: u64,
    batches: Arc<AtomicU64>,
    late_rows: Arc<AtomicU64>,
}

struct CancellingScan {
    inner: Box<dyn QuadScan>,
    token: CancelToken,
    at: u64,
    batches: Arc<AtomicU64>,
    late_rows: Arc<AtomicU64>,
}

impl QuadSource for Cancelling {
    fn scan(&self, spec: &ScanSpec, control: &Control) -> Result<Box<dyn QuadScan>> {
        Ok(Box::new(CancellingScan {
            inner: self.inner.scan(spec, control)?,
            token: self.token.clone(),
            at: self.at,
            batches: self.batches.clone(),
            late_rows: self.late_rows.clone(),
        }))
    }

    fn count(&self, spec: &ScanSpec, control: &Control) -> Result<u64> {
        self.inner.count(spec, control)
    }

    fn ranges(&self, spec: &ScanSpec, parts: usize) -> Result<Vec<(u64, u64)>> {
        self.inner.ranges(spec, parts)
    }
}

impl QuadScan for CancellingScan {
    fn next(&mut self, batch: &mut ScanBatch) -> Result<()> {
        let was_cancelled = self.token.is_cancelled();
        let number = self.batches.fetch_add(1, Ordering::Relaxed) + 1;
        if number == self.at {
            self.token.cancel();
        }
        let read = self.inner.next(batch);
        if was_cancelled && read.is_ok() {
            self.late_rows
                .fetch_add(batch.len as u64, Ordering::Relaxed);
        }
        read
    }

    fn seek(&mut self, key: &[u64]) -> Result<()> {
        self.inner.seek(key)
    }
}

#[test]
fn the_queries_of_these_tests_use_every_operator() {
    let database = database();
    let snapshot = database.snapshot().unwrap().source();
    let mut seen = BTreeSet::new();
    for (operator, query) in QUERIES {
        let plan = prepared(query)
            .explain(&snapshot, &QueryOptions::default(), &Control::new())
            .unwrap()
            .to_string();
        let operators: BTreeSet<String> = plan
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .map(str::to_owned)
            .collect();
        assert!(operators.contains(operator), "{operator}:\n{plan}");
        seen.extend(operators);
    }
    assert!(seen.len() >= QUERIES.len(), "{seen:?}");
}

#[test]
fn a_query_cancelled_at_any_batch_of_any_operator_reads_and_gives_no_further_one() {
    let database = database();
    let source = database.snapshot().unwrap().source();
    for (operator, query) in QUERIES {
        let run = |at: u64| {
            let control = Control::new();
            let token = control.cancel_token();
            let (batches, late_rows) = (Arc::default(), Arc::default());
            let snapshot = Snapshot {
                source: Arc::new(Cancelling {
                    inner: source.source.clone(),
                    token: token.clone(),
                    at,
                    batches: Arc::clone(&batches),
                    late_rows: Arc::clone(&late_rows),
                }),
                ..source.clone()
            };
            let drained = match start(query, &snapshot, &control) {
                Ok(mut rows) => drain(&mut rows, &token),
                Err(error) => (0, 0, Err(error)),
            };
            let (batches, late_rows): (Arc<AtomicU64>, Arc<AtomicU64>) = (batches, late_rows);
            (
                drained,
                batches.load(Ordering::Relaxed),
                late_rows.load(Ordering::Relaxed),
            )
        };
        let ((all, _, end), batches, _) = run(u64::MAX);
        end.unwrap();
        assert!(batches > 0, "{operator}");
        for step in 0..8 {
            let at = 1 + step * (batches - 1) / 7;
            let ((given, late, end), _, late_rows) = run(at);
            match end {
                Err(error) => assert_eq!(error.code(), Code::Cancelled, "{operator}: {error}"),
                // The last batch was the end.
                Ok(()) => assert_eq!(given, all, "{operator} at {at} of {batches}"),
            }
            assert_eq!((late, late_rows), (0, 0), "{operator} at {at} of {batches}");
        }
    }
}

#[test]
fn a_query_cancelled_between_two_calls_gives_no_further_row() {
    let database = database();
    let snapshot = database.snapshot().unwrap().source();
    for (operator, query) in QUERIES {
        let control = Control::new();
        let mut rows = start(query, &snapshot, &control).unwrap();
        let mut batch = ResultBatch::new();
        assert!(rows.next(5, &mut batch).unwrap(), "{operator}");
        control.cancel_token().cancel();
        for _ in 0..2 {
            let error = rows.next(5, &mut batch).unwrap_err();
            assert_eq!(error.code(), Code::Cancelled, "{operator}");
        }
    }
}

/// The rows an operator has given, from the text of a plan.
fn actual(plan: &str, operator: &str) -> u64 {
    let line = plan
        .lines()
        .find(|line| line.trim_start().starts_with(operator))
        .unwrap_or_else(|| panic!("no {operator} in\n{plan}"));
    let (_, rest) = line.split_once("actual ").unwrap();
    rest.split(',').next().unwrap().parse().unwrap()
}

#[test]
fn a_cross_product_of_hundreds_of_millions_stops_at_its_deadline() {
    let database = database();
    let snapshot = database.snapshot().unwrap().source();
    let query = "SELECT (COUNT(*) AS ?n) { ?s :id ?a . ?t :name ?b }";
    let control = Control::new().with_timeout(Duration::from_millis(30));
    let mut rows = start(query, &snapshot, &control).unwrap();
    let error = rows.next(1, &mut ResultBatch::new()).unwrap_err();
    assert_eq!(error.code(), Code::QueryTimeout);
    let worked = actual(&rows.explain().to_string(), "CrossProduct");
    assert!(worked < SUBJECTS * SUBJECTS / 2, "{worked}");
}

#[test]
fn a_result_larger_than_the_memory_of_its_query_is_written_in_smaller_batches() {
    const TEXT_BYTES: usize = 256 << 10;
    let database = Database::memory(&Config::default()).unwrap();
    let mut document = String::new();
    for number in 0..64 {
        let text = "x".repeat(TEXT_BYTES);
        document.push_str(&format!(
            "<http://x/s{number}> <http://x/text> \"{number} {text}\" .\n"
        ));
    }
    load(&database, &document, Format::NTriples);
    let snapshot = database.snapshot().unwrap().source();
    let run = |limit: usize| {
        let control = Control::new().with_memory(Budget::new("query", limit));
        let mut rows = start("SELECT * { ?s :text ?t }", &snapshot, &control).unwrap();
        let mut out = Vec::new();
        let written = rows.write(&WriteOptions::default(), &mut out);
        assert!(control.memory().peak() <= limit);
        written.map(|rows| (rows, out.len()))
    };
    let (rows, bytes) = run(4 << 20).unwrap();
    assert_eq!(rows, 64);
    assert!(bytes > 64 * TEXT_BYTES);
    assert_eq!(run(64 << 20).unwrap(), (rows, bytes));
    let error = run(TEXT_BYTES).unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
}

/// Takes its time for every piece, and remembers how many it got.
struct Slow(u64);

impl std::io::Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        std::thread::sleep(Duration::from_millis(30));
        self.0 += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_slow_reader_of_a_document_does_not_outlast_the_deadline() {
    let database = database();
    let snapshot = database.snapshot().unwrap().source();
    let options = WriteOptions::default();
    // Some twenty pieces, of which the deadline allows for a few.
    let query = "SELECT * { ?s :id ?o ; :name ?n }";
    for timed_out in [true, false] {
        let control = match timed_out {
            true => Control::new().with_timeout(Duration::from_millis(100)),
            false => Control::new(),
        };
        let mut out = Slow(0);
        let mut rows = start(query, &snapshot, &control).unwrap();
        let written = rows.write(&options, &mut out);
        if timed_out {
            assert_eq!(written.unwrap_err().code(), Code::QueryTimeout);
            assert!((1..=4).contains(&out.0), "{}", out.0);
        } else {
            assert_eq!(written.unwrap(), SUBJECTS);
            assert!(out.0 > 20, "{}", out.0);
        }
    }
}

#[test]
fn an_operator_beyond_its_memory_fails_and_the_store_answers_the_next_query() {
    let database = database();
    let snapshot = database.snapshot().unwrap().source();
    for (operator, query, expected) in [
        ("Sort", "SELECT * { ?s :name ?n } ORDER BY ?n", SUBJECTS),
        ("Sort", "SELECT * { ?s :id ?n } ORDER BY DESC(?n)", SUBJECTS),
        ("HashJoin", QUERIES[3].1, SUBJECTS),
        ("HashLeftJoin", QUERIES[4].1, SUBJECTS),
        ("Group", QUERIES[15].1, 5000),
        (
            "Distinct",
            "SELECT DISTINCT ?n ?g { ?s :name ?n . ?s :group ?g }",
            5000,
        ),
        (
            "Distinct",
            "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s :name ?m }",
            1,
        ),
    ] {
        let budget = Budget::new("query", 64 << 10);
        let control = Control::new().with_memory(budget.clone());
        let mut rows = start(query, &snapshot, &control).unwrap();
        let (_, _, end) = drain(&mut rows, &control.cancel_token());
        let error = end.expect_err(operator);
        assert_eq!(error.code(), Code::ResourceExhausted, "{operator}");
        drop(rows);
        assert_eq!(budget.used(), 0, "{operator}");
        assert!(budget.peak() <= budget.limit(), "{operator}");
        // Enough is enough, and the answer is whole.
        let control = Control::new().with_memory(Budget::new("query", 16 << 20));
        let mut rows = start(query, &snapshot, &control).unwrap();
        let (all, _, end) = drain(&mut rows, &control.cancel_token());
        end.unwrap();
        assert_eq!(all, expected, "{operator}: {query}");
    }
    assert!(database.check(&Control::new()).unwrap().problems.is_empty());
}
