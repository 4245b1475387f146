/* SPARQL Update: a request of several operations, counts, an error with its place, and LOAD through a
 * callback.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "triplestore.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static ts_error *err;

static void check(ts_status status) {
    if (status >= 100) {
        fprintf(stderr, "%s\n", ts_error_text(err).data);
        exit(1);
    }
}

/* The library has no network code: the program says what is at an IRI. */
static int32_t fetch(void *user_data, const char *iri, size_t iri_len, ts_reply *reply, int32_t *format) {
    (void)user_data;
    const char known[] = "http://example.org/rooms";
    if (iri_len != strlen(known) || memcmp(iri, known, iri_len) != 0) {
        return 1; /* refused */
    }
    *format = TS_FORMAT_TURTLE;
    return ts_reply_write(reply, TEXT("<#r1> <#temperature> 21.5 . <#r2> <#temperature> 24.0 ."), NULL) !=
           TS_STATUS_OK;
}

int main(void) {
    ts_store *store;
    check(ts_open_memory(NULL, &store, &err));

    ts_update_options options = {.struct_size = sizeof options, .load_documents = fetch};
    ts_committed committed = {.struct_size = sizeof committed};
    check(ts_update(store, TEXT("LOAD <http://example.org/rooms>"), &options, NULL, &committed, &err));
    printf("loaded %d\n", (int)committed.inserted);

    /* Each operation sees those before it; all are committed together, or none. Counts are net. */
    check(ts_update(store,
                    TEXT("PREFIX : <http://example.org/rooms#>\n"
                         "DELETE { ?room :temperature ?t } INSERT { ?room :celsius ?t }\n"
                         "WHERE  { ?room :temperature ?t } ;\n"
                         "INSERT { ?room a :WarmRoom } WHERE { ?room :celsius ?t FILTER(?t > 22) }"),
                    NULL, NULL, &committed, &err));
    printf("inserted %d, deleted %d\n", (int)committed.inserted, (int)committed.deleted);

    /* What is not well-formed changes nothing, and says where it is wrong. */
    ts_status status = ts_update(store, TEXT("CLEAR ALL ;\nINSERT DATA { <http://example.org/x> }"), NULL, NULL,
                                 NULL, &err);
    ts_position position = {.struct_size = sizeof position};
    if (status == TS_STATUS_QUERY_PARSE && ts_error_position(err, &position)) {
        printf("refused at line %d\n", (int)position.line);
    }
    ts_error_free(err);

    uint64_t count;
    check(ts_count(store, NULL, NULL, &count, &err));
    printf("%d quads\n", (int)count);
    ts_close(store);
    return 0;
}
