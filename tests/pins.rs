//! Who may hold a version or the right to write, and for how long (definitions 23 and 31).

use oxrdf::{GraphName, Literal, NamedNode, Quad};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, PinKind, QuadPattern, Snapshot};
use triplestore::error::{Code, Error};
use triplestore::query::{QueryOptions, ResultBatch, Rows};

/// How long to wait for what happens in the background.
const PATIENCE: Duration = Duration::from_secs(60);

fn iri(name: &str) -> NamedNode {
    NamedNode::new_unchecked(format!("http://example.org/{name}"))
}

fn quad(number: u64) -> Quad {
    Quad::new(
        iri(&format!("s{}", number / 4)),
        iri("p"),
        // Numbers that do not pack well, so that few quads take many bytes.
        Literal::from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20),
        GraphName::DefaultGraph,
    )
}

fn control() -> Control {
    Control::new()
}

fn insert(database: &Database, numbers: std::ops::Range<u64>) {
    let quads: Vec<Quad> = numbers.map(quad).collect();
    database.insert(&quads, &control()).unwrap();
}

fn rows(snapshot: &Snapshot, query: &str) -> Rows {
    snapshot
        .query(query, &QueryOptions::default(), &control())
        .unwrap()
        .rows()
        .unwrap()
}

fn count(snapshot: &Snapshot) -> Result<u64, Error> {
    snapshot.count(&QuadPattern::default(), &control())
}

/// Waits until `done` is true.
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn config(set: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    set(&mut config);
    config
}

#[test]
fn an_idle_write_transaction_is_rolled_back_and_a_waiting_writer_gets_in() {
    let database = Database::memory(&config(|config| config.write_idle_ms = 50)).unwrap();
    let mut idle = database.begin(&control()).unwrap();
    idle.insert(&quad(1)).unwrap();
    // Waits for the idle one, up to write_wait_ms.
    insert(&database, 2..3);
    let ended = [
        idle.insert(&quad(3)).unwrap_err(),
        idle.delete(&quad(1)).unwrap_err(),
        idle.commit().unwrap_err(),
    ];
    for error in ended {
        assert_eq!(error.code(), Code::TransactionEnded, "{error}");
    }
    let snapshot = database.snapshot().unwrap();
    assert_eq!(count(&snapshot).unwrap(), 1);
    insert(&database, 4..5);
    assert!(database.check(&control()).unwrap().problems.is_empty());
}

#[test]
fn an_idle_write_transaction_ends_though_nobody_waits_and_its_terms_go() {
    let database = Database::memory(&config(|config| config.write_idle_ms = 20)).unwrap();
    let mut idle = database.begin(&control()).unwrap();
    idle.insert(&quad(1)).unwrap();
    wait_until("the transaction ends", || {
        database.pins().len() == 1 && {
            // Asking is a use, so ask seldom.
            std::thread::sleep(Duration::from_millis(200));
            matches!(idle.insert(&quad(2)), Err(error) if error.code() == Code::TransactionEnded)
        }
    });
    drop(idle);
    assert!(database.pins().is_empty());
    let stats = database.snapshot().unwrap().stats(&control()).unwrap();
    assert_eq!((stats.quads, stats.dictionary_terms), (0, 0));
}

#[test]
fn a_write_transaction_without_an_idle_limit_stays() {
    let database = Database::memory(&config(|config| {
        config.write_idle_ms = 0;
        config.write_wait_ms = 100;
    }))
    .unwrap();
    let mut open = database.begin(&control()).unwrap();
    open.insert(&quad(1)).unwrap();
    assert_eq!(database.begin(&control()).err().unwrap().code(), Code::Busy);
    open.commit().unwrap();
}

