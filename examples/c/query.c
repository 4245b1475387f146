/* Queries: a prepared statement, every kind of term, a limit of time for each call, a deadline for
 * the whole, ASK, and the plan.
 */
#include <stdio.h>
#include <stdlib.h>

#include "triplestore.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static ts_error *err;

static void check(ts_status status) {
    if (status >= 100) {
        ts_position position = {.struct_size = sizeof position};
        fprintf(stderr, "%s\n", ts_error_text(err).data);
        if (ts_error_position(err, &position)) {
            fprintf(stderr, "at line %d, column %d\n", (int)position.line, (int)position.column);
        }
        exit(1);
    }
}

/* Prints a term as N-Triples does, without escapes. */
static void print(const ts_batch *batch, const ts_term *term) {
    switch (term->kind) {
    case TS_TERM_KIND_IRI:
        printf("<%s>", term->value.data);
        break;
    case TS_TERM_KIND_BLANK:
        printf("_:%s", term->value.data);
        break;
    case TS_TERM_KIND_LITERAL:
        printf("\"%s\"", term->value.data);
        if (term->language.len > 0) {
            printf("@%s", term->language.data);
        } else {
            printf("^^<%s>", term->datatype.data);
        }
        break;
    case TS_TERM_KIND_TRIPLE: {
        const uint32_t parts[] = {term->subject, term->predicate, term->object};
        printf("<<(");
        for (int i = 0; i < 3; i++) {
            ts_term part = {.struct_size = sizeof part};
            check(ts_batch_term_at(batch, parts[i], &part, &err));
            printf(" ");
            print(batch, &part);
        }
        printf(" )>>");
        break;
    }
    default:
        printf("UNDEF");
    }
}

static void print_rows(ts_rows *rows) {
    ts_batch *batch;
    ts_status status;
    /* No call takes longer than about 20 ms. When it answers TS_STATUS_WAITING the query goes on,
     * and a program has time for something else before it asks again. */
    while ((status = ts_rows_next(rows, 1000, 20, &batch, &err)) != TS_STATUS_DONE) {
        check(status);
        if (status == TS_STATUS_WAITING) {
            continue;
        }
        for (size_t row = 0; row < ts_batch_rows(batch); row++) {
            for (size_t column = 0; column < ts_batch_columns(batch); column++) {
                ts_term term = {.struct_size = sizeof term};
                check(ts_batch_term(batch, row, column, &term, &err));
                printf("%s?%s = ", column > 0 ? "  " : "", ts_rows_column(rows, column).data);
                print(batch, &term);
            }
            printf("\n");
        }
        ts_batch_free(batch);
    }
    ts_rows_free(rows);
}

int main(void) {
    ts_store *store;
    check(ts_open_memory(NULL, &store, &err));
    ts_load_options turtle = {.struct_size = sizeof turtle, .format = TS_FORMAT_TURTLE};
    check(ts_load_memory(store,
                         TEXT("@prefix : <http://example.org/> .\n"
                              ":room1 :name \"Kitchen\"@en ; :temperature 21.5 .\n"
                              ":room2 :name \"Hall\"@en ; :temperature 17.0 .\n"
                              ":log :says <<( :room1 :temperature 21.5 )>> .\n"),
                         &turtle, NULL, NULL, &err));

    ts_statement *statement;
    check(ts_prepare(store,
                     TEXT("PREFIX : <http://example.org/>\n"
                          "SELECT ?name ?t WHERE { ?room :name ?name ; :temperature ?t FILTER(?t > 18) }"),
                     NULL, &statement, &err));
    printf("warm rooms:\n");
    for (int run = 0; run < 2; run++) {
        /* A deadline for the whole query, which other threads may cancel as well. */
        ts_op *op = ts_op_new();
        check(ts_op_set_timeout(op, 5000, &err));
        ts_rows *rows;
        check(ts_execute(statement, op, &rows, &err));
        print_rows(rows);
        ts_op_free(op);
    }
    ts_statement_free(statement);

    ts_rows *rows;
    printf("what is said:\n");
    check(ts_query(store, TEXT("SELECT ?what { ?log <http://example.org/says> ?what }"), NULL, NULL,
                   &rows, &err));
    print_rows(rows);

    bool cold;
    check(ts_query(store, TEXT("ASK { ?room <http://example.org/temperature> ?t FILTER(?t < 18) }"),
                   NULL, NULL, &rows, &err));
    check(ts_rows_boolean(rows, TS_NO_LIMIT, &cold, &err));
    ts_rows_free(rows);
    printf("is any room cold? %s\n", cold ? "yes" : "no");

    printf("a mistake:\n");
    if (ts_query(store, TEXT("SELECT ?s WHERE { ?s ex:name ?name }"), NULL, NULL, &rows, &err) !=
        TS_STATUS_OK) {
        printf("%s\n", ts_error_text(err).data);
        ts_error_free(err);
    }
    ts_close(store);
    return 0;
}
