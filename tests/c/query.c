/* Queries: statements, rows, batches and their layout. */

#include "smoke.h"

static const char *DATA =
    "<http://e/a> <http://e/age> \"41\"^^<http://www.w3.org/2001/XMLSchema#integer> .\n"
    "<http://e/a> <http://e/name> \"Ada\"@en .\n"
    "<http://e/a> <http://e/name> \"zero \\u0000 byte\" .\n"
    "<http://e/a> <http://e/says> <<( <http://e/b> <http://e/name> \"B\"@ar--rtl )>> .\n"
    "_:x <http://e/age> \"7\"^^<http://www.w3.org/2001/XMLSchema#integer> <http://e/g> .\n";

static ts_rows *query(ts_store *store, const char *sparql, const ts_query_options *options) {
    ts_error *err = NULL;
    ts_rows *rows;
    EXPECT(TS_STATUS_OK, ts_query(store, sparql, strlen(sparql), options, NULL, &rows, &err));
    return rows;
}

/* The only row of a query, which the batch holds. */
static ts_batch *only_row(ts_store *store, const char *sparql) {
    ts_error *err = NULL;
    ts_batch *batch, *more;
    ts_rows *rows = query(store, sparql, NULL);
    EXPECT(TS_STATUS_ROWS, ts_rows_next(rows, 10, TS_NO_LIMIT, &batch, &err));
    EXPECT(TS_STATUS_DONE, ts_rows_next(rows, 10, TS_NO_LIMIT, &more, &err));
    EXPECT(TS_STATUS_DONE, ts_rows_next(rows, 10, 0, &more, &err));
    CHECK(more == NULL && ts_batch_rows(batch) == 1);
    ts_rows_free(rows);
    return batch;
}

static ts_term term_of(const ts_batch *batch, size_t column) {
    ts_error *err = NULL;
    ts_term term = {.struct_size = sizeof term};
    EXPECT(TS_STATUS_OK, ts_batch_term(batch, 0, column, &term, &err));
    CHECK(ts_batch_index(batch, 0, column) == term.index);
    return term;
}

