/* Patterns: matching and counting without SPARQL. */

#include "smoke.h"

static const char *DATA =
    "<http://e/a> <http://e/p> <http://e/b> .\n"
    "<http://e/a> <http://e/p> \"1\" <http://e/g> .\n"
    "<http://e/a> <http://e/q> \"1\" <http://e/h> .\n"
    "<http://e/b> <http://e/p> <http://e/a> <http://e/g> .\n";

static const char *TERMS[] = {"http://e/a", "http://e/p", "http://e/b", "http://e/g"};

static uint64_t matched(ts_store *store, const ts_pattern *pattern) {
    ts_error *err = NULL;
    ts_rows *rows;
    ts_batch *batch;
    ts_status status;
    uint64_t count = 0, exact;
    EXPECT(TS_STATUS_OK, ts_match(store, pattern, NULL, &rows, &err));
    CHECK(ts_rows_kind(rows) == TS_QUERY_KIND_MATCH && same(ts_rows_column(rows, 3), "graph"));
    while ((status = ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, &err)) == TS_STATUS_ROWS) {
        count += ts_batch_rows(batch);
        ts_batch_free(batch);
    }
    EXPECT(TS_STATUS_DONE, status);
    ts_text plan;
    EXPECT(TS_STATUS_OK, ts_rows_explain(rows, TS_EXPLAIN_FORMAT_TEXT, &plan, &err));
    CHECK(plan.len == 0);
    ts_rows_free(rows);
    EXPECT(TS_STATUS_OK, ts_count(store, pattern, NULL, &exact, &err));
    CHECK(exact == count);
    return count;
}

void test_match(void) {
    ts_error *err = NULL;
    ts_store *store = memory_store(DATA);
    ts_terms *terms = ts_terms_new();
    uint32_t indexes[4];
    for (int i = 0; i < 4; i++) {
        EXPECT(TS_STATUS_OK, ts_terms_iri(terms, TERMS[i], strlen(TERMS[i]), &indexes[i], &err));
    }
    CHECK(matched(store, NULL) == 4);

    ts_pattern *pattern = ts_pattern_new();
    CHECK(pattern != NULL && matched(store, pattern) == 4);
    EXPECT(TS_STATUS_OK, ts_pattern_graphs(pattern, TS_GRAPHS_DEFAULT, &err));
    CHECK(matched(store, pattern) == 1);
    EXPECT(TS_STATUS_OK, ts_pattern_graphs(pattern, TS_GRAPHS_NAMED, &err));
    CHECK(matched(store, pattern) == 3);
    EXPECT(TS_STATUS_OK, ts_pattern_require(pattern, TS_PLACE_GRAPH, terms, indexes[3], &err));
    CHECK(matched(store, pattern) == 2);
    EXPECT(TS_STATUS_OK, ts_pattern_require(pattern, TS_PLACE_SUBJECT, terms, indexes[0], &err));
    CHECK(matched(store, pattern) == 1);
    EXPECT(TS_STATUS_OK, ts_pattern_require(pattern, TS_PLACE_PREDICATE, terms, indexes[1], &err));
    CHECK(matched(store, pattern) == 1);
    EXPECT(TS_STATUS_OK, ts_pattern_require(pattern, TS_PLACE_OBJECT, terms, indexes[2], &err));
    CHECK(matched(store, pattern) == 0);
    EXPECT(TS_STATUS_OK, ts_pattern_graphs(pattern, TS_GRAPHS_ANY, &err));
    CHECK(matched(store, pattern) == 1);
    EXPECT(TS_STATUS_OK, ts_pattern_view(pattern, TS_VIEW_INFERRED, &err));
    CHECK(matched(store, pattern) == 0);
    EXPECT(TS_STATUS_OK, ts_pattern_view(pattern, TS_VIEW_ASSERTED, &err));
    CHECK(matched(store, pattern) == 1);

    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_pattern_require(pattern, 4, terms, indexes[0], NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_pattern_require(pattern, TS_PLACE_OBJECT, terms, 99, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_pattern_graphs(pattern, 3, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_pattern_view(pattern, -1, NULL));
    uint32_t text;
    EXPECT(TS_STATUS_OK, ts_terms_literal(terms, TEXT("x"), NULL, 0, NULL, 0, 0, &text, &err));
    EXPECT(TS_STATUS_INVALID_INPUT, ts_pattern_require(pattern, TS_PLACE_GRAPH, terms, text, NULL));
    /* A term that cannot stand there matches nothing. */
    EXPECT(TS_STATUS_OK, ts_pattern_require(pattern, TS_PLACE_PREDICATE, terms, text, &err));
    CHECK(matched(store, pattern) == 0);
    ts_pattern_free(pattern);
    ts_pattern_free(NULL);
    ts_terms_free(terms);
    ts_close(store);
}
