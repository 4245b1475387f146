/* Results as documents: written to a callback while the query is worked, so that a result of any
 * size needs the memory of one batch. A server does this with the socket of its client.
 */
#include <stdio.h>
#include <stdlib.h>

#include "triplestore.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static ts_error *err;

static void check(ts_status status) {
    if (status >= 100) {
        fprintf(stderr, "%s\n", ts_error_text(err).data);
        exit(1);
    }
}

/* Takes the next piece of a document: 0 goes on, anything else ends the query. */
static int32_t to_file(void *user_data, const char *data, size_t data_len) {
    FILE *file = user_data;
    return fwrite(data, 1, data_len, file) == data_len ? 0 : 1;
}

/* A client that has gone away after some bytes. */
static int32_t to_nobody(void *user_data, const char *data, size_t data_len) {
    size_t *left = user_data;
    (void)data;
    if (data_len > *left) {
        return 1;
    }
    *left -= data_len;
    return 0;
}

int main(void) {
    ts_store *store;
    check(ts_open_memory(NULL, &store, &err));
    ts_load_options turtle = {.struct_size = sizeof turtle, .format = TS_FORMAT_TURTLE};
    check(ts_load_memory(store,
                         TEXT("@prefix : <http://example.org/> .\n"
                              ":room1 :name \"Kitchen\"@en ; :temperature 21.5 .\n"
                              ":room2 :name \"Hall, west\" ; :temperature 17.0 .\n"),
                         &turtle, NULL, NULL, &err));

    const char sparql[] = "PREFIX : <http://example.org/>\n"
                          "SELECT ?name ?t WHERE { ?room :name ?name ; :temperature ?t } ORDER BY ?t";
    const int32_t formats[] = {TS_RESULT_FORMAT_JSON, TS_RESULT_FORMAT_CSV, TS_RESULT_FORMAT_TSV};
    for (int i = 0; i < 3; i++) {
        /* The deadline holds for the whole: working the rows and handing them over. */
        ts_op *op = ts_op_new();
        check(ts_op_set_timeout(op, 5000, &err));
        ts_write_options options = {.struct_size = sizeof options, .format = formats[i]};
        check(ts_query_write(store, sparql, sizeof sparql - 1, NULL, &options, to_file, stdout, op, NULL,
                             &err));
        ts_op_free(op);
        printf("\n");
    }

    /* A graph, with prefixes; the rows of any query or match can be written. */
    ts_rows *rows;
    uint64_t written;
    check(ts_query(store,
                   TEXT("PREFIX : <http://example.org/>\n"
                        "CONSTRUCT { ?room a :WarmRoom } WHERE { ?room :temperature ?t FILTER(?t > 18) }"),
                   NULL, NULL, &rows, &err));
    ts_write_options options = {.struct_size = sizeof options,
                                .format = TS_RESULT_FORMAT_TURTLE,
                                .prefixes = {TEXT("\0http://example.org/")}};
    check(ts_rows_write(rows, &options, to_file, stdout, &written, &err));
    printf("%d statement\n", (int)written);
    ts_rows_free(rows);

    /* Whoever reads may stop: the query ends, and the status says that the document is not whole. */
    size_t bytes = 10;
    ts_status status = ts_query_write(store, sparql, sizeof sparql - 1, NULL, NULL, to_nobody, &bytes, NULL,
                                      NULL, NULL);
    printf("stopped by the reader: %s\n", status == TS_STATUS_CALLBACK ? "yes" : "no");
    ts_close(store);
    return 0;
}
