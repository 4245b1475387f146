//! Graph patterns.

use crate::text_queries::{Texts, lines, prepared};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use triplestore::control::{Budget, Control};
use triplestore::error::{Code, Error, Result};
use triplestore::query::{QueryOptions, ResultBatch, Snapshot};
use triplestore::store::{Dictionary, QuadScan, QuadSource, ScanBatch, ScanSpec};
use triplestore::term::{Id, TermRef};

#[test]
fn defect_06_folding_a_constant_filter_confuses_no_rows_with_one_empty_row() {
    let texts = Texts::new(":a :p 1 . :b :p 2 .");
    assert!(texts.rows("SELECT * { FILTER(false) }").is_empty());
    assert!(texts.rows("SELECT * { ?s :p ?o FILTER(false) }").is_empty());
    assert!(!texts.ask("ASK { FILTER(false) }"));
    assert!(texts.ask("ASK {}"));
    assert_eq!(texts.sequence("SELECT * {}"), [""]);
    assert_eq!(texts.sequence("SELECT * { FILTER(true) }"), [""]);
    // A join with the unit changes nothing, on either side.
    let both = [":a 1", ":b 2"];
    assert_eq!(texts.rows("SELECT ?s ?o { {} ?s :p ?o }"), both);
    assert_eq!(texts.rows("SELECT ?s ?o { ?s :p ?o {} }"), both);
    assert_eq!(
        texts.rows("SELECT ?s ?o { { FILTER(true) } { ?s :p ?o } }"),
        both
    );
    // A group that is only an OPTIONAL has the unit on its left.
    assert_eq!(texts.rows("SELECT ?s ?o { OPTIONAL { ?s :p ?o } }"), both);
    assert_eq!(texts.rows("SELECT ?s { OPTIONAL { ?s :none ?o } }"), ["-"]);
    // A branch that is the unit is a branch.
    assert_eq!(
        texts.rows("SELECT ?s { { ?s :p 1 } UNION {} UNION { FILTER(false) } }"),
        ["-", ":a"]
    );
    assert_eq!(
        texts.rows("SELECT ?s { ?s :p ?o { FILTER(false) } }"),
        [] as [&str; 0]
    );
}

#[test]
fn defect_07_minus_removes_rows_without_a_shared_variable() {
    let texts = Texts::new(":a :p :b . :b :p :c . :c :q :d .");
    // No variable is shared, so nothing is removed.
    assert_eq!(
        texts.rows("SELECT ?s ?o { ?s :p ?o MINUS { ?x :q ?y } }"),
        [":a :b", ":b :c"]
    );
    assert_eq!(
        texts.rows("SELECT ?s ?o { ?s :p ?o MINUS { :c :q :d } }"),
        [":a :b", ":b :c"]
    );
    assert_eq!(
        texts.rows("SELECT ?s ?o { ?s :p ?o MINUS { ?s :p :c } }"),
        [":a :b"]
    );
    // Shared in the text, but bound on one side only: the domains are disjoint in that row.
    assert_eq!(
        texts.rows("SELECT ?s ?z { ?s :p ?o OPTIONAL { ?o :q ?z } MINUS { ?y :q ?z } }"),
        [":a -"]
    );
    // FILTER NOT EXISTS differs: there the pattern has a solution for each row.
    assert!(
        texts
            .rows("SELECT ?s { ?s :p ?o FILTER NOT EXISTS { ?x :q ?y } }")
            .is_empty()
    );
}