static void every_kind_of_term_is_read(ts_store *store) {
    ts_error *err = NULL;
    ts_batch *batch = only_row(store, "SELECT ?s ?v ?u { ?s <http://e/age> ?v }");
    CHECK(ts_batch_columns(batch) == 3);
    ts_term term = term_of(batch, 0);
    CHECK(term.kind == TS_TERM_KIND_IRI && same(term.value, "http://e/a"));
    CHECK(term.datatype.len == 0 && term.language.len == 0);
    term = term_of(batch, 1);
    CHECK(term.kind == TS_TERM_KIND_LITERAL && same(term.value, "41"));
    CHECK(same(term.datatype, "http://www.w3.org/2001/XMLSchema#integer"));
    term = term_of(batch, 2);
    CHECK(term.kind == TS_TERM_KIND_UNBOUND && term.index == TS_UNBOUND && term.value.len == 0);
    ts_batch_free(batch);

    batch = only_row(store, "SELECT ?v { ?s <http://e/name> ?v FILTER(?v = \"Ada\"@en) }");
    term = term_of(batch, 0);
    CHECK(same(term.value, "Ada") && same(term.language, "en"));
    CHECK(term.direction == TS_DIRECTION_NONE);
    CHECK(same(term.datatype, "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"));
    ts_batch_free(batch);

    batch = only_row(store, "SELECT ?v { GRAPH ?g { ?v ?p ?o } }");
    term = term_of(batch, 0);
    CHECK(term.kind == TS_TERM_KIND_BLANK && term.value.data[0] == 'b');
    ts_batch_free(batch);

    batch = only_row(store, "SELECT ?v { ?s <http://e/says> ?v }");
    term = term_of(batch, 0);
    CHECK(term.kind == TS_TERM_KIND_TRIPLE && term.value.len == 0);
    ts_term part = {.struct_size = sizeof part};
    EXPECT(TS_STATUS_OK, ts_batch_term_at(batch, term.subject, &part, &err));
    CHECK(part.kind == TS_TERM_KIND_IRI && same(part.value, "http://e/b"));
    EXPECT(TS_STATUS_OK, ts_batch_term_at(batch, term.predicate, &part, &err));
    CHECK(same(part.value, "http://e/name"));
    EXPECT(TS_STATUS_OK, ts_batch_term_at(batch, term.object, &part, &err));
    CHECK(same(part.value, "B") && same(part.language, "ar"));
    CHECK(part.direction == TS_DIRECTION_RTL);
    CHECK(same(part.datatype, "http://www.w3.org/1999/02/22-rdf-syntax-ns#dirLangString"));
    EXPECT(TS_STATUS_INVALID_ARGUMENT,
           ts_batch_term_at(batch, (uint32_t)ts_batch_terms(batch), &part, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_batch_term(batch, 1, 0, &part, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_batch_term(batch, 0, 1, &part, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_batch_term(batch, (size_t)-1, 0, &part, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_batch_term(batch, 0, 0, NULL, NULL));
    CHECK(ts_batch_index(batch, 7, 7) == TS_UNBOUND);
    ts_batch_free(batch);
    ts_batch_free(NULL);
}

/* What a binding does with the block of memory, without any further call. */
static void the_block_is_laid_out_as_documented(ts_store *store) {
    ts_error *err = NULL;
    ts_rows *rows = query(store, "SELECT ?s ?p ?o { ?s ?p ?o }", NULL);
    ts_batch *batch;
    EXPECT(TS_STATUS_ROWS, ts_rows_next(rows, 10, TS_NO_LIMIT, &batch, &err));
    ts_rows_free(rows);
    const ts_batch_header *header = ts_batch_data(batch);
    const char *block = (const char *)header;
    CHECK((uintptr_t)block % 8 == 0 && memcmp(block, "TSBA", 4) == 0);
    CHECK(header->magic == TS_BATCH_MAGIC && header->version == TS_BATCH_VERSION);
    CHECK(header->rows == ts_batch_rows(batch) && header->columns == 3);
    CHECK(header->terms == ts_batch_terms(batch) && header->byte_len % 8 == 0);
    CHECK(header->columns_offset == sizeof *header && header->entries_offset % 8 == 0);
    const uint32_t *indexes = (const uint32_t *)(const void *)(block + header->columns_offset);
    const ts_batch_entry *entries =
        (const ts_batch_entry *)(const void *)(block + header->entries_offset);
    CHECK(header->text_offset ==
          header->entries_offset + header->terms * sizeof(ts_batch_entry));
    for (uint32_t column = 0; column < header->columns; column++) {
        for (uint32_t row = 0; row < header->rows; row++) {
            uint32_t index = indexes[column * header->rows + row];
            CHECK(index == ts_batch_index(batch, row, column) && index < header->terms);
        }
    }
    for (uint32_t index = 0; index < header->terms; index++) {
        const ts_batch_entry *entry = &entries[index];
        ts_term term = {.struct_size = sizeof term};
        EXPECT(TS_STATUS_OK, ts_batch_term_at(batch, index, &term, &err));
        CHECK(entry->kind == term.kind && entry->direction == term.direction);
        CHECK(entry->offset >= header->text_offset);
        CHECK(entry->offset + entry->length <= header->byte_len);
        if (entry->kind == TS_TERM_KIND_TRIPLE) {
            const uint32_t *parts = (const uint32_t *)(const void *)(block + entry->offset);
            CHECK(entry->length == 12 && parts[0] == term.subject && parts[2] == term.object);
            continue;
        }
        CHECK(term.value.data == block + entry->offset && term.value.len == entry->length);
        CHECK(block[entry->offset + entry->length] == 0);
        CHECK((entry->kind == TS_TERM_KIND_LITERAL) == (entry->datatype != TS_UNBOUND));
        if (entry->language_length > 0) {
            CHECK(term.language.data == term.value.data + entry->length + 1);
        }
    }
    ts_batch_free(batch);
    CHECK(ts_batch_data(NULL) == NULL);
}

static void a_statement_runs_many_times(ts_store *store) {
    ts_error *err = NULL;
    ts_statement *statement;
    const char *sparql = "SELECT ?s ?name { ?s <http://e/name> ?name } ORDER BY ?name";
    EXPECT(TS_STATUS_OK, ts_prepare(store, sparql, strlen(sparql), NULL, &statement, &err));
    CHECK(ts_statement_kind(statement) == TS_QUERY_KIND_SELECT);
    CHECK(ts_statement_variable_count(statement) == 2);
    CHECK(same(ts_statement_variable(statement, 1), "name"));
    CHECK(ts_statement_variable(statement, 2).len == 0);
    ts_text plan;
    EXPECT(TS_STATUS_OK, ts_statement_explain(statement, TS_EXPLAIN_FORMAT_TEXT, NULL, &plan, &err));
    CHECK(holds(plan, "Sort"));
    ts_rows *first, *second;
    EXPECT(TS_STATUS_OK, ts_execute(statement, NULL, &first, &err));
    EXPECT(TS_STATUS_OK, ts_execute(statement, NULL, &second, &err));
    ts_statement_free(statement);
    ts_statement_free(NULL);
    ts_batch *batch;
    EXPECT(TS_STATUS_ROWS, ts_rows_next(first, 1, TS_NO_LIMIT, &batch, &err));
    CHECK(ts_batch_rows(batch) == 1 && ts_rows_given(first) == 1);
    ts_batch_free(batch);
    CHECK(same(ts_rows_column(first, 0), "s") && ts_rows_column(first, 2).len == 0);
    CHECK(ts_rows_kind(first) == TS_QUERY_KIND_SELECT && ts_rows_column_count(first) == 2);
    EXPECT(TS_STATUS_OK, ts_rows_explain(first, TS_EXPLAIN_FORMAT_TEXT, &plan, &err));
    CHECK(plan.len > 0);
    EXPECT(TS_STATUS_ROWS, ts_rows_next(second, 1000, TS_NO_LIMIT, &batch, &err));
    CHECK(ts_batch_rows(batch) == 2);
    ts_batch_free(batch);
    ts_rows_free(first);
    ts_rows_free(second);
    ts_rows_free(NULL);
}

static void ask_and_construct_have_their_own_answers(ts_store *store) {
    ts_error *err = NULL;
    ts_batch *batch;
    bool answer = false;
    ts_rows *rows = query(store, "ASK { ?s <http://e/name> \"Ada\"@en }", NULL);
    CHECK(ts_rows_kind(rows) == TS_QUERY_KIND_ASK && ts_rows_column_count(rows) == 0);
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, NULL));
    EXPECT(TS_STATUS_OK, ts_rows_boolean(rows, TS_NO_LIMIT, &answer, &err));
    CHECK(answer);
    EXPECT(TS_STATUS_OK, ts_rows_boolean(rows, 0, &answer, &err));
    CHECK(answer);
    ts_rows_free(rows);
    rows = query(store, "ASK { ?s <http://e/name> \"Bob\" }", NULL);
    ts_status status;
    while ((status = ts_rows_boolean(rows, 1, &answer, &err)) == TS_STATUS_WAITING) {
    }
    EXPECT(TS_STATUS_OK, status);
    CHECK(!answer);
    ts_rows_free(rows);

    rows = query(store, "CONSTRUCT { ?o <http://e/of> ?s } { ?s <http://e/name> ?o FILTER(?o = \"Ada\"@en) }", NULL);
    EXPECT(TS_STATUS_DONE, ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, &err));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_rows_boolean(rows, 0, &answer, NULL));
    ts_rows_free(rows);
    rows = query(store, "CONSTRUCT { ?s <http://e/called> ?o } { ?s <http://e/name> ?o }", NULL);
    CHECK(ts_rows_kind(rows) == TS_QUERY_KIND_CONSTRUCT && ts_rows_column_count(rows) == 3);
    CHECK(same(ts_rows_column(rows, 1), "predicate"));
    EXPECT(TS_STATUS_ROWS, ts_rows_next(rows, 10, TS_NO_LIMIT, &batch, &err));
    CHECK(ts_batch_rows(batch) == 2);
    CHECK(same(term_of(batch, 1).value, "http://e/called"));
    ts_batch_free(batch);
    ts_rows_free(rows);
}

