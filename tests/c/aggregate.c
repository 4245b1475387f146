/* Aggregates that the program registers. */

#include "smoke.h"

#define LONGEST "http://e/longest"

static int dropped;
static int states;

static void drop(void *user_data) {
    CHECK(user_data != NULL);
    dropped++;
}

struct longest {
    size_t values;
    char text[64];
};

static int32_t new_longest(void *user_data, void **state) {
    CHECK(user_data != NULL);
    *state = calloc(1, sizeof(struct longest));
    CHECK(*state != NULL);
    states++;
    return 0;
}

static int32_t step_longest(void *user_data, void *const *group_states, const ts_batch *values) {
    ts_error *err = NULL;
    CHECK(user_data != NULL);
    for (size_t row = 0; row < ts_batch_rows(values); row++) {
        struct longest *longest = group_states[row];
        ts_term term = {.struct_size = sizeof term};
        EXPECT(TS_STATUS_OK, ts_batch_term(values, row, 0, &term, &err));
        longest->values++;
        if (term.value.len > strlen(longest->text) && term.value.len < sizeof longest->text) {
            memcpy(longest->text, term.value.data, term.value.len);
            longest->text[term.value.len] = 0;
        }
    }
    return 0;
}

static int32_t finish_longest(void *user_data, void *state, ts_terms *terms, uint32_t *result) {
    ts_error *err = NULL;
    struct longest *longest = state;
    CHECK(user_data != NULL);
    CHECK(*result == TS_UNBOUND);
    if (longest->values == 0) {
        return 0;
    }
    char text[96];
    int len = snprintf(text, sizeof text, "%zu %s", longest->values, longest->text);
    EXPECT(TS_STATUS_OK,
           ts_terms_literal(terms, text, (size_t)len, NULL, 0, NULL, 0, 0, result, &err));
    return 0;
}

static void free_longest(void *user_data, void *state) {
    CHECK(user_data != NULL);
    free(state);
    states--;
}

static int32_t refuse(void *user_data, void *const *group_states, const ts_batch *values) {
    (void)user_data, (void)group_states, (void)values;
    return 7;
}

/* Whether the only group of a query has this result; NULL is none. */
static int gives(ts_store *store, const char *values, const char *expected) {
    char text[512];
    ts_error *err = NULL;
    ts_rows *rows = NULL;
    ts_batch *batch = NULL;
    snprintf(text, sizeof text, "SELECT (<" LONGEST ">(%s", values);
    EXPECT(TS_STATUS_OK, ts_query(store, text, strlen(text), NULL, NULL, &rows, &err));
    EXPECT(TS_STATUS_ROWS, ts_rows_next(rows, 10, TS_NO_LIMIT, &batch, &err));
    CHECK(ts_batch_rows(batch) == 1);
    int is_same;
    if (ts_batch_index(batch, 0, 0) == TS_UNBOUND) {
        is_same = expected == NULL;
    } else {
        ts_term term = {.struct_size = sizeof term};
        EXPECT(TS_STATUS_OK, ts_batch_term(batch, 0, 0, &term, &err));
        is_same = expected != NULL && same(term.value, expected);
    }
    ts_batch_free(batch);
    ts_rows_free(rows);
    return is_same;
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

void test_aggregate(void) {
    ts_error *err = NULL;
    ts_store *store = memory_store("<http://e/s> <http://e/p> <http://e/o> .\n");
    int data = 0;
    EXPECT(TS_STATUS_OK, ts_register_aggregate(store, TEXT(LONGEST), new_longest, step_longest,
                                               finish_longest, free_longest, &data, drop, &err));
    CHECK(gives(store, "?x) AS ?r) { VALUES ?x { 'a' 'bcd' 'ef' 'a' } }", "4 bcd"));
    CHECK(gives(store, "DISTINCT ?x) AS ?r) { VALUES ?x { 'a' 'bcd' 'ef' 'a' } }", "3 bcd"));
    CHECK(gives(store, "?x) AS ?r) { }", NULL));
    /* An error among the values. */
    CHECK(gives(store, "?x) AS ?r) { VALUES ?x { 'a' UNDEF 'b' } }", NULL));
    CHECK(states == 0);

    /* A callback that stops ends the query, and its states are freed. */
    EXPECT(TS_STATUS_OK, ts_register_aggregate(store, TEXT(LONGEST), new_longest, refuse,
                                               finish_longest, free_longest, &data, drop, &err));
    CHECK(dropped == 1);
    CHECK(status_of(store, "SELECT (<" LONGEST ">(?x) AS ?r) { VALUES ?x { 1 2 } }") ==
          TS_STATUS_CALLBACK);
    CHECK(states == 0);

    EXPECT(TS_STATUS_INVALID_ARGUMENT,
           ts_register_aggregate(store, TEXT(LONGEST), new_longest, NULL, finish_longest,
                                 free_longest, &data, drop, NULL));
    EXPECT(TS_STATUS_INVALID_IRI,
           ts_register_aggregate(store, TEXT("no iri"), new_longest, refuse, finish_longest,
                                 free_longest, &data, drop, NULL));
    CHECK(dropped == 3);
    EXPECT(TS_STATUS_OK, ts_unregister_aggregate(store, TEXT(LONGEST), &err));
    CHECK(dropped == 4);
    CHECK(status_of(store, "SELECT (<" LONGEST ">(?x) AS ?r) { VALUES ?x { 1 2 } }") !=
          TS_STATUS_OK);
    ts_close(store);
    CHECK(dropped == 4);
}
