//! What calls through the C ABI cost, on a store in memory. `cargo bench --bench capi`
//!
//! The functions are called as a C program would call them, by their addresses.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::mem;
use std::ptr::{null, null_mut};
use triplestore::capi::batch::{
    ts_batch, ts_batch_columns, ts_batch_data, ts_batch_free, ts_batch_rows, ts_batch_term,
};
use triplestore::capi::query::{
    ts_execute, ts_prepare, ts_query, ts_statement, ts_statement_free, ts_statement_kind,
};
use triplestore::capi::rows::{TS_NO_LIMIT, ts_rows, ts_rows_boolean, ts_rows_free, ts_rows_next};
use triplestore::capi::status::ts_status;
use triplestore::capi::store::{ts_close, ts_open_memory, ts_store};
use triplestore::capi::terms::ts_term;
use triplestore::capi::text::ts_text;
use triplestore::capi::update::ts_update;
use triplestore::capi::version::ts_version;

const ROWS: usize = 2000;
const ASK: &str = "ASK { <http://e/s7> <http://e/number> ?n }";
const SELECT: &str = "SELECT ?s ?n { ?s <http://e/number> ?n }";

/// A store in memory and statements on it, as a program holds them.
struct Session {
    store: *mut ts_store,
    ask: *mut ts_statement,
    select: *mut ts_statement,
}

impl Session {
    fn new() -> Self {
        let mut store = null_mut();
        // SAFETY: the defaults, and a place for the store.
        let opened = unsafe { ts_open_memory(null(), &mut store, null_mut()) };
        assert_eq!(opened, ts_status::Ok);
        let quads: String = (0..ROWS)
            .map(|number| format!("<http://e/s{number}> <http://e/number> {number} .\n"))
            .collect();
        let update = format!("INSERT DATA {{ {quads} }}");
        // SAFETY: the store is open, the text lives; nothing else is given or wanted.
        let updated = unsafe {
            let text = update.as_ptr().cast();
            ts_update(
                store,
                text,
                update.len(),
                null(),
                null(),
                null_mut(),
                null_mut(),
            )
        };
        assert_eq!(updated, ts_status::Ok);
        Self {
            ask: prepare(store, ASK),
            select: prepare(store, SELECT),
            store,
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: made in `new`, freed once, used no more.
        unsafe {
            ts_statement_free(self.ask);
            ts_statement_free(self.select);
            ts_close(self.store);
        }
    }
}

fn prepare(store: *mut ts_store, text: &str) -> *mut ts_statement {
    let mut statement = null_mut();
    // SAFETY: the store is open, the text lives, and there is a place for the statement.
    let prepared = unsafe {
        let data = text.as_ptr().cast();
        ts_prepare(store, data, text.len(), null(), &mut statement, null_mut())
    };
    assert_eq!(prepared, ts_status::Ok);
    statement
}

fn execute(statement: *const ts_statement) -> *mut ts_rows {
    let mut rows = null_mut();
    // SAFETY: the statement is there, and a place for the rows.
    let executed = unsafe { ts_execute(statement, null(), &mut rows, null_mut()) };
    assert_eq!(executed, ts_status::Ok);
    rows
}

/// Whether an ASK is true; takes its rows.
fn answer(rows: *mut ts_rows) -> bool {
    let mut answer = false;
    // SAFETY: the rows are used by this function alone, and freed once.
    let status = unsafe {
        let status = ts_rows_boolean(rows, TS_NO_LIMIT, &mut answer, null_mut());
        ts_rows_free(rows);
        status
    };
    assert_eq!(status, ts_status::Ok);
    answer
}

/// Takes the rows of the SELECT and hands each of its batches to `take`, which owns it. The first ones are small.
fn drain(rows: *mut ts_rows, mut take: impl FnMut(*mut ts_batch)) {
    loop {
        let mut batch = null_mut();
        // SAFETY: the rows are used by this function alone.
        let status = unsafe { ts_rows_next(rows, ROWS, TS_NO_LIMIT, &mut batch, null_mut()) };
        if status == ts_status::Done {
            break;
        }
        assert_eq!(status, ts_status::Rows);
        take(batch);
    }
    // SAFETY: freed once, used no more; batches do not need them.
    unsafe { ts_rows_free(rows) };
}

/// How many cells a batch has.
fn cells(batch: *const ts_batch) -> usize {
    // SAFETY: the batch is there.
    unsafe { ts_batch_rows(batch) * ts_batch_columns(batch) }
}

/// A function for each cell, as a binding that does not read the memory of the batch.
fn read_terms(batch: *const ts_batch) {
    // SAFETY: plain numbers and pointers, for which zero is a value.
    let mut term: ts_term = unsafe { mem::zeroed() };
    term.struct_size = size_of::<ts_term>() as u32;
    // SAFETY: the batch is there.
    let (rows, columns) = unsafe { (ts_batch_rows(batch), ts_batch_columns(batch)) };
    for row in 0..rows {
        for column in 0..columns {
            // SAFETY: as above, and the term is writable and says how large it is.
            let status = unsafe { ts_batch_term(batch, row, column, &mut term, null_mut()) };
            assert_eq!(status, ts_status::Ok);
            black_box(&term);
        }
    }
}

fn calls(criterion: &mut Criterion) {
    let session = Session::new();
    let mut group = criterion.benchmark_group("kernel/ffi");
    // Behind pointers the compiler does not see through, as behind a header.
    let version: extern "C" fn() -> ts_text = black_box(ts_version);
    group.bench_function("plain call (ts_version)", |bencher| {
        bencher.iter(|| black_box(version()).len);
    });
    let kind = black_box(ts_statement_kind as unsafe extern "C" fn(*const ts_statement) -> _);
    group.bench_function("call with a handle (ts_statement_kind)", |bencher| {
        // SAFETY: the statement is there.
        bencher.iter(|| black_box(unsafe { kind(session.ask) }));
    });
    group.bench_function("prepared ASK", |bencher| {
        bencher.iter(|| assert!(answer(execute(session.ask))));
    });
    group.bench_function("ASK, parsed", |bencher| {
        bencher.iter(|| {
            let mut rows = null_mut();
            // SAFETY: the store is open, the text is static, and there is a place for the rows.
            let started = unsafe {
                let text = ASK.as_ptr().cast();
                ts_query(
                    session.store,
                    text,
                    ASK.len(),
                    null(),
                    null(),
                    &mut rows,
                    null_mut(),
                )
            };
            assert_eq!(started, ts_status::Ok);
            assert!(answer(rows));
        });
    });
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("prepared SELECT, all batches", |bencher| {
        bencher.iter(|| {
            let mut rows = 0;
            drain(execute(session.select), |batch| {
                // SAFETY: the batch is there, and freed once.
                unsafe {
                    rows += ts_batch_rows(batch);
                    black_box(ts_batch_data(batch));
                    ts_batch_free(batch);
                }
            });
            assert_eq!(rows, ROWS);
        });
    });
    let mut batches = Vec::new();
    drain(execute(session.select), |batch| batches.push(batch));
    let count: usize = batches.iter().map(|&batch| cells(batch)).sum();
    group.throughput(Throughput::Elements(count as u64));
    group.bench_function("terms of batches, one by one", |bencher| {
        bencher.iter(|| batches.iter().for_each(|&batch| read_terms(batch)));
    });
    for batch in batches {
        // SAFETY: freed once, used no more.
        unsafe { ts_batch_free(batch) };
    }
    group.finish();
}

criterion_group!(benches, calls);
criterion_main!(benches);
