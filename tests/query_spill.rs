//! Queries with little memory (definitions 37 and 38): operators that hold state go to disk, give the same rows as with much
//! memory, stop at any poll, and leave nothing behind.

mod document;
mod environment;

use document::load;
use environment::Scratch;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use triplestore::config::Config;
use triplestore::control::{Budget, Control};
use triplestore::database::{Database, UpdateOptions};
use triplestore::error::{Code, Error, Result};
use triplestore::exec::Batch;
use triplestore::load::Format;
use triplestore::query::{ParseOptions, Prepared, QueryOptions, ResultBatch, Rows, Snapshot};
use triplestore::store::{BATCH_ROWS, QuadScan, QuadSource, ScanBatch, ScanSpec, Spool};

const SUBJECTS: u64 = 20_000;
/// What a query with little memory has.
const LITTLE: usize = 640 << 10;

/// Each subject has a number of its own, one of 500 others, one of 5000 names, most a label in one of several kinds.
fn database(scratch: &Scratch) -> Database {
    filled(scratch, &Config::default())
}

fn filled(scratch: &Scratch, config: &Config) -> Database {
    let database = Database::open(scratch.join("store"), config).unwrap();
    let mut document = String::from("@prefix : <http://x/> .\n");
    for number in 0..SUBJECTS {
        let next = number * 7 % SUBJECTS;
        document.push_str(&format!(
            ":s{number} :id {number} ; :group {} ; :knows :s{next} ; :name \"the name number {}\" ; :one 1 .\n",
            number % 500,
            number % 5000,
        ));
        match number % 4 {
            0 => document.push_str(&format!(":s{number} :label {}.5 .\n", number % 1000)),
            1 => document.push_str(&format!(":s{number} :label \"label {next}\"@en .\n")),
            2 => document.push_str(&format!(":s{number} :label :label{next} .\n")),
            _ => {}
        }
    }
    load(&database, &document, Format::Turtle);
    database.compact(&Control::new()).unwrap();
    database
}