static void options_change_the_answer(ts_store *store) {
    ts_error *err = NULL;
    ts_query_options options = {.struct_size = sizeof options, .default_graph = TS_DEFAULT_GRAPH_UNION};
    const char *ages = "SELECT ?s { ?s <http://e/age> ?v }";
    CHECK(rows_of(store, ages) == 1);
    ts_rows *rows = query(store, ages, &options);
    ts_batch *batch;
    EXPECT(TS_STATUS_ROWS, ts_rows_next(rows, 10, TS_NO_LIMIT, &batch, &err));
    CHECK(ts_batch_rows(batch) == 2);
    ts_batch_free(batch);
    ts_rows_free(rows);

    options.row_limit = 1;
    rows = query(store, ages, &options);
    ts_status status = ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, &err);
    EXPECT(TS_STATUS_ROWS, status);
    ts_batch_free(batch);
    EXPECT(TS_STATUS_QUERY_LIMIT, ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, &err));
    ts_error_free(err);
    EXPECT(TS_STATUS_TRANSACTION_ENDED, ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, NULL));
    ts_rows_free(rows);

    options = (ts_query_options){.struct_size = sizeof options, .view = TS_VIEW_INFERRED};
    rows = query(store, ages, &options);
    EXPECT(TS_STATUS_DONE, ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, &err));
    ts_rows_free(rows);

    options = (ts_query_options){.struct_size = sizeof options, .base_iri = {TEXT("http://e/")}};
    rows = query(store, "SELECT ?v { <a> <age> ?v }", &options);
    EXPECT(TS_STATUS_ROWS, ts_rows_next(rows, 1, TS_NO_LIMIT, &batch, &err));
    ts_batch_free(batch);
    ts_rows_free(rows);

    /* The store may choose; the query has the last word. */
    ts_config *config = ts_config_new();
    EXPECT(TS_STATUS_OK, ts_config_set(config, TEXT("default_graph"), TEXT("union"), &err));
    ts_store *united;
    EXPECT(TS_STATUS_OK, ts_open_memory(config, &united, &err));
    ts_config_free(config);
    EXPECT(TS_STATUS_OK, ts_insert_nquads(united, DATA, strlen(DATA), NULL, NULL, &err));
    CHECK(rows_of(united, ages) == 2);
    options = (ts_query_options){.struct_size = sizeof options, .default_graph = TS_DEFAULT_GRAPH_STORE};
    rows = query(united, ages, &options);
    EXPECT(TS_STATUS_ROWS, ts_rows_next(rows, 10, TS_NO_LIMIT, &batch, &err));
    CHECK(ts_batch_rows(batch) == 1);
    ts_batch_free(batch);
    ts_rows_free(rows);
    ts_close(united);

    options = (ts_query_options){.struct_size = sizeof options, .view = 9};
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_query(store, TEXT("ASK {}"), &options, NULL, &rows, NULL));
    options = (ts_query_options){.struct_size = sizeof options, .default_graph = -1};
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_query(store, TEXT("ASK {}"), &options, NULL, &rows, NULL));
}

