/* Loads documents into a store on disk: a file, text in memory, and pieces that are pushed.
 *
 *   ./load DIRECTORY FILE...
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

/* Says what a load did and frees its report. */
static void tell(const char *what, ts_load_report *report) {
    ts_load_counts counts = {.struct_size = sizeof counts};
    check(ts_load_report_counts(report, &counts, &err));
    printf("%s: %d statements, %d of them new, %d bad\n", what, (int)counts.statements,
           (int)counts.inserted, (int)counts.bad);
    for (size_t i = 0; i < counts.bad_described; i++) {
        ts_bad_statement bad = {.struct_size = sizeof bad};
        check(ts_load_report_bad(report, i, &bad, &err));
        printf("  line %d: %s\n", (int)bad.line, bad.reason.data);
    }
    ts_load_report_free(report);
}

/* Stops the load when it has read more than ten million statements. */
static int32_t watch(void *user_data, const ts_progress *progress) {
    (void)user_data;
    fprintf(stderr, "%s: %.1f MB\n", ts_phase_name(progress->phase).data,
            (double)progress->bytes / 1e6);
    return progress->rows > 10000000;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: load DIRECTORY FILE...\n");
        return 2;
    }
    ts_store *store;
    check(ts_open(argv[1], strlen(argv[1]), NULL, &store, &err));

    ts_load_report *report;
    for (int i = 2; i < argc; i++) {
        ts_op *op = ts_op_new();
        check(ts_op_set_progress(op, 1000, watch, NULL, NULL, &err));
        check(ts_load(store, argv[i], strlen(argv[i]), NULL, op, &report, &err));
        tell("file", report);
        ts_op_free(op);
    }

    /* Keep going at bad statements, and report them. */
    ts_load_options options = {
        .struct_size = sizeof options,
        .format = TS_FORMAT_NTRIPLES,
        .keep_going = 1,
    };
    check(ts_load_memory(store,
                         TEXT("<http://example.org/a> <http://example.org/p> \"1\" .\n"
                              "this line is not N-Triples\n"
                              "<http://example.org/a> <http://example.org/p> \"2\" .\n"),
                         &options, NULL, &report, &err));
    tell("memory", report);

    /* Push a document as it comes, here in two pieces, into a named graph. */
    options = (ts_load_options){
        .struct_size = sizeof options,
        .format = TS_FORMAT_TURTLE,
        .graph = {TEXT("http://example.org/graph")},
        .base_iri = {TEXT("http://example.org/")},
    };
    ts_loader *loader;
    check(ts_loader_new(store, &options, NULL, &loader, &err));
    check(ts_loader_write(loader, TEXT("<a> <p> 1, 2, "), &err));
    check(ts_loader_write(loader, TEXT("3 ."), &err));
    check(ts_loader_finish(loader, &report, &err));
    ts_loader_free(loader);
    tell("pushed", report);

    uint64_t count;
    check(ts_count(store, NULL, NULL, &count, &err));
    printf("the store has %d quads\n", (int)count);
    ts_close(store);
    return 0;
}
