/* Handles that outlive one another, in every order; handles that are closed, wrong, or a parent's. */
#define _POSIX_C_SOURCE 200809L

#include <sys/wait.h>
#include <unistd.h>

#include "smoke.h"

/* One of everything that is made from a store. */
struct children {
    ts_statement *statement;
    ts_rows *rows, *waiting, *matches;
    ts_batch *batch;
    ts_loader *loader;
    ts_txn *txn;
};

static void make(ts_store *store, struct children *made) {
    ts_error *err = NULL;
    ts_load_options options = {.struct_size = sizeof options, .format = TS_FORMAT_NTRIPLES};
    const char *sparql = "SELECT ?s ?p ?o { ?s ?p ?o }";
    EXPECT(TS_STATUS_OK, ts_prepare(store, sparql, strlen(sparql), NULL, &made->statement, &err));
    EXPECT(TS_STATUS_OK, ts_execute(made->statement, NULL, &made->rows, &err));
    EXPECT(TS_STATUS_ROWS, ts_rows_next(made->rows, 1, TS_NO_LIMIT, &made->batch, &err));
    EXPECT(TS_STATUS_OK, ts_execute(made->statement, NULL, &made->waiting, &err));
    ts_batch *batch;
    ts_status status = ts_rows_next(made->waiting, 1, 0, &batch, &err);
    CHECK(status == TS_STATUS_WAITING || status == TS_STATUS_ROWS);
    ts_batch_free(batch);
    EXPECT(TS_STATUS_OK, ts_match(store, NULL, NULL, &made->matches, &err));
    EXPECT(TS_STATUS_OK, ts_txn_begin(store, NULL, &made->txn, &err));
    EXPECT(TS_STATUS_OK, ts_txn_insert_nquads(made->txn, TEXT("<e:n> <e:p> <e:n> ."), &err));
    EXPECT(TS_STATUS_OK, ts_loader_new(store, &options, NULL, &made->loader, &err));
    EXPECT(TS_STATUS_OK, ts_loader_write(made->loader, TEXT("<e:m> <e:p> <e:m> .\n"), &err));
}

static int32_t never(void *user_data, const char *data, size_t data_len) {
    (void)user_data, (void)data, (void)data_len;
    return 1;
}

