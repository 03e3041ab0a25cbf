/* SPDX-License-Identifier: Apache-2.0 */
/* short_batches.c: batches of 1 ms: a receiver stores 100 words each millisecond, they are counted
 * and the counts collected. Prints name=value fields: the delay from a batch's time to the end of
 * its output in microseconds, how many batch times were left out, and the share of a core. With a
 * directory there are checkpoints, for which outputs wait. */
#include "words.h"

#include <sys/resource.h>
#include <unistd.h>

enum { RECORDS = 100, BATCHES_MAX = 1 << 20, WARM_UP = 1000 };

WADI_RECEIVER(tick_words, wadi_str) {
    static vocab_word words[RECORDS * 10];
    for (uint32_t i = 0; i < RECORDS * 10; i++) vocab_spell(&words[i], i);
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (uint32_t at = 0; !wadi_receiver_stopped(receiver);) {
        for (int i = 0; i < RECORDS; i++, at = (at + 1) % (RECORDS * 10))
            wadi_store(out, wadi_str_view(words[at].text, words[at].len));
        next.tv_nsec += 1000000;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
}

typedef struct measured { /* job thread, until the program has stopped */
    double delay_us[BATCHES_MAX];
    size_t n;
    uint64_t counted, left_out;
    int64_t first_ms, last_ms;
} measured;
typedef struct measured_ref {
    measured *measured;
} measured_ref;

WADI_FOREACH_RDD(note_delay, word_count, measured_ref) {
    measured *m = env->measured;
    m->counted += collect_total(rdd);
    if (m->last_ms != 0) m->left_out += (uint64_t)(batch_ms - m->last_ms - 1);
    if (m->first_ms == 0) m->first_ms = batch_ms;
    m->last_ms = batch_ms;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (m->n < BATCHES_MAX)
        m->delay_us[m->n++] =
            ((double)now.tv_sec * 1e3 - (double)batch_ms) * 1e3 + (double)now.tv_nsec * 1e-3;
}
static int compare(const void *pa, const void *pb) {
    const double *a = pa, *b = pb;
    return (*a > *b) - (*a < *b);
}
static double cpu_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}
int main(int argc, char **argv) {
    if (argc != 2 && argc != 3) return usage("short_batches SECONDS [CHECKPOINT_DIR]");
    static measured m;
    wadi_context *sc = bench_context("2");
    wadi_stream_context *ssc = wadi_stream_context_new(sc, 1);
    if (argc == 3) wadi_checkpoint(ssc, argv[2]);
    wadi_dstream *words = wadi_receiver_stream(ssc, tick_words);
    wadi_foreach_rdd(count_words(words), wadi_bind(note_delay, .measured = &m));
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(ssc, &err) != WADI_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    double begun = now_s(), cpu = cpu_seconds();
    usleep((useconds_t)(strtod(argv[1], NULL) * 1e6));
    double cores = (cpu_seconds() - cpu) / (now_s() - begun);
    wadi_stop(ssc);
    if (wadi_finish(sc) != 0 || m.n <= WARM_UP) return 1;
    double *delays = m.delay_us + WARM_UP;
    size_t n = m.n - WARM_UP;
    qsort(delays, n, sizeof *delays, compare);
    printf("batches=%zu\trecords=%llu\tleft_out=%llu\tp50_us=%.0f\tp99_us=%.0f\tmax_us=%.0f\tcores="
           "%.3f\n",
           m.n, (unsigned long long)m.counted, (unsigned long long)m.left_out, delays[n / 2],
           delays[n * 99 / 100], delays[n - 1], cores);
    return 0;
}
