/* SPARQL updates, and transactions that read their own writes. */
#include "smoke.h"

#define PREFIX "PREFIX : <http://example.org/> "

static ts_error *err;

static uint64_t rows_left(ts_rows *rows) {
    uint64_t count = 0;
    ts_batch *batch;
    ts_status status;
    while ((status = ts_rows_next(rows, 100, TS_NO_LIMIT, &batch, &err)) == TS_STATUS_ROWS) {
        count += ts_batch_rows(batch);
        ts_batch_free(batch);
    }
    EXPECT(TS_STATUS_DONE, status);
    ts_rows_free(rows);
    return count;
}

static uint64_t rows_in(ts_txn *txn, const char *sparql) {
    ts_rows *rows;
    EXPECT(TS_STATUS_OK, ts_txn_query(txn, sparql, strlen(sparql), NULL, NULL, &rows, &err));
    return rows_left(rows);
}

static uint64_t count_in(ts_txn *txn) {
    uint64_t count = 99;
    EXPECT(TS_STATUS_OK, ts_txn_count(txn, NULL, NULL, &count, &err));
    ts_rows *rows;
    EXPECT(TS_STATUS_OK, ts_txn_match(txn, NULL, NULL, &rows, &err));
    CHECK(rows_left(rows) == count);
    return count;
}

static void test_requests(void) {
    ts_store *store = memory_store("<http://example.org/a> <http://example.org/p> \"1\" .\n");
    ts_committed committed = {.struct_size = sizeof committed};
    EXPECT(TS_STATUS_OK,
           ts_update(store,
                     TEXT(PREFIX "INSERT DATA { :b :p 'two' . :c :p 'three' } ; "
                                 "DELETE { ?s :p ?o } INSERT { ?s :q ?o } WHERE { ?s :p ?o }"),
                     NULL, NULL, &committed, &err));
    CHECK(committed.inserted == 3 && committed.deleted == 1 && committed.seq == 2);
    CHECK(quads_of(store) == 3);
    EXPECT(TS_STATUS_OK, ts_update(store, TEXT(PREFIX "DELETE WHERE { :b ?p ?o }"), NULL, NULL, NULL, &err));
    CHECK(quads_of(store) == 2);

    /* Errors have a place and change nothing. */
    EXPECT(TS_STATUS_QUERY_PARSE,
           ts_update(store, TEXT(PREFIX "CLEAR ALL ;\nINSERT DATA { :a :b }"), NULL, NULL, &committed, &err));
    ts_position position = {.struct_size = sizeof position};
    CHECK(ts_error_position(err, &position));
    CHECK(position.line == 2 && position.column == 21);
    ts_error_free(err);
    EXPECT(TS_STATUS_INVALID_INPUT,
           ts_update(store, TEXT(PREFIX "INSERT DATA { GRAPH :g { :a :b :c } } ; CREATE GRAPH :g"), NULL, NULL,
                     NULL, &err));
    ts_error_free(err);
    CHECK(quads_of(store) == 2);

    /* Options. */
    ts_update_options options = {.struct_size = sizeof options, .base_iri = {TEXT("http://example.org/")}};
    EXPECT(TS_STATUS_OK, ts_update(store, TEXT("INSERT DATA { <x> <y> <z> }"), &options, NULL, &committed, &err));
    CHECK(committed.inserted == 1);
    options.default_graph = 7;
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_update(store, TEXT("CLEAR ALL"), &options, NULL, NULL, &err));
    ts_error_free(err);
    ts_op *op = ts_op_new();
    ts_op_cancel(op);
    EXPECT(TS_STATUS_CANCELLED, ts_update(store, TEXT("CLEAR ALL"), NULL, op, NULL, &err));
    ts_error_free(err);
    ts_op_free(op);
    CHECK(quads_of(store) == 3);
    ts_close(store);
}

static int32_t document(void *user_data, const char *iri, size_t iri_len, ts_reply *reply, int32_t *format) {
    int *calls = user_data;
    ++*calls;
    if (iri_len != strlen("http://example.org/data") || memcmp(iri, "http://example.org/data", iri_len) != 0) {
        return 1;
    }
    *format = TS_FORMAT_TURTLE;
    ts_status status = ts_reply_write(reply, TEXT("<#a> <#b> 1, 2 ."), NULL);
    return status == TS_STATUS_OK ? 0 : 1;
}

