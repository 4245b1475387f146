/* Loading: files, memory, readers, pushed documents; reports of bad statements. */

#include "smoke.h"

static void write_file(const char *path, const char *text) {
    FILE *out = fopen(path, "w");
    CHECK(out != NULL && fputs(text, out) >= 0 && fclose(out) == 0);
}

static ts_load_counts counts_of(ts_load_report *report) {
    ts_error *err = NULL;
    ts_load_counts counts = {.struct_size = sizeof counts};
    EXPECT(TS_STATUS_OK, ts_load_report_counts(report, &counts, &err));
    ts_load_report_free(report);
    return counts;
}

static void several_files_are_one_load(ts_store *store) {
    ts_error *err = NULL;
    char paths[2 * 4096];
    write_file(below("a.ttl"), "<http://e/a> <http://e/p> 1, 2 .");
    write_file(below("b.nt"), "<http://e/b> <http://e/p> \"x\" .\n<http://e/b> <http://e/p> \"x\" .");
    int len = snprintf(paths, sizeof paths, "%s%c%s", below("a.ttl"), 0, below("b.nt"));
    ts_load_report *report;
    EXPECT(TS_STATUS_OK, ts_load(store, paths, (size_t)len, NULL, NULL, &report, &err));
    ts_load_counts counts = counts_of(report);
    CHECK(counts.statements == 4 && counts.inserted == 3 && counts.seq > 0 && counts.bad == 0);
    CHECK(quads_of(store) == 3);

    /* One of them is bad: nothing is loaded. */
    write_file(below("c.nt"), "<http://e/c> <http://e/p> <http://e/o> .\n<http://e/c> nonsense .\n");
    len = snprintf(paths, sizeof paths, "%s%c%s%c", below("a.ttl"), 0, below("c.nt"), 0);
    EXPECT(TS_STATUS_DATA_PARSE, ts_load(store, paths, (size_t)len, NULL, NULL, &report, &err));
    CHECK(report == NULL);
    ts_position position = {.struct_size = sizeof position};
    CHECK(ts_error_position(err, &position));
    CHECK(position.line == 2 && holds(position.file, "c.nt"));
    ts_error_free(err);
    CHECK(quads_of(store) == 3);
    EXPECT(TS_STATUS_FILE_NOT_FOUND, ts_load(store, TEXT("/nonexistent.nt"), NULL, NULL, NULL, NULL));
    EXPECT(TS_STATUS_UNKNOWN_FORMAT, ts_load(store, TEXT("/nonexistent"), NULL, NULL, NULL, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_load(store, TEXT(""), NULL, NULL, NULL, NULL));
    EXPECT(TS_STATUS_INVALID_PATH, ts_load(store, TEXT("\0a"), NULL, NULL, NULL, NULL));
}

static void a_load_keeps_going_and_reports(ts_store *store) {
    ts_error *err = NULL;
    ts_load_options options = {
        .struct_size = sizeof options,
        .format = TS_FORMAT_NTRIPLES,
        .graph = {TEXT("http://e/graph")},
        .keep_going = 1,
        .bad_described = 1,
    };
    ts_load_report *report;
    EXPECT(TS_STATUS_OK, ts_load_memory(store,
                                        TEXT("<http://e/1> <http://e/p> \"1\" .\n"
                                             "bad line\n"
                                             "<http://e/2> <not an iri> \"2\" .\n"
                                             "<http://e/3> <http://e/p> \"3\" .\n"),
                                        &options, NULL, &report, &err));
    ts_bad_statement bad = {.struct_size = sizeof bad};
    EXPECT(TS_STATUS_OK, ts_load_report_bad(report, 0, &bad, &err));
    CHECK(bad.status == TS_STATUS_DATA_PARSE && bad.line == 2 && bad.column >= 1);
    CHECK(bad.offset >= 31 && bad.file.len == 0 && bad.reason.len > 0);
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_load_report_bad(report, 1, &bad, NULL));
    ts_load_counts counts = counts_of(report);
    CHECK(counts.statements == 2 && counts.inserted == 2 && counts.abandoned == 0);
    CHECK(counts.bad == 2 && counts.bad_described == 1);
    CHECK(rows_of(store, "SELECT ?s { GRAPH <http://e/graph> { ?s ?p ?o } }") == 2);
    ts_load_report_free(NULL);
}

