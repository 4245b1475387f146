/* Writing without SPARQL: N-Quads and typed terms in one transaction, matching, and a dump.
 */
#include <stdio.h>
#include <stdlib.h>

#include "triplestore.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static ts_error *err;

static void check(ts_status status) {
    if (status >= 100) {
        fprintf(stderr, "%s\n", ts_error_text(err).data);
        exit(1);
    }
}

static int32_t to_stdout(void *user_data, const char *data, size_t data_len) {
    (void)user_data;
    return fwrite(data, 1, data_len, stdout) == data_len ? 0 : 1;
}

int main(void) {
    ts_store *store;
    check(ts_open_memory(NULL, &store, &err));

    ts_txn *txn;
    check(ts_txn_begin(store, NULL, &txn, &err));
    check(ts_txn_insert_nquads(txn,
                               TEXT("<http://example.org/ada> <http://example.org/born> \"1815\" .\n"
                                    "<http://example.org/ada> <http://example.org/died> \"1852\" .\n"),
                               &err));

    /* Terms are added to a list; a quad is four indexes. */
    ts_terms *terms = ts_terms_new();
    uint32_t ada, name, text, letter, wrote;
    check(ts_terms_iri(terms, TEXT("http://example.org/ada"), &ada, &err));
    check(ts_terms_iri(terms, TEXT("http://example.org/name"), &name, &err));
    check(ts_terms_literal(terms, TEXT("Ada"), NULL, 0, TEXT("en"), 0, &text, &err));
    check(ts_terms_iri(terms, TEXT("http://example.org/wrote"), &wrote, &err));
    check(ts_txn_blank_node(txn, terms, &letter, NULL, &err));
    const uint32_t quads[] = {
        ada, name, text, TS_UNBOUND, /* TS_UNBOUND: the default graph */
        ada, wrote, letter, TS_UNBOUND,
    };
    check(ts_txn_insert(txn, terms, quads, 2, &err));

    ts_committed committed = {.struct_size = sizeof committed};
    check(ts_txn_commit(txn, &committed, &err));
    ts_txn_free(txn);
    printf("%d inserted\n", (int)committed.inserted);

    /* Deleting in one call. */
    check(ts_delete_nquads(store,
                           TEXT("<http://example.org/ada> <http://example.org/died> \"1852\" .\n"
                                "<http://example.org/bob> <http://example.org/died> \"1900\" .\n"),
                           NULL, &committed, &err));
    printf("%d deleted\n", (int)committed.deleted);

    /* What is known about Ada's name. */
    ts_pattern *pattern = ts_pattern_new();
    check(ts_pattern_require(pattern, TS_PLACE_SUBJECT, terms, ada, &err));
    check(ts_pattern_require(pattern, TS_PLACE_PREDICATE, terms, name, &err));
    uint64_t count;
    check(ts_count(store, pattern, NULL, &count, &err));
    printf("%d name\n", (int)count);
    ts_dump_options options = {
        .struct_size = sizeof options,
        .format = TS_FORMAT_TURTLE,
        .prefixes = {TEXT("\0http://example.org/")}, /* the empty prefix */
    };
    check(ts_dump(store, pattern, &options, to_stdout, NULL, NULL, NULL, &err));

    ts_pattern_free(pattern);
    ts_terms_free(terms);
    ts_close(store);
    return 0;
}
