/* SPDX-License-Identifier: Apache-2.0 */
/* sweep.c [SCENE ..]: runs the scenes, all or the named ones.
 *
 * In each scene some of the requests are refused, the first ones and then ever fewer, so that the
 * suites stay short; WADI_SWEEP=all takes every one. */
#include "sweep.h"

#include "base/log.h"
#include "data/print.h"
#include "rdd/action/job.h"
#include "stream/dstream.h"
#include "testing/manual_clock.h"
#include "testing/must.h"
#include "testing/sim_disk.h"
#include "testing/sim_net.h"
#include "testing/unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* ---- Reports ---- */

static void add(sweep_report *report, const char *bytes, size_t size) {
    if (report->room < report->size + size + 1) {
        report->room = 2 * (report->size + size + 1);
        report->text = wadi__must_realloc(report->text, report->room);
    }
    memcpy(report->text + report->size, bytes, size);
    report->size += size;
    report->text[report->size] = 0;
}
void sweep_say(sweep_report *report, const char *fmt, ...) {
    char text[2000];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    add(report, text, strlen(text));
}
typedef struct texts {
    char **items;
    size_t count;
    bool has_failed; /* some request of ours was refused */
} texts;
static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}
static void add_texts(texts *self, const wadi__type *type, const char *rows, size_t n) {
    self->items = wadi__must_realloc(self->items, (self->count + n) * sizeof *self->items);
    for (size_t i = 0; i < n; i++) {
        wadi__text text = {0};
        wadi__print_value(&text, type, rows + i * type->pub.size);
        wadi__text_add(&text, "", 1);
        self->has_failed |= text.failed;
        self->items[self->count++] = wadi__must_strdup(text.failed ? "?" : text.bytes);
        wadi__text_fini(&text);
    }
}
/* Sorted: after a shuffle the order of records means nothing. */
static void say_texts(sweep_report *report, const char *name, texts *self) {
    if (self->count > 0) qsort(self->items, self->count, sizeof *self->items, by_text);
    report->is_told |= self->has_failed;
    sweep_say(report, "%s:", name);
    for (size_t i = 0; i < self->count; i++) {
        add(report, " ", 1);
        add(report, self->items[i], strlen(self->items[i]));
        free(self->items[i]);
    }
    add(report, "\n", 1);
    free(self->items);
}
void sweep_say_rows(sweep_report *report, const char *name, wadi_rdd *rdd) {
    size_t n = 0;
    const char *rows = wadi__take_named(rdd, "take", &rdd->type->pub, SIZE_MAX, &n);
    texts all = {0};
    add_texts(&all, rdd->type, rows, n);
    say_texts(report, name, &all);
}
void sweep_tell(sweep_report *report, const wadi_error *err) {
    if (err->status != WADI_E_NOMEM)
        sweep_say(report, "status %d: %s\n", (int)err->status, err->message);
    report->is_told |= err->status == WADI_E_NOMEM;
}
void sweep_finish(sweep_report *report, wadi_context *sc) {
    report->is_told |= wadi_finish(sc) != 0;
}

/* ---- Worlds ---- */

void sweep_world_init_with(sweep_world *world, const wadi_setting *settings) {
    *world = (sweep_world){.clock = wadi__manual_clock_new(&wadi__env_real, 500)};
    world->disk = wadi__sim_disk_new(world->clock, 1);
    world->net = wadi__sim_net_new(world->disk, 1);
    wadi__rig_options options = {.clock = world->clock, .env = world->net, .master = "local[4]"};
    options.settings[0] = (wadi_setting){"wadi.batch.on_failure", "continue"};
    options.settings[1] = (wadi_setting){"spark.default.parallelism", "2"};
    for (size_t i = 0; settings[i].name != NULL; i++) options.settings[i + 2] = settings[i];
    world->rig = wadi__rig_new(&options);
}
void sweep_world_init(sweep_world *world) {
    sweep_world_init_with(world, &(const wadi_setting){NULL, NULL});
}
void sweep_collect(sweep_world *world, const char *name, wadi_dstream *stream) {
    world->names[world->count] = name;
    world->types[world->count] = stream->type;
    world->collectors[world->count++] = wadi__collector_new(stream);
}
bool sweep_start(sweep_report *report, sweep_world *world) {
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status = wadi_start(world->rig.ssc, &err);
    if (status != WADI_OK) sweep_tell(report, &err);
    return status == WADI_OK;
}
static void say_batches(sweep_report *report, const sweep_world *world, size_t i) {
    char *text = wadi__collector_text(world->collectors[i], WADI__COLLECTED_SORTED);
    sweep_say(report, "%s: ", world->names[i]);
    add(report, text, strlen(text));
    sweep_say(report, "\n");
    free(text);
}
static void say_records(sweep_report *report, const sweep_world *world, size_t i) {
    const wadi__collected *run;
    texts all = {0};
    for (size_t k = 0; (run = wadi__collector_run(world->collectors[i], k)) != NULL; k++)
        add_texts(&all, world->types[i], run->rows, run->row_count);
    say_texts(report, world->names[i], &all);
}
static void free_rest(sweep_world *world) {
    for (size_t i = 0; i < world->count; i++) wadi__collector_free(world->collectors[i]);
    wadi__sim_net_free(world->net);
    wadi__sim_disk_free(world->disk);
    wadi__manual_clock_free(world->clock);
}
int sweep_world_free(sweep_world *world) {
    int status = wadi__rig_free(&world->rig);
    free_rest(world);
    return status;
}
void sweep_world_fini(sweep_report *report, sweep_world *world, sweep_form form) {
    wadi_error err = WADI_ERROR_INIT;
    wadi_stop(world->rig.ssc, .keep_context = true);
    if (wadi_await_termination(world->rig.ssc, &err) != WADI_OK) sweep_tell(report, &err);
    report->is_told |= wadi__rig_free(&world->rig) != 0;
    wadi__mem_fail_at(0, false); /* what follows is ours */
    for (size_t i = 0; i < world->count; i++)
        (form == SWEEP_BATCHES ? say_batches : say_records)(report, world, i);
    free_rest(world);
}

