/* SPDX-License-Identifier: Apache-2.0 */
/* input_stream_test.c: own inputs and what they remember. */
#include "base/log.h"
#include "stream/generator.h"
#include "stream/stream_context.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

WADI_RECORD(position, (int64_t, next), (wadi_str, name));
WADI_INPUT(count_up, int64_t, position) {
    int64_t first = state->next;
    state->next += 2;
    return wadi_range(sc, first, state->next);
}
WADI_INPUT(every_second, int64_t, position) { /* NULL: no RDD in this batch */
    state->next++;
    return state->next % 2 == 0 ? wadi_range(sc, state->next, state->next + 1) : NULL;
}
/* The name grows past 12 bytes; it lies in the batch's rows, which go. */
WADI_MAP(longer, position, position) {
    *out = (position){in->next + 1, wadi_str_printf(task, "%.*sabcdefgh", WADI_STR_ARG(in->name))};
}
WADI_INPUT(names, position, position) {
    wadi_rdd *old = wadi_parallelize(sc, position, state, 1, .partitions = 1);
    const position *next = wadi_first(wadi_map(old, longer), position);
    if (next != NULL) *state = *next;
    return old;
}
WADI_RECORD(where_from, (int64_t, first));
WADI_INPUT(from, int64_t, position, where_from) {
    return wadi_range(sc, env->first + batch_ms, env->first + batch_ms + 1);
}
WADI_INPUT(wrong_type, int64_t, position) { return wadi_parallelize(sc, position, state, 1); }
static atomic_int failing;
WADI_INPUT(fails_sometimes, int64_t, position) {
    wadi_rdd *made = wadi_range(sc, state->next, state->next + 1);
    state->next++;
    if (atomic_load(&failing)) wadi_rdd_fail(made, "the source is away");
    return made;
}

#define BUILD(name, f)                                                             \
    static wadi_dstream *name(wadi_stream_context *ssc, wadi_dstream *const *in) { \
        (void)in;                                                                  \
        return wadi_input_stream(ssc, f);                                          \
    }
BUILD(build_count_up, count_up)
BUILD(build_every_second, every_second)
BUILD(build_names, names)
BUILD(build_from, wadi_bind(from, .first = 5))
BUILD(build_wrong_type, wrong_type)

static wadi__stream_case cases[] = {
    {"goes on where it was", .build = build_count_up, .batches = 3,
     .expected = "1000: 0 1; 2000: 2 3; 3000: 4 5"},
    {"NULL is a batch without an RDD", .build = build_every_second, .batches = 4,
     .expected = "2000: 2; 4000: 4"},
    {"strings of the state are kept", .build = build_names, .batches = 4,
     .expected = "1000: (0,); 2000: (1,abcdefgh); 3000: (2,abcdefghabcdefgh); 4000: "
                 "(3,abcdefghabcdefghabcdefgh)"},
    {"captured values", .build = build_from, .batches = 2, .expected = "1000: 1005; 2000: 2005"},
    {"the type must be as declared", .build = build_wrong_type, .batches = 1, .expected = "",
     .error = "'wrong_type' is declared to return int64_t, and returned a dataset of position"},
};
static void test_case(void **state) {
    char *problem = wadi__stream_case_run(*state);
    if (problem != NULL) fail_msg("%s", problem);
}

/* ---- The same batch again ---- */

typedef struct again {
    wadi_dstream *stream;
    int64_t time_ms;
    int64_t first; /* what the RDD begins with */
} again;
static void make_again(void *arg) {
    again *self = arg;
    wadi_rdd *rdd = NULL;
    wadi_error err = WADI_ERROR_INIT;
    wadi__scope scope;
    wadi__scope_init(&scope, self->time_ms);
    wadi__scope *before = wadi__scope_enter(&scope);
    assert_int_equal(self->stream->ops->compute(self->stream, self->time_ms, &rdd, &err), WADI_OK);
    const int64_t *first = wadi_first(rdd, int64_t);
    self->first = first != NULL ? *first : -1;
    wadi__scope_enter(before);
    wadi__scope_fini(&scope);
}
static void test_made_again(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *stream = wadi_input_stream(rig.ssc, count_up);
    wadi_remember(rig.ssc, 10000);
    wadi__collector *collector = wadi__collector_new(stream);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 3);
    again request = {stream, 2000, 0};
    wadi__generator_call(rig.ssc->generator, make_again, &request);
    assert_int_equal(request.first, 2);
    request.time_ms = 3000;
    wadi__generator_call(rig.ssc->generator, make_again, &request);
    assert_int_equal(request.first, 4);
    wadi__rig_batches(&rig, 1); /* is not thrown back */
    char *text = wadi__collector_text(collector, WADI__COLLECTED_ROWS);
    assert_string_equal(text, "1000: 0 1; 2000: 2 3; 3000: 4 5; 4000: 6 7");
    free(text);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}
