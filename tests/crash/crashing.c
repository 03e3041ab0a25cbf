/* SPDX-License-Identifier: Apache-2.0 */
/* crashing.c: the program that is killed: it counts numbers from files and from an input of its own, in states and
 * in a window, and keeps all in ./checkpoints. What it finds goes to ./out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <wadi/wadi.h>

enum { BATCH_MS = 250, KEYS = 97 };

WADI_RECORD(tally, (int64_t, key), (int64_t, count), (int64_t, sum));
WADI_RECORD(position, (int64_t, next));
WADI_RECORD(naming, (wadi_str, name));
WADI_RECORD(counting, (wadi_accumulator, lines));

WADI_MAP(number_of_line, wadi_str, int64_t) {
    if (!wadi_str_to_int64(*in, out)) wadi_fail(task, "no number: '%.*s'", WADI_STR_ARG(*in));
}
WADI_MAP(tally_of, int64_t, tally) { *out = (tally){*in % KEYS, 1, *in}; }
WADI_UPDATE_STATE(add_tallies, tally, tally) {
    for (size_t i = 0; i < n; i++) {
        state->count += in[i].count;
        state->sum += in[i].sum;
    }
    return true;
}
WADI_MAP_WITH_STATE(track_tally, tally, tally, tally) {
    tally now = wadi_state_exists(state) ? *wadi_state_get(state) : (tally){in->key, 0, 0};
    now.count += in->count;
    now.sum += in->sum;
    wadi_state_update(state, now);
    wadi_emit(out, now);
}
/* As many as the batch's time says. */
WADI_INPUT(count_on, int64_t, position) {
    int64_t first = state->next;
    state->next += 1 + batch_ms / BATCH_MS * 7919 % 37;
    return wadi_range(sc, first, state->next);
}
WADI_FOREACH(count_line, wadi_str, counting) { wadi_accumulator_add(task, env->lines, 1); }

/* A file takes the place of the one before, whole. */
static void put(const char *name, int64_t batch_ms, const tally *rows, size_t n) {
    char draft[100], path[100];
    snprintf(path, sizeof path, "out/%s", name);
    snprintf(draft, sizeof draft, "out/.%s.draft", name);
    FILE *file = fopen(draft, "w");
    if (file == NULL) abort();
    fprintf(file, "%" PRId64 "\n", batch_ms);
    for (size_t i = 0; i < n; i++)
        fprintf(file, "%" PRId64 " %" PRId64 " %" PRId64 "\n", rows[i].key, rows[i].count, rows[i].sum);
    if (fclose(file) != 0 || rename(draft, path) != 0) abort();
}
WADI_FOREACH_RDD(show, tally, naming) {
    char name[64];
    size_t n;
    const tally *rows = wadi_collect(rdd, tally, &n);
    if (wadi_rdd_failed(rdd, NULL)) return;
    snprintf(name, sizeof name, "%.*s", WADI_STR_ARG(env->name));
    put(name, batch_ms, rows, n);
}
WADI_FOREACH_RDD(show_lines, wadi_str, counting) {
    tally lines = {0, wadi_accumulator_value(wadi_rdd_context(rdd), env->lines), 0};
    put("lines", batch_ms, &lines, 1);
}

static wadi_stream_context *create(void *arg) {
    (void)arg;
    wadi_context *sc = wadi_context_new("local[2]", "Crashing");
    wadi_stream_context *ssc = wadi_stream_context_new(sc, BATCH_MS);
    wadi_checkpoint(ssc, "checkpoints");
    wadi_accumulator counted = wadi_accumulator_new(sc, "lines");

    wadi_dstream *lines = wadi_text_file_stream(ssc, "in", .existing_files = true);
    wadi_dstream *of_files = wadi_map(wadi_map(lines, number_of_line), tally_of);
    wadi_dstream *of_counter = wadi_map(wadi_input_stream(ssc, count_on), tally_of);
    wadi_dstream *files = wadi_update_state_by_key(of_files, add_tallies, .name = "files");
    wadi_dstream *counter = wadi_update_state_by_key(of_counter, add_tallies, .name = "counter");
    wadi_dstream *tracked = wadi_map_with_state(of_files, track_tally, .name = "tracked");
    wadi_checkpoint(files, 5 * BATCH_MS);
    wadi_checkpoint(counter, 3 * BATCH_MS);
    wadi_checkpoint(tracked, 4 * BATCH_MS);

    wadi_save_as_text_files(lines, "out/records");
    wadi_save_as_text_files(wadi_count_by_window(lines, 10 * BATCH_MS, 2 * BATCH_MS), "out/window");
    wadi_foreach(lines, wadi_bind(count_line, .lines = counted));
    wadi_foreach_rdd(files, wadi_bind(show, .name = wadi_str_of("files")));
    wadi_foreach_rdd(counter, wadi_bind(show, .name = wadi_str_of("counter")));
    wadi_foreach_rdd(wadi_state_snapshots(tracked), wadi_bind(show, .name = wadi_str_of("tracked")));
    wadi_foreach_rdd(lines, wadi_bind(show_lines, .lines = counted));
    return ssc;
}
int main(void) { return wadi_run(wadi_stream_context_get_or_create("checkpoints", create, NULL)); }
