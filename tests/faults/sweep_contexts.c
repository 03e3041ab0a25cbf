/* SPDX-License-Identifier: Apache-2.0 */
/* sweep_contexts.c: contexts and their lives, shared variables, and what functions may call. */
#include "sweep.h"

#include "base/log.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"

#include <stdio.h>

WADI_RECORD(pair, (wadi_str, word), (int64_t, count));
WADI_RECORD(shared, (wadi_broadcast, table), (wadi_accumulator, seen), (wadi_accumulator, most));

static void on_job_ended(const wadi_job_info *job, void *user) { (void)job, (void)user; }
static void on_task_ended(const wadi_task_info *task, void *user) { (void)task, (void)user; }
static void engine_listener(sweep_report *r) {
    wadi_context *sc = wadi_context_new("local[2]", "sweep");
    const int64_t rows[] = {1, 2, 3};
    wadi_status status =
        wadi_add_engine_listener(sc, .on_job_ended = on_job_ended, .on_task_ended = on_task_ended);
    wadi_error err = {.status = status};
    if (status == WADI_E_NOMEM) sweep_tell(r, &err); /* else the context tells */
    sweep_say_rows(r, "rows", wadi_cache(wadi_parallelize(sc, int64_t, rows, 3, .partitions = 2)));
    sweep_finish(r, sc);
}
static void settings(sweep_report *r) {
    wadi_context *sc =
        wadi_context_new("local[2]", "sweep", .settings = {{"spark.task.maxFailures", "3"}});
    wadi_error err = WADI_ERROR_INIT;
    const char *tries = wadi_context_setting(sc, "spark.task.maxFailures");
    sweep_say(r, "tries %s\n", tries != NULL ? tries : "?");
    sweep_say(r, "pages %s\n", wadi_context_ui_url(sc) != NULL ? "served" : "off");
    sweep_say(r, "levels %d\n", (int)wadi_set_log_levels("warn,stream=warn", &err));
    FILE *nowhere = fopen("/dev/null", "w");
    wadi_context_print_settings(sc, nowhere);
    fclose(nowhere);
    sweep_say(r, "plugin %d\n", (int)wadi_load_plugin(sc, "/no/such/plugin.so", &err));
    sweep_say(r, "function %d\n", wadi_fn_find("no such function") != NULL);
    sweep_finish(r, sc);
}

/* ---- Shared variables ---- */

WADI_MAP(look_up, wadi_str, pair, shared) {
    size_t n = 0;
    wadi_broadcast_value(task, env->table, pair, &n);
    const pair *found = wadi_broadcast_find(task, env->table, pair, in);
    *out = (pair){*in, found != NULL ? found->count + (int64_t)n : -1};
    wadi_accumulator_add(task, env->seen, 1);
    wadi_accumulator_merge(task, env->most, pair, *in, out->count);
}
WADI_REDUCE(longest, pair) {
    if (in->count > acc->count) *acc = *in;
}
static void variables(sweep_report *r) {
    wadi_context *sc = wadi_context_new("local", "sweep");
    const pair table[] = {{wadi_str_of("a"), 1}, {wadi_str_of("a word of many bytes"), 2}};
    const pair zero = {{0}, 0};
    wadi_broadcast sent = wadi_broadcast_new(sc, pair, table, 2);
    wadi_accumulator seen = (wadi_accumulator_new)(sc, "seen"); /* as bindings call it */
    wadi_accumulator most = wadi_accumulator_of(sc, pair, "most", longest, &zero);
    const wadi_str words[] = {wadi_str_of("a"), wadi_str_of("a word of many bytes"),
                              wadi_str_of("b")};
    wadi_rdd *in = wadi_parallelize(sc, wadi_str, words, 3, .partitions = 2);
    wadi_rdd *out = wadi_map(in, wadi_bind(look_up, .table = sent, .seen = seen, .most = most));
    sweep_say_rows(r, "found", out);
    const pair *record = wadi_accumulator_record(sc, pair, most);
    int64_t value = (wadi_accumulator_value)(sc, seen);
    sweep_say(r, "seen %lld, and again %lld, most %lld\n", (long long)value,
              (long long)wadi_accumulator_value(sc, seen),
              record != NULL ? (long long)record->count : -1);
    sweep_finish(r, sc);
}