#[test]
fn defect_08_exists_is_not_correlated_and_not_to_be_nested() {
    let texts = Texts::new(
        ":a :age 10 ; :knows :b . :b :age 20 ; :knows :c . :c :age 15 . :d :age 30 ; :likes :a .",
    );
    assert_eq!(
        texts.rows("SELECT ?s { ?s :age ?n FILTER EXISTS { ?s :knows ?o } }"),
        [":a", ":b"]
    );
    // The inner filter sees the outer row.
    assert_eq!(
        texts.rows(
            "SELECT ?s { ?s :age ?n FILTER EXISTS { ?s :knows ?o . ?o :age ?m FILTER(?m > ?n) } }"
        ),
        [":a"]
    );
    assert_eq!(
        texts.rows("SELECT ?s { ?s :age ?n FILTER NOT EXISTS { ?o :age ?m FILTER(?m > ?n) } }"),
        [":d"]
    );
    // Beside other filters, in either order.
    for filters in [
        "FILTER(?n > 12) FILTER EXISTS { ?s :knows ?o }",
        "FILTER EXISTS { ?s :knows ?o } FILTER(?n > 12)",
    ] {
        assert_eq!(
            texts.rows(&format!("SELECT ?s {{ ?s :age ?n {filters} }}")),
            [":b"],
            "{filters}"
        );
    }
    // Within expressions.
    assert_eq!(
        texts.rows(
            "SELECT ?s { ?s :age ?n FILTER(EXISTS { ?s :likes ?o } || EXISTS { ?s :knows ?o } && ?n < 15) }"
        ),
        [":a", ":d"]
    );
    assert_eq!(
        texts.rows("SELECT ?s { ?s :age ?n FILTER(!EXISTS { ?s :knows ?o } && ?n != 30) }"),
        [":c"]
    );
    assert_eq!(
        texts.rows("SELECT ?s ?k { ?s :age ?n BIND(EXISTS { ?s :knows ?o } AS ?k) }"),
        [":a true", ":b true", ":c false", ":d false"]
    );
    // One within another.
    assert_eq!(
        texts.rows(
            "SELECT ?s { ?s :age ?n FILTER EXISTS { ?s :knows ?o FILTER NOT EXISTS { ?o :knows ?x } } }"
        ),
        [":b"]
    );
}

#[test]
fn defect_09_rows_with_unbound_columns_fail_to_join() {
    let texts = Texts::new(":a :p 1 ; :q 7 . :b :p 2 . :x :r 7 ; :s 8 . :y :r 9 ; :s 8 .");
    // ?q is unbound for :b, which is compatible with any row.
    assert_eq!(
        texts.rows("SELECT ?s ?q ?t { { ?s :p ?n OPTIONAL { ?s :q ?q } } { ?t :r ?q } }"),
        [":a 7 :x", ":b 7 :x", ":b 9 :y"]
    );
    // On both sides.
    assert_eq!(
        texts.rows(
            "SELECT ?s ?q ?t { { ?s :p ?n OPTIONAL { ?s :q ?q } } { ?t :s 8 OPTIONAL { ?t :r ?q FILTER(?q = 9) } } }"
        ),
        [":a 7 :x", ":b - :x", ":b 9 :y"]
    );
    assert_eq!(
        texts.rows("SELECT ?s ?n { VALUES (?s ?n) { (:a UNDEF) (UNDEF 2) } ?s :p ?n }"),
        [":a 1", ":b 2"]
    );
    assert_eq!(
        texts.rows(
            "SELECT ?s ?q { { ?s :p ?n OPTIONAL { ?s :q ?q } } OPTIONAL { VALUES ?q { 7 9 } } }"
        ),
        [":a 7", ":b 7", ":b 9"]
    );
}

