/* Explicit transactions: a write transaction reads its own writes, nobody else does before the commit;
 * a read transaction sees one moment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "triplestore.h"

#define TEXT(literal) (literal), sizeof(literal) - 1
#define PREFIX "PREFIX : <http://example.org/> "

static ts_error *err;

static void check(ts_status status) {
    if (status >= 100) {
        fprintf(stderr, "%s\n", ts_error_text(err).data);
        exit(1);
    }
}

static int balances(ts_txn *txn) {
    ts_rows *rows;
    check(ts_txn_query(txn, TEXT(PREFIX "SELECT * { ?account :balance ?amount }"), NULL, NULL, &rows, &err));
    int count = 0;
    ts_batch *batch;
    ts_status status;
    while ((status = ts_rows_next(rows, 1000, TS_NO_LIMIT, &batch, &err)) == TS_STATUS_ROWS) {
        count += (int)ts_batch_rows(batch);
        ts_batch_free(batch);
    }
    check(status);
    ts_rows_free(rows);
    return count;
}

int main(void) {
    ts_store *store;
    check(ts_open_memory(NULL, &store, &err));
    check(ts_update(store, TEXT(PREFIX "INSERT DATA { :ada :balance 10 }"), NULL, NULL, NULL, &err));

    ts_txn *reader;
    check(ts_txn_begin_read(store, &reader, &err));

    ts_txn *writer; /* the only one; others wait in ts_txn_begin() */
    check(ts_txn_begin(store, NULL, &writer, &err));
    uint64_t inserted, deleted;
    check(ts_txn_update(writer, TEXT(PREFIX "INSERT DATA { :charles :balance 20 }"), NULL, NULL, &inserted, &deleted,
                        &err));
    printf("the writer sees %d, the reader %d\n", balances(writer), balances(reader));

    /* A request that fails is undone; the transaction goes on. */
    ts_status status = ts_txn_update(writer, TEXT("CLEAR ALL ; LOAD <http://example.org/absent>"), NULL, NULL, NULL,
                                     NULL, &err);
    if (status != TS_STATUS_OK) {
        ts_error_free(err);
        printf("undone: the writer still sees %d\n", balances(writer));
    }

    ts_committed committed = {.struct_size = sizeof committed};
    check(ts_txn_commit(writer, &committed, &err));
    ts_txn_free(writer);
    printf("committed %d\n", (int)committed.inserted);
    printf("the reader still sees %d\n", balances(reader));

    /* What keeps old data: the read transaction, until it is freed. */
    ts_pin_list *pins;
    check(ts_pins(store, &pins, &err));
    printf("%d reader\n", (int)ts_pin_list_count(pins));
    ts_pin_list_free(pins);
    ts_txn_free(reader);

    check(ts_txn_begin_read(store, &reader, &err));
    printf("a new one sees %d\n", balances(reader));
    ts_txn_free(reader);
    ts_close(store);
    return 0;
}
