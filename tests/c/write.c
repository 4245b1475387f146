/* Writing without SPARQL: terms, transactions, one-call forms. */

#include "smoke.h"

static uint32_t iri(ts_terms *terms, const char *text) {
    ts_error *err = NULL;
    uint32_t index;
    EXPECT(TS_STATUS_OK, ts_terms_iri(terms, text, strlen(text), &index, &err));
    return index;
}

static uint32_t literal(ts_terms *terms, const char *lexical, const char *datatype,
                        const char *language, int32_t direction) {
    ts_error *err = NULL;
    uint32_t index;
    EXPECT(TS_STATUS_OK, ts_terms_literal(terms, lexical, strlen(lexical), datatype,
                                          strlen(datatype), language, strlen(language), direction,
                                          &index, &err));
    return index;
}

static void terms_are_valid_when_they_are_added(void) {
    ts_error *err = NULL;
    uint32_t index = 0;
    ts_terms *terms = ts_terms_new();
    CHECK(terms != NULL && ts_terms_count(terms) == 0);
    EXPECT(TS_STATUS_INVALID_IRI, ts_terms_iri(terms, TEXT("no iri"), &index, &err));
    ts_error_free(err);
    CHECK(index == TS_UNBOUND);
    EXPECT(TS_STATUS_INVALID_IRI, ts_terms_iri(terms, TEXT("relative"), &index, NULL));
    EXPECT(TS_STATUS_INVALID_UTF8, ts_terms_iri(terms, TEXT("http://e/\xff"), &index, NULL));
    EXPECT(TS_STATUS_INVALID_INPUT, ts_terms_blank(terms, TEXT("no label"), &index, NULL));
    EXPECT(TS_STATUS_INVALID_INPUT,
           ts_terms_literal(terms, TEXT("x"), NULL, 0, TEXT("not a tag!"), 0, &index, NULL));
    EXPECT(TS_STATUS_INVALID_INPUT,
           ts_terms_literal(terms, TEXT("x"), NULL, 0, NULL, 0, TS_DIRECTION_LTR, &index, NULL));
    EXPECT(TS_STATUS_INVALID_INPUT,
           ts_terms_literal(terms, TEXT("x"), TEXT("http://e/d"), TEXT("en"), 0, &index, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT,
           ts_terms_literal(terms, TEXT("x"), NULL, 0, TEXT("en"), 3, &index, NULL));
    EXPECT(TS_STATUS_INVALID_IRI,
           ts_terms_literal(terms, TEXT("x"), TEXT("d"), NULL, 0, 0, &index, NULL));
    CHECK(ts_terms_count(terms) == 0);
    uint32_t s = iri(terms, "http://e/s"), l = literal(terms, "x", "", "", 0);
    EXPECT(TS_STATUS_INVALID_INPUT, ts_terms_triple(terms, l, s, s, &index, NULL));
    EXPECT(TS_STATUS_INVALID_INPUT, ts_terms_triple(terms, s, l, s, &index, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_terms_triple(terms, s, s, 99, &index, NULL));
    uint32_t nested = l;
    ts_status status;
    while ((status = ts_terms_triple(terms, s, s, nested, &nested, &err)) == TS_STATUS_OK) {
    }
    EXPECT(TS_STATUS_NESTING_TOO_DEEP, status);
    ts_error_free(err);
    EXPECT(TS_STATUS_OK, ts_terms_clear(terms, &err));
    CHECK(ts_terms_count(terms) == 0 && iri(terms, "http://e/s") == 0);
    ts_terms_free(terms);
    ts_terms_free(NULL);
}

static void a_transaction_is_seen_when_it_is_committed(void) {
    ts_error *err = NULL;
    ts_store *store = memory_store("<http://e/old> <http://e/p> \"1\" .");
    ts_txn *txn, *second;
    EXPECT(TS_STATUS_OK, ts_txn_begin(store, NULL, &txn, &err));
    ts_op *op = ts_op_new();
    EXPECT(TS_STATUS_OK, ts_op_set_timeout(op, 30, &err));
    EXPECT(TS_STATUS_QUERY_TIMEOUT, ts_txn_begin(store, op, &second, NULL));
    CHECK(second == NULL);
    ts_op_free(op);

    EXPECT(TS_STATUS_OK, ts_txn_insert_nquads(txn, TEXT("_:a <http://e/p> _:a .\n_:a <http://e/p> \"2\" ."), &err));
    EXPECT(TS_STATUS_OK, ts_txn_insert_nquads(txn, TEXT("_:a <http://e/p> _:a ."), &err));
    /* A buffer that is bad at its end changes nothing, and the transaction goes on. */
    EXPECT(TS_STATUS_DATA_PARSE, ts_txn_insert_nquads(txn, TEXT("<http://e/x> <http://e/p> \"x\" .\nbad"), &err));
    ts_position position = {.struct_size = sizeof position};
    CHECK(ts_error_position(err, &position) && position.line == 2);
    ts_error_free(err);
    EXPECT(TS_STATUS_OK, ts_txn_delete_nquads(txn, TEXT("<http://e/old> <http://e/p> \"1\" .\n<http://e/none> <http://e/none> <http://e/none> ."), &err));
    EXPECT(TS_STATUS_INVALID_INPUT, ts_txn_delete_nquads(txn, TEXT("_:a <http://e/p> _:a ."), &err));
    CHECK(ts_error_position(err, &position) && position.line == 1);
    ts_error_free(err);
    CHECK(quads_of(store) == 1);
    ts_committed committed = {.struct_size = sizeof committed};
    EXPECT(TS_STATUS_OK, ts_txn_commit(txn, &committed, &err));
    CHECK(committed.inserted == 3 && committed.deleted == 1 && committed.seq == 2);
    CHECK(quads_of(store) == 3);
    CHECK(rows_of(store, "SELECT DISTINCT ?s { ?s ?p ?o FILTER(isBlank(?s)) }") == 2);
    EXPECT(TS_STATUS_TRANSACTION_ENDED, ts_txn_commit(txn, NULL, NULL));
    EXPECT(TS_STATUS_TRANSACTION_ENDED, ts_txn_insert_nquads(txn, TEXT(""), NULL));
    EXPECT(TS_STATUS_OK, ts_txn_rollback(txn, &err));
    ts_txn_free(txn);

    EXPECT(TS_STATUS_OK, ts_txn_begin(store, NULL, &txn, &err));
    EXPECT(TS_STATUS_OK, ts_txn_insert_nquads(txn, TEXT("<http://e/n> <http://e/p> \"n\" ."), &err));
    EXPECT(TS_STATUS_OK, ts_txn_rollback(txn, &err));
    ts_txn_free(txn);
    EXPECT(TS_STATUS_OK, ts_txn_begin(store, NULL, &txn, &err));
    EXPECT(TS_STATUS_OK, ts_txn_insert_nquads(txn, TEXT("<http://e/n> <http://e/p> \"n\" ."), &err));
    ts_txn_free(txn);
    ts_txn_free(NULL);
    CHECK(quads_of(store) == 3);
    ts_close(store);
}

static void an_idle_transaction_gives_way(void) {
    ts_error *err = NULL;
    ts_store *store;
    ts_txn *idle, *next;
    ts_config *config = ts_config_new();
    EXPECT(TS_STATUS_OK, ts_config_set(config, TEXT("write_idle_ms"), TEXT("40"), &err));
    EXPECT(TS_STATUS_OK, ts_open_memory(config, &store, &err));
    ts_config_free(config);
    EXPECT(TS_STATUS_OK, ts_txn_begin(store, NULL, &idle, &err));
    EXPECT(TS_STATUS_OK, ts_txn_insert_nquads(idle, TEXT("<e:idle> <e:p> <e:o> ."), &err));
    /* Waits until the other one was idle for long enough. */
    EXPECT(TS_STATUS_OK, ts_txn_begin(store, NULL, &next, &err));
    EXPECT(TS_STATUS_TRANSACTION_ENDED, ts_txn_insert_nquads(idle, TEXT("<e:i> <e:p> <e:o> ."), &err));
    CHECK(holds(ts_error_detail(err), "write_idle_ms"));
    ts_error_free(err);
    EXPECT(TS_STATUS_TRANSACTION_ENDED, ts_txn_commit(idle, NULL, NULL));
    ts_txn_free(idle);
    ts_txn_free(next);
    CHECK(quads_of(store) == 0);
    ts_close(store);
}

static void typed_quads_address_stored_nodes(void) {
    ts_error *err = NULL;
    ts_store *store = memory_store("");
    ts_terms *terms = ts_terms_new();
    ts_txn *txn;
    EXPECT(TS_STATUS_OK, ts_txn_begin(store, NULL, &txn, &err));
    uint32_t node;
    ts_text label;
    EXPECT(TS_STATUS_OK, ts_txn_blank_node(txn, terms, &node, &label, &err));
    CHECK(label.len > 1 && label.data[0] == 'b');
    char printed[64];
    snprintf(printed, sizeof printed, "%s", label.data);
    uint32_t p = iri(terms, "http://e/p"), g = iri(terms, "http://e/g");
    uint32_t text = literal(terms, "x", "", "EN", TS_DIRECTION_RTL);
    uint32_t number = literal(terms, "01", "http://www.w3.org/2001/XMLSchema#integer", "", 0);
    uint32_t triple;
    EXPECT(TS_STATUS_OK, ts_terms_triple(terms, node, p, text, &triple, &err));
    const uint32_t quads[] = {node, p, text,   TS_UNBOUND, node, p, number, g,
                              node, p, triple, g,          node, p, text,   TS_UNBOUND};
    EXPECT(TS_STATUS_OK, ts_txn_insert(txn, terms, quads, 4, &err));
    const uint32_t bad[] = {node, p, p, g, text, p, p, g};
    EXPECT(TS_STATUS_INVALID_INPUT, ts_txn_insert(txn, terms, bad, 2, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_txn_insert(txn, terms, NULL, 1, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_txn_insert(txn, terms, quads, (size_t)-1, NULL));
    EXPECT(TS_STATUS_OK, ts_txn_insert(txn, terms, NULL, 0, &err));
    ts_committed committed = {.struct_size = sizeof committed};
    EXPECT(TS_STATUS_OK, ts_txn_commit(txn, &committed, &err));
    CHECK(committed.inserted == 3);
    ts_txn_free(txn);
    CHECK(rows_of(store, "SELECT ?o { GRAPH <http://e/g> { ?s ?p ?o } }") == 2);

    /* The label that was printed means the node, in another list as well. */
    ts_terms *others = ts_terms_new();
    uint32_t again;
    EXPECT(TS_STATUS_OK, ts_terms_blank(others, printed, strlen(printed), &again, &err));
    p = iri(others, "http://e/p");
    const uint32_t deleted[] = {again, p, literal(others, "x", "", "en", TS_DIRECTION_RTL), TS_UNBOUND};
    EXPECT(TS_STATUS_OK, ts_delete(store, others, deleted, 1, NULL, &committed, &err));
    CHECK(committed.deleted == 1 && quads_of(store) == 2);
    EXPECT(TS_STATUS_OK, ts_delete(store, others, deleted, 1, NULL, &committed, &err));
    CHECK(committed.deleted == 0);
    EXPECT(TS_STATUS_OK, ts_insert(store, others, deleted, 1, NULL, NULL, &err));
    uint32_t unknown;
    EXPECT(TS_STATUS_OK, ts_terms_blank(others, TEXT("mine"), &unknown, &err));
    const uint32_t strange[] = {unknown, p, p, TS_UNBOUND};
    EXPECT(TS_STATUS_INVALID_INPUT, ts_insert(store, others, strange, 1, NULL, NULL, &err));
    CHECK(ts_error_hint(err).len > 0);
    ts_error_free(err);
    EXPECT(TS_STATUS_OK, ts_delete(store, others, strange, 1, NULL, &committed, &err));
    CHECK(committed.deleted == 0 && quads_of(store) == 3);

    /* Terms of a result go back as they are. */
    ts_rows *rows;
    ts_batch *batch;
    EXPECT(TS_STATUS_OK, ts_match(store, NULL, NULL, &rows, &err));
    EXPECT(TS_STATUS_ROWS, ts_rows_next(rows, 100, TS_NO_LIMIT, &batch, &err));
    CHECK(ts_batch_rows(batch) == 3 && ts_batch_columns(batch) == 4);
    EXPECT(TS_STATUS_OK, ts_terms_clear(terms, &err));
    uint32_t found[12];
    for (size_t row = 0; row < 3; row++) {
        for (size_t column = 0; column < 4; column++) {
            uint32_t index = ts_batch_index(batch, row, column);
            uint32_t *place = &found[4 * row + column];
            *place = TS_UNBOUND;
            if (index != TS_UNBOUND) {
                EXPECT(TS_STATUS_OK, ts_terms_copy(terms, batch, index, place, &err));
            }
        }
    }
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_terms_copy(terms, batch, TS_UNBOUND, &again, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_terms_copy(terms, batch, 1000, &again, NULL));
    ts_batch_free(batch);
    ts_rows_free(rows);
    EXPECT(TS_STATUS_OK, ts_delete(store, terms, found, 3, NULL, &committed, &err));
    CHECK(committed.deleted == 3 && quads_of(store) == 0);
    ts_terms_free(terms);
    ts_terms_free(others);
    ts_close(store);
}

static void one_call_is_one_transaction(void) {
    ts_error *err = NULL;
    ts_store *store = memory_store("<http://e/a> <http://e/p> \"1\" .");
    ts_committed committed = {.struct_size = sizeof committed};
    EXPECT(TS_STATUS_OK, ts_delete_nquads(store, TEXT("<http://e/a> <http://e/p> \"1\" ."), NULL, &committed, &err));
    CHECK(committed.deleted == 1 && committed.inserted == 0);
    EXPECT(TS_STATUS_DATA_PARSE, ts_insert_nquads(store, TEXT("<http://e/a> <http://e/p> \"1\" .\n<"), NULL, NULL, NULL));
    CHECK(quads_of(store) == 0);
    /* A structure that cannot be filled is refused before anything is done. */
    committed.struct_size = 3;
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_insert_nquads(store, TEXT("<e:a> <e:p> \"1\" ."), NULL, &committed, NULL));
    CHECK(quads_of(store) == 0);
    ts_close(store);
}

/* New terms of nearly twice the memory that the store may use. */
static void a_transaction_may_be_larger_than_memory(void) {
    enum { QUADS = 1400, LITERAL = 60000 };
    ts_error *err = NULL;
    ts_store *store;
    ts_txn *txn;
    ts_config *config = ts_config_new();
    EXPECT(TS_STATUS_OK, ts_config_preset(config, TEXT("tiny"), &err));
    EXPECT(TS_STATUS_OK, ts_open_memory(config, &store, &err));
    ts_config_free(config);
    char *literal = malloc(LITERAL + 1), *quad = malloc(LITERAL + 100);
    CHECK(literal != NULL && quad != NULL);
    memset(literal, 'x', LITERAL);
    literal[LITERAL] = 0;
    EXPECT(TS_STATUS_OK, ts_txn_begin(store, NULL, &txn, &err));
    for (int i = 0; i < QUADS; i++) {
        int bytes = snprintf(quad, LITERAL + 100, "<http://e/s> <http://e/p> \"%d %s\" .", i, literal);
        EXPECT(TS_STATUS_OK, ts_txn_insert_nquads(txn, quad, (size_t)bytes, &err));
    }
    CHECK(quads_of(store) == 0);
    ts_committed committed = {.struct_size = sizeof committed};
    EXPECT(TS_STATUS_OK, ts_txn_commit(txn, &committed, &err));
    CHECK(committed.inserted == QUADS && quads_of(store) == QUADS);
    ts_txn_free(txn);
    int bytes = snprintf(quad, LITERAL + 100, "<http://e/s> <http://e/p> \"%d %s\" .", 7, literal);
    EXPECT(TS_STATUS_OK, ts_delete_nquads(store, quad, (size_t)bytes, NULL, &committed, &err));
    CHECK(committed.deleted == 1);
    free(literal);
    free(quad);
    ts_close(store);
}

void test_write(void) {
    terms_are_valid_when_they_are_added();
    a_transaction_is_seen_when_it_is_committed();
    an_idle_transaction_gives_way();
    typed_quads_address_stored_nodes();
    one_call_is_one_transaction();
    a_transaction_may_be_larger_than_memory();
}
