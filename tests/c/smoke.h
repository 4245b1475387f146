/* What the files of the test program share: checks that count, texts, and a store to work on. */
#ifndef SMOKE_H
#define SMOKE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "triplestore.h"

extern int checks;

#define CHECK(condition)                                                          \
    do {                                                                          \
        checks++;                                                                 \
        if (!(condition)) {                                                       \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);       \
            exit(1);                                                              \
        }                                                                         \
    } while (0)

/* A call that must answer `status`; on failure the error is shown. */
#define EXPECT(status, call)                                                      \
    do {                                                                          \
        ts_status got = (call);                                                   \
        checks++;                                                                 \
        if (got != (status)) {                                                    \
            fprintf(stderr, "%s:%d: %s answered %d: %s\n", __FILE__, __LINE__,    \
                    #call, (int)got, err ? ts_error_text(err).data : "");         \
            exit(1);                                                              \
        }                                                                         \
    } while (0)

/* A string literal as pointer and length. */
#define TEXT(literal) (literal), (sizeof(literal) - 1)

static inline int same(ts_text text, const char *expected) {
    return text.len == strlen(expected) && memcmp(text.data, expected, text.len) == 0;
}

static inline int holds(ts_text text, const char *part) {
    return strstr(text.data, part) != NULL;
}

/* Where the program may make files; each test makes its own. */
extern const char *scratch;

/* A path below `scratch`, valid until the eighth call after this. */
const char *below(const char *name);

/* A store in memory with the given N-Quads in it. */
ts_store *memory_store(const char *nquads);

/* The rows of a query, counted; every batch is looked at. */
uint64_t rows_of(ts_store *store, const char *sparql);

/* The number of quads of a store. */
uint64_t quads_of(ts_store *store);

/* N-Quads of `count` quads, of as many subjects, in memory from malloc(). */
char *many_quads(int count);

void test_basics(void);
void test_store(void);
void test_load(void);
void test_query(void);
void test_result(void);
void test_inspection(void);
void test_function(void);
void test_aggregate(void);
void test_write(void);
void test_update(void);
void test_match(void);
void test_service(void);
void test_dump(void);
void test_lifetimes(void);
void test_threads(void);
void test_random(uint64_t seed);

#endif
