/* Dumps: a store as a document, through a callback and to a file. */

#include "smoke.h"

struct document {
    char text[1 << 16];
    size_t len;
    int calls_left;
};

static int32_t take(void *user_data, const char *data, size_t data_len) {
    struct document *document = user_data;
    if (document->calls_left-- == 0) {
        return 1;
    }
    CHECK(document->len + data_len < sizeof document->text);
    memcpy(document->text + document->len, data, data_len);
    document->len += data_len;
    document->text[document->len] = 0;
    return 0;
}

static struct document document;

static void empty(int calls) {
    document.len = 0;
    document.text[0] = 0;
    document.calls_left = calls;
}

static const int32_t FORMATS[] = {TS_FORMAT_NTRIPLES, TS_FORMAT_NQUADS, TS_FORMAT_TURTLE,
                                  TS_FORMAT_TRIG,     TS_FORMAT_RDF_XML, TS_FORMAT_JSONLD};

static void every_format_loads_what_it_dumps(ts_store *store) {
    ts_error *err = NULL;
    uint64_t statements = 0;
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        ts_dump_options options = {.struct_size = sizeof options, .format = FORMATS[i]};
        ts_load_options format = {.struct_size = sizeof format, .format = FORMATS[i]};
        empty(-1);
        EXPECT(TS_STATUS_OK, ts_dump(store, NULL, &options, take, &document, NULL, &statements, &err));
        CHECK(statements == 2 && document.len > 0);
        ts_store *copy = memory_store("");
        EXPECT(TS_STATUS_OK, ts_load_memory(copy, document.text, document.len, &format, NULL, NULL, &err));
        CHECK(quads_of(copy) == 2);
        CHECK(rows_of(copy, "SELECT ?s { ?s <http://example.org/q> \"x\"@en }") == 1);
        ts_close(copy);
    }
}

static void prefixes_and_a_base_shorten_iris(ts_store *store) {
    ts_error *err = NULL;
    ts_dump_options options = {
        .struct_size = sizeof options,
        .format = TS_FORMAT_TURTLE,
        .base_iri = {TEXT("http://example.org/")},
        .prefixes = {TEXT("ex\0http://example.org/\0e\0http://e/")},
    };
    empty(-1);
    EXPECT(TS_STATUS_OK, ts_dump(store, NULL, &options, take, &document, NULL, NULL, &err));
    CHECK(strstr(document.text, "@base <http://example.org/>") != NULL);
    CHECK(strstr(document.text, "ex:q") != NULL);
    options.prefixes = (ts_text){TEXT("ex")};
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_dump(store, NULL, &options, take, &document, NULL, NULL, NULL));
    options.prefixes = (ts_text){TEXT("1 2\0http://example.org/")};
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_dump(store, NULL, &options, take, &document, NULL, NULL, NULL));
}

static void named_graphs_are_not_lost_without_notice(ts_store *store, const ts_pattern *named) {
    ts_error *err = NULL;
    uint64_t statements = 0;
    EXPECT(TS_STATUS_OK, ts_insert_nquads(store, TEXT("<http://e/a> <http://e/p> \"1\" <http://e/g> ."), NULL, NULL, &err));
    ts_dump_options options = {.struct_size = sizeof options, .format = TS_FORMAT_NTRIPLES};
    empty(-1);
    EXPECT(TS_STATUS_INVALID_INPUT, ts_dump(store, NULL, &options, take, &document, NULL, &statements, NULL));
    CHECK(statements == 0);
    options.named_graphs = TS_NAMED_GRAPHS_SKIP;
    empty(-1);
    EXPECT(TS_STATUS_OK, ts_dump(store, NULL, &options, take, &document, NULL, &statements, &err));
    CHECK(statements == 2);
    options = (ts_dump_options){.struct_size = sizeof options, .format = TS_FORMAT_NQUADS};
    empty(-1);
    EXPECT(TS_STATUS_OK, ts_dump(store, named, &options, take, &document, NULL, &statements, &err));
    CHECK(statements == 1);
    CHECK(strcmp(document.text, "<http://e/a> <http://e/p> \"1\" <http://e/g> .\n") == 0);

    /* Arguments that cannot be, and a callback that stops. */
    empty(0);
    EXPECT(TS_STATUS_CALLBACK, ts_dump(store, NULL, &options, take, &document, NULL, NULL, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_dump(store, NULL, &options, NULL, NULL, NULL, NULL, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_dump(store, NULL, NULL, take, &document, NULL, NULL, NULL));
    options.named_graphs = 2;
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_dump(store, NULL, &options, take, &document, NULL, NULL, NULL));
}

static void a_file_is_not_overwritten_unless_asked(ts_store *store, const ts_pattern *named) {
    ts_error *err = NULL;
    uint64_t statements = 0;
    const char *path = below("dump.trig");
    EXPECT(TS_STATUS_OK, ts_dump_file(store, NULL, path, strlen(path), NULL, NULL, &statements, &err));
    CHECK(statements == 3);
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_dump_file(store, NULL, path, strlen(path), NULL, NULL, NULL, NULL));
    ts_dump_options options = {.struct_size = sizeof options, .overwrite = 1};
    EXPECT(TS_STATUS_OK, ts_dump_file(store, named, path, strlen(path), &options, NULL, &statements, &err));
    CHECK(statements == 1);
    ts_store *copy = memory_store("");
    EXPECT(TS_STATUS_OK, ts_load(copy, path, strlen(path), NULL, NULL, NULL, &err));
    CHECK(quads_of(copy) == 1);
    ts_close(copy);
    path = below("dump.nt.gz");
    EXPECT(TS_STATUS_UNKNOWN_FORMAT, ts_dump_file(store, NULL, path, strlen(path), NULL, NULL, NULL, NULL));
    EXPECT(TS_STATUS_FILE_NOT_FOUND, ts_dump_file(store, NULL, TEXT("/no/such/directory/a.nq"), NULL, NULL, NULL, NULL));
}

void test_dump(void) {
    ts_error *err = NULL;
    ts_store *store = memory_store(
        "<http://example.org/a> <http://example.org/p> \"1\" .\n"
        "<http://example.org/a> <http://example.org/q> \"x\"@en .\n");
    ts_pattern *named = ts_pattern_new();
    EXPECT(TS_STATUS_OK, ts_pattern_graphs(named, TS_GRAPHS_NAMED, &err));
    every_format_loads_what_it_dumps(store);
    prefixes_and_a_base_shorten_iris(store);
    named_graphs_are_not_lost_without_notice(store, named);
    a_file_is_not_overwritten_unless_asked(store, named);
    ts_pattern_free(named);
    ts_close(store);
}