/* Every call on what reads a closed store says so; the batch is memory of its own. */
static void all_closed(const struct children *made) {
    ts_error *err = NULL;
    ts_batch *batch;
    ts_rows *rows;
    ts_text plan;
    ts_term term = {.struct_size = sizeof term};
    EXPECT(TS_STATUS_CLOSED, ts_rows_next(made->rows, 1, TS_NO_LIMIT, &batch, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_rows_next(made->waiting, 1, 5, &batch, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_rows_next(made->matches, 1, TS_NO_LIMIT, &batch, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_rows_write(made->rows, NULL, never, NULL, NULL, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_execute(made->statement, NULL, &rows, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_statement_explain(made->statement, TS_EXPLAIN_FORMAT_JSON, NULL, &plan, NULL));
    EXPECT(TS_STATUS_OK, ts_batch_term(made->batch, 0, 0, &term, &err));
    CHECK(term.value.len > 0 && same(ts_rows_column(made->rows, 0), "s"));
}

static void free_child(struct children *made, int which) {
    switch (which) {
    case 0: ts_statement_free(made->statement); break;
    case 1: ts_rows_free(made->rows); break;
    case 2: ts_rows_free(made->waiting); break;
    case 3: ts_rows_free(made->matches); break;
    case 4: ts_batch_free(made->batch); break;
    case 5: ts_loader_free(made->loader); break;
    case 6: ts_txn_free(made->txn); break;
    default: CHECK(0);
    }
}

enum { CHILDREN = 7 };

static void closed_in_every_order(void) {
    ts_error *err = NULL;
    /* The store is closed before child number `at`; children go forwards or backwards. */
    for (int at = 0; at <= CHILDREN; at++) {
        for (int backwards = 0; backwards < 2; backwards++) {
            const char *path = below("orders");
            ts_store *store;
            struct children made;
            EXPECT(TS_STATUS_OK, ts_open(path, strlen(path), NULL, &store, &err));
            EXPECT(TS_STATUS_OK, ts_insert_nquads(store, TEXT("<e:s> <e:p> <e:o> ."), NULL, NULL, &err));
            make(store, &made);
            for (int child = 0; child < CHILDREN; child++) {
                if (child == at) {
                    ts_close(store);
                }
                free_child(&made, backwards ? CHILDREN - 1 - child : child);
            }
            if (at == CHILDREN) {
                ts_close(store);
            }
            /* What was not committed is not there; the directory is free at once. */
            EXPECT(TS_STATUS_OK, ts_open(path, strlen(path), NULL, &store, &err));
            CHECK(quads_of(store) == 1);
            ts_close(store);
        }
    }
}

static void a_closed_store_says_so_everywhere(void) {
    ts_error *err = NULL;
    ts_store *store = memory_store("<e:s> <e:p> <e:o> .");
    struct children made;
    make(store, &made);
    EXPECT(TS_STATUS_OK, ts_shutdown(store, &err));
    EXPECT(TS_STATUS_OK, ts_shutdown(store, &err));
    all_closed(&made);
    EXPECT(TS_STATUS_CLOSED, ts_txn_insert_nquads(made.txn, TEXT("<e:n> <e:p> <e:n> ."), NULL));
    EXPECT(TS_STATUS_CLOSED, ts_txn_commit(made.txn, NULL, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_loader_write(made.loader, TEXT("<e:m> <e:p> <e:m> .\n"), NULL));
    EXPECT(TS_STATUS_TRANSACTION_ENDED, ts_loader_finish(made.loader, NULL, NULL));
    ts_rows *rows;
    ts_statement *statement;
    ts_txn *txn;
    ts_loader *loader;
    ts_check_report *report;
    ts_store_stats stats = {.struct_size = sizeof stats};
    ts_health_report health = {.struct_size = sizeof health};
    ts_load_options options = {.struct_size = sizeof options, .format = TS_FORMAT_NTRIPLES};
    uint64_t count;
    EXPECT(TS_STATUS_CLOSED, ts_query(store, TEXT("ASK {}"), NULL, NULL, &rows, &err));
    CHECK(holds(ts_error_detail(err), "closed"));
    ts_error_free(err);
    EXPECT(TS_STATUS_CLOSED, ts_prepare(store, TEXT("ASK {}"), NULL, &statement, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_match(store, NULL, NULL, &rows, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_count(store, NULL, NULL, &count, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_load_memory(store, TEXT(""), &options, NULL, NULL, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_loader_new(store, &options, NULL, &loader, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_txn_begin(store, NULL, &txn, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_insert_nquads(store, TEXT(""), NULL, NULL, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_dump_file(store, NULL, TEXT("/tmp/never.nt"), NULL, NULL, NULL, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_stats(store, NULL, &stats, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_health(store, &health, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_check(store, NULL, &report, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_compact(store, NULL, NULL));
    EXPECT(TS_STATUS_CLOSED, ts_sync(store, NULL));
    ts_close(store);
    all_closed(&made);
    for (int child = 0; child < CHILDREN; child++) {
        free_child(&made, child);
    }
}

static void handles_of_another_kind_are_refused(void) {
    ts_error *err = NULL;
    ts_store *store = memory_store("<e:s> <e:p> <e:o> .");
    ts_rows *rows;
    ts_batch *batch;
    EXPECT(TS_STATUS_OK, ts_match(store, NULL, NULL, &rows, &err));
    void *wrong = rows;
    uint64_t count;
    ts_txn *txn;
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_count((const ts_store *)wrong, NULL, NULL, &count, &err));
    CHECK(holds(ts_error_detail(err), "ts_store"));
    ts_error_free(err);
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_count(store, (const ts_pattern *)wrong, NULL, &count, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_txn_begin(store, (const ts_op *)wrong, &txn, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_txn_commit((ts_txn *)wrong, NULL, NULL));
    CHECK(ts_batch_rows((const ts_batch *)wrong) == 0);
    wrong = store;
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_rows_next((ts_rows *)wrong, 1, 0, &batch, NULL));
    CHECK(ts_rows_kind((const ts_rows *)wrong) == TS_QUERY_KIND_NONE);
    CHECK(ts_statement_kind((const ts_statement *)wrong) == TS_QUERY_KIND_NONE);
    ts_batch_free((ts_batch *)wrong);
    ts_close((ts_store *)(void *)rows);
    CHECK(quads_of(store) == 1);
    /* NULL where a handle or an answer must be. */
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_count(NULL, NULL, NULL, &count, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_count(store, NULL, NULL, NULL, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_rows_next(rows, 1, 0, NULL, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_rows_next(NULL, 1, 0, &batch, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_shutdown(NULL, NULL));
    ts_rows_free(rows);
    ts_close(store);
}

static void a_child_process_is_told_that_the_store_is_its_parents(void) {
    ts_error *err = NULL;
    ts_store *store = memory_store("<e:s> <e:p> <e:o> .");
    struct children made;
    make(store, &made);
    /* The answer comes through a pipe: the exit code is valgrind's. */
    int answer[2];
    char passed = 0;
    CHECK(pipe(answer) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        ts_batch *batch;
        uint64_t count;
        ts_term term = {.struct_size = sizeof term};
        int forked = ts_count(store, NULL, NULL, &count, NULL) == TS_STATUS_FORKED &&
                     ts_rows_next(made.rows, 1, 0, &batch, NULL) == TS_STATUS_FORKED &&
                     ts_txn_commit(made.txn, NULL, NULL) == TS_STATUS_FORKED &&
                     ts_loader_write(made.loader, "x", 1, NULL) == TS_STATUS_FORKED &&
                     ts_shutdown(store, NULL) == TS_STATUS_FORKED;
        /* Freeing does nothing, and memory is memory. */
        for (int i = 0; i < CHILDREN; i++) {
            if (i != 4) {
                free_child(&made, i);
            }
        }
        ts_close(store);
        int memory = ts_batch_term(made.batch, 0, 0, &term, NULL) == TS_STATUS_OK;
        ts_batch_free(made.batch);
        passed = forked && memory;
        _exit(write(answer[1], &passed, 1) != 1);
    }
    close(answer[1]);
    CHECK(read(answer[0], &passed, 1) == 1 && passed);
    close(answer[0]);
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    CHECK(quads_of(store) == 1);
    EXPECT(TS_STATUS_OK, ts_txn_commit(made.txn, NULL, &err));
    EXPECT(TS_STATUS_OK, ts_loader_finish(made.loader, NULL, &err));
    CHECK(quads_of(store) == 3);
    for (int i = 0; i < CHILDREN; i++) {
        free_child(&made, i);
    }
    ts_close(store);
}

void test_lifetimes(void) {
    closed_in_every_order();
    a_closed_store_says_so_everywhere();
    handles_of_another_kind_are_refused();
    a_child_process_is_told_that_the_store_is_its_parents();
}
