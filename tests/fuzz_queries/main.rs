//! Queries and updates nobody would write: the texts of the W3C's tests, torn up and put together again token by token
//! ([`torn`]), or with whole groups and expressions of each other ([`grafted`]), parsed, planned and run over a small store.
//! Whatever the text, the outcome is an answer or an error with one of the codes a text may have, in bounded time and memory;
//! the store stays sound.
//!
//! Every case has a number from which it is made, and a failure prints it. `TRIPLESTORE_FUZZ_CASES` says how many are
//! run (0: until it is stopped), `TRIPLESTORE_FUZZ_SEED` the first number.

#[path = "../document/mod.rs"]
mod document;
#[path = "../environment/mod.rs"]
mod environment;
mod grafted;
mod torn;

use document::load;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use triplestore::config::Config;
use triplestore::control::{Budget, Control};
use triplestore::database::{Database, UpdateOptions};
use triplestore::error::{Code, Error};
use triplestore::load::Format;
use triplestore::query::{ParseOptions, Prepared, QueryOptions, ResultBatch};

const TIME_MAX: Duration = Duration::from_millis(300);
/// A case that takes longer has looked at its deadline too seldom; slow machines are given some.
const TIME_LATE: Duration = Duration::from_secs(10);
const MEMORY_MAX_BYTES: usize = 16 << 20;
const ROWS_MAX: u64 = 10_000;

/// What a text may fail with.
const CODES: [Code; 16] = [
    Code::QueryParse,
    Code::QueryTimeout,
    Code::QueryLimit,
    Code::QueryUnsupported,
    Code::QueryInvalidOption,
    Code::ServiceRefused,
    Code::ServiceFailed,
    Code::NestingTooDeep,
    Code::InvalidIri,
    Code::ResourceExhausted,
    Code::TermTooLarge,
    Code::InvalidInput,
    Code::InvalidPath,
    Code::FileNotFound,
    Code::UnknownFormat,
    Code::NotImplemented,
];

/// Texts for a checkout without the suites: one of each kind of clause.
const SEEDS: [&str; 12] = [
    "PREFIX : <http://x/> SELECT DISTINCT ?s (COUNT(?o) AS ?n) WHERE { ?s :p ?o ; :q [] OPTIONAL { ?s :r ?t FILTER(?t > 1) } } GROUP BY ?s HAVING(COUNT(*) > 0) ORDER BY DESC(?n) LIMIT 5",
    "SELECT * FROM <http://x/g> FROM NAMED <http://x/h> { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } MINUS { ?s <http://x/p> 1 } }",
    "ASK { ?s ?p ?o FILTER(EXISTS { ?o ?q ?r } && REGEX(STR(?o), '^a.*b$', 'i') || ?o IN (1, 2.5, 'x'@en)) }",
    "CONSTRUCT { ?s <http://x/q> _:b . _:b <http://x/r> ?o } WHERE { ?s <http://x/p>/^<http://x/q>* ?o }",
    "DESCRIBE ?s <http://x/a> WHERE { ?s !(<http://x/p>|^<http://x/q>) ?o } LIMIT 2",
    "SELECT ?s { { SELECT ?s (MAX(?o) AS ?m) { ?s ?p ?o } GROUP BY ?s } VALUES (?s ?m) { (UNDEF 1) (<http://x/a> UNDEF) } BIND(IF(BOUND(?m), ?m + 1, COALESCE(?m, 0)) AS ?k) }",
    "SELECT (GROUP_CONCAT(DISTINCT STR(?o); SEPARATOR=', ') AS ?all) { ?s ?p ?o } ",
    "SELECT * { ?s ?p <<( ?a <http://x/p> ?c )>> . << ?s ?p ?o >> ?q 1 FILTER(isTRIPLE(?o)) }",
    "INSERT DATA { <http://x/n> <http://x/p> 1, 'two'@en, true . GRAPH <http://x/g> { [] <http://x/q> (1 2) } }",
    "PREFIX : <http://x/> WITH :g DELETE { ?s :p ?o } INSERT { ?s :q ?o . GRAPH :h { ?o :of ?s } } USING :h WHERE { ?s :p ?o }",
    "DELETE WHERE { ?s <http://x/p> ?o } ; CLEAR SILENT GRAPH <http://x/g> ; COPY <http://x/g> TO DEFAULT",
    "SELECT (SUBSTR(UCASE(REPLACE('abc', 'b', '$0')), 2) AS ?v) (STRDT('1', <http://www.w3.org/2001/XMLSchema#int>) + 1 / 3 AS ?w) {}",
];

/// SplitMix64.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// The queries and updates below a folder.
fn texts(folder: &Path, found: &mut Vec<String>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            texts(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "rq" || extension == "ru")
        {
            // Some are not UTF-8, on purpose.
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            if text.len() < 4_000 {
                found.push(text);
            }
        }
    }
}

/// A store with terms of every kind in several graphs, among them those that the suites use.
fn store() -> Database {
    let database = Database::memory(&Config::default()).unwrap();
    let mut document = String::from(
        "@prefix : <http://x/> . @prefix e: <http://example.org/> . @prefix w: <http://www.example.org/> .
         @prefix c: <http://example.com/> . @prefix f: <http://xmlns.com/foaf/0.1/> .
         @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n",
    );
    for graph in ["", ":g", ":h", "e:g1", "c:g1"] {
        document += &format!(
            "{graph} {{ :a :p 1, 2.5, 1e3, 'x', 'x'@en, 'x'@en--ltr, true, '2020-01-01T00:00:00Z'^^xsd:dateTime ;
               :q :b, [ :r (1 2 3) ], <<( :a :p :b )>>, 'bad'^^xsd:integer .
             :b :p :a ; :q :c . :c :q :a ; f:name 'Alice' ; f:mbox <mailto:a@x> .
             e:s e:p e:o ; e:q 5 . w:s w:p1 w:o ; w:p2 'y' . c:s c:p c:o, 7 . }}\n"
        );
    }
    load(&database, &document, Format::TriG);
    database
}

