//! Explicit transactions: read-your-writes, requests that are all or nothing within, and cursors over the end.

use crate::{PROLOGUE, lines, memory, store};
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Changed, Database, QuadPattern, UpdateOptions, WriteTxn};
use triplestore::error::{Code, Result};
use triplestore::query::{ParseOptions, Prepared, Pulled, QueryOptions, ResultBatch, Rows};

fn update(txn: &mut WriteTxn, text: &str) -> Result<Changed> {
    txn.update(
        &format!("{PROLOGUE}{text}"),
        &UpdateOptions::default(),
        &Control::new(),
    )
}

fn rows(txn: &mut WriteTxn, text: &str) -> Rows {
    let text = format!("{PROLOGUE}{text}");
    let results = txn
        .query(&text, &QueryOptions::default(), &Control::new())
        .unwrap();
    results.rows().unwrap()
}

fn count(mut rows: Rows) -> usize {
    let (mut batch, mut count) = (ResultBatch::new(), 0);
    while rows.next(1000, &mut batch).unwrap() {
        count += batch.rows();
    }
    count
}

fn all(database: &Database) -> u64 {
    let snapshot = database.snapshot().unwrap();
    snapshot
        .count(&QuadPattern::default(), &Control::new())
        .unwrap()
}

#[test]
fn a_write_transaction_reads_its_own_writes_and_nobody_else_does() {
    let database = store(":a :p 1");
    let mut txn = database.begin(&Control::new()).unwrap();
    let changed = update(
        &mut txn,
        "INSERT DATA { :b :p 'a new and long text' . :c :p 2 }",
    )
    .unwrap();
    assert_eq!(
        changed,
        Changed {
            inserted: 2,
            deleted: 0
        }
    );
    txn.insert_nquads(b"<http://x/d> <http://x/p> \"3\" .\n")
        .unwrap();
    assert_eq!(count(rows(&mut txn, "SELECT * { ?s :p ?o }")), 4);
    assert_eq!(
        count(rows(&mut txn, "SELECT * { :b :p 'a new and long text' }")),
        1
    );
    assert_eq!(
        txn.count(&QuadPattern::default(), &Control::new()).unwrap(),
        4
    );
    update(&mut txn, "DELETE WHERE { ?s :p 2 }").unwrap();
    assert_eq!(count(rows(&mut txn, "SELECT * { ?s :p ?o }")), 3);
    assert_eq!(all(&database), 1);
    let committed = txn.commit().unwrap();
    assert_eq!((committed.inserted, committed.deleted), (2, 0));
    assert_eq!(all(&database), 3);
}

#[test]
fn a_request_that_fails_is_undone_and_the_transaction_goes_on() {
    let database = store(":a :p 1 . GRAPH :g { :a :p 1 }");
    let mut txn = database.begin(&Control::new()).unwrap();
    update(&mut txn, "INSERT DATA { :b :p 1 }").unwrap();
    let failed = update(
        &mut txn,
        "CLEAR ALL ; INSERT DATA { :c :new 'term of the failed request' . :x :y :z } ; LOAD <http://x/none>",
    );
    assert_eq!(failed.unwrap_err().code(), Code::QueryInvalidOption);
    assert_eq!(
        txn.count(&QuadPattern::default(), &Control::new()).unwrap(),
        3
    );
    update(&mut txn, "INSERT DATA { :d :other 'another new term' }").unwrap();
    txn.commit().unwrap();
    assert_eq!(lines(&database).len(), 4);
    assert_eq!(
        database.check(&Control::new()).unwrap().problems,
        Vec::<String>::new()
    );
}

#[test]
fn direct_writes_and_requests_follow_each_other() {
    let database = store(":a :p 1");
    let quad = b"<http://x/a> <http://x/q> \"x\" .\n";
    let mut txn = database.begin(&Control::new()).unwrap();
    txn.insert_nquads(quad).unwrap();
    assert_eq!(
        update(&mut txn, "DELETE WHERE { :a :q ?o }")
            .unwrap()
            .deleted,
        1
    );
    txn.insert_nquads(quad).unwrap();
    txn.delete_nquads(quad).unwrap();
    txn.insert_nquads(quad).unwrap();
    assert_eq!(
        update(&mut txn, "INSERT { :a :r ?o } WHERE { :a :q ?o }")
            .unwrap()
            .inserted,
        1
    );
    txn.delete_nquads(quad).unwrap();
    let committed = txn.commit().unwrap();
    assert_eq!((committed.inserted, committed.deleted), (1, 0));
}

