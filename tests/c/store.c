/* Opening, closing, keeping, and looking after a store. */

#include "smoke.h"

static ts_config *config_with(const char *name, const char *value) {
    ts_error *err = NULL;
    ts_config *config = ts_config_new();
    EXPECT(TS_STATUS_OK,
           ts_config_set(config, name, strlen(name), value, strlen(value), &err));
    return config;
}

static ts_status open_at(const char *path, const ts_config *config, ts_store **store,
                         ts_error **err) {
    return ts_open(path, strlen(path), config, store, err);
}

static void a_commit_is_there_after_reopening(void) {
    ts_error *err = NULL;
    ts_store *store;
    const char *path = below("reopen");
    for (uint64_t round = 0; round < 3; round++) {
        EXPECT(TS_STATUS_OK, open_at(path, NULL, &store, &err));
        CHECK(quads_of(store) == round);
        char quad[100];
        snprintf(quad, sizeof quad, "<http://e/s> <http://e/p> \"%d\" .", (int)round);
        ts_committed committed = {.struct_size = sizeof committed};
        EXPECT(TS_STATUS_OK,
               ts_insert_nquads(store, quad, strlen(quad), NULL, &committed, &err));
        CHECK(committed.inserted == 1 && committed.deleted == 0 && committed.seq == round + 1);
        EXPECT(TS_STATUS_OK, ts_sync(store, &err));
        ts_close(store);
    }
    EXPECT(TS_STATUS_OK, ts_recover(path, strlen(path), NULL, &store, &err));
    CHECK(quads_of(store) == 3);
    ts_close(store);
}

static void a_store_is_opened_as_the_configuration_says(void) {
    ts_error *err = NULL;
    ts_store *store = (ts_store *)1, *second;
    ts_config *never = config_with("create_if_missing", "false");
    EXPECT(TS_STATUS_NOT_FOUND, open_at(below("absent"), never, &store, &err));
    CHECK(store == NULL && ts_error_hint(err).len > 0);
    ts_error_free(err);
    ts_config_free(never);

    const char *path = below("modes");
    EXPECT(TS_STATUS_OK, open_at(path, NULL, &store, &err));
    EXPECT(TS_STATUS_STORE_IN_USE, open_at(path, NULL, &second, &err));
    ts_error_free(err);
    EXPECT(TS_STATUS_OK, ts_insert_nquads(store, TEXT("<e:s> <e:p> <e:o> ."), NULL, NULL, &err));
    ts_close(store);

    ts_config *reading = config_with("read_only", "true");
    EXPECT(TS_STATUS_OK, open_at(path, reading, &store, &err));
    EXPECT(TS_STATUS_OK, open_at(path, reading, &second, &err));
    CHECK(quads_of(second) == 1);
    EXPECT(TS_STATUS_READ_ONLY,
           ts_insert_nquads(store, TEXT("<e:s> <e:p> <e:o> ."), NULL, NULL, &err));
    ts_error_free(err);
    ts_health_report health = {.struct_size = sizeof health};
    EXPECT(TS_STATUS_OK, ts_health(store, &health, &err));
    CHECK(health.writable == 0);
    ts_close(second);
    ts_close(store);
    ts_config_free(reading);

    ts_config *confined = config_with("path_root", scratch);
    EXPECT(TS_STATUS_OK, open_at("modes", confined, &store, &err));
    EXPECT(TS_STATUS_INVALID_PATH, ts_load(store, TEXT("../a.nt"), NULL, NULL, NULL, &err));
    ts_error_free(err);
    EXPECT(TS_STATUS_INVALID_PATH,
           ts_dump_file(store, NULL, TEXT("/tmp/outside.nt"), NULL, NULL, NULL, &err));
    ts_error_free(err);
    ts_close(store);
    EXPECT(TS_STATUS_INVALID_PATH, open_at("../elsewhere", confined, &store, &err));
    ts_error_free(err);
    ts_config_free(confined);
}

