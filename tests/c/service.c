/* Federation: SERVICE answered by callbacks. */

#include "smoke.h"

#define JSON_HEAD "{\"head\":{\"vars\":[\"name\"]},\"results\":{\"bindings\":["
#define JSON_ROW "{\"name\":{\"type\":\"literal\",\"value\":\"Ada\"}}"
#define JSON_END "]}}"

typedef struct endpoint {
    int calls;
    int dropped;
} endpoint;

static int32_t answer(void *user_data, const ts_service_call *call) {
    ts_error *err = NULL;
    endpoint *state = user_data;
    state->calls++;
    CHECK(holds(ts_service_call_query(call), "SELECT"));
    EXPECT(TS_STATUS_OK, ts_service_call_check(call));
    CHECK(ts_service_call_remaining_ms(call) > 0);
    ts_text iri = ts_service_call_endpoint(call);
    if (same(iri, "http://e/fails")) {
        ts_service_call_fail(call, TEXT("nobody at home"));
        return 1;
    }
    if (same(iri, "http://e/tsv")) {
        EXPECT(TS_STATUS_OK, ts_service_call_set_media_type(
                                 call, TEXT("text/tab-separated-values; charset=utf-8"), &err));
        EXPECT(TS_STATUS_OK, ts_service_call_write(call, TEXT("?name\n\"Ada\"\n\"Bob\"\n"), &err));
        return 0;
    }
    EXPECT(TS_STATUS_INVALID_ARGUMENT,
           ts_service_call_set_media_type(call, TEXT("text/csv"), &err));
    ts_error_free(err);
    EXPECT(TS_STATUS_OK, ts_service_call_write(call, TEXT(JSON_HEAD), &err));
    EXPECT(TS_STATUS_OK, ts_service_call_write(call, TEXT(JSON_ROW), &err));
    EXPECT(TS_STATUS_OK, ts_service_call_write(call, TEXT(JSON_END), &err));
    return 0;
}

static int32_t wait_for_the_end(void *user_data, const ts_service_call *call) {
    (void)user_data;
    while (ts_service_call_check(call) == TS_STATUS_OK) {
    }
    return 1;
}

static void dropped(void *user_data) {
    ((endpoint *)user_data)->dropped++;
}

static void ends_with(ts_store *store, const char *sparql, ts_op *op, ts_status expected) {
    ts_error *err = NULL;
    ts_rows *rows;
    ts_batch *batch;
    EXPECT(TS_STATUS_OK, ts_query(store, sparql, strlen(sparql), NULL, op, &rows, &err));
    EXPECT(expected, ts_rows_next(rows, 10, TS_NO_LIMIT, &batch, &err));
    ts_error_free(err);
    ts_rows_free(rows);
}

void test_service(void) {
    ts_error *err = NULL;
    ts_store *store = memory_store("<http://e/a> <http://e/at> <http://e/json> .\n");
    endpoint state = {0, 0};
    const char *one = "SELECT * { SERVICE <http://e/json> { ?s <http://e/name> ?name } }";
    ends_with(store, one, NULL, TS_STATUS_SERVICE_REFUSED);
    EXPECT(TS_STATUS_OK, ts_set_service(store, TEXT("http://e/*\0http://f/"), answer, &state,
                                        dropped, &err));
    CHECK(rows_of(store, one) == 1);
    CHECK(rows_of(store, "SELECT * { SERVICE <http://e/tsv> { ?s <http://e/name> ?name } }") == 2);
    CHECK(rows_of(store, "SELECT * { ?s <http://e/at> ?e SERVICE ?e { ?x ?p ?name } }") == 1);
    CHECK(rows_of(store, "SELECT * { SERVICE SILENT <http://e/fails> { ?s ?p ?o } }") == 1);
    CHECK(state.calls == 4);
    ends_with(store, "SELECT * { SERVICE <http://e/fails> { ?s ?p ?o } }", NULL,
              TS_STATUS_SERVICE_FAILED);
    ends_with(store, "SELECT * { SERVICE <http://g/> { ?s ?p ?o } }", NULL,
              TS_STATUS_SERVICE_REFUSED);
    EXPECT(TS_STATUS_INVALID_ARGUMENT,
           ts_set_service(store, TEXT("http://e*"), answer, &state, dropped, &err));
    ts_error_free(err);
    CHECK(state.dropped == 1);

    EXPECT(TS_STATUS_OK, ts_set_service(store, TEXT("*"), wait_for_the_end, NULL, NULL, &err));
    CHECK(state.dropped == 2);
    ts_op *op = ts_op_new();
    EXPECT(TS_STATUS_OK, ts_op_set_timeout(op, 30, &err));
    ends_with(store, "SELECT * { SERVICE SILENT <http://e/> { ?s ?p ?o } }", op,
              TS_STATUS_QUERY_TIMEOUT);
    ts_op_free(op);
    EXPECT(TS_STATUS_OK, ts_set_service(store, NULL, 0, NULL, NULL, NULL, &err));
    ends_with(store, one, NULL, TS_STATUS_SERVICE_REFUSED);

    CHECK(ts_service_call_query(NULL).len == 0 && ts_service_call_endpoint(NULL).len == 0);
    CHECK(ts_service_call_check(NULL) == TS_STATUS_INVALID_ARGUMENT);
    CHECK(ts_service_call_remaining_ms(NULL) == 0);
    ts_close(store);
}
