/* The test program: runs every part of the C ABI in a directory that its first argument names with
 * an absolute path, and makes if it is not there. With more arguments it runs only the random calls,
 * once for each as a seed. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <sys/stat.h>

#include "smoke.h"

int checks = 0;
const char *scratch;

const char *below(const char *name) {
    static char paths[8][4096];
    static int next = 0;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

ts_store *memory_store(const char *nquads) {
    ts_error *err = NULL;
    ts_store *store;
    EXPECT(TS_STATUS_OK, ts_open_memory(NULL, &store, &err));
    EXPECT(TS_STATUS_OK, ts_insert_nquads(store, nquads, strlen(nquads), NULL, NULL, &err));
    return store;
}

uint64_t rows_of(ts_store *store, const char *sparql) {
    ts_error *err = NULL;
    ts_rows *rows;
    EXPECT(TS_STATUS_OK, ts_query(store, sparql, strlen(sparql), NULL, NULL, &rows, &err));
    uint64_t count = 0;
    ts_batch *batch;
    ts_status status;
    while ((status = ts_rows_next(rows, 1000, TS_NO_LIMIT, &batch, &err)) == TS_STATUS_ROWS) {
        CHECK(ts_batch_rows(batch) > 0 && ts_batch_rows(batch) <= 1000);
        CHECK(ts_batch_columns(batch) == ts_rows_column_count(rows));
        for (size_t row = 0; row < ts_batch_rows(batch); row++) {
            for (size_t column = 0; column < ts_batch_columns(batch); column++) {
                ts_term term = {.struct_size = sizeof term};
                EXPECT(TS_STATUS_OK, ts_batch_term(batch, row, column, &term, &err));
            }
        }
        count += ts_batch_rows(batch);
        ts_batch_free(batch);
    }
    EXPECT(TS_STATUS_DONE, status);
    CHECK(ts_rows_given(rows) == count);
    ts_rows_free(rows);
    return count;
}

uint64_t quads_of(ts_store *store) {
    ts_error *err = NULL;
    uint64_t count = 0;
    EXPECT(TS_STATUS_OK, ts_count(store, NULL, NULL, &count, &err));
    return count;
}

char *many_quads(int count) {
    enum { LINE = 128 };
    char *text = malloc((size_t)count * LINE + 1);
    CHECK(text != NULL);
    size_t at = 0;
    for (int i = 0; i < count; i++) {
        at += (size_t)snprintf(text + at, LINE,
                               "<http://example.org/s%d> <http://example.org/p> \"text %d\" .\n", i, i);
    }
    return text;
}

int main(int argc, char **argv) {
    CHECK(argc >= 2 && argv[1][0] == '/');
    scratch = argv[1];
    CHECK(mkdir(scratch, 0777) == 0 || errno == EEXIST);
    for (int i = 2; i < argc; i++) {
        test_random(strtoull(argv[i], NULL, 10));
    }
    if (argc > 2) {
        printf("passed %d checks\n", checks);
        return 0;
    }
    test_basics();
    test_store();
    test_load();
    test_query();
    test_result();
    test_inspection();
    test_function();
    test_aggregate();
    test_write();
    test_update();
    test_match();
    test_service();
    test_dump();
    test_lifetimes();
    test_threads();
    test_random(1);
    printf("passed %d checks\n", checks);
    return 0;
}
