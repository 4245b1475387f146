/* Federation: a query with SERVICE, answered by a callback of the program. The library opens no
 * connection; this program would use its own HTTP client, and here has the answer in memory.
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

/* Sends a query to an endpoint. While it waits for the answer it looks whether the query that asks
 * was cancelled or ran out of time. */
static int32_t ask(void *user_data, const ts_service_call *call) {
    (void)user_data;
    printf("asked %s: %s\n", ts_service_call_endpoint(call).data, ts_service_call_query(call).data);
    if (ts_service_call_check(call) != TS_STATUS_OK) {
        return 1;
    }
    if (strcmp(ts_service_call_endpoint(call).data, "http://example.org/births/sparql") != 0) {
        ts_service_call_fail(call, TEXT("no such host"));
        return 1;
    }
    ts_error *failed = NULL;
    /* The Content-Type of the reply, and its body in the pieces it comes in. */
    ts_status status = ts_service_call_set_media_type(call, TEXT("text/tab-separated-values"), &failed);
    if (status == TS_STATUS_OK) {
        status = ts_service_call_write(
            call, TEXT("?who\t?year\n<http://example.org/ada>\t1815\n"), &failed);
    }
    ts_error_free(failed);
    return status == TS_STATUS_OK ? 0 : 1;
}

int main(void) {
    ts_store *store;
    check(ts_open_memory(NULL, &store, &err));
    check(ts_insert_nquads(store,
                           TEXT("<http://example.org/ada> <http://example.org/name> \"Ada\" .\n"
                                "<http://example.org/mary> <http://example.org/name> \"Mary\" .\n"),
                           NULL, NULL, &err));
    /* Only endpoints below example.org may be asked, whatever the query says. */
    check(ts_set_service(store, TEXT("http://example.org/*"), ask, NULL, NULL, &err));

    ts_rows *rows;
    check(ts_query(store,
                   TEXT("SELECT ?name ?year {\n"
                        "  ?who <http://example.org/name> ?name\n"
                        "  SERVICE <http://example.org/births/sparql> { ?who <http://example.org/born> ?year }\n"
                        "  SERVICE SILENT <http://example.org/down> { ?who <http://example.org/died> ?death }\n"
                        "}"),
                   NULL, NULL, &rows, &err));
    ts_batch *batch;
    ts_status status;
    while ((status = ts_rows_next(rows, 1000, TS_NO_LIMIT, &batch, &err)) == TS_STATUS_ROWS) {
        for (size_t row = 0; row < ts_batch_rows(batch); row++) {
            ts_term name = {.struct_size = sizeof name}, year = {.struct_size = sizeof year};
            check(ts_batch_term(batch, row, 0, &name, &err));
            check(ts_batch_term(batch, row, 1, &year, &err));
            printf("%s was born in %s\n", name.value.data, year.value.data);
        }
        ts_batch_free(batch);
    }
    check(status);
    ts_rows_free(rows);
    ts_close(store);
    return 0;
}
