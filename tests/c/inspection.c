/* What a text is, without running it. */

#include "smoke.h"

static ts_inspection *inspected(const char *text, ts_inspection_facts *facts) {
    ts_error *err = NULL;
    ts_inspection *inspection;
    EXPECT(TS_STATUS_OK, ts_inspect(text, strlen(text), NULL, &inspection, &err));
    facts->struct_size = sizeof *facts;
    EXPECT(TS_STATUS_OK, ts_inspection_read(inspection, facts, &err));
    return inspection;
}

static void queries_and_updates_are_told_apart(void) {
    ts_inspection_facts facts;
    ts_inspection *inspection = inspected("SELECT * FROM <x:g> { ?b ?a 1 }", &facts);
    CHECK(facts.kind == TS_QUERY_KIND_SELECT && facts.columns == 2 && facts.operations == 0);
    CHECK(facts.has_dataset && !facts.has_service && !facts.has_load);
    CHECK(same(ts_inspection_column(inspection, 0), "b") && same(ts_inspection_column(inspection, 1), "a"));
    CHECK(ts_inspection_column(inspection, 2).len == 0);
    CHECK(holds(ts_inspection_json(inspection), "\"from\":[\"x:g\"]"));
    ts_inspection_free(inspection);

    inspection = inspected("ASK {}", &facts);
    CHECK(facts.kind == TS_QUERY_KIND_ASK && facts.columns == 0 && !facts.has_dataset);
    ts_inspection_free(inspection);
    inspection = inspected("CONSTRUCT WHERE { ?s ?p ?o }", &facts);
    CHECK(facts.kind == TS_QUERY_KIND_CONSTRUCT && facts.columns == 3);
    ts_inspection_free(inspection);

    inspection = inspected("PREFIX : <x:> LOAD :d INTO GRAPH :g ; CLEAR ALL", &facts);
    CHECK(facts.kind == TS_QUERY_KIND_UPDATE && facts.operations == 2 && facts.has_load);
    CHECK(ts_inspection_column(inspection, 0).len == 0);
    CHECK(holds(ts_inspection_json(inspection), "\"source\":\"x:d\""));
    ts_inspection_free(inspection);
    ts_inspection_free(NULL);
}

static void errors_are_those_of_running(void) {
    ts_error *err = NULL;
    ts_inspection *inspection;
    EXPECT(TS_STATUS_QUERY_PARSE, ts_inspect(TEXT("INSERT DATA {\n <x:s> <x:p> }"), NULL, &inspection, &err));
    ts_position position = {.struct_size = sizeof position};
    CHECK(inspection == NULL && ts_error_position(err, &position) && position.line == 2);
    ts_error_free(err);
    err = NULL;
    EXPECT(TS_STATUS_INVALID_UTF8, ts_inspect(TEXT("ASK {} #\xff"), NULL, &inspection, NULL));
    ts_query_options options = {.struct_size = sizeof options, .base_iri = {TEXT("http://e/")}};
    EXPECT(TS_STATUS_OK, ts_inspect(TEXT("ASK { <a> <b> <c> }"), &options, &inspection, &err));
    ts_inspection_facts facts = {.struct_size = 1};
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_inspection_read(inspection, &facts, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_inspection_read(NULL, &facts, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_inspect(TEXT("ASK {}"), NULL, NULL, NULL));
    CHECK(ts_inspection_json(NULL).len == 0 && ts_inspection_column(NULL, 0).len == 0);
    ts_inspection_free(inspection);
}

static int32_t never_called(void *user_data, const ts_batch *arguments, ts_terms *terms, uint32_t *results) {
    (void)user_data, (void)arguments, (void)terms, (void)results;
    return 1;
}

static void a_store_knows_its_functions(void) {
    static const char text[] = "SELECT (<x:half>(2) AS ?one) { SERVICE <x:e> {} }";
    ts_error *err = NULL;
    ts_inspection *inspection;
    ts_store *store = memory_store("");
    EXPECT(TS_STATUS_QUERY_UNSUPPORTED, ts_store_inspect(store, TEXT(text), NULL, &inspection, NULL));
    ts_function_options options = {.struct_size = sizeof options, .arguments_min = 1, .arguments_max = 1};
    EXPECT(TS_STATUS_OK, ts_register_function(store, TEXT("x:half"), &options, never_called, NULL, NULL, &err));
    EXPECT(TS_STATUS_OK, ts_store_inspect(store, TEXT(text), NULL, &inspection, &err));
    CHECK(holds(ts_inspection_json(inspection), "\"endpoints\":[\"x:e\"]"));
    ts_inspection_free(inspection);
    EXPECT(TS_STATUS_QUERY_UNSUPPORTED, ts_inspect(TEXT(text), NULL, &inspection, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_store_inspect(NULL, TEXT(text), NULL, &inspection, NULL));
    EXPECT(TS_STATUS_OK, ts_shutdown(store, &err));
    EXPECT(TS_STATUS_CLOSED, ts_store_inspect(store, TEXT(text), NULL, &inspection, NULL));
    ts_close(store);
}

void test_inspection(void) {
    queries_and_updates_are_told_apart();
    a_store_knows_its_functions();
    errors_are_those_of_running();
}