#[test]
fn pins_tell_who_reads_what_and_since_when() {
    let database = Database::memory(&Config::default()).unwrap();
    insert(&database, 0..10);
    assert!(database.pins().is_empty());
    let snapshot = database.snapshot().unwrap();
    let again = snapshot.clone();
    let open = rows(&snapshot, "SELECT * { ?s ?p ?o }");
    insert(&database, 10..20);
    let transaction = database.begin(&control()).unwrap();
    let pins = database.pins();
    let found: Vec<_> = pins.iter().map(|pin| (pin.kind, pin.seq)).collect();
    assert_eq!(
        found,
        [
            (PinKind::Snapshot, 1),
            (PinKind::Cursor, 1),
            (PinKind::Transaction, 2)
        ]
    );
    // A cursor is as old as the snapshot it was opened on.
    assert!(pins[0].age >= pins[2].age && pins[1].age >= pins[2].age);
    drop(snapshot);
    assert_eq!(database.pins().len(), 3);
    drop((again, open, transaction));
    assert!(database.pins().is_empty());
}

#[test]
fn a_forgotten_reader_stops_no_commit_spill_or_merge_and_reads_on() {
    let database = Database::memory(&Config::default()).unwrap();
    insert(&database, 0..20_000);
    database.compact(&control()).unwrap();
    let snapshot = database.snapshot().unwrap();
    let mut open = rows(&snapshot, "SELECT * { ?s ?p ?o }");
    let mut batch = ResultBatch::new();
    assert!(open.next(100, &mut batch).unwrap());
    for round in 0..6 {
        insert(&database, 20_000 + round * 100..20_100 + round * 100);
        let gone: Vec<Quad> = (round * 1000..round * 1000 + 500).map(quad).collect();
        database.delete(&gone, &control()).unwrap();
        database.quiesce(&control()).unwrap();
    }
    database.compact(&control()).unwrap();
    assert_eq!(database.health().unwrap().runs_max, 1);
    let mut read = batch.rows();
    while open.next(2048, &mut batch).unwrap() {
        read += batch.rows();
    }
    assert_eq!(read, 20_000);
    assert_eq!(count(&snapshot).unwrap(), 20_000);
    assert!(database.check(&control()).unwrap().problems.is_empty());
}

/// Makes a run for each sort, a snapshot of it with open cursors, and a newer run in its place. Also returns the bytes of
/// the first runs.
fn replaced(
    database: &Database,
    quads: u64,
) -> (
    u64,
    Snapshot,
    Rows,
    impl Iterator<Item = Result<Quad, Error>> + use<>,
) {
    insert(database, 0..quads);
    database.compact(&control()).unwrap();
    let bytes = database.health().unwrap().page_file_bytes;
    let snapshot = database.snapshot().unwrap();
    let mut open = rows(&snapshot, "SELECT * { ?s ?p ?o }");
    let mut matches = snapshot.quads(&QuadPattern::default(), &control()).unwrap();
    assert!(open.next(10, &mut ResultBatch::new()).unwrap());
    matches.next().unwrap().unwrap();
    insert(database, quads..quads + 10);
    database.compact(&control()).unwrap();
    (bytes, snapshot, open, matches)
}

fn fails_as_too_old(
    snapshot: &Snapshot,
    mut open: Rows,
    matches: impl Iterator<Item = Result<Quad, Error>>,
) {
    let failed = |error: Error| assert_eq!(error.code(), Code::SnapshotTooOld, "{error}");
    let mut batch = ResultBatch::new();
    failed(open.next(10, &mut batch).unwrap_err());
    // A batch of quads that was read already may be given.
    let mut given = 0;
    let end = matches
        .inspect(|quad| given += usize::from(quad.is_ok()))
        .find_map(Result::err);
    failed(end.unwrap());
    assert!(given <= 2048, "{given}");
    failed(count(snapshot).unwrap_err());
    failed(snapshot.stats(&control()).unwrap_err());
    failed(
        snapshot
            .quads(&QuadPattern::default(), &control())
            .err()
            .unwrap(),
    );
    let query = snapshot.query("ASK { ?s ?p 3 }", &QueryOptions::default(), &control());
    failed(query.err().unwrap());
}