static void test_load_operation(void) {
    ts_store *store = memory_store("");
    int calls = 0;
    EXPECT(TS_STATUS_QUERY_INVALID_OPTION,
           ts_update(store, TEXT("LOAD <http://example.org/data>"), NULL, NULL, NULL, &err));
    ts_error_free(err);
    ts_update_options options = {
        .struct_size = sizeof options, .load_documents = document, .load_documents_user_data = &calls};
    ts_committed committed = {.struct_size = sizeof committed};
    EXPECT(TS_STATUS_OK, ts_update(store, TEXT("LOAD <http://example.org/data> INTO GRAPH <http://example.org/g>"),
                                   &options, NULL, &committed, &err));
    CHECK(calls == 1 && committed.inserted == 2);
    EXPECT(TS_STATUS_FILE_NOT_FOUND, ts_update(store, TEXT("CLEAR ALL ; LOAD <http://example.org/other>"), &options,
                                               NULL, NULL, &err));
    ts_error_free(err);
    EXPECT(TS_STATUS_OK, ts_update(store, TEXT("LOAD SILENT <http://example.org/other>"), &options, NULL, NULL, &err));
    CHECK(calls == 3 && quads_of(store) == 2);

    /* Files, below a directory. */
    FILE *file = fopen(below("load.nt"), "w");
    CHECK(file != NULL);
    fputs("<http://example.org/x> <http://example.org/y> \"z\" .\n", file);
    fclose(file);
    char text[5000];
    int length = snprintf(text, sizeof text, "LOAD <file://%s>", below("load.nt"));
    EXPECT(TS_STATUS_QUERY_INVALID_OPTION, ts_update(store, text, (size_t)length, NULL, NULL, NULL, &err));
    ts_error_free(err);
    ts_update_options files = {
        .struct_size = sizeof files, .load_files = 1, .load_root = {scratch, strlen(scratch)}};
    EXPECT(TS_STATUS_OK, ts_update(store, text, (size_t)length, &files, NULL, &committed, &err));
    CHECK(committed.inserted == 1);
    ts_close(store);
}

static void test_write_transaction(void) {
    ts_store *store = memory_store("<http://example.org/a> <http://example.org/p> \"1\" .\n");
    ts_statement *all;
    EXPECT(TS_STATUS_OK, ts_prepare(store, TEXT("SELECT * { ?s ?p ?o }"), NULL, &all, &err));
    ts_txn *txn;
    EXPECT(TS_STATUS_OK, ts_txn_begin(store, NULL, &txn, &err));
    uint64_t inserted = 0, deleted = 0;
    EXPECT(TS_STATUS_OK, ts_txn_update(txn, TEXT(PREFIX "INSERT DATA { :b :p 'a text of the transaction' . :c :p 2 }"),
                                       NULL, NULL, &inserted, &deleted, &err));
    CHECK(inserted == 2 && deleted == 0);
    CHECK(count_in(txn) == 3 && rows_of(store, "SELECT * { ?s ?p ?o }") == 1);
    CHECK(rows_in(txn, PREFIX "SELECT * { :b :p 'a text of the transaction' }") == 1);

    /* Rows see the moment they were opened, and go on after the commit. */
    ts_rows *rows;
    EXPECT(TS_STATUS_OK, ts_txn_execute(txn, all, NULL, &rows, &err));
    EXPECT(TS_STATUS_OK, ts_txn_update(txn, TEXT(PREFIX "DELETE WHERE { :a ?p ?o }"), NULL, NULL, NULL, &deleted, &err));
    CHECK(deleted == 1 && count_in(txn) == 2);

    /* A request that fails is undone, and the transaction goes on. */
    EXPECT(TS_STATUS_QUERY_INVALID_OPTION,
           ts_txn_update(txn, TEXT("CLEAR ALL ; LOAD <http://example.org/x>"), NULL, NULL, NULL, NULL, &err));
    ts_error_free(err);
    ts_op *op = ts_op_new();
    ts_op_cancel(op);
    EXPECT(TS_STATUS_CANCELLED, ts_txn_update(txn, TEXT("CLEAR ALL"), NULL, op, NULL, NULL, &err));
    ts_error_free(err);
    ts_op_free(op);
    CHECK(count_in(txn) == 2);
    EXPECT(TS_STATUS_OK,
           ts_txn_insert_nquads(txn, TEXT("<http://example.org/d> <http://example.org/p> \"4\" .\n"), &err));
    CHECK(count_in(txn) == 3);
    ts_committed committed = {.struct_size = sizeof committed};
    EXPECT(TS_STATUS_OK, ts_txn_commit(txn, &committed, &err));
    CHECK(committed.inserted == 3 && committed.deleted == 1);
    CHECK(rows_left(rows) == 3);
    EXPECT(TS_STATUS_TRANSACTION_ENDED, ts_txn_update(txn, TEXT("CLEAR ALL"), NULL, NULL, NULL, NULL, &err));
    ts_error_free(err);
    EXPECT(TS_STATUS_TRANSACTION_ENDED, ts_txn_execute(txn, all, NULL, &rows, &err));
    ts_error_free(err);
    CHECK(rows == NULL);
    ts_txn_free(txn);

    /* Rows end with a rollback. */
    EXPECT(TS_STATUS_OK, ts_txn_begin(store, NULL, &txn, &err));
    EXPECT(TS_STATUS_OK, ts_txn_update(txn, TEXT(PREFIX "INSERT DATA { :x :y 'gone' }"), NULL, NULL, NULL, NULL, &err));
    EXPECT(TS_STATUS_OK, ts_txn_execute(txn, all, NULL, &rows, &err));
    EXPECT(TS_STATUS_OK, ts_txn_rollback(txn, &err));
    ts_batch *batch;
    EXPECT(TS_STATUS_TRANSACTION_ENDED, ts_rows_next(rows, 10, TS_NO_LIMIT, &batch, &err));
    ts_error_free(err);
    ts_rows_free(rows);
    ts_txn_free(txn);
    CHECK(quads_of(store) == 3);
    ts_statement_free(all);
    ts_close(store);
}

