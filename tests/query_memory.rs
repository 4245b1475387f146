//! The memory limit of a query by what the system says the process has (peers.md part B, row 2), not by our own counters:
//! queries over far more data than the limit, each in a process of its own.
#![cfg(target_os = "linux")]

mod document;
mod environment;
mod subprocess;

use environment::Scratch;
use triplestore::config::Config;
use triplestore::control::{Budget, Control};
use triplestore::database::Database;
use triplestore::error::Code;
use triplestore::load::Format;
use triplestore::query::{ParseOptions, Prepared, QueryOptions, ResultBatch};

const SUBJECTS: u64 = 200_000;
const LIMIT_BYTES: usize = 12 << 20;
/// What the process may grow beyond the limit: batches on their way, buffers of the allocator, pages and stacks that are
/// touched for the first time.
const SLACK_BYTES: usize = 20 << 20;

/// Name, query, the count of its rows, and whether it may be refused.
const QUERIES: [(&str, &str, u64, bool); 12] = [
    (
        "sort",
        "SELECT * { ?s :name ?n } ORDER BY ?n",
        SUBJECTS,
        false,
    ),
    (
        "group",
        "SELECT ?n (COUNT(*) AS ?c) (MAX(?i) AS ?m) { ?s :name ?n ; :id ?i } GROUP BY ?n",
        SUBJECTS,
        false,
    ),
    (
        "distinct",
        "SELECT DISTINCT ?n ?i ?s { ?s :name ?n ; :id ?i }",
        SUBJECTS,
        false,
    ),
    (
        "count distinct",
        "SELECT (COUNT(DISTINCT ?n) AS ?c) { ?s :name ?n ; :id ?i }",
        1,
        false,
    ),
    (
        "hash join",
        "SELECT * { { SELECT ?s ?n { ?s :name ?n } ORDER BY ?n } { SELECT ?s ?i { ?s :id ?i } ORDER BY ?i } }",
        SUBJECTS,
        false,
    ),
    (
        "optional",
        "SELECT * { ?s :name ?n OPTIONAL { ?s :id ?i . ?s :knows ?k } }",
        SUBJECTS,
        false,
    ),
    (
        "cross product",
        "SELECT (COUNT(*) AS ?c) { ?s :id ?i . ?t :name ?n FILTER(?i < 3) }",
        1,
        false,
    ),
    (
        "computed",
        "SELECT (CONCAT(?n, ' ', ?n, ' ', ?n, ' ', ?n) AS ?c) { ?s :name ?n }",
        SUBJECTS,
        false,
    ),
    (
        "computed and sorted",
        "SELECT (CONCAT(?n, ' ', ?n, ' ', ?n, ' ', ?n) AS ?c) { ?s :name ?n } ORDER BY ?c",
        SUBJECTS,
        false,
    ),
    (
        "computed and distinct",
        "SELECT DISTINCT (CONCAT(?n, ' ', ?n, ' ', ?n, ' ', ?n) AS ?c) { ?s :name ?n }",
        SUBJECTS,
        false,
    ),
    (
        "computed and grouped",
        "SELECT ?c (COUNT(*) AS ?k) { ?s :name ?n BIND(CONCAT(?n, ' ', ?n, ' ', ?n, ' ', ?n) AS ?c) } GROUP BY ?c",
        SUBJECTS,
        false,
    ),
    (
        "group concat",
        "SELECT (GROUP_CONCAT(?n) AS ?g) { ?s :name ?n }",
        1,
        true,
    ),
];

fn load(scratch: &Scratch) {
    let database = Database::open(scratch.join("store"), &config()).unwrap();
    let mut document = String::from("@prefix : <http://x/> .\n");
    for number in 0..SUBJECTS {
        let other = number.wrapping_mul(7919) % SUBJECTS;
        document.push_str(&format!(
            ":s{number} :id {number} ; :name \"a name that is fairly long and has the number {other}\" ; :knows :s{other} .\n"
        ));
    }
    document::load(&database, &document, Format::Turtle);
    database.compact(&Control::new()).unwrap();
}

fn config() -> Config {
    let mut config = Config::default();
    config.set("memory_budget_bytes", "128 MiB").unwrap();
    config.set("block_cache_bytes", "8 MiB").unwrap();
    config.set("vocabulary_cache_bytes", "8 MiB").unwrap();
    config
}

/// A line of `/proc/self/status`, in bytes.
fn status(name: &str) -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    let kib: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib << 10
}

fn run(database: &Database, query: &str, memory: Budget) -> Result<u64, Code> {
    let options = ParseOptions {
        prefixes: vec![(String::new(), "http://x/".to_owned())],
        ..ParseOptions::default()
    };
    let control = Control::new().with_memory(memory);
    let snapshot = database.snapshot().unwrap().source();
    let mut rows = Prepared::new(query, &options)
        .unwrap()
        .rows(&snapshot, &QueryOptions::default(), &control)
        .map_err(|error| error.code())?;
    let mut batch = ResultBatch::new();
    let mut count = 0;
    while rows.next(2048, &mut batch).map_err(|error| error.code())? {
        count += batch.rows() as u64;
    }
    Ok(count)
}

/// In the child: one query, and how the process grew.
fn child(task: &str) {
    let (directory, number) = task.rsplit_once(' ').unwrap();
    let (_, query, _, _) = QUERIES[number.parse::<usize>().unwrap()];
    let database = Database::open(directory, &config()).unwrap();
    // The caches fill first, so that their memory is not taken for the query's.
    for warm in [
        "SELECT (COUNT(?n) AS ?c) { ?s :name ?n FILTER(STR(?n) != '') }",
        "SELECT (COUNT(?s) AS ?c) { ?s :id ?i . ?s :knows ?k FILTER(?i >= 0) }",
    ] {
        let _ = run(&database, warm, Budget::new("warm", 4 << 20));
    }
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS");
    let end = run(&database, query, Budget::new("query", LIMIT_BYTES));
    let grown = status("VmHWM").saturating_sub(before);
    let end = match end {
        Ok(rows) => format!("rows {rows}"),
        Err(code) => format!("error {}", code.name()),
    };
    subprocess::say(&format!("{grown} {end}"));
}

#[test]
fn a_query_over_much_more_data_than_its_memory_keeps_the_process_small() {
    if let Some(task) = subprocess::task() {
        return child(&task);
    }
    let scratch = Scratch::new("query-memory");
    load(&scratch);
    for (number, (name, _, rows, may_fail)) in QUERIES.into_iter().enumerate() {
        let task = format!("{} {number}", scratch.join("store").display());
        let test = "a_query_over_much_more_data_than_its_memory_keeps_the_process_small";
        let ended = subprocess::wait(subprocess::command(test, &task).spawn().unwrap());
        assert!(ended.success, "{name}: {ended:?}");
        let said = &ended.lines[0];
        eprintln!("{name}: {said}");
        let (grown, end) = said.split_once(' ').unwrap();
        let grown: usize = grown.parse().unwrap();
        let is_right = end == format!("rows {rows}")
            || may_fail && end == format!("error {}", Code::ResourceExhausted.name());
        assert!(is_right, "{name}: {end}");
        assert!(
            grown <= LIMIT_BYTES + SLACK_BYTES,
            "{name} grew by {grown} bytes"
        );
    }
}