#[test]
fn a_reader_older_than_the_limit_fails_and_its_pages_go_though_it_is_not_dropped() {
    let database = Database::memory(&config(|config| config.max_version_age_ms = 100)).unwrap();
    let (bytes, snapshot, open, matches) = replaced(&database, 30_000);
    wait_until("the snapshot is ended", || count(&snapshot).is_err());
    assert!(database.pins().iter().all(|pin| pin.is_ended));
    wait_until("the pages go", || {
        database.health().unwrap().page_file_bytes < bytes * 3 / 2
    });
    fails_as_too_old(&snapshot, open, matches);
    let new = database.snapshot().unwrap();
    assert_eq!(count(&new).unwrap(), 30_010);
    assert!(database.check(&control()).unwrap().problems.is_empty());
}

#[test]
fn an_old_reader_stays_while_nothing_waits_for_its_space() {
    let database = Database::memory(&config(|config| config.max_version_age_ms = 20)).unwrap();
    insert(&database, 0..1000);
    database.compact(&control()).unwrap();
    let snapshot = database.snapshot().unwrap();
    insert(&database, 1000..1001);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(count(&snapshot).unwrap(), 1000);
}

#[test]
fn readers_that_keep_too_many_bytes_fail_oldest_first() {
    let database = Database::memory(&config(|config| config.max_pinned_bytes = 1 << 20)).unwrap();
    let (bytes, snapshot, open, matches) = replaced(&database, 100_000);
    assert!(bytes > 1 << 20, "{bytes}");
    let young = database.snapshot().unwrap();
    wait_until("the snapshot is ended", || count(&snapshot).is_err());
    fails_as_too_old(&snapshot, open, matches);
    assert_eq!(count(&young).unwrap(), 100_010);
}

#[test]
fn everything_kept_after_the_store_is_closed_answers_closed() {
    let database = Database::memory(&Config::default()).unwrap();
    insert(&database, 0..30_000);
    database.compact(&control()).unwrap();
    insert(&database, 30_000..30_010);
    let snapshot = database.snapshot().unwrap();
    let mut fresh = rows(&snapshot, "SELECT * { ?s ?p ?o }");
    let mut open = rows(&snapshot, "SELECT * { ?s ?p ?o } ORDER BY ?o");
    let mut matches = snapshot.quads(&QuadPattern::default(), &control()).unwrap();
    let mut transaction = database.begin(&control()).unwrap();
    let mut batch = ResultBatch::new();
    assert!(open.next(10, &mut batch).unwrap());
    matches.next().unwrap().unwrap();
    transaction.insert(&quad(1_000_000)).unwrap();

    database.close().unwrap();
    let closed = |error: Error| assert_eq!(error.code(), Code::Closed, "{error}");
    closed(fresh.next(10, &mut batch).unwrap_err());
    closed(open.next(10, &mut batch).unwrap_err());
    closed(matches.find_map(Result::err).unwrap());
    closed(count(&snapshot).unwrap_err());
    closed(snapshot.stats(&control()).unwrap_err());
    closed(
        snapshot
            .quads(&QuadPattern::default(), &control())
            .err()
            .unwrap(),
    );
    let query = snapshot.query("ASK { ?s ?p 3 }", &QueryOptions::default(), &control());
    closed(query.err().unwrap());
    closed(transaction.commit().unwrap_err());
    closed(database.snapshot().err().unwrap());
    closed(database.begin(&control()).err().unwrap());
    // Dropped in any order, with the store long gone.
    drop(database);
    drop((snapshot, fresh, open));
}

/// Keeps the messages of all warnings of the process.
struct Warnings;

static MESSAGES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Message(String);

impl tracing::field::Visit for Message {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        MESSAGES.lock().unwrap().push(message.0);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_pin_near_its_age_limit_is_warned_of_and_an_ended_one_reported() {
    tracing::subscriber::set_global_default(Warnings).unwrap();
    let database = Database::memory(&config(|config| config.max_version_age_ms = 400)).unwrap();
    insert(&database, 0..777);
    insert(&database, 777..778);
    insert(&database, 778..779);
    let snapshot = database.snapshot().unwrap();
    assert_eq!(snapshot.seq(), 3);
    let said = |text: &str| {
        let messages = MESSAGES.lock().unwrap();
        messages.iter().any(|message| message.contains(text))
    };
    wait_until("the warning", || {
        said("a snapshot of commit 3 comes near max_version_age_ms")
    });
    assert_eq!(count(&snapshot).unwrap(), 779);
}
