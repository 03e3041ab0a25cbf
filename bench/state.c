/* SPDX-License-Identifier: Apache-2.0 */
/* state.c: a state of 1M keys of which each batch touches 10,000. Its input has a position.
 *
 *     state delays DIR INTERVAL_MS SECONDS  batches of 100 ms, the state saved each INTERVAL_MS
 *     state rate DIR INTERVAL_MS SECONDS    the same with batches of 1 ms, less than they take
 *     state total DIR                       batches of 100 ms, saved each second
 *
 * The first two print name=value fields: batches in a second, and what one took from its time to
 * the end of its output, in microseconds. The last one goes on until it is killed, and prints a
 * line for each batch: its time, and the sum of all states, which begins at 1M. */
#include "words.h"

#include <time.h>
#include <unistd.h>

enum { KEYS = 1000000, TOUCHED = 10000, WARM_UP_S = 5, BATCHES_MAX = 1 << 16 };

WADI_RECORD(position, (int64_t, next));
WADI_RECORD(touch, (wadi_str, key), (int64_t, n));

static wadi_str key_of(wadi_task *task, uint64_t number) {
    return wadi_str_printf(task, "user-%07u", (unsigned)(number % KEYS));
}
WADI_INPUT(count_up, int64_t, position) {
    int64_t first = state->next;
    state->next += TOUCHED;
    return wadi_range(sc, first, state->next);
}
WADI_MAP(touch_one, int64_t, touch) {
    *out = (touch){key_of(task, (uint64_t)*in * 0x9E3779B97F4A7C15u >> 20), 1};
}
WADI_MAP(begin_one, int64_t, touch) { *out = (touch){key_of(task, (uint64_t)*in), 1}; }
WADI_MAP_WITH_STATE(add_up, touch, touch, touch) {
    int64_t before = wadi_state_exists(state) ? wadi_state_get(state)->n : 0;
    wadi_state_update(state, (touch){*key, before + in->n});
    wadi_emit(out, *in);
}

/* ---- How late batches are ---- */

static double delays_us[BATCHES_MAX], begun_s, warm_s, last_s;
static size_t batch_count; /* job thread, until the program has stopped */

WADI_FOREACH_RDD(note_delay, touch) {
    struct timespec now;
    if (wadi_stats(rdd, "n").count != TOUCHED) die("a batch without its records");
    clock_gettime(CLOCK_REALTIME, &now);
    last_s = now_s();
    bool is_warm = last_s > begun_s + WARM_UP_S;
    if (!is_warm) warm_s = last_s;
    if (is_warm && batch_count < BATCHES_MAX)
        delays_us[batch_count++] =
            ((double)now.tv_sec * 1e3 - (double)batch_ms) * 1e3 + (double)now.tv_nsec * 1e-3;
}
static int compare(const void *pa, const void *pb) {
    const double *a = pa, *b = pb;
    return (*a > *b) - (*a < *b);
}
static void print_delays(void) {
    double *delays = delays_us, sum = 0;
    size_t n = batch_count;
    for (size_t i = 0; i < n; i++) sum += delays[i];
    qsort(delays, n, sizeof *delays, compare);
    printf("batches=%zu\trate=%.1f\tmean_us=%.0f\tp50_us=%.0f\tp99_us=%.0f\tmax_us=%.0f\n", n,
           (double)n / (last_s - warm_s), sum / (double)n, delays[n / 2], delays[n * 99 / 100],
           delays[n - 1]);
}

/* ---- The sum of all states ---- */

WADI_FOREACH_RDD(print_total, touch) {
    wadi_statistics all = wadi_stats(rdd, "n");
    printf("%lld\t%.0f\n", (long long)batch_ms, all.sum);
    fflush(stdout);
}

/* ---- The program ---- */

typedef struct options {
    const char *dir;
    int64_t batch_ms, interval_ms;
    bool prints_total;
} options;

static wadi_stream_context *create(void *arg) {
    const options *given = arg;
    wadi_context *sc = bench_context("2");
    wadi_stream_context *ssc = wadi_stream_context_new(sc, given->batch_ms);
    wadi_checkpoint(ssc, given->dir);
    wadi_dstream *touched = wadi_map(wadi_input_stream(ssc, count_up), touch_one);
    wadi_rdd *initial = wadi_map(wadi_range(sc, 0, KEYS), begin_one);
    wadi_dstream *mapped =
        wadi_map_with_state(touched, add_up, .initial = initial, .partitions = 2);
    wadi_checkpoint(mapped, given->interval_ms);
    if (given->prints_total)
        wadi_foreach_rdd(wadi_state_snapshots(mapped), print_total);
    else
        wadi_foreach_rdd(mapped, note_delay);
    return ssc;
}
int main(int argc, char **argv) {
    bool is_total = argc == 3 && strcmp(argv[1], "total") == 0;
    bool is_rate = argc == 5 && strcmp(argv[1], "rate") == 0;
    if (!is_total && !is_rate && (argc != 5 || strcmp(argv[1], "delays") != 0))
        return usage("state delays|rate DIR INTERVAL_MS SECONDS | state total DIR");
    options given = {.dir = argv[2],
                     .batch_ms = is_rate ? 1 : 100,
                     .interval_ms = is_total ? 1000 : strtoll(argv[3], NULL, 10),
                     .prints_total = is_total};
    wadi_stream_context *ssc = wadi_stream_context_get_or_create(given.dir, create, &given);
    if (is_total) return wadi_run(ssc);
    wadi_context *sc = wadi_stream_context_engine(ssc);
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(ssc, &err) != WADI_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    begun_s = now_s();
    usleep((useconds_t)((WARM_UP_S + strtod(argv[4], NULL)) * 1e6));
    wadi_stop(ssc);
    if (wadi_finish(sc) != 0 || batch_count == 0) return 1;
    print_delays();
    return 0;
}
