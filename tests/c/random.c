/* Random sequences of calls: a handful of slots of each kind of handle, any of them empty, closed,
 * ended or in use by a parent that is gone, and arguments that are now and then not valid. Every
 * call must answer with a status, and at the end everything must be freed. */

#include "smoke.h"

enum { SLOTS = 3, STEPS = 4000 };

static struct {
    ts_store *stores[SLOTS];
    ts_statement *statements[SLOTS];
    ts_rows *rows[SLOTS];
    ts_batch *batches[SLOTS];
    ts_loader *loaders[SLOTS];
    ts_txn *txns[SLOTS];
    ts_terms *terms[SLOTS];
    ts_pattern *patterns[SLOTS];
    ts_op *ops[SLOTS];
    ts_load_report *reports[SLOTS];
} all;

/* Writers wait for a millisecond only: they may wait for this same thread. */
static ts_config *config;

static uint64_t state;

static unsigned any(unsigned below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 33) % below);
}

#define ANY(slots) (all.slots[any(SLOTS)])
/* An empty slot, or NULL if the one that was looked at is taken. */
#define EMPTY(slots, slot) for (int slot = (int)any(SLOTS); slot >= 0 && all.slots[slot] == NULL; slot = -1)
/* Frees one of a kind. */
#define FREE(slots, free)                                                         \
    do {                                                                          \
        int slot = (int)any(SLOTS);                                               \
        free(all.slots[slot]);                                                    \
        all.slots[slot] = NULL;                                                   \
    } while (0)

static const char *QUERIES[] = {
    "SELECT * { ?s ?p ?o }",
    "SELECT ?o (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?o ORDER BY ?n",
    "ASK { ?s ?p 1 }",
    "CONSTRUCT { ?o ?p ?s } { ?s ?p ?o }",
    "SELECT * { ?a ?p ?b . ?b ?q ?c }",
    "SELECT * { nonsense",
    "",
};

static const char *QUADS[] = {
    "<e:a> <e:p> <e:b> .",
    "<e:b> <e:p> <e:c> <e:g> .\n<e:b> <e:p> \"x\"@en .",
    "_:x <e:p> _:x .",
    "<e:a> <e:p> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer> .\nbad",
    "",
};

static const char *query_text(void) { return QUERIES[any(sizeof QUERIES / sizeof *QUERIES)]; }

static const char *quads_text(void) { return QUADS[any(sizeof QUADS / sizeof *QUADS)]; }

/* Mostly a number that is valid, sometimes one that is not. */
static int32_t number(unsigned below) { return any(10) == 0 ? (int32_t)any(1000) - 500 : (int32_t)any(below); }

static uint32_t size(size_t right) { return any(20) == 0 ? any(5000) : (uint32_t)right; }

static ts_error *err = NULL;

/* Every answer is a status with its error, and none says that the library has a defect. */
static void note(ts_status status) {
    CHECK(ts_status_name(status).len > 0);
    CHECK((status >= 100) == (err != NULL) && (status < 100 || ts_error_status(err) == status));
    if (status == TS_STATUS_INTERNAL || status == TS_STATUS_CORRUPTION) {
        fprintf(stderr, "%s\n", ts_error_text(err).data);
        exit(1);
    }
    ts_error_free(err);
    err = NULL;
}

static void on_stores(void) {
    ts_store_stats stats = {.struct_size = sizeof stats};
    ts_health_report health = {.struct_size = sizeof health};
    uint64_t count;
    switch (any(10)) {
    case 0:
    case 1:
        EMPTY(stores, slot) { note(ts_open_memory(config, &all.stores[slot], &err)); }
        break;
    case 2: note(ts_stats(ANY(stores), any(2) ? ANY(ops) : NULL, &stats, &err)); break;
    case 3:
        health.struct_size = size(sizeof health) % (sizeof health + 1);
        note(ts_health(ANY(stores), &health, &err));
        break;
    case 4: note(ts_count(ANY(stores), ANY(patterns), NULL, any(9) ? &count : NULL, &err)); break;
    case 5: note(ts_sync(ANY(stores), &err)); break;
    case 6:
        if (any(20) == 0) {
            note(ts_shutdown(ANY(stores), &err));
        }
        break;
    case 7:
        if (any(10) == 0) {
            FREE(stores, ts_close);
        }
        break;
    case 8: note(ts_compact(ANY(stores), ANY(ops), &err)); break;
    default: {
        ts_check_report *report = NULL;
        note(ts_check(ANY(stores), NULL, &report, &err));
        ts_check_counts counts = {.struct_size = sizeof counts};
        ts_status status = ts_check_report_counts(report, &counts, NULL);
        CHECK(report == NULL ? status == TS_STATUS_INVALID_ARGUMENT : counts.sound == 1);
        ts_check_report_free(report);
    }
    }
}

