/* Questions of a building engineer, asked of an ontology and a model of a building.
 *
 *   building STORE [CHANGE.ru]... QUESTION.rq... -- DOCUMENT...
 *
 * Creates the store in the directory STORE, loads the documents, makes the changes, prints the answer to each question with the time it
 * took, closes the store, opens it again and looks whether everything is still there.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "triplestore.h"

enum { COLUMNS_MAX = 8, ROWS_SHOWN = 12, ROWS_AT_A_TIME = 1000 };

static ts_error *err;

/* Ends the program if a call failed, with what the library says about it. */
static ts_status check(ts_status status) {
    if (status >= 100) {
        fprintf(stderr, "%s\n", ts_error_text(err).data);
        ts_error_free(err);
        exit(1);
    }
    return status;
}

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static char *read_file(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t capacity = 0;
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    for (*len = 0; !feof(file);) {
        if (capacity - *len < 4096) {
            capacity = 2 * capacity + 4096;
            text = realloc(text, capacity);
            if (text == NULL) {
                perror("out of memory");
                exit(1);
            }
        }
        *len += fread(text + *len, 1, capacity - *len, file);
        if (ferror(file)) {
            perror(path);
            exit(1);
        }
    }
    fclose(file);
    return text;
}

/* Characters of a text, which is UTF-8: continuation bytes do not count. */
static int width(ts_text text) {
    int characters = 0;
    for (size_t at = 0; at < text.len; at++)
        characters += ((unsigned char)text.data[at] & 0xC0) != 0x80;
    return characters;
}

static void print_cell(ts_text text, int columns) {
    printf("  %.*s%*s", (int)text.len, text.data, columns - width(text), "");
}

/* Prints the first rows of a batch as a table. */
static void print_table(const ts_rows *rows, const ts_batch *batch) {
    size_t columns = ts_batch_columns(batch);
    size_t shown = ts_batch_rows(batch);
    int widths[COLUMNS_MAX];
    if (columns > COLUMNS_MAX)
        columns = COLUMNS_MAX;
    if (shown > ROWS_SHOWN)
        shown = ROWS_SHOWN;
    for (size_t column = 0; column < columns; column++) {
        widths[column] = width(ts_rows_column(rows, column));
        for (size_t row = 0; row < shown; row++) {
            ts_term term = {.struct_size = sizeof term};
            check(ts_batch_term(batch, row, column, &term, &err));
            if (width(term.value) > widths[column])
                widths[column] = width(term.value);
        }
    }
    for (size_t column = 0; column < columns; column++)
        print_cell(ts_rows_column(rows, column), widths[column]);
    printf("\n");
    for (size_t row = 0; row < shown; row++) {
        for (size_t column = 0; column < columns; column++) {
            ts_term term = {.struct_size = sizeof term};
            check(ts_batch_term(batch, row, column, &term, &err));
            print_cell(term.value, widths[column]);
        }
        printf("\n");
    }
}

/* Asks a question and returns how many rows the answer has. */
static unsigned long long ask(const ts_store *store, const char *path, bool print) {
    size_t len;
    char *text = read_file(path, &len);
    unsigned long long count = 0;
    double started = now_ms(), took;
    ts_rows *rows;
    ts_batch *batch, *first = NULL;

    check(ts_query(store, text, len, NULL, NULL, &rows, &err));
    while (check(ts_rows_next(rows, ROWS_AT_A_TIME, TS_NO_LIMIT, &batch, &err)) == TS_STATUS_ROWS) {
        count += ts_batch_rows(batch);
        if (first == NULL)
            first = batch;
        else
            ts_batch_free(batch);
    }
    took = now_ms() - started;
    if (print) {
        /* The question in words is the comment the file begins with. */
        int words = (int)strcspn(text, "\n");
        printf("\n%.*s\n", words > 2 ? words - 2 : 0, text + 2);
        if (first != NULL)
            print_table(rows, first);
        if (count > ROWS_SHOWN)
            printf("  ...\n");
        printf("  (%llu rows, %.2f ms)\n", count, took);
    }
    ts_batch_free(first);
    ts_rows_free(rows);
    free(text);
    return count;
}

static bool is_update(const char *path) {
    size_t len = strlen(path);
    return len > 3 && strcmp(path + len - 3, ".ru") == 0;
}

/* Makes a change, which is committed whole or not at all. */
static void change(const ts_store *store, const char *path) {
    size_t len;
    char *text = read_file(path, &len);
    ts_committed committed = {.struct_size = sizeof committed};
    double started = now_ms();
    int words = (int)strcspn(text, "\n");

    check(ts_update(store, text, len, NULL, NULL, &committed, &err));
    printf("\n%.*s\n  (%llu triples inserted, %llu deleted, %.2f ms)\n", words > 2 ? words - 2 : 0, text + 2,
           (unsigned long long)committed.inserted, (unsigned long long)committed.deleted, now_ms() - started);
    free(text);
}

static unsigned long long quads(const ts_store *store) {
    uint64_t count;
    check(ts_count(store, NULL, NULL, &count, &err));
    return count;
}

int main(int argc, char **argv) {
    ts_store *store;
    unsigned long long before, after, rows_before = 0, rows_after = 0;
    double started;
    int questions = 2, documents = 2;

    while (documents < argc && strcmp(argv[documents], "--") != 0)
        documents++;
    if (documents >= argc - 1) {
        fprintf(stderr, "usage: %s STORE [CHANGE.ru]... QUESTION.rq... -- DOCUMENT...\n", argv[0]);
        return 2;
    }

    check(ts_open(argv[1], strlen(argv[1]), NULL, &store, &err));
    for (int at = documents + 1; at < argc; at++) {
        ts_load_report *report;
        ts_load_counts counts = {.struct_size = sizeof counts};
        started = now_ms();
        check(ts_load(store, argv[at], strlen(argv[at]), NULL, NULL, &report, &err));
        check(ts_load_report_counts(report, &counts, &err));
        printf("loaded %llu triples in %.0f ms from %s\n", (unsigned long long)counts.inserted,
               now_ms() - started, argv[at]);
        ts_load_report_free(report);
    }

    for (int at = questions; at < documents; at++)
        if (is_update(argv[at]))
            change(store, argv[at]);
    for (int at = questions; at < documents; at++)
        if (!is_update(argv[at]))
            rows_before += ask(store, argv[at], true);
    before = quads(store);
    ts_close(store);

    started = now_ms();
    check(ts_open(argv[1], strlen(argv[1]), NULL, &store, &err));
    printf("\nclosed the store and opened it again in %.1f ms: ", now_ms() - started);
    after = quads(store);
    for (int at = questions; at < documents; at++)
        if (!is_update(argv[at]))
            rows_after += ask(store, argv[at], false);
    ts_close(store);
    if (before != after || rows_before != rows_after) {
        printf("%llu of %llu triples, %llu of %llu rows\n", after, before, rows_after, rows_before);
        return 1;
    }
    printf("all %llu triples are there, and the answers are the same\n", after);
    return 0;
}