/// Queries that hold much, whether their rows come in an order, and whether they must spill with little memory.
const QUERIES: [(&str, bool); 25] = [
    (
        "SELECT * { ?s :id ?i MINUS { ?s :id ?i ; :label ?l ; :name ?n } }",
        false,
    ),
    (
        "SELECT * { ?s :id ?i OPTIONAL { ?s :label ?l } MINUS { ?s :id ?i OPTIONAL { ?s :label ?l FILTER(isIRI(?l)) } FILTER(?i > 5000) } }",
        false,
    ),
    (
        "SELECT * { ?s :id ?i FILTER EXISTS { ?s :id ?j ; :label ?l FILTER(?j > 3) } }",
        false,
    ),
    // What is shared may be unbound on both sides.
    (
        "SELECT * { { { ?s :name ?n } UNION { VALUES (?s ?n) { (UNDEF 1) } } } { { ?s :id ?i } UNION { VALUES (?s ?i) { (UNDEF 2) } } } }",
        false,
    ),
    (
        "SELECT * { { { ?s :name ?n } UNION { VALUES (?s ?n) { (UNDEF 1) } } } OPTIONAL { { ?s :id ?i FILTER(?i > 9999) } UNION { VALUES (?s ?i) { (:s1 3) } } } }",
        false,
    ),
    (
        "SELECT * { { ?s :id ?i OPTIONAL { ?s :label ?l } } { { ?s :id ?i } UNION { VALUES (?s ?i ?l) { (UNDEF 2 UNDEF) (:s5 UNDEF 6) (:s3 UNDEF 4) } } } }",
        false,
    ),
    ("SELECT * { ?s :name ?n } ORDER BY ?n ?s", true),
    ("SELECT * { ?s :label ?l } ORDER BY DESC(?l) ?s", true),
    (
        "SELECT * { ?s :id ?i . ?s :name ?n } ORDER BY ?n DESC(?i)",
        true,
    ),
    (
        "SELECT * { ?s :name ?n } ORDER BY DESC(?n) ?s LIMIT 15000",
        true,
    ),
    ("SELECT * { ?s :name ?n } ORDER BY ?n ?s LIMIT 10", true),
    ("SELECT DISTINCT ?s ?n { ?s :name ?n . ?s :id ?i }", false),
    ("DESCRIBE ?s ?l { ?s :id ?i ; :label ?l }", false),
    (
        "CONSTRUCT { ?s :called ?n . ?n :of ?s } { ?s :name ?n ; :id ?i }",
        false,
    ),
    (
        "SELECT DISTINCT ?s ?i { { SELECT ?s ?i { ?s :id ?i } ORDER BY DESC(?i) } }",
        false,
    ),
    ("SELECT REDUCED ?n { ?s :name ?n } ORDER BY ?n", true),
    (
        "SELECT ?s (COUNT(*) AS ?c) (SUM(?i) AS ?t) (MIN(?i) AS ?m) { ?s :id ?i . ?s :name ?n } GROUP BY ?s",
        false,
    ),
    (
        "SELECT ?g (COUNT(DISTINCT ?i) AS ?c) (MAX(?l) AS ?m) { ?s :group ?g . ?s :id ?i . ?s :label ?l } GROUP BY ?g",
        false,
    ),
    (
        "SELECT (COUNT(DISTINCT ?s) AS ?c) (SUM(DISTINCT ?i) AS ?t) { ?s :id ?i . ?s :name ?n }",
        false,
    ),
    (
        "SELECT (COUNT(DISTINCT *) AS ?c) { ?s :id ?i . ?s :name ?n }",
        false,
    ),
    (
        "SELECT * { { SELECT ?s ?n { ?s :name ?n } ORDER BY ?n } { SELECT ?s ?i { ?s :id ?i } ORDER BY ?i } }",
        false,
    ),
    (
        "SELECT * { ?s :id ?o OPTIONAL { ?s :label ?l . ?s :name ?n } }",
        false,
    ),
    (
        "SELECT * { ?s :id ?o OPTIONAL { ?s :name ?n FILTER(?o > 10000) } }",
        false,
    ),
    (
        "SELECT * { ?s :id ?i OPTIONAL { ?s :label ?l } OPTIONAL { ?t :label ?l ; :group 7 } FILTER(?i < 500) }",
        false,
    ),
    (
        "SELECT (COUNT(*) AS ?c) { { SELECT ?s ?x { ?s :one ?x } ORDER BY ?s } { SELECT ?t ?x { ?t :one ?x . ?t :group 3 } ORDER BY ?t } }",
        false,
    ),
];

fn start(query: &str, snapshot: &Snapshot, control: &Control) -> Result<Rows> {
    let options = ParseOptions {
        prefixes: vec![(String::new(), "http://x/".to_owned())],
        ..ParseOptions::default()
    };
    Prepared::new(query, &options)
        .unwrap_or_else(|error| panic!("{query}: {error}"))
        .rows(snapshot, &QueryOptions::default(), control)
}

/// All rows, as ids.
fn drain(mut rows: Rows) -> Result<(Vec<Vec<u64>>, u64)> {
    let mut batch = Batch::new();
    let mut found = Vec::new();
    while rows.next_ids(BATCH_ROWS, &mut batch)? {
        batch.compact();
        for row in 0..batch.rows() {
            found.push(batch.columns.iter().map(|column| column[row]).collect());
        }
    }
    Ok((found, rows.spooled_bytes()))
}

