/* SPDX-License-Identifier: Apache-2.0 */
/* state_recovery_test.c: programs with states and windows that are killed after each of their
 * batches, stay away for a while, and go on: every batch is what it is without that. */
#include "base/log.h"
#include "stream/stream_context.h"
#include "testing/collecting_sink.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdio.h>

WADI_RECORD(pair, (wadi_str, key), (int64_t, value));

/* ---- Functions ---- */

WADI_UPDATE_STATE(sum, pair, pair) {
    for (size_t i = 0; i < n; i++) state->value += in[i].value;
    return state->value >= 0; /* below zero a key goes */
}
WADI_RECORD(history, (wadi_str, key), (wadi_int64_list, values), (wadi_str, text));
WADI_UPDATE_STATE(remember, pair, history) {
    int64_t *values = wadi_alloc(task, (state->values.count + n + 1) * sizeof *values);
    for (size_t i = 0; i < state->values.count; i++) values[i] = state->values.items[i];
    for (size_t i = 0; i < n; i++) values[state->values.count + i] = in[i].value;
    if (n == 0) return true;
    state->values = (wadi_int64_list){values, state->values.count + n};
    state->text =
        wadi_str_printf(task, "%.*s has %zu values", WADI_STR_ARG(*key), state->values.count);
    return true;
}
WADI_MAP_WITH_STATE(add_up, pair, pair, pair) {
    int64_t before = wadi_state_exists(state) ? wadi_state_get(state)->value : 0;
    if (in == NULL) {
        wadi_emit(out, (pair){*key, -before});
    } else if (in->value < 0) {
        wadi_state_remove(state);
    } else {
        wadi_state_update(state, (pair){*key, before + in->value});
        wadi_emit(out, (pair){*key, wadi_state_get(state)->value});
    }
}
WADI_PARTITIONER(by_length, wadi_str) { return in->len % partition_count; }
WADI_REDUCE(add, pair) { acc->value += in->value; }
WADI_REDUCE(take_away, pair) { acc->value -= in->value; }
WADI_REDUCE(largest, pair) {
    if (in->value > acc->value) acc->value = in->value;
}
WADI_FILTER(not_zero, pair) { return in->value != 0; }
WADI_RECORD(weight, (wadi_str, key), (double, w));
WADI_MAP(weigh, pair, weight) { *out = (weight){in->key, (double)in->value / 4}; }
WADI_MAP(weigh_with_rests, pair, weight) {
    *out = (weight){wadi_str_of("all"), in->value == 2 ? 1e17 : (double)in->value / 10};
}
WADI_REDUCE(add_weight, weight) { acc->w += in->w; }
WADI_REDUCE(take_weight, weight) { acc->w -= in->w; }
WADI_MAP(value_of, pair, int64_t) { *out = in->value; }
WADI_REDUCE(add_int, int64_t) { *acc += *in; }
WADI_REDUCE(take_int, int64_t) { *acc -= *in; }

/* ---- Programs ---- */

#define BUILD(name, ...)                                             \
    static wadi_dstream *name(wadi_stream_context *ssc WADI_UNUSED,  \
                              wadi_dstream *const *in WADI_UNUSED) { \
        __VA_ARGS__                                                  \
    }
static uint32_t run_number; /* 0: the first run */

static wadi_dstream *every(wadi_dstream *stream, int64_t interval_ms) {
    wadi_checkpoint(stream, interval_ms);
    return stream;
}
static wadi_rdd *some(wadi_stream_context *ssc) {
    const pair rows[] = {{wadi_str_of("a"), 10}, {wadi_str_of("zebra in a long coat"), 1}};
    return wadi_parallelize(wadi_stream_context_engine(ssc), pair, rows, 2);
}
BUILD(build_sum, return every(wadi_update_state_by_key(in[0], sum), 2000);)
BUILD(build_history, return every(wadi_update_state_by_key(in[0], remember), 3000);)
BUILD(build_initial,
      return every(wadi_update_state_by_key(in[0], sum, .initial = some(ssc)), 2000);)
BUILD(build_other_partitions,
      return every(wadi_update_state_by_key(in[0], sum, .partitions = 2 + run_number % 3), 2000);)
BUILD(build_by_length,
      return every(wadi_update_state_by_key(in[0], sum, .partitions = 3, .partitioner = by_length),
                   2000);)
BUILD(build_mapped, return every(wadi_map_with_state(in[0], add_up), 2000);)
BUILD(build_idle,
      return every(wadi_map_with_state(in[0], add_up, .timeout_ms = 2500, .initial = some(ssc)),
                   2000);)
BUILD(build_snapshots,
      return wadi_state_snapshots(every(wadi_map_with_state(in[0], add_up, .timeout_ms = 2500),
                                        2000));)
BUILD(build_state_of_state,
      return every(wadi_map_with_state(every(wadi_update_state_by_key(in[0], sum), 3000), add_up),
                   2000);)
BUILD(build_window_of_state,
      return wadi_window(every(wadi_map_with_state(in[0], add_up), 1000), 3000, 2000);)
