//! Limits: updates larger than their memory stream, and cancel, deadline and memory end them in every phase with nothing
//! changed.

use crate::document::load;
use crate::{PROLOGUE, quads};
use std::time::Duration;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, QuadPattern, UpdateOptions};
use triplestore::error::Code;
use triplestore::load::Format;

fn filled(config: &Config, subjects: u64) -> Database {
    let database = Database::memory(config).unwrap();
    let mut document = String::new();
    for number in 0..subjects {
        document.push_str(&format!(
            "<http://x/s{number}> <http://x/p> \"{number}\" .\n"
        ));
    }
    load(&database, &document, Format::NTriples);
    database
}

fn count(database: &Database) -> u64 {
    let snapshot = database.snapshot().unwrap();
    snapshot
        .count(&QuadPattern::default(), &Control::new())
        .unwrap()
}

fn run(
    database: &Database,
    text: &str,
    control: &Control,
) -> triplestore::error::Result<(u64, u64)> {
    let text = format!("{PROLOGUE}{text}");
    let committed = database.update(&text, &UpdateOptions::default(), control)?;
    Ok((committed.inserted, committed.deleted))
}

#[test]
fn an_update_larger_than_its_memory_streams_and_later_operations_see_it() {
    let mut config = Config::default();
    config.set("memory_budget_bytes", "256 MiB").unwrap();
    const SUBJECTS: u64 = 250_000;
    let database = filled(&config, SUBJECTS);
    // 240 bytes a change: 120 MB for the first operation, of a share of 64 MiB or less.
    let counts = run(
        &database,
        "DELETE { ?s :p ?o } INSERT { ?s :q ?o . ?s :r ?s } WHERE { ?s :p ?o } ;
         DELETE { ?s :q ?o } INSERT { GRAPH :g { ?s :q ?o } } WHERE { ?s :q ?o . ?s :r ?s } ;
         INSERT DATA { :one :more :quad }",
        &Control::new(),
    )
    .unwrap();
    assert_eq!(counts, (2 * SUBJECTS + 1, SUBJECTS));
    assert_eq!(count(&database), 2 * SUBJECTS + 1);
    let report = database.check(&Control::new()).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!(
        run(&database, "CLEAR ALL", &Control::new()).unwrap(),
        (0, 2 * SUBJECTS + 1)
    );
    assert_eq!(quads(&database), []);
}

#[test]
fn a_cancelled_update_changes_nothing_whenever_it_is_cancelled() {
    let database = filled(&Config::default(), 20_000);
    let text = "DELETE { ?s :p ?o } INSERT { ?s :q ?o } WHERE { ?s :p ?o } ;
                INSERT { ?s :r ?t } WHERE { ?s :q ?o . ?t :q ?o } ; CLEAR DEFAULT";
    let mut cancelled = 0;
    for micros in [0, 50, 200, 1_000, 3_000, 10_000, 20_000, 40_000, 80_000] {
        let control = Control::new();
        let token = control.cancel_token();
        let outcome = std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_micros(micros));
                token.cancel();
            });
            run(&database, text, &control)
        });
        match outcome {
            Err(error) => {
                assert_eq!(error.code(), Code::Cancelled);
                assert_eq!(count(&database), 20_000);
                cancelled += 1;
            }
            Ok(counts) => {
                assert_eq!(counts, (0, 20_000));
                break;
            }
        }
    }
    assert!(cancelled > 0);
    // The next writer enters at once.
    run(&database, "INSERT DATA { :a :b :c }", &Control::new()).unwrap();
}

#[test]
fn an_update_past_its_deadline_changes_nothing() {
    let mut config = Config::default();
    config.set("update_timeout_ms", "1").unwrap();
    let limited = filled(&config, 20_000);
    let cross = "INSERT { ?s :q ?t } WHERE { ?s :p ?o . ?t :p ?u }";
    assert_eq!(
        run(&limited, cross, &Control::new()).unwrap_err().code(),
        Code::QueryTimeout
    );
    assert_eq!(count(&limited), 20_000);
    let options = UpdateOptions {
        timeout: Some(Duration::from_millis(1)),
        ..UpdateOptions::default()
    };
    let database = filled(&Config::default(), 20_000);
    let text = format!("{PROLOGUE}{cross}");
    let error = database
        .update(&text, &options, &Control::new())
        .unwrap_err();
    assert_eq!(error.code(), Code::QueryTimeout);
    assert_eq!(count(&database), 20_000);
}

#[test]
fn an_update_whose_new_terms_outgrow_the_memory_fails_and_changes_nothing() {
    let mut config = Config::default();
    config.set("memory_budget_bytes", "256 MiB").unwrap();
    config.set("query_spool_bytes", "0").unwrap();
    let database = filled(&config, 3_000);
    // Nine million new terms, which the query holds to tell them apart.
    let text = "INSERT { ?s :q ?n } WHERE { SELECT DISTINCT ?s ?n { ?s :p ?o . ?t :p ?u BIND(<<( ?s :q ?t )>> AS ?n) } }";
    let error = run(&database, text, &Control::new()).unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
    assert_eq!(count(&database), 3_000);
    run(&database, "INSERT DATA { :a :b :c }", &Control::new()).unwrap();
}