/* ---- What functions may call ---- */

WADI_FLAT_MAP(strings, wadi_str, wadi_str) {
    char *own = wadi_alloc(task, 40);
    int64_t whole = 0;
    double real = 0;
    char name[20] = "";
    own[0] = 'o';
    wadi_emit(out, wadi_str_view(own, 1));
    wadi_emit(out, wadi_str_copy(task, "copied into the task's memory", 29));
    wadi_emit(out,
              wadi_str_printf(task, "%u of batch %lld, try %d", wadi_task_partition_index(task),
                              (long long)wadi_task_batch_ms(task), wadi_task_attempt(task) > 9));
    wadi_emit(out, wadi_str_upper(task, wadi_str_trim(*in)));
    int fields = wadi_str_scan(*in, "%19s %lld", name, (long long *)&whole);
    bool has_b = wadi_str_contains(*in, "b") && wadi_str_starts_with(*in, "a") &&
                 !wadi_str_ends_with(*in, "z");
    bool is_number = wadi_str_to_int64(*in, &whole) || wadi_str_to_double(*in, &real);
    wadi_emit(out, wadi_str_printf(task, "%d %d %d %d", fields, has_b, is_number,
                                   wadi_str_compare(*in, wadi_str_of("b")) < 0));
    wadi_split words = wadi_split_on(in, ' ');
    while (wadi_split_next(&words)) wadi_emit(out, words.piece);
    for (int i = 0; i < 6000; i++) wadi_emit(out, *in); /* more than one chunk */
}
static void functions(sweep_report *r) {
    wadi_context *sc = wadi_context_new("local", "sweep");
    const wadi_str text[] = {wadi_str_of("a b 5 and some more")};
    wadi_rdd *in = wadi_parallelize(sc, wadi_str, text, 1, .partitions = 1);
    sweep_say_rows(r, "strings", wadi_flat_map(in, strings));
    sweep_say_rows(r, "split", wadi_flat_map(in, wadi_split_by(" ")));
    sweep_say_rows(r, "containing", wadi_filter(in, wadi_containing("some")));
    sweep_finish(r, sc);
}
WADI_MAP(always_fails, int64_t, int64_t) {
    *out = *in;
    wadi_fail(task, "no number will do");
}
static void failing(sweep_report *r) {
    wadi_context *sc = wadi_context_new("local", "sweep");
    wadi_error err = WADI_ERROR_INIT;
    wadi_rdd *out = wadi_map(wadi_range(sc, 0, 3), always_fails);
    size_t n = 9;
    wadi_collect(out, int64_t, &n);
    sweep_say(r, "failed %d, rows %zu\n", wadi_rdd_failed(out, &err), n);
    wadi_finish(sc);
}
static void texts(sweep_report *r) {
    const pair row = {wadi_str_of("a word of many bytes"), 2};
    char text[40];
    size_t length = wadi_record_text(pair, &row, text, sizeof text);
    r->is_told |= length == SIZE_MAX;
    sweep_say(r, "text %s\n", text);
    wadi__log_hush(true);
    sweep_say(r, "world %d\n", wadi__env_current() != NULL);
    wadi__log_hush(false);
}
static void frames(sweep_report *r) {
    const pair rows[] = {{wadi_str_of("a"), 1}, {wadi_str_of("a word of many bytes"), 2}};
    void *bytes = NULL;
    size_t size = 0;
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_frame_encode(pair, rows, 2, &bytes, &size, &err) != WADI_OK) sweep_tell(r, &err);
    sweep_say(r, "%zu bytes\n", size);
    wadi_frame_free(&bytes);
}

