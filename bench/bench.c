/* SPDX-License-Identifier: Apache-2.0 */
/* bench.c: the stream program around a measured job. */
#include "bench.h"

#include <semaphore.h>
#include <unistd.h>

enum { WARM_UP_MS = 200 };

typedef struct loop { /* job thread, until `ended` is posted */
    bench_done (*batch)(void *arg, uint64_t i);
    void *arg;
    uint64_t i;
    double begun, seconds; /* begun: of the warm-up, then of what counts; 0: not yet */
    bool is_warm, has_ended;
    double spent;
    bench_done total;
    sem_t ended;
} loop;

typedef struct loop_ref {
    loop *loop;
} loop_ref;

WADI_FOREACH_RDD(run_batch, int64_t, loop_ref) {
    loop *l = env->loop;
    if (l->has_ended) return;
    if (l->begun == 0) l->begun = now_s();
    bench_done done = l->batch(l->arg, l->i++);
    double now = now_s();
    if (!l->is_warm) {
        if (now - l->begun < WARM_UP_MS * 1e-3) return;
        l->is_warm = true;
        l->begun = now;
        return;
    }
    l->total.records += done.records;
    l->total.bytes += done.bytes;
    l->spent = now - l->begun;
    l->has_ended = l->spent >= l->seconds || wadi_rdd_failed(rdd, NULL);
    if (l->has_ended) sem_post(&l->ended);
}

int bench_measure(wadi_context *sc, double seconds, bench_done (*batch)(void *arg, uint64_t i),
                  void *arg, bench_done *total, double *spent) {
    static const int64_t trigger = 1;
    loop l = {.batch = batch, .arg = arg, .seconds = seconds};
    sem_init(&l.ended, 0, 0);
    wadi_stream_context *ssc = wadi_stream_context_new(sc, 1);
    wadi_rdd *always = wadi_parallelize(sc, int64_t, &trigger, 1);
    wadi_dstream *ticks =
        wadi_queue_stream(ssc, int64_t, wadi_rdd_queue_new(sc), .default_rdd = always);
    wadi_foreach_rdd(ticks, wadi_bind(run_batch, .loop = &l));
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(ssc, &err) != WADI_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    sem_wait(&l.ended);
    wadi_stop(ssc);
    *total = l.total;
    *spent = l.spent;
    return wadi_finish(sc);
}
int bench_run(wadi_context *sc, double seconds, bench_done (*batch)(void *arg, uint64_t i),
              void *arg) {
    bench_done total;
    double spent;
    int status = bench_measure(sc, seconds, batch, arg, &total, &spent);
    if (status == 0) printf("%.6f\t%.0f\t%.0f\n", spent, total.records, total.bytes);
    return status;
}
double bench_resident_mib(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*s %ld", &pages) != 1) die("/proc/self/statm");
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576.0;
}
wadi_context *bench_context(const char *cores) {
    char master[32];
    snprintf(master, sizeof master, "local[%s]", cores);
    return wadi_context_new(master, "Bench");
}
bench_pairs bench_make_pairs(const vocab *v) {
    bench_pairs pairs = {malloc(PAIRS * sizeof(pair)), 8.0 * PAIRS};
    if (pairs.rows == NULL) die("malloc");
    rng r = {5};
    for (size_t i = 0; i < PAIRS; i++) {
        const vocab_word *w = gen_pair(v, &r, &pairs.rows[i].value);
        pairs.rows[i].key = wadi_str_view(w->text, w->len);
        pairs.bytes += w->len;
    }
    return pairs;
}
