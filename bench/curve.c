/* SPDX-License-Identifier: Apache-2.0 */
/* curve.c: a point of a curve of bench/curves, in a process of its own: what a record costs
 *   batches N      in the last of N batches, of 1,000 records each
 *   streams N      in a graph of N streams, of 1,000 records each in a batch
 *   partitions N   when 1M pairs are reduced by key from N partitions into N
 *   repartition N  when 1M pairs are spread from N partitions over N
 *   tasks N        when 4 pairs for each of N partitions are reduced by key into N
 *   touched N      in a batch of N records, mapWithState over 1M keys
 *   keys N         in a batch of 10,000 records, mapWithState over N keys
 *   updated N      for each of N keys, updateStateByKey with 10,000 records a batch
 *
 * Prints the nanoseconds per record, the microseconds per task or batch, and resident memory. */
#include "words.h"

#include "by_hand.h"

enum { RECORDS = 1000, ROUNDS = 50, KEYS = 1000000, TOUCHED = 10000, INPUTS = 8 };

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

/* ---- States ---- */

typedef struct inputs {
    wadi_rdd *rdds[INPUTS];
    size_t next;
} inputs;
typedef struct inputs_ref {
    inputs *inputs;
} inputs_ref;
WADI_TRANSFORM(next_input, int64_t, pair, inputs_ref) {
    (void)rdd, (void)batch_ms;
    return env->inputs->rdds[env->inputs->next++ % INPUTS];
}
WADI_FOREACH_RDD(compute, pair) {
    (void)batch_ms;
    if (wadi_count(rdd) == UINT32_MAX) die("too many");
}
static pair *pairs_of(size_t count, size_t keys, rng *r) {
    pair *rows = malloc(count * sizeof *rows);
    if (rows == NULL) die("malloc");
    for (size_t i = 0; i < count; i++) {
        char text[24];
        size_t key = r != NULL ? (size_t)rng_next(r) % keys : i;
        rows[i] = (pair){wadi_str_view(text, (size_t)sprintf(text, "key-%08zu", key)), 1};
    }
    return rows;
}
/* `touched` records a batch, of keys by chance, in one partition. */
static int run_state(bool is_mapped, size_t keys, size_t touched) {
    static const int64_t trigger = 1;
    static inputs in;
    rng r = {7};
    wadi__rig rig = wadi__rig_new(
        &(wadi__rig_options){.batch_ms = 10, .master = "local[1]", .has_disk = true});
    wadi_stream_context_checkpoint(rig.ssc, "/checkpoint");
    for (size_t i = 0; i < INPUTS; i++) {
        pair *rows = pairs_of(touched, keys, &r);
        in.rdds[i] = wadi_parallelize(rig.sc, pair, rows, touched, .partitions = 1);
        free(rows);
    }
    pair *rows = pairs_of(keys, keys, NULL);
    wadi_rdd *initial = wadi_parallelize(rig.sc, pair, rows, keys, .partitions = 1);
    free(rows);
    wadi_rdd *always = wadi_parallelize(rig.sc, int64_t, &trigger, 1);
    wadi_dstream *ticks =
        wadi_queue_stream(rig.ssc, int64_t, wadi_rdd_queue_new(rig.sc), .default_rdd = always);
    wadi_dstream *pairs = wadi_transform(ticks, wadi_bind(next_input, .inputs = &in));
    wadi_dstream *made =
        is_mapped
            ? wadi_map_with_state(pairs, add_value, .partitions = 1, .initial = initial)
            : wadi_update_state_by_key(pairs, add_values, .partitions = 1, .initial = initial);
    wadi_checkpoint(made, NEVER_MS);
    wadi_foreach_rdd(made, compute);
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(rig.ssc, &err) != WADI_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    time_batches(&rig, 2 * INPUTS);
    double seconds = time_batches(&rig, ROUNDS);
    print_point(seconds, (double)(is_mapped ? touched : keys) * ROUNDS, ROUNDS);
    return wadi__rig_free(&rig);
}

/* ---- Partitions ---- */

