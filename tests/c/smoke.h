/* What the C programs of the tests share: checks that count, and texts. */
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

#endif
