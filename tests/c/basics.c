/* The parts of the C ABI that need no store: version, status, errors, operations, configuration
 * and logging. */

#include "smoke.h"

static int drops = 0;

static void count_drop(void *user_data) {
    (void)user_data;
    drops++;
}

static void version(void) {
    CHECK(same(ts_version(), TS_VERSION));
    CHECK(ts_version_number() == TS_VERSION_NUMBER);
    CHECK(ts_abi_version() == TS_ABI_VERSION);
}

static void status(void) {
    size_t count = ts_status_count();
    CHECK(count > 40);
    for (size_t i = 0; i < count; i++) {
        int32_t number = ts_status_at(i);
        CHECK(number >= 0 && (i == 0 || number > ts_status_at(i - 1)));
        CHECK(ts_status_name(number).len > 0 && ts_status_message(number).len > 0);
        CHECK((ts_status_category(number) == TS_CATEGORY_NONE) == (number < 100));
        CHECK(number < 100 || (int)ts_status_category(number) == number / 1000);
        CHECK(ts_status_category_name(number).len > 0);
    }
    CHECK(ts_status_at(count) == -1);
    CHECK(ts_status_name(77).len == 0 && ts_status_name(-1).data != NULL);
    CHECK(same(ts_status_name(TS_STATUS_QUERY_PARSE), "query_parse_error"));
    CHECK(ts_status_retriable(TS_STATUS_BUSY) && !ts_status_retriable(TS_STATUS_OK));
}

static void config(void) {
    ts_error *err = (ts_error *)1; /* what err held is not read */
    ts_config *config = ts_config_new();
    CHECK(config != NULL);
    EXPECT(TS_STATUS_OK, ts_config_set(config, TEXT("memory_budget_bytes"), TEXT("64 MiB"), &err));
    CHECK(err == NULL);
    ts_text value;
    EXPECT(TS_STATUS_OK, ts_config_get(config, TEXT("memory_budget_bytes"), &value, &err));
    CHECK(same(value, "64 MiB"));
    EXPECT(TS_STATUS_OK, ts_config_check(config, &err));

    EXPECT(TS_STATUS_INVALID_CONFIG, ts_config_set(config, TEXT("durability"), TEXT("no"), &err));
    CHECK(ts_error_status(err) == TS_STATUS_INVALID_CONFIG);
    CHECK(ts_error_category(err) == TS_CATEGORY_VALIDATION);
    CHECK(same(ts_error_name(err), "validation_invalid_config"));
    CHECK(same(ts_error_message(err), "The configuration is not valid."));
    CHECK(holds(ts_error_detail(err), "durability"));
    CHECK(holds(ts_error_hint(err), "os_buffered"));
    CHECK(holds(ts_error_text(err), "[4002]"));
    CHECK(!ts_error_retriable(err));
    ts_position position = {.struct_size = sizeof position};
    CHECK(!ts_error_position(err, &position));
    ts_error_free(err);

    /* Nothing but the status is wanted. */
    EXPECT(TS_STATUS_INVALID_CONFIG,
           (err = NULL, ts_config_get(config, TEXT("absent"), &value, NULL)));
    CHECK(value.len == 0);
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_config_set(config, NULL, 3, TEXT("1"), NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_config_set(config, "x", (size_t)-1, TEXT("1"), NULL));
    EXPECT(TS_STATUS_INVALID_UTF8, ts_config_set(config, "\xff", 1, TEXT("1"), NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_config_get(config, TEXT("threads"), NULL, NULL));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_config_set(NULL, TEXT("threads"), TEXT("1"), NULL));
    /* A handle of another kind is seen. */
    ts_op *op = ts_op_new();
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_config_check((ts_config *)(void *)op, NULL));
    ts_op_free(op);

    for (size_t i = 0; i < ts_knob_count(); i++) {
        ts_knob knob = {.struct_size = sizeof knob};
        EXPECT(TS_STATUS_OK, ts_knob_at(i, &knob, &err));
        CHECK(knob.name.len > 0 && knob.kind.len > 0 && knob.accepts.len > 0);
        CHECK(knob.description.len > 20 && knob.default_value.data != NULL);
        EXPECT(TS_STATUS_OK, ts_config_get(config, knob.name.data, knob.name.len, &value, &err));
    }
    for (size_t i = 0; i < ts_preset_count(); i++) {
        ts_preset preset = {.struct_size = sizeof preset};
        EXPECT(TS_STATUS_OK, ts_preset_at(i, &preset, &err));
        CHECK(preset.description.len > 0 && preset.settings.data != NULL);
        EXPECT(TS_STATUS_OK, ts_config_preset(config, preset.name.data, preset.name.len, &err));
        EXPECT(TS_STATUS_OK, ts_config_check(config, &err));
    }
    ts_knob knob = {.struct_size = sizeof knob};
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_knob_at(ts_knob_count(), &knob, NULL));
    ts_knob unset;
    memset(&unset, 0, sizeof unset);
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_knob_at(0, &unset, NULL));
    ts_config_free(config);
    ts_config_free(NULL);
    ts_error_free(NULL);
}

static int32_t ignore_progress(void *user_data, const ts_progress *progress) {
    (void)user_data;
    (void)progress;
    return 0;
}

static void op(void) {
    ts_error *err = NULL;
    ts_op *op = ts_op_new();
    CHECK(op != NULL && !ts_op_is_cancelled(op));
    EXPECT(TS_STATUS_OK, ts_op_set_timeout(op, 60000, &err));
    EXPECT(TS_STATUS_OK, ts_op_set_timeout(op, UINT64_MAX, &err));
    ts_progress progress = {.struct_size = sizeof progress};
    EXPECT(TS_STATUS_OK, ts_op_progress(op, &progress, &err));
    CHECK(progress.phase == TS_PHASE_IDLE && progress.rows == 0);
    CHECK(same(ts_phase_name(progress.phase), "idle") && ts_phase_name(99).len == 0);
    drops = 0;
    EXPECT(TS_STATUS_OK, ts_op_set_progress(op, 5, ignore_progress, NULL, count_drop, &err));
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_op_set_progress(op, 5, NULL, NULL, count_drop, NULL));
    CHECK(drops == 1);
    ts_op_cancel(op);
    ts_op_cancel(NULL);
    CHECK(ts_op_is_cancelled(op));
    ts_op_free(op);
    CHECK(drops == 2);
    ts_op_free(NULL);
}

static void keep_log(void *user_data, int32_t level, ts_text target, ts_text message) {
    CHECK(level >= TS_LOG_LEVEL_ERROR && level <= TS_LOG_LEVEL_TRACE);
    CHECK(target.len > 0 && message.data != NULL);
    ++*(int *)user_data;
}

static void logging(void) {
    ts_error *err = NULL;
    int events = 0;
    drops = 0;
    EXPECT(TS_STATUS_OK, ts_log_set(TS_LOG_LEVEL_ERROR, keep_log, &events, count_drop, &err));
    /* Freeing a handle of another kind is an event, and frees nothing. */
    ts_op *op = ts_op_new();
    ts_config_free((ts_config *)(void *)op);
    CHECK(events == 1 && !ts_op_is_cancelled(op));
    ts_op_free(op);
    EXPECT(TS_STATUS_INVALID_ARGUMENT, ts_log_set(9, keep_log, &events, NULL, NULL));
    EXPECT(TS_STATUS_OK, ts_log_set(TS_LOG_LEVEL_OFF, NULL, NULL, NULL, &err));
    CHECK(drops == 1);
}

void test_basics(void) {
    version();
    status();
    config();
    op();
    logging();
}