static void options_are_checked(ts_store *store) {
    ts_error *err = NULL;
    ts_load_options options = {.struct_size = sizeof options};
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_load_memory(store, TEXT("x"), &options, NULL, NULL, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_load_memory(store, TEXT("x"), NULL, NULL, NULL, NULL));
    options.format = 77;
    EXPECT(TS_STATUS_UNKNOWN_FORMAT, ts_load_memory(store, TEXT("x"), &options, NULL, NULL, &err));
    ts_error_free(err);
    options.format = TS_FORMAT_TURTLE;
    options.base_iri = (ts_text){TEXT("not an iri")};
    EXPECT(TS_STATUS_INVALID_IRI, ts_load_memory(store, TEXT("<a> <b> <c> ."), &options, NULL, NULL, NULL));
    options.base_iri = (ts_text){TEXT("http://e/base/")};
    EXPECT(TS_STATUS_OK, ts_load_memory(store, TEXT("<a> <b> <c> ."), &options, NULL, NULL, NULL));
    CHECK(rows_of(store, "SELECT ?p { <http://e/base/a> ?p <http://e/base/c> }") == 1);
    /* A program that knows more fields than the library may not set them. */
    struct {
        ts_load_options known;
        uint64_t unknown;
    } newer = {options, 0};
    newer.known.struct_size = sizeof newer;
    EXPECT(TS_STATUS_OK, ts_load_memory(store, TEXT("<a> <b> <c> ."), &newer.known, NULL, NULL, NULL));
    newer.unknown = 1;
    EXPECT(TS_STATUS_NOT_IMPLEMENTED,
           ts_load_memory(store, TEXT("<a> <b> <c> ."), &newer.known, NULL, NULL, NULL));
    options.struct_size = 7;
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_load_memory(store, TEXT("x"), &options, NULL, NULL, NULL));
    options.struct_size = sizeof options;
    options.graph = (ts_text){TEXT("no iri")};
    EXPECT(TS_STATUS_INVALID_IRI, ts_load_memory(store, TEXT("<a> <b> <c> ."), &options, NULL, NULL, NULL));
}

struct places {
    ts_load_place last;
    int calls, stop_at;
};

static int32_t note_place(void *user_data, const ts_load_place *place) {
    struct places *places = user_data;
    CHECK(place->offset > places->last.offset && place->line > places->last.line);
    places->last = *place;
    return ++places->calls == places->stop_at;
}

static void a_load_that_stopped_is_resumed_at_its_checkpoint(void) {
    ts_error *err = NULL;
    enum { COUNT = 40000 };
    ts_config *config = ts_config_new();
    EXPECT(TS_STATUS_OK, ts_config_set(config, TEXT("load_batch_statements"), TEXT("1000"), &err));
    ts_store *store;
    EXPECT(TS_STATUS_OK, ts_open_memory(config, &store, &err));
    ts_config_free(config);
    char *text = many_quads(COUNT);
    struct places places = {.stop_at = 1};
    ts_load_options options = {
        .struct_size = sizeof options,
        .format = TS_FORMAT_NTRIPLES,
        .checkpoints = 1,
        .on_checkpoint = note_place,
        .on_checkpoint_user_data = &places,
    };
    EXPECT(TS_STATUS_CALLBACK, ts_load_memory(store, text, strlen(text), &options, NULL, NULL, NULL));
    uint64_t kept = quads_of(store);
    CHECK(places.calls == 1 && kept == places.last.line - 1 && kept > 0 && kept < COUNT);
    options.resume_after = places.last;
    ts_load_report *report;
    EXPECT(TS_STATUS_OK, ts_load_memory(store, text, strlen(text), &options, NULL, &report, &err));
    ts_load_counts counts = counts_of(report);
    CHECK(counts.statements == COUNT - kept && counts.inserted == COUNT - kept);
    CHECK(counts.checkpoint.line == COUNT + 1 && counts.checkpoint.offset == strlen(text));
    CHECK(quads_of(store) == COUNT);
    options.format = TS_FORMAT_TURTLE;
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_load_memory(store, text, strlen(text), &options, NULL, NULL, NULL));
    free(text);
    ts_close(store);
}

static int32_t give_context(void *user_data, const char *iri, size_t iri_len, ts_reply *reply) {
    ts_error *err = NULL;
    ++*(int *)user_data;
    if (iri_len != strlen("http://e/context") || memcmp(iri, "http://e/context", iri_len) != 0) {
        return 1;
    }
    EXPECT(TS_STATUS_OK, ts_reply_write(reply, TEXT("{\"@context\": {\"knows\": "), &err));
    EXPECT(TS_STATUS_OK, ts_reply_write(reply, TEXT("\"http://e/knows\"}}"), &err));
    return 0;
}

static void json_ld_contexts_come_from_a_callback(ts_store *store) {
    ts_error *err = NULL;
    int calls = 0;
    ts_load_options options = {.struct_size = sizeof options, .format = TS_FORMAT_JSONLD};
    const char *document = "{\"@context\": \"http://e/context\", \"@id\": \"http://e/j\", \"knows\": \"k\"}";
    EXPECT(TS_STATUS_REMOTE_CONTEXT,
           ts_load_memory(store, document, strlen(document), &options, NULL, NULL, NULL));
    options.contexts = give_context;
    options.contexts_user_data = &calls;
    EXPECT(TS_STATUS_OK,
           ts_load_memory(store, document, strlen(document), &options, NULL, NULL, &err));
    CHECK(calls == 1 && rows_of(store, "SELECT ?k { <http://e/j> <http://e/knows> ?k }") == 1);
    const char *refused = "{\"@context\": \"http://e/other\", \"@id\": \"http://e/j\", \"knows\": \"k\"}";
    EXPECT(TS_STATUS_REMOTE_CONTEXT,
           ts_load_memory(store, refused, strlen(refused), &options, NULL, NULL, NULL));
    CHECK(calls == 2);
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_reply_write(NULL, TEXT("x"), NULL));
}