#[test]
fn defect_10_optional_is_a_nested_loop_over_the_whole_right_side() {
    const SUBJECTS: usize = 100_000;
    let mut document = String::new();
    for number in 0..SUBJECTS {
        document += &format!(":s{number} :p {number} .\n");
        if number % 2 == 0 {
            document += &format!(":s{number} :q \"name {number}\" .\n");
        }
    }
    let texts = Texts::new(&document);
    // As a nested loop that would be 5,000 million steps for each query.
    let options = QueryOptions {
        timeout: Some(Duration::from_secs(20)),
        ..QueryOptions::default()
    };
    for query in [
        "SELECT (COUNT(*) AS ?all) (COUNT(?n) AS ?named) { ?s :p ?o OPTIONAL { ?s :q ?n } }",
        "SELECT (COUNT(*) AS ?all) (COUNT(?n) AS ?named) { ?s :p ?o OPTIONAL { ?s :q ?n FILTER(?o >= 0) } }",
    ] {
        let results = texts.try_run(query, &options).unwrap();
        let rows = lines(results.rows().unwrap()).unwrap();
        assert_eq!(rows, ["100000 50000"], "{query}");
    }
}

#[test]
fn defect_11_filters_are_pushed_through_limits_and_scopes() {
    let texts = Texts::new(":a :p 1 . :b :p 2 . :c :p 3 . :d :p 4 .");
    // The filter is for the two rows the group within gives, not for those it chooses from.
    assert_eq!(
        texts.rows("SELECT ?o { { SELECT ?o { ?s :p ?o } ORDER BY ?o LIMIT 2 } FILTER(?o > 1) }"),
        ["2"]
    );
    assert_eq!(
        texts.rows("SELECT ?o { { SELECT ?o { ?s :p ?o } ORDER BY ?o OFFSET 2 } FILTER(?o != 2) }"),
        ["3", "4"]
    );
    // ?o within is another variable than ?o outside: it is not projected.
    assert_eq!(
        texts.rows("SELECT ?s { { SELECT ?s { ?s :p ?o } } FILTER(!BOUND(?o)) }"),
        [":a", ":b", ":c", ":d"]
    );
    assert_eq!(
        texts.rows("SELECT ?s ?o { { SELECT ?s { ?s :p ?o } } ?x :p ?o FILTER(?o = 1) }"),
        [":a 1", ":b 1", ":c 1", ":d 1"]
    );
    // A filter of a group does not see what stands outside it.
    assert!(
        texts
            .rows("SELECT * { ?s :p ?o { ?x :p 1 FILTER(?o = 1) } }")
            .is_empty()
    );
    assert_eq!(
        texts.rows(
            "SELECT ?m ?n { { SELECT (MAX(?o) AS ?m) (COUNT(*) AS ?n) { ?s :p ?o } } FILTER(?m > 2) }"
        ),
        ["4 4"]
    );
}

#[test]
fn defect_18_property_paths_are_cut_and_negated_sets_forget_their_inverses() {
    let texts = Texts::new(":a :p :b . :b :q :c . :c :r :a . :d :p :d .");
    assert_eq!(texts.rows("SELECT ?s ?o { ?s !:p ?o }"), [":b :c", ":c :a"]);
    assert_eq!(
        texts.rows("SELECT ?s ?o { ?s !(:p|^:p) ?o }"),
        // Forward what is not :p; backward what is not :p.
        [":a :c", ":b :c", ":c :a", ":c :b"]
    );
    assert_eq!(
        texts.rows("SELECT ?s ?o { ?s ^(!(:p|^:q)) ?o }"),
        [":a :b", ":a :c", ":c :a", ":c :b", ":d :d"]
    );
    // More nodes than any of its limits, both ends free.
    const PAIRS: usize = 110_000;
    let mut document = String::new();
    for pair in 0..PAIRS {
        document += &format!(":x{pair} :n :y{pair} .\n");
    }
    let texts = Texts::new(&document);
    let count = |query: &str| texts.rows(query);
    assert_eq!(
        count("SELECT (COUNT(*) AS ?n) { ?s :n+ ?o }"),
        [PAIRS.to_string()]
    );
    assert_eq!(
        count("SELECT (COUNT(*) AS ?n) { ?s :n* ?o }"),
        [(3 * PAIRS).to_string()]
    );
    // Longer than its depth of 100.
    let mut document = String::new();
    for step in 0..5_000 {
        document += &format!(":c{step} :n :c{} .\n", step + 1);
    }
    let texts = Texts::new(&document);
    assert_eq!(
        texts.rows("SELECT (COUNT(*) AS ?n) { :c0 :n+ ?o }"),
        ["5000"]
    );
    assert!(texts.ask("ASK { :c0 :n* :c5000 }"));
}