static void wrong_paths_are_told_apart(void) {
    ts_error *err = NULL;
    ts_store *store;
    const char *file = below("file");
    FILE *out = fopen(file, "w");
    CHECK(out != NULL && fputs("text", out) >= 0 && fclose(out) == 0);
    EXPECT(TS_STATUS_NOT_A_STORE, open_at(file, NULL, &store, &err));
    ts_error_free(err);
    EXPECT(TS_STATUS_NOT_A_STORE, open_at(scratch, NULL, &store, &err));
    ts_error_free(err);
    EXPECT(TS_STATUS_INVALID_PATH, ts_open(NULL, 0, NULL, &store, NULL));
    EXPECT(TS_STATUS_INVALID_PATH, ts_open(TEXT("a\0b"), NULL, &store, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_open(NULL, 3, NULL, &store, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_open(TEXT("x"), NULL, NULL, NULL));
}

static void numbers_are_those_of_the_content(void) {
    ts_error *err = NULL;
    ts_store *store;
    EXPECT(TS_STATUS_OK, open_at(below("numbers"), NULL, &store, &err));
    EXPECT(TS_STATUS_OK,
           ts_insert_nquads(store,
                            TEXT("<http://e/a> <http://e/p> <http://e/b> .\n"
                                 "<http://e/a> <http://e/q> <http://e/b> .\n"
                                 "<http://e/a> <http://e/p> <http://e/c> <http://e/g> .\n"),
                            NULL, NULL, &err));
    ts_store_stats stats = {.struct_size = sizeof stats};
    EXPECT(TS_STATUS_OK, ts_stats(store, NULL, &stats, &err));
    CHECK(stats.quads == 3 && stats.asserted == 3 && stats.inferred == 0);
    CHECK(stats.default_graph_quads == 2 && stats.named_graph_quads == 1);
    CHECK(stats.named_graphs == 1 && stats.distinct_subjects == 1);
    CHECK(stats.distinct_predicates == 2 && stats.distinct_objects == 2);
    CHECK(stats.dictionary_terms > 0 && stats.disk_bytes > 0);
    CHECK(stats.struct_size == sizeof stats);

    ts_health_report health = {.struct_size = sizeof health};
    EXPECT(TS_STATUS_OK, ts_health(store, &health, &err));
    CHECK(health.writable == 1 && health.durability == TS_DURABILITY_SYNC);
    CHECK(health.quads == 3 && health.seq == 1);
    CHECK(health.memory_used_bytes > 0 && health.memory_used_bytes <= health.memory_limit_bytes);
    CHECK(health.unspilled_bytes > 0);
    CHECK(health.block_cache_limit_bytes > 0 && health.vocabulary_cache_limit_bytes > 0);
    EXPECT(TS_STATUS_OK, ts_compact(store, NULL, &err));
    EXPECT(TS_STATUS_OK, ts_health(store, &health, &err));
    CHECK(health.unspilled_bytes == 0 && health.page_file_bytes > 0 && health.runs_max == 1);

    ts_check_report *report;
    ts_op *op = ts_op_new();
    EXPECT(TS_STATUS_OK, ts_check(store, op, &report, &err));
    ts_op_free(op);
    ts_check_counts counts = {.struct_size = sizeof counts};
    EXPECT(TS_STATUS_OK, ts_check_report_counts(report, &counts, &err));
    CHECK(counts.sound == 1 && counts.problems == 0 && counts.problems_described == 0);
    CHECK(counts.quads == 3 && counts.blocks > 0 && counts.runs > 0 && counts.terms > 0);
    CHECK(counts.triple_terms == 0);
    CHECK(ts_check_report_problem(report, 0).len == 0);
    ts_check_report_free(report);
    ts_check_report_free(NULL);

    /* Structures whose size was not set, and no structure. */
    ts_store_stats unset;
    memset(&unset, 0, sizeof unset);
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_health(store, NULL, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_stats(store, NULL, &unset, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_check(store, NULL, NULL, NULL));
    ts_close(store);
    ts_close(NULL);
}

void test_store(void) {
    a_commit_is_there_after_reopening();
    a_store_is_opened_as_the_configuration_says();
    wrong_paths_are_told_apart();
    numbers_are_those_of_the_content();
}