#[test]
fn a_cursor_of_a_write_transaction_sees_the_moment_it_was_opened() {
    let database = store(":a :p 1");
    let mut txn = database.begin(&Control::new()).unwrap();
    update(&mut txn, "INSERT DATA { :b :p 'text of the transaction' }").unwrap();
    let cursor = rows(&mut txn, "SELECT * { ?s :p ?o }");
    update(
        &mut txn,
        "INSERT DATA { :c :p 3 } ; DELETE DATA { :a :p 1 }",
    )
    .unwrap();
    txn.commit().unwrap();
    database.compact(&Control::new()).unwrap();
    assert_eq!(count(cursor), 2);
}

#[test]
fn a_cursor_ends_with_the_rollback_of_its_transaction() {
    let database = store(":a :p 1");
    let mut txn = database.begin(&Control::new()).unwrap();
    update(&mut txn, "INSERT DATA { :b :p 'text of the transaction' }").unwrap();
    let mut cursor = rows(&mut txn, "SELECT * { ?s :p ?o }");
    let snapshot = txn.snapshot().unwrap();
    txn.rollback();
    let ended = cursor.next(10, &mut ResultBatch::new()).unwrap_err();
    assert_eq!(ended.code(), Code::TransactionEnded);
    let counted = snapshot.count(&QuadPattern::default(), &Control::new());
    assert_eq!(counted.unwrap_err().code(), Code::TransactionEnded);
    let text = "SELECT * { ?s ?p ?o }";
    let queried = snapshot.query(text, &QueryOptions::default(), &Control::new());
    assert_eq!(
        queried.map(|_| ()).unwrap_err().code(),
        Code::TransactionEnded
    );
    assert_eq!(lines(&database).len(), 1);
}

#[test]
fn a_prepared_query_runs_in_any_transaction() {
    let database = store(":a :p 1");
    let query = Prepared::new("SELECT * { ?s ?p ?o }", &ParseOptions::default()).unwrap();
    let mut txn = database.begin(&Control::new()).unwrap();
    for expected in 2..5 {
        update(&mut txn, &format!("INSERT DATA {{ :b :p {expected} }}")).unwrap();
        let snapshot = txn.snapshot().unwrap();
        let mut cursor = database
            .open_query_on(&snapshot, &query, &QueryOptions::default(), &Control::new())
            .unwrap();
        let mut batch = ResultBatch::new();
        let mut found = 0;
        while cursor.next(100, None, &mut batch).unwrap() == Pulled::Rows {
            found += batch.rows();
        }
        assert_eq!(found, expected);
    }
}

#[test]
fn one_writer_at_a_time_and_waiting_is_bounded() {
    let mut config = Config::default();
    config.set("write_wait_ms", "20").unwrap();
    let database = Database::memory(&config).unwrap();
    let first = database.begin(&Control::new()).unwrap();
    let text = "INSERT DATA { <http://x/a> <http://x/b> <http://x/c> }";
    let refused = database.update(text, &UpdateOptions::default(), &Control::new());
    let error = refused.unwrap_err();
    assert_eq!(error.code(), Code::Busy);
    assert!(error.code().retriable());
    drop(first);
    database
        .update(text, &UpdateOptions::default(), &Control::new())
        .unwrap();
}

#[test]
fn an_update_has_its_own_control_within_a_transaction() {
    let database = store(":a :p 1 , 2 , 3");
    let mut txn = database.begin(&Control::new()).unwrap();
    let control = Control::new();
    control.cancel_token().cancel();
    let text = format!("{PROLOGUE} DELETE WHERE {{ ?s ?p ?o }}");
    let cancelled = txn.update(&text, &UpdateOptions::default(), &control);
    assert_eq!(cancelled.unwrap_err().code(), Code::Cancelled);
    assert_eq!(
        update(&mut txn, "DELETE WHERE { ?s ?p 1 }")
            .unwrap()
            .deleted,
        1
    );
    txn.commit().unwrap();
    assert_eq!(lines(&database).len(), 2);
}

#[test]
fn a_read_only_store_takes_no_updates() {
    let database = memory();
    database.close().unwrap();
    let text = "INSERT DATA { <http://x/a> <http://x/b> <http://x/c> }";
    let refused = database.update(text, &UpdateOptions::default(), &Control::new());
    assert_eq!(refused.unwrap_err().code(), Code::Closed);
}