BUILD(build_inverse,
      return every(wadi_reduce_by_key_and_window(in[0], add, 4000, .inverse = take_away), 2000);)
BUILD(build_filtered,
      return every(wadi_reduce_by_key_and_window(in[0], add, 4000, 2000, .inverse = take_away,
                                                 .filter = not_zero),
                   4000);)
BUILD(build_floats, return every(wadi_reduce_by_key_and_window(wadi_map(in[0], weigh), add_weight,
                                                               3000, .inverse = take_weight),
                                 2000);)
BUILD(build_rests,
      return every(wadi_reduce_by_key_and_window(wadi_map(in[0], weigh_with_rests), add_weight,
                                                 3000, .inverse = take_weight),
                   2000);)
BUILD(build_one, return every(wadi_reduce_by_window(wadi_map(in[0], value_of), add_int, 3000,
                                                    .inverse = take_int),
                              2000);)
BUILD(build_count, return every(wadi_count_by_value_and_window(in[0], 3000), 2000);)
BUILD(build_maximum, return wadi_reduce_by_key_and_window(in[0], largest, 4000, 2000);)
BUILD(build_window_of_window,
      return wadi_window(
          every(wadi_reduce_by_key_and_window(in[0], add, 3000, .inverse = take_away), 1000), 2000,
          1000);)

typedef struct recovery_case {
    const char *name;
    wadi_dstream *(*build)(wadi_stream_context *ssc, wadi_dstream *const *in);
    bool keeps_nothing; /* it is computed anew */
} recovery_case;
static recovery_case cases[] = {
    {"a state for each key", build_sum, false},
    {"lists and long strings", build_history, false},
    {"states to begin with are not applied again", build_initial, false},
    {"another number of partitions", build_other_partitions, false},
    {"a partitioner of the program's own", build_by_length, false},
    {"mapWithState", build_mapped, false},
    {"keys that time out", build_idle, false},
    {"snapshots of a state", build_snapshots, false},
    {"a state of a state", build_state_of_state, false},
    {"a window over a state", build_window_of_state, false},
    {"a window with an inverse", build_inverse, false},
    {"a window with an inverse and a filter", build_filtered, false},
    {"a window of floating-point numbers", build_floats, false},
    {"a window of numbers that leave rests until it is made anew", build_rests, false},
    {"a window without keys", build_one, false},
    {"values of a window counted", build_count, false},
    {"a window without an inverse", build_maximum, true},
    {"a window over a window", build_window_of_window, false},
};
static const char script[] =
    "a:1 b:2 zebra_in_a_long_coat:3; b:1; a:-5 c:7; ; a:2 zebra_in_a_long_coat:4; b:-9 c:1; "
    "d:5 d:6; none; a:1; zebra_in_a_long_coat:-8 e:1; ; b:4 c:-3; a:7; e:2 d:-1; ; a:1";
enum { BATCHES = 16 };

/* ---- Runs ---- */

typedef struct world {
    wadi__env *clock, *disk;
    const recovery_case *row;
    wadi__rig rig;
    wadi__collector *collector;
    char *seen[BATCHES + 1]; /* what each batch gave; NULL: nothing yet */
    bool has_snapshot;       /* some stream went on from one */
} world;

static wadi_stream_context *create(void *arg) {
    world *w = arg;
    wadi__rig_options options = {.clock = w->clock, .env = w->disk};
    w->rig = wadi__rig_new(&options);
    wadi__env_use(w->disk);
    wadi_stream_context_checkpoint(w->rig.ssc, "/checkpoint");
    wadi_dstream *in = wadi__rig_input(&w->rig, WADI_TYPE(pair), script, 2);
    w->collector = wadi__collector_new(w->row->build(w->rig.ssc, &in));
    return w->rig.ssc;
}
static void begin(world *w) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__env_use(w->disk);
    wadi_stream_context_get_or_create("/checkpoint", create, w);
    wadi_status status = wadi_start(w->rig.ssc, &err);
    wadi__env_use(NULL);
    if (status != WADI_OK) fail_msg("%s: %s", w->row->name, err.message);
    wadi__manual_clock_await_idle(w->clock); /* the generator's thread has what follows */
    for (size_t i = 0; i < w->rig.ssc->nodes.count; i++)
        w->has_snapshot |= w->rig.ssc->nodes.items[i]->saved_ms > 0;
}
static void note(world *w, int64_t time_ms, const char *text) {
    char **seen = &w->seen[time_ms / 1000];
    if (*seen == NULL)
        *seen = strdup(text);
    else if (strcmp(*seen, text) != 0)
        fail_msg("%s: batch %lld gave %s, and again %s", w->row->name, (long long)time_ms, *seen,
                 text);
}
/* Runs as "1000: a; 2000: b", of which each is noted. */
static void end(world *w) {
    char *text = wadi__collector_text(w->collector, WADI__COLLECTED_SORTED);
    for (char *at = strtok(text, ";"); at != NULL; at = strtok(NULL, ";")) {
        char *rest;
        int64_t time_ms = strtoll(at, &rest, 10);
        if (time_ms > 0 && time_ms <= BATCHES * 1000) note(w, time_ms, rest);
    }
    free(text);
    wadi__rig_free(&w->rig);
    wadi__collector_free(w->collector);
}
/* The machine stops: nothing reaches the disk any more. */
static void crash(world *w) {
    wadi__sim_disk_stop_at(w->disk, WADI__SIM_ALL, 1);
    wadi_stop(w->rig.ssc, .keep_context = true);
    end(w);
    wadi__sim_disk_stop_at(w->disk, 0, 0);
    wadi__sim_disk_crash(w->disk);
}
static world *world_new(const recovery_case *row, uint64_t seed) {
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->row = row;
    w->clock = wadi__manual_clock_new(&wadi__env_real, 0);
    w->disk = wadi__sim_disk_new(w->clock, seed);
    run_number = 0;
    return w;
}
static void world_free(world *w) {
    wadi__sim_disk_free(w->disk);
    wadi__manual_clock_free(w->clock);
    for (int i = 0; i <= BATCHES; i++) free(w->seen[i]);
    free(w);
}
static void compare(const world *w, const world *expected, int crashed_after) {
    for (int i = 1; i <= BATCHES; i++) {
        const char *a = w->seen[i] != NULL ? w->seen[i] : "nothing",
                   *b = expected->seen[i] != NULL ? expected->seen[i] : "nothing";
        if (strcmp(a, b) != 0)
            fail_msg("%s, stopped after batch %d: batch %d is%s instead of%s", w->row->name,
                     crashed_after, i, a, b);
    }
}
static void nobody(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)text, (void)arg;
}
/* Stops after `batches`, stays away for as many as batches % 4, goes on; and all of that once
 * more two batches later. Whether it went on from a snapshot. */