static void test_read_transaction(void) {
    ts_store *store = memory_store("<http://example.org/a> <http://example.org/p> \"1\" .\n");
    ts_txn *txn;
    EXPECT(TS_STATUS_OK, ts_txn_begin_read(store, &txn, &err));
    EXPECT(TS_STATUS_OK, ts_update(store, TEXT(PREFIX "INSERT DATA { :b :p 2 }"), NULL, NULL, NULL, &err));
    CHECK(count_in(txn) == 1 && quads_of(store) == 2);
    CHECK(rows_in(txn, "SELECT * { ?s ?p ?o }") == 1);
    EXPECT(TS_STATUS_READ_ONLY, ts_txn_update(txn, TEXT("CLEAR ALL"), NULL, NULL, NULL, NULL, &err));
    ts_error_free(err);
    EXPECT(TS_STATUS_READ_ONLY,
           ts_txn_insert_nquads(txn, TEXT("<http://example.org/d> <http://example.org/p> \"4\" .\n"), &err));
    ts_error_free(err);

    /* Who keeps what. */
    ts_pin_list *pins;
    EXPECT(TS_STATUS_OK, ts_pins(store, &pins, &err));
    CHECK(ts_pin_list_count(pins) == 1);
    ts_pin pin = {.struct_size = sizeof pin};
    EXPECT(TS_STATUS_OK, ts_pin_list_at(pins, 0, &pin, &err));
    CHECK(pin.kind == TS_PIN_KIND_SNAPSHOT && pin.seq == 1 && pin.ended == 0);
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_pin_list_at(pins, 1, &pin, &err));
    ts_error_free(err);
    ts_pin_list_free(pins);
    ts_committed committed = {.struct_size = sizeof committed};
    EXPECT(TS_STATUS_OK, ts_txn_commit(txn, &committed, &err));
    CHECK(committed.seq == 1 && committed.inserted == 0);
    EXPECT(TS_STATUS_OK, ts_pins(store, &pins, &err));
    CHECK(ts_pin_list_count(pins) == 0);
    ts_pin_list_free(pins);
    uint64_t count;
    EXPECT(TS_STATUS_TRANSACTION_ENDED, ts_txn_count(txn, NULL, NULL, &count, &err));
    ts_error_free(err);
    ts_txn_free(txn);

    /* A transaction that is freed keeps nothing. */
    EXPECT(TS_STATUS_OK, ts_txn_begin_read(store, &txn, &err));
    ts_txn_free(txn);
    EXPECT(TS_STATUS_OK, ts_pins(store, &pins, &err));
    CHECK(ts_pin_list_count(pins) == 0);
    ts_pin_list_free(pins);
    EXPECT(TS_STATUS_OK, ts_txn_begin_read(store, &txn, &err));
    ts_close(store);
    EXPECT(TS_STATUS_CLOSED, ts_txn_count(txn, NULL, NULL, &count, &err));
    ts_error_free(err);
    ts_txn_free(txn);
}

void test_update(void) {
    test_requests();
    test_load_operation();
    test_write_transaction();
    test_read_transaction();
}