static void a_bad_query_says_where_and_what_to_do(ts_store *store) {
    ts_error *err = NULL;
    ts_rows *rows;
    EXPECT(TS_STATUS_QUERY_PARSE,
           ts_query(store, TEXT("SELECT * {\n ?s ex:p ?o }"), NULL, NULL, &rows, &err));
    CHECK(rows == NULL && ts_error_hint(err).len > 0);
    ts_position position = {.struct_size = sizeof position};
    CHECK(ts_error_position(err, &position));
    CHECK(position.line == 2 && position.file.len == 0);
    ts_error_free(err);
    EXPECT(TS_STATUS_INVALID_UTF8, ts_query(store, TEXT("ASK {} #\xff"), NULL, NULL, &rows, NULL));
}

/* Results are the same however the calls are cut. */
static void calls_with_a_limit_of_time_lose_nothing(void) {
    ts_error *err = NULL;
    enum { COUNT = 3000 };
    char *text = many_quads(COUNT);
    ts_store *store = memory_store(text);
    free(text);
    const size_t sizes[] = {1, 100, 7, 1000};
    for (int64_t max_ms = 0; max_ms < 3; max_ms++) {
        ts_rows *rows = query(store, "SELECT ?s ?o { ?s ?p ?o } ORDER BY DESC(?o)", NULL);
        uint64_t count = 0, waits = 0, calls = 0;
        ts_status status;
        ts_batch *batch;
        for (;;) {
            size_t max_rows = sizes[calls++ % 4];
            status = ts_rows_next(rows, max_rows, max_ms, &batch, &err);
            if (status == TS_STATUS_WAITING) {
                CHECK(batch == NULL);
                waits++;
                continue;
            }
            if (status != TS_STATUS_ROWS) {
                break;
            }
            CHECK(ts_batch_rows(batch) >= 1 && ts_batch_rows(batch) <= max_rows);
            count += ts_batch_rows(batch);
            ts_batch_free(batch);
        }
        EXPECT(TS_STATUS_DONE, status);
        CHECK(count == COUNT && ts_rows_given(rows) == COUNT);
        CHECK(max_ms > 0 || waits > 0);
        ts_rows_free(rows);
    }
    /* Freed while it is at work. */
    ts_rows *rows = query(store, "SELECT (COUNT(*) AS ?n) { ?a ?p ?x . ?b ?q ?y FILTER(?x < ?y) }", NULL);
    ts_batch *batch;
    EXPECT(TS_STATUS_WAITING, ts_rows_next(rows, 1, 1, &batch, &err));
    ts_text plan;
    EXPECT(TS_STATUS_OK, ts_rows_explain(rows, TS_EXPLAIN_FORMAT_TEXT, &plan, &err));
    ts_rows_free(rows);
    ts_close(store);
}

void test_query(void) {
    ts_store *store = memory_store(DATA);
    every_kind_of_term_is_read(store);
    the_block_is_laid_out_as_documented(store);
    a_statement_runs_many_times(store);
    ask_and_construct_have_their_own_answers(store);
    options_change_the_answer(store);
    a_bad_query_says_where_and_what_to_do(store);
    ts_close(store);
    calls_with_a_limit_of_time_lose_nothing();
}