/* The records that a shuffle carries are as many at each N, so that what N costs is seen and not
 * how well map tasks reduce: the input is blocks of 500 records, of which no N up to 2,000 leaves
 * much less to a map task. A block has 250 keys, each twice, in an order by chance; the two halves
 * of the input have the same blocks, so that reduce tasks merge, too. Time is the processor's, of
 * the whole process, and the median of the batches. At 1 there is no shuffle to work for: one chunk
 * after the other is handed over. */
enum { ROWS_A_TASK = 4, BLOCK = 500, BLOCK_KEYS = BLOCK / 2, TICKS_MAX = 4096 };

typedef struct job {
    wadi_rdd *pairs;
    uint32_t count, partitions;
    bool is_reduced;
    double ended[TICKS_MAX]; /* processor time before each batch */
    size_t tick_count;
} job;

static double processor_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static double median_tick(job *j) {
    for (size_t i = 0; i + 1 < j->tick_count; i++) j->ended[i] = j->ended[i + 1] - j->ended[i];
    qsort(j->ended, j->tick_count - 1, sizeof j->ended[0], compare_doubles);
    return j->ended[(j->tick_count - 1) / 2];
}
static pair *blocks_of_pairs(uint32_t count) {
    pair *rows = malloc(count * sizeof *rows);
    if (rows == NULL) die("malloc");
    rng r = {11};
    for (size_t i = 0; i < count; i++) {
        char text[24];
        size_t key = i % (count / 2) / BLOCK * BLOCK_KEYS + i % BLOCK_KEYS, other = i % BLOCK;
        rows[i] = (pair){wadi_str_view(text, (size_t)sprintf(text, "key-%06zu", key)), 1};
        other = i - other + (size_t)rng_next(&r) % (other + 1);
        pair swap = rows[i];
        rows[i] = rows[other];
        rows[other] = swap;
    }
    return rows;
}
static bench_done run_tick(void *arg, uint64_t i) {
    job *j = arg;
    if (i < TICKS_MAX) j->ended[j->tick_count++] = processor_s();
    wadi_rdd *made = j->is_reduced
                         ? wadi_reduce_by_key(j->pairs, wadi_add, .partitions = j->partitions)
                         : wadi_repartition(j->pairs, j->partitions);
    int64_t expected = j->is_reduced ? j->count / 4 : j->count;
    if (wadi_count(made) != expected) die("not all records came");
    return (bench_done){j->count, 0};
}
/* In whole blocks, the same in both halves. */
static uint32_t few_pairs(uint32_t partitions) {
    return (partitions * ROWS_A_TASK + 2 * BLOCK - 1) / (2 * BLOCK) * (2 * BLOCK);
}
static int run_partitions(bool is_reduced, uint32_t partitions, uint32_t count) {
    static job j;
    wadi_context *sc = bench_context("1");
    pair *rows = blocks_of_pairs(count);
    j.pairs = wadi_parallelize(sc, pair, rows, count, .partitions = partitions);
    j.count = count;
    j.partitions = partitions;
    j.is_reduced = is_reduced;
    bench_done total;
    double spent;
    int status = bench_measure(sc, 1.0, run_tick, &j, &total, &spent);
    print_point(median_tick(&j), count, 2 * partitions);
    return status;
}
int main(int argc, char **argv) {
    if (argc != 3)
        return usage("curve batches|streams|partitions|repartition|tasks|touched|keys|updated N");
    uint32_t n = (uint32_t)strtoul(argv[2], NULL, 10);
    if (strcmp(argv[1], "batches") == 0) return run_streams(1, n, 1000);
    if (strcmp(argv[1], "streams") == 0) return run_streams(n, 10, ROUNDS);
    if (strcmp(argv[1], "touched") == 0) return run_state(true, KEYS, n);
    if (strcmp(argv[1], "keys") == 0) return run_state(true, n, TOUCHED);
    if (strcmp(argv[1], "updated") == 0) return run_state(false, n, TOUCHED);
    if (strcmp(argv[1], "tasks") == 0) return run_partitions(true, n, few_pairs(n));
    return run_partitions(strcmp(argv[1], "partitions") == 0, n, PAIRS);
}