/* ---- Which request is refused now, for whoever reads of a crash ---- */

static const char *scene_name = "";
static uint64_t scene_n;
static bool scene_for_good;
static void say_where(void) {
    char line[200];
    int n =
        snprintf(line, sizeof line, "\nsweep: in scene '%s', request %llu refused%s\n", scene_name,
                 (unsigned long long)scene_n, scene_for_good ? ", and all after it" : "");
    if (write(STDOUT_FILENO, line, (size_t)n) < 0) return;
}
void __asan_on_error(void);
void __asan_on_error(void) { say_where(); }
static void on_signal(int number) {
    say_where();
    signal(number, SIG_DFL);
    raise(number);
}

/* ---- The sweep ---- */

enum { FIRST = 24, IN_ALL = 90, HANGS_S = 60 };

static FILE *quiet; /* where the program's output goes; sanitizers write to the descriptor */

static uint64_t run(const sweep_scene *scene, sweep_report *report, uint64_t n, bool for_good) {
    scene_n = n;
    scene_for_good = for_good;
    *report = (sweep_report){0};
    sweep_say(report, "%s", "");
#ifndef __SANITIZE_ADDRESS__    /* it tells more */
    signal(SIGSEGV, on_signal); /* cmocka would go on */
#endif
    alarm(HANGS_S);
    FILE *out = stdout, *told = stderr;
    stdout = stderr = quiet;
    uint64_t before = wadi__mem_requests();
    wadi__mem_fail_at(n, for_good);
    scene->run(report);
    wadi__mem_fail_at(0, false);
    stdout = out;
    stderr = told;
    alarm(0);
    return wadi__mem_requests() - before;
}
static void check(const sweep_scene *scene, uint64_t n, bool for_good, const char *expected) {
    wadi__pool_trim(); /* whose own lists count as memory */
    int64_t before = wadi__mem_in_use();
    size_t pool_before = wadi__pool_in_use();
    sweep_report report;
    run(scene, &report, n, for_good);
    bool is_right = strcmp(report.text, expected) == 0;
    if (!is_right && !report.is_told) {
        say_where();
        fail_msg("nothing was told, and the results are\n%s", report.text);
    }
    if (strstr(report.text, "status ") != NULL) {
        say_where();
        fail_msg("what was told is not that there is no memory:\n%s", report.text);
    }
    free(report.text);
    wadi__pool_trim();
    if (wadi__mem_in_use() == before && wadi__pool_in_use() == pool_before) return;
    say_where();
    fail_msg("%lld bytes are left, and %lld of the pool", (long long)(wadi__mem_in_use() - before),
             (long long)wadi__pool_in_use() - (long long)pool_before);
}
/* The first ones each, then every so many, each pass between those of the others. */
static uint64_t step_after(uint64_t n, uint64_t count, bool for_good) {
    const char *wanted = getenv("WADI_SWEEP");
    if (n < FIRST || count < IN_ALL || (wanted != NULL && strcmp(wanted, "all") == 0)) return 1;
    return (count - FIRST) / (IN_ALL - FIRST) + 1 + for_good;
}
static void test_scene(void **state) {
    const sweep_scene *scene = *state;
    scene_name = scene->name;
    sweep_report first, again;
    run(scene, &first, 0, false);
    if (first.is_told || strstr(first.text, "status ") != NULL)
        fail_msg("undisturbed, an error is told; the results are\n%s", first.text);
    uint64_t count = run(scene, &again, 0, false); /* what the process keeps is there now */
    assert_string_equal(again.text, first.text);
    free(again.text);
    for (int for_good = 0; for_good < 2; for_good++)
        for (uint64_t n = 1; n <= count + 1; n += step_after(n, count, for_good))
            check(scene, n, for_good, first.text);
    free(first.text);
}

static void nobody(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)text, (void)arg;
}
static void add_scenes(wadi__unit *unit, const sweep_scene *scenes, size_t count, char **names) {
    for (size_t i = 0; i < count; i++) {
        bool is_wanted = names[0] == NULL;
        for (char **name = names; *name != NULL; name++)
            is_wanted |= strcmp(*name, scenes[i].name) == 0;
        if (is_wanted)
            wadi__unit_put(unit, scenes[i].name, test_scene, (void *)(uintptr_t)&scenes[i]);
    }
}
int main(int argc, char **argv) {
    (void)argc;
    signal(SIGALRM, on_signal);
    signal(SIGABRT, on_signal);
    quiet = getenv("WADI_SWEEP_LOUD") == NULL ? fopen("/dev/null", "w") : stderr;
    wadi__log_capture(quiet == stderr ? NULL : nobody, NULL);
    wadi__unit unit = {0};
    add_scenes(&unit, sweep_datasets, sweep_datasets_count, argv + 1);
    add_scenes(&unit, sweep_contexts, sweep_contexts_count, argv + 1);
    add_scenes(&unit, sweep_streams, sweep_streams_count, argv + 1);
    add_scenes(&unit, sweep_sources, sweep_sources_count, argv + 1);
    int failed = wadi__unit_run(&unit, "each request for memory refused");
    wadi__log_capture(NULL, NULL);
    if (quiet != stderr) fclose(quiet);
    return failed;
}
