//! Writing results: our writers beside `sparesults`, on the same batches. `cargo bench --bench results`.
//!
//! Both write into a buffer that is emptied; batches are made before the clock runs, and so are the terms that
//! `sparesults` takes. A first line for each format gives the ratio of one run of both. Units are values (cells).

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oxrdf::{NamedNode, Term, Variable};
use sparesults::{QueryResultsFormat, QueryResultsSerializer};
use std::hint::black_box;
use std::io::{self, Write};
use std::time::{Duration, Instant};
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions};
use triplestore::load::Format;
use triplestore::query::{
    ParseOptions, Prepared, QueryOptions, ResultBatch, ResultFormat, RowFormat, Shape, UNBOUND,
    WriteOptions, write_result,
};
use triplestore::term::TermRef;

const SUBJECTS: u64 = 30_000;
const BATCH_ROWS: usize = 2048;

/// A result that is there.
struct Given {
    shape: Shape,
    batches: Vec<ResultBatch>,
    values: u64,
}

/// Four columns: an IRI and a number that differ in each row, a text of a few, and one that is often unbound.
fn given() -> Given {
    let database = Database::memory(&Config::default()).expect("memory");
    let mut document = String::from("@prefix : <http://www.example.org/data/> .\n");
    for number in 0..SUBJECTS {
        document.push_str(&format!(
            ":person{number} :id {number} ; :name \"name of {}, a person\" .\n",
            number % 500
        ));
        if number % 3 == 0 {
            document.push_str(&format!(":person{number} :note \"note {number}\"@en .\n"));
        }
    }
    let options = LoadOptions {
        format: Some(Format::Turtle),
        ..LoadOptions::default()
    };
    database
        .load_bytes(document.as_bytes(), &options, &Control::new())
        .expect("the data is valid");
    let prepared = Prepared::new(
        "PREFIX : <http://www.example.org/data/>
         SELECT * { ?person :id ?id ; :name ?name OPTIONAL { ?person :note ?note } }",
        &ParseOptions::default(),
    )
    .expect("the query is valid");
    let snapshot = database.snapshot().expect("it is open").source();
    let mut rows = prepared
        .rows(&snapshot, &QueryOptions::default(), &Control::new())
        .expect("it is planned");
    let mut given = Given {
        shape: prepared.shape(),
        batches: Vec::new(),
        values: 0,
    };
    let mut batch = ResultBatch::new();
    while rows.next(BATCH_ROWS, &mut batch).expect("memory is read") {
        given.values += (batch.rows() * batch.columns().len()) as u64;
        given.batches.push(batch.clone());
    }
    assert!(given.values >= 4 * SUBJECTS);
    given
}

/// Counts what it is given.
#[derive(Debug)]
struct Counting(usize);

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += black_box(bytes).len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Batches are lent, not copied: afterwards they are there in another order.
fn ours(given: &mut Given, format: RowFormat) -> usize {
    let options = WriteOptions {
        format: Some(ResultFormat::Rows(format)),
        ..WriteOptions::default()
    };
    let (mut out, mut next) = (Counting(0), 0);
    let batches = &mut given.batches;
    write_result(
        &given.shape,
        &options,
        &mut out,
        &Control::new(),
        &mut |batch| {
            let Some(lent) = batches.get_mut(next) else {
                std::mem::swap(batch, &mut batches[0]);
                return Ok(false);
            };
            std::mem::swap(batch, lent);
            next += 1;
            Ok(true)
        },
    )
    .expect("counting does not fail");
    out.0
}

/// Rows as `sparesults` takes them.
fn terms(given: &Given) -> Vec<Vec<Option<Term>>> {
    let mut rows = Vec::new();
    for batch in &given.batches {
        let terms: Vec<Term> = (0..batch.terms().len())
            .map(|slot| match batch.terms().get(slot) {
                Some(TermRef::Triple(_)) | None => NamedNode::new_unchecked("").into(),
                Some(term) => term
                    .to_oxrdf(&mut |_| unreachable!("no triple terms"))
                    .expect("no triple terms"),
            })
            .collect();
        for row in 0..batch.rows() {
            let cells = batch.columns().iter().map(|column| match column[row] {
                UNBOUND => None,
                slot => terms.get(slot as usize).cloned(),
            });
            rows.push(cells.collect());
        }
    }
    rows
}

fn theirs(given: &Given, rows: &[Vec<Option<Term>>], format: QueryResultsFormat) -> usize {
    let variables: Vec<Variable> = given
        .shape
        .columns
        .iter()
        .map(Variable::new_unchecked)
        .collect();
    let out = io::BufWriter::with_capacity(64 << 10, Counting(0));
    let mut writer = QueryResultsSerializer::from_format(format)
        .serialize_solutions_to_writer(out, variables.clone())
        .expect("counting does not fail");
    for row in rows {
        let bound = variables.iter().zip(row);
        writer
            .serialize(bound.filter_map(|(variable, term)| Some((variable, term.as_ref()?))))
            .expect("counting does not fail");
    }
    let out = writer.finish().expect("counting does not fail");
    out.into_inner().expect("counting does not fail").0
}

/// The best of some runs.
fn best(work: &mut dyn FnMut() -> usize) -> Duration {
    let run = |_| {
        let start = Instant::now();
        black_box(work());
        start.elapsed()
    };
    (0..7).map(run).min().unwrap_or_default()
}

fn benches(criterion: &mut Criterion) {
    let mut given = given();
    let rows = terms(&given);
    let formats = [
        (RowFormat::Json, QueryResultsFormat::Json),
        (RowFormat::Tsv, QueryResultsFormat::Tsv),
        (RowFormat::Csv, QueryResultsFormat::Csv),
        (RowFormat::Xml, QueryResultsFormat::Xml),
    ];
    let mut group = criterion.benchmark_group("kernel/results");
    group.sample_size(10);
    group.throughput(Throughput::Elements(given.values));
    for (format, reference) in formats {
        assert_eq!(ours(&mut given, format), theirs(&given, &rows, reference));
        let our_time = best(&mut || ours(&mut given, format));
        let their_time = best(&mut || theirs(&given, &rows, reference));
        let rate = |time: Duration| given.values as f64 / time.as_secs_f64() / 1e6;
        println!(
            "{format:?}: {:.1} million values a second, sparesults {:.1}, ratio {:.1}",
            rate(our_time),
            rate(their_time),
            their_time.as_secs_f64() / our_time.as_secs_f64()
        );
        group.bench_function(format!("{format:?}"), |b| {
            b.iter(|| black_box(ours(&mut given, format)))
        });
        group.bench_function(format!("{format:?}, sparesults"), |b| {
            b.iter(|| black_box(theirs(&given, &rows, reference)))
        });
    }
    group.finish();
}

criterion_group!(results, benches);
criterion_main!(results);