/* What it makes depends on something else: the second time it goes further. */
static atomic_int available;
WADI_INPUT(takes_all, int64_t, position) {
    int64_t first = state->next;
    state->next = atomic_load(&available);
    return wadi_range(sc, first, state->next);
}
static char warning[400];
static void on_line(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)module, (void)arg;
    if (level == WADI__LOG_WARN) snprintf(warning, sizeof warning, "%s", text);
}
static void test_made_again_with_another_end(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *stream = wadi_input_stream(rig.ssc, takes_all);
    wadi_remember(rig.ssc, 10000);
    wadi_print(stream);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    for (int i = 1; i < 4; i++) {
        atomic_store(&available, 2 * i);
        wadi__rig_batches(&rig, 1);
    }
    wadi__log_capture(on_line, NULL);
    again request = {stream, 3000, 0}; /* the newest: what it makes now is what there is */
    wadi__generator_call(rig.ssc->generator, make_again, &request);
    assert_string_equal(warning, "");
    request.time_ms = 2000;
    wadi__generator_call(rig.ssc->generator, make_again, &request);
    assert_non_null(
        strstr(warning, "'takes_all' has made batch 2000 ms again and come to another end"));
    wadi__log_capture(NULL, NULL);
    wadi__rig_free(&rig);
}
static void test_failure_keeps_the_position(void **state) {
    (void)state;
    wadi__rig_options options = {.settings = {{"wadi.batch.on_failure", "continue"}}};
    wadi__rig rig = wadi__rig_new(&options);
    wadi__collector *collector = wadi__collector_new(wadi_input_stream(rig.ssc, fails_sometimes));
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 1);
    atomic_store(&failing, 1);
    wadi__rig_batches(&rig, 2);
    atomic_store(&failing, 0);
    wadi__rig_batches(&rig, 1);
    char *text = wadi__collector_text(collector, WADI__COLLECTED_ROWS);
    assert_string_equal(text, "1000: 0; 4000: 1");
    free(text);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}

/* ---- Another run goes on ---- */

static void save(wadi_dstream *stream, wadi__text *out) {
    assert_int_equal(stream->ops->save(stream, 0, out, NULL), WADI_OK);
}
/* What a run of three batches leaves, of which the last two may be asked for again. */
static void save_three_batches(wadi_input_fn f, wadi__text *out) {
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *stream = wadi_input_stream(rig.ssc, f);
    wadi_remember(rig.ssc, 10000);
    wadi_print(stream);
    stream->replay_ms = 2000;
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 3);
    save(stream, out);
    wadi__rig_free(&rig);
}
static void test_another_run_goes_on(void **state) {
    (void)state;
    wadi__text saved = {0};
    save_three_batches(count_up, &saved);
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){.wall_ms = 3500});
    wadi_dstream *stream = wadi_input_stream(rig.ssc, count_up);
    wadi__collector *collector = wadi__collector_new(stream);
    wadi_error err = WADI_ERROR_INIT;
    if (stream->ops->restore(stream, saved.bytes, saved.size, &err) != WADI_OK)
        fail_msg("%s", err.message);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    static const int64_t batches[][2] = {{1000, -1}, {3000, 4}, {2000, 2}}; /* -1: empty */
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        struct again request = {stream, batches[i][0], 0};
        wadi__generator_call(rig.ssc->generator, make_again, &request);
        assert_int_equal(request.first, batches[i][1]);
    }
    wadi__rig_batches(&rig, 2);
    char *text = wadi__collector_text(collector, WADI__COLLECTED_ROWS);
    assert_string_equal(text, "4000: 6 7; 5000: 8 9");
    free(text);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
    wadi__text_fini(&saved);
}
static void test_strings_of_the_state_come_back(void **state) {
    (void)state;
    wadi__text saved = {0};
    save_three_batches(names, &saved);
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){.wall_ms = 3500});
    wadi_dstream *stream = wadi_input_stream(rig.ssc, names);
    wadi__collector *collector = wadi__collector_new(stream);
    assert_int_equal(stream->ops->restore(stream, saved.bytes, saved.size, NULL), WADI_OK);
    wadi__text_fini(&saved);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 1);
    char *text = wadi__collector_text(collector, WADI__COLLECTED_ROWS);
    assert_string_equal(text, "4000: (3,abcdefghabcdefghabcdefgh)");
    free(text);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}