static void a_pushed_document_is_loaded_at_its_end(void) {
    ts_error *err = NULL;
    ts_store *store = memory_store("");
    ts_load_options options = {.struct_size = sizeof options, .format = TS_FORMAT_NTRIPLES};
    enum { COUNT = 2000 };
    char *text = many_quads(COUNT);
    size_t len = strlen(text);
    ts_loader *loader;
    EXPECT(TS_STATUS_OK, ts_loader_new(store, &options, NULL, &loader, &err));
    for (size_t at = 0; at < len; at += 777) {
        size_t piece = len - at < 777 ? len - at : 777;
        EXPECT(TS_STATUS_OK, ts_loader_write(loader, text + at, piece, &err));
    }
    CHECK(quads_of(store) == 0);
    ts_load_report *report;
    EXPECT(TS_STATUS_OK, ts_loader_finish(loader, &report, &err));
    CHECK(counts_of(report).inserted == COUNT && quads_of(store) == COUNT);
    EXPECT(TS_STATUS_TRANSACTION_ENDED, ts_loader_write(loader, TEXT("x"), NULL));
    EXPECT(TS_STATUS_TRANSACTION_ENDED, ts_loader_finish(loader, NULL, NULL));
    EXPECT(TS_STATUS_OK, ts_loader_abort(loader, NULL));
    ts_loader_free(loader);

    /* Aborted, freed half-way, and bad. */
    EXPECT(TS_STATUS_OK, ts_loader_new(store, &options, NULL, &loader, &err));
    EXPECT(TS_STATUS_OK, ts_loader_write(loader, TEXT("<http://e/x> <http://e/p> <http://e/x> .\n"), &err));
    EXPECT(TS_STATUS_OK, ts_loader_abort(loader, &err));
    EXPECT(TS_STATUS_TRANSACTION_ENDED, ts_loader_finish(loader, NULL, NULL));
    ts_loader_free(loader);
    EXPECT(TS_STATUS_OK, ts_loader_new(store, &options, NULL, &loader, &err));
    EXPECT(TS_STATUS_OK, ts_loader_write(loader, TEXT("<http://e/x> <http://e/p> <http://e/x> .\n"), &err));
    ts_loader_free(loader);
    EXPECT(TS_STATUS_OK, ts_loader_new(store, &options, NULL, &loader, &err));
    EXPECT(TS_STATUS_OK, ts_loader_write(loader, TEXT("nonsense\n"), &err));
    EXPECT(TS_STATUS_DATA_PARSE, ts_loader_finish(loader, &report, &err));
    CHECK(report == NULL);
    ts_error_free(err);
    ts_loader_free(loader);
    ts_loader_free(NULL);
    CHECK(quads_of(store) == COUNT);

    options.format = TS_FORMAT_BY_EXTENSION;
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_loader_new(store, &options, NULL, &loader, NULL));
    CHECK(loader == NULL);
    free(text);
    ts_close(store);
}

struct reading {
    const char *text;
    size_t left;
    int64_t stop_at;
};

static int64_t read_some(void *user_data, char *buffer, size_t capacity) {
    struct reading *reading = user_data;
    if (reading->stop_at >= 0 && reading->stop_at-- == 0) {
        return -1;
    }
    size_t taken = reading->left < 100 ? reading->left : 100;
    CHECK(capacity >= taken);
    memcpy(buffer, reading->text, taken);
    reading->text += taken;
    reading->left -= taken;
    return (int64_t)taken;
}

static int64_t lie(void *user_data, char *buffer, size_t capacity) {
    (void)user_data;
    (void)buffer;
    return (int64_t)capacity + 1;
}

static void a_document_is_read_by_a_callback(void) {
    ts_error *err = NULL;
    ts_store *store = memory_store("");
    ts_load_options options = {.struct_size = sizeof options, .format = TS_FORMAT_NTRIPLES};
    char *text = many_quads(50);
    struct reading reading = {text, strlen(text), -1};
    EXPECT(TS_STATUS_OK, ts_load_reader(store, read_some, &reading, &options, NULL, NULL, &err));
    CHECK(quads_of(store) == 50);
    reading = (struct reading){text, strlen(text), 3};
    EXPECT(TS_STATUS_CALLBACK, ts_load_reader(store, read_some, &reading, &options, NULL, NULL, &err));
    ts_error_free(err);
    EXPECT(TS_STATUS_CALLBACK, ts_load_reader(store, lie, NULL, &options, NULL, NULL, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_load_reader(store, NULL, NULL, &options, NULL, NULL, NULL));
    CHECK(quads_of(store) == 50);
    free(text);
    ts_close(store);
}

void test_load(void) {
    ts_store *store = memory_store("");
    several_files_are_one_load(store);
    a_load_keeps_going_and_reports(store);
    options_are_checked(store);
    json_ld_contexts_come_from_a_callback(store);
    ts_close(store);
    a_pushed_document_is_loaded_at_its_end();
    a_document_is_read_by_a_callback();
    a_load_that_stopped_is_resumed_at_its_checkpoint();
}
