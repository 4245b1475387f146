/* Functions that the program registers. */

#include "smoke.h"

#define DOUBLED "http://e/doubled"

static int dropped;

static void drop(void *user_data) {
    CHECK(user_data != NULL);
    dropped++;
}

/* Doubles integers; counts its calls. */
static int32_t doubled(void *user_data, const ts_batch *arguments, ts_terms *terms,
                       uint32_t *results) {
    ts_error *err = NULL;
    int *calls = user_data;
    for (size_t row = 0; row < ts_batch_rows(arguments); row++) {
        ts_term term = {.struct_size = sizeof term};
        EXPECT(TS_STATUS_OK, ts_batch_term(arguments, row, 0, &term, &err));
        CHECK(results[row] == TS_UNBOUND);
        ++*calls;
        if (!same(term.datatype, "http://www.w3.org/2001/XMLSchema#integer")) {
            continue;
        }
        char text[32];
        int len = snprintf(text, sizeof text, "%ld", 2 * strtol(term.value.data, NULL, 10));
        EXPECT(TS_STATUS_OK,
               ts_terms_literal(terms, text, (size_t)len, term.datatype.data, term.datatype.len, NULL,
                                0, 0, &results[row], &err));
    }
    return 0;
}

/* Answers its only argument, whatever it is. */
static int32_t echo(void *user_data, const ts_batch *arguments, ts_terms *terms, uint32_t *results) {
    ts_error *err = NULL;
    CHECK(user_data == NULL);
    for (size_t row = 0; row < ts_batch_rows(arguments); row++) {
        EXPECT(TS_STATUS_OK, ts_terms_copy(terms, arguments, ts_batch_index(arguments, row, 0),
                                           &results[row], &err));
    }
    return 0;
}

static int32_t refuse(void *user_data, const ts_batch *arguments, ts_terms *terms,
                      uint32_t *results) {
    (void)user_data, (void)arguments, (void)terms, (void)results;
    return 7;
}

static int32_t astray(void *user_data, const ts_batch *arguments, ts_terms *terms,
                      uint32_t *results) {
    (void)user_data, (void)arguments, (void)terms;
    results[0] = 5;
    return 0;
}

/* Whether the FILTER holds for the only quad of the store. */
static int holds_for_it(ts_store *store, const char *filter) {
    char text[512];
    snprintf(text, sizeof text, "SELECT * { ?s ?p ?o FILTER(%s) }", filter);
    return rows_of(store, text) == 1;
}

static ts_status status_of(ts_store *store, const char *sparql) {
    ts_rows *rows = NULL;
    ts_batch *batch = NULL;
    ts_status status = ts_query(store, sparql, strlen(sparql), NULL, NULL, &rows, NULL);
    if (status == TS_STATUS_OK) {
        status = ts_rows_next(rows, 10, TS_NO_LIMIT, &batch, NULL);
    }
    ts_batch_free(batch);
    ts_rows_free(rows);
    return status;
}

void test_function(void) {
    ts_error *err = NULL;
    ts_store *store = memory_store("<http://e/s> <http://e/p> \"21\"^^"
                                   "<http://www.w3.org/2001/XMLSchema#integer> .\n");
    const char *query = "SELECT (<" DOUBLED ">(?o) AS ?x) { ?s ?p ?o }";
    CHECK(status_of(store, query) == TS_STATUS_QUERY_UNSUPPORTED);

    int calls = 0;
    ts_function_options one = {
        .struct_size = sizeof one, .arguments_min = 1, .arguments_max = 1, .deterministic = 1};
    EXPECT(TS_STATUS_OK,
           ts_register_function(store, TEXT(DOUBLED), &one, doubled, &calls, drop, &err));
    CHECK(holds_for_it(store, "<" DOUBLED ">(?o) = 42"));
    CHECK(holds_for_it(store, "COALESCE(<" DOUBLED ">(?s), 'no value') = 'no value'"));
    CHECK(calls > 0 && dropped == 0);
    CHECK(status_of(store, "SELECT (<" DOUBLED ">(1, 2) AS ?x) {}") == TS_STATUS_QUERY_PARSE);

    /* A statement that was prepared knows the function that is there when it runs. */
    ts_statement *statement;
    EXPECT(TS_STATUS_OK, ts_prepare(store, query, strlen(query), NULL, &statement, &err));
    EXPECT(TS_STATUS_OK, ts_register_function(store, TEXT(DOUBLED), &one, echo, NULL, NULL, &err));
    CHECK(dropped == 1);
    CHECK(holds_for_it(store, "<" DOUBLED ">(?o) = 21"));
    CHECK(holds_for_it(store, "sameTerm(<" DOUBLED ">(TRIPLE(?s, ?p, 'x'@en--rtl)), "
                              "TRIPLE(?s, ?p, 'x'@en--rtl))"));
    EXPECT(TS_STATUS_OK, ts_unregister_function(store, TEXT(DOUBLED), &err));
    EXPECT(TS_STATUS_OK, ts_unregister_function(store, TEXT(DOUBLED), &err));
    ts_rows *rows;
    CHECK(ts_execute(statement, NULL, &rows, NULL) != TS_STATUS_OK || rows != NULL);
    ts_rows_free(rows);
    ts_statement_free(statement);

    EXPECT(TS_STATUS_OK, ts_register_function(store, TEXT(DOUBLED), NULL, refuse, NULL, NULL, &err));
    CHECK(status_of(store, query) == TS_STATUS_CALLBACK);
    EXPECT(TS_STATUS_OK, ts_register_function(store, TEXT(DOUBLED), NULL, astray, NULL, NULL, &err));
    CHECK(status_of(store, query) == TS_STATUS_INVALID_ARGUMENT);

    /* The data is dropped also if the call fails. */
    EXPECT(TS_STATUS_INVALID_ARGUMENT,
           ts_register_function(store, TEXT(DOUBLED), NULL, NULL, &calls, drop, NULL));
    CHECK(dropped == 2);
    EXPECT(TS_STATUS_INVALID_IRI,
           ts_register_function(store, TEXT("no iri"), NULL, doubled, &calls, drop, NULL));
    CHECK(dropped == 3);
    EXPECT(TS_STATUS_INVALID_ARGUMENT,
           ts_register_function(store, TEXT("http://www.w3.org/2001/XMLSchema#integer"), NULL, doubled,
                                &calls, drop, NULL));
    CHECK(dropped == 4);
    one.arguments_min = 2;
    EXPECT(TS_STATUS_INVALID_ARGUMENT,
           ts_register_function(store, TEXT(DOUBLED), &one, doubled, &calls, drop, NULL));
    CHECK(dropped == 5);

    /* Closing the store lets go of what is left. */
    EXPECT(TS_STATUS_OK,
           ts_register_function(store, TEXT("http://e/other"), NULL, doubled, &calls, drop, &err));
    ts_close(store);
    CHECK(dropped == 6);
}