static void on_loads(void) {
    ts_load_options options = {
        .struct_size = size(sizeof options) % (sizeof options + 1),
        .format = number(7),
        .keep_going = number(2),
        .trusted = number(2),
    };
    const char *text = quads_text();
    switch (any(7)) {
    case 0:
        EMPTY(loaders, slot) {
            note(ts_loader_new(ANY(stores), &options, any(3) ? NULL : ANY(ops), &all.loaders[slot], &err));
        }
        break;
    case 1: note(ts_loader_write(ANY(loaders), text, strlen(text), &err)); break;
    case 2:
        EMPTY(reports, slot) { note(ts_loader_finish(ANY(loaders), &all.reports[slot], &err)); }
        break;
    case 3: note(ts_loader_abort(ANY(loaders), &err)); break;
    case 4: FREE(loaders, ts_loader_free); break;
    case 5:
        EMPTY(reports, slot) {
            note(ts_load_memory(ANY(stores), text, strlen(text), &options, NULL, &all.reports[slot], &err));
        }
        break;
    default: {
        ts_bad_statement bad = {.struct_size = sizeof bad};
        note(ts_load_report_bad(ANY(reports), any(2), &bad, &err));
        FREE(reports, ts_load_report_free);
    }
    }
}

/* Takes a piece or refuses it. */
static int32_t some(void *user_data, const char *data, size_t data_len) {
    CHECK(user_data == NULL && data != NULL && data_len > 0);
    return any(4) == 0;
}

static void on_queries(void) {
    ts_query_options options = {
        .struct_size = size(sizeof options) % (sizeof options + 1),
        .default_graph = number(3),
        .view = number(3),
        .row_limit = any(5),
        .timeout_ms = any(5) ? 0 : any(3),
    };
    const char *sparql = query_text();
    bool answer;
    ts_text plan;
    switch (any(10)) {
    case 0:
        EMPTY(statements, slot) {
            note(ts_prepare(ANY(stores), sparql, strlen(sparql), any(2) ? &options : NULL, &all.statements[slot], &err));
        }
        break;
    case 1:
        EMPTY(rows, slot) { note(ts_execute(ANY(statements), any(3) ? NULL : ANY(ops), &all.rows[slot], &err)); }
        break;
    case 2:
        EMPTY(rows, slot) {
            note(ts_query(ANY(stores), sparql, strlen(sparql), any(2) ? &options : NULL, NULL, &all.rows[slot], &err));
        }
        break;
    case 3:
        EMPTY(rows, slot) { note(ts_match(ANY(stores), ANY(patterns), NULL, &all.rows[slot], &err)); }
        break;
    case 4:
    case 5:
        EMPTY(batches, slot) {
            note(ts_rows_next(ANY(rows), any(4), (int64_t)any(4) - 1, &all.batches[slot], &err));
        }
        break;
    case 6: note(ts_rows_boolean(ANY(rows), (int64_t)any(4) - 1, &answer, &err)); break;
    case 7:
        note(any(2) ? ts_rows_explain(ANY(rows), (int32_t)any(3), &plan, &err)
                    : ts_statement_explain(ANY(statements), (int32_t)any(3), NULL, &plan, &err));
        break;
    case 8: {
        ts_write_options write = {.struct_size = size(sizeof write) % (sizeof write + 1), .format = number(11)};
        uint64_t written;
        note(any(2) ? ts_rows_write(ANY(rows), any(2) ? &write : NULL, any(4) ? some : NULL, NULL, &written, &err)
                    : ts_query_write(ANY(stores), sparql, strlen(sparql), &options, &write, some, NULL, ANY(ops), &written, &err));
        break;
    }
    default:
        if (any(2)) {
            FREE(rows, ts_rows_free);
        } else {
            FREE(statements, ts_statement_free);
        }
    }
}

static void on_batches(void) {
    ts_batch *batch = ANY(batches);
    ts_term term = {.struct_size = size(sizeof term) % (sizeof term + 1)};
    uint32_t index;
    size_t row = any(4), column = any(5);
    switch (any(4)) {
    case 0: note(ts_batch_term(batch, row, column, &term, &err)); break;
    case 1: note(ts_batch_term_at(batch, any(10), &term, &err)); break;
    case 2: note(ts_terms_copy(ANY(terms), batch, ts_batch_index(batch, row, column), &index, &err)); break;
    default: FREE(batches, ts_batch_free);
    }
}

