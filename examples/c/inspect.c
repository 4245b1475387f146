/* Looks at texts that others sent before anything is run: queries pass, updates and questions to
 * other endpoints do not. The functions of the program are known to its store.
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

/* ex:half(number), which is not called here: inspecting runs nothing. */
static int32_t half(void *user_data, const ts_batch *arguments, ts_terms *terms, uint32_t *results) {
    (void)user_data, (void)arguments, (void)terms, (void)results;
    return 1;
}

static void look_at(ts_store *store, const char *text) {
    ts_inspection *inspection;
    ts_status status = ts_store_inspect(store, text, strlen(text), NULL, &inspection, &err);
    if (status != TS_STATUS_OK) {
        ts_position at = {.struct_size = sizeof at};
        ts_error_position(err, &at);
        printf("refused: [%d] at %u:%u\n", (int)status, (unsigned)at.line, (unsigned)at.column);
        ts_error_free(err);
        err = NULL;
        return;
    }
    ts_inspection_facts facts = {.struct_size = sizeof facts};
    check(ts_inspection_read(inspection, &facts, &err));
    if (facts.kind == TS_QUERY_KIND_UPDATE) {
        printf("refused: an update of %u operations\n", (unsigned)facts.operations);
    } else if (facts.has_service) {
        printf("refused: asks other endpoints\n");
    } else {
        printf("may run:");
        for (size_t column = 0; column < facts.columns; column++) {
            printf(" ?%s", ts_inspection_column(inspection, column).data);
        }
        printf("\n");
    }
    /* The same and more for programs that read JSON. */
    printf("  %s\n", ts_inspection_json(inspection).data);
    ts_inspection_free(inspection);
}

int main(void) {
    ts_store *store;
    check(ts_open_memory(NULL, &store, &err));
    ts_function_options options = {
        .struct_size = sizeof options, .arguments_min = 1, .arguments_max = 1, .deterministic = 1};
    check(ts_register_function(store, TEXT("http://example.org/half"), &options, half, NULL, NULL,
                               &err));

    look_at(store, "SELECT ?room (<http://example.org/half>(?t) AS ?h) { ?room <x:temperature> ?t }");
    look_at(store, "SELECT (<http://example.org/third>(3) AS ?one) {}");
    look_at(store, "ASK { SERVICE <http://example.org/sparql> { ?s ?p ?o } }");
    look_at(store, "INSERT DATA { <x:s> <x:p> 1 } ; DROP GRAPH <x:old>");
    look_at(store, "SELECT ?s { ?s ?p }");
    ts_close(store);
    return 0;
}
