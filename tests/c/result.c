/* Results as documents, through a callback, while the query is worked. */

#include "smoke.h"

struct document {
    char text[1 << 18];
    size_t len, calls;
    /* Bytes to take before refusing; what else to do at each call. */
    size_t bytes_left;
    ts_op *cancels;
    ts_rows *rows;
};

static struct document document;

static int32_t take(void *user_data, const char *data, size_t data_len) {
    struct document *to = user_data;
    to->calls++;
    if (data_len > to->bytes_left) {
        return 1;
    }
    to->bytes_left -= data_len;
    /* Longer documents are only counted. */
    if (to->len + data_len < sizeof to->text) {
        memcpy(to->text + to->len, data, data_len);
        to->text[to->len + data_len] = 0;
    }
    to->len += data_len;
    if (to->cancels != NULL) {
        ts_op_cancel(to->cancels);
    }
    if (to->rows != NULL) {
        /* The rows are in use: an error and no race. */
        ts_batch *batch;
        CHECK(ts_rows_next(to->rows, 1, TS_NO_LIMIT, &batch, NULL) == TS_STATUS_INVALID_ARGUMENT);
    }
    return 0;
}

static void empty(void) {
    memset(&document, 0, sizeof document);
    document.bytes_left = SIZE_MAX;
}

static const char *DATA =
    "<http://e/a> <http://e/name> \"Ada, \\\"the\\\" first\"@en .\n"
    "<http://e/b> <http://e/age> \"41\"^^<http://www.w3.org/2001/XMLSchema#integer> <http://e/g> .\n";

/* Writes the result of a query and answers the document. */
static const char *written(ts_store *store, const char *sparql, int32_t format, uint64_t rows) {
    ts_error *err = NULL;
    uint64_t count = 99;
    ts_write_options options = {.struct_size = sizeof options, .format = format};
    empty();
    EXPECT(TS_STATUS_OK, ts_query_write(store, sparql, strlen(sparql), NULL, &options, take, &document,
                                        NULL, &count, &err));
    CHECK(count == rows && document.calls > 0);
    return document.text;
}

static void every_format_is_written(ts_store *store) {
    const char *names = "SELECT ?s ?name ?none { ?s <http://e/name> ?name }";
    CHECK(strcmp(written(store, names, TS_RESULT_FORMAT_JSON, 1),
                 "{\"head\":{\"vars\":[\"s\",\"name\",\"none\"]},\"results\":{\"bindings\":[{"
                 "\"s\":{\"type\":\"uri\",\"value\":\"http://e/a\"},"
                 "\"name\":{\"type\":\"literal\",\"value\":\"Ada, \\\"the\\\" first\",\"xml:lang\":\"en\"}}]}}") == 0);
    CHECK(strstr(written(store, names, TS_RESULT_FORMAT_XML, 1),
                 "<literal xml:lang=\"en\">Ada, &quot;the&quot; first</literal>") != NULL);
    CHECK(strcmp(written(store, names, TS_RESULT_FORMAT_CSV, 1),
                 "s,name,none\r\nhttp://e/a,\"Ada, \"\"the\"\" first\",\r\n") == 0);
    CHECK(strcmp(written(store, names, TS_RESULT_FORMAT_TSV, 1),
                 "?s\t?name\t?none\n<http://e/a>\t\"Ada, \\\"the\\\" first\"@en\t\n") == 0);
    CHECK(strcmp(written(store, "ASK {}", TS_RESULT_FORMAT_DEFAULT, 0),
                 "{\"head\":{},\"boolean\":true}") == 0);
    CHECK(strstr(written(store, "ASK { <a:a> <a:a> <a:a> }", TS_RESULT_FORMAT_XML, 0), "false") != NULL);

    const char *graph = "CONSTRUCT { ?s <http://e/called> 1 } { ?s <http://e/name> ?n }";
    for (int32_t format = TS_RESULT_FORMAT_NTRIPLES; format <= TS_RESULT_FORMAT_JSONLD; format++) {
        CHECK(strstr(written(store, graph, format, 1), "called") != NULL);
    }
    CHECK(strcmp(written(store, graph, TS_RESULT_FORMAT_DEFAULT, 1),
                 "<http://e/a> <http://e/called> "
                 "\"1\"^^<http://www.w3.org/2001/XMLSchema#integer> .\n") == 0);
}

static void matches_are_quads(ts_store *store) {
    ts_error *err = NULL;
    ts_rows *rows;
    uint64_t count;
    EXPECT(TS_STATUS_OK, ts_match(store, NULL, NULL, &rows, &err));
    empty();
    EXPECT(TS_STATUS_OK, ts_rows_write(rows, NULL, take, &document, &count, &err));
    CHECK(count == 2 && strstr(document.text, " <http://e/g> .\n") != NULL);
    CHECK(ts_rows_given(rows) == 2 && ts_rows_done(rows));
    ts_rows_free(rows);

    ts_write_options options = {.struct_size = sizeof options,
                                .format = TS_RESULT_FORMAT_TRIG,
                                .prefixes = {TEXT("e\0http://e/")}};
    EXPECT(TS_STATUS_OK, ts_match(store, NULL, NULL, &rows, &err));
    empty();
    EXPECT(TS_STATUS_OK, ts_rows_write(rows, &options, take, &document, NULL, &err));
    CHECK(strstr(document.text, "e:age") != NULL);
    ts_rows_free(rows);
}