/// A source whose scans fail at a batch, or a dictionary that cannot read terms.
struct Failing {
    source: Arc<dyn QuadSource>,
    dictionary: Arc<dyn Dictionary>,
    /// The batch, counted over all scans, that cannot be read.
    batch: u64,
    batches: Arc<AtomicU64>,
    fails_terms: bool,
}

struct FailingScan {
    inner: Box<dyn QuadScan>,
    batch: u64,
    batches: Arc<AtomicU64>,
}

fn damaged() -> Error {
    Error::new(Code::CorruptBlock, "a block is damaged")
}

impl QuadSource for Failing {
    fn scan(&self, spec: &ScanSpec, control: &Control) -> Result<Box<dyn QuadScan>> {
        Ok(Box::new(FailingScan {
            inner: self.source.scan(spec, control)?,
            batch: self.batch,
            batches: self.batches.clone(),
        }))
    }

    fn count(&self, spec: &ScanSpec, control: &Control) -> Result<u64> {
        self.source.count(spec, control)
    }

    fn ranges(&self, spec: &ScanSpec, parts: usize) -> Result<Vec<(u64, u64)>> {
        self.source.ranges(spec, parts)
    }
}

impl QuadScan for FailingScan {
    fn next(&mut self, batch: &mut ScanBatch) -> Result<()> {
        if self.batches.fetch_add(1, Ordering::Relaxed) + 1 == self.batch {
            return Err(damaged());
        }
        self.inner.next(batch)
    }

    fn seek(&mut self, key: &[u64]) -> Result<()> {
        self.inner.seek(key)
    }
}

impl Dictionary for Failing {
    fn id(&self, term: TermRef<'_>) -> Result<Option<Id>> {
        self.dictionary.id(term)
    }

