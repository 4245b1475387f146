/* Opens a store, loads a few lines of Turtle, asks a question and prints the answer.
 *
 *   cc quickstart.c $(pkg-config --cflags --libs triplestore) -o quickstart && ./quickstart
 */
#include <stdio.h>
#include <stdlib.h>

#include "triplestore.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static ts_error *err;

/* Ends the program if a call failed. */
static void check(ts_status status) {
    if (status >= 100) {
        fprintf(stderr, "%s\n", ts_error_text(err).data);
        exit(1);
    }
}

int main(void) {
    ts_store *store;
    check(ts_open_memory(NULL, &store, &err)); /* ts_open() for a directory */

    ts_load_options turtle = {.struct_size = sizeof turtle, .format = TS_FORMAT_TURTLE};
    check(ts_load_memory(store,
                         TEXT("@prefix : <http://example.org/> .\n"
                              ":ada :knows :charles , :mary .\n"
                              ":charles :knows :ada .\n"),
                         &turtle, NULL, NULL, &err));

    ts_rows *rows;
    check(ts_query(store,
                   TEXT("PREFIX : <http://example.org/>\n"
                        "SELECT ?who ?whom WHERE { ?who :knows ?whom } ORDER BY ?who ?whom"),
                   NULL, NULL, &rows, &err));

    ts_batch *batch;
    ts_status status;
    while ((status = ts_rows_next(rows, 1000, TS_NO_LIMIT, &batch, &err)) == TS_STATUS_ROWS) {
        for (size_t row = 0; row < ts_batch_rows(batch); row++) {
            ts_term who = {.struct_size = sizeof who}, whom = {.struct_size = sizeof whom};
            check(ts_batch_term(batch, row, 0, &who, &err));
            check(ts_batch_term(batch, row, 1, &whom, &err));
            printf("%s knows %s\n", who.value.data, whom.value.data);
        }
        ts_batch_free(batch);
    }
    check(status);

    ts_rows_free(rows);
    ts_close(store);
    return 0;
}
