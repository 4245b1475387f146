/* Functions of your own: a query calls them by IRI. This one turns degrees Celsius into
 * Fahrenheit; it is handed many calls at a time.
 */
#include <stdio.h>
#include <stdlib.h>

#include "triplestore.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static const char XSD_DECIMAL[] = "http://www.w3.org/2001/XMLSchema#decimal";

static ts_error *err;

static void check(ts_status status) {
    if (status >= 100) {
        fprintf(stderr, "%s\n", ts_error_text(err).data);
        exit(1);
    }
}

/* Reads the number in a column of the arguments; 0 if it is none. */
static int number(const ts_batch *arguments, size_t row, size_t column, double *value) {
    ts_term term = {.struct_size = sizeof term};
    if (ts_batch_term(arguments, row, column, &term, NULL) != TS_STATUS_OK ||
        term.kind != TS_TERM_KIND_LITERAL || term.value.len == 0) {
        return 0;
    }
    char *end;
    *value = strtod(term.value.data, &end);
    return *end == '\0';
}

/* ex:fahrenheit(celsius) */
static int32_t fahrenheit(void *user_data, const ts_batch *arguments, ts_terms *terms,
                          uint32_t *results) {
    size_t *calls = user_data;
    for (size_t row = 0; row < ts_batch_rows(arguments); row++) {
        ++*calls;
        double celsius;
        if (!number(arguments, row, 0, &celsius)) {
            continue; /* No value: an error in SPARQL. */
        }
        char text[32];
        int len = snprintf(text, sizeof text, "%.1f", celsius * 9 / 5 + 32);
        if (ts_terms_literal(terms, text, (size_t)len, TEXT(XSD_DECIMAL), NULL, 0, 0, &results[row],
                             NULL) != TS_STATUS_OK) {
            return 1; /* Ends the query with TS_STATUS_CALLBACK. */
        }
    }
    return 0;
}

int main(void) {
    ts_store *store;
    check(ts_open_memory(NULL, &store, &err));
    ts_load_options turtle = {.struct_size = sizeof turtle, .format = TS_FORMAT_TURTLE};
    check(ts_load_memory(store,
                         TEXT("@prefix : <http://example.org/> .\n"
                              ":kitchen :temperature 21.5 .\n"
                              ":hall :temperature 17.0 .\n"
                              ":study :temperature 21.5 .\n"
                              ":cellar :temperature \"cold\" .\n"),
                         &turtle, NULL, NULL, &err));

    size_t calls = 0;
    ts_function_options options = {.struct_size = sizeof options,
                                   .arguments_min = 1,
                                   .arguments_max = 1,
                                   .deterministic = 1};
    check(ts_register_function(store, TEXT("http://example.org/fahrenheit"), &options, fahrenheit,
                               &calls, NULL, &err));

    ts_rows *rows;
    check(ts_query(store,
                   TEXT("PREFIX : <http://example.org/>\n"
                        "SELECT ?room ?f {\n"
                        "  ?room :temperature ?c BIND(:fahrenheit(?c) AS ?f)\n"
                        "} ORDER BY ?f ?room"),
                   NULL, NULL, &rows, &err));
    ts_batch *batch;
    ts_status status;
    while ((status = ts_rows_next(rows, 1000, TS_NO_LIMIT, &batch, &err)) == TS_STATUS_ROWS) {
        for (size_t row = 0; row < ts_batch_rows(batch); row++) {
            ts_term room = {.struct_size = sizeof room}, f = {.struct_size = sizeof f};
            check(ts_batch_term(batch, row, 0, &room, &err));
            check(ts_batch_term(batch, row, 1, &f, &err));
            printf("%s: %s\n", room.value.data,
                   f.kind == TS_TERM_KIND_UNBOUND ? "unknown" : f.value.data);
        }
        ts_batch_free(batch);
    }
    check(status);
    ts_rows_free(rows);
    /* Two rooms are equally warm: equal arguments are worked once. */
    printf("%zu calls\n", calls);
    ts_close(store);
    return 0;
}