    fn terms(
        &self,
        ids: &[Id],
        sink: &mut dyn FnMut(usize, TermRef<'_>) -> Result<()>,
    ) -> Result<()> {
        match self.fails_terms {
            true => Err(damaged()),
            false => self.dictionary.terms(ids, sink),
        }
    }
}

/// What a query gives on a source that fails at a batch; and the number of batches it has read.
fn on_failing(texts: &Texts, query: &str, batch: u64, fails_terms: bool) -> (Result<usize>, u64) {
    let plain = texts.source();
    let batches = Arc::new(AtomicU64::new(0));
    let failing = || Failing {
        source: plain.source.clone(),
        dictionary: plain.dictionary.clone(),
        batch,
        batches: batches.clone(),
        fails_terms,
    };
    let snapshot = Snapshot {
        source: Arc::new(failing()),
        dictionary: Arc::new(failing()),
        ..plain.clone()
    };
    let control = Control::new();
    let read = prepared(query)
        .unwrap()
        .rows(&snapshot, &QueryOptions::default(), &control)
        .and_then(|rows| lines(rows).map(|lines| lines.len()));
    (read, batches.load(Ordering::Relaxed))
}

fn numbered() -> Texts {
    let mut document = String::new();
    for number in 0..6_000 {
        document += &format!(
            ":s{number} :p \"a string, number {number}\" ; :q :s{} .\n",
            number / 2
        );
    }
    let texts = Texts::new(&document);
    texts.database.compact(&Control::new()).unwrap();
    texts
}

#[test]
fn defect_19_errors_within_a_pattern_become_no_rows() {
    let texts = numbered();
    for query in [
        "SELECT * { ?s :p ?o }",
        "SELECT * { ?s :q ?t OPTIONAL { ?t :p ?o } }",
        "SELECT * { { ?s :q :s1 } UNION { ?s :p ?o } }",
        "SELECT * { ?s :q ?t FILTER NOT EXISTS { ?s :p ?o FILTER(STRLEN(?o) > 90) } }",
        "SELECT * { ?s :q ?t MINUS { ?s :p ?o FILTER(STRLEN(?o) > 90) } }",
        "SELECT (COUNT(*) AS ?n) { ?s :p ?o FILTER(CONTAINS(?o, '7')) }",
        "SELECT * { ?s :q+ ?t . ?t :p ?o }",
    ] {
        let (all, batches) = on_failing(&texts, query, u64::MAX, false);
        assert!(all.unwrap() > 0 && batches > 1, "{query}");
        for batch in 1..=batches.min(4) {
            let (read, _) = on_failing(&texts, query, batch, false);
            let error = read.expect_err(query);
            assert_eq!(error.code(), Code::CorruptBlock, "{query} at {batch}");
        }
    }
    // The dictionary, too: in an expression, and for the answer.
    for query in [
        "SELECT ?s { ?s :p ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s :p ?o FILTER(STRLEN(?o) > 90) }",
        "SELECT (COUNT(*) AS ?n) { ?s :p ?o FILTER(?o > 'b') }",
    ] {
        let (read, _) = on_failing(&texts, query, u64::MAX, true);
        assert_eq!(read.expect_err(query).code(), Code::CorruptBlock, "{query}");
    }
}

#[test]
fn defect_20_a_scan_that_fails_is_taken_for_one_that_ended() {
    let texts = numbered();
    for query in ["SELECT * { ?s :p ?o }", "SELECT * { ?s ?p ?o }"] {
        let (all, batches) = on_failing(&texts, query, u64::MAX, false);
        assert!(all.unwrap() >= 6_000, "{query}");
        for batch in 1..=batches {
            let (read, _) = on_failing(&texts, query, batch, false);
            assert_eq!(
                read.expect_err(query).code(),
                Code::CorruptBlock,
                "{query}: batch {batch} of {batches}"
            );
        }
    }
}

#[test]
fn defect_22_reduced_and_distinct_hold_all_rows_and_there_is_no_limit_of_rows() {
    let mut document = String::new();
    for number in 0..200_000 {
        document += &format!(
            ":s{number} :p \"the value number {number}, which is long enough to take some memory\" .\n"
        );
    }
    let texts = Texts::new(&document);
    let read = |query: &str, bytes: usize| {
        let budget = Budget::new("query", bytes);
        let control = Control::new().with_memory(budget.clone());
        let mut rows = prepared(query)
            .unwrap()
            .rows(&texts.source(), &QueryOptions::default(), &control)
            .unwrap();
        let (mut batch, mut count) = (ResultBatch::new(), 0);
        while rows
            .next(2048, &mut batch)
            .unwrap_or_else(|error| panic!("{query}: {error}"))
        {
            count += batch.rows();
        }
        drop(rows);
        assert_eq!(budget.used(), 0, "{query}");
        count
    };
    // REDUCED keeps nothing.
    assert_eq!(read("SELECT REDUCED ?o { ?s :p ?o }", 2 << 20), 200_000);
    // What holds rows goes to disk when its memory is spent.
    for query in [
        "SELECT DISTINCT ?o { ?s :p ?o }",
        "SELECT ?s ?o { ?s :p ?o } ORDER BY DESC(?o)",
        "SELECT ?o (COUNT(*) AS ?n) { ?s :p ?o } GROUP BY ?o",
    ] {
        assert_eq!(read(query, 8 << 20), 200_000, "{query}");
    }
    // A limit of rows is an error, never a short answer.
    let options = QueryOptions {
        row_limit: Some(199_999),
        ..QueryOptions::default()
    };
    let error = texts.error("SELECT ?s { ?s :p ?o }", &options);
    assert_eq!(error.code(), Code::QueryLimit);
}