/* The same input, its state with another kind of field, with one more and one less, and bytes that
 * are none of it. */
WADI_RECORD(other_position, (wadi_str, next));
WADI_INPUT(by_name, int64_t, other_position) { return wadi_range(sc, 0, state->next.len); }
WADI_RECORD(wider_position, (int64_t, next), (int64_t, round));
WADI_INPUT(by_round, int64_t, wider_position) {
    return wadi_range(sc, state->next, state->next + 1 + state->round);
}
static wadi_status restore_into(wadi_input_fn f, const wadi__text *saved, size_t size,
                                wadi_error *err) {
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *stream = wadi_input_stream(rig.ssc, f);
    wadi_status status = stream->ops->restore(stream, saved->bytes, size, err);
    wadi__rig_free(&rig);
    return status;
}
static void test_state_of_another_version(void **state) {
    (void)state;
    wadi__text saved = {0};
    wadi_error err = WADI_ERROR_INIT;
    save_three_batches(count_up, &saved);
    assert_int_equal(restore_into(by_round, &saved, saved.size, NULL), WADI_OK);
    assert_int_equal(restore_into(by_name, &saved, saved.size, &err), WADI_E_TYPE);
    assert_non_null(strstr(err.message, "'by_name' was saved by another version of it"));
    assert_non_null(strstr(err.message, "wadi_str"));
    for (size_t size = 0; size < saved.size; size++)
        assert_int_equal(restore_into(count_up, &saved, size, NULL), WADI_E_CORRUPT);
    wadi__text_fini(&saved);
}
/* A new field has no value before the run that brings it: that is no other end. */
WADI_INPUT(counts_rounds, int64_t, wider_position) {
    int64_t first = state->next;
    state->next += 2;
    state->round++;
    return wadi_range(sc, first, state->next);
}
static void test_new_field_is_no_other_end(void **state) {
    (void)state;
    wadi__text saved = {0};
    save_three_batches(count_up, &saved);
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){.wall_ms = 3500});
    wadi_dstream *stream = wadi_input_stream(rig.ssc, counts_rounds);
    wadi_print(stream);
    assert_int_equal(stream->ops->restore(stream, saved.bytes, saved.size, NULL), WADI_OK);
    wadi__text_fini(&saved);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    warning[0] = 0;
    wadi__log_capture(on_line, NULL);
    again request = {stream, 2000, 0};
    wadi__generator_call(rig.ssc->generator, make_again, &request);
    assert_int_equal(request.first, 2);
    assert_string_equal(warning, "");
    wadi__log_capture(NULL, NULL);
    wadi__rig_free(&rig);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_made_again);
    wadi__unit_add(&unit, test_made_again_with_another_end);
    wadi__unit_add(&unit, test_failure_keeps_the_position);
    wadi__unit_add(&unit, test_another_run_goes_on);
    wadi__unit_add(&unit, test_strings_of_the_state_come_back);
    wadi__unit_add(&unit, test_state_of_another_version);
    wadi__unit_add(&unit, test_new_field_is_no_other_end);
    return wadi__unit_run(&unit, "own inputs");
}