static bool run_disturbed(const recovery_case *row, int batches, const world *expected) {
    world *w = world_new(row, (uint64_t)batches);
    begin(w);
    wadi__rig_batches(&w->rig, (uint32_t)batches);
    int at = batches;
    for (int stop = 0; stop < 2 && at + 2 < BATCHES; stop++) {
        crash(w);
        run_number++;
        wadi__manual_clock_advance_ms(w->clock, batches % 4 * 1000);
        at += batches % 4;
        begin(w);
        uint32_t more = at + 2 < BATCHES ? 2 : 1;
        wadi__rig_batches(&w->rig, more);
        at += (int)more;
    }
    if (at < BATCHES) wadi__rig_batches(&w->rig, (uint32_t)(BATCHES - at));
    wadi_stop(w->rig.ssc, .keep_context = true);
    end(w);
    compare(w, expected, batches);
    bool has_snapshot = w->has_snapshot;
    world_free(w);
    return has_snapshot;
}
static void test_recovery(void **state) {
    const recovery_case *row = *state;
    wadi__log_capture(nobody, NULL);
    world *expected = world_new(row, 1);
    begin(expected);
    wadi__rig_batches(&expected->rig, BATCHES);
    wadi_stop(expected->rig.ssc, .keep_context = true);
    end(expected);
    bool has_snapshot = false;
    for (int batches = 1; batches < BATCHES - 2; batches++)
        has_snapshot |= run_disturbed(row, batches, expected);
    assert_int_equal(has_snapshot, !row->keeps_nothing);
    world_free(expected);
    wadi__log_capture(NULL, NULL);
}
static bool keep_name(const char *name, void *arg) {
    char *last = arg; /* names of one length sort as their times do */
    bool is_longer = strlen(name) > strlen(last);
    if (strncmp(name, "delta-", 6) == 0 &&
        (is_longer || (strlen(name) == strlen(last) && strcmp(name, last) > 0)))
        snprintf(last, 100, "%s", name);
    return true;
}
static bool one_name(const char *name, void *arg) {
    snprintf(arg, 300, "/checkpoint/state/%s", name);
    return true;
}
/* The newest file of a state is damaged: an older checkpoint is gone on from. */
static void test_damaged_file(void **state) {
    (void)state;
    wadi__log_capture(nobody, NULL);
    world *expected = world_new(&cases[0], 1), *w = world_new(&cases[0], 2);
    begin(expected);
    wadi__rig_batches(&expected->rig, BATCHES);
    wadi_stop(expected->rig.ssc, .keep_context = true);
    end(expected);
    begin(w);
    wadi__rig_batches(&w->rig, 9);
    crash(w);
    char dir[300], name[100] = "", path[500];
    w->disk->dir_list(w->disk, "/checkpoint/state", one_name, dir);
    w->disk->dir_list(w->disk, dir, keep_name, name);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_true(wadi__sim_disk_damage(w->disk, path, 300, 4));
    begin(w);
    assert_true(w->has_snapshot);
    wadi__rig_batches(&w->rig, BATCHES - 9);
    wadi_stop(w->rig.ssc, .keep_context = true);
    end(w);
    compare(w, expected, 9);
    world_free(w);
    world_free(expected);
    wadi__log_capture(NULL, NULL);
}
int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_recovery, cases);
    wadi__unit_add(&unit, test_damaged_file);
    return wadi__unit_run(&unit, "state_recovery");
}