static void what_was_read_before_is_not_written_again(ts_store *store) {
    ts_error *err = NULL;
    ts_rows *rows;
    ts_batch *batch;
    bool answer;
    uint64_t count = 0;
    ts_write_options csv = {.struct_size = sizeof csv, .format = TS_RESULT_FORMAT_CSV};
    EXPECT(TS_STATUS_OK, ts_query(store, TEXT("SELECT ?x { VALUES ?x { 1 2 3 } }"), NULL, NULL, &rows, &err));
    CHECK(!ts_rows_done(rows));
    EXPECT(TS_STATUS_ROWS, ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, &err));
    ts_batch_free(batch);
    empty();
    EXPECT(TS_STATUS_OK, ts_rows_write(rows, &csv, take, &document, &count, &err));
    CHECK(strcmp(document.text, "x\r\n2\r\n3\r\n") == 0 && count == 2);
    CHECK(ts_rows_done(rows) && ts_rows_given(rows) == 3);
    EXPECT(TS_STATUS_DONE, ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, &err));
    ts_rows_free(rows);

    EXPECT(TS_STATUS_OK, ts_query(store, TEXT("ASK {}"), NULL, NULL, &rows, &err));
    for (int i = 0; i < 2; i++) {
        empty();
        EXPECT(TS_STATUS_OK, ts_rows_write(rows, &csv, take, &document, NULL, &err));
        EXPECT(TS_STATUS_OK, ts_rows_boolean(rows, 0, &answer, &err));
        CHECK(answer && strcmp(document.text, "true") == 0 && ts_rows_done(rows));
    }
    ts_rows_free(rows);
}

/* A document of some hundred pieces that ends early has the error of its end, and its beginning is there. */
static void a_document_that_ends_early_says_why(void) {
    ts_error *err = NULL;
    char *text = many_quads(20000);
    ts_store *store = memory_store(text);
    free(text);
    const char *all = "SELECT * { ?s ?p ?o . ?x ?q ?o }";
    ts_rows *rows;
    uint64_t count = 7;

    empty();
    document.bytes_left = 200000;
    EXPECT(TS_STATUS_CALLBACK, ts_query_write(store, all, strlen(all), NULL, NULL, take, &document, NULL,
                                              &count, NULL));
    CHECK(count == 0 && document.len > 0 && document.len <= 200000);
    CHECK(strncmp(document.text, "{\"head\":{\"vars\":[\"s\",\"p\",\"o\",\"x\",\"q\"]}", 36) == 0);

    ts_batch *batch;
    EXPECT(TS_STATUS_OK, ts_query(store, all, strlen(all), NULL, NULL, &rows, &err));
    empty();
    document.bytes_left = 100000;
    EXPECT(TS_STATUS_CALLBACK, ts_rows_write(rows, NULL, take, &document, NULL, NULL));
    EXPECT(TS_STATUS_TRANSACTION_ENDED, ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, NULL));
    ts_rows_free(rows);

    ts_op *op = ts_op_new();
    EXPECT(TS_STATUS_OK, ts_query(store, all, strlen(all), NULL, op, &rows, &err));
    empty();
    document.cancels = op;
    document.rows = rows;
    EXPECT(TS_STATUS_CANCELLED, ts_rows_write(rows, NULL, take, &document, &count, &err));
    CHECK(document.calls == 1 && !ts_rows_done(rows) && ts_error_text(err).len > 0);
    ts_error_free(err);
    EXPECT(TS_STATUS_CANCELLED, ts_rows_write(rows, NULL, take, &document, NULL, NULL));
    ts_rows_free(rows);
    ts_op_free(op);

    ts_query_options options = {.struct_size = sizeof options, .row_limit = 5000};
    empty();
    EXPECT(TS_STATUS_QUERY_LIMIT, ts_query_write(store, all, strlen(all), &options, NULL, take, &document,
                                                 NULL, NULL, NULL));
    ts_close(store);
}