static void on_terms(void) {
    uint32_t index;
    switch (any(9)) {
    case 0:
        EMPTY(terms, slot) { all.terms[slot] = ts_terms_new(); }
        break;
    case 1: note(ts_terms_iri(ANY(terms), TEXT("e:a"), &index, &err)); break;
    case 2: note(ts_terms_literal(ANY(terms), TEXT("x"), NULL, 0, TEXT("en"), number(3), &index, &err)); break;
    case 3: note(ts_terms_triple(ANY(terms), any(5), any(5), any(5), &index, &err)); break;
    case 4: note(ts_terms_blank(ANY(terms), TEXT("b1"), &index, &err)); break;
    case 5:
        EMPTY(patterns, slot) { all.patterns[slot] = ts_pattern_new(); }
        note(ts_pattern_require(ANY(patterns), number(4), ANY(terms), any(5), &err));
        break;
    case 6:
        note(ts_pattern_graphs(ANY(patterns), number(3), &err));
        note(ts_pattern_view(ANY(patterns), number(3), &err));
        break;
    case 7:
        if (any(5) == 0) {
            note(ts_terms_clear(ANY(terms), &err));
        }
        break;
    default:
        if (any(5) == 0) {
            FREE(terms, ts_terms_free);
            FREE(patterns, ts_pattern_free);
        }
    }
}

static void on_transactions(void) {
    const char *text = quads_text();
    const uint32_t quads[] = {any(3), any(3), any(3), any(2) ? TS_UNBOUND : any(3)};
    ts_committed committed = {.struct_size = size(sizeof committed) % (sizeof committed + 1)};
    uint32_t index;
    switch (any(10)) {
    case 0:
        EMPTY(txns, slot) { note(ts_txn_begin(ANY(stores), any(3) ? NULL : ANY(ops), &all.txns[slot], &err)); }
        break;
    case 1: note(ts_txn_insert_nquads(ANY(txns), text, strlen(text), &err)); break;
    case 2: note(ts_txn_delete_nquads(ANY(txns), text, strlen(text), &err)); break;
    case 3: note(ts_txn_insert(ANY(txns), ANY(terms), quads, 1, &err)); break;
    case 4: note(ts_txn_delete(ANY(txns), ANY(terms), quads, 1, &err)); break;
    case 5: note(ts_txn_blank_node(ANY(txns), ANY(terms), &index, NULL, &err)); break;
    case 6:
    case 7: note(ts_txn_commit(ANY(txns), any(2) ? &committed : NULL, &err)); break;
    case 8: note(ts_txn_rollback(ANY(txns), &err)); break;
    default: FREE(txns, ts_txn_free);
    }
}

static void on_ops(void) {
    switch (any(4)) {
    case 0:
        EMPTY(ops, slot) { all.ops[slot] = ts_op_new(); }
        break;
    case 1: ts_op_cancel(ANY(ops)); break;
    case 2: note(ts_op_set_timeout(ANY(ops), any(3), &err)); break;
    default: FREE(ops, ts_op_free);
    }
}

static void free_all(void) {
    for (int slot = 0; slot < SLOTS; slot++) {
        ts_close(all.stores[slot]);
        ts_op_free(all.ops[slot]);
        ts_batch_free(all.batches[slot]);
        ts_txn_free(all.txns[slot]);
        ts_rows_free(all.rows[slot]);
        ts_statement_free(all.statements[slot]);
        ts_loader_free(all.loaders[slot]);
        ts_terms_free(all.terms[slot]);
        ts_pattern_free(all.patterns[slot]);
        ts_load_report_free(all.reports[slot]);
    }
    memset(&all, 0, sizeof all);
}

void test_random(uint64_t seed) {
    state = seed * 2654435761u + 1;
    config = ts_config_new();
    note(ts_config_set(config, TEXT("write_wait_ms"), TEXT("1"), &err));
    for (int step = 0; step < STEPS; step++) {
        switch (any(7)) {
        case 0: on_stores(); break;
        case 1: on_loads(); break;
        case 2: on_queries(); break;
        case 3: on_batches(); break;
        case 4: on_terms(); break;
        case 5: on_transactions(); break;
        default: on_ops();
        }
    }
    free_all();
    ts_config_free(config);
}
