/* Threads: cancelling, deadlines, progress, closing while others work, sharing. */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <time.h>

#include "smoke.h"

static const char *ENDLESS =
    "SELECT (COUNT(*) AS ?n) { ?a ?p ?x . ?b ?q ?y . ?c ?r ?z FILTER(?x < ?y && ?y < ?z) }";

static void sleep_ms(long ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static pthread_t start(void *(*work)(void *), void *argument) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, work, argument) == 0);
    return thread;
}

static void *cancel_soon(void *op) {
    sleep_ms(50);
    ts_op_cancel(op);
    return NULL;
}

static void *shut_down_soon(void *store) {
    sleep_ms(50);
    return (void *)(intptr_t)ts_shutdown(store, NULL);
}

static ts_rows *endless(ts_store *store, const ts_op *op) {
    ts_error *err = NULL;
    ts_rows *rows;
    EXPECT(TS_STATUS_OK, ts_query(store, ENDLESS, strlen(ENDLESS), NULL, op, &rows, &err));
    return rows;
}

static void a_query_is_cancelled_from_another_thread(ts_store *store) {
    ts_error *err = NULL;
    ts_batch *batch;
    /* In one long call, and in short ones. */
    for (int64_t max_ms = -1; max_ms < 10; max_ms += 6) {
        ts_op *op = ts_op_new();
        ts_rows *rows = endless(store, op);
        pthread_t thread = start(cancel_soon, op);
        ts_status status;
        while ((status = ts_rows_next(rows, 1, max_ms, &batch, &err)) == TS_STATUS_WAITING) {
        }
        EXPECT(TS_STATUS_CANCELLED, status);
        ts_error_free(err);
        ts_progress progress = {.struct_size = sizeof progress};
        EXPECT(TS_STATUS_OK, ts_op_progress(op, &progress, &err));
        CHECK(progress.phase == TS_PHASE_DONE);
        pthread_join(thread, NULL);
        /* An op serves once. */
        ts_rows *second;
        EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_query(store, TEXT("ASK {}"), NULL, op, &second, NULL));
        ts_rows_free(rows);
        ts_op_free(op);
    }
}

static void a_deadline_ends_what_runs(ts_store *store) {
    ts_error *err = NULL;
    ts_batch *batch;
    ts_op *op = ts_op_new();
    EXPECT(TS_STATUS_OK, ts_op_set_timeout(op, 30, &err));
    ts_rows *rows = endless(store, op);
    EXPECT(TS_STATUS_QUERY_TIMEOUT, ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, NULL));
    ts_rows_free(rows);
    ts_op_free(op);
    ts_query_options options = {.struct_size = sizeof options, .timeout_ms = 30};
    EXPECT(TS_STATUS_OK, ts_query(store, ENDLESS, strlen(ENDLESS), &options, NULL, &rows, &err));
    EXPECT(TS_STATUS_QUERY_TIMEOUT, ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, NULL));
    ts_rows_free(rows);
}

static int32_t stop_at_third(void *user_data, const ts_progress *progress) {
    CHECK(progress->struct_size == sizeof *progress);
    return ++*(int *)user_data >= 3;
}

static void a_progress_callback_stops_a_query(ts_store *store) {
    ts_error *err = NULL;
    ts_batch *batch;
    int calls = 0;
    ts_op *op = ts_op_new();
    EXPECT(TS_STATUS_OK, ts_op_set_progress(op, 5, stop_at_third, &calls, NULL, &err));
    ts_rows *rows = endless(store, op);
    EXPECT(TS_STATUS_CALLBACK, ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, NULL));
    CHECK(calls >= 3);
    ts_rows_free(rows);
    ts_op_free(op);
}

static void shutting_down_ends_what_runs(void) {
    ts_error *err = NULL;
    char *text = many_quads(500);
    ts_store *store = memory_store(text);
    free(text);
    ts_batch *batch;
    ts_rows *rows = endless(store, NULL);
    pthread_t thread = start(shut_down_soon, store);
    EXPECT(TS_STATUS_CLOSED, ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, &err));
    ts_error_free(err);
    void *status;
    pthread_join(thread, &status);
    CHECK((ts_status)(intptr_t)status == TS_STATUS_OK);
    ts_rows_free(rows);
    ts_close(store);
}

static void *next_for_long(void *rows) {
    ts_batch *batch;
    return (void *)(intptr_t)ts_rows_next(rows, 1, 300, &batch, NULL);
}

static void exclusive_use_is_not_shared(ts_store *store) {
    ts_batch *batch;
    ts_error *err = NULL;
    ts_rows *rows = endless(store, NULL);
    pthread_t thread = start(next_for_long, rows);
    sleep_ms(100);
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_rows_next(rows, 1, 0, &batch, &err));
    CHECK(holds(ts_error_detail(err), "used by another call"));
    ts_error_free(err);
    void *status;
    pthread_join(thread, &status);
    CHECK((ts_status)(intptr_t)status == TS_STATUS_WAITING);
    ts_rows_free(rows);
}

struct reader {
    ts_store *store;
    ts_statement *statement;
};

static void *read_often(void *argument) {
    const struct reader *reader = argument;
    for (int i = 0; i < 20; i++) {
        ts_rows *rows;
        ts_batch *batch;
        uint64_t count = 0;
        ts_status status;
        if (ts_execute(reader->statement, NULL, &rows, NULL) != TS_STATUS_OK) {
            return (void *)1;
        }
        while ((status = ts_rows_next(rows, 200, i % 3 - 1, &batch, NULL)) != TS_STATUS_DONE) {
            if (status != TS_STATUS_ROWS && status != TS_STATUS_WAITING) {
                return (void *)1;
            }
            count += ts_batch_rows(batch);
            ts_batch_free(batch);
        }
        ts_rows_free(rows);
        /* Writers add ten quads at a time: nobody sees a part. */
        if (count % 10 != 0) {
            return (void *)1;
        }
    }
    return NULL;
}

static void readers_and_a_writer_share_a_store(void) {
    ts_error *err = NULL;
    enum { READERS = 4 };
    char *text = many_quads(500);
    ts_store *store = memory_store(text);
    free(text);
    const char *sparql = "SELECT ?s ?o { ?s ?p ?o }";
    struct reader reader = {store, NULL};
    EXPECT(TS_STATUS_OK, ts_prepare(store, sparql, strlen(sparql), NULL, &reader.statement, &err));
    pthread_t threads[READERS];
    for (int i = 0; i < READERS; i++) {
        threads[i] = start(read_often, &reader);
    }
    for (int i = 0; i < 20; i++) {
        char quads[1000];
        int len = 0;
        for (int j = 0; j < 10; j++) {
            len += snprintf(quads + len, sizeof quads - (size_t)len, "<e:new%d> <e:p> \"%d\" .\n", i, j);
        }
        EXPECT(TS_STATUS_OK, ts_insert_nquads(store, quads, (size_t)len, NULL, NULL, &err));
    }
    for (int i = 0; i < READERS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        CHECK(failed == NULL);
    }
    CHECK(quads_of(store) == 700);
    ts_statement_free(reader.statement);
    ts_close(store);
}

void test_threads(void) {
    char *text = many_quads(500);
    ts_store *store = memory_store(text);
    free(text);
    a_query_is_cancelled_from_another_thread(store);
    a_deadline_ends_what_runs(store);
    a_progress_callback_stops_a_query(store);
    exclusive_use_is_not_shared(store);
    ts_close(store);
    shutting_down_ends_what_runs();
    readers_and_a_writer_share_a_store();
}
