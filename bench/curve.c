/* SPDX-License-Identifier: Apache-2.0 */
/* curve.c: a point of a curve of bench/curves, in a process of its own: what a record costs
 *   batches N     in the last of N batches, of 1,000 records each
 *   streams N     in a graph of N streams, of 1,000 records each in a batch
 *   partitions N  when 1M pairs are reduced from N partitions into N
 * Prints the nanoseconds per record, the microseconds per task or batch, and resident memory. */
#include "words.h"

#include "testing/stream_case.h"

enum { RECORDS = 1000, ROUNDS = 50 };

WADI_MAP(next_number, int64_t, int64_t) { *out = *in + 1; }
typedef struct seen {
    uint64_t records;
} seen;
typedef struct seen_ref {
    seen *seen;
} seen_ref;
WADI_FOREACH_RDD(count_seen, int64_t, seen_ref) { env->seen->records += (uint64_t)wadi_count(rdd); }

static void print_point(double seconds, double records, double units) {
    printf("%.2f\t%.2f\t%.1f\n", seconds * 1e9 / records, seconds * 1e6 / units,
           bench_resident_mib());
}
static double time_batches(wadi__rig *rig, uint32_t n) {
    double begun = now_s();
    wadi__rig_batches(rig, n);
    return now_s() - begun;
}
/* N streams, each with an output, over one input of records; batches turned by hand. */
static int run_streams(size_t streams, uint32_t before, uint32_t timed) {
    static int64_t numbers[RECORDS];
    seen all = {0};
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){.batch_ms = 10, .master = "local[1]"});
    wadi_rdd *always = wadi_parallelize(rig.sc, int64_t, numbers, RECORDS);
    for (size_t i = 0; i < streams; i++) {
        wadi_dstream *in =
            wadi_queue_stream(rig.ssc, int64_t, wadi_rdd_queue_new(rig.sc), .default_rdd = always);
        wadi_foreach_rdd(wadi_map(in, next_number), wadi_bind(count_seen, .seen = &all));
    }
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(rig.ssc, &err) != WADI_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    time_batches(&rig, before);
    double seconds = time_batches(&rig, timed);
    expect_total("records", all.records, (uint64_t)(before + timed) * streams * RECORDS);
    print_point(seconds, (double)timed * (double)streams * RECORDS, timed);
    return wadi__rig_free(&rig);
}

typedef struct job {
    wadi_rdd *pairs;
    uint32_t partitions;
    double bytes;
} job;
static bench_done run_tick(void *arg, uint64_t i) {
    job *j = arg;
    (void)i;
    wadi_rdd *sums = wadi_reduce_by_key(j->pairs, wadi_add, .partitions = j->partitions);
    if (wadi_count(sums) == 0) die("no sums");
    return (bench_done){PAIRS, j->bytes};
}
static int run_partitions(uint32_t partitions) {
    wadi_context *sc = bench_context("1");
    vocab v = vocab_new(VOCABULARY);
    bench_pairs input = bench_make_pairs(&v);
    job j = {wadi_parallelize(sc, pair, input.rows, PAIRS, .partitions = partitions), partitions,
             input.bytes};
    bench_done total;
    double spent;
    int status = bench_measure(sc, 1.0, run_tick, &j, &total, &spent);
    print_point(spent, total.records, total.records / PAIRS * 2 * partitions);
    return status;
}
int main(int argc, char **argv) {
    if (argc != 3) return usage("curve batches|streams|partitions N");
    uint32_t n = (uint32_t)strtoul(argv[2], NULL, 10);
    if (strcmp(argv[1], "batches") == 0) return run_streams(1, n, 1000);
    if (strcmp(argv[1], "streams") == 0) return run_streams(n, 10, ROUNDS);
    return run_partitions(n);
}