fn control() -> (Control, Budget) {
    let budget = Budget::new("query", MEMORY_MAX_BYTES);
    let control = Control::new()
        .with_timeout(TIME_MAX)
        .with_memory(budget.clone());
    (control, budget)
}

fn parse_options() -> ParseOptions {
    ParseOptions {
        base_iri: Some("http://x/base".to_owned()),
        ..ParseOptions::default()
    }
}

/// Runs a text as a query. Returns its number of rows.
fn query(database: &Database, text: &str) -> Result<u64, Error> {
    let prepared = Prepared::new(text, &parse_options())?;
    let snapshot = database.snapshot()?.source();
    let (control, budget) = control();
    let options = QueryOptions {
        row_limit: Some(ROWS_MAX),
        ..QueryOptions::default()
    };
    prepared.explain(&snapshot, &options, &control)?;
    let read = (|| {
        let mut rows = prepared.rows(&snapshot, &options, &control)?;
        let (mut batch, mut count) = (ResultBatch::new(), 0);
        while rows.next(500, &mut batch)? {
            assert!(batch.rows() > 0, "a batch without rows");
            count += batch.rows() as u64;
        }
        Ok(count)
    })();
    assert_eq!(budget.used(), 0, "memory is still charged");
    read
}

/// Runs a text as an update, in a transaction that is rolled back. Returns how many quads it changes.
fn update(database: &Database, text: &str) -> Result<u64, Error> {
    let options = UpdateOptions {
        base_iri: parse_options().base_iri,
        timeout: Some(TIME_MAX),
        ..UpdateOptions::default()
    };
    let parsed = options.prepare(text, parse_options())?;
    let (control, _) = control();
    let mut transaction = database.begin(&control)?;
    let done = transaction.run_update(&parsed, &options, &control);
    drop(transaction);
    done.map(|changed| changed.inserted + changed.deleted)
}

/// What came of the cases.
#[derive(Debug, Default)]
struct Seen {
    cases: u64,
    answered: u64,
    /// Of those answered: with rows, or changes.
    fruitful: u64,
    refused: u64,
    limited: u64,
}

impl Seen {
    fn add(&mut self, text: &str, outcome: Result<u64, Error>) {
        self.cases += 1;
        match outcome {
            Ok(count) => {
                self.answered += 1;
                self.fruitful += u64::from(count > 0);
            }
            Err(error) => {
                assert!(CODES.contains(&error.code()), "{text}\n{error:?}");
                match error.code() {
                    Code::QueryTimeout | Code::QueryLimit | Code::ResourceExhausted => {
                        self.limited += 1;
                    }
                    _ => self.refused += 1,
                }
            }
        }
    }
}

/// The texts that others are made of.
fn corpus() -> Vec<String> {
    let mut found: Vec<String> = SEEDS.map(str::to_owned).to_vec();
    if let Some(folder) = environment::test_data("conformance/rdf-tests/sparql") {
        texts(&folder, &mut found);
    }
    found
}

/// Runs `cases` texts, each made of its number.
fn run(cases: u64, make: impl Fn(&mut Numbers) -> String) -> Seen {
    let database = store();
    let quads = database.health().unwrap().quads;
    let cases = number("TRIPLESTORE_FUZZ_CASES", cases);
    let first = number("TRIPLESTORE_FUZZ_SEED", 1);
    let mut seen = Seen::default();
    for case in first.. {
        if cases > 0 && case >= first + cases {
            break;
        }
        let text = make(&mut Numbers(case));
        let begin = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| match query(&database, &text) {
            Err(error) if error.code() == Code::QueryParse => update(&database, &text),
            outcome => outcome,
        }))
        .unwrap_or_else(|_| panic!("case {case} panics:\n{text}"));
        assert!(
            begin.elapsed() < TIME_LATE,
            "case {case} takes {:?}:\n{text}",
            begin.elapsed()
        );
        seen.add(&format!("case {case}:\n{text}"), outcome);
    }
    println!("{seen:?}");
    assert_eq!(database.health().unwrap().quads, quads);
    assert!(database.check(&Control::new()).unwrap().problems.is_empty());
    seen
}

#[test]
fn torn_queries_are_answered_or_refused() {
    let found = corpus();
    let corpus: Vec<Vec<&str>> = found.iter().map(|text| torn::tokens(text)).collect();
    for (text, tokens) in found.iter().zip(&corpus) {
        assert_eq!(tokens.concat(), *text, "the tokens are not the text");
    }
    let seen = run(4_000, |numbers| torn::torn(&corpus, numbers));
    // Not all is refused by the parser, which would say nothing about the rest.
    assert!(
        seen.answered * 40 > seen.cases && seen.refused * 20 > seen.cases,
        "{seen:?}"
    );
}

#[test]
fn grafted_queries_are_answered() {
    let corpus: Vec<String> = corpus()
        .iter()
        .filter_map(|text| grafted::plain(text))
        .collect();
    let seen = run(3_000, |numbers| grafted::grafted(&corpus, numbers));
    // Most run, and many find something; those that end at a limit have run as well.
    assert!(
        (seen.answered + seen.limited) * 2 > seen.cases && seen.fruitful * 8 > seen.cases,
        "{seen:?}"
    );
}