/// Asks a query within limits of memory and disk: it has the expected rows, sorted if it does not order them, and gives
/// everything back. Bytes that were written.
fn same_within<T: Ord>(
    (query, is_ordered, snapshot): (&str, bool, &Snapshot),
    memory: &Budget,
    spool_limit: usize,
    expected: &[T],
    read: impl Fn(Rows) -> Result<(Vec<T>, u64)>,
) -> u64 {
    let spool = Budget::disk("query", spool_limit);
    let control = Control::new()
        .with_memory(memory.clone())
        .with_spool(spool.clone());
    let rows = start(query, snapshot, &control).unwrap();
    let (mut found, written) = read(rows).unwrap_or_else(|error| panic!("{query}: {error}"));
    if !is_ordered {
        found.sort();
    }
    assert!(
        found == expected,
        "{query}: {} rows and {}",
        found.len(),
        expected.len()
    );
    assert_eq!((memory.used(), spool.used()), (0, 0), "{query}");
    written
}

#[test]
fn little_memory_gives_the_rows_of_much_memory() {
    let scratch = Scratch::new("spill");
    let database = database(&scratch);
    let snapshot = database.snapshot().unwrap().source();
    let mut spilled = 0;
    for (query, is_ordered) in QUERIES {
        let control = Control::new();
        let (mut expected, written) = drain(start(query, &snapshot, &control).unwrap()).unwrap();
        assert_eq!(written, 0, "{query}");
        if !is_ordered {
            expected.sort();
        }
        let memory = Budget::new("query", LITTLE);
        let asked = (query, is_ordered, &snapshot);
        let written = same_within(asked, &memory, usize::MAX, &expected, drain);
        assert!(memory.peak() <= LITTLE);
        spilled += u64::from(written > 0);
    }
    assert!(spilled >= 12, "only {spilled} queries spilled");
    // No temporary file has a name.
    let names: BTreeSet<String> = std::fs::read_dir(scratch.join("store"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(
        !names.iter().any(|name| name.contains("spool")),
        "{names:?}"
    );
}

/// What computed terms cost a query with little memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Cost {
    /// They are forgotten between batches.
    Nothing,
    /// They are kept, on disk.
    Disk,
    /// They are forgotten, but other states go to disk.
    Other,
}

impl Cost {
    /// What a query may have on disk at a time.
    fn spool_limit(self) -> usize {
        match self {
            // The texts of a batch, if they do not fit.
            Self::Nothing => 512 << 10,
            Self::Disk | Self::Other => usize::MAX,
        }
    }
}

/// Memory of which the share of computed terms holds those of a batch, but not those of a query.
const ROOMY: usize = 6 << 20;

/// Queries that compute more text than little memory holds, and whether their rows come in an order.
const COMPUTED: [(&str, Cost, bool); 15] = [
    (
        "SELECT (CONCAT(STR(?s), ' is called ', ?n) AS ?c) { ?s :name ?n }",
        Cost::Nothing,
        true,
    ),
    (
        "SELECT * { ?s :name ?n BIND(IRI(CONCAT(STR(?s), '/', ENCODE_FOR_URI(?n))) AS ?c) FILTER(STRLEN(STR(?c)) > 3) } OFFSET 7",
        Cost::Nothing,
        true,
    ),
    (
        "SELECT ?c { { ?s :id ?i BIND(CONCAT('number ', STR(?i), ' of all') AS ?c) } UNION { ?s :name ?n BIND(STRLANG(CONCAT(?n, '!!'), 'en') AS ?c) } }",
        Cost::Nothing,
        true,
    ),
    (
        "SELECT (CONCAT(STR(?s), ' has so many names: ', STR(COUNT(?n))) AS ?c) { ?s :name ?n ; :id ?i } GROUP BY ?s",
        Cost::Other,
        false,
    ),
    (
        "SELECT ?s (?i * 1.000000000000000001 + 0.3 AS ?c) { ?s :id ?i }",
        Cost::Nothing,
        true,
    ),
    (
        "CONSTRUCT { ?s :called ?c } { ?s :name ?n BIND(CONCAT(?n, ' or ', STR(?s)) AS ?c) }",
        Cost::Disk,
        false,
    ),
    (
        "SELECT ?c { ?s :name ?n ; :id ?i BIND(CONCAT(?n, ' of ', STR(?s)) AS ?c) } ORDER BY DESC(?c)",
        Cost::Disk,
        true,
    ),
    (
        "SELECT DISTINCT (CONCAT(?n, ' and more of it: ', ?n) AS ?c) { ?s :name ?n }",
        Cost::Disk,
        false,
    ),
    (
        "SELECT (COUNT(DISTINCT ?c) AS ?k) { ?s :name ?n BIND(IRI(CONCAT(STR(?s), ENCODE_FOR_URI(?n))) AS ?c) }",
        Cost::Disk,
        true,
    ),
    (
        "SELECT ?c (COUNT(*) AS ?k) (MIN(?d) AS ?m) { ?s :name ?n BIND(CONCAT(?n, ' once more') AS ?c) BIND(CONCAT(STR(?s), ' ', ?n) AS ?d) } GROUP BY ?c",
        Cost::Disk,
        false,
    ),
    (
        "SELECT ?c ?i ?g { { SELECT ?c ?i { ?s :id ?i ; :name ?n BIND(CONCAT(STR(?s), ?n) AS ?c) } } { SELECT ?c ?g { ?s :group ?g ; :name ?n BIND(CONCAT(STR(?s), ?n) AS ?c) FILTER(?g < 20) } } }",
        Cost::Disk,
        false,
    ),
    (
        "SELECT (COUNT(DISTINCT ?t) AS ?k) { ?s :name ?n BIND(TRIPLE(?s, :called, CONCAT(?n, ' and so on')) AS ?t) }",
        Cost::Disk,
        true,
    ),
    (
        "SELECT DISTINCT (?i * 1.000000000000000001 + 0.3 AS ?c) { ?s :id ?i }",
        Cost::Disk,
        false,
    ),
    (
        "SELECT DISTINCT ?g ?c { { SELECT ?g (GROUP_CONCAT(DISTINCT ?n) AS ?c) { ?s :group ?g ; :name ?n } GROUP BY ?g } }",
        Cost::Other,
        false,
    ),
    (
        "SELECT * { ?s :id ?i ; :name ?n BIND(CONCAT(?n, ' of ', STR(?s)) AS ?c) MINUS { ?t :id ?j ; :name ?m BIND(CONCAT(?m, ' of ', STR(?t)) AS ?c) FILTER(?j > 900) } }",
        Cost::Disk,
        false,
    ),
];

/// All rows, as text.
fn texts(mut rows: Rows) -> Result<(Vec<String>, u64)> {
    let mut batch = ResultBatch::new();
    let mut found = Vec::new();
    while rows.next(BATCH_ROWS, &mut batch)? {
        for row in 0..batch.rows() {
            let terms = (0..batch.columns().len()).map(|column| batch.term(row, column));
            found.push(format!("{:?}", terms.collect::<Vec<_>>()));
        }
    }
    Ok((found, rows.spooled_bytes()))
}

#[test]
fn computed_terms_beyond_memory_are_the_same_terms() {
    let scratch = Scratch::new("spill-computed");
    let database = database(&scratch);
    let snapshot = database.snapshot().unwrap().source();
    for (query, cost, is_ordered) in COMPUTED {
        let control = Control::new();
        let (mut expected, written) = texts(start(query, &snapshot, &control).unwrap()).unwrap();
        assert_eq!(written, 0, "{query}");
        if !is_ordered {
            expected.sort();
        }
        let mut written = 0;
        for (limit, spool_limit) in [(LITTLE, cost.spool_limit()), (ROOMY, usize::MAX)] {
            let memory = Budget::new("query", limit);
            let asked = (query, is_ordered, &snapshot);
            written = same_within(asked, &memory, spool_limit, &expected, texts);
        }
        // Without forgetting or going to disk these would be written as well.
        match cost {
            Cost::Nothing => assert_eq!(written, 0, "{query}"),
            Cost::Disk => assert!(written > 0, "{query}"),
            Cost::Other => {}
        }
    }
}

#[test]
fn an_update_of_more_computed_terms_than_memory_holds_makes_them_all() {
    let scratch = Scratch::new("spill-update");
    let mut config = Config::default();
    config.set("query_memory_bytes", "1 MiB").unwrap();
    let database = filled(&scratch, &config);
    let update = |text: &str| {
        let text = format!("PREFIX : <http://x/> {text}");
        database
            .update(&text, &UpdateOptions::default(), &Control::new())
            .unwrap()
    };
    update(
        "INSERT { ?s :called ?c . ?b :of ?s . << ?s :is ?b >> :says ?c }
         WHERE { ?s :name ?n BIND(CONCAT(STR(?s), ' is called ', ?n) AS ?c) BIND(BNODE() AS ?b) }",
    );
    let snapshot = database.snapshot().unwrap().source();
    for (query, rows) in [
        ("SELECT DISTINCT ?c { ?s :called ?c }", SUBJECTS),
        (
            "SELECT DISTINCT ?b { ?b :of ?s FILTER(isBLANK(?b)) }",
            SUBJECTS,
        ),
        (
            "SELECT ?b { ?b :of ?s . << ?s :is ?b >> :says ?c . ?s :called ?c }",
            SUBJECTS,
        ),
    ] {
        let rows_found = drain(start(query, &snapshot, &Control::new()).unwrap())
            .unwrap()
            .0
            .len();
        assert_eq!(rows_found as u64, rows, "{query}");
    }
    update(
        "DELETE { ?s :called ?c } WHERE { ?s :name ?n BIND(CONCAT(STR(?s), ' is called ', ?n) AS ?c) }",
    );
    let snapshot = database.snapshot().unwrap().source();
    let left = drain(start("SELECT ?c { ?s :called ?c }", &snapshot, &Control::new()).unwrap());
    assert_eq!(left.unwrap().0.len(), 0);
    assert!(database.check(&Control::new()).unwrap().problems.is_empty());
}

#[test]
fn a_store_that_may_not_spill_refuses_with_a_code() {
    let scratch = Scratch::new("spill-none");
    let database = database(&scratch);
    let snapshot = database.snapshot().unwrap().source();
    for spool in [0, 64 << 10] {
        let control = Control::new()
            .with_memory(Budget::new("query", LITTLE))
            .with_spool(Budget::disk("query", spool));
        let rows = start(
            "SELECT * { ?s :id ?i . ?s :name ?n } ORDER BY ?n DESC(?i)",
            &snapshot,
            &control,
        )
        .unwrap();
        let end = drain(rows).map(|(rows, _)| rows.len());
        assert_eq!(end.unwrap_err().code(), Code::ResourceExhausted);
    }
    // The setting is what queries get.
    let config = Config {
        query_spool_bytes: 0,
        ..Config::default()
    };
    let database = Database::memory(&config).unwrap();
    assert_eq!(database.query_control().spool().limit(), 0);
    assert!(
        Database::memory(&Config::default())
            .unwrap()
            .query_control()
            .spool()
            .limit()
            > 0
    );
}

/// A source that counts the rows it gives.
struct Counting {
    inner: Arc<dyn QuadSource>,
    rows: Arc<AtomicU64>,
}

struct CountingScan {
    inner: Box<dyn QuadScan>,
    rows: Arc<AtomicU64>,
}

impl QuadSource for Counting {
    fn scan(&self, spec: &ScanSpec, control: &Control) -> Result<Box<dyn QuadScan>> {
        Ok(Box::new(CountingScan {
            inner: self.inner.scan(spec, control)?,
            rows: self.rows.clone(),
        }))
    }

    fn count(&self, spec: &ScanSpec, control: &Control) -> Result<u64> {
        self.inner.count(spec, control)
    }

    fn ranges(&self, spec: &ScanSpec, parts: usize) -> Result<Vec<(u64, u64)>> {
        self.inner.ranges(spec, parts)
    }

    fn can_spool(&self) -> bool {
        self.inner.can_spool()
    }

    fn spool(&self) -> Result<Box<dyn Spool>> {
        self.inner.spool()
    }
}

impl QuadScan for CountingScan {
    fn next(&mut self, batch: &mut ScanBatch) -> Result<()> {
        self.inner.next(batch)?;
        self.rows.fetch_add(batch.len as u64, Ordering::Relaxed);
        Ok(())
    }

    fn seek(&mut self, key: &[u64]) -> Result<()> {
        self.inner.seek(key)
    }
}

thread_local! {
    static SEED: Cell<u64> = const { Cell::new(7) };
}

fn random(below: u64) -> u64 {
    SEED.with(|seed| {
        let next = seed
            .get()
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        seed.set(next);
        (next >> 33) % below
    })
}

/// Rows that may be read between two polls: a batch of each input of an operator.
const ROWS_BETWEEN_POLLS: u64 = 4 * BATCH_ROWS as u64;

/// What came of a query that a test stopped.
struct Stopped {
    end: Result<u64>,
    polls: u64,
    spooled: u64,
    /// The most rows read and given between two polls, and those after the last.
    most: u64,
    late: u64,
}

/// Runs a query with `memory` that fails at its poll `stop_at` and later ones. Whatever comes of it, memory and disk are
/// given back.
fn stopped(query: &str, source: &Snapshot, memory: usize, stop_at: u64) -> Stopped {
    let counter = || Arc::new(AtomicU64::new(0));
    let (rows, polls, last, most) = (counter(), counter(), counter(), counter());
    let budget = Budget::new("query", memory);
    let spool = Budget::disk("query", usize::MAX);
    let hook = {
        let (rows, polls, last, most) = (rows.clone(), polls.clone(), last.clone(), most.clone());
        move || {
            let read = rows.load(Ordering::Relaxed);
            let before = last.swap(read, Ordering::Relaxed);
            most.fetch_max(read - before, Ordering::Relaxed);
            match polls.fetch_add(1, Ordering::Relaxed) + 1 >= stop_at {
                true => Err(Error::new(Code::Cancelled, "stopped by the test")),
                false => Ok(()),
            }
        }
    };
    let control = Control::new()
        .with_memory(budget.clone())
        .with_spool(spool.clone())
        .with_poll_hook(Arc::new(hook));
    let snapshot = Snapshot {
        source: Arc::new(Counting {
            inner: source.source.clone(),
            rows: rows.clone(),
        }),
        ..source.clone()
    };
    let mut spooled = 0;
    let end = start(query, &snapshot, &control).and_then(|mut found| {
        let (mut batch, mut given) = (Batch::new(), 0);
        while found.next_ids(BATCH_ROWS, &mut batch)? {
            given += batch.len() as u64;
            rows.fetch_add(batch.len() as u64, Ordering::Relaxed);
        }
        spooled = found.spooled_bytes();
        Ok(given)
    });
    drop((control, snapshot));
    assert_eq!(
        (budget.used(), spool.used()),
        (0, 0),
        "{query} at {stop_at}"
    );
    Stopped {
        end,
        polls: polls.load(Ordering::Relaxed),
        spooled,
        most: most.load(Ordering::Relaxed),
        late: rows.load(Ordering::Relaxed) - last.load(Ordering::Relaxed),
    }
}

/// Runs a query to its end and stops it at random polls. Returns what came of the whole run.
fn stop_anywhere(query: &str, source: &Snapshot, memory: usize) -> Stopped {
    let whole = stopped(query, source, memory, u64::MAX);
    assert!(whole.end.is_ok(), "{query}: {:?}", whole.end);
    assert!(whole.polls > 20, "{query}: {} polls", whole.polls);
    assert!(
        whole.most <= ROWS_BETWEEN_POLLS,
        "{query}: {} rows between two polls",
        whole.most
    );
    let (mut polls, mut stops) = (whole.polls, 0);
    while stops < 6 {
        let stop_at = 1 + random(polls);
        let run = stopped(query, source, memory, stop_at);
        if run.polls < stop_at {
            // Scans poll less often once the store has built a delta in the background.
            assert!(run.end.is_ok(), "{query}: {:?}", run.end);
            polls = run.polls;
            continue;
        }
        assert_eq!(
            run.end.unwrap_err().code(),
            Code::Cancelled,
            "{query} at {stop_at}"
        );
        assert_eq!(run.late, 0, "{query} at {stop_at} of {polls}");
        stops += 1;
    }
    whole
}

#[test]
fn a_query_stopped_at_any_poll_works_no_further_row_and_gives_everything_back() {
    let scratch = Scratch::new("spill-stop");
    let database = database(&scratch);
    let source = database.snapshot().unwrap().source();
    for memory in [usize::MAX, LITTLE] {
        for (query, _) in QUERIES {
            stop_anywhere(query, &source, memory);
        }
    }
    let (rows, _) =
        drain(start("SELECT * { ?s :id ?i }", &source, &Control::new()).unwrap()).unwrap();
    assert_eq!(rows.len() as u64, SUBJECTS);
    assert!(database.check(&Control::new()).unwrap().problems.is_empty());
}

/// A path for each way in which paths are walked, and whether it goes to disk with little memory.
const PATHS: [(&str, bool); 14] = [
    // A search from one start, forwards and backwards; of more than fits, on disk.
    ("SELECT * { :s1 :knows+ ?t }", false),
    ("SELECT * { ?t (:knows|:group)+ 7 }", false),
    ("SELECT * { :s1 (:one/^:one)+ ?t }", true),
    ("SELECT * { :s1 (:one|^:one|:name|:group)* ?t }", true),
    // From both sides, with and without a way.
    ("SELECT * { :s1 :knows+ :s2401 }", false),
    ("SELECT * { :s1 :knows+ :s3 }", false),
    // Free ends: what all nodes reach together, and start by start; one variable; single steps.
    ("SELECT (COUNT(*) AS ?c) { ?s :leads+ ?t }", false),
    ("SELECT * { ?s (:group/^:group)+ ?s }", false),
    ("SELECT * { ?s :knows? ?t }", false),
    ("SELECT * { ?s !(:id|:name) ?t }", false),
    // From the rows of other patterns, and of other paths.
    ("SELECT * { ?s :group 7 . ?s :knows+ ?t }", false),
    (
        "SELECT * { ?s :group 7 . ?t :group 49 . ?s :knows+ ?t }",
        false,
    ),
    (
        "SELECT (COUNT(*) AS ?c) { ?s :group 7 . ?s :knows+ ?t . ?t :knows* ?u }",
        false,
    ),
    // In each graph.
    ("SELECT * { GRAPH ?g { ?s :leads+ ?t } }", false),
];

#[test]
fn a_path_stopped_at_any_poll_works_no_further_row_and_gives_everything_back() {
    let scratch = Scratch::new("spill-paths");
    let database = database(&scratch);
    // Chains of 50 subjects, in the default graph and ten others.
    let chains = (0..5000).filter(|number| number % 50 != 49);
    let chains = chains.map(|number| {
        let (graph, next) = (number / 500, number + 1);
        let triple = format!("<http://x/s{number}> <http://x/leads> <http://x/s{next}>");
        format!("{triple} .\n<http://x/g{graph}> {{ {triple} }}\n")
    });
    load(&database, &chains.collect::<String>(), Format::TriG);
    let source = database.snapshot().unwrap().source();
    for (query, spills) in PATHS {
        let [much, little] =
            [usize::MAX, LITTLE].map(|memory| stop_anywhere(query, &source, memory));
        assert_eq!(much.end.unwrap(), little.end.unwrap(), "{query}");
        assert_eq!(
            (much.spooled > 0, little.spooled > 0),
            (false, spills),
            "{query}"
        );
    }
}
