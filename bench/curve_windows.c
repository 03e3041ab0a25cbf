/* SPDX-License-Identifier: Apache-2.0 */
/* curve_windows.c: a point of two curves of bench/curves, in a process of its own: what a slide
 * costs of a window of N slides, with 10,000 keys and 50,000 records a slide: max N  the largest of
 * each key: without an inverse sum N  the sum of each: from the window before Prints the
 * nanoseconds per record, the microseconds per slide, resident memory, and the microseconds of the
 * worst slide. */
#include "bench.h"

#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/stream_case.h"

enum { KEYS = 10000, RECORDS = 50000 };

typedef struct window_load {
    uint32_t slides;
    size_t keys, records;
    bool is_sum;
} window_load;

typedef struct seen {
    uint64_t keys;
} seen;
typedef struct seen_ref {
    seen *seen;
} seen_ref;
WADI_MAP_PARTITION(count_pairs, pair, int64_t) {
    int64_t n = 0;
    while ((in = wadi_next(it))) n++;
    wadi_emit(out, n);
}
WADI_FOREACH_RDD(count_keys, int64_t, seen_ref) {
    size_t n;
    const int64_t *counts = wadi_collect(rdd, int64_t, &n);
    env->seen->keys = 0;
    for (size_t i = 0; i < n; i++) env->seen->keys += (uint64_t)counts[i];
}
/* Each key once, then keys by chance. */
static wadi_rdd *input_of(wadi_context *sc, const window_load *load) {
    pair *rows = malloc(load->records * sizeof *rows);
    rng r = {1};
    if (rows == NULL) die("malloc");
    for (size_t i = 0; i < load->records; i++) {
        char text[32];
        uint64_t key = i < load->keys ? i : rng_next(&r) % load->keys;
        int size = snprintf(text, sizeof text, "user-%07u", (unsigned)key);
        rows[i] = (pair){wadi_str_view(text, (size_t)size), (int64_t)(rng_next(&r) % 1000)};
    }
    wadi_rdd *made = wadi_parallelize(sc, pair, rows, load->records, .partitions = 1);
    free(rows);
    return made;
}
static double time_slides(wadi__rig *rig, uint32_t n) {
    double begun = now_s();
    wadi__rig_batches(rig, n);
    return now_s() - begun;
}
static int run(const window_load *load) {
    const uint32_t slides = load->slides;
    const size_t records = load->records;
    seen all = {0};
    wadi__env *clock = wadi__manual_clock_new(&wadi__env_real, 0),
              *disk = wadi__sim_disk_new(clock, 1);
    wadi__rig rig = wadi__rig_new(
        &(wadi__rig_options){.batch_ms = 10, .master = "local[1]", .clock = clock, .env = disk});
    wadi_stream_context_checkpoint(rig.ssc, "/checkpoint");
    wadi_dstream *in = wadi_queue_stream(rig.ssc, pair, wadi_rdd_queue_new(rig.sc),
                                         .default_rdd = input_of(rig.sc, load));
    wadi_window_options options = {.size = sizeof options, .partitions = 1};
    if (load->is_sum) options.inverse = wadi_subtract;
    wadi_dstream *window = (wadi_reduce_by_key_and_window)(in, load->is_sum ? wadi_add : wadi_max,
                                                           slides * 10, &options);
    wadi_foreach_rdd(wadi_map_partitions(window, count_pairs), wadi_bind(count_keys, .seen = &all));
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(rig.ssc, &err) != WADI_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    time_slides(&rig, slides * 2 + 20);
    double total = 0, worst = 0;
    uint32_t timed = slides * 2 > 200 ? slides * 2 : 200;
    for (uint32_t i = 0; i < timed; i++) {
        double seconds = time_slides(&rig, 1);
        total += seconds;
        if (seconds > worst) worst = seconds;
    }
    expect_total("keys", all.keys, load->keys);
    printf("%.2f\t%.2f\t%.1f\t%.0f\n", total * 1e9 / timed / (double)records, total * 1e6 / timed,
           bench_resident_mib(), worst * 1e6);
    int status = wadi__rig_free(&rig);
    wadi__sim_disk_free(disk);
    wadi__manual_clock_free(clock);
    return status;
}
int main(int argc, char **argv) {
    if (argc != 3 && argc != 5) return usage("curve_windows max|sum N [KEYS RECORDS]");
    window_load load = {(uint32_t)strtoul(argv[2], NULL, 10), KEYS, RECORDS,
                        strcmp(argv[1], "sum") == 0};
    if (argc == 5)
        load.keys = strtoul(argv[3], NULL, 10), load.records = strtoul(argv[4], NULL, 10);
    return run(&load);
}