/* ---- Lives ---- */

WADI_FOREACH(ignore, int64_t) { (void)in; }
typedef struct creating {
    sweep_report *report;
    wadi_context *sc;
    int count;
} creating;
static wadi_stream_context *create(void *arg) {
    creating *self = arg;
    self->count++;
    self->sc = wadi_context_new("local", "sweep");
    wadi_stream_context *ssc = (wadi_stream_context_new)(self->sc, 1000); /* as bindings call it */
    wadi_rdd_queue *queue = wadi_rdd_queue_new(self->sc);
    wadi_foreach(wadi_queue_stream(ssc, int64_t, queue), ignore);
    (wadi_remember)(ssc, 5000);
    return ssc;
}
/* The context that is made first becomes active; the second call returns it. */
static void got_or_created(sweep_report *r) {
    wadi__env *clock = wadi__manual_clock_new(&wadi__env_real, 500);
    wadi__env *disk = wadi__sim_disk_new(clock, 1);
    wadi__env_use(disk);
    creating self = {r, NULL, 0};
    wadi_error err = WADI_ERROR_INIT;
    bool stopped = false;
    wadi_stream_context *ssc = wadi_stream_context_get_or_create("/saved", create, &self);
    sweep_say(r, "recovered %d, engine %d\n", wadi_stream_context_is_recovered(ssc),
              wadi_stream_context_engine(ssc) == self.sc);
    wadi_status status = wadi_start(ssc, &err);
    if (status == WADI_E_NOMEM) sweep_tell(r, &err); /* else the context tells */
    wadi_stream_context *active =
        status == WADI_OK ? wadi_stream_context_get_active_or_create(NULL, create, &self) : ssc;
    sweep_say(r, "active %d of %d, state %d, mistakes %d\n", active == ssc, self.count,
              status == WADI_OK ? (int)wadi_stream_context_state(ssc) : 0,
              wadi_mistake(ssc, 0) != NULL);
    wadi_await_termination_or_timeout(ssc, 0, &stopped, NULL);
    wadi_stop(ssc);
    sweep_say(r, "still active %d\n", wadi_stream_context_get_active() != NULL);
    sweep_finish(r, self.sc);
    wadi__env_use(NULL);
    wadi__sim_disk_free(disk);
    wadi__manual_clock_free(clock);
}
/* A whole program in one call, by the real clock: its output stops it. */
WADI_RECORD(seen_batches, (int64_t, at));
WADI_FOREACH_RDD(stop_program, int64_t, seen_batches) {
    atomic_int *batches = (atomic_int *)(uintptr_t)env->at;
    (void)rdd, (void)batch_ms;
    atomic_fetch_add(batches, 1);
    wadi_stop(wadi_stream_context_get_active());
}
static void whole(sweep_report *r) {
    atomic_int batches = 0;
    wadi_context *sc = wadi_context_new("local", "sweep");
    wadi_stream_context *ssc = wadi_stream_context_new(sc, 1);
    wadi_dstream *in = wadi_queue_stream(ssc, int64_t, wadi_rdd_queue_new(sc));
    wadi_foreach_rdd(in, wadi_bind(stop_program, .at = (int64_t)(uintptr_t)&batches));
    sweep_say(r, "same context %d\n", wadi_dstream_context(in) == ssc);
    int status = wadi_run(ssc);
    r->is_told |= status != 0;
    sweep_say(r, "batches %d\n", atomic_load(&batches) > 0);
}

const sweep_scene sweep_contexts[] = {
    {"engine listener", engine_listener},
    {"settings", settings},
    {"shared variables", variables},
    {"what functions call", functions},
    {"a function that fails", failing},
    {"texts", texts},
    {"frames", frames},
    {"contexts got or created", got_or_created},
    {"a whole program", whole},
};
const size_t sweep_contexts_count = sizeof sweep_contexts / sizeof sweep_contexts[0];