static void bad_arguments_are_refused(ts_store *store) {
    ts_error *err = NULL;
    const char *select = "SELECT * { ?s ?p ?o }";
    ts_write_options options = {.struct_size = sizeof options, .format = TS_RESULT_FORMAT_TURTLE};
    empty();
    EXPECT(TS_STATUS_QUERY_INVALID_OPTION, ts_query_write(store, select, strlen(select), NULL, &options, take,
                                                          &document, NULL, NULL, &err));
    CHECK(ts_error_hint(err).len > 0 && document.calls == 0);
    ts_error_free(err);
    options.format = 11;
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_query_write(store, select, strlen(select), NULL, &options, take,
                                                      &document, NULL, NULL, NULL));
    options.format = -1;
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_query_write(store, select, strlen(select), NULL, &options, take,
                                                      &document, NULL, NULL, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_query_write(store, select, strlen(select), NULL, NULL, NULL,
                                                      NULL, NULL, NULL, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_rows_write(NULL, NULL, take, &document, NULL, NULL));
    EXPECT(TS_STATUS_QUERY_PARSE, ts_query_write(store, TEXT("SELECT"), NULL, NULL, take, &document, NULL,
                                                 NULL, NULL));
    CHECK(!ts_rows_done(NULL));
    EXPECT(TS_STATUS_INVALID_INPUT,
           ts_query_write(store, TEXT("SELECT (\"\\u0001\" AS ?x) {}"), NULL,
                          &(ts_write_options){.struct_size = sizeof options, .format = TS_RESULT_FORMAT_XML},
                          take, &document, NULL, NULL, NULL));
}

static void formats_have_names_and_media_types(void) {
    ts_error *err = NULL;
    int32_t format;
    CHECK(ts_result_format_media_type(TS_RESULT_FORMAT_DEFAULT).len == 0);
    CHECK(ts_result_format_media_type(-1).len == 0 && ts_result_format_media_type(11).len == 0);
    for (int32_t each = TS_RESULT_FORMAT_JSON; each <= TS_RESULT_FORMAT_JSONLD; each++) {
        ts_text type = ts_result_format_media_type(each);
        int32_t kind = each < TS_RESULT_FORMAT_NTRIPLES ? TS_QUERY_KIND_SELECT : TS_QUERY_KIND_DESCRIBE;
        EXPECT(TS_STATUS_OK, ts_result_format_find(type.data, type.len, kind, &format, &err));
        CHECK(format == each && type.len > 0);
    }
    EXPECT(TS_STATUS_OK, ts_result_format_find(TEXT("json"), TS_QUERY_KIND_CONSTRUCT, &format, &err));
    CHECK(format == TS_RESULT_FORMAT_JSONLD);
    EXPECT(TS_STATUS_OK, ts_result_format_find(TEXT("text/csv; charset=utf-8"), TS_QUERY_KIND_ASK, &format, &err));
    CHECK(format == TS_RESULT_FORMAT_CSV);
    EXPECT(TS_STATUS_UNKNOWN_FORMAT, ts_result_format_find(TEXT("csv"), TS_QUERY_KIND_MATCH, &format, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_result_format_find(TEXT("csv"), TS_QUERY_KIND_UPDATE, &format, NULL));
}

static void plans_are_text_or_json(ts_store *store) {
    ts_error *err = NULL;
    ts_statement *statement;
    ts_rows *rows;
    ts_text plan;
    ts_query_options options = {.struct_size = sizeof options,
                                .default_graph = TS_DEFAULT_GRAPH_UNION,
                                .measure_times = 1};
    EXPECT(TS_STATUS_OK, ts_prepare(store, TEXT("SELECT ?s { ?s ?p ?o }"), &options, &statement, &err));
    EXPECT(TS_STATUS_OK, ts_statement_explain(statement, TS_EXPLAIN_FORMAT_JSON, NULL, &plan, &err));
    CHECK(holds(plan, "\"default_graph\":\"union\"") && holds(plan, "\"operator\":\"Scan\""));
    CHECK(!holds(plan, "actual_rows"));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_statement_explain(statement, 2, NULL, &plan, NULL));
    EXPECT(TS_STATUS_OK, ts_execute(statement, NULL, &rows, &err));
    empty();
    EXPECT(TS_STATUS_OK, ts_rows_write(rows, NULL, take, &document, NULL, &err));
    EXPECT(TS_STATUS_OK, ts_rows_explain(rows, TS_EXPLAIN_FORMAT_JSON, &plan, &err));
    CHECK(holds(plan, "\"actual_rows\":2") && holds(plan, "\"time_ns\":") && holds(plan, "\"work\":{\"rows\":2"));
    EXPECT(TS_STATUS_OK, ts_rows_explain(rows, TS_EXPLAIN_FORMAT_TEXT, &plan, &err));
    CHECK(holds(plan, "union of all graphs") && holds(plan, "actual 2, time"));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_rows_explain(rows, -1, &plan, NULL));
    ts_rows_free(rows);
    ts_statement_free(statement);
}

void test_result(void) {
    ts_store *store = memory_store(DATA);
    every_format_is_written(store);
    matches_are_quads(store);
    what_was_read_before_is_not_written_again(store);
    bad_arguments_are_refused(store);
    plans_are_text_or_json(store);
    formats_have_names_and_media_types();
    ts_close(store);
    a_document_that_ends_early_says_why();
}
